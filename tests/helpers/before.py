"""What came out once, compared with a file beside the test; --regen-all writes it anew where a change is meant.

    told(file_regression, {"lift": state.lift})                 a line for each array, in a table of summaries
    as_before(file_regression, {"values": values_of(...)})      every number and text, as JSON

Data classes, tables, dicts and sequences are taken apart. Numbers are compared with a tolerance.

Of an array a table of told keeps how many numbers it has, the least, the largest, their weighted mean (with weights
that tell places apart) and the weighted mean of their decades, which sees the small ones too.
"""

import dataclasses
import json
from enum import Enum
from functools import partial

import numpy as np
import pandas as pd

from ecmsim.shape.filament import Filament

NOTHING = 1e-9  # of the largest number of an array or list: what is smaller is round-off
TITLE = "what: count, least, largest, mean, decades"
DIGITS = 7
ROUNDING = 2e-6  # of two numbers of so many digits
LEAST = 1e-14  # less is rounding, whatever the list holds


def opened(thing):
    """A data class, a named tuple or a table of columns as a dict of its parts; anything else as it is."""
    if hasattr(thing, "_asdict"):
        return thing._asdict()
    if dataclasses.is_dataclass(thing):
        return {field.name: getattr(thing, field.name) for field in dataclasses.fields(thing)}
    if isinstance(thing, pd.DataFrame):
        return {str(column): thing[column].to_numpy() for column in thing}
    return thing


# --- summaries ----------------------------------------------------------------------------------------------------


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
    value = value.points if isinstance(value, Filament) else opened(value)
    if value is None or isinstance(value, str | Enum):
        return [f"{name} = {value}".rstrip()]
    if isinstance(value, dict):
        return [line for key, own in value.items() for line in _lines(f"{name}, {key}", own, nothing)]
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


# --- every number -------------------------------------------------------------------------------------------------


def as_before(file_regression, thing, tolerance=ROUNDING, basename=None):
    """Fails unless all parts of a thing are those of the file: texts alike, numbers within a relative tolerance."""
    told = ",\n".join(f"{json.dumps(name)}: {json.dumps(part, ensure_ascii=False)}" for name, part in parts(thing))
    file_regression.check(
        "{\n" + told + "\n}\n", extension=".json", basename=basename, encoding="utf-8",
        check_fn=partial(_alike, tolerance),
    )  # fmt: skip


def parts(thing, name=""):
    """The leaves of a thing with their names: texts, numbers, lists of numbers."""
    thing = opened(thing)
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
            least = max(NOTHING * np.abs(old[np.isfinite(old)]).max(initial=0.0), LEAST)
            np.testing.assert_allclose(np.array(new, float), old, tolerance, least, err_msg=name)


def _is_text(part):
    return part is None or isinstance(part, str) or isinstance(part, list) and any(map(_is_text, part))


# --- states -------------------------------------------------------------------------------------------------------


def of_state(state, simulation, held):
    """What a state of either model tells. held: of what it holds, by name."""
    assert max(state.observed["charge_imbalance"], state.observed["power_imbalance"]) < 1e-6
    return {
        # Errors of balances are round-off, another one on another machine.
        "seen": {name: value for name, value in state.observed.items() if not name.endswith(("imbalance", "error"))},
        **held,
        "rates": vars(simulation.rates(state)),
        "surface": [simulation._surface_temperature(state), simulation._overpotential(state)],
    }
