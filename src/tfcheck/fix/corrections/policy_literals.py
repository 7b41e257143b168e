"""Propose to correct a small mistake in a literal, unless it may be meant for something else that exists."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from functools import cached_property
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.fix.corrections.misspelling import (
    Misspelling,
    compared_parts,
    misspelled_action,
    misspelled_prefix,
    misspelled_resources,
)
from tfcheck.fix.corrections.task_corrections import literals_in
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import WrittenPolicy, other_roles
from tfcheck.fix.proof.task_proof import blocks_of
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.text.policy_statements import ReadableStatement, WrittenPart, WrittenText, flat
from tfcheck.fix.text.policy_text import Syntax
from tfcheck.fix.title import Title
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.catalogue import (
    ACCESS_POINT,
    BUCKET,
    FILE_SYSTEM,
    KEY,
    LOG_GROUP,
    OBJECT,
    PARAMETER,
    REPOSITORY,
    S3_ACCESS_POINT,
    S3_FILE_SYSTEM,
    SECRET,
    ObjectKind,
    catalogue,
)
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World, WorldObject
from tfcheck.resolve import Resolver
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer

_NAME = regex(r"[\w.-]+")
_REFERENCE = regex(r'"\$\{\s*([\w.\[\]-]+)\s*\}"')
_LISTED = 2
#: Steps for comparing a statement with a permission.
_PAIR = 20


class Correction(msgspec.Struct, frozen=True):
    """A literal, its replacement, and the mistake."""

    literal: WrittenText
    new: str
    cause: str

    def edit(self) -> Replacement:
        """Return the edit of the file."""
        return self.literal.edit(self.new)

    def __str__(self) -> str:
        new = self.new.strip('"')
        return f"`{self.literal.text}` to `{new}`, because {self.cause}"


#: The corrections of literals that are one mistake.
_Corrected: TypeAlias = tuple[Correction, ...]


class LiteralCorrections(Finder):
    """Finds literals to correct in the policies of roles."""

    def __init__(self, places: FixPlaces, answers: Iterable[Answer]) -> None:
        super().__init__(places)
        self._objects = NamedObjects(places.world, answers)

    def proposals(self, need: RoleNeed) -> Iterator[Proposal]:
        """Yield corrections for each policy of the roles, those for no other role first."""
        names = need.names()
        policies = self._places.policies.of(need.roles[0]) if need.roles else self._places.policies.of_need(need)
        found = [(each, self._places.policies.reach(each.resource)) for each in policies]
        for policy, reach in sorted(found, key=lambda each: not (each[1] is not None and each[1] <= names)):
            corrections = self._corrections_in(policy, need) if reach is not None and names <= reach else ()
            if corrections and reach is not None:
                yield self._proposal(policy, corrections, other_roles(reach, names))

    def _proposal(self, policy: WrittenPolicy, corrections: Sequence[Correction], remarks: tuple[str, ...]) -> Proposal:
        block = policy.block
        is_own = block is not None and all(_is_in(each.literal, block) for each in corrections)
        files = dict.fromkeys(each.literal.source.name for each in corrections)
        where = policy.place.resource if is_own else " and ".join(files)
        listed = "; ".join(map(str, corrections[:_LISTED]))
        more = f"; and {len(corrections) - _LISTED:,} more" if len(corrections) > _LISTED else ""
        return Proposal(
            title=Title(f"in {where}, correct {listed}{more}", remarks if is_own else ()),
            insertions=tuple(each.edit() for each in corrections),
            touched=self._places.policies.changes(policy),
            hcl="\n".join(each.new for each in corrections),
            reported=() if is_own else tuple(part for each in corrections for part in each.literal.shown_texts()),
        )

    def _corrections_in(self, policy: WrittenPolicy, need: RoleNeed) -> tuple[Correction, ...]:
        found: dict[tuple[str, int], Correction] = {}
        lacking = need.answers_by_role()
        own = [(self._places.policies.of_same_block(policy, each), lacking[str(each.address)]) for each in need.roles]
        for one, answers in own or [(policy, need.answers)]:
            statements = self._places.policies.readable(one) if one is not None else ()
            if not take(_PAIR * len(statements) * len(answers)):
                return ()
            for answer in answers if statements else ():
                ways = (self._correct_statement(answer, each, one) for each in statements if one is not None)
                for each in next(filter(None, ways), ()):
                    found.setdefault((each.literal.source.name, each.literal.start), each)
        return tuple(found.values())

    def _correct_statement(self, answer: Answer, statement: ReadableStatement, policy: WrittenPolicy) -> _Corrected:
        needed, action = flat(answer.requirement.resource), answer.requirement.action
        acts = statement.matches_action(action)
        if not needed or answer.requirement.sensitive or acts is statement.covers(needed):
            return ()  # otherwise something else keeps it from granting
        if not acts:
            found = ((each, misspelled_action(each.value, action)) for each in statement.actions)
            return next(filter(None, (self._correct(*each, policy) for each in found)), ())
        actions = tuple(each.value for each in statement.actions)
        ways = (self._correct_resource(each, needed, actions, policy) for each in statement.resources)
        corrected = next(filter(None, ways), ())
        return tuple(map(_unquote_reference, corrected)) if statement.place.syntax is Syntax.HCL else corrected

    def _correct_resource(
        self, literal: WrittenText, needed: str, actions: tuple[str, ...], policy: WrittenPolicy
    ) -> _Corrected:
        pattern = literal.value
        mistakes = list(misspelled_resources(pattern, needed, actions))
        prefix = misspelled_prefix(pattern, needed) if self._objects.is_managed(needed) else None
        # NOTE: whether it names something else is tested last, since that looks at everything in the plan.
        if (not mistakes and prefix is None) or self._objects.has(pattern, needed):
            return ()
        ways = ((each, each.start < len(pattern)) for each in mistakes)
        found = (self._correct(literal, each, policy, unique=unique) for each, unique in (*ways, (prefix, False)))
        return next(filter(None, found), ())

    def _correct(
        self, literal: WrittenText, found: Misspelling | None, policy: WrittenPolicy, *, unique: bool = False
    ) -> _Corrected:
        """Return the correction of a literal, or its definition; with `unique`, only names that no other block uses."""
        if found is None or (new := literal.replace(found.start, found.end, found.text)) is None:
            return self._correct_source(literal, found, policy.place, unique=unique) if found else ()
        in_use = unique and policy.block is not None and self._is_in_use(literal.value, found, policy.block)
        return () if in_use else (Correction(literal, new, found.cause),)

    def _correct_source(self, literal: WrittenText, found: Misspelling, place: Address, *, unique: bool) -> _Corrected:
        """Return the correction of the literal that defines a text of a statement, if only one block has it."""
        at, part = literal.part_at(found.start, found.end)
        whole = replace(found, start=found.start - at, end=found.end - at)
        for block, scope in blocks_of(place, self._resolver) if part else ():
            literals = literals_in(block, scope, self._resolver)
            # NOTE: a local value may be made of another one.
            is_own = _is_in(literal, block) and block.type != "locals"
            others = [each for each in literals if (each.source, each.start) != (literal.source, literal.start)]
            parts = ((each, _begin(each, part, whole)) for each in others if part)
            begun = [(each, begin) for each, begin in parts if begin is not None]
            begins = {each.value: begin for each, begin in begun if self._places.files.editable(each.source)}
            value = part.value if part and part.value in begins else next(iter(begins), "")
            same = [each for each in others if each.value == value and not is_own]
            same = [each for each in same if self._places.files.editable(each.source)]
            inner = replace(whole, start=whole.start - begins.get(value, 0), end=whole.end - begins.get(value, 0))
            if same and not (unique and self._is_in_use(same[0].value, inner, block)):
                made = [(each, each.replace(inner.start, inner.end, inner.text)) for each in same]
                further = self._correct_source(same[0], inner, place, unique=unique) if made[0][1] is None else ()
                return further or tuple(Correction(each, new, found.cause) for each, new in made if new is not None)
        return ()

    def _is_in_use(self, pattern: str, found: Misspelling, block: Block) -> bool:
        names = [each[0] for each in _NAME.finditer(pattern) if each.start() <= found.start <= each.end()]
        return any(is_quoted_elsewhere(each, block, self._resolver) for each in names)


def _unquote_reference(correction: Correction) -> Correction:
    """Remove the quotes around a text that is only a reference, as `terraform fmt` does."""
    reference = _REFERENCE.fullmatch(correction.new)
    return replace(correction, new=reference[1]) if reference else correction


def _begin(literal: WrittenText, part: WrittenPart, found: Misspelling) -> int | None:
    """Return where a literal is in a part of a text that it may define, with a mistake in it; None for another one."""
    begin = part.value.find(literal.value)
    is_around = begin <= found.start and found.end <= begin + len(literal.value)
    return begin if is_around and part.value.count(literal.value) == 1 else None


def _is_in(literal: WrittenText, block: Block) -> bool:
    return literal.source is block.source and block.start <= literal.start < block.end


#: Containers of other objects: statements about those do not name the container's own ARN.
_CONTAINERS = (BUCKET, LOG_GROUP)
_SINGLE = (SECRET, PARAMETER, REPOSITORY, KEY, FILE_SYSTEM, ACCESS_POINT, S3_FILE_SYSTEM, S3_ACCESS_POINT)


class NamedObjects:
    """The ARNs of everything in the plan, its data sources and other stacks that a statement can name."""

    def __init__(self, world: After, answers: Iterable[Answer]) -> None:
        self._world = world
        self._needed = frozenset(flat(each.requirement.resource) for each in answers) - {""}

    def has(self, pattern: str, needed: str) -> bool:
        """Whether a pattern matches an object other than the needed one, or is contained in its ARN."""
        single, containers = self._names_in_plan
        if any(self._names(pattern, each) for each in single if each != needed):
            return True
        return any(self._names(pattern, each) for each in containers | self._needed if not _contains(each, needed))

    def is_managed(self, needed: str) -> bool:
        """Whether the plan manages an object or parameter, so that similar ones would also be in the plan."""
        return _service_and_resource(needed) in map(_service_and_resource, self._names_of_managed)

    def _names(self, pattern: str, arn: str) -> bool:
        _, own, other = compared_parts(pattern, arn)
        return glob_known(own, other) or own.rstrip("*/:") == other or _contains(other, own)

    @cached_property
    def _names_in_plan(self) -> tuple[frozenset[str], frozenset[str]]:
        """What a statement names for itself, and what contains other objects."""
        return frozenset(self._arns(_SINGLE)) | self._names_of_managed, frozenset(self._arns(_CONTAINERS))

    @cached_property
    def _names_of_managed(self) -> frozenset[str]:
        objects = (_object(each, self._world) for each in catalogue(self._world, OBJECT).resources)
        parameters = (flat(each.attribute("arn")) for each in self._world.resources(*PARAMETER.types))
        return frozenset((*objects, *parameters)) - {""}

    def _arns(self, kinds: Iterable[ObjectKind]) -> Iterator[str]:
        types = [name for kind in kinds for name in kind.types]
        for world in (self._world, *self._world.context):
            for each in (*world.resources(*types), *world.looked_up(*types)):
                arn = flat(each.attribute("arn"))
                yield from [arn] if arn else []


def _object(resource: WorldObject, world: World) -> str:
    bucket = catalogue(world, BUCKET).find_by_name(resource.attribute("bucket"), None)
    key = flat(resource.attribute("key"))
    arn = flat(bucket.attribute("arn")) if bucket is not None else f"arn:aws:s3:::{flat(resource.attribute('bucket'))}"
    return f"{arn}/{key}" if key else ""


def _service_and_resource(arn: str) -> tuple[str, str]:
    """Return the service and resource of an ARN, regardless of partition, region and account."""
    parts = arn.split(":", 5)
    return (parts[2], parts[5]) if len(parts) == 6 and parts[0] == "arn" else ("", arn)


def _contains(container: str, arn: str) -> bool:
    _, outer, inner = compared_parts(container, arn)
    return outer == inner or inner.startswith((f"{outer}/", f"{outer}:"))


def is_quoted_elsewhere(word: str, block: Block, resolver: Resolver) -> bool:
    """Whether another block of the sources has a word in quotes, as if it named something."""
    pattern = re.compile(rf'"[^"\n]*(?<![\w-]){re.escape(word)}(?![\w-])[^"\n]*"')
    sources = resolver.sources
    paths = {each.config for each in resolver.plan.module_instances()}
    modules = [found for path in paths if sources and (found := sources.module(path))]
    return any(
        each is not block and pattern.search(each.source.text, each.start, each.end)
        for module in modules
        for each in module.blocks
    )
