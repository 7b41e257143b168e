"""Expand `dynamic` blocks.

See https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks.
"""

from __future__ import annotations

from collections.abc import Hashable

from tfcheck.hcl.evaluate.elements import LazyCollection, LocalScope, elements, evaluate_all
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.marking import is_marked, mark_if
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Variable
from tfcheck.symbolic.choices import likeness
from tfcheck.symbolic.value import OneOf, Unknown, Value

#: More blocks than any provider accepts in one resource.
_MOST = 10_000


def nested_blocks(block: Block, name: str, scope: Scope) -> tuple[list[tuple[Block, Scope]], Unknown | None]:
    """Return the `name` blocks inside `block`, each with the scope of its arguments, in source order.

    A `dynamic` block gives its `content` once for each element, with the iterator bound; blocks nested in that are
    expanded by calling this again with the scope given. The Unknown says that there may be more blocks, and why.
    """
    found: list[tuple[Block, Scope]] = []
    more: Unknown | None = None
    for each in block.blocks(name):
        if each.type != "dynamic":
            found.append((each, scope))
            continue
        expanded = _expand(each, name, scope)
        if isinstance(expanded, Unknown):
            more = more or expanded
            continue
        found += [(inner, its_scope) for inner, its_scope, doubt in expanded if doubt is None]
        more = more or next((doubt for *_, doubt in expanded if doubt is not None), None)
    return found, more


def possible(block: Block, name: str, scope: Scope) -> list[tuple[Block, Scope, Unknown]]:
    """Return the content of `dynamic` blocks for what they may be repeated for, each with the reason.

    That is each element of the collections that a condition is between; otherwise, one that may be any of them.
    Nothing if one of the blocks cannot be read.
    """
    found: list[tuple[Block, Scope, Unknown]] = []
    for each in block.blocks(name):
        expanded = _expand(each, name, scope) if each.type == "dynamic" else []
        if isinstance(expanded, list):
            found += [(inner, its_scope, doubt) for inner, its_scope, doubt in expanded if doubt is not None]
        elif _is_complete(each):
            found.append((*_content(each, name, scope, expanded, expanded), expanded))
        else:
            return []
    return found


def _is_complete(block: Block) -> bool:
    return len(block.blocks("content")) == 1 and block.attribute("for_each") is not None


def _content(block: Block, name: str, scope: Scope, key: Seen, item: Seen) -> tuple[Block, Scope]:
    written = block.attribute("iterator")
    iterator = written.name if isinstance(written, Variable) else name
    return block.blocks("content")[0], LocalScope(scope, {iterator: LazyCollection({"key": key, "value": item})})


def _expand(block: Block, name: str, scope: Scope) -> list[tuple[Block, Scope, Unknown | None]] | Unknown:
    for_each = block.attribute("for_each")
    if not _is_complete(block) or for_each is None:
        return Unknown(reason="unsupported: a `dynamic` block without `for_each` and `content`", where=str(block.place))
    where = str(for_each.place)
    try:
        seen = see(for_each, scope)
        items = _possible_elements(seen)
    except EvaluationError as error:
        return Unknown(reason=f"evaluation error: {error}", where=where, may_fail=True)
    except RecursionError:
        return Unknown(reason="limit: the expression nests too deeply", where=where, may_fail=True)
    if isinstance(items, Unknown):
        return Unknown(reason=items.reason, where=items.where or where, may_fail=items.may_fail)
    if len(items) > _MOST:
        return Unknown(reason=f"limit: more than {_MOST} `dynamic` blocks", where=where, may_fail=True)
    marked = is_marked(seen)
    return [(*_content(block, name, scope, mark_if(marked, key), item), doubt) for key, item, doubt in items]


def _possible_elements(seen: Seen) -> list[tuple[Value, Seen, Unknown | None]] | Unknown:
    """Return keys and elements, each with the choice that decides whether it is there; or Unknown."""
    if not isinstance(seen, OneOf) or not seen.values:
        found = elements(seen)
        return found if isinstance(found, Unknown) else [(key, item, None) for key, item in found]
    every: dict[Hashable, list[tuple[Value, Seen]]] = {}
    for each in map(elements, seen.values):
        if isinstance(each, Unknown):
            return seen
        for key, item in each:
            every.setdefault(likeness([key, evaluate_all(item)]), []).append((key, item))
    return [(*same[0], None if len(same) == len(seen.values) else seen) for same in every.values()]
