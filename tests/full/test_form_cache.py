"""The cache of compiled forms: what a killed process left half done harms nobody."""

import basix.ufl
import pytest
import ufl
from mpi4py import MPI

from ecmsim.models.full import form_cache


@pytest.fixture
def cache(tmp_path, monkeypatch):
    monkeypatch.setattr(form_cache, "folder", lambda: tmp_path / "forms")
    return tmp_path / "forms"


def area():
    domain = ufl.Mesh(basix.ufl.element("Lagrange", "triangle", 1, shape=(2,)))
    return {"area": ufl.Constant(domain) * ufl.dx(domain)}


def test_a_form_that_was_begun_and_never_finished_is_compiled_again(cache):
    form_cache.compile_forms(MPI.COMM_SELF, area())
    (done,) = cache.glob("*.cached")
    source = done.with_suffix("")
    done.unlink()
    source.write_text("")  # as the compiler leaves it when it is killed
    form_cache.compile_forms(MPI.COMM_SELF, area())
    assert done.exists() and source.stat().st_size > 0


def test_what_is_compiled_is_not_compiled_again(cache):
    form_cache.compile_forms(MPI.COMM_SELF, area())
    before = {path: path.stat().st_mtime_ns for path in cache.glob("*.so")}
    form_cache.compile_forms(MPI.COMM_SELF, area())
    assert before and before == {path: path.stat().st_mtime_ns for path in cache.glob("*.so")}
