"""The command `ecmsim validate-paper`: the runs, then the tables, figures and page made from them."""

import sys
from pathlib import Path

from ecmsim.study import folder
from ecmsim.study.command import tell
from ecmsim.study.display import Silent, display
from validation.paper import figures, page, table
from validation.paper.runs import COARSENED, STUDIES, Runs, studies

OUT = Path(__file__).parents[1]
RUNS = OUT.parent / "runs" / "validation"


def validate_paper(out=None, runs=None, *, jobs=None, retry=False, overwrite=False, only_page=False, quiet=False):
    """Run what is missing, then write the page with its tables and figures; returns the exit code.

    out: folder of the page (default OUT); runs: folder of the runs (default RUNS); jobs: runs at a time; retry: try
    failed ones again; overwrite: replace runs that were made with another configuration; only_page: run nothing.
    """
    out, runs = Path(out or OUT), Path(runs or RUNS)
    if not only_page:
        code = run_all(runs, jobs, retry, overwrite, quiet)
        if code:
            return code
    for path in write(Runs(runs), out):
        if not quiet:
            print(f"wrote {path}")
    return 0


def run_all(root, jobs=None, retry=False, overwrite=False, quiet=False):
    """Run all studies one after another, finished runs skipped, interrupted ones resumed; the first exit code not 0."""
    chosen = studies()
    for name, study in chosen.items():  # all that is wrong before anything starts
        study.plan(root / name, overwrite=overwrite, retry=retry)
    for name, study in chosen.items():
        if not quiet:
            print(f"{name}: {len(study.cases)} cases", file=sys.stderr)
        outcome = study.run(
            root / name, jobs=jobs, retry=retry, overwrite=overwrite, display=Silent() if quiet else display()
        )
        if outcome.exit_code:
            tell(study, root / name, outcome)
            return outcome.exit_code
    return 0


def write(runs: Runs, out: Path):
    """The page, its tables and figures from finished runs; returns the paths."""
    found = table.verdicts(runs)
    converged = table.convergence(runs)
    drawn = figures.draw_all(runs, out / "figures")
    series = (
        studies()["icc_series"].summary(runs.root / "icc_series").drop(columns=["folder", "status", "reason", "wall_s"])
    )
    texts = {
        "facts.csv": table.frame(found).to_csv(index=False),
        "convergence.csv": converged.to_csv(index=False),
        "icc_series.csv": series.to_csv(index=False),
        "README.md": page.page(runs, found, converged, drawn, out, how_made(runs)),
    }
    for name, text in texts.items():
        folder.replace(out / name, text)
    return [*(out / name for name in texts), *drawn]


def how_made(runs):
    """Commits, versions and times of the runs, as a dict of short texts."""
    found = [run.provenance for name in STUDIES for run in runs.study(name).values()]
    commits = {told(item.get("git")) for item in found}
    versions = {f"{name} {version}" for item in found for name, version in item.get("versions", {}).items()}
    return {
        "runs": f"{len(found)} and {sum(len(runs.coarsened.study(name)) for name in COARSENED)} coarser ones",
        "commit": ", ".join(sorted(commits)),
        "versions": ", ".join(sorted(versions)),
        "made": f"{min(item['start_time'] for item in found)} to {max(item['end_time'] for item in found)}",
    }


def told(git):
    """A git state as text."""
    if not git:
        return "no git repository"
    return git["commit"] + (" with changes" if git.get("dirty") else "")
