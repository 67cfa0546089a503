"""What each law of a cell has to offer: a Protocol for each role in DeviceModel, with methods, shapes and units.

Models call the methods with their arguments in this order, by position. "Arrays" are NumPy arrays or floats, of any
shapes that broadcast against each other; so is what comes back. "Also UFL" means that the full model puts the law into
its weak form, where arguments and the law's own numbers are symbols: such a law is written with the functions of
ecmsim.physics.operators, with where_less in place of if, and as a dataclass, whose numbers then stay symbols (those of
another class are compiled in). The other laws are called with arrays alone. No law changes while a run goes on.

The first line of each docstring stands in the message about a law that lacks the method (contract.py).
"""

from typing import Any, Protocol, runtime_checkable


@runtime_checkable
class Conductivity(Protocol):
    """How a conductivity of a material depends on temperature, Eq. (8). Also UFL."""

    def __call__(self, temperature) -> Any:
        """electrical (S/m) or thermal (W/m/K) conductivity; temperature in K"""


@runtime_checkable
class Medium(Protocol):
    """Transport laws of a region, here of the switching layer. Also UFL."""

    @property
    def thermal(self) -> Conductivity:
        """thermal conductivity in W/m/K"""

    @property
    def volumetric_heat_capacity(self) -> float:
        """heat capacity in J/m3/K, a number"""


@runtime_checkable
class Metal(Medium, Protocol):
    """Transport laws of an electrode or of the filament. Also UFL."""

    @property
    def electrical(self) -> Conductivity:
        """electrical conductivity in S/m"""


@runtime_checkable
class Kinetics(Protocol):
    """Electron transfer at both surfaces of the layer, Eqs. (2), (3), (12). Also UFL."""

    def current_density(self, overpotential, temperature, barrier) -> Any:
        """A/m2, > 0 from metal to layer; overpotential phi_e - phi_i in V, temperature in K, barrier in eV

        barrier: of stress and void together, 0.0 without. Strictly increasing in the overpotential and zero with it:
        the same metal is on both sides of the cell. Newton's method and the reduced model's circuit build on that.
        """


@runtime_checkable
class ElasticKinetics(Kinetics, Protocol):
    """What kinetics offer beside where a barrier is read as "elastic" (readings.py), which shifts the potential."""

    @property
    def charge_number(self) -> float:
        """charge number of the ion, a number"""

    @property
    def transfer_coefficient(self) -> float:
        """share of the overpotential that speeds reduction, from 0 to 1, a number"""


@runtime_checkable
class Hopping(Protocol):
    """Transport of ions in the layer, Eq. (4)."""

    def conductivity(self, field, temperature) -> Any:
        """S/m; field: magnitude of the electric field in V/nm, >= 0; temperature in K

        Also UFL. Finite with finite derivatives at field = 0.
        """

    def low_field_limits(self, temperature) -> Any:
        """(conductivity at field 0 in S/m, current density in A/m2 beyond which it is not ohmic); temperature in K

        Arrays. The reduced model takes the layer for one in which J/J_h = sinh(E/E_h), and these two for the law.
        """


@runtime_checkable
class Faraday(Protocol):
    """Metal that the ionic current deposits, Eq. (1). Arrays."""

    @property
    def volume_per_charge(self) -> float:
        """m3/C, a number"""

    def normal_velocity(self, current_density) -> Any:
        """m/s along the outward normal; current_density in A/m2, < 0 deposits"""


@runtime_checkable
class TunnellingAtTip(Protocol):
    """Electrons across the gap of one tip: what both models and the pictures ask for. Arrays."""

    def current_density(self, voltage, gap) -> Any:
        """A/m2; voltage in V (electrode minus filament), gap in nm, > 0"""

    def differential_conductance_density(self, voltage, gap) -> Any:
        """dJ/dV in S/m2, of the same shape; voltage in V, gap in nm

        The exact derivative of current_density, >= 0: with another one the solver converges slowly or not at all.
        """


@runtime_checkable
class Tunnelling(TunnellingAtTip, Protocol):
    """Electrons between filament and electrode where the current at a place depends on that place alone, Eq. (5).

    Any current between the two surfaces above the filament, a leak through the layer among them. A run says where it
    went beyond the law's attribute `largest_bias` (V), if it has one.
    """


@runtime_checkable
class Decaying(Protocol):
    """What a tunnelling law offers beside where there is tunnel-barrier heating, which follows it.

    Its attribute `barrier` (eV) counts as well, if it has one; if not, that of the configuration.
    """

    def decay_constant(self) -> float:
        """1/nm, a number: ln of the conductance lost per nm of gap"""


@runtime_checkable
class Bridging(Protocol):
    """Atoms that bridge the gap of a law with contact. Arrays."""

    def open_share(self, gap) -> Any:
        """share of the surface where ions still react, from 0 to 1; gap in nm"""


@runtime_checkable
class ContactAtTip(TunnellingAtTip, Protocol):
    """A law with contact as it holds for one tip. Arrays."""

    @property
    def atoms(self) -> float:
        """number of atoms that bridge the gap, 0 for none"""


@runtime_checkable
class Contact(Protocol):
    """Tunnelling that goes on through contact: a run does not end where the gap closes, and ions see the atoms."""

    @property
    def bridging(self) -> Bridging:
        """how atoms bridge the gap"""

    def over(self, gap, weight) -> ContactAtTip:
        """the law of one tip, whose columns have these gaps (nm) over these areas (nm2), both (n,)"""


@runtime_checkable
class CountedBridging(Bridging, Protocol):
    """What the atoms offer beside where they are counted one by one (atom_by_atom.py). Arrays."""

    def atoms(self, gap, weight) -> float:
        """metal in the last layer in atoms, any number; columns of these gaps (nm) and areas (nm2)"""

    def filling(self, gap, weight) -> float:
        """area where a reaction adds to that metal or takes from it, nm2"""


@runtime_checkable
class CountedContact(Contact, Protocol):
    """What a law with contact offers beside where its atoms are counted one by one."""

    @property
    def bridging(self) -> CountedBridging:
        """how atoms bridge the gap"""

    def counted(self, gap, weight, atoms) -> ContactAtTip:
        """the law of one tip with so many atoms; columns of these gaps (nm) and areas (nm2), both (n,)"""


@runtime_checkable
class SizeEffect(Protocol):
    """Conductivity of a filament thinner than the electrons' mean free path, Eq. (6). Arrays."""

    def conductivity_ratio(self, diameter) -> Any:
        """conductivity over that of the bulk, > 0; diameter in nm"""


@runtime_checkable
class StressBarrier(Protocol):
    """What raises the activation energy on the filament where it is thick, Eq. (9). Also UFL.

    Its attribute `reading` tells which way it acts (readings.py), if it has one; if not, that of the configuration.
    """

    def __call__(self, radius) -> Any:
        """eV; radius in nm"""


@runtime_checkable
class VoidBarrier(Protocol):
    """What raises the activation energy on both surfaces inside the void, Eq. (11). Also UFL. `reading` as above."""

    def __call__(self, height) -> Any:
        """eV; height in nm above the original layer/electrode interface"""


@runtime_checkable
class TunnelHeating(Protocol):
    """Which surface of the gap gets the tunnelling electrons' energy, Eq. (10). Arrays. The filament gets the rest."""

    def active_electrode_share(self, voltage, gap) -> Any:
        """share from 0 to 1; voltage in V (electrode minus filament), gap in nm"""


@runtime_checkable
class Dissolution(Protocol):
    """How far the active electrode recedes above the filament, section 2.3. Arrays (n,) over the outline's points."""

    def recess(self, growth, offset) -> Any:
        """depth in nm, >= 0; growth: height over the nucleus in nm; offset: what `remembered` gave, in nm"""

    def remembered(self, growth, offset) -> Any:
        """the offset after a move to `growth`, in nm; both in nm; 0 at the start"""


@runtime_checkable
class Nucleus(Protocol):
    """The metal on the counter electrode that does not dissolve."""

    @property
    def reach(self) -> float:
        """distance from the centre within which it slows dissolution, in nm, a number"""

    def __call__(self, current_density, radius, height) -> Any:
        """the reaction current density with oxidation faded out, in its unit; radius, height in nm

        Also UFL. height as of VoidBarrier; current_density > 0 is oxidation.
        """


@runtime_checkable
class SurfaceDiffusion(Protocol):
    """Relaxation of the filament by diffusion of its surface atoms. Arrays."""

    def coefficient(self, temperature) -> Any:
        """Mullins' B in nm4/s; temperature in K, (n,) over the outline's points"""


@runtime_checkable
class Capillarity(Protocol):
    """What curvature does to the filament's equilibrium potential. Arrays."""

    @property
    def resolution(self) -> float:
        """least length on which the surface has a curvature, nm, a number"""

    def potential(self, curvature, volume_per_charge) -> Any:
        """V by which it lies below that of a flat one; curvature in 1/nm, > 0 for a sphere; volume_per_charge in m3/C

        Models move the surface by explicit steps, which they choose for a potential in proportion to the curvature.
        """


@runtime_checkable
class Nucleation(Protocol):
    """How often a nucleus forms on the bare counter electrode. Arrays."""

    def rate(self, overpotential, temperature) -> Any:
        """1/s; overpotential phi_e - phi_i in V (< 0: reduction), temperature in K

        Called with single numbers. Between steps its logarithm is taken to be linear in the overpotential.
        """


@runtime_checkable
class Circuit(Protocol):
    """What stands between source and cell, Eq. (7); the programme chooses it, and laws cannot replace it. Also UFL.

    A dataclass: from step to step its numbers change in the compiled form, whose expressions its texts choose.
    """

    def current(self, voltage) -> Any:
        """A, strictly increasing; voltage across it in V"""
