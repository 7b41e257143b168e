"""Check that objects which another stack creates may exist when the checked plan is made."""

from __future__ import annotations

from tests.cases import TESTDATA, Case
from tests.plan.made import change, plan
from tfcheck.iam.model import Effect
from tfcheck.inventory.other_stack import Stack, stack_of
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.role.policies import Policies
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth

KNOWN = "arn:aws:kms:eu-west-1:111122223333:key/11111111-2222-3333-4444-555555555555"


def test_a_key_that_another_stack_creates_may_be_known_here_already() -> None:
    row = change("aws_kms_key.k", "create", after={}, after_unknown={"arn": True, "key_id": True, "id": True})
    own = After(Resolver(plan(row)))
    (here,) = own.resources("aws_kms_key")
    (there,) = Stack("shared", own, None).resources("aws_kms_key")
    assert equal(here.attribute("arn"), KNOWN) is Truth.FALSE
    assert equal(there.attribute("arn"), KNOWN) is Truth.UNKNOWN


def test_a_policy_of_another_stack_may_be_the_document_that_it_names() -> None:
    stack = stack_of(Resolver(Case(TESTDATA / "document-that-denies").plan(), None), "limits")
    (policy,) = stack.resources("aws_iam_role_policy")
    (document,) = stack.named_documents(policy, "policy")
    assert str(document.address) == "limits: data.aws_iam_policy_document.limits"
    (denying,) = stack.once(Policies).of_attribute(policy, "policy").possible_policies
    assert {each.effect for each in denying.statements} == {Effect.ALLOW, Effect.DENY}
    assert list(stack.named_documents(policy, "name")) == []
