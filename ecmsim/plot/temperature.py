"""The highest temperature in the cell against time and against current."""

import numpy as np

from ecmsim.plot import style
from ecmsim.plot.gap import mark_milestones


def draw(run, output):
    """Draw T_max(t), enlarged around the switching, and T_max(|I|). Returns [output]."""
    column = style.require_steps(run)
    time, hottest = column["time_s"], column["temperature_max_K"]
    current = style.positive(np.abs(column["current_A"]))
    returns = np.nanargmax(np.append(current, 0)) < len(current) - 1
    limits = style.padded(hottest, 0.08)
    with style.picture(output, style.PAGE_MM, 68) as figure:
        against_time, against_current = figure.subplots(1, 2)
        against_time.plot(time, hottest, color=style.BLACK)
        against_time.set(xlabel="Time (s)", ylabel=r"Highest temperature $T_\mathrm{max}$ (K)",
                         xlim=(time[0], time[-1]), ylim=limits)
        style.shade_regimes(against_time, run)
        window = style.switching_window(run, time)
        if window and np.ptp(hottest) > style.WARM_K:
            inset = against_time.inset_axes(style.inset_place(window, time, 0.92))
            inset.plot(time, hottest, color=style.BLACK)
            inset.set(xlim=window, ylim=limits)
            inset.tick_params(labelsize=6.5)
            style.shade_regimes(inset, run)
            mark_milestones(inset, run, time, hottest)
        mark_milestones(against_time, run, time, hottest, except_in=window if len(against_time.child_axes) else None)
        against_current.plot(current, hottest, color=style.GREY, lw=1.0, label="return" if returns else None)
        for letter, part in style.regime_parts(run):
            against_current.plot(current[part], hottest[part], color=style.REGIME_COLOURS[letter], lw=1.6,
                                 label=f"regime {letter}")
        warm = hottest - hottest.min() > 0.002 * np.ptp(hottest)
        shown = current[warm] if warm.any() else current
        found = run.regimes.a_b
        style.log_axis(against_current.xaxis, np.append(shown, 0.5 * found.current_A) if found else shown)
        against_current.set(xlabel="|Current| (A)", ylabel=r"$T_\mathrm{max}$ (K)", ylim=limits)
        if found:
            against_current.legend(loc="upper left")
        style.panel_letter(against_time, "a")
        style.panel_letter(against_current, "b")
    return [output]
