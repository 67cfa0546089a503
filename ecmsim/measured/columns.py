"""What a [columns] block decides about a measurement file; what it leaves open is guessed. Plain SI numbers."""

from dataclasses import dataclass, field

PER_CYCLE = (
    "v_set",
    "v_reset",
    "i_reset",
    "r_lrs",
    "r_hrs",
    "i_lrs",
    "i_hrs",
)  # values of tables with a line per cycle


@dataclass(frozen=True)
class Column:
    """One column and what makes its numbers a quantity: ((number * unit) - offset) * factor * sign, over the shunt.

    column: name or number (from 1), None to guess; unit: text such as "mA", None to guess; offset: in V, A or s, what
    the instrument showed at zero; shunt: ohm, of a resistor over which the current was measured as a voltage.
    """

    column: str | int | None = None
    unit: str | None = None
    factor: float = 1.0
    sign: int = 1
    offset: float = 0.0
    shunt: float | None = None


@dataclass(frozen=True)
class Columns:
    """The whole block. time, voltage, current: Column; all else may be None, which means that it is guessed.

    cycle_column: name or number of a column that counts cycles; voltage_is: "programmed" (what the source was told) or
    "measured" (over the cell); polarity: "negative" turns the signs of voltage and current; compliance: A; rate: V/s
    and interval: s, of files without a time; zero: time that becomes 0 s, "first" for the first point, "file" to keep
    the times; restarts: the time may start anew within the file; sheet: name or number (from 1) or a tuple of these;
    cycle: number or tuple; header: number of the line with the names, 0 for none; separator, decimal, encoding: of a
    text; values: columns of a table with a line per cycle, by the names PER_CYCLE; read_voltage: V, which makes
    resistances of its currents; x, y: Column of a table of points.
    """

    time: Column = Column()
    voltage: Column = Column()
    current: Column = Column()
    cycle_column: str | int | None = None
    voltage_is: str | None = None
    polarity: str = "positive"
    compliance: float | None = None
    rate: float | None = None
    interval: float | None = None
    zero: str | float = "first"
    restarts: bool = False
    sheet: str | int | tuple | None = None
    cycle: int | tuple | None = None
    header: int | None = None
    separator: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    values: dict = field(default_factory=dict)
    read_voltage: float | None = None
    x: Column = Column()
    y: Column = Column()
