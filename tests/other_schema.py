"""What is the plan of another provider version, whose schema lacks or adds attributes that nobody sets?"""

from __future__ import annotations

import copy
import re
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

Json: TypeAlias = dict[str, Any]

_NEW = "argument_of_a_later_version"
_COMPUTED = "computed_by_a_later_version"


def without_nulls(plan: Json) -> Json:
    """Return the plan without the null attributes that its configuration does not set."""
    return _changed(plan, _dropped)


def with_more(plan: Json) -> Json:
    """Return the plan with an attribute more in each object: null, and one that is computed."""
    return _changed(plan, lambda values, _: {**values, _NEW: None})


def with_more_computed(plan: Json) -> Json:
    """Return the plan with a computed attribute more in each object, known where the object exists."""
    found = _changed(plan, lambda values, _: {**values, _COMPUTED: "x"})
    for row in found.get("resource_changes", []):
        change = row["change"]
        if change.get("before") is None and isinstance(change.get("after"), dict):
            del change["after"][_COMPUTED]
            change["after_unknown"] = {**(change.get("after_unknown") or {}), _COMPUTED: True}
    return found


#: What versions after 4 have added to the schemas of what is read.
# fmt: off
_SINCE_5 = frozenset(
    ("arn_without_revision", "availability_zone_rebalancing", "bucket_region", "configure_at_launch",
     "deletion_mode", "enable_fault_injection", "has_public_access_policy", "log_group_class", "minified_json",
     "track_latest", "volume_initialization_rate")
)
# fmt: on


def of_version_4(plan: Json) -> Json:
    """Return the plan without null attributes, and without those that later versions than 4 have added."""
    found, written = _changed(plan, lambda values, own: _without_newer(_dropped(values, own), own)), _written(plan)
    for row in found.get("resource_changes", []):
        unknown = row["change"].get("after_unknown")
        if isinstance(unknown, dict):
            own_names = written.get(_unkeyed(row["address"]), frozenset())
            row["change"]["after_unknown"] = _without_newer(unknown, own_names)
    return found


def _without_newer(values: Json, written: frozenset[str]) -> Json:
    newer = {each for each in values if each in _SINCE_5 or each.startswith("checksum_")}
    return {name: value for name, value in values.items() if name in written or name not in newer}


def with_newer_keys(plan: Json) -> Json:
    """Return the plan with all that Terraform up to 1.14 and OpenTofu up to 1.11 add, and keys of later versions."""
    found = copy.deepcopy(plan)
    found |= {"format_version": "1.7", "applyable": True, "resource_drift": [], "deferred_changes": []}
    found |= {"action_invocations": [_INVOCATION], "deferred_action_invocations": [], "key_of_a_later_version": [{}]}
    root = found.get("configuration", {}).get("root_module", {})
    root["actions"] = [{"address": "action.a.b", "type": "a", "name": "b", "expressions": {}}]
    for mode in ("ephemeral", "list", "mode_of_a_later_version"):
        row: Json = {"address": f"{mode}.aws_instance.b", "mode": mode, "type": "aws_instance", "name": "b"}
        root.setdefault("resources", []).append({**row, "expressions": {"a": {"constant_value": 1}}})
        state = found.get("prior_state", {}).get("values", {}).get("root_module")
        if state:
            state.setdefault("resources", []).append({**row, "values": {"a": 1}})
    for row in found.get("resource_changes", []):
        row["change"] |= {"before_identity": None, "after_identity": {"account_id": "1"}, "generated_config": ""}
        row |= {"action_reason": "replace_by_triggers", "deferred_reason": None}
    for row in _in_state(found.get("prior_state", {}).get("values", {}).get("root_module")):
        row |= {"identity": {"account_id": "1"}, "identity_schema_version": 0}
    return found


_INVOCATION = {
    "address": "action.a.b",
    "type": "a",
    "name": "b",
    "config_values": {"role": "aws_iam_role.execution"},
    "lifecycle_action_trigger": {
        "triggering_resource_address": "aws_s3_bucket.b",
        "action_trigger_event": "AfterCreate",
    },
}


def _changed(plan: Json, change: Callable[[Json, frozenset[str]], Json]) -> Json:
    found = copy.deepcopy(plan)
    written = _written(found)
    for row in found.get("resource_changes", []):
        names = written.get(_unkeyed(row["address"]), frozenset())
        for part in ("before", "after"):
            if isinstance(row["change"].get(part), dict):
                row["change"][part] = change(row["change"][part], names)
    for row in _in_state(found.get("prior_state", {}).get("values", {}).get("root_module")):
        row["values"] = change(row["values"], written.get(_unkeyed(row["address"]), frozenset()))
    return found


def _dropped(values: Json, written: frozenset[str]) -> Json:
    kept = {name: value for name, value in values.items() if value is not None or name in written}
    return {name: _inside(value, written) for name, value in kept.items()}


def _inside(value: Any, written: frozenset[str]) -> Any:
    """Drop nulls from nested blocks as well, not from lists, where a null keeps the place of an unknown element."""
    if isinstance(value, list):
        return [_dropped(each, written) if isinstance(each, dict) else each for each in value]
    return value


def _unkeyed(address: str) -> str:
    return re.sub(r"\[(\d+|\"(\\.|[^\"\\])*\")\]", "", address)


def _in_state(module: Json | None) -> Iterator[Json]:
    yield from (module or {}).get("resources", [])
    for each in (module or {}).get("child_modules", []):
        yield from _in_state(each)


def _written(plan: Json) -> dict[str, frozenset[str]]:
    """List the arguments that are written for each resource, those of nested blocks included."""
    root = plan.get("configuration", {}).get("root_module", {})
    return dict(_written_in(root, ""))


def _written_in(module: Json, prefix: str) -> Iterator[tuple[str, frozenset[str]]]:
    for row in module.get("resources", []):
        yield prefix + row["address"], frozenset(_names(row.get("expressions", {})))
    for name, call in module.get("module_calls", {}).items():
        yield from _written_in(call.get("module", {}), f"{prefix}module.{name}.")


def _names(expressions: Any) -> Iterator[str]:
    if isinstance(expressions, list):
        for each in expressions:
            yield from _names(each)
    elif isinstance(expressions, dict) and not {"references", "constant_value"} & expressions.keys():
        for name, each in expressions.items():
            yield name
            yield from _names(each)


def with_references(plan: Json) -> Json:
    """Return the plan as tools edit it: a reference in the place of values that are nothing else."""
    found = copy.deepcopy(plan)
    expressions = _expressions(found.get("configuration", {}).get("root_module", {}), "")
    by_address = dict(expressions)
    for row in found.get("resource_changes", []):
        change = row["change"]
        unknown = change.get("after_unknown")
        if not isinstance(unknown, dict) or not isinstance(change.get("after"), dict):
            continue
        for name, expression in by_address.get(_unkeyed(row["address"]), {}).items():
            named = expression.get("references", []) if isinstance(expression, dict) else []
            is_new = change["actions"] == ["create"] and name in ("role", "bucket", "policy_arn")
            is_text = is_new and isinstance(change["after"].get(name), str)
            if named and (is_text or (unknown.get(name) is True and name not in ("policy", "container_definitions"))):
                unknown.pop(name, None)
                prefix = f"{row['module_address']}." if row.get("module_address") else ""
                change["after"][name] = prefix + named[0]
    return found


def _expressions(module: Json, prefix: str) -> Iterator[tuple[str, Json]]:
    for row in module.get("resources", []):
        yield prefix + row["address"], row.get("expressions", {})
    for name, call in module.get("module_calls", {}).items():
        yield from _expressions(call.get("module", {}), f"{prefix}module.{name}.")
