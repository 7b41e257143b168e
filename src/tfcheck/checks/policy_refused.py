"""Write policies that AWS accepts.

IAM rejects a policy that breaks its grammar, and the apply fails with `MalformedPolicyDocument`: a `Resource` that is
the name of a bucket or secret instead of its ARN, an `Action` without a service, a `Version` other than the two that
exist, a statement without an `Effect`. The plan succeeds nevertheless, because the provider checks only that the policy
is JSON.

Refer to each resource by its `arn`, and write each action as `service:Name`.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.mistake import Check, Misconfiguration
from tfcheck.inventory.change import is_written
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World
from tfcheck.role import Roles
from tfcheck.vocabulary.address import address_in
from tfcheck.vocabulary.finding import Severity

_WHICH = {"assume_role_policy": "the trust policy of ", "inline_policy": "an inline policy of "}


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    roles = (world.once(Roles).of(each) for each in (task.execution_role, task.task_role))
    for argument, policy in dict.fromkeys(each for role in roles if role is not None for each in role.refused):
        if _is_written(policy.name, argument, world):
            yield Misconfiguration(
                f"AWS refuses {_WHICH.get(argument, '')}{policy.name}: {policy.invalid}",
                Severity.ERROR,
                about=policy.name,
                explanation=("the apply fails with `MalformedPolicyDocument`",),
                address=policy.name,
                argument=argument,
            )


def _is_written(name: str, argument: str, world: World) -> bool:
    """Whether the change writes a policy; AWS has accepted the others already."""
    address = address_in(name)
    known = world.resources(address.type) if address is not None else ()
    found = next((each for each in known if each.address == address), None)
    return found is not None and is_written(found, (argument,), world)


CHECK = Check("policy-refused", "policies that AWS rejects", __doc__, _search)
