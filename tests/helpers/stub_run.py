"""Stands in for `ecmsim run` and `ecmsim resume` in the tests of studies: a run folder in no time, or a failure.

behaviour.json beside the study says how a case behaves, by a part of its folder's name: "ok" (the default), "fail",
"crash" (no folder at all), "pause" (exit code 75) or "wait" (until a file "go" is there, or a signal comes). Each call
is noted in calls.txt.
"""

import fcntl
import hashlib
import json
import os
import signal
import socket
import sys
import time
import tomllib
from pathlib import Path

ENDS = {
    "ok": ("finished", "end of the programme", 0),
    "fail": ("failed", "the mesh folded", 3),
    "pause": ("stopped", "walltime", 75),
}


def main():
    command, path = sys.argv[1], Path(sys.argv[2])
    folder = path if command == "resume" else Path(sys.argv[sys.argv.index("--out") + 1])
    home = Path(os.environ["STUB_HOME"])
    with open(home / "calls.txt", "a") as calls:
        calls.write(f"{command} {folder.name} {os.getpid()} {'--overwrite' in sys.argv}\n")
    (home / "environment.json").write_text(json.dumps(dict(os.environ)))
    planned = json.loads((home / "behaviour.json").read_text())
    behaviour = next((how for part, how in planned.items() if part in folder.name), "ok")
    if behaviour == "crash":
        sys.exit("error: cannot even begin")
    text = path.read_text() if command == "run" else (folder / "config.toml").read_text()
    folder.mkdir(exist_ok=True)
    with open(folder / ".lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lock.write(json.dumps({"host": socket.gethostname(), "process": os.getpid()}))
        lock.flush()
        tell(folder, "running", "")
        (folder / "config.toml").write_text(text)
        write_series(folder, tomllib.loads(text))
        status, reason, code = ENDS["ok" if behaviour == "wait" else behaviour]
        if behaviour == "wait":
            caught = []
            signal.signal(signal.SIGINT, lambda *_: caught.append(1))
            signal.signal(signal.SIGTERM, lambda *_: caught.append(1))
            while not caught and not (home / "go").exists():
                time.sleep(0.02)
            if caught:
                status, reason, code = "stopped", f"stopped by {len(caught)} signal; go on with: ecmsim resume", 75
        tell(folder, status, reason)
    sys.exit(code)


def law_files(folder):
    """What provenance keeps of the files of laws of one's own."""
    text = (folder / "config.toml").read_text() if (folder / "config.toml").exists() else ""
    files = {name: law["law"].rpartition(":")[0] for name, law in tomllib.loads(text).get("laws", {}).items()}
    return {name: {"sha256": hashlib.sha256(Path(file).read_bytes()).hexdigest()} for name, file in files.items()}


def tell(folder, status, reason):
    """Write what says that the folder is that of a run."""
    (folder / "provenance.json.new").write_text(
        json.dumps(
            {
                "format": "ecmsim run",
                "version": 1,
                "status": status,
                "start_time": "2026-01-01T00:00:00+00:00",
                "end_time": "2026-01-01T00:00:07+00:00",
                "reason": reason,
                "host": socket.gethostname(),
                "process": os.getpid(),
                "law_files": law_files(folder),
            }
        )
    )
    os.replace(folder / "provenance.json.new", folder / "provenance.json")


def write_series(folder, config):
    """A sweep 0 -> 2 V -> 0 whose ON state has the resistance 0.5 V / I_CC."""
    current = config["compliance"]["current"]
    limit = float((current["value"] if isinstance(current, dict) else current).split()[0])
    names = (
        "time_s source_voltage_V cell_voltage_V current_A gap_nm height_nm radius_max_nm radius_mean_nm volume_nm3 "
        "temperature_max_K charge_imbalance faraday_error power_imbalance"
    ).split()
    lines = [",".join(names)]
    for k in range(81):
        time_s = 0.05 * k
        source = 2 - abs(time_s - 2)
        on = time_s > 1.5
        amperes = min(source * limit / 0.5, limit) if on else 1e-18 * source
        row = [time_s, source, amperes * 0.5 / limit if on else source, amperes, 0.3 if on else 9.0, 9.0, 3.0, 2.0]
        lines.append(",".join(repr(float(value)) for value in [*row, 100.0, 310.0, 1e-12, 1e-4, 1e-9]))
    (folder / "timeseries.csv").write_text("\n".join(lines) + "\n")


main()
