"""How a run ended and what came of it: the outcome in a sentence, the key numbers, and one row for each cycle."""

from typing import NamedTuple

import numpy as np

from ecmsim.errors import EcmsimError
from ecmsim.page.form import SPACE, amount, count, minus, plain, seconds
from ecmsim.results.cycles import find_cycles, is_bipolar
from ecmsim.results.folder import FAILURE
from ecmsim.results.limits import COMPLIANCE_REACHED, limit_reached
from ecmsim.results.regimes import VISIBLE_NM, Regimes
from ecmsim.study.definition import READ_VOLTAGE
from ecmsim.switching.values import Definitions, resistance_at_read_voltage, values_of

PLATEAU = 1e-3  # of the largest current, for when it is reached: at the compliance the rest is round-off
WORDS = {
    "finished": "Finished",
    "stopped": "Stopped on request",
    "failed": "Failed",
    "interrupted": "Interrupted: its process has gone without a word, as after a kill or a power cut",
    "running": "Still running when this page was made",
}


class Fact(NamedTuple):
    """A key number: what it is, its value with unit, and where it was or what it means."""

    name: str
    value: str
    note: str = ""


class Series:
    """The columns of a run's time series as arrays, (n,); what a run did not record is None."""

    def __init__(self, series):
        self.length = len(series)
        self._values = {}
        for name in series:
            if series[name].dtype.kind in "fiu" and (values := series[name].to_numpy(float)).size:
                self._values[name] = values if np.isfinite(values).any() else None

    def __getitem__(self, name):
        return self._values.get(name)

    def has(self, *names):
        """Whether all of these columns were recorded."""
        return all(self[name] is not None for name in names)

    def part(self, rows):
        """The same for some of the rows (a slice)."""
        other = Series.__new__(Series)
        other._values = {name: None if values is None else values[rows] for name, values in self._values.items()}
        other.length = len(range(*rows.indices(self.length)))
        return other


def title_of(run):
    """The title of a run, or else the name of its folder."""
    title = run.config.get("title") or run.provenance.get("title")
    return title if isinstance(title, str) and title.strip() else run.folder.resolve().name


def outcome(run):
    """One line on how a run ended: its status, why, and how far it came."""
    status, reason = run.status, str(run.provenance.get("reason") or "").strip().rstrip(".")
    words = WORDS.get(status, status)
    if status == "stopped" and reason.startswith("stopped"):
        words = f"S{reason[1:]}"  # it says so itself
    elif reason:
        words = f"{words}: {reason}"
    series = run.timeseries
    if not len(series):
        return f"{words}. It has no steps."
    return f"{words}. {count(len(series) - 1)} steps, up to {seconds(series['time_s'].iloc[-1])}."


def remarks(run):
    """What has to be said about a run, as texts: constants that it borrows, the ranges of its laws that it left."""
    told = run.provenance.get("remarks") or []
    if run.loan and not told:  # a run that has not finished says nothing itself
        told = [run.loan]
    return [f"{text[:1].upper()}{text[1:]}." for text in told if isinstance(text, str)]


def remedies(run):
    """What can be done about a run that has not finished, as texts with the commands in them."""
    found = []
    if run.status == "failed" and (run.folder / FAILURE).exists():
        found.append(("The last accepted state is kept in", str(run.folder / FAILURE)))
    if run.resumable and "ecmsim resume" not in str(run.provenance.get("reason")):
        allowed = " --allow-code" if run.provenance.get("law_files") else ""
        found.append(("It can go on from its newest checkpoint:", f"ecmsim resume {run.folder}{allowed}"))
    return found


def regimes_of(run):
    """The regimes of a run and None, or no regimes and why they could not be found."""
    try:
        return run.regimes, None
    except (EcmsimError, KeyError, IndexError, ValueError, TypeError) as error:
        return Regimes(), str(error) or type(error).__name__


def has_current_source(run):
    """Whether the programme of a run has steps of a current source."""
    return "current_" in " ".join(kinds_of(run.config.get("programme", [])))


def kinds_of(steps):
    """Kinds of the steps of a programme, those of its repetitions among them."""
    for step in steps if isinstance(steps, list) else []:
        yield str(step.get("kind", ""))
        yield from kinds_of(step.get("steps", []))


def key_numbers(run):
    """The key numbers of a run as a list of Fact; what it did not record is left out."""
    columns = Series(run.timeseries)
    if not columns.length:
        return []
    time = columns["time_s"]

    def where(k):
        voltages = [("source", columns["source_voltage_V"]), ("cell", columns["cell_voltage_V"])]
        if has_current_source(run):
            voltages = voltages[1:]
        told = [f"{name} {plain(_settled(values[k]), 'V')}" for name, values in voltages if values is not None]
        return ", ".join([f"at {seconds(time[k])}", *told])

    found = list(_electrical(run, columns, where))
    for name, extreme, text in (
        ("gap_nm", np.nanargmin, "Smallest gap"),
        ("temperature_max_K", np.nanargmax, "Highest temperature in the cell"),
    ):
        if columns.has(name):
            values = columns[name]
            found.append(Fact(text, plain(values[extreme(values)], name.split("_")[-1]), where(extreme(values))))
    for name, text in (
        ("gap_nm", "Gap at the end"),
        ("height_nm", "Height of the filament at the end"),
        ("radius_mean_nm", "Mean radius of the filament at the end"),
        ("radius_max_nm", "Largest radius of the filament at the end"),
    ):
        if columns.has(name):
            found.append(Fact(text, plain(columns[name][-1], "nm"), f"{plain(columns[name][0], 'nm')} at the start"))
    if columns.has("recess_nm"):
        found.append(Fact("Deepest void in the active electrode", plain(np.nanmax(columns["recess_nm"]), "nm")))
    return [*found, *_changes(run)]


def _settled(voltage):
    """A voltage without round-off about zero, V."""
    return 0.0 if abs(voltage) < 1e-12 else voltage


def volts(value):
    """A voltage to the millivolt, as cycles are compared."""
    return minus(f"{value:.3f} V")


def _electrical(run, columns, where):
    current = columns["current_A"]
    if current is None:
        return
    magnitude = np.abs(current)
    k = int(np.nanargmax(magnitude))
    first = int(np.nanargmax(magnitude >= (1 - PLATEAU) * magnitude[k]))
    if not magnitude[k] > 0:
        yield Fact("Current", "none", "no current flows in this run")
        return
    held = run.limits[first]
    note = f"; compliance current {amount(abs(held), 'A')}" if held * current[first] > 0 else ""
    yield Fact("Largest current", amount(current[k], "A"), f"reached {where(first)}{note}")
    yield Fact("Current at the end", amount(current[-1], "A"))
    if not columns.has("source_voltage_V", "cell_voltage_V"):
        return
    at = "cell" if has_current_source(run) else "source"
    resistance = read_resistance(columns, at)
    if np.isfinite(resistance):
        switched = (regimes_of(run)[0].a_b or regimes_of(run)[0].y_time) is not None
        name = "Resistance of the low-resistance state" if switched else "Resistance on the way back, not switched"
        yield Fact(
            name,
            amount(resistance, "Ω"),
            f"cell voltage over current, {at} at {amount(READ_VOLTAGE, 'V')} on its way back",
        )


def read_resistance(columns, at="source"):
    """Resistance where the "source" or "cell" comes back to the read voltage, ohm; nan where it does not."""
    return resistance_at_read_voltage(
        columns[f"{at}_voltage_V"], columns["cell_voltage_V"], columns["current_A"], READ_VOLTAGE
    )


def _changes(run):
    """The moments at which the filament broke or was dissolved for the first time."""
    for name, text in (
        ("rupture", "A neck of the filament breaks"),
        ("bodies merge", "Two bodies of metal become one"),
        ("full dissolution", "Only the nucleus is left"),
        ("contact", "Filament and electrode touch"),
    ):
        times = run.events["time_s"][run.events["event"] == name].to_numpy(float)
        if len(times):
            yield Fact(text, seconds(times[0]), f"the first of {len(times)}" if len(times) > 1 else "")


def regime_numbers(run):
    """Γ, Y, Λ and the boundaries of the regimes as Facts, and why there are none (or None)."""
    found, problem = regimes_of(run)
    facts = []
    for boundary, name, meaning in (
        (found.a_b, "End of A, start of B", "the gap closes no further, the filament grows to the side"),
        (found.b_c, "End of B, start of C", "heat renews the growth, the current jumps"),
    ):
        if boundary is not None:
            facts.append(Fact(name, seconds(boundary.time_s), f"{meaning}; {amount(boundary.current_A, 'A')}"))
    for moment, name, meaning in (
        (found.gamma_time, "Γ", "vertical growth stops"),
        (found.y_time, "Y", f"the current reaches {100 * COMPLIANCE_REACHED:g} % of the compliance current"),
        (found.lambda_time, "Λ", f"from here on less than {VISIBLE_NM:g} nm of growth, not visible"),
    ):
        if moment is not None:
            facts.append(Fact(name, seconds(moment), meaning))
    if not facts and problem is None:
        problem = "the run shows none: its current does not rise through them"
    return facts, problem


CYCLE_COLUMNS = (
    "Cycle",
    "From",
    "To",
    "Compliance current reached at",
    f"Resistance at {READ_VOLTAGE:g}{SPACE}V",
    f"At {READ_VOLTAGE:g}{SPACE}V before SET",
    "Current peak of RESET",
    "Full dissolution at",
    "Highest temperature",
)


def cycle_rows(run):
    """One row of texts for each cycle, as CYCLE_COLUMNS says; empty for a run that is only one SET."""
    columns = Series(run.timeseries)
    if not columns.has("time_s", "source_voltage_V", "cell_voltage_V", "current_A"):
        return []
    cycles = find_cycles(run)
    if len(cycles) < 2 and not is_bipolar(run):
        return []
    time, source = columns["time_s"], columns["source_voltage_V"]
    gone = run.events["time_s"][run.events["event"] == "full dissolution"].to_numpy(float)
    rows = []
    for cycle in cycles:
        part = columns.part(cycle.rows(time))
        if not len(part["time_s"]):
            continue
        at = limit_reached(part["time_s"], part["current_A"], run.limits[cycle.rows(time)])
        k = int(np.argmin(part["current_A"]))
        dissolved = gone[(gone > cycle.start) & (gone <= cycle.end)]
        resistance = read_resistance(part)
        reading = Definitions(read_voltage=READ_VOLTAGE)
        high = values_of(
            part["source_voltage_V"], part["current_A"], reading, cell_voltage=part["cell_voltage_V"]
        ).R_HRS_ohm
        hottest = part["temperature_max_K"]
        reset = part["current_A"][k] < 0
        rows.append(
            (
                str(cycle.number),
                seconds(cycle.start),
                seconds(cycle.end),
                "—" if at is None else volts(np.interp(at, time, source)),
                amount(resistance, "Ω") if np.isfinite(resistance) else "—",
                amount(high, "Ω") if np.isfinite(high) else "—",
                f"{amount(part['current_A'][k], 'A')} at {volts(part['source_voltage_V'][k])}" if reset else "—",
                volts(np.interp(dissolved[0], time, source)) if len(dissolved) else "—",
                "—" if hottest is None else plain(np.nanmax(hottest), "K"),
            )
        )
    return rows
