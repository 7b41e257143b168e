"""Render a template with partly unknown parts.

See https://developer.hashicorp.com/terraform/language/expressions/strings. Strip marks are applied by the parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tfcheck.hcl.evaluate.budget import LENGTH, PIECES, EvaluationRun, Limit
from tfcheck.hcl.evaluate.convert import to_string
from tfcheck.hcl.evaluate.elements import LocalScope, elements, evaluate_all
from tfcheck.hcl.evaluate.equality import equal_values
from tfcheck.hcl.evaluate.marking import is_marked, mark_if, without_mark
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression, ForDirective, IfDirective, Literal, Template
from tfcheck.symbolic.value import TextLike, Truth, Unknown, Value, pieces, text


def render(node: Template, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a template; a single interpolation keeps its type."""
    if len(node.parts) == 1 and not isinstance(node.parts[0], (IfDirective, ForDirective)):
        return run.see(node.parts[0], scope)
    return join_parts(node.parts, scope, run)


def join_parts(parts: Sequence[Expression], scope: Scope, run: EvaluationRun) -> TextLike:
    """Convert every part to text and join them."""
    rendered = [_part_text(part, scope, run) for part in parts]
    return _mark_if(any(map(is_marked, rendered)), _join(rendered, run))


def as_text(value: Value) -> TextLike:
    """Convert an interpolated value."""
    converted = to_string(value)
    if isinstance(converted, TextLike):
        return converted
    raise EvaluationError("null cannot be part of a text")


def _join(parts: Sequence[TextLike], run: EvaluationRun) -> TextLike:
    """Join texts, if that does not become too long."""
    count = sum(len(pieces(part)) for part in parts)
    length = sum(len(piece) for part in parts for piece in pieces(part) if isinstance(piece, str))
    if length > LENGTH or count > PIECES:
        raise Limit("limit: the text is too long")
    run.budget.spend(4 + length // 100 + count // 2)
    return text(parts)


def _part_text(part: Expression, scope: Scope, run: EvaluationRun) -> TextLike:
    match part:
        case Literal(value=str() as written):
            return written
        case IfDirective():
            return _render_if(part, scope, run)
        case ForDirective():
            return _render_for(part, scope, run)
        case _:
            seen = run.see(part, scope)
            return _mark_if(is_marked(seen), as_text(evaluate_all(seen)))


def _mark_if(condition: bool, rendered: TextLike) -> TextLike:
    """Mark all of a text if the condition is true and no part of it has a mark."""
    return cast(TextLike, mark_if(condition and not is_marked(rendered), rendered))


def _render_if(node: IfDirective, scope: Scope, run: EvaluationRun) -> TextLike:
    truth, is_secret = run.condition(node.condition, scope)
    arms: list[TextLike | EvaluationError] = []
    for parts in (node.then, node.otherwise):
        try:
            arms.append(join_parts(parts, scope, run))
        except EvaluationError as error:
            arms.append(error)
    # NOTE: as with `? :`, the mark of the other arm counts too.
    is_secret = is_secret or any(is_marked(arm) for arm in arms if not isinstance(arm, EvaluationError))
    return cast(TextLike, mark_if(is_secret, _common_arm(truth, *arms)))


def _common_arm(
    truth: bool | Unknown, then: TextLike | EvaluationError, otherwise: TextLike | EvaluationError
) -> TextLike:
    """Return the arm that the condition chooses, or what both arms are."""
    if isinstance(truth, bool):
        found = then if truth else otherwise
        if isinstance(found, EvaluationError):
            raise found
        return found
    if isinstance(then, EvaluationError) or isinstance(otherwise, EvaluationError):
        return Unknown(reason=truth.reason, where=truth.where, unsure=True)
    return then if equal_values(then, otherwise) is Truth.TRUE else truth


def _render_for(node: ForDirective, scope: Scope, run: EvaluationRun) -> TextLike:
    collection = run.see(node.collection, scope)
    items = elements(without_mark(collection))
    if isinstance(items, Unknown):
        open_text = Unknown(reason=items.reason, where=items.where, unsure=items.unsure)
        return cast(TextLike, mark_if(is_marked(collection), open_text))
    rendered: list[TextLike] = []
    for key, item in items:
        run.budget.spend(5)
        names = {node.key: key, node.value: item} if node.key else {node.value: item}
        rendered.append(join_parts(node.parts, LocalScope(scope, names), run))
    return cast(TextLike, mark_if(is_marked(collection), _join(rendered, run)))
