"""What a change does to tasks that run, and to the access of their roles."""

from __future__ import annotations

import json

import pytest

from tests.cases import TESTDATA, Case, with_plan
from tests.laws import part
from tests.made_world import MadeResource, MadeWorld
from tfcheck import checks
from tfcheck.analysis.check import check
from tfcheck.inventory.ecs import task_definitions
from tfcheck.report.cause_text import Detail
from tfcheck.report.json import json as as_json
from tfcheck.report.reading import read_reports
from tfcheck.report.text import text
from tfcheck.resolve.locations import Locations
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.access import AccessChange, ActionOnResource, RoleSwitch, TaskChange
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report


def report(case: str, plan: str = "plan.json") -> Report:
    return Case(TESTDATA / case).report(plan)


def test_a_change_that_revokes_a_needed_grant_breaks_the_task() -> None:
    found = report("regression-on-update")
    assert found.task_changes == (TaskChange("aws_ecs_task_definition.ledger", "broken"),)
    left = ActionOnResource("s3:GetObject", "arn:aws:s3:::acme-config/ledger/common.env")
    assert found.access_changes == (
        AccessChange("aws_iam_role.execution", "s3:GetObject", "arn:aws:s3:::acme-config/*", "revoked", kept=(left,)),
    )


def test_one_change_may_break_one_and_fix_another() -> None:
    assert {each.task_definition: each.change for each in report("exclusive-lists").task_changes} == {
        'aws_ecs_task_definition.service["jobs"]': "fixed",
        'aws_ecs_task_definition.service["web"]': "broken",
    }


def test_a_new_revision_of_what_a_service_runs_fixes_nothing() -> None:
    found = {each.task_definition: each.change for each in report("services-redeployed").task_changes}
    assert found == {
        f'aws_ecs_task_definition.app["{each}"]': "still_broken"
        for each in ("by-family", "looked-up", "newest", "plain", "unversioned")
    }


def test_nothing_is_reported_as_fixed_where_it_is_open_which_revision_a_service_runs() -> None:
    plan = Case(TESTDATA / "services-redeployed").plan()
    assert {each.change for each in check(plan, None).task_changes} <= {"still_broken"}


def test_access_that_no_task_needs_is_reported_too() -> None:
    found = report("exclusive-managed-policies").access_changes
    assert ("logs:PutLogEvents", "granted") in [(each.action, each.change) for each in found]
    assert ("s3:List*", "revoked") in [(each.action, each.change) for each in found]


def test_a_role_that_moves_keeps_its_access() -> None:
    (lost,) = report("service-moved").access_changes
    assert (lost.action, lost.change) == ("s3:GetBucketLocation", "revoked")


APPLIED = [each for each in with_plan("applied.plan.json") if "/" not in each.name]
#: Cases whose plan after the apply restores what was replaced or overwritten, or removes what something else attached.
RESTORING = (
    *("created-anew", "owners-replaced", "policy-attachment", "role-takes-over-policies", "two-policies-one-name"),
)


@pytest.mark.long
@pytest.mark.parametrize("case", part(APPLIED, 3), ids=repr)
def test_what_changes_nothing_does_nothing(case: Case) -> None:
    found = case.report("applied.plan.json")
    if case.name in RESTORING:
        return
    assert {each.change for each in found.task_changes} <= {"still_broken"}
    assert not FailOptions("info", new_only=True).fail([found])
    if not any(each["change"]["actions"] != ["no-op"] for each in case.changes("applied.plan.json")):
        assert (found.access_changes, found.access_possible, found.access_unknown) == ((), (), ())


@pytest.mark.parametrize(
    "case", ["literal-missing", pytest.param("twelve-services", marks=pytest.mark.long), "service-map"]
)
def test_what_creates_everything_does_nothing_to_what_was_there(case: str) -> None:
    found = report(case)
    assert (found.task_changes, found.role_switches) == ((), ())
    assert {(each.change, each.role_change) for each in found.access_changes} == {("granted", "created")}


def test_all_that_a_change_can_do() -> None:
    found = report("access-changed")
    assert {each.task_definition.split('"')[1]: each.change for each in found.task_changes} == {
        "web": "broken",
        "jobs": "fixed",
        "search": "still_broken",
    }
    search = 'aws_ecs_task_definition.service["search"]'
    assert found.role_switches == (RoleSwitch(search, "aws_iam_role.old", "aws_iam_role.search"),)
    assert found.access_unknown == ()
    guard = "aws_iam_role_policy.web (NotThose) now denies it"
    assert [
        (each.role.removeprefix("aws_iam_role."), each.action, each.resource, each.change, each.because)
        for each in found.access_changes
        if each.role_change is None
    ] == [
        (
            *("jobs", "sqs:ReceiveMessage", "*", "revoked"),
            "now only under the condition StringEquals aws:ResourceAccount",
        ),
        ("jobs", "s3:GetObject", "arn:aws:s3:::acme-config/common/*", "granted", None),
        ("jobs", "s3:GetBucketLocation", "arn:aws:s3:::acme-config", "granted", None),
        (
            *("mail", "ses:SendEmail", "*", "revoked"),
            "the permissions boundary aws_iam_policy.boundary no longer allows it",
        ),
        ("web", "s3:Get*", "arn:aws:s3:::acme-config/*", "revoked", None),
        ("web", "s3:GetObject", "arn:aws:s3:::acme-config/web/*", "revoked", guard),
        ("web", "s3:GetObjectVersion", "arn:aws:s3:::acme-config/web/*", "revoked", guard),
    ]
    assert [(each.role, each.role_change) for each in found.access_changes if each.role_change] == [
        ("aws_iam_role.search", "created"),
        ("aws_iam_role.old", "deleted"),
    ]


def test_a_task_breaks_by_what_it_needs_more_and_by_what_is_taken_from_what_it_needs() -> None:
    found = report("needs-changed")
    changes = {each.task_definition.split(".")[1]: each.change for each in found.task_changes}
    assert (changes.pop("first"), changes.pop("more")) == ("fixed", "still_broken")
    broken = {"image", "moved", "trusted", "logs", "renamed", "maker", "token", "file", "bucket", "key"}
    assert changes == dict.fromkeys(broken, "broken")
    assert {each.task_definition.split(".")[1] for each in found.findings} == {*broken, "more"}
    assert {each.change for each in found.findings if "module.more." not in each.task_definition} == {"introduced"}


def test_what_is_missing_besides_what_was_missing_is_distinguished() -> None:
    found = [each for each in report("needs-changed").findings if "module.more." in each.task_definition]
    missing = {each.change: [answer.requirement.shown_resource for answer in each.answers] for each in found}
    store = "arn:aws:secretsmanager:ap-northeast-1:123456789012:secret"
    assert missing == {"introduced": [f"{store}:queue-AbCdEf"], "existing": [f"{store}:db-AbCdEf"]}


def test_what_was_optional_before_the_change_was_not_broken_before() -> None:
    (maker,) = (each for each in report("needs-changed").findings if "module.maker." in each.task_definition)
    (answer,) = maker.answers
    assert (answer.requirement.action, answer.before, maker.change) == ("logs:CreateLogGroup", None, "introduced")


def test_what_may_change_is_reported_of_roles_that_are_seen_in_part() -> None:
    found = report("seen-in-part")
    assert (found.access_changes, found.task_changes) == ((), ())
    named, shared = "arn:aws:iam::123456789012:role/named-execution", "data.aws_iam_role.shared"
    narrowed = 'aws_iam_role.based["narrowed"]'
    assert [(each.role, each.action, each.resource, each.change) for each in found.access_possible] == [
        (narrowed, "s3:GetObject", "*", "revoked"),
        (narrowed, "s3:GetBucketLocation", "*", "revoked"),
        (named, "s3:GetObject", "arn:aws:s3:::acme-config/named/*", "granted"),
        (shared, "sqs:SendMessage", "*", "revoked"),
    ]
    reasons = {each.role: each.reason for each in found.access_unknown}
    assert reasons[narrowed] == "policy arn:aws:iam::123456789012:policy/company, which is not in the plan"
    assert reasons[named] == reasons[shared]
    assert reasons[shared].startswith("the role is not managed in this plan")
    assert set(reasons) == {narrowed, named, shared}
    shown = text(found)
    assert "  may grant     s3:GetObject on arn:aws:s3:::acme-config/named/* to\n" in shown
    assert f"  may revoke    sqs:SendMessage on * from {shared}\n" in shown


class Nowhere(Locations):
    """No sources are at hand."""

    def __init__(self) -> None: ...

    def of_address(self, address: Address, attribute: str = "") -> None: ...


def test_a_mistake_that_weighs_more_than_before_is_not_the_old_one() -> None:
    def windows(*launch: Value) -> MadeResource:
        files: list[Value] = [{"type": "s3", "value": "arn:aws:s3:::cfg/web/prod.env"}]
        return MadeResource(
            "aws_ecs_task_definition.app",
            {
                "container_definitions": [{"name": "app", "image": "nginx", "environmentFiles": files}],
                "runtime_platform": [{"operating_system_family": "WINDOWS_SERVER_2022_CORE"}],
                "requires_compatibilities": list(launch),
            },
        )

    def change(before: MadeResource, after: MadeResource) -> list[tuple[str, str | None]]:
        world = MadeWorld(after, earlier=[before])
        found = checks.findings(task_definitions(world), world, Nowhere())
        return [(each.severity.value, each.change) for each in found if each.rule == "env-file-windows"]

    assert change(windows("EC2"), windows("FARGATE")) == [("error", "introduced")]
    assert change(windows("FARGATE"), windows("FARGATE")) == [("error", "existing")]
    assert change(windows("FARGATE"), windows("EC2")) == [("warning", "existing")]


def test_what_is_broken_comes_first_on_the_screen() -> None:
    shown = text(report("exclusive-lists")).split("\n")
    assert shown[2] == 'This change breaks aws_ecs_task_definition.service["web"]'
    after = shown[shown.index("This change") :]
    assert after[1] == '  fixes         aws_ecs_task_definition.service["jobs"]'
    assert any(line.startswith("  revokes       s3:GetObject on arn:aws:s3:::acme-config from") for line in after)
    quiet = text(report("exclusive-lists"), Detail(quiet=True)).split("\n")
    assert quiet[2] == shown[2]
    assert "This change" not in quiet


def test_json_holds_it_and_is_read_again() -> None:
    found = report("exclusive-lists")
    written = as_json(found)
    assert {each["change"] for each in json.loads(written)["task_changes"]} == {"broken", "fixed"}
    (again,) = read_reports(written.encode(), "report.json")
    assert (again.task_changes, again.access_changes) == (found.task_changes, found.access_changes)
    everything = report("access-changed")
    (again,) = read_reports(as_json(everything).encode(), "report.json")
    assert (again.role_switches, again.access_changes) == (everything.role_switches, everything.access_changes)
    in_part = report("seen-in-part")
    (again,) = read_reports(as_json(in_part).encode(), "report.json")
    assert (again.access_possible, again.access_unknown) == (in_part.access_possible, in_part.access_unknown)
