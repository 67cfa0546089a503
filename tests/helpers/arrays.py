"""Baselines of arrays: what functions told before, in a table beside the test, one line for each array of numbers.

Of an array the table keeps how many numbers it has, the least, the largest, their weighted mean (with weights that tell
places apart) and the weighted mean of their decades, which sees the small ones too. pytest's --regen-all writes the
table anew.
"""

from dataclasses import fields, is_dataclass
from enum import Enum

import numpy as np

from ecmsim.shape.filament import Filament

NOTHING = 1e-9  # of the largest number of an array: what is smaller is round-off
TITLE = "what: count, least, largest, mean, decades"


def told(file_regression, found, rel=1e-6, nothing=NOTHING, basename=None):
    """Compare what was found (a dict of numbers, arrays, texts, dataclasses, and dicts and sequences of them, by name)
    with the table; rel: tolerance, over the largest number of each array; nothing: as NOTHING."""
    lines = [line for name, value in found.items() for line in _lines(name, value, nothing)]
    file_regression.check(
        "\n".join([TITLE, *lines]) + "\n",
        extension=".txt",
        basename=basename,
        check_fn=lambda new, old: _same(new.read_text("utf-8"), old.read_text("utf-8"), rel),
        encoding="utf-8",
    )


def _lines(name, value, nothing):
    if isinstance(value, Filament):
        value = value.points
    if value is None or isinstance(value, str | Enum):
        return [f"{name} = {value}".rstrip()]
    if isinstance(value, dict):
        return [line for key, own in value.items() for line in _lines(f"{name}, {key}", own, nothing)]
    if is_dataclass(value):
        return _lines(name, {field.name: getattr(value, field.name) for field in fields(value)}, nothing)
    if isinstance(value, list | tuple) and not all(isinstance(one, int | float | np.number) for one in value):
        return [line for k, own in enumerate(value) for line in _lines(f"{name}, {k}", own, nothing)]
    if not isinstance(value, int | float | list | tuple | np.ndarray | np.number):
        return []  # a law, a simulation: no number
    array = np.asarray(value, dtype=float)
    if array.ndim == 2 and array.shape[1] == 2 and len(array) > 2:
        return [_line(f"{name}, {axis}", array[:, k], nothing) for k, axis in enumerate("rz")]
    return [_line(name, array.ravel(), nothing)]


def _line(name, array, nothing):
    finite = array[np.isfinite(array)]
    count = f"{array.size}" if array.size == finite.size else f"{finite.size}/{array.size}"
    if not finite.size:
        return f"{name}: {count}"
    finite = np.where(np.abs(finite) < nothing * np.abs(finite).max(), 0.0, finite)
    if array.size == 1:
        return f"{name}: {count} {finite[0]:.7g}"
    weight = 1 + 0.5 * np.sin(1.0 + np.arange(len(finite)))
    others = finite != 0
    logarithm = np.log10(np.abs(finite), where=others, out=np.zeros_like(finite))
    mean, decades = ((weight * of).sum() / weight.sum() for of in (finite, logarithm))
    return f"{name}: {count} {finite.min():.7g} {finite.max():.7g} {mean:.7g} {decades:.6f}"


def _same(new, old, rel):
    """AssertionError that names the first lines which differ."""
    new, old = new.splitlines(), old.splitlines()
    names = [[line.split(":")[0] for line in lines] for lines in (new, old)]
    assert names[0] == names[1], "other things are told of than before (--regen-all writes anew)"
    wrong = [f"{one}\n{other}" for one, other in zip(new[1:], old[1:], strict=True) if not _close(one, other, rel)]
    assert not wrong, "now and before (--regen-all writes anew):\n" + "\n".join([TITLE, *wrong[:12]])


def _close(one, other, rel):
    if one == other:
        return True
    (count, *now), (wanted, *before) = (line.split(": ")[1].split() for line in (one, other))
    if count != wanted or len(now) != len(before):
        return False
    now, before = np.array(now, dtype=float), np.array(before, dtype=float)
    tolerance = np.full(len(now), (rel + 1e-7) * np.abs(before[:2]).max())  # of the least and the largest
    tolerance[3:] = 10 * rel + 1e-6  # of decades, as they are written
    return bool((np.abs(now - before) <= tolerance).all())
