"""Atoms of a contact in motion: forces, integration, what is recorded, and the commands."""

import dataclasses
import sys

import numpy as np
import pandas as pd
import pytest
from ase import Atoms
from ase.calculators.emt import EMT
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError, PlotError, ResultsError
from ecmsim.plot import trajectories
from ecmsim.quantum import tight_binding
from ecmsim.quantum.atoms import statistics
from ecmsim.quantum.atoms.command import describe, trajectory
from ecmsim.quantum.atoms.dynamics import Dynamics, EffectiveMedium
from ecmsim.quantum.atoms.electrons import Electrons
from ecmsim.quantum.atoms.hopping import Smooth
from ecmsim.quantum.atoms.record import load
from ecmsim.quantum.atoms.section import bottlenecks, narrowest
from ecmsim.quantum.atoms.settings import Settings
from ecmsim.quantum.atoms.trajectory import samples
from ecmsim.quantum.recoil import HELLMANN_FEYNMAN, recoil_forces
from ecmsim.quantum.tight_binding import Harrison
from validation.quantum import endings

SMALL = Settings("Ag", (4, 1, 4), size=3, time_ps=0.2, sample_ps=0.1, settle_ps=0)


def dynamics(settings=SMALL, **options):
    options = {
        "temperature": settings.temperature_K,
        "damping": settings.damping_ps,
        "step": settings.step_fs,
    } | options
    return Dynamics(settings.contact(), settings.metal, settings.frozen(), **options)


# --- forces --------------------------------------------------------------------------------------------------


def disordered(metal, calculator, seed=3):
    contact = Settings(metal, (4, 1, 4), size=3).contact()
    cell = np.vstack([contact.cell, contact.period])
    atoms = Atoms([metal] * len(contact.positions), positions=contact.positions, cell=cell, pbc=True)
    atoms.rattle(0.15, seed=seed)
    atoms.calc = calculator
    return atoms


@pytest.mark.parametrize(("metal", "exact"), [("Ag", 1e-10), ("Cu", 1e-3)])
def test_forces_are_those_of_ase(metal, exact):
    """ASE cuts off at a place of its own for silver only: for copper its other choice is close to ours."""
    ours, theirs = disordered(metal, EffectiveMedium(metal)), disordered(metal, EMT(asap_cutoff=metal == "Cu"))
    assert ours.get_potential_energy() == pytest.approx(theirs.get_potential_energy(), abs=exact)
    assert ours.get_forces() == pytest.approx(theirs.get_forces(), abs=exact)
    assert np.abs(ours.get_forces()).max() > 1


def test_the_list_of_neighbours_is_kept_in_time():
    """Also where atoms move far and the cell is stretched, forces are those of a fresh list."""
    atoms, random = disordered("Ag", EffectiveMedium("Ag")), np.random.default_rng(1)
    for _ in range(12):
        atoms.positions += random.normal(size=atoms.positions.shape) * 0.05
        atoms.set_cell(atoms.cell.array + np.diag([0, 0, 0.07]))
        fresh = atoms.copy()
        fresh.calc = EffectiveMedium("Ag")
        assert atoms.get_forces() == pytest.approx(fresh.get_forces(), abs=1e-10)


def test_a_lone_atom_has_no_force():
    atoms = Atoms("Ag2", positions=[(0, 0, 0), (9, 0, 0)], calculator=EffectiveMedium("Ag"))
    assert np.abs(atoms.get_forces()).max() == 0
    assert atoms.get_potential_energy() == pytest.approx(2 * 2.96, abs=0.01)  # the cohesive energy is the zero's depth


# --- hopping and section -------------------------------------------------------------------------------------


def test_hopping_ends_smoothly():
    bare = Harrison(2.9)
    law = Smooth(bare)
    r = np.linspace(2.5, 4.5, 4001)
    assert law(r[r < 1.2 * 2.9]) == pytest.approx(bare(r[r < 1.2 * 2.9]), rel=1e-12)
    assert (law(r[r > law.cutoff]) == 0).all() and law.cutoff < 1.414 * 2.9
    assert np.abs(np.diff(law(r))).max() < 2e-3  # no steps: eV in half a milliangstrom
    assert law(1.3 * 2.9) == pytest.approx(bare(1.3 * 2.9) / 2)


@pytest.mark.parametrize(
    ("face", "counts", "atoms"), [("100", (9, 4, 9), 4), ("100", (4, 1, 4), 1), ("111", (8, 3, 8), 3), ("111", (7,), 7)]
)
def test_narrowest_section(face, counts, atoms):
    settings = Settings("Ag", counts, face=face)
    contact, distance = settings.contact(), settings.law.distance
    assert narrowest(contact.positions, contact.cell, distance, *settings.frozen()) == atoms


def test_a_parted_contact_has_no_section():
    settings = dataclasses.replace(SMALL, counts=(4, 1), separation_A=3.0)
    near, far = settings, dataclasses.replace(settings, separation_A=4.0)
    found = [narrowest(s.contact().positions, s.contact().cell, s.law.distance, *s.frozen()) for s in (near, far)]
    assert found == [1, 0]


@pytest.mark.parametrize(
    ("counts", "separation", "alone"), [((4, 1, 4), None, 1), ((1,), 2.9, 2), ((9, 4, 9), None, 0), ((1,), 6.0, 0)]
)
def test_monomers_and_dimers_are_told_apart(counts, separation, alone):
    settings = Settings("Ag", counts, size=3, separation_A=separation)
    contact = settings.contact()
    at = contact.cell, settings.law.distance, *settings.frozen()
    found = bottlenecks(contact.positions, *at)
    assert len(found) == alone and (np.diff(contact.positions[found, 2]) > 0).all()
    if alone:  # each of them is one: without it nothing joins the ends
        assert narrowest(contact.positions, *at) == 1
        apart = contact.positions.copy()
        apart[found[0], 2] += 100
        assert not len(bottlenecks(apart, *at)) and narrowest(apart, *at) == 0


@pytest.mark.slow
def test_how_a_pulled_contact_ends_is_counted(monkeypatch):
    """A single atom between fours, pulled fast: it stays one until it ruptures; the table has all contacts."""
    monkeypatch.setattr(endings, "SPEED", 60.0)
    monkeypatch.setattr(endings, "EVERY", 20)
    monomer, dimer, chain, time, pulled = endings.ended("Ag", "100", 3, (4, 1, 4), 1)
    assert monomer >= 10 and monomer > 3 * dimer and not chain
    assert 1 < pulled < 10 and pulled == pytest.approx(0.6 * time, rel=1e-6) and time < endings.LONGEST
    table = pd.read_csv(endings.TABLE)
    assert set(table.metal) == set(endings.METALS)
    assert len(table) == len(endings.METALS) * len(endings.NECKS) * len(endings.SEEDS)
    assert (table[["monomer", "dimer", "chain"]].sum(axis=1) > 0).all()


@pytest.mark.slow
def test_electrons_of_a_contact_in_motion():
    """Self-energies that are kept change neither transmission nor recoil forces, also of a stretched contact."""
    settings = dataclasses.replace(SMALL, grid=2)
    motion, law = dynamics(settings), settings.law
    electrons = Electrons(settings.contact(), law, settings.lattice_constant, *settings.k)
    k, weights = settings.k
    for _ in range(2):
        motion.run(20)
        motion.pull(0.2)
        present = motion.present
        expected = tight_binding.transmission(present, law, electrons.fermi_level, k, weights)
        assert electrons.transmission(present) == pytest.approx(float(expected), rel=1e-9)
        forces = recoil_forces(present, law, 1.0, electrons.fermi_level, k=k, weights=weights, points=40)
        assert electrons.recoil_forces(present, 1.0)[motion.mobile] == pytest.approx(forces[motion.mobile], abs=1e-4)


# --- motion --------------------------------------------------------------------------------------------------


def test_frozen_atoms_stay():
    motion, (left, right) = dynamics(seed=1), SMALL.frozen()
    start = motion.positions.copy()
    motion.run(50)
    moved = np.linalg.norm(motion.positions - start, axis=1)
    assert (moved[left | right] == 0).all() and (moved[~(left | right)] > 0.01).all()
    assert left.sum() == right.sum() == 2 * 9
    # They are the layers next to the leads.
    contact = SMALL.contact()
    assert contact.positions[left, 2].max() < contact.positions[~(left | right), 2].min()


def test_energy_is_conserved_without_a_thermostat():
    motion = dynamics(damping=None, step=2.0)
    motion.run(10)
    energies = []
    for _ in range(30):
        motion.run(10)
        energies.append((motion.total_energy, motion.potential_energy))
    total, potential = np.array(energies).T
    assert np.ptp(total) < 1e-3 < 0.1 < np.ptp(potential)


@pytest.mark.slow
def test_the_thermostat_keeps_its_temperature():
    """Within four standard errors: 27 atoms, 6 ps, a tenth of a ps of damping."""
    motion = dynamics(temperature=400, damping=0.1, step=4.0, seed=5)
    motion.run(250)
    seen = []
    for _ in range(100):
        motion.run(15)
        seen.append(motion.temperature)
    found = statistics.mean([seen])
    assert found.error < 8 and found.mean == pytest.approx(400, abs=4 * found.error)


def test_the_thermostat_takes_its_time():
    """From rest the energy rises as 1 - exp(-t/damping) once half of it is kinetic, and at first somewhat slower."""
    shares = []
    for seed in range(6):
        motion = dynamics(temperature=400, damping=0.1, step=4.0, seed=seed)
        motion.atoms.set_momenta(np.zeros_like(motion.positions))
        begin, moving = motion.total_energy, (~np.logical_or(*SMALL.frozen())).sum()
        motion.run(25)
        shares.append((motion.total_energy - begin) / (3 * moving * BOLTZMANN_EV * 400))
    assert 0.45 < np.mean(shares) < 1 - np.exp(-1)  # with twice the friction 0.69, with half of it 0.34


def test_pulling_moves_the_right_crystal():
    motion, (_, right) = dynamics(), SMALL.frozen()
    start, rest = motion.positions.copy(), SMALL.contact()
    motion.pull(0.3)
    motion.run(5)
    assert motion.positions[right] == pytest.approx(start[right] + [0, 0, 0.3])
    assert motion.present.right.positions == pytest.approx(rest.right.positions + [0, 0, 0.3])
    assert motion.present.left.positions == pytest.approx(rest.left.positions)


def test_recoil_changes_the_momentum():
    """At equal positions and velocities, the momentum gained over a step is force times time."""
    settings, step = SMALL, 0.01  # fs, so short that the other forces stay equal
    law = settings.law
    level = tight_binding.fermi_level(law, settings.lattice_constant)
    gained = []
    for voltage in (0.0, 1.0):
        motion = dynamics(damping=None, step=step, seed=2)
        mobile = motion.mobile
        forces = recoil_forces(motion.present, law, voltage, level, points=4)
        assert np.isfinite(forces[mobile]).all() and np.isnan(forces).any()
        motion.push(forces)
        before = motion.momentum[2]
        motion.run(10)
        gained.append(motion.momentum[2] - before)
    expected = forces[mobile, 2].sum() * 10 * step * 1e-3  # eV ps/angstrom
    assert gained[1] - gained[0] == pytest.approx(expected, rel=1e-3)
    assert forces[mobile, 2].sum() > 0.1  # electrons come from the right, and so do they pull


# --- trajectories --------------------------------------------------------------------------------------------


def test_the_first_sample_is_the_contact_at_rest():
    law = Harrison(SMALL.law.distance)
    level = tight_binding.fermi_level(law, SMALL.lattice_constant)
    static = float(tight_binding.transmission(SMALL.contact(), law, level))
    rows = list(samples(SMALL, 1))
    assert rows[0].transmission == pytest.approx(static, rel=1e-9)
    assert (rows[0].shift_A, rows[0].section_atoms, rows[0].t_ps) == (0, 1, 0)
    assert [row.t_ps for row in rows] == [0, 0.1, 0.2]
    assert rows[-1].transmission != pytest.approx(static, rel=1e-3)


def test_a_trajectory_can_begin_at_the_minimum_of_the_energy():
    """Less energy than at the crystal's sites and no forces; the first sample is that contact at rest."""
    motion, settings = dynamics(seed=1), dataclasses.replace(SMALL, start="minimum", time_ps=0.1)
    momenta, before = motion.atoms.get_momenta(), motion.potential_energy
    motion.minimise()
    assert motion.potential_energy < before - 0.1
    assert np.abs(motion.atoms.get_forces()).max() < 2e-3
    assert motion.atoms.get_momenta() == pytest.approx(momenta)
    law = SMALL.law
    level = tight_binding.fermi_level(law, SMALL.lattice_constant)
    static = float(tight_binding.transmission(motion.present, law, level))
    first, after = samples(settings, 1)
    assert first.transmission == pytest.approx(static, rel=1e-6)
    assert first.transmission != pytest.approx(next(samples(SMALL, 1)).transmission, rel=1e-3)
    assert first.shift_A == 0 and first.energy_eV == pytest.approx(motion.potential_energy, abs=1e-6)
    assert abs(after.shift_A) < 0.1
    assert "--start minimum" in settings.command and "--start" not in SMALL.command
    with pytest.raises(ConfigError, match="--start hot: choose one of crystal, minimum"):
        dataclasses.replace(SMALL, start="hot")


def test_seeds_make_trajectories_reproducible():
    first, again, other = (list(samples(SMALL, seed)) for seed in (3, 3, 4))
    assert first == again
    assert first[-1].transmission != other[-1].transmission


@pytest.mark.slow
def test_a_pulled_contact_ruptures():
    """And its trajectory ends soon after; the conductance then is gone."""
    settings = dataclasses.replace(SMALL, time_ps=8.0, speed_m_s=150.0, sample_ps=0.1)
    rows = list(samples(settings, 1))
    assert rows[-1].t_ps < 8 and rows[0].section_atoms == 1
    assert [row.section_atoms for row in rows[-4:]] == [0] * 4
    assert rows[-1].transmission < 0.3 < 0.8 < rows[0].transmission
    assert rows[-1].pulled_A == pytest.approx(1.5 * rows[-1].t_ps, abs=0.07)


def test_a_bias_shifts_the_atoms():
    with_bias = list(samples(dataclasses.replace(SMALL, bias_V=1.0), 1))
    without = list(samples(SMALL, 1))
    assert with_bias[0].recoil_eV_per_A > 0.1 and without[0].recoil_eV_per_A == 0
    other = dataclasses.replace(SMALL, bias_V=1.0, recoil=HELLMANN_FEYNMAN)
    assert next(samples(other, 1)).recoil_eV_per_A != pytest.approx(with_bias[0].recoil_eV_per_A, rel=0.1)
    assert "--recoil hellmann-feynman" in other.command and Settings.from_dict(other.as_dict()) == other
    with pytest.raises(ConfigError, match="--recoil pulay: choose one of kharlanov, hellmann-feynman"):
        dataclasses.replace(other, recoil="pulay")
    with pytest.raises(ConfigError, match="forces of a bias need one"):
        dataclasses.replace(other, bias_V=0.0)
    assert with_bias[1].shift_A > without[1].shift_A


# --- files and statistics ------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trajectories")
    still = dataclasses.replace(SMALL, runs=2, time_ps=0.4)
    pulled = dataclasses.replace(SMALL, runs=1, time_ps=8.0, speed_m_s=150.0)
    for name, settings in (("still", still), ("pulled", pulled)):
        trajectory(settings, folder / f"{name}.csv", quiet=True)
    return folder


@pytest.mark.slow
def test_a_file_gives_back_what_was_computed(files):
    record = load(files / "still.csv")
    assert record.settings.runs == 2 and record.settings.counts == (4, 1, 4)
    expected = [list(samples(record.settings, seed)) for seed in (1, 2)]
    for rows, computed in zip(record.runs(), expected, strict=True):
        assert rows["transmission"].to_numpy() == pytest.approx([s.transmission for s in computed], abs=1e-5)
        assert rows["temperature_K"].to_numpy() == pytest.approx([s.temperature_K for s in computed], abs=0.05)
    head = (files / "still.csv").read_text()
    assert "ecmsim quantum trajectory --metal Ag --counts 4,1,4 --size 3 --time '0.4 ps'" in head
    assert "finished" in head


@pytest.mark.slow
def test_the_command_in_a_file_makes_it_again(files, tmp_path):
    import shlex

    line = next(line for line in (files / "still.csv").read_text().splitlines() if line.startswith("# made by: "))
    words = shlex.split(line.removeprefix("# made by: ecmsim "))
    words[-1] = str(tmp_path / "again.csv")
    assert CliRunner().invoke(app, [*words, "--quiet"]).exit_code == 0
    assert load(tmp_path / "again.csv").rows.equals(load(files / "still.csv").rows)


def test_an_interrupted_run_keeps_its_samples(tmp_path, monkeypatch):
    from ecmsim.quantum.atoms import command

    def two(settings, seed):
        for number, sample in enumerate(samples(settings, seed)):
            if number == 2:
                raise KeyboardInterrupt
            yield sample

    monkeypatch.setattr(command, "samples", two)
    with pytest.raises(KeyboardInterrupt):
        trajectory(SMALL, tmp_path / "a.csv", quiet=True)
    assert list(load(tmp_path / "a.csv").rows["t_ps"]) == [0, 0.1]
    assert (tmp_path / "a.csv").read_text().splitlines()[-1].startswith("# interrupted")


def test_mean_knows_of_correlations():
    """An autoregressive series x' = a x + noise: tau = (1 + a)/(1 - a), standard deviation 1/sqrt(1 - a^2)."""
    random, a = np.random.default_rng(0), 0.8
    runs = []
    for _ in range(5):
        noise, x = random.normal(size=20_000), [0.0]
        for value in noise:
            x.append(a * x[-1] + value)
        runs.append(np.array(x))
    found = statistics.mean(runs)
    deviation = 1 / np.sqrt(1 - a * a)
    assert found.deviation == pytest.approx(deviation, rel=0.03)
    assert found.error == pytest.approx(deviation * np.sqrt((1 + a) / (1 - a) / found.count), rel=0.1)
    independent = statistics.mean([random.normal(size=10_000)])
    assert independent.error == pytest.approx(0.01, rel=0.15)


def test_histogram():
    edges, share = statistics.histogram([0.01, 0.97, 0.96, 1.02])
    assert share.sum() == pytest.approx(1) and share[19] == 0.5 and edges[19] == pytest.approx(0.95)
    edges, share = statistics.histogram([-0.012, 0.004, 0.006, -0.045], width=0.01)
    assert edges[0] == pytest.approx(-0.05) and share == pytest.approx([0.25, 0, 0, 0.25, 0, 0.5])


def test_a_trajectory_within_the_settling_time_says_why_it_has_no_statistics(tmp_path):
    """Asked for, it is refused; one that was interrupted is described."""
    with pytest.raises(ConfigError, match="--settle 5 ps: must be less than --time"):
        trajectory(dataclasses.replace(SMALL, settle_ps=5), tmp_path / "short.csv")
    trajectory(SMALL, tmp_path / "whole.csv")
    record = load(tmp_path / "whole.csv")
    assert "no statistics" not in "\n".join(describe(record))
    settled = dataclasses.replace(record.settings, settle_ps=0.6 * record.rows["t_ps"].max())
    early = record.rows[record.rows["t_ps"] < 0.5 * record.rows["t_ps"].max()]
    told = "\n".join(describe(dataclasses.replace(record, settings=settled, rows=early)))
    assert "no statistics: the contact settles for" in told and "and the trajectory ends after" in told
    assert "a longer --time or a shorter --settle" in told and "standard deviation" not in told


@pytest.mark.slow
def test_statistics_of_a_rupture(files):
    record = load(files / "pulled.csv")
    (way, last), *others = statistics.ruptures(record)
    assert not others and 0 < way < record.rows["pulled_A"].iloc[-1] and 0 < last < 1.2
    found = statistics.by_section(record)
    assert 0 in found and found[1].mean > 5 * found[0].mean
    assert "1 of 1 ruptured" in "\n".join(describe(record))


# --- pictures and commands -----------------------------------------------------------------------------------


def test_pictures(files, figures, tmp_path, no_warnings):
    for name in ("still", "pulled"):
        record = load(files / f"{name}.csv")
        trajectories.draw([record], tmp_path / f"{name}.png")
        left, right = figures[f"{name}.png"].axes
        drawn = np.concatenate([line.get_ydata() for line in left.get_lines() if len(line.get_xdata()) > 2])
        assert sorted(drawn) == pytest.approx(sorted(record.rows["transmission"]))
        assert right.patches and left.get_xlabel() == {"still": "Time (ps)", "pulled": "Pulled by (nm)"}[name]
    with pytest.raises(PlotError, match="pulled contacts and others"):
        trajectories.draw([load(files / "still.csv"), load(files / "pulled.csv")], tmp_path / "both.png")


@pytest.mark.slow
def test_a_bias_has_its_shift_and_its_force_drawn(files, figures, tmp_path, no_warnings):
    still = load(files / "still.csv")
    rows = still.rows.assign(shift_A=still.rows["shift_A"] + 0.1, recoil_eV_per_A=2.0 + still.rows["t_ps"])
    biased = dataclasses.replace(still, rows=rows, settings=dataclasses.replace(still.settings, bias_V=1.0))
    trajectories.draw([still, biased], tmp_path / "recoil.png")
    panels = np.array(figures["recoil.png"].axes).reshape(3, 2)
    shown = {"transmission": (still, biased), "shift_A": (still, biased), "recoil_eV_per_A": (biased,)}
    for (left, right), (column, records) in zip(panels, shown.items(), strict=True):
        drawn = np.concatenate([line.get_ydata() for line in left.get_lines() if len(line.get_xdata()) > 2])
        assert sorted(drawn) == pytest.approx(sorted(np.concatenate([record.rows[column] for record in records])))
        assert len(right.patches) == 2 * len(records) and left.get_ylim() == right.get_ylim()
        assert left.get_xlim() == panels[0, 0].get_xlim()
    names = [left.get_ylabel() for left, _ in panels]
    assert names[1:] == ["Shift along axis (Å)", "Recoil force (eV/Å)"] and panels[-1, 0].get_xlabel() == "Time (ps)"


def test_traces_command(files, tmp_path):
    done = CliRunner().invoke(app, ["quantum", "traces", str(files / "still.csv"), "--out", str(tmp_path / "a.png")])
    assert done.exit_code == 0 and "2 trajectories; T = 0." in done.output and (tmp_path / "a.png").exists()


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--metal", "Xx"], "--metal Xx: choose one of Ag, Cu, Au"),
        (["--counts", "9,x"], "such as 9,4,9"),
        (["--counts", "9,0,9"], "each 1 or more"),
        (["--counts", "3,1,3"], "cannot lie around one axis of the 100"),
        (["--face", "110"], "no crystal face '110'"),
        (["--time", "50 K"], "--time"),
        (["--time", "0 ps"], "--time 0: must be more than 0"),
        (["--speed", "-1 m/s"], "--speed -1: must be 0 or more"),
        (["--sample", "1 fs"], "--sample must not be shorter than --step"),
    ],
)
def test_wrong_settings(options, message, tmp_path):
    done = CliRunner().invoke(app, ["quantum", "trajectory", *options, "--out", str(tmp_path / "a.csv")])
    assert isinstance(done.exception, ConfigError) and message in str(done.exception)
    assert done.exception.exit_code == 2 and not (tmp_path / "a.csv").exists()


def test_without_ase(tmp_path, monkeypatch):
    for name in [name for name in sys.modules if name == "ase" or name.startswith("ase.")]:
        monkeypatch.setitem(sys.modules, name, None)
    monkeypatch.delitem(sys.modules, "ecmsim.quantum.atoms.dynamics")
    monkeypatch.delattr("ecmsim.quantum.atoms.dynamics")
    with pytest.raises(ConfigError, match="pip install ase") as caught:
        trajectory(SMALL, tmp_path / "a.csv", quiet=True)
    assert caught.value.exit_code == 2 and not (tmp_path / "a.csv").exists()


def test_files_that_are_no_trajectories(files, tmp_path):
    with pytest.raises(ResultsError, match="there already"):
        trajectory(SMALL, files / "still.csv", quiet=True)
    (tmp_path / "other.csv").write_text("a,b\n1,2\n")
    with pytest.raises(ResultsError, match="no file of trajectories"):
        load(tmp_path / "other.csv")
    with pytest.raises(ResultsError, match="cannot read"):
        load(tmp_path / "missing.csv")
    head = (files / "still.csv").read_text().splitlines()[:4]
    (tmp_path / "empty.csv").write_text("\n".join(head) + "\n")
    with pytest.raises(ResultsError, match="no samples so far"):
        load(tmp_path / "empty.csv")
