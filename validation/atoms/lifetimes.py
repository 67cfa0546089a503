"""Lifetimes of contacts with the hopping constants of [contact], assumed and from effective-medium theory (hops.csv).

At a constant voltage metal grows at a steady rate g from the whole number x = N on, so that the number's survival has a
closed form, exp(-(g + 2 d + b N) t - a g t^2/2): arrivals at g + d + a g t, departures at d + b N, with the rates of
ecmsim.physics.atom_by_atom.
"""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.special import erfcx

from ecmsim.models.counting import Counting
from ecmsim.physics.contact_levels import Levels
from ecmsim.quantum.lookup import Lookup
from ecmsim.text import number
from validation.atoms.circuit import ROOM, Contact
from validation.verdict import word

HOPS = Path(__file__).with_name("hops.csv")
READ, HELD = 0.1, 1000.0  # V, s: Milano et al., Fig. 2c
HOUR = 3600.0  # s
# Kind and face of a hop in the table, what it is, measured value and error (eV), source.
MEASURED = (
    ("adatom", "111", "an atom over Ag(111)", 0.097, 0.010, "Brune et al. (1995)"),
    ("adatom", "100", "an atom over Ag(100)", 0.40, 0.05, "Langelaar and Boerma"),
    ("pair", "111", "the bond of two atoms on Ag(111)", 0.25, 0.05, "Jones et al. (1990), Ag on W(110)"),
)


def hops(metal):
    """The table of hops of a metal."""
    found = pd.read_csv(HOPS, dtype={"face": str, "neck": str})
    return found[found.metal == metal]


def law_of(law, hop):
    """The law with the constants of a hop, a row of the table."""
    return replace(
        law,
        attempt_frequency=float(hop.frequency_per_s),
        barrier=float(hop.back_eV),
        binding=float(hop.out_eV - hop.back_eV),
    )


def mean_lifetime(law, reaction, voltage, atoms, temperature=ROOM):
    """Mean time that a contact with the metal of so many atoms keeps all of them, at 0 V or more, s."""
    contact = Contact(Counting(law, 0), Levels(Lookup("Ag", step=None)), *reaction, temperature)
    cathodic, anodic = contact.branches(voltage)
    inwards, outwards = law.hopping(temperature)
    steady, rising = cathodic + anodic + outwards * atoms, inwards * (cathodic - anodic)
    if not rising > 0:
        return 1 / steady
    return float(np.sqrt(np.pi / (2 * rising)) * erfcx(steady / np.sqrt(2 * rising)))


def surfaces(found):
    """Hops on surfaces beside what is measured: rows of texts."""
    rows = []
    for what, face, told, wanted, error, source in MEASURED:
        value = found[(found.what == what) & (found.face == face)].out_eV.iloc[0]
        verdict = word(abs(value - wanted) <= error)
        rows.append((told, f"{value:.3f}", f"{wanted:g} ± {error:g}", source, verdict))
    return rows


def contacts(law, reaction, found):
    """Contacts with the constants of each, and with the assumed ones: rows of texts, lifetimes at room temperature."""
    laws = [("assumed", 1, law)]
    laws += [(f"{hop.neck} ({hop.face})", hop.atoms, law_of(law, hop)) for hop in found.itertuples()]
    rows = []
    for name, atoms, each in laws:
        inwards, outwards = each.hopping(ROOM)
        times = [1 / (outwards * atoms), 1 / inwards, *(mean_lifetime(each, reaction, v, atoms) for v in (0.0, READ))]
        constants = f"{each.barrier + each.binding:.3g}", f"{each.barrier:.3g}", f"{each.attempt_frequency:.1e}"
        rows.append((name, atoms, *constants, *(span(time) for time in times)))
    return rows


def measured(law, reaction, found):
    """Published lifetimes beside these: rows of texts, with a word for the assumed constants and one for theory's."""
    by_theory = [law_of(law, hop) for hop in found.itertuples()]
    ours, *theirs = ([mean_lifetime(each, reaction, READ, n) for n in (2, 3)] for each in (law, *by_theory))
    longest = max(map(max, theirs))
    still = [mean_lifetime(law, reaction, 0.0, n) for n in (2, 9)]
    alone = [1 / (each.hopping(ROOM)[1] * n) for each, n in zip(by_theory, found.atoms, strict=True)]
    wide = [(n, time) for n, time in zip(found.atoms, alone, strict=True) if n > 1]
    return [
        (
            "a silver nanowire keeps 2 to 3 G0 at 0.1 V for 1000 s (Milano et al., Figs. 2c and 2e)",
            f"2 atoms {span(ours[0])}, 3 {span(ours[1])}",
            word(min(ours) >= HELD),
            f"{span(longest)} at most",
            word(longest >= HELD),
        ),
        (
            "silver in a polymer keeps its levels from 2 G0 on the longer the more they conduct, to 1900 s at 9 G0 "
            "(Krishnan et al.)",
            f"at rest 2 atoms {span(still[0])}, 9 {span(still[1])}",
            word(still[1] > still[0]),
            f"by hopping alone, one contact each: {', '.join(f'{n} atoms {span(time)}' for n, time in wide)}",
            word(None),
        ),
        (
            "lengths of gold's 1 G0 plateaus follow a power law with exponent -1 (Suzuki et al., pulled, in vacuum)",
            "exponential, of silver at rest",
            word(None),
            f"exponential for each contact; from {span(min(alone))} to {span(max(alone))} for different ones",
            word(None),
        ),
    ]


def span(time):
    """A time as text: 3.90 s, 85.0 ms, 0.87 h, 17 days."""
    if time < 1000:
        return number(time, unit="s")
    return f"{time / HOUR:.2g} h" if time < 24 * HOUR else f"{time / (24 * HOUR):.2g} days"
