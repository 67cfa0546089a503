"""A film of a run: the filament's outline growing and dissolving in its true shape, with the I-V curve being drawn.

Nearly all of a SET happens in a few percent of its time, so by default the frames are spread by what changes; the clock
and the voltage's course below the pictures then tell the true time.
"""

import sys
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import PathPatch, Polygon
from matplotlib.path import Path as Curve
from matplotlib.ticker import MaxNLocator

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import dress, style
from ecmsim.plot.shapes import after_changes, between, resampled, sections, span

SUFFIXES = (".mp4", ".gif")
PACES = ("change", "time")
TIME_SHARE = 0.2  # of the frames that go by the clock, however little happens
DECADES = 10  # of current and conductance, below their largest values, that are shown and count as a change
SMALL_V = 1e-3  # a smaller voltage gives no conductance
PIXELS = {".mp4": (1280, 720), ".gif": (800, 450)}  # even, as the codec wants it
INCHES = (10.67, 6.0)
ABOVE, BELOW = 0.28, 0.1  # of the electrodes in the picture, as shares of the layer
MOST_FRAMES, FINE = 20000, 5000


def draw(run, output, seconds=12, fps=25, from_s=None, to_s=None, pace="change"):
    """Write the film, .mp4 (H.264, yuv420p) or .gif. Returns [output].

    seconds: its length. fps: frames per second. from_s, to_s: the times of the run (s) to show. pace: "change" gives
    equal steps of a mixture of the time, the movement of the outline and the logarithm of the cell's conductance;
    "time" of the time alone. PlotError where imageio is missing or an option does not fit.
    """
    if pace not in PACES:
        raise PlotError(f"pace = {pace!r}: choose one of {', '.join(PACES)}")
    frames = round(seconds * fps) if seconds > 0 and fps > 0 else 0
    if not 2 <= frames <= MOST_FRAMES:
        raise PlotError(f"seconds = {seconds:g}, fps = {fps:g}: choose 2 to {MOST_FRAMES} frames in all")
    story = Story.of(run, from_s, to_s)
    times = story.frame_times(frames, pace)
    suffix = output.suffix.lower()
    with writer(output, suffix, fps) as film:
        for frame in Frames(run, story, PIXELS[suffix], times, fps).images(told(frames)):
            film.append_data(frame)
    return [output]


def told(frames):
    """The numbers of the frames, with a progress bar where a terminal listens."""
    from rich.console import Console
    from rich.progress import track

    show = sys.stderr.isatty()
    return track(range(frames), "film", console=Console(stderr=True), disable=not show, transient=True)


def writer(output, suffix, fps):
    """Where imageio writes the frames to; PlotError where it is missing or the place cannot be written."""
    try:
        import imageio.v2 as imageio

        if suffix == ".mp4":
            import imageio_ffmpeg  # noqa: F401  (imageio only finds out when it writes)
    except ImportError as error:
        raise PlotError(
            f"films need {error.name}: pip install imageio imageio-ffmpeg (the extra ecmsim[film])"
        ) from error
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.open("wb").close()
    except OSError as error:
        raise PlotError(f"cannot write {output}: {error.strerror or error}; choose another place with --out") from error
    if suffix == ".gif":
        return imageio.get_writer(output, mode="I", duration=1000 / fps, loop=0)
    # faststart: a browser plays it while it loads.
    return imageio.get_writer(
        output,
        fps=fps,
        codec="libx264",
        pixelformat="yuv420p",
        macro_block_size=2,
        quality=None,
        output_params=["-crf", "18", "-preset", "fast", "-movflags", "+faststart"],
        ffmpeg_log_level="error",
    )


# --- what happens when --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Story:
    """Outlines and columns of a run within a span of time, in s, nm, V, A, K."""

    start: float
    end: float
    times: np.ndarray  # of the outlines, (n,)
    shapes: np.ndarray  # (n, m, 2)
    radii: np.ndarray  # at which the electrode's surface is known, (k,)
    surfaces: np.ndarray  # heights of it, (n, k)
    broken: np.ndarray
    column: dict

    @classmethod
    def of(cls, run, from_s=None, to_s=None):
        """Read it from a Run."""
        column = style.require_steps(run)
        stored = list(run.outlines)
        if len(stored) < 2:
            raise ResultsError(f"{run.folder} holds {len(stored)} outlines: a film needs two")
        times = np.array([outline.time_s for outline in stored])
        start, end = span(times, from_s, to_s)
        shapes = resampled(stored)
        radii = np.linspace(0, 2 * shapes[..., 0].max(), 161)
        surfaces = np.array([np.interp(radii, *outline.electrode_points.T) for outline in stored])
        return cls(start, end, times, shapes, radii, surfaces, after_changes(run, stored), column)

    def at(self, times):
        """Filaments (k, m, 2) and heights of the electrode's surface (k, l) at times (k,)."""
        return (between(self.times, values, times, self.broken) for values in (self.shapes, self.surfaces))

    def of_column(self, name, times):
        """A column of the time series at times (k,)."""
        return np.interp(times, self.column["time_s"], self.column[name])

    def conductance(self, times):
        """|I / V| of the cell at times (k,), S: unlike the current it does not change where the voltage passes zero."""
        voltage, current = (np.abs(self.column[name]) for name in ("cell_voltage_V", "current_A"))
        biased = voltage > SMALL_V
        if not biased.any():
            return np.zeros(len(times))
        return np.interp(times, self.column["time_s"][biased], current[biased] / voltage[biased])

    def frame_times(self, count, pace="change"):
        """The times (s) of so many frames, from start to end."""
        if pace == "time":
            return np.linspace(self.start, self.end, count)
        at = np.unique(
            np.concatenate(
                [self.times, self.column["time_s"], np.linspace(self.start, self.end, min(10 * count, FINE))]
            )
        )
        at = at[(at >= self.start) & (at <= self.end)]
        shapes, _ = self.at(at)
        moved = np.hypot(*np.diff(shapes, axis=0).transpose(2, 0, 1)).max(axis=1)
        conductance = self.conductance(at)
        floor = max(conductance.max() * 10.0**-DECADES, 1e-300)
        changed = np.abs(np.diff(np.log(np.maximum(conductance, floor))))
        changes = [part / part.sum() for part in (moved, changed) if part.sum() > 0]
        weight = np.diff(at) / (self.end - self.start)
        if changes:
            weight = TIME_SHARE * weight + (1 - TIME_SHARE) * np.mean(changes, axis=0)
        share = np.concatenate([[0], np.cumsum(weight)])
        times = np.interp(np.linspace(0, share[-1], count), share, at)
        times[[0, -1]] = self.start, self.end
        return times


# --- the frames ---------------------------------------------------------------------------------------------


class Frames:
    """The pictures of a film: what stays is drawn once, what moves is drawn over it in each frame."""

    def __init__(self, run, story, pixels, times, fps):
        self.story, self.times = story, times
        self.pace = np.gradient(times) * fps  # s of the run in a second of the film
        self.filaments, self.surfaces = story.at(times)
        self.values = {
            name: story.of_column(name, times)
            for name in ("source_voltage_V", "current_A", "temperature_max_K", "gap_nm")
        }
        settings = dress.settings(style.SETTINGS) | {
            "font.size": 13,
            "axes.labelsize": 13,
            "xtick.labelsize": 11.5,
            "ytick.labelsize": 11.5,
        }
        settings |= {"axes.linewidth": 1.0, "xtick.major.width": 1.0, "ytick.major.width": 1.0}
        with matplotlib.rc_context(settings):
            self.figure = Figure(figsize=INCHES, dpi=pixels[0] / INCHES[0])
            self.canvas = FigureCanvasAgg(self.figure)
            self.pixels = pixels
            self.figure.set_size_inches(pixels[0] / self.figure.dpi, pixels[1] / self.figure.dpi)
            self.moving = []
            self.draw_cell(run)
            self.draw_curve(run)
            self.draw_clock()
            self.settings = settings

    def moves(self, artist):
        """Remember an artist as one that moves."""
        artist.set_animated(True)
        self.moving.append(artist)
        return artist

    def draw_cell(self, run):
        """The axes of the cell, its counter electrode, and the artists of filament and active electrode."""
        layer = run.setting("cell.layer_thickness", "nm", 10.0)
        low, high = -BELOW * layer, max((1 + ABOVE) * layer, self.story.surfaces.max() + 0.1 * layer)
        axes = self.figure.add_axes((0.065, 0.315, 0.43, 0.605))
        width, height = self.pixels
        half = 0.5 * (high - low) * 0.43 * width / (0.605 * height)
        # The widest filament is shown with its surroundings, in equal scale.
        grow = max(1.0, 1.25 * self.story.shapes[..., 0].max() / half)
        if grow > 1:
            half, high = half * grow, low + grow * (high - low)
        axes.set(xlim=(-half, half), ylim=(low, high), facecolor=style.MATERIAL_COLOURS[2])
        axes.set(xlabel="Lateral position (nm)", ylabel="Height (nm)")
        axes.axhspan(low, 0, color=style.MATERIAL_COLOURS[0], lw=0, zorder=1)
        axes.axhline(layer, color=style.BLACK, lw=0.7, ls=":", zorder=3)
        for ticks in (axes.xaxis, axes.yaxis):
            ticks.set_major_locator(MaxNLocator(7, steps=[1, 2, 5, 10]))
        edge = {"ec": "#2A2420", "lw": 1.1}
        plate = Polygon(np.zeros((1, 2)), fc=style.MATERIAL_COLOURS[3], zorder=2, closed=True, **edge)
        metal = PathPatch(Curve(np.zeros((1, 2))), fc=style.MATERIAL_COLOURS[1], zorder=3, **edge)
        self.electrode, self.filament = self.moves(plate), self.moves(metal)
        for patch in (self.electrode, self.filament):
            axes.add_patch(patch)
        cell, look = run.config.get("cell", {}), {"fontsize": 13, "fontweight": "bold", "va": "center", "zorder": 5}
        side = -0.93 * half
        self.names = [
            self.moves(axes.text(side, 0.5 * (layer + high), Path(cell.get("active_electrode", "")).stem, **look)),
            self.moves(axes.text(side, 0.5 * low, Path(cell.get("counter_electrode", "")).stem, **look)),
        ]
        self.top, self.reach = high, half
        self.figure.text(0.065, 0.955, style.title_of(run), fontsize=13.5, va="center")

    def draw_curve(self, run):
        """The axes of the I-V curve, all of it pale, and the artists of what has happened."""
        voltage, current = self.story.column["source_voltage_V"], np.abs(self.story.column["current_A"])
        axes = self.figure.add_axes((0.59, 0.315, 0.39, 0.605))
        axes.set(xlabel="Source voltage (V)", ylabel="|Current| (A)", xlim=style.padded(voltage, 0.04, 0.02))
        self.floor = max(current.max(), 1e-20) * 10.0**-DECADES
        style.log_axis(axes.yaxis, np.maximum(current, self.floor), DECADES + 1)
        self.floor = axes.get_ylim()[0]
        seen = (self.story.column["time_s"] >= self.story.start) & (self.story.column["time_s"] <= self.story.end)
        axes.plot(voltage[seen], self.above_floor(current[seen]), color="#D5D8DC", lw=1.6, zorder=1)
        for limit in np.unique(np.abs(run.limits[seen & np.isfinite(run.limits)])):
            axes.axhline(limit, color=style.BLACK, lw=0.8, ls="--", zorder=1)
        (self.path,) = axes.plot([], [], color=style.BLUE, lw=2.0, zorder=2)
        (self.point,) = axes.plot([], [], "o", color=style.VERMILION, ms=8, mec="white", mew=1.0, zorder=3)
        self.moves(self.path)
        self.moves(self.point)

    def above_floor(self, current):
        """Currents (n,) as they are drawn: not at all where they are below the axis."""
        return np.where(current > self.floor, current, np.nan)

    def draw_clock(self):
        """The source's voltage against the true time, with the moment marked, and the line of text."""
        time, voltage = self.story.column["time_s"], self.story.column["source_voltage_V"]
        axes = self.figure.add_axes((0.065, 0.135, 0.915, 0.075))
        axes.fill_between(time, voltage, color="#D5D8DC", lw=0)
        axes.plot(time, voltage, color=style.GREY, lw=1.0)
        factor, self.unit = style.prefixed(self.story.end, "s")
        self.factor = factor
        axes.set(xlim=(self.story.start, self.story.end), ylim=style.padded(voltage, 0.15), ylabel="V")
        axes.xaxis.set_major_formatter(lambda value, _: f"{value * factor:.6g}")
        axes.yaxis.set_major_locator(MaxNLocator(2))
        axes.tick_params(labelsize=10.5)
        axes.annotate(
            f"Time ({self.unit})",
            (1, 0),
            (0, -17),
            xycoords="axes fraction",
            textcoords="offset points",
            ha="right",
            va="top",
            fontsize=11,
        )
        self.hand = self.moves(axes.axvline(self.story.start, color=style.VERMILION, lw=2.0))
        look = {"fontsize": 14, "va": "center", "family": "DejaVu Sans Mono"}
        self.text = self.moves(self.figure.text(0.065, 0.035, "", **look))
        self.speed = self.moves(self.figure.text(0.98, 0.955, "", fontsize=13.5, va="center", ha="right"))

    def images(self, numbers):
        """The frames of these numbers, each (height, width, 3) of bytes."""
        with matplotlib.rc_context(self.settings):
            self.canvas.draw()
            still = self.canvas.copy_from_bbox(self.figure.bbox)
            for k in numbers:
                self.canvas.restore_region(still)
                self.show(k)
                for artist in sorted(self.moving, key=lambda artist: artist.zorder):
                    self.figure.draw_artist(artist)
                yield np.asarray(self.canvas.buffer_rgba())[..., :3].copy()

    def show(self, k):
        """Bring the artists to frame k."""
        bodies = [Curve(np.vstack([section, section[:1]]), closed=True) for section in sections(self.filaments[k])]
        self.filament.set_path(Curve.make_compound_path(*bodies))
        r, z = self.story.radii, self.surfaces[k]
        surface = np.stack([np.concatenate([-r[:0:-1], r]), np.concatenate([z[:0:-1], z])], axis=1)
        reach, above = 1.1 * max(self.reach, r[-1]), 1.2 * self.top
        ends = [[-reach, z[-1]], *surface, [reach, z[-1]], [reach, above], [-reach, above]]
        self.electrode.set_xy(ends)
        time = self.times[k]
        column = self.story.column
        past = (column["time_s"] >= self.story.start) & (column["time_s"] <= time)
        voltage, current = self.values["source_voltage_V"][k], abs(self.values["current_A"][k])
        currents = np.append(np.abs(column["current_A"][past]), current)
        self.path.set_data(np.append(column["source_voltage_V"][past], voltage), self.above_floor(currents))
        self.point.set_data([voltage], [max(current, self.floor)])
        self.hand.set_xdata([time, time])
        self.text.set_text(self.line(k))
        self.speed.set_text(f"1 s of film = {style.quantity(self.pace[k], 's', 2)}")

    def line(self, k):
        """The line of text of frame k."""
        value = {name: values[k] for name, values in self.values.items()}
        current = value["current_A"]
        shown = style.quantity(current, "A") if abs(current) > self.floor else f"< {style.quantity(self.floor, 'A', 1)}"
        digits = max(0, int(np.ceil(4 - np.log10(max(self.factor * self.story.end, 1e-9)))))
        parts = [
            f"t = {self.factor * self.times[k]:.{min(digits, 5)}f} {self.unit}",
            f"V = {value['source_voltage_V']:+.3f} V",
            f"I = {shown:<8}",
            f"gap = {value['gap_nm']:6.3f} nm",
            f"T = {value['temperature_max_K']:4.0f} K",
        ]
        return "   ".join(parts).replace("-", "−")
