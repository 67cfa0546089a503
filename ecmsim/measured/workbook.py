"""Measurements in workbooks: .xls and .xlsx through calamine, a sheet for each run, as a Keithley 4200A writes them."""

import re

from ecmsim.errors import MeasurementError
from ecmsim.measured.sheet import Sheet, layout

SIGNATURES = {b"PK\x03\x04": ".xlsx", b"\xd0\xcf\x11\xe0": ".xls"}
SETTINGS = re.compile(r"settings?", re.IGNORECASE)
CALC = re.compile(r"calc|graph|formulas?", re.IGNORECASE)
NUMBERED = re.compile(r"(.*?)(\d+)$")


def is_workbook(path):
    """Whether a file begins as a workbook does."""
    with open(path, "rb") as file:
        return file.read(4) in SIGNATURES


def read_workbook(path, columns):
    """The Sheets of a workbook in order of time, oldest first. Those without a table of numbers are left out."""
    import pandas as pd

    try:
        frames = pd.read_excel(path, sheet_name=None, header=None, engine="calamine")
    except Exception as error:  # calamine raises errors of several kinds for what is no workbook, or a damaged one
        raise MeasurementError(f"is no workbook that can be read ({_first_line(error)})") from None
    settings = {name: frame for name, frame in frames.items() if SETTINGS.fullmatch(name.strip())}
    rest = {name: frame for name, frame in frames.items() if name not in settings and not CALC.fullmatch(name.strip())}
    found = {}
    for name, frame in _wanted(rest, columns.sheet).items():
        sheet = _sheet(name, frame, columns)
        if sheet:
            found[name] = sheet
    if not found:
        raise MeasurementError(f"has no sheet with a table of numbers (sheets: {', '.join(frames) or 'none'})")
    keithley = bool(settings) or any({"AV", "AI"} <= set(sheet.names) for sheet in found.values())
    names, how = in_time(list(found), keithley)
    for name in names:
        sheet = found[name]
        sheet.instrument = "Keithley 4200A" if keithley else ""
        sheet.note = "workbook" + (f"; {how}" if len(names) > 1 else "")
        for frame in settings.values():
            sheet.metadata |= settings_of(frame, name, list(rest))
    return [found[name] for name in names]


def _wanted(frames, chosen):
    """The sheets that are chosen: names, numbers from 1, or all."""
    if chosen is None:
        return frames
    wanted = {}
    for item in chosen if isinstance(chosen, tuple) else (chosen,):
        names = list(frames)
        if isinstance(item, int) and 1 <= item <= len(names):
            item = names[item - 1]
        if item not in frames:
            shown = ", ".join(f'"{name}"' for name in names[:12]) + (", …" if len(names) > 12 else "")
            told = f'"{item}"' if isinstance(item, str) else item
            raise MeasurementError(f"sheet = {told}: there are {shown} (or a number from 1 to {len(names)})")
        wanted[item] = frames[item]
    return wanted


def _sheet(name, frame, columns):
    """A worksheet as a Sheet, or None where it has no table."""
    import pandas as pd

    head = frame.iloc[:500]
    lines = [[_text(cell) for cell in row] for row in head.itertuples(index=False)]
    found = layout(lines, ".", columns.header)
    if found is None:
        return None
    body = frame.iloc[found.first :].reset_index(drop=True)
    body.columns = range(body.shape[1])

    def load(indices, rows=None):
        part = body[list(indices)].iloc[:rows]
        return part.apply(lambda column: pd.to_numeric(column) if column.map(_plain).all() else column)

    return Sheet(
        name, found.names, found.units, found.first + 1, found.steady, load(range(found.width), 2000), load,
        dict(found.metadata),
    )  # fmt: skip


def _plain(cell):
    return cell is None or isinstance(cell, (int, float))


def _text(cell):
    if cell is None or isinstance(cell, float) and cell != cell:
        return ""
    return repr(float(cell)) if isinstance(cell, (int, float)) and not isinstance(cell, bool) else str(cell)


def in_time(names, newest_first):
    """Names of sheets in order of time, and how that was found: by their numbers, or turned round where the instrument
    puts the newest sheet first."""
    numbered = [NUMBERED.fullmatch(name.strip()) for name in names]
    stems = {found[1] if found else name for found, name in zip(numbered, names, strict=True)}
    if all(numbered) and len(stems) == 1:
        return sorted(
            names, key=lambda name: int(NUMBERED.fullmatch(name.strip())[2])
        ), "sheets in order of their numbers"
    if "Data" in names and stems <= {"Data", "Append"}:  # the last run, and those that were kept before it
        kept = sorted((name for name in names if name != "Data"), key=lambda name: int(NUMBERED.fullmatch(name)[2]))
        return [*kept, "Data"], "sheet Data taken for the newest"
    if newest_first:
        return names[::-1], "the first sheet taken for the newest"
    return names, "sheets in the order of the file"


def settings_of(frame, name, sheets):
    """What a sheet of settings says, as texts by the first cell of a row: of the run `name` where it has parts with the
    names of runs, else all of it."""
    found, part, own = {}, None, {}
    for row in frame.itertuples(index=False):
        cells = [_text(cell).strip() for cell in row]
        named = [sheet for sheet in sheets if sheet in cells[:2]]
        if named:
            part = named[0]
        key, values = cells[0] if cells else "", [cell for cell in cells[1:] if cell]
        if key and values:
            target = own if part == name else found if part is None else {}
            target.setdefault(key, ", ".join(values))
    return found | own


def _first_line(error):
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
