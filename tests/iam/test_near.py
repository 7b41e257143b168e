from __future__ import annotations

from tests.iam.examples import CFG, HERE, O, P, allow, deny, identity, request, resource_policy
from tests.symbols import symbol
from tfcheck.iam import Mismatch, near_misses
from tfcheck.symbolic.value import Unknown, Value, text


def misses(*statements: Value) -> list[tuple[int, Mismatch]]:
    return [(miss.origin.index, miss.mismatch) for miss in near_misses(O, (identity(*statements),))]


def test_each_miss_says_what_keeps_it_from_granting() -> None:
    assert misses(
        allow("s3:PutObject", CFG + "/*"),
        allow("s3:GetObject", "arn:aws:s3:::other/*"),
        allow("s3:GetObject", "arn:aws:s3:::cfg/app/*.json"),
        allow("s3:GetObject", "arn:aws-cn:s3:::cfg/*"),
        allow("s3:GetObject", CFG + "/*", {"StringEquals": {"aws:PrincipalTag/team": "ops"}}),
    ) == [
        (4, Mismatch.CONDITION),
        (3, Mismatch.PARTITION),
        (2, Mismatch.RESOURCE),
        (1, Mismatch.RESOURCE),
        (0, Mismatch.ACTION),
    ]


def test_what_is_far_away_is_not_a_miss() -> None:
    assert (
        misses(
            allow("logs:*", "*"),
            allow("s3:PutObject", "arn:aws:s3:::other/*"),
            allow(None, "*", NotAction="s3:*"),
            deny("s3:GetObject", "arn:aws:s3:::other"),
            allow("s3:GetObject", CFG + "/*"),
            Unknown(symbol("x", ("y",))),
        )
        == []
    )


def test_actions_most_alike_come_first() -> None:
    policy = identity(allow("ssm:DescribeParameters", "*"), allow(["ssm:GetParameter", "s3:*"], "*"))
    found = near_misses(P, (policy,))
    assert [miss.origin.index for miss in found] == [1, 0]
    assert found[0].patterns == ("ssm:GetParameter", "s3:*")


def test_resources_are_shown_as_written() -> None:
    bucket = Unknown(symbol("aws_s3_bucket.b", ("arn",)), shape="arn:aws:s3:::other")
    (miss,) = near_misses(O, (identity(allow("s3:GetObject", [bucket, text([bucket, "/*"])])),))
    assert miss.patterns == ("${aws_s3_bucket.b.arn}", "${aws_s3_bucket.b.arn}/*")
    assert miss.mismatch is Mismatch.RESOURCE


def test_a_resource_policy_for_somebody_else() -> None:
    policy = resource_policy(allow("s3:GetObject", CFG + "/*", Principal={"AWS": "arn:aws:iam::111122223333:role/x"}))
    (miss,) = near_misses(O, (policy,))
    assert (miss.mismatch, miss.patterns) == (Mismatch.PRINCIPAL, ("arn:aws:iam::111122223333:role/x",))


def test_the_parameter_with_one_slash_too_many() -> None:
    asked = request("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/app/token")
    policy = identity(allow("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter//app/token"))
    assert [miss.mismatch for miss in near_misses(asked, (policy,))] == [Mismatch.RESOURCE]


def test_of_very_many_statements_those_about_the_resource_are_looked_at() -> None:
    others = [allow("s3:GetObject", f"arn:aws:s3:::other-{number}/*") for number in range(1_000)]
    near = allow("s3:GetObject", "arn:aws:s3:::cfg/webb/*")
    found = near_misses(O, (identity(*others, near),))
    assert (found[0].origin.index, found[0].mismatch) == (1_000, Mismatch.RESOURCE)
    assert len(found) < 150


def test_of_very_many_policies_the_statements_about_the_resource_are_looked_at() -> None:
    others = [identity(allow("s3:GetObject", f"arn:aws:s3:::other-{number}/*")) for number in range(1_000)]
    near = identity(allow("s3:GetObject", "arn:aws:s3:::cfg/webb/*"))
    found = near_misses(O, (*others, near))
    assert (found[0].mismatch, found[0].patterns) == (Mismatch.RESOURCE, ("arn:aws:s3:::cfg/webb/*",))
    assert len(found) < 250
