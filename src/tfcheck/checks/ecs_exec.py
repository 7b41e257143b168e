"""Allow the task role what ECS Exec needs.

With `enable_execute_command = true`, commands can be run in the containers of a service. ECS starts an agent in each
container for this, which opens channels to Session Manager with the *task* role, never with the execution role. The
role needs four `ssmmessages` actions, which can only be granted on `*`. Without them, tasks still start, but `aws ecs
execute-command` fails with `TargetNotConnectedException`. On Fargate, ECS rejects a service whose task definition has
no task role.

Write into a policy of the task role:

    {
      Effect = "Allow"
      Action = [
        "ssmmessages:CreateControlChannel",
        "ssmmessages:CreateDataChannel",
        "ssmmessages:OpenControlChannel",
        "ssmmessages:OpenDataChannel",
      ]
      Resource = "*"
    },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/ecs-exec.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, WorldObject
from tfcheck.startup.capacity import launch_types
from tfcheck.startup.launch import runs
from tfcheck.startup.rule import TaskPlace
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity, Verdict

ID = "ecs-exec"
ACTIONS = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
_REFUSED = (
    "InvalidParameterException: The service couldn't be created because a valid taskRoleArn is not being used. "
    "Specify a valid task role in your task definition and try again."
)


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    for service in runs(task, world).definite.where(_enables_exec, world):
        if task.task_role in (None, ""):
            # On EC2 the role of the container instance may be used.
            if "FARGATE" in launch_types(service, world) or task.on_fargate:
                yield Misconfiguration(
                    f"{service.address} enables ECS Exec, "
                    "which ECS refuses because the task definition has no task role",
                    Severity.ERROR,
                    about=str(service.address),
                    symptom=_REFUSED,
                    argument="task_role_arn",
                )
        else:
            yield from _missing_permissions(service, task, world)


def _enables_exec(run: WorldObject, _: World) -> bool:
    return run.address.type == "aws_ecs_service" and run.attribute("enable_execute_command") is True


def _missing_permissions(service: WorldObject, task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    judge = world.once(Judge)
    missing = [each for each in _calls(task, RoleKind.TASK) if judge.verdict(each, task) is Verdict.DENIED]
    if missing:
        actions = [each.action for each in missing]
        role = judge.judge(missing[0], task).role
        listed = "\n".join(f'    "{each}",' for each in actions)
        yield Misconfiguration(
            f"{service.address} enables ECS Exec, but the task role {role} is not allowed {join_names(actions)}",
            Severity.INFO,
            about=" ".join(actions),
            explanation=tuple(_explanation(actions, task, judge)),
            address=str(service.address),
            argument="enable_execute_command",
            advice=f"grant the missing actions to the task role {role}",
            hcl=f'{{\n  Effect   = "Allow"\n  Action   = [\n{listed}\n  ]\n  Resource = "*"\n}}',
        )


def _explanation(actions: list[str], task: TaskDefinition, judge: Judge) -> Iterator[str]:
    yield "the tasks start, but no commands can be run in their containers"
    granted = [each for each in _calls(task, RoleKind.EXECUTION) if each.action in actions]
    if all(judge.verdict(each, task) is Verdict.ALLOWED for each in granted):
        role = judge.judge(granted[0], task).role
        yield f"the execution role {role} is allowed this, but ECS Exec never uses that role: move the statement"


def _calls(task: TaskDefinition, role_kind: RoleKind) -> list[Requirement]:
    place = TaskPlace(task, None, "/taskRoleArn", "ECS Exec", role_kind)
    return [place.require(ID, action, "*", Severity.INFO) for action in ACTIONS]


CHECK = Check(ID, "missing permissions for ECS Exec", __doc__, _search)
