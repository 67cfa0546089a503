"""The map of the quantized conductance over radius and gap, as the lookup gives it, with the points of its table."""

import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.lines import Line2D

from ecmsim.plot import style
from ecmsim.quantum import sharvin

DECADES = 5  # of the map, below its largest value
WIDER = 1.35  # times the last radius of the table
FURTHER = 0.25  # nm beyond its last gap
OVERLAP = -0.08  # nm; in contact
CLOSEST = 0.034  # of the axis: how close numbers of atoms may be


def draw(lookup, output):
    """Draw a quantum.lookup.Lookup: the map; T at contact, with Sharvin-Weyl; T of one atom over the gap. -> [output].

    Raises PlotError for a name that is no picture's, or a place where it cannot be written.
    """
    with style.picture(output, style.PAGE_MM, 112) as figure:
        left, right = figure.subfigures(1, 2, width_ratios=[1.25, 1])
        axes, panels = left.subplots(), right.subplots(2, 1)
        radii = np.linspace(0.35 * lookup.atom_radius, WIDER * lookup.last_radius, 500)
        gaps = np.linspace(OVERLAP, lookup.last_gap + FURTHER, 300)
        _draw_map(left, axes, lookup, radii, gaps)
        _draw_contacts(panels[0], lookup, radii)
        _draw_gaps(panels[1], lookup, gaps)
        for letter, panel in zip("abc", (axes, *panels), strict=True):
            style.panel_letter(panel, letter)
        axes.set_title(f"{lookup.table.metal}: conductance of contact and gap")
    return [output]


def _draw_map(figure, axes, lookup, radii, gaps):
    """log T as colour, with contours at integers and at decades below 1."""
    T = lookup(radii, gaps[:, None]).transmission
    top = np.log10(T.max())
    colours = LinearSegmentedColormap.from_list("conductance", style.CURRENT)
    image = axes.pcolormesh(radii, gaps, np.log10(T), cmap=colours, vmin=top - DECADES, vmax=top, rasterized=True)
    whole = np.arange(1, int(T.max()) + 1)
    axes.contour(radii, gaps, T, levels=whole, colors=style.BLACK, linewidths=0.5)
    _label_contours(axes, radii, gaps, T, whole)
    axes.contour(radii, gaps, T, levels=10.0 ** np.arange(-DECADES, 0), colors="white", linewidths=0.6, linestyles="--")
    axes.axhline(0, color=style.GREY, lw=0.6)
    for beyond, mark in ((lookup.last_gap, axes.axhline), (lookup.last_radius, axes.axvline)):
        mark(beyond, color=style.VERMILION, lw=0.7, ls=":")
    axes.set(xlabel="Radius $a$ (nm)", ylabel="Gap between the surfaces $g$ (nm)")
    above = axes.secondary_xaxis("top", functions=(lambda a: (a / lookup.atom_radius) ** 2, lambda n: _root(n, lookup)))
    above.set_xlabel("Atoms in the narrowest section")
    axes.tick_params(top=False)
    counts = np.arange(1, int((radii[-1] / lookup.atom_radius) ** 2) + 1)
    named = _spaced(counts, np.sqrt(counts), CLOSEST * radii[-1] / lookup.atom_radius)
    above.set_ticks(counts, labels=[str(count) if count in named else "" for count in counts])
    above.tick_params(direction="out", labelsize=6)
    bar = figure.colorbar(image, ax=axes, location="bottom", pad=0.02, aspect=35, extend="min")
    bar.set_label("$G/G_0$")
    ticks = np.arange(np.ceil(top - DECADES), np.floor(top) + 1)
    bar.set_ticks(ticks, labels=[f"$10^{{{tick:.0f}}}$" for tick in ticks])
    names = [
        Line2D([], [], color=style.BLACK, lw=0.5, label="integers"),
        Line2D([], [], color="white", lw=0.8, ls="--", label="decades"),
        Line2D([], [], color=style.VERMILION, lw=0.7, ls=":", label="end of the table"),
    ]
    look = {"frameon": True, "facecolor": "#B9C9CE", "edgecolor": "none", "fontsize": 6.5}
    # Not on the map, whose lines it would hide.
    figure.legend(handles=names, loc="outside lower center", ncols=3, **look)


def _label_contours(axes, radii, gaps, T, levels):
    """Numbers on the contours in contact, where they are far enough apart; at the left edge of those that end there."""
    ends = int(T[0, 0])
    at = np.interp(levels[ends:], T[0], radii)
    kept = _spaced(range(len(at)), at, 0.035 * np.ptp(radii))
    kept = [k for k in kept if at[k] <= radii[-1] - 0.015 * np.ptp(radii)]  # whole, within the frame
    marks = [(at[k], 0.5 * OVERLAP, levels[ends + k]) for k in kept]
    left = len(radii) // 12
    marks += [(radii[left], np.interp(-level, -T[:, left], gaps), level) for level in levels[:ends]]
    box = {"boxstyle": "round,pad=0.15", "fc": "white", "ec": "none", "alpha": 0.85}
    for x, y, level in marks:
        axes.text(x, y, str(level), bbox=box, fontsize=6, ha="center", va="center", color=style.BLACK)


def _root(atoms, lookup):
    return lookup.atom_radius * np.sqrt(np.maximum(atoms, 0))


def _spaced(values, places, least):
    """The values whose places are at least so far from those kept before."""
    kept, last = [], -np.inf
    for value, place in zip(values, places, strict=True):
        if place - last >= least:
            kept.append(value)
            last = place
    return kept


def _draw_contacts(axes, lookup, radii):
    """T(radius) in contact with its spread; points of the table; the Sharvin-Weyl law with its shift and without."""
    found, result = lookup.table.contacts, lookup(radii, 0.0)
    unit = result.conductance / result.transmission
    low, high = result.low / unit, result.high / unit
    axes.fill_between(radii, low, high, color=style.SKY, alpha=0.35, lw=0, label="shapes")
    axes.plot(radii, result.transmission, color=style.BLUE, lw=1.0, label="lookup", zorder=3)
    error = [found["mean"] - found["minimum"], found["maximum"] - found["mean"]]
    look = {"fmt": "o", "color": style.BLACK, "ms": 2.5, "elinewidth": 0.6, "capsize": 1.5}
    axes.errorbar(found["radius"], found["mean"], error, label="table", zorder=4, **look)
    for shift, dashes, label in (
        (float(lookup.shifts[0]), "--", f"Sharvin-Weyl, $a$ + {lookup.shifts[0]:.2f} nm"),
        (0.0, ":", "Sharvin-Weyl"),
    ):
        valid = radii[lookup.wave_number * (radii + shift) > 2]
        law = sharvin.transmission(valid, lookup.wave_number, shift)
        axes.plot(valid, law, dashes, color=style.VERMILION, lw=0.9, label=label)
    axes.set(xlabel="Radius in contact (nm)", ylabel="$G/G_0$", xlim=radii[[0, -1]], ylim=(0, 1.05 * high.max()))
    axes.grid(axis="y", lw=0.3, color=style.GREY, alpha=0.5)
    axes.legend(loc="upper left", fontsize=6.5)


def _draw_gaps(axes, lookup, gaps):
    """T(gap) of one atom, and the T of the table's tips themselves; the lookup scales them to the contact's."""
    T = lookup(lookup.atom_radius, gaps).transmission
    axes.plot(gaps, T, color=style.BLUE, lw=1.0, label="one atom, lookup")
    found = lookup.table.gaps
    tips = found["separation"] - lookup.contact_separation
    near = tips >= OVERLAP
    axes.plot(tips[near], found["T"][near], "o", color=style.BLACK, ms=2.5, label="tips of the table")
    flagged = [entry for entry in lookup.table.entries if entry.branch == "gap" and entry.flags]
    if flagged:
        at = np.array([entry.separation_nm for entry in flagged]) - lookup.contact_separation
        values = np.array([entry.T for entry in flagged])
        axes.plot(at, values, "o", mfc="white", color=style.GREY, ms=3, label="flagged: not used")
    axes.axvline(lookup.last_gap, color=style.VERMILION, lw=0.7, ls=":")
    axes.annotate(
        f"$e^{{-2\\kappa g}}$, {0.1 * lookup.decay:.2f} / Å",
        (lookup.last_gap, lookup(lookup.atom_radius, lookup.last_gap).transmission),
        (4, 4),  # above the falling line, beside the end of the table
        textcoords="offset points",
        ha="left",
        va="bottom",
        fontsize=6.5,
    )
    axes.set(xlabel="Gap between the surfaces (nm)", ylabel="$G/G_0$", xlim=gaps[[0, -1]])
    style.log_axis(axes.yaxis, T)
    axes.legend(loc="lower left", fontsize=6.5)
