"""Render the explanation of a finding and its fix, folded below the rows."""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from tfcheck.report.causes import Group, broken_actions
from tfcheck.report.diff import OVERLAPPING, needs_unidiff_zero
from tfcheck.report.joined_fixes import ShownChange
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import LONGEST_IN_SUMMARY, code, fence, html_code, html_prose, prose, sentence
from tfcheck.report.markdown.page import Page
from tfcheck.report.markdown.rows import blocks_with_keys, needed_by, place_link
from tfcheck.report.pattern_mismatch import nearest
from tfcheck.report.safe_text import is_visible, visible
from tfcheck.report.words import evidence_words, fix_words, reason_words, symptom_words
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import and_more, few, join_names
from tfcheck.vocabulary.finding import Answer, Evidence, Finding, Reason, Remedy, Report, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_SHOWN_ANSWERS = 12
_SHOWN_EVIDENCE = 4
_SHOWN_PATTERNS = 3
_SHOWN_TASKS = 20


def evidence(
    group: Group, report: Report, number: int, page: Page, *, drawn: bool, names_resource: bool
) -> Iterator[PagePart]:
    """Write the fold with the explanation; `number` distinguishes the folds of a page, `drawn` adds a picture."""
    finding = _first_task_finding(group)
    title = question(group)
    if names_resource and finding.answers:
        title += f" ({html_code(finding.answers[0].requirement.shown_resource)})"
    kind = PartKind.EVIDENCE_OF_ERROR if finding.severity is Severity.ERROR else PartKind.EVIDENCE_OF_WARNING
    lines = list(_facts(finding, report, page))
    if len(group.tasks) > 1:
        lines.append(f"- The same for {blocks_with_keys(group.tasks, _SHOWN_TASKS)}; the first is shown")
    lines += _answers(finding, report, page)
    lines += [f"- {sentence(each, names(finding))}" for each in finding.explanation[:_SHOWN_ANSWERS]]
    if finding.symptom:
        lines.append(f"- {symptom_words(finding.symptom).capitalize()} ECS would report {code(finding.symptom)}")
    bullets = "\n".join(lines)
    yield PagePart(f"<details><summary>{title}</summary>\n\n{bullets}", kind, number)
    drawing = picture(finding) if drawn else None
    if drawing:
        yield PagePart(fence(drawing, "mermaid"), PartKind.DIAGRAM)
    yield PagePart("</details>", kind, number)


def _first_task_finding(group: Group) -> Finding:
    """Return what the first task definition of a group lacks as one finding, required or recommended."""
    first, *rest = (each for each in group.findings if each.task_definition == group.tasks[0])
    together = [first, *rest]
    return msgspec.structs.replace(
        first,
        severity=min((each.severity for each in together), key=lambda each: each.rank),
        answers=tuple(answer for each in together for answer in each.answers),
        explanation=tuple(dict.fromkeys(words for each in together for words in each.explanation)),
    )


def question(group: Group) -> str:
    """Return what the explanation of a group answers, in HTML."""
    finding = _first_task_finding(group)
    actions = list(dict.fromkeys(answer.requirement.action for answer in finding.answers))
    task = html_code(group.shown[0])
    if not actions:
        return f"More on {html_code(finding.rule)} for {task}"
    return f"Why {join_names(map(html_code, actions[:3]))} {'is' if len(actions) == 1 else 'are'} denied to {task}"


def _facts(finding: Finding, report: Report, page: Page) -> Iterator[str]:
    change = " (already broken before this change)" if finding.change == "existing" else ""
    if broken_actions(finding):
        change = " (**this change breaks it**: it was allowed before)"
    yield f"- {sentence(finding.message, names(finding))}{change}"
    belongs = "" if finding.fix else place_link(finding.location, report, page)
    needed = place_link(finding.needed_at, report, page)
    places = filter(None, (f"needed at {needed}" if needed else "", f"fix at {belongs}" if belongs else ""))
    if written := ", ".join(places):
        yield f"- {written[0].upper()}{written[1:]}"
    manual = page.manual(finding.rule)
    if manual and manual.url:
        yield f"- Rule {code(finding.rule)}: [{manual.title}]({manual.url})"


def names(finding: Finding) -> tuple[str | None, ...]:
    """Return what the sentences of a finding may quote."""
    needs = [
        name
        for answer in finding.answers[:_SHOWN_ANSWERS]
        for name in (answer.role, answer.requirement.action, answer.requirement.shown_resource)
    ]
    policies = [
        each.policy for answer in finding.answers[:_SHOWN_ANSWERS] for each in answer.evidence[:_SHOWN_EVIDENCE]
    ]
    return (finding.address, finding.task_definition, finding.rule, *needs, *policies)


def _answers(finding: Finding, report: Report, page: Page) -> Iterator[str]:
    """Yield why each permission is denied, once for the containers that need it."""
    found = group_by_key((_permission(each), each) for each in finding.answers)
    for alike in list(found.values())[:_SHOWN_ANSWERS]:
        answer, need = alike[0], alike[0].requirement
        why = reason_words(answer.reason)
        yield f"- {code(need.action)} on {code(need.shown_resource)} for {needed_by(alike)}: {why}"
        yield from (_statement(each, answer, report, page) for each in answer.evidence[:_SHOWN_EVIDENCE])
        if len(answer.evidence) > _SHOWN_EVIDENCE:
            yield f"  - and {len(answer.evidence) - _SHOWN_EVIDENCE:,} more"
    if len(found) > _SHOWN_ANSWERS:
        yield f"- and {len(found) - _SHOWN_ANSWERS:,} more"


def _permission(answer: Answer) -> tuple[object, ...]:
    return answer.requirement.action, answer.requirement.shown_resource, answer.reason, answer.evidence


def _statement(found: Evidence, answer: Answer, report: Report, page: Page) -> str:
    patterns = nearest(answer.requirement, found)[:_SHOWN_PATTERNS]
    more = and_more(len(found.patterns), len(patterns))
    what = {"Deny": " denies", "Allow": " allows"}.get(found.effect, "")
    on = f"{what} {', '.join(map(code, patterns))}{more}" if patterns else ""
    sid = f" (statement {code(found.sid)})" if found.sid else ""
    place = place_link(found.location, report, page)
    return f"  - {code(found.policy)}{sid}{on}{f' at {place}' if place else ''}: {prose(evidence_words(found))}"


def suggestion(change: ShownChange, number: int, targets: tuple[str, ...], *, opened: bool) -> Iterator[PagePart]:
    """Write the fold with the suggested change for these targets, if a page is about several."""
    fix = change.fix
    where = f" in {few(list(map(html_code, targets)), 2)}" if targets else ""
    state = "<details open>" if opened else "<details>"
    title, others = fix.title, ""
    if len(title) > LONGEST_IN_SUMMARY and "; " in title:
        first, others = title.split("; ", 1)
        title, others = f"{first}; …", f"\n\n{sentence(others)}."
    top = f"{state}<summary>Suggested change{where}: {html_prose(title)} ({fix_words(fix)})</summary>"
    yield PagePart(f"{top}{others}\n\n{_change_itself(change)}\n\n</details>", PartKind.DIFF, number)


def remedy_part(finding: Finding, remedy: Remedy, number: int, tasks: str) -> PagePart:
    """Write a remedy, and for which tasks it is if a page has several."""
    body = f"\n\n{fence(remedy.hcl, 'hcl')}" if remedy.hcl else ""
    return PagePart(
        f"To do{f' for {tasks}' if tasks else ''}: {prose(remedy.words, names(finding))}{body}", PartKind.DIFF, number
    )


def _change_itself(change: ShownChange) -> str:
    fix = change.fix
    if not fix.diff:
        return f"Add:\n\n{fence(fix.hcl, 'hcl')}"
    diff = fix.diff.replace("\r\n", "\n")
    if not is_visible(diff):
        return "It touches lines with characters that cannot be seen, so it is not shown here."
    option = "--unidiff-zero " if needs_unidiff_zero(diff) else ""
    how = f"Save as `fix.patch`, then `git apply {option}fix.patch` at the top of the repository."
    if change.is_refused:
        how = OVERLAPPING
    if diff != fix.diff:
        how = "The lines of this file end with CR LF, which a comment cannot carry: make the change by hand."
    return f"{how}\n\n{fence(diff, 'diff')}"


# The path of an access as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html) that shows where it
# breaks. Ids are our own, since names may be words of the grammar; labels are quoted, and special characters in them
# are `#…;`.

_MOST_NODES = 12
_LONGEST_LABEL = 60
_SHOWN_POLICIES = 3
#: Policies of roles, by address or ARN; every other one belongs to a resource.
_OF_ROLES = regex(r"(?:^|\.)aws_iam_|^arn:[^:]*:iam:")
_MEANING = regex(r'[#"`<>&\\|]')
_GAPS: dict[Reason | None, str] = {
    Reason.GRANTED_TO_TASK_ROLE: "granted to the task role only",
    Reason.GRANTED_TO_EXECUTION_ROLE: "granted to the execution role only",
    Reason.PERMISSIONS_BOUNDARY: "beyond the boundary",
    Reason.RESOURCE_POLICY: "not by the resource's policy",
}
_BROKEN = "stroke:#cf222e,stroke-width:2px"


class Edge(msgspec.Struct, frozen=True):
    """One step of the path; a broken one is dashed, a denying one ends in a cross."""

    start: str
    end: str
    label: str
    line: str = "-->"


def picture(finding: Finding) -> str | None:
    """Draw task, role, policies and resource with the missing edge; None if it would be too large."""
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
    for each in policies:
        yield Edge(role, each.policy, "has" if _OF_ROLES.search(each.policy) else "is checked by")
        if each.effect == "Deny":
            yield Edge(each.policy, need.shown_resource, f"denies {need.action}", "--x")
        else:
            yield Edge(each.policy, need.shown_resource, f"{need.action}: {evidence_words(each)}", "-.->")
    if not policies:
        yield Edge(role, need.shown_resource, f"{need.action}: {_GAPS.get(answer.reason, 'not granted')}", "-.->")


def _is_on_the_path(evidence: Evidence, answer: Answer) -> bool:
    """Whether a statement is in a policy of the drawn role and denies or almost grants."""
    if answer.reason is Reason.EXPLICIT_DENY:
        return evidence.effect == "Deny"
    return answer.reason is Reason.IMPLICIT_DENY and evidence.policy != answer.role
