"""Files that cannot be understood, and blocks that make no sense: one clear sentence each."""

import struct
import zlib

import numpy as np
import pytest
from helpers import instruments
from helpers.instruments import sweep

from ecmsim.config.columns import columns_of
from ecmsim.errors import ConfigError, MeasurementError
from ecmsim.measured import Column, Columns, read

TIME, VOLTAGE, CURRENT = sweep(21)
GOOD = "Time,V,I\n" + instruments.lines((TIME, VOLTAGE, CURRENT))
ROWS = GOOD.splitlines()


def png():
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    head = struct.pack(">IIBBBBB", 1, 1, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(b"\0\0")) + chunk(b"IEND", b"")


BAD = {
    "empty": (b"", "is empty"),
    "blank lines": (b"\n\n  \n", "is empty"),
    "a picture": (png(), "is neither text nor a workbook"),
    "a damaged workbook": (b"PK\x03\x04" + bytes(range(256)), "is no workbook that can be read"),
    "a damaged old workbook": (b"\xd0\xcf\x11\xe0" + bytes(600), "is no workbook that can be read"),
    "damaged Parquet": (b"PAR1" + bytes(100), "is no Parquet that can be read"),
    "prose": (b"Dear colleague,\nplease find the data elsewhere.\n", "no lines with two or more numbers"),
    "one column": (b"V\n1\n2\n3\n", "no lines with two or more numbers"),
    "names alone": (b"Time,V,I\n", "no lines with two or more numbers"),
    "one point": (b"Time,V,I\n0,0,1e-9\n", "holds one point only"),
    "text in a cell": ("\n".join([*ROWS[:5], "0.9,oops,1e-9", *ROWS[6:]]).encode(), 'line 6: "V" = "oops" is no number'),  # noqa: E501
    "no current": (b"Time,V\n0,0\n1,1\n2,0\n", 'no column of a current is found among "Time", "V": write current = "NAME"'),  # noqa: E501
    "no voltage": (b"Time,I\n0,0\n1,1e-6\n2,0\n", 'no column of a voltage is found among "Time", "I"'),
    "time runs backwards": ("\n".join([ROWS[0], *ROWS[:0:-1]]).encode(), "line 3: the time goes back from 4 s to 3.8 s"),  # noqa: E501
    "no time": (b"V,I\n0,0\n1,1e-9\n0,0\n", 'has no time: write .* rate = "1 V/s"'),
    "four columns without names": (b"1 2 3 4\n2 1 3 5\n0 4 1 1\n", r"4 columns of numbers .* time = 1, voltage = 2"),
    "a wrong unit": (b"Time,V,I (kA)\n0,0,1\n1,1,9\n", "current up to 9e.03 A: is .* unit another"),
    "a current in volts": (b"Time (s),V (V),I (V)\n0,0,1\n1,1,9\n", 'no column of a current is found'),
    "all overflow": (b"Time,V,I\n0,9.91e37,1\n1,9.91e37,1\n", "holds no line in which all of time, voltage, current"),
    "only words of EasyEXPERT": (b"DataName, V1, I1\n", "no line with numbers .DataValue."),
}  # fmt: skip


@pytest.mark.parametrize("what", BAD)
def test_one_sentence_says_what_is_wrong(tmp_path, what):
    content, message = BAD[what]
    path = tmp_path / "data.csv"
    path.write_bytes(content)
    with pytest.raises(MeasurementError, match=message) as caught:
        read(path)
    assert str(caught.value).startswith(f"{path}: ") and "\n" not in str(caught.value)
    assert len(str(caught.value)) < 400 + len(str(path)) and caught.value.exit_code == 2


def test_what_is_no_file(tmp_path):
    with pytest.raises(MeasurementError, match="no such file"):
        read(tmp_path / "none.csv")
    with pytest.raises(MeasurementError, match="is a folder without a run"):
        read(tmp_path)
    with pytest.raises(MeasurementError, match="cannot be read"):
        read(tmp_path / "a\0b.csv")


@pytest.mark.parametrize("cut", ["2.1,1.9", "2.1,1.9,", "2.1,1.9,1.0e", "2.1,1.9,-"])
def test_a_file_cut_in_its_last_line_loses_that_line(tmp_path, cut):
    path = tmp_path / "data.csv"
    path.write_text("\n".join([*ROWS[:11], cut]))
    recording = read(path)
    assert len(recording) == 10 and any("1 of 11 lines lack a number" in note for note in recording.notes)


def test_words_for_no_number_are_left_out_and_told(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("\n".join([*ROWS[:5], "0.9,#REF!,1e-9", "0.95,,2", "", *ROWS[7:]]))
    recording = read(path)
    assert len(recording) == len(ROWS) - 3 and any("2 of 22 lines lack" in note for note in recording.notes)


BLOCKS = [
    ({"voltage": "Volts"}, 'voltage = "Volts": no such column; there are "Time", "V", "I"'),
    ({"voltage": 9}, "voltage = 9: there are columns 1 to 3"),
    ({"voltage": True}, r"voltage = true: expected the name or number of a column"),
    ({"current": {"column": "I", "unit": "V"}}, 'current: "I" is in V, not in A; if it was measured over a resistor'),
    ({"current": {"column": "I", "unit": "furlong"}}, 'unit = "furlong" is not known'),
    ({"current": {"shunt": "0 ohm"}}, "must be greater than 0 ohm"),
    ({"current": {"sign": 2}}, "current.sign = 2: expected 1 or -1"),
    ({"current": {"shnt": "1 ohm"}}, 'unknown key; did you mean "shunt"?'),
    ({"volts": "V"}, "volts: unknown key"),
    ({"rate": "1 V"}, "expected a voltage rate"),
    ({"rate": "1 V/s", "interval": "1 s"}, "rate and interval: give one of them"),
    ({"zero": "later"}, 'zero = "later": expected a time'),
    ({"zero": "1 h"}, "fewer than two points are later"),
    ({"cycle": 3}, "cycle = 3: there is 1 only"),
    ({"header": 400}, "header = 400: no line follows"),
    ({"header": -1}, "header = -1: must be at least 0"),
    ({"encoding": "klingon"}, "not known; such as utf-8"),
    ({"separator": "+"}, "choose one of TAB, semicolon"),
    ({"separator": "TAB"}, "no lines with two or more numbers"),
    ({"sheet": "Run1"}, 'sheet = "Run1": a text file'),
    ({"polarity": "minus"}, 'polarity = "minus": expected "positive" or "negative"'),
]


@pytest.mark.parametrize(("block", "message"), BLOCKS, ids=[str(block) for block, _ in BLOCKS])
def test_blocks_that_make_no_sense(tmp_path, block, message):
    path = tmp_path / "data.csv"
    path.write_text(GOOD)
    with pytest.raises((ConfigError, MeasurementError)) as caught:
        read(path, columns_of(block))
    assert message in str(caught.value) and caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_a_block_means_the_same_as_plain_columns():
    block = {
        "time": {"column": 1, "unit": "ms"}, "voltage": "V",
        "current": {"column": "I", "shunt": "100 kohm", "offset": "2 mV", "sign": -1},
        "compliance": "0.5 mA", "zero": "3.6 s", "cycle": [1, 3], "v_set": "VSET",
    }  # fmt: skip
    assert columns_of(block) == Columns(
        time=Column(1, "ms"), voltage=Column("V"), current=Column("I", None, 1.0, -1, 2e-3, 1e5),
        compliance=5e-4, zero=3.6, cycle=(1, 3), values={"v_set": "VSET"},
    )  # fmt: skip


def test_names_that_come_twice_need_a_number(tmp_path):
    path = tmp_path / "data.csv"
    path.write_text("Time,V,I,I\n0,0,1e-6,1e-9\n1,1,2e-6,2e-9\n")
    with pytest.raises(MeasurementError, match='current = "I": columns 3, 4 have this name; write the number of one'):
        read(path, Columns(current=Column("I")))
    assert read(path, Columns(current=Column(4))).current[1] == 2e-9
    assert any("(column 4)" in note for note in read(path).notes)


def test_long_files_are_read_as_short_ones(tmp_path):
    """A beginning tells the form, all the rest is read by it: more than the beginning holds."""
    data = sweep(60_001)
    path = tmp_path / "data.csv"
    path.write_text("Time,V,I,More\n" + instruments.lines((*data, data[0])))
    assert path.stat().st_size > 2_000_000
    recording = read(path)
    assert len(recording) == 60_001
    np.testing.assert_allclose(recording.current, data[2], rtol=1e-6, atol=1e-20)
