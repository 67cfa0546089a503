"""Pictures of several runs, studies, protocols and tables, films and pages, with all that stands in them, as they were.

As test_plot_baselines, of what is no picture of one run.
"""

import json
import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import artists, instruments, kept, small, synthetic
from helpers.pulsed import write_pulsed
from matplotlib.figure import Figure

from ecmsim.constants import BOLTZMANN_EV, CONDUCTANCE_QUANTUM
from ecmsim.errors import PlotError
from ecmsim.measured import open_file, read, read_points
from ecmsim.plot import (
    annotation,
    draw,
    dress,
    dressed,
    film,
    gap,
    interactive,
    iv,
    measured_contacts,
    note,
    options,
    overlay,
    scene,
    style,
    table_map,
    table_points,
    trace,
    trajectories,
)
from ecmsim.plot.study import StudyTable
from ecmsim.quantum.atoms.record import COLUMNS as OF_ATOMS
from ecmsim.quantum.atoms.record import Record
from ecmsim.quantum.atoms.settings import Settings
from ecmsim.quantum.lookup import Lookup
from ecmsim.quantum.measured import point_contact
from ecmsim.quantum.measured.command import Settings as Asked
from ecmsim.quantum.measured.command import analyse
from ecmsim.quantum.table import load_table
from ecmsim.results import open_run


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("many")


@pytest.fixture(scope="module")
def sweep(folder):
    path = synthetic.write_run(folder / "sweep", steps=160)
    text = (path / "config.toml").read_text()
    text = text.replace("[cell]", '[cell]\nactive_electrode = "Cu"\ncounter_electrode = "own/Pt.toml"')
    (path / "config.toml").write_text(text)
    return open_run(path)


@pytest.fixture(scope="module")
def wide(folder):
    """A filament that is wider than a film's picture of the layer."""
    columns, outlines = synthetic.series(60)
    return open_run(synthetic.write_columns(folder / "wide", columns, [points * [4, 1] for points in outlines]))


@pytest.fixture(scope="module")
def lower(folder):
    """A sweep of a title of its own, with less current."""
    path = synthetic.write_run(folder / "lower", steps=120, compliance=1e-4, snapshots=False)
    text = (path / "config.toml").read_text().replace("synthetic SET sweep", "synthetic: lower")
    (path / "config.toml").write_text(text)
    return open_run(path)


@pytest.fixture(scope="module")
def cycles(folder):
    return open_run(synthetic.write_cycles(folder / "cycles", count=3))


@pytest.fixture(scope="module")
def left_alone(folder):
    return open_run(synthetic.write_retention(folder / "retention"))


@pytest.fixture(scope="module")
def recording(folder):
    path = folder / "cell_7.csv"
    path.write_text("Time,AV,AI\n" + instruments.lines(instruments.sweep()))
    return read(path)


@pytest.fixture
def compared(file_regression):
    """compared(drawing, *names, **options): draw and compare."""

    def check(drawing, *names, **options):
        with artists.undrawn() as pictures:
            drawn = drawing()
        kept.check(file_regression, artists.told(pictures, drawn), *names, **options)

    return check


# --- several runs -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("iv", {}),
        ("iv", {"voltage": "cell", "floor_A": 1e-13}),
        ("gap", {}),
        ("gap", {"time": "log"}),
        ("temperature", {}),
        ("elephant", {}),
        ("elephant", {"time": "log", "from_s": 1.0, "to_s": 3.0}),
    ],
)
def test_several_runs_are_drawn_as_they_were(sweep, lower, compared, tmp_path, name, options):
    compared(lambda: overlay(name, [sweep, lower], (), tmp_path / "p.png", **options), "overlay", name, **options)


def test_many_curves_differ_in_colour_and_dashes(sweep, compared, tmp_path):
    compared(lambda: overlay("gap", [sweep] * 8, (), tmp_path / "p.png"), "overlay", "gap", "many")


def test_runs_and_measurements_are_drawn_as_they_were(sweep, cycles, recording, compared, tmp_path):
    compared(lambda: overlay("iv", [cycles, sweep], [recording], tmp_path / "p.png"), "overlay", "iv", "measured")


def test_the_cycles_of_a_measurement_are_drawn_as_they_were(compared, tmp_path):
    t, v, i = instruments.sweep()
    back_t, back_v, back_i = instruments.reset()
    once = (np.append(t, 4.02 + back_t), np.append(v, back_v), np.append(i, back_i))
    both = [np.concatenate([part + (6.1 * k if n == 0 else 0) for k in range(8)]) for n, part in enumerate(once)]
    path = tmp_path / "cell_8.csv"
    path.write_text("Time,AV,AI\n" + instruments.lines(both))
    compared(lambda: overlay("iv", [], [read(path)], tmp_path / "p.png"), "overlay", "iv", "cycles")
    path.write_text("Time,AV,AI\n" + instruments.lines((t, v, i)))
    compared(lambda: overlay("iv", [], [read(path)], tmp_path / "p.png"), "overlay", "iv", "alone")


def test_distributions_are_drawn_as_they_were(cycles, compared, tmp_path):
    table = tmp_path / "per_cycle.csv"
    table.write_text(instruments.per_cycle(20))
    options = {"read_V": 0.2, "set_by": "current", "set_current_A": 1e-6}
    compared(lambda: overlay("cycles", [cycles], [open_file(table)], tmp_path / "p.png"), "overlay", "cycles")
    compared(lambda: overlay("cycles", [cycles], (), tmp_path / "p.png", **options), "overlay", "cycles", **options)


# --- studies ------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def many(folder):
    """The summary of a study of the compliance current at two thicknesses; one case has failed, and one has not SET."""
    rows = [
        {
            "case": k,
            "folder": str(k),
            "status": "failed" if k == 6 else "finished",
            "reason": "",
            "compliance_current_A": 10.0 ** (-6 + k % 5),
            "cell_layer_thickness_nm": 9.0 + k // 5,
            "steps": 100,
            "resistance_lrs_ohm": 0.5 * 10.0 ** (6 - 0.9 * (k % 5)) * (1 + 0.1 * (k // 5)),
            "radius_mean_end_nm": 1.0 + 0.2 * k,
            "time_set_s": np.nan if k == 3 else 1.5 + 0.1 * k,
            "temperature_max_K": 300 + 2.0**k,
        }
        for k in range(10)
    ]
    return StudyTable(folder, pd.DataFrame(rows), ("compliance_current_A", "cell_layer_thickness_nm"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"x": "cell_layer_thickness_nm"},
        {"y": "time_set_s, temperature_max_K, resistance_lrs_ohm"},
        {"y": "resistance_lrs_ohm", "fit": "power", "fit_from": 2e-6, "fit_to": 1e-2},
        {"y": "radius_mean_end_nm", "x": "temperature_max_K", "fit": "exponential"},
    ],
)
def test_a_study_is_drawn_as_it_was(many, compared, tmp_path, options):
    compared(lambda: draw("study", many, tmp_path / "p.png", **options), "study", **options)


def test_measured_points_are_drawn_beside_a_study(many, compared, tmp_path):
    path = tmp_path / "points.csv"
    path.write_text("I (A);R (ohm)\n1e-7;3e6\n2e-4;2000\n")
    points = read_points(path, units=("A", "ohm"))
    drawing = lambda: draw("study", many, tmp_path / "p.png", y="resistance_lrs_ohm", measured=[points])  # noqa: E731
    compared(drawing, "study", "measured")


def test_samples_and_small_numbers_of_a_study_are_drawn_as_they_were(compared, tmp_path):
    """More cases than lines that can be told apart; values that want a power of ten; named cases."""
    shares = np.linspace(0, 1, 9)
    table = pd.DataFrame({"case": range(9), "status": "finished", "reason": "", "hopping_distance_nm": 0.1 + shares})
    table = table.assign(stress_energy_eV=shares[::-1] / 500, steps=5, G_after_S=1e-6, end_gap_nm=1e-3 * shares**2)
    study = StudyTable(tmp_path, table, ("hopping_distance_nm", "stress_energy_eV"))
    compared(lambda: draw("study", study, tmp_path / "p.png"), "study", "sample")
    named = table.assign(name=["thin_film", "thick_film", "other"] * 3)
    study = StudyTable(tmp_path, named, ("name", "hopping_distance_nm", "stress_energy_eV"))
    compared(lambda: draw("study", study, tmp_path / "p.png", x="hopping_distance_nm"), "study", "named")


@pytest.mark.parametrize("options", [{}, {"y": "current_end_A", "fit_from": 260, "fit_to": 390}])
def test_an_arrhenius_picture_is_as_it_was(compared, tmp_path, options):
    kelvin = np.array([250.0, 275.0, 300.0, 325.0, 350.0, 375.0, 400.0])
    scatter = 1e-9 * (1 + 0.1 * np.cos(kelvin))
    rows = [
        {"status": "finished", "cell_ambient_temperature_K": t, "programme_0_to_V": v, "time_set_s": time}
        for v, energy in ((0.6, 0.5), (1.0, 0.4))
        for t, time in zip(kelvin, scatter * np.exp(energy / BOLTZMANN_EV / kelvin), strict=True)
    ]
    table = pd.DataFrame(rows)
    table["current_end_A"] = 1e-3 / table["time_set_s"]
    study = StudyTable(tmp_path, table, ("programme_0_to_V", "cell_ambient_temperature_K"))
    compared(lambda: draw("arrhenius", study, tmp_path / "p.png", **options), "arrhenius", **options)


@pytest.fixture(scope="module")
def contacts(folder):
    """Five current sweeps over atomic contacts, at several currents and of two kinds of metal; one has failed."""
    rows = []
    for k in range(5):
        path = folder / "contacts" / str(k)
        levels, starts = (0.02, 1 + 0.03 * k, 2 - 0.02 * k, 3, 4 + k), (3 + k, 8, 13, 17)
        synthetic.write_stairs(path, levels=levels, starts=starts, steps=120 + 20 * k)
        status = "failed" if k == 4 else "finished"
        rows.append((k, str(k), status, "", 10.0 ** (k - 6), "ab"[k % 2], 100))
    columns = ["case", "folder", "status", "reason", "compliance_current_A", "metal", "steps"]
    table = pd.DataFrame(rows, columns=columns)
    return StudyTable(folder / "contacts", table, ("compliance_current_A", "metal"))


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"parasitic": "300 ohm", "bins": 0.1, "samples": 500, "from_s": 2.0, "to_s": 35.0},
        {"parasitic": "model", "samples": 300, "from_V": 0.01, "to_V": 0.08, "least_V": 0.02, "to_G0": 2.5},
    ],
)
def test_a_histogram_is_as_it_was(contacts, compared, tmp_path, options):
    def drawing():
        drawn = draw("histogram", contacts, tmp_path / "p.png", **options)
        rows = pd.read_csv(tmp_path / "p.csv")
        drawn.words += [f"{name}: {artists.summary(rows[name])}" for name in rows]
        return drawn

    compared(drawing, "histogram", **options)


def test_a_histogram_that_leaves_its_axis_says_how_high_it_is(compared, tmp_path):
    """Long without a contact; the law of tunnelling knows none in one of two runs."""
    rows = [(k, str(k), "finished", "", k, 100) for k in range(2)]
    table = pd.DataFrame(rows, columns=["case", "folder", "status", "reason", "seed", "steps"])
    for k in range(2):
        synthetic.write_stairs(tmp_path / str(k), levels=(0.02, 1, 2), starts=(19, 30 + k), steps=150)
    study = StudyTable(tmp_path, table, ("seed",))
    compared(lambda: draw("histogram", study, tmp_path / "p.png", samples=300), "histogram", "high")
    text = (tmp_path / "1" / "config.toml").read_text().replace('"blend"', '"simmons"')
    (tmp_path / "1" / "config.toml").write_text(text)
    compared(lambda: draw("histogram", study, tmp_path / "p.png", samples=300), "histogram", "continuous")


def test_a_measured_histogram_is_drawn_beside(contacts, compared, tmp_path):
    path, volts = tmp_path / "steps.csv", np.linspace(-0.1, 0.4, 400)
    path.write_text("Time,V,I\n" + instruments.lines((np.arange(400), volts, 1.97 * CONDUCTANCE_QUANTUM * volts)))
    options = {"from_V": 0.02, "to_V": 0.3, "to_G0": 4, "samples": 300}
    drawing = lambda: draw("histogram", contacts, tmp_path / "p.png", measured=[read(path)], **options)  # noqa: E731
    compared(drawing, "histogram", "measured")


@pytest.mark.parametrize("options", [{}, {"by": "metal"}, {"voltage": "cell", "floor_A": 1e-9}])
def test_the_curves_of_a_study_are_drawn_as_they_were(contacts, recording, compared, tmp_path, options):
    measured = [recording] if options else ()
    compared(lambda: draw("family", contacts, tmp_path / "p.png", measured=measured, **options), "family", **options)


@pytest.fixture
def cells(tmp_path):
    """A study of 12 cells of 4 cycles, some of which have not switched, with pulses: values without chance."""
    k = np.arange(48)
    cycles = pd.DataFrame({"case": k // 4, "cycle": 1 + k % 4, "thickness_nm": np.where(k < 24, 9.0, 10.0)})
    cycles["V_SET_V"] = 1.7 + 0.1 * np.sin(1.7 * k) + 0.03 * np.cos(0.3 * k)
    cycles["V_RESET_V"] = -0.6 + 0.05 * np.cos(2.1 * k)
    cycles["R_LRS_ohm"] = 1e5 * np.exp(0.8 * np.sin(0.9 * k))
    cycles["t_SET_s"] = 1e-6 * (2 + np.sin(0.7 * k))
    cycles.loc[[7, 20], "V_SET_V"] = np.nan
    (tmp_path / "cycles.csv").write_text("# words\n" + cycles.to_csv(index=False))
    interval = np.array([-2e-3, -1e-3, 1e-3, 3e-3])
    pulses = pd.DataFrame({"programme_0_interval_s": np.repeat(interval, 2), "G_before_S": 1e-6})
    pulses["G_after_S"] = [1e-6, 9e-7, 1e-6, 5e-7, 1e-6, 2e-6, 1e-6, 1.2e-6]
    pulses["switched"] = ["no", "SET", "SET", "no", None, "SET", "SET", "SET"]
    pulses.to_csv(tmp_path / "pulses.csv", index=False)
    return StudyTable(tmp_path, cycles, ("thickness_nm", "programme_0_interval_s"))


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("cdf", {"resamples": 50}),
        ("cdf", {"of": "R_LRS_ohm", "resamples": 50}),
        ("weibull", {"resamples": 50}),
        ("weibull", {"of": "V_SET_V, t_SET_s", "resamples": 50}),
        ("violin", {}),
        ("violin", {"by": "thickness_nm", "of": "V_SET_V,R_LRS_ohm"}),
        ("stdp", {}),
        ("bits", {}),
    ],
)
def test_statistics_of_many_cells_are_drawn_as_they_were(cells, compared, tmp_path, name, options):
    measured = {}
    if name in ("cdf", "weibull", "violin") and "by" not in options:
        path = tmp_path / "table.csv"
        path.write_text("cycle,VSET,RLRS\n1,1.5,1e4\n2,1.6,2e4\n3,1.7,3e4\n4,1.55,3e4\n")
        measured = {"measured": [open_file(path)]}
    compared(lambda: draw(name, cells, tmp_path / "p.png", **options, **measured), name, **options)


def test_violins_stand_over_a_varied_setting_where_there_is_one_cycle(cells, compared, tmp_path):
    """Of the varied settings that with the fewest values; a column of equal ones has no violin."""
    table = pd.read_csv(cells.folder / "cycles.csv", comment="#")
    table = table[table["cycle"] == 1].assign(R_LRS_ohm=1e4)
    (cells.folder / "cycles.csv").write_text(table.to_csv(index=False))
    study = StudyTable(cells.folder, table, ("case", "cycle", "thickness_nm"))
    compared(lambda: draw("violin", study, tmp_path / "p.png"), "violin", "varied")


@pytest.mark.parametrize("name", ["cdf", "violin"])
def test_statistics_of_one_run_are_drawn_as_they_were(cycles, compared, tmp_path, name):
    compared(lambda: draw(name, cycles, tmp_path / "p.png"), name, "run")


# --- protocols ----------------------------------------------------------------------------------------------

READ = 'read = { amplitude = "0.1 V", width = "0.1 ms" }\n'


def pulses(amplitude, count):
    return (
        f'[[programme]]\nkind = "pulse_train"\namplitude = "{amplitude} V"\nwidth = "1 ms"\ncount = {count}\n'
        f'interval = "1 ms"\n{READ}'
    )


def pulse(delay):
    return f'[[programme]]\nkind = "pulse"\namplitude = "1 V"\nwidth = "1 ms"\ndelay = "{delay} s"\n{READ}'


def saturating(time):
    """A conductance (S) that rises for 13 ms and falls afterwards."""
    return (
        1e-6 * (1 + 5 * (1 - np.exp(-time / 4e-3)))
        if time < 0.0135
        else 1e-6 * (1 + 5 * np.exp(-(time - 0.0135) / 6e-3))
    )


PAIRS = pulse(0) + "".join(pulse(gap) + pulse(10 - gap) for gap in (0.01, 0.1, 0.5, 2.0))
SWEEPS = small.cycles(4)
ONE_PULSE = """[[programme]]
kind = "pulse"
amplitude = "1 V"
width = "10 ms"
rise = "1 ms"
fall = "1 ms"
base = "0.1 V"
[[programme]]
kind = "hold"
duration = "1 s"
"""
LADDER = f"""[[programme]]
kind = "write_verify"
start = "1 V"
stop = "1.3 V"
increment = "0.1 V"
width = "1 ms"
verify = "resistance < 1 kohm"
{READ}"""


def worn(time):
    """A conductance (S) in cycles of 4 s, of which the third has a high state no longer."""
    number, phase = divmod(time, 4.0)
    return 1e-4 if 0.9 < phase < 3.0 else (1e-9 if number < 2 else 5e-5)


def recovering(time):
    return (1e-5 if time > 4e-3 else 1e-12) if time <= 0.0115 else 1e-5 * np.exp(-(time - 0.0115) / 0.05)


@pytest.mark.parametrize(
    ("name", "programme", "conductance", "points", "options"),
    [
        ("potentiation", pulses(1, 6) + pulses(-1, 6), saturating, 6, {}),
        ("potentiation", pulses(1, 6), saturating, 6, {"read_V": 0.05}),
        ("facilitation", PAIRS, lambda time: 1e-6 * (1 + np.exp(-(time % 10) / 0.4)), 6, {}),
        ("endurance", SWEEPS, worn, 40, {}),
        ("endurance", SWEEPS, worn, 40, {"window": 1.1, "read_V": 0.2}),
        ("selector", ONE_PULSE, recovering, 60, {}),
        ("selector", ONE_PULSE, recovering, 60, {"on": 0.2, "off": 0.5}),
        ("verify", LADDER, lambda time: 1e-6 + 1e-2 * time, 6, {}),
    ],
    ids=["both ways", "up", "pairs", "cycles", "failing", "pulse", "other shares", "not verified"],
)
def test_a_protocol_is_drawn_as_it_was(compared, tmp_path, name, programme, conductance, points, options):
    run = open_run(write_pulsed(tmp_path / "run", programme, conductance, points=points))
    compared(
        lambda: draw(name, run, tmp_path / "p.png", **options),
        name,
        *(["up"] if "read_V" in options else []),
        **options,
    )


# --- contacts of atoms --------------------------------------------------------------------------------------


@pytest.mark.parametrize("high", [False, True], ids=["few atoms", "many atoms"])
def test_an_annotation_is_drawn_as_it_was(compared, tmp_path, high):
    time = np.linspace(0, 10, 120)
    atoms = np.clip(0.6 * (time - 2), 0, 3).round() * (20 if high else 1)
    table = pd.DataFrame({"time_s": time, "contact_atoms": atoms, "tunnelling_G0": 1e-3 * np.exp(0.4 * time)})
    table["junction_G0"] = 0.97 * atoms + table["tunnelling_G0"]
    table["simmons_G0"] = 1.3 * table["tunnelling_G0"]
    compared(lambda: annotation.draw(table, tmp_path / "p.png"), "annotation", high=high)


@pytest.mark.parametrize("metal", ["Ag", "Cu"])
def test_the_map_and_points_of_a_table_are_drawn_as_they_were(compared, tmp_path, metal):
    compared(lambda: table_map.draw(Lookup(metal), tmp_path / "p.png"), "map", metal)
    compared(lambda: table_points.draw(load_table(metal), tmp_path / "p.png"), "points", metal)


def made_up(bias=0.0, speed=0.0, runs=1):
    """Trajectories that nobody has computed."""
    settings = Settings(runs=runs, time_ps=20.0, settle_ps=3.0, speed_m_s=speed, bias_V=bias)
    time = np.linspace(0, 20, 41)
    parts = []
    for seed in range(1, runs + 1):
        rows = pd.DataFrame(dict.fromkeys(OF_ATOMS, np.zeros(len(time)))).assign(seed=seed, t_ps=time)
        rows["transmission"] = 2.2 + 0.5 * seed + 0.8 * np.sin(time / seed)
        rows["pulled_A"] = 0.3 * time
        rows["section_atoms"] = np.where(time < 15, 4, 0)
        parts.append(rows.assign(shift_A=0.1 + 0.02 * np.cos(time), recoil_eV_per_A=0.3 * bias * np.sin(time)))
    return Record(None, settings, pd.concat(parts))


@pytest.mark.parametrize(
    ("name", "records"),
    [
        ("still", [made_up(), made_up(runs=5)]),
        ("biased", [made_up(), made_up(bias=0.5)]),
        ("pulled", [made_up(speed=10.0)]),
    ],
)
def test_trajectories_are_drawn_as_they_were(compared, tmp_path, name, records):
    compared(lambda: trajectories.draw(records, tmp_path / "p.png"), "trajectories", name)


def test_measured_contacts_are_drawn_as_they_were(compared, tmp_path):
    def recorded(name, time, volts, current):
        rows = [f"{t:.9g},{v:.9g},{i:.9g}" for t, v, i in zip(time, volts, current, strict=True)]
        (tmp_path / name).write_text("\n".join(["Time (s),Voltage (V),Current (A)", *rows]) + "\n")
        return read(tmp_path / name)

    k = np.arange(600)
    G = np.repeat([0.02, 1.0, 2.05, 0.98, 3.1, 4.0], 100) * (1 + 0.02 * np.sin(12.3 * k * k))
    trace = recorded("trace.csv", 1e-3 * k, np.full(600, 0.1), 0.1 * G * CONDUCTANCE_QUANTUM)
    volts = np.linspace(-0.6, 1.0, 161)
    curve = recorded("iv.csv", 0.01 * np.arange(161), volts, point_contact.current(volts, 2.0, 5.0, 0.4, 0.7))
    for name, recordings, asked in (
        ("trace", [trace], Asked()),
        ("both", [trace, curve], Asked(parasitic=300.0, bin=0.1)),
        ("fit", [curve], Asked(fit=True, axis="voltage")),
    ):
        found = analyse(recordings, asked)
        compared(lambda found=found: measured_contacts.draw(found, tmp_path / "p.png"), "contacts", name)


# --- films and pages ----------------------------------------------------------------------------------------


@pytest.mark.parametrize("pace", film.PACES)
@pytest.mark.parametrize("name", ["sweep", "cycles", "left_alone", "wide"])
def test_the_frames_of_a_film_are_as_they_were(request, file_regression, name, pace):
    run = request.getfixturevalue(name)
    span = (1.0, 3.0) if name == "sweep" and pace == "time" else (None, None)
    story = film.Story.of(run, *span)
    times = story.frame_times(40, pace)
    frames = film.Frames(run, story, film.PIXELS[".gif"], times, 10)
    told = [f"times {artists.summary(times)}", f"pace {artists.summary(frames.pace)}"]
    for k in (0, 25, 39):
        frames.show(k)
        told += [f"frame {k}", artists.described(frames.figure) if k == 25 else ""]
        told += [artists.described_one(artist) for artist in frames.moving]
    kept.check(file_regression, "\n".join(told), "film", name, pace)


@pytest.mark.parametrize(
    ("name", "options"),
    [
        ("elephant", {}),
        ("elephant", {"colour": "regime"}),
        ("elephant", {"colour": "current", "time": "log"}),
        ("solid", {}),
        ("solid", {"quantity": "potential", "snapshot": "0,2"}),
    ],
)
def test_a_page_of_a_scene_is_as_it_was(sweep, file_regression, monkeypatch, tmp_path, name, options):
    """But for the scene itself, which is told as that of a picture."""
    scenes = []

    def viewer(plotter):
        scenes.append(artists.described_scene(plotter))
        return "<title>viewer</title><body></body>"

    monkeypatch.setattr(interactive, "viewer", viewer)
    monkeypatch.setattr("ecmsim.plot.elephant.PAGE_SLICES", 60)
    with artists.undrawn():
        (path,) = draw(name, sweep, tmp_path / "p.html", **options)
    text = path.read_text("utf-8")
    shown = json.loads(re.search(r"const shown = (\{.*\});", text)[1].replace("<\\/", "</"))
    lines = [f"{key} {artists.numbers(value)}" for key, value in shown["view"].items()]
    lines += [f"tall {artists.number(shown['tall'])} wide {artists.number(shown['wide'])}"]
    lines += [f"{one['kind']} {one['text']!r} at {artists.numbers(one['at'])}" for one in shown["texts"]]
    lines += re.findall(
        r"<title>.*?</title>|<b style.*?</b>|<span>.*</span>|<i style.*?</i>|linear-gradient\(.*?\)", text
    )
    kept.check(file_regression, "\n".join(scenes + lines), "page", name, **options)


# --- looks --------------------------------------------------------------------------------------------------


def test_another_dress_is_worn_by_what_may_wear_it(cycles, compared, tmp_path):
    sheet = tmp_path / "thesis.mplstyle"
    sheet.write_text("font.size: 9\nimage.cmap: plasma\nlines.linewidth: 2\n")
    with dressed(sheet=sheet, width="aps-single", colours=["red", "#00ff00"]), note.noted("made up"):
        compared(lambda: overlay("gap", [cycles] * 3, (), tmp_path / "p.png"), "dressed", "gap")
        compared(lambda: draw("iv", cycles, tmp_path / "p.png"), "dressed", "iv")
        compared(lambda: draw("elephant", cycles, tmp_path / "p.png"), "dressed", "elephant")


def test_a_note_stands_in_the_corner_of_what_bears_it(compared, tmp_path):
    def drawing():
        with style.picture(tmp_path / "p.png", style.COLUMN_MM, 60) as figure:
            figure.subplots().plot([0, 1], [0, 1])

    with note.noted("constants of another metal"):
        compared(drawing, "note")


def test_a_logarithmic_axis_of_gaps_has_ticks_in_all_that_it_shows():
    axes = Figure().subplots()
    gap.log_gaps(axes, np.array([24.0, 0.1875, 3.0]))
    assert axes.get_ylim() == pytest.approx((0.15, 30.0)) and axes.get_yscale() == "log"
    assert [label.get_text() for label in axes.get_yticklabels()] == ["0.2", "0.5", "1", "2", "5", "10", "20"]
    assert list(axes.get_yticks()) == pytest.approx([0.2, 0.5, 1, 2, 5, 10, 20])


@pytest.mark.parametrize(
    ("box", "scale"),
    [(((-1, 3), (0, 2), (0, 6)), 6 / 0.7), (((-9, 11), (0, 2), (2, 4)), 20 / 0.7 * 0.5)],
    ids=["high", "wide"],
)
def test_a_camera_shows_a_box_within_its_margins(box, scale):
    """Seen from the front, where all that the camera needs to show can be told by hand."""
    camera, renderer = SimpleNamespace(), SimpleNamespace(ResetCameraClippingRange=lambda: None)
    plotter = SimpleNamespace(window_size=(200, 100), camera=camera, renderer=renderer)
    scene.look_from(plotter, 0.0, 0.0, box, (0.1, 0.2, 0.15, 0.15))
    assert camera.parallel_scale == pytest.approx(0.5 * scale) and camera.up == pytest.approx([0, 0, 1])
    assert camera.focal_point == pytest.approx([1 + 0.05 * 2 * scale, 0, 3])
    largest = max(high - low for low, high in box)
    assert camera.position - camera.focal_point == pytest.approx([0, -10 * largest, 0])


@pytest.mark.parametrize(
    ("start", "time", "left"), [(3.0, [-4.0, 8.0], 0.1), (1.0, [-4.0, 8.0], 0.56), (7.0, [4.0, 12.0], 0.56)]
)
def test_an_inset_stands_where_more_room_is(start, time, left):
    assert style.inset_place((start, start + 1), time, 0.7) == pytest.approx([left, 0.2, 0.41, 0.5])


def test_a_small_step_at_first_is_no_branch():
    assert iv.branches_of([0, -0.05, 1, 2, 0], 0.1) == [(0, 3), (3, 4)]


def test_widths_have_a_name_or_millimetres():
    widths = [("aps-single", 86.0), ("120 mm", 120.0), ("40", 40.0), (1000.0, 1000.0)]
    assert not dress.is_dressed()
    for given, expected in widths:
        with dressed(width=given):
            assert dress.width(89.0) == expected and dress.is_dressed()
    assert dress.width(89.0) == 89.0 and dress.colour(7, ["a", "b", "c"]) == "b"
    for given in ("39.9 mm", "1000.1", "nature", "-50"):
        with pytest.raises(PlotError, match="expected one of"), dressed(width=given):
            pass


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [(None, None, ""), (1.0, None, " in from 1 s"), (None, 2.5, " in to 2.5 s"), (1.0, 2.0, " in from 1 s to 2 s")],
)
def test_a_window_is_told_by_its_ends(start, end, text):
    assert trace.window("s", start, end, " in ") == text


def test_options_that_are_none_are_told_with_what_they_need():
    for key, told in (("from_s", r"unit, in the unit that the name ends in$"), ("bins", r"a number without a unit$")):
        with pytest.raises(PlotError, match=told):
            options.check("it", [key], {key: "1 s"})
    for key, told in (("snapshot", "a text or a whole number$"), ("view", "needs a text$")):
        with pytest.raises(PlotError, match=told):
            options.check("it", [key], {key: 1.5})
    wrong = [("bins", 0), ("least_V", -1), ("from_s", float("inf")), ("bins", True), ("times_s", [])]
    for key, value in [*wrong, ("times_s", [1, "2"])]:
        with pytest.raises(PlotError, match=key):
            options.check("it", [key], {key: value})
    options.check("it", ["least_V", "from_s", "snapshot"], {"least_V": 0, "from_s": -1.0, "snapshot": 3})
    assert (
        options.file_stem("field", {"snapshot": "603 µA", "view": "tip", "cut": None})
        == "field_snapshot=603uA,view=tip"
    )
    assert options.file_stem("outline", {"times_s": [1.0, 2.5]}) == "outline_times_s=1+2.5"


def test_the_numbers_of_pictures_are_as_they_were(cycles, cells, contacts, sweep, file_regression, tmp_path):
    told, stairs = [], open_run(contacts.folder / "0")
    of = {"iv": cycles, "gap": sweep, "outline": sweep, "retention": sweep, "cdf": cells, "conductance": stairs}
    for name, run in of.items():
        options = {"from_s": 1.7} if name == "retention" else {}
        with artists.undrawn():
            draw(name, run, tmp_path / f"{name}.png", csv=True, **options)
        table = pd.read_csv(tmp_path / f"{name}.csv")
        for (panel, curve), rows in table.groupby(["panel", "curve"], sort=False):
            labels = " | ".join(rows[["x_label", "y_label"]].astype(str).iloc[0])
            told.append(f"{name} {panel} {curve}: {artists.points(rows[['x', 'y']])}; {labels}")
    kept.check(file_regression, "\n".join(told), "numbers")
