"""What NumPy says in many small steps, said in one of C: laws as they were traced, and loops over pairs.

kernels.c    the loops
library.py   kernels.c compiled at first use and kept; without a compiler there is none, and NumPy does the work
tape.py      a law, or any function of numbers, traced once and then evaluated for whole arrays at once

The NumPy forms stay where they are used, and are the definition: tests/compiled proves both equal.

May import: nothing.
"""
