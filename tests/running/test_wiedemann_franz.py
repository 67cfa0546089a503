"""Heat in a filament whose electrons carry it: as badly as they carry the current, in both models alike."""

import pytest

from ecmsim.config import Config
from ecmsim.results import open_run
from ecmsim.running.run import run

CELL = """
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


def rise(folder, *overrides):
    """Highest temperature over ambient at 1 V across a stump, K."""
    run(Config.from_toml(CELL, overrides=overrides), folder)
    return open_run(folder).timeseries["temperature_max_K"].iloc[-1] - 300


def test_defects_slow_the_heat_as_they_slow_the_current(tmp_path):
    """The law is the factor on both conductivities, where there is no size effect."""
    bulk = ["model=reduced", "filament.size_effect=false", "filament.defect_factor=0.2"]
    by_law = rise(tmp_path / "law", *bulk, "filament.wiedemann_franz=true")
    assert by_law == pytest.approx(
        rise(tmp_path / "factor", *bulk, "filament.thermal_conductivity_factor=0.2"), rel=1e-9
    )
    assert by_law > 1.2 * rise(tmp_path / "without", *bulk)


@pytest.mark.slow
def test_so_does_the_size_effect_in_both_models(tmp_path):
    """By about the same large factor: at 4 nm electrons go a tenth as far as in bulk copper."""
    factors = []
    for model in ("reduced", "full"):
        cell = [f"model={model}", "filament.defect_factor=1"]
        on, off = (
            rise(tmp_path / f"{model}-{law}", *cell, f"filament.wiedemann_franz={law}") for law in ("true", "false")
        )
        factors.append(on / off)
    assert factors[1] == pytest.approx(factors[0], rel=0.15) and min(factors) > 5
