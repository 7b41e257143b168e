"""What the plan knows stays; what it does not know comes from the sources."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.symbols import symbol
from tfcheck.resolve.merge import fill, possible
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value, is_known

OPEN = Unknown(symbol=symbol("aws_x.y", ("a",)))
ARN = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)))

leaves = st.none() | st.booleans() | st.integers(0, 9) | st.text("ab", max_size=2)
values = st.recursive(
    leaves, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from("xyz"), inner, max_size=3)
)


@given(values, values)
def test_a_known_value_never_changes(planned: Value, written: Value) -> None:
    assert fill(planned, written) == planned


@given(values)
def test_an_unknown_value_is_what_is_written(written: Value) -> None:
    assert fill(OPEN, written) == written


def test_only_unknown_members_are_taken_over() -> None:
    planned: Value = {"name": "a", "policy": OPEN}
    policy = JsonText({"Version": ARN})
    assert fill(planned, {"name": "other", "policy": policy}) == {"name": "a", "policy": policy}


def test_an_argument_that_comes_to_null_is_not_written() -> None:
    """The provider puts a default there, or what is known only after apply."""
    planned: Value = [{"name": "a", "port": 0, "mode": OPEN, "on": OPEN}]
    written: Value = [{"name": "a", "port": None, "mode": None, "on": ARN}]
    assert fill(planned, written) == [{"name": "a", "port": 0, "mode": OPEN, "on": ARN}]


def test_one_nested_block_may_be_written_as_an_object() -> None:
    """So does `.tf.json`, where blocks and arguments look alike."""
    planned: Value = [{"sid": "A", "by_default": [{"algorithm": "aws:kms", "key": OPEN}]}]
    written: Value = [{"sid": "A", "by_default": {"algorithm": "aws:kms", "key": ARN}}]
    filled: Value = [{"sid": "A", "by_default": [{"algorithm": "aws:kms", "key": ARN}]}]
    assert fill(planned, written) == filled
    assert fill(planned, {"sid": "A", "by_default": {"key": ARN}}) == filled
    assert fill(planned, [{"sid": "B", "by_default": {"key": ARN}}]) == planned
    assert not possible([{"key": "a"}], {"key": "b"})


def test_a_set_that_the_provider_sorted_anew_is_taken_over_whole() -> None:
    assert fill(["lit", OPEN], [ARN, "lit"]) == [ARN, "lit"]


def test_blocks_of_which_the_plan_knows_nothing_are_those_that_are_left() -> None:
    open_block: Value = {"name": OPEN, "policy": OPEN}
    known: Value = {"name": "two", "policy": "{}"}
    late: Value = {"name": "one", "policy": JsonText({"Version": ARN})}
    more: Value = {"name": "three", "policy": JsonText({"Version": ARN})}
    assert fill([known, open_block], [late, known]) == [known, late]
    assert fill([open_block, known, open_block], [late, more, known]) == [late, known, more]
    partly: Value = {"name": "two", "policy": OPEN}
    two: Value = {"name": "two", "policy": ARN}
    assert fill([open_block, partly], [late, two]) == [late, two]


def test_a_list_that_disagrees_is_left_alone() -> None:
    assert fill(["lit", OPEN], ["other", "more"]) == ["lit", OPEN]
    assert fill(["lit", OPEN], ["lit"]) == ["lit", OPEN]


def test_sources_that_know_nothing_keep_the_name_of_the_value_and_show_why() -> None:
    filled = fill(OPEN, Unknown(reason="function `f` is not supported", where="main.tf:3"))
    assert filled == Unknown(symbol=OPEN.symbol, reason="function `f` is not supported", where="main.tf:3")


def test_one_document_written_in_two_ways_is_not_a_disagreement() -> None:
    assert possible('{"a":1,"b":[2]}', '{"b": [2], "a": 1}')
    assert not possible('{"a":1}', '{"a":2}')
    assert possible("256", 256)
    assert possible("true", True)
    assert not possible("web", "jobs")
    assert possible(Text(("a", ARN)), "abc")


@pytest.mark.parametrize(("count", "is_filled"), [(100, True), (400, False)])
def test_only_so_many_sorted_blocks_are_looked_for(count: int, is_filled: bool) -> None:
    planned: Value = [{"name": f"n{each}", "arn": Unknown()} for each in range(count)]
    written: Value = [{"name": f"n{each}", "arn": f"arn{each}"} for each in reversed(range(count))]
    assert is_known(fill(planned, written)) == is_filled
