"""A second evaluator, for policies and requests of which everything is known: short, slow, and written another way.

It follows AWS's pages with Python's booleans and regular expressions, shares no code with `tfcheck.iam`, and raises
`Open` where those pages leave the answer open.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any


class Open(Exception):  # noqa: N818 (not an error)
    """AWS does not say."""


def like(pattern: str, subject: str, *, any_char: str = ".") -> bool:
    expression = "".join({"*": any_char + "*", "?": any_char}.get(char, re.escape(char)) for char in pattern)
    return re.fullmatch(expression, subject, re.DOTALL) is not None


class Reference:
    """Decides one request."""

    def __init__(self, action: str, resource: str, keys: Mapping[str, Any], caller: Any) -> None:
        self.action, self.resource = action, resource
        self.role, self.account, self.unique_id = caller.arn, caller.account, caller.unique_id
        self.keys = {key.lower(): value for key, value in keys.items()}

    def allowed(
        self, identity: list[Any], boundary: list[Any] | None, resource: list[Any] | None, *, kms: bool, owner: str
    ) -> bool:
        bounded = boundary is not None
        layers = [(identity, False), (boundary or [], False), (resource or [], True)]
        if any(self.applies(each, who, bounded) for layer, who in layers for each in layer if each["Effect"] == "Deny"):
            return False
        i, b = (
            any(self.applies(each, False, bounded) for each in layer if each["Effect"] == "Allow")
            for layer in (identity, boundary or [])
        )
        b = b or not bounded
        named = {
            as_what
            for each in resource or []
            if each["Effect"] == "Allow" and self.applies(each, False, bounded)
            for as_what in self.names(each)
        }
        if kms and resource is None:
            named = {"account"}
            if owner != self.account:
                return False
        if owner != self.account:
            return i and b and bool(named)
        if "session" in named or ("role" in named and b):
            return True
        return i and b and ("account" in named if kms else True)

    def applies(self, statement: Mapping[str, Any], who: bool, bounded: bool) -> bool:
        if not self.covers_action(statement) or not self.covers_resource(statement):
            return False
        conditions = statement.get("Condition", {})
        if not all(self.holds(name, key, tests[key]) for name, tests in conditions.items() for key in tests):
            return False
        if not who:
            return True
        if "NotPrincipal" in statement:
            named = self.names(statement)
            if named and not bounded:
                raise Open
            return True
        return bool(self.names(statement))

    def names(self, statement: Mapping[str, Any]) -> set[str]:
        if statement["Effect"] == "Allow" and "NotPrincipal" in statement:
            raise Open
        who = statement.get("Principal", statement.get("NotPrincipal"))
        if who == "*":
            return {"session"}
        listed = who.get("AWS", [])
        kinds = {"*": "session", self.role: "role", self.account: "account", self.unique_id: "role"}
        kinds[f"arn:aws:iam::{self.account}:root"] = "account"
        return {kinds[each] for each in (listed if isinstance(listed, list) else [listed]) if each in kinds}

    def covers_action(self, statement: Mapping[str, Any]) -> bool:
        entries = statement.get("Action", statement.get("NotAction"))
        hits = []
        for entry in entries if isinstance(entries, list) else [entries]:
            service = entry.partition(":")[0]
            hit = entry == "*" or like(entry.lower(), self.action.lower())
            if hit and entry != "*" and {"*", "?"} & set(service):
                raise Open
            hits.append(hit)
        return any(hits) is not ("NotAction" in statement)

    def covers_resource(self, statement: Mapping[str, Any]) -> bool:
        entries = statement.get("Resource", statement.get("NotResource"))
        listed = entries if isinstance(entries, list) else [entries]
        hits = [self.names_resource(each) for each in listed]
        if "NotResource" in statement and not any(hits) and None in map(self.substituted, listed):
            raise Open
        return any(hits) is not ("NotResource" in statement)

    def names_resource(self, pattern: str) -> bool:
        if pattern == "*":
            return True
        if self.resource == "*":
            return False
        ours, theirs = pattern.split(":", 5), self.resource.split(":", 5)
        if len(ours) < 6 or "${" in "".join(ours[:5]):
            if like(re.sub(r"\$\{[^}]*\}", "*", pattern) + "*", self.resource):
                raise Open
            return False
        last = self.substituted(ours[5])
        hit = last is not None and all(like(a, b) for a, b in zip(ours[:5], theirs[:5], strict=True))
        hit = hit and re.fullmatch(last or "", theirs[5], re.DOTALL) is not None
        loose = "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in ":".join(ours[:5]))
        if not hit and re.fullmatch(f"{loose}:{last}", self.resource, re.DOTALL) and last is not None:
            raise Open
        kind = re.split("[:/]", ours[5])[0]
        strange = ours[2] != "s3" and ours[5] != "*" and {"*", "?"} & set(kind)
        if hit and ({"*", "?"} & set(ours[2]) or strange):
            raise Open
        return hit

    def substituted(self, pattern: str) -> str | None:
        """Write a pattern with variables as a regular expression; None where a variable has no value."""
        parts = re.split(r"\$\{([^}]*)\}", pattern)
        expression = ""
        for place, part in enumerate(parts):
            if place % 2 == 0:
                expression += "".join({"*": ".*", "?": "."}.get(char, re.escape(char)) for char in part)
                continue
            key, _, default = part.partition(",")
            value = self.keys.get(key.strip().lower())
            if value is None and not default:
                return None
            expression += re.escape(str(value) if value is not None else default.strip().strip("'"))
        return expression

    def holds(self, operator: str, key: str, values: list[str]) -> bool:
        prefix, _, name = operator.rpartition(":")
        if_exists, name = name.endswith("IfExists"), name.removesuffix("IfExists")
        value = self.keys.get(key.lower())
        if name == "Null":
            if any(each.lower() not in ("true", "false") for each in values):
                raise Open
            return any((each.lower() == "true") is (value is None) for each in values)
        negated = "Not" in name
        if value is None:
            if prefix == "ForAnyValue":
                if if_exists:
                    raise Open
                return False
            return bool(prefix) or if_exists or negated
        several = value if isinstance(value, list) else [value]
        passed = [any(self.equals(name, v, each) for v in values) is not negated for each in several]
        if negated and any(passed) and "Numeric" not in name and None in map(self.substituted, values):
            raise Open
        if prefix:
            return all(passed) if prefix == "ForAllValues" else any(passed)
        if isinstance(value, list):
            raise Open
        return passed[0]

    def equals(self, name: str, pattern: str, value: str) -> bool:
        name = name.replace("Not", "")
        if name.startswith(("String", "Arn")):
            expression = self.substituted(pattern)
            if expression is None:
                return False
            if name.startswith("Arn"):
                return self.arn_equals(pattern, value)
            if name == "StringLike":
                return re.fullmatch(expression, value, re.DOTALL) is not None
            plain = pattern if "${" not in pattern else re.sub(r"\\(.)", r"\1", expression)
            return plain.lower() == value.lower() if name.endswith("IgnoreCase") else plain == value
        if name == "Bool":
            if pattern.lower() not in ("true", "false"):
                raise Open
            return pattern.lower() == value.lower()
        try:
            ours, theirs = Decimal(pattern), Decimal(value)
        except InvalidOperation:
            raise Open from None
        return theirs < ours if name == "NumericLessThan" else theirs == ours

    def arn_equals(self, pattern: str, value: str) -> bool:
        ours, theirs = pattern.split(":", 5), value.split(":", 5)
        if len(theirs) < 6 or theirs[0] != "arn":
            return False
        if len(ours) < 6:
            raise Open
        return all(like(a, b) for a, b in zip(ours, theirs, strict=True))
