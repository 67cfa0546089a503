"""Where the layers of a neck lie once they are let go along the axis: `python -m ecmsim.quantum.build.relax`.

The leads and their whole layers stay where the crystal has them, and so does the length of the contact.
"""

import argparse
import sys
from pathlib import Path

import numpy as np

from ecmsim.errors import EcmsimError, TransportError
from ecmsim.quantum.build import dft
from ecmsim.quantum.build.command import METAL
from ecmsim.quantum.build.plan import load_plan, plan_file
from ecmsim.quantum.build.structure import layers, structure

FORCE, STEPS = 0.05, 4  # eV/angstrom on a layer; how often the layers are moved at most
STIFFNESS = 4.0  # eV/angstrom^2 of a layer's atom against its neighbours, for the first step


def relax(forces, found, *, force=FORCE, steps=STEPS, say=print):
    """How far layers are raised (n,) once no force on them is larger than `force`, and those forces (n,).

    forces(raised): the mean force along the axis on an atom of each layer (n,), eV/angstrom; found (n,): where to
    begin. Newton's steps with the inverse of the stiffness by Broyden's good update. Stops after `steps` of them, too:
    the forces tell what is left.
    """
    raised = np.array(found, dtype=float)
    pull, compliance = np.asarray(forces(raised)), np.eye(len(raised)) / STIFFNESS
    say(_told(raised, pull))
    for _ in range(steps):
        if np.abs(pull).max() <= force:
            break
        move = compliance @ pull
        raised = raised + move
        before, pull = pull, np.asarray(forces(raised))
        say(_told(raised, pull))
        # Broyden's update of the inverse of the Jacobian of -forces.
        change = compliance @ (before - pull)
        compliance = compliance + np.outer(move - change, move @ compliance) / (move @ change)
    return raised, pull


def forces_of(point, log):
    """A function of how far the layers are raised: mean force along the axis on an atom of each (n,), by GPAW."""
    atoms = structure(point)
    across, at = (point.settings.k_lateral,) * 2, layers(point)
    system, _ = dft.calculation(point.metal, *atoms.order, atoms.cell, (*across, 1), point.settings, log)
    start = system.positions.copy()

    def forces(raised):
        moved = start.copy()
        for index, now, before in zip(at, raised, point.raised or np.zeros(len(at)), strict=True):
            moved[index, 2] += now - before
        system.positions = moved
        dft.settle(system, log)
        along = system.get_forces()[:, 2]
        return np.array([along[index].mean() for index in at])

    return forces


def main(arguments=None):
    """Entry point: prints every step and the entry for the plan. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ecmsim.quantum.build.relax", description=__doc__.split("\n")[0])
    parser.add_argument("--metal", default=METAL)
    parser.add_argument("--point", required=True, metavar="NAME")
    parser.add_argument("--force", type=float, default=FORCE, metavar="EV_PER_ANGSTROM")
    parser.add_argument("--steps", type=int, default=STEPS)
    parser.add_argument("--out", metavar="FOLDER", help="of GPAW's text; runs/quantum/METAL where none is given")
    options = parser.parse_args(arguments)
    try:
        point = load_plan(plan_file(options.metal)).chosen([options.point]).points[0]
        if point.form != "neck":
            raise TransportError(f"--point {point.name}: has no layers between leads; choose a neck")
        if not options.force > 0:
            raise TransportError(f"--force {options.force:g}: give a positive number of eV per angstrom, such as 0.05")
        dft.require()
        log = Path(options.out or Path("runs") / "quantum" / options.metal) / f"relax-{point.name}.txt"
        log.parent.mkdir(parents=True, exist_ok=True)
        begin = point.raised or np.zeros(len(point.counts))
        raised, pull = relax(forces_of(point, log), begin, force=options.force, steps=options.steps)
    except EcmsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code
    within = "within" if np.abs(pull).max() <= options.force else "NOT within"
    print(f"raised = [{', '.join(f'{height:.3f}' for height in raised)}], {within} {options.force:g} eV/angstrom")
    return 0


def _told(raised, pull):
    heights, forces = (", ".join(f"{value:+.3f}" for value in values) for values in (raised, pull))
    return f"layers raised by {heights} angstrom: forces {forces} eV/angstrom"


if __name__ == "__main__":
    sys.exit(main())
