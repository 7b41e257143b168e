"""What does tfcheck take for a bomb, in a process of its own that is not allowed much?"""

from __future__ import annotations

import os
import resource
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


def run(bomb: Bomb, *, seconds: int = _MOST_CPU, memory: int = _MOST_MEMORY) -> Outcome:
    """Check a bomb within limits of CPU time and address space."""
    with tempfile.TemporaryDirectory() as made:
        directory = Path(made)
        plan = bomb.write(directory)
        with (directory / "out").open("wb") as out, (directory / "err").open("wb") as err:
            process = subprocess.Popen(
                [sys.executable, "-m", "tfcheck", plan.name, *bomb.arguments],
                cwd=directory,
                env={**os.environ, "PYTHONPATH": str(ROOT / "src"), "PYTHONDONTWRITEBYTECODE": ""},
                stdout=out,
                stderr=err,
                preexec_fn=lambda: _limit(seconds, memory),
            )
            _, status, used = os.wait4(process.pid, 0)
            process.returncode = os.waitstatus_to_exitcode(status)
        texts = [(directory / name).read_text("utf-8", "replace") for name in ("out", "err")]
        return Outcome(process.returncode, used.ru_utime + used.ru_stime, used.ru_maxrss / 1024, *texts)


def _limit(seconds: int, memory: int) -> None:
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, seconds))
    resource.setrlimit(resource.RLIMIT_AS, (memory, memory))
