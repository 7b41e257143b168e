"""A new secret has a value when its service starts."""

from __future__ import annotations

from tests.checks.made_tasks import SECRET, messages, secrets, service
from tests.made_world import HERE, MadeResource, MadeWorld, reference, task
from tfcheck.checks import secret_value

ADDRESS = "aws_secretsmanager_secret.db"


def test_a_new_secret_is_given_a_value() -> None:
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "id": SECRET})
    version = MadeResource("aws_secretsmanager_secret_version.db", {"secret_id": SECRET})
    other = MadeResource("aws_secretsmanager_secret_version.x", {"secret_id": SECRET.replace("db-", "other-")})
    search, container = secret_value.CHECK, secrets(SECRET, f"{SECRET}:key::")
    assert len(messages(search, container, world=MadeWorld(service(), secret, earlier=()))) == 1
    assert len(messages(search, container, world=MadeWorld(service(), secret, other, earlier=()))) == 1
    assert messages(search, container, world=MadeWorld(service(), secret, version, earlier=())) == []
    assert messages(search, container, world=MadeWorld(service(), secret, earlier=(secret,))) == []
    assert messages(search, container, world=MadeWorld(secret, earlier=())) == []
    given = service(task_definition="arn:aws:ecs:eu-west-1:111122223333:task-definition/app:1")
    anew = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "id": reference(ADDRESS, "id")})
    for before, found in ((given, 1), (service(), 0)):
        assert len(messages(search, container, world=MadeWorld(service(), anew, earlier=(secret, before)))) == found
    looked_up = MadeResource("data.aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "id": SECRET})
    assert messages(search, container, world=MadeWorld(service(), looked_up, earlier=())) == []


def test_the_remedy_names_the_secret_as_its_module_does() -> None:
    address = 'module.web["eu"].aws_secretsmanager_secret.db["token"]'
    secret = MadeResource(address, {"name": "db", "arn": SECRET, "id": SECRET})
    world = MadeWorld(service(), secret, earlier=())
    (found,) = secret_value.CHECK.search(task(secrets(SECRET), around=HERE), world)
    assert found.hcl.split("\n") == [
        'resource "aws_secretsmanager_secret_version" "db" {',
        '  secret_id     = aws_secretsmanager_secret.db["token"].id',
        "  secret_string = var.db_value # sensitive",
        "}",
    ]
