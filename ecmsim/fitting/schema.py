"""Schema of a fit (FIT.toml): which cell, which datasets, which parameters, and how the way is gone."""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, StrictBool, StrictInt, StrictStr
from pydantic_core import PydanticCustomError

from ecmsim.config.columns import Columns
from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section

Positive = quantity("", gt=0)
Share = quantity("", gt=0, le=10)
Error = Annotated[Any, Field(description="Standard error of a value, in its unit")]
Text = Annotated[StrictStr, AfterValidator(lambda text: text if text.strip() else _empty())]


def _empty():
    raise PydanticCustomError("quantity", "{text}", {"text": "expected a text that is not empty"})


class Parameter(Section):
    """A number that is sought, within bounds."""

    low: Any = Field(alias="from", description="Lower bound")
    high: Any = Field(alias="to", description="Upper bound")
    start: Any = Field(None, description="Where the search begins; the configuration's own value if not given")
    scale: Literal["lin", "log"] = Field("lin", description="Which of both it is sought on")
    prior: Any = Field(
        None, description='What is known beforehand: "label" (by the label of its value), or { value = …, error = … }'
    )
    setting: Text | None = Field(None, description="The setting that it is, where its name here is another one")
    datasets: tuple[Text, ...] | None = Field(
        None, min_length=1, description="Names of the datasets for which it holds; all if not given"
    )


class _Dataset(Section):
    """What all datasets have in common."""

    name: Text | None = Field(None, description="What it is called; its kind and number if not given")
    weight: Positive = Field(1.0, description="Its squared residuals count so many times")
    temperature: quantity("K", ge=1, le=2000) | None = Field(None, description="Ambient temperature of its runs")
    set: dict[str, Any] = Field({}, description="Settings of its runs, by name")


class Iv(_Dataset):
    """A measured current over voltage."""

    kind: Literal["iv"] = Field(description="Current over voltage of a measurement file")
    file: Text = Field(description="Measurement file, as `ecmsim data show` reads it")
    columns: Annotated[Columns | None, "a table [columns]"] = Field(None, description="What its columns are")
    tolerance: quantity("V", gt=0) | None = Field(None, description="Of the straight legs that its voltage becomes")
    programme: tuple[dict[str, Any], ...] | None = Field(
        None, min_length=1, description="What the source does in place of the file's voltage, as [[programme]]"
    )
    compliance: quantity("A", gt=0) | None = Field(
        None, description="Compliance current; that of the file, or of its plateau, if not given"
    )
    relative_error: Share = Field(0.05, description="Standard error of a current, over itself")
    floor: quantity("A", gt=0) | None = Field(
        None, description="Standard error of a current of zero; estimated from the smallest ones if not given"
    )
    voltage_error: quantity("V", gt=0) = Field(
        "1 mV", description="Standard error of the voltages at which the current rises, the model's own included"
    )
    ways: Literal["out", "both"] = Field("both", description="Only the way out to the first SET, or all there is")
    points: Annotated[StrictInt, Field(ge=4, le=2000)] = Field(80, description="Points that are compared at most")


class _Points(_Dataset):
    """What tables of points have in common: from a file with columns x and y, or written here."""

    file: Text | None = Field(None, description="Table of points, with columns x and y")
    columns: Annotated[Columns | None, "a table [columns]"] = Field(None, description="What its columns are")
    points: tuple[tuple[Any, ...], ...] | None = Field(
        None, min_length=1, description="In place of a file: pairs of quantities, x and y"
    )
    over: Text | None = Field(None, description="The setting that x is, where it is not the usual one of this kind")
    current: quantity("A", gt=0) | None = Field(
        None, description="Current that tells switching; 99 % of the compliance current if not given"
    )


class SetTimes(_Points):
    """SET times under constant voltages."""

    kind: Literal["set_times"] = Field(description="Times to SET over the voltage of a pulse")
    switched: Annotated[StrictStr | StrictInt | None, "the name or number of a column"] = Field(
        None, description="Column of the file that is 0 where a pulse of this time did not switch"
    )
    rise: quantity("s", gt=0) = Field("1 ns", description="Time in which the voltage is applied")
    relative_error: Share = Field(0.1, description="Standard error of a time, over itself")


class VSet(_Points):
    """SET voltages of ramps."""

    kind: Literal["v_set"] = Field(description="SET voltage over the rate of a ramp")
    rate: quantity("V/s", gt=0) = Field("1 V/s", description="Rate of the ramps, where x is something else")
    peak: quantity("V", gt=0) | None = Field(None, description="Where the ramps end; twice the largest SET voltage")
    error: quantity("V", gt=0) = Field("20 mV", description="Standard error of a voltage")


class RLrs(_Points):
    """Low resistances after a SET."""

    kind: Literal["r_lrs"] = Field(description="Low resistance over the compliance current of the SET")
    rate: quantity("V/s", gt=0) = Field("1 V/s", description="Rate of the sweep")
    peak: quantity("V", gt=0) = Field("2 V", description="Voltage at which the sweep turns")
    read_voltage: quantity("V", gt=0) = Field("0.1 V", description="Source voltage on the way back at which R is read")
    relative_error: Share = Field(0.1, description="Standard error of a resistance, over itself")


class VReset(_Points):
    """Voltages of the RESET."""

    kind: Literal["v_reset"] = Field(description="Voltage of the largest current of a RESET, over the SET's compliance")
    rate: quantity("V/s", gt=0) = Field("1 V/s", description="Rate of both sweeps")
    peak: quantity("V", gt=0) = Field("2 V", description="Voltage at which the sweep of the SET turns")
    back: quantity("V", lt=0) = Field("-1 V", description="Voltage to which the RESET goes")
    error: quantity("V", gt=0) = Field("20 mV", description="Standard error of a voltage")


class Retention(_Points):
    """Resistances of a cell that is left alone after a SET."""

    kind: Literal["retention"] = Field(description="Resistance over the time since the SET")
    rate: quantity("V/s", gt=0) = Field("1 V/s", description="Rate of the sweep of the SET")
    peak: quantity("V", gt=0) = Field("2 V", description="Voltage at which it turns")
    read_voltage: quantity("V", gt=0) = Field("0.1 V", description="Voltage of the reads")
    relative_error: Share = Field(0.2, description="Standard error of a resistance, over itself")


class Facts(_Dataset):
    """Single numbers of one run, such as a paper tells them."""

    kind: Literal["facts"] = Field(description="Numbers that are read off one run, with tolerances")
    file: Text | None = Field(None, description="File of tables [[target]]")
    target: tuple[dict[str, Any], ...] | None = Field(None, description="In place of a file: such tables")
    source: Text | None = Field(None, description="Whose facts they are")
    rows: Annotated[Any, "a list of whole numbers"] = Field(None, description="Those that count, by number")


Dataset = Annotated[Iv | SetTimes | VSet | RLrs | VReset | Retention | Facts, Field(discriminator="kind")]


class Global(Section):
    """The search all over the bounds."""

    method: Literal["hypercube", "evolution", "none"] = Field(
        "hypercube", description="Latin hypercube, differential evolution, or none: begin at the start values"
    )
    count: Annotated[StrictInt, Field(ge=1, le=10_000)] | None = Field(
        None, description="Points of the hypercube, or of one generation; 8 times the number of parameters"
    )
    generations: Annotated[StrictInt, Field(ge=1, le=1000)] = Field(10, description="Of differential evolution")
    seed: Annotated[StrictInt, Field(ge=0)] = Field(1, description="Of the random numbers: the same makes the same fit")
    starts: Annotated[StrictInt, Field(ge=1, le=20)] = Field(1, description="Best points that the local search follows")
    refinement: quantity("", ge=0.25, le=100) = Field(0.25, description="stepping.refinement of these runs")


class Local(Section):
    """The search downhill."""

    most: Annotated[StrictInt, Field(ge=0, le=100)] = Field(10, description="Iterations at most")
    step: quantity("", gt=0, lt=0.5) = Field(0.02, description="Of finite differences, of the way between the bounds")
    refinement: quantity("", ge=0.25, le=100) = Field(0.5, description="stepping.refinement of these runs")
    loss: Literal["linear", "soft_l1", "huber", "cauchy"] = Field(
        "linear", description="How residuals count: squared, or large ones less"
    )


class Full(Section):
    """What the full model does."""

    mode: Literal["check", "finish", "none"] = Field(
        "check", description="One run of it at the best values, or Broyden's method from there, or nothing"
    )
    most: Annotated[StrictInt, Field(ge=1, le=100)] = Field(6, description="Evaluations of finish, sensitivities apart")
    sensitivities: StrictBool = Field(True, description="Whether finish ends with the full model's own sensitivities")


class Trial(Section):
    """What holds for every run."""

    limit: quantity("s", gt=0) = Field(
        "900 s", description="CPU time after which a run of the reduced model is given up"
    )
    full_limit: quantity("s", gt=0) = Field("7200 s", description="The same of a run of the full model")


class Posterior(Section):
    """The distribution of the parameters, by a chain on a surrogate."""

    runs: Annotated[StrictInt, Field(ge=4, le=10_000)] | None = Field(
        None, description="Evaluations that the surrogate, quadratic in the parameters, is made from; [what it needs]"
    )
    walkers: Annotated[StrictInt, Field(ge=4, le=10_000)] = Field(32, description="Walkers of the chain")
    steps: Annotated[StrictInt, Field(ge=100, le=1_000_000)] = Field(2000, description="Steps of each")
    seed: Annotated[StrictInt, Field(ge=0)] = Field(1, description="Of the random numbers")


class Fit(Section):
    """A whole fit."""

    config: Text = Field(description='Configuration: a path relative to this file, or a name ("ecmsim:cu_sio2_pt")')
    title: StrictStr = Field("", description="What is fitted")
    set: dict[str, Any] = Field({}, description="Settings of all runs, by name")
    dataset: Annotated[tuple[Dataset, ...], "tables [[dataset]]"] = Field(min_length=1, description="What is known")
    parameters: dict[str, Annotated[Parameter, "{ from = …, to = … }"]] = Field(
        min_length=1, description="What is sought, by setting"
    )
    derived: dict[str, StrictStr] = Field(
        {}, description="Formulas: of settings that follow from others, or of numbers that are told at the end"
    )
    search: Global = Field(Global(), alias="global", description="The search all over the bounds")
    local: Local = Field(Local(), description="The search downhill from there")
    full: Full = Field(Full(), description="What the full model does")
    trial: Trial = Field(Trial(), description="What holds for every run")
    posterior: Annotated[Posterior | None, "a table [posterior]"] = Field(
        None, description="The distribution, if wanted"
    )
