"""The examples of docs/ci.md, run as printed, with a terraform that shows a plan of the test data."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs" / "ci.md").read_text(encoding="utf-8")
BLOCKS = re.findall(r"^```(yaml|groovy|sh)\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
#: What Bitbucket's step sends goes to Bitbucket.
SENDING = ("curl ", "jq ", "api=")


def strings(data: Any) -> Iterator[str]:
    match data:
        case str():
            yield data
        case list():
            yield from (found for each in data for found in strings(each))
        case dict():
            yield from (found for each in data.values() for found in strings(each))


def commands(language: str, text: str) -> list[str]:
    """Return the lines of a block that a shell runs."""
    match language:
        case "yaml":
            found = [each for each in strings(yaml.safe_load(text)) if "terraform " in each or "tfcheck " in each]
            return [*found, *(each for each in strings(yaml.safe_load(text)) if each.startswith("exit "))]
        case "groovy":
            return re.findall(r"sh '(.*)'", text)
        case _:
            return [line for line in text.splitlines() if not line.startswith("#")]


@pytest.mark.long
@pytest.mark.parametrize(("language", "text"), BLOCKS, ids=lambda each: each.split("\n")[0][:20])
@pytest.mark.parametrize(("case", "status"), [("literal-missing", 1), ("literal-granted", 0)])
def test_an_example_ends_as_the_findings_say(tmp_path: Path, language: str, text: str, case: str, status: int) -> None:
    plan = ROOT / "testdata" / case / "plan.json"
    programs = {
        "terraform": f'case "$1" in show) cat {plan} ;; plan) : > tfplan ;; esac',
        "tfcheck": f'PYTHONPATH={ROOT / "src"} exec {sys.executable} -m tfcheck "$@"',
    }
    for name, script in programs.items():
        (tmp_path / "bin").mkdir(exist_ok=True)
        file = tmp_path / "bin" / name
        file.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
        file.chmod(0o755)
    (tmp_path / "main.tf").write_bytes((plan.parent / "main.tf").read_bytes())
    for name in ("spacelift.plan.json", "plan.json"):
        (tmp_path / name).write_bytes(plan.read_bytes())
    lines = [line for line in commands(language, text) if not line.startswith(SENDING) and "; do jq" not in line]
    done = subprocess.run(
        ["sh", "-e", "-c", "\n".join(lines)],
        cwd=tmp_path,
        env={"PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}", "DIGGER_PLANFILE": "tfplan", "HOME": str(tmp_path)},
        capture_output=True,
        encoding="utf-8",
        timeout=60,
    )
    assert any("tfcheck " in line for line in lines)
    assert done.returncode == status, done.stderr
    for file in tmp_path.glob("*.json"):
        json.loads(file.read_text(encoding="utf-8"))
