"""Which roles are compared with which, and which task definitions get another."""

from __future__ import annotations

import json

from tests.made_world import MadeResource, MadeWorld, reference
from tests.verdict.access.made import allow
from tfcheck.symbolic import limits
from tfcheck.symbolic.value import Value
from tfcheck.verdict.access import access_changes, access_possible, access_unknown, role_switches
from tfcheck.verdict.before import VerdictsBefore
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.access import AccessChange, RoleSwitch

TASK = "aws_ecs_task_definition.app"
READ, SEND = allow("s3:GetObject"), allow("sqs:SendMessage")
A, B = "arn:aws:s3:::acme/a/*", "arn:aws:s3:::acme/b/*"


def role(name: str, *granted: dict[str, Value], at: str = "", **more: Value) -> MadeResource:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(granted)})
    inline: list[Value] = [{"name": "own", "policy": policy}] if granted else []
    arn = f"arn:aws:iam::111122223333:role/{name}"
    attributes = {"name": name, "arn": arn, "inline_policy": inline, "assume_role_policy": "{}", **more}
    return MadeResource(at or f"aws_iam_role.{name}", attributes)


def task(execution_role: Value) -> MadeResource:
    return MadeResource(TASK, {"family": "app", "container_definitions": "[]", "execution_role_arn": execution_role})


def arn(name: str) -> str:
    return f"arn:aws:iam::111122223333:role/{name}"


def changed(world: MadeWorld) -> list[tuple[str, str, str, str | None]]:
    return [(each.role, each.action, each.change, each.role_change) for each in access_changes(world)]


def switched(world: MadeWorld) -> list[RoleSwitch]:
    before = world.before()
    return list(role_switches(world, VerdictsBefore(before.once(Judge), before)))


def test_a_role_that_is_only_used_from_now_on_is_not_a_new_role() -> None:
    both = [role("old", READ), role("next", SEND)]
    world = MadeWorld(*both, task(arn("next")), earlier=[*both, task(arn("old"))])
    assert changed(world) == []
    assert switched(world) == [RoleSwitch(TASK, "aws_iam_role.old", "aws_iam_role.next")]


def test_what_the_new_role_gains_is_reported_besides() -> None:
    world = MadeWorld(
        *(role("old", READ), role("next", SEND, READ), task(arn("next"))),
        earlier=[role("old", READ), role("next", SEND), task(arn("old"))],
    )
    assert changed(world) == [("aws_iam_role.next", "s3:GetObject", "granted", None)]


def test_a_role_that_replaces_another_comes_and_the_other_goes() -> None:
    world = MadeWorld(role("next", SEND), task(arn("next")), earlier=[role("old", READ), task(arn("old"))])
    assert changed(world) == [
        ("aws_iam_role.next", "sqs:SendMessage", "granted", "created"),
        ("aws_iam_role.old", "s3:GetObject", "revoked", "deleted"),
    ]


def test_a_role_of_the_same_name_at_another_address_is_the_same_role() -> None:
    later = role("app", SEND, at="aws_iam_role.moved", arn=reference("aws_iam_role.moved", "arn"))
    world = MadeWorld(
        later, task(reference("aws_iam_role.moved", "arn")), earlier=[role("app", READ), task(arn("app"))]
    )
    assert changed(world) == [
        ("aws_iam_role.moved", "s3:GetObject", "revoked", None),
        ("aws_iam_role.moved", "sqs:SendMessage", "granted", None),
    ]
    assert switched(world) == []


def test_a_role_that_may_be_the_same_is_not_called_another() -> None:
    later = reference("data.aws_iam_role.any", "arn")
    assert switched(MadeWorld(task(later), earlier=[role("app"), task(arn("app"))])) == []


def test_a_task_may_get_its_first_role_and_lose_its_last() -> None:
    one = role("app", READ)
    assert switched(MadeWorld(one, task(arn("app")), earlier=[one, task(None)])) == [
        RoleSwitch(TASK, None, "aws_iam_role.app")
    ]
    assert switched(MadeWorld(one, task(None), earlier=[one, task(arn("app"))])) == [
        RoleSwitch(TASK, "aws_iam_role.app", None)
    ]


def attached(policy: str) -> MadeResource:
    return MadeResource(
        "aws_iam_role_policy_attachment.a", {"role": "app", "policy_arn": f"arn:aws:iam::1:policy/{policy}"}
    )


def test_where_a_policy_cannot_be_read_only_that_is_reported() -> None:
    world = MadeWorld(
        *(role("app", SEND), attached("x"), task(arn("app"))), earlier=[role("app", READ), task(arn("app"))]
    )
    assert changed(world) == []
    (unread,) = access_unknown(world)
    assert (unread.role, "arn:aws:iam::1:policy/x" in unread.reason) == ("aws_iam_role.app", True)


def test_what_cannot_be_read_and_does_not_change_is_not_reported() -> None:
    same = [role("app", READ), attached("x"), task(arn("app"))]
    assert list(access_unknown(MadeWorld(*same))) == []


def test_what_a_new_role_definitely_gets_is_reported_beside_what_cannot_be_read() -> None:
    world = MadeWorld(role("app", READ), attached("x"), task(arn("app")), earlier=[])
    assert changed(world) == [("aws_iam_role.app", "s3:GetObject", "granted", "created")]
    assert len(list(access_unknown(world))) == 1


def test_a_role_with_too_many_permissions_to_compare_is_reported_and_the_next_one_compared() -> None:
    many = allow("s3:GetObject", [f"arn:aws:s3:::acme/*{number}-*" for number in range(200)])
    tasks = [MadeResource(f"{TASK}_{name}", {**task(arn(name)).attributes}) for name in ("app", "web")]
    world = MadeWorld(role("app", many), role("web", READ), *tasks, earlier=[])
    with limits.sublimit(limits.Allowance(100_000)) as left:
        assert changed(world) == [("aws_iam_role.web", "s3:GetObject", "granted", "created")]
        assert [each.reason for each in access_unknown(world)] == ["limit: it has too many statements to compare"]
    assert 0 < left.steps < 50_000


def test_a_boundary_that_cannot_be_read_is_reported_with_what_changes_below_it() -> None:
    bound = {"permissions_boundary": "arn:aws:iam::1:policy/limit"}
    world = MadeWorld(
        *(role("app", SEND, **bound), task(arn("app"))), earlier=[role("app", READ, **bound), task(arn("app"))]
    )
    reason = "its permissions boundary cannot be read"
    assert list(access_changes(world)) == [
        AccessChange("aws_iam_role.app", "s3:GetObject", "*", "revoked", reason),
        AccessChange("aws_iam_role.app", "sqs:SendMessage", "*", "granted", reason),
    ]
    attached_now = MadeWorld(
        *(role("app", READ, **bound), task(arn("app"))), earlier=[role("app", READ), task(arn("app"))]
    )
    assert list(access_changes(attached_now)) == []
    assert "policy/limit" in next(iter(access_unknown(attached_now))).reason


# Roles that nothing here manages


def attached_inline(role: str, *granted: dict[str, Value]) -> MadeResource:
    policy = json.dumps({"Version": "2012-10-17", "Statement": list(granted)})
    return MadeResource("aws_iam_role_policy.own", {"name": "own", "role": role, "policy": policy})


def possible(world: MadeWorld) -> list[tuple[str, str, str]]:
    return [(each.role, each.action, each.change) for each in access_possible(world)]


def test_what_a_role_elsewhere_is_given_may_be_new() -> None:
    user = task(arn("app"))
    world = MadeWorld(attached_inline("app", READ), user, earlier=[attached_inline("app", SEND), user])
    assert changed(world) == []
    assert possible(world) == [(arn("app"), "sqs:SendMessage", "revoked"), (arn("app"), "s3:GetObject", "granted")]
    (unread,) = access_unknown(world)
    assert (unread.role, "not managed in this plan" in unread.reason) == (arn("app"), True)


def test_it_need_not_be_used_before_and_after() -> None:
    given = attached_inline("app", READ)
    for used_before, used_after in ((False, True), (True, False)):
        after, before = ([task(arn("app"))] if used else [] for used in (used_after, used_before))
        assert possible(MadeWorld(given, *after, earlier=before)) == [(arn("app"), "s3:GetObject", "granted")]
        assert possible(MadeWorld(*after, earlier=[given, *before])) == [(arn("app"), "s3:GetObject", "revoked")]


def test_what_is_only_written_otherwise_is_not_a_change_of_a_role_elsewhere() -> None:
    before = attached_inline("app", allow(["s3:GetObject", "s3:PutObject"], [A, B]))
    one, other = allow("s3:GetObject", [B, A]), {"Sid": "Put", **allow("s3:PutObject", [A, B])}
    user = task(arn("app"))
    world = MadeWorld(attached_inline("app", one, other), user, earlier=[before, user])
    assert (possible(world), list(access_unknown(world))) == ([], [])
    without = MadeWorld(attached_inline("app", one), user, earlier=[before, user])
    assert {action for _, action, _ in possible(without)} == {"s3:PutObject"}


def test_nothing_is_reported_of_a_role_that_is_granted_nothing() -> None:
    world = MadeWorld(attached_inline("other", READ), task(arn("app")), earlier=[task(arn("app"))])
    assert (possible(world), list(access_unknown(world))) == ([], [])


class Secretive(MadeResource):
    """A task definition whose role's ARN the plan marks as sensitive."""

    def sensitive(self, name: str) -> bool:
        return name == "execution_role_arn"


def test_a_role_whose_arn_is_sensitive_is_not_named() -> None:
    user = Secretive(TASK, task(arn("app")).attributes)
    world = MadeWorld(attached_inline("app", READ), user, earlier=[user])
    assert (changed(world), possible(world), list(access_unknown(world))) == ([], [], [])
    listed: list[MadeResource] = [
        MadeResource("aws_iam_role_policies_exclusive.app", {"role_name": "app", "policy_names": ["own"]}),
        MadeResource("aws_iam_role_policy_attachments_exclusive.app", {"role_name": "app", "policy_arns": []}),
    ]
    closed = MadeWorld(attached_inline("app", READ), *listed, user, earlier=[*listed, user])
    assert (changed(closed), possible(closed), list(access_unknown(closed))) == ([], [], [])
