"""The comparison with plane waves: cells and inputs for Quantum ESPRESSO, what it prints, restarts, and the results."""

import csv
import os
from dataclasses import replace

import numpy as np
import pytest

from ecmsim.errors import TransportError, TransportFailure
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.build import pwcond
from ecmsim.quantum.build.espresso import finished, level, transmission, version, waves_to_the_right
from ecmsim.quantum.build.methods import METHODS
from ecmsim.quantum.build.plan import load_plan, plan_file
from ecmsim.quantum.build.planewaves import (
    LEVELS,
    PlaneWaves,
    lead_input,
    pw_input,
    pwcond_input,
    straight_cell,
    unfolded,
)
from ecmsim.quantum.build.records import fingerprint
from ecmsim.quantum.build.structure import structure
from ecmsim.quantum.table import TABLES


def point(name):
    return load_plan(plan_file("Ag")).chosen([name]).points[0]


# --- cells ---------------------------------------------------------------------------------------------------


def same_places(a, b, vectors):
    """Whether atoms a (n, 3) lie on atoms b (m, 3) or on their images, one on each."""
    steps = (a[:, None] - b) @ np.linalg.inv(vectors)
    return bool((np.abs(steps - np.round(steps)).max(axis=-1) < 1e-6).any(axis=1).all())


@pytest.mark.parametrize("spare", [1, 2])
@pytest.mark.parametrize("name", ["chain", "planes-4.8", "tips-4.0", "neck-3-1-3"])
def test_the_cell_is_straight_and_repeats(name, spare):
    """The lead is a period of the crystal below and above its ends, and the contact is the pipeline's."""
    contact, cell = point(name), straight_cell(point(name), spare)
    atoms, height = cell.positions, cell.vectors[2, 2]
    assert np.allclose(cell.vectors[2, :2], 0) and np.allclose(cell.vectors[:2, 2], 0)
    assert atoms[:, 2].min() == 0 and atoms[:, 2].max() < height
    up = np.array([0.0, 0.0, cell.lead])
    lead = atoms[atoms[:, 2] < cell.lead - 1e-6]
    assert len(lead) == structure(contact).principal
    edge = np.unique(np.round(lead[:, 2], 6))[1] * 1.5  # half way to the third layer: what lies next to the lead
    assert same_places(atoms[atoms[:, 2] < edge] + up, atoms, cell.vectors)
    below = atoms[atoms[:, 2] > height - edge]
    assert len(below) and same_places(below + up, atoms, cell.vectors)
    shortest = min(
        np.linalg.norm(atoms[:, None] - atoms + shift @ cell.vectors, axis=-1)[~np.eye(len(atoms), dtype=bool)].min()
        for shift in np.stack(np.meshgrid(*[[-1, 0, 1]] * 3), axis=-1).reshape(-1, 3)
    )
    between = min(contact.spacing or 99, contact.separation or 99, contact.settings.lattice_constant / np.sqrt(2))
    assert shortest == pytest.approx(between)
    levels = np.unique(np.round(atoms[:, 2], 4))
    if contact.separation:
        assert np.diff(levels).max() == pytest.approx(contact.separation, abs=1e-3)


def test_the_lead_lies_in_the_middle_of_the_metal():
    """Layers between the faces of a gap and the ends of the lead: the same on either side, or one more below."""
    for spare in (0, 1, 2, 3):
        cell = straight_cell(point("planes-4.8"), spare)
        levels = np.sort(np.unique(np.round(cell.positions[:, 2], 4)))
        gap = np.argmax(np.diff(levels))
        above_lead = gap - np.searchsorted(levels, cell.lead - 1e-3)
        below_lead = len(levels) - gap - 1
        assert below_lead - above_lead in (0, -1, 1) and below_lead + above_lead + 4 == len(levels)


def test_a_crystal_that_does_not_repeat_is_refused():
    tilted = point("planes-4.8")
    with pytest.raises(TransportError, match="point planes-4.8: the crystal does not repeat straight up"):
        straight_cell(replace(tilted, settings=replace(tilted.settings, thickness=2)), 0)


# --- inputs --------------------------------------------------------------------------------------------------


def test_inputs_say_what_the_point_says():
    tips, waves = point("tips-4.0"), PlaneWaves(k_along=3)
    cell = straight_cell(tips, waves.spare)
    text = pw_input(tips, waves, cell)
    rows = [line.split() for line in text.splitlines()]
    atoms = np.array([[float(x) for x in row[1:]] for row in rows if row[0] == "Ag" and len(row) == 4])
    side = 2 * 4.16 / np.sqrt(2)
    assert f"nat = {len(atoms)}," in text and f"A = {side:.10f}" in text
    assert atoms[:, 2] * side == pytest.approx(cell.positions[:, 2], abs=1e-6)
    assert rows[-1] == ["2", "2", "3", "1", "1", "0"]  # even grids lie half a step from the origin
    text = pwcond_input(tips, waves, cell)
    k, weights = k_points(2, 2)
    given = np.loadtxt(text.split("/\n")[1].splitlines()[1 : 1 + len(k)])
    assert given == pytest.approx(np.column_stack([k, weights]))
    assert f"bdl = {cell.lead / side:.10f}" in text and "prefixt = 'device'" in text


# --- what the programs print -------------------------------------------------------------------------------------

PRINTED = """
     Program PWCOND v.6.7 starts on some day
---  E-Ef =    0.0000000  k =   -0.2500000  -0.2500000
 Nchannels of the left tip =            2
   Total T_j, R_j =    0.30000  0.70000
   Total T_j, R_j =    0.10000  0.90002
E-Ef(ev), T(x2 spins) =    0.0000000   0.8000000
---  E-Ef =    0.0000000  k =   -0.2500000   0.2500000
 Nchannels of the left tip =            0
     PWCOND       :     28.86s CPU   1m59.60s WALL
"""


def test_transmissions_are_read():
    """Half of what is printed for both spins, nothing where the lead has no channel."""
    T, unitarity = transmission(point("tips-4.0"), PRINTED)
    assert T == pytest.approx(0.2) and unitarity == pytest.approx(2e-5)
    assert version(PRINTED) == "6.7"


def printed_waves(k, energies, numbers):
    """Text like pwcond.x's of waves in a lead; numbers (k, energies): lists of wave numbers."""
    head, text = "   k1(2pi/a)   k2(2pi/a)   E-Ef (eV)\n", ""
    for at, row in zip(k, numbers, strict=True):
        for energy, waves in zip(energies, row, strict=True):
            text += f"---  E-Ef = {energy:12.7f}  k = {at[0]:12.7f}{at[1]:12.7f}\n"
            text += f" Nchannels of the left tip = {len(waves):12d}\n"
            for way, sign in (("Right", 1), ("Left", -1)) if waves else ():
                lines = [f"{sign * wave:12.7f}  -0.0000000{energy:12.7f}\n" for wave in waves]
                text += f" {way} moving states:\n{head}{''.join(lines)}"
    return text + "     PWCOND       :     28.86s CPU   1m59.60s WALL\n"


@pytest.mark.parametrize("shift", [-0.07, 0.0, 0.13])
def test_the_fermi_level_is_found_from_waves_in_the_lead(shift):
    """Bands of one atom across, folded into a cell of two: the device's waves are the crystal's at another energy."""
    tips = point("tips-4.0")
    k, _ = k_points(2, 2)
    fine = unfolded(tips)
    assert fine.shape == (2, 4, 2)
    assert (2 * fine - k[:, None]) % 1 == pytest.approx(0)

    def band(energy, at):
        """None for points without a state at E_F, else between -1/2 and 1/2, round the edge of the zone."""
        number = 0.35 + 0.9 * at[0] - 0.5 * at[1] + energy * (0.3 + at[0] ** 2)
        return [] if at[0] > 0.3 else [(number + 0.5) % 1 - 0.5]

    crystal = [[band(energy, at) for energy in LEVELS] for at in fine.reshape(-1, 2)]
    text = printed_waves(fine.reshape(-1, 2), LEVELS, crystal)
    device = [[sum((band(shift, at) for at in four), [])] for four in fine]
    assert all(len(waves[0]) == 2 for waves in device)
    found, spread = level(tips, printed_waves(k, [0.0], device), text)
    assert found == pytest.approx(shift, abs=1e-4) and spread < 1e-4
    assert waves_to_the_right(text)[0] == pytest.approx(band(LEVELS[0], fine[0, 0]), abs=1e-7)
    with pytest.raises(TransportFailure, match="did not print all waves of the crystal"):
        level(tips, printed_waves(k, [0.0], device), text[: len(text) // 2])
    with pytest.raises(
        TransportFailure, match="point tips-4.0: no wave of its lead is one of the crystal within 0.4 eV"
    ):
        level(tips, printed_waves(k, [0.0], [[[]], [[]]]), text)


def test_the_lead_alone_is_a_layer_of_one_atom_across():
    tips = point("tips-4.0")
    density, waves = lead_input(tips, PlaneWaves())
    assert "nat = 3," in density and f"A = {4.16 / np.sqrt(2):.10f}" in density
    assert density.endswith(" 8 8 3 1 1 0\n")
    given = np.loadtxt(waves.split("/\n")[1].splitlines()[1:-1])
    assert given[:, :2] == pytest.approx(unfolded(tips).reshape(-1, 2)) and waves.endswith(f" {len(LEVELS)}\n")


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("PWCOND       :", "Error"), "printed 2 of 2 k-points"),
        (("-0.2500000   0.2500000", " 0.2500000   0.2500000"), "k-point 0.2500000 0.2500000 instead of"),
        (("tip =            0", "tip =            1"), "no transmission at the k-point -0.2500000 0.2500000"),
        ((PRINTED[PRINTED.rindex("---") : PRINTED.rindex("PWCOND")], ""), "printed 1 of 2 k-points"),
    ],
)
def test_outputs_that_are_not_whole_are_refused(change, message):
    with pytest.raises(TransportFailure, match=message):
        transmission(point("tips-4.0"), PRINTED.replace(*change))


def test_ends_are_recognized():
    assert finished("   JOB DONE.") and finished("--- End of pseudopotential test ---") and finished(PRINTED)
    assert not finished("     Error in routine electrons (1):")


# --- running -------------------------------------------------------------------------------------------------


@pytest.fixture
def program(tmp_path, monkeypatch):
    """Puts a program on PATH that counts its calls and prints the text given."""

    def put(name, text, folder=tmp_path / "bin"):
        folder.mkdir(exist_ok=True)
        (folder / f"{name}.text").write_text(text)
        (folder / name).write_text(f'#!/bin/sh\necho call >> "{folder}/calls"\ncat "{folder}/{name}.text"\n')
        (folder / name).chmod(0o755)
        monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")
        return folder / "calls"

    return put


def test_what_has_finished_is_not_computed_again(program, tmp_path):
    calls = program("pw.x", "JOB DONE.\n")
    assert pwcond.run("pw.x", "first", tmp_path) == pwcond.run("pw.x", "first", tmp_path) == "JOB DONE.\n"
    assert calls.read_text().count("call") == 1
    pwcond.run("pw.x", "second", tmp_path)
    assert calls.read_text().count("call") == 2
    program("pwcond.x", "PWCOND : 1s WALL\n")
    pwcond.run("pwcond.x", "waves", tmp_path)
    pwcond.run("pw.x", "third", tmp_path)
    assert not (tmp_path / "pwcond.out").exists(), "it was made from another density"
    (tmp_path / "pw.out").write_text("killed in the middle")
    assert pwcond.run("pw.x", "third", tmp_path) == "JOB DONE.\n"


def test_failures_are_told(program, tmp_path, monkeypatch, capsys):
    program("pw.x", "     Error in routine electrons (1):\n     charge is wrong\n")
    with pytest.raises(TransportFailure, match=r"pw.x did not finish; .*pw.out ends with\n[\s\S]*charge is wrong"):
        pwcond.run("pw.x", "", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path / "nothing"))
    with pytest.raises(TransportError, match=r"pwcond.x is not on PATH[\s\S]*apt-get install.* quantum-espresso"):
        pwcond.run("pwcond.x", "", tmp_path)
    assert pwcond.main(["--point", "chain", "--out", str(tmp_path)]) == 2
    assert "ld1.x is not on PATH" in capsys.readouterr().err
    assert pwcond.main(["--metal", "Cu", "--point", "chain", "--out", str(tmp_path)]) == 2
    assert "no pseudopotential of Cu: there are those of Ag" in capsys.readouterr().err
    plan = tmp_path / "plan.toml"
    plan.write_text(
        'metal = "Ag"\npoints = [{ name = "new", branch = "check", separation = 4.321, size = 1 }]\n'
        "[settings]\nlattice_constant = 4.16\n"
    )
    assert pwcond.main(["--plan", str(plan), "--point", "new", "--out", str(tmp_path)]) == 2
    assert "point new has no record to compare with: ecmsim quantum build --metal Ag" in capsys.readouterr().err


def test_the_lattice_constant_is_where_the_energy_is_least(program, tmp_path, capsys):
    """A parabola of the lattice constant in the input is found again."""
    program("ld1.x", "End of pseudopotential test\n")
    program("pw.x", "")
    (tmp_path / "bin" / "pw.x").write_text(
        "#!/bin/sh\nsed -n 's/.* A = \\([0-9.]*\\),.*/\\1/p' | awk "
        "'{printf \"!    total energy              =  %.9f Ry\\nJOB DONE.\\n\", 0.3 * ($1 - 4.125)^2 - 97}'\n"
    )
    assert pwcond.main(["--lattice", "--out", str(tmp_path)]) == 0
    assert capsys.readouterr().out == "Ag: the energy is least at a = 4.1250 angstrom\n"
    assert pwcond.main(["--out", str(tmp_path)]) == 2
    assert "name the points to compute" in capsys.readouterr().err


def test_orbitals_are_taken_at_the_crystal_s_fermi_level():
    """T(E) of a record where the level of the plane faces' lead is, found with more k-points."""

    class Found:
        def read(self, at, method):
            level = 7.8 if at.form == "planes" else 7.7
            energies = [-0.5, 0.0, 0.5]
            T = [0.1, 0.2, 0.4]
            checks = {"fermi_lead": level if at.name != "neck-3" else 7.0}
            return {"T": 0.2, "energies_eV": energies, "transmission": T, "checks": checks, "hash": "x", "versions": {}}

    plan = load_plan(plan_file("Ag"))
    row = pwcond.orbitals(point("tips-4.0"), plan, Found())
    assert row["T_lcao"] == pytest.approx(0.24) and row["T_lcao_table"] == 0.2
    assert row["level_lcao_eV"] == pytest.approx(-0.1)
    assert pwcond.orbitals(point("chain"), plan, Found())["T_lcao"] == 0.2
    with pytest.raises(TransportError, match="point neck-3: its Fermi level is 0.8 eV off, T.E. ends before that"):
        pwcond.orbitals(point("neck-3"), plan, Found())


def test_rows_replace_those_of_the_same_point(tmp_path):
    path = tmp_path / "t.csv"
    for name, T in (("tips", 0.1), ("chain", 1.0), ("tips", 0.2)):
        pwcond.note(path, {"metal": "Ag", "point": name, "T_pwcond": T})
    assert path.read_text() == "metal,point,T_pwcond\nAg,chain,1.0\nAg,tips,0.2\n"


# --- results -------------------------------------------------------------------------------------------------

ROWS = {row["point"]: row for row in csv.DictReader((TABLES / "pwcond.csv").open(newline=""))}


@pytest.mark.parametrize("name", ROWS)
def test_results_belong_to_the_plan_s_points(name):
    row, at = ROWS[name], point(name)
    assert row["lcao_hash"] == fingerprint(at, METHODS["gpaw"])
    assert int(row["k_lateral"]) == at.settings.k_lateral
    assert int(row["atoms"]) == len(straight_cell(at, int(row["spare"])).positions)
    ratio = float(row["T_pwcond"]) / float(row["T_lcao"])
    assert float(row["relative_difference"]) == pytest.approx(ratio - 1, abs=1e-4)
    assert float(row["unitarity_error"]) < 1e-3


def difference(name):
    return float(ROWS[name]["relative_difference"])


def test_plane_faces_agree_where_a_layer_of_ghosts_is_enough():
    """T of orbitals with one layer of ghosts: within 5 % below 5 angstrom, 40 % up to 6; without ghosts too low."""
    assert abs(difference("planes-4.0-ghost")) < 0.05
    for name in ("planes-4.8", "planes-4.8-two-ghosts"):
        assert abs(difference(name)) < 0.05
    for name in ("planes-5.4", "planes-6.0"):
        assert abs(difference(name)) < 0.4
    assert difference("planes-4.0") > 0.3 and difference("planes-4.8-bare") > 1


def test_beyond_the_plane_waves_decay_and_the_orbitals_end():
    """ln T falls by 1.8 to 2.1 per angstrom: 2 sqrt(2 m W)/hbar is 2.2 for silver's work function of 4.5 eV.

    Orbitals with two layers of ghosts have lost more than half of the transmission at 8 angstrom.
    """
    far, near = (float(ROWS[name]["T_pwcond"]) for name in ("planes-8.0", "planes-6.0"))
    assert 1.8 < np.log(near / far) / 2 < 2.1
    assert difference("planes-8.0") > 1


def test_contacts_of_one_atom_agree():
    """A chain; one atom between faces, within 15 %; tips apart, where orbitals give a third too much."""
    assert float(ROWS["chain"]["T_pwcond"]) == pytest.approx(1, abs=1e-3) and abs(difference("chain")) < 1e-3
    assert abs(difference("neck-1-size-2")) < 0.15
    assert -0.3 < difference("tips-4.0") < -0.2


def test_levels_of_few_k_points_are_off_by_a_tenth_of_an_electronvolt():
    """All waves in a lead tell the same level."""
    for row in ROWS.values():
        assert abs(float(row["level_eV"])) < 0.1 and float(row["level_spread_eV"]) < 0.005
