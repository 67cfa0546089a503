"""The programme in a configuration: every kind of step, tables from files, messages, round trips, steps in Python."""

from pathlib import Path

import pytest

from ecmsim import drive
from ecmsim.config import Config, load_config, reference, reference_text
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError

BASE = """
extends = "ecmsim:cu_sio2_pt"
cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt" }
compliance = { kind = "ideal", current = "10 uA", polarity = "both" }
"""
CYCLES = """
[[programme]]
kind = "repeat"
count = 3

[[programme.steps]]
kind = "sweep"
name = "SET"
peak = "2 V"
rate = "1 V/s"
compliance = { kind = "ideal", current = "10 uA" }

[[programme.steps]]
kind = "sweep"
name = "RESET"
peak = "1.5 V"
rate = "1 V/s"
polarity = "negative"
compliance = { kind = "none" }
"""
TRAIN = """
[[programme]]
kind = "pulse_train"
amplitude = "1.2 V"
width = "1 us"
rise = "20 ns"
count = 5
interval = "3 us"
read = { amplitude = "0.1 V", width = "0.5 us", delay = "1 us" }
"""
CURRENT = """
[[programme]]
kind = "current_sweep"
peak = "20 uA"
rate = "1 uA/s"
voltage_limit = "5 V"
"""
LADDER = """
[[programme]]
kind = "write_verify"
start = "0.5 V"
stop = "0.9 V"
increment = "0.2 V"
width = "1 ms"
read = { amplitude = "0.1 V", width = "0.1 ms" }
verify = "resistance < 1 kohm"

[[programme]]
kind = "spike_pair"
amplitude = "0.5 V"
undershoot = "0.2 V"
width = "1 ms"
tail = "5 ms"
interval = "-1 ms"
"""
EVERYTHING = f"""
{CYCLES}
{TRAIN}
{CURRENT}
[[programme]]
kind = "ramp"
to = "0.7 V"
duration = "10 ms"
until = "|current| > 1 uA"
compliance = {{ kind = "series_resistor", resistance = "10 kohm" }}

[[programme]]
kind = "hold"
duration = "1 s"
until = "gap < 0.5 nm"
name = "wait"

[[programme]]
kind = "pulse"
amplitude = {{ value = "1 V", label = "assumed", source = "a guess" }}
width = "1 ms"
base = "0.1 V"

[[programme]]
kind = "table"
points = [["1 s", "0.5 V"], ["2 s", "-0.3 V"]]
scale_time = 0.5

[[programme]]
kind = "current_table"
points = [["0 s", "0 A"], ["1 s", "1.5 uA"]]

[[programme]]
kind = "current_ramp"
to = "-3 uA"
rate = "1 uA/s"
until = "resistance < 1 Mohm"

[[programme]]
kind = "current_hold"
duration = "1 s"

[[programme]]
kind = "repeat"
count = 2
[[programme.steps]]
kind = "repeat"
count = 2
name = "burst"
[[programme.steps.steps]]
kind = "pulse"
amplitude = "1 V"
width = "1 us"
[[programme.steps]]
kind = "hold"
duration = "1 ms"
{LADDER}"""


def load(text, *overrides, base=Path()):
    return Config.from_toml(BASE + text, base=base, overrides=overrides)


def problems(text, *overrides, base=Path()):
    with pytest.raises(ConfigError) as caught:
        load(text, *overrides, base=base)
    return list(caught.value.problems)


def legs(config):
    return Programme.from_steps(config.programme).planned()


def test_cycles():
    found = legs(load(CYCLES))
    assert [leg.last for leg in found] == [2, 0, -1.5, 0] * 3 and found[-1].end == 21
    names = list(dict.fromkeys(leg.piece.name for leg in found))
    assert names == [f"cycle {cycle}, {name}" for cycle in (1, 2, 3) for name in ("SET", "RESET")]
    assert [leg.piece.compliance.kind for leg in found] == ["ideal", "ideal", "none", "none"] * 3
    assert found[0].piece.compliance.current == 1e-5


def test_train_with_reads():
    found = legs(load(TRAIN))
    assert len(found) == 5 * 3 + 5 * 4 + 4
    assert [leg.last for leg in found[:7]] == [1.2, 1.2, 0, 0, 0.1, 0.1, 0]
    widths = [leg.end - leg.start for leg in found[:8]]
    assert widths == pytest.approx([20e-9, 1e-6, 10e-9, 1e-6, 5e-9, 0.5e-6, 5e-9, 3e-6], rel=1e-9)


def test_current_sweep():
    up, down = legs(load(CURRENT))
    assert (up.first, up.last, down.last) == (0, 2e-5, 0) and up.end == pytest.approx(20)
    assert up.piece.voltage_limit == 5


@pytest.mark.parametrize("text", [CYCLES, TRAIN, CURRENT, EVERYTHING])
def test_effective_configuration_round_trip(text):
    config = load(text)
    effective = config.to_toml()
    again = Config.from_toml(effective, base=Path("/nowhere"))
    assert again == config and again.to_toml() == effective
    assert Programme.from_steps(again.programme) == Programme.from_steps(config.programme)


def test_everything_is_there():
    kinds = {step.kind for step in load(EVERYTHING).programme}
    row = next(row for row in reference() if row.name == "programme[].kind")
    assert all(kind in kinds or kind in ("sweep", "measured") for kind in row.meaning.partition(": ")[2].split(", "))
    assert len(legs(load(EVERYTHING))) > 60


def test_reference_lists_the_settings_of_the_steps():
    names = {row.name for row in reference()}
    for setting in ("to", "duration", "until", "polarity", "compliance", "name", "peak", "back", "steps", "points"):
        assert f"programme[].{setting}" in names
    assert {"programme[].read.amplitude", "programme[].voltage_limit"} <= names
    assert "\n[[programme]]\n" in reference_text() and "\n[programme.read]\n" in reference_text()


class TestOverrides:
    def test_nested(self):
        config = load(
            CYCLES, "programme[0].steps[0].peak=1 V", 'programme[0].steps[1].compliance={kind="ideal", current="1 mA"}'
        )
        steps = config.programme[0].steps
        assert steps[0].peak == 1 and steps[1].compliance.current == 1e-3

    def test_rate_in_place_of_duration_is_a_contradiction(self):
        text = '[[programme]]\nkind = "ramp"\nto = "1 V"\nduration = "1 s"\n'
        message = 'programme[0]: needs either a rate such as "1 V/s" or a duration such as "1 s", not both'
        assert problems(text, "programme[0].rate=1 V/s") == [message]

    def test_a_compliance_of_one_step(self):
        config = load(
            CYCLES,
            "programme[0].steps[1].compliance.kind=series_resistor",
            "programme[0].steps[1].compliance.resistance=1 kohm",
        )
        assert config.programme[0].steps[1].compliance.resistance == 1000
        assert config.compliance.polarity == "both"


BAD = [
    (
        "programme[0].steps[0].kind=swep",
        'programme[0].steps[0].kind = "swep": expected "ramp", "sweep", "hold", "pulse", "pulse_train", '
        '"write_verify", "spike_pair", "table", '
        '"measured", "current_ramp", "current_sweep", "current_hold", "current_table" or "repeat"; '
        'did you mean "sweep"?',
    ),
    ("programme[0].steps[0].paek=1 V", 'programme[0].steps[0].paek: unknown key; did you mean "peak"?'),
    ("programme[0].steps[1].peak=1 A", 'programme[0].steps[1].peak = "1 A": expected a voltage such as "1 V" '
     "(got a current)"),
    ("programme[0].steps=[]", "programme[0].steps = []: expected tables [[programme.steps]], steps of any kind"),
    ("programme[0].count=0", "programme[0].count = 0: must be at least 1"),
    ("programme[0].steps[0].back=2 V", 'programme[0].steps[0].back = "2 V": the source is at 2 V already in cycle 1, '
     'so that this ramp takes no time; use kind = "hold" to wait'),
    ("programme[0].steps[0].polarity=up", 'programme[0].steps[0].polarity = "up": expected "positive" or "negative"'),
    ("programme[0].steps[0].compliance.kind=idael", 'programme[0].steps[0].compliance.kind = "idael": expected '
     '"ideal", "series_resistor", "transistor" or "none"; did you mean "ideal"?'),
    ("programme[0].steps[0].compliance.curent=1 A", 'programme[0].steps[0].compliance.curent: unknown key; did you '
     'mean "current"?'),
    ("programme[0].steps[0].compliance=3", "programme[0].steps[0].compliance = 3: expected a table [compliance] of "
     'kind "ideal", "series_resistor", "transistor" or "none"'),
    ("programme[0].steps[0].until=gap > 1 nm", 'programme[0].steps[0].until: not used by kind = "sweep", only by '
     '"ramp", "hold", "current_ramp" or "current_hold"'),
    ("programme[0].steps[0].voltage_limit=1 V", 'programme[0].steps[0].voltage_limit: not used by kind = "sweep", only '
     'by "current_ramp", "current_sweep", "current_hold" or "current_table"'),
    ("programme[1].read.amplitude=1", 'programme[1].read.amplitude = 1: expected a voltage with its unit, such as '
     '"1 V"'),
    ("programme[1].read={}", ["programme[1].read.amplitude: missing; expected a voltage such as \"1 V\"",
     'programme[1].read.width: missing; expected a time such as "1 ms"']),
    ("programme[1].read=1", "programme[1].read = 1: expected a table [programme[1].read]"),
    ("programme[2].rate=1 V/s", 'programme[2].rate = "1 V/s": expected a current rate such as "1 uA/s" '
     "(got a voltage rate)"),
    ("programme[3].until=curent > 1 uA", 'programme[3].until = "curent > 1 uA": unknown quantity "curent"; did you '
     'mean "current"? (allowed: current, |current|, cell_voltage, |cell_voltage|, resistance, conductance, gap, '
     "height, temperature, bodies, time)"),
    ("programme[3].until=gap > 1 V", 'programme[3].until = "gap > 1 V": "1 V": expected a length such as "2 nm"'),
    ("programme[3].until=3", "programme[3].until = 3: expected text in quotes"),
    ("programme[3].name=3", "programme[3].name = 3: expected text in quotes"),
    ("programme[6].points=[]", 'programme[6].points = []: expected a list of pairs such as [["0 s", "0 V"], '
     '["1 ms", "1 V"]], or a file'),
    ('programme[6].points=[["1 s"]]', 'programme[6].points[0][1]: missing; expected a voltage such as "1 V"'),
    ('programme[6].points=[["1 s", "1 V", "2 V"]]', 'programme[6].points[0] = ["1 s", "1 V", "2 V"]: expected a pair '
     "of a time and a voltage"),
    ('programme[6].points=[["1 s", "1 A"]]', 'programme[6].points[0][1] = "1 A": expected a voltage such as "1 V" '
     "(got a current)"),
    ('programme[6].points=[["1 s", "1 V"], ["1 s", "2 V"]]', 'programme[6].points = [["1 s", "1 V"], ["1 s", "2 V"]]: '
     "times must increase, but 1 s comes after 1 s"),
    ('programme[6].points=[["0 s", "1 V"]]', 'programme[6].points = [["0 s", "1 V"]]: needs a point later than 0 s'),
    ('programme[6].points=[["0 s", "2 V"], ["1 s", "1 V"]]', "programme[6].points[0]: the table begins at 2 V, but "
     "the source is at 0.1 V; ramp there first, or let the first point be later than 0 s"),
    ("programme[6].file=x.csv", "programme[6]: needs either points or a file, not both"),
    ("programme[6].file=3", "programme[6].file = 3: expected text in quotes"),
    ("programme[10].steps[0].steps[0].kind=repeat", [
        'programme[10].steps[0].steps[0].kind = "repeat": expected "ramp", "sweep", "hold", "pulse", "pulse_train", '
        '"write_verify", "spike_pair", "table", "measured", "current_ramp", "current_sweep", "current_hold" or '
        '"current_table"']),
]  # fmt: skip


@pytest.mark.parametrize(("override", "message"), BAD, ids=[override for override, _ in BAD])
def test_bad_programme_says_what_and_where(override, message):
    assert problems(EVERYTHING, override) == ([message] if isinstance(message, str) else message)


def test_a_table_needs_points():
    message = (
        'programme[0].points: missing; expected a list of pairs such as [["0 s", "0 V"], ["1 ms", "1 V"]], or a file'
    )
    assert problems('[[programme]]\nkind = "table"\n') == [message]


class TestFiles:
    TABLE = '[[programme]]\nkind = "{}table"\nfile = "wave.csv"\nname = "measured"\n'
    GOOD = "# a measurement\n\ntime_s, voltage_V, current_A\n0,0,0\n0.5,1.25,2e-6\n\n1,0.1,1e-6\n"

    def load(self, folder, content, kind=""):
        (folder / "wave.csv").write_text(content, encoding="utf-8")
        (folder / "cell.toml").write_text(BASE + self.TABLE.format(kind), encoding="utf-8")
        return load_config(folder / "cell.toml")

    @pytest.mark.parametrize(("kind", "values"), [("", [0, 1.25, 0.1]), ("current_", [0, 2e-6, 1e-6])])
    def test_file_becomes_points(self, tmp_path, kind, values):
        config = self.load(tmp_path, self.GOOD, kind)
        assert config.programme[0].points == tuple(zip([0, 0.5, 1], values, strict=True))
        assert [leg.end for leg in legs(config)] == [0.5, 1] and [leg.last for leg in legs(config)] == values[1:]
        (tmp_path / "wave.csv").unlink()
        text = config.to_toml()
        assert "wave.csv" not in text and Config.from_toml(text) == config

    def test_numbers_survive_bit_by_bit(self, tmp_path):
        config = self.load(tmp_path, "time_s,voltage_V\n0.30000000000000004,0.1\n1e3,-3.3333333333333335e-05\n")
        again = Config.from_toml(config.to_toml())
        assert again.programme[0].points == ((0.1 + 0.2, 0.1), (1e3, -3.3333333333333335e-05))

    @pytest.mark.slow
    def test_long_file(self, tmp_path):
        lines = "".join(f"{0.001 * number},{number % 7 / 7}\n" for number in range(5_000))
        config = self.load(tmp_path, "time_s,voltage_V\n" + lines)
        assert len(legs(config)) == 4_999 and Config.from_toml(config.to_toml()) == config

    def test_path_is_relative_to_the_file_that_names_it(self, tmp_path):
        inner = tmp_path / "inner"
        inner.mkdir()
        (inner / "wave.csv").write_text(self.GOOD)
        step = self.TABLE.format("").replace("[[programme]]", "[[programme.steps]]")
        (inner / "base.toml").write_text(f'{BASE}[[programme]]\nkind = "repeat"\ncount = 2\n{step}')
        (tmp_path / "top.toml").write_text('extends = "inner/base.toml"\ntitle = "t"\n')
        # The second cycle begins at 0.1 V, the table at 0 V.
        with pytest.raises(ConfigError, match="begins at 0 V, but the source is at 0.1 V"):
            load_config(tmp_path / "top.toml")
        assert len(legs(load_config(tmp_path / "top.toml", ["programme[0].count=1"]))) == 2

    @pytest.mark.parametrize(
        ("content", "message"),
        [
            ("", 'needs columns "time_s" and "voltage_V", but has no line with names of columns'),
            (
                "time_s,voltage\n",
                'needs a column "voltage_V", but has only "time_s" and "voltage"; its first line has to name the '
                "columns: rename those of an instrument to time_s and voltage_V",
            ),
            (
                "Time,AV,AI\n",
                'needs columns "time_s" and "voltage_V", but has only "Time", "AV" and "AI"; its first line has to '
                "name the columns: rename those of an instrument to time_s and voltage_V",
            ),
            (
                "time_s,current_A\n",
                'needs a column "voltage_V", but has only "time_s" and "current_A" '
                '(for this one use kind = "current_table")',
            ),
            ("time_s,voltage_V\n", "has no line with numbers"),
            ("time_s,voltage_V\n# no\n0,0\n1,x\n", 'line 4: voltage_V = "x" is not a number'),
            ("time_s,voltage_V\n0,0\nnan,1\n", 'line 3: time_s = "nan" is not a number'),
            ("time_s,voltage_V\n0,0\n1\n", "line 3: voltage_V is missing"),
            ("time_s,voltage_V\n0,0\n1,1\n1,2\n", "line 4: the time 1 s must be later than 1 s of the line before"),
            ("time_s,voltage_V\n-1,0\n1,1\n", "line 2: the time -1 s must not be negative"),
            ("time_s,voltage_V\n1,200\n", "line 2: voltage_V = 200 must be from -100 to 100"),
        ],
    )
    def test_bad_files(self, tmp_path, content, message):
        with pytest.raises(ConfigError) as caught:
            self.load(tmp_path, content)
        assert caught.value.problems == (f'programme[0].file = "{tmp_path / "wave.csv"}": {message}',)

    def test_no_such_file(self, tmp_path):
        (tmp_path / "waves.csv").write_text(self.GOOD)
        path = tmp_path / "wave.csv"
        message = f'programme[0].file = "{path}": no such file; did you mean "waves.csv"?'
        assert problems(self.TABLE.format(""), base=tmp_path) == [message]
        path.mkdir()
        assert problems(self.TABLE.format(""), base=tmp_path)[0].endswith("cannot be read (Is a directory)")


def test_steps_in_python(tmp_path):
    path = tmp_path / "cell.toml"
    path.write_text(BASE + CURRENT)
    steps = [
        drive.repeat(
            3,
            [
                drive.sweep(2.0, 1.0, name="SET", compliance={"kind": "ideal", "current": "10 uA"}),
                drive.sweep(1.5, 1.0, polarity="negative", name="RESET", compliance={"kind": "none"}),
            ],
        ),
        drive.pulse_train(1.2, 1e-6, 5, 3e-6, rise=2e-8, read=drive.read_pulse(0.1, 0.5e-6, delay=1e-6)),
        drive.table([(1.0, 0.5), (2.0, 0.0)]),
        drive.hold(1.0, until=drive.Condition.parse("gap < 0.5 nm")),
        drive.current_ramp("2 uA", 1e-6, until="cell_voltage > 1 V"),
    ]
    config = load_config(path, programme=steps)
    assert config.programme[:2] == load(CYCLES + TRAIN).programme
    assert config.programme[2].points == ((1, 0.5), (2, 0)) and config.programme[3].until == "gap < 0.5 nm"
    assert config.programme[4].to == 2e-6
    assert legs(Config.from_toml(config.to_toml())) == legs(config)
    with pytest.raises(ConfigError, match=r'programme\[0\].rate = "-1 V/s": must be greater than 0 V/s'):
        load_config(path, programme=[drive.ramp(2.0, -1.0)])
    assert load_config(path, ["programme[0].peak=1 V"], [drive.sweep(2.0, 1.0)]).programme[0].peak == 1


def test_steps_in_python_and_in_a_file_are_the_same_programme():
    """Defaults of both ways are written down twice."""
    steps = [
        drive.ramp(1.0, 1.0),
        drive.sweep(2.0, 1.0),
        drive.hold(1.0),
        drive.pulse(1.0, 1.0),
        drive.pulse_train(1.0, 1.0, 2, 1.0, read=drive.read_pulse(0.1, 1.0)),
        drive.write_verify(1.0, 1.2, 0.1, 1.0, drive.read_pulse(0.1, 1.0), "gap < 1 nm"),
        drive.spike_pair(1.0, 0.5, 1.0, 2.0, 1.0),
        drive.table([(1.0, 1.0)]),
        drive.current_ramp(1e-6, 1e-6),
        drive.current_sweep(2e-6, 1e-6),
        drive.current_hold(1.0),
        drive.current_table([(1.0, 1e-6)]),
    ]
    train = (
        'amplitude = "1 V", width = "1 s", count = 2, interval = "1 s", read = { amplitude = "0.1 V", width = "1 s" }'
    )
    ladder = (
        'start = "1 V", stop = "1.2 V", increment = "0.1 V", width = "1 s", verify = "gap < 1 nm", '
        'read = { amplitude = "0.1 V", width = "1 s" }'
    )
    spikes = 'amplitude = "1 V", undershoot = "0.5 V", width = "1 s", tail = "2 s", interval = "1 s"'
    text = f"""
        programme = [
            {{ kind = "ramp", to = "1 V", rate = "1 V/s" }},
            {{ kind = "sweep", peak = "2 V", rate = "1 V/s" }},
            {{ kind = "hold", duration = "1 s" }},
            {{ kind = "pulse", amplitude = "1 V", width = "1 s" }},
            {{ kind = "pulse_train", {train} }},
            {{ kind = "write_verify", {ladder} }},
            {{ kind = "spike_pair", {spikes} }},
            {{ kind = "table", points = [["1 s", "1 V"]] }},
            {{ kind = "current_ramp", to = "1 uA", rate = "1 uA/s" }},
            {{ kind = "current_sweep", peak = "2 uA", rate = "1 uA/s" }},
            {{ kind = "current_hold", duration = "1 s" }},
            {{ kind = "current_table", points = [["1 s", "1 uA"]] }},
        ]
    """
    assert Programme.from_steps(load(text).programme) == Programme.from_steps(steps)
