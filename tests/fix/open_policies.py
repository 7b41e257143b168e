"""A plan that does not know the texts of policies, so that tests can change them in the sources."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from tfcheck.plan import Plan, load


def plan_with_open_policies(folder: Path) -> Plan:
    """Load the plan of a folder, and forget the text of every inline policy and what it refers to."""
    document = json.loads(with_open_policies(folder / "plan.json"))
    _forget_expressions(document, "aws_iam_role_policy")
    return load(None, io.BytesIO(json.dumps(document).encode())).plans[0]


def with_open_policies(file: Path) -> bytes:
    """Write a plan without the text of any inline policy."""
    document = json.loads(file.read_bytes())
    for each in document["resource_changes"]:
        if each["type"] == "aws_iam_role_policy" and each["change"]["after"]:
            each["change"]["after"].pop("policy", None)
            each["change"]["after_unknown"]["policy"] = True
    return json.dumps(document).encode()


def forget_expressions(folder: Path, kind: str) -> None:
    """Remove from a plan what the resources of a type refer to, so that a test can change it in the sources."""
    document = json.loads((folder / "plan.json").read_bytes())
    _forget_expressions(document, kind)
    (folder / "plan.json").write_text(json.dumps(document))


def _forget_expressions(document: dict[str, Any], kind: str) -> None:
    for each in document["configuration"]["root_module"]["resources"]:
        if each["type"] == kind:
            del each["expressions"]
