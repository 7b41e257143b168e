"""Conditions on a finding as JMESPath expressions, limited to comparisons and tests.

Follows https://jmespath.org/specification.html. Whoever opens a pull request can write one: projections, pipes and
functions that build something are left out, since a short expression with them can take any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import did_you_mean

LONGEST = 1_000
_NODES = frozenset(
    (
        *("and_expression", "comparator", "current", "field", "function_expression", "identity", "index"),
        *("index_expression", "literal", "not_expression", "or_expression", "subexpression"),
    )
)
#: The fields of a finding. Another name would be null, and a condition with `!=` or `!` always true.
FIELDS = (
    *("rule", "severity", "task_definition", "address", "message", "explanation", "symptom", "change"),
    *("requirements", "location", "needed_at", "fix", "remedy", "fingerprint", "waived"),
)
_FUNCTIONS = frozenset(("contains", "ends_with", "length", "not_null", "starts_with", "type"))
_HINT = "write it as on https://jmespath.org, for example: change == 'existing' && contains(message, 'prod')"


def condition(expression: str, wrong: Callable[[str, str], Exception]) -> Callable[[Mapping[str, Any]], bool]:
    """Build the test that an expression describes; it is false where it cannot be evaluated.

    Raises:
        Exception: what `wrong` builds, from what is wrong and a hint, for an expression that is not one.
    """
    # Imported here: it is needed only with conditions.
    import jmespath
    from jmespath.exceptions import JMESPathError

    if len(expression) > LONGEST:
        raise wrong(f"`where` is longer than {LONGEST:,} characters", _HINT)
    try:
        compiled = jmespath.compile(expression)
        refused = _first_refused(compiled.parsed)
    except (JMESPathError, ValueError, RecursionError):
        raise wrong("`where` is not a JMESPath expression", _HINT) from None
    if refused:
        raise wrong(f"`where` uses {refused}, which a condition cannot use", _HINT)
    for name in _fields(compiled.parsed):
        if name not in FIELDS:
            hint = did_you_mean(name, FIELDS, f"the fields are {', '.join(FIELDS)}")
            raise wrong(f"`where` names `{clip(name, 60)}`, which a finding does not have", hint)

    def holds(data: Mapping[str, Any]) -> bool:
        try:
            return compiled.search(data) is True
        except (JMESPathError, TypeError, RecursionError):  # the library's `contains` raises either of the first
            return False

    return holds


def _first_refused(node: Any) -> str:
    """Return the first part of an expression that is not allowed, empty if all are."""
    if node["type"] not in _NODES:
        return f"a {node['type'].replace('_', ' ')}"
    if node["type"] == "function_expression" and node["value"] not in _FUNCTIONS:
        return f"the function {node['value'][:50]}"
    return next(filter(None, map(_first_refused, node["children"])), "")


def _fields(node: Any) -> Iterator[str]:
    """Yield the fields of the finding itself that an expression names."""
    if node["type"] == "field":
        yield node["value"]
    parts = node["children"]
    for each in parts[:1] if node["type"] in ("subexpression", "index_expression") else parts:
        yield from _fields(each)
