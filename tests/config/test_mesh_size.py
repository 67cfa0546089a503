"""Sizes of a mesh that would eat all memory are refused with the number of vertices and the setting; others are not."""

import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.config.mesh_size import MOST_VERTICES, estimated
from ecmsim.errors import ConfigError

REFERENCE = ROOT / "configs" / "cu_sio2_pt.toml"


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (["mesh.largest_size=1e-300 nm"], "mesh.largest_size"),
        (["mesh.largest_size=0.01 nm"], "mesh.largest_size"),
        (["mesh.nucleus_segments=1000000000"], "mesh.nucleus_segments"),
        (["mesh.nucleus_segments=" + "9" * 12], "mesh.nucleus_segments"),
        (["mesh.surface_size=1e-4 nm"], "mesh.surface_size"),
        (["mesh.cells_across_gap=3e300", "mesh.smallest_size=1e-6 nm"], "mesh.cells_across_gap"),
        (["mesh.refinement=100"], "mesh.refinement = 100"),
        (["mesh.spreading=0.001", "mesh.surface_size=0.01 nm", "mesh.growth=0.9"], "mesh.spreading"),
        (["cell.radius=10000 nm", "cell.active_electrode_height=10000 nm"], "mesh.largest_size"),
        (["mesh.surface_size=1e-4 nm", "model=reduced"], "mesh.surface_size"),
        (["mesh.nucleus_segments=1000000", "model=reduced"], "mesh.nucleus_segments"),
    ],
)
def test_a_mesh_that_cannot_be_made_is_refused(settings, named):
    with pytest.raises(ConfigError, match=r"about \S+ (vertices|points) \(at most [0-9,]+\)") as refused:
        load_config(REFERENCE, settings)
    assert named in str(refused.value) and len(refused.value.problems) == 1


@pytest.mark.parametrize("refinement", [1, 2, 8])
def test_the_meshes_of_convergence_studies_are_not(refinement):
    config = load_config(REFERENCE, [f"mesh.refinement={refinement}"])
    assert estimated(config.mesh, config.cell)[1] < 0.1 * MOST_VERTICES


def test_a_reduced_model_needs_no_mesh_of_the_cell():
    load_config(REFERENCE, ["mesh.largest_size=0.4 nm", "cell.radius=10000 nm", "model=reduced"])
    with pytest.raises(ConfigError):
        load_config(REFERENCE, ["mesh.largest_size=0.4 nm", "cell.radius=10000 nm"])


@pytest.mark.parametrize(
    "settings",
    [
        [],
        ["mesh.refinement=2"],
        ["mesh.largest_size=1 nm"],
        ["mesh.nucleus_segments=200"],
        ["mesh.surface_size=0.1 nm"],
        ["mesh.spreading=0.1"],
        ["mesh.spreading=0.03"],
        ["cell.layer_thickness=50 nm"],
    ],
)
def test_the_estimate_is_that_of_the_mesh(settings):
    """Within a factor of three of the larger of the first mesh and that of a full-grown filament."""
    import numpy as np

    from ecmsim.models.full.mesh.build import build_mesh
    from ecmsim.physics.model import DeviceModel
    from ecmsim.shape.electrode import ActiveElectrode
    from ecmsim.shape.filament import Filament
    from ecmsim.shape.spacing import filament_spacing

    config = load_config(REFERENCE, settings)
    numerics, thickness = config.mesh.refined(), config.cell.layer_thickness
    electrode = ActiveElectrode.from_config(config, DeviceModel.from_config(config).dissolution)
    angle = np.linspace(0, np.pi / 2, 200)
    points = np.stack([3 * np.sin(angle), 0.98 * thickness * np.cos(angle)], axis=1)
    points[0, 0] = points[-1, 1] = 0
    grown = Filament(points)
    for _ in range(3):
        spacing = filament_spacing(grown, electrode.surface(grown), numerics)
        grown, _ = grown.resampled(np.zeros_like(grown.points), spacing)
    first = Filament.nucleus(config.cell.nucleus_radius, numerics.nucleus_segments)
    meshes = [build_mesh(item, electrode.surface(item), config.cell, numerics) for item in (first, grown)]
    largest = max(len(mesh.points) for mesh in meshes)
    assert largest / 3 < estimated(config.mesh, config.cell)[1] < 3 * largest
