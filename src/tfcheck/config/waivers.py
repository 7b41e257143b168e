"""Waivers: which findings are accepted, why and until when, and how a configuration file writes them.

The condition of a waiver is a JMESPath expression (https://jmespath.org/specification.html). Whoever opens a pull
request can write one, so projections, pipes and functions that build a value are not allowed: with them, a short
expression could run for any time.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any

import msgspec

from tfcheck.config.rules import match_rules, suggestion
from tfcheck.vocabulary.clipping import clip
from tfcheck.vocabulary.errors import UsageError, did_you_mean

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


#: The key of the array of tables.
WAIVER = "waiver"
#: The keys of a waiver in the file, with their meanings.
WAIVER_KEYS = {
    "rule": "the rule, by its id or by the beginning of ids as in `env-file*`",
    "reason": "why the finding is accepted, which every report shows",
    "until": "the last day, as in `2027-03-01`; after it the findings count again",
    "address": "the address of the task definition, the role or what else the finding is about; `*` matches any text",
    "container": "the name of the container",
    "resource": "the ARN that is asked for, as the report writes it; `*` matches any text",
    "fingerprint": "the `fingerprint` in the JSON report: this problem and no other",
    "verdict": "`unknown`: accept what cannot be decided, and only that; without it only what is missing or wrong",
    "where": "a JMESPath expression over the finding as it is in the JSON report",
}
_REQUIRED = ("rule", "reason")
#: One of these keys says what a waiver is about.
NARROWING = ("address", "resource", "fingerprint", "where")
#: The only value of `verdict`.
UNKNOWN = "unknown"
_NARROW_UNKNOWN = "address, resource or fingerprint"
_LONGEST = 500

#: Builds the error about a key of a waiver: message, hint, and key.
Wrong = Callable[[str, str, str], UsageError]


class Waiver(msgspec.Struct, frozen=True):
    """Accepted findings, and where the waiver is; `file` is relative to the repository's root.

    An empty field does not restrict it. `block` is the place of the block for a comment. `problem` says why it has no
    effect.
    """

    rule: str
    reason: str
    file: str
    line: int
    end_line: int
    until: str = ""
    address: str = ""
    container: str = ""
    resource: str = ""
    fingerprint: str = ""
    verdict: str = ""
    where: str = ""
    block: tuple[str, int] | None = None
    problem: str = ""

    @property
    def place(self) -> str:
        """The place of the waiver, as in `tfcheck.toml:12`."""
        return f"{self.file}:{self.line}"

    @property
    def is_narrow(self) -> bool:
        """Whether it names its object; a waiver without one is for a single place."""
        return bool(self.resource or self.fingerprint or self.where)

    def is_expired(self, today: str) -> bool:
        """Whether its last day is over."""
        return bool(self.until) and self.until < today


def is_date(text: str) -> bool:
    """Whether a text is a date, as in `2027-03-01`."""
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def read_waiver(
    content: Mapping[str, Any], rules: tuple[str, ...], file: str, lines: tuple[int, int], wrong: Wrong
) -> Waiver:
    """Read the waiver in a table.

    Raises:
        UsageError: a key is missing or unknown, or has a value that it cannot have.
    """
    values = dict(_checked_texts(content, wrong))
    for name in _REQUIRED:
        if not values.get(name, "").strip():
            raise wrong(f"the waiver has no `{name}`", f'write {name} = "...": {WAIVER_KEYS[name]}', "")
    if not any(values.get(each) for each in NARROWING):
        hint = f"add {', '.join(NARROWING[:-1])} or {NARROWING[-1]}; `ignore` is for all findings of a rule"
        raise wrong("the waiver does not say what it is about", hint, "")
    if not match_rules(values["rule"], rules):
        raise wrong(f"there is no rule `{clip(values['rule'])}`", suggestion(values["rule"], rules), "rule")
    if values.get("verdict", UNKNOWN) != UNKNOWN:
        raise wrong(
            f"`verdict` of a waiver is `{clip(values['verdict'], 60)}`", f'write verdict = "{UNKNOWN}"', "verdict"
        )
    if values.get("where") and values.get("verdict"):
        raise wrong("`where` is about findings, which unknown answers are not", f"write {_NARROW_UNKNOWN}", "where")
    if values.get("where"):
        condition(values["where"], lambda message, hint: wrong(message, hint, "where"))
    reason = " ".join(values.pop("reason").split())
    found = Waiver(values.pop("rule"), clip(reason, _LONGEST), file, *lines)
    return msgspec.structs.replace(found, **values)


def _checked_texts(content: Mapping[str, Any], wrong: Wrong) -> Iterator[tuple[str, str]]:
    for name, value in content.items():
        if name not in WAIVER_KEYS:
            hint = did_you_mean(name, WAIVER_KEYS, f"the keys are {', '.join(WAIVER_KEYS)}")
            raise wrong(f"unknown key `{clip(name)}` in a waiver", hint, name)
        # NOTE: TOML has dates of its own, with the same text.
        text = str(value) if name == "until" else value
        if not isinstance(text, str) or not (text or name in _REQUIRED):
            raise wrong(f"`{name}` of a waiver is not a string with something in it", f'write {name} = "..."', name)
        if name == "until" and not is_date(text):
            raise wrong(f"`until` of a waiver is `{clip(text, 60)}`", "it is a day: until = 2027-03-01", name)
        yield name, text
