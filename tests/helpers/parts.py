"""What came out once: every number and text of a result, compared with a file beside the test.

    as_before(file_regression, {"values": values_of(...), "words": fit.words()})

Data classes, tables, arrays, dicts and lists are taken apart; the file has a line for each of their parts. Numbers are
compared with a tolerance. A change that is meant is told to pytest with --regen-all.
"""

import dataclasses
import json
from functools import partial

import numpy as np
import pandas as pd

DIGITS = 7
ROUNDING = 2e-6  # of two numbers of so many digits
SCALE = 1e-9  # of the largest number of a list: less is zero
NOTHING = 1e-14  # less is rounding, whatever the list holds


def as_before(file_regression, thing, tolerance=ROUNDING, basename=None):
    """Fails unless all parts of a thing are those of the file: texts alike, numbers within a relative tolerance."""
    told = ",\n".join(f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in parts(thing))
    file_regression.check(
        "{\n" + told + "\n}\n", extension=".json", basename=basename, encoding="utf-8",
        check_fn=partial(_alike, tolerance),
    )  # fmt: skip


def parts(thing, name=""):
    """The leaves of a thing with their names: texts, numbers, lists of numbers."""
    if hasattr(thing, "_asdict"):
        thing = thing._asdict()
    if dataclasses.is_dataclass(thing):
        thing = {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    if isinstance(thing, pd.DataFrame):
        thing = {str(column): thing[column].to_numpy() for column in thing}
    if isinstance(thing, dict):
        for key, part in thing.items():
            yield from parts(part, f"{name}.{key}" if name else str(key))
    elif isinstance(thing, np.ndarray) and thing.ndim and thing.dtype.kind in "fiub":
        yield name, _plain(thing)
    elif isinstance(thing, np.ndarray) and thing.ndim and thing.dtype.kind == "c":
        yield name, _plain(np.stack([thing.real, thing.imag]))
    elif isinstance(thing, (list, tuple)) or isinstance(thing, np.ndarray) and thing.ndim:
        thing = list(thing)
        if all(isinstance(part, (int, float, np.number)) for part in thing):
            yield name, _plain(np.array(thing))
        elif all(isinstance(part, str) for part in thing):
            yield name, [str(part) for part in thing]
        else:
            for number, part in enumerate(thing):
                yield from parts(part, f"{name}[{number}]")
    elif isinstance(thing, (bool, np.bool_)):
        yield name, bool(thing)
    elif isinstance(thing, (int, float, np.number)):
        yield name, _plain(np.array(thing))
    else:
        yield name, None if thing is None else str(thing)


def _plain(array):
    """Numbers with a few digits, as lists."""
    if array.ndim:
        return [_plain(part) for part in array]
    return float(f"{array:.{DIGITS}g}") if array.dtype.kind == "f" else array.item()


def _alike(tolerance, obtained, expected):
    found, wanted = (json.loads(path.read_text(encoding="utf-8")) for path in (obtained, expected))
    assert list(found) == list(wanted)
    for name, old in wanted.items():
        new = found[name]
        if _is_text(old) or _is_text(new):
            assert new == old, name
        else:
            old = np.array(old, float)
            least = max(SCALE * np.abs(old[np.isfinite(old)]).max(initial=0.0), NOTHING)
            np.testing.assert_allclose(np.array(new, float), old, tolerance, least, err_msg=name)


def _is_text(part):
    return part is None or isinstance(part, str) or isinstance(part, list) and any(map(_is_text, part))
