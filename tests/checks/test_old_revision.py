"""A service that stays on an old revision keeps what that revision needs."""

from __future__ import annotations

import json

from tests.checks.made_tasks import FILE, LATER, VIRGINIA, files, found_in, logs, service
from tests.made_world import HERE, MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.checks import old_revision
from tfcheck.inventory.ecs import task_definitions
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Value

ARN = "arn:aws:ecs:eu-west-1:111122223333:task-definition/app"
ROLE = "arn:aws:iam::111122223333:role/execution"
TRUST = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}


def revision(
    number: Value, *container: dict[str, Value], created: bool = False, address: str = "aws_ecs_task_definition.app"
) -> MadeResource:
    text = json.dumps([{"name": "app", "image": "nginx", **each} for each in container])
    arn: Value = LATER if created else f"{ARN}:{number}"
    known: dict[str, Value] = {"family": "app", "requires_compatibilities": ["FARGATE"], "execution_role_arn": ROLE}
    own: dict[str, Value] = {"revision": number, "arn": arn, "id": LATER if created else "app"}
    return MadeResource(address, {**known, **own, "container_definitions": text})


def role(*actions: str) -> tuple[MadeResource, MadeResource]:
    trust, statement = ({"Version": "2012-10-17", "Statement": each} for each in (TRUST, _statement(actions)))
    named: dict[str, Value] = {"arn": ROLE, "name": "execution", "id": "execution"}
    return (
        MadeResource("aws_iam_role.execution", {**named, "assume_role_policy": json.dumps(trust)}),
        MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "execution", "policy": json.dumps(statement)}),
    )


def _statement(actions: tuple[str, ...]) -> dict[str, object]:
    return {"Effect": "Allow", "Action": list(actions), "Resource": "*"}


BEFORE = (*role("s3:*"), revision(1, files(FILE)))


def revoked(
    *now: MadeResource,
    runs: Value = f"{ARN}:1",
    around: Surroundings = HERE,
    earlier: tuple[MadeResource, ...] = BEFORE,
) -> list[str]:
    running = MadeResource("aws_ecs_service.app", service(task_definition=runs).attributes, around)
    world = MadeWorld(*now, running, earlier=(*earlier, running))
    (task,) = task_definitions(world)
    return [str(each.about) for each in old_revision.CHECK.search(task, world)]


NEXT = revision(LATER, {}, created=True)
LOST = [f"s3:GetObject on {FILE}"]


@every_row(
    ("runs", "expected"),
    [
        (f"{ARN}:1", LOST),
        ("app:1", LOST),
        ("app:7", []),
        ("app", []),
        (ARN, []),
        ("other:1", []),
        (LATER, []),
        (None, []),
    ],
)
def test_a_service_that_definitely_stays_on_the_old_revision(runs: Value, expected: list[str]) -> None:
    assert revoked(*role("logs:*"), NEXT, runs=runs) == expected


def test_only_what_the_change_revokes_counts() -> None:
    assert revoked(*role("s3:*"), NEXT) == []
    assert revoked(*role("s3:GetObject"), NEXT) == []  # to locate the bucket is optional
    assert revoked(*role("logs:*"), NEXT, earlier=(*role("logs:*"), revision(1, files(FILE)))) == []


def test_what_the_new_revision_needs_as_well_is_reported_for_that() -> None:
    assert revoked(*role("logs:*"), revision(LATER, files(FILE), created=True)) == []


def test_a_revision_that_is_not_replaced_has_nothing_that_is_old() -> None:
    assert revoked(*role("logs:*"), revision(1, files(FILE))) == []


def test_the_old_revision_may_have_been_at_another_address() -> None:
    old = revision(1, files(FILE), address="aws_ecs_task_definition.former")
    assert revoked(*role("logs:*"), NEXT, earlier=(*role("s3:*"), old)) == LOST
    both = (*role("logs:*"), NEXT, old)
    running = service(task_definition=f"{ARN}:1")
    world = MadeWorld(*both, running, earlier=(*role("s3:*"), old, running))
    assert [each for task in task_definitions(world) for each in old_revision.CHECK.search(task, world)] == []


def test_a_service_in_another_region_runs_another_revision() -> None:
    assert revoked(*role("logs:*"), NEXT, runs="app:1", around=VIRGINIA) == []


@every_row(
    ("runs", "earlier", "noted"),
    [
        (f"{ARN}:57", f"{ARN}:57", True),
        ("app:57", "app:57", True),
        ("app:57", "app:56", False),  # the number of the new revision is not known
        (f"{ARN}:1", f"{ARN}:1", False),
        ("other:57", "other:57", False),
        ("app", "app", False),
        (LATER, LATER, False),
    ],
)
def test_of_a_revision_that_a_pipeline_registered_nothing_is_known(runs: Value, earlier: Value, *, noted: bool) -> None:
    now, before = service(task_definition=runs), service(task_definition=earlier)
    world = MadeWorld(*role("s3:*"), NEXT, now, earlier=(*BEFORE, before))
    notes = list(old_revision.notes(task_definitions(world), world))
    assert [each.partition(" that is not")[0] for each in notes] == (
        ["aws_ecs_service.app runs a revision of aws_ecs_task_definition.app"] if noted else []
    )


def test_a_service_without_tasks_is_warned_about() -> None:
    def severities(**attributes: Value) -> list[str]:
        running = service(task_definition=f"{ARN}:1", **attributes)
        world = MadeWorld(*role("logs:*"), NEXT, running, earlier=(*BEFORE, running))
        (task,) = task_definitions(world)
        return [each.severity.value for each in old_revision.CHECK.search(task, world)]

    assert severities(desired_count=0) == severities(desired_count=None) == ["warning"]
    assert severities(desired_count=0, scheduling_strategy="DAEMON") == severities(desired_count=LATER) == ["error"]


def machine(*names: str) -> MadeResource:
    states = {
        name: {"Resource": "arn:aws:states:::ecs:runTask", "Parameters": {"TaskDefinition": name}} for name in names
    }
    return MadeResource("aws_sfn_state_machine.app", {"definition": json.dumps({"States": states})})


def target(name: Value) -> MadeResource:
    return MadeResource("aws_cloudwatch_event_target.app", {"ecs_target": [{"task_definition_arn": name}]})


@every_row(
    ("run", "old", "is_found"),
    [
        (target(f"{ARN}:1"), {}, True),
        (machine("app:1", f"{ARN}:1"), {}, True),
        (target(f"{ARN}:1"), {"skip_destroy": True}, False),
        (target(f"{ARN}:2"), {}, False),
        (target(ARN), {}, False),
        (target(LATER), {}, False),
        (MadeResource("aws_ecs_task_set.app", {"task_definition": f"{ARN}:1"}), {}, False),
    ],
)
def test_nothing_starts_a_deregistered_revision(run: MadeResource, old: dict[str, Value], *, is_found: bool) -> None:
    former = revision(1, {})
    former.attributes.update(old)
    world = MadeWorld(*role("logs:*"), NEXT, run, earlier=(*role("logs:*"), former, run))
    (task,) = task_definitions(world)
    found = [each.message for each in old_revision.CHECK.search(task, world)]
    starts = (
        f"{run.address} starts tasks of the old revision of aws_ecs_task_definition.app, which this plan deregisters"
    )
    assert found == ([starts] if is_found else [])


def test_what_only_the_old_revision_needs_is_not_deleted() -> None:
    def group(name: str) -> MadeResource:
        return MadeResource(f"aws_cloudwatch_log_group.{name}", {"name": name, "id": name})

    def lost(*now: MadeResource, new: dict[str, Value]) -> list[str]:
        before = (*role("logs:*"), revision(1, _logging_to("old")), group("old"), group("new"))
        return revoked(*role("logs:*"), revision(LATER, new, created=True), *now, earlier=before)

    assert lost(group("new"), new=_logging_to("new")) == ["aws_cloudwatch_log_group.old"]
    assert lost(group("old"), new=_logging_to("old")) == []
    assert lost(group("new"), new=_logging_to("old")) == []  # reported for the new revision


def _logging_to(group: str) -> dict[str, Value]:
    return logs(awslogs_group=group, awslogs_region="eu-west-1", awslogs_stream_prefix="app")


def test_it_is_found_without_a_new_revision_in_a_real_plan() -> None:
    found = [(each.severity.value, each.change, each.message) for each in found_in("definitions-deleted")]
    task, service = "aws_ecs_task_definition.app", "aws_ecs_service.app"
    assert found == [
        (
            "error",
            "introduced",
            f'aws_cloudwatch_event_target.nightly["batch"] starts tasks of the last revision of {task}["batch"], which '
            "this plan deregisters",
        ),
        (
            "error",
            "introduced",
            f'{service}["mail"] stays on the last revision of {task}["mail"], from which this plan revokes '
            "s3:GetObject on arn:aws:s3:::releases/mail.env",
        ),
        (
            "error",
            "introduced",
            f'{service}["web"] stays on the last revision of {task}["web"]: container `app` needs '
            'aws_cloudwatch_log_group.app["web"], which this plan deletes',
        ),
    ]
    assert found_in("definitions-deleted", "applied.plan.json") == []


def test_it_is_found_in_a_real_plan() -> None:
    by_address = {str(each.address): each for each in found_in("revision-stays")}
    assert {address: each.severity.value for address, each in by_address.items()} == {
        'aws_ecs_service.deployed["web"]': "error",
        'aws_ecs_service.deployed["batch"]': "warning",
        "aws_cloudwatch_event_target.jobs": "error",
    }
    found = by_address['aws_ecs_service.deployed["web"]']
    assert (found.rule, found.severity.value, found.change) == ("old-revision", "error", "introduced")
    assert found.message == (
        'aws_ecs_service.deployed["web"] stays on the old revision of aws_ecs_task_definition.app["web"], from which '
        "this plan revokes s3:GetObject on arn:aws:s3:::releases/old/web.env"
    )
    assert found_in("revision-stays", "applied.plan.json") == []
