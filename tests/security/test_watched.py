"""A run is watched: it opens Python's files, the plan and the sources, and writes what was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.security.checkout import CANARY, CASES, Checkout

WATCHER = """
import json, os, sys, sysconfig
seen = []
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "os.utime", "os.putenv", "shutil.rmtree", "shutil.move", "shutil.copyfile"}
RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.getaddrinfo",
        "pickle.find_class", "marshal.loads", "code.__new__"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND

def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        changes = bool(arguments[2] & WRITING)
        seen.append(["write" if changes else "read", os.path.abspath(os.fsdecode(arguments[0]))])
    elif event in ("os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        seen.append(["read", os.path.abspath(os.fsdecode(arguments[0]))])
    elif event in CHANGES:
        seen.append(["write", os.path.abspath(os.fsdecode(arguments[0])) if arguments else event])
    elif event in RUNS and event not in ("marshal.loads", "code.__new__"):
        seen.append(["run", event])

from tfcheck.__main__ import main
report = sys.argv.pop(1)
sys.addaudithook(hook)
status = main()
done = list(seen)
with open(report, "w") as file:
    python = sorted({sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()})
    json.dump({"status": status, "seen": done, "python": python}, file)
"""
COMMANDS: dict[str, tuple[list[str], set[str]]] = {
    "check": (["check", "plan.json", "--context", "context.json"], set()),
    "markdown": (["check", "plan.json", "--format", "markdown"], set()),
    "fix": (["fix", "plan.json"], set()),
    "output": (["check", "plan.json", "--output", "report.txt"], {"report.txt"}),
    "write": (["fix", "plan.json", "--write"], {"main.tf"}),
}


def watched(checkout: Checkout, arguments: list[str], **variables: str) -> dict[str, Any]:
    report = checkout.folder / "watched.json"
    source = str(Path(__file__).parents[2] / "src")
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout.folder / "home"), "PYTHONPATH": source, **variables}
    command = [sys.executable, "-c", WATCHER, str(report), *arguments]
    run = subprocess.run(command, cwd=checkout.root, env=environment, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    found: dict[str, Any] = json.loads(report.read_text())
    assert found["status"] in (0, 1), run.stderr
    return found


def state(folder: Path) -> dict[str, tuple[int, int]]:
    files = (each for each in folder.rglob("*") if each.name != "watched.json")
    return {str(each): (each.lstat().st_mtime_ns, each.lstat().st_size) for each in files if not each.is_dir()}


@pytest.mark.parametrize(
    ("name", "with_git"), [("check", True), ("markdown", False), ("fix", True), ("output", False), ("write", True)]
)
def test_a_run_opens_and_writes_nothing_else(name: str, with_git: bool, tmp_path: Path) -> None:
    arguments, changed = COMMANDS[name]
    checkout = Checkout(tmp_path, "containers-from-template", with_git=with_git)
    (checkout.root / "context.json").write_bytes((CASES / "literal-granted" / "plan.json").read_bytes())
    checkout.edit("main.tf", "/checkout/*", "/nothing/*")
    checkout.settle()
    before = state(tmp_path)
    found = watched(checkout, arguments)

    allowed = [*found["python"], str(Path(__file__).parents[2] / "src")]
    allowed += [str(checkout.root / each) for each in ("plan.json", "main.tf", "containers.json.tftpl", "context.json")]
    allowed += [str(checkout.tree / ".git" / each) for each in ("index", "commondir", "HEAD")]
    allowed += [str(checkout.root / each) for each in changed]
    allowed += [os.devnull, "/usr/share/zoneinfo", "/etc/localtime"]
    listed = {str(checkout.root), *map(str, checkout.root.parents)}
    manifest = str(checkout.root / ".terraform" / "modules" / "modules.json")
    read = {path for kind, path in found["seen"] if kind == "read"} - listed - {manifest}
    assert not {path for path in read if not _below(path, allowed)}
    assert not [event for kind, event in found["seen"] if kind == "run"]

    written = {path for kind, path in found["seen"] if kind == "write"}
    assert {path for path in written if "__pycache__" not in path} == set() or changed
    after = state(tmp_path)
    different = {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}
    assert different == {str(checkout.root / each) for each in changed}


def _below(path: str, allowed: list[str]) -> bool:
    return any(path == each or path.startswith(f"{each}{os.sep}") for each in allowed)


def test_a_cache_in_the_checkout_is_neither_read_nor_written(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, "containers-from-template", with_git=True)
    (checkout.root / "tfcheck").mkdir()
    (checkout.root / "tfcheck" / "hcl2.bin").write_bytes(b"cos\nsystem\n")
    found = watched(checkout, ["check", "plan.json"], XDG_CACHE_HOME=str(checkout.root))
    assert not [path for _, path in found["seen"] if path.endswith(".bin")]
    assert CANARY not in json.dumps(found)
