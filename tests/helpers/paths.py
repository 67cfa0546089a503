"""Where things are."""

import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
QUICK = ROOT / "configs" / "quick.toml"
# Stands in for `ecmsim run` where a study needs cases that end as it says, at once.
STUB = (sys.executable, str(Path(__file__).with_name("stub_run.py")))
