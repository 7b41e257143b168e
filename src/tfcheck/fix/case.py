"""What is to be fixed, on its way through the proposals that are tried for it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Protocol

from tfcheck.fix.proposal import Proposal, RoleNeed
from tfcheck.vocabulary.finding import Answer


class Allowing(Protocol):
    """Decides requirements again after a change."""

    def allows(self, answer: Answer) -> bool:
        """Whether a requirement is allowed then."""


class Case:
    """What is to be fixed on its way to a fix: the proposals that are still to be tried."""

    def __init__(self, answers: Sequence[Answer], proposals: Iterator[Proposal]) -> None:
        self.answers = tuple(answers)
        self.proposals = proposals
        self.current: Proposal | None = None

    def advance(self) -> bool:
        """Move on to the next proposal, and return whether there is one."""
        self.current = next(self.proposals, None)
        return self.current is not None

    def only(self, answers: Sequence[Answer]) -> Case | None:
        """Return the case with a part of what is lacking; None where it cannot be parted."""
        return None


class RoleCase(Case):
    """A case of what roles lack."""

    def __init__(self, need: RoleNeed, ways: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        super().__init__(need.answers, ways(need))
        self.need = need
        self._ways = ways

    def only(self, answers: Sequence[Answer]) -> Case | None:
        """Return the case with a part of what is lacking."""
        return RoleCase(self.need.only(answers), self._ways)
