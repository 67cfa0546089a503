"""What the parts that both models share told before: circuits, nodes, counted atoms, waiting, starts, and the pace.

The tables stand beside this file; what is right, the other tests of this room know.
"""

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.before import told
from helpers.outlines import FILAMENTS, front
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.drive import Programme
from ecmsim.errors import SolveError
from ecmsim.models import pace, waiting
from ecmsim.models.circuit import Surroundings, circuit, leak
from ecmsim.models.counting import Counting
from ecmsim.models.initial import initial_front
from ecmsim.models.node import Branch, Line, Node, Step, Supply, weight
from ecmsim.models.root import root
from ecmsim.physics.atom_by_atom import AtomByAtom
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.nucleation import Nucleation
from ecmsim.shape.gap import Gap

REFERENCE, NEEDLES = ROOT / "configs" / "cu_sio2_pt.toml", ROOT / "configs" / "ag_needles.toml"
TRANSISTOR = ROOT / "configs" / "one_transistor.toml"


# --- circuits ---------------------------------------------------------------------------------------------------------


def test_nodes(file_regression):
    """At rest and after steps, behind limiters that act at once or take their time, with capacitor and leakage."""
    before = Node(0.9, 0.5, 0.45, 2e-6, 1e-8, 3e-7, 1e-6, 0.0, 10.0)
    cell = Line(0.85, 1.5e-6, 2.5e-6)
    limiter, resistor = IdealCompliance(3e-6, 0.05), SeriesResistor(2e5)
    steps = {"at rest": None, "short": Step(1e-9, before, 1.38, 3e-7), "long": Step(1e-5, before, 1.38, 3e-7),
             "implicit": Step(1e-7, before, 1.38, None)}  # fmt: skip
    branches = {
        "limiter": Branch(1.4, limiter, 1e4),
        "resistor": Branch(1.4, resistor),
        "slow": Branch(1.4, limiter, 0.0, True, 4e-7, 0.45),
        "wire": Branch(1.4, None),
        "backwards": Branch(-0.7, IdealCompliance(3e-6, 0.05, "both"), 1e4),
    }
    found = {}
    for name, branch in branches.items():
        for when, step in steps.items():
            node = Supply(branch, 1e-12, lambda v: 2e-8 * v**3, step).solve(cell, 0.4)
            found[f"{name}, {when}"] = [*vars(node).values(), node.source, node.largest]
        if branch.law:
            found[f"{name}, branch"] = [*branch.current(0.2), branch.across(0.3, 0.1)]
    found["without a capacitor"] = [*vars(Supply(branches["limiter"], 0.0, step=steps["short"]).solve(cell)).values()]
    found["under"] = [*vars(before.under(0.25)).values()]
    found["weights"] = [weight(length) for length in (0.0, 5e-3, 9.9e-3, 2e-2, 3.0, 650.0, 1e4)]
    told(file_regression, found)


def test_roots():
    """Newton's, between ends and without; at an end, beyond it, and where it is flat."""
    cubic = lambda x: (x**3 - 8, 3 * x**2)  # noqa: E731
    assert root(cubic, 0.0) == pytest.approx(2.0, rel=1e-12)
    assert root(cubic, 50.0, -100.0, 100.0) == pytest.approx(2.0, rel=1e-12)
    assert root(cubic, 0.5, 0.0, 1.0) == pytest.approx(1.0) and root(cubic, 4.0, 3.0, 5.0) == pytest.approx(3.0)
    assert root(cubic, 7.0, 4.0, 4.0) == 4.0
    flat = lambda x: (0.0 if 1 < x < 2 else np.sign(x - 1.5), 0.0)  # noqa: E731
    assert 1 < root(flat, -7.0) < 2 and 1 < root(flat, 40.0) < 2 and 1 < root(flat, 0.1, 0.0, 10.0) < 2
    asked = []
    assert root(lambda x: asked.append(x) or (x - 3.0, 1.0), 9.0, 0.0, 5.0) == 3.0 and asked[0] == 5.0


CIRCUITS = {
    "ideal": (REFERENCE, []),
    "current": (NEEDLES, []),
    "resistor": (REFERENCE, ['compliance={kind="series_resistor", resistance="20 kohm"}', "circuit.capacitance=2 pF"]),
    "series": (REFERENCE, ["circuit.series_resistance=5 kohm"]),
    "both": (REFERENCE, ["circuit.series_resistance=5 kohm", "circuit.capacitance=2 pF"]),
    "slow": (REFERENCE, ["compliance.response_time=1 us"]),
    "wire": (REFERENCE, ['compliance={kind="none"}', "circuit.series_resistance=5 kohm"]),
    "transistor": (TRANSISTOR, []),
    "leaky": (REFERENCE, ["leakage.area=100 um^2", "leakage.ohmic.conductivity=1e-10 S/m",
              "leakage.ohmic.reference_temperature=290 K", "leakage.ohmic.activation_energy=0.3 eV",
              "leakage.poole_frenkel.conductivity=1e-11 S/m", "leakage.poole_frenkel.reference_temperature=290 K",
              "leakage.poole_frenkel.activation_energy=0.5 eV", "leakage.poole_frenkel.permittivity=4",
              "leakage.schottky.richardson=1e6 A/m^2/K^2", "leakage.schottky.barrier=1.1 eV",
              "leakage.schottky.permittivity=4"]),
}  # fmt: skip


@pytest.mark.parametrize("kind", CIRCUITS)
def test_circuits(file_regression, kind):
    """Of each leg: the law between source and cell, what surrounds the cell, and what leaks beside it."""
    path, overrides = CIRCUITS[kind]
    config = load_config(path, overrides)
    around, found, leaking = Surroundings.of(config), {}, leak(config)
    volts = np.array([-0.5, -1e-3, 2e-3, 0.04, 0.7])
    for k, leg in enumerate(Programme.from_steps(config.programme).planned()[:3]):
        time = leg.start + 0.3 * (leg.end - leg.start)
        law = circuit(config, leg, time)
        found[f"leg {k}"] = {"law": law and type(law).__name__, "current": law and law.current(volts)}
        if around:
            node = Node(0.3, 0.1, 0.08, 2e-7, 1e-9, 3e-8, 1e-6)
            state = SimpleNamespace(node=node, time=time - 1e-4, source_voltage=leg.source_voltage(time) - 0.02)
            for name, before in (("rest", None), ("step", state)):
                supply = around.supply(leg, time, before)
                branch = {key: value for key, value in vars(supply.branch).items() if key != "law"}
                own = {"branch": branch, "capacitance": supply.capacitance, "step": supply.step}
                found[f"leg {k}"][name] = own | {"leak": [supply.leakage(v) for v in volts]}
    found["leak"] = [leaking.area, leaking.thickness, leaking.temperature, len(leaking.laws), *map(leaking, volts)]
    told(file_regression, found)


# --- what is counted, and waited for ----------------------------------------------------------------------------------


def test_counted_atoms(file_regression):
    """One history of a contact, drawn from a seed: grown, left alone, hot, dissolved, in a cycle of its own."""
    counting, found = Counting(AtomByAtom(1e13, 0.75, 0.2, 1.0), 7), {}
    count = counting.begun(2.4, 1)
    found["begun"] = [vars(counting.begun(metal, 1)) for metal in (0.0, 2.4, 3.99)]
    history = (
        (3.1, 0.5, 300.0, 0.4, 1),
        (3.1, 0.0, 300.0, 5.0, 1),
        (2.2, 1.5, 330.0, 0.1, 1),
        (2.25, 0.2, 700.0, 9.0, 1),
        (4.6, 0.3, 310.0, 0.7, 2),
        (0.4, 2.0, 310.0, 0.5, 2),
        (0.0, 0.0, 300.0, 1.0, 2),
    )
    for k, given in enumerate(history):
        count = counting.advanced(count, *given)
        found[f"{k}"] = vars(count)
    told(file_regression, found)


def test_too_many_events_fail_a_step():
    counting = Counting(AtomByAtom(1e13, 5.0, 0.2, 1.0), 7)
    with pytest.raises(SolveError, match="more than 1e"):
        counting.advanced(counting.begun(2.4, 1), 2.4, 1e6, 300.0, 1.0, 1)


def test_waiting(file_regression):
    law, found = Nucleation(1e-7, 0.8, 1.0, 0.167, 1.0), {}
    begun = waiting.Waiting(1.3, 0.2)
    pairs = [(-0.1, -0.5), (-0.4, -0.1), (0.2, -0.4), (-0.4, 0.2), (0.1, 0.3), (-0.3, -0.3)]
    found["over"] = [vars(begun.over(law, *pair, 300.0, 0.05)) for pair in pairs]
    cases = [(-0.4, 0.0), (-0.4, -0.5), (-0.3, 0.8), (0.2, -0.5), (0.2, 0.1), (0.2, 0.0), (-0.3, 1e3)]
    found["time left"] = [begun.time_left(law, *case, 300.0) for case in cases]
    found["log mean"] = [waiting.log_mean(*ends) for ends in ((1.0, 3.0), (2.0, 2.0), (0.0, 4.0), (5.0, 1e-3))]
    integrals = (1.3 * (1 - 1.1e-6), 1.3 * (1 - 0.9e-6), 1.3, 1.312, 1.314)
    found["formed"] = [[waiting.Waiting(1.3, at).formed, waiting.Waiting(1.3, at).late] for at in integrals]
    found["told"] = replace(begun, integral=0.7).told
    found["there"] = replace(begun, moment=0.3).told
    sections = [SimpleNamespace(waiting="mean", seed=None), SimpleNamespace(waiting="drawn", seed=5)]
    found["thresholds"] = [waiting.threshold_of(section) for section in sections]
    told(file_regression, {key: value.replace(":", ";") if isinstance(value, str) else value
                           for key, value in found.items()})  # fmt: skip


# --- starts and pace --------------------------------------------------------------------------------------------------

STARTS = {
    "nucleus": (REFERENCE, []),
    "cylinder": (REFERENCE, ['initial={kind="cylinder", radius="1.3 nm", height="4 nm"}']),
    "cone": (REFERENCE, ['initial={kind="cone", tip_radius="0.4 nm", half_angle="20 deg", height="3 nm"}']),
    "needles": (NEEDLES, []),
}


@pytest.mark.parametrize("kind", STARTS)
def test_starts(file_regression, kind):
    path, overrides = STARTS[kind]
    sizes = ["mesh.surface_size=0.4 nm", "mesh.turning=0.25", "mesh.nucleus_segments=12"]
    config = load_config(path, [*overrides, *sizes])
    told(file_regression, {"front": initial_front(config, config.mesh.refined())})


def test_pace_of_outlines(file_regression):
    """Of every kind, with the rim of the foot resolved and not; and the times of what surrounds them."""
    found, fine = {}, load_config(REFERENCE, ["mesh.contact_line=0.02", "mesh.surface_size=0.4 nm"]).mesh.refined()
    coarse = fine.model_copy(update={"contact_line": 0.0})
    for name in [*FILAMENTS, "needle"]:
        own = front(name)
        surface = np.array([[0.0, 10.7], [2.0, 10.4], [2.2, 10.0], [25.0, 10.0]])
        if own.needle:
            surface = np.vstack([own.needle.filament.points * [1, -1] + [0, 10], [25, 10]])
        gap = Gap(own.filament, surface)
        state = SimpleNamespace(front=own, filament=own.filament, velocity=own.velocity, gap=gap, previous_step=0.03,
                                observed={"gap": gap.smallest("vertical")[0]})  # fmt: skip
        found[name] = [pace.of_outline(state, numerics) for numerics in (coarse, fine)]
        found[name].append(pace.nearest_speed(own, gap.from_filament("vertical")))
        found[f"{name}, waking"] = pace.waking_time(state)
    told(file_regression, found)


def test_paces_of_the_rest():
    settings = SimpleNamespace(largest_voltage_step=0.05, largest_current_step=0.1, smallest_step=1e-9)

    def leg(source, first, last, rate):
        return SimpleNamespace(piece=SimpleNamespace(source=source), first=first, last=last, rate=rate)

    assert pace.source_time(leg("voltage", 0, -2, -0.5), settings) == pytest.approx(0.1)
    assert pace.source_time(leg("current", 1e-6, -4e-6, -2e-6), settings) == pytest.approx(0.2)
    assert pace.source_time(leg("voltage", 1, 1, 0.0), settings) == np.inf
    assert pace.node_time(SimpleNamespace(node=Node(rate=-4.0)), settings) == pytest.approx(0.0125)
    assert pace.node_time(SimpleNamespace(node=None), settings) == np.inf
    state = SimpleNamespace(contact=SimpleNamespace(growth=-4.0), previous_step=0.1)
    assert pace.atom_time(state) == pytest.approx(0.125)  # half an atom
    assert pace.atom_time(SimpleNamespace(contact=state.contact, previous_step=0.4)) == pytest.approx(0.2)
    assert pace.atom_time(SimpleNamespace(contact=None)) == np.inf
    still = SimpleNamespace(velocity=np.zeros((3, 2)), filament=FILAMENTS["plain"])
    assert pace.waking_time(still) == np.inf


def test_time_until_a_nucleus_forms():
    """With the slope of the source, or of the node before it; never less than the smallest step."""
    law, settings = Nucleation(1e-7, 0.8, 1.0, 0.167, 1.0), SimpleNamespace(smallest_step=1e-9)
    begun = waiting.Waiting(1.0)
    steady = SimpleNamespace(leg=SimpleNamespace(piece=SimpleNamespace(source="voltage"), rate=0.0), node=None,
                             waiting=begun)  # fmt: skip
    assert pace.nucleus_time(steady, law, -0.5, 300.0, settings) == pytest.approx(1 / law.rate(-0.5, 300.0), rel=1e-6)
    rising = SimpleNamespace(leg=SimpleNamespace(piece=SimpleNamespace(source="voltage"), rate=2.0), node=None,
                             waiting=begun)  # fmt: skip
    wanted = begun.time_left(law, -0.3, -2.0, 300.0)
    assert pace.nucleus_time(rising, law, -0.3, 300.0, settings) == pytest.approx(wanted)
    for leg in (rising.leg, SimpleNamespace(piece=SimpleNamespace(source="current"), rate=9.0)):
        there = SimpleNamespace(leg=leg, node=Node(rate=2.0), waiting=begun)
        assert pace.nucleus_time(there, law, -0.3, 300.0, settings) == pytest.approx(wanted)
    due = SimpleNamespace(leg=steady.leg, node=None, waiting=waiting.Waiting(1.0, 1.0))
    assert pace.nucleus_time(due, law, -0.5, 300.0, settings) == pytest.approx(1e-9, rel=1e-6)
