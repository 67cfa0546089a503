"""The page of validation/atoms: lifetimes beside a closed form, peaks at the levels of whole atoms, the page itself."""

import dataclasses

import numpy as np
import pytest
from helpers.paths import ROOT

from ecmsim.quantum.lookup import Lookup
from ecmsim.study import Study
from validation.atoms import hops, lifetimes, numbers
from validation.atoms.__main__ import CONFIG, main
from validation.atoms.circuit import EXCHANGE


@pytest.fixture(scope="module")
def law():
    return numbers.law_of(CONFIG)


@pytest.mark.slow
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


@pytest.mark.slow
def test_the_closed_form_of_a_lifetime_is_what_is_drawn(law):
    """Also where atoms hop often: with a barrier of 0.6 eV they join some thousand times a second."""
    fast = dataclasses.replace(law[0], barrier=0.6, binding=0.25)
    for each, voltage, count in ((law[0], 0.1, 60), (fast, 0.05, 40)):
        found = numbers.lifetimes(each, law[1], voltage, 300.0, count=count)
        wanted = lifetimes.mean_lifetime(each, law[1], voltage, 1)
        assert found.mean() == pytest.approx(wanted, abs=4 * found.std() / np.sqrt(count))
    assert lifetimes.mean_lifetime(*law, 0.0, 9) < lifetimes.mean_lifetime(*law, 0.0, 2)


def test_the_study_has_the_constants_of_the_table():
    study = Study.load(ROOT / "configs" / "studies" / "ag_atoms_hops.toml")
    table = {
        f"neck_{hop.neck}".replace("-", "_"): hop for hop in lifetimes.hops("Ag").itertuples() if hop.what == "contact"
    }
    assert study.cases[0].name == "assumed" and len(study.cases) > 2
    for case in study.cases[1:]:
        contact, hop = case.config.contact, table[case.name]
        assert float(contact.attempt_frequency) == pytest.approx(hop.frequency_per_s, rel=1e-6)
        assert float(contact.barrier) == pytest.approx(hop.back_eV)
        assert float(contact.barrier + contact.binding) == pytest.approx(hop.out_eV)


@pytest.mark.slow
def test_hops_on_surfaces_are_those_of_the_table():
    """Effective-medium theory anew; over Ag(100) it is what is measured, 0.40 ± 0.05 eV (Langelaar and Boerma)."""
    table = lifetimes.hops("Ag")
    for found in hops.surfaces("Ag"):
        row = table[(table.what == found["what"]) & (table.face == found["face"])].iloc[0]
        assert found["out_eV"] == pytest.approx(row.out_eV, abs=0.005)
        if found["what"] == "adatom":
            assert found["back_eV"] == pytest.approx(found["out_eV"], abs=0.005)
            assert found["frequency_per_s"] == pytest.approx(row.frequency_per_s, rel=0.2)
        if found["face"] == "100":
            assert found["out_eV"] == pytest.approx(0.40, abs=0.05)


def test_peaks_are_at_levels_of_whole_atoms(law):
    found = numbers.histogram(numbers.sweeps(*law, "Ag", 12))
    lookup = Lookup("Ag", step=None)
    levels = [float(lookup(lookup.atom_radius * np.sqrt(n), 0.0).transmission) for n in range(1, 8)]
    assert len(found.peaks) >= 2
    for position, _ in found.peaks[:2]:
        assert min(abs(position - np.array(levels))) < 0.25
    assert found.shares.sum() == pytest.approx(1)


@pytest.mark.slow
def test_the_page_is_written(tmp_path, law):
    main(out=tmp_path, count=3, lives=5)
    text = (tmp_path / "README.md").read_text()
    assert "**the law alone beside a lumped circuit**" in text and "{" not in text
    assert (tmp_path / "atoms.png").stat().st_size > 1000
    committed = (ROOT / "validation" / "atoms" / "README.md").read_text()
    headings = [[line for line in page.splitlines() if line.startswith("## ")][:2] for page in (committed, text)]
    assert headings[0] == headings[1] == ["## Peaks", "## Scatter of the sweeps"]
