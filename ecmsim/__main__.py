"""python -m ecmsim: the command line."""

from ecmsim.cli import main

main()
