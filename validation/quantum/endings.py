"""How pulled contacts end, on one atom or on two in a row: `python -m validation.quantum.endings`, minutes a metal.

Contacts of Ag, Cu and Au are pulled apart by molecular dynamics (ecmsim.quantum.atoms), from two necks and with several
seeds. While one way is left across, the atoms that alone hold both ends together are counted: one is a monomer, two a
dimer, more a chain. The share of that time which each takes is its weight. Written as endings.csv beside this file.
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd

from ecmsim.quantum.atoms.dynamics import Dynamics
from ecmsim.quantum.atoms.section import bottlenecks, narrowest
from ecmsim.quantum.atoms.settings import Settings

TABLE = Path(__file__).with_name("endings.csv")
METALS = ("Ag", "Cu", "Au")
NECKS = (("100", 4, (9, 4, 9)), ("111", 4, (10, 7, 10)))
SEEDS = range(1, 6)
SPEED, STEP, EVERY, PULL = 30.0, 4.0, 50, 10  # m/s; fs; steps between samples, and between pulls
LONGEST = 100.0  # ps
PARTED = 5  # samples without a way across, after which a contact has ruptured


def ended(metal, face, size, counts, seed):
    """Samples of one contact's end with one, two and more atoms in a row; and time and pull (ps, angstrom) until it."""
    settings = Settings(metal, counts, face, size, time_ps=LONGEST, step_fs=STEP, seed=seed, speed_m_s=SPEED)
    contact, frozen = settings.contact(), settings.frozen()
    motion = Dynamics(contact, metal, frozen, settings.temperature_K, settings.damping_ps, STEP, seed)
    found, parted = np.zeros(3, dtype=int), 0
    for step in range(PULL, settings.steps + 1, PULL):
        motion.run(PULL)
        motion.pull(SPEED * 1e-5 * STEP * PULL)
        if step % EVERY:
            continue
        at = motion.positions, motion.present.cell, settings.law.distance, *frozen
        across = narrowest(*at)
        if across == 1:
            found[min(len(bottlenecks(*at)), 3) - 1] += 1
        parted = 0 if across else parted + 1
        if parted >= PARTED:
            break
    return *map(int, found), step * settings.step_ps, motion.pulled


def main(metals):
    rows = []
    for metal in metals:
        for face, size, counts in NECKS:
            for seed in SEEDS:
                row = (metal, face, "-".join(map(str, counts)), seed, *ended(metal, face, size, counts, seed))
                rows.append(row)
                print(*row, flush=True)
    columns = ["metal", "face", "neck", "seed", "monomer", "dimer", "chain", "time_ps", "pulled_A"]
    new = pd.DataFrame(rows, columns=columns).round(3)
    if TABLE.exists():
        kept = pd.read_csv(TABLE)
        new = pd.concat([kept[~kept.metal.isin(metals)], new])
    new.to_csv(TABLE, index=False)


if __name__ == "__main__":
    main(sys.argv[1:] or METALS)
