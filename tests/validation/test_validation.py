"""The table of facts: measures against made-up runs whose answers are known, errors, orders, the page's texts."""

import math
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from helpers.paths import ROOT

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.study.child import Ending
from ecmsim.study.study import Outcome
from validation.paper import command, facts, figures, measures, misses, page, resets, runs, table
from validation.paper.fact import CHOICE, FACTS, FITTED, PREDICTED, Fact, Finding


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


class FakeRuns(runs.Runs):
    """Runs that need no folder: every case is the same run."""

    def __init__(self, run):
        object.__setattr__(self, "run", run)
        object.__setattr__(self, "root", Path())

    coarsened = property(lambda self: self)
    reference = property(lambda self: self.run)
    series = property(lambda self: {1e-9: self.run, 1e-3: self.run})

    def case(self, name, study="paper"):
        return self.run

    def read_as(self, case):
        return self


def test_the_facts_are_complete_and_say_what_they_stand_on():
    assert [fact.row for fact in FACTS] == list(range(1, 34))
    assert [fact.row for fact in FACTS if fact.ground == FITTED] == [1, 2, 3, 4, 5, 6, 7, 9]
    assert [fact.row for fact in FACTS if fact.ground == CHOICE] == [10, 13, 15, 19, 31, 32, 33]
    assert all(bool(fact.rests) == (fact.ground != PREDICTED) for fact in FACTS)
    assert [target.row for target in facts.TARGETS] == [1, 2, 3, 4, 5, 6]


@pytest.mark.slow
def test_measures_of_a_sweep(sweep):
    series = sweep.timeseries
    time = measures.time_of_value(sweep, "height_nm", 0.7)
    k = int(np.searchsorted(series["time_s"], time))
    assert series["height_nm"][k - 1] < 0.7 <= series["height_nm"][k]
    at = measures.value_at_current(sweep, "temperature_max_K", 1e-4)
    k = int(np.argmax(series["current_A"] >= 1e-4))
    assert series["temperature_max_K"][k - 1] <= at <= series["temperature_max_K"][k]
    assert facts.TARGETS[3].measure(sweep) == pytest.approx(at - 300)
    assert math.isnan(measures.value_at_current(sweep, "temperature_max_K", 1.0))
    assert measures.penetration(sweep) == pytest.approx(series["height_nm"].iloc[-1] - 10)
    assert measures.growth_after(sweep, 0.0) > 5 and measures.growth_after(sweep, 4.0) == 0
    grown = measures.growth_after(sweep, 1.75)
    assert measures.growth_after(sweep, 1.7) > grown > measures.growth_after(sweep, 1.78)


def test_gap_off_the_axis():
    """A ring nearer to a flat electrode than the axis, and a rim nearer to the void's wall than the top to its roof."""

    def outline(points, electrode):
        return type("Outline", (), {"points": np.array(points), "electrode_points": np.array(electrode)})

    ring = outline([[0, 9.8], [2, 9.9], [3, 9.0], [3, 0]], [[0, 10.0], [25, 10.0]])
    assert measures.shortest_gap(None, ring) == pytest.approx((0.1, 2.0), abs=5e-3)
    assert measures.axis_gap(None, ring) == pytest.approx(0.2)
    rim = outline([[0, 10.2], [3, 10.2], [3, 0]], [[0, 10.4], [3.1, 10.4], [3.1, 10.0], [25, 10.0]])
    assert measures.shortest_gap(None, rim) == pytest.approx((0.1, 3.0), abs=5e-3)


@pytest.mark.slow
def test_taper_and_power_law(sweep):
    cone = np.array([[0.0, 10.0], [3.0, 0.0]])
    run = type("Run", (), {"outlines": [type("Outline", (), {"points": cone})]})
    assert measures.taper(run) == pytest.approx(0.15 / 0.85)
    radii = np.array([0.3, 0.5, 0.8])
    exponent, error = resets.power_law(radii, 2 * radii**4)
    assert exponent == pytest.approx(4) and error < 1e-6


def test_resistance_of_the_filament_in_a_snapshot(sweep):
    """In a snapshot whose potential is known: current times resistance is what drops between foot and tip."""
    snapshot = min(sweep.snapshots, key=lambda item: abs(item.current_A - 1e-4))
    found = measures.resistance_of_filament(sweep, snapshot.current_A)
    mesh = snapshot.read()
    r, z = mesh.points[:, 0], mesh.points[:, 1]
    potential = np.asarray(mesh.point_data["electric_potential_V"]).ravel()
    inside = np.unique(mesh.cells_dict["triangle"][np.asarray(mesh.cell_data["material"][0]) == 1])
    axis = inside[r[inside] < 1e-9]
    drop = potential[axis[z[axis].argmax()]] - potential[axis[z[axis].argmin()]]
    assert found == pytest.approx(drop / snapshot.current_A)
    assert math.isnan(measures.resistance_of_filament(sweep, 1e-12))


def test_targets_know_their_tolerance():
    target = facts.TARGETS[2]
    assert target.within(1.778 + 0.029) and not target.within(1.778 - 0.031) and not target.within(math.nan)


@pytest.mark.parametrize("target", facts.TARGETS, ids=lambda target: target.name)
def test_the_words_of_a_fitted_fact_have_the_numbers_of_its_target(target):
    words, (value, by) = " ".join(facts.WORDS[target.row]), (target.value, target.tolerance)
    assert f"{value - by:g}-{value + by:g} {target.unit}" in words or (
        f"± {by:g} {target.unit}" in words and (f"{value:g} ± " in words or f"{value:g} {target.unit}" in words)
    )


def test_facts_of_a_run_and_their_errors(sweep):
    fake = FakeRuns(sweep)
    found = {fact.row: fact.find(fake) for fact in FACTS if fact.row not in (8, 12, 17, 20, 21, 22) and fact.row < 32}
    assert found[3].values["Y, 1 mA"][0] == pytest.approx(sweep.regimes.y_time)
    assert found[3].hit == facts.TARGETS[2].within(sweep.regimes.y_time)
    assert not found[16].hit  # the same run is neither earlier nor hotter
    assert found[10].values["ratio"][0] == 1 and not found[10].hit


def test_barriers_where_regime_c_begins(sweep, monkeypatch):
    """Eqs. (9) and (11) at the tip's depth and the largest radius there."""
    settings = {"dissolution.void_energy": 0.01, "dissolution.void_length": 0.06, "cell.layer_thickness": 10.0}
    settings |= {"stress.energy": 0.02, "stress.template_radius": 1.7}
    monkeypatch.setattr(type(sweep), "setting", lambda self, path, unit=None: settings[path])
    series, moment = sweep.timeseries, sweep.regimes.b_c.time_s
    depth, radius = (np.interp(moment, series["time_s"], series[name]) for name in ("height_nm", "radius_max_nm"))
    expected = 0.01 * math.exp((depth - 10) / 0.06), 0.02 * math.expm1(radius / 1.7)
    assert facts.barriers_at_onset(sweep) == pytest.approx(expected)
    found = FACTS[19].find(FakeRuns(sweep))
    assert found.hit == (expected[0] < expected[1])


def test_what_misses_is_explained_and_what_hits_is_not():
    found = [table.Verdict(fact, Finding({}, fact.row == 25), {}) for fact in FACTS]
    texts = list(misses.explained(found))
    assert len(texts) == len(misses.WHY) - 1 and not any(text.startswith("**Row 25**") for text in texts)
    assert set(misses.WHY) <= {fact.row for fact in FACTS}


def test_the_counting_line_keeps_grounds_apart():
    def verdict(ground, hit):
        return table.Verdict(Fact(1, "", "", "", None, ground), Finding({}, hit), {})

    found = [verdict(FITTED, True), verdict(PREDICTED, True), verdict(PREDICTED, False), verdict(PREDICTED, False)]
    found += [verdict(CHOICE, True), verdict(CHOICE, False)]
    line = "1 fitted (1 hit); 1 predicted and hit, 2 predicted and missed; 2 resting on a choice of ours (1 hit)"
    assert table.counted(found) == line


def test_speeds_and_barriers_belong_together():
    """v = exp(-dW/kT): the difference of the barriers follows from the speeds."""
    kelvin, void, stress = 420.0, 0.26, 0.12
    thermal = 8.617333e-5 * kelvin
    tip, rim = math.exp(-void / thermal), math.exp(-stress / thermal)
    onset = misses.Onset(tip, rim, void, stress, kelvin)
    assert onset.explained == pytest.approx(void - stress, rel=1e-5)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((1.7717, 0.0037, "s"), "1.772 ± 0.004 s"),
        ((856.3, 6.2, "K"), "856 ± 6 K"),
        ((0.1123, 1e-5, "nm"), "0.1123 ± 0.0001 nm"),
        ((1.327e-7, 4e-9, "A"), "133 ± 4 nA"),
        ((2.32e8, math.nan, "ohm"), "232 MΩ"),
        ((2.97, 0.1, "%"), "3.0 ± 0.1 %"),
        ((math.nan, math.nan, "s"), "none"),
        ((0.0, 0.0, ""), "0.000 ± 0.001"),
    ],
)
def test_numbers_with_errors(arguments, text):
    assert table.number(*arguments) == text


def test_verdicts_carry_errors_and_words(sweep):
    finding = Finding({"a": (2.0, "s"), "b": (3.0, "K")}, hit=False, note="so")
    verdict = table.Verdict(FACTS[0], finding, {"a": 0.1})
    assert verdict.told() == "a 2.0 ± 0.1 s, b 3.00 K" and verdict.word == "miss"
    text = table.markdown([verdict])
    assert "**miss**" in text and "fitted" in text and "(so)" in text
    frame = table.frame([verdict])
    assert list(frame["value"]) == ["a", "b"] and frame["error"].isna().tolist() == [False, True]


def test_orders_of_convergence():
    """Second order in the mesh and first in the steps give 2 and 1; a change of sign gives none."""
    exact = dict.fromkeys(table.QUANTITIES, 1.0)
    changes = {
        "as configured": (4e-3, 1e-2),
        "mesh twice as coarse": (16e-3, 1e-2),
        "mesh twice as fine": (1e-3, 1e-2),
        "mesh three times as fine": (4e-3 / 9, 1e-2),
        "steps twice as long": (4e-3, 2e-2),
        "steps half as long": (4e-3, 0.5e-2),
        "both twice as coarse": (16e-3, 2e-2),
        list(table.VARIANTS)[-1]: (0.1, 0.1),
    }
    rows = [
        {"variant": name} | {key: value + sum(change) for key, value in exact.items()}
        for name, change in changes.items()
    ]
    converged = pd.DataFrame(rows)
    orders = table.orders(converged)
    assert orders["mesh", "t(1 mA)"] == pytest.approx(2) and orders["steps", "highest T"] == pytest.approx(1)
    assert set(table.VARIANTS) == set(converged["variant"])
    text = table.convergence_markdown(converged)
    assert len(text.splitlines()) == 2 + len(changes) and "+0.0120" in text
    assert table.orders_text(converged).count("2.0") > 1
    converged.loc[2, "t(1 mA)"] += 1
    assert math.isnan(table.orders(converged)["mesh", "t(1 mA)"])


def test_the_studies_of_the_validation_are_valid_and_named():
    found = runs.studies()
    assert set(found) == {*runs.STUDIES, *(name + runs.ENDING for name in runs.COARSENED)}
    names = {case.name for case in found["paper"].cases}
    assert {"reference", "joule_1mA", "no_dissolution", "low_thermal_conductivity"} <= names
    assert {reading.case for reading in misses.READINGS} <= names
    assert {case for case in table.VARIANTS.values() if case} == {case.name for case in found["convergence"].cases}
    coarse = {case.name: case.config for case in found["paper_coarse"].cases}
    assert all(config.mesh.refinement == config.stepping.refinement == 0.5 for config in coarse.values())


def test_runs_are_found_by_name_and_number_and_missed_with_a_remedy(tmp_path, sweep):
    found = runs.studies()
    for name, study in (("paper", found["paper"]), ("icc_series", found["icc_series"])):
        for place in study.places(tmp_path / name):
            if "narrow_void" not in place.name:
                shutil.copytree(sweep.folder, place.run)
    opened = runs.Runs(tmp_path)
    assert len(opened.series) == 13 and list(opened.series) == sorted(opened.series)
    with pytest.raises(ResultsError, match="validate-paper"):
        opened.case("reference")
    shutil.copytree(sweep.folder, tmp_path / "paper" / "0008_case=narrow_void")
    opened = runs.Runs(tmp_path)
    assert opened.reference.folder.name.endswith("reference")
    assert opened.read_as("narrow_void").reference.folder.name.endswith("narrow_void")
    assert replace(opened, coarse=True).coarse
    with pytest.raises(ResultsError, match="coarse"):
        opened.coarsened.reference  # noqa: B018


# --- the command and its page -------------------------------------------------------------------------------


def test_a_page_without_runs_is_refused_with_the_remedy(tmp_path):
    with pytest.raises(ResultsError, match="reference is missing: start ecmsim validate-paper"):
        command.validate_paper(tmp_path / "out", tmp_path / "runs", only_page=True)
    assert not (tmp_path / "out").exists()


class FakeStudy:
    """A study that notes what is asked of it and ends with an exit code."""

    def __init__(self, code, notes):
        self.code, self.notes, self.cases = code, notes, [1]

    def plan(self, root, **options):
        self.notes.append(("plan", root.name, options))

    def run(self, root, **options):
        self.notes.append(("run", root.name, options["retry"]))
        return Outcome({"a": Ending({0: "finished", 3: "failed"}[self.code])})


def test_all_studies_are_checked_before_the_first_one_runs(tmp_path, monkeypatch):
    notes = []
    fakes = {"one": FakeStudy(0, notes), "two": FakeStudy(3, notes), "three": FakeStudy(0, notes)}
    monkeypatch.setattr(command, "studies", lambda: fakes)
    monkeypatch.setattr(command, "tell", lambda study, root, outcome: notes.append(("told", root.name)))
    assert command.run_all(tmp_path, retry=True, quiet=True) == 3
    options = {"overwrite": False, "retry": True}
    assert notes[:3] == [("plan", name, options) for name in fakes]
    assert notes[3:] == [("run", "one", True), ("run", "two", True), ("told", "two")]


@pytest.mark.slow
def test_the_page_has_verdicts_readings_and_figures(tmp_path, sweep, monkeypatch):
    monkeypatch.setattr(page, "captions", lambda runs: {"a": "A caption."})
    onset = misses.Onset(1.0, math.e, 0.3, 0.26, 464.2)  # k T = 0.04 eV
    monkeypatch.setattr(misses, "onset_of_c", lambda run: onset)
    monkeypatch.setattr(misses, "OF_THE_REFERENCE", (2, 3))
    found = [table.Verdict(fact, fact.find(FakeRuns(sweep)), {}) for fact in FACTS[:3]]
    rows = [{"variant": name} | dict.fromkeys(table.QUANTITIES, 1.0) for name in table.VARIANTS]
    drawn = [tmp_path / "figures" / "a.png"]
    text = page.page(FakeRuns(sweep), found, pd.DataFrame(rows), drawn, tmp_path, {"commit": "abc"})
    hits = sum(verdict.finding.hit for verdict in found)
    assert f"## Facts: 3 fitted ({hits} hit); 0 predicted and hit" in text
    assert "![A caption.](figures/a.png)" in text and "- commit: abc" in text
    assert "at 464 K these speeds amount to a difference of 0.040 eV, and the barriers differ by 0.040 eV" in text
    assert all(reading.what in text for reading in misses.READINGS)
    table_of_readings = [line for line in text.splitlines() if line.startswith("| 3 | ")][-1]
    assert table_of_readings.count(found[2].told()) == 1 + len(misses.READINGS)


# --- the committed results ----------------------------------------------------------------------------------


def test_the_committed_table_is_of_these_facts_and_the_readme_says_what_it_says():
    committed = pd.read_csv(ROOT / "validation" / "facts.csv")
    verdicts = committed.groupby("row").first()
    assert list(verdicts["fact"]) == [fact.statement for fact in FACTS]
    assert list(verdicts["kind"]) == [fact.ground for fact in FACTS]
    found = [
        table.Verdict(fact, Finding({}, word == "hit"), {})
        for fact, word in zip(FACTS, verdicts["verdict"], strict=True)
    ]
    text, short = ((ROOT / name).read_text() for name in ("validation/README.md", "README.md"))
    assert f"## Facts: {table.counted(found)}" in text
    assert table.counted(found) in " ".join(short.split())
    for target in facts.TARGETS:
        value = committed[(committed["row"] == target.row) & (committed["value"] == target.name)]["ecmsim"].item()
        assert target.within(value) == (verdicts["verdict"][target.row] == "hit")


def test_the_committed_figures_are_all_there():
    drawn = {path.stem for path in (ROOT / "validation" / "figures").glob("*.png")}
    assert drawn == {*figures.FIGURES, "fig2_elephant_map"}
    text = (ROOT / "validation" / "README.md").read_text()
    assert all(f"(figures/{stem}.png)" in text for stem in drawn)
