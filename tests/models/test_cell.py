"""Which steps of a growing cell are rejected, to the limit: of the outline, the current, the node, and the atoms."""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.models.balance import Balance
from ecmsim.models.cell import RejectedStep
from ecmsim.models.counting import Count
from ecmsim.models.node import Node
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.models.waiting import Waiting
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front, Rupture, Union
from ecmsim.shape.topology import Neck

DRAWN = ["tunnelling.law=blend", "contact.atoms=drawn", "contact.attempt_frequency=1e13 / s", "contact.barrier=0.75 eV",
         "contact.binding=0.2 eV", "contact.seed=3"]  # fmt: skip
SETTINGS = ["model=reduced", "stepping.largest_current_ratio=3", "stepping.smallest_judged_current=1 pA",
            "stepping.relative_error=0.02", "stepping.displacement_error=1e-3 nm", "stepping.smallest_step=1 ns",
            "stepping.largest_voltage_step=0.1 V"]  # fmt: skip
KEPT = {"charge_imbalance": 0.0, "faraday_error": 0.0, "power_imbalance": 0.0, "contact_atoms": 0.0, "gap": 2.0}


def cell(*overrides):
    config = load_config(ROOT / "configs" / "cu_sio2_pt.toml", [*SETTINGS, *overrides])
    return ReducedSimulation(config, SimpleNamespace(rank=0))


@pytest.fixture(scope="module")
def growing():
    return cell()


def state_of(current=1e-9, **changed):
    """What is asked of a state by those who judge it."""
    usual = {
        "time": 2.0,
        "leg": SimpleNamespace(start=0.0, piece=SimpleNamespace(source="voltage")),
        "observed": KEPT | {"current": current},
        "front": SimpleNamespace(speed=1.0, misplaced=0.0),
        "previous_step": 0.1,
        "driving_voltage": 1.0,
        "rupture": None,
        "unions": (),
        "awakened": False,
        "contact": None,
        "node": None,
    }
    return SimpleNamespace(**(usual | changed))


def rejects(growing, trial, state=None):
    try:
        growing._judge(trial, state or state_of())
    except RejectedStep:
        return True
    return False


def test_a_step_that_changes_little_is_taken(growing):
    assert not rejects(growing, state_of())


@pytest.mark.parametrize(("factor", "refused"), [(0.99, False), (1.01, True)])
def test_an_outline_that_is_far_from_where_it_should_be(growing, factor, refused):
    """By ten times what steps aim at, or across half of the gap."""
    allowed = 10 * growing.stepping.allowed_error(1.0 * 0.1)
    front = SimpleNamespace(speed=1.0, misplaced=factor * allowed)
    assert rejects(growing, state_of(front=front)) == refused
    narrow = state_of(front=SimpleNamespace(speed=1.0, misplaced=factor * 0.5e-3))
    narrow.observed["gap"] = 1e-3
    assert rejects(growing, narrow) == refused
    assert not rejects(growing, state_of(front=front, rupture="a neck"))  # what breaks is somewhere else


@pytest.mark.parametrize(("current", "refused"), [(2.99e-9, False), (3.01e-9, True), (0.34e-9, False), (0.33e-9, True)])
def test_a_current_that_jumps(growing, current, refused):
    """By more than the ratio, up or down, of what the voltage explains."""
    assert rejects(growing, state_of(current)) == refused
    assert rejects(growing, state_of(-2 * current, driving_voltage=-2.0)) == refused
    source = SimpleNamespace(start=0.0, piece=SimpleNamespace(source="current"))
    assert not rejects(growing, state_of(current, leg=source))
    assert not rejects(growing, state_of(current), state_of(time=0.0))  # at the beginning of a leg
    assert not rejects(growing, state_of(current), state_of(driving_voltage=0.0))
    atoms = [state_of(current if k else 1e-9, contact=SimpleNamespace(number=k)) for k in (0, 1)]
    assert not rejects(growing, atoms[1], atoms[0])  # a whole atom came


def test_currents_too_small_to_be_judged(growing):
    assert not rejects(growing, state_of(9e-12), state_of(0.99e-12)) and rejects(
        growing, state_of(9e-12), state_of(1.01e-12)
    )


@pytest.mark.parametrize(("part", "refused"), [(0.099, False), (0.101, True)])
def test_while_atoms_bridge_the_gap_a_tenth_of_one_is_no_jump(growing, part, refused):
    trial = state_of(1e-9 + part * CONDUCTANCE_QUANTUM)
    assert rejects(growing, trial)
    trial.observed["contact_atoms"] = 1.0
    assert rejects(growing, trial) == refused


@pytest.mark.parametrize(("change", "refused"), [(0.249, False), (0.251, True), (-0.251, True)])
def test_a_node_that_goes_too_far(growing, change, refused):
    """By 2.5 steps of the source, the voltage or that over the limiter; not where the step is next to the smallest."""
    before = state_of(node=Node(0.5, limiter=0.2))
    for name in ("voltage", "limiter"):
        trial = state_of(
            node=Node(**({"voltage": 0.5, "limiter": 0.2, "rate": 1.0} | {name: change + getattr(before.node, name)}))
        )
        assert rejects(growing, trial, before) == refused
        trial.previous_step = 9e-9
        assert not rejects(growing, trial, before)
        trial.previous_step = 1.1e-8
        assert rejects(growing, trial, before) == refused
    assert not rejects(growing, state_of(node=Node(0.5 + change, limiter=0.2, rate=0.0)), before)


@pytest.mark.parametrize(("step", "goes_on"), [(0.39, True), (0.41, False)])
def test_velocities_are_not_continued_over_a_leap(growing, monkeypatch, step, goes_on):
    """Of four times the step before, nor at the beginning of a leg."""
    seen = []
    front = SimpleNamespace(needle=None, begun_anew="anew")
    moved = SimpleNamespace(front=SimpleNamespace(check=lambda radius: None))
    motion = SimpleNamespace(displaced=lambda front, *rest: seen.append(front) or moved)
    monkeypatch.setattr(growing, "motion", motion)
    growing._displaced(state_of(front=front), step)
    assert (seen[-1] is front) == goes_on
    growing._displaced(state_of(front=front, time=0.0), 0.01)
    assert seen[-1] == "anew"


def test_what_drives_deposition_on_the_bare_electrode():
    """The voltage of the cell, of which next to no current tells nothing, less that of rest."""
    growing = cell("butler_volmer.rest_potential=40 mV")
    state = state_of(1e-18)
    state.observed["cell_voltage"] = 0.3
    assert growing._on_bare_electrode(state) == pytest.approx(0.04 - 0.3)
    state.observed["current"] = 1e-201
    assert growing._on_bare_electrode(state) == pytest.approx(0.04 - 1.0)


def test_a_nucleus_that_forms_in_the_midst_of_a_step_asks_for_a_shorter_one():
    """The integral may pass its threshold by a hundredth; beyond that only the smallest steps are taken."""
    growing = cell("nucleation.enabled=true", "nucleation.attempt_time=1e-7 s", "nucleation.activation_energy=0.8 eV",
                   "nucleation.critical_atoms=1", "nucleation.waiting=mean")  # fmt: skip
    start = growing.start()
    seen = start.observed | {"current": 1e-9, "cell_voltage": 1e-9}  # which add next to nothing

    def waited(integral, step=0.1):
        state = replace(start, waiting=Waiting(1.0, integral), observed=seen)
        trial, made = replace(state, previous_step=step, time=3.0), []
        found = growing._waited(state, trial, state, lambda woken: made.append(woken))
        return made or found.waiting.integral

    assert waited(0.9) == pytest.approx(0.9, abs=1e-6)
    [woken] = waited(1.005)
    assert woken.waiting.moment == 3.0
    with pytest.raises(RejectedStep, match="before the end of the step"):
        waited(1.02)
    with pytest.raises(RejectedStep, match="before the end of the step"):
        waited(1.02, step=2.1e-9)
    assert waited(1.02, step=1.9e-9)[0].awakened


def test_more_than_an_atom_at_once_is_too_much():
    growing = cell(*DRAWN)
    start = growing.start()
    columns = start.gap.columns("vertical")
    metal = growing.model.bridging.atoms(columns.gap, columns.weight)
    before = start.leg

    def counted(more, step=1e-3, rupture=None):
        contact = replace(growing.counting.begun(metal, before.cycle(0.0)), metal=metal - more)
        state = SimpleNamespace(contact=contact, gap=start.gap, filament=start.filament)
        trial = SimpleNamespace(leg=before, time=0.0, rupture=rupture, unions=())
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(growing, "_surface_temperature", lambda state: np.full(len(start.filament.points), 300.0))
            patch.setattr(growing, "_overpotential", lambda state: np.full(len(start.filament.points), -0.01))
            return growing._counted(trial, state, step, columns)

    assert counted(0.99).growth == pytest.approx(0.99 / 1e-3)
    for more in (1.01, -1.01):
        with pytest.raises(RejectedStep, match="atoms came into the contact"):
            counted(more)
    assert counted(1.01, step=0.9e-8).metal == metal
    assert counted(1.01, rupture="a neck").growth == 0.0  # other bodies: it tells nothing


def test_the_surface_moves_by_faraday_s_law(growing):
    """v = j M/(z F rho), in nm/s; in all it gains the volume of the current into it, where both agree by half."""
    density, nucleus = -3.0, Filament.nucleus(1.0, 200)
    per_coulomb = 63.546e-3 / (96485.33212 * 8960.0)  # m3 of copper
    bare = growing._growth_velocity(
        nucleus, np.full(len(nucleus.points), density), 1e-3, 0.0
    )  # a current far too large
    assert bare[0, 1] == pytest.approx(3.0 * per_coulomb * 1e9, rel=1e-6)
    current = 1.1 * 3.0 * 2 * np.pi * 1e-18  # A, of a hemisphere
    scaled = growing._growth_velocity(nucleus, np.full(len(nucleus.points), density), current, 0.0)
    gained = (nucleus.area_vectors() * scaled).sum()
    assert gained == pytest.approx(current * per_coulomb * 1e27, rel=1e-6)
    assert scaled[0, 1] == pytest.approx(1.1 * bare[0, 1], rel=1e-3)
    lost = growing._growth_velocity(nucleus, np.full(len(nucleus.points), -density), -current, current)
    assert lost == pytest.approx(-scaled, rel=1e-6)


@pytest.mark.parametrize("what", ["nothing", "bodies meet", "a body breaks off", "the nucleus forms", "atoms come"])
def test_what_jumps_at_the_end_of_a_step_went_on_until_then(growing, monkeypatch, what):
    """The outline has gone its way, and metal has been booked, as the state before the step had it."""
    start, parted = growing.start(), []
    moving = Front.moving
    monkeypatch.setattr(Front, "moving", lambda self, *given: parted.append(given[3]) or moving(self, *given))
    trial = replace(start, time=2e-3, previous_step=1e-3)
    if what == "bodies meet":
        trial = replace(trial, unions=(Union(1.0, 0.1),))
    if what == "a body breaks off":
        trial = replace(trial, rupture=Rupture(Neck(3, 0.1, 1.0), 0.1, floats=True))
    if what == "the nucleus forms":
        trial = replace(trial, waiting=Waiting(1.0, 1.0, moment=2e-3))
    counts = [Count(number, 1.5, 1.0, 0, 1) for number in (1, 2)] if what == "atoms come" else [None, None]
    state = replace(start, time=1e-3, contact=counts[0], supplied=3e-15, previous_step=1e-3)
    balance = Balance(5e-15, 5e-15, {"ionic": 5e-15}, 5e-15, 0.0, 0.0, 0.0, 0.0, 300.0, 0.0, 0.0)
    found = growing._completed(trial, state, 1e-3, balance, np.zeros_like(start.velocity), contact=counts[1])
    jumps = what != "nothing"
    assert parted == [jumps] and (found.previous_supplied is None) == jumps
    mean = 3e-15 if jumps else 4e-15
    assert found.deposited == pytest.approx(1e-3 * mean * growing._nm3_per_coulomb, rel=1e-9)
