"""Files of instruments become the same tidy numbers, whatever their form; what was guessed is told."""

import numpy as np
import pytest
from helpers import instruments
from helpers.instruments import LIMIT, sweep

from ecmsim.errors import MeasurementError
from ecmsim.measured import Column, Columns, open_file, read, read_cycle_table, read_points

TIME, VOLTAGE, CURRENT = sweep()
DATA = (TIME, VOLTAGE, CURRENT)


def saved(folder, content, name="data.csv", encoding="utf-8"):
    path = folder / name
    path.write_bytes(content.encode(encoding))
    return path


def same(recording, data=DATA, rel=1e-5):
    for found, wanted in zip((recording.time, recording.voltage, recording.current), data, strict=True):
        np.testing.assert_allclose(found, wanted, rtol=rel, atol=1e-8 * np.abs(wanted).max())
    return recording


FORMS = {
    "tab": (instruments.lines(DATA, "\t"), "utf-8"),
    "comma": ("time_s,voltage_V,current_A\n" + instruments.lines(DATA), "utf-8"),
    "semicolon with decimal commas": ("Zeit;Spannung;Strom\n" + instruments.lines(DATA, ";", ","), "cp1252"),
    "tab with decimal commas, UTF-16": ("Time (s)\tVoltage (V)\tCurrent (A)\n" + instruments.lines(DATA, "\t", ","), "utf-16"),  # noqa: E501
    "UTF-16 without a mark": ("Time\tVoltage\tCurrent\n" + instruments.lines(DATA, "\t"), "utf-16-le"),
    "byte-order mark": ("Time,V,I\n" + instruments.lines(DATA), "utf-8-sig"),
    "blanks": ("# t V I\n" + instruments.lines(DATA, "   "), "utf-8"),
    "prefixed units": (
        "Time [ms]; V / mV; I (µA)\n" + instruments.lines((1e3 * TIME, 1e3 * VOLTAGE, 1e6 * CURRENT), ";"), "cp1252"),
    "line of units": ("t,U,I\ns,V,mA\n" + instruments.lines((TIME, VOLTAGE, 1e3 * CURRENT)), "utf-8"),
    "KickStart": (
        "Model,2450\nSerial,1\n\nIndex,SMU-1 Voltage (V),SMU-1 Current (A),SMU-1 Time (s)\n"
        + instruments.lines((np.arange(201), VOLTAGE, CURRENT, TIME)), "utf-8"),
    "2400 buffer": (instruments.lines((VOLTAGE, CURRENT, 0 * TIME + 9.91e37, TIME, 0 * TIME + 20480), form="{:+.8E}"), "ascii"),  # noqa: E501
    "4200 as CSV": (instruments.k4200_text(*DATA), "utf-8"),
    "EasyEXPERT": (instruments.easyexpert([{"V1": VOLTAGE, "I1": CURRENT, "Time": TIME}]), "utf-8-sig"),
    "CRLF without an end": (("Time,V,I\n" + instruments.lines(DATA)).rstrip().replace("\n", "\r\n"), "utf-8"),
}  # fmt: skip


@pytest.mark.parametrize("form", FORMS)
def test_every_form_gives_the_same_numbers(tmp_path, form):
    content, encoding = FORMS[form]
    recording = same(read(saved(tmp_path, content, encoding=encoding)))
    assert set(recording.told) == {"time", "voltage", "current"}
    assert list(recording.table) == ["time_s", "voltage_V", "current_A", "cycle"] and recording.cycles == [1]
    assert recording.limit(1) == pytest.approx(LIMIT, rel=1e-3)


@pytest.mark.parametrize(
    ("line", "limit"),
    [
        ("Compliance,5 mA", 5e-3),
        ("Compliance,5e-3", 5e-3),
        ("Limit I,0.1,0.005", 5e-3),  # of several terminals
        ("Current_Limit,5 mV", 5.0),  # no unit of a current: the number alone
        ("Compliance,none", None),
        ("Speed,5 mA", None),
    ],
)
def test_a_limit_that_the_file_states(tmp_path, line, limit):
    found = read(saved(tmp_path, f"Model,2450\n{line}\n\nTime (s),V (V),I (A)\n" + instruments.lines(DATA)))
    assert found.compliance == ({} if limit is None else {1: pytest.approx(limit)})
    assert any(line.partition(",")[0] in note for note in found.notes) == (limit is not None)


def test_readings_in_one_line(tmp_path):
    content = instruments.lines((VOLTAGE, CURRENT, 0 * TIME + 9.91e37, TIME, 0 * TIME), form="{:+.6E}").replace(
        "\n", ","
    )
    same(read(saved(tmp_path, content.rstrip(","))))


class TestOscilloscopes:
    def test_current_over_a_shunt(self, tmp_path):
        path = saved(tmp_path, instruments.scope(*DATA, shunt=500.0))
        with pytest.raises(MeasurementError, match='current = { column = "2", shunt = "100 kohm" }'):
            read(path)
        recording = same(read(path, Columns(current=Column("2", shunt=500.0))))
        assert recording.told["voltage"] == '"1", in Volt' and any(
            "-2 s, is now 0 s" in note for note in recording.notes
        )

    def test_offset_sign_and_factor(self, tmp_path):
        path = saved(tmp_path, instruments.scope(TIME, VOLTAGE + 0.25, -CURRENT / 2, shunt=100.0))
        current = Column("2", shunt=100.0, sign=-1, factor=2.0)
        same(read(path, Columns(voltage=Column("1", offset=0.25), current=current)), rel=1e-4)

    def test_metadata_in_the_first_columns(self, tmp_path):
        path = saved(tmp_path, instruments.tektronix(TIME, VOLTAGE, CURRENT * 1e3))
        columns = Columns(voltage=Column(5), current=Column(6, shunt=1e3))
        recording = same(read(path, columns))
        assert recording.metadata["Record Length"] == "2500" and recording.instrument == "Tektronix"
        one = read(saved(tmp_path, instruments.tektronix(TIME, VOLTAGE), "one.csv"), current=False)
        np.testing.assert_allclose(one.voltage, VOLTAGE, atol=1e-6)
        assert one.told["voltage"].startswith('"CH1"') and one.current is None


class TestWorkbooks:
    def runs(self):
        return {f"Run{k}": sweep() if k % 2 else instruments.reset() for k in (4, 3, 2, 1)}

    def test_a_sheet_is_a_cycle_and_the_newest_comes_first(self, tmp_path):
        instruments.k4200_workbook(tmp_path / "runs.xlsx", self.runs())
        recording = read(tmp_path / "runs.xlsx")
        assert [recording.name(number) for number in recording.cycles] == ["Run1", "Run2", "Run3", "Run4"]
        assert recording.compliance == dict.fromkeys((1, 2, 3, 4), LIMIT) and recording.voltage_is == "programmed"
        assert recording.instrument == "Keithley 4200A" and (np.diff(recording.time) >= 0).all()
        values = recording.values()
        assert np.isfinite(values["V_SET_V"]).tolist() == [True, False, True, False]
        assert np.isfinite(values["V_RESET_V"]).tolist() == [False, True, False, True]

    @pytest.mark.parametrize(("sheet", "name"), [("Run3", "Run3"), (2, "Run3")])
    def test_one_sheet(self, tmp_path, sheet, name):
        instruments.k4200_workbook(tmp_path / "runs.xlsx", self.runs())
        recording = same(read(tmp_path / "runs.xlsx", Columns(sheet=sheet)))
        assert recording.metadata["Test Name"] == "set#1"

    def test_no_such_sheet(self, tmp_path):
        instruments.k4200_workbook(tmp_path / "runs.xlsx", self.runs())
        with pytest.raises(
            MeasurementError, match='"Run9": there are "Run4", "Run3", "Run2", "Run1" .or a number from 1 to 4'
        ):
            read(tmp_path / "runs.xlsx", Columns(sheet="Run9"))


def test_several_measurements_in_one_easyexpert_file(tmp_path):
    one, two = ({"V1": v, "I1": i} for _, v, i in (sweep(), instruments.reset()))
    path = saved(tmp_path, instruments.easyexpert([one, two]))
    with pytest.raises(MeasurementError, match='rate = "1 V/s"'):
        read(path)
    recording = read(path, Columns(rate=1.0))
    assert recording.cycles == [1, 2] and recording.limit(1) == LIMIT
    np.testing.assert_allclose(recording.only(1).time, TIME, atol=1e-9)
    same(read(path, Columns(interval=0.02, cycle=1)))


def test_a_column_of_cycles_restarts_and_repeated_names(tmp_path):
    twice = [np.concatenate([values, values]) for values in DATA]
    with pytest.raises(MeasurementError, match="line 203: the time goes back from 4 s to 0 s.*restarts = true"):
        read(saved(tmp_path, "Time,V,I\n" + instruments.lines(twice)))
    for columns in (Columns(restarts=True), Columns(restarts=True, cycle=2)):
        recording = read(saved(tmp_path, "Time,V,I\n" + instruments.lines(twice)), columns)
        assert recording.cycles == ([2] if columns.cycle else [1, 2])
    once = "Time,V,I\n" + instruments.lines(DATA)
    assert read(saved(tmp_path, once + once)).cycles == [1, 2]
    cycle = np.repeat([7, 8], len(TIME))
    going_on = (np.arange(2 * len(TIME)) * 0.02, *twice[1:], cycle)
    assert read(saved(tmp_path, "Time,V,I,Cycle\n" + instruments.lines(going_on))).cycles == [7, 8]


def test_cycles_by_the_sign_of_the_voltage(tmp_path):
    parts = [sweep(), instruments.reset(), sweep(), instruments.reset()]
    voltage, current = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    path = saved(tmp_path, "V,I\n" + instruments.lines((voltage, current)))
    recording = read(path, Columns(interval=0.02))
    values = recording.values()
    assert recording.cycles == [1, 2] and values["V_SET_V"].to_numpy() == pytest.approx([1.2, 1.2], abs=0.03)
    assert values["V_RESET_V"].to_numpy() == pytest.approx([-0.59, -0.59], abs=0.02)


def test_polarity_and_time_zero(tmp_path):
    path = saved(tmp_path, "Time,AV,AI\n" + instruments.lines((TIME + 5, -VOLTAGE, -CURRENT)))
    same(read(path, Columns(polarity="negative")))
    assert read(path, Columns(zero="file")).time[0] == 5
    late = read(path, Columns(zero=7.0))
    assert late.time[0] == pytest.approx(0, abs=1e-9) and len(late) == 101
    assert any("points before 7 s are left out" in note for note in late.notes)
    assert not any("left out" in note for note in read(path, Columns(zero=5.0)).notes)


def test_tables_per_cycle(tmp_path):
    path = saved(tmp_path, instruments.per_cycle(), encoding="utf-8-sig")
    found = open_file(path)
    assert list(found.table) == ["cycle", "V_SET_V", "V_RESET_V", "I_RESET_A", "I_LRS_A", "I_HRS_A"]
    assert found.told["i_lrs"].startswith('"SET#1 / ILRS"') and any('"RESET#1 / ILRS"' in note for note in found.notes)
    decided = read_cycle_table(path, Columns(values={"i_lrs": "RESET#1 / ILRS"}, read_voltage=0.11))
    assert decided.table["R_LRS_ohm"].to_numpy() == pytest.approx(np.full(12, 1000.0))
    with pytest.raises(MeasurementError, match='v_set = "VSETT": no such column; there are "Cycle / Index"'):
        read_cycle_table(path, Columns(values={"v_set": "VSETT"}))


def test_points(tmp_path):
    path = saved(tmp_path, "V (mV);t_SET (us)\n500;20\n600;3\n")
    points = read_points(path, units=("V", "s"))
    assert points.x.tolist() == [0.5, 0.6] and points.y == pytest.approx([2e-5, 3e-6])
    with pytest.raises(MeasurementError, match='y: "t_SET .us." is in us, not in ohm'):
        read_points(path, units=("V", "ohm"))


def test_tidy_tables_are_read_again(tmp_path):
    recording = read(saved(tmp_path, "Time,V,I\n" + instruments.lines(DATA)))
    recording.table.to_csv(tmp_path / "tidy.csv", index=False)
    recording.table.to_parquet(tmp_path / "tidy.parquet", index=False)
    for name in ("tidy.csv", "tidy.parquet"):
        same(read(tmp_path / name))
