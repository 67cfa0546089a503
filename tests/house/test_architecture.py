"""The shape of the program: imports run downwards only, files say what they are for, settings are used."""

import ast
import re
import subprocess
import sys
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import ecmsim
from ecmsim.config import reference
from ecmsim.config.interface import LAWS

PACKAGE = Path(ecmsim.__file__).parent
FILES = {path.relative_to(PACKAGE).as_posix(): path for path in sorted(PACKAGE.rglob("*.py"))}
# The loose modules: what has no room of its own because every room may use it, and the way in.
COMMON = {"constants", "errors", "observed", "text", "timing"}
ENTRANCES = {"__init__": {"config", "results", "running"}, "__main__": {"commands"}, "run": {"running"}}
LONGEST = 400  # lines of a file
SOLVER_LIBRARIES = {"basix", "dolfinx", "ffcx", "mpi4py", "petsc4py", "ufl"}
UNDER_A_CONDITION = {"physics/operators.py": {"ufl"}}  # written for UFL as well as for NumPy
VALIDATION = sorted((PACKAGE.parent / "validation").rglob("*.py"))  # beside the package, in a clone alone
# Codes of atoms and their electrons: the files that compute tables with them and that move atoms.
ATOMISTIC = {"gpaw", "ase"}


@cache
def tree(name):
    return ast.parse(FILES[name].read_text())


def room_of(name):
    """The folder of a file as in a rule: models.full; nothing for loose modules."""
    return name.rpartition("/")[0].replace("/", ".")


ROOMS = sorted({room_of(name) for name in FILES} - {"", "materials"})


@cache
def rule(room):
    """What the __init__ of a room says that it may import: rooms, and libraries of the solver."""
    text = ast.get_docstring(tree(f"{room.replace('.', '/')}/__init__.py"))
    imports = re.search(r"^May import: (.+?)\.$", text, re.M | re.S)
    uses = re.search(r"^May use: (.+?)\.$", text, re.M | re.S)
    assert imports, f"ecmsim/{room}/__init__.py: say 'May import: ROOM, ROOM.' (or 'nothing.')"
    return [set(re.split(r",\s+", found[1])) - {"nothing"} if found else set() for found in (imports, uses)]


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


def places(name):
    """Rooms and loose modules of ecmsim that a file imports."""
    found = set()
    for module in imported(name):
        if module.split(".")[0] != "ecmsim":
            continue
        parts = module.split(".")[1:]
        inner = next((k for k in range(len(parts), 0, -1) if ".".join(parts[:k]) in ROOMS), 0)
        found.add(".".join(parts[:inner] or parts[:1]))
    return found - {"__version__", ""}


def file_of(module):
    """The file that a dotted name of ecmsim is in: a module, or what is imported from one; None for other packages."""
    parts = module.split(".")
    for k in range(len(parts), 0, -1) if parts[0] == "ecmsim" else ():
        path = "/".join(parts[1:k])
        found = next((name for name in (f"{path}.py", f"{path}/__init__.py".lstrip("/")) if name in FILES), None)
        if found:
            return found
    return None


def circle_in(files):
    """The files of a circle of imports, of a mapping file -> imported files; empty if there is none."""
    try:
        TopologicalSorter(files).prepare()
    except CycleError as error:
        return error.args[1]
    return []


@pytest.mark.slow
def test_no_files_import_each_other_in_a_circle():
    """Also not by way of imports inside functions, which only hide one."""
    files = {name: {file_of(module) for module in imported(name)} - {None, name} for name in FILES}
    assert sum(map(len, files.values())) > len(FILES)
    assert circle_in(files) == []


def test_circles_are_found():
    imports = {"a.py": {"b.py"}, "b.py": {"c.py"}, "c.py": set(), "d.py": {"a.py"}}
    assert circle_in(imports) == []
    assert {"a.py", "b.py", "c.py"} <= set(circle_in(imports | {"c.py": {"a.py"}}))
    assert file_of("ecmsim.config.load.load_config") == "config/load.py"
    assert file_of("ecmsim.config.load_config") == "config/__init__.py"
    assert (file_of("ecmsim.__version__"), file_of("ecmsim.errors.ConfigError")) == ("__init__.py", "errors.py")
    assert file_of("numpy.linalg") is None


def test_the_rules_make_no_circle():
    assert list(TopologicalSorter({room: rule(room)[0] for room in ROOMS}).static_order())


def test_the_rules_name_rooms():
    assert not set().union(*(rule(room)[0] for room in ROOMS)) - set(ROOMS)
    assert not set().union(*(rule(room)[1] for room in ROOMS)) - SOLVER_LIBRARIES


@pytest.mark.parametrize("room", ROOMS)
def test_a_rule_permits_no_more_than_is_used(room):
    used = set().union(*(places(name) for name in FILES if room_of(name) == room))
    assert rule(room)[0] == used - COMMON - {room}


def permitted(name):
    """The rooms that a file may import."""
    room = room_of(name)
    return {room} | COMMON | rule(room)[0] if room else ENTRANCES.get(name.removesuffix(".py"), set())


def test_imports_are_permitted():
    forbidden = {name: places(name) - permitted(name) for name in FILES}
    assert not {name: rooms for name, rooms in forbidden.items() if rooms}


def test_few_modules_have_no_room():
    loose = {name.removesuffix(".py") for name in FILES if not room_of(name)}
    assert loose - {"__init__", "__main__"} <= COMMON | {"run"} and len(COMMON) < 6


def test_no_file_is_long():
    lengths = {path: len(path.read_text().splitlines()) for path in [*FILES.values(), *VALIDATION]}
    assert not {path: length for path, length in lengths.items() if length > LONGEST}


def test_only_the_solver_imports_the_solver_s_libraries():
    def forbidden(name):
        libraries = {module.split(".")[0] for module in imported(name)} & SOLVER_LIBRARIES
        return libraries - (rule(room_of(name))[1] if room_of(name) else set()) - UNDER_A_CONDITION.get(name, set())

    assert not {name: forbidden(name) for name in FILES if forbidden(name)}


def test_only_pipeline_and_dynamics_import_atomistic_codes():
    users = {name for name in FILES if {module.split(".")[0] for module in imported(name)} & ATOMISTIC}
    assert users == {"quantum/build/dft.py", "quantum/atoms/dynamics.py"}


def test_only_the_commands_that_start_the_validation_import_it():
    """It is not there in an installed package."""
    users = {name for name in FILES if "validation" in {module.split(".")[0] for module in imported(name)}}
    assert users == {"commands/cli.py", "commands/quantum.py"}


@pytest.mark.slow
@pytest.mark.parametrize(
    "rooms",
    [
        ("plot", "results"),
        ("config", "drive", "shape"),
        ("commands", "physics"),
        ("models", "models.full.mesh", "models.reduced"),
        ("study", "fitting"),
        ("page",),
        ("quantum", "quantum.atoms", "quantum.measured"),
    ],
)
def test_importing_without_the_solver(rooms):
    """Also what these import in turn does without dolfinx."""
    names = [name for name in FILES if room_of(name) in rooms]
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
    )
    assert done.stdout.strip() == "[]"


def test_importing_the_package_is_cheap():
    heavy = {"numpy", "pydantic", "matplotlib", "dolfinx"}
    code = f"import sys, ecmsim; print(sorted({heavy} & sys.modules.keys()))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert done.stdout.strip() == "[]"


def test_every_file_says_what_it_is_for():
    said = {path: ast.get_docstring(ast.parse(path.read_text())) for path in [*FILES.values(), *VALIDATION]}
    assert not [path for path, text in said.items() if len((text or "").split()) < 4]


# No laws, but the list of all laws and how a configuration fills them in, and what each of them has to offer.
NO_LAWS = {"physics/model.py", "physics/roles.py"}


def test_laws_are_small():
    laws = [name for name in FILES if room_of(name) == "physics" and name not in NO_LAWS]
    assert len(laws) > 20 and not [name for name in laws if len(FILES[name].read_text().splitlines()) >= 100]


# --- every setting is read ----------------------------------------------------------------------------------

# Function parameters by which a section of the configuration travels: file or folder, name, section.
PARAMETERS = [
    ("shape/spacing.py", "numerics", "mesh"),
    ("models", "numerics", "mesh"),
    ("models", "cell", "cell"),
    ("commands/mesh.py", "numerics", "mesh"),
    ("commands/mesh.py", "cell", "cell"),
    ("running/stepping.py", "settings", "stepping"),
    ("models/pace.py", "settings", "stepping"),
    ("models/circuit.py", "compliance", "compliance"),
    ("models/circuit.py", "one", "compliance"),
    ("models/circuit.py", "leakage", "leakage"),
    ("models/circuit.py", "ohmic", "leakage.ohmic"),
    ("models/circuit.py", "trapped", "leakage.poole_frenkel"),
    ("models/circuit.py", "emitted", "leakage.schottky"),
    ("drive/compliance.py", "compliance", "compliance"),
    ("physics/model.py", "section", "surface_diffusion"),
    ("physics/model.py", "curved", "capillarity"),
    ("models/waiting.py", "section", "nucleation"),
    ("physics/model.py", "material", "materials"),
    ("physics/model.py", "metal", "materials"),
    ("running/remarks.py", "metal", "materials"),
    ("drive", "step", "programme"),
    ("drive", "read", "programme.read"),
]
UNREAD = {
    "draw.each": "there are cycles alone",
    "draw.seed": "Config.drawn heeds it",
    "draw.correlated": "Config.drawn heeds it",
    **{f"compliance.gate_{name}": "Transistor.gate reads both" for name in ("voltage", "points")},
    "programme[].file": "config.programme puts its content into points",
    "interface.file": "config.pairs puts what it has into the sections",
    "interface.borrow": "Config.loans and config.interface.unagreed heed it",
    **{f"interface.{name}": "Config.loans and Config.borrowed read all of them" for name in ("made_for", *LAWS)},
    "balance.faraday": "Balance.of_faraday, which knows the refinement, is read in its place",
    "programme[].columns": "config.measured reads the file with it",
    "programme[].origin": "tells people where points come from",
    "mesh.refinement": "Mesh.refined works it into the other settings",
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


def test_every_setting_is_read():
    """Outside ecmsim/config."""
    read = set().union(*(sections_read(name) for name in FILES if room_of(name) != "config"))
    assert [setting for setting in SETTINGS if bare(setting) not in read] == [s for s in SETTINGS if s in UNREAD]


def test_no_stale_exceptions():
    assert set(UNREAD) <= set(SETTINGS) and len(SETTINGS) > 60
