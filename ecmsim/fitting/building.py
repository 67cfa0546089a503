"""From the tables [[dataset]] of a fit file to Datasets: measurements are read, and the runs that they need written.

All errors are space.Wrong, which name the key, its value and what would be right.
"""

import math

import numpy as np
from pydantic_core import PydanticCustomError

from ecmsim.config.measured import read_measured
from ecmsim.config.quantities import Quantity, QuantityType
from ecmsim.config.suggest import quoted
from ecmsim.config.texts import is_file, like
from ecmsim.errors import ConfigError, MeasurementError
from ecmsim.fitting import tables, targets
from ecmsim.fitting.curve import Curve
from ecmsim.fitting.dataset import Case
from ecmsim.fitting.facts import Facts
from ecmsim.measured import Column, Columns, read, read_points
from ecmsim.study import naming, space
from ecmsim.study.definition import toml
from ecmsim.study.space import Wrong

REACHED = 0.99  # of the compliance current: the cell has switched
ENOUGH = 0.97  # of it: a run that is needed up to the SET may end
FROM_STEP = "1 ps"  # first step of a pulse
RISE = 1e-6  # s in which a read is applied
READ = 1e-3  # s that it takes
PROGRAMME = ("programme",)


def built(section, name, load, path):
    """The Dataset that a table describes. load(texts): the Config of all runs with settings "key=value" on top;
    path: of the fit file. Raises Wrong."""
    own = [f"{field}={toml(value)}" for field, value in section.set.items()]
    if section.temperature is not None:
        own.append(f"cell.ambient_temperature={section.temperature.text}")
    decided = {"facts": (), "set_times": PROGRAMME, "v_set": PROGRAMME, "retention": PROGRAMME}
    for field in section.set:
        if field in ("model", *decided.get(section.kind, (*PROGRAMME, "compliance.current"))):
            raise Wrong(f"set.{field}: the kind {quoted(section.kind)} decides that")
    try:
        base = load(own)
        if section.kind == "iv":
            return _curve(section, name, base, path.parent, own)
        if section.kind == "facts":
            return _facts(section, name, base, path, own)
        return _table(section, name, base, path.parent, own)
    except (ConfigError, MeasurementError) as error:
        raise Wrong(str(error)) from None


def _file(given, folder):
    path = folder / given
    if not is_file(path):
        raise Wrong(f"file = {quoted(given)}: no such file ({path}){like(path, '*')}")
    return path


def text(value, unit):
    """A number with its unit as it may stand in a configuration."""
    return Quantity(float(f"{value:.9g}"), unit).text


# --- curves ------------------------------------------------------------------------------------------------------


def _curve(section, name, base, folder, own):
    path = _file(section.file, folder)
    columns = None if section.columns is None else section.columns.plain()
    recording = read(path, columns)
    if len(recording.cycles) > 1:
        raise Wrong(
            f"{path.name} holds {len(recording.cycles)} cycles: choose one, as in "
            f"columns = {{ cycle = {recording.cycles[0]} }}"
        )
    limit = float(section.compliance) if section.compliance else recording.limit(recording.cycles[0])
    if limit and base.compliance.kind == "ideal":
        own = [*own, f"compliance.current={text(limit, 'A')}"]
    floor = float(section.floor) if section.floor is not None else None
    options = (limit, float(section.relative_error), floor, float(section.voltage_error), section.ways, section.points)
    curve = Curve(name, (), float(section.weight), recording, *options)
    if section.programme is not None:
        programme = [dict(step) for step in section.programme]
    else:
        made = read_measured(path, section.columns, section.tolerance, None)
        last = _last_time(curve, recording) - recording.time[0]
        points = _until([(float(t), float(v)) for t, v in made["points"]], last)
        programme = [{
            "kind": "measured", "points": [[text(t, "s"), text(v, "V")] for t, v in points],
            "tolerance": made["tolerance"].text, "rise": made["rise"].text,
        }]  # fmt: skip
    enough = ENOUGH * limit if section.ways == "out" and limit else None
    curve.cases = (Case("curve", (*own, f"programme={toml(programme)}", *quiet()), enough),)
    return curve


def _last_time(curve, recording):
    """Time of the last point that is compared, s; with the way out alone, that of its peak."""
    return recording.time[max(part.way.rows.stop for part in curve.parts) - 1]


def _until(points, last):
    """Corners of a programme (time, voltage) up to a time."""
    if last >= points[-1][0]:
        return points
    times, volts = zip(*points, strict=True)
    kept = [point for point in points if point[0] < last * (1 - 1e-9)]
    return [*kept, (last, float(np.interp(last, times, volts)))]


def quiet():
    """Settings of runs of which the time series alone is read."""
    return ("output.snapshot_currents=[]", "output.snapshot_regimes=false", "output.snapshot_times=[]")


# --- tables of points ---------------------------------------------------------------------------------------------

# What x is, its unit and its usual setting; and the unit of y.
OVER = {
    "set_times": ("V", None, "s"),
    "v_set": ("V/s", None, "V"),
    "r_lrs": ("A", "compliance.current", "ohm"),
    "v_reset": ("A", "compliance.current", "V"),
    "retention": ("s", None, "ohm"),
}


def _table(section, name, base, folder, own):
    usual_unit, setting, unit_y = OVER[section.kind]
    unit_x = usual_unit
    if section.over is not None:
        if section.kind == "retention":
            raise Wrong(f"over = {quoted(section.over)}: of a retention x is the time")
        setting = naming.canonical(section.over)
        unit_x = space.unit_of(setting)
        if unit_x is None or not isinstance(naming.effective(base, setting), float):
            raise Wrong(
                f"over = {quoted(section.over)}: is not a setting with a number (ecmsim validate --schema lists all)"
            )
        if section.kind == "set_times":
            raise Wrong(
                f"over = {quoted(section.over)}: of SET times x is the voltage; temperature and set hold for all"
            )
    x, y, switched = _points(section, folder, (unit_x, unit_y))
    if (section.kind in ("set_times", "r_lrs", "retention") and not (y > 0).all()) or not np.isfinite(y).all():
        raise Wrong(f"y: must be greater than 0 {unit_y}")
    if section.kind == "retention":
        return _retention(section, name, base, own, x, y)
    if section.kind in ("set_times",) and not (x != 0).all():
        raise Wrong("x: a pulse of 0 V switches nothing")
    if section.kind in ("r_lrs", "v_reset") and base.compliance.kind != "ideal" and section.over is None:
        raise Wrong(f'needs compliance.kind = "ideal" in the configuration; there it is "{base.compliance.kind}"')
    options = name, float(section.weight), x, y, unit_x
    return {"set_times": _set_times, "v_set": _set_voltages, "r_lrs": _resistances, "v_reset": _reset_voltages}[
        section.kind
    ](section, options, base, own, setting, switched)


def _points(section, folder, units):
    """x, y and whether each switched, (n,)."""
    if (section.file is None) == (section.points is None):
        raise Wrong('needs either a file or points, as [["1 V", "2 s"], ["0.8 V", "30 s"]]')
    if section.points is not None:
        if section.columns is not None:
            raise Wrong("columns: are of a file")
        rows = [_pair(number, row, units, section.kind) for number, row in enumerate(section.points)]
        x, y, switched = (np.array(column) for column in zip(*rows, strict=True))
        return x.astype(float), y.astype(float), switched.astype(bool)
    path, columns = _file(section.file, folder), section.columns.plain() if section.columns else Columns()
    found = read_points(path, columns, units)
    switched = np.ones(len(found.x), bool)
    if getattr(section, "switched", None) is not None:
        from dataclasses import replace

        told = read_points(path, replace(columns, y=Column(section.switched)), (units[0], ""))
        if len(told.x) != len(found.x):
            raise Wrong(
                f"switched = {quoted(section.switched)}: is no number in {abs(len(told.x) - len(found.x))} lines"
            )
        switched = told.y != 0
    return found.x, found.y, switched


def _pair(number, row, units, kind):
    censored = kind == "set_times" and len(row) == 3
    if len(row) != 2 and not (censored and isinstance(row[2], bool)):
        more = ", of SET times also with true or false: whether it switched" if kind == "set_times" else ""
        raise Wrong(f"points[{number}] = {quoted(row)}: expected a pair of quantities{more}")
    values = []
    for given, unit in zip(row[:2], units, strict=True):
        try:
            values.append(float(QuantityType(unit).validate(given)))
        except PydanticCustomError as error:
            raise Wrong(f"points[{number}]: {quoted(given)}: {error.message()}") from None
    return *values, row[2] if censored else True


def _switching_current(section, base):
    """Current that tells switching, A. Raises Wrong where nothing says one."""
    if section.current is not None:
        return float(section.current)
    if base.compliance.kind == "ideal":
        return REACHED * float(base.compliance.current)
    raise Wrong('current: needs one that tells switching, such as "1 uA", as there is no compliance current')


def _set_times(section, options, base, own, _setting, switched):
    name, weight, x, y, unit_x = options
    error = float(section.relative_error)
    current = np.full(len(x), _switching_current(section, base))
    rise, cases = float(section.rise), []
    for k, (volts, time) in enumerate(zip(x, y, strict=True)):
        longest = time * (tables.FURTHER if switched[k] else math.exp(tables.CENSORED * error))
        if not rise < time:
            raise Wrong(f"rise = {section.rise.text}: must be less than the shortest time, {text(time, 's')}")
        steps = [
            {"kind": "ramp", "to": text(volts, "V"), "duration": text(rise, "s")},
            {"kind": "hold", "duration": text(longest, "s"), "until": f"|current| > {float(current[k])!r} A"},
        ]
        numerics = (
            f"stepping.first_step={text(min(1e-12, rise), 's')}", f"stepping.largest_step={text(longest / 10, 's')}",
            "stepping.smallest_step=1e-22 s", "stepping.largest_voltage_step=0.2 V",
        )  # fmt: skip
        cases.append(Case(f"{volts:g} V", (*numerics, *own, f"programme={toml(steps)}", *quiet())))
    return tables.SetTimes(name, cases, weight, x, y, error, unit_x, switched, current)


def _set_voltages(section, options, base, own, setting, _switched):
    name, weight, x, y, unit_x = options
    peak = float(section.peak) if section.peak is not None else 2 * np.abs(y).max()
    if not peak > np.abs(y).max():
        raise Wrong(
            f"peak = {section.peak.text}: must be more than the largest SET voltage, {text(np.abs(y).max(), 'V')}"
        )
    current = np.full(len(x), _switching_current(section, base))
    cases = []
    for k, value in enumerate(x):
        rate = float(section.rate) if setting else value
        if not rate > 0:
            raise Wrong(f"x: a rate of {text(rate, 'V/s')} leads nowhere; must be greater than 0 V/s")
        if setting == "compliance.current" and section.current is None:
            current[k] = REACHED * value
        own_x = (f"{setting}={text(value, unit_x)}",) if setting else ()
        step = {"kind": "ramp", "to": text(math.copysign(peak, y[k]), "V"), "rate": text(rate, "V/s")}
        step["until"] = f"|current| > {float(current[k])!r} A"
        numerics = (f"stepping.first_step={text(1e-3 / rate, 's')}", f"stepping.largest_step={text(1 / rate, 's')}")
        cases.append(Case(f"{value:g} {unit_x}", (*numerics, *own, *own_x, f"programme={toml([step])}", *quiet())))
    return tables.SetVoltages(name, cases, weight, x, y, float(section.error), unit_x, current)


def _sweep(section):
    return {"kind": "sweep", "peak": section.peak.text, "rate": section.rate.text}


def _numerics(section):
    rate = float(section.rate)
    return (f"stepping.first_step={text(1e-3 / rate, 's')}", f"stepping.largest_step={text(1 / rate, 's')}")


def _resistances(section, options, base, own, setting, _switched):
    name, weight, x, y, unit_x = options
    rate, peak, read_at = float(section.rate), float(section.peak), float(section.read_voltage)
    way = [{"kind": "ramp", "to": text(peak, "V"), "rate": text(rate, "V/s")}]
    way.append({"kind": "ramp", "to": text(0.9 * read_at, "V"), "rate": text(rate, "V/s")})
    cases = [
        Case(
            f"{value:g} {unit_x}",
            (*_numerics(section), *own, f"{setting}={text(value, unit_x)}", f"programme={toml(way)}", *quiet()),
        )
        for value in x
    ]
    return tables.Resistances(name, cases, weight, x, y, float(section.relative_error), unit_x, read_at)


def _reset_voltages(section, options, base, own, setting, _switched):
    name, weight, x, y, unit_x = options
    reset = {"kind": "sweep", "peak": section.back.text, "rate": section.rate.text, "compliance": {"kind": "none"}}
    programme = f"programme={toml([_sweep(section), reset])}"
    cases = [
        Case(
            f"{value:g} {unit_x}",
            (*_numerics(section), *own, f"{setting}={text(value, unit_x)}", programme, *quiet()),
        )
        for value in x
    ]
    return tables.ResetVoltages(name, cases, weight, x, y, float(section.error), unit_x)


def _retention(section, name, base, own, x, y):
    order = np.argsort(x)
    x, y = x[order], y[order]
    length = 2 * RISE + READ
    if not (np.diff(np.concatenate([[0.0], x])) > length).all():
        raise Wrong(f"x: times must be at least {length:g} s apart, as a read takes so long, and positive")
    steps, reads, now = [_sweep(section)], [], 2 * float(section.peak) / float(section.rate)
    begin = now
    for moment in x:
        wait = begin + moment - now - READ - RISE
        steps.append({"kind": "hold", "duration": text(wait, "s")})
        steps.append({"kind": "ramp", "to": section.read_voltage.text, "duration": text(RISE, "s")})
        steps.append({"kind": "hold", "duration": text(READ, "s")})
        steps.append({"kind": "ramp", "to": "0 V", "duration": text(RISE, "s")})
        reads.append(begin + moment)
        now = begin + moment + RISE
    numerics = (f"stepping.largest_step={text(max(x[-1] / 10, 1.0), 's')}",)
    cases = [Case("retention", (*numerics, *own, f"programme={toml(steps)}", *quiet()))]
    return tables.Retention(name, cases, float(section.weight), x, y, float(section.relative_error), "s", reads)


# --- facts --------------------------------------------------------------------------------------------------------


def _facts(section, name, base, path, own):
    if (section.file is None) == (section.target is None):
        raise Wrong('needs either tables [[target]] or file = "FILE.toml", a file with such tables')
    problems = []
    if section.file is not None:
        if section.source is not None:
            raise Wrong("source: stands in the file of the targets")
        known = targets.read(path.parent / section.file)
    else:
        tables_ = {"target": [dict(item) for item in section.target]}
        known = targets.from_tables(tables_ | ({"source": section.source} if section.source else {}), path, problems)
    chosen = chosen_rows(section.rows, known.targets, problems)
    for target in chosen:
        if target.measure.above and not isinstance(naming.effective(base, target.measure.above), float):
            problems.append(f"row {target.row}: above = {target.measure.above}, which the configuration does not have")
    if problems:
        raise Wrong("\n  ".join(problems))
    outlines = any("boundary" in target.measure.kind for target in chosen)
    return Facts(name, [Case("facts", tuple(own), outlines=outlines)], float(section.weight), chosen, known.source)


def chosen_rows(rows, known, problems):
    """Those of the known targets whose rows are listed, all where none are."""
    by_row = {target.row: target for target in known}
    rows = list(by_row) if rows is None else rows
    if not by_row:  # told already
        return ()
    if not isinstance(rows, list) or not rows or not all(type(row) is int and row in by_row for row in rows):
        problems.append(f"rows = {quoted(rows)}: expected some of {sorted(by_row)}, the rows of the targets")
        return ()
    return tuple(by_row[row] for row in sorted(set(rows)))
