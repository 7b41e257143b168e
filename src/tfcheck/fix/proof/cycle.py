"""Detect whether a reference, or several changes together, would create a dependency cycle, also through modules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from tfcheck.hcl.modules import Module, Sources
from tfcheck.symbolic.regex import regex

_REFERENCE = regex(r"\b(?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*")
_OUTPUT = regex(r"\bmodule\.([^\W\d][\w-]*)(?:\[[^\[\]]*\])?(?:\.([^\W\d][\w-]*))?")
_KINDS = {"resource": "", "data": "data.", "output": "output."}
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
        end = (path, goal)
        if end not in self._dependents:
            self._dependents[end] = self._depending(end, {})
        return self._node(path, f"{name}/outputs" if name.startswith("module.") else name) in self._dependents[end]

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
    for name, text in _declared_objects(module):
        found.update((name, each) for each in _REFERENCE.findall(text) if not each.startswith("module."))
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


def _declared_objects(module: Module) -> Iterator[tuple[str, str]]:
    for block in module.blocks:
        if block.type in _KINDS:
            yield _KINDS[block.type] + ".".join(block.labels), block.source.text[block.body_start : block.body_end]
        elif block.type == "locals":
            yield from ((f"local.{each.name}", each.text) for each in block.arguments.values())
        elif block.type == "module":
            for each in block.arguments.values():
                into = "call" if each.name in _OF_ALL else f"var.{each.name}"
                yield f"module.{block.labels[0]}/{into}", each.text
