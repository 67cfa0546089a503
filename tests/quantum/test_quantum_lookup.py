"""The run-time lookup: through the table's points, monotone, smooth over every joint, fast, and careful about input."""

import itertools
import json
import re
import subprocess
import sys
import time

import numpy as np
import pytest
from scipy import constants as si
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression
from typer.testing import CliRunner

from ecmsim import constants
from ecmsim.commands.cli import app, main
from ecmsim.constants import CONDUCTANCE_QUANTUM, ELECTRON_MASS
from ecmsim.errors import ConfigError, PlotError, TransportError
from ecmsim.physics.tunnelling import Simmons
from ecmsim.plot import table_map
from ecmsim.quantum import sharvin
from ecmsim.quantum.barrier import decay_constant
from ecmsim.quantum.lookup import Lookup, lookup
from ecmsim.quantum.monotone import Curves, monotone
from ecmsim.quantum.table import FORMAT, TABLES, VERSION, load_table

CONSTANT = 4.16
ATOM = np.sqrt(np.sqrt(3) / 4 * (0.1 * CONSTANT) ** 2 / np.pi)  # of (111)
TOUCHING = 0.1 * CONSTANT / np.sqrt(2)
ENERGIES = np.linspace(-0.5, 0.5, 11)
# Sizes with the T of their shapes; the mean of 5 atoms is below that of 4.
CONTACTS = {1: (0.95, 1.25), 2: (1.7,), 3: (2.4, 3.3), 4: (3.6, 3.8), 5: (3.65,), 7: (5.9, 7.3), 12: (10.0, 11.0)}
# Separations (angstrom); T(2.6) is below T(2.8).
TIPS = {2.6: 0.98, 2.8: 0.99, 3.2: 0.95, 3.7: 0.8, 4.0: 0.61, 4.5: 0.38, 5.0: 0.17, 5.5: 0.07, 6.0: 0.025}
SETTINGS = {"lattice_constant": CONSTANT, "face": "111"}


def point(name, branch, atoms, T, separation=None, flags=(), rise=0.3, curve=0.0):
    """An entry as the table has it; T(E) = T (1 + rise E + curve E^2)."""
    samples = T * (1 + rise * ENERGIES + curve * ENERGIES**2)
    return {
        "name": name,
        "branch": branch,
        "of": None,
        "shape": {"form": "tips" if separation else "neck"},
        "atoms": atoms,
        "radius_nm": ATOM * np.sqrt(atoms),
        "separation_nm": separation and separation / 10,
        "T": T,
        "channels": [T],
        "energies_eV": list(ENERGIES),
        "transmission": list(samples),
        "spread": [min(samples), max(samples)],
        "flags": list(flags),
        "checks": {},
        "settings": {},
        "hash": "0",
        "seconds": 1.0,
    }


def necks(contacts=CONTACTS, **more):
    return [
        point(f"neck-{n}-{k}", "contact", n, T, **more) for n, found in contacts.items() for k, T in enumerate(found)
    ]


def tips(found=TIPS, **more):
    return [point(f"tips-{s}", "gap", 1, T, separation=s, **more) for s, T in found.items()]


def write(path, points, **header):
    content = {"format": FORMAT, "version": VERSION, "metal": "Xx", "method": "made up", "settings": SETTINGS}
    path.write_text(json.dumps(content | header | {"points": points}))
    return path


@pytest.fixture(scope="module")
def made_up(tmp_path_factory):
    """The file of a made-up table; far tips are flagged and count for nothing."""
    far = point("tips-7", "gap", 1, 0.02, separation=7.0, flags=["the tail of the basis"])
    return write(tmp_path_factory.mktemp("table") / "Xx.json", [*necks(curve=1.0), *tips(rise=1.0), far])


def complete(path):
    """Whether a table has what a lookup needs."""
    table = load_table(path)
    return bool(table.branch("contact")) and len(table.branch("gap")) > 2


REAL = [str(path) for path in sorted(TABLES.glob("*.json")) if complete(str(path))]


@pytest.fixture(scope="module", params=["made up", *REAL])
def file(request, made_up):
    return made_up if request.param == "made up" else request.param


@pytest.fixture(scope="module", params=[0.5, None], ids=["steps", "smooth"])
def found(request, file):
    return Lookup(file, step=request.param)


@pytest.fixture(scope="module")
def smooth(made_up):
    return Lookup(made_up, step=None)


# --- curves ------------------------------------------------------------------------------------------------------


def test_isotonic_means():
    """Pooling adjacent violators: their weighted mean."""
    assert monotone([[1.0, 3.0, 2.0, 5.0]], [1, 1, 3, 1])[0] == pytest.approx([1, 2.25, 2.25, 5])
    assert monotone([[3.0, 1.0, 2.0]], rising=False)[0] == pytest.approx([3, 1.5, 1.5])


@pytest.mark.parametrize("rising", [True, False])
def test_isotonic_means_against_scipy(rising):
    rng = np.random.default_rng(3)
    for size in (1, 2, 5, 40):
        values = np.round(rng.normal(size=(20, size)) + 0.1 * np.arange(size), 1)  # with equal ones among them
        weights = rng.integers(1, 5, size)
        expected = [isotonic_regression(row, weights=weights, increasing=rising).x for row in values]
        assert monotone(values, weights, rising) == pytest.approx(np.array(expected), abs=1e-13)


def test_curves_against_scipy():
    """PCHIP's own curve between the points, where its slopes at the ends are given."""
    rng = np.random.default_rng(4)
    for size in (2, 3, 4, 30):
        x = np.cumsum(rng.uniform(0.05, 2, size))
        y = np.round(np.cumsum(rng.normal(size=(6, size)), axis=1), 1)  # rising, falling, level
        expected = PchipInterpolator(x, y, axis=1)
        curves = Curves(x, y, *expected(x[[0, -1]], 1).T)
        fine = np.sort(np.concatenate([x, rng.uniform(x[0], x[-1], 300)]))
        values, slopes = curves(fine, np.arange(6)[:, None])
        assert values == pytest.approx(expected(fine), abs=1e-12)
        assert slopes == pytest.approx(expected(fine, 1), abs=1e-11)


def test_constants_are_codata_s():
    ours = "ELEMENTARY_CHARGE", "PLANCK", "BOLTZMANN", "ELECTRON_MASS", "FARADAY", "CONDUCTANCE_QUANTUM", "BOLTZMANN_EV"
    theirs = si.e, si.h, si.k, si.m_e, si.N_A * si.e, 2 * si.e**2 / si.h, si.k / si.e
    assert [getattr(constants, name) for name in ours] == pytest.approx(theirs, rel=3e-9)


def test_numpy_is_enough(made_up):
    """Where SciPy cannot be imported a lookup is made and used all the same."""
    code = f"""
import sys
sys.modules["scipy"] = None
from ecmsim.quantum.lookup import lookup
print(repr(float(lookup({str(made_up)!r}, 0.33, 0.1, 0.2).conductance)))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=1500)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) == pytest.approx(lookup(made_up, 0.33, 0.1, 0.2).conductance, rel=1e-12)


def test_curves_keep_points_slopes_and_order():
    x = np.array([0, 1, 1.1, 3, 4])
    y = np.array([[0, 1, 5, 5, 6], [6, 5, 1, 0, -9]])
    curves = Curves(x, y, [0.5, -0.5], [2.0, -9.0])
    rows = np.array([[0], [1]])
    assert curves(x, rows)[0] == pytest.approx(y)
    fine = np.linspace(-1, 5, 4001)
    values, slopes = curves(fine, rows)
    assert (np.diff(values[0]) >= -1e-12).all() and (np.diff(values[1]) <= 1e-12).all()
    assert slopes[:, 0] == pytest.approx([0.5, -0.5]) and slopes[:, -1] == pytest.approx([2, -9])
    assert values[:, 0] == pytest.approx([-0.5, 6.5]) and values[:, -1] == pytest.approx([8, -18])
    numeric = np.gradient(values, fine, axis=1)
    assert abs(numeric - slopes)[:, 1:-1].max() < 0.02 * abs(slopes).max()


# --- every table -------------------------------------------------------------------------------------------------


def joints(found):
    """Radii and gaps at which pieces meet."""
    atoms = found.table.contacts["atoms"]
    radii = [found.atom_radius * np.sqrt(n) for n in (*atoms, *(atoms + 0.25), *(atoms + 0.75))]
    radii += [radii[0] / 2, found.last_radius + found.atom_radius]
    return np.array(radii), found._gap.x


def test_monotone_and_positive(found):
    radii, gaps = np.geomspace(0.02, 20, 600), np.linspace(-0.5, 3, 500)
    for bias in (0.0, 0.5 * found.largest_bias):
        G = found(radii[:, None], gaps, bias).conductance
        assert (G > 0).all()
        assert (np.diff(G, axis=0) >= -1e-12 * G[1:]).all()
        assert (np.diff(G, axis=1) <= 1e-12 * G[:, 1:]).all()


def test_no_jump_in_value_or_slope_where_laws_join(found):
    radii, gaps = joints(found)
    h = 1e-9
    for bias in (0.0, 0.37 * found.largest_bias):
        left, right = found(radii - h, 0.1, bias), found(radii + h, 0.1, bias)
        assert right.conductance == pytest.approx(left.conductance, rel=1e-6)
        scale = (left.conductance / radii).max()
        assert abs(right.by_radius - left.by_radius).max() < 1e-5 * scale
        left, right = found(0.3, gaps - h, bias), found(0.3, gaps + h, bias)
        assert right.conductance == pytest.approx(left.conductance, rel=1e-6)
        assert abs(right.by_gap - left.by_gap).max() < 1e-5 * found.decay * left.conductance.max()


def test_derivatives(found):
    """Central differences at random points and at the joints."""
    rng = np.random.default_rng(1)
    radii, gaps = joints(found)
    radii = np.concatenate([rng.uniform(0.05, 1.5, 400), radii])
    gaps = np.concatenate([np.resize(gaps, 300), rng.uniform(-0.1, 1.0, len(radii) - 300)])
    bias = rng.uniform(-0.95, 0.95, len(radii)) * found.largest_bias
    here, h = found(radii, gaps, bias), 1e-7
    for name, step in (("by_radius", (h, 0, 0)), ("by_gap", (0, h, 0)), ("by_bias", (0, 0, h))):
        up, down = ((radii + s * step[0], gaps + s * step[1], bias + s * step[2]) for s in (1, -1))
        numeric = (found(*up).conductance - found(*down).conductance) / (2 * h)
        error = abs(numeric - getattr(here, name)) / here.conductance
        assert error.max() < 5e-4, name  # of slopes of up to 50/nm


def test_spread_encloses_the_value_and_the_shapes(found):
    table = found.table.contacts
    result = found(found.atom_radius * np.sqrt(table["atoms"]), 0.0)
    assert (result.low <= result.conductance).all() and (result.high >= result.conductance).all()
    several = table["shapes"] > 1
    assert (result.low[several] <= CONDUCTANCE_QUANTUM * table["minimum"][several] * (1 + 1e-9)).all()
    assert (result.high[several] >= CONDUCTANCE_QUANTUM * table["maximum"][several] * (1 - 1e-9)).all()


def test_wide_contacts_spread_by_as_many_quanta_as_the_widest_of_the_table(found):
    table = found.table.contacts
    last = table["radius"][table["shapes"] > 1][-1]
    result = found(found.atom_radius * np.sqrt([30.0, 300.0, 3000.0]), 0.0)
    at_last = found(last, 0.0)
    for side in ("low", "high"):
        wide, there = (abs(getattr(r, side) - r.conductance) for r in (result, at_last))
        assert wide == pytest.approx(there, rel=1e-5, abs=1e-12 * CONDUCTANCE_QUANTUM)


def test_the_spread_goes_as_the_conductance(found):
    """With steps it stands still where G does, at that of whole atoms, and passes to the next one's as G does."""
    if found.step is None:
        return
    table, of = found.table.contacts, Lookup(found.table, step=None)
    for bias in (0.0, 0.43 * found.largest_bias):
        for atoms in (1, 2, *table["atoms"][1:-1], table["atoms"][-1] + 3):
            steady = found(found.atom_radius * np.sqrt(atoms + np.array([-0.24, -0.1, 0, 0.1, 0.24])), 0.2, bias)
            here, there = (of(found.atom_radius * np.sqrt(n), 0.2, bias) for n in (atoms, atoms + 1))
            middle = found(found.atom_radius * np.sqrt(atoms + 0.5), 0.2)
            here_0, there_0 = (of(found.atom_radius * np.sqrt(n), 0.2) for n in (atoms, atoms + 1))
            for name in ("conductance", "low", "high"):
                assert getattr(steady, name) == pytest.approx(getattr(here, name), rel=1e-9)
                mean = (getattr(here_0, name) + getattr(there_0, name)) / 2
                assert getattr(middle, name) == pytest.approx(mean, rel=1e-9)


def test_one_atom_conducts_a_quantum(found):
    assert 0.7 < found(found.atom_radius, 0.0).transmission < 1.5


def test_a_decade_an_angstrom_once_out_of_contact(found):
    """Vacuum: 1.8 to 2.3 powers of e an angstrom, W = 3.2 to 5 eV; less while the atoms still bond."""
    far = found(found.atom_radius, found.last_gap + np.array([0.1, 0.2])).transmission
    assert 0.6 < np.log10(far[0] / far[1]) < 1.2


def test_wide_contacts_follow_sharvin(found):
    radii = np.array([1.0, 3.0, 30.0]) + found.last_radius
    exact = sharvin.transmission(radii, found.wave_number, found.shifts[0])
    assert found(radii, 0.0).transmission == pytest.approx(exact, rel=1e-9 if found.step is None else 0.05)
    assert exact[-1] == pytest.approx((found.wave_number * radii[-1] / 2) ** 2, rel=0.03)


def test_a_run_through_contact(found):
    """Growing: the gap closes, then the neck widens; no step along the way is larger than the slope says."""
    t = np.linspace(0, 1, 40001)
    gap, radius = np.maximum(0.8 - 1.6 * t, 0.0), np.maximum(t - 0.4, 0) + 0.1
    G = found(radius, gap).transmission
    assert (np.diff(G) >= -1e-12 * G[1:]).all() and np.diff(np.log(G)).max() < 2.5e-3


def test_fast(found):
    rng = np.random.default_rng(2)
    radius, gap = rng.uniform(0.05, 1.5, 100_000), rng.uniform(-0.1, 1.0, 100_000)
    found(radius[:10], gap[:10])
    best = np.inf
    for _ in range(3):
        start = time.process_time()
        found(radius, gap)
        best = min(best, time.process_time() - start)
    single = np.inf
    for _ in range(3):
        start = time.process_time()
        for r, g in zip(radius[:300], gap[:300], strict=True):
            found(r, g)
        single = min(single, (time.process_time() - start) * len(radius) / 300)
    print(f"{len(radius) / best:.3g} points a second, {single / best:.3g} times a loop over single points")
    assert single > 100 * best


# --- the made-up table -------------------------------------------------------------------------------------------


def test_through_the_table_s_points(smooth):
    for atoms in (1, 2, 3, 7, 12):
        assert smooth(ATOM * np.sqrt(atoms), 0.0).transmission == pytest.approx(np.mean(CONTACTS[atoms]))
    # Two shapes of four atoms and one of five, in the wrong order, weighted in ln T.
    pooled = np.exp((2 * np.log(3.7) + np.log(3.65)) / 3)
    assert smooth(ATOM * np.sqrt([4, 5]), 0.0).transmission == pytest.approx([pooled, pooled])
    one = smooth(ATOM, 0.0).transmission
    ratio = smooth(ATOM, np.array([0.4, 0.5, 0.6]) - TOUCHING).transmission / one
    assert ratio[0] / ratio[1] == pytest.approx(0.61 / 0.17) and ratio[1] / ratio[2] == pytest.approx(0.17 / 0.025)
    # At contact between T(2.8) and T(3.2); deeper nothing changes.
    assert 0.95 < 0.61 / ratio[0] < 0.99
    assert smooth(ATOM, np.array([-0.01, -3.0])).transmission == pytest.approx([one, one])


def test_less_than_an_atom(smooth, made_up):
    one = smooth(ATOM, 0.0).transmission
    assert smooth(ATOM * np.array([0.5, 0.1]), 0.0).transmission == pytest.approx(one * np.array([0.25, 0.01]))
    assert Lookup(made_up)(ATOM * np.array([0.5, 0.1]), 0.0).transmission == pytest.approx([one, one])


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_plateaus(smooth, made_up, step):
    stepped = Lookup(made_up, step=step)
    for atoms in (1, 2, 3, 9, 40):
        inside = np.array([-1, 0, 1]) * 0.499 * (1 - step) + atoms
        expected = smooth(ATOM * np.sqrt(atoms), 0.0).transmission
        result = stepped(ATOM * np.sqrt(inside), 0.0)
        assert result.transmission == pytest.approx(np.full(3, expected))
        assert abs(result.by_radius).max() < 1e-9 * CONDUCTANCE_QUANTUM
        middle = stepped(ATOM * np.sqrt(atoms + 0.5), 0.0).transmission
        assert middle == pytest.approx((expected + smooth(ATOM * np.sqrt(atoms + 1), 0.0).transmission) / 2)


def test_the_barrier_of_a_dielectric(made_up, smooth):
    assert smooth.decay == pytest.approx(np.log(0.07 / 0.025) / 0.05)
    decay = decay_constant(2.0, 0.5)
    layer = Lookup(made_up, decay=decay)
    far = layer(ATOM, np.array([0.5, 1.0, 1.5]))
    assert far.by_gap / far.conductance == pytest.approx(-decay)
    assert far.conductance[1:] / far.conductance[:-1] == pytest.approx(np.exp(-0.5 * decay))
    # Its exponential continues the last usable point, whatever the barrier.
    last = 0.6 - TOUCHING
    assert far.conductance[0] == pytest.approx(layer(ATOM, last).conductance * np.exp(-decay * (0.5 - last)))
    near = np.linspace(0, last - 0.05, 50)
    assert layer(ATOM, near).conductance == pytest.approx(Lookup(made_up)(ATOM, near).conductance)


def test_decay_constant():
    assert decay_constant(4.2, 0.8915) == pytest.approx(Simmons(4.2, 0.8915).decay_constant(), rel=1e-12)
    assert decay_constant(4.26) == pytest.approx(2 * np.sqrt(2 * ELECTRON_MASS * 4.26 * 1.602177e-19) / 1.054572e-25)
    for wrong, message in (
        ((-1, 1), "barrier = -1 eV: give a positive one"),
        ((4, 0), "effective mass = 0 electron masses: give a positive one"),
        ((np.nan, 1), "barrier = nan eV"),
    ):
        with pytest.raises(TransportError, match=message):
            decay_constant(*wrong)


def test_bias(smooth):
    """T(E) = T (1 + E + E^2): the mean over the window is T (1 + V^2/12), up to the samples' chords, V/2 = 0.1 n eV."""
    assert smooth.largest_bias == pytest.approx(1.0)
    at_rest = smooth(ATOM, -0.1).transmission
    for bias in (0.2, -0.2, 0.6, 1.0):
        chords = 0.1**2 / 6
        expected = at_rest * (1 + bias**2 / 12 + chords)
        assert smooth(ATOM, -0.1, bias).transmission == pytest.approx(expected, rel=1e-6)
    many = smooth([ATOM, 0.4, 0.4], [0.1, 0.2, 0.2], [0.0, 0.33, -0.33])
    assert many.conductance[0] == pytest.approx(smooth(ATOM, 0.1).conductance)
    assert many.conductance[1] == pytest.approx(many.conductance[2])
    assert many.by_bias[1] == pytest.approx(-many.by_bias[2]) and many.by_bias[0] == 0
    # Even and smooth at zero.
    assert smooth(0.3, 0.1, 1e-4).by_bias == pytest.approx(0, abs=1e-3 * smooth(0.3, 0.1).conductance)


def test_shapes_of_results(smooth):
    assert isinstance(smooth(0.3, 0.1).conductance, float)
    assert smooth([0.3, 0.4], 0.1).low.shape == (2,)
    assert smooth(np.full((3, 1), 0.3), np.zeros(4), 0.1).by_gap.shape == (3, 4)
    radii = np.linspace(0.1, 1, 20_001)  # several blocks
    assert smooth(radii, 0.2).conductance[::5000] == pytest.approx(smooth(radii[::5000], 0.2).conductance)
    assert smooth([], 0.1).conductance.shape == (0,)


@pytest.mark.parametrize(
    "given, message",
    [
        ((-0.3, 0.1), "radius = -0.3 nm: the radius of a contact is positive"),
        ((0.0, 0.1), "radius = 0 nm"),
        ((np.nan, 0.1), "radius = nan nm: give finite numbers"),
        ((0.3, np.inf), "gap = inf nm"),
        ((1e155, 0.1), r"radius = 1e\+155 nm: give at most 1e\+09 nm"),
        ((1e-200, 0.1), "radius = 1e-200 nm: give at least 1e-09 nm"),
        ((0.3, 1e308), r"gap = 1e\+308 nm: give at most"),
        ((0.3, -1e155), r"gap = -1e\+155 nm: give at most"),
        ((0.3, 0.1, 1e308), r"bias = 1e\+308 V"),
        (([0.3, -1, -2], 0.1), r"radius = -1 nm \(2 of 3 values\)"),
        (("0.3 nm", 0.1), "radius = '0.3 nm': give numbers in nm"),
        ((0.3, 0.1, 1.2), "bias = 1.2 V: the samples T.E. of the table of Xx allow for 1 V at most"),
        ((0.3, 0.1, np.nan), "bias = nan V"),
        (([0.3, 0.4], [0.1, 0.2, 0.3]), "do not go together"),
    ],
)
def test_wrong_input(smooth, given, message):
    with pytest.raises(TransportError, match=message):
        smooth(*given)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("options", [{}, {"step": None}, {"decay": 20.0}])
def test_the_widest_and_the_narrowest_are_finite(made_up, options):
    """What is not refused has an answer: of the largest radius that of Sharvin's law."""
    found = Lookup(made_up, **options)
    for radius, gap, bias in itertools.product((1e-9, 0.3, 1e9), (-1e9, 0.0, 1e9), (0.0, 1.0)):
        assert all(np.isfinite(value) for value in vars(found(radius, gap, bias)).values())
    expected = sharvin.transmission(1e9, found.wave_number, found.shifts[0])
    assert found(1e9, 0.0).transmission == pytest.approx(expected, rel=1e-6)


@pytest.mark.parametrize(
    "points, options, message",
    [
        (tips(), {}, "no usable points of the contact branch"),
        (necks(), {}, "no usable points of the gap branch"),
        (necks() + tips({3.4: 0.9, 4.0: 0.6}), {}, "0.2942 nm apart, but .* from 0.34 to 0.4 nm"),
        (necks({1: (0.0,)}) + tips(), {}, "neck-1-0 of the table of Xx: T = 0"),
        (necks() + tips({2.8: 1.0, 4.0: 0.1, 5.0: 0.2}), {}, "does not fall from a gap of 0.1058"),
        (necks() + tips(), {"step": 0.0}, "step = 0"),
        (necks() + tips(), {"step": 1.5}, "step = 1.5"),
        (necks() + tips(), {"decay": -1.0}, "decay = -1 1/nm: give a positive one"),
        (necks() + tips(), {"decay": 1e300}, r"decay = 1e\+300 1/nm: give at most"),
        (necks() + tips(), {"contact_separation": 0}, "contact_separation = 0 nm: give a positive one"),
        (necks() + tips(), {"contact_separation": -0.3}, "contact_separation = -0.3 nm: give a positive one"),
        (necks() + tips(), {"contact_separation": np.nan}, "contact_separation = nan nm"),
    ],
)
def test_tables_and_options_that_do_not_do(tmp_path, points, options, message):
    with pytest.raises(TransportError, match=message):
        Lookup(write(tmp_path / "t.json", points), **options)


def test_the_smallest_table(tmp_path):
    """One contact without samples T(E), two separations: no bias, no spread."""
    points = necks({1: (1.0,)}) + tips({2.8: 1.0, 4.0: 0.5})
    for entry in points:
        entry |= {"energies_eV": [], "transmission": []}
    small = Lookup(write(tmp_path / "t.json", points), step=None)
    result = small(ATOM, 0.0)
    assert result.low == result.conductance == result.high == pytest.approx(CONDUCTANCE_QUANTUM)
    with pytest.raises(TransportError, match="allow for 0 V"):
        small(ATOM, 0.0, 0.1)


def test_by_name(made_up):
    assert lookup(made_up, 0.3, 0.1).conductance == Lookup(made_up)(0.3, 0.1).conductance
    with pytest.raises(TransportError, match="there is no table Zr"):
        lookup("Zr", 0.3, 0.1)


# --- command line and picture ------------------------------------------------------------------------------------


def command(*words):
    return CliRunner().invoke(app, ["quantum", *map(str, words)])


def test_command_lookup(made_up):
    done = command("lookup", "--table", made_up, "--radius", "3 angstrom", "--gap", "0.25 nm", "--bias", "100 mV")
    assert done.exit_code == 0, done.output
    value = lookup(made_up, 0.3, 0.25, 0.1).transmission
    assert float(re.search(r"([\d.e-]+) G0", done.output)[1]) == pytest.approx(value, rel=0.01)
    assert "dG/dgap" in done.output and "atoms" in done.output
    words = "lookup", "--table", made_up, "--radius", "0.3 nm", "--gap", "2 nm", "--smooth", "--barrier", "2 eV"
    smooth = command(*words)
    assert smooth.exit_code == 0 and "beyond the table" in smooth.output
    assert command(*words, "--mass", "1").output == smooth.output != command(*words, "--mass", "2").output


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--radius", "0 nm"], "--radius 0 nm: the radius of a contact is positive, 0."),
        (["--radius=-1 nm"], "--radius -1 nm: the radius of a contact is positive"),
        (["--radius", "1e200 nm"], "--radius 1e+200 nm: must be from 0.01 to 1000 nm"),
        (["--radius", "1e-300 nm"], "--radius 1e-300 nm: must be from 0.01 to 1000 nm"),
        (["--radius", "0.3 nm", "--gap=-1e9 nm"], "--gap -1e+09 nm: must be from -10 to 20 nm"),
        (["--radius", "0.3 nm", "--gap", "21 nm"], "--gap 21 nm: must be from -10 to 20 nm"),
        (["--radius", "0.3 nm", "--barrier", "1e300 eV"], "--barrier 1e+300 eV: must be from 0.01 to 20 eV"),
        (["--radius", "0.3 nm", "--barrier", "2 eV", "--mass", "1e300"], "--mass 1e+300: must be from 0.001 to 10"),
        (["--radius", "3 V"], '--radius = "3 V": expected a length'),
        (["--radius", "0.3 nm", "--metal", "Pt"], "--metal Pt: there is no table Pt: there are those of Ag"),
        (["--radius", "0.3 nm", "--metal", "ag"], "--metal ag: there is no table ag: there are those of Ag"),
        (["--radius", "0.3 nm", "--bias", "30 V"], "--bias 30 V: the samples T(E) of the table of Ag allow for "),
        (["--radius", "0.3 nm", "--barrier", "-2 eV"], "--barrier -2 eV: give a positive one"),
        (["--radius", "0.3 nm", "--barrier", "2 eV", "--mass", "0"], "--mass 0 electron masses: give a positive one"),
        (["--radius", "0.3 nm", "--barrier", ""], '--barrier = "": expected an energy'),
        (["--radius", "0.3 nm", "--mass", "0.5"], "--mass 0.5: it is that in a barrier; give --barrier as well"),
        (["--radius", "0.3 nm", "--table", "/no/t.json"], "--table /no/t.json: there is no table /no/t.json"),
        (["--radius", "0.3 nm", "--metal", "Cu", "--table", "TABLE"], "--metal Cu: the table "),
    ],
)
def test_wrong_options(made_up, monkeypatch, capsys, words, message):
    """One line that begins with the option and its value, and exit code 2."""
    words = [str(made_up) if word == "TABLE" else word for word in words]
    monkeypatch.setattr("sys.argv", ["ecmsim", "quantum", "lookup", *words])
    with pytest.raises(SystemExit) as ended:
        main()
    told = capsys.readouterr().err
    assert ended.value.code == 2 and told.count("\n") == 1
    assert told.replace(" = ", " ").startswith(f"error: {message}".replace(" = ", " "))


def test_metal_and_table_agree(made_up):
    done = command("lookup", "--table", made_up, "--metal", "Xx", "--radius", "0.3 nm")
    assert done.exit_code == 0 and done.output.startswith("Xx, radius 0.3 nm")
    wrong = command("plot", "--table", made_up, "--metal", "Ag")
    assert isinstance(wrong.exception, TransportError) and "--metal Ag: the table" in str(wrong.exception)
    wrong = command("plot", "--table", made_up, "--points", "--smooth")
    assert isinstance(wrong.exception, ConfigError) and "--smooth does not go with --points" in str(wrong.exception)


@pytest.mark.slow
def test_command_plot(made_up, tmp_path):
    done = command("plot", "--table", made_up, "--out", tmp_path / "new" / "map.png")
    assert done.exit_code == 0, done.output
    assert (tmp_path / "new" / "map.png").read_bytes()[:4] == b"\x89PNG"
    done = command("plot", "--table", made_up, "--points", "--out", tmp_path / "points.svg")
    assert done.exit_code == 0 and "Sharvin" in (tmp_path / "points.svg").read_text()
    for words, name in ((["--points"], "points"), (["--smooth"], "map_smooth")):
        assert command("plot", "--table", made_up, *words).exit_code == 0
        assert made_up.with_name(f"{made_up.stem}_{name}.png").is_file()
    with pytest.raises(PlotError, match="must end in"):
        table_map.draw(Lookup(made_up), tmp_path / "map.txt")
