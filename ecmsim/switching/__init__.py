"""When has a cell switched? Cycles, and the numbers of each, of any current against voltage: simulated or measured.

May import: nothing.
"""
