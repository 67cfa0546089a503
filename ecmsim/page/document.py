"""The page about a run: its parts are gathered, filled into the template, and written as one file."""

from datetime import datetime
from importlib import resources
from pathlib import Path

import ecmsim
from ecmsim.errors import PageError
from ecmsim.page import balances, form, origin, outcome, settings
from ecmsim.page.pictures import pictures
from ecmsim.plot.style import PAGE_MM
from ecmsim.results.files import guarded, replace_text

NAME = "report.html"
SUFFIXES = (".html", ".htm")
OPEN_EVENTS = 30  # more are folded away
QUIET = {"remesh": "Remeshing", "rejected": "Rejected steps"}  # events of the numerics, always folded away


def write_page(run, output=None):
    """Write the page about a run (a Run) and return its path.

    output: an .html file; default report.html in the run's folder. Raises PageError for another name or without
    jinja2, ResultsError where the run cannot be read or the page not be written.
    """
    output = Path(output) if output else run.folder / NAME
    if output.suffix.lower() not in SUFFIXES:
        raise PageError(f"cannot write {output}: the name of a page must end in {' or '.join(SUFFIXES)}")
    text = page_text(run, output)
    with guarded(output):
        output.parent.mkdir(parents=True, exist_ok=True)
    replace_text(output, text)
    return output


def page_text(run, output=NAME):
    """The page about a run as HTML text; output: the file that it will be, named in it."""
    page = template("ecmsim.page", "page.html.j2")
    numbers = outcome.key_numbers(run)
    summary = "; ".join(f"{fact.name.lower()} {fact.value}" for fact in numbers[:6])
    drawn, missing = pictures(run, summary)
    regimes, no_regimes = outcome.regime_numbers(run)
    rows = settings.setting_rows(run)
    shares, wall = balances.wall_times(run)
    events, quiet = _events(run)
    again, page_again = origin.commands(run, output)
    return page.render(
        title=outcome.title_of(run),
        folder=run.folder,
        status=run.status,
        outcome=outcome.outcome(run),
        remedies=outcome.remedies(run),
        remarks=outcome.remarks(run),
        empty=not len(run.timeseries),
        numbers=numbers,
        regimes=regimes,
        no_regimes=no_regimes,
        cycle_columns=outcome.CYCLE_COLUMNS,
        cycles=outcome.cycle_rows(run),
        pictures=drawn,
        page_mm=PAGE_MM,
        missing=missing,
        events=events,
        quiet=quiet,
        open_events=OPEN_EVENTS,
        balances=balances.balances(run),
        effort=balances.effort(run),
        error=balances.numerical_error(run),
        shares=shares,
        wall=wall,
        programme=settings.programme_rows(run),
        changed=[row for row in rows if row.differs],
        fitted=[row for row in rows if row.value.label == "fitted"],
        labels=settings.label_counts(rows),
        idle=run.provenance.get("idle") or [],
        unlabelled=sum(not row.value.label for row in rows),
        sections=settings.sections(rows),
        unchanged=sum(not row.differs for row in rows),
        config_text=run.config_text,
        origin=origin.origin(run),
        versions=origin.versions(run),
        again=again,
        page_again=page_again,
        version=ecmsim.__version__,
        made=datetime.now().astimezone().strftime("%Y-%m-%d %H:%M %z"),
        style=resource("ecmsim.page", "page.css"),
    )


def _events(run):
    """The events as (time, step, event, detail), and those of the numerics by title."""
    table = run.events
    rows = [
        (row.event, (form.seconds(row.time_s, 6), row.step, row.event, row.detail))
        for row in table.itertuples(index=False)
    ]
    quiet = [(title, [row for name, row in rows if name == event]) for event, title in QUIET.items()]
    return [row for name, row in rows if name not in QUIET], [(title, found) for title, found in quiet if found]


def template(package, name):
    """A template in a package, for jinja2. Raises PageError without that."""
    try:
        from jinja2 import Environment, StrictUndefined
    except ImportError as error:
        raise PageError(
            "ecmsim report needs jinja2, which is not installed: pip install jinja2, or ecmsim with its extra report"
        ) from error
    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    return environment.from_string(resource(package, name))


def resource(package, name):
    """The text of a file in a package."""
    return resources.files(package).joinpath(name).read_text(encoding="utf-8")
