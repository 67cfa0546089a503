"""Walks through pages as a reader does: every block of README and the first ten minutes, in a clean clone, in order.

    python3 docs/walk.py                    # README.md, docs/first_ten_minutes.md
    python3 docs/walk.py docs/laws.md       # other pages

Blocks marked sh are run line by line with bash, blocks with a title are written into a file of that name, python blocks
are run, toml blocks are validated. The first line that fails ends it. The clone shares the environment of this one.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).resolve().parents[1]
PAGES = ("README.md", "docs/first_ten_minutes.md")
FENCE = re.compile(r"^```(\w+)(?: title=\"([^\"]+)\")?\n(.*?)^```$", re.M | re.S)


class Block(NamedTuple):
    """A block of a page. kind: sh, bash, toml, python, text; title: of the file that it is, or ""."""

    kind: str
    title: str
    text: str

    @property
    def lines(self):
        """Its commands, one a line, without comments."""
        return [line for line in self.text.splitlines() if line.strip() and not line.startswith("#")]


def blocks(page):
    """The blocks of a page (Path), in order."""
    return [Block(kind, title, text) for kind, title, text in FENCE.findall(page.read_text(encoding="utf-8"))]


def actions(found):
    """What a reader does with blocks, in order: ("write", name, text) or ("run", command line)."""
    for block in found:
        if block.title:
            yield "write", block.title, block.text
        if block.kind == "sh":
            yield from (("run", line) for line in block.lines)
        elif block.kind == "python":
            yield "run", f"./ecm python {block.title}"
        elif block.kind == "toml" and block.text.startswith("extends"):
            yield "run", f"./ecm validate {block.title} --allow-code"


def follow(page, folder, environment):
    """Do in a folder what a page says; returns the line that failed, or None."""
    for kind, *what in actions(blocks(page)):
        if kind == "write":
            (folder / what[0]).write_text(what[1], encoding="utf-8")
            continue
        print(f"$ {what[0]}", flush=True)
        begun = time.monotonic()
        done = subprocess.run(["bash", "-c", what[0]], cwd=folder, env=environment)
        print(f"  ({time.monotonic() - begun:.0f} s)", flush=True)
        if done.returncode:
            return f"{page.name}: exit code {done.returncode} of: {what[0]}"
    return None


def clone(folder):
    """A clean clone of what is committed; where there is no repository, a copy of what would be in it."""
    if (ROOT / ".git").exists() and shutil.which("git"):
        subprocess.run(["git", "clone", "-q", str(ROOT), str(folder)], check=True)
    else:
        shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(".ecm", "runs", "site", "__pycache__"))


def main(names):
    environment = {"ECMSIM_HOME": str(ROOT / ".ecm")} | os.environ
    with tempfile.TemporaryDirectory(prefix="ecmsim-walk-") as place:
        folder = Path(place) / "ecmsim"
        clone(folder)
        for name in names or PAGES:
            print(f"--- {name}", flush=True)
            if failed := follow(folder / name, folder, environment):
                sys.exit(f"the walk ends: {failed}")
    print("the walk came to its end")


if __name__ == "__main__":
    main(sys.argv[1:])
