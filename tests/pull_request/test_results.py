"""Results of several plans with one target, and runs about other targets than those before."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest

from tests.pull_request.fake import SHA, FakeGitHub, says, serving
from tests.pull_request.job import bad, clean, run, variables
from tests.pull_request.test_comment import LATER, at, only, title
from tfcheck.cli import main as cli
from tfcheck.pull_request.report_comment import CommentOptions
from tfcheck.report.markdown.marker import parse_marker
from tfcheck.vocabulary.finding import Report

UNNAMED = CommentOptions()


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def of(report: Report, plan: str, sha: str = SHA) -> Report:
    return at(msgspec.structs.replace(report, plan=msgspec.structs.replace(report.plan, file=plan)), sha)


def test_of_two_plans_of_one_directory_neither_is_taken_for_both(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    both = [of(clean(), "dev.json"), of(bad(), "prod.json")]
    run(variables(tmp_path, where), both, UNNAMED)
    assert title(github).endswith("in `infra/orders (prod.json)` (1 of 2 targets)")
    run(variables(tmp_path, where, run="11.1"), both[:1] * 2, UNNAMED)
    assert title(github) == "### ❔ tfcheck: no result for `infra/orders (prod.json)`"
    run(variables(tmp_path, where, run="12.1"), [of(clean(), "dev.json"), of(clean(), "prod.json")], UNNAMED)
    assert title(github).startswith("### ✅ tfcheck: resolved")
    assert len(github.comments) == 1


def test_a_plan_of_an_earlier_commit_is_not_taken_for_one_of_this(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [of(clean(), "dev.json"), of(bad(), "prod.json", LATER)], UNNAMED)
    assert title(github) == "### ❔ tfcheck: no result for `infra/orders (prod.json)`"


def test_plans_whose_files_are_named_after_the_commit_are_not_lost(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    kinds: tuple[Callable[[], Report], ...] = (bad, clean)
    for number, report in enumerate(kinds, 10):
        reports = [of(report(), f"{number}-dev.json"), of(clean(), f"{number}-prod.json")]
        run(variables(tmp_path, where, run=f"{number}.1"), reports, UNNAMED)
    assert title(github).startswith("### ✅ tfcheck: resolved")


def test_two_jobs_with_one_target_never_resolve_for_each_other(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad()])
    run(variables(tmp_path, where), [bad()])
    assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    published = run(variables(tmp_path, where), [clean()])
    assert title(github) == "### ❔ tfcheck: result of `infra/orders (another job)` not shown"
    assert published.warnings[0].startswith("the comment had the result of infra/orders (another job) from another")
    run(variables(tmp_path, where, run="11.1"), [clean()])
    assert title(github) == "### ❔ tfcheck: result of `infra/orders (another job)` not shown"


def test_a_job_that_runs_again_is_not_another_one(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    run(variables(tmp_path, where), [bad()])
    run(variables(tmp_path, where, run="10.2"), [clean()])
    assert title(github).startswith("### ✅ tfcheck: resolved")


@pytest.mark.parametrize(("before", "now"), [(("a", "b"), ("a",)), (("a",), ("a", "b")), (("a", "b"), ("b", "c"))])
def test_a_run_about_more_or_fewer_targets_keeps_the_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, before: tuple[str, ...], now: tuple[str, ...]
) -> None:
    """Its key stays as well: suggestions beside lines belong to it."""
    run(variables(tmp_path, where), [bad(each) for each in before], UNNAMED)
    key = only(github)[:50]
    run(variables(tmp_path, where, run="11.1"), [clean(each) for each in now], UNNAMED)
    assert only(github)[:50] == key
    lost = ", ".join(f"`{each}`" for each in before if each not in now)
    found = title(github)
    assert found == f"### ❔ tfcheck: no result for {lost}" if lost else found.startswith("### ✅ tfcheck: resolved")


def test_all_comments_that_a_run_replaces_become_one_also_if_they_are_read_again(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad("a")], UNNAMED)
    run(variables(tmp_path, where), [bad("b")], UNNAMED)
    github.fault("PATCH", "/issues/comments/", says(429, "", retry_after="2"))
    run(variables(tmp_path, where, run="11.1"), [clean("a"), clean("b")], UNNAMED)
    assert only(github).split("\n")[1].startswith("### ✅ tfcheck: resolved")


@pytest.mark.parametrize("first", ["10.1", "10.3"])
def test_a_comment_on_other_targets_is_replaced_once_a_run_is_about_them_too(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, first: str
) -> None:
    """Two comments that disagree are the worst; but another job's comment, which each run updates, stays."""
    run(variables(tmp_path, where, run=first), [bad("b")], UNNAMED)
    run(variables(tmp_path, where, run="10.2"), [bad("a"), bad("c")], UNNAMED)
    run(variables(tmp_path, where, run="11.1"), [clean("a"), clean("b"), clean("c")], UNNAMED)
    assert only(github).split("\n")[1].startswith("### ✅ tfcheck: resolved")
    for number in (12, 13):
        run(variables(tmp_path, where, run=f"{number}.1"), [bad("a"), bad("b")], UNNAMED)
        run(variables(tmp_path, where, run=f"{number}.1"), [bad("b")], UNNAMED)
    assert len(github.comments) == 2


def test_only_comments_that_nobody_named_are_continued(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [bad("a"), bad("b")], CommentOptions(id="named"))
    run(variables(tmp_path, where, run="11.1"), [bad("a")], UNNAMED)
    run(variables(tmp_path, where, run="11.1"), [bad("b")], UNNAMED)  # another job of the same run
    run(variables(tmp_path, where, run="12.1"), [bad("a"), bad("b")], CommentOptions(id="other"))
    assert len(github.comments) == 4


@pytest.mark.parametrize("named", ["acme-bot[bot]", ""])
def test_a_comment_by_another_account_is_reported(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, named: str
) -> None:
    run(variables(tmp_path, where), [bad()])
    github.viewer = "acme-bot[bot]"
    comment_options = CommentOptions(id="orders", author=named)
    published = run(variables(tmp_path, where, run="11.1"), [clean()], comment_options)
    assert published.warnings[0].startswith("a comment with this id by github-actions[bot] stays as it is, because")
    assert "❌" in only(github)


@pytest.mark.parametrize("earlier", [False, True])
def test_a_comment_by_the_token_s_account_is_kept_up_to_date_although_another_one_is_named(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, earlier: bool
) -> None:
    """Also where the account that is named had the comment before."""
    bot = {"login": "acme-bot[bot]", "type": "Bot"}
    run(variables(tmp_path, where), [bad()])
    if earlier:
        github.say(only(github), bot)
        github.writer = bot  # it may write, but GitHub shows the token as that of the job
    comment_options = CommentOptions(id="orders", author="acme-bot[bot]")
    published = run(variables(tmp_path, where, run="11.1"), [clean()], comment_options)
    assert published.warnings == ("`comment-author` is `acme-bot[bot]`, but the token is that of `github-actions`",)
    assert all("✅ tfcheck: resolved" in each["body"] for each in github.comments.values())
    github.problems.clear() if earlier else None


@pytest.mark.parametrize("comment_options", [CommentOptions(id="orders"), UNNAMED])
@pytest.mark.parametrize(
    ("variable", "value"),
    [("GITHUB_WORKFLOW_REF", "acme/shop/.github/workflows/{}.yml@refs/pull/42/merge"), ("GITHUB_WORKFLOW", "{}")],
)
def test_each_workflow_has_a_comment_of_its_own(
    github: FakeGitHub,
    where: dict[str, str],
    tmp_path: Path,
    variable: str,
    value: str,
    comment_options: CommentOptions,
) -> None:
    """Under one id, named or not, also with targets in common: no run waits for, or answers for, the other workflow.

    Older servers name only the workflow.
    """
    plan, check = ({variable: value.format(each)} for each in "ab")
    run(variables(tmp_path, where, run="11.1") | check, [bad("b"), bad("c")], comment_options)
    assert run(variables(tmp_path, where) | plan, [bad("a"), clean("b")], comment_options).warnings == ()
    run(variables(tmp_path, where, run="12.1") | check, [clean("b"), clean("c")], comment_options)
    first, second = (each["body"].split("\n")[1] for each in github.by())
    assert first.startswith("### ✅ tfcheck: resolved, ")
    assert second == "### ❌ tfcheck: 1 task definition will not start in `a` (1 of 2 targets)"
    assert run(variables(tmp_path, where, run="13.1") | plan, [bad("a"), bad("b")], comment_options).warnings == ()
    assert len(github.comments) == 2
    assert github.problems == []


@pytest.mark.parametrize("comment_options", [CommentOptions(id="orders"), UNNAMED])
def test_a_workflow_that_the_pull_request_renames_continues_its_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, comment_options: CommentOptions
) -> None:
    old, new, another = (
        {"GITHUB_WORKFLOW_REF": f"acme/shop/.github/workflows/{each}.yml@refs/pull/42/merge"} for each in "abc"
    )
    run(variables(tmp_path, where) | old, [bad("a")], comment_options)
    first = parse_marker(only(github))
    assert first
    github.change_file(".github/workflows/b.yml", "renamed", previous_filename=".github/workflows/a.yml")
    run(variables(tmp_path, where, run="11.1") | another, [bad("a")], comment_options)
    assert len(github.comments) == 2
    for number in (12, 13):
        run(variables(tmp_path, where, run=f"{number}.1") | new, [clean("a")], comment_options)
    kept, other = (each["body"].split("\n")[1] for each in github.by())
    assert kept.startswith("### ✅ tfcheck: resolved, ")
    assert other.startswith("### ❌ ")
    assert parse_marker(github.by()[0]["body"]) == msgspec.structs.replace(first, run=(13, 1))
    assert github.problems == []


@pytest.mark.parametrize(("status", "comments"), [("renamed", 1), ("copied", 2)])
def test_a_late_run_of_before_a_workflow_was_renamed_writes_no_second_comment(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, status: str, comments: int
) -> None:
    old, new = ({"GITHUB_WORKFLOW_REF": f"acme/shop/.github/workflows/{each}.yml@refs/pull/42/merge"} for each in "ab")
    github.change_file(".github/workflows/b.yml", status, previous_filename=".github/workflows/a.yml")
    run(variables(tmp_path, where, run="11.1") | new, [bad("a")])
    run(variables(tmp_path, where, run="10.1") | old, [bad("a")])
    assert len(github.by()) == comments


@pytest.mark.parametrize(("others", "place"), [((), "infra"), (("b.json",), "infra"), ((), ".")])
def test_a_plan_that_cannot_be_read_is_missed_by_its_target(
    github: FakeGitHub,
    where: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    others: tuple[str, ...],
    place: str,
) -> None:
    stack = tmp_path / "shop" / place
    stack.mkdir(parents=True)
    (tmp_path / "shop/.git").mkdir()
    (stack / "main.tf").write_text('variable "x" {}')
    plan = {"format_version": "1.2", "configuration": {"root_module": {"variables": {"x": {}}}}, "resource_changes": []}
    (stack / "b.json").write_text(json.dumps(plan))
    plans = "\n".join(f"{place}/{each}" for each in ("a.json", *others))
    environment = variables(tmp_path, where) | {"TFCHECK_PLAN": plans, "TFCHECK_COMMENT": "auto"}
    for name, value in (
        environment | {"TFCHECK_GITHUB_TOKEN": "ghs_only-for-the-fake", "RUNNER_TEMP": str(tmp_path)}
    ).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path / "shop")
    monkeypatch.setattr("tfcheck.pull_request.wait_budget.LOOK_AGAIN", (0.0, 0.0))
    assert cli.run(["github"]) == 3
    expected = "./a.json" if place == "." else f"infra{' (infra/a.json)' if others else ''}"
    assert title(github) == f"### ❔ tfcheck: no result for `{expected}`"
