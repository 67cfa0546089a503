"""Settings that are said to have no effect have none, to the bit, in the reduced model; with their law on they do."""

import html
from functools import cache

import numpy as np
import pytest
from helpers.paths import QUICK
from mpi4py import MPI

from ecmsim.config import load_config
from ecmsim.config.idle import RULES
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.page import page_text
from ecmsim.results import open_run
from ecmsim.running.march import March
from ecmsim.running.run import resume, run

# A thick filament within an atom of the electrode: electrons tunnel, and with blend atoms bridge the gap.
CASE = (
    "model=reduced",
    'programme=[{kind="ramp", to="0.5 V", duration="1 ns"}, {kind="ramp", to="1.6 V", duration="20 us"}]',
    'compliance={kind="ideal", current="100 uA"}',
    'initial={kind="cylinder", radius="2 nm", height="9.95 nm"}',
    "dissolution.maximum_depth=0.15 nm",
    "surface_diffusion.coefficient=1e6 nm^4/s",
    "surface_diffusion.reference_temperature=300 K",
    "surface_diffusion.activation_energy=0.5 eV",
    "surface_diffusion.contact_angle=90 deg",
    "capillarity.surface_energy=1.8 J/m^2",
    "capillarity.smallest_radius=0.4 nm",
    "stepping.first_step=0.1 us",
)
SWITCHES = {  # by which setting a law is on, and off
    "tunnelling.law": ("tunnelling.law=blend", "tunnelling.law=landauer"),
    "programme": (),
    "checkpoint.enabled": (),
    "nucleation.waiting": ("nucleation.waiting=drawn", "nucleation.waiting=mean"),
}
OTHER = {
    "stress.energy": "0.1 eV",
    "stress.reading": "printed",
    "stress.template_radius": "1 nm",
    "dissolution.ratio": 0.01,
    "dissolution.maximum_depth": "0.001 nm",
    "dissolution.clearance": "0.6 nm",
    "dissolution.void_barrier": False,
    "dissolution.void_energy": "0.2 eV",
    "dissolution.void_length": "0.5 nm",
    "dissolution.void_reading": "printed",
    "tunnelling.law": "blend",
    "tunnelling.table": "Ag",
    "tunnelling.plateaus": False,
    "tunnelling.seed": 3,
    "tunnelling.barrier_shape": "rectangular",
    "tunnelling.barrier": "3 eV",
    "tunnelling.effective_mass": 0.5,
    "tunnelling.prefactor": 1.5,
    "filament.specularity": 0.5,
    "filament.minimum_diameter": "3 nm",
    "filament.thermal_conductivity_factor": 0.2,
    "filament.wiedemann_franz": True,
    "heat.joule": False,
    "heat.tunnel_barrier": False,
    "heat.thermal_conductivity_factor": 0.3,
    "heat.wall": "ambient",
    "heat.boundary_resistance": "1e-8 m^2*K/W",
    "heat.mode": "transient",
    "surface_diffusion.coefficient": "1e5 nm^4/s",
    "surface_diffusion.reference_temperature": "200 K",
    "surface_diffusion.activation_energy": "0.1 eV",
    "surface_diffusion.contact_angle": "60 deg",
    "stepping.largest_relaxation": "1e-6 nm",
    "capillarity.surface_energy": "0.9 J/m^2",
    "capillarity.smallest_radius": "0.2 nm",
    "nucleation.attempt_time": "1e-9 s",
    "nucleation.activation_energy": "1.5 eV",
    "nucleation.critical_atoms": 0,
    "nucleation.waiting": "drawn",
    "nucleation.seed": 2,
}
NEEDS_BLEND = {"tunnelling.table", "tunnelling.plateaus", "tunnelling.seed"}
# Readings of a barrier differ only where metal dissolves: a gap of nanometres, then backwards.
NEEDS_RESET = {"stress.reading", "dissolution.void_reading"}
BACKWARDS = (
    'programme=[{kind="ramp", to="-0.5 V", duration="1 ns"}, {kind="ramp", to="-1 V", duration="20 us"}]',
    'initial={kind="cylinder", radius="2 nm", height="9.8 nm"}',
    "dissolution.maximum_depth=0.4 nm",
)
# Without metal at the start.
EMPTY = (
    'initial={kind="nucleus"}',
    "nucleation.attempt_time=1e-12 s",
    "nucleation.activation_energy=0.47 eV",
    "nucleation.critical_atoms=1",
    "nucleation.waiting=mean",
    "nucleation.seed=1",
)
NOT_REDUCED = {"heat.mode"}  # refused with heat
# The last is a number; how atoms are counted, tests/running/test_drawn_contact.py sees.
NOT_HERE = ("programme", "checkpoint.enabled", "contact.atoms", "butler_volmer.exchange_current_density")
CASES = [
    (rule.switch, setting)
    for rule in RULES
    if rule.switch not in NOT_HERE
    for setting in rule.settings
    if setting != "tunnelling.fluctuation"  # needs a seed, so that one without the other is refused
]


def set_to(setting, value):
    text = str(value).lower() if isinstance(value, bool) else value
    return f"{setting}={text}"


@cache
def outcome(*overrides):
    """All that is seen of some steps, as an array."""
    simulation = ReducedSimulation(load_config(QUICK, [*CASE, *overrides]), MPI.COMM_SELF)
    march = March(simulation)
    march.begin()
    seen = []
    while len(seen) < 12 and not march.finished:
        state = march.step(np.inf)
        seen.append([state.time, state.filament.volume, state.filament.height, *state.observed.values()])
    return np.array(seen)


@pytest.mark.parametrize(("switch", "setting"), CASES)
def test_a_setting_that_is_idle(switch, setting):
    on, off = SWITCHES.get(switch, (f"{switch}=true", f"{switch}=false"))
    law = ["nucleation.enabled=true"] if switch == "nucleation.waiting" else []
    law += ["tunnelling.law=blend"] if setting in NEEDS_BLEND else []
    law += ["tunnelling.law=terraces"] if setting == "tunnelling.barrier_shape" else []
    law += BACKWARDS if setting in NEEDS_RESET else ()
    law = [*EMPTY, *law] if setting.startswith("nucleation.") else law
    law += ["nucleation.waiting=drawn"] if setting == "nucleation.seed" else []
    change = set_to(setting, OTHER[setting])
    assert np.array_equal(outcome(*law, off), outcome(*law, off, change))
    if setting not in NOT_REDUCED:
        there, changed = outcome(*law, on), outcome(*law, on, change)
        assert there.shape != changed.shape or not np.array_equal(there, changed)


@pytest.mark.slow
def test_log_and_report_tell_what_is_idle(tmp_path, monkeypatch):
    """In the run that was started with it, also when it is resumed; other runs say nothing."""
    monkeypatch.setattr("ecmsim.page.pictures.PICTURES", {})
    line = 'stress.energy = "0.1 eV" has no effect: stress.enabled = false'
    case = [*CASE, "surface_diffusion.enabled=true", "capillarity.enabled=true"]
    told = load_config(QUICK, [*case, "stress.enabled=false", "stress.energy=0.1 eV"])
    run(told, tmp_path / "told", comm=MPI.COMM_SELF, until=2e-9)
    resume(tmp_path / "told", comm=MPI.COMM_SELF, until=3e-9)
    run(load_config(QUICK, case), tmp_path / "quiet", comm=MPI.COMM_SELF, until=2e-9)
    for name, count in (("told", 1), ("quiet", 0)):
        there = open_run(tmp_path / name)
        assert (there.folder / "ecmsim.log").read_text().count(f"WARNING {line}") == count
        assert there.provenance.get("idle", []) == [line] * count
        page = html.unescape(page_text(there))
        assert page.count("Given, but without effect") == page.count(f"<li>{line}</li>") == count
