"""Call one of Terraform's functions.

See https://developer.hashicorp.com/terraform/language/functions. `try` and `can` belong to the evaluator, because they
look at expressions rather than values. Functions with a different result in every run are never computed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Any

import msgspec

from tfcheck.hcl.evaluate.alternatives import for_each_choice
from tfcheck.hcl.evaluate.elements import evaluate_all
from tfcheck.hcl.evaluate.scope import LimitError, Scope, Seen
from tfcheck.hcl.formats.json import normal
from tfcheck.hcl.functions.arguments import MOST_PIECES, Function, See, afford, convert_arguments, limit_error
from tfcheck.symbolic.value import ANYTHING, KnownAfterApply, Text, Unknown, Value, known_text

#: The functions of each module, which is imported when the first of them is called.
_MODULES = {
    "arithmetic": "abs ceil floor log max min parseint pow signum sum",
    "conversions": "coalesce nonsensitive sensitive tobool tolist tonumber tostring",
    "encoding": "base64decode base64encode base64sha256 base64sha512 csvdecode jsondecode jsonencode md5 sha1 sha256 "
    "sha512 textdecodebase64 textencodebase64 urlencode uuidv5 yamldecode yamlencode",
    "files": "abspath basename dirname file filebase64 filebase64sha256 filebase64sha512 fileexists filemd5 fileset "
    "filesha1 filesha256 filesha512 pathexpand templatefile templatestring",
    "formatting": "format formatlist",
    "lists": "alltrue anytrue chunklist coalescelist compact concat contains distinct element flatten index length "
    "matchkeys one range reverse setintersection setproduct setsubtract setunion slice sort toset",
    "network": "cidrhost cidrnetmask cidrsubnet cidrsubnets",
    "objects": "keys lookup merge tomap transpose values zipmap",
    "patterns": "regex regexall",
    "provider": "provider::aws::arn_build provider::aws::arn_parse provider::aws::trim_iam_role_path",
    "strings": "chomp endswith indent join lower replace split startswith strcontains strrev substr title trim "
    "trimprefix trimspace trimsuffix upper",
    "times": "formatdate timeadd timecmp",
}
_MODULE_OF = {name: module for module, names in _MODULES.items() for name in names.split()}

#: Functions whose result is unknown before apply even for known arguments.
IMPURE = frozenset({"bcrypt", "plantimestamp", "rsadecrypt", "timestamp", "uuid", "base64gzip"})


def call(name: str, arguments: Sequence[Seen], scope: Scope, see: See) -> Value:
    """Compute a call; if that is impossible, return an `Unknown` whose reason names the function.

    `see` evaluates the templates of `templatefile` and `templatestring`.
    """
    function = find_function(name.removeprefix("core::"))
    if function is None:
        if name in IMPURE:
            return Unknown(reason=f"`{name}` returns something else at every run")
        return Unknown(reason=f"function `{name}` is not supported", may_fail=True)
    values = [evaluate_all(argument) for argument in arguments]
    try:
        context = (see, scope) if function.evaluates else (scope,) if function.scoped else ()
        result = _compute(function, values, context)
        # NOTE: what is known as an attribute first keeps its symbol, which says more than the same text.
        if isinstance(result, Unknown) and result.symbol is None and (known := _spell_out(values)) != values:
            result = _compute(function, known, context)
        result = _add_function_name(result, name)
        is_open = isinstance(result, Unknown) and result.symbol is None and result.shape is None
        if not isinstance(result, Unknown) or not is_open or result.hole != ANYTHING:
            return result
        return for_each_choice(values, result, lambda chosen: call(name, chosen, scope, see))
    except LimitError as limit:
        return Unknown(reason=f"`{name}`: {limit}", may_fail=not function.total)
    except RecursionError:
        return Unknown(reason=f"`{name}`: limit: a structure nested so deeply", may_fail=True)


def _compute(function: Function, values: Sequence[Value], context: Sequence[Any]) -> Value:
    ready = convert_arguments(function, values)
    if isinstance(ready, Unknown):
        return ready
    afford(characters=sum(len(each) for each in ready if isinstance(each, str)))
    result = function.compute(*context, *ready)
    if isinstance(result, str):
        afford(characters=len(result))
        return normal(result)
    if isinstance(result, Text) and len(result.pieces) > MOST_PIECES:
        raise limit_error("a string of so many pieces")
    if isinstance(result, (list, dict)):
        afford(elements=len(result))
    return result


def _spell_out(values: Sequence[Value]) -> list[Value]:
    """Replace texts by strings where everything in them is known, also in lists and objects."""
    afford(elements=len(values))
    return [_spell_value(each) for each in values]


def _spell_value(value: Value) -> Value:
    match value:
        case list():
            return _spell_out(value)
        case dict():
            return dict(zip(value, _spell_out([*value.values()]), strict=True))
        case _:
            return known_text(value)


def find_function(name: str) -> Function | None:
    """Return the function with that name, or None if it is not supported."""
    module = _MODULE_OF.get(name)
    found: Mapping[str, Function] = import_module(f"{__name__}.{module}").FUNCTIONS if module else {}
    return found.get(name)


def all_functions() -> dict[str, Function]:
    """Return every supported function by name."""
    return {name: function for name in _MODULE_OF if (function := find_function(name)) is not None}


def _add_function_name(result: Value, name: str) -> Value:
    """Return a result whose reason, if it is unknown, has the function's name."""
    if not isinstance(result, Unknown) or result.symbol is not None or "`" in result.reason:
        return result
    reason = f"{result.reason}, in a call of `{name}`"
    return msgspec.structs.replace(
        result, reason=KnownAfterApply(reason) if isinstance(result.reason, KnownAfterApply) else reason
    )
