"""The moving surfaces of a cell: the filament's outline with what its points carry, and how one step displaces it.

Adams-Bashforth of second order on marker points; then loops are cut off, surface diffusion smooths (if it is on), a
neck that has thinned to less than an atom breaks, and the memory of the dissolved electrode is brought up to date. Pure
NumPy: no mesh, no fields.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament
from ecmsim.shape.relaxation import relax
from ecmsim.shape.topology import Neck, neck, ruptured, untangled


@dataclass(frozen=True)
class Front:
    """filament; velocity (n, 2) of its points in nm/s; memory (n,): see ActiveElectrode.remembered, nm."""

    filament: Filament
    velocity: np.ndarray
    memory: np.ndarray

    @classmethod
    def at_rest(cls, filament):
        """A filament that has not moved yet."""
        return cls(filament, np.zeros_like(filament.points), np.zeros(len(filament.points)))

    @property
    def carried(self):
        """What the points carry, (n, 3)."""
        return np.column_stack([self.velocity, self.memory])

    @classmethod
    def of(cls, filament, carried):
        return cls(filament, carried[:, :2], carried[:, 2])

    def surface(self, electrode: ActiveElectrode):
        """The active electrode's surface above this front; see ActiveElectrode.surface."""
        return electrode.surface(self.filament, self.memory)

    @property
    def normal_speed(self):
        """Speed of each point along the outward normal, nm/s, (n,)."""
        return (self.velocity * self.filament.normals()).sum(axis=1)

    def resampled(self, spacing):
        """The same front with segments of the wanted lengths (n,); see Filament.resampled."""
        return Front.of(*self.filament.resampled(self.carried, spacing))


@dataclass(frozen=True)
class Rupture:
    """A neck that broke: where, and the volume (nm3) of the metal above it, which the active electrode takes up."""

    neck: Neck
    volume: float


@dataclass(frozen=True)
class Displacement:
    """A displaced front; rupture: what broke off; kept: whether its points are still those from before.

    relaxation: largest way of a point by surface diffusion, nm.
    """

    front: Front
    rupture: Rupture | None
    kept: bool
    relaxation: float


@dataclass(frozen=True)
class FrontMotion:
    """How a front moves.

    electrode: ActiveElectrode, whose nucleus no point enters; rupture_radius: of a neck that breaks, nm;
    contact_angle: of the relaxed filament on the counter electrode, through the metal, rad (None: not stated, as where
    no surface atoms diffuse); nucleus_reach: of the nucleus' hold on the metal around it, nm.
    """

    electrode: ActiveElectrode
    rupture_radius: float
    contact_angle: float | None
    nucleus_reach: float

    @classmethod
    def from_config(cls, config, dissolution, nucleus_reach):
        """The motion that a configuration describes; dissolution: law of the electrode's recess, or None."""
        electrode = ActiveElectrode.from_config(config, dissolution)
        angle = config.surface_diffusion.contact_angle
        angle = None if angle is None else float(np.deg2rad(angle))
        return cls(electrode, float(config.filament.rupture_radius), angle, nucleus_reach)

    def displaced(self, front, previous_velocity, previous_step, step, coefficient=None) -> Displacement:
        """The front after a step (s): reactions first, then surface diffusion.

        previous_velocity (n, 2): of the same points one step (of previous_step s) earlier, or None: explicit Euler.
        coefficient (n,): of surface diffusion at the points, nm4/s, or None. Raises OutlineError when distinct parts of
        the surface meet.
        """
        velocity = front.velocity
        if previous_velocity is not None:
            velocity = velocity + 0.5 * step / previous_step * (velocity - previous_velocity)
            # What comes to rest is not carried on to a way back.
            resting = np.hypot(*front.velocity.T) < 0.1 * np.hypot(*previous_velocity.T)
            velocity[resting & ((velocity * previous_velocity).sum(axis=1) < 0)] = 0.0
        filament = Filament(self._outside(front.filament.points + step * velocity))
        mobility = np.zeros(len(velocity)) if coefficient is None else coefficient
        values = np.column_stack([front.carried, mobility, front.filament.points])
        filament, carried, cut = untangled(filament, values)
        carried, mobility, origin = carried[:, :3], carried[:, 3], carried[:, 4:]
        relaxation = 0.0
        if coefficient is not None and filament.volume > 2 * Filament.nucleus(self.electrode.nucleus_radius).volume:
            before = filament.points
            # It ends early only where a neck becomes so thin that it breaks below.
            thin = 0.5 * self.rupture_radius
            filament = relax(
                filament, mobility, step, contact_angle=self.contact_angle, spacing=None, smallest_neck=thin
            ).filaments[-1]
            relaxation = float(np.hypot(*(filament.points - before).T).max())
        rupture = None
        # Metal that grows is as thin as it has come to be: only what has become thinner breaks.
        thinnest = neck(filament, ((filament.points - origin) * filament.normals()).sum(axis=1) < 0)
        if thinnest and thinnest.radius < self._breaking_radius(thinnest):
            whole = filament.volume
            filament, carried = ruptured(filament, thinnest, carried, self.electrode.nucleus_radius)
            rupture = Rupture(thinnest, whole - filament.volume)
        moved = Front.of(filament, carried)
        moved = replace(moved, memory=self.electrode.remembered(filament, moved.memory))
        return Displacement(moved, rupture, not (cut or rupture), relaxation)

    def _breaking_radius(self, waist):
        """Radius (nm) below which a neck breaks: near the counter electrode that at which the nucleus keeps it."""
        if waist.height < self.electrode.nucleus_radius:
            return max(self.rupture_radius, self.nucleus_reach)
        return self.rupture_radius

    def _outside(self, points):
        """The points, those inside the nucleus moved onto it, the ends on the axis and on the counter electrode."""
        points[0, 0] = points[-1, 1] = 0.0
        distance = np.maximum(np.hypot(*points.T), 1e-12)
        inside = distance < self.electrode.nucleus_radius
        points[inside] *= (self.electrode.nucleus_radius / distance[inside])[:, None]
        return points
