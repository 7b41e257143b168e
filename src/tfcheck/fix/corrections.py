"""Propose to correct a statement that would grant what is needed, except for a small mistake in one of its literals.

A literal is not corrected where it may be meant for something else that exists: an object of the plan, of a data source
or of another stack that it names, or a name that the sources use elsewhere too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from functools import partial

import msgspec

from tfcheck.fix.edits.files import Files
from tfcheck.fix.edits.insertion import Replacement
from tfcheck.fix.holders import Holder
from tfcheck.fix.misspelling import Misspelling, in_action, in_prefix, in_resource
from tfcheck.fix.named_objects import NamedObjects, is_quoted_elsewhere
from tfcheck.fix.place import Places, also
from tfcheck.fix.policy_statements import ReadableStatement, readable
from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.fix.written_text import WrittenText, flat
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.world import After
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Answer

_NAME = regex(r"[\w.-]+")
_LISTED = 2


class Correction(msgspec.Struct, frozen=True):
    """A literal, what it becomes, and what is wrong with it."""

    literal: WrittenText
    new: str
    cause: str

    def edit(self) -> Replacement:
        """Return the change of the file."""
        source, start, end = self.literal.source, self.literal.start, self.literal.end
        return Replacement(source.name, start, self.new, source.text[start:end])

    def __str__(self) -> str:
        """Write `old` to `new`."""
        return f"`{self.literal.text}` to `{self.new[1:-1]}`, because {self.cause}"


class Corrections:
    """Finds literals to correct in the policies of roles."""

    def __init__(self, world: After, places: Places, files: Files, answers: Iterable[Answer]) -> None:
        """Build from the world after the change, the files that may be changed, and all that its tasks need."""
        self._resolver = world.resolver
        self._places = places
        self._files = files
        self._objects = NamedObjects(world, answers)

    def proposals(self, need: RoleNeed) -> Iterator[Proposal]:
        """Propose for each policy of the roles to correct it; first those that no other role has."""
        names = need.names()
        holders = self._places.holders.of(need.roles[0]) if need.roles else self._places.holders_of(need)
        found = [(each, self._places.holders.reach(each.resource)) for each in holders]
        for holder, reach in sorted(found, key=lambda each: not (each[1] is not None and each[1] <= names)):
            corrections = self._of(holder, need) if reach is not None and names <= reach else ()
            if corrections and reach is not None:
                yield self._proposal(holder, corrections, also(reach - names))

    def _proposal(self, holder: Holder, corrections: Sequence[Correction], remark: str) -> Proposal:
        source = corrections[0].literal.source
        place, _ = self._places.text_block(holder)
        listed = "; ".join(map(str, corrections[:_LISTED]))
        more = f"; and {len(corrections) - _LISTED:,} more" if len(corrections) > _LISTED else ""
        return Proposal(
            title=f"in {place.resource}, correct {listed}{more}{remark}",
            safety="review",
            insertions=tuple(each.edit() for each in corrections),
            texts={source.name: source},
            touched=self._places.touched(holder),
            added=(),
            hcl="\n".join(each.new for each in corrections),
        )

    def _of(self, holder: Holder, need: RoleNeed) -> tuple[Correction, ...]:
        place, block = self._places.text_block(holder)
        module = self._resolver.module_sources(holder.resource.address.module)
        if block is None or module is None or not self._files.editable(block.source):
            return ()
        evaluate = partial(self._resolver.evaluation.evaluate, scope=self._resolver.scope_of(place))
        statements = readable(holder.argument, module, evaluate)
        found: dict[int, Correction] = {}
        for answer in next(iter(need.by_role().values())) if need.roles else need.answers:
            correction = next(filter(None, (self._for(answer, each, block) for each in statements)), None)
            if correction is not None:
                found.setdefault(correction.literal.start, correction)
        return tuple(found.values())

    def _for(self, answer: Answer, statement: ReadableStatement, block: Block) -> Correction | None:
        needed = flat(answer.requirement.resource)
        action = answer.requirement.action
        if not needed or answer.requirement.sensitive:
            return None
        if not statement.acts(action):
            literals = statement.actions if statement.covers(needed) else ()
            return next(filter(None, (_corrected(each, in_action(each.value, action)) for each in literals)), None)
        if statement.covers(needed):
            return None  # something else keeps it from granting
        actions = tuple(each.value for each in statement.actions)
        found = (self._in_resource(each, needed, actions, block) for each in statement.resources)
        return next(filter(None, found), None)

    def _in_resource(
        self, literal: WrittenText, needed: str, actions: tuple[str, ...], block: Block
    ) -> Correction | None:
        pattern = literal.value
        mistakes = list(in_resource(pattern, needed, actions))
        prefix = in_prefix(pattern, needed) if self._objects.is_managed(needed) else None
        # NOTE: whether it names something else is asked last: that looks at everything in the plan.
        if (not mistakes and prefix is None) or self._objects.has(pattern, needed):
            return None
        for found in mistakes:
            if found.start == len(pattern) or not self._is_in_use(pattern, found, block):
                return _corrected(literal, found)
        return _corrected(literal, prefix)

    def _is_in_use(self, pattern: str, found: Misspelling, block: Block) -> bool:
        """Whether another block has the name that looks like a mistake."""
        names = [each[0] for each in _NAME.finditer(pattern) if each.start() <= found.start <= each.end()]
        return any(is_quoted_elsewhere(each, block, self._resolver) for each in names)


def _corrected(literal: WrittenText, found: Misspelling | None) -> Correction | None:
    new = literal.replaced(found.start, found.end, found.text) if found is not None else None
    return Correction(literal, new, found.cause) if found is not None and new is not None else None
