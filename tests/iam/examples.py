"""The world of the worked examples: one role, a few requests, and short ways to write policies."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.symbols import symbol
from tfcheck.iam import Caller, Context, Entry, Layers, Policy, PolicyKind, Request, parse_policy, start_up_context
from tfcheck.symbolic.value import SECRET_SUFFIX, TextLike, Unknown, Value, text

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
REGION = "eu-west-1"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/exec"
HERE = f"{REGION}:{ACCOUNT}"
CFG = "arn:aws:s3:::cfg"
SECRET = f"arn:aws:secretsmanager:{HERE}:secret:"
LOG_GROUP = f"arn:aws:logs:{HERE}:log-group:"
KEY = f"arn:aws:kms:{HERE}:key/k1"

CALLER = Caller(arn=ROLE, name="exec", account=ACCOUNT, unique_id="AROAEXAMPLEEXAMPLE123", tags={"team": "app"})


def request(
    action: str, resource: TextLike, *, owner: str | None = None, other_form: str | None = None, **more: Entry
) -> Request:
    extras: Mapping[str, Entry] = {key.replace("__", ":"): entry for key, entry in more.items()}
    context: Context = start_up_context(CALLER, action, region=REGION, resource_account=owner, extras=extras)
    return Request(action, resource, CALLER, context, owner, other_form)


#: The ARN of a secret that the plan creates: the six characters are known only after apply.
SUFFIX = Unknown(symbol("aws_secretsmanager_secret.db", ("suffix",)), hole=SECRET_SUFFIX)
SECRET_ARN = Unknown(
    symbol("aws_secretsmanager_secret.db", ("arn",)),
    shape=text([SECRET + "db-", Unknown(hole=SECRET_SUFFIX)]),  # type: ignore[arg-type]
)

O = request("s3:GetObject", CFG + "/app/prod.env", owner=ACCOUNT)  # noqa: E741
L = request("s3:GetBucketLocation", CFG, owner=ACCOUNT)
S = request("secretsmanager:GetSecretValue", SECRET_ARN)
P = request("ssm:GetParameters", f"arn:aws:ssm:{HERE}:parameter/app/token")
K = request("kms:Decrypt", KEY, kms__ViaService="secretsmanager.eu-west-1.amazonaws.com")
T = request("ecr:GetAuthorizationToken", "*")
W = request("logs:CreateLogStream", LOG_GROUP + "/ecs/app:log-stream:app/app/TASKID")
G = request("logs:CreateLogGroup", LOG_GROUP + "/ecs/app:log-stream:", other_form=LOG_GROUP + "/ecs/app")
FOREIGN = request("s3:GetObject", CFG + "/app/prod.env", owner=OTHER_ACCOUNT)


def allow(action: Value, resource: Value = None, condition: Value = None, **more: Value) -> dict[str, Value]:
    return _statement("Allow", action, resource, condition, more)


def deny(action: Value, resource: Value = None, condition: Value = None, **more: Value) -> dict[str, Value]:
    return _statement("Deny", action, resource, condition, more)


def _statement(
    effect: str, action: Value, resource: Value, condition: Value, more: dict[str, Value]
) -> dict[str, Value]:
    statement: dict[str, Value] = {"Effect": effect, **more}
    if action is not None:
        statement["Action"] = action
    if resource is not None:
        statement["Resource"] = resource
    if condition is not None:
        statement["Condition"] = condition
    return statement


def document(*statements: Value, version: str | None = "2012-10-17") -> dict[str, Value]:
    return {"Statement": list(statements)} | ({} if version is None else {"Version": version})


def identity(*statements: Value, version: str | None = "2012-10-17") -> Policy:
    return readable(parse_policy(document(*statements, version=version), "identity"))


def resource_policy(*statements: Value) -> Policy:
    return readable(parse_policy(document(*statements), "resource", PolicyKind.RESOURCE))


def readable(policy: Policy) -> Policy:
    assert policy.invalid is None, policy.invalid
    return policy


def layers(
    *statements: Value, version: str | None = "2012-10-17", boundary: Value = None, resource: Value = None, **more: Any
) -> Layers:
    return Layers(
        identity=(identity(*statements, version=version),),
        boundary=None if boundary is None else (readable(parse_policy(document(boundary), "boundary")),),
        resource=None if resource is None else resource_policy(resource),
        **more,
    )
