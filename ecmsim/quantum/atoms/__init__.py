"""How do the atoms of a contact move? Molecular dynamics, with the transmission in tight binding along the way.

settings: what a trajectory is made of; dynamics: forces and integration (the only file here that imports ASE);
hopping: a law for atoms in motion; electrons: what the current is and does; section: how many atoms wide a contact is;
trajectory: the loop; record: its file; statistics: means with their errors, histograms, ruptures; command: ecmsim
quantum trajectory and traces.

May import: quantum.
"""
