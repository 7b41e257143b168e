"""Find the lists that an expression for containers reads from."""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tfcheck.fix.needed_statements import Reference, Spelled
from tfcheck.fix.text.policy_text import ItemParts, ListParts, ObjectParts, Parts, read_parts
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.lexer import MalformedError, Tokens, tokens
from tfcheck.symbolic.regex import regex

#: Members of a container that list what is read, and the member of each element that names it.
_LISTS = {"secrets": "valueFrom", "environmentFiles": "value"}
_ELEMENT = frozenset((*_LISTS.values(), "credentialsParameter"))
#: The rest of a line that is a name.
_PLAIN_NAME = regex(r"[^\S\n]*((?:var|local|each)(?:\.[\w-]+)+),*[^\S\n]*(?:\n|\Z)")
#: A secret's ARN with a JSON key, and a name or id where a policy needs the ARN.
_WITH_KEY = regex(r'"\$\{([^{}"]+)\}:[^"$]*"')
_OTHER_ATTRIBUTE = regex(r"^(.*\w\]?\.)(?:name|id)$")
_EACH = regex(r"\b(?:each|count)\.")
_NAMED_VALUE = regex(r"(?:var|local|each)(?:\.[\w-]+|\[each\.key\])+")


def lists_in(argument: Argument) -> Iterator[tuple[str, str]]:
    """Yield the lists of texts that an expression suggests, each with its collection."""
    text = argument.source.text
    try:
        found = tokens(text, argument.value_start, argument.value_end)
        for index, token in enumerate(found.listed):
            each = _ForParts.parse(text, found, index) if token.kind in ("[", "{") else None
            yield from each.lists() if each is not None else ()
        yield from _named_lists(text, found)
        yield from _own_texts(text, found)
    except MalformedError:
        return


def passed_lists(argument: Argument) -> Iterator[tuple[str, str]]:
    """Yield the lists and maps of texts that an argument of a module call has, each as a list with its collection."""
    if _NAMED_VALUE.fullmatch(argument.text):
        yield argument.text, argument.text
        yield f"values({argument.text})", argument.text
    yield from lists_in(argument)


def _named_lists(text: str, found: Tokens) -> Iterator[tuple[str, str]]:
    """Yield `var.secrets[*].valueFrom` for `secrets = var.secrets`."""
    for index, token in enumerate(found.listed[:-2]):
        name = text[token.start : token.end].strip('"')
        named = token.kind == "word" and name in _LISTS and found.listed[index + 1].kind in ("=", ":")
        if named and (plain := _PLAIN_NAME.match(text, found.listed[index + 1].end)):
            yield f"{plain[1]}[*].{_LISTS[name]}", plain[1]


def _own_texts(text: str, found: Tokens) -> Iterator[tuple[str, str]]:
    """Yield the texts that each instance of the block has, which name no iteration."""
    for index, token in enumerate(found.listed[:-2]):
        named = token.kind == "word" and text[token.start : token.end] in _ELEMENT
        if named and found.listed[index + 1].kind in ("=", ":"):
            value = found.stretch(index + 2)
            parts = read_parts(text, value.start)
            written = text[value.start : parts.end]
            if _EACH.search(written) and not any(mark in written for mark in ("\n", "/*")):
                yield from ((each, "") for each in _arns(written))


def spelled_text(text: str) -> Spelled:
    """Read a quoted text, or an expression; empty if it is built in another way, or beyond the limit of steps."""
    if not text.startswith('"'):
        return (Reference(text),)
    try:
        found = tokens(text, 0, len(text))
    except MalformedError:
        return ()
    if "\\" in text or "$${" in text or "%{" in text or found.stretch(0).end != len(text):
        return ()
    pieces = map(found.stretch, found.indices_inside(0))
    return tuple(
        text[each.start : each.end] if each.kind == "text" else Reference(text[each.start + 2 : each.end - 1].strip())
        for each in pieces
    )


class _ForParts(msgspec.Struct, frozen=True):
    """The parts of `[for KEY, VALUE in OVER : RESULT if CONDITION]`, as written; of a map, those of its values."""

    key: str
    value: str
    over: str
    result: str
    condition: str

    @classmethod
    def parse(cls, text: str, found: Tokens, opening: int) -> _ForParts | None:
        """Parse the expression that a token opens; None for another list, or one over too many lines."""
        inside = [found.stretch(each) for each in found.indices_inside(opening) if found.listed[each].kind != "newline"]
        words = [text[each.start : each.end] for each in inside]
        arrow = "=>" if found.listed[opening].kind == "{" else ":"
        if words[:1] != ["for"] or "in" not in words[:5] or not {":", arrow} <= {*words} or "..." in words:
            return None
        at, colon = words.index("in"), words.index(arrow)
        ending = words.index("if", colon) if "if" in words[colon:] else len(words)
        end = found.listed[found.closings[opening]].start
        over = text[inside[at].end : inside[words.index(":")].start].strip()
        result = text[inside[colon].end : inside[ending].start if ending < len(words) else end].strip()
        condition = text[inside[ending].end : end].strip() if ending < len(words) else ""
        key, value = ("", words[1]) if at == 2 else (words[1], words[3])
        return cls(key, value, over, result, condition)

    def lists(self) -> Iterator[tuple[str, str]]:
        """Yield the lists that the elements refer to, each with its collection."""
        for element in self._elements():
            for each in _arns(element):
                parts = (self.over, each, self.condition)
                if not any(mark in part for part in parts for mark in ("\n", "#", "//", "/*")):
                    yield self._text(each), self.over

    def _elements(self) -> Iterator[str]:
        try:
            parts = read_parts(self.result, 0)
        except MalformedError:
            return
        if isinstance(parts, ObjectParts):
            for item in _items(parts):
                if item.name in _ELEMENT:
                    yield self.result[item.value.start : item.value.end]
        elif not isinstance(parts, ListParts):
            yield self.result

    def _text(self, element: str) -> str:
        names = self.value
        if self.key and re.search(rf"(?<![\w.-]){re.escape(self.key)}(?![\w-])", f"{element} {self.condition}"):
            names = f"{self.key}, {self.value}"
        condition = f" if {self.condition}" if self.condition else ""
        return f"[for {names} in {self.over} : {element}{condition}]"


def _items(parts: ObjectParts) -> Iterator[ItemParts]:
    for item in parts.items:
        yield item
        inner: Parts = item.value
        if isinstance(inner, ObjectParts):
            yield from _items(inner)


def _arns(element: str) -> Iterator[str]:
    yield element
    with_key = _WITH_KEY.fullmatch(element)
    if with_key:
        yield with_key[1]
    other = _OTHER_ATTRIBUTE.fullmatch(element)
    if other:
        yield f"{other[1]}arn"
