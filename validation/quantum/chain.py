"""Kharlanov's point contact in a chain of atoms, and the quantum of conductance: numbers computed anew."""

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.quantum import chain, recoil
from ecmsim.quantum.chain import ChainContact, PointContact
from ecmsim.quantum.leads import Contact, Lead
from ecmsim.quantum.transport import Junction
from validation.quantum.facts import Between, Found, Near, RoundOff, Section

SECTION = Section("The quantum of conductance and the chain of atoms", "computed")
fact = SECTION.enter
PAPER = "Kharlanov"
SPACING, CHARGE = 2.5, 0.8  # angstrom, e: his estimates after Eqs. (17) and (19)
ZETA = 1 / SPACING
HOPPING, FIG_1 = -2.0, -1.8  # eV: of his estimates, and of Fig. 1
BIAS = 1.0  # V
DIFFERENCE = 0.5  # eV: v_L - v_R, and epsilon
GAMMA = 0.4  # of Fig. 1(b): v_L,R = (1 +- gamma) t
DIGIT = "the last digit given"


def shifted():
    """The chain with v_L - v_R = 0.5 eV around t = -2 eV."""
    return PointContact(HOPPING, HOPPING + DIFFERENCE / 2, HOPPING - DIFFERENCE / 2, zeta=ZETA)


def raised():
    """The straight chain whose central level is raised by 0.5 eV."""
    return PointContact(HOPPING, HOPPING, HOPPING, DIFFERENCE, zeta=ZETA)


def figure(gamma=GAMMA):
    """The chain of Fig. 1."""
    return PointContact(FIG_1, (1 + gamma) * FIG_1, (1 - gamma) * FIG_1, zeta=ZETA)


def atoms(contact, eta=1e-6):
    """The central atom and its neighbours between decimated leads: a Junction."""
    h = np.diag([0.0, contact.level, 0.0])
    h[0, 1] = h[1, 0] = contact.left
    h[1, 2] = h[2, 1] = contact.right
    lead, t = Lead([[0.0]], [[contact.hopping]]), [[contact.hopping]]
    return Junction(h, Contact(lead, np.array([0]), t), Contact(lead, np.array([2]), t), eta=eta)


# --- the quantum of conductance ------------------------------------------------------------------------------

fact(
    "quantum-conductance",
    "G0 = 2e²/h",
    "Gao (2025), section 3.2",
    Near((77.48e-6,), 0.005e-6),
    DIGIT,
    lambda folder: CONDUCTANCE_QUANTUM,
    "S",
)
fact(
    "quantum-conductance-exact",
    "G0 to ten digits",
    "CODATA 2018",
    Near((7.748091729e-5,), 1e-14),
    "one unit of the last digit: cut off there",
    lambda folder: CONDUCTANCE_QUANTUM,
    "S",
)
fact(
    "quantum-resistance",
    "1/G0",
    "Gao (2025), section 3.2",
    Near((12.9e3,), 50),
    DIGIT,
    lambda folder: 1 / CONDUCTANCE_QUANTUM,
    "ohm",
)


# --- transmission of the chain -------------------------------------------------------------------------------


@fact(
    "chain-transmission",
    "T(E) in closed form, Eq. (14), against Green's functions, largest difference",
    f"{PAPER}, Eq. (14)",
    RoundOff(1e-13),
    "round-off; four chains, 46 energies, inside and outside the band",
)
def closed_form(folder):
    energy, worst = np.linspace(-4.4, 4.4, 46), 0.0
    for left, right, level in ((1.0, 1.0, 0.0), (0.8, 1.15, 0.3), (1.4, 0.6, -0.7), (0.1, 0.2, 0.0)):
        contact = PointContact(HOPPING, left * HOPPING, right * HOPPING, level)
        ends = (ChainContact(HOPPING, v) for v in (contact.left, contact.right))
        green = Junction([[level]], *ends, eta=0.0).transmission(energy)
        worst = max(worst, np.abs(green - contact.transmission(energy)).max())
    return worst


@fact(
    "chain-conductance",
    "G = G0/(ε² t²/4 v_L² v_R² + χ²) at E_F = 0, against Green's functions, relative difference",
    f"{PAPER}, after Eq. (14)",
    RoundOff(1e-13),
    "round-off",
)
def conductance(folder):
    contact = PointContact(HOPPING, 0.8 * HOPPING, 1.15 * HOPPING, 0.3)
    ends = (ChainContact(HOPPING, v) for v in (contact.left, contact.right))
    green = Junction([[contact.level]], *ends, eta=0.0).transmission(0.0)
    return contact.conductance() / (CONDUCTANCE_QUANTUM * green) - 1


fact(
    "chain-gamma",
    "T(E_F) of the chain of Fig. 1(b), γ = 0.4, against (1 - γ²)²/(1 + γ²)²",
    f"{PAPER}, Eq. (14); Fig. 1(b): about 0.5",
    Near((((1 - GAMMA**2) / (1 + GAMMA**2)) ** 2,), 1e-12),
    "round-off",
    lambda folder: figure().transmission(0.0),
)


# --- forces --------------------------------------------------------------------------------------------------


@fact(
    "stiffness-integral",
    "the integral of Eq. (16) as printed, which is 1 + 8/π (about 3.5)",
    f"{PAPER}, Eq. (16)",
    Near((1 + 8 / np.pi,), 1e-12),
    "round-off of the quadrature",
)
def integral(folder):
    x, weight = chain.NODES
    energy = 2 * HOPPING * np.cos(np.pi / 4 * (x + 1))  # dE/sqrt(4t^2 - E^2) is the angle's
    return 2 / (np.pi * HOPPING**2) * np.pi / 4 * weight @ (energy**2 + 2 * energy * HOPPING - HOPPING**2)


fact(
    "zero-bias-force",
    "zero-bias force (1 + 8/π) ζ (v_L - v_R) for a difference of 0.5 eV",
    f"{PAPER}, Eq. (16): about 0.7",
    Near((0.7,), 0.05),
    "half of the one digit given",
    lambda folder: shifted().zero_bias_force(),
    "eV/Å",
)


fact(
    "zero-bias-force-whole",
    "zero-bias force by Eq. (15) with the state bound below the band",
    f"{PAPER}, section 3: about 0.7",
    Near((0.7,), 0.05),
    "half of the one digit given",
    lambda folder: Found(
        shifted().force() + shifted().bound_state_force(),
        f"Eq. (15) integrates over the band only and leaves out that state: {shifted().force():.3f} eV/Å",
    ),
    "eV/Å",
)
fact(
    "bias-force-estimates",
    "finite-bias part by Eq. (17) at 1 V: v_L - v_R = 0.5 eV with β = 0, and ε = 0.5 eV",
    f"{PAPER}, section 3: 0.02-0.03",
    Between(0.015, 0.035),
    "half of the one digit given to either side",
    lambda folder: (abs(shifted().bias_force(BIAS, drop=0.0)), abs(raised().bias_force(BIAS))),
    "eV/Å",
)


@fact(
    "forces-of-figure",
    "force on the central atom of Fig. 1(b) at 0 V, without and with the bound state",
    f"{PAPER}, section 3: about 1",
    Between(0.5, 2.0),
    "an order of magnitude: a factor of two to either side",
    unit="eV/Å",
)
def forces_of_figure(folder):
    band = figure().force()
    return abs(band), abs(band + figure().bound_state_force())


@fact(
    "total-force",
    "total force, Eq. (13), on the contact of Fig. 1 with γ = 0.4 at 1 V",
    f"{PAPER}, after Eq. (13) and Fig. 1(a): tenths",
    Between(0.1, 0.9),
    "tenths",
    unit="eV/Å",
)
def total_force(folder):
    window = recoil.chemical_potentials(0.0, BIAS)
    return Found(
        recoil.total_force(atoms(figure()), window, SPACING),
        "positive: towards the side of the electrons' excess; the sign of μ_R is ambiguous, see below",
    )


@fact(
    "total-force-ballistic",
    "total force of the ideal chain at 1 V: none where T = 1",
    f"{PAPER}, Eq. (13)",
    RoundOff(1e-5),
    "1e-6 eV of imaginary energy, and round-off",
    unit="eV/Å",
)
def ballistic(folder):
    return recoil.total_force(atoms(figure(0.0)), recoil.chemical_potentials(0.0, BIAS), SPACING)


@fact(
    "total-force-small-bias",
    "total force over (2/π) eV k_F (1 - G/G0) at 0.05 V, k_F = π/2a",
    f"{PAPER}, after Eq. (13)",
    Near((1.0,), 1e-3),
    "of second order in eV/|t|",
)
def small_bias(folder):
    voltage, contact = 0.05, figure()
    estimate = 2 / np.pi * voltage * np.pi / (2 * SPACING) * (1 - contact.conductance() / CONDUCTANCE_QUANTUM)
    return recoil.total_force(atoms(contact), recoil.chemical_potentials(0.0, voltage), SPACING) / estimate


# --- stability -----------------------------------------------------------------------------------------------


def slope(sign, step=1e-4):
    """dF/dZ_0 of the central atom by Eq. (15), without ions, at 0 V: v_R = t exp(sign zeta Z_0), v_L the inverse."""

    def force(position):
        far, near = (HOPPING * np.exp(way * ZETA * position) for way in (-sign, sign))
        return PointContact(HOPPING, far, near, zeta=ZETA).force()

    return (force(step) - force(-step)) / (2 * step)


def ions():
    """The ions' part of Eq. (18), eV/angstrom^2."""
    return -4 * CHARGE**2 * chain.COULOMB / SPACING**3


@fact(
    "hessian",
    "Eq. (18) at 0 V is the slope of Eq. (15), their difference",
    f"{PAPER}, Eq. (18)",
    RoundOff(2e-3),
    "quotient of differences over 2e-4 Å",
    unit="eV/Å²",
)
def hessian(folder):
    known = chain.hessian(0.0, HOPPING, CHARGE, SPACING, ZETA)
    return Found(
        slope(+1) + ions() - known,
        "v_R, not v_L, has the plus sign of the printed v_L,R ~ t exp(±ζ Z_0), as it must where the atom comes nearer "
        f"to the right; as printed the slope would be {slope(-1) + ions():.2f} instead of {known:.2f} eV/Å²",
    )


fact(
    "coulomb-term",
    "2 q²/ζ² a³ |t| over (q/e)², the ions' term of Eq. (19), for t = -2 eV",
    f"{PAPER}, after Eq. (19)",
    Near((5.7,), 0.1),
    "one unit of the last digit, since the text truncates: 5.76",
    lambda folder: 2 * chain.COULOMB / (ZETA**2 * SPACING**3 * abs(HOPPING)),
)


def critical(hopping):
    """Eq. (19) with the estimates' charge and spacing and beta = 0, V."""
    return chain.critical_voltage(hopping, CHARGE, SPACING, ZETA)


fact(
    "critical-voltage-paper",
    "V_crit for q = 0.8 e, β = 0, t = -2 eV",
    f"{PAPER}, after Eq. (19)",
    Near((1.7,), 0.1),
    "one unit of the last digit: a small difference of large terms",
    lambda folder: Found(critical(HOPPING), f"with the t = -1.8 eV of Fig. 1 it would be {critical(FIG_1):.1f} V"),
    "V",
)
