"""The elephant plot: how the filament's outline changes in space and in time, as a surface and as a map.

After Fig. 2 of Buttberg et al. 2025: the surface's cross-section at each time is the filament's outline;
from a thin trunk (the growing filament) it widens to the body (side growth) when the gap has closed.
Gamma: vertical growth stops; Y: the compliance current is reached; Lambda: growth is no longer visible.
Time is linear (theirs is log10(t): time=log). Cycles are shown with their ruptures and the source's voltage.

from ecmsim.plot.elephant import surface
surface(run, colour="current_density").plot()
"""

from contextlib import suppress

import matplotlib
import numpy as np
from matplotlib.colors import LinearSegmentedColormap, LogNorm, Normalize, to_rgb

from ecmsim.errors import PlotError
from ecmsim.plot import dress, interactive, options, scene, style
from ecmsim.plot.elephant_map import draw_map
from ecmsim.plot.shapes import SLICES, default_time, history
from ecmsim.results.cycles import is_bipolar
from ecmsim.shape.filament import Filament

SUFFIXES = (*style.SUFFIXES, interactive.SUFFIX)
# Name of each colour, and the array of the surface that it shows.
COLOURS = {
    "temperature": "temperature_max_K",
    "time": "time_axis",
    "regime": "regime",
    "voltage": "source_voltage_V",
    "current": "log10_current_A",
    "current_density": "log10_current_density_A_m2",
}
DECADES = 8  # that logarithmic colours show at most
LENGTH_PER_HEIGHT = 2.5  # of the time axis
PICTURE_SLICES = 480  # of the surface in a picture, where its time axis is some 1300 dots long
PAGE_SLICES = 360  # in a page, for one that opens fast
MOST_RUPTURES = 6
AZIMUTH, ELEVATION = 50.0, 23.0
WIDTH_MM, HEIGHT_MM = style.PAGE_MM, 122.0


def draw(run, output, colour=None, time=None, from_s=None, to_s=None):
    """Draw the surface (output) and the flat map (NAME_map beside it), or as .html a page to turn the surface in.

    colour: what the surface's colour shows, one of COLOURS: "temperature" (the highest in the cell; the default where
    the cell gets warm), "time", "regime", "voltage" (the default with negative bias), "current" or "current_density"
    (as in `surface`). time: "log" or "linear"; by default linear, unless the run ends
    long after most has happened; log is that of the source article. from_s, to_s: the times (s) to show, by
    default all, in log time from where growth becomes visible. Returns the paths.
    """
    asked = colour
    colour, clock, at, outlines = prepared(run, colour, time, from_s, to_s)
    marks = marks_within(run, clock, at)
    notes = [style.told_moments([name for name, _ in marks]), hidden(clock, at, from_s)]
    if not asked and colour != "temperature":
        notes.append(f"Colour: {default_colour(run)[1]}")
    if output.suffix.lower() == interactive.SUFFIX:
        # As many by time as by stored steps, which are close together where much happens.
        few = thinned(at, PAGE_SLICES)
        draw_surface(run, output, colour, clock, at[few], outlines[few])
        return [output]
    flat = output.with_name(f"{output.stem}_map{output.suffix}")
    few = thinned(at, PICTURE_SLICES)
    draw_surface(run, output, colour, clock, at[few], outlines[few], notes)
    even = evenly(at, SLICES)
    draw_map(run, flat, clock, at[even], outlines[even], marks, notes[:2])
    return [output, flat]


def default_colour(run):
    """What the colour shows by itself, and why: (name of COLOURS, words)."""
    if is_bipolar(run):
        return "voltage", "source voltage, as the bias changes its sign"
    if np.ptp(run.timeseries["temperature_max_K"]) > style.WARM_K:
        return "temperature", "highest temperature in the cell"
    return "time", f"time, as the cell warms by less than {style.WARM_K:g} K"


def hidden(clock, at, from_s):
    """A line about the time before a logarithmic axis begins by itself; None where it does not."""
    if not clock.logarithmic or from_s is not None:
        return None
    start = style.quantity(float(clock.seconds(at[0])), "s")
    return f"Time from {start} on, when growth becomes visible; all of it in linear time (time=linear)"


def surface(run, colour=None, time=None, from_s=None, to_s=None):
    """The surface that the filament's outline sweeps in time, a pyvista.PolyData coloured by a quantity.

    Points: x lateral position (nm, both halves of the outline), z height (nm), y the time axis (nm), stretched to
    LENGTH_PER_HEIGHT times the height so that the whole can be looked at: y = 0 and y = time_axis_length_nm lie at
    time_axis_limits, which are in the unit time_axis_unit (log10(t / s) or a unit of time); these three are in the
    field_data. Options as in `draw`.

    Point arrays, each named with its unit: time_s, time_axis (the place on the time axis), radius_nm (of the
    cross-section at the point's height), source_voltage_V, temperature_max_K (highest in the cell at that time),
    regime (1, 2, 3 for A, B, C, else 0), current_A (magnitude), current_density_A_m2, and log10_current_A and
    log10_current_density_A_m2, not below DECADES decades under their largest value. `colour` chooses the active one.

    current_density_A_m2 is |I| / (pi r^2): what would flow through the filament's cross-section at the point's height
    if that carried the whole current evenly. In the trunk it does; near the top, where electrons enter through the
    whole cap, this is an upper bound. r counts as one atomic radius (filament.rupture_radius) at least, so that the
    tip shows the mean over an atom. ResultsError with fewer than two outlines, PlotError for options that do not fit.
    """
    colour, clock, at, outlines = prepared(run, colour, time, from_s, to_s)
    with suppress(PlotError):  # without a way to render, the surface can still be saved
        scene.prepare_rendering()
    skin = swept(run, clock, at, outlines)
    skin.set_active_scalars(COLOURS[colour])
    return skin


def prepared(run, colour, time, from_s, to_s):
    """The options of a surface checked and filled in: colour, Clock, places on its axis (n,), outlines (n, m, 2)."""
    if colour not in (None, *COLOURS):
        raise PlotError(f"colour = {colour!r}: choose one of {', '.join(COLOURS)}")
    options.check("the surface", ("from_s", "to_s"), {"from_s": from_s, "to_s": to_s})
    logarithmic = (style.checked_time(time) or default_time(run)) == "log"
    clock, at, outlines = history(run, logarithmic, from_s, to_s)
    if colour is None:
        colour = default_colour(run)[0]
    if colour.startswith("current") and not np.abs(run.timeseries["current_A"]).max() > 0:
        raise PlotError(f'colour = "{colour}": no current flows in {run.folder}')
    return colour, clock, at, outlines


def evenly(at, count):
    """Indices of about equally spaced places (n,)."""
    return np.unique(np.searchsorted(at, np.linspace(at[0], at[-1], count)))


def thinned(at, count):
    """Indices of about so many of places (n,): half of them equally spaced, half equally many apart, with all jumps."""
    if len(at) <= count:
        return np.arange(len(at))
    jumps = np.nonzero(np.diff(at) < 1e-5 * np.ptp(at))[0]
    steps = np.linspace(0, len(at) - 1, count // 2).round().astype(int)
    return np.unique(np.concatenate([evenly(at, count // 2), steps, jumps, jumps + 1]))


# --- the surface and its colours ----------------------------------------------------------------------------


def swept(run, clock, at, outlines):
    """The surface through outlines (n, m, 2) at places at (n,) of the time axis, with its arrays (see `surface`)."""
    import pyvista

    low, high = clock.limits(at)
    length = length_of(outlines)
    y = length * (at - low) / (high - low)
    x, z = np.concatenate([outlines[:, :0:-1] * [-1, 1], outlines], axis=1).transpose(2, 0, 1)
    rows, columns = x.shape
    points = np.stack([x, np.broadcast_to(y[:, None], x.shape), z], axis=-1)
    corner = np.arange(rows * columns).reshape(rows, columns)
    quads = np.stack([corner[:-1, :-1], corner[1:, :-1], corner[1:, 1:], corner[:-1, 1:]], axis=-1).reshape(-1, 4)
    quads = quads[(points.reshape(-1, 3)[quads, 0] != 0).any(axis=1)]  # nothing from body to body
    skin = pyvista.PolyData(points.reshape(-1, 3), np.insert(quads, 0, 4, axis=1).ravel())

    radius = np.array([0.5 * Filament(points).local_diameter(points[:, 1]) for points in outlines])
    radius = np.concatenate([radius[:, :0:-1], radius], axis=1).ravel()
    seconds, series = clock.seconds(at), run.timeseries

    def over_time(values):
        return np.repeat(np.interp(seconds, series["time_s"], values), columns)

    current = over_time(np.abs(series["current_A"]))
    atom = run.setting("filament.rupture_radius", "nm", 0.128)
    regime = np.zeros(rows)
    for k, (_, start, end) in enumerate(run.regimes.spans(), 1):
        regime[(seconds >= start) & (seconds <= end)] = k
    arrays = {
        "time_s": np.repeat(seconds, columns),
        "time_axis": np.repeat(at, columns),
        "radius_nm": radius,
        "source_voltage_V": over_time(series["source_voltage_V"]),
        "temperature_max_K": over_time(series["temperature_max_K"]),
        "regime": np.repeat(regime, columns),
        "current_A": current,
        "current_density_A_m2": current / (np.pi * (1e-9 * np.maximum(radius, atom)) ** 2),
    }
    for name in ("current_A", "current_density_A_m2"):
        lowest = max(arrays[name].max() * 10.0**-DECADES, np.finfo(float).tiny)
        arrays[f"log10_{name}"] = np.log10(np.maximum(arrays[name], lowest))
    for name, values in arrays.items():
        skin[name] = values
    skin.field_data["time_axis_limits"] = [low, high]
    skin.field_data["time_axis_length_nm"] = [length]
    skin.field_data["time_axis_unit"] = ["log10(t / s)" if clock.logarithmic else clock.unit]
    return skin


def length_of(outlines):
    """Length (nm) of the time axis that suits outlines (n, m, 2)."""
    half, height = box_of(outlines)
    return LENGTH_PER_HEIGHT * max(height, 1.5 * half)


def box_of(outlines):
    """Half width and height (nm) of a box around outlines (n, m, 2)."""
    return 1.2 * outlines[..., 0].max(), 1.06 * outlines[..., 1].max()


def colours_of(run, colour, clock, skin):
    """Colours (n, 3) of the surface's points, and its colour bar as (map, norm, label), or None for the regimes."""
    if colour == "regime":
        table = [to_rgb(style.HEAT[0])]
        table += [0.75 * np.array(to_rgb(style.REGIME_COLOURS[letter])) + 0.2 for letter, *_ in run.regimes.spans()]
        return np.array(table)[np.asarray(skin["regime"], dtype=int)], None
    values = np.asarray(skin[COLOURS[colour].removeprefix("log10_")])
    if colour == "voltage":
        scale = LinearSegmentedColormap.from_list("bias", style.BIAS)
        largest = max(np.abs(values).max(), 1e-6)
        norm, label = Normalize(-largest, largest), "Source voltage (V)"
    elif colour.startswith("current"):
        scale = LinearSegmentedColormap.from_list("current", style.CURRENT)
        lowest, highest = 10.0 ** skin[COLOURS[colour]].min(), values.max()
        norm = LogNorm(min(lowest, 0.5 * highest), highest, clip=bool(values.min() < 0.999 * lowest))
        values = np.maximum(values, norm.vmin)
        label = "|Current| (A)" if colour == "current" else r"Mean current density $|I|\,/\,\pi r^2$ (A/m²)"
    elif colour == "time":
        scale, label = matplotlib.colormaps[dress.colormap()], clock.label
        norm = Normalize(values.min(), values.max())
    else:
        scale, label = (
            LinearSegmentedColormap.from_list("heat", style.HEAT),
            r"Highest temperature $T_\mathrm{max}$ (K)",
        )
        norm = Normalize(values.min(), max(values.max(), values.min() + 1e-6))
    return scale(norm(values))[:, :3], (scale, norm, label)


# --- the picture --------------------------------------------------------------------------------------------


def draw_surface(run, output, colour, clock, at, outlines, notes=()):
    """The surface with axes and milestones, seen from the side of small times, in parallel projection.

    notes: lines below it, beside one about the moments that are marked.
    """
    (half, height), length = box_of(outlines), length_of(outlines)
    low, high = clock.limits(at)
    skin = swept(run, clock, at, outlines)
    rgb, bar = colours_of(run, colour, clock, skin)

    def place(where):
        return length * (np.asarray(where) - low) / (high - low)

    ticks = {
        "x": scene.nice_ticks(-half, half, 4),
        "y": scene.nice_ticks(low, high, 8),
        "z": scene.nice_ticks(0, height, 7 if height > half else 2),
    }
    marks = [(name, where, outlines[slice_of((name, where), at)]) for name, where in marks_within(run, clock, at)]
    leftwards = (-np.cos(np.radians(AZIMUTH)), -np.sin(np.radians(AZIMUTH)), 0)
    spread = [
        ((-half, 0, 0), (half, 0, 0), (0, -1, 0), [((x + half) / (2 * half), scene.number(x)) for x in ticks["x"]]),
        ((half, 0, 0), (half, length, 0), (1, 0, 0), [(place(y) / length, scene.number(y)) for y in ticks["y"]]),
        ((-half, 0, 0), (-half, 0, height), leftwards, [(z / height, scene.number(z)) for z in ticks["z"]]),
    ]
    names = ("Lateral position (nm)", clock.label, "Height (nm)")
    sides = [(*side, name) for side, name in zip(spread, names, strict=True)]
    with scene.scene(WIDTH_MM, HEIGHT_MM) as plotter:
        add_skin(plotter, skin, len(at), rgb)
        add_grid(plotter, half, length, height, ticks, place)
        for _, where, points in marks:
            add_mark(plotter, place(where), points, half)
        box = ((-half, half), (0, length), (0, height))
        scene.look_from(plotter, AZIMUTH, ELEVATION, box, (0.09, 0.13, 0.12, 0.05))
        if output.suffix.lower() == interactive.SUFFIX:
            tops = [(name, (0, place(where), points[:, 1].max() + 0.06 * height)) for name, where, points in marks]
            named = [(f"regime {letter}", style.REGIME_COLOURS[letter]) for letter, *_ in run.regimes.spans()]
            keys = [] if bar else named
            interactive.write(plotter, output, style.title_of(run), box, sides, tops, bar, keys)
            return
        with scene.overlaid(plotter, output, WIDTH_MM, HEIGHT_MM) as (axes, project):
            for side in sides:
                scene.draw_axis(axes, project, *side)
            label_marks(axes, project, marks, place)
            colour_legend(axes, run, bar)
            axes.figure.text(0.02, 0.015, "\n".join(filter(None, notes)), fontsize=7, va="bottom", linespacing=1.4)


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


def add_skin(plotter, skin, rows, rgb):
    """The surface of so many rows (outlines) in colours (n, 3) of its points, closed at its early end."""
    import pyvista

    columns = skin.n_points // rows
    bare = pyvista.PolyData(skin.points.astype(np.float32), skin.faces)
    bare["colour"] = (255 * np.clip(rgb, 0, 1)).round().astype(np.uint8)
    bare = bare.compute_normals(cell_normals=False, split_vertices=False)
    look = {"smooth_shading": True, "ambient": 0.3, "diffuse": 0.75, "specular": 0.08, "specular_power": 12}
    plotter.add_mesh(bare, scalars="colour", rgb=True, **look)
    cap = pyvista.PolyData(skin.points[:columns], [columns, *range(columns)]).triangulate()
    plotter.add_mesh(cap, color=0.85 * rgb[:columns].mean(axis=0), **look)


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


def label_marks(axes, project, marks, place):
    """The letters of the milestones (name, place, outline) above the surface."""
    mm = scene.dpi() / 25.4
    feet = project([[0, place(where), points[:, 1].max()] for _, where, points in marks]) if marks else []
    names = style.apart([x for x, _ in feet], [name for name, *_ in marks], 14 * mm)
    for name, foot, x in zip(names, feet, style.spread([x for x, _ in feet], 3.5 * mm), strict=True):
        axes.plot([foot[0], x], [foot[1] - 0.6 * mm, foot[1] - 4 * mm], color=style.BLACK, lw=0.7)
        axes.text(x, foot[1] - 4.4 * mm, name, ha="center", va="bottom", **scene.look_of(name, 10))


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
    extend = "min" if isinstance(norm, LogNorm) and norm.clip else "neither"
    axes.figure.colorbar(matplotlib.cm.ScalarMappable(norm, scale), cax=beside, extend=extend).set_label(label)
