"""The map of the quantized conductance: every atom has its tick, and no legend or label lies on a line."""

import numpy as np
import pytest

from ecmsim.plot import table_map
from ecmsim.quantum.lookup import Lookup

pytestmark = pytest.mark.usefixtures("no_warnings")


@pytest.fixture(params=["Ag", "Cu"])
def drawn(request, figures, tmp_path):
    """The lookup, the figure and its three panels, laid out."""
    lookup = Lookup(request.param)
    table_map.draw(lookup, tmp_path / "map.png")
    figure = figures["map.png"]
    figure.canvas.draw()
    named = {axes.get_xlabel(): axes for axes in figure.axes}
    return lookup, figure, [named[name] for name in named if name.startswith(("Radius", "Gap"))]


def extent(artist):
    return artist.get_window_extent()


@pytest.mark.slow
def test_every_atom_has_a_tick_and_every_small_number_its_name(drawn):
    lookup, _, (mapped, *_) = drawn
    [above] = [child for child in mapped.child_axes if child.get_xlabel().startswith("Atoms")]
    last = int((mapped.get_xlim()[1] / lookup.atom_radius) ** 2)
    assert list(above.get_xticks()) == list(range(1, last + 1))
    labels = [tick.get_text() for tick in above.get_xticklabels()]
    assert labels[:9] == [str(k) for k in range(1, 10)] and set(labels[9:]) <= {"", *map(str, range(10, last + 1))}
    boxes = [extent(tick) for tick in above.get_xticklabels() if tick.get_text()]
    assert all(left.x1 < right.x0 for left, right in zip(boxes[:-1], boxes[1:], strict=True))


@pytest.mark.slow
def test_nothing_hides_the_contours(drawn):
    _, figure, (mapped, *_) = drawn
    assert mapped.get_legend() is None
    [legend] = [legend for part in figure.subfigs for legend in part.legends]
    assert [text.get_text() for text in legend.get_texts()] == ["integers", "decades", "end of the table"]
    assert not any(extent(legend).overlaps(extent(axes)) for axes in figure.axes)
    frame = extent(mapped)
    for text in mapped.texts:
        if text.get_text().isdigit():
            box = extent(text)
            assert frame.x0 < box.x0 and box.x1 < frame.x1, text.get_text()


@pytest.mark.slow
def test_the_decay_is_told_beside_the_lines(drawn):
    lookup, _, (*_, gaps) = drawn
    [told] = [text for text in gaps.texts if "kappa" in text.get_text()]
    box = extent(told)
    end = gaps.transData.transform((lookup.last_gap, 1.0))[0]
    assert end < box.x0 and box.x1 < extent(gaps).x1
    x, y = gaps.transData.transform(np.column_stack(gaps.get_lines()[0].get_data())).T
    assert (y[(x > box.x0) & (x < box.x1)] < box.y0).all()
