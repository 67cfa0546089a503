"""The validation: code that lies beside the package in a clone of the repository, and not in an installed package."""

import sys
from contextlib import contextmanager
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path

import ecmsim
from ecmsim.errors import ConfigError

NAME = "validation"
PARTS = ("", "paper", "quantum")


@contextmanager
def validation(command):
    """Within it `import validation` means the folder of the clone that this package is in, wherever the user is.

    sys.path stays as it is, and a module of that name that somebody else has imported is there again afterwards.
    command: what needs it, for the message. Raises ConfigError where the package is not in a clone.
    """
    clone = Path(ecmsim.__file__).resolve().parents[1]
    start = clone / NAME / "__init__.py"
    if not all((clone / NAME / part / "__init__.py").is_file() for part in PARTS):
        raise ConfigError(
            f"{command} needs a clone of ecmsim's repository, and {clone} is none: the installed package has no "
            f"validation; clone the repository and start ./ecm {command.removeprefix('ecmsim ')} in it"
        )
    loaded = getattr(sys.modules.get(NAME), "__file__", None)
    if loaded and Path(loaded).resolve() == start:
        yield
        return
    before = _taken_out()
    spec = spec_from_file_location(NAME, start, submodule_search_locations=[str(start.parent)])
    sys.modules[NAME] = module_from_spec(spec)
    try:
        spec.loader.exec_module(sys.modules[NAME])
        yield
    finally:
        _taken_out()
        sys.modules.update(before)


def _taken_out():
    """All loaded modules of the name, by their names, no longer in sys.modules."""
    names = [name for name in sys.modules if name == NAME or name.startswith(f"{NAME}.")]
    return {name: sys.modules.pop(name) for name in names}
