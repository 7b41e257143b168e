"""What people do with Atlantis, from the first push to the last, and what then is on the pull request."""

from __future__ import annotations

import base64
import json
import os
import re
import shutil
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.atlantis.server import CANARY, TESTDATA, Atlantis, Project, in_dash, in_process
from tests.pull_request.fake import SHA, TOKEN, FakeGitHub, first, says, serving
from tests.pull_request.fake_bitbucket import FakeCloud, FakeDataCenter
from tests.pull_request.fake_gitea import FakeGitea
from tests.pull_request.fake_gitlab import PROJECT, FakeGitLab
from tests.pull_request.job import Clock
from tfcheck.pull_request.earlier import without_run
from tfcheck.report.markdown.marker import parse_marker

pytestmark = pytest.mark.usefixtures("checked_once")
NEWER = "a" * 40
BAD = Project("infra/orders", case="literal-missing")
GOOD = Project("infra/web", case="literal-granted")


def body(github: FakeGitHub) -> str:
    """Return the one comment."""
    [found] = github.by()
    return str(found["body"])


def title(github: FakeGitHub) -> str:
    return body(github).split("\n")[1]


def test_two_projects_become_one_comment(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        assert atlantis.plan(project).status == 0
    done = atlantis.hook()
    assert done.status == 0
    assert done.lines == [
        "1 error, 1 warning in 2 projects",
        f"comment created: https://github.com/acme/shop/pull/42#issuecomment-{github.by()[0]['id']}",
    ]
    assert atlantis.description() == "1 error, 1 warning in 2 projects"
    assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `infra/orders` (1 of 2 targets)"
    assert "id `atlantis`" in body(github)
    assert "/actions/runs/" not in body(github)


def test_the_first_line_contains_no_name_of_a_command_that_atlantis_hides_comments_by(
    atlantis: Atlantis, github: FakeGitHub
) -> None:
    atlantis.plan(Project("plan/apply", name="import-state"))
    atlantis.hook()
    first = body(github).split("\n")[0].lower()
    assert parse_marker(first) is not None
    names = ("plan", "apply", "policy_check", "approve_policies", "unlock", "version", "import", "state", "cancel")
    assert not [name for name in names if name in first]


def test_a_second_plan_of_the_same_commit_writes_nothing_but_its_run(atlantis: Atlantis, github: FakeGitHub) -> None:
    texts = []
    for _ in range(2):
        atlantis.delete_plans()
        atlantis.plan(BAD)
        atlantis.hook()
        texts.append(body(github).split("\n", 1)[1])
    assert texts[0] == texts[1]


def test_planning_one_project_again_keeps_the_others(atlantis: Atlantis, github: FakeGitHub) -> None:
    orders = Project("infra/orders", "dev", "orders-dev")
    for project in (orders, Project("infra/orders", "prod", "orders-prod")):
        atlantis.plan(project)
    atlantis.hook()
    assert "in `orders-dev`, `orders-prod`" in title(github)
    orders.case = "literal-granted"
    atlantis.plan(orders)
    atlantis.hook(only="orders-dev")
    assert len(atlantis.kept()) == 2
    assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `orders-prod` (1 of 2 targets)"
    assert atlantis.description() == "1 error, 1 warning in 2 projects"


def test_a_new_commit_fixes_it(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(BAD)
    atlantis.hook()
    atlantis.push(NEWER, github)
    atlantis.plan(Project("infra/orders", case="literal-granted"))
    assert atlantis.hook().lines[0] == "nothing is missing in 1 project"
    assert title(github).startswith("### ✅ tfcheck: resolved")
    assert [path.parent.name for path in atlantis.kept()] == [NEWER]


def test_a_clean_plan_gets_no_comment(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(GOOD)
    assert atlantis.hook().lines == ["nothing is missing in 1 project", "no comment: there is nothing to report"]
    assert github.comments == {}


def test_a_failed_plan_is_reported_beside_the_others(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(GOOD)  # the other project failed before the step
    atlantis.hook(failed=True)
    assert title(github) == "### ❔ tfcheck: 1 result missing"


def test_an_earlier_result_stays_where_the_next_plan_fails(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.delete_plans()
    atlantis.plan(GOOD)
    atlantis.hook(failed=True)
    assert (
        title(github)
        == "### ❌ tfcheck: 1 task definition will not start in `infra/orders` (1 of 2 targets), 1 result missing"
    )
    assert "**1 result missing**" in body(github)


def test_a_plan_that_only_failed_is_silent(atlantis: Atlantis, github: FakeGitHub) -> None:
    assert atlantis.hook(failed=True).output == ""
    assert github.requests == []


def test_zero_projects_are_silent(atlantis: Atlantis, github: FakeGitHub) -> None:
    done = atlantis.hook()
    assert (done.output, done.status) == ("", 0)
    assert github.requests == []
    assert atlantis.description() == ""
    assert not atlantis.store.exists()


def test_a_commit_without_projects_removes_what_was_reported_of_an_earlier_one(
    atlantis: Atlantis, github: FakeGitHub
) -> None:
    atlantis.plan(BAD)
    atlantis.hook()
    atlantis.push(NEWER, github)
    done = atlantis.hook()
    assert done.lines[:2] == ["no result for 1 project", "no result for this commit: infra/orders"]
    assert done.lines[2].startswith("comment updated")
    assert title(github) == "### ❔ tfcheck: no result for `infra/orders`"
    assert atlantis.description() == "no result for 1 project"
    # A hook without results is a run of its own, by the second.
    assert atlantis.hook().lines[2].startswith(("comment unchanged", "comment updated"))
    atlantis.plan(Project("infra/orders", case="literal-granted"))
    atlantis.hook()
    assert title(github).startswith("### ✅ tfcheck: resolved")


def test_a_commit_without_projects_makes_no_comment(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(GOOD)
    atlantis.hook()
    atlantis.push(NEWER, github)
    assert atlantis.hook().lines[-1] == "no comment: there is nothing to report"
    assert github.comments == {}


def test_a_plan_that_fails_at_a_later_commit_is_not_resolved(atlantis: Atlantis, github: FakeGitHub) -> None:
    """Autoplan does not set COMMAND_HAS_ERRORS, so the hook learns of no failure."""
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    for commit in (NEWER, "b" * 40):
        atlantis.push(commit, github)
        atlantis.clone().joinpath(BAD.directory).mkdir(parents=True)
        atlantis.plan(GOOD)
        assert atlantis.hook().lines[0] == "nothing is missing in 1 project, no result for 1 project"
        assert title(github) == "### ❔ tfcheck: no result for `infra/orders`"
        assert "**No result for this commit**: `infra/orders`." in body(github)
        assert atlantis.description() == "nothing is missing in 1 project, no result for 1 project"
    atlantis.push("c" * 40, github)
    for project in (Project("infra/orders", case="literal-granted"), GOOD):
        atlantis.plan(project)
    atlantis.hook()
    assert title(github) == "### ✅ tfcheck: resolved, both task definitions can start in `infra/orders`, `infra/web`"
    assert {path.parent.name for path in atlantis.kept()} == {"c" * 40}


def test_the_comment_remembers_what_the_server_has_lost(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.push(NEWER, github)
    shutil.rmtree(atlantis.store)
    atlantis.plan(GOOD)
    atlantis.hook()
    assert "**No result for this commit**: `infra/orders`." in body(github)
    assert atlantis.description() == "nothing is missing in 1 project, no result for 1 project"


def test_a_project_whose_directory_is_gone_is_not_missed(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.push(NEWER, github)
    atlantis.plan(GOOD)
    atlantis.hook()
    assert title(github) == "### ✅ tfcheck: resolved, the task definition can start in `infra/web`"


def test_an_announced_project_whose_first_plan_fails_is_missed(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.check_out(project)
        done = atlantis.step("tfcheck atlantis announce", project)
        assert (done.output, done.status) == ("", 0)
    atlantis.hook()
    assert github.comments == {}
    assert atlantis.description() == "no result for 2 projects"
    atlantis.plan(GOOD)
    atlantis.hook()
    assert title(github) == "### ❔ tfcheck: no result for `infra/orders`"
    assert "**No result for this commit**: `infra/orders`." in body(github)
    atlantis.plan(Project("infra/orders", case="literal-granted"))
    atlantis.hook()
    assert title(github).startswith("### ✅ tfcheck: resolved")
    atlantis.step("tfcheck atlantis announce", BAD)  # planned again at the same commit, and failed
    atlantis.hook()
    assert title(github) == "### ❔ tfcheck: last plan of `infra/orders` failed"
    assert "**The last plan failed**: `infra/orders`. What is shown below is the result of an earlier" in body(github)


def test_announcing_fails_nothing(atlantis: Atlantis, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError(CANARY)

    atlantis.check_out(BAD)
    atlantis.settings["PULL_NUM"] = ""
    assert "PULL_NUM not set" in atlantis.step("tfcheck atlantis announce", BAD).output
    monkeypatch.setattr("tfcheck.atlantis.step.ResultStore", broken)
    del atlantis.settings["PULL_NUM"]
    done = atlantis.step("tfcheck atlantis announce", BAD)
    assert done.status == 0
    assert "this is a bug in tfcheck" in done.output
    assert atlantis.step("tfcheck atlantis announce --debug", BAD).status == 70


def test_plans_that_are_thrown_away_resolve_nothing(atlantis: Atlantis, github: FakeGitHub) -> None:
    """What was found in a plan of this commit stays true, whether Atlantis has the plan or not."""
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.delete_plans()
    atlantis.plan(GOOD)
    assert atlantis.hook().lines[0] == "1 error, 1 warning in 2 projects"
    assert title(github).startswith("### ❌")


def test_plans_that_atlantis_keeps_elsewhere_do_not_count_as_thrown_away(
    atlantis: Atlantis, github: FakeGitHub
) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.delete_plans()
    assert atlantis.hook().lines[0] == "1 error, 1 warning in 2 projects"


def test_a_result_that_cannot_be_read_is_missing(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.kept()[0].write_text("{}", encoding="utf-8")
    done = atlantis.hook()
    assert done.lines[0] == "nothing is missing in 1 project, no result for 1 project"
    assert done.lines[1].startswith("warning: `infra-orders-")
    assert title(github) == "### ❔ tfcheck: 1 result missing"


def test_an_apply_removes_nothing(atlantis: Atlantis, github: FakeGitHub) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.delete_plans()
    atlantis.settings["COMMAND_NAME"] = "apply"
    assert atlantis.hook().output == ""
    del atlantis.settings["COMMAND_NAME"]
    atlantis.plan(GOOD)
    atlantis.hook(only="web")
    assert "1 task definition will not start" in title(github)


@pytest.mark.parametrize("first_case", ["literal-granted", "literal-missing"])
def test_a_result_that_is_stored_while_the_hook_writes_is_published_too(
    atlantis: Atlantis, github: FakeGitHub, first_case: str
) -> None:
    """Atlantis runs no second hook while the first one runs."""
    other = Project("infra/orders", case={"literal-granted": "literal-missing"}.get(first_case, "literal-granted"))
    atlantis.plan(other)
    [file] = atlantis.kept()
    later = file.read_bytes()
    atlantis.plan(Project("infra/orders", case=first_case))
    github.fault(
        "POST" if first_case == "literal-missing" else "GET",
        "/issues/42/comments",
        first(lambda: file.write_bytes(later)),
    )
    done = atlantis.hook()
    if other.case == "literal-missing":
        assert done.lines[0] == "1 error, 1 warning in 1 project"
        assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    else:
        assert done.lines[0] == "nothing is missing in 1 project"
        assert title(github) == "### ✅ tfcheck: resolved, the task definition can start in `infra/orders`"
    assert atlantis.description() == done.lines[0]


def test_a_late_hook_of_an_old_commit_changes_nothing(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(GOOD)
    old = atlantis.commit
    for file in atlantis.kept():
        os.utime(file, (file.stat().st_mtime - 60,) * 2)
    atlantis.push(NEWER, github)
    atlantis.plan(BAD)
    atlantis.commit = old
    done = atlantis.hook("tfcheck atlantis publish --when always")
    assert done.lines[1:] == ["no comment: pull request #42 has another newest commit than the one that was checked"]
    assert github.writes() == []
    atlantis.commit = NEWER
    assert atlantis.hook().lines[0] == "1 error, 1 warning in 1 project"
    assert {path.parent.name for path in atlantis.kept()} == {old, NEWER}


@pytest.mark.parametrize("command", ["plan --fail-on error", "policy-check"])
def test_a_file_that_was_there_before_the_plan_is_not_its_json(atlantis: Atlantis, command: str) -> None:
    """It is left from an earlier plan, or somebody has committed it to pass for one."""
    atlantis.check_out(GOOD)
    variables, _ = atlantis.of_step(GOOD)
    planned = os.stat(variables["PLANFILE"]).st_mtime
    os.utime(variables["SHOWFILE"], (planned - 1, planned - 1))
    done = atlantis.step(f"tfcheck atlantis {command}", GOOD)
    assert "nothing was checked: there is no JSON plan, SHOWFILE is older than PLANFILE" in done.lines[0]
    assert done.status == 1 or done.lines[0].startswith("FAIL")


def test_remote_operations_leave_no_plan_as_json(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(GOOD)
    atlantis.check_out(BAD, show=False)
    done = atlantis.step("tfcheck atlantis plan", BAD)
    assert done.status == 0
    assert done.lines == [
        "! tfcheck: nothing was checked: there is no JSON plan, SHOWFILE leads to no file",
        "hint: the step show must come after plan; for remote operations (HCP Terraform) Atlantis writes none",
    ]
    assert atlantis.hook().lines[0] == "1 not checked in 2 projects"
    assert github.comments == {}
    atlantis.hook("tfcheck atlantis publish --when always")
    assert title(github).startswith("### ❔")
    assert "SHOWFILE leads to no file" in body(github)


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"format_version": "9.0"}', b"\xff\xfe\x00"])
def test_a_plan_that_cannot_be_read_fails_nothing(atlantis: Atlantis, content: bytes) -> None:
    atlantis.check_out(BAD)
    (atlantis.of_step(BAD)[1] / "default.json").write_bytes(content)
    done = atlantis.step("tfcheck atlantis plan", BAD)
    assert done.status == 0
    assert done.lines[0].startswith("! tfcheck: nothing was checked: ")
    assert len(done.lines) <= 2


def test_a_bug_of_ours_fails_nothing(atlantis: Atlantis, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError(CANARY)

    monkeypatch.setattr("tfcheck.atlantis.step.Session", broken)
    debugged = atlantis.plan(BAD, "tfcheck atlantis plan --debug")
    assert debugged.status == 70
    assert "in check_plan" in debugged.output
    done = atlantis.plan(BAD)
    assert done.status == 0
    assert "this is a bug in tfcheck" in done.lines[0]
    assert "RuntimeError" in done.lines[0]
    assert atlantis.hook().lines[0] == "1 not checked in 1 project"
    assert (
        atlantis.step("tfcheck atlantis policy-check", BAD).lines[0].startswith("FAIL - tfcheck - nothing was checked")
    )
    stopped = atlantis.step("tfcheck atlantis plan --strict", BAD)
    assert stopped.status == 1
    assert stopped.lines[-1] == "tfcheck stops this plan: what was not checked does not pass --strict"


@pytest.mark.parametrize("broken", ["tfcheck.atlantis.step.json", "tfcheck.atlantis.step.fence"])
def test_a_bug_in_writing_fails_nothing_either(
    atlantis: Atlantis, monkeypatch: pytest.MonkeyPatch, broken: str
) -> None:
    def fails(*_: object, **__: object) -> str:
        raise ValueError(CANARY)

    monkeypatch.setattr(broken, fails)
    done = atlantis.plan(BAD)
    assert done.status == 0
    assert "this is a bug in tfcheck" in done.output


def test_a_gate_stops_the_plan_and_says_what_to_do(atlantis: Atlantis, github: FakeGitHub) -> None:
    done = atlantis.plan(BAD, "tfcheck atlantis plan --fail-on error")
    assert done.status == 1
    assert done.lines[-1].startswith("tfcheck stops this plan (--fail-on error): fix it and push")
    atlantis.hook(failed=True)
    assert title(github) == "### ❌ tfcheck: 1 task definition will not start in `infra/orders`"
    assert atlantis.plan(GOOD, "tfcheck atlantis plan --fail-on error").status == 0
    update = Project("infra/update", case="regression-on-update")
    assert atlantis.plan(update, "tfcheck atlantis plan --fail-on error --new-only").status == 1


def test_what_cannot_be_checked_does_not_pass_a_gate(atlantis: Atlantis) -> None:
    atlantis.check_out(BAD, show=False)
    done = atlantis.step("tfcheck atlantis plan --fail-on warning", BAD)
    assert done.status == 1
    assert done.lines[-1] == "tfcheck stops this plan: what was not checked does not pass --fail-on warning"


ODD = [
    Project("infra/orders", "dev", "team/orders/dev"),
    Project("infra/orders", "prod", "team/orders/prod"),
    Project("infra/orders", "dev", "team-orders-dev"),
    Project("infra/orders", "dev"),
    Project(".", "default"),
    Project("a b/$(touch hacked)", "default", "../../../etc/passwd"),
    Project("infra/`id`", "default", "@everyone `#1` <!-- tfcheck:v1 -->"),
    Project("infra/ü", "default", "-rf"),
]


def test_every_project_has_a_result_of_its_own_under_any_name(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.branch = "$(touch hacked);`id`'\"&|"
    for project in ODD:
        assert atlantis.plan(project).status == 0
    assert len(atlantis.kept()) == len(ODD)
    assert all(path.is_relative_to(atlantis.store / "acme" / "shop" / "42" / SHA) for path in atlantis.kept())
    done = atlantis.hook()
    assert done.lines[0] == f"1 error, 1 warning in {len(ODD)} projects"
    assert len(body(github).encode()) <= 60_000
    lines = body(github).rstrip("\n").split("\n")
    assert [line for line in lines if line.startswith("<!--")] == [lines[0], lines[-1]]
    assert "@everyone" not in re.sub("`+[^`]*`+|<code>[^<]*</code>", "", body(github))
    assert not [*atlantis.folder.rglob("hacked")]


def test_no_value_of_a_plan_gets_out(atlantis: Atlantis, github: FakeGitHub) -> None:
    """What leaks is found when the server is taken down: see `assert_nothing_leaked`."""
    atlantis.check_out(BAD)
    file = atlantis.of_step(BAD)[1] / "default.json"
    plan = json.loads(file.read_bytes())
    for resource in plan["resource_changes"]:
        if resource["type"] == "aws_ecs_task_definition":
            after = resource["change"]["after"]
            containers = json.loads(after["container_definitions"])
            secret = {"environment": [{"name": "PASSWORD", "value": CANARY}], "command": [CANARY]}
            after["container_definitions"] = json.dumps([each | secret for each in containers])
    file.write_text(json.dumps(plan), encoding="utf-8")
    for command in ("plan", "plan --fail-on error --strict", "policy-check --strict"):
        assert "s3:GetObject" in atlantis.step(f"tfcheck atlantis {command}", BAD).output
    assert atlantis.hook().lines[0] == "1 error, 1 warning in 1 project"
    atlantis.hook("tfcheck atlantis publish --dry-run")
    assert "s3:GetObject" in body(github)


def test_files_are_private_and_none_is_in_the_clones(atlantis: Atlantis) -> None:
    before = os.umask(0)
    try:
        atlantis.plan(BAD)
    finally:
        os.umask(before)
    assert {stat.S_IMODE(path.stat().st_mode) for path in atlantis.kept()} == {0o600}
    folders = [atlantis.store, *(path for path in atlantis.store.rglob("*") if path.is_dir())]
    assert {stat.S_IMODE(path.stat().st_mode) for path in folders} == {0o700}
    assert {path.name for path in (atlantis.data / "repos" / "acme" / "shop" / "42").iterdir()} == {"default"}
    assert not list(atlantis.store.rglob(".*"))


def test_what_is_kept_is_a_report(atlantis: Atlantis) -> None:
    atlantis.plan(Project("infra/orders", "prod"))
    [kept] = atlantis.kept()
    context = json.loads(kept.read_bytes())["context"]
    assert context == {
        "directory": "infra/orders",
        "target": "infra/orders:prod",
        "repository": "acme/shop",
        "pull_request": 42,
        "head_sha": SHA,
    }


def test_no_token_leaves_the_reports_in_the_log(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.settings["ATLANTIS_GH_TOKEN"] = ""
    atlantis.plan(BAD)
    done = atlantis.hook()
    assert done.status == 0
    assert done.lines[1] == "no comment: none of TFCHECK_GITHUB_TOKEN, GITHUB_TOKEN, ATLANTIS_GH_TOKEN is set"
    assert "error[env-file]: execution role cannot read" in done.output
    assert atlantis.description() == "1 error, 1 warning in 1 project"
    assert github.requests == []


def test_a_dry_run_asks_nobody(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(BAD)
    done = atlantis.hook("tfcheck atlantis publish --dry-run")
    assert "error[env-file]" in done.output
    assert github.requests == []


def test_a_refusal_leaves_the_status_green(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(BAD)
    github.fault("POST", "/comments$", says(403, "Resource not accessible by integration"))
    done = atlantis.hook()
    assert done.status == 0
    assert done.lines[1].startswith("no comment: the token is not allowed to write to pull requests (403")
    assert done.lines[1].endswith("; the token needs `pull requests: write`")
    assert "error[env-file]" in done.output


@pytest.mark.parametrize(
    "url",
    [
        "https://bitbucket.org/another/shop/pull-requests/42",
        "https://dev.azure.com/acme/_git/shop/pullrequest/42",
        "https://gitea.example/another/shop/pulls/42",
        "",
    ],
)
def test_other_hosts_are_refused_clearly(atlantis: Atlantis, github: FakeGitHub, url: str) -> None:
    atlantis.url = url
    atlantis.plan(BAD)
    done = atlantis.hook()
    assert done.status == 0
    assert done.lines[1] == "no comment: PULL_URL is not that of a GitHub, GitLab, Gitea, Forgejo or Bitbucket"
    assert "error[env-file]" in done.output
    assert github.requests == []


@pytest.mark.parametrize(
    ("url", "names"),
    [
        (
            "https://gitlab.com/acme/shop/-/merge_requests/42",
            "TFCHECK_GITLAB_TOKEN, GITLAB_TOKEN, ATLANTIS_GITLAB_TOKEN",
        ),
        ("https://gitea.example/acme/shop/pulls/42", "TFCHECK_GITEA_TOKEN, GITEA_TOKEN, ATLANTIS_GITEA_TOKEN"),
        (
            "https://bitbucket.org/acme/shop/pull-requests/42",
            "TFCHECK_BITBUCKET_TOKEN, BITBUCKET_TOKEN, ATLANTIS_BITBUCKET_TOKEN",
        ),
    ],
)
def test_a_token_of_github_goes_to_no_other_host(atlantis: Atlantis, github: FakeGitHub, url: str, names: str) -> None:
    atlantis.url = url
    atlantis.plan(BAD)
    done = atlantis.hook()
    assert done.lines[1] == f"no comment: none of {names} is set"
    assert "error[env-file]" in done.output
    assert github.requests == []


@pytest.mark.parametrize(
    ("path", "setting"),
    [
        ("acme/shop/pull/42", "ATLANTIS_GH_HOSTNAME"),
        ("acme/shop/-/merge_requests/42", "ATLANTIS_GITLAB_HOSTNAME"),
        ("acme/shop/pulls/42", "ATLANTIS_GITEA_BASE_URL"),
        ("projects/SHOP/repos/shop/pull-requests/42", "ATLANTIS_BITBUCKET_BASE_URL"),
    ],
)
def test_an_address_that_only_a_webhook_names_gets_no_token(tmp_path: Path, path: str, setting: str) -> None:
    """Whoever can send a webhook chooses PULL_URL."""
    atlantis = Atlantis(tmp_path, {}, in_process, url=f"https://evil.example/{path}")
    atlantis.settings |= {f"TFCHECK_{host}_TOKEN": TOKEN for host in ("GITHUB", "GITLAB", "GITEA", "BITBUCKET")}
    atlantis.plan(BAD)
    done = atlantis.hook()
    assert done.status == 0
    assert done.lines[1].startswith(f"no comment: PULL_URL is on a host that {setting} does not name; set {setting}")
    assert "error[env-file]" in done.output


def test_a_merge_request_of_gitlab_gets_the_note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    gitlab = FakeGitLab()
    with serving(gitlab, "/api/v4") as where:
        server = where["GITHUB_API_URL"].removesuffix("/api/v4")
        atlantis = Atlantis(tmp_path, {}, in_process, url=f"{server}/{PROJECT}/-/merge_requests/42")
        owner, _, name = PROJECT.rpartition("/")
        atlantis.settings |= {"BASE_REPO_OWNER": owner, "BASE_REPO_NAME": name, "ATLANTIS_GITLAB_TOKEN": TOKEN}
        atlantis.settings["ATLANTIS_GITLAB_HOSTNAME"] = server
        for project in (BAD, GOOD):
            atlantis.plan(project)
        assert atlantis.hook().lines[1].startswith("comment created")
        gitlab.sha = atlantis.commit = NEWER
        atlantis.plan(GOOD)
        atlantis.hook()
    (note,) = gitlab.notes.values()
    assert note["body"].split("\n")[1] == "### ❔ tfcheck: no result for `infra/orders`"
    assert gitlab.problems == []


def test_a_pull_request_of_gitea_gets_the_comment(
    tmp_path: Path, github: FakeGitHub, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its comments have no node, its accounts no type, and there is no GraphQL."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    gitea = FakeGitea()
    with serving(gitea, "/api/v1") as where:
        server = where["GITHUB_API_URL"].removesuffix("/api/v1")
        atlantis = Atlantis(tmp_path, {}, in_process, url=f"{server}/acme/shop/pulls/42")
        atlantis.settings |= {"ATLANTIS_GITEA_TOKEN": f"{TOKEN}\n", "ATLANTIS_GITEA_BASE_URL": server}
        atlantis.plan(BAD)
        assert atlantis.hook().lines[1].startswith("comment created")
        atlantis.plan(Project("infra/orders", case="literal-granted"))
        done = atlantis.hook("tfcheck atlantis publish --on-clean minimize")
        assert done.lines[1].startswith("comment updated"), done.lines
    (comment,) = gitea.comments.values()
    assert not any("graphql" in path for _, path in gitea.requests)  # Gitea has none
    assert comment["body"].split("\n")[1].startswith("### ✅ tfcheck: resolved")


@pytest.mark.parametrize("scope", ["read:repository", "read:user", "write:issue"])
def test_a_token_of_gitea_needs_each_scope_that_is_documented(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, scope: str
) -> None:
    """With all of them the comment is written, as above; a refusal names those that a token needs."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    gitea = FakeGitea()
    gitea.scopes.remove(scope)
    with serving(gitea, "/api/v1") as where:
        server = where["GITHUB_API_URL"].removesuffix("/api/v1")
        atlantis = Atlantis(tmp_path, {}, in_process, url=f"{server}/acme/shop/pulls/42")
        atlantis.settings |= {"ATLANTIS_GITEA_TOKEN": TOKEN, "ATLANTIS_GITEA_BASE_URL": server}
        atlantis.plan(BAD)
        line = atlantis.hook().lines[1]
    assert line.startswith("no comment: ")
    assert scope in line or "set `--author`" in line, line
    assert gitea.comments == {}


def test_a_comment_that_atlantis_folds_on_gitea_is_shown_again(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a directory in the command, `--hide-prev-plan-comments` folds all comments of its account there."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    gitea = FakeGitea()
    with serving(gitea, "/api/v1") as where:
        server = where["GITHUB_API_URL"].removesuffix("/api/v1")
        atlantis = Atlantis(tmp_path, {}, in_process, url=f"{server}/acme/shop/pulls/42")
        atlantis.settings |= {"ATLANTIS_GITEA_TOKEN": TOKEN, "ATLANTIS_GITEA_BASE_URL": server}
        atlantis.plan(BAD)
        atlantis.hook()
        (comment,) = gitea.comments.values()
        shown = without_run(comment["body"])
        for command in ("Plan", "Apply"):
            heading = f"<!--- +-Superseded Command-+ ---><details><summary>Superseded Atlantis {command}</summary>"
            comment["body"] = f"{heading}\n{comment['body']}\n</details>\n"
        assert atlantis.hook().lines[1].startswith("comment updated")
        assert without_run(comment["body"]) == shown
    assert len(gitea.comments) == 1


def test_a_pull_request_of_bitbucket_cloud_gets_the_comment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Atlantis knows commits there by 12 digits, and has the name of its account beside the token."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    bitbucket = FakeCloud()
    with serving(bitbucket, "/2.0") as where:
        monkeypatch.setattr("tfcheck.pull_request.bitbucket.API", where["GITHUB_API_URL"])
        atlantis = Atlantis(tmp_path, {}, in_process, url="https://bitbucket.org/acme/shop/pull-requests/42")
        atlantis.settings |= {"ATLANTIS_BITBUCKET_USER": "atlantis", "ATLANTIS_BITBUCKET_TOKEN": f"{TOKEN}\n"}
        atlantis.commit = bitbucket.sha[:12]
        atlantis.plan(BAD)
        assert atlantis.hook().lines[1].startswith("comment created")
        bitbucket.sha = NEWER
        atlantis.commit = NEWER[:12]
        atlantis.plan(Project("infra/orders", case="literal-granted"))
        assert atlantis.hook().lines[1].startswith("comment updated")
    (number,) = bitbucket.comments
    assert bitbucket.text(number).split("\n")[1].startswith("### ✅ tfcheck: resolved")
    assert f"sha={NEWER} " in bitbucket.text(number)
    sent = bitbucket.headers[-1]["authorization"].removeprefix("Basic ")
    assert base64.b64decode(sent).decode() == f"atlantis:{TOKEN}"
    assert bitbucket.problems == []


def test_a_pull_request_of_bitbucket_data_center_gets_the_comment(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Atlantis names the owner by the project's name; the address has its key."""
    monkeypatch.setattr("tfcheck.pull_request.client.WaitBudget", lambda: Clock().patience())
    bitbucket = FakeDataCenter()
    with serving(bitbucket, "/rest/api/1.0") as where:
        server = where["GITHUB_API_URL"].removesuffix("/rest/api/1.0")
        atlantis = Atlantis(tmp_path, {}, in_process, url=f"{server}/projects/SHOP/repos/shop/pull-requests/42")
        atlantis.settings |= {"BASE_REPO_OWNER": "The Shop", "ATLANTIS_BITBUCKET_TOKEN": TOKEN}
        atlantis.settings["ATLANTIS_BITBUCKET_BASE_URL"] = server
        atlantis.plan(BAD)
        assert atlantis.hook().lines[1].startswith("comment created")
        atlantis.plan(Project("infra/orders", case="literal-granted"))
        assert atlantis.hook("tfcheck atlantis publish --on-clean minimize").lines[1].startswith("comment updated")
    (number,) = bitbucket.comments
    assert bitbucket.text(number).split("\n")[1].startswith("### ✅ tfcheck: resolved")
    assert bitbucket.problems == []


def test_outside_of_atlantis_the_commands_say_so(atlantis: Atlantis) -> None:
    atlantis.settings["PULL_NUM"] = ""
    done = atlantis.plan(BAD)
    assert done.status == 0
    assert (
        done.lines[-1]
        == "! this will not appear in a comment: Atlantis does not show which pull request this is: PULL_NUM not set"
    )
    hook = atlantis.hook()
    assert hook.status == 2
    assert hook.lines[1] == "hint: run it as a step or hook of Atlantis"


def test_parallel_plans_in_dash(tmp_path: Path, github: FakeGitHub) -> None:
    """Really at the same time, in processes of their own, by the shell that Atlantis has on Debian."""
    with serving(github) as where:
        atlantis = Atlantis(tmp_path, where, in_dash(tmp_path / "bin"))
        projects = [
            Project("infra/orders", each, case=case)
            for each, case in (("a", "literal-missing"), ("b", "literal-granted"))
        ]
        for project in projects:
            atlantis.check_out(project)
        with ThreadPoolExecutor(2) as pool:
            done = list(pool.map(lambda each: atlantis.step("tfcheck atlantis plan", each), projects))
        assert {each.status for each in done} == {0}
        assert len(atlantis.kept()) == 2
        atlantis.assert_nothing_leaked(github)


def test_a_plan_alone_imports_nothing_of_atlantis() -> None:
    code = (
        "import sys; from tfcheck.cli.main import run\n"
        f"run([{str(TESTDATA / 'literal-granted' / 'plan.json')!r}, '--quiet'])\n"
        "unwanted = ('tfcheck.atlantis', 'tfcheck.pull_request', 'urllib3')\n"
        "sys.exit(any(name.startswith(unwanted) for name in sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(TESTDATA.parent / "src")})
    assert done.returncode == 0
