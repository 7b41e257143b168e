"""Credential specifications are read from S3 and the Parameter Store."""

from __future__ import annotations

from tests.made_world import task
from tests.startup.needs import rows
from tfcheck.startup import credential_spec
from tfcheck.symbolic.value import Value


def test_credential_specifications_are_read_where_they_are() -> None:
    specs: list[Value] = [
        "credentialspec:arn:aws:s3:::specs/gmsa.json",
        "credentialspecdomainless:arn:aws:ssm:eu-west-1:111122223333:parameter/gmsa",
        "credentialspec:file://gmsa.json",
    ]
    of = task({"credentialSpecs": specs, "dockerSecurityOptions": ["no-new-privileges"]})
    assert rows(credential_spec.RULE, of) == [
        ("/0/credentialSpecs/0", "s3:GetObject", "arn:aws:s3:::specs/gmsa.json", "error"),
        ("/0/credentialSpecs/1", "ssm:GetParameters", "arn:aws:ssm:eu-west-1:111122223333:parameter/gmsa", "error"),
    ]
