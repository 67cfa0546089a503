"""Cells in a measuring circuit, in both models: discharge, balances, limits, leakage, and what bad input is told."""

import numpy as np
import pytest

from ecmsim.config import Config
from ecmsim.errors import ConfigError
from ecmsim.results import open_run
from ecmsim.results.folder import TIMESERIES
from ecmsim.running.run import resume, run

BOTH = pytest.mark.parametrize("model", ["reduced", "full"])
# A stump of copper that stays as it is: cold, and over before an ion moves.
STUMP = """
extends = "ecmsim:quick"
title = "stump"
MODEL
[initial]
kind = "cylinder"
radius = "2 nm"
height = "HEIGHT"
[heat]
enabled = false
[mesh]
surface_size = "2 nm"
largest_size = "8 nm"
"""
WIRE = '[compliance]\nkind = "none"\n'


def steps(*texts):
    return "".join(f"[[programme]]\n{text}\n" for text in texts)


def series(text, folder, model="reduced", height="9.9 nm"):
    """The time series of a run, and its configuration."""
    config = Config.from_toml(STUMP.replace("MODEL", f'model = "{model}"').replace("HEIGHT", height) + text)
    run(config, folder)
    return open_run(folder).timeseries, config


GATE = 'compliance = { kind = "transistor", transconductance = "1 mA/V^2", threshold_voltage = "0.4 V", GIVEN }'
CLOSED = GATE.replace("GIVEN", 'gate_points = [["0 s", "0 V"], ["1 s", "0 V"], ["2 s", "1 V"]]')
OHMIC = """[leakage]
area = "1 um^2"
[leakage.ohmic]
conductivity = "1e-9 S/m"
reference_temperature = "300 K"
activation_energy = "0.5 eV"
"""


@BOTH
def test_discharge_through_the_cell(model, tmp_path):
    """A charged capacitor is left alone with the cell: V = V_0 exp(-t/(R C)), to a millionth, until 2 % are left."""
    charge, left = 'kind = "ramp"\nto = "10 mV"\nduration = "1 ns"', f'kind = "hold"\nduration = "0.3 us"\n{CLOSED}'
    text = f'{steps(charge, left)}{WIRE}[circuit]\ncapacitance = "0.1 fF"\n[stepping]\nlargest_step = "15 ns"\n'
    table, _ = series(text, tmp_path / "run", model)
    table = table[table["time_s"] >= 1e-9 * (1 - 1e-12)]
    time, voltage = (table[name].to_numpy() for name in ("time_s", "cell_voltage_V"))
    resistance = voltage[0] / table["current_A"].iloc[0]
    expected = voltage[0] * np.exp(-(time - time[0]) / (resistance * 1e-16))
    assert voltage == pytest.approx(expected, rel=1e-6) and len(time) > 15 and expected[-1] < 0.02 * voltage[0]
    assert table["charge_imbalance"].max() < 1e-8
    assert table["source_current_A"].iloc[1:].to_numpy() == pytest.approx(0.0, abs=1e-20)
    assert -table["capacitor_current_A"].iloc[-1] == pytest.approx(table["current_A"].iloc[-1], rel=1e-6)


@pytest.mark.slow
@BOTH
def test_energy(model, tmp_path):
    """What the source gives is in the capacitor, or went in resistor, cell and leakage, by the trapezoidal rule."""
    charge, wait = 'kind = "ramp"\nto = "0.1 V"\nduration = "1 us"', 'kind = "hold"\nduration = "4 us"'
    circuit = '[circuit]\ncapacitance = "1 pF"\nseries_resistance = "1 Mohm"\n[stepping]\nlargest_step = "STEP"\n'
    text, left = steps(charge, wait) + WIRE + OHMIC.replace("1e-9 S/m", "1e-3 S/m") + circuit, []
    for name, step in (("coarse", "50 ns"), ("fine", "25 ns")) if model == "reduced" else (("fine", "50 ns"),):
        table, _ = series(text.replace("STEP", step), tmp_path / name, model)
        source, cell, time = table["source_current_A"], table["cell_voltage_V"], table["time_s"]
        lost = source * (table["source_voltage_V"] - cell) + table["leakage_current_A"] * cell + table["power_W"]
        energy = table["capacitor_energy_J"]
        given = np.trapezoid(table["source_power_W"], time)
        left.append(abs(given - np.trapezoid(lost, time) - energy.iloc[-1]) / given)
        assert energy.iloc[-1] == pytest.approx(0.5e-12 * cell.iloc[-1] ** 2) and np.trapezoid(lost, time) > 0.2 * given
        parts = table["current_A"] + table["capacitor_current_A"] + table["leakage_current_A"]
        assert source.to_numpy() == pytest.approx(parts.to_numpy(), rel=1e-8)
        assert table["power_imbalance"].max() < 1e-7
    assert left[-1] < 1e-3 and (model == "full" or 3.5 < left[0] / left[1] < 4.5)


def test_leakage_and_displacement_current(tmp_path):
    """C dV/dt, and the layer's conductance over the pad's area, warm as its surroundings; the cell as without them."""
    up = 'kind = "ramp"\nto = "0.1 V"\nrate = "1e6 V/s"'
    text = steps(up) + WIRE + OHMIC + '[circuit]\ncapacitance = "7 aF"\n[cell]\nambient_temperature = "320 K"\n'
    table, _ = series(text, tmp_path / "run")
    warm = np.exp(-0.5 / 8.617333e-5 * (1 / 320 - 1 / 300))
    assert table["leakage_current_A"].iloc[-1] == pytest.approx(1e-12 * 1e-9 / 1e-8 * 0.1 * warm, rel=1e-5)
    assert table["capacitor_current_A"].iloc[1:].to_numpy() == pytest.approx(7e-12, rel=1e-9)
    alone, _ = series(steps(up) + WIRE + '[cell]\nambient_temperature = "320 K"\n', tmp_path / "alone")
    for name in ("current_A", "ionic_current_A", "gap_nm"):
        assert table[name].to_numpy() == pytest.approx(alone[name].to_numpy(), rel=1e-6)
    assert alone["source_current_A"].to_numpy() == pytest.approx(alone["current_A"].to_numpy(), rel=1e-12, abs=1e-40)
    assert not alone["leakage_current_A"].any()


@BOTH
def test_a_transistor_saturates(model, tmp_path):
    """beta/2 (V_G - V_T)^2 flows, whatever the voltage, and the programme's limit is told."""
    up = 'kind = "ramp"\nto = "2 V"\nduration = "1 ns"\n' + GATE.replace("GIVEN", 'gate_voltage = "0.401 V"')
    text = steps(up) + WIRE + '[tunnelling]\ncontact_gap = "0.01 nm"\n'
    table, _ = series(text, tmp_path / "run", model, "9.95 nm")
    last = table.iloc[-1]
    assert last["current_A"] == pytest.approx(5e-10, rel=1e-6) and last["cell_voltage_V"] < 0.5
    assert open_run(tmp_path / "run").limits[-1] == pytest.approx(5e-10)
    assert table["current_A"].max() <= 5e-10 * (1 + 1e-9)


@BOTH
def test_series_resistance_with_a_limiter(model, tmp_path):
    """The same cell current at the source voltage that is higher by what drops over the resistance."""
    up, limit = 'kind = "ramp"\nto = "1 V"\nduration = "1 ns"', '[compliance]\nkind = "ideal"\ncurrent = "1 nA"\n'
    more = '[circuit]\nseries_resistance = "10 Mohm"\n[tunnelling]\ncontact_gap = "0.01 nm"\n'
    last = series(steps(up) + limit + more, tmp_path / "run", model, "9.95 nm")[0].iloc[-1]
    limiter = last["source_voltage_V"] - last["cell_voltage_V"] - 1e7 * last["source_current_A"]
    assert last["source_current_A"] == pytest.approx(-1e-9 * np.expm1(-limiter / 0.05), rel=1e-7)
    assert last["source_current_A"] == pytest.approx(last["current_A"], rel=1e-12) and last["current_A"] > 5e-10


SET = """
extends = "ecmsim:quick"
title = "fast SET"
model = "reduced"
[hopping]
activation_energy = "0.1 eV"
[[programme]]
kind = "ramp"
to = "3.5 V"
duration = "10 ns"
[[programme]]
kind = "hold"
duration = "2 us"
until = "gap < 8 nm"
[circuit]
capacitance = "0.1 pF"
"""


@pytest.mark.slow
def test_a_run_with_a_circuit_is_resumed_to_the_same_bytes(tmp_path):
    text = SET + '[compliance]\nkind = "ideal"\ncurrent = "10 uA"\nresponse_time = "10 ns"\n'
    config = Config.from_toml(text, overrides=["stepping.rebind_every=10", "checkpoint.interval=1 ms"])
    run(config, tmp_path / "whole")
    run(config, tmp_path / "parts", until=2e-8)
    resume(tmp_path / "parts", until=1.0)
    whole, parts = ((tmp_path / name / TIMESERIES).read_bytes() for name in ("whole", "parts"))
    assert whole == parts and len(whole.splitlines()) > 100
    table = open_run(tmp_path / "whole").timeseries
    assert table["gap_nm"].min() < 8 and table["charge_imbalance"].max() < 1e-8


@pytest.mark.parametrize(
    ("settings", "told"),
    [
        (["circuit.capacitance=0 F"], 'circuit.capacitance = "0 F": must be at least 1e-18 F'),
        (["circuit.capacitance=1 F"], "must be at most 1e-6 F"),
        (["circuit.series_resistance=0 ohm"], "must be greater than 0 ohm"),
        (
            ["circuit.capacitance=1 uF", "circuit.series_resistance=1 Gohm"],
            "series_resistance times circuit.capacitance = 1000 s: is more than 100 times the programme's 1.72 s",
        ),
        (
            ["circuit.capacitance=1 aF", "circuit.series_resistance=10 ohm"],
            "is less than stepping.smallest_step (1e-15 s), so that no step can follow it",
        ),
        (["compliance.response_time=500 s"], "compliance.response_time = 500 s: is more than 100 times"),
        (
            ["compliance.response_time=1e-16 s"],
            "compliance.response_time = 1e-16 s: is less than stepping.smallest_step",
        ),
        (
            [f"compliance={GATE.partition(' = ')[2]}".replace("GIVEN", 'gate_voltage="0.4 V"')],
            "compliance.gate_voltage: the gate never opens, as it comes to 0.4 V at most: must be above",
        ),
        (
            ['compliance={kind="transistor", transconductance="1 mA/V^2", threshold_voltage="0.4 V"}'],
            "compliance: needs either a gate_voltage or gate_points",
        ),
        (
            [f"compliance={GATE.partition(' = ')[2]}".replace("GIVEN", 'gate_points=[["1 s", "1 V"], ["1 s", "2 V"]]')],
            "compliance.gate_points: times must increase",
        ),
        (
            ["circuit.capacitance=1 uF", 'compliance={kind="series_resistor", resistance="1 Gohm"}'],
            "compliance.resistance times circuit.capacitance = 1000 s: is more than 100 times the programme's 1.72 s",
        ),
        (
            [
                *("circuit.capacitance=1 aF", "circuit.series_resistance=1 ohm"),
                'compliance={kind="series_resistor", resistance="10 ohm"}',
            ],
            "(circuit.series_resistance + compliance.resistance) times circuit.capacitance = 1.1e-17 s: is less than",
        ),
        (
            ["circuit.capacitance=1 uF", "compliance.current=1 nA"],
            "circuit.capacitance times 1.72 V over compliance.current = 1720 s: is more than 100 times",
        ),
        (
            [
                f"compliance={GATE.partition(' = ')[2]}".replace(
                    "GIVEN", 'gate_points=[["0 s", "0 V"], ["1 ks", "1 V"]]'
                )
            ],
            "compliance.gate_points: the gate never opens within the programme's 1.72 s: it stays 0.3983 V below",
        ),
        (["leakage.area=1 um^2"], "leakage.area: needs a table of what leaks"),
        (
            ['leakage.schottky={barrier="1 eV", richardson="1e6 A/m^2/K^2", permittivity=2}'],
            "leakage: needs the area over which schottky leaks",
        ),
        (
            ['leakage={area="100 nm^2", schottky={barrier="1 eV", richardson="1e6 A/m^2/K^2", permittivity=2}}'],
            'leakage.area = "1e-4 um^2": must not be less than the simulated disc, 0.001963 um^2',
        ),
        (
            ['leakage={area="1 um^2", schottky={barrier="-1 eV", richardson="1 A/m^2/K^2", permittivity=2}}'],
            "must be greater",
        ),
    ],
)
def test_bad_input(settings, told):
    with pytest.raises(ConfigError) as caught:
        Config.from_toml('extends = "ecmsim:quick"', overrides=settings)
    assert told in str(caught.value) and caught.value.exit_code == 2


def test_what_is_slow_for_a_step_only_is_no_mistake():
    """A gate that is closed, a resistor that isolates and a limiter in one step, where the others go on."""
    steps = [f"{{kind='hold', duration='1 s', {CLOSED.replace(chr(34), chr(39))}}}"]
    for compliance in ("{kind='series_resistor', resistance='1e12 ohm'}", "{kind='ideal', current='1 nA'}"):
        steps.append(f"{{kind='hold', duration='1 s', compliance={compliance}}}")
    programme = f"programme=[{{kind='ramp', to='1 V', rate='1 V/s'}}, {', '.join(steps)}]"
    given = [programme, "circuit.capacitance=1 uF"]
    assert Config.from_toml('extends = "ecmsim:quick"', overrides=given).circuit.capacitance == 1e-6


ENERGIES = [
    "leakage.ohmic.activation_energy",
    "leakage.poole_frenkel.activation_energy",
    "leakage.schottky.barrier",
    "nucleation.activation_energy",
    "capillarity.surface_energy",
    "hopping.activation_energy",
    "butler_volmer.activation_energy",
    "surface_diffusion.activation_energy",
    "stress.energy",
    "dissolution.void_energy",
    "tunnelling.barrier",
]


@pytest.mark.parametrize("setting", ENERGIES)
def test_energies_of_the_wrong_sign(setting):
    unit = "J/m^2" if setting.startswith("capillarity") else "eV"
    with pytest.raises(ConfigError) as caught:
        Config.from_toml('extends = "ecmsim:quick"', overrides=[f"{setting}=-0.3 {unit}"])
    assert f'{setting} = "-0.3 {unit}": must be ' in str(caught.value) and caught.value.exit_code == 2


def test_the_record_of_a_circuit_can_be_read_again():
    gate = GATE.partition(" = ")[2].replace("GIVEN", 'gate_points=[["0 s", "0 V"], ["1 s", "2 V"]]')
    config = Config.from_toml('extends = "ecmsim:quick"\n' + OHMIC, overrides=[f"compliance={gate}"])
    assert Config.from_toml(config.to_toml()) == config
    assert [config.compliance.gate(time) for time in (0.0, 0.25, 1.0, 9.0)] == [0.0, 0.5, 2.0, 2.0]
