"""ecmsim benchmark: where the wall time of a run goes, with an empty form-compiler cache and with a full one."""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ecmsim.errors import SolveError


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
        results = {name: _measured(command, Path(folder) / name, environment) for name in names}
    parts = sorted(results["warm"]["seconds"], key=results["warm"]["seconds"].get, reverse=True)
    table = Table("part", *(f"{name} (s)" for name in names), "share (warm)", title=f"Wall time of {config}")
    whole = results["warm"]["wall"]
    for part in parts:
        seconds = [results[name]["seconds"].get(part, 0.0) for name in names]
        table.add_row(part, *(f"{value:.2f}" for value in seconds), f"{100 * seconds[-1] / whole:.0f} %")
    rest = [results[name]["wall"] - sum(results[name]["seconds"].values()) for name in names]
    table.add_row("start, end and the rest", *(f"{value:.2f}" for value in rest), f"{100 * rest[-1] / whole:.0f} %")
    table.add_row("whole command", *(f"{results[name]['wall']:.2f}" for name in names), "100 %", style="bold")
    for key in ("steps", "newton_iterations", "remeshes"):
        table.add_row(key.replace("_", " "), *(str(results[name][key]) for name in names), "")
    Console().print(table)


def _measured(command, folder, environment):
    """One run in a process of its own: its provenance with the wall time of the whole command."""
    begin = time.perf_counter()
    done = subprocess.run([*command, "--out", str(folder)], env=environment, capture_output=True, text=True)
    wall = time.perf_counter() - begin
    if done.returncode:
        raise SolveError(f"the benchmark run failed: {done.stderr.strip()}")
    return json.loads((folder / "provenance.json").read_text()) | {"wall": wall}
