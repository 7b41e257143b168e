"""Check that a report says where ECS acts with a role that is not checked."""

from __future__ import annotations

from tests.checks.made_tasks import LATER
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.startup.infrastructure_role import notes
from tfcheck.symbolic.value import Value

EBS: dict[str, Value] = {"name": "data", "managed_ebs_volume": [{"role_arn": "arn:aws:iam::111122223333:role/ecs"}]}
VOLUMES = "not checked: the infrastructure role with which ECS attaches EBS volumes to tasks of"
CERTIFICATES = "not checked: the infrastructure role with which ECS issues certificates for tasks of"


@every_row(
    ("attributes", "expected"),
    [
        ({}, []),
        ({"volume_configuration": []}, []),
        ({"volume_configuration": [EBS]}, [VOLUMES]),
        ({"volume_configuration": LATER}, []),
        ({"service_connect_configuration": [{"enabled": True, "service": [{"port_name": "http"}]}]}, []),
        ({"service_connect_configuration": [{"service": [{"tls": [{"role_arn": "r"}]}]}]}, [CERTIFICATES]),
        (
            {"volume_configuration": [EBS], "service_connect_configuration": [{"service": [{"tls": [{}]}]}]},
            [VOLUMES, CERTIFICATES],
        ),
    ],
)
def test_services_with_an_infrastructure_role_are_named(attributes: dict[str, Value], expected: list[str]) -> None:
    service = MadeResource("aws_ecs_service.app", attributes)
    assert list(notes(MadeWorld(service))) == [f"{each} aws_ecs_service.app" for each in expected]


def test_many_services_are_counted() -> None:
    services = [MadeResource(f"aws_ecs_service.s{each}", {"volume_configuration": [EBS]}) for each in range(5)]
    (note,) = notes(MadeWorld(*services))
    assert note.endswith("aws_ecs_service.s0, aws_ecs_service.s1, aws_ecs_service.s2 and 2 more")
