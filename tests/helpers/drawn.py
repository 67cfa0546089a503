"""A cell whose parameters are drawn anew for each of its cycles: a fast bipolar one of the reduced model."""

CYCLES = """extends = "ecmsim:quick"
model = "reduced"

[compliance]
current = "10 nA"

[output]
snapshot_currents = []
snapshot_regimes = false

[stepping]
refinement = 0.5

[balance]
faraday = 5e-3

[[programme]]
kind = "ramp"
to = "0.2 V"
rate = "1 V/s"

[[programme]]
kind = "ramp"
to = "0 V"
rate = "1 V/s"

[[programme]]
kind = "repeat"
count = 3
steps = [
    { kind = "sweep", name = "up", peak = "1.2 V", rate = "1 V/s" },
    { kind = "sweep", name = "down", peak = "-0.3 V", rate = "1 V/s" },
]
"""
DRAW = """
[draw]
each = "cycle"
seed = 4
correlated = [["butler_volmer.rate_constant", "stress.template_radius", 0.3]]
"butler_volmer.rate_constant" = { distribution = "lognormal", sigma = 0.5 }

[draw.stress]
template_radius = { distribution = "uniform", from = "1.5 nm", to = "1.9 nm" }
"""
