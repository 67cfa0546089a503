"""The laws of a cell as tapes (ecmsim.compiled.tape): the same numbers in a fifth of the time.

A law is written once, in ecmsim.physics or in a file of a user's own. Those that cannot be traced stay as they are.
"""

from dataclasses import replace
from functools import cache

from ecmsim.compiled.tape import compiled, held


class Traced:
    """A law whose methods are tapes; whatever else it is asked for it tells itself. inputs: of each method, by name."""

    def __init__(self, law, **inputs):
        self._law = law
        for name, count in inputs.items():
            setattr(self, name, compiled(getattr(law, name), count))

    def __getattr__(self, name):
        if name == "_law":  # of a copy that is being made
            raise AttributeError(name)
        return getattr(self._law, name)


def traced(model):
    """A DeviceModel with the laws traced that the reduced model evaluates over and over.

    Tunnelling is not among them: laws with contact are others over each tip, and before anything touches they have to
    be the same to the bit.
    """
    own = {name: _conductor(getattr(model, name)) for name in ("counter_electrode", "filament", "active_electrode")}
    own |= {"switching_layer": _conductor(model.switching_layer), "hopping": Traced(model.hopping, low_field_limits=1)}
    if model.tunnel_heating:
        own["tunnel_heating"] = Traced(model.tunnel_heating, active_electrode_share=2)
    if model.size_effect:
        own["size_effect"] = Traced(model.size_effect, conductivity_ratio=1)
    return replace(model, **own)


def _conductor(conductor):
    electrical = conductor.electrical and compiled(conductor.electrical, 1)
    return replace(conductor, electrical=electrical, thermal=compiled(conductor.thermal, 1))


def circuit(law):
    """The law of a circuit, traced; None as it is."""
    return law and Traced(law, current=1)


def reaction(model):
    """DeviceModel.reaction_current_density, traced once for each side and what it is given: takes its arguments but the
    overpotential, and gives the density for that."""

    @cache
    def tape(on_filament, shared, shifted):
        def law(overpotential, temperature, radius, height, *others):
            others = iter(others)
            share, shift = (next(others) if given else None for given in (shared, shifted))
            given = temperature, radius, height, on_filament, share, shift
            return model.reaction_current_density(overpotential, *given)

        return compiled(law, 4 + shared + shifted)

    def density(temperature, radius, height, on_filament, open_share=None, shift=None):
        others = [value for value in (open_share, shift) if value is not None]
        law = tape(on_filament, open_share is not None, shift is not None)
        return held(law, temperature, radius, height, *others)

    return density
