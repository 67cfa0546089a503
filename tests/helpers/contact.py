"""A silver filament that is about to touch."""

# A silver filament that is about to touch, under a fast ramp: seconds instead of minutes.
NEAR = [
    'initial.kind="cylinder"',
    'initial.radius="2.2 nm"',
    'initial.height="9.5 nm"',
    "mesh.surface_size=1 nm",
    "mesh.largest_size=6 nm",
    "mesh.cells_across_gap=2",
    "dissolution.enabled=false",
    "output.snapshot_currents=[]",
]
