"""Pages to turn a scene in: they hold all that they need, and say what they show."""

import base64
import io
import json
import re
import sys
import zipfile
from html.parser import HTMLParser

import numpy as np
import pytest
from helpers import synthetic
from matplotlib.colors import LogNorm, Normalize

from ecmsim.errors import PlotError
from ecmsim.plot import draw, interactive, shapes
from ecmsim.results import open_run


@pytest.fixture(scope="module")
def sweep(tmp_path_factory):
    return open_run(synthetic.write_run(tmp_path_factory.mktemp("sweep") / "run"))


@pytest.fixture(scope="module")
def page(sweep, tmp_path_factory):
    """The page of the elephant plot, as text."""
    (path,) = draw("elephant", sweep, tmp_path_factory.mktemp("page") / "new" / "e.html")
    return path.read_text(encoding="utf-8")


class Resources(HTMLParser):
    """What the tags of a page name, and its policy."""

    def __init__(self, text):
        super().__init__()
        self.named, self.policy = [], None
        self.feed(text)

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.named += [(tag, attributes[key]) for key in ("src", "href", "srcset", "data") if key in attributes]
        if attributes.get("http-equiv") == "Content-Security-Policy":
            self.policy = attributes["content"]


def scene_of(page):
    """The scene that a page holds: its description with arrays."""
    packed = base64.b64decode(re.search(r'const base64Str = "([^"]*)"', page)[1])
    return json.loads(zipfile.ZipFile(io.BytesIO(packed)).read("index.json"))


def shown_of(page):
    """The texts and the view that lie over the scene."""
    return json.loads(re.search(r"const shown = (\{.*\});", page)[1].replace("<\\/", "</"))


@pytest.mark.slow
def test_the_page_names_no_external_resource(page):
    found = Resources(page)
    assert not found.named
    rules = dict(rule.split(maxsplit=1) for rule in found.policy.split("; "))
    assert rules["default-src"] == "'none'" and "http" not in found.policy and "*" not in found.policy
    assert page.index("Content-Security-Policy") < page.index("<script")
    assert not re.search(r"https?://[^\s\"'`]*(?:\.js|\.css|\.png|\.woff|favicon)", page)
    assert not re.search(r"(?:import|importScripts|fetch)\(\s*[\"']https?:", page)


@pytest.mark.slow
def test_the_page_holds_the_surface(sweep, page):
    scene = scene_of(page)
    clock, at, outlines = shapes.history(sweep)
    arrays = [entry["content"] for entry in scene["hashes"].values() if entry["type"] == "Float32Array"]
    largest = max((np.frombuffer(base64.b64decode(text), np.float32) for text in arrays), key=len).reshape(-1, 3)
    rows = len(largest) / (2 * shapes.ALONG - 1)
    assert rows == int(rows) and 250 < rows <= 370
    points = [np.frombuffer(base64.b64decode(text), np.float32) for text in arrays]
    heights = [array.reshape(-1, 3)[:, 2].max() for array in points if len(array) == largest.size]
    assert outlines[..., 1].max() == pytest.approx(max(heights), abs=1e-3)


@pytest.mark.slow
def test_the_page_has_axes_with_units_and_marks(page, sweep):
    shown = shown_of(page)
    labels = [text["text"] for text in shown["texts"] if text["kind"] == "label"]
    assert labels == ["Lateral position (nm)", "Time (s)", "Height (nm)"]
    assert [text["text"] for text in shown["texts"] if text["kind"] == "mark"] == ["Γ", "Y", "Λ"]
    ticks = {text["text"]: text["at"] for text in shown["texts"] if text["kind"] == "tick"}
    assert ticks["8"][2] == pytest.approx(8)
    assert "<title>synthetic SET sweep</title>" in page and "<h1>synthetic SET sweep</h1>" in page
    assert "Highest temperature T<sub>max</sub> (K)" in page


@pytest.mark.slow
def test_the_page_of_a_solid(sweep, tmp_path):
    (path,) = draw("solid", sweep, tmp_path / "s.html", snapshot="1e-07A,0.0006A")
    text = path.read_text(encoding="utf-8")
    marks = [item for item in shown_of(text)["texts"] if item["kind"] == "mark"]
    assert len(marks) == 2 and marks[0]["at"][0] < marks[1]["at"][0] and "gap 0." in marks[1]["text"]
    assert not Resources(text).named and "Temperature (K)" in text


@pytest.mark.slow
def test_regimes_have_a_legend(sweep, tmp_path):
    (path,) = draw("elephant", sweep, tmp_path / "e.html", colour="regime")
    assert re.findall(r">(regime \w)</b>", path.read_text(encoding="utf-8")) == ["regime A", "regime B", "regime C"]


def test_titles_are_escaped(tmp_path):
    columns, outlines = synthetic.series(60)
    text = synthetic.CONFIG.format(compliance_mA=1.0).replace("synthetic SET sweep", "</script><b>x & y")
    run = open_run(synthetic.write_events(tmp_path / "run", text, columns, outlines, []))
    (path,) = draw("elephant", run, tmp_path / "e.html")
    page = path.read_text(encoding="utf-8")
    assert "<h1>&lt;/script&gt;&lt;b&gt;x &amp; y</h1>" in page and "</script><b>" not in page


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Height (nm)", "Height (nm)"),
        (r"$\log_{10}(t\,/\,\mathrm{s})$", "log<sub>10</sub>(t\u2009/\u2009s)"),
        (r"Highest $T_\mathrm{max}$ (K)", "Highest T<sub>max</sub> (K)"),
        (r"$|I|\,/\,\pi r^2$ (A/m²)", "|I|\u2009/\u2009π r<sup>2</sup> (A/m²)"),
        ("a < b & c", "a &lt; b &amp; c"),
    ],
)
def test_labels_as_html(text, expected):
    assert interactive.as_html(text) == expected


def test_colour_bars_have_their_ticks_in_place():
    from matplotlib import colormaps

    bar = interactive.bar_html(colormaps["viridis"], LogNorm(1e2, 1e6), "j")
    assert "bottom:50.00%" in bar and "10<sup>4</sup>" in bar and "#440154 0%" in bar and "#fde725 100%" in bar
    bar = interactive.bar_html(colormaps["viridis"], Normalize(-1, 1), "U")
    assert 'bottom:50.00%">0<' in bar and "−1" in bar


def test_the_camera_shows_all_points():
    class Camera:
        position, focal_point, up = (0.0, -10, 0), (0.0, 0, 0), (0.0, 0, 1)

    shown = interactive.aim(Camera, np.array([[1.0, 5, -2], [3, 7, 4]]))
    assert shown["view"]["focalPoint"] == pytest.approx([2, 6, 1])
    assert shown["view"]["position"] == pytest.approx([2, -4, 1])
    assert (shown["wide"], shown["tall"]) == pytest.approx((interactive.MARGIN * 1, interactive.MARGIN * 3))


@pytest.mark.slow
def test_errors(sweep, tmp_path, monkeypatch):
    with pytest.raises(PlotError, match=r"iv.html: its name must end in .png, .pdf, .svg$"):
        draw("iv", sweep, tmp_path / "iv.html")
    (tmp_path / "file").write_text("")
    with pytest.raises(PlotError, match="cannot write .*choose another place with --out"):
        draw("elephant", sweep, tmp_path / "file" / "e.html")
    monkeypatch.setitem(sys.modules, "trame_vtk.modules.vtk", None)
    with pytest.raises(PlotError, match=r"pages need trame-vtk: pip install .*ecmsim\[plot\]"):
        draw("elephant", sweep, tmp_path / "e.html")
