"""Find the services for which ECS acts with an infrastructure role, which is not checked.

With this role ECS attaches EBS volumes to tasks, and issues certificates for Service Connect. It is neither the
execution role nor the task role. ECS refuses a service whose infrastructure role it cannot assume, so that the apply
fails; which calls it makes later, and with which condition keys, AWS does not document. Follows
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/infrastructure_IAM_role.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.inventory.ecs import member
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve.blocks import blocks
from tfcheck.vocabulary.clipping import few


def notes(world: World) -> Iterator[str]:
    """Yield a note for each purpose of infrastructure roles that are not checked, with the services."""
    services = world.resources("aws_ecs_service")
    for purpose, is_used in (("attaches EBS volumes to", _has_volumes), ("issues certificates for", _has_certificates)):
        names = [str(each.address) for each in services if is_used(each)]
        if names:
            yield f"not checked: the infrastructure role with which ECS {purpose} tasks of {few(names)}"


def _has_volumes(service: WorldObject) -> bool:
    listed = blocks(service.attribute("volume_configuration"))
    return any(blocks(member(each, "managed_ebs_volume")) for each in listed)


def _has_certificates(service: WorldObject) -> bool:
    connections = blocks(service.attribute("service_connect_configuration"))
    services = (one for each in connections for one in blocks(member(each, "service")))
    return any(blocks(member(each, "tls")) for each in services)
