"""Configurations with needles: what is read, and the messages where a needle does not fit."""

import pytest
from helpers.paths import ROOT

from ecmsim.config import Config, load_config
from ecmsim.errors import ConfigError

CONFIG = ROOT / "configs" / "ag_needles.toml"


def test_the_shipped_needles_leave_a_gap_of_eight_angstrom():
    config = load_config(CONFIG)
    assert config.cell.layer_thickness - config.initial.height - config.needle.height == pytest.approx(0.83)
    assert config.needle.foot_radius == pytest.approx(6.45, abs=0.01)
    assert config.initial.kind == "cone" and config.initial.foot_radius == pytest.approx(3.06, abs=0.01)


def test_the_effective_configuration_has_the_needle_and_can_be_read_again():
    config = load_config(CONFIG)
    text = config.to_toml()
    assert "[needle]" in text
    assert Config.from_toml(text) == config
    assert "needle" not in load_config(ROOT / "configs" / "quick.toml").to_toml()


@pytest.mark.parametrize("name", ["cycle", "slow", "rest", "atoms"])
def test_all_recipes_have_one_set_of_parameters(name):
    """They differ in programme, compliance and what is beside the law of the cell."""
    one, other = load_config(CONFIG), load_config(CONFIG.with_name(f"ag_needles_{name}.toml"))
    for section in (
        "cell",
        "initial",
        "needle",
        "butler_volmer",
        "hopping",
        "tunnelling",
        "filament",
        "heat",
        "stress",
    ):
        assert getattr(one, section) == getattr(other, section), section


@pytest.mark.parametrize(
    ("overrides", "message"),
    [
        (["dissolution.enabled=true"], "dissolution.enabled = true: is the void"),
        (["model=reduced"], "needle: the reduced model has a plane active electrode"),
        (
            ['needle.height="10 nm"'],
            'needle.height = "10 nm": with the filament\'s 10 nm it must be less than cell.layer',
        ),
        (['needle.height="0.14 nm"', 'needle.tip_radius="0.1 nm"'], "must be more than cell.nucleus_radius"),
        (['needle.half_angle="72 deg"'], 'needle.half_angle = "72 deg": its foot of'),
        (['initial.half_angle="72 deg"'], 'initial.half_angle = "72 deg": its foot of'),
        (['needle.half_angle="90 deg"'], "needle.half_angle"),
        (['needle.tip_radius="19 nm"'], "must be more than the tip's own"),
        (['needle.tip_radius="0 nm"'], "needle.tip_radius"),
        (['initial.height="20 nm"'], 'initial.height = "20 nm": must be less than cell.layer_thickness'),
        (["nucleation.enabled=true"], 'initial.kind = "cone": is a filament, for which nucleation.enabled = true'),
    ],
)
def test_what_does_not_fit_is_told(overrides, message):
    with pytest.raises(ConfigError) as refused:
        load_config(CONFIG, overrides)
    assert message in str(refused.value)
