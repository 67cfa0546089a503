"""How does it look? Pictures of a run, one module each: draw(run, output, **options) -> paths. Needs no dolfinx.

from ecmsim.plot import draw, draw_all
draw("iv", run, "iv.pdf")

May import: protocols, quantum, quantum.atoms, quantum.measured, results, shape, switching.
"""

from importlib import import_module
from inspect import signature
from pathlib import Path

from ecmsim.errors import EcmsimError, PlotError
from ecmsim.plot import style
from ecmsim.plot.dress import dressed
from ecmsim.plot.note import noted
from ecmsim.plot.options import check, file_stem

PICTURES = {
    name: f"ecmsim.plot.{name}"
    for name in ("iv", "gap", "conductance", "temperature", "outline", "retention", "elephant", "field", "solid")
}
__all__ = ["draw", "draw_all", "dressed", "overlay"]
FILMS = {"film": "ecmsim.plot.film"}  # drawn only when asked for
PROTOCOLS = {
    name: f"ecmsim.plot.protocols:{name}"
    for name in ("potentiation", "facilitation", "endurance", "selector", "verify")
}  # likewise
OVERLAYS = {
    "iv": "ecmsim.plot.together",
    "cycles": "ecmsim.plot.distributions",
    "gap": "ecmsim.plot.compare:gap",
    "temperature": "ecmsim.plot.compare:temperature",
    "elephant": "ecmsim.plot.compare:elephants",
}  # of several runs together; the first two also of measurements
OF_EITHER = ("cdf", "weibull", "violin")  # of those of studies also of one run
STUDY_PICTURES = {name: f"ecmsim.plot.{name}" for name in ("study", "histogram", "family", "arrhenius")} | {
    name: f"ecmsim.plot.statistics:{name}" for name in ("cdf", "weibull", "violin", "stdp", "bits")
}  # of the folder of a study


def draw(name, run, output=None, /, *, measured=(), csv=False, suffix=None, **options):
    """Draw one picture of a run (a Run; for STUDY_PICTURES a StudyTable) and return the paths written.

    output: a .png, .pdf or .svg, of surfaces also a page .html, of films .mp4 or .gif; default figures/NAME.png in the
    run's folder, with the options that are given in the name (suffix: another ending). measured: what STUDY_PICTURES
    draw beside the study: Points (study) or Recordings (histogram, family). csv: whether the numbers of its curves go
    into a CSV beside it. options: those of the module.
    """
    modules = PICTURES | FILMS | PROTOCOLS | STUDY_PICTURES
    if name not in modules:
        raise PlotError(f"no picture {name!r}: choose one of {', '.join(modules)}")
    place, _, function = modules[name].partition(":")
    module = import_module(place)
    drawing = getattr(module, function or "draw")
    if measured and name not in STUDY_PICTURES:
        raise PlotError(f"{name} is no picture of measurements: these are {', '.join([*OVERLAYS, *STUDY_PICTURES])}")
    suffixes = getattr(module, "SUFFIXES", style.SUFFIXES)
    known = [key for key in signature(drawing).parameters if key not in ("run", "output", "measured")]
    check(name, known, options)
    output = Path(output) if output else run.folder / "figures" / f"{file_stem(name, options)}{suffix or suffixes[0]}"
    if output.suffix.lower() not in suffixes:
        raise PlotError(f"cannot draw {output}: its name must end in {', '.join(suffixes)}")
    if name not in STUDY_PICTURES:
        style.require_steps(run, 1)
    if csv and (name in FILMS or output.suffix.lower() == ".html"):
        raise PlotError(f"{name}: a film or a page has no numbers to write: leave --csv out")
    with style.numbers_too(csv) as tables, noted(run.loan):
        paths = drawing(run, output, **options, **({"measured": measured} if measured else {}))
    return with_numbers(paths, tables, output) if csv else paths


def overlay(name, runs, measured=(), output=None, *, csv=False, suffix=".png", **options):
    """Draw a picture of OVERLAYS of several runs (Run) and measurements (Recording) and return the paths written.

    output, csv, suffix, options: as of draw; default in the first run's figures/, without a run in runs/data/figures.
    """
    if name not in OVERLAYS:
        raise PlotError(f"{name} is no picture of several runs: choose one of {', '.join(OVERLAYS)}")
    place, _, function = OVERLAYS[name].partition(":")
    drawing = getattr(import_module(place), function or "draw")
    takes = signature(drawing).parameters
    if measured and "measured" not in takes:
        raise PlotError(f"{name} of several runs draws no measurements: iv and cycles do")
    known = [key for key in takes if key not in ("runs", "output", "measured")]
    check(name, known, options)
    folder = runs[0].folder if runs else Path("runs") / "data"
    stem = file_stem(name if not runs else f"{name}_overlay", options)
    output = Path(output) if output else folder / "figures" / f"{stem}{suffix}"
    loans = "; ".join(dict.fromkeys(run.loan for run in runs if run.loan))
    if output.suffix.lower() not in style.SUFFIXES:
        raise PlotError(f"cannot draw {output}: its name must end in {', '.join(style.SUFFIXES)}")
    with style.numbers_too(csv) as tables, noted(loans or None):
        paths = drawing(runs, output, **({"measured": measured} if "measured" in takes else {}), **options)
    return with_numbers(paths, tables, output) if csv else paths


def with_numbers(paths, tables, output):
    """The paths of a picture (which may carry words), and the tables of its numbers."""
    if not tables:
        raise PlotError(f"{output}: this picture has no curves whose numbers could be written: leave --csv out")
    paths += [table for table in tables if table not in paths]
    return paths


def draw_all(run, folder=None, suffix=".png"):
    """Draw every picture that fits a run into a folder (default: figures in the run's), going on after errors. suffix:
    of the files.

    Returns a list of (name, paths), with the reason (EcmsimError) in place of the paths where there is no picture.
    """
    folder = Path(folder) if folder else run.folder / "figures"
    done = []
    for name in PICTURES:
        try:
            if len(run.timeseries) and (reason := unfit(name, run)):
                raise PlotError(f"nothing to see in {run.folder}: {reason}")
            done.append((name, draw(name, run, folder / f"{name}{suffix}")))
        except EcmsimError as error:
            done.append((name, error))
    return done


def unfit(name, run):
    """Why a picture would show nothing of a run (which has steps), or None; `draw` draws it all the same."""
    module = import_module(PICTURES[name])
    return module.unfit(run) if hasattr(module, "unfit") else None
