"""`ecmsim export` and `ecmsim tables`: a run in the formats of other programs, and its tables of cycles and pulses."""

from pathlib import Path
from typing import Annotated

import typer

from ecmsim.commands.options import RunFolder, quantity
from ecmsim.errors import ConfigError

ReadVoltage = Annotated[str, typer.Option(help="At which resistances and conductances are read.")]
SetBy = Annotated[str, typer.Option(help="V_SET: jump, current or compliance.")]
SetCurrent = Annotated[
    str | None, typer.Option(help="Current that makes a SET, with --set-by current.", show_default=False)
]
ResetBy = Annotated[str, typer.Option(help="V_RESET: peak or drop.")]
SwitchRatio = Annotated[float, typer.Option(help="Of the conductances after and before a pulse that has switched.")]


def definitions_of(read_voltage, set_by, set_current, reset_by, switch_ratio=2.0):
    """The Definitions that options ask for."""
    from ecmsim.switching.values import Definitions

    amperes = None if set_current is None else quantity("--set-current", set_current, "A", gt=0)
    volts = quantity("--read-voltage", read_voltage, "V", gt=0)
    return Definitions(set_by, amperes, reset_by, volts, switch_ratio)


def tables(
    run: RunFolder,
    read_voltage: ReadVoltage = "0.1 V",
    set_by: SetBy = "jump",
    set_current: SetCurrent = None,
    reset_by: ResetBy = "peak",
    switch_ratio: SwitchRatio = 2.0,
):
    """Write cycles.csv and pulses.csv of a run anew: by other definitions, or of a run that was killed."""
    from ecmsim.results import open_run
    from ecmsim.results.holder import writer_of
    from ecmsim.results.tables import write_tables

    chosen = definitions_of(read_voltage, set_by, set_current, reset_by, switch_ratio)
    opened = open_run(run)
    if writer_of(run) is not None:
        raise ConfigError(f"{run} is being written by a run, which writes its tables when it ends: wait for it")
    written = write_tables(opened, chosen)
    for path in written:
        typer.echo(f"wrote {path}")
    if not written:
        typer.echo(f"{run} has neither cycles nor pulses")


def export(
    run: RunFolder,
    to: Annotated[str, typer.Option("--to", help="csv, xlsx, mat or parquet.")] = "csv",
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder (csv, parquet) or file (xlsx, mat) [default: export/ in the run's folder].", show_default=False
        ),
    ] = None,
    time: Annotated[
        list[str] | None,
        typer.Option("--time", help='Only the outline nearest to it, e.g. "1.7 s". Repeatable.', show_default=False),
    ] = None,
    every: Annotated[int, typer.Option(min=1, help="Only every so many outlines, and the last.")] = 1,
    line: Annotated[
        str | None,
        typer.Option(
            help='Fields along this line, "r0, z0, r1, z1" in nm [default: the axis, through the whole cell].',
            show_default=False,
        ),
    ] = None,
    points: Annotated[int, typer.Option(min=2, max=100_000, help="Points on the line.")] = 400,
    read_voltage: ReadVoltage = "0.1 V",
    set_by: SetBy = "jump",
    set_current: SetCurrent = None,
    reset_by: ResetBy = "peak",
    switch_ratio: SwitchRatio = 2.0,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace files that are there.")] = False,
):
    """Write a run for other programs: time series, events, cycles, pulses, outlines, fields along a line."""
    from ecmsim.export import FORMATS, content_of, write
    from ecmsim.export.files import FOLDERS
    from ecmsim.results import open_run

    if to not in FORMATS:
        raise ConfigError(f'--to "{to}": choose one of {", ".join(FORMATS)}')
    if time and every != 1:
        raise ConfigError("--time names the outlines that are wanted, --every thins all of them: give one of both")
    chosen = definitions_of(read_voltage, set_by, set_current, reset_by, switch_ratio)
    times = [quantity("--time", text, "s", ge=0) for text in time] if time else None
    opened = open_run(run)
    place = out or run / "export" / ("" if to in FOLDERS else f"{run.resolve().name}.{to}")
    content, words = content_of(opened, times, every, _line(line), points, chosen)
    expected = [place / f"{name}.{to}" for name in content] if to in FOLDERS else [place]
    if not overwrite and (there := [path for path in expected if path.is_file()]):
        raise ConfigError(f"{there[0]}: is there already; --overwrite replaces it")
    for path in write(content, words, to, place):
        typer.echo(f"wrote {path}")


def _line(text):
    """Four numbers in nm, or None."""
    if text is None:
        return None
    try:
        r0, z0, r1, z1 = (float(part) for part in text.split(","))
    except ValueError:
        raise ConfigError(f'--line "{text}": expected four numbers in nm, "r0, z0, r1, z1"') from None
    if r0 < 0 or r1 < 0 or (r0, z0) == (r1, z1):
        raise ConfigError(f'--line "{text}": needs two points that differ, at radii of 0 nm or more')
    return r0, z0, r1, z1
