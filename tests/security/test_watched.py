"""Every command is watched: it opens Python's files, the plan and the sources, and writes what was asked for."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from contextlib import chdir
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.pull_request.fake import TOKEN, FakeGitHub, serving
from tests.pull_request.job import variables
from tests.security.checkout import CASES, Checkout
from tfcheck.cli import main as cli
from tfcheck.cli.report import FORMATS

WATCHER = """
import json, os, sys, sysconfig
seen = []
CHANGES = {"os.mkdir", "os.rename", "os.remove", "os.rmdir", "os.link", "os.symlink", "os.truncate", "os.chmod",
           "os.chown", "os.utime", "shutil.rmtree", "shutil.move", "shutil.copyfile"}
RUNS = {"subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "pickle.find_class", "ctypes.dlopen"}
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
base = ""

def whole(path, held=-1):
    if isinstance(path, int):
        return os.readlink(f"/proc/self/fd/{path}")
    above = os.readlink(f"/proc/self/fd/{held}") if isinstance(held, int) and held >= 0 else base
    return os.path.normpath(os.path.join(above or os.getcwd(), os.fsdecode(path)))

def hook(event, arguments):
    if event == "open" and isinstance(arguments[0], (str, bytes)):
        if not arguments[2] & getattr(os, "O_PATH", 0):  # which holds a directory and reads nothing
            changes = bool(arguments[2] & WRITING)
            seen.append(["write" if changes else "read", whole(arguments[0])])
    elif event in ("os.listdir", "os.scandir") and isinstance(arguments[0], (str, bytes)):
        seen.append(["read", whole(arguments[0])])
    elif event in CHANGES:
        seen.append(["write", whole(arguments[0], arguments[-1]) if arguments else event])
    elif event in ("socket.connect", "socket.bind"):
        seen.append(["network", repr(arguments[1][:2])])
    elif event == "socket.getaddrinfo":
        seen.append(["network", repr(arguments[:2])])
    elif event in RUNS:
        seen.append(["run", event])

import tfcheck.repository.held
from tfcheck.__main__ import main

opened = os.open

def watched_open(path, flags, mode=0o777, *, dir_fd=None):
    global base
    base = "" if dir_fd is None else os.readlink(f"/proc/self/fd/{dir_fd}")
    try:
        return opened(path, flags, mode, dir_fd=dir_fd)
    finally:
        base = ""

os.open = watched_open
report, commands = sys.argv[1], json.loads(sys.argv[2])
sys.addaudithook(hook)
found = []
for command in commands:
    sys.argv[1:] = command
    seen.clear()
    status = main()
    found.append([status, list(seen)])
with open(report, "w") as file:
    python = sorted({sys.prefix, sys.base_prefix, *sysconfig.get_paths().values()})
    json.dump({"runs": found, "python": python}, file)
"""
STOPPED = (
    "ResourceInitializationError: failed to download env files: file download command: non empty error stream: "
    "AccessDenied: Access Denied status code: 403"
)
#: What a run reads the plan, its sources and another stack for, and writes nothing.
READING = (
    ["check", "plan.json", "--context", "context.json"],
    *(["check", "plan.json", "--format", each] for each in FORMATS),
    ["check", "plan.json", "--query", "findings[].message"],
    *(["fix", "plan.json"], ["fix", "plan.json", "--format", "json"], ["fix", "plan.json", "--move-grants"]),
    *(["diff", "plan.json"], ["show", "plan.json"], ["baseline", "plan.json", "--output", "-"]),
    *(["explain", STOPPED, "plan.json"], ["explain", STOPPED], ["config"], ["rules"], ["rules", "env-file"]),
    *(["report", "saved.json"], ["--version"], ["--help"]),
)
#: What writes, by the files of the checkout.
REPORTING = {
    "report.txt": ["check", "plan.json", "--output", "report.txt"],
    "baseline.json": ["baseline", "plan.json", "--output", "baseline.json"],
}
FIXING = {"main.tf": ["fix", "plan.json", "--write"]}


class Events:
    """What the runs of one process did."""

    def __init__(self, found: dict[str, Any]) -> None:
        self.python: list[str] = found["python"]
        self.statuses = [status for status, _ in found["runs"]]
        self._seen = [event for _, seen in found["runs"] for event in seen]

    def of(self, kind: str) -> set[str]:
        return {what for each, what in self._seen if each == kind and "__pycache__" not in what}


def watched(checkout: Checkout, *commands: list[str], **variables: str) -> Events:
    """Run commands one after the other; the variables count for all of them."""
    report = checkout.folder / "watched.json"
    source = str(Path(__file__).parents[2] / "src")
    environment = {"PATH": os.environ["PATH"], "HOME": str(checkout.folder / "home"), "PYTHONPATH": source, **variables}
    asked = [sys.executable, "-c", WATCHER, str(report), json.dumps(commands)]
    run = subprocess.run(asked, cwd=checkout.root, env=environment, capture_output=True, encoding="utf-8")
    assert run.returncode == 0, run.stderr
    found = Events(json.loads(report.read_text()))
    assert set(found.statuses) <= {0, 1}, run.stderr
    return found


def state(folder: Path) -> dict[str, tuple[int, int]]:
    files = (each for each in folder.rglob("*") if each.name != "watched.json")
    return {str(each): (each.lstat().st_mtime_ns, each.lstat().st_size) for each in files if not each.is_dir()}


def different(before: dict[str, tuple[int, int]], folder: Path) -> set[str]:
    after = state(folder)
    return {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)}


def prepared(folder: Path, *, with_git: bool) -> Checkout:
    checkout = Checkout(folder, "containers-from-template", with_git=with_git)
    (checkout.root / "context.json").write_bytes((CASES / "literal-granted" / "plan.json").read_bytes())
    checkout.edit("main.tf", "/checkout/*", "/nothing/*")
    checkout.settle()
    with chdir(checkout.root):
        assert cli.run(["check", "plan.json", "--format", "json", "--output", "saved.json"]) in (0, 1)
    return checkout


def unexpected(found: Events, checkout: Checkout, *more: Path) -> set[str]:
    """Return what was opened that nobody asked for."""
    allowed = [*found.python, str(Path(__file__).parents[2] / "src")]
    names = ("plan.json", "main.tf", "containers.json.tftpl", "context.json", "saved.json")
    allowed += [str(checkout.root / each) for each in names]
    allowed += [str(checkout.tree / ".git" / each) for each in ("index", "commondir", "HEAD")]
    allowed += [os.devnull, "/usr/share/zoneinfo", "/etc/localtime", *map(str, more)]
    listed = {str(checkout.root), *map(str, checkout.root.parents)}
    manifest = str(checkout.root / ".terraform" / "modules" / "modules.json")
    return {path for path in found.of("read") - listed - {manifest} if not _below(path, allowed)}


@pytest.mark.parametrize("with_git", [True, False])
def test_no_command_opens_or_writes_anything_else(with_git: bool, tmp_path: Path) -> None:
    checkout = prepared(tmp_path, with_git=with_git)
    before = state(tmp_path)
    found = watched(checkout, *READING)
    assert unexpected(found, checkout) == set()
    assert found.of("run") | found.of("network") == set()
    assert found.of("write") - {os.devnull} == set()
    assert different(before, tmp_path) == set()


@pytest.mark.parametrize("commands", [REPORTING, FIXING], ids=["reports", "fix"])
def test_only_the_files_that_are_named_are_written(commands: dict[str, list[str]], tmp_path: Path) -> None:
    checkout = prepared(tmp_path, with_git=commands is FIXING)
    before = state(tmp_path)
    found = watched(checkout, *commands.values())
    files = [checkout.root / each for each in commands]
    assert unexpected(found, checkout, *files) == set()
    assert found.of("run") | found.of("network") == set()
    beside = tuple(str(checkout.root / f".{each}.") for each in commands)
    assert {each for each in found.of("write") if not each.startswith(beside)} <= set(map(str, files))
    assert different(before, tmp_path) == set(map(str, files))


def test_completion_opens_the_plan_alone(tmp_path: Path) -> None:
    checkout = prepared(tmp_path, with_git=True)
    before = state(tmp_path)
    words = {"_TFCHECK_COMPLETE": "bash_complete", "COMP_WORDS": "tfcheck show plan.json aws", "COMP_CWORD": "3"}
    found = watched(checkout, [], **words)
    assert unexpected(found, checkout) == set()
    assert (found.of("run") | found.of("network") | found.of("write")) - {os.devnull} == set()
    assert different(before, tmp_path) == set()


def test_what_publishes_speaks_to_the_service_alone(tmp_path: Path) -> None:
    checkout = prepared(tmp_path, with_git=True)
    out = tmp_path / "out"
    out.mkdir()
    before = state(tmp_path)
    github = FakeGitHub()
    with serving(github) as where:
        environment = variables(out, where) | {
            "TFCHECK_GITHUB_TOKEN": TOKEN,
            "GITHUB_TOKEN": TOKEN,
            "TFCHECK_PLAN": "plan.json",
            "TFCHECK_COMMENT_WHEN": "always",
            "GITHUB_OUTPUT": str(out / "outputs"),
            "GITHUB_STEP_SUMMARY": str(out / "summary"),
            "RUNNER_TEMP": str(out),
        }
        found = watched(checkout, ["github"], ["comment", "saved.json"], **environment)
        port = urlsplit(where["GITHUB_API_URL"]).port
    assert github.by()
    assert unexpected(found, checkout, out) == set()
    assert found.of("run") == set()
    assert {each for each in found.of("network") if str(port) not in each and "('::1', 0)" not in each} == set()
    assert {each for each in found.of("write") if not _below(each, [str(out)])} - {os.devnull} == set()
    assert {each for each in different(before, tmp_path) if not _below(each, [str(out)])} == set()


def test_atlantis_writes_below_its_data_directory_alone(tmp_path: Path) -> None:
    checkout = prepared(tmp_path, with_git=True)
    before = state(tmp_path)
    environment = {
        "SHOWFILE": str(checkout.root / "plan.json"),
        "PLANFILE": str(checkout.root / "none"),
        "BASE_REPO_OWNER": "acme",
        "BASE_REPO_NAME": "shop",
        "PULL_NUM": "42",
        "HEAD_COMMIT": "a" * 40,
        "TFCHECK_ATLANTIS_DIR": str(tmp_path / "store"),
    }
    found = watched(checkout, ["atlantis", "plan"], ["atlantis", "policy-check"], **environment)
    assert unexpected(found, checkout, tmp_path / "store") == set()
    assert found.of("run") | found.of("network") == set()
    assert {each for each in found.of("write") if not _below(each, [str(tmp_path / "store")])} == set()
    assert {each for each in different(before, tmp_path) if not _below(each, [str(tmp_path / "store")])} == set()


def _below(path: str, allowed: list[str]) -> bool:
    return any(path == each or path.startswith(f"{each}{os.sep}") for each in allowed)


def test_a_cache_in_the_checkout_is_neither_read_nor_written(tmp_path: Path) -> None:
    checkout = Checkout(tmp_path, "containers-from-template", with_git=True)
    (checkout.root / "tfcheck").mkdir()
    (checkout.root / "tfcheck" / "hcl2.bin").write_bytes(b"cos\nsystem\n")
    found = watched(checkout, ["check", "plan.json"], XDG_CACHE_HOME=str(checkout.root))
    assert not [path for path in found.of("read") | found.of("write") if path.endswith(".bin")]
