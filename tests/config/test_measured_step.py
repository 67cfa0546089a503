"""A measurement file as a step of a programme: what stands in its place in the effective configuration."""

import numpy as np
import pytest
from helpers import instruments
from helpers.instruments import sweep

from ecmsim import drive
from ecmsim.config import Config, load_config
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError

BASE = """\
extends = "ecmsim:cu_sio2_pt"
title = "t"
cell = { active_electrode = "Cu", switching_layer = "SiO2", counter_electrode = "Pt", layer_thickness = "10 nm" }
compliance = { kind = "none" }
"""


def load(folder, content, step="", before=""):
    (folder / "data.csv").write_text(content)
    path = folder / "cell.toml"
    path.write_text(f'{BASE}{before}[[programme]]\nkind = "measured"\nfile = "data.csv"\n{step}')
    return load_config(path)


def corners(config):
    legs = Programme.from_steps(config.programme).planned()
    return [leg.end for leg in legs], [leg.last for leg in legs]


def content(time, voltage, current):
    return "Time,AV,AI\n" + instruments.lines((time, voltage, current))


def test_the_file_becomes_a_few_legs_and_is_needed_no_more(tmp_path):
    config = load(tmp_path, content(*sweep(2001)))
    times, voltages = corners(config)
    assert times == pytest.approx([2, 4]) and voltages == pytest.approx([2, 0], abs=1e-6)
    step = config.programme[0]
    assert step.file is None and step.columns is None and step.origin.startswith("data.csv: 2001 points as 2 straight")
    (tmp_path / "data.csv").unlink()
    again = Config.from_toml(config.to_toml())
    assert again == config and corners(again) == corners(config)


def test_columns_tolerance_polarity_and_compliance(tmp_path):
    time, voltage, current = sweep(401, sign=-1)
    voltage = voltage + 0.01 * np.random.default_rng(1).standard_normal(401)
    step = (
        'tolerance = "60 mV"\nscale_time = 2\nname = "as measured"\ncompliance = { kind = "ideal", current = "1 mA" }\n'
        '[programme.columns]\ntime = { column = 1, unit = "ms" }\npolarity = "negative"\n'
    )
    config = load(tmp_path, content(1e3 * time, voltage, current), step)
    times, voltages = corners(config)
    assert times == pytest.approx([4, 8], abs=0.05) and voltages == pytest.approx([2, 0], abs=0.02)
    assert config.programme[0].tolerance == 0.06 and config.programme[0].compliance.current == 1e-3
    legs = Programme.from_steps(config.programme).planned()
    assert {leg.piece.name for leg in legs} == {"as measured"}
    mirrored = load(tmp_path, content(*sweep(401, sign=-1)), 'polarity = "negative"\n')
    assert corners(mirrored)[1] == pytest.approx([2, 0], abs=1e-6)


def test_a_source_that_is_elsewhere_goes_to_the_first_voltage(tmp_path):
    pulse = "0\t1e-3\t2.0\n1\t1e-3\t2.0\n2\t1e-3\t2.0\n2.1\t1e-6\t0.01\n5\t1e-6\t0.01\n"
    times, voltages = corners(load(tmp_path, pulse))
    assert times == pytest.approx([1.0, 3, 3.1, 6]) and voltages == pytest.approx([2, 2, 0.01, 0.01])
    assert corners(load(tmp_path, pulse, 'rise = "1 ms"\n'))[0][:2] == pytest.approx([1e-3, 2.001])
    before = '[[programme]]\nkind = "ramp"\nto = "2 V"\nrate = "1 V/s"\n'
    assert corners(load(tmp_path, pulse, before=before))[0] == pytest.approx([2, 4, 4.1, 7])


def test_a_voltage_alone_is_enough(tmp_path):
    assert corners(load(tmp_path, "Time,V\n0,0\n1,1\n2,0\n"))[0] == [1, 2]


@pytest.mark.parametrize(
    ("text", "step", "message"),
    [
        ("", "", '.file = "{file}": is empty'),
        ("V,I\n0,0\n1,1e-9\n", "", '.file = "{file}": has no time: write how fast'),
        ("Time,V\n0,0\n1,1\n", 'columns = {{ voltage = "U" }}', '.file = "{file}": voltage = "U": no such column'),
        ("Time,V\n0,0\n1,1\n", "columns = {{ volts = 1 }}", ".columns.volts: unknown key"),
        ("Time,V\n0,0\n1,1\n", 'columns = {{ rate = "1 A" }}', '.columns.rate = "1 A": expected a voltage rate'),
        ("Time,V\n0,0\n1,1\n", "columns = {{ voltage = [] }}", ".columns.voltage = []: expected the name or number of"),
        ("Time,V\n0,0\n1,1\n", 'points = [["0 s", "0 V"], ["1 s", "1 V"]]', ": needs either points or a file"),
        ("Time,V\n0,0\n1,1\n", 'tolerance = "0 V"', '.tolerance = "0 V": must be greater than 0 V'),
        ("Time,V\n0,0\n1,300\n", "", ".points[1][1]"),
    ],
)
def test_what_is_wrong_is_said_where_it_stands(tmp_path, text, step, message):
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, text, step.format())
    (problem,) = caught.value.problems
    assert problem.startswith("programme[0]" + message.format(file=tmp_path / "data.csv"))


@pytest.mark.parametrize(
    ("step", "message"),
    [
        ("", "programme[0]: needs a measurement file"),
        ('points = [["0 s", "0 V"], ["1 s", "1 V"]]', "programme[0]: points need a tolerance and a rise beside them"),
    ],
)
def test_a_step_needs_a_file(step, message):
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(f'{BASE}[[programme]]\nkind = "measured"\n{step}\n')
    assert caught.value.problems[0].startswith(message)


def test_the_step_in_python():
    step = drive.measured([(0.0, 0.5), (1.0, 1.0), (2.0, 0.0)], tolerance=0.01, rise=0.1)
    legs = Programme.from_steps([step]).planned()
    assert [leg.end for leg in legs] == pytest.approx([0.1, 1.1, 2.1]) and [leg.last for leg in legs] == [0.5, 1, 0]
