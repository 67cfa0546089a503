"""The filament's outline: volume, growth by Faraday's law, resampling, gaps, refusal of broken outlines."""

import numpy as np
import pytest

from ecmsim.errors import SolveError
from ecmsim.physics.faraday import Faraday
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.polyline import arc_length, crossing_segments, distance_to_polyline, spaced


def ellipsoid(radius, height, segments):
    """Half an ellipsoid, its points at even steps of the parameter angle."""
    angle = np.linspace(0, np.pi / 2, segments + 1)
    points = np.stack([radius * np.sin(angle), height * np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def uneven_sphere(radius, segments, seed=1):
    """A half sphere with unevenly spaced points."""
    step = np.random.default_rng(seed).uniform(0.5, 1.5, segments)
    angle = np.concatenate([[0], np.cumsum(step)]) * np.pi / 2 / step.sum()
    points = radius * np.stack([np.sin(angle), np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def polyline_area(filament):
    """Area of the surface of revolution of the polyline."""
    r = filament.points[:, 0]
    return np.pi * ((r[:-1] + r[1:]) * filament.segment_lengths).sum()


MUSHROOM = Filament(np.array([[0, 5], [1, 5], [2, 4], [2, 3], [0.5, 2.5], [0.5, 0]], dtype=float))
SHELF = Filament(np.array([[0, 5], [1, 5], [2, 4], [1.5, 3], [3, 1], [3, 0]], dtype=float))


# --- volume and area vectors --------------------------------------------------------------------------------


def test_volume_of_a_nucleus_converges_with_second_order():
    error = [1 - Filament.nucleus(0.5, n).volume / (2 / 3 * np.pi * 0.5**3) for n in (8, 16, 32)]
    assert 0 < error[2] < 2e-3
    assert np.log2(np.divide(error[:-1], error[1:])) == pytest.approx([2, 2], abs=0.02)


def test_volume_of_cylinder_and_cone():
    assert Filament(np.array([[0, 3.0], [2, 3], [2, 0]])).volume == pytest.approx(np.pi * 4 * 3)
    assert Filament(np.array([[0, 3.0], [2, 0]])).volume == pytest.approx(np.pi * 4 * 3 / 3)


def test_volume_below_an_overhang_is_counted_once():
    cap = np.pi * (1 / 3 * (1 + 2 + 4) * 1 + 4 * 1)
    neck = np.pi * (0.5 / 3 * (4 + 1 + 0.25) + 0.25 * 2.5)
    assert MUSHROOM.volume == pytest.approx(cap + neck, rel=1e-12)


@pytest.mark.parametrize("filament", [ellipsoid(1.5, 5, 12), uneven_sphere(2, 9), MUSHROOM])
def test_area_vectors_are_the_gradient_of_the_volume(filament):
    step, points = 1e-5, filament.points
    gradient = np.zeros_like(points)
    for index in np.ndindex(points.shape):
        shift = np.zeros_like(points)
        shift[index] = step
        gradient[index] = (filament.moved(shift).volume - filament.moved(-shift).volume) / (2 * step)
    gradient[0, 0] = gradient[-1, 1] = 0.0  # the tip stays on the axis, the foot on the electrode
    assert filament.area_vectors() == pytest.approx(gradient, abs=1e-8)


def test_scalars():
    filament = ellipsoid(1.5, 5, 40)
    assert filament.height == filament.highest == 5.0
    assert filament.radius_max == 1.5
    assert np.pi * filament.radius_mean**2 * 5.0 == pytest.approx(filament.volume)
    assert Filament(np.array([[0, 1.0], [1, 2], [2, 0]])).highest == 2.0


# --- growth -------------------------------------------------------------------------------------------------


def test_normals_of_an_unevenly_divided_sphere_are_radial():
    filament = uneven_sphere(2.0, 14)
    assert filament.normals()[:-1] == pytest.approx(filament.points[:-1] / 2.0, abs=1e-13)


def test_normals_point_outwards_also_below_an_overhang():
    normal = MUSHROOM.normals()
    assert np.hypot(*normal.T) == pytest.approx(np.ones(6))
    assert normal[0] == pytest.approx([0, 1]) and normal[-1] == pytest.approx([1, 0])
    assert normal[3, 1] < 0 < normal[3, 0]


@pytest.mark.parametrize(("factor", "follows"), [(0.3, False), (0.7, True), (1.8, True), (2.5, False)])
def test_a_volume_rate_that_the_points_hardly_see_is_not_followed(factor, follows):
    """Up to a half of what they see, or up to twice as much, is the polygon's error; more is none."""
    ball = Filament.nucleus(2.0, 24)
    seen = (ball.area_vectors() * ball.growth_velocity(np.ones(25))).sum()
    gained = (ball.area_vectors() * ball.growth_velocity(np.ones(25), factor * seen)).sum()
    assert gained == pytest.approx((factor if follows else 1.0) * seen)


@pytest.mark.parametrize("filament", [ellipsoid(1.5, 5, 12), uneven_sphere(2, 9), MUSHROOM])
def test_growth_meets_the_volume_rate(filament):
    speed = 1 + 0.5 * np.cos(filament.points[:, 1])
    rate = 1.1 * (filament.area_vectors() * filament.growth_velocity(speed)).sum()
    velocity = filament.growth_velocity(speed, rate)
    assert (filament.area_vectors() * velocity).sum() == pytest.approx(rate, rel=1e-13)
    step = 1e-6
    measured = (filament.moved(step * velocity).volume - filament.moved(-step * velocity).volume) / (2 * step)
    assert measured == pytest.approx(rate, rel=1e-7)
    assert velocity[0, 0] == 0.0 and velocity[-1, 1] == 0.0


def test_growth_has_the_given_normal_speed():
    filament = ellipsoid(1.5, 5, 40)
    speed = np.linspace(1.0, 2.0, 41)
    velocity = filament.growth_velocity(speed)
    assert (velocity * filament.normals()).sum(axis=1)[:-1] == pytest.approx(speed[:-1], rel=1e-12)
    # Meeting the volume rate of the curved surface takes a correction of second order only.
    r = filament.points[:, 0]
    rate = 0.5 * np.pi * ((speed[:-1] + speed[1:]) * (r[:-1] + r[1:]) * filament.segment_lengths).sum()
    assert filament.growth_velocity(speed, rate) == pytest.approx(velocity, rel=3e-3)


def test_foot_slides_as_fast_as_the_surface_cuts_the_electrode():
    cone = Filament(np.array([[0, 3.0], [2, 1.5], [4, 0]]))
    speed = np.ones(3)
    assert cone.growth_velocity(speed)[-1] == pytest.approx([2.5 / 1.5, 0])
    flat = Filament(np.array([[0, 0.2], [2, 0.1], [4, 0]]))
    assert flat.growth_velocity(speed)[-1] == pytest.approx([2, 0])


@pytest.mark.parametrize("share", [0.999, 0.5, 0.1])
def test_growth_and_dissolution_side_by_side_keep_the_metal(share):
    """A tip that grows above a flank that dissolves, also where both nearly cancel: each keeps its own volume."""
    filament = ellipsoid(1.5, 5, 40)
    r, z = filament.points.T
    speed = np.where(z > 3, 1.0, -share)
    area = np.pi * (r[:-1] + r[1:]) * filament.segment_lengths
    middle = 0.5 * (speed[:-1] + speed[1:])
    gained, lost = area @ np.maximum(middle, 0), area @ np.maximum(-middle, 0)
    velocity = filament.growth_velocity(speed, gained - lost, lost)
    gains = (filament.area_vectors() * velocity).sum(axis=1)
    assert gains[gains > 0].sum() == pytest.approx(gained, rel=1e-12)
    assert gains[gains < 0].sum() == pytest.approx(-lost, rel=1e-12)
    free = filament.growth_velocity(speed)
    assert (velocity * free).sum(axis=1).min() >= 0  # nothing turns round, nothing stands still
    assert np.hypot(*(velocity - free).T).max() < 0.1


def test_dissolution_everywhere_meets_the_volume_rate():
    filament = ellipsoid(1.5, 5, 40)
    velocity = filament.growth_velocity(np.full(41, -1.0), -50.0, 50.0)
    assert (filament.area_vectors() * velocity).sum() == pytest.approx(-50.0, rel=1e-12)


@pytest.mark.parametrize("lost", [0.0, 1e-6])
def test_a_last_point_off_the_nucleus_dissolves_no_faster_than_its_edges_let_it(lost):
    """The foot of a filament all of whose other points have come to rest sees a voltage under which nothing flows."""
    nucleus = Filament.nucleus(0.128)
    points = nucleus.points.copy()
    points[-1, 0] *= 1.001
    last = Filament(points)
    velocity = last.growth_velocity(np.where(np.arange(11) == 10, -1e10, 0.0), -lost, lost)
    assert (last.area_vectors() * velocity).sum() == pytest.approx(-lost, rel=1e-12, abs=1e-30)
    assert np.hypot(*velocity.T).max() < 1e-3


def test_what_the_points_do_not_see_is_not_blown_up():
    """A region that dissolves between two points of the outline: no factor makes it up."""
    filament = ellipsoid(1.5, 5, 12)
    velocity = filament.growth_velocity(np.ones(13), 40.0, 1e-3)
    assert np.hypot(*velocity.T).max() < 2.5
    speed = np.where(np.arange(13) == 6, -1e-6, 1.0)
    assert np.hypot(*filament.growth_velocity(speed, 40.0, 3.0)[6]) == pytest.approx(1e-6, rel=1e-3)


def grown(segments, steps, duration, current_density, law):
    """A nucleus under uniform current density, moved by Adams-Bashforth as in a simulation.

    Returns the filament, the volume that Faraday's law demands (nm3) and the sphere's radius by Eq. (1) (nm).
    """
    filament, previous = Filament.nucleus(0.128, segments), None
    speed = law.normal_velocity(current_density) * 1e9  # nm/s
    step = duration / steps
    demanded = filament.volume
    for _ in range(steps):
        rate = speed * polyline_area(filament)
        velocity = filament.growth_velocity(np.full(segments + 1, speed), rate)
        last = velocity if previous is None else previous
        filament = filament.moved(step * (1.5 * velocity - 0.5 * last))
        previous = velocity
        demanded += 0.5 * step * (rate + speed * polyline_area(filament))
    return filament, demanded, 0.128 + speed * duration


COPPER = Faraday(63.546, 8960.0, 1)


def test_sphere_stays_a_sphere_and_follows_faradays_law():
    filament, demanded, radius = grown(24, 300, 50e-3, -1000.0, COPPER)
    assert radius == pytest.approx(0.128 + 73.5 * 0.05, rel=1e-3)
    distance = np.hypot(*filament.points.T)
    assert np.ptp(distance) < 2e-3 * radius
    assert distance == pytest.approx(radius, rel=2e-3)
    assert filament.volume == pytest.approx(demanded, rel=1e-4)
    filament.check(25.0)


def test_sphere_dissolves_as_it_grew():
    big = ellipsoid(3.0, 3.0, 24)
    shrunk = big.moved(0.01 * big.growth_velocity(np.full(25, -73.5)))
    assert np.hypot(*shrunk.points.T) == pytest.approx(3.0 - 0.735, rel=2e-3)


def test_faraday_error_falls_with_the_square_of_the_step():
    error = []
    for steps in (100, 200, 400):
        filament, demanded, _ = grown(16, steps, 50e-3, -1000.0, COPPER)
        error.append(abs(filament.volume / demanded - 1))
    assert np.log2(np.divide(error[:-1], error[1:])) == pytest.approx([2, 2], abs=0.3)


def test_deviation_from_the_sphere_falls_with_the_square_of_the_segments():
    deviation = []
    for segments in (12, 24, 48):
        filament, _, radius = grown(segments, 200, 50e-3, -1000.0, COPPER)
        deviation.append(np.abs(np.hypot(*filament.points.T) - radius).max())
    assert np.log2(np.divide(deviation[:-1], deviation[1:])) == pytest.approx([2, 2], abs=0.3)


# --- resampling ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("wanted", [0.08, 0.2, 0.5])
@pytest.mark.parametrize("filament", [ellipsoid(1.5, 5, 40), ellipsoid(3, 2, 25), uneven_sphere(2, 30)])
def test_resampling_conserves_volume_and_gives_the_wanted_segments(filament, wanted):
    spacing = np.full(len(filament.points), wanted)
    resampled, _ = filament.resampled(filament.points, spacing)
    assert resampled.volume == pytest.approx(filament.volume, rel=1e-10)
    assert resampled.segment_lengths.max() < 1.51 * wanted
    assert np.sort(resampled.segment_lengths)[1] > 0.3 * wanted
    resampled.check(25.0)


def test_resampling_keeps_corners():
    """Sharp rims stay: no curve is laid through them, and of crowded points those beside them go."""
    stump = Filament(np.array([[0, 0.143], [0.085, 0.143], [0.13, 0.0]]))
    resampled, _ = stump.resampled(stump.points, np.full(3, 0.02))
    assert resampled.volume == pytest.approx(stump.volume, rel=1e-9) and len(resampled.points) > 8
    assert distance_to_polyline(resampled.points, stump.points).max() < 1e-9
    rim = np.array([[0.97, 2.0], [1.0, 2.0], [1.0, 1.99], [1.0, 1.9]])
    crowded = Filament(np.vstack([[[0, 2.0], [0.5, 2.0]], rim, [[1.0, 1.4], [1.0, 0.7], [1.0, 0.0]]]))
    resampled, _ = crowded.resampled(crowded.points, np.full(9, 0.4))
    assert np.hypot(*(resampled.points - [1.0, 2.0]).T).min() < 1e-9
    assert resampled.volume == pytest.approx(2 * np.pi, rel=1e-9) and len(resampled.points) < 10


def test_a_corner_too_goes_where_it_crowds_an_end():
    """A needle whose last corner has come to its pole."""
    needle = np.array([[0, 3.0], [0.2, 2.9], [0.25, 2.0], [0.1, 1.2], [0.05, 0.9], [1e-9, 0.5 + 1e-9], [0, 0.5]])
    points, _ = spaced(needle, needle, np.full(7, 0.1))
    assert np.hypot(*np.diff(points, axis=0).T).min() > 0.02 and points[-1].tolist() == [0, 0.5]


def flared(width):
    """A slender filament whose foot widens: a convex cap on a concave flank."""
    angle, z = np.linspace(0, np.pi / 2, 15), np.linspace(5, 0, 60)[1:]
    cap = np.stack([0.5 * np.sin(angle), 5 + 0.5 * np.cos(angle)], axis=1)
    flank = np.stack([0.5 + width * (np.exp(-z) - np.exp(-5)), z], axis=1)
    points = np.vstack([cap, flank])
    points[0, 0] = 0.0
    return Filament(points)


@pytest.mark.parametrize("width", [0.5, 1.4, 1.5, 1.6, 3.0])
def test_resampling_a_flared_foot(width):
    filament = flared(width)
    resampled, _ = filament.resampled(filament.points, np.full(len(filament.points), 0.13))
    assert resampled.volume == pytest.approx(filament.volume, rel=1e-10)
    assert distance_to_polyline(resampled.points, filament.points).max() < 0.02


def test_resampling_a_needle_stays_on_its_side_of_the_axis():
    """A cubic through the points of a body that ends in a needle would cross the axis."""
    needle = [[0.0752, 2.304], [0.0336, 1.831], [0.00085, 1.417], [0.0, 1.111]]
    body = Filament(np.array([[0.0, 4.0], [0.1, 3.9], [0.11, 3.4], [0.107, 2.84], *needle]))
    thin, _ = body.resampled(np.zeros((8, 1)), np.full(8, 0.1))
    assert len(thin.points) > 20 and thin.points[1:-1, 0].min() > 0


def test_resampling_to_what_is_there_changes_nothing():
    filament = ellipsoid(2, 2, 20)
    resampled, values = filament.resampled(filament.points, np.full(21, filament.segment_lengths.mean()))
    assert np.array_equal(resampled.points, filament.points) and np.array_equal(values, filament.points)


@pytest.mark.parametrize("segments", [60, 120, 400])
def test_resampling_thins_out_a_crowded_outline_evenly(segments):
    """However fine it was: the wanted segments, on the old shape, and the values that belong there."""
    filament = ellipsoid(2, 4, segments)
    resampled, carried = filament.resampled(filament.points, np.full(segments + 1, 0.4))
    assert len(resampled.points) == pytest.approx(filament.segment_lengths.sum() / 0.4, rel=0.4)
    assert resampled.segment_lengths.max() < 0.61 and resampled.segment_lengths.min() > 0.3 * 0.4
    assert distance_to_polyline(carried, filament.points).max() < 0.01
    assert resampled.points == pytest.approx(carried, abs=0.03)
    # Also at the foot, which stays.
    points = np.vstack([filament.points[:-1], [[2.0, 1e-3], [2.0, 0.0]]])
    foot = Filament(points).resampled(points, np.full(len(points), 0.4))[0]
    assert foot.segment_lengths[-1] > 0.3 * 0.4 and np.array_equal(foot.points[-1], [2.0, 0.0])


@pytest.mark.parametrize("factor", [0.4, 2.5])
def test_resampling_an_ellipse_is_accurate(factor):
    """Distance of the new points from the true ellipse: what conserving the volume costs, of second order."""
    worst = []
    for segments in (20, 40, 80):
        filament = ellipsoid(2, 4, segments)
        spacing = np.full(segments + 1, factor * filament.segment_lengths.mean())
        r, z = filament.resampled(filament.points, spacing)[0].points.T
        worst.append(np.abs(np.hypot(r / 2, z / 4) - 1).max())
    order = np.log2(worst[0] / worst[2]) / 2
    assert order > 1.6 and worst[2] < 2e-3


def test_points_are_inserted_on_a_curve_not_on_chords():
    """A cubic through four points: the error of a midpoint is far below the chord's."""
    filament = ellipsoid(2, 4, 20)
    spacing = np.append(filament.segment_lengths, filament.segment_lengths[-1])
    spacing[8:13] *= 0.5  # in the middle only: little volume to give back
    resampled, _ = filament.resampled(filament.points, spacing)
    assert len(resampled.points) == 27
    r, z = resampled.points.T
    sagitta = filament.segment_lengths.max() ** 2 / 8 / 4
    assert np.abs(np.hypot(r / 2, z / 4) - 1).max() < 0.15 * sagitta


def test_points_that_stay_hardly_move():
    filament = ellipsoid(2, 4, 40)
    fine = np.full(41, 0.6 * filament.segment_lengths.mean())
    resampled, _ = filament.resampled(filament.points, fine)
    nearest = np.hypot(*(filament.points[:, None] - resampled.points).T).min(axis=0)
    assert len(resampled.points) > 60 and nearest.max() < 1e-3
    assert nearest[0] == pytest.approx(abs(resampled.height - 4.0))


def test_values_travel_with_the_points():
    filament = ellipsoid(2, 4, 60)
    values = np.stack([filament.points[:, 1] ** 2, np.ones(61)], axis=1)
    for factor in (0.5, 2.5):
        resampled, carried = filament.resampled(values, np.full(61, factor * filament.segment_lengths.mean()))
        assert carried[:, 0] == pytest.approx(resampled.points[:, 1] ** 2, abs=0.03)
        assert np.all(carried[:, 1] == 1.0) and len(carried) == len(resampled.points)


def test_ends_stay_on_axis_and_electrode():
    for factor in (0.3, 3.0):
        filament = ellipsoid(2, 4, 30)
        points = filament.resampled(filament.points, np.full(31, factor * 0.15))[0].points
        assert points[0, 0] == 0.0 and points[-1, 1] == 0.0


# --- top, diameters, gaps -----------------------------------------------------------------------------------


def test_top_leaves_out_what_lies_below_an_overhang():
    assert MUSHROOM.top() == pytest.approx(np.array([[0, 5], [1, 5], [2, 4]]))
    # Beside the rim the envelope drops to the surface that comes out from under it.
    below = 3 - 2 * (2 - 1.5) / 1.5
    assert SHELF.top() == pytest.approx(np.array([[0, 5], [1, 5], [2, 4], [2, below], [3, 1]]), abs=1e-6)
    assert np.all(np.diff(SHELF.top()[:, 0]) > 0)


def test_top_height():
    assert MUSHROOM.top_height(np.array([0, 0.5, 1.5, 2.0, 2.1, 9.0])) == pytest.approx([5, 5, 4.5, 4, 0, 0])
    ellipse = ellipsoid(1.5, 5, 200)
    r = np.linspace(0, 1.45, 30)
    assert ellipse.top_height(r) == pytest.approx(5 * np.sqrt(1 - (r / 1.5) ** 2), abs=2e-3)


def test_top_height_beside_an_overhang():
    assert SHELF.top_height(2.4) == pytest.approx(3 - 2 * (2.4 - 1.5) / 1.5)


def test_local_diameter_is_that_of_the_outermost_crossing():
    height = np.array([-0.1, 0.0, 1.0, 2.5, 2.75, 3.5, 4.5, 5.0, 5.1])
    assert MUSHROOM.local_diameter(height) == pytest.approx([0, 1, 1, 1, 2.5, 4, 3, 2, 0])
    z = np.linspace(0, 4.9, 20)
    assert ellipsoid(1.5, 5, 400).local_diameter(z) == pytest.approx(3 * np.sqrt(1 - (z / 5) ** 2), abs=2e-3)
    assert ellipsoid(1.5, 5, 10).local_diameter(2.0).shape == ()


def test_distance_to_polyline():
    line = np.array([[0, 0.0], [3, 0], [3, 4]])
    points = np.array([[1, 2.0], [-3, -4], [5, 4], [3, 9], [3, 2]])
    assert distance_to_polyline(points, line) == pytest.approx([2, 5, 2, 5, 0])
    assert distance_to_polyline(points[:1], np.array([[1, 0.0], [1, 0.0]])) == pytest.approx([2])


def test_arc_length():
    assert arc_length(np.array([[0, 0.0], [3, 4], [3, 10]])) == pytest.approx([0, 5, 11])


# --- turning ------------------------------------------------------------------------------------------------


def test_turning_of_a_sphere_is_even_and_sums_to_a_right_angle():
    turning = Filament.nucleus(1.0, 9).turning()
    assert turning[:-1] == pytest.approx(np.full(9, -np.pi / 18)) and turning[-1] == 0.0


def test_turning_sees_corners_concave_places_and_a_pointed_tip():
    assert MUSHROOM.turning()[:2] == pytest.approx([0, -np.pi / 4])
    assert MUSHROOM.turning()[4] > 0
    pointed = Filament(np.array([[0, 2.0], [1, 1], [2, 0]]))
    assert pointed.turning() == pytest.approx([-np.pi / 2, 0, 0])


# --- broken outlines ----------------------------------------------------------------------------------------


def test_sound_outlines_pass():
    for filament in (Filament.nucleus(0.128), ellipsoid(1.5, 5, 30), MUSHROOM, SHELF):
        filament.check(25.0)


@pytest.mark.parametrize(
    ("points", "message"),
    [
        (
            [[0, 5], [2, 5], [2, 3], [1, 3], [1, 6], [3, 6], [3, 0]],
            r"crosses itself at r = 0 nm, z = 5 nm",
        ),
        ([[0, 5], [1, 5], [2, 4], [1.9, 2], [1.8, 4.5], [2.4, 0]], r"crosses itself at r = 1 nm, z = 5 nm"),
        ([[0, 5], [2, 5], [-0.1, 3], [2, 0]], r"touches the axis or the counter electrode off its ends"),
        ([[0, 5], [2, 5], [0, 3], [2, 0]], r"touches the axis or the counter electrode off its ends"),
        ([[0, 5], [2, 5], [2, -0.1], [3, 0]], r"touches the axis or the counter electrode off its ends"),
        ([[0, 5], [2, 5], [2, 0], [3, 0]], r"touches the axis or the counter electrode off its ends"),
        (
            [[0, 5], [22.6, 5], [2, 0]],
            r"the filament \(radius 22\.6 nm\) reaches the outer wall: choose a cell\.radius well",
        ),
    ],
)
def test_broken_outlines_are_refused(points, message):
    with pytest.raises(OutlineError, match=message):
        Filament(np.array(points, dtype=float)).check(25.0)


def test_a_broken_outline_rejects_the_step():
    """The run retries a SolveError with a shorter step and keeps the last good state."""
    assert issubclass(OutlineError, SolveError)


def crossings_by_brute_force(points):
    """Pairs of segments whose ends lie strictly on different sides of each other, one by one."""

    def side(a, b, c):
        return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])

    found = []
    for i in range(len(points) - 1):
        for j in range(i + 2, len(points) - 1):
            a, b, c, d = points[i], points[i + 1], points[j], points[j + 1]
            if side(a, b, c) * side(a, b, d) < 0 and side(c, d, a) * side(c, d, b) < 0:
                found.append((i, j))
    return found


@pytest.mark.parametrize("seed", range(20))
def test_crossing_segments_against_brute_force(seed):
    random = np.random.default_rng(seed)
    points = random.normal(size=(14, 2)).cumsum(axis=0) if seed % 2 else random.uniform(size=(14, 2))
    expected = crossings_by_brute_force(points)
    assert sorted(map(tuple, crossing_segments(points).tolist())) == expected
    assert expected or seed % 2


def test_crossing_segments_counts_touching_and_ignores_neighbours():
    touching = np.array([[0, 0.0], [2, 0], [2, 1], [1, 1], [1, 0]])
    assert crossing_segments(touching).tolist() == [[0, 3]]
    assert crossing_segments(ellipsoid(1, 2, 50).points).shape == (0, 2)
