"""The words for changes of access: equal ones appear once, and a possible one never reads as certain."""

from __future__ import annotations

import msgspec

from tests.report import samples
from tfcheck.report.cause_text import Detail
from tfcheck.report.change_words import access_changes, one_line_summary
from tfcheck.report.junit import junit
from tfcheck.report.markdown import markdown
from tfcheck.report.text import text
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, TaskChange
from tfcheck.vocabulary.finding import Report


def report_with(*changes: AccessChange, possible: tuple[AccessChange, ...] = ()) -> Report:
    return msgspec.structs.replace(samples.report(), access_changes=changes, access_possible=possible)


def lines(report: Report) -> list[str]:
    return [f"{kind.words} {each.plain}" for kind in access_changes(report) for each in kind.lines]


def lost(role: str, *kept: ActionOnResource, because: str | None = None) -> AccessChange:
    return AccessChange(role, "s3:Get*", "*", "revoked", because, kept)


def test_roles_that_lose_the_same_share_a_line() -> None:
    assert lines(report_with(lost("a"), lost("b"))) == ["revokes s3:Get* on * from a, b"]
    assert lines(report_with(*map(lost, "abcd"))) == ["revokes s3:Get* on * from a, b, c and 1 more role"]
    assert lines(report_with(*map(lost, "abcdef"))) == ["revokes s3:Get* on * from a, b, c and 3 more roles"]


def test_what_they_keep_is_after_the_roles() -> None:
    kept = ActionOnResource("s3:GetObject", "*")
    many = report_with(*(lost(each, kept) for each in "abcdef"))
    assert lines(many) == ["revokes s3:Get* on * from a, b, c and 3 more roles except s3:GetObject"]
    assert "- revokes `s3:Get*` on `*` from `a`, `b`, `c` and 3 more roles except `s3:GetObject`\n" in markdown([many])
    assert len(lines(report_with(lost("a"), lost("b", kept), lost("c", because="a Deny")))) == 3


def test_what_may_be_is_not_reported_as_what_is() -> None:
    found = report_with(possible=(AccessChange("a", "s3:*", "*", "granted"), lost("a")))
    found = msgspec.structs.replace(found, access_unknown=(AccessUnknown("a", "policy p, which is not in the plan"),))
    said = [
        "may revoke s3:Get* on * from a",
        "may grant s3:* on * to a",
        "unknown changes to the access of a: policy p, which is not in the plan",
    ]
    assert lines(found) == said
    assert one_line_summary(found) == "this change may revoke 1 permission, may grant 1 permission"
    assert 'name="this change may grant" value="s3:* on * to a"' in junit([found])
    assert "- may grant `s3:*` on `*` to `a`\n" in markdown([found])
    assert "  may grant     s3:* on * to a\n" in text(found)
    both = msgspec.structs.replace(found, access_changes=tuple(map(lost, "bcdef")))
    both = msgspec.structs.replace(
        both, access_changes=(*both.access_changes, AccessChange("b", "x:*", "*", "granted"))
    )
    summary = (
        "5 permissions revoked, 1 permission granted, 1 permission possibly revoked, 1 permission possibly granted"
    )
    assert f"<summary>Access of execution roles: {summary}, 1 role not known</summary>" in markdown([both])


def test_a_screen_of_many_tasks_is_bounded() -> None:
    tasks = tuple(TaskChange(f"t{each}", "broken") for each in range(100))
    shown = text(msgspec.structs.replace(samples.report(), task_changes=tasks))
    assert "This change breaks t0, t1, t2, t3 and 96 more\n" in shown
    assert "t99" in text(msgspec.structs.replace(samples.report(), task_changes=tasks), Detail(expand=True))
