"""What a task needs where an unknown condition decides which containers, files and secrets it has."""

from __future__ import annotations

import pytest

from tests.made_world import MadeResource, MadeWorld
from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.startup import requirements
from tfcheck.symbolic.value import JsonText, OneOf, Value

A: Value = {"type": "s3", "value": "arn:aws:s3:::cfg/a.env"}
B: Value = {"type": "s3", "value": "arn:aws:s3:::cfg/b.env"}
APP: dict[str, Value] = {"name": "app", "environmentFiles": [A]}
SIDECAR: dict[str, Value] = {"name": "log", "environmentFiles": [B]}


def one_of(*values: Value) -> OneOf:
    return OneOf(reason="a condition", values=values)


def files(of: TaskDefinition) -> dict[str, bool]:
    """Return the files that a task needs, each with whether that is in doubt."""
    needs = (each for each in requirements(of, MadeWorld()) if each.action == "s3:GetObject")
    return {f"{each.container} {str(each.resource)[-5]}": bool(each.necessity.doubt) for each in needs}


def with_containers(definitions: Value) -> TaskDefinition:
    shown = MadeResource("aws_ecs_task_definition.app", {"container_definitions": JsonText(definitions)})
    return next(iter(task_definitions(MadeWorld(shown))))


@pytest.mark.parametrize(
    ("definitions", "found"),
    [
        (one_of([APP], [APP, SIDECAR]), {"app a": False, "log b": True}),
        (one_of([SIDECAR, APP], [APP]), {"app a": False, "log b": True}),
        ([APP, one_of(SIDECAR, None)], {"app a": False, "log b": True}),
        ([{"name": "app", "environmentFiles": one_of([A], [B, A])}], {"app a": False, "app b": True}),
        ([{"name": "app", "environmentFiles": one_of([A], None)}], {"app a": True}),
        ([one_of(APP, {**APP, "environmentFiles": [A, B]})], {"app a": False, "app b": True}),
        ([{**APP, "environment": one_of([], [{"name": "A", "value": "1"}])}], {"app a": False}),
        ([{**APP, "image": one_of("nginx:1", "nginx:2")}], {"app a": False}),
    ],
)
def test_what_every_choice_needs_is_certain(definitions: Value, found: dict[str, bool]) -> None:
    assert files(with_containers(definitions)) == found


def test_only_containers_of_every_choice_are_shown_to_checks() -> None:
    found = with_containers(one_of([APP], [APP, SIDECAR]))
    assert [each.name for each in found.containers] == ["app"]
    assert [len(each.containers) for each in found.variants()] == [1, 2]
    assert not found.problem


def test_too_many_choices_are_not_distinguished() -> None:
    options: list[Value] = [{"name": f"c{number}", "environmentFiles": one_of([A], [A, B])} for number in range(6)]
    found = with_containers(options)
    assert found.variants() == (found,)
