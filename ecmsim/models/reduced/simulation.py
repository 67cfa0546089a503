"""The reduced model step by step: outline as in the full model, circuit, ions and heat in place of the fields.

What it leaves out: potentials and temperatures vary along the filament's axis only, electrodes are seen through their
contacts, and the ions take the filament for an equipotential of theirs. What it shares: the laws (ecmsim.physics), the
outline with all that happens to it (ecmsim.shape.front), the programme and the steps.
"""

from dataclasses import dataclass, replace

import numpy as np

from ecmsim.constants import METRES_PER_NM
from ecmsim.errors import SolveError
from ecmsim.models.balance import Balance
from ecmsim.models.cell import GrowingCell, Tip
from ecmsim.models.reduced.electrons import (
    Crossing,
    Line,
    operation,
    operation_at_node,
    series_resistances,
    size_ratios,
)
from ecmsim.models.reduced.heat import Contact, HeatNetwork, Sources, Temperatures, wedges
from ecmsim.models.reduced.ions import RINGS, Ions, strips
from ecmsim.models.reduced.profile import SLICES, Profile
from ecmsim.models.reduced.spreading import halo, spreading
from ecmsim.models.state import CellState
from ecmsim.shape.filament import OutlineError
from ecmsim.shape.front import Front
from ecmsim.shape.gap import Gap
from ecmsim.shape.polyline import CROWDED, arc_length
from ecmsim.shape.spacing import filament_spacing

TOUCHING = 1e-3  # nm: gap below which filament and electrode have met
ROUNDS = 100  # of circuit, heat and ions in turn, before a step is rejected
COOLER = " (heat.enabled = false leaves them out, a lower compliance.current heats less)"
MISSED = 0.5  # of solver.charge_tolerance: what the linearised currents may miss
KELVIN, HOT = 100.0, 1e4  # K, and over the rise: what solver.tolerance refers to


@dataclass(frozen=True, kw_only=True)
class ReducedState(CellState):
    """A state of the reduced model. plate (k, 2): the active electrode's surface, nm; potentials (n + RINGS,): of the
    ions at the outline's points and the electrode's rings against the filament, V; temperatures; ions: their current
    near the voltage of the gap; drop: across the circuit between source and cell, V."""

    plate: np.ndarray
    potentials: np.ndarray
    temperatures: Temperatures
    ions: Line
    drop: float = 0.0
    previous_potentials: np.ndarray | None = None  # one step earlier, of the same points
    previous_temperatures: Temperatures | None = None
    vertices: int = 0  # of a mesh that is not there

    @property
    def electrode_points(self):
        return self.plate


@dataclass(frozen=True)
class Geometry:
    """All that the outline of a state decides. entry (c, k + 1): of the columns into the profile; entered (k,):
    share of the current in each slice; shares (n, k + 1): of the heights at the outline's points; contact_up and
    contact_down: radii of the electrodes' contacts, nm. The upper one is a disc under even load with the same mean
    square of the radius as the tunnelling current."""

    profile: Profile
    tip: Tip
    crossing: Crossing
    entry: np.ndarray
    entered: np.ndarray
    shares: np.ndarray
    contact_up: float
    contact_down: float


class ReducedSimulation(GrowingCell):
    """One cell under one programme, by the reduced model: the interface of ecmsim.models.full.simulation.Simulation."""

    def __init__(self, config, comm, laws=None):
        super().__init__(config, comm, laws)
        solver = config.solver
        self._ions = Ions(self.model, self.cell, solver.tolerance, solver.max_iterations)

    @staticmethod
    def versions():
        """No libraries but those that every run names."""
        return {}

    # --- states -------------------------------------------------------------------------------------------------------

    def start(self):
        """The state at t = 0: the initial filament at the programme's first voltage."""
        front, leg = Front.at_rest(self._initial_filament()), self.programme.first()
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
            front = self._spaced(move.front)
            plate = front.surface(self.electrode)
            if np.any(Gap(front.filament, plate).from_filament("vertical") < TOUCHING):
                raise OutlineError("the filament touches the active electrode")
        trial = self._tried(state, time, move, front=front, plate=plate)
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
        """The front, with points inserted and removed where they have become too sparse or too dense."""
        kept = front
        for _ in range(3):
            filament, surface = front.filament, front.surface(self.electrode)
            wanted = filament_spacing(filament, surface, self.numerics, front.normal_speed)
            length = filament.segment_lengths / np.minimum(wanted[:-1], wanted[1:])
            if length.max() <= self.numerics.stretch and length.min() >= CROWDED:
                break
            front = front.resampled(wanted)
        if front is not kept:
            front.filament.check(self.cell.radius)
        return front

    def _geometry(self, trial, state, step):
        filament = trial.filament
        profile = Profile.of(filament)
        columns = trial.gap.columns(self.config.tunnelling.gap)
        tip = self._tip(trial, state, step, columns)
        crossing = Crossing(tip.laws, columns.weight.ravel(), columns.gap.ravel())
        entry = profile.shares(columns.foot.ravel())
        foot = float(filament.points[-1, 0])
        flow = crossing.by_column("tunnel", 1.0) if "tunnel" in tip.laws else crossing.weight
        if not flow.any():  # a gap of some 37 nm: what tunnels is less than the smallest number
            flow = crossing.weight
        flow = flow / flow.sum()
        contact = float(np.sqrt(2 * (flow * columns.radius.ravel() ** 2).sum()))
        return Geometry(
            profile=profile,
            tip=tip,
            crossing=crossing,
            entry=entry,
            entered=np.cumsum((flow @ entry)[::-1])[::-1][1:],
            shares=profile.shares(filament.points[:, 1]),
            contact_up=contact,
            contact_down=foot,
        )

    def _network(self, trial, geometry):
        """The heat network of a geometry."""
        cell, model = self.cell, self.model
        insulated = self.config.heat.wall == "insulated"
        areas = strips(trial.filament)[1]
        up, down, radius_up, radius_down = wedges(trial.filament, trial.plate, areas)
        heights = {"active": cell.active_electrode_height, "counter": cell.counter_electrode_height}
        contacts = {
            name: Contact(
                radius,
                spreading(radius, cell.radius, heights[name], insulated),
                getattr(model, f"{name}_electrode").thermal,
            )
            for name, radius in (("active", geometry.contact_up), ("counter", geometry.contact_down))
        }
        return HeatNetwork(
            geometry.profile,
            geometry.shares,
            up,
            down,
            radius_up,
            radius_down,
            **contacts,
            filament=model.filament.thermal,
            layer=model.switching_layer.thermal,
            ambient=cell.ambient_temperature,
            ratio=size_ratios(geometry.profile, model.size_effect) if model.thermal_size_effect else 1.0,
            boundary=model.boundary_resistance or 0.0,
            areas=areas,
        )

    # --- solution -----------------------------------------------------------------------------------------------------

    def _solve(self, trial, state, step):
        """Circuit, temperatures and ions at a trial's geometry, time and voltage."""
        law = self._law(trial.leg, trial.time)
        supply, node = self.surroundings and self._supply(trial, state, step), None
        with self.watch("geometry"):
            geometry = self._geometry(trial, state, step)
            network = self._network(trial, geometry) if self.model.heat else None
        with self.watch("ions"):
            between = self._ions.between(trial.filament)
        open_shares = geometry.tip.open_shares and self._open_shares(trial, geometry.tip)
        ions, drop, shift = state.ions, state.drop, self._shift(trial.filament)
        rest = 0.0 if shift is None else float(np.abs(shift).max())
        guess, rise = self._guess(trial, state)
        iterations, leaving, sources, solution = 0, 0.0, None, None
        electrons = geometry.crossing.line(ions.voltage)
        tolerance = self.config.solver.tolerance
        for _ in range(ROUNDS):
            with self.watch("circuit"):
                for _ in range(ROUNDS):
                    slices, electrodes = self._resistances(geometry, rise)
                    resistance = float(slices.sum()) + sum(electrodes)
                    if supply:
                        point, node = operation_at_node(supply, resistance, (electrons, ions), drop)
                    else:
                        point = operation(law, trial.source_voltage, resistance, (electrons, ions), drop, rest)
                    iterations, drop = iterations + 1, point.drop
                    if network is None:
                        break
                    sources = self._sources(geometry, point, slices, electrodes)
                    new, leaving = network.solve(rise, sources)
                    change, rise = new.change(rise), new
                    if change < tolerance * (KELVIN + HOT * rise.largest):
                        break
                else:
                    raise SolveError(f"the temperatures do not settle{COOLER}")
            with self.watch("ions"):
                solution = self._ions.solve(
                    trial.filament,
                    trial.plate,
                    between,
                    self.cell.ambient_temperature + geometry.shares @ rise.filament,
                    self.cell.ambient_temperature + rise.active * halo(geometry.contact_up, self._ions.radii),
                    point.voltage,
                    guess if solution is None else guess + solution.response * (point.voltage - ions.voltage),
                    open_shares,
                    shift,
                )
            iterations += solution.iterations
            here = geometry.crossing.line(point.voltage)
            missed = abs(ions(point.voltage) - solution.current) + abs(electrons(point.voltage) - here.current)
            ions, electrons = Line(point.voltage, solution.current, solution.slope), here
            guess = solution.potentials
            least = self.limits.floor if rest else 0.0  # where ions drive a current by themselves, it may come to none
            if missed <= MISSED * self.config.solver.charge_tolerance * max(abs(point.entering), least):
                break
        else:
            raise SolveError("circuit and ions do not settle")
        current = here.current + solution.current
        metal = point.entering**2 * resistance
        balance = Balance(
            current=current,
            entering=point.entering,
            currents={"ionic": solution.current} | geometry.crossing.currents(point.voltage),
            supplied=solution.entering,
            power=point.cell_voltage * point.entering,
            dissipated=metal + here.current * point.voltage + solution.power,
            heated=sources.total if sources else 0.0,
            heat=leaving,
            temperature_max=self.cell.ambient_temperature + rise.largest,
            junction_voltage=point.voltage if geometry.crossing.laws else 0.0,
            atoms=geometry.tip.atoms,
            metal=geometry.tip.metal,
            outside=self._outside(trial, node),
            rest=rest,
        )
        velocity = self._growth_velocity(
            trial.filament, solution.current_density, solution.current, solution.dissolving
        )
        kept = step is not None and len(solution.potentials) == len(state.potentials) and not trial.awakened
        own = {
            "previous_potentials": state.potentials if kept else None,
            "previous_temperatures": state.temperatures if step is not None else None,
        }
        own |= {"potentials": solution.potentials, "temperatures": rise, "ions": ions, "drop": drop, "node": node}
        own["contact"] = geometry.tip.count
        return self._completed(trial, state, step, balance, velocity, **own, iterations=iterations)

    def _open_shares(self, trial, tip):
        """Where ions react: of the outline's points, (n,), and of the samples of the electrode's rings."""
        lower, upper = tip.open_shares
        return lower, np.interp(self._ions.samples, trial.plate[:, 0], upper)

    def _guess(self, trial, state):
        """Ionic potentials and temperatures to begin with: the last ones, continued in time where they can be; without
        a voltage the ions rest."""
        rise, step = state.temperatures, trial.previous_step
        continued = state.previous_temperatures and state.time > state.leg.start and step <= 2 * state.previous_step
        if continued:
            share = step / state.previous_step
            rise = rise.plus(share, state.previous_temperatures)
        old, new = len(state.potentials) - RINGS, len(trial.filament.points)
        if not trial.source_voltage and not trial.node and not self.model.shifts:
            potentials = np.zeros(new + RINGS)
        elif continued and state.previous_potentials is not None and old == new:
            potentials = state.potentials + share * (state.potentials - state.previous_potentials)
        else:
            before, after = (arc_length(filament.points) for filament in (state.filament, trial.filament))
            lower = np.interp(after / after[-1], before / before[-1], state.potentials[:old])
            potentials = np.append(lower, state.potentials[old:]) + trial.source_voltage - state.source_voltage
        return potentials, rise

    def _resistances(self, geometry, rise):
        """Of the filament's slices, (k,), and of both electrodes, ohm."""
        model, ambient = self.model, self.cell.ambient_temperature
        warmth = ambient + 0.5 * (rise.filament[1:] + rise.filament[:-1])
        slices = series_resistances(geometry.profile, geometry.entered, warmth, model.filament, model.size_effect)
        electrodes = [
            spreading(contact, self.cell.radius, height) / (METRES_PER_NM * metal.electrical(ambient + 0.5 * warm))
            for contact, height, metal, warm in (
                (geometry.contact_up, self.cell.active_electrode_height, model.active_electrode, rise.active),
                (geometry.contact_down, self.cell.counter_electrode_height, model.counter_electrode, rise.filament[0]),
            )
        ]
        return slices, electrodes

    def _sources(self, geometry, point, slices, electrodes):
        """Heat made where, at a point of operation."""
        heat, active, counter, lost = np.zeros(SLICES + 1), 0.0, 0.0, 0.0
        if self.model.tunnel_heating:
            voltage, gap = point.voltage, geometry.crossing.gap
            power = geometry.crossing.by_column("tunnel", voltage) * voltage
            share = self.model.tunnel_heating.active_electrode_share(voltage, gap)
            active = float((share * power).sum())
            heat += ((1 - share) * power) @ geometry.entry
        if self.model.joule_heating:
            square = point.entering**2
            heat[1:] += 0.5 * square * slices
            heat[:-1] += 0.5 * square * slices
            active += 0.5 * square * electrodes[0]
            counter = 0.5 * square * electrodes[1]
            lost = 0.5 * square * sum(electrodes)
        return Sources(heat, active, counter, lost)

    def _surface_temperature(self, state):
        """Temperature at the outline's points, K, (n,)."""
        shares = Profile.of(state.filament).shares(state.filament.points[:, 1])
        return self.cell.ambient_temperature + shares @ state.temperatures.filament

    def _overpotential(self, state):
        """phi_e - phi_i at the outline's points, V, (n,)."""
        return -state.potentials[: len(state.filament.points)]

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
            temperatures=Temperatures(**kept["temperatures"]),
            previous_potentials=kept["previous_potentials"],
            previous_temperatures=before and Temperatures(**before),
            ions=Line(**kept["ions"]),
            drop=kept["drop"],
        )
