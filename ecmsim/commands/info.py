"""ecmsim info: versions, and what works on this machine."""

import importlib
import os
import sys
from importlib import metadata

from rich.console import Console
from rich.table import Table

from ecmsim import __version__
from ecmsim.config import packaged_materials, shipped
from ecmsim.config.pairs import packaged_pairs

NEEDED_BY = {
    "dolfinx": "run",
    "petsc4py": "run",
    "mpi4py": "run",
    "gmsh": "run, mesh",
    "h5py": "results",
    "pandas": "results",
    "pydantic": "configuration",
    "pint": "configuration",
    "meshio": "snapshots",
    "matplotlib": "pictures",
    "pyvista": "pictures in 3D",
    "trame_vtk": "pictures in 3D as pages",
    "imageio_ffmpeg": "films",
    "jinja2": "report",
    "pyarrow": "summary.parquet of a study",
}


def report():
    """Print a table of libraries with version and purpose, and checks that were made."""
    table = Table("library", "version", "needed by", title=f"ecmsim {__version__}, Python {sys.version.split()[0]}")
    for name, purpose in NEEDED_BY.items():
        table.add_row(name, _version(name), purpose)
    console = Console()
    console.print(table)
    console.print(f'to extend by name, as in extends = "ecmsim:cu_sio2_pt": {", ".join(shipped.names()) or "none"}')
    console.print(f"materials: {', '.join(packaged_materials())}", highlight=False)
    console.print(f"constants of pairs: {', '.join(packaged_pairs())}", highlight=False)
    for text, good in checks():
        console.print(f"[{'green' if good else 'red'}]{'yes' if good else 'no '}[/]  {text}", highlight=False)


def _version(name):
    try:
        module = importlib.import_module(name)
    except Exception as error:
        return f"not usable: {error}".splitlines()[0]
    if hasattr(module, "__version__"):
        return str(module.__version__)
    return metadata.version(metadata.packages_distributions()[name][0])


def checks():
    """What works here: list of (text, bool)."""
    found = []
    try:
        from ecmsim.models.full.compat import require_supported_dolfinx

        require_supported_dolfinx()
        found.append(("dolfinx is a supported version", True))
        from petsc4py import PETSc

        found.append(("PETSc has MUMPS", bool(PETSc.Sys.hasExternalPackage("mumps"))))
        found.append(
            ("PETSc uses real numbers", PETSc.ScalarType is not complex and "complex" not in str(PETSc.ScalarType))
        )
    except Exception as error:
        found.append((f"simulations: {error}", False))
    threads = os.environ.get("OMP_NUM_THREADS")
    found.append(("OMP_NUM_THREADS is 1 (more threads slow small cells down)", threads == "1"))
    return found
