"""The highest temperature in the cell against time, around the switching, and against current."""

import numpy as np

from ecmsim.plot import style
from ecmsim.plot.gap import mark_milestones
from ecmsim.plot.iv import returns
from ecmsim.results.cycles import find_cycles

LEAST_K = 0.1
HOTTEST = r"Highest temperature $T_\mathrm{max}$ (K)"


def draw(run, output):
    """Draw T_max(t), once more around the (first) switching if there is any, and T_max(|I|). Returns [output]."""
    column = style.require_steps(run)
    time, hottest, current = column["time_s"], column["temperature_max_K"], np.abs(column["current_A"])
    window = style.switching_window(run, time)
    spans = [(time[0], time[-1])] + ([window] if window else [])
    limits = style.padded(hottest, 0.08)
    with style.picture(output, style.PAGE_MM, 70 if window else 78) as figure:
        panels = figure.subplots(1, len(spans) + bool(current.max() > 0), sharey=True, squeeze=False)[0]
        against_time, against_current = panels[: len(spans)], panels[len(spans) :]
        for axes, span in zip(against_time, spans, strict=True):
            axes.plot(time, hottest, color=style.BLACK)
            axes.set(xlabel="Time (s)", xlim=span, ylim=limits)
            if span == spans[0] and style.is_late(time) and not style.is_cyclic(run):
                axes.set(xscale="log", xlim=(style.first_change(time, column["gap_nm"]), time[-1]))
            style.shade_regimes(axes, run)
            if len(find_cycles(run)) <= style.MOST_NAMED or axes is against_time[-1]:
                mark_milestones(axes, run, time, hottest, except_in=window if axes is not against_time[-1] else None)
        against_time[0].set_ylabel(HOTTEST)
        for axes in against_current:
            plot_against_current(axes, run, style.positive(current), hottest)
        for letter, axes in zip("abc", panels, strict=False):
            style.panel_letter(axes, letter)
        if handles := style.explained(run):
            style.legend_below(figure, handles)
    return [output]


def unfit(run):
    """Why a run gives no such picture, or None."""
    rise = np.ptp(run.timeseries["temperature_max_K"])
    return None if rise >= LEAST_K else f"the temperature changes by less than {LEAST_K:g} K"


def plot_against_current(axes, run, current, hottest):
    """T_max against current, the regimes in colour, from where it begins to rise."""
    rest = "rest of the run" if style.is_cyclic(run) else "return"
    axes.plot(current, hottest, color=style.GREY, lw=1.0, label=rest if returns(run) else None)
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
