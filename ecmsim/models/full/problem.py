"""The coupled fields on one mesh: compiled forms bound to a Domain, Newton's ingredients, and what is read off.

`FieldForms` is compiled once for a model; `FieldProblem` binds it to a mesh and is made anew after each remesh.
"""

import dataclasses
from dataclasses import dataclass

import dolfinx
import dolfinx.fem.petsc
import numpy as np
import ufl
from mpi4py import MPI
from petsc4py import PETSc

from ecmsim.models.full import compat, forms
from ecmsim.models.full.domain import Domain
from ecmsim.models.full.films import inverse_heights
from ecmsim.models.full.floating import GROUND, FloatingBodies
from ecmsim.models.full.form_cache import compile_forms
from ecmsim.models.full.mesh.cell_mesh import METALS, CellMesh, Region
from ecmsim.models.full.reaction import FilamentReaction, NeedleReaction
from ecmsim.models.full.tunnel_coupling import CoupledColumns, TunnelCoupling

PSI, PHI_I, RISE = range(3)
BETWEEN = "between bodies"  # of the electrons that tunnel from one body of metal to another


@dataclass(frozen=True)
class Totals:
    """Integrals of a solution, each a dict by name: entering: "current" (A) and "power" (W) at the top contact, empty
    where the source is connected directly; currents between the metals, A; powers dissipated, W; supplied: "ionic"
    current out of the active electrode, A."""

    entering: dict
    currents: dict
    powers: dict
    supplied: dict


class FieldForms:
    """Compiled weak forms of a device model (from the form compiler's cache when it has seen them before).

    transient: implicit Euler for the heat equation, else steady.
    """

    def __init__(self, comm, model, circuit, cell, transient):
        self.comm, self.transient = comm, transient
        heat = "transient" if transient else "steady"
        self.symbols = s = forms.Symbols(cell.layer_thickness, np.pi * cell.radius**2, cell.ambient_temperature, heat)
        law = forms.symbolic(model, s.domain, s.values)
        self.circuit = circuit and forms.symbolic(circuit, s.domain, s.values)
        residual = forms.residual(s, law, self.circuit, transient)
        # Differentiated here, since create_form counts the coefficients of what it is given, not of what is compiled.
        jacobian = ufl.algorithms.expand_derivatives(ufl.derivative(residual, s.u, ufl.TrialFunction(s.space)))
        compiled = {"residual": residual, "jacobian": jacobian}
        totals = {
            "entering": forms.entering(s, self.circuit),
            "currents": forms.currents(s, law),
            "powers": forms.powers(s, law),
            "supplied": {"ionic": forms.supplied(s, law)},
        }
        self.totals = [(group, name) for group, parts in totals.items() for name in parts]
        compiled |= {(group, name): totals[group][name] for group, name in self.totals}
        self.heating = {"tunnel": model.tunnel_heating}  # of the gap's surfaces, by the current that heats them
        self.model, self.cell = model, cell
        self.compiled = {name: _listed(form, s.domain) for name, form in compile_forms(comm, compiled).items()}

    def bind(self, name, domain, spaces, coefficients, constants, subdomains):
        """One compiled form on a domain, with those data that it contains."""
        form = self.compiled[name].ufl_form
        present = set(form.coefficients()) | set(form.constants())
        coefficients = {symbol: data for symbol, data in coefficients.items() if symbol in present}
        constants = {symbol: data for symbol, data in constants.items() if symbol in present}
        return dolfinx.fem.create_form(self.compiled[name], spaces, domain.mesh, subdomains, coefficients, constants)


def _listed(compiled, domain):
    """A compiled form that has, instead of its weak form, a short one of the same coefficients and constants:
    create_form looks for them there, of each form on each mesh."""
    if found := [*compiled.ufl_form.coefficients(), *compiled.ufl_form.constants()]:
        row = ufl.as_vector([one for part in found for one in (part if part.ufl_shape else [part])])
        compiled = dataclasses.replace(compiled, ufl_form=ufl.inner(row, row) * ufl.dx(domain))
    return compiled


class FieldProblem:
    """Residual, Jacobian and results of the coupled fields on one mesh.

    direct: the source is connected without a circuit in between (the top contact is then at its voltage).
    wall_ambient: the outer wall is held at ambient temperature; heat: else everything is.
    """

    def __init__(self, field_forms: FieldForms, mesh: CellMesh, direct, wall_ambient, heat=True):
        self.forms = field_forms
        s = field_forms.symbols
        self.domain = domain = Domain(field_forms.comm, mesh, forms.FIELDS, forms.SCALARS, forms.CELLWISE)
        function = dolfinx.fem.Function
        self.u = function(domain.fields)
        self.lift, self.old_rise, self.open_share, self.shift = (function(domain.scalars) for _ in range(4))
        self.size_ratio = function(domain.cellwise)
        self.size_ratio.x.array[:] = 1.0
        self.film = function(domain.cellwise)
        coefficients = {
            s.u: self.u,
            s.lift: self.lift,
            s.old_rise: self.old_rise,
            s.open_share: self.open_share,
            s.shift: self.shift,
            s.size_ratio: self.size_ratio,
            s.film: self.film,
        }
        constants = {c: dolfinx.fem.Constant(domain.mesh, value) for c, value in s.values.items()}
        self._inverse_step = constants[s.inverse_step]
        self._constants = constants
        subdomains = domain.subdomains()
        rank = {"residual": 1, "jacobian": 2}
        self._forms = {
            name: field_forms.bind(
                name, domain, [domain.fields] * rank.get(name, 0), coefficients, constants, subdomains
            )
            for name in field_forms.compiled
        }
        self._filament_cells = np.nonzero(domain.region == Region.FILAMENT)[0]
        self._needle_cells = np.nonzero((domain.region == Region.ACTIVE_ELECTRODE) & bool(mesh.needle))[0]
        self._boundary_conditions(mesh, direct, wall_ambient, heat)
        self._dofs = domain.block_dof_of_nodes()
        self.matrix = compat.matrix_with(self._forms["jacobian"], self._joined(mesh))
        # The unknowns alone: a third of all rows is pinned, and no factor has to carry them.
        first = self.matrix.getOwnershipRange()[0]
        self._free = PETSc.IS().createGeneral(first + self.free_dofs.astype(PETSc.IntType), comm=self.domain.comm)
        self.free_matrix, self._entries = None, 0
        # What crosses a gap: name, coupling of the surfaces, its columns and their dofs; power (W) and current (A) by
        # name.
        self._couplings, self._flows = [], {}
        parts = mesh.gap.filament.parts
        self.floating = FloatingBodies(mesh, parts) if len(parts) > 1 else None
        self.potentials = np.zeros(len(parts) - 1)  # of the floating bodies: psi counts from them, V
        self._lift, self.reaction, self.needle_reaction = np.zeros(len(mesh.points)), None, None
        self._spread = domain.ghosted_vector() if self.floating else None
        self.vector = domain.ghosted_vector()

    # --- set-up -----------------------------------------------------------------------------------------------------

    def _boundary_conditions(self, mesh, direct, wall_ambient, heat):
        """Local dofs whose values are given; every condition is homogeneous for the Newton update."""
        domain = self.domain
        r, z = mesh.points.T
        bottom, top = np.abs(z - z.min()) < 1e-9, np.abs(z - z.max()) < 1e-9
        ambient = np.full(len(r), not heat) | bottom | top | ((np.abs(r - r.max()) < 1e-9) & wall_ambient)
        layer = mesh.nodes_of(Region.SWITCHING_LAYER)
        self._bottom, self._top = domain.block_dofs(bottom), domain.block_dofs(top)
        given = {PSI: bottom | (top & direct) | ~mesh.nodes_of(*METALS), PHI_I: ~layer, RISE: ambient}
        self.given_dofs = {i: 3 * domain.block_dofs(mask) + i for i, mask in given.items()}
        self._all_given = np.concatenate(list(self.given_dofs.values()))
        owned = np.ones(3 * domain.fields.dofmap.index_map.size_local, dtype=bool)
        owned[self._all_given[self._all_given < len(owned)]] = False
        self.free_dofs = np.flatnonzero(owned)
        self._electrode = mesh.nodes_of(Region.ACTIVE_ELECTRODE)

    def _joined(self, mesh):
        """Block dofs that tunnelling joins on this mesh, (columns, 4); as it moves, few others meet."""
        if self.domain.comm.rank != 0:
            return []
        gap = mesh.gap
        crossed = [CoupledColumns.of(gap.columns("vertical"), mesh)]
        crossed += [CoupledColumns.of(inner, mesh, True) for inner in gap.between_bodies("vertical")]
        return self._dofs[np.vstack([columns.nodes for columns in crossed])].astype(np.int32)

    def set_geometry(self, mesh: CellMesh, columns, size_ratio, tip, between=(), shift=None, needle=(None, None)):
        """Move the mesh and evaluate what depends on the outline.

        columns: of the gap (ecmsim.shape.gap.Columns); size_ratio(z): conductivity ratio of the
        filament at a height, Eq. (6); tip: ecmsim.models.cell.Tip; between: columns of each gap between bodies; shift
        (n,): of the filament's equilibrium potential, V; None: none; needle: size_ratio and shift (m,) of an electrode
        with a needle.
        """
        domain = self.domain
        domain.move(mesh)
        needle_ratio, needle_shift = needle
        for cells, ratio in ((self._filament_cells, size_ratio), (self._needle_cells, needle_ratio)):
            if ratio:
                nodes = compat.cell_corners(domain.mesh)[cells]
                self.size_ratio.x.array[cells] = ratio(domain.mesh.geometry.x[nodes, 1].mean(axis=1))
        if self.forms.model.boundary_resistance is not None:
            self.film.x.array[:] = inverse_heights(mesh)[domain.input_cell]
        if tip.open_shares:
            share = np.ones(len(mesh.points))
            share[mesh.filament_nodes], share[mesh.electrode_nodes] = tip.open_shares
            self.open_share.x.array[:] = share[domain.scalar_nodes]
        self._flows = dict.fromkeys(tip.laws, (0.0, 0.0)) | ({BETWEEN: (0.0, 0.0)} if tip.between else {})
        if shift is not None:
            nodal = np.zeros(len(mesh.points))
            nodal[mesh.filament_nodes] = shift
            nodal[mesh.needle_nodes] = needle_shift if mesh.needle else 0.0
            self.shift.x.array[:] = nodal[domain.scalar_nodes]
        self.reaction = FilamentReaction(
            self.forms.model, self.forms.cell, mesh, tip.open_shares[0] if tip.open_shares else None, shift
        )
        if mesh.needle:
            share = tip.open_shares[1][: mesh.needle] if tip.open_shares else None
            self.needle_reaction = NeedleReaction(self.forms.model, self.forms.cell, mesh, share, needle_shift)
        if tip.laws and domain.comm.rank == 0:
            across = CoupledColumns.of(columns, mesh)
            crossed = [(name, name, law, across) for name, law in tip.laws.items()]
            for laws, gap in zip(tip.between, between, strict=True):
                inner = CoupledColumns.of(gap, mesh, between_bodies=True)
                crossed += [(BETWEEN, name, law, inner) for name, law in laws.items()]
            self._couplings = [
                (told, TunnelCoupling(law, self.forms.heating.get(name)), coupled, self._dofs[coupled.nodes])
                for told, name, law, coupled in crossed
            ]

    def set_source(self, voltage, potentials=()):
        """Source voltage in V: the lift of the active electrode; potentials (k,): those of the floating bodies, V."""
        self.potentials = np.array(potentials, dtype=float)
        self._lift = np.where(self._electrode, voltage, 0.0)
        if self.floating:
            self._lift += self.floating.lift(self.potentials)
        self.lift.x.array[:] = self._lift[self.domain.scalar_nodes]

    def relift(self, voltage):
        """Count psi from the potential that each floating body has at its reference node now."""
        if self.floating:
            values = self.values
            shift = values[self.floating.reference, PSI]
            values[:, PSI] -= self.floating.lift(shift)
            self.set_source(voltage, self.potentials + shift)
            self.values = values

    def set_circuit(self, law):
        """Numbers of the circuit between source and cell: a law of the kind that the forms were made with, or None."""
        for field in dataclasses.fields(law) if law else ():
            symbol = getattr(self.forms.circuit, field.name)
            if symbol in self._constants:
                self._constants[symbol].value = getattr(law, field.name)

    def set_time_step(self, step, old_rise):
        """step in s (None: steady heat); old_rise (nodes,) above ambient in K at the present nodes."""
        self._inverse_step.value = 0.0 if step is None else 1.0 / step
        self.old_rise.x.array[:] = old_rise[self.domain.scalar_nodes]

    def guess_potentials(self, voltage):
        """Give the floating bodies potentials at which they are in balance with all else as it is (see
        FloatingBodies.guess)."""
        if self.floating:
            values, change = self.values, None
            if self.domain.comm.rank == 0:
                change = self.floating.guess(values, self._lift, self.reaction, self._crossed)
            self.set_source(voltage, self.potentials + self.domain.comm.bcast(change))

    @property
    def _crossed(self):
        """Pairs of TunnelCoupling and CoupledColumns."""
        return [(coupling, columns) for _, coupling, columns, _ in self._couplings]

    @property
    def rest(self):
        """Largest shift of a surface's equilibrium potential, V."""
        shifts = [reaction.shift for reaction in (self.reaction, self.needle_reaction) if reaction]
        return max((float(np.abs(shift).max()) for shift in shifts if shift is not None), default=0.0)

    # --- fields as arrays ---------------------------------------------------------------------------------------------

    @property
    def values(self):
        """(psi, phi_i, T - T_ambient) at all nodes, (nodes, 3), on every rank."""
        return self.domain.gather(self.u.x.array)

    @values.setter
    def values(self, array):
        local = array[self.domain.field_nodes].copy()
        self.u.x.array[:] = local.ravel()
        self.u.x.array[self._all_given] = 0.0

    # --- Newton's ingredients -----------------------------------------------------------------------------------------

    def assemble_residual(self):
        """F(u) with the rows of given values as they come (reactions); see `vector`."""
        with self.vector.localForm() as local:
            local.set(0.0)
        dolfinx.fem.petsc.assemble_vector(self.vector, self._forms["residual"])
        if self._couplings:
            self._flows = dict.fromkeys(self._flows, (0.0, 0.0))
            with self.vector.localForm() as local:
                for name, coupling, columns, dofs in self._couplings:
                    residual, flows = coupling.evaluate(columns, self._column_potentials(columns, dofs))
                    self._flows[name] = tuple(a + b for a, b in zip(self._flows[name], flows, strict=True))
                    np.add.at(local.array, 3 * dofs + PSI, residual[..., 0])
                    np.add.at(local.array, 3 * dofs + RISE, residual[..., 1])
        self.vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)

    def assemble_jacobian(self):
        """dF/du of the unknowns (see `free_matrix`); each floating body is grounded at its reference node."""
        self.matrix.zeroEntries()
        dolfinx.fem.petsc.assemble_matrix(self.matrix, self._forms["jacobian"])
        self.matrix.assemble(PETSc.Mat.AssemblyType.FLUSH)
        for _, coupling, columns, dofs in self._couplings:
            self._add(coupling, columns, dofs)
        if self.floating and self.domain.comm.rank == 0:
            for dof in self._grounded:
                self.matrix.setValuesLocal([dof], [dof], [GROUND], addv=PETSc.InsertMode.ADD)
        self.matrix.assemble()
        entries = self.matrix.getInfo(PETSc.Mat.InfoType.GLOBAL_SUM)["nz_used"]
        kept = self.free_matrix if entries == self._entries else None  # else columns have met that had not
        fresh = self.matrix.createSubMatrix(self._free, self._free, kept)
        if kept is None and self.free_matrix is not None:
            self.free_matrix.destroy()
        self.free_matrix, self._entries = fresh, entries

    @property
    def _grounded(self):
        """Local dofs of psi at the reference nodes of the floating bodies; rank 0 has them all."""
        return (3 * self._dofs[self.floating.reference] + PSI).astype(PETSc.IntType)

    def ground(self, body):
        """The column of what grounds a floating body, in `vector`."""
        with self.vector.localForm() as local:
            local.set(0.0)
            if self.domain.comm.rank == 0:
                local.array[self._grounded[body]] = GROUND
        self.vector.ghostUpdate(addv=PETSc.InsertMode.ADD, mode=PETSc.ScatterMode.REVERSE)

    def shifts(self, correction, columns):
        """Shifts of the floating bodies, V, (k,), the same on every rank; correction and columns: of the unknowns of
        this rank, see FloatingBodies.shifts."""
        arrays = [self._at_nodes(values) for values in (correction, *columns)]
        found = None
        if self.domain.comm.rank == 0:
            values = self._whole(self.u.x.array)
            found = self.floating.shifts(values, self._lift, self.reaction, self._crossed, arrays[0], arrays[1:])
        return self.domain.comm.bcast(found)

    def _at_nodes(self, unknowns):
        """The unknowns of this rank with its ghosts at the nodes that it has, 0 elsewhere, (nodes, 3)."""
        self._spread.set(0.0)
        self._spread.array[self.free_dofs] = unknowns
        self._spread.ghostUpdate(addv=PETSc.InsertMode.INSERT, mode=PETSc.ScatterMode.FORWARD)
        with self._spread.localForm() as local:
            return self._whole(local.array_r)

    def _whole(self, local):
        """An array of this rank's dofs at the nodes that it has, 0 elsewhere, (nodes, 3)."""
        array, here = np.zeros((len(self._dofs), 3)), self._dofs >= 0
        array[here] = local.reshape(-1, 3)[self._dofs[here]]
        return array

    def _column_potentials(self, columns, dofs):
        """phi_e at the ends of columns, V, (columns, 4)."""
        return self.u.x.array[3 * dofs + PSI] + self._lift[columns.nodes]

    def _add(self, coupling, columns, dofs):
        """Entries of the Jacobian that join the two surfaces."""
        derivative = coupling.evaluate(columns, self._column_potentials(columns, dofs), jacobian=True)[2]
        blocks = np.zeros((len(derivative), 4, 3, 4, 3))
        blocks[:, :, PSI, :, PSI] = derivative[:, :, 0]
        blocks[:, :, RISE, :, PSI] = derivative[:, :, 1]
        ends = dofs.astype(PETSc.IntType)
        self.matrix.setValuesBlockedLocalRCV(ends, ends, blocks.reshape(-1, 12, 12), addv=PETSc.InsertMode.ADD)

    # --- results ----------------------------------------------------------------------------------------------------

    def reactions(self):
        """After assemble_residual: current out at the bottom and in at a directly driven top (A), heat out (W).

        Reactions are exact for the discrete system: what goes in comes out, to round-off.
        """
        owned = self.domain.fields.dofmap.index_map.size_local * 3
        array = self.vector.array_r
        sums = np.array(
            [
                -array[dofs[dofs < owned]].sum() * sign
                for dofs, sign in (
                    (3 * self._bottom + PSI, 1),
                    (3 * self._top + PSI, -1),
                    (self.given_dofs[RISE], 1),
                )
            ]
        )
        return self.domain.comm.allreduce(sums, MPI.SUM)

    def totals(self):
        """Scalar results, after assemble_residual."""
        names = [(group, name) for name in self._flows for group in ("powers", "currents")] + self.forms.totals
        # What crosses from body to body is no part of the current between the electrodes: only its power counts.
        local = [dolfinx.fem.assemble_scalar(self._forms[name]) for name in self.forms.totals]
        found = self.domain.comm.allreduce(
            np.append([value for flows in self._flows.values() for value in flows], local), MPI.SUM
        ).tolist()
        groups = {"entering": {}, "currents": {}, "powers": {}, "supplied": {}}
        for (group, name), value in zip(names, found, strict=True):
            groups[group][name] = value
        groups["currents"].pop(BETWEEN, None)
        return Totals(**groups)

    def close(self):
        """Give back PETSc objects and the mesh's communicators."""
        for item in (self.matrix, self.free_matrix, self._free, self.vector, self._spread):
            if item is not None:
                item.destroy()
