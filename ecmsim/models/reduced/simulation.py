"""The reduced model step by step: outline as in the full model, circuit, ions and heat in place of the fields.

What it leaves out: potentials and temperatures vary along the filament's axis only, electrodes are seen through their
contacts, and the ions take the filament for an equipotential of theirs. A floating body has one potential and one
temperature. What it shares: the laws (ecmsim.physics), the
outline with all that happens to it (ecmsim.shape.front), the programme and the steps.
"""

from dataclasses import dataclass, field, replace
from functools import lru_cache, partial

import numpy as np

from ecmsim.compiled.library import kernels
from ecmsim.errors import SolveError
from ecmsim.models.balance import Balance
from ecmsim.models.cell import GrowingCell
from ecmsim.models.initial import initial_front
from ecmsim.models.reduced import bipolar
from ecmsim.models.reduced.bodies import carried_over, floating_guess, lift
from ecmsim.models.reduced.electrons import Line, operation, operation_at_node
from ecmsim.models.reduced.geometry import geometry_of, heat_network, node_shares, resistances, sources
from ecmsim.models.reduced.heat import Temperatures
from ecmsim.models.reduced.ions import RINGS, Ions
from ecmsim.models.reduced.laws import circuit, traced
from ecmsim.models.reduced.profile import SLICES, Profile
from ecmsim.models.reduced.spreading import halo
from ecmsim.models.state import CellState
from ecmsim.shape.filament import OutlineError
from ecmsim.shape.polyline import CROWDED
from ecmsim.shape.spacing import filament_spacing

TOUCHING = 1e-3  # nm: gap below which filament and electrode have met
ROUNDS = 100  # of circuit, heat and ions in turn, before a step is rejected
COOLER = " (heat.enabled = false leaves them out, a lower compliance.current heats less)"
SAME, LEAST = 1e-12, 1e-3  # of a voltage, and of which at least (V): what two rounds may differ by where bodies float
MISSED = 0.5  # of solver.charge_tolerance: what the linearised currents may miss
KELVIN, HOT = 100.0, 1e4  # K, and over the rise: what solver.tolerance refers to


@dataclass(frozen=True, kw_only=True)
class ReducedState(CellState):
    """A state of the reduced model. plate (k, 2): the active electrode's surface, nm; potentials (n + RINGS,): of the
    ions at the outline's points and the electrode's rings against the filament, V; floating (K,): of the floating
    bodies, V; temperatures; ions: their current near the voltage of the gap; drop: across the circuit between source
    and cell, V."""

    plate: np.ndarray
    potentials: np.ndarray
    temperatures: Temperatures
    ions: Line
    floating: np.ndarray = field(default_factory=partial(np.zeros, 0))
    drop: float = 0.0
    previous_potentials: np.ndarray | None = None  # one step earlier, of the same points
    previous_temperatures: Temperatures | None = None
    vertices: int = 0  # of a mesh that is not there

    @property
    def electrode_points(self):
        return self.plate


class ReducedSimulation(GrowingCell):
    """One cell under one programme, by the reduced model: the interface of ecmsim.models.full.simulation.Simulation."""

    def __init__(self, config, comm, laws=None):
        super().__init__(config, comm, laws)
        self.model, solver = traced(self.model), config.solver
        # No field is singular at the rim of the foot: segments there are as along the surface.
        self.numerics = self.numerics.model_copy(update={"contact_line": 0.0})
        self._circuit = lru_cache(maxsize=8)(circuit)  # a law of the same numbers is made anew for each step
        self._ions = Ions(self.model, self.cell, solver.tolerance, solver.max_iterations)

    @staticmethod
    def prepare():
        """Load, or compile, what every run needs."""
        kernels()

    @staticmethod
    def versions():
        """No libraries but those that every run names."""
        return {}

    # --- states -------------------------------------------------------------------------------------------------------

    def start(self):
        """The state at t = 0: the initial filament at the programme's first voltage."""
        front, leg = initial_front(self.config, self.numerics), self.programme.first()
        voltage = leg.source_voltage(0.0)
        state = ReducedState(
            time=0.0,
            leg=leg,
            source_voltage=voltage,
            front=front,
            plate=front.surface(self.electrode),
            potentials=np.full(len(front.filament.points) + RINGS, voltage),
            temperatures=Temperatures(np.zeros(SLICES + 1), 0.0),
            ions=Line(voltage, 0.0, 0.0),
            waiting=self._first_waiting(),
        )
        return self._begun(self._solve(state, state, None))

    def advance(self, state, time):
        """The state at a later time (s). Raises SolveError when the step fails."""
        step = time - state.time
        with self.watch("outline"):
            move = self._displaced(state, step)
            front, plate = self._spaced(move.front)
            trial = self._tried(state, time, move, front=front, plate=plate)
            if np.any(trial.gap.from_filament("vertical") < TOUCHING):
                raise OutlineError("the filament touches the active electrode")
        trial = self._waited(self._solve(trial, state, step), trial, state, lambda t: self._solve(t, state, step))
        self._judge(trial, state)
        return trial

    def accept(self, trial):
        """The state that `advance` returned, which holds all there is."""
        return trial

    def follow(self, state):
        """The state at the beginning of the programme's next leg; None after the last one."""
        leg = self.programme.after(state.leg, state.time, state.leg.value(state.time))
        voltage = leg and leg.source_voltage(state.time)
        return leg and replace(state, leg=leg, source_voltage=voltage, node=self._node_on(state, voltage))

    def rebase(self, state):
        """What follows depends on the state alone anyway."""

    def close(self):
        """There is nothing to give back."""

    # --- geometry -----------------------------------------------------------------------------------------------------

    def _spaced(self, front):
        """The front, with points inserted and removed where they have become too sparse or too dense, and the active
        electrode's surface above it."""
        kept, surface = front, front.surface(self.electrode)
        for _ in range(3):
            filament = front.filament
            wanted = filament_spacing(filament, surface, self.numerics, front.normal_speed)
            length = filament.segment_lengths / np.minimum(wanted[:-1], wanted[1:])
            if length.max() <= self.numerics.stretch and length.min() >= CROWDED:
                break
            front = front.resampled(wanted, electrode=self.electrode)
            surface = front.surface(self.electrode)
        if front is not kept:
            front.filament.check(self.cell.radius)
        return front, surface

    # --- solution -----------------------------------------------------------------------------------------------------

    def _solve(self, trial, state, step):
        """Circuit, temperatures and ions at a trial's geometry, time and voltage."""
        law = self._circuit(self._law(trial.leg, trial.time))
        supply, node = self.surroundings and self._supply(trial, state, step), None
        with self.watch("geometry"):
            columns, between = (of(self.config.tunnelling.gap) for of in (trial.gap.columns, trial.gap.between_bodies))
            geometry = geometry_of(trial, self._tip(trial, state, step, columns), columns, between)
            insulated = self.config.heat.wall == "insulated"
            network = heat_network(trial, geometry, self.cell, self.model, insulated) if self.model.heat else None
        ions, drop, shift = state.ions, state.drop, self._shift(trial.filament)
        rest = 0.0 if shift is None else float(np.abs(shift).max())
        guess, rise = self._guess(trial, state)
        solve = self._solver(trial, state, geometry, shift, guess)
        iterations, leaving, heated, solution = 0, 0.0, None, None
        if geometry.metals:
            solution = solve(ions.voltage, rise, None)
            iterations, (ions, electrons) = solution.iterations, solution.lines
        else:
            electrons = geometry.crossing.line(ions.voltage)
        tolerance = self.config.solver.tolerance
        for _ in range(ROUNDS):
            with self.watch("circuit"):
                for _ in range(ROUNDS):
                    slices, electrodes = resistances(geometry, rise, self.cell, self.model)
                    resistance = float(slices.sum()) + sum(electrodes)
                    if supply:
                        point, node = operation_at_node(supply, resistance, (electrons, ions), drop)
                    else:
                        point = operation(law, trial.source_voltage, resistance, (electrons, ions), drop, rest)
                    iterations, drop = iterations + 1, point.drop
                    if network is None:
                        break
                    voltages = solution.across(point.voltage) if geometry.metals else (point.voltage,)
                    heated = sources(geometry, voltages, point.entering, slices, electrodes, self.model)
                    new, leaving = network.solve(rise, heated)
                    change, rise = new.change(rise), new
                    if change < tolerance * (KELVIN + HOT * rise.largest):
                        break
                else:
                    raise SolveError(f"the temperatures do not settle{COOLER}")
            before, solution = solution, solve(point.voltage, rise, solution)
            iterations += solution.iterations
            if geometry.metals:
                here_ions, here = solution.lines
            else:
                here_ions = Line(point.voltage, solution.current, solution.slope)
                here = geometry.crossing.line(point.voltage)
            missed = abs(ions(point.voltage) - here_ions.current) + abs(electrons(point.voltage) - here.current)
            ions, electrons = here_ions, here
            least = self.limits.floor if rest else 0.0  # where ions drive a current by themselves, it may come to none
            if missed <= MISSED * self.config.solver.charge_tolerance * max(abs(point.entering), least):
                break
            # Next to no voltage the reactions of one and the same solution are known to their round-off only.
            if geometry.metals and abs(point.voltage - before.voltage) <= SAME * max(abs(point.voltage), LEAST):
                break
        else:
            raise SolveError("circuit and ions do not settle")
        if geometry.metals:
            tunnelling, into, crossed = solution.tunnelling
            current, junction, rates = into + solution.rates[0, -1], solution.junction_voltage, solution.rates
        else:
            tunnelling, junction = geometry.crossing.currents(point.voltage), point.voltage
            current, crossed = here.current + solution.current, here.current * point.voltage
            rates = solution.current, solution.dissolving
        metal = point.entering**2 * resistance
        balance = Balance(
            current=current,
            entering=point.entering,
            currents={"ionic": solution.current} | tunnelling,
            supplied=solution.entering,
            power=point.cell_voltage * point.entering,
            dissipated=metal + crossed + solution.power,
            heated=heated.total if heated else 0.0,
            heat=leaving,
            temperature_max=self.cell.ambient_temperature + rise.largest,
            junction_voltage=junction if geometry.tip.laws else 0.0,
            atoms=geometry.tip.atoms,
            metal=geometry.tip.metal,
            outside=self._outside(trial, node),
            rest=rest,
        )
        velocity = self._growth_velocity(trial.filament, solution.current_density, *rates)
        kept = step is not None and state.filament.parts == trial.filament.parts and not trial.awakened
        own = {
            "previous_potentials": state.potentials if kept else None,
            "previous_temperatures": state.temperatures if step is not None else None,
        }
        own |= {"potentials": solution.potentials, "temperatures": rise, "ions": ions, "drop": drop, "node": node}
        own |= {"contact": geometry.tip.count, "floating": solution.floating if geometry.metals else np.zeros(0)}
        return self._completed(trial, state, step, balance, velocity, **own, iterations=iterations)

    def _solver(self, trial, state, geometry, shift, guess):
        """What solves for the ions, and the potentials of floating bodies, at a voltage (V) and Temperatures, from the
        solution before, or None."""
        with self.watch("ions"):
            between = self._ions.between(trial.filament)
        filament, metals, ambient = trial.filament, geometry.metals, self.cell.ambient_temperature
        given = {
            "surface": trial.plate,
            "between": between,
            "open_shares": geometry.tip.open_shares and self._open_shares(trial, geometry.tip),
            "shift": shift,
        }
        floating = floating_guess(state, filament) if metals else None
        around_contact = halo(geometry.contact_up, self._ions.radii)

        def solve(voltage, rise, before):
            begin = guess if before is None else before.potentials + before.response * (voltage - before.voltage)
            warm = {
                "temperature": ambient + geometry.shares @ rise.filament,
                "plate_temperature": ambient + rise.active * around_contact,
            }
            with self.watch("ions"):
                if metals is None:
                    return self._ions.solve(filament, voltage=voltage, guess=begin, **warm, **given)
                potentials = floating if before is None else before.floating_at(voltage)
                return bipolar.solve(self._ions, metals, filament, voltage, begin, potentials, **warm, **given)

        return solve

    def _open_shares(self, trial, tip):
        """Where ions react: of the outline's points, (n,), and of the samples of the electrode's rings."""
        lower, upper = tip.open_shares
        return lower, np.interp(self._ions.samples, trial.plate[:, 0], upper)

    def _guess(self, trial, state):
        """Ionic potentials and temperatures to begin with: the last ones, continued in time where they can be; without
        a voltage the ions rest."""
        rise, step = state.temperatures, trial.previous_step
        continued = state.previous_temperatures and state.time > state.leg.start and step <= 2 * state.previous_step
        continued = continued and len(state.previous_temperatures.filament) == len(rise.filament)
        if continued:
            share = step / state.previous_step
            rise = rise.plus(share, state.previous_temperatures)
        old, new, count = len(state.potentials) - RINGS, len(trial.filament.points), len(trial.filament.parts)
        if not trial.source_voltage and not trial.node and not self.model.shifts:
            potentials = np.zeros(new + RINGS)
        elif continued and state.previous_potentials is not None and state.filament.parts == trial.filament.parts:
            potentials = state.potentials + share * (state.potentials - state.previous_potentials)
        else:
            lower = carried_over(state.filament, trial.filament, state.potentials[:old])
            potentials = np.append(lower, state.potentials[old:]) + trial.source_voltage - state.source_voltage
        return potentials, rise.of_bodies(count)

    def _surface_temperature(self, state):
        """Temperature at the outline's points, K, (n,)."""
        shares = node_shares(state.filament, Profile.of(state.filament.rooted))
        return self.cell.ambient_temperature + shares @ state.temperatures.filament

    def _overpotential(self, state):
        """phi_e - phi_i at the outline's points, V, (n,)."""
        return lift(state.filament, state.floating) - state.potentials[: len(state.filament.points)]

    # --- for files ----------------------------------------------------------------------------------------------------

    def fields(self, state):
        """None: this model has no fields, and a milestone is an event only."""
        return None

    def dump(self, state):
        """Arrays of a state that help to look into a failure."""
        return {"ionic_potentials_V": state.potentials, "filament_rise_K": state.temperatures.filament}

    def kept(self, state):
        """What a checkpoint has to keep of this model's state, beside what ecmsim.running.restart does: plain data."""
        rise, before = state.temperatures, state.previous_temperatures
        return {
            "potentials": state.potentials,
            "temperatures": vars(rise),
            "floating": state.floating,
            "previous_potentials": state.previous_potentials,
            "previous_temperatures": before and vars(before),
            "drop": state.drop,
            "ions": vars(state.ions),
        }

    def recalled(self, kept, **common):
        """The state from what `kept` gave and the fields of CellState."""
        before = kept["previous_temperatures"]
        return ReducedState(
            **common,
            plate=common["front"].surface(self.electrode),
            potentials=kept["potentials"],
            floating=kept.get("floating", np.zeros(0)),  # not of old
            temperatures=Temperatures(**kept["temperatures"]),
            previous_potentials=kept["previous_potentials"],
            previous_temperatures=before and Temperatures(**before),
            ions=Line(**kept["ions"]),
            drop=kept["drop"],
        )
