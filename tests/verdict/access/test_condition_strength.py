"""Do conditions let less through than others?"""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from tests.rows import every_row
from tests.verdict.access.made import allow, policy
from tfcheck.iam import Absent, Context, Entry
from tfcheck.iam.condition import evaluate
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.access.coverage import Limits, is_within

_KEYS = ("aws:SourceVpc", "aws:ResourceAccount", "aws:PrincipalOrgID")
_VALUES = ("a", "b", "c")


def limits(**conditions: dict[str, list[str]]) -> Limits:
    (found,) = policy(allow("*", **conditions)).statements
    return found.conditions


A, AB, B = (limits(StringEquals={"aws:SourceVpc": list(each)}) for each in ("a", "ab", "b"))
NOT_A, NOT_AB = (limits(StringNotEquals={"aws:SourceVpc": list(each)}) for each in ("a", "ab"))
ELSE = limits(StringEquals={"aws:ResourceAccount": ["a"]})


@every_row(
    ("these", "those", "truth"),
    [
        ([A], [()], Truth.TRUE),
        ([()], [A], Truth.FALSE),
        ([A], [AB], Truth.TRUE),
        ([AB], [A], Truth.FALSE),
        ([A], [B], Truth.FALSE),
        ([NOT_AB], [NOT_A], Truth.TRUE),
        ([NOT_A], [NOT_AB], Truth.FALSE),
        ([(*A, *ELSE)], [A], Truth.TRUE),
        ([A], [(*A, *ELSE)], Truth.FALSE),
        ([A], [ELSE], Truth.UNKNOWN),
        ([()], [A, NOT_A], Truth.UNKNOWN),
        ([()], [A, ELSE], Truth.FALSE),
        ([A, ELSE], [AB, ELSE], Truth.TRUE),
        ([], [A], Truth.TRUE),
        ([A], [], Truth.FALSE),
        ([limits(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "10.1.0.0/16"]})],) * 2 + (Truth.TRUE,),
        (
            [limits(IpAddress={"aws:SourceIp": ["10.0.0.0/8", "10.1.0.0/16"]})],
            [limits(IpAddress={"aws:SourceIp": ["10.0.0.0/8"]})],
            Truth.UNKNOWN,
        ),
        ([limits(Null={"aws:SourceVpc": ["true"]})], [limits(Null={"aws:SourceVpc": ["false"]})], Truth.UNKNOWN),
    ],
)
def test_one_within_the_other(these: list[Limits], those: list[Limits], truth: Truth) -> None:
    assert is_within(these, those) is truth


_conditions = st.fixed_dictionaries(
    {},
    optional={
        operator: st.dictionaries(
            st.sampled_from(_KEYS), st.lists(st.sampled_from(_VALUES), min_size=1, max_size=2), min_size=1, max_size=2
        )
        for operator in ("StringEquals", "StringNotEquals", "StringEqualsIfExists")
    },
)
_several = st.lists(st.builds(lambda found: limits(**found), _conditions), max_size=2)


def _let_through(several: list[Limits], context: Context) -> bool:
    return any(Truth.every(evaluate(each, context) for each in some) is Truth.TRUE for some in several)


def _contexts() -> list[Context]:
    values: list[Entry] = [*_VALUES, "other", Absent()]
    return [
        Context({k.lower(): v for k, v in zip(_KEYS, some, strict=True)})
        for some in itertools.product(values, repeat=3)
    ]


CONTEXTS = _contexts()


@given(_several, _several)
def test_it_is_true_of_every_request(these: list[Limits], those: list[Limits]) -> None:
    found = is_within(these, those)
    through = [_let_through(those, each) for each in CONTEXTS if _let_through(these, each)]
    if found is Truth.TRUE:
        assert all(through)
    if found is Truth.FALSE and all(any(_let_through([each], one) for one in CONTEXTS) for each in these):
        assert not all(through)
