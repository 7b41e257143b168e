"""Split expressions and templates into tokens, and find where a value, a string or a heredoc ends.

Follows the HCL native syntax specification (https://github.com/hashicorp/hcl/blob/main/hclsyntax/spec.md) and, where it
is silent, what Terraform accepts. What is open (brackets, strings, heredocs, interpolations) is kept in a list rather
than on Python's stack, so any depth of nesting can be read, and every character is read a fixed number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tfcheck.hcl.syntax.source import TEXT
from tfcheck.symbolic import limits
from tfcheck.symbolic.regex import regex

#: The nesting limit of brackets, strings and interpolations; real sources stay below 20.
DEEPEST = 60
#: The nesting limit of an expression's nodes, so that recursion does not exhaust the stack.
DEEPEST_NODES = 100
#: Steps for one more skipped stretch of code, and for one more parsed token.
_STRETCH_STEPS, _TOKEN_STEPS = 2, 4
#: The number of steps that are taken from the allowance at once.
_MOST_OWED = 500

_COMMENT = r"\#[^\n]*+|//[^\n]*+|/\*(?:[^*]++|\*(?!/))*+\*/"
_HEREDOC = r"<<-?[^\W\d][\w-]*+[ \t]*+\r?\n"
_DOLLARS = r"\$\$\{|%%\{|\$(?!\{)|%(?!\{)"
_SIMPLE_SEQUENCE = r'[$%]\{[^{}"\n\#/<]*+\}'
_QUOTED_CHARACTERS = rf'[^"\\$%\n]++|\\[^\n]|{_DOLLARS}'
_SIMPLE_STRING = rf'"(?:{_QUOTED_CHARACTERS}|{_SIMPLE_SEQUENCE})*+"'
_SIMPLE_BRACKETS = r'\([^"\#/{}()\[\]<\n]*+\)|\[[^"\#/{}()\[\]<\n]*+\]'
_SINGLE_CHARACTERS = rf"/(?![/*])|<(?!{_HEREDOC[1:]})"

#: One token of code, after blanks and comments.
_TOKEN = regex(
    rf"""(?:[ \t\r]++|{_COMMENT})*+
    (?:(?P<newline>\n)
    |(?P<word>[^\W\d][\w-]*+)
    |(?P<number>\d++(?:\.\d++)*+(?:[eE][+-]?+\d++)?+)
    |(?P<plain>"(?:{_QUOTED_CHARACTERS})*+")
    |(?P<quoted>")
    |(?P<heredoc>{_HEREDOC})
    |(?P<opening>[(\[{{])
    |(?P<closing>~?+[)\]}}])
    |(?P<comment>/\*)
    |(?P<operator>\.\.\.|==|!=|<=|>=|=>|&&|\|\||::|[-+*/%!<>=?:,.])
    |(?P<other>.))?+""",
    re.VERBOSE,
)
#: Code inside brackets, up to the next opening or closing character.
_INSIDE = regex(
    rf"""(?:[^"\#/{{}}()\[\]<]++|{_SIMPLE_STRING}|{_SIMPLE_BRACKETS}|{_COMMENT}|{_SINGLE_CHARACTERS})*+
    (?:(?P<quoted>")|(?P<heredoc>{_HEREDOC})|(?P<opening>[(\[{{])|(?P<closing>[)\]}}])|(?P<comment>/\*))?+""",
    re.VERBOSE,
)
#: Code outside brackets on one line: text, then blanks and comments, then an opening character.
_VALUE = regex(
    rf"""(?P<run>
        (?:[ \t\r]*+(?:[^ \t\r\n"\#/{{}}()\[\]<]++|{_SIMPLE_STRING}|{_SIMPLE_BRACKETS}|{_SINGLE_CHARACTERS}))*+
    )
    (?:[ \t\r]++|/\*(?:[^*]++|\*(?!/))*+\*/)*+
    (?:(?P<quoted>")|(?P<heredoc>{_HEREDOC})|(?P<opening>[(\[{{]))?+""",
    re.VERBOSE,
)
_QUOTED_TEXT = regex(rf"(?:{_QUOTED_CHARACTERS})++")
_BARE_TEXT = regex(rf"(?:[^$%\n]++|{_DOLLARS})*+\n?+")
_MARKER = regex(r"[ \t]*+([^\W\d][\w-]*+)(?=[ \t]*+\r?+(?:\n|\Z))")
_BARE_LINES = regex(rf"(?:[^$%\n]++|{_DOLLARS}|{_SIMPLE_SEQUENCE}|\n(?!{_MARKER.pattern}))*+\n?+")
_FOR = regex(rf"(?:\s++|{_COMMENT})*+for(?![\w-])")
_PLAIN_QUOTED = regex(_SIMPLE_STRING)
_LINE = regex(r"[^\n]*+")
_HEREDOC_AT = regex(_HEREDOC)

_CLOSINGS = {"(": ")", "[": "]", "{": "}", "${": "}", "%{": "}"}
_SEQUENCES = ("${", "%{")
#: The groups of a token that neither opens nor closes anything.
_SINGLE = ("word", "operator", "number", "other")


class MalformedError(Exception):
    """Terraform would not accept the text at `offset`; all that reads source text may raise this."""

    def __init__(self, message: str, offset: int) -> None:
        super().__init__(message)
        self.message = message
        self.offset = offset


class Token(msgspec.Struct, frozen=True, gc=False):
    """A stretch of code or of a template.

    The kind of an operator, bracket or quote is its text; `"`, `<<`, `${` and `%{` begin a string, a heredoc, and what
    is evaluated inside them. The others are `word`, `number`, `newline` where it has a meaning, `text` in a template
    (at most one line), `close` for the end of a string or heredoc, `end`, and `other` for anything that is not in the
    language.
    """

    kind: str
    start: int
    end: int


class Tokens(msgspec.Struct, frozen=True):
    """Tokens with a final `end`, and for each opening token's index that of the closing one."""

    listed: list[Token]
    closings: dict[int, int]

    def indices_inside(self, opening: int) -> Iterator[int]:
        """Yield the indices of the tokens directly inside the template opened at an index."""
        index = opening + 1
        while index < self.closings[opening]:
            yield index
            index = self.closings.get(index, index) + 1

    def stretch(self, index: int) -> Token:
        """Return the token at an index, extended to its closing token."""
        token = self.listed[index]
        return Token(token.kind, token.start, self.listed[self.closings.get(index, index)].end)


class Heredoc(msgspec.Struct, frozen=True, gc=False):
    """The text, `${ }` and `%{ }` parts of a heredoc, and the offset after its end marker."""

    pieces: tuple[Token, ...]
    end: int


class _OpenConstruct(msgspec.Struct, frozen=True):
    """An open construct: its kind, empty for the whole text; where it began; the marker of a heredoc."""

    kind: str
    start: int
    index: int
    marker: str = ""
    newlines: bool = False


def tokens(text: str, start: int, end: int) -> Tokens:
    """Split the expression between two offsets into tokens."""
    return _Lexer(text, start, end).all_tokens("")


def template_tokens(text: str) -> Tokens:
    """Split the text of a template file into tokens; it is a heredoc without a marker, opened at index 0."""
    return _Lexer(text, 0, len(text)).all_tokens("<<")


def attribute_end(text: str, start: int) -> int:
    """Return the offset after the value that begins at `start`, without trailing blanks and comments."""
    end = position = start
    while True:
        found = _VALUE.match(text, position)
        assert found  # it matches the empty string
        end = max(end, found.end("run")) if found["run"] else end
        position = found.end()
        if found.lastgroup != "run":
            end = position = _Scanner(text, found.start(found.lastgroup or ""), len(text)).construct_end()
        elif text.startswith("/*", position):
            raise MalformedError("a comment is not closed", position)
        elif text.startswith((")", "]"), position):
            raise MalformedError(f"`{text[position]}` closes nothing", position)
        elif position == len(text) or text[position] in "\n#/}":
            return end


def line_end(text: str, start: int) -> int:
    """Return the offset of the newline, or the end of the text, at or after `start`."""
    return _LINE.match(text, start).end()  # type: ignore[union-attr]  # matches the empty string


def comment_end(text: str, start: int) -> int | None:
    """Return the offset after the comment at `start`, without a line comment's newline; None if there is none."""
    if text.startswith(("#", "//"), start):
        return line_end(text, start)
    if not text.startswith("/*", start):
        return None
    end = text.find("*/", start + 2)
    if end < 0:
        raise MalformedError("a comment is not closed", start)
    return end + 2


def quoted_end(text: str, start: int) -> int:
    """Return the offset after the quoted string that begins at `start`."""
    plain = _PLAIN_QUOTED.match(text, start)
    return plain.end() if plain else _Scanner(text, start, len(text)).construct_end()


def bracket_end(text: str, start: int) -> int:
    """Return the offset after the bracket that matches the one at `start`."""
    return _Scanner(text, start, len(text)).construct_end()


def heredoc_at(text: str, start: int) -> Heredoc | None:
    """Split the heredoc that begins at `start`; None if there is none."""
    if not _HEREDOC_AT.match(text, start):
        return None
    lexer = _Lexer(text, start, len(text))
    end = lexer.construct_end()
    return Heredoc(tuple(map(lexer.found.stretch, lexer.found.indices_inside(0))), end)


class _Scanner:
    """Finds the end of an open construct, skipping everything else as fast as possible."""

    code = _INSIDE
    bare = _BARE_LINES

    def __init__(self, text: str, start: int, end: int) -> None:
        self.text = text
        self.position = start
        self.end = end
        self.open: list[_OpenConstruct] = []
        self.owed = 0

    def construct_end(self) -> int:
        """Return the offset after the bracket, string or heredoc at the position."""
        found = _TOKEN.match(self.text, self.position, self.end)
        assert found  # it matches the empty string
        try:
            self.code_token(found.lastgroup, found)
            while self.open:
                self.step()
        finally:
            self.pay()
        return self.position

    def step(self) -> None:
        """Read the next token."""
        self.owed += _STRETCH_STEPS
        if self.owed > _MOST_OWED:
            self.pay()
        if self.open[-1].kind in ('"', "<<"):
            self.template_token(self.open[-1])
        else:
            found = self.code.match(self.text, self.position, self.end)
            assert found  # it matches the empty string
            self.code_token(found.lastgroup, found)

    def pay(self) -> None:
        """Charge the steps of many tokens to the run's allowance at once."""
        steps, self.owed = self.owed, 0
        if not limits.take(steps):
            raise MalformedError(limits.REASON, self.position)

    def code_token(self, kind: str | None, found: re.Match[str]) -> None:
        self.position = found.end()
        start = found.start(kind) if kind else self.position
        if kind in _SINGLE:  # NOTE: most tokens are: they do without the other comparisons
            self.add(found[kind] if kind == "operator" else kind, start)
            return
        match kind:
            case "plain":
                self.plain(start)
            case "opening":
                self.opens(found[kind], start)
            case "quoted":
                self.opens('"', start)
            case "heredoc":
                self.opens("<<", start, found[kind][2:].lstrip("-").rstrip())
            case "closing":
                self.closes(found[kind], start)
            case "newline":
                self.newline(start)
            case "comment":
                raise MalformedError("a comment is not closed", start)
            case _:
                self.finish()

    def template_token(self, inside: _OpenConstruct) -> None:
        text, start = self.text, self.position
        # The marker counts only at the beginning of a line of text, not inside or after an interpolation.
        is_line = inside.kind == "<<" and text[start - 1 : start] == "\n"
        marker = _MARKER.match(text, start, self.end) if is_line else None
        if start == self.end:
            self.finish()
        elif marker and marker[1] == inside.marker:
            self.position = marker.end()
            self.close("close", start)
        elif text.startswith(_SEQUENCES, start):
            self.position += 3 if text.startswith("~", start + 2) else 2
            self.opens(text[start : start + 2], start)
        elif inside.kind == '"' and text[start] == '"':
            self.position += 1
            self.close("close", start)
        else:
            literal = (_QUOTED_TEXT if inside.kind == '"' else self.bare).match(text, start, self.end)
            if not literal:
                raise MalformedError("a quoted string is not closed on its line", inside.start)
            self.position = literal.end()
            self.add("text", start)

    def opens(self, kind: str, start: int, marker: str = "") -> None:
        if len(self.open) >= DEEPEST:
            raise MalformedError("limit: nested too deeply", start)
        newlines = kind == "{" and not _FOR.match(self.text, self.position)
        self.open.append(_OpenConstruct(kind, start, self.add(kind, start), marker, newlines))

    def closes(self, written: str, start: int) -> None:
        kind = self.open[-1].kind if self.open else ""
        if _CLOSINGS.get(kind) != written.removeprefix("~") or (written == "~}" and kind not in _SEQUENCES):
            raise MalformedError(f"`{written}` closes nothing", start)
        self.close(_CLOSINGS[kind], start)

    def close(self, kind: str, start: int) -> None:
        """Close the innermost open construct with a token of this kind."""
        self.open.pop()

    def finish(self) -> None:
        """Handle the end of the text."""
        unclosed = self.open[-1]
        match unclosed.kind:
            case "<<":
                message = f"the end marker `{unclosed.marker}` of a heredoc is missing"
            case '"':
                message = "a quoted string is not closed on its line"
            case "${" | "%{":
                message = "an interpolation is not closed"
            case _:
                message = "a bracket is not closed"
        raise MalformedError(message, unclosed.start)

    def plain(self, start: int) -> None:
        """Skip a string without interpolations."""

    def newline(self, start: int) -> None:
        if self.open[-1].newlines:
            self.add("newline", start)

    def add(self, kind: str, start: int) -> int:
        """Record the token from `start` to the position; return its index."""
        return 0


class _Lexer(_Scanner):
    """Records every token."""

    code = _TOKEN
    bare = _BARE_TEXT

    def __init__(self, text: str, start: int, end: int) -> None:
        super().__init__(text, start, end)
        self.found = Tokens([], {})

    def all_tokens(self, kind: str) -> Tokens:
        """Record the tokens up to the end, which closes `kind`, or nothing if that is empty."""
        self.open.append(_OpenConstruct(kind, self.position, 0))
        if kind:
            self.add(kind, self.position)
        try:
            while self.open:
                self.step()
            self.add("end", self.position)
        finally:
            self.pay()
        return self.found

    def close(self, kind: str, start: int) -> None:
        self.found.closings[self.open.pop().index] = self.add(kind, start)

    def plain(self, start: int) -> None:
        end = self.position
        self.position = start + 1
        self.opens('"', start)
        self.position = end - 1
        if end - start > len('""'):
            self.add("text", start + 1)
        self.position = end
        self.close("close", end - 1)

    def finish(self) -> None:
        if len(self.open) > 1 or self.open[0].marker:
            super().finish()
        whole = self.open.pop()
        if whole.kind:
            self.found.closings[whole.index] = self.add("close", self.position)

    def add(self, kind: str, start: int) -> int:
        self.owed += _TOKEN_STEPS + (self.position - start) // TEXT
        self.found.listed.append(Token(kind, start, self.position))
        return len(self.found.listed) - 1
