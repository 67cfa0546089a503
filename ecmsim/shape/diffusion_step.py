"""One linear step of surface diffusion of an outline: finite elements on its segments. NumPy and SciPy only.

Linear parametric finite elements with position and curvature as unknowns and one linear solve per step, in the spirit
of J. W. Barrett, H. Garcke and R. Nuernberg, Numer. Math. 141, 791 (2019). For each point i,

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

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from scipy.linalg import solve_banded

from ecmsim.shape.filament import Filament
from ecmsim.shape.polyline import crossing_segments

# A single linear step may turn or stretch a segment by this fraction of its length and miss this part of the volume
# (which is then given back): longer ones are divided.
LARGEST_CHANGE, LARGEST_DEFECT = 0.3, 0.01
SHARP = 0.5  # turn (rad) above which a point is a corner, not a point of a curve


def narrowest_waist(filament):
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


class DiffusionStep:
    """End conditions of an outline, and the linear step for them.

    contact_angle (rad): of the free foot on the counter electrode, through the metal; foot: "free" or "pinned"; ends:
    "axis" or "mirror", "floor", "mirror" or "axis" (see relaxation.relax). ValueError where they or the outline make no
    sense.
    """

    def __init__(self, filament, contact_angle, foot, ends):
        if not 0 < contact_angle < np.pi:
            raise ValueError(f"the contact angle must lie between 0 and pi, not at {contact_angle}")
        if foot not in ("free", "pinned"):
            raise ValueError(f'foot must be "free" or "pinned", not {foot!r}')
        if len(ends) != 2 or ends[0] not in ("axis", "mirror") or ends[1] not in ("floor", "mirror", "axis"):
            raise ValueError(f'ends must be "axis" or "mirror" and "floor", "mirror" or "axis", not {ends!r}')
        self.axis, self.pole, self.floor = ends[0] == "axis", ends[1] == "axis", ends[1] == "floor"
        self.pinned = foot == "pinned" and not self.pole
        self._inner = slice(int(self.axis), -1 if self.pole else None)  # points off the axis
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
        if self.pole and points[-1, 0] != 0:
            raise ValueError(f"the outline must end on the axis, not at r = {points[-1, 0]:.3g} nm")
        if points[self._inner, 0].min() <= 0:
            raise ValueError("the outline touches the axis off its tip")
        if np.hypot(*np.diff(points, axis=0).T).min() <= 0:
            raise ValueError("the outline has the same point twice in a row")

    def area_vectors(self, points):
        """Gradient of the volume with respect to the points that may move, (n, 2), nm2."""
        area = Filament(points).area_vectors().copy()
        if not self.axis:
            area[0] = [np.pi / 3 * (points[0, 1] - points[1, 1]) * (2 * points[0, 0] + points[1, 0]), 0.0]
        if self.pinned:
            area[-1] = 0.0
        return area

    def rupture(self, points, smallest):
        """(radius, height) of a waist, or of the foot, thinner than `smallest` (nm); else None."""
        thin = [waist[:2]] if (waist := narrowest_waist(Filament(points))) else []
        if not (self.pinned or self.pole):
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
            displacement = self.displacement(points, coefficient, step)
        except np.linalg.LinAlgError:  # two segments lie upon each other
            return points, np.inf
        moved = points + displacement
        length = np.hypot(*np.diff(points, axis=0).T)
        change = np.max(np.hypot(*np.diff(displacement, axis=0).T) / length) / LARGEST_CHANGE
        change = max(change, abs(Filament(moved).volume / volume - 1) / LARGEST_DEFECT)
        if not change <= 1:
            return moved, np.inf
        moved = self.with_volume(moved, displacement, volume)
        outside = moved[self._inner, 0].min() <= 0 or (self.floor and moved[:-1, 1].min() <= 0)
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

    def displacement(self, points, coefficient, step):
        """What one solve of the equations at the top of this file gives; (n, 2), nm. Per point: d_r, d_z, kappa, Q."""
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
        normal[-1] = [0.0, -1.0] if self.pole else [float(not self.pinned), 0.0]
        weight = (area * normal).sum(axis=1)
        if self.axis:
            # The tip stands for the disc out to half of its segment, not for the third that its area vector says:
            # else its curvature would be wrong by a third, and no sphere at rest.
            weight[0] *= 0.75
        if self.pole:
            weight[-1] *= 0.75

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
        add(i[-1] + 2, i[-1] + int(not self.pole), 1.0)
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
