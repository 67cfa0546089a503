"""How does it look? Pictures of a run, one module each: draw(run, output, **options) -> paths. Needs no dolfinx.

from ecmsim.plot import draw, draw_all
draw("iv", run, "iv.pdf")

May import: quantum, quantum.atoms, results, shape.
"""

from importlib import import_module
from inspect import signature
from pathlib import Path

from ecmsim.errors import EcmsimError, PlotError
from ecmsim.plot import style
from ecmsim.plot.note import noted
from ecmsim.plot.options import check, file_stem

PICTURES = {
    name: f"ecmsim.plot.{name}"
    for name in ("iv", "gap", "conductance", "temperature", "outline", "retention", "elephant", "field", "solid")
}
FILMS = {"film": "ecmsim.plot.film"}  # drawn only when asked for
STUDY_PICTURES = {name: f"ecmsim.plot.{name}" for name in ("study", "histogram")}  # of the folder of a study


def draw(name, run, output=None, /, **options):
    """Draw one picture of a run (a Run; for STUDY_PICTURES a StudyTable) and return the paths written.

    output: a .png, .pdf or .svg, of surfaces also a page .html, of films .mp4 or .gif; default figures/NAME.png in the
    run's folder, with the options that are given in the name. options: those of the module.
    """
    modules = PICTURES | FILMS | STUDY_PICTURES
    if name not in modules:
        raise PlotError(f"no picture {name!r}: choose one of {', '.join(modules)}")
    module = import_module(modules[name])
    suffixes = getattr(module, "SUFFIXES", style.SUFFIXES)
    known = [key for key in signature(module.draw).parameters if key not in ("run", "output")]
    check(name, known, options)
    output = Path(output) if output else run.folder / "figures" / f"{file_stem(name, options)}{suffixes[0]}"
    if output.suffix.lower() not in suffixes:
        raise PlotError(f"cannot draw {output}: its name must end in {', '.join(suffixes)}")
    if name in STUDY_PICTURES:
        return module.draw(run, output, **options)
    style.require_steps(run, 1)
    with noted(run.loan):
        return module.draw(run, output, **options)


def draw_all(run, folder=None):
    """Draw every picture that fits a run into a folder (default: figures in the run's), going on after errors.

    Returns a list of (name, paths), with the reason (EcmsimError) in place of the paths where there is no picture.
    """
    folder = Path(folder) if folder else run.folder / "figures"
    done = []
    for name in PICTURES:
        try:
            if len(run.timeseries) and (reason := unfit(name, run)):
                raise PlotError(f"nothing to see in {run.folder}: {reason}")
            done.append((name, draw(name, run, folder / f"{name}.png")))
        except EcmsimError as error:
            done.append((name, error))
    return done


def unfit(name, run):
    """Why a picture would show nothing of a run (which has steps), or None; `draw` draws it all the same."""
    module = import_module(PICTURES[name])
    return module.unfit(run) if hasattr(module, "unfit") else None
