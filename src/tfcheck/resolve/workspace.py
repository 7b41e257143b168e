"""Build a plan's resolver without the workspace and sources that the plan contradicts.

A plan does not contain its workspace, nor locals, outputs, arguments of calls and files that expressions read. The
workspace that `.terraform/environment` or an option names, and the sources, are used only while every value that
depends on them is the planned one. If a value differs, anything that it depends on may have changed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.syntax.parse import reference_text
from tfcheck.plan import Instance, Plan, constant, references
from tfcheck.resolve.blocks import nested_names
from tfcheck.resolve.changed_since import changed_since
from tfcheck.resolve.declarations import DOCUMENT, Declarations, Doubted
from tfcheck.resolve.difference import (
    document,
    has_blocks,
    is_missing,
    is_other,
    keep_known_members,
    leaves,
    statements_differ,
)
from tfcheck.resolve.evaluation import Key, evaluate_all
from tfcheck.resolve.key_comparison import Comparison, compare_keys
from tfcheck.resolve.resolver import Resolver
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value, is_known, pieces
from tfcheck.vocabulary.address import Address, ModulePath
from tfcheck.vocabulary.clipping import few

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block
    from tfcheck.hcl.syntax.expression import Expression


#: The number of compared instances of one resource, and of all resources.
_MOST_ALIKE, _MOST = 20, 2000
#: Arguments of Terraform itself, and those that the provider normalises.
_NOT_COMPARED = frozenset(
    ("count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection", "timeouts")
)
#: The minimum length of a name's text that proves it, in an equal planned text and in a different one.
_SHORTEST_PROOF, _SHORTEST_IN_OTHER = 3, 10


def compare(resolver: Resolver) -> Iterator[Comparison]:
    """Compare the arguments known in the plan, and the keys of instances, with their evaluation from the sources."""
    seen: Counter[str] = Counter()
    managed, read_later = (
        [
            each
            for each in resolver.plan.instances(*resolver.plan.types(mode), mode=mode)
            if each.after is not None and each.actions != ("forget",)
        ]
        for mode in ("managed", "data")
    )
    yield from compare_keys(resolver, [each.address for each in managed])
    for instance in islice((*managed, *read_later), _MOST):
        seen[instance.address.config] += 1
        if seen[instance.address.config] > _MOST_ALIKE:
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
        content = document(evaluated)
        evaluated = evaluated if content is None else keep_known_members(content)
    differs = (
        _is_other(instance, name, evaluated, planned)
        and not _is_kept(instance, name, evaluated, planned)
        and not _is_completed(instance, name, evaluated, planned)
    )
    # NOTE: no provider has seen what the apply reads: it has no other form of it.
    own: set[Key] = {("argument", instance.address, name)} if instance.address.mode == "data" else set()
    return Comparison(instance.address, name, differs, planned, evaluated, direct | own)


def _is_other(instance: Instance, name: str, evaluated: Value, planned: Value) -> bool:
    if instance.address.type == DOCUMENT and name == "statement":
        return isinstance(evaluated, list) and isinstance(planned, list) and statements_differ(evaluated, planned)
    return is_other(evaluated, planned, instance.address.type)


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
        case ("repetition", ModulePath() as module):
            return Doubted("repetition", module.config)
        case ("local" | "output" as kind, ModulePath() as module, str(name), *_):
            return Doubted(str(kind), module.config, name)
        case ("file" | "directory" as kind, str(path)):
            return Doubted(str(kind), (), path)
        case _:
            return None


def _is_kept(instance: Instance, name: str, evaluated: Value, planned: Value) -> bool:
    """Whether the provider may have kept the old value, of which the argument is another form: `15` for `15.4`."""
    before = (instance.before or {}).get(name)
    if before is None or before != planned:
        return False
    if not isinstance(evaluated, str) or not isinstance(planned, str):
        return has_blocks(planned)
    mine, theirs = evaluated.lower(), planned.lower()
    return mine in theirs or theirs in mine


def _is_completed(instance: Instance, name: str, evaluated: Value, planned: Value) -> bool:
    """Whether the provider has only added values of other arguments, such as a certificate's own name."""
    if not isinstance(planned, list) or not all(isinstance(each, str) for each in planned):
        return False
    mine, theirs = list(leaves(evaluated)), list(leaves(planned))
    others = {value.lower() for key, value in (instance.after or {}).items() if key != name and isinstance(value, str)}
    return not is_missing(theirs, mine) and not is_missing([*mine, *others], theirs)


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


#: The number of changes that are named.
_MOST_NAMED = 3


def confirmed_resolver(plan: Plan, sources: Sources, workspace: str | None, account: str | None) -> Resolver:
    """Return the resolver of a plan with sources, as `resolver_of` does."""
    chosen = workspace or sources.workspace
    changed = sorted(changed_since(sources, plan), key=str)
    resolver = Resolver(plan, sources, chosen, account, changed)
    rows = list(compare(resolver))
    differs = any(each.differs for each in rows)
    uses_workspace = any(".workspace" in each for each in resolver.declarations.source_texts())
    if (chosen is None or differs) and uses_workspace:
        resolver, rows = (
            _with_shown_workspace(resolver, rows, changed)
            if chosen is None
            else _without_workspace(resolver, rows, changed, chosen)
        )
    wrong, doubted = contradictions(resolver, rows)
    is_selected = uses_workspace and workspace is None and resolver.workspace == chosen
    believed = resolver
    if changed or wrong:
        selected = resolver.workspace if isinstance(resolver.workspace, str) else None
        believed = Resolver(plan, sources, selected, account, [*changed, *doubted])
        names = list(dict.fromkeys((*map(str, changed), *map(str, wrong))))
        is_partial = plan.states_no_completeness and not changed and all(each.is_left_out for each in wrong)
        believed.contradictions += resolver.contradictions
        believed.contradictions.append(_explain(sources.label, names, is_partial=is_partial))
    if is_selected and not _is_confirmed(resolver, rows, changed):
        believed.assume(
            f"the workspace is taken to be `{chosen}`, the one selected in `{sources.label}`: no known value "
            "of the plan depends on it. Name it with --workspace"
        )
    return believed


def _explain(label: str, names: list[str], *, is_partial: bool) -> str:
    """Return which values of the sources differ from the plan's, which possibly lacks only some instances."""
    named, verb = few(names, _MOST_NAMED), "differs" if len(names) == 1 else "differ"
    if is_partial:
        return (
            f"the plan lacks instances that the sources in `{label}` declare: {named}. It was made with `-target`, or "
            "the sources have changed since. What depends on them is unknown; run `terraform plan` again"
        )
    return (
        f"the sources in `{label}` are not those that the plan was made from: {named} {verb}. "
        "What depends on them is unknown; run `terraform plan` again"
    )


def _with_shown_workspace(
    resolver: Resolver, rows: list[Comparison], doubts: Iterable[Doubted]
) -> tuple[Resolver, list[Comparison]]:
    """Choose the only workspace with which all arguments that contain its name have their planned values."""
    shown = {name for each in rows for name in _shown_names(each.evaluated, each.planned, resolver.workspace)}
    found = (
        Resolver(resolver.plan, resolver.sources, shown.pop(), resolver.account, doubts) if len(shown) == 1 else None
    )
    again = list(compare(found)) if found else []
    is_right = sum(each.differs for each in again) <= sum(each.differs for each in rows)
    return (found, again) if found and is_right else (resolver, rows)


def _is_confirmed(resolver: Resolver, rows: Iterable[Comparison], doubts: Iterable[Doubted]) -> bool:
    """Whether an argument has its known planned value with the workspace, and another or an unknown one without."""
    without = Resolver(resolver.plan, resolver.sources, None, resolver.account, doubts)
    values = {(each.address, each.name): each.evaluated for each in compare(without)}
    compared = (each for each in rows if not each.differs and is_known(each.planned))
    return any(values.get((each.address, each.name)) != each.evaluated for each in compared)


def _shown_names(evaluated: Value, planned: Value, workspace: Value) -> Iterator[str]:
    """Yield the workspace's name that makes an evaluated text, or one in a collection, the planned one."""
    match evaluated, planned:
        case dict(), dict():
            for key, each in evaluated.items():
                yield from _shown_names(each, planned.get(key), workspace)
        case list(), list():
            for each, other in zip(evaluated, planned, strict=False):
                yield from _shown_names(each, other, workspace)
        case Text() | Unknown(), str():
            parts = pieces(evaluated)
            known = [each for each in parts if isinstance(each, str)]
            length, rest = divmod(len(planned) - sum(map(len, known)), (len(parts) - len(known)) or 1)
            start = len(known[0]) if parts[0] in known else 0
            name = planned[start : start + length]
            if rest == 0 < length and planned == "".join(name if each == workspace else str(each) for each in parts):
                yield name


def _without_workspace(
    resolver: Resolver, rows: list[Comparison], doubts: Iterable[Doubted], chosen: str
) -> tuple[Resolver, list[Comparison]]:
    """Drop the workspace if a value differs only with it."""
    without = Resolver(resolver.plan, resolver.sources, None, resolver.account, doubts)
    again = list(compare(without))
    still = {str(each) for each in again if each.differs}
    wrong = next((str(each) for each in rows if each.differs and str(each) not in still), None)
    if wrong is None:
        return resolver, rows
    without.contradictions.append(
        f"the plan was not made in the workspace `{chosen}`: {wrong} has another value in it. What depends on the "
        "workspace is unknown; name the right one with --workspace"
    )
    return without, again
