"""Schema of [draw]: parameters of the laws that are drawn anew for each cycle, and the values that come of it.

[draw]
each = "cycle"
seed = 1
"butler_volmer.rate_constant" = { distribution = "lognormal", sigma = 0.3 }
"""

from functools import lru_cache
from types import SimpleNamespace
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, StrictInt, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.distributions import CENTRES, DISTRIBUTIONS, Wrong, drawn
from ecmsim.config.frozen import frozen
from ecmsim.config.idle import RULES
from ecmsim.config.quantities import Quantity
from ecmsim.config.section import Section
from ecmsim.config.structure import canonical, field_annotation, quantity_type, settings
from ecmsim.config.suggest import did_you_mean
from ecmsim.drive import Programme
from ecmsim.errors import ConfigError

DIGITS = 6  # kept of what is drawn
# The settings that laws alone depend on, and the law of one's own in whose place they would have no effect.
DRAWABLE = {
    "butler_volmer.transfer_coefficient": "kinetics",
    "butler_volmer.ion_concentration": "kinetics",
    "butler_volmer.rate_constant": "kinetics",
    "butler_volmer.activation_energy": "kinetics",
    "butler_volmer.exchange_current_density": "kinetics",
    "butler_volmer.electrode_ratio": "",
    "hopping.distance": "hopping",
    "hopping.attempt_frequency": "hopping",
    "hopping.activation_energy": "hopping",
    "stress.energy": "stress",
    "stress.template_radius": "stress",
    "dissolution.void_energy": "void",
    "dissolution.void_length": "void",
    "tunnelling.barrier": "tunnelling",
    "tunnelling.effective_mass": "tunnelling",
    "tunnelling.prefactor": "tunnelling",
    "filament.specularity": "size_effect",
    "filament.defect_factor": "filament",
    "filament.thermal_conductivity_factor": "filament",
    "heat.thermal_conductivity_factor": "",
    "surface_diffusion.coefficient": "surface_diffusion",
    "surface_diffusion.activation_energy": "surface_diffusion",
}
PAIRS = 'a list of two settings and their correlation each, [["hopping.distance", "stress.energy", 0.5]]'


class Distribution(Section):
    """How one setting is drawn: as [draw] of a study has it, with the setting's own value for a mean that is left out.

    What fits together, and which other keys there are none of, ecmsim.config.distributions knows.
    """

    model_config = ConfigDict(extra="allow")

    distribution: Any = None
    mean: Any = None
    median: Any = None
    sigma: Any = None
    low: Any = Field(None, alias="from")
    to: Any = None

    def table(self):
        """What was given, by its name in the file."""
        values = {field.alias or name: getattr(self, name) for name, field in type(self).model_fields.items()}
        values |= self.model_extra
        return {name: value for name, value in values.items() if value is not None}


class Draw(Section):
    """Parameters of the laws that differ from cycle to cycle. Settings beside these are drawn, each a Distribution."""

    model_config = ConfigDict(extra="allow")
    __pydantic_extra__: dict[str, Distribution]

    each: Literal["cycle"] = Field(
        description='For what the parameters are drawn anew. Beside it "SECTION.SETTING" = { distribution = "normal", '
        'sigma = … }, "lognormal" or "uniform", as in [draw] of studies; without mean or median around the setting\'s '
        "own value"
    )
    seed: StrictInt = Field(0, ge=0, description="Seed of the draws: with the same one they are the same")
    correlated: Annotated[tuple[tuple[str, str, float], ...], PAIRS] = Field(
        (), description="Correlations of settings that are drawn, [setting, setting, number between -1 and 1] each"
    )

    @model_validator(mode="before")
    @classmethod
    def _by_dotted_names(cls, data):
        """Settings in tables of their own, [draw.hopping], have the same names as quoted ones."""
        return dict(_flat(data)) if isinstance(data, dict) else data

    @property
    def settings(self):
        """The settings that are drawn (Distribution) by their dotted names, in the order of the file."""
        return self.model_extra


def _flat(table, prefix=""):
    for key, value in table.items():
        nested = isinstance(value, dict) and value and all(isinstance(item, dict) for item in value.values())
        if nested:
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield canonical(f"{prefix}{key}"), value


def problem(draw, sections, model):
    """What is wrong with a Draw, as a line, or None. sections: the others of the configuration, by name; model: their
    class (Config)."""
    if not draw.settings:
        return 'draw: draws nothing: it needs a setting, such as "stress.energy" = { distribution = "normal", … }'
    for name in draw.settings:
        if name not in DRAWABLE:
            hint = did_you_mean(name, DRAWABLE) or f"; these can: {', '.join(DRAWABLE)}"
            return f"draw.{name}: cannot be drawn from cycle to cycle (from device to device: [draw] of a study){hint}"
        section = name.partition(".")[0]
        if section in sections and _own(sections, name) is None:
            return f"draw.{name}: this configuration does not state the setting, around which it would be drawn"
    for rule in RULES if all(name.partition(".")[0] in sections for name in DRAWABLE) else ():
        if rule.of_physics and rule.is_off(SimpleNamespace(**sections)):
            for name in rule.settings:
                if name in draw.settings:
                    return f"draw.{name}: has no effect: {rule.reason}"
    if not {name.partition(".")[0] for name in (*draw.settings, "programme.x")} <= sections.keys():
        return None  # of which something else is wrong
    count = max(piece.cycle for piece in Programme.from_steps(sections["programme"]).pieces)
    try:
        rows = _drawn(_told(draw, sections, model), max(count, 1), draw.seed, draw.correlated)
    except Wrong as error:
        return f"draw.{error}"
    for number, row in enumerate(rows, 1):
        for name, value in row.items():
            try:
                given = _type(model, name).validate(Quantity(value, _type(model, name).unit))
            except PydanticCustomError as error:
                text = Quantity(value, _type(model, name).unit).text
                return (
                    f"draw.{name}: cycle {number} would have {text}: {error.message()}; choose a narrower "
                    "distribution, or one that stays in these bounds"
                )
            if name.endswith("activation_energy") and "cell" in sections and not name.startswith("surface"):
                if cold := frozen(given, sections["cell"].ambient_temperature):
                    return f"draw.{name}: cycle {number} would have {given.text}: {cold}"
    return None


def values_of_cycle(config, number):
    """The values (Quantity by setting) that hold in a cycle of a Config; none without [draw] and outside of cycles."""
    if config.draw is None or number < 1:
        return {}
    sections = dict(config)
    rows = _drawn(_told(config.draw, sections, type(config)), number, config.draw.seed, config.draw.correlated)
    return {name: Quantity(value, _type(type(config), name).unit) for name, value in rows[number - 1].items()}


def of_cycle(config, number):
    """The Config that holds in a cycle: with the values drawn for it in place of its own."""
    changed = {}
    for name, value in values_of_cycle(config, number).items():
        section, _, setting = name.partition(".")
        changed.setdefault(section, {})[setting] = value
    return config.model_copy(update={name: getattr(config, name).model_copy(update=of) for name, of in changed.items()})


def require_effect(config, laws):
    """Raise ConfigError where a setting is drawn that belongs to a law in whose place there is another one. laws: names
    of laws of one's own."""
    for name in config.draw.settings if config.draw else ():
        if DRAWABLE[name] in laws:
            raise ConfigError(f"draw.{name}: has no effect: the law {DRAWABLE[name]} is one of your own")


def _told(draw, sections, model):
    """Unit and distribution of each setting that is drawn, its own value in place of a centre that is left out; as a
    tuple of (setting, unit, ((key, value), …))."""
    told = []
    for name, given in draw.settings.items():
        unit, table = _type(model, name).unit, given.table()
        kind = table.get("distribution")
        for key in DISTRIBUTIONS[kind][0] if isinstance(kind, str) and kind in DISTRIBUTIONS else ():
            if key in CENTRES and key not in table:
                own = _own(sections, name)
                table[key] = own.text if unit else float(own)
        told.append((name, unit, tuple(table.items())))
    return tuple(told)


@lru_cache(maxsize=8)
def _drawn_so_far(told, count, seed, correlated):
    rows = drawn({name: (unit, dict(items)) for name, unit, items in told}, count, seed, correlated)
    return [{name: float(f"{value:.{DIGITS}g}") for name, value in row.items()} for row in rows]


def _drawn(told, count, seed, correlated):
    """The draws of at least count cycles, rounded; a few more at a time, so that a run need not draw them all anew."""
    more = 64 * -(-count // 64)
    try:
        return _drawn_so_far(told, more, seed, correlated)[:count]
    except TypeError:  # something in a table that cannot be looked up
        raise Wrong(f"{told[0][0]}: expected texts and numbers, not lists or tables") from None


def _own(sections, name):
    section, _, setting = name.partition(".")
    return getattr(sections[section], setting)


def _type(model, name):
    """The QuantityType of a setting of DRAWABLE."""
    section, _, setting = name.partition(".")
    kind = field_annotation(settings(model)[section])
    return quantity_type(field_annotation(settings(kind)[setting]))
