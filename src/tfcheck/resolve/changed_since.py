"""Find changes in the sources since the plan was made, by comparison with its `configuration`.

The configuration contains each argument's constant, or what the expression refers to
(https://developer.hashicorp.com/terraform/internals/json-format#expression-representation). An argument with another
constant or other references has changed.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from tfcheck.hcl.evaluate.scope import ConstantScope, EvaluationError
from tfcheck.hcl.syntax.expression import Expression, Literal
from tfcheck.hcl.syntax.parse import parse_template
from tfcheck.plan import ConfigModule, Plan, constant_text, references
from tfcheck.resolve.blocks import nested_names
from tfcheck.resolve.configuration_refs import (
    PLACE,
    calls_function,
    is_beginning,
    listed_references,
    ordered_references,
    root_of,
)
from tfcheck.resolve.declarations import Doubted
from tfcheck.symbolic import limits
from tfcheck.symbolic.numbers import as_text, exact
from tfcheck.symbolic.value import Set, Unknown, Value, is_known

if TYPE_CHECKING:
    from tfcheck.hcl.modules import Sources
    from tfcheck.hcl.syntax.block import Block

#: Arguments of Terraform itself, which the configuration lists elsewhere or not at all.
_META = frozenset(
    ("provider", "providers", "depends_on", "lifecycle", "source", "version", "count", "for_each", "alias")
)
_META_BLOCKS = frozenset(("lifecycle", "provisioner", "connection", "timeouts"))


def changed_since(sources: Sources, plan: Plan) -> Iterator[Doubted]:
    """Yield the arguments, outputs and defaults that differ from the plan's configuration."""
    if plan.configuration is None:
        return
    yield from _compare_module(sources, plan.configuration, (), has_arguments=plan.configuration.shows_arguments)
    for key, provider in plan.provider_configs.items():
        module = sources.module(tuple((provider.module_address or "").split(".")[1::2]))
        block = module.provider(provider.name, provider.alias) if module else None
        for name in _changed_arguments(block, provider.expressions or {}) if block else ():
            yield Doubted("provider", (), key, name)


def _compare_module(
    sources: Sources, planned: ConfigModule, path: tuple[str, ...], *, has_arguments: bool
) -> Iterator[Doubted]:
    module = sources.module(path)
    if module is None:
        return
    for address, resource in planned.resources.items():
        block = module.resource(resource.mode, resource.type, resource.name) if resource.expressions else None
        for name in _changed_arguments(block, resource.expressions) if block else ():
            yield Doubted("argument", path, address, name)
        if block and _repetition_differs(block, resource.count_expression, resource.for_each_expression):
            yield Doubted("argument", path, address, "for_each")
    for name, json in planned.outputs.items():
        block = module.output(name)
        if block and _expressions_differ(block.attribute("value"), json):
            yield Doubted("output", path, name)
    for name, variable in planned.variables.items():
        block = module.variable(name)
        if block and has_other_default(block, variable.default, is_planned=variable.has_default):
            yield Doubted("default", path, name)
    for name, call in planned.calls.items():
        block = module.call(name) if has_arguments else None
        for argument in _changed_attributes(block, call.expressions) if block else ():
            yield Doubted("var", (*path, name), argument)
        if block and _repetition_differs(block, call.count_expression, call.for_each_expression):
            yield Doubted("repetition", (*path, name))
        yield from _compare_module(sources, call.module, (*path, name), has_arguments=has_arguments)


def has_other_default(block: Block, planned: Value, *, is_planned: bool = True) -> bool:
    """Whether a variable's default differs; the plan keeps it converted to the variable's type."""
    written = block.attribute("default")
    if written is None or not is_planned:
        return (written is not None) != is_planned
    from tfcheck.hcl.evaluate.convert import convert
    from tfcheck.hcl.evaluate.expressions import evaluate
    from tfcheck.hcl.evaluate.type_constraint import parse_type

    wanted = block.attribute("type")
    try:
        value = _constant(written)
        value = convert(value, parse_type(wanted, evaluate)) if wanted is not None else value
    except EvaluationError:
        return False
    return is_known(value) and not _equals_json(value, planned)


def _changed_arguments(block: Block, planned: Mapping[str, Any]) -> Iterator[str]:
    """Yield the arguments and the types of nested blocks that differ."""
    yield from _changed_attributes(block, planned)
    nested = nested_names(block)
    lists = (name for name, json in planned.items() if isinstance(json, list))
    for name in dict.fromkeys((*nested, *lists)):
        if name not in _META_BLOCKS and _nested_blocks_differ(block, name, planned.get(name, [])):
            yield name


def _changed_attributes(block: Block, planned: Mapping[str, Any]) -> Iterator[str]:
    """Yield the arguments that differ, including those that only the plan or the block has."""
    for name, json in planned.items():
        written = block.attribute(name)
        is_argument = not isinstance(json, list) and not block.blocks(name)
        if is_argument and _is_other(written, json):
            yield name
    for name in block.attributes():
        expression = block.attribute(name)
        is_null = isinstance(expression, Literal) and expression.value is None
        if name not in planned and name not in _META and not is_null:
            yield name


def _is_expression(json: Any) -> bool:
    """Whether the configuration definitely has an expression, and not a nested block."""
    is_constant, value = constant_text(json)
    return (is_constant and value is not None) or bool(references(json))


def _nested_blocks_differ(block: Block, name: str, planned: Any) -> bool:
    """Whether the nested blocks of a type differ; the plan does not keep `dynamic` ones."""
    written = [each for each in block.blocks(name) if each.type != "dynamic"]
    if _is_expression(planned):
        return len(written) == len(block.blocks(name)) and _block_lists_differ(written, planned)
    rows = planned if isinstance(planned, list) else [planned]
    if block.attribute(name) is not None or not all(isinstance(each, dict) for each in rows):
        return False
    if len(written) != len(rows):
        return True
    pairs = zip(written, rows, strict=True)
    return any(next(_changed_arguments(mine, theirs), None) is not None for mine, theirs in pairs)


def _block_lists_differ(written: Sequence[Block], planned: Any) -> bool:
    """Whether nested blocks differ that the provider treats as elements of one argument, such as `ingress`.

    Follows https://developer.hashicorp.com/terraform/language/attr-as-blocks: the plan keeps one expression for all.
    """
    expressions = list(_expressions(written))
    named = [ordered_references(each) for each in expressions]
    if None in named:
        return False
    mine = {root_of(name) for each in named for name in each or ()}
    is_constant, rows = constant_text(planned)
    if mine or not is_constant:
        return mine != {root_of(each) for each in references(planned)}
    if not isinstance(rows, list) or any(map(calls_function, expressions)) or any(map(nested_names, written)):
        return False
    if len(written) != len(rows):
        return True
    elements = [
        {name: _constant(value) for name in each.attributes() if (value := each.attribute(name))} for each in written
    ]
    if not limits.take_pairs(len(elements) * len(rows)):
        return False
    return not all(any(isinstance(row, dict) and _is_element(each, row) for row in rows) for each in elements)


def _expressions(blocks: Sequence[Block]) -> Iterator[Expression]:
    for each in blocks:
        yield from filter(None, map(each.attribute, each.attributes()))
        for name in nested_names(each):
            yield from _expressions(each.blocks(name))


def _is_element(written: Mapping[str, Value], row: dict[str, Any]) -> bool:
    """Whether a block may be an element of an argument whose values are converted to the schema's types."""
    known = [(value, as_text(value), row.get(name)) for name, value in written.items() if is_known(value)]
    return all(
        _equals_json(value, planned) or (string is not None and string == as_text(planned))
        for value, string, planned in known
    )


def _repetition_differs(block: Block, count: Any, for_each: Any) -> bool:
    return _is_other(block.attribute("count"), count) or _is_other(block.attribute("for_each"), for_each)


def _is_other(written: Expression | None, planned: Any) -> bool:
    """Whether an argument differs from the plan's, including one that only the plan has."""
    return _is_expression(planned) if written is None else _expressions_differ(written, planned)


def _expressions_differ(written: Expression | None, planned: Any) -> bool:
    """Whether an expression definitely differs from the plan's."""
    if written is None:
        return False
    mine = ordered_references(written)
    if mine is None:
        return False
    is_constant, value = constant_text(planned)
    theirs = listed_references(references(planned))
    if not mine and not theirs and not is_constant:
        return not calls_function(written)
    if mine or not is_constant:
        return not _lists(theirs, mine)
    known = _constant(written)
    return is_known(known) and not _equals_json(known, value)


def _lists(theirs: Sequence[str], mine: Sequence[str]) -> bool:
    """Whether a plan lists the references of an expression, in order; OpenTofu lists some again at the end.

    Before Terraform 1.0 it lists them without attributes.
    """
    if len(theirs) < len(mine) or {*map(root_of, theirs)} != {*map(root_of, mine)}:
        return False
    return all(map(is_beginning, theirs, mine))


def _constant(expression: Expression) -> Value:
    from tfcheck.hcl.evaluate.expressions import evaluate

    return evaluate(expression, ConstantScope())


def _equals_json(written: Value, planned: Value) -> bool:
    """Compare a value with JSON, in which sets are lists in their own order."""
    match written, planned:
        case (Set(), list()):
            texts = {each for each in planned if isinstance(each, str)}
            others = [each for each in written.items if not (isinstance(each, str) and each in texts)]
            if not limits.take_pairs(len(others) * len(planned)):
                return True  # a set that the plan may have sorted
            same = len(written.items) == len(planned)
            return same and all(any(_equals_json(mine, theirs) for theirs in planned) for mine in others)
        case (list(), list()):
            return len(written) == len(planned) and all(map(_equals_json, written, planned))
        case (dict(), dict()):
            names = {*written, *planned}
            return all(_equals_json(written.get(name), planned.get(name)) for name in names)
        case (str(), str()):
            return written == planned or written == _evaluate(planned)
        case _ if exact(written) is not None:
            return exact(written) == exact(planned)
        case _:
            return written == planned if type(written) is type(planned) else written == _evaluate(planned)


def _evaluate(planned: Value) -> Value:
    """Evaluate a template that the plan keeps as the text of a `.tf.json` file."""
    if not isinstance(planned, str) or "{" not in planned:
        return planned
    try:
        return _constant(parse_template(planned, PLACE))
    except EvaluationError as fault:
        return Unknown(reason=str(fault))
