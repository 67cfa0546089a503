"""A line that all pictures of a run bear in a corner, such as that its constants are those of other materials."""

from contextlib import contextmanager
from contextvars import ContextVar

_NOTE = ContextVar("note", default="")
HEIGHT_MM = 3.5
COLOUR = "#7F7F7F"


@contextmanager
def noted(text):
    """Within it each picture bears the text; an empty one is none."""
    before = _NOTE.set(text)
    try:
        yield
    finally:
        _NOTE.reset(before)


def told():
    """The text that pictures bear now; mostly empty."""
    return _NOTE.get()


def write(figure):
    """Write the note, if there is one, into the lower right corner of a figure, below what it shows."""
    if not told():
        return
    share = HEIGHT_MM / 25.4 / figure.get_figheight()
    if (layout := figure.get_layout_engine()) is not None:
        layout.set(rect=(0, share, 1, 1 - share))
    figure.text(0.99, 0.25 * share, told(), ha="right", va="bottom", fontsize=6.5, color=COLOUR, in_layout=False)
