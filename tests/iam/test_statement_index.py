"""What the index of a policy leaves out definitely does not cover the resource."""

from __future__ import annotations

import msgspec
from hypothesis import given
from hypothesis import strategies as st

from tests.symbols import symbol
from tfcheck.iam import PolicyKind, parse_policy
from tfcheck.iam.context import Caller, Context
from tfcheck.iam.principal import PrincipalMatch, Principals, match
from tfcheck.iam.resource import covers, matches, target
from tfcheck.symbolic.value import REGION, TextLike, Truth, Unknown, Value, text

_HEADS = st.sampled_from(("a", "ab", "a*", "?", "*", "", "log-group", "a.b", "a/b", "a/b/c"))
_TAILS = st.sampled_from(("", "/", "/x", "/x*", "/x/*", "/?", "/*", ":x", ":*", "*", "/${aws:username}"))
_EARLY = st.sampled_from(("arn:aws:s3:::", "arn:aws:logs:eu-central-1:123456789012:", "arn:*:s3:::", "arn:aws:s3:*:*:"))
_NAMES = st.sampled_from(("a", "ab", "a/x", "ab/x", "a:x", "log-group:x", "a.b/x", "x", "a/b/c/x", "a/x/y", "a/b", ""))
_UNKNOWN = st.builds(lambda name: Unknown(symbol(f"aws_s3_bucket.{name}", ("arn",))), st.sampled_from("abc"))
_REGION = Unknown(symbol("provider.aws", ("region",)), hole=REGION)
_OPEN = st.one_of(
    st.builds(lambda head, end: text(["arn:aws:s3:::", head, Unknown(), end]), _HEADS, _TAILS),
    st.builds(lambda head, tail: text(["arn:aws:logs:", _REGION, ":123456789012:", head, tail]), _HEADS, _TAILS),
)
_ENTRIES = st.one_of(st.just("*"), _UNKNOWN, _OPEN, st.builds("".join, st.tuples(_EARLY, _HEADS, _TAILS)))


def _statement(entries: list[Value], negated: bool) -> Value:
    return {"Effect": "Allow", "Action": "*", "NotResource" if negated else "Resource": entries}


@given(
    st.lists(st.builds(_statement, st.lists(_ENTRIES, min_size=1, max_size=2), st.booleans()), min_size=9, max_size=12),
    st.one_of(st.builds("".join, st.tuples(_EARLY.filter(lambda each: "*" not in each), _NAMES)), _OPEN),
)
def test_nothing_that_may_cover_a_resource_is_left_out(statements: list[Value], resource: TextLike) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, "a policy")
    wanted = target(resource)

    about = policy.index.covering(wanted.name)

    left = [each for each in policy.statements if each not in about]
    assert [each for each in policy.statements if each in about] == list(about)
    assert all(covers(each.resources, wanted, Context()) is Truth.FALSE for each in left)


@given(st.lists(_ENTRIES, min_size=9, max_size=12), st.one_of(_ENTRIES, _UNKNOWN))
def test_many_entries_cover_what_one_of_them_covers(entries: list[TextLike], resource: TextLike) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": [_statement([*entries], False)]}, "a policy")
    (resources,) = [each.resources for each in policy.statements]
    wanted = target(resource)

    assert resources is not None
    every = Truth.some(matches(each, wanted, Context()) for each in resources.entries)
    assert covers(resources, wanted, Context()) is every


def test_a_large_policy_is_not_searched_for_one_bucket() -> None:
    statements: list[Value] = [_statement([f"arn:aws:s3:::bucket-{number}/*"], False) for number in range(100)]
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, "a policy")

    assert [each.origin.index for each in policy.index.covering(target("arn:aws:s3:::" + "bucket-7/x").name)] == [7]


def test_a_large_policy_is_not_searched_for_one_object_of_a_bucket() -> None:
    entries = [f"arn:aws:s3:::bucket/{number}/{tail}" for number in range(100) for tail in ("prod.env", "*.txt")]
    statements: list[Value] = [_statement([each], False) for each in entries]
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, "a policy")

    assert [each.origin.index for each in policy.index.covering(target("arn:aws:s3:::bucket/7/prod.env").name)] == [
        14,
        15,
    ]
    assert [each.origin.index for each in policy.index.similar("bucket/7/prod.env", 50)] == list(range(50))


def test_an_index_without_statements_is_that_of_the_others() -> None:
    statements: list[Value] = [_statement([f"arn:aws:s3:::bucket-{number % 9}/*"], False) for number in range(90)]
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, "a policy")
    left_out = policy.statements[::3]
    others = msgspec.structs.replace(
        policy, statements=tuple(each for each in policy.statements if each not in left_out)
    )
    wanted = target("arn:aws:s3:::bucket-7/x").name

    found = policy.without(left_out)

    assert found == others
    assert found.index.covering(wanted) == others.index.covering(wanted)
    assert found.index.similar("bucket-7/x", 50) == others.index.similar("bucket-7/x", 50)
    assert found.without(left_out) is found


def test_a_large_policy_is_not_searched_for_one_name_among_patterns() -> None:
    prefix = "arn:aws:secretsmanager:eu-central-1:123456789012:secret:"
    entries = [*(f"{prefix}app-{number:03}-??????" for number in range(100)), f"{prefix}app-*", f"{prefix}a*"]
    policy = parse_policy(
        {"Version": "2012-10-17", "Statement": [_statement([each], False) for each in entries]}, "a policy"
    )

    for name in (f"{prefix}app-007-AbCdEf", text([f"{prefix}app-007-", Unknown()])):
        assert [each.origin.index for each in policy.index.covering(target(name).name)] == [7, 100, 101]


_ACCOUNT = "123456789012"
_ROLE = f"arn:aws:iam::{_ACCOUNT}:role/"
_PRINCIPALS = st.one_of(
    st.sampled_from(("*", _ACCOUNT, f"arn:aws:iam::{_ACCOUNT}:root", f"{_ROLE}*", "AROAABCDEFGHIJKLMNOPQ", _ROLE)),
    st.sampled_from((f"arn:aws:sts::{_ACCOUNT}:assumed-role/a/x", f"arn:aws:iam::{_ACCOUNT}:user/a", "a")),
    st.builds("".join, st.tuples(st.just(_ROLE), st.sampled_from(("", "x/", "x/a/")), st.sampled_from("abc"))),
    st.builds(lambda name: text([_ROLE, Unknown(symbol(f"aws_iam_role.{name}", ("name",)))]), st.sampled_from("abc")),
    _UNKNOWN,
)
_GRANTED = st.builds(
    lambda effect, element, listed: {"Effect": effect, "Action": "*", "Resource": "*", element: {"AWS": listed}},
    st.sampled_from(("Allow", "Deny", Unknown())),
    st.sampled_from(("Principal", "Principal", "NotPrincipal")),
    st.lists(_PRINCIPALS, min_size=1, max_size=12),
)
_CALLERS = st.builds(
    lambda path, name: Caller(f"{_ROLE}{path}{name}", name, _ACCOUNT),
    st.sampled_from(("", "x/")),
    st.sampled_from("ab"),
)


@given(st.lists(_GRANTED, min_size=9, max_size=12), _CALLERS)
def test_no_statement_that_may_name_a_caller_is_left_out(statements: list[Value], caller: Caller) -> None:
    policy = parse_policy({"Version": "2012-10-17", "Statement": statements}, "a policy", PolicyKind.RESOURCE)

    naming = policy.naming(caller)

    assert [each for each in policy.statements if each in naming] == list(naming)
    for each in policy.statements:
        assert each.principals is not None
        alone = [Principals((entry,), unread=each.principals.unread) for entry in each.principals.entries]
        every = PrincipalMatch()
        for one in alone:
            every = every | match(one, caller)
        assert match(each.principals, caller) == every
        assert each in naming or (every == PrincipalMatch() and not each.principals.negated)


def test_a_large_key_policy_is_not_searched_for_one_role() -> None:
    listed = [f"{_ROLE}team/role-{number}" for number in range(100)]
    principals: list[Value] = [*listed, [*listed]]
    named: list[Value] = [{"Effect": "Allow", "Action": "*", "Principal": {"AWS": each}} for each in principals]
    policy = parse_policy({"Version": "2012-10-17", "Statement": named}, "a policy", PolicyKind.RESOURCE)
    caller = Caller(listed[7], "role-7", _ACCOUNT)

    naming = policy.naming(caller)

    assert [each.origin.index for each in naming] == [7, 100]
    assert [len(each.principals.possible(caller)) for each in naming if each.principals is not None] == [1, 1]
