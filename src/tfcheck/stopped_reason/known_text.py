"""The knowledge about a recognised text of ECS."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from enum import Enum
from typing import Any

import msgspec


class StopCause(Enum):
    """What to look at; the value is the wording in a report."""

    PERMISSION = "a permission of the execution role"
    TASK_PERMISSION = "a permission of the task role"
    NO_ROLE = "the task definition has no execution role"
    TRUST = "the trust policy of a role"
    DEPLOYER = "a permission of whoever deploys, not of the task"
    NETWORK = "the network, not IAM"
    MISTAKE = "the task definition, or something that it names"
    LIMIT = "a limit on calls, not IAM"
    REFUSED = "a permission of the role that was refused"
    OTHER_CALL = "who made this call: ECS does not"


FARGATE, EC2, BOTH, API = "on Fargate", "on EC2", "on Fargate and EC2", "when it is registered or deployed"


class KnownText(msgspec.Struct, frozen=True):
    """A known text: a pattern for its fixed part, where it appears, and what it means.

    `rules` are the ids of tfcheck's rules about it, `actions` the IAM actions that may be missing. `read_by` is the
    action that reads what is encrypted, where the text is about a key.
    """

    pattern: str
    where: str
    cause: StopCause
    meaning: str
    rules: tuple[str, ...] = ()
    actions: tuple[str, ...] = ()
    read_by: str = ""


def known_texts(places: Iterable[tuple[str, str]], *meaning: Any) -> Iterator[KnownText]:
    """Yield the known texts of one cause: pairs of a pattern and the place where it appears."""
    return (KnownText(pattern, where, *meaning) for pattern, where in places)
