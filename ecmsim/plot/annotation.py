"""What ecmsim quantum annotate finds: conductance of gap and contact in units of G0, and the atoms in between."""

import numpy as np
from matplotlib.ticker import MaxNLocator

from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.conductance import integers, name_plateau
from ecmsim.results.levels import find_plateaus

FIRST = 0.01  # atoms; the picture begins shortly before there are so many
MOST, LOWEST = 40.0, 0.1  # G0; beyond MOST the axis is logarithmic, and begins at LOWEST
BEFORE = 0.08  # of what it shows


def draw(table, output):
    """Draw a table of ecmsim.commands.annotate (COLUMNS): G/G0 above the number of atoms, over time. -> [output]."""
    if len(table) < 2:
        raise PlotError(f"cannot draw {output}: there are {len(table)} outlines, and it takes two")
    time, atoms = table["time_s"].to_numpy(), table["contact_atoms"].to_numpy()
    there = np.nonzero(atoms > FIRST)[0]
    start = time[there[0]] if len(there) else time[0]
    limits = max(start - BEFORE * (time[-1] - start), time[0]), time[-1]
    shown = time >= limits[0]
    conductance = table["junction_G0"].to_numpy()
    with style.picture(output, style.COLUMN_MM, 100) as figure:
        above, below = figure.subplots(2, 1, sharex=True, height_ratios=[1.7, 1])
        above.plot(time, table["simmons_G0"], color=style.GREY, lw=0.9, label="Simmons equation", zorder=2)
        above.plot(time, table["tunnelling_G0"], color=style.SKY, lw=0.9, label="tunnelling beside", zorder=2.5)
        above.plot(time, conductance, color=style.BLUE, label="with contact", zorder=3)
        top = max(conductance[shown].max(), table["simmons_G0"][shown].max(), 1.0)
        above.set(ylabel="Junction $G/G_0$", xlim=limits)
        if top > MOST:
            style.log_axis(above.yaxis, [LOWEST, top])
        else:
            above.set_ylim(0, 1.12 * top)
        integers((above,))
        for plateau in find_plateaus(time[shown], conductance[shown]):
            part = slice(*np.searchsorted(time, (plateau.start_s, np.nextafter(plateau.end_s, np.inf))))
            above.plot(time[part], conductance[part], color=style.VERMILION, lw=2.4, alpha=0.8, zorder=4)
            name_plateau(above, plateau)
        figure.legend(loc="outside lower center", ncols=3, columnspacing=1.0, handlelength=1.2, handletextpad=0.5)
        below.plot(time, atoms, color=style.BLACK)
        below.set(xlabel="Time (s)", ylabel="Atoms $N$", ylim=(0, 1.1 * max(atoms.max(), 1.0)))
        below.yaxis.set_major_locator(MaxNLocator(6, integer=True, steps=[1, 2, 5, 10]))
        below.grid(axis="y", lw=0.5, ls="--", color=style.GREY)
        for letter, axes in zip("ab", (above, below), strict=True):
            style.panel_letter(axes, letter)
        figure.align_ylabels()
    return [output]
