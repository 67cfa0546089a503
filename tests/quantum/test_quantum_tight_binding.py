"""Contacts of fcc metals in one s orbital per atom: geometry, bands, and the transmissions known for them."""

import numpy as np
import pytest

from ecmsim.errors import TransportError
from ecmsim.quantum import bloch, geometry, tight_binding
from ecmsim.quantum.geometry import LATTICE_CONSTANTS, Fcc, neck, straight_chain, tips
from ecmsim.quantum.tight_binding import Exponential, Harrison

CU = LATTICE_CONSTANTS["Cu"]
D = CU / np.sqrt(2)
LAW = Harrison(D)


@pytest.fixture(scope="module")
def half_filling():
    return tight_binding.fermi_level(LAW, CU)


def transmission(contact, energy, grid=1, law=LAW):
    return float(tight_binding.transmission(contact, law, energy, *bloch.k_points(grid, grid)))


def coordination(contact):
    """Neighbours of every device atom within the device, lateral images included."""
    distance = Harrison(D)
    return np.round(tight_binding.hopping_matrix(distance, *[contact.positions] * 2, contact.cell) / distance(D)).sum(1)


# --- geometry ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("face", ["111", "100"])
def test_layers_stack_into_an_fcc_crystal(face):
    """Twelve neighbours at d inside, three (four) fewer at a free (111) ((100)) face, volume a^3/4 per atom."""
    crystal = Fcc(CU, face)
    solid = neck(crystal, (), ends=3)
    assert len(solid.positions) == 6 * 9
    layers = coordination(solid).reshape(6, 9)
    assert (layers[1:-1] == 12).all() and (layers[[0, -1]] == (9 if face == "111" else 8)).all()
    assert crystal.area_per_atom * crystal.step[2] == pytest.approx(CU**3 / 4)
    assert crystal.neighbour_distance == pytest.approx(D)


@pytest.mark.parametrize(
    ("face", "size", "counts"),
    [("111", 3, (3, 1, 3)), ("111", 3, (3, 3)), ("111", 4, (7,)), ("111", 5, (12, 7, 12)), ("100", 5, (9, 4, 9, 4, 9))],
)
def test_necks_have_the_layers_asked_for(face, size, counts):
    crystal = Fcc(CU, face, size)
    contact = neck(crystal, counts)
    heights, found = np.unique(np.round(contact.positions[:, 2], 6), return_counts=True)
    assert list(found) == [size**2, *counts, size**2]
    assert np.diff(heights) == pytest.approx(crystal.step[2])
    # Every layer lies around the same axis, in the middle of the lead's cell.
    centres = [contact.positions[np.round(contact.positions[:, 2], 6) == h, :2].mean(axis=0) for h in heights[1:-1]]
    assert np.ptp(centres, axis=0) == pytest.approx([0, 0], abs=1e-9)
    for lead, edge in ((contact.left, heights[0]), (contact.right, heights[-1])):
        assert lead.positions[:, 2] == pytest.approx(edge + lead.repeat[2])
    # No atom is closer to another one than neighbours are, also across the cell's sides.
    between = contact.positions[:, None] - contact.positions[None] + (contact.cell[0] * [[[1]]])
    assert np.linalg.norm(between, axis=-1).min() > D - 1e-9


def test_a_layer_that_would_cut_a_shell_is_refused():
    with pytest.raises(TransportError, match=r"layers of \(3, 9, 3\) atoms cannot lie.*1, 7, 13, 19"):
        neck(Fcc(CU), (3, 9, 3))
    with pytest.raises(TransportError, match="12 atoms of a layer overlap their images.*2 x 2 atoms"):
        neck(Fcc(CU, "111", 2), (12,))
    with pytest.raises(TransportError, match="no crystal face '110'"):
        Fcc(CU, "110")


def test_tips_are_images_of_each_other():
    contact = tips(Fcc(CU), (3, 1), 2.8)
    middle = (contact.positions[9 + 3] + contact.positions[9 + 4]) / 2
    assert contact.positions[9 + 4] - contact.positions[9 + 3] == pytest.approx([0, 0, 2.8])
    neck_atoms = contact.positions[9:-9]
    assert neck_atoms + neck_atoms[::-1] == pytest.approx(np.tile(2 * middle, (8, 1)))
    assert sorted(coordination(contact)[[9, 12, 13, 16]]) == [4, 4, 6, 6]
    longer = tips(Fcc(CU), (3, 1), 2.8, chain=2)
    assert len(longer.positions) == len(contact.positions) + 2
    assert np.ptp(longer.positions[:, 2]) == pytest.approx(np.ptp(contact.positions[:, 2]) + 5.6)


@pytest.mark.parametrize(
    ("face", "thickness", "build"),
    [
        ("111", 3, lambda crystal, **how: neck(crystal, (3, 1, 3), **how)),
        ("111", 3, lambda crystal, **how: neck(crystal, (3,), **how)),
        ("111", 2, lambda crystal, **how: tips(crystal, (3, 1), 3.0, **how)),
        ("111", 3, lambda crystal, **how: tips(crystal, (3, 1), 3.0, chain=1, **how)),
        ("100", 2, lambda crystal, **how: neck(crystal, (4, 1, 4), **how)),
    ],
)
def test_thick_principal_layers(face, thickness, build, half_filling):
    """They are translations of each other atom by atom, continue the crystal, and change no transmission."""
    crystal = Fcc(CU, face)
    thick, thin = build(crystal, thickness=thickness), build(crystal, ends=thickness)
    size = thickness * crystal.size**2
    first, last = thick.positions[:size], thick.positions[-size:]
    for layer in (last, thick.left.positions, thick.right.positions):
        assert np.ptp(layer - first, axis=0) == pytest.approx([0, 0, 0], abs=1e-9)
    if thickness != 2 or face == "100":
        assert thick.right.repeat == pytest.approx([0, 0, thickness * crystal.step[2]])
    # The periodic cell, as electronic structure codes need it: the last layer neighbours the first one's image.
    joint = tight_binding.hopping_matrix(LAW, last, first + thick.period, thick.cell)
    assert joint == pytest.approx(tight_binding.hopping_matrix(LAW, first, first + thick.right.repeat, thick.cell))
    assert (coordination(thick)[crystal.size**2 : size - crystal.size**2] == 12).all()
    energies = half_filling + np.array([-1.0, 0.0, 0.7])
    assert tight_binding.transmission(thick, LAW, energies) == pytest.approx(
        tight_binding.transmission(thin, LAW, energies), abs=2e-5
    )


# --- bands ---------------------------------------------------------------------------------------------------


def test_hopping_laws():
    """Harrison: hbar^2/m = 7.62 eV A^2; both have the neighbours' value at d and reach no second shell."""
    assert LAW(D) == pytest.approx(-1.32 * 7.62 / D**2, rel=1e-3)
    assert LAW(2 * D) == pytest.approx(LAW(D) / 4)
    exponential = Exponential(D)
    assert exponential(D) == -1.8 and exponential(2 * D) == pytest.approx(-1.8 / np.e)
    assert D < LAW.cutoff < np.sqrt(2) * D


def test_the_bulk_band_is_that_of_fcc():
    """12 t at the bottom, -4 t at the top, and 0.9175 |t| above the level at half filling (120^3 k-points)."""
    lead = tight_binding.junction(neck(Fcc(CU, "100", 2), ()), LAW).left.lead
    bands = lead.bands(np.linspace(-np.pi, np.pi, 41)) / LAW(D)
    assert bands.max() == pytest.approx(12, abs=1e-9) and bands.min() >= -4 - 1e-9
    assert tight_binding.fermi_level(LAW, CU) / LAW(D) == pytest.approx(-0.9175, abs=2e-3)
    assert tight_binding.fermi_level(LAW, CU, filling=1.0) / LAW(D) == pytest.approx(-4, abs=0.02)
    assert tight_binding.fermi_level(LAW, CU, filling=0.0) / LAW(D) == pytest.approx(12, abs=0.1)


def test_lateral_cells_and_k_points_are_equivalent(half_filling):
    """A 3 x 3 cell at k = 0 is one atom a layer at nine k-points."""
    one, nine = (neck(Fcc(CU, "111", size), ()) for size in (1, 3))
    energies = half_filling + np.array([-3.0, 0.0, 1.5])
    folded = tight_binding.transmission(one, LAW, energies, *bloch.k_points(3, 3))
    whole = tight_binding.transmission(nine, LAW, energies)
    assert whole == pytest.approx(9 * folded, abs=1e-3)
    assert whole == pytest.approx(np.round(whole), abs=1e-3) and whole.min() > 0


def test_a_lead_of_several_layers_in_one_is_the_same():
    contact = neck(Fcc(CU, "100", 2), (1,))
    thick = geometry.AtomicContact(
        contact.positions,
        *(
            geometry.LeadAtoms(np.vstack([lead.positions, lead.positions + lead.repeat]), 2 * lead.repeat)
            for lead in (contact.left, contact.right)
        ),
        contact.cell,
    )
    energies = np.array([-2.0, 0.4, 1.0])
    assert tight_binding.transmission(thick, LAW, energies) == pytest.approx(
        tight_binding.transmission(contact, LAW, energies), abs=1e-5
    )


# --- contacts ------------------------------------------------------------------------------------------------


def test_an_ideal_chain_conducts_one_quantum():
    """Density-functional theory gives 0.9999 for Ag."""
    assert transmission(straight_chain(3, D), 0.3) == pytest.approx(1, abs=1e-4)


def test_one_channel_between_tips(half_filling):
    """Atom against atom: one channel, nearly open in contact (0.84-1.0 in density-functional theory)."""
    contact = tips(Fcc(CU, "111", 3), (3, 1), D)
    channels = tight_binding.junction(contact, LAW).eigenchannels(half_filling)
    assert channels[1] < 1e-3
    assert transmission(contact, half_filling, grid=2) == pytest.approx(0.9, abs=0.1)


@pytest.mark.parametrize(
    ("counts", "size", "grid", "dft", "channels"), [((3,), 4, 2, 3.31, 3), ((7,), 5, 3, 7.3, 7), ((7,), 5, 3, 5.86, 7)]
)
def test_straight_necks_of_one_layer_are_near_density_functional_theory(
    counts, size, grid, dft, channels, half_filling
):
    """Within 15 %: 3.31 for three atoms between (111) leads; 5.86 to 7.30 for seven, by length and k-points."""
    contact = neck(Fcc(CU, "111", size), counts)
    assert transmission(contact, half_filling, grid) == pytest.approx(dft, rel=0.15)
    # One orbital an atom cannot carry more channels than the neck has atoms.
    assert (tight_binding.junction(contact, LAW).eigenchannels(half_filling)[channels:] < 1e-9).all()


@pytest.mark.parametrize("law", [LAW, Exponential(D)], ids=["harrison", "kharlanov"])
def test_the_rod_of_kharlanov(law):
    """9-4-9-4-9 Cu atoms between (100) electrodes: very close to 3 G0 in his Fig. 2, 2.98 at half filling."""
    level = tight_binding.fermi_level(law, CU)
    wide, wider = (transmission(neck(Fcc(CU, "100", n), (9, 4, 9, 4, 9)), level, law=law) for n in (5, 6))
    assert wide == pytest.approx(2.98, abs=0.01)
    assert wider == pytest.approx(wide, abs=0.02)


def test_half_filling_does_not_depend_on_the_scale_of_the_hopping():
    contact = neck(Fcc(CU, "111", 3), (3, 1, 3))
    weak, strong = Exponential(D, hopping=-0.66), Exponential(D, hopping=-1.8)
    levels = [tight_binding.fermi_level(law, CU) for law in (weak, strong)]
    both = [transmission(contact, level, law=law) for law, level in zip((weak, strong), levels, strict=True)]
    assert both[0] == pytest.approx(both[1], abs=1e-4)


def test_contacts_the_model_cannot_take_are_refused():
    contact = neck(Fcc(CU), (3,))
    with pytest.raises(TransportError, match=r"left lead: the device couples to its second layer.*more of the lead"):
        tight_binding.junction(contact, Harrison(2.5 * D))
    with pytest.raises(TransportError, match="no atom of the device is within"):
        tight_binding.junction(
            geometry.AtomicContact(
                contact.positions,
                geometry.LeadAtoms(contact.left.positions - [0, 0, 9.0], contact.left.repeat),
                contact.right,
            ),
            LAW,
        )
