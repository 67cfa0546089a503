"""Whether a run can be trusted numerically: its balances with their limits, its steps, and where the time went."""

from datetime import datetime
from typing import NamedTuple

import numpy as np
from pydantic import ValidationError

from ecmsim.config.numerics import Balance as Limits
from ecmsim.page.form import count, duration, minus, power_of_ten, scientific, seconds
from ecmsim.page.outcome import Series
from ecmsim.results.folder import CONFIG

OVERSHOOT = 1e-6  # of the compliance current, that its smooth law needs no more than


class Balance(NamedTuple):
    """A balance over the run: worst value, where, its limit, whether it holds (None: not recorded), what it is."""

    name: str
    worst: str
    where: str
    limit: str
    holds: bool | None
    meaning: str


MEANINGS = {
    "charge_imbalance": ("Charge", "largest difference between the terminal currents over the current"),
    "faraday_error": (
        "Faraday’s law",
        "volume of the filament against the integrated ionic charge, over the largest volume so far",
    ),
    "power_imbalance": ("Power", "electrical power in against power dissipated, and heat made against heat out"),
}


def limits_of(run):
    """The limits of the balances, by column: those of [balance] in the run's configuration, at which its steps were
    rejected; of this version's defaults where it has none."""
    try:
        limits = Limits.model_validate(run.config.get("balance", {}))
    except ValidationError:  # damaged
        limits = Limits()
    faraday = limits.of_faraday(_refinements(run)[1])
    return {"charge_imbalance": limits.charge, "faraday_error": faraday, "power_imbalance": limits.power}


def balances(run):
    """The balances of a run as a list of Balance."""
    columns = Series(run.timeseries)
    if not columns.length:
        return []
    found = []
    for name, limit in limits_of(run).items():
        title, meaning = MEANINGS[name]
        found.append(_judged(title, columns[name], columns["time_s"], limit, meaning))
    overshoot = _overshoot(run, columns)
    if overshoot is not None:
        found.append(
            _judged(
                "Compliance", overshoot, columns["time_s"], OVERSHOOT, "current above the compliance current over it"
            )
        )
    return found


def _judged(title, values, time, limit, meaning):
    # As a column that was recorded may have lost lines, an infinite entry counts and a missing one does not.
    if values is None or np.isnan(values).all():
        return Balance(title, "not recorded", "", _power(limit), None, meaning)
    k = int(np.nanargmax(values))
    where = f"at {seconds(time[k])}" if values[k] > 0 else ""
    return Balance(title, scientific(values[k]), where, _power(limit), bool(values[k] <= limit), meaning)


def _power(limit):
    """A limit, as a power of ten where it is one."""
    exponent = np.log10(limit)
    return power_of_ten(round(exponent)) if abs(exponent - round(exponent)) < 1e-9 else scientific(limit)


def _overshoot(run, columns):
    """How far the source's current exceeds the compliance current that holds, relative; None where none ever does, or
    where one takes its time or is a transistor, which need not keep it."""
    charging = columns["capacitor_current_A"]  # not of old runs
    current = columns["source_current_A" if charging is not None and charging.any() else "current_A"]
    if current is None or not np.isfinite(run.limits).any() or not _exact(run.config):
        return None
    return np.maximum(current / run.limits - 1, 0)


def _exact(data):
    """Whether no compliance in the data of a configuration takes its time or is a transistor."""
    if isinstance(data, dict):
        return "response_time" not in data and "transconductance" not in data and all(map(_exact, data.values()))
    return not isinstance(data, list) or all(map(_exact, data))


# How much the reference cell changes with mesh and steps both twice as coarse (validation/convergence.csv), as texts.
COARSER = {
    "t(0.7 nm)": "0.095 ms",
    "t(1 mA)": "1.6 ms",
    "T at 100 µA": "0.46 K",
    "T at 603 µA": "1.1 K",
    "mean radius": "0.0017 nm",
}


def numerical_error(run):
    """What is known of the error that mesh and steps leave, which no balance tells, in sentences; and the command that
    estimates it for this run."""
    text = (
        "The balances say nothing of the error of mesh and steps: speeds of growth, times and temperatures carry one "
        "that is not known for this run. The reference cell in the full model, with mesh and steps twice as coarse, "
        f"shows its growth {COARSER['t(0.7 nm)']} earlier and reaches 1 mA {COARSER['t(1 mA)']} later, is "
        f"{COARSER['T at 100 µA']} colder at 100 µA and {COARSER['T at 603 µA']} at 603 µA, and ends with a mean "
        f"radius {COARSER['mean radius']} smaller and the same gap to a picometre. Where heat drives growth, "
        "its speed at a moment is less exact than what comes of it: by default some 1 % too low at 603 µA. "
        "An estimate for this run is the difference to the same one, "
    )
    mesh, steps = _refinements(run)
    factor, how = (0.5, "twice as coarse") if mesh >= 1 and steps >= 0.5 else (2.0, "twice as fine")
    files, laws = run.provenance.get("law_files") or {}, run.provenance.get("laws") or {}
    if laws.keys() - files.keys():  # given in Python
        return f"{text}{how}.", ""
    allowed = " --allow-code" if files else ""
    command = (
        f"ecmsim run {run.folder / CONFIG} --set mesh.refinement={factor * mesh:g} "
        f"--set stepping.refinement={factor * steps:g} --out {run.folder}_other{allowed}"
    )
    return f"{text}{how}:", command


def _refinements(run):
    """mesh.refinement and stepping.refinement of a run, 1 where it tells none."""
    try:
        found = [run.setting(f"{section}.refinement", default=1.0) for section in ("mesh", "stepping")]
    except (TypeError, ValueError):  # damaged
        return 1.0, 1.0
    return [value if value > 0 else 1.0 for value in found]


def effort(run):
    """Steps, Newton iterations and meshes of a run as (name, value, note)."""
    columns = Series(run.timeseries)
    if not columns.length:
        return []
    rejected = int((run.events["event"] == "rejected").sum())
    found = [
        ("Accepted steps", count(columns.length - 1), ""),
        ("Rejected steps", count(rejected), "tried again with a shorter step" if rejected else ""),
    ]
    iterations = columns["newton_iterations"]
    if iterations is not None:
        total = np.nansum(iterations[1:])  # the first row is no step
        note = f"{total / max(columns.length - 1, 1):.1f} a step, {count(np.nanmax(iterations))} at most"
        found.append(("Newton iterations", count(total), note))
    if columns.has("remesh"):
        vertices = columns["vertices"]
        note = (
            f"of {count(np.nanmin(vertices))} to {count(np.nanmax(vertices))} vertices" if vertices is not None else ""
        )
        found.append(("Meshes", count(1 + np.nansum(columns["remesh"])), note))
    steps = columns["step_s"]
    if steps is not None and (positive := steps[steps > 0]).size:
        found.append(("Time step", f"{seconds(positive.min(), 3)} to {seconds(positive.max(), 3)}", ""))
    return found


def wall_times(run):
    """Where the wall time went as (part, time, share in %), the longest first; and a note on the whole."""
    told = run.provenance
    parts = told.get("seconds") or {}
    resumed = told.get("resumed") or []
    last = resumed[-1] if resumed else told
    try:
        whole = (datetime.fromisoformat(told["end_time"]) - datetime.fromisoformat(last["start_time"])).total_seconds()
    except (KeyError, TypeError, ValueError):
        whole = None
    of = "of the process that came last" if resumed else "of the run"
    if not parts:
        note = "Where it went is noted when a run finishes."
        return [], note if whole is None else f"Wall time {of}: {duration(whole)}. {note}"
    total = sum(parts.values())
    rows = [(part, spent) for part, spent in sorted(parts.items(), key=lambda item: -item[1])]
    if whole is not None and whole > total + 1:
        rows.append(("everything else", whole - total))
    longest = max(total, whole or 0) or 1
    shares = [(part, minus(f"{spent:.1f} s"), 100 * spent / longest) for part, spent in rows]
    return shares, f"Wall time {of}: {duration(longest)}."
