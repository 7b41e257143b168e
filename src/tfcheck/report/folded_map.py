"""Fold the maps of instances of one resource block that differ only by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import partial
from typing import Any

import msgspec

from tfcheck.report.access_map import CallNode, TaskNode
from tfcheck.report.causes import block, fold_keys, keys
from tfcheck.report.words import TaskStatus
from tfcheck.vocabulary.finding import Location


class MapGroup(msgspec.Struct, frozen=True):
    """Task definitions with one map, that of the first, with `each.key` where keys differ.

    `name` is the only address, or the block with `[*]`; `tasks` are the addresses.
    """

    name: str
    tasks: tuple[str, ...]
    map: TaskNode


def one_group_per_task(maps: Iterable[TaskNode]) -> tuple[MapGroup, ...]:
    """Return a group for every task definition."""
    return tuple(MapGroup(each.address, (each.address,), each) for each in maps)


def folded_maps(maps: Iterable[TaskNode]) -> tuple[MapGroup, ...]:
    """Merge the maps of similar instances, each in the place of the first."""
    blocks: dict[str, list[TaskNode]] = {}
    for each in maps:
        blocks.setdefault(block(each.address), []).append(each)
    return tuple(group for name, members in blocks.items() for group in _groups(name, members))


def _groups(name: str, members: list[TaskNode]) -> Iterator[MapGroup]:
    if len(members) == 1:
        yield from one_group_per_task(members)
        return
    alike = _group_alike(members, lambda task: ())
    if len(alike) > 1:
        by_key = _group_alike(members, lambda task: keys(task.address))
        alike = by_key if len(by_key) < len(alike) else alike
    for likeness, tasks in alike.items():
        if len(tasks) == 1:
            yield from one_group_per_task(tasks)
        else:
            yield MapGroup(name, tuple(each.address for each in tasks), likeness)


def _group_alike(
    members: list[TaskNode], names: Callable[[TaskNode], tuple[str, ...]]
) -> dict[TaskNode, list[TaskNode]]:
    """Group maps that differ only by what instances never have in common: names, address, ids of requirements."""
    found: dict[TaskNode, list[TaskNode]] = {}
    for each in members:
        likeness: TaskNode = _rename(each, partial(fold_keys, names=names(each)))
        found.setdefault(msgspec.structs.replace(likeness, address=""), []).append(each)
    return found


def _rename(part: Any, name: Callable[[str], str]) -> Any:
    match part:
        case str():
            return name(part)
        case tuple():
            return tuple(_rename(each, name) for each in part)
        case Location() | TaskStatus():
            return part
        case CallNode():
            return _rename_fields(msgspec.structs.replace(part, needs=()), name)
        case msgspec.Struct():
            return _rename_fields(part, name)
        case _:
            return part


def _rename_fields(part: msgspec.Struct, name: Callable[[str], str]) -> msgspec.Struct:
    values = {each: getattr(part, each) for each in part.__struct_fields__}
    return msgspec.structs.replace(part, **{each: _rename(value, name) for each, value in values.items()})
