"""Unknown parts are marked exactly where the plan says so."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tests.symbols import owner_named, symbol
from tfcheck.plan.overlay import is_masked, looks_like_reference, marks_anything, overlay
from tfcheck.symbolic.value import Unknown, unknowns

ROLE = "module.a.aws_iam_role.x[0]"


def unknown(*path: str | int) -> Unknown:
    return Unknown(symbol(ROLE, path))


@every_row(
    ("after", "mask", "expected"),
    [
        # any attribute, all of it
        ({}, {"arn": True}, {"arn": unknown("arn")}),
        # an object's or a map's member; known members have no mask
        ({"m": {"k": 1}}, {"m": {"u": True}}, {"m": {"k": 1, "u": unknown("m", "u")}}),
        ({}, {"m": {"u": True}}, {"m": {"u": unknown("m", "u")}}),
        # an element of a list, set or tuple
        ({"l": ["lit", None]}, {"l": [False, True]}, {"l": ["lit", unknown("l", 1)]}),
        # a list of blocks, as a whole and in part
        ({}, {"statement": True}, {"statement": unknown("statement")}),
        (
            {"statement": [{"sid": "A", "resources": ["x", None]}]},
            {"statement": [{"actions": True, "resources": [False, True]}]},
            {
                "statement": [
                    {
                        "sid": "A",
                        "resources": ["x", unknown("statement", 0, "resources", 1)],
                        "actions": unknown("statement", 0, "actions"),
                    }
                ]
            },
        ),
        # a known null
        ({"a": None}, {}, {"a": None}),
        # masks that are not empty and mark nothing
        (
            {"a": [1], "b": [{"c": 2}], "d": {}},
            {"a": [False], "b": [{}], "d": {}},
            {"a": [1], "b": [{"c": 2}], "d": {}},
        ),
        ({"a": None}, {"a": {}}, {"a": None}),
        ({}, {"a": {"b": False}}, {}),
        # Terraform 0.13 drops unknown elements of sets
        ({"s": ["known"]}, {"s": [False, True]}, {"s": ["known", unknown("s", 1)]}),
        ({"s": ["a", "b"]}, {"s": [True, False, True, False]}, {"s": [unknown("s", 0), "a", unknown("s", 2), "b"]}),
        ({"s": []}, {"s": [True]}, {"s": [unknown("s", 0)]}),
        # providers' SDK leaves an empty block in a set of which another block has unknown parts
        (
            {"s": [{"base": None, "name": "", "weight": None}, {"base": None, "weight": 1}]},
            {"s": [{}, {"name": True}]},
            {"s": [{"base": None, "weight": 1, "name": unknown("s", 1, "name")}]},
        ),
        (
            {"s": [{"name": None, "weight": None}, {"name": "", "weight": 1}, {}]},
            {"s": [{}, {}, {"name": True}]},
            {"s": [{"name": None, "weight": None}, {"name": "", "weight": 1}, {"name": unknown("s", 2, "name")}]},
        ),
        # masks that do not fit: never known
        ({"s": ["a"]}, {"s": [False, False, True]}, {"s": unknown("s")}),
        ({"s": "text"}, {"s": [True]}, {"s": unknown("s")}),
        ({"s": ["a"]}, {"s": {"k": True}}, {"s": unknown("s")}),
        ({"s": "text"}, {"s": [False]}, {"s": "text"}),
        # a mask shorter than the list
        ({"s": ["a", None]}, {"s": []}, {"s": ["a", None]}),
        # true wins over a value that is there
        ({"a": "stale"}, {"a": True}, {"a": unknown("a")}),
        # hand-made plans: a decoded list where the provider has text
        ({"container_definitions": [{"name": "app"}]}, None, {"container_definitions": [{"name": "app"}]}),
    ],
)
def test_unknown_parts_are_marked(after: Any, mask: Any, expected: Any) -> None:
    assert overlay(after, mask, owner_named(ROLE)) == expected


# NOTE: a block with an empty text and nothing else may be one that providers leave in sets, which is dropped.
LEAVES = st.none() | st.booleans() | st.integers() | st.text(min_size=1, max_size=3)
FULL = st.dictionaries(
    st.text(max_size=3),
    st.recursive(
        LEAVES, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
    ),
    max_size=4,
)


def hide(value: Any, choose: Any, path: tuple[str | int, ...], hidden: set[tuple[str | int, ...]]) -> tuple[Any, Any]:
    """Hide parts of a value as Terraform does: give `after`, `after_unknown`; `hidden` collects the paths."""
    if path and choose(st.sampled_from([False, False, False, True])):
        hidden.add(path)
        return None, True
    match value:
        case dict():
            parts = {name: hide(each, choose, (*path, name), hidden) for name, each in value.items()}
            after = {name: each for name, (each, mask) in parts.items() if mask is not True}
            return after, {name: mask for name, (_, mask) in parts.items() if mask is not False}
        case list():
            items = [hide(each, choose, (*path, at), hidden) for at, each in enumerate(value)]
            return [each for each, _ in items], [mask for _, mask in items]
        case _:
            return value, False


@given(FULL, st.data())
def test_unknowns_are_exactly_where_values_were_hidden(value: dict[str, Any], data: st.DataObject) -> None:
    hidden: set[tuple[str | int, ...]] = set()
    after, mask = hide(value, data.draw, (), hidden)
    found = overlay(after, mask, owner_named(ROLE))
    assert {each.symbol.path for each in unknowns(found) if each.symbol} == hidden
    assert filled(found, value) == value


def filled(found: Any, value: Any) -> Any:
    """Put the values back where unknowns stand."""
    match found:
        case Unknown():
            return value
        case dict():
            return {name: filled(each, value[name]) for name, each in found.items()}
        case list():
            return [filled(each, value[at]) for at, each in enumerate(found)]
        case _:
            return found


@every_row(
    "text",
    [
        "module.x.aws_iam_role.e.arn",
        'module.x["k"].aws_iam_role.e[0].arn',
        "aws_iam_role.e.arn",
        'aws_iam_role.e["a b"].arn',
        "data.aws_iam_role.e.arn",
        "aws_iam_role.e",
        "var.role_arn",
        "local.arns[0]",
        "module.iam.role_arn",
        'module.iam["a b"].module.roles[0].role_arn',
        "each.value",
        "${aws_iam_role.e.arn}",
    ],
)
def test_references_are_recognised(text: str) -> None:
    assert looks_like_reference(text)


@every_row(
    "text",
    [
        *("", "arn:aws:iam::1:role/x", "arn:aws:s3:::my_bucket.x/y", "a b", "web.example.com", "service", "1.2.3"),
        40 * "module.a[0]." + "!",
    ],
)
def test_values_are_not_references(text: str) -> None:
    assert not looks_like_reference(text)


@every_row(
    ("name", "text", "known"),
    [
        ("execution_role_arn", "module.x.aws_iam_role.e.arn", False),
        ("execution_role_arn", "arn:aws:iam::123456789012:role/e", True),
        ("execution_role_arn", "REDACTED", False),
        ("policy_arn", "aws_iam_policy.p.arn", False),
        ("kms_key_arn", "aws_kms_key.k.arn", False),
        ("kms_key_arn", "alias/k", True),
        ("execution_role_arn", "", True),
        ("name", "aws_iam_role.e.arn", True),
    ],
)
def test_a_reference_in_place_of_an_arn_is_unknown(name: str, text: str, known: bool) -> None:
    found: Any = overlay({name: text}, {}, owner_named(ROLE))
    if known:
        assert found == {name: text}
    else:
        assert isinstance(found[name], Unknown)
        assert found[name].symbol == symbol(ROLE, (name,))
        assert "edited" in found[name].reason


def test_a_list_of_arns_is_looked_at_one_by_one() -> None:
    found: Any = overlay(
        {"managed_policy_arns": ["arn:aws:iam::aws:policy/X", "aws_iam_policy.p.arn"]}, {}, owner_named(ROLE)
    )
    first, second = found["managed_policy_arns"]
    assert first == "arn:aws:iam::aws:policy/X"
    assert isinstance(second, Unknown)


@every_row("mask", [None, False, {}, [], [False, {}], {"a": [{}]}])
def test_a_mask_that_is_not_empty_marks_nothing_without_a_true(mask: Any) -> None:
    assert not marks_anything(mask)


@every_row(
    ("mask", "name", "expected"),
    [
        (True, "a", True),
        (False, "a", False),
        (None, "a", False),
        ([True], "a", False),
        ({"a": True}, "a", True),
        ({"a": {"b": [False, True]}}, "a", True),
        ({"a": {"b": [False, False]}}, "a", False),
        ({"a": True}, "b", False),
    ],
)
def test_a_mask_covers_what_is_below_and_taints_what_is_above(mask: Any, name: str, expected: bool) -> None:
    assert is_masked(mask, name) is expected
