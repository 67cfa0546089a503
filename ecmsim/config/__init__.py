"""What did the user ask for? The schema of a configuration, quantities with units, reading, messages, writing.

May import: drive, measured.
"""

from ecmsim.config.load import load_config
from ecmsim.config.material import IonConductor, Material, Metal, packaged_materials
from ecmsim.config.quantities import LABELS, Quantity, quantity
from ecmsim.config.reference import reference, reference_markdown, reference_text
from ecmsim.config.schema import Config

__all__ = [
    "LABELS",
    "Config",
    "IonConductor",
    "Material",
    "Metal",
    "Quantity",
    "load_config",
    "packaged_materials",
    "quantity",
    "reference",
    "reference_markdown",
    "reference_text",
]
