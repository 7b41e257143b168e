"""What may turn out to be one of several may have the policy of any of them: nothing is decided in spite of that."""

from __future__ import annotations

import json

from tests.made_world import MadeResource, MadeWorld
from tfcheck.iam import Allowed, Caller, Decision, Denied, Policy, Request, Undecided, parse_policy, start_up_context
from tfcheck.role import Role
from tfcheck.role.policies import AttachedPolicies
from tfcheck.symbolic.value import NAME, TextLike, Unknown, Value, text
from tfcheck.verdict.call import RoleCall, decide_call
from tfcheck.verdict.resource_policy import ResourcePolicies

ROLE = "arn:aws:iam::111122223333:role/execution"
CALLER = Caller(ROLE, "execution", "111122223333", tags={})
EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "all"
)
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
KEY = text(["arn:aws:kms:eu-west-1:111122223333:key/", Unknown(hole=NAME)])


def document(effect: str, action: str, principal: Value = "*") -> str:
    statement = {"Effect": effect, "Principal": principal, "Action": action, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def decision(
    action: str,
    resource: TextLike,
    *resources: MadeResource,
    context: list[MadeWorld] | None = None,
    identity: Policy | None = None,
) -> Decision:
    world = MadeWorld(*resources, context=context or [])
    guarded = ResourcePolicies(world).of(resource, action.partition(":")[0])
    asked = Request(action, resource, CALLER, start_up_context(CALLER, action, resource_account="111122223333"))
    return decide_call(RoleCall(role(identity or EVERYTHING), asked, guarded))


def role(policy: Policy) -> Role:
    return Role(label="aws_iam_role.e", caller=CALLER, attached=AttachedPolicies((policy,)), managed=True)


def secret(effect: str, action: str = "secretsmanager:*") -> MadeResource:
    attributes: dict[str, Value] = {"name": "db", "arn": SECRET, "policy": document(effect, action)}
    return MadeResource("aws_secretsmanager_secret.db", attributes)


def key(principal: Value) -> MadeResource:
    arn = "arn:aws:kms:eu-west-1:111122223333:key/k1"
    attributes: dict[str, Value] = {"key_id": "k1", "arn": arn, "policy": document("Allow", "kms:*", principal)}
    return MadeResource("aws_kms_key.k", attributes)


def bucket_policy(action: str) -> MadeResource:
    return MadeResource("aws_s3_bucket_policy.b", {"bucket": "cfg", "policy": document("Deny", action)})


def test_a_secret_that_may_be_any_may_have_a_policy_that_denies() -> None:
    read = "secretsmanager:GetSecretValue"
    assert isinstance(decision(read, Unknown(), secret("Deny")), Undecided)
    assert isinstance(
        decision(read, text(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:", Unknown()]), secret("Deny")),
        Undecided,
    )
    assert isinstance(decision(read, SECRET.replace(":db-", ":other-"), secret("Deny")), Allowed)
    assert isinstance(decision(read, Unknown(), secret("Allow")), Allowed)
    assert isinstance(decision(read, Unknown(), secret("Deny", "secretsmanager:PutSecretValue")), Allowed)


def test_only_policies_of_its_service_may_be_its_own() -> None:
    everything = bucket_policy("*")
    assert isinstance(decision("s3:GetObject", Unknown(), everything), Undecided)
    assert isinstance(decision("secretsmanager:GetSecretValue", Unknown(), everything), Allowed)


def test_it_may_be_a_secret_of_another_stack() -> None:
    other = [MadeWorld(secret("Deny"))]
    assert isinstance(decision("secretsmanager:GetSecretValue", Unknown(), context=other), Undecided)


def test_a_key_that_may_be_any_may_be_one_that_lets_nobody_in() -> None:
    assert isinstance(decision("kms:Decrypt", KEY, key({"AWS": "arn:aws:iam::111122223333:user/admin"})), Undecided)
    assert isinstance(decision("kms:Decrypt", KEY, key({"AWS": "arn:aws:iam::111122223333:root"})), Allowed)
    assert isinstance(decision("kms:Decrypt", KEY), Allowed)


NOTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}}, "nothing"
)
FORBIDDEN = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Deny", "Action": "*", "Resource": "*"}}, "forbidden"
)


def test_it_may_have_a_policy_that_names_the_role() -> None:
    named, root = key({"AWS": ROLE}), key({"AWS": "arn:aws:iam::111122223333:root"})
    assert isinstance(decision("kms:Decrypt", KEY, named, identity=NOTHING), Undecided)
    assert isinstance(decision("kms:Decrypt", KEY, context=[MadeWorld(named)], identity=NOTHING), Undecided)
    assert isinstance(decision("kms:Decrypt", KEY, root, identity=NOTHING), Denied)
    assert isinstance(decision("kms:Decrypt", KEY, named, identity=FORBIDDEN), Denied)
    read = "secretsmanager:GetSecretValue"
    assert isinstance(decision(read, Unknown(), secret("Allow"), identity=NOTHING), Undecided)
    assert isinstance(decision(read, Unknown(), secret("Deny"), identity=NOTHING), Denied)
