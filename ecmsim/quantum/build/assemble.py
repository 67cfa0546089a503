"""From the records of a production to its table."""

from collections import Counter
from dataclasses import fields
from pathlib import Path

from ecmsim.quantum.build.plan import used
from ecmsim.quantum.build.production import FAILED, FINISHED, LEFT, states
from ecmsim.quantum.build.records import canonical, text, write_whole
from ecmsim.quantum.table import FORMAT, VERSION, Entry

# Of checks (eV): beyond these the device's ends are not the lead's crystal, or transport has lost digits.
REMAINDER = 0.3
ASYMMETRY = 1e-3  # of T
# Layers of a neck: with fewer, electrons also tunnel from lead to lead beside its atoms, a tenth of a channel per atom
# that is missing (planes-4.8), and T exceeds the number of atoms.
LAYERS = 2


def assemble(plan, method, records, command):
    """The table's content, a dict for JSON: all finished points of the plan in its order; see table.Table."""
    state = states(plan, method, records)
    found = {point.name: records.read(point, method) for point in plan.points if state[point.name] == FINISHED}
    common = _most_common([used(point.settings, method.settings) for point in plan.points])
    versions = _most_common([record["versions"] for record in found.values()])
    failures = {
        point.name: records.read(point, method, failed=True)["reason"]
        for point in plan.points
        if state[point.name] == FAILED
    }
    return {
        "format": FORMAT,
        "version": VERSION,
        "metal": plan.metal,
        "method": method.name,
        "command": command,
        "units": "lengths named _nm in nm, others in angstrom; energies in eV from E_F; T per spin, G = T 2e^2/h",
        "settings": common,
        "versions": versions,
        "hours": sum(sum(record["seconds"].values()) for record in found.values()) / 3600,
        "left": [name for name, value in state.items() if value == LEFT],
        "failed": failures,
        "points": [_row(p, found[p.name], common, versions) for p in plan.points if p.name in found],
    }


def write_table(path, content):
    """Write a table as a whole file, making its folder."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, lambda file: file.write((text(content) + "\n").encode()))


def publish(path, plan, method, records, content):
    """Write a table, and the records that it is made of into the folder of its name beside it: FILE.json, FILE/."""
    path = Path(path)
    for point in plan.points:
        record = records.read(point, method)
        if record is not None:
            write_table(path.with_suffix("") / records.path(point, method).name, record)
    write_table(path, content)


def _row(point, record, common, versions):
    """An entry of the table, and the versions where others were used. Remarks of the plan may be made afterwards."""
    own = {key: value for key, value in record["settings"].items() if common.get(key) != value}
    spread = [min(record["transmission"]), max(record["transmission"])]
    row = record | {
        "settings": own,
        "spread": spread,
        "seconds": sum(record["seconds"].values()),
        "flags": [*point.flags, *_remarks(record)],
    }
    row = {field.name: row[field.name] for field in fields(Entry)}
    return row if record["versions"] == versions else row | {"versions": record["versions"]}


def _remarks(record):
    """Flags from the shape and the checks of a calculation."""
    checks, remarks = record["checks"], []
    if record["branch"] == "contact" and len(record["shape"]["counts"]) < LAYERS:
        remarks.append("electrons also tunnel from lead to lead beside the atoms: the faces are two layers apart")
    remainder = max(checks.get("remainder_left", 0), checks.get("remainder_right", 0))
    if remainder > REMAINDER:
        remarks.append(f"the device's ends differ from the lead by {remainder:.2g} eV: use more spare layers")
    if max(checks["asymmetry"], abs(checks["channel_sum"])) > ASYMMETRY * max(record["T"], ASYMMETRY):
        remarks.append("transmission forth, back and by channels differ: use another eta")
    return remarks


def _most_common(contents):
    """The dict that occurs most often; empty for none."""
    counts = Counter(canonical(content) for content in contents)
    return next((c for c in contents if canonical(c) == counts.most_common(1)[0][0]), {})
