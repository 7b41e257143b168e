"""What only a few policies hold: multivalued and many variables, two forms of a resource, grants on foreign keys."""

from __future__ import annotations

import pytest

from tests.iam.examples import (
    ACCOUNT,
    CFG,
    KEY,
    LOG_GROUP,
    OTHER_ACCOUNT,
    G,
    O,
    allow,
    deny,
    document,
    identity,
    layers,
    request,
    resource_policy,
)
from tests.rows import every_row
from tfcheck.iam import (
    Allowed,
    Decision,
    Denied,
    Entry,
    Layers,
    OneOfValues,
    Origin,
    PolicyKind,
    PresenceUnknown,
    Request,
    Undecided,
    decide,
    parse_policy,
)
from tfcheck.symbolic.value import Set, Text, Truth, Unknown, Value


def get(file: str, entries: dict[str, Entry]) -> Request:
    return request("s3:GetObject", f"{CFG}/{file}", owner=ACCOUNT, other_form=None, **entries)


def decision_on(statement: Value, **entries: Entry) -> Decision:
    return decide(get("app/prod.env", entries), layers(statement))


# Variables


@every_row("entry", [["app"], Set(("app",)), "app", OneOfValues(("app", "ops")), PresenceUnknown("app")])
@every_row("key", ["aws:CalledVia", "AWS:calledvia", "aws:PrincipalOrgPaths"])
def test_a_key_with_several_values_is_put_into_no_string(key: str, entry: Entry) -> None:
    entries: dict[str, Entry] = {"aws:CalledVia": entry, "aws:PrincipalOrgPaths": entry}
    assert decision_on(allow("s3:*", f"{CFG}/${{{key}}}/*"), **entries) == Denied("implicit")
    assert isinstance(decision_on(allow("s3:*", f"{CFG}/${{{key}, 'app'}}/*"), **entries), Allowed)
    assert decision_on(allow("s3:*", f"{CFG}/${{{key}, 'ops'}}/*"), **entries) == Denied("implicit")


def test_a_list_is_put_into_no_string_under_any_key() -> None:
    listed: dict[str, Entry] = {"aws:PrincipalTag/x": ["app"]}
    assert decision_on(allow("s3:*", CFG + "/${aws:PrincipalTag/x}/*"), **listed) == Denied("implicit")


@pytest.mark.parametrize("number", [2, 4, 5, 9])
def test_of_many_open_variables_no_combination_is_dropped(number: int) -> None:
    values = OneOfValues(tuple(f"v{index}" for index in range(number)))
    tags: dict[str, Entry] = {f"aws:PrincipalTag/{each}": values for each in "abc"}
    spelled = CFG + "/${aws:PrincipalTag/a}/${aws:PrincipalTag/b}/${aws:PrincipalTag/c}"
    for index in (0, number - 1):
        wanted = get(f"v{index}/v{number - 1}/v{index}", tags)
        assert isinstance(decide(wanted, layers(allow("s3:*", "*"), deny("s3:*", spelled))), Undecided)
        assert isinstance(decide(wanted, layers(allow("s3:*", spelled))), Undecided)
    elsewhere = get("v0", tags)
    assert decide(elsewhere, layers(allow("s3:*", spelled))) == Denied("implicit")


@every_row("inside", ["aws:username,'app'", "aws:username,  'app'", "aws:username , 'app'", " aws:username"])
def test_a_variable_spaced_in_another_way_than_aws_documents_is_not_decided(inside: str) -> None:
    written = f"{CFG}/${{{inside}}}/*"
    assert isinstance(decision_on(allow("s3:*", written)), Undecided)
    assert isinstance(decide(O, layers(allow("s3:*", "*"), deny("s3:*", written))), Undecided)
    assert isinstance(decide(O, layers(allow("s3:*", "*", {"StringLike": {"s3:prefix": f"${{{inside}}}"}}))), Denied)


def test_a_default_follows_a_comma_and_a_space() -> None:
    assert isinstance(decision_on(allow("s3:*", CFG + "/${aws:username, 'app'}/*")), Allowed)
    assert isinstance(decision_on(allow("s3:*", CFG + "/${aws:username, ''}app/*")), Allowed)


# Two forms of a resource: as calls were seen to be checked (`group:log-stream:`), and as AWS documents it (`group`)

GROUP = LOG_GROUP + "/ecs/app"
CREATE = "logs:CreateLogGroup"


def test_a_deny_of_the_documented_form_alone_leaves_an_allow_open() -> None:
    found = decide(G, layers(allow("logs:*", "*"), deny(CREATE, GROUP)))
    assert found == Undecided(
        "unknown_value", "which of two forms of the resource AWS checks", (Origin("identity", None, 1),)
    )


def test_a_deny_of_the_documented_form_that_may_apply_leaves_it_open_too() -> None:
    perhaps = deny(CREATE, GROUP, {"StringEquals": {"aws:SourceVpce": "vpce-1"}})
    assert isinstance(decide(G, layers(allow("logs:*", "*"), perhaps)), Undecided)
    never = deny(CREATE, GROUP, {"StringEquals": {"aws:PrincipalTag/team": "ops"}})
    assert isinstance(decide(G, layers(allow("logs:*", "*"), never)), Allowed)


def test_the_documented_form_makes_no_difference_to_what_is_sure() -> None:
    denied = decide(G, layers(allow("logs:*", "*"), deny(CREATE, GROUP + ":*")))
    assert isinstance(denied, Denied)
    assert denied.kind == "explicit"
    assert isinstance(decide(G, layers(allow(CREATE, GROUP + ":*"))), Allowed)
    assert decide(G, layers(allow(CREATE, LOG_GROUP + "/other"))) == Denied("implicit")
    assert decide(G, layers(allow("s3:*", "*"), deny(CREATE, GROUP))) == Denied("implicit")


# Grants on keys

FOREIGN_KEY = f"arn:aws:kms:eu-west-1:{OTHER_ACCOUNT}:key/k1"


def by_grant(key: str, truth: Truth, *statements: Value, admits: Value = None, bound: Value = None) -> Decision:
    grants = ((Origin("aws_kms_grant.g", None, 0), truth),)
    found = Layers(
        identity=(identity(*statements),) if statements else (),
        boundary=None if bound is None else (identity(bound),),
        resource=None if admits is None else resource_policy(admits),
        resource_kind="kms",
        grants=grants,
    )
    return decide(request("kms:Decrypt", key), found)


def test_a_grant_on_a_key_of_the_account_is_enough() -> None:
    assert isinstance(by_grant(KEY, Truth.TRUE), Allowed)


def test_whether_a_boundary_limits_a_grant_is_not_documented() -> None:
    assert isinstance(by_grant(KEY, Truth.TRUE, bound=allow("kms:*", "*")), Allowed)
    found = by_grant(KEY, Truth.TRUE, bound=allow("s3:*", "*"))
    assert isinstance(found, Undecided)
    assert found.waits_for == "whether the permissions boundary limits aws_kms_grant.g"
    assert isinstance(by_grant(KEY, Truth.FALSE, bound=allow("s3:*", "*")), Denied)
    assert isinstance(by_grant(KEY, Truth.TRUE, bound=deny("kms:*", "*")), Denied)


def test_a_grant_on_a_key_of_another_account_is_not_known_to_be_enough() -> None:
    assert isinstance(by_grant(FOREIGN_KEY, Truth.TRUE), Undecided)
    assert isinstance(by_grant(FOREIGN_KEY, Truth.TRUE, allow("kms:Decrypt", "*")), Undecided)
    assert isinstance(by_grant(FOREIGN_KEY, Truth.FALSE, allow("kms:Decrypt", "*")), Denied)
    refused = by_grant(FOREIGN_KEY, Truth.TRUE, deny("kms:Decrypt", "*"))
    assert isinstance(refused, Denied)
    assert refused.kind == "explicit"


def test_a_key_policy_and_the_role_s_own_policy_open_a_key_of_another_account() -> None:
    admits = allow("kms:Decrypt", "*", Principal={"AWS": ACCOUNT})
    assert isinstance(by_grant(FOREIGN_KEY, Truth.FALSE, allow("kms:Decrypt", "*"), admits=admits), Allowed)
    assert isinstance(by_grant(FOREIGN_KEY, Truth.FALSE, admits=admits), Denied)


# Statement ids


@every_row("sid", ["Read the file", "read-it", "read_it", "läs", "a.b", "a\n", Text(("a-", Unknown()))])
def test_a_sid_holds_letters_and_digits_on_a_role_and_anything_elsewhere(sid: Value) -> None:
    statement = allow("s3:GetObject", CFG + "/*", Sid=sid)
    refused = parse_policy(document(statement), "p")
    assert refused.invalid == "a Sid of a policy on a role has only letters and digits"
    named: Value = {**statement, "Principal": "*"}
    assert parse_policy(document(named), "p", PolicyKind.RESOURCE).invalid is None
    trusted = allow("sts:AssumeRole", Principal={"Service": "ecs-tasks.amazonaws.com"}, Sid=sid)
    assert parse_policy(document(trusted), "p", PolicyKind.TRUST).invalid is None


@every_row("sid", ["", "0", "ReadTheFile1", Text(("a", Unknown())), Unknown()])
def test_other_sids_are_read(sid: Value) -> None:
    assert parse_policy(document(allow("s3:GetObject", CFG + "/*", Sid=sid)), "p").invalid is None


def test_a_policy_that_aws_refuses_for_its_sid_grants_nothing_that_is_sure() -> None:
    refused = parse_policy(document(allow("s3:*", "*", Sid="Read it")), "p")
    found = decide(O, Layers(identity=(refused,)))
    assert isinstance(found, Undecided)
    assert found.waits_for == "p (a Sid of a policy on a role has only letters and digits)"
