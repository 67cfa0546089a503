"""What ecmsim told before, as text with numbers in it: the words must be the same, the numbers nearly so.

The files are those of pytest-regressions' file_regression; pytest --force-regen makes them anew.
"""

import json
import math
import re
from functools import partial

NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
DIGITS = 6  # of what is kept of a number
CLOSE = 3e-5  # relatively; more than one of the last digit


def shortened(text):
    """A text whose numbers have DIGITS digits at most."""

    def short(found):
        digits = found[0].lstrip("+-").partition("e")[0].partition("E")[0].replace(".", "").lstrip("0")
        return found[0] if len(digits) <= DIGITS else f"{float(found[0]):.{DIGITS}g}"

    return NUMBER.sub(short, text)


def alike(obtained, expected, close=CLOSE, nothing=0.0):
    """Assert that two files have the same words and nearly the same numbers. close: relatively; nothing: what is no
    more than this counts as zero."""
    found, known = (path.read_text(encoding="utf-8") for path in (obtained, expected))
    for number, (new, old) in enumerate(zip(found.splitlines(), known.splitlines(), strict=False), 1):
        values = [[float(value) for value in NUMBER.findall(line)] for line in (new, old)]
        same = NUMBER.sub("#", new) == NUMBER.sub("#", old) and all(
            math.isclose(a, b, rel_tol=close, abs_tol=nothing) for a, b in zip(*values, strict=True)
        )
        assert same, f"line {number} of {expected.name}\nnow:    {new}\nbefore: {old}"
    assert len(found.splitlines()) == len(known.splitlines()), f"{expected.name} had another number of lines"


def unchanged(file_regression, text, name=None, **tolerance):
    """Assert that a text is the one that was kept (by the test's own name, or another one)."""
    file_regression.check(
        shortened(text).rstrip() + "\n", extension=".txt", basename=name, check_fn=partial(alike, **tolerance)
    )


def plain(value):
    """Data as lines of text: JSON, where each innermost list is one line."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s*\n\s*", " ", found[0]), text)
