"""Another look for pictures: a matplotlib style sheet over the house style, the width of a journal's column, colours.

    from ecmsim.plot import draw, dressed
    with dressed(sheet="thesis.mplstyle", width="aps-single", colours=["#004488", "#BB5566"]):
        draw("iv", run, "iv.pdf")

What a colour means (regimes, materials, temperatures) stays; lines that are only told apart by colour change.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field, replace
from pathlib import Path

import matplotlib
import matplotlib.style
from matplotlib.colors import is_color_like, to_hex

from ecmsim.errors import PlotError

# Widths of columns by the instructions of journals and publishers, mm; without a name those of Nature.
WIDTHS = {
    "single": 89.0,
    "double": 183.0,
    "aps-single": 86.0,
    "aps-double": 178.0,
    "acs-single": 82.5,
    "acs-double": 177.8,
    "ieee-single": 88.9,
    "ieee-double": 181.9,
    "elsevier-single": 90.0,
    "elsevier-double": 190.0,
}
LEAST_MM, MOST_MM = 40.0, 1000.0
MAP = "viridis"


@dataclass(frozen=True)
class Dress:
    """settings: of a style sheet, over those of the house; width: mm, None for each picture's own; colours: of lines
    that are told apart; empty for the house's."""

    settings: dict = field(default_factory=dict)
    width: float | None = None
    colours: tuple = ()


_worn = ContextVar("dress", default=Dress())  # noqa: B039  (frozen)


@contextmanager
def dressed(sheet=None, width=None, colours=()):
    """Within it all pictures have this look. sheet: file of a matplotlib style sheet, or the name of one that comes
    with matplotlib; width: name in WIDTHS or mm; colours: as matplotlib knows them. Raises PlotError."""
    settings = _read(sheet) if sheet is not None else {}
    chosen = tuple(map(_colour, colours))
    if not chosen and "axes.prop_cycle" in settings:
        chosen = tuple(map(to_hex, settings["axes.prop_cycle"].by_key().get("color", ())))
    token = _worn.set(Dress(settings, None if width is None else _millimetres(width), chosen))
    try:
        yield
    finally:
        _worn.reset(token)


@contextmanager
def dotted(per_inch):
    """Within it all pictures have so many dots per inch."""
    worn = _worn.get()
    dots = {"figure.dpi": per_inch, "savefig.dpi": per_inch}
    token = _worn.set(replace(worn, settings=worn.settings | dots))
    try:
        yield
    finally:
        _worn.reset(token)


def is_dressed():
    """Whether pictures have another look than the house's now."""
    return _worn.get() != Dress()


def settings(house):
    """The settings of matplotlib that hold now. house: those of the house style."""
    return house | _worn.get().settings


def width(own):
    """The width of a picture, mm. own: that which it has by itself."""
    return _worn.get().width or own


def colours(house):
    """Colours of lines that are told apart, as a tuple. house: those of the house style."""
    return _worn.get().colours or tuple(house)


def colour(number, house):
    """The colour of a line of a number, from 0; they begin anew where there are no more."""
    chosen = colours(house)
    return chosen[number % len(chosen)]


def colormap(name=MAP):
    """The name of the colour map of what is ordered (cycles, currents, times): a style sheet's, or the one given."""
    return _worn.get().settings.get("image.cmap", name)


def _read(sheet):
    if str(sheet) in matplotlib.style.library:
        return dict(matplotlib.style.library[str(sheet)])
    path = Path(sheet)
    if not path.is_file():
        raise PlotError(f"--style {sheet}: no such file, and no style of matplotlib's (such as ggplot)")
    try:
        text = path.read_text(encoding="utf-8")
        known = {line.partition(":")[0].strip() for line in text.splitlines() if line.split("#")[0].strip()}
        if wrong := sorted(known - set(matplotlib.rcParams)):
            raise PlotError(f"--style {sheet}: {wrong[0]!r} is no setting of matplotlib")
        return dict(matplotlib.rc_params_from_file(path, fail_on_error=True, use_default_template=False))
    except (OSError, ValueError) as error:
        raise PlotError(f"--style {sheet}: cannot be used: {str(error).strip().splitlines()[-1]}") from error


def _colour(text):
    if not is_color_like(text):
        raise PlotError(f"--colours: {text!r} is no colour; expected names or codes such as #0072B2")
    return to_hex(text)


def _millimetres(given):
    if given in WIDTHS:
        return WIDTHS[given]
    try:
        found = float(str(given).removesuffix("mm"))
    except ValueError:
        found = 0.0
    if not LEAST_MM <= found <= MOST_MM:
        raise PlotError(
            f'--width {given}: expected one of {", ".join(WIDTHS)}, or {LEAST_MM:g} to {MOST_MM:g} mm such as "120 mm"'
        )
    return found
