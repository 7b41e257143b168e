"""Find inline policies that have, or may have, one name on one role: the last one written replaces the others."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, TypeVar

from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value


class Named(Protocol):
    """What attaches a policy: an inline one by its name, or a managed one by a reference to it."""

    @property
    def name(self) -> Value:
        """The name of an inline policy."""

    @property
    def reference(self) -> Value:
        """The ARN of a managed policy, or None."""


_Grant = TypeVar("_Grant", bound=Named)


def of_one_name(grants: Sequence[_Grant]) -> Iterator[list[_Grant]]:
    """Group inline policies that definitely have one name on this role."""
    by_name: dict[str, list[_Grant]] = {}
    for grant in grants:
        if grant.reference is None and isinstance(grant.name, str) and grant.name:
            by_name.setdefault(grant.name, []).append(grant)
    return (group for group in by_name.values() if len(group) > 1)


def possibly_of_one_name(kept: Sequence[_Grant], possible: Sequence[_Grant]) -> Iterator[tuple[_Grant, _Grant]]:
    """Pair each inline policy of a role with one that may be on it under the same name, and would then replace it."""
    inline = [each for each in kept if each.reference is None]
    for other in possible:
        if other.reference is None:
            yield from ((each, other) for each in inline if equal(each.name, other.name) is not Truth.FALSE)
