"""The moving surfaces in plain NumPy: edges, loops, necks that break, the nucleus, the void, order and balance."""

from dataclasses import replace

import numpy as np
import pytest
from helpers.cell import electrode_of
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.front import Front, FrontMotion, integral
from ecmsim.shape.polyline import CROWDED, distance_to_polyline
from ecmsim.shape.topology import Neck, neck, ruptured, untangled

NUCLEUS = 0.128  # nm
SLOPE = np.hypot(1, 1)


def outline(*points):
    return Filament(np.array(points, dtype=float))


def cylinder(radius, height, segments):
    """A cylinder with a sharp rim; segments: across its radius, of the same length on its side."""
    side = round(height / radius * segments)
    top = np.stack([np.linspace(0, radius, segments + 1), np.full(segments + 1, height)], axis=1)
    wall = np.stack([np.full(side + 1, radius), np.linspace(height, 0, side + 1)], axis=1)
    return Filament(np.vstack([top, wall[1:]]))


def cone(radius, height, segments):
    share = np.linspace(0, 1, segments + 1)
    return Filament(np.stack([radius * share, height * (1 - share)], axis=1))


def ellipsoid(radius, height, segments):
    angle = np.linspace(0, np.pi / 2, segments + 1)
    points = np.stack([radius * np.sin(angle), height * np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def hourglass(waist, height=2.0, wide=0.6, segments=40):
    """A filament whose radius is `waist` half-way up and `wide` at foot and top (flat)."""
    z = np.linspace(height, 0, segments + 1)
    r = waist + (wide - waist) * np.cos(np.pi * z / height) ** 2
    return Filament(np.vstack([[0.0, height], np.stack([r, z], axis=1)]))


def motion(dissolution=None, rupture_radius=NUCLEUS, **settings):
    electrode = ActiveElectrode(10.0, 25.0, NUCLEUS, dissolution, **settings)
    return FrontMotion(electrode, rupture_radius, np.pi / 2, StableNucleus(NUCLEUS, 10.0).reach)


def moving(filament, speed):
    """A front whose surface moves along its normals, nm/s: it dissolves where the speed (a number or (n,)) is < 0."""
    return replace(Front.at_rest(filament), velocity=np.multiply(speed, filament.normals().T).T)


def area_rate(filament, speed):
    """Rate at which a polyline gains volume when its surface moves at a normal speed (n,)."""
    r = filament.points[:, 0]
    return 0.5 * np.pi * ((speed[:-1] + speed[1:]) * (r[:-1] + r[1:]) * filament.segment_lengths).sum()


def marched(filament, speed_of, times, spacing=None, law=None, exact=False):
    """The filament moved through the times (s) as a simulation does it, and the volume that it should have then.

    speed_of(filament, time): normal speed of the points; spacing (nm): of the points, which are renewed where they
    crowd or draw apart; exact: scale the velocities to the volume rate.
    """
    law = law or motion()

    def moving(front, time, step, last=0.0, parted=False):
        speed = np.broadcast_to(speed_of(front.filament, time), len(front.filament.points))
        rate = area_rate(front.filament, speed)
        velocity = front.filament.growth_velocity(speed, rate if exact else None, max(-rate, 0.0))
        return front.moving(velocity, step, last, parted), rate

    front, rate = moving(Front.at_rest(filament), times[0], None)
    last, earlier, expected = 0.0, None, filament.volume
    for start, end in zip(times[:-1], times[1:], strict=True):
        step = end - start
        move = law.displaced(front, last, step)
        moved = move.front
        if move.rupture:
            expected -= move.rupture.volume
        length = moved.filament.segment_lengths
        crowded = spacing and (not move.kept or length.min() < CROWDED * spacing or length.max() > 2.2 * spacing)
        if crowded:
            moved = moved.resampled(np.full(len(moved.filament.points), spacing))
        front, new = moving(moved, end, step, last, move.rupture is not None)
        expected += step * rate if move.rupture else integral(new, rate, earlier, step, last)
        rate, earlier, last = new, None if move.rupture else rate, step
    return front.paid, expected


# --- edges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("speed", [-1.0, 1.0])
def test_velocity_at_the_rim_of_a_cylinder(speed):
    """Faces move by v along their normals; the rim by v on both faces where they converge, otherwise by v (Huygens)."""
    filament = cylinder(1.0, 2.0, 10)
    velocity = filament.growth_velocity(np.full(31, speed))
    assert velocity[:10] == pytest.approx(np.tile([0.0, speed], (10, 1)))
    assert velocity[11:] == pytest.approx(np.tile([speed, 0.0], (20, 1)))
    along = velocity[10] @ [1, 1] / SLOPE
    assert along == pytest.approx(-SLOPE if speed < 0 else 1.0)
    assert velocity[10, 0] == pytest.approx(velocity[10, 1])


def test_velocity_in_a_notch():
    """A growing notch stays sharp, a dissolving one rounds."""
    steps = outline([0, 3], [0.5, 3], [1, 3], [1, 2.5], [1, 2], [1.5, 2], [2, 2], [2, 1], [2, 0])
    assert steps.growth_velocity(np.ones(9))[4] == pytest.approx([1.0, 1.0])
    assert steps.growth_velocity(-np.ones(9))[4] == pytest.approx([-1 / SLOPE, -1 / SLOPE])


def test_velocity_of_a_pointed_tip():
    """A dissolving cone's apex sinks by v/sin(half its angle); a growing one is rounded off and rises by v."""
    filament = cone(1.0, 1.0, 8)
    assert filament.growth_velocity(np.full(9, -1.0))[0] == pytest.approx([0, -SLOPE])
    assert filament.growth_velocity(np.full(9, 1.0))[0] == pytest.approx([0, 1])


def test_velocity_at_a_curve_is_along_the_normals():
    filament = ellipsoid(1.5, 5.0, 60)
    for speed in (-1.0, 1.0):
        velocity = filament.growth_velocity(np.full(61, speed))
        assert velocity[:-1] == pytest.approx(speed * filament.normals()[:-1])


def test_edges_and_curves_meet_without_a_jump():
    """A turn of the outline counts as an edge more and more: the velocity is continuous in the angle."""
    angles = np.linspace(0.02, 1.5, 400)
    speeds = []
    for angle in angles:
        bent = outline([0, 2], [1, 2], [1 + np.cos(angle), 2 - np.sin(angle)], [3, 0])
        speeds.append(bent.growth_velocity(-np.ones(4))[1])
    speeds = np.array(speeds)
    assert np.abs(np.diff(speeds, axis=0)).max() < 0.02
    direction = -np.stack([np.sin(angles / 2), np.cos(angles / 2)], axis=1)
    wanted = 1 / np.cos(angles / 2)
    assert (speeds * direction).sum(axis=1)[angles > 0.6] == pytest.approx(wanted[angles > 0.6])


@pytest.mark.parametrize(("segments", "steps"), [(10, 40), (20, 80)])
def test_a_dissolving_cylinder_keeps_its_sharp_rim(segments, steps):
    """The exact solution is the smaller cylinder."""
    filament, _ = marched(
        cylinder(1.0, 2.0, segments), lambda f, t: -1.0, np.linspace(0, 0.5, steps + 1), spacing=1 / segments
    )
    assert distance_to_polyline(filament.points, cylinder(0.5, 1.5, 1).points).max() < 1e-9
    assert np.hypot(*(filament.points - [0.5, 1.5]).T).min() < 1e-9
    assert filament.volume == pytest.approx(np.pi * 0.5**2 * 1.5, rel=1e-9)


def test_a_growing_cylinder_rounds_its_rim():
    """The exact solution is the cylinder with all that is within v t of it: a rim of this radius."""
    worst = []
    for segments in (10, 20, 40):
        filament, _ = marched(
            cylinder(1.0, 2.0, segments), lambda f, t: 1.0, np.linspace(0, 0.5, 51), spacing=1 / segments
        )
        r, z = filament.points.T
        beyond = (r > 1.0) & (z > 2.0)
        distance = np.where(beyond, np.hypot(r - 1, z - 2), np.where(z > 2.0, z - 2, r - 1))
        worst.append(np.abs(distance - 0.5).max())
        assert beyond.sum() >= 4
    assert worst[0] < 0.12 and worst[2] < 0.03 and worst[2] < 0.5 * worst[0], worst


def test_a_dissolving_cone_stays_a_cone():
    filament, _ = marched(cone(2.0, 2.0, 20), lambda f, t: -1.0, np.linspace(0, 0.8, 81), spacing=0.1 * SLOPE)
    size = 2.0 - 0.8 * SLOPE
    assert filament.height == pytest.approx(size, abs=1e-9) and filament.radius_max == pytest.approx(size, abs=1e-9)
    assert distance_to_polyline(filament.points, cone(size, size, 1).points).max() < 1e-9


# --- loops --------------------------------------------------------------------------------------------------------


def test_the_swallowtail_of_a_dissolving_corner_is_cut():
    """Faces moved by 0.2 with points 0.05 beside the corner, which overtake each other there."""
    tangled = outline([0, 2.8], [0.5, 2.8], [0.95, 2.8], [0.8, 2.95], [0.8, 2], [0.8, 0])
    values = np.array([[0.0], [1.0], [2.0], [3.0], [4.0], [5.0]])
    filament, carried, cut = untangled(tangled, values)
    assert cut
    assert filament.points == pytest.approx(np.array([[0, 2.8], [0.5, 2.8], [0.8, 2.8], [0.8, 2], [0.8, 0]]))
    # Values at the crossing belong to the face that comes first.
    assert carried[:, 0] == pytest.approx([0, 1, 1 + 0.3 / 0.45, 4, 5])
    # What is lost is the loop: a triangle of area 0.15^2/2 whose centre is at r = (0.8 + 0.8 + 0.95)/3.
    loop = 0.5 * 0.15**2 * 2 * np.pi * (0.8 + 0.8 + 0.95) / 3
    assert tangled.volume - filament.volume == pytest.approx(-loop, rel=1e-9)
    filament.check(25.0)


def test_nothing_to_cut():
    filament, values = hourglass(0.3), np.ones((42, 2))
    same, carried, cut = untangled(filament, values)
    assert not cut and np.array_equal(same.points, filament.points) and np.array_equal(carried, values)


def test_several_loops_and_loops_within_loops():
    corner = np.array([[0.95, 2.8], [0.8, 2.95]])
    second = outline([0, 2.8], [0.5, 2.8], *corner, [0.8, 1.95], [1.05, 1.8], [1.05, 2.0], [1.2, 1.8], [1.2, 0])
    filament, _, cut = untangled(second, np.zeros((9, 1)))
    assert cut and len(filament.points) < 9
    filament.check(25.0)
    inner = [[0.86, 2.89], [0.9, 2.9], [0.87, 2.86]]
    nested = outline([0, 2.8], [0.5, 2.8], [0.95, 2.8], *inner, [0.8, 2.95], [0.8, 2], [0.8, 0])
    filament, _, cut = untangled(nested, np.zeros((9, 1)))
    assert cut and filament.points == pytest.approx(np.array([[0, 2.8], [0.5, 2.8], [0.8, 2.8], [0.8, 2], [0.8, 0]]))


def test_two_parts_of_the_surface_that_meet():
    """The lip of an overhang that comes down on the foot: no loop of markers, but another topology."""
    meeting = outline([0, 3], [1, 3], [1.5, 2], [1.5, 0.5], [1.2, 0.5], [0.8, 1.5], [0.6, 1], [1.6, 1.2], [2, 0])
    with pytest.raises(OutlineError, match=r"two parts of the filament's surface meet at r = 1\.\d+ nm, z = 1\.\d+ nm"):
        untangled(meeting, np.zeros((9, 1)))
    filament, _, cut = untangled(meeting, np.zeros((9, 1)), largest=1.0)
    assert cut
    filament.check(25.0)


def test_a_tip_that_passes_the_axis_is_trimmed():
    values = np.array([[0.0], [1.0], [2.0], [3.0]])
    filament, carried, cut = untangled(outline([0, 5], [-0.1, 4.8], [0.2, 4.2], [1, 0]), values)
    assert cut
    assert filament.points == pytest.approx(np.array([[0, 4.6], [0.2, 4.2], [1, 0]]))
    assert carried[:, 0] == pytest.approx([4 / 3, 2, 3])


def test_a_foot_that_passes_the_floor_is_trimmed():
    values = np.array([[0.0], [1.0], [2.0], [3.0]])
    filament, carried, cut = untangled(outline([0, 5], [1, 0.3], [2, -0.1], [1.5, 0]), values)
    assert cut
    assert filament.points == pytest.approx(np.array([[0, 5], [1, 0.3], [1.75, 0]]))
    assert carried[:, 0] == pytest.approx([0, 1, 1.75])


# --- necks --------------------------------------------------------------------------------------------------------


def test_the_neck_is_the_thinnest_place_below_wider_metal():
    found = neck(hourglass(0.2))
    assert (found.radius, found.height) == pytest.approx((0.2, 1.0)) and found.index == 21
    assert neck(outline([0, 3], [1, 3], [0.4, 2], [0.8, 1], [0.3, 0])) == Neck(4, 0.3, 0.0)  # the foot
    # What is thin at the top is no neck.
    assert neck(outline([0, 3], [0.1, 3], [1, 2], [0.5, 1], [2, 0])) == Neck(3, 0.5, 1.0)


@pytest.mark.parametrize(
    "filament", [cylinder(1, 2, 5), cone(1, 2, 5), ellipsoid(1, 3, 20), Filament.nucleus(NUCLEUS)], ids=str
)
def test_no_neck(filament):
    assert neck(filament) is None


def test_a_broken_neck_leaves_a_flat_stump():
    filament = hourglass(0.1)
    at, values = neck(filament), np.arange(42.0)[:, None]
    stump, carried = ruptured(filament, at, values, NUCLEUS)
    assert stump.height == stump.highest == at.height
    assert np.array_equal(stump.points[1:], filament.points[at.index :])
    assert carried[:, 0].tolist() == [at.index, *range(at.index, 42)]
    above = Filament(np.vstack([filament.points[: at.index + 1]]) - [0, at.height])
    assert stump.volume == pytest.approx(filament.volume - above.volume, rel=1e-12)
    stump.check(25.0)


def test_a_neck_beside_the_nucleus_leaves_the_nucleus():
    low = outline([0, 2], [0.5, 2], [0.14, 0.1], [0.2, 0])
    stump, carried = ruptured(low, neck(low), np.arange(4.0)[:, None], NUCLEUS)
    assert np.hypot(*stump.points.T) == pytest.approx(NUCLEUS) and np.all(carried == 2.0)
    stump.check(25.0)


@pytest.mark.parametrize(("waist", "breaks"), [(0.12, True), (0.13, False)])
def test_a_neck_thinner_than_an_atom_breaks(waist, breaks):
    """The metal above it is booked; its points' void and velocity are those of the neck."""
    filament = hourglass(waist)
    front = replace(moving(filament, -1e-9), memory=np.linspace(1, 2, 42))
    move = motion().displaced(front, 0.0, 0.1)
    assert (move.rupture is not None) == breaks == (not move.kept)
    if breaks:
        assert move.rupture.neck.height == pytest.approx(1.0) and move.front.filament.height == pytest.approx(1.0)
        assert move.rupture.volume + move.front.filament.volume == pytest.approx(filament.volume, rel=1e-8)
        assert move.front.memory[0] == move.front.memory[1] == front.memory[21]
        # It breaks once.
        assert motion().displaced(move.front, 0.0, 0.1).rupture is None
    else:
        assert move.front.filament.points == pytest.approx(filament.points)


@pytest.mark.parametrize(("foot", "breaks"), [(0.15, True), (0.17, False)])
def test_a_foot_breaks_where_the_nucleus_would_keep_it(foot, breaks):
    """Its dissolution dies away over the last quarter of the nucleus's radius: it would thin for ever."""
    filament = outline([0, 2], [0.5, 2], [0.5, 1], [foot, 0])
    move = motion().displaced(moving(filament, -1e-9), 0.0, 0.1)
    assert (move.rupture is not None) == breaks
    if breaks:
        assert move.front.filament.radius_max == pytest.approx(NUCLEUS)
        assert move.rupture.volume + move.front.filament.volume == pytest.approx(filament.volume, rel=1e-8)


@pytest.mark.parametrize("speed", [0.0, 1e-9, 0.5])
def test_what_does_not_thin_does_not_break(speed):
    """A nucleus that grows faster above its foot than there has a neck, as thin as an atom, and no neck that breaks."""
    mushroom = outline([0, 0.3], [0.15, 0.2], [0.2, 0.1], [0.14, 0])
    for filament in (mushroom, hourglass(0.1)):
        assert motion().displaced(moving(filament, speed), 0.0, 0.01).rupture is None


def test_the_thinnest_of_what_thins_breaks():
    """Metal that the nucleus holds may be thinner."""
    filament = outline([0, 3], [1, 3], [0.12, 2], [1, 1], [0.11, 0])
    move = motion().displaced(moving(filament, [0, 0, -1e-9, 0, 0]), 0.0, 0.1)
    assert move.rupture.neck.height == pytest.approx(2.0)


def test_the_radius_of_a_neck_that_breaks_is_a_setting():
    assert motion(rupture_radius=0.3).displaced(moving(hourglass(0.25), -1e-9), 0.0, 0.1).rupture
    config = load_config(QUICK, ["filament.rupture_radius=0.2 nm", "surface_diffusion.contact_angle=60 deg"])
    model = DeviceModel.from_config(config)
    law = FrontMotion.from_config(config, model.dissolution, model.nucleus.reach)
    assert law.rupture_radius == 0.2 and law.contact_angle == pytest.approx(np.pi / 3)
    assert law.electrode == electrode_of(config)


# --- the nucleus --------------------------------------------------------------------------------------------------


def test_no_point_enters_the_nucleus():
    filament = ellipsoid(0.5, 0.8, 16)
    front = replace(Front.at_rest(filament), velocity=-filament.points)
    move = motion().displaced(front, 0.0, 0.9)
    assert move.kept and move.rupture is None
    distance = np.hypot(*move.front.filament.points.T)
    assert distance == pytest.approx(np.maximum(0.1 * np.hypot(*filament.points.T), NUCLEUS))
    assert move.front.filament.points[0, 0] == move.front.filament.points[-1, 1] == 0.0
    assert filament.points[0, 1] == 0.8  # that of the accepted state


def fading(filament, _time, radius=NUCLEUS):
    """Normal speed of a surface that dissolves at 1 nm/s down to the nucleus."""
    r, z = filament.points.T
    return -StableNucleus(radius, 0.0)(np.ones(len(r)), r, z)  # a current into the layer dissolves


def test_dissolving_to_the_nucleus_keeps_the_balance():
    """The surface comes to rest on the nucleus, with the volume that the reaction has left."""
    times = np.concatenate([np.linspace(0, 0.8, 161), 0.8 + np.geomspace(1e-3, 0.6, 160)])
    filament, expected = marched(ellipsoid(1.0, 1.0, 24), fading, times, exact=True)
    start = 2 / 3 * np.pi
    nucleus = Filament.nucleus(NUCLEUS, 24).volume
    assert filament.volume == pytest.approx(nucleus, rel=0.01)
    assert abs(filament.volume - expected) < 1e-4 * start
    assert np.hypot(*filament.points.T) == pytest.approx(NUCLEUS, rel=0.005)
    filament.check(25.0)


@pytest.mark.slow
@pytest.mark.parametrize("step", [0.02, 0.05, 0.07])
def test_what_comes_to_rest_does_not_bounce(step):
    """Steps as long as the surface takes to come to rest: it stays on the nucleus, and never moves back."""
    heights = []
    for count in range(round(0.7 / step), round(1.6 / step)):
        filament, _ = marched(ellipsoid(1.0, 1.0, 16), fading, step * np.arange(count))
        heights.append(filament.height)
    assert np.all(np.diff(heights) <= 1e-12) and heights[-1] == pytest.approx(NUCLEUS, rel=1e-3), heights


# --- the void -----------------------------------------------------------------------------------------------------

VOID = MirroredDissolution(0.05, 0.4)


def tops(*heights, law=None):
    """Depths of the void above the tip of a column that grows or shrinks to one height (nm) after the other."""
    law = law or motion(VOID)
    front, depths = Front.at_rest(cylinder(1.0, heights[0], 4)), []
    for height in heights:
        points = front.filament.points
        target = np.stack([points[:, 0], points[:, 1] * height / points[0, 1]], axis=1)
        front = law.displaced(
            replace(Front.at_rest(front.filament), velocity=target - points, memory=front.memory), 0.0, 1.0
        ).front
        depths.append(front.surface(law.electrode)[0, 1] - 10.0)
    return depths


def test_the_void_fills_at_once_on_the_way_back():
    """Growth beyond the full depth is forgotten: 0.4 nm above 8.128 nm, back by 5 % of what dissolves."""
    up, full, down = tops(4.128, 10.128, 7.128)
    assert (up, full) == pytest.approx((0.2, 0.4))
    assert down == pytest.approx(0.4 - 0.05 * 3)
    assert tops(7.128) == pytest.approx([0.35])  # without that history


def test_the_void_goes_up_and_down_between_its_bounds():
    depths = tops(10.128, 7.128, 10.128, 4.128, 1.128, 3.128, 2.128)
    # Filled at 2.128 nm already; what shrinks below is forgotten as well.
    assert depths == pytest.approx([0.4, 0.25, 0.4, 0.1, 0.0, 0.1, 0.05])
    assert tops(2.128, 1.128, 2.128) == pytest.approx([0.1, 0.05, 0.1])


def test_small_voids_know_no_history():
    assert tops(8.0, 3.0, 6.0, 3.0) == pytest.approx([0.3936, 0.1436, 0.2936, 0.1436])


def test_no_void_without_dissolution():
    assert tops(4.0, 9.0, 5.0, law=motion()) == [0.0, 0.0, 0.0]


def test_what_points_carry_survives_cuts_and_resampling():
    """The memory of a tall filament's points, by their heights, after new points."""
    law, filament = motion(VOID), ellipsoid(1.5, 10.0, 60)
    front = law.displaced(Front.at_rest(filament), 0.0, 1.0).front
    r, z = filament.points.T
    nucleus = np.sqrt(np.maximum(NUCLEUS**2 - r**2, 0.0))
    assert front.memory == pytest.approx(np.maximum(0.05 * (z - nucleus) - 0.4, 0.0))
    fine = front.resampled(np.full(61, 0.08))
    assert len(fine.memory) == len(fine.velocity) == len(fine.filament.points) > 100
    beyond = fine.filament.points[:, 0] > NUCLEUS
    assert fine.memory[beyond] == pytest.approx(np.maximum(0.05 * fine.filament.points[beyond, 1] - 0.4, 0), abs=3e-3)


@pytest.mark.parametrize("fallen", [0.0, 2.0])
def test_new_points_leave_the_electrode_where_it_is(fallen):
    """As deep above them as above those beside them: at the full depth, and after it has filled up by 0.1 nm."""
    law, filament = motion(VOID), ellipsoid(4.0, 12.0, 40)
    front = law.displaced(Front.at_rest(filament), 0.0, 1.0).front
    if fallen:
        down = np.zeros((41, 2))
        down[:-1, 1] = -fallen * filament.points[:-1, 1] / 12.0
        front = law.displaced(replace(front, velocity=down), 0.0, 1.0).front
    before, electrode = front.filament, law.electrode
    depth = electrode.depth(before, front.memory)
    assert depth[0] == pytest.approx(0.4 - 0.05 * fallen) and before.points[1, 0] > NUCLEUS
    fine = front.resampled(np.full(41, 0.05), electrode=electrode)
    inner = fine.filament.points[:, 0] < before.points[8, 0]
    found = electrode.depth(fine.filament, fine.memory)[inner]
    assert inner.sum() > 20
    assert found == pytest.approx(np.interp(fine.filament.points[inner, 0], before.points[:, 0], depth), abs=1e-4)
    naive = front.resampled(np.full(41, 0.05))
    assert np.abs(electrode.depth(naive.filament, naive.memory)[inner] - found).max() > 1e-3  # the nucleus' height


# --- order in the step --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("known", [1, 2])
def test_predictor_and_corrector(known):
    """Unequal steps: each is exact for a velocity that is a polynomial in time with as many coefficients as are known,
    and the points owe what the first lacks to the second."""
    filament, last, step = ellipsoid(1, 2, 6), 0.2, 0.1
    free = (slice(1, -1), slice(None))
    straight = np.polynomial.Polynomial([3.0, 7.0][:known])
    velocity, *before = (np.full((7, 2), straight(time)) for time in (0.0, -last)[:known])
    front = replace(Front.at_rest(filament), velocity=velocity, previous=before[0] if before else None)
    move = motion().displaced(front, last, step)
    assert move.front.filament.points[free] == pytest.approx(filament.points[free] + straight.integ()(step))
    assert move.kept and move.relaxation == 0.0
    assert np.all(move.front.velocity == velocity)
    # Another velocity after the step, the same ones before.
    bent = straight - 5.0 * np.polynomial.Polynomial([0.0, last, 1.0] if before else [0.0, 1.0])
    front = move.front.moving(np.full((7, 2), bent(step)), step, last)
    assert front.paid.points[free] == pytest.approx(filament.points[free] + bent.integ()(step))
    assert front.misplaced == pytest.approx(np.sqrt(2) * abs(bent.integ()(step) - straight.integ()(step)))
    again = motion().displaced(replace(front, velocity=0 * velocity, previous=None), step, 1.0)
    assert again.front.filament.points[free] == pytest.approx(front.paid.points[free])
    assert again.front.misplaced == 0.0


def test_what_a_front_remembers():
    front = Front.at_rest(ellipsoid(1, 2, 6))
    speeds = [np.full((7, 2), float(number)) for number in (4.0, 3.0, 2.0)]
    for speed in speeds:
        front = front.moving(speed, 1.0, 1.0)
    assert front.velocity is speeds[2] and front.previous is speeds[1]
    again = Front.of(front.filament, front.carried)
    assert np.all(again.velocity == 2) and np.all(again.previous == 3) and np.all(again.owed == front.owed)
    assert front.moving(speeds[0], 1.0, 1.0, parted=True).previous is None
    jumped = front.moving(speeds[0], None, 1.0)
    assert jumped.previous is None and jumped.owed is front.owed
    bare = Front.of(jumped.filament, jumped.carried)
    assert bare.previous is None and np.all(bare.velocity == 4) and np.all(bare.owed == front.owed)


def test_what_has_come_to_rest_owes_nothing():
    """Half of the points stop: they are where they came to; the others go on."""
    front = replace(Front.at_rest(ellipsoid(1, 2, 6)), velocity=np.full((7, 2), -1.0))
    front = motion().displaced(front, 0.0, 0.1).front
    velocity = np.full((7, 2), -1.5)
    velocity[:3] = 0.0
    front = front.moving(velocity, 0.1, 0.0)
    assert np.all(front.owed[:3] == 0) and front.owed[3:] == pytest.approx(-0.025)
    front = motion().displaced(front, 0.1, 0.1).front  # nor are they carried on to a way back
    assert np.all(front.owed[:3] == 0)


@pytest.mark.parametrize(
    ("speed_of", "radius"),
    [
        (lambda f, t: 1 / f.height, np.sqrt(1 + 2 * 0.4)),
        (lambda f, t: -0.5 / f.height, np.sqrt(1 - 0.4)),
        (lambda f, t: np.cos(5 * t), 1 + np.sin(2.0) / 5),
    ],
    ids=["growing", "dissolving", "to and fro"],
)
def test_motion_is_of_second_order_or_better_in_the_step(speed_of, radius):
    """Radius of a half sphere with a known law of growth; uneven steps, of which the first knows no velocity before."""
    errors = []
    for steps in (20, 40, 80):
        share = np.linspace(0, 1, steps + 1)
        filament, _ = marched(ellipsoid(1.0, 1.0, 20), speed_of, 0.4 * (share + 0.1 * np.sin(np.pi * share) ** 2))
        distance = np.hypot(*filament.points[:-1].T)
        assert np.ptp(distance) < 1e-3
        errors.append(abs(filament.height - radius))
    assert errors[2] < errors[0] / 3.8 and errors[2] < 2e-5


# --- relaxation within a step -------------------------------------------------------------------------------------


def test_relaxation_within_a_step_conserves_volume():
    """Surface diffusion moves metal and loses none; its way is told, and goes to zero with the step."""
    filament = cylinder(0.8, 3.0, 8)
    front = Front.at_rest(filament)
    ways = []
    for step in (1e-3, 2e-3):
        move = motion().displaced(front, 0.0, step, np.ones(len(filament.points)))
        relaxed = move.front.filament
        assert relaxed.volume == pytest.approx(filament.volume, rel=1e-9)
        ways.append(np.hypot(*(relaxed.points - filament.points).T).max())
        assert move.relaxation == pytest.approx(ways[-1]) and move.kept
    assert 0 < ways[0] < ways[1] < 0.3
    still = motion().displaced(front, 0.0, 1e-3)
    assert still.relaxation == 0.0 and np.array_equal(still.front.filament.points, filament.points)


def test_a_nucleus_does_not_relax():
    """One atom has no curvature to flatten."""
    front = Front.at_rest(Filament.nucleus(NUCLEUS, 12))
    move = motion().displaced(front, 0.0, 1.0, np.full(13, 1e3))
    assert move.relaxation == 0.0 and np.array_equal(move.front.filament.points, front.filament.points)


def test_metal_flows_where_the_surface_is_mobile():
    """The coefficient belongs to the points: a cold foot keeps its shape."""
    filament = hourglass(0.4, segments=60)
    hot = np.where(filament.points[:, 1] > 1.0, 1.0, 1e-9)
    move = motion().displaced(Front.at_rest(filament), 0.0, 1e-3, hot)
    way = np.hypot(*(move.front.filament.points - filament.points).T)
    assert way[filament.points[:, 1] < 0.8].max() < 1e-3 * way.max() and way.max() > 1e-3
