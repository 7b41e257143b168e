"""What is left of an object when the thing that it is on is deleted, or replaced under its name."""

from __future__ import annotations

from typing import Any

import pytest

from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import Truth

ROLE = {"name": "exec"}
POLICY = {"name": "read", "role": "exec", "policy": "{}"}


def remains(owner: dict[str, Any], row: dict[str, Any], references: list[str] | None = None, key: str = "aws") -> Truth:
    """Return what becomes of the object of a row when the plan also holds the row of what it is on."""
    argument = "role" if "role" in row["type"] else "bucket"
    resources = [
        {name: each[name] for name in ("address", "mode", "type", "name")}
        | {"provider_config_key": key if each is row else "aws", "expressions": {argument: {"references": references}}}
        for each in (owner, row)
    ]
    assumed = [{"role_arn": {"references": ["var.role"]}}]
    providers = {"aws": {"name": "aws"}, "aws.far": {"name": "aws", "expressions": {"assume_role": assumed}}}
    configuration = {"root_module": {"resources": resources}, "provider_config": providers}
    resolver = Resolver(plan(owner, row, configuration=configuration))
    instance = resolver.plan.instance(row["address"])
    assert instance is not None
    return resolver.survival.remains(instance)


@every_row("actions", [("delete", "create"), ("create", "delete"), ("delete",)])
@every_row("kind", ["aws_iam_role_policy", "aws_iam_role_policy_attachment"])
def test_what_does_not_change_goes_with_its_role(actions: tuple[str, ...], kind: str) -> None:
    owner = change("aws_iam_role.r", *actions, before=ROLE, after=ROLE if "create" in actions else None)
    assert remains(owner, change(f"{kind}.p", "no-op", before=POLICY, after=POLICY)) is Truth.FALSE
    assert remains(owner, change(f"{kind}.p", "create", before=None, after=POLICY)) is Truth.TRUE
    assert remains(owner, change(f"{kind}.p", "delete", "create", before=POLICY, after=POLICY)) is Truth.TRUE


@every_row("actions", [("no-op",), ("update",), ("forget",), ("create", "forget")])
def test_what_is_on_a_role_that_is_not_deleted_remains(actions: tuple[str, ...]) -> None:
    owner = change("aws_iam_role.r", *actions, before=ROLE, after=ROLE)
    assert remains(owner, change("aws_iam_role_policy.p", "no-op", before=POLICY, after=POLICY)) is Truth.TRUE


def test_what_is_on_another_role_remains() -> None:
    owner = change("aws_iam_role.r", "delete", before={"name": "other"}, after=None)
    assert remains(owner, change("aws_iam_role_policy.p", "no-op", before=POLICY, after=POLICY)) is Truth.TRUE


def test_what_may_be_on_the_role_of_another_account_may_remain() -> None:
    owner = change("aws_iam_role.r", "delete", "create", before=ROLE, after=ROLE)
    row = change("aws_iam_role_policy.p", "no-op", before=POLICY, after=POLICY)
    assert remains(owner, row, key="aws.far") is Truth.UNKNOWN


def test_what_is_written_anew_remains_where_it_is_written_after_its_role() -> None:
    owner = change("aws_iam_role.r", "delete", "create", before=ROLE, after=ROLE)
    row = change("aws_iam_role_policy.p", "update", before=POLICY, after=POLICY | {"policy": "[]"})
    assert remains(owner, row, ["aws_iam_role.r.name", "aws_iam_role.r"]) is Truth.TRUE
    assert remains(owner, row) is Truth.UNKNOWN
    later = {name: value for name, value in POLICY.items() if name != "policy"}
    row = change("aws_iam_role_policy.p", "update", before=POLICY, after=later, after_unknown={"policy": True})
    assert remains(owner, row, ["aws_iam_role.r.name", "aws_iam_role.r"]) is Truth.UNKNOWN


@every_row(
    "kind",
    [
        "aws_s3_bucket_policy",
        "aws_s3_bucket_server_side_encryption_configuration",
        "aws_s3_bucket_public_access_block",
        "aws_s3_object",
    ],
)
def test_what_is_in_a_bucket_or_set_on_it_goes_with_it(kind: str) -> None:
    owner = change("aws_s3_bucket.b", "delete", "create", before={"bucket": "b"}, after={"bucket": "b"})
    values = {"bucket": "b", "key": "k"}
    assert remains(owner, change(f"{kind}.x", "no-op", before=values, after=values)) is Truth.FALSE


@pytest.mark.parametrize(
    ("renamed", "truth"), [({}, Truth.FALSE), ({"policy": "[]"}, Truth.FALSE), ({"name": "write"}, Truth.TRUE)]
)
def test_what_is_created_before_its_own_deletion_is_gone(renamed: dict[str, Any], truth: Truth) -> None:
    owner = change("aws_iam_role.r", "no-op", before=ROLE, after=ROLE)
    row = change("aws_iam_role_policy.p", "create", "delete", before=POLICY, after=POLICY | renamed)
    assert remains(owner, row) is truth
    late = change("aws_iam_role_policy.p", "create", "delete", before=POLICY, after={"role": "exec"})
    assert remains(owner, late) is Truth.TRUE


@every_row("actions", [("no-op",), ("update",), ("create",), ("create", "delete"), ("delete", "create")])
@every_row(("renamed", "truth"), [({}, Truth.FALSE), ({"name": "write"}, Truth.TRUE)])
def test_what_a_deposed_object_is_as_well_goes_with_it(
    actions: tuple[str, ...], renamed: dict[str, Any], truth: Truth
) -> None:
    before = None if actions == ("create",) else POLICY | {"name": "third"}
    rows = [
        change("aws_iam_role_policy.p", *actions, before=before, after=POLICY | renamed),
        change("aws_iam_role_policy.p", "delete", deposed="0000000a", before=POLICY, after=None),
    ]
    resolver = Resolver(plan(change("aws_iam_role.r", before=ROLE, after=ROLE), *rows))
    instance = resolver.plan.instance("aws_iam_role_policy.p")
    assert instance is not None
    assert resolver.survival.remains_on(instance, "exec") is truth
    assert (" (deposed object 0000000a) is deleted" in "".join(resolver.survival.notes.values())) == (not renamed)


@every_row("kind", ["aws_s3_bucket_policy", "aws_s3_object", "aws_kms_key_policy"])
@every_row(
    ("actions", "truth"), [(("create",), Truth.UNKNOWN), (("update",), Truth.UNKNOWN), (("no-op",), Truth.FALSE)]
)
def test_what_is_also_deleted_at_another_address_may_be_gone(kind: str, actions: tuple[str, ...], truth: Truth) -> None:
    values: dict[str, Any] = {"bucket": "b", "key": "k", "key_id": "1"}
    row = change(f"{kind}.new", *actions, before=None if "create" in actions else values, after=values)
    owner = change("aws_s3_bucket.b", "no-op", before={"bucket": "b"}, after={"bucket": "b"})
    former = kind.replace("s3_object", "s3_bucket_object")

    def beside(old: dict[str, Any], *bucket: str) -> Truth:
        gone = change(f"{former}.old", "delete", before=old, after=None)
        holder = owner | {"change": owner["change"] | {"actions": list(bucket)}} if bucket else owner
        resolver = Resolver(plan(row, gone, holder))
        instance = resolver.plan.instance(row["address"])
        assert instance is not None
        return resolver.survival.remains(instance)

    assert beside(values) is truth
    assert beside({"bucket": "other", "key": "k", "key_id": "2"}) is Truth.TRUE
    if kind != "aws_kms_key_policy" and actions == ("create",):
        assert beside(values, "delete", "create") is Truth.TRUE


def test_only_roles_that_the_old_attachment_has_are_detached() -> None:
    before: dict[str, Any] = {"name": "old", "policy_arn": "arn:aws:iam::111122223333:policy/read", "roles": ["exec"]}
    after = before | {"name": "new", "roles": ["exec", "added"]}
    row = change("aws_iam_policy_attachment.p", "create", "delete", before=before, after=after)
    resolver = Resolver(plan(row))
    instance = resolver.plan.instance(row["address"])
    assert instance is not None
    assert [resolver.survival.remains_on(instance, role) for role in ("exec", "added")] == [Truth.FALSE, Truth.TRUE]


@every_row(
    ("actions", "arn", "truth"),
    [
        (("delete", "create"), "arn:aws:iam::123456789012:policy/p", Truth.UNKNOWN),
        (("update",), "arn:aws:iam::123456789012:policy/p", Truth.TRUE),
        (("delete", "create"), "arn:aws:iam::123456789012:policy/other", Truth.TRUE),
    ],
)
def test_aws_may_not_delete_a_policy_that_stays_attached(actions: tuple[str, ...], arn: str, truth: Truth) -> None:
    policy = change("aws_iam_policy.p", *actions, before={"name": "p", "arn": arn}, after={"name": "p"})
    values = {"role": "exec", "policy_arn": "arn:aws:iam::123456789012:policy/p"}
    assert remains(policy, change("aws_iam_role_policy_attachment.a", "no-op", before=values, after=values)) is truth
    again = change("aws_iam_role_policy_attachment.a", "delete", "create", before=values, after=values)
    assert remains(policy, again) is Truth.TRUE
