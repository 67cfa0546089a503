"""Tables of points as datasets: SET times, SET voltages, low resistances, RESET voltages, retention; a run a point."""

import numpy as np

from ecmsim.fitting.dataset import Dataset
from ecmsim.switching.values import Definitions, resistance_at_read_voltage, values_of

FURTHER = 1e3  # times the measured time: so long a pulse is simulated at most
CENSORED = 4.0  # standard errors beyond the end of a pulse that did not switch: further it need not be simulated


class Table(Dataset):
    """Points: x, y, error (of what is compared), (n,). One case for each; log: whether logarithms are compared."""

    log = False

    def __init__(self, name, cases, weight, x, y, error, unit_x):
        super().__init__(name, cases, weight)
        self.x, self.y, self.error, self.unit_x = np.asarray(x, float), np.asarray(y, float), error, unit_x

    def one(self, run, k):
        """What a run has in the place of point k, in the unit of y; nan where it has nothing."""
        raise NotImplementedError

    def predict(self, runs):
        found = np.array([self._one(run, k) for k, run in enumerate(runs)])
        if not self.log:
            return found
        with np.errstate(invalid="ignore", divide="ignore"):
            return np.where(found > 0, np.log(np.maximum(found, 1e-300)), np.nan)

    def _one(self, run, k):
        return np.nan if run is None or len(run.timeseries) < 3 else self.one(run, k)

    def deviations(self, predicted):
        known = np.log(np.abs(self.y)) if self.log else self.y
        return (predicted - known) / self.error

    def modelled(self, predicted):
        """A prediction in the unit of y."""
        return np.exp(predicted) if self.log else predicted

    def table(self, predicted):
        error = self.error * np.abs(self.y) if self.log else np.full(len(self.y), self.error)
        return {
            "series": self.labels(),
            "x": list(self.x),
            "measured": list(self.y),
            "error": list(error),
            "modelled": list(self.modelled(predicted)),
        }

    def labels(self):
        """What each point is."""
        return [self.kind] * len(self.x)

    def curves(self, predicted):
        order = np.argsort(self.x)
        return [(self.x[order], self.modelled(predicted)[order])]


class SetTimes(Table):
    """Times to SET; switched (n,): whether a pulse did, else y is how long it was. rise: s, before it counts."""

    kind, unit_y, log = "set_times", "s", True

    def __init__(self, name, cases, weight, x, y, error, unit_x, switched, current):
        super().__init__(name, cases, weight, x, y, error, unit_x)
        self.switched, self.current = np.asarray(switched, bool), current

    def one(self, run, k):
        return first_time(run, self.current[k])

    def deviations(self, predicted):
        """Of a pulse that did not switch: the root of minus twice the logarithm of the chance that it does not."""
        from scipy.special import log_ndtr

        plain = super().deviations(predicted)
        with np.errstate(invalid="ignore"):
            return np.where(self.switched, plain, -np.sqrt(np.maximum(-2 * log_ndtr(plain), 0.0)))

    def labels(self):
        return ["switched" if done else "did not switch" for done in self.switched]


class SetVoltages(Table):
    """SET voltages of ramps."""

    kind, unit_y = "v_set", "V"

    def __init__(self, name, cases, weight, x, y, error, unit_x, current):
        super().__init__(name, cases, weight, x, y, error, unit_x)
        self.current = current

    def one(self, run, k):
        return first_voltage(run, self.current[k])


class Resistances(Table):
    """Low resistances of sweeps."""

    kind, unit_y, log = "r_lrs", "ohm", True

    def __init__(self, name, cases, weight, x, y, error, unit_x, read):
        super().__init__(name, cases, weight, x, y, error, unit_x)
        self.read = read

    def one(self, run, k):
        series = run.timeseries
        columns = (series[name].to_numpy(float) for name in ("source_voltage_V", "cell_voltage_V", "current_A"))
        return resistance_at_read_voltage(*columns, self.read)


class ResetVoltages(Table):
    """Voltages of the RESET's largest current."""

    kind, unit_y = "v_reset", "V"

    def one(self, run, k):
        series = run.timeseries
        v, i = (series[name].to_numpy(float) for name in ("source_voltage_V", "current_A"))
        return values_of(v, i, Definitions()).V_RESET_V


class Retention(Table):
    """Resistances at times after a SET, all of one run; reads: s, of the run, when each read ends."""

    kind, unit_y, log = "retention", "ohm", True

    def __init__(self, name, cases, weight, x, y, error, unit_x, reads):
        super().__init__(name, cases, weight, x, y, error, unit_x)
        self.reads = np.asarray(reads, float)

    def predict(self, runs):
        if runs[0] is None or len(runs[0].timeseries) < 3:
            return np.full(len(self.x), np.nan)
        series = runs[0].timeseries
        time, v, i = (series[name].to_numpy(float) for name in ("time_s", "source_voltage_V", "current_A"))
        volts, amperes = (np.interp(self.reads, time, values) for values in (v, i))
        with np.errstate(divide="ignore", invalid="ignore"):
            found = np.log(np.abs(volts / amperes))
        return np.where((self.reads <= time[-1] * (1 + 1e-9)) & np.isfinite(found), found, np.nan)


def first_time(run, current):
    """Time at which |current| first comes to a value, s. Where it never does: longer than the run by as many times as
    the filament has yet to grow, so that a cell that is nearly through is nearly right; nan of a run that failed."""
    time, i = (run.timeseries[name].to_numpy(float) for name in ("time_s", "current_A"))
    reached = np.nonzero(np.abs(i) >= current)[0]
    if len(reached):
        k = int(reached[0])
        low, high = np.log(max(abs(i[k - 1]), 1e-30)), np.log(abs(i[k]))
        share = (np.log(current) - low) / (high - low) if k and high > low else 1.0
        return time[k - 1] + share * (time[k] - time[k - 1]) if k else time[0]
    return time[-1] * yet_to_grow(run) if run.whole else np.nan


def first_voltage(run, current):
    """Source voltage at which |current| first comes to a value, V; where it never does, beyond the peak likewise."""
    v = run.timeseries["source_voltage_V"].to_numpy(float)
    i = np.abs(run.timeseries["current_A"].to_numpy(float))
    reached = np.nonzero(i >= current)[0]
    if len(reached):
        k = int(reached[0])
        low, high = np.log(max(i[k - 1], 1e-30)), np.log(i[k])
        share = (np.log(current) - low) / (high - low) if k and high > low else 1.0
        return float(v[k - 1] + share * (v[k] - v[k - 1])) if k else float(v[0])
    return float(v[np.argmax(np.abs(v))] * yet_to_grow(run)) if run.whole else np.nan


def yet_to_grow(run):
    """Gap at the beginning over what of it has been closed, 1 to 1e3."""
    gap = run.timeseries["gap_nm"].to_numpy(float)
    return float(np.clip(gap[0] / max(gap[0] - gap[-1], 1e-3 * gap[0]), 1.0, 1e3))
