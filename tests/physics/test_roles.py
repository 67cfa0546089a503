"""Roles: every shipped law has what its role asks for, and a law that lacks some of it is refused by name."""

import inspect
from dataclasses import dataclass, fields, replace
from typing import get_args, get_type_hints

import numpy as np
import pytest
from helpers.paths import QUICK

from ecmsim.config import load_config
from ecmsim.errors import ConfigError
from ecmsim.physics import roles
from ecmsim.physics.barriers import StressBarrier
from ecmsim.physics.compliance import IdealCompliance, SeriesResistor
from ecmsim.physics.contract import flaws, roles_of
from ecmsim.physics.model import Conductor, DeviceModel
from ecmsim.physics.temperature_law import TemperatureLaw
from ecmsim.physics.tunnel_heating import TunnelHeating
from ecmsim.physics.tunnelling import Simmons

EVERYTHING = [
    "surface_diffusion.enabled=true",
    "surface_diffusion.coefficient=1 nm^4/s",
    "surface_diffusion.reference_temperature=300 K",
    "surface_diffusion.activation_energy=0.5 eV",
    "surface_diffusion.contact_angle=90 deg",
    "capillarity.enabled=true",
    "capillarity.surface_energy=1.8 J/m^2",
    "capillarity.smallest_radius=0.4 nm",
    "nucleation.enabled=true",
    "nucleation.attempt_time=1 us",
    "nucleation.activation_energy=0.5 eV",
    "nucleation.critical_atoms=1",
    "nucleation.waiting=mean",
]
SILVER = [*EVERYTHING, "cell.active_electrode=Ag", "interface.borrow=Cu | SiO2"]
HINTS = {name: kind for name, kind in get_type_hints(DeviceModel).items() if roles_of(kind)}
ALL = [kind for kind in vars(roles).values() if getattr(kind, "__module__", "") == roles.__name__]


def model(*overrides):
    return DeviceModel.from_config(load_config(QUICK, overrides))


@pytest.fixture(scope="module")
def shipped():
    """Shipped laws as (law, role)."""
    tunnelling = {law: model(*SILVER, f"tunnelling.law={law}").tunnelling for law in ("terraces", "blend", "landauer")}
    found = [(getattr(model(*EVERYTHING), name), roles_of(kind)[0]) for name, kind in HINTS.items()]
    found += [(law, role) for law in tunnelling.values() for role in (roles.Contact, roles.CountedContact)]
    found += [(law, roles.Decaying) for law in (*tunnelling.values(), model().tunnelling)]
    found += [(law.over(np.array([0.1, 1.0]), np.ones(2)), roles.ContactAtTip) for law in tunnelling.values()]
    found += [(law.bridging, role) for law in tunnelling.values() for role in (roles.Bridging, roles.CountedBridging)]
    found += [(law.thermal, roles.Conductivity) for law in (model().filament, model().switching_layer)]
    found += [(model().kinetics, roles.ElasticKinetics)]
    return found + [(IdealCompliance(1e-6, 0.05), roles.Circuit), (SeriesResistor(1e3), roles.Circuit)]


def methods(role):
    """The methods that a role asks for by name, those of the roles that it extends among them."""
    of = [vars(base) for base in role.__mro__ if base in ALL]
    return {
        name: member
        for members in of
        for name, member in members.items()
        if inspect.isfunction(member) and (name == "__call__" or not name.startswith("_"))
    }


def test_shipped_laws_have_what_their_roles_ask_for(shipped):
    """The methods with the same arguments under the same names, and no role without a law."""
    for law, role in shipped:
        assert isinstance(law, role) and not flaws(law, role), (law, role)
        for name, asked in methods(role).items():
            own = [*inspect.signature(getattr(type(law), name)).parameters][1:]
            told = [*inspect.signature(asked).parameters][1:]
            # The barriers and conductivities are called with one argument, whatever it is called.
            assert own == told, (law, name)
    covered = {role for _, role in shipped} | {roles.Medium, roles.TunnellingAtTip}
    assert set(ALL) == covered


def test_roles_say_what_their_methods_take_and_give():
    for role in ALL:
        assert inspect.getdoc(role)
        for name, member in vars(role).items():
            if isinstance(member, property) or name in methods(role):
                assert len(inspect.getdoc(member).split()) > 1, (role, name)


def test_a_model_says_which_roles_its_laws_have():
    others = {item.name for item in fields(DeviceModel)} - set(HINTS)
    assert others == {
        *("heat", "joule_heating", "electrode_ratio", "rest_potential", "thermal_size_effect"),
        *("boundary_resistance", "atom_by_atom", "needle"),
    }


def stand_in(role, without):
    """An object with the methods of a role but one."""

    def method(self, *arguments):
        raise NotImplementedError

    asked = {name: method for name in methods(role) if name != without}
    for base in role.__mro__:
        asked |= {name: 1.0 for name, kind in vars(base).items() if isinstance(kind, property) and name != without}
    return type("Unfinished", (), asked)()


CASES = [(name, method) for name, kind in HINTS.items() for method in methods(roles_of(kind)[0])]


@pytest.mark.parametrize(("name", "method"), CASES)
def test_a_law_without_a_method_is_refused_with_its_signature(name, method):
    role = roles_of(HINTS[name])[0]
    with pytest.raises(ConfigError) as caught:
        model(*EVERYTHING).with_laws({name: stand_in(role, method)})
    arguments = ", ".join([*inspect.signature(methods(role)[method]).parameters][1:])
    told = f"laws: {name} = Unfinished: lacks {method}({arguments}) of the role {role.__name__}"
    assert str(caught.value).startswith(told) and "\n" not in str(caught.value)
    assert caught.value.exit_code == 2


@pytest.mark.parametrize(
    ("name", "member"), [("nucleus", "reach"), ("faraday", "volume_per_charge"), ("filament", "thermal")]
)
def test_so_is_one_without_an_attribute(name, member):
    with pytest.raises(ConfigError, match=f"laws: {name} = Unfinished: lacks {member} of the role"):
        model().with_laws({name: stand_in(roles_of(HINTS[name])[0], member)})


class Other:
    """A tunnelling law that is nearly right."""

    def current_density(self, voltage):
        return voltage

    def differential_conductance_density(self, voltage, gap):
        return 1.0


def test_arguments_are_looked_at():
    told = r"tunnelling = Other: has current_density, but not with the arguments current_density\(voltage, gap\) of the"
    with pytest.raises(ConfigError, match=told):
        model().with_laws({"tunnelling": Other()})
    with pytest.raises(ConfigError, match=r"laws: stress = function: has __call__, but not .* __call__\(radius\)"):
        model().with_laws({"stress": lambda: 0.1})
    assert model().with_laws({"stress": lambda r: 0.1 * r}).stress(2.0) == pytest.approx(0.2)
    assert not flaws(np.exp, roles.Conductivity)  # compiled code does not say what it takes


@pytest.mark.parametrize("part", ["bridging", "over"])
def test_a_law_with_a_part_of_contact_needs_all_of_it(part):
    """Also one that would do without: models take what bridges the gap from it."""
    half = type("Half", (Decays,), {part: lambda self, gap, weight: self})(7.0)
    with pytest.raises(ConfigError, match="tunnelling = Half: lacks .* of the role (Contact|Bridging)"):
        model().with_laws({"tunnelling": half})


def test_parts_of_conductors_are_looked_at():
    right = model().filament
    with pytest.raises(ConfigError, match=r"filament = Conductor: lacks electrical.__call__\(temperature\)"):
        model().with_laws({"filament": replace(right, electrical=None)})
    with pytest.raises(ConfigError, match="volumetric_heat_capacity is '3e6', not a number of the role Medium"):
        model().with_laws({"switching_layer": Conductor(None, TemperatureLaw(1.0, 300.0), "3e6")})


def test_a_class_and_none_where_there_must_be_a_law_are_refused():
    with pytest.raises(ConfigError, match=r"tunnelling = Simmons: is a class; give an instance of it, Simmons\(...\)"):
        model().with_laws({"tunnelling": Simmons})
    for name, kind in HINTS.items():
        if type(None) in get_args(kind):
            assert getattr(model(*EVERYTHING).with_laws({name: None}), name) is None
        else:
            with pytest.raises(ConfigError, match=f"laws: {name} = None: a cell cannot do without it"):
                model().with_laws({name: None})


def test_names_that_there_are_not_are_refused():
    for name in ("tunneling", "heat", "compliance", "joule_heating", "from_config"):
        with pytest.raises(ConfigError, match=f"no law '{name}'; choose from .*tunnelling"):
            model().with_laws({name: None})


# --- tunnel-barrier heating follows the tunnelling law ------------------------------------------------------------


@dataclass(frozen=True)
class Exponential:
    """G exp(-decay gap). decay in 1/nm."""

    decay: float

    def current_density(self, voltage, gap):
        return voltage * np.exp(-self.decay * gap)

    def differential_conductance_density(self, voltage, gap):
        return np.exp(-self.decay * gap) + 0 * voltage


class Decays(Exponential):
    """The same, and it says so."""

    def decay_constant(self):
        return self.decay


def test_tunnel_heating_follows_another_tunnelling_law():
    configured = model()
    lower = replace(configured.tunnelling, barrier=2.0)
    assert configured.with_laws({"tunnelling": lower}).tunnel_heating == TunnelHeating(2.0, lower.decay_constant())
    assert lower.decay_constant() < 0.8 * configured.tunnelling.decay_constant()
    followed = configured.with_laws({"tunnelling": Decays(7.0)}).tunnel_heating
    assert followed == TunnelHeating(configured.tunnel_heating.barrier, 7.0)
    assert configured.with_laws({"tunnelling": None}).tunnel_heating is None
    assert configured.with_laws({"kinetics": configured.kinetics}) == configured


def test_a_law_that_it_cannot_follow_is_refused_unless_it_need_not():
    told = (
        r"laws: tunnelling = Exponential: lacks decay_constant\(\) of the role Decaying .*heat.tunnel_barrier = false"
    )
    with pytest.raises(ConfigError, match=told):
        model().with_laws({"tunnelling": Exponential(7.0)})
    for wrong in (0.0, -1.0, np.nan, np.inf, "7"):
        with pytest.raises(ConfigError, match=r"= Decays: decay_constant\(\) is .*, not a number above zero"):
            model().with_laws({"tunnelling": Decays(wrong)})
    own = TunnelHeating(4.0, 7.0)
    assert model().with_laws({"tunnelling": Exponential(7.0), "tunnel_heating": own}).tunnel_heating is own
    assert model().with_laws({"tunnelling": Exponential(7.0), "tunnel_heating": None}).tunnel_heating is None
    for off in ("heat.tunnel_barrier=false", "heat.enabled=false"):
        assert model(off).with_laws({"tunnelling": Exponential(7.0)}).tunnel_heating is None


def test_tunnel_heating_without_tunnelling_is_refused():
    with pytest.raises(ConfigError, match="laws: tunnel_heating: there is no tunnelling"):
        model("tunnelling.enabled=false").with_laws({"tunnel_heating": TunnelHeating(4.0, 7.0)})


# --- which way barriers of one's own act --------------------------------------------------------------------------


class Wall:
    """A barrier of 0.1 eV per nm."""

    def __call__(self, place):
        return 0.1 * place


@pytest.mark.parametrize("reading", ["printed", "elastic", "plastic"])
def test_a_barrier_that_does_not_tell_acts_as_the_configuration_says(reading):
    """As one that does, where both are equally high."""
    laws = model(f"stress.reading={reading}", "dissolution.void_reading=printed")
    high = StressBarrier(0.1 / np.expm1(1.0), 2.0, reading)
    arguments = (np.array([-0.2, 0.2]), 350.0, 1.0, -3.0, True)
    replaced = laws.with_laws({"stress": Wall()}).reaction_current_density(*arguments)
    told = laws.with_laws({"stress": replace(high, template_radius=1.0)}).reaction_current_density(*arguments)
    assert replaced == pytest.approx(told, rel=1e-12)
    other = laws.with_laws({"stress": replace(high, template_radius=1.0, reading="printed")})
    same = reading == "printed"
    assert (replaced == pytest.approx(other.reaction_current_density(*arguments), rel=1e-3)) == same


def test_readings_that_there_are_not_are_refused():
    with pytest.raises(ConfigError, match="stress = StressBarrier: reading is 'plastik', which is none of printed, el"):
        model().with_laws({"stress": StressBarrier(0.1, 1.0, "plastik")})


class Linear:
    """Kinetics that know no transfer coefficient."""

    charge_number = 1

    def current_density(self, overpotential, temperature, barrier):
        return overpotential


def test_elastic_barriers_ask_more_of_the_kinetics():
    assert model("stress.reading=plastic").with_laws({"kinetics": Linear()}).kinetics.charge_number == 1
    with pytest.raises(ConfigError, match="kinetics = Linear: lacks transfer_coefficient of the role ElasticKinetics"):
        model("stress.reading=elastic").with_laws({"kinetics": Linear()})
