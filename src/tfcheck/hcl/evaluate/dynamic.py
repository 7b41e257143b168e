"""Expand `dynamic` blocks.

See https://developer.hashicorp.com/terraform/language/expressions/dynamic-blocks.
"""

from __future__ import annotations

from tfcheck.hcl.evaluate.elements import LazyCollection, LocalScope, elements
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.marking import is_marked, mark_if
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Variable
from tfcheck.symbolic.value import Unknown

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
        else:
            found += expanded
    return found, more


def possible(block: Block, name: str, scope: Scope) -> list[tuple[Block, Scope, Unknown]]:
    """Return the content of each `dynamic` block with an unknown number of elements, and the reason.

    Nothing if one of them cannot be read.
    """
    found = [(each, _expand(each, name, scope)) for each in block.blocks(name) if each.type == "dynamic"]
    opened = [(each, more) for each, more in found if isinstance(more, Unknown)]
    if not all(_is_complete(each) for each, _ in opened):
        return []
    return [(*_content(each, name, scope, more, more), more) for each, more in opened]


def _is_complete(block: Block) -> bool:
    return len(block.blocks("content")) == 1 and block.attribute("for_each") is not None


def _content(block: Block, name: str, scope: Scope, key: Seen, item: Seen) -> tuple[Block, Scope]:
    written = block.attribute("iterator")
    iterator = written.name if isinstance(written, Variable) else name
    return block.blocks("content")[0], LocalScope(scope, {iterator: LazyCollection({"key": key, "value": item})})


def _expand(block: Block, name: str, scope: Scope) -> list[tuple[Block, Scope]] | Unknown:
    for_each = block.attribute("for_each")
    if not _is_complete(block) or for_each is None:
        return Unknown(reason="unsupported: a `dynamic` block without `for_each` and `content`", where=str(block.place))
    where = str(for_each.place)
    try:
        seen = see(for_each, scope)
        items = elements(seen)
    except EvaluationError as error:
        return Unknown(reason=f"evaluation error: {error}", where=where, may_fail=True)
    except RecursionError:
        return Unknown(reason="limit: the expression nests too deeply", where=where, may_fail=True)
    if isinstance(items, Unknown):
        return Unknown(reason=items.reason, where=items.where or where, may_fail=items.may_fail)
    if len(items) > _MOST:
        return Unknown(reason=f"limit: more than {_MOST} `dynamic` blocks", where=where, may_fail=True)
    return [_content(block, name, scope, mark_if(is_marked(seen), key), item) for key, item in items]
