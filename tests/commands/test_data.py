"""`ecmsim data` and measurements beside runs, as typed: what is printed, what is written, exit codes."""

import json
import tomllib

import numpy as np
import pandas as pd
import pytest
import tomli_w
from helpers import instruments
from helpers.instruments import reset, sweep
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.commands.options import quantity
from ecmsim.errors import EcmsimError


def typed(*words):
    """The output of a command; raises what it raises."""
    done = CliRunner().invoke(app, [str(word) for word in words], catch_exceptions=True)
    if isinstance(done.exception, EcmsimError):
        raise done.exception
    assert done.exit_code == 0, done.output
    return done.output


@pytest.fixture
def scope(tmp_path):
    path = tmp_path / "scope.csv"
    path.write_text(instruments.scope(*sweep(4001), noise=2e-3))
    return path


@pytest.fixture
def cycles(tmp_path):
    path = tmp_path / "cycles.csv"
    parts = [part for _ in range(3) for part in (sweep(), reset())]
    voltage, current = (np.concatenate([part[k] for part in parts]) for k in (1, 2))
    path.write_text("V,I\n" + instruments.lines((voltage, current)))
    return path


SHUNT = ("-c", 'current.column="2"', "-c", "current.shunt=1 kohm")  # without quotes it were a number


def block_of(output, mark):
    """The TOML that stands indented below a line."""
    lines = output.partition(mark)[2].splitlines()[1:]
    ends = [number for number, line in enumerate(lines) if line.startswith("  as ")]
    return tomllib.loads("\n".join(line.strip() for line in lines[: ends[0] if ends else None]))


def test_show_tells_what_it_found_and_what_lacks(scope):
    output = typed("data", "show", scope)
    for words in ("4001 in 4 s, every 1 ms", 'voltage     "1", in Volt', "2 straight legs"):
        assert words in output
    assert 'current = { column = "2", shunt = "100 kohm" }' in output
    output = typed("data", "show", scope, *SHUNT)
    assert '"2", in Volt, over 1000 ohm' in output and "1 mA *  (* a plateau)" in output


def test_the_block_that_is_shown_means_the_same(scope, tmp_path):
    output = typed("data", "show", scope, *SHUNT, "-c", "polarity=negative")
    block = block_of(output, "as a block that decides")
    assert block["columns"]["time"] == "x-axis" and block["columns"]["polarity"] == "negative"
    assert block["columns"]["current"] == {"column": "2", "shunt": "1 kohm"}
    path = tmp_path / "columns.toml"
    path.write_text(tomli_w.dumps(block))
    again = typed("data", "show", scope, "--columns", path)
    numbers = [text.partition("points")[2].partition("note ")[0] for text in (again, output)]
    assert numbers[0] == numbers[1] and len(numbers[0]) > 200
    step = block_of(output, "as a step of a programme")["programme"][0]
    assert step["kind"] == "measured" and step["file"] == str(scope)
    assert step["compliance"]["kind"] == "ideal"
    assert quantity("current", step["compliance"]["current"], "A") == pytest.approx(1e-3, rel=1e-3)


@pytest.mark.slow
def test_convert_writes_tidy_tables_with_what_is_known(scope, tmp_path):
    for name in ("tidy.csv", "tidy.parquet"):
        out = tmp_path / name
        assert f"wrote {out}" in typed("data", "convert", scope, *SHUNT, "--out", out)
        table = pd.read_csv(out) if name.endswith("csv") else pd.read_parquet(out)
        assert list(table) == ["time_s", "voltage_V", "current_A", "cycle"] and len(table) == 4001
        assert table["current_A"].max() == pytest.approx(1e-3, abs=2e-5)
        known = json.loads(out.with_suffix(".json").read_text())
        assert known["columns"]["current"] == '"2", in Volt, over 1000 ohm' and known["file"] == str(scope)
        with pytest.raises(EcmsimError, match="is there already"):
            typed("data", "convert", scope, *SHUNT, "--out", out)
    typed("data", "convert", scope, *SHUNT, "--out", tmp_path / "tidy.csv", "--overwrite")
    with pytest.raises(EcmsimError, match="is the measurement itself"):
        typed("data", "convert", scope, *SHUNT, "--out", scope, "--overwrite")
    with pytest.raises(EcmsimError, match="no column of a current is found"):
        typed("data", "convert", scope, "--out", tmp_path / "more.csv")


def test_cycles(cycles, tmp_path):
    out = tmp_path / "table.csv"
    output = typed("data", "cycles", cycles, "-c", "interval=20 ms", "--read-voltage", "0.2 V", "--out", out)
    assert "V_RESET, I_RESET: where |I| is largest on the way out." in output and "at 0.2 V" in output
    table = pd.read_csv(out)
    assert len(table) == 3 and table["V_SET_V"].to_numpy() == pytest.approx([1.2] * 3, abs=0.03)
    assert table["R_LRS_ohm"].to_numpy() == pytest.approx([1000.0] * 3)
    with pytest.raises(EcmsimError, match="belong together"):
        typed("data", "cycles", cycles, "-c", "interval=20 ms", "--set-by", "current")


@pytest.mark.slow
def test_pictures_with_their_numbers(cycles, tmp_path):
    out = tmp_path / "iv.png"
    typed("data", "plot", cycles, "-c", "interval=20 ms", "--out", out, "--csv")
    numbers = pd.read_csv(out.with_suffix(".csv"))
    assert out.stat().st_size > 10_000 and set(numbers["curve"]) == {"cycle 1", "cycle 2", "cycle 3"}
    linear = numbers[(numbers["panel"] == "a") & (numbers["curve"] == "cycle 1")]
    assert linear["y_label"].iloc[0] == "Current (mA)" and linear["y"].max() == pytest.approx(1.0)
    table = tmp_path / "per_cycle.csv"
    table.write_text(instruments.per_cycle())
    typed("data", "plot", table, "--out", tmp_path / "cdf.pdf")
    with pytest.raises(EcmsimError, match="do not go into one picture"):
        typed("data", "plot", table, cycles, "-c", "interval=20 ms", "--out", out)


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("-c", "volts"), '--column "volts": expected KEY=VALUE'),
        (("-c", "volts=1"), "volts: unknown key"),
        (("--columns", "none.toml"), "none.toml: no such file"),
        (("-c", "voltage=none"), 'voltage = "none": no such column'),
    ],
)
def test_one_sentence_and_exit_code_2(scope, words, message):
    with pytest.raises(EcmsimError, match=message) as caught:
        typed("data", "show", scope, *words)
    assert caught.value.exit_code == 2 and "\n" not in str(caught.value)


def test_reference_of_the_block():
    output = typed("data", "columns")
    assert "[columns]" in output and "shunt" in output and "voltage_is" in output
