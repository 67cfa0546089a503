"""From the data of a file, or a text, to a checked section: inheritance, overrides, materials, all problems at once.
What a file leaves out of its physics is one of them.

The model of the data is a parameter: its classes (ecmsim.config.schema) use this module.
"""

from pathlib import Path

from pydantic import ValidationError

from ecmsim.config.files import expand, parse
from ecmsim.config.idle import idle_settings, is_a_record, names
from ecmsim.config.interface import unagreed
from ecmsim.config.laws import placed
from ecmsim.config.messages import Problem, problems_of, report
from ecmsim.config.overrides import apply_overrides, given_by
from ecmsim.config.pairs import complete_pairs
from ecmsim.config.resolve import resolve_materials
from ecmsim.config.unstated import unstated


def from_text(model, text, base, overrides, source):
    """A model (Config) from TOML text.

    base: folder to which paths in the text are relative; overrides: "key.path=value" texts; source: name of the text
    in messages. Raises ConfigError with all problems.
    """
    return completed(model, parse(text, source), Path(base), overrides, source)


def completed(model, data, folder, overrides, source, chain=(), programme=None):
    """A model (Config) from the data of a file; otherwise as from_text.

    folder: to which its paths are relative; chain: the file itself, so that it is not extended by itself; programme:
    data in place of its programme.
    """
    stated = names(data)
    data = expand(data, source, folder, chain)
    if programme is not None:
        data["programme"] = programme
    problems = [*apply_overrides(data, overrides, model), *resolve_materials(data)]
    problems += complete_pairs(data, stated | names(given_by(overrides)))
    if "laws" in data:
        data["laws"] = placed(data["laws"], Path())
    problems += unstated(data, model)
    try:
        config = model.model_validate(data)
    except ValidationError as error:
        problems += problems_of(error, model, data)
    if problems:
        raise report(source, problems, data)
    loans = unagreed(config)
    if loans and not is_a_record(config, stated):
        raise report(source, [Problem(("interface",), loans)], data)
    config.note_idle(idle_settings(config, stated, names(given_by(overrides))))
    return config
