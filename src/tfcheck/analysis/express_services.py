"""List ECS Express services as skipped: each has a task definition of its own, which no plan shows.

See https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_CreateExpressGatewayService.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.world import World
from tfcheck.vocabulary.finding import Skipped

_TYPE = "aws_ecs_express_gateway_service"


def skipped_services(world: World) -> Iterator[Skipped]:
    """Yield every ECS Express service."""
    for service in world.resources(_TYPE):
        yield Skipped(str(service.address), "what the tasks of an ECS Express service need is not checked")
