"""Of policies of one name only one remains, and each of several may be of one name with several others."""

from __future__ import annotations

import msgspec

from tests.rows import every_row
from tfcheck.iam import Allowed, Caller, Context, Denied, Policy, PolicyKind, Request, Undecided, parse_policy
from tfcheck.role import Role
from tfcheck.role.policies import AttachedPolicies
from tfcheck.symbolic.value import Value
from tfcheck.verdict.call import RoleCall, decide_call
from tfcheck.verdict.resource_policy import ResourceSide

CALLER = Caller(arn="arn:aws:iam::111122223333:role/r", name="r", account="111122223333")
REQUEST = Request("s3:GetObject", "arn:aws:s3:::b/k", CALLER, Context())


def _policy(name: str, action: str, effect: str = "Allow") -> Policy:
    return parse_policy({"Statement": {"Effect": effect, "Action": action, "Resource": "*"}}, name)


A, B, C = _policy("a", "sqs:*"), _policy("b", "s3:*"), _policy("c", "s3:*")
DENIES = _policy("d", "s3:*", "Deny")
OTHERS = [_policy(f"other{number}", "sqs:*") for number in range(18)]
PAIRS = tuple(zip(OTHERS[::2], OTHERS[1::2], strict=True))


@every_row(
    ("identity", "groups", "decided"),
    [
        # `c` may be of the name of `a` and of `b`, which have one name: without `c`, `a` may be the last.
        ((A, B), ((A, C), (B, C), (A, B)), Undecided),
        # Each of them grants it, and one of them is the last.
        ((B, C), ((B, C),), Allowed),
        ((B, C, DENIES), ((B, C), (B, DENIES)), Undecided),
        # More choices than are tried.
        ((A, B), ((A, B), *((A, each) for each in OTHERS)), Undecided),
        ((B, *OTHERS), PAIRS, Allowed),
        ((A, *OTHERS), PAIRS, Denied),
    ],
)
def test_what_each_order_of_writing_grants_is_allowed(
    identity: tuple[Policy, ...], groups: tuple[tuple[Policy, ...], ...], decided: type
) -> None:
    role = Role("aws_iam_role.r", True, CALLER, AttachedPolicies(identity, same_name_policies=groups))
    assert type(decide_call(RoleCall(role, REQUEST, ResourceSide()))) is decided


def test_a_bucket_s_policy_alone_grants_nothing_where_its_account_is_assumed() -> None:
    principal: Value = {"AWS": CALLER.arn}
    statement: Value = {"Effect": "Allow", "Action": "s3:*", "Resource": "*", "Principal": principal}
    side = ResourceSide(parse_policy({"Statement": statement}, "p", PolicyKind.RESOURCE), in_plan=True)
    role = Role("aws_iam_role.r", True, CALLER, AttachedPolicies(()))
    assert type(decide_call(RoleCall(role, REQUEST, side))) is Undecided
    own = msgspec.structs.replace(side, account=CALLER.account)
    assert type(decide_call(RoleCall(role, REQUEST, own))) is Allowed
