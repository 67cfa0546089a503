"""A Slurm of one node on this machine, started and stopped: for the tests, and as a command a job array to look at.

Needs slurmctld, slurmd and munged (Debian: slurm-wlm, munge) and root. Nothing outside a scratch folder is changed.

    python3 tests/helpers/local_slurm.py STUDY.toml OUT     one task for each case, the second one requeued on its way
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
NEEDED = ("slurmctld", "slurmd", "munged", "sbatch", "scontrol", "squeue")
PATIENCE = 120  # s that daemons may take to answer
CONFIGURATION = """\
ClusterName=ecm
SlurmctldHost={host}(127.0.0.1)
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core
ReturnToService=2
JobRequeue=1
MinJobAge=3600
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
SlurmctldPort={port}
SlurmdPort={node_port}
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000
PartitionName=main Nodes=ALL Default=YES State=UP
"""


def missing():
    """Why there can be no Slurm here, or an empty text."""
    absent = [name for name in NEEDED if not shutil.which(name)]
    if absent:
        return f"Slurm is not installed: no {', '.join(absent)}"
    return "" if os.geteuid() == 0 else "Slurm's daemons are started as root"


def _free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LocalSlurm:
    """A running Slurm. folder: its scratch folder."""

    def __init__(self, folder):
        self.folder = Path(folder)
        self.environment = os.environ | {"SLURM_CONF": str(self.folder / "slurm.conf")}

    def __call__(self, *command):
        """The output of one of Slurm's commands."""
        done = subprocess.run(command, env=self.environment, capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)}: {done.stderr.strip()}")
        return done.stdout

    def submit(self, script, array):
        """Submit a job array of a shell script (text); its number. Output goes to task_N.log of the folder."""
        path = self.folder / "job.sh"
        path.write_text(f"#!/bin/sh\n{script}\n")
        output = f"--output={self.folder}/task_%a.log"
        told = self("sbatch", "--parsable", "--requeue", "--open-mode=append", f"--array={array}", output, str(path))
        return int(told.split(";")[0])

    def states(self, job):
        """Tasks that are not over: number -> state, such as "RUNNING" or "PENDING"."""
        lines = self("squeue", "--noheader", "--array", f"--jobs={job}", "--states=all", "--format=%K %T").split("\n")
        told = dict(line.split() for line in lines if line.strip())
        return {int(task): state for task, state in told.items() if state not in ("COMPLETED", "FAILED")}

    def requeue(self, job, task):
        """Kill a running task and put it back into the queue, free to start at once."""
        self("scontrol", "requeue", f"{job}_{task}")
        until(lambda: self.states(job).get(task) == "PENDING", "the task was not put back")
        for _ in range(10):  # Slurm lets a requeued job wait for two minutes
            subprocess.run(["scontrol", "update", f"job={job}_{task}", "StartTime=now"], env=self.environment)
            time.sleep(1)
            if self.states(job).get(task) != "PENDING":
                return


def until(condition, what, patience=PATIENCE):
    """Wait for a condition."""
    end = time.monotonic() + patience
    while not condition():
        if time.monotonic() > end:
            raise RuntimeError(f"{what} within {patience} s")
        time.sleep(0.5)


@contextmanager
def local_slurm(folder, cpus=2):
    """A Slurm with a scratch folder (of a short path: sockets have 107 characters); stopped at the end."""
    folder = Path(folder)
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)
    slurm = LocalSlurm(folder)
    settings = {"host": socket.gethostname().split(".")[0], "folder": folder, "cpus": cpus}
    ports = {"port": _free_port(), "node_port": _free_port()}
    (folder / "slurm.conf").write_text(CONFIGURATION.format(**settings, **ports))
    key = folder / "munge.key"
    key.write_bytes(os.urandom(128))
    key.chmod(0o600)
    munge = [f"--{name}={folder}/munge.{end}" for name, end in (("socket", "socket"), ("pid-file", "pid"))]
    munge += [f"--{name}={folder}/munge.{end}" for name, end in (("log-file", "log"), ("seed-file", "seed"))]
    try:
        subprocess.run(["munged", "--force", f"--key-file={key}", *munge], check=True, capture_output=True)
        for daemon in ("slurmctld", "slurmd"):
            subprocess.run([daemon], env=slurm.environment, check=True, capture_output=True)
        until(lambda: "idle" in slurm("sinfo", "--noheader", "--format=%T"), "the node was not ready")
        yield slurm
    finally:
        for daemon in ("slurmd", "slurmctld", "munge"):
            _stopped(folder / f"{daemon}.pid")


def _stopped(pid_file):
    """End the daemon that wrote a file with its process number, and wait for it."""
    if not pid_file.is_file():
        return
    number = pid_file.read_text().strip()
    for name, patience in ((signal.SIGTERM, 20), (signal.SIGKILL, 5)):
        end = time.monotonic() + patience
        while time.monotonic() < end:
            try:
                state = Path(f"/proc/{number}/stat").read_text().rsplit(")", 1)[1].split()[0]
            except FileNotFoundError:
                return
            if state == "Z":  # over, but its parent has not asked yet
                return
            os.kill(int(number), name)
            time.sleep(0.5)


def array_of(slurm, command, study, out, cases, victim):
    """Run a study as a job array, one task a case, of which one is killed and requeued while it computes.

    command: of ecmsim, as in a job script; victim: the number of the task, or None.
    """
    script = f"cd {ROOT}\n{command} sweep {study} --out {out} --index slurm"
    job = slurm.submit(script, f"0-{cases - 1}")
    if victim is not None:
        checkpoints = f"{victim:04d}_*/checkpoints/*"
        until(lambda: any(Path(out).glob(checkpoints)) or victim not in slurm.states(job), "no checkpoint was written")
        if victim in slurm.states(job):
            slurm.requeue(job, victim)
    until(lambda: not slurm.states(job), "the job array was not over", 1800)


def main(study, out):
    """The command of this file."""
    import tempfile

    if missing():
        raise SystemExit(missing())
    listed = subprocess.run(
        [f"{ROOT}/ecm", "python", "-m", "ecmsim", "sweep", study, "--list"], capture_output=True, text=True, check=True
    )
    cases = sum(line.split()[0].isdigit() for line in listed.stdout.splitlines() if line.strip())
    with tempfile.TemporaryDirectory(prefix="slurm") as folder, local_slurm(folder) as slurm:
        array_of(slurm, f"{ROOT}/ecm python -m ecmsim", Path(study).resolve(), Path(out).resolve(), cases, 1)
        for log in sorted(Path(folder).glob("task_*.log")):
            print(f"--- {log.name}\n{log.read_text()}")


if __name__ == "__main__":
    main(*sys.argv[1:])
