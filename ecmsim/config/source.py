"""What feeds the cell, read from the data of a configuration without the rest of it: programme and compliance."""

from pydantic import BaseModel, ValidationError

from ecmsim.config.compliance import Compliance
from ecmsim.config.messages import problems_of, report
from ecmsim.config.programme import Step


class Source(BaseModel):
    """The sections [[programme]] and [compliance] of a configuration."""

    programme: tuple[Step, ...]
    compliance: Compliance


def read_source(data, name):
    """The Source in the data of a configuration, whatever else there is, also settings of another version of ecmsim.

    name: of the data in messages. Raises ConfigError with all problems of the two sections.
    """
    data = {key: data[key] for key in Source.model_fields if key in data}
    try:
        return Source.model_validate(data)
    except ValidationError as error:
        raise report(name, problems_of(error, Source, data), data) from None
