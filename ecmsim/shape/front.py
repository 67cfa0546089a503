"""The moving surfaces of a cell: the filament's outline with what its points carry, and how one step displaces it.

A predictor and a corrector on marker points: the way of a step is first that of the straight line through the last two
velocities (Adams and Bashforth), and with the next step comes what it lacks to that of the parabola through the last
three (Adams and Moulton), so that no error of the first adds up. Then loops are cut off, surface diffusion smooths each
body (if it is on), bodies that touch become one, a neck that has thinned to less than an atom breaks, and the memory of
the dissolved electrode is brought up to date. Pure NumPy: no mesh, no fields.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from ecmsim.shape.bodies import WIDER, absorbed, broken, merged, touching, with_volume
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament, OutlineError
from ecmsim.shape.needle import surface_around
from ecmsim.shape.relaxation import relax
from ecmsim.shape.topology import Neck, neck, ruptured, untangled

CRUMB = 1e-4  # of the nucleus' volume: the point of a needle, at whose foot nothing breaks
STOPPED = 0.01  # of the speed a step before: a point has come to rest


@dataclass(frozen=True)
class Front:
    """filament; velocity (n, 2) of its points in nm/s; memory (n,): see ActiveElectrode.remembered, nm; owed (n, 2):
    way that they still have to go, nm; previous: their velocities one step earlier, None where the present ones do not
    go on from them; needle: the front of the active electrode's own, upside down (ecmsim.shape.needle), or None."""

    filament: Filament
    velocity: np.ndarray
    memory: np.ndarray
    owed: np.ndarray
    previous: np.ndarray | None = None
    needle: "Front | None" = None

    @classmethod
    def at_rest(cls, filament, needle=None):
        """A filament, and a needle of the active electrode (Filament, upside down), that have not moved yet."""
        rest = np.zeros_like(filament.points)
        return cls(filament, rest, rest[:, 0], rest, needle=needle and cls.at_rest(needle))

    @property
    def carried(self):
        """What the points carry, (n, 5), or (n, 7) with the previous velocities."""
        return np.column_stack([self.memory, self.owed, self.velocity, *self._before])

    @property
    def _before(self):
        return () if self.previous is None else (self.previous,)

    @classmethod
    def of(cls, filament, carried, needle=None):
        """A front whose points carry what another's `carried` told."""
        owed, velocity, *before = (carried[:, k : k + 2] for k in range(1, carried.shape[1], 2))
        return cls(filament, velocity, carried[:, 0], owed, *before, needle=needle)

    def moving(self, velocity, step, last, parted=False, needle_velocity=None):
        """The same front at its new velocity (n, 2), nm/s, which makes known what way it should have gone.

        step: it took to come here, s, None where none was taken; last: the one before, s; parted: the new velocity does
        not go on from the one before, which held until now; needle_velocity: that of the needle's points.
        """
        needle = self.needle and self.needle.moving(needle_velocity, step, last, parted)
        if step is None:
            return replace(self, velocity=velocity, previous=None, needle=needle)
        way = step * self.velocity if parted else integral(velocity, self.velocity, self.previous, step, last)
        owed = self.owed + way
        # What has come to rest does so at an obstacle, as the nucleus is, and not in the midst of the step.
        owed[np.hypot(*velocity.T) <= STOPPED * np.hypot(*self.velocity.T)] = 0.0
        return replace(self, velocity=velocity, owed=owed, previous=None if parted else self.velocity, needle=needle)

    @property
    def begun_anew(self):
        """The same front, whose velocities go on from no earlier ones."""
        return replace(self, previous=None, needle=self.needle and self.needle.begun_anew)

    @cached_property
    def misplaced(self):
        """Largest way that a point still has to go, nm."""
        own = float(np.hypot(*self.owed.T).max())
        return max(own, self.needle.misplaced) if self.needle else own

    @property
    def metals(self):
        """The filament and, if there is one, the needle, upside down: a tuple of Filaments."""
        return (self.filament, self.needle.filament) if self.needle else (self.filament,)

    @cached_property
    def speed(self):
        """Largest speed of a point, nm/s."""
        own = float(np.hypot(*self.velocity.T).max())
        return max(own, self.needle.speed) if self.needle else own

    def check(self, cell_radius):
        """Raise OutlineError where a surface is none of solid metal, or nears the wall; see Filament.check."""
        self.filament.check(cell_radius)
        if self.needle:
            try:
                self.needle.filament.check(cell_radius)
            except OutlineError as error:
                raise OutlineError(f"the active electrode's needle, upside down: {error}") from None

    @property
    def paid(self):
        """The filament after the way that its points still owe."""
        return Filament(self.filament.points + self.owed)

    def surface(self, electrode: ActiveElectrode):
        """The active electrode's surface above this front; see ActiveElectrode.surface and surface_around."""
        if self.needle:
            return surface_around(self.needle.filament, electrode.layer_thickness, electrode.cell_radius)
        return electrode.surface(self.filament, self.memory)

    @property
    def normal_speed(self):
        """Speed of each point along the outward normal, nm/s, (n,)."""
        return (self.velocity * self.filament.normals()).sum(axis=1)

    def resampled(self, spacing, needle_spacing=None, electrode: ActiveElectrode | None = None):
        """The same front with segments of the wanted lengths (n,), those of the needle (m,); see Filament.resampled.

        Small bodies would not always keep their volume by it: among several each is given back what it had. electrode:
        whose surface stays where it is.
        """
        needle = self.needle and self.needle.resampled(needle_spacing)
        depth = electrode.depth(self.filament, self.memory) if electrode else self.memory
        filament, values = self.filament.resampled(np.column_stack([self.carried, depth]), spacing)
        carried, depth = values[:, :-1], values[:, -1]
        if len(filament.parts) > 1:
            pairs = zip(filament.bodies, self.filament.bodies, strict=True)
            filament = Filament.of_bodies([with_volume(new, old.volume, new.points[0], np.inf) for new, old in pairs])
        if electrode:
            carried[:, 0] = electrode.left_alone(filament, carried[:, 0], depth)
        return Front.of(filament, carried, needle)


def integral(now, before, earlier, step, last):
    """Of a quantity over a step (s): of the parabola through its values now, before that step, and before the last one
    (s); of the straight line where earlier is None. The corrector of Adams and Moulton for unequal steps (Hairer,
    Norsett, Wanner, Solving Ordinary Differential Equations I, III.1 and III.5)."""
    found = 0.5 * step * (now + before)
    if earlier is None:
        return found
    return found - step**3 / 6 * ((now - before) / step - (before - earlier) / last) / (step + last)


def continued(now, before, step, last):
    """Integral over the coming step (s) of the straight line through a quantity's values now and before the last step
    (s), of the present value where before is None: the predictor of Adams and Bashforth for unequal steps."""
    return step * now if before is None else step * now + 0.5 * step**2 / last * (now - before)


@dataclass(frozen=True)
class Rupture:
    """A neck that broke: where, and the volume (nm3) of the metal above it, which floats, or else the active electrode
    takes it up."""

    neck: Neck
    volume: float
    floats: bool = False

    @property
    def lost(self):
        """Volume that is no longer the filament's, nm3."""
        return 0.0 if self.floats else self.volume


@dataclass(frozen=True)
class Union:
    """Two bodies of metal that became one: height of the place, volume of the smaller one (nm, nm3); dissolved: that
    one was less than an atom, and its metal went over to the other."""

    height: float
    volume: float
    dissolved: bool = False


@dataclass(frozen=True)
class Displacement:
    """A displaced front; rupture: what broke off; kept: whether its points are still those from before.

    relaxation: largest way of a point by surface diffusion, nm; unions: bodies that became one.
    """

    front: Front
    rupture: Rupture | None
    kept: bool
    relaxation: float
    unions: tuple = ()


@dataclass(frozen=True)
class FrontMotion:
    """How a front moves.

    electrode: ActiveElectrode, whose nucleus no point enters; rupture_radius: of a neck that breaks, nm;
    contact_angle: of the relaxed filament on the counter electrode, through the metal, rad (None: not stated, as where
    no surface atoms diffuse); nucleus_reach: of the nucleus' hold on the metal around it, nm; contact_gap: between
    bodies that touch, nm; None: there is but one body, and what breaks off joins the active electrode.
    """

    electrode: ActiveElectrode
    rupture_radius: float
    contact_angle: float | None
    nucleus_reach: float
    contact_gap: float | None = None

    @classmethod
    def from_config(cls, config, dissolution, nucleus_reach):
        """The motion that a configuration describes; dissolution: law of the electrode's recess, or None."""
        electrode = ActiveElectrode.from_config(config, dissolution)
        angle = config.surface_diffusion.contact_angle
        angle = None if angle is None else float(np.deg2rad(angle))
        gap = float(config.tunnelling.contact_gap)
        return cls(electrode, float(config.filament.rupture_radius), angle, nucleus_reach, gap)

    def displaced(self, front, last, step, coefficient=None, needle_coefficient=None) -> Displacement:
        """The front after a step (s): reactions first, then surface diffusion.

        last: the step before, s, over which front.previous became front.velocity. coefficient (n,): of surface
        diffusion at the points, nm4/s, or None; needle_coefficient (m,): at the needle's. Raises OutlineError when
        distinct parts of a surface meet, and where a needle breaks: only the filament's metal may float.
        """
        move = self._displaced(front, last, step, coefficient)
        if not front.needle:
            return move
        other = self._displaced(front.needle, last, step, needle_coefficient)
        if other.rupture:
            height = other.rupture.neck.height
            raise OutlineError(f"the active electrode's needle would break, {height:.3g} nm from the electrode's plane")
        moved = replace(move.front, needle=other.front)
        way = max(move.relaxation, other.relaxation)
        return replace(move, front=moved, kept=move.kept and other.kept, relaxation=way)

    def _displaced(self, front, last, step, coefficient) -> Displacement:
        """The same for one front alone."""
        velocity = front.velocity
        planned = continued(velocity, front.previous, step, last)
        way = planned + front.owed
        if front.previous is not None:
            # What comes to rest does so at an obstacle: it is not carried on to a way back, and owes nothing.
            resting = np.hypot(*velocity.T) < 0.1 * np.hypot(*front.previous.T)
            resting &= (way * front.previous).sum(axis=1) < 0
            way[resting] = planned[resting] = 0.0
        filament = Filament(self._outside(front.filament, front.filament.points + way))
        front = replace(front, owed=-planned)
        mobility = np.zeros(len(velocity)) if coefficient is None else coefficient
        values = np.column_stack([front.carried, mobility, front.filament.points])
        filament, carried, cut = untangled(filament, values)
        carried, mobility, origin = carried[:, :-3], carried[:, -3], carried[:, -2:]
        relaxation = 0.0
        if coefficient is not None:
            before = filament.points
            filament = self._relaxed(filament, mobility, step)
            relaxation = float(np.hypot(*(filament.points - before).T).max())
        values, unions = np.column_stack([carried, origin]), []
        while touch := self.contact_gap and touching(filament, self.contact_gap):
            filament, values, union = self._joined(filament, *touch, values)
            unions.append(union)
        rupture = None
        # Metal that grows is as thin as it has come to be: only what has become thinner breaks. Of a new neck that is
        # not known.
        shrinks = ((filament.points - values[:, -2:]) * filament.normals()).sum(axis=1) < 0
        thinnest = neck(filament, shrinks) if not unions else None
        whole = filament
        if thinnest and thinnest.radius < self._breaking_radius(thinnest):
            left, kept, rupture = self._broken(filament, thinnest, values)
            if rupture is None or rupture.floats or rupture.volume > CRUMB * self._nucleus_volume:
                filament, values = left, kept
            else:
                rupture = None
        while (small := self._less_than_an_atom(filament)) is not None:
            lost = filament.bodies[small]
            filament, values = absorbed(filament, small, values, 2 * self.rupture_radius)
            if rupture is None:
                unions.append(Union(lost.height, lost.volume, dissolved=True))
            elif len(filament.parts) <= len(whole.parts):
                rupture = None  # what broke off was less than an atom
        changed = filament is not whole or bool(unions)
        moved = Front.of(filament, values[:, :-2])
        moved = replace(moved, memory=self.electrode.remembered(filament, moved.memory))
        return Displacement(moved, rupture, not (cut or changed), relaxation, tuple(unions))

    @property
    def _nucleus_volume(self):
        return Filament.nucleus(self.electrode.nucleus_radius).volume

    def _relaxed(self, filament, mobility, step):
        """The filament after surface diffusion of each body for a step (s); what is no more than two nuclei is left."""
        # It ends early only where a neck becomes so thin that it breaks below.
        settings = {"contact_angle": self.contact_angle, "spacing": None, "smallest_neck": 0.5 * self.rupture_radius}
        least, bodies = 2 * self._nucleus_volume, []
        for body, part in zip(filament.bodies, filament.parts, strict=True):
            ends = ("axis", "axis" if body.floats else "floor")
            if body.volume > least:
                body = relax(body, mobility[part], step, ends=ends, **settings).filaments[-1]
            bodies.append(body)
        return Filament.of_bodies(bodies) if len(bodies) > 1 else bodies[0]

    def _joined(self, filament, which, radius, values):
        """The filament with two bodies joined that touch at a radius (nm), its values, and the Union."""
        upper, lower = filament.bodies[which : which + 2]
        union = Union(float(0.5 * (upper.points[-1, 1] + lower.height)), min(upper.volume, lower.volume))
        return *merged(filament, which, values, max(radius, WIDER * self.rupture_radius)), union

    def _broken(self, filament, at: Neck, values):
        """The filament after a neck has broken, its values, and the Rupture; None where nothing is above."""
        if self.contact_gap is None:
            left, values = ruptured(filament, at, values, self.electrode.nucleus_radius)
            return left, values, Rupture(at, filament.volume - left.volume)
        opening = 2 * self.rupture_radius
        left, values, above = broken(filament, at.index, values, opening, self.electrode.nucleus_radius)
        return left, values, Rupture(at, above, floats=True) if above else None

    def _less_than_an_atom(self, filament):
        """The smallest floating body if it is less than an atom, a sphere of the radius of a neck that breaks."""
        floating = [body.volume for body in filament.bodies[:-1]]
        if floating and min(floating) < 4 / 3 * np.pi * self.rupture_radius**3:
            return int(np.argmin(floating))
        return None

    def _breaking_radius(self, waist):
        """Radius (nm) below which a neck breaks: near the counter electrode that at which the nucleus keeps it."""
        if waist.height < self.electrode.nucleus_radius:
            return max(self.rupture_radius, self.nucleus_reach)
        return self.rupture_radius

    def _outside(self, filament, points):
        """The points, those inside the nucleus moved onto it, the ends on the axis and on the counter electrode."""
        points[0, 0] = points[-1, 1] = 0.0
        points[filament.points[:, 0] == 0, 0] = 0.0  # poles of bodies
        distance = np.maximum(np.hypot(*points.T), 1e-12)
        inside = distance < self.electrode.nucleus_radius
        inside[: filament.parts[-1].start] = False  # a body that comes so near touches it
        points[inside] *= (self.electrode.nucleus_radius / distance[inside])[:, None]
        return points
