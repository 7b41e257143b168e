"""Which text does a template give, when parts of it are not known yet?

See https://developer.hashicorp.com/terraform/language/expressions/strings. Strip marks are applied by the parser.
"""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.hcl.access import LocalScope, elements
from tfcheck.hcl.budget import LENGTH, PIECES, Limit, Run
from tfcheck.hcl.convert import to_string
from tfcheck.hcl.equality import same
from tfcheck.hcl.expression import Expression, ForDirective, IfDirective, Literal, Template
from tfcheck.hcl.scope import EvaluationError, Scope, Seen
from tfcheck.value import JsonText, Text, TextLike, Truth, Unknown, Value, pieces, text


def render(node: Template, scope: Scope, run: Run) -> Seen:
    """Work out a template; one that is a single interpolation keeps its type.

    Raises:
        EvaluationError: a part of it cannot be text.
    """
    if len(node.parts) == 1 and not isinstance(node.parts[0], IfDirective | ForDirective):
        return run.see(node.parts[0], scope)
    return joined(node.parts, scope, run)


def joined(parts: Sequence[Expression], scope: Scope, run: Run) -> TextLike:
    """Convert every part to text and join them.

    Raises:
        EvaluationError: a part of it cannot be text.
    """
    return _bounded([_part(part, scope, run) for part in parts], run)


def as_text(value: Value) -> TextLike:
    """Convert an interpolated value.

    Raises:
        EvaluationError: it is null or a collection.
    """
    converted = to_string(value)
    if isinstance(converted, str | Unknown | Text | JsonText):
        return converted
    raise EvaluationError("null cannot be part of a text")


def _bounded(parts: Sequence[TextLike], run: Run) -> TextLike:
    count = sum(len(pieces(part)) for part in parts)
    length = sum(len(piece) for part in parts for piece in pieces(part) if isinstance(piece, str))
    if length > LENGTH or count > PIECES:
        raise Limit("limit: the text is too long")
    run.budget.spend(length // 100 + count // 2)
    return text(parts)


def _part(part: Expression, scope: Scope, run: Run) -> TextLike:
    match part:
        case Literal(value=str() as written):
            return written
        case IfDirective():
            return _if(part, scope, run)
        case ForDirective():
            return _for(part, scope, run)
        case _:
            return as_text(run.value(part, scope))


def _if(node: IfDirective, scope: Scope, run: Run) -> TextLike:
    truth = run.condition(node.condition, scope)
    if isinstance(truth, bool):
        return joined(node.then if truth else node.otherwise, scope, run)
    try:
        then, otherwise = (joined(arm, scope, run) for arm in (node.then, node.otherwise))
    except EvaluationError:
        return Unknown(reason=truth.reason, where=truth.where, unsure=True)
    return then if same(then, otherwise) is Truth.TRUE else truth


def _for(node: ForDirective, scope: Scope, run: Run) -> TextLike:
    items = elements(run.see(node.collection, scope))
    if isinstance(items, Unknown):
        return Unknown(reason=items.reason, where=items.where, unsure=items.unsure)
    rendered: list[TextLike] = []
    for key, item in items:
        run.budget.spend(1)
        names = {node.key: key, node.value: item} if node.key else {node.value: item}
        rendered.append(joined(node.parts, LocalScope(scope, names), run))
    return _bounded(rendered, run)
