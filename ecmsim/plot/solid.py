"""The filament as the body that it is: revolved about its axis and cut open, with the gap enlarged beside it.

The triangles of a snapshot are swept about the axis; the filament's colour is a field, the electrodes are matt, and the
void above the tip is what the active electrode has lost. Several snapshots stand side by side, in one scale.
"""

from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LinearSegmentedColormap, ListedColormap, LogNorm, Normalize
from matplotlib.patches import Circle
from matplotlib.patheffects import withStroke
from matplotlib.ticker import MaxNLocator
from matplotlib.tri import Triangulation

from ecmsim.errors import PlotError
from ecmsim.plot import field, interactive, scene, style
from ecmsim.plot.field import FILAMENT
from ecmsim.plot.iv import power
from ecmsim.plot.revolve import ACTIVE, COUNTER, QUANTITIES, TURN_DEG, Solid, revolved

SUFFIXES = (*style.SUFFIXES, interactive.SUFFIX)
COLOURS = {"temperature": style.HOT, "current_density": style.CURRENT, "potential": style.POTENTIAL}
CUT_DEG = 110.0
ELEVATION = 17.0  # of the viewer above the floor, deg
WIDTH_MM, HEIGHT_MM, SERIES_HEIGHT_MM = style.PAGE_MM, 108.0, 92.0
FEW_DECADES = 100.0  # a smaller ratio of a logarithmic scale's ends wants ticks between the decades
LENS = (0.66, 0.475, 0.262, 0.262 * WIDTH_MM / HEIGHT_MM)  # left, bottom, width, height of the enlargement
MOST = 6  # snapshots side by side


def draw(run, output, snapshot=None, quantity="temperature", cut=CUT_DEG):
    """Draw the solid of one snapshot, or of several side by side; as .html a page to turn it in. Returns [output].

    snapshot: a number, a label, or several of them in a sequence or separated by commas; by default the hottest one (of
    equal ones that with the largest current). quantity: "temperature", "current_density" or "potential", as it is in
    the filament. cut: angle of the part taken out towards the viewer, deg.
    """
    if quantity not in QUANTITIES:
        raise PlotError(f"quantity = {quantity!r}: choose one of {', '.join(QUANTITIES)}")
    if not 0 <= cut <= 270:
        raise PlotError(f"cut = {cut:g}: choose an angle from 0 to 270 degrees")
    solids = [Solid.of(run, item, quantity) for item in choose(run, snapshot)]
    scale = LinearSegmentedColormap.from_list(quantity, COLOURS[quantity])
    seen = np.concatenate([solid.values[np.unique(solid.section.triangles[solid.filament])] for solid in solids])
    norm = field.scale_of(seen, QUANTITIES[quantity])
    if len(solids) > 1:
        draw_series(run, output, solids, scale, norm, cut)
    else:
        draw_one(run, output, solids[0], scale, norm, cut)
    return [output]


def unfit(run):
    """Why a run gives no such picture, or None."""
    return None if run.snapshots else "the run has no snapshots"


def choose(run, snapshot=None):
    """The snapshots that the option means, a list in order of time."""
    if snapshot is None:
        field.choose(run)  # says what is missing if there are none
        series = run.timeseries

        def heat(item):
            hottest = np.interp(item.time_s, series["time_s"], series["temperature_max_K"])
            return round(float(hottest), 1), abs(item.current_A)

        return [max(run.snapshots, key=heat)]
    if isinstance(snapshot, str) and snapshot not in [item.label for item in run.snapshots]:
        snapshot = [name.strip() for name in snapshot.split(",")]
    names = snapshot if isinstance(snapshot, list | tuple) else [snapshot]
    if not 0 < len(names) <= MOST:
        raise PlotError(
            f"snapshot: {len(names)} given; choose one to {MOST} of {', '.join(map(label_of, run.snapshots))}"
        )
    return sorted((field.choose(run, name) for name in names), key=lambda item: item.time_s)


def label_of(snapshot):
    """The label of a snapshot."""
    return snapshot.label


# --- the scene ----------------------------------------------------------------------------------------------


def window_of(solids):
    """Half width and lowest and highest z (nm) that show the filaments and what is near them of the electrodes."""
    roof = max(solid.roof for solid in solids)
    half = max(1.45 * max(solid.radius for solid in solids), 0.42 * roof)
    return half, -0.16 * roof, 1.2 * roof


def add_cell(plotter, solid, scale, norm, cut, window, shift=(0.0, 0.0)):
    """Filament and electrodes of a solid, moved to a place (x, y) in nm, with their edges on the faces of the cut."""
    import pyvista

    place = (*shift, 0.0)
    smooth = {"smooth_shading": True, "split_sharp_edges": True, "feature_angle": 35}
    body = solid.body(cut)
    body["colour"] = (255 * scale(norm(body["field"]))[:, :3]).round().astype(np.uint8)
    body.translate(place, inplace=True)
    metal = {"ambient": 0.6, "diffuse": 0.48, "specular": 0.1, "specular_power": 18}
    plotter.add_mesh(body, scalars="colour", rgb=True, **metal, **smooth)
    for material in (COUNTER, ACTIVE):
        electrode = revolved(solid.section, material, None, cut, window)
        if electrode is not None:
            electrode.clear_data()
            electrode.translate(place, inplace=True)
            matt = {"ambient": 0.45, "diffuse": 0.6, "specular": 0.0}
            plotter.add_mesh(electrode, color=style.MATERIAL_COLOURS[material], **matt, **smooth)
    ends = field.upright(solid.section.interfaces()).reshape(-1, 3)
    lines = field.clipped(pyvista.line_segments_from_points(ends), window)
    for angle in (-90 - TURN_DEG - 0.5 * cut, -90 - TURN_DEG + 0.5 * cut) if cut and lines is not None else ():
        edge = lines.rotate_z(angle).translate(place).tube(radius=0.0035 * window[0])
        plotter.add_mesh(edge, color="#2A2420", lighting=False)


def height_axis(window, place):
    """The axis of heights, as scene.draw_axis takes it, left of a cell at a place (3,)."""
    half, low, high = window
    low, high = np.ceil(low), np.floor(high)
    foot = np.add(place, [-1.06 * half, 0, 0])
    ticks = [((z - low) / (high - low), scene.number(z)) for z in scene.nice_ticks(low, high, 7)]
    return foot + [0, 0, low], foot + [0, 0, high], (-1, 0, 0), ticks, "Height (nm)"


def draw_one(run, output, solid, scale, norm, cut):
    """One solid, with the gap enlarged beside it."""
    window = half, low, high = window_of([solid])
    box = ((-half, half), (-half, half), (low, high))
    with scene.scene(WIDTH_MM, HEIGHT_MM) as plotter:
        add_cell(plotter, solid, scale, norm, cut, window)
        scene.look_from(plotter, 0, ELEVATION, box, (0.09, 0.36, 0.09, 0.03))
        if is_page(output):
            write_page(plotter, output, run, [solid], box, scale, norm, window)
            return
        with scene.overlaid(plotter, output, WIDTH_MM, HEIGHT_MM) as (axes, project):
            scene.draw_axis(axes, project, *height_axis(window, (0, 0, 0)))
            draw_scale_bar(axes, project, window, (0, 0, 0))
            name_materials(axes, project, run, window, cut)
            figure = axes.figure
            lens = figure.add_axes(LENS)
            frame = draw_lens(lens, solid, scale, norm)
            if frame[1] - frame[0] < half:  # else nothing is enlarged
                link(axes, lens, project, solid, frame)
            figure.text(LENS[0], 0.315, describe(solid), fontsize=8, va="center", linespacing=1.6)
            draw_bar(figure, (LENS[0], 0.125, LENS[2], 0.022), scale, *legend(solid, norm))


def draw_series(run, output, solids, scale, norm, cut):
    """Several solids side by side, from left to right in order of time."""
    window = half, low, high = window_of(solids)
    places = [np.array([2.15 * half * k, 0, 0]) for k in range(len(solids))]
    box = ((-half, places[-1][0] + half), (-half, half), (low, high))
    with scene.scene(WIDTH_MM, SERIES_HEIGHT_MM) as plotter:
        for solid, place in zip(solids, places, strict=True):
            add_cell(plotter, solid, scale, norm, cut, window, place[:2])
        scene.look_from(plotter, 0, ELEVATION, box, (0.075, 0.02, 0.26, 0.02))
        if is_page(output):
            write_page(plotter, output, run, solids, box, scale, norm, window, places)
            return
        with scene.overlaid(plotter, output, WIDTH_MM, SERIES_HEIGHT_MM) as (axes, project):
            scene.draw_axis(axes, project, *height_axis(window, places[0]))
            mm = scene.dpi() / 25.4
            for solid, place in zip(solids, places, strict=True):
                lowest = project(place + [0, -half, low])
                text = f"{style.quantity(abs(solid.snapshot.current_A), 'A')}\ngap {solid.gap_nm:.2f} nm"
                axes.text(
                    project(place)[0], lowest[1] + 3 * mm, text, ha="center", va="top", fontsize=8, linespacing=1.5
                )
            draw_bar(axes.figure, (0.3, 0.1, 0.4, 0.022), scale, *legend(solids[0], norm))


def is_page(output):
    """Whether the output is to be a page."""
    return output.suffix.lower() == interactive.SUFFIX


def write_page(plotter, output, run, solids, box, scale, norm, window, places=((0, 0, 0),)):
    """The scene as a page."""
    marks = [
        (
            f"{style.quantity(abs(solid.snapshot.current_A), 'A')}, gap {solid.gap_nm:.2f} nm",
            np.add(place, [0, -window[0], 1.6 * window[1]]),
        )
        for solid, place in zip(solids, places, strict=True)
    ]
    bar = (scale, *legend(solids[0], norm))
    interactive.write(plotter, output, style.title_of(run), box, [height_axis(window, places[0])], marks, bar)


# --- what is written over it --------------------------------------------------------------------------------


def legend(solid, norm):
    """The scale and the label of the colour bar; small potentials in a unit that suits them."""
    if solid.quantity is not QUANTITIES["potential"]:
        return norm, solid.quantity.label
    factor, unit = style.prefixed(max(abs(norm.vmin), abs(norm.vmax)), "V")
    return Normalize(factor * norm.vmin, factor * norm.vmax), f"Potential of the electrons ({unit})"


def draw_bar(figure, place, scale, norm, label):
    """A horizontal colour bar at a place (left, bottom, width, height) of the figure."""
    image = matplotlib.cm.ScalarMappable(norm, scale)
    bar = figure.colorbar(image, cax=figure.add_axes(place), orientation="horizontal")
    bar.set_label(label)
    field.keep_ticks_apart(bar)
    if isinstance(norm, LogNorm) and norm.vmax < FEW_DECADES * norm.vmin:
        decades = 10.0 ** np.arange(np.floor(np.log10(norm.vmin)), np.ceil(np.log10(norm.vmax)))
        ticks = [value for value in np.outer(decades, [1, 2, 5]).ravel() if norm.vmin <= value <= norm.vmax]
        bar.set_ticks(ticks, labels=[power(value) for value in ticks])


def name_materials(axes, project, run, window, cut):
    """The materials of the electrodes, on their faces of the cut."""
    half, low, high = window
    layer = run.setting("cell.layer_thickness", "nm", high)
    angle = np.radians(-90 - TURN_DEG - 0.5 * cut)
    for role, z in (("active_electrode", 0.5 * (layer + high)), ("counter_electrode", 0.5 * low)):
        name = run.config.get("cell", {}).get(role)
        if name and cut:
            at = project([0.6 * half * np.cos(angle), 0.6 * half * np.sin(angle), z])
            axes.text(*at, Path(name).stem, ha="center", va="center", fontsize=9, fontweight="bold", color="#3A2E26")


def describe(solid):
    """What was when, in lines."""
    seen = solid.snapshot
    values = solid.values[np.unique(solid.section.triangles[solid.filament])]
    lines = [
        f"t = {style.quantity(seen.time_s, 's', 7)}",
        f"V = {seen.source_voltage_V:.3f} V".replace("-", "−"),
        f"|I| = {style.quantity(abs(seen.current_A), 'A')}",
    ]
    if solid.quantity.name == "temperature_K":
        ends = [f"{values.min():.0f}", f"{values.max():.0f}"]
        lines.append(f"T = {' … '.join(dict.fromkeys(ends))} K in the filament")
    return "\n".join(lines)


def draw_scale_bar(axes, project, window, place):
    """A length below the cell, which holds for all that is parallel to the picture."""
    half, low, _ = window
    length = scene.nice_ticks(0, half, 3)[1]
    foot = np.add(place, [0, -half, low])
    ends = project([foot - [0.5 * length, 0, 0], foot + [0.5 * length, 0, 0]])
    ends[:, 1] += 3.2 * scene.dpi() / 25.4
    axes.plot(*ends.T, color=style.BLACK, lw=1.4, solid_capstyle="butt")
    axes.annotate(
        f"{scene.number(length)} nm",
        ends.mean(axis=0),
        xytext=(0, -3),
        textcoords="offset points",
        ha="center",
        va="top",
        fontsize=7.5,
    )


def draw_lens(axes, solid, scale, norm):
    """The section around the smallest gap, enlarged, with the gap's width and an atom to compare. Returns its frame.

    Frame: (r0, r1, z0, z1) in nm.
    """
    section, gap = solid.section, solid.gap_nm
    (r, foot), (_, top) = solid.gap_at
    half = min(max(3.2 * gap, 0.55), 0.75 * solid.roof)
    middle = 0.5 * (foot + top)
    frame = (r - half, r + half, middle - half, middle + half)
    radius, height = section.points.T
    values = np.where(np.isfinite(solid.values), solid.values, norm.vmin)
    near = section.inside((abs(r) + half, frame[2], frame[3]))
    for side in (-1, 1):
        for material in np.unique(section.material):
            part = near & (section.material == material)
            if not part.any():
                continue
            triangles = Triangulation(side * radius, height, section.triangles, mask=~part)
            if material == FILAMENT:
                axes.tripcolor(triangles, values, norm=norm, cmap=scale, shading="gouraud", rasterized=True)
            elif material in (COUNTER, ACTIVE):
                flat = [style.MATERIAL_COLOURS[material]]
                axes.tripcolor(triangles, np.zeros(len(values)), cmap=ListedColormap(flat), rasterized=True)
        edges = section.interfaces() * [side, 1]
        axes.add_collection(LineCollection(edges, colors="#2A2420", linewidths=0.8, capstyle="round"))
    write_gap(axes, solid, frame)
    axes.set(xlim=frame[:2], ylim=frame[2:], aspect="equal", facecolor="white")
    axes.tick_params(labelleft=False, labelright=True, labelsize=6.5)
    axes.yaxis.set_label_position("right")
    axes.set_xlabel("Lateral position (nm)", labelpad=2)
    axes.set_ylabel("Height (nm)", labelpad=6)
    for ticks in (axes.xaxis, axes.yaxis):
        ticks.set_major_locator(MaxNLocator(5, steps=[1, 2, 5, 10]))
    return frame


def write_gap(axes, solid, frame):
    """Measure the gap in the enlarged section, and draw an atom of the filament at its side, in the same scale."""
    (r, foot), (_, top) = solid.gap_at
    width = frame[1] - frame[0]
    arrow = {
        "arrowstyle": "-|>,head_width=0.16,head_length=0.32",
        "lw": 0.8,
        "color": style.BLACK,
        "shrinkA": 0,
        "shrinkB": 0,
    }
    inside = solid.gap_nm > 0.2 * width
    reach = 0.0 if inside else 0.16 * width
    for tip, way in ((foot, -1), (top, 1)):
        tail = tip + way * reach if not inside else 0.5 * (foot + top)
        axes.annotate("", (r, tip), (r, tail), arrowprops=arrow, zorder=6)
    halo = [withStroke(linewidth=2.2, foreground="white")]
    text = f"gap {solid.gap_nm:.2f} nm" if solid.gap_nm < 1 else f"gap {solid.gap_nm:.1f} nm"
    place = (r + 0.04 * width, top + 0.13 * width if not inside else 0.5 * (foot + top))
    axes.text(*place, text, fontsize=8.5, fontweight="bold", va="center", ha="left", path_effects=halo, zorder=7)
    if 0.04 * width < solid.atom_nm < 0.25 * width:
        centre = np.array([frame[0] + 0.08 * width, foot - 0.08 * width]) + 0.5 * solid.atom_nm * np.array([1, -1])
        axes.add_patch(Circle(centre, 0.5 * solid.atom_nm, fc="white", ec=style.BLACK, lw=0.8, alpha=0.85, zorder=6))
        look = {"fontsize": 7.5, "va": "top", "path_effects": halo, "zorder": 7}
        axes.text(frame[0] + 0.06 * width, centre[1] - 0.5 * solid.atom_nm - 0.04 * width, "one atom", **look)


def link(axes, lens, project, solid, frame):
    """A ring around the gap in the scene, and lines from it to the corners of its enlargement."""
    centre = project([0, 0, solid.gap_at[:, 1].mean()])
    scale = np.hypot(*np.diff(project([[0, 0, 0], [1, 0, 0]]), axis=0)[0])  # pixels per nm
    ring = max(0.5 * scale * (frame[1] - frame[0]), 1.2 * scene.dpi() / 25.4)
    axes.add_patch(Circle(centre, ring, fill=False, ec=style.BLACK, lw=0.9, zorder=5))
    lens.figure.draw_without_rendering()
    box = lens.get_window_extent().transformed(axes.transData.inverted())
    for corner in ((box.x0, box.y0), (box.x0, box.y1)):
        away = np.subtract(corner, centre)
        side = np.sign(away[1]) * np.array([0.35, 1.0])
        start = centre + ring * side / np.hypot(*side)
        axes.plot(*np.stack([start, corner]).T, color=style.BLACK, lw=0.6, zorder=5)
