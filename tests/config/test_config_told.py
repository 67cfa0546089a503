"""What configurations mean and what is refused in them: by hand, and as it was before."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
from helpers.kept import plain, unchanged

from ecmsim.config import Config
from ecmsim.config.circuit import out_of_sense, smaller_than_the_disc
from ecmsim.config.columns import Columns, columns_of
from ecmsim.config.compliance import IdealCompliance, SeriesResistor, Transistor
from ecmsim.config.distributions import Wrong, drawn
from ecmsim.config.frozen import frozen
from ecmsim.config.initial import Needle
from ecmsim.config.numerics import EDGES, LIMITS, Mesh, Stepping
from ecmsim.config.quantities import Quantity, QuantityType
from ecmsim.config.reference import Setting, reference, reference_markdown, reference_text
from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.config.table import read_table
from ecmsim.config.texts import tables_of, text_of
from ecmsim.config.units import UnitError, convert, measured_by
from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import ConfigError

ERRORS = {"relative_error": 2, "displacement_error": 3}  # powers of the refinement
HEAD = 'extends = "ecmsim:quick"\n'


def row_of(setting):
    """Name, unit, default and what is allowed of a setting, without what it means."""
    allowed = re.search(r"\(([^()]*)\)$", setting.meaning)
    told = allowed[1] if allowed and re.match(r"[<>]|[a-z_0-9]+, ", allowed[1]) else ""
    return f"{setting.name} | {setting.unit} | {setting.default} | {told}"


def test_every_setting_has_the_unit_the_default_and_the_bounds_of_before(file_regression):
    unchanged(file_regression, "\n".join(map(row_of, reference())))


def test_settings_of_columns_have_those_of_before(file_regression):
    unchanged(file_regression, "\n".join(map(row_of, reference(Columns, "columns."))))


def test_the_reference_is_laid_out_in_columns():
    rows = [Setting("a", "nm", "1 nm", "short"), Setting("s.long_name", "", "none", "word " * 12)]
    rows += [Setting("s.x", "V", "2 V", "y"), Setting("t[].kind", "", "required", "z")]
    lines = reference_text(60, rows).splitlines()
    assert lines[:3] == ["name, unit, default, meaning (allowed values)", "", "  a  nm  1 nm  short"]
    assert lines[4:6] == ["[s]", ""] and lines[6] == "  long_name     none  " + " ".join(["word"] * 7)
    assert lines[7] == " " * 22 + " ".join(["word"] * 5) and lines[8] == "  x          V  2 V   y"
    assert lines[10:13] == ["[[t]]", "", "  kind    required  z"]
    narrow = reference_text(20, rows).splitlines()  # what they mean is never narrower than twenty characters
    assert narrow[6:8] == ["  long_name     none  word word word word", " " * 22 + "word word word word"]
    assert max(map(len, reference_text().splitlines())) <= 110
    assert len(reference_markdown().splitlines()) == len(reference()) + 2


def test_refinement_divides_edges_and_steps():
    """Edges and limits by it, errors by a power as high as their order; edges across the gap and along the nucleus
    times it, four of these at least."""
    mesh, fine = Mesh(refinement=2.5), Mesh(refinement=2.5).refined()
    for name in type(mesh).model_fields:
        before, after = getattr(mesh, name), getattr(fine, name)
        if name in EDGES:
            assert after == pytest.approx(before / 2.5), name
        elif name == "cells_across_gap":
            assert after == pytest.approx(2.5 * before)
        elif name == "nucleus_segments":
            assert after == round(2.5 * before)
        elif name != "refinement":
            assert after == before, name
    assert fine.refinement == 1.0 and Mesh(nucleus_segments=5, refinement=0.5).refined().nucleus_segments == 4
    steps, short = Stepping(refinement=4.0), Stepping(refinement=4.0).refined()
    for name in type(steps).model_fields:
        expected = getattr(steps, name) / 4 ** (1 if name in LIMITS else ERRORS.get(name, 0))
        assert name == "refinement" or getattr(short, name) == pytest.approx(expected), name
    assert short.refinement == 1.0


CASES = """
compliance = {kind = "ideal", current = "1e-18 A"} / compliance = {kind = "ideal", current = "11 A"}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_voltage = "1 V"}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V"}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = []}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = [["0 s", "0 V"], ["0 s", "2 V"]]}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = [["0 s", "0 V"], ["1 s", "2 V"]], gate_voltage = "2 V"}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = [["0 s", "0 V"], ["1 s", "1 V"]]}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = [["0 s", "0 V"], ["1e5 s", "2 V"]]}
compliance = {kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "1 V", gate_points = [["0 s", "0 V"], ["2 s", "2 V"]]}
compliance = {kind = "ideal", current = "1 uA", response_time = "300 s"}
compliance = {kind = "ideal", current = "1 uA", response_time = "1e-16 s"}
circuit = {capacitance = "1 pF", series_resistance = "1 kohm"}
circuit = {capacitance = "1 uF", series_resistance = "1e12 ohm"}
circuit = {capacitance = "1 uF"}
circuit = {capacitance = "1e-18 F", series_resistance = "1 ohm"}
circuit = {capacitance = "1 uF"} ; compliance = {kind = "series_resistor", resistance = "1e12 ohm"}
circuit = {capacitance = "1 uF", series_resistance = "1e12 ohm"} ; compliance = {kind = "series_resistor", resistance = "1 kohm"}
leakage = {area = "25 um^2"}
leakage = {ohmic = {conductivity = "1 S/m", reference_temperature = "300 K", activation_energy = "0.1 eV"}}
leakage = {area = "1e-4 um^2", ohmic = {conductivity = "1 S/m", reference_temperature = "300 K", activation_energy = "0.1 eV"}}
leakage = {area = "1 um^2", ohmic = {conductivity = "1 S/m", reference_temperature = "300 K", activation_energy = "0.1 eV"}}
initial = {kind = "cylinder", radius = "2 nm", height = "2 nm"}
initial = {kind = "cylinder", radius = "2 nm", height = "200 nm"}
initial = {kind = "cylinder", radius = "2 nm", height = "5 nm"}
initial = {kind = "cone", tip_radius = "1 nm", half_angle = "79 deg", height = "5 nm"}
initial = {kind = "cone", tip_radius = "1 nm", half_angle = "80 deg", height = "5 nm"}
initial = {kind = "cone", tip_radius = "4 nm", half_angle = "30 deg", height = "2 nm"}
initial = {kind = "cone", tip_radius = "4 nm", half_angle = "30 deg", height = "2.1 nm"}
needle = {tip_radius = "1 nm", half_angle = "20 deg", height = "5 nm"}
needle = {tip_radius = "1 nm", half_angle = "20 deg", height = "5 nm"} ; dissolution.enabled = false
needle = {tip_radius = "1 nm", half_angle = "20 deg", height = "5 nm"} ; dissolution.enabled = false ; model = "reduced"
needle = {tip_radius = "0.05 nm", half_angle = "20 deg", height = "0.1 nm"} ; dissolution.enabled = false
needle = {tip_radius = "1 nm", half_angle = "20 deg", height = "9.9 nm"} ; dissolution.enabled = false
needle = {tip_radius = "1 nm", half_angle = "78 deg", height = "6 nm"} ; dissolution.enabled = false
draw = {each = "cycle"}
draw = {each = "cycle", "stress.energy" = {distribution = "normal", sigma = "0.01 eV"}}
draw = {each = "cycle", "stress.energy" = {distribution = "normal", sigma = "9 eV"}}
draw = {each = "cycle", "stress.energy" = {distribution = "lognormal", sigma = -1}}
draw = {each = "cycle", "stress.energy" = {distribution = "uniform", from = "1 eV", to = "1 eV"}}
draw = {each = "cycle", "stress.energi" = {distribution = "normal", sigma = "0.01 eV"}}
draw = {each = "cycle", "hopping.activation_energy" = {distribution = "normal", sigma = "0.9 eV"}}
draw = {each = "cycle", "stress.energy" = {distribution = "gauss", sigma = "0.01 eV"}}
draw = {each = "cycle", "stress.energy" = {distribution = "normal", sigma = "0.01 eV"}, correlated = [["stress.energy", "stress.energy", 0.5]]}
draw = {each = "cycle", "stress.energy" = {distribution = "normal", sigma = "0.01 eV"}} ; stress.enabled = false
tunnelling = {seed = 3} / tunnelling = {law = "blend", seed = 3, plateaus = false} / tunnelling = {law = "blend", fluctuation = 0.1}
tunnelling = {law = "blend", barrier_shape = "rectangular"} / tunnelling = {law = "terraces", barrier_shape = "rectangular"}
heat = {metal_boundary_resistance = "1e-9 m^2*K/W"} / heat = {boundary_resistance = "1e-5 m^2*K/W"}
nucleation = {enabled = true, attempt_time = "1 ns", activation_energy = "0.5 eV", critical_atoms = 2, waiting = "drawn"}
hopping.activation_energy = "5 eV" / hopping.activation_energy = "6 eV"
cell.radius = "5 V" / cell.radios = "5 nm" / cell.radius = 5 / cell.radius = "-5 nm" / cell.layer_thickness = "inf nm"
cell.radius = {value = "5 nm", label = "guessed"} / cell.radius = {value = "5 nm", sauce = "x"} / cell.radius = {label = "fitted"}
mesh.refinement = 0.4 / mesh.refinement = "2" / mesh.nucleus_segments = 3 / mesh.nucleus_segments = 4.5 / stepping.growth = 1.0
programme = [] / programme = [{kind = "ramp", to = "1 V"}] / programme = [{kind = "rump", to = "1 V", rate = "1 V/s"}]
programme = [{kind = "hold", duration = "1 s", until = "current > 1 V"}] / programme = [{kind = "sweep", peak = "0 V", rate = "1 V/s"}]
programme = [{kind = "repeat", count = 0, steps = []}] / programme = [{kind = "sweep", peak = "101 V", rate = "1 V/s"}]
compliance.current = "1 mA" ; programme = [{kind = "current_hold", current = "1 uA", voltage_limit = "2 V", duration = "1 s"}]
model = "reduce" / title = 5 / nothing = 1 / output = {nothing = 1}
""".strip().splitlines()  # noqa: E501


def test_what_is_refused_is_what_was_refused_before(file_regression):
    """Settings on top of a valid file, alone ( / ) or together ( ; ), with what has no effect of those that are not."""
    told = []
    for line in CASES:
        for case in line.split(" / "):
            try:
                config = loaded(case.split(" ; "))
                said = "\n  ".join(["valid", *config.idle])
            except ConfigError as error:
                said = str(error)
            told.append(f"{case}\n  {said}")
    unchanged(file_regression, "\n".join(told))


def loaded(settings):
    """The configuration of settings on top of a valid file."""
    return Config.from_toml(HEAD, overrides=[text.replace(" = ", "=", 1) for text in settings])


def test_a_gate_by_hand():
    """Straight lines between points, constant beyond; the square law of what is above the threshold."""
    points = (("1 s", "0 V"), ("3 s", "2 V"), ("4 s", "1 V"))
    gate = Transistor(kind="transistor", transconductance="2 mA/V^2", threshold_voltage="0.5 V", gate_points=points)
    assert [gate.gate(time) for time in (0, 1, 2, 3, 3.5, 4, 9)] == [0, 0, 1, 2, 1.5, 1, 1]
    assert [gate.highest_gate(end) for end in (0.5, 2, 3, 9)] == [0, 1, 2, 2]
    assert [gate.saturation_current(time) for time in (0, 2, 3)] == pytest.approx([0, 2.5e-4, 2.25e-3])
    still = Transistor(kind="transistor", transconductance="2 mA/V^2", threshold_voltage="0.5 V", gate_voltage="1.5 V")
    assert still.gate(7) == still.highest_gate(7) == 1.5 and still.saturation_current(0) == pytest.approx(1e-3)
    jump = Transistor(
        kind="transistor", transconductance="1 mA/V^2", threshold_voltage="0 V", gate_points=(("0 s", "1 V"),)
    )
    assert jump.gate(0) == jump.gate(5) == 1.0


def test_the_foot_of_a_needle_by_hand():
    """A sphere of 2 nm on a cone of 30 degrees touches it 1 nm above its centre's height less 2 nm, 1.732 nm wide."""
    needle = Needle(tip_radius="2 nm", half_angle="30 deg", height="5 nm")
    assert needle.foot_radius == pytest.approx(2 * math.cos(math.pi / 6) + (5 - 1) * math.tan(math.pi / 6))
    assert Needle(tip_radius="2 nm", half_angle="0 deg", height="5 nm").foot_radius == pytest.approx(2)


def test_what_is_frozen_by_hand():
    at = Quantity(300.0, "K")
    most = 200 * BOLTZMANN_EV * 300
    assert frozen(most, at) is None and frozen(None, at) is None and frozen(1.0, None) is None
    assert frozen(1.01 * most, at).startswith("is 202 kT at cell.ambient_temperature (300 K)")
    assert frozen(1.01 * most, at).endswith("above 303 K")


def test_a_pad_is_no_smaller_than_the_cell():
    """A disc of 1 um is 3.14 um^2."""
    cell = SimpleNamespace(radius=Quantity(1000.0, "nm"))
    for area, refused in ((3.15, False), (3.13, True)):
        told = smaller_than_the_disc(SimpleNamespace(area=Quantity(area, "um^2")), cell)
        assert bool(told) is refused and (not told or "3.142 um^2" in told)
    leak = SimpleNamespace(area=Quantity(1.0, "um^2"))
    assert not smaller_than_the_disc(SimpleNamespace(area=None), cell) and not smaller_than_the_disc(leak, None)
    assert not smaller_than_the_disc(leak, SimpleNamespace(radius=None))


def test_time_constants_of_a_circuit_by_hand():
    """A hundred times the programme's 4 s are 400 s, the smallest step is 1 fs; what holds is the fastest way."""
    steps = Config.from_toml(HEAD, overrides=['programme=[{kind = "sweep", peak = "2 V", rate = "1 V/s"}]']).programme
    own = Config.from_toml(
        HEAD,
        overrides=[
            'programme=[{kind = "sweep", peak = "-3 V", rate = "1 V/s", compliance = {kind = "series_resistor", '
            'resistance = "1 kohm"}}, {kind = "sweep", peak = "1 V", rate = "1 V/s"}]'
        ],
    ).programme
    stepping = Stepping()

    def told(circuit, compliance, programme=steps):
        given = {"capacitance": None, "series_resistance": None} | circuit
        return out_of_sense(SimpleNamespace(**given), compliance, programme, stepping)

    ideal, resistor = (
        IdealCompliance(kind="ideal", current="1 nA"),
        SeriesResistor(kind="series_resistor", resistance="3 ohm"),
    )
    assert told({}, ideal) == "" and told({"capacitance": 1e-6, "series_resistance": 3e8}, ideal).startswith(
        "circuit.cap"
    )
    assert told({"capacitance": 1.9e-7}, ideal) == ""  # 2 V 0.19 uF / 1 nA = 380 s
    assert "420 s: is more than 100 times the programme's 4 s" in told({"capacitance": 2.1e-7}, ideal)
    assert told({"capacitance": 1e-6, "series_resistance": 3.9e8}, resistor) == ""
    long = told({"capacitance": 1e-6, "series_resistance": 4.1e8}, resistor)
    assert long.startswith("(circuit.series_resistance + compliance.resistance) times circuit.capacitance = 410 s")
    assert told({"capacitance": 1e-15}, resistor) == ""
    short = told({"capacitance": 3e-16}, resistor)
    assert short.startswith(
        "compliance.resistance times circuit.capacitance = 9e-16 s: is less than stepping.smallest_step"
    )
    slow = IdealCompliance(kind="ideal", current="1 nA", response_time="401 s")
    assert told({}, slow).startswith("compliance.response_time = 401 s") and not told({}, ideal, own)
    quick = IdealCompliance(kind="ideal", current="1 nA", response_time="9e-16 s")
    assert "compliance.response_time = 9e-16 s: is less than" in told({}, quick)
    # Where one step's resistor charges faster, an ideal limit elsewhere is not too slow.
    assert told({"capacitance": 1e-6}, IdealCompliance(kind="ideal", current="1e-12 A"), own) == ""


@pytest.mark.slow
def test_draws_are_those_of_before_and_of_their_distributions(file_regression):
    given = {
        "stress.energy": ("eV", {"distribution": "normal", "mean": "30 meV", "sigma": "2 meV"}),
        "hopping.distance": ("nm", {"distribution": "uniform", "from": "1 nm", "to": "3 nm"}),
        "filament.specularity": ("", {"distribution": "lognormal", "median": 0.5, "sigma": 0.3}),
    }
    few = drawn(given, 5, 1)
    told = [plain(few), plain(drawn(given, 3, 2, [("stress.energy", "hopping.distance", 0.9)]))]
    many = {name: np.array([row[name] for row in drawn(given, 4000, 3)]) for name in given}
    assert drawn(given, 9, 1)[:5] == few
    assert many["stress.energy"].mean() == pytest.approx(0.03, rel=0.01) and many[
        "stress.energy"
    ].std() == pytest.approx(0.002, rel=0.04)
    assert np.median(many["filament.specularity"]) == pytest.approx(0.5, rel=0.02)
    assert np.log(many["filament.specularity"]).std() == pytest.approx(0.3, rel=0.04)
    low, high = many["hopping.distance"].min(), many["hopping.distance"].max()
    assert 1 <= low < 1.01 and 2.99 < high <= 3 and many["hopping.distance"].mean() == pytest.approx(2, abs=0.04)
    pair = drawn(given, 4000, 3, [("stress.energy", "filament.specularity", -0.7)])
    one, other = ([row[name] for row in pair] for name in ("stress.energy", "filament.specularity"))
    assert np.corrcoef(one, np.log(other))[0, 1] == pytest.approx(-0.7, abs=0.03)
    one = ("eV", {"distribution": "normal", "mean": "1 eV", "sigma": "1 eV"})
    for wrong in (
        {"x": (None, {})},
        {"x": ("eV", 5)},
        {"x": ("eV", {"distribution": "norm"})},
        {"x": ("eV", {"distribution": "normal", "mean": "1 eV"})},
        {"x": ("eV", {"distribution": "normal", "mean": "1 eV", "sigma": "0 eV"})},
        {"x": ("eV", {"distribution": "normal", "mean": "1 V", "sigma": "1 eV"})},
        {"x": ("eV", {"distribution": "normal", "median": "1 eV", "sigma": "1 eV"})},
        {"x": ("eV", {"distribution": "lognormal", "median": "-1 eV", "sigma": 1})},
        {"x": ("eV", {"distribution": "lognormal", "median": "1 eV", "sigma": 0})},
        {"x": ("eV", {"distribution": "uniform", "from": "1 eV", "to": "1 eV"})},
    ):
        with pytest.raises(Wrong) as error:
            drawn(wrong, 1, 1)
        told.append(f"{wrong}: {error.value}")
    for pairs in ([("x", "y", 1.0)], [("x", "y", -1.0)], [("x", "x", 0.5)], [("x", "z", 0.5)], [("x", "y")], [5],
                  [("x", "y", 0.9), ("y", "w", 0.9), ("x", "w", -0.9)]):  # fmt: skip
        with pytest.raises(Wrong) as error:
            drawn({"x": one, "y": one, "w": one}, 1, 1, pairs)
        told.append(f"{pairs}: {error.value}")
    unchanged(file_regression, "\n".join(told), close=1e-4)
    assert drawn({"x": one, "y": one}, 1, 1, [("x", "y", 0.999)])


@pytest.mark.parametrize(
    ("number", "unit", "target", "expected"),
    [
        ("10", "uA", "A", 1e-5),
        ("10", "µA", "A", 1e-5),
        ("3", "angstrom", "nm", 0.3),
        ("25", "°C", "K", None),
        ("2", "GA", "A", 2e9),
        ("2", "pm", "nm", 2e-3),
        ("2", "fs", "s", 2e-15),
        ("2", "MV", "V", 2e6),
        ("1e13", "/ s", "1/s", 1e13),
        ("1e13", "Hz", "1/s", 1e13),
        ("1", "A/cm^2", "A/m^2", 1e4),
        ("5", "min", "s", 300.0),
        ("1e400", "mA", "A", math.inf),
        ("7", "kohm", "ohm", 7e3),
        ("180", "deg", "deg", 180.0),
        ("1", "m/s", "nm/s", 1e9),
        ("1", "um/s", "nm/s", 1e3),
        ("5", "V", "A", "got a voltage"),
        ("5", "volts_", "V", 'unknown unit "volts_"'),
        ("5", "cd", "V", '"cd" measures something else'),
        ("5", "K/s", "K", "got a heating rate"),
    ],
)
def test_units_are_what_they_are(number, unit, target, expected):
    if isinstance(expected, str):
        with pytest.raises(UnitError, match=re.escape(expected)):
            convert(number, unit, target)
    elif expected is not None:
        assert convert(number, unit, target) == pytest.approx(expected, rel=1e-14)
    assert measured_by("J/mol") == "a molar energy" and measured_by("cd") is None


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (10.0, "nm", "10 nm"),
        (0.0, "V", "0 V"),
        (123456.0, "V", "123456 V"),
        (999999.0, "V", "999999 V"),
        (1000000.0, "V", "1e6 V"),
        (0.001, "V", "0.001 V"),
        (0.0001, "V", "1e-4 V"),
        (-2.5e-7, "A", "-2.5e-7 A"),
        (1e13, "1/s", "1e13 / s"),
        (0.25, "", "0.25"),
    ],
)
def test_quantities_are_written_plainly(value, unit, text):
    assert Quantity(value, unit).text == text
    assert float(QuantityType(unit).validate(text if unit else value)) == value


def test_bounds_are_told_and_kept():
    kind = QuantityType("V", gt=-1, ge=-2, lt=3, le=4)
    assert kind.bounds == "> -1, >= -2, < 3, <= 4" and QuantityType("V").bounds == ""
    for bound, good, bad in (("gt", 1.1, 1), ("ge", 1, 0.9), ("lt", 0.9, 1), ("le", 1, 1.1)):
        limited = QuantityType("", **{bound: 1})
        assert limited.validate(good) == good
        with pytest.raises(Exception, match="must be"):
            limited.validate(bad)
    kept = QuantityType("V").validate({"value": "5 mV", "label": "fitted", "source": "x"})
    assert (kept, kept.unit, kept.label, kept.source) == (5e-3, "V", "fitted", "x")
    assert QuantityType("V").validate(kept) is kept
    other = QuantityType("eV").validate
    with pytest.raises(Exception, match="an energy"):
        other(kept)
    for wrong in (True, 5, None, [], "", "V", "5", "5 mV mV", "x V", {"value": 5}, {"value": "1 V", "source": 3}):
        with pytest.raises(Exception):  # noqa: B017
            QuantityType("V").validate(wrong)
    for wrong in (True, "5", None, math.nan, math.inf, 10**400):
        with pytest.raises(Exception):  # noqa: B017
            QuantityType("").validate(wrong)


def test_tables_of_points_by_line(tmp_path, file_regression):
    """Comments and empty lines count as lines; what is wrong is told with its line."""
    told = []
    for text in (
        "time_s,voltage_V\n0,0\n\n# remark\n1,2\n",
        "a,time_s,voltage_V\n x , 0.5 , -1 ,more\ny,0.75,1e0\n",
        "time_s,voltage_V\n-1,0\n",
        "time_s,voltage_V\n0,0\n0,1\n",
        "time_s,voltage_V\n0,5\n",
        "time_s,voltage_V\n0,5.1\n",
        "time_s,voltage_V\n0,-5.1\n",
        "time_s,voltage_V\n\n0\n",
        "time_s,voltage_V\n0,x\n",
        "time_s,voltage_V\n0,nan\n",
        "time_s,voltage_V\n",
        "",
        "time_s,current_A\n0,1\n",
        "time_s,volts\n0,1\n",
        ",".join(f"c{k}" for k in range(13)) + "\n",
        ",".join(f"c{k}" for k in range(12)) + "\n",
        "x" * 100 + ",time_s\n",
    ):
        path = tmp_path / "t.csv"
        path.write_text(text)
        try:
            said = str([(point[0].text, point[1].text) for point in read_table(path, "voltage_V", -5, 5)])
        except ConfigError as error:
            said = str(error)
        told.append(f"{text[:60]!r}\n  {said}")
    unchanged(file_regression, "\n".join(told))


def test_texts_are_neither_huge_nor_endlessly_deep(tmp_path):
    def nested(depth):
        return f"x = {'[' * (depth - 1)}1{']' * (depth - 1)}"

    assert tables_of(nested(49))["x"] and tables_of(f"x = {2**100 - 1}")["x"] == 2**100 - 1
    for text, said in (
        (nested(50), "too deep .*at most 50"),
        (f"x = {2**100}", "too many digits"),
        ("x = ", "is not valid"),
    ):
        with pytest.raises(ConfigError, match=said):
            tables_of(text)
    path = tmp_path / "big.toml"
    path.write_bytes(b"#" * 10_000_000)
    assert len(text_of(path)) == 10_000_000
    path.write_bytes(b"#" * 12_400_000)
    with pytest.raises(ConfigError, match=r"is too large: 12 MB \(at most 10 MB\)"):
        text_of(path)
    path.write_bytes(b"\xef\xbb\xbfx = 1")
    assert text_of(path) == "x = 1"
    for make, said in (
        (lambda: path.write_bytes(b"\xff\xfe"), "is not UTF-8 text"),
        (lambda: (path.unlink(), path.mkdir()), "is not a plain file|cannot be read"),
        (lambda: path.rmdir(), "no such file"),
    ):
        make()
        with pytest.raises(ConfigError, match=said):
            text_of(path)


def test_words_that_are_meant_are_found():
    assert "radius" in did_you_mean("radios", ["radius", "height"]) and did_you_mean("xyzzy", ["radius"]) == ""
    assert listed(["a"]) == '"a"' or listed(["a"]) == "a"
    assert quoted("a") == '"a"'


def test_columns_mean_what_they_meant_before(file_regression):
    told = []
    for data in (
        {},
        {"time": 1, "voltage": "V", "current": {"column": 3, "shunt": "2 kohm", "offset": "3 mV", "sign": -1}},
        {"voltage": {"column": "x", "unit": "mV", "factor": 2, "offset": "1 mV"}, "zero": "3 ms", "rate": "1 kV/s"},
        {"current": {"offset": "2 nA"}, "compliance": "1 mA", "interval": "20 ms", "cycle": [1, 3], "sheet": ["a", 2]},
        {"x": 1, "y": {"column": 2, "sign": -1}, "v_set": "a", "r_lrs": 3, "read_voltage": "100 mV", "header": 0},
        {"rate": "1 V/s", "interval": "1 s"},
        {"time": True},
        {"voltage": {"sign": 2}},
        {"voltage": {"sign": True}},
        {"cycle": []},
        {"cycle": [1.5]},
        {"cycle": "one"},
        {"sheet": True},
        {"header": -1},
        {"header": True},
        {"current": {"offset": "2 V"}},
        {"current": {"offset": "2 nA", "shunt": "1 kohm"}},
        {"current": {"shunt": "0 ohm"}},
        {"zero": "soon"},
        {"decimal": ";"},
        {"volts": 1},
        {"rate": "0 V/s"},
    ):
        try:
            said = str(columns_of(data))
        except ConfigError as error:
            said = str(error)
        told.append(f"{data}\n  {said}")
    unchanged(file_regression, "\n".join(told))
