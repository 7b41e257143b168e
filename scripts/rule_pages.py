"""Build one page of documentation for each rule: its manual, and a finding of it in a plan of testdata/."""

from __future__ import annotations

import io
import os
from contextlib import chdir, redirect_stderr, redirect_stdout
from pathlib import Path
from unittest.mock import patch

from tfcheck.analysis import rulebook
from tfcheck.cli import main as cli
from tfcheck.report.manual import Manual

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "rules"
#: The case that shows a finding of a rule; most configuration rules are broken in one case.
_CASES = {
    "credential-spec": "rarer-fetches",
    "decrypt": "encrypted-bucket",
    "deleted": "needs-changed",
    "deploy-order": "late-for-one",
    "disabled-key": "keys-disabled",
    "efs-anonymous-mount": "volumes-without-iam",
    "efs-volume": "file-system-closed",
    "env-file": "literal-missing",
    "firelens-config": "rarer-fetches",
    "foreign-default-key": "default-key-of-account",
    "fsx": "rarer-fetches",
    "image": "instances-of-clusters",
    "image-host": "other-partition",
    "log-group": "image-and-logs",
    "log-group-absent": "role-in-other-stack",
    "log-router-file": "log-router-files",
    "old-revision": "revision-stays",
    "parameter": "secrets-and-parameters",
    "policies-of-one-name": "two-policies-one-name",
    "policy-refused": "policies-refused",
    "policy-size": "policies-too-long",
    "registry-credentials": "rarer-fetches",
    "role-for-anyone": "trust-for-anyone",
    "s3-files-mount": "s3-files-volumes",
    "s3-files-volume": "s3-files-volumes",
    "secret": "rarer-fetches",
    "secret-reference": "secrets-with-key",
    "secret-value": "what-exists",
    "service-connect-log": "proxies-of-services",
    "storage-key": "storage-keys",
    "trust": "wrong-trust",
}
_ALL_IN_ONE = "twelve-services"


def pages() -> dict[Path, str]:
    """Return the text of every page, by its place."""
    return {place(each): page(each) for each in rulebook.manuals()}


def place(rule: Manual) -> Path:
    """Return where the page of a rule is."""
    return FOLDER / f"{rule.id}.md"


def page(rule: Manual) -> str:
    """Return the text of a rule's page."""
    case = _CASES.get(rule.id, _ALL_IN_ONE)
    plan = f"testdata/{case}/plan.json"
    return (
        f"# `{rule.id}`: {rule.title}\n\n{rule.text.strip()}\n\n"
        f"## In a report\n\nFrom `{plan}`:\n\n```\n{_finding(rule.id, plan)}\n```\n\n"
        "[All rules](README.md)\n"
    )


_SEVERITIES = ("error", "warning", "info")


def _finding(rule: str, plan: str) -> str:
    """Return what `tfcheck --select RULE PLAN` prints of the first finding.

    Raises:
        RuntimeError: there is none.
    """
    titles = tuple(f"{severity}[{rule}]" for severity in _SEVERITIES)
    found: list[str] = []
    for part in _printed("--select", rule, "--config", "off", plan).split("\n\n"):
        if part.startswith("  ") if found else part.startswith(titles):
            found.append(part)
        elif found:
            break
    if not found:
        raise RuntimeError(f"{plan} has no finding of {rule} to show: add one, as CONTRIBUTING.md says")
    return "\n\n".join(found).rstrip()


def _printed(*arguments: str) -> str:
    out = io.StringIO()
    environment = patch.dict(os.environ, {"COLUMNS": "100"})
    with environment, chdir(ROOT), redirect_stdout(out), redirect_stderr(io.StringIO()):
        cli.run(["check", "--color", "never", *arguments])
    return out.getvalue()
