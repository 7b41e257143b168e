"""The map of a report holds every row at the end of a path, and folds what differs by keys alone."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given

from tests.cases import TESTDATA, Case
from tests.laws import tries
from tests.report import samples
from tests.report.hostile import filled as hostile
from tests.report.hostile import names, reports
from tfcheck.analysis.check import check
from tfcheck.report.access_map import PolicyOrigin, TaskNode, access_map, folded_maps, one_group_per_task, paths
from tfcheck.report.cause_text import Detail
from tfcheck.report.json import encode
from tfcheck.report.map_json import map_json
from tfcheck.report.map_text import map_text
from tfcheck.vocabulary.access import AccessChange, RoleSwitch
from tfcheck.vocabulary.finding import Evidence, EvidenceKind, Report, Verdict


@cache
def of(case: str) -> tuple[Report, tuple[TaskNode, ...]]:
    found = Case(TESTDATA / case)
    plan = found.plan()
    report = check(plan, found.sources(plan))
    return report, access_map(report)


def ends(task: TaskNode) -> dict[str, tuple[str | None, str | None]]:
    """Return the policy and the statement that each action ends at."""
    return {
        call.action: (policy.address if policy else None, statement.sid if statement else None)
        for _, policy, statement, call in paths(task)
    }


def test_what_is_granted_is_below_the_statement_that_grants_it() -> None:
    _, (task,) = of("literal-granted")
    assert ends(task)["s3:GetObject"] == ("aws_iam_role_policy.env_file", None)


def test_what_is_missing_is_below_the_statement_that_comes_nearest() -> None:
    (task,) = access_map(samples.BROKEN)
    assert ends(task) == {
        "s3:GetObject": ("aws_iam_role_policy.env_file", "EnvFile"),
        "s3:GetBucketLocation": ("aws_iam_policy.guard", None),
    }
    (broken,) = [call for *_, call in paths(task) if call.broken]
    assert (broken.action, broken.because) == ("s3:GetObject", "resource does not match")


def test_what_no_statement_comes_near_is_below_the_role() -> None:
    _, (task,) = of("literal-missing")
    (role,) = task.roles
    assert [call.action for call in role.unmet] == ["s3:GetObject", "s3:GetBucketLocation"]
    assert {call.because for call in role.unmet} == {"no statement allows it"}


def test_what_is_open_says_what_decides_it() -> None:
    _, (task,) = of("conditional-grant")
    (call,) = [call for *_, call in paths(task) if call.verdict is Verdict.UNKNOWN]
    assert call.because.endswith("aws:SourceVpce")
    assert call.decided_by.startswith("No plan shows this")


def test_two_containers_that_need_the_same_share_a_path() -> None:
    one = samples.allowed()
    other = msgspec.structs.replace(one, requirement=msgspec.structs.replace(one.requirement, pointer="/1"))
    (task,) = access_map(samples.report(one, other))
    ((_, _, _, call),) = paths(task)
    assert call.needs == (one.requirement.id, other.requirement.id)


def test_what_the_change_removes_is_on_the_map() -> None:
    change = AccessChange("aws_iam_role.execution", "sqs:*", "*", "revoked")
    report = msgspec.structs.replace(
        samples.report(samples.allowed()),
        access_changes=(change, msgspec.structs.replace(change, role="aws_iam_role.other")),
        role_switches=(RoleSwitch(samples.TASK, "aws_iam_role.old", "aws_iam_role.execution"),),
    )
    (task,) = access_map(report)
    assert task.former_role == "aws_iam_role.old"
    assert task.roles[0].revoked == (change,)


def test_statements_of_one_policy_are_in_its_order() -> None:
    def answer(number: int) -> Any:
        by = Evidence("aws_iam_role_policy.p", None, "Allow", EvidenceKind.ALLOWS, number=number)
        return msgspec.structs.replace(samples.allowed(samples.need(f"s3:Do{number}")), evidence=(by,))

    (task,) = access_map(samples.report(*map(answer, (3, 1, 2))))
    assert [each.number for each in task.roles[0].policies[0].statements] == [1, 2, 3]


def test_an_inline_policy_of_a_role_is_not_its_trust_policy() -> None:
    _, (task,) = of("wrong-resource-scope")
    kinds = [policy.kind for role in task.roles for policy in role.policies]
    assert kinds == [PolicyOrigin.TRUST, PolicyOrigin.INLINE]


# Instances


def test_instances_that_differ_by_their_keys_are_one_map() -> None:
    _, tasks = of("thirty-services")
    (group,) = folded_maps(tasks)
    assert group.name == "aws_ecs_task_definition.svc[*]"
    assert len(group.tasks) == len(tasks) == 30
    assert group.map.roles[0].address == "aws_iam_role.exec[each.key]"


def test_instances_that_differ_otherwise_keep_their_own_maps() -> None:
    _, tasks = of("near-misses")
    sizes = [len(each.tasks) for each in folded_maps(tasks)]
    assert sum(sizes) == len(tasks)
    assert 1 < len(sizes) < len(tasks)


@given(reports)
@tries(12)
def test_a_map_holds_every_row_once_and_no_name_forges_a_line(report: Report) -> None:
    tasks = access_map(report)
    shown = {need for task in tasks for *_, call in paths(task) for need in call.needs}
    assert shown == {answer.requirement.id for answer in report.answers}
    groups = folded_maps(tasks)
    assert sorted(each for group in groups for each in group.tasks) == sorted(each.address for each in tasks)
    text = map_text("plan", groups, Detail(60, expand=True))
    assert all(char.isprintable() or char == "\n" for char in text)


@given(names)
def test_a_hostile_name_is_only_a_name(name: str) -> None:
    tasks = access_map(hostile(name))
    assert map_text("plan", one_group_per_task(tasks), Detail(80))
    assert len(json.loads(encode(map_json(samples.PLAN, tasks)))["task_definitions"]) == len(tasks)


@pytest.mark.parametrize("width", [60, 100, 200])
def test_it_fits_the_screen_except_for_words_that_are_to_be_copied(width: int) -> None:
    for case in ("twelve-services", "thirty-services", "near-misses", "conditional-grant"):
        report, tasks = of(case)
        for row in map_text(report.plan.path, folded_maps(tasks), Detail(width)).split("\n"):
            assert len(row) <= width or max(map(len, row.split())) > width - 40, row
