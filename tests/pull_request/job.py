"""One job of a workflow: its variables, and a client that waits for nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from uuid import uuid4

import msgspec

from tests.pull_request.fake import REPOSITORY, SHA, TOKEN
from tests.report.samples import DENIED, DENIED_BUCKET, FINDING, allowed, report
from tfcheck.pull_request.client import Client, hosts
from tfcheck.pull_request.event import NothingToDo, find_pull_request
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.publish import Published, publish
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, Outcome
from tfcheck.pull_request.wait_budget import WaitBudget
from tfcheck.vocabulary.finding import Fix, Report, Verdict


class Clock:
    """Time that passes only when somebody waits."""

    def __init__(self) -> None:
        self.time = 1_700_000_000.0
        self.waited = 0.0

    def sleep(self, seconds: float) -> None:
        self.time += seconds
        self.waited += seconds

    def patience(self, seconds: float = 120.0) -> WaitBudget:
        return WaitBudget(seconds, clock=lambda: self.time, sleep=self.sleep, chance=lambda: 0.5)


def variables(
    tmp_path: Path, where: dict[str, str], *, sha: str = SHA, run: str = "10.1", number: int = 42
) -> dict[str, str]:
    """Return the variables of a job that a pull request started."""
    payload = {"number": number, "pull_request": {"number": number, "head": {"sha": sha}}}
    return where | event(tmp_path, "pull_request", payload) | ran(run)


def event(tmp_path: Path, name: str, payload: object) -> dict[str, str]:
    file = tmp_path / f"{name}-{uuid4()}.json"  # jobs at once have a file each
    file.write_text(json.dumps(payload), encoding="utf-8")
    return {
        "GITHUB_ACTIONS": "true",
        "GITHUB_REPOSITORY": REPOSITORY,
        "GITHUB_EVENT_NAME": name,
        "GITHUB_EVENT_PATH": str(file),
    }


def ran(run: str) -> dict[str, str]:
    number, attempt = run.split(".")
    return {"GITHUB_RUN_ID": number, "GITHUB_RUN_ATTEMPT": attempt}


def client(where: dict[str, str], patience: WaitBudget | None = None) -> Client:
    return Client(hosts(where), TOKEN, patience or Clock().patience())


def run(
    environment: dict[str, str],
    reports: Sequence[Report],
    comment_options: CommentOptions | None = None,
    *,
    top: Path = Path("/nowhere"),
    patience: WaitBudget | None = None,
    around: Callable[[Callable[[], object]], object] | None = None,
) -> Published:
    """Publish as the command does; `around` may hold back each request."""
    comment_options = comment_options or CommentOptions(id="orders")
    wanted = find_pull_request(environment, comment_options.number, reports)
    if isinstance(wanted, NothingToDo):
        return Published(Outcome(CommentAction.NOTHING, wanted.why))
    asking = client(environment, patience)
    if around is not None:
        once = asking._request
        asking._request = lambda *sent: around(lambda: once(*sent))  # type: ignore[assignment, method-assign]
    return publish(GitHubConversation(asking, wanted, environment), reports, comment_options, top=top)


def bad(target: str = "infra/orders", *, message: str = "", fix: Fix | None = None, sha: str = SHA) -> Report:
    """Make a report with one error."""
    finding = msgspec.structs.replace(FINDING, message=message or FINDING.message, fix=fix or FINDING.fix)
    return msgspec.structs.replace(
        report(DENIED, DENIED_BUCKET, findings=(finding,)), context={"target": target, "head_sha": sha}
    )


def clean(target: str = "infra/orders", *, before: Verdict | None = Verdict.ALLOWED, sha: str = SHA) -> Report:
    """Make a report without findings."""
    answer = msgspec.structs.replace(allowed(), before=before)
    return msgspec.structs.replace(report(answer), context={"target": target, "head_sha": sha})


def patient(sleep: Callable[[float], None]) -> WaitBudget:
    return WaitBudget(sleep=sleep, chance=lambda: 0.5)
