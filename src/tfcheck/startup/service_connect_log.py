"""Write the logs of the Service Connect proxy.

ECS adds a proxy to the tasks of a service with Service Connect. Its `log_configuration` is served like that of a
container: with the `awslogs` driver the task's *execution* role needs `logs:CreateLogStream` and `logs:PutLogEvents` on
the streams of the group, and what `secret_option` names must be readable.

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

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Requirement
from tfcheck.startup.awslogs import log_calls
from tfcheck.startup.launch import instance_role_serves, services
from tfcheck.startup.nested import blocks, only
from tfcheck.startup.place import Place
from tfcheck.startup.rule import Rule
from tfcheck.startup.source import sources
from tfcheck.startup.value_from import needs
from tfcheck.value import NAME, Symbol, Unknown, text
from tfcheck.world import Thing, World

ID = "service-connect-log"


def _derive(task: TaskDefinition, world: World) -> Iterator[Requirement]:
    """Need to write the proxy's logs, for every service that runs the task definition with Service Connect."""
    for service in services(task, world):
        yield from _needs(task, service, world)


def _needs(task: TaskDefinition, service: Thing, world: World) -> Iterator[Requirement]:
    connect = only(service.attribute("service_connect_configuration")) or {}
    log = only(connect.get("log_configuration"))
    if log is None:
        return
    pointer = "/serviceConnectConfiguration/logConfiguration"
    cause = f"Service Connect proxy of {service.address}"
    for index, option in enumerate(blocks(log.get("secret_option"))):
        place = Place(task, None, f"{pointer}/secretOptions/{index}", cause)
        for source in sources(option.get("value_from"), service.surroundings, world):
            yield needs(ID, place, source)
    if not instance_role_serves(task, world):
        proxy = Unknown(symbol=Symbol("proxy", ("name",)), reason="ECS names the proxy", hole=NAME)
        middle = text(["/", proxy, "/"])
        yield from log_calls(
            ID, Place(task, None, pointer, cause), log.get("log_driver"), log.get("options"), middle, world
        )


RULE = Rule(
    id=ID,
    title="logs of the Service Connect proxy",
    manual=__doc__,
    derive=_derive,
    symptoms={
        "logs:CreateLogStream": (
            "ResourceInitializationError: failed to validate logger args: create stream has been retried 1 times: "
            "failed to create Cloudwatch log stream: AccessDeniedException"
        ),
    },
)
