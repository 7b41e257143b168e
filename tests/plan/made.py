"""Plans as small as a test needs them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from tfcheck.plan import Loaded, Plan, load

TESTDATA = Path(__file__).resolve().parents[2] / "testdata"
PLANS = sorted(path for path in TESTDATA.glob("*/*plan.json"))

#: The smallest complete plan.
SMALLEST = {
    "format_version": "1.2",
    "terraform_version": "1.11.4",
    "complete": True,
    "resource_changes": [],
    "configuration": {"root_module": {}},
}


def change(address: str, *actions: str, mode: str = "managed", **parts: Any) -> dict[str, Any]:
    """Make an element of `resource_changes`; `parts` go to its `change`, or are beside it."""
    beside = ("deposed", "previous_address", "action_reason", "module_address", "index", "name")
    kind, _, name = address.removeprefix("data.").partition(".")
    row = {"address": address, "mode": mode, "type": kind, "name": name}
    row |= {key: parts.pop(key) for key in beside if key in parts}
    return row | {"change": {"actions": list(actions) or ["no-op"]} | parts}


def plan(*changes: dict[str, Any], **sections: Any) -> Plan:
    """Make a plan of these resource changes and other sections, and load it; its configuration has a root module."""
    configured = {"root_module": {}} | sections.pop("configuration", {})
    made = {"resource_changes": list(changes), "planned_values": {"root_module": {}}, "configuration": configured}
    document = SMALLEST | made | sections
    return loaded(json.dumps(document)).plans[0]


def declared(document: dict[str, Any]) -> dict[str, Any]:
    """Add the blocks of rows in the root module that the configuration lacks."""
    root = document.setdefault("configuration", {}).setdefault("root_module", {})
    known = root.setdefault("resources", [])
    names = {each["address"] for each in known}
    for row in document["resource_changes"]:
        if row["address"] not in names and "module_address" not in row and "index" not in row:
            known.append({key: row[key] for key in ("address", "mode", "type", "name")} | {"expressions": {}})
    return document


def redacted(*changes: dict[str, Any]) -> Plan:
    """Make a plan as HCP Terraform redacts it, and load it."""
    return loaded(json.dumps({"plan_format_version": "1.2", "resource_changes": changes})).plans[0]


def loaded(text: str | bytes) -> Loaded:
    """Load what stands on standard input."""
    return load(None, io.BytesIO(text.encode() if isinstance(text, str) else text))


def nested(depth: int) -> dict[str, Any]:
    """Make an object of `depth` objects and lists inside each other; the innermost holds `true`."""
    found: Any = True
    for level in reversed(range(depth)):
        found = [found] if level % 2 else {"a": found}
    return found  # type: ignore[no-any-return]
