"""The runs of two needles: what each is made of, and how those that are lacking are made."""

from pathlib import Path

from ecmsim import load_config
from ecmsim.errors import ResultsError
from ecmsim.results import open_run
from ecmsim.running.run import run

CONFIGS = Path(__file__).parents[2] / "configs"
SET = 'programme=[{kind="sweep", name="SET", peak="1.5 V", rate="0.2 V/s"}]'
# Both needles as sharp as each other, with the same gap.
EQUAL = (
    'initial.tip_radius="1 nm"',
    'initial.height="9.585 nm"',
    'needle.tip_radius="1 nm"',
    'needle.half_angle="15 deg"',
    'needle.height="9.585 nm"',
    'programme=[{kind="current_ramp", to="8 uA", rate="90 nA/s", voltage_limit="0.8 V"}]',
)
DRAWN = ("atoms1", "atoms2", "atoms3")
RUNS = {
    "current": ("ag_needles", ()),
    "current_mesh": ("ag_needles", ("mesh.refinement=1.5",)),
    "current_steps": ("ag_needles", ("stepping.refinement=2",)),
    "cycle_100uA": ("ag_needles_cycle", ()),
    "cycle_400uA": ("ag_needles_cycle", ('compliance.current="400 uA"', SET)),
    "slow": ("ag_needles_slow", ()),
    "rest": ("ag_needles_rest", ()),
    "equal": ("ag_needles", EQUAL),
} | {name: ("ag_needles_atoms", (f"contact.seed={name[-1]}",)) for name in DRAWN}


def make(root):
    """Make those runs below a folder that are not there in whole; some 3 minutes each."""
    for name, (config, overrides) in RUNS.items():
        if not is_whole(root / name):
            run(load_config(CONFIGS / f"{config}.toml", overrides), root / name, overwrite=True)


def is_whole(folder):
    """Whether a folder has a run that came to its end."""
    try:
        return open_run(folder).status == "finished"
    except ResultsError:
        return False
