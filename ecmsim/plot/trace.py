"""The conductance of a run as samples: as measured over the cell, or without the resistances in series with the gap.

Milano et al. (2024), Note S1: what two terminals measure holds the resistances of leads and interfaces R_p as well, and
the contact's own conductance is G = 1/(V/I - R_p).
"""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.plot import style

LEAST_V = 1e-3  # V; a smaller voltage tells no conductance
MODEL = "model"
CONTINUOUS = "simmons"  # the one law of tunnelling that knows no atoms and no quantum of conductance
CURRENT_SOURCES = ("current_ramp", "current_sweep", "current_hold", "current_table")


class Drawn(list):
    """The paths of a picture, with `words`: lines that say in numbers what it shows."""

    def __init__(self, paths, words=()):
        super().__init__(paths)
        self.words = list(words)


@dataclass(frozen=True)
class Trace:
    """Samples of a run, (n,): time in s, source and cell voltage in V, current in A; drop (V) and flow (A) are the
    voltage over, and the current through, what the conductance is asked of; known: samples that can tell it."""

    time: np.ndarray
    source: np.ndarray
    voltage: np.ndarray
    current: np.ndarray
    drop: np.ndarray
    flow: np.ndarray
    least: float

    @property
    def known(self):
        """Whether there is enough voltage over the cell and something flows, (n,)."""
        good = (np.abs(self.voltage) >= self.least) & np.isfinite(self.drop) & np.isfinite(self.flow)
        return good & (self.drop * self.flow > 0)

    @property
    def conductance(self):
        """G/G0, (n,); nan where it is not known."""
        known = self.known
        drop = np.where(known, self.drop, 1.0)
        return np.where(known, self.flow / drop / CONDUCTANCE_QUANTUM, np.nan)

    def at(self, time):
        """The same at other times (m,) in s, each column linear in between, as an instrument samples them."""
        columns = (self.source, self.voltage, self.current, self.drop, self.flow)
        return Trace(time, *(np.interp(time, self.time, column) for column in columns), self.least)

    def between(self, start, end):
        """The samples from start to end (s; None: the run's own)."""
        rows = (self.time >= (-np.inf if start is None else start)) & (self.time <= (np.inf if end is None else end))
        columns = (self.time, self.source, self.voltage, self.current, self.drop, self.flow)
        return Trace(*(column[rows] for column in columns), self.least)


def resistance_of(parasitic):
    """The option parasitic: None, MODEL, or the resistance R_p in ohm of a text with a unit. Raises PlotError."""
    if parasitic in (None, MODEL):
        return parasitic
    import pint

    try:
        value = float(pint.Quantity(parasitic).m_as("ohm")) if isinstance(parasitic, str) else np.nan
    except Exception:  # pint raises many kinds for malformed text
        value = np.nan
    if not (np.isfinite(value) and value >= 0):
        raise PlotError(f'parasitic = {parasitic!r}: give a resistance with its unit, "400 ohm", or {MODEL}')
    return value


def named(parasitic):
    """What a conductance without the resistance of the option parasitic is called, in a legend."""
    resistance = resistance_of(parasitic)
    if resistance is None:
        return "as measured"
    return "junction alone" if resistance == MODEL else f"without {style.quantity(resistance, 'Ω')}"


def trace_of(run, parasitic=None, least_V=LEAST_V):
    """The Trace of a run (a Run).

    parasitic: None for G = I/V of the cell; a resistance R_p ("400 ohm") for G = I/(V - R_p I); "model" for the
    junction itself, G = I_Tu/V_Tu from the run's own columns: gap or contact without filament and electrodes.
    least_V: voltage over the cell (V) below which a sample tells no conductance.
    Raises PlotError where the run cannot tell, or R_p is more than the cell has.
    """
    resistance = resistance_of(parasitic)
    column = style.require_steps(run)
    time, source, voltage, current = (
        column[name] for name in ("time_s", "source_voltage_V", "cell_voltage_V", "current_A")
    )
    if resistance == MODEL:
        drop, flow = column.get("junction_voltage_V", np.full(len(time), np.nan)), column["tunnel_current_A"]
        if not np.isfinite(drop).any():
            raise PlotError(
                f"parasitic = {MODEL}: {run.folder} has no column junction_voltage_V, it was made by an older version: "
                'run it again, or give a resistance, parasitic="400 ohm"'
            )
    else:
        drop, flow = voltage - (resistance or 0.0) * current, current
    trace = Trace(time, source, voltage, current, drop, flow, least_V)
    if resistance and resistance != MODEL:
        check_resistance(run, trace, resistance, parasitic)
    return trace


def check_resistance(run, trace, resistance, parasitic):
    """PlotError where a cell has less resistance than is to be taken off it."""
    flows = (np.abs(trace.voltage) >= trace.least) & (trace.current * trace.voltage > 0)
    least = np.min(trace.voltage[flows] / trace.current[flows], initial=np.inf)
    if least <= resistance:
        raise PlotError(
            f"parasitic = {parasitic}: the whole cell of {run.folder} has only {style.quantity(least, 'ohm')} at its "
            "lowest: give less"
        )


def window(unit, start, end, before=""):
    """A window in words: "from 1 s to 2 s"; nothing where it is open on both sides."""
    ends = [f"{word} {value:g} {unit}" for word, value in (("from", start), ("to", end)) if value is not None]
    return before * bool(ends) + " ".join(ends)


def is_quantized(run):
    """Whether a run has a law of tunnelling with atomic contacts, or one of the user's own, which may have them."""
    law = run.config.get("tunnelling", {}).get("law", "simmons")
    law = law.get("value") if isinstance(law, dict) else law
    return law != CONTINUOUS or "tunnelling" in run.config.get("laws", {})


def is_current_source(run):
    """Whether the programme of a run drives a current; the source's voltage is then its limit."""

    def kinds(steps):
        for step in steps:
            yield step.get("kind", "")
            yield from kinds(step.get("steps", []))

    found = [kind for kind in kinds(run.config.get("programme", [])) if kind]
    return bool(found) and all(kind in CURRENT_SOURCES for kind in found)
