"""Changes beside the lines of a pull request: only where GitHub takes them, and only once."""

from __future__ import annotations

import difflib
import hashlib
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from tests.pull_request.fake import REPOSITORY, SHA, Answer, FakeGitHub, Step, cut_after, says, serving
from tests.pull_request.job import bad, clean, run, variables
from tests.rows import every_row
from tfcheck.pull_request.report_comment import CommentOptions
from tfcheck.pull_request.shapes import ChangedFile
from tfcheck.pull_request.suggestion import Suggestion, comment_key, parse_suggestion, shown_lines, suggestions
from tfcheck.report.diff import edits
from tfcheck.vocabulary.finding import Fix, Report, Skipped
from tfcheck.vocabulary.waiver import Waived

NAME = "infra/orders/main.tf"
OLD = [f"line {number}" for number in range(1, 41)]
WISHES = CommentOptions(id="orders")


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def joined(lines: list[str]) -> str:
    return "".join(f"{line}\n" for line in lines)


def patch(old: list[str], new: list[str], context: int = 3) -> str:
    """Write a diff as GitHub does: without the names of the files."""
    return "\n".join(list(difflib.unified_diff(old, new, lineterm="", n=context))[2:])


def fixed(old: list[str], new: list[str], name: str = NAME) -> Fix:
    rows = difflib.unified_diff(old, new, f"a/{name}", f"b/{name}", lineterm="")
    return Fix("let the role read the file", "safe", True, "x", joined([f"diff --git a/{name} b/{name}", *rows]))


def blob(text: str) -> str:
    data = text.encode()
    return hashlib.sha1(b"blob %d\0" % len(data) + data).hexdigest()


def changed(github: FakeGitHub, top: Path, before: list[str], head: list[str], name: str = NAME) -> None:
    """Let the pull request change a file, and have its head checked out."""
    path = top / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(joined(head).encode())
    github.change_file(name, sha=blob(joined(head)), patch=patch(before, head))


def inserted(lines: list[str], after: int, *new: str) -> list[str]:
    return [*lines[:after], *new, *lines[after:]]


HEAD = inserted(OLD, 20, "touched")


def test_a_suggestion_is_beside_the_line_it_follows(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    changed(github, tmp_path, OLD, HEAD)
    fix = fixed(HEAD, inserted(HEAD, 22, "  new", "\tnewer"))
    run(variables(tmp_path, where), [bad(fix=fix)], WISHES, top=tmp_path)
    (review,) = github.reviews
    (remark,) = review["comments"]
    assert {key: remark[key] for key in ("path", "line", "side")} == {"path": NAME, "line": 22, "side": "RIGHT"}
    assert "start_line" not in remark
    assert remark["body"].endswith("\n```suggestion\nline 21\n  new\n\tnewer\n```\n")
    words = remark["body"].split("\n")[1]
    assert words.startswith("**tfcheck**: The execution role ")
    assert words.endswith(f". {fix.title.capitalize()}.")
    assert "will not" not in review["body"]
    assert review["event"] == "COMMENT"


def test_where_the_line_before_is_not_shown_it_is_beside_the_one_after() -> None:
    head = inserted(OLD, 20, "touched")
    first_shown = min(shown_lines(patch(OLD, head)))
    fix = fixed(head, inserted(head, first_shown - 1, "new"))
    (found,) = suggested_for(fix, OLD, head)
    assert (found.start, found.end, found.text) == (first_shown, first_shown, f"new\n{head[first_shown - 1]}\n")


def suggested_for(fix: Fix, before: list[str], head: list[str], **fields: object) -> tuple[Suggestion, ...]:
    """Make suggestions from a checkout in a directory of their own."""
    import tempfile

    with tempfile.TemporaryDirectory() as top:
        path = Path(top) / NAME
        path.parent.mkdir(parents=True)
        path.write_bytes(joined(head).encode())
        file = ChangedFile(NAME, "modified", blob(joined(head)), patch(before, head))
        return suggestions(fix.diff, {NAME: msgspec.structs.replace(file, **fields)}, Path(top))


FIX = fixed(HEAD, inserted(HEAD, 21, "new"))


def test_the_usual_one_can_be_made() -> None:
    assert len(suggested_for(FIX, OLD, HEAD)) == 1
    assert len(suggested_for(FIX, OLD, HEAD, status="renamed")) == 1


@every_row(
    ("fix", "fields"),
    [
        (FIX, {"filename": "other.tf"}),
        (FIX, {"patch": None}),
        (FIX, {"status": "renamed", "patch": None}),
        (FIX, {"status": "removed"}),
        (FIX, {"sha": "0" * 40}),
        (FIX, {"sha": None}),
        (fixed(HEAD, inserted(HEAD, 5, "new")), {}),
        (fixed(HEAD, inserted(HEAD, len(HEAD), "new")), {}),
        (fixed(HEAD, inserted(inserted(HEAD, 35, "far"), 21, "near")), {}),
        (fixed(HEAD, inserted(HEAD, 21, "new\x00")), {}),
        (fixed(HEAD, inserted(HEAD, 21, "new\u202e")), {}),
        (fixed(HEAD, [*HEAD[:10], *HEAD[30:]]), {}),
        (fixed([], HEAD, "infra/orders/new.tf"), {}),
        (fixed(HEAD, inserted(HEAD, 21, "new"), "../../etc/passwd"), {}),
        (Fix("t", "safe", True, "x", "no diff"), {}),
        (Fix("t", "safe", True, "x", FIX.diff.replace(" line 20", " line 2x")), {}),
    ],
)
def test_what_github_would_refuse_stays_in_the_comment(fix: Fix, fields: dict[str, object]) -> None:
    file = {str(key): value for key, value in fields.items() if key != "filename"}
    if "filename" in fields:
        fix = msgspec.structs.replace(fix, diff=fix.diff.replace(NAME, "other.tf"))
    if "2x" in fix.diff:
        fix = msgspec.structs.replace(fix, diff=fix.diff.replace("@@ -", "@@ -1"))
    assert suggested_for(fix, OLD, HEAD, **file) == ()


def test_a_file_with_carriage_returns_is_left_alone() -> None:
    old = [f"{line}\r" for line in OLD]
    head = inserted(old, 20, "touched\r")
    assert suggested_for(fixed(head, inserted(head, 21, "new\r")), old, head) == ()


def test_lines_with_something_taken_out_between_them_are_left_alone() -> None:
    head = [*OLD[:19], *OLD[20:]]
    over = fixed(head, [*head[:18], "both", *head[20:]])
    assert suggested_for(over, OLD, head) == ()
    assert len(suggested_for(fixed(head, [*head[:18], "one", *head[19:]]), OLD, head)) == 1


def test_lines_of_two_hunks_are_left_alone_even_where_the_hunks_touch() -> None:
    head = ["a", "b", "c", "d"]
    touching = {"patch": "@@ -1,2 +1,2 @@\n a\n+b\n@@ -3,2 +3,2 @@\n c\n+d"}
    assert suggested_for(fixed(head, ["a", "x", "y", "d"]), [], head, **touching) == ()
    assert len(suggested_for(fixed(head, ["x", "y", "c", "d"]), [], head, **touching)) == 1


def test_a_fence_is_longer_than_any_in_the_text() -> None:
    body = Suggestion("a", 1, ("",), "````\nx\n").body("key", "words")
    (fence,) = [each for each in MarkdownIt().parse(body) if each.type == "fence"]
    assert (fence.info, fence.content) == ("suggestion", "````\nx\n")
    empty = Suggestion("a", 1, ("",), "").body("key", "words")
    assert empty.endswith("\n```suggestion\n```\n")


lines = st.lists(st.sampled_from(["{", "}", "", "  a = 1", "+x", "-y", "@@ -1 +1 @@", "``` x", " "]), max_size=25)


@given(old=lines, new=lines)
def test_a_diff_is_read_as_it_was_written(old: list[str], new: list[str]) -> None:
    result = list(old)
    for edit in reversed(edits(fixed(old, new).diff)):
        start = edit.line - 1
        assert tuple(result[start : start + len(edit.old)]) == edit.old
        result[start : start + len(edit.old)] = edit.new
    assert result == new


@settings(suppress_health_check=list(HealthCheck))
@given(before=lines, head=lines, new=lines)
def test_taking_a_suggestion_makes_the_change_and_github_can_show_it(
    before: list[str], head: list[str], new: list[str]
) -> None:
    found = suggested_for(fixed(head, new), before, head)
    if not found:
        return
    shown = shown_lines(patch(before, head))
    result = list(head)
    for each in sorted(found, key=lambda made: -made.start):
        assert len({shown[number].hunk for number in range(each.start, each.end + 1)}) == 1
        assert [shown[number].text for number in range(each.start, each.end + 1)] == head[each.start - 1 : each.end]
        result[each.start - 1 : each.end] = each.text.split("\n")[:-1]
    assert result == new


def test_edits_of_one_fix_in_one_hunk_are_one_suggestion(tmp_path: Path) -> None:
    head, wanted = HEAD, inserted(inserted(HEAD, 22, "second"), 20, "first")
    file = ChangedFile(NAME, "modified", sha=blob(joined(head)), patch=patch(OLD, head))
    path = tmp_path / NAME
    path.parent.mkdir(parents=True)
    path.write_bytes(joined(head).encode())
    (found,) = suggestions(fixed(head, wanted).diff, {NAME: file}, tmp_path)
    assert [*head[: found.start - 1], *found.text.splitlines(), *head[found.end :]] == wanted
    apart = inserted(wanted, 38, "far away")
    assert suggestions(fixed(head, apart).diff, {NAME: file}, tmp_path) == ()


def test_lines_that_the_diff_hides_are_in_no_suggestion() -> None:
    everything = {"patch": patch([], HEAD)}
    between = fixed(HEAD, inserted(inserted(HEAD, 25, "second"), 15, "first"))
    assert "line 19\n" not in between.diff
    assert suggested_for(between, [], HEAD, **everything) == ()
    beside = fixed(HEAD, inserted(HEAD, 21, "new"))
    (shown,) = suggested_for(beside, [], HEAD, **everything)
    assert shown.old == ("touched",)
    hidden = f"--- a/{NAME}\n+++ b/{NAME}\n@@ -21,0 +22 @@\n+new\n"
    assert suggested_for(msgspec.structs.replace(beside, diff=hidden), [], HEAD, **everything) == ()
    after = f"--- a/{NAME}\n+++ b/{NAME}\n@@ -22 +22,2 @@\n+new\n line 21\n"
    (other,) = suggested_for(msgspec.structs.replace(beside, diff=after), [], HEAD, **everything)
    assert (other.old, other.text) == (("line 21",), "new\nline 21\n")


def fixable(github: FakeGitHub, tmp_path: Path, number: int = 1) -> Report:
    """Make a report with some fixes that can be suggested, each in a file of its own."""
    findings = []
    for each in range(number):
        name = f"infra/{each}.tf"
        changed(github, tmp_path, OLD, HEAD, name)
        fix = fixed(HEAD, inserted(HEAD, 21, f"new {each}"), name)
        findings.append(msgspec.structs.replace(bad().findings[0], message=f"finding {each}", fix=fix))
    return msgspec.structs.replace(bad(), findings=tuple(findings))


def test_all_suggestions_are_one_review_and_not_more_than_wanted(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path, 25)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    assert [len(each["comments"]) for each in github.reviews] == [20]
    assert github.reviews[0]["body"].startswith(f"tfcheck suggests 20 changes for {SHA[:7]}; ")


def test_what_is_suggested_already_is_not_suggested_again(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    run(variables(tmp_path, where, run="11.1"), [report], WISHES, top=tmp_path)
    assert len(github.reviews) == 1
    assert len(github.remarks) == 1


def test_outdated_suggestions_go_unless_somebody_answered(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    marker = "<!-- tfcheck:suggestion:v1 key=0123456789abcdef -->"
    github.remark(f"{marker}\ngone", line=None)
    answered = github.remark(f"{marker}\nanswered", line=None)
    github.remark("why?", {"login": "octocat", "type": "User"}, in_reply_to_id=answered)
    strange = github.remark(f"{marker}\nforged", {"login": "mallory", "type": "User"}, line=None)
    current = github.remark(f"{marker}\ncurrent")
    github.remark(f"{marker}\nof a run at the same moment")
    run(variables(tmp_path, where), [bad()], WISHES, top=tmp_path)
    assert set(github.remarks) >= {answered, strange, current}
    assert len(github.remarks) == 4


def test_a_review_that_is_refused_is_tried_line_by_line(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path, 3)
    github.fault("POST", "/reviews", says(422, "Line must be part of the diff"))
    github.fault("POST", "/pulls/42/comments", says(422, "Line must be part of the diff"))
    published = run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    assert published.warnings == ()
    assert len(github.remarks) == 2


def test_a_review_whose_answer_is_lost_is_not_made_twice(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.fault("POST", "/reviews", cut_after)
    run(variables(tmp_path, where), [fixable(github, tmp_path, 2)], WISHES, top=tmp_path)
    assert len(github.remarks) == 2
    assert len(github.reviews) == 1


def test_refused_suggestions_leave_the_comment_as_it_is(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    github.fault("POST", "/reviews", says(403, "Resource not accessible by integration"))
    published = run(variables(tmp_path, where), [fixable(github, tmp_path)], WISHES, top=tmp_path)
    assert published.outcome.id in github.comments
    assert "no suggestions beside lines" in published.warnings[0]
    assert "```diff" in github.comments[published.outcome.id or 0]["body"]


def test_nothing_is_suggested_for_what_was_already_broken_or_is_not_proven(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path)
    (finding,) = report.findings
    assert finding.fix is not None
    before = msgspec.structs.replace(finding, change="existing")
    unproven = msgspec.structs.replace(finding, fix=msgspec.structs.replace(finding.fix, proven=False))
    report = msgspec.structs.replace(report, findings=(before, unproven))
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    run(
        variables(tmp_path, where),
        [fixable(github, tmp_path)],
        CommentOptions(id="orders", suggestions=0),
        top=tmp_path,
    )
    assert github.reviews == []


def test_names_of_the_plan_ping_nobody(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    report = fixable(github, tmp_path)
    finding = msgspec.structs.replace(report.findings[0], message='the role `aws_iam_role.x["@octocat #1"]` lacks')
    run(variables(tmp_path, where), [msgspec.structs.replace(report, findings=(finding,))], WISHES, top=tmp_path)
    body = github.reviews[0]["comments"][0]["body"]
    assert parse_suggestion(body)
    html = MarkdownIt().render(body)
    assert "<code>aws_iam_role.x[&quot;@octocat #1&quot;]</code>" in html


def test_a_clean_run_removes_outdated_suggestions(github: FakeGitHub, where: dict[str, str], tmp_path: Path) -> None:
    report = fixable(github, tmp_path)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    for remark in github.remarks.values():
        remark["line"] = None
    run(variables(tmp_path, where, run="11.1"), [clean()], WISHES, top=tmp_path)
    assert github.remarks == {}
    assert (f"/repos/{REPOSITORY}/pulls/comments/" in path for _, path in github.requests)


def test_a_suggestion_goes_once_its_finding_is_gone_whoever_fixed_it(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path, 3)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    answered = min(github.remarks)
    github.remark("why?", {"login": "octocat", "type": "User"}, in_reply_to_id=answered)
    fewer = msgspec.structs.replace(report, findings=report.findings[1:2])
    run(variables(tmp_path, where, run="11.1"), [fewer], WISHES, top=tmp_path)
    ours = {number: each["body"] for number, each in github.remarks.items() if each["user"]["type"] == "Bot"}
    assert len(ours) == 2
    assert "```suggestion" not in ours.pop(answered)
    assert all("new 1" in each for each in ours.values())
    asked = len(github.writes())
    run(variables(tmp_path, where, run="12.1"), [fewer], WISHES, top=tmp_path)
    assert github.writes()[asked:] == [("PATCH", "/repos/acme/shop/issues/comments/1001")]
    run(variables(tmp_path, where, run="13.1"), [report], WISHES, top=tmp_path)
    assert sum("```suggestion" in each["body"] for each in github.remarks.values()) == 3


def test_a_workflow_removes_no_suggestion_of_another_one_with_the_same_id(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    """Suggestions that name only the id, as those of 0.1.0 do, count as those of either."""
    plan, check = (
        {"GITHUB_WORKFLOW_REF": f"acme/shop/.github/workflows/{each}.yml@refs/pull/42/merge"} for each in "ab"
    )
    report = fixable(github, tmp_path)
    run(variables(tmp_path, where) | plan, [report], WISHES, top=tmp_path)
    run(variables(tmp_path, where) | check, [report], WISHES, top=tmp_path)
    assert len(github.remarks) == 1
    run(variables(tmp_path, where, run="11.1") | check, [clean()], WISHES, top=tmp_path)
    (remark,) = github.remarks.values()
    marker = parse_suggestion(remark["body"])
    assert marker
    remark["body"] = remark["body"].replace(marker.of, comment_key(marker.of))
    run(variables(tmp_path, where, run="12.1") | check, [clean()], WISHES, top=tmp_path)
    assert github.remarks == {}


def test_a_suggestion_of_a_waived_finding_with_a_reply_does_not_say_that_it_is_fixed(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    (number,) = github.remarks
    github.remark("why?", {"login": "octocat", "type": "User"}, in_reply_to_id=number)
    waived = msgspec.structs.replace(report.findings[0], waived=Waived("accepted", None, "tfcheck.toml:1"))
    muted = msgspec.structs.replace(report, findings=(waived,))
    run(variables(tmp_path, where, run="11.1"), [muted], WISHES, top=tmp_path)
    assert github.remarks[number]["body"].endswith("any more; the finding is fixed, or not reported any more.")


def test_suggestions_go_also_where_the_comment_is_gone(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    run(variables(tmp_path, where), [fixable(github, tmp_path, 2)], WISHES, top=tmp_path)
    github.comments.clear()
    run(variables(tmp_path, where, run="11.1"), [clean()], WISHES, top=tmp_path)
    assert github.remarks == {}


def test_suggestions_stay_where_the_result_is_not_whole_or_the_file_is_not_here(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    report = fixable(github, tmp_path, 2)
    run(variables(tmp_path, where), [report], WISHES, top=tmp_path)
    incomplete = msgspec.structs.replace(clean(), skipped=(Skipped("aws_ecs_task_definition.x", "no"),))
    run(variables(tmp_path, where, run="11.1"), [incomplete], WISHES, top=tmp_path)
    run(variables(tmp_path, where, run="12.1"), [clean()], CommentOptions(id="orders", expected=2), top=tmp_path)
    run(variables(tmp_path, where, run="13.1"), [report], WISHES, top=tmp_path / "elsewhere")
    run(variables(tmp_path, where, run="14.1"), [clean()], CommentOptions(id="another"), top=tmp_path)
    assert len(github.remarks) == 2


@pytest.mark.parametrize("step", [says(429, "", retry_after="9"), says(502)])
def test_a_late_run_removes_no_suggestion_of_a_newer_one(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, step: Step
) -> None:
    run(variables(tmp_path, where), [fixable(github, tmp_path)], WISHES, top=tmp_path)

    def pushed(go: Callable[[], Answer]) -> Answer:
        github.open_pull(sha="a" * 40)
        return step(go)

    github.fault("DELETE", "/pulls/comments/", pushed)
    run(variables(tmp_path, where, run="11.1"), [clean()], WISHES, top=tmp_path)
    assert len(github.remarks) == 1


def test_a_suggestion_that_is_not_needed_goes_also_once_suggestions_are_switched_off(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    off = CommentOptions(id="orders", suggestions=0)
    report = fixable(github, tmp_path, 2)
    run(variables(tmp_path, where), [report], off, top=tmp_path)
    assert sum("/pulls/42/" in path for _, path in github.requests) == 1  # whether there are some
    run(variables(tmp_path, where, run="11.1"), [report], WISHES, top=tmp_path)
    fewer = msgspec.structs.replace(report, findings=report.findings[:1])
    run(variables(tmp_path, where, run="12.1"), [fewer], off, top=tmp_path)
    assert ["new 0" in each["body"] for each in github.remarks.values()] == [True]
    github.fault("GET", "/pulls/42/comments", says(403, "Resource not accessible by integration"))
    assert run(variables(tmp_path, where, run="13.1"), [clean()], off, top=tmp_path).warnings == ()


def report_on(*fixes: Fix) -> Report:
    findings = (msgspec.structs.replace(bad().findings[0], message=f"finding {each.diff}", fix=each) for each in fixes)
    return msgspec.structs.replace(bad(), findings=tuple(findings))


@pytest.mark.parametrize("far", [21, 38], ids=["shown", "not shown"])
def test_the_same_text_for_several_places_of_a_file_is_suggested_at_each_that_lacks_it(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, far: int
) -> None:
    """One place is corrected without a change of its lines, as by another file."""
    head = ["  Resource = [" if number in (5, far) else line for number, line in enumerate(HEAD, 1)]
    before = ["  Resource = [" if line == "line 37" and far == 38 else line for line in OLD]
    changed(github, tmp_path, before, head)
    first, second = (fixed(head, inserted(head, number, "more")) for number in (5, far))
    for number in range(2):
        run(variables(tmp_path, where, run=f"1{number}.1"), [report_on(first, second)], WISHES, top=tmp_path)
        assert sorted(each["line"] for each in github.remarks.values()) == ([5, 21] if far == 21 else [5])
    run(variables(tmp_path, where, run="12.1"), [report_on(second)], WISHES, top=tmp_path)
    assert [each["line"] for each in github.remarks.values()] == ([21] if far == 21 else [])


def test_a_suggestion_goes_although_another_finding_of_its_file_cannot_be_suggested(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path
) -> None:
    changed(github, tmp_path, OLD, HEAD)
    near, far = (fixed(HEAD, inserted(HEAD, number, f"after {number}")) for number in (21, 38))
    run(variables(tmp_path, where), [report_on(near, far)], WISHES, top=tmp_path)
    assert ["after 21" in each["body"] for each in github.remarks.values()] == [True]
    run(variables(tmp_path, where, run="11.1"), [report_on(far)], WISHES, top=tmp_path)
    assert github.remarks == {}
