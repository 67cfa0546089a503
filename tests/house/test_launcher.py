"""The launcher ./ecm and the files that describe its environment: what needs no environment to be built."""

import os
import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from helpers.paths import ROOT

LAUNCHER = ROOT / "ecm"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
REQUIREMENTS = sum(PROJECT["optional-dependencies"].values(), PROJECT["dependencies"])


def name_of(requirement):
    return re.match(r"[\w-]+", requirement).group()


def bare_system(folder, *commands):
    """A folder of links to the given commands and to what the launcher itself is written with."""
    for command in (
        "bash",
        "python3",
        "readlink",
        "cksum",
        "cut",
        "sed",
        "id",
        "df",
        "awk",
        "mkdir",
        "cat",
        "grep",
        "uname",
        *commands,
    ):
        if path := shutil.which(command):
            (folder / command).symlink_to(Path(path).resolve() if command != "python3" else path)
    return folder


def run(*arguments, **environment):
    return subprocess.run(
        [LAUNCHER, *arguments], capture_output=True, text=True, timeout=1500, env={**os.environ, **environment}
    )


def test_scripts_are_executable_and_parse():
    for script in (LAUNCHER, ROOT / ".ci" / "run"):
        assert os.access(script, os.X_OK)
        subprocess.run(["bash", "-n", script], check=True)


def test_package_list_is_printed_alone_and_is_what_the_container_installs():
    packages = run("env", "--packages").stdout.split()
    assert {"python3-dolfinx-real", "python3-venv", "gcc", "libegl1"} <= set(packages)
    assert len(packages) == len(set(packages))
    containerfile = (ROOT / "Containerfile").read_text()
    assert "ecm env --packages" in containerfile
    assert not re.search(r"python3-\w", containerfile), "a second package list in Containerfile"


def test_pip_is_never_asked_for_parts_of_fenics():
    forbidden = re.compile(r"(fenics.*|dolfinx|ufl|basix|ffcx|petsc4py|mpi4py)$")
    assert not [requirement for requirement in REQUIREMENTS if forbidden.match(name_of(requirement))]


def test_requirements_have_the_form_that_the_launcher_reads():
    for requirement in REQUIREMENTS:
        assert re.fullmatch(r"[\w-]+(>=\d+(\.\d+)*)?", requirement), requirement


def test_conda_environment_covers_every_requirement():
    lines = (ROOT / "environment.yml").read_text().split("dependencies:")[1]
    conda = set(re.findall(r"^  - ([\w-]+)", lines, re.MULTILINE))
    conda_names = {"gmsh": "python-gmsh"}
    needed = {conda_names.get(name_of(requirement), name_of(requirement)) for requirement in REQUIREMENTS}
    assert needed | {"fenics-dolfinx", "petsc4py", "mpi4py", "pip"} <= conda


@pytest.mark.parametrize(
    "version, reason",
    [
        (None, "ECMSIM_BASE=userland|no dolfinx on this machine"),
        ("0.5.2", "dolfinx 0.5.2 of .*python3.* is too old"),
    ],
)
def test_without_dolfinx_and_apt_the_other_ways_are_named(tmp_path, version, reason):
    settings = {"PATH": str(bare_system(tmp_path)), "ECMSIM_HOME": str(tmp_path / "home")}
    if version is None:
        settings["ECMSIM_BASE"] = "userland"
    else:
        metadata = tmp_path / f"fenics_dolfinx-{version}.dist-info" / "METADATA"
        metadata.parent.mkdir()
        metadata.write_text(f"Metadata-Version: 2.1\nName: fenics-dolfinx\nVersion: {version}\n")
        settings["PYTHONPATH"] = str(tmp_path)
    answer = run("info", **settings)
    assert answer.returncode == 69
    assert answer.stdout == ""
    assert re.search(reason, answer.stderr)
    assert "missing: apt-get" in answer.stderr
    for way in ("environment.yml", "Containerfile", "apt install"):
        assert way in answer.stderr


def test_a_home_that_is_a_file_is_told_in_one_line(tmp_path):
    (tmp_path / "home").write_text("")
    answer = run("info", ECMSIM_HOME=str(tmp_path / "home"))
    assert (answer.returncode, answer.stdout) == (69, "")
    assert answer.stderr == f"ecm: ECMSIM_HOME is a file, {tmp_path / 'home'}: give it a folder\n"


def test_a_working_folder_that_is_gone_is_told(tmp_path):
    (tmp_path / "gone").mkdir()
    command = f"cd {tmp_path}/gone && rmdir {tmp_path}/gone && {LAUNCHER} info"
    answer = subprocess.run(["bash", "-c", command], capture_output=True, text=True, timeout=1500)
    assert answer.returncode == 69 and "ecm: the working folder is not there any more" in answer.stderr


def test_chroot_is_found_without_the_administrator_s_folders_on_the_path():
    text = LAUNCHER.read_text()
    assert 0 < text.index("/usr/sbin") < text.index("exec chroot")
