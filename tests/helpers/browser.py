"""A real browser, Chromium without a window, that tests drive through its pipe of the DevTools protocol.

It is what ECMSIM_BROWSER names, or one on the PATH, or, where ./ecm has built a userland that has none, the one of the
machine around it: its own shell, this process's parent, still sees that.
"""

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time
from contextlib import contextmanager

NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
OPTIONS = ("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run",
           "--remote-debugging-pipe", "--hide-scrollbars")  # fmt: skip
PATIENCE = 300  # s, against what hangs


def command():
    """What starts a browser, as a list of words; None if there is none."""
    asked = os.environ.get("ECMSIM_BROWSER")
    found = next(filter(None, map(shutil.which, filter(None, (asked, *NAMES)))), None)
    return [found] if found else _outside()


def _outside():
    """The same of the machine around a userland, which is entered by way of the nearest process that lives there."""
    if os.geteuid() != 0 or shutil.which("nsenter") is None:
        return None
    here, process = os.stat("/"), os.getppid()
    while process > 1:
        root = f"/proc/{process}/root"
        try:
            around = os.stat(root + "/")
            if (around.st_dev, around.st_ino) != (here.st_dev, here.st_ino):
                for name in NAMES:
                    if os.path.exists(f"{root}/usr/bin/{name}"):
                        return ["nsenter", f"--target={process}", "--mount", "--root", "--wd=/", f"/usr/bin/{name}"]
            with open(f"/proc/{process}/stat") as told:
                process = int(told.read().rpartition(")")[2].split()[1])
        except OSError:
            return None
    return None


class Page:
    """A page that is open in the browser, and stays so until the end."""

    def __init__(self, write, read):
        self._write, self._read, self._asked, self._rest, self._session = write, read, 0, b"", None
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        self._session = self._ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def open(self, address, width=1100, height=900):
        """Go to an address in a window of so many pixels."""
        self._ask("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        self._ask("Page.navigate", url=address)

    def value(self, expression):
        """What an expression of JavaScript is on the page now."""
        told = self._ask("Runtime.evaluate", expression=expression, returnByValue=True)
        if "exceptionDetails" in told:
            raise AssertionError(f"{expression}: {told['exceptionDetails']}")
        return told["result"].get("value")

    def text(self):
        """What can be read on the page."""
        return self.value("document.body.innerText")

    def until(self, expression):
        """Wait until an expression is true; gives what it then is."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            if found := self.value(expression):
                return found
            time.sleep(0.1)
        raise AssertionError(f"never came on the page: {expression}; it says:\n{self.text()}")

    def picture(self, path):
        """Write the page as PNG, for eyes."""
        path.write_bytes(base64.b64decode(self._ask("Page.captureScreenshot", captureBeyondViewport=True)["data"]))

    def _ask(self, method, **parameters):
        self._asked += 1
        sent = {"id": self._asked, "method": method, "params": parameters}
        sent |= {"sessionId": self._session} if self._session else {}
        os.write(self._write, json.dumps(sent).encode() + b"\0")
        while True:
            told = self._next()
            if told.get("id") == self._asked:
                if "error" in told:
                    raise AssertionError(f"{method}: {told['error']}")
                return told["result"]

    def _next(self):
        """The next message of the browser; those are apart by a zero."""
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._read], [], [], PATIENCE)
            part = os.read(self._read, 1 << 20) if ready else b""
            if not part:
                raise AssertionError("the browser says nothing any more")
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


def _pipe():
    """A pipe, to read from and to write to, whose descriptors are not those of the browser."""
    found = os.pipe()
    moved = [fcntl.fcntl(end, fcntl.F_DUPFD_CLOEXEC, 10) for end in found]
    for end in found:
        os.close(end)
    return moved


@contextmanager
def page():
    """A Page of a browser that ends with it."""
    to_browser, ours = _pipe()
    from_ours, from_browser = _pipe()
    # The browser listens at its descriptor 3 and answers at 4.
    wired = ["bash", "-c", f'exec 3<&{to_browser} 4>&{from_browser}; exec "$@"', "browser"]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        process = subprocess.Popen(
            [*wired, *command(), *OPTIONS, f"--user-data-dir={home}", "about:blank"],
            pass_fds=(to_browser, from_browser),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        os.close(to_browser)
        os.close(from_browser)
        try:
            yield Page(ours, from_ours)
        finally:
            os.close(ours)
            os.close(from_ours)
            process.kill()
            process.wait()
