"""How is a table of conductances made? Plan, geometries, Hamiltonians, transport, records, table.

Offline and restartable: `ecmsim quantum build`, or `python -m ecmsim.quantum.build` where only NumPy, SciPy, h5py,
pandas and GPAW are installed. Lengths here are in angstrom and energies in eV, relative to the Fermi level.

May import: quantum, results.
"""
