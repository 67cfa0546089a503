"""Input that is endless, deep, huge or no file at all is refused: soon, and in few words."""

import os
import time

import pytest
from helpers.paths import ROOT

from ecmsim.config import Config, load_config
from ecmsim.errors import ConfigError
from ecmsim.fitting import definition as calibration
from ecmsim.study.study import Study

REFERENCE = (ROOT / "configs" / "cu_sio2_pt.toml").as_posix()
TOP = f'extends = "{REFERENCE}"\n'
TABLE = '[[programme]]\nkind = "table"\nfile = "wave.csv"\n'
STUDY = f'config = "{REFERENCE}"\n'
CALIBRATION = f'config = "{REFERENCE}"\n'
PARAMETERS = '[parameters]\n"stress.energy" = { from = "0.01 eV", to = "0.04 eV" }\n'
TARGET = '[[target]]\nname = "a"\nvalue = "1 s"\ntolerance = "1 s"\nmeasure = "end"\n'
SOON = 60  # s on any machine for what takes a moment; the cases were of minutes, hours or all memory


def refused(load, path):
    """The message with which a file is refused."""
    begun = time.monotonic()
    with pytest.raises(ConfigError) as error:
        load(path)
    assert time.monotonic() - begun < SOON
    assert error.value.exit_code == 2 and len(str(error.value)) < 20_000
    return str(error.value)


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (TOP + "x = " + "[" * 5000 + "]" * 5000, "too deep within each other"),
        (TOP + "x = " + "[" * 200 + "]" * 200, "too deep within each other"),
        (TOP + "x" + ".x" * 3000 + " = 1", "too deep within each other"),
        (TOP + "[mesh]\nnucleus_segments = " + "9" * 5000, "a whole number with too many digits"),
        (TOP + "[mesh]\nnucleus_segments = 0x" + "f" * 5000, "a whole number with too many digits"),
        (TOP + "".join(f"key{k} = 1\n" for k in range(50_000)), "49970 more problems"),
        (TOP + "".join(f"[mesh.key{k}]\n" for k in range(20_000)), "19970 more problems"),
        (f'extends = "{"x" * 300}.toml"', "no such file"),
        ('extends = "a\\u0000b.toml"', "no such file"),
        (TOP + f'[cell]\nactive_electrode = "{"x" * 300}.toml"', "no such file"),
        (TOP + '[cell]\nactive_electrode = "a\\u0000b.toml"', "no such file"),
        (TOP + f'[laws]\nstress = "{"x" * 300}.py:A"', "no such file"),
        (TOP + '[laws]\nstress = "a\\u0000.py:A"', "no such file"),
        (TOP + TABLE.replace("wave", "x" * 300), "cannot be read"),
        (TOP + TABLE.replace("wave", "\\u0000"), "cannot be read"),
        (TOP + '[cell]\nactive_electrode = "empty.toml"', "materials.empty"),
        (TOP + "title = 1979-05-27", "title"),
    ],
    ids=lambda value: value[:20] if len(value) < 20 else str(len(value)),
)
def test_a_configuration(tmp_path, content, told):
    (tmp_path / "empty.toml").write_text("")
    (tmp_path / "cell.toml").write_text(content)
    assert told in refused(load_config, tmp_path / "cell.toml")


def test_a_long_chain_of_files(tmp_path):
    for k in range(1500):
        (tmp_path / f"{k}.toml").write_text(f'extends = "{k + 1}.toml"\n')
    (tmp_path / "1500.toml").write_text(TOP)
    assert "more than 50 files extend each other" in refused(load_config, tmp_path / "0.toml")
    load_config(tmp_path / "1460.toml")


@pytest.mark.parametrize("load", [load_config, Study.load, calibration.read])
def test_what_is_no_file_of_text(tmp_path, load):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "latin.toml").write_bytes('title = "µ"'.encode("latin-1"))
    with open(tmp_path / "large.toml", "wb") as file:
        file.truncate(100_000_000)
    wanted = {
        tmp_path / "pipe": "is not a plain file",
        "/dev/zero": "is not a plain file",
        tmp_path: "(cannot be read|is not a plain file)",
        tmp_path / "latin.toml": "is not UTF-8 text",
        tmp_path / "large.toml": "is too large: 100 MB \\(at most 10 MB\\)",
        tmp_path / ("x" * 300): "cannot be read \\(File name too long\\)",
        tmp_path / "none.toml": "no such file",
    }
    for path, told in wanted.items():
        with pytest.raises(ConfigError, match=told):
            load(path)


@pytest.mark.parametrize("cells", ["0,0\n1," + "1" * 200_000, '0,0\n"' + "x" * 200_000 + '",1', "a" * 200_000])
def test_a_table_with_an_endless_cell(tmp_path, cells):
    (tmp_path / "cell.toml").write_text(TOP + TABLE)
    (tmp_path / "wave.csv").write_text(f"time_s,voltage_V\n{cells}\n")
    assert "wave.csv" in refused(load_config, tmp_path / "cell.toml")


@pytest.mark.parametrize("name", ["pipe.csv", "/dev/zero"])
def test_a_table_that_never_ends(tmp_path, name):
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "cell.toml").write_text(TOP + TABLE.replace("wave.csv", name))
    assert "is not a plain file" in refused(load_config, tmp_path / "cell.toml")


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('set = "a"\n[grid]\n"hopping.distance" = ["1 nm"]', 'set = "a": expected a table'),
        ('grid = "a"', 'grid = "a": expected a table'),
        ("zip = 3", "zip = 3: expected a table"),
        ("sample = 3", "sample = 3: expected a table"),
        ('[[observe]]\nname = "a"\ncolumn = "gap_nm"\nreduce = ["max"]', 'reduce = ["max"]: expected'),
        ('[[observe]]\nname = "a"\ncolumn = ["gap_nm"]\nreduce = "max"', 'column = ["gap_nm"]: expected'),
        ('[grid]\n"hopping.distance" = { from = "1 nm", to = "2 nm", count = 1000000000 }', "at most 10,000 cases"),
        ('[sample]\ncount = 1000000000\n"hopping.distance" = { from = "1 nm", to = "2 nm" }', "at most 10,000 cases"),
        (
            "[grid]\n"
            + "".join(
                f'"{name}" = {{ from = "1 nm", to = "2 nm", count = 200 }}\n'
                for name in ("cell.radius", "hopping.distance", "stress.template_radius", "cell.layer_thickness")
            ),
            "1.6e+09 cases: a study has at most 10,000",
        ),
    ],
    ids=range(9),
)
def test_a_study(tmp_path, content, told):
    (tmp_path / "study.toml").write_text(STUDY + content)
    assert told in refused(Study.load, tmp_path / "study.toml")


@pytest.mark.parametrize("rows", ["[[1]]", "{ a = 1 }", "[true]", '["1"]', "[1e300]"])
def test_a_calibration_with_strange_rows(tmp_path, rows):
    (tmp_path / "fit.toml").write_text(CALIBRATION + f"rows = {rows}\n" + PARAMETERS + TARGET)
    refused(calibration.read, tmp_path / "fit.toml")


def test_a_boundary_resistance_between_metals_is_refused():
    """In a clear sentence, as there is one between metals and layer."""
    told = r"heat.metal_boundary_resistance: boundaries between two metals do not resist heat here; leave it out"
    with pytest.raises(ConfigError, match=told) as caught:
        Config.from_toml('extends = "ecmsim:quick"', overrides=["heat.metal_boundary_resistance=1e-9 m^2*K/W"])
    assert caught.value.exit_code == 2
