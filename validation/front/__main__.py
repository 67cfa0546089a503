"""Writes validation/front anew from the runs of configs/studies/front.toml: python -m validation.front [RUNS]

RUNS: folder of the runs (runs/front). They are made by ecmsim sweep configs/studies/front.toml
"""

import sys
from pathlib import Path

from ecmsim.results import open_run
from ecmsim.study import Study, folder
from validation.front.compare import PARAMETERS, frame, points
from validation.front.picture import draw

HERE = Path(__file__).parent
STUDY = HERE.parents[1] / "configs" / "studies" / "front.toml"


def main(root="runs/front", out=HERE):
    """Write front.csv, front.png and README.md from the runs below a root folder; returns the Points."""
    study, out = Study.load(STUDY), Path(out)
    places = zip(study.cases, study.places(Path(root)), strict=True)
    runs = {case.name: open_run(place.run) for case, place in places}
    found = points(study, runs)
    folder.replace(out / "front.csv", frame(found).to_csv(index=False))
    draw(found, runs, out / "front.png")
    folder.replace(out / "README.md", page(found))
    return found


def page(found):
    """The page as Markdown text, of Points."""
    heads = ["set", "rows 1-6, largest deviation in tolerances", "R² of I(t) linear, exponential (row 25)"]
    heads += ["A ends (row 7)", "C begins (row 9)", "filament (row 17)", "met"]
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for each in found:
        values, met = each.values, ", ".join(row for row, hit in each.met.items() if hit)
        cells = [each.name, f"{each.deviation:.2f}", f"{values['linear']:.3f}, {values['exponential']:.3f}"]
        cells += [amperes(values["A ends"]), amperes(values["C begins"]), f"{values['filament'] / 1e3:.1f} kΩ", met]
        lines.append(f"| {' | '.join(cells)} |")
    names = [f"`{name}`" + (f" ({unit})" if unit else "") for name, unit in PARAMETERS.items()]
    sets = [f"| parameter | {' | '.join(each.name for each in found)} |", "|---" * (len(found) + 1) + "|"]
    for name, head in zip(PARAMETERS, names, strict=True):
        sets.append(f"| {head} | " + " | ".join(f"{each.parameters[name]:.4g}" for each in found) + " |")
    text = (HERE / "introduction.md").read_text(encoding="utf-8").rstrip()
    return (
        "\n\n".join([text, "\n".join(lines), "![Front](front.png)", "The sets (fitted, all of them):", "\n".join(sets)])
        + "\n"
    )


def amperes(value):
    """A current for people; "none" for nan."""
    return "none" if value != value else f"{1e6 * value:.3g} µA"


if __name__ == "__main__":
    main(*sys.argv[1:2])
