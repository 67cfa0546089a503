"""Pictures of fits are compared with what they were, artist by artist."""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers import artists, kept, made_up

from ecmsim.fitting import pictures
from ecmsim.fitting.definition import read
from ecmsim.fitting.facts import Facts

TABLES = [
    {"kind": "v_set", "name": "rates", "points": [["1 V/s", "1 V"], ["0.1 V/s", "0.8 V"], ["30 V/s", "1.3 V"]]},
    {"kind": "r_lrs", "name": "lrs", "points": [["1 uA", "1 kohm"], ["10 uA", "0.5 kohm"]]},
]


def known_facts():
    """Facts of two targets, as far as pictures look at them."""
    facts = object.__new__(Facts)
    targets = [SimpleNamespace(row=3, name="Y"), SimpleNamespace(row=6, name="highest")]
    own = {"targets": targets, "value": np.array([1.8, 850.0]), "error": np.array([0.03, 50.0]), "name": "facts"}
    for name, value in own.items():
        object.__setattr__(facts, name, value)
    return facts


@pytest.mark.slow
def test_pictures_of_fits_are_as_they_were(tmp_path, file_regression):
    """Of a curve, of times one of which was not waited for, of voltages, resistances and facts."""
    definition = read(made_up.fit_file(tmp_path, dataset=[*made_up.datasets(tmp_path), *TABLES]))
    datasets = [*definition.datasets, known_facts()]
    lengths = [sum(map(one._length, one.parts)) if hasattr(one, "parts") else None for one in datasets]
    values = [
        np.linspace(-20.0, -12.0, length) if length else (one.value if isinstance(one, Facts) else np.log(one.y))
        for one, length in zip(datasets, lengths, strict=True)
    ]
    start, best, full = (
        SimpleNamespace(predicted=[value + shift for value in values], stage=SimpleNamespace(model=model))
        for shift, model in ((0.3, "reduced"), (0.02, "reduced"), (-0.1, "full"))
    )
    found = SimpleNamespace(start=start, best=best, full=full)
    result = SimpleNamespace(definition=SimpleNamespace(datasets=datasets), found=found, chain=None)
    with artists.undrawn() as drawn:
        told = pictures.draw(result, tmp_path / "pictures")
    assert [path.name for path, *_ in told] == [f"dataset_{k}.svg" for k in range(1, 6)]
    text = "\n".join(f"== {path.name}: {title}; {caption}\n{drawn[path.name]}" for path, title, caption in told)
    kept.check(file_regression, text, "fits", relative=1e-3)
