"""From a real plan to the lines of a pull request that adds the sources: what the action does in one go."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pull_request.fake import TOKEN, FakeGitHub, serving
from tests.pull_request.job import variables
from tfcheck.cli import main as cli

ROOT = Path(__file__).parents[2]
NAME = "testdata/literal-missing/main.tf"


@pytest.fixture
def where(github: FakeGitHub) -> Iterator[dict[str, str]]:
    with serving(github) as found:
        yield found


def test_a_pull_request_that_adds_a_policy_gets_the_statement_it_lacks_beside_its_lines(
    github: FakeGitHub, where: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    content = (ROOT / NAME).read_bytes()
    lines = content.decode().split("\n")[:-1]
    github.files = [
        {
            "filename": NAME,
            "status": "added",
            "sha": hashlib.sha1(b"blob %d\0" % len(content) + content).hexdigest(),
            "patch": "\n".join([f"@@ -0,0 +1,{len(lines)} @@", *(f"+{line}" for line in lines)]),
            "additions": len(lines),
            "deletions": 0,
            "changes": len(lines),
            "blob_url": "https://github.com/x",
            "raw_url": "https://github.com/x",
            "contents_url": "https://github.com/x",
        }
    ]
    environment = variables(tmp_path, where) | {"TFCHECK_PLAN": str(ROOT / "testdata/literal-missing/plan.json")}
    for name, value in (environment | {"TFCHECK_GITHUB_TOKEN": TOKEN, "RUNNER_TEMP": str(tmp_path)}).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(ROOT)
    monkeypatch.setattr("tfcheck.pull_request.wait_budget.LOOK_AGAIN", (0.0, 0.0))
    assert cli.run(["github"]) == 1
    (remark,) = github.reviews[0]["comments"]
    assert lines[remark["line"] - 1] in remark["body"].split("```suggestion\n")[1]
    assert "s3:GetObject" in remark["body"]
    (comment,) = github.by()
    assert "```diff" in comment["body"]
