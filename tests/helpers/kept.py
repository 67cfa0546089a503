"""Texts that were told before, compared word by word and number by number, numbers with a tolerance.

    from helpers import kept
    kept.check(file_regression, text, "iv", voltage="cell")

The files stand beside the test, in a folder of its name; pytest --regen-all writes them anew.
"""

import json
import re

RELATIVE = 5e-5  # numbers are written with six digits
DIGITS = 6  # of what `unchanged` keeps of a number
CLOSE = 3e-5  # relatively; more than one of the last digit
NUMBER = re.compile(r"[-+]?\d+(?:\.\d+)?(?:[eE][-+]?\d+)?")
TOKEN = re.compile(r"#[0-9a-f]{6,8}\b|(?<![\w.])[-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])", re.IGNORECASE)


def name_of(*words, **options):
    """The name of the baseline of words and options."""
    words = [*words, *(f"{key}={value}" for key, value in options.items())]
    return re.sub(r"[^\w=.]+", "_", "-".join(words)).strip("_")


def check(file_regression, text, *words, relative=RELATIVE, **options):
    """Compare a text with what it was, its numbers within a relative tolerance; the file has a name of words and
    options."""
    _checked(file_regression, text.rstrip("\n"), name_of(*words, **options), relative)


def unchanged(file_regression, text, name=None, close=CLOSE, nothing=0.0):
    """Compare a text whose numbers are kept with a few digits, each by itself; the file has that name, or the test's.
    close: relatively; nothing: what is no more than this counts as zero."""
    _checked(file_regression, shortened(text).rstrip(), name, close, nothing, grouped=False)


def shortened(text):
    """A text whose numbers have DIGITS digits at most."""

    def short(found):
        digits = found[0].lstrip("+-").partition("e")[0].partition("E")[0].replace(".", "").lstrip("0")
        return found[0] if len(digits) <= DIGITS else f"{float(found[0]):.{DIGITS}g}"

    return NUMBER.sub(short, text)


def plain(value):
    """Data as lines of text: JSON, where each innermost list is one line."""
    text = json.dumps(value, indent=1, ensure_ascii=False, default=str)
    return re.sub(r"\[[^\[\]{}]*\]", lambda found: re.sub(r"\s*\n\s*", " ", found[0]), text)


def _checked(file_regression, text, name, *tolerance, **grouping):
    def compared(obtained, expected):
        found = differences(obtained.read_text("utf-8"), expected.read_text("utf-8"), *tolerance, **grouping)
        assert not found, f"{len(found)} lines differ from {expected.name}:\n" + "\n".join(found[:20])

    file_regression.check(text + "\n", basename=name, check_fn=compared, encoding="utf-8")


def differences(obtained, expected, relative=RELATIVE, nothing=0.0, grouped=True):
    """What differs between two texts, as lines."""
    ours, theirs = obtained.splitlines(), expected.splitlines()
    found = [
        f"line {k}:\n  was {old}\n  is  {new}"
        for k, (new, old) in enumerate(zip(ours, theirs, strict=False), 1)
        if not alike(new, old, relative, nothing, grouped)
    ]
    if len(ours) != len(theirs):
        found.append(f"{len(theirs)} lines were there, {len(ours)} are")
    return found


def alike(new, old, relative=RELATIVE, nothing=0.0, grouped=True):
    """Whether two lines are the same but for small differences of their numbers.

    grouped: of numbers with nothing but spaces between them the largest says what is small (they are coordinates, or a
    mean and its ends), else each by itself; nothing: a difference that is none.
    """
    if new == old:
        return True
    if TOKEN.sub("@", new) != TOKEN.sub("@", old):
        return False
    last, groups = 0, [[]]
    for ours, theirs in zip(TOKEN.finditer(new), TOKEN.finditer(old), strict=True):
        if not grouped or new[last : ours.start()].strip():
            groups.append([])
        groups[-1].append((ours[0], theirs[0]))
        last = ours.end()
    return all(_near(group, relative, nothing) for group in groups)


def _near(pairs, relative, nothing):
    if any(text.startswith("#") for pair in pairs for text in pair):
        return all(a == b for a, b in pairs)
    values = [[float(text.replace("−", "-")) for text in pair] for pair in pairs]
    largest = max((abs(value) for pair in values for value in pair), default=0.0)
    return all(abs(a - b) <= max(relative * largest, nothing) for a, b in values)
