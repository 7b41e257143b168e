"""Name the service that is allowed to assume a role, not everyone.

A trust policy with `Principal: "*"` or `{"AWS": "*"}` and no condition lets every user and role in every AWS account
assume the role and use its permissions. It does not help tasks: ECS needs its own service to be named.

Write `Principal = { Service = "ecs-tasks.amazonaws.com" }`.

See https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.checks.misconfiguration import Check, Misconfiguration
from tfcheck.iam import Effect, Policy, Statement
from tfcheck.iam.action import names
from tfcheck.inventory.ecs import TaskDefinition
from tfcheck.inventory.world import World, found_once
from tfcheck.role import Roles
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Severity


def _search(task: TaskDefinition, world: World) -> Iterator[Misconfiguration]:
    found: dict[str, str] = {}
    for kind, reference in (("execution", task.execution_role), ("task", task.task_role)):
        role = world.once(Roles).of(reference)
        if role is not None and role.managed and role.label is not None and _is_for_anyone(role.trust.policy, world):
            found.setdefault(role.label, kind)
    for label, kind in found.items():
        yield Misconfiguration(
            f"the trust policy of the {kind} role {label} lets anyone in any AWS account assume it",
            Severity.WARNING,
            about=label,
            address=label,
            argument="assume_role_policy",
        )


def _is_for_anyone(trust: Policy | None, world: World) -> bool:
    """Whether a statement definitely admits everyone and no Deny, known or unknown, limits that."""
    if trust is None or trust.invalid is not None:
        return False

    def find() -> bool:
        is_limited = any(each.effect is not Effect.ALLOW for each in trust.statements)
        return not is_limited and any(map(_allows_anyone, trust.statements))

    return found_once(world, (_is_for_anyone, id(trust)), find)


def _allows_anyone(statement: Statement) -> bool:
    principals = statement.principals
    if principals is None or principals.negated or statement.conditions:
        return False
    assumes = names(statement.actions, "sts:assumerole") is Truth.TRUE
    return assumes and any(kind == "*" for kind, _ in principals.entries)


CHECK = Check("role-for-anyone", "roles that anyone can assume", __doc__, _search)
