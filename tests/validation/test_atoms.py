"""The page of validation/atoms: lifetimes beside a closed form, peaks at the levels of whole atoms, the page itself."""

import numpy as np
import pytest
from helpers.paths import ROOT

from ecmsim.quantum.lookup import Lookup
from validation.atoms import numbers
from validation.atoms.__main__ import CONFIG, main
from validation.atoms.circuit import EXCHANGE


@pytest.fixture(scope="module")
def law():
    return numbers.law_of(CONFIG)


def test_lifetimes_at_rest_are_those_of_the_rates(law):
    """One atom with the metal of one: the exchange brings or takes one, a hop takes one."""
    found = numbers.lifetimes(*law, 0.0, 300.0, count=100)
    wanted = 1 / (2 * EXCHANGE + law[0].hopping(300.0)[1])
    assert found.mean() == pytest.approx(wanted, rel=4 / np.sqrt(100))
    assert found.std() == pytest.approx(wanted, rel=0.4)  # exponential


def test_lifetimes_fall_with_voltage_and_temperature(law):
    still, driven, warm = (
        numbers.lifetimes(*law, *at, count=40).mean() for at in ((0.0, 300.0), (0.1, 300.0), (0.1, 330.0))
    )
    assert still > 5 * driven > 5 * 2 * warm


def test_peaks_are_at_levels_of_whole_atoms(law):
    found = numbers.histogram(numbers.sweeps(*law, "Ag", 12))
    lookup = Lookup("Ag", step=None)
    levels = [float(lookup(lookup.atom_radius * np.sqrt(n), 0.0).transmission) for n in range(1, 8)]
    assert len(found.peaks) >= 2
    for position, _ in found.peaks[:2]:
        assert min(abs(position - np.array(levels))) < 0.25
    assert found.shares.sum() == pytest.approx(1)


def test_the_page_is_written(tmp_path, law):
    main(out=tmp_path, count=3, lives=5)
    text = (tmp_path / "README.md").read_text()
    assert "**the law alone beside a lumped circuit**" in text and "{" not in text
    assert (tmp_path / "atoms.png").stat().st_size > 1000
    committed = (ROOT / "validation" / "atoms" / "README.md").read_text()
    headings = [[line for line in page.splitlines() if line.startswith("## ")][:2] for page in (committed, text)]
    assert headings[0] == headings[1] == ["## Peaks", "## Scatter of the sweeps"]
