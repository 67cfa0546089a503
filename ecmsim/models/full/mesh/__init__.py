"""The mesh as plain arrays: made by gmsh, moved with the interfaces, read and written. Needs no dolfinx.

May import: shape.
"""
