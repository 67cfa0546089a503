"""Where the wall time of a run goes."""

import contextlib
import time
from collections import defaultdict


class Stopwatch:
    """Sums wall time (s) and calls by name: `with watch("meshing"): ...`."""

    def __init__(self):
        self.seconds, self.calls = defaultdict(float), defaultdict(int)

    @contextlib.contextmanager
    def __call__(self, name):
        begin = time.perf_counter()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begin
            self.calls[name] += 1
