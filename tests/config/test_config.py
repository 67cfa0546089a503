"""Configuration: quantities, messages of bad configurations, overrides, inheritance, round trips."""

import copy
import pickle
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pint
import pytest
from helpers.paths import QUICK, ROOT
from pydantic import ValidationError
from pydantic_core import PydanticCustomError

import ecmsim
from ecmsim.config import (
    Config,
    Quantity,
    load_config,
    packaged_materials,
    reference,
    reference_markdown,
    reference_text,
)
from ecmsim.config.quantities import QuantityType, number_in
from ecmsim.config.structure import settings
from ecmsim.config.units import UnitError
from ecmsim.errors import ConfigError

CONFIGS = sorted((ROOT / "configs").glob("*.toml"))

CELL = """
extends = "ecmsim:cu_sio2_pt"
title = "test"
[cell]
active_electrode = "Cu"
switching_layer = "SiO2"
counter_electrode = "Pt"
"""
MINIMAL = (
    CELL
    + """
[[programme]]
kind = "ramp"
to = "2 V"
rate = "1 V/s"
[[programme]]
kind = "hold"
duration = "10 ms"
[compliance]
kind = "ideal"
current = "1 mA"
[stress]
energy = { value = "0.02 eV", label = "fitted", source = "here" }
"""
)
RELAXING = [
    f"surface_diffusion.{text}"
    for text in (
        *("enabled=true", "coefficient=1 nm^4/s", "reference_temperature=300 K"),
        *("activation_energy=0.5 eV", "contact_angle=90 deg"),
    )
]
NUCLEATING = [
    f"nucleation.{text}"
    for text in (
        *("enabled=true", "attempt_time=1 us", "activation_energy=0.5 eV", "critical_atoms=1"),
        *("waiting=drawn", "seed=1"),
    )
]
CURVED = ["capillarity.enabled=true", "capillarity.surface_energy=1 J/m^2", "capillarity.smallest_radius=0.4 nm"]
SECTIONS = ", ".join(settings(Config))
MATERIAL = 'the name of a material such as "Cu" or the path of a .toml file'
AVAILABLE = ", ".join(packaged_materials())
BORROWED = '\n[interface]\nborrow = "Cu | SiO2"\n'
IDEAL = '"ideal", "series_resistor", "transistor" or "none"'
STEPS = (
    '"ramp", "sweep", "hold", "pulse", "pulse_train", "write_verify", "spike_pair", "table", "measured", '
    '"current_ramp", "current_sweep", "current_hold", "current_table" or "repeat"'
)


def problems(text, overrides=(), base=Path()):
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(text, base=base, overrides=overrides)
    return list(caught.value.problems)


NOT_WITH_SIMMONS = 'not used by law = "simmons", only by those with contact; leave it out or choose "terraces"'

# Overrides of MINIMAL, each with the one message it gives.
BAD = [
    # numbers and units
    ("cell.radius=-3 nm", 'cell.radius = "-3 nm": must be greater than 0 nm'),
    ("cell.radius=2 mm", 'cell.radius = "2 mm": must be at most 10000 nm'),
    ("cell.radius=25", 'cell.radius = 25: expected a length with its unit, such as "10 nm"'),
    ('cell.radius="25"', 'cell.radius = "25": expected a length with its unit, such as "10 nm"'),
    ("cell.radius=10 mV", 'cell.radius = "10 mV": expected a length such as "10 nm" (got a voltage)'),
    ("cell.radius=10 nn", 'cell.radius = "10 nn": expected a length such as "10 nm" (unknown unit "nn")'),
    ("cell.radius=10 nm/", 'cell.radius = "10 nm/": expected a length such as "10 nm" (unknown unit "nm/")'),
    ("cell.radius=ten nm", 'cell.radius = "ten nm": expected a length such as "10 nm"'),
    ("cell.radius=nan nm", 'cell.radius = "nan nm": expected a length such as "10 nm"'),
    ("cell.radius=true", 'cell.radius = true: expected a length such as "10 nm"'),
    ("cell.radius=1e999 nm", 'cell.radius = "1e999 nm": must be a finite number'),
    ("cell.radius=1e99999999 um", 'cell.radius = "1e99999999 um": must be a finite number'),
    (
        "compliance.current=10 mV",
        'compliance.current = "10 mV": expected a current such as "1 mA" (got a voltage)',
    ),
    ("compliance.current=0 A", 'compliance.current = "0 A": must be at least 1e-18 A'),
    (
        "hopping.attempt_frequency=-1 GHz",
        'hopping.attempt_frequency = "-1 GHz": must be greater than 0 / s',
    ),
    (
        "cell.ambient_temperature=-300 degC",
        'cell.ambient_temperature = "-300 degC": must be at least 1 K',
    ),
    (
        "hopping.activation_energy=40 kJ/mol",
        'hopping.activation_energy = "40 kJ/mol": expected an energy such as "0.6 eV" (got a molar energy)',
    ),
    ("dissolution.ratio=1.5", "dissolution.ratio = 1.5: must be less than 1"),
    ("dissolution.ratio=5 %", 'dissolution.ratio = "5 %": expected a number without a unit'),
    ("dissolution.ratio=nan", "dissolution.ratio = nan: must be a finite number"),
    ("dissolution.ratio=inf", "dissolution.ratio = inf: must be a finite number"),
    ("dissolution.ratio=true", "dissolution.ratio = true: expected a number without a unit"),
    (
        "output.snapshot_times=1 s",
        'output.snapshot_times = "1 s": expected a list, each item a time such as "1 ms"',
    ),
    (
        'output.snapshot_times=["1 s", "2 V"]',
        'output.snapshot_times[1] = "2 V": expected a time such as "1 ms" (got a voltage)',
    ),
    ("checkpoint.every=10", "checkpoint.every: is called stepping.rebind_every now"),
    # tables of quantities
    (
        'stress.energy={value = "1 eV", label = "guess"}',
        'stress.energy = {value = "1 eV", label = "guess"}: label "guess" is not one of "measured", '
        '"printed", "handbook", "assumed", "fitted" or "derived"',
    ),
    (
        'stress.energy={value = "1 eV", label = "fited"}',
        'stress.energy = {value = "1 eV", label = "fited"}: label "fited" is not one of "measured", '
        '"printed", "handbook", "assumed", "fitted" or "derived"; did you mean "fitted"?',
    ),
    (
        'stress.energy={value = "1 eV", lable = "fitted"}',
        'stress.energy = {value = "1 eV", lable = "fitted"}: unknown key "lable" beside value, label and '
        'source; did you mean "label"?',
    ),
    (
        'stress.energy={label = "fitted"}',
        'stress.energy = {label = "fitted"}: the table needs a value; expected an energy such as "0.6 eV"',
    ),
    (
        'stress.energy={value = "1 eV", source = 3}',
        'stress.energy = {value = "1 eV", source = 3}: source must be text in quotes',
    ),
    # other types
    ("dissolution.enabled=yes", 'dissolution.enabled = "yes": expected true or false'),
    ("dissolution.enabled=1", "dissolution.enabled = 1: expected true or false"),
    ("butler_volmer.charge_number=1.5", "butler_volmer.charge_number = 1.5: expected a whole number"),
    ("butler_volmer.charge_number=0", "butler_volmer.charge_number = 0: must be at least 1"),
    ("butler_volmer.charge_number=9", "butler_volmer.charge_number = 9: must be at most 4"),
    ("title=3", "title = 3: expected text in quotes"),
    ("heat=3", "heat = 3: expected a table [heat]"),
    ("heat.mode=stedy", 'heat.mode = "stedy": expected "steady" or "transient"; did you mean "steady"?'),
    ("tunnelling.gap=wide", 'tunnelling.gap = "wide": expected "vertical" or "shortest"'),
    ("tunnelling.seed=3", f"tunnelling.seed = 3: {NOT_WITH_SIMMONS}"),
    ("tunnelling.plateaus=false", f"tunnelling.plateaus = false: {NOT_WITH_SIMMONS}"),
    ("tunnelling.table=Ag", f'tunnelling.table = "Ag": {NOT_WITH_SIMMONS}'),
    ("tunnelling.fluctuation=0.1", f"tunnelling.fluctuation = 0.1: {NOT_WITH_SIMMONS}"),
    # unknown keys
    ("dissolution.ration=0.1", 'dissolution.ration: unknown key; did you mean "ratio"?'),
    ("disolution.ratio=0.1", 'disolution: unknown key; did you mean "dissolution"?'),
    ("zzz=1", f"zzz: unknown key; allowed here: {SECTIONS}"),
    (
        "hopping.zzz=1",
        "hopping.zzz: unknown key; allowed here: distance, attempt_frequency, activation_energy",
    ),
    # kinds
    ("compliance=3", f"compliance = 3: expected a table [compliance] of kind {IDEAL}"),
    ("compliance={}", f"compliance.kind: missing; expected {IDEAL}"),
    ("compliance.kind=idael", f'compliance.kind = "idael": expected {IDEAL}; did you mean "ideal"?'),
    ("compliance.kind=3", f"compliance.kind = 3: expected {IDEAL}"),
    (
        "compliance.resistance=1 kohm",
        'compliance.resistance: not used by kind = "ideal", only by "series_resistor"',
    ),
    (
        "compliance.kind=series_resistor",
        'compliance.resistance: missing; expected a resistance such as "1 kohm"',
    ),
    (
        "compliance.polarity=negativ",
        'compliance.polarity = "negativ": expected "positive", "negative" or "both"; did you mean "negative"?',
    ),
    ("programme=3", f"programme = 3: expected tables [[programme]] of kind {STEPS}"),
    ("programme=[]", f"programme = []: expected tables [[programme]] of kind {STEPS}"),
    ("programme=[3]", f"programme[0] = 3: expected a table of kind {STEPS}"),
    ("programme[1].kind=rmap", f'programme[1].kind = "rmap": expected {STEPS}; did you mean "ramp"?'),
    ("programme[0].rate=0 V/s", 'programme[0].rate = "0 V/s": must be greater than 0 V/s'),
    (
        "programme[0].peak=1 V",
        'programme[0].peak: not used by kind = "ramp", only by "sweep" or "current_sweep"',
    ),
    # values that do not fit together
    (
        "programme[0].to=0 V",
        'programme[0].to = "0 V": the source is at 0 V already, so that this ramp takes no time; '
        'use kind = "hold" to wait',
    ),
    (
        "programme[1].duration=1e-30 s",
        "programme[1]: takes 1e-30 s, too short to be told from 2 s, when it begins",
    ),
    (
        "cell.nucleus_radius=6 nm",
        'cell.nucleus_radius = "6 nm": must be less than half of layer_thickness (10 nm)',
    ),
    (
        "dissolution.maximum_depth=30 nm",
        'dissolution.maximum_depth = "30 nm": must be less than cell.active_electrode_height (25 nm)',
    ),
    # materials
    (
        "cell.active_electrode=Cuu",
        'cell.active_electrode = "Cuu": unknown material; did you mean "Cu"? (available: '
        f"{AVAILABLE}, or a .toml file)",
    ),
    ("cell.active_electrode=/no/such.toml", 'cell.active_electrode = "/no/such.toml": no such file'),
    ("cell.active_electrode=3", f"cell.active_electrode = 3: expected {MATERIAL}"),
    (
        "cell.switching_layer=W",
        'cell.switching_layer = "W": must be a material of kind "ion_conductor", but W is of kind "metal"',
    ),
    (
        "materials.Cu.density=3 g",
        'materials.Cu.density = "3 g": expected a density such as "8960 kg/m^3" (got a mass)',
    ),
    ("materials.Cu.densty=3 kg/m^3", 'materials.Cu.densty: unknown key; did you mean "density"?'),
    (
        "materials.SiO2.resistivity=1 ohm*m",
        'materials.SiO2.resistivity: not used by kind = "ion_conductor", only by "metal"',
    ),
    ("materials=3", "materials = 3: expected a table [materials]"),
    (
        "materials.Cu=3",
        'materials.Cu = 3: expected a table [materials.Cu] of kind "metal" or "ion_conductor"',
    ),
    # overrides themselves
    ("compliance", '--set "compliance": expected KEY=VALUE, such as compliance.current=10uA'),
    ("=3", '--set "=3": expected KEY=VALUE, such as compliance.current=10uA'),
    ("title.x=3", "title.x: title is not a table"),
    ("programme[5].to=1 V", "programme[5].to: programme has 2 entries, counted from 0"),
    ("programme.to=1 V", "programme.to: programme has 2 entries, counted from 0"),
]


@pytest.mark.parametrize(("override", "message"), BAD, ids=[override for override, _ in BAD])
def test_bad_configuration_says_what_and_where(override, message):
    assert problems(MINIMAL, [override]) == [message]


@pytest.mark.parametrize("law", ["terraces", "blend", "landauer"])
def test_settings_of_the_atoms_in_contact_are_used_or_refused(law):
    law = f"tunnelling.law={law}"
    (seedless,) = problems(MINIMAL, [law, "tunnelling.fluctuation=0.1"])
    assert (
        seedless.startswith("tunnelling.fluctuation = 0.1: not used without a seed")
        and "give tunnelling.seed" in seedless
    )
    (smooth,) = problems(MINIMAL, [law, "tunnelling.seed=0", "tunnelling.plateaus=false"])
    assert smooth.startswith("tunnelling.seed = 0: not used with plateaus = false")
    wrong = [law, "tunnelling.seed=-1", "tunnelling.fluctuation=0.1"]  # the one that is wrong is told, not its absence
    assert problems(MINIMAL, wrong) == ["tunnelling.seed = -1: must be at least 0"]
    for right in (["table=Ag", "seed=0", "fluctuation=0.1"], ["plateaus=false", "fluctuation=0"], []):
        Config.from_toml(MINIMAL, overrides=[law, *(f"tunnelling.{text}" for text in right)])


@pytest.mark.parametrize("law", ["simmons", "blend", "landauer"])
def test_the_shape_of_the_barrier_is_one_of_the_terraces(law):
    (told,) = problems(MINIMAL, [f"tunnelling.law={law}", "tunnelling.barrier_shape=rectangular"])
    assert told.startswith('tunnelling.barrier_shape = "rectangular": not used by law = ') and '"terraces"' in told
    Config.from_toml(MINIMAL, overrides=["tunnelling.law=terraces", "tunnelling.barrier_shape=rectangular"])


def test_all_settings_that_simmons_does_not_use_are_told_at_once():
    given = ["table=Ag", "plateaus=false", "seed=1", "fluctuation=0.1"]
    told = problems(MINIMAL, [f"tunnelling.{text}" for text in given])
    assert len(told) == 4 and all(NOT_WITH_SIMMONS in line for line in told)
    defaults = ["plateaus=true", "fluctuation=0"]
    Config.from_toml(MINIMAL, overrides=[f"tunnelling.{text}" for text in defaults])


def test_simmons_for_a_configuration_with_contact():
    config = load_config(next(path for path in CONFIGS if path.stem == "ag_contact"), ["tunnelling.law=simmons"])
    assert config.tunnelling.law == "simmons" and config.tunnelling.table is None


def test_all_problems_at_once_in_the_order_of_the_file():
    text = """
        [heat]
        enabled = "on"
        [cell]
        radius = 3
        activ_electrode = "Cu"
        switching_layer = "SiO"
        counter_electrode = "Pt"
        [[programme]]
        kind = "ramp"
        to = "2 A"
    """
    *found, physics = problems(text)
    assert physics.startswith("its physics is not stated")
    assert found == [
        'heat.enabled = "on": expected true or false',
        'cell.radius = 3: expected a length with its unit, such as "10 nm"',
        'cell.activ_electrode: unknown key; did you mean "active_electrode"?',
        'cell.switching_layer = "SiO": unknown material; did you mean "SiO2"? (available: '
        f"{AVAILABLE}, or a .toml file)",
        f"cell.active_electrode: missing; expected {MATERIAL}",
        'programme[0].to = "2 A": expected a voltage such as "1 V" (got a current)',
        'programme[0]: needs a rate such as "1 V/s" or a duration such as "1 s"',
        f"compliance: missing; expected a table [compliance] of kind {IDEAL}",
    ]


def test_text_of_the_error_names_the_source():
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(MINIMAL, overrides=["cell.radius=1"], source="my.toml")
    assert str(caught.value) == 'my.toml: cell.radius = 1: expected a length with its unit, such as "10 nm"'
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(MINIMAL, overrides=["heat=1", "mesh=1"], source="my.toml")
    assert str(caught.value) == (
        "my.toml: 2 problems\n  heat = 1: expected a table [heat]\n  mesh = 1: expected a table [mesh]"
    )
    assert caught.value.exit_code == 2


def test_empty_configuration_lists_what_is_needed():
    *found, physics = problems("")
    assert found == [
        "cell: missing; expected a table [cell]",
        f"programme: missing; expected tables [[programme]] of kind {STEPS}",
        f"compliance: missing; expected a table [compliance] of kind {IDEAL}",
    ]
    assert physics.startswith("its physics is not stated")


JUNK = ["true", "-1", "[]", "{}", '""', "2020-01-01", "{ value = [] }", "[[[]]]"]


@pytest.mark.parametrize("name", [row.name for row in reference() if "NAME" not in row.name])
def test_no_setting_lets_junk_through_or_fails_otherwise_than_by_its_message(name):
    refused = 0
    for junk in JUNK:
        try:
            Config.from_toml(MINIMAL, overrides=[f"{name.replace('[]', '[0]')}={junk}"])
        except ConfigError as error:
            refused += 1
            assert name.partition(".")[0].partition("[")[0] in error.problems[0]
    assert refused >= len(JUNK) - 2


class TestFiles:
    def write(self, folder, name, text):
        (folder / name).write_text(text, encoding="utf-8")
        return folder / name

    def message(self, path):
        with pytest.raises(ConfigError) as caught:
            load_config(path)
        return str(caught.value)

    def test_missing_file(self, tmp_path):
        self.write(tmp_path, "quick.toml", MINIMAL)
        path = tmp_path / "qick.toml"
        assert self.message(path) == f'{path}: no such file; did you mean "quick.toml"?'

    def test_folder_binary_and_syntax(self, tmp_path):
        assert self.message(tmp_path) == f"{tmp_path}: cannot be read (Is a directory)"
        path = tmp_path / "x.toml"
        path.write_bytes(b"\xff\xfe\x00")
        assert self.message(path) == f"{path}: is not UTF-8 text"
        self.write(tmp_path, "x.toml", 'title = "a"\nradius = 3 nm\n')
        assert self.message(path).startswith(f"{path}: is not valid TOML: ")
        assert "line 2" in self.message(path)

    def test_byte_order_mark_is_accepted(self, tmp_path):
        (tmp_path / "x.toml").write_text(MINIMAL, encoding="utf-8-sig")
        assert load_config(tmp_path / "x.toml").title == "test"

    def test_extends(self, tmp_path):
        self.write(tmp_path, "base.toml", MINIMAL + "[heat]\njoule = false\n")
        (tmp_path / "sub").mkdir()
        child = 'extends = "../base.toml"\n[stress]\nenergy = "0.03 eV"\n[compliance]\nkind = "none"\n'
        self.write(tmp_path / "sub", "child.toml", child)
        grandchild = 'extends = "child.toml"\n[[programme]]\nkind = "hold"\nduration = "1 s"\n'
        config = load_config(self.write(tmp_path / "sub", "grandchild.toml", grandchild))
        assert config.title == "test" and config.heat.joule is False
        assert config.stress.energy == 0.03 and config.stress.energy.label is None
        assert config.stress.template_radius == 1.68
        assert config.compliance.kind == "none"
        assert [step.kind for step in config.programme] == ["hold"]
        assert "extends" not in config.to_toml()

    def test_extends_in_a_circle(self, tmp_path):
        self.write(tmp_path, "a.toml", 'extends = "b.toml"')
        b = self.write(tmp_path, "b.toml", 'extends = "a.toml"')
        text = self.message(tmp_path / "a.toml")
        circle = "the files extend each other in a circle: a.toml -> b.toml -> a.toml"
        assert text == f'{b}: extends = "a.toml": {circle}'

    def test_extends_nothing(self, tmp_path):
        path = self.write(tmp_path, "a.toml", 'extends = "nothing.toml"')
        assert self.message(path) == f'{path}: extends = "nothing.toml": no such file'
        path = self.write(tmp_path, "a.toml", "extends = 3")
        assert self.message(path) == f"{path}: extends = 3: expected the path of a configuration file in quotes"

    def test_material_from_a_file_beside_the_configuration(self, tmp_path):
        silver = (Path(ecmsim.__file__).parent / "materials" / "Ag.toml").read_text(encoding="utf-8")
        self.write(tmp_path, "tin.toml", silver.replace('"silver"', '"tin"'))
        path = self.write(tmp_path, "x.toml", MINIMAL.replace('"Cu"', '"tin.toml"') + BORROWED)
        config = load_config(path)
        assert config.cell.active_electrode == "tin"
        assert config.materials["active_electrode"].name == "tin"
        assert Config.from_toml(config.to_toml(), base=Path("/nowhere")) == config
        overridden = load_config(path, ["materials.tin.density=7310 kg/m^3"])
        assert overridden.materials["active_electrode"].density == 7310

    def test_two_files_of_one_name(self, tmp_path):
        cell = CELL.replace('"Cu"', '"a/x.toml"').replace('"Pt"', '"b/x.toml"')
        text = problems(MINIMAL.replace(CELL, cell), base=tmp_path)[1]
        assert text.endswith('the cell has another material "x": give the file another name')


class TestQuantities:
    def read(self, unit, value, **bounds):
        return QuantityType(unit, **bounds).validate(value)

    @pytest.mark.parametrize(
        ("unit", "text", "value"),
        [
            ("nm", "10 nm", 10.0),
            ("nm", "1e-8m", 10.0),
            ("nm", " .5 µm ", 500.0),
            ("nm", "1 angstrom", 0.1),
            ("A", "10 uA", 1e-5),
            ("A", "100 nA", 1e-7),
            ("V/s", "1 mV/us", 1e3),
            ("V/s", "2 V / s", 2.0),
            ("1/m^3", "1e26 / m^3", 1e26),
            ("1/m^3", "1e26 m^-3", 1e26),
            ("1/m^3", "1e20 1/cm^3", 1e26),
            ("1/m^3", "1e26 m**-3", 1e26),
            ("1/s", "10 THz", 1e13),
            ("K", "25 degC", 298.15),
            ("K", "300 K", 300.0),
            ("K", "77 degF", 298.15),
            ("ohm", "1 Mohm", 1e6),
            ("ohm", "3 kΩ", 3e3),
            ("ohm*m", "1.68 uohm cm", 1.68e-8),
            ("W/m/K", "4.01 W/(cm K)", 401.0),
            ("g/mol", "0.063546 kg/mol", 63.546),
            ("kg/m^3", "8.96 g/cm^3", 8960.0),
            ("1/K", "3.9e-3 / degC", 3.9e-3),
            ("eV", "648 meV", 0.648),
            ("", 3, 3.0),
            ("", 0.25, 0.25),
        ],
    )
    def test_units(self, unit, text, value):
        quantity = self.read(unit, text)
        assert quantity == value and quantity.unit == unit

    @pytest.mark.parametrize("unit", ["nm", "s", "V", "A", "eV", "K", "ohm", "V/s", "A/s", "m/s", "nm/s", "S", "S/m"])
    def test_prefixes_are_those_of_pint(self, unit):
        """What is read without pint is the same to the bit as with it."""
        registry, base = pint.UnitRegistry(non_int_type=Decimal), unit[1:] if unit[0] == "n" else unit
        for prefix in ("", "f", "p", "n", "u", "µ", "m", "c", "k", "M", "G"):
            for number in ("1", "0.3", "-7.1e-5", "123456789.123456789", "4.9e-300", "1.1234567890123456789"):
                exact = registry.Quantity(Decimal(number), prefix + base).to(unit).magnitude
                assert self.read(unit, f"{number} {prefix}{base}") == float(exact), (number, prefix)

    def test_a_number_in_another_unit(self):
        told = (("10 nm", "nm", 10.0), ("10 nm", "m", 1e-8), ("1e13 / s", "1/s", 1e13), ("2 mV/ms", "V/s", 2.0))
        assert [number_in(text, unit) for text, unit, _ in told] == [number for *_, number in told]
        for text in ("nm", "1 nm 2", "1 s", "", "1"):
            with pytest.raises(UnitError):
                number_in(text, "nm")

    @pytest.mark.parametrize("text", ["1 xA", "1 mmA", "1 m", "1 uAs", "1 u", "1 kelvinA"])
    def test_what_is_no_prefix_is_refused(self, text):
        with pytest.raises(PydanticCustomError, match="expected a current"):
            self.read("A", text)

    def test_energy_in_joule(self):
        assert self.read("eV", "1.602176634e-19 J") == pytest.approx(1.0, rel=1e-15)

    def test_is_a_float_that_keeps_its_origin(self):
        quantity = self.read("eV", {"value": "0.648 eV", "label": "fitted", "source": "Fig. 2"})
        for copied in (
            quantity,
            copy.copy(quantity),
            copy.deepcopy(quantity),
            pickle.loads(pickle.dumps(quantity)),
        ):
            assert (float(copied), copied.unit, copied.label, copied.source) == (
                0.648,
                "eV",
                "fitted",
                "Fig. 2",
            )
        assert isinstance(quantity, float) and type(quantity * 2) is float and f"{quantity:.1f}" == "0.6"

    @pytest.mark.parametrize(
        ("value", "text"),
        [
            (10.0, "10 nm"),
            (1e26, "1e26 nm"),
            (1e13, "1e13 nm"),
            (1e-5, "1e-5 nm"),
            (0.0193, "0.0193 nm"),
            (0.1 + 0.2, "0.30000000000000004 nm"),
            (0.0, "0 nm"),
            (-5.8e-7, "-5.8e-7 nm"),
            (123456.0, "123456 nm"),
            (5e-324, "5e-324 nm"),
        ],
    )
    def test_text_reads_back_bit_by_bit(self, value, text):
        assert Quantity(value, "nm").text == text
        assert self.read("nm", text) == value
        per_volume = Quantity(value, "1/m^3")
        assert self.read("1/m^3", per_volume.text) == value

    def test_undeclared_unit_is_a_programming_error(self):
        with pytest.raises(ValueError, match="KINDS"):
            QuantityType("furlong")


class TestOverrides:
    def load(self, *overrides):
        return Config.from_toml(MINIMAL, overrides=overrides)

    def test_values_are_toml_or_text(self):
        config = self.load(
            'compliance.current="10 uA"',
            "programme.0.to=1.5 V",
            "dissolution.enabled=false",
            "title=two words",
            'output.snapshot_times=["1 s", "2 ms"]',
            "butler_volmer.transfer_coefficient = 0.3",
        )
        assert config.compliance.current == 1e-5 and config.programme[0].to == 1.5
        assert config.dissolution.enabled is False and config.title == "two words"
        assert config.output.snapshot_times == (1.0, 2e-3) and config.butler_volmer.transfer_coefficient == 0.3

    def test_later_ones_win(self):
        assert self.load("cell.radius=30 nm", "cell.radius=40 nm").cell.radius == 40

    def test_label_does_not_survive_a_new_value(self):
        assert self.load().stress.energy.label == "fitted"
        for override in ("stress.energy=0.03 eV", "stress.energy.value=0.03 eV"):
            energy = self.load(override).stress.energy
            assert (energy, energy.label, energy.source) == (0.03, None, None)
        energy = self.load('stress.energy={value = "0.03 eV", label = "assumed"}').stress.energy
        assert (energy, energy.label, energy.source) == (0.03, "assumed", None)

    def test_new_kind_drops_what_it_does_not_use(self):
        assert self.load("compliance.kind=none").compliance.kind == "none"
        for overrides in (
            ["compliance.kind=series_resistor", "compliance.resistance=1 Mohm"],
            ["compliance.resistance=1 Mohm", "compliance.kind=series_resistor"],
            ['compliance={kind = "series_resistor", resistance = "1 Mohm"}'],
        ):
            assert self.load(*overrides).compliance.resistance == 1e6

    def test_new_kind_does_not_hide_a_contradiction(self):
        message = 'compliance.current: not used by kind = "none", only by "ideal"'
        assert problems(MINIMAL, ["compliance.current=1 mA", "compliance.kind=none"]) == [message]

    def test_whole_programme(self):
        steps = self.load('programme=[{kind = "hold", duration = "1 s"}]').programme
        assert len(steps) == 1 and steps[0].duration == 1

    def test_materials(self):
        config = self.load("cell.active_electrode=Ag", "interface.borrow=Cu | SiO2", "materials.Ag.density=10 g/cm^3")
        assert config.materials["active_electrode"].name == "silver"
        assert config.materials["active_electrode"].density == 10000


class TestConfig:
    @pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
    def test_effective_configuration_round_trip(self, path):
        config = load_config(path)
        text = config.to_toml()
        again = Config.from_toml(text, base=Path("/nowhere"))
        assert again == config
        assert again.to_toml() == text  # labels and sources, too

    def test_there_are_configurations(self):
        names = {path.stem for path in CONFIGS}
        assert names >= {"cu_sio2_pt", "quick", "joule_only", "no_dissolution", "low_thermal_conductivity"}

    def test_effective_configuration_holds_every_setting(self):
        text = Config.from_toml(MINIMAL, overrides=[*RELAXING, *NUCLEATING, *CURVED]).to_toml()
        assert text.startswith(f"# Effective configuration of ecmsim {ecmsim.__version__}")
        for row in reference():
            name = row.name.rpartition(".")[2]
            # But those of steps and kinds that MINIMAL does not use, and those that TOML cannot express.
            kinds = ("programme[]", "leakage.", "draw.", "contact.", "needle.")
            elsewhere = row.name.startswith(kinds) or "kind = " in row.meaning[:7]
            assert f"\n{name} = " in text or elsewhere or row.default == "none"
        assert '\nenergy = { value = "0.02 eV", label = "fitted", source = "here" }\n' in text
        assert '\ncurrent = "0.001 A"\n' in text

    def test_reference_cell_says_where_its_physics_comes_from(self):
        config = load_config(next(path for path in CONFIGS if path.stem == "cu_sio2_pt"))
        sections = (
            "cell",
            "compliance",
            "butler_volmer",
            "hopping",
            "stress",
            "dissolution",
            "tunnelling",
            "filament",
        )
        for section in sections:
            for name, value in getattr(config, section):
                assert not isinstance(value, Quantity) or (value.label and value.source), f"{section}.{name}"
        assert config.butler_volmer.transfer_coefficient.label == "fitted"
        assert config.dissolution.ratio.label == "printed"
        assert config.dissolution.maximum_depth.label == "assumed"

    def test_ablations_change_what_they_say(self):
        load = {path.stem: load_config(path) for path in CONFIGS}
        same = {"title": "", "heat": load["cu_sio2_pt"].heat}
        reference_cell = load["cu_sio2_pt"].model_copy(update=same)
        for name in ("no_tunnel_barrier_heating", "joule_only", "isothermal", "low_thermal_conductivity"):
            assert load[name].model_copy(update=same) == reference_cell, name
        assert load["no_tunnel_barrier_heating"].heat == load["joule_only"].heat
        assert load["joule_only"].heat.joule and not load["joule_only"].heat.tunnel_barrier
        assert not load["isothermal"].heat.enabled
        assert load["low_thermal_conductivity"].heat.thermal_conductivity_factor == 0.5
        assert not load["no_dissolution"].dissolution.enabled and load["no_dissolution"].compliance.current == 1e-4

    def test_is_immutable_and_can_be_copied(self):
        config = Config.from_toml(MINIMAL)
        with pytest.raises(ValidationError, match="frozen"):
            config.cell.radius = 3
        assert pickle.loads(pickle.dumps(config)).to_toml() == config.to_toml()
        assert copy.deepcopy(config).to_toml() == config.to_toml()


class TestReference:
    def test_every_setting_has_a_meaning(self):
        rows = reference()
        assert len(rows) > 80
        for row in rows:
            assert len(row.meaning) > 5 and row.meaning[0] != "(", row.name

    def test_row_of_a_quantity(self):
        row = next(row for row in reference() if row.name == "cell.radius")
        assert (row.unit, row.default) == ("nm", "required") and row.meaning.endswith("(> 0, <= 10000)")

    def test_settings_of_one_kind_say_so(self):
        meanings = {row.name: row.meaning for row in reference()}
        of_interval = [row.meaning for row in reference() if row.name == "programme[].interval"]
        assert len(of_interval) == 3 and of_interval[0].startswith('kind = "pulse_train": ')
        of_width = [row.meaning for row in reference() if row.name == "programme[].width"]
        assert of_width[0].startswith('kind = "pulse", "pulse_train" or "write_verify": ')
        assert meanings["materials.NAME.resistivity"].startswith('kind = "metal": ')
        assert not meanings["materials.NAME.density"].startswith("kind")

    def test_text_and_table_hold_every_row(self):
        text, table = reference_text(width=100), reference_markdown()
        assert max(map(len, text.splitlines())) <= 100
        for row in reference():
            assert f"\n  {row.name.rpartition('.')[2]} " in text
            assert f"| `{row.name}` |" in table


def imported_by(code):
    heavy = "{'dolfinx', 'petsc4py', 'pint', 'pyvista', 'matplotlib', 'pandas', 'pydantic', 'gmsh'}"
    command = f"{code}; import sys; print(*sorted({heavy} & set(sys.modules)))"
    return subprocess.run([sys.executable, "-c", command], capture_output=True, text=True, check=True).stdout.split()


@pytest.mark.slow
def test_import_is_cheap():
    assert imported_by("import ecmsim") == []
    assert imported_by("from ecmsim import load_config") == ["pydantic"]
    assert imported_by(f"from ecmsim import load_config; load_config({str(QUICK)!r})") == ["pydantic"]


def test_refinement_scales_sizes_and_steps():
    finer = ["mesh.refinement=2.0", "mesh.surface_size=0.3 nm", "stepping.refinement=0.5"]
    config = Config.from_toml(MINIMAL, overrides=finer)
    mesh, stepping = config.mesh.refined(), config.stepping.refined()
    assert (mesh.surface_size, mesh.cells_across_gap, mesh.nucleus_segments) == (0.15, 9.0, 24)
    assert mesh.turning == 0.08 and mesh.growth == 0.5 * config.mesh.growth and mesh.refinement == 1.0
    assert stepping.gap_change == pytest.approx(0.04) and stepping.displacement_error == pytest.approx(8e-4)
    assert stepping.smallest_step == config.stepping.smallest_step
