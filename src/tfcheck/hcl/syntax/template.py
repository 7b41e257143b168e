"""Parse templates: strings, heredocs and template files.

The strip marks `~` and the indentation of `<<-` are removed from the texts exactly as Terraform does. Directives become
nodes.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeAlias

from tfcheck.hcl.syntax import expression as syntax
from tfcheck.hcl.syntax.cursor import Cursor, Rule
from tfcheck.hcl.syntax.lexer import DEEPEST, MalformedError
from tfcheck.hcl.syntax.literals import unescape, unescape_bare

#: What Go's `unicode.IsSpace` accepts; `str.strip` would take more.
SPACE = "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))

#: Parses `for k, v in collection`.
Binding: TypeAlias = Callable[[], Generator[Rule, Any, tuple[str, str, syntax.Expression]]]


def template(at: Cursor, expression: Callable[[], Rule], binding: Binding) -> Rule:
    """Parse the template whose opening token is next, with the rules for the inside of `${ }` and `%{ for }`."""
    place, opening = at.place, at.index
    pieces = list(at.tokens.indices_inside(opening))
    builder = _Builder(place)
    for piece, text in zip(pieces, _decoded_texts(at, opening, pieces), strict=True):
        at.index = piece
        if text is not None:
            builder.text(text, at.place)
        elif at.accept("${"):
            builder.part((yield from _readable(at, expression(), piece)))
        else:
            yield from _directive(at, builder, expression, binding)
        at.index = at.tokens.closings.get(piece, piece) + 1
    at.index = at.tokens.closings[opening] + 1
    return syntax.Template(builder.finish(at.tokens.listed[opening].start), place)


def _readable(at: Cursor, rule: Rule, opening: int) -> Generator[Rule, Any, syntax.Expression]:
    """Parse the inside of `${ }` or `%{ }`; a syntax error affects only this part."""
    try:
        found: syntax.Expression = yield rule
        if at.index != at.tokens.closings[opening]:
            raise at.unexpected_token()
    except MalformedError as fault:
        return syntax.Unreadable(fault.message, at.source.place(fault.offset))
    return found


def _directive(
    at: Cursor, builder: _Builder, expression: Callable[[], Rule], binding: Binding
) -> Generator[Rule, Any, None]:
    """Parse one `%{ }`."""
    opening, place, start = at.index, at.place, at.token.start
    at.index += 1
    if at.next_is("for"):
        key, value, collection = yield from binding()
        builder.begin(_Level("for", place, collection, key, value), start)
    elif at.next_is("if"):
        at.index += 1
        builder.begin(_Level("if", place, (yield expression())), start)
    elif at.next_is("else") or at.next_is("endif") or at.next_is("endfor"):
        builder.end(at.expect("word"), start)
    else:
        raise MalformedError("an unknown directive in a template", start)
    if at.index != at.tokens.closings[opening]:
        raise at.unexpected_token()


def always_text(parts: tuple[syntax.Expression, ...], place: syntax.Place) -> syntax.Template:
    """Return a template that is a text even if it consists of a single interpolation."""
    keeps_type = len(parts) == 1 and not (isinstance(parts[0], syntax.Literal) and isinstance(parts[0].value, str))
    return syntax.Template((syntax.Literal("", place), *parts) if keeps_type else parts, place)


class _Level:
    """The parts between a directive and its end, or the whole template at the outermost level."""

    def __init__(
        self, keyword: str, place: syntax.Place, head: syntax.Expression | None = None, key: str = "", value: str = ""
    ):
        self.keyword = keyword
        self.place = place
        self.head = head
        self.names = key, value
        self.then: tuple[syntax.Expression, ...] | None = None
        self.parts: list[syntax.Expression] = []
        self.texts: list[str] = []
        self.text_place = place

    def flush(self) -> list[syntax.Expression]:
        """Return the parts, including the text after the last of them."""
        if self.texts:
            self.parts.append(syntax.Literal("".join(self.texts), self.text_place))
            self.texts = []
        return self.parts

    def directive(self) -> syntax.Expression:
        """Build the node of the directive."""
        assert self.head is not None  # only the outermost level has none
        arms = [always_text(parts, self.place) for parts in (self.then, tuple(self.flush())) if parts is not None]
        if self.keyword == "for":
            return syntax.JoinedTexts(syntax.ForList(*self.names, self.head, arms[0], None, self.place), self.place)
        return syntax.Conditional(
            self.head, arms[0], arms[1] if len(arms) > 1 else syntax.Template((), self.place), self.place
        )


class _Builder:
    """Nests the parts between directives."""

    def __init__(self, place: syntax.Place) -> None:
        self.open = [_Level("", place)]

    def text(self, text: str, place: syntax.Place) -> None:
        """Append a text to the one before it."""
        level = self.open[-1]
        if text and not level.texts:
            level.text_place = place
        level.texts += [text] if text else []

    def part(self, part: syntax.Expression) -> None:
        """Add an interpolation or a finished directive."""
        self.open[-1].flush().append(part)

    def begin(self, level: _Level, start: int) -> None:
        """Open a directive."""
        if len(self.open) >= DEEPEST:
            raise MalformedError("limit: nested too deeply", start)
        self.open.append(level)

    def end(self, keyword: str, start: int) -> None:
        """Close the open directive, or begin its `else`."""
        level = self.open[-1]
        if keyword == "else" and level.keyword == "if" and level.then is None:
            level.then, level.parts = tuple(level.flush()), []
        elif level.keyword and keyword == f"end{level.keyword}":
            self.open.pop()
            self.part(level.directive())
        else:
            raise MalformedError(f"`{keyword}` closes nothing", start)

    def finish(self, start: int) -> tuple[syntax.Expression, ...]:
        """Return the parts of the template."""
        level = self.open[-1]
        if level.keyword:
            raise MalformedError(f"`end{level.keyword}` is missing", start)
        return tuple(level.flush())


def _decoded_texts(at: Cursor, opening: int, pieces: Sequence[int]) -> list[str | None]:
    """Decode and trim the texts of a template; None represents anything else."""
    listed, closings, source = at.tokens.listed, at.tokens.closings, at.source.text
    first = listed[opening]
    decode = unescape if first.kind == '"' else unescape_bare
    texts: list[str | None] = []
    trims = False
    for index in pieces:
        token = listed[index]
        if token.kind != "text":
            if token.end - token.start == len("${~") and texts and texts[-1] is not None:
                texts[-1] = texts[-1].rstrip(SPACE)
            closing = listed[closings[index]]
            trims = closing.end - closing.start == len("~}")
            texts.append(None)
            continue
        decoded = decode(source[token.start : token.end])
        texts.append(decoded.lstrip(SPACE) if trims else decoded)
        trims = False
    return _without_indentation(texts) if source.startswith("<<-", first.start) and first.kind == "<<" else texts


def _without_indentation(texts: list[str | None]) -> list[str | None]:
    """Remove the common indentation of the lines, ignoring blank ones.

    NOTE: a line that begins after a newline removed by `~` does not count as one, as in Terraform.
    """
    indented: list[int] = []
    smallest: int | None = None
    at_line_start = True
    for index, text in enumerate(texts):
        blank = text is not None and text.endswith("\n") and not text.strip(SPACE)
        if at_line_start and not blank:
            width = 0 if text is None else len(text) - len(text.lstrip(SPACE))
            smallest = width if smallest is None else min(smallest, width)
            indented.append(index)
        at_line_start = text is not None and text.endswith("\n")
    for index in indented:
        texts[index] = (texts[index] or "")[smallest:] if texts[index] is not None else None
    return texts
