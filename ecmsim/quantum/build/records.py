"""Records of computed points: one small JSON file each, whole or not there, found again by their hash."""

import io
import json
import re
from hashlib import sha256
from pathlib import Path

import numpy as np

from ecmsim.quantum.build.plan import Point, used
from ecmsim.quantum.build.structure import structure
from ecmsim.results.files import replace_file

FORMAT = 1  # of records; a new one makes new points
DIGITS = 7  # significant, of numbers in records


def fingerprint(point: Point, method):
    """Hash of a point's atoms, of its shape and of the settings that the method uses: 12 hexadecimal digits.

    Positions count to 0.001 angstrom, so that rounding of another machine makes no new point.
    """
    atoms = structure(point)
    positions, ghost = atoms.order
    content = {
        "format": FORMAT,
        "metal": point.metal,
        "method": method.name,
        "shape": point.shape(),
        "settings": used(point.settings, method.settings),
        "positions": np.round(positions - positions[0], 3) + 0.0,
        "ghost": np.nonzero(ghost)[0],
        "cell": np.round(atoms.cell, 3) + 0.0,
    }
    return sha256(canonical(content).encode()).hexdigest()[:12]


def canonical(content):
    """JSON that is the same for the same content."""
    return json.dumps(plain(content), sort_keys=True, separators=(",", ":"))


def plain(value):
    """The value with arrays, tuples and NumPy's numbers as what JSON knows; floats with DIGITS digits."""
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (list, tuple, np.ndarray)):
        return [plain(entry) for entry in value]
    if isinstance(value, (float, np.floating)):
        return float(f"{value:.{DIGITS}g}") if np.isfinite(value) else None
    return value.item() if isinstance(value, np.generic) else value


def text(content):
    """Readable JSON: one entry a line, lists of numbers or texts in one line."""
    lines = json.dumps(plain(content), indent=1, ensure_ascii=False)
    return re.sub(
        r"\[[^\[\]{}]*\]", lambda found: " ".join(found[0].split()).replace("[ ", "[").replace(" ]", "]"), lines
    )


def write_whole(path, write):
    """Write a file through write(file) as a whole: after a kill it is the old one or the new one."""
    buffer = io.BytesIO()
    write(buffer)
    replace_file(path, buffer.getvalue())


class Records:
    """The folder of a production: points/NAME.HASH.json, and NAME.HASH.failed.json for those that failed.

    published: a folder with records of points that need not be computed again, such as the package's own.
    """

    def __init__(self, folder, published=None):
        self.folder, self.published = Path(folder), published

    @property
    def store(self):
        """Folder of matrices."""
        return self.folder / "matrices"

    def path(self, point, method, failed=False):
        """Where a point's record is or will be."""
        ending = ".failed.json" if failed else ".json"
        return self.folder / "points" / f"{point.name}.{fingerprint(point, method)}{ending}"

    def read(self, point, method, failed=False):
        """A point's record, or None where there is none (or only a damaged one)."""
        path = self.path(point, method, failed)
        for place in (path, *([self.published / path.name] if self.published else [])):
            try:
                return json.loads(place.read_text())
            except (OSError, ValueError):
                continue
        return None

    def write(self, point, method, record, failed=False):
        """Write a point's record; one of success takes the place of one of failure."""
        path = self.path(point, method, failed)
        path.parent.mkdir(parents=True, exist_ok=True)
        write_whole(path, lambda file: file.write((text(record) + "\n").encode()))
        if not failed:
            self.path(point, method, failed=True).unlink(missing_ok=True)
