"""Measurements in text files: encoding, separator and decimal mark are found, the numbers are read by pandas.

Plain tables with TAB, semicolon, comma or blanks; Keysight EasyEXPERT, whose lines begin with a keyword and which may
hold several measurements; oscilloscopes that write metadata beside the first lines of numbers.
"""

import codecs
import csv
import io
import os

from ecmsim.errors import MeasurementError
from ecmsim.measured.sheet import MISSING, Sheet, is_number, layout

HEAD = 400_000  # bytes from which everything but the numbers is found
SEPARATORS = {"\t": "TAB", ";": "semicolon", ",": "comma", "|": "bar", r"\s+": "blanks"}
NAMES = {"tab": "\t", "semicolon": ";", "comma": ",", "bar": "|", "blank": r"\s+", "blanks": r"\s+", " ": r"\s+"}
BOMS = (  # the longer ones first: UTF-32 begins as UTF-16 does
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
KEYWORD = "DataName"  # EasyEXPERT: a measurement begins with the names of its columns
FLOW = 5  # numbers of each reading of a Keithley 2400: voltage, current, resistance, time, status
NO_NUMBER = "9.91"  # which, times 1e37, is Keithley's word for it


def read_text(path, columns):
    """The Sheets of a text file. columns: Columns, of which separator, decimal, encoding and header are read."""
    with open(path, "rb") as file:
        head = file.read(HEAD)
    whole = len(head) == os.path.getsize(path)
    encoding = columns.encoding or encoding_of(head)
    lines = _decoded(head, encoding, whole).splitlines()
    if not whole and len(lines) > 1:
        lines = lines[:-1]  # which the end of the head has cut
    if not any(line.strip() for line in lines):
        raise MeasurementError("is empty")
    if columns.separator is None and len(lines) <= 2 and NO_NUMBER in lines[0]:
        lines = _one_line(lines, whole)
        return [_sheet(lines, io.StringIO("\n".join(lines)), ",", ".", columns, "Keithley 2400")]
    keyed = [number for number, line in enumerate(lines) if line.lstrip().startswith(KEYWORD)]
    if keyed:
        return _blocks(path, encoding, columns)
    separator, decimal = dialect(lines, columns)
    return [_sheet(lines, (path, encoding), separator, decimal, columns, _instrument(lines))]


def encoding_of(head):
    """The encoding of the beginning of a text file. Raises MeasurementError where it is no text."""
    for mark, name in BOMS:
        if head.startswith(mark):
            return name
    if b"\0" in head:
        odd, even = head[1::2].count(0), head[::2].count(0)
        if max(odd, even) > 0.4 * (len(head) // 2) > 4 * min(odd, even):
            return "utf-16-le" if odd > even else "utf-16-be"
        raise MeasurementError("is neither text nor a workbook (.xls, .xlsx) nor Parquet")
    try:
        codecs.getincrementaldecoder("utf-8")().decode(head)
        return "utf-8"
    except UnicodeDecodeError:
        pass
    from charset_normalizer import from_bytes

    try:
        # What spreadsheets and instruments write where it is not Unicode, for which most guesses are too learned.
        text = head.decode("cp1252")
        if sum(character > "\x7f" for character in text) < 0.05 * len(text):
            return "cp1252"
    except UnicodeDecodeError:
        pass
    best = from_bytes(head[:50_000]).best()
    if best is None:
        raise MeasurementError('is no text in a known encoding: write encoding = "…" in [columns]')
    return best.encoding


def _decoded(head, encoding, whole):
    try:
        return codecs.getincrementaldecoder(encoding)().decode(head, final=whole)
    except LookupError:
        raise MeasurementError(f'encoding = "{encoding}": not known; such as utf-8, utf-16, cp1252') from None
    except UnicodeError as error:
        raise MeasurementError(f"is not {encoding} text ({getattr(error, 'reason', error)})") from None


def dialect(lines, columns):
    """Separator (a key of SEPARATORS) and decimal mark of lines. Raises MeasurementError where none makes numbers."""
    given = columns.separator and NAMES.get(columns.separator.lower(), columns.separator)
    if given and given not in SEPARATORS:
        allowed = ", ".join(SEPARATORS.values())
        raise MeasurementError(f'separator = "{columns.separator}": choose one of {allowed}')
    sample = [line for line in lines if line.strip()][-60:]
    best, most = None, 0
    for separator in [given] if given else SEPARATORS:
        for decimal in [columns.decimal] if columns.decimal else ".,":
            if separator == decimal:
                continue
            score = 0
            for line in sample:
                cells = cells_of(line, separator)
                numbers = sum(is_number(cell, decimal) for cell in cells)
                others = sum(bool(cell.strip()) and cell.strip() not in MISSING for cell in cells) - numbers
                score += max(numbers - 2 * others, 0) if numbers > 1 else 0
            if score > most:
                best, most = (separator, decimal), score
    if best is None:
        raise MeasurementError(
            "holds no lines with two or more numbers beside each other, separated by TAB, semicolon, comma or blanks"
        )
    return best


def cells_of(line, separator):
    """The cells of one line of text."""
    if separator == r"\s+":
        return line.split()
    try:
        return next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])
    except csv.Error:
        return line.split(separator)


def _sheet(lines, source, separator, decimal, columns, instrument, name="", offset=0):
    """The Sheet of lines; source: (path, encoding) or a text stream with all of them; offset: lines before them."""
    found = layout([cells_of(line, separator) for line in lines], decimal, columns.header)
    if found is None:
        raise MeasurementError("holds no table: fewer than two columns of numbers")

    def load(indices, rows=None):
        return _parsed(source, found, separator, decimal, indices, rows, offset)

    sample = load(range(found.width), 2000)
    names = found.names
    if not any(names):
        names, units = _beside(found, sample)
    else:
        units = found.units
    kept = [text for text in (SEPARATORS[separator], "decimal commas" if decimal == "," else "") if text]
    return Sheet(
        name, names, units, found.first + 1 + offset, found.steady, sample, load, found.metadata, instrument,
        f"text, {' and '.join(kept)}", decimal,
    )  # fmt: skip


def _parsed(source, found, separator, decimal, indices, rows, offset):
    """Columns of all lines from the first one with numbers on, by pandas."""
    import pandas as pd

    indices = list(indices)
    stream = open(source[0], encoding=source[1], newline="") if isinstance(source, tuple) else source
    try:
        stream.seek(0)
        for _ in range(found.first):
            stream.readline()
        frame = pd.read_csv(
            stream,
            header=None,
            names=range(found.cells),
            usecols=[index for index in indices if index < found.cells],
            index_col=False,
            sep=separator,
            decimal=decimal,
            skipinitialspace=True,
            skip_blank_lines=False,
            na_values=list(MISSING),
            nrows=rows,
            low_memory=False,
        )
    except pd.errors.EmptyDataError:
        raise MeasurementError("holds no line with numbers") from None
    except pd.errors.ParserError as error:
        told = str(error).strip().removeprefix("Error tokenizing data. C error: ")
        raise MeasurementError(
            f"lines after line {found.first + offset} are not of one form ({told}): "
            "take out what is no measurement, or write separator in [columns]"
        ) from None
    except UnicodeError as error:
        raise MeasurementError(
            f"is not {source[1]} text all along ({error.reason}): write encoding in [columns]"
        ) from None
    finally:
        if isinstance(source, tuple):
            stream.close()
    return frame.reindex(columns=indices)


def _beside(found, sample):
    """Names and units of columns that have words beside them in the first lines, as some oscilloscopes write."""
    names, units = [""] * found.width, [""] * found.width
    told = {key.lower(): value for key, value in found.metadata.items()}
    horizontal, vertical = told.get("horizontal units"), told.get("vertical units")
    if horizontal or vertical:
        rising = [index for index in found.steady if sample[index].is_monotonic_increasing]
        for index in found.steady:
            names[index] = "time" if index in rising else told.get("source", "") if len(found.steady) == 2 else ""
            units[index] = (horizontal if index in rising else vertical) or ""
    return tuple(names), tuple(units)


def _blocks(path, encoding, columns):
    """The Sheets of an EasyEXPERT file, one for each measurement in it."""
    with open(path, encoding=encoding, newline=None) as stream:
        lines = stream.read().splitlines()
    starts = [number for number, line in enumerate(lines) if line.lstrip().startswith(KEYWORD)]
    sheets, begin = [], 0
    for number, start in enumerate(starts):
        last = start + 1
        while last < len(lines) and lines[last].lstrip().startswith("DataValue"):
            last += 1
        if last > start + 1:
            part = lines[begin:last]
            name = str(number + 1) if len(starts) > 1 else ""
            text = io.StringIO("\n".join(part))
            sheets.append(_sheet(part, text, ",", ".", columns, "Keysight EasyEXPERT", name, begin))
        begin = last
    if not sheets:
        raise MeasurementError("has names of columns (DataName) but no line with numbers (DataValue)")
    return sheets


def _one_line(lines, whole):
    """The readings of an instrument that were written in one line, as lines with a reading each."""
    if not whole:
        raise MeasurementError("has more than one reading in a line: write each reading into a line of its own")
    cells = [cell.strip() for cell in " ".join(lines).split(",") if cell.strip()]
    if len(cells) % FLOW:
        raise MeasurementError(
            f"holds {len(cells)} numbers in one line: not whole readings of voltage, current, resistance, time, status"
        )
    return [",".join(cells[k : k + FLOW]) for k in range(0, len(cells), FLOW)]


def _instrument(lines):
    """What the words above the numbers tell of the instrument, or ""."""
    text = "\n".join(lines[:60]).lower()
    known = {
        "tektronix": "Tektronix", "record length": "Tektronix", "keysight": "Keysight", "agilent": "Agilent",
        "rigol": "Rigol", "lecroy": "LeCroy", "kickstart": "Keithley KickStart", "smu-1": "Keithley KickStart",
        "keithley": "Keithley", "labview": "LabVIEW", "x-axis": "oscilloscope",
    }  # fmt: skip
    return next((name for word, name in known.items() if word in text), "")
