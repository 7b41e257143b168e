"""`valueFrom` is parsed as ECS parses it."""

from __future__ import annotations

import re

import pytest

from tests.checks.made_tasks import LATER, SECRET, messages, secrets
from tests.made_world import MadeResource, MadeWorld, reference
from tfcheck.checks import secret_reference
from tfcheck.symbolic.value import Value, text


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
        (f"{SECRET}|terraform-1", "error: .* id of a secret's version"),
        (text([reference("aws_secretsmanager_secret.db", "arn", SECRET), "|1"]), "error: .* secret's version"),
        ("arn:aws:s3:::cfg/db", "error: .* neither"),
        ("arn:aws:secretsmanager", "error: .* too few parts"),
        ("db:password::", "error: .* contains no colons"),
        ("/app/token", ""),
        ("token", ""),
        ("token:3", "error: .* no version or label"),
        (text(["token-", LATER, ":3"]), "error: .* no version or label"),
        (text([LATER, ":3"]), ""),
        ("", "error: .*: `valueFrom` of `.+` is empty"),
        (f"{SECRET}:key:AWSCURRENT:11111111-2222-3333-4444-555555555555", "warning: .* stage and a version id"),
        ("arn:aws-cn:secretsmanager:eu-west-1:111122223333:secret:db-AbCdEf", "error: .* another partition"),
        ("arn:aws-cn:ssm:cn-north-1:111122223333:parameter/a", "error: .* another partition"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a:password::", "error: .* JSON key"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter/a:3", "warning: .* version or label"),
        (text([reference("aws_ssm_parameter.p", "arn"), ":3"]), "warning: .* version or label"),
        ("arn:aws:ssm:eu-west-1:111122223333:parameter//a:3", "error: .* two slashes"),
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
    found = messages(secret_reference.CHECK, secrets(value), world=world)
    assert [bool(re.match(wrong, each)) for each in found] == [True] * bool(wrong)


def test_registry_credentials_are_a_whole_secret() -> None:
    assert messages(secret_reference.CHECK, {"repositoryCredentials": {"credentialsParameter": SECRET}}) == []
    (found,) = messages(secret_reference.CHECK, {"repositoryCredentials": {"credentialsParameter": f"{SECRET}:key::"}})
    assert found.startswith("error: ")


def test_a_parameter_that_has_a_secret_s_name_is_a_parameter() -> None:
    world = MadeWorld(
        MadeResource("aws_secretsmanager_secret.db", {"name": "shop"}),
        MadeResource("aws_ssm_parameter.p", {"name": "shop"}),
    )
    assert messages(secret_reference.CHECK, secrets("shop"), world=world) == []
