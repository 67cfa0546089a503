"""The runs that the validation rests on: studies from configs/studies, each where it can be resumed.

Every case of `paper` and `icc_series` is also run with a mesh and steps twice as coarse: the difference estimates the
numerical error of what is measured, exactly where it is of first order and from above where of a higher one.
"""

from dataclasses import dataclass, replace
from functools import cache, cached_property
from pathlib import Path

from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.study import Study, naming

CONFIGS = Path(__file__).parents[2] / "configs"
STUDIES = ("paper", "icc_series", "convergence", "reset", "reset_limits", "herring")
COARSE = {"mesh.refinement": 0.5, "stepping.refinement": 0.5}
COARSENED = ("paper", "icc_series")
ENDING = "_coarse"


@cache
def studies():
    """The studies of the validation as a dict: name of their folder -> Study."""
    found = {}
    for name in STUDIES:
        path = CONFIGS / "studies" / f"{name}.toml"
        found[name] = Study.load(path)
        if name in COARSENED:
            found[name + ENDING] = Study.load(path, settings=COARSE)
    return found


@dataclass(frozen=True)
class Runs:
    """The finished runs below a root folder.

    coarse: those on the coarser mesh with the longer steps; reading: the case that stands for the reference.
    """

    root: Path
    coarse: bool = False
    reading: str = "reference"

    @cached_property
    def coarsened(self):
        """The same cases with mesh and steps twice as coarse."""
        return replace(self, coarse=True)

    def case(self, name, study="paper"):
        """The run of a case by its name, a Run. Raises ResultsError where it is not finished."""
        return self.study(study)[name]

    @property
    def reference(self):
        """The reference SET, 0 -> 2 -> 0 V at 1 V/s with 1 mA."""
        return self.case(self.reading)

    def read_as(self, case):
        """The same runs with another case of `paper` in place of the reference."""
        return replace(self, reading=case)

    @property
    def series(self):
        """The series over the compliance current: A -> Run, rising."""
        return self.study("icc_series")

    @property
    def retention(self):
        """Lifetimes of filaments: initial radius (nm) -> Run, rising."""
        return self.study("herring")

    @property
    def resets(self):
        """One SET and RESET for each of a series of compliance currents: A -> Run, rising."""
        return dict(sorted(self.study("reset_limits").items()))

    def study(self, study):
        """The finished runs of a study: by the name of the case, or by its varied number (SI units or nm)."""
        if study not in self._kept:
            self._kept[study] = _finished(self.root, study + (ENDING if self.coarse and study in COARSENED else ""))
        return self._kept[study]

    @cached_property
    def _kept(self):
        return {}


def _finished(root, name):
    """The finished runs of a study: by the name of the case, or by its varied number."""
    study, found = studies()[name], {}
    for case, place in zip(study.cases, study.places(root / name), strict=True):
        try:
            run = open_run(place.run)
        except ResultsError:
            raise ResultsError(f"{place.run} is missing: start ecmsim validate-paper again to go on") from None
        if run.status != "finished":
            raise ResultsError(f"{place.run} is {run.status}: start ecmsim validate-paper again to go on")
        key = case.name or float(_number(case))
        found[key] = run
    return found


def _number(case):
    """The one number that a case without a name varies."""
    return naming.effective(case.config, next(iter(case.values)))
