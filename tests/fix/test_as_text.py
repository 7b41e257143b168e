"""Does HCL that is only shown fit the module instance for which it is shown?"""

from __future__ import annotations

import json
from pathlib import Path

from tests.cases import TESTDATA, Case
from tests.fix.found import copied, found_in, replaced
from tfcheck.analysis.check import check
from tfcheck.analysis.options import RunOptions


def _texts(folder: Path) -> dict[str, str]:
    return {each.fix.title: each.fix.hcl for each in found_in(folder).fixes.found if not each.fix.diff}


def test_calls_that_lack_different_things_have_a_text_each(tmp_path: Path) -> None:
    """It names what its own call passes, and nothing of another call."""
    folder = copied("calls-that-lack-others", tmp_path)
    name = '  name = "${var.name}-execution"\n'
    replaced(folder / "service" / "main.tf", name, f"{name}  lifecycle {{\n    enabled = true\n  }}\n")
    texts = _texts(folder)
    assert list(texts) == [
        f'add an inline policy to aws_iam_role.execution in module.service["{each}"]' for each in ("api", "worker")
    ]
    api, worker = texts.values()
    assert "var.parameters.TOKEN" in api
    assert "var.parameters.TOKEN" not in worker
    assert all("= var.env_file\n" in each and "app.env" not in each for each in (api, worker))


def test_calls_that_lack_the_same_in_the_words_of_their_module_share_a_text(tmp_path: Path) -> None:
    folder = copied("secret-made-or-given", tmp_path)
    role = 'resource "aws_iam_role" "execution" {\n'
    replaced(folder / "job" / "main.tf", role, f"{role}  lifecycle {{\n    enabled = true\n  }}\n")
    texts = _texts(folder)
    shared = texts["add an inline policy to aws_iam_role.execution in module.given and 1 more"]
    assert "= local.key_arn\n" in shared
    assert not any("made" in each for each in texts.values())


def test_a_role_with_a_list_of_inline_policies_gets_a_managed_one() -> None:
    """Its next update would remove the inline policy that its module builds from the input `statements`."""
    by_title = {each.fix.title: each.fix for each in found_in(TESTDATA / "arguments-left-null").fixes.found}
    start = "pass what module.jobs.aws_iam_role.execution lacks by `statements`"
    passed = next(fix for title, fix in by_title.items() if title.startswith(start))
    assert '+      resources = ["arn:aws:s3:::acme-null-jobs/prod.env"]\n' in passed.diff
    assert "acme-null-mails" not in passed.diff
    assert passed.safety == "review"
    text = by_title["add a managed policy to aws_iam_role.execution in module.mails"]
    assert 'resource "aws_iam_role_policy_attachment" "execution_start_up" {\n' in text.hcl


def test_a_policy_goes_with_the_gate_or_the_key_of_its_role() -> None:
    plan = Case(TESTDATA / "keys-and-gates").plan("applied.plan.json")
    hcl = "\n".join(each.fix.hcl for each in check(plan, None, RunOptions(fixes=True)).findings if each.fix)
    assert "count = length(aws_iam_role.execution)\n" in hcl
    assert "role = aws_iam_role.execution[count.index].id\n" in hcl
    assert 'for_each = { for key, role in aws_iam_role.service : key => role if key == "api" }\n' in hcl


def test_what_no_policy_has_room_for_is_a_managed_policy_to_divide(tmp_path: Path) -> None:
    folder = copied("granted-to-task-role", tmp_path)
    arns = [f"arn:aws:secretsmanager:eu-west-1:123456789012:secret:billing/credentials/{n}-AbCdEf" for n in range(150)]
    secrets = [{"name": f"S{n}", "valueFrom": each} for n, each in enumerate(arns)]
    replaced(folder / "main.tf", "environmentFiles = [{", f"secrets = {json.dumps(secrets)}, environmentFiles = [{{")
    plan = json.loads((folder / "plan.json").read_text())
    (task,) = (each for each in plan["resource_changes"] if each["type"] == "aws_ecs_task_definition")
    after = task["change"]["after"]
    after["container_definitions"] = json.dumps([json.loads(after["container_definitions"])[0] | {"secrets": secrets}])
    (folder / "plan.json").write_text(json.dumps(plan))
    (title,) = (title for title, hcl in _texts(folder).items() if arns[0] in hcl)
    assert title == (
        "add a managed policy to aws_iam_role.execution; it is longer than IAM accepts: use patterns for ARNs, or "
        "several policies"
    )
