"""Select part of a JSON report with a JMESPath expression.

Follows https://jmespath.org/specification.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec

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
            return msgspec.to_builtins(compiled.search(data))  # refuses what is not data, as in `[&name]`
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
