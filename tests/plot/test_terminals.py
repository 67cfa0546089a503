"""Pictures show the current that an instrument would: of the source, where more than the cell draws on it."""

import numpy as np
import pytest

from ecmsim.plot.terminals import terminal_current

CELL, SOURCE, NONE = np.array([1.0, 2.0]), np.array([1.0, 2.5]), np.zeros(2)


@pytest.mark.parametrize(
    ("beside", "shown"),
    [
        ({}, CELL),  # of an older run
        ({"source_current_A": SOURCE, "capacitor_current_A": NONE, "leakage_current_A": NONE}, CELL),
        ({"source_current_A": SOURCE, "capacitor_current_A": SOURCE - CELL, "leakage_current_A": NONE}, SOURCE),
        ({"source_current_A": SOURCE, "capacitor_current_A": NONE, "leakage_current_A": SOURCE - CELL}, SOURCE),
    ],
)
def test_terminal_current(beside, shown):
    assert (terminal_current({"current_A": CELL, **beside}) == shown).all()
