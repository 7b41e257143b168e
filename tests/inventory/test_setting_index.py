"""What a setting is on is looked up, not compared with the names of all others."""

from __future__ import annotations

import pytest

from tests.made_world import MadeResource, MadeWorld
from tests.symbols import symbol
from tfcheck.inventory import change
from tfcheck.inventory.change import is_same_name
from tfcheck.inventory.setting import REPOSITORY_POLICY, SettingOwner, settings
from tfcheck.symbolic.value import Truth, Unknown, text


def test_a_known_name_is_compared_with_few(monkeypatch: pytest.MonkeyPatch) -> None:
    made = [MadeResource(f"aws_ecr_repository_policy.r{i}", {"repository": f"r{i}"}) for i in range(50)]
    index = settings(MadeWorld(*made), REPOSITORY_POLICY)
    compared: list[object] = []

    def count(one: str, other: str, world: MadeWorld) -> Truth:
        compared.append(one)
        return is_same_name(one, other, world)

    monkeypatch.setattr(change, "is_same_name", count)
    partition = Unknown(symbol=symbol("data.aws_partition.p", ("partition",)))
    arn = text(["arn:", partition, ":ecr:eu-west-1:111122223333:repository/r7"])
    found = index.on(SettingOwner(None, (arn, "r7")))
    assert found.definite == (made[7],)
    assert set(compared) == {"r7"}
