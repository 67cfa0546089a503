"""ecmsim benchmark --all: the costs of what users do, in one JSON file, so that two versions can be compared."""

import json
import os
import platform
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from ecmsim.commands.benchmark import algebra_of
from ecmsim.commands.cost import cost_of
from ecmsim.config.shipped import path_of
from ecmsim.errors import ConfigError, ResultsError
from ecmsim.results import open_run
from ecmsim.results.provenance import collect
from ecmsim.study.child import environment, launcher

FORMAT = "ecmsim benchmark"
WIDE = 120  # characters of the table in a file
# Meshes of a given number of vertices, which are not graded by where a filament is warm.
EVEN = [part for name in ("contact_line", "void_edge", "spreading") for part in ("--set", f"mesh.{name}=0")]
FINE = [*EVEN, "--until", "1 ms"]  # of the sweep: the solution at 0 V, and one step
# Runs: what is measured, the configuration that comes with ecmsim, and options of ecmsim run.
RUNS = {
    "quick.toml": ("quick", []),
    "quick.toml, reduced": ("quick", ["--reduced"]),
    "reference sweep": ("cu_sio2_pt", []),
    "reference sweep, reduced": ("cu_sio2_pt", ["--reduced"]),
    "cycle": ("cycle_cu_sio2_pt", ["--set", "programme.0.count=1"]),
    "contact": ("ag_contact", []),
    "20,000 vertices": ("cu_sio2_pt", ["--set", "mesh.refinement=4.7", *FINE]),
    "90,000 vertices": ("cu_sio2_pt", ["--set", "mesh.refinement=10.1", *FINE]),
}
# A filament that nearly bridges the layer, a nanosecond after 1.5 V are applied: two solutions, the second one of
# strongly coupled fields (24 uA, 89 K) on a mesh of its own.
HOT = {
    "initial": '{kind = "cylinder", radius = "1.7 nm", height = "9.9 nm"}',
    "dissolution.enabled": "false",
    "programme": '[{kind = "ramp", to = "1.5 V", duration = "1 ns"}, {kind = "hold", duration = "1 s"}]',
    "stepping.first_step": "1 ns",
    "stepping.largest_voltage_step": "2 V",
    "stepping.largest_current_ratio": "1e30",
}
SOLVE = [*(part for key, value in HOT.items() for part in ("--set", f"{key}={value}")), *EVEN, "--until", "1 ns"]
# Only if they are asked for: the last takes minutes and gigabytes.
LARGE = {
    f"solve of {vertices} vertices": ("cu_sio2_pt", ["--set", f"mesh.refinement={refinement}", *SOLVE])
    for vertices, refinement in (
        ("3,000", 1.34),
        ("20,000", 3.78),
        ("50,000", 6.0),
        ("100,000", 8.56),
        ("300,000", 14.9),
        ("1,000,000", 27.6),
    )
}
CASES = 16  # of the study
STUDY = """config = "{config}"
[set]
model = "reduced"
[grid]
"compliance.current" = {{ from = "1 nA", to = "100 nA", count = {count}, spacing = "log" }}
"""


def benchmarks(out, against=None, only=None, ranks=(1,)):
    """Measure all of it, print a table, and write it to a file (Path); against: such a file of another version; only:
    names of what is measured, also of LARGE; ranks: on how many MPI ranks, one after the other, what can use several.
    """
    before = read(against) if against else None
    found, console = {}, Console(width=None if sys.stdout.isatty() else WIDE)
    with tempfile.TemporaryDirectory(prefix="ecmsim-benchmark-") as place:
        known = measures(Path(place), ranks)
        if unknown := [name for name in only or () if name not in known]:
            raise ConfigError(f"--only = {unknown[0]!r}: is not measured; choose from {', '.join(known)}")
        for wanted in only or [name for name in known if name not in LARGE]:
            for name, measure in known[wanted].items():
                found[name] = measure()
                console.print(f"{name}: {found[name]['cpu_s']:.2f} s of CPU", highlight=False)
                write(out, found)
    console.print(table_of(found, before))
    console.print(f"wrote {out}", highlight=False)


def measures(folder, ranks=(1,)):
    """What is measured: name -> its measurements, on one rank or more: name -> function that measures in a folder and
    returns a dict of numbers."""
    report = folder / "report.html"

    def start_up():
        return plain("--version")

    def study():
        path = folder / "study.toml"
        path.write_text(STUDY.format(config=path_of("ecmsim:quick"), count=CASES), encoding="utf-8")
        told = plain("sweep", path, "--out", folder / "study", "--quiet")
        return told | {"cases": CASES, "cpu_per_case_s": told["cpu_s"] / CASES}

    def page():
        run = folder / "reported"
        plain("run", path_of("ecmsim:quick"), "--out", run, "--quiet")
        return plain("report", run, "--out", report)

    def of_run(number, config, options, count):
        return lambda: run_of(folder / f"{number}_{count}", config, options, count)

    def on_ranks(name, number, config, options):
        counts = (1,) if "--reduced" in options else ranks
        return {named(name, count): of_run(number, config, options, count) for count in counts}

    runs = {name: on_ranks(name, number, *what) for number, (name, what) in enumerate((RUNS | LARGE).items())}
    others = {f"study of {CASES} reduced cases": study, "report": page}
    return {"start-up": {"start-up": start_up}} | runs | {name: {name: what} for name, what in others.items()}


def named(name, ranks):
    """The name of a measurement on so many ranks."""
    return name if ranks == 1 else f"{name}, {ranks} ranks"


def plain(*arguments, ranks=1):
    """The cost of a command of ecmsim as a dict."""
    cost = cost_of([*launcher(ranks), sys.executable, "-m", "ecmsim", *arguments], environment(os.environ, ranks))
    return {"cpu_s": cost.cpu, "wall_s": cost.wall, "memory_MB": cost.memory}


def run_of(folder, config, options, ranks=1):
    """The cost of a run with what its provenance tells: of the parts what they cost the first rank."""
    told = plain("run", path_of(f"ecmsim:{config}"), "--out", folder, "--quiet", *options, ranks=ranks)
    told |= {"ranks": ranks}
    run = open_run(folder)
    known = run.provenance
    told |= {name: known[name] for name in ("steps", "newton_iterations", "remeshes")}
    told |= {
        "vertices": int(run.series["vertices"].max()),
        "parts_cpu_s": known["cpu_seconds"],
        "parts_wall_s": known["seconds"],
    }
    algebra = algebra_of(known["cpu_seconds"])
    return told | ({"cpu_over_algebra": told["cpu_s"] / algebra} if algebra else {})


def write(path, found):
    """Write what has been measured so far, with the machine and the version."""
    machine = {"processor": processor(), "cores": os.cpu_count(), "platform": platform.platform()}
    known = {name: value for name, value in collect().items() if name in ("versions", "git", "host", "start_time")}
    content = {"format": FORMAT, "machine": machine, **known, "measured": found}
    Path(path).write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")


def read(path):
    """What a file of another version has measured. Raises ResultsError."""
    try:
        content = json.loads(Path(path).read_text(encoding="utf-8"))
        if content["format"] != FORMAT:
            raise ValueError(f"its format is {content['format']!r}")
        return {name: {"cpu_s": float(told["cpu_s"])} for name, told in content["measured"].items()}
    except (OSError, ValueError, TypeError, KeyError, AttributeError) as error:
        raise ResultsError(f"{path} was not written by ecmsim benchmark --all: {error}") from error


def processor():
    """Name of the processor."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    except (OSError, StopIteration):
        return platform.processor()


def table_of(found, before=None):
    """The table of what was measured; before: of another version."""
    names = ["what", "CPU (s)", "clock (s)", "memory (MB)", "vertices", "steps", "iterations", "CPU/algebra"]
    table = Table(*names, *(["CPU before (s)", "now/before"] if before is not None else []), title="ecmsim benchmark")
    for name, told in found.items():
        row = [name, f"{told['cpu_s']:.2f}", f"{told['wall_s']:.2f}", f"{told['memory_MB']:.0f}"]
        row += [str(told.get("vertices") or ""), str(told.get("steps", "")), str(told.get("newton_iterations", ""))]
        row += [f"{told['cpu_over_algebra']:.2f}" if "cpu_over_algebra" in told else ""]
        if before is not None:
            old = before.get(name, {}).get("cpu_s")
            row += [f"{old:.2f}", f"{told['cpu_s'] / old:.2f}"] if old else ["", ""]
        table.add_row(*row)
    return table
