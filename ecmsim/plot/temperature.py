"""The highest temperature in the cell against time, around the switching, and against current."""

import numpy as np

from ecmsim.plot import style
from ecmsim.plot.gap import mark_milestones

HOTTEST = r"Highest temperature $T_\mathrm{max}$ (K)"


def draw(run, output):
    """Draw T_max(t), once more around the switching if there is any, and T_max(|I|). Returns [output]."""
    column = style.require_steps(run)
    time, hottest = column["time_s"], column["temperature_max_K"]
    window = style.switching_window(run, time)
    spans = [(time[0], time[-1])] + ([window] if window else [])
    limits = style.padded(hottest, 0.08)
    with style.picture(output, style.PAGE_MM, 60 if window else 68) as figure:
        *against_time, against_current = figure.subplots(1, len(spans) + 1, sharey=True)
        for axes, span in zip(against_time, spans, strict=True):
            axes.plot(time, hottest, color=style.BLACK)
            axes.set(xlabel="Time (s)", xlim=span, ylim=limits)
            style.shade_regimes(axes, run)
            mark_milestones(axes, run, time, hottest, except_in=window if axes is not against_time[-1] else None)
        against_time[0].set_ylabel(HOTTEST)
        plot_against_current(against_current, run, style.positive(np.abs(column["current_A"])), hottest)
        for letter, axes in zip("abc", (*against_time, against_current), strict=False):
            style.panel_letter(axes, letter)
    return [output]


def plot_against_current(axes, run, current, hottest):
    """T_max against current, the regimes in colour, from where it begins to rise."""
    returns = run.regimes.peak_time < run.timeseries["time_s"].iloc[-1]
    axes.plot(current, hottest, color=style.GREY, lw=1.0, label="return" if returns else None)
    for letter, part in style.regime_parts(run):
        colour = style.REGIME_COLOURS[letter]
        axes.plot(current[part], hottest[part], color=colour, lw=1.6, label=f"regime {letter}")
    found = run.regimes.a_b
    warm = hottest - hottest.min() > 0.002 * np.ptp(hottest)
    shown = current[warm] if warm.any() else current
    style.log_axis(axes.xaxis, np.append(shown, 0.5 * found.current_A) if found else shown, decades=6)
    axes.set_xlabel("|Current| (A)")
    if found:
        axes.legend(loc="upper left")
