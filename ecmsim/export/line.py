"""Fields of snapshots along a straight line through the section of the cell: linear within each triangle."""

import numpy as np

from ecmsim.errors import ConfigError

INSIDE = -1e-9  # a barycentric coordinate that is not less: the point is in the triangle


def field_lines(run, line=None, points=400):
    """The fields of all snapshots of a run (a Run) along a line, as a DataFrame.

    line: (r0, z0, r1, z1) in nm, or None for the axis from one end of the cell to the other; points: how many, at equal
    distances. Columns: snapshot, time_s, source_voltage_V, current_A, s_nm, r_nm, z_nm, and the fields.
    """
    import pandas as pd

    parts = []
    for snapshot in run.snapshots:
        mesh = snapshot.read()
        nodes, triangles = mesh.points[:, :2], np.vstack([b.data for b in mesh.cells if b.type == "triangle"])
        ends = np.array([[0.0, nodes[:, 1].min()], [0.0, nodes[:, 1].max()]] if line is None else line).reshape(2, 2)
        along = ends[0] + np.linspace(0, 1, points)[:, None] * (ends[1] - ends[0])
        found, weights = located(along, nodes, triangles)
        if line is not None and (found < 0).all():
            raise ConfigError(f"--line: all of it is outside of the cell, which is {_size(nodes)}")
        there = np.where(found < 0, 0, found)
        columns = {
            "snapshot": snapshot.label,
            "time_s": snapshot.time_s,
            "source_voltage_V": snapshot.source_voltage_V,
            "current_A": snapshot.current_A,
            "s_nm": np.hypot(*(along - along[0]).T),
            "r_nm": along[:, 0],
            "z_nm": along[:, 1],
        }
        for name, values in mesh.point_data.items():
            inner = (weights * values[triangles[there]]).sum(axis=1)
            columns[name] = np.where(found < 0, np.nan, inner)
        for name, (values,) in mesh.cell_data.items():
            columns[name] = np.where(found < 0, np.nan, np.asarray(values, float)[there])
        parts.append(pd.DataFrame(columns))
    return pd.concat(parts, ignore_index=True)


def located(points, nodes, triangles):
    """The triangle that each point (n, 2) is in, -1 for none, and its barycentric coordinates in it, (n, 3).

    nodes: (k, 2); triangles: (m, 3).
    """
    a, b, c = (nodes[triangles[:, k]] for k in range(3))
    area = _cross(b - a, c - a)
    found, weights = np.full(len(points), -1), np.zeros((len(points), 3))
    for number, point in enumerate(points):
        shares = np.stack([_cross(b - point, c - point), _cross(c - point, a - point), _cross(a - point, b - point)])
        shares /= area
        k = int(np.argmax(shares.min(axis=0)))
        if shares[:, k].min() >= INSIDE:
            found[number], weights[number] = k, shares[:, k]
    return found, weights


def _cross(u, v):
    """The third component of the cross product of vectors (m, 2)."""
    return u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0]


def _size(nodes):
    """Where the cell is, in words."""
    radius, low, high = nodes[:, 0].max(), nodes[:, 1].min(), nodes[:, 1].max()
    return f"r = 0 to {radius:g} nm, z = {low:g} to {high:g} nm"
