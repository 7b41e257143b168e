"""Render one cause: who lacks what, the near misses, the source, and the fix."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from tfcheck.report.causes import Cause, Group, Need, breakage, fixes, remedies
from tfcheck.report.diff import OVERLAPPING, needs_unidiff_zero
from tfcheck.report.html.element import Child, Markup, View, address, capitalize, join_markup, prose, sentence, tag
from tfcheck.report.instance_names import block
from tfcheck.report.joined_fixes import ShownChange
from tfcheck.report.markdown.page import TargetedCause
from tfcheck.report.pattern_mismatch import nearest, parting
from tfcheck.report.words import (
    compares_resources,
    evidence_words,
    fix_words,
    outcome_words,
    plural,
    role_problem_words,
    title,
)
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Evidence, Excerpt, Finding, Fix, Location, Reason, Remedy, Report, Requirement

#: More near statements, and more of their patterns, are counted.
_SHOWN_NEAR, _SHOWN_PATTERNS, _SHOWN_TASKS, _SHOWN_EXCERPTS = 2, 4, 4, 2
_SHOWN_STATEMENTS = 6
_CHANGES = {"introduced": "introduced by this change", "existing": "already broken before this change"}


class AlreadyShown:
    """The fixes and remedies that the page has already shown; `changes` is what it shows for each fix."""

    def __init__(self, changes: Mapping[Fix, ShownChange]) -> None:
        self.changes = changes
        self.fixes: dict[Fix, str] = {}
        self.remedies: set[Remedy] = set()


def article(found: TargetedCause, number: int, view: View, shown: AlreadyShown, most: int) -> Markup:
    """Write a cause with at most `most` groups as an article; a repeated fix is only named."""
    cause = found.cause
    alone = len(cause.groups) == 1
    number_left, left = cause.rest(most)
    severity = cause.severity.value
    head = tag(
        "div",
        tag("span", severity, class_=f"badge {severity}"),
        tag("h3", prose(capitalize(title(cause))), id=f"finding-{number}-title"),
        view.rule(cause.rule),
        class_="title",
    )
    return tag(
        "article",
        head,
        tag("p", join_markup(list(_facts(found, view)), " · "), class_="facts"),
        _waivers(found),
        (_group(cause, group, found.report, view, shown, alone=alone) for group in cause.groups[:most]),
        tag("p", f"and {plural(number_left, left)}: see the JSON report", class_="soft") if number_left else None,
        class_="cause",
        id=f"finding-{number}",
        aria_labelledby=f"finding-{number}-title",
        data_verdict="denied",
        data_rule=cause.rule,
    )


def _facts(found: TargetedCause, view: View) -> Iterator[Child]:
    yield plural(len(found.cause.tasks), "task definition")
    if found.cause.breaks:
        yield "this change breaks it"
    elif found.cause.change in _CHANGES:
        yield _CHANGES[found.cause.change]
    if view.several:
        yield ("in ", join_markup([address(each) for each in found.targets]))


def _waivers(found: TargetedCause) -> Iterator[Markup]:
    """Write why a cause is accepted, until when, and where the waiver is."""
    for each in dict.fromkeys(finding.waived for finding in found.cause.findings):
        if each is not None:
            until = f", until {each.until}" if each.until else ""
            yield tag(
                "p", tag("b", "Waived: "), prose(each.reason), " (", address(each.where), until, ")", class_="prose"
            )


def _group(cause: Cause, group: Group, report: Report, view: View, shown: AlreadyShown, *, alone: bool) -> Markup:
    explained = (each for finding in group.findings for each in finding.explanation)
    sentences = [sentence(each) for each in dict.fromkeys((breakage(group), *explained)) if each]
    left = [
        *_affected_tasks(cause, group, report, view, alone=alone),
        *_near(group, report, view),
        tag("div", sentences, class_="prose") if sentences else None,
        _consequence(cause, group),
    ]
    right = [*_sources(group, report, view), *_fixes(group, shown)]
    columns = (tag("div", left, class_="stack"), tag("div", right, class_="stack") if right else None)
    return tag("div", columns if right else tag("div", left, class_="stack alone"), class_="columns")


# Who needs what


def _affected_tasks(cause: Cause, group: Group, report: Report, view: View, *, alone: bool) -> Iterator[Child]:
    lacks = bool(group.needs) and cause.reason is not Reason.TRUST_POLICY
    tasks = _tasks(group, report, view)
    if not lacks:
        yield tag("p", ((prose(group.message), ": ") if not alone else None), tasks, class_="prose")
        if group.role and group.role not in group.shown:
            yield tag(
                "p", "See ", address(group.role), view.place_link(group.findings[0].location, report), class_="prose"
            )
    else:
        yield tag("p", tasks, " need" if len(group.tasks) > 1 else " needs", class_="prose")
        yield tag("ul", map(_need_item, group.needs), class_="needs")
        role = role_problem_words(cause.reason, cause.role_kind, "\0" if group.role else "")
        before, _, after = role.partition("\0")
        named = (address(group.role), view.place_link(group.findings[0].location, report)) if "\0" in role else None
        yield tag("p", "but ", before, named, after, ".", class_="prose")
    if not len(group.tasks) <= len(group.shown) <= _SHOWN_TASKS:
        yield view.all_tasks(group.tasks, report)


def _tasks(group: Group, report: Report, view: View) -> Markup:
    first = {block(each): each for each in reversed(group.tasks)}
    names = [view.task(first.get(block(each), each), report, each) for each in group.shown[:_SHOWN_TASKS]]
    more = and_more(len(group.shown), _SHOWN_TASKS)
    return join_markup([*names[:-1], (names[-1], more)] if names else [])


def _need_item(need: Need) -> Markup:
    severity = "error" if need.is_required else "warning"
    weight = tag("span", "required" if need.is_required else "recommended", class_=f"weight {severity}")
    action = tag("b", need.answer.requirement.action)
    return tag("li", action, weight, tag("span", "on ", address(need.resource), class_="on"))


# Why


def _near(group: Group, report: Report, view: View) -> Iterator[Markup]:
    """Write the nearest or denying statements, the same ones only once."""
    found: dict[Evidence, Need] = {}
    for need in group.needs:
        for each in need.answer.evidence[:_SHOWN_NEAR]:
            found.setdefault(each, need)
    for each, need in list(found.items())[:_SHOWN_STATEMENTS]:
        sid = (" (", tag("code", each.sid), ")") if each.sid else None
        why = prose(evidence_words(each))
        head = tag("p", address(each.policy), sid, view.place_link(each.location, report), ": ", why, class_="prose")
        yield tag("div", head, _patterns(each, need.answer.requirement), class_="near")


def _patterns(evidence: Evidence, need: Requirement) -> Markup | None:
    patterns, needed = nearest(need, evidence), need.shown_resource
    if not patterns:
        return None
    compared = compares_resources(evidence)
    rows: list[Child] = [tag("dt", "needed"), tag("dd", needed)] if compared else []
    rows.append(tag("dt", "denied" if evidence.effect == "Deny" else "granted"))
    for each in patterns[:_SHOWN_PATTERNS]:
        stop = parting(needed, each) if compared else None  # where the pattern stops matching
        rows.append(tag("dd", (each[:stop], tag("mark", each[stop:])) if stop and stop < len(each) else each))
    if len(patterns) > _SHOWN_PATTERNS:
        rows.append(tag("dd", f"and {len(patterns) - _SHOWN_PATTERNS:,} more"))
    return tag("dl", rows)


def _consequence(cause: Cause, group: Group) -> Markup | None:
    symptom = next((each.symptom for each in group.findings if each.symptom), "")
    if not symptom:
        return None
    return tag("div", tag("p", outcome_words(symptom, cause), class_="small soft"), tag("p", symptom, class_="says"))


# The source, and the fix


def _sources(group: Group, report: Report, view: View) -> Iterator[Markup]:
    shown: set[tuple[str, int]] = set()
    for name, place in _places(group.findings[0]):
        found = view.excerpt(place, report)
        if found is not None and (place.file, place.line) not in shown and len(shown) < _SHOWN_EXCERPTS:
            shown.add((place.file, place.line))
            yield _figure((name, view.place(place, report)), list(_numbered_lines(found)))


def _places(finding: Finding) -> Iterator[tuple[str, Location]]:
    near = next((each for answer in finding.answers for each in answer.evidence), None)
    statement = "Statement that denies it" if near and near.effect == "Deny" else "Nearest statement"
    where = ("Needed here", statement, "Role") if finding.answers else ("Written here",) * 3
    for name, place in zip(where, (finding.needed_at, near.location if near else None, finding.location), strict=True):
        if place is not None:
            yield name, place


def _fixes(group: Group, shown: AlreadyShown) -> Iterator[Markup]:
    for fix in fixes(group.findings):
        found = shown.changes[fix]
        if found.fix in shown.fixes:
            again = tag("a", "the change above", href=f"#{shown.fixes[found.fix]}")
            yield tag("p", tag("b", "Fix: "), prose(fix.title), " (", again, ")", class_="prose")
        else:
            shown.fixes[found.fix] = f"fix-{len(shown.fixes) + 1}"
            yield tag("div", change(found), id=shown.fixes[found.fix])
    for gist, remedy in remedies(group.findings).items():
        if gist not in shown.remedies:
            shown.remedies.add(gist)
            yield remedy_text(remedy)


_MARKS = {"+": "add", "-": "cut"}
#: A longer diff is cut off here.
_MOST_LINES = 400


def _numbered_lines(found: Excerpt) -> Iterator[Markup]:
    """Write the lines of an excerpt with their numbers; hidden ones are counted."""
    hidden = 0
    for number, text in enumerate((*found.lines, ""), found.line):
        last = number == found.line + len(found.lines)
        if text is None:
            hidden += 1
            continue
        if hidden:
            yield tag("span", f"⋯ {hidden} {'line' if hidden == 1 else 'lines'} not shown", class_="gap")
            hidden = 0
        if not last:
            label = tag("span", str(number), class_="number")
            yield tag("span", label, text.replace("\t", "    "), class_="at" if number == found.line else None)


def change(found: ShownChange) -> Markup:
    """Write a suggested change with its diff, or the code to add."""
    fix = found.fix
    caption = (("Fix: ", prose(fix.title)), fix_words(fix))
    if not fix.diff:
        return _figure(caption, list(_code(fix.hcl)))
    command = tag("code", f"git apply {'--unidiff-zero ' if needs_unidiff_zero(fix.diff) else ''}fix.patch")
    how: Child = ("Save as ", tag("code", "fix.patch"), ", then ", command, " at the top of the repository.")
    if found.is_refused:
        how = prose(OVERLAPPING)
    return _figure(caption, list(_diff(fix.diff)), tag("p", how, class_="how"))


def _diff(diff: str) -> Iterator[Markup]:
    rows = diff.removesuffix("\n").split("\n")
    for text in rows[:_MOST_LINES]:
        head = text.startswith(("diff --git ", "--- ", "+++ ", "@@ ", "index "))
        mark = "hunk" if head else _MARKS.get(text[:1])
        yield tag("span", text.removesuffix("\r").replace("\t", "    "), class_=mark)
    if len(rows) > _MOST_LINES:
        yield tag("span", f"⋯ {len(rows) - _MOST_LINES:,} more lines", class_="gap")


def _code(hcl: str) -> Iterator[Markup]:
    yield from (tag("span", text.replace("\t", "    ")) for text in hcl.rstrip("\n").split("\n"))


def remedy_text(remedy: Remedy) -> Markup:
    """Write a remedy."""
    words = tag("p", tag("b", "To do: "), prose(remedy.words), class_="prose")
    return tag(
        "div", words, _figure(("To write", None), list(_code(remedy.hcl))) if remedy.hcl else None, class_="stack"
    )


def _figure(caption: tuple[Child, Child], rows: list[Markup], below: Child = None) -> Markup:
    left, right = caption
    head = tag("figcaption", tag("span", left), tag("span", right, class_="soft") if right else None)
    return tag("figure", head, tag("pre", rows, tabindex=0), below)
