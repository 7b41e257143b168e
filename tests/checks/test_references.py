"""What ECS cannot read leads to no call: the rule's finding stands alone, and nothing is granted."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tests.rows import every_row
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions
from tfcheck.resolve.other_forms import cleaned_key
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.startup import requirements
from tfcheck.startup.object_arn import iam_object_arn
from tfcheck.symbolic.value import Unknown, Value, display, text
from tfcheck.vocabulary.finding import Report, Requirement, Verdict

PLANS = pytest.mark.parametrize("name", ["plan.json", "applied.plan.json"])
RULES = {
    "env-file-arn": ("no-slash", "no-key", "regional", "point", "no-bucket", "of-a-table"),
    "secret-reference": (
        *("two-fields", "short-id", "wildcard", "slash", "no-region", "far", "by-name", "empty", "key-of-value"),
        *("two-slashes", "registry"),
    ),
    "credential-spec-arn": ("spec-secret", "spec-bucket", "spec-name"),
    "log-options": ("no-group", "group-by-arn"),
}
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
CHINA = Surroundings("aws-cn", "cn-north-1", "111122223333")


def report(case: str, name: str = "plan.json") -> Report:
    found = Case(TESTDATA / case)
    plan = found.plan(name)
    return check(plan, found.sources(plan, name), RunOptions(fixes=True))


def needs(*containers: dict[str, Value], world: MadeWorld | None = None, **attributes: Value) -> list[Requirement]:
    of = task(*containers, around=HERE, **attributes)
    return [each for each in requirements(of, world or MadeWorld()) if each.rule != "trust"]


@pytest.mark.long
@PLANS
def test_what_cannot_be_read_is_reported_by_one_rule_alone(name: str) -> None:
    found = [
        (each.rule, each.task_definition, each.severity.value) for each in report("references-misread", name).findings
    ]
    wanted = [(rule, f'aws_ecs_task_definition.app["{key}"]', "error") for rule, keys in RULES.items() for key in keys]
    both = ("secret-reference", 'aws_ecs_task_definition.app["right"]', "warning")
    assert sorted(found) == sorted([*wanted, both])


@pytest.mark.long
@PLANS
def test_what_cannot_be_read_needs_no_permission_and_is_only_corrected(name: str) -> None:
    found = report("references-misread", name)
    asked = {each.requirement.task_definition for each in found.answers if each.requirement.rule != "trust"}
    assert asked == {'aws_ecs_task_definition.app["right"]'}
    assert all(each.fix.title.startswith("correct ") for each in found.findings if each.fix)


def test_a_slash_that_is_missing_is_reported_by_the_rule_although_another_object_is_asked_for() -> None:
    bucket = MadeResource("aws_s3_bucket.b", {"bucket": "b", "id": "b", "arn": "arn:aws:s3:::b"})
    value = text([reference("aws_s3_bucket.b", "arn", "arn:aws:s3:::b"), "web/prod.env"])
    found = needs({"environmentFiles": [{"type": "s3", "value": value}]}, world=MadeWorld(bucket))
    assert [(each.action, each.necessity.mistaken) for each in found] == [
        ("s3:GetObject", True),
        ("s3:GetBucketLocation", True),
    ]


@PLANS
def test_another_partition_is_never_granted(name: str) -> None:
    found = report("other-partition", name)
    assert {each.rule for each in found.findings} == {"env-file-arn", "env-file", "image-host"}
    assert [each.fix for each in found.findings if each.fix] == []
    (waits,) = {each.waits_for for each in found.answers if each.verdict is Verdict.UNKNOWN}
    assert waits == "whether IAM compares the partition aws or aws-cn, where the task runs"


def test_only_an_other_partition_is_left_open() -> None:
    arn = "arn:aws:s3:::cfg/a.env"
    assert iam_object_arn(arn, HERE) == arn
    assert display(iam_object_arn(arn, CHINA)) == "arn:${partition}:s3:::cfg/a.env"
    assert iam_object_arn(arn, Surroundings(Unknown(), "eu-west-1", "111122223333")) == arn


@every_row(
    "container",
    [
        {"firelensConfiguration": {"options": {"config-file-type": "s3", "config-file-value": "arn:aws:s3:::cfg"}}},
        {"dockerSecurityOptions": ["credentialspec:arn:aws:s3:::specs"]},
        {"credentialSpecs": ["credentialspec:file://specs.json"]},
        {"repositoryCredentials": {"credentialsParameter": f"{SECRET}:key::"}},
        {"repositoryCredentials": {"credentialsParameter": "arn:aws:ssm:eu-west-1:111122223333:parameter/a"}},
        {"secrets": [{"name": "A", "valueFrom": f"{SECRET}:key"}]},
        {"logConfiguration": {"logDriver": "awslogs", "options": None}},
        {"logConfiguration": {"logDriver": "awslogs", "options": {"awslogs-group": "arn:aws:logs:a:b:log-group:c"}}},
    ],
)
def test_nothing_is_asked_for_what_cannot_be_read(container: dict[str, Value]) -> None:
    assert needs(container) == []


def test_the_credentials_of_a_volume_and_the_options_of_a_proxy_are_looked_at_too() -> None:
    server: dict[str, Value] = {"authorization_config": [{"credentials_parameter": f"{SECRET}:key"}]}
    volumes: list[Value] = [{"name": "w", "fsx_windows_file_server_volume_configuration": [server]}]
    assert [each.action for each in needs({}, volume=volumes)] == ["fsx:DescribeFileSystems"]
    option: dict[str, Value] = {"name": "token", "value_from": f"{SECRET}:key"}
    log: dict[str, Value] = {"log_driver": "splunk", "secret_option": [option]}
    connect: list[Value] = [{"enabled": True, "log_configuration": [log]}]
    runs: dict[str, Value] = {
        "task_definition": reference("aws_ecs_task_definition.app", "arn"),
        "service_connect_configuration": connect,
    }
    assert needs({}, world=MadeWorld(MadeResource("aws_ecs_service.app", runs))) == []


@every_row(
    ("key", "cleaned"),
    [
        ("web/prod.env", "web/prod.env"),
        ("/web/prod.env", "web/prod.env"),
        ("//web//prod.env", "web/prod.env"),
        (text(["/", Unknown(), "//prod.env"]), text([Unknown(), "/prod.env"])),
        ("", ""),
        (None, None),
    ],
)
def test_the_provider_drops_slashes_of_a_key(key: Value, cleaned: Value) -> None:
    assert cleaned_key(key) == cleaned
