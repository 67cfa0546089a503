"""python -m ecmsim: the command line."""

import sys


def main():
    """Run the command line; also Ctrl-C while it is being loaded ends it with one line."""
    try:
        from ecmsim.commands.cli import main as start

        start()
    except KeyboardInterrupt:
        print("interrupted", file=sys.stderr)
        sys.exit(130)


if __name__ == "__main__":
    main()
