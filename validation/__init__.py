"""Our results beside what is known: the code that makes the pages of this folder, and what it has made.

paper: of the model's paper, `ecmsim validate-paper`; quantum: of quantum transport, `ecmsim quantum facts`. This code
belongs to the repository, not to the installed package: the command line finds it beside the package in a clone.
"""
