"""Each pitfall: what breaks it, what does not, and what is open."""

from __future__ import annotations

import re

import pytest

from tests.cases import TESTDATA, Case
from tests.made_world import ELSEWHERE, HERE, MadeResource, MadeWorld, reference, task
from tfcheck.checks import (
    CHECKS,
    credential_in_environment,
    deleted,
    deploy_order,
    env_file_absent,
    env_file_arn,
    env_file_content,
    env_file_count,
    env_file_name,
    env_file_type,
    env_file_windows,
    foreign_default_key,
    image_host,
    log_group_absent,
    log_region,
    log_router,
    parameter_region,
    platform_version,
    secret_reference,
    secret_value,
)
from tfcheck.checks.mistake import Check
from tfcheck.inventory.change import is_changed, is_new
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.world import After
from tfcheck.resolve import Resolver
from tfcheck.resolve.order import Earlier
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import RULES
from tfcheck.symbolic.value import Unknown, Value, text
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Finding

NOTHING = MadeWorld()
FILE = "arn:aws:s3:::cfg/web/prod.env"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
LATER = Unknown(reason="known only after apply")
VIRGINIA = Surroundings("aws", "us-east-1", "111122223333")


def told(pitfall: Check, *containers: dict[str, Value], world: MadeWorld = NOTHING, **attributes: Value) -> list[str]:
    """Give the severities of what is found, with the words that tell it."""
    found = pitfall.search(task(*containers, around=HERE, **attributes), world)
    return [f"{each.severity.value}: {each.message}" for each in found]


def files(*values: Value, kind: Value = "s3") -> dict[str, Value]:
    return {"environmentFiles": [{"type": kind, "value": value} for value in values]}


def secrets(*values: Value) -> dict[str, Value]:
    return {"secrets": [{"name": "A", "valueFrom": value} for value in values]}


def service(**attributes: Value) -> MadeResource:
    runs: dict[str, Value] = {"task_definition": reference("aws_ecs_task_definition.app", "arn"), "desired_count": 1}
    return MadeResource("aws_ecs_service.app", {**runs, **attributes})


# On real plans

#: What was seeded into twelve services, by rule: the task definition, and whether it is still to be seen once applied.
SEEDED = {
    "env-file-type": ("module.api.aws_ecs_task_definition.this", True),
    "env-file-arn": ("module.api.aws_ecs_task_definition.this", True),
    "platform-version": ("module.legacy.aws_ecs_task_definition.this", True),
    "secret-reference": ("module.orders.aws_ecs_task_definition.this", True),
    "env-file-count": ("module.parts.aws_ecs_task_definition.this", True),
    "log-options": ("module.mail.aws_ecs_task_definition.this", True),
    "credential-spec-arn": ("module.windows.aws_ecs_task_definition.this", True),
    "log-region": ("module.search.aws_ecs_task_definition.this", True),
    "env-file-windows": ("module.windows.aws_ecs_task_definition.this", True),
    "deploy-order": ("aws_ecs_task_definition.jobs", False),
    "env-file-absent": ("module.billing.aws_ecs_task_definition.this", False),
    "env-file-name": ("module.cart.aws_ecs_task_definition.this", True),
    "secret-value": ("module.mail.aws_ecs_task_definition.this", False),
    "parameter-region": ("module.mail.aws_ecs_task_definition.this", True),
    "log-group-absent": ("module.stock.aws_ecs_task_definition.this", False),
    "policies-of-one-name": ("module.stock.aws_ecs_task_definition.this", True),
    "credential-in-environment": ("module.cart.aws_ecs_task_definition.this", True),
    "env-file-content": ("module.legacy.aws_ecs_task_definition.this", True),
    "image-host": ("module.search.aws_ecs_task_definition.this", True),
    "log-router": ("module.orders.aws_ecs_task_definition.this", True),
    "efs-authorization": ("module.billing.aws_ecs_task_definition.this", True),
    "ecs-exec": ("module.stock.aws_ecs_task_definition.this", False),
}


def found_in(case: str, name: str = "plan.json") -> list[Finding]:
    return list(Case(TESTDATA / case).report(name).findings)


def test_twelve_services_have_one_mistake_of_each_kind_and_no_other() -> None:
    found = [(each.rule, each.task_definition, each.change) for each in found_in("twelve-services")]
    assert sorted(found) == sorted((rule, where, "introduced") for rule, (where, _) in SEEDED.items())


def test_once_applied_what_remains_was_so_before() -> None:
    found = [
        (each.rule, each.task_definition, each.change) for each in found_in("twelve-services", "applied.plan.json")
    ]
    assert sorted(found) == sorted((rule, where, "existing") for rule, (where, stays) in SEEDED.items() if stays)


def test_every_pitfall_is_seeded() -> None:
    in_other_cases = {"deleted", "role-for-anyone", "foreign-default-key"}  # seeded into cases of their own
    assert {each.id for each in CHECKS} - in_other_cases == set(SEEDED)


def test_a_value_in_the_environment_is_never_told() -> None:
    assert not any("correct horse" in repr(each) for each in found_in("twelve-services"))


def test_a_grant_that_waits_for_more_than_the_service_is_a_warning() -> None:
    (late,) = (each for each in found_in("twelve-services") if each.rule == "deploy-order")
    assert late.severity.value == "warning"
    assert late.address == "aws_ecs_service.jobs"
    assert late.explanation == (
        "aws_iam_role_policy.jobs also waits for aws_sqs_queue.jobs, which the service does not",
        "write into the service: depends_on = [aws_iam_role_policy.jobs]",
    )


#: What a task must have for the silence of a pitfall to say something.
LOOKED_AT = ("environmentFiles", "secrets", "environment", "logConfiguration", "image")
#: Pitfalls of which the like is right in another case.
RIGHT_ELSEWHERE = {"log-router": "rarer-fetches", "policies-of-one-name": "locate-forgotten"}


def test_each_pitfall_is_silent_where_the_like_is_right() -> None:
    found = Case(TESTDATA / "twelve-services")
    plan = found.plan()
    (web,) = (
        each
        for each in task_definitions(After(Resolver(plan, found.sources(plan))))
        if str(each.address).startswith("module.web.")
    )
    assert all(web.containers[0].member(name) for name in LOOKED_AT)
    assert [each.rule for each in found_in("twelve-services") if each.task_definition == str(web.address)] == []
    for rule, case in RIGHT_ELSEWHERE.items():
        assert rule not in [each.rule for each in found_in(case)]


def test_what_is_late_is_told_with_where_to_say_so() -> None:
    late = [each for each in found_in("late-for-services") if each.rule == "deploy-order"]
    assert {each.severity.value for each in late} == {"warning"}
    assert [(each.address, each.explanation) for each in late] == [
        (
            "aws_ecs_service.hasty",
            ("write into the service: depends_on = [aws_iam_role_policy.running]",),
        ),
        (
            "module.file.aws_ecs_service.this",
            ("write into the call of module.file: depends_on = [aws_s3_object.web]",),
        ),
        (
            "module.slow.aws_ecs_service.this",
            (
                "aws_secretsmanager_secret_version.slow also waits for aws_sqs_queue.work, which the service does not",
                "write into the call of module.slow: depends_on = [aws_secretsmanager_secret_version.slow]",
            ),
        ),
        (
            "module.writes.aws_ecs_service.this",
            ("write into the call of module.writes: depends_on = [aws_cloudwatch_log_group.web]",),
        ),
    ]


def test_a_new_role_takes_a_moment_to_be_known() -> None:
    def said(case: str, name: str = "plan.json") -> int:
        return sum("eventually consistent" in each for each in Case(TESTDATA / case).report(name).notes)

    assert said("twelve-services") == 1
    assert said("twelve-services", "applied.plan.json") == 0
    assert said("literal-granted") == 0


#: Every other case, and what is rightly found there: the pitfalls in passing that its author did not think of.
IN_PASSING = {
    "default-key-of-account": ["foreign-default-key"],
    "files-named-otherwise": ["env-file-name"] * 4,
    "fixed-before-services": ["deploy-order"] * 2,
    "inline-and-managed-on-role": ["log-group-absent"],
    "late-for-one": ["deploy-order"],
    "late-for-services": ["deploy-order"] * 4,
    "late-in-two-places": ["deploy-order"],
    "log-options-missing": ["log-options"] * 4 + ["log-region"],
    "needs-changed": ["deleted"] * 4,
    "service-by-names": ["log-group-absent"] * 2,
    "partial-secret-arns": ["secret-reference"] * 10,
    "other-partition": ["env-file-arn"] * 3 + ["image-host"],
    "rarer-fetches": ["log-group-absent"],
    "references-misread": ["credential-spec-arn"] * 3
    + ["env-file-arn"] * 6
    + ["log-options"] * 2
    + ["secret-reference"] * 12,
    "role-in-other-stack": ["log-group-absent"],
    "secrets-with-key": ["secret-reference"],
    "service-of-shared-stack": ["log-group-absent"] * 5 + ["secret-reference"] * 10,
    "trust-for-anyone": ["role-for-anyone"] * 2,
    "two-policies-one-name": ["policies-of-one-name"],
    "twelve-services": list(SEEDED),
    "what-exists": ["deploy-order", "secret-value"],
}


@pytest.mark.long
@pytest.mark.parametrize("case", sorted(each.parent.name for each in TESTDATA.glob("*/plan.json")))
def test_ordinary_plans_have_none(case: str) -> None:
    rules = {each.id for each in CHECKS}
    found = [each.rule for each in found_in(case) if each.rule in rules]
    assert sorted(found) == sorted(IN_PASSING.get(case, []))


def test_what_exists_is_not_missed_and_what_comes_late_is_named() -> None:
    found = {each.rule: each.message for each in found_in("what-exists")}
    assert 'does not wait for aws_ssm_parameter.mode["hasty"]' in found["deploy-order"]
    assert found["secret-value"].startswith("aws_secretsmanager_secret.bare, ")


def test_a_pitfall_has_its_module_s_name_and_page() -> None:
    ids = [*(each.id for each in RULES), *(each.id for each in CHECKS)]
    assert len(ids) == len(set(ids))
    for pitfall in CHECKS:
        assert pitfall.id == pitfall.search.__module__.rpartition(".")[2].replace("_", "-")
        assert "\n\nSee https://" in pitfall.manual


@pytest.mark.parametrize("pitfall", CHECKS, ids=lambda each: each.id)
def test_what_is_not_known_is_no_mistake(pitfall: Check) -> None:
    unknown: dict[str, Value] = {
        "environmentFiles": LATER,
        "secrets": [LATER, {"name": "A", "valueFrom": LATER}],
        "environment": [{"name": "PASSWORD", "value": LATER}, LATER],
        "logConfiguration": {"logDriver": "awslogs", "options": LATER},
        "repositoryCredentials": LATER,
    }
    listed: list[Value] = [LATER, {"type": LATER, "value": LATER}]
    one_by_one: dict[str, Value] = {**unknown, "environmentFiles": listed, "logConfiguration": LATER}
    world = MadeWorld(service(platform_version=LATER, launch_type=LATER))
    assert told(pitfall, unknown, one_by_one, world=world, runtime_platform=LATER) == []


# Environment files


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (FILE, ""),
        ("arn:aws-cn:s3:::cfg/a.env", "names another partition"),
        ("s3://cfg/a.env", "is an address, not an ARN"),
        ("https://cfg.s3.amazonaws.com/a.env", "is an address, not an ARN"),
        ("cfg/web/prod.env", "is not an ARN"),
        ("arn:aws:s3:::cfg", "names a bucket and no key"),
        ("arn:aws:s3:::cfg/", "names a bucket and no key"),
        ("arn:aws:s3:eu-west-1:111122223333:accesspoint/cfg/object/a.env", "has a region or an account"),
        ("arn:aws:s3:cfg/a.env", "has too few parts"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a.env", "is an ARN of ssm"),
        ("", "has no ARN"),
        (None, "has no ARN"),
    ],
)
def test_the_arn_of_a_file_has_bucket_and_key(value: Value, wrong: str) -> None:
    found = told(env_file_arn.CHECK, files(value))
    assert [wrong in each for each in found] == ([True] if wrong else [])


BUCKET = MadeResource("aws_s3_bucket.b", {"bucket": reference("aws_s3_bucket.b", "bucket"), "id": LATER, "arn": LATER})


@pytest.mark.parametrize(
    ("tail", "wrong"),
    [
        ("/web.env", ""),
        ("web.env", "has no slash between bucket and key"),
        ("", "names a bucket and no key"),
        ("-logs/web.env", ""),
        (LATER, ""),
    ],
)
def test_a_slash_follows_the_reference_to_a_bucket(tail: str | Unknown, wrong: str) -> None:
    world = MadeWorld(BUCKET)
    value = text([reference("aws_s3_bucket.b", "arn", "arn:aws:s3:::b"), tail])
    assert [wrong in each for each in told(env_file_arn.CHECK, files(value), world=world)] == [True] * bool(wrong)


@pytest.mark.parametrize(("kind", "ends"), [("s3", 0), ("S3", 1), ("efs", 1), (None, 1), (LATER, 0)])
def test_only_one_type_is_known(kind: Value, ends: int) -> None:
    assert len(told(env_file_type.CHECK, files(FILE, kind=kind))) == ends


@pytest.mark.parametrize(
    ("value", "ends"),
    [
        (FILE, 0),
        ("arn:aws:s3:::cfg/prod.txt", 1),
        (text([LATER, ".env"]), 0),
        (text([LATER, "v"]), 0),
        (text([LATER, ".yml"]), 1),
        (text(["arn:aws:s3:::cfg/x.txt", LATER]), 0),
    ],
)
def test_a_name_ends_in_env(value: Value, ends: int) -> None:
    assert len(told(env_file_name.CHECK, files(value))) == ends


def test_ten_files_are_the_most() -> None:
    assert told(env_file_count.CHECK, files(*[FILE] * 10)) == []
    (found,) = told(env_file_count.CHECK, files(*[FILE] * 11))
    assert found.startswith("error: container `app` names 11")
    (found,) = told(env_file_count.CHECK, files(*[FILE] * 6), {**files(*[FILE] * 6), "name": "side"})
    assert found.startswith("warning: the containers name 12")


def test_windows_has_no_environment_files() -> None:
    windows: list[Value] = [{"operating_system_family": "WINDOWS_SERVER_2022_CORE"}]
    (found,) = told(env_file_windows.CHECK, files(FILE), runtime_platform=windows)
    assert found.startswith("error: ")
    (found,) = told(env_file_windows.CHECK, files(FILE), runtime_platform=windows, requires_compatibilities=["EC2"])
    assert found.startswith("warning: ")
    assert told(env_file_windows.CHECK, {}, runtime_platform=windows) == []
    assert told(env_file_windows.CHECK, files(FILE)) == []


@pytest.mark.parametrize(
    ("version", "container", "needs"),
    [
        ("1.3.0", files(FILE), ["environment files need 1.4.0"]),
        ("1.4.0", files(FILE), []),
        ("LATEST", files(FILE), []),
        ("1.3.0", secrets(SECRET), []),
        ("1.3.0", secrets(f"{SECRET}:key::"), ["JSON keys and versions of secrets need 1.4.0"]),
        ("1.2.0", secrets(SECRET), ["secrets of Secrets Manager need 1.3.0"]),
        ("1.2.0", secrets("/a"), []),
        ("1.2.0", {"repositoryCredentials": {"credentialsParameter": SECRET}}, []),
        (
            "1.1.0",
            {"repositoryCredentials": {"credentialsParameter": SECRET}},
            ["credentials of private registries need 1.2.0"],
        ),
    ],
)
def test_a_platform_knows_what_a_task_asks_for(version: str, container: dict[str, Value], needs: list[str]) -> None:
    found = told(platform_version.CHECK, container, world=MadeWorld(service(platform_version=version)))
    assert [each.rpartition("but ")[2] for each in found] == needs


def test_a_file_is_missed_only_in_a_new_bucket_of_a_new_service() -> None:
    bucket = MadeResource("aws_s3_bucket.b", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})
    there = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "web/prod.env"})
    begun = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "/web//prod.env"})
    other = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": "web/test.env"})
    later = MadeResource("aws_s3_object.o", {"bucket": "cfg", "key": LATER})
    search, container = env_file_absent.CHECK, files(FILE)
    assert len(told(search, container, world=MadeWorld(service(), bucket, earlier=()))) == 1
    assert len(told(search, container, world=MadeWorld(service(), bucket, other, earlier=()))) == 1
    assert told(search, container, world=MadeWorld(service(), bucket, there, earlier=())) == []
    assert told(search, container, world=MadeWorld(service(), bucket, begun, earlier=())) == []
    doubled = files("arn:aws:s3:::cfg//web//prod.env")
    assert len(told(search, doubled, world=MadeWorld(service(), bucket, begun, earlier=()))) == 1
    assert told(search, container, world=MadeWorld(service(), bucket, later, earlier=())) == []
    assert told(search, container, world=MadeWorld(service(), bucket, earlier=(bucket,))) == []
    assert told(search, container, world=MadeWorld(service(), bucket, earlier=(service(),))) == []
    assert told(search, container, world=MadeWorld(service(desired_count=0), bucket, earlier=())) == []
    assert told(search, container, world=MadeWorld(bucket, earlier=())) == []


# Secrets and parameters


@pytest.mark.parametrize(
    ("value", "wrong"),
    [
        (SECRET, ""),
        (f"{SECRET}:key::", ""),
        (f"{SECRET}:key:AWSPREVIOUS:", ""),
        (f"{SECRET}:::11111111-2222-3333-4444-555555555555", ""),
        (f"{SECRET}:key", "error: .* too few or too many colons"),
        (f"{SECRET}:key:::", "error: .* too few or too many colons"),
        (f"{SECRET}:::short", "error: .* version id"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db", "warning: .* six random characters"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-??????", "error: .* wildcard"),
        ("arn:aws:secretsmanager:eu-west-1:111122223333:db", "error: .* names no secret"),
        ("arn:aws:secretsmanager:::secret:db-AbCdEf", "error: .* no region"),
        ("arn:aws:s3:::cfg/db", "error: .* neither"),
        ("arn:aws:secretsmanager", "error: .* too few parts"),
        ("db:password::", "error: .* contains no colons"),
        ("/app/token", ""),
        ("token", ""),
        ("token:3", ""),
        ("", "error: .* is empty"),
        (f"{SECRET}:key:AWSCURRENT:11111111-2222-3333-4444-555555555555", "warning: .* stage and a version id"),
        ("arn:aws-cn:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf", "error: .* another partition"),
        ("arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a", "error: .* another partition"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a:password::", "error: .* JSON key"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a:3", ""),
        (text([reference("aws_ssm_parameter.p", "arn"), ":password::"]), "error: .* JSON key"),
        (text([reference("aws_secretsmanager_secret.db", "arn"), ":key::0123"]), "error: .* version id"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/app/token", ""),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter//app/token", "error: .* two slashes"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/app/*", "error: .* wildcard"),
        ("arn:aws:ssm:eu-west-1:111122223333:app/token", "error: .* names no parameter"),
        ("shop/database", "error: .* the name of a secret"),
        (text([reference("aws_secretsmanager_secret.db", "arn"), ":key::"]), ""),
        (text([reference("aws_secretsmanager_secret.db", "arn"), ":key"]), "error: .* too few or too many colons"),
        (text([reference("aws_secretsmanager_secret.db", "arn"), ":", LATER]), ""),
        (reference("aws_secretsmanager_secret.db", "name"), "error: .* the name of a secret"),
        (reference("aws_ssm_parameter.p", "name"), ""),
    ],
)
def test_value_from_is_read_as_ecs_does(value: Value, wrong: str) -> None:
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", {"name": "shop/database", "arn": LATER}))
    found = told(secret_reference.CHECK, secrets(value), world=world)
    assert [bool(re.match(wrong, each)) for each in found] == [True] * bool(wrong)


def test_registry_credentials_are_a_whole_secret() -> None:
    assert told(secret_reference.CHECK, {"repositoryCredentials": {"credentialsParameter": SECRET}}) == []
    (found,) = told(secret_reference.CHECK, {"repositoryCredentials": {"credentialsParameter": f"{SECRET}:key::"}})
    assert found.startswith("error: ")


def test_a_parameter_that_has_a_secret_s_name_is_a_parameter() -> None:
    world = MadeWorld(
        MadeResource("aws_secretsmanager_secret.db", {"name": "shop"}),
        MadeResource("aws_ssm_parameter.p", {"name": "shop"}),
    )
    assert told(secret_reference.CHECK, secrets("shop"), world=world) == []


def test_a_new_secret_is_given_a_value() -> None:
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "id": SECRET})
    version = MadeResource("aws_secretsmanager_secret_version.db", {"secret_id": SECRET})
    other = MadeResource("aws_secretsmanager_secret_version.x", {"secret_id": SECRET.replace("db-", "other-")})
    search, container = secret_value.CHECK, secrets(SECRET, f"{SECRET}:key::")
    assert len(told(search, container, world=MadeWorld(service(), secret, earlier=()))) == 1
    assert len(told(search, container, world=MadeWorld(service(), secret, other, earlier=()))) == 1
    assert told(search, container, world=MadeWorld(service(), secret, version, earlier=())) == []
    assert told(search, container, world=MadeWorld(service(), secret, earlier=(secret,))) == []
    assert told(search, container, world=MadeWorld(secret, earlier=())) == []
    looked_up = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "id": SECRET})
    assert told(search, container, world=MadeWorld(service(), looked_up, earlier=())) == []


def test_a_look_up_is_never_new() -> None:
    read = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    made = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    world = MadeWorld(read, made, earlier=())
    assert (is_new(read, world), is_changed(read, ("name",), world)) == (False, False)
    assert (is_new(made, world), is_changed(made, ("name",), world)) == (True, True)


def test_a_name_means_a_parameter_of_the_task_s_region() -> None:
    far = MadeResource("aws_ssm_parameter.far", {"name": "/a"}, VIRGINIA)
    near = MadeResource("aws_ssm_parameter.near", {"name": "/a"})
    lost = MadeResource("aws_ssm_parameter.lost", {"name": "/a"}, Surroundings("aws", LATER, "111122223333"))
    assert len(told(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far))) == 1
    assert told(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far, near)) == []
    assert told(parameter_region.CHECK, secrets("/a"), world=MadeWorld(far, lost)) == []
    assert told(parameter_region.CHECK, secrets("/a")) == []


def test_the_key_that_aws_manages_is_of_no_use_to_another_account() -> None:
    kept: dict[str, Value] = {"name": "db", "arn": SECRET.replace("111122223333", "444455556666")}
    arn = "arn:aws:ssm:eu-west-1:444455556666:parameter/a"
    encrypted: dict[str, Value] = {"name": "/a", "arn": arn, "type": "SecureString", "key_id": "alias/aws/ssm"}

    def found(
        kind: str, attributes: dict[str, Value], around: Surroundings = ELSEWHERE, *, context: bool = False
    ) -> int:
        read = MadeWorld(MadeResource(f"{kind}.x", attributes, around, computed=("key_id",)))
        world = MadeWorld(context=[read]) if context else read
        return len(told(foreign_default_key.CHECK, secrets(attributes["arn"]), world=world))

    secret, parameter = "aws_secretsmanager_secret", "aws_ssm_parameter"
    assert (found(secret, kept), found(secret, kept, context=True)) == (1, 1)
    assert found(secret, {**kept, "kms_key_id": "alias/aws/secretsmanager"}) == 1
    assert found(secret, {**kept, "arn": SECRET}, HERE) == 0
    for key in ("alias/shared", LATER):
        assert found(secret, {**kept, "kms_key_id": key}) == 0
    assert found("data.aws_secretsmanager_secret", kept) == 0
    assert (found(parameter, encrypted), found(parameter, {**encrypted, "type": "String"})) == (1, 0)


# Logs


def logs(**options: Value) -> dict[str, Value]:
    named = {key.replace("_", "-"): value for key, value in options.items()}
    return {"logConfiguration": {"logDriver": "awslogs", "options": named}}


def test_fargate_needs_the_region_of_the_logs() -> None:
    assert told(log_region.CHECK, logs(awslogs_group="/a"))[0].startswith("error: ")
    assert told(log_region.CHECK, logs(awslogs_group="/a"), requires_compatibilities=["EC2"]) == []
    assert told(log_region.CHECK, logs(awslogs_group="/a", awslogs_region=LATER)) == []
    assert told(log_region.CHECK, {"logConfiguration": {"logDriver": "awsfirelens"}}) == []


def test_the_region_of_the_logs_is_that_of_the_group() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    far = MadeResource("aws_cloudwatch_log_group.far", {"name": "/a"}, VIRGINIA)
    container = logs(awslogs_group="/a", awslogs_region="us-east-1")
    assert len(told(log_region.CHECK, container, world=MadeWorld(group))) == 1
    assert told(log_region.CHECK, container, world=MadeWorld(group, far)) == []
    made = logs(awslogs_group="/a", awslogs_region="us-east-1", awslogs_create_group="true")
    assert told(log_region.CHECK, made, world=MadeWorld(group)) == []


def test_a_log_group_is_made_by_someone() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    read = MadeResource("data.aws_cloudwatch_log_group.a", {"name": "/a"})
    later = MadeResource("aws_cloudwatch_log_group.later", {"name": LATER})
    search, container = log_group_absent.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    assert len(told(search, container)) == 1
    for known in (group, read, later):
        assert told(search, container, world=MadeWorld(known)) == []
    assert told(search, logs(awslogs_group="/a", awslogs_create_group="true")) == []
    assert told(search, logs(awslogs_group="/a", awslogs_create_group=LATER)) == []
    assert told(search, logs(awslogs_group=LATER)) == []


def test_what_other_stacks_have_counts_where_its_name_means_it() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    found = []
    for around in (HERE, Surroundings("aws", LATER, LATER), VIRGINIA, ELSEWHERE):
        group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, around)
        world = MadeWorld(context=[MadeWorld(group)])
        found.append([bool(told(each.CHECK, container, world=world)) for each in (log_group_absent, log_region)])
    assert found == [[False, False], [False, False], [False, True], [True, False]]
    for around, count in ((HERE, 0), (VIRGINIA, 1), (ELSEWHERE, 0)):
        parameter = MadeResource("aws_ssm_parameter.a", {"name": "/a"}, around)
        assert (
            len(told(parameter_region.CHECK, secrets("/a"), world=MadeWorld(context=[MadeWorld(parameter)]))) == count
        )


def test_what_is_deleted_is_not_there_again_in_another_region() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    for around, count in ((HERE, 0), (VIRGINIA, 1), (ELSEWHERE, 1)):
        other = MadeWorld(MadeResource("aws_cloudwatch_log_group.b", {"name": "/a"}, around))
        world = MadeWorld(earlier=[group], context=[other])
        assert len(told(deleted.CHECK, container, world=world)) == count


class Reading(MadeWorld):
    """A world in which a data source has read the name of a log group."""

    read = ("/a",)


def test_a_log_group_whose_name_was_read_may_exist() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    assert told(log_group_absent.CHECK, container, world=Reading()) == []
    assert len(told(log_group_absent.CHECK, logs(awslogs_group="/b", awslogs_region=HERE.region), world=Reading())) == 1


def test_a_log_group_of_that_name_in_another_region_was_not_written_to() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    former: dict[str, Value] = {"name": "old", **logs(awslogs_group="/a", awslogs_region="us-east-1")}
    running = MadeResource("aws_ecs_task_definition.old", {"container_definitions": [former]})
    assert len(told(log_group_absent.CHECK, container, world=MadeWorld(earlier=(running,)))) == 1


def test_a_log_group_that_was_written_to_exists() -> None:
    container = logs(awslogs_group="/a", awslogs_region=HERE.region)
    definition: dict[str, Value] = {"container_definitions": [{"name": "old", **container}]}
    running = MadeResource("aws_ecs_task_definition.old", definition)
    assert told(log_group_absent.CHECK, container, world=MadeWorld(earlier=(running,))) == []


def test_what_the_change_deletes_is_missing_unless_something_of_its_name_is_there() -> None:
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    search, container = deleted.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    (said,) = told(search, container, world=MadeWorld(earlier=[group]))
    assert said == "error: container `app` needs aws_cloudwatch_log_group.a, which this plan deletes"
    for name in ("/a", LATER):
        other = MadeResource("aws_cloudwatch_log_group.b", {"name": name})
        assert told(search, container, world=MadeWorld(other, earlier=[group])) == []
    assert told(search, container, world=MadeWorld(group)) == []
    renamed = MadeResource("aws_cloudwatch_log_group.a", {"name": "/other"})
    (said,) = told(search, container, world=MadeWorld(renamed, earlier=[group]))
    assert said.endswith("aws_cloudwatch_log_group.a, which this plan replaces by one of another name")
    assert told(search, logs(awslogs_group="/b", awslogs_region=HERE.region), world=MadeWorld(earlier=[group])) == []


def test_a_log_group_that_stays_or_is_made_again_or_is_another_is_not_missed() -> None:
    search, container = deleted.CHECK, logs(awslogs_group="/a", awslogs_region=HERE.region)
    stays = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a", "skip_destroy": True})
    far = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, VIRGINIA)
    foreign = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"}, ELSEWHERE)
    for group in (stays, far, foreign):
        assert told(search, container, world=MadeWorld(earlier=[group])) == []
    made = logs(awslogs_group="/a", awslogs_region=HERE.region, awslogs_create_group="true")
    group = MadeResource("aws_cloudwatch_log_group.a", {"name": "/a"})
    assert told(search, made, world=MadeWorld(earlier=[group])) == []


def test_values_and_files_that_the_change_deletes_are_missing() -> None:
    search, bucket = deleted.CHECK, MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg"})
    file = MadeResource("aws_s3_object.env", {"bucket": "cfg", "key": "web/prod.env", "arn": FILE})
    copy = MadeResource("aws_s3_object_copy.env", {"bucket": "cfg", "key": "web/prod.env"})
    assert len(told(search, files(FILE), world=MadeWorld(bucket, earlier=[bucket, file]))) == 1
    assert told(search, files(FILE), world=MadeWorld(bucket, copy, earlier=[bucket, file])) == []
    assert len(told(search, files(FILE), world=MadeWorld(earlier=[bucket]))) == 1
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET})
    for value in (SECRET, f"{SECRET}:password::"):
        (said,) = told(search, secrets(value), world=MadeWorld(earlier=[secret]))
        assert said == "error: secret of container `app` needs aws_secretsmanager_secret.db, which this plan deletes"
    assert told(search, secrets(f"{SECRET}x"), world=MadeWorld(earlier=[secret])) == []


def test_a_reference_follows_what_is_replaced() -> None:
    before = MadeResource("aws_s3_bucket.cfg", {"bucket": "cfg", "id": "cfg", "arn": "arn:aws:s3:::cfg"})
    after = MadeResource("aws_s3_bucket.cfg", {"bucket": "new", "arn": reference("aws_s3_bucket.cfg", "arn")})
    world = MadeWorld(after, earlier=[before])
    followed = text([reference("aws_s3_bucket.cfg", "arn"), "/web/prod.env"])
    assert told(deleted.CHECK, files(followed), world=world) == []
    assert len(told(deleted.CHECK, files(FILE), world=world)) == 1


def test_the_proxy_of_service_connect_needs_region_and_group_too() -> None:
    log: dict[str, Value] = {"log_driver": "awslogs", "options": {"awslogs-group": "/proxy"}}
    world = MadeWorld(
        service(service_connect_configuration=[{"enabled": True, "log_configuration": [log]}]), earlier=()
    )
    (found,) = told(log_region.CHECK, {}, world=world)
    assert found.startswith("error: the log driver of the Service Connect proxy of aws_ecs_service.app has no")
    (found,) = told(log_group_absent.CHECK, {}, world=world)
    assert "the Service Connect proxy of aws_ecs_service.app logs to `/proxy`" in found


# Images and log routers


@pytest.mark.parametrize(
    ("image", "ends"),
    [
        ("111122223333.dkr-ecr.eu-west-1.on.aws/shop:1", 1),
        (text(["111122223333.dkr-ecr.eu-west-1.on.aws/", LATER]), 1),
        ("111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:1", 0),
        ("public.ecr.aws/nginx/nginx:1", 0),
        (text([LATER, ".dkr-ecr.eu-west-1.on.aws/shop:1"]), 0),
        (LATER, 0),
    ],
)
def test_ecs_signs_in_to_one_kind_of_host(image: Value, ends: int) -> None:
    assert len(told(image_host.CHECK, {"image": image})) == ends


def test_a_log_router_reads_from_s3_on_ec2_only_and_by_arn() -> None:
    def router(value: Value) -> dict[str, Value]:
        options: dict[str, Value] = {"config-file-type": "s3", "config-file-value": value}
        return {"firelensConfiguration": {"type": "fluentbit", "options": options}}

    arn, address = "arn:aws:s3:::cfg/bit.conf", "s3://cfg/bit.conf"
    (found,) = told(log_router.CHECK, router(arn))
    assert "Fargate accepts only a file" in found
    assert told(log_router.CHECK, router(arn), requires_compatibilities=["EC2"]) == []
    assert told(log_router.CHECK, router(LATER), requires_compatibilities=["EC2"]) == []
    (found,) = told(log_router.CHECK, router(address), requires_compatibilities=["EC2"])
    assert "is an address, not an ARN" in found


@pytest.mark.parametrize(
    ("line", "wrong"),
    [
        ("A=1", ""),
        ('A=say "hi"', ""),
        ("A=", ""),
        ("", ""),
        ("# comment", ""),
        ("hunter2", "without `=`"),
        (" # hunter2", "without `=`"),
        ("export A=hunter2", "`export`"),
        ("A =hunter2", "spaces"),
        ("A='hunter2'", "quotes"),
    ],
)
def test_a_line_of_a_file_is_a_name_and_a_value(line: str, wrong: str) -> None:
    held = MadeResource("aws_s3_object.o", {"arn": FILE, "content": f"B=2\n{line}\n"})
    found = told(env_file_content.CHECK, files(FILE), world=MadeWorld(held))
    assert [wrong in each and "line 2 " in each and each.startswith("info") for each in found] == [True] * bool(wrong)
    assert "hunter2" not in repr(found)


# Credentials


@pytest.mark.parametrize(
    "name", ["DB_PASSWORD", "dbPassword", "API_KEY", "GITHUB_TOKEN", "AWS_SECRET_ACCESS_KEY", "secret"]
)
def test_a_name_may_sound_like_a_credential(name: str) -> None:
    (found,) = told(credential_in_environment.CHECK, {"environment": [{"name": name, "value": "s3cr3t!"}]})
    assert found.startswith(f"info: `{name}`")
    assert "s3cr3t!" not in found


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PASSWORD_FILE", "x"),
        ("SECRET_NAME", "x"),
        ("TOKEN_URL", "x"),
        ("BYPASS", "x"),
        ("MONKEY", "x"),
        ("PASSWORD", ""),
        ("PASSWORD", "/run/secrets/db"),
        ("SECRET", SECRET),
        ("TOKEN", "https://auth.example.com/token"),
        ("RESET_PASSWORD", "true"),
        ("MAX_TOKEN", "4096"),
        ("PASSWORD", LATER),
    ],
)
def test_most_names_and_pointers_do_not(name: str, value: Value) -> None:
    assert told(credential_in_environment.CHECK, {"environment": [{"name": name, "value": value}]}) == []


# Order

ECS = '"Principal": {"Service": "ecs-tasks.amazonaws.com"}'
TRUST = f'{{"Statement": [{{"Effect": "Allow", "Action": "sts:AssumeRole", {ECS}}}]}}'
READ = '{"Statement": [{"Effect": "Allow", "Action": "*", "Resource": "*"}]}'
ROLE = MadeResource(
    "aws_iam_role.r",
    {"name": "r", "arn": "arn:aws:iam::111122223333:role/execution", "assume_role_policy": TRUST},
)
POLICY = MadeResource("aws_iam_role_policy.p", {"name": "p", "role": "r", "policy": READ})
READING = MadeResource(
    "aws_ecs_task_definition.app",
    {"execution_role_arn": ROLE.attributes["arn"], "container_definitions": [{"name": "app", **secrets(SECRET)}]},
)


class Ordered(MadeWorld):
    """A world whose service waits for these."""

    waits: frozenset[str] = frozenset()
    open = False

    def earlier(self, address: Address) -> Earlier:
        return Earlier(self.waits, self.open)


def ordered(*waits: str, is_open: bool = False, earlier: tuple[MadeResource, ...] = ()) -> list[str]:
    world = Ordered(service(), ROLE, POLICY, READING, earlier=earlier)
    world.waits, world.open = frozenset(waits), is_open
    (found,) = task_definitions(world)
    return [each.severity.value for each in deploy_order.CHECK.search(found, world)]


def test_a_service_waits_for_what_its_tasks_need() -> None:
    assert ordered() == ["warning"]
    assert ordered("aws_iam_role_policy.p") == []
    assert ordered(is_open=True) == []


def test_what_was_there_before_needs_no_waiting() -> None:
    assert ordered(earlier=(POLICY,)) == []
    assert ordered(earlier=(service(),)) == []


def test_a_new_policy_of_a_role_that_was_there_is_late_as_well() -> None:
    assert ordered(earlier=(ROLE,)) == ["warning"]


def test_a_policy_that_allowed_it_before_may_change_at_any_time() -> None:
    wider = MadeResource(
        "aws_iam_role_policy.p", {**POLICY.attributes, "policy": READ.replace('"Resource"', '"Sid":"A","Resource"')}
    )
    narrower = MadeResource(
        "aws_iam_role_policy.p", {**POLICY.attributes, "policy": READ.replace('"*", "R', '"s3:*", "R')}
    )
    assert ordered(earlier=(ROLE, wider)) == []
    assert ordered(earlier=(ROLE, narrower)) == ["warning"]


def test_a_running_service_starts_tasks_when_it_is_given_a_new_revision() -> None:
    older = service(task_definition="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:1")
    assert ordered(earlier=(ROLE, older)) == ["warning"]
