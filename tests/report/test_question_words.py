"""Why is an answer open, in words?"""

from __future__ import annotations

import msgspec

from tests.report import samples
from tests.rows import every_row
from tfcheck.report.question_words import deciding_words, open_question, question_words
from tfcheck.vocabulary.finding import Reason


@every_row(
    ("cause", "words", "advice"),
    [
        (
            "aws_iam_policy.files, which cannot be read: not JSON",
            "a policy cannot be read: aws_iam_policy.files: not JSON",
            "",
        ),
        (
            "aws_iam_role_policy.a, which this change may remove",
            "the role may lack a policy: aws_iam_role_policy.a, which this change may remove",
            "It is decided once the change is applied: check the next plan again.",
        ),
        (
            "aws_iam_role_policy.a, which the exclusive resource aws_iam_x.b may remove",
            "the role may lack a policy: aws_iam_role_policy.a, which the exclusive resource aws_iam_x.b may remove",
            "List the policy in the exclusive resource if the role is to have it.",
        ),
        (
            "aws_iam_role_policy.a, which may be attached to this role: pass the sources",
            "the role may lack a policy: aws_iam_role_policy.a, which may be attached to this role: pass the sources",
            "Pass the directory of the .tf files with --sources: most values follow from them.",
        ),
        (
            "aws_iam_role_policy.a, which may be attached to this role: pass the sources of module.vpc",
            "the role may lack a policy: aws_iam_role_policy.a, which may be attached to this role: pass the sources "
            "of module.vpc",
            "",
        ),
        (
            "the managed policies of aws_iam_role.a, known only after apply",
            "a policy cannot be read: the managed policies of aws_iam_role.a, known only after apply",
            "It is decided once the value is known: check the next plan again, or set the value in the sources.",
        ),
        (
            "arn:aws:iam::111122223333:policy/files",
            "a policy cannot be read: arn:aws:iam::111122223333:policy/files",
            "Pass the state of the stack that manages it: --context FILE, from `terraform show -json`.",
        ),
        (
            "policy arn:aws:iam::111122223333:policy/files, which is not in the plan",
            "a policy cannot be read: policy arn:aws:iam::111122223333:policy/files, which is not in the plan",
            "Pass the state of the stack that manages it: --context FILE, from `terraform show -json`.",
        ),
        (
            "managed policy arn:aws:iam::aws:policy/SecurityAudit, which is not in the bundled set",
            "a policy cannot be read: managed policy arn:aws:iam::aws:policy/SecurityAudit, which is not in the "
            "bundled set",
            'Look the policy up with `data "aws_iam_policy"`: the plan then shows its text.',
        ),
        (
            "policy arn:aws:iam::111122223333:policy/files, which does not exist: aws_iam_policy.files has its name, "
            "but another path",
            "a policy cannot be read: policy arn:aws:iam::111122223333:policy/files, which does not exist: "
            "aws_iam_policy.files has its name, but another path",
            "Attach the policy by its `arn`: the apply fails with this one.",
        ),
    ],
)
def test_a_policy_that_cannot_be_read_is_not_one_that_may_go(cause: str, words: str, advice: str) -> None:
    assert question_words(Reason.POLICY_NOT_READABLE, cause) == words
    assert deciding_words(Reason.POLICY_NOT_READABLE, cause, samples.report()) == advice


def test_a_value_without_a_name_is_not_named() -> None:
    assert question_words(Reason.UNKNOWN_VALUE, "(known after apply)") == (
        "it depends on a value that is known only after apply"
    )


@every_row(
    ("cause", "advice"),
    [
        ("whether IAM compares the partition aws or aws-cn, where the task runs", "partition of the task's region"),
        ("which permissions ECS needs for a directory bucket", "an ordinary bucket"),
        ("which of several policies of one name is written last", "a name of its own"),
        ("whom the trust policy names", "`ecs-tasks.amazonaws.com`"),
    ],
)
def test_what_no_apply_answers_is_not_promised(cause: str, advice: str) -> None:
    assert question_words(Reason.UNKNOWN_VALUE, cause) == f"it depends on {cause}"
    words = deciding_words(Reason.UNKNOWN_VALUE, cause, samples.report())
    assert advice in words
    assert "next plan" not in words


def test_a_role_that_is_not_known_is_not_said_to_be_outside_the_plan() -> None:
    cause = "which instances are in cluster shop"
    answer = msgspec.structs.replace(samples.unknown(), reason=Reason.ROLE_OUTSIDE_PLAN, role=None, waits_for=cause)
    assert question_words(*open_question(answer)) == f"it depends on {cause}"
    named = msgspec.structs.replace(answer, role="aws_iam_role.a")
    assert open_question(named) == (Reason.ROLE_OUTSIDE_PLAN, "aws_iam_role.a")
