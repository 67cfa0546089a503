"""The captions of the figures: what each shows and what the paper says of its own, and what ours measures.

CAPTIONS holds the words, by the name of the figure's file; captions(runs) adds the numbers of finished runs. Times of
onset, Γ and Y, temperatures at 100 µA, at 603 µA and at most, and where A and B end were fitted, all else is predicted.
"""

import numpy as np

from ecmsim.text import quantity
from validation.paper import curves, measures
from validation.paper.facts import LAMBDA, TARGETS

CAPTIONS = {
    "paper": (
        "Our version of the paper's Figs. 1 and 5, lettered as there; each panel is explained below. Fitted: when "
        "the gap closes, when 1 mA is reached, where regimes A and B end, and the temperatures; predicted: all else."
    ),
    "fig1a_lrs": (
        "Fig. 1a, predicted: resistance of the low-resistance state, read at 0.1 V, against the compliance current. "
        "Circles: the filament is that of the lowest current, only the gap differs; squares: its mean radius has "
        "grown by more than 5 %. Grey: R times I_CC of 0.2 V to 1.2 V, where measured cells lie; the paper's "
        "measured points are not public as numbers. Dotted: h/2e², above which the paper expects tunnelling and "
        "below which contact."
    ),
    "fig1b_gap": (
        "Fig. 1b: gap against time for all compliance currents, and the final states enlarged. When the gap closes "
        "is fitted, the final states are predicted. The paper describes a slow closing during side growth at high "
        "currents, with a jump at its end."
    ),
    "fig1c_outlines": (
        "Fig. 1c, predicted: the filament at the end of the sweep, a line for each decade of the compliance current, "
        "with the void in the active electrode for the highest. In the paper the shape is almost the same up to 100 "
        "nA and grows sideways above."
    ),
    "fig1d_voltage_drop": (
        "Fig. 1d, predicted: voltage in the filament, counted from its foot, when the rising current passes 3.5 µA; "
        "contours in mV (left) and along the axis (right). The paper reads a resistance of kilo-ohms from its "
        "figure."
    ),
    "fig1e_iv": (
        "Fig. 1e, predicted but for the voltages and where A and B end: current against voltage for all compliance "
        "currents, whole (left), and where the cell switches on a logarithmic and on a linear scale. Shaded, for 1 "
        "mA: A, the gap closes and the current rises exponentially; B, gradual rise by side growth; C, jump driven "
        "by heat. In the paper A ends at about 100 nA and C begins at about 100 µA."
    ),
    "fig2_elephant": (
        "Fig. 2: outline of the filament in space and time for 1 mA (elephant plot), coloured by the highest "
        "temperature. Γ, vertical growth stops, and Y, 1 mA is reached, are fitted; Λ, from where on no growth is "
        "visible, is predicted."
    ),
    "fig2_elephant_map": (
        "The same as a map: radius against height and time. Colour does not hide here what lies behind."
    ),
    "fig3_evolution": (
        "Fig. 3: shape and temperature at rising currents, the last where 1 mA is reached; one temperature scale; "
        "the highest temperature is told above each. Right: the tip in (d), heights stretched, with the smallest "
        "distance to the active electrode. Temperatures are fitted; shapes and the place of the smallest gap, which "
        "the paper finds off the axis, are predicted."
    ),
    "fig5a_temperature": (
        "Fig. 5a: highest temperature against compliance current. The star is the paper's 850 K for 1 mA; it and the "
        "rise at 100 µA are fitted, the rest is predicted. Crosses: compliance currents that are not reached with "
        "Joule heating alone, joined to the current reached. In the paper Joule heating alone is negligible, and 1 "
        "mA is not reached with it."
    ),
    "fig5b_heating_iv": (
        "Fig. 5b, predicted: current against voltage for 1 mA with and without heat from the tunnel barrier; thin: "
        "the way back; dotted: 100 µA, where the paper sees the current jump. Shaded as in Fig. 1e. In the paper the "
        "current without this heat rises exponentially, then gradually, and does not reach 1 mA."
    ),
    "fig5c_dissolution_iv": (
        "Fig. 5c, predicted: current against voltage with and without dissolution of the active electrode; thin: the "
        "way back. Shaded, with dissolution and for 1 mA: regimes A, B and C. In the paper the current without "
        "dissolution rises exponentially until the gap collapses. The dot is where that run ends for lack of a gap."
    ),
    "fig5d_dissolution_gap": (
        "Fig. 5d, predicted: the gap of the same runs. In the paper it collapses without dissolution, and with it a "
        "gap that means something remains."
    ),
    "s5_thermal_conductivity": (
        "Supporting information S5, predicted: bulk against lower thermal conductivity of all materials (the paper's "
        "values are not public). (a) Current against voltage; (b) highest temperature against the rising current, "
        "with the beginning of regime C. The paper tells of earlier heating and higher temperatures."
    ),
}


def captions(runs):
    """CAPTIONS with what the runs measure, name -> text."""
    return {name: f"{text} {MEASURED[name](runs)}".rstrip() for name, text in CAPTIONS.items()}


def nothing(runs):
    """No numbers."""
    return ""


def ampere(current):
    """A current as text."""
    return quantity(current, "A")


def told_resistances(runs):
    """R I_CC, and where side growth begins."""
    states = curves.low_resistance_states(runs)
    product = states.ohm * states.limit
    side = (
        f"side growth from I_CC = {ampere(states.limit[states.sideways].min())} on"
        if states.sideways.any()
        else "no side growth"
    )
    return f"Here: R I_CC = {product.min():.2f} V to {product.max():.2f} V, {side}."


def told_gaps(runs):
    """The final gaps of the lowest and the highest current."""
    ends = [(limit, measures.column(run, "gap_nm")[-1]) for limit, run in runs.series.items()]
    (low, wide), (high, narrow) = ends[0], ends[-1]
    return f"Here: {wide:.2f} nm at {ampere(low)} to {narrow:.2f} nm at {ampere(high)}; the paper: 0.07 nm to 0.4 nm."


def told_radii(runs):
    """The mean radii of the lowest and the highest current."""
    radii = [(limit, measures.column(run, "radius_mean_nm")[-1]) for limit, run in runs.series.items()]
    (low, thin), (high, thick) = radii[0], radii[-1]
    return (
        f"Here: mean radius {thin:.2f} nm at {ampere(low)} and {thick:.2f} nm at {ampere(high)}, "
        f"{thick / thin:.1f} times as much; the paper: about twice."
    )


def told_drop(runs):
    """Drop and resistance of the filament."""
    drop = curves.voltage_drop(runs.reference)
    return f"Here: {drop.axis_mV[-1]:.2g} mV at {quantity(drop.current, 'A', 2)}, {quantity(drop.ohm, 'Ω')}."


def told_regimes(runs):
    """Currents at which the regimes meet."""
    a_b, b_c = (measures.current_of(item) for item in (runs.reference.regimes.a_b, runs.reference.regimes.b_c))
    found = [
        f"{name} at {ampere(current)}" for name, current in (("A ends", a_b), ("C begins", b_c)) if np.isfinite(current)
    ]
    return f"Here: {' and '.join(found)}." if found else ""


def told_times(runs):
    """The milestones beside the paper's."""
    fitted = {target.row: target.value for target in TARGETS}
    stated = {"Γ": fitted[2], "Y": fitted[3], "Λ": LAMBDA}
    regimes = runs.reference.regimes
    ours = {"Γ": regimes.gamma_time, "Y": regimes.y_time, "Λ": regimes.lambda_time}
    parts = [
        f"{name} = {time:.3f} s, log10(t/s) = {np.log10(time):.3f} ({stated[name]:.3f} s, {np.log10(stated[name]):.3f})"
        for name, time in ours.items()
        if time is not None
    ]
    return f"Here (in the paper): {'; '.join(parts)}." if parts else ""


def told_evolution(runs):
    """Temperatures at 603 µA and at most, and the smallest gap of (d)."""
    run, snapshot = runs.reference, curves.evolution(runs.reference)[-1]
    found = curves.closest(run.outlines.nearest(time_s=snapshot.time_s))
    kelvin = measures.value_at_current(run, "temperature_max_K", curves.HOT_AT)
    highest = measures.column(run, "temperature_max_K").max()
    return (
        f"Here (in the paper): {kelvin:.0f} K ({curves.HOT:.0f} K) at {ampere(curves.HOT_AT)}, {highest:.0f} K "
        f"({curves.HOTTEST:.0f} K) at most; {measures.cooling_after_peak(run):.0f} K less when the source turns back; "
        f"smallest gap in (d) {found.distance:.2f} nm at r = {found.filament[0]:.2f} nm."
    )


def told_heating(runs):
    """The rise by Joule heating alone."""
    joule = curves.heating(curves.joule_alone(runs))
    full = curves.heating(list(runs.series.values()))
    rise = joule.hottest.max() - measures.ambient(runs.case("joule_1mA"))
    highest = f"{full.hottest[-1]:.0f} K at {ampere(full.limit[-1])}"
    return f"Here: {highest}; by Joule heating alone {rise:.2g} K above ambient."


def told_joule(runs):
    """The largest current by Joule heating alone."""
    return f"Here: {ampere(measures.column(runs.case('joule_1mA'), 'current_A').max())} at most without this heat."


def told_collapse(runs):
    """Where the run without dissolution ends."""
    run = runs.case("no_dissolution")
    gap, volt, current = (measures.column(run, name)[-1] for name in ("gap_nm", "source_voltage_V", "current_A"))
    return f"Here: {gap:.2g} nm at {volt:.3f} V and {ampere(current)}."


def told_conduction(runs):
    """When 1 mA is reached, and the highest temperatures."""
    low, full = runs.case("low_thermal_conductivity"), runs.reference
    parts = []
    for run in (full, low):
        hottest = measures.column(run, "temperature_max_K").max()
        current, time = measures.current_of(run.regimes.b_c), measures.moment(run.regimes.y_time)
        parts.append(f"C from {ampere(current)} on, compliance reached at {time:.3f} s, {hottest:.0f} K at most")
    return f"Here: {parts[0]}; with lower conductivity {parts[1]}."


MEASURED = {
    "paper": nothing,
    "fig1a_lrs": told_resistances,
    "fig1b_gap": told_gaps,
    "fig1c_outlines": told_radii,
    "fig1d_voltage_drop": told_drop,
    "fig1e_iv": told_regimes,
    "fig2_elephant": told_times,
    "fig2_elephant_map": nothing,
    "fig3_evolution": told_evolution,
    "fig5a_temperature": told_heating,
    "fig5b_heating_iv": told_joule,
    "fig5c_dissolution_iv": told_collapse,
    "fig5d_dissolution_gap": told_collapse,
    "s5_thermal_conductivity": told_conduction,
}
