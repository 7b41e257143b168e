"""Check with python-hcl2 that a changed file differs from the old one only by the intended edits.

A fix is found, placed and proven with tfcheck's own parser. Before it is written to disk, a parser that shares no line
with it reads both texts: a mistake of ours must not become a mistake in the user's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

import msgspec

from tfcheck.fix.edits.insertion import Insertion, Replacement, apply_insertions, spans_after
from tfcheck.symbolic.regex import regex

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

    Node: TypeAlias = Tree[Token] | Token | str

#: Characters of a file. python-hcl2 parses 300 KB per second.
_LONGEST = 1_000_000
#: It tries every newline of a heredoc with all following blanks.
_SLOW = regex(r"\s{5000}")
#: The marker for a replaced part in comparisons.
_REPLACED = "\0replaced"
#: The sign between a name and its value, which includes the blanks before it.
_EQUALS = "EQ"
#: The rules around a value that is wrapped in a list.
_WRAPPERS = frozenset(("expr_term", "tuple"))


class SecondOpinion(Enum):
    """What python-hcl2 finds in the two versions of a file."""

    SAME_BUT_INSERTED = "they differ by exactly the insertion or replacement"
    DIFFERENT = "they differ by something else, or the new one cannot be read"
    UNREADABLE = "the old one cannot be read"


def compare(before: str, insertions: Sequence[Insertion]) -> SecondOpinion:
    """Compare a file with its edited version; the insertions are sorted by offset.

    A replaced part of the old text corresponds to one part of the new; removed text consists of whole parts.
    """
    old = tree(before)
    if old is None:
        return SecondOpinion.UNREADABLE
    new = tree(apply_insertions(before, insertions))
    if new is None:
        return SecondOpinion.DIFFERENT
    edits = [each for each in insertions if isinstance(each, Replacement)]
    removed = tuple(_Region(each.offset, each.end, replaced=bool(each.text)) for each in edits)
    spans = spans_after(insertions)
    added = tuple(_Region(start, stop, replaced=isinstance(each, Replacement)) for each, start, stop in spans)
    are_same = list(_events(old, removed)) == list(_events(new, _whole_parts(new, added)))
    return SecondOpinion.SAME_BUT_INSERTED if are_same else SecondOpinion.DIFFERENT


def tree(text: str) -> Tree[Token] | None:
    """Parse a file into the library's tree; None if that fails or would take too long."""
    from lark.exceptions import LarkError

    if len(text) > _LONGEST or _SLOW.search(text):
        return None
    try:
        return _parser().parse(text if text.endswith("\n") else f"{text}\n")
    except LarkError:
        return None


@cache
def _parser() -> Lark:
    """Build the parser from the library's grammar.

    NOTE: `hcl2.parser.parser()` does the same faster from a file of pickled tables in the installed package, which it
    writes if there is none. Nothing is unpickled here, and nothing written.
    """
    import hcl2
    from hcl2.postlexer import PostLexer
    from lark import Lark

    grammar = Path(hcl2.__file__).with_name("hcl2.lark")
    return Lark.open(str(grammar), parser="lalr", propagate_positions=True, postlex=PostLexer())


class _Region(msgspec.Struct, frozen=True):
    """A range of offsets that only one version has, or, where `replaced`, that differs."""

    start: int
    stop: int
    replaced: bool = False

    def __contains__(self, offset: int) -> bool:
        return self.start <= offset < self.stop


def _whole_parts(root: Tree[Token], inserted: Sequence[_Region]) -> tuple[_Region, ...]:
    """Move an insertion of `}, {` before a `}` to after it, as `, { }`."""
    listed = [token for node in root.iter_subtrees() for token in node.children if isinstance(token, str)]
    tokens = sorted(listed, key=lambda token: _span(token))
    found: list[_Region] = []
    for each in inserted:
        first = next((token for token in tokens if _span(token)[0] in each), None)
        behind = next((token for token in tokens if _span(token)[0] >= each.stop), None)
        is_moved = first is not None and first == behind and first in ("}", "]") and not each.replaced
        if is_moved and first is not None and behind is not None:
            found.append(_Region(_span(first)[1] + 1, _span(behind)[1] + 1))
        else:
            found.append(each)
    return tuple(found)


def _events(root: Tree[Token], inserted: Sequence[_Region]) -> Iterator[tuple[str, str]]:
    """Yield a tree's rules and tokens in order, without newlines, comments and inserted parts."""
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if node == _REPLACED:
            yield _REPLACED, ""
        elif isinstance(node, str):
            yield _leaf(node, inserted)
        elif node.data in _WRAPPERS and all(any(end in each for each in inserted) for end in _span(node)):
            # It begins and ends with inserted text, around an existing value.
            kept = _kept_nodes(node, inserted)
            # A list gets the old value and others; the term around it has the list.
            others = node.data == "expr_term" or len(_kept_nodes(node, ())) > len("[,]") + 1
            yield from [] if len(kept) == 1 and others else [("wraps", str(node))]
            todo += kept
        else:
            yield "begin", str(node.data)
            todo += ["end", *reversed(_kept_nodes(node, inserted))]


def _leaf(token: str, inserted: Sequence[_Region]) -> tuple[str, str]:
    """Return a token: a heredoc without inserted text, `=` without alignment blanks."""
    kind = str(getattr(token, "type", "end"))
    first, last = _span(token)
    left = str(token)
    for each in reversed(inserted):
        start, stop = max(each.start - first, 0), min(each.stop - first, last + 1 - first)
        if start < stop:
            is_part = kind.startswith("HEREDOC") or (kind == _EQUALS and not left[start:stop].strip())
            left = left[:start] + left[stop:] if is_part else f"changed: {left}"
    return kind, left.rstrip("\r\n")


def _kept_nodes(node: Tree[Token], inserted: Sequence[_Region]) -> list[Node]:
    """Return the relevant parts of a rule, with a mark for each replaced one."""
    found: list[Node] = []
    for child in node.children:
        first, last = _span(child)
        region = next((each for each in inserted if first in each and last in each), None)
        if region is not None and region.replaced:
            found.append(_REPLACED)
        elif region is None and getattr(child, "data", "") != "new_line_or_comment":
            found.append(child)
    return found


def _span(node: Node) -> tuple[int, int]:
    position = node if isinstance(node, str) else node.meta
    start, end = getattr(position, "start_pos", None), getattr(position, "end_pos", None)
    return (start, end - 1) if isinstance(start, int) and isinstance(end, int) else (-1, -1)
