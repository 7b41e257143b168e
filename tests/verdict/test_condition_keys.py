from __future__ import annotations

import msgspec

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tests.startup.needs import ECR, needs
from tfcheck.iam import Absent, Caller, Entry, LaterTime, OneOfValues, PresenceUnknown, start_up_context
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import image
from tfcheck.symbolic.sensitive_text import SENSITIVE, redact
from tfcheck.symbolic.value import NAME, Hole, TextLike, Unknown, Value, display, text
from tfcheck.verdict.condition_keys import context_of, organization_keys
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity
from tfcheck.vocabulary.needed_call import CallDetails

KEY = "arn:aws:kms:eu-west-1:111122223333:key/k1"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
FILE = "arn:aws:s3:::cfg/app.env"
BUCKET = MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})


def call(action: str, resource: TextLike, encrypted: TextLike | None = None) -> Requirement:
    return Requirement(
        "x",
        "t",
        None,
        "/",
        RoleKind.EXECUTION,
        action,
        resource,
        Severity.ERROR,
        "test",
        details=CallDetails(encrypted),
    )


def test_a_secret_s_call_names_it_and_carries_its_tags() -> None:
    tags: Value = {"team": "app"}
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "tags_all": tags}))
    assert context_of(call("secretsmanager:GetSecretValue", SECRET), world) == {
        "aws:ResourceAccount": "111122223333",
        "secretsmanager:SecretId": SECRET,
        "aws:ResourceTag/": tags,
        "secretsmanager:ResourceTag/": tags,
    }


@every_row(
    ("tag", "expected"),
    [
        ({"secret_id": SECRET, "key": "stage", "value": "prod"}, "prod"),
        ({"secret_id": "db", "key": "stage", "value": "prod"}, "prod"),
        ({"secret_id": SECRET.replace("db", "other"), "key": "stage", "value": "prod"}, None),
        ({"secret_id": Unknown(), "key": "stage", "value": "prod"}, PresenceUnknown("prod")),
    ],
)
def test_a_tag_of_its_own_is_on_its_secret(tag: dict[str, Value], expected: Entry) -> None:
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "tags_all": {"team": "app"}})
    world = MadeWorld(secret, MadeResource("aws_secretsmanager_tag.stage", tag))
    found = context_of(call("secretsmanager:GetSecretValue", SECRET), world)
    assert found["aws:ResourceTag/"] == {"team": "app"}
    assert found.get("aws:ResourceTag/stage") == found.get("secretsmanager:ResourceTag/stage") == expected


@every_row(
    ("named", "secret_id", "stage", "version"),
    [
        (f"{SECRET}::AWSPREVIOUS:", SECRET, "AWSPREVIOUS", None),
        (f"{SECRET}:key::{'1' * 32}", SECRET, None, "1" * 32),
        (SECRET.removesuffix("-AbCdEf"), OneOfValues((SECRET, SECRET.removesuffix("-AbCdEf"))), None, None),
        ("db", OneOfValues((SECRET, "db")), None, None),
    ],
)
def test_a_secret_s_call_carries_what_is_written_of_its_version(
    named: str, secret_id: Entry, stage: str | None, version: str | None
) -> None:
    found = context_of(
        msgspec.structs.replace(call("secretsmanager:GetSecretValue", SECRET), details=CallDetails(through=named)),
        MadeWorld(),
    )
    assert found["secretsmanager:SecretId"] == secret_id
    assert found.get("secretsmanager:VersionStage") == stage
    assert found.get("secretsmanager:VersionId") == version


def test_a_version_that_must_not_be_shown_is_marked() -> None:
    named = msgspec.structs.replace(
        call("secretsmanager:GetSecretValue", SECRET), details=CallDetails(through=f"{SECRET}::BLUE:"), sensitive=True
    )
    stage = context_of(named, MadeWorld())["secretsmanager:VersionStage"]
    assert isinstance(stage, str)
    assert redact(stage) == SENSITIVE


def test_tags_that_are_written_are_known_although_the_defaults_are_not() -> None:
    attributes: dict[str, Value] = {"name": "/a", "arn": "arn:p", "tags": {"team": "app"}, "tags_all": Unknown()}
    found = context_of(call("ssm:GetParameters", "arn:p"), MadeWorld(MadeResource("aws_ssm_parameter.a", attributes)))
    assert found == {"aws:ResourceTag/team": "app", "ssm:resourceTag/team": "app"}


def test_a_bucket_of_the_plan_shows_the_region_of_the_call() -> None:
    found = context_of(call("s3:GetObject", FILE), MadeWorld(BUCKET))
    assert found["aws:RequestedRegion"] == HERE.region
    assert found["aws:ResourceTag/"] == Absent()
    outside = context_of(call("s3:GetObject", FILE), MadeWorld())
    by_tags = MadeWorld(BUCKET, MadeResource("aws_s3_bucket_abac.cfg", {"bucket": "cfg"}))
    assert "aws:ResourceTag/" not in context_of(call("s3:GetObject", FILE), by_tags)
    assert isinstance(outside["aws:RequestedRegion"], Unknown)
    assert "aws:ResourceTag/" not in outside


def test_a_token_is_requested_in_the_region_of_the_image() -> None:
    (token, *_) = needs(image.RULE, task({"image": ECR.replace("eu-west-1", "us-east-1")}))
    found = context_of(token, MadeWorld())
    assert found["aws:RequestedRegion"] == "us-east-1"
    assert found["aws:ResourceTag/"] == Absent()


def test_an_object_of_the_plan_carries_its_tags() -> None:
    tagged = MadeResource("aws_s3_object.a", {"bucket": "cfg", "arn": FILE, "tags": {"team": "app"}})
    assert context_of(call("s3:GetObject", FILE), MadeWorld(tagged))["s3:ExistingObjectTag/"] == {"team": "app"}
    bucket = context_of(call("s3:GetBucketLocation", "arn:aws:s3:::cfg"), MadeWorld(tagged))
    assert bucket["s3:ExistingObjectTag/"] == Absent()
    copied = MadeResource("aws_s3_object_copy.a", {"bucket": "cfg", "key": "app.env", "arn": FILE})
    assert "s3:ExistingObjectTag/" not in context_of(call("s3:GetObject", FILE), MadeWorld(copied))


def test_decrypting_goes_through_the_service_that_keeps_the_object() -> None:
    found = context_of(call("kms:Decrypt", KEY, SECRET), MadeWorld())
    assert found["kms:ViaService"] == "secretsmanager.eu-west-1.amazonaws.com"
    assert found["kms:EncryptionContext:SecretARN"] == SECRET
    assert found["aws:ViaAWSService"] == OneOfValues(("true", "false"))
    assert found["aws:CalledVia"] == PresenceUnknown()
    parameter = "arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a"
    found = context_of(call("kms:Decrypt", KEY, parameter), MadeWorld())
    assert found["kms:ViaService"] == "ssm.cn-north-1.amazonaws.com.cn"
    assert found["kms:EncryptionContext:PARAMETER_ARN"] == parameter
    elsewhere = context_of(call("kms:Decrypt", KEY, parameter.replace("aws-cn", "aws-iso")), MadeWorld())
    assert elsewhere["kms:ViaService"] == PresenceUnknown()


@every_row(
    ("encrypted", "key", "absent"),
    [
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a", "PARAMETER_ARN", False),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a", "SecretARN", True),
        (SECRET, "SecretARN", False),
        (SECRET, "SecretVersionId", False),
        (SECRET, "PARAMETER_ARN", True),
        (FILE, "aws:s3:arn", False),
        (FILE, "SecretARN", False),  # whoever writes an object may add what they want
    ],
)
def test_only_the_service_that_keeps_something_adds_to_its_encryption_context(
    encrypted: str, key: str, absent: bool
) -> None:
    extras = context_of(call("kms:Decrypt", KEY, encrypted), MadeWorld())
    context = start_up_context(Caller("arn:r", "r", "111122223333"), "kms:Decrypt", direct=False, extras=extras)
    assert (context.lookup(f"kms:EncryptionContext:{key}") == Absent()) is absent


def test_the_keys_of_the_encryption_context_are_those_of_the_service_and_of_s3_s_callers() -> None:
    key = "kms:EncryptionContextKeys"
    assert context_of(call("kms:Decrypt", KEY, SECRET), MadeWorld())[key] == ["SecretARN", "SecretVersionId"]
    of_object = context_of(call("kms:Decrypt", KEY, FILE), MadeWorld(BUCKET))[key]
    assert isinstance(of_object, list)
    assert of_object[0] == "aws:s3:arn"
    assert isinstance(of_object[1], Unknown)


@every_row(
    ("file_type", "written", "earlier", "whole"),
    [
        ("aws_s3_object", {}, None, True),
        ("aws_s3_object", {"content": "A=2"}, {"content": "A=1"}, True),
        ("aws_s3_object", {"tags": {"a": "2"}}, {"tags": {"a": "1"}}, False),  # not uploaded again
        ("aws_s3_object", {"content": "A=1"}, {"content": "A=1"}, False),
        ("aws_s3_object_copy", {}, None, True),
        ("aws_s3_object_copy", {"kms_encryption_context": "eyJhIjoiYiJ9"}, None, False),
        ("aws_s3_object_copy", {"kms_encryption_context": Unknown()}, None, False),
    ],
)
def test_an_object_that_the_change_writes_has_the_encryption_context_that_its_resource_passes(
    file_type: str, written: dict[str, Value], earlier: dict[str, Value] | None, whole: bool
) -> None:
    def file(attributes: dict[str, Value]) -> MadeResource:
        named: dict[str, Value] = {"bucket": "cfg", "key": "app.env", "id": "app.env", "arn": FILE}
        return MadeResource(f"{file_type}.f", named | attributes)

    before = [BUCKET] if earlier is None else [BUCKET, file(earlier)]
    found = context_of(call("kms:Decrypt", KEY, FILE), MadeWorld(BUCKET, file(written), earlier=before))
    assert (found["kms:EncryptionContextKeys"] == ["aws:s3:arn"]) is whole
    assert (found.get("kms:EncryptionContext:") == Absent()) is whole


def test_s3_decrypts_with_the_arn_of_object_or_bucket() -> None:
    def encryption(*, bucket_key: bool) -> MadeResource:
        attributes: dict[str, Value] = {"bucket": "cfg", "rule": [{"bucket_key_enabled": bucket_key}]}
        return MadeResource("aws_s3_bucket_server_side_encryption_configuration.c", attributes)

    key = "kms:EncryptionContext:aws:s3:arn"
    needed = call("kms:Decrypt", KEY, FILE)
    assert context_of(needed, MadeWorld(BUCKET, encryption(bucket_key=False)))[key] == FILE
    assert context_of(needed, MadeWorld(BUCKET, encryption(bucket_key=True)))[key] == "arn:aws:s3:::cfg"
    assert context_of(needed, MadeWorld(BUCKET))[key] == OneOfValues((FILE, "arn:aws:s3:::cfg"))
    assert context_of(needed, MadeWorld())[key] == PresenceUnknown()
    assert context_of(needed, MadeWorld(BUCKET))["kms:ViaService"] == "s3.eu-west-1.amazonaws.com"
    assert "known after apply" in display(context_of(needed, MadeWorld())["kms:ViaService"])  # type: ignore[arg-type]


def test_a_key_may_have_more_aliases_than_the_plan_shows() -> None:
    key = MadeResource("aws_kms_key.k", {"arn": KEY, "key_id": "k1"})
    alias = MadeResource("aws_kms_alias.a", {"name": "alias/a", "target_key_id": reference("aws_kms_key.k", "key_id")})
    aliases = context_of(call("kms:Decrypt", KEY), MadeWorld(key, alias))["kms:ResourceAliases"]
    assert isinstance(aliases, list)
    assert aliases[0] == "alias/a"
    assert isinstance(aliases[1], Unknown)


def test_services_decrypt_with_symmetric_keys() -> None:
    for encrypted in (SECRET, FILE, "arn:aws:ssm:eu-west-1:111122223333:parameter/token"):
        found = context_of(call("kms:Decrypt", KEY, encrypted), MadeWorld())
        assert found["kms:EncryptionAlgorithm"] == found["kms:KeySpec"] == "SYMMETRIC_DEFAULT"
        assert found["kms:KeyUsage"] == "ENCRYPT_DECRYPT"
    assert "kms:KeySpec" not in context_of(call("kms:Decrypt", KEY), MadeWorld())


@every_row(
    ("address", "attributes", "origin"),
    [
        ("aws_kms_key.k", {}, "AWS_KMS"),
        ("aws_kms_key.k", {"custom_key_store_id": "", "xks_key_id": ""}, "AWS_KMS"),
        ("aws_kms_key.k", {"custom_key_store_id": "cks-1"}, "AWS_CLOUDHSM"),
        ("aws_kms_key.k", {"custom_key_store_id": "cks-1", "xks_key_id": "x"}, "EXTERNAL_KEY_STORE"),
        ("aws_kms_key.k", {"custom_key_store_id": Unknown()}, None),
        ("aws_kms_key.k", {"custom_key_store_id": "cks-1", "xks_key_id": Unknown()}, None),
        ("aws_kms_replica_key.k", {}, "AWS_KMS"),
        ("aws_kms_external_key.k", {}, "EXTERNAL"),
        ("aws_kms_replica_external_key.k", {}, "EXTERNAL"),
        ("data.aws_kms_key.k", {"origin": "EXTERNAL"}, "EXTERNAL"),
        ("data.aws_kms_key.k", {}, None),
    ],
)
def test_the_key_shows_where_its_material_comes_from(
    address: str, attributes: dict[str, Value], origin: str | None
) -> None:
    key = MadeResource(address, {"arn": KEY, "key_id": "k1", "id": "k1", **attributes})
    assert context_of(call("kms:Decrypt", KEY), MadeWorld(key)).get("kms:KeyOrigin") == origin
    assert "kms:KeyOrigin" not in context_of(call("kms:Decrypt", f"{KEY}2"), MadeWorld(key))


def test_the_id_of_a_key_shows_whether_it_is_in_several_regions() -> None:
    def found(key: str, hole: Hole | None = None) -> tuple[Entry, Entry]:
        arn: TextLike = KEY[:-2] + key if hole is None else text([KEY[:-2], Unknown(hole=hole)])
        context = start_up_context(
            Caller("", "", ""), "kms:Decrypt", extras=context_of(call("kms:Decrypt", arn), MadeWorld())
        )
        return context.lookup("kms:MultiRegion"), context.lookup("kms:MultiRegionKeyType")

    assert found("1234abcd-12ab-34cd-56ef-1234567890ab") == ("false", Absent())
    assert found("mrk-1234abcd12ab34cd56ef1234567890ab") == ("true", OneOfValues(("PRIMARY", "REPLICA")))
    assert found("", Hole("0123456789abcdef-", False, 36, 36)) == ("false", Absent())
    assert found("", NAME) == (OneOfValues(("true", "false")), PresenceUnknown())


def test_a_mount_goes_through_an_access_point_or_none() -> None:
    system, point = "arn:aws:elasticfilesystem:eu-west-1:1:file-system/fs-1", reference("aws_efs_access_point.a", "arn")
    mount = call("elasticfilesystem:ClientMount", system)
    key = "elasticfilesystem:AccessPointArn"
    assert context_of(mount, MadeWorld())[key] == Absent()
    assert context_of(msgspec.structs.replace(mount, details=CallDetails(through=point)), MadeWorld())[key] == point
    perhaps = Unknown(reason="a variable")
    assert context_of(msgspec.structs.replace(mount, details=CallDetails(through=perhaps)), MadeWorld())[
        key
    ] == PresenceUnknown(perhaps)
    later = MadeWorld()
    later.planned_at = "2026-11-26T12:00:00Z"
    assert context_of(mount, later)["aws:currenttime"] == PresenceUnknown()  # EFS documents no effect of it


def test_a_log_stream_s_group_gives_the_tags() -> None:
    arn = reference("aws_cloudwatch_log_group.g", "arn", "arn:aws:logs:eu-west-1:111122223333:log-group:/g")
    group = MadeResource("aws_cloudwatch_log_group.g", {"name": "/g", "arn": arn, "tags_all": {"team": "app"}})
    for stream in (text([arn, ":log-stream:x"]), "arn:aws:logs:eu-west-1:111122223333:log-group:/g:log-stream:x"):
        assert context_of(call("logs:PutLogEvents", stream), MadeWorld(group))["aws:ResourceTag/"] == {"team": "app"}


@every_row(
    ("planned_at", "known"),
    [
        ("2026-11-26T12:00:00Z", LaterTime(1795694400)),
        ("2026-11-26T13:00:00+01:00", LaterTime(1795694400)),
        ("", None),
        ("2026-11-26T12:00:00", None),
        ("yesterday", None),
    ],
)
def test_a_call_is_made_after_the_plan(planned_at: str, known: LaterTime | None) -> None:
    world = MadeWorld()
    world.planned_at = planned_at
    found = context_of(call("s3:GetObject", "arn:aws:s3:::acme/x"), world)
    assert found.get("aws:currenttime") == known
    assert found.get("aws:epochtime") == known


@every_row(
    ("around", "attributes", "known"),
    [
        (HERE, {}, ["aws:PrincipalOrgID"]),
        (ELSEWHERE, {"accounts": None}, ["aws:ResourceOrgID"]),
        (ELSEWHERE, {"accounts": [{"id": HERE.account}]}, ["aws:PrincipalOrgID", "aws:ResourceOrgID"]),
        (
            ELSEWHERE,
            {"accounts": Unknown(), "master_account_id": HERE.account},
            ["aws:PrincipalOrgID", "aws:ResourceOrgID"],
        ),
        (HERE, {"id": None}, []),
        (OPEN, {}, []),
    ],
)
def test_an_organization_is_that_of_the_account_that_reads_it_and_of_those_it_lists(
    around: Surroundings, attributes: dict[str, Value], known: list[str]
) -> None:
    read = MadeResource("data.aws_organizations_organization.ours", {"id": "o-a1b2c3d4e5", **attributes}, around)
    assert organization_keys(HERE.account, ELSEWHERE.account, MadeWorld(read)) == dict.fromkeys(known, "o-a1b2c3d4e5")
