"""Indices of protocols: found where they were put, in made-up runs and in one of the reduced model."""

import numpy as np
import pandas as pd
import pytest
from helpers import small
from helpers.paths import ROOT
from helpers.pulsed import write_pulsed

from ecmsim import drive, load_config, open_run, run
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.plot import draw
from ecmsim.protocols import endurance_of, facilitation_of, potentiation_of, selector_of, verified_of
from ecmsim.protocols.pulses import saturating
from ecmsim.running.progress import Silent

READ = 'read = { amplitude = "0.1 V", width = "0.1 ms" }\n'
TRAINS = f"""[[programme]]
kind = "pulse_train"
amplitude = "1 V"
width = "1 ms"
count = 10
interval = "1 ms"
{READ}
[[programme]]
kind = "pulse_train"
amplitude = "-1 V"
width = "1 ms"
count = 10
interval = "1 ms"
{READ}"""


def starts(programme, folder):
    """When the pulses of a programme begin."""
    table = open_run(write_pulsed(folder, programme, lambda time: 1e-6)).pulses
    return table["start_s"].to_numpy(), table


@pytest.mark.slow
def test_nonlinearity_is_found_as_it_was_put(tmp_path):
    begin, _ = starts(TRAINS, tmp_path / "first")
    up = 1e-6 + 9e-6 * saturating(3.0, np.arange(11) / 10)
    down = 1e-5 - 9e-6 * saturating(-2.0, np.arange(11) / 10)
    levels = np.concatenate([up, down[1:]])

    def conductance(time):  # changes within each pulse, before its read
        return levels[np.searchsorted(begin + 5e-4, time)]

    found = potentiation_of(open_run(write_pulsed(tmp_path / "run", TRAINS, conductance)))
    assert found.up.nonlinearity == pytest.approx(3.0, abs=1e-3)
    assert found.down.nonlinearity == pytest.approx(-2.0, abs=1e-3)
    assert found.window == pytest.approx(10) and 0 < found.asymmetry < 1
    assert "nonlinearity 3.00" in found.words()[0]


@pytest.mark.slow
def test_equal_branches_have_no_asymmetry(tmp_path):
    begin, _ = starts(TRAINS, tmp_path / "first")
    levels = np.concatenate([np.linspace(1, 2, 11), np.linspace(2, 1, 11)[1:]]) * 1e-6
    path = write_pulsed(tmp_path / "run", TRAINS, lambda time: levels[np.searchsorted(begin + 5e-4, time)])
    found = potentiation_of(open_run(path))
    assert found.asymmetry == pytest.approx(0, abs=1e-9) and found.up.nonlinearity == pytest.approx(0, abs=1e-3)


def pulse(delay):
    return f'[[programme]]\nkind = "pulse"\namplitude = "1 V"\nwidth = "1 ms"\ndelay = "{delay} s"\n{READ}'


def test_the_time_constant_of_facilitation(tmp_path):
    gaps = (0.01, 0.1, 0.5, 2.0)
    programme = pulse(0) + "".join(pulse(50) + pulse(gap) for gap in gaps)
    begin, table = starts(programme, tmp_path / "first")
    after = np.ones(len(table))
    wait = begin[2::2] - begin[1::2] - 0.00102  # from the end of the first pulse; its read lies in between
    after[2::2] = 1 + 0.5 * np.exp(-wait / 0.3)
    path = write_pulsed(
        tmp_path / "run", programme, lambda time: 1e-6 * after[max(np.searchsorted(begin, time) - 1, 0)]
    )
    found = facilitation_of(open_run(path))
    assert found.time_constant == pytest.approx(0.3, rel=1e-3) and found.amount == pytest.approx(0.5, rel=1e-3)
    assert len(found.ratios) == 4 and (np.diff(found.ratios) < 0).all()


CYCLES = small.cycles(6)


@pytest.mark.slow
def test_cycles_to_failure(tmp_path):
    """From the fourth cycle on the high resistance is no longer high."""

    def conductance(time):
        number, phase = divmod(time, 4.0)
        high = 1e-9 if number < 3 else 5e-5
        return 1e-4 if 0.9 < phase < 3.0 else high

    found = endurance_of(open_run(write_pulsed(tmp_path / "run", CYCLES, conductance, points=200)))
    assert found.failed == 4 and len(found.table) == 6
    assert found.windows[:3] == pytest.approx([1e5] * 3, rel=0.01)
    assert "cycle 4" in found.words()[0]
    assert endurance_of(open_run(tmp_path / "run"), least=1.5).failed is None


SELECTOR = """[[programme]]
kind = "pulse"
amplitude = "1 V"
width = "10 ms"
rise = "1 ms"
fall = "1 ms"
base = "0.1 V"
[[programme]]
kind = "hold"
duration = "1 s"
"""


def test_delay_and_recovery_of_a_selector(tmp_path):
    programme = Programme.from_steps(load_config_of(SELECTOR)).planned()
    pulses = [leg for leg in programme if leg.piece.part == "pulse"]
    begin, end = 0.5 * (pulses[0].start + pulses[0].end), pulses[-1].end

    def conductance(time):
        if time <= end:
            return 1e-5 if time > begin + 3e-3 else 1e-12
        return 1e-5 * np.exp(-(time - end) / 0.05)

    path = write_pulsed(tmp_path / "run", SELECTOR, conductance, points=400)
    found = selector_of(open_run(path))
    assert found.delay == pytest.approx(3e-3, abs=5e-5)
    assert found.recovery == pytest.approx(0.05 * np.log(10), rel=1e-2)
    assert found.time_constant == pytest.approx(0.05, rel=1e-2)
    # What the cell's voltage does meanwhile is its conductance's no matter.
    table = path / "timeseries.csv"
    rows = pd.read_csv(table)
    late = rows["time_s"] > end
    for name in ("cell_voltage_V", "current_A"):
        rows.loc[late, name] *= np.exp((rows.loc[late, "time_s"] - end) / 0.3)
    rows.to_csv(table, index=False)
    again = selector_of(open_run(path))
    assert again.time_constant == pytest.approx(0.05, rel=0.08)  # 0.06 by the current
    never = selector_of(open_run(path), off=1e-12)
    assert np.isnan(never.recovery) and "not within this run" in never.words()[1]


def load_config_of(programme):
    from helpers.pulsed import HEAD

    from ecmsim.config import Config

    return Config.from_toml(HEAD + programme).programme


def test_protocols_ask_for_what_they_need(tmp_path):
    path = write_pulsed(tmp_path / "run", '[[programme]]\nkind = "hold"\nduration = "1 s"\n', lambda time: 1e-6)
    for index in (potentiation_of, facilitation_of, verified_of, endurance_of, selector_of):
        with pytest.raises(ResultsError, match="has 0 pulses|no cycles|no whole pulse"):
            index(open_run(path))


@pytest.mark.parametrize(("count", "enough"), [(2, False), (3, True)])
def test_three_pulses_are_enough_for_a_branch(tmp_path, count, enough):
    train = f"""[[programme]]
kind = "pulse_train"
amplitude = "1 V"
width = "1 ms"
count = {count}
interval = "1 ms"
{READ}"""
    made = open_run(write_pulsed(tmp_path / "run", train, lambda time: 1e-6 + time))
    if enough:
        assert len(potentiation_of(made).up.conductance) == count + 1
    else:
        with pytest.raises(ResultsError, match="has 2 pulses; this needs 3 at least"):
            potentiation_of(made)


# --- steps -----------------------------------------------------------------------------------------------------------

LADDER = {"start": 1.0, "stop": 1.3, "increment": 0.1, "width": 1e-3, "verify": "resistance < 1 kohm"}


def ladder(**options):
    given = LADDER | options
    return drive.write_verify(
        given.pop("start"), given.pop("stop"), given.pop("increment"), given.pop("width"),
        drive.read_pulse(0.1, 1e-4), given.pop("verify"), **given,
    )  # fmt: skip


def test_amplitudes_of_write_verify_rise_to_the_last():
    legs = Programme.from_steps([ladder(), drive.hold(1.0)]).planned()
    tops = [leg.last for leg in legs if leg.piece.part == "pulse" and leg.first == leg.last]
    assert tops == [1.0, 1.1, 1.2, 1.3]
    assert sum(leg.piece.until is not None for leg in legs) == 4


def test_a_verified_read_leads_to_what_follows():
    """From the plateau of the second read to the base, and on to the next step."""
    programme = Programme.from_steps([ladder(), drive.hold(1.0)])
    leg, seen = programme.first(), 0
    while leg:
        met = leg.piece.until is not None and leg.piece.pulse == 2
        end = leg.start if met else leg.end
        seen += met
        before, leg = leg, programme.after(leg, end, leg.value(end))
    assert seen == 1 and before.piece.duration == 1.0
    named = [piece.name for piece in programme.pieces]
    assert named[-2].endswith("verified") and programme.pieces[-2].to == 0.0


@pytest.mark.parametrize("wrong", [{"stop": 0.5}, {"stop": -1.3}, {"increment": 1e-6}])
def test_a_ladder_without_rungs_is_refused(wrong):
    with pytest.raises(ConfigError, match="needs 1 to 1000 of one sign"):
        Programme.from_steps([ladder(**wrong)])


def spikes(interval, **options):
    pair = drive.spike_pair(1.0, 0.4, 1e-3, 1e-2, interval, **options)
    legs = Programme.from_steps([pair]).planned()
    return [leg for leg in legs if leg.piece.part == "pulse"]


def test_spikes_of_the_other_order_are_the_opposite():
    early, late = spikes(-2e-3), spikes(2e-3)
    assert [leg.last for leg in early] == pytest.approx([-leg.last for leg in late])
    assert max(leg.last for leg in late) == pytest.approx(1.0 + 0.4 * (1 - 1e-3 / 1e-2), rel=1e-9)
    assert late[-1].last == 0 and late[-1].end - late[0].start == pytest.approx(2e-3 + 1e-5 + 1e-3 + 1e-2)


def test_spikes_are_read_before_and_after(tmp_path):
    programme = f"""[[programme]]
kind = "spike_pair"
amplitude = "1 V"
undershoot = "0.4 V"
width = "1 ms"
tail = "10 ms"
interval = "2 ms"
{READ}"""
    path = write_pulsed(tmp_path / "run", programme, lambda time: 1e-6 if time < 5e-3 else 3e-6)
    [row] = open_run(path).pulses.itertuples()
    assert (row.G_before_S, row.G_after_S) == pytest.approx((1e-6, 3e-6)) and row.switched == "SET"
    assert row.amplitude_V == pytest.approx(1.36, rel=1e-2) and row.width_s == pytest.approx(0.01301)


# --- recipes ---------------------------------------------------------------------------------------------------------

RECIPES = sorted((ROOT / "configs" / "protocols").glob("*.toml"))


@pytest.mark.parametrize("path", RECIPES, ids=lambda path: path.stem)
def test_recipes_are_valid_and_known_by_name(path, tmp_path):
    config = load_config(path)
    assert config.model == "reduced" and config.programme
    (tmp_path / "mine.toml").write_text(f'extends = "ecmsim:protocols/{path.stem}"\n')
    assert load_config(tmp_path / "mine.toml").title == config.title


@pytest.mark.slow
def test_writing_is_verified_by_the_reduced_model(tmp_path):
    """It ends with the first pulse after which the read is as wanted, and the picture tells the same."""
    overrides = ["programme.0.start=2.4 V", "programme.0.increment=0.2 V"]
    run(
        load_config(ROOT / "configs" / "protocols" / "write_verify.toml", overrides),
        tmp_path / "run",
        progress=Silent(),
    )
    opened = open_run(tmp_path / "run")
    found = verified_of(opened)
    resistance = 1 / found.table["G_after_S"].to_numpy()
    assert found.met and resistance[-1] < 1e6 < resistance[:-1].min(initial=np.inf)
    assert found.table["amplitude_V"].iloc[-1] < 3.0
    drawn = draw("verify", opened, tmp_path / "verify.png")
    assert drawn.words == found.words() and (tmp_path / "verify.png").stat().st_size > 1000


@pytest.mark.slow
@pytest.mark.parametrize(
    ("name", "programme", "conductance"),
    [
        ("potentiation", TRAINS, lambda time: 1e-6 * (1 + 100 * time)),
        ("facilitation", pulse(0) + pulse(1) + pulse(0.1) + pulse(1) + pulse(0.5), lambda time: 1e-6 * (1 + time)),
        ("endurance", CYCLES, lambda time: 1e-4 if 0.9 < time % 4 < 3 else 1e-9),
        ("selector", SELECTOR, lambda time: 1e-5 if 3e-3 < time < 1.5e-2 else 1e-9),
    ],
)
def test_pictures_of_protocols_are_drawn_with_their_words(name, programme, conductance, tmp_path, no_warnings):
    opened = open_run(write_pulsed(tmp_path / "run", programme, conductance, points=60))
    drawn = draw(name, opened, tmp_path / f"{name}.png", csv=True)
    assert drawn.words and [path.suffix for path in drawn] == [".png", ".csv"]
