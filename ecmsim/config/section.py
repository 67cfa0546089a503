"""Base class of all sections of the configuration."""

from pydantic import BaseModel, ConfigDict


class Section(BaseModel):
    """A table of the configuration: immutable, with unknown keys refused and defaults checked like input."""

    # Deferred: the whole configuration is built once, when the first one is checked, and not each section besides.
    model_config = ConfigDict(extra="forbid", frozen=True, validate_default=True, defer_build=True)
