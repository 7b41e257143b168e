"""What is a rule: something ECS does before a task runs, and the permissions it needs for that?"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

import msgspec

from tfcheck.ecs import TaskDefinition
from tfcheck.finding import Requirement
from tfcheck.world import World

Derive: TypeAlias = Callable[[TaskDefinition, World], Iterator[Requirement]]


class Rule(msgspec.Struct, frozen=True):
    """A source of requirements.

    `manual` is the rule's page: what ECS does, what goes wrong, what to write. `symptoms` gives for each IAM action the
    text that ECS shows when it is missing.
    """

    id: str
    title: str
    manual: str
    derive: Derive
    symptoms: dict[str, str]
