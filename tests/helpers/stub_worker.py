"""Stands in for ecmsim.fitting.worker: a made-up cell that is computed in a moment, and that fails as it is told to.

Its gap closes with exp(transfer coefficient * V / 25 mV), electrons cross it with exp(-gap * root of the barrier), and
stress.energy widens what is left in the end. behaviour.json in STUB_HOME has bounds of the transfer coefficient above
which a trial {"fail", "hang", "crash"}s, and the number of the call after which they "wait" for ever; calls.txt there
has a line for each trial.
"""

import json
import os
import sys
import time
from pathlib import Path
from types import SimpleNamespace

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[2]))  # as a process of its own it is started from anywhere

import ecmsim.running.run
from ecmsim.errors import SolveError
from ecmsim.fitting import worker

STEPS = 300  # of a leg
THERMAL = 0.025  # V
LAYER = 10.0  # nm
SPEED = 5e-3  # nm/s at 0 V
PER_ATOM = 2.0  # 1/nm at 4 eV


def legs(config):
    """Times and voltages of the programme, and where a condition on the current may end it."""
    time, volts, until = [0.0], [0.0], np.inf
    for step in config.programme:
        if step.kind == "measured":
            time += [time[-1] + float(t) + 1e-9 for t, _ in step.points]
            volts += [float(v) for _, v in step.points]
            continue
        ends = [float(step.peak), float(step.back)] if step.kind == "sweep" else [float(getattr(step, "to", volts[-1]))]
        for end in ends:
            length = getattr(step, "duration", None) or abs(end - volts[-1]) / float(step.rate)
            time.append(time[-1] + float(length))
            volts.append(end)
        if getattr(step, "until", None):
            until = float(step.until.split(">")[1].split()[0])
    return time, volts, until


def cell(config):
    """Columns of the time series: source voltage, current, gap."""
    time, volts, until = legs(config)
    even, fast = np.linspace(0, 1, STEPS + 1)[1:], np.geomspace(1e-6, 1.0, STEPS)
    parts = zip(time, time[1:], volts, volts[1:], strict=False)
    t = np.concatenate([[0.0], *(a + (b - a) * (even if v != w else fast) for a, b, v, w in parts)])
    v = np.interp(t, time, volts)
    hot = float(config.cell.ambient_temperature) / 300
    speed = SPEED * np.exp(float(config.butler_volmer.transfer_coefficient) * v / (THERMAL * hot))
    closed = np.concatenate([[0.0], np.cumsum(0.5 * (speed[1:] + speed[:-1]) * np.diff(t))])
    left = 0.1 + 5 * float(config.stress.energy)
    gap = np.maximum(LAYER - closed, left)
    conductance = 1e-5 * np.exp(-PER_ATOM * np.sqrt(float(config.tunnelling.barrier) / 4) * gap)
    limit = float(config.compliance.current)
    current = 1 / (1 / np.maximum(conductance * v, 1e-40) + 1 / limit)
    end = np.nonzero(current > until)[0]
    rows = slice(0, int(end[0]) + 1) if len(end) else slice(None)
    return t[rows], v[rows], current[rows], gap[rows]


def run(config, folder, progress=None, allow_code=False):
    """In place of ecmsim.running.run.run."""
    home = Path(os.environ["STUB_HOME"])
    told = json.loads((home / "behaviour.json").read_text())
    with open(home / "calls.txt", "a") as calls:
        calls.write(f"{config.model} {config.butler_volmer.transfer_coefficient:.6g} {config.stepping.refinement:g}\n")
        calls.flush()
        before = calls.tell()  # its own line and those before it
    while (home / "calls.txt").read_bytes()[:before].count(b"\n") > told.get("wait", np.inf):
        time.sleep(0.1)
    alpha = float(config.butler_volmer.transfer_coefficient)
    if alpha > told.get("crash", np.inf):
        os._exit(9)
    folder.mkdir()
    (folder / "config.toml").write_text(config.to_toml())
    provenance = {"format": "ecmsim run", "version": 1, "status": "finished", "start_time": "2026-01-01T00:00:00+00:00",
                  "end_time": "2026-01-01T00:00:07+00:00", "reason": "end of the programme"}  # fmt: skip
    (folder / "provenance.json").write_text(json.dumps(provenance))
    t, v, current, gap = cell(config)
    if alpha > min(told.get("fail", np.inf), told.get("hang", np.inf)):  # it has not come far
        t, v, current, gap = (values[:5] for values in (t, v, current, gap))
    shift = 1.0 if config.model == "reduced" else 1.02
    known = {"time_s": t, "source_voltage_V": v, "cell_voltage_V": v, "current_A": current * shift, "gap_nm": gap}
    lines = np.column_stack([*known.values(), LAYER - gap])
    header = ",".join([*known, "height_nm"])
    np.savetxt(folder / "timeseries.csv", lines, "%.10g", ",", header=header, comments="")
    (folder / "events.csv").write_text("time_s,step,event,detail\n")
    if told.get("hang", np.inf) > alpha > told.get("fail", np.inf):
        raise SolveError("the outline crossed itself")
    for at, amperes in zip(t, current, strict=True):
        progress.step(SimpleNamespace(time=at, observed={"current": amperes}))
    while alpha > told.get("hang", np.inf):
        progress.step(SimpleNamespace(time=1.0, observed={"current": 0.0}))
    return SimpleNamespace(reason="end of the programme")


COMMAND = (sys.executable, __file__)

if __name__ == "__main__":
    ecmsim.running.run.run = run
    worker.main()
