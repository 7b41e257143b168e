"""Find the statements of a large policy that may cover a resource, without matching each of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Generic, Protocol, TypeVar

from tfcheck.symbolic.regex import regex

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tfcheck.iam.resource import Resource, Resources, Target

#: Looking at fewer statements takes less than looking them up.
_FEW = 8
_HEAD = regex(r"[^/:*?]*")


class NamesResources(Protocol):
    """A statement, as far as the index looks at it."""

    @property
    def resources(self) -> Resources | None:
        """Its Resource or NotResource; None where it has none."""


_S = TypeVar("_S", bound=NamesResources)


class StatementIndex(Generic[_S]):
    """The statements of one policy by the beginning of what they name.

    The last part of an ARN begins with the name of a bucket, or with the type of a resource. An entry in which that is
    written out, and no star can run over a colon, covers nothing that begins otherwise.
    """

    def __init__(self, statements: Sequence[_S]) -> None:
        """Build from the statements, in their order."""
        self._all = statements
        self._by_head: dict[str, list[int]] = {}
        self._others: list[int] = []
        for place, each in enumerate(statements):
            heads = _heads(each)
            if heads is None:
                self._others.append(place)
            for head in heads or ():
                self._by_head.setdefault(head, []).append(place)

    def about(self, wanted: Target) -> Sequence[_S]:
        """Return the statements that may cover a resource, in their order; all where not all is known of it."""
        if wanted.plain is None or len(self._all) <= _FEW:
            return self._all
        named = self._by_head.get(_head(wanted.plain[5]), [])
        return [self._all[place] for place in sorted((*named, *self._others))]


def _heads(statement: NamesResources) -> frozenset[str] | None:
    """Return how everything begins that a statement covers; None where that may be anything."""
    resources = statement.resources
    if resources is None or resources.negated:
        return None
    heads = [_entry_head(each) for each in resources.entries]
    known = frozenset(each for each in heads if each is not None)
    return None if None in heads else known


def _entry_head(entry: Resource) -> str | None:
    if entry.plain is None or entry.stretches:
        return None
    head = _head(entry.plain[5])
    return None if entry.plain[5][len(head) :].startswith(("*", "?")) else head


def _head(last: str) -> str:
    found = _HEAD.match(last)
    return found[0] if found else ""
