"""What a user sees of a running simulation: a bar on a terminal, plain lines elsewhere."""

import contextlib
import sys
import time

INTERVAL = 10.0  # s between plain lines
RENEWED = 0.5  # s between two looks in a notebook


def status(state):
    """One line on a state: voltage, current, gap, temperature."""
    seen = state.observed
    return (
        f"V = {state.source_voltage:6.3f} V  I = {seen['current'] + 0.0:9.3e} A  "
        f"gap = {seen['gap']:6.3f} nm  T = {seen['temperature_max']:5.0f} K"
    )


class Silent:
    """No display at all."""

    def begin(self, end):
        """end: time at which the run will end, s."""

    def step(self, state):
        """A state was accepted."""

    def end(self):
        """The run has ended, for whatever reason."""


class Lines(Silent):
    """A plain line at the start, then every few seconds: for logs and pipes."""

    def __init__(self, stream=None):
        self.stream = stream or sys.stderr

    def begin(self, end):
        self.until, self.begun, self.next, self.last = end, time.monotonic(), 0.0, None

    def step(self, state):
        self.last = state
        now = time.monotonic() - self.begun
        if now >= self.next:
            self._print(state, now)
            self.next = now + INTERVAL

    def _print(self, state, now):
        share = state.time / self.until if self.until else 1.0
        with contextlib.suppress(OSError):  # nobody listens any more, or the disk is full: the run goes on
            print(
                f"{100 * share:5.1f} % of the programme  t = {state.time:.5f} s  {status(state)}  [{now:.0f} s]",
                file=self.stream,
                flush=True,
            )
        self.printed = state

    def end(self):
        if getattr(self, "last", None) is not None and self.last is not self.printed:
            self._print(self.last, time.monotonic() - self.begun)


class Bar(Silent):
    """A progress bar with time, voltage, current, gap, temperature and the time left."""

    def begin(self, end):
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        # Narrow enough for a terminal of 80 columns.
        self.bar = Progress(
            BarColumn(4),
            TextColumn("{task.percentage:3.0f} % of time {task.completed:.4f} s {task.description} left"),
            TimeRemainingColumn(compact=True),
            console=Console(stderr=True),
        )
        self.task = self.bar.add_task("", total=end)
        self.bar.start()

    def step(self, state):
        seen = state.observed
        description = (
            f"{state.source_voltage:.3f} V {seen['current'] + 0.0:.1e} A {seen['gap']:.3f} nm "
            f"{seen['temperature_max']:.0f} K"
        )
        self.bar.update(self.task, completed=state.time, description=description)

    def end(self):
        if hasattr(self, "bar"):
            self.bar.stop()


class Notebook(Silent):
    """A line under the cell of a notebook, renewed in place."""

    def begin(self, end):
        from IPython.display import display

        self.until, self.begun, self.next, self.last = end, time.monotonic(), 0.0, None
        self.line = display(_Plain("begins"), display_id=True)

    def step(self, state):
        self.last = state
        now = time.monotonic() - self.begun
        if now >= self.next:
            self._show(now)
            self.next = now + RENEWED

    def _show(self, now):
        share = self.last.time / self.until if self.until else 1.0
        bar = "█" * int(20 * share) + "░" * (20 - int(20 * share))
        told = f"{bar} {100 * share:5.1f} % of the programme  t = {self.last.time:.5f} s  {status(self.last)}"
        if self.line is not None:
            self.line.update(_Plain(f"{told}  [{now:.0f} s]"))

    def end(self):
        if getattr(self, "last", None) is not None:
            self._show(time.monotonic() - self.begun)


class _Plain:
    """A text that a notebook shows as it is."""

    def __init__(self, text):
        self.text = text

    def __repr__(self):
        return self.text


def in_notebook():
    """Whether this process is the kernel of a notebook, which shows things in place."""
    shell = getattr(sys.modules.get("IPython"), "get_ipython", lambda: None)()
    return shell is not None and hasattr(shell, "kernel")


def display():
    """The display that fits: a bar on a terminal, a line renewed in place in a notebook, lines elsewhere."""
    if in_notebook():
        return Notebook()
    return Bar() if sys.stderr.isatty() else Lines()


def chosen(progress):
    """The display of a run: none for None and False, the one that fits for True, or the object given."""
    return display() if progress is True else progress or Silent()
