"""The manual and the README: pages, links, and blocks that do what they say."""

import ast
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
from helpers.paths import ROOT

from ecmsim.commands.cli import app
from ecmsim.config import Config, load_config
from ecmsim.errors import EcmsimError
from ecmsim.study.definition import read as read_study

DOCS = ROOT / "docs"
PAGES = sorted(DOCS.glob("*.md"))
WALKED = [ROOT / "README.md", *PAGES, ROOT / "CONTRIBUTING.md"]
OTHERS = {"columns", "kind", "target", "dataset", "parameters", "pair", "interface"}  # files and parts that are no cell
LONGEST_README = 150
LINK = re.compile(r"\]\(([^)\s#]*)(#[^)\s]*)?\)")
COMMAND = re.compile(r"^(?:\./ecm|ecmsim) (?!python|pytest|bash|mpirun|env)(.*)$")


def module(name):
    """A module of docs/, which is no package."""
    found = importlib.util.spec_from_file_location(name, DOCS / f"{name}.py")
    loaded = importlib.util.module_from_spec(found)
    found.loader.exec_module(loaded)
    return loaded


walk = module("walk")


def names(path):
    return path.name


def all_blocks(kind):
    """(page, block) of all blocks of a kind."""
    return [(page, block) for page in WALKED for block in walk.blocks(page) if block.kind == kind]


# --- pages -----------------------------------------------------------------------------------------------------------


def test_every_page_is_in_the_navigation_once():
    shown = re.findall(r": (\S+\.md)$", (ROOT / "mkdocs.yml").read_text().partition("\nnav:")[2], re.M)
    assert len(shown) == len(set(shown))
    assert {path.name for path in PAGES} <= set(shown)
    assert {name for name in shown if not (DOCS / name).exists()} == {"CHANGELOG.md", "CONTRIBUTING.md"}


def anchors(path):
    """The anchors of the headings of a page."""
    headings = re.findall(r"^#+ (.+)$", path.read_text(encoding="utf-8"), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [*WALKED, ROOT / "CHANGELOG.md"], ids=names)
def test_links_lead_somewhere(page):
    text = re.sub(r"^```.*?^```$", "", page.read_text(encoding="utf-8"), flags=re.M | re.S)
    for target, anchor in LINK.findall(text):
        if target.startswith("http"):
            continue
        there = page.parent / target if target else page
        assert there.exists(), target
        if anchor and there.suffix == ".md":
            assert anchor[1:] in anchors(there), f"{target}{anchor}"


def test_the_readme_is_short():
    assert len((ROOT / "README.md").read_text().splitlines()) < LONGEST_README


@pytest.mark.parametrize("page", WALKED, ids=names)
def test_every_block_has_a_known_kind_and_none_is_indented(page):
    text = page.read_text(encoding="utf-8")
    assert text.count("\n```") == 2 * len(walk.blocks(page))
    assert {block.kind for block in walk.blocks(page)} <= {"sh", "bash", "toml", "python", "text"}


@pytest.mark.slow
def test_the_manual_is_built(tmp_path):
    pytest.importorskip("material", reason="the manual needs the extra ecmsim[manual]")
    pytest.importorskip("mkdocstrings")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "-q", "-d", str(tmp_path)]
    done = subprocess.run(
        command, cwd=ROOT, capture_output=True, text=True, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}
    )
    assert done.returncode == 0, done.stderr
    assert "cell.layer_thickness" in (tmp_path / "settings.html").read_text()
    assert "Run a configuration and write its results" in (tmp_path / "api.html").read_text()


# --- blocks ----------------------------------------------------------------------------------------------------------


def placed(page, folder):
    """Write the files that the blocks of a page are, as a reader does."""
    for block in walk.blocks(page):
        if block.title:
            (folder / block.title).write_text(block.text, encoding="utf-8")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """A folder as a clone is, in which a reader works."""
    for name in ("configs", "notebooks", "validation", "docs", "tests", "meshes"):
        (tmp_path / name).symlink_to(ROOT / name)
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("page", WALKED, ids=names)
def test_configurations_and_studies_are_valid(page, home):
    placed(page, home)
    for block in walk.blocks(page):
        if block.kind != "toml":
            continue
        data = tomllib.loads(block.text)
        if "extends" in data:
            load_config(block.title)
        elif {"grid", "zip", "sample", "draw", "case"} & data.keys():
            read_study(home / block.title)
        elif not OTHERS & data.keys():
            # A part of a configuration.
            (home / "part.toml").write_text('extends = "ecmsim:cu_sio2_pt"\n' + block.text)
            if "programme" in data and any("file" in step for step in data["programme"]):
                with pytest.raises(EcmsimError, match="no such file|cannot"):
                    load_config("part.toml")
            else:
                load_config("part.toml")


@pytest.mark.parametrize("page", WALKED, ids=names)
def test_commands_that_are_not_run_have_their_options_and_files(page, home):
    """Those of blocks marked bash or text, and all others as well."""
    import shlex

    from typer.main import get_command

    placed(page, home)
    for block in walk.blocks(page):
        for line in block.lines if block.kind in ("sh", "bash") else ():
            found = COMMAND.match(line)
            if not found:
                continue
            words = shlex.split(found[1], comments=True)
            words = words[: next((k for k, word in enumerate(words) if word in ("|", ">", "&&")), len(words))]
            command, context = get_command(app), None
            while hasattr(command, "commands"):
                command, context = command.commands[words[0]], command
                words = words[1:]
            command.make_context("ecmsim", list(words))
            missing = [word for word in words if word.startswith("configs/") and not Path(word).exists()]
            assert not missing and context is not None


def texts_of(path):
    """All texts in a file of the program, with … for what is filled in."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            yield node.value
        elif isinstance(node, ast.JoinedStr):
            yield "".join(str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)


@pytest.mark.slow
def test_messages_of_the_troubleshooting_page_are_messages_of_the_program():
    """Each part between the dots of a message stands in the source."""
    known = "\n".join(text for path in sorted((ROOT / "ecmsim").rglob("*.py")) for text in texts_of(path))
    rows = re.findall(r"^\| (`.+?) \|", (DOCS / "troubleshooting.md").read_text(), re.M)
    said = [message.replace("\\|", "|") for row in rows for message in re.findall(r"`([^`]+)`", row)]
    parts = [part.strip(" ()\"?'") for message in said for part in message.split("…")]
    assert len(said) > 30
    assert not [part for part in parts if len(part) > 3 and part not in known]


def launcher(folder):
    """An `ecm` as that of a clone, in this Python."""
    path = folder / "ecm"
    path.write_text(
        f"""#!/usr/bin/env bash
case "$1" in
python) shift; exec {sys.executable} "$@" ;;
pytest) exec {sys.executable} -m "$@" ;;
*) exec {sys.executable} -m ecmsim "$@" ;;
esac
"""
    )
    path.chmod(0o755)


@pytest.mark.slow
@pytest.mark.walk
@pytest.mark.parametrize("page", [page for page in PAGES if page.name not in ("first_ten_minutes.md",)], ids=names)
def test_pages_do_what_they_say(page, home):
    """In one folder, in the order of the page; README and first ten minutes are walked by docs/walk.py."""
    (home / "runs").mkdir()
    launcher(home)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"}
    assert walk.follow(page, home, environment) is None


def test_a_walk_ends_at_the_first_line_that_fails(tmp_path):
    page = tmp_path / "page.md"
    page.write_text('```toml title="a.toml"\nx = 1\n```\n\n```sh\ncat a.toml\nfalse   # no\ntouch b\n```\n')
    assert "exit code 1 of: false" in walk.follow(page, tmp_path, dict(os.environ))
    assert (tmp_path / "a.toml").exists() and not (tmp_path / "b").exists()


def test_the_readme_states_only_settings_that_there_are(home):
    placed(ROOT / "README.md", home)
    config = Config.from_toml((home / "my_cell.toml").read_text())
    assert float(config.cell.layer_thickness) == 8 and config.programme[0].count == 3
