"""What every command makes of its options: how the work behind it is called, what is said, what is refused.

The work itself is replaced, so that all combinations can be tried; they are compared with those of before.
"""

import re
from collections import Counter
from inspect import Parameter, signature
from pathlib import Path
from types import SimpleNamespace
from typing import get_args, get_type_hints

import numpy as np
import pandas as pd
import pytest
from helpers import tiny
from helpers.kept import unchanged
from typer.main import get_command
from typer.testing import CliRunner

from ecmsim.commands import cli
from ecmsim.commands.cli import app
from ecmsim.config import Config
from ecmsim.errors import EcmsimError
from ecmsim.plot.study import StudyTable
from ecmsim.results.reader import Run


def shown(value):
    """A value in a line, the same on every machine."""
    if isinstance(value, Config):
        settings = [value.title, value.model, f"{value.compliance.current:g} A"]
        return f"<Config {', '.join(settings)}>"
    if isinstance(value, Run):
        return f"<Run {value.folder}>"
    if isinstance(value, StudyTable):
        return f"<StudyTable {value.folder}>"
    if isinstance(value, Path):
        return str(value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key}: {shown(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return f"({', '.join(map(shown, value))})"
    if type(value).__module__ == "builtins" or "Settings(" in repr(value):
        return repr(value)
    return f"<{type(value).__name__}>"


@pytest.fixture
def handed(monkeypatch):
    """A function replace(place, name, answer): calls of place.name are noted, and answered; the notes."""
    notes = []

    def replace(place, name, answer=None):
        def stand_in(*arguments, **options):
            told = [*map(shown, arguments), *(f"{key}={shown(value)}" for key, value in options.items())]
            notes.append(f"  -> {name}({', '.join(told)})")
            return answer(*arguments, **options) if callable(answer) else answer

        monkeypatch.setattr(f"{place}.{name}", stand_in)

    replace.notes = notes
    return replace


@pytest.fixture
def here(tmp_path, monkeypatch):
    """A folder to work in, with a run, a study, a configuration and a measurement."""
    monkeypatch.chdir(tmp_path)
    for name in ("run", "other"):
        tiny.write(tmp_path / name)
    (tmp_path / "case.toml").write_text('extends = "ecmsim:quick"\ntitle = "a case"\n')
    (tmp_path / "study").mkdir()
    (tmp_path / "study/summary.csv").write_text(
        "folder,status,reason,limit_A,steps,V_SET_V\na,finished,,1e-6,5,0.8\nb,finished,,1e-5,6,0.7\n"
    )
    (tmp_path / "iv.csv").write_text(
        "t,V,I\n" + "".join(f"{v:.2f},{v:.2f},{v * 1e-3:.6g}\n" for v in np.linspace(0, 1, 21))
    )
    return tmp_path


def typed(line, notes):
    """A command line, what it handed on, what it said, and how it ended."""
    notes.clear()
    done = CliRunner().invoke(app, line.split("|"))
    said = [f"  {text}".rstrip() for text in done.output.splitlines()]
    error = done.exception
    if isinstance(error, EcmsimError):
        said.append(f"  error {error.exit_code}: {error}")
    elif error is not None and not isinstance(error, SystemExit):
        raise error
    elif done.exit_code:
        said = [*(said if "Usage" not in done.output else []), f"  exit code {done.exit_code}"]
    return "\n".join([f"$ {line.replace('|', ' ')}", *notes, *said])


def compared(lines, notes, file_regression):
    unchanged(file_regression, "\n".join(typed(line, notes) for line in lines))


def outcome(*_, **__):
    return SimpleNamespace(
        state=SimpleNamespace(observed={"current": 1.234e-6, "gap": 0.4567}),
        worst={"charge_imbalance": 1e-12, "faraday_error": 2e-4, "power_imbalance": 3e-9},
        reason="end of the programme",
        remarks=["it is hot", "it is thin"],
        steps=12,
        newton_iterations=34,
        remeshes=5,
    )


def test_run_and_resume(here, handed, monkeypatch, file_regression):
    for name in ("run", "resume"):
        handed("ecmsim.running.run", name, outcome)
    handed("ecmsim.running.progress", "display", "a display")
    lines = ["run|case.toml", "run|case.toml|--quiet", "run|case.toml|--reduced|--out|o|--until|1500 ms|--overwrite"]
    lines += ["run|case.toml|--allow-code|--set|compliance.current=2 uA|--set|stress.enabled=false"]
    lines += ["run|case.toml|--set|stress.enabled=false|--set|stress.energy=0.1 eV|--quiet"]
    lines += ["run|case.toml|--set|stress.enabled=false|--set|stress.energy=0.1 eV", "run|case.toml|--until|0 s"]
    lines += ["resume|run", "resume|run|-q|--until|2 s", "resume|run|--set|a=1|--allow-code", "resume|run|--until|0 s"]
    compared(lines, handed.notes, file_regression)
    for name in ("OMPI_COMM_WORLD_RANK", "PMI_RANK", "PMIX_RANK"):
        monkeypatch.setenv(name, "0")
        assert "Ended: end of the programme." in typed("run|case.toml", handed.notes)
        monkeypatch.setenv(name, "1")  # only the first rank talks
        assert typed("run|case.toml", handed.notes).count("\n") == 1
        assert typed("resume|run", handed.notes).count("\n") == 1
        monkeypatch.delenv(name)


def test_studies_fits_and_pages(here, handed, file_regression):
    handed("ecmsim.study.command", "sweep", 0)
    handed("ecmsim.fitting.command", "fit", "an answer")
    handed("ecmsim.fitting.answer", "page", "a page")
    handed("ecmsim.page", "write_page", Path("run/report.html"))
    handed("validation.paper.command", "validate_paper", 3)
    lines = ["sweep|s.toml", "sweep|s.toml|--out|o|-j|3|--ranks|2|--mpi|--index|4|--list|--dry-run|--summary"]
    lines += [
        "sweep|s.toml|--overwrite|--retry|--allow-code|--quiet",
        "sweep|s.toml|--jobs|0",
        "sweep|s.toml|--ranks|0",
    ]
    lines += ["fit|f.toml", "fit|f.toml|--full|check", "fit|f.toml|--full|finish|--most|3|--jobs|2|--out|o"]
    lines += ["fit|f.toml|--full|none|-q|--allow-code", "fit|f.toml|--full|all", "fit|f.toml|--most|0"]
    lines += ["calibrate|c/f.toml", "calibrate|f.toml|--reduced|--out|o|--most|2|-j|4|--allow-code|-q"]
    lines += ["report|run", "report|run|--out|p.html", "report|nowhere"]
    lines += ["validate-paper", "validate-paper|--out|o|--runs|r|-j|2|--retry|--overwrite|--page|-q"]
    compared(lines, handed.notes, file_regression)


def test_an_interrupted_fit_says_how_it_goes_on(here, handed):
    def interrupted(*_, **__):
        raise KeyboardInterrupt

    handed("ecmsim.fitting.command", "fit", interrupted)
    told = typed("fit|f.toml", handed.notes)
    assert "finished runs are kept" in told and told.endswith("exit code 130")


def test_benchmark_mesh_and_validate(here, handed, file_regression):
    handed("ecmsim.commands.benchmark", "benchmark")
    handed("ecmsim.commands.benchmarks", "benchmarks")
    handed("ecmsim.commands.mesh", "preview", lambda config, path, *_: [path, Path(path).with_suffix(".png")])
    lines = ["benchmark", "benchmark|case.toml", "benchmark|case.toml|--all", "benchmark|--all", "benchmark|--version"]
    lines += ["benchmark|case.toml|--no-cold|--until|1 s|--allow-code|--set|mesh.refinement=2"]
    lines += ["benchmark|case.toml|--until|0 s", "benchmark|case.toml|--set|mesh.refinements=2"]
    lines += [f"benchmark|--all|{more}" for more in ("--set|a=1", "--until|1 s", "--allow-code", "--ranks|0")]
    lines += [f"benchmark|case.toml|{more}" for more in ("--against|x.json", "--only|report", "--ranks|2")]
    lines += ["benchmark|--all|--out|b.json|--against|x.json|--only|report|--only|start-up|--ranks|1|--ranks|2"]
    lines += ["mesh|case.toml", "mesh|case.toml|--out|m.vtu|--set|mesh.refinement=2|--allow-code", "mesh|nothing.toml"]
    lines += ["mesh|case.toml|--run|run", "mesh|case.toml|--run|run|--time|1.5 s", "mesh|case.toml|--time|1 s"]
    lines += ["mesh|case.toml|--run|run|--time|-1 s", "mesh|case.toml|--run|run|--time|0 s"]
    lines += [
        "validate",
        "validate|case.toml",
        "validate|case.toml|--set|stress.enabled=false|--set|stress.energy=1 eV",
    ]
    compared(lines, handed.notes, file_regression)


def test_tables_of_quantum_transport(here, handed, file_regression):
    table = SimpleNamespace(metal="Au")
    handed("ecmsim.quantum.build.command", "build", 5)
    handed("ecmsim.quantum.command", "open_lookup", SimpleNamespace(table=table))
    handed("ecmsim.quantum.command", "open_table", table)
    handed("ecmsim.quantum.command", "describe", "described")
    for module in ("table_map", "table_points"):
        handed(f"ecmsim.plot.{module}", "draw", lambda shown, out: [out])
    lines = [
        "quantum|build",
        "quantum|build|--metal|Cu|--point|a|--point|b|--out|o|--method|tight-binding|--plan|p.toml",
    ]
    lines += ["quantum|build|--until|12:30|--walltime|2.5|--retry|--list|--table|t.json|--verify"]
    lines += [
        "quantum|lookup|--radius|0.3 nm",
        "quantum|lookup|--radius|3 angstrom|--gap|250 pm|--bias|100 mV|--metal|Cu|--smooth",
    ]
    lines += ["quantum|lookup|--radius|0.3 nm|--barrier|2000 meV|--mass|0.5|--table|t.json|--temperature|77 K"]
    lines += [
        "quantum|lookup|--radius|0.3 V",
        "quantum|lookup|--radius|0.3 nm|--temperature|-1 K",
        "quantum|lookup|--radius|0.3 nm|--barrier|2 nm",
    ]
    lines += ["quantum|plot", "quantum|plot|--points", "quantum|plot|--smooth", "quantum|plot|--points|--smooth"]
    lines += ["quantum|plot|--table|a/t.json", "quantum|plot|--table|a/t.json|--points", "quantum|plot|--out|x.pdf"]
    lines += ["quantum|plot|--metal|Ag|--points|--out|x.pdf"]
    compared(lines, handed.notes, file_regression)


def test_atoms_that_move_and_traces_that_were_measured(here, handed, file_regression):
    """Every option, so that each scale from its unit to that of the setting is told."""
    handed("ecmsim.quantum.atoms.command", "trajectory")
    handed("ecmsim.quantum.atoms.command", "describe", ["one line", "another"])
    handed("ecmsim.quantum.atoms.record", "load", "a record")
    handed("ecmsim.plot.trajectories", "draw", lambda records, out: [out])
    handed("ecmsim.measured", "read", "a recording")
    handed("ecmsim.quantum.measured.command", "analyse", SimpleNamespace(words=["some", "words"]))
    handed("ecmsim.quantum.measured.command", "write", lambda found, folder, overwrite: [folder / "steps.csv"])
    handed("ecmsim.plot.measured_contacts", "draw", lambda found, out: [out])
    go = "quantum|trajectory|--out|t.csv"
    lines = [go, f"{go}|--metal|Cu|--size|5|--seed|3|--runs|2|--grid|2|--overwrite|--quiet"]
    lines += [f"{go}|--separation|2.9 angstrom|--time|7 ps|--settle|1.5 ps|--temperature|77 K|--damping|2 ps"]
    lines += [f"{go}|--damping|none|--step|2 fs|--sample|0.25 ps|--speed|20 m/s|--start|minimum"]
    lines += [f"{go}|--bias|0.5 V|--force|0.2 ps|--recoil|hellmann-feynman", f"{go}|--counts|9,x"]
    lines += ["quantum|traces|a/t.csv", "quantum|traces|t.csv|u.csv|--out|x.pdf"]
    go = "quantum|measured|iv.csv"
    lines += [go, "quantum|measured|run", f"{go}|b.csv|--parasitic|fit|--fit|--overwrite|--out|o|-c|voltage=1"]
    lines += [f"{go}|--parasitic|0.4 kohm|--least-voltage|2 mV|--from|1 s|--to|2 s|--bin|0.1|--top|8|--noise|0.05"]
    lines += [f"{go}|--axis|displacement|--speed|10 nm/s|--align|1.5|--flat|0.2|--resolution|0.1|--shortest|4"]
    lines += [f"{go}|--parasitic|-1 ohm", f"{go}|--least-voltage|0 V", f"{go}|--speed|0 nm/s", f"{go}|--to|1 V"]
    lines += [f"{go}|--parasitic|0 ohm"]
    compared(lines, handed.notes, file_regression)


def test_what_a_clone_does(here, handed, file_regression):
    devices = pd.DataFrame({"name": ["a"], "conductance_G0": [1.5], "junction_G0": [2.5], "atoms": [3], "more": [4]})
    count = Counter(hit=2, miss=1)
    handed("validation.quantum.command", "quantum_facts", lambda out, results: ([Path("page.md")], count))
    handed("validation.quantum.devices", "write", devices)
    handed("ecmsim.commands.annotate", "write", lambda *_: ([Path("run/conductance.csv"), Path("x.png")], ["a word"]))
    lines = ["quantum|facts", "quantum|facts|--out|o|--results|r", "quantum|devices|run|other|--out|d.csv"]
    lines += [
        "quantum|annotate|run",
        "quantum|annotate|run|--law|landauer|--set|tunnelling.seed=3|--set|tunnelling.a=1",
    ]
    lines += ["quantum|annotate|run|--out|t.csv|--picture|p.pdf"]
    compared(lines, handed.notes, file_regression)


@pytest.mark.slow
def test_pictures(here, handed, file_regression):
    """Which of draw, draw_all and overlay gets what, of runs, studies and measurements, and in what look."""
    from contextlib import nullcontext

    both = [("iv", [Path("iv.png"), Path("iv.csv")]), ("gap", EcmsimError("no gap"))]
    handed("ecmsim.plot", "dressed", lambda *_: nullcontext())
    handed("ecmsim.plot", "draw", lambda *_, **__: [Path("p.png")])
    handed("ecmsim.plot", "draw_all", both)
    handed("ecmsim.plot", "overlay", lambda *_, **__: [Path("o.png")])
    lines = ["iv|run", "gap|run|--out|g.pdf|--csv", "all|run", "all|run|--out|folder|--format|pdf", "all|run|--csv"]
    lines += [
        "all|run|-o|floor_A=1",
        "iv|run|-o|voltage=cell|-o|floor_A=1e-12|-o|x=[1, 2]|-o|word= a b ",
        "iv|run|-o|x",
    ]
    lines += ["iv|run|--format|PDF", "iv|run|--format|.svg", "iv|run|--format|jpg", "film|run|--format|png", "film|run"]
    lines += ["iv|run|--format|png|--out|x.png", "iv|run|--style|s|--width|single|--colours|#004488, #BB5566"]
    lines += ["film|run|--width|single", "elephant|run|--out|e.HTML|--colours|#004488", "elephant|run|--out|e.html"]
    lines += ["iv|run|--style|", "iv|run|other", "gap|run|other|--csv", "outline|run|other", "cycles|run", "cycles"]
    lines += ["iv|run|--measured|iv.csv", "iv|--measured|iv.csv|-m|iv.csv|-c|current.column=I", "iv|run|-c|voltage=V"]
    lines += [
        "iv",
        "gap|run|-m|iv.csv",
        "field|run|-m|iv.csv",
        "iv|run|study",
        "iv|study",
        "all|study",
        "potentiation|study",
    ]
    lines += ["study|study", "study|run", "cdf|study", "cdf|run", "weibull|run|-m|iv.csv", "bits|study|-m|iv.csv"]
    lines += ["arrhenius|study|-m|iv.csv", "family|study|-m|iv.csv", "histogram|study|-m|iv.csv", "violin|study"]
    lines += ["study|study|-m|iv.csv|-o|x=limit_A|-o|y=V_SET_V", "family|study|--columns|none.toml"]
    lines += ["cycles|run|--columns|none.toml|-m|iv.csv", "iv|nowhere", "study|nowhere", "cdf|nowhere", "nonsense|run"]
    compared([f"plot|{line}" for line in lines], handed.notes, file_regression)


def test_without_arguments_the_command_line_explains_itself(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")
    for words in ([], ["data"], ["quantum"]):
        told = CliRunner().invoke(app, words)
        asked = CliRunner().invoke(app, [*words, "-h"])
        assert "Usage" in told.output and told.output.split() == asked.output.split() and not asked.exit_code
    assert "completion" not in CliRunner().invoke(app, ["-h"]).output
    assert not app.pretty_exceptions_enable
    assert CliRunner().invoke(app, ["--version"]).output.startswith("ecmsim ")


def test_every_rank_is_waited_for_but_not_for_ever(monkeypatch):
    """Only under MPI: until all have come, or the patience is over."""
    from mpi4py import MPI

    class World:
        def __init__(self, looks):
            self.looks, self.asked = looks, 0

        def Ibarrier(self):
            return self

        def Test(self):
            self.asked += 1
            return self.asked > self.looks

    for sizes, looks, expected in (({}, 3, 0), ({"PMI_SIZE": "1"}, 3, 0), ({"OMPI_COMM_WORLD_SIZE": "2"}, 3, 4)):
        for name in ("PMI_SIZE", "OMPI_COMM_WORLD_SIZE"):
            monkeypatch.delenv(name, raising=False)
        for name, value in sizes.items():
            monkeypatch.setenv(name, value)
        world = World(looks)
        monkeypatch.setattr(MPI, "COMM_WORLD", world)
        cli._wait_for_all_ranks()
        assert world.asked == expected
    now = [0.0]
    monkeypatch.setattr(cli.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    monkeypatch.setattr(cli.time, "monotonic", lambda: now[0])
    world = World(10**9)
    monkeypatch.setattr(MPI, "COMM_WORLD", world)
    cli._wait_for_all_ranks(0.5)
    assert 0.5 <= now[0] < 0.52 and 49 <= world.asked <= 52


def test_how_the_command_line_ends(monkeypatch, capsys):
    """An error of ours: its line and its code; a refusal of the system: 2; a defect: as it is."""

    class Left(BaseException):
        pass

    def left(code):
        raise Left(code)

    monkeypatch.setattr(cli.os, "_exit", left)
    waited = []
    monkeypatch.setattr(cli, "_wait_for_all_ranks", lambda: waited.append(1))
    for error, code, said in (
        (EcmsimError("no luck"), 1, "error: no luck\n"),
        (cli.ConfigError("no such thing"), 2, "error: no such thing\n"),
        (MemoryError(), 2, "error: not enough memory"),
        (BrokenPipeError(), 0, ""),
    ):

        def fails(error=error):
            raise error

        monkeypatch.setattr(cli, "app", fails)
        with pytest.raises((SystemExit, Left)) as ended:
            cli.main()
        assert ended.value.args == (code,) and capsys.readouterr().err.startswith(said)
    assert len(waited) == 3
    monkeypatch.setenv("PMI_RANK", "1")  # only the first rank talks
    monkeypatch.setattr(cli, "app", lambda: fails(EcmsimError("no luck")))
    with pytest.raises(SystemExit):
        cli.main()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(cli, "app", lambda: fails(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        cli.main()


@pytest.mark.parametrize(("size", "aborted"), [(1, []), (2, [1])])
def test_a_defect_on_one_rank_ends_them_all(monkeypatch, capsys, size, aborted):
    calls = []
    world = SimpleNamespace(size=size, Abort=calls.append)
    monkeypatch.setitem(cli.sys.modules, "mpi4py.MPI", SimpleNamespace(COMM_WORLD=world))

    def fails():
        raise ZeroDivisionError("a defect")

    monkeypatch.setattr(cli, "app", fails)
    if size == 1:
        with pytest.raises(ZeroDivisionError):
            cli.main()
    else:
        cli.main()
        assert "ZeroDivisionError: a defect" in capsys.readouterr().err
    assert calls == aborted


def test_no_help_page_tells_a_default_that_is_none():

    def pages(command, path=()):
        for name, inner in getattr(command, "commands", {}).items():
            yield from pages(inner, (*path, name))
        yield " ".join(path), CliRunner().invoke(app, [*path, "--help"]).output

    found = dict(pages(get_command(app)))
    assert len(found) > 25 and all("Usage" in page for page in found.values())
    assert [path for path, page in found.items() if "default: None" in page] == []


def parameters(commands, path=()):
    """Each option and argument of the commands of a typer.Typer and of those in it, as lines."""
    for group in commands.registered_groups:
        yield from parameters(group.typer_instance, (*path, group.name))
    for command in commands.registered_commands:
        hints = get_type_hints(command.callback, include_extras=True)
        name = " ".join([*path, command.name or command.callback.__name__])
        for item in signature(command.callback).parameters.values():
            kind, told = get_args(hints[item.name])
            given = {"default": item.default, "from": told.min, "to": told.max}
            own = [f"{key} {value}" for key, value in given.items() if value not in (None, Parameter.empty)]
            own += ["required"] * (item.default is Parameter.empty)
            own += ["default not shown"] * (told.show_default is False) + ["hidden"] * told.hidden
            kind = kind.__name__ if isinstance(kind, type) and not get_args(kind) else str(kind)
            kind = re.sub(r"\w+\.", "", kind)  # modules, whose names change
            yield f"{name} {'/'.join(told.param_decls or [item.name])}: {', '.join([kind, *own])}"


def test_every_option_is_that_of_before(file_regression):
    """Their names, kinds, bounds and defaults, and whether these are shown."""
    unchanged(file_regression, "\n".join(sorted(parameters(app))))
