"""The elephant plot: how the filament's outline changes in space and in log time, as a surface and as a map.

After Fig. 2 of Buttberg et al. 2025: the surface's cross-section at each log10(t) is the filament's outline;
from a thin trunk (the growing filament) it widens to the body (side growth) when the gap has closed.
Gamma: vertical growth stops; Y: the compliance current is reached; Lambda: growth is no longer visible.
"""

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, Normalize, to_rgb

from ecmsim.errors import PlotError, ResultsError
from ecmsim.filament import Filament, arc_length
from ecmsim.plot import scene, style

COLOURS = ("temperature", "time", "regime")
VISIBLE_SHARE = 0.04  # the plot starts when the filament has this share of its final height
ALONG, SLICES = 121, 700
LENGTH_PER_HEIGHT = 2.5  # of the time axis
LOG_TIME = r"$\log_{10}(t\,/\,\mathrm{s})$"
AZIMUTH = 50.0
WIDTH_MM, HEIGHT_MM = style.PAGE_MM, 122.0


def draw(run, output, colour=None, start=None):
    """Draw the surface (output) and the flat map (NAME_map beside it). Returns both paths.

    colour: what the surface's colour shows: "temperature" (the default where the cell gets warm), "time" or
    "regime". start: log10(t / s) at which the picture begins, by default where growth becomes visible.
    """
    if colour not in (None, *COLOURS):
        raise PlotError(f"colour = {colour!r}: choose one of {', '.join(COLOURS)}")
    log_time, outlines = history(run, start)
    if colour is None:
        colour = "temperature" if np.ptp(run.timeseries["temperature_max_K"]) > style.WARM_K else "time"
    flat = output.with_name(f"{output.stem}_map{output.suffix}")
    draw_surface(run, output, colour, log_time, outlines)
    even = np.searchsorted(log_time, np.linspace(log_time[0], log_time[-1], SLICES))
    draw_map(run, flat, log_time[even], outlines[even])
    return [output, flat]


def history(run, start=None):
    """Outlines at equal steps of log time and at stored ones: log10(t / s) (n,), points (n, ALONG, 2)."""
    stored = [outline for outline in run.outlines if outline.time_s > 0]
    if len(stored) < 2:
        raise ResultsError(f"{run.folder} holds {len(stored)} outlines after t = 0: the elephant plot needs two")
    known = np.log10([outline.time_s for outline in stored])
    share = np.linspace(0, 1, ALONG)
    shapes = np.array([along_arc(outline.points, share) for outline in stored])
    if start is None:
        height = shapes[:, 0, 1]
        start = known[min(np.argmax(height >= VISIBLE_SHARE * height.max()), len(known) - 2)]
    if not known[0] - 1e-9 <= start < known[-1]:
        raise PlotError(
            f"start = {start:.4g}: the run's outlines span log10(t / s) = {known[0]:.4g} ... {known[-1]:.4g}"
        )
    kept = known[known > start][:: len(known) // SLICES + 1]
    log_time = np.union1d(np.linspace(start, known[-1], SLICES), kept)
    before = np.clip(np.searchsorted(known, log_time, "right") - 1, 0, len(known) - 2)
    weight = ((log_time - known[before]) / (known[before + 1] - known[before]))[:, None, None]
    return log_time, (1 - weight) * shapes[before] + weight * shapes[before + 1]


def along_arc(points, share):
    """Points of an outline at shares of its arc length, (n, 2)."""
    length = arc_length(points)
    return np.stack([np.interp(share * length[-1], length, component) for component in points.T], axis=1)


def marks_within(run, log_time):
    """Gamma, Y and Lambda as (symbol, log10(t / s)), in order of time, those that the picture shows."""
    marks = [(symbol, float(np.log10(at))) for symbol, at in style.milestones(run) if at > 0]
    return sorted((mark for mark in marks if log_time[0] <= mark[1] <= log_time[-1]), key=lambda mark: mark[1])


def colours_of(run, colour, log_time):
    """Colours (n, 3) of the slices, and for a colour bar (map, norm, label), or None for the regimes."""
    series = run.timeseries
    if colour == "regime":
        rgb = np.tile(to_rgb(style.HEAT[0]), (len(log_time), 1))
        for letter, start, end in run.regimes.spans():
            inside = (10**log_time >= start) & (10**log_time <= end)
            rgb[inside] = 0.75 * np.array(to_rgb(style.REGIME_COLOURS[letter])) + 0.2
        return rgb, None
    if colour == "time":
        scale, values, label = matplotlib.colormaps["viridis"], log_time, LOG_TIME
    else:
        scale = LinearSegmentedColormap.from_list("heat", style.HEAT)
        values = np.interp(10**log_time, series["time_s"], series["temperature_max_K"])
        label = r"Highest temperature $T_\mathrm{max}$ (K)"
    norm = Normalize(values.min(), max(values.max(), values.min() + 1e-6))
    return scale(norm(values))[:, :3], (scale, norm, label)


def draw_surface(run, output, colour, log_time, outlines):
    """The surface with axes and milestones, seen from the side of small times, in parallel projection."""
    half, height = 1.2 * outlines[..., 0].max(), 1.06 * outlines[..., 1].max()
    length = LENGTH_PER_HEIGHT * max(height, 1.5 * half)
    low, high = np.floor(log_time[0] * 20 + 1e-6) / 20, np.ceil(log_time[-1] * 20 - 1e-6) / 20

    def place(log_t):
        return length * (np.asarray(log_t) - low) / (high - low)

    ticks = {
        "x": scene.nice_ticks(-half, half, 4),
        "y": scene.nice_ticks(low, high, 8),
        "z": scene.nice_ticks(0, height, 7 if height > half else 2),
    }
    marks = marks_within(run, log_time)
    rgb, bar = colours_of(run, colour, log_time)
    leftwards = (-np.cos(np.radians(AZIMUTH)), -np.sin(np.radians(AZIMUTH)), 0)
    with scene.scene(WIDTH_MM, HEIGHT_MM) as plotter:
        add_skin(plotter, place(log_time), np.concatenate([outlines[:, :0:-1] * [-1, 1], outlines], axis=1), rgb)
        add_grid(plotter, half, length, height, ticks, place)
        for _, log_t in marks:
            add_mark(plotter, place(log_t), outlines[np.argmin(np.abs(log_time - log_t))], half)
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
                LOG_TIME,
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
            label_marks(axes, project, marks, place, log_time, outlines)
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


def label_marks(axes, project, marks, place, log_time, outlines):
    """The letters of the milestones above the surface."""
    mm = style.DPI / 25.4
    tops = [[0, place(log_t), outlines[np.argmin(np.abs(log_time - log_t)), :, 1].max()] for _, log_t in marks]
    feet = project(tops) if tops else []
    for (symbol, _), foot, x in zip(marks, feet, style.spread([x for x, _ in feet], 3.5 * mm), strict=True):
        axes.plot([foot[0], x], [foot[1] - 0.6 * mm, foot[1] - 4 * mm], color=style.BLACK, lw=0.7)
        axes.text(x, foot[1] - 4.4 * mm, symbol, ha="center", va="bottom", fontsize=10, fontweight="bold")


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


def draw_map(run, output, log_time, outlines):
    """Radius as colour over height and log time, with contours and the milestones."""
    layer = run.setting("cell.layer_thickness", "nm", 10.0)
    heights = np.linspace(0, 1.07 * outlines[..., 1].max(), 500)
    radius = np.array([0.5 * Filament(points).local_diameter(heights) for points in outlines]).T
    radius = np.where(radius > 0, radius, np.nan)
    with style.picture(output, style.PAGE_MM, 84) as figure:
        axes = figure.subplots()
        image = axes.pcolormesh(log_time, heights, radius, cmap="viridis", shading="nearest", rasterized=True, vmin=0)
        levels = scene.nice_ticks(0.0, np.nanmax(radius), 8)[1:]
        if levels:
            lines = axes.contour(log_time, heights, radius, levels=levels, colors="white", linewidths=0.5)
        axes.plot(log_time, outlines[..., 1].max(axis=1), color=style.BLACK, lw=1.0)
        axes.set(xlabel=LOG_TIME, ylabel="Height (nm)", xlim=log_time[[0, -1]], ylim=heights[[0, -1]])
        marks = marks_within(run, log_time)
        places = style.spread([at for _, at in marks], 0.018 * np.ptp(log_time))
        for (symbol, at), x in zip(marks, places, strict=True):
            axes.axvline(at, color=style.BLACK, lw=0.7, ls="--")
            axes.annotate(
                symbol,
                (x, 1),
                xycoords=("data", "axes fraction"),
                xytext=(0, 2),
                ha="center",
                textcoords="offset points",
                va="bottom",
                fontsize=9,
                fontweight="bold",
            )
        if layer < heights[-1]:
            axes.axhline(layer, color=style.BLACK, lw=0.6, ls=":")
            axes.annotate(
                "original electrode surface",
                (0.008, layer),
                xycoords=("axes fraction", "data"),
                xytext=(0, 2),
                textcoords="offset points",
                va="bottom",
                fontsize=7,
            )
        bar = figure.colorbar(image, ax=axes, pad=0.015, aspect=30)
        bar.set_label("Radius (nm)")
        if levels:
            bar.add_lines(lines)
