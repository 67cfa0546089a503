"""The shape of the program: imports run downwards only, files say what they are for, settings are used."""

import ast
import subprocess
import sys
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ecmsim
from ecmsim.config import reference

PACKAGE = Path(ecmsim.__file__).parent
FILES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}

# Helpers that import nothing of ecmsim: every part may use them.
LEAVES = {"constants", "errors", "progress", "text", "timing"}
# What each other part may import beside them.
PARTS = {
    "drive": set(),
    "filament": set(),
    "gap": {"filament"},
    "physics": {"quantum"},
    "quantum": set(),
    "solve": set(),
    "config": {"drive"},
    "electrode": {"filament", "physics"},
    "mesh": {"filament", "electrode"},
    "fem": {"filament", "gap", "physics", "mesh"},
    "supply": {"physics"},
    "growth": {"drive", "filament", "front", "gap", "physics", "relaxation", "solve"},
    "reduced": {"filament", "front", "gap", "growth", "mesh", "supply"},
    "relaxation": {"filament"},
    "results": {"filament"},
    "plot": {"filament", "quantum", "results"},
    "study": {"config", "plot", "results", "stopping"},
    "calibration": {"config", "results", "study", "validation"},
    "validation": {"filament", "physics", "plot", "quantum", "results", "study"},
    "page": {"config", "plot", "results", "study"},
    "snapshot": {"gap", "mesh", "physics"},
    "topology": {"filament"},
    "front": {"electrode", "filament", "physics", "relaxation", "topology"},
    "events": {"results"},
    "milestones": {"results"},
    "stopping": set(),
    "simulation": {"fem", "filament", "front", "growth", "mesh", "snapshot", "solve", "supply"},
    "march": {"events", "growth", "solve"},
    "restart": {"drive", "events", "filament", "front", "march"},
    "report": {"growth", "results"},
    "run": {
        "config",
        "events",
        "fem",
        "growth",
        "march",
        "milestones",
        "reduced",
        "report",
        "restart",
        "results",
        "simulation",
        "solve",
        "stopping",
        "supply",
    },
    "info": {"fem"},
    "benchmark": {"run", "config"},
    "annotate": {"config", "filament", "gap", "physics", "plot", "results"},  # a command
    "cli": {
        "annotate",
        "config",
        "mesh",
        "page",
        "physics",
        "plot",
        "quantum",
        "results",
        "run",
        "info",
        "benchmark",
        "study",
        "validation",
        "calibration",
    },
    "__main__": {"cli"},
    "__init__": {"config", "results"},
} | {leaf: set() for leaf in LEAVES}
EXTRA = {
    "mesh/preview.py": {"results"},  # a command: it meshes the outline of a run
    "quantum/build/records.py": {"results"},  # whole files
    "quantum/build/production.py": {"results"},  # provenance
    "quantum/build/pwcond.py": {"results"},  # whole files
}
# Codes of atoms and their electrons, of the file that computes tables with them, of the one that compares our
# transport, and of the one that moves atoms.
ATOMISTIC = {"gpaw", "ase"}
SOLVER_LIBRARIES = {"dolfinx", "petsc4py", "mpi4py", "basix", "ffcx", "ufl"}
# The parts that need them, and the one file that is written for UFL as well as for NumPy.
SOLVING = {"fem", "solve", "run", "info"}
EITHER = {
    "physics/operators.py": {"ufl"},
    "cli.py": {"mpi4py"},  # only under mpirun, after an error
    "study/pool.py": {"mpi4py"},  # only for ecmsim sweep --mpi
}


@cache
def tree(name):
    return ast.parse(FILES[name].read_text())


def part_of(name):
    return name.split("/")[0].removesuffix(".py")


def imported(name):
    """Dotted names of all modules that a file imports, also inside functions; `from a import b` as a.b."""
    modules = set()
    for node in ast.walk(tree(name)):
        if isinstance(node, ast.Import):
            modules |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            modules |= {f"{node.module}.{alias.name}" for alias in node.names}
    return modules


def test_the_permitted_imports_run_downwards():
    assert list(TopologicalSorter(PARTS).static_order())
    for part, below in PARTS.items():
        forbidden = {
            "plot": {"fem", "solve", "run", "simulation", "mesh", "physics"},
            "physics": {"mesh", "fem", "solve", "results", "config"},
            "filament": {"mesh", "fem"},
            "results": {"fem", "solve", "run", "simulation", "mesh"},
            "config": {"fem", "solve", "run", "simulation", "mesh", "results", "plot", "physics"},
        }.get(part, set())
        assert not below & forbidden


@pytest.mark.parametrize("name", FILES)
def test_imports_run_downwards(name):
    parts = {module.split(".")[1] for module in imported(name) if module.startswith("ecmsim.")}
    assert part_of(name) in PARTS, "a new part: say in PARTS what it may import"
    below = set() if part_of(name) in LEAVES else LEAVES | PARTS[part_of(name)] | EXTRA.get(name, set())
    assert parts <= below | {part_of(name), "__version__"}


@pytest.mark.parametrize("name", FILES)
def test_only_the_solver_imports_the_solver_s_libraries(name):
    libraries = {module.split(".")[0] for module in imported(name)} & SOLVER_LIBRARIES
    assert part_of(name) in SOLVING or libraries <= EITHER.get(name, set())


def test_only_pipeline_oracle_and_dynamics_import_atomistic_codes():
    users = {name for name in FILES if {module.split(".")[0] for module in imported(name)} & ATOMISTIC}
    assert users == {"quantum/build/dft.py", "validation/quantum/oracle.py", "quantum/atoms/dynamics.py"}


@pytest.mark.parametrize(
    "parts",
    [
        ("plot", "results"),
        ("config", "drive", "cli"),
        ("mesh", "electrode", "physics"),
        ("study",),
        ("reduced", "growth"),
        ("page",),
        ("quantum",),
    ],
)
def test_importing_without_the_solver(parts):
    """Also what these import in turn does without dolfinx."""
    names = [name for name in FILES if part_of(name) in parts]
    modules = ["ecmsim." + name.removesuffix(".py").removesuffix("/__init__").replace("/", ".") for name in names]
    assert len(modules) > 2
    code = f"""
import importlib, sys
for module in {modules}:
    importlib.import_module(module)
print(sorted({SOLVER_LIBRARIES} & sys.modules.keys()))
"""
    done = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        check=True,
        cwd=PACKAGE.parent,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_package_is_cheap():
    heavy = {"numpy", "pydantic", "matplotlib", "dolfinx"}
    code = f"import sys, ecmsim; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"


@pytest.mark.parametrize("name", FILES)
def test_every_file_says_what_it_is_for(name):
    assert len((ast.get_docstring(tree(name)) or "").split()) >= 4


# model.py is no law, but the list of all laws and how a configuration fills them in.
@pytest.mark.parametrize("name", [name for name in FILES if part_of(name) == "physics" and name != "physics/model.py"])
def test_laws_are_small(name):
    assert len(FILES[name].read_text().splitlines()) < 100


# --- every setting is read ----------------------------------------------------------------------------------

# Function parameters by which a section of the configuration travels: file or folder, name, section.
PARAMETERS = [
    ("mesh", "numerics", "mesh"),
    ("mesh", "cell", "cell"),
    ("simulation.py", "numerics", "mesh"),
    ("simulation.py", "cell", "cell"),
    ("reduced", "numerics", "mesh"),
    ("reduced", "cell", "cell"),
    ("fem/problem.py", "cell", "cell"),
    ("solve/stepping.py", "settings", "stepping"),
    ("physics/model.py", "element", "compliance"),
    ("physics/model.py", "section", "surface_diffusion"),
    ("physics/model.py", "material", "materials"),
    ("physics/model.py", "metal", "materials"),
    ("drive", "step", "programme"),
    ("drive", "read", "programme.read"),
]
UNREAD = {
    "cell.switching_layer": "Config.materials looks the material up by its role",
    "cell.counter_electrode": "Config.materials looks the material up by its role",
    "programme[].file": "config.programme puts its content into points",
    "mesh.refinement": "Mesh.refined works it into the other settings",
    "stepping.refinement": "Stepping.refined works it into the other settings",
    "materials.NAME.name": "for messages about materials and the effective configuration",
}


def bare(setting):
    """Section and field of a setting's dotted name: programme[].rate is in programme."""
    section, _, field = setting.replace("[]", "").replace(".NAME", "").rpartition(".")
    return section, field


SETTINGS = [row.name for row in reference()]
SECTIONS = {bare(name)[0] for name in SETTINGS}


def tail(node):
    """The last name of an expression: x for x, a.x and self.a.x."""
    return getattr(node, "attr", getattr(node, "id", None))


def sections_read(name):
    """(section, field) of all settings that a file reads, following names that sections are assigned to."""
    aliases = {}
    for place, parameter, section in PARAMETERS:
        if name == place or name.startswith(f"{place}/"):
            aliases[parameter] = section

    def section_of(node):
        if isinstance(node, ast.Call) and tail(node.func) == "refined":
            node = node.func.value
        if isinstance(node, ast.Attribute) and tail(node.value) == "config":
            return node.attr if node.attr in SECTIONS else None
        return aliases.get(tail(node)) if isinstance(node, (ast.Name, ast.Attribute)) else None

    nodes = list(ast.walk(tree(name)))
    for _ in range(2):
        for node in nodes:
            if isinstance(node, ast.Assign):
                target, value = node.targets[0], node.value
                pairs = (
                    zip(target.elts, value.elts, strict=False)
                    if isinstance(target, ast.Tuple) and isinstance(value, ast.Tuple)
                    else [(target, value)]
                )
                for left, right in pairs:
                    if section_of(right):
                        aliases[tail(left)] = section_of(right)
    found = set()
    for node in nodes:
        if isinstance(node, ast.Attribute):
            found.add((section_of(node.value), node.attr))
            if tail(node.value) == "config":
                found.add(("", node.attr))
    return found


@pytest.fixture(scope="module")
def settings_read():
    """All settings read outside ecmsim/config."""
    return set().union(*(sections_read(name) for name in FILES if part_of(name) != "config"))


@pytest.mark.parametrize("setting", SETTINGS)
def test_every_setting_is_read(settings_read, setting):
    assert (bare(setting) in settings_read) != (setting in UNREAD)


def test_no_stale_exceptions():
    assert set(UNREAD) <= set(SETTINGS) and len(SETTINGS) > 60
