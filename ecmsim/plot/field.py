"""Fields of a snapshot, such as temperature, potential and current density, in a section mirrored at the axis."""

from dataclasses import dataclass, replace

import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm, Normalize
from matplotlib.ticker import MaxNLocator, NullFormatter
from matplotlib.tri import Triangulation

from ecmsim.errors import PlotError, ResultsError
from ecmsim.plot import style
from ecmsim.results.folder import ASCII

FILAMENT, LAYER = 1, 2  # material numbers


@dataclass(frozen=True)
class Quantity:
    """A field that can be drawn: its name in the snapshot, where it lives, its label and colours."""

    name: str
    on_points: bool
    label: str
    colours: str
    logarithmic: bool = False
    in_layer: str | None = None  # another field that takes its place in the switching layer


QUANTITIES = {
    "temperature": Quantity("temperature_K", True, "Temperature (K)", "inferno"),
    "potential": Quantity(
        "electric_potential_V",
        True,
        "Potential: electrons; ions in layer (V)",
        "cividis",
        in_layer="ionic_potential_V",
    ),
    "ionic_potential": Quantity("ionic_potential_V", True, "Ionic potential (V)", "cividis"),
    "current_density": Quantity("current_density_A_m2", False, "Current density (A/m²)", "viridis", True),
    "joule_heat": Quantity("joule_heat_W_m3", False, "Joule heat (W/m³)", "magma", True),
}
DECADES = 8  # that a logarithmic colour scale shows at most


def draw(
    run,
    output,
    quantities=("temperature", "potential", "current_density"),
    snapshot=None,
    view="filament",
):
    """Draw a section with one panel per quantity. Returns [output]; for the body in 3D see ecmsim.plot.solid.

    quantities: names out of QUANTITIES, in a sequence or separated by commas. snapshot: a number, a label, or
    None for the one with the largest current. view: "filament", "tip" or "cell".
    """
    names = [name.strip() for name in quantities.split(",")] if isinstance(quantities, str) else list(quantities)
    if unknown := [name for name in names if name not in QUANTITIES]:
        raise PlotError(f"no field {', '.join(unknown)}: choose from {', '.join(QUANTITIES)}")
    chosen = choose(run, snapshot)
    section = Section.of(chosen)
    window = section.window(view)
    draw_section(output, chosen, section, [QUANTITIES[name] for name in names], window)
    return [output]


def unfit(run):
    """Why a run gives no such picture, or None."""
    return None if np.abs(run.timeseries["current_A"]).max() > 0 else "no current flows"


def choose(run, snapshot=None):
    """The snapshot of a run that a number or a label means."""
    snapshots = run.snapshots
    if not snapshots:
        raise ResultsError(f"{run.folder} holds no snapshots: set output.snapshot_times or snapshot_currents for a run")
    if snapshot is None:
        return max(snapshots, key=lambda item: abs(item.current_A))
    labels = [item.label for item in snapshots]
    for same in (str, _folded, _amount):  # 603 µA is also 603uA, and 0.603 mA
        wanted = same(snapshot) if isinstance(snapshot, str) else None
        found = [item for item in snapshots if wanted is not None and same(item.label) == wanted]
        if found:
            return found[0]
    try:
        return snapshots[int(snapshot)]
    except (ValueError, IndexError, TypeError):
        raise PlotError(
            f"no snapshot {snapshot!r}: choose 0 ... {len(snapshots) - 1} or one of {', '.join(labels)}"
        ) from None


def _folded(text):
    """A label without spaces, its units in ASCII."""
    return text.translate(ASCII).replace(" ", "")


def _amount(text):
    """A quantity as a label or a user writes it, rounded, with its dimension; None where it is none."""
    import pint

    try:
        value = pint.Quantity(_folded(text)).to_base_units()
        return f"{value.magnitude:.6g} {value.units}" if not value.dimensionless else None
    except Exception:  # pint raises many kinds for other texts
        return None


@dataclass(frozen=True)
class Section:
    """The half section that a snapshot holds: points (n, 2) nm, triangles (m, 3), fields and materials."""

    points: np.ndarray
    triangles: np.ndarray
    material: np.ndarray
    point_data: dict
    cell_data: dict

    @classmethod
    def of(cls, snapshot):
        """Read it from a Snapshot."""
        mesh = snapshot.read()
        cell_data = {name: np.asarray(blocks[0]) for name, blocks in mesh.cell_data.items()}
        return cls(
            mesh.points[:, :2],
            mesh.cells_dict["triangle"],
            cell_data["material"].astype(int),
            mesh.point_data,
            cell_data,
        )

    def values(self, quantity):
        """The field of a Quantity, on points or cells."""
        data = self.point_data if quantity.on_points else self.cell_data
        if quantity.name not in data:
            raise ResultsError(f"the snapshot holds no {quantity.name}: it has {', '.join(data)}")
        return np.asarray(data[quantity.name], dtype=float)

    def interfaces(self):
        """Edges between different materials, (k, 2, 2) nm."""
        edges = np.sort(self.triangles[:, [[0, 1], [1, 2], [2, 0]]], axis=2).reshape(-1, 2)
        owner = np.repeat(self.material, 3)
        order = np.lexsort(edges.T)
        edges, owner = edges[order], owner[order]
        shared = (edges[1:] == edges[:-1]).all(axis=1) & (owner[1:] != owner[:-1])
        return self.points[edges[1:][shared]]

    def window(self, view):
        """Half width and lowest and highest z (nm) of a view."""
        filament = self.points[self.triangles[self.material == FILAMENT]].reshape(-1, 2)
        layer = self.points[self.triangles[self.material == LAYER]].reshape(-1, 2)
        radius, tip, roof = filament[:, 0].max(), filament[:, 1].max(), layer[:, 1].max()
        if view == "filament":
            return max(1.6 * radius, 0.5 * roof), -0.15 * roof, 1.25 * roof
        if view == "tip":
            half = max(1.3 * radius, 2.0 * (roof - tip))
            return half, tip - 1.1 * half, max(tip, roof) + 0.5 * half
        if view == "cell":
            return self.points[:, 0].max(), self.points[:, 1].min(), self.points[:, 1].max()
        raise PlotError(f"view = {view!r}: choose filament, tip or cell")

    def inside(self, window):
        """Which triangles touch a window."""
        half, low, high = window
        r, z = self.points[self.triangles].transpose(2, 0, 1)
        return (r.min(axis=1) <= half) & (z.max(axis=1) >= low) & (z.min(axis=1) <= high)


def draw_section(output, snapshot, section, quantities, window):
    """One panel per quantity, side by side, in equal scale."""
    half, low, high = window
    width = min(style.PAGE_MM, 95.0 * len(quantities))
    panel = (width - 14) / len(quantities) - 3
    with style.picture(output, width, min(panel * (high - low) / (2 * half) + 34, 200)) as figure:
        panels = figure.subplots(1, len(quantities), squeeze=False, sharey=True)[0]
        borders = np.concatenate([section.interfaces() * [side, 1] for side in (-1, 1)])
        for axes, quantity in zip(panels, quantities, strict=True):
            image = paint(axes, section, quantity, window)
            for colour, line in (("white", 1.5), ("black", 0.7)):
                axes.add_collection(LineCollection(borders, colors=colour, linewidths=line, capstyle="round"))
            axes.set(xlim=(-half, half), ylim=(low, high), aspect="equal", xlabel="Lateral position (nm)")
            style.round_ticks(axes.xaxis)
            bar = figure.colorbar(image, ax=axes, location="top", shrink=0.92, aspect=22, pad=0.02)
            bar.set_label(quantity.label)
            keep_ticks_apart(bar)
        panels[0].set_ylabel("Height (nm)")
        figure.suptitle(
            f"t = {style.quantity(snapshot.time_s, 's', 7)},  V = {snapshot.source_voltage_V:.3f} V,  "
            f"|I| = {style.quantity(abs(snapshot.current_A), 'A')}",
            x=0.01,
            ha="left",
            fontsize=7.5,
        )
        style.trim_height(figure)
    return output


def keep_ticks_apart(bar):
    """Fewer ticks on a colour bar whose values differ so little that their labels get long."""
    low, high = bar.vmin, bar.vmax
    if isinstance(bar.norm, LogNorm):
        bar.ax.xaxis.set_minor_formatter(NullFormatter())
    elif high - low < 1e-2 * max(abs(low), abs(high)):
        bar.locator = MaxNLocator(2)
        bar.update_ticks()


def paint(axes, section, quantity, window):
    """Both halves of a field as smooth (points) or flat (cells) triangles."""
    seen, layer = section.inside(window), section.material == LAYER
    parts = [(section.values(quantity), seen)]
    if quantity.in_layer:
        ions = section.values(replace(quantity, name=quantity.in_layer))
        parts = [(parts[0][0], seen & ~layer), (ions, seen & layer)]
    norm = scale_of(
        np.concatenate(
            [
                values[np.unique(section.triangles[shown])] if quantity.on_points else values[shown]
                for values, shown in parts
            ]
        ),
        quantity,
    )
    r, z = section.points.T
    for values, shown in parts:
        if quantity.on_points:
            shown = shown & np.isfinite(values[section.triangles]).all(axis=1)
            values = np.where(np.isfinite(values), values, 0.0)
        elif quantity.logarithmic:
            values = np.where(values > 0, values, norm.vmin)
        for side in (-1, 1):
            image = axes.tripcolor(
                Triangulation(side * r, z, section.triangles, mask=~shown),
                values,
                norm=norm,
                cmap=quantity.colours,
                rasterized=True,
                shading="gouraud" if quantity.on_points else "flat",
            )
    return image


def scale_of(values, quantity):
    """The colour scale of a field for the values in view."""
    values = values[np.isfinite(values)]
    if quantity.logarithmic:
        values = values[values > 0]
        highest = values.max() if values.size else 1.0
        return LogNorm(max(values.min() if values.size else 0.1, highest * 10.0**-DECADES), highest)
    if not values.size:
        return Normalize(0, 1)
    low, high = values.min(), values.max()
    return Normalize(low, high if high - low > 1e-9 * max(abs(high), 1) else low + 1)


def upright(points):
    """Points (..., 2) of the section as points (..., 3) of the plane y = 0."""
    return np.stack([points[..., 0], np.zeros(points.shape[:-1]), points[..., 1]], axis=-1)


def clipped(surface, window):
    """The part of a flat pyvista surface, or of lines, inside a window; None where there is none."""
    half, low, high = window
    for normal, origin in (("x", (half, 0, 0)), ("z", (0, 0, high)), ("-z", (0, 0, low))):
        surface = surface.clip(normal, origin=origin)
        if not surface.n_cells:
            return None
    return surface
