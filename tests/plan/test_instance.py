"""A resource instance before and after the change."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, nested, plan
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.plan import Instance
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.errors import InputError

ROLE = "aws_iam_role.x"
OLD = {"name": "old"}
NEW = {"name": "new"}
MASKS = {"after_unknown": "after", "before_sensitive": "before_sensitive", "after_sensitive": "after_sensitive"}
PARTS = {"before": "before", "after": "after"} | MASKS


def instance_of(*actions: str, **parts: Any) -> Instance:
    found = plan(change(ROLE, *actions, **parts)).instance(ROLE)
    assert found
    return found


@every_row(
    ("actions", "before", "after", "expected_before", "expected_after"),
    [
        (["no-op"], OLD, OLD, OLD, OLD),
        (["update"], OLD, NEW, OLD, NEW),
        (["create"], None, NEW, None, NEW),
        (["read"], None, NEW, None, NEW),
        (["delete", "create"], OLD, NEW, OLD, NEW),
        (["create", "delete"], OLD, NEW, OLD, NEW),
        (["delete"], OLD, None, OLD, None),
        (["forget"], OLD, None, OLD, OLD),
        (["create", "forget"], OLD, NEW, OLD, NEW),
        (["create"], None, None, None, {}),
        ([], OLD, OLD, OLD, OLD),
    ],
)
def test_each_action_has_its_world_after_apply(
    actions: list[str], before: Any, after: Any, expected_before: Any, expected_after: Any
) -> None:
    row = change(ROLE, before=before, after=after)
    row["change"]["actions"] = actions
    found = plan(row).instance(ROLE)
    assert found
    assert (found.before, found.after) == (expected_before, expected_after)
    assert (found.exists_before, found.exists_after) == (expected_before is not None, expected_after is not None)
    assert found.actions == tuple(actions)


def test_only_create_and_forget_leaves_something_behind() -> None:
    assert instance_of("create", "forget", before=OLD, after=NEW).left_behind == OLD
    assert instance_of("delete", "create", before=OLD, after=NEW).left_behind is None
    assert instance_of("forget", before=OLD).left_behind is None


def test_unknown_attributes_are_symbols_of_the_instance() -> None:
    address = 'module.a["x"].aws_iam_role.e[0]'
    row = change(address, "create", after=NEW, after_unknown={"arn": True, "tags": {}})
    found = plan(row | {"type": "aws_iam_role", "name": "e"}).instance(address)
    assert found
    assert found.after == {"name": "new", "arn": Unknown(symbol(address, ("arn",)))}


def test_a_wholly_unknown_object_has_no_known_attribute() -> None:
    assert instance_of("create", after=NEW, after_unknown=True).after == {"name": Unknown(symbol(ROLE, ("name",)))}


def test_masks_are_kept_as_they_are() -> None:
    found = instance_of("update", before=OLD, after=NEW, before_sensitive={"a": True}, after_sensitive=False)
    assert found.before_sensitive == {"a": True}
    assert found.after_sensitive is False
    assert instance_of("forget", before=OLD, before_sensitive={"a": True}).after_sensitive == {"a": True}
    assert instance_of("create", after=NEW).after_sensitive is None


def test_what_is_beside_the_change_is_kept() -> None:
    found = instance_of(
        "update", before=OLD, after=NEW, previous_address="aws_iam_role.y", action_reason="a new reason"
    )
    assert found.previous_address == "aws_iam_role.y"
    assert found.action_reason == "a new reason"


def test_a_change_of_nulls_is_nothing() -> None:
    keys = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")
    row = change(ROLE) | {"change": dict.fromkeys(keys) | {"actions": None}}
    for each in (row, row | {"change": None}, {key: row[key] for key in row if key != "change"}):
        found = plan(each).instance(ROLE)
        assert found
        assert (found.actions, found.before, found.after, found.exists_after) == ((), None, None, False)


def test_values_are_never_in_the_representation() -> None:
    assert repr(instance_of("create", after={"password": "secret"})) == "<Instance aws_iam_role.x create>"


def test_an_object_of_another_shape_is_refused_by_name() -> None:
    with pytest.raises(InputError, match=r"`aws_iam_role\.x` in the plan cannot be read: Expected `object`"):
        _ = instance_of("create", after=[1]).after


@every_row("mask", [[], [{"arn": True}], "arn", 1])
@every_row(("key", "part"), MASKS.items())
def test_a_mask_of_another_shape_is_refused_by_name(key: str, part: str, mask: Any) -> None:
    found = instance_of("update", before=OLD, after=NEW, **{key: mask})
    with pytest.raises(InputError, match=rf"`{key}` of `aws_iam_role\.x` in the plan cannot be read: Expected"):
        getattr(found, part)


def test_a_mask_that_is_null_or_false_marks_nothing() -> None:
    assert all(
        instance_of("create", after=NEW, after_unknown=mask).after == NEW for mask in (None, False, dict[str, Any]())
    )


@every_row("depth", [101, 500])
@every_row(("key", "part"), PARTS.items())
def test_what_is_nested_too_deep_is_refused_by_name(key: str, part: str, depth: int) -> None:
    found = instance_of("update", **{"before": OLD, "after": NEW, key: nested(depth)})
    assert found.exists_after
    with pytest.raises(InputError, match=r"`aws_iam_role\.x` in the plan is nested too deep to be a plan"):
        getattr(found, part)


@every_row(("key", "part"), PARTS.items())
def test_what_is_nested_deep_is_read(key: str, part: str) -> None:
    found = instance_of("update", **{"before": OLD, "after": NEW, key: nested(100)})
    assert getattr(found, part) is not None


def test_brackets_in_texts_nest_nothing() -> None:
    after = {"policy": '[{"' * 200, "tags": {str(number): [] for number in range(200)}}
    assert instance_of("create", after=after).after == after
