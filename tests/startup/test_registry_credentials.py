"""The credentials of a private registry are a secret."""

from __future__ import annotations

from tests.made_world import task
from tests.startup.needs import SECRET, rows
from tfcheck.startup import registry_credentials


def test_credentials_of_a_private_registry_are_a_secret() -> None:
    of = task({"repositoryCredentials": {"credentialsParameter": SECRET}})
    assert rows(registry_credentials.RULE, of) == [
        ("/0/repositoryCredentials", "secretsmanager:GetSecretValue", SECRET, "error")
    ]
