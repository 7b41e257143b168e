"""The sentences of reports about what is undecided: why, and what decides it."""

from __future__ import annotations

from tfcheck.report.words import reason_words
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Answer, Reason, Report

#: What a provider configuration takes from its environment, and where it can be written.
_OF_PROVIDER = regex(r'\$\{provider\.[^[]+(?:\["[^[]*"\])?\.(?:region|account_id|partition)\}')
_SET_IN_PROVIDER = {
    "region": "Set `region` in the provider configuration: the plan does not show which one it uses.",
    "account_id": "Pass --account ID, or set `allowed_account_ids` in the provider configuration.",
    "partition": "Set `region` in the provider configuration: it decides the partition.",
}


def open_question(answer: Answer) -> tuple[Reason | None, str]:
    """Return why an answer is undecided, and what decides it: for an outside role, the role if it is known."""
    outside = answer.role if answer.reason is Reason.ROLE_OUTSIDE_PLAN else ""
    return answer.reason, outside or answer.waits_for


def question_words(reason: Reason | None, cause: str) -> str:
    """Return in words why something is undecided, and what decides it."""
    if reason is Reason.UNKNOWN_VALUE:
        cause = cause.removesuffix(_ASKS_FOR_SOURCES)  # so does `deciding_words`
    is_question = reason in (Reason.UNKNOWN_VALUE, Reason.ROLE_OUTSIDE_PLAN)
    if is_question and cause.startswith((*EITHER_ROLE, "whether ", "which ", "whom ", "what ")):
        what = cause.removesuffix(_LATER)
        return f"it depends on {what}" + (f", which{_LATER}" if what != cause else "")
    if reason is Reason.POLICY_NOT_READABLE and _may_detach_policy(cause):
        return f"the role may lack a policy: {cause}"
    if reason is Reason.POLICY_NOT_READABLE:
        cause = cause.replace(_UNREAD, "")
    return f"{reason_words(reason)}{f': {cause}' if cause and cause != _UNNAMED else ''}"


_ASKS_FOR_SOURCES = ": pass the sources"
#: An unknown value that is no attribute, and the end of a cause that is a question.
_UNNAMED, _LATER = "(known after apply)", " is known only after apply"
#: Undecided because a task may be started with either of several roles.
EITHER_ROLE = ("the instance that a task is placed on", "the role that a task is started with")
_NAMESAKE, _NOT_BUNDLED = " has its name, but another path", "which is not in the bundled set"
#: A policy is there, but its text is not known.
_UNREAD = ", which cannot be read"


def _may_detach_policy(cause: str) -> bool:
    """Whether an answer depends on something in the plan that may detach a policy."""
    return " may " in cause.partition(", which")[2] or ", unless " in cause


_ONCE_KNOWN = "It is decided once the value is known: check the next plan again, or set the value in the sources."
_WITH_SOURCES = "Pass the directory of the .tf files with --sources: most values follow from them."
#: Questions that no value answers, by their beginning.
_ADVICE_ON_QUESTIONS = {
    "whether IAM compares the ": "AWS does not document it: write the partition of the task's region in the ARN.",
    "which permissions ECS needs for ": "AWS does not document it: name the file by an ordinary bucket, or test it.",
    "which of several policies of one name ": "Give each of the policies a name of its own.",
    "whom the trust policy names": "Let the trust policy name `ecs-tasks.amazonaws.com` itself.",
}
_ADVICE_ON_ATTACHMENTS = {
    " may undo": "Let one resource attach the policy to every role that is to have it.",
    "exclusive resource": "List the policy in the exclusive resource if the role is to have it.",
}


def deciding_words(reason: Reason | None, cause: str, report: Report) -> str:
    """Return a sentence about how to get a decision; empty if the cause says it.

    The report's notes name the roles of other plans that it may be about.
    """
    has_sources = report.plan.sources is not None
    if "--" in cause or (has_sources and "pass the sources of" in cause):
        return ""
    match reason:
        case Reason.ROLE_OUTSIDE_PLAN if any(f" may be the role {cause}, but" in each for each in report.notes):
            return "Pass --account ID: another stack has a role of this name, and its account is not known."
        case Reason.ROLE_OUTSIDE_PLAN:
            return "Pass the state of the stack that manages the role: --context FILE, from `terraform show -json`."
        case Reason.POLICY_NOT_READABLE if "AWS would refuse" in cause:
            by_arn = " Name each resource by its `arn`, not by its name or id." if "begin with `arn:`" in cause else ""
            return f"Correct the policy: the apply fails with it.{by_arn}"
        case Reason.POLICY_NOT_READABLE if _UNREAD in cause:
            return ""
        case Reason.POLICY_NOT_READABLE if cause.endswith(_ASKS_FOR_SOURCES):
            return _WITH_SOURCES
        case Reason.POLICY_NOT_READABLE if _may_detach_policy(cause):
            advice = (words for part, words in _ADVICE_ON_ATTACHMENTS.items() if part in cause)
            return next(advice, "It is decided once the change is applied: check the next plan again.")
        case Reason.POLICY_NOT_READABLE if _NAMESAKE in cause:
            return "Attach the policy by its `arn`: the apply fails with this one."
        case Reason.POLICY_NOT_READABLE if cause.endswith(_NOT_BUNDLED):
            return 'Look the policy up with `data "aws_iam_policy"`: the plan then shows its text.'
        case Reason.POLICY_NOT_READABLE if cause.endswith("known only after apply"):
            return _ONCE_KNOWN
        case Reason.POLICY_NOT_READABLE:
            return "Pass the state of the stack that manages it: --context FILE, from `terraform show -json`."
        case Reason.CONDITION:
            return "No plan shows this: make the statement unconditional for the role, or test it after apply."
        case Reason.UNKNOWN_VALUE if _OF_PROVIDER.fullmatch(cause):
            return _SET_IN_PROVIDER[cause.rpartition(".")[2].rstrip("}")]
        case Reason.UNKNOWN_VALUE if cause.startswith(EITHER_ROLE):
            return "Allow it to each of these roles."
        case Reason.UNKNOWN_VALUE if cause.startswith(tuple(_ADVICE_ON_QUESTIONS)):
            return next(words for beginning, words in _ADVICE_ON_QUESTIONS.items() if cause.startswith(beginning))
        case Reason.UNKNOWN_VALUE if not has_sources:
            return _WITH_SOURCES
        case Reason.UNKNOWN_VALUE:
            return _ONCE_KNOWN
        case _:
            return ""
