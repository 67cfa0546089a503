"""Schema of a [columns] block: what the columns of a measurement file are. The reading itself is in ecmsim.measured."""

from typing import Annotated, Any, Literal

from pydantic import Field, PlainValidator, StrictBool, StrictInt, StrictStr, ValidationError, field_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.messages import problems_of, report
from ecmsim.config.quantities import QuantityType, quantity
from ecmsim.config.section import Section
from ecmsim.config.texts import tables_of, text_of
from ecmsim.errors import ConfigError
from ecmsim.measured.columns import PER_CYCLE
from ecmsim.measured.columns import Column as PlainColumn
from ecmsim.measured.columns import Columns as PlainColumns


def _refused(text):
    return PydanticCustomError("quantity", "{text}", {"text": text})


def _is_item(value, kinds):
    return isinstance(value, kinds) and not isinstance(value, bool)


def _name_or_number(value):
    if value is not None and not _is_item(value, (str, int)):
        raise _refused("expected the name of a column in quotes, or its number from 1 on")
    return value


def _items(kinds, what):
    def checked(value):
        if value is None or _is_item(value, kinds):
            return value
        if isinstance(value, (list, tuple)) and value and all(_is_item(item, kinds) for item in value):
            return tuple(value)
        raise _refused(f"expected {what} or a list of these")

    return checked


def _sign(value):
    if not _is_item(value, int) or value not in (1, -1):
        raise _refused("expected 1 or -1")
    return value


Sign = Annotated[Any, PlainValidator(_sign)]
Named = Annotated[Any, PlainValidator(_name_or_number)]
Items = Annotated[Any, PlainValidator(_items((str, int), "a name, a number"))]
Numbers = Annotated[Any, PlainValidator(_items(int, "a whole number"))]


class TimeColumn(Section):
    """A column of times."""

    column: Named = Field(None, description="Name, or number from 1; guessed if not given")
    unit: StrictStr | None = Field(None, description='Unit of its numbers, such as "ms"; guessed if not given')
    factor: quantity("") = Field(1.0, description="Factor on all of them")


class VoltageColumn(TimeColumn):
    """A column of voltages."""

    sign: Sign = Field(1, description="-1 turns the sign of this column alone")
    offset: quantity("V") = Field("0 V", description="What the instrument shows at zero; is taken off before all else")


class CurrentColumn(TimeColumn):
    """A column of currents, or of voltages over a resistor."""

    sign: Sign = Field(1, description="-1 turns the sign of this column alone")
    offset: Annotated[
        StrictStr | None, Field(description='What the instrument shows at zero, such as "2 nA", over a shunt "2 mV"')
    ] = None
    shunt: quantity("ohm", gt=0) | None = Field(None, description="Resistor over which the current was a voltage")


class PointColumn(TimeColumn):
    """A column of a table of points."""

    sign: Sign = Field(1, description="-1 turns the sign of this column alone")


def _column(model, names):
    return Annotated[model | None, f"the name or number of a column, or a table with {names}"]


_TABLE = "name or number, or a table with column, unit, factor"


class Columns(Section):
    """What the columns of a measurement file are; all that is left out is guessed, and the guess is shown."""

    time: _column(TimeColumn, "column, unit, factor") = Field(None, description=f"Column of the time: {_TABLE}")
    voltage: _column(VoltageColumn, "column, unit, factor, sign, offset") = Field(
        None, description=f"Column of the voltage: {_TABLE}, sign, offset"
    )
    current: _column(CurrentColumn, "column, unit, factor, sign, offset, shunt") = Field(
        None, description=f"Column of the current: {_TABLE}, sign, offset, shunt"
    )
    voltage_is: Literal["programmed", "measured"] | None = Field(
        None, description="What the source was told, or what was measured over the cell: in compliance they differ"
    )
    polarity: Literal["positive", "negative"] = Field(
        "positive", description='With "negative" the signs of voltage and current are turned: SET at negative voltage'
    )
    compliance: quantity("A", gt=0) | None = Field(None, description="Compliance current of the instrument")
    rate: quantity("V/s", gt=0) | None = Field(None, description="Rate of the voltage, where the file has no time")
    interval: quantity("s", gt=0) | None = Field(None, description="Time between points, where the file has no time")
    zero: Annotated[StrictStr, 'a time such as "3.6 s", or "first" or "file"'] = Field(
        "first", description='Time that becomes 0 s; "first": that of the first point; "file": times stay as they are'
    )
    restarts: StrictBool = Field(False, description="The time may start anew within the file")
    sheet: Items = Field(None, description="Sheet or sheets of a workbook, by name or number")
    cycle: Numbers = Field(None, description="Cycle or cycles, by number from 1, the oldest first")
    cycle_column: Named = Field(None, description="Column that counts cycles")
    header: Annotated[StrictInt, Field(ge=0)] | None = Field(
        None, description="Number of the line with the names of the columns; 0 for none"
    )
    separator: StrictStr | None = Field(None, description="TAB, semicolon, comma, bar or blanks")
    decimal: Literal[".", ","] | None = Field(None, description="Decimal mark")
    encoding: StrictStr | None = Field(None, description="Of the text, such as utf-16 or cp1252")
    v_set: Named = Field(None, description="Of a table with a line per cycle: column of the SET voltage")
    v_reset: Named = Field(None, description="… of the RESET voltage")
    i_reset: Named = Field(None, description="… of the RESET current")
    r_lrs: Named = Field(None, description="… of the low resistance")
    r_hrs: Named = Field(None, description="… of the high resistance")
    i_lrs: Named = Field(None, description="… of the current in the low-resistance state")
    i_hrs: Named = Field(None, description="… of the current in the high-resistance state")
    read_voltage: quantity("V", gt=0) | None = Field(None, description="… voltage that makes resistances of these")
    x: _column(PointColumn, "column, unit, factor, sign") = Field(
        None, description=f"Of a table of points: {_TABLE}, sign"
    )
    y: _column(PointColumn, "column, unit, factor, sign") = Field(None, description="… likewise")

    @field_validator("time", "voltage", "current", "x", "y", mode="before")
    @classmethod
    def _by_name(cls, value):
        """A name or number stands for a table with nothing else in it."""
        return {"column": value} if _is_item(value, (str, int)) else value

    def plain(self):
        """The same as ecmsim.measured has it: plain numbers in SI units. Raises ConfigError."""
        zero = self.zero if self.zero in ("first", "file") else _quantity("zero", self.zero, "s")
        if self.rate is not None and self.interval is not None:
            raise ConfigError("rate and interval: give one of them")
        own = {name: getattr(self, name) for name in PER_CYCLE if getattr(self, name) is not None}
        same = (
            "voltage_is", "polarity", "restarts", "sheet", "cycle", "cycle_column", "header", "separator", "decimal",
            "encoding",
        )  # fmt: skip
        numbers = {name: getattr(self, name) for name in ("compliance", "rate", "interval", "read_voltage")}
        return PlainColumns(
            **{name: _plain_column(name, getattr(self, name)) for name in ("time", "voltage", "current", "x", "y")},
            **{name: getattr(self, name) for name in same},
            **{name: None if value is None else float(value) for name, value in numbers.items()},
            zero=zero,
            values=own,
        )


def _plain_column(name, given):
    if given is None:
        return PlainColumn()
    offset = getattr(given, "offset", 0.0) or 0.0
    shunt = getattr(given, "shunt", None)
    if isinstance(offset, str):
        offset = _quantity(f"{name}.offset", offset, "V" if shunt else "A")
    return PlainColumn(
        given.column, given.unit, float(given.factor), getattr(given, "sign", 1), float(offset),
        None if shunt is None else float(shunt),
    )  # fmt: skip


def _quantity(name, text, unit):
    try:
        return float(QuantityType(unit).validate(text))
    except PydanticCustomError as error:
        raise ConfigError(f'{name} = "{text}": {error.message()}') from None


def columns_of(data, source="[columns]"):
    """The plain Columns that the data of a block means. Raises ConfigError with all problems."""
    try:
        section = Columns.model_validate(data)
    except ValidationError as error:
        raise report(source, problems_of(error, Columns, data), data) from None
    try:
        return section.plain()
    except ConfigError as error:
        raise ConfigError(f"{source}: {error}") from None


def read_columns(path):
    """The data of the table [columns] in a TOML file. Raises ConfigError."""
    try:
        data = tables_of(text_of(path))
    except ConfigError as error:
        raise ConfigError(f"{path}: {error}") from None
    if set(data) != {"columns"} or not isinstance(data["columns"], dict):
        raise ConfigError(f"{path}: expected one table, [columns]")
    return data["columns"]
