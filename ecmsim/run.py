"""The name under which scripts have always found `run` and `resume`; the code is in ecmsim.running.

Importing this module binds it to the name `ecmsim.run`, over the function that `from ecmsim import run` gives: it can
therefore be called like that function.
"""

import sys
from types import ModuleType

from ecmsim.running.run import Outcome, resume, run

__all__ = ["Outcome", "resume", "run"]


class _Callable(ModuleType):
    def __call__(self, *arguments, **options):
        return run(*arguments, **options)


sys.modules[__name__].__class__ = _Callable
