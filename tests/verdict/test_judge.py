"""Which statements does a judgement name: those that made it, may make it, or come near; and what of deleted roles?"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.plan.made import change, plan
from tfcheck.analysis.check import check
from tfcheck.hcl.modules.sources import from_directory
from tfcheck.vocabulary.finding import Answer, EvidenceKind, Reason, Report, Verdict

_ARN = "arn:aws:iam::111122223333:role/exec"
_FILE = "arn:aws:s3:::cfg/app.env"
_VPCE = {"StringEquals": {"aws:SourceVpce": "vpce-1"}}


def statement(effect: str = "Allow", **parts: Any) -> dict[str, Any]:
    return {"Effect": effect, "Action": "s3:GetObject", "Resource": "*"} | parts


def trust(**parts: Any) -> dict[str, Any]:
    return {
        "Sid": "Ecs",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "ecs-tasks.amazonaws.com"},
    } | parts


def role(*actions: str, name: str = "exec", trusting: Any = None) -> dict[str, Any]:
    policy = json.dumps({"Version": "2012-10-17", "Statement": trusting or trust()})
    known = {"name": "exec", "arn": _ARN, "assume_role_policy": policy}
    after = None if actions == ("delete",) else known
    return change(f"aws_iam_role.{name}", *actions, name=name, before=known, after=after)


def report(
    *statements: dict[str, Any],
    of: dict[str, Any] | None = None,
    more: tuple[dict[str, Any], ...] = (),
    requires_compatibilities: list[str] | None = None,
    timestamp: str = "",
) -> Report:
    containers = [{"name": "app", "image": "x", "environmentFiles": [{"type": "s3", "value": _FILE}]}]
    task: dict[str, Any] = {"execution_role_arn": _ARN, "container_definitions": json.dumps(containers)}
    task |= {"requires_compatibilities": requires_compatibilities}
    policy = {"name": "p", "role": "exec", "policy": json.dumps({"Version": "2012-10-17", "Statement": statements})}
    rows = [
        of or role(),
        change("aws_ecs_task_definition.app", before=task, after=task, name="app"),
        change("aws_iam_role_policy.p", before=policy, after=policy, name="p"),
    ]
    return check(plan(*rows, *more, timestamp=timestamp))


def answer(found: Report, action: str = "s3:GetObject") -> Answer:
    return next(each for each in found.answers if each.requirement.action == action)


def by(found: Answer) -> list[tuple[str, str | None, str, EvidenceKind, str]]:
    return [(each.policy, each.sid, each.effect, each.kind, each.condition_key) for each in found.evidence]


def test_what_is_allowed_names_the_statements_that_allow_it() -> None:
    found = report(statement(Sid="Logs", Action="logs:*"), statement(Sid="Read"))
    assert by(answer(found)) == [("aws_iam_role_policy.p", "Read", "Allow", EvidenceKind.ALLOWS, "")]
    assert by(answer(found, "sts:AssumeRole")) == [("aws_iam_role.exec", "Ecs", "Allow", EvidenceKind.ALLOWS, "")]


@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_what_waits_for_a_condition_names_the_statement_and_its_key(effect: str) -> None:
    others = [statement()] if effect == "Deny" else []
    found = answer(report(*others, statement(effect, Sid="Vpce", Condition=_VPCE)))
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, Reason.CONDITION)
    assert by(found)[0] == ("aws_iam_role_policy.p", "Vpce", effect, EvidenceKind.MAY_DECIDE, "aws:SourceVpce")


@pytest.mark.parametrize(
    ("trusting", "kind", "key"),
    [
        (
            trust(Condition={"ArnLike": {"aws:SourceArn": "arn:aws:ecs:eu-west-1:111122223333:cluster/prod"}}),
            EvidenceKind.CONDITION_NOT_MET,
            "aws:SourceArn",
        ),
        (trust(Principal={"Service": "ec2.amazonaws.com"}), EvidenceKind.OTHER_PRINCIPAL, ""),
    ],
)
def test_a_trust_that_fails_says_by_which_statement(trusting: dict[str, Any], kind: EvidenceKind, key: str) -> None:
    found = answer(report(statement(), of=role(trusting=trusting)), "sts:AssumeRole")
    assert (found.verdict, found.reason) == (Verdict.DENIED, Reason.TRUST_POLICY)
    assert by(found) == [("aws_iam_role.exec", "Ecs", "Allow", kind, key)]
    named = ("ec2.amazonaws.com",) if kind is EvidenceKind.OTHER_PRINCIPAL else ()
    assert [each.patterns for each in found.evidence] == [named]


@pytest.mark.parametrize("operator", ["StringEquals", "StringNotEquals"])
def test_the_region_in_which_ecs_assumes_a_role_is_not_documented(operator: str) -> None:
    trusting = trust(Condition={operator: {"aws:RequestedRegion": "eu-west-1"}})
    found = answer(report(statement(), of=role(trusting=trusting)), "sts:AssumeRole")
    assert (found.verdict, found.reason) == (Verdict.UNKNOWN, Reason.CONDITION)
    assert [each.condition_key for each in found.evidence] == ["aws:RequestedRegion"]


def test_of_many_statements_of_a_trust_policy_the_first_are_named() -> None:
    others = [trust(Principal={"Service": f"s{number}.amazonaws.com"}) for number in range(20)]
    found = answer(report(statement(), of=role(trusting=others)), "sts:AssumeRole")
    assert [each.patterns for each in found.evidence] == [(f"s{number}.amazonaws.com",) for number in range(8)]


def test_a_trust_policy_that_aws_refuses_is_not_believed() -> None:
    others = {"Sid": "Others", "Effect": "Allow", "Action": "sts:AssumeRole"}
    found = report(statement(), of=role(trusting=others | {"NotPrincipal": {"Service": "lambda.amazonaws.com"}}))
    assert answer(found, "sts:AssumeRole").verdict is Verdict.UNKNOWN


def test_a_trust_policy_is_asked_after_the_plan() -> None:
    for operator, verdict in (("DateGreaterThan", Verdict.ALLOWED), ("DateLessThan", Verdict.DENIED)):
        trusting = trust(Condition={operator: {"aws:CurrentTime": "2021-01-01T00:00:00Z"}})
        found = report(statement(), of=role(trusting=trusting), timestamp="2026-12-01T00:00:00Z")
        assert answer(found, "sts:AssumeRole").verdict is verdict


def test_a_trust_that_waits_for_a_condition_names_its_key() -> None:
    trusting = trust(Condition={"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}})
    found = answer(report(statement(), of=role(trusting=trusting)), "sts:AssumeRole")
    assert (found.verdict, found.waits_for) == (Verdict.UNKNOWN, "aws:SourceIp")
    assert by(found) == [("aws_iam_role.exec", "Ecs", "", EvidenceKind.MAY_DECIDE, "aws:SourceIp")]


@pytest.mark.parametrize("argument", ["execution_role_arn", "task_role_arn"])
def test_ecs_cannot_assume_a_role_of_another_account(argument: str) -> None:
    foreign = _ARN.replace("111122223333", "444455556666")
    known = {"family": "app", "execution_role_arn": _ARN, "container_definitions": "[]"} | {argument: foreign}
    found = check(plan(role(), change("aws_ecs_task_definition.app", "create", after=known, name="app")))
    trusted = next(each for each in found.answers if each.requirement.resource == foreign)
    assert (trusted.verdict, trusted.reason) == (Verdict.DENIED, Reason.TRUST_POLICY)
    (finding,) = found.findings
    assert finding.message.endswith(f"role {foreign}: it belongs to another account than the task definition")


def test_an_account_that_is_only_assumed_is_not_a_sign_of_another_role(tmp_path: Path) -> None:
    """A policy names a secret of a shared account, the only one in the plan: the account is assumed, wrongly."""
    profile = {"constant_value": "deploy"}
    allowed = {"constant_value": ["111122223333"]}
    providers = {
        "aws": {"name": "aws"},
        "aws.iam": {"name": "aws", "alias": "iam", "expressions": {"profile": profile, "allowed_account_ids": allowed}},
    }
    arn = {"references": ["aws_iam_role.exec.arn", "aws_iam_role.exec"]}
    blocks = [
        {"address": "aws_iam_role.exec", "type": "aws_iam_role", "name": "exec", "provider_config_key": "aws.iam"},
        {
            "address": "aws_ecs_task_definition.app",
            "type": "aws_ecs_task_definition",
            "name": "app",
            "provider_config_key": "aws",
            "expressions": {"execution_role_arn": arn, "family": {"constant_value": "app"}},
        },
    ]
    source = 'resource "aws_ecs_task_definition" "app" {\n  execution_role_arn = aws_iam_role.exec.arn\n}\n'
    (tmp_path / "main.tf").write_text(source)
    secret = "arn:aws:secretsmanager:eu-west-1:444455556666:secret:shared-AbCdEf"
    containers = json.dumps([{"name": "app", "secrets": [{"name": "A", "valueFrom": secret}]}])
    known = {"name": "exec", "assume_role_policy": json.dumps({"Version": "2012-10-17", "Statement": [trust()]})}
    task = {"family": "app", "container_definitions": containers}
    rows = [
        change("aws_iam_role.exec", "create", after=known, after_unknown={"arn": True}, name="exec"),
        change(
            "aws_ecs_task_definition.app", "create", after=task, after_unknown={"execution_role_arn": True}, name="app"
        ),
    ]
    made = plan(*rows, configuration={"provider_config": providers, "root_module": {"resources": blocks}})
    assert answer(check(made, from_directory(tmp_path)), "sts:AssumeRole").verdict is Verdict.ALLOWED


@pytest.mark.parametrize(("profile", "verdict"), [("b", Verdict.UNKNOWN), ("a", Verdict.ALLOWED)])
def test_a_role_of_other_credentials_may_be_in_another_account(profile: str, verdict: Verdict) -> None:
    profiles = {"aws": "a", "aws.other": profile}
    providers = {
        key: {"name": "aws", "alias": key[4:], "expressions": {"profile": {"constant_value": each}}}
        for key, each in profiles.items()
    }
    of = {"aws_iam_role.exec": "aws.other", "aws_ecs_task_definition.app": "aws"}
    rows = [
        {"address": each, "mode": "managed", "type": each.partition(".")[0], "name": each.partition(".")[2]}
        | {"provider_config_key": key, "expressions": {}}
        for each, key in of.items()
    ]
    task = {"family": "app", "execution_role_arn": _ARN, "container_definitions": "[]"}
    created = change("aws_ecs_task_definition.app", "create", after=task, name="app")
    configuration = {"provider_config": providers, "root_module": {"resources": rows}}
    found = check(plan(role(), created, configuration=configuration))
    assert answer(found, "sts:AssumeRole").verdict is verdict


def test_ecs_cannot_assume_a_role_that_the_plan_deletes() -> None:
    found = report(statement(), of=role("delete"))
    trusted = answer(found, "sts:AssumeRole")
    assert (trusted.verdict, trusted.reason, trusted.before) == (Verdict.DENIED, Reason.TRUST_POLICY, Verdict.ALLOWED)
    message = next(each.message for each in found.findings if each.rule == "trust")
    assert message == f"ECS cannot assume the execution role {_ARN}: this plan deletes it"


def test_a_role_that_only_changes_its_address_is_not_gone() -> None:
    found = report(statement(), of=role("delete"), more=(role("create", name="again"),))
    assert answer(found, "sts:AssumeRole").verdict is not Verdict.DENIED


def test_a_role_that_terraform_forgets_is_not_gone() -> None:
    assert answer(report(statement(), of=role("forget")), "sts:AssumeRole").verdict is Verdict.ALLOWED


@pytest.mark.parametrize(
    ("kinds", "verdict"),
    [
        (["FARGATE"], Verdict.DENIED),
        (["EC2"], Verdict.UNKNOWN),
        (["EC2", "FARGATE"], Verdict.UNKNOWN),
        (["EXTERNAL"], Verdict.UNKNOWN),
        ([], Verdict.UNKNOWN),
        (None, Verdict.UNKNOWN),
    ],
)
def test_only_tasks_that_definitely_run_on_fargate_lack_the_keys_of_an_instance(
    kinds: list[str] | None, verdict: Verdict
) -> None:
    on_instance = {"ArnLike": {"ec2:SourceInstanceArn": "arn:aws:ec2:*:*:instance/*"}}
    found = answer(report(statement(Condition=on_instance), requires_compatibilities=kinds))
    assert found.verdict is verdict
    spared = answer(report(statement(), statement("Deny", Condition=on_instance), requires_compatibilities=kinds))
    assert spared.verdict is (Verdict.ALLOWED if verdict is Verdict.DENIED else Verdict.UNKNOWN)


@pytest.mark.parametrize("marked", [False, True])
def test_a_text_that_the_plan_marks_is_not_what_an_answer_waits_for(marked: bool) -> None:
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement(Resource="arn:aws:s3:*:cfg/app.*")]})
    policy = {"name": "q", "role": "exec", "policy": document}
    row = change("aws_iam_role_policy.q", before=policy, after=policy, name="q")
    row["change"]["after_sensitive"] = {"policy": True} if marked else {}
    found = answer(report(of=role("no-op"), more=(row,)))
    assert found.reason is Reason.UNKNOWN_VALUE
    assert (found.waits_for == "(sensitive)") is marked
    assert found.waits_for
    assert not marked or "s3:*:cfg" not in str(found.evidence)


def test_what_was_open_before_the_change_was_not_allowed() -> None:
    found = answer(report(statement(Condition=_VPCE)))
    assert found.before is Verdict.UNKNOWN
    assert answer(report(statement())).before is Verdict.ALLOWED
    assert answer(report()).before is Verdict.DENIED


def test_a_verdict_in_an_assumed_account_states_the_assumption() -> None:
    """The plan shows no account; the only one in the ARNs that are written is assumed to be its own."""
    resource = "arn:aws:ssm:eu-west-1:123456789012:parameter/x"
    document = {"Version": "2012-10-17", "Statement": [statement(Action="ssm:GetParameters", Resource=resource)]}
    containers = [{"name": "app", "image": "x", "secrets": [{"name": "A", "valueFrom": "x"}]}]
    task = {"execution_role_arn": "arn:aws:iam::123456789012:role/r", "container_definitions": json.dumps(containers)}
    trusted = {"Version": "2012-10-17", "Statement": [trust()]}
    made: dict[str, Any] = {"name": "r", "assume_role_policy": json.dumps(trusted)}
    made |= {"inline_policy": [{"name": "p", "policy": json.dumps(document)}]}
    rows = [
        change("aws_ecs_task_definition.app", "create", after=task, name="app"),
        change("aws_iam_role.r", "create", after=made, after_unknown={"arn": True}, name="r"),
    ]
    provider = {"provider_config": {"aws": {"name": "aws", "expressions": {"region": {"constant_value": "eu-west-1"}}}}}
    found = answer(check(plan(*rows, configuration=provider)), "ssm:GetParameters")
    assert found.verdict is Verdict.ALLOWED
    assert any("account `123456789012`" in each for each in found.assumptions)
