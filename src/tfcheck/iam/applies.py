"""Decide whether a statement applies to a request, and on what that depends."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.iam import action, condition, principal, resource
from tfcheck.iam.condition import Wait
from tfcheck.iam.context import Context, WithoutKeys
from tfcheck.iam.model import Effect, Request, Statement
from tfcheck.iam.resource import Target
from tfcheck.iam.variables import PolicyTemplate, expand
from tfcheck.symbolic.doubt import question
from tfcheck.symbolic.limits import take
from tfcheck.symbolic.value import TextLike, Truth, Unknown, is_known, spelled_out, unknowns, value_doubt

#: Steps for looking at a statement.
_STEPS = 12
#: NOTE: up to Python 3.11, looking up a member of an enumeration takes five times as long as a module-level name.
_T, _F, _U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


class StatementMatch(msgspec.Struct, frozen=True):
    """Whether each element of a statement matches a request; `waits` are the causes of unknown ones."""

    action: Truth
    resource: Truth
    principal: Truth
    conditions: Truth
    waits: tuple[Wait, ...] = ()

    @property
    def verdict(self) -> Truth:
        """Whether the statement applies."""
        return self.action & self.resource & self.principal & self.conditions


def applies(statement: Statement, request: Request) -> StatementMatch:
    """Return the match of every element of a statement, for evidence and explanations."""
    request = msgspec.structs.replace(request, context=_keys_for(statement, request.action.lower(), request.context))
    wanted = resource.target(request.resource)
    fits_action = action.names(statement.actions, request.action.lower())
    fits_resource = resource.covers(statement.resources, wanted, request.context)
    fits_principal = Truth.TRUE
    if statement.principals is not None and statement.principals.negated:
        fits_principal = Truth.UNKNOWN  # it depends on the boundary, and so is decided with the layers
    elif statement.principals is not None:
        fits_principal = principal.match(statement.principals, request.caller).any_match()
    fits = Truth.every(condition.evaluate(each, request.context) for each in statement.conditions)
    found = StatementMatch(fits_action, fits_resource, fits_principal, fits)
    if statement.effect is not Effect.OPEN and found.verdict is not Truth.UNKNOWN:
        return found
    return StatementMatch(fits_action, fits_resource, fits_principal, fits, tuple(_waits(statement, request, found)))


def elements_apply(statement: Statement, lowered_action: str, wanted: Target, context: Context) -> Truth:
    """Check action, resource and conditions together, as fast as possible."""
    if not take(_STEPS):
        return _U
    answer = action.names(statement.actions, lowered_action)
    if answer is _F:
        return answer
    if statement.unread is not None:
        return _U
    context = _keys_for(statement, lowered_action, context)
    covered = resource.covers(statement.resources, wanted, context)
    if covered is not _T:
        answer = covered
    if answer is _F:
        return answer
    for each in statement.conditions:
        answer = answer & condition.evaluate(each, context)
        if answer is _F:
            return answer
    return answer


#: Keys that AWS documents for the policies of identities only
#: (https://docs.aws.amazon.com/kms/latest/developerguide/abac.html).
_NOT_IN_KEY_POLICIES = ("aws:resourcetag/", "kms:resourcealiases")


def _keys_for(statement: Statement, lowered_action: str, context: Context) -> Context:
    """Return the keys that a statement can refer to; in a key policy some may have any effect."""
    if statement.principals is None or not lowered_action.startswith("kms:"):
        return context
    return WithoutKeys(around=context, prefixes=_NOT_IN_KEY_POLICIES)


def _waits(statement: Statement, request: Request, found: StatementMatch) -> Iterator[Wait]:
    if statement.unread is not None:
        yield Wait("unknown_value", _cause(statement.unread))
        return
    for each in statement.conditions:
        if condition.evaluate(each, request.context) is Truth.UNKNOWN:
            yield condition.wait_of(each, request.context)
    if found.resource is Truth.UNKNOWN and statement.resources is not None:
        wanted = resource.target(request.resource)
        fits = ((each, resource.matches(each, wanted, request.context)) for each in statement.resources.entries)
        entry = next((each for each, truth in fits if truth is Truth.UNKNOWN), None)
        template = entry.whole if entry is not None and isinstance(entry.whole, PolicyTemplate) else None
        keys = expand(template, request.context).waits_for if template is not None else ()
        yield from (Wait("condition", key) for key in keys)
        if entry is None:
            yield condition.WITHOUT_VALUE
        elif not keys:
            open_rule = entry.strange or question("whether a wildcard may run over a colon")
            yield from _unknown_texts(_differing(entry.written, request.resource), open_rule)
    if found.action is Truth.UNKNOWN:
        written = tuple(entry.written for entry in statement.actions.entries)
        yield from _unknown_texts(written, "an open rule of matching")
    if found.principal is Truth.UNKNOWN and statement.principals is not None:
        yield from _unknown_texts(tuple(value for _, value in statement.principals.entries), NAMED_PRINCIPAL)
    if statement.effect is Effect.OPEN:
        yield Wait("unknown_value", "the statement's Effect")


NAMED_PRINCIPAL = question("whom the principal names")


def _differing(one: TextLike, other: TextLike) -> tuple[TextLike, ...]:
    """Return the region or account that only one of two texts has, otherwise both texts."""
    sides = [[each for each in unknowns(spelled_out(text)) if each.symbol is not None] for text in (one, other)]
    symbols = [{each.symbol for each in side} for side in sides]
    only = [each for side in sides for each in side if not all(each.symbol in some for some in symbols)]
    shared = tuple(each for each in only if each.symbol is not None and each.symbol.is_of_provider)
    return shared or (one, other)


def _unknown_texts(texts: tuple[TextLike, ...], otherwise: str) -> Iterator[Wait]:
    by_certainty = sorted(texts, key=lambda text: is_known(spelled_out(text)))
    first = next((next(unknowns(each), Unknown()) for each in by_certainty if not is_known(each)), None)
    if first is not None:
        otherwise = _cause(first)
    yield Wait("unknown_value", otherwise)


def _cause(value: Unknown) -> str:
    """Return the attribute that an unknown value is, or its reason if it is not one."""
    return value_doubt(value) if value.symbol is not None and value.symbol.is_attribute else value.reason
