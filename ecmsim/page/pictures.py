"""The pictures of a run as parts of a page: drawn into a temporary folder, each as its smaller file, SVG or PNG."""

import base64
import inspect
import logging
import re
import struct
import tempfile
from importlib import import_module
from pathlib import Path
from typing import NamedTuple

from ecmsim.errors import EcmsimError
from ecmsim.plot import PICTURES, draw, unfit
from ecmsim.plot.dress import dotted

logger = logging.getLogger("ecmsim")

MEDIA = {".svg": "image/svg+xml", ".png": "image/png"}  # the better one first: lines stay sharp
ENDS = {".svg": b"</svg>", ".png": b"IEND\xaeB`\x82"}  # of whole files
DPI = 240  # of pixels: the widest picture has two of them for each of the page's, as fine screens do
SURFACES = ("field", "solid")
LARGE = 1_000_000  # bytes of a picture: a smaller one is not drawn again to see whether it can be smaller still
# What is seen, by the stem of the file: a short name, then the rest of the caption.
CAPTIONS = {
    "iv": (
        "Current against voltage",
        "linear (left) and logarithmic (right). Arrows show the direction of the sweep; a dashed "
        "line is a compliance current. Of pulses: current and source voltage against time.",
    ),
    "gap": (
        "Gap against time",
        "between the filament and the active electrode, as the tunnelling law sees it. Where the programme has "
        "cycles or pulses the voltage of the source is shown below.",
    ),
    "conductance": (
        "Conductance in units of the quantum",
        "G0 = 2e²/h: of the whole cell against time and voltage (or current), and how long it stays where. Dashed: "
        "whole multiples of G0; thick: plateaus with their median.",
    ),
    "temperature": (
        "Highest temperature in the cell",
        "against time, enlarged around the switching if there is any, and against the current.",
    ),
    "outline": (
        "Outline of the filament",
        "mirrored about the axis, at the currents, voltages or times of the legend. Dashed: surface of the active "
        "electrode with its void.",
    ),
    "retention": (
        "Relaxation of the filament by surface diffusion",
        "Outlines (left); gap, radii and volume against the logarithm of time (right).",
    ),
    "elephant": (
        "The filament in space and time",
        "the section of the surface at each time is the outline of the filament at that time.",
    ),
    "elephant_map": (
        "Radius of the filament against time and height",
        "the same as a map. The thin line is the original surface of the active electrode.",
    ),
    "solid": (
        "The filament as a solid body",
        "revolved about its axis and cut open, with the gap enlarged beside it.",
    ),
    "field": (
        "Fields in the cell at one moment",
        "mirrored about the axis, at the snapshot with the largest current: temperature, potential, current density.",
    ),
}


class Picture(NamedTuple):
    """A picture of the page: its file's stem, data URI, short name, the rest of its caption, and alternative text.

    width, height: mm.
    """

    name: str
    uri: str
    width: float
    height: float
    title: str
    caption: str
    alt: str


class Missing(NamedTuple):
    """A picture that is not there, and why."""

    name: str
    reason: str


def pictures(run, summary=""):
    """All pictures that fit a run: lists of Picture and of Missing.

    summary: what the numbers say, in words, for those who cannot see the pictures.
    """
    found, missing = [], []
    with tempfile.TemporaryDirectory(prefix="ecmsim-report-") as folder, dotted(DPI):
        for name in PICTURES:
            # No picture is worth losing the page, whatever is amiss: a file that is not there, a library, a defect.
            try:
                reason = "the run has no steps" if not len(run.timeseries) else unfit(name, run)
                if reason:
                    missing.append(Missing(name, reason))
                else:
                    _draw(name, run, Path(folder) / name)
            except Exception as error:
                if not isinstance(error, (EcmsimError, ImportError)):
                    logger.warning("%s: %s was not drawn", run.folder, name, exc_info=error)
                remedy = "; install ecmsim with its extra plot" if isinstance(error, ImportError) else ""
                missing.append(Missing(name, (str(error) or type(error).__name__) + remedy))
            found += [_picture(name, path, summary) for path in _smaller(Path(folder) / name)]
    return found, missing


def _draw(name, run, folder):
    """Draw a picture into a folder: as lines, or as pixels where it is of surfaces; in both ways where one is large."""
    for suffix in reversed(MEDIA) if name in SURFACES else MEDIA:
        draw(name, run, folder / f"{name}{suffix}")
        drawn = _smaller(folder)
        if drawn and max(path.stat().st_size for path in drawn) < LARGE:
            return


def _smaller(folder):
    """The pictures in a folder in the order of their names, of each the smaller whole file."""
    chosen = {}
    for path in sorted(folder.glob("*")):
        whole = path.suffix in MEDIA and path.read_bytes().rstrip().endswith(ENDS[path.suffix])
        other = chosen.get(path.stem)
        if whole and (other is None or path.stat().st_size < other.stat().st_size):
            chosen[path.stem] = path
    return list(chosen.values())


def _picture(name, path, summary):
    title, caption = CAPTIONS.get(path.stem) or _described(name, path.stem)
    data = base64.b64encode(path.read_bytes()).decode("ascii")
    alt = ". ".join(text.rstrip(".") for text in (title, caption, summary) if text) + "."
    return Picture(path.stem, f"data:{MEDIA[path.suffix]};base64,{data}", *_size(path), title, caption, alt)


def _size(path):
    """Width and height of a picture, mm."""
    head = path.read_bytes()[:2000]
    if path.suffix == ".png":
        return tuple(pixels / DPI * 25.4 for pixels in struct.unpack(">II", head[16:24]))
    return tuple(float(re.search(rb' %s="([\d.]+)pt"' % side, head)[1]) / 72 * 25.4 for side in (b"width", b"height"))


def _described(name, stem):
    """Caption of a picture that is not in CAPTIONS: what its module says of itself."""
    text = inspect.getdoc(import_module(PICTURES[name])) or ""
    part = stem.removeprefix(name).strip("_").replace("_", " ")
    title = name.replace("_", " ").capitalize() + (f" ({part})" if part else "")
    return title, " ".join(text.partition("\n\n")[0].split())
