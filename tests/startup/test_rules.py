"""Each rule on task definitions made by hand; the cases of testdata hold what real plans lead to."""

from __future__ import annotations

import pytest

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeResource, MadeWorld, reference, task
from tfcheck.inventory.ecs import TaskDefinition, task_definitions
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import (
    RULES,
    credential_spec,
    firelens_config,
    fsx,
    image,
    log_group,
    parameter,
    registry_credentials,
    secret,
    service_connect_log,
)
from tfcheck.startup.launch import possible_services, services
from tfcheck.startup.rule import Rule
from tfcheck.symbolic.value import Symbol, Text, Truth, Unknown, Value, display, text
from tfcheck.vocabulary.finding import Requirement, RoleKind, Severity

NOTHING = MadeWorld()
LATER = Unknown()
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"
ECR = "111122223333.dkr.ecr.eu-west-1.amazonaws.com/shop:v1"
STREAM = "arn:aws:logs:eu-west-1:111122223333:log-group:/ecs/app:log-stream:"
AWSLOGS: dict[str, Value] = {"awslogs-group": "/ecs/app", "awslogs-region": "eu-west-1", "awslogs-stream-prefix": "p"}


def needs(rule: Rule, of: TaskDefinition, world: MadeWorld = NOTHING) -> list[Requirement]:
    return list(rule.derive(of, world))


def rows(rule: Rule, of: TaskDefinition, world: MadeWorld = NOTHING) -> list[tuple[str, str, str, str]]:
    return [(each.pointer, each.action, display(each.resource), each.severity.value) for each in needs(rule, of, world)]


def test_a_rule_has_its_module_s_name_and_page() -> None:
    for rule in RULES:
        module = rule.derive.__module__.rpartition(".")[2]
        assert rule.id == module.replace("_", "-")
        assert "https://docs.aws.amazon.com/" in rule.manual


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.id)
def test_a_plain_task_needs_nothing_but_its_roles(rule: Rule) -> None:
    assert rule.id == "trust" or needs(rule, task({"image": "nginx"})) == []


def test_secrets_and_log_options_are_read_from_secrets_manager() -> None:
    options: dict[str, Value] = {
        "logDriver": "splunk",
        "secretOptions": [{"name": "splunk-token", "valueFrom": SECRET}],
    }
    of = task({"secrets": [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": f"{SECRET}:key::"}]})
    assert rows(secret.RULE, of) == [("/0/secrets/1", "secretsmanager:GetSecretValue", SECRET, "error")]
    of = task({"logConfiguration": options})
    assert rows(secret.RULE, of) == [
        ("/0/logConfiguration/secretOptions/0", "secretsmanager:GetSecretValue", SECRET, "error")
    ]


def test_keys_of_any_case_and_null_are_read() -> None:
    of = task({"Secrets": [{"Name": "A", "ValueFrom": SECRET}], "logConfiguration": None, "environmentFiles": None})
    assert [each.action for rule in RULES for each in needs(rule, of)] == [
        "sts:AssumeRole",
        "secretsmanager:GetSecretValue",
    ]


def test_a_list_of_secrets_that_is_not_known_is_in_doubt() -> None:
    of = task({"secrets": Unknown(reason="known only after apply")})
    found = [*needs(secret.RULE, of), *needs(parameter.RULE, of)]
    assert [(each.pointer, each.action) for each in found] == [
        ("/0/secrets", "secretsmanager:GetSecretValue"),
        ("/0/secrets", "ssm:GetParameters"),
    ]
    assert all(each.doubt for each in found)


def test_parameters_are_read_by_name_and_by_arn() -> None:
    arn = "arn:aws:ssm:us-east-1:111122223333:parameter/far"
    of = task({"secrets": [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": arn}]})
    assert rows(parameter.RULE, of) == [
        ("/0/secrets/0", "ssm:GetParameters", "arn:aws:ssm:eu-west-1:111122223333:parameter/a", "error"),
        ("/0/secrets/1", "ssm:GetParameters", arn, "error"),
    ]


def test_credentials_of_a_private_registry_are_a_secret() -> None:
    of = task({"repositoryCredentials": {"credentialsParameter": SECRET}})
    assert rows(registry_credentials.RULE, of) == [
        ("/0/repositoryCredentials", "secretsmanager:GetSecretValue", SECRET, "error")
    ]


def test_an_image_in_ecr_needs_a_token_and_the_repository() -> None:
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/shop"
    assert rows(image.RULE, task({"image": ECR})) == [
        ("/0/image", "ecr:GetAuthorizationToken", "*", "error"),
        ("/0/image", "ecr:BatchGetImage", arn, "error"),
        ("/0/image", "ecr:GetDownloadUrlForLayer", arn, "error"),
        ("/0/image", "ecr:BatchCheckLayerAvailability", arn, "info"),
    ]


def test_a_pull_through_cache_is_filled_and_made() -> None:
    rule = MadeResource("aws_ecr_pull_through_cache_rule.r", {"ecr_repository_prefix": "ROOT"})
    found = rows(image.RULE, task({"image": ECR}), MadeWorld(rule))[4:]
    assert [(action, severity) for _, action, _, severity in found] == [
        ("ecr:BatchImportUpstreamImage", "warning"),
        ("ecr:CreateRepository", "warning"),
    ]
    arn = "arn:aws:ecr:eu-west-1:111122223333:repository/shop"
    managed = MadeResource("aws_ecr_repository.shop", {"name": "shop", "arn": arn})
    found = rows(image.RULE, task({"image": ECR}), MadeWorld(rule, managed))[4:]
    assert [action for _, action, _, _ in found] == ["ecr:BatchImportUpstreamImage"]


# Who pulls and logs


@pytest.mark.parametrize(
    ("kinds", "asked"), [(["EC2"], False), ([], False), (["EC2", "FARGATE"], True), (["MANAGED_INSTANCES"], True)]
)
def test_without_an_execution_role_the_instance_of_ec2_pulls_and_logs(kinds: list[Value], *, asked: bool) -> None:
    container: dict[str, Value] = {"image": ECR, "logConfiguration": {"logDriver": "awslogs", "options": AWSLOGS}}
    of = task(container, requires_compatibilities=kinds, execution_role_arn=None)
    kind = RoleKind.EXECUTION if asked else RoleKind.INSTANCE
    assert {each.role_kind for rule in (image.RULE, log_group.RULE) for each in needs(rule, of)} == {kind}


@pytest.mark.parametrize(
    "service",
    [
        {"launch_type": "FARGATE"},
        {"capacity_provider_strategy": [{"capacity_provider": "FARGATE_SPOT", "weight": 1}]},
    ],
)
def test_a_service_on_fargate_makes_the_execution_role_pull(service: dict[str, Value]) -> None:
    of = task({"image": ECR}, requires_compatibilities=[], execution_role_arn=None)
    runs = MadeResource("aws_ecs_service.app", {"task_definition": "app", **service})
    assert {each.role_kind for each in needs(image.RULE, of, MadeWorld(runs))} == {RoleKind.EXECUTION}
    other = MadeResource("aws_ecs_service.app", {"task_definition": "other", **service})
    assert {each.role_kind for each in needs(image.RULE, of, MadeWorld(other))} == {RoleKind.INSTANCE}


FITTING: dict[str, Value] = {
    "network_mode": "awsvpc",
    "cpu": "256",
    "memory": "512",
    "requires_compatibilities": [],
    "execution_role_arn": None,
}


@pytest.mark.parametrize(
    ("attributes", "service", "asked"),
    [
        ({}, None, "perhaps"),
        ({"network_mode": "bridge"}, None, "no"),
        ({"cpu": None}, None, "no"),
        ({"requires_compatibilities": ["EC2"]}, None, "no"),
        ({}, {"launch_type": "EC2"}, "no"),
        ({}, {"launch_type": "FARGATE"}, "yes"),
        ({}, {}, "perhaps"),  # the default of the cluster decides
        ({}, {"capacity_provider_strategy": [{"capacity_provider": "spot-instances"}]}, "no"),
        ({}, {"capacity_provider_strategy": [{"capacity_provider": LATER}]}, "perhaps"),
        ({}, {"launch_type": "EC2", "task_definition": LATER}, "perhaps"),
    ],
)
def test_it_is_open_who_pulls_where_nothing_tells_on_what_tasks_run(
    attributes: dict[str, Value], service: dict[str, Value] | None, asked: str
) -> None:
    of = task({"image": ECR}, around=HERE, **{**FITTING, **attributes})
    runs = [] if service is None else [MadeResource("aws_ecs_service.app", {"task_definition": "app", **service})]
    found = needs(image.RULE, of, MadeWorld(*runs))
    doubt = "whether its tasks run on Fargate, which the plan does not show"
    kind = RoleKind.INSTANCE if asked == "no" else RoleKind.EXECUTION
    assert {(each.role_kind, each.doubt) for each in found} == {(kind, doubt if asked == "perhaps" else "")}


REVISION = Unknown(symbol=Symbol("aws_ecs_task_definition.app", ("revision",)))
GREATEST = Unknown(symbol=Symbol("max", ("1", "aws_ecs_task_definition.app.revision")))
OTHERS = Unknown(symbol=Symbol("max", ("aws_ecs_task_definition.app.revision", "aws_ecs_task_definition.b.revision")))
WITHOUT = reference(
    "aws_ecs_task_definition.app", "arn_without_revision", "arn:aws:ecs:eu-west-1:111122223333:task-definition/app"
)
OWN: dict[str, Value] = {
    "revision": REVISION,
    "arn_without_revision": WITHOUT,
    "arn": Unknown(
        symbol=Symbol("aws_ecs_task_definition.app", ("arn",)),
        shape=Text(("arn:aws:ecs:eu-west-1:111122223333:task-definition/app:", REVISION)),
    ),
}


@pytest.mark.parametrize(
    ("named", "truth"),
    [
        (reference("aws_ecs_task_definition.app", "arn"), Truth.TRUE),
        ("app", Truth.TRUE),
        (text(["app:", REVISION]), Truth.TRUE),
        (text(["app:", GREATEST]), Truth.TRUE),
        (text([WITHOUT, ":", GREATEST]), Truth.TRUE),
        (text(["app:", OTHERS]), Truth.UNKNOWN),
        (text(["app:", LATER]), Truth.UNKNOWN),
        ("app:7", Truth.UNKNOWN),  # what is assigned may be 7
        (LATER, Truth.UNKNOWN),
        (text(["apps:", REVISION]), Truth.FALSE),
        ("apps", Truth.FALSE),
        (reference("aws_ecs_task_definition.b", "arn"), Truth.FALSE),
        (None, Truth.FALSE),
    ],
)
def test_a_service_tells_what_it_runs(named: Value, truth: Truth) -> None:
    app = MadeResource("aws_ecs_task_definition.app", {"family": "app", **OWN, "container_definitions": []})
    b = MadeResource("aws_ecs_task_definition.b", {"family": "b", "revision": LATER, "container_definitions": []})
    world = MadeWorld(app, b, MadeResource("aws_ecs_service.app", {"task_definition": named}))
    of = task_definitions(world)[0]
    assert bool(services(of, world)) is (truth is Truth.TRUE)
    assert bool(possible_services(of, world)) is (truth is Truth.UNKNOWN)


def test_a_family_is_that_of_its_own_region() -> None:
    of = task({}, around=HERE)
    world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": "app"}, around=ELSEWHERE))
    assert not services(of, world)
    assert not possible_services(of, world)
    world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": "app"}, around=OPEN))
    assert not services(of, world)
    assert possible_services(of, world)


def test_a_known_revision_is_no_other() -> None:
    of = task({}, revision=7, arn="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:7")
    for named, runs in (("app:7", True), ("app:6", False)):
        world = MadeWorld(MadeResource("aws_ecs_service.app", {"task_definition": named}))
        assert bool(services(of, world)) is runs
        assert not possible_services(of, world)


# Logs


def test_logs_are_written_to_streams() -> None:
    of = task({"logConfiguration": {"logDriver": "awslogs", "options": AWSLOGS}})
    stream = STREAM + "p/app/${task.id}"
    assert rows(log_group.RULE, of) == [
        ("/0/logConfiguration", "logs:CreateLogStream", stream, "error"),
        ("/0/logConfiguration", "logs:PutLogEvents", stream, "warning"),
    ]


CREATES: dict[str, Value] = {
    "logConfiguration": {"logDriver": "awslogs", "options": {**AWSLOGS, "awslogs-create-group": "true"}}
}


def creation(world: MadeWorld, container: dict[str, Value] = CREATES) -> list[str]:
    """Give the severities of the need to create the group."""
    return [each[3] for each in rows(log_group.RULE, task(container), world) if each[1] == "logs:CreateLogGroup"]


def test_a_group_may_be_made() -> None:
    assert rows(log_group.RULE, task(CREATES))[2] == (
        "/0/logConfiguration",
        "logs:CreateLogGroup",
        STREAM,
        "warning",
    )


@pytest.mark.parametrize("address", ["aws_cloudwatch_log_group.app", "data.aws_cloudwatch_log_group.app"])
def test_a_group_that_exists_is_not_created(address: str) -> None:
    attributes: dict[str, Value] = {"name": "/ecs/app", "arn": STREAM}
    group = MadeResource(address, attributes)
    assert creation(MadeWorld(group)) == []
    assert creation(MadeWorld(context=[MadeWorld(group)])) == []
    elsewhere = MadeResource(address, attributes, Surroundings("aws", "us-east-1", HERE.account))
    assert creation(MadeWorld(elsewhere)) == ["warning"]
    unsure = MadeResource(address, {"name": LATER})
    assert creation(MadeWorld(unsure)) == ["warning"]


def test_a_group_that_a_task_wrote_to_exists() -> None:
    for region, expected in ((AWSLOGS["awslogs-region"], []), ("us-east-1", ["warning"])):
        options: Value = {**AWSLOGS, "awslogs-region": region}
        containers: Value = [{"name": "old", "logConfiguration": {"logDriver": "awslogs", "options": options}}]
        former = MadeResource("aws_ecs_task_definition.app", {"container_definitions": containers})
        assert creation(MadeWorld(earlier=[former])) == expected


def test_a_group_that_the_plan_deletes_is_new() -> None:
    group = MadeResource("aws_cloudwatch_log_group.app", {"name": "/ecs/app"})
    assert creation(MadeWorld(earlier=[group])) == ["error"]
    kept = MadeResource("aws_cloudwatch_log_group.app", {"name": "/ecs/app", "skip_destroy": True})
    assert creation(MadeWorld(earlier=[kept])) == ["warning"]


def test_a_group_that_is_named_by_a_new_id_is_new() -> None:
    symbol = Symbol("aws_vpc.new", ("id",))
    for family, expected in (("aws_vpc.id", ["error"]), ("", ["warning"])):
        name = text(["/ecs/", Unknown(symbol=symbol, family=family)])
        options: Value = {**AWSLOGS, "awslogs-group": name, "awslogs-create-group": "true"}
        assert creation(MadeWorld(), {"logConfiguration": {"logDriver": "awslogs", "options": options}}) == expected


def test_the_region_of_the_driver_counts() -> None:
    of = task({"logConfiguration": {"logDriver": "awslogs", "options": {**AWSLOGS, "awslogs-region": "us-east-1"}}})
    assert rows(log_group.RULE, of)[0][2].startswith("arn:aws:logs:us-east-1:111122223333:log-group:/ecs/app:")


@pytest.mark.parametrize("driver", ["awsfirelens", "json-file", None])
def test_other_drivers_write_elsewhere(driver: Value) -> None:
    assert needs(log_group.RULE, task({"logConfiguration": {"logDriver": driver, "options": AWSLOGS}})) == []


def test_the_proxy_of_service_connect_logs_too() -> None:
    log: dict[str, Value] = {
        "log_driver": "awslogs",
        "options": AWSLOGS,
        "secret_option": [{"name": "x", "value_from": SECRET}],
    }
    attributes: dict[str, Value] = {
        "task_definition": reference("aws_ecs_task_definition.app", "arn"),
        "service_connect_configuration": [{"enabled": True, "log_configuration": [log]}],
    }
    world = MadeWorld(MadeResource("aws_ecs_service.app", attributes))
    pointer = "/serviceConnectConfiguration/logConfiguration"
    stream = STREAM + "p/${proxy.name}/${task.id}"
    assert rows(service_connect_log.RULE, task({}), world) == [
        (f"{pointer}/secretOptions/0", "secretsmanager:GetSecretValue", SECRET, "error"),
        (pointer, "logs:CreateLogStream", stream, "error"),
        (pointer, "logs:PutLogEvents", stream, "warning"),
    ]
    assert {each.container for each in needs(service_connect_log.RULE, task({}), world)} == {None}


# What else is read


def test_the_log_router_s_configuration_may_be_in_s3() -> None:
    options: dict[str, Value] = {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::cfg/fluent/bit.conf"}
    of = task({"firelensConfiguration": {"type": "fluentbit", "options": options}})
    assert rows(firelens_config.RULE, of) == [
        ("/0/firelensConfiguration", "s3:GetObject", "arn:aws:s3:::cfg/fluent/bit.conf", "error"),
        ("/0/firelensConfiguration", "s3:GetBucketLocation", "arn:aws:s3:::cfg", "warning"),
    ]
    inside = {"config-file-type": "file", "config-file-value": "/bit.conf"}
    assert needs(firelens_config.RULE, task({"firelensConfiguration": {"options": {**inside}}})) == []


def test_credential_specifications_are_read_where_they_are() -> None:
    specs: list[Value] = [
        "credentialspec:arn:aws:s3:::specs/gmsa.json",
        "credentialspecdomainless:arn:aws:ssm:eu-west-1:111122223333:parameter/gmsa",
        "credentialspec:file://gmsa.json",
    ]
    of = task({"credentialSpecs": specs, "dockerSecurityOptions": ["no-new-privileges"]})
    assert rows(credential_spec.RULE, of) == [
        ("/0/credentialSpecs/0", "s3:GetObject", "arn:aws:s3:::specs/gmsa.json", "error"),
        (
            "/0/credentialSpecs/1",
            "ssm:GetParameters",
            "arn:aws:ssm:eu-west-1:111122223333:parameter/gmsa",
            "error",
        ),
    ]


def test_a_windows_file_system_is_found_and_its_credentials_read() -> None:
    server: dict[str, Value] = {
        "file_system_id": "fs-1",
        "authorization_config": [{"credentials_parameter": SECRET, "domain": "example.com"}],
    }
    volumes: list[Value] = [{"name": "plain"}, {"name": "w", "fsx_windows_file_server_volume_configuration": [server]}]
    pointer = "/volumes/1/fsxWindowsFileServerVolumeConfiguration"
    assert rows(fsx.RULE, task({}, volume=volumes)) == [
        (pointer, "fsx:DescribeFileSystems", "*", "error"),
        (pointer, "secretsmanager:GetSecretValue", SECRET, "error"),
    ]


# Keys


def test_what_is_under_a_key_must_be_decrypted() -> None:
    world = MadeWorld(
        MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "kms_key_id": KEY}),
        MadeResource(
            "aws_ssm_parameter.a",
            {
                "name": "/a",
                "type": "SecureString",
                "key_id": KEY,
                "arn": "arn:aws:ssm:eu-west-1:111122223333:parameter/a",
            },
        ),
    )
    of = task(
        {
            "secrets": [{"name": "A", "valueFrom": "/a"}, {"name": "B", "valueFrom": f"{SECRET}:x::"}],
            "repositoryCredentials": {"credentialsParameter": SECRET},
        }
    )
    found = needs(RULES[-1], of, world)
    assert [(each.pointer, each.action, each.resource) for each in found] == [
        ("/0/secrets/1", "kms:Decrypt", KEY),
        ("/0/secrets/0", "kms:Decrypt", KEY),
        ("/0/repositoryCredentials", "kms:Decrypt", KEY),
    ]
    assert [each.encrypted for each in found] == [
        SECRET,
        "arn:aws:ssm:eu-west-1:111122223333:parameter/a",
        SECRET,
    ]
    assert {each.severity for each in found} == {Severity.ERROR}
    assert {each.rule for each in found} == {"decrypt"}
