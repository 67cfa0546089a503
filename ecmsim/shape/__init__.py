"""Which shape? The filament, the active electrode's surface, the gaps between them, and how they move and meet.

It knows no mesh, no solver and no law: what it needs of a law it is given.

May import: compiled.
"""
