"""Render the sections of a page, from the answer to the notes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from tfcheck import __version__
from tfcheck.report.access_map import MapGroup
from tfcheck.report.cause_text import open_questions
from tfcheck.report.causes import broken_tasks
from tfcheck.report.change_words import TASKS, access_changes, changed_tasks
from tfcheck.report.html.element import (
    Child,
    Markup,
    View,
    address,
    capitalize,
    join_markup,
    prose,
    render_content,
    tag,
)
from tfcheck.report.html.finding import AlreadyShown, article
from tfcheck.report.html.tree import access_tree
from tfcheck.report.instance_names import blocks, skipped_blocks
from tfcheck.report.joined_fixes import join_fixes
from tfcheck.report.left_out_words import excused_words, selection_sentence, waiver_sentences
from tfcheck.report.markdown.page import PageContent, fixes_in_order, group_by_cause
from tfcheck.report.origin import context_text, target
from tfcheck.report.question_words import deciding_words, question_words
from tfcheck.report.words import TaskStatus, fixed_words, headline, instances, lack_words, plural, standings
from tfcheck.vocabulary.clipping import and_more
from tfcheck.vocabulary.finding import Answer, Report, Severity, Verdict, all_unread

_SHOWN_TASKS = 4
_SHOWN_ROWS = 200
_CLASSES = {"fixed": "good", "still_broken": "warning", "broken": "error"}


def questions(report: Report, view: View) -> Iterator[Markup]:
    """Write one article for everything undecided with the same cause."""
    for question, members in open_questions(report).items():
        tasks = list(dict.fromkeys(each.requirement.task_definition for each in members))
        rules = dict.fromkeys(each.requirement.rule for each in members)
        names = blocks(tasks)
        who = join_markup(
            [view.task(each if each in tasks else tasks[0], report, each) for each in names[:_SHOWN_TASKS]]
        )
        more = and_more(len(names), _SHOWN_TASKS)
        advice = deciding_words(question, report)
        head = tag(
            "div",
            tag("span", "unknown", class_="badge unknown"),
            tag("h3", prose(capitalize(question_words(question)))),
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
        tag("li", tag("b", words, class_=f"sign {_CLASSES[kind]}"), " ", view.task(each, report))
        for kind, words in TASKS.items()
        for each in changed_tasks(report, kind)
    ]
    for words, access in ((kind.words, each) for kind in access_changes(report) for each in kind.lines):
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


#: Up to this many maps are open initially.
_OPEN_MAPS = 2
_SHOWN_BROKEN = 10
#: More groups of task definitions than this are only counted.
_MOST_GROUPS = 3_000
_VERDICTS = (("denied", "Missing"), ("unknown", "Unknown"), ("allowed", "Allowed"))


class PageMap(msgspec.Struct, frozen=True):
    """A map on the page, its report, and its id."""

    report: Report
    group: MapGroup
    id: str


def page_body(content: PageContent, maps: Sequence[PageMap], more_maps: int, view: View) -> tuple[str, Markup]:
    """Return the title and all sections of the page."""
    standing = {
        f"{target(report)}: {task}": each for report in content.reports for task, each in standings(report).items()
    }
    findings, known, waived = _findings(content, view)
    open_articles = [each for one in content.reports for each in questions(one, view)]
    what_changes = [each for one in content.reports if (each := changes(one, view)) is not None]
    _, words = headline(content.reports, standing)
    words = capitalize(words) if content.reports else "No result for this commit"
    sections = (
        _section("findings", "Findings", findings, empty=_nothing_missing(content)),
        _section("baseline", "In the baseline", known),
        _section("waived", "Waived", waived),
        _section("unknown", "Cannot be decided", open_articles),
        _section("change", "What this change does", what_changes, filtered=False),
        _maps(maps, more_maps, view),
        _section("notes", "Notes", _notes(content, view), filtered=False),
    )
    page = render_content(
        (
            tag("a", "Skip to the findings", href="#findings", class_="skip"),
            _header(words, standing, content),
            _filters(content),
            tag("main", sections),
            _footer(content, view),
        )
    )
    return f"tfcheck: {words}", page


# The head of the page


def _header(words: str, standing: dict[str, TaskStatus], content: PageContent) -> Markup:
    targets = join_markup([tag("b", each) for each in content.targets])
    return tag(
        "header",
        tag("p", "tfcheck · ", targets, class_="over"),
        tag("h1", words),
        _broken(content),
        [tag("p", prose(capitalize(each)), class_="lead soft") for each in _left_out(content)],
        tag("dl", _count_badges(standing, content), class_="counts"),
    )


def _left_out(content: PageContent) -> Iterator[str]:
    """Yield what is left out of the findings, and why."""
    selected = (selection_sentence(report) for report in content.reports)
    fixed = (each for report in content.reports for each in fixed_words(report))
    yield from dict.fromkeys(filter(None, (*waiver_sentences(content.reports), *selected, *fixed)))


def _broken(content: PageContent) -> Markup | None:
    names = blocks(broken_tasks(content.reports))
    if not names:
        return None
    more = and_more(len(names), _SHOWN_BROKEN)
    return tag(
        "p",
        tag("b", "This change breaks "),
        join_markup([address(each) for each in names[:_SHOWN_BROKEN]]),
        more,
        class_="broken",
    )


def _count_badges(standing: dict[str, TaskStatus], content: PageContent) -> Iterator[Markup]:
    answers = [
        each
        for report in content.reports
        for each in report.counted_answers()
        if not each.requirement.necessity.mistaken
    ]
    denied = [each for each in answers if each.verdict is Verdict.DENIED]
    required = [each for each in denied if each.requirement.severity is Severity.ERROR]
    recommended = [each for each in denied if each.requirement.severity is Severity.WARNING]
    verdicts = [each.verdict for each in answers]
    for number, words in (
        (len(standing), "task definitions"),
        (len(required), f"required {lack_words(required)}"),
        (len(recommended), f"recommended {lack_words(recommended)}"),
        (sum(not each.finding.answers for each in (*content.findings, *content.known)), "misconfigurations"),
        (verdicts.count(Verdict.UNKNOWN), "not decided"),
        (verdicts.count(Verdict.ALLOWED), "granted"),
    ):
        yield tag("div", tag("dt", words.removesuffix("s") if number == 1 else words), tag("dd", f"{number:,}"))


def _filters(content: PageContent) -> Markup:
    rules = {each.finding.rule for each in (*content.findings, *content.known, *content.waived)}
    rules |= {each.requirement.rule for report in content.reports for each in report.counted_answers()}
    options = (tag("option", "All rules", value=""), *(tag("option", each, value=each) for each in sorted(rules)))
    boxes = (
        tag("label", tag("input", type="checkbox", name="verdict", value=value, checked=True), words)
        for value, words in _VERDICTS
    )
    form = tag(
        "form",
        tag("label", "Search", for_="search", class_="vh"),
        tag(
            "input",
            type="search",
            id="search",
            placeholder="Search: address, action, ARN …",
            autocomplete="off",
            spellcheck="false",
        ),
        tag("fieldset", tag("legend", "Verdict", class_="vh"), boxes),
        tag("label", "Rule", for_="rule", class_="vh"),
        tag("select", options, id="rule"),
        tag("output", "", id="shown", for_="search rule"),
        id="filters",
        hidden=True,
    )
    return tag("div", form, class_="filters", role="search")


# The sections


def _section(
    id: str, title: str, items: Sequence[Child], *, empty: str = "", remark: Child = None, filtered: bool = True
) -> Markup | None:
    """Write a section with items that the filters may hide; None without items, unless it is to say `empty`."""
    if not items and not empty:
        return None
    nothing = "Nothing here matches the filters." if items else empty
    return tag(
        "section",
        tag("div", tag("h2", title, id=f"{id}-title"), remark, class_="head"),
        tag("p", nothing, class_="none", hidden=bool(items)) if filtered else None,
        items,
        id=id,
        aria_labelledby=f"{id}-title",
        data_list=filtered and bool(items),
    )


def _findings(content: PageContent, view: View) -> tuple[list[Child], list[Child], list[Child]]:
    """Write all causes, including known and waived ones, with fewer groups if there are very many."""
    open_causes, known, waived = (group_by_cause(each) for each in (content.findings, content.known, content.waived))
    changes = join_fixes(fixes_in_order(open_causes), fixes_in_order((*known, *waived)), content.reports)
    shown, left = AlreadyShown(changes), _MOST_GROUPS
    articles: list[Child] = []
    for number, each in enumerate((*open_causes, *known, *waived), 1):
        articles.append(article(each, number, view, shown, max(left, 1)))
        left -= len(each.cause.groups)
    first, second = len(open_causes), len(open_causes) + len(known)
    return articles[:first], articles[first:second], articles[second:]


def _nothing_missing(content: PageContent) -> str:
    if content.known:
        return "Everything that is missing is in the baseline."
    excused = excused_words(content.reports)
    return f"No open finding: {excused}." if excused else "Nothing is missing."


def _maps(maps: Sequence[PageMap], more: int, view: View) -> Markup | None:
    if not maps:
        return None
    opened = len(maps) <= _OPEN_MAPS
    trees: list[Child] = []
    for number, each in enumerate(maps):
        if view.several and (number == 0 or maps[number - 1].report is not each.report):
            trees.append(tag("p", "In ", address(target(each.report)), class_="over"))
        trees.append(access_tree(each.group, each.id, each.report, view, opened=opened))
    if more:
        words = f"{plural(more, 'more map')} not shown here: ", tag("code", "tfcheck show PLAN TASK"), " prints each."
        trees.append(tag("p", words, class_="soft"))
    button = tag("button", "Open all maps", type="button", id="toggle", hidden=True)
    return _section("maps", "Access maps", trees, remark=button)


def _notes(content: PageContent, view: View) -> list[Markup]:
    absent = content.absent(view.page)
    rows = [tag("li", tag("b", "no result for this commit: "), address(each)) for each in absent]
    rows += notes(content.reports, view)
    return [tag("ul", rows, class_="notes")] if rows else []


def _footer(content: PageContent, view: View) -> Markup:
    links = view.page.links
    sha = links.sha if links else next(filter(None, (context_text(each, "head_sha") for each in content.reports)), "")
    run = links.run_url() if links else None
    parts = [
        f"tfcheck {__version__}",
        ("commit ", tag("code", sha[:7])) if sha else None,
        tag("a", "run", href=run, rel="noreferrer") if run else None,
        ("press ", tag("kbd", "/"), " to search"),
    ]
    return tag("footer", tag("p", join_markup([each for each in parts if each is not None], " · ")))
