"""What is encrypted under a customer managed key is decrypted."""

from __future__ import annotations

from tests.made_world import MadeResource, MadeWorld, task
from tests.startup.needs import SECRET, needs
from tfcheck.startup import RULES
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.finding import Severity

KEY = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def test_what_is_read_as_it_is_stored_needs_no_key() -> None:
    arn = "arn:aws:ssm:eu-west-1:111122223333:parameter/a"
    kept: dict[str, Value] = {"name": "/a", "type": "SecureString", "key_id": KEY, "arn": arn}
    server: Value = [{"authorization_config": [{"credentials_parameter": arn}]}]
    of = task(
        {"credentialSpecs": [f"credentialspec:{arn}"]},
        requires_compatibilities=["EC2"],
        volume=[{"name": "files", "fsx_windows_file_server_volume_configuration": server}],
    )
    assert needs(RULES[-1], of, MadeWorld(MadeResource("aws_ssm_parameter.a", kept))) == []


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
    assert [each.details.encrypted for each in found] == [
        SECRET,
        "arn:aws:ssm:eu-west-1:111122223333:parameter/a",
        SECRET,
    ]
    assert {each.severity for each in found} == {Severity.ERROR}
    assert {each.rule for each in found} == {"decrypt"}
