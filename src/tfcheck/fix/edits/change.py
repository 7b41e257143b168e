"""Changes of files, and what they change in the plan."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.vocabulary.address import Address


class ChangedAttribute(msgspec.Struct, frozen=True):
    """An attribute of a resource instance that a change alters; for a policy document, all rendered ones."""

    address: Address
    attribute: str = ""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """Insertions into files, the `texts` of these, and what that changes in the plan: `added` are new instances."""

    insertions: tuple[Insertion, ...] = ()
    texts: dict[str, SourceText] = {}
    touched: tuple[ChangedAttribute, ...] = ()
    added: tuple[Address, ...] = ()


def added_instances(
    label: str, kinds: Iterable[str], beside: Iterable[Address], *, repeated: bool, mode: str = "managed"
) -> tuple[Address, ...]:
    """Return the addresses of new resources: for each instance that they are `beside`, or for its module."""
    places = dict.fromkeys((each.module, each.key if repeated else None) for each in beside)
    return tuple(Address(path, mode, kind, label, key) for path, key in places for kind in kinds)


def merge_changes(changes: Sequence[Change]) -> Change:
    """Return the change that makes all of these."""
    return Change(
        insertions=tuple(one for each in changes for one in each.insertions),
        texts={name: text for each in changes for name, text in each.texts.items()},
        touched=tuple(dict.fromkeys(one for each in changes for one in each.touched)),
        added=tuple(dict.fromkeys(one for each in changes for one in each.added)),
    )
