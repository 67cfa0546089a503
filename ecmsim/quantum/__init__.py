"""How much does an atomic contact conduct? Green's functions, tight binding, recoil forces, tables.

Energies are in eV and atomic positions in angstrom, as in the literature of the field; radii for the device in nm.
Transmissions are per spin: G = T G0 with G0 = 2e^2/h. Matrices may be non-orthogonal (H and S) and complex (k-points).

May import: nothing.
"""
