"""Render the access map of task definitions: task, role, policy, statement, and calls."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tfcheck.report import access_map
from tfcheck.report.html.element import Child, Markup, View, address, prose, tag
from tfcheck.report.map_text import WEIGHTS, statement_name
from tfcheck.report.screen import SpanStyle
from tfcheck.report.words import instances
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import Location, Reason, Report, RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_CLASSES = {Verdict.ALLOWED: "allowed", Verdict.DENIED: "denied", Verdict.UNKNOWN: "waits"}
_SIGNS = {Verdict.ALLOWED: ("✓", "allowed"), Verdict.DENIED: ("✗", "missing"), Verdict.UNKNOWN: ("?", "unknown")}
_STYLES = {SpanStyle.ERROR: "error", SpanStyle.WARNING: "warning", SpanStyle.UNKNOWN: "unknown", SpanStyle.GOOD: "good"}
_VERDICTS = {SpanStyle.ERROR: "denied", SpanStyle.WARNING: "denied", SpanStyle.UNKNOWN: "unknown"}
_SHOWN_NEAR = 3


def access_tree(group: access_map.MapGroup, id: str, report: Report, view: View, *, opened: bool) -> Markup:
    """Render the map of task definitions, folded under their status."""
    task = group.map
    sign = tag("span", task.status.mark, class_=f"sign {_STYLES.get(task.status.style, 'soft')}", aria_hidden="true")
    several = instances(len(group.tasks)) or None
    summary = tag(
        "summary", sign, tag("h3", address(group.name), several), tag("span", task.status.words, class_="words")
    )
    top = _item("task", (_kind("task definition"), address(group.name)), _branches(task, report, view))
    rules = dict.fromkeys(
        (
            *(rule for *_, call in access_map.paths(task) for rule in call.rules),
            *(each.rule for each in task.misconfigurations),
        )
    )
    return tag(
        "details",
        summary,
        tag("div", _instances(group), tag("ul", top), class_="tree"),
        class_="map",
        id=id,
        open=opened,
        data_verdict=_VERDICTS.get(task.status.style, "allowed"),
        data_rule=" ".join(rules),
    )


def _instances(group: access_map.MapGroup) -> Markup | None:
    if len(group.tasks) == 1:
        return None
    names = tag("ul", (tag("li", address(each)) for each in group.tasks), class_="names")
    return tag("details", tag("summary", "Instances", class_="small"), names)


def _item(kind: str, node: Child, branches: Iterable[Markup] = ()) -> Markup:
    below = list(branches)
    return tag("li", tag("div", node, class_="node"), tag("ul", below) if below else None, class_=kind)


def _kind(words: str) -> Markup:
    return tag("span", words, class_="kind")


def _sign(sign: str, words: str) -> Child:
    return (tag("span", sign, class_="sign", aria_hidden="true"), tag("span", f"{words}: ", class_="vh"), " ")


def _reason(*words: Child) -> Markup:
    return tag("span", words, class_="why")


def _place(place: Location | None, report: Report, view: View) -> Markup | None:
    return tag("span", view.place(place, report), class_="place") if place else None


# The branches


def _branches(task: access_map.TaskNode, report: Report, view: View) -> Iterator[Markup]:
    for each in task.skipped:
        yield _item("waits", (_sign("?", "unknown"), "could not be analysed", _reason(prose(each))))
    yield from (_misconfiguration(each, report, view) for each in task.misconfigurations)
    for role in task.roles:
        if task.former_role and role.kind is RoleKind.EXECUTION:
            former = tag("s", address(task.former_role))
            yield _removed_item(former, "this change replaces it", kind="execution role")
        yield _role(role, report, view)


def _misconfiguration(misconfiguration: access_map.MisconfigurationNode, report: Report, view: View) -> Markup:
    kind = "denied" if misconfiguration.severity is not Severity.INFO else "note"
    words = _sign("✗", misconfiguration.severity.value) if kind == "denied" else None
    return _item(
        f"{kind} call",
        (
            words,
            prose(misconfiguration.message),
            _reason(view.rule(misconfiguration.rule)),
            _place(misconfiguration.location, report, view),
        ),
    )


def _role(role: access_map.RoleNode, report: Report, view: View) -> Markup:
    name = address(role.address) if role.address else access_map.NO_ROLE
    branches = (
        *(_policy(each, report, view) for each in role.policies),
        *_unmet(role.unmet, report, view),
        *(_revoked_item(each, "this change revokes it") for each in role.revoked),
        *(_revoked_item(each, "this change may revoke it") for each in role.possibly_revoked),
    )
    return _item("role", (_kind(f"{role.kind.value} role"), name, _place(role.location, report, view)), branches)


def _policy(policy: access_map.PolicyNode, report: Report, view: View) -> Markup:
    name = address(policy.address) if policy.kind is access_map.PolicyOrigin.POLICY else "of the role"
    node = (_kind(policy.kind.value), name, _place(policy.location, report, view))
    return _item(
        "policy",
        node,
        (
            _item("statement", statement_name(each), (_call(call, report, view) for call in each.calls))
            for each in policy.statements
        ),
    )


def _unmet(calls: Iterable[access_map.CallNode], report: Report, view: View) -> Iterator[Markup]:
    """Group calls without a near statement by the reason."""
    alike = group_by_key(((each.because, each.decided_by, each.verdict), each) for each in calls)
    for (because, decided_by, verdict), members in alike.items():
        node = (prose(because or access_map.NO_STATEMENT), _reason(prose(decided_by)) if decided_by else None)
        yield _item(f"policy {_CLASSES[verdict]}", node, (_call(each, report, view, alone=False) for each in members))


def _call(call: access_map.CallNode, report: Report, view: View, *, alone: bool = True) -> Markup:
    weight = f" ({WEIGHTS[call.severity]})" if call.verdict is Verdict.DENIED else None
    sign, words = ("·", "not granted") if call.optional else _SIGNS[call.verdict]
    if call.reason is Reason.EXPLICIT_DENY:
        words = "denied"
    broken = _reason("allowed before this change") if call.broken else None
    near = [
        _reason("near: ", address(each.policy), view.place_link(each.location, report))
        for each in call.near[:_SHOWN_NEAR]
    ]
    why = (
        (_reason(prose(call.because)), _reason(prose(call.decided_by)) if call.decided_by else None, near)
        if alone and call.because
        else near
    )
    node = (_sign(sign, words), tag("b", call.action), " on ", address(call.object), weight, broken, why)
    return _item(f"call {'note' if call.optional else _CLASSES[call.verdict]}", node)


def _revoked_item(access: AccessChange, words: str) -> Markup:
    what = tag("s", tag("b", access.action), " on ", address(access.resource))
    return _removed_item(what, words, access.because or "")


def _removed_item(node: Child, words: str, because: str = "", kind: str = "") -> Markup:
    label = _kind(kind) if kind else None
    why = _reason(words, (": ", prose(because)) if because else None)
    return _item("removed", (label, _sign("−", "removed"), node, why))
