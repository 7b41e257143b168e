from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tests.made_world import MadeResource, MadeWorld
from tests.symbols import symbol
from tfcheck.inventory.catalogue import LOG_GROUP, SECRET, Catalogue
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import ACCOUNT_ID, ANYTHING, SECRET_SUFFIX, Hole, TextLike, Truth, Unknown, text


def arn(account: TextLike, name: str, suffix: Unknown) -> TextLike:
    return text(["arn:aws:secretsmanager:eu-west-1:", account, f":secret:{name}-", suffix])


def account(owner: str, hole: Hole = ACCOUNT_ID, reason: str = "an account") -> Unknown:
    return Unknown(symbol(owner, ("account_id",)), reason, hole=hole)


def suffix(owner: str, hole: Hole = SECRET_SUFFIX) -> Unknown:
    return Unknown(symbol(owner, ("suffix",)), hole=hole)


_ACCOUNTS: list[TextLike] = [
    "111122223333",
    account("provider.aws"),
    account("provider.aws", ANYTHING),
    account("provider.aws", ACCOUNT_ID, "another reason"),
    account("provider.there", Hole(longest=12, starts="111122223333")),
    Unknown(),
]
_ARNS = st.builds(
    arn,
    st.sampled_from(_ACCOUNTS),
    st.sampled_from(["a", "b"]),
    st.sampled_from([suffix("a"), suffix("a", ANYTHING), suffix("b")]),
)


def compared(resources: list[MadeResource], reference: TextLike) -> MadeResource | None:
    """Compare a reference with the ARN of each resource, in all their forms."""
    same = [each for each in resources if equal(each.attribute("arn"), reference) is Truth.TRUE]
    exact = [each for each in same if each.attribute("arn") == reference]
    return exact[0] if exact else same[0] if len(same) == 1 else None


@given(st.lists(_ARNS, max_size=4, unique=True), _ARNS)
def test_the_index_finds_what_comparing_every_arn_finds(arns: list[TextLike], reference: TextLike) -> None:
    resources = [MadeResource(f"aws_secretsmanager_secret.s[{at}]", {"arn": each}) for at, each in enumerate(arns)]
    assert Catalogue(MadeWorld(*resources), SECRET).find_by_arn(reference) is compared(resources, reference)


def test_an_arn_is_found_by_a_form_of_which_more_is_known() -> None:
    known = MadeResource("aws_secretsmanager_secret.a", {"arn": arn(account("provider.aws"), "a", suffix("a"))})
    other = MadeResource("aws_secretsmanager_secret.b", {"arn": arn(account("provider.aws"), "b", suffix("b"))})
    found = Catalogue(MadeWorld(known, other), SECRET)
    assert found.find_by_arn(arn(account("provider.aws", ANYTHING), "a", suffix("a", ANYTHING))) is known
    assert found.find_by_arn(arn(account("provider.aws"), "c", suffix("c"))) is None


def test_a_name_is_found_by_a_form_of_which_more_is_known() -> None:
    group = MadeResource("aws_cloudwatch_log_group.web", {"name": text(["/", suffix("random_id.a"), "/web"])})
    found = Catalogue(MadeWorld(group), LOG_GROUP)
    assert found.find_by_name(text(["/", suffix("random_id.a", ANYTHING), "/web"]), None) is group
    assert found.find_by_name(text(["/", suffix("random_id.b"), "/web"]), None) is None
