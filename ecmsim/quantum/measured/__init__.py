"""What do measured traces tell of atomic contacts? Conductances, plateaus, histograms, the point-contact model.

samples: from a measurement to conductances; changes: where a trace changes; plateaus: its levels with errors; series:
the resistance in series with a contact; histograms: of one and two dimensions; point_contact: Sune and Miranda's model
fitted to a current over a voltage; command: ecmsim quantum measured.

May import: quantum.atoms, results.
"""
