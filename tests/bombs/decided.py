"""Plans of any size with policies that take much work to decide."""

from __future__ import annotations

import json
from collections.abc import Iterator

from tests.bombs.growing import Growing, plan_of
from tests.bombs.stack import ACCOUNT, Bomb, Json, Making, container, policy, role, row, statements, task


def _task(number: int, key: str = "") -> Json:
    file = {"type": "s3", "value": f"arn:aws:s3:::config/{key or number}"}
    return task([container(environmentFiles=[file])], f"t{number}")


def patterns_of_stars(count: int) -> Iterator[Json]:
    """Make a policy of so many patterns of forty stars, and as many tasks with a file that nearly matches all."""
    yield policy(statements(*(f"arn:aws:s3:::config/{'*a' * 40}{i}" for i in range(count))))
    for i in range(count):
        yield _task(i, f"{'a' * 900}{i}.env")


def denials_by_keys(count: int) -> Iterator[Json]:
    """Make so many denials that depend on tags, and as many tasks."""
    one = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}
    keys = ({"StringEquals": {f"aws:ResourceTag/x{i}": "y"}} for i in range(count))
    yield policy({"Version": "2012-10-17", "Statement": [one | {"Condition": each} for each in keys]}, "denials")
    yield policy(statements("*"))
    for i in range(count):
        yield _task(i)


def values_of_a_key(count: int) -> Iterator[Json]:
    """Make so many values of one condition key, and as many tasks."""
    values = [f"v{i}*" for i in range(count)]
    yield policy(statements("*", Condition={"StringLike": {"aws:PrincipalTag/x": values}}))
    for i in range(count):
        yield _task(i)


def policies_of_a_role(count: int) -> Iterator[Json]:
    """Make so many policies of one role, and as many tasks that need a file of another bucket."""
    for i in range(count):
        yield policy(statements(f"arn:aws:s3:::other/{i}"), f"p{i}")
        yield _task(i)


def unknown_attachments(count: int) -> Iterator[Json]:
    """Make so many policies that may be attached to the role, and as many tasks."""
    for i in range(count):
        document = json.dumps(statements(f"arn:aws:s3:::other/{i}"))
        yield row(
            f"aws_iam_policy.p{i}", {"name_prefix": f"p{i}-", "policy": document, "path": "/"}, "arn", "id", "name"
        )
        yield row(f"aws_iam_role_policy_attachment.p{i}", {"role": "execution"}, "policy_arn", "id")
        yield _task(i)


def actions_within_a_boundary(count: int) -> Iterator[Json]:
    """Make a role of so many actions, whose boundary has as many resources."""
    boundary = f"arn:aws:iam::{ACCOUNT}:policy/boundary"
    limit = json.dumps(statements([f"arn:aws:s3:::b{i}/*" for i in range(count)], action="*"))
    yield row("aws_iam_policy.boundary", {"name": "boundary", "arn": boundary, "policy": limit, "path": "/"}, "id")
    yield role("bounded", permissions_boundary=boundary)
    yield policy(statements("*", action=[f"s3:Get{i}" for i in range(count)]), "actions", "bounded")
    yield task([container()], execution_role_arn=f"arn:aws:iam::{ACCOUNT}:role/bounded")


def variables_in_resources(count: int) -> Iterator[Json]:
    """Make a new role with so many resources that policy variables leave open, and as many tasks."""
    named = (f"arn:aws:s3:::config/${{aws:PrincipalTag/t{i}}}*${{aws:username}}" for i in range(count))
    yield policy(statements(*named))
    for i in range(count):
        yield _task(i)


DECIDED: tuple[Growing, ...] = (
    *(patterns_of_stars, denials_by_keys, values_of_a_key, policies_of_a_role, variables_in_resources),
    *(unknown_attachments, actions_within_a_boundary),
)


def _thousand(make: Growing) -> Making:
    return lambda: Bomb(plan_of(make, 1000))


BOMBS_OF_DECISIONS = {f"{make.__name__.replace('_', '-')}-1e3": _thousand(make) for make in DECIDED}
