"""What is quoted fits the case: Fargate or a container instance, with a role or without one, whose key it is."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tests.made_world import HERE, MadeResource, MadeWorld, task
from tfcheck.analysis.check import check
from tfcheck.report.words import symptom_words
from tfcheck.startup import RULES, requirements, rule
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import Finding, Requirement
from tfcheck.vocabulary.stopped_reason import KNOWN, UNREACHED, explain_text
from tfcheck.vocabulary.stopped_reason.known_text import API

KEY = "arn:aws:kms:eu-west-1:111122223333:key/1"
SECRET = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf"
PARAMETER = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"


def needed(value: str, action: str) -> Requirement:
    world = MadeWorld(
        MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "kms_key_id": KEY}),
        MadeResource("aws_ssm_parameter.a", {"name": "/a", "type": "SecureString", "key_id": KEY, "arn": PARAMETER}),
    )
    secrets: list[Value] = [{"name": "A", "valueFrom": value}]
    (found,) = (each for each in requirements(task({"secrets": secrets}, around=HERE), world) if each.action == action)
    return found


def symptom(need: Requirement, *, on_instances: bool = False, has_role: bool = True) -> str:
    return rule(need.rule).symptom(need, on_instances=on_instances, has_role=has_role)


@pytest.mark.parametrize(
    ("value", "words"),
    [(SECRET, "Access to KMS is not allowed"), (PARAMETER, "customer master key that does not exist")],
)
def test_a_key_is_missed_in_the_words_of_the_service_that_reads(value: str, words: str) -> None:
    assert words in symptom(needed(value, "kms:Decrypt"))


def test_the_agent_on_an_instance_has_words_of_its_own() -> None:
    need = needed(SECRET, "secretsmanager:GetSecretValue")
    assert symptom(need).startswith("ResourceInitializationError: ")
    assert symptom(need, on_instances=True).startswith("fetching secret data from AWS Secrets Manager in region")


def test_without_a_role_the_api_refuses_what_it_can_see() -> None:
    need = needed(SECRET, "secretsmanager:GetSecretValue")
    assert "executionRoleArn" in symptom(need, has_role=False)
    assert symptom_words(symptom(need, has_role=False)) == "at apply"
    assert symptom_words(symptom(need)) == "at run time"


def test_every_text_is_one_that_explain_knows() -> None:
    for each in RULES:
        texts = [*(each.on_instances or {}).values(), *each.without_role]
        assert [text for text in texts if text and explain_text(text) is None] == []


@pytest.mark.parametrize(
    ("kinds", "is_on_instances"), [(["EC2"], True), (["EC2", "EXTERNAL"], True), (["EC2", "FARGATE"], False)]
)
def test_only_what_definitely_runs_on_instances_has_their_words(kinds: list[Value], *, is_on_instances: bool) -> None:
    assert task({}, requires_compatibilities=kinds).on_instances is is_on_instances


def test_a_task_without_a_role_is_not_sent_to_look_for_a_policy() -> None:
    found = {each.task_definition: each for each in denied_without_role("role-outside-plan")}
    assert {each.symptom for each in found.values() if "ec2" in each.task_definition} <= {
        "environment file resource: unable to find execution role credentials"
    }
    assert not any("403" in each.symptom for each in found.values())


def denied_without_role(case: str) -> list[Finding]:
    of = Case(TESTDATA / case)
    plan = of.plan()
    found = check(plan, of.sources(plan)).findings
    return [each for each in found if each.answers and each.address is None]


def test_no_text_of_the_api_begins_like_that_of_a_stopped_task() -> None:
    refused = [each.pattern for each in (*KNOWN, *UNREACHED) if each.where == API]
    assert refused
    assert [each for each in refused if each.startswith(("ResourceInitializationError", "CannotPull"))] == []
