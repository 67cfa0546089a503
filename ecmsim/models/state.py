"""An accepted (or tried) state of a cell: what both models know of it."""

from dataclasses import dataclass, field
from functools import cached_property

from ecmsim.drive import Leg
from ecmsim.models.counting import Count
from ecmsim.models.node import Node
from ecmsim.models.waiting import Waiting
from ecmsim.shape.front import Front, Rupture, Union
from ecmsim.shape.gap import Gap


@dataclass(frozen=True, kw_only=True)
class CellState:
    """A state of either model. Currents in A, powers in W, lengths in nm, temperature in K.

    A model's own state adds its unknowns and the properties `electrode_points` (k, 2), the active electrode's surface
    in nm, and `vertices`, their number in its mesh.
    """

    time: float
    leg: Leg  # of the programme
    source_voltage: float
    front: Front
    previous_step: float = 0.0
    earlier_step: float = 0.0  # the one before that
    deposited: float = 0.0  # volume that Faraday's law demands since the start, nm3
    supplied: float = 0.0  # ionic current out of the active electrode, A
    previous_supplied: float | None = None  # one step earlier, where it goes on smoothly from there
    largest_current: float = 0.0
    largest_volume: float = 0.0  # of the filament so far, nm3
    observed: dict = field(default_factory=dict)
    iterations: int = 0
    remeshed: bool = False
    rupture: Rupture | None = None  # in the step to this state
    unions: tuple[Union, ...] = ()  # of bodies of metal, in the step to this state
    relaxation_speed: float = 0.0  # largest speed of a point by surface diffusion, nm/s
    contact: Count | None = None  # its atoms, where they are counted one by one
    node: Node | None = None  # of the circuit around the cell; None where that is a law between source and cell
    waiting: Waiting | None = None  # for the nucleus; None where it is there from the start

    @property
    def filament(self):
        return self.front.filament

    @property
    def velocity(self):
        """Velocity of the outline's points, (n, 2), nm/s."""
        return self.front.velocity

    @property
    def asleep(self):
        """Whether the nucleus has still to form: nothing is deposited."""
        return self.waiting is not None and self.waiting.moment is None

    @property
    def awakened(self):
        """Whether the nucleus has formed at the end of the step to this state."""
        return self.waiting is not None and self.waiting.moment == self.time

    @property
    def driving_voltage(self):
        """What drives the cell, V: the voltage of the node, or else of the source."""
        return self.node.voltage if self.node else self.source_voltage

    @cached_property
    def gap(self) -> Gap:
        """The gap between filament and active electrode."""
        return Gap(self.filament, self.electrode_points)

    @cached_property
    def seen(self):
        """Every quantity of ecmsim.observed by name."""
        return self.observed | {
            "time": self.time,
            "source_voltage": self.source_voltage,
            "newton_iterations": self.iterations,
            "step": self.previous_step,
            "vertices": self.vertices,
            "remesh": int(self.remeshed),
        }
