"""Parts of a cell as a run makes them from its configuration."""

from ecmsim.physics.model import DeviceModel
from ecmsim.shape.electrode import ActiveElectrode


def electrode_of(config):
    """The active electrode of a configuration, with its law."""
    return ActiveElectrode.from_config(config, DeviceModel.from_config(config).dissolution)
