"""The command line; `ecmsim --help` lists its commands."""

import os
import sys
import time
import tomllib
from pathlib import Path
from typing import Annotated

import typer

from ecmsim import __version__
from ecmsim.errors import ConfigError, EcmsimError

app = typer.Typer(
    help="Simulate electrochemical metallization (ECM, CBRAM) memory cells.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
Config = Annotated[Path, typer.Argument(help="Configuration file (TOML).", show_default=False)]
Set = Annotated[
    list[str] | None,
    typer.Option(
        "--set", metavar="KEY=VALUE", help='Override a setting, e.g. --set compliance.current="10 uA". Repeatable.'
    ),
]
RunFolder = Annotated[Path, typer.Argument(help="Folder of a run.", show_default=False)]


def on_first_rank():
    """Whether this process is the one that talks, without importing MPI for commands that need none."""
    return all(os.environ.get(name, "0") == "0" for name in ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"))


def _load(config, overrides):
    from ecmsim.config import load_config

    return load_config(config, overrides or ())


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
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Run a configuration. Under mpirun the fields are shared out over the ranks."""
    loaded = _load(config, [*(settings or ()), *(["model=reduced"] if reduced else [])])
    end = _quantity("--until", until, "s") if until else None
    from ecmsim.progress import Silent, display
    from ecmsim.run import run as start

    folder = out or Path("runs") / config.stem
    talks = on_first_rank() and not quiet
    outcome = start(loaded, folder, overwrite=overwrite, progress=display() if talks else Silent(), until=end)
    if talks:
        _tell(outcome, folder)


@app.command()
def resume(
    folder: RunFolder,
    settings: Set = None,
    until: Annotated[str | None, typer.Option(help='End earlier, at this time, e.g. "1.7 s".')] = None,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Go on with a run that was stopped, killed or has failed, from its newest checkpoint.

    Numerical settings and output may be changed, and steps added to the end of the programme; the model may not.
    """
    end = _quantity("--until", until, "s") if until else None
    from ecmsim.progress import Silent, display
    from ecmsim.run import resume as start

    talks = on_first_rank() and not quiet
    progress = display() if talks else Silent()
    outcome = start(folder, overrides=settings or (), progress=progress, until=end)
    if talks:
        _tell(outcome, folder)


def _tell(outcome, folder):
    """How a run went, in three lines."""
    seen = outcome.state.observed
    typer.echo(f"Ended: {outcome.reason}.")
    typer.echo(
        f"{outcome.steps} steps, {outcome.newton_iterations} Newton iterations, {outcome.remeshes} meshes. "
        f"Last: I = {seen['current']:.3e} A, gap = {seen['gap']:.3f} nm, "
        f"charge imbalance {seen['charge_imbalance']:.1e}, Faraday error {seen['faraday_error']:.1e}."
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
):
    """Check a configuration and report everything that is wrong with it."""
    from ecmsim.config import reference_text

    if schema:
        typer.echo(reference_text())
        return
    if config is None:
        raise ConfigError("validate needs a configuration file, or --schema")
    loaded = _load(config, settings)
    from ecmsim.physics.model import DeviceModel

    DeviceModel.from_config(loaded)  # laws may need more than a configuration tells, such as a table
    typer.echo(loaded.to_toml() if show else f"{config}: valid ({loaded.title})")


@app.command()
def mesh(
    config: Config,
    settings: Set = None,
    run: Annotated[Path | None, typer.Option(help="Take filament and electrode from this run.")] = None,
    time: Annotated[str | None, typer.Option(help='… at this time, e.g. "1.7 s" [default: the last].')] = None,
    out: Annotated[Path, typer.Option(help="Mesh file (.msh, or .vtu); a picture .png beside it.")] = Path("cell.msh"),
):
    """Build the mesh of a cell and draw it: at the start, or as a run left it."""
    loaded = _load(config, settings)
    from ecmsim.mesh.preview import preview

    for path in preview(loaded, out, run, _quantity("--time", time, "s") if time else None):
        typer.echo(f"wrote {path}")


@app.command()
def plot(
    what: Annotated[
        str,
        typer.Argument(
            help="iv, gap, conductance, temperature, outline, elephant, field, solid, retention, all; film; study, "
            "histogram.",
            show_default=False,
        ),
    ],
    run: RunFolder,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Picture (.png, .pdf, .svg; of elephant and solid also .html), film (.mp4, .gif), folder for all."
        ),
    ] = None,
    options: Annotated[
        list[str] | None,
        typer.Option(
            "--option", "-o", metavar="KEY=VALUE", help="Of one picture, e.g. field: -o view=tip (repeatable)."
        ),
    ] = None,
):
    """Draw a picture of a run, or all of them, or a film; study, histogram: of the folder of a study.

    Options: iv: voltage=source|cell, floor_A=1e-16; gap: time=log|linear; conductance: x=time|voltage|current,
    scale=linear|log, parasitic="400 ohm"|model, bins=0.05, tolerance=0.2, share=0.03 (of plateaus), least_V=1e-3,
    from_s=1, to_s=2; outline: currents_A=[1e-6], times_s=[1, 2];
    elephant: colour=temperature|time|regime|voltage|current|current_density, time=log|linear, from_s=1, to_s=2;
    retention: from_s=1e-3; field: snapshot=LABEL, view=filament|tip|cell, quantities=temperature,potential,…;
    solid: snapshot=LABEL,LABEL,…, quantity=temperature|current_density|potential, cut=110; film: seconds=12, fps=25,
    from_s=1, to_s=2, pace=change|time; study: x=COLUMN, y=COLUMN,…, fit=power|exponential, fit_from=1, fit_to=2;
    histogram: parasitic, bins, least_V, from_s, to_s as conductance, samples=4000, from_V=0, to_V=0.5, to_G0=8.
    """
    from ecmsim.plot import STUDY_PICTURES, draw, draw_all
    from ecmsim.plot.study import open_study
    from ecmsim.results import open_run

    chosen = dict(_option(text) for text in options or ())
    opened = open_study(run) if what in STUDY_PICTURES else open_run(run)
    if what != "all":
        drawn = [(what, draw(what, opened, out, **chosen))]
    elif chosen:
        raise ConfigError("--option goes with one picture, not with all")
    else:
        drawn = draw_all(opened, out)
    for name, paths in drawn:
        if isinstance(paths, EcmsimError):
            typer.echo(f"{name}: not drawn: {paths}", err=True)
        else:
            typer.echo("\n".join([*getattr(paths, "words", ()), *(f"wrote {path}" for path in paths)]))


def _option(text):
    """KEY=VALUE as key and value: a TOML value, or else the text."""
    key, equals, value = text.partition("=")
    if not equals:
        raise ConfigError(f'--option "{text}": expected KEY=VALUE')
    try:
        return key.strip(), tomllib.loads(f"value = {value}")["value"]
    except tomllib.TOMLDecodeError:
        return key.strip(), value.strip()


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
    out: Annotated[Path, typer.Option(help="Folder of the page with its tables and figures.")] = Path("validation"),
    runs: Annotated[Path, typer.Option(help="Folder of the runs.")] = Path("runs/validation"),
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
    """Set our results beside the paper's: all runs (finished ones are skipped), the table of facts, all figures."""
    from ecmsim.validation.command import validate_paper as start

    code = start(out, runs, jobs=jobs, retry=retry, overwrite=overwrite, only_page=only_page, quiet=quiet)
    raise typer.Exit(code)


@app.command()
def calibrate(
    calibration: Annotated[Path, typer.Argument(help="Calibration file (TOML).", show_default=False)],
    out: Annotated[Path | None, typer.Option(help="Folder of the result [default: runs/calibration/NAME].")] = None,
    reduced: Annotated[bool, typer.Option("--reduced", help="End with the reduced model: minutes, not hours.")] = False,
    jobs: Annotated[int | None, typer.Option("--jobs", "-j", min=1, help="Runs at a time [default: cores].")] = None,
    most: Annotated[int, typer.Option(min=1, help="Runs of the full model at most, sensitivities apart.")] = 6,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress.")] = False,
):
    """Fit parameters within bounds to facts of the paper. Finished runs are found again after an interruption."""
    from ecmsim.calibration.command import calibrate as start
    from ecmsim.calibration.command import page

    model = "reduced" if reduced else "full"
    typer.echo(page(start(calibration, out, model=model, jobs=jobs, most=most, quiet=quiet)))


quantum = typer.Typer(help="Quantized conductance of atomic contacts.", no_args_is_help=True)
app.add_typer(quantum, name="quantum")


@quantum.command("build")
def quantum_build(
    metal: Annotated[str | None, typer.Option(help="Metal with a plan [default: Ag, or that of --plan].")] = None,
    points: Annotated[
        list[str] | None, typer.Option("--point", metavar="NAME", help="Only this point of the plan. Repeatable.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the records [default: runs/quantum/METAL].")] = None,
    method: Annotated[str, typer.Option(help="gpaw (to be installed by itself), or tight-binding (seconds).")] = "gpaw",
    plan: Annotated[Path | None, typer.Option(help="Plan (TOML) instead of the package's.")] = None,
    until: Annotated[str | None, typer.Option(metavar="HH:MM", help="Stop at this time of day.")] = None,
    walltime: Annotated[float | None, typer.Option(metavar="HOURS", help="Stop after this many hours.")] = None,
    retry: Annotated[bool, typer.Option("--retry", help="Try again the points that failed before.")] = False,
    listing: Annotated[bool, typer.Option("--list", help="List the points and how they stand.")] = False,
    table: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Only write the table, and its records beside it.")
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Compute the points named anew and compare them with their records.")
    ] = False,
):
    """Compute the table of conductances of a metal: what is left of its plan. May be stopped at any time."""
    from ecmsim.quantum.build.command import build

    code = build(
        metal,
        points or (),
        out=out,
        method=method,
        plan=plan,
        until=until,
        walltime=walltime,
        retry=retry,
        listing=listing,
        table=table,
        verify=verify,
    )
    raise typer.Exit(code)


@quantum.command("lookup")
def quantum_lookup(
    radius: Annotated[str, typer.Option(help='Of the narrowest section, e.g. "0.3 nm".', show_default=False)],
    gap: Annotated[str, typer.Option(help='Between the surfaces, e.g. "0.25 nm"; 0 or less: contact.')] = "0 nm",
    bias: Annotated[str, typer.Option(help='Voltage over the contact, e.g. "0.1 V".')] = "0 V",
    metal: Annotated[str | None, typer.Option(help="Metal that has a table [default: Ag, or that of --table].")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Table (.json) instead of the package's.")] = None,
    barrier: Annotated[
        str | None, typer.Option(help='Of the dielectric, for wide gaps, e.g. "2 eV" [default: the table\'s vacuum].')
    ] = None,
    mass: Annotated[
        float | None, typer.Option(help="Effective mass in that barrier, electron masses [default: 1].")
    ] = None,
    smooth: Annotated[bool, typer.Option("--smooth", help="Mean over arrangements, without plateaus.")] = False,
):
    """Print the conductance of an atomic contact or gap, its spread and its derivatives."""
    from ecmsim.quantum.command import describe, open_lookup

    at = _quantity("--radius", radius, "nm"), _quantity("--gap", gap, "nm"), _quantity("--bias", bias, "V")
    height = None if barrier is None else _quantity("--barrier", barrier, "eV")
    typer.echo(describe(open_lookup(metal, table, barrier=height, effective_mass=mass, smooth=smooth), *at))


@quantum.command("plot")
def quantum_plot(
    metal: Annotated[str | None, typer.Option(help="Metal that has a table [default: Ag, or that of --table].")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Table (.json) instead of the package's.")] = None,
    points: Annotated[
        bool, typer.Option("--points", help="Only the computed points, also of a part of a table.")
    ] = False,
    smooth: Annotated[bool, typer.Option("--smooth", help="Mean over arrangements, without plateaus.")] = False,
    out: Annotated[Path, typer.Option(help="Picture (.png, .pdf, .svg).")] = Path("conductance.png"),
):
    """Draw the map of the conductance over radius and gap; --points: the points of its table."""
    from ecmsim.plot import table_map, table_points
    from ecmsim.quantum.command import open_lookup, open_table

    if points and smooth:
        raise ConfigError("--smooth does not go with --points: points have no plateaus; leave one of both out")
    if points:
        paths = table_points.draw(open_table(metal, table), out)
    else:
        paths = table_map.draw(open_lookup(metal, table, smooth=smooth), out)
    for path in paths:
        typer.echo(f"wrote {path}")


@quantum.command("trajectory")
def quantum_trajectory(
    out: Annotated[Path, typer.Option(metavar="FILE", help="File of the samples (.csv).", show_default=False)],
    metal: Annotated[str, typer.Option(help="Ag, Cu or Au.")] = "Ag",
    counts: Annotated[str, typer.Option(help="Atoms in the layers of the neck.")] = "9,4,9",
    face: Annotated[str, typer.Option(help="Of the crystals: 100 or 111.")] = "100",
    size: Annotated[int, typer.Option(help="Atoms along each side of the crystals' lateral cell.")] = 4,
    separation: Annotated[
        str | None, typer.Option(help='Two tips of these layers, their last ones so far apart, e.g. "2.9 angstrom".')
    ] = None,
    time: Annotated[str, typer.Option(help="Length of the trajectory.")] = "50 ps",
    settle: Annotated[str, typer.Option(help="Beginning that statistics leave out.")] = "5 ps",
    temperature: Annotated[str, typer.Option(help="Of the thermostat.")] = "300 K",
    damping: Annotated[str, typer.Option(help='Time constant of the thermostat, or "none" for none.')] = "1 ps",
    step: Annotated[str, typer.Option(help="Of the integration.")] = "4 fs",
    sample: Annotated[str, typer.Option(help="Time between samples of the transmission.")] = "0.5 ps",
    seed: Annotated[int, typer.Option(help="Of velocities and thermostat.")] = 1,
    runs: Annotated[int, typer.Option(help="Trajectories, of this seed and the following ones.")] = 1,
    speed: Annotated[str, typer.Option(help='Pull the contact apart, e.g. at "20 m/s", until it ruptures.')] = "0 m/s",
    bias: Annotated[str, typer.Option(help='With the recoil forces of a bias, e.g. "1 V".')] = "0 V",
    force: Annotated[str, typer.Option(help="Time between computations of the recoil forces.")] = "0.1 ps",
    grid: Annotated[int, typer.Option(help="Lateral k-points each way.")] = 1,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
    quiet: Annotated[bool, typer.Option("--quiet", "-q", help="No progress display.")] = False,
):
    """Let the atoms of a contact move (needs ASE), with its transmission in tight binding along the way."""
    from ecmsim.quantum.atoms.command import trajectory
    from ecmsim.quantum.atoms.settings import Settings

    try:
        layers = tuple(int(count) for count in counts.split(","))
    except ValueError:
        raise ConfigError(f'--counts "{counts}": give the atoms of every layer, such as 9,4,9') from None
    settings = Settings(
        metal=metal,
        counts=layers,
        face=face,
        size=size,
        separation_A=_scaled("--separation", separation, "nm", 10) if separation else None,
        time_ps=_scaled("--time", time, "s", 1e12),
        settle_ps=_scaled("--settle", settle, "s", 1e12),
        temperature_K=_quantity("--temperature", temperature, "K"),
        damping_ps=None if damping == "none" else _scaled("--damping", damping, "s", 1e12),
        step_fs=_scaled("--step", step, "s", 1e15),
        sample_ps=_scaled("--sample", sample, "s", 1e12),
        seed=seed,
        runs=runs,
        speed_m_s=_quantity("--speed", speed, "m/s"),
        bias_V=_quantity("--bias", bias, "V"),
        force_ps=_scaled("--force", force, "s", 1e12),
        grid=grid,
    )
    trajectory(settings, out, overwrite=overwrite, quiet=quiet)


@quantum.command("traces")
def quantum_traces(
    files: Annotated[list[Path], typer.Argument(help="Files of ecmsim quantum trajectory.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Picture (.png, .pdf, .svg).")] = Path("traces.png"),
):
    """Draw trajectories of contacts with a histogram, and print their statistics."""
    from ecmsim.plot import trajectories
    from ecmsim.quantum.atoms.command import describe
    from ecmsim.quantum.atoms.record import load

    records = [load(file) for file in files]
    for record in records:
        typer.echo("\n".join(describe(record)))
    for path in trajectories.draw(records, out):
        typer.echo(f"wrote {path}")


@quantum.command("facts")
def quantum_facts(
    out: Annotated[Path, typer.Option(help="Folder of the result files, the page and its table.")] = Path(
        "validation/quantum"
    ),
):
    """Find every number that is known of quantum transport anew, and write the page that compares them."""
    from ecmsim.validation.quantum.command import quantum_facts as find

    paths, count = find(out)
    for path in paths:
        typer.echo(f"wrote {path}")
    typer.echo(", ".join(f"{number} {word}" for word, number in count.items()))


@quantum.command("devices")
def quantum_devices(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs through contact.", show_default=False)],
    out: Annotated[Path, typer.Option(help="Table (.csv).")] = Path("validation/quantum/device.csv"),
):
    """Write a table of runs through contact: conductances at their ends, atoms, balances."""
    from ecmsim.validation.quantum import devices

    found = devices.write(runs, out)
    typer.echo(found[["name", "conductance_G0", "junction_G0", "atoms"]].to_string(index=False))
    typer.echo(f"wrote {out}")


@quantum.command("annotate")
def quantum_annotate(
    run: RunFolder,
    law: Annotated[
        str, typer.Option(help="blend: Simmons tunnelling beside the atoms; landauer: the table's.")
    ] = "blend",
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Other settings of [tunnelling], e.g. --set tunnelling.seed=3."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Table [default: conductance.csv in the run's folder].")] = None,
    picture: Annotated[Path | None, typer.Option(help="Also a picture (.png, .pdf, .svg).", show_default=False)] = None,
):
    """Count the atoms that bridge the gap in a run made with simmons, from its outlines; the run is left as it is.

    Columns: time_s, step, source_voltage_V, cell_voltage_V, current_A (of the run), gap_nm (smallest), contact_atoms
    (N), contact_G0 (of these atoms), tunnelling_G0 (beside them), junction_G0 (both), simmons_G0 (in the run).
    """
    from ecmsim.annotate import write

    paths, words = write(run, law, settings or (), out, picture)
    typer.echo("\n".join([*words, *(f"wrote {path}" for path in paths)]))


@app.command()
def info():
    """Show versions and what works here."""
    from ecmsim.info import report

    report()


@app.command()
def benchmark(
    config: Config,
    settings: Set = None,
    cold: Annotated[bool, typer.Option("--cold/--no-cold", help="Also run with an empty form-compiler cache.")] = True,
    until: Annotated[str | None, typer.Option(help='End earlier, at this time, e.g. "1.7 s".')] = None,
):
    """Report where the wall time of a run goes, cold and warm."""
    _load(config, settings)
    from ecmsim.benchmark import benchmark as measure

    measure(config, settings or [], cold, until)


def _scaled(option, text, unit, factor):
    """As _quantity, times a factor and without its rounding: picoseconds from seconds."""
    return float(f"{_quantity(option, text, unit) * factor:.12g}")


def _quantity(option, text, unit):
    """A quantity given as an option, in the unit."""
    from pydantic_core import PydanticCustomError

    from ecmsim.config.quantities import QuantityType

    try:
        return float(QuantityType(unit).validate(text))
    except PydanticCustomError as error:
        raise ConfigError(f'{option} = "{text}": {error.message()}') from None


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
        app()
    except EcmsimError as error:
        if on_first_rank():
            print(f"error: {error}", file=sys.stderr, flush=True)
        _wait_for_all_ranks()
        sys.exit(error.exit_code)
    except Exception:
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
