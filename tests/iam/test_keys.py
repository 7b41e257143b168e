from __future__ import annotations

import msgspec

from tests.iam.examples import ACCOUNT, CALLER, REGION, ROLE
from tests.rows import every_row
from tfcheck.iam import Absent, Caller, Context, Entry, OneOfValues, PresenceUnknown, service_context, start_up_context
from tfcheck.symbolic.match import glob
from tfcheck.symbolic.value import Hole, TextLike, Truth, Unknown, Value, text

ABSENT = Absent()


def context(action: str = "s3:GetObject", **more: object) -> Context:
    return start_up_context(CALLER, action, region=REGION, **more)  # type: ignore[arg-type]


@every_row(
    ("key", "entry"),
    [
        ("aws:PrincipalArn", ROLE),
        ("aws:principalaccount", ACCOUNT),
        ("AWS:PrincipalType", "AssumedRole"),
        ("aws:SecureTransport", "true"),
        ("aws:RequestedRegion", REGION),
        ("aws:username", ABSENT),
        ("aws:SourceArn", ABSENT),
        ("aws:SourceAccount", ABSENT),
        ("aws:TagKeys", ABSENT),
        ("aws:RequestTag/team", ABSENT),
        ("aws:PrincipalTag/Team", "app"),
        ("aws:PrincipalTag/other", ABSENT),
        ("aws:CalledVia", ABSENT),
        ("aws:ViaAWSService", "false"),
        ("aws:FederatedProvider", ABSENT),
        ("aws:SourceOrgID", ABSENT),
        ("aws:PrincipalServiceNamesList", ABSENT),
        ("s3:TlsVersion", OneOfValues(("1.2", "1.3"))),
        ("aws:userid", text(["AROAEXAMPLEEXAMPLE123:", Unknown(hole=Hole(chars=":/*?", shortest=1))])),
        ("s3:prefix", ABSENT),
        ("s3:DataAccessPointAccount", ABSENT),
        ("s3:x-amz-server-side-encryption", ABSENT),
        ("s3:x-amz-content-sha256", PresenceUnknown()),
        ("aws:SourceVpce", PresenceUnknown()),
        ("aws:SourceIp", PresenceUnknown()),
        ("aws:MultiFactorAuthPresent", PresenceUnknown("false")),
        ("aws:MultiFactorAuthAge", ABSENT),
        ("aws:PrincipalOrgID", PresenceUnknown()),
        ("ec2:SourceInstanceArn", PresenceUnknown()),
        ("lambda:SourceFunctionArn", PresenceUnknown()),
        ("example:AnyKey", PresenceUnknown()),
        ("s3:AnyKey", PresenceUnknown()),
        ("kms:CallerAccount", ABSENT),
        ("KMS:ViaService", ABSENT),
        ("kms:EncryptionContext:SecretARN", ABSENT),
        ("secretsmanager:SecretId", ABSENT),
        ("ssm:resourceTag/team", ABSENT),
        ("ecr:ResourceTag/team", ABSENT),
        ("iam:PassedToService", ABSENT),
    ],
)
def test_a_direct_call_of_a_role(key: str, entry: Entry) -> None:
    assert context().lookup(key) == entry


def test_tags_of_a_role_that_are_written_are_known_although_the_defaults_are_not() -> None:
    caller = Caller(ROLE, "exec", ACCOUNT, own_tags={"team": "app"})
    found = start_up_context(caller, "s3:GetObject")
    assert found.lookup("aws:PrincipalTag/Team") == "app"
    assert found.lookup("aws:PrincipalTag/other") == PresenceUnknown()


def test_the_id_of_a_session_begins_like_that_of_a_role() -> None:
    found = start_up_context(Caller(ROLE, "exec", ACCOUNT), "s3:GetObject").lookup("aws:userid")
    assert isinstance(found, TextLike)
    assert glob("AIDA*", found) is glob("*:", found) is Truth.FALSE
    assert glob("AROA*:*", found) is Truth.TRUE
    assert glob("AROAEXAMPLEEXAMPLE123:*", found) is Truth.UNKNOWN


def test_keys_of_services() -> None:
    assert context("kms:Decrypt").lookup("kms:CallerAccount") == ACCOUNT
    assert context("kms:Decrypt").lookup("kms:ViaService") == PresenceUnknown()
    assert context("kms:Decrypt").lookup("kms:GrantIsForAWSResource") == ABSENT
    assert context("kms:Decrypt").lookup("s3:prefix") == ABSENT
    assert context(resource_account="444455556666").lookup("s3:ResourceAccount") == "444455556666"
    assert isinstance(context().lookup("aws:ResourceAccount"), Unknown)
    assert context(on_fargate=True).lookup("ec2:SourceInstanceArn") == ABSENT


def test_efs_enforces_few_keys_and_leaves_the_others_open() -> None:
    mount = context("elasticfilesystem:ClientMount", extras={"elasticfilesystem:AccessPointArn": Absent()})
    assert mount.lookup("aws:SecureTransport") == "true"
    assert mount.lookup("elasticfilesystem:AccessedViaMountTarget") == "true"
    assert mount.lookup("elasticfilesystem:AccessPointArn") == ABSENT
    assert mount.lookup("aws:PrincipalArn") == mount.lookup("aws:PrincipalTag/team") == PresenceUnknown()


def test_s3_files_documents_only_the_key_of_its_access_points() -> None:
    mount = context("s3files:ClientMount", extras={"s3files:AccessPointArn": Absent()})
    assert mount.lookup("aws:SecureTransport") == "true"
    assert mount.lookup("s3files:AccessPointArn") == ABSENT
    assert mount.lookup("aws:PrincipalArn") == PresenceUnknown()
    assert context("s3:GetObject").lookup("s3files:AccessPointArn") == ABSENT


def test_a_call_on_behalf_of_the_role() -> None:
    through = context("kms:Decrypt", direct=False)
    assert through.lookup("aws:CalledVia") == PresenceUnknown()
    assert through.lookup("aws:ViaAWSService") not in ("true", "false")


def test_tags_that_cannot_be_seen_leave_their_keys_open() -> None:
    blind = msgspec.structs.replace(CALLER, tags=Unknown())
    assert start_up_context(blind, "s3:GetObject").lookup("aws:PrincipalTag/team") == PresenceUnknown()


def test_extras_add_keys_and_whole_families_of_them() -> None:
    tags: dict[str, Value] = {"Team": "app"}
    extended = context(extras={"aws:ResourceTag/": tags, "s3:ExistingObjectTag/": Absent(), "aws:username": "me"})
    assert extended.lookup("aws:resourcetag/TEAM") == "app"
    assert extended.lookup("aws:ResourceTag/other") == ABSENT
    assert extended.lookup("s3:ExistingObjectTag/x") == ABSENT
    assert extended.lookup("aws:username") == "me"
    reopened = extended.extend({"aws:ResourceTag/": Unknown()})
    assert reopened.lookup("aws:ResourceTag/Team") == PresenceUnknown()


def test_a_service_that_assumes_a_role() -> None:
    call = service_context(source_account=ACCOUNT, source_arn="arn:aws:ecs:x:y:task/a/b")
    assert call.lookup("aws:SourceAccount") == ACCOUNT
    assert call.lookup("sts:ExternalId") == ABSENT
    assert call.lookup("aws:PrincipalArn") == PresenceUnknown()
