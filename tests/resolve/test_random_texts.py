"""The texts that the provider `random` makes during the apply: prefix, characters and length."""

from __future__ import annotations

import pytest

from tests.plan.made import change, plan
from tfcheck.resolve import Resolver
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.address import parse

ID = {"byte_length": 4, "prefix": "cfg-"}
STRING = {"length": 6, "lower": True, "upper": False, "numeric": True, "special": False, "override_special": None}


@pytest.mark.parametrize(
    ("kind", "after", "attribute", "literal", "expected"),
    [
        ("random_id", ID, "hex", "cfg-00ff00ff", Truth.UNKNOWN),
        ("random_id", ID, "hex", "00ff00ff", Truth.FALSE),
        ("random_id", ID, "dec", "cfg-ff", Truth.FALSE),
        ("random_id", ID, "b64_url", "cfg-9_-A", Truth.UNKNOWN),
        ("random_id", ID, "b64_std", "cfg-9+/=", Truth.UNKNOWN),
        ("random_id", {**ID, "prefix": None}, "hex", "00ff00ff", Truth.UNKNOWN),
        ("random_id", {**ID, "prefix": None}, "hex", "cfg-00ff", Truth.FALSE),
        ("random_string", STRING, "result", "abc123", Truth.UNKNOWN),
        ("random_string", STRING, "id", "abc123", Truth.UNKNOWN),
        ("random_string", STRING, "result", "Abc123", Truth.FALSE),
        ("random_string", STRING, "result", "abc1234", Truth.FALSE),
        ("random_string", STRING, "result", "abc-12", Truth.FALSE),
        ("random_string", {**STRING, "special": True}, "result", "abc-12", Truth.UNKNOWN),
        ("random_string", {**STRING, "special": True}, "result", "abc/12", Truth.FALSE),
        ("random_string", {**STRING, "special": True, "override_special": "/"}, "result", "abc/12", Truth.UNKNOWN),
        ("random_string", {**STRING, "special": True, "override_special": "/"}, "result", "abc-12", Truth.FALSE),
        ("random_string", {"length": 6}, "result", "Abc-12", Truth.UNKNOWN),
        ("random_string", {}, "result", "any length", Truth.UNKNOWN),
    ],
)  # fmt: skip
def test_only_texts_that_its_arguments_permit_are_possible(
    kind: str, after: dict[str, object], attribute: str, literal: str, expected: Truth
) -> None:
    row = change(f"{kind}.r", "create", after=after, after_unknown={attribute: True})
    assert equal(Resolver(plan(row)).attribute(parse(f"{kind}.r"), attribute), literal) is expected
