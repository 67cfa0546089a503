"""Configurations of older runs under the names of today, and those that cannot be read."""

import tomllib

import pytest
from helpers.paths import ROOT

from ecmsim.config import load_config
from ecmsim.config.moved import with_new_names
from ecmsim.errors import ConfigError
from ecmsim.running.run import resume, run


def test_settings_of_older_versions_have_their_new_names():
    text = with_new_names("[stepping]\nvelocity_change = 0.03\nrefinement = 2\n[checkpoint]\nevery = 10\n")
    found = tomllib.loads(text)
    assert found == {"stepping": {"relative_error": 0.03, "refinement": 2, "rebind_every": 10}, "checkpoint": {}}
    assert with_new_names(text) is text


@pytest.mark.parametrize("text", ['a = "b', "exte", "[" * 5000, "stepping = 1\n[checkpoint]\nevery = 3\n"])
def test_what_is_damaged_stays_for_its_reader_to_tell(text):
    assert with_new_names(text) == text


def test_resuming_with_a_damaged_configuration_is_refused(tmp_path):
    run(load_config(ROOT / "configs" / "quick.toml", ["model=reduced"]), tmp_path / "run", until=1e-3)
    path = tmp_path / "run" / "config.toml"
    path.write_text(path.read_text()[:300] + "\nexte")
    with pytest.raises(ConfigError, match="configuration"):
        resume(tmp_path / "run")
