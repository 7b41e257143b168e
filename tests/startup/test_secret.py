"""Values of Secrets Manager are read for containers and log drivers."""

from __future__ import annotations

from tests.made_world import MadeResource, MadeWorld, task
from tests.startup.needs import SECRET, needs, rows
from tfcheck.startup import parameter, secret
from tfcheck.symbolic.value import Unknown, Value


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


def test_a_list_of_secrets_that_is_not_known_is_in_doubt() -> None:
    of = task({"secrets": Unknown(reason="known only after apply")})
    found = [*needs(secret.RULE, of), *needs(parameter.RULE, of)]
    assert [(each.pointer, each.action) for each in found] == [
        ("/0/secrets", "secretsmanager:GetSecretValue"),
        ("/0/secrets", "ssm:GetParameters"),
    ]
    assert all(each.necessity.doubt for each in found)


def test_the_end_of_the_arn_of_a_replica_may_be_missing() -> None:
    replica = SECRET.replace("eu-west-1", "us-east-1")
    attributes: dict[str, Value] = {"name": "db", "arn": SECRET, "replica": [{"region": "us-east-1"}]}
    world = MadeWorld(MadeResource("aws_secretsmanager_secret.db", attributes))
    of = task({"secrets": [{"name": "A", "valueFrom": replica[: -len("-AbCdEf")]}]})
    assert [each.resource for each in needs(secret.RULE, of, world)] == [replica]
