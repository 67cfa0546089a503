"""Made-up run folders for the tests of results and pictures: a SET sweep, cycles, retention. No solver is involved.

The numbers of the sweep imitate 0 -> 2 -> 0 V at 1 V/s with a compliance of 1 mA: the gap closes exponentially
until 1.68 s, the filament then grows sideways, heats up, and the current jumps to the compliance at 1.778 s.
The cycles begin with that sweep; the filament then breaks at -1 V and is dissolved at -1.3 V.
"""

import numpy as np
from scipy.spatial import Delaunay

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.results import RunWriter
from ecmsim.results.columns import COLUMNS
from ecmsim.shape.polyline import cross2

LAYER, RADIUS, HEIGHT = 10.0, 25.0, 25.0
NUCLEUS = 0.128
COMPLIANCE, SMOOTHING = 1e-3, 0.05
AMBIENT = 300.0
CONFIG = """\
title = "synthetic SET sweep"
programme = [{{kind = "ramp", to = "2 V", rate = "1 V/s"}}, {{kind = "ramp", to = "0 V", rate = "1 V/s"}}]

[cell]
layer_thickness = "10 nm"
radius = "25 nm"
ambient_temperature = {{value = "300 K", label = "assumed", source = "synthetic"}}

[compliance]
kind = "ideal"
current = "{compliance_mA} mA"
smoothing_voltage = "0.05 V"
"""
REPEAT = """\
[[programme]]
kind = "repeat"
count = {count}

[[programme.steps]]
kind = "sweep"
name = "SET"
peak = "2 V"
rate = "1 V/s"

[[programme.steps]]
kind = "sweep"
name = "RESET"
peak = "-1.5 V"
rate = "1 V/s"
"""
HOLD = """\
surface_diffusion = {enabled = true}
initial = {kind = "cylinder", radius = "0.8 nm", height = "9.7 nm"}
programme = [{kind = "hold", duration = "10 s"}]
"""
ONSET, RUPTURE, DISSOLVED, CYCLE = 4.7, 5.0, 5.3, 7.0  # s since the start of a cycle
BROKEN = 3.0  # s: when the filament of the retention run breaks


def times(steps):
    """Steps of a controller that looks closely at 1.6 ... 1.85 s."""
    density = np.array([1.0, 1.0, 3.0, 18.0, 18.0, 3.0, 1.0, 1.0])
    at = np.array([0.0, 0.8, 1.4, 1.66, 1.80, 1.95, 2.4, 4.0])
    fine = np.linspace(0, 4, 20001)
    share = np.cumsum(np.interp(fine, at, density))
    return np.interp(np.linspace(0, 1, steps), (share - share[0]) / (share[-1] - share[0]), fine)


def geometry(t):
    """Height, radius of the body, and bluntness (2 dome ... 7 cylinder) of the filament at times t."""
    rise = NUCLEUS + 0.00188 * np.expm1(t / 0.196)
    step = 0.5 * (1 + np.tanh((t - 1.7735) / 0.0036))
    stop = LAYER + 0.03 + 1.4 * np.clip(t - 1.68, 0, 0.1) + 0.145 * step
    height = -0.02 * np.logaddexp(-rise / 0.02, -stop / 0.02)
    side = np.clip(t - 1.675, 0, None)
    body = NUCLEUS + 1.75 * (1 - np.exp(-rise / 1.5)) + 1.35 * (1 - np.exp(-side / 0.10))
    blunt = 2 + 4 * (1 - np.exp(-side / 0.08))
    return height, body, blunt


def outline(height, body, blunt, n=60):
    """Outline from the tip to the foot: a super-ellipse, wide at the foot."""
    angle = np.linspace(0, np.pi / 2, n)
    r = body * np.sin(angle) ** (2 / np.sqrt(blunt * 2))
    z = height * np.cos(angle) ** (2 / blunt)
    r[0] = z[-1] = 0.0
    return np.stack([r, z], axis=1)


def electrode(points):
    """The active electrode's surface with the void that mirrors an outline."""
    r, z = points.T
    recess = np.clip(0.05 * (z - NUCLEUS), 0, 0.4)
    return np.vstack([np.stack([np.maximum.accumulate(r) * 1.02, LAYER + recess], axis=1), [RADIUS, LAYER]])


def tunnel_conductance(gap, tip_radius):
    """Tunnelling conductance of a disc, S: Simmons' law as the source article prints it."""
    wave = np.sqrt(2 * 0.8915 * 9.109e-31 * 4.2 * 1.602e-19)
    density = wave / (2 * gap * 1e-9) * (1.602e-19 / 6.626e-34) ** 2
    return density * np.exp(-2 * wave / 1.0546e-34 * gap * 1e-9) * np.pi * (tip_radius * 1e-9) ** 2


def cell_current(source, conductance, compliance):
    """Current of a conductance behind the compliance element, and the cell voltage, by bisection."""
    low, high = np.zeros_like(source), source.copy()
    for _ in range(80):
        cell = 0.5 * (low + high)
        excess = conductance * cell - compliance * -np.expm1(-(source - cell) / SMOOTHING)
        low, high = np.where(excess < 0, cell, low), np.where(excess < 0, high, cell)
    return conductance * cell, cell


def series(steps=420, compliance=COMPLIANCE, noise=0.0):
    """Columns of the made-up run as a dict of arrays, and its outlines."""
    t = times(steps)
    source = np.where(t <= 2, t, 4 - t)
    source[0] = 0.0
    shape = np.stack(geometry(t))
    current = None
    for _ in range(2):
        if current is not None:  # growth ends with the compliance: the outline stays as it was shortly after
            reached = np.nonzero(current > 0.99 * compliance)[0]
            if len(reached):
                shape = np.stack(
                    geometry(np.minimum(t, t[reached[0]] + 0.5 * -np.expm1(-np.maximum(t - t[reached[0]], 0) / 0.5)))
                )
        height, body, blunt = shape
        recess = np.clip(0.05 * (height - NUCLEUS), 0, 0.4)
        gap = LAYER + recess - height
        tip = 0.65 * body * (blunt / 2) ** 0.5
        tunnel, cell = cell_current(source, tunnel_conductance(gap, tip), compliance)
        ionic = 1e-14 * np.sinh(source / 0.2) * (1 + body)
        current = np.minimum(tunnel + ionic, compliance)
    rng = np.random.default_rng(1)
    current = current * (1 + noise * rng.standard_normal(steps))
    outlines = [outline(*row) for row in shape.T]
    volume = np.array([np.pi * np.sum(0.25 * (p[1:, 0] + p[:-1, 0]) ** 2 * -np.diff(p[:, 1])) for p in outlines])
    temperature = AMBIENT + 0.55e6 * current * cell
    columns = dict.fromkeys(COLUMNS, np.zeros(steps)) | {
        "time_s": t,
        "source_voltage_V": source,
        "cell_voltage_V": cell,
        "current_A": current,
        "ionic_current_A": ionic,
        "tunnel_current_A": tunnel,
        "junction_voltage_V": cell,
        "gap_nm": gap,
        "gap_vertical_nm": gap,
        "gap_shortest_nm": gap,
        "height_nm": height,
        "radius_max_nm": body,
        "radius_mean_nm": np.sqrt(volume / (np.pi * height)),
        "volume_nm3": volume,
        "recess_nm": recess,
        "temperature_max_K": temperature,
        "power_W": current * cell,
        "heat_W": current * cell,
        "charge_imbalance": np.full(steps, 1e-12),
        "newton_iterations": np.full(steps, 4),
        "step_s": np.diff(t, prepend=0),
        "vertices": np.full(steps, 1500),
    }
    return columns, outlines


STAIRS = """\
programme = [{kind = "current_sweep", peak = "20 uA", rate = "1 uA/s", voltage_limit = "2 V"}]
tunnelling.law = "blend"
"""


def stairs(levels=(0.02, 1, 2, 3, 4), starts=(3, 7, 12, 18), resistance=400.0, steps=400):
    """Columns and outlines of a current sweep 0 -> 20 -> 0 uA at 1 uA/s over an atomic contact that grows from level to
    level (G0) at times (s), in series with a resistance (ohm). The filament itself is that of the SET sweep."""
    t = np.linspace(0, 40, steps)
    current = 1e-6 * np.minimum(t, 40 - t)
    conductance = np.full(steps, float(levels[0]))
    for low, high, start in zip(levels[:-1], levels[1:], starts, strict=True):
        conductance += (high - low) * 0.5 * (1 + np.tanh((t - start) / 0.2))
    junction = current / (conductance * CONDUCTANCE_QUANTUM)
    columns, outlines = series(steps)
    return columns | {
        "time_s": t,
        "source_voltage_V": np.full(steps, 2.0),
        "cell_voltage_V": junction + resistance * current,
        "current_A": current,
        "ionic_current_A": np.zeros(steps),
        "tunnel_current_A": current,
        "junction_voltage_V": junction,
        "contact_atoms": conductance,
        "step_s": np.diff(t, prepend=0),
    }, outlines


def write_stairs(folder, **options):
    """Write a run of the current sweep `stairs` and return its folder."""
    text = CONFIG.format(compliance_mA=COMPLIANCE * 1e3).splitlines()
    text = STAIRS + "\n".join(line for line in text if "programme" not in line)
    columns, outlines = stairs(**options)
    return write_events(folder, text, columns, outlines, [])


def dense(polyline, spacing):
    """Points along a polyline at about a spacing, its own points among them."""
    pieces = [
        np.linspace(a, b, max(2, int(np.ceil(np.hypot(*(b - a)) / spacing)) + 1))
        for a, b in zip(polyline[:-1], polyline[1:], strict=True)
    ]
    return np.vstack(pieces)


def snapshot_fields(points, surface, temperature_max, cell_voltage, current, spacing=0.35):
    """A triangulated snapshot: points, triangles, point data and cell data with roughly the right looks."""
    lines = [
        dense(points, 0.08),
        dense(surface, 0.15),
        dense(np.array([[0, 0], [RADIUS, 0]]), 0.3),
        dense(np.array([[0, -HEIGHT], [RADIUS, -HEIGHT], [RADIUS, LAYER + HEIGHT], [0, LAYER + HEIGHT]]), 0.6),
        dense(np.array([[0, -HEIGHT], [0, LAYER + HEIGHT]]), 0.3),
    ]
    near = np.stack(np.meshgrid(np.arange(0.1, 7, spacing), np.arange(-2, 14, spacing)), -1).reshape(-1, 2)
    far = np.stack(np.meshgrid(np.arange(7, RADIUS, 1.0), np.arange(-HEIGHT, LAYER + HEIGHT, 1.0)), -1).reshape(-1, 2)
    fill = np.stack(
        np.meshgrid(np.arange(0.1, 7, 1.0), np.r_[np.arange(-HEIGHT, -2, 1.0), np.arange(14, LAYER + HEIGHT, 1.0)]),
        -1,
    )
    tip = points[0] + np.stack(np.meshgrid(np.arange(0.02, 4, 0.1), np.arange(-0.6, 0.9, 0.1)), -1).reshape(-1, 2)
    scattered = np.vstack([near, far, fill.reshape(-1, 2), tip])
    boundary = np.vstack(lines)
    distance = np.hypot(*(scattered[:, None] - boundary[None]).transpose(2, 0, 1)).min(axis=1)
    nodes = np.unique(np.round(np.vstack([boundary, scattered[distance > 0.07]]), 6), axis=0)
    triangles = Delaunay(nodes).simplices
    area = np.abs(cross2(*(nodes[triangles[:, k]] - nodes[triangles[:, 0]] for k in (1, 2))))
    triangles = triangles[area > 1e-9]
    centre = nodes[triangles].mean(axis=1)
    inside = np.interp(centre[:, 1], points[::-1, 1], points[::-1, 0], left=0, right=0) > centre[:, 0]
    above = centre[:, 1] > np.interp(centre[:, 0], *surface.T)
    material = np.select([centre[:, 1] < 0, inside, above], [0, 1, 3], 2)

    r, z = nodes.T
    away = np.hypot(r, z - points[0, 1])
    top, surface_height = np.interp(r, *points.T, right=0), np.interp(r, *surface.T)
    share = np.clip((z - top) / np.maximum(surface_height - top, 1e-9), 0, 1)
    wall = np.interp(z, points[::-1, 1], points[::-1, 0], left=0, right=0)
    drop = np.where((z > 0) & (r <= wall), 0.02 * z / LAYER, 0)
    electronic = np.where(z > 0, drop + (cell_voltage - 0.02) * share, 0)
    in_layer = (z >= 0) & (z <= surface_height + 1e-9) & (r >= wall - 1e-9)
    radius = np.maximum(np.interp(centre[:, 1], points[::-1, 1], points[::-1, 0], left=0, right=0), 0.3)
    spread = np.hypot(centre[:, 0], np.where(centre[:, 1] > LAYER, centre[:, 1] - LAYER, centre[:, 1])) + 1.5
    density = (
        np.select(
            [material == 1, material == 2],
            [current / (np.pi * radius**2), 1e-6 * current],
            current / (2 * np.pi * spread**2),
        )
        * 1e18
    )
    return (
        nodes,
        triangles,
        {
            "temperature_K": AMBIENT + (temperature_max - AMBIENT) / (1 + away / 2),
            "electric_potential_V": electronic,
            "ionic_potential_V": np.where(in_layer, 0.9 * cell_voltage, np.nan),
        },
        {"material": material, "current_density_A_m2": density, "joule_heat_W_m3": 1e-8 * density**2},
    )


def write_columns(folder, columns, outlines, compliance=COMPLIANCE):
    """Write a run with given columns and outlines, no snapshots, and return its folder."""
    with RunWriter(
        folder, config_text=CONFIG.format(compliance_mA=compliance * 1e3), provenance={"command": "synthetic"}
    ) as run:
        for k, points in enumerate(outlines):
            run.outline(columns["time_s"][k], k, points, electrode(points))
            run.step({name: values[k] for name, values in columns.items()})
    return folder


def write_run(folder, steps=420, compliance=COMPLIANCE, stop=None, noise=0.0, snapshots=True, finish=True):
    """Write the made-up run and return its folder. stop: number of steps after which it ends."""
    columns, outlines = series(steps, compliance, noise)
    text = CONFIG.format(compliance_mA=compliance * 1e3)
    run = RunWriter(folder, config_text=text, provenance={"command": "synthetic"})
    wanted = {
        f"{level:g}A": int(np.argmax(columns["current_A"] >= level))
        for level in (1e-7, 1e-4, 0.6 * compliance, 0.99 * compliance)
    }
    for k in range(steps if stop is None else stop):
        surface = electrode(outlines[k])
        run.outline(columns["time_s"][k], k, outlines[k], surface)
        run.step({name: values[k] for name, values in columns.items()})
        for label, row in wanted.items():
            if snapshots and k == row and k:
                row = {name: values[k] for name, values in columns.items()}
                fields = snapshot_fields(
                    outlines[k], surface, row["temperature_max_K"], row["cell_voltage_V"], row["current_A"]
                )
                run.snapshot(label, row["time_s"], row["source_voltage_V"], row["current_A"], *fields)
                run.event(row["time_s"], k, "snapshot", f"at {label}, asked for by the test")
    if finish:
        run.finish("finished", "end of the programme")
    return folder


def cycle(steps=420, back=240):
    """Columns and outlines of one cycle: the SET sweep, and a RESET of a number of steps back."""
    columns, outlines = series(steps)
    t = np.append(np.linspace(4, ONSET, back // 4 + 1)[1:], np.linspace(ONSET, CYCLE, back - back // 4 + 1)[1:])
    source = np.where(t <= 5.5, 4 - t, t - 7)
    _, body, blunt = geometry(np.array([2.0]))
    before = outlines[-1]
    gone = np.clip((t - RUPTURE) / (DISSOLVED - RUPTURE), 0, 1)
    height = np.where(t < RUPTURE, before[0, 1], (1 - gone) * 0.95 * before[0, 1] + gone * NUCLEUS)
    width = np.where(t < RUPTURE, 1.0, (1 - gone) + gone * NUCLEUS / body)
    waist = 1 - 0.95 * np.clip((t - ONSET) / (RUPTURE - ONSET), 0, 1) * (t < RUPTURE)
    shapes = [outline(h, body[0] * w, blunt[0] * (1 - g) + 2 * g) for h, w, g in zip(height, width, gone, strict=True)]
    for points, share in zip(shapes, waist, strict=True):
        points[:, 0] *= 1 - (1 - share) * np.exp(-(((points[:, 1] - 0.95 * points[0, 1]) / 0.5) ** 2))
    conductance = columns["current_A"][-2] / columns["cell_voltage_V"][-2]
    current = conductance * source * np.exp(-np.maximum(t - ONSET, 0) / 0.05) * (t < DISSOLVED) + 1e-90 * source
    volume = np.array([volume_of(points) for points in shapes])
    gap = LAYER + np.clip(0.05 * (height - NUCLEUS), 0, 0.4) - height
    back_columns = {name: np.full(len(t), values[-1]) for name, values in columns.items()} | {
        "time_s": t,
        "source_voltage_V": source,
        "cell_voltage_V": source,
        "current_A": current,
        "tunnel_current_A": current,
        "junction_voltage_V": source,
        "gap_nm": gap,
        "gap_vertical_nm": gap,
        "gap_shortest_nm": gap,
        "height_nm": height,
        "radius_max_nm": np.array([points[:, 0].max() for points in shapes]),
        "radius_mean_nm": np.sqrt(volume / (np.pi * height)),
        "volume_nm3": volume,
        "temperature_max_K": AMBIENT + 0.55e6 * current * source,
        "power_W": current * source,
        "heat_W": current * source,
        "step_s": np.diff(t, prepend=4.0),
    }
    return {name: np.append(columns[name], back_columns[name]) for name in COLUMNS}, outlines + shapes


def volume_of(points):
    """Volume of the body of revolution, roughly, nm3."""
    return np.pi * np.sum(0.25 * (points[1:, 0] + points[:-1, 0]) ** 2 * -np.diff(points[:, 1]))


def write_cycles(folder, count=3, stop=None, named=True, finish=True):
    """Write a run of several cycles and return its folder. stop: time (s) at which it ends.

    named: whether the programme has a repetition; otherwise the cycles are only seen in the voltage.
    """
    columns, outlines = cycle()
    later = {name: values[1:] for name, values in columns.items()}
    parts = [columns] + [later | {"time_s": later["time_s"] + CYCLE * k} for k in range(1, count)]
    columns = {name: np.concatenate([part[name] for part in parts]) for name in COLUMNS}
    outlines = outlines + outlines[1:] * (count - 1)
    events = []
    for k in range(count):
        at = k * CYCLE
        events += [(at + ONSET, "RESET onset", "-0.3 mA at -700 mV")]
        events += [(at + RUPTURE, "rupture", "a neck broke"), (at + DISSOLVED, "full dissolution", "only the nucleus")]
        for end, name in ((2, "SET"), (4, "SET"), (5.5, "RESET"), (7, "RESET")):
            events.append((at + end, "step ends", f"cycle {k + 1}, {name}" if named else name))
    text = CONFIG.format(compliance_mA=COMPLIANCE * 1e3)
    if named:
        head, _, tail = text.partition("\n[cell]")
        text = "\n".join([*(line for line in head.splitlines() if "programme" not in line), "[cell]" + tail])
        text += REPEAT.format(count=count)
    return write_events(folder, text, columns, outlines, events, stop, finish)


def write_retention(folder, steps=90, end=1e4, voltage=0.0):
    """Write a run without a current: a cylinder that gets a neck and breaks. Returns its folder."""
    t = np.append(0.0, np.geomspace(1e-3, end, steps - 1))
    t[np.argmin(np.abs(t - BROKEN))] = BROKEN
    before = np.clip(t / BROKEN, 0, 1) ** 0.4
    height = np.where(t < BROKEN, 9.7 - 2.7 * before, 1.4 + 1.1 * np.exp(-(t - BROKEN)))
    outlines = []
    for at, h, share in zip(t, height, before, strict=True):
        points = outline(h, 0.8 * np.sqrt(9.7 / h) if at < BROKEN else 1.3, 7 if at < BROKEN else 2)
        if at < BROKEN:
            points = dense(points, 0.2)
            points[:, 0] *= 1 - 0.9 * share**3 * np.exp(-((points[:, 1] - 2.5) ** 2))
        outlines.append(points)
    volume = np.where(t < BROKEN, 19.0, 5.0)
    gap = LAYER + 0.4 - height
    columns = dict.fromkeys(COLUMNS, np.zeros(steps)) | {
        "time_s": t,
        "source_voltage_V": np.full(steps, voltage),
        "gap_nm": gap,
        "gap_vertical_nm": gap,
        "gap_shortest_nm": gap,
        "height_nm": height,
        "radius_max_nm": np.array([points[:, 0].max() for points in outlines]),
        "radius_mean_nm": np.sqrt(volume / (np.pi * height)),
        "volume_nm3": volume,
        "temperature_max_K": np.full(steps, AMBIENT),
        "step_s": np.diff(t, prepend=0),
    }
    text = "\n".join(
        line for line in CONFIG.format(compliance_mA=COMPLIANCE * 1e3).splitlines() if "programme" not in line
    )
    events = [(BROKEN, "rupture", "a neck broke"), (end, "step ends", "step 1: hold")]
    return write_events(folder, HOLD + text, columns, outlines, events)


def write_events(folder, text, columns, outlines, events, stop=None, finish=True):
    """Write a run with given columns, outlines and events (time, name, detail), up to a time; return its folder."""
    time = columns["time_s"]
    last = len(time) if stop is None else int(np.searchsorted(time, stop, "right"))
    events = sorted(events)
    run = RunWriter(folder, config_text=text, provenance={"command": "synthetic"})
    for k in range(last):
        run.outline(time[k], k, outlines[k], electrode(outlines[k]))
        run.step({name: values[k] for name, values in columns.items()})
        while events and events[0][0] <= time[k] + 1e-9:
            at, name, detail = events.pop(0)
            run.event(at, k, name, detail)
    if finish:
        run.finish("finished", "end of the programme")
    return folder
