"""Render the path of an access as a diagram, and where it breaks.

Follows the grammar of Mermaid's flowcharts (https://mermaid.js.org/syntax/flowchart.html). Ids are our own, since names
may be words of the grammar; labels are quoted, and what means something in a label stands as `#…;`.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.report.safe_text import visible
from tfcheck.report.words import evidence_words
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.finding import Answer, Evidence, Finding, Reason, Verdict

_MOST_NODES = 12
_LONGEST_LABEL = 60
_SHOWN_POLICIES = 3
_MEANING = regex(r'[#"`<>&\\|]')
_GAPS: dict[Reason | None, str] = {
    Reason.GRANTED_TO_TASK_ROLE: "granted to the task role only",
    Reason.GRANTED_TO_EXECUTION_ROLE: "granted to the execution role only",
    Reason.PERMISSIONS_BOUNDARY: "beyond the boundary",
    Reason.RESOURCE_POLICY: "not by the resource's policy",
}
_BROKEN = "stroke:#cf222e,stroke-width:2px"


class Edge(msgspec.Struct, frozen=True):
    """One step of the path; a broken one is drawn dashed, one that denies ends in a cross."""

    start: str
    end: str
    label: str
    line: str = "-->"


def picture(finding: Finding) -> str | None:
    """Draw task, role, policies and resource with the edge that is missing; None where it would be too much to read."""
    edges = list(dict.fromkeys(edge for answer in finding.answers for edge in _edges(answer)))
    names = list(dict.fromkeys(name for edge in edges for name in (edge.start, edge.end)))
    if not edges or len(names) > _MOST_NODES:
        return None
    ids = {name: f"n{number}" for number, name in enumerate(names, 1)}
    nodes = [f'  {ids[name]}["{label(name)}"]' for name in names]
    arrows = [f'  {ids[each.start]} {each.line}|"{label(each.label)}"| {ids[each.end]}' for each in edges]
    broken = [str(number) for number, each in enumerate(edges) if each.line != "-->"]
    return "\n".join(("flowchart LR", *nodes, *arrows, f"  linkStyle {','.join(broken)} {_BROKEN}"))


def label(text: str) -> str:
    """Write foreign text as the inside of a quoted label."""
    shown = visible(text).strip() or "(empty)"
    if len(shown) > _LONGEST_LABEL:
        shown = f"{shown[: _LONGEST_LABEL // 3]}…{shown[-(_LONGEST_LABEL * 2 // 3) + 1 :]}"
    return _MEANING.sub(lambda found: f"#{ord(found[0])};", shown)


def _edges(answer: Answer) -> Iterator[Edge]:
    need = answer.requirement
    if answer.verdict is not Verdict.DENIED:
        return
    role = answer.role or "no role"
    if answer.reason is Reason.TRUST_POLICY:
        yield Edge(need.task_definition, role, "ECS is not allowed to assume it", "-.->")
        return
    yield Edge(need.task_definition, role, f"{need.role_kind.value} role")
    policies = [each for each in answer.evidence if _is_on_the_path(each, answer)][:_SHOWN_POLICIES]
    for evidence in policies:
        yield Edge(role, evidence.policy, "has")
        yield _last(evidence, answer)
    if not policies:
        yield Edge(role, need.shown_resource, f"{need.action}: {_GAPS.get(answer.reason, 'not granted')}", "-.->")


def _is_on_the_path(evidence: Evidence, answer: Answer) -> bool:
    """Whether a statement is in a policy of the role that is drawn: what denies, or else what comes near."""
    if answer.reason is Reason.EXPLICIT_DENY:
        return evidence.effect == "Deny"
    return answer.reason is Reason.IMPLICIT_DENY and evidence.policy != answer.role


def _last(evidence: Evidence, answer: Answer) -> Edge:
    need = answer.requirement
    if evidence.effect == "Deny":
        return Edge(evidence.policy, need.shown_resource, f"denies {need.action}", "--x")
    return Edge(evidence.policy, need.shown_resource, f"{need.action}: {evidence_words(evidence)}", "-.->")
