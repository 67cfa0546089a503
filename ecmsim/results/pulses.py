"""What each pulse of a run did: its energy, and the conductance of the cell before and after it."""

from dataclasses import dataclass, field

import numpy as np

from ecmsim.switching.values import resistance_at_read_voltage, resistance_on_the_way_out

PULSE_COLUMNS = {
    "pulse": "its number, from 1, as in timeseries.csv",
    "cycle": "the cycle that it belongs to, as in timeseries.csv",
    "start_s": "when its rise begins",
    "amplitude_V": "voltage of the source at its top",
    "width_s": "time at its top, without the edges; of spikes the whole of them",
    "energy_J": "energy given to the cell from the beginning of its rise to the end of its fall",
    "I_max_A": "largest |current| in it",
    "temperature_max_K": "highest temperature in it",
    "G_before_S": "conductance of the cell, I/V, at the end of the read before it; without one, where the source passes"
    " {read} on its rise",
    "G_after_S": "the same at the end of the read after it; without one, where the source passes {read} on its fall",
    "read_V": "voltage of the source in the read after it",
    "read_current_A": "current at the end of that read",
    "switched": "SET where G_after is {ratio} times G_before or more, RESET where it is less than one over that,"
    " else no; conductances below {least} count as that",
}


@dataclass
class _Pulse:
    """The legs of one pulse and of the read after it, each as (start, end, leg), times in s."""

    number: int
    legs: list = field(default_factory=list)
    read: list = field(default_factory=list)


def rows_of_pulses(run, definitions):
    """A dict with PULSE_COLUMNS for each pulse of a run (a Run) that has begun."""
    column, rows, before = run.series, [], None
    for pulse in _pulses(run.course):
        after, found = _read(pulse, column)
        if pulse.legs:
            rows.append(_row(pulse, column, definitions, before, after) | found)
        before = after
    return rows


def _pulses(course):
    """The pulses of a Course, as far as it has come."""
    found, start = {}, 0.0
    for leg, end in zip(course.legs, course.ends, strict=True):
        piece = leg.piece
        if piece.part:
            pulse = found.setdefault(piece.pulse, _Pulse(piece.pulse))
            (pulse.legs if piece.part == "pulse" else pulse.read).append((start, end, leg))
        start = end
    return list(found.values())


def _read(pulse, column):
    """The conductance (S) at the end of the read after a pulse, None without one, and its columns."""
    time = column["time_s"]
    if len(pulse.read) < 2 or pulse.read[1][1] > time[-1] * (1 + 1e-12):
        return None, {"read_V": np.nan, "read_current_A": np.nan}
    moment = pulse.read[1][1]
    current, volts = (float(np.interp(moment, time, column[name])) for name in ("current_A", "cell_voltage_V"))
    read = {"read_V": float(pulse.read[1][2].last), "read_current_A": current}
    return current / volts if volts else np.nan, read


def _row(pulse, column, definitions, before, after):
    """The numbers of a pulse. before, after: conductance (S) of the reads before and after it, or None."""
    start, end = pulse.legs[0][0], pulse.legs[-1][1]
    top = max(pulse.legs, key=lambda item: (abs(item[2].last), item[2].first == item[2].last))
    level = top[2].first == top[2].last
    time = column["time_s"]
    slack = 1e-12 * max(end, time[-1])
    rows = slice(int(np.searchsorted(time, start - slack)), int(np.searchsorted(time, end + slack, "right")))
    part = {name: values[rows] for name, values in column.items()}
    amplitude = float(top[2].last)
    sign = -1.0 if amplitude < 0 else 1.0
    given = sign * part["source_voltage_V"], sign * part["cell_voltage_V"], sign * part["current_A"]
    if before is None:
        before = _over(resistance_on_the_way_out(*given, definitions.read_voltage))
    late = after if after is not None else _over(resistance_at_read_voltage(*given, definitions.read_voltage))
    power = part["power_W"]
    whole = float(top[2].piece.duration) if level and top[1] <= time[-1] + slack else top[1] - top[0]
    return {
        "pulse": pulse.number,
        "cycle": top[2].cycle(top[1]),
        "start_s": start,
        "amplitude_V": amplitude,
        "width_s": whole if level else min(end, time[-1]) - start,
        "energy_J": 0.5 * float(((power[1:] + power[:-1]) * np.diff(part["time_s"])).sum()),
        "I_max_A": float(np.abs(part["current_A"]).max(initial=0.0)),
        "temperature_max_K": float(part["temperature_max_K"].max(initial=0.0)),
        "G_before_S": before,
        "G_after_S": late,
        "switched": verdict(before, late, definitions),
    }


def _over(resistance):
    """One over a resistance, S; nan where there is none."""
    return 1 / resistance if np.isfinite(resistance) and resistance else np.nan


def verdict(before, after, definitions):
    """What a change of the conductance (S) is by the Definitions; empty where it is not known."""
    if not (np.isfinite(before) and np.isfinite(after)):
        return ""
    least, ratio = definitions.least_conductance, definitions.switch_ratio
    change = max(abs(after), least) / max(abs(before), least)
    return "SET" if change >= ratio else "RESET" if change <= 1 / ratio else "no"
