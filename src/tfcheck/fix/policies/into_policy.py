"""Add permissions to the text of a policy: to an existing statement for the same, or as a new one."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec
from msgspec.structs import replace

from tfcheck.fix.edits.insertion import Insertion, indentation, line_end, line_start
from tfcheck.fix.layout.items import TEXT, NewItem, extend, plain_items
from tfcheck.fix.layout.new_block import member_behind
from tfcheck.fix.layout.render import (
    StatementStyle,
    block,
    indent,
    listing,
    plain_style,
    render_on_one_line,
    statement,
    style_of,
    style_of_blocks,
    text,
)
from tfcheck.fix.needed_statements import NeededStatement
from tfcheck.fix.text.policy_statements import WrittenStatement, lists_of_statements, statements_of
from tfcheck.fix.text.policy_text import (
    FileText,
    OtherParts,
    Parts,
    Syntax,
    document_of,
    documents_of,
    is_own,
    items,
    read_json_parts,
)
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.symbolic.regex import regex

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
    """Return what is added in words, by what one of it is called: `a statement and 2 resources`."""
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

    With `extends` a statement that lacks only resources, actions or principals gets these; with `adds` there may be new
    ones. With `shared` others may use the text too. `beside` are changes made together with this one.
    """
    if not (shared or is_own(argument, module)):
        return None
    documents = documents_of(argument, module)
    if document_of(argument) is not None and not documents:
        return None
    extended = extension(argument, module, wanted, beside) if extends else Extension((), {}, tuple(wanted), None)
    document = _document_for(extended, documents) if documents else None
    added, into = _statements(argument, document, module, extended.left) if extended.left else ((), extended.source)
    if into is None or (added and not adds) or extended.source not in (None, into):
        return None
    insertions = (*extended.insertions, *added)
    parts = {"a statement": extended.left, **extended.items}
    in_json = isinstance(argument, FileText)
    hcl = _written_out(extended, Syntax.JSON if in_json else Syntax.HCL, in_document=document is not None)
    return PolicyEdit(insertions, tuple(_edited_texts(argument, module, insertions)), count_parts(parts), hcl)


def _document_for(extended: Extension, documents: Sequence[Block]) -> Block:
    """Return the document for new statements: the extended one if it is for the same services, otherwise the first."""
    # NOTE: a key is used with what it encrypts.
    services = {service_of(action) for each in extended.left for action in each.actions} - {"kms"}
    edited = (each for each in documents if _is_within(each, each.start, each.end, extended.insertions))
    return next((each for each in edited if services <= set(_SERVICES.findall(each.text))), documents[0])


def _written_out(extended: Extension, syntax: Syntax, *, in_document: bool) -> str:
    """Write only what is new: items of lists, and statements."""
    listed = "\n".join(f"{each}," for several in extended.items.values() for each in several)
    if in_document:
        blocks = ("\n".join(block(each, StatementStyle(effect=False))) for each in extended.left)
        return "\n\n".join([listed, *blocks]).strip()
    return "\n".join(filter(None, (listed, listing(extended.left, plain_style(syntax)))))


def _edited_texts(argument: Argument, module: Module, insertions: Sequence[Insertion]) -> Iterator[str]:
    """Yield the names of the documents and local values of a policy that insertions change."""
    documents = documents_of(argument, module)
    for each in documents:
        yield from [f"data.{'.'.join(each.labels)}"] if _is_within(each, each.start, each.end, insertions) else []
    for name in module.locals() if not documents else ():
        local = module.local_argument(name)
        is_edited = local is not None and _is_within(local, local.value_start, local.value_end, insertions)
        yield from [f"local.{name}"] if is_edited else []


def _is_within(place: Block | Argument, start: int, end: int, insertions: Iterable[Insertion]) -> bool:
    """Whether one of several insertions is between two offsets of the file that a block or argument is in."""
    return any(each.source is place.source and start <= each.offset <= end for each in insertions)


def _statements(
    argument: Argument, document: Block | None, module: Module, wanted: Sequence[NeededStatement]
) -> tuple[tuple[Insertion, ...], SourceText | None]:
    """Write new statements, with their file; None if there is no place for them."""
    lists = any(each.resource_list is not None for each in wanted)
    try:
        if document is not None:
            found = () if lists and isinstance(document, JsonBlock) else insert_into_document(document, wanted)
            return found, document.source if found else None
        places = _places_for(wanted, argument, module)
        for source, listed, syntax in places if not lists or all(each[2] is Syntax.HCL for each in places) else ():
            is_joined = isinstance(listed, OtherParts)
            if not is_joined or source.text.startswith("concat(", listed.start):
                like = style_of(places[-1][0].text, items(places[-1][1]), syntax) if is_joined else None
                if made := insert_statements(source, listed, wanted, syntax, like):
                    return made, source
    except MalformedError:
        pass
    return (), None


def insert_statements(
    source: SourceText,
    listed: Parts,
    wanted: Sequence[NeededStatement],
    syntax: Syntax,
    style: StatementStyle | None = None,
) -> tuple[Insertion, ...]:
    """Add statements to a list of them, or to a single one, in its style unless another one is given.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    style = style or style_of(source.text, items(listed), syntax)
    new = [NewItem("\n".join(statement(each, style)), render_on_one_line(each, style)) for each in wanted]
    return extend(source, listed, new, style.unit, style.comma)


def _places_for(wanted: Sequence[NeededStatement], argument: Argument, module: Module) -> list[_StatementList]:
    """Return the places for new statements: of several joined lists, first one for the same services or for several."""
    lists = list(lists_of_statements(argument, module))
    if len(lists) <= 2:
        return lists[::-1]
    call, *others = lists
    services = {service_of(action) for each in wanted for action in each.actions}
    known = [(set(_SERVICES.findall(each[0].text, each[1].start, each[1].end)), each) for each in others]
    fitting = [each for own, each in known if own & services] + [each for own, each in known if len(own) > 1]
    return [*fitting, call, *others]


def service_of(action: str) -> str:
    """Return the service of an action, also of one in quotes."""
    return action.lower().strip('"').partition(":")[0]


def insert_into_document(document: Block, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...]:
    """Add `statement` blocks after the last one; nothing if the block's layout has no room."""
    if isinstance(document, JsonBlock):
        return _insert_into_json(document, wanted)
    source, text, newline = document.source, document.source.text, document.source.newline
    nested = sorted(document.blocks("statement"), key=lambda each: each.start)
    if any(each.source is not source for each in nested):
        return ()
    style = style_of_blocks(document, nested)
    written = [block(each, style) for each in wanted]
    if nested:
        between = [text[one.end : other.start] for one, other in itertools.pairwise(nested)]
        gap = newline * (1 if between and all(each.count("\n") == 1 for each in between) else 2)
        base = indentation(text, nested[-1].start)
        added = "".join(gap + newline.join(indent(each, base)) for each in written)
        return (Insertion(source, line_end(text, nested[-1].end), added),)
    start = line_start(text, document.body_end)
    if start <= document.start or text[start : document.body_end].strip():
        return ()
    base = indentation(text, document.body_end) + style.unit
    blank = "" if not text[document.body_start : start].strip() else newline
    added = (newline * 2).join(newline.join(indent(each, base)) for each in written)
    return (Insertion(source, start, f"{blank}{added}{newline}"),)


def _insert_into_json(document: JsonBlock, wanted: Sequence[NeededStatement]) -> tuple[Insertion, ...]:
    source, members = document.source, document.value.members
    found = next((each for each in members if each.name == "statement"), None)
    if found is not None:
        parts = read_json_parts(source.text, found.value.start, found.value.end)
        style = replace(style_of(source.text, items(parts), Syntax.TF_JSON), document=True)
        return insert_statements(source, parts, wanted, Syntax.TF_JSON, style)
    style = replace(plain_style(Syntax.TF_JSON), document=True, one_line=True, effect=False)
    added = ", ".join("".join(statement(each, style)) for each in wanted)
    return (member_behind(source, members[-1], f'"statement": [{added}]'),) if members else ()


#: A list by an expression, which `concat` makes longer.
_LIST = regex(r'(?:var|local|module)(?:\.[\w-]+)+|values\([\w.\[\]"-]+\)|[\w.-]+\[\*\]\.arn|\[for [^\n]*\]')
_QUOTED_ARN = regex(r'"\$\{[^{}"]*\}"')

#: Actions on buckets beside those on objects: whether their names have these words.
_OF_OBJECT, _OF_BUCKET = {(True, False)}, {(False, True)}
#: Actions, and others that are written beside them and reveal no more.
_COMPANIONS = (
    ('"ecr:batchgetimage"', '"ecr:batchchecklayeravailability"'),
    ('"kms:decrypt"', '"kms:describekey"'),
    ('"secretsmanager:getsecretvalue"', '"secretsmanager:describesecret"'),
    ('"ssm:getparameters"', '"ssm:getparameter"'),
)
_DISTINCT = ((_OF_OBJECT, _OF_BUCKET), (_OF_BUCKET, _OF_OBJECT))


class Extension(msgspec.Struct, frozen=True):
    """The additions to existing statements, by what they are, and the needed statements that match none of them."""

    insertions: tuple[Insertion, ...]
    items: dict[str, list[str]]
    left: tuple[NeededStatement, ...]
    source: SourceText | None


def extension(
    argument: Argument, module: Module, wanted: Sequence[NeededStatement], beside: Sequence[Insertion] = ()
) -> Extension:
    """Add needed statements to those of a policy, as `extend_statements` does."""
    return extend_statements(statements_of(argument, module), module, wanted, beside)


def extend_statements(
    known: Iterable[WrittenStatement],
    module: Module,
    wanted: Sequence[NeededStatement],
    beside: Sequence[Insertion] = (),
) -> Extension:
    """Add needed statements to those of a module that lack only resources, actions or principals.

    A statement that one of the changes `beside` corrects will not have the same resources.
    """
    free = list(known)
    insertions: list[Insertion] = []
    new: dict[str, list[str]] = {"an action": [], "a resource": [], "a principal": []}
    left: list[NeededStatement] = []
    source: SourceText | None = None
    for each in wanted:
        here = [one for one in free if source is None or one.source is source]  # a policy is changed in one file
        ways = _extensions(each, here, module, beside) if not each.gate else ()
        found = next(((way, made) for way in ways if (made := _append_items(*way[:3]))), None)
        if found is None:
            left.append(each)
        else:
            (statement, _, written, kind), made = found
            source = statement.source
            free.remove(statement)
            insertions += made
            new[kind] += written
    return Extension(tuple(insertions), new, tuple(left), source)


def _extensions(
    wanted: NeededStatement, known: Sequence[WrittenStatement], module: Module, beside: Sequence[Insertion]
) -> Iterator[tuple[WrittenStatement, Parts, list[str], str]]:
    """Yield the statements that grant what is needed if a list in them gets these texts, and what those are."""
    needed = {f'"{action.lower()}"' for action in wanted.actions}
    if wanted.principal is not None:
        kind, who = wanted.principal
        for each in known:
            has_actions = needed == {one.lower() for one in _item_texts(each, each.actions)}
            has_all = has_actions and set(_item_texts(each, each.resources)) == set(_texts(each, wanted))
            own = (values for one, values in each.principals if one == kind and has_all and _is_literal(each, values))
            yield from ((each, values, [text(one, each.syntax) for one in who], "a principal") for values in own)
        return
    plain = [each for each in known if each.is_plain]
    for each in plain if wanted.resources and wanted.resource_list is None else ():
        if _has_beside(_item_texts(each, each.actions), needed) and not _is_null(each, module):
            yield each, each.resources, _texts(each, wanted), "a resource"
    for each in plain:
        is_corrected = any(one.source is each.source and each.start <= one.offset < each.end for one in beside)
        if not is_corrected and _is_about(each, wanted):
            yield each, each.actions, _actions(each, wanted), "an action"


def _is_null(statement: WrittenStatement, module: Module) -> bool:
    """Whether the resources are an input that callers may leave null, which `concat` does not accept."""
    named = _item_texts(statement, statement.resources)[:1]
    variable = module.variable(named[0].removeprefix("var.")) if named and named[0].startswith("var.") else None
    return variable is not None and variable.attribute_text("default") == "null"


def _is_about(statement: WrittenStatement, wanted: NeededStatement) -> bool:
    actions = (*_item_texts(statement, statement.actions), *_actions(statement, wanted))
    services = set(map(service_of, actions))
    needed = set(_texts(statement, wanted))
    others = set(_item_texts(statement, statement.resources)) - needed
    inside = tuple(each[:-1] + "/" if each.startswith('"') else f'"${{{each}}}/' for each in needed)
    # NOTE: a call on a bucket is not allowed by the names of its objects.
    is_exact = not others or (wanted.actions == (_LOCATE,) and all(each.startswith(inside) for each in others))
    return len(services) == 1 and is_exact and needed <= set(_item_texts(statement, statement.resources))


def _has_beside(written: Sequence[str], needed: set[str]) -> bool:
    """Whether actions are the needed ones, beside others that reveal no more or do not apply to the needed resource.

    Those of S3 are for buckets or for objects, as their names say.
    """
    own = {each.lower() for each in written}
    own -= {other for each, other in _COMPANIONS if each in needed} - needed
    others, kinds = ({("object" in each, "bucket" in each) for each in one} for one in (own - needed, needed))
    s3 = all(each.startswith('"s3:') and "*" not in each for each in own)
    return own == needed or (s3 and needed <= own and (others, kinds) in _DISTINCT)


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


def _is_literal(statement: WrittenStatement, parts: Parts) -> bool:
    """Whether parts are visibly a list or a text."""
    return not isinstance(parts, OtherParts) or bool(TEXT.fullmatch(statement.source.text, parts.start, parts.end))


def _append_items(statement: WrittenStatement, parts: Parts, new: Sequence[str]) -> tuple[Insertion, ...]:
    """Append texts to a list of a statement; nothing if its layout has no room."""
    written = _item_texts(statement, parts)
    if not written or not new or '"*"' in (*new, *written):
        return ()
    is_expression = not _is_literal(statement, parts)
    if is_expression and not _LIST.fullmatch(written[0]):
        return ()
    found = extend(statement.source, parts, plain_items(new))
    # NOTE: a statement below is clearer than a joined list over several lines.
    return found if not is_expression or not any("\n" in each.text for each in found) else ()
