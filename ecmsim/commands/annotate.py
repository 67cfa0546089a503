"""The command `ecmsim quantum annotate`: atoms and quantized conductance read off the outlines of a run.

A run whose tunnelling law is simmons knows no contact. At each outline that it stored, a law with contact counts the
atoms that bridge the gap, and gives the conductance that gap and contact would have with that shape. What a contact
would have done to the shape, to the heat and to the circuit is not in it: for that, run with the law itself. Of a run
through contact its own law and atoms are taken, and what is new are the channels: shot noise, thermopower, dI/dV.
"""

from pathlib import Path

import numpy as np

from ecmsim.config import load_config
from ecmsim.constants import CONDUCTANCE_QUANTUM, SQUARE_METRES_PER_NM2
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.physics.model import tunnelling_law
from ecmsim.physics.tunnelling import Simmons, over_tip
from ecmsim.quantum.lookup import STEP, Lookup
from ecmsim.results import open_run
from ecmsim.results.files import replace_text
from ecmsim.results.folder import CONFIG
from ecmsim.results.levels import find_plateaus
from ecmsim.shape.filament import Filament
from ecmsim.shape.gap import Gap

LAWS = ("terraces", "blend", "landauer")
SIMMONS = "simmons"
CHOSEN = {  # settings that are not for --set, and why
    "law": "the law that counts the atoms is an option of its own",
    "enabled": "what is annotated is a law of tunnelling: leave it out and choose the law",
}
TABLE = "conductance.csv"
READ_ANEW = (
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
    "simmons_G0": "what they find there by the Simmons equation, and found in a run made with it",
    "contact_fano": "Fano factor of the shot noise of such a contact, by the table; none where it conducts nothing",
    "contact_thermopower_V_per_K": "thermopower of such a contact at the cell's highest temperature; none as above",
    "junction_differential_G0": "dI/dV of both together at the voltage that electrons crossed in the run",
}


def annotate(run, law=None, settings=()):
    """The atoms that bridge the gap at each outline of a run (a Run), and the conductances: a DataFrame, COLUMNS.

    law: of LAWS ["blend"; the run's own, if that has a contact]; settings: other settings of [tunnelling] for it, texts
    "tunnelling.key=value". Raises ConfigError for these and where the metal has no table, ResultsError for a run that
    has no outlines, or that was made through contact, with another law or other settings than these.
    """
    import pandas as pd

    if law is not None and law not in LAWS:
        raise ConfigError(f'law = "{law}": choose one of {", ".join(LAWS)}')
    for text in settings:
        section, _, name = text.partition("=")[0].strip().partition(".")
        if section != "tunnelling" or not name:
            raise ConfigError(f'--set "{text}": only settings of [tunnelling], the run itself is what it is')
        if name in CHOSEN:
            raise ConfigError(f'--set "{text}": {CHOSEN[name]}, --law {" or --law ".join(LAWS)}')
    path = run.folder / CONFIG
    own = _own(run)
    if "tunnelling" in run.provenance.get("laws", {}):
        raise ResultsError(
            f"{run.folder} was made with a tunnelling law of one's own, {run.provenance['laws']['tunnelling']}: its "
            "outlines are not those of simmons"
        )
    through = _through_contact(own)
    if through and (law not in (None, own.tunnelling.law) or settings):
        raise ResultsError(
            f'{run.folder} was made with tunnelling.law = "{own.tunnelling.law}": contact_atoms in its timeseries.csv '
            "are those of the run; leave --law and --set out"
        )
    law = own.tunnelling.law if through else law or "blend"
    config = load_config(path, ["tunnelling.enabled=true", f'tunnelling.law="{law}"', *settings])
    if not len(run.outlines):
        raise ResultsError(f"{run.folder} holds no outlines: was history.h5 removed?")
    tunnel = own.tunnelling
    simmons, contact = Simmons(tunnel.barrier, tunnel.effective_mass, tunnel.prefactor), tunnelling_law(config)
    known = Lookup(
        config.tunnelling.table or config.cell.active_electrode, step=STEP if config.tunnelling.plateaus else None
    )
    series = run.timeseries
    rows = []
    for outline in run.outlines:
        between = Gap(Filament(outline.points), outline.electrode_points).columns(config.tunnelling.gap)
        kept = series.iloc[outline.step]
        counted = kept["contact_atoms"] if config.contact.atoms == "drawn" else None
        tip = over_tip(contact, between.gap, between.weight, int(kept["cycle"]), counted)
        found = tip.contact_conductance / CONDUCTANCE_QUANTUM
        whole = _total(tip.conductance_density(between.gap), between)
        slope = tip.differential_conductance_density(kept["junction_voltage_V"], between.gap)
        fano, thermopower = _channels(known, tip.atoms, kept["temperature_max_K"]) if found > 0 else (np.nan, np.nan)
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
                "simmons_G0": _total(simmons.conductance_density(between.gap), between),
                "contact_fano": fano,
                "contact_thermopower_V_per_K": thermopower,
                "junction_differential_G0": _total(slope, between),
            }
        )
    return pd.DataFrame(rows, columns=list(COLUMNS))


def _own(run):
    """The configuration of a Run, with tunnelling."""
    return load_config(run.folder / CONFIG, ["tunnelling.enabled=true"])


def _through_contact(config):
    """Whether runs of a configuration have a law of tunnelling with a contact."""
    return config.tunnelling.law != SIMMONS


def _channels(lookup, atoms, temperature):
    """Fano factor and thermopower (V/K) of a contact of as many atoms, of one at least; means over the table's shapes;
    temperature in K."""
    found = lookup.channels(lookup.atom_radius * np.sqrt(max(atoms, 1.0)), temperature=temperature)
    return float(found.fano), float(found.thermopower)


def _total(density, between):
    """Conductance of all columns of a gap, in units of G0; density in S/m2."""
    return float(np.sum(between.weight * density)) * SQUARE_METRES_PER_NM2 / CONDUCTANCE_QUANTUM


def words(table, own=False):
    """What a table says, one line each: the first atom, the most atoms, the end, and the plateaus; first, of what,
    but for a run through contact (own), whose table is of itself."""
    return [*([] if own else [READ_ANEW]), *_found(table)]


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
            f"{at['contact_G0']:.3g}, tunnelling {at['tunnelling_G0']:.2g}; by Simmons {at['simmons_G0']:.3g}) at "
            f"{at['time_s']:.6g} s, gap {at['gap_nm']:.3g} nm"
        )
    plateaus = find_plateaus(time, table["junction_G0"])
    lines += [
        f"plateau: {item.conductance:.3g} G0 from {item.start_s:.6g} s to {item.end_s:.6g} s" for item in plateaus
    ]
    return lines


def write(folder, law=None, settings=(), out=None, picture=None):
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
    return paths, words(table, _through_contact(_own(run)))
