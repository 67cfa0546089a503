"""What a user sees of a running study: a live table on a terminal, plain lines elsewhere."""

import sys
import time

from ecmsim.results.folder import TIMESERIES
from ecmsim.text import quantity

STYLES = {"running": "cyan", "finished": "green", "failed": "red", "interrupted": "yellow", "paused": "yellow"}
INTERVAL = 1.0  # s between two looks at the time series


class Silent:
    """No display at all."""

    def begin(self, total, before, size):
        """total: number of cases to run; before: how many others are finished, failed, …; size: cases at a time."""

    def tick(self, running):
        """running: the Place of each case that runs now."""

    def ended(self, place, ending):
        """A case has come to its Ending."""

    def close(self):
        """The study has ended, for whatever reason."""


class Lines(Silent):
    """A plain line for each case that ends: for logs and pipes."""

    def __init__(self, stream=None):
        self.stream = stream or sys.stderr

    def begin(self, total, before, size):
        self.total, self.done, self.begun = total, 0, time.monotonic()
        self._print(opening(total, before, size))

    def ended(self, place, ending):
        self.done += 1
        count = f"{self.done:{len(str(self.total))}d}/{self.total}"
        self._print(f"{count}  {place.name}: {told(place, ending)}  [{clock(time.monotonic() - self.begun)}]")

    def _print(self, text):
        print(text, file=self.stream, flush=True)


class Table(Silent):
    """A live table: the running cases with time, current and gap of their last step, what ended, the time left."""

    def __init__(self, console=None):
        from rich.console import Console
        from rich.live import Live

        self.console = console or Console(stderr=True)
        self.live = Live(console=self.console, auto_refresh=False, transient=True)

    def begin(self, total, before, size):
        self.total, self.begun, self.next = total, time.monotonic(), 0.0
        self.started, self.seconds, self.counts, self.running = {}, [], {}, []
        self.console.print(opening(total, before, size), highlight=False)
        self.live.start()

    def tick(self, running):
        now = time.monotonic()
        for place in running:
            self.started.setdefault(place.name, now)
        if now >= self.next or [place.name for place in running] != [place.name for place in self.running]:
            self.running, self.next = running, now + INTERVAL
            self.live.update(self.render(), refresh=True)

    def ended(self, place, ending):
        style = STYLES.get(ending.state, "default")
        self.console.print(
            f"[{style}]{ending.state:>11}[/]  {place.name}  [dim]{told(place, ending, False)}[/]", highlight=False
        )
        self.counts[ending.state] = self.counts.get(ending.state, 0) + 1
        self.seconds += [ending.seconds] if ending.seconds else []

    def close(self):
        self.live.stop()

    def render(self):
        """The table as it is now."""
        from rich.table import Table as RichTable

        now = time.monotonic()
        table = RichTable(box=None, pad_edge=False, expand=True, caption=self.footer(), caption_justify="left")
        table.add_column("running", overflow="ellipsis", no_wrap=True, ratio=1)
        for name in ("time", "current", "gap", "elapsed"):
            table.add_column(name, justify="right", no_wrap=True)
        room = max(self.console.height - 6, 1)
        for place in self.running[:room]:
            elapsed = clock(now - self.started.get(place.name, now))
            table.add_row(place.name, *figures(last_step(place)), elapsed)
        if len(self.running) > room:
            table.add_row(f"… and {len(self.running) - room} more")
        return table

    def footer(self):
        """How many cases are in which state, and how long it may take."""
        done, running, elapsed = sum(self.counts.values()), len(self.running), time.monotonic() - self.begun
        parts = [f"{count} {state}" for state, count in self.counts.items()]
        parts += [f"{running} running", f"{max(self.total - done - running, 0)} to go", clock(elapsed)]
        if self.seconds and running:
            mean = sum(self.seconds) / len(self.seconds)
            at = time.monotonic()
            spent = sum(min(at - self.started.get(place.name, at), mean) for place in self.running)
            parts.append(f"about {clock((mean * (self.total - done) - spent) / running)} left")
        return ", ".join(parts)


def opening(total, before, size):
    """What is going to happen, in a line."""
    parts = [f"{count} {state} before" for state, count in before.items()]
    parts.append(f"{total} to run" + (f", {min(size, total)} at a time" if total > 1 else ""))
    return f"{total + sum(before.values())} cases: {', '.join(parts)}"


def told(place, ending, state=True):
    """How a case ended, in a line."""
    parts = [ending.state] if state else []
    if ending.seconds is not None:
        parts.append(("resumed, " if ending.action == "resume" else "") + clock(ending.seconds))
    if ending.state == "finished":
        time_s, _, gap = figures(last_step(place))
        parts.append(f"gap = {gap} at {time_s}")
    elif ending.reason:
        parts.append(ending.reason)
    return ", ".join(parts)


def figures(step):
    """Time, current and gap of a step (dict) as texts; empty where there is none."""
    if not step.keys() >= {"time_s", "current_A", "gap_nm"}:
        return ["", "", ""]
    current = step["current_A"] if abs(step["current_A"]) > 1e-16 else 0.0
    return [f"{step['time_s']:.4g} s", quantity(current, "A"), f"{step['gap_nm']:.3f} nm"]


def last_step(place):
    """The last whole line of a case's timeseries.csv as a dict of floats; empty if there is none."""
    try:
        with open(place.run / TIMESERIES, "rb") as file:
            head = file.readline()
            file.seek(max(file.seek(0, 2) - 4000, len(head)))
            lines = file.read().split(b"\n")[:-1]
        names, values = head.decode().strip().split(","), lines[-1].decode().split(",")
        return {name: float(value) for name, value in zip(names, values, strict=True)}
    except (OSError, ValueError, IndexError):
        return {}


def clock(seconds):
    """A duration as people read it: "52 s", "3:20", "1:02:03"."""
    seconds = max(round(seconds), 0)
    if seconds < 60:
        return f"{seconds} s"
    minutes, seconds = divmod(seconds, 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{seconds:02d}" if hours else f"{minutes}:{seconds:02d}"


def display():
    """The display that fits: a table on a terminal, lines elsewhere."""
    return Table() if sys.stderr.isatty() else Lines()
