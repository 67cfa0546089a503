"""The commands `ecmsim quantum trajectory` and `ecmsim quantum traces`: what they print and how they end."""

import sys
import time
from contextlib import contextmanager

from ecmsim.quantum.atoms import statistics
from ecmsim.quantum.atoms.record import Record, Writer, load
from ecmsim.quantum.atoms.settings import Settings
from ecmsim.quantum.atoms.trajectory import samples

INTERVAL = 10.0  # s between lines of progress where there is no terminal


def trajectory(settings: Settings, out, *, overwrite=False, quiet=False):
    """Compute the trajectories of all seeds and write them to a file; prints their statistics. Returns the Record.

    Raises ConfigError where ASE is missing, ResultsError where the file is there already.
    """
    from ecmsim.quantum.atoms import dynamics  # noqa: F401  (before the file is made: ASE may be missing)

    writer, begun = Writer(out, settings, overwrite), time.monotonic()
    remark = "interrupted"
    try:
        with _display(settings, quiet) as show:
            for run in range(settings.runs):
                for sample in samples(settings, settings.seed + run):
                    writer.add(sample)
                    show(run, sample)
        remark = "finished"
    finally:
        writer.close(f"{remark}; {time.monotonic() - begun:.0f} s of wall time")
    record = load(out)
    if not quiet:
        print("\n".join(describe(record)))
        print(f"wrote {out}")
    return record


def describe(record: Record):
    """Lines on a record: T at rest and in motion, by narrowest section, ruptures."""
    settings, rows = record.settings, record.rows
    runs = len(record.runs())
    start = f"{settings.temperature_K:g} K, {runs} trajector{'ies' if runs > 1 else 'y'}"
    pull = f", pulled at {settings.speed_m_s:g} m/s" if settings.speed_m_s else ""
    bias = f", {settings.bias_V:g} V" if settings.bias_V else ""
    yield f"{record.title}, {start}{pull}{bias}; T = {rows['transmission'].iloc[0]:.3f} at rest"
    if not settings.speed_m_s:
        found = statistics.mean([run["transmission"] for run in record.settled()])
        if found.count:
            yield (
                f"  from {settings.settle_ps:g} ps on: T = {found.mean:.3f} ± {found.error:.3f}, standard deviation "
                f"{found.deviation:.3f} ({found.count} samples)"
            )
            shift = statistics.mean([run["shift_A"] for run in record.settled()])
            yield f"  the moving atoms are shifted along z by {shift.mean:.4f} ± {shift.error:.4f} angstrom" + (
                f", by forces of {rows['recoil_eV_per_A'].mean():.2f} eV/angstrom in all" if settings.bias_V else ""
            )
        else:
            yield (
                f"  no statistics: the contact settles for {settings.settle_ps:g} ps, and the trajector"
                f"{'ies end' if runs > 1 else 'y ends'} after {rows['t_ps'].max():g} ps (give a longer --time or a "
                "shorter --settle)"
            )
    for atoms, found in statistics.by_section(record).items():
        share = found.count / sum(len(run) for run in record.settled())
        name = f"{atoms} atom{'' if atoms == 1 else 's'} across" if atoms else "no bond"
        spread = f", standard deviation {found.deviation:.3f}" if found.count > 1 else ""
        yield f"  {name:15s} {100 * share:5.1f} %  T = {found.mean:.3f}{spread}"
    if len(found := statistics.ruptures(record)):
        yield (
            f"  {len(found)} of {runs} ruptured, pulled by {found[:, 0].mean() / 10:.2f} nm "
            f"(standard deviation {found[:, 0].std() / 10:.2f} nm); T = {found[:, 1].mean():.2f} in the last ps"
        )


@contextmanager
def _display(settings, quiet):
    """A function of (run, sample) that shows how far it is: a bar on a terminal, lines elsewhere."""
    total = settings.runs * settings.time_ps
    if quiet:
        yield lambda run, sample: None
    elif sys.stderr.isatty():
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

        columns = BarColumn(12), TextColumn("{task.percentage:3.0f} % {task.description}"), TimeRemainingColumn()
        with Progress(*columns, console=Console(stderr=True)) as bar:
            task = bar.add_task("", total=total)
            yield lambda run, sample: bar.update(
                task, completed=run * settings.time_ps + sample.t_ps, description=_status(sample)
            )
    else:
        begun, state = time.monotonic(), {"next": 0.0}

        def show(run, sample):
            if (now := time.monotonic() - begun) >= state["next"]:
                state["next"] = now + INTERVAL
                share = (run * settings.time_ps + sample.t_ps) / total
                print(f"{100 * share:5.1f} %  {_status(sample)}  [{now:.0f} s]", file=sys.stderr, flush=True)

        yield show


def _status(sample):
    return (
        f"seed {sample.seed}  {sample.t_ps:7.2f} ps  T = {sample.transmission:6.3f}  {sample.section_atoms} across  "
        f"{sample.temperature_K:4.0f} K"
    )
