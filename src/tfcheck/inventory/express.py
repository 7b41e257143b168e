"""Read the container of an ECS Express service, which creates its own task definition.

Follows https://docs.aws.amazon.com/AmazonECS/latest/developerguide/express-service-work.html and
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateExpressGatewayService.html: the tasks run on
Fargate, always write logs, and ECS creates a log group for them where none is named.
"""

from __future__ import annotations

from tfcheck.inventory.world import WorldObject
from tfcheck.resolve.attribute_shapes import LOG_GROUP
from tfcheck.resolve.blocks import only_block
from tfcheck.symbolic.value import Symbol, Unknown, Value, items

EXPRESS_SERVICE = "aws_ecs_express_gateway_service"
#: It is the same need before and after a change, whichever group it is.
_GROUP = Symbol("service", ("log_group",))


def container_of_service(service: WorldObject) -> Value:
    """Return the container in the form of a task definition; None if another resource defines the task."""
    block = only_block(service.attribute("primary_container"))
    if not isinstance(block, dict):
        return block
    # NOTE: the provider's page calls the block `secrets`, but it is `secret`.
    secrets = items(block.get("secret") or block.get("secrets"))
    log = only_block(block.get("aws_logs_configuration"))
    if not log:
        log = {"log_group": Unknown(symbol=_GROUP, reason="ECS names the log group of the service", hole=LOG_GROUP)}
    options: Value = log
    if isinstance(log, dict):
        options = {
            "awslogs-group": log.get("log_group"),
            "awslogs-region": service.surroundings.region,
            "awslogs-stream-prefix": log.get("log_stream_prefix") or "ecs",
        }
    return {
        "name": "Main",
        "image": block.get("image"),
        "environment": block.get("environment"),
        "secrets": secrets if isinstance(secrets, Unknown) else [_rename_members(each) for each in secrets],
        "repositoryCredentials": _rename_members(only_block(block.get("repository_credentials"))),
        "logConfiguration": {"logDriver": "awslogs", "options": options},
    }


def _rename_members(block: Value) -> Value:
    names = {"value_from": "valueFrom", "credentials_parameter": "credentialsParameter"}
    return {names.get(key, key): value for key, value in block.items()} if isinstance(block, dict) else block
