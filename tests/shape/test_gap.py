"""The gap: its width from every side, and the columns into which it is cut."""

import numpy as np
import pytest

from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap

MUSHROOM = Filament(np.array([[0, 5], [1, 5], [2, 4], [2, 3], [0.5, 2.5], [0.5, 0]], dtype=float))


def test_gaps_to_a_flat_electrode():
    gap = Gap(MUSHROOM, np.array([[0, 10.0], [25, 10.0]]))
    r, vertical = gap.seen("vertical")
    assert r == pytest.approx([0, 1, 2]) and vertical == pytest.approx([5, 5, 6])
    assert gap.seen("shortest")[1] == pytest.approx([5, 5, 6])
    assert gap.smallest("vertical") == (5.0, 0.0)


def test_gaps_to_an_electrode_with_a_void():
    """A pit of depth 4 and radius 2: from (1, 5) its wall is nearer than its floor."""
    column = Filament(np.array([[0, 12.0], [1, 12.0], [1, 0]]))
    gap = Gap(column, np.array([[0, 14.0], [2, 14], [2, 10], [25, 10]]))
    r, vertical = gap.seen("vertical")
    assert r == pytest.approx([0, 1]) and vertical == pytest.approx([2, 2])
    assert gap.seen("shortest")[1] == pytest.approx([2, 1])
    assert gap.smallest("shortest") == pytest.approx((1.0, 1.0))
    slanted = Gap(column, np.array([[0, 14.0], [4, 10.0]]))
    assert slanted.seen("vertical")[1] == pytest.approx([2, 1])
    assert slanted.seen("shortest")[1] == pytest.approx([np.sqrt(2), np.sqrt(0.5)])


def test_the_gap_as_each_side_sees_it():
    """From the rim of a column in a pit of depth 4: 2 nm to its floor and 1 nm to its wall."""
    column = Filament(np.array([[0, 12.0], [1, 12.0], [1, 6.0], [1, 0]]))
    gap = Gap(column, np.array([[0, 14.0], [2, 14], [2, 10], [25, 10]]))
    assert gap.from_filament("vertical") == pytest.approx([2, 2, 8, 14])
    assert gap.from_filament("shortest") == pytest.approx([2, 1, np.hypot(1, 4), np.hypot(1, 10)])
    assert gap.from_electrode("vertical") == pytest.approx([2, np.inf, np.inf, np.inf])
    assert gap.from_electrode("shortest") == pytest.approx([2, np.hypot(1, 2), 1, 24])
    overlapping = Gap(column, np.array([[0, 11.5], [25, 11.5]]))
    assert overlapping.from_filament("vertical")[:2] == pytest.approx([-0.5, -0.5])


def volume_between(gap):
    """Volume of the gap above the filament by its columns, nm3."""
    columns = gap.columns("vertical")
    return (columns.weight * columns.gap).sum()


def test_columns_fill_the_gap():
    """Cone frusta below a cone: Gauss points integrate the volume exactly, whoever's points cut it."""
    filament = Filament(np.array([[0, 9.0], [0.7, 8.0], [1.9, 7.0], [1.9, 0]]))
    for points in ([[0, 12.0], [25, 12.0]], [[0, 12.0], [0.3, 12.0], [1.1, 11.0], [25, 11.0]]):
        surface = np.array(points)
        fine = np.linspace(0, 1.9, 200001)
        middle = 0.5 * (fine[1:] + fine[:-1])
        height = np.interp(middle, *surface.T) - np.interp(middle, *filament.points[:3].T)
        wanted = (2 * np.pi * middle * height * np.diff(fine)).sum()
        assert volume_between(Gap(filament, surface)) == pytest.approx(wanted, rel=1e-8)


def test_columns_are_the_same_below_an_overhang_and_without_it():
    """Atoms and current see one cut: above an off-axis crest with an overhang it is that of the crest alone."""
    cap = [[0, 5.0], [0.8, 5.5], [1.5, 4.0]]
    plate = np.array([[0, 7.0], [25, 7.0]])
    over = Gap(Filament(np.array([*cap, [1.1, 3.5], [0.5, 0]])), plate)
    pillar = Gap(Filament(np.array([*cap, [1.5, 0]])), plate)
    assert volume_between(over) == pytest.approx(volume_between(pillar), rel=1e-13)
    for gap in (over, pillar):
        columns = gap.columns("vertical")
        assert columns.weight.sum() == pytest.approx(np.pi * 1.5**2, rel=1e-13)
        assert columns.foot == pytest.approx(np.interp(columns.radius, *np.array(cap).T), abs=1e-12)


def test_the_topmost_of_several_surfaces_counts():
    """A rim that leans over a dimple on the axis hides the dimple's wall below it."""
    dimple = np.array([[0, 4.0], [1.0, 4.2], [0.6, 5.0], [1.5, 5.2], [1.6, 0]])
    gap = Gap(Filament(dimple), np.array([[0, 7.0], [25, 7.0]]))
    columns = gap.columns("vertical")
    hidden = (columns.radius > 0.6) & (columns.radius < 1.5)
    assert columns.foot[hidden] == pytest.approx(np.interp(columns.radius[hidden], [0.6, 1.5], [5.0, 5.2]))


def test_shapes_of_the_columns_are_shares():
    gap = Gap(MUSHROOM, np.array([[0, 10.0], [0.5, 9.8], [25, 10.0]]))
    columns = gap.columns("vertical")
    for half in (columns.shape[..., :2], columns.shape[..., 2:]):
        assert half.sum(axis=-1) == pytest.approx(1.0) and half.min() >= 0
    ends = MUSHROOM.points[np.stack([columns.below, columns.below + 1], axis=-1)]
    assert (columns.shape[..., :2] * ends[:, None, :, 0]).sum(axis=-1) == pytest.approx(columns.radius)
