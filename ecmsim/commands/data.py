"""`ecmsim data`: what measurement files hold, as tidy tables, as numbers per cycle, as pictures."""

import json
from pathlib import Path
from typing import Annotated

import typer

from ecmsim.commands.export import ReadVoltage, ResetBy, SetBy, SetCurrent, definitions_of
from ecmsim.commands.measured import ColumnsFile, ColumnsSet, block, columns
from ecmsim.commands.options import quantity
from ecmsim.errors import ConfigError, MeasurementError

data = typer.Typer(
    help="Measurement files: show what is in them, convert them, values per cycle, pictures.",
    no_args_is_help=True,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Files = Annotated[
    list[Path],
    typer.Argument(metavar="FILE", help="Measurement file (or folder of a run).", show_default=False),
]
PLACE = Path("runs") / "data"


@data.command()
def show(
    files: Files,
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
    tolerance: Annotated[str | None, typer.Option(help='Of the legs of a programme, e.g. "10 mV".')] = None,
    picture: Annotated[
        Path | None, typer.Option("--picture", "-p", help="Also draw it (.png, .pdf, .svg).", show_default=False)
    ] = None,
):
    """Print what was found in measurement files, and how it was understood."""
    from ecmsim.commands.data_text import described
    from ecmsim.measured import open_file

    given, chosen = block(columns_file, settings), columns(columns_file, settings)
    volts = None if tolerance is None else quantity("--tolerance", tolerance, "V", gt=0)
    opened = []
    for file in files:
        opened.append(open_file(file, chosen, current=False))
        lacks = None
        if hasattr(opened[-1], "current") and opened[-1].current is None:
            try:
                open_file(file, chosen)
            except MeasurementError as error:
                lacks = str(error).removeprefix(f"{file}: ")
        typer.echo("\n".join(described(file, opened[-1], given, volts, lacks)))
    if picture:
        _draw(opened, picture, csv=False)


@data.command()
def convert(
    files: Files,
    out: Annotated[
        Path | None,
        typer.Option(help="Table (.csv, .parquet), of several files a folder [default: runs/data/NAME.csv]."),
    ] = None,
    parquet: Annotated[bool, typer.Option("--parquet", help="Parquet where --out names no file.")] = False,
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace tables that are there.")] = False,
):
    """Write measurements as tidy tables: time_s, voltage_V, current_A, cycle; what is known besides in a .json."""
    from ecmsim.measured import open_file

    chosen, suffix = columns(columns_file, settings), ".parquet" if parquet else ".csv"
    one = out is not None and out.suffix.lower() in (".csv", ".parquet")
    if one and len(files) > 1:
        raise ConfigError(f"--out {out}: {len(files)} files become as many tables: name a folder")
    for file in files:
        found = open_file(file, chosen)
        name = file.resolve().name if file.is_dir() else file.stem
        path = out if one else (out or PLACE) / f"{name}{suffix}"
        _write(found, path, file, overwrite)


@data.command()
def cycles(
    files: Files,
    out: Annotated[Path | None, typer.Option(help="Also write the table (.csv).", show_default=False)] = None,
    read_voltage: ReadVoltage = "0.1 V",
    set_by: SetBy = "jump",
    set_current: SetCurrent = None,
    reset_by: ResetBy = "peak",
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a table that is there.")] = False,
):
    """Print V_SET, V_RESET, I_RESET, R_LRS and R_HRS of every cycle, of measurements and of folders of runs alike."""
    import pandas as pd

    from ecmsim.measured import open_file
    from ecmsim.plot.curves import of_run
    from ecmsim.results import open_run
    from ecmsim.results.folder import is_run_folder

    definitions = definitions_of(read_voltage, set_by, set_current, reset_by)
    chosen, tables = columns(columns_file, settings), []
    for file in files:
        if is_run_folder(file):
            table = of_run(open_run(file)).table(definitions)
        else:
            table = open_file(file, chosen).values(definitions)
        if len(files) > 1:
            table.insert(0, "file", str(file))
        tables.append(table)
    whole = pd.concat(tables, ignore_index=True)
    typer.echo(whole.to_string(index=False, float_format=lambda value: f"{value:.4g}", na_rep=""))
    typer.echo("\n".join(definitions.words()))
    if out:
        _refuse_others(out, (".csv",), overwrite, files)
        _saved(out, lambda: whole.to_csv(out, index=False))


@data.command()
def plot(
    files: Files,
    out: Annotated[
        Path | None, typer.Option(help="Picture (.png, .pdf, .svg) [default: runs/data/figures/NAME.png].")
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Also write the numbers of its curves beside it.")] = False,
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
):
    """Draw current against voltage of measurements in one picture; of tables per cycle their distributions."""
    from ecmsim.measured import open_file

    chosen = columns(columns_file, settings)
    opened = [open_file(file, chosen) for file in files]
    _draw(opened, out or PLACE / "figures" / f"{files[0].stem}.png", csv)


@data.command("columns")
def columns_reference():
    """List all that a [columns] block may say, with units, defaults and meaning."""
    from ecmsim.config.columns import Columns
    from ecmsim.config.reference import reference, reference_text

    typer.echo(reference_text(rows=reference(Columns, "columns.")))


def _draw(opened, picture, csv):
    from ecmsim.plot import overlay

    kinds = {hasattr(item, "voltage") for item in opened}
    if len(kinds) > 1:
        raise MeasurementError(
            "tables per cycle and curves do not go into one picture: draw them by commands of their own"
        )
    for path in overlay("iv" if kinds == {True} else "cycles", [], opened, picture, csv=csv):
        typer.echo(f"wrote {path}")


def _write(found, path, file, overwrite):
    """A table and its .json."""
    _refuse_others(path, (".csv", ".parquet"), overwrite, [file])
    known = {"file": str(file), "layout": found.layout, "columns": found.told, "notes": list(found.notes)}
    if hasattr(found, "voltage"):
        known |= {
            "instrument": found.instrument,
            "voltage_is": found.voltage_is,
            "compliance_A": found.compliance,
            "names": found.names,
            "metadata": found.metadata,
        }
    table = found.table

    def save():
        table.to_parquet(path, index=False) if path.suffix.lower() == ".parquet" else table.to_csv(path, index=False)
        path.with_suffix(".json").write_text(json.dumps(known, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")

    _saved(path, save)


def _refuse_others(path, suffixes, overwrite, files):
    if path.suffix.lower() not in suffixes:
        raise ConfigError(f"{path}: the name of a table ends in {' or '.join(suffixes)}")
    if any(path.resolve() == file.resolve() for file in files):
        raise ConfigError(f"{path}: is the measurement itself, which is never written to: choose another --out")
    if path.exists() and not overwrite:
        raise ConfigError(f"{path}: is there already; --overwrite replaces it")


def _saved(path, save):
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        save()
    except OSError as error:
        raise MeasurementError(f"cannot write {path}: {error.strerror or error}; choose another --out") from error
    typer.echo(f"wrote {path}")
