"""Two needles: what one loses the other gains, both alike, with all balances; what stays of them; what is refused."""

import numpy as np
import pytest
from helpers.paths import ROOT
from helpers.stopping import During, signalled
from mpi4py import MPI

from ecmsim.commands.mesh import preview
from ecmsim.config import load_config
from ecmsim.errors import ConfigError
from ecmsim.models.full.mesh.cell_mesh import Surface
from ecmsim.models.full.mesh.files import read_mesh
from ecmsim.models.full.simulation import Simulation
from ecmsim.results import open_run
from ecmsim.running.progress import Silent
from ecmsim.running.reporter import Stopped
from ecmsim.running.run import resume, run
from ecmsim.shape.needle import needle_of

pytestmark = pytest.mark.slow  # of one whole run, which the first of them makes

CONFIG = ROOT / "configs" / "ag_needles.toml"
EQUAL = [
    'initial.tip_radius="1 nm"',
    'initial.height="9 nm"',
    'needle.tip_radius="1 nm"',
    'needle.half_angle="15 deg"',
    'needle.height="9 nm"',
    "mesh.surface_size=1 nm",
    "mesh.largest_size=8 nm",
    "mesh.cells_across_gap=2",
    "output.snapshot_currents=[]",
]


def ramp(to, duration="2 s"):
    return f'programme=[{{kind="ramp", to="{to}", duration="{duration}"}}]'


class Collector(Silent):
    """Keeps every accepted state of a run."""

    def __init__(self):
        self.states = []

    def step(self, state):
        self.states.append(state)


def states_of(folder, *overrides, until=None):
    collector = Collector()
    run(load_config(CONFIG, [*EQUAL, *overrides]), folder, progress=collector, until=until)
    return collector.states


@pytest.fixture(scope="module")
def runs(tmp_path_factory):
    """States of the cell of equal needles under a ramp up and under the same one down."""
    root = tmp_path_factory.mktemp("needles")
    return {to: (root / to, states_of(root / to, ramp(to))) for to in ("1.2 V", "-1.2 V")}


def volumes(state):
    return np.array([metal.volume for metal in state.front.metals])


def test_what_the_needle_loses_the_filament_gains(runs):
    _, states = runs["1.2 V"]
    first, last = volumes(states[0]), volumes(states[-1])
    moved = last - first
    assert moved[0] > 1.0  # nm3
    assert moved[1] == pytest.approx(-moved[0], rel=2e-3)
    for state in states:
        assert state.observed["faraday_error"] < 1e-3
        assert state.observed["charge_imbalance"] < 1e-8
        assert state.observed["power_imbalance"] < 1e-6
    assert states[-1].observed["recess"] == pytest.approx(9.0 - states[-1].front.needle.filament.height)
    assert states[-1].observed["recess"] > 0.02


def test_both_needles_are_alike(runs):
    """Under the opposite voltage the filament does what the needle did: the same laws hold on both, size effect, heat
    and nucleus included. (The outlines differ by what meshes cut at different places do.)"""
    (_, up), (_, down) = runs["1.2 V"], runs["-1.2 V"]
    grown, lost = volumes(up[-1])
    other_lost, other_grown = volumes(down[-1])
    assert other_grown == pytest.approx(grown, rel=1e-3)
    assert other_lost == pytest.approx(lost, rel=1e-3)
    assert down[-1].observed["current"] == pytest.approx(-up[-1].observed["current"], rel=2e-2)
    assert down[-1].observed["recess"] < 0  # metal has come back onto the needle


def test_the_plane_around_a_needle_does_not_react(runs):
    mesh = runs["1.2 V"][1][0].mesh
    edges = mesh.points[mesh.reacting_edges(Surface.ACTIVE_ELECTRODE)]
    assert edges[..., 1].min() == pytest.approx(11.0) and len(edges) == mesh.needle - 1
    assert (edges[:, 0, 1] < 20.0).all() and edges[-1, 1] == pytest.approx(mesh.points[mesh.needle_nodes[-1]])
    assert len(mesh.edges(Surface.ACTIVE_ELECTRODE)) > len(edges)


def test_the_metal_between_tips_that_touch_is_as_hot_on_either_side(tmp_path):
    """Joule heat in two equal needles: the size effect, Eq. (6), raises the resistance of both alike."""
    tips = ["initial.height=9.9 nm", "needle.height=9.9 nm", "heat.tunnel_barrier=false"]
    simulation = Simulation(
        load_config(CONFIG, [*EQUAL, *tips, ramp("0.5 V", "1 us"), "compliance.kind=none"]), MPI.COMM_SELF
    )
    start = simulation.start()
    state = simulation.accept(simulation.advance(start, 1e-6))
    filament, needle = state.mesh.filament_nodes, state.mesh.needle_nodes
    rise = state.values[:, 2]
    assert rise[filament[0]] > 0.05
    assert rise[needle[0]] == pytest.approx(rise[filament[0]], rel=0.08)
    simulation.close()


def test_equal_needles_are_in_balance_at_rest(tmp_path):
    """Curved metal dissolves where flat metal does not (Gibbs and Thomson), but not into metal as curved as itself."""
    capillary = ["enabled=true", 'surface_energy="1 J/m^2"', 'smallest_radius="1 nm"']
    capillary = [f"capillarity.{setting}" for setting in capillary] + ['programme=[{kind="hold", duration="1 ms"}]']
    states = states_of(tmp_path / "rest", *capillary)
    moved = np.abs(volumes(states[-1]) - volumes(states[0]))
    sharp = states_of(tmp_path / "sharp", *capillary, 'initial.tip_radius="0.3 nm"')
    assert moved.max() < 0.02 * np.abs(volumes(sharp[-1]) - volumes(sharp[0])).max()


def test_a_needle_dissolves_down_to_its_nucleus(tmp_path):
    """And comes to rest there: what is left is a hemisphere of an atom."""
    short = ['needle.height="0.4 nm"', 'needle.tip_radius="0.3 nm"', "needle.half_angle=0 deg", 'initial.height="5 nm"']
    states = states_of(tmp_path / "short", *short, ramp("2 V", "4 s"))
    needle = states[-1].front.needle
    assert np.hypot(*needle.filament.points.T) == pytest.approx(0.144, rel=0.3)
    assert needle.speed < 1e-3 * max(state.front.needle.speed for state in states)
    assert states[-1].observed["faraday_error"] < 1e-2


def test_a_run_goes_on_to_the_bit(tmp_path):
    """Stopped and resumed: the checkpoint has the needle with what its points carry."""
    config = load_config(CONFIG, [*EQUAL, ramp("1 V"), "stepping.rebind_every=10"])
    run(config, tmp_path / "whole", progress=Silent())
    with pytest.raises(Stopped):
        run(config, tmp_path / "parts", progress=During(25, signalled))
    resume(tmp_path / "parts", progress=Silent())
    series = [(tmp_path / name / "timeseries.csv").read_bytes() for name in ("whole", "parts")]
    assert series[0].count(b"\n") > 35
    assert series[0] == series[1]
    ends = [open_run(tmp_path / name).outlines[-1].electrode_points for name in ("whole", "parts")]
    assert np.array_equal(*ends)


def test_the_mesh_of_a_run_s_end_has_its_needle(runs, tmp_path):
    folder, states = runs["1.2 V"]
    config = load_config(CONFIG, EQUAL)
    path, picture = preview(config, tmp_path / "end.msh", run=folder)
    assert picture.exists()
    surface = read_mesh(path).electrode_points
    needle = needle_of(open_run(folder).outlines[-1].electrode_points, 20.0)
    assert needle.volume == pytest.approx(states[-1].front.needle.filament.volume)
    assert surface[0] == pytest.approx([0.0, 20.0 - needle.height])
    path, _ = preview(config, tmp_path / "begin.msh")
    assert read_mesh(path).filament_points[0] == pytest.approx([0.0, 9.0])


def test_the_reduced_model_refuses_a_needle():
    with pytest.raises(ConfigError, match='needle: the reduced model has a plane active electrode; set model = "full"'):
        load_config(CONFIG, ["model=reduced"])
