"""Evaluate `data "aws_iam_policy_document"`.

Follows https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document and what the
provider (5.100) does: lists of one are written as their element, others sorted backwards; documents are merged by Sid.
An element of `Statement` may be an `Unknown`: there may be further statements, which can allow and deny. One that may
not exist, or may have been replaced by another, has an unknown `Condition`.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import msgspec

from tfcheck.hcl.evaluate.alternatives import choose
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import decode
from tfcheck.symbolic import limits
from tfcheck.symbolic.beginnings import distinct
from tfcheck.symbolic.choices import is_choice, is_structural, or_empty, values_of, without_choice
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import (
    JsonText,
    OneOf,
    Set,
    Text,
    TextLike,
    Truth,
    Unknown,
    Value,
    is_known,
    items,
    pieces,
    text,
    unknowns,
)

_VERSION = "2012-10-17"
_OLD_VERSION = "2008-10-17"

_POLICY_KEYS = ("Version", "Id", "Statement")
_STATEMENT_KEYS = (
    *("Sid", "Effect", "Action", "NotAction", "Resource", "NotResource"),
    *("Principal", "NotPrincipal", "Condition"),
)
_TEXTS = str | Text | JsonText | Unknown

#: The steps that the comparison of two Sids takes.
_COMPARISON = 2
#: A statement, or unknown statements.
Entry = dict[str, Value] | Unknown


class _RefusedDataSourceError(Exception):
    """The provider would refuse the data source; the argument says why."""


class _Policy(msgspec.Struct, frozen=True):
    """The parts of a policy document."""

    version: Value
    identity: Value
    statements: list[Entry]


def document(
    statements: Sequence[dict[str, Value]],
    version: Value,
    policy_id: Value,
    sources: Sequence[Value],
    overrides: Sequence[Value],
    open: Unknown | None = None,
) -> Value:
    """Merge source documents, own statements and overriding documents into one policy.

    `statements` are the arguments of the `statement` blocks; with `open` there may be more of these. `sources` and
    `overrides` are JSON texts; null and empty ones are left out. What the provider refuses is an `Unknown`.
    """
    try:
        merged = _Policy("", "", [])
        parsed = [_parsed_source(source) for source in sources if source not in (None, "")]
        _refuse_twins([entry for policy in parsed for entry in policy.statements], "source documents")
        for policy in parsed:
            merged = _merge(merged, policy, replaceable=0)
        entries = [_statement(each, version or _VERSION) for each in statements]
        _refuse_twins(entries, "data source")
        own = _Policy(version or _VERSION, policy_id or "", entries if open is None else [*entries, open])
        merged = _merge(merged, own, replaceable=len(merged.statements))
        for override in overrides:
            if override not in (None, ""):
                merged = _merge(merged, _parsed_source(override))
    except _RefusedDataSourceError as refused:
        return Unknown(reason=f"the provider refuses the policy document: {refused}", may_fail=True)
    rendered: dict[str, Value] = {"Version": merged.version}
    if merged.identity != "":
        rendered["Id"] = merged.identity
    if merged.statements:
        rendered["Statement"] = list(merged.statements)
    return rendered


# Merging


def _merge(policy: _Policy, newer: _Policy, replaceable: int | None = None) -> _Policy:
    """Add a document; a statement with a known Sid replaces one of the first `replaceable` (all)."""
    statements = list(policy.statements)
    by_sid = _BySid(statements[:replaceable])
    for entry in newer.statements:
        for index in by_sid.candidates(entry):
            existing = statements[index]
            same = _same_sid(existing, entry)
            if same is Truth.TRUE:
                statements[index] = entry
                break
            if same is Truth.UNKNOWN:
                first = next(unknowns([existing, entry]))
                reason = f"{first.reason}; it decides whether a statement is replaced by one with the same Sid"
                statements[index] = _possible(existing, Unknown(reason=reason, where=first.where))
        else:
            if replaceable is None:
                by_sid.add(len(statements), entry)
            statements.append(entry)
    identity = policy.identity if newer.identity == "" else newer.identity
    version, other = policy.version, newer.version
    if isinstance(version, str) and isinstance(other, str):
        higher: Value = max(version, other)
    elif _VERSION in (version, other):
        higher = _VERSION
    else:
        higher = other if isinstance(version, str) else version
    return _Policy(higher, identity, statements)


def _possible(statement: Entry, reason: Unknown) -> Entry:
    """Return a statement that may have been replaced: like a condition, and no later Sid certainly replaces it."""
    if isinstance(statement, Unknown):
        return statement
    return {**statement, "Sid": or_empty(statement.get("Sid"), reason), "Condition": reason}


class _BySid:
    """The positions of statements that another may replace, by their Sid."""

    def __init__(self, statements: Sequence[Entry]) -> None:
        self._known: dict[str, list[int]] = {}
        self._open: list[int] = []
        self._count = 0
        for index, entry in enumerate(statements):
            self.add(index, entry)

    def add(self, index: int, entry: Entry) -> None:
        """Add a statement at the end."""
        self._count = index + 1
        sid = entry.get("Sid", "") if isinstance(entry, dict) else ""
        if not isinstance(sid, str):
            self._open.append(index)
        elif sid:
            self._known.setdefault(sid, []).append(index)

    def candidates(self, entry: Entry) -> Sequence[int]:
        """Return the positions of the statements that may have the Sid of another, in order."""
        sid = entry.get("Sid", "") if isinstance(entry, dict) else None
        if sid == "":
            return ()
        found = sorted({*self._open, *self._known.get(sid, ())}) if isinstance(sid, str) else range(self._count)
        if not limits.take(_COMPARISON * len(found)):
            raise _RefusedDataSourceError(limits.REASON)
        return found


def _same_sid(existing: Entry, entry: Entry) -> Truth:
    """Whether `entry` replaces `existing`; unknown statements stay unknown."""
    if isinstance(existing, Unknown):
        return Truth.FALSE
    mine = existing.get("Sid", "")
    if isinstance(entry, Unknown):
        return Truth.FALSE if mine == "" else Truth.UNKNOWN
    sids = mine, entry.get("Sid", "")
    same = Truth.some(equal(*pair) for pair in product(*map(values_of, sids)) if "" not in pair)
    return same & Truth.UNKNOWN if any(map(is_choice, sids)) else same


def _refuse_twins(entries: Sequence[Entry], where: str) -> None:
    sids = [entry["Sid"] for entry in entries if isinstance(entry, dict) and isinstance(entry.get("Sid"), str)]
    named = [sid for sid in sids if sid != ""]
    if len(set(named)) < len(named):
        raise _RefusedDataSourceError(f"two statements of the {where} have one Sid")


# Documents given as JSON


def _parsed_source(source: Value) -> _Policy:
    if not isinstance(source, TextLike):
        raise _RefusedDataSourceError("a document is not a string")
    try:
        value = decode(source)
    except EvaluationError as error:
        raise _RefusedDataSourceError("a document is not JSON") from error
    if isinstance(value, Unknown):
        return _Policy(value, "", [value])
    if not isinstance(value, dict):
        raise _RefusedDataSourceError("a document is not a JSON object")
    members = _canonical(value, _POLICY_KEYS)
    return _Policy(members.get("Version", ""), members.get("Id", ""), _entries(members.get("Statement")))


def _entries(statements: Value) -> list[Entry]:
    listed = items(statements)
    if isinstance(statements, Unknown):
        return [statements]
    if isinstance(listed, Unknown) or not all(isinstance(item, (dict, Unknown)) for item in listed):
        raise _RefusedDataSourceError("the Statement of a document is not a list of objects")
    return [_clean(item) if isinstance(item, dict) else item for item in listed if isinstance(item, (dict, Unknown))]


def _canonical(members: dict[str, Value], names: Sequence[str]) -> dict[str, Value]:
    """Keep the non-empty members that the provider reads, which ignores the case of their names."""
    spelling = {name.lower(): name for name in names}
    return {
        spelling[name.lower()]: value
        for name, value in members.items()
        if name.lower() in spelling and value is not None and value != ""
    }


def _clean(statement: dict[str, Value]) -> dict[str, Value]:
    """Read a statement like the provider, which reads only texts and bools in conditions."""
    cleaned = _canonical(statement, _STATEMENT_KEYS)
    condition = cleaned.get("Condition")
    if isinstance(condition, dict):
        tests = {test: _condition_keys(keys) for test, keys in condition.items()}
        cleaned["Condition"] = {test: keys for test, keys in tests.items() if keys != {}}
    return {name: value for name, value in cleaned.items() if value != {}}


def _condition_keys(keys: Value) -> Value:
    if isinstance(keys, Unknown):
        return keys
    if not isinstance(keys, dict):
        raise _RefusedDataSourceError("a condition of a document is not an object")
    read: dict[str, Value] = {}
    for key, value in keys.items():
        if isinstance(value, bool):
            read[key] = "true" if value else "false"
        elif isinstance(value, list) and not all(isinstance(item, _TEXTS) for item in value):
            raise _RefusedDataSourceError("a condition of a document has values that are not strings")
        elif isinstance(value, (list, Set, _TEXTS)):
            # NOTE: a number is silently dropped, and with it the condition.
            read[key] = value
    return read


# Own statements


def _statement(arguments: dict[str, Value], version: Value) -> Entry:
    written: dict[str, Value] = {}
    if arguments.get("sid"):
        written["Sid"] = arguments["sid"]
    written["Effect"] = arguments.get("effect") or "Allow"
    written |= _present("Action", _scalar_or_list(arguments.get("actions")))
    written |= _present("NotAction", _scalar_or_list(arguments.get("not_actions")))
    for name, argument in (("Resource", "resources"), ("NotResource", "not_resources")):
        written |= _present(name, _scalar_or_list(arguments.get(argument), version))
    for name, argument in (("Principal", "principals"), ("NotPrincipal", "not_principals")):
        written |= _present(name, _principals(arguments.get(argument), version))
    written |= _present("Condition", _conditions(arguments.get("condition"), version))
    for name in ("Action", "Resource", "Principal"):
        both = [written.get(name), written.get(f"Not{name}")]
        if None not in both and any(isinstance(value, Unknown) for value in both):
            waits = next(unknowns(both))
            return Unknown(reason=f"{waits.reason}; it decides between {name} and Not{name}", where=waits.where)
    return written


def _present(name: str, value: Value) -> dict[str, Value]:
    return {} if value is None else {name: value}


def _scalar_or_list(value: Value, version: Value = "") -> Value:
    """Write a set of strings: none as nothing, one as itself, several sorted backwards."""
    if isinstance(value, OneOf) and is_structural(value):
        return choose([_scalar_or_list(each, version) for each in value.values], without_choice(value))
    listed = _distinct(value)
    if isinstance(listed, Unknown):
        return listed
    if version != "":
        listed = [_convert_variables(item, version) for item in listed]
    if not listed:
        return None
    if len(listed) == 1:
        return listed[0]
    return sorted(map(str, listed), reverse=True) if is_known(listed) else listed  # type: ignore[return-value]


def _distinct(value: Value) -> list[Value] | Unknown:
    """Return the distinct members of a set of strings; a single string becomes a set."""
    listed = _strings(value)
    return listed if isinstance(listed, Unknown) else list(distinct(listed))


def _strings(value: Value) -> list[Value] | Unknown:
    """Convert the elements of a list to strings, without nulls."""
    alone = as_text(value)
    listed = (alone,) if alone is not None and not isinstance(alone, Unknown) else items(value)
    return listed if isinstance(listed, Unknown) else [as_text(each) for each in listed if each is not None]


def _convert_variables(value: Value, version: Value) -> Value:
    """Write `&{x}` as the policy variable `${x}`."""
    if not isinstance(value, TextLike):
        return value
    literals = [piece for piece in pieces(value) if isinstance(piece, str)]
    if version == _OLD_VERSION and any("&" in literal or "{" in literal for literal in literals):
        raise _RefusedDataSourceError(f"`&{{` is not supported in version {_OLD_VERSION}")
    parts: list[TextLike] = [piece.replace("&{", "${") if isinstance(piece, str) else piece for piece in pieces(value)]
    return text(parts)


def _principals(value: Value, version: Value) -> Value:
    blocks = _blocks(value)
    if isinstance(blocks, Unknown):
        return blocks
    united: dict[str, list[Value]] = {}
    lists: set[str] = set()
    for block in blocks:
        kind = block.get("type")
        identifiers = _distinct(block.get("identifiers"))
        if not isinstance(kind, str) or isinstance(identifiers, Unknown):
            waits = next(unknowns(kind if not isinstance(kind, str) else identifiers), Unknown())
            return Unknown(reason=waits.reason, where=waits.where)
        united.setdefault(kind, []).extend(_convert_variables(each, version) for each in identifiers)
        lists |= set() if identifiers else {kind}
    if not united:
        return None
    if united == {"*": ["*"]}:
        return "*"
    # NOTE: unlike a list of actions, an empty one of principals stays: modules pass it for "none of these".
    return {
        kind: identifiers if kind in lists and len(identifiers) < 2 else _scalar_or_list(identifiers)
        for kind, identifiers in united.items()
    }


def _conditions(value: Value, version: Value) -> Value:
    blocks = _blocks(value)
    if isinstance(blocks, Unknown):
        return blocks
    united: dict[str, Value] = {}
    for block in blocks:
        test, variable = block.get("test"), block.get("variable")
        if not isinstance(test, str) or not isinstance(variable, str):
            waits = next(unknowns([test, variable]), Unknown())
            return Unknown(reason=waits.reason, where=waits.where)
        keys = united.setdefault(test, {})
        assert isinstance(keys, dict)
        keys[variable] = _united_values(keys.get(variable), block.get("values"), version)
    return united or None


def _united_values(before: Value, values: Value, version: Value) -> Value:
    """Add the values of another condition block with the same test and variable, in order."""
    listed = _strings(values)
    if isinstance(listed, Unknown) or isinstance(before, Unknown):
        return listed if isinstance(listed, Unknown) else before
    written = [_convert_variables(item, version) for item in listed]
    earlier = before if isinstance(before, list) else [] if before is None else [before]
    together = [*earlier, *written]
    return together[0] if len(together) == 1 else together


def _blocks(value: Value) -> list[dict[str, Value]] | Unknown:
    """Return the distinct nested blocks of a statement, or an Unknown if their number is unknown."""
    listed = (value,) if isinstance(value, dict) else items(value)
    if isinstance(listed, Unknown):
        return without_choice(listed)  # it is between blocks, which a policy does not have
    strange = next((item for item in listed if not isinstance(item, dict)), None)
    if isinstance(strange, Unknown):
        return strange
    if strange is not None:
        return Unknown(reason="a nested block is not an object", may_fail=True)
    different: list[dict[str, Value]] = []
    for item in listed:
        if isinstance(item, dict) and item not in different:
            different.append(item)
    return different
