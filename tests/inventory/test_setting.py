"""Check which settings are on a resource whose id AWS assigns only during apply."""

from __future__ import annotations

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.made_world import HERE, MadeResource, MadeWorld
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.inventory.change import index_names, is_same_name
from tfcheck.inventory.setting import KEY_POLICY, SettingOwner, settings
from tfcheck.symbolic.value import ACCOUNT_ID, NAME, Text, TextLike, Truth, Unknown, Value

OLD = "11111111-2222-3333-4444-555555555555"
OLD_ARN = f"arn:aws:kms:eu-west-1:111122223333:key/{OLD}"
MADE = Unknown(symbol=symbol("aws_kms_key.made", ("key_id",)), hole=NAME, family="aws_kms_key.key_id")
MADE_ARN = Text(("arn:aws:kms:eu-west-1:111122223333:key/", MADE))
READ_LATER = Unknown(symbol=symbol("data.aws_kms_key.late", ("key_id",)), hole=NAME, family="aws_kms_key.key_id")
CHOSEN = Unknown(symbol=symbol("aws_s3_bucket.b", ("bucket",)))
HERE_LATER = Unknown(symbol=symbol("provider.aws", ("account_id",)), hole=ACCOUNT_ID)


@every_row(
    ("one", "other", "truth"),
    [
        (MADE, OLD, Truth.FALSE),
        (OLD, MADE, Truth.FALSE),
        (MADE_ARN, OLD_ARN, Truth.FALSE),
        (MADE_ARN, Text(("arn:aws:kms:eu-west-1:", HERE_LATER, f":key/{OLD}")), Truth.FALSE),
        (MADE, MADE, Truth.TRUE),
        (MADE, READ_LATER, Truth.FALSE),
        (READ_LATER, OLD, Truth.UNKNOWN),  # it may be the old one that is read
        (CHOSEN, "cfg", Truth.UNKNOWN),  # a name that is chosen may be any
        (MADE, Unknown(), Truth.UNKNOWN),
    ],
)
def test_an_id_assigned_during_apply_is_not_an_existing_one(one: TextLike, other: TextLike, truth: Truth) -> None:
    assert is_same_name(one, other, MadeWorld(earlier=[])) is truth


def test_a_replaced_resource_had_another_id_before() -> None:
    former = MadeResource("aws_kms_key.made", {"key_id": OLD, "arn": OLD_ARN})
    assert is_same_name(MADE, OLD, MadeWorld(earlier=[former])) is Truth.UNKNOWN
    assert is_same_name(MADE, "another", MadeWorld(earlier=[former])) is Truth.FALSE


@pytest.mark.parametrize(
    ("named", "sure", "open_"), [(MADE, False, False), (OLD, True, False), (READ_LATER, False, True)]
)
def test_the_policy_of_a_new_key_is_not_on_an_old_one(named: Value, sure: bool, open_: bool) -> None:
    made = MadeResource("aws_kms_key.made", {"key_id": MADE, "arn": MADE_ARN})
    holder = MadeResource("aws_kms_key_policy.p", {"key_id": named})
    found = settings(MadeWorld(made, holder, earlier=[]), KEY_POLICY).on(SettingOwner(None, (OLD_ARN, OLD), HERE))
    assert (bool(found.definite), bool(found.possible)) == (sure, open_)


_OF = st.sampled_from(("aws_kms_key.made", "aws_kms_key.other", "aws_kms_key.third", "data.aws_kms_key.late"))
_IDS = st.builds(lambda of: msgspec.structs.replace(MADE, symbol=symbol(of, ("key_id",))), _OF)
_NAMES = st.one_of(
    st.sampled_from((OLD, OLD_ARN, "cfg", "", CHOSEN, MADE_ARN, None, 1)),
    _IDS,
    st.builds(lambda each: Text(("arn:aws:kms:eu-west-1:111122223333:key/", each)), _IDS),
)
_FORMER = st.sets(st.sampled_from(("aws_kms_key.made", "aws_kms_key.other")))


@given(st.lists(_NAMES, max_size=12), _NAMES, _FORMER)
def test_an_index_compares_names_as_alone(own: list[Value], sought: Value, former: set[str]) -> None:
    earlier = [MadeResource(each, {"key_id": OLD, "arn": OLD_ARN}) for each in sorted(former)]
    world = MadeWorld(earlier=earlier)

    found = index_names(enumerate(own), world).possible(sought)

    texts = {at: each for at, each in enumerate(own) if isinstance(each, TextLike)}
    if isinstance(sought, TextLike):
        answers = {at: is_same_name(each, sought, world) for at, each in texts.items()}
        possible = {at: answer for at, answer in answers.items() if answer is not Truth.FALSE}
        assert {at: answer for at, answer in found.items() if at in texts} == possible


def test_equal_questions_have_one_answer() -> None:
    index = index_names(((at, Unknown(symbol(f"aws_x.x{at}", ("name",)))) for at in range(20)), MadeWorld())

    (one,), (other,) = index.matches("app"), index.matches("web")

    assert one is other
    assert len(one.rows) == 20
