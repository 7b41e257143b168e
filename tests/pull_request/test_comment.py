"""One comment per pull request and id: never lost, never doubled, never anybody else's."""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given
from hypothesis import strategies as st

from tests.laws import tries
from tests.pull_request.fake import (
    BOT,
    SHA,
    Answer,
    FakeGitHub,
    Step,
    cut_after,
    cut_before,
    first,
    says,
    serving,
    then,
)
from tests.pull_request.job import Clock, bad, clean, client, patient, run, variables
from tfcheck.pull_request.author import Author
from tfcheck.pull_request.comment import CommentThread
from tfcheck.pull_request.earlier import EarlierComments, is_same_body
from tfcheck.pull_request.event import RequestedPull
from tfcheck.pull_request.github import GitHubConversation
from tfcheck.pull_request.refusal import RefusalError, RefusalKind
from tfcheck.pull_request.report_comment import CommentAction, CommentOptions, CommentWording, OnClean, ReportComment
from tfcheck.report.markdown.marker import hashed_target, marker, parse_marker
from tfcheck.report.markdown.page import OtherRun, Page
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Report, Verdict

LATER = "1" * 40
STRANGER = {"login": "mallory", "type": "User"}


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def only(github: FakeGitHub) -> str:
    """Return the text of our one comment that is to be seen."""
    (found,) = (each["body"] for each in github.by() if each["minimized"] is None)
    assert isinstance(found, str)
    return found


def title(github: FakeGitHub) -> str:
    return only(github).split("\n")[1]


def test_the_first_run_with_findings_comments_and_a_clean_one_does_not(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment = variables(tmp_path, where)
    published = run(environment, [clean()])
    assert str(published.outcome) == "no comment: there is nothing to report"
    assert github.comments == {}
    published = run(environment, [bad()])
    assert published.outcome.did is CommentAction.CREATED
    assert published.outcome.url == github.comments[published.outcome.id or 0]["html_url"]
    assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    assert parse_marker(only(github)) == marker("orders", SHA, "10.1")


def test_a_comment_is_found_that_moves_to_another_page_while_they_are_read(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    somebody = [github.say(f"opinion {number}", STRANGER) for number in range(100)]
    run(variables(tmp_path, where), [bad()])
    github.fault("GET", "/issues/42/comments", then(lambda: github.comments.pop(somebody[0])))
    run(variables(tmp_path, where, run="11.1"), [clean()])
    assert title(github).startswith("### ✅ tfcheck: resolved, ")


@pytest.mark.parametrize(("before", "expected"), [(None, 1), ("allowed", 0)])
def test_what_changes_can_ask_for_a_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, before: str | None, expected: int
) -> None:
    report = clean(before=Verdict(before) if before else None)
    run(variables(tmp_path, where), [report], CommentOptions(when="changes"))
    assert len(github.comments) == expected


def test_access_that_changes_asks_for_a_comment_too(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    lost = AccessChange("aws_iam_role.a", "s3:GetObject", "*", "revoked")
    report = msgspec.structs.replace(clean(before=Verdict.ALLOWED), access_changes=(lost,))
    run(variables(tmp_path, where), [report], CommentOptions(when="changes"))
    assert "- revokes `s3:GetObject` on `*` from `aws_iam_role.a`" in only(github)


def test_findings_come_and_go_in_one_comment(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    run(environment, [bad()])
    assert run(again, [clean()]).outcome.did is CommentAction.UPDATED
    assert title(github).startswith("### ✅ tfcheck: resolved")
    github.open_pull(sha=LATER)
    environment = variables(tmp_path, where, sha=LATER, run="11.1")
    assert run(environment, [bad(sha=LATER)]).outcome.did is CommentAction.UPDATED
    assert title(github).startswith("### ❌")
    assert len(github.comments) == 1


def at(report: Report, sha: str) -> Report:
    return msgspec.structs.replace(report, context={**(report.context or {}), "head_sha": sha})


def test_a_target_that_had_a_result_and_has_none_now_is_not_resolved(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    """The comment itself remembers its targets, over any number of commits."""
    run(variables(tmp_path, where), [bad("infra/orders"), clean("infra/web")])
    for number, sha in enumerate((LATER, "2" * 40), 11):
        github.open_pull(sha=sha)
        published = run(variables(tmp_path, where, sha=sha, run=f"{number}.1"), [at(clean("infra/web"), sha)])
        assert published.absent == ("infra/orders",)
        assert title(github) == "### ❔ tfcheck: no result for `infra/orders`"
        assert "**No result for this commit**: `infra/orders`." in only(github)
    reports = [clean("infra/orders"), clean("infra/web")]
    run(variables(tmp_path, where, sha="2" * 40, run="13.1"), [at(each, "2" * 40) for each in reports])
    assert title(github) == "### ✅ tfcheck: resolved, both task definitions can start in `infra/orders`, `infra/web`"


def test_of_very_many_targets_none_is_resolved_without_a_result(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    """Their names do not fit into the comment, so it remembers them by hashes."""
    names = [hashlib.sha256(bytes([number])).hexdigest() for number in range(200)]
    run(variables(tmp_path, where), [bad(names[0]), *map(clean, names[1:])])
    assert "tfcheck:targets:v2" in only(github)
    run(variables(tmp_path, where, run="11.1"), [clean(each) for each in names[1:]])
    assert title(github) == f"### ❔ tfcheck: no result for `{hashed_target(names[0])}`"
    run(variables(tmp_path, where, run="12.1"), [clean(each) for each in names])
    assert title(github).startswith("### ✅ tfcheck: resolved, all 200 task definitions can start")


@pytest.mark.parametrize("on_clean", ["delete", "minimize"])
def test_what_is_not_resolved_is_neither_deleted_nor_minimized(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, on_clean: OnClean
) -> None:
    comment_options = CommentOptions(id="orders", on_clean=on_clean)
    run(variables(tmp_path, where), [bad("infra/orders"), clean("infra/web")], comment_options)
    run(variables(tmp_path, where, run="11.1"), [clean("infra/web")], comment_options)
    assert title(github) == "### ❔ tfcheck: no result for `infra/orders`"


def test_jobs_of_one_run_that_share_an_id_never_resolve_for_each_other(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad("prod")])
    published = run(variables(tmp_path, where), [clean("dev")])
    assert title(github) == "### ❔ tfcheck: result of `prod` not shown"
    assert "**Result not shown**: `prod`. Another job wrote it" in only(github)
    assert "No result for this commit" not in only(github)
    assert published.absent == ("prod",)
    (warning,) = published.warnings
    assert warning.startswith("the comment had the result of prod from another job; give each job a")


def test_what_shares_an_id_is_distinguished_from_what_had_no_result_before(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad("gone"), clean("dev")])
    github.open_pull(sha=LATER)
    for target in ("dev", "prod"):
        environment = variables(tmp_path, where, sha=LATER, run="11.1")
        published = run(environment, [at(clean(target), LATER)])
    assert published.absent == ("dev", "gone")
    assert "**No result for this commit**: `gone`." in only(github)
    assert "**Result not shown**: `dev`." in only(github)


def test_another_run_for_the_same_commit_shares_nothing(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad("prod")])
    published = run(variables(tmp_path, where, run="10.2"), [clean("dev")])
    assert "**No result for this commit**: `prod`." in only(github)
    assert published.warnings == ()


def test_a_comment_that_never_reported_anything_resolves_nothing(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment = variables(tmp_path, where)
    run(environment, [clean()], CommentOptions(when="always"))
    github.open_pull(sha=LATER)
    later = variables(tmp_path, where, sha=LATER, run="11.1")
    same = msgspec.structs.replace(clean(), context={"target": "infra/orders", "head_sha": LATER})
    assert run(later, [same], CommentOptions(when="always")).outcome.did is CommentAction.UPDATED
    assert title(github).startswith("### ✅ tfcheck: the task definition can start")


def test_the_same_text_is_not_written_again(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    """A second job of a run only adds itself to the first line, once."""
    github.start(10)
    run(variables(tmp_path, where), [bad()])
    first, _, written = only(github).partition("\n")
    for did in (CommentAction.UPDATED, CommentAction.UNCHANGED):
        published = run(variables(tmp_path, where), [bad()])
        assert published.outcome.did is did
        assert only(github).partition("\n")[2] == written
    assert only(github).startswith(f"{first.partition(' write=')[0]} also=")
    assert len(github.writes()) == 2


def test_a_newer_run_with_the_same_result_is_not_written_over_by_an_older_one(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad()])
    assert run(variables(tmp_path, where, run="12.1"), [bad()]).outcome.did is CommentAction.UPDATED
    published = run(variables(tmp_path, where, run="11.1"), [clean()])
    assert published.outcome.why == "a newer run has written the comment"
    assert title(github).startswith("### ❌")


def test_our_comment_is_found_behind_250_others(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    for number in range(250):
        github.say(f"looks good, {number}", STRANGER if number % 2 else BOT)
    run(variables(tmp_path, where), [bad()])
    run(variables(tmp_path, where, run="11.1"), [clean()])
    assert len(github.comments) == 251
    assert [method for method, _ in github.writes()] == ["POST", "PATCH"]


@pytest.mark.parametrize(
    "user",
    [STRANGER, {"login": "github-actions", "type": "User"}, {"login": "other-app[bot]", "type": "Bot"}],
    ids=lambda user: user["login"],
)
def test_our_marker_in_the_comment_of_another_is_not_ours(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, user: dict[str, str]
) -> None:
    forged = f"{marker('orders', SHA, '99999.1')}\n### ✅ tfcheck: nothing is missing"
    github.say(forged, user)
    run(variables(tmp_path, where), [bad()])
    assert [each["body"] for each in github.by(user)] == [forged]
    assert title(github).startswith("### ❌")


def test_a_comment_of_a_deleted_account_is_nobodys(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    number = github.say(f"{marker('orders', SHA, '9.1')}\n")
    github.comments[number]["user"] = None
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED


def test_a_marker_counts_on_the_first_line_only(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.say(f"another bot's text\n{marker('orders', SHA, '9.1')}")
    run(variables(tmp_path, where), [bad()])
    assert len(github.comments) == 2


def test_ids_that_hold_one_another_are_two_comments(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    run(environment, [bad("prod")], CommentOptions(id=""))
    run(environment, [bad("non-prod")], CommentOptions(id=""))
    run(again, [clean("prod")], CommentOptions(id=""))
    assert sorted(each["body"].split("\n")[1][:5] for each in github.by()) == ["### ✅", "### ❌"]


def test_what_somebody_edited_is_put_right(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.start(10)
    environment = variables(tmp_path, where)
    number = run(environment, [bad()]).outcome.id or 0
    right = github.comments[number]["body"]
    github.comments[number]["body"] = right.split("\n")[0] + "\r\nnever mind"
    assert run(environment, [bad()]).outcome.did is CommentAction.UPDATED
    assert is_same_body(only(github), right)


@pytest.mark.parametrize("ends", ["\r\n", "\n\n"])
def test_other_line_ends_are_not_another_text(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, ends: str
) -> None:
    environment = variables(tmp_path, where)
    number = run(environment, [bad()]).outcome.id or 0
    run(environment, [bad()])
    body = github.comments[number]["body"]
    github.comments[number]["body"] = body.replace("\n", "\r\n") if ends == "\r\n" else body.rstrip()
    assert run(environment, [bad()]).outcome.did is CommentAction.UNCHANGED


def test_a_comment_that_was_minimized_is_left_so_and_a_new_one_made(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment = variables(tmp_path, where)
    old = run(environment, [bad()]).outcome.id or 0
    github.comments[old]["minimized"] = {"reason": "outdated"}
    text = github.comments[old]["body"]
    assert run(variables(tmp_path, where, run="11.1"), [bad()]).outcome.did is CommentAction.CREATED
    assert github.comments[old]["body"] == text
    assert run(variables(tmp_path, where, run="12.1"), [clean()]).outcome.did is CommentAction.UPDATED
    assert len(github.comments) == 2


def test_a_comment_that_is_deleted_meanwhile_is_made_again(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment = variables(tmp_path, where)
    run(environment, [bad()])
    github.fault("PATCH", "/issues/comments/", first(github.comments.clear))
    assert run(environment, [clean()], CommentOptions(id="orders", when="always")).outcome.did is CommentAction.CREATED
    assert len(github.comments) == 1


@pytest.mark.parametrize("on_clean", ["delete", "minimize"])
def test_a_comment_can_go_when_all_is_well_and_come_back(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, on_clean: str
) -> None:
    comment_options = CommentOptions(id="orders", on_clean="delete" if on_clean == "delete" else "minimize")
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    run(environment, [bad()], comment_options)
    gone = run(again, [clean()], comment_options).outcome
    assert gone.did is (CommentAction.DELETED if on_clean == "delete" else CommentAction.MINIMIZED)
    assert [each["minimized"] for each in github.by()] == ([] if on_clean == "delete" else [{"reason": "resolved"}])
    assert run(again, [clean()], comment_options).outcome.did is CommentAction.NOTHING
    assert run(again, [bad()], comment_options).outcome.did is CommentAction.CREATED
    assert title(github).startswith("### ❌")


def test_a_comment_that_is_always_wanted_is_not_taken_away(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    comment_options = CommentOptions(id="orders", when="always", on_clean="delete")
    run(environment, [bad()], comment_options)
    assert run(again, [clean()], comment_options).outcome.did is CommentAction.UPDATED
    assert title(github).startswith("### ✅")


def test_a_minimized_comment_says_that_it_is_resolved(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    run(environment, [bad()])
    run(again, [clean()], CommentOptions(id="orders", on_clean="minimize"))
    assert "✅ tfcheck: resolved" in github.by()[0]["body"]


def test_what_cannot_be_minimized_is_still_resolved(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    environment, again = (variables(tmp_path, where, run=each) for each in ("10.1", "10.2"))
    run(environment, [bad()])
    github.fault("POST", "graphql", lambda go: go())  # who we are
    github.fault("POST", "graphql", says(403, "Resource not accessible by integration"))
    published = run(again, [clean()], CommentOptions(id="orders", on_clean="minimize"))
    assert published.outcome.did is CommentAction.UPDATED
    assert "could not be minimized" in str(published.outcome)
    assert title(github).startswith("### ✅")


def test_an_older_run_that_ends_last_writes_nothing(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    run(variables(tmp_path, where, run="9.1"), [bad()])
    run(variables(tmp_path, where, run="10.2"), [clean()])
    published = run(variables(tmp_path, where, run="10.1"), [bad()])
    assert str(published.outcome) == "no comment: a newer run has written the comment"
    assert title(github).startswith("### ✅")


def test_an_older_run_does_not_bring_back_what_a_newer_one_minimized(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    comment_options = CommentOptions(id="orders", on_clean="minimize")
    run(variables(tmp_path, where, run="9.1"), [bad()], comment_options)
    run(variables(tmp_path, where, run="11.1"), [clean()], comment_options)
    assert run(variables(tmp_path, where, run="10.1"), [bad()], comment_options).outcome.did is CommentAction.NOTHING


def test_a_run_of_an_older_commit_that_became_the_newest_again_writes(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.open_pull(sha=LATER)
    run(variables(tmp_path, where, sha=LATER, run="20.1"), [bad(sha=LATER)])
    github.open_pull(sha=SHA)
    assert run(variables(tmp_path, where, run="10.2"), [clean()]).outcome.did is CommentAction.UPDATED


def test_a_commit_that_github_shows_late_is_not_outdated(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.open_pull(sha=LATER)
    github.fault("GET", "/pulls/42", then(lambda: github.open_pull(sha=SHA)))
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED


def test_a_commit_that_comes_while_the_comments_are_read_makes_the_run_stale(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    def newer_job() -> None:
        github.open_pull(sha=LATER)
        github.say(f"{marker('orders', LATER, '20.1')}\n### ✅ tfcheck: nothing is missing")

    github.fault("GET", "/issues/42/comments", first(newer_job))
    published = run(variables(tmp_path, where), [bad()])
    assert published.outcome.why == "pull request #42 has another newest commit than the one that was checked"
    assert title(github).startswith("### ✅")


def jobs_at_once(tmp_path: Path, where: dict[str, str], *runs: str) -> list[CommentAction]:
    """Run several jobs in threads, the first with findings, in time that runs a hundred times as fast."""
    did: list[CommentAction] = []

    def one(name: str) -> None:
        report = bad(message="of the newest run") if name == max(runs) else bad(message="of an older run")
        environment = variables(tmp_path, where, run=name)
        did.append(run(environment, [report], patience=patient(lambda seconds: time.sleep(seconds / 50))).outcome.did)

    threads = [threading.Thread(target=one, args=(name,)) for name in runs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return did


@pytest.mark.parametrize("runs", [("10.1", "11.1"), ("11.1", "10.1"), ("10.1", "11.1", "12.1")])
def test_jobs_that_comment_at_the_same_time_leave_one_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, runs: tuple[str, ...]
) -> None:
    together = threading.Barrier(len(runs))
    github.fault("POST", "/issues/42/comments", first(lambda: together.wait(5)), times=len(runs))
    jobs_at_once(tmp_path, where, *runs)
    assert "Of the newest run" in only(github)
    assert list(github.comments) == [1001]  # the oldest


@pytest.mark.parametrize("runs", [("10.1", "11.1"), ("11.1", "10.1")])
def test_jobs_that_edit_at_the_same_time_leave_what_the_newest_says(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, runs: tuple[str, ...]
) -> None:
    run(variables(tmp_path, where, run="9.1"), [bad(message="of the oldest run")])
    together = threading.Barrier(2)
    github.fault("PATCH", "/issues/comments/", first(lambda: together.wait(5)), times=2)
    jobs_at_once(tmp_path, where, *runs)
    assert "Of the newest run" in only(github)


def test_what_an_older_run_wrote_over_ours_is_written_over(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    number = run(variables(tmp_path, where, run="9.1"), [bad()]).outcome.id or 0
    old = github.comments[number]["body"]

    def overwrite() -> None:
        github.comments[number]["body"] = old

    github.fault("PATCH", "/issues/comments/", then(overwrite))
    run(variables(tmp_path, where, run="10.1"), [clean()])
    assert title(github).startswith("### ✅")


def test_what_an_older_run_deleted_after_us_is_made_again(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where, run="9.1"), [clean()], CommentOptions(id="orders", when="always"))
    github.fault("PATCH", "/issues/comments/", then(github.comments.clear))
    assert run(variables(tmp_path, where, run="10.1"), [bad()]).outcome.did is CommentAction.CREATED
    assert title(github).startswith("### ❌")


def test_of_two_comments_created_at_once_the_newer_stays_until_the_older_has_its_text(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.fault("POST", "/issues/42/comments", first(lambda: github.say(f"{marker('orders', SHA, '9.1')}\n### ✅")))
    github.fault("PATCH", "/issues/comments/", says(403, "Resource not accessible by integration"))
    with pytest.raises(RefusalError):
        run(variables(tmp_path, where), [bad()])
    assert [each["body"].split("\n")[1][:5] for each in github.by()] == ["### ✅", "### ❌"]
    run(variables(tmp_path, where, run="11.1"), [bad()])
    assert "### ❌" in only(github)


def test_what_a_newer_run_removed_right_after_us_stays_removed(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.fault("POST", "/issues/42/comments", then(github.comments.clear))
    outcome = run(variables(tmp_path, where), [bad()]).outcome
    assert (outcome.did, outcome.late) == (CommentAction.NOTHING, True)
    assert github.comments == {}


def test_doubles_that_an_ended_job_left_behind_are_taken_away(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    kept = github.say(f"{marker('orders', SHA, '8.1')}\n### ❌")
    github.say(f"{marker('orders', SHA, '9.1')}\n### ❌")
    run(variables(tmp_path, where), [bad()])
    assert [each["id"] for each in github.by()] == [kept]


def test_a_list_that_lags_behind_makes_no_double(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.fault("GET", "/issues/42/comments", lambda go: go())
    github.fault("GET", "/issues/42/comments", lambda go: Answer(200, []), times=2)
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED
    assert len(github.comments) == 1


@pytest.mark.parametrize("fault", [cut_after, cut_before, says(502), says(500)], ids=["lost", "cut", "502", "500"])
def test_an_answer_that_gets_lost_makes_no_double(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, fault: Step
) -> None:
    github.fault("POST", "/issues/42/comments", fault)
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED
    assert len(github.comments) == 1


def test_what_never_arrives_is_given_up(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    github.fault("POST", "/issues/42/comments", cut_before, times=1000)
    clock = Clock()
    with pytest.raises(RefusalError) as refusal:
        run(variables(tmp_path, where), [bad()], patience=clock.patience())
    assert refusal.value.kind in (RefusalKind.UNREACHABLE, RefusalKind.OTHER)
    assert clock.waited <= 120
    assert github.comments == {}


def test_a_long_text_fits(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    findings = tuple(
        msgspec.structs.replace(
            bad().findings[0], message=f"the role `r{number}` " + "ä€🙂`````" * 50, address=f"r{number}"
        )
        for number in range(300)
    )
    report = msgspec.structs.replace(bad(), findings=findings)
    run(variables(tmp_path, where), [report])
    assert 10_000 < len(only(github).encode()) <= 60_000
    assert "left out: see the job summary" in only(github)


def test_a_text_that_github_finds_too_long_is_tried_once_more_shorter(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.fault("POST", "/issues/42/comments", says(422, "Body is too long"))
    assert run(variables(tmp_path, where), [bad()]).outcome.did is CommentAction.CREATED
    sizes: list[int] = []

    class Sized(ReportComment):
        def choose_wording(self, earlier: EarlierComments) -> CommentWording:
            found = super().choose_wording(earlier)

            def write(size: int, newer: OtherRun | None) -> str:
                sizes.append(size)
                return found.write(size, newer)

            return msgspec.structs.replace(found, write=write)

    github.fault("PATCH", "/issues/comments/", says(422, "Body is too long"), times=2)
    pull = GitHubConversation(client(where), RequestedPull("acme/shop", 42, SHA, "10.2"), {})
    draft = Sized([clean()], Page(id="orders", links=pull.links), CommentOptions(id="orders"), pull)
    with pytest.raises(RefusalError, match="Body is too long"):
        CommentThread(pull, Author("github-actions", True), draft).publish()
    assert sizes == [60_000, 30_000]


STEPS = st.lists(
    st.sampled_from(["bad", "clean", "again", "push", "stranger", "minimize", "delete", "edit"]), min_size=1, max_size=7
)
FAULTS = st.sampled_from([None, cut_after, cut_before, says(502), says(429, "slow down", retry_after="3")])


@tries(20, suppress_health_check=list(HealthCheck))
@given(
    steps=STEPS,
    faults=st.lists(FAULTS, min_size=7, max_size=7),
    on_clean=st.sampled_from(["update", "delete", "minimize"]),
)
def test_there_is_always_one_comment_that_says_what_the_last_run_found(
    tmp_path: Path, steps: list[str], faults: list[Step | None], on_clean: str
) -> None:
    github = FakeGitHub()
    comment_options = CommentOptions(id="orders", on_clean=on_clean)  # type: ignore[arg-type]
    sha, number, report = SHA, 10, bad()
    forged = f"{marker('orders', SHA, '99999.1')}\nforged"
    strangers = 0
    with serving(github) as where:
        for step, fault in zip(steps, faults, strict=False):
            ours = [each for each in github.by() if each["minimized"] is None]
            if step == "stranger":
                github.say(forged, STRANGER)
                strangers += 1
                continue
            if step in ("minimize", "edit", "delete") and ours:
                if step == "minimize":
                    ours[0]["minimized"] = {"reason": "spam"}
                elif step == "edit":
                    ours[0]["body"] += "\nedited"
                else:
                    del github.comments[ours[0]["id"]]
                continue
            if step == "push":
                sha = f"{int(sha[:4], 16) + 1:04x}{sha[4:]}"
                github.open_pull(sha=sha)
            number += 1
            report = clean() if step == "clean" else bad() if step == "bad" else report
            report = msgspec.structs.replace(report, context={"target": "infra/orders", "head_sha": sha})
            if fault:
                github.fault("POST" if number % 2 else "PATCH", "/issues/", fault)
            run(variables(tmp_path, where, sha=sha, run=f"{number}.1"), [report], comment_options)
            github.faults.clear()
            live = [each["body"] for each in github.by() if each["minimized"] is None]
            assert len(live) <= 1
            if report.findings:
                assert live[0].split("\n")[1].startswith("### ❌")
                assert live[0].startswith(f"<!-- tfcheck:v1 key={marker('orders').key} sha={sha} ")
            else:
                assert not live or live[0].split("\n")[1].startswith("### ✅")
    assert [each["body"] for each in github.by(STRANGER)] == [forged] * strangers
    assert github.problems == []


@pytest.mark.parametrize("author", ["mallory", "github-actions", "my-app[bot]"])
def test_an_account_that_is_not_the_token_s_never_makes_a_second_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, author: str
) -> None:
    """A misspelt `comment-author`, or one that was guessed since the token does not show its account."""
    github.writer = {**BOT, "login": "acme-bot[bot]"}
    for number in range(10, 13):
        run(variables(tmp_path, where, run=f"{number}.1"), [bad()], CommentOptions(id="orders", author=author))
        assert len(github.comments) == 1
    later = variables(tmp_path, where, run="13.1", sha=LATER)
    github.open_pull(sha=LATER)
    run(later, [bad(message="x", sha=LATER)], CommentOptions(id="orders", author=author))
    (found,) = github.comments.values()
    assert f"sha={LATER} run=13.1" in found["body"]
