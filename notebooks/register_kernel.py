"""Makes the environment of ./ecm known to Jupyter and VS Code, as the kernel "ecmsim".

./ecm python notebooks/register_kernel.py      (once more after the repository has moved)
"""

import json
from pathlib import Path

from ipykernel.kernelspec import install

LAUNCHER = Path(__file__).resolve().parents[1] / "ecm"


def main():
    kernel = Path(install(user=True, kernel_name="ecmsim", display_name="ecmsim")) / "kernel.json"
    description = json.loads(kernel.read_text(encoding="utf-8"))
    # Not the interpreter itself, which may start nowhere but in the environment: ./ecm enters that first.
    description["argv"][:1] = [str(LAUNCHER), "python"]
    kernel.write_text(json.dumps(description, indent=1) + "\n", encoding="utf-8")
    print(f'wrote {kernel}: choose the kernel "ecmsim" in Jupyter or VS Code')


if __name__ == "__main__":
    main()
