"""The fields: weak forms, their binding to a mesh, and the coupling of the gap's surfaces. Needs dolfinx."""
