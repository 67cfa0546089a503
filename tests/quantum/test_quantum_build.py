"""The pipeline of the conductance table: plans, restarts, records, table, and joining lead and device."""

import json
import sys
import time
from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

from ecmsim.errors import PlotError, TransportError, TransportFailure
from ecmsim.quantum import tight_binding
from ecmsim.quantum.bloch import k_points
from ecmsim.quantum.build import assemble, dft, plan, production
from ecmsim.quantum.build.__main__ import main
from ecmsim.quantum.build.assembly import Matrices, junctions
from ecmsim.quantum.build.methods import METHODS, Prepared, evaluate
from ecmsim.quantum.build.plan import load_plan, plan_file
from ecmsim.quantum.build.records import Records, fingerprint, plain, text
from ecmsim.quantum.build.structure import structure
from ecmsim.quantum.table import TABLES, load_table

TIGHT, GPAW = METHODS["tight-binding"], METHODS["gpaw"]
SMALL = """
metal = "Ag"
points = [
  { name = "chain", branch = "check", chain = 9, spacing = 2.9 },
  { name = "tips-2.8", branch = "gap", counts = [1], separation = 2.8 },
  { name = "tips-3.2", branch = "gap", counts = [1], separation = 3.2 },
  { name = "neck-1", branch = "contact", counts = [1] },
  { name = "neck-3", branch = "contact", counts = [3] },
  { name = "neck-3-3", branch = "contact", counts = [3, 3], flags = ["not settled"] },
  { name = "neck-3-7-3", branch = "contact", counts = [3, 7, 3], size = 3 },
  { name = "neck-3-k2", branch = "check", of = "neck-3", counts = [3], k_lateral = 2 },
]
[settings]
lattice_constant = 4.16
size = 2
"""


def small(folder, text=SMALL):
    path = folder / "plan.toml"
    path.write_text(text)
    return path


def without_times(content):
    """A table or a record without what differs from run to run."""
    if isinstance(content, dict):
        return {k: without_times(v) for k, v in content.items() if k not in ("seconds", "started", "hours", "git")}
    return [without_times(entry) for entry in content] if isinstance(content, list) else content


# --- plans ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metal", ["Ag", "Cu"])
def test_plans_are_wide_enough_and_can_be_built(metal):
    whole = load_plan(plan_file(metal))
    shapes = {}
    for point in whole.points:
        if point.branch == "contact":
            shapes.setdefault(point.atoms, set()).add(point.counts)
    assert len(shapes) >= 8 and max(shapes) >= 12 and all(len(found) >= 3 for found in shapes.values())
    separations = [point.separation for point in whole.points if point.branch == "gap"]
    assert len(set(separations)) >= 10 and min(separations) < 2.7 and max(separations) == 10
    varied = {
        k for p in whole.points if p.of for k, v in vars(p.settings).items() if v != vars(whole.points[1].settings)[k]
    }
    assert {"basis", "functional", "size", "k_lateral", "spare", "thickness", "grid_spacing"} <= varied
    hashes = [fingerprint(point, GPAW) for point in whole.points]
    assert len(set(hashes)) == len(hashes)
    for point in whole.points:
        assert point.of is None or point.of in {p.name for p in whole.points}


@pytest.mark.parametrize("name", ["chain", "tips-5.0", "tips-10.0", "planes-8.0", "neck-3-1-3", "neck-14-12-14"])
def test_structures(name):
    """Ghosts lie between the tips, whole layers at the ends, and atoms no closer than neighbours."""
    point = load_plan(plan_file("Ag")).chosen([name]).points[0]
    found, s = structure(point), point.settings
    positions, ghost = found.order
    assert ghost.sum() == point.ghosts and np.array_equal(positions[~ghost], found.contact.positions)
    assert np.ptp(positions[: found.layer, 2]) < 1e-9 and np.ptp(positions[-found.layer :, 2]) < 1e-9
    between = np.linalg.norm(positions[:, None] - positions[None], axis=-1) + 99 * np.eye(len(positions))
    shortest = between[~ghost][:, ~ghost].min()
    assert shortest == pytest.approx(point.spacing or min(s.lattice_constant / np.sqrt(2), point.separation or 9))
    if point.ghosts:
        heights = positions[[np.argmax(ghost) - 1, *np.nonzero(ghost)[0], np.nonzero(ghost)[0][-1] + 1], 2]
        assert np.diff(heights) == pytest.approx(point.separation / (point.ghosts + 1))
    # The crystal goes on across the end of the cell.
    layers = np.unique(np.round(positions[:, 2], 6))
    onward = found.cell[2, 2] - np.ptp(layers)
    assert onward == pytest.approx(layers[1] - layers[0], abs=1e-5)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            ("counts = [1], separation = 2.8", "counts = [1], separashun = 2.8"),
            "separashun.*entries of a point are name",
        ),
        (('branch = "gap"', 'branch = "gaps"'), "no branch 'gaps'; choose one of contact, gap, check"),
        (("tips-3.2", "tips-2.8"), "the name tips-2.8 occurs more than once"),
        (("chain = 9, spacing = 2.9", "chain = 9"), "point chain: give either counts, or chain with spacing"),
        (("size = 2", "sise = 2"), "'sise'"),
        (('metal = "Ag"', ""), 'plan.toml: metal is missing; a plan has its metal, such as metal = "Ag"'),
        (('metal = "Ag"', "metal = 47"), "plan.toml: metal = 47; a plan has its metal"),
        (("[settings]", "[setings]"), "settings is missing; a plan has a table"),
        (('{ name = "neck-1", branch = "contact", counts = [1] }', "3"), "each of the points is a table such as"),
        (("points = [", "points = "), "plan.toml: is not valid TOML: .*line"),
    ],
)
def test_wrong_plans_are_refused(tmp_path, change, message):
    with pytest.raises(TransportError, match=message):
        load_plan(small(tmp_path, SMALL.replace(*change)))


# --- production ----------------------------------------------------------------------------------------------


def build(folder, *arguments):
    return main(["--method", "tight-binding", "--plan", str(small(folder)), "--out", str(folder), *arguments])


@pytest.mark.slow
def test_an_interrupted_build_goes_on_and_gives_the_same_table(tmp_path, monkeypatch, capsys):
    straight, broken = tmp_path / "straight", tmp_path / "broken"
    straight.mkdir(), broken.mkdir()
    assert build(straight) == 0

    calls = []

    def killed(prepared, energies):
        calls.append(energies)
        if len(calls) == 4:
            raise KeyboardInterrupt
        return evaluate(prepared, energies)

    monkeypatch.setattr(production, "evaluate", killed)
    with pytest.raises(KeyboardInterrupt):
        build(broken)
    assert len(list((broken / "points").iterdir())) == 3
    (broken / "points" / ".neck-1.tmp").write_text('{"half a')  # what a kill while writing leaves
    assert build(broken) == 0
    assert len(calls) == 4 + 5
    tables = [json.loads((folder / "Ag.json").read_text()) for folder in (straight, broken)]
    for table in tables:
        table.pop("command")
    assert without_times(tables[0]) == without_times(tables[1])
    assert [point["name"] for point in tables[0]["points"]] == [p.name for p in load_plan(small(tmp_path)).points]
    assert "8 finished" in capsys.readouterr().out
    assert build(broken) == 0 and len(calls) == 9


@pytest.mark.slow
def test_a_deadline_leaves_the_rest(tmp_path, monkeypatch):
    whole, records, calls, said = load_plan(small(tmp_path)), Records(tmp_path), [], []

    def endless(prepared, energies):
        calls.append(energies)
        if len(calls) == 3:
            time.sleep(60)
        return evaluate(prepared, energies)

    monkeypatch.setattr(production, "evaluate", endless)
    begun = time.monotonic()
    state = production.produce(whole, TIGHT, records, deadline=time.time() + 2, say=said.append)
    assert time.monotonic() - begun < 20 and "out of time" in said[-1]
    assert list(state.values()) == 2 * ["finished"] + 6 * ["left"]
    assert set(production.produce(whole, TIGHT, records, say=said.append).values()) == {"finished"}


@pytest.mark.slow
def test_a_failure_is_told_and_the_next_point_begun(tmp_path, monkeypatch, capsys):
    def failing(prepared, energies):
        if prepared.fermi == 0:  # the chain
            raise np.linalg.LinAlgError("singular")
        return evaluate(prepared, energies)

    monkeypatch.setattr(production, "evaluate", failing)
    assert build(tmp_path) == 3
    assert "chain: failed: LinAlgError: singular" in capsys.readouterr().out
    table = load_table(tmp_path / "Ag.json")
    assert table.header["failed"] == {"chain": "LinAlgError: singular"} and len(table.entries) == 7
    monkeypatch.undo()
    assert build(tmp_path) == 3  # it is not tried again ...
    assert build(tmp_path, "--list") == 0
    listed = capsys.readouterr().out.splitlines()
    assert [line.split()[2] for line in listed[-8:]] == ["failed"] + 7 * ["finished"]
    assert build(tmp_path, "--retry") == 0  # ... without being asked for
    assert not list((tmp_path / "points").glob("*.failed.json"))


def test_a_changed_setting_makes_a_new_point(tmp_path):
    point = load_plan(small(tmp_path)).points[3]
    before = fingerprint(point, TIGHT)
    for change in ({"size": 3}, {"eta": 1e-4}, {"lattice_constant": 4.1}, {"energies": 21}, {"spare": 2}):
        assert fingerprint(replace(point, settings=replace(point.settings, **change)), TIGHT) != before
    basis = replace(point, settings=replace(point.settings, basis="dzp"))
    assert fingerprint(basis, TIGHT) == before and fingerprint(basis, GPAW) != fingerprint(point, GPAW) != before
    assert fingerprint(replace(point, flags=("remark",)), TIGHT) == before
    assert build(tmp_path, "--point", "neck-1") == 0
    records = Records(tmp_path)
    changed = replace(point, settings=replace(point.settings, size=3))
    assert production.states(plan.Plan("Ag", (point, replace(changed, name="wider"))), TIGHT, records) == {
        "neck-1": "finished",
        "wider": "left",
    }


def test_a_recomputed_point_reproduces_its_record(tmp_path):
    whole, records = load_plan(small(tmp_path)), Records(tmp_path)
    production.produce(whole.chosen(["neck-3-k2"]), TIGHT, records, say=lambda line: None)
    point = whole.chosen(["neck-3-k2"]).points[0]
    record = records.read(point, TIGHT)
    again = json.loads(text(production.compute(point, TIGHT, records.store, record["versions"])))
    for content in (record, again):  # round-off
        content["checks"] = None
    assert without_times(again) == without_times(record)
    # And it is what the tight-binding model gives without the pipeline.
    law = tight_binding.Harrison(4.16 / np.sqrt(2))
    energies = tight_binding.fermi_level(law, 4.16) + np.array(record["energies_eV"])
    direct = tight_binding.transmission(structure(point).contact, law, energies, *k_points(2, 2), eta=1e-5)
    assert record["transmission"] == pytest.approx(direct, rel=1e-6)
    assert record["T"] == pytest.approx(direct[5], rel=1e-6) and sum(record["channels"]) == pytest.approx(record["T"])


def test_a_record_is_verified(tmp_path, capsys):
    assert build(tmp_path, "--point", "neck-1") == 0
    assert build(tmp_path, "--point", "neck-1", "--verify") == 0
    assert "neck-1: T = " in (told := capsys.readouterr().out) and "the same" in told
    (path,) = (tmp_path / "points").iterdir()
    record = json.loads(path.read_text())
    path.write_text(json.dumps(record | {"T": 1.02 * record["T"]}))
    assert build(tmp_path, "--point", "neck-1", "--verify") == 1
    assert "DIFFERENT" in capsys.readouterr().out
    assert build(tmp_path, "--point", "chain", "--verify") == 2
    assert "point chain has no record to compare with" in capsys.readouterr().err


def test_published_records_need_no_computation(tmp_path):
    whole, first = load_plan(small(tmp_path)).chosen(["neck-1", "chain"]), Records(tmp_path / "first")
    production.produce(whole.chosen(["chain"]), TIGHT, first, say=lambda line: None)
    assert main(["--method", "tight-binding", "--plan", str(tmp_path / "plan.toml"), "--out", str(first.folder),
                 "--table", str(tmp_path / "tables" / "Ag.json")]) == 0  # fmt: skip
    assert load_table(tmp_path / "tables" / "Ag.json").names == ["chain"]
    second = Records(tmp_path / "second", published=tmp_path / "tables" / "Ag")
    assert production.states(whole, TIGHT, second) == {"chain": "finished", "neck-1": "left"}


def test_the_command_line_has_it(tmp_path):
    from typer.testing import CliRunner

    from ecmsim.commands.cli import app

    options = ["--method", "tight-binding", "--plan", str(small(tmp_path)), "--out", str(tmp_path), "--list"]
    result = CliRunner().invoke(app, ["quantum", "build", *options])
    assert result.exit_code == 0 and result.output.count("left") == 8


def test_tight_binding_leaves_out_what_it_cannot_do():
    whole = load_plan(plan_file("Ag"))
    names = {point.name for point in production.applicable(whole, TIGHT).points}
    assert not names & {"tips-5.0", "tips-6.0-bare", "tips-2.8-LDA", "tips-2.8-grid"}
    assert {"chain", "tips-3.4", "neck-12", "tips-2.8-size-3"} <= names
    assert production.applicable(whole, GPAW) == whole
    with pytest.raises(
        TransportError, match="tips-5.0: the model has no ghost orbitals; compute it with --method gpaw"
    ):
        TIGHT.prepare(whole.chosen(["tips-5.0"]).points[0], None)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (
            ["--metal", "Pb"],
            "--metal Pb: there is no plan for it; choose one of Ag, Au, Cu, or give a file with --plan",
        ),
        (["--method", "vasp"], "--method vasp: there is no such method; choose one of gpaw, tight-binding"),
        (["--point", "neck-99"], "--point neck-99: not in the plan of Ag; choose from chain, "),
        (["--method", "tight-binding", "--point", "tips-5.0"], "--point tips-5.0: nothing for --method tight-binding"),
        (["--until", "5pm"], "--until 5pm: give a time of day such as 17:00"),
        (["--until", "25:99"], "--until 25:99: give a time of day such as 17:00"),
        (["--walltime", "0"], "--walltime 0: give a positive number of hours"),
        (["--walltime", "-1"], "--walltime -1: give a positive number of hours"),
        (["--walltime", "inf"], "--walltime inf: give a positive number of hours"),
        (
            ["--plan", "/no/plan.toml"],
            "--plan /no/plan.toml: cannot be read (No such file or directory); give the file",
        ),
        (["--metal", "Cu", "--plan", str(plan.PLANS / "Ag.toml")], "--metal Cu: the plan "),
        (["--list", "--verify"], "--list does not go with --verify"),
        (["--list", "--table", "t.json"], "--list does not go with --table"),
        (["--verify", "--table", "t.json"], "--verify does not go with --table"),
        (["--table", "t.json", "--until", "12:00"], "--until does not go with --table"),
        (["--table", "t.json", "--walltime", "1"], "--walltime does not go with --table"),
        (["--table", "t.json", "--retry"], "--retry does not go with --table"),
        (["--table", "t.json", "--point", "chain"], "--point does not go with --table"),
        (["--list", "--retry"], "--retry does not go with --list"),
        (["--verify", "--walltime", "1"], "--walltime does not go with --verify"),
    ],
)
def test_what_is_asked_for_wrongly(tmp_path, monkeypatch, capsys, arguments, message):
    """In both forms of the command the same words and exit code 2, before anything is done."""
    from ecmsim.commands.cli import main as whole

    monkeypatch.chdir(tmp_path)
    arguments = [*arguments, "--out", "new"]
    assert main(arguments) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"error: {message}") and told.count("\n") == 1
    monkeypatch.setattr("sys.argv", ["ecmsim", "quantum", "build", *arguments])
    with pytest.raises(SystemExit) as ended:
        whole()
    assert ended.value.code == 2 and capsys.readouterr().err == told
    assert not list(tmp_path.iterdir())


def test_the_metal_is_that_of_the_plan(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    arguments = ["--method", "tight-binding", "--plan", str(small(tmp_path, SMALL.replace("Ag", "Cu")))]
    assert main([*arguments, "--point", "neck-1"]) == 0
    assert load_table(tmp_path / "runs" / "quantum" / "Cu-tight-binding" / "Cu.json").names == ["neck-1"]
    assert main([*arguments, "--metal", "Cu", "--list"]) == 0


def test_exit_codes_tell_wrong_input_from_what_did_not_converge():
    assert TransportError("").exit_code == 2 and TransportFailure("").exit_code == 3
    assert issubclass(TransportFailure, TransportError)


def test_without_gpaw_the_remedy_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "gpaw", None)
    assert main(["--out", str(tmp_path)]) == 2
    told = capsys.readouterr().err
    assert "GPAW is not installed" in told and "apt-get install libxc-dev libopenblas-dev" in told
    assert not list(tmp_path.iterdir())


def test_a_density_that_does_not_become_self_consistent_is_a_failure(tmp_path, monkeypatch):
    calculators = pytest.importorskip("ase.calculators.calculator")

    class Unconverged(Exception):
        pass

    class Calculator(calculators.Calculator):
        implemented_properties = ["energy"]

        def __init__(self, **settings):
            super().__init__()

        def calculate(self, *arguments):
            raise Unconverged

    for name, content in (
        ("gpaw", {"GPAW": Calculator, "FermiDirac": float, "Mixer": max, "KohnShamConvergenceError": Unconverged}),
        ("gpaw.lcao", {}),
        ("gpaw.lcao.tools", {"get_lcao_hamiltonian": None, "get_mulliken": None}),
    ):
        monkeypatch.setitem(sys.modules, name, SimpleNamespace(**content))
    point = load_plan(small(tmp_path)).points[0]
    line = np.array([[0.0, 0.0, 2.9 * i] for i in range(3)])
    with pytest.raises(TransportFailure, match="density of 3 atoms did not become self-consistent: see .*log.txt"):
        dft.ground_state("Ag", line, np.zeros(3, bool), 9 * np.eye(3), (1, 1, 1), point.settings, tmp_path / "log.txt")


# --- from periodic matrices to a junction --------------------------------------------------------------------


def periodic(positions, cell, k, sign=1.0):
    """Neighbours' H(k) of a periodic arrangement, with phases exp(sign 2 pi i k.R) between its cells."""
    law = tight_binding.Harrison(4.16 / np.sqrt(2))
    total = np.zeros((len(positions), len(positions)), dtype=complex)
    for image in np.stack(np.meshgrid(*[np.arange(-3, 4)] * 3), axis=-1).reshape(-1, 3):
        r = np.linalg.norm(positions[None] + image @ cell - positions[:, None], axis=-1)
        near = (r < law.cutoff) & (r > 1e-6)
        total[near] += law(r[near]) * np.exp(sign * 2j * np.pi * np.dot(k, image))
    return total


def periodic_pair(point, shift=0.0, sign=1.0):
    """Matrices of lead and device of a point, as periodic codes give them; shift (eV): of the device's zero."""
    found, s = structure(point), point.settings
    lateral, _ = k_points(s.k_lateral, s.k_lateral)
    phases = (2 * np.arange(s.k_lead) - s.k_lead + 1) / (2 * s.k_lead)
    layer = found.contact.positions[: found.principal]
    k = np.array([[*q, phase] for q in lateral for phase in phases])
    law = tight_binding.Harrison(s.lattice_constant / np.sqrt(2))
    fermi = tight_binding.fermi_level(law, s.lattice_constant)
    pair = []
    for positions, cell, points, zero in (
        (layer, found.lead_cell, k, 0.0),
        (found.order[0], found.cell, np.array([[*q, 0.0] for q in lateral]), shift),
    ):
        one = np.eye(len(positions))
        h = np.array([periodic(positions, cell, q, sign) + zero * one for q in points])
        count = len(positions)
        s_k = np.array([one] * len(points))
        pair.append(Matrices(h, s_k, points, np.arange(count), fermi + zero, np.zeros(count)))
    return found, pair


@pytest.mark.parametrize(("counts", "k"), [((1,), 1), ((3,), 2)])
def test_periodic_matrices_give_the_junction(tmp_path, counts, k):
    """Against the junction whose couplings are written down atom by atom."""
    point = load_plan(small(tmp_path)).points[3]
    point = replace(point, counts=counts, settings=replace(point.settings, k_lateral=k))
    found, (lead, device) = periodic_pair(point, shift=1.3)
    parts, weights, checks = junctions(lead, device, found, point.settings)
    energies = np.array([-0.4, 0.0, 0.4])
    transmission, channels, own = evaluate(Prepared(parts, weights, 0.0, checks), energies)
    law = tight_binding.Harrison(4.16 / np.sqrt(2))
    direct = tight_binding.transmission(found.contact, law, lead.fermi + energies, *k_points(k, k), eta=1e-5)
    assert transmission == pytest.approx(direct, rel=1e-4)
    assert channels.sum() == pytest.approx(direct[1], rel=1e-4)
    assert [checks["offset_left"], checks["offset_right"]] == pytest.approx([lead.fermi + 1.3] * 2)
    assert [checks[name] for name in ("second_layer", "seam", "remainder_left")] == pytest.approx([0, 0, 0], abs=1e-9)
    assert checks["seam_reversed"] > 0.5 and checks["fermi_difference"] == pytest.approx(0)
    assert own["asymmetry"] < 1e-9


def test_the_wrong_sign_of_k_is_noticed(tmp_path):
    point = load_plan(small(tmp_path)).points[3]
    found, (lead, device) = periodic_pair(point, sign=-1.0)
    with pytest.raises(TransportFailure, match="does not go on as the lead does.*sign of k"):
        junctions(lead, device, found, point.settings)
    with pytest.raises(TransportError, match=r"no k-point \(0.25, 0, 0\)"):
        lead.at((0.25, 0.0, 0.0))


def test_wrapping_of_atoms_is_undone(tmp_path):
    """dft._ours: matrices in the opposite convention, of atoms moved into the cell, become ours."""
    found = structure(load_plan(small(tmp_path)).points[3])
    cell, layer = found.lead_cell, found.contact.positions[: found.principal] - 20.0
    fractional = layer @ np.linalg.inv(cell)
    wrapped = np.floor(fractional).astype(int)
    assert np.ptp(wrapped, axis=0).any()
    k = np.array([[0.0, 0.0, 0.4], [0.25, 0.25, 0.2], [0.25, -0.25, 0.0]])
    inside = np.array([periodic((fractional - wrapped) @ cell, cell, q, sign=-1.0) for q in k])
    assert dft._ours(inside, k, wrapped) == pytest.approx(np.array([periodic(layer, cell, q) for q in k]))


# --- table ---------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    folder = tmp_path_factory.mktemp("table")
    assert build(folder) == 0
    return load_table(folder / "Ag.json")


@pytest.mark.slow
def test_the_table_says_what_it_holds(table):
    assert table.header["settings"]["size"] == 2 and table["neck-3-7-3"].settings == {"size": 3}
    assert table.header["left"] == [] and table.header["failed"] == {}
    assert table.header["command"].endswith("--method tight-binding") and table.header["versions"]["numpy"]
    assert table["chain"].T == pytest.approx(1, abs=1e-3)
    entry = table["neck-3"]
    assert entry.spread == [min(entry.transmission), max(entry.transmission)] and entry.atoms == 3
    assert entry.radius_nm == pytest.approx(np.sqrt(3 * 0.416**2 * np.sqrt(3) / 4 / np.pi), rel=1e-6)
    with pytest.raises(TransportError, match="the table of Ag has no point 'neck-4': chain, tips-2.8"):
        table["neck-4"]


def test_branches_leave_out_what_is_flagged(table):
    assert [entry.name for entry in table.branch("contact")] == ["neck-3-7-3"]
    assert all("beside the atoms" in table[name].flags[0] for name in ("neck-1", "neck-3"))  # of a single layer
    table = replace(table, entries=tuple(e if e.name == "neck-3-3" else replace(e, flags=[]) for e in table.entries))
    assert [entry.name for entry in table.branch("contact")] == ["neck-1", "neck-3", "neck-3-7-3"]
    contacts, threes = table.contacts, [table["neck-3"].T, table["neck-3-7-3"].T]
    assert list(contacts["atoms"]) == [1, 3] and list(contacts["shapes"]) == [1, 2]
    assert contacts["mean"][1] == pytest.approx(np.mean(threes))
    assert contacts["deviation"] == pytest.approx([0, abs(np.diff(threes)[0]) / np.sqrt(2)])
    assert (contacts["minimum"][1], contacts["maximum"][1]) == (min(threes), max(threes))
    assert contacts["radius"][1] == pytest.approx(np.sqrt(3) * contacts["radius"][0])
    assert table.gaps["separation"] == pytest.approx([0.28, 0.32])
    assert list(table.gaps["T"]) == [table["tips-2.8"].T, table["tips-3.2"].T]


def test_the_picture_of_a_table(table, tmp_path):
    from ecmsim.plot.table_points import draw

    assert draw(table, tmp_path / "t.png") == [tmp_path / "t.png"] and (tmp_path / "t.png").stat().st_size > 20_000
    necks = replace(table, entries=tuple(entry for entry in table.entries if entry.branch == "contact"))
    assert draw(necks, tmp_path / "n.svg")[0].read_text().count("Sharvin")
    with pytest.raises(PlotError, match="the table of Ag has neither necks nor tips"):
        draw(replace(table, entries=(table["chain"],)), tmp_path / "c.png")


def test_bad_calculations_are_flagged():
    neck = {"branch": "contact", "shape": {"counts": [3, 3]}}
    checks = {"remainder_left": 0.01, "remainder_right": 0.4, "asymmetry": 0.1, "channel_sum": 0}
    record = neck | {"T": 1.0, "checks": checks}
    ends, digits = assemble._remarks(record)
    assert "differ from the lead by 0.4 eV" in ends and "use another eta" in digits
    right = {"T": 1e-4, "checks": {"asymmetry": 1e-9, "channel_sum": -1e-9}}
    assert assemble._remarks(neck | right) == []
    (single,) = assemble._remarks(neck | right | {"shape": {"counts": [3]}})
    assert "lead to lead beside the atoms" in single


def test_tables_that_cannot_be_read(tmp_path):
    with pytest.raises(TransportError, match="there is no table Pb: there are those of .*Ag"):
        load_table("Pb")
    for content, message in (
        ("{", "damaged"),
        ("[" * 100_000, "damaged"),
        ("[1, 2]", r"is damaged: it holds \[1, 2\] instead of a table"),
        ('{"format": "other"}', "no table of this version"),
    ):
        (tmp_path / "t.json").write_text(content)
        with pytest.raises(TransportError, match=message):
            load_table(tmp_path / "t.json")
    (tmp_path / "t.json").write_bytes(b"\xff\xfe")
    with pytest.raises(TransportError, match="t.json is damaged"):
        load_table(tmp_path / "t.json")


DELETED = object()


@pytest.mark.parametrize(
    ("keys", "value", "message"),
    [
        (("points",), DELETED, "the table has no points, expected a list"),
        (("points",), {"neck": 1}, "the table: points = {.*, expected a list"),
        (("points", 1), [1], r"point 2 is \[1\] instead of a table"),
        (("metal",), 47, "metal = 47, expected a text"),
        (("method",), DELETED, "has no method"),
        (("settings",), [], r"the table: settings = \[\], expected a table"),
        (("settings", "lattice_constant"), DELETED, "settings has no lattice_constant, expected a positive number"),
        (("settings", "lattice_constant"), "4.16", 'lattice_constant = "4.16", expected a positive'),
        (("points", 1, "name"), DELETED, "point 2 has no name"),
        (("points", 1, "T"), DELETED, "point tips-2.8 has no T, expected a number"),
        (("points", 1, "T"), None, "point tips-2.8: T = null, expected a number"),
        (("points", 1, "T"), float("nan"), "point tips-2.8: T = NaN, expected a number"),
        (("points", 1, "atoms"), 1.5, "atoms = 1.5, expected a positive whole number"),
        (("points", 1, "atoms"), True, "atoms = true"),
        (("points", 1, "radius_nm"), -1, "radius_nm = -1, expected a positive number"),
        (("points", 1, "separation_nm"), None, "separation_nm = null, expected a positive number for the gap branch"),
        (("points", 1, "energies_eV", 0), "low", "energies_eV = .*, expected a list of ascending numbers"),
        (("points", 1, "energies_eV", 0), 9, "expected a list of ascending numbers"),
        (("points", 1, "transmission", 10), DELETED, r"has 10 of 11 samples of T\(E\)"),
        (("points", 1, "flags"), "bad", 'flags = "bad", expected a list of texts'),
        (("points", 1, "of"), 3, "of = 3, expected a text or null"),
    ],
)
def test_damaged_tables_are_told(table, tmp_path, keys, value, message):
    entries = [vars(entry) for entry in table.entries]
    content = table.header | {"metal": table.metal, "method": table.method, "points": entries}
    content = json.loads(json.dumps(content))
    *path, last = keys
    place = content
    for key in path:
        place = place[key]
    if value is DELETED:
        del place[last]
    else:
        place[last] = value
    (tmp_path / "t.json").write_text(json.dumps(content))
    with pytest.raises(TransportError, match=f"t.json is damaged: .*{message}") as caught:
        load_table(tmp_path / "t.json")
    assert "\n" not in str(caught.value) and len(str(caught.value)) < 300


@pytest.mark.parametrize("kind", [None, 3, "x", [], {}, [None], -1.0, True])
def test_no_damage_gives_another_error(table, tmp_path, kind):
    """Whatever stands in a place of the file: read as it is, or refused by the one error."""
    entries = [vars(entry) for entry in table.entries[:2]]
    content = table.header | {"metal": table.metal, "method": table.method, "points": entries}
    whole = json.dumps(content)
    names = [("points", 1, name) for name in entries[1]] + [(name,) for name in content]
    for *path, last in names:
        changed = place = json.loads(whole)
        for key in path:
            place = place[key]
        place[last] = kind
        (tmp_path / "t.json").write_text(json.dumps(changed))
        try:
            found = load_table(tmp_path / "t.json")
            found.branch("contact"), found.branch("gap"), found.names
        except TransportError:
            pass


def test_records_are_plain_and_readable():
    content = {"a": np.float64(1 / 3), "b": np.arange(3), "c": (1.0, float("nan")), "d": [[1, 2], [3, 4]], "e": []}
    assert plain(content) == {"a": 0.3333333, "b": [0, 1, 2], "c": [1.0, None], "d": [[1, 2], [3, 4]], "e": []}
    assert '"b": [0, 1, 2],' in text(content).replace("\n", "") and json.loads(text(content)) == plain(content)


# --- the package's tables ------------------------------------------------------------------------------------

CHANNELS = 12  # that records keep
METALS = sorted(path.stem for path in TABLES.glob("*.json"))


@pytest.mark.parametrize("metal", METALS)
def test_the_package_s_table_belongs_to_its_plan(metal):
    """Every entry has the atoms and settings that the plan has now, under the same name."""
    points = {point.name: point for point in load_plan(plan_file(metal)).points}
    found = load_table(metal)
    missing = set(found.header["left"]) | set(found.header["failed"])
    assert found.method == "gpaw" and set(found.names) | missing == set(points)
    for entry in found.entries:
        assert entry.hash == fingerprint(points[entry.name], GPAW)
        kept = sum(entry.channels)  # the leading ones
        assert kept == pytest.approx(entry.T, rel=1e-3) or (len(entry.channels) == CHANNELS and kept < entry.T)
        record = json.loads((TABLES / metal / f"{entry.name}.{entry.hash}.json").read_text())
        assert record["T"] == entry.T and record["checks"] == entry.checks


@pytest.mark.parametrize(("metal", "crystal", "known"), [("Ag", "planes-4.0", 0.05), ("Cu", "tips-2.5-k3", 0.12)])
def test_necks_have_the_level_of_their_own_k_points(metal, crystal, known):
    """What many k-points give at the crystal's level, few give at their own, in which the device is neutral.

    known: to how many eV the level of the crystal is, that of the lead with the most k-points.
    """
    table = load_table(metal)
    level = table[crystal].checks["fermi_lead"]

    def at_the_crystal_s_level(entry):
        return np.interp(level - entry.checks["fermi_lead"], entry.energies_eV, entry.transmission)

    many = [entry for entry in table.entries if entry.name.startswith("neck") and entry.name.endswith("-k2")]
    assert "neck-3-1-3-k2" in [entry.name for entry in many]
    for entry in many:
        few, best = table[entry.of], at_the_crystal_s_level(entry)
        assert abs(level - few.checks["fermi_lead"]) > 0.2 and abs(level - entry.checks["fermi_lead"]) < known
        assert few.T == pytest.approx(best, rel=0.05) and few.T == pytest.approx(entry.T, rel=0.08)
        assert abs(few.T - best) < abs(at_the_crystal_s_level(few) - best)


@pytest.mark.slow
def test_density_functional_theory_of_a_chain(tmp_path):
    pytest.importorskip("gpaw")
    point = load_plan(plan_file("Ag")).chosen(["chain"]).points[0]
    record = production.compute(point, GPAW, tmp_path, GPAW.versions())
    assert record["T"] == pytest.approx(1, abs=2e-3)
    assert record["T"] == pytest.approx(load_table("Ag")["chain"].T, abs=1e-3)
    # The second time the matrices are there.
    begun = time.monotonic()
    again = production.compute(point, GPAW, tmp_path, {})
    assert time.monotonic() - begun < sum(record["seconds"].values()) / 5
    assert again["seconds"]["device"] == record["seconds"]["device"] and again["T"] == pytest.approx(record["T"])
