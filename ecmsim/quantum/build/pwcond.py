"""An independent transmission of a point: plane waves, by Quantum ESPRESSO's pw.x and pwcond.x, called as programs.

`python -m ecmsim.quantum.build.pwcond --metal Ag --point chain`. Waves are matched at both ends of the device, without
orbitals of atoms: A. Smogunov, A. Dal Corso, E. Tosatti, Phys. Rev. B 70, 045417 (2004). The atoms, the k-points across
and the functional are those of the point; the potential is ultrasoft, made by ld1.x from pseudopotentials/METAL.ld1.
Lead and device come from one self-consistent calculation. Its Fermi level, of few k-points, is compared with that of
the crystal by the waves in the lead, and the transmission is that at the crystal's, by both methods.
"""

import argparse
import csv
import io
import os
import shutil
import subprocess
import sys
import time
from dataclasses import asdict, fields, replace
from pathlib import Path

import numpy as np

from ecmsim.errors import EcmsimError, TransportError, TransportFailure
from ecmsim.quantum.build.espresso import finished, level, total_energy, transmission, version
from ecmsim.quantum.build.methods import METHODS
from ecmsim.quantum.build.plan import load_plan, plan_file
from ecmsim.quantum.build.planewaves import (
    PlaneWaves,
    crystal_input,
    lead_input,
    pw_input,
    pwcond_input,
    straight_cell,
)
from ecmsim.quantum.build.records import Records, fingerprint
from ecmsim.quantum.table import TABLES
from ecmsim.results.files import replace_text

PSEUDOPOTENTIALS = Path(__file__).parent / "pseudopotentials"
MISSING = """{program} is not on PATH. It is part of Quantum ESPRESSO, which is not part of ecmsim's environment:
  apt-get install --no-install-recommends quantum-espresso        (Debian, Ubuntu; 6.7 or later)"""
GPAW = METHODS["gpaw"]
ONE = {"OMP_NUM_THREADS": "1"}  # threads of the linear algebra: more only wait for each other


def check(metal, names, *, out=None, plan=None, table=None, lattice=False, **settings):
    """Compute points with plane waves and note them beside the pipeline's; returns the exit code.

    out: folder of inputs and outputs [runs/pwcond/METAL]; what is finished there is not computed again; table: CSV
    to which the rows are added [pwcond.csv in out]; lattice: only print the crystal's lattice constant; settings:
    PlaneWaves. Raises TransportError for unknown points, for those without a record of the pipeline, and where Quantum
    ESPRESSO is missing or fails.
    """
    waves, folder = PlaneWaves(**settings), Path(out or Path("runs") / "pwcond" / metal)
    whole = load_plan(Path(plan) if plan else plan_file(metal))
    if lattice:
        best = lattice_constant(metal, whole.points[0].settings, waves, folder / "lattice")
        print(f"{metal}: the energy is least at a = {best:.4f} angstrom")
        return 0
    if not names:
        raise TransportError("no --point: name the points to compute, such as --point chain")
    records = Records(Path("runs") / "quantum" / metal, TABLES / metal)
    for point in whole.chosen(names).points:
        if records.read(point, GPAW) is None:
            raise TransportError(
                f"point {point.name} has no record to compare with: ecmsim quantum build --metal {metal} "
                f"--point {point.name}"
            )
        row = compute(point, waves, folder) | orbitals(point, whole, records)
        row["relative_difference"] = round(row["T_pwcond"] / row["T_lcao"] - 1, 4)
        note(Path(table) if table else folder / "pwcond.csv", row)
        print(f"{point.name}: T = {row['T_pwcond']} by plane waves, {row['T_lcao']} by orbitals", flush=True)
    return 0


def orbitals(point, plan, records):
    """What the pipeline has found for a point, as a part of the row.

    T_lcao: at the Fermi level of the crystal with many k-points, that of the plan's points between plane faces, as far
    as T(E) reaches; T_lcao_table: as in the table, at the level of the lead with the point's own k-points.
    """
    record = records.read(point, GPAW)
    energies, T = np.array(record["energies_eV"]), record["transmission"]
    faces = (records.read(p, GPAW) for p in plan.points if p.form == "planes" and point.form != "chain")
    crystal = next((face["checks"]["fermi_lead"] for face in faces if face), record["checks"]["fermi_lead"])
    shift = crystal - record["checks"]["fermi_lead"]
    if abs(shift) > energies.max():
        raise TransportError(f"point {point.name}: its Fermi level is {shift:.3g} eV off, T(E) ends before that")
    return {
        "T_lcao": float(f"{np.interp(shift, energies, T):.5g}"),
        "T_lcao_table": float(f"{record['T']:.5g}"),
        "level_lcao_eV": round(-shift, 4) + 0.0,
        "lcao_hash": record["hash"],
        "gpaw_version": record["versions"].get("gpaw", ""),
    }


def compute(point, waves: PlaneWaves, out):
    """Transmission of a point, as a dict: a row of the CSV but for what it is compared with.

    T_pwcond: at the Fermi level of the crystal with many k-points, found in the device from the waves in its lead;
    T_pwcond_device: at the device's own, which few k-points put level_eV too high.
    """
    out = Path(out)
    # Plane waves need no ghosts: points that differ in these share the calculation.
    folder, crystal = out / f"{point.form}.{fingerprint(replace(point, ghosts=0), GPAW)}", out / "crystal"
    cell = straight_cell(point, waves.spare)
    pseudopotential(point.metal, folder)
    density = run("pw.x", pw_input(point, waves, cell), folder)
    scattered = run("pwcond.x", pwcond_input(point, waves, cell), folder)
    own, unitarity = transmission(point, scattered)
    T, shift, spread = own, 0.0, 0.0
    if point.form != "chain":
        pseudopotential(point.metal, crystal)
        lead, ask = lead_input(point, waves)
        run("pw.x", lead, crystal)
        told = run("pwcond.x", ask, crystal, f"waves-{point.settings.size}-{point.settings.k_lateral}")
        shift, spread = level(point, scattered, told)
        aligned = run("pwcond.x", pwcond_input(point, waves, cell, -shift), folder, "pwcond-aligned")
        T, unitarity = transmission(point, aligned)
    return {
        "metal": point.metal,
        "point": point.name,
        "T_pwcond": float(f"{T:.5g}"),
        "T_pwcond_device": float(f"{own:.5g}"),
        "level_eV": round(shift, 4),
        "level_spread_eV": round(spread, 4),
        "unitarity_error": float(f"{unitarity:.2g}"),
        "atoms": len(cell.positions),
        "k_lateral": point.settings.k_lateral,
        **asdict(waves),
        "seconds": round(sum(float(path.read_text()) for path in folder.glob("pw*.seconds"))),
        "espresso_version": version(density),
    }


def lattice_constant(metal, settings, waves: PlaneWaves, folder):
    """Where the energy of the fcc crystal is least (angstrom): a test of the pseudopotential, seconds.

    A parabola through energies at five lattice constants around that of the settings; raises as compute() does.
    """
    middle = settings.lattice_constant
    constants = middle * np.linspace(0.98, 1.02, 5)
    pseudopotential(metal, folder)
    texts = (crystal_input(metal, replace(settings, lattice_constant=a), waves) for a in constants)
    printed = [run("pw.x", text, folder, f"{a:.4f}") for text, a in zip(texts, constants, strict=True)]
    curvature, slope, _ = np.polyfit(constants - middle, [total_energy(text) for text in printed], 2)
    return float(middle - slope / curvature / 2)


def pseudopotential(metal, folder):
    """Make METAL.UPF in a folder. Raises TransportError for a metal without input of ld1.x."""
    source = PSEUDOPOTENTIALS / f"{metal}.ld1"
    if not source.is_file():
        known = ", ".join(sorted(path.stem for path in PSEUDOPOTENTIALS.glob("*.ld1")))
        raise TransportError(f"there is no pseudopotential of {metal}: there are those of {known}")
    run("ld1.x", source.read_text(), folder)


def run(program, text, folder, name=None):
    """What a program prints for an input, in a folder; read from there where it has finished with the same input.

    name: of the input and output files [the program's].
    Raises TransportError where the program is missing, TransportFailure where it ends without being finished, with
    its last lines.
    """
    name = name or program.removesuffix(".x")
    folder.mkdir(parents=True, exist_ok=True)
    given, printed = folder / f"{name}.in", folder / f"{name}.out"
    if given.is_file() and given.read_text() == text and printed.is_file() and finished(printed.read_text()):
        return printed.read_text()
    if shutil.which(program) is None:
        raise TransportError(MISSING.format(program=program))
    if printed.is_file():  # and all that came after it, as it was made from this
        since = printed.stat().st_mtime_ns
        for later in [path for path in folder.glob("*.out") if path.stat().st_mtime_ns >= since]:
            later.unlink()
    given.write_text(text)
    begun = time.monotonic()
    with given.open() as stdin, printed.open("w") as stdout, (folder / f"{name}.err").open("w") as errors:
        subprocess.run(
            [program], stdin=stdin, stdout=stdout, stderr=errors, cwd=folder, env=os.environ | ONE, check=False
        )
    (folder / f"{name}.seconds").write_text(f"{time.monotonic() - begun:.1f}\n")
    if not finished(printed.read_text()):
        last = "\n".join(line for line in printed.read_text().splitlines() if line.strip())[-1000:]
        raise TransportFailure(f"{program} did not finish; {printed} ends with\n{last}")
    return printed.read_text()


def note(path, row):
    """Write a row into the CSV of the comparison, in place of the same point's."""
    rows = [row]
    if path.is_file():
        with path.open(newline="") as file:
            rows += [r for r in csv.DictReader(file) if (r["metal"], r["point"]) != (row["metal"], row["point"])]
    text = io.StringIO()
    writer = csv.DictWriter(text, list(row), lineterminator="\n")
    writer.writeheader()
    writer.writerows(sorted(rows, key=lambda r: (r["metal"], r["point"])))
    replace_text(path, text.getvalue())


def main(arguments=None):
    """Entry point. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ecmsim.quantum.build.pwcond", description=__doc__.split("\n")[0])
    parser.add_argument("--metal", default="Ag")
    parser.add_argument("--point", action="append", default=[], dest="names", metavar="NAME")
    parser.add_argument("--lattice", action="store_true", help="only the crystal's lattice constant: seconds")
    parser.add_argument("--out", help="folder of inputs and outputs [runs/pwcond/METAL]")
    parser.add_argument("--plan", help="plan (TOML) instead of the package's")
    parser.add_argument("--table", metavar="CSV", help="file to add the rows to [pwcond.csv in the folder]")
    for field in fields(PlaneWaves):
        parser.add_argument(f"--{field.name.replace('_', '-')}", type=field.type, default=field.default)
    try:
        return check(**vars(parser.parse_args(arguments)))
    except EcmsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
