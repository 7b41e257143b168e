"""Check that a decision is given where every value of a condition key leads to the same one."""

from __future__ import annotations

from typing import Any

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.iam.examples import CFG, O, allow, deny, layers, request
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import (
    Absent,
    Allowed,
    Context,
    Decision,
    Denied,
    Entry,
    Layers,
    OneOfValues,
    PolicyKind,
    PresenceUnknown,
    Undecided,
    decide,
    parse_policy,
)
from tfcheck.symbolic.value import Unknown, Value, one_of, text

KEY = "aws:SourceVpce"
VALUES = ("a", "b", "A")
OPERATORS = ("StringEquals", "StringNotEquals", "StringEqualsIgnoreCase", "StringNotEqualsIgnoreCaseIfExists", "Null")


def only(operator: str, *values: Value, key: str = KEY) -> dict[str, Value]:
    return {operator: {key: list(values)}}


def decided(*statements: Value, entry: Entry = PresenceUnknown()) -> Decision:  # noqa: B008 (frozen)
    context = O.context.extend({KEY: entry, KEY.lower(): entry})
    return decide(msgspec.structs.replace(O, context=context), layers(*statements))


@every_row(
    ("statements", "expected"),
    [
        ([allow("s3:*", [f"{CFG}-blue/*", f"{CFG}-green/*"])], Allowed),
        ([allow("s3:*", f"{CFG}-blue/*"), allow("s3:*", f"{CFG}-green/app/*")], Allowed),
        ([allow("s3:*", f"{CFG}-blue/*")], Undecided),
        ([allow("s3:*", f"{CFG}-red/*")], Denied),
        ([allow("s3:*", f"{CFG}-green/*"), deny("s3:*", f"{CFG}-blue/*")], Undecided),
        ([allow("s3:*", f"{CFG}-g*"), deny("s3:*", f"{CFG}-*/app/*")], Denied),
    ],
)
def test_a_request_for_one_of_two_resources_is_decided_for_both(statements: Any, expected: type) -> None:
    colour = Unknown(symbol("terraform_data.c", ("output",)), hole=one_of("blue", "green"))
    wanted = msgspec.structs.replace(O, resource=text([f"{CFG}-", colour, "/app/prod.env"]))
    assert isinstance(decide(wanted, layers(*statements)), expected)


@every_row(
    ("statements", "expected"),
    [
        ([allow("s3:*", "*", only("StringEquals", "a")), deny("s3:*", "*", only("StringEquals", "a"))], Denied),
        ([allow("s3:*", "*", only("StringEquals", "a")), allow("s3:*", "*", only("StringNotEquals", "a"))], Allowed),
        ([allow("s3:*", "*", only("StringEquals", "a")), deny("s3:*", "*", only("StringNotEquals", "a"))], Undecided),
        ([allow("s3:*", "*", only("StringEquals", "a")), deny("s3:*", "*", only("StringEquals", "b"))], Undecided),
        (
            [allow("s3:*", "*", only("StringEqualsIgnoreCase", "a")), deny("s3:*", "*", only("StringEquals", "a"))],
            Undecided,
        ),
        ([allow("s3:*", "*", only("Null", "true")), allow("s3:*", "*", only("Null", "false"))], Allowed),
        ([allow("s3:*", "*", only("StringEquals", "a")), allow("s3:*", "*", only("Null", "true"))], Undecided),
        # A wildcard distinguishes more values than are written, and a variable takes the value into a name.
        ([allow("s3:*", "*", only("StringEquals", "a")), deny("s3:*", "*", only("StringLike", "*"))], Undecided),
        (
            [
                allow("s3:*", "*", only("StringEquals", "a")),
                deny("s3:*", "*", only("StringEquals", "a")),
                allow("s3:*", f"{CFG}/${{aws:sourcevpce}}/*"),
            ],
            Undecided,
        ),
        (
            [
                allow("s3:*", "*", only("ForAnyValue:StringEquals", "a")),
                deny("s3:*", "*", only("ForAnyValue:StringEquals", "a")),
            ],
            Undecided,
        ),
    ],
)
def test_every_value_leads_to_the_same_decision(statements: list[Value], expected: type) -> None:
    assert isinstance(decided(*statements), expected)


def test_the_statements_of_every_value_are_named() -> None:
    both = (allow("s3:*", "*", only("StringEquals", "a")), allow("s3:*", "*", only("StringNotEquals", "a")))
    found = decided(*both)
    assert isinstance(found, Allowed)
    assert len(found.by) == 2
    denied = decided(both[0], deny("s3:*", "*", only("StringEquals", "a")))
    assert isinstance(denied, Denied)
    assert (denied.kind, len(denied.by)) == ("explicit", 1)


def test_the_policy_of_the_resource_counts_as_well() -> None:
    own = allow("s3:*", "*", only("StringEquals", "a"))
    theirs = {**deny("s3:*", f"{CFG}/*", only("StringEquals", "a")), "Principal": "*"}
    found = parse_policy({"Version": "2012-10-17", "Statement": [theirs]}, "bucket", PolicyKind.RESOURCE)
    both = msgspec.structs.replace(layers(own), resource=found)
    assert isinstance(decide(O, both), Denied)
    hidden = msgspec.structs.replace(both, identity_hidden=("a policy",), resource=None)
    assert isinstance(decide(O, hidden), Undecided)


@given(
    st.lists(
        st.tuples(
            st.sampled_from([allow, deny]),
            st.sampled_from(OPERATORS),
            st.lists(st.sampled_from(VALUES), min_size=1, max_size=2),
        ),
        min_size=1,
        max_size=4,
    ),
    st.booleans(),
)
def test_it_is_the_decision_of_each_value(rows: list[tuple[Any, str, list[str]]], always: bool) -> None:
    statements = [
        effect("s3:*", "*", only(operator, *(["true" if "a" in values else "false"] if operator == "Null" else values)))
        for effect, operator, values in rows
    ]
    statements += [allow("s3:*", "*")] if always else []
    each = {type(decided(*statements, entry=one)) for one in (Absent(), "a", "b", "A", "B", "c")}
    found = type(decided(*statements))
    assert each == {found} if found is not Undecided else True
    named = {value for _, operator, values in rows if operator != "Null" for value in values}
    if len({one.lower() for one in named}) == len(named):
        assert found is (next(iter(each)) if len(each) == 1 else Undecided)


def test_keys_are_combined_while_they_are_few() -> None:
    def statements(number: int) -> list[Value]:
        keys = [f"x:key{each}" for each in range(number)]
        pairs = [(allow("s3:*", "*", only("StringEquals", "a", key=key))) for key in keys]
        return [*pairs, *(deny("s3:*", "*", only("StringEquals", "a", key=key)) for key in keys)]

    few = msgspec.structs.replace(request("s3:GetObject", f"{CFG}/a"), context=Context())
    assert isinstance(decide(few, layers(*statements(2))), Denied)
    assert isinstance(decide(few, layers(*statements(8))), Undecided)


def test_known_choices_are_used() -> None:
    both = (allow("s3:*", "*", only("StringEquals", "a")), allow("s3:*", "*", only("StringEquals", "b")))
    assert isinstance(decided(*both, entry=OneOfValues(("a", "b"))), Allowed)
    assert isinstance(decided(*both, entry=OneOfValues(("a", "c"))), Undecided)
    assert isinstance(decide(O, Layers()), Denied)
