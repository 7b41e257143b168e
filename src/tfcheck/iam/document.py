"""Parse a policy document, and refuse what AWS would refuse.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_grammar.html. A policy that AWS would refuse
is `invalid`, with the reason, and is not evaluated. What is only unusual is a warning.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from math import prod
from typing import NoReturn, TypeVar

import msgspec

from tfcheck.iam.action import Action, Actions, read_action
from tfcheck.iam.condition import Condition, Operator, read_operator
from tfcheck.iam.model import UNLISTED, Effect, Origin, Policy, PolicyKind, Statement
from tfcheck.iam.principal import KINDS, Principals
from tfcheck.iam.resource import Resource, Resources, read_resource
from tfcheck.iam.variables import PolicyTemplate, PolicyText, as_text, read_text
from tfcheck.symbolic.choices import is_choice, is_structural, possible_elements, values_of, without_choice
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import JsonText, OneOf, Set, Text, TextLike, Truth, Unknown, Value, pieces, spelled_out

_VERSIONS = ("2012-10-17", "2008-10-17")
#: The number of forms of one statement that are distinguished.
_MOST_CHOICES = 32
_POLICY_KEYS = ("Version", "Id", "Statement")
STATEMENT_KEYS = (
    "Sid",
    "Effect",
    "Principal",
    "NotPrincipal",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Condition",
)
#: IAM refuses these in its own policies; services accept them in theirs: a KMS key's default policy has spaces.
#: Their effect in trust policies is not documented, so those are read.
_NOT_IN_SID = regex("[^A-Za-z0-9]")


_Entry = TypeVar("_Entry", Action, Resource)


class _UnreadError(Exception):
    """The policy cannot be read, or AWS may refuse it; the argument says why."""


class _RefusedPolicyError(_UnreadError):
    """AWS would refuse the policy; the argument says why."""


def parse_policy(document: Value, policy: str, kind: PolicyKind = PolicyKind.IDENTITY) -> Policy:
    """Parse a policy document: its JSON text, or the data that it encodes, which may have unknown leaves.

    `policy` is its name in evidence. A policy that AWS would refuse is returned as `invalid`; nothing is raised.
    """
    reader = _PolicyReader(policy, kind)
    try:
        return reader.policy(reader.decode(document))
    except _UnreadError as error:
        is_refused = isinstance(error, _RefusedPolicyError)
        return Policy(policy, invalid=error.args[0], refused=is_refused, warnings=tuple(reader.warnings))
    except RecursionError:
        return Policy(policy, invalid="the document is nested too deeply", warnings=tuple(reader.warnings))


def rename_policy(policy: Policy, name: str) -> Policy:
    """Return a policy under another name, as if it had been read for that object."""
    if policy.name == name:
        return policy
    return msgspec.structs.replace(policy, name=name, statements=_with_origins(policy, {"policy": name}))


def conceal(policy: Policy) -> Policy:
    """Return a policy whose text must not be shown."""
    statements = _with_origins(policy, {"sid": None, "secret": True})
    invalid = None if policy.invalid is None else "its text is sensitive"
    return msgspec.structs.replace(policy, statements=statements, invalid=invalid, refused=False, warnings=())


def _with_origins(policy: Policy, changes: dict[str, object]) -> tuple[Statement, ...]:
    replace = msgspec.structs.replace
    return tuple(replace(each, origin=replace(each.origin, **changes)) for each in policy.statements)


class _PolicyReader:
    """Reads one document and collects warnings about it."""

    def __init__(self, name: str, kind: PolicyKind) -> None:
        self.name = name
        self.kind = kind
        self.warnings: list[str] = []
        self.variables = Truth.FALSE

    # The document

    def decode(self, document: Value) -> Value:
        if isinstance(document, Unknown) and document.shape is not None:
            document = document.shape
        if isinstance(document, JsonText):
            return document.value
        if not isinstance(document, str):
            return document
        text = document.lstrip("\ufeff")
        try:
            value: Value = json.loads(text, object_pairs_hook=self.json_object, parse_constant=_refuse_constant)
        except ValueError:
            raise _RefusedPolicyError("the document is not JSON") from None
        return value

    def json_object(self, pairs: list[tuple[str, Value]]) -> dict[str, Value]:
        result = dict(pairs)
        if len(result) < len(pairs):
            self.warn("a key is written twice in one object; the last one counts")
        return result

    def policy(self, document: Value) -> Policy:
        if isinstance(document, (Unknown, Text)):
            raise _UnreadError("the document is known only after apply")
        if not isinstance(document, dict):
            raise _RefusedPolicyError("the document is not a JSON object")
        self.only_keys(document, _POLICY_KEYS, "the policy")
        version = self.version(document)
        if "Statement" not in document:
            raise _RefusedPolicyError("the policy has no Statement")
        statement = document["Statement"]
        if isinstance(statement, Unknown) and not is_choice(statement):
            unread = (self.unread(statement, UNLISTED),)
            return Policy(self.name, unread, version, warnings=tuple(self.warnings), open=True)
        written = enumerate(possible_elements(statement))
        statements = tuple(
            each
            for index, (entry, is_certain) in written
            for each in self.possible_statements(entry, index, None if is_certain else _doubt(statement))
        )
        sids = [each.origin.sid for each in statements if each.origin.sid]
        if len(sids) != len(set(sids)):
            self.warn("two statements have the same Sid")
        return Policy(self.name, statements, version, warnings=tuple(self.warnings))

    def version(self, document: dict[str, Value]) -> str | None:
        version = document.get("Version", "2008-10-17")
        spelled = spelled_out(version) if isinstance(version, (Unknown, Text)) else version
        if isinstance(spelled, (Unknown, Text)):
            self.variables = Truth.UNKNOWN
            return None
        if not isinstance(spelled, str) or spelled not in _VERSIONS:
            raise _RefusedPolicyError("Version is neither 2012-10-17 nor 2008-10-17")
        self.variables = Truth.of(spelled == "2012-10-17")
        return spelled

    # One statement

    def possible_statements(self, value: Value, index: int, doubt: Unknown | None) -> Iterator[Statement]:
        """Yield what a statement is, or may be: whether it is in the policy is then unknown like a condition."""
        for part, why in _possible_parts(value, doubt):
            if why is None:
                yield self.statement(part, index)
                continue
            try:
                found = self.statement(part, index)
            except _UnreadError:  # AWS may refuse it, but it may not be there
                yield self.unread(why, index)
            else:
                yield msgspec.structs.replace(found, conditions=(*found.conditions, *self.conditions(why)))

    def statement(self, value: Value, index: int) -> Statement:
        if isinstance(value, Unknown):
            return self.unread(value, index)
        if not isinstance(value, dict):
            raise _RefusedPolicyError("a statement is not a JSON object")
        self.only_keys(value, STATEMENT_KEYS, "a statement")
        return Statement(
            self.origin(value, index),
            self.effect(value),
            self.actions(value),
            self.resources(value),
            self.principals(value),
            self.conditions(value.get("Condition", {})),
        )

    def unread(self, value: Unknown, index: int) -> Statement:
        return Statement(Origin(self.name, None, index), Effect.OPEN, Actions((Action("*", "*"),)), unread=value)

    def origin(self, value: dict[str, Value], index: int) -> Origin:
        sid = value.get("Sid", "")
        if isinstance(sid, (Unknown, Text)):
            sid = spelled_out(sid)
        elif not isinstance(sid, str):
            raise _RefusedPolicyError("a Sid is not a string")
        known = [each for each in pieces(sid) if isinstance(each, str)]
        if self.kind is PolicyKind.IDENTITY and any(map(_NOT_IN_SID.search, known)):
            raise _RefusedPolicyError("a Sid of a policy on a role has only letters and digits")
        return Origin(self.name, sid if isinstance(sid, str) and sid else None, index)

    def effect(self, value: dict[str, Value]) -> Effect:
        effect = value.get("Effect")
        if isinstance(effect, (Unknown, Text)):
            effect = spelled_out(effect)
            if not isinstance(effect, str):
                return Effect.OPEN
        if effect not in ("Allow", "Deny"):
            raise _RefusedPolicyError("an Effect is neither `Allow` nor `Deny`")
        return Effect(effect)

    def actions(self, value: dict[str, Value]) -> Actions:
        written, negated = self.one_of(value, "Action", "NotAction")
        if written is None:
            raise _RefusedPolicyError("a statement has neither Action nor NotAction")
        entries = (self.entry(read_action(each), "an action") for each in self.texts(written, "an action"))
        return Actions(tuple(entries), negated=negated)

    def resources(self, value: dict[str, Value]) -> Resources | None:
        written, negated = self.one_of(value, "Resource", "NotResource")
        if written is None:
            if self.kind is PolicyKind.IDENTITY:
                raise _RefusedPolicyError("a statement has neither Resource nor NotResource")
            return None
        if self.kind is PolicyKind.TRUST:
            raise _RefusedPolicyError("a trust policy has no Resource")
        read = (read_resource(each, variables=self.variables) for each in self.texts(written, "a resource"))
        return Resources(tuple(self.entry(each, "a resource") for each in read), negated)

    def entry(self, entry: _Entry | str, what: str) -> _Entry:
        if isinstance(entry, str):
            raise _RefusedPolicyError(entry)
        if entry.strange:
            self.warn(f"{what} {entry.strange}")
        return entry

    def principals(self, value: dict[str, Value]) -> Principals | None:
        written, negated = self.one_of(value, "Principal", "NotPrincipal")
        if written is None:
            if self.kind is not PolicyKind.IDENTITY:
                raise _RefusedPolicyError("a statement has neither Principal nor NotPrincipal")
            return None
        if self.kind is PolicyKind.IDENTITY:
            raise _RefusedPolicyError("a policy on a role has no Principal")
        if self.kind is PolicyKind.TRUST and negated:
            raise _RefusedPolicyError("a trust policy has no NotPrincipal")
        if isinstance(written, (Unknown, Text)):
            return Principals((), negated, Unknown() if isinstance(written, Text) else written)
        if written == "*":
            return Principals((("*", "*"),), negated)
        if not isinstance(written, dict):
            raise _RefusedPolicyError("a Principal is neither `*` nor an object")
        entries: list[tuple[str, TextLike]] = []
        for kind, values in written.items():
            if kind not in KINDS and kind != "*":
                raise _RefusedPolicyError(f"a Principal cannot be of the kind `{kind}`")
            for named in self.texts(values, "a principal"):
                entries.append(("*" if named == "*" and kind in ("AWS", "*") else kind, named))
        if not entries:
            self.warn("a Principal names nobody")
        return Principals(tuple(entries), negated)

    # Conditions

    def conditions(self, block: Value) -> tuple[Condition, ...]:
        if isinstance(block, Unknown):
            return (Condition(Operator("", None), "", (), block),)
        if not isinstance(block, dict):
            raise _RefusedPolicyError("a Condition is not an object")
        found: list[Condition] = []
        for written, tests in block.items():
            asked = read_operator(written)
            if asked is None:
                raise _RefusedPolicyError("a Condition has an operator that does not exist")
            if isinstance(tests, Unknown):
                found.append(Condition(asked, "", (), tests))
            elif isinstance(tests, dict):
                found.extend(self.condition(asked, key, values) for key, values in tests.items())
            else:
                raise _RefusedPolicyError("the keys of a Condition are not an object")
        return tuple(found)

    def condition(self, asked: Operator, key: str, values: Value) -> Condition:
        if not key:
            raise _RefusedPolicyError("a Condition has a key without a name")
        listed = _as_list(values)
        if not listed:
            self.warn("a list of condition values is empty")
        return Condition(asked, key, tuple(self.condition_value(asked, each) for each in listed))

    def condition_value(self, asked: Operator, value: Value) -> PolicyText:
        if value is None or isinstance(value, (dict, list, Set)):
            raise _UnreadError("a condition value is not a string, number or boolean")
        text = as_text(value)
        read = read_text(text)
        if not isinstance(read, PolicyTemplate) or not asked.variables or self.variables is Truth.FALSE:
            spelled = spelled_out(text)
            return spelled if isinstance(spelled, str) else text
        return read if self.variables is Truth.TRUE else PolicyTemplate((), broken=True)

    # Shared by the elements

    def one_of(self, value: dict[str, Value], name: str, negation: str) -> tuple[Value, bool]:
        if name in value and negation in value:
            raise _RefusedPolicyError(f"a statement has both {name} and {negation}")
        written = value.get(name, value.get(negation))
        if written is None and (name in value or negation in value):
            raise _UnreadError(f"{name} or {negation} is null")
        return written, negation in value

    def texts(self, written: Value, what: str) -> list[TextLike]:
        listed = _as_list(written)
        if not listed and what != "a principal":
            self.warn(f"a list for {what} is empty")
        texts: list[TextLike] = []
        for each in listed:
            if not isinstance(each, TextLike):
                raise _RefusedPolicyError(f"{what} is not a string")
            texts.append(each)
        return texts

    def only_keys(self, value: dict[str, Value], allowed: tuple[str, ...], where: str) -> None:
        if not value.keys() <= set(allowed):
            lower = {each.lower() for each in value} <= {each.lower() for each in allowed}
            error = _UnreadError if lower else _RefusedPolicyError
            raise error(f"{where} has an element that does not exist")

    def warn(self, warning: str) -> None:
        if warning not in self.warnings:
            self.warnings.append(warning)


def _possible_parts(statement: Value, doubt: Unknown | None) -> list[tuple[Value, Unknown | None]]:
    """Return a statement, or those that it may be where a member is one of several, each with why it is in doubt."""
    members = statement if isinstance(statement, dict) else {}
    choices = {name: each for name, each in members.items() if isinstance(each, OneOf) and is_structural(each)}
    if not choices:
        return [(statement, doubt)]
    name, value = next(iter(choices.items()))
    more = doubt or _doubt(value)
    if prod(len(each.values) for each in choices.values()) > _MOST_CHOICES:
        return [(more, doubt)]
    parts: list[tuple[Value, Unknown | None]] = [(each, more) for each in values_of(value)]
    elements = possible_elements(value)
    if name in ("Action", "Resource"):
        certain, others = ([each for each, is_sure in elements if is_sure is wanted] for wanted in (True, False))
        parts = [(certain, doubt), (others, more)]
    elif name in ("NotAction", "NotResource"):
        parts.append(([each for each, _ in elements], doubt))
    return [inner for part, why in parts if part != [] for inner in _possible_parts({**members, name: part}, why)]


def _doubt(value: Value) -> Unknown:
    return without_choice(value) if isinstance(value, Unknown) else Unknown()


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(name)


def _as_list(value: Value) -> list[Value]:
    if isinstance(value, Set):
        return list(value.items)
    return value if isinstance(value, list) else [value]
