"""What does tfcheck take for a bomb, in a process of its own that is not allowed much?"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import msgspec

from tests.bombs.stack import Bomb

ROOT = Path(__file__).resolve().parents[2]
#: Beyond these the system ends the process. They are no measure: what is measured is compared with what is promised.
_MOST_CPU, _MOST_MEMORY = 20, 1200 << 20


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended and what it took: seconds of CPU and megabytes."""

    status: int
    seconds: float
    megabytes: float
    out: str
    err: str


#: A small process between: the most memory of a child begins with that of the process that forks it.
_MEASURE = """
import os, resource, subprocess, sys
seconds, memory, *command = sys.argv[1:]

def limit():
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds), int(seconds)))
    resource.setrlimit(resource.RLIMIT_AS, (int(memory), int(memory)))

with open("out", "wb") as out, open("err", "wb") as err:
    process = subprocess.Popen(command, stdout=out, stderr=err, preexec_fn=limit)
    _, status, used = os.wait4(process.pid, 0)
print(os.waitstatus_to_exitcode(status), used.ru_utime + used.ru_stime, used.ru_maxrss / 1024)
"""


def run(bomb: Bomb, *, seconds: int = _MOST_CPU, memory: int = _MOST_MEMORY) -> Outcome:
    """Check a bomb within limits of CPU time and address space."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        plan = bomb.write(directory)
        tfcheck = [sys.executable, "-m", "tfcheck", plan.name, *bomb.arguments]
        measured = subprocess.run(
            [sys.executable, "-S", "-c", _MEASURE, str(seconds), str(memory), *tfcheck],
            cwd=directory,
            env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": ""},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        status, taken, most = measured.stdout.split()
        texts = [(directory / name).read_text("utf-8", "replace") for name in ("out", "err")]
        return Outcome(int(status), float(taken), float(most), *texts)
