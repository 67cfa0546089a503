"""VTU files of snapshots: the mesh with its fields, and numbers that hold for the whole of it (VTK's FieldData)."""

from html import escape

import numpy as np

GRID = b"<UnstructuredGrid>"


def write_vtu(path, points, triangles, point_data, cell_data, field_data):
    """Write a VTU file. points (n, 2) in nm, triangles (m, 3); data: dicts of arrays (n,), (m,) and of numbers.

    ParaView and pyvista have the numbers as field data, meshio as field_data; ParaView takes TimeValue for the time.
    Raises OSError.
    """
    import meshio

    mesh = meshio.Mesh(
        np.pad(np.asarray(points, dtype=float), ((0, 0), (0, 1))),
        [("triangle", np.asarray(triangles))],
        point_data={key: np.asarray(value) for key, value in point_data.items()},
        cell_data={key: [np.asarray(value)] for key, value in cell_data.items()},
    )
    meshio.write(path, mesh, file_format="vtu")
    # meshio reads field data, but writes none into VTU files.
    content = path.read_bytes()
    path.write_bytes(content.replace(GRID, GRID + _field_data(field_data).encode(), 1))


def _field_data(numbers):
    """Numbers as the FieldData of a VTU file; whole ones as integers."""
    arrays = []
    for name, value in numbers.items():
        whole = isinstance(value, (int, np.integer))
        kind, text = ("Int64", str(int(value))) if whole else ("Float64", repr(float(value)))
        arrays.append(
            f'<DataArray type="{kind}" Name="{escape(name)}" NumberOfTuples="1" format="ascii">{text}</DataArray>'
        )
    return f"\n<FieldData>{''.join(arrays)}</FieldData>"
