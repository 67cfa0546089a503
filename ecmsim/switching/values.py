"""The numbers of a cycle, V_SET, V_RESET, I_RESET, R_LRS, R_HRS, with their definitions, which can be chosen.

A cycle consists of lobes, from zero volts out and back. A lobe whose current is larger on the way back, at the same
voltages, is a SET, one whose current is smaller a RESET. The way out ends at the largest voltage; where the current
has come to 90 % of its largest value only later (as a voltage measured over a cell in compliance falls), it ends there.
"""

from dataclasses import dataclass, fields

import numpy as np

from ecmsim.errors import ConfigError
from ecmsim.switching.cycles import lobes

CHANGE = 1.1  # ratio of the currents on both ways that makes a lobe a SET or a RESET
REACHED = 0.95  # of the compliance current, which instruments keep and read to some per cent
FULL = 0.9  # of the largest current
BEGUN = 0.01  # of the largest voltage of a lobe: there its way out begins
WINDOW = 0.01  # of the largest voltage: current is averaged over it where jumps are looked for
RETURN = 0.2  # of the largest voltage that a lobe comes back at least, that both ways can be compared
SET_BY, RESET_BY = ("jump", "current", "compliance"), ("peak", "drop")


@dataclass(frozen=True)
class Definitions:
    """How the numbers of a cycle are defined.

    set_by: V_SET is where on the way out |current| "jump": passes the middle of its steepest rise; "current": first
    reaches set_current (A); "compliance": first reaches 95 % of the compliance current. reset_by: V_RESET and I_RESET
    are "peak": where |current| is largest on the way out; "drop": before its steepest fall. read_voltage: V, at which
    R_LRS is read on the way back of a SET (or out of a RESET), and R_HRS on the way out of a SET (or back of a RESET).
    switch_ratio: of the conductances after and before a pulse, from which on it has switched the cell; those below
    least_conductance (S), which no instrument tells from zero, count as that.
    """

    set_by: str = "jump"
    set_current: float | None = None
    reset_by: str = "peak"
    read_voltage: float = 0.1
    switch_ratio: float = 2.0
    least_conductance: float = 1e-12

    def __post_init__(self):
        for name, allowed in (("set_by", SET_BY), ("reset_by", RESET_BY)):
            if getattr(self, name) not in allowed:
                raise ConfigError(f'{name} = "{getattr(self, name)}": choose one of {", ".join(allowed)}')
        if (self.set_by == "current") != (self.set_current is not None):
            raise ConfigError('set_by = "current" and a set_current belong together')
        if not self.read_voltage > 0:
            raise ConfigError(f"read_voltage = {self.read_voltage:g} V: must be positive")
        if not self.switch_ratio > 1:
            raise ConfigError(f"switch_ratio = {self.switch_ratio:g}: must be above 1")
        if not self.least_conductance > 0:
            raise ConfigError(f"least_conductance = {self.least_conductance:g} S: must be positive")

    def words(self):
        """The definitions as lines of text."""
        sets = {
            "jump": "where |I| passes the middle of its steepest rise on the way out",
            "current": f"where |I| first reaches {self.set_current} A",
            "compliance": f"where |I| first reaches {REACHED:.0%} of the compliance current",
        }
        resets = {
            "peak": "where |I| is largest on the way out",
            "drop": "before the steepest fall of |I| on the way out",
        }
        return [
            f"V_SET: {sets[self.set_by]}.",
            f"V_RESET, I_RESET: {resets[self.reset_by]}.",
            f"R_LRS, R_HRS: |V/I| at {self.read_voltage:g} V, R_LRS on the way back of a SET (else out of a RESET),"
            " R_HRS on the way out of a SET (else back of a RESET).",
            "t_SET: from the beginning of that way out to V_SET. E_SET, E_RESET: the energy given to the cell in the"
            " whole of the SET, of the RESET, out and back.",
        ]


@dataclass(frozen=True)
class CycleValues:
    """The numbers of one cycle, with the signs of the data; nan where it has no such thing."""

    V_SET_V: float = np.nan
    t_SET_s: float = np.nan
    V_RESET_V: float = np.nan
    I_RESET_A: float = np.nan
    R_LRS_ohm: float = np.nan
    R_HRS_ohm: float = np.nan
    I_max_A: float = np.nan
    E_SET_J: float = np.nan
    E_RESET_J: float = np.nan


VALUES = tuple(field.name for field in fields(CycleValues))


def values_of(voltage, current, definitions=Definitions(), compliance=None, cell_voltage=None, time=None):  # noqa: B008
    """The CycleValues of one cycle: voltage (of the source, V) and current (A), (n,), in order of time.

    compliance: A, for set_by = "compliance"; cell_voltage: (n,), for resistances and energies, where it is not the
    voltage; time: s, (n,), for t_SET and the energies.
    """
    voltage, current = np.asarray(voltage, float), np.asarray(current, float)
    cell = voltage if cell_voltage is None else np.asarray(cell_voltage, float)
    power = cell * current
    found = {"I_max_A": float(np.abs(current).max(initial=0.0))}
    for first, last, sign in lobes(voltage):
        rows = slice(first, last)
        v, i, turn = sign * voltage[rows], np.abs(current[rows]), 0
        turn = turning(v, i)
        kind = kind_of(v, i, turn)
        read = definitions.read_voltage
        back = resistance_at_read_voltage(v, sign * cell[rows], sign * current[rows], read)
        out = resistance_on_the_way_out(v, sign * cell[rows], sign * current[rows], read)
        if kind == "SET" and "V_SET_V" not in found:
            at = set_position(v[: turn + 1], i[: turn + 1], definitions, compliance)
            found["V_SET_V"] = sign * _at(np.maximum.accumulate(v), at)
            if time is not None:
                found["t_SET_s"] = _at(time[rows], at) - time[rows][_begin(v, at)]
                found["E_SET_J"] = _integral(power[rows], time[rows])
            found |= {"R_LRS_ohm": back, "R_HRS_ohm": out}
        elif kind == "RESET" and "V_RESET_V" not in found:
            k = reset_row(v[: turn + 1], i[: turn + 1], definitions)
            found |= {"V_RESET_V": float(sign * v[k]), "I_RESET_A": float(current[rows][k])}
            if time is not None:
                found["E_RESET_J"] = _integral(power[rows], time[rows])
            found = {"R_LRS_ohm": out, "R_HRS_ohm": back} | found
    return CycleValues(**{name: float(value) for name, value in found.items()})


def turning(v, i):
    """The row where the way out of a lobe ends; v, |current|: (n,), v positive."""
    peak = int(np.argmax(v >= v.max() * (1 - 1e-9)))
    return max(peak, int(np.argmax(i >= FULL * i.max())) if i.max() > 0 else 0)


def kind_of(v, i, turn):
    """ "SET", "RESET" or "" for a lobe that changes nothing: by the current on both ways; where it does not come back,
    or only in compliance, a RESET has lost half of its largest current at its end."""
    high = v.max()
    out, back = slice(0, turn + 1), slice(turn, None)
    shared = v[out] >= v[back].min()
    if high - v[back].min() < RETURN * high or i[out][shared].min(initial=np.inf) > FULL * i.max():
        largest = i.max()
        if not largest or len(i) < 3:
            return ""
        return "RESET" if i[-1] < 0.5 * largest else "SET"
    low = max(v[back].min(), v[out].min(), 0.0)
    grid = np.linspace(low + 0.02 * (high - low), low + 0.9 * (high - low), 60)
    there = np.maximum.accumulate(v[out])
    here = np.maximum.accumulate(v[back][::-1])
    ratio = np.interp(grid, here, i[back][::-1]).sum() / max(np.interp(grid, there, i[out]).sum(), 1e-300)
    return "SET" if ratio > CHANGE else "RESET" if ratio < 1 / CHANGE else ""


def set_position(v, i, definitions, compliance=None):
    """Where a way out has its SET, as a row with a fraction: v, |current|: (n,). nan where the definition finds
    nothing."""
    v = np.maximum.accumulate(v)  # the voltage of a cell falls when it switches: what it came to before counts
    if definitions.set_by == "current":
        return _passes(i, definitions.set_current)
    if definitions.set_by == "compliance":
        return np.nan if compliance is None else _passes(i, REACHED * abs(compliance))
    means, _ = _windows(v, i)
    if len(means) < 2:
        return np.nan
    k = int(np.argmax(np.diff(means)))
    return _passes(i, 0.5 * (means[k] + means[k + 1]))


def reset_row(v, i, definitions):
    """The row of V_RESET on a way out: v, |current|: (n,)."""
    if definitions.reset_by == "peak":
        return int(np.argmax(i))
    means, last = _windows(v, i)
    return int(last[np.argmin(np.diff(means))]) if len(means) > 1 else int(np.argmax(i))


def _windows(v, i):
    """Means of a current over windows of the voltage, and the last row in each; those without a point are left out."""
    reached = np.maximum.accumulate(v)
    number = np.floor(reached / (WINDOW * reached[-1])).astype(int)
    starts = np.nonzero(np.diff(number, prepend=number[0] - 1))[0]
    counts = np.diff(np.append(starts, len(v)))
    return np.add.reduceat(i, starts) / counts, starts + counts - 1


def _passes(i, level):
    """The row, with a fraction, at which a current first comes to a level, linear between the points."""
    rows = np.nonzero(i >= level)[0]
    if not len(rows):
        return np.nan
    k = int(rows[0])
    if not k:
        return 0.0
    return k - 1 + float((level - i[k - 1]) / (i[k] - i[k - 1]))


def _at(values, row):
    """Values (n,) at a row with a fraction, linear between the points; nan at nan."""
    if np.isnan(row):
        return np.nan
    k = min(int(row), len(values) - 2)
    return float(values[k] + (values[k + 1] - values[k]) * (row - k))


def _integral(values, time):
    """The integral over time of values (n,), linear between the points."""
    return 0.5 * float(((values[1:] + values[:-1]) * np.diff(time)).sum())


def _begin(v, row):
    """The last row before another one in which a way out has not begun."""
    early = np.nonzero(v[: 1 if np.isnan(row) else int(row) + 1] <= BEGUN * v.max())[0]
    return int(early[-1]) if len(early) else 0


def resistance_at_read_voltage(source_voltage, cell_voltage, current, read_voltage):
    """Resistance of the low-resistance state: cell voltage over current at a small source voltage, ohm.

    It is read on the way back to zero of the SET sweep: where the source first falls through the read voltage after it
    had its largest value (for the first time, should several cycles reach it), linear between the two steps there.

    source_voltage, cell_voltage (V), current (A): (n,), in order of time; read_voltage: V > 0, of the source.
    nan if the source never comes back to the read voltage or if no current flows there.
    """
    source, cell, current = (np.asarray(values, dtype=float) for values in (source_voltage, cell_voltage, current))
    if not len(source) or not np.isfinite(source).all() or not source.max() > read_voltage:
        return np.nan
    # Voltages of equal plateaus may differ by rounding.
    start = int(np.argmax(source >= source.max() * (1 - 1e-9)))
    below = np.nonzero(source[start:] <= read_voltage)[0]
    return _resistance(source, cell, current, read_voltage, start + int(below[0])) if len(below) else np.nan


def resistance_on_the_way_out(source_voltage, cell_voltage, current, read_voltage):
    """The same where the source first rises through the read voltage, ohm: the state before a sweep."""
    source, cell, current = (np.asarray(values, dtype=float) for values in (source_voltage, cell_voltage, current))
    above = np.nonzero(source >= read_voltage)[0]
    return _resistance(source, cell, current, read_voltage, int(above[0])) if len(above) and above[0] else np.nan


def _resistance(source, cell, current, level, k):
    """Voltage over current where the source passes a level between rows k - 1 and k."""
    share = (source[k - 1] - level) / (source[k - 1] - source[k])
    voltage, amperes = (values[k - 1] + share * (values[k] - values[k - 1]) for values in (cell, current))
    return float(voltage / amperes) if amperes != 0 else np.nan


def plateau(voltage, current, share=0.98, least=3, span=0.05):
    """The current at which a plateau shows a compliance, A > 0, or None: at least `least` points in a row have `share`
    of the largest |current| or more while the voltage goes through `span` of its largest value."""
    size, volts = np.abs(current), np.abs(voltage)
    high = np.concatenate([[False], size >= share * size.max(initial=0.0), [False]])
    if not size.max(initial=0.0) > 0:
        return None
    starts, ends = np.nonzero(high[1:] & ~high[:-1])[0], np.nonzero(~high[1:] & high[:-1])[0]
    longest = int(np.argmax(ends - starts))
    rows = slice(starts[longest], ends[longest])
    if ends[longest] - starts[longest] < least or np.ptp(volts[rows]) < span * volts.max():
        return None
    return float(np.median(size[rows]))
