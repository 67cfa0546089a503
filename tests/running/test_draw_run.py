"""Runs whose parameters are drawn anew for each cycle: what holds when, what tells it, resumed to the same bytes."""

import numpy as np
import pandas as pd
import pytest
from helpers.drawn import CYCLES, DRAW
from helpers.stopping import During, signalled

from ecmsim import open_run
from ecmsim.config import Config
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.plot import draw
from ecmsim.running.reporter import Stopped
from ecmsim.running.run import resume, run
from ecmsim.study import Study

pytestmark = pytest.mark.slow  # of one whole run, which the first of them makes

RATE, RADIUS = "butler_volmer.rate_constant", "stress.template_radius"
SAME = ("timeseries.csv", "events.csv", "cycles.csv")
# A pulse of a nanosecond twice over, for the fields: a few steps each.
PULSES = """extends = "ecmsim:quick"
[output]
snapshot_currents = []
snapshot_regimes = false
[stepping]
largest_voltage_step = "0.1 V"
first_step = "10 us"
[[programme]]
kind = "repeat"
count = 2
steps = [{ kind = "ramp", to = "0.2 V", duration = "1 ms" }, { kind = "ramp", to = "0 V", duration = "1 ms" }]
"""


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory):
    """A run of three cycles that nobody disturbed."""
    folder = tmp_path_factory.mktemp("drawn") / "run"
    run(Config.from_toml(CYCLES + DRAW), folder)
    return open_run(folder)


def test_tables_and_events_tell_what_was_drawn(undisturbed):
    config = Config.from_toml(CYCLES + DRAW)
    table, events = undisturbed.cycles, undisturbed.events
    drawn = [config.drawn(number) for number in (1, 2, 3)]
    assert list(table["butler_volmer_rate_constant_m_per_s"]) == [float(values[RATE]) for values in drawn]
    assert list(table["stress_template_radius_nm"]) == [float(values[RADIUS]) for values in drawn]
    assert len({float(values[RATE]) for values in drawn}) == 3
    told = events[events["event"] == "parameters drawn"]
    assert list(told["detail"].str.partition(":")[0]) == ["none", "cycle 1", "cycle 2", "cycle 3"]
    assert told["time_s"].to_numpy() == pytest.approx([0.0, *table["start_s"]])
    assert "stress_template_radius_nm: drawn for the cycle" in (undisturbed.folder / "cycles.csv").read_text()


def test_each_cycle_is_computed_with_its_own_values(undisturbed, tmp_path):
    """Before the first cycle a run is one without draws; in the first it is one with its values stated."""
    config = Config.from_toml(CYCLES + DRAW)
    plain = Config.from_toml(CYCLES)
    first = [f'{name}="{value.text}"' for name, value in config.drawn(1).items()]
    run(plain, tmp_path / "plain", until=1.6)
    run(Config.from_toml(CYCLES, overrides=first), tmp_path / "first", until=1.6)
    ours, other = undisturbed.timeseries, open_run(tmp_path / "plain").timeseries
    before = ours["time_s"] < 0.4
    assert (ours[before] == other[: before.sum()]).all(axis=None)

    def ions(series):
        return np.interp(1.5, series["time_s"], series["ionic_current_A"])

    stated = open_run(tmp_path / "first").timeseries
    assert ions(ours) == pytest.approx(ions(stated), rel=0.02)
    assert abs(ions(other) / ions(stated) - 1) > 0.1


@pytest.mark.parametrize(("cycle", "after"), [(1, -3), (2, 2), (3, -2)])
def test_a_run_that_goes_on_has_the_same_bytes(undisturbed, tmp_path, cycle, after):
    """Stopped before the first cycle, just after the second began, and just before the third does."""
    rows = int(np.argmax(undisturbed.timeseries["cycle"] == cycle)) + after
    with pytest.raises(Stopped):
        run(Config.from_toml(CYCLES + DRAW), tmp_path / "run", progress=During(rows, signalled))
    resume(tmp_path / "run")
    for name in SAME:
        assert (tmp_path / "run" / name).read_bytes() == (undisturbed.folder / name).read_bytes()


def test_another_seed_is_another_run(undisturbed):
    with pytest.raises(ResultsError, match=r"draw.seed: 4 -> 5"):
        resume(undisturbed.folder, overrides=["draw.seed=5"])


def test_more_cycles_leave_the_draws_of_the_first_ones():
    few, many = (Config.from_toml(CYCLES.replace("count = 3", f"count = {n}") + DRAW) for n in (3, 1000))
    assert [few.drawn(number) for number in (1, 2, 3)] == [many.drawn(number) for number in (1, 2, 3)]
    assert few.drawn(0) == {} and Config.from_toml(CYCLES).drawn(1) == {}
    rates = np.log([many.drawn(number)[RATE] for number in range(1, 1001)])
    assert rates.std() == pytest.approx(0.5, rel=0.1)
    assert np.exp(np.median(rates)) == pytest.approx(float(few.butler_volmer.rate_constant), rel=0.1)


def test_what_was_drawn_is_written_and_read_again():
    config = Config.from_toml(CYCLES + DRAW)
    again = Config.from_toml(config.to_toml())
    assert again == config and again.to_toml() == config.to_toml() and again.drawn(3) == config.drawn(3)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (('each = "cycle"', 'each = "device"'), 'draw.each = "device": expected "cycle"'),
        (("sigma = 0.5", "sigma = -5"), f"draw.{RATE}: sigma and median must be positive"),
        (("sigma = 0.5", "sigmo = 0.5"), 'unknown key "sigmo"'),
        (("sigma = 0.5", "sigma = [0.5]"), "expected texts and numbers"),
        (('"lognormal"', '"normal"'), "sigma = 0.5: expected a velocity"),
        ((f'"{RATE}" = {{', '"cell.radius" = {'), "draw.cell.radius: cannot be drawn from cycle to cycle"),
        ((f'"{RATE}" = {{', '"butler_volmer.electrode_ratio" = {'), "does not state the setting"),
        (("template_radius = {", "template_radios = {"), 'did you mean "stress.template_radius"?'),
        (("0.3]]", "3]]"), "a number between -1 and 1"),
        (('from = "1.5 nm"', 'from = "-90 nm"'), "would have"),
        (("[draw]", "[stress]\nenabled = false\n[draw]"), f"draw.{RADIUS}: has no effect: stress.enabled = false"),
    ],
)
def test_what_cannot_be_drawn_is_refused(change, said):
    with pytest.raises(ConfigError) as error:
        Config.from_toml(CYCLES + DRAW.replace(*change))
    assert said in str(error.value)


def test_a_law_of_ones_own_has_no_draws(tmp_path):
    class Kinetics:
        pass

    with pytest.raises(ConfigError, match="has no effect: the law kinetics is one of your own"):
        run(Config.from_toml(CYCLES + DRAW), tmp_path / "run", laws={"kinetics": Kinetics()})


def test_violins_of_the_cycles_of_a_run(undisturbed, tmp_path):
    found = draw("violin", undisturbed, tmp_path / "violin.png", of="V_SET_V,gap_min_nm")
    assert found == [tmp_path / "violin.png"] and "gap_min_nm, cycles = 3: median" in found.words[1]


def test_the_full_model_goes_over_to_other_laws_as_well(tmp_path):
    text = '[draw]\neach = "cycle"\n"butler_volmer.rate_constant" = { distribution = "lognormal", sigma = 0.5 }\n'
    config = Config.from_toml(PULSES + text)
    run(config, tmp_path / "run")
    made = open_run(tmp_path / "run")
    series = made.timeseries
    ratio = [series[series["cycle"] == number]["ionic_current_A"].max() for number in (1, 2)]
    rates = [float(config.drawn(number)[RATE]) for number in (1, 2)]
    # Few ions have moved: the same filament, and a current that goes with the rate.
    assert ratio[1] / ratio[0] == pytest.approx(rates[1] / rates[0], rel=0.05)
    assert series["charge_imbalance"].max() < 1e-8 and series["faraday_error"].max() < 1e-3


def test_a_cycle_that_begins_as_the_voltage_passes_zero_has_its_draw(tmp_path):
    """Nothing is repeated here: a cycle ends where the source comes back to its first sign, in the midst of a ramp."""
    head = CYCLES.partition("[[programme]]")[0]
    ramps = "".join(f'[[programme]]\nkind = "ramp"\nto = "{to} V"\nrate = "2 V/s"\n' for to in (0.4, -0.4, 0.4))
    run(Config.from_toml(head + ramps + DRAW), tmp_path / "run")
    made = open_run(tmp_path / "run")
    told = made.events[made.events["event"] == "parameters drawn"]
    assert list(told["detail"].str.partition(":")[0]) == ["cycle 1", "cycle 2"]
    first = made.timeseries[made.timeseries["cycle"] == 2].iloc[0]
    assert told["time_s"].iloc[1] == first["time_s"] == pytest.approx(0.8, abs=0.06)
    assert len(made.cycles) == 2


def test_the_tables_of_a_study_say_what_was_drawn_for_a_case_and_what_for_its_cycles(tmp_path):
    """Also where the cycles are drawn around what was drawn for the device: both stand there, and apart."""
    (tmp_path / "c.toml").write_text(CYCLES + DRAW)
    (tmp_path / "s.toml").write_text(
        'config = "c.toml"\n[grid]\n"compliance.current" = ["10 nA"]\n'
        f'[draw]\ncount = 2\n"{RATE}" = {{ distribution = "lognormal", median = "182 m/s", sigma = 0.5 }}\n'
    )
    study, root = Study.load(tmp_path / "s.toml"), tmp_path / "study"
    study.prepare(root)
    for case, place in zip(study.cases, study.places(root), strict=True):
        run(case.config, place.run, until=1.0)
    study.summarize(root)
    text = (root / "cycles.csv").read_text()
    for line in (
        "compliance_current_A: the setting compliance.current of the case, as the study varies it",
        f"butler_volmer_rate_constant_m_per_s: the setting {RATE} of the case, drawn for it",
        "cycle_butler_volmer_rate_constant_m_per_s: drawn for the cycle",
        "stress_template_radius_nm: drawn for the cycle",
    ):
        assert f"# {line}\n" in text
    table = pd.read_csv(root / "cycles.csv", comment="#")
    for case in study.cases:
        ours = table[table["case"] == case.index]
        device, cycle = (ours[f"{part}butler_volmer_rate_constant_m_per_s"].iloc[0] for part in ("", "cycle_"))
        assert device == pytest.approx(float(case.config.butler_volmer.rate_constant))
        assert cycle == pytest.approx(float(case.config.drawn(1)[RATE])) and cycle != device
