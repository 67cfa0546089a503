"""Necks whose layers are let go along the axis: places of the atoms, the search, the command."""

from pathlib import Path

import numpy as np
import pytest

from ecmsim.errors import TransportError
from ecmsim.quantum.build import dft, relax
from ecmsim.quantum.build.methods import METHODS
from ecmsim.quantum.build.plan import Point, Settings, load_plan, plan_file
from ecmsim.quantum.build.records import fingerprint
from ecmsim.quantum.build.structure import layers, structure

GPAW, TIGHT = METHODS["gpaw"], METHODS["tight-binding"]
SETTINGS = Settings(lattice_constant=4.16, size=3)


def contact(counts, **more):
    return Point("neck", "check", "Ag", SETTINGS, counts=counts, **more)


def test_layers_are_raised_along_the_axis_alone():
    plain, raised = contact((3, 1, 3)), contact((3, 1, 3), raised=(0.1, 0.0, -0.2))
    at = layers(plain)
    assert [len(atoms) for atoms in at] == [3, 1, 3]
    before, after = structure(plain).contact, structure(raised).contact
    heights = before.positions[:, 2]
    assert all(np.ptp(heights[atoms]) < 1e-9 and np.sum(np.abs(heights - heights[atoms[0]]) < 0.1) == len(atoms)
               for atoms in at)  # fmt: skip
    moved = after.positions - before.positions
    expected = np.zeros_like(moved)
    expected[at[0], 2], expected[at[2], 2] = 0.1, -0.2
    assert moved == pytest.approx(expected, abs=1e-12)
    assert np.array_equal(after.right.positions, before.right.positions) and np.array_equal(after.cell, before.cell)


def test_a_raised_neck_is_another_point_with_another_transmission(tmp_path):
    plain, raised = contact((3, 1, 3)), contact((3, 1, 3), raised=(0.1, 0.0, -0.1))
    assert fingerprint(plain, GPAW) != fingerprint(raised, GPAW)
    assert raised.shape()["raised"] == (0.1, 0.0, -0.1) and "raised" not in plain.shape()
    closer, at_rest = (
        TIGHT.prepare(point, tmp_path).junctions[0].transmission([TIGHT.prepare(point, tmp_path).fermi])
        for point in (raised, plain)
    )
    assert abs(closer - at_rest) > 1e-3


@pytest.mark.parametrize(
    "shape", [{"counts": (3, 3), "raised": (0.1,)}, {"counts": (1,), "separation": 3.0, "raised": (0.1,)}]
)
def test_what_cannot_be_raised_is_refused(shape):
    with pytest.raises(TransportError, match="point neck: raised has 1 entries; give one for each layer of a neck"):
        Point("neck", "check", "Ag", SETTINGS, **shape)


def springs(raised):
    """Two layers between walls: bonds of 3 and 5 eV/A^2, stiffer when pressed; at rest at 0.12 and -0.05."""
    x, y = raised[0] - 0.12, raised[1] + 0.05
    return np.array([-3 * x + 5 * (y - x) + 4 * x**2, -5 * (y - x) - 3 * y - 4 * y**2])


def test_layers_end_where_no_force_is_left():
    said = []
    raised, pull = relax.relax(springs, [0.0, 0.0], force=1e-4, steps=20, say=said.append)
    assert raised == pytest.approx([0.12, -0.05], abs=1e-4) and np.abs(pull).max() <= 1e-4
    assert pull == pytest.approx(springs(raised)) and len(said) < 12
    assert said[0].startswith("layers raised by +0.000, +0.000 angstrom: forces +")


def test_steps_are_counted_and_none_is_made_at_rest():
    calls = []
    relax.relax(lambda raised: calls.append(1) or springs(raised), [0.0, 0.0], force=1e-9, steps=2, say=str)
    assert len(calls) == 3
    raised, _ = relax.relax(springs, [0.12, -0.05], force=0.01, steps=9, say=str)
    assert tuple(raised) == (0.12, -0.05)


class System:
    """Atoms whose neck's two layers are pulled by springs to 0.1 and -0.1 angstrom from where they began."""

    def __init__(self, positions, at):
        self.start, self.positions, self.at = positions.copy(), positions, at

    def get_forces(self):
        goal = np.zeros(len(self.start))
        goal[self.at[0]], goal[self.at[1]] = 0.1, -0.1
        forces = np.full(self.start.shape, 7.0)
        forces[:, 2] = 4.5 * (self.start[:, 2] + goal - self.positions[:, 2])
        return forces


def test_the_command_prints_the_entry_of_the_plan(monkeypatch, capsys, tmp_path):
    at = layers(load_plan(plan_file("Ag")).chosen(["neck-1-1"]).points[0])
    asked, logs = [], set()

    def calculation(metal, positions, ghost, cell, kpoints, settings, log):
        asked.append((metal, len(positions), kpoints, settings.basis))
        return System(positions.copy(), at), None

    monkeypatch.setattr(dft, "require", lambda: "1")
    monkeypatch.setattr(dft, "calculation", calculation)
    monkeypatch.setattr(dft, "settle", lambda system, log: logs.add(log))
    monkeypatch.chdir(tmp_path)
    assert relax.main(["--point", "neck-1-1", "--force", "0.001"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert asked == [("Ag", 9 * 8 + 2, (1, 1, 1), "szp(dzp)")]
    assert lines[-1] == "raised = [0.100, -0.100], within 0.001 eV/angstrom"
    assert logs == {Path("runs/quantum/Ag/relax-neck-1-1.txt")}
    assert relax.main(["--point", "neck-1-1", "--force", "0.001", "--steps", "0", "--out", "there"]) == 0
    assert Path("there/relax-neck-1-1.txt") in logs and Path("there").is_dir()
    assert capsys.readouterr().out.splitlines()[-1] == "raised = [0.000, 0.000], NOT within 0.001 eV/angstrom"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--point", "tips-2.8"], "--point tips-2.8: has no layers between leads; choose a neck"),
        (["--point", "neck-1-1", "--force", "0"], "--force 0: give a positive number of eV per angstrom"),
        (["--point", "neck-0"], "--point neck-0: not in the plan of Ag"),
    ],
)
def test_what_cannot_be_relaxed_is_told(options, message, capsys):
    assert relax.main(options) == 2
    assert message in capsys.readouterr().err
