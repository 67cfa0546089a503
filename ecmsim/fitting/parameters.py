"""What is sought: parameters as shares x of the way between their bounds, priors, and what is derived from them."""

from dataclasses import dataclass

import numpy as np
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import LABELS, Quantity, QuantityType
from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.errors import ConfigError
from ecmsim.fitting.expression import Expression
from ecmsim.study import naming, space

# How well a value is known by its label, as a share of it: the standard error of the prior "label".
SHARES = {"measured": 0.05, "printed": 0.05, "handbook": 0.1, "derived": 0.2, "fitted": 0.3, "assumed": 0.5}
assert set(SHARES) == set(LABELS)


@dataclass(frozen=True)
class Parameter:
    """name; setting: its dotted name, "" of a number of its own; unit; low, high, start; log: sought on its logarithm;
    prior: (value, error) or None; datasets: names of those for which it holds, None for all."""

    name: str
    setting: str
    unit: str
    low: float
    high: float
    start: float
    log: bool = False
    prior: tuple | None = None
    datasets: tuple | None = None

    def value(self, x):
        """The value at a share x of the way between the bounds."""
        x = np.clip(x, 0.0, 1.0)
        return self.low * (self.high / self.low) ** x if self.log else self.low + (self.high - self.low) * x

    def share(self, value):
        """The share x at which it has a value."""
        if self.log:
            return np.log(value / self.low) / np.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)

    def slope(self, x):
        """Change of the value with x."""
        return self.value(x) * np.log(self.high / self.low) if self.log else self.high - self.low

    def text(self, value):
        """A value as it may stand in a configuration."""
        return in_unit(value, self.unit)

    def holds_for(self, dataset):
        """Whether it is a parameter of a dataset (its name)."""
        return self.datasets is None or dataset in self.datasets

    def deviation(self, x):
        """What its prior says of x, in standard errors; of a logarithmic one the error is relative."""
        value, error = self.prior
        if self.log:
            return np.log(self.value(x) / value) / (error / value)
        return (self.value(x) - value) / error


@dataclass(frozen=True)
class Derived:
    """A formula. name: of the setting that it gives, or of a number that is told; unit: None for the latter."""

    name: str
    expression: Expression
    unit: str | None

    def text(self, value):
        """A value as it may stand in a configuration."""
        return in_unit(value, self.unit)


def in_unit(value, unit):
    """A number with its unit, eight digits of it, as it may stand in a configuration."""
    return Quantity(float(f"{value:.8g}"), unit).text if unit else f"{value:.8g}"


def parameters_of(tables, base, names, problems):
    """The Parameters that the tables [parameters] describe; base: the Config; names: of the datasets."""
    found = []
    for name, given in tables.items():
        try:
            found.append(_parameter(name, given, base, names))
        except space.Wrong as error:
            problems.append(f"parameters.{name}: {error}")
    seen = {}
    for item in found:
        for dataset in (names if item.datasets is None else item.datasets) if item.setting else ():
            if (item.setting, dataset) in seen:
                problems.append(
                    f"parameters.{item.name}: {item.setting} of dataset {quoted(dataset)} is sought twice, also as "
                    f"{seen[item.setting, dataset]}"
                )
            seen[item.setting, dataset] = item.name
    return tuple(found)


def _parameter(name, given, base, names):
    own = "." not in name and given.setting is None
    setting = "" if own else naming.canonical(given.setting or name)
    value, unit = (None, "") if own else (naming.effective(base, setting), space.unit_of(setting))
    if not own and not isinstance(value, float):
        hint = did_you_mean(setting, _settings(base)) or " (ecmsim validate --schema lists all)"
        raise space.Wrong(f"{quoted(setting)} is not a setting with a number{hint}")
    low, high = (_number(key, getattr(given, attribute), unit) for key, attribute in (("from", "low"), ("to", "high")))
    low, high = min(low, high), max(low, high)
    if not low < high:
        raise space.Wrong(f"from and to are both {in_unit(low, unit)}: nothing lies between them")
    log = given.scale == "log"
    if log and not low > 0:
        raise space.Wrong(f'from = {in_unit(low, unit)}: must be greater than zero with scale = "log"')
    if given.start is not None:
        start = _number("start", given.start, unit)
    elif own:
        start = float(np.sqrt(low * high)) if log else 0.5 * (low + high)
    else:
        start = float(value)
    if not low <= start <= high:
        told = "start =" if given.start is not None else "the configuration's own value,"
        raise space.Wrong(
            f"{told} {in_unit(start, unit)}, must lie between its bounds {in_unit(low, unit)} and {in_unit(high, unit)}"
        )
    for dataset in given.datasets or ():
        if dataset not in names:
            raise space.Wrong(f"datasets: there is no {quoted(dataset)}{did_you_mean(dataset, names)}")
    prior = None if given.prior is None else _prior(given.prior, value, unit, log)
    return Parameter(name, setting, unit, low, high, start, log, prior, given.datasets)


def _prior(given, value, unit, log):
    if given == "label":
        label = getattr(value, "label", None)
        if label is None or not value:
            raise space.Wrong(
                f'prior = "label": the value {value} has no label; write prior = {{ value = …, error = … }}'
            )
        return float(value), SHARES[label] * abs(float(value))
    if not isinstance(given, dict) or set(given) != {"value", "error"}:
        raise space.Wrong(f'prior = {quoted(given)}: expected "label" or {{ value = …, error = … }}')
    known, error = _number("prior.value", given["value"], unit), _number("prior.error", given["error"], unit)
    if not error > 0:
        raise space.Wrong(f"prior.error = {quoted(given['error'])}: must be greater than zero")
    if log and not known > 0:
        raise space.Wrong(f'prior.value = {quoted(given["value"])}: must be greater than zero with scale = "log"')
    return known, error


def _number(key, given, unit):
    try:
        return float(QuantityType(unit).validate(given))
    except PydanticCustomError as error:
        raise space.Wrong(f"{key} = {quoted(given)}: {error.message()}") from None


def _settings(base):
    return [
        f"{name}.{inner}" for name, part in base if hasattr(part, "model_fields") for inner in type(part).model_fields
    ]


def derived_of(tables, base, parameters, problems):
    """The Derived of the table [derived], each able to use those before it."""
    found, known = [], {parameter.name for parameter in parameters}
    for name, text in tables.items():
        try:
            expression = Expression(text)
            for used in expression.names:
                if used not in known and not isinstance(naming.effective(base, used), (int, float)):
                    hint = did_you_mean(used, [*known, *_settings(base)])
                    raise ConfigError(f"{quoted(text)}: {quoted(used)} is neither a parameter nor a setting{hint}")
            unit = None
            if "." in name:
                unit = space.unit_of(name)
                if unit is None or not isinstance(naming.effective(base, name), float):
                    hint = did_you_mean(name, _settings(base))
                    raise ConfigError(
                        f"is not a setting with a number{hint}; numbers that are told have names without dots"
                    )
                if any(parameter.setting == naming.canonical(name) for parameter in parameters):
                    raise ConfigError("is sought as a parameter as well: it cannot follow from others too")
            elif name in known:
                raise ConfigError("there is a parameter of this name")
            found.append(Derived(naming.canonical(name) if unit is not None else name, expression, unit))
            known.add(found[-1].name)
        except ConfigError as error:
            problems.append(f"derived.{name}: {error}")
    return tuple(found)


class Space:
    """All parameters and what is derived from them. base: the Config that has all other settings."""

    def __init__(self, parameters, derived, base):
        self.parameters, self.derived, self.base = parameters, derived, base

    def __len__(self):
        return len(self.parameters)

    @property
    def start(self):
        """Shares x at which the search begins, (n,)."""
        return np.array([parameter.share(parameter.start) for parameter in self.parameters])

    def values(self, x):
        """Values of the parameters, (n,)."""
        return np.array([parameter.value(share) for parameter, share in zip(self.parameters, x, strict=True)])

    def slopes(self, x):
        """Changes of the values with x, (n,)."""
        return np.array([parameter.slope(share) for parameter, share in zip(self.parameters, x, strict=True)])

    def formulas(self, x, dataset=None):
        """Values of what is derived, by name, as a dataset has it; None: of all parameters."""
        values = {}
        for parameter, value in zip(self.parameters, self.values(x), strict=True):
            if dataset is None or parameter.holds_for(dataset):
                values[parameter.name] = value
                if parameter.setting:
                    values[parameter.setting] = value
        found, absent = {}, {parameter.name for parameter in self.parameters} - values.keys()
        for item in self.derived:
            if absent.intersection(item.expression.names):  # of another dataset
                absent.add(item.name)
                continue
            for name in item.expression.names:
                if name not in values:
                    values[name] = float(naming.effective(self.base, name))  # a number, as derived_of has seen to
            found[item.name] = values[item.name] = item.expression(values)
        return found

    def overrides(self, x, dataset):
        """Texts "key=value" of a run for a dataset."""
        chosen = [
            f"{parameter.setting}={parameter.text(value)}"
            for parameter, value in zip(self.parameters, self.values(x), strict=True)
            if parameter.setting and parameter.holds_for(dataset)
        ]
        formulas = self.formulas(x, dataset)
        return chosen + [
            f"{item.name}={item.text(formulas[item.name])}"
            for item in self.derived
            if item.unit is not None and item.name in formulas
        ]

    def priors(self, x):
        """Residuals of the priors, (k,), in the order of the parameters that have one."""
        pairs = zip(self.parameters, x, strict=True)
        return np.array([parameter.deviation(share) for parameter, share in pairs if parameter.prior])

    @property
    def with_prior(self):
        """Names of the parameters that have a prior."""
        return [parameter.name for parameter in self.parameters if parameter.prior]

    def told(self, x):
        """The values of all parameters in one line."""
        pairs = zip(self.parameters, self.values(x), strict=True)
        return ", ".join(
            f"{parameter.name} = {in_unit(float(f'{value:.5g}'), parameter.unit)}" for parameter, value in pairs
        )
