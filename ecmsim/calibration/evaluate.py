"""What the facts come out as for given parameters: runs in processes of their own, kept and found again."""

import hashlib
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from ecmsim.calibration.definition import Calibration
from ecmsim.errors import SolveError
from ecmsim.results import open_run
from ecmsim.study import folder
from ecmsim.study.child import Control, Job, default_command, run_case

FAR = 10.0  # residual, in tolerances, of a fact that a run does not show (such as 1 mA that is never reached)


@dataclass
class Evaluator:
    """Runs a calibration's cell for given parameters. root: folder of the runs; jobs: runs at a time.

    told(text): is called with a line for each run that has ended; allow_code: let laws of a user's own run. runs: names
    of those that were needed, by model.
    """

    calibration: Calibration
    root: Path
    jobs: int = 1
    told: callable = lambda text: None
    allow_code: bool = False
    runs: dict = field(default_factory=lambda: {"full": set(), "reduced": set()})

    def values(self, points, model):
        """What each target comes out as, (k, m), for points (k, n) of the parameters; nan where a run lacks it.

        Raises SolveError where a run fails, KeyboardInterrupt on Ctrl-C (finished runs are found again).
        """
        control = Control()
        with control.listening(at_once=True), ThreadPoolExecutor(self.jobs) as pool:
            return np.array(list(pool.map(lambda point: self._one(point, model, control), np.atleast_2d(points))))

    def residuals(self, values):
        """Deviations of values (…, m) from the targets in tolerances."""
        targets = self.calibration.targets
        wanted = np.array([target.value for target in targets])
        deviation = (values - wanted) / np.array([target.tolerance for target in targets])
        return np.where(np.isfinite(deviation), np.clip(deviation, -FAR, FAR), FAR)

    def _one(self, point, model, control):
        config = self.calibration.configuration(point, model)
        text = config.to_toml()
        code = "".join(law.checksum() for law in config.laws.values())
        name = f"{model}-{hashlib.sha1((text + code).encode()).hexdigest()[:12]}"
        place = folder.Place(self.root.resolve(), name)
        ending = run_case(Job(place, text, default_command(), allow_code=self.allow_code), control)
        if ending.state != "finished":
            if control.stopped:
                raise KeyboardInterrupt
            raise SolveError(f"the run {place.run} ended as {ending.state}: {ending.reason} (log: {place.log})")
        run = open_run(place.run)
        values = np.array([target.measure(run) for target in self.calibration.targets])
        self.runs[model].add(name)
        if not ending.action:  # found again
            return values
        chosen = ", ".join(f"{p.name} = {p.text(x)}" for p, x in zip(self.calibration.parameters, point, strict=True))
        misfit = float(np.sqrt(np.mean(self.residuals(values) ** 2)))
        self.told(f"{model:<7}  {chosen}: misfit {misfit:.3f}")
        return values
