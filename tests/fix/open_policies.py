"""A plan that does not know the texts of policies, so that tests can change them in the sources."""

from __future__ import annotations

import io
import json
from pathlib import Path

from tfcheck.plan import Plan, load


def plan_with_open_policies(folder: Path) -> Plan:
    """Load the plan of a folder, and forget the text of every inline policy."""
    return load(None, io.BytesIO(with_open_policies(folder / "plan.json"))).plans[0]


def with_open_policies(file: Path) -> bytes:
    """Write a plan without the text of any inline policy."""
    document = json.loads(file.read_bytes())
    for each in document["resource_changes"]:
        if each["type"] == "aws_iam_role_policy" and each["change"]["after"]:
            each["change"]["after"].pop("policy", None)
            each["change"]["after_unknown"]["policy"] = True
    return json.dumps(document).encode()
