"""Which policies are on a role, when roles of one name live in several accounts?"""

from __future__ import annotations

import json

import pytest

from tests.made_world import ELSEWHERE, HERE, OPEN, MadeThing, MadeWorld
from tfcheck.resolve.provider import Surroundings
from tfcheck.role import Roles
from tfcheck.value import Unknown

POLICY = json.dumps({"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": "s3:*", "Resource": "*"}]})
ARN = "arn:aws:iam::111122223333:role/exec"
#: What a state tells of a resource without an ARN.
UNTOLD = Surroundings("aws", "eu-west-1", Unknown())


def policy(around: Surroundings) -> MadeThing:
    return MadeThing("aws_iam_role_policy.p", {"name": "p", "role": "exec", "policy": POLICY}, around)


@pytest.mark.parametrize(("around", "sure", "open_"), [(HERE, 1, 0), (ELSEWHERE, 0, 0), (OPEN, 0, 1), (UNTOLD, 1, 0)])
@pytest.mark.parametrize("address", ["aws_iam_role.exec", "data.aws_iam_role.exec", ""])
def test_a_policy_is_attached_to_the_role_of_its_own_account(
    address: str, around: Surroundings, sure: int, open_: int
) -> None:
    shown = [MadeThing(address, {"name": "exec", "arn": ARN})] if address else []
    role = Roles(MadeWorld(*shown, policy(around))).of(ARN)
    assert role is not None
    assert (len(role.identity), len(role.perhaps), bool(role.hidden)) == (sure, open_, bool(open_))


def test_a_new_role_and_its_policies_are_in_one_account_whichever_it_is() -> None:
    role = MadeThing("aws_iam_role.exec", {"name": "exec", "arn": Unknown()}, OPEN)
    roles = Roles(MadeWorld(role, policy(OPEN)))
    assert len(roles.shown(role).identity) == 1
