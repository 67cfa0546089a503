"""What misses, and why: other readings of what the paper leaves open, and what its own laws allow."""

import math
from dataclasses import dataclass

import numpy as np

from ecmsim.constants import BOLTZMANN, ELEMENTARY_CHARGE
from validation.paper import measures
from validation.paper.fact import FACTS
from validation.paper.facts import barriers_at_onset
from validation.paper.runs import Runs
from validation.paper.table import Verdict

AROUND = 1e-3  # s: to either side of the onset of C, over which speeds are taken
# Facts that are read off the reference run alone.
OF_THE_REFERENCE = (1, 2, 3, 4, 5, 6, 7, 9, 14, 17, 19, 20, 25, 26, 27, 28, 29, 30)

# Why a row misses, if it does; those with another reading (below) and row 20 say it there.
WHY = {
    14: "growth goes on slowly for as long as the compliance leaves a voltage; what is visible is our reading, the "
    "resolution with which the code itself tells the end of growth.",
    22: "Herring's law holds where the whole shape scales with the radius. A filament of 2-5 nm in a layer of 10 nm is "
    "too stout to break: it draws back from the electrode, over a distance that does not scale. The paper applies the "
    "law to its radii and shows no relaxation.",
    25: "heat takes over too early: 18 K at 10 µA already count with an activation energy of 0.65 eV. What parameters "
    "can do about it, and what they cost elsewhere, is in [front](front/README.md).",
    26: "the filament of kilo-ohms (row 17) takes up the voltage that drives the jump; without it C is several times "
    "sharper than A.",
    31: "the cap of 0.4 nm on the dissolved depth is reached before the gap closes; what v* does before leaves little.",
}


def explained(verdicts):
    """Why facts miss, as paragraphs, of Verdicts."""
    for verdict in verdicts:
        if not verdict.finding.hit and verdict.fact.row in WHY:
            yield f"**Row {verdict.fact.row}**: {WHY[verdict.fact.row]}"


@dataclass(frozen=True)
class Reading:
    """Another choice of what the paper leaves open. case: of configs/studies/paper.toml; head: of its column."""

    case: str
    head: str
    what: str


READINGS = (
    Reading(
        "defective_filament",
        "read for row 17",
        "**Row 17** hits with another reading of what the paper leaves open, `filament.defect_factor = 0.05`: the "
        "filament conducts a twentieth of what scattering at its surface leaves of bulk copper, as grain boundaries "
        "and defects of a metal deposited at room temperature may do.",
    ),
    Reading(
        "narrow_void",
        "read for row 19",
        "**Row 19** hits with `dissolution.clearance = 0.07 nm`: beside the filament the void is as narrow as the "
        "smallest gap that the paper names (section 2.3) and not an atom wide, so that the rim of the tip comes nearer "
        "to the void's wall than the tip to its roof.",
    ),
    Reading(
        "calibrated",
        "calibrated",
        "The parameters that `ecmsim calibrate` finds for facts 1 to 6 (`validation/calibration`) come closer to them; "
        "all the other facts are predictions with these, too.",
    ),
)


def reread(runs: Runs, reading: Reading):
    """The facts of the reference run under another reading, as a list of Verdict without errors."""
    other = runs.read_as(reading.case)
    return [Verdict(fact, fact.find(other), {}) for fact in FACTS if fact.row in OF_THE_REFERENCE]


@dataclass(frozen=True)
class Onset:
    """The tip and the rim where regime C begins: speeds (nm/s), barriers (eV), temperature (K)."""

    tip_speed: float
    rim_speed: float
    void: float
    stress: float
    temperature: float

    @property
    def explained(self):
        """Difference of the barriers that the speeds amount to, k T ln(v_rim/v_tip), eV."""
        return BOLTZMANN * self.temperature / ELEMENTARY_CHARGE * math.log(self.rim_speed / self.tip_speed)


def onset_of_c(run):
    """Growth of tip and rim at the onset of regime C, from the time series.

    Both grow by Butler-Volmer with the same overpotential and (nearly) the same temperature, so that by Eq. (12)
    v_tip/v_rim = exp(-(dW_void - dW_mech)/kT): the tip's barrier is the lower one only where the tip is the faster.
    None where no regime C begins.
    """
    if run.regimes.b_c is None:
        return None
    time = measures.column(run, "time_s")
    moment = run.regimes.b_c.time_s
    ends = np.array([moment - AROUND, moment + AROUND])
    speeds = [
        np.diff(np.interp(ends, time, measures.column(run, name)))[0] / (2 * AROUND)
        for name in ("height_nm", "radius_max_nm")
    ]
    void, stress = barriers_at_onset(run)
    kelvin = float(np.interp(moment, time, measures.column(run, "temperature_max_K")))
    return Onset(*map(float, speeds), void, stress, kelvin)
