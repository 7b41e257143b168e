"""Find out whether a reference, or several changes together, would make a block depend on itself.

Terraform refuses a plan in which a policy names a key whose own policy names the role that the first is written in.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property

from tfcheck.fix.edits.insertion import Insertion
from tfcheck.fix.trial import changed
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex

_REFERENCE = regex(r"\b(?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*")
_KINDS = {"resource": "", "data": "data."}


class Dependencies:
    """What depends on what in one module, as far as the text of its blocks names it."""

    def __init__(self, module: Module) -> None:
        self._module = module
        self._dependents: dict[str, set[str]] = {}

    def reaches(self, name: str, goal: str) -> bool:
        """Whether `name` (`aws_kms_key.k`, `data.x.y`, `local.z`) depends on `goal`, or is it."""
        if goal not in self._dependents:
            seen = {goal}
            waiting = [goal]
            while waiting:
                new = self._used_by.get(waiting.pop(), set()) - seen
                seen |= new
                waiting += new
            self._dependents[goal] = seen
        return name in self._dependents[goal]

    def leading_to_circles(self) -> frozenset[str]:
        """Name what is used, however indirectly, by something that depends on itself, not through a module."""
        uses: dict[str, set[str]] = {}
        for used, by in self._used_by.items():
            for each in by:
                uses.setdefault(each, set()).update([] if each.startswith("module.") else [used])
        number = Counter(used for several in uses.values() for used in several)
        waiting = [each for each in uses if not number[each]]
        while waiting:
            for used in uses.get(waiting.pop(), ()):
                number[used] -= 1
                waiting += [] if number[used] else [used]
        return frozenset(+number)

    @cached_property
    def _used_by(self) -> dict[str, set[str]]:
        found: dict[str, set[str]] = {}
        for file in self._module.files:
            for block in file.blocks:
                for name, text in _declared_objects(block):
                    for used in _REFERENCE.findall(text):
                        found.setdefault(used, set()).add(name)
        return found


def makes_circles(resolver: Resolver, insertions: Iterable[Insertion], texts: Mapping[str, SourceText]) -> bool:
    """Whether something in a module depends on itself after a change of the sources that did not before."""
    if resolver.sources is None:
        return False
    after = changed(resolver.sources, insertions, texts)
    paths = {each.config for each in resolver.plan.module_instances()}
    modules = ((resolver.sources.module(each), after.module(each)) for each in paths)
    return any(
        old is not None
        and new is not None
        and old is not new
        and not Dependencies(new).leading_to_circles() <= Dependencies(old).leading_to_circles()
        for old, new in modules
    )


def _declared_objects(block: Block) -> Iterator[tuple[str, str]]:
    if block.type in _KINDS:
        yield _KINDS[block.type] + ".".join(block.labels), _text(block)
    elif block.type == "module":
        yield f"module.{'.'.join(block.labels)}", _text(block)
    elif block.type == "locals":
        for argument in block.arguments.values():
            yield f"local.{argument.name}", argument.text


def _text(block: Block) -> str:
    return block.source.text[block.body_start : block.body_end]
