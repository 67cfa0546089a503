"""Fixtures that several files share."""

import ctypes
import os
import warnings
from contextlib import contextmanager

import pytest

from ecmsim.compiled.library import kernels
from ecmsim.plot import style


@pytest.fixture(params=["compiled", "NumPy"])
def loops(request, monkeypatch):
    """Both forms of loops and laws, to be held to one table: NumPy's, which define, and those of kernels.c."""
    if request.param == "NumPy":
        for name in ("loops", "tape"):
            monkeypatch.setattr(f"ecmsim.compiled.{name}.kernels", lambda: None)
    elif kernels() is None:
        pytest.skip("nothing is compiled here")


@pytest.fixture
def figures(monkeypatch, draft):
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


@pytest.fixture
def small_disk(tmp_path):
    """A file system of 3 MB."""
    folder = os.fsencode(tmp_path / "disk")
    os.mkdir(folder)
    libc = ctypes.CDLL(None)
    if libc.mount(b"ecmsim-test", folder, b"tmpfs", 0, b"size=3m"):
        pytest.skip("no right to mount")
    yield tmp_path / "disk"
    assert libc.umount2(folder, 2) == 0  # MNT_DETACH


@pytest.fixture
def draft(monkeypatch):
    """Pictures of half the resolution: pixels are most of what a picture costs."""
    monkeypatch.setattr(style, "DPI", 150)
    monkeypatch.setattr(style, "SETTINGS", style.SETTINGS | {"figure.dpi": 150, "savefig.dpi": 150})
