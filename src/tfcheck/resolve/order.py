"""The order in which Terraform creates resources.

Follows Terraform's graph (https://developer.hashicorp.com/terraform/internals/graph): a resource waits for everything
that its arguments, its `count` or `for_each`, its `depends_on` and its `lifecycle` refer to, through variables, locals
and outputs, and for the `depends_on` of these outputs and of the modules around it. Instances of one
resource are not distinguished.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import msgspec

from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Attribute, Expression, Variable, inner_nodes
from tfcheck.plan import ConfigModule, ConfigResource, ModuleCall, references
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic import limits
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address

#: A module by its call path, and an object in it: a resource, or `var.x`, `local.x`, `output.x`, `module.x`.
_Node: TypeAlias = tuple[tuple[str, ...], str]

#: Steps for a resource that another one waits for, and one more for so many references of it.
_STEPS, _REFERENCES = 3, 4
_KEYS = regex(r'\["(?:[^"\\]++|\\.)*+"\]|\[\d+\]')
_WITHOUT_RESOURCES = frozenset(("each", "count", "path", "terraform", "self", "tofu"))


class FinishedBefore(msgspec.Struct, frozen=True):
    """What is definitely finished first: resources by address without instance keys; `open` if there may be more.

    `more` are those that may be: None if any may. `provisioned` are those of both that run provisioners or invoke
    actions, which may also be the resource itself, before it is created.
    """

    resources: frozenset[str]
    open: bool
    provisioned: frozenset[str] = frozenset()
    more: frozenset[str] | None = None

    @property
    def all_possible(self) -> frozenset[str] | None:
        """All resources that may be finished first; None if any may."""
        if not self.open:
            return self.resources
        return None if self.more is None else self.resources | self.more

    def may_include(self, config: str) -> bool:
        """Whether a resource, by address without instance keys, may be finished first."""
        return config in self.resources or (self.open and (self.more is None or config in self.more))

    def may_include_any(self, configs: frozenset[str]) -> bool:
        """Whether any of some resources may be finished first."""
        if not configs or not configs.isdisjoint(self.resources):
            return bool(configs)
        return self.open and (self.more is None or not configs.isdisjoint(self.more))


class Order:
    """The graph of one plan's configuration."""

    def __init__(self, resolver: Resolver, more: Mapping[str, tuple[str, ...]] | None = None) -> None:
        """Build from the resolver, which knows the plan's configuration and, for locals, the sources.

        `more` are further references, by the resource or module call, without instance keys. A resource that only they
        name is to be created.
        """
        self._resolver = resolver
        self._more = more or {}
        root = resolver.plan.configuration
        self._root = root if root is not None and root.shows_arguments else None
        self._found: dict[str, FinishedBefore] = {}
        self._texts: dict[_Node, str] = {}
        self._following: dict[tuple[_Node, bool], list[_Node] | None] = {}

    def earlier(self, address: Address) -> FinishedBefore:
        """Return what is finished before an instance of a resource is created."""
        if address.config not in self._found:
            self._found[address.config] = self._earlier((address.module.config, address.resource))
        return self._found[address.config]

    def _earlier(self, start: _Node) -> FinishedBefore:
        definite, is_complete = self._reach(start, widely=False)
        possible, is_bounded = (definite, True) if is_complete else self._reach(start, widely=True)
        triggers = self._resolver.plan.action_triggers
        provisioned = {text for each in possible if (text := self._text(each)) in triggers or self._runs(each)}
        if any(each.startswith("Before") for each in triggers.get(_node_text(start), ())):
            provisioned.add(_node_text(start))
        waited = frozenset(map(self._text, definite))
        more = None if not is_bounded else waited if possible is definite else frozenset(map(self._text, possible))
        return FinishedBefore(waited, not is_complete, frozenset(provisioned), more)

    def _text(self, node: _Node) -> str:
        if node not in self._texts:
            self._texts[node] = _node_text(node)
        return self._texts[node]

    def _runs(self, node: _Node) -> bool:
        """Whether a resource has provisioners."""
        path, name = node
        module = self._module(path)
        return module is not None and name in module.resources and module.resources[name].has_provisioners

    def _reach(self, start: _Node, *, widely: bool) -> tuple[list[_Node], bool]:
        """Return the resources that one waits for, and whether these are all."""
        seen: set[_Node] = set()
        waiting = [start]
        is_complete = True
        while waiting:
            node = waiting.pop(), widely
            if node not in self._following:
                self._following[node] = self._follow(*node)
            # NOTE: each of many services may wait for all before it.
            following = self._following[node]
            following = following if limits.take(_STEPS + len(following or ()) // _REFERENCES) else None
            is_complete = is_complete and following is not None
            new = [each for each in following or () if each not in seen]
            seen.update(new)
            waiting += new
        return [node for node in seen if node[1].partition(".")[0] not in _NAMES], is_complete

    def _follow(self, node: _Node, widely: bool) -> list[_Node] | None:
        """Return the direct dependencies of a node; None if they cannot be determined.

        A local value whose expression is not at hand has `widely` all that it can have: its module and the arguments of
        the call.
        """
        path, name = node
        module = self._module(path)
        if module is None:
            return None
        kind, _, rest = name.partition(".")
        match kind:
            case "local":
                sources = self._resolver.sources.module(path) if self._resolver.sources else None
                expression = sources.local(rest) if sources else None
                if expression is None:
                    return self._everything_in(path, module) if widely else None
                return _referenced_nodes(path, tuple(_expression_references(expression)))
            case "var":
                call = self._call(path)
                return _nodes(path[:-1], call.expressions.get(rest)) if call else []
            case "output":
                # NOTE: the plan's configuration has no preconditions, nor an output that a fix adds.
                sources = self._resolver.sources.module(path) if self._resolver.sources else None
                block = sources.output(rest) if sources else None
                written = tuple(block_references(block)) if block is not None else ()
                waited = (*module.output_depends_on(rest), *written)
                return [*_nodes(path, module.outputs.get(rest)), *_referenced_nodes(path, waited)]
            case "module":
                called = self._module((*path, rest))
                if called is None:
                    return None
                return _contents((*path, rest), called)
            case _:
                return self._resource(path, name, module)

    def _everything_in(self, path: tuple[str, ...], module: ConfigModule) -> list[_Node]:
        """Return what an expression in a module can refer to."""
        call = self._call(path)
        return [*_contents(path, module), *_nodes(path[:-1], call.expressions if call else None)]

    def _resource(self, path: tuple[str, ...], name: str, module: ConfigModule) -> list[_Node]:
        found = module.resources.get(name)
        nodes = _referenced_nodes(path, self._more.get(_node_text((path, name)), ()))
        if found is None:
            return nodes  # nothing for a name bound by `for`
        own = [found.expressions, found.count_expression, found.for_each_expression]
        nodes += [node for each in own for node in _nodes(path, each)]
        nodes += _referenced_nodes(path, (*found.depends_on, *self._lifecycle_references(path, found)))
        for length in range(1, len(path) + 1):
            call = self._call(path[:length])
            if call is not None:
                around = path[: length - 1]
                called = _node_text((around, f"module.{path[length - 1]}"))
                nodes += _referenced_nodes(around, (*call.depends_on, *self._more.get(called, ())))
                nodes += [*_nodes(around, call.count_expression), *_nodes(around, call.for_each_expression)]
        return nodes

    def _lifecycle_references(self, path: tuple[str, ...], resource: ConfigResource) -> Iterator[str]:
        """Yield what `replace_triggered_by` and conditions refer to, which the plan's configuration does not show."""
        sources = self._resolver.sources.module(path) if self._resolver.sources else None
        block = sources.resource(resource.mode, resource.type, resource.name) if sources else None
        for each in block.blocks("lifecycle") if block is not None else ():
            yield from block_references(each)

    def _module(self, path: tuple[str, ...]) -> ConfigModule | None:
        return self._root.descendant(path) if self._root else None

    def _call(self, path: tuple[str, ...]) -> ModuleCall | None:
        parent = self._module(path[:-1]) if path else None
        return parent.calls.get(path[-1]) if parent else None


_NAMES = frozenset(("local", "var", "output", "module"))


def _contents(path: tuple[str, ...], module: ConfigModule) -> list[_Node]:
    """Return the resources and the calls of a module."""
    return [(path, each) for each in (*module.resources, *(f"module.{each}" for each in module.calls))]


def _node_text(node: _Node) -> str:
    path, name = node
    return "".join(f"module.{each}." for each in path) + name


def _nodes(path: tuple[str, ...], expression: Any) -> list[_Node]:
    """Return the nodes that an argument refers to, including nested blocks."""
    if isinstance(expression, list):
        return [node for each in expression for node in _nodes(path, each)]
    if not isinstance(expression, dict):
        return []
    found = _referenced_nodes(path, references(expression))
    nested = (each for each in expression.values() if isinstance(each, (dict, list)))
    return [*found, *(node for each in nested for node in _nodes(path, each))]


def _referenced_nodes(path: tuple[str, ...], written: tuple[str, ...]) -> list[_Node]:
    """Return the nodes of references; `module.a` after `module.a.x` is only its prefix."""
    plain = [_KEYS.sub("", each).split(".") for each in written]
    with_output = {tuple(each[:2]) for each in plain if each[0] == "module" and len(each) > 2}
    found: list[_Node] = []
    for parts in plain:
        if parts[0] in _WITHOUT_RESOURCES or len(parts) < 2:
            continue
        if parts[0] == "module":
            if len(parts) > 2:
                found.append(((*path, parts[1]), f"output.{parts[2]}"))
            elif tuple(parts) not in with_output:
                found.append((path, ".".join(parts)))
        else:
            size = 3 if parts[0] in ("data", "ephemeral") else 2
            found.append((path, ".".join(parts[:size])))
    return found


def block_references(block: Block) -> Iterator[str]:
    """Yield every reference of a block in the form of the plan's configuration."""
    for each in block.all_arguments():
        yield from _expression_references(each.expression)


def _expression_references(expression: Expression | None) -> Iterator[str]:
    """Yield every reference of an expression in the form of the plan's configuration."""
    waiting = [] if expression is None else [expression]
    while waiting:
        node = waiting.pop()
        written = _traversal(node) if isinstance(node, Attribute) else ""
        if written:
            yield written
        else:
            waiting += inner_nodes(node)


def _traversal(node: Attribute) -> str:
    """Write a chain of attributes that begins with a name; empty if it has an index or a call."""
    names: list[str] = []
    at: object = node
    while isinstance(at, Attribute):
        names.append(at.name)
        at = at.source
    return ".".join([at.name, *reversed(names)]) if isinstance(at, Variable) else ""
