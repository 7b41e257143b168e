"""Follow where the length of a list comes from: whether another plan may have it empty, and whether a plan knows it.

A policy without resources is invalid, and `count` must be known before apply.
"""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.fix.wanted import Reference
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import ModulePath

_QUOTED = regex(r'"(?:[^"\\]|\\.)*"')
_REFERENCE = regex(r"(?<![\w.-])(?:data\.)?[^\W\d][\w-]*\.[^\W\d][\w-]*")
_EACH = regex(r"\beach\.value\b")
#: What decides by the elements of a list how many there are: Terraform does not know it where an element is unknown.
_BY_ELEMENTS = regex(
    r"\b(?:compact|distinct|sort|flatten|matchkeys|coalescelist|set(?:subtract|intersection|union)|split"
    r"|(?:json|yaml|csv)decode)\(|\bif\b|[!=]=|\.\.\."
)
#: So many texts are followed.
_MOST = 200


def collection_of(listed: Reference) -> str:
    """Return the expression that is as long as a list: what it iterates over, or where it has a condition the list."""
    return listed.expression if _condition(listed) else listed.over


def may_vary(listed: Reference, module: ModulePath, place: Block | None, resolver: Resolver) -> bool:
    """Whether a list of a module may be empty in another plan of the same sources: an input or a look-up decides it."""
    text = f"{listed.over} {_condition(listed)}"
    repeated = place.arguments.get("for_each") if place and _EACH.search(text) else None
    text += f" {repeated.text}" if repeated else ""
    return any(
        each.startswith(("var.", "module.", "data."))
        for _, names in _behind(text, module, resolver, blocks=True)
        for each in names
    )


def depends_on_elements(listed: Reference, module: ModulePath, resolver: Resolver) -> bool:
    """Whether Terraform may need the elements of a list to know how many there are."""
    found = list(_behind(collection_of(listed), module, resolver, blocks=False))
    return any(
        _BY_ELEMENTS.search(text) or any(each.startswith(("module.", "data.")) for each in names)
        for text, names in found
    )


def _condition(listed: Reference) -> str:
    _, found, rest = listed.expression.partition(f" in {listed.over} : ")
    return rest.rpartition(" if ")[2].rstrip("]") if found and " if " in rest else ""


def _behind(
    text: str, module: ModulePath, resolver: Resolver, *, blocks: bool
) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield an expression and all that its length comes from, without texts in quotes, with what each refers to.

    With `blocks` this includes how resources are repeated, which is known in every plan.
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
    if name.startswith("local."):
        argument = sources.local_argument(label)
        yield from [(argument.text, path)] if argument else []
    elif name.startswith("var."):
        parent = resolver.module_sources(path.parent) if path.steps else None
        call = parent.call(path.steps[-1].name) if parent else None
        given = call.arguments.get(label) if call else None
        yield from [(given.text, path.parent)] if given else []
    elif blocks:
        block = sources.resource("data" if name.startswith("data.") else "resource", kind, label)
        arguments = [block.arguments.get(each) for each in ("for_each", "count")] if block else []
        yield from ((each.text, path) for each in arguments if each)
