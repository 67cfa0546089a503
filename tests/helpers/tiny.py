"""A run folder of a few rows with round numbers, written in no time: a sweep 0 -> 2 -> 0 V with a compliance."""

import numpy as np

from ecmsim.results import RunWriter
from helpers import rows

CONFIG = """title = "a tiny run"
programme = [{kind = "sweep", peak = "2 V", rate = "1 V/s"}]
[cell]
layer_thickness = "10 nm"
radius = "25 nm"
ambient_temperature = "300 K"
[compliance]
kind = "ideal"
current = "100 uA"
"""
TIME = np.array([0.0, 0.5, 1.0, 1.5, 1.75, 2.0, 2.5, 3.0, 3.5, 4.0])
CURRENT = np.array([0.0, 1e-12, 1e-10, 1e-8, 1e-6, 1e-4, 1e-4, 8e-5, 4e-5, 0.0])
GAP = np.array([9.0, 8.0, 6.0, 3.0, 1.0, 0.3, 0.2, 0.2, 0.2, 0.2])


def series():
    """Rows of the time series: a dict each."""
    found = []
    for k, (time, current, gap) in enumerate(zip(TIME, CURRENT, GAP, strict=True)):
        source = 2 - abs(time - 2)
        cell = source if k < 5 else current * 1e4
        found.append(
            rows.row(k)
            | {"time_s": time, "source_voltage_V": source, "cell_voltage_V": cell, "current_A": current}
            | {"source_current_A": current, "tunnel_current_A": current if k > 3 else 0.0, "gap_nm": gap}
            | {"ionic_current_A": 0.0 if k > 3 else current, "height_nm": 10 - gap, "power_W": cell * current}
            | {"temperature_max_K": 300 + 2e6 * cell * current, "charge_imbalance": 1e-12 * k, "cycle": 0}
            | {"faraday_error": 1e-4 * k, "power_imbalance": 1e-5 * k, "step_s": 0.5, "vertices": 100 + k}
        )
    return found


def outlines(k):
    """Filament and electrode at a row: a cone and a plane."""
    filament = np.array([[0.0, 10 - GAP[k]], [1.0, 0.5 * (10 - GAP[k])], [2.0, 0.0]])
    return filament, np.array([[0.0, 10.0], [25.0, 10.0]])


def fields():
    """Points, triangles, point data and cell data of a snapshot: a grid of 4 by 5 points, fields that are planes."""
    r, z = (values.ravel() for values in np.meshgrid([0.0, 2, 10, 25], [-25.0, 0, 5, 10, 35]))
    corners = np.arange(20).reshape(5, 4)
    quads = np.stack([corners[:-1, :-1], corners[:-1, 1:], corners[1:, 1:], corners[1:, :-1]], -1).reshape(-1, 4)
    triangles = np.vstack([quads[:, [0, 1, 2]], quads[:, [0, 2, 3]]])
    material = np.select(
        [z[triangles].mean(1) < 0, r[triangles].mean(1) < 1.5, z[triangles].mean(1) > 10], [0, 1, 3], 2
    )
    points = {"temperature_K": 300 + r - 2 * z, "ionic_potential_V": np.where(z >= 0, 0.1 * z, np.nan)}
    return np.stack([r, z], 1), triangles, points, {"material": material, "joule_heat_W_m3": 1e9 * (1 + material)}


def write(folder, text=CONFIG, snapshots=(3, 6), finish=True, events=()):
    """Write the run and return its folder. snapshots: at which rows; events: (row, name, detail)."""
    run = RunWriter(
        folder, config_text=text, provenance={"command": "ecmsim run tiny.toml", "versions": {"python": "3"}}
    )
    for k, row in enumerate(series()):
        if k % 3 == 0:
            run.outline(row["time_s"], k, *outlines(k))
        run.step(row)
        for at, name, detail in events:
            if at == k:
                run.event(row["time_s"], k, name, detail)
        if k in snapshots:
            run.snapshot(f"row {k}", row["time_s"], row["source_voltage_V"], row["current_A"], *fields())
            run.event(row["time_s"], k, "snapshot", f"row {k}")
    if finish:
        run.finish("finished", "end of the programme")
    return folder
