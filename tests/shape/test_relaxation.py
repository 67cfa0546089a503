"""Surface diffusion of the outline: its law, stability, conservation, break-up, and how a lifetime grows with r^4."""

from functools import cache

import numpy as np
import pytest
from helpers.relaxing import relaxed, surface_area

from ecmsim.physics.surface_diffusion import SurfaceDiffusion
from ecmsim.shape.diffusion_step import DiffusionStep, narrowest_waist
from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import crossing_segments
from ecmsim.shape.relaxation import curvature_spacing, growth_rate, relax, rounded_cylinder

WALL = ("mirror", "mirror")


def orders(errors):
    """Orders of convergence for halved segments or steps."""
    return np.log2(np.abs(np.divide(errors[:-1], errors[1:])))


def uneven_cap(segments, contact_angle=0.5 * np.pi, seed=None):
    """Cap of a unit sphere that meets the floor at the given angle; points uneven if a seed is given."""
    step = np.ones(segments) if seed is None else np.random.default_rng(seed).uniform(0.5, 1.5, segments)
    angle = np.append(0, np.cumsum(step)) * contact_angle / step.sum()
    points = np.stack([np.sin(angle), np.cos(angle) - np.cos(contact_angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0.0
    return Filament(points)


def distance_from_cap(filament, contact_angle=0.5 * np.pi):
    """Largest distance from the spherical cap of this volume and contact angle, over its radius."""
    c = np.cos(contact_angle)
    radius = (3 * filament.volume / (np.pi * (2 + c) * (1 - c) ** 2)) ** (1 / 3)
    r, z = filament.points.T
    return np.abs(np.hypot(r, z + radius * c) / radius - 1).max()


def rippled_wall(x, segments, amplitude=1e-4, radius=1.3):
    """Half a wavelength of a rippled cylinder with k r0 = x, between mirror planes; and its wavelength."""
    wavelength = 2 * np.pi * radius / x
    z = np.linspace(wavelength / 2, 0, segments + 1)
    return Filament(np.stack([radius * (1 + amplitude * np.cos(2 * np.pi * z / wavelength)), z], axis=1)), wavelength


def ripple(filament, wavelength):
    """Amplitude of the wall's ripple, nm: its Fourier coefficient."""
    r, z = filament.points.T
    return 2 * np.trapezoid(r * np.cos(2 * np.pi * z / wavelength), z) / np.ptp(-z) * -1


def mushroom(seed, stem=1.0, rim=3.0):
    """A hat 0.2 nm thick that overhangs a stem: sharp corners, random segments of 0.02 to 0.4 nm."""
    random, points = np.random.default_rng(seed), [np.array([[0.0, 5.0]])]
    corners = np.array([[0, 5], [rim, 5], [rim, 4.8], [stem, 4.8], [stem, 0]], dtype=float)
    for start, end in zip(corners[:-1], corners[1:], strict=True):
        length = np.hypot(*(end - start))
        s = np.cumsum(0.02 * 20 ** random.uniform(size=int(length / 0.02)))
        s = np.append(s[s < length - 0.02], length)
        points.append(start + (end - start) * (s / length)[:, None])
    return Filament(np.vstack(points))


def sound(filament):
    """Whether an outline neither crosses itself nor touches axis or floor off its ends."""
    points = filament.points
    return not crossing_segments(points).size and points[1:, 0].min() > 0 and points[:-1, 1].min() > 0


# --- the law and the shapes ---------------------------------------------------------------------------------


def test_coefficient_is_thermally_activated():
    law = SurfaceDiffusion(3.0, 300.0, 0.5)
    temperature = np.array([250.0, 300.0, 600.0])
    expected = 3.0 * np.exp(-0.5 * 1.602176634e-19 / 1.380649e-23 * (1 / temperature - 1 / 300.0))
    assert law.coefficient(temperature) == pytest.approx(expected, rel=1e-9)
    assert law.coefficient(300.0) == 3.0


@pytest.mark.parametrize(("radius", "height", "edge"), [(1.0, 10.0, None), (0.7, 3.0, 0.2), (1.0, 1.0, None)])
def test_rounded_cylinder(radius, height, edge):
    filament = rounded_cylinder(radius, height, 0.03, edge)
    edge = edge or radius
    assert filament.points[0].tolist() == [0.0, height] and filament.points[-1] == pytest.approx([radius, 0])
    assert np.ptp(filament.segment_lengths) < 0.01 * 0.03 and filament.segment_lengths.max() <= 0.03 * (1 + 1e-9)
    # Pappus: the quarter disc's centroid lies 4 edge/(3 pi) beyond the flat part.
    flat = radius - edge
    top = np.pi * flat**2 * edge + 2 * np.pi * (flat + 4 * edge / (3 * np.pi)) * 0.25 * np.pi * edge**2
    assert filament.volume == pytest.approx(np.pi * radius**2 * (height - edge) + top, rel=2e-3)


def test_growth_rate_has_the_known_maximum():
    k = np.linspace(0, 2, 2001) / 1.3
    sigma = growth_rate(k, 1.3, 0.7)
    assert k[sigma.argmax()] * 1.3 == pytest.approx(1 / np.sqrt(2), abs=1e-3)
    assert sigma.max() == pytest.approx(0.7 / (4 * 1.3**4), rel=1e-6)
    assert growth_rate(1 / 1.3, 1.3, 0.7) == pytest.approx(0) and sigma[-1] < 0


def test_the_narrowest_waist():
    points = [[0, 9], [1, 9], [2, 8], [0.9, 7], [1.5, 6], [0.7, 5], [0.8, 4], [1.1, 3], [0.3, 0]]
    assert narrowest_waist(Filament(np.array(points, dtype=float))) == (0.7, 5.0, 5)
    assert narrowest_waist(Filament(np.array(points[:3] + [[1.5, 2], [0.3, 0]], dtype=float))) is None
    assert narrowest_waist(rounded_cylinder(1, 5, 0.1)) is None and narrowest_waist(Filament.nucleus(0.128)) is None
    crater = [[0, 3], [0.4, 3.1], [0.2, 4], [0.3, 5], [1, 5], [0.8, 2], [1, 0]]
    assert narrowest_waist(Filament(np.array(crater, dtype=float))) == (0.8, 2.0, 5)


def test_spacing_follows_curvature_and_is_graded():
    wanted = curvature_spacing(Filament.nucleus(0.5, 20), turning=0.3)
    assert wanted == pytest.approx(0.15, rel=0.02)
    cylinder = rounded_cylinder(1.0, 6.0, 0.1, 0.2)
    wanted = curvature_spacing(cylinder, turning=0.3, smallest=0.02, largest=0.25)
    assert wanted.min() == pytest.approx(0.06, rel=0.1) and wanted.max() == 0.25
    assert np.all(np.abs(np.diff(wanted)) <= 0.3 * cylinder.segment_lengths + 1e-12)


# --- shapes at rest -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("step", [1e-6, 1e-2, 1e6])
def test_a_sphere_stays_a_sphere(step):
    """With second order in uneven segments (0.5 to 1.5 of the mean)."""
    error = []
    for segments in (10, 20, 40, 80):
        filaments = [relaxed(uneven_cap(segments, seed=seed), 1.0, step) for seed in range(4)]
        error.append(np.mean([distance_from_cap(filament) for filament in filaments]))
    assert error[0] < 6e-3 and error[-1] < 1.2e-4
    assert np.mean(orders(error)) == pytest.approx(1.9, abs=0.2)


def test_a_sphere_of_even_segments_does_not_move():
    start = uneven_cap(20)
    end = relaxed(start, 1.0, 1e3)
    assert np.abs(end.points - start.points).max() < 1e-5


def test_an_ellipsoid_becomes_a_sphere():
    angle = np.linspace(0, np.pi / 2, 31)
    start = Filament(np.stack([2 * np.sin(angle), 0.7 * np.cos(angle)], axis=1) * (angle < 9)[:, None])
    start.points[-1, 1] = 0.0
    end = relax(start, 1.0, 1e4, spacing=None).filaments[-1]
    assert distance_from_cap(end) < 2e-3 < 0.3 < distance_from_cap(start)
    assert len(end.points) == 31


@pytest.mark.slow
@pytest.mark.parametrize("degrees", [45, 90, 135])
def test_contact_angle_is_reached(degrees):
    """From a cylinder to the spherical cap of the contact angle; the surface energy never rises."""
    angle = np.radians(degrees)
    run = relax(rounded_cylinder(1.0, 3.0, 0.1), 1.0, 1e5, contact_angle=angle, spacing=None)
    assert run.reason == "duration"
    assert distance_from_cap(run.filaments[-1], angle) < 1e-3
    for other in {45, 90, 135} - {degrees}:
        assert distance_from_cap(run.filaments[-1], np.radians(other)) > 0.1
    # Tangent at the foot, extrapolated from the last two segments.
    slope = np.degrees(np.arctan2(*(np.diff(run.filaments[-1].points[-3:], axis=0) * [1, -1]).T[::-1]))
    assert 1.5 * slope[1] - 0.5 * slope[0] == pytest.approx(degrees, abs=0.3)
    energy = [surface_area(f) - np.cos(angle) * np.pi * f.points[-1, 0] ** 2 for f in run.filaments]
    assert np.diff(energy).max() < 1e-7 * energy[0]


def test_a_pinned_foot_stays():
    start = rounded_cylinder(1.0, 3.0, 0.1)
    resampled = relax(start, 1.0, 1e5, foot="pinned", spacing=lambda f: np.full(len(f.points), 0.5))
    assert all(f.points[-1].tolist() == [1.0, 0.0] for f in resampled.filaments)
    pinned = relax(start, 1.0, 1e5, foot="pinned", spacing=None).filaments[-1]
    assert pinned.points[-1] == pytest.approx([1.0, 0.0], abs=1e-12)
    assert relaxed(start, 1.0, 0.1, foot="free").points[-1, 0] > 1.0 + 1e-4
    # At rest: a sphere through the foot, centre on the axis.
    r, z = pinned.points.T
    centre = (pinned.height**2 - 1) / (2 * pinned.height)
    assert np.ptp(np.hypot(r, z - centre)) < 5e-3 and pinned.volume == pytest.approx(start.volume, rel=1e-12)


# --- Nichols and Mullins: small ripples of a cylinder -------------------------------------------------------


@cache
def exact_in_time(x, segments):
    """Ripple of a wall over its initial value after half a growth or decay time, and that time (s)."""
    wall, wavelength = rippled_wall(x, segments)
    time = 0.5 / abs(growth_rate(x / 1.3, 1.3, 1.0))
    end = relax(wall, 1.0, time, ends=WALL, spacing=None, tolerance=1e-8).filaments[-1]
    return ripple(end, wavelength) / ripple(wall, wavelength), time


@pytest.mark.parametrize("x", [0.5, 1 / np.sqrt(2), 1.5, 3.0])
def test_ripples_grow_and_decay_at_the_analytic_rate(x):
    """To second order in the segments. Ripples longer than the circumference grow."""
    error = []
    for segments in (8, 16, 32):
        ratio, time = exact_in_time(x, segments)
        error.append(np.log(ratio) / time / growth_rate(x / 1.3, 1.3, 1.0) - 1)
    assert (ratio > 1) == (x < 1)
    assert orders(error) == pytest.approx([2, 2], abs=0.1)
    assert abs(error[-1]) < 4e-3


@pytest.mark.parametrize("x", [0.5, 1 / np.sqrt(2), 1.5, 3.0])
def test_relaxed_is_of_first_order_in_time(x):
    wall, wavelength = rippled_wall(x, 16)
    exact, time = exact_in_time(x, 16)
    error = []
    for steps in (16, 32, 64):
        filament = wall
        for _ in range(steps):
            filament = relaxed(filament, 1.0, time / steps, ends=WALL)
        error.append(ripple(filament, wavelength) / ripple(wall, wavelength) / exact - 1)
    assert orders(error) == pytest.approx([1, 1], abs=0.1)
    assert abs(error[-1]) < 1e-2


@pytest.mark.slow
def test_relax_is_of_second_order_in_its_steps():
    """Its tolerance bounds errors of second order, so that the result's error follows the tolerance itself."""
    start = rounded_cylinder(1.0, 4.0, 0.2)
    heights = [relax(start, 1.0, 1.0, spacing=None, tolerance=t).filaments[-1].height for t in (8e-3, 2e-3, 5e-4, 1e-5)]
    error = np.abs(np.array(heights[:-1]) - heights[-1])
    assert error[0] < 8e-3 and np.log2(error[0] / error[2]) / 4 == pytest.approx(1, abs=0.35)


def test_a_coefficient_that_varies_along_the_wall():
    """v_n = d/dz (B dkappa/dz) on a ripple, with kappa = -u'' - u/r0^2; of second order."""
    error = []
    for segments in (20, 40, 80):
        wall, wavelength = rippled_wall(2.0, segments, amplitude=1e-5)
        k, z = 2 * np.pi / wavelength, wall.points[:, 1]
        b, db = 2 + np.cos(k * z), -k * np.sin(k * z)
        factor = 1.3e-5 * (k**2 - 1 / 1.3**2)
        velocity = factor * (b * -(k**2) * np.cos(k * z) + db * -k * np.sin(k * z))
        moved = relaxed(wall, b, 1e-7, ends=WALL).points - wall.points
        error.append(np.abs(moved[:, 0] / 1e-7 - velocity).max() / np.abs(velocity).max())
    assert error[-1] < 2e-3 and orders(error) == pytest.approx([2, 2], abs=0.15)


# --- stability, conservation --------------------------------------------------------------------------------


@pytest.mark.parametrize("factor", [1e6, 1e9, 1e12])
def test_steps_far_beyond_the_explicit_limit_are_stable(factor, monkeypatch):
    """Random roughness of a wall decays in one linear solve with steps of up to 1e12 explicit limits h^4/(8 B)."""
    solves, displacement = [], DiffusionStep.displacement
    monkeypatch.setattr(DiffusionStep, "displacement", lambda *args: solves.append(0) or displacement(*args))
    z = np.linspace(3.0, 0.0, 61)
    rough = 1 + 1e-3 * np.random.default_rng(5).uniform(-1, 1, 61)
    filament = Filament(np.stack([rough, z], axis=1))
    step, roughness = factor * 0.05**4 / 8, [np.std(rough)]
    for _ in range(5):
        filament = relaxed(filament, 1.0, step, ends=WALL)
        roughness.append(np.std(filament.points[:, 0]))
    assert len(solves) == 5
    assert np.all(np.diff(roughness) < 0) and roughness[-1] < 0.03 * roughness[0]


def test_volume_is_conserved_until_rupture():
    start = rounded_cylinder(0.5, 10.0, 0.1)
    run = relax(start, 1.0, 100.0)
    assert run.reason == "rupture" and 0 < run.rupture_height < 10 and len(run.times) > 50
    steps = np.diff(run.times)
    assert steps.min() < 1e-5 and steps.max() > 1e-2 and 0.3 < run.times[-1] < 0.5  # decades of time
    assert max(abs(f.volume / start.volume - 1) for f in run.filaments) < 1e-12
    assert narrowest_waist(run.filaments[-1])[0] < 0.05 < narrowest_waist(run.filaments[-2])[0]
    assert narrowest_waist(run.filaments[-1])[1] == run.rupture_height


def test_volume_is_conserved_whatever_the_resampling():
    start = rounded_cylinder(0.5, 3.0, 0.05)
    run = relax(start, 1.0, 10.0, spacing=lambda f: np.full(len(f.points), 0.8))
    assert len(run.filaments[1].points) < 10
    assert max(abs(f.volume / start.volume - 1) for f in run.filaments) < 1e-12


@pytest.mark.parametrize("step", [1e-8, 1e-4, 1e-1, 1e3])
def test_volume_and_area_step_by_step(step):
    """Every step conserves the volume and reduces the area, from a rough outline to the sphere."""
    filament = mushroom(3)
    volume, area = filament.volume, [surface_area(filament)]
    for _ in range(15):
        filament = relaxed(filament, 1.0, step)
        assert filament.volume == pytest.approx(volume, rel=1e-13)
        area.append(surface_area(filament))
    assert np.diff(area).max() < 1e-13 * area[0] and area[1] < area[0]


def test_area_falls_along_a_run():
    area = [surface_area(f) for f in relax(rounded_cylinder(0.7, 10.0, 0.1, 0.2), 1.0, 1.0, spacing=None).filaments]
    assert len(area) > 50 and np.diff(area).max() < 0


# --- outlines as they come from growth ----------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(4))
def test_a_mushroom_relaxes_without_folding(seed):
    """Whatever the step, down to the hemisphere; without the division of steps it folds."""
    start = mushroom(seed)
    length = start.segment_lengths
    assert length.min() < 0.03 and length.max() > 0.3
    for step in (1e-12, 1e-8, 1e-5, 1e-3, 1e-1, 10.0, 1e4, 1e12):
        end = relaxed(start, 1.0, step)
        assert sound(end) and len(end.points) == len(start.points)
        assert end.volume == pytest.approx(start.volume, rel=1e-12)
        assert np.abs(end.points - start.points).max() < 1e-3 or step > 1e-10
    assert distance_from_cap(end) < 3e-3
    # Every segment keeps about its share of the length (but for the corners'), so that no points coalesce.
    share = end.segment_lengths / end.segment_lengths.sum() / (length / length.sum())
    assert 0.5 < share.min() and share.max() < 4
    single = DiffusionStep(start, 0.5 * np.pi, "free", ("axis", "floor"))
    one = np.ones(len(start.points))
    assert not all(sound(start.moved(single.displacement(start.points, one, step))) for step in (0.1, 1.0, 1e2, 1e4))


@pytest.mark.parametrize("seed", range(4))
def test_a_rough_wall_relaxes_without_folding(seed):
    """Random radii (0.14 nm about 1 nm) at random heights: turns of more than a right angle all along."""
    random = np.random.default_rng(seed)
    z = 5 - np.cumsum(0.03 * 10 ** random.uniform(size=60))
    z = z[z > 0.02]
    r = np.maximum(1 + 0.2 * np.convolve(random.normal(size=len(z)), [0.5, 0.5], mode="same"), 0.2)
    cap = np.stack([np.linspace(0, r[0], 6)[:-1], np.full(5, 5.0)], axis=1)
    start = Filament(np.vstack([cap, np.stack([r, z], axis=1), [[1.0, 0.0]]]))
    assert np.abs(start.turning()).max() > 1.5
    for step in (1e-8, 1e-4, 1.0, 1e6):
        end = relaxed(start, 1.0, step)
        assert sound(end) and end.volume == pytest.approx(start.volume, rel=1e-12)
        assert surface_area(end) < surface_area(start)
    assert distance_from_cap(end) < 5e-3


@pytest.mark.slow
def test_the_thin_stem_of_a_mushroom_ruptures():
    start = mushroom(0, stem=0.4)
    run = relax(start, 1.0, 1e3)
    assert run.reason == "rupture" and 3 < run.rupture_height < 4.8 and run.times[-1] < 1e3


def test_what_is_immobile_stays():
    start = rounded_cylinder(1.0, 5.0, 0.1)
    z = start.points[:, 1]
    mobility = np.where(z > 2.5, 1.0, 0.0)
    moved = np.hypot(*(relaxed(start, mobility, 1.0).points - start.points).T)
    assert moved[z < 2.4].max() < 1e-6 and moved[0] > 0.1
    assert np.array_equal(relaxed(start, 0.0, 1.0).points, start.points)
    assert np.array_equal(relaxed(start, 1.0, 0.0).points, start.points)


# --- break-up and lifetime ----------------------------------------------------------------------------------


@pytest.mark.parametrize(("ratio", "reason"), [(6.5, "duration"), (7.7, "rupture")])
def test_rods_break_above_the_critical_length(ratio, reason):
    """Rods with hemispherical ends break for L/D > 7.2 (F. A. Nichols, J. Mater. Sci. 11, 1077 (1976)).

    On a floor with a contact angle of 90 degrees stands one half of the rod.
    """
    run = relax(rounded_cylinder(0.5, 0.5 * ratio, 0.05), 1.0, 1e3)
    assert run.reason == reason and run.rupture_height == (0.0 if reason == "rupture" else None)


@pytest.mark.slow
def test_pinch_off_approaches_the_universal_cones():
    """Half angle 46.04 degrees (H. Wong et al., Scripta Mater. 39, 55 (1998)), and a neck ~ (t* - t)^(1/4)."""
    run = relax(
        rounded_cylinder(0.5, 8.0, 0.05),
        1.0,
        10.0,
        tolerance=4e-5,
        spacing=lambda filament: curvature_spacing(filament, 0.2, 4e-4, 0.1),
        smallest_neck=2e-3,
    )
    radius, height, _ = narrowest_waist(run.filaments[-1])
    r, z = run.filaments[-1].points.T
    for side in (1, -1):
        cone = (side * (z - height) > 0) & (r > 5 * radius) & (r < 10 * radius) & (np.abs(z - height) < 30 * radius)
        slope = np.polyfit(z[cone], r[cone], 1)[0]
        assert np.degrees(np.arctan(side * slope)) == pytest.approx(46.04, abs=0.8)
    waist = np.array([narrowest_waist(f)[0] if narrowest_waist(f) else np.nan for f in run.filaments])
    late = (waist < 0.04) & (waist > 0.004)
    left = run.times[-1] - run.times[late]
    assert np.polyfit(np.log(left), np.log(waist[late]), 1)[0] == pytest.approx(0.25, abs=0.01)


@pytest.mark.slow
def test_ripples_however_small_are_followed_until_rupture():
    """A ripple 100 times smaller takes ln(100)/sigma longer, though both are far below the tolerance at first."""
    x, times = 1 / np.sqrt(2), []
    for amplitude in (1e-4, 1e-6):
        wall, _ = rippled_wall(x, 32, amplitude)
        run = relax(wall, 1.0, 1e6, ends=WALL, spacing=None)
        assert run.reason == "rupture"
        times.append(run.times[-1])
    assert times[1] - times[0] == pytest.approx(np.log(100) / growth_rate(x / 1.3, 1.3, 1.0), rel=0.03)


def lifetime(radius, height, edge=1.0):
    """Time to rupture and time in which the tip retracts by 1 nm and by its radius (s), for B = 1 nm4/s."""
    run = relax(
        rounded_cylinder(radius, height, 0.15 * radius, edge * radius),
        1.0,
        1e4 * radius**4,
        tolerance=2e-3 * radius,
        spacing=lambda filament: curvature_spacing(filament, 0.2, 0.04 * radius, 0.3 * radius),
        smallest_neck=0.05 * radius,
    )
    assert run.reason == "rupture"
    heights = np.array([f.height for f in run.filaments])
    first = np.argmax(heights < height - max(1.0, radius)) + 1
    retracted = [np.interp(-(height - d), -heights[:first], run.times[:first]) for d in (1.0, radius)]
    return run.times[-1], *retracted


@pytest.mark.slow
def test_similar_filaments_live_in_proportion_to_the_fourth_power():
    """Herring: the same shape, larger by a factor, takes the factor's fourth power of the time."""
    assert lifetime(0.8, 8.0)[0] / lifetime(0.5, 5.0)[0] == pytest.approx(1.6**4, rel=1e-6)


@pytest.mark.slow
@pytest.mark.parametrize("edge", [1.0, 0.3])
def test_lifetime_of_filaments_of_one_height(edge):
    """10 nm high: the exponent of the time to rupture is 4 +- 0.3, twice the radius lives more than ten times longer.

    Not so the time in which the tip retracts by a given length, which a thicker tip does in fewer of its radii.
    """
    radii = np.array([0.5, 0.6, 0.7, 0.85, 1.0])
    times = np.array([lifetime(radius, 10.0, edge) for radius in radii])
    exponents = np.polyfit(np.log(radii), np.log(times), 1)[0]
    assert exponents[0] == pytest.approx(4.0, abs=0.3)
    assert times[-1, 0] / times[0, 0] > 10
    assert exponents[1] == pytest.approx(2.5, abs=0.3)
    assert exponents[2] == pytest.approx(4.0, abs=0.05)


# --- the driver ---------------------------------------------------------------------------------------------


def test_relax_takes_exactly_its_time():
    start = rounded_cylinder(0.7, 5.0, 0.1)
    exact = relax(start, 1.0, 0.123)
    assert exact.reason == "duration" and exact.times[-1] == 0.123 and np.all(np.diff(exact.times) > 0)
    assert exact.times[0] == 0 and exact.filaments[0] is start and len(exact.filaments) == len(exact.times) > 3
    still = relax(start, 0.0, 5.0)
    assert still.reason == "duration" and still.times[-1] == 5.0
    assert relax(start, 1.0, 0.0).times.tolist() == [0.0]


def test_relax_carries_the_coefficient_through_resampling():
    start = rounded_cylinder(0.7, 5.0, 0.05)
    mobility = np.exp(-start.points[:, 1])
    kept = relax(start, mobility, 3.0, spacing=None).filaments[-1]
    run = relax(start, mobility, 3.0, spacing=lambda f: np.full(len(f.points), 0.1))
    assert len(run.filaments[-1].points) < 0.7 * len(kept.points)
    assert run.filaments[-1].height == pytest.approx(kept.height, abs=0.01)
    assert run.filaments[-1].points[-1, 0] == pytest.approx(kept.points[-1, 0], abs=0.01)
    assert relax(start, mobility.mean(), 3.0).filaments[-1].height < kept.height - 0.1


def test_relax_agrees_with_many_short_steps():
    start = rounded_cylinder(0.7, 4.0, 0.1)
    filament = start
    for _ in range(200):
        filament = relaxed(filament, 1.0, 0.2 / 200)
    assert relax(start, 1.0, 0.2).filaments[-1].height == pytest.approx(filament.height, abs=5e-3)
    assert filament.height < start.height - 0.1


# --- wrong input --------------------------------------------------------------------------------------------

SOUND = [[0, 3], [1, 3], [1, 1], [1, 0]]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"coefficient": -1.0}, "finite and >= 0"),
        ({"coefficient": np.nan}, "finite and >= 0"),
        ({"coefficient": np.ones(3)}, r"one per point \(4\)"),
        ({"duration": -1.0}, ">= 0 s, not -1.0"),
        ({"duration": np.inf}, ">= 0 s, not inf"),
        ({"tolerance": 0.0}, "a length > 0 nm, not 0.0"),
        ({"contact_angle": 0.0}, "between 0 and pi"),
        ({"contact_angle": np.pi}, "between 0 and pi"),
        ({"contact_angle": np.nan}, "between 0 and pi"),
        ({"foot": "loose"}, "not 'loose'"),
        ({"ends": ("floor", "axis")}, r"not \('floor', 'axis'\)"),
        ({"points": [[0.1, 3], *SOUND[1:]]}, "begin on the axis, not at r = 0.1 nm"),
        ({"points": [*SOUND[:-1], [1, 0.1]]}, "end on the counter electrode, not at z = 0.1 nm"),
        ({"points": [SOUND[0], SOUND[1], [0, 1], SOUND[3]]}, "touches the axis"),
        ({"points": [SOUND[0], SOUND[1], SOUND[1], SOUND[3]]}, "same point twice"),
        ({"points": SOUND[:2] + SOUND[3:]}, "n >= 4"),
        ({"points": [*SOUND[:-1], [np.nan, 0]]}, "finite"),
    ],
)
def test_wrong_input_is_refused(arguments, message):
    arguments = {"points": SOUND, "coefficient": 1.0, "duration": 1e-3} | arguments
    filament = Filament(np.array(arguments.pop("points"), dtype=float))
    with pytest.raises(ValueError, match=message):
        relax(filament, **arguments)


def test_a_cylinder_that_cannot_be_is_refused():
    for wrong in ((1, 0.5, 0.1, None), (1, 2, 0, None), (1, 2, 0.1, 1.5), (1, 2, 0.1, 0), (0, 2, 0.1, None)):
        with pytest.raises(ValueError, match="a rounded cylinder needs"):
            rounded_cylinder(*wrong)
