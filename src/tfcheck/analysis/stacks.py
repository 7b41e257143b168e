"""Decide what each plan of a run sees of the other stacks.

All plans of the call see each other and the context. Where two of them show the same resource, a plan counts before a
state, and the first of several files before the others.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.symbolic.value import Value

if TYPE_CHECKING:
    from tfcheck.analysis.inputs import PlanInput
    from tfcheck.inventory.other_stack import Stack
    from tfcheck.plan import Plan
    from tfcheck.vocabulary.address import Address


class StackView(msgspec.Struct, frozen=True):
    """What one plan sees of the other stacks, and notes on the stacks that repeat what others decide."""

    stacks: tuple[Stack, ...] = ()
    notes: tuple[str, ...] = ()


class OtherStacks:
    """The stacks of one run."""

    def __init__(
        self,
        plans: Sequence[PlanInput],
        context: Sequence[PlanInput],
        files: Sequence[str],
        workspace: str | None = None,
        account: str | None = None,
    ) -> None:
        """Build from the checked plans, the other stacks, and the files of both.

        `workspace` and `account` are those of the plans that are checked.
        """
        self._stacks: list[Stack] = []
        self._states: list[Stack] = []
        self._views: dict[str, StackView] = {}
        if len(plans) + len(context) < 2:
            return
        names = short_names(files)
        rows = [(each, True) for each in plans] + [(each, False) for each in context]
        for each, checked in sorted(rows, key=lambda row: row[0].is_state):
            file, mark, number = each.plan.label.rpartition("#")
            name = names.get(each.plan.label) or f"{names.get(file, file)}{mark}{number}"
            assumptions = (workspace, account) if checked else (None, None)
            self._stacks.append(each.stack(name, *assumptions, changes=checked))
        states = {each.plan.label for each, _ in rows if each.is_state}
        self._states = [each for each in self._stacks if each.plan.label in states]
        for stack in self._stacks:
            stack.link(self._stacks)

    def view(self, plan: Plan) -> StackView:
        """Return what a plan sees of all other stacks, without objects that it, or an earlier stack, decides."""
        others = [each for each in self._stacks if each.plan.label != plan.label]
        if not others:
            return StackView()
        if plan.label not in self._views:
            repeated: list[frozenset[Address]] = []
            first = [plan]
            for stack in others:
                known = [identity for each in first for identity in held_identities(each, stack.plan.types())]
                repeated.append(frozenset(copies(stack.plan, frozenset(known))))
                first.append(stack.plan)
            stacks = others
            if any(repeated):
                stacks = [stack.without(each) for stack, each in zip(others, repeated, strict=True)]
                own = [each for each in self._stacks if each.plan.label == plan.label]
                for stack in stacks:
                    stack.link([*own, *stacks])
            notes = [
                f"{stack.name} contains {_resource_count(len(each))} that a plan or an earlier file also contains; "
                "that one is used"
                for stack, each in zip(stacks, repeated, strict=True)
                if each
            ]
            self._views[plan.label] = StackView(tuple(stacks), (*notes, *self._outdated_plans(plan)))
        return self._views[plan.label]

    def _outdated_plans(self, plan: Plan) -> Iterator[str]:
        """Yield notes on the plans that would create what a state already has."""
        for stack in (each for each in self._stacks if each not in self._states):
            name = f"`{plan.label}`" if stack.plan.label == plan.label else stack.name
            for state in self._states:
                if count := count_recreated(stack.plan, state.plan):
                    yield (
                        f"{name} creates {_resource_count(count)} that {state.name} already contains: the plan looks "
                        "out of date; run `terraform plan` again"
                    )


def _resource_count(count: int) -> str:
    return "a resource" if count == 1 else f"{count:,} resources"


def short_names(files: Sequence[str]) -> dict[str, str]:
    """Return a name for each file in reports: the shortest end of its path that is unique."""
    names = {}
    for file in files:
        parts, others = Path(file).parts, [Path(other).parts for other in files if other != file]
        tails = (parts[-count:] for count in range(1, len(parts)))
        found = next((tail for tail in tails if not any(other[-len(tail) :] == tail for other in others)), None)
        names[file] = "/".join(found) if found else file
    return names


#: Prefixes of types that decide whether a task starts; copies of other types do not matter.
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
#: Attachments are compared by role and account, regardless of type: `tfcheck.role.other_stacks`.
_ATTACHED = ("aws_iam_role_policy",)
_NAMES = ("id", "role_name", "bucket", "arn")

Identity = tuple[str, str, str]


def held_identities(plan: Plan, types: Collection[str]) -> frozenset[Identity]:
    """Return the identities of the objects of these types that a plan decides and that existed before its change."""
    rows = ((each.address.type, each.before) for each in plan.instances(*_shared_types(plan, types)))
    return frozenset(found for kind, values in rows for found in _identity(kind, values))


def copies(plan: Plan, held: Collection[Identity]) -> Iterator[Address]:
    """Yield the addresses in another stack of objects that the plan or an earlier stack decides.

    Two objects are the same if their identities are, before the change or after it.
    """
    for each in plan.instances(*_shared_types(plan, {kind for kind, _, _ in held})):
        kind = each.address.type
        if any(found in held for values in (each.after, each.before) for found in _identity(kind, values)):
            yield each.address


def count_recreated(plan: Plan, state: Plan) -> int:
    """Count the objects that a plan creates although a state has them, with the same address and name."""
    made = [each for each in plan.instances(*_shared_types(plan, state.types())) if not each.exists_before]
    pairs = ((each.after, state.instance(str(each.address))) for each in made)
    return sum(_has_same_name(after, there.after) for after, there in pairs if there is not None)


def _has_same_name(one: dict[str, Value] | None, other: dict[str, Value] | None) -> bool:
    names = [(one.get(each), other.get(each)) for each in ("name", "bucket")] if one and other else []
    return any(isinstance(ours, str) and ours and ours == theirs for ours, theirs in names)


def _shared_types(plan: Plan, types: Collection[str]) -> list[str]:
    found = (each for each in plan.types() if each in types and each.startswith(_DECIDING))
    return [each for each in found if each not in _ATTACHED]


def _identity(kind: str, values: dict[str, Value] | None) -> Iterator[Identity]:
    if not values:
        return
    known = next((found for each in _NAMES if isinstance(found := values.get(each), str) and found), None)
    arn = values.get("arn")
    if known is not None:
        yield kind, known, arn if isinstance(arn, str) else ""
