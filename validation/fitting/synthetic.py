"""Measurements that the model itself makes: two I-V curves and SET times, with the noise of an instrument."""

import csv
from pathlib import Path

import numpy as np

from ecmsim.config import load_config
from ecmsim.results import open_run
from ecmsim.running.run import run

CONFIG = Path(__file__).resolve().parents[2] / "configs" / "cu_sio2_pt.toml"
HIDDEN = {"butler_volmer.transfer_coefficient": 0.175, "stress.energy": 0.031, "tunnelling.barrier": 4.45}
UNITS = {"butler_volmer.transfer_coefficient": "", "stress.energy": " eV", "tunnelling.barrier": " eV"}
COMPLIANCES = (10e-6, 300e-6)  # A
RELATIVE, FLOOR = 0.05, 2e-12  # noise of a current: over itself, and A
INTERVAL = 0.01  # V between points
PEAK = 2.0  # V
PULSES = ((1.6, True), (1.4, True), (1.2, True), (1.0, True), (0.9, False))  # V, and whether it was long enough
SCATTER = 0.05  # of the logarithm of a SET time
CURRENT = 5e-6  # A, that tells switching


def true_settings():
    """The hidden values as texts "key=value"."""
    return [f"{name}={value}{UNITS[name]}" for name, value in HIDDEN.items()]


def simulated(folder, settings, model="reduced"):
    """The time series of a run of the cell with settings."""
    common = ["output.snapshot_currents=[]", "output.snapshot_regimes=false", f"model={model}"]
    run(load_config(CONFIG, [*common, *settings]), folder, overwrite=True)
    return open_run(folder).timeseries


def exact(folder, model="reduced"):
    """The curves without noise by compliance current, as (voltage, current) arrays, and the SET times by voltage."""
    triangle = f'programme=[{{ kind = "sweep", peak = "{PEAK} V", rate = "1 V/s" }}]'
    curves, times = {}, {}
    for limit in COMPLIANCES:
        series = simulated(
            folder / f"iv_{limit:g}", [*true_settings(), triangle, f"compliance.current={limit} A"], model
        )
        time = np.arange(0, 2 * PEAK + 1e-9, INTERVAL)
        size = np.interp(time, series.time_s, np.log(np.maximum(series.current_A, 1e-30)))
        curves[limit] = PEAK - np.abs(PEAK - time), np.exp(size)
    for volts, _ in PULSES:
        steps = f'programme=[{{ kind = "ramp", to = "{volts} V", duration = "1 ns" }}, '
        steps += f'{{ kind = "hold", duration = "1000 s", until = "current > {CURRENT!r} A" }}]'
        numerics = ["stepping.first_step=1 ps", "stepping.largest_step=10 s", "stepping.smallest_step=1e-22 s"]
        numerics += ["stepping.largest_voltage_step=0.2 V", f"compliance.current={COMPLIANCES[0]} A"]
        series = simulated(folder / f"pulse_{volts:g}", [*true_settings(), *numerics, steps], model)
        times[volts] = float(series.time_s.iloc[-1])
    return curves, times


def noisy(curves, times, seed):
    """The same with noise: currents by compliance, and (voltage, time, whether it switched) of each pulse."""
    draw = np.random.default_rng(seed)
    measured = {
        limit: (v, i * (1 + RELATIVE * draw.standard_normal(len(i))) + FLOOR * draw.standard_normal(len(i)))
        for limit, (v, i) in curves.items()
    }
    pulses = []
    for volts, long_enough in PULSES:
        time = times[volts] * np.exp(SCATTER * draw.standard_normal())
        pulses.append((volts, time, True) if long_enough else (volts, 0.7 * times[volts], False))
    return measured, pulses


def write(folder, measured, pulses):
    """Write the measurements as files of instruments: iv_LIMIT.csv as of a Keithley 4200A, set_times.csv."""
    folder.mkdir(parents=True, exist_ok=True)
    for limit, (v, i) in measured.items():
        with open(folder / f"iv_{limit * 1e6:g}uA.csv", "w", newline="") as file:
            rows = csv.writer(file)
            rows.writerow(["Time", "AV", "AI"])
            rows.writerows(
                [f"{k * INTERVAL:.5f}", f"{a:.5f}", f"{b:.6e}"] for k, (a, b) in enumerate(zip(v, i, strict=True))
            )
    with open(folder / "set_times.csv", "w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["voltage (V)", "time (s)", "switched"])
        rows.writerows([volts, f"{time:.6g}", int(done)] for volts, time, done in pulses)


FIT = """# Parameters of the reference cell from two I-V curves and SET times.
config = "{config}"
title = "three hidden parameters"

[[dataset]]
name = "I-V, 10 uA"
kind = "iv"
file = "iv_10uA.csv"
compliance = "10 uA"
floor = "2 pA"
voltage_error = "0.5 mV"

[[dataset]]
name = "I-V, 300 uA"
kind = "iv"
file = "iv_300uA.csv"
compliance = "300 uA"
floor = "2 pA"
voltage_error = "0.5 mV"

[[dataset]]
name = "SET times"
kind = "set_times"
file = "set_times.csv"
switched = "switched"
current = "5 uA"
relative_error = 0.05
set = {{ "compliance.current" = "10 uA" }}

[parameters]
"butler_volmer.transfer_coefficient" = {{ from = 0.12, to = 0.24, start = {start[0]} }}
"stress.energy" = {{ from = "0.01 eV", to = "0.06 eV", start = "{start[1]} eV" }}
"tunnelling.barrier" = {{ from = "3 eV", to = "6 eV", start = "{start[2]} eV" }}
{more}
[global]
method = "none"

[full]
mode = "none"
"""
