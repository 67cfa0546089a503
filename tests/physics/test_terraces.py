"""The law "terraces": layers of whole atoms, each over its own gap, from tunnelling to contact in one sum."""

import csv
from dataclasses import replace

import numpy as np
import pytest

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.physics.bridging import ROUNDING
from ecmsim.physics.gap_decay import Decay
from ecmsim.physics.model import tunnelling_law
from ecmsim.physics.tunnelling import over_tip
from ecmsim.quantum.table import TABLES

CONFIG = "configs/quick.toml"
METALS = ("Ag", "Cu", "Au")


def law_of(metal="Ag", *more):
    return tunnelling_law(load_config(CONFIG, ["tunnelling.law=terraces", f"tunnelling.table={metal}", *more]))


def cap(radius, gap, width=None, count=300):
    """Gaps and areas of columns over a sphere's cap as wide as the sphere, or as `width` (nm)."""
    edges = (width or radius) * np.linspace(0, 1, count + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    return gap + radius - np.sqrt(radius**2 - middle**2), np.pi * np.diff(edges**2)


def whole(law, gap, weight, voltage=None):
    """Conductance of a tip, or I/V at a voltage, in G0."""
    tip = over_tip(law, gap, weight)
    density = tip.conductance_density(gap) if voltage is None else tip.current_density(voltage, gap) / voltage
    return float((density * weight).sum()) * 1e-18 / CONDUCTANCE_QUANTUM


def flat(law, atoms, layers):
    """A column of a flat tip of so many atoms whose last layer is so many layers from contact, and full but for the
    rounding of its edge."""
    bridging, edge = law.bridging, ROUNDING if layers else 0.0
    full = bridging.layer / (bridging.layer - 0.5 * edge)
    return np.array([bridging.contact_gap + layers * bridging.layer + edge]), np.array([full * atoms * bridging.area])


def summed(law, gap, weight, bias=0.0):
    """The sum of the law as its docstring has it, in G0."""
    layers = law.layers(gap, weight)
    rings = np.diff(law.levels.smooth(layers, bias), prepend=0.0)
    rings[0] = law.levels.at(layers[0], bias)
    return float((rings * law.decay(law.bridging.layer * np.arange(len(layers)), bias)).sum())


def in_vacuum(law):
    """The law with the vacuum between the metals."""
    decay = law.decay
    return replace(law, decay=Decay(decay.lookup, decay.lookup.decay, decay.layer))


# --- geometry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("gap", [0.1, 0.27, 0.4, 0.9])
def test_layers_hold_the_metal_of_the_tip(gap):
    law = law_of()
    gaps, weight = cap(0.8, gap)
    layers = law.layers(gaps, weight)
    assert (np.diff(layers) >= -1e-12).all() and layers[0] == pytest.approx(law.bridging.atoms(gaps, weight))
    top = law.bridging.contact_gap + 0.5 * ROUNDING + len(layers) * law.bridging.layer
    volume = (weight * (top - gaps)).sum()
    assert layers.sum() * law.bridging.area * law.bridging.layer == pytest.approx(volume, rel=1e-9)


@pytest.mark.parametrize("plateaus", ["true", "false"])
def test_columns_share_out_what_the_layers_conduct(plateaus):
    law = law_of("Ag", f"tunnelling.plateaus={plateaus}")
    for gap in (0.08, 0.2, 0.27, 0.5):
        assert whole(law, *cap(1.2, gap)) == pytest.approx(summed(law, *cap(1.2, gap)), rel=1e-9)


def test_the_gap_of_other_places_than_the_columns_is_seen_alike():
    """Pictures ask at gaps of their own."""
    law = law_of()
    gaps, weight = cap(1.2, 0.27)
    tip = over_tip(law, gaps, weight)
    assert tip.current_density(0.4, gaps.copy()) == pytest.approx(tip.current_density(0.4, gaps), rel=1e-13)
    assert tip.current_density(np.array([0.1, 0.4]), 0.3).shape == (2,)
    assert tip.current_density(0.4, np.array([1e4]))[0] == 0


# --- what the atoms conduct ------------------------------------------------------------------------------------


@pytest.mark.parametrize("metal", METALS)
def test_contact_and_one_atom_over_whole_layers(metal):
    law = law_of(metal)
    for atoms in (1, 3, 10):
        assert whole(law, *flat(law, atoms, 0)) == pytest.approx(law.levels(atoms), rel=1e-9)
    lookup = law.decay.lookup
    first = float(lookup(lookup.atom_radius, 0.0).transmission)
    for layers in (1, 2, 3):
        decay = float(law.decay(layers * law.bridging.layer))
        assert whole(law, *flat(law, 1, layers)) == pytest.approx(first * decay, rel=0.02)


def test_in_vacuum_the_decay_is_that_of_the_table_s_tips():
    law = law_of()
    lookup, gap = law.decay.lookup, np.array([0.0, 0.1, 0.24, 0.3, 1.0])
    tips = lookup(lookup.atom_radius, gap).conductance / lookup(lookup.atom_radius, 0.0).conductance
    assert in_vacuum(law).decay(gap) == pytest.approx(tips, rel=1e-12)


def test_the_barrier_of_the_layer_decides_over_the_decay():
    low, high = law_of("Ag", "tunnelling.barrier=2 eV"), law_of("Ag", "tunnelling.barrier=6 eV")
    for law in (low, high):
        far = law.decay(np.array([1.0, 1.1]))
        assert np.log(far[0] / far[1]) / 0.1 == pytest.approx(law.decay_constant(), rel=1e-9)
    gaps = np.linspace(0.02, 1, 50)
    assert (low.decay(gaps) > high.decay(gaps)).all() and (np.diff(high.decay(gaps)) < 0).all()


def test_a_rectangular_barrier_is_not_lowered_near_contact():
    lowered, law = law_of(), law_of("Ag", "tunnelling.barrier_shape=rectangular")
    gaps = np.array([0.0, 0.1, 0.24, 1.0])
    assert law.decay(gaps) == pytest.approx(np.exp(-law.decay_constant() * gaps), rel=1e-12)
    assert (law.decay(gaps[1:]) < 0.6 * lowered.decay(gaps[1:])).all()
    gaining = law.decay(gaps, 0.8) / law.decay(gaps)
    assert gaining == pytest.approx(lowered.decay(gaps, 0.8) / lowered.decay(gaps), rel=1e-12)
    # Then even a blunt tip has its first plateau within a sixth of the table's necks of one atom.
    gap = next(gap for gap in np.linspace(0.3, 0.2, 400) if over_tip(law, *cap(2.0, gap)).atoms > 1)
    assert whole(law, *cap(2.0, gap)) == pytest.approx(law.levels(1), rel=1 / 6)


def test_wide_planes_of_silver_beside_plane_waves():
    """0.16 to 0.56 nm apart: within a third of pwcond's conductance per atom, over three decades."""
    with open(TABLES / "pwcond.csv") as file:
        rows = {row["point"]: float(row["T_pwcond"]) for row in csv.DictReader(file)}
    law = in_vacuum(law_of())
    per_atom = np.diff(law.levels.smooth(np.array([1e6, 1.001e6]))).item() / 1e3
    found = []
    for distance in (4.0, 4.8, 5.4, 6.0, 8.0):
        gap = 0.1 * distance - law.bridging.layer
        found.append(per_atom * float(law.decay(gap)) / rows[f"planes-{distance}"])
    assert found == pytest.approx([1] * 5, abs=1 / 3)
    # Whole layers apart, the law itself says so: 4.8 angstrom is two layers, one of them missing.
    assert whole(law, *flat(law, 1e6, 1)) / 1e6 == pytest.approx(rows["planes-4.8"], rel=1 / 3)


@pytest.mark.slow
def test_a_sharp_tip_has_its_plateaus_at_whole_atoms_and_a_blunt_one_above_them():
    """Atoms a layer away conduct a twelfth of one in contact each: three do not matter, twenty-five do."""
    law, atoms = law_of(), law_of().levels(1)
    beside = {}
    for radius in (0.3, 2.0):
        gaps = [gap for gap in np.linspace(0.1, 0.3, 400) if 0.9 < over_tip(law, *cap(radius, gap)).atoms < 1.1]
        beside[radius] = np.mean([whole(law, *cap(radius, gap)) for gap in gaps]) - atoms
    assert 0 < beside[0.3] < 0.25 and 1 < beside[2.0] < 3


# --- voltage ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metal", METALS)
@pytest.mark.parametrize("gap", [0.1, 0.27, 0.6])
def test_the_slope_is_that_of_the_current(metal, gap):
    law = law_of(metal)
    gaps, weight = cap(0.8, gap)
    tip, step = over_tip(law, gaps, weight), 1e-5
    for voltage in (0.0, 0.05, 0.2, 0.55, 0.9999, 1.0, 1.5):
        slope = tip.differential_conductance_density(voltage, gaps)
        ahead, behind = (tip.current_density(voltage + side * step, gaps) for side in (1, -1))
        assert slope == pytest.approx((ahead - behind) / (2 * step), rel=1e-4)
        assert (slope > 0).all()
        assert (tip.current_density(-voltage, gaps) == -tip.current_density(voltage, gaps)).all()
    assert tip.differential_conductance_density(0.0, gaps) == pytest.approx(tip.conductance_density(gaps), rel=1e-12)


def test_the_slope_has_no_jump_between_the_table_s_biases_nor_at_its_end():
    law = law_of()
    gaps, weight = cap(0.8, 0.4)
    tip = over_tip(law, gaps, weight)
    kinks = []
    for step in (2e-3, 1e-3):
        slopes = tip.differential_conductance_density(np.arange(0.0, 1.2, step), gaps[0])
        kinks.append(np.abs(np.diff(slopes)).max() / slopes.max())
    assert kinks[1] < 0.6 * kinks[0] < 0.02


@pytest.mark.parametrize("metal", METALS)
def test_radius_gap_and_bias_are_those_of_the_table(metal):
    law = law_of(metal)
    lookup = law.decay.lookup
    for bias in law.decay.biases[1:]:
        contact = float(lookup(lookup.atom_radius * np.sqrt(3), 0.0, bias).transmission)
        assert whole(law, *flat(law, 3, 0), bias) == pytest.approx(contact, rel=1e-9)
        for gap in (0.15, 0.3, 0.6):
            assert whole(law, *cap(1.0, gap), bias) == pytest.approx(summed(law, *cap(1.0, gap), bias), rel=1e-9)
    wide = cap(1.0, 0.6)
    assert whole(law, *wide, law.largest_bias) > 1.02 * whole(law, *wide)
    assert whole(law, *wide, 1.6) == pytest.approx(whole(law, *wide, law.largest_bias), rel=1e-12)


# --- counted atoms, drawn arrangements -------------------------------------------------------------------------


def test_atoms_that_are_counted_are_those_in_contact():
    law = law_of()
    gaps, weight = cap(0.8, 0.2)
    free, counted = law.over(gaps, weight), law.counted(gaps, weight, 5)
    assert counted.atoms == 5 and counted.contact_conductance == pytest.approx(CONDUCTANCE_QUANTUM * law.levels(5))
    more = (counted.conductance_density(gaps) - free.conductance_density(gaps)) @ weight * 1e-18
    assert more == pytest.approx(counted.contact_conductance - free.contact_conductance, rel=1e-9)


def test_every_cycle_has_an_arrangement_of_its_own():
    law = law_of("Ag", "tunnelling.seed=3")
    gap, weight = flat(law, 1, 0)
    first, again, second = (law.in_cycle(cycle).over(gap, weight).contact_conductance for cycle in (1, 1, 2))
    assert first == again != second
