"""The active electrode's surface: what it looks like beside a filament."""

from dataclasses import dataclass

import numpy as np
import pytest

from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament


@dataclass(frozen=True)
class Remembering:
    """A recess that is what each point remembers, nm."""

    def recess(self, growth, memory):
        return np.asarray(memory, dtype=float)


UPRIGHT = Filament(np.array([[0, 9.8], [1, 9.8], [2, 9.5], [2, 8], [2, 6], [2, 4], [2, 2], [2, 0]], dtype=float))


@pytest.mark.parametrize(
    ("memory", "expected"),
    [
        ([0.4, 0.4, 0.3, 0.1, 0.2, 0.05, 0.0, 0.0], [0.4, 0.4, 0.3, 0.1, 0.1, 0.05, 0.0, 0.0]),
        ([0.4, 0.4, 0.3, 0.5, 0.2, -0.1, 0.0, 0.0], [0.4, 0.4, 0.3, 0.3, 0.2, 0.0, 0.0, 0.0]),
        ([0.0, 0.0, 0.1, 0.0, 0.3, 0.2, 0.5, 0.4], [0.0, 0.0, 0.1, 0.1, 0.3, 0.3, 0.4, 0.4]),
    ],
)
def test_an_upright_wall_never_comes_back_over_itself(memory, expected):
    """Whatever its points remember: gmsh makes no triangles between lines that lie on each other."""
    surface = ActiveElectrode(10.0, 25.0, 0.128, Remembering()).surface(UPRIGHT, np.array(memory))
    assert surface[:-1, 1] - 10 == pytest.approx(expected)
    wall = surface[:-1][surface[:-1, 0] == 2.0, 1]
    assert len(wall) == 6 and len({*np.sign(np.diff(wall))} - {0.0}) == 1
    assert surface[-1] == pytest.approx([25, 10])
