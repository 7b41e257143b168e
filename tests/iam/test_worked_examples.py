"""Policies and requests with the decision that AWS would make, and the statements that make it."""

from __future__ import annotations

from typing import Any

from tests.iam.examples import (
    ACCOUNT,
    CFG,
    FOREIGN,
    HERE,
    KEY,
    LOG_GROUP,
    ROLE,
    SECRET,
    SECRET_ARN,
    G,
    K,
    L,
    O,
    P,
    S,
    T,
    W,
    allow,
    deny,
    layers,
    request,
)
from tests.rows import every_row
from tfcheck.iam import Allowed, Decision, Denied, Layers, Request, Undecided, decide
from tfcheck.iam.condition import WITHOUT_VALUE
from tfcheck.symbolic.value import Value

VPCE: Value = {"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}
R_ROLE = allow("s3:GetObject", CFG + "/*", Principal={"AWS": ROLE})
R_ACCOUNT = allow("s3:GetObject", CFG + "/*", Principal={"AWS": ACCOUNT})
ONLY_LOGS = allow("logs:*", "*")
S3_ALL = allow("s3:*", "*")
HIDDEN = "aws_iam_role_policy_attachment.x"

Expected = tuple[Any, ...]

#: number, layers, request, what is decided: the verdict, the kind, what it waits for, the statements as (policy, index)
ROWS: list[tuple[str, Layers, Request, Expected]] = [
    ("1", layers(allow("S3:getobject", CFG + "/app/*")), O, ("allowed", "identity", 0)),
    ("2", layers(allow("s3:GetObject", CFG)), O, ("denied", "implicit")),
    ("3", layers(allow("s3:GetBucketLocation", CFG + "/*")), L, ("denied", "implicit")),
    ("4 O", layers(allow("s3:Get*", CFG + "*")), O, ("allowed", "identity", 0)),
    ("4 L", layers(allow("s3:Get*", CFG + "*")), L, ("allowed", "identity", 0)),
    ("5", layers(allow("s3:GetObject", "arn:aws:s3:::CFG/*")), O, ("denied", "implicit")),
    ("6", layers(allow("s3:GetObjec?", CFG + "/*/prod.env")), O, ("allowed", "identity", 0)),
    (
        "6 key",
        layers(allow("s3:GetObjec?", CFG + "/*/prod.env")),
        request("s3:GetObject", CFG + "/prod.env"),
        ("denied", "implicit"),
    ),
    ("7", layers(allow(None, "*", NotAction="iam:*")), O, ("allowed", "identity", 0)),
    (
        "8 O",
        layers(S3_ALL, deny("s3:Get*", NotResource=[CFG, CFG + "/web/*"])),
        O,
        ("denied", "explicit", "identity", 1),
    ),
    ("8 L", layers(S3_ALL, deny("s3:Get*", NotResource=[CFG, CFG + "/web/*"])), L, ("allowed", "identity", 0)),
    ("9", layers(allow("s3:GetObject", "arn:aws-us-gov:s3:::cfg/*")), O, ("denied", "implicit")),
    (
        "10",
        layers(allow("s3:*", "*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}})),
        O,
        ("unknown", "condition", "aws:SourceVpce", "identity", 0),
    ),
    ("11", layers(S3_ALL, deny("s3:*", "*", VPCE)), O, ("unknown", "condition", "aws:SourceVpce", "identity", 1)),
    ("12", layers(deny("s3:*", "*", VPCE)), O, ("denied", "implicit")),
    (
        "13",
        layers(S3_ALL, deny("s3:*", "*", {"Bool": {"aws:SecureTransport": "false"}})),
        O,
        ("allowed", "identity", 0),
    ),
    (
        "14",
        layers(S3_ALL, deny("s3:*", "*", {"NumericLessThan": {"s3:TlsVersion": "1.2"}})),
        O,
        ("allowed", "identity", 0),
    ),
    (
        "15",
        layers(S3_ALL, deny("s3:*", "*", {"StringNotEquals": {"aws:username": "deploy"}})),
        O,
        ("denied", "explicit", "identity", 1),
    ),
    ("16", layers(allow("s3:*", "*", {"StringEquals": {"aws:username": "deploy"}})), O, ("denied", "implicit")),
    (
        "16 IfExists",
        layers(allow("s3:*", "*", {"StringEqualsIfExists": {"aws:username": "deploy"}})),
        O,
        ("allowed", "identity", 0),
    ),
    (
        "17 all",
        layers(allow("s3:*", "*", {"ForAllValues:StringEquals": {"aws:TagKeys": ["a"]}})),
        O,
        ("allowed", "identity", 0),
    ),
    (
        "17 any",
        layers(allow("s3:*", "*", {"ForAnyValue:StringNotEquals": {"aws:TagKeys": ["a"]}})),
        O,
        ("denied", "implicit"),
    ),
    ("18 true", layers(allow("s3:*", "*", {"Null": {"aws:username": "true"}})), O, ("allowed", "identity", 0)),
    ("18 false", layers(allow("s3:*", "*", {"Null": {"aws:username": "false"}})), O, ("denied", "implicit")),
    (
        "19",
        layers(allow("s3:*", "*", {"StringEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ex*"}})),
        O,
        ("denied", "implicit"),
    ),
    (
        "19 ArnEquals",
        layers(allow("s3:*", "*", {"ArnEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/ex*"}})),
        O,
        ("allowed", "identity", 0),
    ),
    (
        "20",
        layers(allow("s3:*", "*", {"ArnLike": {"aws:PrincipalArn": f"arn:aws:sts::{ACCOUNT}:assumed-role/exec/*"}})),
        O,
        ("denied", "implicit"),
    ),
    (
        "21",
        layers(allow("s3:*", "*", {"StringNotLike": {"aws:PrincipalTag/Team": ["app", "ops"]}})),
        O,
        ("denied", "implicit"),
    ),
    (
        "22",
        layers(allow("s3:*", "*", {"StringEquals": {"aws:SourceVpce": "vpce-1", "aws:PrincipalTag/team": "ops"}})),
        O,
        ("denied", "implicit"),
    ),
    (
        "23",
        layers(allow("s3:*", "*", {"StringEquals": {"aws:SourceVpce": "vpce-1"}}), allow("s3:GetObject", CFG + "/*")),
        O,
        ("allowed", "identity", 1),
    ),
    ("24", layers(allow("s3:GetObject", CFG + "/${aws:PrincipalTag/team}/*")), O, ("allowed", "identity", 0)),
    (
        "24 no Version",
        layers(allow("s3:GetObject", CFG + "/${aws:PrincipalTag/team}/*"), version=None),
        O,
        ("denied", "implicit"),
    ),
    ("25", layers(allow("s3:GetObject", CFG + "/${aws:username}/*")), O, ("denied", "implicit")),
    ("25 default", layers(allow("s3:GetObject", CFG + "/${aws:username, 'app'}/*")), O, ("allowed", "identity", 0)),
    (
        "26",
        layers(S3_ALL, deny("s3:*", NotResource=CFG + "/${aws:username}/*")),
        O,
        ("unknown", "unknown_value", WITHOUT_VALUE.name, "identity", 1),
    ),
    (
        "26 operator",
        layers(S3_ALL, deny("s3:*", "*", {"StringNotLike": {"aws:PrincipalArn": ["x", "*/${aws:username}"]}})),
        O,
        ("unknown", "unknown_value", WITHOUT_VALUE.name, "identity", 1),
    ),
    (
        "26 excluded",
        layers(S3_ALL, deny("s3:*", NotResource=[CFG + "/${aws:username}/*", CFG + "/*"])),
        O,
        ("allowed", "identity", 0),
    ),
    ("27", layers(allow("ssm:GetParameter", "*")), P, ("denied", "implicit")),
    ("28", layers(allow("ssm:GetParameters", "arn:aws:ssm:*:*:parameter/app/*")), P, ("allowed", "identity", 0)),
    (
        "28 //",
        layers(allow("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter//app/token")),
        P,
        ("denied", "implicit"),
    ),
    (
        "29",
        layers(allow("ssm:*", "arn:aws:ssm:*:parameter/app/*")),
        P,
        ("unknown", "unknown_value", "has fewer than the six parts of an ARN", "identity", 0),
    ),
    (
        "30",
        layers(allow("logs:*", "arn:aws:logs:*:log-group:/ecs/app:*")),
        W,
        ("unknown", "unknown_value", "whether a wildcard may run over a colon", "identity", 0),
    ),
    (
        "31",
        layers(allow("ssm:*", "*"), deny("ssm:*", "arn:aws:ssm:*:parameter/app/*")),
        P,
        ("unknown", "unknown_value", "has fewer than the six parts of an ARN", "identity", 1),
    ),
    ("32 ?", layers(allow("secretsmanager:GetSecretValue", SECRET + "db-??????")), S, ("allowed", "identity", 0)),
    ("32 *", layers(allow("secretsmanager:GetSecretValue", SECRET + "db*")), S, ("allowed", "identity", 0)),
    ("33 name", layers(allow("secretsmanager:GetSecretValue", SECRET + "db")), S, ("denied", "implicit")),
    (
        "33 guess",
        layers(allow("secretsmanager:GetSecretValue", SECRET + "db-AbCdEf")),
        S,
        ("unknown", "unknown_value", "${aws_secretsmanager_secret.db.arn}", "identity", 0),
    ),
    (
        "33 json key",
        layers(allow("secretsmanager:GetSecretValue", SECRET + "db-AbCdEf:password::")),
        S,
        ("denied", "implicit"),
    ),
    ("34", layers(allow("secretsmanager:GetSecretValue", SECRET_ARN)), S, ("allowed", "identity", 0)),
    ("35", layers(allow("ecr:GetAuthorizationToken", "arn:aws:ecr:*:*:*")), T, ("denied", "implicit")),
    ("35 *", layers(allow("ecr:*", "*")), T, ("allowed", "identity", 0)),
    ("36", layers(allow("logs:*", LOG_GROUP + "/ecs/app")), W, ("denied", "implicit")),
    ("36 :*", layers(allow("logs:*", LOG_GROUP + "/ecs/app:*")), W, ("allowed", "identity", 0)),
    (
        "37",
        layers(allow("logs:CreateLogGroup", LOG_GROUP + "/ecs/app")),
        G,
        ("unknown", "unknown_value", "which of two forms of the resource AWS checks", "identity", 0),
    ),
    ("37 :*", layers(allow("logs:CreateLogGroup", LOG_GROUP + "/ecs/app:*")), G, ("allowed", "identity", 0)),
    ("38", layers(S3_ALL, boundary=ONLY_LOGS), O, ("denied", "boundary")),
    (
        "39",
        layers(S3_ALL, boundary_hidden="arn:aws:iam::111122223333:policy/b"),
        O,
        ("unknown", "policy_not_readable", "arn:aws:iam::111122223333:policy/b", "identity", 0),
    ),
    ("39 none", layers(boundary_hidden="arn:aws:iam::111122223333:policy/b"), O, ("denied", "implicit")),
    ("40", layers(resource=R_ROLE), O, ("allowed", "resource", 0)),
    ("40 boundary", layers(resource=R_ROLE, boundary=ONLY_LOGS), O, ("denied", "boundary")),
    (
        "41",
        layers(resource=allow("s3:GetObject", CFG + "/*", Principal="*"), boundary=ONLY_LOGS),
        O,
        ("allowed", "resource", 0),
    ),
    ("42", layers(resource=R_ACCOUNT), O, ("denied", "implicit")),
    ("43", layers(S3_ALL, resource=R_ACCOUNT), FOREIGN, ("allowed", "identity", 0, "resource", 0)),
    ("43 only R", layers(resource=R_ACCOUNT), FOREIGN, ("denied", "implicit")),
    (
        "44",
        layers(S3_ALL, resource=allow("s3:PutObject", CFG + "/*", Principal={"AWS": ACCOUNT})),
        FOREIGN,
        ("denied", "resource_policy"),
    ),
    (
        "44 not in plan",
        layers(S3_ALL, resource_outside="the bucket cfg"),
        FOREIGN,
        ("unknown", "policy_not_readable", "the bucket cfg", "identity", 0),
    ),
    ("45", layers(allow("kms:Decrypt", KEY), resource_kind="kms"), K, ("allowed", "identity", 0)),
    (
        "45 only admin",
        layers(
            allow("kms:Decrypt", KEY),
            resource_kind="kms",
            resource=allow("kms:*", "*", Principal={"AWS": f"arn:aws:iam::{ACCOUNT}:role/admin"}),
        ),
        K,
        ("denied", "resource_policy"),
    ),
    (
        "46",
        layers(resource_kind="kms", resource=allow("kms:Decrypt", "*", Principal={"AWS": ROLE})),
        K,
        ("allowed", "resource", 0),
    ),
    (
        "47 alias",
        layers(allow("kms:Decrypt", f"arn:aws:kms:{HERE}:alias/app"), resource_kind="kms"),
        K,
        ("denied", "implicit"),
    ),
    (
        "47 via",
        layers(
            allow("kms:Decrypt", "*", {"StringEquals": {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}}),
            resource_kind="kms",
        ),
        K,
        ("denied", "implicit"),
    ),
    ("48", layers(identity_hidden=(HIDDEN,)), O, ("unknown", "policy_not_readable", HIDDEN)),
    ("49", layers(allow("s3:GetObject", CFG + "/app/*"), identity_hidden=(HIDDEN,)), O, ("allowed", "identity", 0)),
    ("49 deny", layers(deny("s3:*", CFG + "/*"), identity_hidden=(HIDDEN,)), O, ("denied", "explicit", "identity", 0)),
    ("50", layers(outside=True), O, ("unknown", "role_outside_plan", f"the policies of {ROLE}")),
    ("50 inline", layers(allow("s3:GetObject", CFG + "/app/*"), outside=True), O, ("allowed", "identity", 0)),
    (
        "51",
        layers(S3_ALL, resource=deny("s3:*", CFG + "/*", NotPrincipal={"AWS": ROLE})),
        O,
        ("unknown", "unknown_value", "whom the principal names", "resource", 0),
    ),
]


@every_row(("given", "asked", "expected"), [row[1:] for row in ROWS])
def test_worked_example(given: Layers, asked: Request, expected: Expected) -> None:
    assert outline(decide(asked, given)) == expected


def outline(decision: Decision) -> Expected:
    by = tuple(part for origin in decision.by for part in (origin.policy, origin.index))
    match decision:
        case Allowed():
            return ("allowed", *by)
        case Denied(kind=kind):
            return ("denied", kind, *by)
        case Undecided(kind=kind, waits_for=name):
            return ("unknown", kind, name, *by)


def test_an_allow_beside_hidden_policies_states_the_assumption() -> None:
    decision = decide(O, layers(allow("s3:GetObject", CFG + "/app/*"), identity_hidden=(HIDDEN,)))
    assert isinstance(decision, Allowed)
    assert decision.assumptions == (f"assumes that {HIDDEN} does not deny it",)


def test_an_allow_to_a_role_outside_states_the_assumptions() -> None:
    decision = decide(O, layers(S3_ALL, outside=True, resource_outside="the bucket cfg"))
    assert isinstance(decision, Allowed)
    assert decision.assumptions == (
        "assumes that no policy of the role that the plan does not show denies it",
        "assumes that the role has no permissions boundary",
        "assumes that the bucket cfg has no policy that denies it",
    )


def test_a_bucket_of_an_unknown_owner_is_assumed_in_the_account_of_the_role() -> None:
    decision = decide(request("s3:GetObject", CFG + "/x"), layers(S3_ALL))
    assert isinstance(decision, Allowed)
    assert decision.assumptions == ("assumes that the resource belongs to the account of the role",)
