"""What a service has from other stacks is decided alike by their state, their plan and their plan once applied.

Two pairs of stacks that were really planned and applied: `testdata/README.md` says what is in them.
"""

from __future__ import annotations

import json
from pathlib import Path
from shutil import copy

import pytest

from tests.cases import TESTDATA
from tfcheck.analysis.session import Session
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Answer, Report, Severity

pytestmark = pytest.mark.usefixtures("own_directory")
SERVICE, SHARED = TESTDATA / "service-of-shared-stack", TESTDATA / "shared-stack"
ORDERS, TWO_ACCOUNTS = TESTDATA / "service-of-two-accounts", TESTDATA / "stack-in-two-accounts"
FILE, PRIVATE, GRANTED = (f"/0/environmentFiles/{each}" for each in range(3))
CLOSED, PLAIN, TOKEN = (f"/0/secrets/{each}" for each in range(3))

#: Of each role of the shared stack what decides, which is its own policy, that of the thing, or that of its key.
REASONS = {
    ("open", FILE, "s3:GetObject"): "",
    ("open", FILE, "kms:Decrypt"): "",
    ("open", PRIVATE, "s3:GetObject"): "explicit_deny",
    ("open", GRANTED, "s3:GetObject"): "implicit_deny",
    ("open", CLOSED, "kms:Decrypt"): "",
    ("open", TOKEN, "kms:Decrypt"): "",
    ("open", "/0/image", "ecr:BatchGetImage"): "",
    ("pathed", CLOSED, "secretsmanager:GetSecretValue"): "",
    ("pathed", CLOSED, "kms:Decrypt"): "resource_policy",
    ("pathed", PLAIN, "secretsmanager:GetSecretValue"): "explicit_deny",
    ("refused", "/0/image", "ecr:BatchGetImage"): "explicit_deny",
    ("refused", "/0/image", "ecr:GetDownloadUrlForLayer"): "",
    ("extended", FILE, "s3:GetObject"): "",
    ("extended", FILE, "s3:GetBucketLocation"): "implicit_deny",
    ("extended", GRANTED, "s3:GetObject"): "",
    ("own", FILE, "s3:GetObject"): "",
    ("own", FILE, "s3:GetBucketLocation"): "implicit_deny",
    ("own", GRANTED, "s3:GetObject"): "implicit_deny",
}


def answers(plan: Path, *context: Path) -> tuple[Answer, ...]:
    (found,) = Session((str(plan),), tuple(map(str, context))).check(str(plan))
    return found.report.answers


def reasons(found: tuple[Answer, ...]) -> dict[tuple[str, str, str], str]:
    """Return what keeps each call from being allowed, nothing where it is; where it is open, that."""
    return {
        (each.requirement.task_definition, each.requirement.pointer, each.requirement.action): each.reason.value
        if each.reason
        else ""
        for each in found
    }


def service(task: str) -> str:
    return f'aws_ecs_task_definition.this["{task}"]'


@pytest.mark.parametrize("name", ["plan.json", "applied.plan.json"])
@pytest.mark.parametrize("context", ["state.json", "plan.json", "applied.plan.json"])
def test_a_service_is_decided_by_the_stack_that_has_nearly_all(name: str, context: str) -> None:
    found = reasons(answers(SERVICE / name, SHARED / context))
    wanted = {(service(task), place, action): reason for (task, place, action), reason in REASONS.items()}
    assert {key: found[key] for key in wanted} == wanted


def test_a_state_and_the_plan_of_the_same_stack_decide_alike() -> None:
    by_state, by_plan = (
        answers(SERVICE / "applied.plan.json", SHARED / each) for each in ("state.json", "applied.plan.json")
    )
    assert [(each.requirement, each.verdict, each.reason) for each in by_state] == [
        (each.requirement, each.verdict, each.reason) for each in by_plan
    ]


#: What the plan of the stack in two accounts decides, its state with the sources beside it, and its state alone.
#: Nothing is known of the archive's account without the sources: it is taken for that of the role.
ACCOUNTS = (
    ("/0/environmentFiles/0", "s3:GetObject", "denied", "unknown", "allowed"),
    ("/0/environmentFiles/0", "s3:GetBucketLocation", "denied", "unknown", "allowed"),
    ("/0/environmentFiles/1", "s3:GetObject", "denied", "unknown", "unknown"),
    ("/0/environmentFiles/2", "s3:GetObject", "allowed", "allowed", "unknown"),
    ("/0/image", "ecr:BatchGetImage", "allowed", "unknown", "unknown"),
    ("/0/image", "ecr:GetDownloadUrlForLayer", "allowed", "allowed", "allowed"),
)


@pytest.mark.parametrize("kind", ["applied.plan.json", "state.json", "state alone"])
def test_what_a_state_does_not_show_of_its_accounts_stays_open(kind: str, tmp_path: Path) -> None:
    file = TWO_ACCOUNTS / kind
    if kind == "state alone":
        file = Path(copy(TWO_ACCOUNTS / "state.json", tmp_path))
    column = 2 + ["applied.plan.json", "state.json", "state alone"].index(kind)
    found = {
        (each.requirement.pointer, each.requirement.action): each.verdict.value
        for each in answers(ORDERS / "applied.plan.json", file)
    }
    assert {row[:2]: found[row[:2]] for row in ACCOUNTS} == {row[:2]: row[column] for row in ACCOUNTS}


# What is named by nothing but its name

BY_NAMES = TESTDATA / "service-by-names"


def by_names(name: str, context: Path) -> Report:
    (found,) = Session((str(BY_NAMES / name),), (str(context),)).check(str(BY_NAMES / name))
    return found.report


@pytest.mark.parametrize("context", ["state.json", "applied.plan.json"])
def test_a_secret_of_another_stack_is_found_by_its_name_where_that_means_it(context: str) -> None:
    """So are the keys of secrets and parameters."""
    found = by_names("applied.plan.json", SHARED / context).answers
    decrypted = {(each.requirement.task_definition.split(".")[1], each.requirement.pointer) for each in keys(found)}
    assert decrypted == {("near", "/0/repositoryCredentials"), ("near", "/0/secrets/0"), ("near", "/0/secrets/1")}
    near, far = ({each.requirement.resource for each in found if read(each, task)} for task in ("near", "far"))
    assert all(isinstance(each, str) and ":secret:acme/closed-" in each for each in near)
    assert not any(isinstance(each, str) for each in far)


def read(answer: Answer, task: str) -> bool:
    need = answer.requirement
    return need.action == "secretsmanager:GetSecretValue" and need.task_definition.endswith(f".{task}")


def keys(found: tuple[Answer, ...]) -> list[Answer]:
    return [each for each in found if each.requirement.action == "kms:Decrypt"]


@pytest.mark.parametrize("name", ["plan.json", "applied.plan.json"])
@pytest.mark.parametrize("context", ["state.json", "plan.json", "applied.plan.json"])
def test_what_another_stack_has_in_another_region_is_not_there(name: str, context: str) -> None:
    found = by_names(name, SHARED / context).findings
    mistakes = {(each.rule, each.task_definition.split(".")[1]) for each in found if each.severity is Severity.WARNING}
    assert mistakes == {("log-region", "far"), ("parameter-region", "far")}


def test_what_another_account_has_is_not_there(tmp_path: Path) -> None:
    text = (SHARED / "state.json").read_text(encoding="utf-8")
    state = tmp_path / "state.json"
    state.write_text(text.replace("123456789012", "210987654321"), encoding="utf-8")
    found = by_names("applied.plan.json", state)
    assert {each.rule for each in found.findings} == set()
    assert keys(found.answers) == []


def test_a_role_of_that_name_with_another_path_is_reported(tmp_path: Path) -> None:
    text = (BY_NAMES / "applied.plan.json").read_text(encoding="utf-8")
    plan = tmp_path / "plan.json"
    plan.write_text(text.replace("role/acme-open", "role/acme-pathed"), encoding="utf-8")
    (found,) = Session((str(plan),), (str(SHARED / "state.json"),)).check(str(plan))
    name = "arn:aws:iam::123456789012:role/acme-pathed"
    said = f'there is no role {name}: state.json: aws_iam_role.this["pathed"] has its name, but another path'
    assert said in found.report.notes
    assert not any("there is no role" in each for each in by_names("applied.plan.json", SHARED / "state.json").notes)


def test_what_another_plan_of_the_call_deletes_is_missing(tmp_path: Path) -> None:
    plan = json.loads((SHARED / "applied.plan.json").read_bytes())
    gone = {"aws_cloudwatch_log_group.services", "aws_secretsmanager_secret.closed", "aws_ssm_parameter.token"}
    for resource in plan["resource_changes"]:
        if resource["address"] in gone:
            resource["change"] |= {"actions": ["delete"], "after": None}
    other, own = tmp_path / "shared.json", str(BY_NAMES / "applied.plan.json")
    other.write_text(json.dumps(plan), encoding="utf-8")
    for plans in ((own, str(other)), (str(other), own)):
        (found,) = Session(plans).check(own)
        missed = [each for each in found.report.findings if each.rule == "deleted"]
        assert {each.message.split(" needs ")[1] for each in missed} == {
            f"shared.json: {each}, which the plan of another stack deletes" for each in gone
        }
        assert {(each.change, each.task_definition) for each in missed} == {
            ("introduced", "aws_ecs_task_definition.near")
        }
    assert not any(each.rule == "deleted" for each in by_names("applied.plan.json", other).findings)


def test_more_resources_than_one_run_can_compare_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfcheck.analysis.session._MOST_RESOURCES", 5)
    with pytest.raises(InputError, match=r"have \d+ resources to consider, more than 5"):
        answers(SERVICE / "plan.json", SHARED / "state.json")
