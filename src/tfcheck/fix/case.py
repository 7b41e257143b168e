"""A case to fix, with the proposals that are tried for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.vocabulary.finding import Answer


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
