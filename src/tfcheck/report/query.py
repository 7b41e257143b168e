"""Select part of a JSON report with a JMESPath expression.

Follows https://jmespath.org/specification.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from jmespath.visitor import TreeInterpreter

from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import UsageError


def query(expression: str) -> Callable[[Any], Any]:
    """Build the function that selects `expression` from a report's plain data.

    Raises:
        UsageError: `expression` is not JMESPath; so may the function, where it does not fit the data.
    """
    # Imported here: it is needed only with queries.
    import jmespath

    try:
        compiled = jmespath.compile(expression)
    except _PROBLEMS as error:
        raise _query_error(expression, error) from None

    def pick(data: Any) -> Any:
        try:
            return evaluate(compiled.parsed, data)
        except _PROBLEMS as error:
            raise _query_error(expression, error) from None

    return pick


#: The library's own errors are ValueErrors; some of Python's pass through it.
_PROBLEMS = (ValueError, TypeError, AttributeError, ArithmeticError, RecursionError)


def _query_error(expression: str, error: Exception) -> UsageError:
    if isinstance(error, RecursionError):
        return UsageError("the expression of `--query` is nested too deep", hint="write a shorter one")
    problem = clip(str(error).split("\n", 1)[0].rstrip(".:"))
    return UsageError(
        f"`--query {clip(expression)}` does not work: {problem[:1].lower()}{problem[1:]}",
        hint="write it as on https://jmespath.org, for example: findings[].message",
    )


#: More than a report of 50 MB needs, and at most a few seconds.
_MOST = 10_000_000
_STEP, _CHARACTERS = 5, 8
#: Expressions that create a list, object or string.
_PROJECTIONS = ("projection", "filter_projection", "value_projection")
_MAKING = {*_PROJECTIONS, "flatten", "slice", "multi_select_list", "multi_select_dict", "function_expression"}

#: The functions that accept an expression, which is not data.
_OF_EXPRESSIONS = ("map", "max_by", "min_by", "sort_by")


def evaluate(parsed: Any, data: Any) -> Any:
    """Evaluate a parsed expression on plain data, within a limit.

    `[@, @]` thirty times in a row is a billion reports, though nothing of it is there until it is written.

    Raises:
        UsageError: it takes too long, or is too much or not data at all.
    """
    interpreter = _Interpreter()
    found = interpreter.visit(parsed, data)
    interpreter.take(found)
    return found


class _Interpreter(TreeInterpreter):  # type: ignore[misc]
    """Evaluates an expression within a limited number of steps."""

    def __init__(self) -> None:
        super().__init__()
        self._left = _MOST

    def take(self, value: Any) -> None:
        """Charge a visited value, counting shared parts as often as they occur."""
        self._spend(_size(value, {}))

    def visit(self, node: Any, *arguments: Any, **named: Any) -> Any:
        self._spend(_STEP)
        found = super().visit(node, *arguments, **named)
        if node["type"] in _MAKING and isinstance(found, (list, dict, str)):
            self._spend(len(found))
        return found

    def visit_comparator(self, node: Any, value: Any) -> Any:
        sides = [self.visit(child, value) for child in node["children"]]
        for each in sides:
            self.take(each)
        literals = [{"type": "literal", "value": each, "children": []} for each in sides]
        return super().visit_comparator({**node, "children": literals}, value)

    def visit_function_expression(self, node: Any, value: Any) -> Any:
        arguments = [self.visit(child, value) for child in node["children"]]
        for each, child in zip(arguments, node["children"], strict=True):
            if child["type"] != "expref" or node["value"] not in _OF_EXPRESSIONS:
                self.take(each)
        return self._functions.call_function(node["value"], arguments)

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise UsageError("the expression of `--query` selects too much", hint="select a smaller part of the JSON")


def _size(value: Any, sizes: dict[int, int]) -> int:
    """Return the number of values in a value, visiting shared lists and objects once."""
    if isinstance(value, str):
        return 1 + len(value) // _CHARACTERS
    if not isinstance(value, (list, dict)):
        if not isinstance(value, int | float | None):
            raise UsageError("the expression of `--query` selects no data", hint="`&` is for arguments of functions")
        return 1
    if id(value) not in sizes:
        parts = value if isinstance(value, list) else [part for pair in value.items() for part in pair]
        sizes[id(value)] = 1 + sum(_size(each, sizes) for each in parts)
    return sizes[id(value)]
