"""The ARNs that an instance has, and the look at its bytes that spares decoding them."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.plan.made import SMALLEST, change, loaded
from tfcheck.plan import Instance
from tfcheck.plan.instance import arn_beginning

HERE, ELSEWHERE = "arn:aws:sqs:us-east-1:111122223333:", "arn:aws:sqs:us-east-1:444455556666:"
_ARNS = st.sampled_from([f"{HERE}q", f"{ELSEWHERE}q", "arn:aws:s3:::b", "arn:x", "q", '"arn"', None, 1, True])
_ATTRIBUTES = st.dictionaries(st.sampled_from(["arn", "name", "arns"]), _ARNS | st.fixed_dictionaries({"arn": _ARNS}))
_MASKS = st.dictionaries(st.just("arn"), st.booleans()) | st.booleans()


def queue(separators: tuple[str, str] = (",", ":"), *actions: str, **parts: Any) -> Instance:
    """Make a queue of a plan as Terraform writes it, without spaces."""
    rows = {"resource_changes": [change("aws_sqs_queue.q", *actions, **parts)]}
    found = loaded(json.dumps(SMALLEST | rows, separators=separators)).plans[0].instance("aws_sqs_queue.q")
    assert found
    return found


@given(st.none() | _ATTRIBUTES, st.none() | _ATTRIBUTES, _MASKS, st.sampled_from([(), (HERE,), (HERE, ELSEWHERE)]))
def test_what_need_not_be_decoded_has_no_arn_of_another_beginning(
    before: Any, after: Any, mask: Any, beginnings: tuple[str, ...]
) -> None:
    found = queue(before=before, after=after, after_unknown=mask)
    if found.has_only_arns_of(tuple(map(arn_beginning, beginnings))):
        assert all(each.startswith(beginnings) for each in found.arns())


def test_what_does_not_change_in_one_account_need_not_be_decoded() -> None:
    same = {"arn": f"{HERE}q"}
    assert queue(before=same, after=same).has_only_arns_of((arn_beginning(HERE),))
    assert not queue(before=same, after=same).has_only_arns_of((arn_beginning(ELSEWHERE),))


def test_what_is_created_need_not_be_decoded() -> None:
    assert queue((",", ":"), "create", after={"name": "q"}, after_unknown={"arn": True}).has_only_arns_of(())


@pytest.mark.parametrize("written", ['"arn" : "', '"\\u0061rn":"'])
def test_what_is_written_in_another_way_is_decoded(written: str) -> None:
    row = json.dumps(change("aws_sqs_queue.q", before={"arn": f"{HERE}q"}, after={"arn": f"{HERE}q"}))
    text = json.dumps(SMALLEST).replace('"resource_changes": []', f'"resource_changes": [{row}]')
    found = loaded(text.replace('"arn": "', written)).plans[0].instance("aws_sqs_queue.q")
    assert found
    assert not found.has_only_arns_of((arn_beginning(HERE),))
    assert found.arns() == (f"{HERE}q", f"{HERE}q")
