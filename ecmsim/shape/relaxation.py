"""Relaxation of the filament's outline by surface diffusion, driven by curvature. NumPy and SciPy only.

The surface of revolution moves along its normal by v_n = (1/r) d/ds (r B dkappa/ds) (W. W. Mullins, J. Appl. Phys.
28, 333 (1957)): metal flows along the surface from high to low curvature kappa (sum of both principal curvatures,
positive for a sphere). Volume is conserved, the surface area falls, and slender filaments break up (F. A. Nichols
and W. W. Mullins, Trans. AIME 233, 1840 (1965)). diffusion_step has the single step; here are steps over decades of
time, and shapes whose behaviour is known.

Coefficients B in nm4/s, lengths in nm, times in s.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from ecmsim.shape.diffusion_step import DiffusionStep
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.polyline import arc_length

SMALLEST_NECK = 0.05  # nm: less than an atom
# The error of a step of `relax` over its displacement. Modes that decay never exceed 1/9; for those that grow it keeps
# the step below their time, however small they still are.
LARGEST_SHARE = 0.12


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


def _checked_coefficient(coefficient, count):
    """The coefficient as (n,) array; ValueError unless finite and >= 0."""
    coefficient = np.asarray(coefficient, dtype=float)
    if coefficient.shape not in ((), (count,)):
        raise ValueError(f"one coefficient or one per point ({count}) is needed, not an array of {coefficient.shape}")
    if not np.all(np.isfinite(coefficient) & (coefficient >= 0)):
        raise ValueError("coefficients must be finite and >= 0 nm4/s")
    return np.broadcast_to(coefficient, (count,))


# --- over decades of time -------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Relaxation:
    """What `relax` returns. times (m,) in s and the m filaments at them, the first at 0;

    reason: "duration" or "rupture"; rupture_height (nm) where it broke, else None.
    """

    times: np.ndarray
    filaments: list
    reason: str
    rupture_height: float | None


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
):
    """Surface diffusion for `duration` (s) with steps over decades of time, as a Relaxation.

    coefficient: B in nm4/s, a number or one per point (n,). Each step is done at once and in two halves: the
    difference, kept below `tolerance` (nm) and below a share of the displacement, gives the next step and,
    extrapolated, a result of second order. spacing: function of a Filament that returns the wanted segment lengths
    (n,) in nm, or None to keep all points. It ends before the duration with reason "rupture" where a waist (or the
    free foot) becomes thinner than smallest_neck (nm).

    foot "free": slides along the counter electrode, contact_angle (rad) being the angle through the metal;
    "pinned": the last point stays. Nothing flows through either end. ends: ("axis", "floor") for a filament,
    ("axis", "axis") for a floating body; "mirror" in place of either for a piece of wall that ends in a mirror plane
    z = const.

    Raises OutlineError where the outline cannot be followed, ValueError for wrong arguments.
    """
    diffusion = DiffusionStep(filament, contact_angle, foot, ends)
    mobility = _checked_coefficient(coefficient, len(filament.points))
    if not (np.isfinite(duration) and duration >= 0):
        raise ValueError(f"the duration must be a time >= 0 s, not {duration}")
    if not tolerance > 0:
        raise ValueError(f"the tolerance must be a length > 0 nm, not {tolerance}")
    volume, time = filament.volume, 0.0
    times, filaments, reason, height = [0.0], [filament], "duration", None
    if not mobility.max() > 0:
        return Relaxation(np.array([0.0, duration]), [filament, filament], reason, height)
    step = duration
    while time < duration:
        last = step >= duration - time
        step = min(step, duration - time)
        points = filament.points
        whole, change = diffusion.moved(points, mobility, step, volume)
        error = np.inf
        if change <= 1:
            half, first = diffusion.moved(points, mobility, 0.5 * step, volume)
            half, second = diffusion.moved(half, mobility, 0.5 * step, volume) if first <= 1 else (half, np.inf)
            if second <= 1:
                way = np.hypot(*(half - points).T).max()
                allowed = min(tolerance, max(LARGEST_SHARE * way, 1e-7 * tolerance))
                error = np.hypot(*(half - whole).T).max() / allowed
        if not error <= 1:
            step *= 0.25 if error == np.inf else max(0.2, 0.8 / np.sqrt(error))
            if step < max(1e-13 * time, 1e-30 * duration):
                raise OutlineError(f"the outline is too rough to be followed while it relaxes, at {time:.3g} s")
            continue
        moved = diffusion.with_volume(2 * half - whole, half - points, volume)
        filament = Filament(moved)
        if spacing is not None:
            filament, carried = filament.resampled(mobility[:, None], spacing(filament))
            mobility = carried[:, 0]
            # Resampling conserves the volume where it can; here without exception.
            filament = Filament(diffusion.with_volume(filament.points, filament.normals(), volume))
        time = duration if last else time + step
        step *= min(4.0, 0.8 / np.sqrt(max(error, 1e-4)))
        times.append(time)
        filaments.append(filament)
        if broken := diffusion.rupture(filament.points, smallest_neck):
            reason, height = "rupture", broken[1]
            break
    return Relaxation(np.array(times), filaments, reason, height)
