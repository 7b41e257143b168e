"""Decide what can be shown of a task definition that the plan marks as sensitive.

One secret in `environment` makes Terraform mark all of `container_definitions`. The ARN of a secret, a parameter or a
file that is needed there is still no secret where a resource of the plan has it as its own, unmarked ARN; and a
reference to an attribute names a resource and no value.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.inventory.catalogue import BUCKET, KEY, LOG_GROUP, OBJECT, PARAMETER, REPOSITORY, SECRET
from tfcheck.inventory.world import World
from tfcheck.symbolic.value import TextLike, Unknown
from tfcheck.vocabulary.finding import Requirement

#: What an ARN is made of; AWS returns it unmarked, even where the name was marked.
_NAMES = ("arn", "bucket", "bucket_prefix", "id", "key", "name", "name_prefix")
_KINDS = (BUCKET, KEY, LOG_GROUP, OBJECT, PARAMETER, REPOSITORY, SECRET)


def unmarked(need: Requirement, world: World) -> Requirement:
    """Return a requirement as one that may be shown where everything in it may."""
    if not need.sensitive:
        return need
    texts = (need.resource, need.documented, need.encrypted, need.through)
    shown = world.once(_arns)
    may = all(each is None or _is_shown(each, shown) for each in texts)
    return msgspec.structs.replace(need, sensitive=False) if may else need


def _is_shown(text: TextLike, shown: frozenset[str]) -> bool:
    if isinstance(text, Unknown):
        return text.symbol is not None
    return isinstance(text, str) and (text == "*" or text in shown)


def _arns(world: World) -> frozenset[str]:
    """List the ARNs that resources and data sources have, as far as nothing marks them."""
    return frozenset(_unmarked_arns(world))


def _unmarked_arns(world: World) -> Iterator[str]:
    types = [each for kind in _KINDS for each in kind.types]
    for resource in (*world.resources(*types), *world.looked_up(*types)):
        arn = resource.attribute("arn")
        if isinstance(arn, str) and not any(map(resource.sensitive, _NAMES)):
            yield arn
