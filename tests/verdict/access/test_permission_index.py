"""What the index of permissions leaves out neither includes a permission nor shares anything with it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.symbols import symbol
from tests.verdict.access.made import Written, allow, changes, policy, role
from tfcheck.iam import Effect
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import Hole, Unknown, Value, text
from tfcheck.verdict.access.permission import (
    Permission,
    PermissionIndex,
    TooManyError,
    includes,
    meet,
    points,
    policy_entries,
)

_ACTIONS = st.sampled_from(("*", "s3:*", "s3:Get*", "s3:GetObject", "S3:getobject", "s3:?etObject", "kms:Get*", "s*:x"))
_UNKNOWN = Unknown(symbol("aws_s3_bucket.a", ("arn",)))
_NAMES = st.sampled_from(("a", "a/*", "a/x", "a/x*", "a/x/*", "*", "?", "a?", "b/${aws:username}", "a:*"))
_OPEN = tuple(
    text(["arn:aws:s3:::a/", Unknown(hole=Hole(starts=starts)), end]) for starts in ("", "x") for end in ("", "/*")
)
_RESOURCES = st.one_of(
    st.sampled_from(("*", _UNKNOWN, *_OPEN)), _NAMES.map("arn:aws:s3:::".__add__), st.just("arn:aws:s3:*:a")
)
_STATEMENTS = st.lists(st.builds(allow, _ACTIONS, _RESOURCES), min_size=9, max_size=14)
_FIVE: list[Value] = [f"s3:{each}" for each in ("GetObject", "PutObject", "DeleteObject", "ListBucket", "HeadObject")]


def _points(statements: list[Written]) -> list[Permission]:
    return list(points([policy(*statements)], Effect.ALLOW))


@given(_STATEMENTS, _STATEMENTS)
def test_the_index_finds_what_comparing_everything_finds(some: list[Written], others: list[Written]) -> None:
    listed = _points(others)
    index = PermissionIndex(listed)
    for point in _points(some):
        assert {place for place, each in enumerate(listed) if includes(each, point)} <= set(index.around(point))
        assert index.intersections([point]) == [one for each in listed if (one := meet(point, each)) is not None]


def test_a_role_with_many_statements_takes_as_many_steps_for_each_of_its_permissions() -> None:
    def steps_for(count: int) -> int:
        arns = [f"arn:aws:s3:::config/{number}{end}" for number in range(count) for end in ("", "/*")]
        with limits.sublimit(limits.Allowance(1_000_000)) as left:
            assert len(changes(None, role(*(allow(_FIVE, each) for each in arns)))) == 10 * count
        return 1_000_000 - left.steps

    assert steps_for(40) <= 2.3 * steps_for(20)


def test_what_takes_too_many_steps_is_not_compared() -> None:
    patterns: list[Value] = [f"arn:aws:s3:::config/*{number}-*" for number in range(200)]
    with limits.sublimit(limits.Allowance(100_000)), pytest.raises(TooManyError):
        changes(None, role(allow("s3:GetObject", patterns)))


def test_what_is_not_completely_known_is_compared_once() -> None:
    flagged, named = _points([allow("s3:GetObject", each) for each in (_OPEN[1], "arn:aws:s3:::a/x/y")])
    with limits.sublimit(limits.Allowance(1_000)) as left:
        found = [(includes(flagged, named), left.steps) for _ in range(2)]
    assert found[0] == found[1] == (False, left.steps)
    assert left.steps < 1_000


def test_very_many_permissions_of_one_statement_are_not_listed() -> None:
    actions: list[Value] = [f"s3:Get{number}" for number in range(101)]
    resources: list[Value] = [f"arn:aws:s3:::b{number}" for number in range(100)]
    assert len(policy_entries([policy(allow(actions[:100], resources))])) == 10_000
    assert len(policy_entries([policy(allow(actions, resources))])) == 1
