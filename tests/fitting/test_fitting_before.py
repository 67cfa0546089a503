"""All numbers of fits as they were: descents, datasets of made-up runs, errors, parameters, surrogates."""

import re
from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from helpers import instruments, made_up
from helpers.before import as_before

from ecmsim.fitting import answer, curve, dataset, differences, least_squares, posterior, search, tables
from ecmsim.fitting.building import ENOUGH, REACHED
from ecmsim.fitting.definition import read
from ecmsim.fitting.expression import Expression
from ecmsim.fitting.facts import Facts
from ecmsim.fitting.identify import identified
from ecmsim.fitting.parameters import Derived, Parameter, Space, in_unit
from ecmsim.fitting.report import _direction
from ecmsim.fitting.result import Result
from ecmsim.measured import Recording

MATRIX = np.array([[3.0, 1.0], [0.5, -2.0], [1.0, 1.0], [0.0, 0.7]]) * 10
BEST = np.array([0.4, 0.7])


def bent(points, bend=0.03):
    d = np.atleast_2d(points) - BEST
    return d @ MATRIX.T + bend * (d @ MATRIX.T) ** 2 * d[:, :1] + np.array([0.5, -1.0, 0.2, 3.0])


def walled(points):
    found = bent(points)
    found[np.atleast_2d(points)[:, 0] > 0.45] = np.nan
    return found


def recorded(function):
    """The function, and the list of the numbers of points of its calls."""
    calls = []

    def many(points):
        calls.append(len(points))
        return function(points)

    return many, calls


def test_ways_of_descents(file_regression):
    """Where each ends, with which jacobian, after which calls: first steps, corrected ones, at bounds, by a wall."""
    found, start = {}, np.array([0.1, 0.2])
    for name, function, options in (
        ("usual", bent, {}),
        ("few", bent, {"most": 1}),
        ("one step", bent, {"most": 1, "radius": 0.05, "sure": False}),
        ("known", bent, {"jacobian": 1.3 * MATRIX, "sure": False}),
        ("wrong", bent, {"jacobian": -MATRIX, "most": 3}),
        ("coarse", bent, {"step": 0.1, "radius": 0.1}),
        ("wall", walled, {}),
        ("bent", lambda p: bent(p, 0.6), {}),
        ("beyond", lambda p: bent(p + 0.5), {}),
        ("loose", lambda p: bent(p * [1, 0.01] + [0, 0.6]), {"most": 4}),
    ):
        many, calls = recorded(function)
        fit = least_squares.descend(many, start, **options)
        found[name] = [fit.x, fit.jacobian, fit.evaluations, calls, fit.misfit, fit.cost, fit.covariance]
    for name, function, jacobian, options in (
        ("broyden", bent, 1.2 * MATRIX, {}),
        ("broyden, turned", bent, -MATRIX, {"most": 5}),
        ("broyden, long", walled, MATRIX, {"most": 12, "radius": 0.5}),
    ):
        many, calls = recorded(function)
        fit = least_squares.broyden(many, start, jacobian, **options)
        found[name] = [fit.x, fit.jacobian, fit.evaluations, calls, fit.cost]
    as_before(file_regression, found, tolerance=1e-3)


def test_parts_of_descents(file_regression):
    r = np.array([-4.0, -0.5, 0.0, 0.9, 1.1, 30.0])
    noisy = np.array([[20.0, 20.1, 0.0], [10.0, 10.0, 0.0], [0.0, 0.1, 0.02]])
    many, calls = recorded(lambda points: points @ noisy.T + 0.1 * np.cos(40 * points[:, :1]))
    x = np.array([0.3, 0.9, 0.5])
    found = {name: loss(r) for name, loss in least_squares.LOSSES.items()} | {
        "step": least_squares.bounded_step(MATRIX, np.array([9.0, -3.0, 1.0, 2.0]), BEST, 0.05),
        "far step": least_squares.bounded_step(MATRIX, np.array([-19.0, 30.0, 1.0, 2.0]), BEST, 2.0),
        "covariance": least_squares.covariance(noisy),
        "of one": least_squares.covariance(noisy[:1]),
        "jacobian": differences.jacobian_at(bent, np.array([0.99, 0.3]), bent(np.array([0.99, 0.3]))[0]),
        "by a wall": differences.jacobian_at(walled, np.array([0.44, 0.3]), bent(np.array([0.44, 0.3]))[0]),
        "longer": differences.lengthened(many, x, many(x[None])[0], noisy, np.full(3, 0.02)),
        "calls": calls,
        "room": [
            differences.room(x, np.array(way)) for way in ((1.0, 0, 0), (0.6, 0.8, 0), (-0.6, -0.8, 0), (0.0, 0, -1))
        ],
        "corrected": differences.corrected(
            MATRIX, np.array([0.1, -0.2]), np.ones(4), np.array([1.0, 3, 0, 2]), np.array([True, True, False, True])
        ),
        "filled": dataset.filled(np.array([np.nan, 1.0, np.inf])),
        "worse": dataset.worse(np.array([1.0, -7.0, np.nan])),
    }
    for name, jacobian, priors in (("alone", noisy, 0), ("held", np.vstack([noisy, [0, 0, 5.0]]), 1)):
        told = identified(("a", "b", "c"), jacobian, priors)
        found[name] = [
            told.errors,
            told.alone,
            told.correlations,
            told.singular,
            list(told.verdicts),
            told.undetermined,
        ]
        found[f"loose, {name}"] = [text.replace("-", "+") for text in told.loose]
    found["direction"] = _direction(np.array([0.1, -0.9, 0.3, 0.05, 0.2, 0.15]), "abcdef")
    found["formulas"] = [
        Expression(text)({"a": 2.0, "b.c": 3.0})
        for text in (
            "a + b.c",
            "a - b.c*2",
            "-a / 4 + pi",
            "+a**b.c",
            "exp(-a) + log(b.c) + log10(100) + sqrt(a)",
            "k / e",
            "log(-a)",
            "1/(a-2)",
            "(-a)**0.5",
        )
    ]
    as_before(file_regression, found, tolerance=1e-5)


def test_searches_keep_their_seeds(file_regression):
    options = SimpleNamespace(generations=4, seed=3)
    points = []

    def costs(tried):
        points.append(np.array(tried).sum(axis=0))
        return (bent(tried) ** 2).sum(axis=1)

    best = search.evolve(costs, 2, 6, options, np.array([0.9, 0.1]))
    as_before(file_regression, {"best": best, "generations": points, "hypercube": search.hypercube(2, 4, 5)})


# --- curves and tables of made-up runs ---------------------------------------------------------------------------

LIMIT = 1e-5


def sweep(step):
    time = np.arange(0, 4 + step / 2, step)
    return time, 2 - np.abs(2 - time)


def current(time, volts, jump=1.4, lrs=1e-5, leak=1e-11, steep=60.0):
    rising = np.minimum(1e-9 * np.exp(np.clip(steep * (volts - jump), -80, 80)), lrs * volts)
    return np.minimum(np.where(time <= 2, rising, lrs * volts) + leak * volts, LIMIT)


def run(time, volts, amperes, whole=True, gap=(10, 5)):
    columns = {"time_s": time, "source_voltage_V": volts, "cell_voltage_V": 0.9 * volts, "current_A": amperes}
    return SimpleNamespace(timeseries=pd.DataFrame(columns | {"gap_nm": np.linspace(*gap, len(time))}), whole=whole)


CURVES = {
    "usual": ({}, 1e-13, "both", LIMIT, 60),
    "noisy": ({}, 1e-10, "both", LIMIT, 40),
    "out": ({}, 1e-13, "out", None, 30),
    "slow": ({"steep": 12.0, "leak": 1e-9}, 1e-12, "both", LIMIT, 40),
    "measured": ({}, None, "both", LIMIT, 40),
}


def test_curves_and_what_runs_have_in_their_place(file_regression):
    found = {}
    for name, (shape, floor, ways, limit, points) in CURVES.items():
        time, volts = sweep(0.02)
        volts = np.where(time > 3.99, 0.0, volts)
        amperes = current(time, volts, **shape)
        role = "measured" if name == "measured" else "programmed"
        made = Recording("made.csv", time, volts, amperes, np.ones(len(time), int), voltage_is=role)
        known = curve.Curve("c", (), 2.0, made, limit, 0.05, floor, 2e-3, ways, points)
        found[f"{name}, part"] = [len(known.levels), known.floor, known.levels[[0, -1]], known.grid[-1]]
        at, v = sweep(0.011)
        for model, seen in {
            "alike": run(at, v, current(at, v, **shape)),
            "late": run(at, v, current(at, v, **(shape | {"jump": 1.55}))),
            "never": run(at, v, current(at, v, jump=2.5, lrs=1e-9)),
            "cut": run(at[:130], v[:130], current(at[:130], v[:130], **shape), whole=False),
        }.items():
            predicted = known.predict([seen])
            rows = known.table(predicted)
            if model == "alike":
                found[f"{name}, points"] = {key: rows[key][::2] for key in ("x", "measured", "error")}
                found[f"{name}, series"] = sorted(set(rows["series"])) + [str(len(rows["series"]))]
            if model != "cut":
                found[f"{name}, {model}"] = np.array(rows["modelled"])[::3]
            found[f"{name}, residuals of {model}"] = known.residuals(predicted)[::3]
            lines = known.curves(predicted)
            found[f"{name}, lines of {model}"] = [[len(x), np.nansum(x), np.nansum(y)] for x, y in lines]
    as_before(file_regression, found, tolerance=1e-5)


def test_parts_of_curves(file_regression):
    v, a = np.array([0.0, 0.5, 0.4, 1.0, 1.0, 1.5]), np.array([1e-9, 2e-9, 1e-8, 9e-9, 1e-6, 2e-6])
    back = (np.array([1.5, 1.0, 0.6, 0.6, 0.3]), np.array([3e-6, 2e-6, 1.1e-6, 1e-6, 5e-7]))
    levels = np.log([1e-10, 1.5e-9, 5e-7, 1e-5])
    found = {
        "slopes": curve.slopes(v, np.log(a), np.arange(6)),
        "before": curve.slopes(v, np.log(a), np.arange(6), (1, 0)),
        "crossings": curve.crossings(v, a, levels),
        "of one that ended": curve.crossings(v, a, levels, False),
        "highest": curve.highest(v, a, np.array([0.0, 0.2, 0.7, 1.5, 1.6])),
        "out": curve.at_voltages(v, a, np.array([0.05, 0.3, 1.2, 1.52, 1.6]), False),
        "back": curve.at_voltages(*back, np.array([0.05, 0.25, 0.28, 0.5, 1.2, 1.52, 1.6]), True),
        "one point": curve.at_voltages(v[:2], a[:2], np.array([0.1]), False),
    }
    as_before(file_regression, found)


def test_tables_and_what_runs_have_in_their_place(file_regression):
    time, volts = sweep(0.02)
    seen = [run(time, volts, current(time, volts, jump, 2e-6)) for jump in (1.2, 1.4)]
    seen.append(run(time, volts, 1e-12 * volts, gap=(10, 9.5)))
    seen += [run(time, volts, 1e-12 * volts, gap=(10, 10)), run(time, volts, 1e-12 * volts, False), None]
    x, y = [0.1, 1.0, 1.2, 3.0, 4.0, 5.0], [1.0, 1.3, 9.0, 2.0, 2.0, 2.0]
    levels = [1e-9, 1e-7, 1e-8, 1e-8, 1e-8, 1e-8]
    switched = [True, True, False, False, True, True]
    negative = np.concatenate([volts, -volts / 2])
    amperes = np.concatenate([current(time, volts, lrs=2e-6), np.where(time < 0.6, -1e-6 * volts, -1e-9 * volts)])
    both = run(np.concatenate([time, 4 + time]), negative, amperes)
    made = {
        "times": (tables.SetTimes("t", (), 2.0, x, y, 0.1, "V", switched, levels), seen),
        "voltages": (tables.SetVoltages("v", (), 1.0, x, y, 0.02, "V/s", levels), seen),
        "resistances": (tables.Resistances("r", (), 1.0, x[:2], [4e5, 6e5], 0.1, "A", 0.1), seen[:2]),
        "resets": (tables.ResetVoltages("w", (), 1.0, [1e-5], [-0.3], 0.02, "A"), [both]),
        "retention": (
            tables.Retention("k", (), 1.0, [1.0, 2.0, 3.0], [1e5, 1e6, 1e7], 0.2, "s", [1.405, 3.2, 5.0]),
            [seen[1]],
        ),
    }
    targets = [SimpleNamespace(row=k, name=f"f{k}", value=k + 1.0, tolerance=0.5 * k, measure=len) for k in (1, 2)]
    made["facts"] = Facts("f", (), 4.0, targets, "made up"), [SimpleNamespace(run=[0, 0, 0])]
    found = {}
    for name, (known, runs) in made.items():
        predicted = known.predict(runs)
        found[name] = {
            "predicted": predicted,
            "residuals": known.residuals(predicted),
            "table": known.table(predicted),
            "lines": known.curves(predicted),
            "nothing": known.predict([None] * len(runs)),
        }
    as_before(file_regression, found)


# --- parameters, results, surrogates -----------------------------------------------------------------------------

PARAMETERS = (
    Parameter("a", "", "nm", 1.0, 3.0, 1.5, prior=(2.0, 0.5)),
    Parameter("b", "", "", 1e-3, 10.0, 0.1, True, (0.2, 0.1), ("one",)),
)


def space():
    derived = (Derived("c", Expression("2 * a + b"), None), Derived("d", Expression("c**2 / a"), "s"))
    return Space(PARAMETERS, derived, None)


def test_parameters_by_hand(file_regression):
    a, b = PARAMETERS
    assert [a.value(x) for x in (-1, 0, 0.25, 1, 2)] == [1, 1, 1.5, 3, 3] and a.share(1.5) == 0.25
    assert b.value(0.5) == pytest.approx(0.1) and b.share(0.1) == pytest.approx(0.5)
    assert a.slope(0.3) == 2 and b.slope(0.5) == pytest.approx(0.1 * np.log(1e4))
    assert a.deviation(0.25) == -1 and b.deviation(0.5) == pytest.approx(np.log(0.5) / 0.5)
    assert b.holds_for("one") and not b.holds_for("two") and a.holds_for("two")
    assert in_unit(1.23456789012, "nm") == "1.2345679 nm" and in_unit(2.0, "") == "2"
    whole, x = space(), np.array([0.25, 0.5])
    found = {
        "formulas": whole.formulas(x),
        "of one": whole.formulas(x, "one"),
        "of two": whole.formulas(x, "two"),
        "priors": whole.priors(x),
        "start": whole.start,
        "told": whole.told(x),
        "names": whole.with_prior,
        "overrides": whole.overrides(x, "one"),
        "slopes": whole.slopes(x),
    }
    as_before(file_regression, found)


def result():
    """A Result of two datasets of which one residual is not known."""
    whole, targets = space(), [SimpleNamespace(row=k, name=f"f{k}", value=k + 1.0, tolerance=0.5 * k) for k in (1, 2)]
    facts = [Facts("f", (), 4.0, targets, "made up"), Facts("g", (), 1.0, targets, "made up")]
    x = np.array([0.25, 0.9995])
    predicted = [np.array([2.5, np.nan]), np.array([2.0, 3.0])]
    residuals = np.concatenate([known.residuals(own) for known, own in zip(facts, predicted, strict=True)])
    priors = whole.priors(x)
    best = SimpleNamespace(
        x=x,
        predicted=predicted,
        residuals=residuals,
        priors=priors,
        stage=SimpleNamespace(model="reduced"),
        whole=dataset.filled(np.concatenate([residuals, priors])),
        states={"finished": 2, "failed": 1},
    )
    jacobian = np.vstack([MATRIX / 3, [[4.0, 0.0], [0.0, 2.0]]])
    return Result(
        SimpleNamespace(space=whole, datasets=facts),
        SimpleNamespace(best=best, start=best, full=None, jacobian=jacobian),
        [best, best],
    )


def test_what_a_result_says(file_regression):
    told = result()
    found = {
        "values": told.values,
        "start": told.start,
        "errors": told.errors,
        "freedom": told.freedom,
        "scatter": told.scatter,
        "derived": told.derived,
        "bounds": [told.bound(0), told.bound(1)],
        "misfits": told.misfits(told.found.best),
        "sensitivities": [told.sensitivities(known, rows) for known, _, _, rows in told.facts],
        "lost": told.lost,
        "text": repr(told),
        "cost": search._cost(told.found.best),
        "far": search._cost(told.found.best, 3.0),
    }
    as_before(file_regression, found, tolerance=1e-5)


class Quadratic:
    """An evaluator whose predictions are quadratic in x, but for a little."""

    def __init__(self, extra=0.0):
        self.extra, self.calls = extra, []
        known = [SimpleNamespace(residuals=lambda own: 3 * (own - 1))]
        self.definition = SimpleNamespace(datasets=known, space=space())

    def many(self, points, stage):
        self.calls.append(np.array(points))
        found = []
        for x in points:
            own = np.array([1 + x[0] * x[1], x[0] ** 2 - x[1], self.extra * np.sin(9 * x[0])])
            found.append(SimpleNamespace(x=x, predicted=[own], residuals=3 * (own - 1)))
        return found


@pytest.mark.parametrize("extra", [0.0, 0.3])
def test_a_surrogate_is_the_quadratic_itself(extra):
    """And it tells how far it is off where the model is none; its points lie within three standard errors."""
    errors = np.array([0.05, np.inf])
    given = SimpleNamespace(x=np.array([0.3, 0.8]), identified=SimpleNamespace(errors=errors))
    evaluator = Quadratic(extra)
    made, points, missed = posterior.surrogate(evaluator, given, None)
    at = np.array([0.35, 0.6])
    assert len(points) == 11 and made(at)[0][:2] == pytest.approx([1.21, 0.1225 - 0.6])
    assert missed == pytest.approx(0, abs=1e-9) if not extra else 1e-4 < missed < 0.1
    [tried] = evaluator.calls
    assert tried[0].tolist() == [0.3, 0.8] and tried[:, 0].min() > 0.15 and tried[:, 0].max() < 0.45
    assert 0.3 < tried[:, 1].min() < 0.4 and 0.9 < tried[:, 1].max() <= 1
    assert len(posterior.surrogate(Quadratic(), given, None, 6)[1]) == 6
    with pytest.raises(posterior.ConfigError, match="at least 6 for 2 parameters"):
        posterior.surrogate(Quadratic(), given, None, 5)


def test_a_chain_keeps_its_seed(file_regression):
    pytest.importorskip("emcee")
    errors = np.array([0.05, np.inf])
    given = SimpleNamespace(x=np.array([0.3, 0.98]), identified=SimpleNamespace(errors=errors))
    options = SimpleNamespace(runs=None, seed=2, walkers=4, steps=40)
    chain = posterior.sample(Quadratic(), given, None, options)
    found = {
        "samples": chain.samples.shape,
        "runs": chain.runs,
        "accepted": chain.accepted,
        "independent": chain.independent,
        "quantiles": np.percentile(chain.samples, [16, 50, 84], axis=0),
    }
    as_before(file_regression, found, tolerance=0.05)


# --- what a file of a fit asks to be run -------------------------------------------------------------------------

ASKED = (
    {"kind": "iv", "file": "iv.csv", "floor": "1 nA"},
    {
        "kind": "iv",
        "file": "iv.csv",
        "floor": "1 nA",
        "ways": "out",
        "compliance": "0.9 mA",
        "weight": 2.0,
        "points": 30,
    },
    {"kind": "iv", "file": "iv.csv", "floor": "1 nA", "programme": [{"kind": "hold", "duration": "1 s"}]},
    {"kind": "set_times", "points": [["1 V", "2 s"], ["-0.8 V", "30 s", False], ["2 V", "1 us", True]]},
    {
        "kind": "set_times",
        "file": "times.csv",
        "switched": "done",
        "rise": "1 us",
        "current": "1 uA",
        "temperature": "350 K",
    },
    {"kind": "v_set", "points": [["1 V/s", "1 V"], ["0.1 V/s", "-0.8 V"]], "set": {"stress.energy": "0.02 eV"}},
    {"kind": "v_set", "points": [["1 uA", "1 V"]], "over": "compliance.current", "rate": "2 V/s", "peak": "3 V"},
    {"kind": "v_set", "points": [["20 nm", "1 V"]], "over": "cell.radius", "current": "1 uA"},
    {"kind": "r_lrs", "points": [["1 uA", "1 kohm"], ["1 mA", "0.5 kohm"]], "rate": "4 V/s", "read_voltage": "0.2 V"},
    {"kind": "v_reset", "points": [["1 uA", "-0.5 V"]], "rate": "4 V/s"},
    {"kind": "retention", "points": [["10 s", "2 kohm"], ["1 s", "1 kohm"], ["100 s", "9 kohm"]], "peak": "1.5 V"},
)


def test_what_every_kind_of_data_asks_to_be_run(tmp_path, file_regression):
    (tmp_path / "iv.csv").write_text("Time,AV,AI\n" + instruments.lines(instruments.sweep()))
    (tmp_path / "times.csv").write_text("V (V),t (s),done\n1,2,1\n0.8,30,0\n")
    known = read(made_up.fit_file(tmp_path, dataset=[dict(table) for table in ASKED])).datasets
    found = {}
    for number, (table, one) in enumerate(zip(ASKED, known, strict=True)):
        parts = {
            name: getattr(one, name, None) for name in ("x", "y", "error", "switched", "current", "reads", "limit")
        }
        if table["kind"] == "iv":
            parts |= {"current": None, "points": [len(part.v) for part in one.parts]}
        cases = [
            [
                case.name,
                str(case.enough),
                str(case.outlines),
                *(re.sub(r"-?[\d.]{6,}e-1\d V", "0 V", text) for text in case.overrides),
            ]
            for case in one.cases
        ]
        found[f"{number} {one.name}"] = parts | {"cases": cases, "weight": one.weight, "unit": one.unit_x}
    found["switching"] = [REACHED, ENOUGH]
    as_before(file_regression, found)


def test_remarks_and_tables_of_a_result(file_regression):
    """Bounds, directions, correlations, and a model that does not follow the data."""
    told = result()
    whole = {"remarks": answer.remarks(told), "parameters": answer._parameters_table(told).splitlines()}
    for name, jacobian in {
        "strong": np.array([[20.0, 19.0], [20.0, 19.5], [1.0, 0.0]]),
        "loose": np.array([[20.0, 20.0], [10.0, 10.001]]),
        "nothing": np.array([[20.0, 0.0], [10.0, 0.0]]),
    }.items():
        found = SimpleNamespace(
            best=told.found.best, start=told.found.best, full=None, jacobian=np.vstack([jacobian, np.eye(2)])
        )
        whole[name] = [text.replace("-", "+") for text in answer.remarks(Result(told.definition, found, []))]
    whole["errors"] = [answer.error_text(0.123, "V"), answer.error_text(np.inf, "V")]
    as_before(file_regression, whole)
