"""The commands `ecmsim quantum …`."""

from pathlib import Path
from typing import Annotated

import typer

from ecmsim.commands.clone import validation
from ecmsim.commands.measured import ColumnsFile, ColumnsSet, columns
from ecmsim.commands.options import RunFolder, quantity, scaled
from ecmsim.errors import ConfigError

quantum = typer.Typer(help="Quantized conductance of atomic contacts.", no_args_is_help=True)


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
    temperature: Annotated[str, typer.Option(help="Of the thermopower.")] = "300 K",
    smooth: Annotated[bool, typer.Option("--smooth", help="Mean over arrangements, without plateaus.")] = False,
):
    """Print the conductance of an atomic contact or gap, its spread, derivatives, shot noise and thermopower."""
    from ecmsim.quantum.command import describe, open_lookup

    at = quantity("--radius", radius, "nm"), quantity("--gap", gap, "nm"), quantity("--bias", bias, "V")
    height = None if barrier is None else quantity("--barrier", barrier, "eV")
    kelvin = quantity("--temperature", temperature, "K", ge=0)
    typer.echo(describe(open_lookup(metal, table, barrier=height, effective_mass=mass, smooth=smooth), *at, kelvin))


@quantum.command("plot")
def quantum_plot(
    metal: Annotated[str | None, typer.Option(help="Metal that has a table [default: Ag, or that of --table].")] = None,
    table: Annotated[Path | None, typer.Option(metavar="FILE", help="Table (.json) instead of the package's.")] = None,
    points: Annotated[
        bool, typer.Option("--points", help="Only the computed points, also of a part of a table.")
    ] = False,
    smooth: Annotated[bool, typer.Option("--smooth", help="Mean over arrangements, without plateaus.")] = False,
    out: Annotated[
        Path | None,
        typer.Option(help="Picture (.png, .pdf, .svg) [default: in runs/quantum/figures; of --table FILE beside it]."),
    ] = None,
):
    """Draw the map of the conductance over radius and gap; --points: the points of its table."""
    from ecmsim.plot import table_map, table_points
    from ecmsim.quantum.command import open_lookup, open_table

    if points and smooth:
        raise ConfigError("--smooth does not go with --points: points have no plateaus; leave one of both out")
    shown = open_table(metal, table) if points else open_lookup(metal, table, smooth=smooth)
    if out is None:
        name = f"{'points' if points else 'map'}{'_smooth' if smooth else ''}.png"
        metal = (shown if points else shown.table).metal
        usual = Path("runs") / "quantum" / "figures"
        out = table.with_name(f"{table.stem}_{name}") if table else usual / f"{metal}_{name}"
    paths = (table_points if points else table_map).draw(shown, out)
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
    recoil: Annotated[
        str, typer.Option(help="Forces of the bias: kharlanov, or hellmann-feynman (of the Hamiltonian itself).")
    ] = "kharlanov",
    start: Annotated[
        str,
        typer.Option(help="Where the atoms begin: crystal (its sites) or minimum (of the energy, at no bias)."),
    ] = "crystal",
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
        separation_A=scaled("--separation", separation, "nm", 10) if separation is not None else None,
        time_ps=scaled("--time", time, "s", 1e12),
        settle_ps=scaled("--settle", settle, "s", 1e12),
        temperature_K=quantity("--temperature", temperature, "K"),
        damping_ps=None if damping == "none" else scaled("--damping", damping, "s", 1e12),
        step_fs=scaled("--step", step, "s", 1e15),
        sample_ps=scaled("--sample", sample, "s", 1e12),
        seed=seed,
        runs=runs,
        speed_m_s=quantity("--speed", speed, "m/s"),
        bias_V=quantity("--bias", bias, "V"),
        force_ps=scaled("--force", force, "s", 1e12),
        grid=grid,
        recoil=recoil,
        start=start,
    )
    trajectory(settings, out, overwrite=overwrite, quiet=quiet)


@quantum.command("traces")
def quantum_traces(
    files: Annotated[list[Path], typer.Argument(help="Files of ecmsim quantum trajectory.", show_default=False)],
    out: Annotated[
        Path | None, typer.Option(help="Picture (.png, .pdf, .svg) [default: traces.png beside the first file].")
    ] = None,
):
    """Draw trajectories of contacts with a histogram, and print their statistics."""
    from ecmsim.plot import trajectories
    from ecmsim.quantum.atoms.command import describe
    from ecmsim.quantum.atoms.record import load

    records = [load(file) for file in files]
    for record in records:
        typer.echo("\n".join(describe(record)))
    for path in trajectories.draw(records, out or files[0].with_name("traces.png")):
        typer.echo(f"wrote {path}")


@quantum.command("measured")
def quantum_measured(
    files: Annotated[
        list[Path],
        typer.Argument(metavar="FILE...", help="Measurement files (or folders of runs).", show_default=False),
    ],
    out: Annotated[
        Path | None, typer.Option(help="Folder of the tables and the picture [default: runs/quantum/measured/NAME].")
    ] = None,
    parasitic: Annotated[
        str | None,
        typer.Option(help='Resistance in series to take off, e.g. "400 ohm", or "fit": plateaus taken for n G0.'),
    ] = None,
    least: Annotated[str, typer.Option("--least-voltage", help="Smaller voltages tell no conductance.")] = "1 mV",
    start: Annotated[str | None, typer.Option("--from", help='Leave out what is earlier, e.g. "2 s".')] = None,
    end: Annotated[str | None, typer.Option("--to", help="Leave out what is later.")] = None,
    width: Annotated[float, typer.Option("--bin", help="Width of the histograms' bins, G0.")] = 0.05,
    top: Annotated[float | None, typer.Option(help="Largest conductance shown, G0 [default: most contacts].")] = None,
    axis: Annotated[str, typer.Option(help="Of the second histogram: time, voltage or displacement.")] = "time",
    speed: Annotated[str | None, typer.Option(help='Of a displacement, e.g. "10 nm/s".', show_default=False)] = None,
    align: Annotated[
        float | None,
        typer.Option(help="Each cycle's time or displacement begins where it first passes this conductance, G0."),
    ] = None,
    flat: Annotated[float, typer.Option(help="A plateau rises or falls by no more than this, G0.")] = 0.1,
    resolution: Annotated[float, typer.Option(help="Neighbours closer than this are one plateau, G0.")] = 0.05,
    shortest: Annotated[int, typer.Option(help="Samples of the shortest plateau.")] = 8,
    fit: Annotated[
        bool, typer.Option("--fit", help="Also fit the quantum-point-contact model to current over voltage.")
    ] = False,
    noise: Annotated[float, typer.Option(help="Of the current, as a share, for that fit.")] = 0.02,
    columns_file: ColumnsFile = None,
    settings: ColumnsSet = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results that are there.")] = False,
):
    """Conductance, plateaus and histograms of measured traces, and a point-contact model fitted to them."""
    from ecmsim.measured import read
    from ecmsim.plot import measured_contacts
    from ecmsim.quantum.measured import command

    ohms = parasitic
    if parasitic not in (None, command.FIT):
        ohms = quantity("--parasitic", parasitic, "ohm", ge=0)
    asked = command.Settings(
        least=quantity("--least-voltage", least, "V", gt=0),
        start=None if start is None else quantity("--from", start, "s"),
        end=None if end is None else quantity("--to", end, "s"),
        parasitic=ohms,
        bin=width,
        top=top,
        axis=axis,
        speed=None if speed is None else quantity("--speed", speed, "nm/s", gt=0),
        align=align,
        rules=command.Rules(flat=flat, resolution=resolution, shortest=shortest),
        fit=fit,
        noise=noise,
    )
    chosen = columns(columns_file, settings)
    found = command.analyse([read(file, chosen) for file in files], asked)
    name = files[0].resolve().name if files[0].is_dir() else files[0].stem
    folder = out or Path("runs") / "quantum" / "measured" / name
    typer.echo("\n".join(found.words))
    paths = command.write(found, folder, overwrite)
    for path in [*paths, *measured_contacts.draw(found, folder / "measured.png")]:
        typer.echo(f"wrote {path}")


@quantum.command("facts")
def quantum_facts(
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the page and its table [default: validation/quantum/ of the clone].", show_default=False
        ),
    ] = None,
    results: Annotated[
        Path | None,
        typer.Option(
            help="Folder of the result files that facts are measured on: trajectories/, histogram.csv, device.csv "
            "[default: validation/quantum/ of the clone].",
            show_default=False,
        ),
    ] = None,
):
    """Find every number that is known of quantum transport anew, and write the page that compares them.

    Needs a clone of the repository.
    """
    with validation("ecmsim quantum facts"):
        from validation.quantum.command import quantum_facts as find

        paths, count = find(out, results)
    for path in paths:
        typer.echo(f"wrote {path}")
    typer.echo(", ".join(f"{number} {word}" for word, number in count.items()))


@quantum.command("devices")
def quantum_devices(
    runs: Annotated[list[Path], typer.Argument(help="Folders of runs through contact.", show_default=False)],
    out: Annotated[
        Path | None,
        typer.Option(help="Table (.csv) [default: validation/quantum/device.csv of the clone].", show_default=False),
    ] = None,
):
    """Write a table of runs through contact: conductances at their ends, atoms, balances.

    Needs a clone of the repository.
    """
    with validation("ecmsim quantum devices"):
        from validation.quantum import devices

        out = out or devices.TABLE
        found = devices.write(runs, out)
    typer.echo(found[["name", "conductance_G0", "junction_G0", "atoms"]].to_string(index=False))
    typer.echo(f"wrote {out}")


@quantum.command("annotate")
def quantum_annotate(
    run: RunFolder,
    law: Annotated[
        str | None,
        typer.Option(
            help="terraces, blend or landauer (settings of tunnelling.law) [default: blend; of a run through contact "
            "its own].",
            show_default=False,
        ),
    ] = None,
    settings: Annotated[
        list[str] | None,
        typer.Option(
            "--set", metavar="KEY=VALUE", help="Other settings of [tunnelling], e.g. --set tunnelling.seed=3."
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Table [default: conductance.csv in the run's folder].")] = None,
    picture: Annotated[Path | None, typer.Option(help="Also a picture (.png, .pdf, .svg).", show_default=False)] = None,
):
    """Count the atoms that bridge the gap in a run made with simmons, from its outlines, or tell more of a run through
    contact; the run is left as it is.

    Columns: time_s, step, source_voltage_V, cell_voltage_V, current_A (of the run), gap_nm (smallest), contact_atoms
    (N), contact_G0 (of these atoms), tunnelling_G0 (beside them), junction_G0 (both), simmons_G0 (by that equation),
    contact_fano (of the atoms' shot noise), contact_thermopower_V_per_K, junction_differential_G0 (dI/dV of both).
    """
    from ecmsim.commands.annotate import write

    paths, words = write(run, law, settings or (), out, picture)
    typer.echo("\n".join([*words, *(f"wrote {path}" for path in paths)]))
