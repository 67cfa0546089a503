"""What stands in a picture, as text: everything that matplotlib and pyvista are told to draw, with numbers of six
digits.

Rendering is left out: it takes most of a picture's time, and its pixels depend on libraries.
"""

from contextlib import contextmanager

import numpy as np
from matplotlib.collections import LineCollection, PathCollection, QuadMesh, TriMesh
from matplotlib.colors import to_hex
from matplotlib.contour import ContourSet
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.lines import Line2D
from matplotlib.patches import Circle, Patch, StepPatch
from matplotlib.text import Annotation, Text

SPAN = 100.0  # positive numbers that span more are such as a logarithmic axis shows
ROUNDED_OFF = 1e-12  # of the largest of several numbers: a smaller one is a zero that was rounded


@contextmanager
def undrawn():
    """Within it figures are described instead of saved, and scenes instead of rendered: {name of the file: text}.

    Surfaces have fewer points: as much is told by them in less time.
    """
    import pytest

    from ecmsim.plot import compare, elephant, revolve, scene, shapes

    found, scenes = {}, []

    def save(figure, path, **options):
        found[path.name] = "\n".join([*scenes, described(figure)])
        scenes.clear()

    def rendered(plotter):
        scenes.append(described_scene(plotter))
        width, height = plotter.window_size
        return np.broadcast_to(np.uint8(255), (height, width, 3))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Figure, "savefig", save)
        patch.setattr(scene, "rendered", rendered)
        for module in (shapes, elephant, compare):
            patch.setattr(module, "SLICES", 80)
        patch.setattr(revolve, "RESOLUTION", 60)
        yield found


def told(pictures, drawn=()):
    """All pictures of a drawing as text, with the words that come with them."""
    words = [f"words {line}" for line in getattr(drawn, "words", ())]
    return "\n\n".join([*(f"{name}\n{text}" for name, text in sorted(pictures.items())), *words])


# --- numbers ------------------------------------------------------------------------------------------------


def number(value):
    """A number of six digits; booleans and none as they are."""
    if value is None or isinstance(value, (bool, np.bool_, str)):
        return str(value)
    return f"{float(value) + 0.0:.6g}"


def numbers(values):
    """Several numbers (n,), zero where they are nothing beside the largest; with strokes between those that are to be
    compared each by itself, as they span decades (helpers.kept)."""
    values = np.ravel(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan))
    finite = values[np.isfinite(values)]
    largest = np.max(np.abs(finite), initial=0)
    small = np.abs(values) < ROUNDED_OFF * largest
    apart = len(finite) and finite.min() > 0 and largest > SPAN * finite.min()
    return (" / " if apart else " ").join(number(0.0 if no else value) for value, no in zip(values, small, strict=True))


def summary(values):
    """Many numbers (n,) in a few: how many, how many of them are none; the first and last, least and largest, mean, and
    the mean with falling weights, which their order changes."""
    values = np.ravel(np.ma.filled(np.ma.asarray(values, dtype=float), np.nan))
    finite = values[np.isfinite(values)]
    if len(values) <= 6:
        return f"[{numbers(values)}]"
    lost = len(values) - len(finite)
    if not len(finite):
        return f"{len(values)} without number"
    weighted = np.mean(finite * np.linspace(1, 0, len(finite)))
    told = [finite[0], finite[-1], finite.min(), finite.max(), finite.mean(), weighted]
    if finite.min() > 0 and finite.max() > SPAN * finite.min():
        told.append(np.exp(np.mean(np.log(finite))))  # which small ones change as well
    return f"{len(values)}{f' ({lost} none)' if lost else ''}: {numbers(told)}"


def points(values):
    """Points (n, 2 or 3)."""
    values = np.asarray(values, float)
    if not len(values):
        return "none"
    return " | ".join(summary(column) for column in values.T)


def colour(value):
    """A colour, or several in a few, with their opacity."""
    if value is None or isinstance(value, str) and value in ("none", "auto", "inherit"):
        return str(value)
    array = np.asarray(value, dtype=object if isinstance(value, (tuple, list)) else None)
    if array.ndim == 2 and array.shape[1] in (3, 4):
        kinds = list(dict.fromkeys(to_hex(row, True) for row in np.asarray(value, float)))
        return ", ".join(kinds) if len(kinds) <= 3 else f"{len(kinds)} colours {numbers(np.mean(value, axis=0))}"
    if array.ndim == 2 or array.size == 0:
        return "none"
    return to_hex(value, keep_alpha=True)


# --- a figure -----------------------------------------------------------------------------------------------


def described(figure):
    """A figure as text, line by line."""
    lines = [f"figure {numbers(figure.get_size_inches())} in, {number(figure.dpi)} dpi, {_layout(figure)}"]
    return "\n".join(lines + list(_of_figure(figure)))


def _layout(figure):
    engine = figure.get_layout_engine()
    return "no layout" if engine is None else f"{type(engine).__name__} in {numbers(engine.get().get('rect', ()))}"


def _of_figure(figure, name="figure"):
    for text in figure.texts:
        yield f"{name} {_text(text)}"
    for legend in figure.legends:
        yield from _legend(legend, name)
    for artist in [*figure.lines, *figure.patches, *figure.artists]:
        yield f"{name} {described_one(artist)}"
    for k, part in enumerate(figure.subfigs):
        yield f"{name} part {k}: {_place(part)}"
        yield from _of_figure(part, f"{name} part {k}")
    for k, axes in enumerate(figure.get_axes() if name == "figure" else ()):
        yield from _axes(axes, f"axes {k}")


def _place(part):
    """Where axes or a part of a figure stand in a grid, or where else."""
    grid = part.get_subplotspec() if hasattr(part, "get_subplotspec") else part._subplotspec
    if grid is None:
        # What a layout has moved is moved by the widths of letters.
        return "beside" if hasattr(part, "_colorbar") else f"at {numbers(part.get_position(original=True).bounds)}"
    ratios = [[number(share) for share in shares or ()] for shares in _ratios(grid.get_gridspec())]
    return f"grid {grid.get_gridspec().get_geometry()} {[*grid.rowspan]} {[*grid.colspan]} {' '.join(map(str, ratios))}"


def _ratios(grid):
    return grid.get_height_ratios(), grid.get_width_ratios()


def _axes(axes, name):
    yield f"{name}: {_place(axes)}"
    if bar := getattr(axes, "_colorbar", None):
        yield f"{name} colours {bar.orientation} {bar.ticklocation}, beyond {bar.extend}"
    if not axes.axison:
        yield f"{name} without axes"
    yield (
        f"{name} aspect {axes.get_aspect()}, face {colour(axes.get_facecolor())}, z {number(axes.get_zorder())}, "
        f"visible {axes.get_visible()}"
    )
    for axis, low_high, scale in (
        (axes.xaxis, axes.get_xlim(), axes.get_xscale()),
        (axes.yaxis, axes.get_ylim(), axes.get_yscale()),
    ):
        yield f"{name} {axis.axis_name}: {scale} {numbers(low_high)}, label {_said(axis.label)}"
        yield f"{name} {axis.axis_name} ticks: {_ticks(axis, low_high)}"
    for where in ("left", "center", "right"):
        if hasattr(axes, "get_title") and axes.get_title(where):
            yield f"{name} title {where}: {axes.get_title(where)!r}"
    for artist in axes.get_children():
        if artist in (axes.patch, axes.title, axes._left_title, axes._right_title, axes.xaxis, axes.yaxis):
            continue
        if artist in axes.spines.values() or artist in axes.child_axes:
            continue
        if artist is axes.legend_:
            yield from _legend(artist, name)
        elif not isinstance(artist, Text) or artist.get_text() or isinstance(artist, Annotation):
            yield f"{name} {described_one(artist)}"
    for k, child in enumerate(axes.child_axes):
        yield from _axes(child, f"{name} child {k}")


def _ticks(axis, limits):
    low, high = sorted(limits)
    shown = [
        (at, text.get_text())
        for at, text in zip(axis.get_majorticklocs(), axis.get_majorticklabels(), strict=False)
        if low - 1e-9 * (high - low) <= at <= high + 1e-9 * (high - low)
    ]
    minor = [at for at in axis.get_minorticklocs() if low <= at <= high]
    tick = axis.get_major_ticks(1)[0]
    parts = (tick.label1, tick.label2, tick.tick1line, tick.tick2line)
    look = [part.get_visible() for part in parts]
    grid = f", grid {_line_look(tick.gridline)}" if tick.gridline.get_visible() else ""
    return (
        f"{numbers([at for at, _ in shown])}; {[text for _, text in shown]}; {len(minor)} between; "
        f"{''.join('ny'[bool(on)] for on in look)} {number(tick.label1.get_fontsize())} {tick.get_tickdir()}{grid}"
    )


def _said(text):
    if not text.get_text():
        return "''"
    return f"{text.get_text()!r} size {number(text.get_fontsize())} {colour(text.get_color())}"


def _legend(legend, name):
    title = legend.get_title().get_text()
    frame = colour(legend.get_frame().get_facecolor()) if legend.get_frame_on() else "no"
    place = legend._loc_real if hasattr(legend, "_loc_real") else legend._loc
    yield (
        f"{name} legend {title!r} at {place if not isinstance(place, tuple) else numbers(place)} outside "
        f"{legend._outside_loc}, columns {legend._ncols}, frame {frame}, spaced {number(legend.columnspacing)} "
        f"{number(legend.handlelength)} {number(legend.handletextpad)}"
    )
    for handle, text in zip(legend.legend_handles, legend.get_texts(), strict=True):
        look = _line_look(handle) if isinstance(handle, Line2D) else _fill_look(handle)
        yield f"{name} legend: {text.get_text()!r} size {number(text.get_fontsize())}: {look}"


def described_one(artist):
    """An artist of any kind in one line."""
    for kinds, told in (
        (Line2D, _line),
        (Text, _text),
        (StepPatch, _steps),
        (Patch, _patch),
        (AxesImage, _image),
        (ContourSet, _contours),
        (QuadMesh, _mesh),
        (TriMesh, _triangles),
        (PathCollection, _scattered),
        (LineCollection, _segments),
    ):
        if isinstance(artist, kinds):
            return told(artist)
    if hasattr(artist, "get_paths"):
        return _areas(artist)
    return f"{type(artist).__name__} z {number(artist.get_zorder())}"


def _name(artist):
    label = str(artist.get_label())
    return "" if label.startswith("_") else f" {label!r}"


def _where(artist):
    """In whose coordinates an artist is drawn."""
    transform, axes = artist.get_transform(), artist.axes
    if axes is None:
        return "figure" if transform == artist.figure.transSubfigure else "other"
    known = {
        "data": axes.transData,
        "axes": axes.transAxes,
        "x data, y axes": axes.get_xaxis_transform(),
        "x axes, y data": axes.get_yaxis_transform(),
    }
    return next((name for name, other in known.items() if transform == other), "other")


def _line_look(line):
    marker = line.get_marker()
    look = f"{colour(line.get_color())} {line.get_linestyle()} {number(line.get_linewidth())}"
    dashes = line._unscaled_dash_pattern[1] if hasattr(line, "_unscaled_dash_pattern") else None
    if dashes and line.get_linestyle() == "--":
        look += f" dashes {numbers(dashes)}"
    if marker not in (None, "None", "none", ""):
        look += (
            f" {marker} {number(line.get_markersize())} {colour(line.get_markerfacecolor())} "
            f"{colour(line.get_markeredgecolor())} {number(line.get_markeredgewidth())} every {line.get_markevery()}"
        )
    return f"{look} alpha {number(line.get_alpha())} z {number(line.get_zorder())} clip {line.get_clip_on()}"


def _line(line):
    x, y = line.get_xdata(orig=False), line.get_ydata(orig=False)
    steps = line.get_drawstyle() if line.get_drawstyle() != "default" else ""
    return f"line{_name(line)} {_where(line)} {steps}: {summary(x)} | {summary(y)}; {_line_look(line)}"


def _text(text):
    place = (
        f"at {_pair(text.xy)} {text.xycoords} text {_pair(text.xyann)} {text.anncoords}"
        if isinstance(text, Annotation)
        else f"at {_pair(text.get_position())} {_where(text)}"
    )
    box = text.get_bbox_patch()
    arrow = getattr(text, "arrow_patch", None)
    return (
        f"text {text.get_text()!r} {place}, {text.get_ha()} {text.get_va()} size {number(text.get_fontsize())} "
        f"{text.get_weight()} {text.get_fontfamily()[0]} {colour(text.get_color())} turned "
        f"{number(text.get_rotation())} {text.get_rotation_mode()} z {number(text.get_zorder())} spaced "
        f"{number(text._linespacing)} clip {text.get_clip_on()}/{getattr(text, 'annotation_clip', None)} "
        f"effects {[_effect(one) for one in text.get_path_effects()]} box {_fill_look(box) if box else None}"
        + (f" arrow {_arrow(arrow)}" if arrow else "")
    )


def _pair(place):
    return ", ".join(map(number, place))


def _effect(effect):
    return f"{type(effect).__name__} {number(effect._gc.get('linewidth'))} {effect._gc.get('foreground')}"


def _arrow(arrow):
    style = arrow.get_arrowstyle()
    size = [number(getattr(style, name, None)) for name in ("head_length", "head_width")]
    return (
        f"{type(style).__name__} {' '.join(size)} scale {number(arrow.get_mutation_scale())} shrink "
        f"{number(arrow.shrinkA)} {number(arrow.shrinkB)} {_fill_look(arrow)}"
    )


def _fill_look(artist):
    if hasattr(artist, "get_hatch") and hasattr(artist, "get_facecolor"):
        width, alpha = artist.get_linewidth(), artist.get_alpha()
        width = numbers(width) if np.ndim(width) else number(width)
        return (
            f"{colour(artist.get_facecolor())} edge {colour(artist.get_edgecolor())} {width} alpha "
            f"{number(alpha) if np.ndim(alpha) == 0 else summary(alpha)} z {number(artist.get_zorder())}"
        )
    return type(artist).__name__


def _steps(patch):
    values, edges, base = patch.get_data()
    return (
        f"steps{_name(patch)}: {summary(edges)} | {summary(values)} from {base}, {patch.orientation}, fill "
        f"{patch.get_fill()}; {_fill_look(patch)}"
    )


def _patch(patch):
    path = patch.get_patch_transform().transform_path(patch.get_path())
    size = f" radius {number(patch.get_radius())}" if isinstance(patch, Circle) else ""
    dashes = patch.get_linestyle()
    return (
        f"{type(patch).__name__}{_name(patch)} {_where(patch)}{size}: {points(path.vertices)}; fill {patch.get_fill()} "
        f"{dashes} {_fill_look(patch)}"
    )


def _painted(artist):
    """The values of what is coloured by them, and how."""
    values, norm, shades = artist.get_array(), artist.norm, artist.get_cmap()
    if values is None:
        return "uncoloured"
    told = [to_hex(shades(share)) for share in (0.0, 0.3, 0.7, 1.0)]
    return (
        f"{np.shape(values)} {summary(values)} {type(norm).__name__} {numbers([norm.vmin, norm.vmax])} "
        f"{shades.name} {' '.join(told)}"
    )


def _image(image):
    at = numbers(image.get_extent())
    values = np.asarray(image.get_array(), float)
    if values.ndim == 3:  # pixels of a scene
        return f"image {values.shape} at {at} {image.get_interpolation()}"
    return f"image at {at} {image.get_interpolation()} {_painted(image)}"


def _mesh(mesh):
    at = np.asarray(mesh.get_coordinates()).reshape(-1, 2)
    return f"mesh {points(at)}; {_painted(mesh)} flat {mesh.get_rasterized()}"


def _triangles(mesh):
    shape = mesh._triangulation
    hidden = 0 if shape.mask is None else int(shape.mask.sum())
    return (
        f"triangles {len(shape.triangles)} less {hidden}: {summary(shape.x)} | {summary(shape.y)}; {_painted(mesh)} "
        f"flat {mesh.get_rasterized()}"
    )


def _contours(found):
    lines = [path.vertices for path in found.get_paths()]
    dots = np.concatenate([line for line in lines if len(line)] or [np.zeros((0, 2))])
    return f"contours at {summary(found.levels)}: {points(dots)}; {colour(found.get_edgecolor())} {_widths(found)}"


def _widths(found):
    return numbers(np.unique(found.get_linewidth()))


def _scattered(dots):
    return (
        f"points{_name(dots)}: {points(dots.get_offsets())} size {summary(dots.get_sizes())}; {_fill_look(dots)} clip "
        f"{dots.get_clip_on()}"
    )


def _segments(lines):
    ends = np.concatenate([np.asarray(part) for part in lines.get_segments()] or [np.zeros((0, 2))])
    return (
        f"segments{_name(lines)} {len(lines.get_segments())}: {points(ends)}; {colour(lines.get_color())} "
        f"{_widths(lines)} z {number(lines.get_zorder())}"
    )


def _areas(areas):
    painted = f"; {_painted(areas)}" if areas.get_array() is not None else ""
    look = "" if painted else _fill_look(areas)
    corners = np.concatenate([path.vertices for path in areas.get_paths()] or [np.zeros((0, 2))])
    mask = getattr(areas, "_triangulation", None)
    return f"{type(areas).__name__}{_name(areas)} {_where(areas)}: {points(corners)}; {look}{painted}{mask or ''}"


# --- a scene ------------------------------------------------------------------------------------------------


def described_scene(plotter):
    """What stands in a pyvista Plotter, and how it is seen and lit."""
    camera = plotter.camera
    lines = [
        f"scene {numbers(plotter.window_size)} pixels, background {plotter.background_color.hex_rgb}",
        f"scene camera at {numbers(camera.position)} to {numbers(camera.focal_point)} up {numbers(camera.up)}, "
        f"parallel {camera.parallel_projection} {number(camera.parallel_scale)}",
    ]
    for light in plotter.renderer.lights:
        lines.append(f"scene light from {numbers(light.position)} {number(light.intensity)}")
    for actor in plotter.renderer.actors.values():
        lines.append(f"scene {_body(actor)}")
    return "\n".join(lines)


def _body(actor):
    mesh, look = actor.mapper.dataset, actor.prop
    shown = mesh.active_scalars if actor.mapper.scalar_visibility else None
    painted = "" if shown is None else f" painted {mesh.active_scalars_name} {_unordered(shown)}"
    return (
        f"body {mesh.n_points} points {mesh.n_cells} cells in {numbers(mesh.bounds)}: {_unordered(mesh.points)}; area "
        f"{number(mesh.area)}, {look.color.hex_rgb} opacity {number(look.opacity)} light {look.lighting} "
        f"{numbers([look.ambient, look.diffuse, look.specular])} {number(look.specular_power)} "
        f"{look.interpolation.name} line {number(look.line_width)} edges {look.show_edges}{painted}"
    )


def _unordered(values):
    """Numbers (n,) or (n, m) whose order is a library's: means, and means of squares."""
    values = np.asarray(values, float).reshape(len(values), -1)
    return f"{numbers(values.mean(axis=0))}, {numbers(np.sqrt((values**2).mean(axis=0)))}"
