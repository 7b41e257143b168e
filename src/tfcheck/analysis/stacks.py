"""Decide what each plan of a run sees of the other stacks.

All plans of the call see each other and the context. Where two of them show the same resource, a plan counts before a
state, and what was given first before what was given later.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from tfcheck.symbolic.value import Value

if TYPE_CHECKING:
    from tfcheck.analysis.inputs import PlanInput
    from tfcheck.inventory.other_stack import Stack
    from tfcheck.plan import Plan
    from tfcheck.vocabulary.address import Address


class OtherStacks:
    """The stacks of one run."""

    def __init__(
        self,
        plans: Sequence[PlanInput],
        context: Sequence[PlanInput],
        names: Mapping[str, str],
        workspace: str | None = None,
        account: str | None = None,
    ) -> None:
        """Build from the checked plans, the other stacks, and the names of their files in reports.

        `workspace` and `account` are those of the plans that are checked.
        """
        self._names = names
        rows = [(each, True) for each in plans] + [(each, False) for each in context]
        rows = [] if len(rows) < 2 else sorted(rows, key=lambda each: each[0].is_state)
        self._states = frozenset(each.plan.label for each, _ in rows if each.is_state)
        self._stacks = [
            each.stack(
                self._display_name(each.plan.label),
                workspace if checked else None,
                account if checked else None,
                changes=checked,
            )
            for each, checked in rows
        ]
        for stack in self._stacks:
            stack.link(self._stacks)
        self._views: dict[str, list[tuple[Stack, int]]] = {}

    def of(self, given: PlanInput) -> list[Stack]:
        """Return what a plan sees of all other stacks, without objects that it, or an earlier stack, decides."""
        return [stack for stack, _ in self._visible_from(given.plan)]

    def notes(self, given: PlanInput) -> Iterator[str]:
        """Return notes on the stacks that repeat what others decide."""
        for stack, count in self._visible_from(given.plan):
            if count:
                shared = "a resource" if count == 1 else f"{count:,} resources"
                yield f"{stack.name} contains {shared} that a plan or an earlier file also contains; that one is used"
        yield from self._outdated_plans(given)

    def _outdated_plans(self, given: PlanInput) -> Iterator[str]:
        """Return the plans that would create what a state already has."""
        states = [each for each in self._stacks if each.plan.label in self._states]
        for stack in self._stacks:
            if stack.plan.label in self._states:
                continue
            for state in states:
                count = count_recreated(stack.plan, state.plan)
                if count:
                    shared = "a resource" if count == 1 else f"{count:,} resources"
                    name = f"`{given.plan.label}`" if stack.plan.label == given.plan.label else stack.name
                    yield (
                        f"{name} creates {shared} that {state.name} already contains: the plan looks out of "
                        f"date; run `terraform plan` again"
                    )

    def _visible_from(self, plan: Plan) -> list[tuple[Stack, int]]:
        """Pair each other stack, as a plan sees it, with the number of resources that another stack decides."""
        if plan.label not in self._views:
            found = list(self._already_decided(plan))
            stacks = [stack for stack, _ in found]
            if any(gone for _, gone in found):
                stacks = [stack.without(gone) for stack, gone in found]
                own = [stack for stack in self._stacks if stack.plan.label == plan.label]
                for stack in stacks:
                    stack.link([*own, *stacks])
            self._views[plan.label] = [(stack, len(gone)) for stack, (_, gone) in zip(stacks, found, strict=True)]
        return self._views[plan.label]

    def _already_decided(self, plan: Plan) -> Iterator[tuple[Stack, frozenset[Address]]]:
        """Pair each other stack with the resources that the plan, or an earlier stack, decides."""
        first: list[Plan] = [plan]
        for stack in self._stacks:
            if stack.plan.label != plan.label:
                known = [identity for each in first for identity in held_identities(each, stack.plan.types())]
                yield stack, frozenset(copies(stack.plan, frozenset(known)))
                first.append(stack.plan)

    def _display_name(self, label: str) -> str:
        file, mark, number = label.rpartition("#")
        return self._names.get(label) or f"{self._names.get(file, file)}{mark}{number}"


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
