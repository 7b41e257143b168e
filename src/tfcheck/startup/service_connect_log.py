"""Write the logs of the Service Connect proxy.

ECS adds a proxy to the tasks of a service with Service Connect. Its `log_configuration` works like that of a container:
with the `awslogs` driver, the task's *execution* role needs `logs:CreateLogStream` and `logs:PutLogEvents` on the
streams of the group, and it must be allowed to read what `secret_option` names.

Write into a policy of the execution role:

    {
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = "${aws_cloudwatch_log_group.proxy.arn}:*"
    },

See https://docs.aws.amazon.com/AmazonECS/latest/developerguide/service-connect-envoy-access-logs.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import TaskDefinition, member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import blocks_or_unknown
from tfcheck.startup.awslogs_calls import STREAM_REFUSED, STREAM_REFUSED_ON_INSTANCES, log_calls
from tfcheck.startup.awslogs_options import log_configuration, logging_services
from tfcheck.startup.launch import doubt_requirement, requirements_of_launch, runs
from tfcheck.startup.rule import Rule, TaskPlace
from tfcheck.startup.source import require_value
from tfcheck.symbolic.symbol import Named, Symbol
from tfcheck.symbolic.value import NAME, Unknown, Value, text
from tfcheck.vocabulary.finding import Requirement

ID = "service-connect-log"
_POINTER = "/serviceConnectConfiguration/logConfiguration"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Yield the permissions to write the proxy's logs for every service that may use Service Connect."""
    found = runs(task, world)
    for service in logging_services(found.definite, world):
        yield from _needs(task, service, world)
    for service in logging_services(found.possible, world):
        for need in _needs(task, service, world):
            yield doubt_requirement(need, f"whether {service.address} runs it")


def _needs(task: TaskDefinition, service: WorldObject, world: World) -> Iterator[Requirement]:
    log = log_configuration(service)
    cause = f"Service Connect proxy of {service.address}"
    for place, value in proxy_options(task, service):
        yield from require_value(ID, place, value, service.surroundings, world)
    proxy = Unknown(symbol=Symbol(Named("proxy"), ("name",)), reason="ECS names the proxy", hole=NAME)
    middle = text(["/", proxy, "/"])
    driver, options = member(log, "log_driver"), member(log, "options")
    written = log_calls(ID, TaskPlace(task, None, _POINTER, cause), driver, options, middle, world)
    yield from requirements_of_launch(written, task, world)


def proxy_options(task: TaskDefinition, service: WorldObject) -> Iterator[tuple[TaskPlace, Value]]:
    """Yield every `value_from` of the log driver of a service's proxy."""
    options = blocks_or_unknown(member(log_configuration(service), "secret_option"))
    for index, option in enumerate(options):
        value = member(option, "value_from")
        if value is not None:
            cause = f"Service Connect proxy of {service.address}"
            yield TaskPlace(task, None, f"{_POINTER}/secretOptions/{index}", cause), value


RULE = Rule(
    id=ID,
    title="logs of the Service Connect proxy",
    manual=__doc__,
    derive=_derive,
    symptoms=STREAM_REFUSED,
    on_instances=STREAM_REFUSED_ON_INSTANCES,
)
