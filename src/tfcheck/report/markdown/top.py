"""Render the head and the foot of a page.

A preview shows only the title, and many read only the sentence below it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import msgspec

from tfcheck import __version__
from tfcheck.report.left_out_words import excused_words, selection_sentence, severity_counts
from tfcheck.report.markdown.escape import code, sentence
from tfcheck.report.markdown.fold import names
from tfcheck.report.markdown.marker import Marker, marker
from tfcheck.report.markdown.page import SEVERAL, Page, PageContent, TargetedFinding, group_by_cause
from tfcheck.report.markdown.rows import ICONS, UNKNOWN_ICON, count_rows, target_names
from tfcheck.report.origin import context_text
from tfcheck.report.safe_text import clip_width
from tfcheck.report.words import all_can_start, lack_words, plural
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Severity, all_unread

_LONGEST_ID = 100
_SHOWN_TARGETS, _MOST_ABSENT = 3, 20
#: In the title of a comment that a newer run of the same commit did not see, or that may have replaced another result.
NEWER_RUN, _MAY_BE_MISSING = "a newer run may differ", "another result may be missing"
#: In the footer of a comment by a token that may overlook a newer run.
HIDDEN_RUNS = "newer runs are not visible to this token"
_ASSUMED = " (the newest; the event that started the run names none)"
#: What to do about two jobs or workflows that write one comment.
SHARED_ID_HINT = "give each job a comment id of its own, or combine their reports in a final job"


def mark(content: PageContent, page: Page) -> Marker:
    """Build the marker of the page."""
    reports = content.reports or content.stale
    links = page.links
    sha = links.sha if links else next(filter(None, (context_text(each, "head_sha") for each in reports)), "")
    run = links.run if links else next(filter(None, (context_text(each, "run") for each in reports)), "")
    return marker(name(content, page), sha, page.order or run, page.job)


def name(content: PageContent, page: Page) -> str:
    """Return the name of the page: as requested, otherwise after its only target."""
    targets = tuple(dict.fromkeys((*content.targets, *page.absent)))
    alone = len(targets) == 1 and page.expected <= 1
    return page.id or (targets[0] if alone else SEVERAL)


def title(content: PageContent, page: Page) -> str:
    """Write the heading, which is the summary."""
    icon, words = _verdict(content, page)
    other = None if page.newer is None or page.newer.hidden else page.newer
    in_doubt = _MAY_BE_MISSING if icon == "✅" else ""
    icon = UNKNOWN_ICON if other and icon == "✅" else icon
    affected = _affected_targets(content)
    share = "" if affected == content.targets else f" ({len(affected)} of {len(content.targets)} targets)"
    where = f"{_names(affected)}{share}"
    about = f"{words} in {where}" if words and where else words
    newer = "" if other is None else NEWER_RUN if other.id else in_doubt
    return f"### {icon} tfcheck: {', '.join(filter(None, (about, _missing_results(content, page), newer)))}"


def _affected_targets(content: PageContent) -> tuple[str, ...]:
    """Return the targets with what the verdict counts: errors, otherwise any findings, otherwise all targets."""
    errors = [each for each in content.findings if each.finding.severity is Severity.ERROR]
    affected = {target for each in errors or content.findings for target in each.targets}
    return tuple(each for each in content.targets if each in affected) or content.targets


def _missing_results(content: PageContent, page: Page) -> str:
    """Return the targets without a result, or the number of results if not all are known; empty if there are none."""
    absent, number = content.absent(page), missing(content, page)
    if number and number == len(page.replaced):
        return f"result of {_names(page.replaced)} not shown"
    named = [f"no result for {_names(absent)}"] if absent else []
    named += [f"last plan of {_names(page.replan_failed)} failed"] if page.replan_failed else []
    if named and len(absent) + len(page.replan_failed) == number:
        return ", ".join(named)
    if not (content.reports or page.expected or page.untouched):
        return "no result for this commit"
    return f"{plural(number, 'result')} missing" if number else ""


def _verdict(content: PageContent, page: Page) -> tuple[str, str]:
    """Return the icon and the verdict, apart from missing results."""
    severities = [each.finding.severity for each in content.findings]
    counts = _headline_counts(content)
    if Severity.ERROR in severities:
        return "❌", ", ".join(counts)
    if missing(content, page) or not (content.reports or page.expected or page.untouched):
        return UNKNOWN_ICON, ", ".join(counts)
    unread = all_unread(content.reports)
    if unread:
        return UNKNOWN_ICON, ", ".join((*counts, f"{plural(len(unread), 'plan')} not checked"))
    if severities:
        return ICONS[min(severities, key=lambda each: each.rank)], ", ".join(counts)
    if content.known:
        broken = len(_broken(content.known))
        tasks = plural(broken, "task definition") if broken else plural(len(content.known), "finding")
        return "⚠️", f"nothing new, but {tasks} {'will not start' if broken else 'in the baseline'}"
    if content.waiting or any(report.skipped for report in content.reports):
        return UNKNOWN_ICON, "no definite problem, but not everything can be decided"
    if excused := excused_words(content.reports):
        return "⚠️", f"no open finding, {excused}"
    if page.resolved and not (page.newer and page.newer.id):
        return "✅", f"resolved, {_all_can_start(content)}"
    return "✅", _all_can_start(content)


def _all_can_start(content: PageContent) -> str:
    tasks = sum(len(report.task_definitions) for report in content.reports)
    if not content.reports:
        return "no checked project is changed any more"
    if not tasks:
        return "no ECS task definition"
    return all_can_start(tasks)


def _headline_counts(content: PageContent) -> list[str]:
    """Return how many task definitions will not start; if none, how many smaller problems there are."""
    if broken := _broken(content.findings):
        known = len(_broken(content.known) - broken)
        others = [f"{known:,} more {'is' if known == 1 else 'are'} in the baseline"] if known else []
        return [f"{plural(len(broken), 'task definition')} will not start", *others]
    return _row_counts(content.findings)


def _row_counts(findings: Iterable[TargetedFinding], *, others: bool = False) -> list[str]:
    """Return the numbers of the rows below by severity; `others` are those of no permission, counted beside them."""
    found = count_rows(group_by_cause(findings), misconfigurations=others)
    return severity_counts(found.elements(), "other " if others else "")


def _broken(findings: Iterable[TargetedFinding]) -> set[tuple[str, str]]:
    """Return the task definitions that will not start, each with its target."""
    return {
        (target, each.finding.task_definition)
        for each in findings
        if each.finding.severity is Severity.ERROR
        for target in each.targets
    }


def missing(content: PageContent, page: Page) -> int:
    """Return the number of missing results."""
    return max(page.expected - len(content.reports), len(content.absent(page)) + len(page.replan_failed))


def lead(content: PageContent, page: Page) -> Iterator[str]:
    """Yield in a sentence what breaks, or does not, and which results are missing."""
    if (content.reports or not page.untouched) and (words := _breaks(content)):
        yield words
    newer = page.newer
    if newer is not None and page.links and (url := msgspec.structs.replace(page.links, run=newer.id).run_url()):
        yield (
            f"{UNKNOWN_ICON} **A newer run** started before this was written: [run]({url}). This sentence "
            "stays if the newer run found nothing to report, or failed before that: look at its status."
        )
    if newer is not None and not (newer.id or newer.hidden):
        yield (
            f"{UNKNOWN_ICON} **Another result may be missing**: this one was written slowly, and may have replaced "
            "that of another job or a newer run. Look at their status, or run this job again."
        )
    yield from dict.fromkeys(f"{sentence(words)}." for each in content.reports if (words := selection_sentence(each)))
    absent = content.absent(page)
    if lost := tuple(each for each in absent if each not in page.replaced):
        its, it = ("its", "it") if len(lost) == 1 else ("their", "them")
        yield (
            f"{UNKNOWN_ICON} **No result for this commit**: {_names(lost, _MOST_ABSENT)}. "
            f"The plan failed or was not made, so {its} earlier findings may still apply. Plan {it} again."
        )
    if page.untouched:
        yield f"**Not changed by this pull request any more**: {_names(page.untouched, _MOST_ABSENT)}."
    if page.replan_failed:
        yield (
            f"{UNKNOWN_ICON} **The last plan failed**: {_names(page.replan_failed, _MOST_ABSENT)}. "
            "What is shown below is the result of an earlier plan of this commit."
        )
    if page.replaced:
        yield (
            f"{UNKNOWN_ICON} **Result not shown**: {_names(page.replaced, _MOST_ABSENT)}. Another job wrote it to this "
            f"comment, under the same id. To see every result, {SHARED_ID_HINT}."
        )
    if unnamed := missing(content, page) - len(absent) - len(page.replan_failed):
        yield f"{UNKNOWN_ICON} **{plural(unnamed, 'result')} missing**: a plan or a job failed before it had a result."


def _names(targets: tuple[str, ...], most: int = _SHOWN_TARGETS) -> str:
    return target_names(tuple(clip_width(each, _LONGEST_ID) for each in targets), most)


def _breaks(content: PageContent) -> str:
    tasks = sum(len(report.task_definitions) for report in content.reports)
    if content.findings:
        first = content.findings[0].finding
        answers = [answer for each in content.findings for _ in each.targets for answer in each.finding.answers]
        required = [each for each in answers if each.requirement.severity is Severity.ERROR]
        recommended = len(answers) - len(required)
        if not required and first.answers and len(group_by_cause(content.findings)) == 1:
            return f"{sentence(first.message, names(first))}."
        if not required:
            worst, *others = _row_counts(content.findings)
            return f"{', '.join((f'**{worst}**', *others))}." if _broken(content.findings) else ""  # as the title says
        existing = [each.finding for each in content.findings if each.finding.change == "existing"]
        lacked = [answer for finding in existing for answer in finding.answers]
        more = f", {recommended:,} recommended" if recommended else ""
        waiting = f", {len(content.waiting):,} not decided" if content.waiting else ""
        all_words = "it" if len(lacked) == 1 else "all of these"
        some = f"{len(lacked):,} of these" if len(lacked) < len(answers) else all_words
        were = "was" if len(lacked) == 1 else "were"
        old = f"; {some} {were} {lack_words(lacked)} before this change" if lacked else ""
        misconfigurations = _row_counts(content.findings, others=True)
        also = f" Also {join_names(misconfigurations)}." if misconfigurations else ""
        return f"**{plural(len(required), 'required permission')} {lack_words(required)}**{more}{waiting}{old}.{also}"
    if content.known:
        return "Everything that is missing is in the baseline."
    if content.waiting:
        what = plural(len(content.waiting), "permission")
        return f"{what} that ECS needs to start tasks cannot be decided before apply."
    if not content.reports:
        return "There is no result to show."
    if not tasks:
        return "There is no ECS task definition in this plan."
    if excused := excused_words(content.reports):
        return f"No other finding in {plural(tasks, 'ECS task definition')}: {excused}."
    return f"The roles of {plural(tasks, 'ECS task definition')} grant every permission that is checked."


def footer(content: PageContent, page: Page) -> str:
    """Write the page's commit, run, artifact, id and author."""
    found = mark(content, page)
    known = any(char != "0" for char in found.sha)
    run = page.links.run_url() if page.links else None
    parts = (
        f"Commit {code(found.sha[:7])}{_ASSUMED if page.assumed else ''}" if known else "",
        f"[run]({run})" if run else "",
        HIDDEN_RUNS if page.newer and page.newer.hidden else "",
        f"[page {code(clip_width(page.artifact, _LONGEST_ID))}]({run}#artifacts)" if run and page.artifact else "",
        f"id {code(clip_width(name(content, page), _LONGEST_ID))}",
        f"tfcheck {__version__}",
    )
    return f"<sub>{' · '.join(filter(None, parts))}</sub>"
