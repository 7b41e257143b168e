"""Add permissions to the text of a policy: to an existing statement for the same, or as a new one."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.layout.into_list import WIDEST_LINE, comment_follows, insert_into_call, insert_into_list
from tfcheck.fix.layout.longer_value import NewElement, longer
from tfcheck.fix.layout.new_block import items_below, items_beside, member_behind, unit_of
from tfcheck.fix.layout.render import StatementStyle, block, ends_with_comma, listing, plain_style, statement, text
from tfcheck.fix.text.policy_statements import WrittenStatement, items, lists_of_statements, statements_of
from tfcheck.fix.text.policy_text import (
    FileText,
    ListParts,
    OtherParts,
    Parts,
    Syntax,
    document_of,
    documents_of,
    is_own,
    read_json_parts,
)
from tfcheck.fix.wanted import NeededStatement
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex

#: A line that is longer than others may be gets this long if a list on it is extended.
_LONGEST_LINE = 180
_LOCATE = "s3:GetBucketLocation"
#: The services of actions in a text.
_SERVICES = regex(r'"([a-z0-9-]+):[A-Z*][A-Za-z*]*"')


#: A list of statements: its file, its text, and the kind of that.
_StatementList: TypeAlias = tuple[SourceText, Parts, Syntax]


class PolicyEdit(msgspec.Struct, frozen=True):
    """The insertions that give a policy more, described in words and as HCL.

    `documents` are the names of the changed policy documents and local values, `reported` the keys of changed maps,
    whose lines may have to be aligned again.
    """

    insertions: tuple[Insertion, ...]
    documents: tuple[str, ...]
    description: str
    hcl: str
    reported: tuple[str, ...] = ()


def count_parts(parts: Mapping[str, Sequence[object]]) -> str:
    """Count what is added, by what one of it is called: `a statement and 2 resources`."""
    counted = {one: len(several) for one, several in parts.items() if several}
    return " and ".join(one if many == 1 else f"{many} {one.split()[1]}s" for one, many in counted.items())


def insert_into_policy(
    argument: Argument,
    module: Module,
    wanted: Sequence[NeededStatement],
    *,
    extends: bool = True,
    adds: bool = True,
    shared: bool = False,
    beside: Sequence[Insertion] = (),
) -> PolicyEdit | None:
    """Add to the policy in an argument; None if its text has no safe place.

    With `extends` a statement with the same actions gets the resources, and one for the same resources the actions;
    with `adds` there may be new ones. With `shared` others may use the text too. `beside` are changes made together
    with this one.
    """
    if not (shared or is_own(argument, module)):
        return None
    nothing = Extension((), (), (), tuple(wanted), None)
    extended = extension(argument, module, wanted, beside) if extends else nothing
    document = next(iter(documents_of(argument, module)), None)
    if document_of(argument) is not None and document is None:
        return None
    added, into = _statements(argument, document, module, extended.left) if extended.left else ((), extended.source)
    if into is None or (added and not adds) or extended.source not in (None, into):
        return None
    insertions = (*extended.insertions, *added)
    parts = {"a statement": extended.left, "an action": extended.actions, "a resource": extended.resources}
    in_json = isinstance(argument, FileText)
    hcl = _written_out(extended, Syntax.JSON if in_json else Syntax.HCL, in_document=document is not None)
    return PolicyEdit(insertions, tuple(_edited_texts(argument, module, insertions)), count_parts(parts), hcl)


def _written_out(extended: Extension, syntax: Syntax, *, in_document: bool) -> str:
    """Write only what is new: items of lists, and statements."""
    listed = "\n".join(f"{each}," for each in (*extended.actions, *extended.resources))
    if in_document:
        blocks = ("\n".join(block(each, StatementStyle(effect=False))) for each in extended.left)
        return "\n\n".join([listed, *blocks]).strip()
    return "\n".join(filter(None, (listed, listing(extended.left, plain_style(syntax)))))


def _edited_texts(argument: Argument, module: Module, insertions: Sequence[Insertion]) -> Iterator[str]:
    """Name the documents and local values of a policy that insertions change."""
    documents = documents_of(argument, module)
    places = [(f"data.{'.'.join(each.labels)}", each.source, each.start, each.end) for each in documents]
    arguments = ((f"local.{each}", module.local_argument(each)) for each in (module.locals() if not documents else ()))
    places += [(title, one.source, one.value_start, one.value_end) for title, one in arguments if one is not None]
    for title, source, start, end in places:
        if any(each.source is source and start <= each.offset <= end for each in insertions):
            yield title


def _statements(
    argument: Argument, document: Block | None, module: Module, wanted: Sequence[NeededStatement]
) -> tuple[tuple[Insertion, ...], SourceText | None]:
    """Write new statements, with their file; None if there is no place for them."""
    lists = any(each.resource_list is not None for each in wanted)
    try:
        if document is not None:
            found = None if lists and isinstance(document, JsonBlock) else insert_into_document(document, wanted)
            return found or (), document.source if found else None
        places = _places_for(wanted, argument, module)
        for source, listed, syntax in places if not lists or all(each[2] is Syntax.HCL for each in places) else ():
            is_call = isinstance(listed, OtherParts)
            if made := (
                insert_into_call(source, listed, wanted, *places[-1])
                if is_call
                else insert_into_list(source, listed, wanted, syntax)
            ):
                return made, source
    except MalformedError:
        pass
    return (), None


def _places_for(wanted: Sequence[NeededStatement], argument: Argument, module: Module) -> list[_StatementList]:
    """List the places for new statements: of several joined lists, first one for the same services, or for several."""
    lists = list(lists_of_statements(argument, module))
    if len(lists) <= 2:
        return lists[::-1]
    call, *others = lists
    asked = {_service(action) for each in wanted for action in each.actions}
    known = [(set(_SERVICES.findall(each[0].text, each[1].start, each[1].end)), each) for each in others]
    fitting = [each for own, each in known if own & asked] + [each for own, each in known if len(own) > 1]
    return [*fitting, call, *others]


def _service(action: str) -> str:
    return action.lower().strip('"').partition(":")[0]


def insert_into_document(document: Block, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...] | None:
    """Add `statement` blocks after the last one; None if the block's layout has no room."""
    if isinstance(document, JsonBlock):
        return _insert_into_json(document, wanted)
    text = document.source.text
    nested = [each for each in document.blocks("statement") if each.source is document.source]
    if len(nested) != len(document.blocks("statement")):
        return None
    style = _style(text, document, nested)
    if nested:
        return _insert_after(document, nested, wanted, style)
    brace = document.body_end
    start = line_start(text, brace)
    if start <= document.start or text[start:brace].strip():
        return None
    base, newline = indentation(text, brace) + style.unit, document.source.newline
    blank = "" if not text[document.body_start : start].strip() else newline
    added = (newline * 2).join(_block_text(each, style, base, newline) for each in wanted)
    return (Insertion(document.source, start, f"{blank}{added}{newline}"),)


def _insert_after(
    document: Block, nested: Sequence[Block], wanted: Sequence[NeededStatement], style: StatementStyle
) -> tuple[Insertion, ...]:
    text, newline = document.source.text, document.source.newline
    last = max(nested, key=lambda each: each.start)
    ordered = sorted(nested, key=lambda each: each.start)
    between = [text[one.end : other.start] for one, other in itertools.pairwise(ordered)]
    gap = newline * (1 if between and all(each.count("\n") == 1 for each in between) else 2)
    base = indentation(text, last.start)
    added = "".join(gap + _block_text(each, style, base, newline) for each in wanted)
    return (Insertion(document.source, line_end(text, last.end), added),)


def _block_text(wanted: NeededStatement, style: StatementStyle, base: str, newline: str) -> str:
    return newline.join(base + line if line else line for line in block(wanted, style))


def _style(text: str, document: Block, nested: Sequence[Block]) -> StatementStyle:
    shown = [each for each in nested if each.type == "statement"]
    shown += [inner for each in nested if each.type == "dynamic" for inner in each.blocks("content")]
    named = any("sid" in each.arguments for each in shown) or not shown
    effect = any("effect" in each.arguments for each in shown)
    every = [each.attribute_text(name) for each in shown for name in ("actions", "resources")]
    actions, resources = every[-2:] or ("", "")
    return StatementStyle(
        sid=named,
        effect=effect,
        spread=("\n" in actions, "\n" in resources),
        trailing=ends_with_comma(every),
        order=tuple(shown[-1].arguments) if shown else (),
        unit=unit_of(document),
    )


def _insert_into_json(document: JsonBlock, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...] | None:
    source = document.source
    found = next((each for each in document.value.members if each.name == "statement"), None)
    if found is None:
        members = document.value.members
        if not members:
            return None
        style = StatementStyle(Syntax.TF_JSON, document=True, quoted=True, between=": ", one_line=True, effect=False)
        added = ", ".join("".join(statement(each, style)) for each in wanted)
        return (member_behind(document.source, members[-1], f'"statement": [{added}]'),)
    parts = read_json_parts(source.text, found.value.start, found.value.end)
    return insert_into_list(source, parts, wanted, Syntax.TF_JSON, document=True)


#: An expression that is one text: a quoted one, the ARN of one object, and what `format` returns.
_TEXT = regex(
    r'"[^"\n]*"|(?:data\.)?aws_\w+\.[\w-]+(?:\[(?:\w+|"[^"\[\]]*"|(?:each|count)\.\w+)\])?\.arn|format\([^()]*\)'
)
#: A list by an expression, which `concat` makes longer.
_LIST = regex(r'(?:var|local|module)(?:\.[\w-]+)+|values\([\w.\[\]"-]+\)|[\w.-]+\[\*\]\.arn|\[for [^\n]*\]')
_QUOTED_ARN = regex(r'"\$\{[^{}"]*\}"')


#: Actions on buckets beside those on objects: whether their names have these words.
_OF_OBJECT, _OF_BUCKET = {(True, False)}, {(False, True)}
_DISTINCT = ((_OF_OBJECT, _OF_BUCKET), (_OF_BUCKET, _OF_OBJECT))


class Extension(msgspec.Struct, frozen=True):
    """The additions to existing statements, and the needed statements that match none of them."""

    insertions: tuple[Insertion, ...]
    resources: tuple[str, ...]
    actions: tuple[str, ...]
    left: tuple[NeededStatement, ...]
    source: SourceText | None


def extension(
    argument: Argument, module: Module, wanted: Sequence[NeededStatement], beside: Sequence[Insertion] = ()
) -> Extension:
    """Add needed statements to those of a policy with the same actions, or the same resources.

    A statement that one of the changes `beside` corrects will not have the same resources.
    """
    free = list(statements_of(argument, module))
    insertions: list[Insertion] = []
    resources: list[str] = []
    actions: list[str] = []
    left: list[NeededStatement] = []
    source: SourceText | None = None
    for each in wanted:
        here = [one for one in free if source is None or one.source is source]  # a policy is changed in one file
        is_open = each.principal is not None or bool(each.gate)
        asked = {f'"{action.lower()}"' for action in each.actions}
        like = (one for one in here if _has_beside(_item_texts(one, one.actions), asked) and not _is_null(one, module))
        extensible = not is_open and bool(each.resources) and each.resource_list is None
        ways = [(one, one.resources, _texts(one, each), resources) for one in like if extensible and one.is_plain]
        corrected = {
            one
            for one in here
            for other in beside
            if other.source is one.source and one.start <= other.offset < one.end
        }
        kept = (one for one in here if _is_about(one, each) and one not in corrected)
        ways += [(one, one.actions, _actions(one, each), actions) for one in kept]
        found = next(((way, made) for way in ways if (made := _append_items(*way[:3]))), None)
        if found is None:
            left.append(each)
        else:
            (statement, _, new, written), made = found
            source = statement.source
            free.remove(statement)
            insertions += made
            written += new
    return Extension(tuple(insertions), tuple(resources), tuple(actions), tuple(left), source)


def _is_null(statement: WrittenStatement, module: Module) -> bool:
    """Whether the resources are an input that callers may leave null, which `concat` does not accept."""
    named = _item_texts(statement, statement.resources)[:1]
    variable = module.variable(named[0].removeprefix("var.")) if named and named[0].startswith("var.") else None
    return variable is not None and variable.attribute_text("default") == "null"


def _is_about(statement: WrittenStatement, wanted: NeededStatement) -> bool:
    actions = (*_item_texts(statement, statement.actions), *_actions(statement, wanted))
    services = set(map(_service, actions))
    is_open = not statement.is_plain or wanted.principal is not None or wanted.gate
    asked = set(_texts(statement, wanted))
    others = set(_item_texts(statement, statement.resources)) - asked
    inside = tuple(each[:-1] + "/" if each.startswith('"') else f'"${{{each}}}/' for each in asked)
    # NOTE: a call on a bucket is not allowed by the names of its objects.
    is_exact = not others or (wanted.actions == (_LOCATE,) and all(each.startswith(inside) for each in others))
    return not is_open and len(services) == 1 and is_exact and asked <= set(_item_texts(statement, statement.resources))


def _has_beside(written: Sequence[str], asked: set[str]) -> bool:
    """Whether actions are the needed ones, or have others beside them that no policy grants on the needed resource.

    Those of S3 are for buckets or for objects, as their names say.
    """
    own = {each.lower() for each in written}
    others, kinds = ({("object" in each, "bucket" in each) for each in one} for one in (own - asked, asked))
    s3 = all(each.startswith('"s3:') and "*" not in each for each in own)
    return own == asked or (s3 and asked <= own and (others, kinds) in _DISTINCT)


def _actions(statement: WrittenStatement, wanted: NeededStatement) -> list[str]:
    known = {each.lower() for each in _item_texts(statement, statement.actions)}
    written = (text((each,), statement.syntax) for each in wanted.actions)
    return [each for each in written if each.lower() not in known]


def _item_texts(statement: WrittenStatement, parts: Parts) -> list[str]:
    source = statement.source.text
    return [source[each.start : each.end] for each in items(parts)]


def _texts(statement: WrittenStatement, wanted: NeededStatement) -> list[str]:
    """Write the resources, with references in quotes if the existing ones have them."""
    quotes = any(map(_QUOTED_ARN.fullmatch, _item_texts(statement, statement.resources)))
    written = [text(each, statement.syntax) for each in wanted.resources]
    return [f'"${{{each}}}"' if quotes and not each.startswith('"') else each for each in written]


def _append_items(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> list[Insertion] | None:
    """Append texts to a list of a statement; None if its layout has no room."""
    source = statement.source
    listed = items(parts)
    written = _item_texts(statement, parts)
    if not listed or '"*"' in (*new, *written):
        return None
    if not isinstance(parts, ListParts) and not _TEXT.fullmatch(written[0]):
        is_list, has_room = _LIST.fullmatch(written[0]), _has_room(statement, parts, [*new, "concat()"])
        elements = [NewElement(each, each) for each in new]
        return list(longer(source, parts.start, parts.end, elements, "")) or None if is_list and has_room else None
    if line_start(source.text, parts.end - 1) > listed[-1].end - 1:
        return items_below(source, parts, new)
    if "\n" in source.text[parts.start : parts.end] or comment_follows(source.text, parts.end):
        return None
    if _has_room(statement, parts, new):
        return items_beside(source, parts, new)
    if len(listed) == 1:
        return _broken(statement, parts, listed[0], new)
    return items_beside(source, parts, new) if _is_long(statement, parts, new) else None


def _is_long(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> bool:
    """Whether the line of a list is too long already, and does not grow too much."""
    written = statement.source.text
    now = line_end(written, parts.end) - line_start(written, parts.start)
    return WIDEST_LINE < now <= _LONGEST_LINE - sum(len(each) + 2 for each in new)


def _has_room(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> bool:
    """Whether the line of a list stays short enough, or contains other text anyway."""
    written = statement.source.text
    start = line_start(written, parts.start)
    brackets = 0 if isinstance(parts, ListParts) else len("[]")
    width = line_end(written, parts.end) - start + brackets + sum(len(each) + 2 for each in new)
    begins_its_line = not written[line_start(written, statement.start) : statement.start].strip()
    is_beside = "\n" not in written[statement.start : statement.end] and not begins_its_line
    return width <= WIDEST_LINE or is_beside


def _broken(statement: WrittenStatement, parts: Parts, first: Parts, new: Sequence[str]) -> list[Insertion] | None:
    """Break each text onto a line of its own where the whole statement was on one line.

    A statement of several lines would have to be aligned again.
    """
    source = statement.source
    if "\n" in source.text[statement.start : statement.end] or getattr(parts, "comma", None) is not None:
        return None
    base = f"{source.newline}{indentation(source.text, statement.start)}"
    unit = "\t" if base.endswith("\t") else "  "
    comma = "," if statement.syntax is Syntax.HCL else ""
    opening, closing = ("", "") if isinstance(parts, ListParts) else ("[", "]")
    behind = ",".join(["", *(f"{base}{unit}{each}" for each in new)])
    return [
        Insertion(source, first.start, f"{opening}{base}{unit}"),
        Insertion(source, first.end, f"{behind}{comma}{base}{closing}"),
    ]
