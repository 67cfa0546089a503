"""Where the time of a run goes."""

import contextlib
import time
from collections import defaultdict


class Stopwatch:
    """Sums time on the clock and of the processor (s), and calls, by name: `with watch("meshing"): ...`."""

    def __init__(self):
        self.seconds, self.cpu_seconds, self.calls = defaultdict(float), defaultdict(float), defaultdict(int)

    @contextlib.contextmanager
    def __call__(self, name):
        begin, cpu = time.perf_counter(), time.process_time()
        try:
            yield
        finally:
            self.seconds[name] += time.perf_counter() - begin
            self.cpu_seconds[name] += time.process_time() - cpu
            self.calls[name] += 1
