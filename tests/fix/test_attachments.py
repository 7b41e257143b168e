"""A role gets the policy of AWS that the module's other roles have, as they have it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cases import TESTDATA
from tests.fix.found import copied, found_in, replaced
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection

pytestmark = pytest.mark.usefixtures("own_directory")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied("attachments-forgotten", tmp_path)


def titles(folder: Path) -> list[str]:
    return [each.fix.title.partition(";")[0] for each in found_in(folder).fixes.found]


POLICY = "AmazonECSTaskExecutionRolePolicy"


def test_it_is_attached_again_like_that_of_a_sibling_or_by_a_key(folder: Path) -> None:
    assert titles(folder) == [
        f"attach {POLICY} again to aws_iam_role.lost",
        f"attach {POLICY}, as aws_iam_role.web has it, to aws_iam_role.forgotten",
        f"attach {POLICY} to aws_iam_role.keyed by aws_iam_role_policy_attachment.keyed, which has it for the "
        "other keys",
        "add an action to aws_iam_role_policy.own",
    ]


def test_what_a_comment_has_turned_off_is_mentioned(folder: Path) -> None:
    lost, *others = (each.fix for each in found_in(folder).fixes.found)
    assert lost.title.endswith("; it is commented out at main.tf:47")
    assert not any("commented out" in each.title for each in others)


def test_a_statement_in_a_comment_of_the_policy_makes_the_fix_one_for_review(folder: Path) -> None:
    text = (folder / "main.tf").read_text()
    own = text[text.index('resource "aws_iam_role_policy" "own"') :]
    first = (
        own[: own.index("Action")] + '# "logs:PutLogEvents" is off, see OPS-8\n        ' + own[own.index("Action") :]
    )
    replaced(folder / "main.tf", own, first)
    found = next(each.fix for each in found_in(folder).fixes.found if "aws_iam_role_policy.own" in each.fix.title)
    line = text[: text.index(own)].count("\n") + first[: first.index("# ")].count("\n") + 1
    assert (found.safety, found.title.partition("; ")[2]) == ("review", f"it is commented out at main.tf:{line}")


def test_the_expression_of_the_sibling_is_used(folder: Path) -> None:
    replaced(
        folder / "main.tf",
        f'role       = aws_iam_role.web.name\n  policy_arn = "arn:aws:iam::aws:policy/service-role/{POLICY}"',
        "role       = aws_iam_role.web.name\n  policy_arn = local.policy",
    )
    with (folder / "main.tf").open("a") as file:
        file.write(f'\nlocals {{\n  policy = "arn:aws:iam::aws:policy/service-role/{POLICY}"\n}}\n')
    (found,) = (each for each in found_in(folder).fixes.found if "aws_iam_role.forgotten" in each.fix.title)
    assert "policy_arn = local.policy" in found.fix.hcl


def test_what_is_attached_again_is_not_lacked_a_second_time(folder: Path) -> None:
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    text = (folder / "main.tf").read_text()
    again = fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    assert (done.changed, again.changed, (folder / "main.tf").read_text() == text) == (1, 0, True)


def test_a_policy_of_the_task_role_is_attached_to_one_instance_of_the_execution_role(tmp_path: Path) -> None:
    found = found_in(copied("policy-of-task-role", tmp_path)).fixes.found
    (fix_of_jobs,) = (each.fix for each in found if each.fix.title.startswith("attach "))
    assert fix_of_jobs.title.startswith('attach aws_iam_policy.secrets to aws_iam_role.execution["jobs"]; ')
    assert 'for key, role in aws_iam_role.execution : key => role if key == "jobs"' in fix_of_jobs.hcl
    assert "  role       = each.value.name\n" in fix_of_jobs.hcl


def test_a_policy_of_a_written_map_is_attached_to_one_instance() -> None:
    found = [each.fix for each in found_in(TESTDATA / "lists-of-environments").fixes.found]
    (attached,) = (each for each in found if each.title.startswith("attach "))
    assert attached.title.startswith('attach aws_iam_policy.shared["license"] to aws_iam_role.desks["kiosk"]; ')
    assert '  policy_arn = aws_iam_policy.shared["license"].arn\n' in attached.hcl
    assert attached.safety == "review"


OWNER = """
resource "aws_iam_policy_attachment" "pull" {
  name       = "pull"
  policy_arn = aws_iam_policy.pull.arn
  roles      = [aws_iam_role.web.name]
}
"""


@pytest.mark.parametrize("repeated", ["", "  count = 1\n"])
def test_a_policy_whose_attachments_have_an_owner_is_attached_by_that(tmp_path: Path, repeated: str) -> None:
    own = copied("attachments-at-their-quota", tmp_path)
    with (own / "main.tf").open("a") as file:
        file.write(OWNER.replace("  name ", f"{repeated}  name "))
    plan = json.loads((own / "plan.json").read_bytes())
    place = "aws_iam_policy_attachment.pull"
    address = {"mode": "managed", "type": "aws_iam_policy_attachment", "name": "pull"}
    index = {"address": f"{place}[0]", "index": 0} if repeated else {"address": place}
    after = {"name": "pull", "roles": ["web"], "users": None, "groups": None}
    change = {"actions": ["create"], "before": None, "after": after, "after_unknown": {"policy_arn": True}}
    plan["resource_changes"].append({**address, **index, "change": change})
    written = {"policy_arn": {"references": ["aws_iam_policy.pull.arn", "aws_iam_policy.pull"]}}
    plan["configuration"]["root_module"]["resources"].append({**address, "address": place, "expressions": written})
    (own / "plan.json").write_text(json.dumps(plan))
    found = [each.fix for each in found_in(own).fixes.found if "desk" in each.fix.title]
    if repeated:
        assert [each.title for each in found] == ["add aws_iam_role_policy.desk_start_up"]
        return
    (made,) = found
    assert made.title.startswith(f"attach aws_iam_policy.pull to aws_iam_role.desk by {place}; ")
    assert "+  roles      = [aws_iam_role.web.name, aws_iam_role.desk.name]\n" in made.diff


def test_each_role_gets_the_policy_of_its_key(tmp_path: Path) -> None:
    folder = copied("policies-of-each-role", tmp_path)
    attached, *trusting = found_in(folder).fixes.found
    assert attached.fix.title.startswith("attach aws_iam_policy.app to aws_iam_role.app; ")
    assert "  for_each = aws_iam_role.app\n" in attached.fix.hcl
    assert "  policy_arn = aws_iam_policy.app[each.key].arn\n" in attached.fix.hcl
    assert all(each.fix.title.startswith("add ecs-tasks.amazonaws.com to local.trust, ") for each in trusting)
    assert {one.text for each in trusting for one in each.insertions} == {', "ecs-tasks.amazonaws.com"'}


def test_policies_that_are_repeated_otherwise_are_not_attached_for_each_role(tmp_path: Path) -> None:
    folder = copied("policies-of-each-role", tmp_path)
    own = 'resource "aws_iam_policy" "app" {\n  for_each = '
    replaced(folder / "main.tf", f"{own}local.services", f'{own}toset(["web", "jobs"])')
    assert not any(each.fix.title.startswith("attach") for each in found_in(folder).fixes.found)
