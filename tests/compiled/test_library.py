"""kernels.c on its way to a library: compiled once, kept complete, and done without."""

import logging
import os
import subprocess
import sys

import pytest

from ecmsim.compiled import library


@pytest.fixture
def fresh(tmp_path, monkeypatch):
    """A cache of its own, and nothing loaded yet."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    monkeypatch.delenv(library.SWITCH, raising=False)
    library.kernels.cache_clear()
    yield tmp_path / "ecmsim"
    library.kernels.cache_clear()


@pytest.mark.slow
def test_it_is_compiled_once_and_left_complete(fresh, capfd):
    first = library.kernels()
    assert first is not None
    [kept] = fresh.iterdir()  # nothing half done is left
    written = kept.stat().st_mtime_ns
    library.kernels.cache_clear()
    assert library.kernels() is not None and kept.stat().st_mtime_ns == written
    assert capfd.readouterr().out == ""


def test_without_a_compiler_numpy_does_the_work(fresh, monkeypatch, caplog):
    def fails(*_):
        raise RuntimeError("no compiler")

    monkeypatch.setattr(library, "_compile", fails)
    with caplog.at_level(logging.WARNING, "ecmsim"):
        assert library.kernels() is None and library.kernels() is None
    assert [record.message for record in caplog.records] == [
        "the reduced model is slower than it could be, its kernels are not compiled: no compiler"
    ]


def test_it_can_be_switched_off(fresh, monkeypatch):
    monkeypatch.setenv(library.SWITCH, "0")
    assert library.kernels() is None and not fresh.exists()


@pytest.mark.slow
def test_both_ways_come_to_the_same_cell(tmp_path):
    """A state of the reduced model after some steps, with the kernels and without."""
    code = """
import sys
from types import SimpleNamespace
from ecmsim.config import load_config
from ecmsim.models.reduced import ReducedSimulation
from ecmsim.running.march import March
march = March(ReducedSimulation(load_config("configs/quick.toml", ["model=reduced"]), SimpleNamespace(rank=0)))
march.begin()
for _ in range(12):
    march.step(9.0)
print(march.state.time, march.state.observed["current"], march.state.observed["height"])
"""
    told = []
    for switch in ("0", "1"):
        environment = os.environ | {library.SWITCH: switch}
        done = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True)
        told.append([float(word) for word in done.stdout.split()])
    assert told[0] == pytest.approx(told[1], rel=1e-8)
