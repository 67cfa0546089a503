"""`ecmsim watch`: follows a run or a study that another process writes, in the terminal or as a local page."""

import logging
import shutil
import sys
import threading
import time
from pathlib import Path
from typing import Annotated

import typer

PORT = 8421


def watch(
    folder: Annotated[Path, typer.Argument(metavar="RUN", help="Folder of a run or of a study.", show_default=False)],
    once: Annotated[bool, typer.Option("--once", help="One look, and no more.")] = False,
    every: Annotated[float, typer.Option(min=0.1, max=3600, help="Seconds between two looks.")] = 2.0,
    serve: Annotated[bool, typer.Option("--serve", help="As a page in the browser, for this machine alone.")] = False,
    port: Annotated[
        int | None, typer.Option(min=0, max=65535, help=f"Where to serve it [default: {PORT}; 0: a free one].")
    ] = None,
):
    """Follow a run or a study that is going on: I-V curve, state, balances, time left. Nothing is ever written.

    Ends with the run; waits where it was stopped or killed, until it is resumed. With --serve it goes on until Ctrl-C.
    """
    from ecmsim.errors import ConfigError
    from ecmsim.watch.look import kind_of
    from ecmsim.watch.server import address, server

    if port is not None and not serve:
        raise ConfigError("--port is where --serve serves: give --serve as well, or leave it out")
    if serve and once:
        raise ConfigError("--once takes one look in the terminal: leave it or --serve out")
    kind_of(folder)
    # What a reader warns of, the looks tell.
    logging.getLogger("ecmsim").addHandler(logging.NullHandler())
    made = server(folder, PORT if port is None else port) if serve else None
    try:
        if made:
            typer.echo(f"{folder} at {address(made)} (Ctrl-C ends it)")
            sys.stdout.flush()
            made.serve_forever(poll_interval=0.2)
        else:
            _follow(folder, once, every)
    except KeyboardInterrupt:
        typer.echo("", err=True)
    finally:
        if made:
            threading.Thread(target=made.shutdown, daemon=True).start()
            made.server_close()


def _follow(folder, once, every):
    """Look until the run has ended: on a terminal in place, else a line for each look that shows something new."""
    from ecmsim.watch.look import look
    from ecmsim.watch.terminal import line, text

    if once:
        typer.echo(text(look(folder), *_size()))
        return
    if not sys.stdout.isatty():
        told, seen = None, None
        while not (seen and seen.ended):
            time.sleep(every if seen else 0.0)
            seen = look(folder)
            if (now := line(seen)) != told:
                typer.echo(told := now)
                sys.stdout.flush()
        return
    from rich.console import Console
    from rich.live import Live
    from rich.text import Text

    with Live(console=Console(), auto_refresh=False) as live:
        while True:
            seen = look(folder)
            live.update(Text(text(seen, *_size())), refresh=True)
            if seen.ended:
                return
            time.sleep(every)


def _size():
    """Columns of the terminal, and the rows of its curves."""
    found = shutil.get_terminal_size()
    return min(found.columns, 110), max(min(found.lines - 10, 20), 6)
