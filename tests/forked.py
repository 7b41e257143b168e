"""Start the command in a process of its own without waiting for Python: a process that has loaded it is forked.

The command runs in its own directory, with its own variables and standard input, as after `python -m tfcheck`.
"""

from __future__ import annotations

import atexit
import importlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from functools import cache
from pathlib import Path
from tempfile import TemporaryFile
from typing import Any

ROOT = Path(__file__).parent.parent
#: What a message and an exit status have at most.
_LONGEST = 1 << 20
#: Variables that count when Python starts: where it finds `sitecustomize`, and what that reads.
_READ_AT_START = ("PYTHONPATH", "FAULTS_DEADLINE")


class Job:
    """A command that runs."""

    def __init__(self, pipes: tuple[int, int, int]) -> None:
        self._out, self._err, self._end = (os.fdopen(each, "rb") for each in pipes)
        self.pid = int(self._end.readline())
        self.returncode: int | None = None

    def communicate(self, timeout: float) -> tuple[str, str]:
        """Wait for the end, and return what was printed on both streams.

        Raises:
            subprocess.TimeoutExpired: it takes longer.
        """
        found: dict[str, bytes] = {}
        streams = {"out": self._out, "err": self._err, "end": self._end}
        threads = [
            threading.Thread(target=lambda name=name, each=each: found.update({name: each.read()}), daemon=True)
            for name, each in streams.items()
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(timeout)
        if len(found) < len(streams):
            raise subprocess.TimeoutExpired("tfcheck", timeout)
        self.returncode = int(found["end"] or -signal.SIGKILL)
        for each in streams.values():
            each.close()
        return found["out"].decode(), found["err"].decode()

    def kill(self) -> None:
        """End it, if it still runs."""
        if self.returncode is None:
            os.kill(self.pid, signal.SIGKILL)


def start(
    arguments: tuple[str, ...],
    folder: Path,
    environment: dict[str, str],
    answers: str = "",
    *,
    load: str,
    change: str = "",
) -> Job:
    """Start the command in a folder, with these variables and no others; `answers` is its standard input.

    `load` is a module that takes long to load, which the process that is forked has loaded; `change` is one that is
    loaded after the fork, and changes the command.
    """
    pipes = [os.pipe() for _ in range(3)]
    message = json.dumps({"arguments": arguments, "folder": str(folder), "environment": environment, "change": change})
    at_start = tuple((name, environment.get(name, "")) for name in _READ_AT_START)
    with TemporaryFile() as file:
        file.write(answers.encode())
        file.seek(0)
        files = [file.fileno(), *(each for _, each in pipes)]
        socket.send_fds(_forking(load, at_start), [message.encode()], files)
    for _, each in pipes:
        os.close(each)
    return Job((pipes[0][0], pipes[1][0], pipes[2][0]))


@cache
def _forking(load: str, at_start: tuple[tuple[str, str], ...]) -> socket.socket:
    """Start a process that is forked; it ends with this one, which closes its end of the socket then."""
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    given = {name: value for name, value in at_start if value}
    paths = filter(None, (given.get("PYTHONPATH"), str(ROOT / "src"), str(ROOT)))
    environment = os.environ | given | {"PYTHONPATH": os.pathsep.join(paths), "PYTHONUTF8": "1"}
    command = [sys.executable, "-c", "from tests.forked import serve; serve()", str(theirs.fileno()), load]
    process = subprocess.Popen(command, env=environment, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL)
    theirs.close()
    atexit.register(process.wait)
    atexit.register(ours.close)  # is called first
    return ours


def serve() -> None:
    """Fork for each message, with the files that came with it as standard streams."""
    import tfcheck.cli.main  # noqa: F401

    importlib.import_module(sys.argv[2])
    channel = socket.socket(fileno=int(sys.argv[1]))
    children: set[int] = set()
    while True:
        message, files, _, _ = socket.recv_fds(channel, _LONGEST, 4)
        if not message:
            break
        child = os.fork()
        if not child:
            channel.close()
            _run(json.loads(message), *files)
        for each in files:
            os.close(each)
        children = {each for each in (*children, child) if not os.waitpid(each, os.WNOHANG)[0]}
    for each in children:
        os.waitpid(each, 0)


def _run(job: dict[str, Any], given: int, out: int, err: int, end: int) -> None:
    """Run the command, and write the number of its process and how it ended: nothing if it was killed."""
    os.write(end, b"%d\n" % os.getpid())
    status = 1
    try:
        for number, each in enumerate((given, out, err)):
            os.dup2(each, number)
        sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115 (for all of the run)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        os.chdir(job["folder"])
        os.environ.clear()
        os.environ.update(job["environment"])
        sys.argv = ["tfcheck", *job["arguments"]]
        from tfcheck.__main__ import main

        if job["change"]:
            importlib.import_module(job["change"])
        status = main()
    except SystemExit as error:
        status = error.code if isinstance(error.code, int) else 1
    except BaseException:
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os.write(end, b"%d" % status)
        os._exit(status)
