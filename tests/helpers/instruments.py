"""Made-up measurement files in the forms of instruments: one SET sweep, 0 -> 2 -> 0 V at 1 V/s, compliance 1 mA."""

import io

import numpy as np

LIMIT, SET, PEAK = 1e-3, 1.2, 2.0  # A, V, V
LRS = 1000.0  # ohm


def sweep(points=201, sign=1):
    """Time (s), voltage (V) and current (A) of the sweep, (n,)."""
    time = np.linspace(0, 4, points)
    voltage = PEAK - np.abs(time - PEAK)
    switched = (time > PEAK) | (voltage >= SET)
    current = np.where(switched, np.minimum(voltage / LRS, LIMIT), 1e-9 * np.sinh(3 * voltage))
    return time, sign * voltage, sign * current


def reset(points=201):
    """Time, voltage and current of a RESET, 0 -> -1 -> 0 V at 1 V/s, where the cell lets go at -0.6 V."""
    time = np.linspace(0, 2, points)
    voltage = -(1 - np.abs(time - 1))
    held = (time < 1) & (voltage > -0.6)
    return time, voltage, np.where(held, voltage / LRS, voltage / 1e6)


def lines(columns, separator=",", decimal=".", end="\n", form="{:.9g}"):
    """Columns of numbers as text."""
    rows = [separator.join(form.format(value) for value in row) for row in zip(*columns, strict=True)]
    return end.join(rows).replace(".", decimal) + end


def k4200(time, voltage, current):
    """Rows of a sheet of a Keithley 4200A: formulas, "#REF", scalars in the first row, times that begin late."""
    rows = [["Time", "AI", "AV", "I", "NORM", "IMAX"]]
    for k, (t, v, i) in enumerate(zip(time + 3.6, voltage, current, strict=True)):
        rows.append([t, i, v, abs(i), "#REF" if k == 0 else abs(i) / 2, LIMIT if k == 0 else None])
    return rows


def k4200_text(*data):
    """The same as CSV."""
    cells = [[("" if cell is None else str(cell)) for cell in row] for row in k4200(*data)]
    return "\n".join(",".join(row) for row in cells) + "\n"


def k4200_workbook(path, runs):
    """A workbook with a sheet for each run (name -> data), the newest first, and settings."""
    import openpyxl

    book = openpyxl.Workbook()
    book.remove(book.active)
    for name, data in runs.items():
        sheet = book.create_sheet(name)
        for row in k4200(*data):
            sheet.append(row)
    book.create_sheet("Calc")
    settings = book.create_sheet("Settings")
    for row in (
        ["Test Name", "set#1"], ["Device Terminal", "Anode", "Cathode"], ["Name", "AV", "CV"],
        ["Forcing Function", "Voltage Sweep", "Common"], ["Stop", PEAK, None], ["Compliance", LIMIT, 0.1],
    ):  # fmt: skip
        settings.append(row)
    book.save(path)


def easyexpert(blocks):
    """Text of a Keysight B1500: keyword lines; blocks: name -> array of columns, by the names of these."""
    text = io.StringIO()
    for number, block in enumerate(blocks, 1):
        text.write(f"SetupTitle, I/V Sweep {number}\nPrimitiveTest, I/V Sweep\n")
        text.write(f"TestParameter, Measurement.Primary.Compliance, {LIMIT}\n")
        text.write(f"Dimension1, {len(next(iter(block.values())))}\nDataName, {', '.join(block)}\n")
        for row in zip(*block.values(), strict=True):
            text.write(f"DataValue, {', '.join(f'{value:.6E}' for value in row)}\n")
        text.write("\n")
    return text.getvalue()


def tektronix(time, *channels):
    """Text of an oscilloscope that writes metadata into the first columns of the first lines."""
    words = [
        "Record Length,2500",
        "Sample Interval,2e-2",
        "Source,CH1",
        "Vertical Units,V",
        "Horizontal Units,s",
        "Note,",
    ]
    rows = []
    for k, row in enumerate(zip(time, *channels, strict=True)):
        numbers = ",".join(f"{value:+.6e}" for value in row)
        rows.append(f"{words[k] if k < len(words) else ','},,{numbers}")
    return "\n".join(rows) + "\n"


def scope(time, voltage, current, shunt=1000.0, noise=0.0, seed=1):
    """Text of an oscilloscope: a line of units, negative times, "+" signs, the current as voltage over a resistor."""
    random = np.random.default_rng(seed)
    first, second = (values + noise * random.standard_normal(len(values)) for values in (voltage, shunt * current))
    form = "{:+.6E}"
    return "x-axis,1,2\nsecond,Volt,Volt\n" + lines((time - time[-1] / 2, first, second), form=form)


def per_cycle(cycles=12):
    """Text of a table with a line per cycle, two lines of names, and columns that are empty."""
    rows = ["Cycle,SET#1,SET#1,SET#1,RESET#1,RESET#1,RESET#1", "Index,VSET,ILRS,IHRS,VRESET,IRESET,ILRS"]
    rows += [f"{k},{1 + 0.01 * k},1e-4,1e-7,-0.8,-{1 + 0.1 * k}e-3,1.1e-4" for k in range(1, cycles + 1)]
    return "\n".join(rows) + "\n"
