"""What the commands share: arguments that several take, and how texts of the command line become values."""

import contextlib
import gc
import os
from pathlib import Path
from typing import Annotated

import typer

from ecmsim.errors import ConfigError

Config = Annotated[Path, typer.Argument(help="Configuration file (TOML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help='Override a setting, e.g. --set compliance.current="10 uA". Repeatable.'
    ),
]
AllowCode = Annotated[
    bool,
    typer.Option(
        "--allow-code", help="Let the Python files run that [laws] names: only of configurations that you trust."
    ),
]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)]


def on_first_rank():
    """Whether this process is the one that talks, without importing MPI for commands that need none."""
    return all(os.environ.get(name, "0") == "0" for name in ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"))


@contextlib.contextmanager
def loading():
    """While libraries and classes are loaded: hundreds of thousands of objects, none of which is waste.

    The collector, which would search them for waste again and again, rests, and leaves them alone ever after.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.freeze()
        gc.enable()


def loaded(config, overrides):
    from ecmsim.config import load_config

    return load_config(config, overrides or ())


def option(text):
    """KEY=VALUE as key and value: a TOML value, or else the text."""
    from ecmsim.config.texts import tables_of

    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f'--option "{text}": expected KEY=VALUE')
    try:
        return key.strip(), tables_of(f"value = {value}")["value"]
    except ConfigError:
        return key.strip(), value.strip()


def scaled(option, text, unit, factor, **bounds):
    """As quantity, times a factor and without its rounding: picoseconds from seconds."""
    return float(f"{quantity(option, text, unit, **bounds) * factor:.12g}")


def end_of(until):
    """The time in s that --until asks for; None if it was not given."""
    return None if until is None else quantity("--until", until, "s", gt=0)


def quantity(option, text, unit, **bounds):
    """A quantity given as an option, in the unit. bounds: as of ecmsim.config.quantities.QuantityType."""
    from pydantic_core import PydanticCustomError

    from ecmsim.config.quantities import QuantityType

    try:
        return float(QuantityType(unit, **bounds).validate(text))
    except PydanticCustomError as error:
        raise ConfigError(f'{option} = "{text}": {error.message()}') from None
