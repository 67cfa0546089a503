"""SET times over the thickness of the layer: what counts as a hit, and what is committed."""

import numpy as np
import pandas as pd
import pytest
from helpers.paths import ROOT

from ecmsim.study import Study
from validation.thickness.__main__ import committed, page, spread, straight

HERE = ROOT / "validation" / "thickness"
STUDY = ROOT / "configs" / "studies" / "thickness.toml"
VOLTS = np.array([0.5, 1.0, 1.5, 2.0])


@pytest.mark.parametrize(
    ("by_thickness", "curved", "hits"), [((1, 1, 1.9), 0, 2), ((1, 2, 2.1), 0, 1), ((1, 1, 1), 4, 1), ((1, 3, 9), 4, 0)]
)
def test_what_counts_as_a_hit(by_thickness, curved, hits):
    times = np.exp(-5 * VOLTS + curved * (VOLTS - 1.25) ** 2)
    found = pd.DataFrame({t: f * times for t, f in zip((5.0, 10.0, 20.0), by_thickness, strict=True)}, index=VOLTS)
    assert spread(found) == pytest.approx(max(by_thickness))
    assert (straight(found).min() > 0.98) is np.bool_(not curved)
    text = page(found)
    assert text.count("| hit |") == hits and text.count("| **miss** |") == 2 - hits
    assert "| 20 nm |" in text


def test_the_committed_page_is_that_of_the_committed_table():
    found = committed()
    cases = Study.load(STUDY).cases
    assert found.size == len(cases) and found.notna().all(axis=None)
    assert page(found) == (HERE / "README.md").read_text(encoding="utf-8")
