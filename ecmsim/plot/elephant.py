"""The elephant plot: how the filament's outline changes in space and in time, as a surface and as a map.

After Fig. 2 of Buttberg et al. 2025: the surface's cross-section at each log10(t) is the filament's outline;
from a thin trunk (the growing filament) it widens to the body (side growth) when the gap has closed.
Gamma: vertical growth stops; Y: the compliance current is reached; Lambda: growth is no longer visible.
Cycles are shown in linear time, with their ruptures and the source's voltage.
"""

from dataclasses import dataclass

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb
from matplotlib.ticker import MaxNLocator

from ecmsim.errors import PlotError, ResultsError
from ecmsim.filament import Filament, arc_length
from ecmsim.plot import scene, style
from ecmsim.plot.gap import plot_voltage
from ecmsim.results.cycles import is_bipolar

COLOURS = ("temperature", "time", "regime", "voltage")
VISIBLE_SHARE = 0.04  # the plot starts when the filament has this share of its final height
ALONG, SLICES = 121, 700
LENGTH_PER_HEIGHT = 2.5  # of the time axis
MOST_RUPTURES = 6
PLATEAU, WIDE = 0.003, 0.05  # no contour at a level to which so wide a share of the map is that near
AZIMUTH = 50.0
WIDTH_MM, HEIGHT_MM = style.PAGE_MM, 122.0


@dataclass(frozen=True)
class Clock:
    """The time axis: the logarithm of the time in seconds, or the time times a factor."""

    logarithmic: bool
    factor: float = 1.0
    unit: str = "s"

    @property
    def label(self):
        """What to write at the axis."""
        return r"$\log_{10}(t\,/\,\mathrm{s})$" if self.logarithmic else f"Time ({self.unit})"

    def place(self, time_s):
        """Where times (s) lie on the axis."""
        return np.log10(time_s) if self.logarithmic else self.factor * np.asarray(time_s)

    def seconds(self, at):
        """The times (s) of places on the axis."""
        return 10.0 ** np.asarray(at) if self.logarithmic else np.asarray(at) / self.factor

    def limits(self, at):
        """Round ends of an axis that holds the places (n,)."""
        step = 0.05 if self.logarithmic else 10.0 ** np.floor(np.log10(np.ptp(at))) / 20
        return np.floor(at[0] / step + 1e-6) * step, np.ceil(at[-1] / step - 1e-6) * step


def draw(run, output, colour=None, time=None, from_s=None, to_s=None):
    """Draw the surface (output) and the flat map (NAME_map beside it). Returns both paths.

    colour: what the surface's colour shows: "temperature" (the default where the cell gets warm), "time", "regime" or
    "voltage" (the default with negative bias). time: "log" or "linear"; by default linear with negative bias, several
    cycles or a filament that is there at the start, unless the run ends long after most has happened. from_s, to_s:
    the times (s) to show, by default all, in log time from where growth becomes visible.
    """
    if colour not in (None, *COLOURS):
        raise PlotError(f"colour = {colour!r}: choose one of {', '.join(COLOURS)}")
    style.checked_numbers(from_s=from_s, to_s=to_s)
    logarithmic = (style.checked_time(time) or default_time(run)) == "log"
    clock, at, outlines = history(run, logarithmic, from_s, to_s)
    if colour is None:
        warm = np.ptp(run.timeseries["temperature_max_K"]) > style.WARM_K
        colour = "voltage" if is_bipolar(run) else "temperature" if warm else "time"
    flat = output.with_name(f"{output.stem}_map{output.suffix}")
    draw_surface(run, output, colour, clock, at, outlines)
    even = np.searchsorted(at, np.linspace(at[0], at[-1], SLICES))
    draw_map(run, flat, clock, at[even], outlines[even])
    return [output, flat]


def default_time(run):
    """The time axis of a run: "log" or "linear"."""
    if style.is_cyclic(run):
        return "linear"
    from_nucleus = run.config.get("initial", {}).get("kind", "nucleus") == "nucleus"
    return "log" if from_nucleus or style.is_late(run.timeseries["time_s"].to_numpy(float)) else "linear"


def history(run, logarithmic=True, from_s=None, to_s=None):
    """Outlines at equal steps of the time axis and at stored ones: Clock, places on it (n,), points (n, ALONG, 2)."""
    stored = [outline for outline in run.outlines if outline.time_s > 0 or not logarithmic]
    if len(stored) < 2:
        raise ResultsError(f"{run.folder} holds {len(stored)} outlines after t = 0: the elephant plot needs two")
    times = np.array([outline.time_s for outline in stored])
    clock = Clock(True) if logarithmic else Clock(False, *style.prefixed(times[-1], "s"))
    known = clock.place(times)
    share = np.linspace(0, 1, ALONG)
    shapes = np.array([along_arc(outline.points, share) for outline in stored])
    if from_s is None:
        from_s = first_visible(shapes[:, 0, 1], times) if logarithmic else times[0]
    start, end = max(from_s, times[0]), min(times[-1] if to_s is None else to_s, times[-1])
    if not times[0] * (1 - 1e-9) <= from_s < end or not start < end:
        raise PlotError(
            f"from_s = {from_s:.4g}, to_s = {end:.4g}: the run's outlines span {times[0]:.4g} s ... {times[-1]:.4g} s"
        )
    start, end = clock.place(start), clock.place(end)
    kept = known[(known > start) & (known <= end)]
    kept = kept[:: len(kept) // SLICES + 1]
    # A rupture takes no time: the outline before it lasts until then.
    broken = np.searchsorted(times, style.event_times(run, "rupture") * (1 - 1e-9))
    broken = broken[(broken > 0) & (broken < len(known))]
    just_before = known[broken] - 1e-6 * (end - start)
    sudden = np.append(known[broken], just_before)
    at = np.union1d(np.linspace(start, end, SLICES), np.append(kept, sudden[(sudden > start) & (sudden < end)]))
    before = np.clip(np.searchsorted(known, at, "right") - 1, 0, len(known) - 2)
    weight = (at - known[before]) / (known[before + 1] - known[before])
    weight[np.isin(before + 1, broken) & (weight < 1)] = 0.0
    weight = weight[:, None, None]
    return clock, at, (1 - weight) * shapes[before] + weight * shapes[before + 1]


def first_visible(height, times):
    """Time (s) at which a filament of heights (n,) nm becomes visible, or one that is there begins to change."""
    if height[0] > VISIBLE_SHARE * height.max():
        return min(style.first_change(times, height), times[-2])
    return times[min(np.argmax(height >= VISIBLE_SHARE * height.max()), len(times) - 2)]


def along_arc(points, share):
    """Points of an outline at shares of its arc length, (n, 2)."""
    length = arc_length(points)
    return np.stack([np.interp(share * length[-1], length, component) for component in points.T], axis=1)


def marks_within(run, clock, at):
    """What happened, as (name, place on the time axis), in order of time, as far as the picture shows it.

    Gamma, Y and Lambda of a single SET, and ruptures unless they are too many.
    """
    marks = [] if style.is_cyclic(run) else style.milestones(run)
    ruptures = style.event_times(run, "rupture", *clock.seconds(at[[0, -1]]))
    if len(ruptures) <= MOST_RUPTURES:
        marks = [*marks, *(("rupture", time) for time in ruptures)]
    low, high = clock.seconds(at[[0, -1]])
    marks = [(name, float(clock.place(time))) for name, time in marks if low <= time <= high and time > 0]
    return sorted(marks, key=lambda mark: mark[1])


def slice_of(mark, at):
    """Index of the slice that shows a mark: the nearest one, of a rupture the last one before it."""
    name, where = mark
    return max(int(np.searchsorted(at, where)) - 1, 0) if name == "rupture" else int(np.argmin(np.abs(at - where)))


def colours_of(run, colour, clock, at):
    """Colours (n, 3) of the slices, and for a colour bar (map, norm, label), or None for the regimes."""
    series, seconds = run.timeseries, clock.seconds(at)
    if colour == "regime":
        rgb = np.tile(to_rgb(style.HEAT[0]), (len(at), 1))
        for letter, start, end in run.regimes.spans():
            inside = (seconds >= start) & (seconds <= end)
            rgb[inside] = 0.75 * np.array(to_rgb(style.REGIME_COLOURS[letter])) + 0.2
        return rgb, None
    if colour == "voltage":
        scale = LinearSegmentedColormap.from_list("bias", style.BIAS)
        values = np.interp(seconds, series["time_s"], series["source_voltage_V"])
        largest = max(np.abs(values).max(), 1e-6)
        norm = Normalize(-largest, largest)
        return scale(norm(values))[:, :3], (scale, norm, "Source voltage (V)")
    if colour == "time":
        scale, values, label = matplotlib.colormaps["viridis"], at, clock.label
    else:
        scale = LinearSegmentedColormap.from_list("heat", style.HEAT)
        values = np.interp(seconds, series["time_s"], series["temperature_max_K"])
        label = r"Highest temperature $T_\mathrm{max}$ (K)"
    norm = Normalize(values.min(), max(values.max(), values.min() + 1e-6))
    return scale(norm(values))[:, :3], (scale, norm, label)


def draw_surface(run, output, colour, clock, at, outlines):
    """The surface with axes and milestones, seen from the side of small times, in parallel projection."""
    half, height = 1.2 * outlines[..., 0].max(), 1.06 * outlines[..., 1].max()
    length = LENGTH_PER_HEIGHT * max(height, 1.5 * half)
    low, high = clock.limits(at)

    def place(where):
        return length * (np.asarray(where) - low) / (high - low)

    ticks = {
        "x": scene.nice_ticks(-half, half, 4),
        "y": scene.nice_ticks(low, high, 8),
        "z": scene.nice_ticks(0, height, 7 if height > half else 2),
    }
    marks = marks_within(run, clock, at)
    rgb, bar = colours_of(run, colour, clock, at)
    leftwards = (-np.cos(np.radians(AZIMUTH)), -np.sin(np.radians(AZIMUTH)), 0)
    with scene.scene(WIDTH_MM, HEIGHT_MM) as plotter:
        add_skin(plotter, place(at), np.concatenate([outlines[:, :0:-1] * [-1, 1], outlines], axis=1), rgb)
        add_grid(plotter, half, length, height, ticks, place)
        for mark in marks:
            add_mark(plotter, place(mark[1]), outlines[slice_of(mark, at)], half)
        scene.look_from(plotter, AZIMUTH, 23, ((-half, half), (0, length), (0, height)), (0.09, 0.13, 0.12, 0.05))
        with scene.overlaid(plotter, output, WIDTH_MM, HEIGHT_MM) as (axes, project):
            scene.draw_axis(
                axes,
                project,
                (-half, 0, 0),
                (half, 0, 0),
                (0, -1, 0),
                [((x + half) / (2 * half), scene.number(x)) for x in ticks["x"]],
                "Lateral position (nm)",
            )
            scene.draw_axis(
                axes,
                project,
                (half, 0, 0),
                (half, length, 0),
                (1, 0, 0),
                [(place(y) / length, scene.number(y)) for y in ticks["y"]],
                clock.label,
            )
            scene.draw_axis(
                axes,
                project,
                (-half, 0, 0),
                (-half, 0, height),
                leftwards,
                [(z / height, scene.number(z)) for z in ticks["z"]],
                "Height (nm)",
            )
            label_marks(axes, project, marks, place, at, outlines)
            colour_legend(axes, run, bar)


def add_skin(plotter, y, shapes, rgb):
    """The surface through the whole outlines shapes (n, m, 2) at places y (n,), closed at its early end."""
    import pyvista

    rows, columns = shapes.shape[:2]
    points = np.stack([shapes[..., 0], np.broadcast_to(y[:, None], (rows, columns)), shapes[..., 1]], axis=-1)
    corner = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]], axis=-1).reshape(-1, 4)
    skin = pyvista.PolyData(points.reshape(-1, 3), np.insert(quads, 0, 4, axis=1).ravel())
    skin["colour"] = np.repeat(rgb, columns, axis=0)
    skin = skin.compute_normals(cell_normals=False, split_vertices=False)
    look = {"smooth_shading": True, "ambient": 0.3, "diffuse": 0.75, "specular": 0.08, "specular_power": 12}
    plotter.add_mesh(skin, scalars="colour", rgb=True, **look)
    cap = pyvista.PolyData(points[0], [columns, *range(columns)]).triangulate()
    plotter.add_mesh(cap, color=0.85 * rgb[0], **look)


def add_grid(plotter, half, length, height, ticks, place):
    """Thin lines at the ticks on the floor and on the two walls behind the surface."""
    import pyvista

    lines = []
    for x in ticks["x"]:
        lines += [[(x, 0, 0), (x, length, 0)], [(x, length, 0), (x, length, height)]]
    for y in place(ticks["y"]):
        lines += [[(-half, y, 0), (half, y, 0)], [(-half, y, 0), (-half, y, height)]]
    for z in ticks["z"]:
        lines += [[(-half, 0, z), (-half, length, z)], [(-half, length, z), (half, length, z)]]
    frame = [
        [(-half, 0, height), (-half, length, height)],
        [(-half, length, height), (half, length, height)],
        [(-half, length, 0), (-half, length, height)],
        [(half, length, 0), (half, length, height)],
        [(-half, length, 0), (half, length, 0)],
        [(-half, 0, 0), (-half, length, 0)],
    ]
    for segments, colour, width in ((lines, "#D9DCE0", 1.5), (frame, "#8A9099", 2.0)):
        plotter.add_mesh(
            pyvista.line_segments_from_points(np.array(segments, float).reshape(-1, 3)),
            color=colour,
            line_width=width,
            lighting=False,
        )


def add_mark(plotter, y, points, half):
    """A dark line around the surface at one time, continued on the floor to the time axis."""
    import pyvista

    x, z = np.concatenate([points[:0:-1] * [-1, 1], points]).T
    ring = np.stack([x, np.full_like(x, y), z], axis=1)
    path = np.vstack([ring, [[half, y, 0]]])
    plotter.add_mesh(pyvista.lines_from_points(path).tube(radius=0.045), color="#202020", lighting=False)


def label_marks(axes, project, marks, place, at, outlines):
    """The letters of the milestones above the surface."""
    mm = style.DPI / 25.4
    tops = [[0, place(mark[1]), outlines[slice_of(mark, at), :, 1].max()] for mark in marks]
    feet = project(tops) if tops else []
    for (name, _), foot, x in zip(marks, feet, style.spread([x for x, _ in feet], 3.5 * mm), strict=True):
        axes.plot([foot[0], x], [foot[1] - 0.6 * mm, foot[1] - 4 * mm], color=style.BLACK, lw=0.7)
        axes.text(x, foot[1] - 4.4 * mm, name, ha="center", va="bottom", **look_of(name, 10))


def colour_legend(axes, run, bar):
    """The colour bar, or the names of the regimes, at the right edge."""
    if bar is None:
        for k, (letter, *_) in enumerate(run.regimes.spans()):
            axes.text(
                0.93,
                0.62 - 0.05 * k,
                f"regime {letter}",
                transform=axes.transAxes,
                fontweight="bold",
                color=style.REGIME_COLOURS[letter],
                ha="center",
            )
        return
    scale, norm, label = bar
    beside = axes.figure.add_axes((0.9, 0.25, 0.014, 0.5))
    axes.figure.colorbar(matplotlib.cm.ScalarMappable(norm, scale), cax=beside).set_label(label)


def draw_map(run, output, clock, at, outlines):
    """Radius as colour over height and time, with contours and the milestones; with cycles the source's voltage."""
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    tip = outlines[..., 1].max(axis=1)
    highest = tip.max()
    heights = np.linspace(0, 1.07 * (max(highest, layer) if highest > 0.8 * layer else highest), 500)
    radius = np.array([0.5 * Filament(points).local_diameter(heights) for points in outlines]).T
    radius = np.where(radius > 0, radius, np.nan)
    cyclic = style.is_cyclic(run)
    with style.picture(output, style.PAGE_MM, 106 if cyclic else 84) as figure:
        axes, *below = figure.subplots(2, 1, sharex=True, height_ratios=[3.4, 1]) if cyclic else (figure.subplots(),)
        image = axes.pcolormesh(at, heights, radius, cmap="viridis", shading="nearest", rasterized=True, vmin=0)
        levels = [level for level in scene.nice_ticks(0.0, np.nanmax(radius), 8)[1:] if not is_plateau(radius, level)]
        if levels:
            lines = axes.contour(at, heights, radius, levels=levels, colors="white", linewidths=0.5)
        axes.plot(at, tip, color=style.BLACK, lw=1.0)
        axes.set(ylabel="Height (nm)", xlim=at[[0, -1]], ylim=heights[[0, -1]])
        (below or [axes])[-1].set_xlabel(clock.label)
        if not clock.logarithmic:
            axes.xaxis.set_major_locator(MaxNLocator(12, steps=[1, 2, 5, 10]))
        label_map(axes, marks_within(run, clock, at), at)
        if layer < heights[-1]:
            axes.axhline(layer, color=style.BLACK, lw=0.6, ls=":")
            name_surface(axes, layer, at, tip, cyclic)
        for panel in below:
            series = run.timeseries[run.timeseries["time_s"] > 0]
            plot_voltage(panel, clock.place(series["time_s"].to_numpy()), series["source_voltage_V"].to_numpy())
            figure.align_ylabels([axes, panel])
        bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30)
        bar.set_label("Radius (nm)")
        if levels:
            bar.add_lines(lines)


def name_surface(axes, layer, at, tip, cyclic):
    """Name the line at the layer's top, between the filaments of cycles if there is room."""
    look = {"xytext": (0, 2), "textcoords": "offset points", "va": "bottom", "fontsize": 7}
    edges = np.nonzero(np.diff(np.concatenate([[0], tip < 0.9 * layer, [0]])))[0].reshape(-1, 2)
    if not cyclic or not len(edges):
        axes.annotate("original electrode surface", (0.008, layer), xycoords=("axes fraction", "data"), **look)
        return
    start, end = max(edges, key=np.ptp)
    if at[end - 1] - at[start] > 0.14 * (at[-1] - at[0]):
        axes.annotate("original surface", (0.5 * (at[start] + at[end - 1]), layer), ha="center", **look)


def is_plateau(radius, level):
    """Whether so much of the map is near a level that its contour would only show noise."""
    return np.mean(np.abs(radius[np.isfinite(radius)] - level) < PLATEAU * level) > WIDE


def label_map(axes, marks, at):
    """Dashed lines at the marks, with their names above the frame."""
    places = style.spread([where for _, where in marks], 0.018 * np.ptp(at))
    for (name, where), x in zip(marks, places, strict=True):
        axes.axvline(where, color=style.BLACK, lw=0.7, ls="--")
        axes.annotate(
            name,
            (x, 1),
            xycoords=("data", "axes fraction"),
            xytext=(0, 2),
            ha="center",
            textcoords="offset points",
            va="bottom",
            **look_of(name, 9),
        )


def look_of(name, size):
    """The look of a mark's name: letters are bold and of a size, words smaller."""
    return {"fontsize": size, "fontweight": "bold"} if len(name) == 1 else {"fontsize": 0.8 * size}
