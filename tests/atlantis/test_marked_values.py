"""No marked value is in what Atlantis shows, keeps or publishes."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.atlantis.server import Atlantis, Project
from tests.pull_request.fake import FakeGitHub
from tests.security.test_marked_values import LEAKS, written_case

pytestmark = pytest.mark.usefixtures("checked_once")


def test_no_step_and_no_hook_shows_a_marked_value(atlantis: Atlantis, github: FakeGitHub, tmp_path: Path) -> None:
    names = ("PULL_TITLE", "COMMENT_ARGS", "USER_NAME", "PULL_AUTHOR", "TF_VAR_text")
    atlantis.settings = dict.fromkeys(names, "canary-7f3a")
    for directory, action in (("infra/denied", "s3:PutObject"), ("infra/granted", "s3:GetObject")):
        folder = tmp_path / action.partition(":")[2]
        folder.mkdir()
        project = Project(directory, case=str(written_case(folder, action)))
        assert atlantis.plan(project).status == 0
        atlantis.step("tfcheck atlantis policy-check", project)
    assert atlantis.hook("tfcheck atlantis publish --dry-run").status == 0
    assert "comment created" in atlantis.hook().output
    kept = [each.read_text(encoding="utf-8") for each in atlantis.kept()]
    said = "".join((*atlantis.printed, *kept, *map(str, github.bodies), atlantis.description()))
    assert "aws_ecs_task_definition.app" in said
    assert [each for each in LEAKS if each in said.replace("<wbr>", "")] == []
