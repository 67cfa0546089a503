"""The command line; `ecmsim --help` lists its commands."""

import os
import sys
import time
from pathlib import Path
from typing import Annotated

import typer

from ecmsim import __version__
from ecmsim.commands.cells import cells
from ecmsim.commands.clone import validation
from ecmsim.commands.data import data
from ecmsim.commands.export import export, tables
from ecmsim.commands.fit import calibrate, fit
from ecmsim.commands.options import AllowCode, Config, RunFolder, Set, end_of, loaded, loading, on_first_rank, quantity
from ecmsim.commands.plot import plot
from ecmsim.commands.quantum import quantum
from ecmsim.commands.watch import watch
from ecmsim.errors import ConfigError, EcmsimError, refusal_of_the_system

app = typer.Typer(
    help="Simulate electrochemical metallization (ECM, CBRAM) memory cells.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.command()
def run(
    config: Config,
    out: Annotated[Path | None, typer.Option(help="Folder for the results [default: runs/NAME].")] = None,
    settings: Set = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is in the folder.")] = False,
    until: Annotated[str | None, typer.Option(help='End earlier, at this time, e.g. "1.7 s".')] = None,
    reduced: Annotated[
        bool, typer.Option("--reduced", help="The reduced model, in seconds (short for --set model=reduced).")
    ] = False,
    allow_code: AllowCode = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Run a configuration. Under mpirun the fields are shared out over the ranks."""
    with loading():
        configured = loaded(config, [*(settings or ()), *(["model=reduced"] if reduced else [])])
        end = end_of(until)
        from ecmsim.running.progress import Silent, display
        from ecmsim.running.run import model_of
        from ecmsim.running.run import run as start

        model_of(configured)

    folder = out or Path("runs") / config.stem
    talks = on_first_rank() and not quiet
    for line in filter(None, [*configured.idle, configured.borrowed]) if talks else ():
        typer.echo(line, err=True)
    progress = display() if talks else Silent()
    outcome = start(configured, folder, overwrite=overwrite, progress=progress, until=end, allow_code=allow_code)
    if talks:
        _tell(outcome, folder)


@app.command()
def resume(
    folder: RunFolder,
    settings: Set = None,
    until: Annotated[str | None, typer.Option(help='End earlier, at this time, e.g. "1.7 s".')] = None,
    allow_code: AllowCode = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Go on with a run that was stopped, killed or has failed, from its newest checkpoint.

    Numerical settings and output may be changed, and steps added to the end of the programme; the model may not.
    """
    end = end_of(until)
    with loading():
        from ecmsim.running.progress import Silent, display
        from ecmsim.running.run import resume as start

    talks = on_first_rank() and not quiet
    progress = display() if talks else Silent()
    outcome = start(folder, overrides=settings or (), progress=progress, until=end, allow_code=allow_code)
    if talks:
        _tell(outcome, folder)


def _tell(outcome, folder):
    """How a run went, in three lines, and what has to be said about it."""
    seen, worst = outcome.state.observed, outcome.worst
    typer.echo(f"Ended: {outcome.reason}.")
    for remark in outcome.remarks:
        typer.echo(f"Warning: {remark}.")
    typer.echo(
        f"{outcome.steps} steps, {outcome.newton_iterations} Newton iterations, {outcome.remeshes} meshes. "
        f"Last: I = {seen['current']:.3e} A, gap = {seen['gap']:.3f} nm. "
        f"Worst balances: charge {worst['charge_imbalance']:.1e}, Faraday {worst['faraday_error']:.1e}, "
        f"power {worst['power_imbalance']:.1e}."
    )
    typer.echo(f"Results are in {folder}")


@app.command()
def sweep(
    study: Annotated[Path, typer.Argument(help="Study file (TOML).", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder for the results [default: runs/NAME].")] = None,
    jobs: Annotated[
        int | None, typer.Option("--jobs", "-j", min=1, help="Cases at a time [default: cores over ranks].")
    ] = None,
    ranks: Annotated[int, typer.Option(min=1, help="MPI ranks of each case.")] = 1,
    mpi: Annotated[
        bool, typer.Option("--mpi", help="Under mpirun: a case at a time on each rank but the first.")
    ] = False,
    index: Annotated[
        str | None, typer.Option(help='Only the case of this number, from 0; "slurm": that of the job array.')
    ] = None,
    listing: Annotated[bool, typer.Option("--list", help="List the cases and how they stand.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done with each case.")] = False,
    summary: Annotated[bool, typer.Option("--summary", help="Only build the summary anew.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace runs that were made with another configuration.")
    ] = False,
    retry: Annotated[bool, typer.Option("--retry", help="Try again the cases that failed before.")] = False,
    allow_code: AllowCode = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Run a study: one configuration with settings varied. Finished cases are skipped, interrupted ones resumed."""
    from ecmsim.study.command import sweep as start

    code = start(
        study,
        out,
        jobs=jobs,
        ranks=ranks,
        mpi=mpi,
        index=index,
        listing=listing,
        dry_run=dry_run,
        summary=summary,
        overwrite=overwrite,
        retry=retry,
        quiet=quiet,
        allow_code=allow_code,
    )
    raise typer.Exit(code)


@app.command()
def validate(
    config: Annotated[Path | None, typer.Argument(help="Configuration file (TOML).", show_default=False)] = None,
    settings: Set = None,
    show: Annotated[bool, typer.Option("--show", help="Print the effective configuration.")] = False,
    schema: Annotated[
        bool, typer.Option("--schema", help="List every setting with unit, default and meaning.")
    ] = False,
    allow_code: AllowCode = False,
):
    """Check a configuration and report everything that is wrong with it, and what in it has no effect."""
    from ecmsim.config import reference_text

    if schema:
        typer.echo(reference_text())
        return
    if config is None:
        raise ConfigError("validate needs a configuration file, or --schema")
    configured = loaded(config, settings)
    from ecmsim.physics.model import DeviceModel
    from ecmsim.running.own_laws import own_laws

    own = own_laws(configured, allow_code=allow_code)
    DeviceModel.from_config(configured, own.laws)  # laws may need more than a configuration tells, such as a table
    typer.echo(configured.to_toml() if show else f"{config}: valid ({configured.title})")
    for name, law in own.told.items():
        typer.echo(f"{'# ' if show else ''}laws.{name}: {law}, from {own.files[name]['file']}")
    for line in filter(None, [*configured.idle, configured.borrowed]):
        typer.echo(line, err=show)


@app.command()
def mesh(
    config: Config,
    settings: Set = None,
    run: Annotated[Path | None, typer.Option(help="Take filament and electrode from this run.")] = None,
    time: Annotated[str | None, typer.Option(help='… at this time, e.g. "1.7 s" [default: the last].')] = None,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Mesh file (.msh, or .vtu); a picture .png beside it [default: runs/mesh/NAME.msh; with --run "
            "figures/mesh.msh in its folder]."
        ),
    ] = None,
    allow_code: AllowCode = False,
):
    """Build the mesh of a cell and draw it: at the start, or as a run left it."""
    if time is not None and run is None:
        raise ConfigError(f'--time "{time}" is of a run: give --run as well, or leave it out')
    configured = loaded(config, settings)
    moment = None if time is None else quantity("--time", time, "s", ge=0)
    from ecmsim.commands.mesh import preview, usual_place

    for path in preview(configured, out or usual_place(config, run, time), run, moment, allow_code):
        typer.echo(f"wrote {path}")


app.command()(plot)
app.command()(watch)
app.command()(tables)
app.command()(export)


@app.command()
def report(
    run: RunFolder,
    out: Annotated[Path | None, typer.Option(help="Page (.html) [default: report.html in the run's folder].")] = None,
):
    """Write a page about a run: numbers, pictures, events, balances, configuration, provenance; one HTML file."""
    from ecmsim.page import write_page
    from ecmsim.results import open_run

    typer.echo(f"wrote {write_page(open_run(run), out)}")


@app.command("validate-paper")
def validate_paper(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the page with its tables and figures [default: validation/ of the clone].",
            show_default=False,
        ),
    ] = None,
    runs: Annotated[
        Path | None,
        typer.Option(help="Folder of the runs [default: runs/validation/ of the clone].", show_default=False),
    ] = None,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Runs at a time [default: cores].")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again the runs that failed before.")] = False,
    overwrite: Annotated[
        bool, typer.Option("--overwrite", help="Replace runs that were made with another configuration.")
    ] = False,
    only_page: Annotated[
        bool, typer.Option("--page", help="Run nothing; write the page from the runs there are.")
    ] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Set our results beside the paper's: all runs (finished ones are skipped), the table of facts, all figures.

    Needs a clone of the repository.
    """
    with validation("ecmsim validate-paper"):
        from validation.paper.command import validate_paper as start

        code = start(out, runs, jobs=jobs, retry=retry, overwrite=overwrite, only_page=only_page, quiet=quiet)
    raise typer.Exit(code)


app.command()(cells)
app.command()(fit)
app.command()(calibrate)
app.add_typer(data, name="data")
app.add_typer(quantum, name="quantum")


@app.command()
def info():
    """Show versions and what works here."""
    from ecmsim.commands.info import report

    report()


@app.command()
def benchmark(
    config: Annotated[Path | None, typer.Argument(help="Configuration file (TOML) [not with --all].")] = None,
    settings: Set = None,
    cold: Annotated[bool, typer.Option("--cold/--no-cold", help="Also run with an empty form-compiler cache.")] = True,
    until: Annotated[str | None, typer.Option(help='End earlier, at this time, e.g. "1.7 s".')] = None,
    allow_code: AllowCode = False,
    every: Annotated[bool, typer.Option("--all", help="Measure runs, studies and pages of all kinds.")] = False,
    out: Annotated[Path, typer.Option(help="With --all: the file of the results.")] = Path("benchmark.json"),
    against: Annotated[
        Path | None, typer.Option(help="With --all: results of another version, to be set beside these.")
    ] = None,
    only: Annotated[list[str] | None, typer.Option(help="With --all: measure this alone; may be repeated.")] = None,
    ranks: Annotated[
        list[int] | None, typer.Option(min=1, help="With --all: MPI ranks of the full model's runs; may be repeated.")
    ] = None,
):
    """Report where the time of a run goes, cold and warm; with --all what the usual commands cost."""
    if every == bool(config):
        raise ConfigError("ecmsim benchmark: needs either a configuration or --all")
    if every:
        if settings or until or allow_code:
            raise ConfigError("ecmsim benchmark --all: takes none of --set, --until, --allow-code")
        from ecmsim.commands.benchmarks import benchmarks

        return benchmarks(out, against, only, ranks or [1])
    if against or only or ranks:
        raise ConfigError("ecmsim benchmark: --against, --only and --ranks need --all")
    from ecmsim.commands.benchmark import benchmark as measure
    from ecmsim.config.laws import require_permission

    end_of(until)
    require_permission(loaded(config, settings), allow_code)
    measure(config, settings or [], cold, until, allow_code)


@app.callback(invoke_without_command=True)
def _version(version: Annotated[bool, typer.Option("--version", help="Show the version.")] = False):
    if version:
        typer.echo(f"ecmsim {__version__}")
        raise typer.Exit()


def _wait_for_all_ranks(patience=10.0):
    """Let the first rank speak before another one's exit code makes mpirun end them all; patience in s."""
    if not any(int(os.environ.get(name, "1")) > 1 for name in ("OMPI_COMM_WORLD_SIZE", "PMI_SIZE")):
        return
    from mpi4py import MPI

    barrier, deadline = MPI.COMM_WORLD.Ibarrier(), time.monotonic() + patience
    while not barrier.Test() and time.monotonic() < deadline:
        time.sleep(0.01)


def main():
    """Entry point: one clear line for an error that a user can act on, with its exit code."""
    try:
        os.getcwd()
    except OSError as error:
        print(f"error: the working folder cannot be read ({error.strerror}): change to another one", file=sys.stderr)
        sys.exit(2)
    try:
        try:
            app()
        finally:
            sys.stdout.flush()
    except EcmsimError as error:
        if on_first_rank():
            print(f"error: {error}", file=sys.stderr, flush=True)
        _wait_for_all_ranks()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        os._exit(0)  # nobody reads any more, and nothing that is left can be written
    except Exception as error:
        if refusal := refusal_of_the_system(error):
            print(f"error: {refusal}", file=sys.stderr, flush=True)
            _wait_for_all_ranks()
            os._exit(2)  # what is left in a buffer cannot be written
        # A defect on one rank must not leave the others waiting.
        mpi = sys.modules.get("mpi4py.MPI")
        if mpi is None or mpi.COMM_WORLD.size == 1:
            raise
        import traceback

        traceback.print_exc()
        sys.stderr.flush()
        mpi.COMM_WORLD.Abort(1)


if __name__ == "__main__":
    main()
