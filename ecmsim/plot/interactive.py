"""A scene as a page to turn it in with a browser: one file that needs no network, drawn by vtk.js."""

import html
import io
import json
import re
import zipfile
from pathlib import Path

import numpy as np

from ecmsim.errors import PlotError
from ecmsim.plot import scene, style

SUFFIX = ".html"
TICK_GAP, LABEL_GAP = 0.03, 0.085  # of texts from their axis, as shares of the box's diagonal
MARGIN = 1.1  # around what is shown
# The browser may load nothing but what the page holds.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval' blob: data:; style-src 'unsafe-inline'; "
    "img-src data: blob:; worker-src blob: data:; connect-src blob: data:"
)
OVERLAY = Path(__file__).with_name("interactive.html")
ENTITIES = {r"\pi": "π", r"\cdot": "·", r"\,": "\u2009", r"\log": "log", "-": "−"}


def write(plotter, output, title, box, sides=(), marks=(), bar=None, keys=()):
    """Write a pyvista plotter's scene as a page, seen as its camera sees it, with texts laid over. Returns output.

    title: plain text. box: ((x0, x1), (y0, y1), (z0, z1)) that is to fit into the window. sides: axes as
    `scene.draw_axis` takes them. marks: (text, point) of names in the scene. bar: (map, norm, label) of a colour bar,
    or None. keys: (text, colour) of a legend. PlotError where trame-vtk is missing or the file cannot be written.
    """
    import pyvista

    texts = [(np.asarray(at, dtype=float), text, "mark") for text, at in marks]
    diagonal = float(np.hypot.reduce([np.ptp(span) for span in box]))
    for start, end, outwards, ticks, label in sides:
        start, end, outwards = (np.asarray(value, dtype=float) for value in (start, end, outwards))
        outwards = outwards / np.linalg.norm(outwards) * diagonal
        texts += [(start + share * (end - start) + TICK_GAP * outwards, text, "tick") for share, text in ticks]
        texts.append((0.5 * (start + end) + LABEL_GAP * outwards, label, "label"))
        plotter.add_mesh(pyvista.Line(start, end), color=style.BLACK, line_width=3, lighting=False)
    corners = np.stack(np.meshgrid(*box, indexing="ij"), -1).reshape(-1, 3)
    shown = aim(plotter.camera, np.vstack([corners, *(at for at, *_ in texts)]))
    shown["texts"] = [{"at": at.tolist(), "text": as_html(text), "kind": kind} for at, text, kind in texts]
    overlay = OVERLAY.read_text(encoding="utf-8")
    for mark, text in (
        ("TITLE", html.escape(title)),
        ("KEYS", "".join(f'<b style="color:{colour}">{as_html(text)}</b>' for text, colour in keys)),
        ("BAR", bar_html(*bar) if bar else ""),
        ("SHOWN", json.dumps(shown).replace("</", "<\\/")),
    ):
        overlay = overlay.replace(f"@{mark}@", text)
    text = viewer(plotter)
    head = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n    <title>{html.escape(title)}</title>'
    text = re.sub(r"<title>.*?</title>", lambda _: head, text, count=1, flags=re.DOTALL)
    text = re.sub(r"https?://[^\"'`]*/(?=icon/favicon)", "data:,", text)  # the viewer's icon: none
    before, body, after = text.rpartition("</body>")
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(before + overlay + body + after, encoding="utf-8")
    except OSError as error:
        raise PlotError(f"cannot write {output}: {error.strerror or error}; choose another place with --out") from error
    return output


def viewer(plotter):
    """The page of trame's viewer with the scene in it. PlotError where trame-vtk is missing."""
    try:
        from trame_vtk.modules.vtk import serializers
        from trame_vtk.tools.vtksz2html import write_html
    except ImportError as error:
        raise PlotError("pages need trame-vtk: pip install trame-vtk (the extra ecmsim[plot])") from error
    serializers.configure_serializer(skip_light=False, encode_lut=True)
    serializers.initialize_serializers()
    context = serializers.SynchronizationContext()
    context.set_ignore_last_dependencies(True)
    plotter.render()
    window = plotter.render_window
    described = serializers.serialize(None, window, serializers.reference_id(window), context, 1)
    camera = window.GetRenderers().GetFirstRenderer().GetActiveCamera()
    described["extra"] = {
        "vtkRefId": serializers.reference_id(window),
        "centerOfRotation": camera.GetFocalPoint(),
        "camera": serializers.reference_id(camera),
    }
    arrays = {
        entry["hash"]: entry | {"content": context.get_cached_data_array(entry["hash"], False)}
        for entry in serializers.extract_array_hash(described)
    }
    packed, text = io.BytesIO(), io.StringIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("index.json", json.dumps({"hashes": arrays, "scene": described}))
    write_html(packed.getvalue(), text)
    return text.getvalue()


def aim(camera, points):
    """How to look at points (n, 3) in the direction of a camera: its new place, half height and width to show (nm)."""
    towards = np.subtract(camera.position, camera.focal_point)
    distance = np.linalg.norm(towards)
    towards /= distance
    right = np.cross(camera.up, towards)
    right /= np.linalg.norm(right)
    up = np.cross(towards, right)
    across, along = points @ right, points @ up
    centre = 0.5 * ((across.min() + across.max()) * right + (along.min() + along.max()) * up)
    centre += np.mean(points @ towards) * towards
    view = {"position": centre + distance * towards, "focalPoint": centre, "viewUp": np.asarray(camera.up, dtype=float)}
    view = {name: value.tolist() for name, value in view.items()}
    return {"view": view, "tall": MARGIN * 0.5 * float(np.ptp(along)), "wide": MARGIN * 0.5 * float(np.ptp(across))}


def bar_html(scale, norm, label):
    """A colour bar: the gradient, with ticks at its side."""
    from matplotlib.colors import LogNorm, to_hex

    stops = ", ".join(f"{to_hex(scale(share))} {100 * share:.0f}%" for share in np.linspace(0, 1, 33))
    if isinstance(norm, LogNorm):
        decades = np.arange(np.ceil(np.log10(norm.vmin) - 1e-9), np.floor(np.log10(norm.vmax) + 1e-9) + 1)
        ticks = [(10.0**decade, f"10<sup>{scene.number(decade)}</sup>") for decade in decades]
    else:
        ticks = [(value, scene.number(value)) for value in scene.nice_ticks(norm.vmin, norm.vmax, 6)]
    marks = "".join(f'<i style="bottom:{100 * float(norm(value)):.2f}%">{text}</i>' for value, text in ticks)
    return f'<span>{as_html(label)}</span><div style="background:linear-gradient(to top, {stops})">{marks}</div>'


def as_html(text):
    """A label of matplotlib's, with what it has of mathematics, as HTML."""
    parts = []
    for k, part in enumerate(text.split("$")):
        part = html.escape(part, quote=False)
        if k % 2:
            part = re.sub(r"\\math\w+\{(\w+)\}", r"{\1}", part)
            part = re.sub(r"_(?:\{(.*?)\}|(\w))", r"<sub>\1\2</sub>", part)
            part = re.sub(r"\^(?:\{(.*?)\}|(\w))", r"<sup>\1\2</sup>", part)
            for name, entity in ENTITIES.items():
                part = part.replace(name, entity)
            part = part.replace("{", "").replace("}", "")
        parts.append(part)
    return "".join(parts)
