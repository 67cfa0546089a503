"""Settings of the user's own that have no effect, because what they belong to is switched off.

Of one's own are the settings that stand in the file itself or in an override. What the file inherits by `extends` is
not, nor what it states of a law that an override switches off: one line that does so need not clear away the law's
settings. A file that states every setting there is, as runs leave one, is a record and no wish.
"""

import tomllib
from typing import NamedTuple

from ecmsim.config.quantities import Quantity
from ecmsim.config.structure import dotted
from ecmsim.config.suggest import quoted
from ecmsim.config.write import effective_toml
from ecmsim.drive import Programme

DEEPEST = 3  # keys of a setting: materials.Cu.density


class Rule(NamedTuple):
    """What is switched off. switch: the setting that does it; reason: in words; is_off: whether it is, of a Config;
    settings: that then have no effect, and of those of physics need not be stated."""

    switch: str
    reason: str
    is_off: callable
    settings: tuple

    @property
    def of_physics(self):
        """Whether it is about the laws of a cell: its switch is a setting of one section."""
        return "." in self.switch


def _in(section, *settings):
    return tuple(f"{section}.{name}" for name in settings)


def _off(section, *settings, switch="enabled", elsewhere=()):
    """The rule of a section whose switch makes others of its settings idle, and some elsewhere."""
    return Rule(
        f"{section}.{switch}",
        f"{section}.{switch} = false",
        lambda config: getattr(getattr(config, section), switch) is False,
        _in(section, *settings) + elsewhere,
    )


RULES = (
    _off("stress", "energy", "template_radius", "reading"),
    _off(
        "dissolution",
        *("ratio", "maximum_depth", "clearance", "void_barrier", "void_energy", "void_length", "void_reading"),
    ),
    _off("dissolution", "void_energy", "void_length", "void_reading", switch="void_barrier"),
    # The gap that the law would see, and the one at which a run ends, are told and heeded all the same.
    _off(
        "tunnelling",
        *("law", "table", "plateaus", "seed", "fluctuation", "barrier_shape", "barrier", "effective_mass", "prefactor"),
        elsewhere=_in("heat", "tunnel_barrier"),
    ),
    *(
        Rule(
            "tunnelling.law",
            f'tunnelling.law = "{law}"',
            lambda config, law=law: config.tunnelling.law == law,
            _in("tunnelling", "prefactor"),
        )
        for law in ("landauer", "terraces")
    ),
    Rule(
        "contact.atoms",
        'contact.atoms = "mean"',
        lambda config: config.contact.atoms == "mean",
        _in("contact", "seed", "attempt_frequency", "barrier", "binding"),
    ),
    Rule(
        "butler_volmer.exchange_current_density",
        "butler_volmer.exchange_current_density stands in its place",
        lambda config: config.butler_volmer.exchange_current_density is not None,
        _in("butler_volmer", "rate_constant"),
    ),
    _off("filament", "specularity", "minimum_diameter", switch="size_effect"),
    _off(
        "heat",
        *("mode", "joule", "tunnel_barrier", "thermal_conductivity_factor", "wall", "boundary_resistance"),
        elsewhere=_in("filament", "thermal_conductivity_factor", "wiedemann_franz"),
    ),
    _off(
        "surface_diffusion",
        *("coefficient", "reference_temperature", "activation_energy", "contact_angle"),
        elsewhere=_in("stepping", "largest_relaxation"),
    ),
    _off("capillarity", "surface_energy", "smallest_radius"),
    _off("nucleation", "attempt_time", "activation_energy", "critical_atoms", "waiting", "seed"),
    Rule(
        "nucleation.waiting",
        'nucleation.waiting = "mean"',
        lambda config: config.nucleation.waiting == "mean",
        _in("nucleation", "seed"),
    ),
    _off("checkpoint", "interval", "keep"),
    Rule(
        "programme",
        "every step of the programme has a compliance of its own or a current source",
        lambda config: not _needs_compliance(config),
        _in(
            "compliance",
            *("current", "smoothing_voltage", "polarity", "response_time", "resistance"),
            *("transconductance", "threshold_voltage", "channel_length_modulation", "gate_voltage", "gate_points"),
        ),
    ),
)


def _needs_compliance(config):
    pieces = Programme.from_steps(config.programme).pieces
    return any(piece.source == "voltage" and piece.compliance is None for piece in pieces)


def idle_settings(config, stated, overridden):
    """One line for each setting that was given and has no effect, in the order of the rules, as a tuple.

    stated: names of the settings that stand in the file itself; overridden: of those in overrides (see names).
    """
    reasons = {}
    for rule in RULES:
        if rule.is_off(config):
            # What an override switches off is idle in the file for this once.
            now = any(f"{name}.".startswith(f"{rule.switch}.") for name in overridden)
            given = overridden if now else stated | overridden
            for setting in rule.settings:
                if setting in given and _value(config, setting) is not None:
                    reasons.setdefault(setting, rule.reason)  # the first one says enough
    if reasons.keys() - overridden and is_a_record(config, stated):
        reasons = {setting: reason for setting, reason in reasons.items() if setting in overridden}
    return tuple(f"{setting} = {_shown(config, setting)} has no effect: {why}" for setting, why in reasons.items())


def names(data, path=()):
    """The dotted names of all settings in the data of a TOML file; a quantity with its label is one, as is a list.

    path: keys that lead to the data. Tables deeper than DEEPEST hold no settings.
    """
    found = set()
    for key, value in data.items():
        if isinstance(value, dict) and "value" not in value and len(path) < DEEPEST - 1:
            found |= names(value, (*path, str(key)))
        else:
            found.add(dotted((*path, str(key))))
    return found


def is_a_record(config, stated):
    """Whether a file states every setting that there is for its configuration."""
    return names(tomllib.loads(effective_toml(config))) <= stated


def _value(config, setting):
    """The value of a setting; None where it is not set, or belongs to a kind of section that was not chosen."""
    section, name = setting.split(".")
    return getattr(getattr(config, section), name, None)


def _shown(config, setting):
    value = _value(config, setting)
    return quoted(value.text if isinstance(value, Quantity) and value.unit else value)
