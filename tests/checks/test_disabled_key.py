"""Nothing is decrypted with a key that is disabled, or deleted by the plan."""

from __future__ import annotations

from tests.checks.made_tasks import SECRET, messages, secrets
from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.checks import disabled_key
from tfcheck.symbolic.value import Unknown, Value

ARN = "arn:aws:kms:eu-west-1:111122223333:key/k1"


def key(enabled: Value = True, kind: str = "aws_kms_key") -> MadeResource:
    values: dict[str, Value] = {"arn": ARN, "key_id": "k1", "enabled" if "replica" in kind else "is_enabled": enabled}
    return MadeResource(f"{kind}.k", values)


@every_row(
    ("now", "before", "ending"),
    [
        ([key()], None, ""),
        ([key(False)], None, "aws_kms_key.k, which is disabled"),
        ([key(False, "aws_kms_replica_key")], None, "aws_kms_replica_key.k, which is disabled"),
        ([key(Unknown())], None, ""),
        ([key(None)], None, ""),
        ([], [], ""),
        ([], [key()], "aws_kms_key.k, which this plan deletes"),
        ([key()], [key(False)], ""),
    ],
)
def test_a_key_that_cannot_be_used(now: list[MadeResource], before: list[MadeResource] | None, ending: str) -> None:
    secret = MadeResource("aws_secretsmanager_secret.db", {"name": "db", "arn": SECRET, "kms_key_id": ARN})
    world = MadeWorld(secret, *now, earlier=None if before is None else [secret, *before])
    found = messages(disabled_key.CHECK, secrets(SECRET), world=world)
    assert [each.endswith(ending) for each in found] == ([True] if ending else [])
