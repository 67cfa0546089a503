"""`ecmsim plot`: pictures of runs, of studies, and of both beside measurements; a word on what fits instead."""

from pathlib import Path
from typing import Annotated

import typer

from ecmsim.commands.measured import ColumnsFile, ColumnsSet, columns
from ecmsim.commands.options import option
from ecmsim.errors import ConfigError, EcmsimError, ResultsError

OVERLAID_ONLY = ("cycles",)  # pictures that are overlays even of one run


def plot(
    what: Annotated[
        str,
        typer.Argument(
            help="iv, gap, conductance, temperature, outline, elephant, field, solid, retention, all; film; cycles; "
            "potentiation, facilitation, endurance, selector, verify; study, family, arrhenius, histogram, cdf, "
            "weibull, violin, stdp, bits.",
            show_default=False,
        ),
    ],
    runs: Annotated[
        list[Path] | None,
        typer.Argument(
            metavar="RUN",
            help="Folder of a run; of iv, gap, temperature, elephant and cycles several.",
            show_default=False,
        ),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Picture (.png, .pdf, .svg; of elephant and solid also .html), film (.mp4, .gif), folder for all "
            "[default: in figures/ of the run, named after the picture and its options]."
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="KEY=VALUE", help="Of one picture, e.g. field: -o view=tip (repeatable)."
        ),
    ] = None,
    measured: Annotated[
        list[Path] | None,
        typer.Option(
            "--measured",
            "-m",
            metavar="FILE",
            help="Measurement to draw beside: of iv, cycles, family, histogram a current over a voltage, of study two "
            "columns, x and y. Repeatable.",
        ),
    ] = None,
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
    csv: Annotated[
        bool, typer.Option("--csv", help="Also write the numbers of its curves, beside the picture.")
    ] = False,
    sheet: Annotated[
        str | None,
        typer.Option("--style", metavar="FILE", help="Style sheet of matplotlib, over the house style."),
    ] = None,
    width: Annotated[
        str | None,
        typer.Option(help="Of a journal's column: single, double, aps-single, ieee-double, …, or in mm."),
    ] = None,
    colours: Annotated[
        str | None, typer.Option(help='Of lines that are told apart by colour: "#004488,#BB5566,…".')
    ] = None,
    ending: Annotated[
        str | None, typer.Option("--format", metavar="FORMAT", help="png, pdf or svg, where --out names no file.")
    ] = None,
):
    """Draw a picture of a run, or all of them, or a film; study, histogram: of the folder of a study; cdf, weibull,
    violin: of the cycles of either.

    iv and cycles (distributions of V_SET, V_RESET, R_LRS, R_HRS) take several runs, and measurements beside them.

    Options: iv: voltage=source|cell, floor_A=1e-16; cycles: read_V=0.1, set_by=jump|current|compliance,
    set_current_A=1e-6, reset_by=peak|drop; gap: time=log|linear; conductance: x=time|voltage|current,
    scale=linear|log, parasitic="400 ohm"|model, bins=0.05, tolerance=0.2, share=0.03 (of plateaus), least_V=1e-3,
    from_s=1, to_s=2; outline: currents_A=[1e-6], times_s=[1, 2];
    elephant: colour=temperature|time|regime|voltage|current|current_density, time=log|linear, from_s=1, to_s=2;
    retention: from_s=1e-3; field: snapshot=LABEL, view=filament|tip|cell, quantities=temperature,potential,…;
    solid: snapshot=LABEL,LABEL,…, quantity=temperature|current_density|potential, cut=110; film: seconds=12, fps=25,
    from_s=1, to_s=2, pace=change|time; study: x=COLUMN, y=COLUMN,…, fit=power|exponential, fit_from=1, fit_to=2;
    family: by=COLUMN, voltage, floor_A as iv;
    arrhenius: y=COLUMN, fit_from=250, fit_to=400 (K);
    histogram: parasitic, bins, least_V, from_s, to_s as conductance, samples=4000, from_V=0, to_V=0.5, to_G0=8.
    """
    from ecmsim.plot import draw, draw_all

    chosen, runs = dict(option(text) for text in options or ()), runs or []
    suffix = suffix_of(ending, what, out)
    look = look_of(what, out, sheet, width, colours)
    if (columns_file or settings) and not measured:
        raise ConfigError("--columns and --column say what a measurement is: give --measured FILE as well")
    if is_overlay(what, runs, measured):
        with look:
            files = overlaid(what, runs, measured or (), columns(columns_file, settings), out, csv, chosen | suffix)
        drawn = [(what, files)]
        run = None
    else:
        run = opened(what, runs)
        beside = (
            {"measured": measurements(what, measured, columns(columns_file, settings), run, chosen)} if measured else {}
        )
    if run is None:
        pass
    elif what != "all":
        with look:
            drawn = [(what, draw(what, run, out, csv=csv, **beside, **chosen, **suffix))]
    elif chosen or csv:
        raise ConfigError("--option and --csv go with one picture, not with all")
    else:
        with look:
            drawn = draw_all(run, out, **suffix)
    for name, paths in drawn:
        if isinstance(paths, EcmsimError):
            typer.echo(f"{name}: not drawn: {paths}", err=True)
        else:
            typer.echo("\n".join([*getattr(paths, "words", ()), *(f"wrote {path}" for path in paths)]))


def suffix_of(ending, what, out):
    """The ending of files that --format asks for, as an argument of draw."""
    from ecmsim.plot import FILMS
    from ecmsim.plot.style import SUFFIXES

    if ending is None:
        return {}
    suffix = f".{ending.lower().removeprefix('.')}"
    if suffix not in SUFFIXES or what in FILMS:
        raise ConfigError(
            f"--format {ending}: pictures are {', '.join(name[1:] for name in SUFFIXES)}; films have --out"
        )
    if out is not None and what != "all":
        raise ConfigError(f"--format {ending}: the file that --out names has its ending already; leave one of both out")
    return {"suffix": suffix}


def look_of(what, out, sheet, width, colours):
    """The look that --style, --width and --colours ask for, to be worn while pictures are drawn."""
    from ecmsim.plot import FILMS, dressed

    given = [
        name for name, value in (("--style", sheet), ("--width", width), ("--colours", colours)) if value is not None
    ]
    if given and (what in FILMS or (out is not None and out.suffix.lower() == ".html")):
        raise ConfigError(f"{given[0]} is for pictures: films and pages to turn have no use for it")
    return dressed(sheet, width, [text.strip() for text in colours.split(",")] if colours else ())


def opened(what, folders):
    """The Run, or for STUDY_PICTURES the StudyTable, that a picture named `what` is to show; folders: one Path."""
    from ecmsim.plot import FILMS, OF_EITHER, PICTURES, PROTOCOLS, STUDY_PICTURES
    from ecmsim.plot.study import SUMMARY, open_study
    from ecmsim.results import open_run
    from ecmsim.results.folder import is_run_folder

    if not folders:
        raise ConfigError(f"plot {what} needs the folder of a run or a study")
    if len(folders) > 1:
        raise ConfigError(
            f"plot draws one folder at a time, and {len(folders)} are given: draw {folders[0]} and {folders[1]} by "
            "commands of their own, compare them with ecmsim plot iv, gap, temperature or elephant, or the cases of "
            "a study with ecmsim plot study or family"
        )
    (folder,) = folders
    kinds = [*PICTURES, "all", *FILMS, *PROTOCOLS]
    if what in OF_EITHER and is_run_folder(folder):
        return open_run(folder)
    if what in STUDY_PICTURES and is_run_folder(folder):
        raise ResultsError(
            f"{folder} is the folder of a run, not of a study: of a run there are {', '.join(kinds)} (ecmsim plot all)"
        )
    if what in kinds and not is_run_folder(folder) and (folder / SUMMARY).is_file():
        raise ResultsError(
            f"{folder} is the folder of a study, not of a run: of a study there are {', '.join(STUDY_PICTURES)} "
            f"(ecmsim plot study {folder}), and {what} of each run in it"
        )
    return open_study(folder) if what in STUDY_PICTURES else open_run(folder)


def is_overlay(what, runs, measured):
    """Whether a picture is one of several runs, or of measurements beside runs."""
    from ecmsim.plot import OVERLAYS

    return what in OVERLAYS and (len(runs) > 1 or bool(measured) or what in OVERLAID_ONLY)


def overlaid(what, folders, files, chosen, out, csv, options):
    """Draw a picture of runs (folders) and measurements (files); returns the paths. chosen: Columns of the files."""
    from ecmsim.measured import open_file, read
    from ecmsim.plot import overlay

    if not folders and not files:
        raise ConfigError(f"plot {what} needs folders of runs, or --measured FILE")
    reading = open_file if what in OVERLAID_ONLY else read
    return overlay(what, [opened("iv", [folder]) for folder in folders], [reading(file, chosen) for file in files], out,
                   csv=csv, **options)  # fmt: skip


def measurements(what, files, chosen, study, options):
    """What a picture of a study draws beside it: Points of the same x and y, or Recordings."""
    from ecmsim.measured import open_file, read, read_points
    from ecmsim.plot import STUDY_PICTURES

    if what not in STUDY_PICTURES:
        raise ConfigError(
            f"plot {what} draws no measurements: iv, cycles, study, family, histogram, cdf, weibull, violin do"
        )
    if what in ("stdp", "bits", "arrhenius"):
        raise ConfigError(f"plot {what} draws no measurements: of studies study, histogram, cdf, weibull and violin do")
    if what in ("cdf", "weibull", "violin"):
        return [open_file(file, chosen) for file in files]
    if what in ("histogram", "family"):
        return [read(file, chosen) for file in files]
    from ecmsim.plot.study import asked

    return [read_points(file, chosen, asked(study, options.get("x"), options.get("y"))) for file in files]
