"""What does a user of `tfcheck fix` see?"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from operator import attrgetter
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tests.forked import start
from tfcheck.analysis import fix_session
from tfcheck.cli import main as cli

ROOT = TESTDATA.parent


def run(*arguments: str, cwd: Path, answers: str = "") -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in ("FORCE_COLOR", "TF_WORKSPACE")}
    job = start(arguments, cwd, environment, answers, load="tests.fix.loaded")
    out, err = job.communicate(60)
    return subprocess.CompletedProcess(arguments, job.returncode or 0, out, err)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """Return a git checkout in which the working directory is not a module."""
    subprocess.run(["git", "init", "-q"], cwd=tmp_path, check=True)
    (tmp_path / "stacks").mkdir()
    return tmp_path


def case(checkout: Path, name: str) -> Path:
    return Path(shutil.copytree(TESTDATA / name, checkout / "stacks" / name))


def test_the_diff_is_relative_to_the_repository_and_applies(checkout: Path) -> None:
    folder = case(checkout, "literal-missing")
    done = run("fix", "plan.json", cwd=folder)
    assert (done.returncode, done.stderr) == (0, SUMMARY)
    assert done.stdout.startswith("diff --git a/stacks/literal-missing/main.tf b/stacks/literal-missing/main.tf\n")
    subprocess.run(["git", "apply", "-"], cwd=checkout, input=done.stdout.encode(), check=True)
    assert "acme-config/orders/prod.env" in (folder / "main.tf").read_text().split("aws_ecs_task_definition")[0]


SUMMARY = "stacks/literal-missing/main.tf: add 2 statements to aws_iam_role_policy.execution (safe)\n"


def test_nothing_missing_is_nothing_to_do(checkout: Path) -> None:
    done = run("fix", "plan.json", cwd=case(checkout, "literal-granted"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing to do: nothing is missing\n"


def test_a_plan_without_tasks_is_nothing_to_do(checkout: Path) -> None:
    done = run("fix", "destroy.plan.json", cwd=case(checkout, "literal-granted"))
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == "nothing to do: no ECS task definition in this plan\n"


def test_instances_that_cannot_be_analysed_are_named_once(checkout: Path) -> None:
    shutil.copy(TESTDATA / "thirty-services" / "plan.json", checkout / "stacks")
    done = run("fix", "plan.json", cwd=checkout / "stacks")
    assert done.stderr == (
        "nothing to do: no definite problem, 30 permissions are not decided, "
        "aws_ecs_task_definition.svc[*] (30 instances) could not be analysed\n"
    )


def test_write_changes_the_files_once(checkout: Path) -> None:
    folder = case(checkout, "new-bucket-jsonencode")
    diff = run("fix", "plan.json", cwd=folder).stdout
    before = (folder / "main.tf").read_text()
    done = run("fix", "--write", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "stacks/new-bucket-jsonencode/main.tf: add a statement to aws_iam_role_policy.env_file (safe)\n1 file changed\n"
    )
    assert (folder / "main.tf").read_text() != before
    subprocess.run(["git", "apply", "-R", "-"], cwd=checkout, input=diff.encode(), check=True)
    assert (folder / "main.tf").read_text() == before


@pytest.mark.parametrize(
    ("function", "status", "problem"),
    [
        ("fix_session.write_fixes", 2, "cannot be written: it is a symbolic link"),
        ("fix_session._FixRun._with_absolute_paths", 3, "has changed since it was read"),
    ],
)
def test_a_link_that_replaces_a_file_during_the_run_is_not_followed(
    function: str,
    status: int,
    problem: str,
    checkout: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stack, elsewhere = case(checkout, "literal-missing"), tmp_path_factory.mktemp("out") / "elsewhere.tf"
    shutil.copy(stack / "main.tf", elsewhere)
    module, _, name = function.partition(".")
    original = attrgetter(name)(fix_session)

    def linked_first(*arguments: Any) -> Any:
        (stack / "main.tf").unlink()
        (stack / "main.tf").symlink_to(elsewhere)
        return original(*arguments)

    monkeypatch.setattr(f"tfcheck.analysis.{module}.{name}", linked_first)
    monkeypatch.chdir(stack)
    assert cli.run(["fix", "plan.json", "--write"]) == status
    assert problem in capsys.readouterr().err
    assert elsewhere.read_bytes() == (TESTDATA / "literal-missing" / "main.tf").read_bytes()


def test_a_second_run_says_that_the_plan_is_old(checkout: Path) -> None:
    folder = case(checkout, "literal-missing")
    run("fix", "--write", "plan.json", cwd=folder)
    after = (folder / "main.tf").read_text()
    done = run("fix", "--write", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "run `terraform plan` again" in done.stderr
    assert (folder / "main.tf").read_text() == after


@pytest.mark.parametrize("option", [(), ("--sources", ".")])
def test_a_second_run_knows_the_policy_that_the_first_has_added(checkout: Path, option: tuple[str, ...]) -> None:
    folder = case(checkout, "policy-deleted")
    run("fix", "--write", "plan.json", cwd=folder)
    after = (folder / "main.tf").read_text()
    assert "execution_start_up" in after
    done = run("fix", "--write", *option, "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert done.stderr == (
        "the sources already grant what the plan lacks: run `terraform plan` again\n0 files changed\n"
    )
    assert (folder / "main.tf").read_text() == after


def test_sources_of_another_plan_are_refused(checkout: Path) -> None:
    folder = case(checkout, "policy-deleted")
    (folder / "more.tf").write_text('resource "aws_s3_bucket" "more" {}\n')
    assert run("fix", "--sources", ".", "plan.json", cwd=folder).returncode == 3
    done = run("fix", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "by hand: " in done.stderr
    assert "are not used" in done.stderr


def test_several_roles_of_one_file_are_one_diff(checkout: Path) -> None:
    done = run("fix", "plan.json", cwd=case(checkout, "grant-on-wrong-arn"))
    assert done.stdout.count("diff --git") == 1
    assert done.stdout.count('+resource "aws_iam_role_policy"') == 1
    assert '+      read   = "${aws_s3_bucket.config.arn}/*"' in done.stdout
    command = ["git", "apply", "--unidiff-zero", "--check", "-"]
    subprocess.run(command, cwd=checkout, input=done.stdout.encode(), check=True)


def test_only_picks_by_role_task_definition_or_rule(checkout: Path) -> None:
    folder = case(checkout, "grant-on-wrong-arn")
    role = run("fix", "--only", 'aws_iam_role.execution["api"]', "plan.json", cwd=folder)
    assert "api.env" in role.stdout
    assert "read   =" not in role.stdout
    assert "api.env" in run("fix", "--only", "env-file", "plan.json", cwd=folder).stdout
    other = run("fix", "--only", "secret", "plan.json", cwd=folder)
    assert (other.returncode, other.stdout) == (0, "")
    assert other.stderr == "nothing to do: no finding is about `secret`\n"
    part = run("fix", "--only", '"api"', "plan.json", cwd=folder)
    assert 'no finding is about `"api"`; did you mean `aws_ecs_task_definition' in part.stderr
    near = run("fix", "--only", "env-fille", "plan.json", cwd=folder)
    assert near.stderr == "nothing to do: no finding is about `env-fille`; did you mean `env-file`?\n"


def test_safe_only_leaves_out_what_wants_a_review(checkout: Path) -> None:
    folder = case(checkout, "boundary-from-same-plan")
    assert "common/app.env" in run("fix", "plan.json", cwd=folder).stdout
    done = run("fix", "--safe-only", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "left out, because it needs a review" in done.stderr


def test_grant_prefix_grants_the_directory_that_files_share(checkout: Path) -> None:
    folder = case(checkout, "policy-deleted")
    task = {"name": "web", "environmentFiles": [file("web/a.env"), file("web/b.env"), file("other/c.env")]}
    plan = json.loads((folder / "plan.json").read_text())
    for each in plan["resource_changes"]:
        if each["type"] == "aws_ecs_task_definition":
            each["change"]["after"]["container_definitions"] = json.dumps([task])
    (folder / "plan.json").write_text(json.dumps(plan))
    exact = run("fix", "plan.json", cwd=folder).stdout
    assert '"arn:aws:s3:::acme-config/web/b.env",' in exact
    prefix = run("fix", "--grant-prefix", "plan.json", cwd=folder).stdout
    assert '"arn:aws:s3:::acme-config/web/*",' in prefix
    assert '"arn:aws:s3:::acme-config/other/c.env",' in prefix
    assert "web/a.env" not in prefix


def file(key: str) -> dict[str, str]:
    return {"type": "s3", "value": f"arn:aws:s3:::acme-config/{key}"}


def test_without_sources_there_is_text_and_no_diff(tmp_path: Path) -> None:
    shutil.copy(TESTDATA / "literal-missing" / "applied.plan.json", tmp_path / "plan.json")
    done = run("fix", "plan.json", cwd=tmp_path)
    assert (done.returncode, done.stdout) == (0, "")
    assert "by hand: add an inline policy to aws_iam_role.execution" in done.stderr
    assert "role = aws_iam_role.execution.id" in done.stderr
    assert '"arn:aws:s3:::acme-config/orders/prod.env"' in done.stderr


def test_the_report_carries_the_fix(checkout: Path) -> None:
    folder = case(checkout, "new-bucket-policy-document")
    report = json.loads(run("--format", "json", "plan.json", cwd=folder).stdout)
    (fix,) = report["fixes"]
    assert {each["fix"] for each in report["findings"]} == {"f1"}
    assert fix | {"diff": "", "hcl": ""} == {
        "id": "f1",
        "title": "add a statement to data.aws_iam_policy_document.execution",
        "safety": "safe",
        "proven": True,
        "hcl": "",
        "diff": "",
    }
    assert fix["diff"] == run("fix", "plan.json", cwd=folder).stdout


def test_a_terminal_gets_colours_and_git_does_not(checkout: Path) -> None:
    folder = case(checkout, "literal-missing")
    assert "\x1b[" in run("fix", "--color", "always", "plan.json", cwd=folder).stdout
    assert "\x1b[" not in run("fix", "plan.json", cwd=folder).stdout


def test_a_plan_without_findings_does_not_wait_for_the_fixes() -> None:
    code = "import sys; from tfcheck.__main__ import main\nmain(); print(*sys.modules, file=sys.stderr)"
    plan = TESTDATA / "literal-granted" / "applied.plan.json"
    done = subprocess.run(
        [sys.executable, "-c", code, str(plan)], cwd=ROOT / "src", capture_output=True, encoding="utf-8"
    )
    assert "tfcheck.analysis.check" in done.stderr
    assert "tfcheck.fix." not in done.stderr


@pytest.mark.parametrize(
    ("answers", "written"), [("y\nn\n", 1), ("?\na\n", 3), ("abort\nq\n", 0), ("n\ny\n", 1), ("q\n", 0), ("", 0)]
)
def test_each_change_is_asked_about(checkout: Path, answers: str, written: int) -> None:
    folder = case(checkout, "keys-and-gates")
    done = run("fix", "--interactive", "plan.json", cwd=folder, answers=answers)
    assert done.returncode == 0
    assert done.stdout.startswith("diff --git a/stacks/keys-and-gates/main.tf")
    assert (folder / "main.tf").read_text().count('"aws_iam_role_policy"') == written
    assert "Write this hunk [y,n,a,q,?]?" in done.stderr


def test_answers_and_a_plan_cannot_both_come_from_standard_input(checkout: Path) -> None:
    assert run("fix", "--interactive", "-", cwd=case(checkout, "literal-missing")).returncode == 2


def test_a_copy_elsewhere_is_not_patched_after_the_first_write(checkout: Path) -> None:
    folder = case(checkout, "policy-deleted")
    copy = Path(shutil.copytree(folder, checkout / "old" / "policy-deleted", ignore=shutil.ignore_patterns("*.json")))
    for cwd in (folder, checkout):
        run("fix", "--write", str(folder / "plan.json"), cwd=cwd)
    assert (copy / "main.tf").read_text() == (TESTDATA / "policy-deleted" / "main.tf").read_text()
    assert (folder / "main.tf").read_text().count('"aws_iam_role_policy"') == 1


def test_sources_with_other_values_than_the_plan_are_not_edited(checkout: Path) -> None:
    folder = case(checkout, "literal-missing")
    text = (folder / "main.tf").read_text()
    (folder / "main.tf").write_text(text.replace('["logs:CreateLogStream", "logs:PutLogEvents"]', '["logs:*"]'))
    done = run("fix", "--write", "plan.json", cwd=folder)
    assert "0 files changed" in done.stderr
    assert "run `terraform plan` again: the sources of aws_iam_role_policy.execution differ" in done.stderr


def test_a_second_call_names_the_call_of_a_module_that_differs(checkout: Path) -> None:
    folder = case(checkout, "inputs-of-modules")
    run("fix", "--write", "plan.json", cwd=folder)
    said = [
        line
        for line in run("fix", "--write", "plan.json", cwd=folder).stderr.splitlines()
        if "error[" in line or "to do" in line
    ]
    for finding, words in itertools.pairwise(said):
        if "error[" in finding:
            role = finding.split("execution role ")[1].split(" is not")[0]
            assert f"the sources of {role} differ" in words


def test_a_role_with_another_name_than_in_the_plan_gets_no_policy(checkout: Path) -> None:
    folder = case(checkout, "policy-deleted")
    (folder / "main.tf").write_text((folder / "main.tf").read_text().replace('"deleted-execution"', '"renamed"'))
    done = run("fix", "plan.json", cwd=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "differ from what the plan shows" in done.stderr
