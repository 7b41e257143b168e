"""Render the map of task definitions as JSON."""

from __future__ import annotations

from collections.abc import Iterable

from tfcheck.report.access_map import CallNode, PolicyNode, RoleNode, TaskNode
from tfcheck.report.json import FORMAT_VERSION, Json
from tfcheck.report.words import evidence_words
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Location, PlanInfo


def map_json(plan: PlanInfo, maps: Iterable[TaskNode]) -> Json:
    """Return maps as plain data, in the words of the JSON report."""
    return {
        "format_version": FORMAT_VERSION,
        "plan": {"path": plan.path},
        "task_definitions": [_task(each) for each in maps],
    }


def _task(task: TaskNode) -> Json:
    return {
        "address": task.address,
        "status": task.status.words,
        "location": _location(task.location),
        "former_execution_role": task.former_role,
        "roles": [_role(each) for each in task.roles],
        "misconfigurations": [
            {"rule": each.rule, "severity": each.severity.value, "message": each.message}
            for each in task.misconfigurations
        ],
        "skipped": list(task.skipped),
    }


def _role(role: RoleNode) -> Json:
    return {
        "address": role.address,
        "kind": role.kind.value,
        "location": _location(role.location),
        "policies": [_policy(each) for each in role.policies],
        "without_statement": [_call(each) for each in role.unmet],
        "revoked": [_change(each) for each in role.revoked],
        "possibly_revoked": [_change(each) for each in role.possibly_revoked],
    }


def _policy(policy: PolicyNode) -> Json:
    statements = [
        {
            "sid": each.sid,
            "number": each.number,
            "effect": each.effect or None,
            "calls": [_call(call) for call in each.calls],
        }
        for each in policy.statements
    ]
    return {
        "kind": policy.kind.value,
        "address": policy.address,
        "location": _location(policy.location),
        "statements": statements,
    }


def _call(call: CallNode) -> Json:
    return {
        "requirements": list(call.needs),
        "rules": list(call.rules),
        "action": call.action,
        "resource": call.object,
        "verdict": call.verdict.value,
        "severity": call.severity.value,
        "reason": call.reason.value if call.reason else None,
        "because": call.because or None,
        "decided_by": call.decided_by or None,
        "broken": call.broken,
        "near": [
            {
                "policy": each.policy,
                "sid": each.sid,
                "number": each.number,
                "because": evidence_words(each),
                "location": _location(each.location),
            }
            for each in call.near
        ],
    }


def _change(change: AccessChange) -> Json:
    return {"action": change.action, "resource": change.resource, "because": change.because}


def _location(location: Location | None) -> Json | None:
    return None if location is None else {"file": location.file, "line": location.line}
