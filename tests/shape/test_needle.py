"""Needles: cones, and the active electrode's own, which hangs from its plane and moves beside the filament."""

from dataclasses import replace

import numpy as np
import pytest

from ecmsim.config.numerics import Mesh
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.front import Front, FrontMotion
from ecmsim.shape.gap import Gap
from ecmsim.shape.needle import cone, needle_of, surface_around, upside_down
from ecmsim.shape.polyline import crossing_segments
from ecmsim.shape.relaxation import rounded_cylinder
from ecmsim.shape.spacing import needle_nodes, spacings

L, R, NUCLEUS = 20.0, 30.0, 0.144
ELECTRODE = ActiveElectrode(L, R, NUCLEUS, None)
NUMERICS = Mesh(
    turning=0.3,
    cells_across_gap=2.0,
    surface_size="0.5 nm",
    largest_size="5 nm",
    growth=0.3,
    nucleus_segments=10,
    stretch=1.6,
)
MOTION = FrontMotion(ELECTRODE, 0.144, None, 0.18, 0.05)


def two_cones(height=9.0, other=9.0):
    return Front.at_rest(cone(1.0, 0.2, height, 0.1), cone(1.0, 0.2, other, 0.1))


@pytest.mark.parametrize("angle", [0.0, 0.3, 1.0])
def test_a_cone_is_a_sphere_on_a_straight_side(angle):
    radius, height = 1.5, 8.0
    r, z = cone(radius, angle, height, 0.05).points.T
    meet = height - radius * (1 - np.sin(angle))
    above, below = z >= meet - 1e-9, z <= meet + 1e-9
    assert np.hypot(r, z - height + radius)[above] == pytest.approx(radius)
    assert np.diff(r[below]) == pytest.approx(-np.diff(z[below]) * np.tan(angle), abs=1e-9)
    assert z[-1] == 0.0 and r[-1] == pytest.approx(radius * np.cos(angle) + meet * np.tan(angle))


@pytest.mark.parametrize("spacing", [0.9, 0.5, 0.3, 0.1])
def test_a_straight_side_does_not_cross_itself(spacing):
    """Its segments lie on one line, and all that tells whether they cross is round-off."""
    for angle in np.linspace(0.05, 1.2, 24):
        assert not crossing_segments(cone(1.0, angle, 9.9, spacing).points).size
    assert crossing_segments(np.array([[0, 0], [2, 2], [2, 0], [0, 2]], dtype=float)).tolist() == [[0, 2]]


def test_a_cone_without_an_angle_is_a_pillar():
    assert cone(1.0, 0.0, 6.0, 0.1).points == pytest.approx(rounded_cylinder(1.0, 6.0, 0.1).points)


@pytest.mark.parametrize(
    "wrong", [(0.0, 0.2, 5.0, 0.1), (1.0, -0.1, 5.0, 0.1), (1.0, 0.2, 0.8, 0.1), (1.0, 0.2, 5, 0.0)]
)
def test_a_cone_that_cannot_be_is_refused(wrong):
    with pytest.raises(ValueError, match="a cone needs"):
        cone(*wrong)


def test_the_needle_is_found_again_in_the_surface_that_it_makes():
    needle = cone(2.0, 0.5, 9.0, 0.2)
    surface = surface_around(needle, L, R)
    assert surface[0] == pytest.approx([0.0, L - 9.0]) and surface[-1] == pytest.approx([R, L])
    assert needle_of(surface, L).points == pytest.approx(needle.points)
    points, markers = needle_nodes(surface, NUMERICS)
    assert needle_of(points, L).points == pytest.approx(needle.points)
    assert surface[markers[markers >= 0]] == pytest.approx(points[markers >= 0])
    assert (points[markers < 0, 1] == L).all() and np.diff(points[markers < 0, 0]).min() > 0


def test_the_gap_between_needles_is_that_between_their_tips():
    front = two_cones(9.0, 8.5)
    gap = Gap(front.filament, front.surface(ELECTRODE))
    assert gap.smallest("vertical") == (pytest.approx(2.5), 0.0)
    assert gap.smallest("shortest")[0] == pytest.approx(2.5)
    assert gap.columns("vertical").gap.min() == pytest.approx(2.5, abs=0.01)


def test_a_column_ends_where_it_meets_a_needle_that_hangs_over():
    """Below a head of 2 nm radius on a stem of 1 nm: between both radii the head's underside is seen, not its back."""
    needle = Filament(np.array([[0, 6], [1, 6], [2, 5.5], [1, 5], [1, 0]], dtype=float))
    gap = Gap(rounded_cylinder(3.0, 9.0, 0.2, 0.5), surface_around(needle, L, R))
    seen = np.interp([0.5, 1.5], *gap.seen("vertical"))
    assert seen == pytest.approx([5.0, 5.25], abs=0.06)
    assert gap.columns("vertical").gap.min() > 4.9
    assert gap.underside[:, 0] == pytest.approx(np.maximum.accumulate(gap.underside[:, 0]))


def test_both_surfaces_want_the_same_of_equal_needles():
    front = two_cones()
    lower, upper = spacings(front, ELECTRODE, NUMERICS)
    assert lower == pytest.approx(upper)


def test_both_surfaces_move_as_each_would_alone():
    front = two_cones()
    speed = 0.1 * front.filament.normals()
    moving = replace(front, velocity=speed, needle=replace(front.needle, velocity=-speed))
    move = MOTION.displaced(moving, 0.0, 1.0)
    assert move.kept
    assert move.front.filament.height == pytest.approx(9.1)
    assert move.front.needle.filament.height == pytest.approx(8.9)
    alone = MOTION.displaced(replace(moving, needle=None), 0.0, 1.0)
    assert (alone.front.filament.points == move.front.filament.points).all()
    assert move.front.speed == pytest.approx(0.1)


def test_resampling_keeps_the_volume_of_both():
    front = two_cones(9.0, 8.0)
    wanted = [np.full(len(metal.points), 0.25) for metal in front.metals]
    coarse = front.resampled(*wanted)
    for before, after in zip(front.metals, coarse.metals, strict=True):
        assert len(after.points) < 0.6 * len(before.points)
        assert after.volume == pytest.approx(before.volume, rel=1e-6)


def test_a_needle_that_breaks_is_refused():
    """Only the filament's metal may float."""
    front = two_cones()
    points = front.needle.filament.points
    waist = np.exp(-(((points[:, 1] - 4.0) / 0.5) ** 2))
    speed = np.stack([-points[:, 0] * waist, np.zeros(len(points))], axis=1)
    thinning = replace(front, needle=replace(front.needle, velocity=speed))
    with pytest.raises(OutlineError, match=r"the active electrode's needle would break, (3.9\d*|4) nm from"):
        MOTION.displaced(thinning, 0.0, 0.97)


def test_the_message_of_a_broken_outline_says_that_it_is_the_needle_s():
    wide = Front.at_rest(cone(1.0, 0.2, 9.0, 0.1), rounded_cylinder(28.0, 30.0, 1.0))
    with pytest.raises(OutlineError, match="needle, upside down: the filament"):
        wide.check(R)


def test_points_upside_down_twice_are_the_same():
    points = cone(1.0, 0.2, 9.0, 0.1).points
    assert upside_down(upside_down(points, L), L) == pytest.approx(points)
