"""Growth rate of a rippled planar front against its dispersion relation: W. W. Mullins and R. F. Sekerka with the
equations of this model.

The front z = h + a(t) J0(k r) fills a disc of radius R whose metals are at one potential each; in the axisymmetric cell
that is what cos(k x) is in a plane: Laplace's operator only multiplies it by -k^2, and where k R is a zero of J1 no
current crosses the wall. Ions flow by Eq. (4) through the layer, j = sigma(E) E, div j = 0, and react on both sides by
Eq. (2). To first order in a, about the flat front's current j and field E:

- in the layer s f'' = (j/E) k^2 f, s = dj/dE, for a potential f(z) J0(k r): f ~ exp(+-m z), m = k sqrt((j/E)/s);
- at the active electrode, a distance d away, -s f' = g f with the slope g = dJ/deta of Eq. (2) there; so the front sees
  an admittance Y = -s f'/f = s m (g + s m tanh(m d))/(s m + g tanh(m d));
- on the front the overpotential changes by -(f + E a) as the ripple comes up into the field, and by + C k^2 a as its
  curvature k^2 a moves the equilibrium, C = gamma Omega/(z e) 1/(1 + k^2 l^2) with what is not resolved; with the slope
  g' of Eq. (2) there, s f' = g' (f + (E - C k^2) a).

The front moves by Faraday's law with s f', so that a grows at the rate

    omega = Omega/(z e) (E - C k^2) / (1/Y + 1/g'),

which changes its sign where E = C k^2: fields make ripples grow, capillarity makes short ones vanish.
"""

from dataclasses import dataclass, replace

import numpy as np
import pytest
from helpers import weak
from helpers.paths import QUICK
from mpi4py import MPI
from scipy.optimize import brentq
from scipy.special import j0, jn_zeros

from ecmsim.config import load_config
from ecmsim.models.cell import Tip
from ecmsim.models.full.mesh.cell_mesh import Region
from ecmsim.models.full.newton import Newton
from ecmsim.models.full.problem import FieldForms, FieldProblem
from ecmsim.physics.model import DeviceModel
from ecmsim.shape.curvature import curvature
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Front, continued
from ecmsim.timing import Stopwatch

RADIUS, HEIGHT, LAYER, VOLTAGE = 8.0, 2.0, 10.0, 1.8  # nm, nm, nm, V
WAVENUMBERS = jn_zeros(1, 5) / RADIUS  # 1/nm
OFF = ("tunnelling", "stress", "heat", "dissolution")
SETTINGS = [
    *(f"{name}.enabled=false" for name in OFF),
    "compliance.kind=none",
    "filament.size_effect=false",
    "capillarity.enabled=true",
    "capillarity.surface_energy=1.8 J/m^2",
    "capillarity.smallest_radius=0.4 nm",
    "hopping.activation_energy=0.60 eV",
    f"cell.radius={RADIUS} nm",
]
CONFIG = load_config(QUICK, SETTINGS)
MODEL = DeviceModel.from_config(CONFIG)
ENERGY, VOLUME_PER_CHARGE = 1.8, MODEL.faraday.volume_per_charge  # J/m2, m3/C
RESOLUTION = float(CONFIG.capillarity.smallest_radius)


# --- the dispersion relation ----------------------------------------------------------------------------------------


def slope(law, at):
    return (law(at + 1e-6) - law(at - 1e-6)) / 2e-6


@dataclass
class Flat:
    """The flat front: distance d of the active electrode (nm), current density j (A/m2), field E (V/nm), and the slopes
    of the laws: s of the layer in A/m2 per V/nm, g of the active electrode's reaction and g' of the front's in A/m2/V.
    """

    gap: float
    current: float
    field: float
    conduction: float
    electrode: float
    front: float

    @classmethod
    def at(cls, height):
        """At a height in nm: reaction, hopping over what is left of the layer and reaction in series."""
        gap = LAYER - height

        def reaction(eta):
            return MODEL.kinetics.current_density(eta, weak.AMBIENT)

        def layer(field):
            return field * 1e9 * MODEL.hopping.conductivity(field, weak.AMBIENT)

        def overpotential(density):
            return brentq(lambda eta: reaction(eta) - density, -5, 5, xtol=1e-15, rtol=1e-14)

        def missing(field):
            density = layer(field)
            return overpotential(density) + field * gap - overpotential(-density) - VOLTAGE

        field = brentq(missing, 1e-6, VOLTAGE / gap, xtol=1e-15)
        j = layer(field)
        reactions = (slope(reaction, overpotential(sign * j)) for sign in (1, -1))
        return cls(gap, j, field, slope(layer, field), *reactions)

    def rate(self, k, energy):
        """omega of a ripple of the wavenumber k (1/nm), 1/s; energy: of the surface, J/m2."""
        m = k * np.sqrt(self.current / self.field / self.conduction)
        inner, tanh = self.conduction * m, np.tanh(m * self.gap)
        admittance = inner * (self.electrode + inner * tanh) / (inner + self.electrode * tanh)
        capillary = energy * VOLUME_PER_CHARGE * 1e9 * k**2 / (1 + (k * RESOLUTION) ** 2)  # V/nm
        return VOLUME_PER_CHARGE * 1e9 * (self.field - capillary) / (1 / admittance + 1 / self.front)

    @property
    def limit(self):
        """Wavenumber above which ripples vanish, 1/nm."""
        return brentq(lambda k: self.rate(k, ENERGY), 0.1, 10)


FLAT = Flat.at(HEIGHT)


# --- the full model ---------------------------------------------------------------------------------------------------


def rippled_mesh(front, n):
    """A cell whose filament fills it up to a front (radii and heights, nm), n cells wide and high in the layer."""
    levels = np.concatenate([[-2.0, -1.0, 0.0, HEIGHT], np.linspace(HEIGHT, LAYER, n + 1)[1:], [LAYER + 1, LAYER + 2]])

    def position(s, t):
        z = np.interp(RADIUS * s, *front.T)
        layer = z + (t - HEIGHT) / (LAYER - HEIGHT) * (LAYER - z)
        return RADIUS * s, np.where(t <= 0, t, np.where(t < HEIGHT, t / HEIGHT * z, np.where(t < LAYER, layer, t)))

    def region(s, t):
        below = Region.COUNTER_ELECTRODE if t < 0 else Region.FILAMENT
        return int(below if t < HEIGHT else Region.SWITCHING_LAYER if t < LAYER else Region.ACTIVE_ELECTRODE)

    return weak.mapped_mesh(front[:, 0] / RADIUS, levels, position, region, filament=HEIGHT, electrode=LAYER)


class Rippled:
    """Fronts between the fields of the full model, each with the velocity that these give it."""

    def __init__(self, forms, n):
        self.forms, self.n, self.values = forms, n, None
        self.radii = np.linspace(0, RADIUS, n + 1)

    def at(self, wavenumber, height):
        """A filament with a ripple of this height, nm."""
        return Filament(np.stack([self.radii, HEIGHT + height * j0(wavenumber * self.radii)], axis=1))

    def velocity(self, filament):
        """Of the outline's points, nm/s, (n + 1, 2)."""
        mesh = rippled_mesh(filament.points, self.n)
        problem = FieldProblem(self.forms, mesh, direct=True, wall_ambient=False, heat=False)
        model = self.forms.model
        shift = model.shift(curvature(filament, RESOLUTION)) if model.shifts else None
        problem.set_geometry(mesh, mesh.gap.columns("vertical"), np.ones_like, Tip({}), shift=shift)
        newton = Newton(problem, 1e-12, 40, Stopwatch())
        if self.values is None:
            weak.ramp(problem, newton, VOLTAGE)
        else:
            problem.set_source(VOLTAGE)
            problem.values = self.values
            newton.solve(VOLTAGE)
            newton.refine()
        self.values = problem.values
        density = problem.reaction.density(self.values[mesh.filament_nodes])
        problem.close()
        velocity = filament.growth_velocity(1e9 * model.faraday.normal_velocity(density))
        velocity[-1] = [0.0, velocity[-1, 0] * max(filament.normals()[-1, 0], 0.5)]  # no foot: its mirror image follows
        return velocity

    def content(self, wavenumber, heights):
        """Of heights over the radius the share of J0(k r), beside a uniform one."""
        basis = np.stack([np.ones(self.n + 1), j0(wavenumber * self.radii)], axis=1)
        weight = np.sqrt(self.radii + 0.25 * self.radii[1])[:, None]
        return np.linalg.lstsq(weight * basis, weight[:, 0] * heights, rcond=None)[0][1]

    def rate(self, wavenumber, height=1e-3):
        """d ln a/dt of a small ripple, 1/s."""
        up, down = (self.velocity(self.at(wavenumber, sign * height))[:, 1] for sign in (1, -1))
        return self.content(wavenumber, up - down) / (2 * height)


def compiled(model):
    return FieldForms(MPI.COMM_WORLD, model, None, CONFIG.cell, False)


@pytest.fixture(scope="module")
def forms():
    return compiled(MODEL)


def test_ripples_on_both_sides_of_the_limit():
    """Longer ones than 6 nm grow, shorter ones vanish; the stiffness of layer and reaction count both."""
    assert 2 * np.pi / FLAT.limit == pytest.approx(6.2, abs=0.1)
    assert sum(WAVENUMBERS < FLAT.limit) == 2 < len(WAVENUMBERS)
    assert 0.2 < FLAT.front / (FLAT.conduction * FLAT.limit) < 5


@pytest.mark.slow
@pytest.mark.parametrize("k", WAVENUMBERS, ids=lambda k: f"{2 * np.pi / k:.1f} nm")
def test_growth_rate(forms, k):
    """With surface energy, of second order in the mesh."""
    wanted = FLAT.rate(k, ENERGY)
    errors = [abs(Rippled(forms, n).rate(k) / wanted - 1) for n in (16, 32, 64)]
    assert errors[-1] < 0.01 and (weak.orders(errors) > 1.8).all(), errors


@pytest.mark.slow
def test_without_capillarity_the_shortest_ripple_grows_fastest():
    """There is no limit: the finest ripple that a mesh has decides."""
    flat = Rippled(compiled(DeviceModel.from_config(load_config(QUICK, [*SETTINGS, "capillarity.enabled=false"]))), 48)
    rates = [flat.rate(k) for k in WAVENUMBERS]
    assert rates == pytest.approx([FLAT.rate(k, 0.0) for k in WAVENUMBERS], rel=0.03)
    assert np.all(np.diff(rates) > 0) and rates[0] > 0


@pytest.mark.slow
@pytest.mark.parametrize("mode", [0, 3])
def test_a_ripple_that_moves(forms, mode):
    """By the predictor and corrector of the front: ln a over a second is the integral of omega."""
    k, step, count = WAVENUMBERS[mode], 0.1, 10
    rippled = Rippled(forms, 48)
    filament = rippled.at(k, 0.01)
    front = Front.at_rest(filament).moving(rippled.velocity(filament), None, None)
    for _ in range(count):
        planned = continued(front.velocity, front.previous, step, step)
        filament = Filament(front.filament.points + planned + front.owed)
        front = replace(front, filament=filament, owed=-planned)
        front = front.moving(rippled.velocity(filament), step, step)
    heights = front.paid.points[:, 1]
    left = rippled.content(k, heights)
    advanced = heights[0] - left - HEIGHT
    ends = FLAT, Flat.at(HEIGHT + advanced)
    current, wanted = (np.mean(values) for values in zip(*((f.current, f.rate(k, ENERGY)) for f in ends), strict=True))
    assert advanced == pytest.approx(VOLUME_PER_CHARGE * 1e9 * current * step * count, rel=1e-3)
    assert np.log(left / 0.01) == pytest.approx(wanted * step * count, rel=0.03)
