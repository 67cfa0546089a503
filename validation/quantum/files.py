"""The result files that facts are measured on; each reader raises Open where its file is not there yet.

validation/quantum/trajectories/*.csv   of `ecmsim quantum trajectory`, finished: molecular dynamics of contacts
validation/quantum/histogram.csv        of `ecmsim plot histogram`: from_G0, to_G0, shares, of which the last counts
validation/quantum/device.csv           reference runs: name (METAL_...), compliance_A, conductance_G0, atoms
ecmsim/quantum/tables/pwcond.csv        of `python -m ecmsim.quantum.build.pwcond`: metal, point, T_pwcond
"""

import pandas as pd

from ecmsim.errors import ResultsError
from ecmsim.quantum.atoms import record
from ecmsim.quantum.table import TABLES
from validation.quantum.facts import Open


def _read(path, columns):
    """A table of results with these columns at least. Raises Open without the file, ResultsError without a column."""
    if not path.exists():
        raise Open(f"{path.name} is not there yet")
    try:
        found = pd.read_csv(path, comment="#")
    except (OSError, ValueError) as error:
        raise ResultsError(f"{path} cannot be read: {error}") from error
    if found.empty:
        raise Open(f"{path.name} has no rows yet")
    missing = [name for name in columns if name not in found]
    if missing:
        raise ResultsError(f"{path} has no column {missing[0]!r}: it has {', '.join(found)}")
    return found


def trajectories(folder, metal, biased=False):
    """Records of the contacts of a metal that nobody pulls, with or without the recoil forces of a bias.

    Raises Open where there are none, ResultsError for a damaged one.
    """
    records = [record.load(path) for path in sorted((folder / "trajectories").glob("*.csv")) if _finished(path)]
    found = [
        item
        for item in records
        if item.settings.metal == metal and not item.settings.speed_m_s and bool(item.settings.bias_V) == biased
    ]
    if not found:
        what = f"of {metal} with a bias" if biased else f"of {metal} at rest"
        raise Open(f"no trajectory {what} is there yet")
    return found


def _finished(path):
    return path.read_text(encoding="utf-8").rstrip().rpartition("\n")[-1].startswith("# finished")


def device_runs(folder, metal, compliance):
    """The reference runs of a metal at a compliance current (A): DataFrame."""
    found = _read(folder / "device.csv", ("name", "compliance_A", "conductance_G0", "atoms"))
    of = found["name"].astype(str).str.lower().str.startswith(f"{metal.lower()}_")
    found = found[of & ((found["compliance_A"] / compliance - 1).abs() < 0.01)]
    if found.empty:
        raise Open(f"device.csv has no run {metal}_... with {compliance * 1e6:g} µA")
    return found


def histogram(folder):
    """Edges of the bins (G0, n + 1), and shares (n,) without parasitic resistances where they were taken off."""
    found = _read(folder / "histogram.csv", ("from_G0", "to_G0"))
    shares = [name for name in found if name.startswith("share")]
    if not shares:
        raise ResultsError(f"{folder / 'histogram.csv'} has no column of shares: it has {', '.join(found)}")
    return [*found["from_G0"], found["to_G0"].iloc[-1]], found[shares[-1]].to_numpy(float)


def plane_waves(tables=TABLES):
    """T of pwcond.x at points of the table of silver: name -> T."""
    found = _read(tables / "pwcond.csv", ("metal", "point", "T_pwcond"))
    found = found[found["metal"] == "Ag"]
    return dict(zip(found["point"], found["T_pwcond"].astype(float), strict=True))
