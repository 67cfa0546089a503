"""The pace that an outline's motion sets: what is overrun shortens a step, what only moves along does not."""

import numpy as np
import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.config.numerics import Mesh
from ecmsim.models.pace import overrun
from ecmsim.run import run
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.spacing import rim_reach

RADIUS, HEIGHT, SPEED, RIM = 3.0, 8.0, 100.0, 0.05  # nm, nm/s
GRADED, PLAIN = Mesh(contact_line=RIM / RADIUS), Mesh(contact_line=0)
WALL = np.array([7.6, 7.2, 6.8, 6.4, 6.0, 5.6, 5.2, 4.8, 4.4, 4.0, 3.6, 3.2, 2.8, 2.4, 2.0, 1.6, 1.2, 0.8, 0.4])
FINE = np.array([0.8, 0.5, 0.3, 0.15, RIM])


def cylinder(*heights):
    """A cylinder's outline with points at some heights of its wall, nm."""
    wall = np.sort([*(WALL[WALL > 0.8] if heights else WALL), *heights])[::-1]
    top = np.stack([np.linspace(0, RADIUS, 9), np.full(9, HEIGHT)], axis=1)
    side = np.stack([np.full(len(wall), RADIUS), wall], axis=1)
    return Filament(np.vstack([top, side, [[RADIUS, 0.0]]]))


def front_of(filament, velocity):
    """A Front whose points move at a velocity (n, 2), nm/s."""
    at_rest = Front.at_rest(filament)
    return Front(filament, velocity, at_rest.memory, at_rest.owed)


def widening(filament, sign=1.0):
    """Velocities of a wall that moves as a whole, and of a top that rests."""
    velocity = np.zeros_like(filament.points)
    velocity[filament.points[:, 0] >= RADIUS, 0] = sign * SPEED
    return velocity


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_a_rim_that_moves_as_one_overruns_nothing(sign):
    """Growing as well as dissolving: the graded wall is as free as one without short segments."""
    fine, plain = cylinder(*FINE), cylinder()
    moving = front_of(fine, widening(fine, sign))
    assert overrun(front_of(plain, widening(plain, sign)), PLAIN) == pytest.approx(0.375)  # of the top
    assert overrun(moving, GRADED) == pytest.approx(0.375)
    assert overrun(moving, PLAIN) == pytest.approx(RIM)  # of segments that are short for another reason


@pytest.mark.parametrize("slower", [0.5, -1.0])
def test_a_segment_at_the_rim_that_is_overrun_limits_the_step(slower):
    """Its ends move apart, or towards each other, along it or across: half the speed of one is a half of its pace."""
    fine = cylinder(*FINE)
    for axis in (0, 1):
        velocity = widening(fine)
        velocity[-2, axis] += slower * SPEED
        expected = RIM * np.hypot(*velocity.T).max() / (abs(slower) * SPEED)
        assert overrun(front_of(fine, velocity), GRADED) == pytest.approx(expected)


def test_a_short_segment_elsewhere_limits_the_step_however_the_rim_is_graded():
    crowded = cylinder(4.3, *FINE)
    assert np.sort(crowded.segment_lengths)[:2] == pytest.approx([RIM, 0.1])
    assert overrun(front_of(crowded, widening(crowded)), GRADED) == pytest.approx(0.1)


def test_segments_are_short_for_the_fields_sake_only_near_a_graded_rim():
    filament = cylinder(*FINE)
    assert rim_reach(filament, PLAIN) == 0.0
    assert rim_reach(filament, GRADED) == pytest.approx((0.4 - RIM) / 0.35)
    nucleus = Filament.nucleus(0.128, 12)
    assert rim_reach(nucleus, GRADED) == 0.0  # whose segments are shorter than any that the rim asks for
    floating = Filament(np.array([[0.0, 9.0], [0.5, 8.5], [0.0, 8.0]]))
    assert rim_reach(floating, GRADED) == 0.0


def test_what_rests_sets_no_pace():
    filament = cylinder(*FINE)
    for numerics in (PLAIN, GRADED):
        assert overrun(Front.at_rest(filament), numerics) == np.inf


def steps_of(folder, *settings):
    """Number of steps of a coarse growth to a height of 2 nm, from 1 V on."""
    programme = 'programme=[{kind="ramp", to="1 V", duration="1 ms"}, {kind="ramp", to="1.8 V", rate="1 V/s"}]'
    shared = [
        programme,
        "stepping.largest_voltage_step=0.5 V",
        "stepping.segment_fraction=0.5",
        "checkpoint.enabled=false",
    ]
    run(load_config(ROOT / "configs" / "quick.toml", [*shared, *settings]), folder, until=0.4)
    return len((folder / "timeseries.csv").read_text().splitlines()) - 2


@pytest.mark.slow
def test_a_finer_rim_takes_no_more_steps(tmp_path):
    """It took 1.8 times as many while every short segment counted."""
    plain, fine = (steps_of(tmp_path / share, f"mesh.contact_line={share}") for share in ("0", "0.01"))
    assert plain > 60 and abs(fine - plain) < 0.1 * plain
