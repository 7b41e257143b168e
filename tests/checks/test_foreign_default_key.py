"""No other account can decrypt with a key that AWS manages."""

from __future__ import annotations

from tests.checks.made_tasks import LATER, SECRET, messages, secrets
from tests.made_world import ELSEWHERE, HERE, MadeResource, MadeWorld
from tfcheck.checks import foreign_default_key
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.value import Value


def test_the_key_that_aws_manages_is_of_no_use_to_another_account() -> None:
    kept: dict[str, Value] = {"name": "db", "arn": SECRET.replace("111122223333", "444455556666")}
    arn = "arn:aws:ssm:eu-west-1:444455556666:parameter/a"
    encrypted: dict[str, Value] = {"name": "/a", "arn": arn, "type": "SecureString", "key_id": "alias/aws/ssm"}

    def found(
        kind: str, attributes: dict[str, Value], around: Surroundings = ELSEWHERE, *, context: bool = False
    ) -> int:
        read = MadeWorld(MadeResource(f"{kind}.x", attributes, around, computed=("key_id",)))
        world = MadeWorld(context=[read]) if context else read
        return len(messages(foreign_default_key.CHECK, secrets(attributes["arn"]), world=world))

    secret, parameter = "aws_secretsmanager_secret", "aws_ssm_parameter"
    assert (found(secret, kept), found(secret, kept, context=True)) == (1, 1)
    assert found(secret, {**kept, "kms_key_id": "alias/aws/secretsmanager"}) == 1
    assert found(secret, {**kept, "arn": SECRET}, HERE) == 0
    for key in ("alias/shared", LATER):
        assert found(secret, {**kept, "kms_key_id": key}) == 0
    assert found("data.aws_secretsmanager_secret", kept) == 0
    assert (found(parameter, encrypted), found(parameter, {**encrypted, "type": "String"})) == (1, 0)
