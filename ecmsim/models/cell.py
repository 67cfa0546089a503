"""A cell whose filament grows: what the full and the reduced model have in common.

The outline moves, metal and charge are booked, the pace of the steps is set and balances are drawn up; how potentials
and temperatures are found is left to the models (ecmsim.models.full, ecmsim.models.reduced). Pure NumPy: no mesh, no
solver.
"""

from dataclasses import dataclass, field, replace

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.drive import Leg, Programme
from ecmsim.errors import SolveError
from ecmsim.models.rates import Rates
from ecmsim.physics.model import DeviceModel
from ecmsim.physics.tunnelling import over_tip
from ecmsim.shape.filament import Filament
from ecmsim.shape.front import Displacement, Front, FrontMotion, Rupture
from ecmsim.shape.gap import columns, gap_from_electrode, gap_from_filament
from ecmsim.shape.relaxation import rounded_cylinder
from ecmsim.timing import Stopwatch

PART = 0.1  # of an atom's conductance


class RejectedStep(SolveError):
    """The step went too far; a shorter one is to be tried."""


@dataclass(frozen=True, kw_only=True)
class CellState:
    """An accepted (or tried) state of either model. Currents in A, powers in W, lengths in nm, temperature in K.

    A model's own state adds its unknowns and the properties `electrode_points` (k, 2), the active electrode's surface
    in nm, and `vertices`, their number in its mesh.
    """

    time: float
    leg: Leg  # of the programme
    source_voltage: float
    front: Front
    previous_velocity: np.ndarray | None = None  # of the same points one step earlier
    previous_step: float = 0.0
    deposited: float = 0.0  # volume that Faraday's law demands since the start, nm3
    largest_current: float = 0.0
    largest_volume: float = 0.0  # of the filament so far, nm3
    observed: dict = field(default_factory=dict)
    iterations: int = 0
    remeshed: bool = False
    rupture: Rupture | None = None  # in the step to this state
    relaxation_speed: float = 0.0  # largest speed of a point by surface diffusion, nm/s

    @property
    def filament(self):
        return self.front.filament

    @property
    def velocity(self):
        """Velocity of the outline's points, (n, 2), nm/s."""
        return self.front.velocity


@dataclass(frozen=True)
class Balance:
    """What a solution of the potentials and temperatures amounts to.

    current: out of the counter electrode, entering: into the active electrode, ionic: into the filament, A; power:
    given to the cell, dissipated: in it, heated: that part of it which heats, heat: that leaves it, W;
    temperature_max in K; junction_voltage: mean of the voltage that the tunnelling electrons cross, V; atoms: that
    bridge the gap.
    """

    current: float
    entering: float
    ionic: float
    power: float
    dissipated: float
    heated: float
    heat: float
    temperature_max: float
    junction_voltage: float
    atoms: float


@dataclass(frozen=True)
class Tip:
    """What electrons and ions see of one gap. law: of tunnelling as it holds for this tip, or None; atoms: that bridge
    the gap (0 for laws without contact); open_shares: of the outline's points (n,) and of the electrode's (k,), where
    ions react; None: everywhere."""

    law: object | None
    atoms: float = 0.0
    open_shares: tuple | None = None


class GrowingCell:
    """One cell under one programme. config: Config; comm: MPI communicator; laws: see DeviceModel.with_laws."""

    def __init__(self, config, comm, laws=None):
        self.config, self.comm = config, comm
        self.cell, self.numerics = config.cell, config.mesh.refined()
        self.model = DeviceModel.from_config(config, laws)
        self.programme = Programme.from_steps(config.programme)
        self.watch = Stopwatch()
        self.motion = FrontMotion.from_config(config, self.model.dissolution, self.model.nucleus.reach)
        self.electrode = self.motion.electrode
        self.transient = config.heat.enabled and config.heat.mode == "transient"
        self.remeshes = 0
        self._first_volume = self._initial_filament().volume
        self._nm3_per_coulomb = self.model.faraday.volume_per_charge * 1e27

    def _surface_temperature(self, state):
        """Temperature at the outline's points, K, (n,)."""
        raise NotImplementedError

    def _initial_filament(self):
        """The filament that [initial] describes."""
        initial = self.config.initial
        if initial.kind == "cylinder":
            spacing = min(self.numerics.surface_size, self.numerics.turning * initial.radius)
            return rounded_cylinder(initial.radius, initial.height, spacing)
        return Filament.nucleus(self.cell.nucleus_radius, self.numerics.nucleus_segments)

    # --- one step -----------------------------------------------------------------------------------------------------

    def _displaced(self, state, step) -> Displacement:
        """The front after a step (s). Raises OutlineError where it is no longer that of one solid filament."""
        law = self.model.surface_diffusion
        coefficient = law.coefficient(self._surface_temperature(state)) if law else None
        move = self.motion.displaced(state.front, state.previous_velocity, state.previous_step, step, coefficient)
        move.front.filament.check(self.cell.radius)
        return move

    def _tried(self, state, time, move: Displacement, **own):
        """The state to solve for at a later time (s) after a move of the front; own: fields of the model's state."""
        step = time - state.time
        return replace(
            state,
            time=time,
            source_voltage=state.leg.source_voltage(time),
            previous_step=step,
            deposited=state.deposited - (move.rupture.volume if move.rupture else 0.0),
            rupture=move.rupture,
            relaxation_speed=move.relaxation / step,
            **own,
        )

    def _tip(self, filament, plate_points, gap=None) -> Tip:
        """What is seen between a filament and points (k, 2) of the active electrode's surface; gap: its Columns, where
        they are known already."""
        law, bridging, definition = self.model.tunnelling, self.model.bridging, self.config.tunnelling.gap
        if bridging is None:
            return Tip(law)
        gap = gap or columns(filament, plate_points, definition)
        law = over_tip(law, gap.gap, gap.weight)
        lower = bridging.open_share(gap_from_filament(filament, plate_points, definition))
        upper = bridging.open_share(gap_from_electrode(filament, plate_points, definition))
        return Tip(law, law.atoms, (lower, upper))

    def _growth_velocity(self, filament, current_density, ionic_current):
        """Velocity of the outline's points, nm/s: Faraday's law, Eq. (1), with the reaction current at each point.

        current_density (n,) in A/m2; ionic_current: into the whole filament, A.
        """
        speed = self.model.faraday.normal_velocity(current_density) * 1e9
        return filament.growth_velocity(speed, ionic_current * self._nm3_per_coulomb)

    def _completed(self, trial, state, step, balance: Balance, velocity, **own):
        """A trial with all that follows from the solution at its geometry, time and voltage.

        state: the one before; step: between them, s, None at the start; own: fields of the model's own state.
        """
        deposited = trial.deposited
        if step is not None:
            before = state.observed["ionic_current"]
            deposited += 0.5 * step * (before + balance.ionic) * self._nm3_per_coulomb
        return replace(
            trial,
            front=replace(trial.front, velocity=velocity),
            previous_velocity=trial.velocity if step is not None and not trial.rupture else None,
            deposited=deposited,
            observed=self._observed(trial, balance, deposited, state),
            largest_current=max(state.largest_current, abs(balance.current)),
            largest_volume=max(state.largest_volume, trial.filament.volume),
            **own,
        )

    def _judge(self, trial, state):
        """Reject a step over which the current jumped by more than the source voltage explains."""
        if trial.rupture or trial.leg.piece.source == "current" or state.time == trial.leg.start:  # another element
            return
        limit = self.config.stepping.largest_current_ratio
        voltage_now, voltage_before = abs(trial.source_voltage), abs(state.source_voltage)
        now, before = abs(trial.observed["current"]), abs(state.observed["current"])
        if min(now, before) < self.config.stepping.smallest_judged_current or not voltage_before:
            return
        expected = before * voltage_now / voltage_before
        # While atoms bridge the gap, a hundredth of a nanometre is several of them: no jump is less than a part of one.
        if trial.observed["contact_atoms"] and abs(now - expected) < PART * CONDUCTANCE_QUANTUM * voltage_now:
            return
        if voltage_now and not expected / limit < now < expected * limit:
            raise RejectedStep(f"the current jumped from {before:.3g} A to {now:.3g} A")

    # --- what is seen -------------------------------------------------------------------------------------------------

    def _observed(self, trial, balance, deposited, state):
        """Scalars of a state by name; the names are those of the time series."""
        filament, plate = trial.filament, trial.electrode_points
        power, entering = balance.power, balance.entering
        radii, vertical = filament.vertical_gap(plate)
        _, shortest = filament.shortest_gap(plate)
        law_gap = vertical if self.config.tunnelling.gap == "vertical" else shortest
        narrowest = int(np.argmin(law_gap))
        grown = filament.volume - self._first_volume
        scale = self._current_scale(balance.current, entering, state)
        power_scale = max(abs(power), scale * abs(trial.source_voltage), 1e-12 * state.largest_current, 1e-300)
        unbalanced = abs(power - balance.dissipated)
        if not self.transient:
            unbalanced += abs(balance.heated - balance.heat)
        return {
            "cell_voltage": power / entering if entering else trial.source_voltage,
            "current": balance.current,
            "ionic_current": balance.ionic,
            "tunnel_current": balance.current - balance.ionic,
            "gap": float(law_gap[narrowest]),
            "gap_vertical": float(vertical.min()),
            "gap_shortest": float(shortest.min()),
            "gap_position": float(radii[narrowest]),
            "junction_voltage": balance.junction_voltage,
            "contact_atoms": balance.atoms,
            "temperature_max": balance.temperature_max,
            "power": power,
            "heat": balance.heat,
            "charge_imbalance": abs(entering - balance.current) / scale,
            "faraday_error": abs(grown - deposited) / max(state.largest_volume, filament.volume),
            "power_imbalance": unbalanced / power_scale,
        }

    @staticmethod
    def _current_scale(out, entering, state):
        """What an imbalance is measured against: the current, near zero a millionth of the largest so far."""
        return max(abs(out), abs(entering), 1e-6 * state.largest_current, 1e-300)

    def rates(self, state: CellState) -> Rates:
        """What limits the next step."""
        filament, plate = state.filament, state.electrode_points
        speed = np.hypot(*state.velocity.T)
        gap = np.interp(filament.points[:, 0], *plate.T) - filament.points[:, 1]
        near = gap < 1.5 * gap.min() + 0.05
        acceleration = 0.0
        if state.previous_velocity is not None and state.previous_step > 0:
            change = np.hypot(*(state.velocity - state.previous_velocity).T)
            acceleration = float(change.max()) / state.previous_step
        lengths = filament.segment_lengths
        around = np.minimum(np.append(lengths, np.inf), np.append(np.inf, lengths))
        # The segment that is first overrun by its own motion sets the pace.
        moving = speed > 1e-3 * speed.max() if speed.max() > 0 else np.zeros_like(speed, bool)
        finest = float((around[moving] * speed.max() / speed[moving]).min()) if moving.any() else np.inf
        return Rates(
            growth_speed=float(speed.max()),
            closing_speed=float(np.abs(state.velocity[near, 1]).max()),
            acceleration=acceleration,
            height=filament.height,
            gap=state.observed["gap"],
            finest=finest,
            source_time=self._source_time(state.leg),
            relaxation_speed=state.relaxation_speed,
        )

    def _source_time(self, leg):
        """Time in which the source may change as far as one step allows, s."""
        settings = self.config.stepping.refined()
        if leg.piece.source == "voltage":
            change = settings.largest_voltage_step
        else:
            change = settings.largest_current_step * max(abs(leg.first), abs(leg.last))
        return change / abs(leg.rate) if leg.rate else np.inf
