"""Three-dimensional pictures: pyvista renders surfaces off screen, matplotlib writes axes and text over."""

import ctypes
import gc
import os
import sys
from contextlib import contextmanager, suppress
from itertools import product

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import dress, style

# A picture is rendered in so many by so many tiles: the buffers of all its dots, 16 samples each, take 300 MB.
TILES = 4
BORDER = 4  # dots around a tile that are cut off, as smooth edges mix what is beside them
WINDOW_LIBRARIES = {"vtkEGLRenderWindow": "libEGL.so.1", "vtkOSOpenGLRenderWindow": "libOSMesa.so.8"}


def prepare_rendering():
    """Choose how to render where there is no display; PlotError where the machine offers no way."""
    if not sys.platform.startswith("linux") or os.environ.get("DISPLAY"):
        return
    os.environ.setdefault("PYVISTA_OFF_SCREEN", "true")
    os.environ.setdefault("ALLOW_PLOTTING", "true")  # else pyvista opens a window first, to see whether one can
    if "VTK_DEFAULT_OPENGL_WINDOW" in os.environ:
        return
    for window, library in WINDOW_LIBRARIES.items():
        try:
            ctypes.CDLL(library)
        except OSError:
            continue
        os.environ["VTK_DEFAULT_OPENGL_WINDOW"] = window
        return
    raise PlotError(
        "3D pictures need OpenGL without a display: install libegl1 and libgl1-mesa-dri (Debian, "
        "Ubuntu) or mesalib (conda-forge)"
    )


def give_back():
    """Give memory that is free back to the system, where the C library (GNU's) keeps it: 100 MB after a scene."""
    with suppress(AttributeError, OSError, TypeError):  # another C library
        ctypes.CDLL(None).malloc_trim(0)


def dpi():
    """Dots per inch of what is saved now."""
    settings = dress.settings(style.SETTINGS)
    saved = settings["savefig.dpi"]
    return float(settings["figure.dpi"] if saved == "figure" else saved)


@contextmanager
def scene(width_mm, height_mm):
    """A pyvista Plotter of a size in mm as fine as what is saved: smooth edges, parallel projection, on white."""
    prepare_rendering()
    gc.collect()  # a scene before this one, whose parts hold each other
    give_back()
    import pyvista

    size = [round(length / 25.4 * dpi()) for length in (width_mm, height_mm)]
    plotter = pyvista.Plotter(off_screen=True, window_size=size, lighting="none")
    plotter.set_background("white")
    plotter.enable_parallel_projection()
    plotter.enable_anti_aliasing("ssaa")
    for place, strength in (((0.4, -1, 1.6), 0.7), ((2, -0.2, 0.6), 0.45), ((-2, -1, 0.6), 0.25)):
        plotter.add_light(
            pyvista.Light(position=place, focal_point=(0, 0, 0), intensity=strength, light_type="scene light")
        )
    try:
        yield plotter
    finally:
        plotter.close()


def look_from(plotter, azimuth, elevation, box, margins=(0.1, 0.1, 0.1, 0.1)):
    """Aim the camera at a box ((x0, x1), (y0, y1), (z0, z1)) and fit it in.

    azimuth: angle of the viewer from the -y axis towards +x, elevation above the floor, deg. margins: left,
    right, bottom, top shares of the picture kept free for text.
    """
    a, e = np.radians([azimuth, elevation])
    towards = np.array([np.sin(a) * np.cos(e), -np.cos(a) * np.cos(e), np.sin(e)])
    right = np.array([np.cos(a), np.sin(a), 0.0])
    up = np.cross(towards, right)
    corners = np.stack(np.meshgrid(*box, indexing="ij"), -1).reshape(-1, 3)
    across, along = corners @ right, corners @ up
    width, height = plotter.window_size
    left, right_margin, bottom, top = margins
    scale = max(np.ptp(along) / (1 - bottom - top), np.ptp(across) / (1 - left - right_margin) * height / width)
    centre = right * (
        0.5 * (across.min() + across.max()) + 0.5 * (right_margin - left) * scale * width / height
    ) + up * (0.5 * (along.min() + along.max()) + 0.5 * (top - bottom) * scale)
    plotter.camera.focal_point = centre
    plotter.camera.position = centre + towards * 10 * np.ptp(corners, axis=0).max()
    plotter.camera.up = up
    plotter.camera.parallel_scale = 0.5 * scale
    plotter.renderer.ResetCameraClippingRange()


@contextmanager
def overlaid(plotter, output, width_mm, height_mm):
    """Render the scene into a picture, close it and yield (axes in pixels, project) to write over it; saved at the end.

    project(points (..., 3)) gives the pixels (..., 2) at which points of the scene appear.
    """
    width, height = plotter.window_size
    matrix = plotter.camera.GetCompositeProjectionTransformMatrix(width / height, -1, 1)
    matrix = np.array([[matrix.GetElement(i, j) for j in range(4)] for i in range(4)])

    def project(points):
        points = np.asarray(points, dtype=float)
        clip = np.concatenate([points, np.ones((*points.shape[:-1], 1))], axis=-1) @ matrix.T
        return (clip[..., :2] / clip[..., 3:] * [1, -1] + 1) / 2 * [width, height]

    image = rendered(plotter)
    plotter.close()
    give_back()  # its memory is free for matplotlib
    with style.picture(output, width_mm, height_mm, layout=None) as figure:
        axes = figure.add_axes((0, 0, 1, 1))
        axes.imshow(image, extent=(0, width, height, 0), interpolation="nearest", aspect="auto")
        axes.set(xlim=(0, width), ylim=(height, 0))
        axes.axis("off")
        yield axes, project


def rendered(plotter):
    """The scene as an array (height, width, 3) of bytes of the window's size, rendered tile by tile.

    The window is left as large as a tile with its border, and the camera aimed at one."""
    width, height = plotter.window_size
    across, along = (-(-length // TILES) for length in (width, height))
    plotter.window_size = across + 2 * BORDER, along + 2 * BORDER
    camera = plotter.camera
    dot = 2 * camera.parallel_scale / height
    camera.parallel_scale = dot * (0.5 * along + BORDER)
    up, towards = np.array(camera.up), np.array(camera.direction)
    right, place, focus = np.cross(towards, up), np.array(camera.position), np.array(camera.focal_point)
    image = np.empty((height, width, 3), np.uint8)
    for left, top in product(range(0, width, across), range(0, height, along)):
        shift = dot * ((left + 0.5 * (across - width)) * right - (top + 0.5 * (along - height)) * up)
        camera.position, camera.focal_point = place + shift, focus + shift
        plotter.render()
        part = image[top : top + along, left : left + across]
        part[:] = plotter.screenshot(return_img=True)[BORDER:, BORDER:][: part.shape[0], : part.shape[1]]
    return image


def draw_axis(axes, project, start, end, outwards, ticks, label, label_gap=9.0, tick_length=2.0):
    """An axis along an edge of the box, from start to end: ticks as (share of the way, text), and its label.

    outwards: a direction of the scene that leads away from the box; sizes in mm on paper.
    """
    start, end, outwards = (np.asarray(value, dtype=float) for value in (start, end, outwards))
    mm = dpi() / 25.4
    middle = 0.5 * (start + end)
    away = np.diff(project(np.stack([middle, middle + outwards])), axis=0)[0]
    away /= np.hypot(*away)
    line = project(np.stack([start, end]))
    axes.plot(*line.T, color=style.BLACK, lw=0.7, solid_capstyle="round", zorder=3)
    for share, text in ticks:
        foot = project(start + share * (end - start))
        tip = foot + away * 0.4 * tick_length * mm
        axes.plot(*np.stack([foot, tip]).T, color=style.BLACK, lw=0.6, zorder=3)
        level = abs(away[1]) < 0.01
        place = foot + away * (0.8 if level else 1.8) * tick_length * mm
        axes.text(
            *place,
            text,
            ha=("right" if away[0] < 0 else "left") if level else "center",
            va="center",
            fontsize=7.5,
        )
    angle = np.degrees(np.arctan2(-(line[1, 1] - line[0, 1]), line[1, 0] - line[0, 0]))
    angle = 90 - (90 - angle) % 180
    axes.text(
        *(project(middle) + away * label_gap * mm),
        label,
        ha="center",
        va="center",
        rotation=angle,
        rotation_mode="anchor",
        fontsize=8.5,
    )


def nice_ticks(low, high, count=5):
    """Round tick values inside low ... high."""
    from matplotlib.ticker import MaxNLocator

    values = MaxNLocator(count, steps=[1, 2, 5, 10]).tick_values(low, high)
    return [float(value) for value in values if low - 1e-9 <= value <= high + 1e-9]


def number(value):
    """A tick's text: short, with a true minus sign."""
    return f"{value:.6g}".replace("-", "−")


def look_of(name, size):
    """The look of a mark's name: letters are bold and of a size, words smaller."""
    return {"fontsize": size, "fontweight": "bold"} if len(name) == 1 else {"fontsize": 0.8 * size}
