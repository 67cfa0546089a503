"""Settings of a case whose fields are strongly coupled from its first step on."""

# A filament that nearly bridges the layer, hot from the current through it a nanosecond after 1.5 V are applied.
HOT = [
    "mesh.refinement=0.7",
    "dissolution.enabled=false",
    "compliance.current=1 mA",
    'initial={kind="cylinder", radius="1.7 nm", height="9.85 nm"}',
    'programme=[{kind="ramp", to="1.5 V", duration="1 ns"}, {kind="hold", duration="1 us"}]',
    "stepping.largest_voltage_step=2 V",
    "stepping.largest_current_ratio=1e30",
    "stepping.first_step=1 ns",
]
