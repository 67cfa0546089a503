"""What `ecmsim quantum annotate` says and writes, by each of the laws, compared with what it said and wrote before."""

import numpy as np
import pandas as pd
import pytest
from helpers import synthetic
from helpers.kept import unchanged

from ecmsim.commands.annotate import words, write
from ecmsim.errors import ResultsError

RADII = (0.2, 0.35, 0.5, 0.5, 0.5, 0.8)  # nm, of tips that are flat
GAPS = (0.5, 0.2, 0.12, 0.12, 0.12, 0.06)  # nm
TEXT = """extends = "ecmsim:cu_sio2_pt"
programme = [{kind = "ramp", to = "2 V", rate = "1 V/s"}]
[cell]
active_electrode = "Cu"
switching_layer = "SiO2"
counter_electrode = "Pt"
[tunnelling]
law = "LAW"
barrier = "4.2 eV"
effective_mass = 0.8915
contact_gap = "0.05 nm"
"""


def a_run(folder, law="simmons"):
    """A run whose filament is a cylinder under a step of its electrode, with a smaller gap beside the axis."""
    columns, _ = synthetic.series(len(RADII))
    columns |= {"time_s": np.arange(len(RADII), dtype=float), "junction_voltage_V": np.full(len(RADII), 0.2)}
    columns |= {"temperature_max_K": 300 + 40 * np.arange(len(RADII))}
    ceiling = synthetic.LAYER + 0.4
    tops = [ceiling - gap for gap in GAPS]
    outlines = [
        np.array([[0.0, top - 0.03], [0.5 * radius, top], [radius, top], [radius, 0.0]])
        for top, radius in zip(tops, RADII, strict=True)
    ]
    return synthetic.write_events(folder, TEXT.replace("LAW", law), columns, outlines, [])


@pytest.mark.parametrize("law", [None, "terraces", "landauer", "own"])
def test_tables_and_words_are_those_of_before(tmp_path, law, file_regression):
    """own: of a run through contact, whose law it keeps."""
    folder = a_run(tmp_path / "run", "terraces" if law == "own" else "simmons")
    paths, told = write(folder, None if law == "own" else law)
    unchanged(file_regression, "\n".join([*told, paths[0].read_text()]), close=1e-4, nothing=1e-15)


def test_words_by_hand():
    """The first atom counts from a half on, the most of the most, and the end is the end."""
    names = ("time_s", "contact_atoms", "junction_G0", "contact_G0", "tunnelling_G0", "simmons_G0", "gap_nm")
    table = pd.DataFrame(
        [[k, n, 1.1 * n, n, 0.1 * n, 0.2, 0.5 - 0.1 * k] for k, n in enumerate((0, 0.4, 0.5, 3, 2))], columns=names
    )
    told = words(table, own=True)
    assert told[0] == "first atom (N = 1/2) at 2 s" and told[1].startswith("most: N = 3 atoms, G = 3.3 G0 (contact 3, ")
    assert told[1].endswith("tunnelling 0.3; by Simmons 0.2) at 3 s, gap 0.2 nm") and told[2].startswith(
        "end: N = 2 atoms"
    )
    assert len(words(table)) == len(told) + 1
    few = table.assign(contact_atoms=0.4 * (table["contact_atoms"] > 0))
    assert words(few, own=True)[0].startswith("most: N = 0.4")
    none = table.assign(contact_atoms=0.0)
    assert words(none, own=True) == ["no atom bridges the gap: 0.1 nm at its smallest, before the last layer"]


def test_a_run_through_contact_takes_neither_another_law_nor_settings(tmp_path):
    folder = a_run(tmp_path / "run", "terraces")
    for law, settings in (("blend", ()), (None, ["tunnelling.seed=3"]), ("terraces", ["tunnelling.seed=3"])):
        with pytest.raises(ResultsError, match='made with tunnelling.law = "terraces"'):
            write(folder, law, settings)
    assert write(folder, "terraces", (), tmp_path / "own.csv")[0] == [tmp_path / "own.csv"]
