"""How is a cell solved? What both models share and must do (cell), what feeds them (circuit), the pace (rates).

May import: drive, physics, shape.
"""
