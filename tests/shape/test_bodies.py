"""Several bodies of metal on the axis: what one outline tells of them, and how they break, merge and relax."""

from dataclasses import replace

import numpy as np
import pytest

from ecmsim.physics.nucleus import StableNucleus
from ecmsim.shape.bodies import absorbed, broken, merged, touching
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.front import Front, FrontMotion
from ecmsim.shape.gap import Gap
from ecmsim.shape.relaxation import relax
from ecmsim.shape.topology import neck, untangled

NUCLEUS, ATOM, OPENING, TOUCH = 0.128, 0.128, 0.256, 0.05  # nm
PLATE = np.array([[0.0, 10.0], [25.0, 10.0]])


def ball(radius, height, segments=24, stretched=1.0):
    """A floating ball (or ellipsoid) with its centre at a height on the axis."""
    angle = np.linspace(0, np.pi, segments + 1)
    points = np.stack([radius * np.sin(angle), height + stretched * radius * np.cos(angle)], axis=1)
    points[[0, -1], 0] = 0.0
    return Filament(points)


def hourglass(waist, height=6.0, wide=1.0, segments=60):
    """A filament whose radius is `waist` half-way up and `wide` at foot and top (flat)."""
    z = np.linspace(height, 0, segments + 1)
    r = waist + (wide - waist) * np.cos(np.pi * z / height) ** 2
    return Filament(np.vstack([[0.0, height], np.stack([r, z], axis=1)]))


def stack(*bodies):
    return Filament.of_bodies(bodies)


STACK = stack(ball(0.6, 7.0), ball(1.0, 4.0), Filament.nucleus(1.5, 20))


def motion():
    electrode = ActiveElectrode(10.0, 25.0, NUCLEUS, None)
    return FrontMotion(electrode, ATOM, np.pi / 2, StableNucleus(NUCLEUS, 10.0).reach, TOUCH)


def moving(filament, speed):
    """A front whose surface moves along its normals, nm/s."""
    return replace(Front.at_rest(filament), velocity=np.multiply(speed, filament.normals().T).T)


# --- one outline for all of them ----------------------------------------------------------------------------------


def test_bodies_of_an_outline():
    bodies = [ball(0.6, 7.0), ball(1.0, 4.0), Filament.nucleus(1.5, 20)]
    assert len(STACK.bodies) == 3 and not STACK.floats
    assert all(np.array_equal(a.points, b.points) for a, b in zip(STACK.bodies, bodies, strict=True))
    assert [body.floats for body in STACK.bodies] == [True, True, False]
    assert STACK.rooted.height == 1.5 and STACK.height == 7.6
    STACK.check(25.0)


def test_one_body_is_its_own_only_body():
    nucleus = Filament.nucleus(1.0)
    assert nucleus.bodies == (nucleus,) and nucleus.parts == (slice(0, 11),)
    assert np.isinf(nucleus.clearance).all()


def test_volumes_add_up():
    assert STACK.volume == pytest.approx(sum(body.volume for body in STACK.bodies), rel=1e-14)
    assert ball(1.0, 4.0, 400).volume == pytest.approx(4 / 3 * np.pi, rel=1e-4)


def test_area_vectors_are_the_gradient_of_the_volume():
    exact, step = STACK.area_vectors(), 1e-6
    for i in range(len(STACK.points)):
        for axis in (0, 1):
            shift = np.zeros_like(STACK.points)
            shift[i, axis] = step
            ends = [Filament(STACK.points + sign * shift).volume for sign in (1, -1)]
            free = axis == 1 if STACK.points[i, 0] == 0 else (axis == 0 or i < len(STACK.points) - 1)
            if free:
                assert exact[i, axis] == pytest.approx((ends[0] - ends[1]) / (2 * step), abs=1e-8)
            else:
                assert exact[i, axis] == 0


def test_normals_and_turning_of_a_ball():
    filament = stack(ball(1.0, 4.0, 40), Filament.nucleus(0.5))
    assert filament.normals()[:41] == pytest.approx(filament.points[:41] - [0, 4], abs=1e-12)
    assert filament.turning()[:41] == pytest.approx(np.full(41, -np.pi / 40))


def test_clearance_is_the_distance_to_the_other_bodies():
    clearance = STACK.clearance
    assert clearance[0] == pytest.approx(7.6 - 5.0)  # the top of the topmost one
    assert clearance[24] == pytest.approx(1.4)  # its lower pole
    assert clearance[50] == pytest.approx(1.5, abs=1e-6)  # the tip of the rooted one


def test_growth_of_each_body_meets_its_own_rate():
    """A bipolar ball gains on one side what it loses on the other, while the rooted body grows."""
    filament = stack(ball(1.0, 5.0, 40), Filament.nucleus(1.0, 20))
    speed = np.append(filament.points[:41, 1] - 5.0, np.ones(21))
    lost = np.array([3.1, 0.0])
    rates = np.array([0.0, 6.3])
    gains = (filament.area_vectors() * filament.growth_velocity(speed, rates, lost)).sum(axis=1)
    assert gains[:41].sum() == pytest.approx(0.0, abs=1e-12) and gains[41:].sum() == pytest.approx(6.3)
    assert gains[:41][gains[:41] < 0].sum() == pytest.approx(-3.1)


def test_resampling_keeps_each_body_and_its_volume():
    spacing = np.full(len(STACK.points), 0.08)
    filament, values = STACK.resampled(STACK.points, spacing)
    assert [body.volume for body in filament.bodies] == pytest.approx([b.volume for b in STACK.bodies], rel=1e-12)
    assert len(values) == len(filament.points) > len(STACK.points)
    poles = filament.points[filament.points[:, 0] == 0, 1]
    assert poles == pytest.approx([7.6, 6.4, 5.0, 3.0, 1.5], abs=3e-3)


@pytest.mark.parametrize("spacing", [0.02, 0.05, 0.08])
def test_a_front_resampled_coarsely_keeps_the_volume_of_each_body(spacing):
    filament = stack(ball(0.2, 2.0, 40, stretched=1.5), ball(0.15, 1.0, 30), Filament.nucleus(NUCLEUS, 20))
    coarse = Front.at_rest(filament).resampled(np.full(len(filament.points), spacing)).filament
    assert [body.volume for body in coarse.bodies] == pytest.approx([b.volume for b in filament.bodies], rel=1e-12)


@pytest.mark.parametrize(
    "bodies", [(ball(1.0, 4.0), ball(1.0, 3.0), Filament.nucleus(0.5)), (ball(1.0, 4.0), ball(1.0, 1.2))]
)
def test_bodies_that_overlap_or_have_no_root_are_refused(bodies):
    with pytest.raises(OutlineError):
        stack(*bodies).check(25.0)


def test_the_top_is_that_of_the_topmost_metal():
    radii = np.array([0.0, 0.3, 0.8, 1.2, 1.6])
    heights = STACK.top_height(radii)
    assert heights[0] == 7.6 and heights[1] == pytest.approx(7 + np.sqrt(0.6**2 - 0.09), abs=0.01)
    assert heights[2] == pytest.approx(4.6, abs=0.01) and heights[3] == pytest.approx(0.9, abs=0.01)
    assert heights[4] == 0


# --- columns ------------------------------------------------------------------------------------------------------


def test_a_column_crosses_every_gap_above_it():
    """Volumes between the bodies by their columns: cylinders less the caps that reach into them."""
    gap = Gap(stack(ball(0.6, 7.0, 200), ball(1.0, 4.0, 200), Filament.nucleus(1.5, 200)), PLATE)
    upper, lower = gap.between_bodies("vertical")

    def cap(radius, within):  # of a ball, above the disc of radius `within` at its widest height
        return 2 / 3 * np.pi * (radius**3 - (radius**2 - within**2) ** 1.5)

    assert (upper.weight * upper.gap).sum() == pytest.approx(np.pi * 0.36 * 3 - cap(0.6, 0.6) - cap(1.0, 0.6), rel=1e-3)
    # Above the nucleus there is the underside of the second body, out to its radius.
    assert (lower.weight * lower.gap).sum() == pytest.approx(np.pi * 4 - cap(1.0, 1.0) - cap(1.5, 1.0), rel=1e-3)
    top = gap.columns("vertical")
    assert top.weight.sum() == pytest.approx(np.pi * 1.5**2, rel=1e-3)


def test_a_wide_body_above_a_narrow_one():
    """Columns of the lowest body go up to the nearest body that covers them, past a narrower one between."""
    gap = Gap(stack(ball(2.0, 7.0, 100), ball(0.5, 3.0, 100), Filament.nucleus(1.0, 50)), PLATE)
    upper, lower = gap.between_bodies("vertical")
    ends = gap.filament.points[lower.above, 1]
    inside = lower.radius.mean(axis=1) < 0.5
    assert (ends[inside] < 3.5).all() and (ends[~inside] > 4.5).all() and (~inside).any()
    assert upper.weight.sum() == pytest.approx(np.pi * 0.25, rel=1e-9)


def test_shortest_gaps_between_bodies():
    gap = Gap(STACK, PLATE)
    vertical, shortest = (gap.between_bodies(name)[0] for name in ("vertical", "shortest"))
    assert (shortest.gap <= vertical.gap + 1e-12).all() and shortest.gap.min() == pytest.approx(1.4, abs=0.01)


# --- breaking -----------------------------------------------------------------------------------------------------


def values_of(filament):
    return np.arange(float(len(filament.points)))[:, None]


def test_a_neck_that_breaks_leaves_two_bodies_with_their_metal():
    whole = hourglass(0.12)
    filament, values, above = broken(whole, neck(whole).index, values_of(whole), OPENING, NUCLEUS)
    filament.check(25.0)
    upper, lower = filament.bodies
    assert filament.volume == pytest.approx(whole.volume, rel=1e-14)
    assert upper.volume == pytest.approx(above, rel=1e-14) and above == pytest.approx(0.5 * whole.volume, rel=1e-12)
    assert len(values) == len(filament.points)
    assert 0.7 * OPENING < upper.points[-1, 1] - lower.height <= OPENING
    far = np.hypot(filament.points[:, 0], filament.points[:, 1] - 3.0) > 1.0
    kept = values[far, 0].astype(int)
    assert np.abs(filament.points[far] - whole.points[kept]).max() < 1e-3  # nothing moves far from the neck


def test_a_floating_body_breaks_like_any_other():
    peanut = hourglass(0.12).points + [0, 1.5]
    floating = Filament(np.vstack([peanut, [0.0, 1.5]]))
    whole = stack(floating, Filament.nucleus(0.5))
    at = neck(whole)
    assert at.radius == pytest.approx(0.12) and at.height == pytest.approx(4.5)
    filament, _, above = broken(whole, at.index, values_of(whole), OPENING, NUCLEUS)
    filament.check(25.0)
    assert len(filament.bodies) == 3 and filament.volume == pytest.approx(whole.volume, rel=1e-14)
    assert above == pytest.approx(0.5 * floating.volume, rel=1e-12)


def test_a_foot_that_breaks_leaves_the_nucleus():
    points = [[0, 1.0], [0.3, 1.0], [0.4, 0.8], [0.4, 0.5], [0.3, 0.3], [0.2, 0.2], [0.14, 0.05], [0.13, 0]]
    whole = Filament(np.array(points))
    filament, _, above = broken(whole, neck(whole).index, values_of(whole), OPENING, NUCLEUS)
    filament.check(25.0)
    assert filament.rooted.volume == pytest.approx(Filament.nucleus(NUCLEUS).volume, rel=1e-12)
    assert filament.volume == pytest.approx(whole.volume, rel=1e-14)
    assert above == pytest.approx(whole.volume - filament.rooted.volume, rel=1e-12)


def test_a_knob_lower_than_the_opening_stays_on_the_stump():
    points = [[0, 2.08], [0.2, 2.06], [0.12, 2.0], [0.3, 1.8], [0.5, 1.0], [0.6, 0]]
    whole = Filament(np.array(points))
    filament, _, above = broken(whole, 2, values_of(whole), OPENING, NUCLEUS)
    assert above == 0 and len(filament.bodies) == 1
    assert filament.volume == pytest.approx(whole.volume, rel=1e-14)


def test_what_is_no_higher_than_the_opening_does_not_break():
    bead = hourglass(0.12, height=0.2, wide=0.126, segments=12).points + [0, 0.75]
    whole = stack(Filament(np.vstack([bead, [0.0, 0.75]])), Filament.nucleus(NUCLEUS))
    filament, values, above = broken(whole, neck(whole).index, values_of(whole), OPENING, NUCLEUS)
    assert filament is whole and above == 0 and len(values) == len(whole.points)


@pytest.mark.parametrize("seed", range(40))
def test_no_metal_is_lost_whatever_breaks_and_merges(seed):
    """Rough filaments that break at random places, until nothing breaks; then all bodies are joined again."""
    random = np.random.default_rng(seed)
    count = int(random.integers(12, 60))
    height = random.uniform(0.4, 8.0)
    z = np.sort(random.uniform(0, height, count))[::-1]
    r = random.uniform(0.1, 0.25, count) + random.uniform(0, 1) * np.sin(np.linspace(0, 9, count)) ** 2
    whole = Filament(np.vstack([[0, z[0] + 0.01], np.stack([r, z], axis=1)[1:-1], [0.3, 0]]))
    filament, values = whole, values_of(whole)
    for _ in range(12):
        at = neck(filament)
        if at is None:
            break
        before = filament
        filament, values, _ = broken(filament, at.index, values, OPENING, NUCLEUS)
        if filament is before:
            break
        assert filament.volume == pytest.approx(whole.volume, rel=1e-12) and len(values) == len(filament.points)
        poles = filament.points[filament.points[:, 0] == 0, 1]
        assert (np.diff(poles) < 0).all() and all(body.volume > 0 for body in filament.bodies)
    while len(filament.bodies) > 1:
        filament, values = merged(filament, 0, values, OPENING)
        assert filament.volume == pytest.approx(whole.volume, rel=1e-12) and len(values) == len(filament.points)


@pytest.mark.parametrize(("waist", "bodies"), [(0.127, 2), (0.14, 1)])
def test_a_step_breaks_what_is_thinner_than_an_atom(waist, bodies):
    whole = hourglass(waist)
    move = motion().displaced(moving(whole, -1e-9), 0.0, 0.1)
    assert len(move.front.filament.bodies) == bodies and (move.rupture is not None) == (bodies == 2) == (not move.kept)
    assert move.front.filament.volume == pytest.approx(whole.volume, rel=1e-8)
    if move.rupture:
        assert move.rupture.floats and move.rupture.lost == 0
        assert move.rupture.volume == pytest.approx(0.5 * whole.volume, rel=1e-6)
        again = motion().displaced(move.front, 0.0, 0.1)
        assert again.rupture is None and not again.unions and again.kept


# --- merging ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lower", [ball(1.0, 2.0), Filament.nucleus(1.0, 20)])
def test_bodies_that_touch_become_one(lower):
    upper, root = ball(0.7, lower.height + 0.74), [Filament.nucleus(0.3)] if lower.floats else []
    filament = stack(upper, lower, *root)
    assert touching(filament, TOUCH) == (0, 0.0) and touching(filament, 0.03) is None
    one, values = merged(filament, 0, values_of(filament), OPENING)
    one.check(25.0)
    assert len(one.bodies) == len(filament.bodies) - 1 and len(values) == len(one.points)
    assert one.volume == pytest.approx(filament.volume, rel=1e-14)
    assert one.bodies[0].volume == pytest.approx(sum(body.volume for body in filament.bodies[:2]), rel=1e-14)
    assert neck(one).radius == pytest.approx(OPENING, rel=0.1)


def test_a_step_joins_bodies_that_touch_and_they_do_not_break_again():
    filament = stack(ball(0.8, 2.84), Filament.nucleus(2.0, 30))
    move = motion().displaced(Front.at_rest(filament), 0.0, 0.1)
    assert len(move.front.filament.bodies) == 1 and not move.kept and move.rupture is None
    (union,) = move.unions
    assert union.height == pytest.approx(2.02) and union.volume == pytest.approx(ball(0.8, 0).volume)
    assert not union.dissolved
    assert move.front.filament.volume == pytest.approx(filament.volume, rel=1e-14)
    again = motion().displaced(moving(move.front.filament, -1e-9), 0.0, 0.1)
    assert again.rupture is None


@pytest.mark.parametrize("neighbour", [0, 1])
def test_less_than_an_atom_goes_over_to_the_nearest_body(neighbour):
    small = ball(0.12, 4.5 if neighbour else 5.5, 10)
    filament = stack(ball(0.6, 7.0), small, Filament.nucleus(3.5, 40))
    left, values = absorbed(filament, 1, values_of(filament), OPENING)
    left.check(25.0)
    before = [filament.bodies[0].volume, filament.bodies[2].volume]
    before[neighbour] += small.volume
    assert [body.volume for body in left.bodies] == pytest.approx(before, rel=1e-13)
    assert len(values) == len(left.points)
    move = motion().displaced(Front.at_rest(filament), 0.0, 0.1)
    assert move.unions[0].dissolved and move.front.filament.volume == pytest.approx(filament.volume, rel=1e-14)


def test_an_atom_on_the_nucleus():
    filament = stack(ball(0.12, 1.0, 10), Filament.nucleus(NUCLEUS, 12))
    left, _ = absorbed(filament, 0, values_of(filament), OPENING)
    left.check(25.0)
    assert left.volume == pytest.approx(filament.volume, rel=1e-13)


# --- motion -------------------------------------------------------------------------------------------------------


def test_loops_and_overshot_poles_are_cut_body_by_body():
    points = ball(1.0, 5.0, 20).points.copy()
    points[1, 0] = points[-2, 0] = -0.02
    filament, values, cut = untangled(stack(Filament(points), Filament.nucleus(0.5)), np.zeros((32, 1)))
    filament.check(25.0)
    assert cut and len(filament.bodies) == 2 and len(values) == len(filament.points) == 30


def test_a_floating_ellipsoid_relaxes_to_a_ball():
    before = ball(1.0, 5.0, 60, stretched=1.6)
    after = relax(before, 1.0, 20.0, ends=("axis", "axis")).filaments[-1]
    middle = 0.5 * (after.points[0, 1] + after.points[-1, 1])
    radii = np.hypot(after.points[:, 0], after.points[:, 1] - middle)
    assert radii == pytest.approx(np.full(len(radii), 1.6 ** (1 / 3)), rel=2e-3)
    assert after.volume == pytest.approx(before.volume, rel=1e-13) and middle == pytest.approx(5.0, abs=1e-9)


def test_each_body_relaxes_by_itself():
    filament = stack(ball(0.6, 5.0, 40, stretched=1.5), Filament.nucleus(1.0, 30))
    mobility = np.full(len(filament.points), 1e-3)
    move = motion().displaced(Front.at_rest(filament), 0.0, 1.0, mobility)
    upper, lower = move.front.filament.bodies
    assert upper.volume == pytest.approx(filament.bodies[0].volume, rel=1e-12)
    assert lower.volume == pytest.approx(filament.bodies[1].volume, rel=1e-12)
    assert upper.height < 5.9 - 1e-4 and upper.points[-1, 1] > 4.1 + 1e-4 and move.relaxation > 1e-4
