"""What is measured of the made-up cell of stub_worker, and the file of a fit to it."""

import json

import numpy as np
import tomli_w

from ecmsim.config import load_config
from ecmsim.fitting import worker
from helpers import stub_worker
from helpers.paths import ROOT

CONFIG = ROOT / "configs" / "cu_sio2_pt.toml"
TRUE = {"butler_volmer.transfer_coefficient": 0.15, "stress.energy": 0.03, "tunnelling.barrier": 4.4}
UNITS = {"stress.energy": " eV", "tunnelling.barrier": " eV"}
PARAMETERS = {
    "butler_volmer.transfer_coefficient": {"from": 0.1, "to": 0.2, "start": 0.17},
    "stress.energy": {"from": "0.01 eV", "to": "0.06 eV"},
    "tunnelling.barrier": {"from": "3 eV", "to": "6 eV"},
}
TRIANGLE = '[{ kind = "sweep", peak = "2 V", rate = "1 V/s" }]'
VOLTS = (1.2,)


def computed(*settings):
    """Time, voltage, current, gap of the made-up cell as it really is, with settings on top."""
    known = [f"{name}={value}{UNITS.get(name, '')}" for name, value in TRUE.items()]
    return stub_worker.cell(load_config(CONFIG, [*known, *settings]))


def curve(folder, limit="10 uA", name="iv.csv", relative=0.0, floor=0.0, seed=0):
    """Write a measured I-V curve, 10 mV from point to point; returns its name."""
    t, v, i, _ = computed(f"programme={TRIANGLE}", f"compliance.current={limit}")
    draw, time = np.random.default_rng(seed), np.arange(0, 4.001, 0.01)
    current = np.exp(np.interp(time, t, np.log(i)))
    current = current * (1 + relative * draw.standard_normal(len(time))) + floor * draw.standard_normal(len(time))
    lines = [f"{a:.6g},{b:.6g},{c:.8g}" for a, b, c in zip(time, np.interp(time, t, v), current, strict=True)]
    (folder / name).write_text("\n".join(["Time,AV,AI", *lines]) + "\n")
    return name


def set_time(volts, current=2e-6):
    """The time to SET at a voltage, s."""
    hold = f'[{{ kind = "ramp", to = "{volts} V", duration = "1 ns" }}, {{ kind = "hold", duration = "1e3 s" }}]'
    t, _, i, _ = computed(f"programme={hold}", "compliance.current=10 uA")
    return float(np.interp(np.log(current), np.log(np.maximum(i, 1e-30)), t))


def datasets(folder, **noise):
    """A curve and SET times, the slowest of which was not waited for."""
    times = [[f"{volts} V", f"{set_time(volts):.6g} s"] for volts in VOLTS]
    times.append(["0.8 V", f"{0.3 * set_time(0.8):.6g} s", False])
    iv = {"kind": "iv", "name": "curve", "file": curve(folder, **noise), "compliance": "10 uA", "floor": "2 pA"}
    pulses = {"kind": "set_times", "name": "pulses", "points": times, "current": "2 uA", "relative_error": 0.05}
    return [iv, pulses | {"set": {"compliance.current": "10 uA"}}]


def curve_alone(folder, **noise):
    """The curve, which tells of all three parameters in one run instead of three."""
    return datasets(folder, **noise)[:1]


def fit_file(folder, **changes):
    """Write a fit of all three parameters; keys that are None are left out."""
    data = {
        "config": str(CONFIG),
        "dataset": changes.pop("dataset", None) or datasets(folder),
        "parameters": PARAMETERS,
        "global": {"method": "none"},
        "full": {"mode": "none"},
    } | changes
    path = folder / "fit.toml"
    path.write_text(tomli_w.dumps({key: value for key, value in data.items() if value is not None}))
    return path


def behave(folder, **bounds):
    """Say above which transfer coefficients trials "fail", "hang" or "crash", and after which call they "wait"."""
    (folder / "behaviour.json").write_text(json.dumps(bounds))


def calls(folder):
    """The trials that were made, a line each."""
    path = folder / "calls.txt"
    return path.read_text().splitlines() if path.exists() else []


class Inside:
    """In place of ecmsim.fitting.trials.Worker: makes trials in this process, which need not be started."""

    def __init__(self, command, log):
        pass

    def do(self, job, folder):
        line = {"folder": str(folder), "config": job.config, "limit": job.limit, "enough": job.enough}
        return worker.attempt(line | {"outlines": job.outlines, "allow_code": job.allow_code})

    def end(self):
        pass


def workers(monkeypatch, folder, inside=True):
    """The command of the stub of a worker, which finds how to behave in a folder; inside: it is not even started."""
    monkeypatch.setenv("STUB_HOME", str(folder))
    behave(folder)
    if inside:
        monkeypatch.setattr("ecmsim.fitting.trials.Worker", Inside)
        monkeypatch.setattr("ecmsim.running.run.run", stub_worker.run)
    return stub_worker.COMMAND
