"""The materials that a cell names, found in the data, in files and in the package, and put into the data."""

from ecmsim.config.files import is_path, merge, parse, read
from ecmsim.config.material import packaged_material_text, packaged_materials
from ecmsim.config.messages import Problem
from ecmsim.config.roles import ROLES
from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.config.texts import absolute, is_file


def resolve_materials(data):
    """Complete data["materials"] so that the data needs no other file; returns the problems.

    A cell's path becomes the name of the file (without .toml). A table [materials.NAME] in the data lies on
    top of the file or of the package's material of that name.
    """
    cell, tables = data.get("cell", {}), data.setdefault("materials", {})
    if not (isinstance(cell, dict) and isinstance(tables, dict)):
        return []
    problems, origins = [], {}
    available = sorted({*packaged_materials(), *tables})
    for role in ROLES:
        given = cell.get(role)
        if not isinstance(given, str):
            continue
        path = absolute(given) if is_path(given) else None
        name = cell[role] = path.stem if path else given
        refusal = None
        if origins.setdefault(name, path) != path:
            refusal = f"the cell has another material {quoted(name)}: give the file another name"
        elif path and not is_file(path):
            refusal = "no such file"
        elif not path and name not in available:
            names = ", ".join([*available, "or a .toml file"])
            refusal = f"unknown material{did_you_mean(given, available)} (available: {names})"
        if refusal:
            problems.append(Problem(("cell", role), f"cell.{role} = {quoted(given)}: {refusal}"))
    for name in dict.fromkeys([*tables, *origins]):
        base = _base(name, origins.get(name))
        if base is not None:
            tables[name] = merge(base, tables.get(name, {}))
        if isinstance(tables.get(name), dict) and tables[name] and "kind" not in tables[name]:
            # Taken for what the cell needs, so that all that it lacks besides is found as well.
            role = next((role for role in ROLES if cell.get(role) == name), None)
            if role:
                tables[name] = {"kind": ROLES[role], **tables[name]}
                line = f"materials.{name}.kind: missing; expected {quoted(ROLES[role])} of the {role.replace('_', ' ')}"
                problems.append(Problem(("materials", name, "kind"), line))
    return problems


def _base(name, path):
    if path:
        return read(path) if is_file(path) else None
    return parse(packaged_material_text(name), name) if name in packaged_materials() else None
