"""The cells that come with ecmsim: each is listed, and runs with the reduced model or says what it lacks."""

import pytest
from helpers.paths import ROOT
from typer.testing import CliRunner

from ecmsim.commands.cells import VERDICTS, described, indexed
from ecmsim.commands.cli import app
from ecmsim.config import load_config
from ecmsim.errors import ConfigError
from ecmsim.results import open_run
from ecmsim.running.run import run

CELLS = {cell["path"].stem: cell for cell in indexed()}
REFUSED = {"ag_agi_pt", "ag_ges2_pt", "cu_ta2o5_pt", "cu_al2o3_pt"}
COARSE = [
    *("model=reduced", "stepping.refinement=0.5", "balance.faraday=5e-3", "output.snapshot_regimes=false"),
    *("mesh.refinement=0.6", "stepping.largest_voltage_step=0.1 V"),
]


def test_the_list_has_every_file_and_says_what_was_compared():
    files = {path for path in (ROOT / "configs" / "cells").glob("*.toml") if path.stem != "index"}
    assert files <= {cell["path"] for cell in CELLS.values()}
    for cell in CELLS.values():
        assert cell["source"] and cell["compared"]
        assert {item["verdict"] for item in cell["compared"]} <= set(VERDICTS)


def test_the_command_lists_all_of_them():
    result = CliRunner().invoke(app, ["cells"])
    assert result.exit_code == 0, result.output
    assert result.output.count("  source    ") == len(CELLS) and result.output.count("  refused   ") == len(REFUSED)
    assert "Buttberg" in result.output and "miss" in result.output


@pytest.mark.parametrize("name", sorted(REFUSED))
def test_a_cell_without_constants_is_refused_with_what_it_lacks(name):
    path = CELLS[name]["path"]
    with pytest.raises(ConfigError) as caught:
        load_config(path)
    for section in ("butler_volmer", "hopping", "tunnelling"):
        assert f"[{section}] of Cu | SiO2 (" in str(caught.value)
    assert any("lacks [butler_volmer], [hopping], [tunnelling]" in line for line in described(CELLS[name]))


@pytest.mark.slow
@pytest.mark.parametrize("name", sorted(CELLS.keys() - REFUSED))
def test_a_cell_with_constants_runs_coarsely(name, tmp_path):
    """Up to its compliance current; its file tells where its values are from."""
    outcome = run(load_config(CELLS[name]["path"], COARSE), tmp_path / "run", until=2.8)
    assert "never switched" not in outcome.reason
    there = open_run(tmp_path / "run")
    assert "compliance reached" in set(there.events["event"])
    values = next(line for line in described(CELLS[name]) if line.startswith("  values"))
    assert "assumed" in values and ("fitted" in values or name == "ag_hfo2_pt")


@pytest.mark.slow
def test_the_volatile_cell_forgets(tmp_path):
    config = load_config(CELLS["ag_hfo2_pt"]["path"], COARSE)
    outcome = run(config, tmp_path / "run")
    events = open_run(tmp_path / "run").events
    assert "left alone: gap > 1" in events["detail"].iloc[-1] and outcome.state.time < 10
    flat = load_config(CELLS["ag_hfo2_pt"]["path"], [*COARSE, "capillarity.enabled=false"])
    assert run(flat, tmp_path / "flat").state.observed["gap"] < 0.5
