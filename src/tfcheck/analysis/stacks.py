"""Decide what each plan of a run sees of the other stacks.

All plans of one call see each other and the files of `--context`. If two of them show the same resource, a plan counts
before a state, and an earlier file before a later one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from functools import cached_property
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
            repeated = self._repeated_objects(plan, others)
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
            notes += [
                f"{f'`{plan.label}`' if maker.plan.label == plan.label else maker.name} creates "
                f"{_resource_count(count)} that {state.name} already contains: the plan looks out of date; run "
                "`terraform plan` again"
                for maker, state, count in self._outdated_plans
            ]
            self._views[plan.label] = StackView(tuple(stacks), tuple(notes))
        return self._views[plan.label]

    def _repeated_objects(self, plan: Plan, others: Sequence[Stack]) -> list[frozenset[Address]]:
        """Return for each of the other stacks the objects that the plan, or one before it, decides."""
        shown = self._shared_objects
        known = set(shown[plan.label].existing) if plan.label in shown else set()
        found = []
        for stack in others:
            here = shown[stack.plan.label]
            found.append(frozenset(address for address, names in here.objects if not known.isdisjoint(names)))
            known |= here.existing
        return found

    @cached_property
    def _shared_objects(self) -> dict[str, _SharedObjects]:
        """What several stacks show, by the label of their plans."""
        plans = [each.plan for each in self._stacks]
        types = Counter(kind for each in plans for kind in _deciding_types(each))
        read = [list(_identities(each, {kind for kind, count in types.items() if count > 1})) for each in plans]
        count = Counter(name for each in read for name in {one for _, before, after in each for one in before | after})
        several = {name for name, stacks in count.items() if stacks > 1}
        return {
            plan.label: _SharedObjects(
                frozenset().union(*(before & several for _, before, _ in rows)),
                tuple((address, names) for address, before, after in rows if (names := (before | after) & several)),
            )
            for plan, rows in zip(plans, read, strict=True)
        }

    @cached_property
    def _outdated_plans(self) -> list[tuple[Stack, Stack, int]]:
        """The plans that would create what a state already has: each with the state, and how much."""
        pairs = [(each, state) for each in self._stacks if each not in self._states for state in self._states]
        counted = ((each, state, count_recreated(each.plan, state.plan)) for each, state in pairs)
        return [(each, state, count) for each, state, count in counted if count]


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
    "aws_s3files_",
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


class _SharedObjects(msgspec.Struct, frozen=True):
    """The objects of one stack that another shows too: which existed before the change, and how each may be called."""

    existing: frozenset[Identity]
    objects: tuple[tuple[Address, frozenset[Identity]], ...]


def _identities(
    plan: Plan, types: Collection[str]
) -> Iterator[tuple[Address, frozenset[Identity], frozenset[Identity]]]:
    """Yield the address of each object of these types with its identities before the change and after it.

    Two objects are the same if one of these is: the one that existed is decided where it is shown first.
    """
    for each in plan.instances(*(kind for kind in _deciding_types(plan) if kind in types)):
        kind = each.address.type
        yield each.address, frozenset(_identity(kind, each.before)), frozenset(_identity(kind, each.after))


def count_recreated(plan: Plan, state: Plan) -> int:
    """Return the number of objects that a plan creates although a state has them, with the same address and name."""
    shared = set(_deciding_types(plan)).intersection(state.types())
    made = [each for each in plan.instances(*shared) if not each.exists_before]
    pairs = ((each.after, state.instance(str(each.address))) for each in made)
    return sum(_has_same_name(after, there.after) for after, there in pairs if there is not None)


def _has_same_name(one: dict[str, Value] | None, other: dict[str, Value] | None) -> bool:
    names = [(one.get(each), other.get(each)) for each in ("name", "bucket")] if one and other else []
    return any(isinstance(ours, str) and ours and ours == theirs for ours, theirs in names)


def _deciding_types(plan: Plan) -> list[str]:
    return [each for each in plan.types() if each.startswith(_DECIDING) and each not in _ATTACHED]


def _identity(kind: str, values: dict[str, Value] | None) -> Iterator[Identity]:
    if not values:
        return
    known = next((found for each in _NAMES if isinstance(found := values.get(each), str) and found), None)
    arn = values.get("arn")
    if known is not None:
        yield kind, known, arn if isinstance(arn, str) else ""
