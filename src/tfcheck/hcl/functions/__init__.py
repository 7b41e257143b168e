"""Call one of Terraform's functions.

See https://developer.hashicorp.com/terraform/language/functions. `try` and `can` are the evaluator's: they look at
expressions, not at values. Functions that give something else at every run are never computed.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from tfcheck.hcl.evaluate.scope import Referent, Scope, Seen
from tfcheck.hcl.formats.json import normal
from tfcheck.hcl.functions import (
    arithmetic,
    conversions,
    encoding,
    files,
    formatting,
    lists,
    network,
    objects,
    patterns,
    provider,
    sets,
    strings,
    times,
)
from tfcheck.hcl.functions.arguments import (
    MOST_PIECES,
    Function,
    LimitError,
    afford,
    limited,
    prepared,
)
from tfcheck.symbolic.value import Text, Unknown, Value

TABLE: dict[str, Function] = {
    **arithmetic.FUNCTIONS,
    **conversions.FUNCTIONS,
    **encoding.FUNCTIONS,
    **files.FUNCTIONS,
    **formatting.FUNCTIONS,
    **lists.FUNCTIONS,
    **network.FUNCTIONS,
    **objects.FUNCTIONS,
    **patterns.FUNCTIONS,
    **provider.FUNCTIONS,
    **sets.FUNCTIONS,
    **strings.FUNCTIONS,
    **times.FUNCTIONS,
}

#: Functions whose result nobody can know before apply, although nothing is unknown about their arguments.
IMPURE = frozenset({"bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid", "base64gzip"})


def call(name: str, arguments: Sequence[Seen], scope: Scope) -> Value:
    """Compute a call; what cannot be told is an `Unknown` whose reason names the function.

    Raises:
        EvaluationError: Terraform would report an error.
    """
    function = TABLE.get(name.removeprefix("core::"))
    if function is None:
        return _without(name)
    values = [argument.whole() if isinstance(argument, Referent) else argument for argument in arguments]
    try:
        ready = prepared(function, values)
        if isinstance(ready, Unknown):
            return _named(ready, name)
        afford(characters=sum(len(each) for each in ready if isinstance(each, str)))
        result = function.compute(scope, *ready) if function.scoped else function.compute(*ready)
        return _named(_bounded(result), name)
    except LimitError as limit:
        return Unknown(reason=f"`{name}`: {limit}", unsure=not function.total)
    except RecursionError:
        return Unknown(reason=f"`{name}`: limit: a structure nested so deeply", unsure=True)


def _without(name: str) -> Unknown:
    if name in IMPURE:
        return Unknown(reason=f"`{name}` returns something else at every run")
    return Unknown(reason=f"function `{name}` is not supported", unsure=True)


def _bounded(result: Value) -> Value:
    if isinstance(result, str):
        afford(characters=len(result))
        return normal(result)
    if isinstance(result, Text) and len(result.pieces) > MOST_PIECES:
        raise limited("a string of so many pieces")
    if isinstance(result, list | dict):
        afford(elements=len(result))
    return result


def _named(result: Value, name: str) -> Value:
    """Let the reason of an unknown result name the function in which it stopped being followed."""
    if not isinstance(result, Unknown) or result.symbol is not None or "`" in result.reason:
        return result
    return msgspec.structs.replace(result, reason=f"{result.reason}, in a call of `{name}`")
