"""The texts that a plan marks as sensitive do not depend on the order of its keys."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, plan

_KEYS = ("before", "after", "after_unknown", "before_sensitive", "after_sensitive")


def _marked(order: tuple[str, ...], **parts: Any) -> frozenset[str]:
    row = change("aws_iam_role.x", "create", **parts)
    row["change"] = {"actions": ["create"], **{key: row["change"].get(key) for key in order}}
    return plan(row).secrets()


@pytest.mark.parametrize("order", [_KEYS, _KEYS[::-1]], ids=["as Terraform writes them", "the other way round"])
def test_marked_texts_are_found_and_no_others(order: tuple[str, ...]) -> None:
    assert _marked(order, after={"name": "web", "path": "/a/"}, after_sensitive={"name": True}) == {"web"}
    assert _marked(order, before={"name": "web"}, before_sensitive=True) == {"web"}


@pytest.mark.parametrize("order", [_KEYS, _KEYS[::-1]], ids=["as Terraform writes them", "the other way round"])
def test_a_mask_without_marks_marks_nothing_in_any_shape(order: tuple[str, ...]) -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"x": deep}
    masks: tuple[Any, ...] = ({"tags": deep}, {"tags": {}})
    for mask in masks:
        assert _marked(order, after={"tags": ["web"]}, after_unknown={"arn": True}, after_sensitive=mask) == frozenset()


def test_every_output_and_drifted_row_counts_not_only_the_last() -> None:
    secret: dict[str, Any] = {"before": None, "after": "web", "before_sensitive": False, "after_sensitive": True}
    public: dict[str, Any] = {"before": None, "after": "web2", "before_sensitive": False, "after_sensitive": False}
    assert plan(output_changes={"a": secret, "b": public}).secrets() == {"web"}
    rows = [change(f"aws_iam_role.{name}", "update", **each) for name, each in (("a", secret), ("b", public))]
    assert plan(resource_drift=rows).secrets() == {"web"}


@pytest.mark.parametrize("order", [_KEYS, tuple(sorted(_KEYS))], ids=["as Terraform writes them", "sorted"])
def test_names_in_values_and_masks_hide_no_mark(order: tuple[str, ...]) -> None:
    name: dict[str, Any] = {"before_sensitive": {"after_sensitive": {}}}
    masks: dict[str, Any] = {"before_sensitive": {"a": True, "z": name}, "after_sensitive": {"z": name}}
    assert _marked(order, before={"a": "web", "z": name}, after={"z": name}, **masks) == {"web"}
    value = {"tags": {"after_sensitive": "x"}}
    masks = {"before_sensitive": {}, "after_sensitive": {"a": True}}
    assert _marked(order, before=value, after={"a": "web"}, **masks) == {"web"}
