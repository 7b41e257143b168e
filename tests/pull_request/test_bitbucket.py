"""The comment on a pull request of Bitbucket, Cloud and Data Center: one, ours, readable without HTML, never older than
it should be.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

import msgspec
import pytest

from tests.pull_request.fake import SHA, TOKEN, Answer, Step, cut_after, cut_before, says, serving
from tests.pull_request.fake_bitbucket import (
    LONGEST,
    MALLORY,
    OURS,
    REPOSITORY,
    ROBOT,
    FakeBitbucket,
    FakeCloud,
    FakeDataCenter,
)
from tests.pull_request.job import Clock, bad, clean
from tests.pull_request.test_waivers import waived
from tests.report.samples import FINDING
from tfcheck.cli import main
from tfcheck.pull_request import bitbucket
from tfcheck.pull_request.bitbucket_server import ServerConversation
from tfcheck.pull_request.client import Client, Hosts
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.publish import publish
from tfcheck.pull_request.refusal import RefusalError
from tfcheck.pull_request.report_comment import CommentOptions
from tfcheck.report.json import json as written
from tfcheck.report.markdown.escape import restore_markers
from tfcheck.report.markdown.marker import Marker, marker, parse_marker
from tfcheck.vocabulary import ci
from tfcheck.vocabulary.finding import Report

LATER = "1" * 40
Run: TypeAlias = Callable[..., object]


class Place:
    """One of the two hosts, and how reports are published on it."""

    def __init__(self, host: FakeBitbucket, run: Run) -> None:
        self.host = host
        self.run = run

    def texts(self) -> list[str]:
        gone = [number for number, each in self.host.comments.items() if each.get("deleted")]
        return [self.host.text(number) for number in self.host.comments if number not in gone]

    def only(self) -> str:
        (found,) = self.texts()
        return found

    def mark(self) -> Marker | None:
        return parse_marker(restore_markers(self.only()))


@pytest.fixture
def cloud(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Place]:
    """Return a step of Bitbucket Pipelines."""
    host = FakeCloud()
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", Clock().patience)
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITLAB_CI", "GITHUB_STEP_SUMMARY", "BITBUCKET_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with serving(host, "/2.0") as where:
        monkeypatch.setattr("tfcheck.pull_request.bitbucket.API", where["GITHUB_API_URL"])
        monkeypatch.setenv("BITBUCKET_REPO_FULL_NAME", REPOSITORY)
        monkeypatch.setenv("BITBUCKET_PR_ID", "42")
        monkeypatch.setenv("TFCHECK_BITBUCKET_TOKEN", f"tf@acme.example:{TOKEN}")

        def run(*reports: Report, number: int = 10, sha: str = SHA, options: tuple[str, ...] = ()) -> int:
            monkeypatch.setenv("BITBUCKET_BUILD_NUMBER", str(number))
            monkeypatch.setenv("BITBUCKET_COMMIT", sha)
            files = []
            for index, report in enumerate(reports):
                file = tmp_path / f"{number}-{index}.json"
                file.write_text(written(_of(report, sha)), encoding="utf-8")
                files.append(str(file))
            return main.run(["comment", "--id", "orders", *options, *files])

        yield Place(host, run)
    assert host.problems == []


@pytest.fixture
def data_center() -> Iterator[Place]:
    """Return a hook that publishes on Bitbucket Data Center."""
    host = FakeDataCenter()
    with serving(host, "/rest/api/1.0") as where:
        server = where["GITHUB_API_URL"].removesuffix("/rest/api/1.0")

        def run(*reports: Report, number: int = 10, sha: str = SHA, options: tuple[str, ...] = ()) -> object:
            wanted = RequestedPull("SHOP/shop", 42, sha, f"{number}.0")
            comment_options = CommentOptions(id="orders", on_clean="delete" if "delete" in options else "update")
            about = [_of(each, sha) for each in reports]
            client = Client(Hosts(where["GITHUB_API_URL"], "", server), TOKEN, Clock().patience())
            return publish(ServerConversation(client, wanted), about, comment_options)

        yield Place(host, run)
    assert host.problems == []


@pytest.fixture(params=["cloud", "data_center"])
def place(request: pytest.FixtureRequest) -> Place:
    found: Place = request.getfixturevalue(request.param)
    return found


def _of(report: Report, sha: str) -> Report:
    return msgspec.structs.replace(report, context={**(report.context or {}), "head_sha": sha})


def test_findings_come_and_go_in_one_comment(place: Place) -> None:
    place.run(clean())
    assert place.texts() == []
    place.run(bad())
    first = place.mark()
    assert first
    assert first.key == marker("orders").key
    assert first.sha == SHA
    place.run(bad(), number=11)
    assert place.mark() == msgspec.structs.replace(first, run=(11, first.run[1]))
    place.host.sha = LATER
    place.run(clean(), number=12, sha=LATER)
    assert "### ✅ tfcheck: resolved" in place.only()
    place.run(clean(), number=13, sha=LATER, options=("--on-clean", "delete"))
    assert place.texts() == []


def test_steps_with_one_target_never_resolve_for_each_other(cloud: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """A step that runs again has another run number."""
    monkeypatch.setenv("BITBUCKET_STEP_RUN_NUMBER", "1")
    cloud.run(bad())
    cloud.run(clean())
    assert "### ❔ tfcheck: result of `infra/orders (another job)` not shown" in cloud.only()
    cloud.run(bad())
    monkeypatch.setenv("BITBUCKET_STEP_RUN_NUMBER", "2")
    cloud.run(clean())
    assert "another job" not in cloud.only().split("\n")[1] or "### ❔" in cloud.only()


def test_the_page_is_readable_without_html(place: Place) -> None:
    place.run(bad())
    text = place.only()
    first, *between, empty, last = text.split("\n")
    assert first.startswith("[//]: # (tfcheck:v1 key=")
    assert last.startswith("[//]: # (tfcheck:targets:v1 ")
    assert empty == ""
    assert not [line for line in between if line.startswith(("<", "```mermaid"))]
    assert any(line.startswith("**Suggested change: ") for line in between)


def test_links_lead_to_the_pages_of_cloud(cloud: Place) -> None:
    cloud.run(bad())
    assert f"https://bitbucket.org/{REPOSITORY}/src/{SHA}/" in cloud.only()
    assert f"[run](https://bitbucket.org/{REPOSITORY}/pipelines/results/10)" in cloud.only()


def test_a_long_report_fits(place: Place) -> None:
    many = [msgspec.structs.replace(FINDING, address=f"aws_iam_role.r{number}") for number in range(400)]
    place.run(msgspec.structs.replace(bad(), findings=tuple(many)))
    assert 8000 < len(place.only()) <= LONGEST


def test_it_is_found_behind_others_and_a_stranger_s_is_left_alone(cloud: Place) -> None:
    host = cloud.host
    assert isinstance(host, FakeCloud)
    forged = f"[//]: # ({str(marker('orders', SHA, '99.1'))[5:-4]})\nforged"
    stranger = host.note(forged, MALLORY)
    host.note(forged, inline={"path": "main.tf", "to": 3})
    for number in range(150):
        host.note(f"looks good {number}")
    cloud.run(bad())
    cloud.run(clean(), number=11)
    assert len(cloud.texts()) == 153
    assert host.text(stranger).endswith("forged")
    assert "resolved" in host.text(max(host.comments))


def test_the_newest_of_many_activities_is_read(data_center: Place) -> None:
    host = data_center.host
    assert isinstance(host, FakeDataCenter)
    data_center.run(bad())
    (ours,) = host.comments
    host.note(f"{marker('orders', SHA, '99.1')}\nforged", "mallory")
    for number in range(150):
        host.note(f"looks good {number}")
    data_center.run(clean(), number=11)
    assert len(host.comments) == 152
    assert "resolved" in host.text(ours)


def test_a_token_of_the_repository_knows_its_own_comments(cloud: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    """It does not show its account; what it writes is by an app."""
    host = cloud.host
    assert isinstance(host, FakeCloud)
    monkeypatch.setenv("TFCHECK_BITBUCKET_TOKEN", TOKEN)
    host.us = ROBOT
    host.note(f"[//]: # ({str(marker('orders', SHA, '99.1'))[5:-4]})\nforged", MALLORY)
    cloud.run(bad())
    cloud.run(clean(), number=11)
    assert len(cloud.texts()) == 2
    assert "resolved" in cloud.texts()[1]
    assert host.headers[-1]["authorization"] == f"Bearer {TOKEN}"


def test_a_person_s_token_that_hides_its_account_leaves_nothing_behind(
    cloud: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("TFCHECK_BITBUCKET_TOKEN", TOKEN)
    cloud.host.fault("GET", "/user", says(403, "scope"), times=99)
    assert cloud.run(bad()) == 1
    assert cloud.texts() == []
    assert "set `--author`" in capsys.readouterr().err
    for name in (OURS["uuid"], OURS["account_id"]):
        assert cloud.run(bad(), options=("--author", name)) == 1
        assert len(cloud.texts()) == 1


@pytest.mark.parametrize(("changed", "is_in_comment"), [(["infra/tfcheck.toml"], True), (["main.tf"], False)])
def test_waivers_that_the_change_adds_come_first(place: Place, changed: list[str], is_in_comment: bool) -> None:
    place.host.changed = changed
    place.run(waived())
    assert [text for text in place.texts() if "⚠️ **This change waives**" in text] == place.texts()
    assert bool(place.texts()) is is_in_comment


@pytest.mark.parametrize("wait", [says(429, "", retry_after="9"), says(502), cut_before])
@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_an_older_job_never_writes_over_a_newer_one(place: Place, wait: Step, method: str) -> None:
    place.run(bad())
    host = place.host

    def newer(go: Callable[[], Answer]) -> Answer:
        host.sha = LATER
        number = min(host.comments)
        body = (
            f"[//]: # ({str(marker('orders', LATER, '12.1'))[5:-4]})\n### ❌ tfcheck: of the newest run\n\n[//]: # (x)"
        )
        host.comments[number] |= {"text": body} if isinstance(host, FakeDataCenter) else {"content": {"raw": body}}
        return wait(go)

    host.fault(method, "/comments/", newer)
    place.run(clean(), number=11, options=("--on-clean", "delete" if method == "DELETE" else "update"))
    assert "of the newest run" in place.only()


def test_a_change_of_another_version_looks_again(data_center: Place) -> None:
    data_center.run(bad())
    host = data_center.host

    def edits(go: Callable[[], Answer]) -> Answer:
        (number,) = host.comments
        host.comments[number]["version"] += 1
        return go()

    host.fault("PUT", "/comments/", edits)
    data_center.run(clean(), number=11)
    assert "resolved" in data_center.only()


@pytest.mark.parametrize("step", [says(502), says(429, "", retry_after="3"), cut_after, cut_before])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_faults_never_make_two_comments(place: Place, step: Step, method: str) -> None:
    place.host.fault(method, "/(comments|activities)", step)
    place.run(bad())
    assert place.only().split("\n")[1].startswith("### ❌")


@pytest.mark.parametrize(
    ("method", "path", "step", "said"),
    [
        ("GET", "/user", says(401, "Unauthorized"), "the token does not work"),
        ("POST", "/comments", says(403, "Your credentials lack one or more required privilege scopes."), "scopes"),
        ("GET", "", says(404, "Repository not found"), "pass a repository access token"),
        ("GET", "", says(500), "Bitbucket could not be reached"),
    ],
)
@pytest.mark.parametrize(("report", "status"), [(bad(), 1), (clean(), 0)])
def test_a_refusal_is_one_line_and_changes_no_status(
    cloud: Place,
    capsys: pytest.CaptureFixture[str],
    method: str,
    path: str,
    step: Step,
    said: str,
    report: Report,
    status: int,
) -> None:
    cloud.host.fault(method, path, step, times=99)
    assert cloud.run(report, options=("--when", "always")) == status
    (line,) = capsys.readouterr().err.splitlines()
    assert line.startswith("warning: no comment on the pull request: ")
    assert said in line
    assert "GitHub" not in line
    assert TOKEN not in line


def test_an_account_without_an_account_id_knows_its_own_comments(cloud: Place) -> None:
    host = cloud.host
    assert isinstance(host, FakeCloud)
    host.us = ROBOT
    host.fault("GET", "/user$", lambda _: Answer(200, ROBOT), times=99)
    for number in range(3):
        cloud.run(bad(), number=number)
    assert len(cloud.texts()) == 1


def test_an_account_without_a_uuid_is_not_that_of_deleted_users(
    cloud: Place, capsys: pytest.CaptureFixture[str]
) -> None:
    host = cloud.host
    assert isinstance(host, FakeCloud)
    forged = host.note(f"[//]: # ({str(marker('orders', SHA, '1.1'))[5:-4]})\nforged", {"type": "user"})
    host.fault("GET", "/user$", lambda _: Answer(200, {"type": "user"}), times=99)
    assert cloud.run(bad()) == 1
    assert cloud.texts() == [host.text(forged)]
    assert "set `--author` to the account's UUID or account id" in capsys.readouterr().err


def test_the_comment_of_another_app_is_left_alone(cloud: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    host = cloud.host
    assert isinstance(host, FakeCloud)
    monkeypatch.setenv("TFCHECK_BITBUCKET_TOKEN", TOKEN)
    host.us = ROBOT
    other = host.note(f"[//]: # ({str(marker('orders', SHA, '1.1'))[5:-4]})\nforged", ROBOT | {"uuid": "{other}"})
    for method in ("PUT", "DELETE"):
        host.fault(method, f"/comments/{other}$", says(403, "You are not the author"), times=99)
    for number, report in enumerate((bad(), clean(), clean()), 10):
        cloud.run(report, number=number, options=("--on-clean", "delete" if number == 12 else "update"))
        assert len(cloud.texts()) == (1 if number == 12 else 2)
    assert cloud.texts() == [host.text(other)]


@pytest.mark.parametrize(
    "odd",
    [
        {"user": None, "content": None},
        {"user": {"type": "app_user", "uuid": None, "account_id": None}, "content": {"raw": None}},
        {"user": {"type": "team"}, "links": {"html": {"href": "javascript:x"}}},
    ],
)
def test_odd_comments_of_others_are_in_nobody_s_way(cloud: Place, odd: dict[str, object]) -> None:
    host = cloud.host
    assert isinstance(host, FakeCloud)
    number = host.note("x")
    host.comments[number] |= odd
    cloud.run(bad())
    assert len(cloud.host.comments) == 2


@pytest.mark.parametrize("status", [403, 404])
def test_a_commit_of_a_fork_that_the_token_does_not_see_is_not_an_obstacle(
    cloud: Place, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    monkeypatch.setenv("BITBUCKET_PR_ID", "")
    cloud.host.fault("GET", "/commit/", says(status, "Commit not found"), times=99)
    cloud.run(bad(), options=("--pr-number", "42"))
    assert cloud.only().split("\n")[1].startswith("### ❌")


def test_a_list_without_an_end_makes_no_second_comment(
    cloud: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("tfcheck.pull_request.client._MOST_PAGES", 9)

    def again(go: Callable[[], Answer]) -> Answer:
        found = go()
        found.body["next"] = f"{bitbucket.API}/repositories/{REPOSITORY}/pullrequests/42/comments?pagelen=100"
        return found

    cloud.host.fault("GET", "/comments$", again, times=99)
    assert cloud.run(bad()) == 1
    assert cloud.texts() == []
    assert "a list that it gives has no end" in capsys.readouterr().err


@pytest.mark.parametrize("head", [None, {"hash": ""}])
def test_a_pull_request_without_a_newest_commit_gets_nothing(
    cloud: Place, head: object, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.host.fault("GET", "/42$", lambda _: Answer(200, {"state": "OPEN", "source": {"commit": head}}))
    assert cloud.run(bad()) == 1
    assert cloud.texts() == []
    assert "pull request #42 has no newest commit; its branch or fork may be deleted" in capsys.readouterr().err


def test_a_comment_with_replies_stays_and_says_that_it_is_resolved(data_center: Place) -> None:
    data_center.run(bad())
    (number,) = data_center.host.comments
    data_center.host.comments[number]["comments"] = [{"id": 99, "text": "is this still true?"}]
    data_center.run(clean(), number=11, options=("--on-clean", "delete"))
    assert "### ✅ tfcheck: resolved" in data_center.only()


def test_names_full_of_backticks_leave_room(place: Place) -> None:
    """Code spans of them are longer than the HTML that they are in the page for GitHub."""
    names = [f"{number}{'`' * 150}" for number in range(60)]
    many = [msgspec.structs.replace(FINDING, task_definition=name, address=name, message=name) for name in names]
    place.run(msgspec.structs.replace(bad(), findings=tuple(many)))
    assert 8000 < len(place.only()) <= LONGEST


def test_a_text_that_is_too_long_is_sent_once_more_shorter(place: Place) -> None:
    many = [msgspec.structs.replace(FINDING, address=f"aws_iam_role.r{number}") for number in range(400)]
    place.host.fault("POST", "/comments$", says(400, "Bad request"))
    place.run(msgspec.structs.replace(bad(), findings=tuple(many)))
    assert 8000 < len(place.only()) <= LONGEST / 2


def test_data_center_without_a_name_refuses(data_center: Place) -> None:
    host = data_center.host
    assert isinstance(host, FakeDataCenter)
    host.us = ""
    with pytest.raises(RefusalError, match="set `--author`"):
        data_center.run(bad())


def test_nothing_is_written_where_there_is_nothing_to_write_to(
    cloud: Place, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    cloud.host.state = "MERGED"
    cloud.run(bad())
    cloud.host.state, cloud.host.sha = "OPEN", LATER
    cloud.run(bad())
    monkeypatch.delenv("BITBUCKET_PR_ID")
    cloud.run(bad())
    assert cloud.texts() == []
    said = capsys.readouterr().err.splitlines()
    assert said[0] == "no comment: pull request #42 is merged"
    assert "another newest commit" in said[1]
    assert "`--pr-number` can name one" in said[2]


def test_pipelines_name_the_report() -> None:
    step = {"BITBUCKET_BUILD_NUMBER": "7", "BITBUCKET_COMMIT": SHA, "BITBUCKET_PR_ID": "42"}
    found = {"target": "infra:prod", "pull_request": 42, "head_sha": SHA, "run": "7.1"}
    assert ci.context(step, "infra", "prod") == found
