"""Atoms read off outlines: a flat tip has the atoms and conductances of its area and gap; runs stay as they are."""

import hashlib
import json

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic

from ecmsim.commands.annotate import COLUMNS, annotate, words, write
from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import ConfigError, EcmsimError, PlotError, ResultsError
from ecmsim.physics.bridging import ROUNDING
from ecmsim.physics.tunnelling import Simmons
from ecmsim.quantum.lookup import Lookup
from ecmsim.results import open_run

pytestmark = pytest.mark.usefixtures("no_warnings")

CONTACT_GAP, BARRIER, MASS = 0.05, 4.2, 0.8915
CEILING = synthetic.LAYER + 0.4  # nm; the electrode's surface over a tip that is this near
METALS = '[cell]\nactive_electrode = "Cu"\nswitching_layer = "SiO2"\ncounter_electrode = "Pt"'
SETTINGS = f"""
[tunnelling]
law = "LAW"
barrier = "{BARRIER} eV"
effective_mass = {MASS}
contact_gap = "{CONTACT_GAP} nm"
"""


@pytest.fixture(scope="module")
def copper():
    return Lookup("Cu", step=None)


def write_tips(folder, radii, gaps, law="simmons"):
    """Write a run whose filament is a cylinder with these radii and gaps (nm) at its steps."""
    radii, gaps = np.asarray(radii, dtype=float), np.asarray(gaps, dtype=float)
    n = len(radii)
    columns, _ = synthetic.series(max(n, 2))
    columns = {name: values[:n] for name, values in columns.items()} | {"time_s": np.arange(n, dtype=float)}
    heights = CEILING - gaps
    outlines = [np.array([[0.0, h], [0.5 * r, h], [r, h], [r, 0.0]]) for r, h in zip(radii, heights, strict=True)]
    text = synthetic.CONFIG.format(compliance_mA=1).replace("[cell]", METALS) + SETTINGS.replace("LAW", law)
    text = f'extends = "ecmsim:cu_sio2_pt"\n{text}'
    return synthetic.write_events(folder, text, columns, outlines, [])


def annotated(run, *arguments, **options):
    """The columns of annotate as arrays, by name."""
    return {name: values.to_numpy() for name, values in annotate(run, *arguments, **options).items()}


def share_of(gap, lookup):
    """Share of the places that atoms take on the straight part of the ramp."""
    return (onset(lookup) - gap) / lookup.layer_spacing


def onset(lookup):
    """Gap at which the straight part of the ramp begins."""
    return CONTACT_GAP + lookup.layer_spacing + 0.5 * ROUNDING


def radius_for(atoms, gap, lookup):
    """Radius (nm) of a flat tip with so many atoms across a gap."""
    return np.sqrt(np.asarray(atoms) * lookup.area_per_atom / np.pi / share_of(gap, lookup))


def test_a_flat_tip_has_the_atoms_of_its_area(copper, tmp_path):
    gap = 0.12
    atoms = np.array([0.2, 1, 2, 2.6, 9])
    table = annotated(open_run(write_tips(tmp_path / "run", radius_for(atoms, gap, copper), np.full(5, gap))))
    assert list(table) == list(COLUMNS) and list(table["step"]) == [0, 1, 2, 3, 4]
    assert table["contact_atoms"] == pytest.approx(atoms, rel=1e-6)
    assert table["gap_nm"] == pytest.approx(gap)
    of = [copper(copper.atom_radius * np.sqrt(n), 0.0).transmission for n in (1, 2, 3, 9)]
    expected = [0, of[0], of[1], None, of[3]]  # whole atoms: the table's own conductance; a quarter at most: none
    for value, level in zip(table["contact_G0"], expected, strict=True):
        assert level is None or value == pytest.approx(level, rel=1e-6)
    assert of[1] < table["contact_G0"][3] < of[2]
    noise = [copper.channels(copper.atom_radius * np.sqrt(n)).fano for n in (1, 2, 9)]
    assert np.isnan(table["contact_fano"][0]) and table["contact_fano"][[1, 2, 4]] == pytest.approx(noise)


def test_tunnelling_beside_and_in_the_run_is_simmons(copper, tmp_path):
    gaps = np.array([0.12, 0.3, 1.0])
    radius = radius_for(2, gaps[0], copper)
    table = annotated(open_run(write_tips(tmp_path / "run", np.full(3, radius), gaps)))
    law, area = Simmons(BARRIER, MASS), np.pi * radius**2 * 1e-18
    in_the_run = law.conductance_density(gaps) * area / CONDUCTANCE_QUANTUM
    assert table["simmons_G0"] == pytest.approx(in_the_run, rel=1e-6)
    vacant = (1 - share_of(gaps[0], copper)) * law.conductance_density(onset(copper))
    assert table["tunnelling_G0"][0] == pytest.approx(vacant * area / CONDUCTANCE_QUANTUM, rel=1e-6)
    assert table["junction_G0"] == pytest.approx(table["contact_G0"] + table["tunnelling_G0"])
    assert list(table["contact_atoms"][1:]) == [0, 0]
    assert table["junction_G0"][1:] == pytest.approx(in_the_run[1:])  # wider than a layer: nothing new


def test_other_laws_and_settings(copper, tmp_path):
    run = open_run(write_tips(tmp_path / "run", radius_for([2, 2.3], 0.12, copper), [0.12, 0.12]))
    blend, smooth = annotated(run), annotated(run, settings=["tunnelling.plateaus=false"])
    assert blend["contact_G0"][1] > blend["contact_G0"][0] * 0.999
    assert smooth["contact_G0"][1] > 1.05 * smooth["contact_G0"][0]
    landauer = annotated(run, "landauer")
    assert landauer["contact_G0"] == pytest.approx(blend["contact_G0"], rel=1e-9)
    assert abs(landauer["tunnelling_G0"][0] / blend["tunnelling_G0"][0] - 1) > 0.01
    silver = annotated(run, settings=["tunnelling.table=Ag"])
    assert silver["contact_atoms"][0] < blend["contact_atoms"][0] * 1.2  # larger atoms, thicker layers
    assert silver["contact_atoms"][0] != pytest.approx(2, rel=1e-3)


def test_a_run_through_contact_is_read_with_its_own_law(copper, tmp_path):
    """Its atoms and conductances are those of the law; dI/dV is of the voltage that the run has, thermopower of its
    temperature."""
    radii = radius_for([1, 2, 2, 2, 2], 0.12, copper)
    own = open_run(write_tips(tmp_path / "own", radii, np.full(5, 0.12), "terraces"))
    table, asked = annotated(own), annotated(own, "terraces")
    of_simmons = annotated(open_run(write_tips(tmp_path / "run", radii, np.full(5, 0.12))), "terraces")
    for name in COLUMNS:
        assert table[name] == pytest.approx(asked[name], nan_ok=True), name
        assert table[name] == pytest.approx(of_simmons[name], nan_ok=True), name
    kept = own.timeseries
    found = copper.channels(copper.atom_radius, temperature=kept.temperature_max_K.iloc[0])
    assert table["contact_fano"][0] == pytest.approx(found.fano)
    assert table["contact_thermopower_V_per_K"][0] == pytest.approx(found.thermopower)
    blend = annotated(open_run(write_tips(tmp_path / "blend", radii, np.full(5, 0.12), "blend")))
    assert blend["junction_differential_G0"] == pytest.approx(blend["junction_G0"], rel=1e-12)  # linear
    assert (table["junction_G0"] > blend["junction_G0"]).all()
    biased, change = (
        kept.junction_voltage_V.to_numpy() > 0.1,
        table["junction_differential_G0"] / table["junction_G0"] - 1,
    )
    assert biased.any() and (np.abs(change[biased]) > 1e-4).all()
    assert not write(tmp_path / "own")[1][0].startswith("growth")


def test_the_run_is_left_as_it_is(copper, tmp_path):
    folder = write_tips(tmp_path / "run", radius_for([0.4, 1, 1, 1, 3], 0.12, copper), np.full(5, 0.12))

    def state():
        files = sorted(path for path in folder.rglob("*") if path.is_file() and path.name != "conductance.csv")
        return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}

    before = state()
    paths, told = write(folder)
    assert paths == [folder / "conductance.csv"] and state() == before
    table = pd.read_csv(paths[0])
    assert list(table) == list(COLUMNS) and len(table) == 5
    assert told[0].startswith("growth, voltage and compliance are those of the run with simmons")
    assert told[1] == "first atom (N = 1/2) at 1 s" and "N = 3 atoms" in told[2] and told[3].startswith("end: ")
    assert write(folder)[0] == paths  # again, over its own table


@pytest.mark.slow
def test_the_picture(copper, tmp_path, figures):
    atoms = np.repeat([0.02, 1, 2, 4], 10)
    folder = write_tips(tmp_path / "run", radius_for(atoms, 0.12, copper), np.full(40, 0.12))
    paths, told = write(folder, out=tmp_path / "c.csv", picture=tmp_path / "c.png")
    assert paths == [tmp_path / "c.csv", tmp_path / "c.png"] and not (folder / "conductance.csv").exists()
    assert sum(line.startswith("plateau") for line in told) >= 3
    above, below = figures["c.png"].axes
    assert above.get_yscale() == "linear" and below.get_ylabel() == "Atoms $N$"
    write(write_tips(tmp_path / "wide", [1, 4, 5], np.full(3, 0.12)), picture=tmp_path / "wide.png")
    assert figures["wide.png"].axes[0].get_yscale() == "log"
    one = write_tips(tmp_path / "one", [1], [0.12])
    with pytest.raises(PlotError, match="there are 1 outlines, and it takes two"):
        write(one, picture=tmp_path / "one.png")


def test_nothing_bridges_a_wide_gap(tmp_path):
    table = annotate(open_run(write_tips(tmp_path / "run", [2, 2], [0.8, 0.7])))
    assert words(table)[1:] == ["no atom bridges the gap: 0.7 nm at its smallest, before the last layer"]


def test_what_cannot_be_annotated(copper, tmp_path):
    folder = write_tips(tmp_path / "run", [1, 1], [0.2, 0.1])
    run = open_run(folder)
    for options, error, match in (
        ({"law": "simmons"}, ConfigError, 'law = "simmons": choose one of terraces, blend, landauer'),
        ({"settings": ["cell.radius=30 nm"]}, ConfigError, "only settings of"),
        ({"settings": ["tunnelling.table=Pb"]}, ConfigError, "Pb"),
        ({"settings": ["tunnelling.seeed=3"]}, ConfigError, "seed"),
        ({"settings": ["tunnelling=3"]}, ConfigError, "only settings of"),
        (
            {"settings": ["tunnelling.law=simmons"]},
            ConfigError,
            'tunnelling.law=simmons": .* --law terraces or --law blend or --law land',
        ),
        ({"settings": [" tunnelling.law = landauer"]}, ConfigError, "--law blend or --law landauer"),
        ({"settings": ["tunnelling.enabled=false"]}, ConfigError, 'tunnelling.enabled=false": .*leave it out'),
        ({"settings": ["tunnelling.fluctuation=0.1"]}, ConfigError, "not used without a seed"),
    ):
        with pytest.raises(error, match=match):
            annotate(run, **options)
    blend = open_run(write_tips(tmp_path / "blend", [1, 1], [0.2, 0.1], "blend"))
    for options in ({"law": "landauer"}, {"settings": ["tunnelling.seed=1"]}):
        with pytest.raises(ResultsError, match='made with tunnelling.law = "blend".*leave --law and --set out'):
            annotate(blend, **options)
    with pytest.raises(EcmsimError, match="nowhere"):
        write(tmp_path / "nowhere")


def test_a_run_with_a_tunnelling_law_of_ones_own_is_none_with_simmons(tmp_path):
    folder = write_tips(tmp_path / "run", [1, 1], [0.2, 0.1])
    path = folder / "provenance.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"laws": {"tunnelling": "Mine(leak=1.0)"}}))
    with pytest.raises(
        ResultsError, match=r"a tunnelling law of one's own, Mine\(leak=1.0\): its outlines are not those"
    ):
        annotate(open_run(folder))


def test_on_the_command_line(copper, tmp_path):
    from typer.testing import CliRunner

    from ecmsim.commands.cli import app

    folder = write_tips(tmp_path / "run", radius_for([1, 3], 0.12, copper), [0.12, 0.12])
    done = CliRunner().invoke(app, ["quantum", "annotate", str(folder), "--set", "tunnelling.seed=1"])
    assert done.exit_code == 0, done.output
    assert done.output.startswith("growth, voltage and compliance are those of the run with simmons")
    assert "end: N = 3 atoms, G = " in done.output and f"wrote {folder / 'conductance.csv'}" in done.output
