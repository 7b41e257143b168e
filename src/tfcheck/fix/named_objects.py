"""Decide whether a pattern of a statement may be meant for an existing object instead of being a mistake."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cached_property

from tfcheck.fix.misspelling import compared_parts
from tfcheck.fix.written_text import flat
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
    SECRET,
    ObjectKind,
    catalogue,
)
from tfcheck.inventory.world import After, World, WorldObject
from tfcheck.resolve import Resolver
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.finding import Answer

#: Containers of other objects: statements about those do not name the container's own ARN.
_CONTAINERS = (BUCKET, LOG_GROUP)
_SINGLE = (SECRET, PARAMETER, REPOSITORY, KEY, FILE_SYSTEM, ACCESS_POINT)


class NamedObjects:
    """The ARNs of everything in the plan, its data sources and other stacks that a statement can name."""

    def __init__(self, world: After, answers: Iterable[Answer]) -> None:
        self._world = world
        self._needed = frozenset(flat(each.requirement.resource) for each in answers) - {""}

    def has(self, pattern: str, needed: str) -> bool:
        """Whether a pattern matches an object other than the needed one, or is contained in its ARN."""
        if any(self._names(pattern, each) for each in self._single if each != needed):
            return True
        others = self._containers | self._needed
        return any(self._names(pattern, each) for each in others if not _contains(each, needed))

    def is_managed(self, needed: str) -> bool:
        """Whether the plan manages an object or parameter, so that similar ones would also be in the plan."""
        return _service_and_resource(needed) in self._managed_names

    def _names(self, pattern: str, arn: str) -> bool:
        _, own, its = compared_parts(pattern, arn)
        return glob_known(own, its) or own.rstrip("*/:") == its or _contains(its, own)

    @cached_property
    def _containers(self) -> frozenset[str]:
        return frozenset(self._arns(_CONTAINERS))

    @cached_property
    def _single(self) -> frozenset[str]:
        return frozenset(self._arns(_SINGLE)) | self._names_of_managed

    @cached_property
    def _names_of_managed(self) -> frozenset[str]:
        objects = (_object(each, self._world) for each in catalogue(self._world, OBJECT).resources)
        parameters = (flat(each.attribute("arn")) for each in self._world.resources(*PARAMETER.types))
        return frozenset((*objects, *parameters)) - {""}

    @cached_property
    def _managed_names(self) -> frozenset[tuple[str, str]]:
        return frozenset(map(_service_and_resource, self._names_of_managed))

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
    blocks = (each for module in modules for file in module.files for each in file.blocks)
    return any(each is not block and pattern.search(each.source.text, each.start, each.end) for each in blocks)
