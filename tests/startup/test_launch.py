"""Which services run a task definition, and on what: this decides which role pulls images and writes logs."""

from __future__ import annotations

import pytest

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tests.startup.needs import ECR, LATER, needs
from tests.symbols import symbol
from tfcheck.inventory.ecs import task_definitions
from tfcheck.startup import image
from tfcheck.startup.launch import possible_services, services
from tfcheck.symbolic import limits
from tfcheck.symbolic.symbol import Result, Symbol
from tfcheck.symbolic.value import Text, Truth, Unknown, Value, text
from tfcheck.vocabulary.finding import RoleKind


@pytest.mark.parametrize(
    "service",
    [{"launch_type": "FARGATE"}, {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]}],
)
def test_a_service_on_fargate_makes_the_execution_role_pull(service: dict[str, Value]) -> None:
    of = task({"image": ECR}, requires_compatibilities=[], execution_role_arn=None)
    runs = MadeResource("aws_ecs_service.app", {"task_definition": "app", **service})
    assert {each.role_kind for each in needs(image.RULE, of, MadeWorld(runs))} == {RoleKind.EXECUTION}
    other = MadeResource("aws_ecs_service.app", {"task_definition": "other", **service})
    assert {each.role_kind for each in needs(image.RULE, of, MadeWorld(other))} == {RoleKind.INSTANCE}


FITTING: dict[str, Value] = {
    "network_mode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "requires_compatibilities": [],
    "execution_role_arn": None,
}


@every_row(
    ("attributes", "service", "asked"),
    [
        ({}, None, "perhaps"),
        ({"network_mode": "bridge"}, None, "no"),
        ({"cpu": None}, None, "no"),
        ({"requires_compatibilities": ["EC2"]}, None, "no"),
        ({}, {"launch_type": "EC2"}, "no"),
        ({}, {"launch_type": "FARGATE"}, "yes"),
        ({}, {}, "perhaps"),  # the default of the cluster decides
        ({}, {"capacity_provider_strategy": [{"capacity_provider": "spot-instances"}]}, "no"),
        ({}, {"capacity_provider_strategy": [{"capacity_provider": LATER}]}, "perhaps"),
        ({}, {"launch_type": "EC2", "task_definition": LATER}, "perhaps"),
    ],
)
def test_it_is_open_who_pulls_where_nothing_shows_on_what_tasks_run(
    attributes: dict[str, Value], service: dict[str, Value] | None, asked: str
) -> None:
    of = task({"image": ECR}, around=HERE, **{**FITTING, **attributes})
    runs = [] if service is None else [MadeResource("aws_ecs_service.app", {"task_definition": "app", **service})]
    found = needs(image.RULE, of, MadeWorld(*runs))
    doubt = "whether its tasks run on Fargate, which the plan does not show"
    kind = RoleKind.INSTANCE if asked == "no" else RoleKind.EXECUTION
    assert {(each.role_kind, each.necessity.doubt) for each in found} == {(kind, doubt if asked == "perhaps" else "")}


NEWEST = symbol("aws_ecs_task_definition.app", ("revision",))
REVISION = Unknown(symbol=NEWEST)
GREATEST = Unknown(symbol=Symbol(Result("max", frozenset({1, NEWEST}))))
OTHERS = Unknown(symbol=Symbol(Result("max", frozenset({NEWEST, symbol("aws_ecs_task_definition.b", ("revision",))}))))
WITHOUT = reference(
    "aws_ecs_task_definition.app", "arn_without_revision", "arn:aws:ecs:eu-west-1:111122223333:task-definition/app"
)
OWN: dict[str, Value] = {
    "revision": REVISION,
    "arn_without_revision": WITHOUT,
    "arn": Unknown(
        symbol=symbol("aws_ecs_task_definition.app", ("arn",)),
        shape=Text(("arn:aws:ecs:eu-west-1:111122223333:task-definition/app:", REVISION)),
    ),
}


@every_row(
    ("named", "truth"),
    [
        (reference("aws_ecs_task_definition.app", "arn"), Truth.TRUE),
        ("app", Truth.TRUE),
        (text(["app:", REVISION]), Truth.TRUE),
        (text(["app:", GREATEST]), Truth.TRUE),
        (text([WITHOUT, ":", GREATEST]), Truth.TRUE),
        (text(["app:", OTHERS]), Truth.UNKNOWN),
        (text(["app:", LATER]), Truth.UNKNOWN),
        ("app:7", Truth.UNKNOWN),  # what is assigned may be 7
        (LATER, Truth.UNKNOWN),
        (text(["apps:", REVISION]), Truth.FALSE),
        ("apps", Truth.FALSE),
        (reference("aws_ecs_task_definition.b", "arn"), Truth.FALSE),
        (None, Truth.FALSE),
    ],
)
def test_a_service_shows_what_it_runs(named: Value, truth: Truth) -> None:
    app = MadeResource("aws_ecs_task_definition.app", {"family": "app", **OWN, "container_definitions": []})
    b = MadeResource("aws_ecs_task_definition.b", {"family": "b", "revision": LATER, "container_definitions": []})
    world = MadeWorld(app, b, MadeResource("aws_ecs_service.app", {"task_definition": named}))
    of = task_definitions(world)[0]
    assert bool(services(of, world)) is (truth is Truth.TRUE)
    assert bool(possible_services(of, world)) is (truth is Truth.UNKNOWN)


def test_a_family_is_that_of_its_own_region() -> None:
    of = task({}, around=HERE)
    world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": "app"}, around=ELSEWHERE))
    assert not services(of, world)
    assert not possible_services(of, world)
    world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": "app"}, around=OPEN))
    assert not services(of, world)
    assert possible_services(of, world)


def test_a_known_revision_is_not_another_one() -> None:
    of = task({}, revision=7, arn="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:7")
    for named, runs in (("app:7", True), ("app:6", False)):
        world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": named}))
        assert bool(services(of, world)) is runs
        assert not possible_services(of, world)


def test_beyond_the_limit_anything_may_run_a_task_definition() -> None:
    of = task({}, revision=LATER)
    found = tuple(
        MadeResource(f"aws_ecs_service.{family}", {"task_definition": f"{family}:6"}) for family in ("app", "other")
    )
    assert possible_services(of, MadeWorld(*found)) == found[:1]
    with limits.limit_steps():
        limits.take(limits.STEPS)
        assert possible_services(of, MadeWorld(*found)) == found


def test_a_new_revision_of_one_definition_is_not_that_of_another() -> None:
    family: dict[str, Value] = {"family": "app", "container_definitions": []}
    addresses = ("aws_ecs_task_definition.a", "aws_ecs_task_definition.b")
    numbers = [Unknown(symbol=symbol(each, ("revision",))) for each in addresses]
    made = [MadeResource(each, {**family, "revision": own}) for each, own in zip(addresses, numbers, strict=True)]
    service = MadeResource("aws_ecs_service.app", {"task_definition": text(["app:", numbers[0]])})
    world = MadeWorld(*made, service)
    a, b = task_definitions(world)
    assert services(a, world) == (service,)
    assert not services(b, world)
    assert not possible_services(b, world)
