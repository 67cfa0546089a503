"""Numerical settings: mesh, time steps, solver, output and checkpoints."""

from typing import Literal

from pydantic import Field, StrictBool, StrictInt

from ecmsim.config.quantities import quantity
from ecmsim.config.section import Section

# What refinement divides.
EDGES = (
    "surface_size",
    "smallest_size",
    "largest_size",
    "turning",
    "growth",
    "contact_line",
    "void_edge",
    "spreading",
)
LIMITS = (
    "first_step",
    "largest_step",
    "largest_voltage_step",
    "largest_current_step",
    "largest_displacement",
    "largest_relaxation",
    "height_fraction",
    "segment_fraction",
    "gap_fraction",
    "gap_change",
)


class Mesh(Section):
    """How fine the cell is meshed, and when the moving mesh is rebuilt."""

    nucleus_segments: StrictInt = Field(
        12, ge=4, le=10**12, description="Edges along the quarter circle of the nucleus"
    )
    surface_size: quantity("nm", gt=0) = Field("0.4 nm", description="Largest edge length on the interfaces")
    smallest_size: quantity("nm", gt=0) = Field("0.02 nm", description="Smallest edge length wanted anywhere")
    largest_size: quantity("nm", gt=0) = Field("4 nm", description="Largest edge length, far from the filament")
    cells_across_gap: quantity("", gt=0) = Field(
        4.5, description="Edges across the gap where it opens; where it is even a third of them will do"
    )
    contact_line: quantity("", ge=0, le=1) = Field(
        0.02,
        description="Edge length at the rim of the filament's foot over its radius there, where temperature and "
        "potential are singular; 0: as along the surface",
    )
    void_edge: quantity("", ge=0, le=1) = Field(
        0.05,
        description="Edge length at the edge of the active electrode's void over the distance to the filament there, "
        "where heat crosses the layer; 0: as along the surface",
    )
    spreading: quantity("", ge=0, le=1) = Field(
        0.065,
        description="Edge length in the electrodes over the distance from the filament's foot and from the gap, where "
        "heat and current enter them, once the cell is warmer than its surroundings by 10 K; 0: edges grow from the "
        "surface to the outer walls",
    )
    turning: quantity("", gt=0, lt=1) = Field(0.16, description="Turn of the outline wanted per edge, in rad")
    growth: quantity("", gt=0, lt=1) = Field(0.35, description="Growth of the edge length per unit of length")
    stretch: quantity("", gt=1.5) = Field(2.5, description="Edge length over the wanted one at which to rebuild")
    quality: quantity("", gt=0, lt=1) = Field(
        0.25, description="Triangle quality below which to rebuild, unless it was no better when built"
    )
    refinement: quantity("", ge=0.5, le=100) = Field(
        1.0, description="How many times finer than the sizes above say: 2 halves all edges (for convergence studies)"
    )

    def refined(self):
        """The same settings with the refinement worked into the sizes."""
        finer = {name: getattr(self, name) / self.refinement for name in EDGES}
        finer |= {"cells_across_gap": self.cells_across_gap * self.refinement}
        finer |= {"nucleus_segments": max(round(self.nucleus_segments * self.refinement), 4)}
        return self.model_copy(update=finer | {"refinement": 1.0})


class Stepping(Section):
    """How long the time steps may be, and after how many of them the solver begins afresh."""

    first_step: quantity("s", gt=0) = Field("1 ms", description="First time step")
    smallest_step: quantity("s", gt=0) = Field("1e-15 s", description="Time step below which a run gives up")
    largest_step: quantity("s", gt=0) = Field("1 s", description="Largest time step")
    growth: quantity("", gt=1, le=10) = Field(1.6, description="Largest ratio of a step to the one before")
    largest_voltage_step: quantity("V", gt=0) = Field("20 mV", description="Largest change of the source voltage")
    largest_current_step: quantity("", gt=0, le=1) = Field(
        0.02, description="Largest change of a current source over the larger end of its ramp"
    )
    largest_displacement: quantity("nm", gt=0) = Field("0.2 nm", description="Largest growth in one step")
    largest_relaxation: quantity("nm", gt=0) = Field(
        "0.05 nm", description="Largest way of a point by surface diffusion in one step"
    )
    height_fraction: quantity("", gt=0, lt=1) = Field(0.1, description="Largest growth over the filament's height")
    segment_fraction: quantity("", gt=0, le=4) = Field(0.8, description="Largest growth over an outline's edge")
    gap_fraction: quantity("", gt=0, lt=1) = Field(0.04, description="Largest change of the gap over the gap, or …")
    gap_change: quantity("nm", gt=0) = Field("0.02 nm", description="… this change of the gap, if that is larger")
    relative_error: quantity("", gt=0, lt=1) = Field(
        0.01, description="Largest estimated error of a step's way over that way, unless …"
    )
    displacement_error: quantity("nm", gt=0) = Field("1e-4 nm", description="… it is smaller than this")
    largest_current_ratio: quantity("", gt=1) = Field(
        2.0, description="Jump of the current, beyond that of the source voltage, that rejects a step"
    )
    smallest_judged_current: quantity("A", ge=0) = Field("1e-12 A", description="Current below which jumps pass")
    rebind_every: StrictInt = Field(
        50,
        ge=1,
        description="Accepted steps after which the solver is bound to the state anew, so that what follows depends on "
        "the state alone: from there a run can be resumed to the same bits",
    )
    refinement: quantity("", ge=0.25, le=100) = Field(
        1.0, description="How many times shorter than the limits above: 2 halves all steps (for convergence studies)"
    )

    def allowed_error(self, way):
        """How far from its place a point may be after a step over a way (nm), nm."""
        return max(self.relative_error * way, float(self.displacement_error))

    def refined(self):
        """The same settings with the refinement worked into the limits; the estimated error of a step goes with its
        third power."""
        shorter = {name: getattr(self, name) / self.refinement for name in LIMITS}
        shorter |= {"relative_error": self.relative_error / self.refinement**2}
        shorter |= {"displacement_error": self.displacement_error / self.refinement**3}
        return self.model_copy(update=shorter | {"refinement": 1.0})


class Solver(Section):
    """How the fields are solved."""

    tolerance: quantity("", gt=0, lt=1e-3) = Field(
        1e-9, description="Last Newton correction over the source voltage (potentials) or over 100 K"
    )
    charge_tolerance: quantity("", gt=0, lt=1e-3) = Field(
        1e-9, description="Imbalance of the terminal currents above which a solution is refined further"
    )
    max_iterations: StrictInt = Field(40, ge=2, description="Newton iterations before a step is rejected")
    linear: Literal["auto", "direct", "iterative"] = Field(
        "auto",
        description="How the linear systems of the full model are solved: direct: by factors (UMFPACK on one rank; "
        "MUMPS on several ranks and from 15,000 unknowns on, of which there are about two per vertex); iterative: by "
        "GMRES with multigrid of each field, which needs less memory; auto: iterative from 1,000,000 unknowns on",
    )


class Balance(Section):
    """How far a step may be from conserving charge, metal and power: a step beyond is taken again, shorter, and a run
    that cannot keep them ends with an error."""

    charge: quantity("", gt=0, le=1) = Field(1e-8, description="Largest difference of the terminal currents, relative")
    faraday: quantity("", gt=0, le=1) = Field(
        1e-3,
        description="Largest difference of the filament's volume from the ionic charge, over the largest volume; with "
        "stepping.refinement below 1 as many times more as the square of the step",
    )
    power: quantity("", gt=0, le=1) = Field(
        1e-4, description="Largest difference of the power given from the power dissipated and carried off, relative"
    )
    smallest_current: quantity("A", ge=0) = Field(
        "1e-22 A", description="Current below which differences of charge and power are measured against this current"
    )

    def of_faraday(self, refinement):
        """The limit of Faraday's law that holds with a stepping.refinement: its error goes with the square of the
        steps, so that who asks for longer ones asks for more of it."""
        return self.faraday / min(refinement, 1.0) ** 2


class Output(Section):
    """What a run writes besides its time series."""

    snapshot_times: tuple[quantity("s", ge=0), ...] = Field((), description="Times at which the fields are written")
    snapshot_currents: tuple[quantity("A", gt=0), ...] = Field(
        (), description="Currents at whose first crossing the fields are written"
    )
    event_gaps: tuple[quantity("nm", gt=0), ...] = Field((), description="Gaps whose crossing is noted as an event")
    snapshot_regimes: StrictBool = Field(
        True, description="Write the fields where the gap stops closing, the compliance is reached and at the end"
    )
    outline_every: StrictInt = Field(1, ge=1, description="Accepted steps between two stored outlines")


class Checkpoint(Section):
    """What makes a run resumable (ecmsim resume)."""

    enabled: StrictBool = Field(True, description="Whether checkpoints are written")
    interval: quantity("s", gt=0) = Field(
        "20 s", description="Wall time between two checkpoints; they are taken where stepping.rebind_every has it"
    )
    keep: StrictInt = Field(2, ge=1, le=100, description="Checkpoints that are kept")
    walltime: quantity("s", gt=0) | None = Field(
        None, description="Wall time after which the run stops in order to be resumed, with exit code 75"
    )
