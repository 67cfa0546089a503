"""The gap that closes atom by atom: bridging, levels of the contact, the laws with contact; terraces: its own file."""

import numpy as np
import pytest

from ecmsim.commands.cli import main
from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ConfigError
from ecmsim.physics.bridging import ROUNDING, Bridging
from ecmsim.physics.contact_levels import Levels
from ecmsim.physics.model import DeviceModel, tunnelling_law
from ecmsim.physics.tunnelling import Simmons, over_tip
from ecmsim.quantum.lookup import Lookup
from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap

METALS = ("Ag", "Cu")
CONFIG = "configs/quick.toml"


def law_of(name, metal="Cu", *more):
    table = [] if name == "simmons" else [f"tunnelling.table={metal}"]
    return tunnelling_law(load_config(CONFIG, [f"tunnelling.law={name}", *table, *more]))


def spherical_tip(radius, gap, count=300):
    """Gaps and areas of columns over a sphere's cap."""
    edges = radius * np.linspace(0, 1, count + 1)
    middle = 0.5 * (edges[1:] + edges[:-1])
    return gap + radius - np.sqrt(radius**2 - middle**2), np.pi * np.diff(edges**2)


def flat_tip(radius, gap):
    return np.array([gap]), np.array([np.pi * radius**2])


def conductance(law, gap, weight):
    """G of a tip, S."""
    return float((over_tip(law, gap, weight).conductance_density(gap) * weight).sum()) * 1e-18


# --- atoms ----------------------------------------------------------------------------------------------------


@pytest.fixture
def bridging():
    return Bridging(layer=0.24, area=0.075, contact_gap=0.05)


def test_no_atom_bridges_before_the_last_layer_and_all_do_at_contact(bridging):
    assert bridging.onset == pytest.approx(0.24 + 0.05 + ROUNDING, rel=1e-12)
    assert bridging.share(np.array([bridging.onset, 0.4, 5.0, np.inf])) == pytest.approx(0, abs=0)
    assert bridging.share(np.array([0.05, 0.04, 0.0])) == pytest.approx(1, abs=1e-12)
    gap = np.linspace(0, 0.4, 500)
    assert (np.diff(bridging.share(gap)) <= 1e-15).all()
    assert bridging.open_share(gap) == pytest.approx(1 - bridging.share(gap))


def test_atoms_are_the_volume_of_metal_in_the_last_layer(bridging):
    """Away from the rounded ends the metal of a volume is that of whole atoms, area times layer each."""
    area = np.array([0.15, 3.0])
    before, after = (bridging.atoms(np.array([gap, gap]), area) for gap in (0.23, 0.19))
    assert after - before == pytest.approx(0.04 * area.sum() / (bridging.layer * bridging.area), rel=1e-12)
    assert bridging.atoms(np.array([0.0]), np.array([0.15])) == pytest.approx(2, rel=1e-12)


def test_unbridged_places_see_the_gap_of_the_empty_layer(bridging):
    wide = np.array([bridging.onset, 0.5])
    assert bridging.vacancy(wide) == pytest.approx(wide, abs=0)
    narrow = np.array([bridging.onset - ROUNDING, 0.1, 0.0])
    assert bridging.vacancy(narrow) == pytest.approx(bridging.onset - ROUNDING / 2, abs=1e-12)


@pytest.mark.parametrize("function", ["share", "vacancy"])
def test_bridging_is_continuously_differentiable(bridging, function):
    steps = [1e-4, 5e-5]
    jumps = [np.abs(np.diff(getattr(bridging, function)(np.arange(0, 0.4, step)), n=2)).max() / step for step in steps]
    assert jumps[1] < 0.6 * jumps[0]  # a kink would not get smaller with the step


# --- levels ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metal", METALS)
def test_levels_are_those_of_the_lookup(metal):
    stepped, levels = Lookup(metal), Levels(Lookup(metal, step=None))
    for atoms in (1.0, 1.2, 1.5, 1.6, 2.0, 2.4, 3.5, 7.3, 40.6):
        wanted = stepped(stepped.atom_radius * np.sqrt(atoms), 0.0).transmission
        assert levels(atoms) == pytest.approx(float(wanted), rel=1e-12)


def test_the_first_atom_comes_at_once():
    levels = Levels(Lookup("Ag", step=None))
    assert levels(0.0) == levels(0.25) == 0
    assert levels(0.5) == pytest.approx(0.5 * levels(1.0))
    assert levels(0.75) == levels(1.0) == levels(1.25)
    assert 0.8 < levels(1.0) < 1.4


def test_without_plateaus_less_than_an_atom_conducts_in_proportion():
    levels = Levels(Lookup("Ag", step=None), plateaus=False)
    assert levels(0.0) == 0
    assert levels(1e-9) == pytest.approx(1e-9 * levels(1.0), rel=1e-6)
    assert levels(0.02) == pytest.approx(0.02 * levels(1.0), rel=0.05)
    assert levels(1.5) < levels(1.6) < levels(1.7)


def test_arrangements_are_drawn_from_the_shapes_of_the_table():
    lookup = Lookup("Ag", step=None)
    found = lookup(lookup.atom_radius, 0.0)
    drawn = np.array([Levels(lookup, seed=seed).of(1) for seed in range(300)]) * CONDUCTANCE_QUANTUM
    assert (drawn >= found.low).all() and (drawn <= found.high).all()
    assert drawn.std() > 0.2 * (found.high - found.low)
    assert Levels(lookup, seed=5).of(3) == Levels(lookup, seed=5).of(3) != Levels(lookup, seed=6).of(3)
    # One arrangement has the same place between the extremes at every size.
    places = []
    for atoms in (1, 2, 7):
        found = lookup(lookup.atom_radius * np.sqrt(atoms), 0.0)
        low, high = found.low / CONDUCTANCE_QUANTUM, found.high / CONDUCTANCE_QUANTUM
        places.append((Levels(lookup, seed=5).of(atoms) - low) / (high - low))
    assert places == pytest.approx([places[0]] * 3)


def test_many_atoms_fluctuate_less():
    """Atoms that fluctuate by themselves: the relative deviation falls with the root of their number."""
    lookup = Lookup("Ag", step=None)
    deviation = {}
    for atoms in (1, 4, 100):
        still = np.array([Levels(lookup, seed=seed).of(atoms) for seed in range(300)])
        moved = np.array([Levels(lookup, seed=seed, fluctuation=0.07).of(atoms) for seed in range(300)])
        deviation[atoms] = (moved / still).std()
    assert deviation[1] == pytest.approx(0.07, rel=0.15)
    assert deviation[4] / deviation[1] == pytest.approx(1 / 2, rel=0.2)
    assert deviation[100] / deviation[1] == pytest.approx(1 / 10, rel=0.2)


def test_arrangements_are_drawn_around_their_shape():
    lookup = Lookup("Ag", step=None)
    drawn = np.array([Levels(lookup, seed=seed).of(1) for seed in range(300)])
    wider = np.array([Levels(lookup, seed=seed, fluctuation=0.2).of(1) for seed in range(300)])
    assert wider.std() > 1.3 * drawn.std()


# --- the laws --------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize(
    ("metal", "name", "plateaus", "tip"),
    [  # each pair of values of two of these stands in one of them
        (METALS[0], "blend", "true", spherical_tip),
        (METALS[0], "landauer", "false", flat_tip),
        (METALS[1], "blend", "false", spherical_tip),
        (METALS[1], "landauer", "true", spherical_tip),
        (METALS[1], "blend", "true", flat_tip),
        (METALS[0], "landauer", "false", spherical_tip),
        (METALS[0], "terraces", "true", spherical_tip),
        (METALS[1], "terraces", "false", flat_tip),
    ],
)
def test_conductance_is_continuously_differentiable_in_gap_and_radius(metal, name, plateaus, tip):
    """No jump and no kink where laws join: the second difference over the step falls with the step."""
    law = law_of(name, metal, f"tunnelling.plateaus={plateaus}")

    def largest_kink(values, step):
        return np.abs(np.diff(values, n=2)).max() / step

    kinks = []
    for step in (4e-4, 2e-4):
        gaps = np.arange(0.04, 0.36, step)
        along = [conductance(law, *tip(0.6, gap)) for gap in gaps]
        kinks.append(largest_kink(along, step))
    assert kinks[1] < 0.7 * kinks[0]
    kinks = []
    for step in (8e-4, 4e-4):
        radii = np.arange(0.15, 0.5, step)
        kinks.append(largest_kink([conductance(law, *tip(radius, 0.15)) for radius in radii], step))
    assert kinks[1] < 0.7 * kinks[0]


@pytest.mark.parametrize("name", ["terraces", "blend", "landauer"])
def test_conductance_rises_as_the_gap_closes(name):
    law = law_of(name)
    values = [conductance(law, *spherical_tip(1.5, gap)) for gap in np.linspace(1.0, 0.05, 400)]
    # On a plateau the places that are taken no longer tunnel: by that much it may fall.
    assert (np.diff(values) > -1e-3 * np.array(values[1:])).all()
    assert values[-1] > 5 * CONDUCTANCE_QUANTUM


def test_far_from_contact_blend_is_simmons_to_the_bit():
    law = law_of("blend")
    gap, weight = spherical_tip(1.5, 0.3)
    assert isinstance(law.beyond, Simmons) and law.bridging.onset < 0.3
    tip = over_tip(law, gap, weight)
    assert tip.atoms == 0
    assert (tip.conductance_density(gap) == law.beyond.conductance_density(gap)).all()
    assert law.decay_constant() == law.beyond.decay_constant()


def test_a_contact_conducts_what_its_atoms_do():
    """A flat tip in contact: N atoms, G = G0 S(N), and nothing tunnels."""
    law = law_of("blend", "Ag")
    for atoms in (1, 3, 10):
        gap, weight = np.array([0.05]), np.array([atoms * law.bridging.area])
        assert over_tip(law, gap, weight).atoms == pytest.approx(atoms)
        assert conductance(law, gap, weight) == pytest.approx(CONDUCTANCE_QUANTUM * law.levels(atoms), rel=1e-12)


def test_a_current_is_linear_in_the_voltage_and_has_its_slope():
    law = law_of("landauer", "Ag")
    gap, weight = spherical_tip(1.0, 0.15)
    tip = over_tip(law, gap, weight)
    current = tip.current_density(0.3, gap)
    assert current == pytest.approx(0.3 * tip.conductance_density(gap))
    assert tip.differential_conductance_density(0.3, gap) == pytest.approx(current / 0.3)


def test_landauer_tunnels_as_the_table_s_tips():
    law, lookup = law_of("landauer", "Ag"), Lookup("Ag", step=None, decay=law_of("simmons").decay_constant())
    wanted = lookup(lookup.atom_radius, 0.3).conductance / lookup.area_per_atom * 1e18
    assert law.beyond.conductance_density(0.3) == pytest.approx(wanted)
    assert law.decay_constant() == pytest.approx(law_of("simmons").decay_constant())


def test_laws_that_are_local_hold_for_every_tip():
    law = Simmons(4.2, 0.9)
    assert over_tip(law, np.ones(3), np.ones(3)) is law


# --- configuration ---------------------------------------------------------------------------------------------


def test_the_table_is_the_active_electrode_s():
    config = load_config(CONFIG, ["tunnelling.law=blend"])
    assert DeviceModel.from_config(config).tunnelling.levels.lookup.table.metal == "Cu"
    assert DeviceModel.from_config(load_config(CONFIG)).bridging is None


def test_a_metal_without_a_table_is_told():
    with pytest.raises(ConfigError, match=r'tunnelling.table = "Pt".*those of Ag, Au, Cu.*"simmons" none'):
        law_of("blend", "Pt")


def test_validate_tells_it_too(capsys, monkeypatch):
    monkeypatch.setattr(
        "sys.argv", ["ecmsim", "validate", CONFIG, "--set", "tunnelling.law=blend", "--set", "tunnelling.table=Zz"]
    )
    with pytest.raises(SystemExit) as ended:
        main()
    assert ended.value.code == 2 and 'tunnelling.table = "Zz"' in capsys.readouterr().err


def test_a_contact_gap_beyond_an_atomic_layer_is_told():
    with pytest.raises(
        ConfigError, match=r"tunnelling.contact_gap = 0.25 nm: must be less than a layer of atoms of Cu"
    ):
        law_of("blend", "Cu", "tunnelling.contact_gap=0.25 nm")


# --- geometry --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("definition", ["vertical", "shortest"])
def test_both_surfaces_see_the_same_gap(definition):
    filament = Filament(np.array([[0.0, 9.0], [1.0, 9.0], [2.0, 5.0], [2.0, 0.0]]))
    plate = np.array([[0.0, 10.0], [1.0, 10.0], [2.0, 10.0], [20.0, 10.0]])
    gap = Gap(filament, plate)
    lower, upper = gap.from_filament(definition), gap.from_electrode(definition)
    assert lower == pytest.approx([1, 1, 5, 10])
    assert upper[:2] == pytest.approx([1, 1])
    assert upper[3] > 10
    assert gap.columns(definition).gap.min() == pytest.approx(1)
