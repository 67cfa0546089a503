"""Relaxation of the filament's outline by surface diffusion, driven by curvature. NumPy and SciPy only.

The surface of revolution moves along its normal by v_n = (1/r) d/ds (r B dkappa/ds) (W. W. Mullins, J. Appl. Phys.
28, 333 (1957)): metal flows along the surface from high to low curvature kappa (sum of both principal curvatures,
positive for a sphere). Volume is conserved, the surface area falls, and slender filaments break up (F. A. Nichols
and W. W. Mullins, Trans. AIME 233, 1840 (1965)).

Discretisation: linear parametric finite elements with position and curvature as unknowns and one linear solve per
step, in the spirit of J. W. Barrett, H. Garcke and R. Nuernberg, Numer. Math. 141, 791 (2019). For each point i,

    volume      a_i . d_i = Q_(i-1/2) - Q_(i+1/2)                            a_i: gradient of the volume
    flux        Q_(i+1/2) = step B 2 pi r/l (kappa_i - kappa_(i+1))          volume that passes a segment of length l
    curvature   m_i kappa_i = n_i . g_i                                      g_i: gradient of the area, half implicit
    spacing     (d_(i+1) - d_i) . t = lambda B l                             the same lambda for all segments

for displacement d, curvature kappa and volume Q. The curvature of the profile is taken at the end of the step (what
stabilises), that around the axis at its start (what destabilises), so that the system is regular for every step,
of first order in the step and of second order in the segments. Taking Q as unknown keeps it regular when the
curvature becomes uniform. What the volume misses in second order of the displacement is given back at the end.

The last equation says where points go along the surface: each keeps its share of the arc length; where B differs,
mobile parts take the changes of length and others none. (Motion along the normal alone would crowd the points at
concave places until the outline folds.) At corners, t is the corner's tangent for both its segments, so that corners
being rounded may take more.

Coefficients B in nm4/s, lengths in nm, times in s.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import solve_banded

from ecmsim.shape.filament import Filament, OutlineError, arc_length, crossing_segments

SMALLEST_NECK = 0.05  # nm: less than an atom
# A single linear step may turn or stretch a segment by this fraction of its length and miss this part of the volume
# (which is then given back): longer ones are divided.
LARGEST_CHANGE, LARGEST_DEFECT = 0.3, 0.01
MOST_PARTS = 1000  # linear steps, refused ones included, before `relaxed` gives up
# The error of a step of `relax` over its displacement. Modes that decay never exceed 1/9; for those that grow it keeps
# the step below their time, however small they still are.
LARGEST_SHARE = 0.12
SHARP = 0.5  # turn (rad) above which a point is a corner, not a point of a curve


class RuptureError(OutlineError):
    """The filament has broken apart. height: where, nm above the counter electrode."""

    def __init__(self, radius, height):
        super().__init__(f"the filament ruptures at z = {height:.3g} nm, where its radius is down to {radius:.3g} nm")
        self.height = height


# --- shapes and their analytic behaviour ----------------------------------------------------------------------


def rounded_cylinder(radius, height, spacing, edge=None):
    """A Filament that is a straight cylinder with a rounded top edge; points evenly spaced along the outline.

    radius, height, spacing and edge in nm; edge: radius of the rounding, by default that of the cylinder (a
    hemispherical cap). The spacing is shortened to divide the outline evenly. ValueError unless
    0 < edge <= radius, edge <= height and spacing > 0.
    """
    edge = radius if edge is None else edge
    if not (0 < edge <= radius and edge <= height and spacing > 0):
        raise ValueError("a rounded cylinder needs 0 < edge <= radius, edge <= height and spacing > 0")
    flat, arc = radius - edge, 0.5 * np.pi * edge
    length = flat + arc + height - edge
    s = np.linspace(0.0, length, int(np.ceil(length / spacing - 1e-9)) + 1)
    angle = np.clip((s - flat) / edge, 0, 0.5 * np.pi)
    r = np.minimum(s, flat) + edge * np.sin(angle)
    z = height - edge * (1 - np.cos(angle)) - np.maximum(s - flat - arc, 0)
    z[-1] = 0.0
    return Filament(np.stack([r, z], axis=1))


def growth_rate(wave_number, radius, coefficient):
    """Growth rate of a small axisymmetric perturbation cos(k z) of a cylinder, in 1/s (Nichols and Mullins 1965).

    sigma = B/r0^4 (k r0)^2 (1 - (k r0)^2): unstable for wavelengths above 2 pi r0, fastest at k r0 = 1/sqrt(2) with
    B/(4 r0^4). wave_number k in 1/nm, radius r0 in nm, coefficient B in nm4/s, any shapes.
    """
    x = (np.asarray(wave_number) * radius) ** 2
    return coefficient / radius**4 * x * (1 - x)


def surface_area(filament):
    """Area of the surface of revolution, exact for the polyline, nm2; the base is not counted."""
    r = filament.points[:, 0]
    return float(np.pi * np.sum((r[:-1] + r[1:]) * filament.segment_lengths))


def neck(filament):
    """The narrowest waist of the metal: (radius in nm, height in nm, index of the point), or None.

    A waist is a point between tip and foot with wider places on both sides of it along the outline, which descends
    there (where it ascends, what is narrow is not the metal but a crater in it).
    """
    r, z = filament.points.T
    wider = np.minimum(np.maximum.accumulate(r), np.maximum.accumulate(r[::-1])[::-1])
    lowest = (r[1:-1] <= np.minimum(r[:-2], r[2:])) & (z[:-2] > z[2:])
    waists = 1 + np.nonzero(lowest & (wider[1:-1] > r[1:-1] * (1 + 1e-6)))[0]
    if not waists.size:
        return None
    index = int(waists[np.argmin(r[waists])])
    return float(r[index]), float(z[index]), index


def curvature_spacing(filament, turning=0.15, smallest=0.02, largest=0.2):
    """Segment lengths wanted at the points, (n,) in nm, for Filament.resampled.

    turning (rad) times the smaller principal radius of curvature, within smallest and largest (nm); from point to
    point it grows by at most 0.3 per length of the way.
    """
    length = filament.segment_lengths
    profile = 2 * np.abs(filament.turning()) / (np.append(length[0], length) + np.append(length, length[-1]))
    r = filament.points[:, 0]
    hoop = np.abs(filament.normals()[:, 0]) / np.where(r > 0, r, np.inf)
    # The largest among neighbours: at the foot a polyline does not turn.
    curvature = np.pad(np.maximum(profile, hoop), 1, mode="edge")
    curvature = np.maximum(np.maximum(curvature[:-2], curvature[2:]), curvature[1:-1])
    wanted = np.clip(turning / np.maximum(curvature, 1e-9), smallest, largest)
    s = arc_length(filament.points)
    return (wanted + 0.3 * np.abs(s[:, None] - s)).min(axis=1)


# --- one step -------------------------------------------------------------------------------------------------


def relaxed(
    filament,
    coefficient,
    step,
    *,
    contact_angle=0.5 * np.pi,
    foot="free",
    ends=("axis", "floor"),
    smallest_neck=SMALLEST_NECK,
):
    """The filament after surface diffusion for `step` (s): same points in the same order, same volume.

    coefficient: B in nm4/s, a number or one per point (n,). Any step is stable. One linear solve serves where it
    changes the outline moderately (see the top of this file); longer steps are divided until each part does, so
    that outlines with thin rims and sharp corners do not fold. The error of time is of first order in the step:
    see `relax` for a given accuracy.

    foot "free": slides along the counter electrode, contact_angle (rad) being the angle through the metal;
    "pinned": the last point stays. Nothing flows through either end. ends: ("axis", "floor") for a filament;
    "mirror" in place of either for a piece of wall that ends in a mirror plane z = const.

    Raises RuptureError where a waist (or the free foot) becomes thinner than smallest_neck (nm), OutlineError
    where the outline cannot be followed, ValueError for wrong arguments.
    """
    problem = _Problem(filament, contact_angle, foot, ends)
    coefficient = _checked_coefficient(coefficient, len(filament.points))
    if not (np.isfinite(step) and step >= 0):
        raise ValueError(f"the step must be a time >= 0 s, not {step}")
    if not coefficient.max() > 0:
        return filament
    points, volume, remaining, part = filament.points, filament.volume, float(step), float(step)
    for _ in range(MOST_PARTS):
        part = min(part, remaining)
        moved, change = problem.moved(points, coefficient, part, volume)
        if change > 1:
            part /= 4
            continue
        points, remaining = moved, remaining - part
        if broken := problem.rupture(points, smallest_neck):
            raise RuptureError(*broken)
        if remaining <= 0:
            return Filament(points)
        part *= 4 if change < 0.25 else 2 if change < 0.5 else 1
    raise OutlineError(f"the outline is too rough to be followed while it relaxes: {remaining:.3g} s are left")


def _checked_coefficient(coefficient, count):
    """The coefficient as (n,) array; ValueError unless finite and >= 0."""
    coefficient = np.asarray(coefficient, dtype=float)
    if coefficient.shape not in ((), (count,)):
        raise ValueError(f"one coefficient or one per point ({count}) is needed, not an array of {coefficient.shape}")
    if not np.all(np.isfinite(coefficient) & (coefficient >= 0)):
        raise ValueError("coefficients must be finite and >= 0 nm4/s")
    return np.broadcast_to(coefficient, (count,))


class _Problem:
    """End conditions of an outline, and the linear step for them."""

    def __init__(self, filament, contact_angle, foot, ends):
        if not 0 < contact_angle < np.pi:
            raise ValueError(f"the contact angle must lie between 0 and pi, not at {contact_angle}")
        if foot not in ("free", "pinned"):
            raise ValueError(f'foot must be "free" or "pinned", not {foot!r}')
        if len(ends) != 2 or ends[0] not in ("axis", "mirror") or ends[1] not in ("floor", "mirror"):
            raise ValueError(f'ends must be "axis" or "mirror" and "floor" or "mirror", not {ends!r}')
        self.axis, self.pinned = ends[0] == "axis", foot == "pinned"
        self.floor = ends[1] == "floor"
        # A mirror plane is a floor that the surface meets at a right angle.
        self.cosine = np.cos(contact_angle) if self.floor and abs(contact_angle - 0.5 * np.pi) > 1e-12 else 0.0
        self._check(filament.points)

    def _check(self, points):
        if np.ndim(points) != 2 or np.shape(points)[1] != 2 or len(points) < 4 or not np.all(np.isfinite(points)):
            raise ValueError("an outline is an array (n, 2) of finite numbers with n >= 4")
        if self.axis and points[0, 0] != 0:
            raise ValueError(f"the outline must begin on the axis, not at r = {points[0, 0]:.3g} nm")
        if self.floor and points[-1, 1] != 0:
            raise ValueError(f"the outline must end on the counter electrode, not at z = {points[-1, 1]:.3g} nm")
        if points[int(self.axis) :, 0].min() <= 0:
            raise ValueError("the outline touches the axis off its tip")
        if np.hypot(*np.diff(points, axis=0).T).min() <= 0:
            raise ValueError("the outline has the same point twice in a row")

    def area_vectors(self, points):
        """Gradient of the volume with respect to the points that may move, (n, 2), nm2."""
        area = Filament(points).area_vectors()
        if not self.axis:
            area[0] = [np.pi / 3 * (points[0, 1] - points[1, 1]) * (2 * points[0, 0] + points[1, 0]), 0.0]
        if self.pinned:
            area[-1] = 0.0
        return area

    def rupture(self, points, smallest):
        """(radius, height) of a waist, or of the foot, thinner than `smallest` (nm); else None."""
        thin = [waist[:2]] if (waist := neck(Filament(points))) else []
        if not self.pinned:
            thin.append((float(points[-1, 0]), float(points[-1, 1])))
        if not self.axis:
            thin.append((float(points[0, 0]), float(points[0, 1])))
        radius, height = min(thin, default=(np.inf, 0.0))
        return (radius, height) if radius < smallest else None

    def moved(self, points, coefficient, step, volume):
        """The points after one linear step, with the given volume, and how far that went relative to what may be.

        Above 1 the step is too long and the points are of no use.
        """
        try:
            displacement = self._displacement(points, coefficient, step)
        except np.linalg.LinAlgError:  # two segments lie upon each other
            return points, np.inf
        moved = points + displacement
        length = np.hypot(*np.diff(points, axis=0).T)
        change = np.max(np.hypot(*np.diff(displacement, axis=0).T) / length) / LARGEST_CHANGE
        change = max(change, abs(Filament(moved).volume / volume - 1) / LARGEST_DEFECT)
        if not change <= 1:
            return moved, np.inf
        moved = self.with_volume(moved, displacement, volume)
        outside = moved[int(self.axis) :, 0].min() <= 0 or (self.floor and moved[:-1, 1].min() <= 0)
        return moved, np.inf if outside or crossing_segments(moved).size else change

    def with_volume(self, points, displacement, volume):
        """Points shifted along their area vectors to the given volume, in proportion to how far they have moved.

        What is immobile stays. The shift is of second order in the displacement.
        """
        for _ in range(4):
            area = self.area_vectors(points)
            size = np.maximum(np.hypot(*area.T), 1e-300)
            share = np.abs((area * displacement).sum(axis=1)) / size
            gain = (share * size).sum()
            if not gain > 0:
                break
            points = points + ((volume - Filament(points).volume) / gain * share / size)[:, None] * area
        return points

    def _displacement(self, points, coefficient, step):
        """Solve the equations at the top of this file; (n, 2), nm. Unknowns per point: d_r, d_z, kappa, Q."""
        n = len(points)
        r, edge = points[:, 0], np.diff(points, axis=0)
        length = np.hypot(*edge.T)
        tangent = edge / length[:, None]
        width = np.pi * (r[:-1] + r[1:])  # mean circumference of a segment
        area = self.area_vectors(points)

        # Gradient of the area, sum of width times length; the latter changes with the displacement.
        stiffness = width / length
        pull = width[:, None] * tangent
        gradient = np.zeros((n, 2))
        gradient[:-1] -= pull
        gradient[1:] += pull
        gradient[:-1, 0] += np.pi * length
        gradient[1:, 0] += np.pi * length
        gradient[-1, 0] -= 2 * np.pi * r[-1] * self.cosine  # Young: what the counter electrode's surface adds

        # The normal halves the angle of the segments: along the surface the area's gradient then vanishes.
        normal = np.zeros((n, 2))
        normal[1:-1] = (tangent[:-1] + tangent[1:]) @ [[0, 1], [-1, 0]]
        normal[1:-1] /= np.maximum(np.hypot(*normal[1:-1].T), 1e-12)[:, None]
        normal[0, int(self.axis)] = 1.0
        normal[-1, 0] = float(not self.pinned)
        weight = (area * normal).sum(axis=1)
        if self.axis:
            # The tip stands for the disc out to half of its segment, not for the third that its area vector says:
            # else its curvature would be wrong by a third, and no sphere at rest.
            weight[0] *= 0.75

        band = np.zeros((11, 4 * n))
        right = np.zeros(4 * n)

        def add(row, column, value):
            band[4 + row - column, column] += value

        i = 4 * np.arange(n)
        inner, left = i[1:-1], slice(None, -1)
        nearby = np.append(width * length, 0) + np.append(0, width * length)
        # Volume.
        for axis in (0, 1):
            add(i, i + axis, area[:, axis] / nearby)
        add(i, i + 3, 1 / nearby)
        add(i[1:], i[1:] - 1, -1 / nearby[1:])
        # Curvature.
        total = np.append(stiffness, 0) + np.append(0, stiffness)
        for axis in (0, 1):
            part = normal[:, axis] / total
            add(i + 1, i + axis, part * total)
            add(i[1:] + 1, i[left] + axis, -part[1:] * stiffness)
            add(i[left] + 1, i[1:] + axis, -part[left] * stiffness)
        add(i + 1, i + 2, -weight / total)
        right[i + 1] = -(gradient * normal).sum(axis=1) / total
        # Spacing: stretch of a segment over its mobility, the same on both sides of a point.
        mobility = 0.5 * (coefficient[:-1] + coefficient[1:])
        relative = np.maximum(mobility / coefficient.max(), 1e-6)
        share = 1 / (length * relative)
        both = (share[:-1] + share[1:])[:, None]
        # Stretch along the segments where the outline is smooth, along the corner's own tangent where it is not,
        # unless mobility ends here: the corner would draw immobile segments along.
        around = sliding_window_view(np.pad(relative, 1, mode="edge"), 4)
        sharp = np.clip(np.abs(Filament(points).turning()[1:-1]) / SHARP, 0, 1)
        sharp = (sharp * around.min(axis=1) / around.max(axis=1))[:, None]
        corner = sharp * (normal[1:-1] @ [[0, -1], [1, 0]])
        before = ((1 - sharp) * tangent[:-1] + corner) * share[:-1, None] / both
        after = ((1 - sharp) * tangent[1:] + corner) * share[1:, None] / both
        for axis in (0, 1):
            add(inner + 2, inner - 4 + axis, before[:, axis])
            add(inner + 2, inner + axis, -before[:, axis] - after[:, axis])
            add(inner + 2, inner + 4 + axis, after[:, axis])
        add(2, 0 if self.axis else 1, 1.0)
        add(i[-1] + 2, i[-1] + 1, 1.0)
        if self.pinned:
            add(i[-1] + 1, i[-1], 1.0)
        # Flux, scaled such that neither a short nor a long step drowns a term; none beyond the foot.
        rate = step * mobility * stiffness
        add(i[left] + 3, i[left] + 2, rate / (1 + rate))
        add(i[left] + 3, i[1:] + 2, -rate / (1 + rate))
        add(i[left] + 3, i[left] + 3, -1 / (1 + rate))
        add(i[-1] + 3, i[-1] + 3, 1.0)

        solution = solve_banded((6, 4), band, right, overwrite_ab=True, overwrite_b=True, check_finite=False)
        return solution.reshape(n, 4)[:, :2]


# --- over decades of time -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relaxation:
    """What `relax` returns. times (m,) in s and the m filaments at them, the first at 0;

    reason: "duration", "rupture" or "stopped"; rupture_height (nm) where it broke, else None; solves: number of
    linear systems solved.
    """

    times: np.ndarray
    filaments: list
    reason: str
    rupture_height: float | None
    solves: int


def relax(
    filament,
    coefficient,
    duration,
    *,
    contact_angle=0.5 * np.pi,
    foot="free",
    ends=("axis", "floor"),
    tolerance=1e-3,
    spacing: Callable | None = curvature_spacing,
    smallest_neck=SMALLEST_NECK,
    stop: Callable | None = None,
    observer: Callable | None = None,
):
    """Surface diffusion for `duration` (s) with steps over decades of time, as a Relaxation.

    Each step is done at once and in two halves: the difference, kept below `tolerance` (nm) and below a share of the
    displacement, gives the next step and, extrapolated, a result of second order. spacing: function of a Filament
    that returns the wanted segment lengths (n,) in nm, or None to keep all points. It ends before the duration with
    reason "rupture" where a waist (or the free foot) becomes thinner than smallest_neck (nm), or "stopped" after the
    first step for which stop(filament) holds. observer(time, filament) is called after every step. Other arguments
    and errors as for `relaxed`.
    """
    problem = _Problem(filament, contact_angle, foot, ends)
    mobility = _checked_coefficient(coefficient, len(filament.points))
    if not (np.isfinite(duration) and duration >= 0):
        raise ValueError(f"the duration must be a time >= 0 s, not {duration}")
    if not tolerance > 0:
        raise ValueError(f"the tolerance must be a length > 0 nm, not {tolerance}")
    volume, time, solves = filament.volume, 0.0, 0
    times, filaments, reason, height = [0.0], [filament], "duration", None
    if not mobility.max() > 0:
        return Relaxation(np.array([0.0, duration]), [filament, filament], reason, height, solves)
    step = duration
    while time < duration:
        last = step >= duration - time
        step = min(step, duration - time)
        points = filament.points
        whole, change = problem.moved(points, mobility, step, volume)
        solves += 1
        error = np.inf
        if change <= 1:
            half, first = problem.moved(points, mobility, 0.5 * step, volume)
            half, second = problem.moved(half, mobility, 0.5 * step, volume) if first <= 1 else (half, np.inf)
            solves += 2
            if second <= 1:
                way = np.hypot(*(half - points).T).max()
                allowed = min(tolerance, max(LARGEST_SHARE * way, 1e-7 * tolerance))
                error = np.hypot(*(half - whole).T).max() / allowed
        if not error <= 1:
            step *= 0.25 if error == np.inf else max(0.2, 0.8 / np.sqrt(error))
            if step < max(1e-13 * time, 1e-30 * duration):
                raise OutlineError(f"the outline is too rough to be followed while it relaxes, at {time:.3g} s")
            continue
        moved = problem.with_volume(2 * half - whole, half - points, volume)
        filament = Filament(moved)
        if spacing is not None:
            filament, carried = filament.resampled(mobility[:, None], spacing(filament))
            mobility = carried[:, 0]
            # Resampling conserves the volume where it can; here without exception.
            filament = Filament(problem.with_volume(filament.points, filament.normals(), volume))
        time = duration if last else time + step
        step *= min(4.0, 0.8 / np.sqrt(max(error, 1e-4)))
        times.append(time)
        filaments.append(filament)
        if observer is not None:
            observer(time, filament)
        if broken := problem.rupture(filament.points, smallest_neck):
            reason, height = "rupture", broken[1]
            break
        if stop is not None and stop(filament):
            reason = "stopped"
            break
    return Relaxation(np.array(times), filaments, reason, height, solves)
