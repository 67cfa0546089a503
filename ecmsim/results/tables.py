"""The tables of a run that one would make oneself: cycles.csv, a row for each cycle, pulses.csv, one for each pulse.

The definitions are those of ecmsim.switching.values, for runs and measurements alike; they stand at the head of the
files, in lines that begin with #. pandas.read_csv(path, comment="#") reads them.
"""

import csv
import io
from dataclasses import fields

import numpy as np

from ecmsim.drive import Programme
from ecmsim.results.cycles import cycle_of_rows, find_cycles
from ecmsim.results.draws import draws_of
from ecmsim.results.files import replace_text
from ecmsim.results.folder import CYCLES, PULSES
from ecmsim.results.pulses import PULSE_COLUMNS, rows_of_pulses
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


def cycle_rows(run, definitions):
    """A dict with CYCLE_COLUMNS for each cycle of a run (a Run), and what [draw] gave each of them."""
    column, rows = run.series, []
    if len(column["time_s"]) < 2 or not has_cycles(run.course.source.programme):
        return rows
    numbers, drawn = cycle_of_rows(run), draws_of(run)
    limits = limit_by_cycle(run, numbers)
    for cycle in find_cycles(run):
        part = {name: values[numbers == cycle.number] for name, values in column.items()}
        if not len(part["time_s"]):
            continue
        found = values_of(
            part["source_voltage_V"],
            part["current_A"],
            definitions,
            limits.get(cycle.number),
            part["cell_voltage_V"],
            part["time_s"],
        )
        rows.append(
            {"cycle": cycle.number, "start_s": cycle.start, "end_s": cycle.end}
            | vars(found)
            | {
                "temperature_max_K": float(part["temperature_max_K"].max()),
                "gap_min_nm": float(part["gap_nm"].min()),
                "volume_end_nm3": float(part["volume_nm3"][-1]),
            }
            | drawn.get(cycle.number, {})
        )
    return rows


def pulse_rows(run, definitions):
    """A dict with PULSE_COLUMNS for each pulse of a run (a Run); none where its programme has none."""
    any_there = len(run.series["time_s"]) > 1 and has_pulses(run.course.source.programme)
    rows = rows_of_pulses(run, definitions) if any_there else []
    return [{name: row[name] for name in PULSE_COLUMNS} for row in rows]


def cycle_table(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The cycles of a run (a Run) as a DataFrame with CYCLE_COLUMNS, and what [draw] gave each of them; without rows
    where its programme has none."""
    return _frame(cycle_rows(run, definitions), CYCLE_COLUMNS)


def pulse_table(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The pulses of a run (a Run) as a DataFrame with PULSE_COLUMNS; without rows where its programme has none."""
    return _frame(pulse_rows(run, definitions), PULSE_COLUMNS)


def _frame(rows, columns):
    import pandas as pd

    return pd.DataFrame(rows, columns=[*(rows[0] if rows else columns)])


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
    return _head(words) + table.to_csv(index=False)


def _head(words):
    return "".join(f"# {line}\n" for line in words)


def tables_of(run, definitions=Definitions()):  # noqa: B008  (frozen)
    """The tables that a run (a Run) has, by their names: (DataFrame, words on its columns) each."""
    return {name: (_frame(rows, rows[0]), words) for name, (rows, words) in _rows_of(run, definitions).items()}


def _rows_of(run, definitions):
    cycles, pulses = cycle_rows(run, definitions), pulse_rows(run, definitions)
    drawn = [name for name in cycles[0] if name not in CYCLE_COLUMNS] if cycles else []
    tables = {"cycles": (cycles, cycle_words(definitions, drawn)), "pulses": (pulses, pulse_words(definitions))}
    return {name: (rows, words) for name, (rows, words) in tables.items() if rows}


def write_tables(run, definitions=Definitions(), folder=None):  # noqa: B008  (frozen)
    """Write the tables that a run (a Run) has into its folder, or another one; returns the paths.

    Without pandas, which would take a short run's time once more to load.
    """
    written, folder = [], folder or run.folder
    for name, (rows, words) in _rows_of(run, definitions).items():
        text = io.StringIO(_head(words))
        text.seek(0, io.SEEK_END)
        lines = csv.DictWriter(text, rows[0], lineterminator="\n")
        lines.writeheader()
        lines.writerows({name: _field(value) for name, value in row.items()} for row in rows)
        written.append(folder / FILES[name])
        replace_text(written[-1], text.getvalue())
    return written


def _field(value):
    """A value as it stands in a table: numbers that read back bit by bit, nothing for what is not known."""
    if value is None or value != value:
        return ""
    return repr(float(value)) if isinstance(value, float) else value
