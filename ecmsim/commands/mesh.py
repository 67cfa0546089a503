"""ecmsim mesh: build the mesh of a cell, write it and draw it."""

from pathlib import Path

import numpy as np

from ecmsim.errors import ConfigError, ResultsError
from ecmsim.models.full.mesh.build import build_mesh
from ecmsim.models.full.mesh.cell_mesh import Region
from ecmsim.models.full.mesh.files import write_mesh
from ecmsim.models.initial import initial_front
from ecmsim.physics.model import DeviceModel
from ecmsim.plot.options import file_stem
from ecmsim.running.own_laws import own_laws
from ecmsim.shape.electrode import ActiveElectrode
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front
from ecmsim.shape.needle import needle_of
from ecmsim.shape.spacing import spacings

COLOURS = {
    Region.COUNTER_ELECTRODE: "#c9c9c9",
    Region.FILAMENT: "#d55e00",
    Region.SWITCHING_LAYER: "#cfe8f5",
    Region.ACTIVE_ELECTRODE: "#e8b58a",
}


SUFFIXES = (".msh", ".vtu")


def usual_place(config, run=None, time=None):
    """Where the mesh of a configuration's file goes by itself, or that of a run at a time (a text with its unit)."""
    if run is None:
        return Path("runs") / "mesh" / f"{Path(config).stem}.msh"
    return Path(run) / "figures" / f"{file_stem('mesh', {'time': time})}.msh"


def preview(config, path, run=None, time=None, allow_code=False):
    """Write the mesh and a picture of it; returns the paths.

    config: Config; path: mesh file; run: folder of a run whose outline is meshed, at `time` (s) or at its end;
    allow_code: let laws of a user's own that the configuration names run.
    """
    path = Path(path)
    if path.suffix.lower() not in SUFFIXES:
        raise ConfigError(f"--out {path}: the name of a mesh file must end in {' or '.join(SUFFIXES)}")
    numerics = config.mesh.refined()
    front = initial_front(config, numerics)
    if run:
        from ecmsim.results import open_run

        outlines = open_run(run).outlines
        outline = outlines[-1] if time is None else outlines.nearest(time_s=time)
        needle = needle_of(outline.electrode_points, config.cell.layer_thickness) if config.needle else None
        front = Front.at_rest(Filament(outline.points), needle)
    model = DeviceModel.from_config(config, own_laws(config, allow_code=allow_code).laws)
    electrode = ActiveElectrode.from_config(config, model.dissolution)
    if run:
        front = front.resampled(*spacings(front, electrode, numerics), electrode=electrode)
    mesh = build_mesh(front.filament, front.surface(electrode), config.cell, numerics, bool(front.needle))
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return [write_mesh(mesh, path), _draw(mesh, config, path.with_suffix(".png"))]
    except OSError as error:
        raise ResultsError(
            f"cannot write {path}: {error.strerror or error}; choose another place with --out"
        ) from error


def _draw(mesh, config, path):
    """The whole cell, the layer, and the tip."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot
    from matplotlib.patches import Patch

    tip = mesh.filament_points[0]
    foot = max(1.5 * mesh.filament_points[:, 0].max(), 0.4)
    thickness = config.cell.layer_thickness
    views = {
        "cell": ((0, config.cell.radius), (mesh.points[:, 1].min(), mesh.points[:, 1].max())),
        "switching layer": ((0, 1.3 * thickness), (-0.15 * thickness, 1.15 * thickness)),
        "tip": ((0, foot), (tip[1] - 0.6 * foot, tip[1] + 0.6 * foot)),
    }
    figure, axes = pyplot.subplots(1, 3, figsize=(11, 4.6), layout="constrained")
    for axis, (name, (across, up)) in zip(axes, views.items(), strict=True):
        for region, colour in COLOURS.items():
            axis.tripcolor(
                *mesh.points.T,
                mesh.triangles[mesh.region == region],
                facecolors=np.zeros((mesh.region == region).sum()),
                cmap=matplotlib.colors.ListedColormap([colour]),
                edgecolors="0.25",
                linewidth=0.25,
            )
        axis.set(xlim=across, ylim=up, aspect="equal", title=name, xlabel="radius (nm)", ylabel="height (nm)")
    handles = [Patch(color=colour, label=region.name.replace("_", " ").lower()) for region, colour in COLOURS.items()]
    figure.legend(handles=handles, loc="outside lower center", ncols=4, frameon=False)
    figure.suptitle(
        f"{len(mesh.points)} vertices, {len(mesh.triangles)} triangles, worst quality {mesh.quality().min():.2f}"
    )
    figure.savefig(path, dpi=200)
    pyplot.close(figure)
    return path
