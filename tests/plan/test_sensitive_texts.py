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
def test_a_mask_without_marks_marks_nothing_whatever_its_shape(order: tuple[str, ...]) -> None:
    deep: dict[str, Any] = {}
    for _ in range(300):
        deep = {"x": deep}
    masks: tuple[Any, ...] = ({"tags": deep}, {"tags": {}})
    for mask in masks:
        assert _marked(order, after={"tags": ["web"]}, after_unknown={"arn": True}, after_sensitive=mask) == frozenset()
