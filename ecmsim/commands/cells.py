"""ecmsim cells: the cells that come with ecmsim, where each is from, what was compared and how that came out."""

import re
import tomllib
from collections import Counter

import typer

from ecmsim.errors import ConfigError

INDEX = "cells/index.toml"
VERDICTS = ("hit", "miss", "fitted", "open")


def cells():
    """List the cells that come with ecmsim: file, source, labels of values, what was compared, how that came out."""
    for cell in indexed():
        typer.echo("\n".join(described(cell)) + "\n")


def indexed():
    """The cells of the index: dicts with path (of the configuration), source and compared (dicts of what, verdict and
    result). Raises ConfigError where the configurations are not there."""
    from ecmsim.config import shipped

    place = shipped.folder()
    if place is None or not (place / INDEX).is_file():
        raise ConfigError("the cells that come with ecmsim are not there: install it anew, or work in its clone")
    found = tomllib.loads((place / INDEX).read_text())["cell"]
    return [{**cell, "path": ((place / INDEX).parent / cell["file"]).resolve()} for cell in found]


def described(cell):
    """What is told of a cell of `indexed`, as lines."""
    from ecmsim.config import load_config
    from ecmsim.config.quantities import LABELS

    path, title = cell["path"], tomllib.loads(cell["path"].read_text())["title"]
    lines = [title, f"  file      {path}", f"  source    {cell['source']}"]
    try:
        config = load_config(path)
    except ConfigError as error:
        lacking = re.findall(r"^\s*(\[\w+\])", str(error), re.MULTILINE)
        lines.append(f"  refused   lacks {', '.join(lacking)}; how to come by them: ecmsim validate {path}")
    else:
        counts = Counter(re.findall(r'label = "(\w+)"', config.to_toml()))
        told = ", ".join(f"{counts[label]} {label}" for label in LABELS if counts[label])
        lines.append(f"  values    {told}")
        if config.borrowed:
            lines.append(f"  borrowed  {config.borrowed}")
    return lines + [f"  {item['verdict']:<8}  {item['what']}: {item['result']}" for item in cell["compared"]]
