"""Everything that is read from a file, as it was: numbers, what was taken for what, notes, metadata, of every form."""

import dataclasses

import numpy as np
import pandas as pd
import pytest
from helpers import instruments
from helpers.before import as_before
from helpers.instruments import reset, sweep

from ecmsim.errors import MeasurementError
from ecmsim.measured import Column, Columns, Recording, legs_of, open_file, read, read_points
from ecmsim.measured.choice import Choice
from ecmsim.measured.naming import NAMES, by_numbers, plain, rank, voltage_role
from ecmsim.measured.programmed import source_voltage
from ecmsim.measured.recording import rate_of
from ecmsim.measured.text import _one_line, dialect, encoding_of
from ecmsim.measured.thinning import _deviation, _divided, _grouped, _heights, _legs, _met, _of_means, _refined, thinned
from ecmsim.measured.timing import joined, timed
from ecmsim.measured.units import split, unit_of
from ecmsim.measured.workbook import in_time, settings_of

TIME, VOLTAGE, CURRENT = DATA = sweep(41)
NUMBERED = np.arange(41.0)
TWICE = [np.concatenate([part, part]) for part in DATA]
FOLLOWING = np.arange(82) * 0.1
lines = instruments.lines
FORMS = {
    "plain": ("Time,V,I\n" + lines(DATA), {}),
    "no names": (lines(DATA, "\t"), {}),
    "no names, voltage last": (lines((TIME, CURRENT, VOLTAGE), "\t"), {}),
    "no names, no time": (lines((VOLTAGE, CURRENT), " "), {"interval": 0.5}),
    "decimal commas": ("Zeit;Spannung;Strom\n" + lines(DATA, ";", ","), {}),
    "given dialect": ("Zeit;Spannung;Strom\n" + lines(DATA, ";", ","), {"separator": "Semicolon", "decimal": ","}),
    "units below": ("t,U,I\ns,V,mA\n" + lines((TIME, VOLTAGE, 1e3 * CURRENT)), {}),
    "units in names": ("Time [ms]; V / mV; I (µA)\n" + lines((1e3 * TIME, 1e3 * VOLTAGE, 1e6 * CURRENT), ";"), {}),
    "unit unknown": ("Time (s),V,I (A)\n" + lines(DATA), {"voltage": Column(2)}),
    "by its unit": ("a (s),b (V),c (A),d (A)\n" + lines((*DATA, CURRENT)), {}),
    "several that fit": ("Time,V1,V2,I,I1\n" + lines((TIME, VOLTAGE, 2 * VOLTAGE, CURRENT, 3 * CURRENT)), {}),
    "groups": ("SMU,SMU,Source\nT,I,V\n" + lines((TIME, CURRENT, VOLTAGE)), {"time": Column(1)}),
    "everything of a column": (
        "Time (ms),V,X\n" + lines((1e3 * TIME, VOLTAGE + 0.25, -CURRENT * 500)),
        {"time": Column("Time", offset=0.001), "voltage": Column(2, "V", 2.0, -1, 0.25),
         "current": Column("x", "mV", 3.0, -1, 1e-3, 500.0)}),
    "negative": ("Time,AV,AI\n" + lines((TIME + 5, -VOLTAGE, -CURRENT)), {"polarity": "negative", "zero": "file"}),
    "late zero": ("Time,V,I\n" + lines((TIME + 5, VOLTAGE, CURRENT)), {"zero": 7.0}),
    "rate": ("V,I\n" + lines((VOLTAGE, CURRENT)), {"rate": 0.5}),
    "noisy rate": ("V,I\n" + lines((VOLTAGE + 0.3 * (-1) ** NUMBERED, CURRENT)), {"rate": 0.5}),
    "restarts": ("Time,V,I\n" + lines(TWICE), {"restarts": True}),
    "second": ("Time,V,I\n" + lines(TWICE), {"restarts": True, "cycle": 2}),
    "second of the file's times": ("Time,V,I\n" + lines(TWICE), {"restarts": True, "cycle": 2, "zero": "file"}),
    "names again": (2 * ("Time,V,I\n" + lines(DATA)), {}),
    "a column of cycles": (
        "Time,V,I,Cycle\n" + lines((FOLLOWING, *TWICE[1:], np.repeat([7, 8], 41))), {}),
    "a column for cycles": (
        "Time,V,I,n\n" + lines((FOLLOWING, *TWICE[1:], np.repeat([3, 5], 41))), {"cycle_column": "n", "cycle": (5, 3)}),
    "cycles by sign": ("Time,V,I\n" + lines((FOLLOWING, *TWICE[1:])), {}),
    "too few points": ("Time,V,I\n" + lines((NUMBERED, (-1) ** NUMBERED, CURRENT)), {}),
    "compliance": ("Model,2450\nCompliance,5 mA\n\nTime,V,I\n" + lines(DATA), {}),
    "compliance given": ("Compliance,5 mA\n\nTime,V,I\n" + lines(DATA), {"compliance": 2e-3}),
    "limits of terminals": ("Limit I,0.1,0.005,20\n\nTime,V,I\n" + lines(DATA), {}),
    "header": ("# remark\nTime,V,I\n" + lines(DATA), {"header": 2}),
    "header 0": (lines(DATA), {"header": 0}),
    "gaps": ("Time,V,I\n0,0,1e-9\n1,#N/A,2\n\n2,1,--\n3,1,2e-6\n4,1,9.91e37\n5,0,1e-9\n6,1", {}),
    "4200 as CSV": (instruments.k4200_text(*DATA), {}),
    "EasyEXPERT": (instruments.easyexpert([{"V1": VOLTAGE, "I1": CURRENT, "Time": TIME}]), {}),
    "two of EasyEXPERT": (
        instruments.easyexpert([{"V1": v, "I1": i} for _, v, i in (sweep(41), reset(21))]), {"rate": 1.0}),
    "second of EasyEXPERT": (
        instruments.easyexpert([{"V1": v, "I1": i} for _, v, i in (sweep(41), reset(21))]),
        {"rate": 1.0, "sheet": 2}),
    "2400 buffer": (lines((VOLTAGE, CURRENT, 0 * TIME + 9.91e37, TIME, 0 * TIME + 20480), form="{:+.8E}"), {}),
    "one line": (
        lines((VOLTAGE, CURRENT, 0 * TIME + 9.91e37, TIME, 0 * TIME), form="{:+.6E}").replace("\n", ",")[:-1], {}),
    "scope": (instruments.scope(*DATA, shunt=500.0), {"current": Column("2", shunt=500.0)}),
    "tektronix": (
        instruments.tektronix(TIME, VOLTAGE, CURRENT * 1e3),
        {"voltage": Column(5), "current": Column(6, shunt=1e3)}),
    "KickStart": (
        "Model,2450\nSerial: 1\n\nIndex,SMU-1 Voltage (V),SMU-1 Current (A),SMU-1 Time (s)\n"
        + lines((NUMBERED, VOLTAGE, CURRENT, TIME)), {}),
    "names are more": ("Time,V,I,Note\n" + lines(DATA), {}),
}  # fmt: skip


def told(recording):
    """All of a Recording, its columns thinned out."""
    columns = {name: values.to_numpy()[::9] for name, values in recording.table.items()}
    columns["last"] = recording.table.iloc[-1].to_numpy(float)
    parts = {
        field.name: getattr(recording, field.name)
        for field in dataclasses.fields(recording)
        if field.name not in ("file", "time", "voltage", "current", "cycle")
    }
    parts["names of cycles"] = [recording.name(cycle) for cycle in recording.cycles[:3]]
    parts["limits"] = [recording.limit(cycle) for cycle in recording.cycles[:3]]
    parts["rates"] = [recording.rate(cycle) for cycle in recording.cycles[:3]]
    return columns | parts | {"points": len(recording), "cycles": recording.cycles[:3]}


def test_every_form_of_text(tmp_path, file_regression):
    found = {}
    for number, (name, (content, columns)) in enumerate(FORMS.items()):
        path = tmp_path / f"{number}.csv"
        path.write_text(content)
        found[name] = told(read(path, Columns(**columns)))
    as_before(file_regression, found)


def test_workbooks(tmp_path, file_regression):
    runs = {f"Run{k}": sweep(21) if k % 2 else reset(21) for k in (3, 2, 1)}
    instruments.k4200_workbook(tmp_path / "runs.xlsx", runs)
    instruments.k4200_workbook(tmp_path / "named.xlsx", {name: sweep(21) for name in ("b", "a")})
    found = {
        "all": told(read(tmp_path / "runs.xlsx")),
        "two": told(read(tmp_path / "runs.xlsx", Columns(sheet=("Run1", 1)))),
        "named": told(read(tmp_path / "named.xlsx")),
        "orders": [
            list(in_time(names, newest)[0]) + [in_time(names, newest)[1]]
            for names in (["Run10", "Run9"], ["Append2", "Data", "Append1"], ["x", "y"], ["Run1", "other2"])
            for newest in (True, False)
        ],
    }
    as_before(file_regression, found)


TABLES = {
    "two lines of names": (instruments.per_cycle(5), {"read_voltage": 0.11}),
    "plain": ("cycle,VSET (mV),V_reset,R_LRS (kohm),HRS,Ireset\n3,900,-1,2,1e6,\n4,950,-1.1,3,2e6,-2e-3\n", {}),
    "no numbers of cycles": ("VSET,I LRS,IHRS\n1,1e-4,-1e-6\n,,\n2,2e-4,1e-7\n3,,1e-7\n", {}),
    "chosen": ("a,b,c\n1,1.5,2\n2,1.6,3\n", {"values": {"v_set": "b", "r_lrs": 3}, "cycle_column": 1}),
}


def test_tables_with_a_line_for_each_cycle(tmp_path, file_regression):
    found = {}
    for name, (content, columns) in TABLES.items():
        path = tmp_path / "cycles.csv"
        path.write_text(content)
        table = open_file(path, Columns(**columns))
        found[name] = {"table": table.table, "told": table.told, "notes": list(table.notes), "layout": table.layout}
    path.write_text("V (mV);t_SET (us)\n500;20\n600;3\n700;#N/A\n")
    found["points"] = read_points(path, Columns(y=Column(2, None, 2.0, -1, 1e-6)), ("V", "s"))
    found["points of any unit"] = read_points(path, Columns(x=Column("V", "V", offset=1.0)))
    as_before(file_regression, found)


def test_names_and_units(file_regression):
    names = (
        "Time (s)|Relative Time|Elapsed-Time|test_time_2|SMU1 time|t|X-Axis|secs|Zeit|Timebase|Source Voltage|AV|"
        "Anode V|Voltage|v|V1|V_forced|Vprog|SMU-1 Voltage (V)|bias|gate v|Spannung|V_meas|cell voltage|reading_v|"
        "volts|AI|Anode I|Current (mA)|I|Id|I_meas|drain_i|Strom|Reading|amps|Cycle|cycle no|Cycle / Index|loop|"
        "Zyklus|nothing|V / mV|I [A]|time_s|Time, s|x (y)|R_kohm"
    ).split("|")
    found = {
        name: [plain(name), *split(name), *(str(rank(quantity, name)) for quantity in NAMES), str(voltage_role(name))]
        for name in names
    }
    units = "s ms sec Seconds V volt mV (uA) [µs] nA A Amps milliampere kilovolts ohm Ω kohm Mohm GOhm pA fA min h x mm"
    found["units"] = {unit: [str(part) for part in unit_of(unit) or ("", "")] for unit in units.split()}
    as_before(file_regression, found)


class Numbers:
    """A sheet without names, for the guess by numbers."""

    def __init__(self, *columns):
        import pandas as pd

        self.sample = pd.DataFrame(dict(enumerate(columns)))
        self.steady = tuple(range(len(columns)))


def test_columns_without_names():
    large, small, rising = np.array([0.0, 2, 0]), np.array([0.0, 1, -1]), np.array([0.0, 1, 2])
    assert by_numbers(Numbers(small, rising, large)) == (1, 2, 0)
    assert by_numbers(Numbers(large, small)) == (None, 0, 1) and by_numbers(Numbers(small, large)) == (None, 1, 0)
    assert by_numbers(Numbers(large, small, small)) is None and by_numbers(Numbers(large, large)) == (None, 0, 1)
    assert by_numbers(Numbers(rising, large)) == (None, 0, 1)
    flow = (large, small, np.full(3, 9.91e37), rising, 0 * large)
    assert by_numbers(Numbers(*flow)) == (3, 0, 1)
    assert by_numbers(Numbers(large, small, np.full(3, 9.91e36 / 2), rising, 0 * large)) is None
    assert by_numbers(Numbers(large, small, 0 * large)) is None  # what stands still is no time


def test_encodings():
    assert encoding_of("a µ".encode("cp1252") + b" " * 40) == "cp1252"
    assert encoding_of("µ".encode()) == "utf-8" and encoding_of(b"\xef\xbb\xbfa") == "utf-8-sig"
    assert encoding_of("1,2\n".encode("utf-16-le") * 9) == "utf-16-le"
    assert encoding_of("1,2\n".encode("utf-16-be") * 9) == "utf-16-be"
    assert encoding_of("1,2\n".encode("utf-16")) == "utf-16" and encoding_of("1".encode("utf-32")) == "utf-32"
    rows = ["t;V", "1,5;2,5", "2,5;3,5"]
    assert dialect(rows, Columns()) == (";", ",") and dialect(["1,2", "3,4"], Columns()) == (",", ".")
    assert dialect(["1|3", "4|6"], Columns(separator="bar")) == ("|", ".")
    assert _one_line(["1,2,3,4,5,", "6,7,8,9,10"], True) == ["1,2,3,4,5", "6,7,8,9,10"]


def test_times_by_hand():
    notes = []
    columns = Columns(restarts=True)
    time, kept, anew = timed(
        np.array([2.0, 3, 4, 1, 2, 2]), np.zeros(6), np.arange(6), np.zeros(6, int), columns, notes
    )
    assert time.tolist() == [0, 1, 2, 3, 4, 4] and anew.tolist() == [0, 0, 0, 1, 1, 1] and kept.all()
    assert "starts anew 1 times" in notes[0] and "after 1 s" in notes[0] and "at 2 s" in notes[1]
    flat = timed(np.array([1.0, 1, 0]), np.zeros(3), np.arange(3), np.zeros(3, int), columns, [])
    assert flat[0].tolist() == [0, 0, 1]
    parts = [(np.array([0.0, 2, 4]), np.ones(3), np.ones(3)), (np.array([5.0, 8]), np.ones(2), None)]
    time, voltage, current = joined(parts)
    assert time.tolist() == [0, 2, 4, 7, 10] and len(voltage) == 5 and current is None
    assert joined([parts[0], (np.array([5.0, 5]), np.ones(2), np.ones(2))])[0].tolist() == [0, 2, 4, 5, 5]
    swept = timed(None, np.array([0.0, 1, 3, 2]), None, None, Columns(rate=2.0), [])
    assert swept[0].tolist() == [0, 0.5, 1.5, 2] and Choice(0, 2.0, 0.5, "").scaled(3.0) == 5.5


def test_rates_by_hand():
    """Over steps of a share of the largest voltage; standing still and times that come twice do not count."""
    assert rate_of(np.array([0.0, 1, 2, 4]), np.array([0.0, 1, 2, 2])) == 1
    assert rate_of(np.array([0.0, 1, 1, 2]), np.array([0.0, 2, 3, 5])) == 2
    assert rate_of(np.array([0.0, 1, 2]), np.array([0.0, 0.4, 1]), 0.5) == 0.5
    assert np.isnan(rate_of(np.arange(3.0), np.ones(3))) and np.isnan(rate_of(np.arange(3.0), np.zeros(3)))
    time = np.arange(6000) * 1e-3
    assert rate_of(time, 3 * time) == pytest.approx(3) and rate_of(time[:1], time[:1] + 1) != 0


NOISE = np.random.default_rng(11).standard_normal(1000)
AT = np.linspace(0, 4, 1000)
SOURCES = {
    "triangle": 2 - np.abs(AT - 2), "three legs": np.interp(AT, [0, 1, 3, 4], [0, 2, -1.5, 0]),
    "sine": np.sin(2 * np.pi * AT), "pulses": np.where(AT % 1 < 0.3, 2.0, 0.1), "still": 0 * AT + 1,
    "ten legs": np.interp(AT, np.linspace(0, 4, 11), np.array([0, 2, 0, -1, 0, 2, 1, 2, 1.5, -1, 0])),
}  # fmt: skip


def test_legs_of_voltages(file_regression):
    found = {}
    for name, voltage in SOURCES.items():
        for noise in (0.0, 0.01) if name != "sine" else (0.01,):
            legs = thinned(AT, voltage + noise * NOISE)
            found[f"{name}, {noise}"] = legs if len(legs.time) < 40 else [len(legs.time), legs.deviation, legs.words]
            found[f"words of {name}, {noise}"] = legs.words
    found["tolerance"] = thinned(AT, SOURCES["sine"] + 0.002 * NOISE, 0.05)
    found["few"] = thinned(np.array([0.0, 0, 1, 2]), np.array([0.0, 1, 2, 0]))
    as_before(file_regression, found, tolerance=1e-4)


def test_parts_of_the_search_for_legs(file_regression):
    v = SOURCES["three legs"] + 0.01 * NOISE
    guess = np.array([0.0, 1.1, 2.9, 4.0]), np.array([0.0, 2.1, -1.4, 0.1])
    extra = np.array([0.0, 1.0, 2.0, 3.0, 4.0]), np.array([0.0, 2.0, 0.25, -1.5, 0.0])
    long = np.tile(v, 60)
    many = np.linspace(0, 4, len(long))
    found = {
        "met": _met(AT, v, guess), "heights": _heights(AT, v, guess[0]), "deviation": _deviation(AT, v, guess),
        "refined": _refined(AT, v, extra, 0.08), "hardly refined": _refined(AT, v, extra, 1e-3),
        "divided": _divided(AT, v, 0.06), "not divided": _divided(AT, SOURCES["pulses"], 0.01),
        "legs": _legs(AT, v, 0.05), "few legs": _legs(AT[:5], v[:5], 1e-3),
        "means": [_of_means(AT, v, 0.06, count) for count in (200, 400)], "too few": _of_means(AT, v, 0.06, 501),
        "grouped": [len(_grouped(many, long)[0]), *np.array(_grouped(many, long))[:, ::4000].ravel()],
        "not met": _met(AT[:8], v[:8], (AT[[0, 3, 7]], v[[0, 3, 7]])),
    }  # fmt: skip
    as_before(file_regression, found, tolerance=1e-4)


def test_sources_in_compliance(file_regression):
    """Once, twice, too short, without a way back, of a limit of its own, and of a measurement that was programmed."""
    time = np.linspace(0, 4, 401)
    source = 2 - np.abs(time - 2)
    found = {}
    for name, low, end in (("whole", 0.5, 4.0), ("late", 1.5, 4.0), ("cut", 0.5, 2.8), ("short", 1.99, 4.0)):
        held = (time > 1.2) & (source > low) & (time < end)
        measured, amperes = np.where(held, 0.4, source), np.where(held, 1e-3, 1e-6 * source)
        kept = time < end
        for role in ("measured", "programmed"):
            made = Recording(
                "x", time[kept], measured[kept], amperes[kept], np.ones(kept.sum(), int),
                compliance={1: 1e-3}, voltage_is=role,
            )  # fmt: skip
            t, v, note = source_voltage(made)
            found[f"{name}, {role}"] = [len(t), float(v.max()), float(t[np.argmax(v)]), note]
    twice = Recording(
        "x", np.append(time, time + 4.01), np.tile(np.where((time > 1.2) & (source > 0.5), 0.4, source), 2),
        np.tile(np.where((time > 1.2) & (source > 0.5), 0.97e-3, 1e-6), 2), np.repeat([1, 2], 401),
        compliance={1: 1e-3, 2: 1e-3}, voltage_is="measured",
    )  # fmt: skip
    legs = legs_of(twice, 0.05)
    found["twice"] = [legs.time, legs.voltage, legs.words]
    as_before(file_regression, found, tolerance=1e-4)


def test_limits_of_what_is_believed(tmp_path):
    """A thousand amperes are none of a cell; eight points are few for a cycle; one sheet of two that cannot be read is
    told with its name."""
    path = tmp_path / "data.csv"
    path.write_text("Time,V,I\n0,0,0\n1,1,999\n2,0,0\n")
    assert read(path).current.max() == 999
    path.write_text("Time,V,I\n0,0,0\n1,1,1001\n2,0,0\n")
    with pytest.raises(MeasurementError, match="current up to 1e.03 A"):
        read(path)
    for points, few in ((7, True), (8, False)):  # of each of two cycles
        volts = np.tile(np.where(np.arange(points) < points // 2, 1.0, -1.0), 2)
        path.write_text("Time,V,I\n" + lines((np.arange(2 * points), volts, 1e-6 * volts)))
        recording = read(path)
        assert recording.cycles == [1, 2] and any("every few points" in note for note in recording.notes) == few
    one = {"V1": VOLTAGE, "I1": CURRENT, "Time": TIME}
    path.write_text(instruments.easyexpert([one, {"V1": VOLTAGE, "Time": TIME}]))
    assert "left out: sheet 2: no column of a current" in " ".join(read(path).notes)


def test_a_rate_looks_at_steps_of_a_hundredth():
    """Of the largest voltage, 2 V: smaller steps are noise."""
    volts = np.array([0.0, 2.0, 2.019, 2.0, 2.019])
    assert rate_of(np.arange(5.0), volts) == 2
    assert rate_of(np.arange(5.0), np.array([0.0, 2.0, 2.03, 2.06])[[0, 1, 2, 3, 3]]) == pytest.approx(0.03)


def test_columns_of_one_name(tmp_path):
    """The filled one of them is taken; of two filled ones the numbers are told, as they are where one is guessed."""
    path = tmp_path / "data.csv"
    path.write_text("Time,V,I,I\n0,0,,1e-9\n1,1,,2e-9\n")
    filled = read(path, Columns(current=Column("I")))
    assert filled.current[1] == 2e-9 and filled.told["current"].startswith('"I" (column 4)')
    path.write_text("Time,V,I,I\n0,0,1,1e-9\n1,1,1,2e-9\n")
    with pytest.raises(MeasurementError, match="columns 3, 4 have this name"):
        read(path, Columns(current=Column("I")))
    assert read(path).told["current"].startswith('"I" (column 3)')
    path.write_text("0,0,1e-9\n1,1,2e-9\n2,0.5,3e-9\n")
    numbered = read(path, Columns(time=Column(1), voltage=Column(3, "V"), current=Column(2)))
    assert numbered.voltage.tolist() == [1e-9, 2e-9, 3e-9] and numbered.told["time"].startswith("column 1")


def test_what_a_sheet_of_settings_says_of_a_run():
    """What stands before any part holds for all; an own part goes before it; of others nothing is taken."""
    rows = [
        ["Operator", "A. B.", ""],
        ["", "a remark without a key", ""],
        ["Range", "", ""],
        ["Run 1", "", ""],
        ["Compliance", "1 mA", "limited"],
        ["Operator", "C.", ""],
        ["Run 2", "", ""],
        ["Compliance", "2 mA", ""],
    ]
    found = settings_of(pd.DataFrame(rows), "Run 1", ["Run 1", "Run 2"])
    assert found == {"Operator": "C.", "Compliance": "1 mA, limited"}
