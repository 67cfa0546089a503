"""The page about a run: its parts and numbers, what it escapes, that it needs nothing else, and how it renders."""

import base64
import csv
import json
import re
import shutil
import subprocess
import sys
from html.parser import HTMLParser

import numpy as np
import pandas as pd
import pytest
from helpers import own_laws, synthetic
from helpers.paths import ROOT
from typer.testing import CliRunner

import ecmsim.page.pictures
import ecmsim.plot
from ecmsim.commands.cli import app
from ecmsim.config import load_config
from ecmsim.errors import PageError, ResultsError
from ecmsim.page import form, page_text, pictures, write_page
from ecmsim.page.balances import COARSER, balances, limits_of, numerical_error
from ecmsim.page.outcome import key_numbers
from ecmsim.page.settings import programme_rows, setting_rows
from ecmsim.results import RunWriter, open_run
from ecmsim.results.folder import CONFIG, EVENTS, FAILURE, HISTORY, PROVENANCE, TIMESERIES
from ecmsim.study.observables import observables

SECTIONS = ["results", "pictures", "events", "trust", "configuration", "origin"]
EMPTY = {"meta", "link", "img", "br", "hr"}
SCALE = {"f": 1e-15, "p": 1e-12, "n": 1e-9, "µ": 1e-6, "m": 1e-3, "": 1.0, "k": 1e3, "M": 1e6}


class Page(HTMLParser):
    """A page taken apart: every element as (tag, attributes), the text, and the tables by caption."""

    def __init__(self, text):
        super().__init__()
        self.elements, self.open, self.text, self.style = [], [], [], ""
        self.tables, self.rows, self.cell = {}, None, None
        self.feed(text)
        self.close()
        assert not self.open, f"not closed: {self.open}"
        self.words = " ".join("".join(self.text).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)
        if tag == "table":
            self.rows = []
        elif tag == "tr":
            self.rows.append([])
        elif tag in ("td", "th", "caption"):
            self.cell = ""

    def handle_endtag(self, tag):
        assert self.open.pop() == tag
        if tag == "caption":
            self.tables[self.cell.strip()] = self.rows
        elif tag in ("td", "th"):
            self.rows[-1].append(" ".join(self.cell.split()))
        if tag in ("td", "th", "caption"):
            self.cell = None

    def handle_data(self, data):
        if self.open and self.open[-1] == "style":
            self.style += data
            return
        self.text.append(data)
        if self.cell is not None:
            self.cell += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]

    def facts(self, caption):
        """The first two columns of a table as a dict."""
        return {row[0]: row[1] for row in self.tables[caption][1:]}


def number(text):
    """The number that a text such as "1.5 µA" means, in the unit without prefix (but nm)."""
    text = text.replace("−", "-").replace("\N{NO-BREAK SPACE}", " ")
    value, unit = text.split(" ", 1)
    prefix = unit[:-1] if unit[-1] in "AVsΩ" else ""
    return float(value) * SCALE[prefix]


@pytest.fixture(autouse=True)
def no_pictures(monkeypatch):
    """They take time: only the page of the fixture `whole` has some."""
    monkeypatch.setattr(ecmsim.page.pictures, "PICTURES", {})


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """The folder of a SET sweep with snapshots."""
    return synthetic.write_run(tmp_path_factory.mktemp("page") / "sweep", steps=300)


@pytest.fixture
def sweep(folder):
    return open_run(folder)


@pytest.fixture(scope="module")
def whole(folder):
    """The text of the page about it, with two pictures."""
    chosen = {name: ecmsim.plot.PICTURES[name] for name in ("iv", "gap")}
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ecmsim.page.pictures, "PICTURES", chosen)
        return page_text(open_run(folder))


@pytest.fixture(scope="module")
def page(whole):
    return Page(whole)


def written(path, text=None, status="finished", reason="end of the programme", events=(), steps=60, **notes):
    """A short run with a given configuration, end and events (detail texts); status None: still running."""
    columns, outlines = synthetic.series(max(steps, 2))
    text = text or synthetic.CONFIG.format(compliance_mA=1)
    run = RunWriter(path, config_text=text, provenance={"command": "synthetic"} | notes)
    for k in range(steps):
        run.outline(columns["time_s"][k], k, outlines[k], synthetic.electrode(outlines[k]))
        run.step({name: values[k] for name, values in columns.items()})
    for detail in events:
        run.event(1.0, 10, "note", detail)
    if status:
        run.finish(status, reason)
    return run


def changed(run, path, change):
    """A copy of the folder of a run whose time series went through a function of the DataFrame."""
    shutil.copytree(run.folder, path)
    change(pd.read_csv(path / TIMESERIES)).to_csv(path / TIMESERIES, index=False)
    return open_run(path)


# --- what is there ------------------------------------------------------------------------------------------


@pytest.mark.slow
def test_all_sections_are_there(page):
    assert [item["id"] for item in page.all("h2")] == SECTIONS
    assert {"Key numbers", "Balances: the worst step of the run", "Provenance"} <= page.tables.keys()
    assert "synthetic SET sweep" in page.words and "Finished: end of the programme. 299 steps, up to 4 s." in page.words


@pytest.mark.slow
def test_the_page_is_accessible(page):
    assert page.all("html")[0]["lang"] == "en" and len(page.all("h1")) == 1 and len(page.all("title")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch("h[1-6]", tag)]
    assert all(later - earlier <= 1 for earlier, later in zip(levels[:-1], levels[1:], strict=True))
    assert page.all("th") and all(item.get("scope") in ("col", "row") for item in page.all("th"))
    assert len(page.all("caption")) == len(page.all("table"))
    assert all(len(item["alt"]) > 60 for item in page.all("img"))
    named = {item.get("id") for _, item in page.elements}
    assert {item["aria-labelledby"] for item in page.all("section")} <= named


@pytest.mark.slow
def test_key_numbers_are_those_of_the_run(page, sweep):
    series, facts = sweep.timeseries, page.facts("Key numbers")
    assert number(facts["Largest current"]) == pytest.approx(series["current_A"].max(), rel=5e-3)
    assert number(facts["Smallest gap"]) == pytest.approx(series["gap_nm"].min(), rel=5e-3)
    assert number(facts["Highest temperature in the cell"]) == pytest.approx(
        series["temperature_max_K"].max(), rel=5e-3
    )
    assert number(facts["Mean radius of the filament at the end"]) == pytest.approx(
        series["radius_mean_nm"].iloc[-1], rel=5e-3
    )
    back = series[series["time_s"] > 2]
    voltage, current = (
        np.interp(0.1, back["source_voltage_V"][::-1], back[name][::-1]) for name in ("cell_voltage_V", "current_A")
    )
    assert number(facts["Resistance of the low-resistance state"]) == pytest.approx(voltage / current, rel=5e-3)


def test_regimes_are_those_of_the_run(page, sweep):
    facts, found = page.facts("Regimes and the end of growth"), sweep.regimes
    assert number(facts["End of A, start of B"]) == pytest.approx(found.a_b.time_s, rel=1e-4)
    for name, moment in (("Γ", found.gamma_time), ("Y", found.y_time), ("Λ", found.lambda_time)):
        assert number(facts[name]) == pytest.approx(moment, rel=1e-4)


def test_events_are_listed_and_those_of_the_numerics_folded_away(tmp_path):
    run = written(tmp_path / "run", events=["first", "second"], status=None)
    for k in range(40):
        run.event(1.0, 10, "remesh", f"{k} vertices")
    run.finish("finished")
    text = page_text(open_run(tmp_path / "run"))
    page = Page(text)
    assert [row[3] for row in page.tables["Events"][1:]] == ["first", "second"]
    assert len(page.tables["Remeshing"]) == 41
    details = re.search(r"<details>\s*<summary>Remeshing \(40\)</summary>(.*?)</details>", text, re.DOTALL)
    assert "39 vertices" in details[1] and not any("open" in item for item in page.all("details"))


def test_many_events_are_folded_away(tmp_path):
    written(tmp_path / "run", events=[f"number {k}" for k in range(31)])
    assert "All 31 events" in Page(page_text(open_run(tmp_path / "run"))).words


def test_cycles_have_a_row_each(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=2))
    rows = Page(page_text(run)).tables["Cycles"]
    assert [row[0] for row in rows[1:]] == ["1", "2"] and rows[1][1:3] == ["0 s", "7 s"]
    series = run.timeseries
    k = series["current_A"].idxmin()
    peak, at = rows[1][rows[0].index("Current peak of RESET")].split(" at ")
    assert number(peak) == pytest.approx(series["current_A"][k], rel=5e-3)
    assert number(at) == pytest.approx(series["source_voltage_V"][k], rel=1e-2)
    # The filament is gone 5.3 s after the start, the source goes down with 1 V/s from 4 s on.
    assert number(rows[1][rows[0].index("Full dissolution at")]) == pytest.approx(-1.3, abs=0.01)
    k = int(np.argmax(series["current_A"] > 0.99e-3))
    reached = np.interp(0.99e-3, series["current_A"][k - 1 : k + 1], series["source_voltage_V"][k - 1 : k + 1])
    assert number(rows[1][rows[0].index("Compliance current reached at")]) == pytest.approx(reached, abs=0.002)


def test_retention_says_that_no_current_flows(tmp_path):
    page = Page(page_text(open_run(synthetic.write_retention(tmp_path / "run"))))
    facts = page.facts("Key numbers")
    assert facts["Current"] == "none" and number(facts["A neck of the filament breaks"]) == synthetic.BROKEN
    assert "its current does not rise through them" in page.words


def test_under_a_current_source_the_resistance_is_read_at_the_cell(sweep, tmp_path):
    run = changed(sweep, tmp_path / "run", lambda series: series.assign(source_voltage_V=2.0))
    text = (
        (run.folder / CONFIG)
        .read_text()
        .replace(
            '{kind = "ramp", to = "2 V", rate = "1 V/s"}, {kind = "ramp", to = "0 V", rate = "1 V/s"}',
            '{kind = "current_sweep", peak = "1 mA", rate = "1 mA/s", voltage_limit = "2 V"}',
        )
    )
    assert "current_sweep" in text
    (run.folder / CONFIG).write_text(text)
    found = {fact.name: fact for fact in key_numbers(open_run(run.folder))}
    fact = found["Resistance of the low-resistance state"]
    back = sweep.timeseries[sweep.timeseries["time_s"] > 2]
    current = np.interp(0.1, back["cell_voltage_V"][::-1], back["current_A"][::-1])
    assert number(fact.value) == pytest.approx(0.1 / current, rel=5e-3) and "cell at" in fact.note
    assert "source" not in found["Largest current"].note and "compliance" not in found["Largest current"].note


def test_the_compliance_is_that_of_the_step(sweep, tmp_path):
    """All that is told of a compliance is the same where the steps have it for their own and the global one is larger
    or smaller; nothing is told of one that never held."""
    text = (sweep.folder / CONFIG).read_text()
    own = text.replace('rate = "1 V/s"}', 'rate = "1 V/s", compliance = {kind = "ideal", current = "1 mA"}}')
    for name, replaced in (("larger", 'current = "50 mA"'), ("smaller", 'current = "1 uA"')):
        run = changed(sweep, tmp_path / name, lambda series: series)
        (run.folder / CONFIG).write_text(own.replace('current = "1.0 mA"', replaced))
        run = open_run(run.folder)
        assert replaced in run.config_text and run.compliance_current == 1e-3
        assert key_numbers(run) == key_numbers(sweep) and "; compliance current 1" in key_numbers(run)[0].note
        assert run.regimes.y_time == pytest.approx(sweep.regimes.y_time, rel=1e-12) and run.regimes.a_b.row > 100
        assert balances(run) == balances(sweep) and len(balances(run)) == 4
        assert observables(run)["time_set_s"] == run.regimes.y_time > 1.7
    (run.folder / CONFIG).write_text(own.replace('kind = "ideal", current = "1 mA"', 'kind = "none"'))
    run = open_run(run.folder)
    assert "compliance" not in key_numbers(run)[0].note and len(balances(run)) == 3
    assert run.regimes.y_time is None and np.isnan(observables(run)["time_set_s"])


# --- balances and numerics ----------------------------------------------------------------------------------


def test_balances_are_judged_by_their_limits(sweep, tmp_path):
    assert [item.holds for item in balances(sweep)] == [True] * 4

    def spoilt(series):
        series.loc[100, "faraday_error"] = 1.01e-3
        series.loc[100, "charge_imbalance"] = np.inf
        return series

    found = {item.name: item for item in balances(changed(sweep, tmp_path / "run", spoilt))}
    assert found["Faraday’s law"].holds is False and found["Charge"].holds is False and found["Power"].holds
    assert found["Faraday’s law"].where == f"at {form.seconds(sweep.timeseries['time_s'][100])}"
    assert "does not hold" in Page(page_text(open_run(tmp_path / "run"))).words


LIMITS = """
[balance]
charge = 1e-6
faraday = { value = 2e-3, label = "assumed" }
power = 1e-5
[stepping]
refinement = 0.5
"""


def test_the_limits_are_those_of_the_run(tmp_path):
    """By which its steps were rejected; those of this version for a run that tells none."""
    written(tmp_path / "own", synthetic.CONFIG.format(compliance_mA=1) + LIMITS)
    run = open_run(tmp_path / "own")
    assert limits_of(run) == {"charge_imbalance": 1e-6, "faraday_error": 8e-3, "power_imbalance": 1e-5}
    told = {item.name: item.limit for item in balances(run)}
    assert told["Charge"] == "10⁻⁶" and told["Faraday’s law"] == "0.008" and told["Power"] == "10⁻⁵"
    usual = {"charge_imbalance": 1e-8, "faraday_error": 1e-3, "power_imbalance": 1e-4}
    damaged = synthetic.CONFIG.format(compliance_mA=1) + "[balance]\ncharge = true\n"
    for name, text in (("old", None), ("damaged", damaged)):
        written(tmp_path / name, text)
        assert limits_of(open_run(tmp_path / name)) == usual


def test_the_error_of_mesh_and_steps_is_told_with_the_way_to_estimate_it(sweep, tmp_path):
    with open(ROOT / "validation" / "convergence.csv", newline="") as file:
        rows = {row["variant"]: row for row in csv.DictReader(file)}
    usual, coarse = rows["as configured"], rows["both twice as coarse"]
    for name, told in COARSER.items():
        number, unit = told.split()
        change = abs(float(coarse[name]) - float(usual[name])) / {"ms": 1e-3, "pm": 1e-3}.get(unit, 1.0)
        assert float(number) == pytest.approx(change, rel=0.1), name
    text, command = numerical_error(sweep)
    assert all(told in text for told in COARSER.values()) and text.endswith("coarse:")
    assert "mesh.refinement=0.5 --set stepping.refinement=0.5" in command
    assert command in Page(page_text(sweep)).words
    written(tmp_path / "run", synthetic.CONFIG.format(compliance_mA=1) + "[mesh]\nrefinement = 0.5\n")
    text, command = numerical_error(open_run(tmp_path / "run"))
    assert text.endswith("fine:") and "mesh.refinement=1 --set stepping.refinement=2" in command


def test_a_loan_is_told_on_top_also_of_a_run_that_is_under_way(tmp_path):
    written(tmp_path / "run", status=None, borrowed={"Cu | SiO2": ["stress"]})
    run = open_run(tmp_path / "run")
    assert run.loan == "constants borrowed from Cu | SiO2"
    assert "Constants borrowed from Cu | SiO2." in Page(page_text(run)).words
    written(tmp_path / "damaged", borrowed="x")
    assert open_run(tmp_path / "damaged").loan == ""


def test_a_picture_is_drawn_once(sweep, monkeypatch):
    drawn = []

    def draw(name, run, output):
        drawn.append(output.name)
        output.parent.mkdir(parents=True, exist_ok=True)
        size = pictures.LARGE if name == "iv" else 1
        output.write_bytes(b"x" * size + pictures.ENDS[output.suffix])

    monkeypatch.setattr(pictures, "PICTURES", ecmsim.plot.PICTURES)
    monkeypatch.setattr(pictures, "draw", draw)
    monkeypatch.setattr(pictures, "_size", lambda path: (1.0, 1.0))
    pictures.pictures(sweep)
    assert {"gap.svg", "field.png", "iv.svg", "iv.png"} <= set(drawn)
    assert not {"gap.png", "field.svg"} & set(drawn)


def test_a_current_above_the_compliance_is_told(sweep, tmp_path):
    run = changed(sweep, tmp_path / "run", lambda series: series.assign(current_A=1.01 * series["current_A"]))
    found = {item.name: item for item in balances(run)}["Compliance"]
    assert found.holds is False and float(found.worst) == pytest.approx(0.01, rel=0.02)


def test_the_compliance_is_kept_by_the_source_where_a_capacitor_draws_on_it(sweep, tmp_path):
    def charging(series):
        share = np.linspace(0, 1, len(series))  # none at first
        source = 1.02 * series["current_A"]
        return series.assign(source_current_A=source, capacitor_current_A=share * (source - series["current_A"]))

    run = changed(sweep, tmp_path / "run", charging)
    found = {item.name: item for item in balances(run)}["Compliance"]
    assert float(found.worst) == pytest.approx(0.02, rel=0.02)


def test_steps_iterations_and_times(tmp_path):
    run = written(tmp_path / "run", status=None)
    run.event(1.0, 10, "rejected", "step 1 s: too long")
    run.note(seconds={"assembly": 3.0, "meshing": 1.0})
    run.finish("finished")
    page = Page(page_text(open_run(tmp_path / "run")))
    facts = page.facts("Steps, iterations, meshes")
    assert facts["Accepted steps"] == "59" and facts["Rejected steps"] == "1" and facts["Meshes"] == "1"
    assert facts["Newton iterations"] == str(4 * 59)
    assert [row[:3] for row in page.tables["Wall time by part of the program"][1:]] == [
        ["assembly", "3.0 s", "75 %"],
        ["meshing", "1.0 s", "25 %"],
    ]


# --- configuration and provenance ---------------------------------------------------------------------------

FITTED = """
[stress]
energy = { value = "0.03 eV", label = "fitted", source = "my <own> curves" }
template_radius = "1.68 nm"

[tunnelling]
barrier = { value = "4.2 eV", label = "fitted", source = "onset" }

[filament]
defect_factor = 1

[mesh]
quality = 0.3

[oldsection]
colour = "blue"
"""


def test_settings_are_compared_with_the_defaults_and_labelled(tmp_path):
    written(tmp_path / "run", synthetic.CONFIG.format(compliance_mA=1) + FITTED)
    rows = {row.name: row for row in setting_rows(open_run(tmp_path / "run"))}
    assert rows["stress.energy"].differs and rows["stress.energy"].default == "—"  # physics has none
    assert rows["stress.energy"].value == ("0.03\N{NO-BREAK SPACE}eV", "fitted", "my <own> curves")
    assert rows["filament.defect_factor"].default == "1.0" and not rows["filament.defect_factor"].differs
    assert rows["mesh.quality"].differs and rows["mesh.quality"].default == "0.25"
    assert rows["oldsection.colour"].differs and "not a setting" in rows["oldsection.colour"].meaning
    text = page_text(open_run(tmp_path / "run"))
    table = next(rows for name, rows in Page(text).tables.items() if name.startswith("What the run states"))
    assert ["stress.energy", "0.03 eV", "—", "fitted", "my <own> curves"] in table
    assert "filament.defect_factor" not in [row[0] for row in table]
    assert '<span class="tag fitted">fitted</span>' in text and '<span class="tag assumed">assumed</span>' in text
    assert "my <own>" not in text


def test_an_effective_configuration_is_read_in_full(tmp_path):
    path = ROOT / "configs" / "quick.toml"
    config = load_config(path, ['materials.Cu.resistivity="2e-8 ohm*m"'])
    written(tmp_path / "run", config.to_toml())
    run = open_run(tmp_path / "run")
    rows = {row.name: row for row in setting_rows(run)}
    assert all(row.meaning for row in rows.values()) and not any(
        "not a setting" in row.meaning for row in rows.values()
    )
    assert rows["butler_volmer.rate_constant"].value.label == "fitted"
    assert rows["cell.layer_thickness"].value.label == "printed"
    differ = {name for name, row in rows.items() if row.differs}
    assert {"mesh.surface_size", "compliance.current", "materials.Cu.resistivity"} <= differ
    # Equal numbers in other units or digits are no differences.
    assert not {"stepping.first_step", "filament.defect_factor", "mesh.quality", "materials.Pt.density"} & differ
    assert {"hopping.activation_energy", "cell.radius"} <= differ  # which have no default
    assert rows["stepping.first_step"].value.text == "1\N{NO-BREAK SPACE}ms"
    assert rows["butler_volmer.ion_concentration"].value.text.replace("\N{NO-BREAK SPACE}", " ") == "1 × 10²⁶ / m³"
    step = programme_rows(run)[0]
    assert step.kind == "ramp" and dict(step.settings)["to"].text == "1.72\N{NO-BREAK SPACE}V"


def test_steps_of_a_repetition_are_nested(tmp_path):
    run = open_run(synthetic.write_cycles(tmp_path / "run", count=1))
    assert [(step.depth, step.name, step.kind) for step in programme_rows(run)] == [
        (0, "step 1", "repeat"),
        (1, "SET", "sweep"),
        (1, "RESET", "sweep"),
    ]


def test_provenance_and_how_to_make_it_again(tmp_path):
    notes = {
        "command": f"{sys.executable} /somewhere/bin/ecmsim run 'my cell.toml' -q",
        "git": {"commit": "c0ffee", "dirty": True},
        "versions": {"numpy": "9.9", "ecmsim": "0.0.1"},
        "ranks": 2,
    }
    written(tmp_path / "a run", **notes)
    page = Page(page_text(open_run(tmp_path / "a run"), "page.html"))
    facts = {row[0]: row[1] for row in page.tables["Provenance"]}
    assert facts["Command"] == "ecmsim run 'my cell.toml' -q"
    assert facts["Commit"] == "c0ffee with uncommitted changes" and facts["Versions"] == "ecmsim 0.0.1, numpy 9.9"
    assert f"mpirun -n 2 ecmsim run '{tmp_path}/a run/config.toml' --out '{tmp_path}/a run_again'" in page.words
    assert f"ecmsim report '{tmp_path}/a run' --out page.html" in page.words
    assert (tmp_path / "a run" / CONFIG).read_text().split() == re.search(
        r"<pre tabindex=\"0\">(title.*?)</pre>",
        page_text(open_run(tmp_path / "a run")).replace("&#34;", '"'),
        re.DOTALL,
    )[1].split()


def test_laws_of_ones_own_are_told_with_their_files(tmp_path):
    """The law, where it is from and its checksum; the parameters among the settings; the option in the commands."""
    config = load_config(own_laws.write(tmp_path, 'stress = { law = "my_laws.py:Yielding", energy = 0.125 }'))
    file = tmp_path / "my_laws.py"
    files = {"stress": {"file": str(file), "sha256": "0123abcd"}}
    written(tmp_path / "run", config.to_toml(), laws={"stress": "Yielding(energy=0.125)"}, law_files=files)
    run = open_run(tmp_path / "run")
    page = Page(page_text(run))
    facts = {row[0]: row[1] for row in page.tables["Provenance"]}
    assert facts["Own law: stress"] == f"Yielding(energy=0.125), from {file} (SHA-256 0123abcd)"
    assert f"ecmsim run {run.folder}/config.toml --out {run.folder}_again --allow-code" in page.words
    rows = {row.name: row for row in setting_rows(run)}
    assert rows["laws.stress.energy"].meaning == "parameter of this law" and rows["laws.stress.energy"].differs
    law = rows["laws.stress.law"]
    assert law.value.text == f"{file}:Yielding" and "file and class" in law.meaning


def test_laws_given_in_python_cannot_be_made_again_by_a_command(tmp_path):
    written(tmp_path / "run", laws={"tunnelling": "Mine(barrier=4.2)"})
    page = Page(page_text(open_run(tmp_path / "run")))
    facts = {row[0]: row[1] for row in page.tables["Provenance"]}
    assert facts["Own law: tunnelling"] == "Mine(barrier=4.2), given in Python"
    assert "In Python, with the laws of one's own as laws= (tunnelling)" in page.words
    assert "ecmsim run" not in page.words


# --- runs that did not go well ------------------------------------------------------------------------------


def test_a_failed_run(tmp_path):
    run = written(tmp_path / "run", status=None)
    run.dump(message="no")
    run.finish("failed", "stopped at t = 1 s: Newton's method <diverged>. Try a finer mesh.")
    page = Page(page_text(open_run(tmp_path / "run")))
    assert "Failed: stopped at t = 1 s: Newton's method <diverged>. Try a finer mesh. 59 steps" in page.words
    assert str(tmp_path / "run" / FAILURE) in page.words
    assert "Where it went is noted when a run finishes." in page.words


@pytest.mark.parametrize(
    ("status", "reason", "words"),
    [
        ("stopped", "by SIGTERM", "Stopped on request: by SIGTERM. 59 steps"),
        ("stopped", "stopped at t = 1 s: signal", "Stopped at t = 1 s: signal. 59 steps"),
        (None, "", "Still running when this page was made. 59 steps"),
    ],
)
def test_a_run_that_has_not_finished(tmp_path, status, reason, words):
    run = written(tmp_path / "run", status=status, reason=reason)
    page = Page(page_text(open_run(tmp_path / "run")))
    run.finish("finished")
    assert words in page.words and number(page.facts("Key numbers")["Largest current"]) > 0


def test_a_run_without_steps_says_so(tmp_path):
    written(tmp_path / "run", steps=0, status="failed", reason="no mesh")
    page = Page(page_text(open_run(tmp_path / "run")))
    assert "Failed: no mesh. It has no steps." in page.words and "there is nothing to report" in page.words
    assert [item["id"] for item in page.all("h2")] == SECTIONS and not page.all("img")


def test_a_single_step_is_enough(tmp_path):
    written(tmp_path / "run", steps=1)
    assert Page(page_text(open_run(tmp_path / "run"))).facts("Key numbers")["Current"] == "none"


def test_a_run_of_an_old_version(sweep, tmp_path):
    kept = ["time_s", "source_voltage_V", "current_A", "gap_nm", "newton_iterations"]
    run = changed(sweep, tmp_path / "run", lambda series: series[kept])
    for name in (HISTORY, EVENTS):
        (run.folder / name).unlink()
    (run.folder / PROVENANCE).write_text(json.dumps({"format": "ecmsim run", "status": "finished"}))
    page = Page(page_text(open_run(run.folder)))
    facts = page.facts("Key numbers")
    assert number(facts["Largest current"]) == pytest.approx(1e-3, rel=5e-3)
    assert "Highest temperature in the cell" not in facts and "Resistance of the low-resistance state" not in facts
    assert [row[1] for row in page.tables["Balances: the worst step of the run"][1:4]] == ["not recorded"] * 3
    assert [item["id"] for item in page.all("h2")] == SECTIONS


# --- pictures -----------------------------------------------------------------------------------------------


def test_pictures_are_inside_and_whole(page):
    found = page.all("img")
    assert len(found) == 2
    for item in found:
        kind, data = re.fullmatch(r"data:image/(svg\+xml|png);base64,(.*)", item["src"]).groups()
        data = base64.b64decode(data, validate=True)
        assert data.startswith(b"\x89PNG") if kind == "png" else data.rstrip().endswith(b"</svg>")
    # 183 mm and 89 mm at 96 pixels per inch
    assert [int(item["width"]) for item in found] == [pytest.approx(183 / 25.4 * 96, abs=1), pytest.approx(336, abs=1)]


def test_a_picture_that_cannot_be_drawn_is_named_with_the_reason(sweep, monkeypatch, tmp_path):
    names = {name: f"fake_{name}" for name in ("good", "broken", "unfit", "half")}
    bodies = {
        "good": '    output.write_text(\'<svg width="72pt" height="36pt"></svg>\')\n    return [output]',
        "broken": "    raise RuntimeError('no <display> here')",
        "unfit": "    raise AssertionError\n\ndef unfit(run):\n    return 'nothing to see'",
        "half": '    output.write_text(\'<svg width="72pt" height="36pt"></svg>\')\n    import nosuchlibrary',
    }
    for name, body in bodies.items():
        head = f'"""Shows <{name}> things.\n\nMore of it.\n"""\n\ndef draw(run, output):\n'
        (tmp_path / f"fake_{name}.py").write_text(head + "    output.parent.mkdir(exist_ok=True)\n" + body)
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setattr(ecmsim.page.pictures, "PICTURES", names)
    monkeypatch.setattr("ecmsim.plot.PICTURES", names)
    text = page_text(sweep)
    page = Page(text)
    assert "broken: no <display> here" in page.words and "unfit: nothing to see" in page.words
    assert "half: No module named 'nosuchlibrary'; install ecmsim with its extra plot" in page.words
    assert len(page.all("img")) == 2 and "Good: Shows <good> things." in page.words
    assert "More of it" not in page.words and "<good>" not in text


# --- one file that needs nothing else -----------------------------------------------------------------------

NASTY = '</title><script>alert("1")</script><img src=http://example.invalid/x.png> & co'


def test_everything_is_escaped(tmp_path):
    text = synthetic.CONFIG.format(compliance_mA=1).replace('"synthetic SET sweep"', f"'{NASTY}'")
    text += f"\n[stress]\nenergy = {{ value = '0.03 eV', label = '{NASTY}', source = '{NASTY}' }}\n"
    written(tmp_path / "run", text, reason=NASTY, events=[NASTY], command=NASTY, host=NASTY, versions={NASTY: NASTY})
    page = Page(page_text(open_run(tmp_path / "run")))
    assert not page.all("script") and not page.all("img") and len(page.all("title")) == 1
    assert page.words.count(" ".join(NASTY.split())) >= 9


def test_there_is_no_external_reference(page):
    for tag, attributes in page.elements:
        assert tag not in ("script", "iframe", "object", "embed", "base", "audio", "video", "source")
        for name in ("src", "href", "srcset", "poster", "data", "action", "background", "xlink:href"):
            assert attributes.get(name, "data:").startswith(("data:", "#"))
        assert not any(name.startswith("on") for name in attributes)
        assert "url(" not in attributes.get("style", "")
    assert page.style and "@import" not in page.style and "url(" not in page.style
    policy = [item["content"] for item in page.all("meta") if item.get("http-equiv") == "Content-Security-Policy"]
    assert policy == ["default-src 'none'; img-src data:; style-src 'unsafe-inline'"]


def test_the_drawings_have_no_external_reference_either(page):
    drawings = [item["src"].partition(",")[2] for item in page.all("img") if "svg+xml" in item["src"]]
    assert drawings
    for drawing in drawings:
        text = base64.b64decode(drawing).decode()
        assert "<script" not in text and "@import" not in text
        references = re.findall(r'(?:xlink:)?href="([^"]*)"', text) + re.findall(r"url\(([^)]*)\)", text)
        assert all(reference.startswith(("#", "data:")) for reference in references)


CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
OWN = ("google.com", "googleapis.com", "gvt1.com", "gstatic.com")  # what Chromium asks on its own account


def browsed(path, folder):
    """What Chromium makes of a file: its DOM, its messages of the console, and the addresses that it asks for."""
    folder.mkdir()
    done = subprocess.run(
        [
            CHROMIUM,
            *"--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-sync".split(),
            *"--disable-background-networking --disable-component-update --dump-dom".split(),
            *"--enable-logging=stderr --log-level=0".split(),
            "--host-resolver-rules=MAP * ~NOTFOUND",
            f"--user-data-dir={folder / 'profile'}",
            f"--log-net-log={folder / 'net.json'}",
            path.as_uri(),
        ],
        capture_output=True,
        text=True,
        errors="replace",
        timeout=1500,
        check=True,
    )
    asked = set(re.findall(r'"url":"(\w+://([^/"]*)[^"]*)"', (folder / "net.json").read_text(errors="replace")))
    return (
        done.stdout,
        [line for line in done.stderr.splitlines() if "CONSOLE" in line],
        sorted(url for url, host in asked if not host.partition(":")[0].endswith(OWN)),
    )


@pytest.mark.skipif(CHROMIUM is None, reason="there is no Chromium on the PATH")
def test_chromium_renders_it_without_errors_and_without_the_network(whole, page, tmp_path):
    (tmp_path / "page.html").write_text(whole, encoding="utf-8")
    dom, console, asked = browsed(tmp_path / "page.html", tmp_path / "good")
    assert console == [] and asked == []
    rendered = Page(re.sub(r"\s+$", "", dom))
    assert [item["id"] for item in rendered.all("h2")] == SECTIONS
    assert rendered.facts("Key numbers") == page.facts("Key numbers")
    # That errors and requests would be seen:
    bad = tmp_path / "bad.html"
    bad.write_text(
        "<!DOCTYPE html><title>bad</title><img src='http://example.invalid/x.png'><script>nothing()</script>"
    )
    dom, console, asked = browsed(bad, tmp_path / "bad")
    assert any("nothing is not defined" in line for line in console)
    assert asked == ["http://example.invalid/x.png"]


# --- the command --------------------------------------------------------------------------------------------


def test_the_command_writes_one_file(folder, tmp_path):
    done = CliRunner().invoke(app, ["report", str(folder), "--out", str(tmp_path / "new" / "page.html")])
    assert done.exit_code == 0 and done.output.split() == ["wrote", str(tmp_path / "new" / "page.html")]
    assert [path.name for path in (tmp_path / "new").iterdir()] == ["page.html"]
    assert not list(folder.glob("figures"))
    assert write_page(open_run(folder)) == folder / "report.html"


def test_wrong_input_is_one_clear_error(folder, sweep, tmp_path, monkeypatch):
    with pytest.raises(ResultsError, match="is not the folder of a run"):
        CliRunner().invoke(app, ["report", str(tmp_path)], catch_exceptions=False)
    with pytest.raises(PageError, match=r"page\.pdf: the name of a page must end in \.html or \.htm"):
        write_page(sweep, tmp_path / "page.pdf")
    (tmp_path / "file").write_text("")
    with pytest.raises(ResultsError, match="cannot write .*file"):
        write_page(sweep, tmp_path / "file" / "page.html")
    monkeypatch.setitem(sys.modules, "jinja2", None)
    with pytest.raises(PageError, match="needs jinja2.*extra report"):
        write_page(sweep, tmp_path / "page.html")
    assert PageError.exit_code == ResultsError.exit_code == 2


def test_numbers_are_printed_as_people_do():
    def plain(text):
        return text.replace("\N{NO-BREAK SPACE}", " ")

    assert plain(form.amount(1e-5, "A")) == "10 µA" and plain(form.amount(-2e-22, "A")) == "−2.00 × 10⁻²² A"
    assert plain(form.amount(3e-124, "A")) == "below 10⁻³⁰ A" and plain(form.plain(0.11234, "nm")) == "0.112 nm"
    assert plain(form.scientific(7.98e-10)) == "8.0 × 10⁻¹⁰" and form.scientific(np.inf) == "inf"
    assert plain(form.seconds(1.69784)) == "1.6978 s" and plain(form.seconds(3.2525e-8)) == "32.525 ns"
    assert plain(form.seconds(1e4)) == "10000 s" and plain(form.duration(183.2)) == "3 min 3 s"
    assert form.typeset("-1e26 / m^3") == "−1 × 10²⁶ / m³".replace(" ", "\N{NO-BREAK SPACE}")
