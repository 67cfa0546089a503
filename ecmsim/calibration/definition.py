"""A calibration file (TOML): which configuration, which parameters within which bounds, to which facts.

config = "../cu_sio2_pt.toml"
targets = "paper.toml"       # a file of targets (ecmsim.calibration.targets), or tables [[target]] in this one
rows = [1, 2, 3, 4, 5, 6]    # those of them that count; all if left out
[parameters]
"stress.energy" = { from = "0.01 eV", to = "0.04 eV" }
"""

from dataclasses import dataclass
from pathlib import Path

from ecmsim.calibration import targets
from ecmsim.config import load_config
from ecmsim.config.files import read as toml_of
from ecmsim.config.laws import is_law, located
from ecmsim.config.quantities import Quantity
from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.config.texts import is_file
from ecmsim.errors import ConfigError
from ecmsim.study import naming, space
from ecmsim.study.definition import toml

KEYS = ("title", "config", "targets", "source", "target", "rows", "set", "parameters")


@dataclass(frozen=True)
class Parameter:
    """A parameter to fit: its dotted name, unit, bounds and the value that the configuration gives it, in that unit."""

    name: str
    unit: str
    low: float
    high: float
    start: float

    def text(self, value):
        """A value as it may stand in a configuration."""
        return Quantity(float(f"{value:.8g}"), self.unit).text if self.unit else f"{value:.8g}"


@dataclass(frozen=True)
class Calibration:
    """What a calibration file says. config: path; fixed: settings of all runs; targets: the facts fitted to, a tuple
    of Target; source: whose facts they are."""

    path: Path
    title: str
    config: Path
    fixed: dict
    parameters: tuple
    targets: tuple
    source: str

    def overrides(self, values, model):
        """Texts "key=value" for a run with values (n,) of the parameters, of the "full" or the "reduced" model."""
        fixed = [f"{field}={toml(value)}" for field, value in self.fixed.items()]
        chosen = [f"{p.name}={p.text(value)}" for p, value in zip(self.parameters, values, strict=True)]
        return [*fixed, *chosen, f"model={model}"]

    def configuration(self, values, model):
        """The Config of such a run. Raises ConfigError."""
        return load_config(self.config, self.overrides(values, model))


def read(path):
    """The Calibration in a file. Raises ConfigError with all that is wrong."""
    path = Path(path)
    data = toml_of(path)
    problems = [
        f"{key}: unknown key{did_you_mean(key, KEYS) or '; allowed: ' + ', '.join(KEYS)}"
        for key in data
        if key not in KEYS
    ]
    config = path.parent / str(data.get("config", ""))
    if not is_file(config):
        problems.append(f"config = {data.get('config')!r}: expected the path of a configuration, relative to this file")
    known = _targets(data, path, problems)
    chosen = _chosen(data, known.targets, problems)
    fixed, parameters = _tables(data, problems)
    fixed = {k: located(value, path.parent) if is_law(naming.keys_of(k)) else value for k, value in fixed.items()}
    if problems:
        raise _refusal(path, problems)
    base = load_config(config, [f"{field}={toml(value)}" for field, value in fixed.items()])
    found = [_parameter(name, given, base, problems) for name, given in parameters.items()]
    for target in chosen:
        if target.measure.above and not isinstance(naming.effective(base, target.measure.above), float):
            problems.append(f"row {target.row}: above = {target.measure.above}, which the configuration does not have")
    if not found and not problems:
        problems.append(
            'parameters: needs at least one, such as "stress.energy" = { from = "0.01 eV", to = "0.04 eV" }'
        )
    if len(found) > len(chosen):
        problems.append(
            f"{len(found)} parameters cannot be fitted to {len(chosen)} facts: fewer parameters or more facts"
        )
    if problems:
        raise _refusal(path, problems)
    return Calibration(path, str(data.get("title", "")), config, fixed, tuple(found), chosen, known.source)


def _targets(data, path, problems):
    """The Targets that a calibration file has, or names a file of; what is wrong with its own goes into problems."""
    nothing = targets.Targets("", ())
    if ("targets" in data) == ("target" in data):
        problems.append('needs either tables [[target]] or targets = "FILE.toml", a file with such tables')
        return nothing
    if "target" in data:
        return targets.from_tables(data, path, problems)
    if "source" in data:
        problems.append("source: stands in the file of the targets")
    if not isinstance(data["targets"], str):
        problems.append(f"targets = {quoted(data['targets'])}: expected the path of a file, relative to this one")
        return nothing
    return targets.read(path.parent / data["targets"])


def _chosen(data, known, problems):
    """Those of the known targets whose rows the file lists, all where it lists none."""
    known = {target.row: target for target in known}
    rows = data.get("rows", list(known))
    if not known:  # told already
        return ()
    if not isinstance(rows, list) or not rows or not all(type(row) is int and row in known for row in rows):
        problems.append(f"rows = {quoted(rows)}: expected some of {sorted(known)}, the rows of the targets")
        return ()
    return tuple(known[row] for row in sorted(set(rows)))


def _tables(data, problems):
    found = []
    for key in ("set", "parameters"):
        table = data.get(key, {})
        if not isinstance(table, dict):
            problems.append(f"{key}: expected a table of settings")
            table = {}
        found.append({naming.canonical(field): value for field, value in space.flat(table)})
    return found


def _parameter(name, given, base, problems):
    """The Parameter that a range of a setting describes; what is wrong with it goes into problems."""
    start, unit = naming.effective(base, name), space.unit_of(name)
    if not isinstance(start, float):
        problems.append(f"parameters.{name}: is not a setting with a number (ecmsim validate --schema lists all)")
        return None
    try:
        low, high = space.ends(name, given)
    except space.Wrong as error:
        problems.append(f"parameters.{name}: {error}")
        return None
    if not low < start < high:
        begin = Quantity(float(start), unit).text if unit else f"{start:g}"
        problems.append(f"parameters.{name}: the configuration's own value, {begin}, must lie between its bounds")
    return Parameter(name, unit, low, high, float(start))


def _refusal(path, problems):
    return ConfigError(f"{path}: " + "\n  ".join(problems), problems)
