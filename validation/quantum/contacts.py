"""Contacts and gaps by density functionals, read from the committed tables of transmissions."""

import numpy as np

from ecmsim.errors import TransportError
from ecmsim.quantum.table import load_table
from validation.quantum.facts import Between, Found, Near, Open, Section

SECTION = Section("Contacts and gaps by density functionals", "table")
fact = SECTION.enter


def table(metal):
    """The package's table of a metal. Raises Open where there is none."""
    try:
        return load_table(metal)
    except TransportError as error:
        raise Open(f"{error}") from None


def entry(metal, name):
    """A computed point. Raises Open where it is not in the table yet."""
    found = table(metal)
    if name in found.names:
        return found[name]
    planned = name in found.header["left"]
    how = f"ecmsim quantum build --metal {metal} --point {name}" if planned else "nor was it planned with it"
    raise Open(f"{name} of {metal} is not in the table{':' if planned else ','} {how}")


def known(point):
    """What to know about a point: its flags."""
    return "; ".join(point.flags)


def transmission_at(metal, name):
    def find(folder):
        point = entry(metal, name)
        return Found(point.T, known(point))

    return find


fact(
    "chain",
    "T of the infinite chain of Ag",
    "closed form: one open channel that nothing scatters",
    Near((1.0,), 0.001),
    "convergence of the lead's k-points",
    transmission_at("Ag", "chain"),
)


# --- what every metal is to show -----------------------------------------------------------------------------

REVIEW = "N. Agraït, A. Levy Yeyati and J. M. van Ruitenbeek, Phys. Rep. 377, 81 (2003)"
GAP = "G. Binnig, H. Rohrer, C. Gerber and E. Weibel, Appl. Phys. Lett. 40, 178 (1982)"
TOUCHING = {"Ag": "tips-2.8", "Cu": "tips-2.5", "Au": "tips-2.8"}  # about the distance of neighbours
EXPERIMENTS = "the range of first peaks and plateaus of the three metals"


def dominance(metal):
    def find(folder):
        point = entry(metal, TOUCHING[metal])
        return point.channels[0] / point.T

    return find


def decades(metal):
    def find(folder):
        near, far = (entry(metal, name) for name in ("tips-5.0", "tips-6.0"))
        return np.log10(near.T / far.T) / (10 * (far.separation_nm - near.separation_nm))

    return find


for _metal in TOUCHING:
    fact(
        f"one-atom-{_metal}",
        f"T of {_metal} atom to atom in contact",
        f"{REVIEW}: close to 1, and a little less",
        Between(0.8, 1.0),
        EXPERIMENTS,
        transmission_at(_metal, TOUCHING[_metal]),
    )
    fact(
        f"one-channel-{_metal}",
        f"share of the largest channel of {_metal} atom to atom in contact",
        f"{REVIEW}: one dominant channel",
        Between(0.9, 1.01),
        "“dominant”; channels add up to T but for k-points and eta",
        dominance(_metal),
    )
    fact(
        f"decade-{_metal}",
        f"decades of T per angstrom out of contact, {_metal} tips from 5 to 6 Å",
        f"{GAP}: about a decade",
        Between(0.7, 1.3),
        "“about”; barriers of 3 to 6 eV give 0.77 to 1.09",
        decades(_metal),
        "1/Å",
    )
