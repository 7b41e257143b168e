"""Principals, layers and trust: what the worked examples do not show."""

from __future__ import annotations

from typing import Any

import msgspec

from tests.iam.examples import (
    ACCOUNT,
    CALLER,
    CFG,
    FOREIGN,
    KEY,
    OTHER_ACCOUNT,
    REGION,
    ROLE,
    K,
    O,
    allow,
    deny,
    document,
    identity,
    layers,
    resource_policy,
)
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import (
    Allowed,
    Caller,
    Context,
    Decision,
    Denied,
    Entry,
    Layers,
    Origin,
    Policy,
    PolicyKind,
    Undecided,
    decide,
    decide_service,
    parse_policy,
    service_context,
)
from tfcheck.iam.principal import PrincipalMatch, Principals, match
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import ACCOUNT_ID, NAME, Hole, TextLike, Truth, Unknown, Value, text

T, F, U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/exec/"
SLOT = Unknown(symbol("x.y", ("z",)))


@every_row(
    ("value", "answer"),
    [
        ("*", PrincipalMatch(session=T)),
        (ROLE, PrincipalMatch(role=T)),
        (f"arn:aws:iam::{ACCOUNT}:role/some/path/exec", PrincipalMatch(role=U)),
        (f"arn:aws:iam::{ACCOUNT}:role/other", PrincipalMatch()),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:role/exec", PrincipalMatch()),
        (f"arn:aws-cn:iam::{ACCOUNT}:role/exec", PrincipalMatch()),
        (f"arn:aws:iam::{ACCOUNT}:role/*", PrincipalMatch(role=F)),
        (f"arn:aws:iam::{ACCOUNT}:role/exec*", PrincipalMatch()),
        (f"arn:aws:iam::{ACCOUNT}:user/exec", PrincipalMatch()),
        (ACCOUNT, PrincipalMatch(account=T)),
        (OTHER_ACCOUNT, PrincipalMatch()),
        (f"arn:aws:iam::{ACCOUNT}:root", PrincipalMatch(account=T)),
        (f"arn:aws:iam::{OTHER_ACCOUNT}:root", PrincipalMatch()),
        ("AROAEXAMPLEEXAMPLE123", PrincipalMatch(role=T)),
        ("AROAOTHERROLEEXAMPLE1", PrincipalMatch()),
        (SESSION + "task", PrincipalMatch(session=U)),
        (f"arn:aws:sts::{ACCOUNT}:assumed-role/other/task", PrincipalMatch()),
        (SLOT, PrincipalMatch(U, U, U)),
        (text([f"arn:aws:iam::{ACCOUNT}:role/", Unknown(hole=NAME)]), PrincipalMatch(role=U)),
        (text([f"arn:aws:iam::{ACCOUNT}:role/x-", Unknown(hole=NAME)]), PrincipalMatch()),
        (text([f"arn:aws:iam::{ACCOUNT}:role/x-", Unknown()]), PrincipalMatch(role=U)),
        (text(["arn:aws:iam::", Unknown(hole=ACCOUNT_ID), ":root"]), PrincipalMatch(account=U)),
    ],
)
def test_as_what_a_principal_names_the_caller(value: TextLike, answer: PrincipalMatch) -> None:
    assert match(Principals((("AWS", value),)), CALLER) == answer


def test_a_role_is_named_with_its_path() -> None:
    arn = f"arn:aws:iam::{ACCOUNT}:role/app/exec"
    caller = Caller(arn=arn, name="exec", account=ACCOUNT)
    assert match(Principals((("AWS", arn),)), caller) == PrincipalMatch(role=T)
    assert match(Principals((("AWS", ROLE),)), caller) == PrincipalMatch(role=U)  # AWS refuses the policy
    assert match(Principals((("AWS", arn.replace("exec", "other")),)), caller) == PrincipalMatch()
    assert match(Principals((("AWS", SESSION + "task"),)), caller) == PrincipalMatch(session=U)  # without a path
    caller = Caller(arn=text([f"arn:aws:iam::{ACCOUNT}:role/", Unknown(), "exec"]), name="exec", account=ACCOUNT)
    assert match(Principals((("AWS", arn),)), caller) == PrincipalMatch(role=T)
    assert match(Principals((("AWS", arn.replace("app", "*")),)), caller) == PrincipalMatch(role=U)  # AWS refuses it


def test_roles_that_the_plan_creates_are_distinguished() -> None:
    mine = Unknown(symbol("aws_iam_role.exec", ("arn",)), family="role")
    other = Unknown(symbol("aws_iam_role.admin", ("arn",)), family="role")
    caller = Caller(arn=mine, name=Unknown(), account=Unknown())
    assert match(Principals((("AWS", mine),)), caller) == PrincipalMatch(role=T)
    assert match(Principals((("AWS", other),)), caller) == PrincipalMatch()
    account = Unknown(symbol("data.aws_caller_identity.me", ("account_id",)), hole=ACCOUNT_ID)
    caller = Caller(arn=mine, name=Unknown(), account=account)
    assert match(Principals((("AWS", account),)), caller) == PrincipalMatch(account=T)


def test_only_aws_principals_name_a_role() -> None:
    assert (
        match(Principals((("Service", "*"), ("Federated", ROLE), ("CanonicalUser", ACCOUNT))), CALLER)
        == PrincipalMatch()
    )


R_ROLE = allow("s3:GetObject", CFG + "/*", Principal={"AWS": ROLE})


def test_not_principal_spares_a_session_only_where_all_that_it_is_are_listed() -> None:
    def denied_by(principals: Value) -> Decision:
        return decide(O, layers(allow("s3:*", "*"), resource=deny("s3:*", "*", NotPrincipal=principals)))

    task = "arn:aws:iam::111122223333:role/exec"
    caller = msgspec.structs.replace(CALLER, session="task")
    request = msgspec.structs.replace(O, caller=caller)
    everything: Value = {"AWS": [task, SESSION + "task", ACCOUNT]}
    given = layers(allow("s3:*", "*"), resource=deny("s3:*", "*", NotPrincipal=everything))
    assert isinstance(decide(request, given), Allowed)
    bounded = layers(allow("s3:*", "*"), boundary=allow("*", "*"), resource=deny("s3:*", "*", NotPrincipal=everything))
    assert decide(request, bounded) == Denied("explicit", (Origin("resource", None, 0),))
    assert isinstance(denied_by({"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}), Denied)
    assert isinstance(denied_by({"Service": "ec2.amazonaws.com"}), Denied)
    assert isinstance(denied_by({"AWS": [ROLE, ACCOUNT]}), Undecided)


def test_an_allow_with_not_principal_is_not_decided() -> None:
    given = layers(resource=allow("s3:*", "*", NotPrincipal={"AWS": OTHER_ACCOUNT}))
    assert isinstance(decide(O, given), Undecided)


@every_row("principal", [ROLE, ACCOUNT, f"arn:aws:iam::{ACCOUNT}:root", "*", "AROAEXAMPLEEXAMPLE123"])
def test_a_deny_for_any_caller_denies(principal: str) -> None:
    given = layers(allow("s3:*", "*"), resource=deny("s3:*", "*", Principal={"AWS": principal}))
    assert decide(O, given) == Denied("explicit", (Origin("resource", None, 0),))


def test_a_deny_for_others_does_not_matter() -> None:
    given = layers(allow("s3:*", "*"), resource=deny("s3:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/x"}))
    assert isinstance(decide(O, given), Allowed)


def test_a_deny_in_a_boundary_is_explicit() -> None:
    assert decide(O, layers(allow("s3:*", "*"), boundary=deny("s3:*", "*"))) == Denied(
        "explicit", (Origin("boundary", None, 0),)
    )


def test_a_boundary_never_grants() -> None:
    assert decide(O, layers(boundary=allow("*", "*"))) == Denied("implicit")


def test_a_boundary_hidden_does_not_hide_that_nothing_is_granted() -> None:
    assert decide(O, layers(boundary_hidden="b")) == Denied("implicit")
    assert decide(O, layers(allow("s3:*", "*"), boundary_hidden="b", identity_hidden=("x",))) == Undecided(
        "policy_not_readable", "b", (Origin("identity", None, 0),)
    )
    session = layers(resource=allow("s3:*", "*", Principal="*"), boundary_hidden="b")
    assert isinstance(decide(O, session), Allowed)


def test_an_open_deny_does_not_make_a_missing_grant_open() -> None:
    open_deny = deny("s3:*", "*", {"StringEquals": {"aws:SourceVpce": "x"}})
    assert decide(O, layers(open_deny)) == Denied("implicit")
    assert decide(O, layers(allow("s3:*", "*"), open_deny, boundary=allow("logs:*", "*"))) == Denied("boundary")


def test_the_resource_policy_that_cannot_be_read() -> None:
    allowed = decide(O, layers(allow("s3:*", "*"), resource_hidden="aws_s3_bucket_policy.p"))
    assert isinstance(allowed, Allowed)
    assert allowed.assumptions == ("assumes that aws_s3_bucket_policy.p does not deny it",)
    assert decide(O, layers(resource_hidden="aws_s3_bucket_policy.p")) == Undecided(
        "policy_not_readable", "aws_s3_bucket_policy.p"
    )
    assert isinstance(decide(FOREIGN, layers(allow("s3:*", "*"), resource_hidden="p")), Undecided)
    assert decide(FOREIGN, layers(resource_hidden="p")) == Denied("implicit")
    assert isinstance(decide(K, layers(allow("kms:*", "*"), resource_hidden="p", resource_kind="kms")), Undecided)


def test_in_another_account_both_sides_must_allow() -> None:
    assert isinstance(decide(FOREIGN, layers(allow("s3:*", "*"), resource=R_ROLE)), Allowed)
    assert decide(FOREIGN, layers(resource=R_ROLE)) == Denied("implicit")
    assert decide(FOREIGN, layers(allow("s3:*", "*"))) == Denied("resource_policy")
    assert decide(FOREIGN, layers(allow("s3:*", "*"), boundary=allow("logs:*", "*"), resource=R_ROLE)) == Denied(
        "boundary"
    )
    everybody = allow("s3:*", "*", Principal="*")
    assert decide(FOREIGN, layers(resource=everybody)) == Denied("implicit")


def test_an_account_not_known_leaves_open_what_depends_on_it() -> None:
    somewhere = msgspec.structs.replace(O, resource_account=Unknown(hole=ACCOUNT_ID))
    assert decide(somewhere, layers(allow("s3:*", "*"))) == Undecided(
        "unknown_value", "the account that the resource belongs to", (Origin("identity", None, 0),)
    )
    assert isinstance(decide(somewhere, layers(allow("s3:*", "*"), resource=R_ROLE)), Allowed)
    assert decide(somewhere, layers()) == Denied("implicit")
    account = Unknown(symbol("provider.aws", ("account_id",)), hole=ACCOUNT_ID)
    caller = msgspec.structs.replace(CALLER, account=account)
    same = msgspec.structs.replace(O, resource_account=account, caller=caller)
    assert isinstance(decide(same, layers(allow("s3:*", "*"))), Allowed)


def kms(*statements: Value, key_policy: Value = None, **more: Any) -> Layers:
    return layers(*statements, resource=key_policy, resource_kind="kms", **more)


def test_a_key_policy_decides_whether_identity_policies_count() -> None:
    root = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:root"})
    assert isinstance(decide(K, kms(allow("kms:Decrypt", KEY), key_policy=root)), Allowed)
    assert decide(K, kms(key_policy=root)) == Denied("implicit")
    assert decide(K, kms()) == Denied("implicit")
    assert decide(K, kms(allow("kms:Decrypt", KEY), key_policy=root, boundary=allow("s3:*", "*"))) == Denied("boundary")
    role = allow("kms:Decrypt", "*", Principal={"AWS": ROLE})
    assert decide(K, kms(key_policy=role)) == Allowed((Origin("resource", None, 0),))


@every_row("key", ["aws:ResourceTag/team", "AWS:resourceTag/Team", "kms:ResourceAliases"])
def test_tags_and_aliases_of_a_key_decide_in_identity_policies_only(key: str) -> None:
    extras: dict[str, Entry] = {"aws:ResourceTag/": {"team": "app"}, "kms:ResourceAliases": ["app"]}
    asked = msgspec.structs.replace(K, context=K.context.extend(extras))
    condition: Value = {"ForAnyValue:StringEquals": {key: "app"}}
    assert isinstance(decide(asked, kms(allow("kms:Decrypt", KEY, condition))), Allowed)
    for_role = allow("kms:Decrypt", "*", condition, Principal={"AWS": ROLE})
    found = decide(asked, kms(key_policy=for_role))
    assert isinstance(found, Undecided)
    assert (found.kind, found.waits_for) == ("condition", key)


def test_what_is_open_lets_everybody_in_until_it_has_a_policy() -> None:
    assert isinstance(decide(O, layers(resource_kind="open")), Allowed)
    assert isinstance(decide(O, layers(resource_kind="open", boundary=allow("logs:*", "*"))), Allowed)
    assert isinstance(decide(O, layers(deny("*", "*"), resource_kind="open")), Denied)
    assert isinstance(decide(O, layers(resource_kind="open", resource_outside="it")), Undecided)
    assert isinstance(decide(O, layers(resource_kind="open", resource_hidden="its policy")), Undecided)
    other = allow("*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/other"})
    assert decide(O, layers(resource_kind="open", resource=other)) == Denied("implicit")


def test_grants_on_a_key() -> None:
    grant = Origin("aws_kms_grant.g", None, 0)
    admin = allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"})
    assert decide(K, kms(key_policy=admin, grants=((grant, T),))) == Allowed((grant,))
    assert isinstance(decide(K, kms(key_policy=admin, grants=((grant, U),))), Undecided)
    assert isinstance(decide(K, kms(deny("kms:*", "*"), key_policy=admin, grants=((grant, T),))), Denied)


def test_a_role_outside_still_has_what_the_plan_shows() -> None:
    assert decide(O, layers(deny("s3:*", "*"), outside=True)) == Denied("explicit", (Origin("identity", None, 0),))
    assert decide(O, layers(outside=True, boundary=allow("logs:*", "*"))) == Denied("implicit")
    open_grant = allow("s3:*", "*", {"StringEquals": {"aws:SourceVpce": "x"}})
    assert decide(O, layers(open_grant, outside=True)) == Undecided(
        "condition", "aws:SourceVpce", (Origin("identity", None, 0),)
    )


# Trust

TASK = Unknown(hole=Hole(chars=":*?/", shortest=1))
TASK_ARN = text([f"arn:aws:ecs:{REGION}:{ACCOUNT}:task/", TASK, "/", TASK])


def trusted(*statements: Value, **extras: Entry) -> Decision:
    policy = parse_policy(document(*statements), "aws_iam_role.exec", PolicyKind.TRUST)
    context = service_context(source_account=ACCOUNT, source_arn=TASK_ARN, region=REGION).extend(extras)
    return decide_service(policy, "ecs-tasks.amazonaws.com", "sts:AssumeRole", context)


def by_service(service: Value = "ecs-tasks.amazonaws.com", condition: Value = None, **more: Value) -> dict[str, Value]:
    return allow("sts:AssumeRole", None, condition, Principal={"Service": service}, **more)


FINE: Decision = Allowed((Origin("aws_iam_role.exec", None, 0),))


@every_row(
    ("statement", "decision"),
    [
        (by_service(), FINE),
        (by_service(["ec2.amazonaws.com", "ecs-tasks.amazonaws.com"]), FINE),
        (by_service("ecs.amazonaws.com"), Denied("implicit")),
        (by_service("ec2.amazonaws.com"), Denied("implicit")),
        (allow("sts:AssumeRole", Principal={"AWS": ACCOUNT}), Denied("implicit")),
        (allow("sts:AssumeRoleWithWebIdentity", Principal={"Service": "ecs-tasks.amazonaws.com"}), Denied("implicit")),
        (allow("sts:*", Principal={"Service": "ecs-tasks.amazonaws.com"}), FINE),
        (by_service(condition={"StringEquals": {"aws:SourceAccount": ACCOUNT}}), FINE),
        (by_service(condition={"StringEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}), Denied("implicit")),
        (by_service(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"}}), FINE),
        (by_service(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:task/*"}}), FINE),
        (by_service(condition={"ArnEquals": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}), FINE),
        (by_service(condition={"StringLike": {"aws:SourceArn": f"arn:aws:ecs:*:{ACCOUNT}:*"}}), FINE),
        (
            by_service(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:cluster/main"}}),
            Denied("implicit"),
        ),
        (
            by_service(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:service/*"}}),
            Denied("implicit"),
        ),
        (
            by_service(condition={"ArnLike": {"aws:SourceArn": f"arn:aws:ecs:us-east-1:{ACCOUNT}:*"}}),
            Denied("implicit"),
        ),
        (
            by_service(condition={"StringEquals": {"aws:SourceArn": f"arn:aws:ecs:{REGION}:{ACCOUNT}:*"}}),
            Denied("implicit"),
        ),
        (by_service(condition={"StringEquals": {"sts:ExternalId": "x"}}), Denied("implicit")),
        (by_service(condition={"Bool": {"aws:MultiFactorAuthPresent": "true"}}), Denied("implicit")),
    ],
)
def test_trust(statement: Value, decision: Decision) -> None:
    assert trusted(statement) == decision


def test_trust_that_stays_open_says_why() -> None:
    here = (Origin("aws_iam_role.exec", None, 0),)
    vpc = by_service(condition={"StringEquals": {"aws:SourceVpc": "vpc-1"}})
    assert trusted(vpc) == Undecided("condition", "aws:SourceVpc", here)
    assert trusted(by_service(SLOT)) == Undecided("unknown_value", "whom the trust policy names", here)
    assert trusted(allow("sts:AssumeRole", Principal="*")) == Undecided(
        "unknown_value", "whom the trust policy names", here
    )
    assert trusted(SLOT) == Undecided("unknown_value", "${x.y.z}", here)


def test_a_deny_in_a_trust_policy() -> None:
    forbidden = by_service(condition={"StringNotEquals": {"aws:SourceAccount": OTHER_ACCOUNT}}) | {"Effect": "Deny"}
    assert trusted(by_service(), forbidden) == Denied("explicit", (Origin("aws_iam_role.exec", None, 1),))
    other = by_service("ec2.amazonaws.com") | {"Effect": "Deny"}
    assert trusted(by_service(), other) == FINE


def test_a_trust_policy_that_cannot_be_read() -> None:
    broken = Policy("aws_iam_role.exec", invalid="the document is not JSON")
    assert decide_service(broken, "ecs-tasks.amazonaws.com", "sts:AssumeRole", Context({})) == Undecided(
        "policy_not_readable", "aws_iam_role.exec: the document is not JSON"
    )
    assert resource_policy(R_ROLE).invalid is None


def test_many_policies_are_not_searched_for_one_bucket() -> None:
    others = tuple(identity(allow("s3:GetObject", f"arn:aws:s3:::other-{number}/*")) for number in range(100))
    granting = identity(allow("s3:GetObject", "arn:aws:s3:::cfg/app/*"))
    with limits.limit_steps() as left:
        assert isinstance(decide(O, Layers(identity=(*others, granting))), Allowed)
    assert limits.STEPS - left.steps < 100
