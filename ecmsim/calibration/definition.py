"""A calibration file (TOML): which configuration, which parameters within which bounds, to which facts.

config = "../cu_sio2_pt.toml"
rows = [1, 2, 3, 4, 5, 6]
[parameters]
"stress.energy" = { from = "0.01 eV", to = "0.04 eV" }
"""

from dataclasses import dataclass
from pathlib import Path

from ecmsim.config import load_config
from ecmsim.config.files import parse
from ecmsim.config.laws import is_law, located
from ecmsim.config.quantities import Quantity
from ecmsim.config.suggest import did_you_mean
from ecmsim.errors import ConfigError
from ecmsim.study import naming, space
from ecmsim.study.definition import toml
from validation.paper.facts import TARGETS

KEYS = ("title", "config", "rows", "set", "parameters")


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
    """What a calibration file says. config: path; fixed: settings of all runs; targets: the facts fitted to."""

    path: Path
    title: str
    config: Path
    fixed: dict
    parameters: tuple
    targets: tuple

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
    try:
        data = parse(path.read_text(encoding="utf-8-sig"), path)
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror})") from None
    problems = [
        f"{key}: unknown key{did_you_mean(key, KEYS) or '; allowed: ' + ', '.join(KEYS)}"
        for key in data
        if key not in KEYS
    ]
    config = path.parent / str(data.get("config", ""))
    if not config.is_file():
        problems.append(f"config = {data.get('config')!r}: expected the path of a configuration, relative to this file")
    rows = data.get("rows", [target.row for target in TARGETS])
    known = {target.row: target for target in TARGETS}
    if not isinstance(rows, list) or not rows or any(row not in known for row in rows):
        problems.append(f"rows = {rows!r}: expected some of {sorted(known)}; all other facts are predictions")
        rows = []
    fixed, parameters = _tables(data, problems)
    fixed = {k: located(value, path.parent) if is_law(naming.keys_of(k)) else value for k, value in fixed.items()}
    if problems:
        raise _refusal(path, problems)
    base = load_config(config, [f"{field}={toml(value)}" for field, value in fixed.items()])
    found = [_parameter(name, given, base, problems) for name, given in parameters.items()]
    if not found and not problems:
        problems.append(
            'parameters: needs at least one, such as "stress.energy" = { from = "0.01 eV", to = "0.04 eV" }'
        )
    if len(found) > len(rows):
        problems.append(f"{len(found)} parameters cannot be fitted to {len(rows)} facts: fewer parameters or more rows")
    if problems:
        raise _refusal(path, problems)
    return Calibration(
        path, str(data.get("title", "")), config, fixed, tuple(found), tuple(known[row] for row in sorted(set(rows)))
    )


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
