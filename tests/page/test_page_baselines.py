"""Pages about made-up runs, word by word and number by number, as they were.

Where one is meant to change, pytest --regen-all writes it anew, and its difference shows what has become of it.
"""

import html
import json
import re

import numpy as np
import pandas as pd
import pytest
from helpers import kept, synthetic

import ecmsim.page.document
import ecmsim.page.pictures
from ecmsim.page import form, page_text, pictures
from ecmsim.page.balances import _exact, balances, effort, numerical_error, wall_times
from ecmsim.page.outcome import key_numbers
from ecmsim.page.settings import label_counts, programme_rows, sections, setting_rows
from ecmsim.results import open_run
from ecmsim.results.folder import FAILURE, PROVENANCE, TIMESERIES

BEGAN = {"start_time": "2026-01-02T03:04:05+00:00", "end_time": "2026-01-02T04:05:06+00:00"}


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    monkeypatch.setattr(ecmsim.page.pictures, "PICTURES", {})


def with_notes(folder, **notes):
    """The run in a folder, with a provenance that is nobody's own."""
    kept = json.loads((folder / PROVENANCE).read_text())
    kept = {key: kept[key] for key in ("format", "version", "status", "reason", "command")}
    (folder / PROVENANCE).write_text(json.dumps(kept | BEGAN | notes))
    return open_run(folder)


def with_columns(folder, **columns):
    """Give columns of a run's time series other values."""
    table = pd.read_csv(folder / TIMESERIES)
    table.assign(**columns).to_csv(folder / TIMESERIES, index=False)


def told(run):
    """The words of its page line by line, with the looks that carry a meaning, without what depends on the machine."""
    text = page_text(run, "page.html")
    text = re.sub(r"<style>.*?</style>|<meta.*?>", "", text, flags=re.DOTALL)
    text = re.sub(r"</?code>", "`", text)
    text = re.sub(r'<(?:td|th|p|span|tr)[^>]*? (?:class|style)="([^"]*)"[^>]*>', r"\n[\1] ", text)
    text = html.unescape(re.sub(r"<[^>]*>", "\n", text))
    text = text.replace(str(run.folder), "FOLDER").replace(ecmsim.__version__, "VERSION")
    text = re.sub(r"on \d{4}-\d\d-\d\d \d\d:\d\d [-+]\d{4}", "on DAY", text)
    lines = (line.replace(form.SPACE, " ").strip() for line in text.splitlines())
    return "\n".join(line for line in lines if line and not re.fullmatch(r"\[[\w ]*\]", line))


@pytest.fixture
def compared(file_regression, tmp_path):
    def check(run, name):
        text = told(run).replace(str(tmp_path), "PLACE")
        kept.check(file_regression, text, name)

    return check


def test_the_page_of_a_sweep_is_as_it_was(tmp_path, compared):
    folder = synthetic.write_run(tmp_path / "run", steps=120, snapshots=False)
    vertices = np.linspace(1500, 1800, 120).round()
    with_columns(folder, remesh=(np.arange(120) % 40 == 5).astype(int), vertices=vertices)
    with_columns(folder, faraday_error=np.linspace(0, 2e-3, 120))
    seconds = {"fields": 1800.25, "mesh": 1200.0, "writing": 3.0}
    notes = {
        "seconds": seconds,
        "command": "/opt/python /opt/bin/ecmsim run 'my cell.toml'",
        "working_directory": "/somewhere",
        "host": "anode",
        "platform": "Linux",
        "ranks": 4,
        "cpu_count": 8,
        "git": {"commit": "c0ffee"},
        "versions": {"numpy": "9.9", "ecmsim": "0.0.1", "python": "3.13"},
        "idle": ["heat.model: without heat"],
        "remarks": ["the range of a law was left"],
    }
    compared(with_notes(folder, **notes), "sweep")


def test_the_page_of_cycles_is_as_it_was(tmp_path, compared):
    folder = synthetic.write_cycles(tmp_path / "run", count=2)
    resumed = {
        "start_time": "2026-01-02T03:34:05+00:00",
        "step": 77,
        "after": {"status": "stopped", "reason": "walltime"},
        "command": "ecmsim resume run",
        "host": "cathode",
    }
    compared(with_notes(folder, seconds={"fields": 10.0}, resumed=[resumed]), "cycles")


def test_the_pages_of_other_runs_are_as_they_were(tmp_path, compared):
    compared(with_notes(synthetic.write_retention(tmp_path / "retention")), "retention")
    compared(with_notes(synthetic.write_stairs(tmp_path / "stairs", steps=120), ranks=1), "stairs")


def test_the_page_of_a_failed_run_is_as_it_was(tmp_path, compared):
    folder = synthetic.write_run(tmp_path / "run", steps=120, stop=60, snapshots=False)
    (folder / FAILURE).write_bytes(b"")
    laws = {"stress": "Mine(energy=0.1)", "tunnelling": "Other()"}
    files = {"stress": {"file": "/my/laws.py", "sha256": "0123abcd"}}
    notes = {"status": "failed", "reason": "the mesh folded. ", "laws": laws, "law_files": files}
    compared(with_notes(folder, **notes), "failed")


LABELLED = """
[filament]
rupture_radius = { value = "0.2 nm", label = "printed", source = "somewhere" }
[stepping]
first_step = "2 us"
refinement = 0.25
[mesh]
refinement = 2.0
[balance]
charge = 3e-7
[materials.Cu]
resistivity = "3e-8 ohm*m"
density = { value = "8.96 g/cm^3", label = "mine" }
[own]
list = [1, 2.5e-9]
switch = true
long = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13]
[output]
snapshot_currents = ["1 uA", { value = "2 mA" }]
"""


def test_settings_are_told_as_they_were(tmp_path, file_regression):
    """But for their meanings, which are texts of the schema."""
    folder = synthetic.write_cycles(tmp_path / "run", count=1)
    path = folder / "config.toml"
    path.write_text(path.read_text() + LABELLED)
    run = open_run(folder)
    rows = setting_rows(run)
    lines = [f"{row.name}: {tuple(row.value)} by default {row.default!r}, differs {row.differs}" for row in rows]
    lines += [f"[{name}] {len(of)}" for name, of in sections(rows)]
    lines += [str(entry) for entry in label_counts(rows)]
    lines += [f"{step.depth} {step.name} {step.kind} {step.settings}" for step in programme_rows(run)]
    lines += [str(numerical_error(run)[1]).replace(str(folder), "FOLDER")]
    lines += [str(tuple(item)) for item in [*balances(run), *effort(run)]]
    kept.check(file_regression, "\n".join(lines), "settings")


@pytest.mark.parametrize(
    ("notes", "shares", "whole"),
    [
        ({"seconds": {"a": 30.0, "b": 70.0}, "end_time": "2026-01-02T03:05:45+00:00"}, [70, 30], "1 min 40 s"),
        ({"seconds": {"a": 30.0, "b": 70.0}, "end_time": "2026-01-02T03:07:25+00:00"}, [35, 15, 50], "3 min 20 s"),
        ({"seconds": {"a": 99.5}, "end_time": "2026-01-02T03:05:45+00:00"}, [99.5], "1 min 40 s"),
        ({"seconds": {"a": 400.0}, "end_time": "2026-01-02T03:05:45+00:00"}, [100], "6 min 40 s"),
        ({"seconds": {"a": 5.0}, "end_time": None}, [100], "5 s"),
        ({"seconds": {}, "end_time": "2026-01-02T03:04:14.5+00:00"}, [], "9.5 s"),
    ],
)
def test_shares_are_of_the_whole_time(tmp_path, notes, shares, whole):
    run = with_notes(synthetic.write_run(tmp_path / "run", steps=10, snapshots=False), **notes)
    found, note = wall_times(run)
    assert [share for *_, share in found] == pytest.approx(shares)
    assert note.replace(form.SPACE, " ").startswith(f"Wall time of the run: {whole}.")


def test_a_run_of_the_current_never_above_the_compliance_keeps_it(tmp_path):
    """An excess up to a millionth is the smooth law's."""
    folder = synthetic.write_run(tmp_path / "run", steps=120, snapshots=False)
    columns, _ = synthetic.series(120)
    for share, holds in ((0.9e-6, True), (1.1e-6, False)):
        with_columns(folder, current_A=np.where(np.arange(120) == 70, 1e-3 * (1 + share), columns["current_A"]))
        found = {item.name: item for item in balances(open_run(folder))}["Compliance"]
        assert found.holds is holds and found.worst == form.scientific(share)
        assert found.where == f"at {form.seconds(columns['time_s'][70])}"


def test_the_resistance_of_a_cell_that_has_not_switched_is_called_so(tmp_path):
    folder = synthetic.write_run(tmp_path / "run", steps=120, snapshots=False)
    columns, _ = synthetic.series(120)
    with_columns(folder, current_A=1e-9 * columns["source_voltage_V"], cell_voltage_V=columns["source_voltage_V"])
    facts = {fact.name: fact for fact in key_numbers(open_run(folder))}
    fact = facts["Resistance on the way back, not switched"]
    assert fact.value == f"1{form.SPACE}GΩ" and "Resistance of the low-resistance state" not in facts
    assert "compliance" in facts["Largest current"].note


SMALL = (0.0, 1e-31, -2.34567e-20, 1e-18, 9.99e-4, 1e-3, 0.0999, 0.1, 1.5, 9.96)
NUMBERS = (*SMALL, 59.9, 60, 1234.5, 3599.6, 3600, 99999, 1e5, 7e9)


def test_numbers_are_printed_as_they_were(file_regression):
    lines = []
    for value in NUMBERS:
        told = (form.scientific(value), form.scientific(value, 3), form.amount(value, "A"), form.plain(value, "nm"))
        told += (form.plain(value, "K", 6), form.seconds(value), form.duration(value), form.count(value))
        lines.append(f"{value!r}: " + " | ".join(told).replace(form.SPACE, "_"))
    for text in ("1e-26 / m^3", "3E5", "2 m^-2", "-1.5e+3 K"):
        lines.append(form.typeset(text).replace(form.SPACE, "_"))
    kept.check(file_regression, "\n".join(lines), "numbers", relative=0.0)


def test_pictures_have_their_size_and_words(tmp_path, monkeypatch):
    """An SVG is as many mm wide as its points say, a PNG as its pixels do; the smaller whole file is taken."""
    import struct

    def draw(name, run, path):
        drawn.append(path.name)
        path.parent.mkdir(exist_ok=True)
        if path.suffix == ".svg":
            path.write_text(f'<svg width="{72 * 5}pt" height="{72 * 2.5}pt">{" " * large[name]}</svg>')
        else:
            path.write_bytes(b"\0" * 16 + struct.pack(">II", 960, 480) + b"\0" * 100 + b"IEND\xaeB`\x82")

    drawn, large = [], {"iv": 10, "field": 10, "gap": pictures.LARGE, "temperature": 20}
    monkeypatch.setattr(ecmsim.page.pictures, "PICTURES", dict.fromkeys(large, "ecmsim.plot.iv"))
    monkeypatch.setattr(ecmsim.page.pictures, "draw", draw)
    monkeypatch.setattr(ecmsim.page.pictures, "unfit", lambda name, run: "cold" if name == "temperature" else None)
    run = open_run(synthetic.write_run(tmp_path / "run", steps=10, snapshots=False))
    found, missing = pictures.pictures(run, "It has switched.")
    assert drawn == ["iv.svg", "field.png", "gap.svg", "gap.png"]
    assert [picture.name for picture in found] == ["iv", "field", "gap"]
    assert [picture.uri[:14] for picture in found] == ["data:image/svg", "data:image/png", "data:image/png"]
    assert [picture.width for picture in found] == pytest.approx([127.0, 101.6, 101.6])
    assert [picture.height for picture in found] == pytest.approx([63.5, 50.8, 50.8])
    assert found[0].alt.startswith("Current against voltage. linear") and found[0].alt.endswith("It has switched.")
    assert missing == [("temperature", "cold")]


def test_a_picture_without_a_caption_says_what_its_module_does(monkeypatch):
    monkeypatch.setattr(ecmsim.page.pictures, "PICTURES", {"iv": "ecmsim.plot.iv"})
    title, caption = pictures._described("iv", "iv_pulse_train")
    assert title == "Iv (pulse train)" and caption.startswith("Current against voltage, linear and logarithmic")
    assert "\n" not in caption and "Pulses draw" not in caption


@pytest.mark.parametrize(
    ("told", "exact"),
    [
        ({"compliance": {"kind": "ideal", "current": "1 mA"}}, True),
        ({"compliance": {"response_time": "1 us", "transconductance": "1 mA/V"}}, False),
        ({"compliance": {"response_time": "1 us"}}, False),
        ({"compliance": {"transconductance": "1 mA/V"}}, False),
        ({"programme": [{"kind": "hold"}, {"steps": [{"compliance": {"response_time": "1 us"}}]}]}, False),
        ({"programme": [{"kind": "hold"}, {"steps": [{"compliance": {"current": "1 mA"}}]}]}, True),
    ],
)
def test_a_compliance_that_takes_its_time_or_is_a_transistor_is_not_exact(told, exact):
    assert _exact(told) is exact
