from __future__ import annotations

from tests.iam.examples import CALLER, ROLE, allow, document, readable
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import Absent, Context, Entry, LaterTime, OneOfValues, PresenceUnknown, Request, applies, parse_policy
from tfcheck.symbolic.value import ACCOUNT_ID, Truth, Unknown, Value

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
ABSENT = Absent()
SLOT = Unknown(symbol("x.y", ("z",)))


def holds(
    operator: str, values: Value, entry: Entry, *, key: str = "x:key", more: dict[str, Entry] | None = None
) -> Truth:
    statement = allow("*", "*", {operator: {key: values}})
    policy = readable(parse_policy(document(statement), "p"))
    context = Context({}).extend({key: entry, **(more or {})})
    return applies(policy.statements[0], Request("s3:GetObject", "*", CALLER, context)).conditions


@every_row(
    ("operator", "values", "entry", "answer"),
    [
        ("StringEquals", "a", "a", T),
        ("StringEquals", ["b", "a"], "a", T),
        ("StringEquals", "A", "a", F),
        ("StringEquals", "*", "a", F),
        ("StringEquals", [], "a", F),
        ("stringequals", "a", "a", T),
        ("StringEquals", True, "true", T),
        ("StringEquals", 5, "5", T),
        ("StringEqualsIgnoreCase", "aB", "Ab", T),
        ("StringEqualsIgnoreCase", "ab", "abc", F),
        ("StringEqualsIgnoreCase", "ab", SLOT, U),
        ("StringEqualsIgnoreCase", SLOT, SLOT, T),
        ("StringLike", "a*", "abc", T),
        ("StringLike", "a?", "abc", F),
        ("StringLike", "A*", "abc", F),
        ("StringNotEquals", ["a", "b"], "c", T),
        ("StringNotEquals", ["a", "b"], "b", F),
        ("StringNotEquals", [], "b", T),
        ("StringNotEqualsIgnoreCase", "A", "a", F),
        ("StringNotLike", "a*", "abc", F),
        ("StringNotLike", "b*", "abc", T),
        ("ArnEquals", "arn:aws:iam::*:role/ex*", ROLE, T),
        ("ArnLike", "arn:aws:iam::*:role/EX*", ROLE, F),
        ("ArnLike", "arn:aws:logs:*:log-group:x", "arn:aws:logs:eu-west-1:1:log-group:x", F),
        ("ArnLike", "arn:aws:iam:*:role/exec", ROLE, U),
        ("ArnLike", "arn:aws:*:exe", ROLE, F),
        ("ArnLike", "*", ROLE, U),
        ("ArnLike", "arn:aws:iam::*:role/exec", "exec", F),
        ("ArnNotEquals", "arn:aws:iam::*:role/ex*", ROLE, F),
        ("ArnNotLike", "arn:aws:iam::*:role/x*", ROLE, T),
        ("Bool", "TRUE", "true", T),
        ("Bool", True, "true", T),
        ("Bool", "false", "true", F),
        ("Bool", "yes", "true", U),
        ("NumericEquals", 5, "5.0", T),
        ("NumericNotEquals", "5", "5", F),
        ("NumericNotEquals", "5", "6", T),
        ("NumericLessThan", "5", "5", F),
        ("NumericLessThan", "10", "9", T),
        ("NumericLessThanEquals", "5", "5", T),
        ("NumericGreaterThan", "5", "6", T),
        ("NumericGreaterThan", "5", "5", F),
        ("NumericGreaterThanEquals", "5", "5", T),
        ("NumericEquals", "five", "5", U),
        ("DateGreaterThan", "2020-01-01T00:00:00Z", "2021-06-01T00:00:00Z", T),
        ("DateLessThan", "2020-01-01", "1577836799", T),
        ("DateEquals", "2020-01-01T01:00:00+01:00", "1577836800", T),
        ("DateNotEquals", "2020-01-01", "2020-01-01T00:00:00Z", F),
        ("DateLessThanEquals", "2020-01-01", "2020-01-01", T),
        ("DateGreaterThanEquals", "2020-01-01", "2019-01-01", F),
        ("DateLessThan", "soon", "2020-01-01", U),
        ("IpAddress", "10.0.0.0/8", "10.1.2.3", T),
        ("IpAddress", "10.0.0.1", "10.0.0.2", F),
        ("IpAddress", "2001:db8::/32", "10.1.2.3", F),
        ("IpAddress", "2001:db8::/32", "2001:db8::1", T),
        ("NotIpAddress", ["10.0.0.0/8", "192.168.0.0/16"], "192.168.1.1", F),
        ("NotIpAddress", "10.0.0.0/8", "11.0.0.1", T),
        ("IpAddress", "10.0.0.0/99", "10.0.0.1", U),
        ("BinaryEquals", "YQ==", "YQ==", T),
        ("BinaryEquals", "YQ==", "Yg==", F),
    ],
)
def test_operators_compare(operator: str, values: Value, entry: Entry, answer: Truth) -> None:
    assert holds(operator, values, entry) is answer


@every_row("operator", ["StringEquals", "StringLike", "ArnLike", "Bool", "NumericEquals", "DateLessThan"])
def test_a_key_that_is_missing(operator: str) -> None:
    assert holds(operator, "5", ABSENT) is F
    assert holds(operator + "IfExists", "5", ABSENT) is T
    assert holds("ForAllValues:" + operator, "5", ABSENT) is T
    assert holds("ForAnyValue:" + operator, "5", ABSENT) is F


@every_row(
    "operator",
    [
        "StringNotEquals",
        "StringNotLike",
        "StringNotEqualsIgnoreCase",
        "ArnNotEquals",
        "ArnNotLike",
        "NotIpAddress",
        "NumericNotEquals",
        "DateNotEquals",
    ],
)
def test_a_key_that_is_missing_passes_negated_operators(operator: str) -> None:
    assert holds(operator, "5", ABSENT) is T
    assert holds(operator + "IfExists", "5", ABSENT) is T
    assert holds("ForAnyValue:" + operator, "5", ABSENT) is F


def test_what_aws_does_not_document_stays_open() -> None:
    assert holds("ForAnyValue:StringEqualsIfExists", "a", ABSENT) is U
    assert holds("StringNotEquals", "a", ["a", "b"]) is U


@every_row(
    ("operator", "entry", "answer"),
    [
        ("ForAllValues:StringEquals", ["a", "b"], T),
        ("ForAllValues:StringEquals", ["a", "c"], F),
        ("ForAllValues:StringEquals", [], T),
        ("ForAllValues:StringEquals", ["a", SLOT], U),
        ("ForAllValues:StringNotEquals", ["c", "d"], T),
        ("ForAllValues:StringNotEquals", ["c", "a"], F),
        ("ForAnyValue:StringEquals", ["c", "a"], T),
        ("ForAnyValue:StringEquals", ["c", "d"], F),
        ("ForAnyValue:StringEquals", [], F),
        ("ForAnyValue:StringEquals", ["c", SLOT], U),
        ("ForAnyValue:StringNotEquals", ["a", "c"], T),
        ("ForAnyValue:StringNotEquals", ["a", "b"], F),
        ("ForAnyValue:StringEquals", "a", T),
        ("StringEquals", ["a"], U),
    ],
)
def test_keys_with_several_values(operator: str, entry: Entry, answer: Truth) -> None:
    assert holds(operator, ["a", "b"], entry) is answer


def test_no_value_of_several_equals_one_of_none() -> None:
    assert holds("StringEquals", [], ["a", "b"]) is holds("StringLike", [], ["a"], key="aws:CalledVia") is F
    assert holds("StringNotEquals", [], ["a", "b"]) is T


def test_a_key_known_to_have_several_values_needs_a_set_operator() -> None:
    assert holds("StringEquals", "a", "a", key="aws:TagKeys") is U
    assert holds("ForAnyValue:StringEquals", "a", "a", key="aws:TagKeys") is T


@every_row(
    ("value", "entry", "answer"),
    [
        ("true", ABSENT, T),
        ("true", "a", F),
        ("True", ABSENT, T),
        (False, "a", T),
        ("false", ABSENT, F),
        ("true", PresenceUnknown(), U),
        (["true", "false"], PresenceUnknown(), T),
        (["True", "true"], PresenceUnknown(), U),
        ("maybe", "a", U),
    ],
)
def test_null(value: Value, entry: Entry, answer: Truth) -> None:
    assert holds("Null", value, entry) is answer


def test_of_keys_that_differ_in_case_only_either_may_count() -> None:
    tags = Context({}).extend({"aws:ResourceTag/": {"Team": "web", "team": "jobs", "stage": "prod"}})
    assert tags.lookup("aws:resourcetag/TEAM") == OneOfValues(("web", "jobs"))
    assert tags.lookup("aws:ResourceTag/Stage") == "prod"
    assert tags.lookup("aws:ResourceTag/cost") == Absent()


def test_presence_that_is_not_known_matters_only_where_value_and_absence_differ() -> None:
    assert holds("StringEquals", "a", PresenceUnknown("a")) is U
    assert holds("StringEquals", "a", PresenceUnknown("b")) is F
    assert holds("StringNotEquals", "a", PresenceUnknown("b")) is T
    assert holds("StringEqualsIfExists", "a", PresenceUnknown("a")) is T
    assert holds("StringEqualsIfExists", "a", PresenceUnknown()) is U
    assert holds("StringLikeIfExists", "*", PresenceUnknown()) is T
    assert holds("StringEquals", "a", OneOfValues(("a", "b"))) is U
    assert holds("StringLike", "*", OneOfValues(("a", "b"))) is T


def test_unknown_values_are_compared_by_what_they_may_be() -> None:
    account = Unknown(symbol("data.aws_caller_identity.me", ("account_id",)), hole=ACCOUNT_ID)
    assert holds("StringEquals", account, account) is T
    assert holds("StringEquals", "my-account", account) is F
    assert holds("StringNotEquals", "my-account", account) is T
    assert holds("StringLike", "????????????", account) is T


def test_several_keys_and_operators_must_all_hold() -> None:
    statement = allow("*", "*", {"StringEquals": {"x:a": "1", "x:b": "2"}, "Bool": {"x:c": "true"}})
    policy = readable(parse_policy(document(statement), "p"))

    def fits(**entries: Entry) -> Truth:
        context = Context({}).extend({"x:" + key: entry for key, entry in entries.items()})
        return applies(policy.statements[0], Request("s3:GetObject", "*", CALLER, context)).conditions

    assert fits(a="1", b="2", c="true") is T
    assert fits(a="1", b="1", c="true") is F
    assert fits(a="1", b="2", c="false") is F
    assert fits(a="1", b="2") is U
    assert fits(a="2") is F


@every_row(
    ("operator", "value", "entry", "answer"),
    [
        ("StringEquals", "${x:other}", "a", T),
        ("StringEquals", "${x:other}b", "ab", T),
        ("StringLike", "${x:stars}", "anything", F),
        ("StringLike", "${x:stars}", "*", T),
        ("StringLike", "${*}", "*", T),
        ("StringLike", "${*}", "a", F),
        ("StringEquals", "${$}{x}", "${x}", T),
        ("StringEquals", "${x:none}", "a", F),
        ("StringNotEquals", "${x:none}", "a", U),
        ("StringEquals", "${x:none, 'a'}", "a", T),
        ("StringEquals", "${X:OTHER}", "a", T),
        ("StringEquals", "${x:maybe}", "a", U),
        ("StringEquals", "${x:maybe}", "aa", F),
        ("StringEquals", "${x:list}", "a", F),
        ("StringEquals", "${broken", "a", U),
        ("NumericEquals", "${x:other}", "1", U),
        ("ArnLike", "arn:aws:iam::1:role/${x:other}", "arn:aws:iam::1:role/a", T),
        ("ArnLike", "arn:aws:iam::1:role/${x:other}", "arn:aws:iam::1:role/b", F),
        ("ArnLike", "arn:aws:iam::${x:other}:role/*", "arn:aws:iam::a:role/b", T),
        ("ArnLike", "arn:aws:iam::${x:stars}:role/*", "arn:aws:iam::a:role/b", F),
        ("ArnLike", "arn:aws:iam::${x:stars}:role/*", "arn:aws:iam::*:role/b", U),
        ("ArnLike", "arn:aws:iam::1:role/${x:stars}/*", "arn:aws:iam::1:role/*/b", T),
    ],
)
def test_variables_are_the_values_of_keys(operator: str, value: str, entry: Entry, answer: Truth) -> None:
    keys: dict[str, Entry] = {
        "x:other": "a",
        "x:stars": "*",
        "x:none": ABSENT,
        "x:maybe": PresenceUnknown("a"),
        "x:list": ["a"],
    }
    assert holds(operator, value, entry, more=keys) is answer


def test_without_the_version_a_variable_is_text() -> None:
    statement = allow("*", "*", {"StringEquals": {"x:key": "${x:other}"}})
    policy = readable(parse_policy(document(statement, version=None), "p"))
    context = Context({}).extend({"x:key": "a", "x:other": "a"})
    request = Request("s3:GetObject", "*", CALLER, context)
    assert applies(policy.statements[0], request).conditions is F
    may_fail = readable(parse_policy(document(statement) | {"Version": SLOT}, "p"))
    assert applies(may_fail.statements[0], request).conditions is U


def test_an_open_condition_names_its_key_and_an_open_value_its_symbol() -> None:
    def waits(condition: Value, entry: Entry) -> list[tuple[str, str]]:
        policy = readable(parse_policy(document(allow("*", "*", condition)), "p"))
        context = Context({}).extend({"x:key": entry})
        found = applies(policy.statements[0], Request("s3:GetObject", "*", CALLER, context))
        return [(wait.kind, wait.name) for wait in found.waits]

    assert waits({"StringEquals": {"x:Key": "a"}}, PresenceUnknown()) == [("condition", "x:Key")]
    assert waits({"StringEquals": {"x:key": SLOT}}, "a") == [("unknown_value", "${x.y.z}")]
    assert waits({"StringEquals": {"x:key": "${x:other}"}}, "a") == [("condition", "x:other")]
    assert waits({"StringEquals": SLOT}, "a") == [("unknown_value", "${x.y.z}")]
    assert waits(SLOT, "a") == [("unknown_value", "${x.y.z}")]


@every_row(
    ("operator", "values", "answer"),
    [
        ("DateGreaterThan", "2020-01-01T00:00:00Z", T),
        ("DateGreaterThanEquals", "2026-11-26T12:00:00Z", T),
        ("DateGreaterThan", ["2020-01-01", "2099-01-01"], T),
        ("DateGreaterThan", "2099-01-01", U),
        ("DateLessThan", "2025-01-01", F),
        ("DateLessThanEqualsIfExists", "1577836800", F),
        ("DateLessThan", "2099-01-01T00:00:00Z", U),
        ("DateEquals", "2020-01-01T00:00:00Z", F),
        ("DateEqualsIfExists", ["2020-01-01", "2021-01-01"], F),
        ("DateEquals", ["2020-01-01", "2099-01-01"], U),
        ("DateEquals", "2026-11-26T12:00:00Z", U),
        ("DateNotEquals", "2020-01-01T00:00:00Z", T),
        ("DateNotEquals", "2099-01-01T00:00:00Z", U),
        ("DateEquals", "soon", U),
        ("DateLessThan", "soon", U),
        ("StringLike", "2*", U),
        ("NumericLessThan", "1577836800", U),
        ("Null", "false", T),
        ("Null", "true", F),
    ],
)
def test_a_call_comes_after_the_plan(operator: str, values: Value, answer: Truth) -> None:
    planned = LaterTime(1795694400)  # 2026-11-26T12:00:00Z
    assert holds(operator, values, planned, key="aws:CurrentTime") is answer


def test_seconds_are_compared_as_numbers_as_well() -> None:
    planned = LaterTime(1795694400)
    assert holds("NumericGreaterThan", 1577836800, planned, key="aws:EpochTime") is T
    assert holds("NumericLessThan", "1577836800", planned, key="aws:EpochTime") is F
    assert holds("NumericEquals", "1577836800", planned, key="aws:EpochTime") is F
    assert holds("NumericNotEquals", "1577836800", planned, key="aws:EpochTime") is T
    assert holds("NumericLessThan", "4102444800", planned, key="aws:EpochTime") is U
