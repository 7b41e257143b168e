"""A service waits for the grants that its tasks need."""

from __future__ import annotations

import json

from tests.cases import TESTDATA, Case
from tests.checks.made_tasks import SECRET, found_in, secrets, service
from tests.made_world import MadeResource, MadeWorld, reference
from tfcheck.checks import deploy_order
from tfcheck.inventory.ecs import task_definitions
from tfcheck.resolve.order import FinishedBefore
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address

FILE_SYSTEMS = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system"


def policy_text(**statement: object) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


TRUST = policy_text(Effect="Allow", Action="sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"})
READ = policy_text(Effect="Allow", Action="*", Resource="*")
ROLE = MadeResource(
    "aws_iam_role.r", {"name": "r", "arn": "arn:aws:iam::111122223333:role/execution", "assume_role_policy": TRUST}
)

POLICY = MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "r", "policy": READ})
READING = MadeResource(
    "aws_ecs_task_definition.app",
    {"execution_role_arn": ROLE.attributes["arn"], "container_definitions": [{"name": "app", **secrets(SECRET)}]},
)


class Ordered(MadeWorld):
    """A world whose service waits for these."""

    waits: frozenset[str] = frozenset()
    open = False
    more: frozenset[str] | None = None

    def earlier(self, address: Address) -> FinishedBefore:
        return FinishedBefore(self.waits, self.open, more=self.more)


def ordered(
    *waits: str, is_open: bool = False, more: frozenset[str] | None = None, earlier: tuple[MadeResource, ...] = ()
) -> list[str]:
    world = Ordered(service(), ROLE, POLICY, READING, earlier=earlier)
    world.waits, world.open, world.more = frozenset(waits), is_open, more
    (found,) = task_definitions(world)
    return [each.severity.value for each in deploy_order.CHECK.search(found, world)]


def test_a_service_waits_for_what_its_tasks_need() -> None:
    assert ordered() == ["warning"]
    assert ordered("aws_iam_role_policy.p") == []
    assert ordered(is_open=True) == []
    assert ordered(is_open=True, more=frozenset([POLICY.address.config])) == []
    assert len(ordered(is_open=True, more=frozenset(["aws_vpc.main"]))) == 1


def test_it_waits_for_no_grant_of_something_else() -> None:
    queue = policy_text(Effect="Allow", Action="sqs:*", Resource="*")
    other = MadeResource("aws_iam_role_policy.queue", {"name": "queue", "role": "r", "policy": queue})
    managed = MadeResource("aws_iam_policy.read", {"arn": "arn:aws:iam::111122223333:policy/read", "policy": READ})
    foreign, attached = (
        MadeResource(f"aws_iam_role_policy_attachment.{name}", {"role": "r", "policy_arn": arn})
        for name, arn in (("far", "arn:aws:iam::444455556666:policy/far"), ("read", managed.attributes["arn"]))
    )
    world = Ordered(service(), ROLE, other, managed, foreign, attached, READING, earlier=())
    (found,) = task_definitions(world)
    assert [each.about for each in deploy_order.CHECK.search(found, world)] == ["aws_iam_role_policy_attachment.read"]


def test_a_service_without_a_count_starts_no_tasks() -> None:
    """The provider's default for `desired_count` is 0."""

    def found(**attributes: Value) -> list[str]:
        world = Ordered(service(**attributes), ROLE, POLICY, READING, earlier=())
        (task,) = task_definitions(world)
        return [each.severity.value for each in deploy_order.CHECK.search(task, world)]

    assert found(desired_count=None) == found(desired_count=0) == []
    assert found(desired_count=None, scheduling_strategy="DAEMON") == ["warning"]


def test_a_task_set_waits_for_what_its_tasks_need() -> None:
    def found(*waits: str, count: Value = 1, **scale: Value) -> list[str]:
        owner = MadeResource("aws_ecs_service.app", {"desired_count": count})
        named: dict[str, Value] = {
            "service": reference("aws_ecs_service.app", "id"),
            "task_definition": reference("aws_ecs_task_definition.app", "arn"),
            "scale": [scale] if scale else None,
        }
        world = Ordered(owner, MadeResource("aws_ecs_task_set.blue", named), ROLE, POLICY, READING, earlier=())
        world.waits = frozenset(waits)
        (task,) = task_definitions(world)
        return [each.advice for each in deploy_order.CHECK.search(task, world)]

    assert found(value=100) == ["let aws_ecs_task_set.blue wait for what its tasks need: write into the task set"]
    assert found("aws_iam_role_policy.p", value=100) == []
    assert found() == found(value=0) == found(value=100, count=0) == []


def test_only_its_authors_can_write_into_a_module_from_elsewhere() -> None:
    inside = MadeResource("module.registry.aws_ecs_service.app", service().attributes)
    policy = MadeResource("module.registry.aws_iam_role_policy.p", POLICY.attributes)
    for late, words in (
        (policy, "write into the service, which only the authors of module.registry can change"),
        (POLICY, "write into the call of module.registry"),
    ):
        (found,) = task_definitions(world := Ordered(inside, ROLE, late, READING, earlier=()))
        (mistake,) = deploy_order.CHECK.search(found, world)
        assert mistake.advice.endswith(words)


def test_what_was_there_before_needs_no_waiting() -> None:
    assert ordered(earlier=(POLICY,)) == []
    assert ordered(earlier=(service(),)) == []


def test_a_new_policy_of_a_role_that_was_there_is_late_as_well() -> None:
    assert ordered(earlier=(ROLE,)) == ["warning"]


def test_a_policy_that_allowed_it_before_may_change_at_any_time() -> None:
    wider, narrower = (
        MadeResource("aws_iam_role_policy.p", {**POLICY.attributes, "policy": policy_text(**statement)})
        for statement in (
            {"Sid": "A", "Effect": "Allow", "Action": "*", "Resource": "*"},
            {"Effect": "Allow", "Action": "s3:*", "Resource": "*"},
        )
    )
    assert ordered(earlier=(ROLE, wider)) == []
    assert ordered(earlier=(ROLE, narrower)) == ["warning"]


def test_a_running_service_starts_tasks_when_it_is_given_a_new_revision() -> None:
    older = service(task_definition="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:1")
    assert ordered(earlier=(ROLE, older)) == ["warning"]


def mounting(*waits: str, action: str = "elasticfilesystem:*") -> list[str]:
    """Return what is late for a service whose task role mounts a file system that refuses everybody else."""
    refused = {"Bool": {"aws:SecureTransport": "false"}}
    deny: Value = policy_text(Effect="Deny", Principal="*", Action="*", Resource="*", Condition=refused)
    system: dict[str, Value] = {"file_system_id": "fs-1", "transit_encryption": "ENABLED", "root_directory": "/"}
    volume: Value = [{**system, "authorization_config": [{"iam": "ENABLED", "access_point_id": ""}]}]
    task_role = "arn:aws:iam::111122223333:role/task"
    definition: dict[str, Value] = {
        "task_role_arn": task_role,
        "execution_role_arn": ROLE.attributes["arn"],
        "container_definitions": [{"name": "app"}],
        "volume": [{"name": "data", "efs_volume_configuration": volume}],
    }
    allow = policy_text(Effect="Allow", Action=action, Resource="*")
    world = Ordered(
        MadeResource("aws_efs_file_system.fs", {"id": "fs-1", "arn": f"{FILE_SYSTEMS}/fs-1"}),
        MadeResource("aws_efs_file_system_policy.fs", {"file_system_id": "fs-1", "policy": deny}),
        MadeResource("aws_iam_role.task", {"name": "task", "arn": task_role}),
        MadeResource("aws_iam_role_policy.task", {"name": "p", "role": "task", "policy": allow}),
        MadeResource("aws_ecs_task_definition.app", definition),
        service(),
        ROLE,
        POLICY,
        earlier=(),
    )
    world.waits = frozenset(("aws_iam_role_policy.p", *waits))
    (found,) = task_definitions(world)
    return [str(each.about) for each in deploy_order.CHECK.search(found, world)]


def test_a_service_waits_for_the_policy_by_which_the_task_role_mounts_a_volume() -> None:
    assert mounting() == ["aws_iam_role_policy.task"]
    assert mounting("aws_iam_role_policy.task") == []
    assert mounting(action="s3:*") == []


def test_a_grant_that_waits_for_more_than_the_service_is_a_warning() -> None:
    (late,) = (each for each in found_in("twelve-services") if each.rule == "deploy-order")
    assert late.severity.value == "warning"
    assert late.address == "aws_ecs_service.jobs"
    assert late.explanation == (
        "aws_iam_role_policy.jobs also waits for aws_sqs_queue.jobs, which the service does not",
    )


def test_what_is_late_is_fixed_where_it_can_be_named() -> None:
    late = [each for each in found_in("late-for-services") if each.rule == "deploy-order"]
    assert {each.severity.value for each in late} == {"warning"}
    assert [(each.address, each.fix.title if each.fix else "") for each in late] == [
        ("aws_ecs_service.hasty", "let aws_ecs_service.hasty wait for aws_iam_role_policy.running"),
        ("module.file.aws_ecs_service.this", "let the call of module.file wait for aws_s3_object.web"),
        (
            "module.slow.aws_ecs_service.this",
            "let the call of module.slow wait for aws_secretsmanager_secret_version.slow",
        ),
        ("module.writes.aws_ecs_service.this", "let the call of module.writes wait for aws_cloudwatch_log_group.web"),
    ]


def test_a_new_role_takes_a_moment_to_be_known() -> None:
    def notes_on_consistency(case: str, name: str = "plan.json") -> int:
        return sum("eventually consistent" in each for each in Case(TESTDATA / case).report(name).notes)

    assert notes_on_consistency("twelve-services") == 1
    assert notes_on_consistency("twelve-services", "applied.plan.json") == 0
    assert notes_on_consistency("literal-granted") == 0


def test_what_exists_is_not_missed_and_what_comes_late_is_named() -> None:
    found = {each.rule: each.message for each in found_in("what-exists")}
    assert 'does not wait for aws_ssm_parameter.mode["hasty"]' in found["deploy-order"]
    assert "is read from aws_secretsmanager_secret.bare, which has no value" in found["secret-value"]
