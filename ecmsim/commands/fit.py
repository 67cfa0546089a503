"""The commands `ecmsim fit` and `ecmsim calibrate`: settings within bounds that meet measurements and facts."""

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from ecmsim.commands.options import AllowCode


class Full(StrEnum):
    """What the full model does at the end of a fit."""

    check = "check"
    finish = "finish"
    none = "none"


Out = Annotated[Path | None, typer.Option(help="Folder of the result [default: runs/fit/NAME].", show_default=False)]
Jobs = Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Runs at a time [default: cores].")]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")]


def fit(
    path: Annotated[Path, typer.Argument(metavar="FIT", help="Fit file (TOML).", show_default=False)],
    out: Out = None,
    full: Annotated[
        Full | None,
        typer.Option(help="The full model: one run at the end, or finish, or nothing [default: as the file says]."),
    ] = None,
    most: Annotated[int | None, typer.Option(min=1, help="Evaluations of the full model to finish at most.")] = None,
    jobs: Jobs = None,
    allow_code: AllowCode = False,
    quiet: Quiet = False,
):
    """Fit parameters within bounds to measurements. Finished runs are found again after an interruption."""
    _fit(path, out, full and str(full), most, jobs, allow_code, quiet)


def calibrate(
    calibration: Annotated[Path, typer.Argument(help="Calibration or fit file (TOML).", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the result [default: runs/calibration/NAME].", show_default=False)
    ] = None,
    reduced: Annotated[bool, typer.Option("--reduced", help="End with the reduced model: minutes, not hours.")] = False,
    jobs: Jobs = None,
    most: Annotated[int, typer.Option(min=1, help="Runs of the full model at most, sensitivities apart.")] = 6,
    allow_code: AllowCode = False,
    quiet: Quiet = False,
):
    """Fit parameters within bounds to known facts: `fit` of facts alone, which the full model finishes."""
    out = out or Path("runs") / "calibration" / calibration.stem
    _fit(calibration, out, "none" if reduced else "finish", most, jobs, allow_code, quiet)


def _fit(path, out, full, most, jobs, allow_code, quiet):
    from ecmsim.fitting.answer import page
    from ecmsim.fitting.command import fit as start

    options = {"full": full, "most": most, "jobs": jobs, "quiet": quiet, "allow_code": allow_code}
    try:
        typer.echo(page(start(path, out, **options)))
    except KeyboardInterrupt:
        typer.echo("stopped: finished runs are kept, and the same command goes on from there", err=True)
        raise typer.Exit(130) from None
