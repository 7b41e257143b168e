"""What a condition asks a tag of gets it: the role, or the object that is read."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, found_in, replaced
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection

CASE = "tags-demanded"
STARTUP = 'tag {} with `startup = "true"`, which a condition demands'
TITLES = {
    STARTUP.format("aws_s3_object.env"),
    STARTUP.format("aws_secretsmanager_secret.db"),
    STARTUP.format("aws_secretsmanager_secret.mail"),
    STARTUP.format("aws_ssm_parameter.token"),
    'tag aws_iam_role.execution with `team = "payments"`, which a condition demands',
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def test_each_is_tagged_for_review(folder: Path) -> None:
    found = found_in(TESTDATA / CASE).fixes.found
    assert {each.fix.title for each in found} == TITLES
    assert {(each.fix.safety, each.fix.proven) for each in found} == {("review", True)}
    assert all(each.fix.hcl.startswith("tags = {\n") for each in found)


def test_tags_are_written_beside_the_own_ones(folder: Path) -> None:
    fix([str(folder / "plan.json")], str(folder), FixSelection(), into_files=True)
    text = (folder / "main.tf").read_text()
    assert '  tags = {\n    Owner = "ops"\n\n    startup = "true"\n  }\n' in text
    assert '  tags  = merge(local.tags, { startup = "true" })\n' in text
    assert (
        '  assume_role_policy = data.aws_iam_policy_document.ecs.json\n\n  tags = {\n    team = "payments"\n  }\n'
        in text
    )


def test_another_value_is_a_choice(folder: Path) -> None:
    """A secret that says `startup = "false"` is not turned on; what the condition is about is explained."""
    replaced(folder / "main.tf", 'Owner = "ops"', 'startup = "false"')
    plan = (folder / "plan.json").read_text()
    (folder / "plan.json").write_text(plan.replace('"Owner":"ops"', '"startup":"false"'))
    fixes = found_in(folder).fixes
    assert STARTUP.format("aws_secretsmanager_secret.mail") not in {each.fix.title for each in fixes.found}
    words = [remedy.words for _, remedy in fixes.remedies]
    assert any("secretsmanager:ResourceTag/startup is `true`" in each and "has `false`" in each for each in words)


def test_nothing_that_ignores_its_tags_is_tagged(folder: Path) -> None:
    role = '  name               = "tags-execution"\n'
    replaced(folder / "main.tf", role, f"{role}  lifecycle {{\n    ignore_changes = [tags]\n  }}\n")
    assert not any("aws_iam_role.execution" in each.fix.title for each in found_in(folder).fixes.found)


def test_a_tag_for_all_instances_is_said_to_be(tmp_path: Path) -> None:
    found = Case(TESTDATA / "keys-of-other-services").fixed()[1].found
    assert [each.fix.title for each in found if each.insertions] == [
        'tag aws_ecr_repository.app with `team = "shop"`, which a condition demands'
    ]


def test_a_tag_that_must_equal_the_one_of_the_role_has_its_value(tmp_path: Path) -> None:
    (draft,) = (each for each in found_in(copied("tags-as-of-the-role", tmp_path)).fixes.found if each.insertions)
    assert draft.fix.title.startswith('tag aws_secretsmanager_secret.jobs with `Team = "jobs"`, ')


def test_a_sensitive_tag_is_not_written(tmp_path: Path) -> None:
    folder = copied("tags-as-of-the-role", tmp_path)
    plan = json.loads((folder / "plan.json").read_text())
    for change in plan["resource_changes"]:
        if change["type"] == "aws_iam_role":
            change["change"]["after_sensitive"] = {"tags": {"Team": True}, "tags_all": {"Team": True}}
    (folder / "plan.json").write_text(json.dumps(plan))
    assert not [each for each in found_in(folder).fixes.found if each.insertions]


def test_a_role_without_the_tag_of_what_it_reads_is_tagged(tmp_path: Path) -> None:
    folder = copied("tags-as-of-the-role", tmp_path)
    plan = json.loads((folder / "plan.json").read_text())
    for change in plan["resource_changes"]:
        if change["type"] == "aws_iam_role":
            change["change"]["after"] |= {"tags": None, "tags_all": {}}
    (folder / "plan.json").write_text(json.dumps(plan))
    replaced(folder / "main.tf", "  tags = {\n    Team = each.value\n  }\n", "")
    titles = [each.fix.title for each in found_in(folder).fixes.found if each.insertions]
    assert titles == [
        'tag aws_iam_role.exec with `Team = "web"`, which a condition demands; this also tags its 2 other instances'
    ]


def test_a_tag_beside_a_line_that_is_not_shown_is_a_remedy(folder: Path) -> None:
    replaced(folder / "main.tf", "= local.tags\n", "= local.tags # hunter2\n")
    fixes, title = found_in(folder).fixes, STARTUP.format("aws_ssm_parameter.token")
    assert title not in {each.fix.title for each in fixes.found}
    ((words, hcl),) = ((each.words, each.hcl) for _, each in fixes.remedies)
    assert words.startswith(f"{title}: statement `TaggedParameters` of ")
    assert hcl == 'tags = {\n  startup = "true"\n}'


def test_a_condition_on_a_boolean_accepts_the_one_of_the_call(tmp_path: Path) -> None:
    folder = copied("tags-as-of-the-role", tmp_path)
    plan = (folder / "plan.json").read_text().replace("us-east-1", "eu-west-1")
    plan = re.sub(r'(SecureTransport\\": ?\\")true', r"\1false", plan)
    (folder / "plan.json").write_text(re.sub(r'\["true"\]', '["false"]', plan))
    replaced(folder / "main.tf", '["us-east-1"]', '["eu-west-1"]')
    replaced(folder / "main.tf", 'values   = ["true"]', 'values   = ["false"]')
    texts = [each.hcl for _, each in found_in(folder).fixes.remedies]
    assert 'Condition = { Bool = { "aws:SecureTransport" = "true" } }' in texts
