"""A study file (TOML): which configuration, what is fixed, what is varied, what is read off the results."""

from dataclasses import dataclass
from pathlib import Path

import tomli_w
from pydantic_core import PydanticCustomError

from ecmsim.config.files import is_path
from ecmsim.config.laws import is_law, located
from ecmsim.config.quantities import QuantityType
from ecmsim.config.roles import ROLES
from ecmsim.config.structure import canonical, keys_of
from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.config.texts import absolute, is_file, like, tables_of, text_of
from ecmsim.errors import ConfigError
from ecmsim.plot import STUDY_PICTURES
from ecmsim.results import COLUMNS
from ecmsim.study import space
from ecmsim.study.draw import drawn
from ecmsim.study.observables import REDUCTIONS, Observable
from ecmsim.switching.values import Definitions

READING = ("set_by", "set_current", "reset_by", "switch_ratio")  # of the Definitions, beside read_voltage
KEYS = (
    "config",
    "title",
    "set",
    "pictures",
    "read_voltage",
    *READING,
    "grid",
    "zip",
    "sample",
    "draw",
    "case",
    "observe",
)
CASE_KEYS = ("name", "title", "set")
READ_VOLTAGE = 0.1  # V
USUAL, DRAWN = ("study",), ("cdf", "weibull")  # pictures of a study by itself, and of one with [draw]


@dataclass(frozen=True)
class Definition:
    """What a study file says.

    config: path of the configuration; fixed: settings of all cases, by name; points: the varied settings of each
    case, by name, as values of TOML; drawn: those of them that [draw] and [sample] chose at random; names: name of
    each case, "" where its settings are its name; titles: likewise; units: declared units of the varied settings by
    name, "" where there is none; definitions: of the numbers of cycles and pulses, in the file as read_voltage, set_by,
    set_current, reset_by, switch_ratio; pictures: names of those that a sweep ends with.
    """

    path: Path
    text: str
    title: str
    config: Path
    fixed: dict
    points: list
    drawn: tuple
    names: list
    titles: list
    units: dict
    definitions: Definitions
    observe: tuple
    pictures: tuple


def read(path):
    """The Definition in a study file. Raises ConfigError with all problems of the file."""
    path = Path(path)
    try:
        text = text_of(path)
        data = tables_of(text)
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    reader = _Reader(data, path.parent)
    points = reader.points()
    named = reader.named()
    combined = len(points)
    definition = Definition(
        path=path,
        text=text,
        title=reader.text("title"),
        config=reader.config(),
        fixed=reader.fixed(),
        points=[*points, *(case["set"] for case in named)],
        drawn=reader.drawn(),
        names=[""] * combined + [case["name"] for case in named],
        titles=[""] * combined + [case["title"] for case in named],
        units={field: space.unit_of(field) or "" for field in dict.fromkeys(reader.varied)},
        definitions=reader.definitions(),
        observe=reader.observe(),
        pictures=reader.pictures(),
    )
    if reader.problems:
        few = len(reader.problems) == 1
        head = f"{path}: " if few else f"{path}: {len(reader.problems)} problems\n  "
        raise ConfigError(head + "\n  ".join(reader.problems), reader.problems)
    return definition


def toml(value):
    """A value of TOML as text on one line."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{toml_key(key)} = {toml(item)}" for key, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    return tomli_w.dumps({"x": value}).removeprefix("x = ").rstrip("\n")


def toml_key(key):
    """A key as it may stand in a TOML file."""
    return tomli_w.dumps({key: 0}).removesuffix(" = 0\n")


class _Reader:
    """Reads a study file part by part, collecting what is wrong with it."""

    def __init__(self, data, folder):
        self.data, self.folder, self.problems, self.varied = data, folder, [], []
        for key in data:
            if key not in KEYS:
                suggestion = did_you_mean(key, KEYS) or f"; allowed here: {', '.join(KEYS)}"
                self.problems.append(f"{key}: unknown key{suggestion}")

    def text(self, key):
        value = self.data.get(key, "")
        if not isinstance(value, str):
            self.problems.append(f"{key} = {quoted(value)}: expected text in quotes")
            return ""
        return value

    def config(self):
        given = self.data.get("config")
        if not isinstance(given, str) or not given:
            told = f"config = {quoted(given)}: expected" if "config" in self.data else "config: missing; expected"
            self.problems.append(f"{told} the path of a configuration file in quotes, relative to this file")
            return Path()
        path = self.folder / given
        if not is_file(path):
            self.problems.append(f"config = {quoted(given)}: no such file ({path}){like(path, '*.toml')}")
        return path

    def quantity(self, key, unit, default):
        try:
            return float(QuantityType(unit).validate(self.data[key])) if key in self.data else default
        except PydanticCustomError as error:
            self.problems.append(f"{key} = {quoted(self.data[key])}: {error.message()}")
            return default

    def definitions(self):
        """How the numbers of cycles and pulses are defined."""
        before = len(self.problems)
        given = {"read_voltage": self.quantity("read_voltage", "V", READ_VOLTAGE)}
        given |= {key: self.data[key] for key in ("set_by", "reset_by") if key in self.data}
        if "set_current" in self.data:
            given["set_current"] = self.quantity("set_current", "A", None)
        if "switch_ratio" in self.data:
            given["switch_ratio"] = self.quantity("switch_ratio", "", None)
        if len(self.problems) > before:
            return Definitions()
        try:
            return Definitions(**given)
        except ConfigError as error:
            self.problems.append(str(error))
            return Definitions()

    def pictures(self):
        """The pictures that a sweep ends with: those asked for, of draws their distributions, else the study's."""
        given = self.data.get("pictures", DRAWN if "draw" in self.data else USUAL)
        if not isinstance(given, (list, tuple)) or not set(map(str, given)) <= set(STUDY_PICTURES):
            self.problems.append(f"pictures = {quoted(given)}: expected a list out of {', '.join(STUDY_PICTURES)}")
            return ()
        return tuple(given)

    def fixed(self):
        if not isinstance(self.data.get("set", {}), dict):
            self.problems.append(f"set = {quoted(self.data['set'])}: expected a table of settings")
        return {field: self._located(field, value) for field, value in self._fields("set").items()}

    def points(self):
        blocks = [self._block("grid", space.grid), self._block("zip", space.together), self._sample(), self._draw()]
        for field in dict.fromkeys(self.varied):
            if self.varied.count(field) > 1:
                self.problems.append(f"{field}: varied in more than one of [grid], [zip], [sample] and [draw]")
        for field in self.varied:
            for other in self._fields("set"):
                if other == field:
                    self.problems.append(f"{field}: both in set and varied")
        if not self.varied and not self.problems and not self.data.get("case"):
            self.problems.append(
                "varies nothing: it needs [grid], [zip], [sample] or [draw] with at least one setting, or [[case]]"
            )
        blocks = [block for block in blocks if block]
        if not self.problems and space.count(blocks) > space.MOST_CASES:
            self.problems.append(f"{space.count(blocks):.3g} cases: a study has at most {space.MOST_CASES:,}")
        return [] if self.problems or not self.varied else space.product(*blocks)

    def drawn(self):
        """The settings that were chosen at random."""
        random = {**self._fields("draw"), **self._fields("sample")}
        return tuple(field for field in dict.fromkeys(self.varied) if field in random)

    def named(self):
        """The cases that stand by themselves, as dicts of name, title and set."""
        given = self.data.get("case", [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.problems.append("case: expected tables [[case]]")
            return []
        found = [self._named(f"case[{number}]", item) for number, item in enumerate(given)]
        found = [item for item in found if item]
        names = [item["name"] for item in found]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                self.problems.append(f"case: the name {quoted(name)} is used twice")
        return found

    def _named(self, where, item):
        name, title = item.get("name"), item.get("title", "")
        if unknown := [key for key in item if key not in CASE_KEYS]:
            self.problems.append(
                f"{where}: unknown key {quoted(unknown[0])}; allowed: {', '.join(CASE_KEYS)}"
                f"{did_you_mean(unknown[0], CASE_KEYS)}"
            )
        elif not isinstance(name, str) or not name.isidentifier():
            self.problems.append(f"{where}: needs a name of letters, digits and underscores")
        elif not isinstance(title, str) or not isinstance(item.get("set", {}), dict):
            self.problems.append(f"{where}: expected title as text and set as a table of settings")
        else:
            settings = self._settings(item.get("set", {}))
            self.varied += settings
            for field in self._fields("set"):
                if field in settings:
                    self.problems.append(f"{field}: both in set and in the case {quoted(name)}")
            return {
                "name": name,
                "title": title,
                "set": {field: self._located(field, value) for field, value in settings.items()},
            }
        return None

    def observe(self):
        given = self.data.get("observe", [])
        if not isinstance(given, list) or not all(isinstance(item, dict) for item in given):
            self.problems.append("observe: expected tables [[observe]]")
            return ()
        found = [self._observable(f"observe[{number}]", item) for number, item in enumerate(given)]
        names = [item.name for item in found if item]
        for name in dict.fromkeys(names):
            if names.count(name) > 1:
                self.problems.append(f"observe: the name {quoted(name)} is used twice")
        return tuple(item for item in found if item)

    def _observable(self, where, item):
        name, column = item.get("name"), item.get("column")
        moments = [key for key in item if key in ("reduce", "time", "current")]
        problem = None
        if unknown := [key for key in item if key not in ("name", "column", "reduce", "time", "current")]:
            problem = f"unknown key {quoted(unknown[0])}; allowed: name, column, reduce, time, current"
        elif not isinstance(name, str) or not name.isidentifier():
            problem = "needs a name of letters, digits and underscores"
        elif not isinstance(column, str) or column not in COLUMNS:
            problem = f"column = {quoted(column)}: expected a column of timeseries.csv{did_you_mean(column, COLUMNS)}"
        elif len(moments) != 1:
            problem = 'needs exactly one of reduce = "max", time = "1 s", current = "1 uA"'
        elif moments == ["reduce"] and str(item["reduce"]) not in REDUCTIONS:
            problem = f"reduce = {quoted(item['reduce'])}: expected {listed(REDUCTIONS)}"
        else:
            at = item[moments[0]]
            if moments != ["reduce"]:
                try:
                    at = float(QuantityType("s" if moments == ["time"] else "A").validate(at))
                except PydanticCustomError as error:
                    problem = f"{moments[0]} = {quoted(at)}: {error.message()}"
            if not problem:
                return Observable(name, column, moments[0], at)
        self.problems.append(f"{where}: {problem}")
        return None

    def _block(self, name, combine):
        lists = {}
        if not isinstance(self.data.get(name, {}), dict):
            self.problems.append(f"{name} = {quoted(self.data[name])}: expected a table of settings")
        for field, given in self._fields(name).items():
            self.varied.append(field)
            try:
                lists[field] = [self._located(field, value) for value in space.values_of(field, given)]
            except space.Wrong as error:
                self.problems.append(f"{name}.{field}: {error}")
        try:
            return combine(lists) if lists else []
        except space.Wrong as error:
            self.problems.append(f"{name}: {error}")
            return []

    def _sample(self):
        return self._random("sample", "ranges { from = …, to = … }", space.sample)

    def _draw(self):
        def draw(given, count, seed):
            return drawn(given, count, seed, given.pop("correlated", []))

        return self._random("draw", "distributions { distribution = …, … }", draw)

    def _random(self, name, what, make):
        """The points of a block with count and seed. what: it has by setting, in words; make(given, count, seed)."""
        ranges = self._fields(name)
        if not isinstance(self.data.get(name, {}), dict):
            self.problems.append(f"{name} = {quoted(self.data[name])}: expected a table")
            return []
        if name not in self.data:
            return []
        count, seed = ranges.pop("count", None), ranges.pop("seed", 0)
        if isinstance(count, bool) or not isinstance(count, int) or count < 1:
            self.problems.append(f"{name}: needs count, a whole number of points")
            return []
        if count > space.MOST_CASES:
            self.problems.append(f"{name}.count = {count}: a study has at most {space.MOST_CASES:,} cases")
            return []
        if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
            self.problems.append(f"{name}.seed = {quoted(seed)}: expected a whole number")
            return []
        self.varied += [field for field in ranges if field != "correlated"]
        if not ranges.keys() - {"correlated"}:
            self.problems.append(f"{name}: varies nothing; it needs {what} by setting")
            return []
        try:
            return make(ranges, count, seed)
        except space.Wrong as error:
            self.problems.append(f"{name}.{error}")
            return []

    def _fields(self, name):
        """A table of values by setting: dotted names in quotes, or nested tables."""
        table = self.data.get(name, {})
        return self._settings(table) if isinstance(table, dict) else {}

    @staticmethod
    def _settings(table):
        return {canonical(field): value for field, value in space.flat(table)}

    def _located(self, field, value):
        """The value with the paths of materials, programmes and laws made relative to the study file."""
        if is_law(keys_of(field)) and isinstance(value, str):
            return located(value, self.folder)
        if (field.removeprefix("cell.") in ROLES and is_path(value)) or (
            field.rpartition(".")[2] == "file" and isinstance(value, str)
        ):
            return str(absolute(self.folder / value))
        if isinstance(value, list):
            return [self._located(field, item) for item in value]
        if isinstance(value, dict):
            return {key: self._located(f"{field}.{key}", item) for key, item in value.items()}
        return value
