"""Rows 23 to 33: more of what the paper states about growth, heat, RESET. Nothing is fitted to any of them.

Where a row rests on a choice of ours, it says so.
"""

import numpy as np

from validation.paper import growth, measures, resets
from validation.paper.fact import CHOICE, Finding, fact, inside

START = 1.122  # s: 10^0.05, until when growth is isotropic (Fig. 2)
PLASTIC = "barriers that act on growth alone, our reading of Eqs. (9) and (11)"
MICRO = 1e-6


@fact(23, "it is hottest at the tip of the filament", "r < 0.2 nm, within 0.1 nm of the tip's height", "section 3.2")
def hottest(runs):
    values, hit = {}, True
    for current, name in ((603 * MICRO, "603 µA"), (1e-3, "1 mA")):
        radius, height = growth.hottest_point(runs.reference, current)
        values |= {f"r at {name}": (radius, "nm"), f"above the tip at {name}": (height, "nm")}
        hit = hit and radius < 0.2 and abs(height) < 0.1
    return Finding(values, bool(hit))


@fact(
    24,
    "with Joule heat alone the current rises linearly after regime A",
    "R² of a linear fit above 0.98 and above that of an exponential one, 1 µA to 2 V",
    "section 3.2, Fig. 5b",
)
def linear_without_tunnel_heat(runs):
    run = runs.case("joule_1mA")
    turn = float(measures.column(run, "time_s")[np.argmax(measures.column(run, "source_voltage_V"))])
    linear, exponential = growth.straightness(run, MICRO, np.inf, until=turn)
    return Finding({"linear": (linear, ""), "exponential": (exponential, "")}, linear > max(0.98, exponential))


@fact(
    25,
    "regime B is gradual, “non-exponential or linear”, with tunnel heating too",
    "R² of a linear fit above that of an exponential one, 1-50 µA",
    "sections 3.1, 3.3",
)
def gradual(runs):
    linear, exponential = growth.straightness(runs.reference, MICRO, 50 * MICRO)
    return Finding({"linear": (linear, ""), "exponential": (exponential, "")}, linear > exponential)


@fact(26, "the rise in regime C is sharper than in A", "largest d ln I/dt in C above that in A", "sections 3.2, 3.3")
def sharper(runs):
    a, c = growth.steepest_rises(runs.reference)
    return Finding({"C over A": (c / a, ""), "in A": (a, "1/s"), "in C": (c, "1/s")}, c > a)


@fact(
    27,
    "the gap closes slower in regime B, then jumps",
    "speed in B below a tenth of that in A, in C above ten times that in B",
    "section 3.1, Fig. 1b",
)
def jump_of_the_gap(runs):
    a, b, c = growth.closing_speeds(runs.reference)
    values = {"largest in A": (a, "nm/s"), "smallest in B": (b, "nm/s"), "largest in C": (c, "nm/s")}
    return Finding(values, b < 0.1 * a and c > 10 * b)


@fact(
    28,
    "growth is isotropic until log10(t/s) = 0.05, then directed",
    "height over radius below 1.25 then, above 3 at Γ",
    "section 3.1, Fig. 2",
)
def directed(runs):
    run = runs.reference
    early = growth.slenderness(run, START)
    late = growth.slenderness(run, measures.moment(run.regimes.gamma_time))
    return Finding({"at 1.122 s": (early, ""), "at Γ": (late, "")}, early < 1.25 and late > 3)


@fact(29, "regime C takes place on a very short time scale", "less than a fifth of regime B", "section 3.1")
def short(runs):
    b, c = (growth.duration(runs.reference, letter) for letter in "BC")
    return Finding({"C over B": (c / b, ""), "B": (b, "s"), "C": (c, "s")}, c / b < 0.2)


@fact(
    30,
    "the temperature falls shortly after 1 mA is reached",
    "peak not later than Y, 50 K below it 1 ms after Y",
    "Fig. 3d",
)
def cools(runs):
    after, fallen = growth.cooling_after_compliance(runs.reference)
    return Finding({"peak before Y by": (-after, "s"), "fallen by": (fallen, "K")}, after <= 0 and fallen > 50)


@fact(
    31,
    "v* sets the smallest gap and with it the end of regime A",
    "current at its end falls by 20 % or more from v* = 0.04 to 0.06",
    "sections 2.3, 3.1",
    CHOICE,
    "the cap of 0.4 nm on the dissolved depth: reached before the gap closes, it leaves v* without effect",
)
def ratio(runs):
    low, high = (measures.current_of(runs.case(f"ratio_{name}").regimes.a_b) for name in ("004", "006"))
    middle = measures.current_of(runs.reference.regimes.a_b)
    values = {"v* = 0.04": (low, "A"), "0.05": (middle, "A"), "0.06": (high, "A")}
    return Finding(values, high <= 0.8 * low)


LIMITS = (10 * MICRO, 100 * MICRO, 1e-3)  # of the tunnelling regime, as far as the series goes


@fact(
    32,
    "RESET in the tunnelling regime: the filament retracts from the active electrode",
    "the gap opens by 1 nm before anything breaks off; largest piece below 5 % of the volume",
    "introduction, Fig. 6",
    CHOICE,
    PLASTIC,
    coarser=False,
)
def retracts(runs):
    cycles = {limit: _nearest(runs.resets, limit) for limit in LIMITS}
    pieces = {limit: resets.largest_piece(run) for limit, run in cycles.items()}
    gaps = [resets.gap_at_first_break(run) for run in cycles.values()]
    names = ("10 µA", "100 µA", "1 mA")
    values = {f"piece at {name}": (100 * piece, "%") for name, piece in zip(names, pieces.values(), strict=True)}
    values |= {"smallest gap at a break": (float(np.min(gaps)), "nm")}
    return Finding(values, max(pieces.values()) < 0.05 and min(gaps) > resets.OPENED)


@fact(
    33,
    "RESET takes equally long where filaments are alike, and the longer the lower the resistance where they differ",
    "voltage of dissolution up to 100 nA alike to 5 %, above rising monotonically",
    "section 3.3",
    CHOICE,
    PLASTIC,
    coarser=False,
)
def reset_times(runs):
    limits, voltages = zip(
        *((limit, resets.dissolution_voltage(run)) for limit, run in runs.resets.items()), strict=True
    )
    limits, voltages = np.array(limits), -np.array(voltages)
    alike, above = voltages[limits < 1.01e-7], voltages[limits > 0.99e-7]
    spread = float(np.ptp(alike) / alike.mean())
    values = {"alike to": (100 * spread, "%"), "at 1 nA": (-voltages[0], "V"), "at 1 mA": (-voltages[-1], "V")}
    return Finding(values, inside(spread, 0, 0.05) and bool((np.diff(above) > 0).all()))


def _nearest(series, limit):
    """The run of a series whose compliance current is nearest to one."""
    return series[min(series, key=lambda known: abs(np.log(known / limit)))]
