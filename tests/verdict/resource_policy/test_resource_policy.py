"""What the needed thing says of itself, on worlds made by hand; the cases of testdata hold whole plans."""

from __future__ import annotations

import json

import pytest

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference
from tests.rows import every_row
from tests.symbols import symbol
from tfcheck.iam import (
    Absent,
    Allowed,
    Caller,
    Decision,
    Denied,
    Entry,
    Layers,
    OneOfValues,
    PolicyKind,
    Request,
    Undecided,
    decide,
    parse_policy,
    start_up_context,
)
from tfcheck.resolve.attribute_shapes import ASSIGNED_ID
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import SECRET_SUFFIX, TextLike, Truth, Unknown, Value, text
from tfcheck.verdict.resource_policy import ResourcePolicies, ResourceSide
from tfcheck.verdict.resource_policy.bucket import is_public
from tfcheck.verdict.resource_policy.resource_side import KeyGrant

ROLE = "arn:aws:iam::111122223333:role/execution"
FILE = "arn:aws:s3:::cfg/app.env"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/k1"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
REPOSITORY = "arn:aws:ecr:eu-west-1:111122223333:repository/shop"
EVERYTHING = parse_policy(
    {"Version": "2012-10-17", "Statement": {"Effect": "Allow", "Action": "*", "Resource": "*"}}, "all"
)


def policy(effect: str = "Allow", principal: Value = None, **more: Value) -> str:
    statement = {"Effect": effect, "Principal": principal or {"AWS": ROLE}, "Action": "*", "Resource": "*", **more}
    return json.dumps({"Version": "2012-10-17", "Statement": [statement]})


def of(resource: TextLike, *resources: MadeResource, earlier: list[MadeResource] | None = None) -> ResourceSide:
    world = MadeWorld(*resources, earlier=earlier)
    return ResourcePolicies(world).of(resource)


def decided(action: str, resource: TextLike, guarded: ResourceSide, *, granted: bool = True) -> Decision:
    caller = Caller(ROLE, "execution", "111122223333", tags={})
    context = start_up_context(caller, action, resource_account=guarded.account or "111122223333")
    request = Request(action, resource, caller, context, guarded.account)
    layers = Layers(
        identity=(EVERYTHING,) if granted else (),
        resource=guarded.policy,
        resource_hidden=guarded.hidden,
        resource_outside=guarded.outside,
        resource_kind=guarded.kind,
        grants=guarded.grants.covering(request),
    )
    return decide(request, layers)


def bucket(around: Surroundings = HERE, computed: tuple[str, ...] = (), **attributes: Value) -> MadeResource:
    known: dict[str, Value] = {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg", **attributes}
    return MadeResource("aws_s3_bucket.cfg", known, around, computed)


def bucket_policy(on: Value = "cfg", text: Value = None, around: Surroundings = HERE) -> MadeResource:
    return MadeResource("aws_s3_bucket_policy.cfg", {"bucket": on, "policy": text or policy()}, around)


# Buckets


@every_row("on", ["cfg", reference("aws_s3_bucket.cfg", "id"), reference("aws_s3_bucket.cfg", "bucket", "cfg")])
@every_row("resource", [FILE, "arn:aws:s3:::cfg", text([reference("aws_s3_bucket.cfg", "arn"), "/x"])])
def test_a_bucket_s_policy_is_found_by_name_and_by_reference(on: Value, resource: TextLike) -> None:
    guarded = of(resource, bucket(), bucket_policy(on))
    assert guarded.policy is not None
    assert guarded.policy.name == "aws_s3_bucket_policy.cfg"
    assert (guarded.hidden, guarded.outside, guarded.account) == (None, None, "111122223333")


def test_another_bucket_s_policy_is_not_this_one_s() -> None:
    other = MadeResource("aws_s3_bucket.other", {"bucket": Unknown(reason="a variable")})
    on = reference("aws_s3_bucket.other", "id")
    guarded = of(FILE, bucket(), other, bucket_policy(on))
    assert (guarded.policy, guarded.hidden, guarded.in_plan) == (None, None, True)


def test_a_policy_that_may_be_on_the_bucket_may_count() -> None:
    guarded = of(FILE, bucket(), bucket_policy(Unknown(reason="a variable")))
    assert (guarded.policy, guarded.hidden, len(guarded.possible_policies)) == (None, None, 1)


def test_a_policy_that_cannot_be_read_hides() -> None:
    unread = MadeResource("aws_s3_bucket_policy.cfg", {"bucket": "cfg", "policy": Unknown(reason="no sources")})
    guarded = of(FILE, bucket(), unread)
    assert guarded.hidden is not None
    assert isinstance(decided("s3:GetObject", FILE, guarded), Allowed)


def test_a_policy_of_the_cloud_control_provider_is_not_read() -> None:
    named: dict[str, Value] = {"bucket": reference("aws_s3_bucket.cfg", "id"), "policy_document": policy("Deny")}
    assert "awscc_s3_bucket_policy.p" in (
        of(FILE, bucket(), MadeResource("awscc_s3_bucket_policy.p", named)).hidden or ""
    )
    named = {"bucket": "other", "policy_document": policy("Deny")}
    assert of(FILE, bucket(), MadeResource("awscc_s3_bucket_policy.p", named)).hidden is None
    named = {"secret_id": SECRET, "resource_policy": policy("Deny")}
    secret = MadeResource("aws_secretsmanager_secret.db", {"arn": SECRET, "name": "db", "id": SECRET})
    written = MadeResource("awscc_secretsmanager_resource_policy.p", named)
    assert "awscc_secretsmanager_resource_policy.p" in (of(SECRET, secret, written).hidden or "")


def test_a_bucket_without_a_policy_has_none_and_one_outside_may_have_one() -> None:
    assert of(FILE, bucket()) == ResourceSide(account="111122223333", in_plan=True)
    assert of(FILE) == ResourceSide(outside="a bucket outside the plan")
    found = decided("s3:GetObject", FILE, of(FILE))
    assert isinstance(found, Allowed)
    assert any("a bucket outside the plan" in each for each in found.assumptions)


def test_the_old_argument_is_the_policy_where_it_is_written() -> None:
    guarded = of(FILE, bucket(policy=policy("Deny")))
    found = decided("s3:GetObject", FILE, guarded)
    assert isinstance(found, Denied)
    assert (found.kind, found.by[0].policy) == ("explicit", "aws_s3_bucket.cfg")


def test_a_computed_policy_that_another_resource_set_is_stale_once_that_is_gone() -> None:
    computed = bucket(computed=("policy",), policy=policy("Deny"))
    assert of(FILE, computed, earlier=[computed, bucket_policy()]).policy is None
    assert of(FILE, computed, earlier=[computed]).policy is not None


def test_a_computed_policy_of_a_new_bucket_is_none() -> None:
    assert of(FILE, bucket(computed=("policy",), policy=Unknown())) == ResourceSide(
        account="111122223333", in_plan=True
    )


def test_a_bucket_of_another_account_must_let_the_role_in() -> None:
    shut = of(FILE, bucket(ELSEWHERE))
    assert decided("s3:GetObject", FILE, shut) == Denied("resource_policy")
    let_in = of(FILE, bucket(ELSEWHERE), bucket_policy(around=ELSEWHERE))
    assert isinstance(decided("s3:GetObject", FILE, let_in), Allowed)
    assert decided("s3:GetObject", FILE, let_in, granted=False) == Denied("implicit")


def test_a_policy_that_names_its_bucket_by_arn_is_refused() -> None:
    denying = policy("Deny", "*")
    for named in ("arn:aws:s3:::cfg", reference("aws_s3_bucket.cfg", "arn", "arn:aws:s3:::cfg")):
        by_arn = MadeResource("aws_s3_bucket_policy.cfg", {"bucket": named, "policy": denying})
        assert of(FILE, bucket(), by_arn).policy is None
    by_name = MadeResource("aws_s3_bucket_policy.cfg", {"bucket": "cfg", "policy": denying})
    assert of(FILE, bucket(), by_name).policy is not None


# Public access


def blocked(*, restrict: Value = True, on: Value = "cfg", name: str = "cfg") -> MadeResource:
    attributes: dict[str, Value] = {"bucket": on, "restrict_public_buckets": restrict}
    return MadeResource(f"aws_s3_bucket_public_access_block.{name}", attributes)


def test_restricting_a_public_bucket_cuts_off_other_accounts_only() -> None:
    public = policy(principal="*")
    elsewhere = of(FILE, bucket(ELSEWHERE), bucket_policy(text=public, around=ELSEWHERE), blocked())
    found = decided("s3:GetObject", FILE, elsewhere)
    assert isinstance(found, Denied)
    assert found.by[0].policy == "aws_s3_bucket_public_access_block.cfg"
    here = of(FILE, bucket(), bucket_policy(text=public), blocked())
    assert isinstance(decided("s3:GetObject", FILE, here), Allowed)
    perhaps = blocked(on=Unknown(reason="a variable"))
    open_ = of(FILE, bucket(ELSEWHERE), bucket_policy(text=public, around=ELSEWHERE), perhaps)
    assert isinstance(decided("s3:GetObject", FILE, open_), Undecided)


def test_of_two_blocks_on_one_bucket_either_may_remain() -> None:
    foreign = [bucket(ELSEWHERE), bucket_policy(text=policy(principal="*"), around=ELSEWHERE)]
    for name in ("a", "z"):
        either = of(FILE, *foreign, blocked(), blocked(restrict=False, name=name))
        assert isinstance(decided("s3:GetObject", FILE, either), Undecided)
    attributes: dict[str, Value] = {"account_id": ELSEWHERE.account, "restrict_public_buckets": True}
    whole_account = MadeResource("aws_s3_account_public_access_block.all", attributes, ELSEWHERE)
    cut = of(FILE, *foreign, blocked(), blocked(restrict=False, name="z"), whole_account)
    assert isinstance(decided("s3:GetObject", FILE, cut), Denied)


@every_row(
    ("around", "account", "expected"),
    [
        (ELSEWHERE, Unknown(), Denied),  # computed: the account of its provider
        (ELSEWHERE, "111122223333", Allowed),
        (HERE, ELSEWHERE.account, Denied),
        (HERE, None, Allowed),
        (OPEN, None, Undecided),
    ],
)
def test_an_account_restricts_all_its_buckets(around: Surroundings, account: Value, expected: type) -> None:
    attributes: dict[str, Value] = {"account_id": account, "restrict_public_buckets": True}
    block = MadeResource("aws_s3_account_public_access_block.all", attributes, around)
    public = bucket_policy(text=policy(principal="*"), around=ELSEWHERE)
    assert isinstance(decided("s3:GetObject", FILE, of(FILE, bucket(ELSEWHERE), public, block)), expected)


def test_what_is_not_public_is_not_restricted() -> None:
    guarded = of(FILE, bucket(ELSEWHERE), bucket_policy(around=ELSEWHERE), blocked())
    assert isinstance(decided("s3:GetObject", FILE, guarded), Allowed)
    public = bucket_policy(text=policy(principal="*"), around=ELSEWHERE)
    assert isinstance(
        decided("s3:GetObject", FILE, of(FILE, bucket(ELSEWHERE), public, blocked(restrict=False))), Allowed
    )


ENDPOINT = Unknown(symbol("aws_vpc_endpoint.s3", ("id",)), hole=ASSIGNED_ID)


@pytest.mark.parametrize(
    ("condition", "public"),
    [
        ({"Bool": {"aws:SecureTransport": "true"}}, Truth.TRUE),
        ({"StringEquals": {"aws:RequestedRegion": "eu-west-1"}}, Truth.TRUE),
        ({"StringEquals": {"aws:SourceVpce": ["vpce-1", "vpce-2"]}}, Truth.FALSE),
        ({"StringEquals": {"aws:SourceVpce": ENDPOINT}}, Truth.FALSE),
        ({"StringEquals": {"aws:SourceVpce": Unknown()}}, Truth.UNKNOWN),
        ({"StringLike": {"AWS:sourcevpc": "vpc-1"}, "Bool": {"aws:SecureTransport": "true"}}, Truth.FALSE),
        ({"StringLike": {"aws:SourceVpc": ["vpc-1", "vpc-*"]}}, Truth.TRUE),
        ({"StringLike": {"aws:SourceVpc": "vpc-*"}, "ArnEquals": {"aws:SourceArn": "arn:aws:s3:::a"}}, Truth.FALSE),
        ({"StringEquals": {"aws:SourceVpc": "vpc-*"}}, Truth.UNKNOWN),
        ({"StringEquals": {"aws:PrincipalOrgID": "o-1"}}, Truth.FALSE),
        ({"StringEquals": {"aws:PrincipalOrgID": "${aws:ResourceOrgID}"}}, Truth.TRUE),
        ({"StringEquals": {"aws:PrincipalAccount": "111122223333"}}, Truth.UNKNOWN),
        ({"StringNotEquals": {"aws:SourceVpce": "vpce-1"}}, Truth.UNKNOWN),
        ({"StringEqualsIfExists": {"aws:SourceVpce": "vpce-1"}}, Truth.UNKNOWN),
        ({"Null": {"aws:SourceVpce": "false"}}, Truth.TRUE),
        ({"IpAddress": {"aws:SourceIp": ["10.0.0.0/8", "2001:db8::/32"]}}, Truth.FALSE),
        ({"IpAddress": {"aws:SourceIp": "64.0.0.0/7"}}, Truth.TRUE),
        ({"IpAddress": {"aws:SourceIp": Unknown()}}, Truth.UNKNOWN),
        ({"StringLike": {"aws:userid": "AROA:*"}}, Truth.TRUE),
        ({"StringLike": {"aws:userid": "AIDA*"}}, Truth.UNKNOWN),
        ({"StringEquals": {"aws:userid": "AIDA"}}, Truth.FALSE),
        ({"ArnLike": {"s3:DataAccessPointArn": "arn:aws:s3:eu-west-1:1:accesspoint/*"}}, Truth.UNKNOWN),
    ],
)
def test_a_condition_with_fixed_values_makes_a_policy_non_public(condition: Value, public: Truth) -> None:
    document: Value = {
        "Version": "2012-10-17",
        "Statement": {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Condition": condition},
    }
    assert is_public(parse_policy(document, "bucket", PolicyKind.RESOURCE).statements[0]) is public


@pytest.mark.parametrize(
    ("principal", "public"),
    [
        ({"Federated": "graph.facebook.com"}, Truth.TRUE),
        ({"Federated": "arn:aws:iam::111122223333:saml-provider/own"}, Truth.FALSE),
        ({"Service": "cloudtrail.amazonaws.com"}, Truth.FALSE),
    ],
)
def test_all_users_of_an_identity_provider_make_a_policy_public(principal: Value, public: Truth) -> None:
    written = parse_policy(policy(principal=principal), "bucket", PolicyKind.RESOURCE)
    assert is_public(written.statements[0]) is public


def test_a_policy_that_is_limited_to_fixed_values_still_grants() -> None:
    limits: Value = {"StringEquals": {"aws:PrincipalOrgID": "o-1", "aws:PrincipalAccount": "111122223333"}}
    granted = json.loads(policy())["Statement"]
    statements = [*granted, {**granted[0], "Principal": "*", "Condition": limits}]
    document = json.dumps({"Version": "2012-10-17", "Statement": statements})
    guarded = of(FILE, bucket(ELSEWHERE), bucket_policy(text=document, around=ELSEWHERE), blocked())
    assert isinstance(decided("s3:GetObject", FILE, guarded), Allowed)


def test_a_policy_that_may_be_public_leaves_it_open() -> None:
    narrowed = policy(principal="*", Condition={"StringEquals": {"aws:PrincipalAccount": "111122223333"}})
    guarded = of(FILE, bucket(ELSEWHERE), bucket_policy(text=narrowed, around=ELSEWHERE), blocked())
    assert isinstance(decided("s3:GetObject", FILE, guarded), Undecided)


def test_open_ownership_is_an_assumption() -> None:
    controls = MadeResource(
        "aws_s3_bucket_ownership_controls.cfg", {"bucket": "cfg", "rule": [{"object_ownership": "ObjectWriter"}]}
    )
    assert len(of(FILE, bucket(), controls).notes) == 1
    assert of(FILE, bucket()).notes == ()


# Keys


def test_of_two_policies_set_on_one_bucket_the_one_that_is_written_remains() -> None:
    def other(text: str) -> MadeResource:
        return MadeResource("aws_s3_bucket_policy.other", {"bucket": "cfg", "policy": text})

    both = [bucket(), bucket_policy(), other(policy("Deny"))]
    for earlier in (None, [bucket()]):  # neither is written, or both are
        guarded = of(FILE, *both, earlier=earlier)
        assert guarded.policy is None
        assert [each.name for each in guarded.possible_policies] == [str(each.address) for each in both[1:]]
    for earlier in ([bucket(), bucket_policy()], [bucket(), bucket_policy(), other(policy())]):
        written = of(FILE, *both, earlier=earlier)
        assert written.policy is not None
        assert (written.policy.name, written.possible_policies) == ("aws_s3_bucket_policy.other", ())
    alike = of(FILE, bucket(), bucket_policy(), other(policy()))
    assert alike.policy is not None
    assert alike.policy.name == "aws_s3_bucket_policy.cfg"


def key(computed: tuple[str, ...] = (), **attributes: Value) -> MadeResource:
    return MadeResource("aws_kms_key.k", {"arn": KEY, "key_id": "k1", "id": "k1", **attributes}, HERE, computed)


def test_a_key_without_a_policy_has_the_default_one() -> None:
    for guarded in (of(KEY, key()), of(KEY, key(("policy",), policy=Unknown()))):
        assert (guarded.kind, guarded.policy, guarded.hidden, guarded.outside) == ("kms", None, None, None)
        assert isinstance(decided("kms:Decrypt", KEY, guarded), Allowed)
        assert decided("kms:Decrypt", KEY, guarded, granted=False) == Denied("implicit")


def test_the_policy_of_a_key_that_the_change_writes_overwrites_another_resource_s() -> None:
    def named(key_before: str, other_before: str) -> str:
        before = [key(policy=key_before), set_on_key(other_before)]
        found = of(KEY, key(policy=policy()), set_on_key(policy("Deny")), earlier=before).policy
        return found.name if found is not None else ""

    def set_on_key(text: str) -> MadeResource:
        return MadeResource("aws_kms_key_policy.p", {"key_id": "k1", "policy": text})

    assert named(policy("Deny"), policy("Deny")) == "aws_kms_key.k"
    assert named(policy(), policy()) == named(policy("Deny"), policy()) == "aws_kms_key_policy.p"
    assert named(policy(), policy("Deny")) == "aws_kms_key_policy.p"


def test_a_key_outside_the_plan_is_assumed_to_have_the_default_policy() -> None:
    found = decided("kms:Decrypt", KEY, of(KEY))
    assert isinstance(found, Allowed)
    assert any("default key policy" in each for each in found.assumptions)


@every_row("named", ["k1", KEY, reference("aws_kms_key.k", "id"), reference("aws_kms_key.k", "arn")])
def test_a_key_policy_of_its_own_resource_decides(named: Value) -> None:
    admin = policy(principal={"AWS": "arn:aws:iam::111122223333:role/admin"})
    guarded = of(KEY, key(), MadeResource("aws_kms_key_policy.k", {"key_id": named, "policy": admin}))
    assert decided("kms:Decrypt", KEY, guarded) == Denied("resource_policy")
    guarded = of(KEY, MadeResource("aws_kms_key_policy.k", {"key_id": KEY, "policy": policy()}))
    assert isinstance(decided("kms:Decrypt", KEY, guarded, granted=False), Allowed)


def grant(**attributes: Value) -> MadeResource:
    known: dict[str, Value] = {"key_id": "k1", "grantee_principal": ROLE, "operations": ["Decrypt"], **attributes}
    return MadeResource("aws_kms_grant.g", known)


@every_row(
    ("attributes", "allowed"),
    [
        ({}, True),
        ({"operations": ["Encrypt"]}, False),
        ({"grantee_principal": "arn:aws:iam::111122223333:role/other"}, False),
        ({"key_id": "k2"}, False),
    ],
)
def test_a_grant_allows_its_grantee_what_it_lists(attributes: dict[str, Value], *, allowed: bool) -> None:
    found = decided("kms:Decrypt", KEY, of(KEY, key(), grant(**attributes)), granted=False)
    assert isinstance(found, Allowed if allowed else Denied)


def test_a_grant_for_an_unknown_grantee_decides_nothing() -> None:
    found = decided("kms:Decrypt", KEY, of(KEY, key(), grant(grantee_principal=Unknown())), granted=False)
    assert isinstance(found, Undecided)


@every_row(("many", "limit"), [(100, ""), (101, "limit: 101 different policies that may be on it")])
def test_very_many_different_policies_that_may_be_on_a_bucket_are_unknown(many: int, limit: str) -> None:
    on = Unknown(reason="a variable")
    policies = (policy(Sid=f"s{each}") for each in range(many))
    several = [
        MadeResource(f"aws_s3_bucket_policy.b{i}", {"bucket": on, "policy": each}) for i, each in enumerate(policies)
    ]
    guarded = of(FILE, bucket(), *several)
    assert len(guarded.possible_policies) == (1 if limit else 100)
    assert guarded.possible_policies[0].statements[0].unread == (Unknown(reason=limit) if limit else None)


def test_of_many_equal_policies_that_may_be_on_a_bucket_one_counts() -> None:
    on, document = Unknown(reason="a variable"), policy()
    several = [MadeResource(f"aws_s3_bucket_policy.b{each}", {"bucket": on, "policy": document}) for each in range(500)]
    assert [each.name for each in of(FILE, bucket(), *several).possible_policies] == ["aws_s3_bucket_policy.b0"]


def test_very_many_grants_that_may_be_on_a_key_may_allow_everything() -> None:
    def others(count: int) -> ResourceSide:
        roles = (f"arn:aws:iam::111122223333:role/r{each}" for each in range(count))
        on = Unknown(reason="a variable")
        return of(KEY, key(), *(grant(key_id=on, grantee_principal=each) for each in roles))

    assert isinstance(decided("kms:Decrypt", KEY, others(100), granted=False), Denied)
    assert isinstance(decided("kms:Decrypt", KEY, others(101), granted=False), Undecided)


def test_a_grant_may_be_bound_to_an_encryption_context() -> None:
    bound = grant(constraints=[{"encryption_context_subset": {"SecretARN": SECRET}}])
    assert isinstance(decided("kms:Decrypt", KEY, of(KEY, key(), bound), granted=False), Undecided)


@every_row(
    ("constraint", "carried", "truth"),
    [
        ({"encryption_context_subset": {"SecretARN": SECRET}}, SECRET, Truth.TRUE),
        ({"encryption_context_equals": {"SecretARN": SECRET}}, SECRET, Truth.UNKNOWN),
        (
            {"encryption_context_subset": {"SecretARN": SECRET}, "encryption_context_equals": {"SecretARN": SECRET}},
            SECRET,
            Truth.UNKNOWN,
        ),
        ({"encryption_context_subset": {"SecretARN": SECRET}}, "other", Truth.FALSE),
        ({"encryption_context_subset": {"SecretARN": SECRET}}, OneOfValues(("other", "another")), Truth.FALSE),
        ({"encryption_context_subset": {"SecretARN": SECRET}}, OneOfValues((SECRET, "other")), Truth.UNKNOWN),
        ({"encryption_context_equals": {"SecretARN": SECRET}}, "other", Truth.FALSE),
        ({"encryption_context_equals": {"SecretARN": SECRET}}, Absent(), Truth.FALSE),
        ({}, SECRET, Truth.TRUE),
    ],
)
def test_an_encryption_context_that_holds_the_pairs_need_not_equal_them(
    constraint: Value, carried: Entry, truth: Truth
) -> None:
    caller = Caller(ROLE, "execution", "111122223333", tags={})
    context = start_up_context(caller, "kms:Decrypt", extras={"kms:EncryptionContext:SecretARN": carried})
    bound = KeyGrant(grant(constraints=[constraint]))
    assert bound.covers(Request("kms:Decrypt", KEY, caller, context), Truth.TRUE) is truth


@every_row(
    ("pairs", "keys", "truth"),
    [
        ({"SecretARN": SECRET}, ["SecretARN"], Truth.TRUE),
        ({"SecretARN": SECRET}, ["SecretARN", "SecretVersionId"], Truth.FALSE),
        ({"secretarn": SECRET}, ["SecretARN"], Truth.TRUE),
        ({"secretarn": SECRET.upper()}, ["SecretARN"], Truth.FALSE),
        ({"SecretARN": SECRET}, ["SecretARN", Unknown(reason="its writer")], Truth.UNKNOWN),
    ],
)
def test_an_encryption_context_that_is_known_is_compared_as_a_whole(
    pairs: dict[str, Value], keys: list[Value], truth: Truth
) -> None:
    caller = Caller(ROLE, "execution", "111122223333", tags={})
    extras: dict[str, Entry] = {"kms:EncryptionContext:SecretARN": SECRET, "kms:EncryptionContextKeys": keys}
    context = start_up_context(caller, "kms:Decrypt", extras=extras)
    bound = KeyGrant(grant(constraints=[{"encryption_context_equals": pairs}]))
    assert bound.covers(Request("kms:Decrypt", KEY, caller, context), Truth.TRUE) is truth


def test_a_grant_of_another_stack_counts_beside_the_key_s_policy() -> None:
    world = MadeWorld(key(), context=[MadeWorld(grant())])
    assert isinstance(decided("kms:Decrypt", KEY, ResourcePolicies(world).of(KEY), granted=False), Allowed)


def test_a_grant_that_may_be_on_the_key_leaves_it_open() -> None:
    found = decided("kms:Decrypt", KEY, of(KEY, key(), grant(key_id=Unknown(reason="a variable"))), granted=False)
    assert isinstance(found, Undecided)
    assert found.waits_for == "whether aws_kms_grant.g covers the call"


# Secrets, repositories, the rest


@pytest.mark.parametrize("named", [SECRET, reference("aws_secretsmanager_secret.db", "arn")])
def test_a_secret_s_policy_is_found(named: Value) -> None:
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    holder = MadeResource("aws_secretsmanager_secret_policy.db", {"secret_arn": named, "policy": policy("Deny")})
    assert isinstance(decided("secretsmanager:GetSecretValue", SECRET, of(SECRET, secret, holder)), Denied)
    assert of(SECRET, secret) == ResourceSide(account="111122223333", in_plan=True)
    assert of(SECRET).outside == "a secret outside the plan"


def test_a_secret_that_was_looked_up_shows_its_policy_and_its_arn_the_account() -> None:
    secret = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "policy": policy("Deny")})
    guarded = of(SECRET, secret)
    assert guarded.account is None
    assert isinstance(decided("secretsmanager:GetSecretValue", SECRET, guarded), Denied)
    managed = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    assert of(SECRET, secret, managed).policy is None


def test_a_secret_whose_end_is_not_known_may_be_the_one_that_is_named() -> None:
    open_end = text(["arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-", Unknown(hole=SECRET_SUFFIX)])
    holder = MadeResource("aws_secretsmanager_secret_policy.db", {"secret_arn": open_end, "policy": policy("Deny")})
    guarded = of(SECRET, holder)
    assert (guarded.outside, len(guarded.possible_policies)) == ("a secret outside the plan", 1)


@pytest.mark.parametrize(("kind", "resource", "of_key"), [("bucket", FILE, False), ("grant", KEY, True)])
def test_a_role_created_anew_is_not_the_one_that_a_policy_or_a_grant_named(
    kind: str, resource: str, of_key: bool
) -> None:
    role = MadeResource("aws_iam_role.e", {"arn": ROLE, "name": "execution", "id": "execution"})
    anew = MadeResource("aws_iam_role.e", {"arn": ROLE, "name": "execution", "id": reference("aws_iam_role.e", "id")})
    holder = bucket_policy("cfg")
    if of_key:
        values: dict[str, Value] = {"key_id": KEY, "grantee_principal": ROLE, "operations": ["Decrypt"], "id": "g"}
        holder = MadeResource("aws_kms_grant.g", values)

    def allowed(*after: MadeResource, before: list[MadeResource]) -> bool:
        guarded = of(resource, *after, holder, earlier=before)
        action = "kms:Decrypt" if of_key else "s3:GetObject"
        return isinstance(decided(action, resource, guarded, granted=False), Allowed)

    assert allowed(role, before=[role, holder])
    assert allowed(anew, before=[role])
    assert not allowed(anew, before=[role, holder])
    assert allowed(anew, before=[holder])


def test_the_key_of_a_parameter_that_is_looked_up_is_assumed() -> None:
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/token"
    for kind, noted in (("SecureString", True), ("String", False)):
        values: dict[str, Value] = {"name": "/token", "arn": arn, "type": kind}
        read, made = (MadeResource(f"{each}aws_ssm_parameter.t", values) for each in ("data.", ""))
        assert bool(of(arn, read).notes) is noted
        assert of(arn, read, made).notes == ()


def test_a_repository_s_and_its_registry_s_policies_are_joined() -> None:
    document = policy().replace(', "Resource": "*"', "")
    own = MadeResource("aws_ecr_repository_policy.p", {"repository": "shop", "policy": document})
    registry = MadeResource("aws_ecr_registry_policy.r", {"policy": policy("Deny")})
    repository = MadeResource("aws_ecr_repository.shop", {"name": "shop", "arn": REPOSITORY})
    guarded = of(REPOSITORY, repository, own, registry)
    assert guarded.policy is not None
    assert [each.origin.policy for each in guarded.policy.statements] == [
        "aws_ecr_repository_policy.p",
        "aws_ecr_registry_policy.r",
    ]
    far = MadeResource("aws_ecr_registry_policy.r", {"policy": policy("Deny")}, ELSEWHERE)
    assert of(REPOSITORY, repository, far).policy is None
    far = MadeResource(
        "aws_ecr_registry_policy.r", {"policy": policy("Deny")}, Surroundings("aws", "eu-north-1", HERE.account)
    )
    assert of(REPOSITORY, repository, far).policy is None


@every_row(
    ("many", "names"), [(2, ["aws_ecr_registry_policy.r0", "aws_ecr_registry_policy.r1"]), (101, ["the policy"])]
)
def test_of_several_policies_of_a_registry_any_may_remain(many: int, names: list[str]) -> None:
    def registry(*texts: str) -> ResourceSide:
        policies = (MadeResource(f"aws_ecr_registry_policy.r{i}", {"policy": text}) for i, text in enumerate(texts))
        return of(REPOSITORY, *policies)

    alike = registry(*[policy("Deny")] * many)
    assert isinstance(decided("ecr:BatchGetImage", REPOSITORY, alike), Denied)
    several = registry(*(policy("Deny", Sid=f"S{each}") for each in range(many)))
    assert (several.policy, [each.name for each in several.possible_policies]) == (None, names)


def test_a_repository_of_another_account_is_not_visible() -> None:
    far = REPOSITORY.replace("111122223333", "444455556666")
    assert isinstance(decided("ecr:BatchGetImage", far, of(far)), Undecided)
    readable = MadeResource("aws_ecr_repository.shop", {"name": "shop", "arn": far}, ELSEWHERE)
    assert decided("ecr:BatchGetImage", far, of(far, readable)) == Denied("resource_policy")


@pytest.mark.parametrize("resource", ["*", "arn:aws:logs:eu-west-1:111122223333:log-group:/g:log-stream:s"])
def test_what_has_no_policy_is_guarded_by_nothing(resource: str) -> None:
    assert of(resource, bucket_policy()) == ResourceSide()


def test_what_is_not_known_at_all_may_have_any_policy_of_the_plan() -> None:
    assert of(Unknown(), bucket_policy()).hidden is not None
    assert of(Unknown()).hidden is None
    assert of("arn:aws:ssm:eu-west-1:111122223333:parameter/a").outside_only_elsewhere


# File systems


SYSTEM = "arn:aws:elasticfilesystem:eu-west-1:111122223333:file-system/fs-1"
MOUNT = "elasticfilesystem:ClientMount"


def system(around: Surroundings = HERE) -> MadeResource:
    return MadeResource("aws_efs_file_system.fs", {"id": "fs-1", "arn": SYSTEM}, around)


def system_policy(on: Value = "fs-1", text: str = "") -> MadeResource:
    return MadeResource("aws_efs_file_system_policy.fs", {"file_system_id": on, "policy": text or policy()})


@pytest.mark.parametrize("on", ["fs-1", reference("aws_efs_file_system.fs", "id")])
def test_a_file_system_s_policy_lets_the_role_in_without_any_of_its_own(on: Value) -> None:
    found = decided(MOUNT, SYSTEM, of(SYSTEM, system(), system_policy(on)), granted=False)
    assert isinstance(found, Allowed)
    assert [origin.policy for origin in found.by] == ["aws_efs_file_system_policy.fs"]


def test_a_file_system_s_policy_for_others_leaves_it_to_the_role() -> None:
    other = policy(principal={"AWS": "arn:aws:iam::111122223333:role/other"})
    guarded = of(SYSTEM, system(), system_policy(text=other))
    assert decided(MOUNT, SYSTEM, guarded, granted=False) == Denied("implicit")
    assert isinstance(decided(MOUNT, SYSTEM, guarded), Allowed)
    shut = of(SYSTEM, system(), system_policy(text=policy("Deny", "*")))
    assert isinstance(decided(MOUNT, SYSTEM, shut), Denied)


def test_a_file_system_without_a_policy_lets_everybody_in() -> None:
    found = decided(MOUNT, SYSTEM, of(SYSTEM, system()), granted=False)
    assert found == Allowed((), ("assumes that nothing else sets a policy on it: without one it admits every client",))
    assert decided(MOUNT, SYSTEM, of(SYSTEM, system())).assumptions == ()  # type: ignore[union-attr]


def test_another_stack_shows_which_policy_a_file_system_has() -> None:
    for shown, decision in (((system(), system_policy()), Allowed), ((system(),), Allowed), ((), Undecided)):
        world = MadeWorld()
        world.context = (MadeWorld(*shown),)
        guarded = ResourcePolicies(world).of(SYSTEM)
        assert isinstance(decided(MOUNT, SYSTEM, guarded, granted=False), decision)


def test_a_file_system_outside_the_plan_may_let_everybody_in() -> None:
    found = decided(MOUNT, SYSTEM, of(SYSTEM), granted=False)
    assert found == Undecided("policy_not_readable", "a file system outside the plan")
    assert isinstance(decided(MOUNT, SYSTEM, of(SYSTEM)), Allowed)
    assert isinstance(decided(MOUNT, SYSTEM, of(SYSTEM, system_policy(Unknown())), granted=False), Undecided)


# What may stand in the way


def warned(*resources: MadeResource, action: str = "s3:GetObject", resource: str = FILE) -> list[str]:
    world = MadeWorld(*resources)
    caller = Caller(ROLE, "execution", "111122223333", tags={})
    request = Request(action, resource, caller, start_up_context(caller, action))
    return [sentence for shared in ResourcePolicies(world).warnings(request) for sentence in shared]


def endpoint(service: str = "com.amazonaws.eu-west-1.s3", **attributes: Value) -> MadeResource:
    return MadeResource("aws_vpc_endpoint.s3", {"id": "vpce-1", "service_name": service, **attributes})


def test_an_endpoint_policy_that_leaves_no_room_is_worth_a_warning() -> None:
    narrow = policy(principal="*", Resource="arn:aws:s3:::other/*")
    assert len(warned(endpoint(policy=narrow))) == 1
    assert warned(endpoint(policy=policy(principal="*"))) == []
    assert warned(endpoint()) == []
    assert warned(endpoint("com.amazonaws.eu-west-1.ecr.api", policy=narrow)) == []
    holder = MadeResource("aws_vpc_endpoint_policy.s3", {"vpc_endpoint_id": "vpce-1", "policy": narrow})
    assert len(warned(endpoint(), holder)) == 1


def test_endpoints_are_warned_about_in_their_order_whichever_have_the_same_policy() -> None:
    narrow, other = (policy(principal="*", Resource=f"arn:aws:s3:::{name}/*") for name in ("other", "another"))
    texts = {"a": narrow, "b": other, "c": policy(principal="*"), "d": narrow, "e": None}
    service: dict[str, Value] = {"service_name": "com.amazonaws.eu-west-1.s3"}
    made = [MadeResource(f"aws_vpc_endpoint.{each}", {**service, "policy": text}) for each, text in texts.items()]

    assert [each.split()[3] for each in warned(*made)] == [f"aws_vpc_endpoint.{each}" for each in "abd"]


@every_row(
    ("resource", "region", "count"),
    [
        ("arn:aws:s3:::other/*", "eu-west-1", 1),
        ("arn:aws:s3:::prod-us-east-1-starport-layer-bucket/*", "eu-west-1", 1),
        ("arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*", "eu-west-1", 0),
        ("arn:aws:s3:::prod-*-starport-layer-bucket/*", "eu-west-1", 0),
        ("arn:aws:s3:::prod-eu-west-1-starport-layer-bucket/*", "us-east-1", 0),  # of the region of the endpoint only
    ],
)
def test_layers_of_images_pass_the_endpoint_for_buckets(resource: str, region: str, count: int) -> None:
    image = f"arn:aws:ecr:{region}:111122223333:repository/app"
    own = policy(principal="*", Action="s3:GetObject", Resource=resource)
    assert len(warned(endpoint(policy=own), action="ecr:GetDownloadUrlForLayer", resource=image)) == count
    assert warned(endpoint(policy=own), action="ecr:BatchGetImage", resource=image) == []


def test_calls_pass_only_endpoints_of_their_region_and_never_those_for_keys() -> None:
    narrow = policy(principal="*", Action="logs:PutLogEvents", Resource="*")
    read = {"action": "ssm:GetParameters", "resource": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}
    assert len(warned(endpoint("com.amazonaws.eu-west-1.ssm", policy=narrow), **read)) == 1
    assert len(warned(endpoint("cn.com.amazonaws.cn-north-1.ssm", policy=narrow), **read)) == 1
    read["resource"] = "arn:aws:ssm:us-east-1:111122223333:parameter/a"
    assert warned(endpoint("com.amazonaws.eu-west-1.ssm", policy=narrow), **read) == []
    assert warned(endpoint(policy=narrow), resource="arn:aws-cn:s3:::acme/prod.env") == []
    key = "arn:aws:kms:eu-west-1:111122223333:key/k"
    assert warned(endpoint("com.amazonaws.eu-west-1.kms", policy=narrow), action="kms:Decrypt", resource=key) == []


@every_row(
    ("kind", "statement", "count"),
    [
        ("SERVICE_CONTROL_POLICY", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, 1),
        (None, {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, 1),
        ("SERVICE_CONTROL_POLICY", {"Effect": "Deny", "Action": "iam:*", "Resource": "*"}, 0),
        ("SERVICE_CONTROL_POLICY", {"Effect": "Allow", "Action": "s3:*", "Resource": "*"}, 0),
        ("SERVICE_CONTROL_POLICY", {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}, 1),
        ("RESOURCE_CONTROL_POLICY", {"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"}, 1),
        ("RESOURCE_CONTROL_POLICY", {"Effect": "Deny", "Principal": "*", "Action": "sts:*", "Resource": "*"}, 0),
        ("TAG_POLICY", {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}, 0),
    ],
)
def test_an_organization_s_policy_that_forbids_is_worth_a_warning(
    kind: Value, statement: dict[str, str], count: int
) -> None:
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    attributes: dict[str, Value] = {"id": "p-1", "type": kind, "content": content}
    made = MadeResource("aws_organizations_policy.p", attributes)
    assert len(warned(made)) == count
    for target, expected in (("444455556666", 0), ("111122223333", count), ("ou-1", count)):
        attached = {"policy_id": "p-1", "target_id": target}
        assert len(warned(made, MadeResource("aws_organizations_policy_attachment.p", {**attached}))) == expected


# File systems of S3 Files


S3_SYSTEM = "arn:aws:s3files:eu-west-1:111122223333:file-system/fs-1"
S3_MOUNT = "s3files:ClientMount"


def s3_system(on: Value = "fs-1", text: str = "") -> tuple[MadeResource, MadeResource]:
    made = MadeResource("aws_s3files_file_system.fs", {"id": "fs-1", "arn": S3_SYSTEM})
    set_on = MadeResource("aws_s3files_file_system_policy.fs", {"file_system_id": on, "policy": text or policy()})
    return made, set_on


@pytest.mark.parametrize("on", ["fs-1", S3_SYSTEM, reference("aws_s3files_file_system.fs", "id")])
def test_a_file_system_of_s3_files_is_opened_by_its_policy_or_the_role_s(on: Value) -> None:
    found = decided(S3_MOUNT, S3_SYSTEM, of(S3_SYSTEM, *s3_system(on)), granted=False)
    assert isinstance(found, Allowed)
    assert [origin.policy for origin in found.by] == ["aws_s3files_file_system_policy.fs"]
    shut = of(S3_SYSTEM, *s3_system(on, policy("Deny", "*")))
    assert isinstance(decided(S3_MOUNT, S3_SYSTEM, shut), Denied)


def test_a_file_system_of_s3_files_without_a_policy_lets_nobody_in() -> None:
    made, _ = s3_system()
    assert decided(S3_MOUNT, S3_SYSTEM, of(S3_SYSTEM, made), granted=False) == Denied("implicit")
    assert isinstance(decided(S3_MOUNT, S3_SYSTEM, of(S3_SYSTEM, made)), Allowed)


def test_a_file_system_of_s3_files_outside_the_plan_is_like_any_other_object_there() -> None:
    guarded = of(S3_SYSTEM)
    assert guarded.outside == "a file system outside the plan"
    assert decided(S3_MOUNT, S3_SYSTEM, guarded, granted=False) == Denied("implicit")
    assert isinstance(decided(S3_MOUNT, S3_SYSTEM, guarded), Allowed)


FLUENT_BIT = "arn:aws:ecr:eu-west-1:906394416424:repository/aws-for-fluent-bit"


def test_aws_lets_every_account_pull_its_image_for_firelens() -> None:
    published = of(FLUENT_BIT)
    assert isinstance(decided("ecr:BatchGetImage", FLUENT_BIT, published), Allowed)
    assert decided("ecr:BatchGetImage", FLUENT_BIT, published, granted=False) == Denied("implicit")
    assert published.notes == (
        "assumes that AWS lets every account pull `aws-for-fluent-bit` from its account 906394416424",
    )


@every_row("other", [FLUENT_BIT.replace("906394416424", "444455556666"), f"{FLUENT_BIT}-mirror"])
def test_nobody_vouches_for_another_image_or_account(other: str) -> None:
    assert isinstance(decided("ecr:BatchGetImage", other, of(other)), Undecided)


@every_row(
    ("others", "earlier", "found"),
    [
        ([], None, True),
        ([MadeResource("aws_s3_bucket_policy.own", {"bucket": "cfg", "policy": "{}"})], None, False),
        ([], [MadeResource("aws_s3_bucket_policy.own", {"bucket": "cfg", "policy": "{}"})], False),
        ([MadeResource("aws_s3_bucket.b", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})], None, False),
    ],
)
def test_a_data_source_shows_the_policy_of_a_bucket_outside_the_plan(
    others: list[MadeResource], earlier: list[MadeResource] | None, *, found: bool
) -> None:
    shown = MadeResource("data.aws_s3_bucket_policy.p", {"bucket": "cfg", "policy": policy("Deny", "*")})
    side = of(FILE, shown, *others, earlier=None if earlier is None else [shown, *earlier])
    name = side.policy.name if side.policy else ""
    assert (name == "data.aws_s3_bucket_policy.p") is found


def test_policies_of_an_organization_are_compared_within_the_steps_of_a_run() -> None:
    documents = (json.dumps({"Statement": {"Effect": "Deny", "Action": f"s3:{a}et*", "Resource": "*"}}) for a in "GPS")
    several = [MadeResource(f"aws_organizations_policy.p{i}", {"content": each}) for i, each in enumerate(documents)]
    assert len(warned(*several)) == 1
    with limits.sublimit(limits.Allowance(4)) as left:
        assert warned(*several) == []
    assert left.exceeded
