"""From a file to a Recording: which columns, which units and signs, which time; every guess is told."""

import re
from dataclasses import replace
from pathlib import Path

import numpy as np

from ecmsim.errors import MeasurementError
from ecmsim.measured import naming
from ecmsim.measured.choice import choose, numbers_of
from ecmsim.measured.columns import Columns
from ecmsim.measured.files import sheets_of
from ecmsim.measured.recording import Recording
from ecmsim.measured.timing import joined, timed
from ecmsim.measured.units import unit_of
from ecmsim.switching.cycles import cycle_numbers

FEW = 8  # points of a cycle
TIDY_CURRENT = 1e3  # A: more is no current of a cell


def read(path, columns=None, current=True):
    """The Recording of a measurement file. Raises MeasurementError with what is wrong and what to write in [columns].

    columns: Columns; current: whether it must have one.
    """
    path, columns = Path(path), columns or Columns()
    try:
        return _read(path, columns, current)
    except MeasurementError as error:
        raise MeasurementError(f"{path}: {error}") from None


def _read(path, columns, current):
    sheets, errors, parts = sheets_of(path, columns), [], []
    for sheet in sheets:
        try:
            parts.append(_part(sheet, columns, current))
        except MeasurementError as error:
            errors.append(f"sheet {sheet.name}: {error}" if sheet.name and len(sheets) > 1 else str(error))
    if not parts:
        raise MeasurementError(errors[0])
    notes = list(dict.fromkeys(note for part in parts for note in part.notes))
    notes += [f"left out: {text}" for text in errors]
    first, many = parts[0], len(parts) > 1
    if many and columns.zero == "file":
        raise MeasurementError(
            f'zero = "file": {len(parts)} sheets have times of their own; choose one with sheet = "…"'
        )
    time, voltage, amperes = joined([(part.time, part.voltage, part.current) for part in parts])
    if many:
        cycle = np.repeat(np.arange(1, len(parts) + 1), [len(part.time) for part in parts])
        names = {number: part.sheet.name for number, part in enumerate(parts, 1)}
    else:
        cycle, names = first.cycle, {}
        if cycle is None:
            cycle = cycle_numbers(voltage)
            if cycle[-1] > 1 and len(cycle) < FEW * cycle[-1]:
                notes.append(
                    f"the voltage changes its sign every few points ({len(cycle)} points, {cycle[-1]} cycles): its"
                    " noise is as large as itself, or too few points were taken"
                )
    limits = {
        int(number): limit
        for number in np.unique(cycle)
        if (limit := parts[int(number) - 1 if many else 0].compliance) is not None
    }
    recording = Recording(
        path.name, time, voltage, amperes, cycle, names, limits,
        columns.voltage_is or (naming.voltage_role(first.told_name) if first.told_name else None),
        first.sheet.instrument, first.sheet.note, first.told, tuple(notes), first.sheet.metadata,
    )  # fmt: skip
    return _selected(recording, columns)


class _Part:
    """The numbers of one sheet: time (s), voltage (V), current (A) or None, cycle or None: (n,); told: what was taken
    for what; told_name: the voltage's name; notes; compliance: A or None."""

    def __init__(self, sheet, told, notes):
        self.sheet, self.told, self.notes = sheet, told, notes
        self.time = self.voltage = self.current = self.cycle = self.compliance = None
        self.told_name = ""


def _part(sheet, columns, need_current):
    chosen = choose(sheet, columns, need_current)
    part = _Part(sheet, {name: choice.text for name, choice in chosen.items()}, [])
    indices = list(dict.fromkeys(choice.index for choice in chosen.values()))
    frame, notes = sheet.load(indices), part.notes
    for name, choice in chosen.items():
        notes += [f"{name}: {choice.note}"] if choice.note else []
    raw, anew = {}, np.zeros(len(frame), bool)
    for name, choice in chosen.items():
        raw[name], repeated = numbers_of(frame[choice.index], sheet, choice)
        anew |= repeated
    kept = np.all([np.isfinite(values) for values in raw.values()], axis=0)
    if not kept.any():
        raise MeasurementError("holds no line in which all of " + ", ".join(raw) + " are numbers")
    blank = frame.isna().all(axis=1).to_numpy()
    lacking = int((~kept & ~blank & ~anew).sum())
    if lacking:
        notes.append(f"{lacking} of {len(kept)} lines lack a number in these columns and are left out")
    parts = np.cumsum(anew)[kept]
    lines = sheet.first + np.nonzero(kept)[0]
    values = {name: chosen[name].scaled(column[kept]) for name, column in raw.items()}
    if len(lines) < 2:
        raise MeasurementError("holds one point only: nothing to see of a current or a programme in it")
    if columns.polarity == "negative":
        for name in {"voltage", "current"} & set(values):
            values[name] = -values[name]
        notes.append('signs of voltage and current turned (polarity = "negative")')
    if len(values.get("current", ())) and np.abs(values["current"]).max() > TIDY_CURRENT:
        raise MeasurementError(
            f"current up to {np.abs(values['current']).max():.3g} A: is {chosen['current'].text} no current, or its"
            ' unit another one? Write current = { column = "…", unit = "…" } in [columns]'
        )
    part.voltage, part.current = values["voltage"], values.get("current")
    part.cycle = np.round(values["cycle"]).astype(int) if "cycle" in values else None
    part.time, kept, restarted = timed(values.get("time"), part.voltage, lines, parts, columns, notes)
    part.voltage = part.voltage[kept]
    part.current = None if part.current is None else part.current[kept]
    if part.cycle is None and restarted.any():
        part.cycle = 1 + restarted
    part.cycle = None if part.cycle is None else part.cycle[kept]
    part.told_name = sheet.names[chosen["voltage"].index]
    part.compliance = _compliance(sheet, columns, chosen, notes)
    return part


def _compliance(sheet, columns, chosen, notes):
    """The compliance current of a sheet, A: as [columns] or the file's own words say it; None where nobody does."""
    if columns.compliance is not None:
        return columns.compliance
    for key, text in sheet.metadata.items():
        if "compliance" not in key.lower() and not re.fullmatch(r"(current_?)?limit( i)?", key.strip().lower()):
            continue
        found = [number for number in re.findall(r"[+-]?\d+\.?\d*(?:[eE][+-]?\d+)?", text)]
        sizes = [abs(float(number)) for number in found if 0 < abs(float(number)) < 10]
        unit = unit_of(text.split()[-1]) if len(text.split()) == 2 else None
        if sizes:
            # Of several terminals the one that the sweep is limited by has the smallest.
            limit = min(sizes) * (unit[1] if unit and unit[0] == "A" else 1.0)
            notes.append(f'compliance {limit:g} A: the file says "{key}: {text}"')
            return limit
    return None


def _selected(recording, columns):
    """The cycles that [columns] chooses, their first time as zero."""
    if columns.cycle is None:
        return recording
    wanted = columns.cycle if isinstance(columns.cycle, tuple) else (columns.cycle,)
    there = recording.cycles
    for number in wanted:
        if number not in there:
            shown = f"{there[0]} to {there[-1]}" if len(there) > 1 else f"{there[0]} only"
            raise MeasurementError(f"cycle = {number}: there is {shown}")
    parts = [recording.only(number) for number in wanted]
    shifted = [part.time - (0 if columns.zero == "file" else part.time[0]) for part in parts]
    time, voltage, current = joined(
        [(time, part.voltage, part.current) for time, part in zip(shifted, parts, strict=True)]
    )
    cycle = np.concatenate([part.cycle for part in parts])
    return replace(recording, time=time, voltage=voltage, current=current, cycle=cycle)
