"""Making a table of quantized conductances: plan, geometries, Hamiltonians, transport, records, table.

Offline and restartable: `ecmsim quantum build`, or `python -m ecmsim.quantum.build` where only NumPy, SciPy, h5py,
pandas and GPAW are installed. Lengths here are in angstrom and energies in eV, relative to the Fermi level.
"""
