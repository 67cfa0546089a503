"""What commands share that read measurement files: the options that say what their columns are."""

from pathlib import Path
from typing import Annotated

import typer

ColumnsFile = Annotated[
    Path | None,
    typer.Option("--columns", metavar="FILE", help="File (TOML) with a table [columns]: what the columns are."),
]
ColumnsSet = Annotated[
    list[str] | None,
    typer.Option(
        "--column",
        "-c",
        metavar="KEY=VALUE",
        help='A line of [columns], e.g. -c voltage=2 or -c current.shunt="100 kohm". Repeatable.',
    ),
]


def block(file, settings):
    """The data of a [columns] block: of a file, with the settings of the command line on top."""
    from ecmsim.config.columns import read_columns
    from ecmsim.config.files import merge
    from ecmsim.config.overrides import given_by
    from ecmsim.errors import ConfigError

    for text in settings or ():
        if "=" not in text or not text.partition("=")[0].strip():
            raise ConfigError(f'--column "{text}": expected KEY=VALUE, such as voltage=2')
    data = read_columns(file) if file else {}
    return merge(data, given_by(settings or ()))


def columns(file, settings):
    """The Columns that a file and settings of the command line mean."""
    from ecmsim.config.columns import columns_of

    return columns_of(block(file, settings))
