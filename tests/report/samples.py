"""Reports made by hand, for the tests of what is printed."""

from __future__ import annotations

import msgspec

from tfcheck.symbolic.doubt import as_doubt
from tfcheck.vocabulary.access import AccessChange, AccessUnknown, ActionOnResource, RoleSwitch, TaskChange
from tfcheck.vocabulary.finding import (
    Answer,
    Evidence,
    EvidenceKind,
    Finding,
    Fix,
    Location,
    PlanInfo,
    Reason,
    Report,
    Requirement,
    RoleKind,
    Severity,
    Skipped,
    Verdict,
)

PLAN = PlanInfo("plan.json", "1.2", "1.11.4", ".", True)
TASK = "module.web.aws_ecs_task_definition.app[0]"


def need(
    action: str = "s3:GetObject",
    resource: str = "arn:aws:s3:::acme-config/web/prod.env",
    *,
    task: str = TASK,
    severity: Severity = Severity.ERROR,
    container: str = "app",
) -> Requirement:
    return Requirement(
        "env-file",
        task,
        container,
        "/0/environmentFiles/0",
        RoleKind.EXECUTION,
        action,
        resource,
        severity,
        "environment file of container `app`",
    )


def allowed(requirement: Requirement | None = None) -> Answer:
    return Answer(requirement or need(), "aws_iam_role.execution", Verdict.ALLOWED)


def unknown(requirement: Requirement | None = None, waits_for: str = "aws_s3_bucket.config.arn") -> Answer:
    doubt = as_doubt(waits_for)
    return Answer(
        requirement or need(),
        "aws_iam_role.execution",
        Verdict.UNKNOWN,
        Reason.UNKNOWN_VALUE,
        waits_for=str(doubt),
        waits_for_kind=doubt.kind,
        waits_for_hint=doubt.hint.kind if doubt.hint is not None else None,
    )


DENIED = Answer(
    need(),
    "aws_iam_role.execution",
    Verdict.DENIED,
    Reason.IMPLICIT_DENY,
    before=Verdict.ALLOWED,
    evidence=(
        Evidence(
            "aws_iam_role_policy.env_file",
            "EnvFile",
            "Allow",
            EvidenceKind.OTHER_RESOURCE,
            ("arn:aws:s3:::acme-config/api/*", "arn:aws:s3:::acme-other/*"),
            Location("main.tf", 12, 30),
        ),
    ),
)
DENIED_BUCKET = Answer(
    need("s3:GetBucketLocation", "arn:aws:s3:::acme-config", severity=Severity.WARNING),
    "aws_iam_role.execution",
    Verdict.DENIED,
    Reason.EXPLICIT_DENY,
    evidence=(Evidence("aws_iam_policy.guard", None, "Deny", EvidenceKind.DENIES, ("*",)),),
)
FINDING = Finding(
    "env-file",
    Severity.ERROR,
    TASK,
    "aws_iam_role.execution",
    "the execution role may not read the environment file of container `app`",
    answers=(DENIED, DENIED_BUCKET),
    explanation=("the grant ends at another prefix of the same bucket",),
    symptom="ResourceInitializationError: failed to download env files: AccessDenied",
    change="introduced",
    location=Location("main.tf", 12, 30, 'resource "aws_iam_role_policy" "env_file" {'),
    needed_at=Location("modules/service/main.tf", 104, 120, "  container_definitions = jsonencode(["),
    fix=Fix("let the role read the file", "safe", True, 'statement {\n  actions = ["s3:GetObject"]\n}'),
)


def report(
    *answers: Answer,
    findings: tuple[Finding, ...] = (),
    tasks: tuple[str, ...] | None = None,
    skipped: tuple[Skipped, ...] = (),
    notes: tuple[str, ...] = (),
    context: dict[str, str | int] | None = None,
) -> Report:
    found = tuple(dict.fromkeys(answer.requirement.task_definition for answer in answers))
    return Report(PLAN, found if tasks is None else tasks, answers, findings, skipped, notes, context)


CHANGES = msgspec.structs.replace(
    report(allowed()),
    task_changes=(
        TaskChange("aws_ecs_task_definition.a", "broken"),
        TaskChange("aws_ecs_task_definition.b", "fixed"),
        TaskChange("aws_ecs_task_definition.c", "still_broken"),
    ),
    role_switches=(RoleSwitch("aws_ecs_task_definition.c", "aws_iam_role.old", "aws_iam_role.new"),),
    access_changes=(
        AccessChange("aws_iam_role.a", "s3:Get*", "*", "revoked", kept=(ActionOnResource("s3:GetObject", "*"),)),
        AccessChange("aws_iam_role.a", "sqs:*", "*", "revoked", "aws_iam_policy.guard (NotQueues) now denies it"),
        AccessChange("aws_iam_role.new", "s3:GetObject", "*", "granted", role_change="created"),
        AccessChange("aws_iam_role.new", "logs:*", "*", "granted", role_change="created"),
    ),
    access_unknown=(AccessUnknown("aws_iam_role.b", "policy arn:aws:iam::1:policy/x, which is not readable"),),
)
BROKEN = report(DENIED, DENIED_BUCKET, findings=(FINDING,))
MIXED = report(
    DENIED,
    DENIED_BUCKET,
    unknown(need(task="aws_ecs_task_definition.b")),
    allowed(need(task="aws_ecs_task_definition.c")),
    findings=(FINDING,),
    tasks=(
        TASK,
        "aws_ecs_task_definition.b",
        "aws_ecs_task_definition.c",
        "aws_ecs_task_definition.nothing",
        "aws_ecs_task_definition.x",
    ),
    skipped=(Skipped("aws_ecs_task_definition.x", "its `container_definitions` is not JSON"),),
    notes=("the sources in `.` were used",),
)
