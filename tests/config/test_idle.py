"""Settings of the user's own that have no effect: which are told, and what is not of one's own."""

import pickle

import pytest
from helpers import small
from helpers.paths import QUICK, ROOT

from ecmsim.config import Config, load_config
from ecmsim.errors import ConfigError

BASE = small.EXTENDS + small.METALS + small.ramp("2 V") + small.compliance("1 mA")


def idle(text="", *overrides):
    return list(Config.from_toml(BASE + text, overrides=overrides).idle)


OFF = '[tunnelling]\nenabled = false\nbarrier = { value = "4 eV", label = "fitted" }\n'
TOLD = 'tunnelling.barrier = "4 eV" has no effect: tunnelling.enabled = false'


def test_a_file_that_switches_a_law_off_and_sets_its_parameter():
    assert idle(OFF) == [TOLD]
    assert idle(OFF.replace("false", "true")) == idle("[tunnelling]\nenabled = false\n") == []


def test_what_is_inherited_is_not_told(tmp_path):
    """A file that only switches off a law of the one that it extends; one that sets a parameter of a law that is off in
    the one that it extends has a wish that is not fulfilled."""
    (tmp_path / "base.toml").write_text(BASE + OFF.replace("enabled = false\n", ""))
    (tmp_path / "off.toml").write_text('extends = "base.toml"\n[tunnelling]\nenabled = false\n')
    (tmp_path / "wish.toml").write_text('extends = "off.toml"\n[tunnelling]\nbarrier = "4 eV"\n')
    assert load_config(tmp_path / "base.toml").idle == load_config(tmp_path / "off.toml").idle == ()
    assert load_config(tmp_path / "wish.toml").idle == (TOLD,)


def test_an_override_that_switches_a_law_off_leaves_the_file_in_peace():
    """What an override sets is told, whoever switched it off."""
    on = OFF.replace("false", "true")
    assert idle(on, "tunnelling.enabled=false") == []
    assert idle(on, 'tunnelling={enabled = false, gap = "vertical", contact_gap = "0.05 nm"}') == []
    assert idle(on, "tunnelling.enabled=false", "tunnelling.barrier=4 eV") == [TOLD]
    assert idle(on, "tunnelling.enabled=false", "tunnelling.barrier.value=4 eV") == [TOLD]
    assert idle("[tunnelling]\nenabled = false\n", "tunnelling.barrier=4 eV") == [TOLD]
    table = 'tunnelling={barrier = "4 eV", enabled = false, gap = "vertical", contact_gap = "0.05 nm"}'
    assert idle("[tunnelling]\nenabled = false\n", table) == [TOLD]
    assert idle(OFF, "tunnelling.enabled=true") == []


def test_a_record_of_a_run_is_no_wish():
    """A file that states every setting; overrides on top of it are wishes."""
    text = load_config(QUICK, ["stress.enabled=false", "heat.enabled=false"]).to_toml()
    assert Config.from_toml(text).idle == ()
    told = ('stress.energy = "0.03 eV" has no effect: stress.enabled = false',)
    assert Config.from_toml(text, overrides=["stress.energy=0.03 eV"]).idle == told
    without = "\n".join(line for line in text.splitlines() if not line.startswith("stretch"))
    assert any("heat.wall" in line for line in Config.from_toml(without).idle)


SOURCE = "programme=[{kind='current_ramp', to='1 uA', rate='1 uA/s'}]"
OWN = "programme.0.compliance={kind='none'}"


@pytest.mark.parametrize(
    ("overrides", "told"),
    [
        (["stress.enabled=false", "stress.template_radius=2 nm"], 'stress.template_radius = "2 nm"'),
        (["dissolution.enabled=false", "dissolution.ratio=0.1"], "dissolution.ratio = 0.1"),
        (["dissolution.void_barrier=false", "dissolution.void_energy=1 eV"], 'dissolution.void_energy = "1 eV"'),
        (["tunnelling.enabled=false", "heat.tunnel_barrier=true"], "heat.tunnel_barrier = true"),
        (['tunnelling.law="landauer"', "tunnelling.prefactor=1.5"], "tunnelling.prefactor = 1.5"),
        (['tunnelling.law="terraces"', "tunnelling.prefactor=1.5"], "tunnelling.prefactor = 1.5"),
        (["filament.size_effect=false", "filament.specularity=0.5"], "filament.specularity = 0.5"),
        (["heat.enabled=false", "heat.wall=ambient"], 'heat.wall = "ambient"'),
        (["surface_diffusion.coefficient=2 nm^4/s"], 'surface_diffusion.coefficient = "2 nm^4/s"'),
        (["checkpoint.enabled=false", "checkpoint.keep=3"], "checkpoint.keep = 3"),
        ([SOURCE, "compliance.current=2 uA"], 'compliance.current = "2e-6 A"'),
        ([OWN, "compliance.polarity=both"], 'compliance.polarity = "both"'),
    ],
)
def test_settings_that_are_told(overrides, told):
    (line,) = idle("", *overrides)
    assert line.startswith(f"{told} has no effect: ")


def test_one_reason_is_enough():
    found = idle("[dissolution]\nenabled = false\nvoid_barrier = false\nvoid_energy = '0.02 eV'\n")
    assert found == [
        "dissolution.void_barrier = false has no effect: dissolution.enabled = false",
        'dissolution.void_energy = "0.02 eV" has no effect: dissolution.enabled = false',
    ]


def test_what_still_has_an_effect_is_not_told():
    assert idle("", "tunnelling.enabled=false", "tunnelling.contact_gap=0.1 nm", "tunnelling.gap=shortest") == []
    assert idle("", "checkpoint.enabled=false", "checkpoint.walltime=1 h", "stepping.rebind_every=10") == []
    steps = "[{kind='ramp', to='1 V', rate='1 V/s', compliance={kind='none'}}, {kind='hold', duration='1 s'}]"
    assert idle("", f"programme={steps}", "compliance.current=2 uA") == []
    # A setting of another kind of section was given, and then went with its kind.
    assert idle("", SOURCE, "compliance.kind=none") == []


@pytest.mark.parametrize("path", sorted((ROOT / "configs").glob("*.toml")), ids=lambda path: path.stem)
def test_our_own_configurations_have_none(path):
    assert load_config(path).idle == ()


def test_what_is_idle_does_not_tell_configurations_apart():
    told = Config.from_toml(BASE, overrides=["stress.enabled=false", "stress.energy=0.0225 eV"])
    quiet = Config.from_toml(BASE, overrides=["stress.enabled=false"])
    assert told.idle and not quiet.idle and told == quiet and not told != quiet
    assert told != Config.from_toml(BASE)
    assert pickle.loads(pickle.dumps(told)).idle == told.idle


def test_deep_nonsense_is_an_error_of_the_input():
    with pytest.raises(ConfigError, match="stress"):
        Config.from_toml(BASE, overrides=[f"stress{'.x' * 3000}=1"])
