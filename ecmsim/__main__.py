"""python -m ecmsim: the command line."""

from ecmsim.commands.cli import main

main()
