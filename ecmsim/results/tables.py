"""The tables of a run that one would make oneself: cycles.csv, a row for each cycle, pulses.csv, one for each pulse.

The definitions are those of ecmsim.switching.values, for runs and measurements alike; they stand at the head of the
files, in lines that begin with #. pandas.read_csv(path, comment="#") reads them.
"""

from dataclasses import fields

import numpy as np

from ecmsim.drive import Programme
from ecmsim.results.cycles import cycle_of_rows, find_cycles
from ecmsim.results.files import replace_text
from ecmsim.results.folder import CYCLES, PULSES
from ecmsim.results.pulses import PULSE_COLUMNS, pulse_rows
from ecmsim.switching.values import CycleValues, Definitions, values_of

OUT_AND_BACK = {"sweep", "repeat", "table", "measured"}  # kinds of steps that make cycles
RETURN = 0.5  # of its largest voltage: down to which a programme comes back, at least, that goes out and back
FILES = {"cycles": CYCLES, "pulses": PULSES}
PULSED = {"pulse", "pulse_train", "write_verify", "spike_pair"}
OF_VALUES = tuple(field.name for field in fields(CycleValues))
CYCLE_COLUMNS = {
    "cycle": "its number, from 1",
    "start_s": "when it begins",
    "end_s": "when it ends",
    **dict.fromkeys(OF_VALUES, ""),
    "temperature_max_K": "highest temperature",
    "gap_min_nm": "smallest gap",
    "volume_end_nm3": "volume of the filament that is left at its end",
}


def kinds_of(steps):
    """Kinds of the steps of a programme, also of those that are repeated."""
    found = set()
    for step in steps:
        found |= {step.kind} | (kinds_of(step.steps) if step.kind == "repeat" else set())
    return found


def has_pulses(programme):
    """Whether a programme (config.programme) has pulses."""
    return bool(kinds_of(programme) & PULSED)


def has_cycles(programme):
    """Whether a programme has cycles: its voltage goes out and back, or to both signs, or something is repeated."""
    kinds = kinds_of(programme)
    if kinds & OUT_AND_BACK or kinds & PULSED:
        return bool(kinds & OUT_AND_BACK)
    ends = [leg.last for leg in Programme.from_steps(programme).planned() if leg.piece.source == "voltage"]
    sizes = [abs(end) for end in ends]
    returns = max(sizes, default=0) > 0 and min(sizes[sizes.index(max(sizes)) :]) <= RETURN * max(sizes)
    return returns or min(ends, default=0) < 0 < max(ends, default=0)


def limit_by_cycle(run, numbers):
    """The smallest compliance current that held in each cycle, A > 0, by its number. numbers: (n,), of each step."""
    limits, found = run.limits, {}
    for number in np.unique(numbers[numbers > 0]):
        there = limits[(numbers == number) & np.isfinite(limits)]
        found |= {int(number): float(np.abs(there).min())} if len(there) else {}
    return found


def cycle_table(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The cycles of a run (a Run) as a DataFrame with CYCLE_COLUMNS, and what [draw] gave each of them; without rows
    where its programme has none."""
    import pandas as pd

    rows = []
    if len(run.timeseries) > 1 and has_cycles(run.course.source.programme):
        numbers = cycle_of_rows(run)
        limits, column = limit_by_cycle(run, numbers), run.timeseries
        for cycle in find_cycles(run):
            part = column[numbers == cycle.number]
            values = {name: part[name].to_numpy(float) for name in part if part[name].dtype.kind in "fiu"}
            if not len(part):
                continue
            found = values_of(
                values["source_voltage_V"],
                values["current_A"],
                definitions,
                limits.get(cycle.number),
                values["cell_voltage_V"],
                values["time_s"],
            )
            rows.append(
                {"cycle": cycle.number, "start_s": cycle.start, "end_s": cycle.end}
                | vars(found)
                | {
                    "temperature_max_K": values["temperature_max_K"].max(),
                    "gap_min_nm": values["gap_nm"].min(),
                    "volume_end_nm3": values["volume_nm3"][-1],
                }
            )
    table, draws = pd.DataFrame(rows, columns=list(CYCLE_COLUMNS)), run.draws
    return table.merge(draws, on="cycle", how="left") if len(draws) else table


def pulse_table(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The pulses of a run (a Run) as a DataFrame with PULSE_COLUMNS; without rows where its programme has none."""
    import pandas as pd

    rows = pulse_rows(run, definitions) if len(run.timeseries) > 1 and has_pulses(run.course.source.programme) else []
    return pd.DataFrame(rows, columns=list(PULSE_COLUMNS))


def cycle_words(definitions, drawn=()):
    """What the columns of cycles.csv are, as lines of text. drawn: columns of parameters drawn for each cycle."""
    told = [f"{name}: {text}" for name, text in CYCLE_COLUMNS.items() if text]
    told += [f"{name}: drawn for the cycle" for name in drawn]
    return ["One row for each cycle; voltages are the source's, resistances and energies the cell's.", *told,
            *definitions.words()]  # fmt: skip


def pulse_words(definitions):
    """What the columns of pulses.csv are, as lines of text."""
    chosen = {"read": f"{definitions.read_voltage:g} V", "ratio": f"{definitions.switch_ratio:g}"}
    chosen |= {"least": f"{definitions.least_conductance:g} S"}
    return ["One row for each pulse.", *(f"{name}: {text.format(**chosen)}" for name, text in PULSE_COLUMNS.items())]


def with_head(table, words):
    """A table (DataFrame) as the text of a CSV file with lines of words at its head."""
    return "".join(f"# {line}\n" for line in words) + table.to_csv(index=False)


def tables_of(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The tables that a run (a Run) has, by their names: (DataFrame, words on its columns) each."""
    tables = {
        "cycles": (cycle_table(run, definitions), cycle_words(definitions, [*run.draws][1:])),
        "pulses": (pulse_table(run, definitions), pulse_words(definitions)),
    }
    return {name: (table, words) for name, (table, words) in tables.items() if len(table)}


def write_tables(run, definitions=Definitions(), folder=None):  # noqa: B008  (frozen)
    """Write the tables that a run (a Run) has into its folder, or another one; returns the paths."""
    written, folder = [], folder or run.folder
    for name, (table, words) in tables_of(run, definitions).items():
        written.append(folder / FILES[name])
        replace_text(written[-1], with_head(table, words))
    return written
