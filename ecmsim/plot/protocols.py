"""Pictures of protocols of pulses and cycles, with their indices as words: one function for each."""

import numpy as np

from ecmsim.plot import style
from ecmsim.plot.trace import Drawn
from ecmsim.protocols import endurance_of, facilitation_of, potentiation_of, selector_of, verified_of
from ecmsim.switching.values import Definitions

UP, DOWN = style.VERMILION, style.BLUE


def potentiation(run, output, read_V=0.1):
    """Conductance over the number of pulses, up and down, with the fits whose nonlinearity is the index.

    read_V: where there are no read pulses, the voltage on a pulse's edges at which the conductance is read."""
    found = potentiation_of(run, Definitions(read_voltage=read_V))
    branches = [(found.up, UP, "potentiation"), (found.down, DOWN, "depression")]
    every = np.concatenate([branch.conductance for branch, *_ in branches if branch])
    factor, unit = style.prefixed(every.max(), "S")
    with style.picture(output, style.COLUMN_MM, 66) as figure:
        axes, start = figure.subplots(), 0
        for branch, colour, name in branches:
            if branch is None:
                continue
            k = np.arange(len(branch.conductance))
            axes.plot(start + k, factor * branch.conductance, "o", color=colour, ms=3, label=name)
            if np.isfinite(branch.nonlinearity):
                fine = np.linspace(0, k[-1], 200)
                label = f"nonlinearity {branch.nonlinearity:.2f}"
                axes.plot(start + fine, factor * branch.fitted(fine), color=colour, lw=1.0, label=label)
            start += k[-1]
        axes.set(xlabel="Pulses", ylabel=f"Conductance ({unit})")
        style.legend_below(figure, axes.get_legend_handles_labels()[0])
    return Drawn([output], found.words())


def facilitation(run, output, read_V=0.1):
    """The ratio of the conductances that the second and the first pulse of a pair leave, over the time between them.

    read_V: as of potentiation."""
    found = facilitation_of(run, Definitions(read_voltage=read_V))
    with style.picture(output, style.COLUMN_MM, 66) as figure:
        axes = figure.subplots()
        axes.axhline(1, color=style.GREY, lw=0.6, ls="--")
        axes.plot(found.intervals, found.ratios, "o", color=UP, ms=4, label="pairs of pulses")
        if np.isfinite(found.time_constant):
            fine = np.geomspace(found.intervals.min(), found.intervals.max(), 200)
            label = f"1 + {found.amount:.2g} exp(−t / {style.quantity(found.time_constant, 's')})"
            axes.plot(fine, 1 + found.amount * np.exp(-fine / found.time_constant), color=style.BLACK, label=label)
        if found.intervals.max() > 10 * found.intervals.min():
            axes.set_xscale("log")
        axes.set(xlabel="Time between the pulses (s)", ylabel="$G_2 / G_1$, after the pulses")
        style.legend_below(figure, axes.get_legend_handles_labels()[0])
    return Drawn([output], found.words())


def endurance(run, output, read_V=0.1, window=10.0):
    """Resistances and switching voltages over the number of the cycle.

    read_V: voltage at which resistances are read; window: R_HRS/R_LRS below which a cycle has failed."""
    found = endurance_of(run, Definitions(read_voltage=read_V), window)
    table, cycle = found.table, found.table["cycle"]
    with style.picture(output, style.COLUMN_MM, 100) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.4, 1])
        for name, colour, text in (("R_HRS_ohm", DOWN, "HRS"), ("R_LRS_ohm", UP, "LRS")):
            above.plot(cycle, style.positive(table[name].abs()), "o", color=colour, ms=3, label=text)
        above.set(yscale="log", ylabel="Resistance (Ω)")
        for name, colour, text in (("V_SET_V", UP, "SET"), ("V_RESET_V", DOWN, "RESET")):
            below.plot(cycle, table[name], "s", color=colour, ms=3, mfc="none", label=text)
        below.axhline(0, color=style.BLACK, lw=0.4)
        below.set(xlabel="Cycle", ylabel="Voltage (V)", ylim=style.padded(np.append(below.get_ylim(), 0.0), 0.05))
        below.xaxis.get_major_locator().set_params(integer=True)
        if found.failed:
            for axes in (above, below):
                axes.axvline(found.failed, color=style.BLACK, ls="--", lw=0.8)
        for letter, axes in zip("ab", (above, below), strict=True):
            axes.legend(loc="center right")
            style.panel_letter(axes, letter)
        figure.align_ylabels()
    return Drawn([output], found.words())


def selector(run, output, on=0.5, off=0.1):
    """Current, conductance and voltage of a volatile cell against time, with delay and recovery.

    on: share of the largest current that counts as switched on; off: share of the conductance after the pulse that
    counts as recovered."""
    found = selector_of(run, on, off)
    column = style.require_steps(run)
    time = column["time_s"]
    with style.picture(output, style.PAGE_MM, 70) as figure:
        panels = figure.subplots(1, 2)
        views = ((found.begin, time <= found.end, "Time after the pulse's rise (s)"),
                 (found.end, time >= found.end, "Time after the pulse (s)"))  # fmt: skip
        for axes, (zero, rows, label), span, name in zip(
            panels, views, (found.delay, found.recovery), ("delay", "recovery"), strict=True
        ):
            shown = rows & (time > zero)
            axes.plot(time[shown] - zero, style.positive(np.abs(column["current_A"][shown])), color=UP)
            axes.set(xscale="log", yscale="log", xlabel=label, ylabel="|Current| (A)")
            if np.isfinite(span) and span > 0:
                axes.axvline(span, color=style.BLACK, ls="--", lw=0.8, label=f"{name} {style.quantity(span, 's')}")
                axes.legend(loc="best")
        for letter, axes in zip("ab", panels, strict=True):
            style.panel_letter(axes, letter)
    return Drawn([output], found.words())


def verify(run, output, read_V=0.1):
    """Amplitude of each pulse of a write-verify, and the conductance that is read after it.

    read_V: as of potentiation."""
    found = verified_of(run, Definitions(read_voltage=read_V))
    table = found.table
    with style.picture(output, style.COLUMN_MM, 84) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.4, 1])
        above.plot(table["pulse"], style.positive(table["G_after_S"].abs()), "o-", color=UP, ms=3.5)
        above.set(yscale="log", ylabel="Conductance read (S)")
        below.step(table["pulse"], table["amplitude_V"], where="mid", color=style.BLACK)
        below.set(xlabel="Pulse", ylabel="Amplitude (V)")
        below.xaxis.get_major_locator().set_params(integer=True)
        for letter, axes in zip("ab", (above, below), strict=True):
            style.panel_letter(axes, letter)
        figure.align_ylabels()
    return Drawn([output], found.words())
