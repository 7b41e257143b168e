"""Extend a list or a map that is passed as an argument, by `concat` or `merge` if it is not written out."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tfcheck.fix.edits.insertion import Insertion, Replacement, indentation, line_end, line_start
from tfcheck.fix.layout.into_list import comment_follows, items_into_object, unalign
from tfcheck.fix.layout.new_block import items_into
from tfcheck.fix.layout.render import WIDEST
from tfcheck.fix.text.policy_text import ListParts, ObjectParts, OtherParts, Parts, read_json_parts, read_parts
from tfcheck.hcl.syntax.lexer import MalformedError, bracket_end
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

#: Functions that return, or combine, their lists or maps.
_CALL = regex(r"(concat|merge|toset|tolist|tomap|distinct|compact|flatten)\(")
_JOINING = ("concat", "merge")
_SEPARATOR = regex(r"[\s,]*")


class NewElement(msgspec.Struct, frozen=True):
    """A new element of a list or, with a label, of a map: over several lines, and on one."""

    lines: str
    flat: str
    label: str = ""

    def render(self, base: str, *, flat: bool = False) -> str:
        """Write the element with an indentation."""
        label = f"{self.label} = " if self.label else ""
        return label + (self.flat if flat else self.lines.replace("\n", base))


def new_value(elements: Sequence[NewElement], base: str, unit: str) -> str:
    """Write a list or map of these elements; `base` is a line break with the current indentation."""
    opening, closing = ("{", "}") if elements[0].label else ("[", "]")
    pad = " " if elements[0].label else ""
    flat = f"{opening}{pad}{', '.join(each.render(base, flat=True) for each in elements)}{pad}{closing}"
    if not any("\n" in each.lines for each in elements) and len(flat) <= WIDEST:
        return flat
    comma = "" if elements[0].label else ","
    inside = "".join(f"{base}{unit}{each.render(base + unit)}{comma}" for each in elements)
    return f"{opening}{inside}{base}{closing}"


def longer(
    source: SourceText, start: int, end: int, elements: Sequence[NewElement], unit: str
) -> tuple[Insertion | Replacement, ...]:
    """Add elements to the value between two offsets; nothing if its layout is different."""
    try:
        if source.name.endswith(".json"):
            parts = read_json_parts(source.text, start, end)
            if isinstance(parts, ListParts) and not elements[0].label:
                if parts.items:
                    return items_into(source, parts, [each.flat for each in elements])
                return (Insertion(source, parts.start + 1, ", ".join(each.flat for each in elements)),)
            return ()
        return _insert_in(source, read_parts(source.text, start), elements, unit)
    except MalformedError:
        return ()


def _insert_in(source: SourceText, parts: Parts, elements: Sequence[NewElement], unit: str) -> tuple[Insertion, ...]:
    is_map = bool(elements[0].label)
    match parts:
        case ListParts():
            return () if is_map else _insert_into_list(source, parts, elements, unit)
        case ObjectParts():
            return _insert_into_map(source, parts, elements, unit) if is_map else ()
        case _:
            return _insert_into_call(source, parts, elements, unit)


def _insert_into_call(
    source: SourceText, parts: OtherParts, elements: Sequence[NewElement], unit: str
) -> tuple[Insertion, ...]:
    text = source.text
    written = text[parts.start : parts.end]
    call = _CALL.match(written)
    base = source.newline + indentation(text, parts.start)
    if call is None or bracket_end(text, parts.start + call.end() - 1) != parts.end:
        if "\n" in written:
            return ()
        function, added = "merge" if elements[0].label else "concat", new_value(elements, base, unit)
        around = unalign(source, parts.start) if "\n" in added else []
        joined = Replacement(source, parts.start, f"{function}({written}, {added})", written)
        return (*around, joined) if around is not None else ()
    given = list(_arguments(text, parts.start + call.end(), parts.end - 1))
    if not given:
        return ()
    last = given[-1]
    is_joined = call[1] in _JOINING
    into_last = () if isinstance(last, OtherParts) and is_joined else _insert_in(source, last, elements, unit)
    if into_last or not is_joined or "\n" in text[last.end : parts.end] or comment_follows(text, last.end):
        return into_last
    added = new_value(elements, base, unit)
    around = unalign(source, parts.start) if "\n" in added and "\n" not in written else []
    return (*around, Insertion(source, last.end, f", {added}")) if around is not None else ()


def _arguments(text: str, start: int, end: int) -> Iterator[Parts]:
    while start < end:
        found = read_parts(text, start)
        if found.end == start:
            raise MalformedError("a value was expected", start)
        yield found
        start = _SEPARATOR.match(text, found.end).end()  # type: ignore[union-attr]  # matches ""


def _insert_into_list(
    source: SourceText, parts: ListParts, elements: Sequence[NewElement], unit: str
) -> tuple[Insertion, ...]:
    text = source.text
    if not parts.items:
        return _insert_into_empty(source, parts, elements, unit)
    on_one_line = "\n" not in text[parts.start : parts.end]
    wide = parts.end - parts.start + sum(len(each.flat) for each in elements) > WIDEST
    if on_one_line and wide and any("\n" in each.lines for each in elements):
        return ()
    last = parts.items[-1]
    flat = on_one_line or "\n" not in text[last.start : last.end]
    base = source.newline + indentation(text, last.start)
    return items_into(source, parts, [each.render(base, flat=flat) for each in elements])


def _insert_into_empty(
    source: SourceText, parts: ListParts | ObjectParts, elements: Sequence[NewElement], unit: str
) -> tuple[Insertion, ...]:
    text = source.text
    opening = line_start(text, parts.start)
    base = source.newline + indentation(text, parts.start)
    if "\n" not in text[parts.start : parts.end]:
        inside = new_value(elements, base, unit)[1:-1]
        return (Insertion(source, parts.start + 1, inside),) if not text[parts.start + 1 : parts.end - 1] else ()
    closing = line_start(text, parts.end - 1)
    if closing <= opening or text[closing : parts.end - 1].strip():
        return ()
    base = source.newline + indentation(text, parts.end - 1) + unit
    comma = "" if elements[0].label else ","
    return (
        Insertion(
            source,
            line_end(text, closing - len(source.newline)),
            "".join(f"{base}{each.render(base)}{comma}" for each in elements),
        ),
    )


def _insert_into_map(
    source: SourceText, parts: ObjectParts, elements: Sequence[NewElement], unit: str
) -> tuple[Insertion, ...]:
    text = source.text
    if not parts.items:
        return _insert_into_empty(source, parts, elements, unit)
    last = parts.items[-1].value
    known = {each.name for each in parts.items}
    spread = "\n" in text[parts.start : parts.end]
    if not spread or comment_follows(text, last.end) or any(each.label in known for each in elements):
        return ()
    is_flat = not any("\n" in each.lines for each in elements)
    if is_flat or (len(elements) == 1 and "\n" not in text[last.start : last.end]):
        return items_into_object(source, parts, [(each.label, each.flat) for each in elements])
    # NOTE: several on one line each would have to be aligned with those before them.
    base = source.newline + indentation(text, parts.items[-1].start)
    end = line_end(text, last.end)
    comma = "," if text[last.end : end].strip() == "," else ""
    quotes = '"' if parts.items[-1].quoted else ""
    named = (msgspec.structs.replace(each, label=f"{quotes}{each.label}{quotes}") for each in elements)
    return (Insertion(source, end, "".join(f"{base}{each.render(base)}{comma}" for each in named)),)


def label_like(name: str, known: Sequence[str]) -> str:
    """Name a map element in the style of the others, by default in camel case, which a `Sid` allows."""
    if known and all(each[:1].isupper() for each in known):
        return name
    word = re.sub(r".*(?=[A-Z])", "", name).lower()
    if known and all(each.isalpha() and each.islower() for each in known) and word not in known:
        return word
    separator = next((each for each in "_-" if any(each in one for one in known)), "")
    if separator:
        return re.sub(r"(?<!^)(?=[A-Z])", separator, name).lower()
    return name[:1].lower() + name[1:]
