"""Detect whether a reference, or several changes together, would create a dependency cycle, also through modules."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from typing import TypeAlias

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.hcl.modules import Module, Sources
from tfcheck.hcl.syntax.block import Block, SourceFile
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.grouping import group_by_key

#: Also a single word, at whose parts the search must not begin again.
_REFERENCE = regex(r"\b(?:data\.)?[^\W\d][\w-]*+(?:\.[^\W\d][\w-]*+)?")
_OUTPUT = regex(r"\bmodule\.([^\W\d][\w-]*)(?:\[[^\[\]]*\])?(?:\.([^\W\d][\w-]*))?")
_KINDS = {"resource": "", "data": "data.", "output": "output.", "variable": "var."}
#: Arguments of a call that everything in the module depends on.
_OF_ALL = ("count", "for_each", "depends_on")

_Names: TypeAlias = tuple[str, ...]
#: An object in a module: the call path, and its name.
_Node: TypeAlias = tuple[_Names, str]


class Dependencies:
    """The dependencies between objects, as far as the text of blocks names them."""

    def __init__(self, sources: Sources, paths: Iterable[_Names]) -> None:
        """Build from the sources and the modules, keyed by their call paths."""
        self._modules = {path: module for path in paths if (module := sources.module(path)) is not None}
        self._used_by: dict[_Node, set[_Node]] = {}
        known: dict[Module, frozenset[tuple[str, str]]] = {}
        for path, module in self._modules.items():
            for node, used in self._edges(path, module, known):
                self._used_by.setdefault(used, set()).add(node)
        self._dependents: dict[_Node, frozenset[_Node]] = {}

    def reaches(self, path: _Names, name: str, goal: str) -> bool:
        """Whether an object of a module (`aws_kms_key.k`, `local.z`, `module.m`) is `goal`, or depends on it."""
        return self._node(path, f"{name}/outputs" if name.startswith("module.") else name) in self._after((path, goal))

    def of_edits(self, insertions: Iterable[Insertion]) -> set[_Node] | None:
        """Return what edits change, and what depends on it; None if an edit is not of an object."""
        found: set[_Node] = set()
        for each in insertions:
            if each.source not in self._files:
                return None
            for path, file in self._files[each.source]:
                index = bisect_right(file.blocks, each.offset, key=lambda block: block.start) - 1
                if index >= 0 and each.offset < file.blocks[index].end:
                    edited = [name for name, _, place in _objects(file.blocks[index]) if each.offset in place]
                    if not edited:
                        return None
                    found |= self._after(self._node(path, edited[0]))
        return found

    @cached_property
    def _files(self) -> dict[SourceText, list[tuple[_Names, SourceFile]]]:
        files = ((path, file) for path, module in self._modules.items() for file in module.files)
        return group_by_key(
            (file.source, (path, file)) for path, file in files if not file.source.name.endswith(".json")
        )

    def _after(self, node: _Node) -> frozenset[_Node]:
        if node not in self._dependents:
            self._dependents[node] = self._depending(node, {})
        return self._dependents[node]

    def makes_circles(self, after: Sources) -> bool:
        """Whether changed sources have a dependency cycle that they did not have before."""
        new: dict[_Node, set[_Node]] = {}
        known: dict[Module, frozenset[tuple[str, str]]] = {}
        for path, module in self._modules.items():
            later = after.module(path)
            for node, used in self._edges(path, later, known) if later is not None and later is not module else ():
                # NOTE: what a missing module does is unknown.
                if node not in self._used_by.get(used, ()) and not node[1].startswith("module."):
                    new.setdefault(used, set()).add(node)
        ends = {node for several in new.values() for node in several}
        depending = {end: self._depending(end, new, is_open=False) for end in ends}
        return any(used in depending[node] for used, several in new.items() for node in several)

    def _depending(self, goal: _Node, new: Mapping[_Node, set[_Node]], *, is_open: bool = True) -> frozenset[_Node]:
        """Return what depends on an object; with `is_open` also everything that reads a missing module."""
        seen, waiting = {goal}, [goal]
        while waiting:
            last = waiting.pop()
            found = (self._used_by.get(last, set()) | new.get(last, set())) - seen
            found = found if is_open else {each for each in found if not each[1].startswith("module.")}
            seen |= found
            waiting += found
        return frozenset(seen)

    def _edges(
        self, path: _Names, module: Module, known: dict[Module, frozenset[tuple[str, str]]]
    ) -> Iterator[tuple[_Node, _Node]]:
        """Yield the dependencies in a module, computed once for all of its instances."""
        if module not in known:
            known[module] = _declared_uses(module)
        for name, used in known[module]:
            yield self._node(path, name), self._node(path, used)

    def _node(self, path: _Names, name: str) -> _Node:
        """Return the node for a name in a module: `module.m/var.x` is an input of the called module."""
        call, within, inner = name.partition("/")
        called = (*path, call.removeprefix("module."))
        return (called, inner) if within and called in self._modules else (path, call)


def _declared_uses(module: Module) -> frozenset[tuple[str, str]]:
    """Pair what a module declares, and passes to other modules, with the names used in it.

    The call of a module is `call`, and all of its outputs together are `outputs`.
    """
    found: set[tuple[str, str]] = set()
    for name, source, place in (
        each for block in module.blocks if block.type != "variable" for each in _objects(block)
    ):
        text = source.text[place.start : place.stop]
        named = (each for each in _REFERENCE.findall(text) if "." in each)
        found.update((name, each) for each in named if not each.startswith("module."))
        for each in _OUTPUT.finditer(text):
            found.add((name, f"module.{each[1]}/{f'output.{each[2]}' if each[2] else 'outputs'}"))
        call, within, _ = name.partition("/")
        if within:
            found.add((f"{call}/call", "call"))
        elif name.startswith("output."):
            found.add(("outputs", name))
        elif not name.startswith("local."):
            found.add((name, "call"))
    return frozenset(found)


def _objects(block: Block) -> Iterator[tuple[str, SourceText, range]]:
    """Yield the names that a block declares or passes to a module, and where it writes what they are."""
    if block.type in _KINDS:
        yield _KINDS[block.type] + ".".join(block.labels), block.source, range(block.body_start, block.body_end)
    for each in block.arguments.values() if block.type in ("locals", "module") else ():
        into = "call" if each.name in _OF_ALL else f"var.{each.name}"
        name = f"local.{each.name}" if block.type == "locals" else f"module.{block.labels[0]}/{into}"
        yield name, each.source, range(each.value_start, each.value_end)
