"""Files of a configuration: what extends, overrides and laws make of them, how settings are found and written."""

import math
from pathlib import Path

import numpy as np
import pytest
from helpers.kept import unchanged

from ecmsim import drive
from ecmsim.config import Config, load_config
from ecmsim.config.distributions import Wrong
from ecmsim.config.files import LONGEST_CHAIN, expand, is_path, merge, parse
from ecmsim.config.idle import RULES, is_a_record, names
from ecmsim.config.laws import SWITCHES, is_law, located, overridden, placed, renewed, require_permission, unusable
from ecmsim.config.measured import read_measured
from ecmsim.config.messages import LAST, MOST, Problem, report
from ecmsim.config.overrides import apply_overrides, given_by
from ecmsim.config.quantities import Quantity
from ecmsim.config.steps import table_of
from ecmsim.config.structure import at, canonical, column, dotted, keys_of, locate
from ecmsim.config.suggest import did_you_mean, listed, quoted
from ecmsim.config.write import effective_toml
from ecmsim.errors import ConfigError

QUICK = 'extends = "ecmsim:quick"\n'


def refused(function, *arguments, **options):
    with pytest.raises((ConfigError, Wrong)) as error:
        function(*arguments, **options)
    return str(error.value)


def test_tables_merge_key_by_key():
    """A quantity's table is one value; another kind starts afresh, the same one or none goes on."""
    base = {"a": {"x": 1, "y": {"value": 1, "label": "fitted"}}, "c": {"kind": "p", "q": 1}, "l": [1, 2]}
    assert merge(base, {"a": {"x": 2}}) == base | {"a": {"x": 2, "y": {"value": 1, "label": "fitted"}}}
    assert merge(base, {"a": {"y": {"value": 2}}})["a"] == {"x": 1, "y": {"value": 2}}
    assert merge(base, {"a": {"y": 3}})["a"]["y"] == 3 and merge(base, {"l": [3]})["l"] == [3]
    assert merge(base, {"c": {"kind": "r"}})["c"] == {"kind": "r"}
    assert (
        merge(base, {"c": {"kind": "p", "s": 2}})["c"]
        == merge(base, {"c": {"s": 2}})["c"]
        == {"kind": "p", "q": 1, "s": 2}
    )
    assert merge(5, {"a": 1}) == {"a": 1} and merge({"a": 1}, 5) == 5


def test_files_extend_each_other_up_to_fifty(tmp_path):
    """The topmost says what holds; paths are those of the file in which they stand; no circles."""
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/0.toml").write_text(
        '[cell]\nactive_electrode = "own.toml"\n[a]\nx = 0\ny = 0\n[[programme]]\nfile = "t.csv"\n'
    )
    for k in range(1, 60):
        (tmp_path / f"deep/{k}.toml").write_text(f'extends = "{k - 1}.toml"\n[a]\nx = {k}\n')
    data = expand(parse('extends = "deep/3.toml"\n[b]\nz = 1\n', "text"), "text", tmp_path)
    assert data["a"] == {"x": 3, "y": 0} and data["b"] == {"z": 1} and "extends" not in data
    assert data["cell"]["active_electrode"] == str(tmp_path / "deep/own.toml")
    assert data["programme"] == [{"file": str(tmp_path / "deep/t.csv")}]

    def chained(count):
        return expand({"extends": f"deep/{count - 1}.toml"}, "text", tmp_path)

    assert LONGEST_CHAIN == 50 and chained(50)["a"]["x"] == 49
    assert "more than 50 files extend each other" in refused(chained, 51)
    (tmp_path / "deep/0.toml").write_text('extends = "1.toml"\n')
    assert "in a circle: 1.toml -> 0.toml -> 1.toml" in refused(expand, {"extends": "deep/1.toml"}, "text", tmp_path)
    assert "expected the path" in refused(expand, {"extends": 5}, "text", tmp_path)
    assert 'no such file; did you mean "59.toml"' in refused(expand, {"extends": "deep/599.toml"}, "text", tmp_path)
    nested = {"programme": [{"kind": "repeat", "steps": [{"file": "a.csv"}, 5]}]}
    assert expand(nested, "text", tmp_path)["programme"][0]["steps"][0]["file"] == str(tmp_path / "a.csv")
    assert is_path("a.toml") and is_path("a/b") and not is_path("Cu") and not is_path(5)


def test_overrides_by_hand(file_regression):
    """In the order in which they stand, but kinds and laws first; what is no path, or leads nowhere, is told."""
    told = []
    for overrides in (
        ["cell.radius=5 nm"],
        ["cell.radius = {value = '5 nm', label = 'fitted'}"],
        ["cell.radius.value=7 nm"],
        ["programme.0.to=3 V", "programme[1].to=4 V"],
        ["programme.2.to=3 V"],
        ["programme.x.to=3 V"],
        ["compliance.current=1 mA", "compliance.kind=series_resistor"],
        ["compliance.resistance=1 kohm", "compliance.kind=series_resistor"],
        ["title.x=5"],
        ["cell"],
        ["=5"],
        ["a..b=5"],
        ["new.section.deep=[1, 2]"],
        ["x=1\ny = 2"],
        ["laws.stress=a.py:B"],
        ["x=true", "x=false"],
    ):
        data = {
            "title": "a",
            "cell": {"radius": {"value": "1 nm", "label": "printed", "source": "s"}},
            "programme": [{"kind": "ramp", "to": "1 V"}, {"kind": "ramp", "to": "2 V"}],
            "compliance": {"kind": "ideal", "current": "1 uA", "polarity": "both"},
        }
        problems = apply_overrides(data, overrides, Config)
        data.get("laws", {}).pop("stress", None)
        told.append(f"{overrides}\n  {data}\n  {[problem.line for problem in problems]}")
    unchanged(file_regression, "\n".join(told))
    assert given_by(["a.b=1", "a.c=x", "d[0].e=true", "a.b=2"]) == {"a": {"b": 2, "c": "x"}, "d": {"0": {"e": True}}}


def test_laws_of_ones_own_by_hand(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("class Law: pass\n")
    here = str(tmp_path / "own.py")
    assert (
        located("own.py:Law", Path()) == f"{here}:Law" and located("Law", Path()) == "Law" and located(5, Path()) == 5
    )
    assert placed({"a": "own.py:L", "b": {"law": "own.py:M", "x": 1}, "c": 5}, Path()) == {
        "a": {"law": f"{here}:L"},
        "b": {"law": f"{here}:M", "x": 1},
        "c": 5,
    }
    assert (
        is_law(("laws", "a"))
        and is_law(("laws", "a", "law"))
        and not is_law(("laws",))
        and not is_law(("laws", "a", "x"))
    )
    before = {"a": {"law": f"{here}:L", "x": 1}}
    assert overridden(before, ["laws", "a", "law"], "other.py:L") == {"law": f"{tmp_path / 'other.py'}:L", "x": 1}
    assert overridden(before, ["laws", "a", "law"], "own.py:M") == {"law": f"{here}:M"}
    assert (
        overridden(before, ["laws", "a"], "own.py:L") == {"law": f"{here}:L"}
        and overridden(None, ["laws", "a"], 5) == 5
    )
    same, other = {"a": {"law": "l", "x": 1}}, {"a": {"law": "m"}}
    assert (
        renewed(same, other) == {}
        and renewed(same, {"a": {"x": 2}}) == same
        and renewed(same, {"b": {"law": "m"}}) == same
    )
    assert renewed(same, None) == same
    config = Config.from_toml(QUICK + f'[laws]\nstress = {{law = "{here}:Law", x = 1.5, y = 2, z = "t", w = true}}\n')
    law = config.laws["stress"]
    assert (
        law.parameters == {"x": 1.5, "y": 2, "z": "t", "w": True} and law.class_name == "Law" and law.file == Path(here)
    )
    assert law.checksum() == law.checksum(b"class Law: pass\n") != law.checksum(b"") and len(law.checksum()) == 64
    require_permission(config, True)
    assert "only runs with --allow-code" in refused(require_permission, config, False)
    require_permission(Config.from_toml(QUICK), False)
    off = {
        "stress": type("S", (), {"enabled": False})(),
        "heat": type("H", (), {"enabled": True, "tunnel_barrier": False})(),
    }
    assert [name for name, _ in unusable(off, ["stress", "hopping", "tunnel_heating", "stres"])] == [
        "stress",
        "tunnel_heating",
        "stres",
    ]
    assert unusable(off, ["stres"])[0][1].endswith('did you mean "stress"?') and len(SWITCHES) == 17


def test_wrong_laws_are_told_as_before(tmp_path, monkeypatch, file_regression):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own.py").write_text("")
    told = []
    for law in (
        '"own.py"',
        '"own.py:"',
        '":Law"',
        '"own.py:5"',
        '"own.txt:Law"',
        '"none.py:Law"',
        "5",
        "{}",
        '{law = "own.py:L", x = []}',
        '{law = "own.py:L", x = {value = "a"}}',
        '{law = "own.py:L", x = {value = 1.5, label = "fitted"}}',
        '{law = "own.py:L", x = nan}',
    ):
        try:
            said = str(Config.from_toml(QUICK + f"[laws]\nstress = {law}\n").laws["stress"].parameters)
        except ConfigError as error:
            said = str(error).replace(str(tmp_path), "HERE")
        told.append(f"{law}: {said}")
    unchanged(file_regression, "\n".join(told))


def test_names_of_settings_by_hand():
    assert keys_of("programme[0].rate") == keys_of(" programme.0.rate") == ("programme", 0, "rate")
    assert canonical("programme.0.rate") == "programme[0].rate" and dotted(()) == "" and dotted((0, "a")) == "[0].a"
    assert column("programme[0].rate", "V/s") == "programme_0_rate_V_per_s" and column("a.b", "") == "a_b"
    assert [column("x", unit) for unit in ("1/m^3", "ohm*m", "W/m/K")] == ["x_per_m3", "x_ohm_m", "x_W_per_m_per_K"]
    assert (
        at({"a": 1}, "a") == 1
        and at([1, 2], 1) == 2
        and at([1, 2], 2) is None
        and at([1], "a") is None
        and at(5, 0) is None
    )
    data = {"compliance": {"kind": "ideal", "current": 5}, "programme": [{"kind": "ramp", "to": 1}]}
    keys, annotation, value = locate(Config, ("compliance", "ideal", "current"), data)
    assert keys == ["compliance", "current"] and value == 5 and annotation is not None
    keys, annotation, value = locate(Config, ("programme", 0, "ramp", "to"), data)
    assert keys == ["programme", 0, "to"] and value == 1 and annotation is not None
    assert locate(Config, ("nothing", 1), data) == (["nothing", 1], None, None)


def test_problems_stand_in_the_order_of_the_file():
    """Each once; those of what is not there at the end of their table, the last ones last; no more than thirty."""
    data = {"a": {"x": 1, "y": 2}, "b": [{"z": 1}, {"z": 2}]}
    found = [
        Problem(LAST, "last"),
        Problem(("b", 1, "z"), "b1"),
        Problem(("a", "new"), "new"),
        Problem(("b", 0, "z"), "b0"),
    ]
    found += [Problem(("a", "y"), "y"), Problem(("a", "x"), "x"), Problem(("a", "x"), "x"), Problem((), "first")]
    error = report("source", found, data)
    assert error.problems == ("first", "x", "y", "new", "b0", "b1", "last")
    assert str(error).startswith("source: 7 problems\n  first\n  x\n") and error.exit_code == 2
    one = report("source", [Problem((), "only")] * 2, data)
    assert str(one) == "source: only" and one.problems == ("only",)
    many = QUICK + "[output]\n" + "".join(f"x{k} = 1\n" for k in range(MOST + 5))
    said = refused(Config.from_toml, many).splitlines()
    assert MOST == 30 and len(said) == 32 and said[-1].strip() == "… and 5 more problems"
    few = QUICK + "[output]\n" + "".join(f"x{k} = 1\n" for k in range(MOST))
    assert len(refused(Config.from_toml, few).splitlines()) == 31


def test_words_of_messages_by_hand():
    assert (
        quoted(True) == "true"
        and quoted("µ") == '"µ"'
        and quoted([1, "a"]) == '[1, "a"]'
        and quoted({"a": 1.5}) == "{a = 1.5}"
    )
    assert (
        quoted("x" * 98) == f'"{"x" * 98}"'
        and quoted("x" * 99) == '"' + "x" * 96 + "..."
        and len(quoted("x" * 99)) == 100
    )
    assert (
        listed(["a"]) == '"a"'
        and listed(["a", "b"]) == '"a" or "b"'
        and listed(["a", "b", "c"], "and") == '"a", "b" and "c"'
    )
    assert (
        did_you_mean("RADIOS", ["radius"]) == '; did you mean "radius"?'
        and did_you_mean("abcdefgh", ["abxxxxxx"]) == ""
    )
    assert did_you_mean("abcdex", ["abcxyz", "abcdef"]) == '; did you mean "abcdef"?'
    assert did_you_mean("abcxx", ["abcyy"]) == '; did you mean "abcyy"?' and did_you_mean("abxxx", ["abyyy"]) == ""


def test_what_is_written_is_read_again_to_the_bit(tmp_path):
    """Also labels, sources, tables of points, laws of one's own with odd names, and steps within steps."""
    (tmp_path / "own.py").write_text("")
    text = (
        QUICK
        + f'''
[cell]
radius = {{value = "33.3333333333 nm", label = "fitted", source = "a \\"source\\""}}
[compliance]
kind = "transistor"
transconductance = "1 mA/V^2"
threshold_voltage = "0.5 V"
gate_points = [["0 s", "0 V"], ["1 s", "2 V"]]
[output]
snapshot_times = ["1 s", "2 s"]
[[programme]]
kind = "repeat"
count = 2
steps = [{{kind = "sweep", peak = "1 V", rate = "1 V/s"}}, {{kind = "hold", duration = "1 s"}}]
[laws]
stress = {{law = "{tmp_path}/own.py:Law", "µ" = 1.5}}
'''
    )
    config = Config.from_toml(text)
    written = config.to_toml()
    assert Config.from_toml(written) == config and effective_toml(Config.from_toml(written)) == written
    assert written.startswith("# Effective configuration of ecmsim ") and written.splitlines()[1].startswith(
        "# Run it again"
    )
    assert "[laws.stress]\n" in written and "[[programme.steps]]" in written and written.endswith("\n")
    assert (
        'gate_points = [\n    ["0 s", "0 V"],\n    ["1 s", "2 V"],\n]' in written
        and 'snapshot_times = ["1 s", "2 s"]' in written
    )
    assert 'radius = { value = "33.3333333333 nm", label = "fitted", source = "a \\"source\\"" }' in written
    section = written.partition("[compliance]\n")[2]
    assert section.startswith('kind = "transistor"') and is_a_record(config, names(parse(written, "x")))
    assert not is_a_record(config, names(parse(text, "x")))


def test_names_of_a_file_are_those_of_its_settings():
    data = {"a": 1, "b": {"c": {"value": 1}, "d": {"e": {"f": 2}}}, "l": [{"x": 1}]}
    assert names(data) == {"a", "b.c", "b.d.e", "l"}
    assert len({rule.switch for rule in RULES}) == 15 and not [rule for rule in RULES if "." not in rule.switch][1:]


def test_what_has_no_effect_is_told_once_and_only_of_ones_own(tmp_path):
    """For the first reason there is; inherited settings are none of one's own, nor is what an override switches off."""
    text = QUICK + '[stress]\nenabled = false\nenergy = "0.1 eV"\n[checkpoint]\nenabled = false\n'
    assert Config.from_toml(text).idle == ('stress.energy = "0.1 eV" has no effect: stress.enabled = false',)
    only = Config.from_toml(QUICK + '[stress]\nenergy = "0.1 eV"\n', overrides=["stress.enabled=false"])
    assert only.idle == ()
    both = Config.from_toml(QUICK, overrides=["stress.enabled=false", "stress.energy=0.1 eV"])
    assert len(both.idle) == 1
    record = Config.from_toml(Config.from_toml(text).to_toml())
    assert record.idle == ()
    again = Config.from_toml(record.to_toml(), overrides=["stress.energy=0.2 eV"])
    assert again.idle == ('stress.energy = "0.2 eV" has no effect: stress.enabled = false',)
    held = Config.from_toml(
        QUICK + '[contact]\natoms = "mean"\nseed = 3\n[tunnelling]\nlaw = "terraces"\nprefactor = 0.7\n'
    )
    assert held.idle == (
        'tunnelling.prefactor = 0.7 has no effect: tunnelling.law = "terraces"',
        'contact.seed = 3 has no effect: contact.atoms = "mean"',
    )


def test_a_measurement_becomes_a_step_by_hand(tmp_path):
    """Its legs from zero on, nine digits of them, the usual step as the rise where a voltage jumps."""
    path = tmp_path / "m.csv"
    time = np.array([5.0, 6, 7, 8, 8, 9, 10])
    voltage = np.array([0.0, 0.5, 1, 1.5, 0.5, 0.25, 0])
    path.write_text("t,V\n" + "".join(f"{t},{v}\n" for t, v in zip(time[time != 8], voltage[time != 8], strict=True)))
    told = read_measured(path, None, None, None)
    points = [(float(at), float(value)) for at, value in told["points"]]
    assert points[0] == (0.0, 0.0) and points[-1] == (5.0, 0.0) and (2.0, 1.0) in points
    assert told["rise"] == 1.0 and told["rise"].unit == "s" and told["tolerance"].unit == "V"
    assert told["origin"].startswith("m.csv: 5 points as ")
    given = read_measured(path, None, Quantity(0.7, "V"), Quantity(0.1, "s"))
    assert given["tolerance"] == 0.7 and given["rise"] == 0.1 and len(given["points"]) <= len(points)
    path.write_text("t,V\n0,0\n0.33333333333333,1\n1,0\n")
    assert read_measured(path, None, None, None)["points"][1][0] == 0.333333333


def test_a_measurement_with_a_jump_has_the_rise_of_its_other_steps(tmp_path):
    path = tmp_path / "m.csv"
    path.write_text("t,V\n0,0\n1,0\n1,1\n2,1\n5,1\n")
    assert read_measured(path, None, None, None)["rise"] == 1.0


def test_steps_written_in_python_are_tables():
    """Numbers get the unit of their setting, also within steps; what is a table stays one."""
    up = {"kind": "ramp", "to": "1 V", "rate": "0.5 V/s", "polarity": "positive"}
    assert table_of(drive.ramp(1.0, rate=0.5)) == up and table_of({"kind": "hold"}) == {"kind": "hold"}
    repeated = table_of(drive.repeat(2, [drive.ramp(1.0, rate=0.5)]))
    assert repeated["count"] == 2 and repeated["steps"] == [up]


def test_draws_of_cycles_are_those_of_before(file_regression):
    """Around the setting's own value, six digits of each; the same whatever the number of cycles; none outside."""
    sweep = (
        '[[programme]]\nkind = "repeat"\ncount = {count}\nsteps = [{{kind = "sweep", peak = "1 V", rate = "1 V/s"}}]\n'
    )
    draw = """[stress]
energy = "24 meV"
[hopping]
attempt_frequency = "1e13 / s"
[draw]
each = "cycle"
seed = 4
"stress.energy" = { distribution = "normal", sigma = "5 meV" }
correlated = [["stress.energy", "hopping.attempt_frequency", 0.5]]
[draw.hopping]
attempt_frequency = { distribution = "lognormal", sigma = 0.2 }
distance = { distribution = "uniform", from = "0.1 nm", to = "0.3 nm" }
"""
    few, many = (Config.from_toml(QUICK + sweep.format(count=count) + draw) for count in (3, 70))
    rows = [{name: value.text for name, value in few.drawn(number).items()} for number in range(5)]
    unchanged(file_regression, "\n".join(map(str, rows)))
    assert (
        few.drawn(0) == {}
        and few.drawn(2) == many.drawn(2)
        and len({tuple(many.drawn(k).values()) for k in range(1, 71)}) == 70
    )
    assert Config.from_toml(QUICK).drawn(1) == {}
    assert all(
        len(f"{float(value):.15g}".partition("e")[0].replace(".", "").strip("0")) <= 6
        for value in many.drawn(7).values()
    )
    means = np.mean([float(many.drawn(k)["stress.energy"]) for k in range(1, 71)])
    assert means == pytest.approx(float(many.stress.energy), abs=5 * 5e-3 / math.sqrt(70))


def test_a_file_that_is_not_there_or_is_another_kind_is_told(tmp_path):
    assert "no such file" in refused(load_config, tmp_path / "none.toml")
    (tmp_path / "study.toml").write_text('config = "x.toml"\n[grid]\n')
    assert "is a study" in refused(load_config, tmp_path / "study.toml")
