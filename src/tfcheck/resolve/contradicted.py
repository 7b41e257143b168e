"""Find sources that the plan contradicts: arguments that evaluate to another value than the planned one.

A plan does not contain locals, outputs, arguments of calls, and files that expressions read. If a value that depends on
them differs from the planned one, any of them may have changed.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.plan import Instance, constant, references
from tfcheck.resolve.blocks import nested_names
from tfcheck.resolve.declarations import Declarations
from tfcheck.resolve.doubts import Doubted
from tfcheck.resolve.evaluation import Key, evaluate_all
from tfcheck.resolve.normal_forms import drop_empty, keep_known_members, normal
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.size import is_deep, may_be_deep
from tfcheck.symbolic.value import JsonText, Set, Text, Truth, Unknown, Value, is_known, text
from tfcheck.vocabulary.address import Address, ModulePath

if TYPE_CHECKING:
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.hcl.syntax.expression import Expression


#: The number of compared instances of one resource, and of all resources.
_MOST_ALIKE, _MOST = 20, 2000
#: Texts that providers keep as a hash.
_HASH = regex(r"[0-9a-f]{40}|[0-9a-f]{64}")
#: Arguments of Terraform itself, and those that the provider normalises.
_NOT_COMPARED = frozenset(
    ("count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "timeouts")
)
#: Values of members that the provider adds to containers.
_ADDED = frozenset(("tcp", "true", "false"))
#: The minimum length of a name's text that proves it, in an equal planned text and in a different one.
_SHORTEST_PROOF, _SHORTEST_IN_OTHER = 3, 10


class Comparison(msgspec.Struct, frozen=True):
    """An argument, whether the plan has the same value, and what the evaluated value depends on."""

    address: Address
    name: str
    differs: bool
    planned: Value
    evaluated: Value
    direct: set[Key]

    def __str__(self) -> str:
        return f"{self.address}.{self.name}"


def compare(resolver: Resolver) -> Iterator[Comparison]:
    """Compare the arguments known in the plan with their evaluation from the sources."""
    seen: Counter[str] = Counter()
    for instance in resolver.plan.instances(*resolver.plan.types()):
        seen[instance.address.config] += 1
        is_planned = instance.after is not None and instance.actions != ("forget",)
        if not is_planned or seen[instance.address.config] > _MOST_ALIKE or seen.total() > _MOST:
            continue
        block = resolver.block(instance.address)
        ignored = set(block.ignored_changes()) if block else set()
        names = (*block.attributes(), *nested_names(block)) if block and "all" not in ignored else ()
        for name in names:
            planned = (instance.after or {}).get(name) if name not in _NOT_COMPARED else None
            if planned is not None and not any(each.startswith(name) for each in ignored):
                yield _compare(resolver, instance, name, planned)


def _compare(resolver: Resolver, instance: Instance, name: str, planned: Value) -> Comparison:
    found, direct = resolver.evaluation.with_dependencies(lambda: resolver.evaluate(instance.address, name))
    evaluated = evaluate_all(found)
    if name == "container_definitions" and isinstance(evaluated, (str, JsonText)):
        document = _document(evaluated)
        evaluated = evaluated if document is None else keep_known_members(document)
    differs = (
        is_other(evaluated, planned, instance.address.type)
        and not _is_kept(instance, name, evaluated, planned)
        and not _is_completed(instance, name, evaluated, planned)
    )
    return Comparison(instance.address, name, differs, planned, evaluated, direct)


def contradictions(resolver: Resolver, comparisons: Iterable[Comparison]) -> tuple[list[Comparison], list[Doubted]]:
    """Return the arguments that differ because something has changed, and the possible changes.

    An argument with the planned value has not changed, nor has a name whose text is in a planned one, nor what the
    plan's configuration keeps completely. If nothing else remains, the provider has the same value in another form.
    """
    rows = [(each, resolver.evaluation.all_dependencies(each.direct)) for each in comparisons]
    unchanged: set[Key] = {("argument", each.address, each.name) for each, _ in rows if not each.differs}
    for each, keys in rows:
        if isinstance(each.planned, str):
            shortest = _SHORTEST_IN_OTHER if each.differs else _SHORTEST_PROOF
            unchanged.update(key for key in keys if _is_shown_in(resolver, key, each.planned, shortest))
    suspected: dict[Key, Doubted] = {}
    wrong: list[Comparison] = []
    for each, keys in rows:
        candidates = ((key, _doubted_at(key)) for key in (keys - unchanged if each.differs else ()))
        # What the configuration keeps whole `changed_since` has compared.
        changed = {key: at for key, at in candidates if at and not is_kept_whole(resolver.declarations, key)}
        suspected |= changed
        if changed:
            wrong.append(each)
    return wrong, list(suspected.values())


def _is_shown_in(resolver: Resolver, key: Key, planned: str, shortest: int) -> bool:
    """Whether a planned text that depends on a name contains the name's own text, which proves it."""
    try:
        match key:
            case ("var", ModulePath() as module, str(name), *_):
                value = evaluate_all(resolver.names.variable(module, name))
            case ("local", ModulePath() as module, str(name), *_):
                value = evaluate_all(resolver.names.local(module, name))
            case _:
                return False
    except EvaluationError:  # the sources refer to a name that they do not declare
        return False
    return isinstance(value, str) and len(value) >= shortest and value in planned


def _doubted_at(key: Key) -> Doubted | None:
    match key:
        case ("argument", Address() as address, str(name)):
            return Doubted("argument", address.module.config, address.resource, name)
        case ("var", ModulePath() as module, str(name), *_) if module.steps:
            return Doubted("var", module.config, name)
        case ("local" | "output" as kind, ModulePath() as module, str(name), *_):
            return Doubted(str(kind), module.config, name)
        case ("file", str(path)):
            return Doubted("file", (), path)
        case _:
            return None


def _is_kept(instance: Instance, name: str, evaluated: Value, planned: Value) -> bool:
    """Whether the provider may have kept the old value, of which the argument is another form: `15` for `15.4`."""
    before = (instance.before or {}).get(name)
    if before is None or before != planned:
        return False
    if not isinstance(evaluated, str) or not isinstance(planned, str):
        return _has_blocks(planned)
    mine, theirs = evaluated.lower(), planned.lower()
    return mine in theirs or theirs in mine


def _is_completed(instance: Instance, name: str, evaluated: Value, planned: Value) -> bool:
    """Whether the provider has only added values of other arguments, such as a certificate's own name."""
    if not isinstance(planned, list) or not all(isinstance(each, str) for each in planned):
        return False
    mine, theirs = list(_leaves(evaluated)), list(_leaves(planned))
    others = {value.lower() for key, value in (instance.after or {}).items() if key != name and isinstance(value, str)}
    return not _is_missing(theirs, mine) and not _is_missing([*mine, *others], theirs)


def is_other(evaluated: Value, planned: Value, kind: str = "") -> bool:
    """Whether the sources definitely give another value than the plan's.

    Providers sort unordered values, format documents their own way, and add defaults.
    """
    if evaluated is None or not is_known(planned) or (isinstance(planned, str) and _HASH.fullmatch(planned)):
        return False
    compared = drop_empty(_parse_json(evaluated), _parse_json(planned))
    mine, theirs = ([normal(each, kind) for each in _leaves(side)] for side in (compared, planned))
    if _is_missing(theirs, mine):
        return True
    is_open = any(isinstance(each, Unknown) for each in mine) and not isinstance(evaluated, (str, Text))
    if is_open or isinstance(planned, dict) or _has_blocks(planned):
        return False  # the provider may have added something
    texts = [each for each in theirs if isinstance(each, str) and not each.lstrip("-").isdigit()]
    return _is_missing(mine, [each for each in texts if each not in _ADDED])


def _has_blocks(planned: Value) -> bool:
    return isinstance(planned, list) and any(isinstance(each, dict) for each in planned)


def _is_missing(there: list[Value], wanted: list[Value]) -> bool:
    """Whether one of the wanted leaves definitely equals none of the existing ones."""
    if any(isinstance(each, Unknown) for each in there):
        return False
    known = {each for each in there if isinstance(each, str)}
    partly = [each for each in there if not isinstance(each, str)]
    missing = (each for each in wanted if not (isinstance(each, str) and each in known))
    pairs = ((each, partly if isinstance(each, str) else there) for each in missing)
    return any(all(equal(leaf, other) is Truth.FALSE for other in others) for leaf, others in pairs)


def _leaves(value: Value) -> Iterator[Value]:
    """Yield the texts, numbers and bools in a value, and in the JSON of a text."""
    match value:
        case str() | Text() | JsonText():
            document = _document(value)
            yield from [_to_lower(value)] if document is None else _leaves(document)
        case Unknown():
            yield Unknown()
        case dict():
            yield from (leaf for each in value.values() for leaf in _leaves(each))
        case list() | Set():
            yield from (leaf for each in (value if isinstance(value, list) else value.items) for leaf in _leaves(each))
        case None:
            pass
        case _:
            written = as_text(value)
            yield written if written is not None else Unknown()


def _to_lower(value: str | Text | JsonText) -> Value:
    """Convert a text to lower case, without constraints on its unknown pieces."""
    if not isinstance(value, Text):
        return value.lower() if isinstance(value, str) else value
    parts = [each.lower() if isinstance(each, str) else Unknown() for each in value.pieces]
    for end, strip in ((0, str.lstrip), (-1, str.rstrip)):
        last = parts[end]
        parts[end] = strip(last).removesuffix("." if end else "") if isinstance(last, str) else last
    return text(parts)


def _parse_json(value: Value) -> Value:
    """Return the content of a JSON text; anything else unchanged."""
    document = _document(value) if isinstance(value, (str, Text, JsonText)) else None
    return value if document is None else document


def _document(value: str | Text | JsonText) -> Any:
    if isinstance(value, JsonText) or (isinstance(value, Text) and str(value.pieces[0]).lstrip()[:1] in ("{", "[")):
        from tfcheck.hcl.formats.json import decode

        return decode(value)
    if isinstance(value, Text):
        return None
    if value.lstrip()[:1] not in ("{", "["):
        return None
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return None
    return None if may_be_deep(value) and is_deep(found) else found


#: Values that are decided elsewhere: by `for_each`, by `count`, by the workspace.
_DECIDED_ELSEWHERE = ("each.", "count.", "path.", "terraform.")


def is_kept_whole(declarations: Declarations, key: Key) -> bool:
    """Whether the configuration keeps all of an expression, of an argument, an output, or a module call.

    It keeps constants, and references without anything around them. `changed_since` finds what the sources changed of
    these: if one has another value than the planned one, that is the provider's form of it.
    """
    match key:
        case ("argument", Address() as address, str(name)):
            block, resource = declarations.block(address), declarations.config_resource(address)
            planned = resource.expressions.get(name) if resource else None
            return block is not None and resource is not None and _is_argument_kept(block, name, planned)
        case ("var", ModulePath() as module, str(name)) if module.steps:
            block, call = declarations.call_block(module), declarations.config_call(module)
            return block is not None and call is not None and _is_argument_kept(block, name, call.expressions.get(name))
        case ("output", ModulePath() as module, str(name)):
            sources, config = declarations.module_sources(module), declarations.config_module(module)
            block = sources.output(name) if sources else None
            planned = config.outputs.get(name) if config else None
            return block is not None and _is_expression_kept(block.attribute("value"), planned)
        case _:
            return False


def _is_argument_kept(block: Block, name: str, planned: Any) -> bool:
    """Whether an argument, or each one in the nested blocks of a type, is kept."""
    if name in block.attributes():
        return _is_expression_kept(block.attribute(name), planned)
    written = block.blocks(name)
    if any(each.type == "dynamic" for each in written):
        return False
    rows = planned if isinstance(planned, list) else [planned]
    if len(rows) != len(written) or not all(isinstance(each, dict) for each in rows):
        return False
    return all(
        _is_argument_kept(each, inner, row.get(inner))
        for each, row in zip(written, rows, strict=True)
        for inner in (*each.attributes(), *nested_names(each))
    )


def _is_expression_kept(written: Expression | None, planned: Any) -> bool:
    if written is None or constant(planned)[0]:
        return True
    reference = reference_text(written)
    return not reference.startswith(_DECIDED_ELSEWHERE) and references(planned)[:1] == (reference,)
