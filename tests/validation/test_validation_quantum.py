"""The facts of quantum transport: what meets a tolerance, what result files say, and the committed table."""

import re
import tomllib

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT
from typer.testing import CliRunner

from ecmsim.commands.cli import app
from ecmsim.errors import ResultsError
from ecmsim.quantum.atoms.record import Writer
from ecmsim.quantum.atoms.settings import Settings
from ecmsim.quantum.atoms.trajectory import Sample
from validation.quantum import chain, contacts, files, oracle, outcomes, page, table
from validation.quantum.facts import Between, Fact, Found, Near, Open, RoundOff, Section, counted

COMMITTED = ROOT / "validation" / "quantum"
REMEDY = "ecmsim quantum facts writes it anew"

# What is to be compared, by what it is about.
KEYS = {
    "the quantum of conductance": "quantum-conductance quantum-conductance-exact quantum-resistance",
    "the chain": """chain-transmission chain-conductance chain-gamma stiffness-integral zero-bias-force
        zero-bias-force-whole bias-force-estimates forces-of-figure total-force total-force-ballistic
        total-force-small-bias hessian coulomb-term critical-voltage-paper""",
    "code and filament": "against-ase decimation rod-paper rod-force rod-force-printed rod-direction",
    "points": "chain",
    "metals": """one-atom-Ag one-atom-Cu one-atom-Au one-channel-Ag one-channel-Cu one-channel-Au
        decade-Ag decade-Cu decade-Au""",
    "lookup": "before-contact first-bond growth decay-Ag decay-Cu sharvin-joined sharvin-limit",
    "outcomes": """trajectory-Cu-start trajectory-Ag trajectory-recoil trajectory-recoil-channels device-100uA
        device-400uA histogram-bin histogram-first histogram-prominent histogram-higher pwcond-planes pwcond-contact
        pwcond-tips""",
}


@pytest.fixture(scope="module")
def found():
    return table.verdicts(COMMITTED)


def judge(section, key, folder):
    return next(fact for fact in section.facts if fact.key == key).judge(folder)


# --- tolerances ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "values", "holds"),
    [
        (Near((2.0,), 0.1), (2.09,), True),
        (Near((2.0,), 0.1), (2.11,), False),
        (Near((2.0,), 0.1, True), (2.19,), True),
        (Near((-2.0,), 0.1, True), (-2.19,), True),
        (Near((2.0,), 0.1, True), (1.79,), False),
        (Near((1.0, 0.5), 0.1), (1.0, 0.7), False),
        (Near((1.0, 0.5), 0.1), (1.0,), False),
        (Near((1.0,), 0.1), (np.nan,), False),
        (Between(1.0, 2.0), (1.0, 2.0), True),
        (Between(1.0, 2.0), (1.5, 2.1), False),
        (Between(1.0, 2.0), (np.nan,), False),
        (Between(1.0, 2.0), (), False),
        (RoundOff(1e-9), (-1e-10, 1e-9), True),
        (RoundOff(1e-9), (-1e-8,), False),
    ],
)
def test_what_meets_a_tolerance(expected, values, holds):
    assert expected.holds(values) is holds


def test_hit_miss_and_open(tmp_path):
    def missing(folder):
        raise Open("nothing there")

    words = []
    for find in (lambda folder: 1.02, lambda folder: Found((1.2,), "because"), missing):
        words.append(Fact("a", "b", "c", Near((1.0,), 0.1), "d", find).judge(tmp_path))
    assert [verdict.word for verdict in words] == ["hit", "miss", "open"]
    assert [verdict.found.remark for verdict in words] == ["", "because", "nothing there"]
    assert words[0].found.values == (1.02,) and words[2].found.values == ()
    assert [verdict.label for verdict in words] == ["hit", "miss", "open"]


def test_what_was_fitted_is_no_hit_like_others(tmp_path):
    def missing(folder):
        raise Open("nothing there")

    section = Section("Numbers", "computed")
    for key, find in (("a", lambda folder: 1.0), ("b", lambda folder: Found(3.0, "so")), ("c", missing)):
        section.enter(key, key, "a book", Near((1.0,), 0.1), "why", find, fitted="alpha to just this")
    section.enter("d", "d", "a book", Near((1.0,), 0.1), "why", lambda folder: 1.0)
    verdicts = [fact.judge(tmp_path) for fact in section.facts]
    assert [verdict.label for verdict in verdicts] == ["hit (fitted)", "miss (fitted)", "open", "hit"]
    told = "fitted: alpha to just this"
    assert [verdict.remark for verdict in verdicts] == [told, f"so; {told}", "nothing there", ""]
    assert counted(verdicts) == {"hit": 1, "hit (fitted)": 1, "miss": 0, "miss (fitted)": 1, "open": 1}
    assert counted(verdicts[2:]) == {"hit": 1, "miss": 0, "open": 1}
    found = [(section, verdicts)]
    assert list(table.frame(found)["verdict"]) == [verdict.label for verdict in verdicts]
    text = page.page(found)
    assert "1 hit, 1 met because they were fitted, 0 missed, 1 missed although they were fitted, 1 open, of 4" in text
    assert f"| 1.00 ({told}) | hit (fitted) |" in text and f"| 3.00 (so; {told}) | **miss (fitted)** |" in text


@pytest.mark.parametrize(
    ("config", "keys"),
    [("ag_contact.toml", ("device-100uA", "device-400uA")), ("ag_current_sweep.toml", ("histogram-higher",))],
)
def test_facts_name_what_the_configurations_fitted_to_them(config, keys):
    energy = tomllib.loads((ROOT / "configs" / config).read_text())["butler_volmer"]["activation_energy"]
    assert energy["label"] == "fitted"
    for key in keys:
        told = next(fact for fact in outcomes.SECTION.facts if fact.key == key).fitted
        assert f"the activation energy, {energy['value']}," in told and config in told
        number = told.partition(" to ")[2].partition(" (")[0].replace("µ", "u")  # to what
        assert number in energy["source"]


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        ((7.748091729e-5, "S", 4), "77.48 µS"),
        ((12906.4, "ohm", 3), "12.9 kΩ"),
        ((2.7986, "", 3), "2.80"),
        ((12.2, "%", 3), "12.2 %"),
        ((3.65e-4, "", 3), "0.000365"),
        ((123.4, "", 3), "123"),
        ((4.4e-16, "eV/Å", 2), "4.4e-16 eV/Å"),
    ],
)
def test_numbers(arguments, text):
    assert table.number(*arguments) == text


# --- how single numbers are found ----------------------------------------------------------------------------


def test_the_differences_that_are_to_be_round_off_can_be_large(monkeypatch):
    """A wrong closed form, and an other eta than ASE's, are noticed."""
    closed = chain.PointContact.transmission
    monkeypatch.setattr(chain.PointContact, "transmission", lambda self, energy: closed(self, energy) * (1 + 1e-6))
    assert chain.closed_form(None) == pytest.approx(1e-6, rel=1e-3)
    pytest.importorskip("ase")
    junction = oracle.Junction
    monkeypatch.setattr(oracle, "Junction", lambda *parts, eta: junction(*parts, eta=2 * eta))
    assert oracle.difference(1) > 1e-7


def test_without_ase_its_fact_is_open(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ase.transport.calculators", None)
    with pytest.raises(Open, match="ASE is not installed"):
        oracle.difference(0)


def test_points_that_are_not_computed_are_open():
    with pytest.raises(Open, match="no-such of Ag is not in the table, nor was it planned"):
        contacts.entry("Ag", "no-such")
    with pytest.raises(Open, match="no table Pt"):
        contacts.entry("Pt", "tips-2.8")


def test_decades_of_tips():
    near, far = (contacts.entry("Ag", name).T for name in ("tips-5.0", "tips-6.0"))
    assert contacts.decades("Ag")(None) == pytest.approx(np.log10(near / far))


# --- result files --------------------------------------------------------------------------------------------


def test_without_files_every_outcome_is_open(tmp_path, monkeypatch):
    monkeypatch.setattr(files.plane_waves, "__defaults__", (tmp_path,))
    monkeypatch.setattr(outcomes, "entry", lambda metal, name: contacts.entry(metal, "none such"))
    verdicts = [fact.judge(tmp_path) for fact in outcomes.SECTION.facts]
    assert {verdict.word for verdict in verdicts} == {"open"}
    reasons = {verdict.found.remark for verdict in verdicts}
    assert {f"{name}.csv is not there yet" for name in ("device", "histogram", "pwcond")} < reasons
    assert "no trajectory of Cu at rest is there yet" in reasons


def write_trajectory(path, T, recoil=0.0, remark="finished", **settings):
    """A file of samples every ps, of one run."""
    settings = Settings(settle_ps=0, **settings)
    writer = Writer(path, settings)
    for t, (transmission, force) in enumerate(zip(*np.broadcast_arrays(T, recoil), strict=True)):
        writer.add(Sample(1, t, transmission, -5.0, 300.0, 4, 0.0, 0.0, force))
    writer.close(remark)


def test_trajectories(tmp_path):
    folder, T = tmp_path / "trajectories", np.array([3.0, 3.2, 2.9, 3.1])

    def found(key):
        return judge(outcomes.SECTION, key, tmp_path)

    write_trajectory(folder / "a.csv", T, metal="Cu")
    write_trajectory(folder / "pulled.csv", T + 3, metal="Cu", speed_m_s=20)
    write_trajectory(folder / "thin.csv", T - 2, metal="Cu", counts=(4, 1, 4))
    write_trajectory(folder / "hot.csv", T + 1, metal="Cu", temperature_K=800)
    write_trajectory(folder / "going-on.csv", T + 1, remark="interrupted", metal="Cu")
    assert found("trajectory-Cu-start").found.values == (3.0,)
    assert [found(key).word for key in ("trajectory-Ag", "trajectory-recoil")] == ["open", "open"]
    write_trajectory(folder / "b.csv", T - 0.6, metal="Ag")
    write_trajectory(folder / "c.csv", T - 2, metal="Ag")
    silver = found("trajectory-Ag")
    assert (
        silver.label == "hit (fitted)"
        and silver.found.values == pytest.approx((2.45,))
        and silver.found.remark.endswith("b.csv, one of 2")
    )
    for bias in (1, -1):  # electrons come from the right, from the left
        write_trajectory(folder / f"bias{bias}.csv", T, bias * (4 - T), metal="Cu", bias_V=bias)
    assert found("trajectory-recoil").found.values == (1.0,)
    falls = found("trajectory-recoil-channels")
    assert falls.word == "hit" and falls.found.values == pytest.approx((-1.0,))
    (folder / "b.csv").write_text("t_ps,T\n# finished\n")
    with pytest.raises(ResultsError, match="b.csv is no file of trajectories"):
        found("trajectory-Ag")


def test_device_runs(tmp_path):
    path = tmp_path / "device.csv"
    rows = {"name": ["ag_100", "ag_400", "cu_100"], "compliance_A": [1e-4, 4e-4, 1e-4], "atoms": [0.524, 2.8, 9.0]}
    pd.DataFrame(rows | {"conductance_G0": [1.1, 3.4, 9.0]}).to_csv(path, index=False)
    low, high = (judge(outcomes.SECTION, f"device-{current}uA", tmp_path) for current in (100, 400))
    between = "between no atom and 1, where compliance and kinetics decide rather than the level of an atom"
    assert (low.label, low.found) == ("hit (fitted)", Found((1.1,), f"atoms that bridge: ag_100 N = 0.52; {between}"))
    assert (high.label, high.found) == ("miss (fitted)", Found((3.4,), "atoms that bridge: ag_400 N = 2.80"))
    assert "between 2 and 3, where" in outcomes.between_levels([3.1, 2.4]) and not outcomes.between_levels([1.2, 2.76])
    with pytest.raises(Open, match="no run Ag_... with 20 µA"):
        files.device_runs(tmp_path, "Ag", 20e-6)
    pd.DataFrame(rows).to_csv(path, index=False)
    with pytest.raises(ResultsError, match="device.csv has no column 'conductance_G0': it has name"):
        judge(outcomes.SECTION, "device-100uA", tmp_path)


def test_histogram(tmp_path):
    edges = np.arange(0, 4.01, 0.05)
    level = (edges[1:] + edges[:-1]) / 2
    share = 1000 * np.exp(-level / 0.02)  # tunnelling, higher than all peaks
    for multiple, height, width in ((1, 100, 0.1), (2, 50, 0.2), (3, 20, 0.2)):
        share += height * np.exp(-(((level - multiple) / width) ** 2))
    columns = {"from_G0": edges[:-1], "to_G0": edges[1:], "share_as_measured": 1.0, "share_without_400_ohm": share}
    pd.DataFrame(columns).to_csv(tmp_path / "histogram.csv", index=False)
    facts = [fact for fact in outcomes.SECTION.facts if fact.key.startswith("histogram")]
    found = {fact.key: fact.judge(tmp_path) for fact in facts}
    assert {verdict.word for verdict in found.values()} == {"hit"} and len(found) == 4
    assert found["histogram-first"].found.values[0] == pytest.approx(1, abs=0.03)
    share[np.argmin(np.abs(level - 1.225))] = 130  # a single high bin on a flank is not the centre of a peak
    pd.DataFrame(columns | {"share_without_400_ohm": share}).to_csv(tmp_path / "histogram.csv", index=False)
    first = judge(outcomes.SECTION, "histogram-first", tmp_path)
    assert 1 < first.found.values[0] < 1.1 and first.found.remark.startswith(f"peaks at {first.found.values[0]:.2f}, ")
    pd.DataFrame(columns | {"share_without_400_ohm": 0.0}).to_csv(tmp_path / "histogram.csv", index=False)
    assert outcomes.first_peak(tmp_path) == Found((), "no peak")
    near = np.array([np.exp(-(((level - at) / width) ** 2)).sum() for at, width in ((2, 0.2), (3, 0.2))]) * [50, 20]
    peaks = np.array([100 * np.exp(-(((level - 1) / 0.1) ** 2)).sum(), *near])
    assert found["histogram-higher"].found.values == pytest.approx(0.92 * peaks[1:] / peaks.sum(), rel=0.03)


def test_plane_waves(tmp_path, monkeypatch):
    """Ours are 1.05 times theirs, but for the widest gap and the tips."""
    monkeypatch.setattr(files.plane_waves, "__defaults__", (tmp_path,))
    T = dict(zip((*outcomes.PLANES, "neck-1-size-2", "tips-4.0"), (0.3, 0.1, 0.04, 0.01, 1.2, 0.6), strict=True))
    rows = pd.DataFrame({"metal": "Ag", "point": T.keys(), "T_pwcond": T.values()})
    rows[:0].to_csv(tmp_path / "pwcond.csv", index=False)
    assert judge(outcomes.SECTION, "pwcond-planes", tmp_path).found.remark == "pwcond.csv has no rows yet"
    rows[:1].to_csv(tmp_path / "pwcond.csv", index=False)
    assert judge(outcomes.SECTION, "pwcond-planes", tmp_path).found.remark == "pwcond.csv has no planes-4.8 yet"
    rows.to_csv(tmp_path / "pwcond.csv", index=False)
    peak = {"tips-2.8": -0.1, "tips-2.8-dzp": 0.2}  # eV
    energies = np.linspace(-0.5, 0.5, 11)

    class Point:
        def __init__(self, metal, name):
            times = {"planes-6.0": 1.2, "tips-4.0": 1.25, "tips-4.0-dzp": 1.2}.get(name, 1.05)
            self.T = times * T.get(name.removesuffix("-dzp"), 1.0)
            self.energies_eV = energies
            self.checks = {"fermi_lead": 7.9 if name == "planes-4.0" else 7.7}
            self.transmission = 1 - (energies - peak[name]) ** 2 if name in peak else self.T * (1 + energies)

    monkeypatch.setattr(outcomes, "entry", Point)
    keys = ("pwcond-planes", "pwcond-contact", "pwcond-tips")
    found = {key: judge(outcomes.SECTION, key, tmp_path) for key in keys}
    assert [verdict.word for verdict in found.values()] == ["miss", "hit", "miss"]
    assert found["pwcond-planes"].found.values == pytest.approx((1.05, 1.05, 1.05, 1.2))
    tips = found["pwcond-tips"].found
    assert tips.values == pytest.approx((1.25,))
    assert tips.remark == (
        "with dzp 1.20, where the 0.30 eV by which its resonance of tips in contact is higher would make "
        f"{1.25 * 0.7:.2f}; 0.20 eV higher, at the crystal's level, {1.25 * 1.2:.2f}, with dzp {1.2 * 1.2:.2f}"
    )


def test_no_fact_rests_on_what_is_not_on_record():
    """Sources are publications, closed forms, or programs that are named with their inputs."""
    sources = [fact.source for section in table.SECTIONS for fact in section.facts]
    assert not [source for source in sources if "earlier" in source.lower() or source.startswith("known of")]
    named = r"\(20\d\d\)|\(19\d\d\)|19\d\d|Kharlanov|Milano|Gao|CODATA|closed form|another program"
    assert not [source for source in sources if not re.search(named, source)]


# --- page and command ----------------------------------------------------------------------------------------


@pytest.fixture
def small(monkeypatch):
    """A table of one hit, one miss and one open fact."""
    section = Section("Numbers", "computed")

    def missing(folder):
        raise Open("later.csv is not there yet")

    section.enter("one", "first", "a book", Near((1.0,), 0.1), "a reason", lambda folder: 1.0)
    section.enter("two", "|second|", "a book", Near((2.0,), 0.1, True), "why", lambda folder: 3.0, "eV", "A cause.")
    section.enter("three", "third", "a book", Between(1, 2), "why", missing)
    monkeypatch.setattr(table, "SECTIONS", (section,))


def test_the_page(small, tmp_path):
    text = page.page(table.verdicts(tmp_path))
    assert "1 hit, 1 missed, 1 open, of 3" in text
    assert "| 1 | first (a book) | 1 | ± 0.1: a reason | 1.00 | hit |" in text
    assert "| 2 | \\|second\\| (a book) | 2 eV | ± 10 %: why | 3.00 eV | **miss** |" in text
    assert "| 3 | third (a book) | 1 to 2 | why | later.csv is not there yet | *open* |" in text
    assert "**Row 2**, |second|: 3.00 eV instead of 2 eV ± 10 % (+50 %). A cause." in text


def test_the_command(small, tmp_path):
    result = CliRunner().invoke(app, ["quantum", "facts", "--out", str(tmp_path / "new")])
    assert result.exit_code == 0 and "1 hit, 1 miss, 1 open" in result.output
    assert (tmp_path / "new" / "README.md").read_text().startswith("# Quantum transport")
    written = pd.read_csv(tmp_path / "new" / "facts.csv")
    assert list(written["key"]) == ["one", "two", "three"] and list(written["verdict"]) == ["hit", "miss", "open"]


# --- the committed table -------------------------------------------------------------------------------------


@pytest.mark.slow
def test_no_fact_is_missing(found):
    keys = [(section.title, verdict.fact.key) for section, verdicts in found for verdict in verdicts]
    assert len(set(keys)) == len(keys)
    wanted = [key for group in KEYS.values() for key in group.split()]
    assert sorted(key for _, key in keys) == sorted(wanted)
    assert list(pd.read_csv(COMMITTED / "facts.csv")["key"]) == [key for _, key in keys]


@pytest.mark.slow
def test_every_fact_has_a_source_and_a_reason_and_every_miss_an_explanation(found):
    for _, verdicts in found:
        for verdict in verdicts:
            assert verdict.fact.source and verdict.fact.why and verdict.fact.statement
            assert verdict.word != "miss" or verdict.fact.doubt, f"{verdict.fact.key} misses: say what may explain it"


def same(fact, ours, committed):
    """Whether values are the committed ones, but for round-off."""
    if isinstance(fact.expected, RoundOff):
        return len(ours) == len(committed)
    slack = 1e-3 * fact.expected.within if isinstance(fact.expected, Near) and not fact.expected.relative else 0.0
    return ours == pytest.approx(committed, rel=1e-6, abs=slack)


@pytest.mark.slow
def test_the_committed_table_is_what_the_command_finds(found):
    pytest.importorskip("ase")
    committed = pd.read_csv(COMMITTED / "facts.csv", dtype=str, keep_default_na=False)
    ours = table.frame(found).astype(str)
    texts = [name for name in ours if name != "ecmsim"]
    assert ours[texts].equals(committed[texts]), REMEDY
    verdicts = [verdict for _, verdicts in found for verdict in verdicts]
    for verdict, text in zip(verdicts, committed["ecmsim"], strict=True):
        values = tuple(float(value) for value in text.split("; ") if value)
        assert same(verdict.fact, verdict.found.values, values), f"{verdict.fact.key} drifted: {REMEDY}"


def test_the_committed_page_is_what_the_command_writes(found):
    pytest.importorskip("ase")
    committed = (COMMITTED / "README.md").read_text().splitlines()
    every = [fact for section, _ in found for fact in section.facts]
    # The digits of round-off are not the same everywhere.
    vary = tuple(f"| {row} |" for row, fact in enumerate(every, 1) if isinstance(fact.expected, RoundOff))
    ours = page.page(found).splitlines()
    assert len(ours) == len(committed), REMEDY
    for line, before in zip(ours, committed, strict=True):
        assert line == before or line.startswith(vary), REMEDY
