"""The name of a parameter means the region of the task."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, VIRGINIA, messages, secrets
from tests.made_world import MadeResource, MadeWorld
from tfcheck.checks import parameter_region
from tfcheck.resolve.surroundings import Surroundings


def test_a_name_means_a_parameter_of_the_task_s_region() -> None:
    far = MadeResource("aws_ssm_parameter.far", {"name": "/a"}, VIRGINIA)
    near = MadeResource("aws_ssm_parameter.near", {"name": "/a"})
    lost = MadeResource("aws_ssm_parameter.lost", {"name": "/a"}, Surroundings("aws", LATER, "111122223333"))
    assert len(messages(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far))) == 1
    assert messages(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far, near)) == []
    assert messages(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far, lost)) == []
    assert messages(parameter_region.CHECK, secrets("/a")) == []
