"""The command `ecmsim quantum facts`: every number found anew, and the page and table written."""

from pathlib import Path

from ecmsim.study import folder
from validation.quantum import page, table
from validation.quantum.facts import counted

OUT = Path("validation/quantum")


def quantum_facts(out=OUT):
    """Judge all facts with the result files in out, and write README.md and facts.csv there: paths and counts.

    Raises ResultsError where a result file is damaged or the folder cannot be written.
    """
    out = Path(out)
    found = table.verdicts(out)
    texts = {"facts.csv": table.frame(found).to_csv(index=False), "README.md": page.page(found)}
    for name, text in texts.items():
        folder.replace(out / name, text)
    return [out / name for name in texts], counted(verdict for _, verdicts in found for verdict in verdicts)
