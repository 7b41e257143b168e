"""A check, and the misconfiguration that it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.symbolic.sensitive_text import SENSITIVE
from tfcheck.symbolic.value import Value, display
from tfcheck.vocabulary.finding import Severity


class Misconfiguration(msgspec.Struct, frozen=True):
    """What is definitely wrong in a task definition, or in an object that belongs to it.

    `about` identifies it at a place: the same before and after a change is one misconfiguration. `address` is the
    resource to fix if it is not the task definition, `argument` its wrong argument. `advice` is what to do where it is
    not the same for every violation of the rule, and `hcl` the replacement, if it is known.
    """

    message: str
    severity: Severity
    container: str | None = None
    about: Value = None
    explanation: tuple[str, ...] = ()
    symptom: str = ""
    address: str | None = None
    argument: str = "container_definitions"
    advice: str = ""
    hcl: str = ""


Search: TypeAlias = Callable[[TaskDefinition, World], Iterator[Misconfiguration]]


class Check(msgspec.Struct, frozen=True):
    """An ECS rule. `manual` is its page; `search` yields definite violations only.

    With `of_deleted`, `search` is also for task definitions that the change deletes.
    """

    id: str
    title: str
    manual: str
    search: Search
    of_deleted: bool = False


def quote_value(task: TaskDefinition, value: Value) -> str:
    """Return a value of the container definitions in quotes, unless the plan marks them as sensitive."""
    return SENSITIVE if task.sensitive else f"`{display(value)}`"
