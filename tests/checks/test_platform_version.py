"""A Fargate platform version supports what the task asks for."""

from __future__ import annotations

from tests.checks.made_tasks import FILE, SECRET, files, messages, secrets, service
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.checks import platform_version
from tfcheck.symbolic.value import Value


@every_row(
    ("version", "container", "needs"),
    [
        ("1.3.0", files(FILE), ["environment files need 1.4.0"]),
        ("1.4.0", files(FILE), []),
        ("LATEST", files(FILE), []),
        ("1.3.0", secrets(SECRET), []),
        ("1.3.0", secrets(f"{SECRET}:key::"), ["JSON keys and versions of secrets need 1.4.0"]),
        ("1.2.0", secrets(SECRET), ["secrets of Secrets Manager need 1.3.0"]),
        ("1.2.0", secrets("/a"), []),
        ("1.2.0", {"repositoryCredentials": {"credentialsParameter": SECRET}}, []),
        (
            "1.1.0",
            {"repositoryCredentials": {"credentialsParameter": SECRET}},
            ["credentials of private registries need 1.2.0"],
        ),
    ],
)
def test_a_platform_knows_what_a_task_asks_for(version: str, container: dict[str, Value], needs: list[str]) -> None:
    found = messages(platform_version.CHECK, container, world=MadeWorld(service(platform_version=version)))
    assert [each.rpartition("but ")[2] for each in found] == needs


def test_a_schedule_may_be_pinned_too() -> None:
    parameters: Value = {"task_definition_arn": "app", "platform_version": "1.3.0"}
    schedule = MadeResource("aws_scheduler_schedule.nightly", {"target": [{"ecs_parameters": [parameters]}]})
    (found,) = messages(platform_version.CHECK, files(FILE), world=MadeWorld(schedule))
    assert found.startswith("error: aws_scheduler_schedule.nightly runs the task on Fargate platform 1.3.0")
