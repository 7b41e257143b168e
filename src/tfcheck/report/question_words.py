"""The sentences of reports about what is undecided: why, and what decides it."""

from __future__ import annotations

from collections.abc import Callable

import msgspec

from tfcheck.report.words import reason_words
from tfcheck.symbolic.doubt import ASK_SOURCES, LATER, UNREAD, DoubtKind, HintKind, as_doubt
from tfcheck.vocabulary.finding import Answer, Reason, Report


class OpenQuestion(msgspec.Struct, frozen=True):
    """Why something is undecided, and the words for what decides it, with their kind and what they say to pass."""

    reason: Reason | None
    cause: str
    kind: DoubtKind | None = None
    hint: HintKind | None = None


def open_question(answer: Answer) -> OpenQuestion:
    """Return what an answer leaves open: for an outside role, the role if it is known."""
    outside = answer.role if answer.reason is Reason.ROLE_OUTSIDE_PLAN else ""
    cause = outside or answer.waits_for
    return OpenQuestion(answer.reason, cause, answer.waits_for_kind, answer.waits_for_hint)


def question_about(reason: Reason | None, words: str) -> OpenQuestion:
    """Return what a verdict leaves open that waits for something, in words or as a `Doubt`."""
    doubt = as_doubt(words)
    return OpenQuestion(reason, str(doubt), doubt.kind, doubt.hint.kind if doubt.hint is not None else None)


def question_words(question: OpenQuestion, show: Callable[[str], str] = str) -> str:
    """Return in words why something is undecided, and what decides it, as `show` writes it."""
    cause, kind = question.cause, question.kind
    if question.reason is Reason.UNKNOWN_VALUE and question.hint is HintKind.SOURCES:
        cause = cause.removesuffix(f": {ASK_SOURCES.words}")  # so does `deciding_words`
    if kind is DoubtKind.LATER_QUESTION:
        return f"it depends on {show(cause.removesuffix(LATER))}, which{LATER}"
    if kind in _QUESTIONS:
        return f"it depends on {show(cause)}"
    if kind is DoubtKind.UNREAD_POLICY:
        cause = cause.replace(UNREAD, "")
    why = _MAY_BE.get(kind) or reason_words(question.reason)
    return f"{why}: {show(cause)}" if cause and kind is not DoubtKind.UNNAMED_VALUE else why


_QUESTIONS = {
    DoubtKind.QUESTION,
    DoubtKind.SEVERAL_ROLES,
    DoubtKind.ARN_PARTITION,
    DoubtKind.BUCKET_KIND,
    DoubtKind.SAME_NAME_POLICIES,
    DoubtKind.TRUSTED_PRINCIPAL,
}
_MAY_LACK = "the role may lack a policy"
_MAY_BE: dict[DoubtKind | None, str] = {
    DoubtKind.POSSIBLE_POLICY: _MAY_LACK,
    DoubtKind.CONTESTED_POLICY: _MAY_LACK,
    DoubtKind.UNLISTED_POLICY: _MAY_LACK,
    DoubtKind.POSSIBLE_RESOURCE_POLICY: "the resource may have a policy",
}
_ONCE_APPLIED = "It is decided once the change is applied: check the next plan again."
_ONCE_KNOWN = "It is decided once the value is known: check the next plan again, or set the value in the sources."
_WITH_SOURCES = "Pass the directory of the .tf files with --sources: most values follow from them."
_CORRECT = "Correct the policy: the apply fails with it."
_ADVICE: dict[DoubtKind | None, str] = {
    DoubtKind.SEVERAL_ROLES: "Allow it to each of these roles.",
    DoubtKind.ARN_PARTITION: "AWS does not document it: write the partition of the task's region in the ARN.",
    DoubtKind.BUCKET_KIND: "AWS does not document it: name the file by an ordinary bucket, or test it.",
    DoubtKind.SAME_NAME_POLICIES: "Give each of the policies a name of its own.",
    DoubtKind.TRUSTED_PRINCIPAL: "Let the trust policy name `ecs-tasks.amazonaws.com` itself.",
    DoubtKind.PROVIDER_REGION: "Set `region` in the provider configuration: the plan does not show which one it uses.",
    DoubtKind.PROVIDER_ACCOUNT: "Pass --account ID, or set `allowed_account_ids` in the provider configuration.",
    DoubtKind.PROVIDER_PARTITION: "Set `region` in the provider configuration: it decides the partition.",
    DoubtKind.NAMESAKE_ROLE: "Pass --account ID: another stack has a role of this name, and its account is not known.",
    DoubtKind.UNREAD_POLICY: "",
    DoubtKind.REFUSED_POLICY: _CORRECT,
    DoubtKind.REFUSED_RESOURCE: f"{_CORRECT} Name each resource by its `arn`, not by its name or id.",
    DoubtKind.LATER_POLICY: _ONCE_KNOWN,
    DoubtKind.POSSIBLE_POLICY: _ONCE_APPLIED,
    DoubtKind.CONTESTED_POLICY: "Let one resource attach the policy to every role that is to have it.",
    DoubtKind.UNLISTED_POLICY: "List the policy in the exclusive resource if the role is to have it.",
    DoubtKind.POSSIBLE_RESOURCE_POLICY: _ONCE_APPLIED,
    DoubtKind.OTHER_PATH: "Attach the policy by its `arn`: the apply fails with this one.",
    DoubtKind.NOT_BUNDLED: 'Look the policy up with `data "aws_iam_policy"`: the plan then shows its text.',
}
_ADVICE_BY_REASON = {
    Reason.ROLE_OUTSIDE_PLAN: "Pass the state of the stack that manages the role: --context FILE, from "
    "`terraform show -json`.",
    Reason.POLICY_NOT_READABLE: "Pass the state of the stack that manages it: --context FILE, from "
    "`terraform show -json`.",
    Reason.CONDITION: "No plan shows this: make the statement unconditional for the role, or test it after apply.",
}


def deciding_words(question: OpenQuestion, report: Report) -> str:
    """Return a sentence about how to get a decision; empty if the cause says it."""
    has_sources = report.plan.sources is not None
    if question.hint is HintKind.OPTION or (has_sources and question.hint is HintKind.MODULE_SOURCES):
        return ""
    if question.reason is Reason.POLICY_NOT_READABLE and question.hint is HintKind.SOURCES:
        return _WITH_SOURCES
    if question.kind in _ADVICE:
        return _ADVICE[question.kind]
    if question.reason is Reason.UNKNOWN_VALUE:
        return _ONCE_KNOWN if has_sources else _WITH_SOURCES
    return _ADVICE_BY_REASON.get(question.reason, "") if question.reason is not None else ""
