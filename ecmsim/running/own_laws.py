"""Laws of a user's own, from Python files that a configuration names and from the call: loaded, checked, recorded."""

import inspect
import sys
import traceback
from dataclasses import dataclass, field
from types import ModuleType

from ecmsim.config.draw import require_effect
from ecmsim.config.laws import SWITCHES, require_permission, unusable
from ecmsim.config.suggest import did_you_mean
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.physics.model import DeviceModel


@dataclass(frozen=True)
class OwnLaws:
    """laws: in place of the configuration's, by name (None switches one off); files: {"file": path, "sha256": checksum
    of its content} of those that came from a file, by name."""

    laws: dict = field(default_factory=dict)
    files: dict = field(default_factory=dict)

    @property
    def told(self):
        """The laws as texts by name, for provenance and for people."""
        return {name: _told(law) for name, law in self.laws.items()}


def own_laws(config, laws=None, allow_code=False) -> OwnLaws:
    """The laws that take the place of those of a Config: from the files that its [laws] names, and given as objects.

    laws: those given, by name; allow_code: whether code in files may run. Raises ConfigError where it may not, where a
    law is named in both ways, cannot be loaded, is switched off by a setting, or has not what its role asks for.
    """
    laws = dict(laws or {})
    require_permission(config, allow_code)
    for name in laws:
        if name in config.laws:
            raise ConfigError(f'laws: {name} is given, but laws.{name} = "{config.laws[name].law}" too; leave one out')
    for _, text in unusable(config, [name for name in laws if laws[name] is not None and name in SWITCHES], "laws: "):
        raise ConfigError(text)
    require_effect(config, {*laws, *config.laws})
    files, modules = {}, {}
    for name, own in config.laws.items():
        if own.file not in modules:
            content = own.content()
            modules[own.file] = _module(f"laws.{name}", own, content), own.checksum(content)
        module, checksum = modules[own.file]
        laws[name] = _law(f'laws.{name} = "{own.law}"', own, module, config)
        files[name] = {"file": str(own.file), "sha256": checksum}
    if laws:
        DeviceModel.from_config(config, laws)  # says at once what is wrong with them
    return OwnLaws(laws, files)


def require_same(run, config, laws=None, allow_code=False):
    """Raise ResultsError where a run (Run) was made with other laws of one's own than a Config names or are given as
    objects, ConfigError where their code may not run."""
    files, kept = run.provenance.get("law_files", {}), run.provenance.get("laws", {})
    made = {name: text for name, text in kept.items() if name not in files}
    if OwnLaws(laws or {}).told != made:
        told = ", ".join(f"{name} = {text}" for name, text in made.items()) or "none"
        raise ResultsError(
            f"{run.folder} was made with other laws of one's own: {told}. Resume it in Python, with the same laws="
        )
    require_permission(config, allow_code)
    for name, record in files.items():
        own = config.laws.get(name)
        if own and own.checksum() != record["sha256"]:
            raise ResultsError(
                f"{run.folder} cannot be resumed with another law: {own.file} (laws.{name}) is no longer what it was "
                f"when the run began (its SHA-256 was {record['sha256'][:12]}…). Put the old file back, or start a run "
                "of its own with ecmsim run --out"
            )


def _module(setting, own, content):
    """The module that the content (bytes) of a file makes; nothing is read or written beside it."""
    # Neither imported nor cached by Python, so that what runs is what the checksum is of.
    module = ModuleType(f"ecmsim_own_{own.checksum(content)[:16]}")
    module.__file__ = str(own.file)
    sys.modules[module.__name__] = module  # where dataclasses and pickle look for it
    try:
        exec(compile(content, str(own.file), "exec", dont_inherit=True), vars(module))
    except (Exception, SystemExit) as error:
        del sys.modules[module.__name__]
        raise ConfigError(f"{setting}: {own.file} cannot be loaded: {_cause(error, own.file)}") from error
    return module


def _law(setting, own, module, config):
    """The instance of a law's class, made by from_config(config, **parameters) if it has that."""
    found = getattr(module, own.class_name, None)
    if not inspect.isclass(found):
        names = [name for name, kind in vars(module).items() if _is_own(kind, module)]
        if found is not None:
            raise ConfigError(f"{setting}: {own.class_name} is no class, but {found!r}")
        has = f"; it has {', '.join(names)}" if names else "; it has none"
        raise ConfigError(f"{setting}: the file has no such class{did_you_mean(own.class_name, names) or has}")
    make, arguments = getattr(found, "from_config", None), (config,)
    if make is None:
        make, arguments = found, ()
    try:
        signature = inspect.signature(make)
    except ValueError:  # compiled code tells nothing of its arguments
        signature = None
    if signature:
        _check_parameters(setting, own, signature, arguments)
    try:
        return make(*arguments, **own.parameters)
    except Exception as error:
        raise ConfigError(f"{setting}: {own.class_name} cannot be made: {_cause(error, own.file)}") from error


def _is_own(kind, module):
    return inspect.isclass(kind) and kind.__module__ == module.__name__


def _check_parameters(setting, own, signature, arguments):
    """Raise ConfigError for a parameter that is not taken, or one that is missing."""
    try:
        signature.bind(*arguments, **own.parameters)
    except TypeError as error:
        by_keyword = inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_OR_KEYWORD
        known = [name for name, item in signature.parameters.items() if item.kind in by_keyword][len(arguments) :]
        for name in own.parameters:
            if name not in known:
                hint = did_you_mean(name, known) or f"; it takes {', '.join(known) or 'none'}"
                raise ConfigError(f"{setting}: {own.class_name} takes no parameter {name!r}{hint}") from None
        raise ConfigError(f"{setting}: {own.class_name}: {error}; parameters: {', '.join(known)}") from None


def _cause(error, file):
    """What went wrong in a user's file, with the line, on one line."""
    lines = [frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == str(file)]
    text = " ".join(str(error).split())
    if isinstance(error, SyntaxError) and error.filename == str(file):
        lines, text = [error.lineno], error.msg
    where = f"line {lines[-1]}: " if lines and lines[-1] else ""
    return f"{where}{type(error).__name__}{': ' if text else ''}{text}"


def _told(law):
    """A law as text; one that does not say itself what it is by its attributes, since its address is not the same
    in the next process."""
    if type(law).__repr__ is not object.__repr__:
        return repr(law)
    attributes = getattr(law, "__dict__", {}).items()
    return f"{type(law).__qualname__}({', '.join(f'{name}={value!r}' for name, value in attributes)})"
