"""What stays in AWS beside the object that a change creates at its address."""

from __future__ import annotations

from typing import Any

from tests.cases import TESTDATA, Case
from tests.plan.made import change, plan
from tests.rows import every_row
from tfcheck.inventory.change import deleted_objects, is_created
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import Truth
from tfcheck.vocabulary.finding import Verdict

POLICY = {"name": "files", "role": "web", "id": "web:files"}
UNKNOWN = {"id": True, "arn": True}
ROLE = "aws_iam_role"


def world(*rows: dict[str, Any]) -> After:
    return After(Resolver(plan(*rows)))


def replaced(kind: str, before: dict[str, Any], new: dict[str, Any], *unknown: str) -> dict[str, Any]:
    """Return a row that forgets an object and creates another one."""
    open_ = {**UNKNOWN, **dict.fromkeys(unknown, True)}
    after = {name: value for name, value in {**before, **new}.items() if name not in open_}
    return change(f"{kind}.old", "forget", "create", before=before, after=after, after_unknown=open_)


@every_row(
    ("kind", "before", "new", "unknown", "outlasts"),
    [
        ("aws_iam_role_policy", POLICY, {"name": "letters"}, (), Truth.TRUE),
        ("aws_iam_role_policy", POLICY, {"role": "jobs"}, (), Truth.TRUE),
        ("aws_iam_role_policy", POLICY, {}, (), Truth.FALSE),  # it is overwritten
        ("aws_iam_role_policy", POLICY, {}, ("name",), Truth.UNKNOWN),
        ("aws_iam_role_policy", {**POLICY, "role": "gone"}, {"role": "web"}, (), Truth.FALSE),
        ("aws_iam_policy_attachment", {"policy_arn": "arn", "roles": ["web"]}, {"roles": ["jobs"]}, (), Truth.TRUE),
        ("aws_iam_policy_attachment", {"policy_arn": "arn", "roles": ["gone"]}, {"roles": ["web"]}, (), Truth.FALSE),
        ("aws_s3_bucket_policy", {"bucket": "old"}, {"bucket": "new"}, (), Truth.TRUE),
        ("aws_s3_bucket_policy", {"bucket": "old"}, {}, (), Truth.FALSE),
        ("aws_s3_bucket_policy", {"bucket": "old"}, {}, ("bucket",), Truth.UNKNOWN),
        ("aws_s3_bucket", {"bucket": "old"}, {"bucket": "new"}, (), Truth.TRUE),
        ("aws_s3_bucket", {"bucket": "old"}, {}, ("bucket",), Truth.TRUE),  # AWS has no two of one name
        ("aws_s3_bucket", {"bucket": "old"}, {}, (), Truth.FALSE),
        ("aws_kms_key", {"multi_region": False}, {"multi_region": True}, (), Truth.TRUE),
    ],
)
def test_the_old_object_stays_unless_the_new_one_is_the_same_to_aws(
    kind: str, before: dict[str, Any], new: dict[str, Any], unknown: tuple[str, ...], outlasts: Truth
) -> None:
    roles = (
        change(f"{ROLE}.gone", "delete", before={"name": "gone"}, after=None),
        change(f"{ROLE}.web", "no-op", before={"name": "web"}, after={"name": "web"}),
    )
    found = world(*roles, replaced(kind, before, new, *unknown))
    new_one, *left = found.resources(kind)
    assert str(new_one.address) == f"{kind}.old"
    assert [str(each.address) for each in left] == ([] if outlasts is Truth.FALSE else [f"{kind}.old (forgotten)"])
    assert all(each.remains_on("any") is outlasts and each.is_forgotten for each in left)
    assert [each.is_forgotten for each in found.before().resources(kind)] == [True] * len(left) or [False]


def test_it_is_the_object_from_before() -> None:
    found = world(
        replaced("aws_s3_bucket", {"bucket": "old", "id": "old", "arn": "arn:aws:s3:::old"}, {"bucket": "new"})
    )
    new, left = found.resources("aws_s3_bucket")
    assert (left.attribute("arn"), left.attribute("id"), left.attribute("bucket")) == ("arn:aws:s3:::old", "old", "old")
    assert new.attribute("bucket") == "new"
    assert (is_created(new, found), is_created(left, found)) == (True, False)
    assert deleted_objects("aws_s3_bucket", found) == []
    assert found.resolver.block(left.address) is None


def test_a_deposed_object_that_is_forgotten_stays() -> None:
    old, new = {"bucket": "old", "arn": "arn:aws:s3:::old"}, {"bucket": "new", "arn": "arn:aws:s3:::new"}
    for action, named in (("forget", ["new", "old"]), ("delete", ["new"])):
        found = world(
            change("aws_s3_bucket.b", "no-op", before=new, after=new),
            change("aws_s3_bucket.b", action, deposed="0000000a", before=old, after=None),
        )
        there, before = found.resources("aws_s3_bucket"), found.before().resources("aws_s3_bucket")
        assert [each.attribute("bucket") for each in there] == named
        assert [each.attribute("bucket") for each in before] == ["new", "old"]
        assert [each.is_forgotten for each in there] == [False, True][: len(named)]
        assert [str(each.address) for each in there[1:]] == ["aws_s3_bucket.b (deposed object 0000000a)"][
            : len(named) - 1
        ]
        assert found.resolver.block(before[1].address) is None


def test_a_deposed_policy_goes_only_if_it_is_deleted_or_overwritten() -> None:
    role = change(f"{ROLE}.web", "no-op", before={"name": "web"}, after={"name": "web"})
    for deposed, action, count in (
        (POLICY, "forget", 1),
        ({**POLICY, "name": "old"}, "forget", 2),
        (POLICY, "delete", 0),
    ):
        rows = (
            change("aws_iam_role_policy.p", "no-op", before=POLICY, after=POLICY),
            change("aws_iam_role_policy.p", action, deposed="0000000a", before=deposed, after=None),
        )
        remain = world(role, *rows).resources("aws_iam_role_policy")
        assert sum(each.remains_on("web") is Truth.TRUE for each in remain) == count


def test_forgetting_changes_no_verdict() -> None:
    for case in ("objects-forgotten", "objects-left-behind"):
        answers = Case(TESTDATA / case).report("plan.json").answers
        assert {each.verdict for each in answers} == {Verdict.ALLOWED, Verdict.DENIED}
        assert [each.before for each in answers] == [each.verdict for each in answers]


def test_no_fix_changes_what_is_forgotten() -> None:
    found = Case(TESTDATA / "objects-left-behind").report("plan.json").findings
    texts = [f"{each.fix.hcl if each.fix else ''}{each.remedy.hcl if each.remedy else ''}" for each in found]
    assert len(texts) == 4
    assert [each.fix for each in found if each.fix and each.fix.diff] == []
    for name in ("aws_s3_bucket.files", "aws_kms_key.secrets", "aws_iam_role.kiosk"):
        assert not any(name in text for text in texts)
