"""Which answers of a report is a refusal about: those of its action, its resource and its role, and no others?"""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.analysis.check import check
from tfcheck.report.explanation import findings_to_fix, related_rows
from tfcheck.startup import trust
from tfcheck.vocabulary.finding import Answer, Report, RoleKind, Verdict
from tfcheck.vocabulary.stopped_reason import explain_text

CASES = [
    "image-and-logs",
    "granted-to-task-role",
    "secrets-and-parameters",
    "twelve-services",
    "rarer-fetches",
    "efs-volumes",
]


def report(name: str) -> Report:
    return check(Case(TESTDATA / name).plan("applied.plan.json"), None)


def role_of(answer: Answer, found: Report) -> str:
    need = answer.requirement
    names = [
        each.name for each in found.roles if (each.task_definition, each.kind) == (need.task_definition, need.role_kind)
    ]
    assert len(names) == 1
    assert isinstance(names[0], str)
    return names[0]


def refusal(role: str, action: str, resource: str) -> str:
    return (
        f"User: arn:aws:sts::123456789012:assumed-role/{role}/0123 is not authorized to perform: {action} on resource: "
        f"{resource} because no identity-based policy allows the {action} action"
    )


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_leads_to_its_own_call(name: str) -> None:
    found = report(name)
    calls = [each for each in found.answers if each.requirement.action != trust.ACTION]
    tried = 0
    for answer in calls:
        need = answer.requirement
        if not isinstance(need.resource, str) or need.role_kind is RoleKind.INSTANCE:
            continue
        tried += 1
        explanation = explain_text(refusal(role_of(answer, found), need.action, need.resource))
        assert explanation is not None
        assert need.rule in explanation.known.rules or need.action == "s3:GetObject"
        answers = related_rows(explanation, found).answers
        assert answer in answers
        same = {(each.requirement.action, each.requirement.resource, role_of(each, found)) for each in answers}
        assert same == {(need.action, need.resource, role_of(answer, found))}
    assert tried


@pytest.mark.parametrize("name", CASES)
def test_a_refusal_of_another_role_leads_to_nothing(name: str) -> None:
    found = report(name)
    for answer in found.answers:
        need = answer.requirement
        explanation = explain_text(refusal("somebody", need.action, need.shown_resource))
        assert explanation is not None
        rows = related_rows(explanation, found)
        # NOTE: whose role pulls and logs on an instance that the plan does not show is open.
        unseen = {each for each in rows.answers if each.requirement.role_kind is RoleKind.INSTANCE}
        assert {each.verdict for each in unseen} <= {Verdict.UNKNOWN}
        assert (set(rows.answers), rows.findings) == (unseen, ())
        if not unseen:
            assert rows.remark == "no task definition of this plan runs with the role `somebody`"


def test_a_secret_may_be_named_without_the_end_of_its_arn() -> None:
    found = report("secrets-and-parameters")
    answer = next(each for each in found.answers if each.requirement.rule == "secret")
    whole = answer.requirement.shown_resource
    for named in (whole, whole[:-7], "app/db", whole.rpartition(":")[2]):
        explanation = explain_text(refusal("app-execution", "secretsmanager:GetSecretValue", named))
        assert explanation is not None
        assert related_rows(explanation, found).answers == (answer,)
    for other in ("app/d", f"{whole}x", whole.replace("app/db", "app/db2")):
        explanation = explain_text(refusal("app-execution", "secretsmanager:GetSecretValue", other))
        assert explanation is not None
        assert related_rows(explanation, found).answers == ()


def test_what_is_cut_off_leads_to_what_begins_so() -> None:
    found = report("secrets-and-parameters")
    answer = next(each for each in found.answers if each.requirement.rule == "parameter")
    text = refusal("app-execution", "ssm:GetParameters", answer.requirement.shown_resource)
    for length in range(text.index("on resource: ") + len("on resource: a"), len(text)):
        explanation = explain_text(text[:length])
        assert explanation is not None
        assert related_rows(explanation, found).answers == (answer,)


def test_an_arn_in_a_text_distinguishes_resources() -> None:
    found = report("twelve-services")
    files = [each for each in found.answers if each.requirement.action == "s3:GetObject"]
    assert len({each.requirement.shown_resource for each in files}) > 1
    bucket, _, key = files[0].requirement.shown_resource.removeprefix("arn:aws:s3:::").partition("/")
    explanation = explain_text(f"unable to download env file with key {key} from bucket {bucket}, error: AccessDenied")
    assert explanation is not None
    related = related_rows(explanation, found).answers
    assert {each.requirement.shown_resource for each in related} == {files[0].requirement.shown_resource}


def test_what_a_rule_lacks_is_fixed_as_a_whole() -> None:
    found = report("granted-to-task-role")
    explanation = explain_text(
        refusal("billing-execution", "s3:GetObject", "arn:aws:s3:::acme-config/billing/common.env")
    )
    assert explanation is not None
    assert len(related_rows(explanation, found).findings) == 1
    assert len(findings_to_fix(explanation, found)) == 2


def test_what_is_missing_is_not_a_permission() -> None:
    found = report("granted-to-task-role")
    explanation = explain_text("unable to initialize s3 client for bucket cfg, error: bucket not found")
    assert explanation is not None
    assert related_rows(explanation, found).answers == ()
