"""Find what the length of a list depends on: may it be empty in another plan, and does Terraform know it in time?"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.needed_statements import Reference
from tfcheck.fix.values.definitions import source_of
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import ModulePath

_EACH_VALUE = regex(r"\beach\.value\b")
_QUOTED = regex(r'"(?:[^"\\]++|\\.)*+"?')
_REFERENCE = regex(r"(?<![\w.-])(?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*")
#: Functions whose result has a length that Terraform does not know if an element is unknown.
_BY_ELEMENTS = regex(
    r"\b(?:compact|distinct|sort|flatten|matchkeys|coalescelist|set(?:subtract|intersection|union)|split"
    r"|(?:json|yaml|csv)decode)\(|\bif\b|[!=]=|\.\.\."
)
#: What decides which elements there are: a condition of all, or of each.
_SWITCH = regex(r'^[^?{"]*\?|\bif [^{}]*(?=\}$)')
#: The number of texts that are followed.
_MOST = 200


def collection_of(listed: Reference) -> str:
    """Return an expression of the same length as a list: its collection, or the list itself if it filters."""
    return listed.expression if _condition(listed) else listed.over


def may_vary(listed: Reference, module: ModulePath, place: Block | None, resolver: Resolver) -> bool:
    """Whether a module's list may be empty in another plan of the same sources, by an input or a data source."""
    text = f"{listed.over} {_condition(listed)}"
    repeated = place.arguments.get("for_each") if place and _EACH_VALUE.search(text) else None
    text += f" {_SWITCH.sub('', repeated.text)}" if repeated else ""
    return any(
        each.startswith(("var.", "module.", "data."))
        for _, names in _length_sources(text, module, resolver, blocks=True)
        for each in names
    )


def depends_on_elements(listed: Reference, module: ModulePath, resolver: Resolver) -> bool:
    """Whether Terraform may need the elements of a list to know its length."""
    found = list(_length_sources(collection_of(listed), module, resolver, blocks=False))
    return any(
        _BY_ELEMENTS.search(text) or any(each.startswith(("module.", "data.")) for each in names)
        for text, names in found
    )


def _condition(listed: Reference) -> str:
    _, found, rest = listed.expression.partition(f" in {listed.over} : ")
    return rest.rpartition(" if ")[2].rstrip("]") if found and " if " in rest else ""


def _length_sources(
    text: str, module: ModulePath, resolver: Resolver, *, blocks: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield an expression and everything that its length depends on, with the references in each.

    With `blocks` this includes the repetition of resources, which is known in every plan.
    """
    waiting = [(text, module)]
    seen: set[tuple[str, ModulePath]] = set()
    while waiting and len(seen) < _MOST:
        written, path = waiting.pop()
        bare = _QUOTED.sub('""', written)
        names = tuple(_REFERENCE.findall(bare))
        yield bare, names
        sources = resolver.module_sources(path)
        for name in names:
            if (name, path) not in seen and sources is not None:
                seen.add((name, path))
                waiting += _sources_of(name, path, sources, resolver, blocks=blocks)


def _sources_of(
    name: str, path: ModulePath, sources: Module, resolver: Resolver, *, blocks: bool
) -> Iterator[tuple[str, ModulePath]]:
    kind, _, label = name.removeprefix("data.").partition(".")
    if name.startswith(("local.", "var.")):
        found = source_of(name, path, resolver)
        yield from [(found[0].text, found[1])] if found is not None else []
    elif blocks:
        block = sources.resource("data" if name.startswith("data.") else "resource", kind, label)
        yield from [(block.repetition[1], path)] if block and block.repetition else []
