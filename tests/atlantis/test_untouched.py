from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from tests.atlantis.server import Atlantis, Project
from tests.pull_request.fake import SHA, FakeGitHub, says
from tests.rows import every_row
from tfcheck.atlantis.hook import untouched_targets
from tfcheck.atlantis.store import Announced
from tfcheck.repository.clone import Clone

NEWER = "b" * 40
GOOD = Project("infra/web", case="literal-granted")
BAD = Project("infra/orders")


def track(top: Path) -> None:
    """Let git track all files of a clone."""
    for command in (["init", "-q"], ["add", "-A"]):
        subprocess.run(["git", "-C", str(top), *command], check=True)
    (top / ".git" / "HEAD").write_text(f"{SHA}\n", encoding="utf-8")


@every_row(
    ("directory", "text", "changed", "is_untouched"),
    [
        ("a", "", ["b/main.tf"], True),
        ("a", 'values = [for each in var.list : each...]\nversion = ">= 1.2.3"', ["b/main.tf", "docs/new.md"], True),
        ("a", "", ["b/main.tf", "a/README.md"], False),
        ("a", "", ["b/main.tf", "modules/x/main.tf"], False),
        ("a", "", ["b/main.tf", "prod.tfvars"], False),
        ("a", "", ["b2/main.tf"], False),
        ("a", 'source = "../b/module"', ["b/main.tf"], False),
        ("a", 'file("${dirname(abspath(path.root))}/b/x.json")', ["b/main.tf"], False),
        ("a", 'data "external" "branch" {}', ["b/main.tf"], False),
        ("deep/a", "", ["b/main.tf"], True),
        ("deep/a", "", ["deep/common.tfvars"], False),  # `deep` is planned, but so may this file be for `deep/a`
        (".", "", ["b/main.tf"], False),
        ("never", "", ["b/main.tf"], False),
    ],
)
def test_a_project_is_untouched_if_no_changed_file_can_belong_to_it(
    tmp_path_factory: pytest.TempPathFactory, directory: str, text: str, changed: list[str], is_untouched: bool
) -> None:
    top = tmp_path_factory.mktemp("clone")
    for name in ("a", "deep/a", "b", "."):
        (top / name).mkdir(parents=True, exist_ok=True)
        (top / name / "main.tf").write_text(text, encoding="utf-8")
    track(top)
    found = untouched_targets([Announced("target", directory)], {"b", "deep"}, changed, Clone(top, SHA))
    assert found == (("target",) if is_untouched else ())


def test_links_and_terragrunt_may_lead_to_any_file(tmp_path: Path) -> None:
    for name in ("linked", "terragrunt", "locked", "large"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "main.tf").write_text("", encoding="utf-8")
    (tmp_path / "linked" / "shared.tf").symlink_to("/etc/hostname")
    (tmp_path / "terragrunt" / "terragrunt.hcl").write_text("", encoding="utf-8")
    (tmp_path / "locked" / ".terraform.lock.hcl").write_text("", encoding="utf-8")
    (tmp_path / "large" / "data.json").write_text(" " * 2_000_000, encoding="utf-8")
    track(tmp_path)
    clone = Clone(tmp_path, SHA)
    assert [name for name in ("linked", "terragrunt", "locked", "large") if clone.is_self_contained(name)] == ["locked"]
    assert not Clone(tmp_path, NEWER).is_self_contained("locked")


def test_a_project_that_the_pull_request_no_longer_changes_is_not_missed(
    atlantis: Atlantis, github: FakeGitHub
) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.push(NEWER, github)
    atlantis.check_out(BAD)
    github.change_file("infra/web/main.tf")
    atlantis.plan(GOOD)
    track(atlantis.clone())
    done = atlantis.hook()
    assert done.lines[:2] == [
        "nothing is missing in 1 project",
        "not changed by the pull request any more: infra/orders",
    ]
    (comment,) = github.comments.values()
    lines = comment["body"].split("\n")
    assert lines[1] == "### ✅ tfcheck: resolved, the task definition can start in `infra/web`"
    assert "**Not changed by this pull request any more**: `infra/orders`." in lines
    assert atlantis.description() == "nothing is missing in 1 project"


def test_a_pull_request_that_changes_no_project_any_more_is_resolved(atlantis: Atlantis, github: FakeGitHub) -> None:
    atlantis.plan(BAD)
    atlantis.hook()
    atlantis.push(NEWER, github)
    atlantis.check_out(BAD)
    track(atlantis.clone())
    atlantis.hook()  # GitHub lists no file, so perhaps not all
    (comment,) = github.comments.values()
    assert comment["body"].split("\n")[1] == "### ❔ tfcheck: no result for `infra/orders`"
    github.change_file("README.md")
    track(atlantis.clone())
    assert atlantis.hook().lines[0] == "no checked project is changed any more"
    assert comment["body"].split("\n")[1] == "### ✅ tfcheck: resolved, no checked project is changed any more"
    assert "no result" not in comment["body"]


@pytest.mark.parametrize("how", ["announced", "renamed", "refused"])
def test_what_may_be_changed_is_missed(atlantis: Atlantis, github: FakeGitHub, how: str) -> None:
    for project in (BAD, GOOD):
        atlantis.plan(project)
    atlantis.hook()
    atlantis.push(NEWER, github)
    atlantis.check_out(BAD)
    renamed = {"status": "renamed", "previous_filename": "infra/orders/web.tf"} if how == "renamed" else {}
    github.change_file("infra/web/main.tf", **renamed)
    if how == "announced":
        atlantis.step("tfcheck atlantis announce", BAD)
    elif how == "refused":
        github.fault("GET", "/files", says(404), times=9)
    atlantis.plan(GOOD)
    track(atlantis.clone())
    atlantis.hook()
    (comment,) = github.comments.values()
    assert comment["body"].split("\n")[1] == "### ❔ tfcheck: no result for `infra/orders`"
