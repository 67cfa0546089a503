"""A fit file read and checked: the Definition with its parameters and datasets, all that is wrong with it told at once.

A calibration as `ecmsim calibrate` takes it, with targets and rows in place of [[dataset]], is a fit to facts.
"""

from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from ecmsim.config import load_config, shipped
from ecmsim.config.files import read as toml_of
from ecmsim.config.laws import is_law, located
from ecmsim.config.messages import problems_of, report
from ecmsim.config.suggest import quoted
from ecmsim.config.texts import absolute, is_file, like
from ecmsim.errors import ConfigError
from ecmsim.fitting.building import built
from ecmsim.fitting.parameters import Space, derived_of, parameters_of
from ecmsim.fitting.schema import Fit
from ecmsim.study import naming, space
from ecmsim.study.definition import toml

SHORT = ("targets", "target", "rows", "source")  # keys of a calibration: its one dataset
NUMERICS = ("model", "stepping.refinement")  # which the stages of a fit decide


@dataclass(frozen=True)
class Definition:
    """What a fit file says. path: of it; config: path of the configuration; fixed: settings of all runs, by name;
    space: Space of the parameters; datasets: tuple of Dataset; options: the sections, as schema.Fit."""

    path: Path
    title: str
    config: Path
    fixed: dict
    space: Space
    datasets: tuple
    options: Fit

    def configuration(self, x, dataset, case, numerics=()):
        """The Config of a run. x (n,): shares of the parameters; numerics: texts "key=value". Raises ConfigError."""
        fixed = [f"{field}={toml(value)}" for field, value in self.fixed.items()]
        chosen = self.space.overrides(x, dataset.name)
        return load_config(self.config, [*fixed, *numerics, *case.overrides, *chosen])


def read(path):
    """The Definition in a file. Raises ConfigError with all that is wrong."""
    path = Path(path)
    data = toml_of(path)
    data = _whole(_short(data, path), path.parent)
    if data.get("parameters", {}) == {}:
        example = '"stress.energy" = { from = "0.01 eV", to = "0.04 eV" }'
        raise ConfigError(f"{path}: parameters: needs at least one, such as {example}")
    try:
        options = Fit.model_validate(data)
    except ValidationError as error:
        raise report(path, problems_of(error, Fit, data), data) from None
    problems = [
        f"set.{field}: the stages of a fit decide that (global, local, full)"
        for field in options.set
        if field in NUMERICS
    ]
    config = _config(options.config, path, problems)
    if problems:
        raise refusal(path, problems)
    fixed = [f"{field}={toml(value)}" for field, value in options.set.items()]
    base = load_config(config, fixed)
    names = _names(options.dataset, problems)
    parameters = parameters_of(options.parameters, base, names, problems)
    derived = derived_of(options.derived, base, parameters, problems)
    datasets = []
    for number, (section, name) in enumerate(zip(options.dataset, names, strict=True)):
        try:
            datasets.append(built(section, name, lambda own: load_config(config, [*fixed, *own]), path))
        except space.Wrong as error:
            problems.append(f"dataset[{number}] ({name}): {error}")
    if problems:
        raise refusal(path, problems)
    found = Definition(
        path, options.title, config, options.set, Space(parameters, derived, base), tuple(datasets), options
    )
    _require_sound(found)
    return found


def _require_sound(found):
    """ConfigError where the data are fewer than the parameters, or no run is possible at the start."""
    import numpy as np

    problems = []
    known = sum(len(dataset.table(dataset.predict([None] * len(dataset.cases)))["x"]) for dataset in found.datasets)
    known += len(found.space.with_prior)
    if len(found.space) > known:
        problems.append(
            f"{len(found.space)} parameters cannot be fitted to {known} numbers: fewer parameters, more data or priors"
        )
    n, told = len(found.space), {}
    corners = [np.where(np.arange(n) == k, end, found.space.start) for k in range(n) for end in (0.0, 1.0)]
    for dataset in found.datasets:
        for x in (found.space.start, *corners):
            try:
                found.configuration(x, dataset, dataset.cases[0], ("model=reduced",))
            except ConfigError as error:
                told.setdefault("; ".join(error.problems) or str(error), f"{dataset.name}, with {found.space.told(x)}")
    problems += [f"{where}: {text}" for text, where in told.items()]
    if problems:
        raise refusal(found.path, problems)


def refusal(path, problems):
    """The ConfigError with all problems of a file."""
    head = f"{path}: " if len(problems) == 1 else f"{path}: {len(problems)} problems\n  "
    return ConfigError(head + "\n  ".join(problems), problems)


def _short(data, path):
    """A calibration as a fit: targets or tables [[target]], rows and source become a dataset of facts."""
    if "dataset" in data or not set(data) & set(SHORT):
        return data
    if ("targets" in data) == ("target" in data):
        raise ConfigError(
            f'{path}: needs either tables [[target]] or targets = "FILE.toml", a file with such tables; '
            "measurements are tables [[dataset]]"
        )
    if "targets" in data and not isinstance(data["targets"], str):
        given = quoted(data["targets"])
        raise ConfigError(f"{path}: targets = {given}: expected the path of a file in quotes, relative to this one")
    names = {"targets": "file"}
    facts = {names.get(key, key): data[key] for key in SHORT if key in data}
    rest = {key: value for key, value in data.items() if key not in SHORT}
    usual = {"global": {"method": "none"}, "local": {"refinement": 1.0}, "full": {"mode": "finish"}}
    return usual | rest | {"dataset": [{"kind": "facts", "name": "facts"} | facts]}


def _whole(data, folder):
    """The data with settings by their dotted names, however they are nested, and with the paths of laws absolute."""
    data = dict(data)
    for key in ("set", "parameters"):
        if isinstance(data.get(key), dict):
            data[key] = _flat(data[key], folder)
    if isinstance(data.get("dataset"), list):
        data["dataset"] = [
            item | {"set": _flat(item["set"], folder)}
            if isinstance(item, dict) and isinstance(item.get("set"), dict)
            else item
            for item in data["dataset"]
        ]
    return data


def _flat(table, folder):
    return {
        (field if "." not in field and "[" not in field else naming.canonical(field)): _located(
            naming.canonical(field), value, folder
        )
        for field, value in space.flat(table)
    }


def _located(field, value, folder):
    """A value with the paths of laws and of programmes' files made relative to the fit file."""
    if is_law(naming.keys_of(field)) and isinstance(value, (str, dict)):
        return located(value, folder)
    if field.rpartition(".")[2] == "file" and isinstance(value, str):
        return str(absolute(folder / value))
    if isinstance(value, list):
        return [_located(field, item, folder) for item in value]
    if isinstance(value, dict):
        return {key: _located(f"{field}.{key}", item, folder) for key, item in value.items()}
    return value


def _config(given, path, problems):
    try:
        config = shipped.path_of(given) if shipped.is_name(given) else path.parent / given
    except ConfigError as error:
        problems.append(f"config: {error}")
        return path
    if not is_file(config):
        problems.append(
            f'config = "{given}": expected the path of a configuration, relative to this file; no such file'
            f"{like(config, '*.toml')}"
        )
    return config


def _names(sections, problems):
    names = [section.name or f"{section.kind} {number}" for number, section in enumerate(sections, 1)]
    for name in dict.fromkeys(names):
        if names.count(name) > 1:
            problems.append(f'dataset: the name "{name}" is used {names.count(name)} times')
    return names
