"""The command `ecmsim quantum annotate`: atoms and quantized conductance read off the outlines of a run.

A run whose tunnelling law is simmons knows no contact. At each outline that it stored, the law "blend" (or "landauer")
counts the atoms that bridge the gap, and gives the conductance that gap and contact would have with that shape. What a
contact would have done to the shape, to the heat and to the circuit is not in it: for that, run with the law itself.
"""

from pathlib import Path

import numpy as np

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM, SQUARE_METRES_PER_NM2
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.physics.model import tunnelling_law
from ecmsim.quantum.lookup import STEP, Lookup
from ecmsim.results import open_run
from ecmsim.results.files import replace_text
from ecmsim.results.folder import CONFIG
from ecmsim.results.levels import find_plateaus
from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap

LAWS = ("blend", "landauer")
SIMMONS = "simmons"
CHOSEN = {  # settings that are not for --set, and why
    "law": "the law that counts the atoms is an option of its own",
    "enabled": "what is annotated is a law of tunnelling: leave it out and choose the law",
}
TABLE = "conductance.csv"
OF_THE_RUN = (
    "growth, voltage and compliance are those of the run with simmons, re-read: with a contact its current would have "
    "met the compliance earlier, and these atoms need never have come"
)

COLUMNS = {
    "time_s": "time of the outline",
    "step": "its row in timeseries.csv, from 0",
    "source_voltage_V": "voltage of the source in the run",
    "cell_voltage_V": "voltage across the cell in the run",
    "current_A": "current through the cell in the run",
    "gap_nm": "smallest gap of the columns",
    "contact_atoms": "N, atoms that bridge the gap",
    "contact_G0": "S(N), conductance of the contact that they make, in units of G0 = 2e²/h",
    "tunnelling_G0": "conductance of the tunnelling beside them",
    "junction_G0": "both together: what electrons find between the two surfaces",
    "simmons_G0": "what they found there in the run",
    "contact_fano": "Fano factor of the shot noise of such a contact, by the table; none where it conducts nothing",
}


def annotate(run, law="blend", settings=()):
    """The atoms that bridge the gap at each outline of a run (a Run), and the conductances: a DataFrame, COLUMNS.

    law: "blend" or "landauer"; settings: other settings of [tunnelling] for it, texts "tunnelling.key=value".
    Raises ConfigError for these and where the metal has no table, ResultsError for a run that has no outlines or was
    made with such a law.
    """
    import pandas as pd

    if law not in LAWS:
        raise ConfigError(f'law = "{law}": choose one of {", ".join(LAWS)}')
    for text in settings:
        section, _, name = text.partition("=")[0].strip().partition(".")
        if section != "tunnelling" or not name:
            raise ConfigError(f'--set "{text}": only settings of [tunnelling], the run itself is what it is')
        if name in CHOSEN:
            raise ConfigError(f'--set "{text}": {CHOSEN[name]}, --law blend or --law landauer')
    path = run.folder / CONFIG
    own = load_config(path, ["tunnelling.enabled=true"])
    if own.tunnelling.law != SIMMONS:
        raise ResultsError(
            f'{run.folder} was made with tunnelling.law = "{own.tunnelling.law}": contact_atoms in its timeseries.csv '
            "are those of the run"
        )
    if "tunnelling" in run.provenance.get("laws", {}):
        raise ResultsError(
            f"{run.folder} was made with a tunnelling law of one's own, {run.provenance['laws']['tunnelling']}: its "
            "outlines are not those of simmons"
        )
    config = load_config(path, ["tunnelling.enabled=true", f'tunnelling.law="{law}"', *settings])
    if not len(run.outlines):
        raise ResultsError(f"{run.folder} holds no outlines: was history.h5 removed?")
    simmons, contact = tunnelling_law(own), tunnelling_law(config)
    known = Lookup(
        config.tunnelling.table or config.cell.active_electrode, step=STEP if config.tunnelling.plateaus else None
    )
    series = run.timeseries
    rows = []
    for outline in run.outlines:
        between = Gap(Filament(outline.points), outline.electrode_points).columns(config.tunnelling.gap)
        tip = contact.over(between.gap, between.weight)
        found = tip.contact_conductance / CONDUCTANCE_QUANTUM
        whole = _total(tip, between)
        kept = series.iloc[outline.step]
        rows.append(
            {
                "time_s": outline.time_s,
                "step": outline.step,
                **{name: kept[name] for name in ("source_voltage_V", "cell_voltage_V", "current_A")},
                "gap_nm": between.gap.min(),
                "contact_atoms": tip.atoms,
                "contact_G0": found,
                "tunnelling_G0": max(whole - found, 0.0),
                "junction_G0": whole,
                "simmons_G0": _total(simmons, between),
                "contact_fano": _fano(known, tip.atoms) if found > 0 else np.nan,
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _fano(lookup, atoms):
    """Fano factor of a contact of as many atoms, of one at least; the mean over the table's shapes."""
    return float(lookup.channels(lookup.atom_radius * np.sqrt(max(atoms, 1.0))).fano)


def _total(law, between):
    """Conductance of all columns of a gap, in units of G0."""
    density = law.conductance_density(between.gap)
    return float(np.sum(between.weight * density)) * SQUARE_METRES_PER_NM2 / CONDUCTANCE_QUANTUM


def words(table):
    """What a table says, one line each: the first atom, the most atoms, the end, and the plateaus; first, of what."""
    return [OF_THE_RUN, *_found(table)]


def _found(table):
    atoms, time = table["contact_atoms"].to_numpy(), table["time_s"].to_numpy()
    if not atoms.max() > 0:
        return [f"no atom bridges the gap: {table['gap_nm'].min():.3g} nm at its smallest, before the last layer"]
    most = int(np.argmax(atoms))
    touched = atoms >= 0.5
    lines = [f"first atom (N = 1/2) at {time[np.argmax(touched)]:.6g} s"] if touched.any() else []
    for name, row in ("most", most), ("end", len(atoms) - 1):
        at = table.iloc[row]
        lines.append(
            f"{name}: N = {at['contact_atoms']:.3g} atoms, G = {at['junction_G0']:.3g} G0 (contact "
            f"{at['contact_G0']:.3g}, tunnelling {at['tunnelling_G0']:.2g}; in the run {at['simmons_G0']:.3g}) at "
            f"{at['time_s']:.6g} s, gap {at['gap_nm']:.3g} nm"
        )
    plateaus = find_plateaus(time, table["junction_G0"])
    lines += [
        f"plateau: {item.conductance:.3g} G0 from {item.start_s:.6g} s to {item.end_s:.6g} s" for item in plateaus
    ]
    return lines


def write(folder, law="blend", settings=(), out=None, picture=None):
    """Annotate the run in a folder: write the table (default TABLE in it) and a picture. -> paths, words.

    Nothing that the run wrote is touched. Raises what annotate does, and ResultsError or PlotError where it cannot
    write.
    """
    run = open_run(folder)
    table = annotate(run, law, settings)
    out = Path(out) if out else run.folder / TABLE
    replace_text(out, table.to_csv(index=False))
    paths = [out]
    if picture:
        from ecmsim.plot.annotation import draw

        paths += draw(table, Path(picture))
    return paths, words(table)
