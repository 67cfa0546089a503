"""How runs end and what is said then: never switched, contact, melting, ranges of the laws; the same wherever told."""

import json
from math import pi

import pytest
from helpers.paths import QUICK
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.config import load_config
from ecmsim.errors import SolveError
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.page import page_text
from ecmsim.results import open_run
from ecmsim.results.states import only_nucleus, switched, touches
from ecmsim.running.remarks import Ranges, Remarks
from ecmsim.running.run import resume, run
from ecmsim.shape.filament import Filament

REFERENCE = QUICK.parent / "cu_sio2_pt.toml"
SHORT = [
    "model=reduced",
    "stepping.refinement=0.5",
    "mesh.refinement=0.5",
    'programme=[{kind = "ramp", to = "0.3 V", rate = "1 V/s"}]',
]
COPPER = Ranges("copper", 1357.8, 4.2, 0.07)


def seen(**values):
    """A state in which nothing deserves a word, but for what is given."""
    quiet = {
        "current": 1e-15,
        "tunnel_current": 1e-30,
        "ionic_current": 1e-15,
        "source_voltage": 1.0,
        "gap": 5.0,
        "temperature_max": 300.0,
        "junction_voltage": 1.0,
        "contact_atoms": 0.0,
    }
    return quiet | values


def remarked(*states, ranges=COPPER, limit=None):
    remarks = Remarks(ranges)
    for state in states:
        remarks.see(state, limit)
    return remarks


def test_ranges_are_those_of_the_configuration():
    """The paper's smallest gap, unless atoms may bridge it; a barrier for linearised tunnelling alone."""
    assert Ranges.from_config(load_config(REFERENCE)) == Ranges("copper", 1357.8, 4.2, 0.07)
    bridged = Ranges.from_config(load_config(REFERENCE, ["model=reduced", "tunnelling.law=blend"]), True, 1.5)
    assert bridged == Ranges("copper", 1357.8, None, 0.0, layer=10.0, bias=1.5)


# --- what the states are called -----------------------------------------------------------------------------------


def test_names_of_states():
    assert touches(0.049, 0.05) and not touches(0.05, 0.05)
    nucleus = 2 / 3 * pi * 0.128**3
    assert only_nucleus(1.3 * nucleus, 0.128) and not only_nucleus(1.4 * nucleus, 0.128)
    assert switched(0.3, 1e-9, 1e-12, 0.0) and switched(0.3, -1e-9, 1e-12, 0.0) and switched(5.0, 0.0, 0.0, 1.0)
    # Where ions rest the least electron is more than they are, and makes no switched cell.
    assert not switched(5.0, 1e-60, 0.0, 0.0) and not switched(0.3, 1e-12, 1e-9, 0.0)


# --- never switched -----------------------------------------------------------------------------------------------


def test_a_cell_that_never_switched():
    found = remarked(seen(), seen(current=2e-15, gap=4.2)).of_switching()
    assert found == "the cell never switched: the current stayed below 2 fA, the gap above 4.2 nm"
    for other in (
        remarked(seen(), seen(gap=0.4, tunnel_current=1e-12), seen()),
        remarked(seen(contact_atoms=1.0)),
        remarked(seen(current=0.995e-6), limit=1e-6),
        remarked(seen(source_voltage=0.0, current=0.0)),  # nothing drove it
    ):
        assert other.of_switching() == ""
    assert remarked(seen(current=-0.995e-6), limit=1e-6).of_switching()


@pytest.mark.slow
def test_the_end_of_a_run_that_never_switched(tmp_path):
    """In the last lines, the provenance, the log, a summary's reason and the report; resumed as in one go."""
    folder = tmp_path / "run"
    outcome = run(load_config(QUICK, SHORT), folder)
    assert outcome.reason.startswith("end of the programme; the cell never switched: the current stayed below ")
    found = open_run(folder)
    assert found.provenance["reason"] == outcome.reason and outcome.reason in " ".join(page_text(found).split())
    run(load_config(QUICK, SHORT), tmp_path / "half", until=0.15)
    assert "never switched" not in open_run(tmp_path / "half").provenance["reason"]
    assert resume(tmp_path / "half", until=float("inf")).reason == outcome.reason


def test_the_command_line_tells_it(tmp_path, monkeypatch):
    settings = [part for text in SHORT for part in ("--set", text)]
    told = CliRunner().invoke(app, ["run", str(QUICK), "--out", str(tmp_path / "run"), *settings])
    assert told.exit_code == 0 and "Ended: end of the programme; the cell never switched" in told.output


# --- contact ------------------------------------------------------------------------------------------------------


def test_a_run_that_ends_by_contact_is_in_contact(tmp_path):
    overrides = [
        *SHORT[:3],
        'initial={kind = "cylinder", radius = "1 nm", height = "8 nm"}',
        'programme=[{kind = "hold", duration = "1 s"}]',
        "tunnelling.contact_gap=3 nm",
    ]
    outcome = run(load_config(QUICK, overrides), tmp_path / "run")
    assert outcome.reason.startswith("contact: the gap closed to ") and outcome.steps == 1
    found = open_run(tmp_path / "run")
    assert found.timeseries.gap_nm.iloc[-1] < 3
    with open(tmp_path / "run" / "provenance.json") as file:
        assert json.load(file)["reason"] == outcome.reason


def test_no_run_finishes_with_an_outline_that_crosses_itself(tmp_path, monkeypatch):
    accept = ReducedSimulation.accept

    def crossed(self, trial):
        points = trial.filament.points.copy()
        points[[3, 6]] = points[[6, 3]]
        object.__setattr__(trial.front, "filament", Filament(points))
        return accept(self, trial)

    monkeypatch.setattr(ReducedSimulation, "accept", crossed)
    with pytest.raises(SolveError, match="crosses itself"):
        run(load_config(QUICK, SHORT), tmp_path / "run", until=1e-3)
    assert open_run(tmp_path / "run").status == "failed"


# --- ranges -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"temperature_max": 1400.0}, "1400 K, is above the melting point of copper, 1357.8 K"),
        ({"junction_voltage": 5.0, "tunnel_current": 1e-6, "gap": 2.0}, "up to 5 V, above their barrier"),
        ({"junction_voltage": 3.0, "tunnel_current": 1e-6, "gap": 0.2}, "came to 15 V/nm, above 10 V/nm"),
        ({"gap": 0.06}, "closed to 0.06 nm, below the 0.07 nm"),
    ],
)
def test_a_range_that_is_left_is_told_once(state, words):
    (told,) = remarked(seen(), seen(**state), seen(**state), seen()).texts()
    assert words in told


def test_what_stays_within_its_ranges_needs_no_remark():
    assert remarked(seen(), seen(temperature_max=1300.0), seen(gap=0.08)).texts() == []
    # A voltage across a gap through which nothing tunnels is no matter of tunnelling.
    assert remarked(seen(junction_voltage=100.0, gap=8.0)).texts() == []
    # Unknown or other laws: not watched.
    other = Ranges("mine", None, None, 0.0)
    hot = seen(temperature_max=9e3, junction_voltage=5.0, tunnel_current=1e-6, gap=0.6)
    assert remarked(hot, ranges=other).texts() == []


def test_an_atomic_contact_may_close():
    assert Ranges.from_config(load_config(REFERENCE), bridged=True).gap == 0.0


def test_ranges_of_a_configuration():
    found = Ranges.from_config(load_config(REFERENCE))
    assert (found.metal, found.melting_point, found.barrier) == ("copper", 1357.8, 4.2)
    assert (
        Ranges.from_config(load_config(REFERENCE, ["tunnelling.enabled=false", "heat.tunnel_barrier=false"])).barrier
        is None
    )
    silver = load_config(REFERENCE, ["cell.active_electrode=Ag", "interface.borrow=Cu | SiO2"])
    assert Ranges.from_config(silver).melting_point == 1234.9


@pytest.mark.parametrize(
    ("layer", "state", "words"),
    [
        (10.0, {}, None),
        (10.0, {"source_voltage": -3.0, "current": -1e-3}, None),
        (10.0, {"source_voltage": -5.0}, "saw 5 V:"),
        (10.0, {"current": 2e-3}, "saw 2 mA:"),
        (80.0, {"source_voltage": 4.0}, "saw a layer of 80 nm and 4 V:"),
        (None, {"source_voltage": 5.0, "current": 2e-3}, None),
    ],
)
def test_the_reduced_model_says_where_it_was_not_compared_with_the_full_one(layer, state, words):
    found = remarked(seen(**state), ranges=Ranges("copper", 1357.8, 4.2, 0.07, layer=layer)).texts()
    assert len(found) == (words is not None) and all("reduced model" in text and words in text for text in found)


def test_the_full_model_has_no_such_range():
    layers = [Ranges.from_config(load_config(REFERENCE, [f"model={model}"])).layer for model in ("full", "reduced")]
    assert layers == [None, 10.0]


def test_its_memory_is_a_checkpoint_s():
    remarks = remarked(seen(temperature_max=1400.0, gap=0.4, tunnel_current=1e-12))
    again = Remarks(COPPER)
    again.recall(json.loads(json.dumps(remarks.remembered())))
    assert again == remarks and again.switched


@pytest.mark.slow
def test_melting_is_an_event_a_remark_and_if_wanted_the_end(tmp_path):
    """With copper that melts at 301 K; a run goes on unless told otherwise."""
    hot = [
        *SHORT[:3],
        'initial={kind = "cylinder", radius = "1.5 nm", height = "9.7 nm"}',
        'programme=[{kind = "ramp", to = "1.1 V", rate = "1 V/s"}]',
        "materials.Cu.melting_point=300.005 K",
    ]
    on = run(load_config(QUICK, hot), tmp_path / "on")
    found = open_run(tmp_path / "on")
    assert on.reason == "end of the programme"
    (event,) = found.events[found.events.event == "melting"].itertuples()
    assert event.detail == "the highest temperature passes 300.005 K"
    (remark,) = [text for text in found.provenance["remarks"] if "melting point" in text]
    assert f"{remark[1:]}." in page_text(found)
    stopped = run(load_config(QUICK, [*hot, "heat.stop_at_melting=true"]), tmp_path / "stopped")
    assert stopped.reason.startswith("melting: 300.01 K at t = ") and stopped.state.time < on.state.time
    assert event.time_s <= stopped.state.time <= event.time_s + 0.05


# --- regimes ------------------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_log_events_and_report_tell_the_same_moments(tmp_path):
    """Gamma and Y to the last digit, of the run on its way and of its files; also where it was stopped between."""
    quick = [*SHORT[:2], "compliance.current=10 nA"]
    run(load_config(QUICK, quick), tmp_path / "run", until=1.685)
    resume(tmp_path / "run", until=float("inf"))
    found = open_run(tmp_path / "run")
    log = (tmp_path / "run" / "ecmsim.log").read_text()
    moments = {"vertical growth stops": found.regimes.gamma_time, "compliance reached": found.regimes.y_time}
    for name, moment in moments.items():
        (event,) = found.events[found.events.event == name].itertuples()
        assert event.time_s == pytest.approx(moment, rel=1e-12)
        assert f"t = {moment:.9g} s: {name}" in log


def test_a_voltage_beyond_the_table_of_conductances_is_told():
    table = Ranges("silver", None, None, 0.0, bias=1.0)
    crossing = seen(tunnel_current=1e-6, junction_voltage=-1.6)
    (told,) = remarked(crossing, ranges=table).texts()
    assert told.startswith("electrons crossed the gap at up to 1.6 V; the table of conductances goes to 1 V")
    for other in (
        remarked(seen(tunnel_current=1e-6, junction_voltage=0.9), ranges=table),
        remarked(seen(junction_voltage=1.6), ranges=table),  # ions alone
        remarked(crossing, ranges=Ranges("silver", None, None, 0.0)),
    ):
        assert other.texts() == []
