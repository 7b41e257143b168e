"""Run tfcheck on one input, in this process, and say what must never happen: a traceback, or an endless run."""

from __future__ import annotations

import contextlib
import io
import json
import os
import re
import shutil
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from tfcheck.cli.main import run

#: What the documentation lists for a check: nothing found, findings, an input that cannot be read.
ALLOWED = (0, 1, 3)
#: CPU seconds after which a run counts as one that hangs, and after which it is stopped.
SLOW, STOPPED = 2.0, 20.0
#: What a find says about itself: the failure, and the arguments.
ABOUT = "about.txt"
_FRAME = re.compile(r'File "[^"]*/src/(tfcheck/[^"]+)", line \d+, in (\w+)')
_BUG = re.compile(r"bug in tfcheck [^:]*: (\w+)")


class Input(msgspec.Struct, frozen=True):
    """What lies in one directory: the bytes of a plan, and sources by name."""

    plan: bytes
    files: dict[str, bytes] = {}

    @classmethod
    def read(cls, folder: Path) -> Input:
        """Return what is in a directory of the corpus or of testdata."""
        paths = (each for each in sorted(folder.rglob("*")) if each.is_file() and each.name not in ("plan.json", ABOUT))
        files = {each.relative_to(folder).as_posix(): each.read_bytes() for each in paths}
        return cls((folder / "plan.json").read_bytes(), files)

    def write(self, folder: Path) -> None:
        """Write it to an empty directory."""
        for name, data in (("plan.json", self.plan), *self.files.items()):
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_bytes(data)


class Outcome(msgspec.Struct, frozen=True):
    """How a run ended; `failure` names what must not happen, in words that stay when the input is reduced."""

    status: int
    seconds: float
    out: str
    err: str
    failure: str = ""

    def verdicts(self) -> dict[str, Any]:
        """Return the verdicts and findings of a JSON report, in any order."""
        report = json.loads(self.out)
        rows = sorted((each["id"], each["verdict"], each["reason"] or "") for each in report["requirements"])
        found = sorted(
            (each["rule"], each["severity"], each["address"] or each["task_definition"]) for each in report["findings"]
        )
        return {"status": self.status, "requirements": rows, "findings": found}


class _EndlessError(BaseException):
    """The run was stopped."""


@contextlib.contextmanager
def directory(at: Path) -> Iterator[Path]:
    """Yield an empty directory, which is the current one meanwhile."""
    before = Path.cwd()
    for name in [each for each in os.environ if each == "CI" or each.startswith(("GITHUB_", "TF_", "GITLAB_"))]:
        del os.environ[name]
    at.mkdir(parents=True, exist_ok=True)
    os.chdir(at)
    try:
        yield at
    finally:
        os.chdir(before)
        shutil.rmtree(at, ignore_errors=True)


def executed(given: Input, folder: Path, *arguments: str) -> Outcome:
    """Run the command in `folder`, emptied before, on an input."""
    for each in folder.iterdir():
        shutil.rmtree(each) if each.is_dir() else each.unlink()
    given.write(folder)
    out, err = io.StringIO(), io.StringIO()
    begin = time.process_time()
    try:
        with _stopping(), contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            status = run([*arguments, "--debug", "plan.json"])
    except _EndlessError:
        status = -1
    seconds = time.process_time() - begin
    return Outcome(status, seconds, out.getvalue(), err.getvalue(), _failure(status, seconds, err.getvalue()))


@contextlib.contextmanager
def _stopping() -> Iterator[None]:
    """Raise _EndlessError in a run that takes far too long."""

    def stop(*_: object) -> None:
        raise _EndlessError

    before = signal.signal(signal.SIGVTALRM, stop)
    signal.setitimer(signal.ITIMER_VIRTUAL, STOPPED)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def _failure(status: int, seconds: float, err: str) -> str:
    if status == -1 or seconds > SLOW:
        return "slow"
    if status in ALLOWED and "Traceback" not in err:
        return ""
    frames, bug = _FRAME.findall(err), _BUG.search(err)
    where = " in ".join(reversed(frames[-1])) if frames else "nowhere"
    return f"exit status {status}: {bug[1] if bug else 'no exception'}, {where}"
