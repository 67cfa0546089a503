"""What does a protocol tell? The index of each: potentiation, paired pulses, endurance, selectors, write-verify.

May import: results, switching.
"""

from ecmsim.protocols.endurance import Endurance, endurance_of
from ecmsim.protocols.pulses import (
    Facilitation,
    Potentiation,
    Verified,
    facilitation_of,
    potentiation_of,
    verified_of,
)
from ecmsim.protocols.selector import Selector, selector_of

__all__ = [
    "Endurance",
    "Facilitation",
    "Potentiation",
    "Selector",
    "Verified",
    "endurance_of",
    "facilitation_of",
    "potentiation_of",
    "selector_of",
    "verified_of",
]
