"""What of a role's access changes, found from its policies before and after."""

from __future__ import annotations

import itertools
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.symbols import symbol
from tests.verdict.access.made import CALLER, Written, allow, changes, changes_in_words, deny, role, secret, statement
from tfcheck.iam import Allowed, Context, Layers, Request, decide
from tfcheck.role import Role
from tfcheck.symbolic.value import Text, Unknown, Value, text
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.access import AccessChange, ActionOnResource

BUCKET = "arn:aws:s3:::acme"
VPC: dict[str, Any] = {"StringEquals": {"aws:SourceVpc": "vpc-1"}}


def test_what_is_only_moved_split_or_written_otherwise_is_not_a_change() -> None:
    before = role(allow(["s3:GetObject", "s3:PutObject"], [f"{BUCKET}/a/*", f"{BUCKET}/b/*"]), deny("s3:*", "*"))
    after = role(
        deny(["S3:*"]),
        allow("s3:putobject", f"{BUCKET}/*/x"),
        allow("s3:PutObject", [f"{BUCKET}/b/*", f"{BUCKET}/a/*"]),
        allow("s3:getObject", f"{BUCKET}/b/*"),
        allow("s3:Get*", f"{BUCKET}/a/*"),
    )
    assert changes_in_words(before, after) == []
    without = role(*_written(before)[:1])
    assert changes_in_words(without, role(*_written(after)[2:4], allow("s3:GetObject", f"{BUCKET}/a/*"))) == []


def _written(of: Role) -> list[Written]:
    """Return the statements of a role again, as data."""
    return [
        {
            "Effect": each.effect.value,
            "Action": [entry.written for entry in each.actions.entries],
            "Resource": [entry.written for entry in each.resources.entries] if each.resources else "*",
        }
        for policy in of.attached.identity
        for each in policy.statements
    ]


def test_a_wildcard_that_is_spelled_out_says_what_stays() -> None:
    narrow = role(allow(["s3:GetObject", "s3:GetObjectVersion"], f"{BUCKET}/*"))
    wide = role(allow("s3:Get*", f"{BUCKET}/*"))
    stays = f"[s3:GetObject {BUCKET}/*, s3:GetObjectVersion {BUCKET}/*]"
    assert changes_in_words(wide, narrow) == [f"- s3:Get* {BUCKET}/* {stays}"]
    assert changes_in_words(narrow, wide) == [f"+ s3:Get* {BUCKET}/* {stays}"]


def test_what_stays_is_reported_where_only_part_of_it_is_in_the_other() -> None:
    before, after = role(allow("s3:Get*", f"{BUCKET}/a/*")), role(allow("s3:GetObject", "*"))
    assert changes_in_words(before, after) == [
        f"- s3:Get* {BUCKET}/a/* [s3:GetObject {BUCKET}/a/*]",
        f"+ s3:GetObject * [s3:GetObject {BUCKET}/a/*]",
    ]


def test_a_deny_revokes_what_it_names_of_what_is_granted() -> None:
    before = role(allow(["s3:GetObject", "sqs:SendMessage"], "*"))
    after = role(allow(["s3:GetObject", "sqs:SendMessage"], "*"), deny("s3:*", f"{BUCKET}/secret/*"))
    line = f"s3:GetObject {BUCKET}/secret/*: aws_iam_role_policy.own (Guard)"
    assert changes_in_words(before, after) == [f"- {line} now denies it"]
    assert changes_in_words(after, before) == [f"+ {line} denied it before"]


def test_a_deny_of_what_nobody_granted_is_not_a_change() -> None:
    assert changes_in_words(role(allow("s3:GetObject")), role(allow("s3:GetObject"), deny("iam:*"))) == []


def test_a_deny_of_all_but_something_leaves_that() -> None:
    spared = {"Effect": "Deny", "Action": "s3:*", "NotResource": f"{BUCKET}/*"}
    (lost,) = changes(role(allow("s3:GetObject")), role(allow("s3:GetObject"), spared))
    assert (lost.resource, lost.kept) == ("*", (ActionOnResource("s3:GetObject", f"{BUCKET}/*"),))


def test_what_is_allowed_with_an_exception_is_compared_too() -> None:
    everything = role(allow("*"))
    most = role({"Effect": "Allow", "NotAction": "iam:*", "Resource": "*"})
    assert changes_in_words(everything, most) == ["- iam:* *"]
    assert changes_in_words(role(allow("s3:Get*")), most) == ["+ all but iam:* * [s3:Get* *]"]


def test_a_boundary_revokes_what_it_does_not_allow() -> None:
    grants = allow(["s3:GetObject", "ses:SendEmail"])
    bound = role(grants, boundary=[allow("s3:*")])
    line = "ses:SendEmail *: the permissions boundary aws_iam_policy.boundary"
    assert changes_in_words(role(grants), bound) == [f"- {line} no longer allows it"]
    assert changes_in_words(bound, role(grants)) == [f"+ {line} did not allow it before"]
    assert changes_in_words(bound, role(grants, boundary=[allow("s3:Get*"), allow("ecr:*")])) == []


def test_of_a_wide_grant_the_boundary_leaves_what_it_allows() -> None:
    assert changes_in_words(role(allow("*")), role(allow("*"), boundary=[allow("s3:*"), deny("s3:Put*")])) == [
        "- * * [s3:* *]: the permissions boundary aws_iam_policy.boundary no longer allows it",
        "- s3:Put* *: aws_iam_policy.boundary (Guard) now denies it",
    ]


def test_a_condition_revokes_what_does_not_meet_it() -> None:
    free, bound = role(allow("s3:GetObject")), role(allow("s3:GetObject", **VPC))
    line, under = "s3:GetObject *:", "only under the condition StringEquals aws:SourceVpc"
    assert changes_in_words(free, bound) == [f"- {line} now {under}"]
    assert changes_in_words(bound, free) == [f"+ {line} until now {under}"]
    assert changes_in_words(role(), bound) == [f"+ {line} {under}"]


def test_more_values_of_a_condition_let_more_in_and_others_do_both() -> None:
    def asking(*vpcs: str) -> Role:
        return role(allow("s3:GetObject", StringEquals={"aws:SourceVpc": list(vpcs)}))

    line, under = "s3:GetObject *:", "only under the condition StringEquals aws:SourceVpc"
    assert changes_in_words(asking("a"), asking("b", "a")) == [f"+ {line} until now {under}"]
    assert changes_in_words(asking("a", "b"), asking("b", "a")) == []
    assert changes_in_words(asking("a"), asking("b")) == [f"- {line} now {under}", f"+ {line} until now {under}"]


def test_a_deny_under_a_condition_is_reported_with_it() -> None:
    grants = allow("s3:GetObject")
    guarded = role(grants, deny("*", Bool={"aws:SecureTransport": "false"}))
    line = "aws_iam_role_policy.own (Guard) {} under the condition Bool aws:SecureTransport"
    assert changes_in_words(role(grants), guarded) == [f"- s3:GetObject *: {line.format('now denies it')}"]
    assert changes_in_words(guarded, role(grants)) == [f"+ s3:GetObject *: {line.format('denied it before')}"]


def test_two_ways_to_write_one_condition_may_be_the_same_and_nothing_is_reported() -> None:
    before = role(allow("s3:GetObject", **VPC))
    moved = role(allow("s3:GetObject"), deny("s3:GetObject", StringNotEquals={"aws:SourceVpc": "vpc-1"}))
    like = role(allow("s3:GetObject", StringLike={"aws:SourceVpc": "vpc-1"}))
    halves = role(
        allow("s3:GetObject", Bool={"aws:SecureTransport": "true"}),
        allow("s3:GetObject", Bool={"aws:SecureTransport": "false"}),
    )
    anything = role(allow("s3:GetObject", StringLikeIfExists={"aws:SourceVpc": "*"}))
    assert changes_in_words(before, moved) == changes_in_words(before, like) == []
    assert (
        changes_in_words(role(allow("s3:GetObject")), halves)
        == changes_in_words(role(allow("s3:GetObject")), anything)
        == []
    )


def test_what_is_known_only_after_apply_may_be_the_same_and_nothing_is_reported() -> None:
    later = Unknown(symbol=symbol("aws_s3_bucket.b", ("arn",)), reason="known after apply")
    before = role(allow("s3:GetObject", [f"{BUCKET}/a/*"]))
    assert changes_in_words(before, role(allow("s3:GetObject", text([later, "/a/*"])))) == []
    assert changes_in_words(before, role(allow("s3:GetObject", text([later, "/b/*"])))) == [
        f"- s3:GetObject {BUCKET}/a/*"
    ]
    assert changes_in_words(before, role(allow("sqs:*", later))) == [
        f"- s3:GetObject {BUCKET}/a/*",
        "+ sqs:* ${aws_s3_bucket.b.arn}",
    ]
    assert changes_in_words(before, role(allow("s3:GetObject", f"{BUCKET}/${{aws:PrincipalTag/team}}/*"))) == []
    assert (
        changes_in_words(before, role(allow("s3:GetObject", f"{BUCKET}/a/*"), statement("s3:*", "*", text([later]))))
        == []
    )


def test_everything_of_a_service_may_be_all_there_is() -> None:
    before = role(allow(["s3:GetObject", "secretsmanager:GetSecretValue"]))
    named = role(
        allow("s3:GetObject", "arn:aws:s3:::*"),
        allow("secretsmanager:GetSecretValue", "arn:aws:secretsmanager:*:*:secret:*"),
    )
    assert changes_in_words(before, named) == []
    (lost,) = changes_in_words(
        role(allow("secretsmanager:*")), role(allow("secretsmanager:*", "arn:aws:secretsmanager:*:1:*"))
    )
    assert lost.startswith("- secretsmanager:* * [")


def test_a_role_that_comes_or_goes_takes_all_with_it() -> None:
    whole = role(allow(["s3:Get*", "s3:GetObject"]), deny("s3:GetObjectAcl"))
    made, gone = changes(None, whole), changes(whole, None)
    assert [(each.action, each.change, each.role_change) for each in made] == [("s3:Get*", "granted", "created")]
    assert [(each.action, each.change, each.role_change) for each in gone] == [("s3:Get*", "revoked", "deleted")]


def test_what_a_sensitive_policy_names_is_not_shown() -> None:
    (lost,) = changes(secret(role(allow("s3:GetObject", f"{BUCKET}/a"))), secret(role(allow("sqs:*", **VPC))))[:1]
    assert lost.resource == "(sensitive)"
    (won,) = changes(role(), secret(role(allow("sqs:*", **VPC))))
    assert won.because == "only under the conditions of aws_iam_role_policy.own"


# Laws, with the decision itself as the oracle

_ACTIONS = ("s3:*", "s3:Get*", "s3:GetObject*", "s3:GetObject", "s3:GetObjectAcl", "s3:PutObject", "*", "sqs:*")
_RESOURCES = ("*", f"{BUCKET}/*", f"{BUCKET}/a/*", f"{BUCKET}/a/x", f"{BUCKET}/b/*")
#: Of every pattern one that only it and those around it match.
_CALLS = [
    (action, resource)
    for action in (*_ACTIONS[3:6], "s3:GetObjectNew", "s3:GetOther", "s3:Other", "sqs:Other", "sns:Other")
    for resource in (f"{BUCKET}/a/x", f"{BUCKET}/a/new", f"{BUCKET}/b/new", f"{BUCKET}/new", "arn:aws:s3:::new/new")
]
_statements = st.builds(
    statement,
    st.lists(st.sampled_from(_ACTIONS), min_size=1, max_size=2),
    st.lists(st.sampled_from(_RESOURCES), min_size=1, max_size=2),
    st.sampled_from(["Allow", "Allow", "Deny"]),
)
_some = st.lists(_statements, max_size=3)
_roles = st.builds(lambda own, boundary: role(*own, boundary=boundary), _some, st.none() | _some)


def _may(of: Role, action: str, resource: str) -> bool:
    request = Request(action, resource, CALLER, Context(), resource_account="123456789012")
    return isinstance(decide(request, Layers(identity=of.attached.identity, boundary=of.boundary)), Allowed)


def _in(each: AccessChange | ActionOnResource, action: str, resource: str) -> bool:
    return glob_known(each.action.lower(), action.lower()) and glob_known(each.resource, resource)


def _moved(each: AccessChange, before: bool, after: bool) -> bool:
    return (before, after) == ((True, False) if each.change == "revoked" else (False, True))


@given(_roles, _roles)
@tries(80)
def test_what_is_reported_is_so(before: Role, after: Role) -> None:
    for each in changes(before, after):
        calls = [call for call in _CALLS if _in(each, *call)]
        assert not calls or any(_moved(each, _may(before, *call), _may(after, *call)) for call in calls), each


@given(_roles, _roles)
@tries(80)
def test_what_stays_is_shown_except_what_another_line_shows(before: Role, after: Role) -> None:
    found = changes(before, after)
    for each, call in itertools.product(found, _CALLS):
        others = (other for other in found if other != each)
        if any(_in(piece, *call) for piece in each.kept) and not any(_in(other, *call) for other in others):
            assert _may(before, *call) is _may(after, *call)


@given(_roles, _roles)
@tries(80)
def test_every_change_is_reported(before: Role, after: Role) -> None:
    found = changes(before, after)
    for call in _CALLS:
        had, has = _may(before, *call), _may(after, *call)
        if had is not has:
            assert any(_in(each, *call) and _moved(each, had, has) for each in found), call


_LATER = {
    name: Unknown(symbol=symbol(f"aws_x.{name}", ("id",)), reason="known after apply")
    for name in ("effect", "action", "resource", "part")
}
_open_statements = st.builds(
    statement,
    st.lists(st.sampled_from([*_ACTIONS, _LATER["action"]]), min_size=1, max_size=2),
    st.lists(
        st.sampled_from([*_RESOURCES, _LATER["resource"], text([f"{BUCKET}/", _LATER["part"], "/*"])]),
        min_size=1,
        max_size=2,
    ),
    st.sampled_from(["Allow", "Allow", "Deny", _LATER["effect"]]),
)
_open_some = st.lists(_open_statements, max_size=2)
_fillings = st.fixed_dictionaries(
    {
        "effect": st.sampled_from(["Allow", "Deny"]),
        "action": st.sampled_from(_ACTIONS),
        "resource": st.sampled_from(_RESOURCES),
        "part": st.sampled_from(["a", "b", "*", "new"]),
    }
)


def _filled(written: list[Written], values: dict[str, str]) -> list[Written]:
    """Let every value be known."""

    def known(value: Value) -> Value:
        if isinstance(value, list):
            return [known(each) for each in value]
        if isinstance(value, Unknown) and value.symbol is not None:
            return values[str(value.symbol.owner).removeprefix("aws_x.")]
        return "".join(str(known(each)) for each in value.pieces) if isinstance(value, Text) else value

    return [{key: known(value) for key, value in each.items()} for each in written]


@given(_open_some, _open_some, st.none() | _open_some, _fillings)
@tries(100)
def test_no_value_that_apply_shows_makes_it_wrong(
    before: list[Written], after: list[Written], boundary: list[Written] | None, values: dict[str, str]
) -> None:
    had = role(*_filled(before, values))
    has = role(*_filled(after, values), boundary=None if boundary is None else _filled(boundary, values))
    for each in changes(role(*before), role(*after, boundary=boundary)):
        calls = [call for call in _CALLS if "$" not in each.action + each.resource and _in(each, *call)]
        assert not calls or any(_moved(each, _may(had, *call), _may(has, *call)) for call in calls), each


@given(_roles)
@tries(100)
def test_nothing_changes_where_nothing_changes(one: Role) -> None:
    assert changes(one, one) == []
