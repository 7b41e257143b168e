"""Check with python-hcl2 that a changed file differs from the old one by exactly what was inserted.

A fix is found, placed and proven with tfcheck's own parser. Before it is written to disk, a parser that shares no line
with it reads both texts: a mistake of ours must not become a mistake in the user's file.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from enum import Enum
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from tfcheck.fix.edits.insertion import Insertion, spliced
from tfcheck.regex import regex

if TYPE_CHECKING:
    from lark import Lark, Token, Tree

    Node: TypeAlias = Tree[Token] | Token | str

#: Characters of a file. python-hcl2 reads 300 KB in a second.
_LONGEST = 1_000_000
#: It tries every newline of a heredoc against all blanks that follow.
_SLOW = regex(r"\s{5000}")
#: What a value becomes a part of where a list is put around it.
_WRAPPERS = frozenset(("expr_term", "tuple"))


class Opinion(Enum):
    """What python-hcl2 finds in the two texts of a file."""

    SAME_BUT_INSERTED = "they differ by exactly the insertion"
    DIFFERENT = "they differ by something else, or the new one cannot be read"
    UNREADABLE = "the old one cannot be read"


def opinion(before: str, insertions: Sequence[Insertion]) -> Opinion:
    """Compare the text of a file with what it becomes by insertions, which are sorted by offset."""
    old = tree(before)
    if old is None:
        return Opinion.UNREADABLE
    new = tree(spliced(before, insertions))
    if new is None or list(_events(old, ())) != list(_events(new, _whole_parts(new, _inserted(insertions)))):
        return Opinion.DIFFERENT
    return Opinion.SAME_BUT_INSERTED


def tree(text: str) -> Tree[Token] | None:
    """Parse a file into the library's tree; None if it cannot, or would take too long."""
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

    NOTE: `hcl2.parser.parser()` does the same faster from a file of pickled tables inside the installed package, which
    it writes where there is none. Nothing is unpickled here, and nothing written.
    """
    import hcl2
    from hcl2.postlexer import PostLexer
    from lark import Lark

    grammar = Path(hcl2.__file__).with_name("hcl2.lark")
    return Lark.open(str(grammar), parser="lalr", propagate_positions=True, postlex=PostLexer())


def _inserted(insertions: Sequence[Insertion]) -> tuple[range, ...]:
    """Return where inserted texts are in the new text."""
    found: list[range] = []
    shift = 0
    for each in insertions:
        start = each.offset + shift
        shift += len(each.text)
        found.append(range(start, start + len(each.text)))
    return tuple(found)


def _whole_parts(root: Tree[Token], inserted: Sequence[range]) -> tuple[range, ...]:
    """Move an insertion of `}, {` before a `}` behind that, where it is `, { }`."""
    listed = [token for node in root.iter_subtrees() for token in node.children if isinstance(token, str)]
    tokens = sorted(listed, key=lambda token: _span(token))
    found: list[range] = []
    for each in inserted:
        first = next((token for token in tokens if _span(token)[0] in each), None)
        behind = next((token for token in tokens if _span(token)[0] >= each.stop), None)
        if first is not None and behind is not None and first == behind and first in ("}", "]"):
            found.append(range(_span(first)[1] + 1, _span(behind)[1] + 1))
        else:
            found.append(each)
    return tuple(found)


def _events(root: Tree[Token], inserted: Sequence[range]) -> Iterator[tuple[str, str]]:
    """Yield a tree's rules and tokens in order, without newlines, comments and what is inserted."""
    todo: list[Node] = [root]
    while todo:
        node = todo.pop()
        if isinstance(node, str):
            yield _leaf(node, inserted)
        elif _wraps(node, inserted):
            kept = _kept(node, inserted)
            # A list gets the old value and others; the term around it has the list.
            others = node.data == "expr_term" or len(_kept(node, ())) > len("[,]") + 1
            yield from [] if len(kept) == 1 and others else [("wraps", str(node))]
            todo += kept
        else:
            yield "begin", str(node.data)
            todo += ["end", *reversed(_kept(node, inserted))]


def _leaf(token: str, inserted: Sequence[range]) -> tuple[str, str]:
    """Return a token; a heredoc, which is one, without what is inserted into it."""
    kind = str(getattr(token, "type", "end"))
    first, last = _span(token)
    left = str(token)
    for each in reversed(inserted):
        start, stop = max(each.start - first, 0), min(each.stop - first, last + 1 - first)
        if start < stop:
            left = left[:start] + left[stop:] if kind.startswith("HEREDOC") else f"changed: {left}"
    return kind, left.rstrip("\r\n")


def _kept(node: Tree[Token], inserted: Sequence[range]) -> list[Node]:
    """Return the parts of a rule that count."""
    return [
        child
        for child in node.children
        if getattr(child, "data", "") != "new_line_or_comment"
        and not any(first in each and last in each for each in inserted for first, last in [_span(child)])
    ]


def _wraps(node: Tree[Token], inserted: Sequence[range]) -> bool:
    """Whether a rule begins and ends with inserted text, around a value that was there before."""
    first, last = _span(node)
    return node.data in _WRAPPERS and all(any(end in each for each in inserted) for end in (first, last))


def _span(node: Node) -> tuple[int, int]:
    """Return the offsets of the first and the last character of a rule or token."""
    position = node if isinstance(node, str) else node.meta
    start, end = getattr(position, "start_pos", None), getattr(position, "end_pos", None)
    return (start, end - 1) if isinstance(start, int) and isinstance(end, int) else (-1, -1)
