"""What a role lacks, and one way to grant it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.trial import ChangedAttribute
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.world import WorldObject
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer


class Proposal(msgspec.Struct, frozen=True):
    """One way to fix something, not proven yet.

    `texts` are the edited files, `touched` and `added` the changes in the plan. `beside` are the objects after whose
    blocks something is inserted, `reported` the parts of changed lines that the title shows.
    """

    title: str
    safety: str
    insertions: tuple[Insertion, ...]
    texts: dict[str, SourceText]
    touched: tuple[ChangedAttribute, ...]
    added: tuple[Address, ...]
    hcl: str
    beside: tuple[Address, ...] = ()
    reported: tuple[str, ...] = ()


def join_proposals(proposals: Sequence[Proposal]) -> Proposal:
    """Join several changes into one."""
    return Proposal(
        title="; and ".join(each.title for each in proposals),
        safety="safe" if all(each.safety == "safe" for each in proposals) else "review",
        insertions=tuple(one for each in proposals for one in each.insertions),
        texts={name: text for each in proposals for name, text in each.texts.items()},
        touched=tuple(one for each in proposals for one in each.touched),
        added=tuple(one for each in proposals for one in each.added),
        hcl="\n\n".join(each.hcl for each in proposals),
        beside=tuple(one for each in proposals for one in each.beside),
    )


class RoleNeed(msgspec.Struct, frozen=True):
    """The missing permissions of one role, or of several from one block that lack the same.

    Without `roles` it is for an unmanaged role, called `elsewhere`.
    """

    roles: tuple[WorldObject, ...]
    answers: tuple[Answer, ...]
    elsewhere: str = ""

    def names(self) -> frozenset[str]:
        """Return the names of the roles: addresses for those of the plan, otherwise as `named`."""
        return frozenset(str(each.address) for each in self.roles) or frozenset({outside_role_words(self.elsewhere)})

    def rules(self) -> frozenset[str]:
        """Return the rules of the missing permissions."""
        return frozenset(each.requirement.rule for each in self.answers)

    def answers_by_role(self) -> dict[str, tuple[Answer, ...]]:
        """Group the missing permissions by role."""
        found: dict[str, list[Answer]] = {str(role.address): [] for role in self.roles}
        for each in self.answers:
            if each.role in found:
                found[each.role].append(each)
        return {name: tuple(answers) for name, answers in found.items()}

    def restrict_to(self, answers: Sequence[Answer]) -> RoleNeed:
        """Return the need reduced to some answers, with the roles that they are about."""
        lacking = {each.role for each in answers}
        roles = tuple(each for each in self.roles if str(each.address) in lacking)
        return RoleNeed(roles, tuple(answers), self.elsewhere)


def outside_role_words(role: str) -> str:
    """Describe a role that the plan does not manage."""
    return f"the role {role}"


class Allowing(Protocol):
    """Decides requirements again after a change."""

    def allows(self, answer: Answer) -> bool:
        """Whether a requirement is allowed after the change."""


class Case:
    """Something to fix, and the proposals that remain to be tried."""

    def __init__(self, answers: Sequence[Answer], proposals: Iterator[Proposal]) -> None:
        self.answers = tuple(answers)
        self.proposals = proposals
        self.current: Proposal | None = None

    def advance(self) -> bool:
        """Move to the next proposal, and return whether there is one."""
        self.current = next(self.proposals, None)
        return self.current is not None

    def split_by(self, fixed: Sequence[Answer]) -> list[Case]:
        """Split into a case that the current proposal fixes and one for the rest; itself if it is one change."""
        return [self]


class RoleCase(Case):
    """A case of missing permissions of roles."""

    def __init__(self, need: RoleNeed, ways: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        super().__init__(need.answers, ways(need))
        self.need = need
        self._ways = ways

    def split_by(self, fixed: Sequence[Answer]) -> list[Case]:
        """Split into a case that the current proposal fixes and one for the rest."""
        rest = [each for each in self.answers if each not in fixed]
        return [RoleCase(self.need.restrict_to(each), self._ways) for each in (fixed, rest)]
