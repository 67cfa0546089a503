"""Schema of [laws]: laws of a user's own, each a class in a Python file. All this is data; no code runs here.

[laws]
stress = "my_laws.py:YieldingOxide"
tunnelling = { law = "my_laws.py:Leaky", barrier = 4.2, leak = 1e-3 }
"""

import hashlib
from pathlib import Path

from pydantic import ConfigDict, Field, StrictStr, model_validator
from pydantic_core import PydanticCustomError

from ecmsim.config.quantities import Quantity, QuantityType
from ecmsim.config.section import Section
from ecmsim.config.suggest import did_you_mean, quoted
from ecmsim.config.texts import absolute, is_file, like
from ecmsim.errors import ConfigError

EXPECTED = 'the file and the name of a class, such as "my_laws.py:Leaky"'
# What laws there are, and the settings that switch each of them off.
SWITCHES = {
    "counter_electrode": (),
    "filament": (),
    "switching_layer": (),
    "active_electrode": (),
    "kinetics": (),
    "hopping": (),
    "faraday": (),
    "tunnelling": ("tunnelling.enabled",),
    "size_effect": ("filament.size_effect",),
    "stress": ("stress.enabled",),
    "tunnel_heating": ("tunnelling.enabled", "heat.enabled", "heat.tunnel_barrier"),
    "void": ("dissolution.enabled", "dissolution.void_barrier"),
    "dissolution": ("dissolution.enabled",),
    "nucleus": (),
    "surface_diffusion": ("surface_diffusion.enabled",),
    "capillarity": ("capillarity.enabled",),
    "nucleation": ("nucleation.enabled",),
}


class OwnLaw(Section):
    """A law of a user's own. Settings beside `law` are its parameters, which its constructor gets by keyword."""

    model_config = ConfigDict(extra="allow")

    law: StrictStr = Field(description=f"{EXPECTED[0].upper()}{EXPECTED[1:]}")

    @model_validator(mode="before")
    @classmethod
    def _is_there(cls, data):
        """Check file and parameters; a parameter with label and source becomes a Quantity."""
        if not isinstance(data, dict):
            return data
        if isinstance(data.get("law"), str):
            _check_file(data["law"])
        return {name: value if name == "law" else _parameter(name, value) for name, value in data.items()}

    @property
    def file(self):
        """The Python file."""
        return Path(self.law.rpartition(":")[0])

    @property
    def class_name(self):
        return self.law.rpartition(":")[2]

    @property
    def parameters(self):
        """What the constructor is given by keyword: plain numbers, texts and booleans by name."""
        given = self.model_extra.items()
        return {name: float(value) if isinstance(value, float) else value for name, value in given}

    def checksum(self, content=None):
        """SHA-256 of the file's content as hexadecimal text; content: of the file, if it has been read already."""
        return hashlib.sha256(self.content() if content is None else content).hexdigest()

    def content(self):
        """The bytes of the file. Raises ConfigError."""
        try:
            return self.file.read_bytes()
        except OSError as error:
            raise ConfigError(f"{self.file}: cannot be read ({error.strerror})") from None


def _check_file(law):
    file, colon, name = law.rpartition(":")
    text = None
    if not colon or not name.isidentifier() or not file:
        text = f": expected {EXPECTED}"
    elif not file.endswith(".py"):
        text = f": {quoted(Path(file).name)} is no Python file; expected {EXPECTED}"
    elif not is_file(file):
        text = f": no such file{like(Path(file), '*.py')}"
    if text:
        raise PydanticCustomError("relative", "{text}", {"text": f" = {quoted(law, 300)}{text}"})


def _parameter(name, value):
    """A number, text or truth value; a number with label and source as a Quantity."""
    text = None
    if isinstance(value, dict) and "value" in value or isinstance(value, float):
        try:
            return value if isinstance(value, Quantity) else QuantityType("").validate(value)
        except PydanticCustomError as error:
            text = error.message()
    elif not isinstance(value, (int, str)):
        text = "expected a number, text in quotes, or true or false"
    if text:
        raise PydanticCustomError("relative", "{text}", {"text": f".{name} = {quoted(value)}: {text}"})
    return value


def unusable(config, names, ours="laws."):
    """What keeps laws of these names from a Config or the data of one, as a list of (name, text).

    config: anything with the sections as attributes or keys; ours: how names begin in the texts.
    """
    found = []
    for name in names:
        if name not in SWITCHES:
            hint = did_you_mean(name, SWITCHES) or f"; choose from {', '.join(SWITCHES)}"
            found.append((name, f"{ours}{name}: no law has this name{hint}"))
        for switch in SWITCHES.get(name, ()):
            section, _, setting = switch.partition(".")
            section = config.get(section) if isinstance(config, dict) else getattr(config, section)
            if section is not None and getattr(section, setting) is False:
                text = f"{ours}{name}: {switch} = false switches it off; set it true or leave the law out"
                found.append((name, text))
    return found


# --- in the data of a file ------------------------------------------------------------------------------------------


def placed(laws, folder):
    """The table [laws] of a file with each law as a table, and the path of its file, relative to a folder, absolute."""
    if not isinstance(laws, dict):
        return laws
    return {name: _placed(law, folder) for name, law in laws.items()}


def _placed(law, folder):
    law = {"law": law} if isinstance(law, str) else law
    return law | {"law": located(law["law"], folder)} if isinstance(law, dict) and "law" in law else law


def located(law, folder):
    """A text FILE.py:CLASS with the path absolute; anything else as it is."""
    file, colon, name = law.rpartition(":") if isinstance(law, str) else ("", "", "")
    return f"{absolute(Path(folder) / file)}:{name}" if file else law


def is_law(keys):
    """Whether the keys of a setting, such as ("laws", "tunnelling", "law"), are those of a law or of its file."""
    return len(keys) > 1 and keys[0] == "laws" and list(keys[2:]) in ([], ["law"])


def overridden(laws, keys, value):
    """The table of a law that an override sets; by its key `law` alone it keeps the parameters of the same class.

    laws: the table [laws] so far; keys: as of is_law. The path is relative to the current folder.
    """
    new = {"law": value} if len(keys) > 2 else value
    old = laws.get(keys[1]) if isinstance(laws, dict) else None
    if len(keys) > 2 and isinstance(old, dict):
        same = str(old.get("law")).rpartition(":")[2] == str(value).rpartition(":")[2]
        new = old | new if same else new
    return _placed(new, Path())


def renewed(base, top):
    """`base` without the parameters of those laws for which `top` has another class: they are that class's."""
    if not (isinstance(base, dict) and isinstance(top, dict)):
        return base
    return {name: law for name, law in base.items() if not _other(law, top.get(name))}


def _other(old, new):
    told = [law.get("law") if isinstance(law, dict) else None for law in (old, new)]
    return None not in told and told[0] != told[1]


def require_permission(config, allow_code):
    """Raise ConfigError where a Config names laws of a user's own and these must not run."""
    if allow_code or not config.laws:
        return
    told = ", ".join(f'laws.{name} = "{law.law}"' for name, law in config.laws.items())
    raise ConfigError(
        f"{told}: is Python code, which only runs with --allow-code (in Python: allow_code=True); a configuration may "
        "come from anywhere, so read that file first"
    )
