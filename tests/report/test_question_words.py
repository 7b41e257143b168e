"""Why is an answer open, in words?"""

from __future__ import annotations

import msgspec

from tests.report import samples
from tests.rows import every_row
from tfcheck.report.question_words import OpenQuestion, deciding_words, open_question, question_about, question_words
from tfcheck.symbolic.doubt import DoubtKind, HintKind, later
from tfcheck.symbolic.value import Unknown, value_doubt
from tfcheck.vocabulary.finding import Reason


def _policy(cause: str, kind: DoubtKind | None = None, hint: HintKind | None = None) -> OpenQuestion:
    return OpenQuestion(Reason.POLICY_NOT_READABLE, cause, kind, hint)


@every_row(
    ("question", "words", "advice"),
    [
        (
            _policy("aws_iam_policy.files, which cannot be read: not JSON", DoubtKind.UNREAD_POLICY),
            "a policy cannot be read: aws_iam_policy.files: not JSON",
            "",
        ),
        (
            _policy("aws_iam_role_policy.a, which this change may remove", DoubtKind.POSSIBLE_POLICY),
            "the role may lack a policy: aws_iam_role_policy.a, which this change may remove",
            "It is decided once the change is applied: check the next plan again.",
        ),
        (
            _policy("aws_iam_role_policy.a, which the exclusive resource x.b may remove", DoubtKind.UNLISTED_POLICY),
            "the role may lack a policy: aws_iam_role_policy.a, which the exclusive resource x.b may remove",
            "List the policy in the exclusive resource if the role is to have it.",
        ),
        (
            _policy(
                "aws_iam_role_policy.a, which may be on it: pass the sources",
                DoubtKind.POSSIBLE_POLICY,
                HintKind.SOURCES,
            ),
            "the role may lack a policy: aws_iam_role_policy.a, which may be on it: pass the sources",
            "Pass the directory of the .tf files with --sources: most values follow from them.",
        ),
        (
            _policy(
                "aws_iam_role_policy.a, which may be on it: pass the sources of module.vpc",
                DoubtKind.POSSIBLE_POLICY,
                HintKind.MODULE_SOURCES,
            ),
            "the role may lack a policy: aws_iam_role_policy.a, which may be on it: pass the sources of module.vpc",
            "",
        ),
        (
            _policy("the managed policies of aws_iam_role.a, known only after apply", DoubtKind.LATER_POLICY),
            "a policy cannot be read: the managed policies of aws_iam_role.a, known only after apply",
            "It is decided once the value is known: check the next plan again, or set the value in the sources.",
        ),
        (
            _policy("arn:aws:iam::111122223333:policy/files"),
            "a policy cannot be read: arn:aws:iam::111122223333:policy/files",
            "Pass the state of the stack that manages it: --context FILE, from `terraform show -json`.",
        ),
        (
            _policy("policy arn:aws:iam::111122223333:policy/files, which is not in the plan"),
            "a policy cannot be read: policy arn:aws:iam::111122223333:policy/files, which is not in the plan",
            "Pass the state of the stack that manages it: --context FILE, from `terraform show -json`.",
        ),
        (
            _policy(
                "managed policy arn:aws:iam::aws:policy/Audit, which is not in the bundled set", DoubtKind.NOT_BUNDLED
            ),
            "a policy cannot be read: managed policy arn:aws:iam::aws:policy/Audit, which is not in the bundled set",
            'Look the policy up with `data "aws_iam_policy"`: the plan then shows its text.',
        ),
        (
            _policy(
                "policy arn:aws:iam::111122223333:policy/files, which does not exist: aws_iam_policy.files has its "
                "name, but another path",
                DoubtKind.OTHER_PATH,
            ),
            "a policy cannot be read: policy arn:aws:iam::111122223333:policy/files, which does not exist: "
            "aws_iam_policy.files has its name, but another path",
            "Attach the policy by its `arn`: the apply fails with this one.",
        ),
        (
            _policy("aws_s3_bucket_policy.a, which may be on it", DoubtKind.POSSIBLE_RESOURCE_POLICY),
            "the resource may have a policy: aws_s3_bucket_policy.a, which may be on it",
            "It is decided once the change is applied: check the next plan again.",
        ),
    ],
)
def test_a_policy_that_cannot_be_read_is_not_one_that_may_go(question: OpenQuestion, words: str, advice: str) -> None:
    assert question_words(question) == words
    assert deciding_words(question, samples.report()) == advice


def test_a_value_without_a_name_is_not_named() -> None:
    assert question_words(question_about(Reason.UNKNOWN_VALUE, value_doubt(Unknown()))) == (
        "it depends on a value that is known only after apply"
    )


@every_row(
    ("kind", "advice"),
    [
        (DoubtKind.ARN_PARTITION, "partition of the task's region"),
        (DoubtKind.BUCKET_KIND, "an ordinary bucket"),
        (DoubtKind.SAME_NAME_POLICIES, "a name of its own"),
        (DoubtKind.TRUSTED_PRINCIPAL, "`ecs-tasks.amazonaws.com`"),
    ],
)
def test_what_no_apply_answers_is_not_promised(kind: DoubtKind, advice: str) -> None:
    question = OpenQuestion(Reason.UNKNOWN_VALUE, "which of them it is", kind)
    assert question_words(question) == "it depends on which of them it is"
    words = deciding_words(question, samples.report())
    assert advice in words
    assert "next plan" not in words


def test_what_the_apply_answers_is_said_so() -> None:
    question = question_about(Reason.UNKNOWN_VALUE, later("whether the volume is mounted"))
    assert question.cause == "whether the volume is mounted is known only after apply"
    assert question_words(question, str.upper) == (
        "it depends on WHETHER THE VOLUME IS MOUNTED, which is known only after apply"
    )


def test_a_role_that_is_not_known_is_not_said_to_be_outside_the_plan() -> None:
    cause = "which instances are in cluster shop"
    answer = msgspec.structs.replace(
        samples.unknown(),
        reason=Reason.ROLE_OUTSIDE_PLAN,
        role=None,
        waits_for=cause,
        waits_for_kind=DoubtKind.QUESTION,
    )
    assert question_words(open_question(answer)) == f"it depends on {cause}"
    named = msgspec.structs.replace(answer, role="aws_iam_role.a", waits_for_kind=None)
    assert open_question(named) == OpenQuestion(Reason.ROLE_OUTSIDE_PLAN, "aws_iam_role.a")


def test_every_kind_but_those_that_only_shorten_a_text_chooses_words_or_advice() -> None:
    plain = {question_words(OpenQuestion(reason, "x")) for reason in Reason}
    without = [each for each in DoubtKind if question_words(OpenQuestion(Reason.UNKNOWN_VALUE, "x", each)) in plain]
    without = [each for each in without if not deciding_words(OpenQuestion(None, "x", each), samples.report())]
    assert without == [DoubtKind.UNREAD_POLICY]
