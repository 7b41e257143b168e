"""The knowledge about a recognised text of ECS."""

from __future__ import annotations

from collections.abc import Mapping
from enum import Enum
from functools import partial

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
    RUNNING = "the containers or what they run on, not IAM"


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


def _texts(
    cause: StopCause,
    patterns: str | Mapping[str, str],
    meaning: str,
    rules: str = "",
    actions: str = "",
    read_by: str = "",
) -> tuple[KnownText, ...]:
    """Return the texts of one meaning: a pattern for both launch types, or the pattern of each place."""
    by_place = {BOTH: patterns} if isinstance(patterns, str) else patterns
    return tuple(
        KnownText(pattern, where, cause, meaning, tuple(rules.split()), tuple(actions.split()), read_by)
        for where, pattern in by_place.items()
    )


deployer = partial(_texts, StopCause.DEPLOYER)
limit = partial(_texts, StopCause.LIMIT)
mistake = partial(_texts, StopCause.MISTAKE)
network = partial(_texts, StopCause.NETWORK)
no_role = partial(_texts, StopCause.NO_ROLE)
permission = partial(_texts, StopCause.PERMISSION)
running = partial(_texts, StopCause.RUNNING)
task_permission = partial(_texts, StopCause.TASK_PERMISSION)
trust = partial(_texts, StopCause.TRUST)
