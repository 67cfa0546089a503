"""A contact's trajectory: molecular dynamics, and at every sample its transmission at the Fermi level."""

from dataclasses import dataclass

from ecmsim.quantum.atoms.electrons import Electrons
from ecmsim.quantum.atoms.section import narrowest
from ecmsim.quantum.atoms.settings import MINIMUM, Settings

PULL_EVERY = 10  # steps
PARTED = 4  # samples without a bond after which a pulled contact has ruptured


@dataclass(frozen=True)
class Sample:
    """A row of a trajectory's file.

    t_ps; transmission: T(E_F) of the lateral cell, per spin; energy_eV: potential; temperature_K: kinetic;
    section_atoms: section.narrowest; pulled_A: by which the right crystal has moved; shift_A: mean way along z of the
    moving atoms from where they began; recoil_eV_per_A: sum of the recoil forces along z.
    """

    seed: int
    t_ps: float
    transmission: float
    energy_eV: float
    temperature_K: float
    section_atoms: int
    pulled_A: float
    shift_A: float
    recoil_eV_per_A: float


def samples(settings: Settings, seed):
    """The samples of one trajectory, one after another, the first of them at rest; ended early by a rupture.

    Raises ConfigError where ASE is missing.
    """
    from ecmsim.quantum.atoms.dynamics import Dynamics

    contact, frozen = settings.contact(), settings.frozen()
    motion = Dynamics(
        contact, settings.metal, frozen, settings.temperature_K, settings.damping_ps, settings.step_fs, seed
    )
    if settings.start == MINIMUM:
        motion.minimise()
    start = motion.positions.copy()
    electrons = Electrons(contact, settings.law, settings.lattice_constant, *settings.k)
    every = _steps(settings.sample_ps, settings)
    pushes = _steps(settings.force_ps, settings) if settings.bias_V else 0
    pulls = PULL_EVERY if settings.speed_m_s else 0
    recoil, parted, done = 0.0, 0, 0
    stops = {step for period in (every, pushes, pulls) if period for step in range(0, settings.steps + 1, period)}
    for step in sorted(stops):
        motion.run(step - done)
        done = step
        if pushes and step % pushes == 0:
            forces = electrons.recoil_forces(motion.present, settings.bias_V, settings.recoil)
            motion.push(forces)
            recoil = float(forces[motion.mobile, 2].sum())
        if pulls and step % pulls == 0 and step:
            motion.pull(settings.speed_m_s * 0.01 * settings.step_ps * pulls)
        if step % every == 0:
            present = motion.present
            section = narrowest(present.positions, present.cell, settings.law.distance, *frozen)
            yield Sample(
                seed,
                round(step * settings.step_ps, 9),
                electrons.transmission(present),
                float(motion.potential_energy),
                float(motion.temperature),
                section,
                motion.pulled,
                float((present.positions - start)[motion.mobile, 2].mean()),
                recoil,
            )
            parted = 0 if section else parted + 1
            if pulls and parted >= PARTED:
                return


def _steps(interval, settings):
    return max(1, round(interval / settings.step_ps))
