"""No physics by default: what a file does not state is asked for, all at once, or comes from one that it extends."""

import re
import tomllib

import pytest
from helpers import small
from helpers.paths import ROOT

from ecmsim import run
from ecmsim.config import Config, load_config, reference
from ecmsim.config.shipped import names
from ecmsim.errors import ConfigError
from ecmsim.results.folder import TIMESERIES

BACK = small.ramp("0 V")
CELL = small.METALS + small.ramp("2 V") + BACK + small.compliance("1 mA")
BARE = CELL.replace('"SiO2"', '"TiO2"')  # of a pair whose constants have no file
REFERENCE = ROOT / "configs" / "cu_sio2_pt.toml"
RELAXATION = {"coefficient", "reference_temperature", "activation_energy", "contact_angle"}


def asked_for(text, overrides=()):
    """Section -> names of the settings that a file is asked for, which is its only problem."""
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(text, overrides=overrides, source="my.toml")
    (problem,) = caught.value.problems
    assert 'extends = "ecmsim:cu_sio2_pt"' in problem and "validate --schema" in problem
    assert caught.value.exit_code == 2
    lines = [line.strip() for line in problem.splitlines() if line.strip().startswith("[")]
    found = {}
    for line in lines:
        section, _, rest = line[1:].partition("] ")
        found[section] = {item.split()[0] for item in re.sub(r" \(.*?\)", "", rest).split(", ")}
    return found


def test_all_that_is_missing_is_asked_for_at_once():
    """All physics of the reference file, but what is there already; by name, and with units and choices."""
    stated = tomllib.loads(REFERENCE.read_text())
    physics = {
        section: {name for name in stated[section] if (section, name) not in NEUTRAL}
        for section in ("butler_volmer", "hopping", "stress", "dissolution", "tunnelling", "filament", "heat")
    }
    cell = set(stated["cell"]) - {"active_electrode", "switching_layer", "counter_electrode"}
    assert asked_for(BARE) == {"cell": cell, **physics}
    assert asked_for(CELL).keys() == {"cell", "filament", "heat"}  # the rest has the file of Cu | SiO2


NEUTRAL = {
    ("tunnelling", "fluctuation"),
    ("filament", "defect_factor"),
    ("filament", "thermal_conductivity_factor"),
    ("heat", "thermal_conductivity_factor"),
}


def test_nothing_of_physics_has_a_default_that_does_something():
    """Only numerics, output and what is written of a run have defaults; of physics what leaves the laws as they are."""
    free = {"mesh", "stepping", "solver", "balance", "output", "checkpoint", "programme[]", "programme[].read", ""}
    rest = {
        row.name: row.default
        for row in reference()
        if row.name.rpartition(".")[0] not in free and row.default not in ("required", "none")
    }
    assert rest == {
        "compliance.smoothing_voltage": "0.05 V",  # of the instrument
        "compliance.polarity": "positive",
        "compliance.channel_length_modulation": "0 / V",
        "tunnelling.plateaus": "true",
        "tunnelling.fluctuation": "0.0",
        "contact.atoms": "mean",
        "contact.seed": "0",
        "filament.defect_factor": "1.0",
        "filament.thermal_conductivity_factor": "1.0",
        "filament.wiedemann_franz": "false",
        "heat.thermal_conductivity_factor": "1.0",
        "heat.stop_at_melting": "false",
        "surface_diffusion.enabled": "false",
        "capillarity.enabled": "false",
        "nucleation.enabled": "false",
        "materials.NAME.resistivity_quadratic_coefficient": "0 / K^2",
        "draw.seed": "0",  # of [draw] alone, which is left out unless something is drawn
    }


def test_what_is_switched_off_needs_no_constants():
    off = "".join(f"[{name}]\nenabled = false\n" for name in ("stress", "dissolution", "heat"))
    found = asked_for(BARE + off)
    assert found.keys() == {"cell", "butler_volmer", "hopping", "tunnelling", "filament"}
    off += '[filament]\nsize_effect = false\nrupture_radius = "0.1 nm"\n'
    off += '[tunnelling]\nenabled = false\ngap = "vertical"\ncontact_gap = "0.05 nm"\n'
    assert asked_for(BARE + off).keys() == {"cell", "butler_volmer", "hopping"}
    stated = tomllib.loads(REFERENCE.read_text())
    more = [f"{name}.{key}={value}" for name in ("butler_volmer", "hopping") for key, value in plain(stated[name])]
    more += [f"cell.{key}={value}" for key, value in plain(stated["cell"]) if "electrode" not in key or "height" in key]
    more = [text for text in more if "switching_layer" not in text]
    config = Config.from_toml(BARE + off, overrides=more)
    assert config.stress.energy is None and Config.from_toml(config.to_toml()) == config
    assert asked_for(BARE + off, [*more, "stress.enabled=true"]) == {"stress": {"energy", "template_radius", "reading"}}


def plain(section):
    return [(key, value["value"] if isinstance(value, dict) else value) for key, value in section.items()]


def test_an_effect_that_is_switched_on_asks_for_its_constants():
    assert asked_for(small.EXTENDS + CELL, ["surface_diffusion.enabled=true"]) == {"surface_diffusion": RELAXATION}


def test_other_problems_are_told_beside():
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(BARE, overrides=["stress.energy=1 V", "heat.wall=cold", "mesh.quality=2"])
    told = caught.value.problems
    assert len(told) == 4 and told[-1].startswith("its physics is not stated")
    assert "[stress] enabled (true or false), template_radius (nm), reading" in told[-1]


def test_a_minimal_file_that_extends_the_reference_cell_is_the_reference(tmp_path):
    """From any folder; but for its own title nothing differs, so that the run has the same bytes."""
    (tmp_path / "my.toml").write_text(small.EXTENDS + CELL)
    own, whole = load_config(tmp_path / "my.toml"), load_config(REFERENCE)
    assert own == whole
    # Only what the file writes in its own words has lost its label.
    differing = set(own.to_toml().splitlines()) ^ set(whole.to_toml().splitlines())
    assert all(line.startswith(("to = ", "rate = ", "current = ")) for line in differing)


def test_the_run_of_a_minimal_file_has_the_bytes_of_the_shipped_one(tmp_path):
    """Not only its settings: numbers of the coarse case, in the reduced model, up to the first growth."""
    cell = CELL.replace('"1 mA"', '"1 uA"').replace('"2 V"', '"1.72 V"').replace(BACK, "")
    minimal = small.EXTENDS.replace("cu_sio2_pt", "quick") + cell
    (tmp_path / "my.toml").write_text(minimal)
    written = []
    for name, path in (("own", tmp_path / "my.toml"), ("shipped", ROOT / "configs" / "quick.toml")):
        run(load_config(path, ["model=reduced"]), tmp_path / name, until=1.0)
        written.append((tmp_path / name / TIMESERIES).read_bytes())
    assert written[0] == written[1] and len(written[0]) > 5000


def test_every_configuration_can_be_extended_by_name(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in names():
        assert Config.from_toml(f'extends = "ecmsim:{name}"') == load_config(ROOT / "configs" / f"{name}.toml")
    assert {name for name in names() if "/" not in name} == {path.stem for path in (ROOT / "configs").glob("*.toml")}


def test_a_cell_in_which_no_ion_moves_is_refused():
    """Before numbers underflow; what is warm enough, or has lower barriers, is not."""
    with pytest.raises(ConfigError) as caught:
        Config.from_toml(small.EXTENDS, overrides=["cell.ambient_temperature=1 K"])
    assert list(caught.value.problems) == [
        'butler_volmer.activation_energy = "0.648 eV": is 7520 kT at cell.ambient_temperature (1 K), where no '
        "ion moves: at most 200 kT, which is so above 37.6 K",
        'hopping.activation_energy = "0.4 eV": is 4642 kT at cell.ambient_temperature (1 K), where no '
        "ion moves: at most 200 kT, which is so above 23.2 K",
    ]
    Config.from_toml(small.EXTENDS, overrides=["cell.ambient_temperature=38 K"])
    low = [f"{name}.activation_energy=0.1 eV" for name in ("butler_volmer", "hopping")]
    Config.from_toml(small.EXTENDS, overrides=["cell.ambient_temperature=10 K", *low])


def test_an_unknown_name_tells_the_known_ones():
    for name, told in (("cu_sio2", 'did you mean "cu_sio2_pt"?'), ("x", "there are ag_atoms, ag_contact, ")):
        with pytest.raises(ConfigError, match="comes with ecmsim") as caught:
            Config.from_toml(f'extends = "ecmsim:{name}"')
        assert told in str(caught.value)
