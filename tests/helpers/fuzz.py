"""Random input for the command line: nothing of it may end in a traceback, take long, or end with a strange exit code.

python tests/helpers/fuzz.py --count 2000 --seed 1       # from the root of the repository; tells its finds

Configurations are made from the schema and mutated, studies and calibrations likewise, options are those of the
commands, and run folders are damaged. Nothing is solved: runs are refused, resumed with nothing left, or read.
"""

import argparse
import base64
import contextlib
import io
import os
import random
import shutil
import signal
import sys
import tempfile
import time
import traceback
from collections import Counter
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]

from typer.testing import CliRunner  # noqa: E402

from ecmsim.commands.cli import app  # noqa: E402
from ecmsim.config import reference  # noqa: E402
from ecmsim.errors import EcmsimError, refusal_of_the_system  # noqa: E402
from helpers.synthetic import write_run  # noqa: E402

LONGEST = 20  # s of CPU for one input: a busy machine makes nothing a find
ASLEEP = 15  # times that in wall time, for what waits and computes nothing
CODES = {0, 2, 3, 69, 75, 130}
BASE = (ROOT / "configs" / "cu_sio2_pt.toml").as_posix()
FILES = sorted(path for path in (ROOT / "configs").rglob("*.toml"))
NUMBERS = ["0", "-1", "1", "1e300", "-1e300", "1e-300", "nan", "inf", "3.5", "9" * 30, "9" * 5000, "0x10", "true", "12"]
UNITS = [
    "nm",
    "V",
    "s",
    "A",
    "K",
    "eV",
    "ohm",
    "V/s",
    "1/s",
    "m",
    "parsec",
    "",
    " ",
    "uA",
    "°C",
    "nm^4/s",
    "0",
    "%",
    "(((",
]
TEXTS = [
    "",
    "a",
    "µ",
    "x" * 300,
    "\\u0000",
    "../..",
    "/dev/null",
    "/",
    ".",
    "Cu",
    "none",
    "[",
    "{",
    "'",
    "\\n",
    "\U0001f600",
]
STRUCTURES = [
    "[]",
    "{}",
    "[[]]",
    "[1]",
    '["a"]',
    "{ value = 1 }",
    '{ value = "1 nm", label = "x" }',
    '{ kind = "none" }',
]
STRUCTURES += ["[" * 60 + "]" * 60, "{ a = { b = 1 } }", "1979-05-27", "07:32:00", '[["0 s", "0 V"], ["1 s", "1 V"]]']
KINDS = [
    "ramp",
    "sweep",
    "hold",
    "pulse",
    "pulse_train",
    "table",
    "current_ramp",
    "current_hold",
    "repeat",
    "x",
    "ideal",
]
SETTINGS = [row.name.replace("[]", "") for row in reference()]
READING = [
    ["plot", "temperature"],
    ["plot", "conductance"],
    ["plot", "iv"],
    ["plot", "outline"],
    ["plot", "gap"],
    ["resume"],
    ["quantum", "annotate"],
]
NAMES = ["timeseries.csv", "events.csv", "history.h5", "config.toml", "provenance.json", "snapshots/index.csv", ".lock"]


def value(draw):
    """A text that stands for a value of TOML, right or wrong."""
    number, unit = draw.choice(NUMBERS), draw.choice(UNITS)
    return draw.choice(
        [number, f'"{number} {unit}"', f'"{draw.choice(TEXTS)}"', draw.choice(STRUCTURES), f'"{draw.choice(KINDS)}"']
    )


def changed(draw, text):
    """A text with some of its lines or characters changed."""
    lines = text.splitlines()
    for _ in range(draw.choice([1, 1, 2, 5])):
        at = draw.randrange(len(lines)) if lines else 0
        what = draw.randrange(7)
        if what == 0 and lines:
            del lines[at]
        elif what == 1 and lines:
            lines.insert(at, lines[draw.randrange(len(lines))])
        elif what == 2 and lines and "=" in lines[at]:
            lines[at] = f"{lines[at].partition('=')[0]}= {value(draw)}"
        elif what == 3:
            lines.insert(at, f"{draw.choice(SETTINGS)} = {value(draw)}")
        elif what == 4 and lines and lines[at]:
            place = draw.randrange(len(lines[at]))
            lines[at] = lines[at][:place] + draw.choice("[]{}\"'=.,#\0é0x") + lines[at][place + 1 :]
        elif what == 5:
            lines.insert(at, f"[{'[' * draw.randrange(2)}{draw.choice(SETTINGS).rpartition('.')[0]}]")
        else:
            lines.insert(at, f"{draw.choice(TEXTS) or 'a'} = {value(draw)}")
    return "\n".join(lines)


def schema_text(draw):
    """A configuration of settings of the schema with random values, on top of the reference."""
    settings = draw.sample(SETTINGS, draw.randrange(1, 5))
    lines = [f"{name} = {value(draw)}" for name in settings if "programme" not in name]
    step = [f"{draw.choice(['to', 'rate', 'duration', 'peak', 'count', 'file', 'points', 'until'])} = {value(draw)}"]
    step += [
        f"{draw.choice(['rate', 'name', 'width', 'amplitude', 'polarity', 'x'])}.y = {value(draw)}"
    ] * draw.randrange(2)
    programme = ["[[programme]]", f'kind = "{draw.choice(KINDS)}"', *dict.fromkeys(step)] if draw.random() < 0.5 else []
    return "\n".join([f'extends = "{BASE}"', *lines, *programme])


def study_text(draw):
    table = draw.choice(["grid", "zip", "sample", "set", "observe", "case"])
    ranged = f"{{ from = {value(draw)}, to = {value(draw)}, count = {draw.choice(NUMBERS)}, spacing = {value(draw)} }}"
    given = [
        f'"{name}" = {draw.choice([ranged, value(draw), f"[{value(draw)}, {value(draw)}]"])}'
        for name in draw.sample(SETTINGS, 2)
    ]
    brackets = ("[[", "]]") if draw.random() < 0.3 else ("[", "]")
    rest = [f"{draw.choice(['name', 'column', 'reduce', 'time', 'set', 'count', 'seed'])} = {value(draw)}"]
    return "\n".join([f'config = "{BASE}"', f"{brackets[0]}{table}{brackets[1]}", *given, *rest])


def calibration_text(draw):
    lines = [f'config = "{BASE}"', f"rows = {value(draw)}"] if draw.random() < 0.5 else [f'config = "{BASE}"']
    target = [
        f"{key} = {value(draw)}" for key in draw.sample(["name", "value", "tolerance", "measure", "column", "row"], 4)
    ]
    ends = f"{{ from = {value(draw)}, to = {value(draw)} }}"
    return "\n".join([*lines, "[[target]]", *target, "[parameters]", f'"{draw.choice(SETTINGS)}" = {ends}'])


FIT = f"""config = "{BASE}"

[[dataset]]
kind = "set_times"
name = "pulses"
points = [["1.2 V", "2 s"], ["0.9 V", "10 s", false]]
current = "1 uA"
relative_error = 0.1
set = {{ "compliance.current" = "10 uA" }}

[[dataset]]
kind = "v_set"
over = "cell.ambient_temperature"
points = [["300 K", "1.6 V"], ["350 K", "1.5 V"]]
error = "20 mV"
weight = 2

[parameters]
"stress.energy" = {{ from = "0.01 eV", to = "0.04 eV", prior = "label" }}
"butler_volmer.rate_constant" = {{ from = "10 m/s", to = "3000 m/s", scale = "log" }}
own = {{ from = 1, to = 2, datasets = ["pulses"] }}

[derived]
"hopping.activation_energy" = "0.2 * own"

[global]
method = "hypercube"
count = 5

[local]
step = 0.02

[full]
mode = "check"
"""


class Inputs:
    """Makes inputs in a folder of its own; the same seed makes the same ones."""

    def __init__(self, seed, folder):
        self.draw, self.folder, self.count = random.Random(seed), Path(folder), 0
        self.whole = self.folder / "whole"
        write_run(self.whole)

    def next(self):
        """The words of a command line."""
        self.count += 1
        kinds = [self.configuration] * 4 + [
            self.study,
            self.calibration,
            self.fit,
            self.options,
            self.overrides,
            self.damaged,
        ]
        return self.draw.choice(kinds)()

    def file(self, name, text):
        path = self.folder / name
        data = text.encode("utf-8", "surrogatepass")
        if self.draw.random() < 0.03:
            data = data[: self.draw.randrange(len(data) + 1)] + bytes([self.draw.randrange(256)])
        path.write_bytes(data)
        return str(path)

    def configuration(self):
        draw = self.draw
        text = schema_text(draw) if draw.random() < 0.5 else changed(draw, draw.choice(FILES).read_text())
        text = text.replace('extends = "', f'extends = "{(ROOT / "configs").as_posix()}/') if BASE not in text else text
        return ["validate", self.file("input.toml", text), *(["--show"] if draw.random() < 0.3 else [])]

    def study(self):
        draw = self.draw
        text = study_text(draw)
        if draw.random() < 0.4:
            text = changed(draw, (ROOT / "configs" / "studies" / "icc_series.toml").read_text()).replace(
                "../", f"{ROOT}/configs/"
            )
        return ["sweep", self.file("study.toml", text), "--list", "--out", str(self.folder / "study")]

    def calibration(self):
        """Of one run at most: what is right is refused as well, for want of a folder to write into."""
        return ["calibrate", self.file("fit.toml", calibration_text(self.draw)), "--out", "/dev/null/x", "--jobs", "1"]

    def fit(self):
        """Likewise."""
        return ["fit", self.file("fit.toml", changed(self.draw, FIT)), "--out", "/dev/null/x", "--jobs", "1"]

    def overrides(self):
        draw = self.draw
        texts = [
            f"{draw.choice([*SETTINGS, 'programme[0].to', 'programme.9.x', 'laws.stress', ''])}={value(draw)}"
            for _ in range(2)
        ]
        return ["validate", BASE, *(word for text in texts for word in ("--set", text.replace("\0", "")))]

    def options(self):
        draw = self.draw
        text = draw.choice([*NUMBERS, *(f"{number} {unit}" for number in NUMBERS[:8] for unit in UNITS[:6])])
        return draw.choice(
            [
                ["run", BASE, "--until", text, "--out", "/dev/null/x"],
                ["resume", str(self.folder / "none"), "--until", text],
                ["mesh", BASE, "--time", text],
                ["quantum", "lookup", "--metal", draw.choice(["Ag", "Cu", "X"]), "--radius", text, "--gap", "0.3 nm"],
                [
                    "quantum",
                    "lookup",
                    "--metal",
                    "Ag",
                    "--radius",
                    "0.3 nm",
                    "--gap",
                    text,
                    "--bias",
                    draw.choice(NUMBERS),
                ],
                ["quantum", "trajectory", "--out", "/dev/null/x", "--counts", draw.choice(["0", "1,1", "a", text])],
                ["quantum", "trajectory", "--out", "/dev/null/x", "--separation", text, "--time", draw.choice(NUMBERS)],
                ["sweep", BASE, "--index", text],
                ["plot", draw.choice(["iv", "x", "gap"]), str(self.whole), "--out", "/dev/null/x.png", "-o", text],
            ]
        )

    def damaged(self):
        """A command that reads a run whose files are damaged."""
        draw, folder = self.draw, self.folder / "run"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(self.whole, folder)
        for name in draw.sample(NAMES, draw.choice([1, 1, 2])):
            path = folder / name
            data = bytearray(path.read_bytes()) if path.is_file() else bytearray(b"x")
            what = draw.randrange(6)
            if what == 0:
                path.unlink(missing_ok=True)
            elif what == 1:
                path.write_bytes(data[: draw.randrange(len(data) + 1)])
            elif what == 2:
                for _ in range(20):
                    data[draw.randrange(len(data))] ^= 1 << draw.randrange(8)
                path.write_bytes(data)
            elif what == 3:
                path.write_bytes(b"")
            elif what == 4:
                path.write_bytes(b"text, that is none\n" * 3)
            else:
                path.unlink(missing_ok=True)
                os.mkfifo(path)
        words = draw.choice(READING)
        out = ["--out", str(self.folder / "out.png")] if words[0] == "plot" else []
        return [*words, str(folder), *out]


class TooLong(BaseException):
    """An input took longer than LONGEST."""


def outcome(words):
    """How a command line ends: None if well, otherwise what is wrong, as a text."""

    def alarm(*_):
        raise TooLong

    before = {number: signal.signal(number, alarm) for number in (signal.SIGPROF, signal.SIGALRM)}
    begun = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, LONGEST)
    signal.alarm(ASLEEP * LONGEST)
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            done = CliRunner().invoke(app, words)
    except TooLong as error:
        return f"more than {LONGEST} s, in\n{''.join(traceback.format_exception(error)[-5:])}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
        signal.alarm(0)
        for number, handler in before.items():
            signal.signal(number, handler)
    error = done.exception
    if isinstance(error, TooLong) or time.process_time() - begun > LONGEST:
        return f"more than {LONGEST} s"
    if isinstance(error, EcmsimError):
        return None if error.exit_code in CODES and str(error) else f"exit code {error.exit_code}: {error}"
    if error is not None and not isinstance(error, SystemExit):
        return None if refusal_of_the_system(error) else "".join(traceback.format_exception(error)[-4:])
    return None if done.exit_code in CODES else f"exit code {done.exit_code}"


def replayable(words, folder):
    """What somebody needs to try an input again: the words, and the file that they name."""
    files = [Path(word) for word in words if word.startswith(str(folder)) and word.endswith(".toml")]
    return [f"ecmsim {words!r}"[:2000], *(base64.b64encode(path.read_bytes()[:3000]).decode() for path in files)]


def search(count, seed, told=lambda text: None):
    """Try so many inputs; returns how many of each command there were, and the finds as (words, what is wrong)."""
    finds, commands, here = [], Counter(), os.getcwd()
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(folder)
        try:
            inputs = Inputs(seed, folder)
            for _ in range(count):
                words = inputs.next()
                commands[words[0]] += 1
                if wrong := outcome(words):
                    finds.append((words, wrong))
                    told("\n".join([f"find {len(finds)}, input {inputs.count}", *replayable(words, folder), wrong]))
        finally:
            os.chdir(here)
    return commands, finds


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    begun = time.monotonic()
    commands, finds = search(chosen.count, chosen.seed, lambda text: print(text, flush=True))
    told = ", ".join(f"{name} {number}" for name, number in sorted(commands.items()))
    print(f"{chosen.count} inputs ({told}) in {time.monotonic() - begun:.0f} s: {len(finds)} finds")
    return 1 if finds else 0


if __name__ == "__main__":
    sys.exit(main())
