"""What a user sees of a run from Python: progress in terminals, notebooks and logs, and a line on what came out."""

import io
import sys
from types import SimpleNamespace

import pytest
from helpers.paths import QUICK

import ecmsim
from ecmsim.config import load_config
from ecmsim.running import progress
from ecmsim.running.run import run


class Shell:
    """Stands in for IPython: a kernel, and a place for what is displayed."""

    def __init__(self):
        self.shown = []

    def get_ipython(self):
        return SimpleNamespace(kernel=object())

    def display(self, what, display_id):
        assert display_id
        self.shown.append(repr(what))
        return SimpleNamespace(update=lambda what: self.shown.append(repr(what)))


@pytest.fixture
def notebook(monkeypatch):
    shell = Shell()
    module = SimpleNamespace(get_ipython=shell.get_ipython, display=SimpleNamespace(display=shell.display))
    monkeypatch.setitem(sys.modules, "IPython", module)
    monkeypatch.setitem(sys.modules, "IPython.display", module.display)
    return shell


def short(folder, **options):
    return run(load_config(QUICK, ["model=reduced"]), folder, until=0.05, **options)


def test_a_notebook_shows_one_line_that_is_renewed(notebook, tmp_path, capsys):
    assert isinstance(progress.display(), progress.Notebook)
    short(tmp_path / "run", progress=True)
    assert notebook.shown[0] == "begins" and len(notebook.shown) > 1
    assert "100.0 % of the programme" in notebook.shown[-1] and "gap = " in notebook.shown[-1]
    assert capsys.readouterr().err == ""


def test_without_a_notebook_there_are_lines(tmp_path, capsys):
    assert not progress.in_notebook()
    short(tmp_path / "run", progress=True)
    assert "100.0 % of the programme" in capsys.readouterr().err
    short(tmp_path / "silent")
    assert capsys.readouterr().err == ""


def test_a_display_of_ones_own_is_used(tmp_path):
    stream = io.StringIO()
    short(tmp_path / "run", progress=progress.Lines(stream))
    assert "V = " in stream.getvalue()


def test_an_outcome_is_a_line(tmp_path):
    told = repr(short(tmp_path / "run"))
    assert told.startswith("<Outcome: t = 0.05 s, as asked for; ") and "gap = 9.8" in told and "\n" not in told


def test_the_package_has_what_the_command_line_does():
    from ecmsim.fitting.command import fit

    assert ecmsim.fit is fit and set(ecmsim.__all__) >= {"fit", "load_config", "open_run", "resume", "run", "sweep"}
    with pytest.raises(AttributeError, match="no attribute 'nothing'"):
        ecmsim.nothing  # noqa: B018
