"""Random input: no traceback, no strange exit code, nothing that takes long; helpers/fuzz.py tries any number."""

import signal
from pathlib import Path

import pytest
from helpers import fuzz
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from typer import Typer

from ecmsim.config import load_config
from ecmsim.errors import ConfigError
from ecmsim.study.study import Study

KEYS = st.sampled_from(fuzz.SETTINGS)
SCALARS = st.one_of(st.booleans(), st.integers(), st.floats(), st.text(max_size=8))
TABLES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)


@pytest.mark.slow
def test_some_hundred_inputs():
    commands, finds = fuzz.search(250, seed=7)
    assert finds == [] and len(commands) > 5


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(pairs=st.lists(st.tuples(KEYS, TABLES), max_size=4))
def test_any_data_of_toml_as_a_setting(tmp_path_factory, pairs):
    """Valid, or a ConfigError that says why."""
    from ecmsim.study.definition import toml

    folder = tmp_path_factory.getbasetemp()
    try:
        lines = [f"{key} = {toml(value)}" for key, value in pairs]
    except (ValueError, TypeError, UnicodeError):
        return
    (folder / "cell.toml").write_text(
        "\n".join([f'extends = "{fuzz.BASE}"', *lines]), encoding="utf-8", errors="replace"
    )
    try:
        load_config(folder / "cell.toml")
    except ConfigError as error:
        assert str(error)


@pytest.mark.slow
@settings(max_examples=150, deadline=None, derandomize=True)
@given(data=st.binary(max_size=200))
def test_any_bytes_as_a_file(tmp_path_factory, data):
    path = tmp_path_factory.getbasetemp() / "bytes.toml"
    path.write_bytes(data)
    for load in (load_config, Study.load):
        with pytest.raises(ConfigError):
            load(path)


@pytest.mark.slow
@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        ("raise ValueError('a defect')", "a defect"),
        ("import sys; sys.exit(7)", "exit code 7"),
        ("while True: pass", "more than"),
    ],
)
def test_finds_are_found(monkeypatch, behaviour, told):
    """The search itself can fail."""

    real, small = fuzz.CliRunner.invoke, Typer()
    small.command()(lambda: exec(behaviour, {}))
    monkeypatch.setattr(fuzz.CliRunner, "invoke", lambda self, app, words: real(self, small, []))
    monkeypatch.setattr(fuzz, "LONGEST", 1)
    assert told in fuzz.outcome(["validate"])
    assert signal.alarm(0) == 0


@pytest.mark.slow
def test_inputs_are_the_same_for_the_same_seed(tmp_path):
    made = []
    for name in ("a", "b"):
        (tmp_path / name).mkdir()
        inputs = fuzz.Inputs(3, tmp_path / name)
        words = [inputs.next() for _ in range(60)]
        made.append([[word.replace(str(tmp_path / name), "") for word in line] for line in words])
    assert made[0] == made[1] and Path(fuzz.BASE).is_file()
