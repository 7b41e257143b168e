"""Run the rules of a grammar over the tokens of an expression."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, TypeAlias

from tfcheck.hcl.syntax.expression import Expression, Place
from tfcheck.hcl.syntax.lexer import DEEPEST_NODES, MalformedError, Token, Tokens
from tfcheck.hcl.syntax.source import SourceText

#: A running rule. It yields the rules that it needs, receives their results, and returns its own.
Rule: TypeAlias = Generator["Rule", Any, Expression]

#: The number of characters of a token in an error.
_LONGEST = 50


class Cursor:
    """The next token of an expression."""

    def __init__(self, source: SourceText, tokens: Tokens) -> None:
        self.source = source
        self.tokens = tokens
        self.index = 0
        self._line, self._place = range(0), Place(source.name, 0)

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens.listed[self.index]

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self.tokens.listed[self.index].kind

    @property
    def text(self) -> str:
        """The text of the next token."""
        token = self.token
        return self.source.text[token.start : token.end]

    @property
    def place(self) -> Place:
        """The place of the next token."""
        start = self.tokens.listed[self.index].start
        # NOTE: every node has a place, which most share with the one before.
        if start not in self._line:
            begin, end = self.source.stretch(start)
            self._line, self._place = range(begin, end + 1), self.source.place(start)
        return self._place

    def next_is(self, word: str) -> bool:
        """Whether the next token is this word."""
        return self.kind == "word" and self.text == word

    def accept(self, kind: str) -> bool:
        """Skip the next token if it is of this kind, and return whether it was."""
        if self.tokens.listed[self.index].kind != kind:
            return False
        self.index += 1
        return True

    def expect(self, kind: str) -> str:
        """Skip the next token, which must be of this kind, and return its text."""
        token = self.tokens.listed[self.index]
        if token.kind != kind:
            raise self.unexpected_token()
        self.index += 1
        return self.source.text[token.start : token.end]

    def unexpected_token(self) -> MalformedError:
        """Build the error for an unexpected next token."""
        written = {"end": "the end of the expression", "newline": "a newline", "close": "the end of the text"}
        text = self.text if len(self.text) <= _LONGEST else f"{self.text[:_LONGEST]}..."
        return MalformedError(f"unexpected {written.get(self.kind) or f'`{text}`'}", self.token.start)

    def run_rule(self, rule: Rule) -> Expression:
        """Run a rule and the rules that it needs, on a list instead of Python's stack."""
        waiting: list[Rule] = [rule]
        found: Expression | None = None
        fault: MalformedError | None = None
        while waiting:
            try:
                needed = waiting[-1].throw(fault) if fault else waiting[-1].send(found)
            except StopIteration as done:
                waiting.pop()
                found, fault = done.value, None
            except MalformedError as error:
                waiting.pop()
                found, fault = None, error
            else:
                waiting.append(needed)
                found, fault = None, None
                if len(waiting) > DEEPEST_NODES:
                    waiting.pop()
                    fault = MalformedError("limit: nested too deeply", self.token.start)
        if found is None:
            raise fault or AssertionError
        return found
