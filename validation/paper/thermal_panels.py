"""Panels of the validation's figures on heat and dissolution (Figs. 3 and 5, S5): each draws one on given axes.

The full model is black, what lacks something orange and dashed.
"""

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.lines import Line2D
from matplotlib.ticker import LogLocator, NullFormatter
from matplotlib.tri import Triangulation

from ecmsim.plot import style
from validation.paper import curves
from validation.paper.panels import CURRENT, FULL, GAP, LIMIT, TIME, VOLTAGE, shade

HEAT = "inferno"
LACKING = {"color": style.ORANGE, "lw": 1.3, "ls": (0, (4, 1.2))}
OTHER = {"color": style.BLUE, "lw": 1.3, "ls": (0, (4, 1.2))}
DISSOLUTION = "Dissolution"
HOTTEST = r"$T_\mathrm{max}$ (K)"

# --- Fig. 3 -------------------------------------------------------------------------------------------------


def temperature(axes, section, norm, window):
    """Fig. 3: the temperature in a Section, mirrored, with the borders of the materials; window: half, low, high."""
    seen = section.inside(window)
    kelvin = np.ravel(section.point_data["temperature_K"])
    for side in (-1, 1):
        mesh = Triangulation(side * section.points[:, 0], section.points[:, 1], section.triangles, mask=~seen)
        image = axes.tripcolor(mesh, kelvin, norm=norm, cmap=HEAT, shading="gouraud", rasterized=True)
    borders = np.concatenate([section.interfaces() * [side, 1] for side in (-1, 1)])
    for colour, width in (("black", 1.4), ("white", 0.7)):
        axes.add_collection(LineCollection(borders, colors=colour, linewidths=width, capstyle="round"))
    half, low, high = window
    axes.set(xlim=(-half, half), ylim=(low, high))
    return image


def mark_gap(axes, found):
    """Fig. 3d: an arrow across the smallest gap, on both sides of the axis where it lies off it."""
    for side in (-1, 1) if found.filament[0] > 1e-6 else (1,):
        ends = (found.filament * [side, 1], found.electrode * [side, 1])
        look = {"arrowstyle": "|-|", "color": style.SKY, "lw": 1.3, "shrinkA": 0, "shrinkB": 0, "mutation_scale": 2.5}
        axes.annotate("", *ends, arrowprops=look)


# --- Fig. 5 -------------------------------------------------------------------------------------------------


def heatings(axes, runs):
    """Fig. 5a: the highest temperature against the compliance current, with and without heat of the tunnel barrier."""
    full = curves.heating(list(runs.series.values()))
    joule = curves.heating(curves.joule_alone(runs))
    axes.plot(full.limit, full.hottest, **FULL, marker="o", mec="white", mew=0.4, ms=4, label="with barrier heating")
    axes.plot(
        joule.current, joule.hottest, **LACKING, marker="s", mec="white", mew=0.4, ms=3.5, label="Joule heating alone"
    )
    for limit, current, kelvin, reached in zip(joule.limit, joule.current, joule.hottest, joule.reached, strict=True):
        if not reached:
            axes.plot(limit, kelvin, "x", color=style.ORANGE, ms=4, mew=1.0)
            axes.plot([current, limit], [kelvin, kelvin], color=style.ORANGE, lw=0.8, ls=":")
    missed = Line2D(
        [], [], ls=":", lw=0.8, marker="x", color=style.ORANGE, ms=4, mew=1.0, label=r"$I_\mathrm{CC}$ not reached"
    )
    stated = axes.plot(
        full.limit[-1],
        curves.HOTTEST,
        "*",
        mfc="none",
        mec=style.VERMILION,
        ms=9,
        mew=1.0,
        zorder=4,
        ls="",
        label="paper",
    )
    handles = [*axes.get_lines()[:2], *([missed] if not joule.reached.all() else []), *stated]
    axes.set(xscale="log", xlabel=LIMIT, ylabel=HOTTEST, xlim=(full.limit[0] / 2, 2 * full.limit[-1]))
    axes.set_ylim(style.padded(np.append(full.hottest, curves.HOTTEST), 0.08))
    axes.xaxis.set_major_locator(LogLocator(numticks=12))
    axes.xaxis.set_minor_formatter(NullFormatter())
    axes.legend(handles=handles, loc="center left", handlelength=1.8)


def heating_sweeps(axes, runs):
    """Fig. 5b: current against voltage for 1 mA, with and without heat of the tunnel barrier."""
    pairs = ((runs.reference, FULL, "with barrier heating"), (runs.case("joule_1mA"), LACKING, "Joule heating alone"))
    both_sweeps(axes, runs, pairs)
    axes.axhline(curves.JUMP_AT, color=style.GREY, lw=0.7, ls=":")
    shade(axes, runs.reference, "source_voltage_V")


def dissolution_cases(runs):
    """The runs of Figs. 5c and 5d with their looks and names: without dissolution, with it, and with it for 1 mA."""
    limit = curves.WITHOUT_DISSOLUTION
    return (
        (
            runs.reference,
            {"color": style.GREY, "lw": 1.1},
            f"with, {style.quantity(runs.reference.compliance_current, 'A')}",
        ),
        (curves.with_limit(runs, limit), FULL, f"with, {style.quantity(limit, 'A')}"),
        (runs.case("no_dissolution"), LACKING, f"without, {style.quantity(limit, 'A')}"),
    )


def dissolution_sweeps(axes, runs):
    """Fig. 5c: current against voltage with and without dissolution of the active electrode."""
    both_sweeps(axes, runs, dissolution_cases(runs))
    axes.legend(loc="lower right", handlelength=1.8, title=DISSOLUTION, alignment="left")
    mark_end(axes, runs.case("no_dissolution"), "source_voltage_V", "current_A")
    shade(axes, runs.reference, "source_voltage_V")


def dissolution_gaps(axes, runs):
    """Fig. 5d: the gap against time of the same runs."""
    for run, look, name in dissolution_cases(runs):
        axes.plot(*curves.columns(run, "time_s", "gap_nm"), **look, label=name)
    mark_end(axes, runs.case("no_dissolution"), "time_s", "gap_nm")
    axes.set(xlabel=TIME, ylabel=GAP, yscale="log", xlim=around(runs, "time_s"))
    smallest = curves.columns(runs.case("no_dissolution"), "gap_nm").min()
    axes.set_ylim(0.6 * smallest, 1.3 * curves.columns(runs.reference, "gap_nm").max())
    axes.yaxis.set_major_formatter("{x:g}")
    axes.legend(loc="upper right", handlelength=1.8, title=DISSOLUTION, alignment="left")
    shade(axes, runs.reference, "time_s")


def mark_end(axes, run, x, y):
    """A dot where a run ends for lack of a gap."""
    column = curves.columns(run, x, y)[:, -1]
    axes.plot(*column, "o", color=LACKING["color"], mec="white", mew=0.4, ms=4, zorder=4)


def both_sweeps(axes, runs, cases, back=True):
    """Current against voltage of runs (run, look, name) around the switching; the way back, if asked for, is thin."""
    limits = list(runs.series)
    for run, look, name in cases:
        voltage, current = curves.columns(run, "source_voltage_V", "current_A")
        turn = int(np.argmax(voltage)) + 1
        axes.plot(voltage[:turn], style.positive(current[:turn]), **look, label=name)
        if back:
            axes.plot(voltage[turn - 1 :], style.positive(current[turn - 1 :]), **(look | {"lw": 0.6}))
    axes.set(xlabel=VOLTAGE, ylabel=CURRENT, yscale="log", ylim=(1e-3 * limits[0], 5 * limits[-1]))
    axes.set_xlim(around(runs, "source_voltage_V"))
    axes.yaxis.set_major_locator(LogLocator(numticks=20))
    axes.yaxis.set_minor_formatter(NullFormatter())
    axes.legend(loc="lower right", handlelength=1.8)


def around(runs, name):
    """Limits of an axis of time or voltage that holds all of the switching, up to where the source turns back."""
    start = curves.switching(runs.reference, name, margin=1.0)[0]
    values, voltage = curves.columns(runs.reference, name, "source_voltage_V")
    return start, values[np.argmax(voltage)] + 0.04 * (values[np.argmax(voltage)] - start)


# --- supporting information, S5 -----------------------------------------------------------------------------


def conduction_cases(runs):
    """The runs of S5 with their looks and names."""
    low = runs.case("low_thermal_conductivity")
    factor = low.setting("heat.thermal_conductivity_factor", default=1.0)
    return (runs.reference, FULL, "bulk conductivity"), (low, OTHER, f"{factor:g} × bulk")


def conduction_sweeps(axes, runs):
    """S5: current against voltage with bulk and lower thermal conductivity."""
    both_sweeps(axes, runs, conduction_cases(runs), back=False)
    axes.set_xlim(curves.switching(runs.reference, "source_voltage_V"))


def conduction_temperatures(axes, runs):
    """S5: highest temperature against the rising current."""
    for run, look, name in conduction_cases(runs):
        current, kelvin = curves.columns(run, "current_A", "temperature_max_K", back=False)
        axes.plot(style.positive(current), kelvin, **look, label=name)
        if found := run.regimes.b_c:
            hot = np.interp(found.time_s, *curves.columns(run, "time_s", "temperature_max_K"))
            axes.plot(found.current_A, hot, "o", color=look["color"], mec="white", mew=0.4, ms=5, zorder=4)
    limit = runs.reference.compliance_current
    axes.plot([], [], "o", color=style.GREY, mec="white", mew=0.4, ms=5, label="regime C begins")
    axes.set(xscale="log", xlabel=CURRENT, ylabel=HOTTEST, xlim=(1e-4 * limit, 1.5 * limit))
    axes.legend(loc="upper left")
