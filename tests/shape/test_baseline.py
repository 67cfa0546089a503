"""What every public function of ecmsim.shape told before, of outlines of every kind: nothing of it changes unseen.

The tables stand beside this file; what is right, the other tests of this room know.
"""

from types import SimpleNamespace

import numpy as np
import pytest
from helpers.before import told
from helpers.outlines import FILAMENTS, ball, front, grown, overhanging

from ecmsim.config.numerics import Mesh
from ecmsim.physics.dissolution import MirroredDissolution
from ecmsim.physics.nucleus import StableNucleus
from ecmsim.shape import bodies, gap, needle, polyline, relaxation, spacing, topology
from ecmsim.shape.curvature import curvature
from ecmsim.shape.diffusion_step import DiffusionStep, narrowest_waist
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front, FrontMotion, continued, integral
from ecmsim.shape.gap import Gap

ELECTRODE = ActiveElectrode(10.0, 25.0, 0.128, MirroredDissolution(0.3, 0.42), 0.35)
MOTION = FrontMotion(ELECTRODE, 0.128, 1.3, StableNucleus(0.128, 10.0).reach, 0.05)


def speed_of(filament):
    """Grows above, dissolves below, nm/s."""
    return np.cos(0.5 * filament.points[:, 1]) + 0.1


def test_filaments(file_regression):
    found = {}
    for name, filament in FILAMENTS.items():
        speed, radii = speed_of(filament), np.linspace(0.0, 2.0, 7)
        count = len(filament.parts)
        rates = (1.3, 0.4) if count == 1 else (np.linspace(0.2, 1.3, count), np.linspace(0.4, 0.1, count))
        found[name] = {
            name: getattr(filament, name)
            for name in ("volume", "height", "highest", "radius_max", "radius_mean", "floats", "clearance", "around")
        } | {
            "lengths": filament.segment_lengths,
            "area": filament.area_vectors(),
            "normals": filament.normals(),
            "turning": filament.turning(),
            "velocity": filament.growth_velocity(speed),
            "balanced": filament.growth_velocity(speed, *rates),
            "sharpening": filament.sharpening(speed).astype(float),
            "top": filament.top(),
            "top_height": filament.top_height(radii),
            "diameter": filament.local_diameter(np.linspace(0.0, filament.height + 0.5, 9)),
            "coarser": filament.resampled(filament.points, np.full(len(filament.points), 0.9)),
            "finer": filament.resampled(filament.points, np.full(len(filament.points), 0.17)),
            "curvature": curvature(filament, 0.3),
            "waist": narrowest_waist(filament),
        }
    told(file_regression, found)


def test_polylines(file_regression, loops):
    points, zigzag = grown(7.3).points, overhanging().points
    crossed = np.vstack([points[:10], points[4:1:-1] + [0.3, 0.05], points[10:]])
    sharp = np.array([[0.0, 3.0], [0.4, 2.9], [1.0, 2.8], [1.0, 1.5], [1.1, 0.4], [2.0, 0.0]])
    found = {
        "cross2": polyline.cross2(points[1:], points[:-1]),
        "length": polyline.arc_length(points),
        "distance": polyline.distance_to_polyline(points, zigzag[::-1] + [0.4, 2.0]),
        "crossing": polyline.crossing_segments(crossed),
        "no crossing": len(polyline.crossing_segments(zigzag)),
        "turns": polyline.turns(np.diff(zigzag, axis=0)),
        "corners": np.flatnonzero(polyline.corners(sharp)),
        "spaced": polyline.spaced(sharp, sharp, np.array([0.2, 0.3, 0.3, 0.5, 0.4, 0.6])),
        "crowded": polyline.spaced(zigzag, zigzag, np.full(len(zigzag), 0.8)),
        "a little crowded": polyline.spaced(zigzag, zigzag, np.full(len(zigzag), 1.15)),
        "body": polyline.spaced(ball(0.7, 3.0).points, ball(0.7, 3.0).points, np.full(13, 0.12)),
    }
    told(file_regression, found, basename="test_polylines")


def test_gaps(file_regression, loops):
    found = {}
    for name in ("in the void", "overhanging", "three bodies", "needle"):
        own = front(name)
        between = Gap(own.filament, own.surface(ELECTRODE))
        found[name] = {
            definition: {
                "columns": between.columns(definition),
                "bodies": between.between_bodies(definition),
                "seen": between.seen(definition),
                "smallest": between.smallest(definition),
                "from_filament": between.from_filament(definition),
                "from_electrode": between.from_electrode(definition),
            }
            for definition in ("vertical", "shortest")
        } | {"underside": between.underside}
    # Under an electrode that hangs over, and that comes down to the metal.
    hanging = np.array([[0.0, 7.9], [0.8, 7.4], [1.6, 8.0], [1.2, 8.9], [2.5, 10.0], [25.0, 10.0]])
    below = Gap(grown(7.3), hanging)
    found |= {"hanging": below.columns("vertical"), "hanging, underside": below.underside}
    radius = np.linspace(0.05, 1.9, 12)
    for choose in (np.argmax, np.argmin):
        found[f"covering {choose.__name__}"] = gap.covering(overhanging().points, radius, choose)
    told(file_regression, found, basename="test_gaps")


SIZES = {  # whatever the defaults come to be
    "nucleus_segments": 12,
    "surface_size": "0.4 nm",
    "smallest_size": "0.02 nm",
    "largest_size": "4 nm",
    "cells_across_gap": 3,
    "turning": 0.25,
    "growth": 0.35,
}
MESHES = {
    "coarse": Mesh(**SIZES, contact_line=0, void_edge=0),
    "graded": Mesh(**SIZES, contact_line=0.05, void_edge=0.2),
    "fine": Mesh(**SIZES, contact_line=0.1, void_edge=0.4, refinement=2),
}


@pytest.mark.parametrize("mesh", MESHES)
def test_spacings(file_regression, mesh):
    numerics, found = MESHES[mesh].refined(), {}
    for name in [*FILAMENTS, "needle"]:
        own = front(name)
        surface = own.surface(ELECTRODE)
        wanted = spacing.spacings(own, ELECTRODE, numerics)
        nodes = spacing.needle_nodes if own.needle else spacing.electrode_nodes
        points, markers = nodes(surface, *(() if own.needle else (own.filament,)), numerics)
        found[name] = {
            "wanted": wanted,
            "at rest": spacing.filament_spacing(own.filament, surface, numerics),
            "reach": spacing.rim_reach(own.filament, numerics),
            "nodes": points,
            "markers": markers,
            "mirrored": None if own.needle else spacing.mirrored(surface, markers[markers >= 0]),
        }
    found["graded"] = spacing.graded(np.array([3.0, 0.2, 1.0, 5.0, 0.1]), grown(7.3).points[:5] * 4, 0.4)
    told(file_regression, found)


def test_electrodes_and_needles(file_regression):
    found = {}
    for name in [*FILAMENTS, "needle"]:
        own = front(name)
        found[name] = {"surface": own.surface(ELECTRODE)}
        if not own.needle:
            memory = 0.2 * np.cos(np.arange(len(own.filament.points)))
            found[name] |= {
                "with a memory": ELECTRODE.surface(own.filament, memory),
                "remembered": ELECTRODE.remembered(own.filament, memory),
                "inert": ActiveElectrode(10.0, 25.0, 0.128, None).surface(own.filament),
            }
    hanging = needle.cone(0.5, 0.4, 2.0, 0.3)
    found |= {
        "cone": hanging,
        "pillar": needle.cone(0.6, 0.0, 1.5, 0.4),
        "upside down": needle.upside_down(hanging.points, 10.0),
        "around": needle.surface_around(hanging, 10.0, 25.0),
        "needle of": needle.needle_of(needle.surface_around(hanging, 10.0, 25.0), 10.0),
    }
    told(file_regression, found)


def carried(filament):
    """Two values of each point."""
    n = np.arange(float(len(filament.points)))
    return np.stack([np.sin(n), n], axis=1)


def hourglass(waist, height=6.0, floats=False):
    z = np.linspace(height, 0.0, 25)
    r = waist + (1.0 - waist) * np.cos(np.pi * z / height) ** 2 + 0.03 * z
    r[12] = waist
    points = np.vstack([[0.0, height], np.stack([r, z], axis=1)])
    return Filament(np.vstack([points, [0.0, 0.0]]) + [0.0, 1.2]) if floats else Filament(points)


BREAKING = {
    "rooted": hourglass(0.12),
    "floating": Filament.of_bodies([hourglass(0.12, floats=True), Filament.nucleus(0.5)]),
    "at the foot": Filament(
        np.array([[0, 1], [0.3, 1], [0.4, 0.8], [0.4, 0.5], [0.3, 0.3], [0.2, 0.2], [0.14, 0.05], [0.13, 0]])
    ),
    "a knob": Filament(np.array([[0, 2.08], [0.2, 2.06], [0.12, 2.0], [0.3, 1.8], [0.5, 1.0], [0.6, 0]])),
}


def test_what_breaks_and_merges(file_regression):
    found = {}
    for name, whole in BREAKING.items():
        at = topology.neck(whole)
        values = carried(whole)
        found[name] = {
            "neck": at,
            "thin": topology.neck(whole, whole.points[:, 1] > at.height + 0.3),
            "broken": bodies.broken(whole, at.index, values, 0.256, 0.128),
            "gone": None if len(whole.parts) > 1 else topology.ruptured(whole, at, values, 0.128),
            "fatter": bodies.with_volume(whole.bodies[0], 1.05 * whole.bodies[0].volume, whole.points[2], 0.4),
            "spared": bodies.with_volume(whole.bodies[0], 0.97 * whole.bodies[0].volume, whole.points[2], 0.4, True),
            "much fatter": bodies.with_volume(whole.bodies[0], 3 * whole.bodies[0].volume, whole.points[2], 0.1),
        }
    low = FILAMENTS["three bodies"]
    near = Filament.of_bodies([ball(0.5, 8.9, 10), ball(1.2, 6.99, 14), grown(3.9, segments=10)])
    sunk = Filament.of_bodies([ball(0.5, 8.9, 10), ball(0.6, 4.9, 14), grown(3.9, segments=10)])
    beside = Filament.of_bodies([ball(0.9, 6.0), grown(4.97)])
    found |= {
        "touching": [bodies.touching(case, 0.2) for case in (low, near, beside)],
        "merged": bodies.merged(near, 0, carried(near), 0.256),
        "merged with the root": bodies.merged(beside, 0, carried(beside), 0.3),
        "absorbed above": bodies.absorbed(low, 0, carried(low), 0.256),
        "absorbed above, nearer": bodies.absorbed(near, 1, carried(near), 0.5),
        "absorbed below": bodies.absorbed(sunk, 1, carried(sunk), 0.5),
    }
    told(file_regression, found)


def test_untangled_outlines(file_regression):
    found = {}
    plain = grown(7.3).points
    loop = plain[15] + [[0.0, 0.1], [0.01, -0.1], [0.1, -0.1], [0.1, 0.02], [-0.1, 0.0]]
    looped = np.vstack([plain[:15], loop, plain[17:]])
    beyond, below = plain.copy(), plain.copy()
    beyond[:2] = [[0.0, 7.2], [-0.1, 7.25]]
    below[-2:] = [[1.5, -0.1], [1.6, 0.0]]
    body = ball(0.7, 3.0).points.copy()
    body[1, 0], body[-2, 0] = -0.05, -0.02
    floating = Filament(np.vstack([body, grown(1.1, 0.5, 0.4, 0.6).points]))
    for name, points in {"a loop": looped, "beyond the axis": beyond, "below the floor": below}.items():
        filament = Filament(points)
        found[name] = topology.untangled(filament, carried(filament))
    found["a body"] = topology.untangled(floating, carried(floating))
    found["nothing"] = topology.untangled(Filament(plain), carried(Filament(plain)))
    told(file_regression, found)


def test_moving_fronts(file_regression):
    """One step of each front: by its velocities alone, with surface diffusion, and on from no earlier velocities."""
    found = {}
    for name in ("nucleus", "overhanging", "two bodies", "needle"):
        own = front(name)
        n, plain = len(own.filament.points), name == "nucleus"
        given = {"coefficient": 1e-3 * (1 + np.arange(n) / n)}
        if own.needle:
            given["needle_coefficient"] = np.full(len(own.needle.velocity), 2e-3)
        faster = own.moving(1.1 * own.velocity, 0.02, 0.03, needle_velocity=own.needle and 0.9 * own.needle.velocity)
        found[name] = {
            "told": [own.misplaced, own.speed, own.normal_speed, own.carried, own.paid, len(own.metals)],
            "displaced": MOTION.displaced(own, 0.03, 0.02),
            "diffused": MOTION.displaced(own, 0.03, 0.02, **given),
            "anew": plain and MOTION.displaced(own.begun_anew, 0.03, 0.02),
            "parted": plain and own.moving(1.1 * own.velocity, 0.02, 0.03, True),
            "moving": faster,
            "resampled": own.resampled(np.full(n, 0.4), own.needle and np.full(len(own.needle.velocity), 0.3)),
        }
    told(file_regression, found, rel=1e-5)


def test_fronts_whose_bodies_meet_or_part(file_regression):
    """A step in which a neck breaks, two bodies touch, or a body of less than an atom goes."""
    touching = Filament.of_bodies([ball(0.9, 6.0), grown(4.97)])
    small = Filament.of_bodies([ball(0.1, 7.9, 8), grown(7.3)])
    cases = {f"breaking, {name}": whole for name, whole in BREAKING.items()} | {"touching": touching, "small": small}
    found = {}
    for name, whole in cases.items():
        moving = Front.at_rest(whole).moving(whole.growth_velocity(np.full(len(whole.points), -1e-4)), None, 0.0)
        found[name] = MOTION.displaced(moving, 0.0, 0.1)
    gone = FrontMotion(ELECTRODE, 0.128, 1.3, 0.16)  # what breaks off joins the active electrode
    whole = BREAKING["rooted"]
    moving = Front.at_rest(whole).moving(whole.growth_velocity(np.full(len(whole.points), -1e-4)), None, 0.0)
    found["gone"] = gone.displaced(moving, 0.0, 0.1)
    told(file_regression, found, rel=1e-5)


def test_integrals_of_steps(file_regression):
    found = {
        "integral": [integral(3.0, 2.0, 1.5, 0.4, 0.3), integral(3.0, 2.0, None, 0.4, 0.3)],
        "continued": [continued(3.0, 2.0, 0.4, 0.3), continued(3.0, None, 0.4, 0.3)],
    }
    told(file_regression, found)


def test_surface_diffusion(file_regression):
    """The linear step at each kind of end, and relaxation on from it."""
    found = {}
    body, wall = ball(0.8, 4.0, 14, 1.4), Filament(grown(7.3).points[8:])
    cases = {
        "rooted": (grown(4.0), 1.2, "free", ("axis", "floor")),
        "pinned": (grown(4.0), 0.5 * np.pi, "pinned", ("axis", "floor")),
        "overhanging": (overhanging(), 0.5 * np.pi, "free", ("axis", "floor")),
        "floating": (body, 0.5 * np.pi, "free", ("axis", "axis")),
        "wall": (wall, 0.5 * np.pi, "free", ("mirror", "mirror")),
    }
    for name, (filament, *ends) in cases.items():
        step = DiffusionStep(filament, *ends)
        coefficient = 1.0 + 0.3 * np.cos(np.arange(len(filament.points)))
        found[name] = {
            "displacement": step.displacement(filament.points, coefficient, 0.003),
            "moved": step.moved(filament.points, coefficient, 0.003, filament.volume),
            "too far": step.moved(filament.points, coefficient, 30.0, filament.volume)[1],
            "area": step.area_vectors(filament.points),
            "volume": step.with_volume(filament.points, filament.normals(), 1.01 * filament.volume),
            "rupture": [step.rupture(filament.points, limit) for limit in (0.1, 1.0)],
        }
        if name != "wall":
            angle, foot, axes = ends
            run = relaxation.relax(
                filament, coefficient, 0.02, contact_angle=angle, foot=foot, ends=axes, spacing=None, tolerance=3e-3
            )
            found[name] |= {"times": run.times, "relaxed": run.filaments[-1], "reason": run.reason}
    thin = relaxation.relax(hourglass(0.12), 1.0, 1.0, tolerance=1e-2)
    found["thin"] = [len(thin.times), thin.times[-1], thin.filaments[-1], thin.reason, thin.rupture_height]
    told(file_regression, found, rel=1e-5)


def test_shapes_and_their_spacing(file_regression):
    found = {
        "cylinder": relaxation.rounded_cylinder(1.0, 3.0, 0.4),
        "edge": relaxation.rounded_cylinder(1.0, 3.0, 0.4, 0.3),
        "rate": relaxation.growth_rate(np.array([0.3, 0.7, 1.5]), 1.2, 0.8),
        "waists": [narrowest_waist(whole) for whole in BREAKING.values()],
    }
    for name, filament in FILAMENTS.items():
        if len(filament.parts) == 1:
            found[name] = [relaxation.curvature_spacing(filament), relaxation.curvature_spacing(filament, 0.4, 0.1, 1)]
    told(file_regression, found)


def test_settings_of_a_motion():
    """What a configuration says comes where it belongs."""
    config = SimpleNamespace(
        cell=SimpleNamespace(layer_thickness=9.0, radius=21.0, nucleus_radius=0.15),
        dissolution=SimpleNamespace(clearance=0.2),
        surface_diffusion=SimpleNamespace(contact_angle=60.0),
        filament=SimpleNamespace(rupture_radius=0.11),
        tunnelling=SimpleNamespace(contact_gap=0.07),
    )
    motion = FrontMotion.from_config(config, "law", 0.2)
    assert motion == FrontMotion(
        ActiveElectrode(9.0, 21.0, 0.15, "law", 0.2), 0.11, pytest.approx(np.pi / 3), 0.2, 0.07
    )
    assert FrontMotion.from_config(config, None, 0.2).electrode.clearance == 0.0
