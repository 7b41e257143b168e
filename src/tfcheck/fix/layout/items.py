"""Add items to a list or an object of the sources, or to a call that joins some, in its own layout.

There is one way for each layout: on the line of the others, below them, or between the brackets of `}]`. A list whose
line would be too long is spread over several lines. A single value becomes a list, and any other expression is joined
with the new items by `concat` or `merge`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise

import msgspec

from tfcheck.fix.edits.insertion import Insertion, Replacement, indentation, line_end, line_start
from tfcheck.fix.layout.new_block import unalign, without_blanks
from tfcheck.fix.layout.render import WIDEST, align
from tfcheck.fix.text.policy_text import (
    ItemParts,
    ListParts,
    ObjectParts,
    OtherParts,
    Parts,
    items,
    read_arguments,
    read_json_parts,
    read_parts,
)
from tfcheck.hcl.syntax.lexer import MalformedError, bracket_end
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.symbolic.regex import regex

#: A line that would be longer is spread over several, and one that cannot be is this long at most.
_WIDEST_LINE, _LONGEST_LINE = 120, 180
#: An expression that is one text: a quoted one, the ARN of one object, what is called that, and what `format` returns.
TEXT = regex(
    r'"[^"\n]*"|(?:data\.)?aws_\w+\.[\w-]+(?:\[(?:\w+|"[^"\[\]]*"|(?:each|count)\.\w+)\])?\.arn|format\([^()]*\)'
    r"|(?:var|local|module|each)\.(?:[\w-]+\.)*(?:[\w-]+_)?arn"
)
#: Functions that return, or combine, their lists or maps.
_CALL = regex(r"(concat|merge|toset|tolist|tomap|distinct|compact|flatten)\(")
_JOINING = ("concat", "merge")


class NewItem(msgspec.Struct, frozen=True):
    """A new item of a list or, with a name, of an object: over several lines, and on one."""

    lines: str
    flat: str
    name: str = ""

    def render(self, base: str, *, flat: bool = False) -> str:
        """Write the item; `base` is a line break with the current indentation."""
        name = f"{self.name} = " if self.name else ""
        return name + (self.flat if flat else self.lines.replace("\n", base))


def plain_items(texts: Sequence[str]) -> list[NewItem]:
    """Return texts of one line as items of a list."""
    return [NewItem(each, each) for each in texts]


def new_value(new: Sequence[NewItem], base: str, unit: str, widest: int = WIDEST) -> str:
    """Write a list or an object of these items; `base` is a line break with the current indentation."""
    flat = _flat(new)
    if not any("\n" in each.lines for each in new) and len(flat) <= min(widest, WIDEST):
        return flat
    comma = "" if new[0].name else ","
    inside = "".join(f"{base}{unit}{each.render(base + unit)}{comma}" for each in new)
    return f"{flat[0]}{inside}{base}{flat[-1]}"


def _flat(new: Sequence[NewItem]) -> str:
    inside = ", ".join(each.render("", flat=True) for each in new)
    return f"{{ {inside} }}" if new[0].name else f"[{inside}]"


def extend_value(
    source: SourceText, start: int, end: int, new: Sequence[NewItem], unit: str = "  "
) -> tuple[Insertion, ...]:
    """Return the edits that add items to the value between two offsets; none if its layout has no room."""
    try:
        is_json = source.name.endswith(".json")
        parts = read_json_parts(source.text, start, end) if is_json else read_parts(source.text, start)
        return extend(source, parts, new, unit)
    except MalformedError:
        return ()


def extend(
    source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str = "  ", comma: str = ", "
) -> tuple[Insertion, ...]:
    """Return the edits that add items to a list, an object or another expression; none if its layout has no room.

    `comma` is for a list of one item.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    match parts:
        case ListParts(items=()):
            return () if new[0].name else _into_empty(source, parts, new, unit)
        case ObjectParts() if new[0].name:
            return _into_object(source, parts, new) if parts.items else _into_empty(source, parts, new, unit)
        case OtherParts() if new[0].name or not TEXT.fullmatch(source.text, parts.start, parts.end):
            return _into_call(source, parts, new, unit)
        case _:
            return () if new[0].name else _into_list(source, parts, new, unit, comma)


# Into a list, or a single value


def _into_list(
    source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str, comma: str
) -> tuple[Insertion, ...]:
    text, last = source.text, items(parts)[-1]
    if isinstance(parts, ListParts) and line_start(text, parts.end - 1) > last.end - 1:
        return _below(source, parts, new)
    if "\n" in text[parts.start : parts.end]:
        return _between_brackets(source, parts, new, unit)
    if comment_follows(text, parts.end):
        return ()
    flat = [each.flat for each in new]
    brackets = 0 if isinstance(parts, ListParts) else len("[]")
    line = text[line_start(text, parts.start) : parts.start]
    width = line_end(text, parts.end) - parts.start + len(line) + brackets + sum(len(each) + len(", ") for each in flat)
    if width <= _WIDEST_LINE:
        return _beside(source, parts, flat, comma)
    if line.lstrip().startswith("{"):
        return ()  # another object of one line is clearer
    around = unalign(source, parts.start) if line.count("[") == line.count("]") else None
    if around is not None:
        return (*around, *_spread(source, parts, new, unit))
    return _beside(source, parts, flat, comma) if width <= _LONGEST_LINE else ()


def _beside(source: SourceText, parts: Parts, flat: Sequence[str], comma: str) -> tuple[Insertion, ...]:
    """Put items after the others on their line."""
    if not isinstance(parts, ListParts):
        behind = "".join(f"{comma}{each}" for each in flat)
        return Insertion(source, parts.start, "["), Insertion(source, parts.end, f"{behind}]")
    between = [source.text[one.end : other.start] for one, other in pairwise(parts.items)]
    separator = between[0] if between else comma
    if parts.comma is None:
        return (Insertion(source, parts.items[-1].end, "".join(f"{separator}{each}" for each in flat)),)
    blank = separator.removeprefix(",")
    return (Insertion(source, parts.comma + 1, "".join(f"{blank}{each}," for each in flat)),)


def _below(source: SourceText, parts: ListParts, new: Sequence[NewItem]) -> tuple[Insertion, ...]:
    """Put items on lines of their own, below the last one."""
    text, last = source.text, parts.items[-1]
    base = source.newline + indentation(text, last.end - 1 if _ends_its_own_line(text, last) else last.start)
    is_flat = "\n" not in text[last.start : last.end] and all(len(each.flat) <= WIDEST for each in new)
    lines = [base + each.render(base, flat=is_flat) for each in new]
    behind = last.end if parts.comma is None else parts.comma + 1
    end = line_end(text, behind)
    if parts.comma is not None:
        return (Insertion(source, end, "".join(f"{each}," for each in lines)),)
    if not text[behind:end].strip():
        return (Insertion(source, behind, f",{','.join(lines)}"),)
    return Insertion(source, behind, ","), Insertion(source, end, ",".join(lines))


def _between_brackets(source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str) -> tuple[Insertion, ...]:
    """Turn `}]` into `}, {` and so on; a single object of several lines becomes a list like that."""
    last = items(parts)[-1]
    if getattr(parts, "comma", None) is not None or not _ends_its_own_line(source.text, last):
        return ()
    base, brace = source.newline + indentation(source.text, last.end - 1), last.end - 1
    # NOTE: this is the indentation of `terraform fmt`, which JSON does not need.
    opening = f"{unit if _is_hcl(source, parts) else ''}}}, {{"
    lines = (each.lines.split("\n")[1:-1] for each in new)
    added = "".join(opening + "".join(f"{base}{line}" for line in each) + base for each in lines)
    edit = Insertion(source, brace, added)
    if isinstance(parts, ListParts):
        return (edit,)
    return Insertion(source, parts.start, "["), edit, Insertion(source, parts.end, "]")


def _spread(source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str) -> Iterator[Insertion]:
    """Put all items on lines of their own."""
    text, known = source.text, items(parts)
    base = source.newline + indentation(text, parts.start)
    inner = base + unit
    is_list = isinstance(parts, ListParts)
    comma = parts.comma if isinstance(parts, ListParts) else None
    yield Insertion(source, known[0].start, inner if is_list else f"[{inner}")
    if is_list:
        yield from without_blanks(source, parts.start + 1, known[0].start)
    for one, other in pairwise(known):
        yield from without_blanks(source, one.end + text[one.end : other.start].index(",") + 1, other.start)
        yield Insertion(source, other.start, inner)
    added = [f"{inner}{each.render(inner)}" for each in new]
    last_comma = "," if comma is not None or _is_hcl(source, parts) else ""
    offset = known[-1].end if comma is None else comma + 1
    yield Insertion(
        source, offset, ("," if comma is None else "") + ",".join(added) + last_comma + base + ("" if is_list else "]")
    )
    if is_list:
        yield from without_blanks(source, offset, parts.end - 1)


def _is_hcl(source: SourceText, parts: Parts) -> bool:
    """Whether a comma may follow the last item: not in JSON, where `:` follows the name of the list."""
    return not source.text[line_start(source.text, parts.start) : parts.start].rstrip().endswith(":")


def _ends_its_own_line(text: str, last: Parts) -> bool:
    """Whether the closing brace of an object begins its line."""
    brace = last.end - 1
    return isinstance(last, ObjectParts) and not text[line_start(text, brace) : brace].strip()


def comment_follows(text: str, offset: int) -> bool:
    """Whether a comment follows on the line: `terraform fmt` aligns it with those of other lines."""
    rest = text[offset : line_end(text, offset)]
    return "#" in rest or "//" in rest or "/*" in rest


# Into an empty one, and into an expression


def _into_empty(
    source: SourceText, parts: ListParts | ObjectParts, new: Sequence[NewItem], unit: str
) -> tuple[Insertion, ...]:
    text = source.text
    if "\n" not in text[parts.start : parts.end]:
        if text[parts.start + 1 : parts.end - 1]:
            return ()
        if source.name.endswith(".json"):
            return (Insertion(source, parts.start + 1, ", ".join(each.flat for each in new)),)
        inside = new_value(new, source.newline + indentation(text, parts.start), unit)[1:-1]
        return (Insertion(source, parts.start + 1, inside),)
    closing = line_start(text, parts.end - 1)
    if text[closing : parts.end - 1].strip():
        return ()
    base = source.newline + indentation(text, parts.end - 1) + unit
    comma = "" if new[0].name else ","
    added = "".join(f"{base}{each.render(base)}{comma}" for each in new)
    return (Insertion(source, line_end(text, closing - len(source.newline)), added),)


def _into_call(source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str) -> tuple[Insertion, ...]:
    """Add items to the last argument of a call that joins lists or maps, or as another argument of `concat`."""
    text = source.text
    written = text[parts.start : parts.end]
    call = _CALL.match(written)
    if source.name.endswith(".json"):
        return ()
    added, around = _value_on_line(source, parts, new, unit)
    if around is None:
        return ()
    if call is None or bracket_end(text, parts.start + call.end() - 1) != parts.end:
        function = "merge" if new[0].name else "concat"
        whole = Replacement(source, parts.start, f"{function}({written}, {added})", written)
        return (*around, whole) if "\n" not in written else ()
    is_joined, given = call[1] in _JOINING, read_arguments(text, parts.start + call.end() - 1, parts.end)
    last = given.items[-1] if given.items else None
    into_last = extend(source, last, new, unit) if last and not (is_joined and isinstance(last, OtherParts)) else ()
    if last is None or into_last or not is_joined or comment_follows(text, last.end):
        return into_last
    if "\n" in written:
        return _into_list(source, given, [NewItem(new_value(new, "\n", unit), _flat(new))], unit, ", ")
    return (*around, Insertion(source, last.end, f", {added}"))


def _value_on_line(
    source: SourceText, parts: Parts, new: Sequence[NewItem], unit: str
) -> tuple[str, Sequence[Insertion] | None]:
    """Write items as a value that is added to a line, and the edits around that; None if no diff may show those."""
    base, text = source.newline + indentation(source.text, parts.start), source.text
    width = line_end(text, parts.start) - line_start(text, parts.start) + len("concat(, )")
    around = unalign(source, parts.start)
    value = new_value(new, base, unit, _WIDEST_LINE - width if around is not None else WIDEST)
    return value, around if "\n" in value else ()


# Into an object


def extend_or_group(
    source: SourceText, parts: ObjectParts, new: Sequence[NewItem], reveals: Callable[[list[Insertion]], bool]
) -> tuple[Insertion, ...]:
    """Add items to an object, as a group of their own if a diff would show old lines that must not be shown.

    Such a group needs no line before it to be aligned again. Nothing if the object has no item, or another layout.
    """
    beside, text = _into_object(source, parts, new) if parts.items else (), source.text
    if beside and not reveals(list(beside)):
        return beside
    last = parts.items[-1] if parts.items else None
    end = line_end(text, last.value.end) if last is not None else 0
    if last is None or text[last.value.end : end].strip(" ,\r") or "\n" not in text[end : parts.end]:
        return ()
    base, lines = source.newline + indentation(text, last.start), align([(each.name, each.flat) for each in new])
    return (Insertion(source, end, source.newline + "".join(base + line for line in lines)),)


def _into_object(source: SourceText, parts: ObjectParts, new: Sequence[NewItem]) -> tuple[Insertion, ...]:
    """Add items after the last one of an object, on its line or below it, in the same style.

    If a name is wider than those above it, these are aligned with it.
    """
    text, last = source.text, parts.items[-1]
    bare = [each.name.strip('"') for each in new]
    if comment_follows(text, last.value.end) or not {each.name for each in parts.items}.isdisjoint(bare):
        return ()
    named = [
        msgspec.structs.replace(each, name=f'"{name}"' if last.quoted else each.name)
        for each, name in zip(new, bare, strict=True)
    ]
    sign = ":" if ":" in last.between else "="
    if "\n" not in text[parts.start : parts.end]:
        blank = "" if sign == ":" and not last.between.startswith(" ") else " "
        added = "".join(f", {each.name}{blank}{sign} {each.flat}" for each in named)
        return (Insertion(source, last.value.end, added),)
    is_flat = all("\n" not in each.lines for each in new)
    if not is_flat and (len(new) > 1 or "\n" in text[last.value.start : last.value.end]):
        # NOTE: several on one line each would have to be aligned with those before them.
        end, base = line_end(text, last.value.end), source.newline + indentation(text, last.start)
        comma = "," if text[last.value.end : end].strip() == "," else ""
        return (Insertion(source, end, "".join(f"{base}{each.render(base)}{comma}" for each in named)),)
    group = _last_lines(text, parts.items)
    if not group or line_start(text, last.start) == line_start(text, parts.end - 1):
        return ()
    return tuple(_below_group(source, group, named, sign))


def _below_group(
    source: SourceText, group: Sequence[ItemParts], new: Sequence[NewItem], sign: str
) -> Iterator[Insertion]:
    text, last = source.text, group[-1]
    comma = "," if text[last.value.end : last.value.end + 1] == "," else ""
    base = source.newline + indentation(text, last.start)
    joint, width = last.between if sign == ":" else " = ", 0
    if sign == "=" and _is_aligned(text, group):
        old = max(_width(each) for each in group)
        width = max(old, *(len(each.name) for each in new))
        for each in group if width > old else ():
            yield Insertion(source, each.start + _width(each), " " * (width - old))
    lines = [f"{base}{each.name:<{width}}{joint}{each.flat}" for each in new]
    if sign == ":" and not comma:
        yield Insertion(source, last.value.end, "".join(f",{each}" for each in lines))
    else:
        yield Insertion(source, last.value.end + len(comma), "".join(f"{each}{comma}" for each in lines))


def _last_lines(text: str, known: Sequence[ItemParts]) -> list[ItemParts]:
    """Return the last items of an object that are on consecutive lines."""
    found: list[ItemParts] = []
    for each in reversed(known):
        line = text[line_start(text, each.start) : line_end(text, each.value.end)]
        is_alone = not line[: each.start - line_start(text, each.start)].strip() and "\n" not in line
        is_next = not found or text[each.value.end : found[0].start].strip(" \t\r,") == "\n"
        if not (is_alone and is_next and not comment_follows(text, each.value.end)):
            break
        found.insert(0, each)
    return found


def _width(item: ItemParts) -> int:
    return item.value.start - item.start - len(item.between)


def _is_aligned(text: str, group: Sequence[ItemParts]) -> bool:
    """Whether the signs of items are aligned, one blank after the longest name, as by a formatter."""
    signs = {text.index("=", each.start) - line_start(text, each.start) for each in group}
    ends = [each.start + _width(each) - line_start(text, each.start) for each in group]
    return len(signs) == 1 and signs == {max(ends) + 1}
