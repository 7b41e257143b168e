"""Something creates the log group that a task writes to."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, VIRGINIA, logs, messages, secrets, service
from tests.made_world import ELSEWHERE, HERE, MadeResource, MadeWorld
from tfcheck.checks import log_group_absent, log_region, parameter_region
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Value


def test_a_log_group_is_made_by_someone() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    read = MadeResource("data.aws_cloudwatch_log_group.a", {"name": "/a"})
    later = MadeResource("aws_cloudwatch_log_group.later", {"name": LATER})
    search, container = log_group_absent.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    assert len(messages(search, container)) == 1
    cloud_control, open_name = (
        MadeResource("awscc_logs_log_group.a", {"log_group_name": name}) for name in ("/a", LATER)
    )
    for known in (group, read, later, cloud_control, open_name):
        assert messages(search, container, world=MadeWorld(known)) == []
    assert len(messages(search, logs(awslogs_group="/b"), world=MadeWorld(cloud_control))) == 1
    assert messages(search, logs(awslogs_group="/a", awslogs_create_group="true")) == []
    assert messages(search, logs(awslogs_group="/a", awslogs_create_group=LATER)) == []
    assert messages(search, logs(awslogs_group=LATER)) == []


def test_what_other_stacks_have_counts_where_its_name_means_it() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    found = []
    for around in (HERE, Surroundings("aws", LATER, LATER), VIRGINIA, ELSEWHERE):
        group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, around)
        world = MadeWorld(context=[MadeWorld(group)])
        found.append([bool(messages(each.CHECK, container, world=world)) for each in (log_group_absent, log_region)])
    assert found == [[False, False], [False, False], [False, True], [True, False]]
    for around, count in ((HERE, 0), (VIRGINIA, 1), (ELSEWHERE, 0)):
        parameter = MadeResource("aws_ssm_parameter.a", {"name": "/a"}, around)
        assert (
            len(messages(parameter_region.CHECK, secrets("/a"), world=MadeWorld(context=[MadeWorld(parameter)])))
            == count
        )


class Reading(MadeWorld):
    """A world in which a data source has read the name of a log group."""

    read = ("/a",)


def test_a_log_group_whose_name_was_read_may_exist() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    assert messages(log_group_absent.CHECK, container, world=Reading()) == []
    assert (
        len(messages(log_group_absent.CHECK, logs(awslogs_group="/b", awslogs_region=HERE.region), world=Reading()))
        == 1
    )


def test_a_log_group_of_that_name_in_another_region_was_not_written_to() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    former: dict[str, Value] = {"name": "old", **logs(awslogs_group="/a", awslogs_region="us-east-1")}
    running = MadeResource("aws_ecs_task_definition.old", {"container_definitions": [former]})
    assert len(messages(log_group_absent.CHECK, container, world=MadeWorld(earlier=(running,)))) == 1


def test_a_log_group_that_was_written_to_exists() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    definition: dict[str, Value] = {"container_definitions": [{"name": "old", **container}]}
    running = MadeResource("aws_ecs_task_definition.old", definition)
    assert messages(log_group_absent.CHECK, container, world=MadeWorld(earlier=(running,))) == []


def test_the_proxy_of_service_connect_needs_region_and_group_too() -> None:
    log: dict[str, Value] = {"log_driver": "awslogs", "options": {"awslogs-group": "/proxy"}}
    world = MadeWorld(
        service(service_connect_configuration=[{"enabled": True, "log_configuration": [log]}]), earlier=()
    )
    (found,) = messages(log_region.CHECK, {}, world=world)
    assert found.startswith("error: the log driver of the Service Connect proxy of aws_ecs_service.app has no")
    (found,) = messages(log_group_absent.CHECK, {}, world=world)
    assert "the Service Connect proxy of aws_ecs_service.app logs to `/proxy`" in found
