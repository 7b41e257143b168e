"""Which cluster container instances join is read from their user data."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

import pytest

from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.hcl.modules.sources import from_directory
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.startup.instance_roles import ClusterInstances, instances_of_cluster
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import parse

CLUSTER = change("aws_ecs_cluster.main", name="main", after={"name": "main", "id": "c", "arn": "c"}, before={})
SERVICE = change("aws_ecs_service.app", name="app", after={"cluster": "main", "launch_type": "EC2"}, before={})


def instance(user_data: Any) -> dict[str, Any]:
    return change("aws_instance.i", "create", name="i", after={"user_data": user_data})


def found(*rows: dict[str, Any]) -> ClusterInstances:
    world = After(Resolver(plan(CLUSTER, SERVICE, *rows)))
    (service,) = world.resources("aws_ecs_service")
    return instances_of_cluster(service, world)


@every_row(
    ("user_data", "joins"),
    [
        ("echo ECS_CLUSTER=main >> /etc/ecs/ecs.config", True),
        (base64.b64encode(b"ECS_CLUSTER='main'\n").decode(), True),
        ("ECS_CLUSTER = arn:aws:ecs:eu-west-1:111122223333:cluster/main", True),
        ("[settings.ecs]\n# ECS_CLUSTER=maintenance\n", False),
        ('[settings.ecs]\ncluster = "main"\n', True),
        ("Initialize-ECSAgent -Cluster main -EnableTaskIAMRole", True),
        ("ECS_CLUSTER=other", False),
        ("#!/bin/bash", False),
        ("", False),
        (None, False),
    ],
)
def test_an_instance_joins_the_cluster_of_its_user_data(user_data: Value, joins: bool) -> None:
    got = found(instance(user_data))
    assert (bool(got.launching), got.unknown) == (joins, "")


def test_a_spot_instance_joins_like_another() -> None:
    row = change("aws_spot_instance_request.i", "create", name="i", after={"user_data": "ECS_CLUSTER=main"})
    assert [str(each.address) for each in found(row).launching] == ["aws_spot_instance_request.i"]


@pytest.mark.parametrize(
    "row",
    [
        change("aws_instance.i", "create", name="i", after={}, after_unknown={"user_data": True}),
        instance(hashlib.sha1(b"anything").hexdigest()),
        change("aws_spot_fleet_request.f", "create", name="f", after={}),
    ],
)
def test_what_may_join_leaves_it_open(row: dict[str, Any]) -> None:
    assert found(row).unknown


def test_the_capacity_providers_of_a_cluster_are_in_it() -> None:
    attached = {"cluster_name": "main", "capacity_providers": ["FARGATE", "own"]}
    row = change("aws_ecs_cluster_capacity_providers.main", "create", name="main", after=attached)
    assert found(row).providers == (("own", None),)
    waiting = {"cluster_name": "main"}
    row = change("aws_ecs_cluster_capacity_providers.main", "create", name="main", after=waiting,
                 after_unknown={"capacity_providers": True})  # fmt: skip
    assert found(row).unknown == "its capacity providers"


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("mount ${aws_efs_file_system.d.id}\\nECS_CLUSTER=main\\n", (True, "")),
        ("mount ${aws_efs_file_system.d.id}\\nECS_CLUSTER=other\\n", (False, "")),
        # What is not known may be the name of the cluster, or any text.
        ("ECS_CLUSTER=${aws_efs_file_system.d.id}", None),
        ("${aws_efs_file_system.d.dns_name}\\nECS_CLUSTER=other", None),
    ],
)
@pytest.mark.parametrize("encoded", [True, False])
def test_what_is_not_known_of_user_data_need_not_name_a_cluster(
    tmp_path: Path, written: str, expected: tuple[bool, str] | None, encoded: bool
) -> None:
    text = f'base64encode("{written}")' if encoded else f'"{written}"'
    declared = f'resource "aws_efs_file_system" "d" {{\n}}\nresource "aws_instance" "i" {{\n  user_data = {text}\n}}\n'
    (tmp_path / "main.tf").write_text(declared)
    unknown = {"id": True, "dns_name": True}
    disk = change("aws_efs_file_system.d", "create", name="d", after={}, after_unknown=unknown)
    row = change("aws_instance.i", "create", name="i", after={}, after_unknown={"user_data": True})
    world = After(Resolver(plan(CLUSTER, SERVICE, disk, row), from_directory(tmp_path)))
    got = instances_of_cluster(world.resources("aws_ecs_service")[0], world)
    if expected is None:
        assert got.unknown
    else:
        assert (bool(got.launching), got.unknown) == expected


@pytest.mark.parametrize("text", ["ECS_CLUSTER=main", "ECS_CLUSTER=other"])
def test_a_hash_is_the_text_of_the_sources_only_if_it_is_its_hash(tmp_path: Path, text: str) -> None:
    (tmp_path / "main.tf").write_text('resource "aws_instance" "i" {\n  user_data = "ECS_CLUSTER=main"\n}\n')
    planned = hashlib.sha1(text.encode()).hexdigest()
    resolver = Resolver(plan(instance(planned)), from_directory(tmp_path))
    assert resolver.attribute(parse("aws_instance.i"), "user_data") == (text if "main" in text else planned)
