"""Times or rates of a study over temperature, with the activation energies that their slopes over 1/kT are."""

from dataclasses import dataclass

import numpy as np

from ecmsim.constants import BOLTZMANN_EV
from ecmsim.errors import PlotError
from ecmsim.plot import style
from ecmsim.plot.study import COLOURS, MARKERS, MOST_SERIES, label, scale, split, told
from ecmsim.plot.trace import Drawn

TEMPERATURE = "cell_ambient_temperature_K"
USUAL = ("time_set_s", "time_rupture_s", "time_dissolved_s", "time_nucleation_s")


@dataclass(frozen=True)
class Fit:
    """energy E and its standard error (eV, nan where two points tell none), offset of ln y over 1/kT; falls: whether y
    falls with temperature, as times do."""

    energy: float
    error: float
    offset: float
    falls: bool

    def __call__(self, inverse):
        """y at 1/kT (1/eV)."""
        return np.exp(self.offset + (1 if self.falls else -1) * self.energy * inverse)

    @property
    def told(self):
        """The energy with its error, as text."""
        error = f"{self.error:.3f}" if self.error >= 0.0005 else "<0.001"
        return f"{self.energy:.3f} eV" if np.isnan(self.error) else f"{self.energy:.3f} ± {error} eV"


def fitted(temperature, values, falls=True):
    """The Fit of y = y_0 exp(E/kT) (times), or exp(-E/kT) where not `falls`, by least squares of ln y; (n,) in K and
    any unit. Raises PlotError for less than two temperatures."""
    if len(np.unique(temperature)) < 2:
        raise PlotError("an activation energy needs two temperatures at least")
    inverse, logarithm = 1 / (BOLTZMANN_EV * np.asarray(temperature, float)), np.log(np.asarray(values, float))
    middle = inverse.mean()
    slope, level = np.polyfit(inverse - middle, logarithm, 1)
    left = logarithm - level - slope * (inverse - middle)
    spread = ((inverse - middle) ** 2).sum()
    error = np.sqrt((left**2).sum() / (len(left) - 2) / spread) if len(left) > 2 else np.nan
    return Fit(float(slope if falls else -slope), float(error), float(level - slope * middle), falls)


def draw(run, output, y=None, fit_from=None, fit_to=None):
    """Arrhenius picture of a study (a StudyTable) over cell.ambient_temperature, a line for each combination of the
    other settings. -> [output], with the fitted energies as its words.

    y: a column of the summary (default: the first time that it has, of SET, of rupture, of dissolution, of nucleation);
    of times the energy counts positive where they fall with temperature, of all else where it rises. fit_from, fit_to:
    range of the fit in K. Only finished cases with a positive y are drawn.
    """
    done = run.table[run.table["status"] == "finished"]
    if TEMPERATURE not in run.varied or done[TEMPERATURE].nunique() < 2:
        raise PlotError(
            f"{run.folder}: fewer than two finished cases of different cell.ambient_temperature: no Arrhenius picture"
        )
    numbers = [name for name in done.columns if done[name].dtype.kind in "fi"]
    y = y or next((name for name in USUAL if name in numbers and (done[name] > 0).sum() > 1), None)
    if y is None or y not in numbers:
        raise PlotError(
            f"{run.folder}: no numbers {y or 'of times'!r} to draw: choose with -o y= from {', '.join(numbers)}"
        )
    done, falls = done[done[y] > 0], split(y)[1] == "s"
    if not len(done):
        raise PlotError(f"{run.folder}: no finished case has a positive {y}")
    others = [name for name in run.varied if name != TEMPERATURE and done[name].nunique(dropna=False) > 1]
    groups = list(done.groupby(others, dropna=False, sort=True)) if others else [((), done)]
    if len(groups) > MOST_SERIES:
        raise PlotError(f"{run.folder}: {len(groups)} lines are too many for one picture: {MOST_SERIES} at most")
    words = []
    with style.picture(output, style.COLUMN_MM, 72) as figure:
        axes = figure.subplots()
        inverse = 1 / (BOLTZMANN_EV * done[TEMPERATURE].to_numpy(float))
        scale(axes.xaxis, inverse, False)
        scale(axes.yaxis, done[y], True)
        for number, (values, group) in enumerate(groups):
            named = [f"{label(name, False)} {told(name, value)}" for name, value in zip(others, values, strict=True)]
            words.append(_line(axes, group, y, falls, (fit_from, fit_to), named, number))
        axes.set(xlabel=r"$1/kT$ (1/eV)", ylabel=label(y))
        _temperatures(axes, done[TEMPERATURE].to_numpy(float))
        axes.legend(loc="best")
    return Drawn([output], words)


def _line(axes, cases, y, falls, limits, named, number):
    """Draw the cases of one line and its fit; what it says in words."""
    cases = cases.sort_values(TEMPERATURE)
    temperature, values = cases[TEMPERATURE].to_numpy(float), cases[y].to_numpy(float)
    low, high = (-np.inf if limits[0] is None else limits[0]), (np.inf if limits[1] is None else limits[1])
    inside = (temperature >= low) & (temperature <= high)
    fit = fitted(temperature[inside], values[inside], falls)
    energy = f"$E_\\mathrm{{A}}$ = {fit.told}"
    look = {"color": COLOURS[number], "marker": MARKERS[number], "mec": "white", "mew": 0.4, "ms": 4.5, "zorder": 3}
    axes.plot(1 / (BOLTZMANN_EV * temperature), values, ls="", label=", ".join([*named, energy]), **look)
    line = np.linspace(*(1 / (BOLTZMANN_EV * np.array([temperature[inside].max(), temperature[inside].min()]))), 50)
    axes.plot(line, fit(line), color=COLOURS[number], lw=1.0, ls="--", zorder=2)
    return f"{', '.join([y, *named])}: E_A = {fit.told} from {inside.sum()} temperatures"


def _temperatures(axes, values):
    """The temperatures themselves along the upper edge."""
    upper = axes.secondary_xaxis("top", functions=(lambda x: x, lambda x: x))
    shown = np.unique(values)
    if len(shown) > 6:
        shown = shown[np.unique(np.linspace(0, len(shown) - 1, 5).round().astype(int))]
    texts = [f"{value:.0f}" for value in shown]
    texts = texts if len(set(texts)) == len(texts) else [f"{value:.5g}" for value in shown]
    upper.set_xticks(1 / (BOLTZMANN_EV * shown), texts)
    upper.minorticks_off()
    upper.set_xlabel("Temperature (K)")
