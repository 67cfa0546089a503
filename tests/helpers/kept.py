"""Texts that were told before, compared word by word and number by number, numbers with a tolerance.

    from helpers import kept
    kept.check(file_regression, text, "iv", voltage="cell")

The files stand beside the test, in a folder of its name; pytest --force-regen writes them anew.
"""

import re

RELATIVE = 5e-5  # numbers are written with six digits
TOKEN = re.compile(r"#[0-9a-f]{6,8}\b|(?<![\w.])[-+−]?(?:\d+\.?\d*|\.\d+)(?:e[-+]?\d+)?(?![\w])", re.IGNORECASE)


def name_of(*words, **options):
    """The name of the baseline of words and options."""
    words = [*words, *(f"{key}={value}" for key, value in options.items())]
    return re.sub(r"[^\w=.]+", "_", "-".join(words)).strip("_")


def check(file_regression, text, *words, relative=RELATIVE, **options):
    """Compare a text with what it was, its numbers within a relative tolerance; the file has a name of words and
    options."""
    name = name_of(*words, **options)

    def compared(obtained, expected):
        found = differences(obtained.read_text("utf-8"), expected.read_text("utf-8"), relative)
        assert not found, f"{len(found)} lines differ from {expected.name}:\n" + "\n".join(found[:20])

    file_regression.check(text.rstrip("\n") + "\n", basename=name, check_fn=compared, encoding="utf-8")


def differences(obtained, expected, relative=RELATIVE):
    """What differs between two texts, as lines."""
    ours, theirs = obtained.splitlines(), expected.splitlines()
    found = [
        f"line {k}:\n  was {old}\n  is  {new}"
        for k, (new, old) in enumerate(zip(ours, theirs, strict=False), 1)
        if not alike(new, old, relative)
    ]
    if len(ours) != len(theirs):
        found.append(f"{len(theirs)} lines were there, {len(ours)} are")
    return found


def alike(new, old, relative=RELATIVE):
    """Whether two lines are the same but for small differences of their numbers.

    Of numbers with nothing but spaces between them the largest says what is small: they are coordinates, or a mean and
    its ends.
    """
    if new == old:
        return True
    if TOKEN.sub("@", new) != TOKEN.sub("@", old):
        return False
    last, groups = 0, [[]]
    for ours, theirs in zip(TOKEN.finditer(new), TOKEN.finditer(old), strict=True):
        if new[last : ours.start()].strip():
            groups.append([])
        groups[-1].append((ours[0], theirs[0]))
        last = ours.end()
    return all(_near(group, relative) for group in groups)


def _near(pairs, relative):
    if any(text.startswith("#") for pair in pairs for text in pair):
        return all(a == b for a, b in pairs)
    values = [[float(text.replace("−", "-")) for text in pair] for pair in pairs]
    largest = max((abs(value) for pair in values for value in pair), default=0.0)
    return all(abs(a - b) <= relative * largest for a, b in values)
