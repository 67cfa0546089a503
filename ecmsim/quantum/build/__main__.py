"""`python -m ecmsim.quantum.build`: the command where GPAW is installed, but not all that ecmsim itself needs."""

import argparse
import sys

from ecmsim.errors import EcmsimError
from ecmsim.quantum.build.command import build


def main(arguments=None):
    """Entry point; options as those of `ecmsim quantum build`. Returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m ecmsim.quantum.build", description=build.__doc__.split("\n")[0])
    parser.add_argument("--metal")
    parser.add_argument("--point", action="append", default=[], dest="names", metavar="NAME")
    parser.add_argument("--out")
    parser.add_argument("--method", default="gpaw")
    parser.add_argument("--plan")
    parser.add_argument("--until", metavar="HH:MM")
    parser.add_argument("--walltime", type=float, metavar="HOURS")
    parser.add_argument("--retry", action="store_true")
    parser.add_argument("--verify", action="store_true")
    parser.add_argument("--list", action="store_true", dest="listing")
    parser.add_argument("--table", metavar="FILE")
    try:
        return build(**vars(parser.parse_args(arguments)))
    except EcmsimError as error:
        print(f"error: {error}", file=sys.stderr)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
