"""Writes validation/atoms anew, in some minutes: python -m validation.atoms [FOLDER OF configs/studies/ag_atoms.toml]

With the folder of that study (runs of the reduced model) their peaks are set beside those of the lumped circuit.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from ecmsim.plot.histogram import runs_of
from ecmsim.plot.study import open_study
from ecmsim.results.levels import edges_of, find_peaks
from ecmsim.study import folder
from validation.atoms import numbers
from validation.atoms.page import MEASURED, page
from validation.atoms.picture import draw

HERE = Path(__file__).parent
CONFIG = HERE.parents[1] / "configs" / "ag_atoms.toml"
COUNT = 200
OPEN = "none are set beside these."


def main(study=None, out=HERE, count=COUNT, lives=1000):
    """Write README.md, histogram.csv and atoms.png; returns the Histogram of each metal."""
    law, reaction = numbers.law_of(CONFIG)
    traces = {metal: numbers.sweeps(law, reaction, metal, count) for metal in numbers.METALS}
    found = {metal: numbers.histogram(each) for metal, each in traces.items()}
    draw(traces["Ag"][:3], found, MEASURED, out / "atoms.png")
    shares = {f"{metal}_share": np.round(each.shares, 8) for metal, each in found.items()}
    low, high = found["Ag"].edges[:-1], found["Ag"].edges[1:]
    text = pd.DataFrame({"low_G0": np.round(low, 4), "high_G0": np.round(high, 4), **shares}).to_csv(index=False)
    folder.replace(out / "histogram.csv", text)
    told = of_cell(study) if study else OPEN
    folder.replace(out / "README.md", page(law, reaction, traces["Ag"], found, told, lives))
    return found


def of_cell(path):
    """A sentence about the runs of a study: the peaks of their junction's conductance."""
    samples, ends = [], []
    for run in (runs := runs_of(open_study(path))):
        series = run.timeseries
        times = np.arange(0, series.time_s.iloc[-1], numbers.EVERY)
        at = np.searchsorted(series.time_s, times, side="right") - 1
        seen = series.tunnel_current_A / series.junction_voltage_V / numbers.QUANTUM
        samples.append(seen.to_numpy()[at])
        ends.append(int(series.contact_atoms.iloc[-1]))
    values = np.concatenate(samples)
    edges = edges_of(numbers.BIN, numbers.HIGHEST)
    peaks = find_peaks(edges, np.histogram(values[np.isfinite(values)], edges)[0] / len(values))
    told = ", ".join(f"{peak.conductance:.2f}" for peak in peaks)
    return f"{len(runs)} of them have peaks at {told} G0, and {min(ends)} to {max(ends)} atoms at 20 µA."


if __name__ == "__main__":
    main(*sys.argv[1:])
