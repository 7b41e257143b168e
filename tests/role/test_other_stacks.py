"""What one stack removes from a role of another one is gone, even if the other one still shows it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tests.plan.made import SMALLEST, change, declared
from tfcheck.analysis.session import Session
from tfcheck.cli import main
from tfcheck.vocabulary.finding import Answer, EvidenceKind, Report, Verdict

TAKING, LENDING = TESTDATA / "taking-stack", TESTDATA / "lending-stack"
PLAN, STATE = str(TAKING / "plan.json"), str(LENDING / "state.json")

#: May the role read the file after the change? Before it all could.
READS = {
    "detached": "denied",
    "narrowed": "denied",
    "inline": "denied",
    "listed": "denied",
    "owned": "unknown",
    "kept": "allowed",
    "overlooked": "allowed",
    "remains": "allowed",
}


def report(*plans: str, context: str = "") -> Report:
    (found,) = Session(plans, (context,) if context else ()).check(PLAN)
    return found.report


def service(answer: Answer) -> str:
    return answer.requirement.task_definition.split('"')[1]


def verdicts(found: Report, action: str = "s3:GetObject") -> dict[str, str]:
    return {service(each): each.verdict.value for each in found.answers if each.requirement.action == action}


@pytest.mark.parametrize("context", ["state.json", "plan.json", "applied.plan.json"])
def test_what_is_taken_from_a_role_of_the_context_is_gone(context: str) -> None:
    found = report(PLAN, context=str(LENDING / context))
    assert {name: verdicts(found)[name] for name in READS} == READS
    before = {service(each): each.before for each in found.answers if each.requirement.action == "s3:GetObject"}
    assert {before[name] for name in READS} == {Verdict.ALLOWED}
    assert {each for each, verdict in verdicts(found, "sts:AssumeRole").items() if verdict == "allowed"} >= set(READS)
    broken = {each.task_definition.split('"')[1] for each in found.task_changes if each.change == "broken"}
    assert {name for name, verdict in READS.items() if verdict == "denied"} <= broken


def test_plans_of_one_call_agree_in_either_order() -> None:
    plans = (PLAN, str(LENDING / "plan.json"))
    one, other = report(*plans), report(*reversed(plans))
    assert one.answers == other.answers
    assert {name: verdicts(one)[name] for name in READS} == READS


def test_what_removes_it_is_reported() -> None:
    notes = [each for each in report(PLAN, context=STATE).notes if "does not count" in each]
    assert set(notes) == {
        'state.json: aws_iam_role_policy_attachment.this["detached"] does not count: '
        "aws_iam_role_policy_attachment.detached removes it",
        'state.json: aws_iam_role_policy_attachment.this["listed"] does not count: '
        "aws_iam_role_policy_attachments_exclusive.listed removes what it does not list",
        'state.json: aws_iam_role_policy.inline["inline"] does not count: aws_iam_role_policy.inline removes it',
        'state.json: aws_iam_role_policy_attachment.this["narrowed"] does not count: '
        "aws_iam_policy_attachment.shared removes it",
    }
    (owned,) = (
        each.waits_for
        for each in report(PLAN, context=STATE).answers
        if service(each) == "owned" and each.requirement.action == "s3:GetObject"
    )
    assert "unless aws_iam_policy_attachment.team removes what it does not list" in owned


def test_a_list_of_this_plan_hides_neither_trust_nor_boundary_of_a_role_elsewhere(tmp_path: Path) -> None:
    def bounded(values: dict[str, Any]) -> None:
        if values.get("name") == "lent-overlooked":
            values["permissions_boundary"] = "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"

    found = report(PLAN, context=changed(tmp_path, bounded))
    assert (verdicts(found)["overlooked"], verdicts(found, "sts:AssumeRole")["overlooked"]) == ("denied", "allowed")


def changed(tmp_path: Path, change: Any) -> str:
    document = json.loads(Path(STATE).read_bytes())
    for resource in document["values"]["root_module"]["resources"]:
        change(resource["values"])
    path = tmp_path / "state.json"
    path.write_text(json.dumps(document), encoding="utf-8")
    return str(path)


def test_a_role_of_that_name_in_another_account_keeps_what_it_has(tmp_path: Path) -> None:
    """What the plan attaches is in its own account, also if another one has a role of the same name."""
    moved = (
        Path(PLAN)
        .read_text(encoding="utf-8")
        .replace("arn:aws:iam::123456789012:role", "arn:aws:iam::222222222222:role")
    )
    plan = tmp_path / "plan.json"
    plan.write_text(moved, encoding="utf-8")
    state = tmp_path / "state.json"
    state.write_text(
        Path(STATE).read_text(encoding="utf-8").replace("::123456789012:", "::222222222222:"), encoding="utf-8"
    )
    (found,) = Session((str(plan),), (str(state),)).check(str(plan))
    found_verdicts = verdicts(found.report)
    assert {found_verdicts[each] for each in ("detached", "narrowed", "inline", "remains")} == {"allowed"}


def test_a_policy_that_a_stack_looks_up_is_what_its_own_stack_says(tmp_path: Path) -> None:
    """The state of the roles' stack remembers what the policy said when it was read."""
    state = json.loads(Path(STATE).read_bytes())
    rows = state["values"]["root_module"]["resources"]
    (policy,) = (each for each in rows if each["values"].get("name") == "lent-files")
    rest = [each for each in rows if each is not policy]
    narrow = {**policy, "values": {**policy["values"], "policy": policy["values"]["policy"].replace("s3:", "sqs:")}}
    read = {**policy, "mode": "data", "address": f"data.{policy['address']}"}
    contexts = []
    for name, resources in (("roles", [*rest, read]), ("policies", [narrow])):
        contexts.append(tmp_path / f"{name}.json")
        state["values"]["root_module"]["resources"] = resources
        contexts[-1].write_text(json.dumps(state), encoding="utf-8")
    for given, verdict in ((contexts[:1], "allowed"), (contexts, "denied")):
        (found,) = Session((PLAN,), tuple(map(str, given))).check(PLAN)
        assert verdicts(found.report)["remains"] == verdict


# Roles that the plan of another stack deletes


def test_a_role_that_another_stack_shows_is_one_of_the_tasks_account(tmp_path: Path) -> None:
    """Secrets of two accounts leave the task's own open; ECS accepts only roles of that."""
    arn = "arn:aws:iam::111122223333:role/exec"
    secrets = [f"arn:aws:secretsmanager:eu-west-1:{each}:secret:s-AbCdEf" for each in ("444455556666", "777788889999")]
    container = {"name": "app", "secrets": [{"name": each[-1], "valueFrom": each} for each in secrets]}
    task = {"family": "app", "execution_role_arn": arn, "container_definitions": json.dumps([container])}
    made = SMALLEST | {"resource_changes": [change("aws_ecs_task_definition.app", "create", after=task)]}
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    role: dict[str, Any] = {"address": "aws_iam_role.exec", "mode": "managed", "type": "aws_iam_role", "name": "exec"}
    role |= {"values": {"name": "exec", "arn": arn, "assume_role_policy": policy}}
    state = {"format_version": "1.0", "terraform_version": "1.11.4", "values": {"root_module": {"resources": [role]}}}
    (tmp_path / "plan.json").write_text(json.dumps(declared(made)))
    (tmp_path / "state.json").write_text(json.dumps(state))
    (found,) = Session([str(tmp_path / "plan.json")], (str(tmp_path / "state.json"),)).check(
        str(tmp_path / "plan.json")
    )
    assert [each.verdict for each in found.report.answers if each.requirement.action == "sts:AssumeRole"] == [
        Verdict.ALLOWED
    ]


def test_a_role_that_another_plan_of_the_call_deletes_or_renames_cannot_be_assumed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    found = report(PLAN, str(LENDING / "plan.json"))
    assumed = {service(each): each for each in found.answers if each.requirement.action == "sts:AssumeRole"}
    for name in ("leaving", "renamed"):
        answer = assumed[name]
        assert (answer.verdict.value, answer.before and answer.before.value) == ("denied", "allowed")
        assert [each.kind for each in answer.evidence] == [EvidenceKind.DELETED_BY_OTHER_STACK]
        assert verdicts(found)[name] == "unknown"
    changes = {each.task_definition.split('"')[1]: each.change for each in found.task_changes}
    assert changes["leaving"] == "broken"
    assert main.run(["--new-only", PLAN, str(LENDING / "plan.json")]) == 1
    shown = " ".join(capsys.readouterr().out.split())
    assert "ECS cannot assume the execution role data.aws_iam_role.leaving: the plan of another stack" in shown


def test_a_role_that_the_context_will_not_have_is_missing_before_and_after() -> None:
    found = report(PLAN, context=str(LENDING / "plan.json"))
    assumed = {service(each): each for each in found.answers if each.requirement.action == "sts:AssumeRole"}
    assert {(assumed[name].verdict.value, assumed[name].before) for name in ("leaving", "renamed")} == {
        ("denied", assumed["leaving"].verdict)
    }


@pytest.mark.parametrize("name", ["state.json", "applied.plan.json"])
def test_of_a_role_that_is_nowhere_nothing_is_known(name: str) -> None:
    found = report(PLAN, context=str(LENDING / name))
    assert verdicts(found)["renamed"] == verdicts(found, "sts:AssumeRole")["renamed"] == "unknown"


@pytest.mark.long
def test_a_list_of_this_plan_holds_for_what_another_stack_gives_its_role(tmp_path: Path) -> None:
    """`shared-stack` gives a policy to a role of the service, which may list what it is to have."""
    folder, shared = TESTDATA / "service-of-shared-stack", str(TESTDATA / "shared-stack" / "state.json")
    plan = json.loads((folder / "applied.plan.json").read_bytes())
    verdicts = []
    for names in (None, ["from-shared-stack"], []):
        listing = {"role_name": "acme-own", "policy_names": names}
        row = {
            "address": "aws_iam_role_policies_exclusive.own",
            "mode": "managed",
            "type": "aws_iam_role_policies_exclusive",
            "name": "own",
            "change": {"actions": ["create"], "before": None, "after": listing, "after_unknown": {}},
        }
        path = tmp_path / "plan.json"
        changed = [*plan["resource_changes"], *([] if names is None else [row])]
        path.write_text(json.dumps(declared({**plan, "resource_changes": changed})), encoding="utf-8")
        (found,) = Session((str(path),), (shared,)).check(str(path))
        verdicts += [
            each.verdict.value
            for each in found.report.answers
            if service_file(each) == ("own", "/0/environmentFiles/0", "s3:GetObject")
        ]
    assert verdicts == ["allowed", "allowed", "denied"]


def service_file(answer: Answer) -> tuple[str, str, str]:
    return service(answer), answer.requirement.pointer, answer.requirement.action


ANEW, NAMING = str(TESTDATA / "role-made-anew" / "plan.json"), TESTDATA / "stack-naming-role"
#: What a stack grants a role by naming it, and by attaching a policy to it.
NAMED, ATTACHED = ("s3:GetObject", "kms:Decrypt"), "ssm:GetParameters"


@pytest.mark.parametrize(("plans", "context"), [(1, "state.json"), (1, "applied.plan.json"), (2, "applied.plan.json")])
def test_a_role_created_anew_has_nothing_that_another_stack_gave_the_former(plans: int, context: str) -> None:
    other = str(NAMING / context)
    reports = Session((ANEW, other), ()).check(ANEW) if plans == 2 else Session((ANEW,), (other,)).check(ANEW)
    found = next(iter(reports)).report
    assert verdicts(found, ATTACHED) == {"anew": "denied", "stays": "allowed"}
    for action in NAMED:
        # Another plan of the same call may write its policies again, after the role.
        assert verdicts(found, action) == {"anew": "unknown" if plans == 2 else "denied", "stays": "allowed"}
    asked = [each for each in found.answers if each.requirement.action in (*NAMED, ATTACHED)]
    assert {each.before for each in asked} == {Verdict.ALLOWED}
