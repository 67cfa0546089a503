"""The facts that the paper states as numbers or shapes, rows 1 to 22: how each is measured in our runs.

Facts 1 to 6 are the targets in configs/calibration/paper.toml, which `ecmsim calibrate` fits to. What else was fitted,
and what rests on a choice of ours, says so; all others are predictions, told as they come out. Rows from 23 on are in
predictions.py.
"""

import numpy as np

from ecmsim.fitting import targets
from ecmsim.physics.barriers import StressBarrier, VoidBarrier
from ecmsim.results.regimes import VISIBLE_NM
from validation.paper import measures, resets
from validation.paper.fact import ATOM, CHOICE, FITTED, Finding, fact, inside
from validation.paper.runs import CONFIGS

STOUT = 1.0  # nm: filaments of a larger radius do not break up in a layer of 10 nm
LAMBDA = 2.239  # s: 10^0.35 (Fig. 2)
CAP = "the cap of 0.4 nm on the dissolved depth"


# --- fitted -------------------------------------------------------------------------------------------------


# The numbers of rows 1 to 6 with how they are measured, and the same in words.
TARGETS = targets.read(CONFIGS / "calibration" / "paper.toml").targets
WORDS = {
    1: ("growth becomes visible at log10(t/s) = 0.05", "tip at 0.7 nm at 1.12 ± 0.05 s", "Fig. 2"),
    2: ("Γ: vertical growth stops at log10(t/s) = 0.225", "1.679 ± 0.03 s", "Fig. 2"),
    3: ("Y: 1 mA is reached at log10(t/s) = 0.25", "1.778 ± 0.03 s", "Fig. 2"),
    4: ("temperature rise of more than 100 K once 100 µA flow", "100-150 K (150 K is ours)", "section 3.1"),
    5: ("750 K at 603 µA", "± 50 K", "Fig. 3c"),
    6: ("850 K at most, falling after the compliance takes over", "± 50 K, falling", "Figs. 3d, 5a"),
}


def _meet(target):
    def find(runs):
        value = target.measure(runs.reference)
        values, hit = {target.name: (value, target.unit)}, target.within(value)
        if target.row == 6:
            fallen = measures.cooling_after_peak(runs.reference)
            values, hit = values | {"fallen by 2 V": (fallen, "K")}, hit and fallen > 0
        if target.row == 4:
            at_limit = min(runs.series, key=lambda limit: abs(np.log(limit / 1e-4)))
            kelvin = float(measures.column(runs.series[at_limit], "temperature_max_K").max())
            values |= {"highest at I_CC = 100 µA": (kelvin - measures.ambient(runs.reference), "K")}
        return Finding(values, hit)

    return find


for _target in TARGETS:
    fact(_target.row, *WORDS[_target.row], FITTED, "a target of the calibration")(_meet(_target))


# --- the others ---------------------------------------------------------------------------------------------


@fact(
    7, "regime A ends (exponential to gradual) near 100 nA", "0.03-1 µA", "Fig. 1a, e", FITTED, "the tunnelling barrier"
)
def end_of_a(runs):
    current = measures.current_of(runs.reference.regimes.a_b)
    return Finding({"current": (current, "A")}, inside(current, 0.03e-6, 1e-6))


@fact(8, "morphology unchanged for I_CC up to 100 nA", "mean radius changes by less than 5 %", "Fig. 1c")
def unchanged(runs):
    radii = [measures.column(run, "radius_mean_nm")[-1] for limit, run in runs.series.items() if limit < 1.01e-7]
    change = radii[-1] / radii[0] - 1
    values = {"change": (100 * change, "%"), "at 1 nA": (radii[0], "nm"), "at 100 nA": (radii[-1], "nm")}
    return Finding(values, abs(change) < 0.05)


@fact(
    9,
    "regime C (thermally driven jump) begins near 100 µA",
    "50-200 µA",
    "section 3.1, Fig. 5b",
    FITTED,
    "activation energy and template radius",
)
def begin_of_c(runs):
    current = measures.current_of(runs.reference.regimes.b_c)
    return Finding({"current": (current, "A")}, inside(current, 50e-6, 200e-6))


@fact(10, "mean radius grows about twofold from low to high I_CC", "1.5-3", "section 3.3", CHOICE, CAP)
def twofold(runs):
    radii = [measures.column(run, "radius_mean_nm")[-1] for run in runs.series.values()]
    values = {"ratio": (radii[-1] / radii[0], ""), "1 nA": (radii[0], "nm"), "1 mA": (radii[-1], "nm")}
    return Finding(values, inside(radii[-1] / radii[0], 1.5, 3))


@fact(
    11,
    "without tunnel-barrier heating 1 mA is never reached, heating negligible",
    "below 0.3 mA and 10 K",
    "Fig. 5a, b",
)
def joule_alone(runs):
    run = runs.case("joule_1mA")
    current = float(measures.column(run, "current_A").max())
    kelvin = float(measures.column(run, "temperature_max_K").max()) - measures.ambient(run)
    return Finding({"largest current": (current, "A"), "rise": (kelvin, "K")}, current < 0.3e-3 and kelvin < 10)


@fact(
    12, "without AE dissolution the current rises exponentially until the gap collapses", "to its floor", "Fig. 5c, d"
)
def collapse(runs):
    run = runs.case("no_dissolution")
    gap = float(measures.column(run, "gap_nm").min())
    floor = run.setting("tunnelling.contact_gap", "nm")
    exponential = run.regimes.a_b is None
    values = {"smallest gap": (gap, "nm"), "time": (float(measures.column(run, "time_s")[-1]), "s")}
    note = "no regime B" if exponential else "a regime B was found"
    return Finding(values, exponential and gap <= 1.1 * floor, note)


@fact(
    13,
    "smallest possible gap 0.07-0.4 nm; the void's barrier is calibrated to a penetration of one atom, 0.2 nm",
    "gaps inside; penetration at 1 mA 0.2 ± 0.1 nm (0.1 nm is ours)",
    "sections 2.3, 2.4",
    CHOICE,
    CAP,
)
def final_gap(runs):
    gaps = [measures.column(run, "gap_nm")[-1] for run in runs.series.values()]
    depth = measures.penetration(runs.reference)
    values = {"gap at 1 nA": (gaps[0], "nm"), "at 1 mA": (gaps[-1], "nm"), "penetration": (depth, "nm")}
    return Finding(values, inside(min(gaps), 0.07, 0.4) and inside(max(gaps), 0.07, 0.4) and inside(depth, 0.1, 0.3))


@fact(14, "no growth is recognizable after Λ, log10(t/s) = 0.35", f"less than {VISIBLE_NM:g} nm (ours)", "Fig. 2")
def end_of_growth(runs):
    grown = measures.growth_after(runs.reference, LAMBDA)
    found = measures.moment(runs.reference.regimes.lambda_time)
    values = {"growth after Λ": (grown, "nm"), f"less than {VISIBLE_NM:g} nm to go at": (found, "s")}
    return Finding(values, grown < VISIBLE_NM)


@fact(
    15,
    "R_LRS falls monotonically with I_CC",
    "over six decades, R I_CC = 0.2-1.2 V throughout (both ours)",
    "Fig. 1a",
    CHOICE,
    CAP,
)
def multilevel(runs):
    limits = np.array(list(runs.series))
    resistance = np.array([resistance_lrs(run) for run in runs.series.values()])
    product = resistance * limits
    values = {
        "at 1 nA": (resistance[0], "ohm"),
        "at 1 mA": (resistance[-1], "ohm"),
        "least R I_CC": (product.min(), "V"),
        "most": (product.max(), "V"),
    }
    return Finding(values, bool((np.diff(resistance) < 0).all()) and product.min() > 0.2 and product.max() < 1.2)


def resistance_lrs(run):
    """Resistance of the low-resistance state, read at 0.1 V on the way back, ohm."""
    from ecmsim.switching.values import resistance_at_read_voltage

    names = ("source_voltage_V", "cell_voltage_V", "current_A")
    return resistance_at_read_voltage(*(measures.column(run, name) for name in names), 0.1)


@fact(
    16,
    "lower thermal conductivity: heating begins earlier, gradual switching at lower currents, and it gets hotter",
    "sign: C earlier, hotter",
    "section 3.3, S5",
)
def poor_conduction(runs):
    low, reference = runs.case("low_thermal_conductivity"), runs.reference
    earlier = measures.moment(reference.regimes.b_c) - measures.moment(low.regimes.b_c)
    hotter = float(
        np.ptp(measures.column(low, "temperature_max_K")) - np.ptp(measures.column(reference, "temperature_max_K"))
    )
    ends = [measures.current_of(run.regimes.a_b) for run in (reference, low)]
    values = {"C earlier by": (earlier, "s"), "hotter by": (hotter, "K")}
    values |= {"A ends at": (ends[0], "A"), "then at": (ends[1], "A")}
    return Finding(values, earlier > 0 and hotter > 0, "both thermal conductivities halved")


@fact(
    17,
    "tens of millivolts drop along the filament at 3.5 µA, which has kilo-ohms (a monatomic chain: 12.9 kΩ)",
    "3-13 kΩ, 10-45 mV",
    "section 3.1, Fig. 1d",
)
def kilo_ohms(runs):
    ohm = measures.resistance_of_filament(runs.reference, 3.5e-6)
    values = {"resistance": (ohm, "ohm"), "drop": (ohm * 3.5e-6, "V")}
    return Finding(values, inside(ohm, 3e3, 13e3) and inside(ohm * 3.5e-6, 10e-3, 45e-3))


@fact(18, "cone at low I_CC, cylinder at high", "r(85 % of h)/r(15 %): below 0.8, then 0.8-1.25", "Figs. 1c, 3")
def shape(runs):
    low, high = (measures.taper(run) for run in (list(runs.series.values())[0], list(runs.series.values())[-1]))
    return Finding({"1 nA": (low, ""), "1 mA": (high, "")}, low < 0.8 and inside(high, 0.8, 1.25))


@fact(
    19,
    "at 1 mA the smallest gap lies off the axis",
    "off the axis",
    "Fig. 3d",
    CHOICE,
    "how far the void reaches beyond the filament's side (0.2 nm)",
)
def off_axis(runs):
    gap, radius = measures.shortest_gap(runs.reference)
    values = {
        "smallest distance": (gap, "nm"),
        "at r": (radius, "nm"),
        "on the axis": (measures.axis_gap(runs.reference), "nm"),
    }
    return Finding(values, radius > 0.5 * ATOM)


@fact(20, "at the onset of C the void barrier at the tip is below the stress barrier at the rim", "sign", "section 3.1")
def barriers(runs):
    void, stress = barriers_at_onset(runs.reference)
    return Finding({"void": (void, "eV"), "stress": (stress, "eV")}, void < stress)


def barriers_at_onset(run):
    """Void barrier at the tip and stress barrier at the widest place where regime C begins, eV each."""
    boundary = run.regimes.b_c
    if boundary is None:
        return np.nan, np.nan
    time = measures.column(run, "time_s")
    height, radius = (
        np.interp(boundary.time_s, time, measures.column(run, name)) for name in ("height_nm", "radius_max_nm")
    )
    void = VoidBarrier(run.setting("dissolution.void_energy", "eV"), run.setting("dissolution.void_length", "nm"))
    stress = StressBarrier(run.setting("stress.energy", "eV"), run.setting("stress.template_radius", "nm"))
    return float(void(height - run.setting("cell.layer_thickness", "nm"))), float(stress(radius))


@fact(
    21,
    "RESET at negative bias: the filament retracts, the current falls to the HRS; SET again from the nucleus",
    "in each cycle at 1 mA; SET alike to 10 ms (ours)",
    "Fig. 6",
    coarser=False,
)
def reset(runs):
    run = runs.case("cycles", "reset")
    times, dissolved = resets.set_times(run), resets.event_voltages(run, "full dissolution")
    values = {
        "dissolved at": (float(np.mean(dissolved)) if len(dissolved) else np.nan, "V"),
        "SET times differ by": (float(np.ptp(times)), "s"),
    }
    each = len(times) == len(dissolved) > 1
    hit = each and (dissolved < 0).all() and np.ptp(times) < 0.01
    return Finding(values, bool(hit), f"{len(times)} cycles, {len(dissolved)} of them dissolved")


@fact(
    22,
    "relaxation time in proportion to r^4; applied to the simulated radii, 2-5 nm",
    "exponent 4 ± 0.3 (0.3 is ours)",
    "section 3.3 (Herring)",
    coarser=False,
)
def herring(runs):
    stout = {radius: resets.retreat(run) for radius, run in runs.retention.items() if radius > STOUT}
    slender = {radius: resets.lifetime(run) for radius, run in runs.retention.items() if radius <= STOUT}
    exponent, error = resets.power_law(np.array(list(stout)), np.array(list(stout.values())))
    broken, _ = resets.power_law(np.array(list(slender)), np.array(list(slender.values())))
    values = {"exponent": (exponent, ""), "its standard error": (error, ""), "of slender ones": (broken, "")}
    note = (
        f"until the gap opens to {resets.OPENED:g} nm: in a layer of 10 nm filaments of "
        f"{min(stout):g}-{max(stout):g} nm draw back and do not break; "
        f"slender ones, {min(slender):g}-{max(slender):g} nm: until they break"
    )
    return Finding(values, inside(exponent, 3.7, 4.3), note)
