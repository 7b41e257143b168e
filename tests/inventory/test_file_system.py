from __future__ import annotations

import pytest

from tests.made_world import HERE, OPEN, MadeResource, MadeWorld, reference
from tfcheck.inventory.named_objects import access_point_arn, file_system_arn, file_system_of
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import TextLike, Unknown, display

ARN = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
POINT = "arn:aws:elasticfilesystem:eu-west-1:111122223333:access-point/fsap-1"
MADE = MadeResource(
    "aws_efs_file_system.made", {each: reference("aws_efs_file_system.made", each) for each in ("arn", "id")}
)
KNOWN = MadeResource("aws_efs_file_system.known", {"id": "fs-1", "arn": ARN})


def test_a_file_system_id_is_in_the_region_and_account_of_the_task() -> None:
    assert file_system_arn("fs-1", HERE, MadeWorld()) == ARN
    assert access_point_arn("fsap-1", HERE, MadeWorld()) == POINT
    china = file_system_arn("fs-1", Surroundings("aws-cn", "cn-north-1", "111122223333"), MadeWorld())
    assert china == "arn:aws-cn:elasticfilesystem:cn-north-1:111122223333:file-system/fs-1"


@pytest.mark.parametrize("attribute", ["id", "arn"])
def test_a_reference_to_a_file_system_is_resolved_to_its_arn(attribute: str) -> None:
    named = reference("aws_efs_file_system.made", attribute)
    assert file_system_arn(named, HERE, MadeWorld(MADE, KNOWN)) == MADE.attributes["arn"]


def test_a_data_source_shows_the_account_that_the_provider_does_not() -> None:
    data = MadeResource("data.aws_efs_file_system.shared", {"id": "fs-1", "arn": ARN})
    assert file_system_arn("fs-1", OPEN, MadeWorld(data)) == ARN
    assert "account_id" in display(file_system_arn("fs-2", OPEN, MadeWorld(data)))


@pytest.mark.parametrize("arn", [ARN, reference("aws_efs_file_system.known", "arn", ARN)])
def test_an_arn_names_a_file_system_of_the_plan(arn: TextLike) -> None:
    subject = file_system_of(arn, MadeWorld(KNOWN))
    assert (subject.resource, subject.names) == (KNOWN, ("fs-1", "fs-1"))


def test_the_id_of_a_file_system_outside_the_plan_is_known() -> None:
    subject = file_system_of(ARN, MadeWorld(MADE))
    assert (subject.resource, subject.names) == (None, ("fs-1",))
    assert file_system_of(Unknown(), MadeWorld(MADE)).names == ()
