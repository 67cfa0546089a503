"""The command `ecmsim quantum facts`: every number found anew, and the page and table written."""

from pathlib import Path

from ecmsim.study import folder
from validation.quantum import page, table
from validation.quantum.facts import counted

HERE = Path(__file__).parent


def quantum_facts(out=None, results=None):
    """Judge all facts, and write README.md and facts.csv: paths and counts.

    out: folder of what is written; results: folder of the result files; both default to this one. Raises ResultsError
    where a result file is damaged or the folder cannot be written.
    """
    out = Path(out or HERE)
    found = table.verdicts(Path(results or HERE))
    texts = {"facts.csv": table.frame(found).to_csv(index=False), "README.md": page.page(found)}
    for name, text in texts.items():
        folder.replace(out / name, text)
    return [out / name for name in texts], counted(verdict for _, verdicts in found for verdict in verdicts)
