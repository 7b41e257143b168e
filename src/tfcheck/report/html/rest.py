"""Render what is undecided, the changes, and the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.report.causes import blocks, skipped_blocks
from tfcheck.report.change_words import TASKS, access_changes, role_switch
from tfcheck.report.html.element import Child, Markup, address, prose, render_content, tag
from tfcheck.report.html.view import View, capitalize, join_markup
from tfcheck.report.origin import target
from tfcheck.report.unknown_text import open_questions
from tfcheck.report.words import deciding_words, instances, question_words
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Answer, Report, all_unread

_SHOWN_TASKS = 4
_SHOWN_ROWS = 200
_CLASSES = {"fixed": "good", "still_broken": "warning", "broken": "error"}


def questions(report: Report, view: View) -> Iterator[Markup]:
    """Write one article for everything undecided with the same cause."""
    for (reason, cause), members in open_questions(report).items():
        tasks = list(dict.fromkeys(each.requirement.task_definition for each in members))
        rules = dict.fromkeys(each.requirement.rule for each in members)
        names = blocks(tasks)
        who = join_markup(
            [view.task(each if each in tasks else tasks[0], report, each) for each in names[:_SHOWN_TASKS]]
        )
        more = and_more(len(names), _SHOWN_TASKS)
        advice = deciding_words(reason, cause, has_sources=report.plan.sources is not None)
        head = tag(
            "div",
            tag("span", "unknown", class_="badge unknown"),
            tag("h3", prose(capitalize(question_words(reason, cause)))),
            class_="title",
        )
        yield tag(
            "article",
            head,
            tag("p", who, more, _in_target(report, view), class_="prose"),
            tag("p", prose(advice), class_="prose") if advice else None,
            _rows(members),
            view.all_tasks(tasks, report) if len(tasks) > len(names) or more else None,
            class_="open stack",
            data_verdict="unknown",
            data_rule=" ".join(rules),
        )


def _rows(members: list[Answer]) -> Markup:
    rows = dict.fromkeys((each.requirement.action, each.requirement.shown_resource) for each in members)
    shown = list(rows)[:_SHOWN_ROWS]
    more = tag("li", f"and {len(rows) - _SHOWN_ROWS:,} more") if len(rows) > _SHOWN_ROWS else None
    return tag(
        "ul",
        (tag("li", tag("b", action), tag("span", "on ", address(where), class_="on")) for action, where in shown),
        more,
        class_="needs",
    )


def _in_target(report: Report, view: View) -> Child:
    return (" in ", address(target(report))) if view.several else None


# The change


def changes(report: Report, view: View) -> Markup | None:
    """Write how the change affects task definitions and the access of their roles."""
    rows = [
        tag("li", tag("b", words, class_=f"sign {_CLASSES[kind]}"), " ", view.task(each.task_definition, report))
        for kind, words in TASKS.items()
        for each in report.task_changes
        if each.change == kind
    ]
    accesses = [("switches the execution role", role_switch(each)) for each in report.role_switches]
    accesses += [(kind.words, each) for kind in access_changes(report) for each in kind.lines]
    for words, access in accesses:
        parts: list[Child] = [address(part) if number % 2 else part for number, part in enumerate(access.parts)]
        because = (": ", prose(access.because)) if access.because else None
        rows.append(tag("li", tag("b", words), " ", parts, because))
    if not rows:
        return None
    return render_content((tag("h3", target(report)) if view.several else None, tag("ul", rows, class_="changes")))


# Notes


def notes(reports: Sequence[Report], view: View) -> Iterator[Markup]:
    """Write what could not be analysed or read, and the assumptions."""
    for report in reports:
        yield from (
            tag(
                "li",
                tag("b", "could not be analysed: "),
                address(each.address),
                instances(number),
                _in_target(report, view),
                ": ",
                prose(each.reason),
            )
            for each, number in skipped_blocks(report.skipped)
        )
    yield from (tag("li", tag("b", "not checked: "), prose(each.problem)) for each in all_unread(reports))
    remarks = (each for report in reports for each in report.notes_and_assumptions)
    yield from (tag("li", prose(each)) for each in dict.fromkeys(remarks))
