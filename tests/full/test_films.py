"""Thermal boundary resistances: the temperature that is lost at them, in shells and stacks for which it is known."""

from dataclasses import replace

import numpy as np
import pytest
from helpers import weak
from helpers.weak import AMBIENT, HEAT

from ecmsim.config import Config
from ecmsim.models.full import forms
from ecmsim.models.full.films import inverse_heights
from ecmsim.models.full.mesh.cell_mesh import Region
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.results import open_run
from ecmsim.running.run import run

KAPPA, RESISTANCE = 1.4, 2e-9
DEVICE = weak.device()
METAL = {name: replace(getattr(DEVICE, name), thermal=TemperatureLaw(4e5, AMBIENT)) for name in ("filament",)}
LAYER = replace(DEVICE.switching_layer, thermal=TemperatureLaw(KAPPA, AMBIENT))
MODEL = replace(DEVICE, **METAL, switching_layer=LAYER, boundary_resistance=RESISTANCE)


def ball(n, inner, outer):
    """A metal of the radius `inner` in half a shell of the layer, split into irregular triangles."""

    def position(s, t):
        radius = np.where(t < 1, inner * (0.5 + 0.5 * t), inner + (outer - inner) * (t - 1) ** 1.5)
        angle = np.pi / 2 * (s + 0.3 / n * np.sin(5 * t) * np.sin(np.pi * s) ** 2)
        return radius * np.sin(angle), radius * np.cos(angle)

    def region(s, t):
        return int(Region.FILAMENT if t < 1 else Region.SWITCHING_LAYER)

    t = np.concatenate([np.linspace(0, 1, 3), np.linspace(1, 2, n + 1)[1:]])
    return weak.mapped_mesh(np.linspace(0, 1, n + 1), t, position, region, filament=1.0)


def solved(mesh, warm, cold):
    """Rises of temperature (K) where the warm nodes are 1 K above the cold ones, and the heat that flows, W."""
    symbols = forms.Symbols(weak.LAYER, 1.0, AMBIENT, "steady")
    model = MODEL

    def term(s):
        return forms.heat_conduction(s, model)

    problem = weak.Discrete(weak.Compiled(symbols, term(symbols)), mesh, weak.Data(film=inverse_heights(mesh)))
    values = np.zeros((len(mesh.points), 3))
    values[warm, HEAT] = 1.0
    free = np.zeros(values.shape, dtype=bool)
    free[:, HEAT] = ~(warm | cold)
    found = problem.solve(values, free, tolerance=1e-14)
    return found[:, HEAT], problem.residual(found)[warm, HEAT].sum()


def test_a_ball_in_a_shell():
    """Q = 2 pi dT/((1/a - 1/b)/kappa + R/a^2); at the boundary it jumps by Q R/(2 pi a^2)."""
    inner, outer = 2.0, 12.0
    heat = 2 * np.pi * 1e-9 / ((1 / inner - 1 / outer) / KAPPA + RESISTANCE * 1e9 / inner**2)
    jump = heat * RESISTANCE / (2 * np.pi * (inner * 1e-9) ** 2)
    errors, jumps = [], []
    for n in (12, 24, 48):
        mesh = ball(n, inner, outer)
        radius = np.hypot(*mesh.points.T)
        rise, got = solved(mesh, radius < 0.5 * inner + 1e-9, radius > outer - 1e-9)
        errors.append(abs(got / heat - 1))
        row = np.abs(radius - np.unique(radius[radius > inner + 1e-9].round(9))[0]) < 1e-6
        first = radius[row].mean()
        behind = rise[row].mean() + heat / (2 * np.pi * KAPPA * 1e-9) * (1 / inner - 1 / first)
        jumps.append(abs((1 - behind) / jump - 1))
    assert 0.5 < jump < 0.7
    assert errors[-1] < 0.02 and errors[0] > 1.6 * errors[1] > 2.5 * errors[2], errors
    assert jumps[-1] < 0.02 and jumps[0] > jumps[-1], jumps


def test_a_stack_of_layers_is_exact():
    """L/kappa + 2 R of a layer between two metals, on any mesh."""
    mesh = weak.cell_of_blocks(5.0)
    z = mesh.points[:, 1]
    rise, heat = solved(mesh, z >= 10 - 1e-9, z <= 1 + 1e-9)
    expected = np.pi * 25e-18 / (9e-9 / KAPPA + 2 * RESISTANCE)
    assert heat == pytest.approx(expected, rel=1e-10)
    above = rise[np.abs(z - 8.5) < 1e-9] + heat * 1.5e-9 / KAPPA / (np.pi * 25e-18)
    assert 1 - above == pytest.approx(heat * RESISTANCE / (np.pi * 25e-18), rel=1e-9)


STUMP = """
extends = "ecmsim:quick"
title = "stump"
[initial]
kind = "cylinder"
radius = "2 nm"
height = "9.95 nm"
[compliance]
kind = "none"
[tunnelling]
contact_gap = "0.01 nm"
prefactor = 10
[mesh]
surface_size = "1 nm"
largest_size = "8 nm"
[[programme]]
kind = "ramp"
to = "1 V"
duration = "1 ps"
"""


@pytest.mark.slow
def test_both_models_warm_alike(tmp_path):
    """Less leaves through the layer: by about the same share in either model, the more the larger the resistance."""
    more = {}
    for model in ("reduced", "full"):
        rises = []
        for name, own in (("none", []), ("some", ["heat.boundary_resistance=1e-8 m^2*K/W"])):
            run(Config.from_toml(STUMP, overrides=[f"model={model}", *own]), tmp_path / f"{model}{name}")
            table = open_run(tmp_path / f"{model}{name}").timeseries
            rises.append(table["temperature_max_K"].iloc[-1] - 300)
            assert table["power_imbalance"].max() < 1e-4
        more[model] = rises[1] / rises[0] - 1
    assert more["reduced"] > 0.01 and more["full"] == pytest.approx(more["reduced"], rel=0.5), more
