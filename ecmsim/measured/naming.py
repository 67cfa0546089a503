"""What instruments call their columns: which column is the time, the voltage, the current, the number of the cycle.

Names first, then units, then, where there are no names, the numbers themselves.
"""

import re

import numpy as np

from ecmsim.measured.units import split, unit_of

UNITS = {"time": "s", "voltage": "V", "current": "A"}
# In order of preference. Blanks, dashes and underscores in names are one underscore here, all is lower case.
NAMES = {
    "time": (
        r"(rel(ative)?_|elapsed_|test_|abs(olute)?_|smu_?\w?_)?time(_?stamps?|s|_?\d)?", r"t", r"x_?(axis|value)",
        r"secs?|seconds?", r"zeit", r"timebase",
    ),
    "voltage": (
        r"source_voltage", r"av|anode_?v|top_?v", r"voltage", r"v",
        r"v_?(1|ch1|a|src|source|forced?|prog(rammed)?|set|appl(ied)?|bias|in|f)",
        r"(smu_?\w?_)?(source|applied|programmed|forced?|bias)_?(voltage|v|value)?", r"smu_?\w?_voltage",
        r"(drain|gate|d|g)_?v",
        r"spannung|u|tension", r"v_?(meas(ured)?|m|sense|cell|dut)|(meas(ured)?|sense|cell)_?(voltage|v)",
        r"reading_v(oltage)?", r"volts?",
    ),
    "current": (
        r"ai|anode_?i|top_?i", r"current", r"i", r"i_?(1|ch1|a|meas(ured)?|m|sense|cell|dut|d|out)",
        r"(meas(ured)?|sense|cell|dut|smu_?\w?)_?(current|i)", r"(drain|d)_?i", r"strom|courant",
        r"reading(_i|_current)?",
        r"amps?",
    ),
    "cycle": (r"cycle(_?(no|number|index|nr))?s?", r"cycle_?/_?index", r"loop|repeat|run(_?no)?|zyklus"),
}  # fmt: skip
PROGRAMMED = re.compile(r"av|anode_?v|.*(source|src|prog|appl|forc|bias|set).*")
MEASURED = re.compile(r".*(meas|sense|cell|dut).*|vm")
PER_CYCLE = {
    "v_set": r"v_?set(_v)?|set_?v(oltage)?", "v_reset": r"v_?reset(_v)?|reset_?v(oltage)?",
    "i_reset": r"i_?reset(_a)?|reset_?(i|current)",
    "r_lrs": r"r_?(lrs|on)(_ohm)?|lrs", "r_hrs": r"r_?(hrs|off)(_ohm)?|hrs",
    "i_lrs": r"i_?(lrs|on)(_a)?", "i_hrs": r"i_?(hrs|off)(_a)?",
}  # fmt: skip


def plain(name):
    """A name without its unit, in lower case, with single underscores."""
    return re.sub(r"[\s_\-]+", "_", split(name)[0].lower()).strip("_")


def rank(quantity, name):
    """How well a name fits a quantity: 0 is best, None for one that does not."""
    text = plain(name)
    return next((number for number, form in enumerate(NAMES[quantity]) if re.fullmatch(form, text)), None)


def unit_at(sheet, index):
    """The unit's text of a column: of a line of units, or else from its name; ""."""
    return sheet.units[index].strip() or split(sheet.names[index])[1]


def by_name(sheet, quantity, taken=()):
    """The columns (indices) whose names fit a quantity, the best first; filled columns only. Names whose unit is of
    another quantity do not count."""
    found = []
    for index in sheet.steady:
        unit = unit_of(unit_at(sheet, index)) if unit_at(sheet, index) else None
        fits = rank(quantity, sheet.names[index]) if sheet.names[index] and index not in taken else None
        if fits is not None and (unit is None or unit[0] == UNITS.get(quantity, unit[0])):
            found.append((fits, index))
    return [index for _, index in sorted(found)]


def by_unit(sheet, quantity, taken=()):
    """The columns (indices) that have a unit of the quantity, in their order."""
    units = {index: unit_of(unit_at(sheet, index) or "?") for index in sheet.steady if index not in taken}
    return [index for index, unit in units.items() if unit and unit[0] == UNITS[quantity]]


def by_numbers(sheet):
    """Time, voltage and current (indices, None for a time that is not there) of a table without names; None where
    that cannot be told: the time never falls and rises from first to last, of two others the voltage is larger."""
    values = {
        index: sheet.sample[index].to_numpy(float) for index in sheet.steady if sheet.sample[index].dtype.kind in "fiu"
    }
    if len(values) == 5 and _is_flow(list(values.values())):  # voltage, current, resistance, time, status
        voltage, current, _, time, _ = values
        return time, voltage, current
    rising = (
        [index for index, column in values.items() if len(column) > 2 and _rises(column)] if len(values) > 2 else []
    )
    others = [index for index in values if index != (rising[0] if rising else None)]
    if len(others) != 2:
        return None
    sizes = [np.nanmax(np.abs(values[index]), initial=0.0) for index in others]
    voltage, current = others if sizes[0] >= sizes[1] else others[::-1]
    return (rising[0] if rising else None), voltage, current


def _rises(column):
    known = column[np.isfinite(column)]
    return len(known) > 1 and bool((np.diff(known) >= 0).all()) and known[-1] > known[0]


def _is_flow(columns):
    return bool((np.abs(columns[2]) > 9e36).all()) and _rises(columns[3])


def voltage_role(name):
    """Whether a voltage of this name is "programmed" or "measured", or None."""
    text = plain(name)
    return "measured" if MEASURED.fullmatch(text) else "programmed" if PROGRAMMED.fullmatch(text) else None
