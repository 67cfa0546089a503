"""Schema of the programme: one class per kind of step. What they mean in time is in ecmsim.drive."""

from typing import Annotated, ClassVar, Literal

from pydantic import AfterValidator, Field, StrictInt, StrictStr, ValidationInfo, field_validator, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.columns import Columns
from ecmsim.config.compliance import Compliance
from ecmsim.config.measured import read_measured
from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section
from ecmsim.config.table import read_table
from ecmsim.drive import QUANTITIES, Condition
from ecmsim.errors import ConfigError, EcmsimError

VOLTAGES, CURRENTS = {"ge": -100, "le": 100}, {"ge": -10, "le": 10}  # bounds in V and A


def _condition(text):
    """The text of a condition, checked."""
    if text is not None:
        try:
            Condition.parse(text)
        except ConfigError as error:
            raise PydanticCustomError("quantity", "{text}", {"text": str(error)}) from None
    return text


def _misplaced(text):
    """The error of a whole step; text follows the step's path in the message."""
    return PydanticCustomError("relative", "{text}", {"text": text})


Volt, Ampere, Second = quantity("V", **VOLTAGES), quantity("A", **CURRENTS), quantity("s", gt=0)
Name = Annotated[StrictStr | None, Field(description="What events call the step, otherwise what it does")]
Polarity = Annotated[
    Literal["positive", "negative"],
    Field(description='With "negative" all voltages of the step are applied with the opposite sign'),
]
OwnCompliance = Annotated[
    Compliance | None,
    'a table [compliance] of kind "ideal", "series_resistor", "transistor" or "none"',
    Field(description="Table that replaces [compliance] during the step, with the same settings"),
]
Until = Annotated[
    StrictStr | None,
    AfterValidator(_condition),
    Field(
        description='Condition that ends the step early, such as "current > 1 uA": < or > for '
        f"{', '.join(QUANTITIES[:-1])} or {QUANTITIES[-1]}"
    ),
]
Count = Annotated[StrictInt, Field(ge=1, le=10000)]
Duration = Annotated[quantity("s", gt=0) | None, Field(description="How long it takes, in place of a rate")]
VoltageRate, CurrentRate, ABOUT_RATE = quantity("V/s", gt=0), quantity("A/s", gt=0), "Magnitude of the rate"
ABOUT_HOLD = "How long it is held; at most, if a condition ends it"
VoltageLimit = Annotated[quantity("V", gt=0, le=1000), Field(description="Largest voltage of the current source")]
Wait = Annotated[quantity("s", ge=0), Field(description="Time at the base before the (first) pulse")]
Edge = Annotated[quantity("s", gt=0) | None, Field(description="Time of this edge; 1 % of the width if not given")]
File = Annotated[
    StrictStr | None, Field(description="CSV file in place of points, with columns time_s and voltage_V or current_A")
]
TimeScale = Annotated[quantity("", gt=0), Field(description="Factor on all times of the table")]
PAIR, PAIRS = "a pair of a time and a {}", 'a list of pairs such as [["0 s", "0 {0}"], ["1 ms", "1 {0}"]], or a file'
ABOUT_POINTS = "Times since the start of the step and {} there, which straight lines connect"


class _Ramp(Section):
    """What ramps have in common."""

    @field_validator("duration", check_fields=False)
    @classmethod
    def _one_of_rate_and_duration(cls, value, info: ValidationInfo):
        if "rate" in info.data:
            unit = "A" if info.data.get("kind") == "current_ramp" else "V"
            example = f'a rate such as "1 {unit}/s" or a duration such as "1 s"'
            if info.data["rate"] is None and value is None:
                raise PydanticCustomError("beside", "{text}", {"text": f": needs {example}"})
            if info.data["rate"] is not None and value is not None:
                raise PydanticCustomError("beside", "{text}", {"text": f": needs either {example}, not both"})
        return value


class Ramp(_Ramp):
    """A linear ramp from the voltage where the source is (0 V at first)."""

    kind: Literal["ramp"] = Field(description="Linear ramp of the source voltage")
    to: Volt = Field(description="Voltage at which the ramp ends")
    rate: VoltageRate | None = Field(None, description=f"{ABOUT_RATE}; or a duration")
    duration: Duration = None
    until: Until = None
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


class Sweep(Section):
    """A triangle: to the peak and back."""

    kind: Literal["sweep"] = Field(description="Triangle from where the source is to the peak and back")
    peak: Volt = Field(description="Voltage at which the sweep turns")
    rate: VoltageRate = Field(description=ABOUT_RATE)
    back: Volt = Field("0 V", description="Voltage at which the sweep ends")
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


class Hold(Section):
    """A constant voltage: where the source is."""

    kind: Literal["hold"] = Field(description="Constant source voltage")
    duration: Second = Field(description=ABOUT_HOLD)
    until: Until = None
    compliance: OwnCompliance = None
    name: Name = None


class ReadPulse(Section):
    """The read pulse after a pulse, or each one of a train, from the same base."""

    amplitude: Volt = Field(description="Voltage of the read pulse")
    width: Second = Field(description="Time at that voltage, without the edges")
    rise: Edge = None
    fall: Edge = None
    delay: quantity("s", ge=0) = Field("0 s", description="Time at the base before the read pulse")


class Pulse(Section):
    """A trapezoidal pulse from a base voltage."""

    kind: Literal["pulse"] = Field(description="Trapezoidal voltage pulse")
    amplitude: Volt = Field(description="Voltage of the pulse (not its height above the base)")
    width: Second = Field(description="Time at that voltage, without the edges")
    rise: Edge = None
    fall: Edge = None
    delay: Wait = "0 s"
    base: Volt = Field("0 V", description="Voltage before and after the pulse; the source first goes there")
    read: ReadPulse | None = Field(None, description="Read pulse after the pulse, or after each one of a train")
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


class PulseTrain(Pulse):
    """Equal pulses, each followed by a read pulse if that is given."""

    kind: Literal["pulse_train"] = Field(description="Equal voltage pulses, with read pulses if wanted")
    count: Count = Field(description="Number of pulses")
    interval: Second = Field(description="Time at the base between the pulses (after the read pulse)")


class WriteVerify(Section):
    """Pulses of rising amplitude until a read says that it is enough."""

    kind: Literal["write_verify"] = Field(description="Pulses of rising amplitude, until a read is as wanted")
    start: Volt = Field(description="Amplitude of the first pulse")
    stop: Volt = Field(description="Largest amplitude")
    increment: quantity("V", gt=0) = Field(description="By how much each pulse is higher than the one before")
    width: Second = Field(description="Time at that voltage, without the edges")
    read: ReadPulse = Field(description="Read pulse after each pulse")
    verify: Annotated[StrictStr, AfterValidator(_condition)] = Field(
        description='Condition during a read that ends the step, such as "resistance < 100 kohm"'
    )
    interval: Second = Field("1 ms", description="Time at the base after each read")
    rise: Edge = None
    fall: Edge = None
    delay: Wait = "0 s"
    base: Volt = Field("0 V", description="Voltage before and after the pulses; the source first goes there")
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


class SpikePair(Section):
    """The spikes of two neurons on both sides of the cell."""

    kind: Literal["spike_pair"] = Field(description="The voltage between two neurons that spike one after the other")
    amplitude: quantity("V", gt=0, le=100) = Field(description="Top of a spike")
    undershoot: quantity("V", ge=0, le=100) = Field(description="How far below zero it comes after its top")
    width: Second = Field(description="From its top to its lowest voltage")
    tail: Second = Field(description="From there back to zero")
    interval: quantity("s") = Field(description="From the first spike to the second; negative where that is earlier")
    rise: Edge = None
    base: Volt = Field("0 V", description="Voltage before and after the reads")
    read: ReadPulse | None = Field(None, description="Read pulse before and after the spikes")
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


def times_increase(points):
    """The points of a table, checked."""
    for (before, _), (time, _) in zip(points, points[1:], strict=False):
        if not time > before:
            text = f"times must increase, but {time.text} comes after {before.text}"
            raise PydanticCustomError("quantity", "{text}", {"text": text})
    if points[-1][0] == 0:
        raise PydanticCustomError("quantity", "{text}", {"text": "needs a point later than 0 s"})
    return points


class _Table(Section):
    """What tables have in common: points, from a file if one is named, at increasing times."""

    @model_validator(mode="before")
    @classmethod
    def _read_file(cls, data):
        """Put the content of the file in place of its path: a Config needs no other file."""
        if not isinstance(data, dict) or not isinstance(data.get("file"), str):
            return data
        if "points" in data:
            raise _misplaced(": needs either points or a file, not both")
        try:
            points = read_table(data["file"], cls.column, **cls.bounds)
        except ConfigError as error:
            raise _misplaced(f'.file = "{data["file"]}": {error}') from None
        return {key: value for key, value in data.items() if key != "file"} | {"points": points}

    @field_validator("points", check_fields=False)
    @classmethod
    def _times_increase(cls, points):
        return times_increase(points)


class Table(_Table):
    """Any voltage as straight lines through points."""

    column: ClassVar = "voltage_V"
    bounds: ClassVar = VOLTAGES

    kind: Literal["table"] = Field(description="Straight lines through given points, for example of a file")
    file: File = None
    points: Annotated[
        tuple[Annotated[tuple[quantity("s", ge=0), Volt], PAIR.format("voltage")], ...], PAIRS.format("V")
    ] = Field(min_length=1, description=ABOUT_POINTS.format("voltages"))
    scale_time: TimeScale = 1.0
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None


class Measured(Section):
    """The voltage of a measurement, as straight lines within a tolerance."""

    kind: Literal["measured"] = Field(description="The voltage of a measurement file, as a few straight lines")
    file: Annotated[
        StrictStr | None,
        Field(description="Measurement file of any form that `ecmsim data show` reads, for the points"),
    ] = None
    columns: Annotated[
        Columns | None,
        "a table [columns]",
        Field(
            description="What its columns are, if the guess is wrong: `ecmsim data columns` lists what may be written"
        ),
    ] = None
    tolerance: Annotated[
        quantity("V", gt=0) | None,
        Field(description="Deviation of the lines from the points at most; 1 % of the largest voltage, or the noise"),
    ] = None
    rise: Edge = Field(
        None,
        description="Time in which a source that is elsewhere goes to the first voltage; one interval of the points",
    )
    points: Annotated[
        tuple[Annotated[tuple[quantity("s", ge=0), Volt], PAIR.format("voltage")], ...] | None,
        'a list of pairs such as [["0 s", "0 V"], ["1 s", "1 V"]], which a file becomes',
    ] = Field(None, min_length=2, description="What the file becomes: times and voltages that straight lines connect")
    origin: StrictStr | None = Field(None, description="Where the points come from, and what was made of them")
    scale_time: TimeScale = 1.0
    polarity: Polarity = "positive"
    compliance: OwnCompliance = None
    name: Name = None

    @model_validator(mode="wrap")
    @classmethod
    def _read_file(cls, data, handler):
        """Put the legs of the measurement in place of its file: a Config needs no other file."""
        step = handler(data)
        if step.file is None:
            if step.points is None or step.columns is not None:
                raise _misplaced(
                    ": needs a measurement file" if step.points is None else ".columns: is of no use without a file"
                )
            if step.tolerance is None or step.rise is None:
                raise _misplaced(": points need a tolerance and a rise beside them, which a file brings along")
            return step
        if step.points is not None:
            raise _misplaced(": needs either points or a file, not both")
        try:
            made = read_measured(step.file, step.columns, step.tolerance, step.rise)
        except EcmsimError as error:
            raise _misplaced(f'.file = "{step.file}": {error}') from None
        kept = {name: value for name, value in dict(data).items() if name not in ("file", "columns")}
        return handler(kept | made)

    @field_validator("points")
    @classmethod
    def _in_order(cls, points):
        return points if points is None else times_increase(points)


class CurrentRamp(_Ramp):
    """A linear ramp of an ideal current source, from where it is (0 A after a voltage step)."""

    kind: Literal["current_ramp"] = Field(description="Linear ramp of the source current")
    to: Ampere = Field(description="Current at which the ramp ends")
    rate: CurrentRate | None = Field(None, description=f"{ABOUT_RATE}; or a duration")
    duration: Duration = None
    until: Until = None
    voltage_limit: VoltageLimit = "10 V"
    name: Name = None


class CurrentSweep(Section):
    """A triangle of an ideal current source."""

    kind: Literal["current_sweep"] = Field(description="Triangle of the source current to the peak and back")
    peak: Ampere = Field(description="Current at which the sweep turns")
    rate: CurrentRate = Field(description=ABOUT_RATE)
    back: Ampere = Field("0 A", description="Current at which the sweep ends")
    voltage_limit: VoltageLimit = "10 V"
    name: Name = None


class CurrentHold(Section):
    """A constant current: where the current source is (0 A after a voltage step)."""

    kind: Literal["current_hold"] = Field(description="Constant source current")
    duration: Second = Field(description=ABOUT_HOLD)
    until: Until = None
    voltage_limit: VoltageLimit = "10 V"
    name: Name = None


class CurrentTable(_Table):
    """Any current as straight lines through points."""

    column: ClassVar = "current_A"
    bounds: ClassVar = CURRENTS

    kind: Literal["current_table"] = Field(description="Straight lines through given points of current")
    file: File = None
    points: Annotated[
        tuple[Annotated[tuple[quantity("s", ge=0), Ampere], PAIR.format("current")], ...], PAIRS.format("A")
    ] = Field(min_length=1, description=ABOUT_POINTS.format("currents"))
    scale_time: TimeScale = 1.0
    voltage_limit: VoltageLimit = "10 V"
    name: Name = None


PLAIN = (
    Ramp
    | Sweep
    | Hold
    | Pulse
    | PulseTrain
    | WriteVerify
    | SpikePair
    | Table
    | Measured
    | CurrentRamp
    | CurrentSweep
    | CurrentHold
    | CurrentTable
)
PlainStep = Annotated[PLAIN, Field(discriminator="kind")]


class InnerRepeat(Section):
    """Steps that are repeated, within a repetition."""

    kind: Literal["repeat"] = Field(description="Steps that are repeated, such as SET and RESET")
    count: Count = Field(description="How often")
    steps: tuple[PlainStep, ...] = Field(min_length=1, description="The steps")
    name: Name = None


InnerStep = Annotated[PLAIN | InnerRepeat, Field(discriminator="kind")]
NESTED = "tables [[programme.steps]], steps of any kind"


class Repeat(InnerRepeat):
    """Steps that are repeated."""

    steps: Annotated[tuple[InnerStep, ...], NESTED] = Field(
        min_length=1, description="Steps of any kind, as tables [[programme.steps]]; in them one more repeat at most"
    )


Step = Annotated[PLAIN | Repeat, Field(discriminator="kind")]
