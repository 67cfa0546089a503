"""A short case, and how it is stopped on the way."""

import os
import signal

from ecmsim.running.progress import Silent
from helpers.paths import ROOT

CASE = f"""
extends = "{ROOT / "configs" / "quick.toml"}"
title = "A short and coarse RESET and SET"

[[programme]]
kind = "ramp"
to = "-0.6 V"
rate = "1 V/s"
compliance = {{ kind = "none" }}
until = "height < 0.5 nm"

[[programme]]
kind = "ramp"
to = "0 V"
duration = "2 ms"

[[programme]]
kind = "ramp"
to = "1.15 V"
rate = "1 V/s"

[initial]
kind = "cylinder"
radius = "0.5 nm"
height = "1.5 nm"

[dissolution]
maximum_depth = "0.05 nm"

[heat]
enabled = false

[stepping]
relative_error = 0.02
displacement_error = "0.0005 nm"
height_fraction = 0.2
first_step = "20 ms"
segment_fraction = 1
rebind_every = 10

[balance]
faraday = 0.02  # the steps are long

[mesh]
largest_size = "12 nm"
growth = 0.6

[output]
snapshot_times = ["0.3 s", "0.5 s"]
snapshot_currents = ["1e-16 A"]
event_gaps = ["9 nm"]

[checkpoint]
interval = "0.01 s"
"""


class During(Silent):
    """Does something when a run has reported so many rows."""

    def __init__(self, rows, action):
        self.rows, self.action = rows, action

    def step(self, _state):
        self.rows -= 1
        if self.rows == 0:
            self.action()


def signalled():
    os.kill(os.getpid(), signal.SIGTERM)
