"""What a page says first: what the change does."""

from __future__ import annotations

import re

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.report import samples
from tests.report.github_markdown import assert_harmless, assert_whole
from tests.report.hostile import names
from tfcheck.report.markdown import markdown, summary
from tfcheck.report.markdown.page import Page
from tfcheck.vocabulary.access import AccessChange, AccessEffect, TaskChange
from tfcheck.vocabulary.finding import Report


def of(target: str, report: Report = samples.CHANGES) -> Report:
    return msgspec.structs.replace(report, context={"target": target})


def access(number: int, change: AccessEffect = "granted") -> tuple[AccessChange, ...]:
    return tuple(AccessChange("aws_iam_role.a", f"s3:Do{each}", "*", change) for each in range(number))


def test_what_breaks_is_below_the_title_and_the_rest_after_the_findings() -> None:
    assert markdown([samples.CHANGES]).split("\n")[1:23] == [
        "### ✅ tfcheck: the task definition can start in `plan.json`",
        "",
        "🔻 **This change breaks** `aws_ecs_task_definition.a`",
        "",
        "The roles of 1 ECS task definition grant every permission that is checked.",
        "",
        "**What this change does**:",
        "",
        "- ✅ fixes `aws_ecs_task_definition.b`",
        "- ⚠️ does not fix `aws_ecs_task_definition.c`",
        "",
        "<details><summary>Access of execution roles: 2 permissions revoked, 2 permissions granted,"
        " 1 role switched, 1 role not known</summary>",
        "",
        "- switches the execution role of `aws_ecs_task_definition.c` from `aws_iam_role.old` to `aws_iam_role.new`",
        "- revokes `s3:Get*` on `*` from `aws_iam_role.a` except `s3:GetObject`",
        "- revokes `sqs:*` on `*` from `aws_iam_role.a`: `aws_iam_policy.guard` (NotQueues) now denies it",
        "- grants 2 permissions to the new role `aws_iam_role.new`",
        "- unknown changes to the access of `aws_iam_role.b`: policy `arn:aws:iam::1:policy/x`, which is not readable",
        "",
        "</details>",
        "",
        "<details><summary>✅ 1 permission granted</summary>",
    ]


def test_a_few_lines_are_not_folded() -> None:
    few = msgspec.structs.replace(samples.report(), access_changes=access(4))
    page = markdown([few])
    assert "**What this change does**:\n\n- grants `s3:Do0` on `*` to `aws_iam_role.a`\n" in page
    assert "<details>" not in page


def test_nothing_is_reported_where_nothing_is_wrong() -> None:
    assert "What this change does" not in markdown([samples.BROKEN])


def test_many_roles_that_come_are_only_counted() -> None:
    made = tuple(AccessChange(f"r{each}", "s3:*", "*", "granted", role_change="created") for each in range(9))
    page = markdown([msgspec.structs.replace(samples.report(), access_changes=made)])
    assert "- grants 9 permissions to 9 new roles\n" in page


def test_each_report_has_its_own_and_what_is_alike_is_reported_once() -> None:
    other = msgspec.structs.replace(samples.report(), task_changes=(TaskChange("t", "fixed"),))
    page = markdown([of("dev"), of("prod"), of("test", other), of("idle", samples.report())])
    assert page.count("What this change does") == 2
    assert "**What this change does** in `dev`, `prod`:\n\n- ✅ fixes" in page
    assert "**What this change does** in `test`:\n\n- ✅ fixes `t`\n" in page


def test_a_comment_has_thirty_lines_of_a_kind_or_ten_names_and_the_summary_all() -> None:
    many = msgspec.structs.replace(
        samples.report(),
        task_changes=tuple(TaskChange(f"t{each}", "fixed") for each in range(50)),
        access_changes=access(40, "revoked"),
    )
    page = markdown([many])
    assert page.count("- revokes") == 30
    assert re.search(r"\n- ✅ fixes `t0`, [^\n]+, `t9` and 40 more\n", page)
    assert "\n- and 10 more\n" in page
    whole = summary([many])
    assert whole.count("- revokes") == 40
    assert re.search(r"\n- ✅ fixes `t0`, [^\n]+, `t49`\n", whole)


def test_names_of_characters_that_are_spelled_out_fit_into_a_comment() -> None:
    hidden = "\U000e0100" * 590
    broken = tuple(TaskChange(f"{each}{hidden}", "broken") for each in range(12))
    page = markdown([msgspec.structs.replace(samples.report(), task_changes=broken)])
    assert "🔻 **This change breaks** `0\\U000e0100" in page
    assert len(page.encode()) < 20_000


@given(names, st.integers(0, 40), st.integers(0, 12), st.integers(20_000, 60_000), st.integers(1, 30))
@tries(30)
def test_a_page_of_any_size_stays_whole(name: str, lines: int, tasks: int, size: int, long: int) -> None:
    name = (name or "é") * long
    report = msgspec.structs.replace(
        samples.report(samples.allowed()),
        task_changes=tuple(TaskChange(f"{name}{each}", "broken") for each in range(tasks)),
        access_changes=tuple(AccessChange(name, f"{name}{each}", name, "revoked", name) for each in range(lines)),
    )
    page = markdown([report, of("other", report)], Page(), size=size)
    assert len(page.encode()) <= size
    assert_harmless(page)
    assert_whole(page)
