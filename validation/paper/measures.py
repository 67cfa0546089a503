"""What the paper's facts are about, read off a run (a Run): what ecmsim.results.measures does not have.

Times in s, currents in A, temperatures in K, lengths in nm. Each function returns one number, nan where the run has
no such thing.
"""

import numpy as np

from ecmsim.results.measures import column, moment, rising, time_of_value, value_at_current  # noqa: F401  (beside these)
from ecmsim.results.regimes import separation
from ecmsim.shape.polyline import distance_to_polyline


def ambient(run):
    """Ambient temperature of the cell."""
    return run.setting("cell.ambient_temperature", "K")


def current_of(boundary):
    """Current at a Boundary; nan for None."""
    return np.nan if boundary is None else boundary.current_A


def cooling_after_peak(run):
    """By how much the highest temperature has fallen when the source turns back."""
    temperature = column(run, "temperature_max_K")
    turn = int(np.argmax(column(run, "source_voltage_V")))
    return float(temperature[: turn + 1].max() - temperature[turn])


def growth_after(run, time):
    """Largest distance between the outline at a time and the one of the largest filament after it."""
    largest = int(np.argmax(column(run, "volume_nm3")))
    steps = np.asarray(run.outlines.step)
    last = run.outlines[int(np.nonzero(steps <= largest)[0][-1])]
    return separation(run.outlines.nearest(time_s=time).points, last.points)


def radius_at(run, share):
    """Radius of the last outline at a share of its height: the outermost crossing."""
    from ecmsim.shape.filament import Filament

    filament = Filament(run.outlines[-1].points)
    return 0.5 * float(filament.local_diameter(np.array([share * filament.height]))[0])


def taper(run):
    """Radius at 85 % of the filament's height over that at 15 %: below 1 for a cone, 1 for a cylinder."""
    return radius_at(run, 0.85) / radius_at(run, 0.15)


def penetration(run):
    """Depth of the tip beyond the original surface of the active electrode."""
    return float(column(run, "height_nm")[-1]) - run.setting("cell.layer_thickness", "nm")


def shortest_gap(run, outline=None):
    """Smallest distance between filament and active electrode in the last outline: (distance, radius on the filament).

    Measured from all of the outline, sides included, to the electrode's surface.
    """
    outline = outline or run.outlines[-1]
    length = np.append(0.0, np.cumsum(np.hypot(*np.diff(outline.points, axis=0).T)))
    fine = np.linspace(0, length[-1], 4000)
    points = np.stack([np.interp(fine, length, component) for component in outline.points.T], axis=1)
    distance = distance_to_polyline(points, outline.electrode_points)
    nearest = int(np.argmin(distance))
    return float(distance[nearest]), float(points[nearest, 0])


def axis_gap(run, outline=None):
    """Gap on the axis in the last outline."""
    outline = outline or run.outlines[-1]
    return float(outline.electrode_points[0, 1] - outline.points[0, 1])


FILAMENT = 1  # material number in a snapshot
NEAR = 0.2  # of a current: how far that of a snapshot may be from it


def snapshot_at(run, current):
    """The snapshot whose current is nearest to a current, while it rises; None where none is near."""
    turn = float(column(run, "time_s")[rising(run)][-1])
    found = [item for item in run.snapshots if item.current_A > 0]
    before = [item for item in found if item.time_s <= turn] or found
    if not before:
        return None
    snapshot = min(before, key=lambda item: abs(np.log(item.current_A / current)))
    return snapshot if abs(np.log(snapshot.current_A / current)) < NEAR else None


def resistance_of_filament(run, current):
    """Potential difference between foot and tip on the axis over the current, ohm, in the snapshot at a current.

    The potential of the electrons is that of the snapshot nearest to the current.
    """
    snapshot = snapshot_at(run, current)
    if snapshot is None:
        return np.nan
    mesh = snapshot.read()
    points, potential = mesh.points[:, :2], np.asarray(mesh.point_data["electric_potential_V"]).ravel()
    cells, material = mesh.cells_dict["triangle"], np.asarray(mesh.cell_data["material"][0]).astype(int)
    nodes = np.unique(cells[material == FILAMENT])
    axis = nodes[points[nodes, 0] < 1e-9]
    axis = axis[np.argsort(points[axis, 1])]
    return float(potential[axis[-1]] - potential[axis[0]]) / snapshot.current_A
