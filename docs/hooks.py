"""What the manual's pages need when mkdocs builds them: the table of all settings, and files outside of docs/.

Pages link to validation/, notebooks/ and files of the repository's root as they lie beside docs/, so that the links
work where the repository is read as well; in the built manual these files lie below its root.
"""

import re
from pathlib import Path

from mkdocs.structure.files import File

ROOT = Path(__file__).resolve().parents[1]
FOLDERS = ("validation", "notebooks")
SUFFIXES = (".md", ".png", ".gif", ".csv", ".ipynb", ".toml", ".py")
ALONE = ("README.md", "CHANGELOG.md", "CONTRIBUTING.md", "CITATION.cff")
README = "repository.md"  # its name in the manual, whose index.md is another one
SETTINGS = "<!-- settings -->"


def on_files(files, config):
    """Add the files outside of docs/ that pages link to."""
    found = [path for folder in FOLDERS for path in sorted((ROOT / folder).rglob("*")) if path.suffix in SUFFIXES]
    for path in [*found, *(ROOT / name for name in ALONE)]:
        name = path.relative_to(ROOT).as_posix()
        files.append(File.generated(config, README if name == "README.md" else name, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown, page, config, files):
    """Links as they lead in the built manual, and the table of settings."""
    if SETTINGS in markdown:
        from ecmsim.config import reference_markdown

        markdown = markdown.replace(SETTINGS, reference_markdown())
    name = page.file.src_uri
    if name.startswith(tuple(f"{folder}/" for folder in FOLDERS)):
        return markdown.replace("](../docs/", "](../").replace("](../README.md", f"](../{README}")
    if name in (README, *ALONE):
        return markdown.replace("](docs/", "](").replace("](README.md", f"]({README}")
    markdown = markdown.replace("](../README.md", f"]({README}")
    return re.sub(r"\]\(\.\./(?=validation/|notebooks/|CHANGELOG|CONTRIBUTING)", "](", markdown)
