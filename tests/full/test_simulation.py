"""The simulation as a whole: balances at every step, rejected steps, failures, order in time, every switch."""

import json
import re
import subprocess
import sys
from dataclasses import astuple, dataclass, fields, replace

import numpy as np
import pandas as pd
import pytest
from helpers import weak
from helpers.paths import ROOT
from mpi4py import MPI
from scipy.interpolate import CubicSpline

from ecmsim.config import load_config
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.models.full import forms
from ecmsim.models.full.mesh.cell_mesh import Region
from ecmsim.models.full.simulation import RejectedStep, Simulation, State
from ecmsim.physics.butler_volmer import ButlerVolmer
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.tunnelling import Simmons
from ecmsim.results import open_run
from ecmsim.running.progress import Silent
from ecmsim.running.run import resume, run

pytestmark = pytest.mark.slow  # they run the whole of ecmsim

QUICK = ROOT / "configs" / "quick.toml"


def read_series(folder):
    return pd.read_csv(folder / "timeseries.csv", float_precision="round_trip")


class Collector(Silent):
    """Keeps every accepted state of a run."""

    def __init__(self):
        self.states = []

    def step(self, state):
        self.states.append(state)


def run_states(folder, overrides=(), until=None):
    """Accepted states of a run of the quick configuration."""
    collector = Collector()
    run(load_config(QUICK, overrides), folder, progress=collector, until=until)
    return collector.states


# --- meshes ---------------------------------------------------------------------------------------------------

NEARLY_CLOSED = (
    'initial={kind="cylinder", radius="2 nm", height="9.8 nm"}',
    "dissolution.enabled=false",
    "mesh.spreading=0.1",
    "mesh.contact_line=0.02",
)


@pytest.fixture(scope="module")
def nearly_closed():
    simulation = Simulation(load_config(QUICK, NEARLY_CLOSED), MPI.COMM_SELF)
    yield simulation, simulation.start()
    simulation.close()


@pytest.mark.parametrize(("rise", "heat", "fine"), [(9.9, True, False), (10.1, True, True), (0.0, False, True)])
def test_electrodes_are_meshed_finely_once_they_are_warm(nearly_closed, monkeypatch, rise, heat, fine):
    """From 10 K on, or where nothing tells of heat; what begins with a filament begins so."""
    simulation, state = nearly_closed
    metal = Region.COUNTER_ELECTRODE, Region.ACTIVE_ELECTRODE

    def cells(mesh):
        return np.isin(mesh.region, metal).sum()

    meshes = [simulation._mesh(state.front, cold) for cold in (True, False)]  # coarse, fine
    assert cells(meshes[0]) < 0.6 * cells(meshes[1]) and cells(state.mesh) == cells(meshes[1])
    assert np.array_equal(*(mesh.filament_points for mesh in meshes))
    values = state.values.copy()
    values[:, 2] = np.linspace(0, rise, len(values))
    monkeypatch.setattr(simulation, "_moved", lambda front: None)  # a new mesh is needed
    monkeypatch.setattr(simulation, "model", replace(simulation.model, heat=heat))
    monkeypatch.setattr(simulation, "_solve", lambda discretisation, trial, state, step: trial)
    for part in ("_waited", "_judge"):
        monkeypatch.setattr(simulation, part, lambda trial, *others: trial)
    trial = simulation.advance(replace(state, values=values), 1e-12)
    simulation._drop()
    assert (cells(trial.mesh) > 0.8 * cells(meshes[1])) == fine


def test_a_nucleus_begins_on_a_coarse_mesh():
    """Nothing flows yet. Without heat nothing would tell when something does."""
    settings = ("mesh.spreading=0.1", "mesh.contact_line=0.02")
    count = []
    for also in ((), ("heat.enabled=false",)):
        simulation = Simulation(load_config(QUICK, settings + also), MPI.COMM_SELF)
        count.append(simulation.start().vertices)
        simulation.close()
    assert count[0] < 0.7 * count[1]


# --- a whole run --------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def quick(tmp_path_factory):
    """Folder and states of the quick configuration's run, to its end."""
    folder = tmp_path_factory.mktemp("run") / "quick"
    return folder, run_states(folder)


@pytest.fixture(scope="module")
def series(quick):
    return read_series(quick[0])


@pytest.mark.slow
def test_the_run_goes_where_it_should(series):
    """The gap closes from 9.9 nm to tunnelling, and the current rises to its limit."""
    assert series.time_s.iloc[0] == 0.0 and series.time_s.iloc[-1] == 1.72
    assert (np.diff(series.time_s) > 0).all()
    assert series.source_voltage_V.to_numpy() == pytest.approx(series.time_s.to_numpy(), abs=1e-12)  # 1 V/s
    assert series.gap_nm.iloc[0] > 9.8 and series.gap_nm.iloc[-1] < 0.4
    assert series.current_A.iloc[-1] == pytest.approx(1e-6, rel=1e-3, abs=0)
    assert series.remesh.sum() > 5


def test_balances_hold_at_every_step(series):
    assert series.charge_imbalance.max() < 1e-8
    assert series.faraday_error.max() < 1e-3
    assert series.power_imbalance.max() < 1e-6


def test_faraday_from_the_time_series_alone(series):
    """The filament's volume is the integral of M/(z F rho) I_ion, with copper's numbers."""
    per_coulomb = 63.546e-3 / (96485.33212 * 8960.0) * 1e27  # nm3/C
    charge = CubicSpline(series.time_s, series.ionic_current_A).antiderivative()(series.time_s)
    grown = series.volume_nm3 - series.volume_nm3[0]
    assert grown.iloc[-1] > 50
    assert np.abs(grown - charge * per_coulomb).max() < 2e-3 * grown.iloc[-1]
    # The outline of a step lacks what the corrector brings with the next one.
    assert (np.abs(grown - charge * per_coulomb) / series.volume_nm3).max() < 3e-3


def test_compliance_is_respected_at_every_step(series):
    """I <= I_CC to round-off, and I = I_CC (1 - exp(-(V - V_cell)/V0)) with the cell voltage of the same row."""
    assert series.current_A.max() <= 1e-6 * (1 + 1e-12)
    drop = series.source_voltage_V - series.cell_voltage_V
    law = -1e-6 * np.expm1(-drop / 0.05)
    large = series.current_A > 1e-10  # below that the drop of nanovolts drowns in the round-off of a volt
    assert large.sum() > 40
    assert law[large].to_numpy() == pytest.approx(series.current_A[large].to_numpy(), rel=1e-6, abs=0)


def test_currents_add_up(series):
    """Each is an integral of its own over the surface that it crosses; the terminal's is that of the residual."""
    total = series.ionic_current_A + series.tunnel_current_A
    assert total.to_numpy() == pytest.approx(series.current_A.to_numpy(), rel=1e-8, abs=1e-30)
    # Ions before the gap closes, electrons afterwards.
    early, late = series[series.time_s < 1.2], series[series.time_s > 1.70]
    assert (early.tunnel_current_A.abs() < 1e-3 * early.ionic_current_A.abs().clip(lower=1e-25)).all()
    assert (late.ionic_current_A < 1e-3 * late.current_A).all()


def test_snapshots_tell_their_state_and_materials(quick, series):
    """What is in a file is what the row of its step says, and each number of `material` has a name."""
    snapshot = open_run(quick[0]).snapshots[-1]
    seen = snapshot.read()
    row = series.iloc[int(np.argmin(np.abs(series.time_s - snapshot.time_s)))]
    for name in ("time_s", "source_voltage_V", "cell_voltage_V", "current_A", "gap_nm"):
        assert seen.field_data[name].item() == row[name]
    assert seen.field_data["TimeValue"].item() == row.time_s
    names = {name: int(value[0]) for name, value in seen.field_data.items() if name.startswith("material_")}
    assert names == {
        "material_counter_electrode_Pt": 0,
        "material_filament_Cu": 1,
        "material_switching_layer_SiO2": 2,
        "material_active_electrode_Cu": 3,
    }
    assert set(np.unique(seen.cell_data["material"][0])) == set(names.values())


# --- steps --------------------------------------------------------------------------------------------------


def arrays(state):
    """Copies of all that a state holds."""
    kept = {f.name: getattr(state, f.name) for f in fields(state)} | {"observed": dict(state.observed)}
    kept |= {"front": state.filament.points, "carried": state.front.carried}
    kept |= {"mesh": state.mesh.points, "triangles": state.mesh.triangles}
    return {name: np.copy(value) if isinstance(value, np.ndarray) else value for name, value in kept.items()}


def same(first, second, tolerance=None):
    """Whether two collections of arrays agree: bit by bit, or to a relative tolerance of each array's size."""
    for name, value in first.items():
        other = second[name]
        if isinstance(value, dict):
            same(value, other, tolerance)
        elif not isinstance(value, (np.ndarray, float)) or tolerance is None:
            assert np.array_equal(value, other), name
        else:
            scale = np.abs(value).max(axis=0 if np.ndim(value) else None, initial=0.0)  # no body may float
            assert (np.abs(np.asarray(value) - other) <= tolerance * scale + 1e-300).all(), name


@pytest.mark.slow
@pytest.mark.parametrize(
    "too_long, kind, meshes",
    [(0.15, RejectedStep, 1), (0.02, RejectedStep, 0)],
    ids=["current jumps on a new mesh", "current jumps on the moved mesh"],
)
def test_a_rejected_step_leaves_no_trace(too_long, kind, meshes):
    """The accepted state stays as it is bit by bit, and what follows is as if the step had not been tried."""
    config = load_config(QUICK, ["balance.faraday=1"])  # the steps are long
    tried, _ = simulations = [Simulation(config, MPI.COMM_WORLD) for _ in range(2)]
    states = [simulation.start() for simulation in simulations]

    def advance(times):
        for time in times:
            states[:] = [s.accept(s.advance(state, time)) for s, state in zip(simulations, states, strict=True)]

    advance(np.linspace(0, 1.0, 51)[1:])
    same(*(arrays(state) for state in states))
    before, meshes_before = arrays(states[0]), tried.remeshes
    tried.config = load_config(
        QUICK, ["stepping.smallest_judged_current=0 A", "stepping.largest_current_ratio=1.01", "balance.faraday=1"]
    )
    with pytest.raises(kind):
        tried.advance(states[0], 1.0 + too_long)
    tried.config = config
    assert tried.remeshes == meshes_before + meshes
    same(before, arrays(states[0]))
    advance(1.0 + np.array([0.002, 0.004, 0.006]))
    first, second = (arrays(state) for state in states)
    for kept in (first, second):
        kept.pop("iterations")  # the old factor may serve one iteration longer or shorter
        for name in ("charge_imbalance", "faraday_error", "power_imbalance", "tunnel_current"):  # round-off
            kept["observed"].pop(name)
    same(first, second, tolerance=1e-5)  # among others of what points owe, a difference of differences
    for simulation in simulations:
        simulation.close()


@pytest.mark.slow
def test_few_steps_tell_what_many_do(tmp_path):
    """Height, volume and current at 1.1 s, with limits of the time step three times apart: what is left is that points
    are spaced anew at other times. (The order of the motion: tests/shape/test_front.py.)"""

    def end_of(scale):
        states = run_states(
            tmp_path / f"{scale}",
            [
                f"stepping.relative_error={0.02 / scale**2}",
                f"stepping.displacement_error={1e-5 / scale**3} nm",
                "balance.faraday=0.1",
                f"stepping.largest_voltage_step={100 / scale} mV",
                f"stepping.height_fraction={0.2 / scale}",
                f"stepping.first_step={10 / scale} ms",
                "stepping.growth=4",
            ],
            until=1.1,
        )
        last = states[-1]
        assert last.time == 1.1
        return np.array([last.filament.height, last.filament.volume, last.observed["current"]]), len(states)

    (coarse, few), (fine, many) = (end_of(scale) for scale in (1, 4))
    assert few < 60 and many > 2.5 * few
    assert fine[0] > 0.6  # of a nucleus of 0.128 nm
    assert coarse / fine == pytest.approx([1, 1, 1], abs=2e-3)


# --- failures -----------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_a_failed_solve(tmp_path):
    """Exit code 3; last state, dump and reason on disk; a message with time, voltage, the worst field, a remedy."""
    folder = tmp_path / "run"
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "ecmsim",
            "run",
            str(QUICK),
            "--out",
            str(folder),
            "--quiet",
            "--set",
            "solver.max_iterations=2",
            "--set",
            "stepping.smallest_step=1 ms",
        ],
        capture_output=True,
        text=True,
        timeout=1500,
        cwd=ROOT,
    )
    assert done.returncode == 3, done.stderr
    errors = [line for line in done.stderr.splitlines() if line.startswith("error:")]
    assert len(errors) == 1
    assert "Traceback" not in done.stderr
    last = read_series(folder).iloc[-1]
    when = f"t = {last.time_s:.6g} s", f"{last.source_voltage_V:.4g} V"
    for part in (*when, "no convergence", "solver.max_iterations", "failure.npz"):
        assert part in errors[0]
    assert re.search(r"Try \w.*(mesh|stepping|solver)\.[a-z_]+", errors[0])  # a remedy that names a setting
    assert any(field in errors[0] for field in ("electronic potential", "ionic potential", "temperature"))
    provenance = json.loads((folder / "provenance.json").read_text())
    assert provenance["status"] == "failed"
    assert provenance["reason"] in errors[0]
    with np.load(folder / "failure.npz") as dump:
        assert dump["time_s"] == last.time_s and dump["source_voltage_V"] == last.source_voltage_V
        assert dump["filament_nm"][0, 1] == last.height_nm
        assert dump["fields"].shape == (len(dump["points_nm"]), 3) == (last.vertices, 3)
    assert "rejected" in (folder / "events.csv").read_text()
    assert list((folder / "snapshots").glob("*.vtu"))


# --- switches -----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """What a case shows. power and loss: at the tunnelling gap and in the metals, W; speeds in nm/s at the tip and
    half-way up."""

    state: State
    power: float
    loss: float
    tip: float
    side: float

    @property
    def rise(self):
        return self.state.observed["temperature_max"] - 300.0

    @property
    def current(self):
        return self.state.observed["current"]


def seen(*overrides, height=10.2, radius=1.5):
    """The cell with a tall filament at 1.5 V and a compliance current of 100 uA."""
    config = load_config(QUICK, ["compliance.current=100 uA", *overrides])
    simulation = Simulation(config, MPI.COMM_WORLD)
    state = weak.tall_state(simulation, height, radius)
    totals = simulation.discretisation.problem.totals()
    simulation.close()
    speed = np.hypot(*state.velocity.T)
    half_way = np.argmin(np.abs(state.filament.points[:, 1] - 0.5 * height))
    return Seen(state, totals.powers.get("tunnel", 0.0), totals.powers["metal"], speed[0], speed[half_way])


@pytest.fixture(scope="module")
def full():
    """All laws switched on."""
    case = seen()
    assert 5 < case.rise < 50 and case.current > 1e-6  # the case has something to lose
    assert case.state.observed["power_imbalance"] < 1e-9
    return case


def test_tunnel_barrier_heating_makes_the_heat(full):
    """Without it Joule heat alone is left, a thousandth of the power in this cell."""
    case = seen("heat.tunnel_barrier=false")
    assert 0 < case.rise < 0.1
    assert case.power == pytest.approx(full.power, rel=1e-3, abs=0)
    assert 0.3 < (case.rise / full.rise) / (full.loss / full.power) < 3
    assert case.state.observed["power_imbalance"] < 1e-9


def test_joule_heating(full):
    case = seen("heat.joule=false")
    assert 1e-3 < full.rise - case.rise < 0.2
    assert seen("heat.joule=false", "heat.tunnel_barrier=false").rise == 0.0


def test_no_heat_at_all(full):
    case = seen("heat.enabled=false")
    assert case.rise == 0.0 and not case.state.values[:, 2].any()
    assert case.side < 0.9 * full.side  # it is the temperature that drives the reaction here


def test_conductors_of_heat(full):
    """Half of every kappa: about twice the rise; so do a poorly conducting filament and an ambient wall count."""
    assert seen("heat.thermal_conductivity_factor=0.5").rise / full.rise == pytest.approx(2, rel=0.1, abs=0)
    assert seen("filament.thermal_conductivity_factor=0.1").rise > 1.2 * full.rise
    cooled = seen("heat.wall=ambient")
    assert 0.8 < cooled.rise / full.rise < 0.9999
    points = cooled.state.mesh.points
    assert not cooled.state.values[points[:, 0] > points[:, 0].max() - 1e-9, 2].any()


def test_dissolution():
    """With it the electrode recedes by 5 % of the growth, at most 0.4 nm; without it stays flat."""
    for overrides, height, recess in (
        ((), 6.0, 0.05 * (6.0 - 0.128)),
        ((), 10.2, 0.4),
        (["dissolution.enabled=false"], 6.0, 0.0),
    ):
        state = seen(*overrides, height=height).state
        assert state.mesh.electrode_points[:, 1].max() - 10.0 == pytest.approx(recess, abs=1e-4)


def test_void_barrier(full):
    """Inside the void (0.2 nm above the interface) it all but stops the tip, and leaves the side alone."""
    case = seen("dissolution.void_barrier=false")
    assert case.tip > 500 * full.tip
    assert case.side == pytest.approx(full.side, rel=0.1, abs=0)


def test_stress(full):
    """The barrier of Eq. (9) at the radius half-way up: exp(-dW/kT), at nearly unchanged potentials."""
    case = seen("stress.enabled=false")
    r, _ = full.state.filament.points[np.argmin(np.abs(full.state.filament.points[:, 1] - 5.1))]
    barrier = 0.0193 * (np.exp(r / 1.68) - 1)
    assert full.side / case.side == pytest.approx(np.exp(-barrier / (8.617333e-5 * 302)), rel=0.2, abs=0)
    assert full.tip == pytest.approx(case.tip, rel=0.3, abs=0)


def test_tunnelling(full):
    case = seen("tunnelling.enabled=false")
    assert case.power == 0.0
    assert abs(case.state.observed["tunnel_current"]) < 1e-8 * case.current
    assert 0 < case.current < 1e-12
    assert case.rise < 1e-6


@pytest.mark.slow
def test_gap_definition():
    """Below a flat electrode the shortest gap is the vertical one; under a void its rim is nearer."""
    tip = {"height": 9.6, "radius": 0.5}

    def both(*overrides):
        return [seen(f"tunnelling.gap={name}", *overrides, **tip) for name in ("vertical", "shortest")]

    vertical, shortest = both("dissolution.enabled=false")
    assert shortest.current == pytest.approx(vertical.current, rel=1e-6, abs=0)
    vertical, shortest = both()
    assert shortest.current > 2 * vertical.current
    assert shortest.state.observed["gap"] < vertical.state.observed["gap"] - 0.01


def test_conductivity_of_the_filament(full):
    """The size effect and defects raise the loss in the metals; the current hardly knows."""
    bulk = seen("filament.size_effect=false")
    assert 5 < full.loss / bulk.loss < 50
    assert seen("filament.defect_factor=0.2").loss / full.loss == pytest.approx(5, rel=0.1, abs=0)
    assert bulk.current == pytest.approx(full.current, rel=1e-2, abs=0)


# --- transient heat -----------------------------------------------------------------------------------------


@pytest.fixture
def same_quadrature(monkeypatch):
    """Steady heat is integrated with as many points as transient heat."""
    monkeypatch.setitem(forms.VOLUME_DEGREE, "steady", forms.VOLUME_DEGREE["transient"])


def test_transient_heat_is_steady_for_slow_ramps(same_quadrature):
    """Heat spreads within some 10 ps: a step of 10 us at 1 V/s gives the steady temperature."""
    rises = []
    for mode in ("steady", "transient"):
        config = load_config(QUICK, ["compliance.current=100 uA", f"heat.mode={mode}"])
        simulation = Simulation(config, MPI.COMM_WORLD)
        state = weak.tall_state(simulation)
        state = simulation.accept(simulation.advance(state, state.time + 1e-5))
        rises.append(state.values[:, 2])
        simulation.close()
    assert rises[0].max() > 5
    assert np.abs(rises[1] - rises[0]).max() < 1e-6 * rises[0].max()


def test_one_point_a_triangle_is_enough_for_steady_heat(monkeypatch):
    """Fields of a hot filament by one and by three points: both of second order, 1e-3 apart on a coarse mesh."""
    found = []
    for degree in (1, 2):
        monkeypatch.setitem(forms.VOLUME_DEGREE, "steady", degree)
        simulation = Simulation(load_config(QUICK, ["compliance.current=100 uA"]), MPI.COMM_WORLD)
        seen = weak.tall_state(simulation).observed
        found.append([seen["temperature_max"] - 300, seen["current"], seen["ionic_current"]])
        simulation.close()
    assert found[0][0] > 5 and found[0] != found[1]
    assert found[0] == pytest.approx(found[1], rel=1e-3, abs=0)


@pytest.mark.slow
def test_transient_heat_lags_behind_fast_ramps(same_quadrature):
    """After 6 ps of ramp at 1e11 V/s the temperature is behind the steady one, which it then approaches."""
    overrides = ["compliance.current=100 uA", "programme[0].rate=1e11 V/s", "programme[0].to=1.6 V"]
    rises = {}
    for mode in ("steady", "transient"):
        simulation = Simulation(load_config(QUICK, [*overrides, f"heat.mode={mode}"]), MPI.COMM_WORLD)
        state = weak.tall_state(simulation, time=1.0e-11)
        rises[mode] = [state.observed["temperature_max"] - 300]
        for time in np.linspace(1.2e-11, 6e-11, 25):  # the voltage stays at 1.6 V after 16 ps
            state = simulation.accept(simulation.advance(state, time))
            rises[mode].append(state.observed["temperature_max"] - 300)
        simulation.close()
    steady, transient = np.array(rises["steady"]), np.array(rises["transient"])
    lag = 1 - transient / steady
    assert abs(lag[0]) < 1e-9  # both begin steady
    assert (np.diff(transient) > 0).all()
    ramped = 3
    assert 0.03 < lag[ramped] < 0.2
    assert (np.diff(lag[ramped:]) < 0).all() and 0 < lag[-1] < 0.1 * lag[ramped]


# --- laws of one's own -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Doubled(Simmons):
    """Twice the tunnelling current."""

    def conductance_density(self, gap):
        return 2 * super().conductance_density(gap)


@pytest.mark.slow
@pytest.mark.parametrize("model", ["full", "reduced"])
def test_a_law_of_ones_own_replaces_the_configured_one(tmp_path, model):
    """Twice the conductance at the same gap, in both models; provenance tells it; only the same law resumes the run."""
    near = ["initial.kind=cylinder", "initial.radius=0.5 nm", "initial.height=9.6 nm"]
    config = load_config(QUICK, [f"model={model}", "output.snapshot_regimes=false", *near])
    law = Doubled(config.tunnelling.barrier, config.tunnelling.effective_mass, config.tunnelling.prefactor)
    for name, laws in (("own", {"tunnelling": law}), ("its", None)):
        run(config, tmp_path / name, until=0.05, laws=laws)
    own, its = (open_run(tmp_path / name) for name in ("own", "its"))
    ratio = own.timeseries["tunnel_current_A"] / its.timeseries["tunnel_current_A"]
    assert ratio[1:].to_numpy() == pytest.approx(2, rel=1e-3)
    assert "Doubled" in own.provenance["laws"]["tunnelling"] and not its.provenance["laws"]
    for name, laws in (("own", None), ("its", {"tunnelling": law})):
        with pytest.raises(ResultsError, match="laws"):
            resume(tmp_path / name, until=0.06, laws=laws)
    assert resume(tmp_path / "own", until=0.06, laws={"tunnelling": law}).state.time == pytest.approx(0.06)


def test_laws_that_there_are_not_are_refused(tmp_path):
    with pytest.raises(ConfigError, match="no law 'tunneling'; choose from .*tunnelling"):
        run(load_config(QUICK, ["model=reduced"]), tmp_path / "run", laws={"tunneling": None})


@dataclass(frozen=True)
class Tafel(ButlerVolmer):
    """Oxidation alone, as one might write it for arrays only."""

    branching: bool = False

    def current_density(self, overpotential, temperature, barrier=0.0):
        if self.branching and overpotential < 0:
            return 0.0
        density = self.exchange_current_density(temperature, barrier)
        return density * np.exp(overpotential / (BOLTZMANN_EV * temperature))


@pytest.mark.parametrize("branching", [False, True])
def test_a_law_for_arrays_only_is_refused_with_the_remedy(tmp_path, branching):
    config = load_config(QUICK)
    own = Tafel(*astuple(DeviceModel.from_config(config).kinetics), branching)
    with pytest.raises(ConfigError, match="laws: kinetics: .*ecmsim.physics.operators .*where_less instead of if"):
        run(config, tmp_path / "run", laws={"kinetics": own})
