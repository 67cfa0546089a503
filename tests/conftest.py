"""Fixtures that several files share."""

import warnings
from contextlib import contextmanager

import pytest

from ecmsim.plot import style


@pytest.fixture
def figures(monkeypatch):
    """The matplotlib figures that are drawn, by the names of their files."""
    drawn, real = {}, style.picture

    @contextmanager
    def picture(output, *arguments, **options):
        with real(output, *arguments, **options) as figure:
            drawn[output.name] = figure
            yield figure

    monkeypatch.setattr(style, "picture", picture)
    return drawn


@pytest.fixture
def no_warnings():
    """A warning fails the test, but for files that matplotlib and VTK leave to the garbage collector."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        warnings.filterwarnings("ignore", category=ResourceWarning)
        yield
