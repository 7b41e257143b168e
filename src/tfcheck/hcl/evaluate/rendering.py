"""Render a template with partly unknown parts.

See https://developer.hashicorp.com/terraform/language/expressions/strings. Strip marks are applied by the parser.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import cast

from tfcheck.hcl.evaluate.budget import LENGTH, PIECES, EvaluationRun, Limit
from tfcheck.hcl.evaluate.convert import to_string
from tfcheck.hcl.evaluate.elements import evaluate_all
from tfcheck.hcl.evaluate.marking import is_marked, mark_if, without_mark
from tfcheck.hcl.evaluate.scope import EvaluationError, Scope, Seen
from tfcheck.hcl.syntax.expression import Expression, JoinedTexts, Literal, Template
from tfcheck.symbolic.value import TextLike, Value, pieces, text


def render(node: Template, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a template; a single interpolation keeps its type."""
    if len(node.parts) == 1:
        return run.see(node.parts[0], scope)
    rendered = [_part_text(part, scope, run) for part in node.parts]
    return _mark_if(any(map(is_marked, rendered)), _join(rendered, run))


def join_texts(node: JoinedTexts, scope: Scope, run: EvaluationRun) -> Seen:
    """Evaluate a `%{ for }`."""
    listed = run.see(node.texts, scope)
    texts = evaluate_all(without_mark(listed))
    joined = _join([as_text(each) for each in texts], run) if isinstance(texts, list) else texts
    return mark_if(is_marked(listed), joined)


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
    if isinstance(part, Literal) and isinstance(part.value, str):
        return part.value
    seen = run.see(part, scope)
    return _mark_if(is_marked(seen), as_text(evaluate_all(seen)))


def _mark_if(condition: bool, rendered: TextLike) -> TextLike:
    """Mark all of a text if the condition is true and no part of it has a mark."""
    return cast(TextLike, mark_if(condition and not is_marked(rendered), rendered))
