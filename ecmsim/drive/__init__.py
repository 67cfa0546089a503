"""What does the source do? Steps such as ramps, pulses and holds, and the straight legs of a run.

May import: nothing.
"""

from ecmsim.drive.compliance import compliance_of, limit
from ecmsim.drive.condition import QUANTITIES, Condition
from ecmsim.drive.pieces import Leg, Piece
from ecmsim.drive.programme import Programme
from ecmsim.drive.steps import (
    current_hold,
    current_ramp,
    current_sweep,
    current_table,
    hold,
    measured,
    pulse,
    pulse_train,
    ramp,
    read_pulse,
    repeat,
    spike_pair,
    sweep,
    table,
    write_verify,
)

__all__ = [
    "QUANTITIES",
    "Condition",
    "Leg",
    "Piece",
    "Programme",
    "compliance_of",
    "current_hold",
    "current_ramp",
    "current_sweep",
    "current_table",
    "hold",
    "limit",
    "measured",
    "pulse",
    "pulse_train",
    "ramp",
    "read_pulse",
    "repeat",
    "spike_pair",
    "sweep",
    "table",
    "write_verify",
]
