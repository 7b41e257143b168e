"""Propose to move a grant from the task role to the execution role if only start-up needs it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion, Replacement, line_end, line_start
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import WrittenPolicy
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.fix.text.policy_statements import ReadableStatement, WrittenStatement, flat
from tfcheck.fix.text.policy_text import ListParts
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.world import WorldObject
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Reason


class MovedGrants(Finder):
    """Finds the statements of task roles that execution roles need instead."""

    def __init__(self, places: FixPlaces, copies: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        """Build from the places; `copies` are the ways to grant the same to the execution role."""
        super().__init__(places)
        self._copies = copies

    def proposals(self, need: RoleNeed) -> Iterator[Proposal]:
        """Propose to attach the policy to the other role, or to move the statement to that role's policy."""
        if not need.roles or any(each.reason is not Reason.GRANTED_TO_TASK_ROLE for each in need.answers):
            return
        found = list(dict.fromkeys(self._granting_statements(need)))
        if not found or len({policy for _, policy, _ in found}) > 1:
            return
        role, policy, _ = found[0]
        statements = [each for _, _, each in found]
        actions = dict.fromkeys(each.text for one in statements for each in one.actions)
        resources = dict.fromkeys(each.text for one in statements for each in one.resources)
        loss = f"; {role.address} loses {few(list(actions))} on {few(list(resources))}"
        if len(statements) == statements[0].place.of:
            yield from self._propose_attachment(need, role, policy, loss)
            return
        removed = _without([each.place for each in statements])
        if removed is None:
            return
        what = "a statement" if len(statements) == 1 else f"{len(statements):,} statements"
        change = Change(insertions=tuple(removed), touched=self._places.policies.changes(policy))
        for copy in self._copies(need):
            title = f"{copy.title}, and remove {what} from {policy.place.resource}{loss}"
            yield extend_proposal(copy, title, change)

    def _granting_statements(self, need: RoleNeed) -> Iterator[tuple[WorldObject, WrittenPolicy, ReadableStatement]]:
        """Yield the statements that grant the needed permission to the task role, each with its role and policy."""
        first = next(iter(need.answers_by_role().values()))
        seen = {each.policy for answer in first for each in answer.evidence}
        for role in self._world.resources("aws_iam_role"):
            for policy in self._places.policies.of(role) if str(role.address) not in need.names() else ():
                reach = self._places.policies.reach(policy.resource)
                siblings = frozenset(str(each) for each in self._places.policies.instances(role.address))
                is_own = str(policy.resource.address) in seen and reach is not None and reach <= siblings
                if is_own and not isinstance(policy.block, JsonBlock):
                    for each in self._places.policies.readable(policy):
                        needs = ((one.requirement.action, flat(one.requirement.resource)) for one in first)
                        if any(what and each.matches_action(action) and each.covers(what) for action, what in needs):
                            yield role, policy, each

    def _propose_attachment(
        self, need: RoleNeed, role: WorldObject, policy: WrittenPolicy, loss: str
    ) -> Iterator[Proposal]:
        address, target = policy.resource.address, need.roles[0].address
        block = self._resolver.block(address)
        argument = block.arguments.get("role") if block and address.type == "aws_iam_role_policy" else None
        if argument is None or address.module != target.module or not self._places.files.editable(argument.source):
            return
        old = argument.text
        new = re.sub(rf"\baws_iam_role\.{re.escape(role.address.name)}(?![\w-])", f"aws_iam_role.{target.name}", old)
        if new == old:
            return
        instances = self._places.policies.instances(address)
        yield Proposal(
            title=f"move {address.resource} from {role.address.resource} to {target.resource}{loss}",
            insertions=(Replacement(argument.source, argument.value_start, new, old),),
            touched=tuple(ChangedAttribute(each, "role") for each in instances),
            hcl=f"role = {new}",
        )


def _without(statements: Sequence[WrittenStatement]) -> list[Insertion] | None:
    """Remove statements on lines of their own; None if one shares a line with something else."""
    among = statements[0].among
    if among is None:
        return _all_or_none(_lines(each, each.start, each.end) for each in statements)
    if not isinstance(among, ListParts):
        return None
    text = statements[0].source.text
    removed_starts = {each.start for each in statements}
    last = among.items[-1]
    ends = {
        one.start: text.index(",", one.end) + 1 for one in among.items if one is not last or among.comma is not None
    }
    removed = _all_or_none(_lines(each, each.start, ends.get(each.start, each.end)) for each in statements)
    kept = [each for each in among.items if each.start not in removed_starts]
    if removed and kept and last.start in removed_starts and among.comma is None:
        removed.append(Replacement(statements[0].source, ends[kept[-1].start] - 1, "", ","))
    return removed


def _all_or_none(found: Iterable[Insertion | None]) -> list[Insertion] | None:
    changes = list(found)
    made = [each for each in changes if each is not None]
    return made if len(made) == len(changes) else None


def _lines(statement: WrittenStatement, start: int, end: int) -> Insertion | None:
    text = statement.source.text
    first, last = line_start(text, start), line_end(text, end)
    if text[first:start].strip() or text[end:last].strip() or last == len(text):
        return None
    before = line_start(text, first - 1) if statement.among is None and first else first
    first = before if not text[before:first].strip() else first
    behind = text.index("\n", last) + 1
    return Replacement(statement.source, first, "", text[first:behind])
