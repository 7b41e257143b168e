"""What attaches policies to roles."""

from __future__ import annotations

from tests.made_world import MadeResource, MadeWorld
from tests.rows import every_row
from tfcheck.role.grants import grants
from tfcheck.symbolic.value import Unknown, Value

ROLE = MadeResource("aws_iam_role.web", {"name": "web", "id": "web"})


def policy(attributes: dict[str, Value], *, is_abandoned: bool = False) -> MadeResource:
    found = MadeResource("aws_iam_role_policy.files", {"role": "web", "name": "files", **attributes})
    found.is_abandoned = is_abandoned
    return found


@every_row(
    ("replacement", "role_stays", "expected"),
    [
        ({"name": "letters"}, True, ["letters", "files"]),
        ({"role": "jobs"}, True, ["files", "files"]),
        ({}, True, ["files"]),  # it has been overwritten
        ({"name": Unknown()}, True, [Unknown()]),
        ({"name": "letters"}, False, ["letters"]),
    ],
)
def test_a_forgotten_policy_stays_beside_its_replacement(
    replacement: dict[str, Value], *, role_stays: bool, expected: list[Value]
) -> None:
    new = policy(replacement)
    now = (ROLE, new) if role_stays else (new,)
    world = MadeWorld(*now, earlier=(ROLE, policy({}, is_abandoned=True)))
    assert [each.name for each in grants(world)] == expected
    assert [each.name for each in grants(MadeWorld(*now, earlier=(ROLE, policy({}))))] == expected[:1]
