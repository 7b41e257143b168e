"""Render a diff of Terraform's language for a terminal."""

from __future__ import annotations

from collections.abc import Iterator

from tfcheck.report.screen import Line, Span, Style, line, printed
from tfcheck.symbolic.regex import regex

_HEADS = ("diff --git ", "--- ", "+++ ", "@@ ", "\\ ")
_TOKEN = regex(
    r'(?P<comment>#.*|//.*)|(?P<text>"(?:[^"\\]|\\.)*")|(?P<name>[\w-]+(?=\s*=[^=>]))'
    r"|(?P<block>^\s*(?:resource|data|module|statement|principals|condition)\b)"
)
_LOOKS = {"comment": Style.QUIET, "text": Style.GOOD, "name": Style.INFO, "block": Style.STRONG}


def diff_text(diff: str) -> str:
    """Colour a diff: what is added by what it is, what is around it as it is."""
    return printed((_shown(each) for each in diff.removesuffix("\n").split("\n")), colour=True)


def _shown(written: str) -> Line:
    written = written.removesuffix("\r").replace("\t", "    ")
    if written.startswith(_HEADS):
        return line(Span(written, Style.MARK if written.startswith("@@") else Style.STRONG))
    if written.startswith("-"):
        return line(Span(written, Style.ERROR))
    if written.startswith("+"):
        return (Span("+", Style.GOOD), *_tokens(written[1:]))
    return line(written)


def _tokens(code: str) -> Iterator[Span]:
    position = 0
    for token in _TOKEN.finditer(code):
        if token.start() > position:
            yield Span(code[position : token.start()])
        yield Span(token[0], _LOOKS[token.lastgroup or "text"])
        position = token.end()
    yield Span(code[position:])
