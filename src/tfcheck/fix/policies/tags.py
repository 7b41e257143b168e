"""Propose the tags that conditions demand: on the role that calls, or on the object that it reads."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, indentation, unit_of
from tfcheck.fix.layout.items import NewItem, extend_or_group, extend_value
from tfcheck.fix.layout.new_block import insert_last_argument
from tfcheck.fix.layout.render import align, indent, quote
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.written_policies import is_frozen
from tfcheck.fix.proposal import Proposal, join_proposals
from tfcheck.fix.text.policy_text import object_at
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.catalogue import KEY, OBJECT, PARAMETER, REPOSITORY, SECRET, catalogue
from tfcheck.inventory.ecs import tasks_by_address
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.finding import Answer

_ARGUMENT = "tags"
_EXACT = ("stringequals", "stringequalsignorecase", "stringlike")
#: What a key of a condition is about, by what precedes the tag's name.
_OF_ROLE, _OF_FILE, _OF_OBJECT = "aws:principaltag/", "s3:existingobjecttag/", ":resourcetag/"
_KINDS = {"secretsmanager": SECRET, "ssm": PARAMETER, "ecr": REPOSITORY, "kms": KEY}


class DemandedTags(Finder):
    """Finds what lacks a tag."""

    def groups(self, answers: Iterable[Answer]) -> list[tuple[list[Answer], list[Proposal]]]:
        """Return what objects that lack tags together keep from being allowed, with the way to tag them."""
        tags: dict[Address, dict[str, str]] = {}
        lacking: dict[tuple[Address, ...], list[Answer]] = {}
        for answer in answers:
            demanded = self._tags_for(answer)
            for owner, key, value in demanded:
                tags.setdefault(owner, {}).setdefault(key, value)
            owners = tuple(sorted({owner for owner, *_ in demanded}, key=str))
            lacking.setdefault(owners, []).append(answer)
        found = ((each, self._propose(owners, tags)) for owners, each in lacking.items() if owners)
        return [(several, [proposal]) for several, proposal in found if proposal is not None]

    def _tags_for(self, answer: Answer) -> list[tuple[Address, str, str]]:
        """Return the tags that the conditions of a statement demand, with their owners; none if that is not enough."""
        task = tasks_by_address(self._world).get(answer.requirement.task_definition)
        unmet = self._world.once(Judge).unmet(answer.requirement, task) if task is not None else ()
        found = [(self._owner(each, answer), None if each.carried else demanded_tag(each)) for each in unmet]
        return [(owner, *tag) for owner, tag in found if owner and tag] if all(map(all, found)) else []

    def _owner(self, unmet: UnmetCondition, answer: Answer) -> Address | None:
        need, service = answer.requirement, answer.requirement.action.partition(":")[0]
        if unmet.key.lower().startswith(_OF_ROLE):
            return address_in(answer.role)
        kind = OBJECT if unmet.key.lower().startswith(_OF_FILE) else _KINDS.get(service)
        found = catalogue(self._world, kind).find_by_arn(need.resource) if kind is not None else None
        return found.address if found is not None and found.address.mode == "managed" else None

    def _propose(self, owners: Sequence[Address], tags: Mapping[Address, Mapping[str, str]]) -> Proposal | None:
        found = [self._tag(owner, tags[owner]) for owner in owners]
        return join_proposals([each for each in found if each]) if None not in found else None

    def _tag(self, owner: Address, tags: Mapping[str, str]) -> Proposal | None:
        block = self._resolver.block(owner)
        if block is None or isinstance(block, JsonBlock) or is_frozen(block, _ARGUMENT):
            return None
        edits = self._edits(block, tags) if self._places.files.editable(block.source) else ()
        instances = self._places.policies.instances(owner)
        others = f"; so are its other instances ({len(instances) - 1})" if len(instances) > 1 else ""
        written = ", ".join(f"{key} = {quote(value)}" for key, value in tags.items())
        touched = (ChangedAttribute(each, name) for each in instances for name in (_ARGUMENT, "tags_all"))
        title = f"tag {owner.resource} with {written}, which a condition demands{others}"
        # NOTE: without room for an edit it still says what to look at in sources that are newer than the plan.
        return Proposal(title=title, insertions=edits, touched=tuple(touched), hcl="\n".join(tags_text(tags.items())))

    def _edits(self, block: Block, tags: Mapping[str, str]) -> tuple[Insertion, ...]:
        """Write tags into the argument of a block, or as its last argument."""
        argument, unit = block.arguments.get(_ARGUMENT), unit_of(block)
        if argument is not None:
            return self._edits_of(argument, tags, unit)
        base = f"{block.source.newline}{indentation(block.source.text, block.start)}{unit}"
        lines = (f"{base}{unit}{line}" for line in align(_items(tags)))
        made = insert_last_argument(block, _ARGUMENT, "".join(["{", *lines, base, "}"]))
        return (made,) if made is not None else ()

    def _edits_of(self, argument: Argument, tags: Mapping[str, str], unit: str) -> tuple[Insertion, ...]:
        source, start = argument.source, argument.value_start
        parts, new = object_at(source.text, start), [NewItem(value, value, key) for key, value in _items(tags)]
        if parts is None or not parts.items:
            return extend_value(source, start, argument.value_end, new, unit)
        return extend_or_group(source, parts, new, self._places.files.reveals)


def tags_text(tags: Iterable[tuple[str, str]]) -> list[str]:
    """Write tags as an argument."""
    return ["tags = {", *indent(align(_items(dict(tags))), "  "), "}"]


def _items(tags: Mapping[str, str]) -> list[tuple[str, str]]:
    return [(key if key.isidentifier() else quote(key), quote(value)) for key, value in tags.items()]


def demanded_tag(unmet: UnmetCondition) -> tuple[str, str] | None:
    """Return the tag that satisfies a condition; None if it requires something else."""
    head, slash, tag = unmet.key.partition("/")
    is_tag = f"{head}{slash}".lower().endswith((_OF_ROLE, _OF_FILE, _OF_OBJECT))
    is_exact = unmet.operator.lower() in _EXACT and unmet.values and not set(unmet.values[0]) & set("*?$")
    return (tag, unmet.values[0]) if is_tag and is_exact else None
