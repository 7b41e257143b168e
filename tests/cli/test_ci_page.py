"""The examples of docs/ci.md, run as printed, with a terraform that shows a plan of the test data."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
import yaml
from check_jsonschema import main as check_jsonschema
from click.testing import CliRunner

from tests.laws import some
from tests.pull_request.one_job import CLOCK, in_gitlab
from tests.pull_request.second_server import HEAD, ROBOT, SecondServer, listening

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS: list[tuple[str, str]] = re.findall(r"^```(yaml|groovy|sh)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
#: The keys of commands.
SHELL = ("script", "after_plan", "run", "entry")
STATUSES = [("literal-missing", 1), ("literal-granted", 0)]
CASES = pytest.mark.parametrize(("case", "status"), STATUSES)


def block(name: str) -> tuple[str, str]:
    """Return the language and text of the example of a file."""
    (found,) = (each for each in BLOCKS if each[1].split("\n")[0].endswith(name) or f"\n# {name}\n" in each[1])
    return found


def scripts(data: Any) -> Iterator[str]:
    """Iterate over the commands in a file."""
    for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
        if key in SHELL:
            yield from [value] if isinstance(value, str) else value
        else:
            yield from scripts(value)


def commands(language: str, text: str) -> list[str]:
    """Return the lines of a block that a shell runs."""
    match language:
        case "yaml":
            return list(scripts(yaml.safe_load(text)))
        case "groovy":
            return re.findall(r"sh '(.*)'", text)
        case _:
            return [line for line in text.splitlines() if not line.startswith("#")]


def prepare(folder: Path, case: str, curl: str = "cat > /dev/null") -> dict[str, str]:
    """Put the programs and files of a job into a folder, and return its environment."""
    plan = ROOT / "testdata" / case / "plan.json"
    programs = {
        "terraform": f'case "$1" in show) cat {plan} ;; plan) : > tfplan ;; esac',
        "tfcheck": f'PYTHONPATH={ROOT / "src"}:{CLOCK} exec {sys.executable} -m tfcheck "$@"',
        "curl": curl,
    }
    for name, script in programs.items():
        (folder / "bin").mkdir(exist_ok=True)
        file = folder / "bin" / name
        file.write_text(f"#!/usr/bin/env bash\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
    (folder / "main.tf").write_bytes((plan.parent / "main.tf").read_bytes())
    for name in ("spacelift.plan.json", "plan.json"):
        (folder / name).write_bytes(plan.read_bytes())
    path = f"{folder / 'bin'}:{os.environ['PATH']}"
    return {"PATH": path, "DIGGER_PLANFILE": "tfplan", "HOME": str(folder)}


def run(lines: list[str], folder: Path, environment: dict[str, str]) -> subprocess.CompletedProcess[str]:
    assert any("tfcheck " in line for line in lines)
    return subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)],
        cwd=folder,
        env=environment,
        capture_output=True,
        encoding="utf-8",
        timeout=600,
    )


@pytest.mark.long
@pytest.mark.parametrize(
    ("language", "text", "case", "status"),
    [(*each, *chosen) for place, each in enumerate(BLOCKS) for chosen in some(STATUSES, place)],
    ids=lambda each: str(each).split("\n")[0][:20],
)
def test_an_example_ends_as_the_findings_say(tmp_path: Path, language: str, text: str, case: str, status: int) -> None:
    done = run(commands(language, text), tmp_path, prepare(tmp_path, case))
    assert done.returncode == status, done.stderr
    for file in tmp_path.glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))
    if "tfcheck.xml" in text:
        failures = ElementTree.parse(tmp_path / "tfcheck.xml").getroot().findall(".//failure")
        assert bool(failures) is bool(status)


@pytest.mark.parametrize("system", ["gitlab-ci", "azure-pipelines", "bitbucket-pipelines"])
def test_a_file_follows_the_schema_of_its_system(tmp_path: Path, system: str) -> None:
    file = tmp_path / f"{system}.yml"
    file.write_text(block(f"{system}.yml")[1], encoding="utf-8")
    done = CliRunner().invoke(check_jsonschema, ["--builtin-schema", f"vendor.{system}", str(file)])
    assert done.exit_code == 0, done.output


@pytest.mark.long
@pytest.mark.parametrize(("case", "status"), some(STATUSES, 0))
def test_the_job_of_gitlab_keeps_one_note(tmp_path: Path, case: str, status: int) -> None:
    with listening(SecondServer()) as server:
        server.me = ROBOT
        environment = in_gitlab(server, tmp_path) | prepare(tmp_path, case)
        for _ in range(1 + status):
            done = run(commands(*block(".gitlab-ci.yml")), tmp_path, environment)
            assert done.returncode == status, done.stderr
        assert len(server.ours()) == status
        assert server.wrong == []
    written = yaml.safe_load(block(".gitlab-ci.yml")[1])["tfcheck"]["artifacts"]
    for name in (*written["paths"], *written["reports"].values()):
        assert (tmp_path / name).stat().st_size


@contextmanager
def proxy(answer: int) -> Iterator[tuple[int, list[tuple[str, str, Any]]]]:
    """Serve as the proxy of Bitbucket's Pipelines; give the port, and what was sent."""
    sent: list[tuple[str, str, Any]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_PUT(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            assert self.headers["Content-Type"] == "application/json"
            sent.append((self.command, self.path, json.loads(body)))
            self.send_response(answer)
            self.end_headers()

        def do_POST(self) -> None:
            self.do_PUT()

        def log_message(self, format: str, *args: Any) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        yield server.server_address[1], sent
        server.shutdown()


@pytest.mark.long
@pytest.mark.skipif(not shutil.which("curl") or not shutil.which("jq"), reason="needs curl and jq")
@pytest.mark.parametrize(
    ("case", "status", "answer"), [*((*each, 200) for each in some(STATUSES, 0)), (*STATUSES[0], 401)]
)
def test_the_step_of_bitbucket_sends_a_report_then_its_annotations(
    tmp_path: Path, case: str, status: int, answer: int
) -> None:
    """A refusal changes nothing else, and a comment without a token is a warning."""
    with proxy(answer) as (port, sent):
        curl = f'exec {shutil.which("curl")} "${{@/localhost:29418/127.0.0.1:{port}}}"'
        of_step = {"BITBUCKET_REPO_FULL_NAME": "acme/shop", "BITBUCKET_COMMIT": HEAD, "BITBUCKET_BUILD_NUMBER": "7"}
        environment = prepare(tmp_path, case, curl) | of_step | {"BITBUCKET_PR_ID": "42"}
        done = run(commands(*block("bitbucket-pipelines.yml")), tmp_path, environment)
    assert done.returncode == status, done.stderr
    assert "no comment on the pull request" in done.stderr
    assert ("no report in Code Insights" in done.stdout) is (answer == 401)
    report = f"http://api.bitbucket.org/2.0/repositories/acme/shop/commit/{HEAD}/reports/tfcheck"
    (first, where, body), *rest = sent
    assert (first, where, body["result"]) == ("PUT", report, "FAILED" if status else "PASSED")
    assert [each[:2] for each in rest] == [("POST", f"{report}/annotations")] * status
    assert all(1 <= len(batch) <= 100 and batch[0]["path"] == "main.tf" for *_, batch in rest)


def test_the_hook_that_pre_commit_installs_is_the_one_on_the_page() -> None:
    """It checks a plan that is there, and not those in a commit: a plan contains secrets."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    shown = yaml.safe_load(block(".pre-commit-config.yaml")[1])["repos"][0]["hooks"][0]
    assert " ".join([hook.pop("entry"), *hook.pop("args")]) == shown.pop("entry")
    assert (hook.pop("language"), shown.pop("language")) == ("python", "system")
    assert hook.pop("description")
    assert hook == shown


@pytest.mark.long
@CASES
def test_the_hook_of_git_refuses_a_push(tmp_path: Path, case: str, status: int) -> None:
    environment = prepare(tmp_path, case)

    def git(*arguments: str) -> subprocess.CompletedProcess[str]:
        command = ["git", "-c", "user.name=a", "-c", "user.email=a@example.com", *arguments]
        return subprocess.run(
            command, cwd=tmp_path, env=environment, capture_output=True, encoding="utf-8", timeout=600
        )

    git("init", "-q", "--bare", "there.git")
    git("init", "-q", "-b", "main")
    hook = tmp_path / ".git" / "hooks" / "pre-push"
    hook.write_text(block(".git/hooks/pre-push")[1], encoding="utf-8")
    hook.chmod(0o755)
    assert git("add", "main.tf").returncode == git("commit", "-q", "-m", "one").returncode == 0
    pushed = git("push", "there.git", "main")
    assert (pushed.returncode != 0) is bool(status), pushed.stderr
    assert ("main.tf:" in pushed.stdout + pushed.stderr) is bool(status)
