"""Find the resources of another stack that are older copies of this plan's own.

A state of a stack beside a plan of it still lists what the plan changes or takes away. The names that AWS knows show
what is the same: the type, the `id`, or what newer types have in its place, and an ARN where there is one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator

from tfcheck.plan import Plan
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address

#: Types that decide whether a task starts, by their beginning; of no other type a copy matters.
_DECIDING = (
    "aws_iam_",
    "aws_s3_",
    "aws_kms_",
    "aws_secretsmanager_",
    "aws_ssm_",
    "aws_ecr_",
    "aws_efs_",
    "aws_cloudwatch_",
)
#: What is attached to roles is compared by the role and its account, whatever attaches it: `tfcheck.role.other_stacks`.
_ATTACHED = ("aws_iam_role_policy",)
_NAMES = ("id", "role_name", "bucket", "arn")

Identity = tuple[str, str, str]


def held(plan: Plan, types: Collection[str]) -> frozenset[Identity]:
    """Name what a plan decides: all of these types that existed before its change."""
    rows = ((each.address.type, each.before) for each in plan.instances(*_shared(plan, types)))
    return frozenset(found for kind, values in rows for found in _identity(kind, values))


def copies(plan: Plan, held: Collection[Identity]) -> Iterator[Address]:
    """Return the addresses in the plan of another stack, or in its state read as one, of what others decide.

    That it is so before the change or after it is enough: it is the same.
    """
    for each in plan.instances(*_shared(plan, {kind for kind, _, _ in held})):
        kind = each.address.type
        if any(found in held for values in (each.after, each.before) for found in _identity(kind, values)):
            yield each.address


def made_again(plan: Plan, state: Plan) -> int:
    """Count what a plan is to make and a state has already: at the same address, by the same name."""
    made = [each for each in plan.instances(*_shared(plan, state.types())) if not each.exists_before]
    pairs = ((each.after, state.instance(str(each.address))) for each in made)
    return sum(_named_alike(after, there.after) for after, there in pairs if there is not None)


def _named_alike(one: dict[str, Value] | None, other: dict[str, Value] | None) -> bool:
    names = [(one.get(each), other.get(each)) for each in ("name", "bucket")] if one and other else []
    return any(isinstance(ours, str) and ours and ours == theirs for ours, theirs in names)


def _shared(plan: Plan, types: Collection[str]) -> list[str]:
    found = (each for each in plan.types() if each in types and each.startswith(_DECIDING))
    return [each for each in found if each not in _ATTACHED]


def _identity(kind: str, values: dict[str, Value] | None) -> Iterator[Identity]:
    if not values:
        return
    known = next((found for each in _NAMES if isinstance(found := values.get(each), str) and found), None)
    arn = values.get("arn")
    if known is not None:
        yield kind, known, arn if isinstance(arn, str) else ""
