"""What a model of the cell has to do, so that a run can march it along its programme, report it and resume it.

A third model is a class that does this, and a line in ecmsim.running.run.model_of; GrowingCell (cell.py) does the part
that any model with a filament of metal needs.
"""

from abc import ABC, abstractmethod


class CellModel(ABC):
    """One cell under one programme, on all MPI ranks alike.

    A run reads these attributes: config; comm; programme (ecmsim.drive.Programme); model (the laws, a DeviceModel);
    watch (ecmsim.timing.Stopwatch); remeshes (meshes made so far). It sets laws_since: time (s) of the state from which
    on these laws hold, where others did before (ecmsim.running.redraw); None else.

    States are frozen and belong to the model: nothing of an accepted state may change while others are tried. A run
    reads of a state: time (s), leg, source_voltage (V), seen (dict by the names of ecmsim.observed), filament,
    electrode_points ((k, 2), nm), velocity ((n, 2), nm/s), previous_step (s), iterations, remeshed, rupture, unions,
    vertices;
    a checkpoint keeps the fields named in ecmsim.running.restart, and what `kept` adds.
    """

    laws_since = None

    @staticmethod
    @abstractmethod
    def versions():
        """Versions of the libraries that solve, name -> text, for provenance."""

    @abstractmethod
    def start(self):
        """The state at t = 0, solved."""

    @abstractmethod
    def advance(self, state, time):
        """A state at a later time (s), tried: to be accepted with `accept`, or dropped by trying another one.

        Raises SolveError where the step fails; the accepted state is untouched.
        """

    @abstractmethod
    def accept(self, trial):
        """Make the state that `advance` returned last the accepted one; returns it."""

    @abstractmethod
    def follow(self, state):
        """The state at the beginning of the programme's next leg, at the same time; None after the last one."""

    @abstractmethod
    def rates(self, state):
        """What limits the next step: ecmsim.models.rates.Rates."""

    @abstractmethod
    def rebase(self, state):
        """Bind what solves to the state anew, so that what follows depends on the state alone, to the bit."""

    @abstractmethod
    def close(self):
        """Give back what the model holds (meshes, factors)."""

    @abstractmethod
    def fields(self, state):
        """(points (n, 2) in nm, triangles (m, 3), point, cell, field data) for a snapshot; None without fields."""

    @abstractmethod
    def dump(self, state):
        """Arrays by name that help to look into a failure."""

    @abstractmethod
    def kept(self, state):
        """Plain data (numbers, arrays, dicts of them) that a checkpoint keeps of this model's own part of a state."""

    @abstractmethod
    def recalled(self, kept, **common):
        """The state from what `kept` gave and the fields common to all models (CellState)."""
