"""A job as it really runs: `python -m tfcheck` in a process of its own, and what must be true after it."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.forked import Job, start
from tests.pull_request.second_server import HEAD, OLDER, SECRET, SecondServer
from tests.report.samples import DENIED, DENIED_BUCKET, FINDING, allowed, report, unknown
from tfcheck.report.json import json as written
from tfcheck.vocabulary.finding import Report, Skipped

KEY = hashlib.sha256(b"orders").hexdigest()[:16]
CLOCK = Path(__file__).parent / "clock"
ROOT = Path(__file__).parents[2]


def about(found: Report, target: str = "infra/orders", sha: str = HEAD) -> Report:
    return msgspec.structs.replace(found, context={"target": target, "head_sha": sha})


BAD = about(report(DENIED, DENIED_BUCKET, findings=(FINDING,)))
CLEAN = about(report(allowed()))
OPEN = about(report(allowed(), unknown()))
SKIPPED = about(report(allowed(), skipped=(Skipped("aws_ecs_task_definition.x", "its containers are not JSON"),)))


def earlier(run: str = "9.1", sha: str = OLDER, title: str = "❌ tfcheck: 1 task definition will not start") -> str:
    """Write a comment of ours of an earlier run."""
    return f"<!-- tfcheck:v1 key={KEY} sha={sha} run={run} -->\n### {title} in `infra/orders`\n\nIt was so then."


@dataclass
class Script:
    """What goes wrong, and what is to come of it: how many comments of ours, with which words, and what is printed."""

    name: str
    arrange: Callable[[SecondServer], object] = lambda server: None
    said: str = ""
    ours: int = 1
    body: str = ""
    report: Report = field(default_factory=lambda: BAD)
    arguments: tuple[str, ...] = ()
    environment: dict[str, str] = field(default_factory=dict)
    posts: int | None = None
    status: int | None = None


@dataclass
class Ended:
    """How a job ended."""

    status: int
    output: str


def variables(server: SecondServer, folder: Path, run: str = "10.1") -> dict[str, str]:
    """Return the environment of a job of pull request 42, and nothing else."""
    event = folder / "event.json"
    event.write_text(json.dumps({"number": 42, "pull_request": {"number": 42, "head": {"sha": HEAD}}}))
    number, attempt = run.split(".")
    return {
        "PATH": os.environ["PATH"],
        "HOME": str(folder),
        "PYTHONPATH": str(CLOCK),
        "PYTHONUTF8": "1",
        "GITHUB_ACTIONS": "true",
        "GITHUB_API_URL": server.base,
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_RUN_ID": number,
        "GITHUB_RUN_ATTEMPT": attempt,
        "GITHUB_STEP_SUMMARY": str(folder / "summary.md"),
        "GITHUB_TOKEN": SECRET,
    }


def in_gitlab(server: SecondServer, folder: Path) -> dict[str, str]:
    """Return the environment of a job of merge request 42."""
    taken = {name: value for name, value in variables(server, folder).items() if not name.startswith("GITHUB_")}
    return taken | {
        "GITLAB_CI": "true",
        "CI_API_V4_URL": server.base,
        "CI_SERVER_URL": "https://gitlab.example",
        "CI_PROJECT_PATH": "acme/shop",
        "CI_MERGE_REQUEST_IID": "42",
        "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": HEAD,
        "CI_COMMIT_SHA": "00ff" * 10,
        "CI_PIPELINE_ID": "10",
        "GITLAB_TOKEN": SECRET,
    }


def started(folder: Path, found: Report, environment: dict[str, str], *arguments: str) -> Job:
    """Start the command on a report."""
    file = folder / "report.json"
    file.write_text(written(found), encoding="utf-8")
    return command(folder, environment, "comment", "--id", "orders", *arguments, str(file))


def command(folder: Path, environment: dict[str, str], *arguments: str) -> Job:
    """Start tfcheck."""
    return start(arguments, folder, environment, load="tests.pull_request.loaded")


def ended(job: Job) -> Ended:
    """Wait for the end of a job, whose output has no traceback and no token."""
    try:
        out, err = job.communicate(timeout=600)
    finally:
        job.kill()
    output = out + err
    assert "Traceback" not in output
    assert SECRET not in output
    assert "hunter2" not in output  # the password of every proxy here
    assert "tfcheck failed" not in output
    assert job.returncode is not None
    return Ended(job.returncode, output)


def holds(server: SecondServer, found: Report) -> None:
    """Check what is true after every job."""
    assert server.wrong == []
    ours = server.ours()
    assert len(ours) <= 1
    for each in ours:
        title = each["body"].split("\n")[1]
        if found is not CLEAN:
            assert not any(word in title for word in ("✅", "resolved", "can start"))


def plays(script: Script, server: SecondServer, folder: Path, environment: dict[str, str]) -> Ended:
    """Run a job through a script, and check what came of it."""
    script.arrange(server)
    given = {name: value.replace("{base}", server.base) for name, value in script.environment.items()}
    before = len(server.log)
    end = ended(started(folder, script.report, environment | given, *script.arguments))
    expected = 1 if script.report.findings else 0
    assert end.status == (expected if script.status is None else script.status), end.output
    holds(server, script.report)
    assert script.said in end.output, end.output
    assert len(server.ours()) == script.ours, (end.output, server.log[before:])
    assert all(script.body in each["body"] for each in server.ours())
    posts = sum(each.startswith("POST") and each.endswith(("/issues/42/comments", "/notes")) for each in server.log)
    assert script.posts in (None, posts), server.log
    return end
