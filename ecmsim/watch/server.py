"""The local page: a server for this machine alone that answers two questions and changes nothing.

GET / gives the page, GET /data.json what there is to see right now; /data.json?case=NAME of one case of a study.
"""

import json
from functools import partial
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from ecmsim.errors import ConfigError
from ecmsim.watch.look import look, look_at_run

LOOPBACK = "127.0.0.1"
NAMES = ("127.0.0.1", "localhost")  # a page elsewhere that has this address looked up under its own name gets nothing
POLICY = "default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; connect-src 'self'; img-src data:"
HEADERS = {"Cache-Control": "no-store", "Content-Security-Policy": POLICY, "X-Content-Type-Options": "nosniff"}


class Handler(BaseHTTPRequestHandler):
    """Answers GET and HEAD; anything else is refused by http.server."""

    server_version, sys_version = "ecmsim", ""

    def __init__(self, folder, *arguments):
        self.folder = Path(folder)
        super().__init__(*arguments)

    def do_GET(self):
        asked = urlsplit(self.path)
        if self.headers.get("Host", "").rpartition(":")[0] not in NAMES:
            self._answer(HTTPStatus.FORBIDDEN, "text/plain", b"only for this machine\n")
        elif asked.path == "/":
            self._answer(HTTPStatus.OK, "text/html; charset=utf-8", page())
        elif asked.path == "/data.json":
            self._data(parse_qs(asked.query).get("case", [None])[0])
        else:
            self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"there is / and /data.json\n")

    do_HEAD = do_GET

    def _data(self, case):
        if case is None:
            found = look(self.folder)
        elif case not in {path.name for path in self.folder.iterdir() if path.is_dir()}:
            return self._answer(HTTPStatus.NOT_FOUND, "text/plain", b"no such case\n")
        else:
            found = look_at_run(self.folder / case)
        return self._answer(HTTPStatus.OK, "application/json", json.dumps(found.plain(), allow_nan=False).encode())

    def _answer(self, status, kind, body):
        try:
            self.send_response(status)
            told = HEADERS | {"Content-Type": kind, "Content-Length": str(len(body))}
            for name, value in told.items():
                self.send_header(name, value)
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body)
        except ConnectionError:  # the page was closed
            self.close_connection = True

    def log_message(self, *_):
        """Nothing: a line for each look would hide everything else."""


def page():
    """The page, one HTML file without anything from elsewhere, as bytes."""
    return files("ecmsim.watch").joinpath("page.html").read_bytes()


def server(folder, port):
    """A server of a folder at a port of this machine (0: a free one), not serving yet. Raises ConfigError."""
    try:
        made = ThreadingHTTPServer((LOOPBACK, port), partial(Handler, folder))
    except (OSError, OverflowError) as error:
        reason = getattr(error, "strerror", None) or error
        raise ConfigError(f"--port {port}: cannot serve there ({reason}); choose another, 0 takes a free one") from None
    made.daemon_threads = True
    return made


def address(made):
    """Where a server is found, as a URL."""
    return f"http://{LOOPBACK}:{made.server_address[1]}/"
