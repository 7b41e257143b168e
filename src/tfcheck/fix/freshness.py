"""Find blocks of the sources whose values differ from the plan, which was made from an older version.

A fix that is right for the text that was planned may be wrong for the one that is there now.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from contextlib import suppress
from typing import Any

from tfcheck.fix.trial import ChangedAttribute, Trial
from tfcheck.resolve import Resolver
from tfcheck.resolve.blocks import nested_names
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import Address

_DOCUMENT = "aws_iam_policy_document"


def outdated_objects(
    touched: Iterable[ChangedAttribute], beside: Iterable[Address], resolver: Resolver
) -> frozenset[Address]:
    """Return the objects whose block gives another value than the plan.

    `touched` are the attributes that a fix edits, `beside` the objects after whose blocks it inserts.
    """
    written = [*touched, *(ChangedAttribute(each, name) for each in beside for name in _arguments(each, resolver))]
    wanted = list(dict.fromkeys(written))
    if not wanted:
        return frozenset()
    now = Trial(resolver, resolver.sources, wanted).world.resolver
    found = {each.address for each in wanted if _is_doubted(each.address, resolver)}
    for each in wanted:
        name = "json" if each.address.type == _DOCUMENT else each.attribute
        planned = _known_value(resolver.attribute(each.address, name)) if name else None
        # NOTE: most edited attributes are unknown before apply, and then the sources need not be evaluated again.
        if planned is not None and _known_value(now.attribute(each.address, name)) not in (None, planned):
            found.add(each.address)
    return frozenset(found)


def _is_doubted(address: Address, resolver: Resolver) -> bool:
    block, about = resolver.block(address), resolver.declarations.doubts.is_doubted
    names = (*block.attributes(), *nested_names(block)) if block is not None else ()
    return any(about("argument", address.module.config, address.resource, name) for name in names)


def _arguments(address: Address, resolver: Resolver) -> list[str]:
    block = resolver.block(address)
    names = block.attributes() if block is not None else ()
    ignored = block.ignored_changes() if block is not None else ()
    return [] if "all" in ignored else [each for each in names if each not in ignored and each not in _META]


_META = ("count", "for_each", "provider", "depends_on", "lifecycle")


def _known_value(value: Value) -> Any:
    """Normalise a known text, since numbers and the like can be written in several ways."""
    if not isinstance(value, str):
        return None
    with suppress(ValueError, RecursionError):
        found = json.loads(value)
        if isinstance(found, (dict, list)):
            return _plain(found)
    return value


def _plain(value: Any) -> Any:
    """Normalise a document so that equivalent ones are equal: single-element lists, and the order of lists."""
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        items = sorted((_plain(each) for each in value), key=lambda each: json.dumps(each, sort_keys=True))
        return items[0] if len(items) == 1 else items
    return value
