"""ecmsim benchmark: what a run costs, part by part, with an empty form-compiler cache and with a full one."""

import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ecmsim.commands.cost import cost_of
from ecmsim.results import open_run

# What a finite-element code cannot do without: of these seconds and the whole the ratio is told.
ALGEBRA = ("assembly", "factorisation", "back substitution")


def benchmark(config, settings, cold, until, allow_code=False):
    """Run a configuration in fresh processes, cold and warm, and print a table of seconds by part.

    config: path; settings: overrides; cold: also run with an empty cache; until: time such as "1.7 s" or None;
    allow_code: let laws of a user's own that the configuration names run.
    """
    with tempfile.TemporaryDirectory() as folder:
        cache = Path(folder) / "cache"
        names = ["cold", "warm"] if cold else ["warm"]
        environment = os.environ | ({"XDG_CACHE_HOME": str(cache)} if cold else {})
        command = [sys.executable, "-m", "ecmsim", "run", str(config), "--quiet"]
        command += [part for setting in settings for part in ("--set", setting)]
        command += [*(["--until", until] if until else []), *(["--allow-code"] if allow_code else [])]
        runs = [Path(folder) / name for name in names]
        costs = [cost_of([*command, "--out", run], environment) for run in runs]
        Console().print(table_of(f"Cost of {config}", names, costs, [open_run(run).provenance for run in runs]))


def table_of(title, names, costs, told):
    """The table of runs (names) with their whole costs (Cost) and what their provenance told of the parts."""
    table = Table("part", *(f"{name} (s)" for name in names), "CPU (s)", "share of CPU", title=title)
    cpu, whole = told[-1]["cpu_seconds"], costs[-1]

    def row(name, seconds, cpu, **style):
        table.add_row(name, *(f"{s:.2f}" for s in seconds), f"{cpu:.2f}", f"{100 * cpu / whole.cpu:.0f} %", **style)

    for part in sorted(cpu, key=cpu.get, reverse=True):
        row(part, [run["seconds"].get(part, 0.0) for run in told], cpu[part])
    rest = [cost.wall - sum(run["seconds"].values()) for cost, run in zip(costs, told, strict=True)]
    row("start, end and the rest", rest, whole.cpu - sum(cpu.values()))
    row("whole command", [cost.wall for cost in costs], whole.cpu, style="bold")
    for key in ("steps", "newton_iterations", "remeshes"):
        table.add_row(key.replace("_", " "), *(str(run[key]) for run in told), "", "")
    table.add_row("largest memory (MB)", *(f"{cost.memory:.0f}" for cost in costs), "", "")
    if algebra := algebra_of(cpu):
        table.add_row(f"whole over {' + '.join(ALGEBRA)}", *[""] * len(names), f"{whole.cpu / algebra:.2f}", "")
    return table


def algebra_of(cpu):
    """Seconds of the algebra among those of the parts (a dict)."""
    return sum(cpu.get(part, 0.0) for part in ALGEBRA)
