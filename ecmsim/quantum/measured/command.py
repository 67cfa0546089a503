"""The command `ecmsim quantum measured`: measured traces in words, tables and a picture's numbers."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ecmsim.constants import CONDUCTANCE_QUANTUM
from ecmsim.errors import MeasurementError
from ecmsim.quantum.measured import histograms, point_contact, series
from ecmsim.quantum.measured.plateaus import Rules, levels_of
from ecmsim.quantum.measured.samples import LEAST_V, samples_of
from ecmsim.text import number, quantity

FIT = "fit"
MOST_NAMED = 20  # plateaus that are told one by one, the longest
POOR = 3.0  # times the assumed noise: a model that is so far off does not fit
UNKNOWN = 1e3  # times the value: a larger error is none
TABLES = {
    "trace.csv": "every sample: time, voltage over the contact, current, cycle, conductance",
    "plateaus.csv": "level, standard error, length of each plateau",
    "histogram.csv": "how often each conductance was measured",
    "map.csv": "the same against time, voltage or displacement",
    "point_contact.csv": "parameters of the quantum-point-contact model",
}


@dataclass(frozen=True)
class Settings:
    """What is asked of measurements. least: V; start, end: s; parasitic: ohm, or FIT, or None; bin, top: G0, of the
    histograms; axis, speed (nm/s), align (G0): of the second one, as histograms.places has them; rules: of plateaus;
    fit: whether the point-contact model is fitted; noise: share of the current, for the fit."""

    least: float = LEAST_V
    start: float | None = None
    end: float | None = None
    parasitic: float | str | None = None
    bin: float = histograms.BIN
    top: float | None = None
    axis: str = "time"
    speed: float | None = None
    align: float | None = None
    rules: Rules = Rules()
    fit: bool = False
    noise: float = point_contact.NOISE


@dataclass(frozen=True)
class Found:
    """What measurements tell. samples: Samples of each; levels: their plateaus, a list each; series: SeriesResistance
    where it was fitted; histogram: Histogram; map: Map; fits: point_contact.Fit of each, where wanted."""

    settings: Settings
    samples: list
    levels: list
    series: object
    histogram: object
    map: object
    fits: list

    @property
    def tables(self):
        """DataFrames by the names of TABLES; the last one only where the model was fitted."""
        found = {
            "trace.csv": _joined(self.samples, [_trace(samples) for samples in self.samples]),
            "plateaus.csv": _joined(self.samples, [_plateaus(levels) for levels in self.levels]),
            "histogram.csv": self.histogram.table,
            "map.csv": self.map.table,
        }
        if self.fits:
            found["point_contact.csv"] = _joined(self.samples, [_fitted(fit) for fit in self.fits])
        return found

    @property
    def words(self):
        """What was found, one line each."""
        lines = []
        for k, samples in enumerate(self.samples):
            lines += [f"{samples.file}: {len(samples)} samples, {_range(samples)}", *(f"  {t}" for t in samples.notes)]
            lines += _resistance_words(self, samples)
            lines += _plateau_words(self.levels[k])
            if self.fits:
                lines += _fit_words(self.fits[k])
        return [*lines, *_histogram_words(self.histogram)]


def analyse(recordings, settings=None):
    """What Recordings (ecmsim.measured) tell of a contact, as Settings ask: Found. Raises MeasurementError."""
    settings = settings or Settings()
    whole = [samples_of(item, settings.least, settings.start, settings.end) for item in recordings]
    found, resistance = None, settings.parasitic
    if resistance == FIT:
        found = _series(whole, settings)
        resistance = found.resistance
    samples = [item.without(resistance) if resistance else item for item in whole]
    G = np.concatenate([item.conductance for item in samples])
    edges = histograms.edges_for(G, settings.bin, settings.top)
    place = [histograms.places(item, settings.axis, settings.speed, settings.align) for item in samples]
    fits = []
    if settings.fit:
        for item in samples:
            try:
                fits.append(point_contact.fit(item.voltage, item.current, settings.noise))
            except MeasurementError as error:
                raise MeasurementError(f"{item.file}: {error}") from None
    return Found(
        settings,
        samples,
        [levels_of(item, settings.rules) for item in samples],
        found,
        histograms.histogram(G, edges),
        histograms.mapped(settings.axis, np.concatenate(place), G, edges),
        fits,
    )


def _series(whole, settings):
    """The SeriesResistance of the plateaus of all Samples."""
    try:
        return series.fitted([level for item in whole for level in levels_of(item, settings.rules)])
    except MeasurementError as error:
        raise MeasurementError(f"{', '.join(item.file for item in whole)}: {error}") from None


def write(found, folder, overwrite=False):
    """Write the tables of Found into a folder; returns their paths. Raises MeasurementError where that cannot be."""
    folder, tables = Path(folder), found.tables
    for name in tables:
        if (folder / name).exists() and not overwrite:
            raise MeasurementError(f"{folder / name}: is there already; --overwrite replaces it")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for name, table in tables.items():
            table.to_csv(folder / name, index=False, float_format="%.9g")
    except OSError as error:
        raise MeasurementError(f"cannot write {folder}: {error.strerror or error}; choose another --out") from error
    return [folder / name for name in tables]


def _joined(samples, tables):
    """Tables of several files as one, with a column that names the file."""
    import pandas as pd

    if len(tables) > 1:
        for item, table in zip(samples, tables, strict=True):
            table.insert(0, "file", item.file)
    return pd.concat(tables, ignore_index=True)


def _trace(samples):
    import pandas as pd

    return pd.DataFrame(
        {
            "time_s": samples.time,
            "voltage_V": samples.voltage,
            "current_A": samples.current,
            "cycle": samples.cycle,
            "conductance_G0": samples.conductance,
        }
    )


COLUMNS = {
    "cycle": "cycle",
    "start": "start_s",
    "end": "end_s",
    "length": "length_s",
    "samples": "samples",
    "conductance": "conductance_G0",
    "error": "error_G0",
    "deviation": "deviation_G0",
    "rise": "rise_G0",
    "voltage": "voltage_V",
}


def _plateaus(levels):
    import pandas as pd

    rows = [{column: getattr(level, name) for name, column in COLUMNS.items()} for level in levels]
    return pd.DataFrame(rows, columns=list(COLUMNS.values()))


def _fitted(fit):
    import pandas as pd

    rows = [
        {"parameter": name, "value": fit.values[name], "error": fit.errors[name], "unit": point_contact.UNITS[name],
         "determined": fit.known[name]}
        for name in point_contact.NAMES
    ]  # fmt: skip
    rows.append({"parameter": "zero_bias", "value": fit.zero_bias, "error": fit.zero_bias_error, "unit": "G0",
                 "determined": True})  # fmt: skip
    return pd.DataFrame(rows)


def _range(samples):
    G = samples.conductance
    return f"{G.min():.3g} to {G.max():.3g} G0"


def _resistance_words(found, samples):
    if not samples.resistance:
        return ["  nothing is taken off for resistances in series (--parasitic)"]
    one, taken = found.series, quantity(samples.resistance, "ohm")
    if one is None:
        return [f"  {taken} in series are taken off, as given"]
    known = np.isfinite(one.error)
    taken = number(one.resistance, one.error, "ohm") if known else f"{taken} (without an error that could be told)"
    lines = [
        f"  {taken} in series are taken off: {one.plateaus} plateaus taken for "
        f"{', '.join(map(str, one.multiples))} G0 are {one.scatter:.2g} G0 off these, {one.without:.2g} G0 with "
        "nothing taken off; that they are multiples is assumed, not found"
    ]
    if one.others:
        lines.append(f"  as good within two errors: {', '.join(quantity(other, 'ohm') for other in one.others)}")
    return lines


def _plateau_words(levels):
    if not levels:
        return ["  no plateaus"]
    longest = sorted(levels, key=lambda level: -level.samples)[:MOST_NAMED]
    shown = [level for level in levels if level in longest]
    more = f", the {MOST_NAMED} longest" if len(shown) < len(levels) else ""
    lines = [f"  {len(levels)} plateau{'s' * (len(levels) > 1)}{more}:"]
    for level in shown:
        siemens = quantity(level.conductance * CONDUCTANCE_QUANTUM, "S")
        rise = f", rises by {level.rise:+.2g} G0" if abs(level.rise) >= 2 * level.deviation else ""
        lines.append(
            f"    {number(level.conductance, level.error)} G0 ({siemens}) for {quantity(level.length, 's')} from "
            f"{level.start:.6g} s on{rise}"
        )
    return lines


def _fit_words(fit):
    lines = [f"  point contact: the data determine {fit.determined} of its 4 parameters' combinations"]
    for name in point_contact.NAMES:
        value, error, unit = fit.values[name], fit.errors[name], point_contact.UNITS[name]
        if fit.known[name]:
            text = f"{number(value, error)} {unit}"
        elif name in fit.at_end:
            text = f"not determined (ends at {value:.3g} {unit}".rstrip() + ", the end of its range)"
        else:
            wide = "no error" if not error < UNKNOWN * max(abs(value), 1) else f"± {error:.2g}"
            text = f"not determined ({value:.3g} {wide}) {unit}"
        lines.append(f"    {name} = {text}".rstrip())
    lines.append(f"    at 0 V: {number(fit.zero_bias, fit.zero_bias_error)} G0")
    misses = "; the model does not follow them: neither values nor errors mean much" if fit.scatter > POOR else ""
    lines.append(f"    currents are {fit.scatter:.2g} times their assumed noise off{misses}")
    if fit.determined < len(point_contact.NAMES):
        parts = [
            f"{share:+.2f} {name}"
            for share, name in zip(fit.combinations[-1], ("ln N", "ln alpha", "Phi", "beta"), strict=True)
            if abs(share) > 0.1
        ]
        sizes = ", ".join(f"{size:.2g}" for size in fit.sizes)
        lines.append(f"    errors of the combinations over what would be known: {sizes}; the last is {' '.join(parts)}")
    return lines


def _histogram_words(found):
    outside = found.total - found.counts.sum()
    lines = [
        f"histogram: {found.total} samples" + (f", {outside} outside 0 to {found.edges[-1]:.4g} G0" * bool(outside))
    ]
    peaks = [f"  peak at {peak.conductance:.2f} G0 ({100 * peak.share:.2g} % near it)" for peak in found.peaks]
    return [*lines, *(peaks or ["  no peaks at 0.5 G0 and above"])]
