"""Write to the log group of the `awslogs` driver.

Before a container starts, its log driver creates a stream in the log group with the task's *execution* role or, on EC2
without one, with the role of the container instance. The role needs `logs:CreateLogStream` and `logs:PutLogEvents` on
the streams of the group, so the statement must name the ARN of the group followed by `:*`. With `awslogs-create-group`
it also needs `logs:CreateLogGroup`. Without that option, the group must exist.

Without the permissions, tasks stop with `ResourceInitializationError: failed to validate logger args`.

Attach the policy `service-role/AmazonECSTaskExecutionRolePolicy`, or write into a policy of the execution role:

    {
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.web.arn}:*"
    },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/using_awslogs.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World
from tfcheck.startup.awslogs_calls import STREAM_REFUSED, STREAM_REFUSED_ON_INSTANCES, log_calls
from tfcheck.startup.launch import requirements_of_launch
from tfcheck.startup.rule import Rule, container_place
from tfcheck.symbolic.value import text
from tfcheck.vocabulary.finding import Requirement

ID = "log-group"


def log_requirements(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to write the logs of every container with the `awslogs` driver, regardless of the role."""
    for container in task.containers:
        configuration = container.member("logConfiguration")
        if configuration is not None:
            place = container_place(task, container, "/logConfiguration", "log driver")
            driver, options = member(configuration, "logDriver"), member(configuration, "options")
            yield from log_calls(ID, place, driver, options, text(["/", container.written_name, "/"]), world)


RULE = Rule(
    id=ID,
    title="log groups in CloudWatch Logs",
    manual=__doc__,
    derive=lambda task, world: requirements_of_launch(log_requirements(task, world), task, world),
    symptoms=STREAM_REFUSED
    | {
        "logs:CreateLogGroup": (
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "failed to create Cloudwatch log group: AccessDeniedException"
        )
    },
    on_instances=STREAM_REFUSED_ON_INSTANCES,
    without_role=("Fargate requires task definition to have execution role ARN to support log driver awslogs.", ""),
)
