"""The proxy of Service Connect writes logs as well."""

from __future__ import annotations

from tests.made_world import MadeResource, MadeWorld, reference, task
from tests.startup.needs import AWSLOGS, SECRET, STREAM, needs, rows
from tfcheck.startup import service_connect_log
from tfcheck.symbolic.value import Value


def test_the_proxy_of_service_connect_logs_too() -> None:
    log: dict[str, Value] = {
        "log_driver": "awslogs",
        "options": AWSLOGS,
        "secret_option": [{"name": "x", "value_from": SECRET}],
    }
    attributes: dict[str, Value] = {
        "task_definition": reference("aws_ecs_task_definition.app", "arn"),
        "service_connect_configuration": [{"enabled": True, "log_configuration": [log]}],
    }
    world = MadeWorld(MadeResource("aws_ecs_service.app", attributes))
    pointer = "/serviceConnectConfiguration/logConfiguration"
    stream = STREAM + "p/${proxy.name}/${task.id}"
    assert rows(service_connect_log.RULE, task({}), world) == [
        (f"{pointer}/secretOptions/0", "secretsmanager:GetSecretValue", SECRET, "error"),
        (pointer, "logs:CreateLogStream", stream, "error"),
        (pointer, "logs:PutLogEvents", stream, "warning"),
    ]
    assert {each.container for each in needs(service_connect_log.RULE, task({}), world)} == {None}
