"""Select part of a JSON report with a JMESPath expression.

Follows https://jmespath.org/specification.html.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from tfcheck.vocabulary.errors import UsageError


def query(expression: str) -> Callable[[Any], Any]:
    """Build the function that picks from a report's plain data what `expression` asks for.

    Raises:
        UsageError: `expression` is not JMESPath; so may the function, where it does not fit the data.
    """
    # Imported here: nobody else pays for it.
    import jmespath
    from jmespath.exceptions import JMESPathError

    try:
        compiled = jmespath.compile(expression)
    except JMESPathError as error:
        raise _wrong(expression, error) from None

    def pick(data: Any) -> Any:
        try:
            return compiled.search(data)
        except JMESPathError as error:
            raise _wrong(expression, error) from None

    return pick


def _wrong(expression: str, error: Exception) -> UsageError:
    problem = str(error).split("\n", 1)[0].rstrip(".:")
    return UsageError(
        f"`--query {expression}` does not work: {problem[:1].lower()}{problem[1:]}",
        hint="write it as on https://jmespath.org, for example: findings[].message",
    )
