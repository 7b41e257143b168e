"""Render a report as SARIF for code scanning.

Follows SARIF 2.1.0 (https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html) and what GitHub reads of it
(https://docs.github.com/en/code-security/code-scanning/integrating-with-code-scanning/sarif-support-for-code-scanning):
one run, the first location of a result only, and one severity for each rule, so findings of another severity have a
rule of their own. The step that uploads the file adds GitHub's fingerprint, `primaryLocationLineHash`.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from urllib.parse import quote

import msgspec

from tfcheck import __version__
from tfcheck.report.change_words import one_line_summary
from tfcheck.report.diff import Edit, edits
from tfcheck.report.json import Json, changes, encode
from tfcheck.report.left_out_words import is_in_sources, reason_and_place, selection_sentence, waiver_sentences
from tfcheck.report.manual import Manual
from tfcheck.report.origin import file_path, plan_path, target
from tfcheck.report.question_words import deciding_words, open_question
from tfcheck.report.safe_text import clip_visible, clip_width, visible
from tfcheck.report.words import plural, reason_words, role_words, why_words
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Location, Report, Severity, Skipped, all_unread
from tfcheck.vocabulary.waiver import Waived

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"

_LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "note"}
#: GitHub's scale: 7.0 and more is high, 4.0 and more medium.
_WEIGHTS = {Severity.ERROR: "8.0", Severity.WARNING: "5.0", Severity.INFO: "2.0"}
#: A rule's findings below error have an id of their own, below the rule's.
_BELOW = {Severity.ERROR: "", Severity.WARNING: "/warning", Severity.INFO: "/info"}
#: The name of our fingerprint; its number changes with its algorithm.
FINGERPRINT = "tfcheck/v1"
_LONGEST_DESCRIPTION = 1000
#: GitHub's limit for one run; it refuses more, and shows 5,000.
_MOST_RESULTS = 25_000
#: More edits than a fix can need: a forged report may have hundreds of thousands in few megabytes.
_MOST_EDITS = 1_000
_SKIPPED = Manual(
    "skipped",
    "task definition not analysed",
    "tfcheck could not analyse a task definition, so the findings about it are missing. The message explains why.",
)


class SarifResult(msgspec.Struct, frozen=True):
    """One result: message, level, place; `fingerprint` is independent of the line.

    `state` is `unchanged` for what is in the baseline, else `new`.
    """

    rule: str
    severity: Severity
    message: str
    fingerprint: str
    place: Json
    related: tuple[Json, ...] = ()
    fix: Fix | None = None
    state: str | None = None
    waived: Waived | None = None

    @property
    def id(self) -> str:
        """The rule with its severity, as code scanning uses it."""
        return visible(self.rule) + _BELOW[self.severity]


def sarif(reports: Sequence[Report], manuals: Sequence[Manual] = ()) -> str:
    """Write reports as one SARIF run; `manuals` are those of the rules."""
    return encode(document(reports, manuals))


def document(reports: Sequence[Report], manuals: Sequence[Manual] = ()) -> Json:
    """Return reports as the plain data of SARIF."""
    # Reports on the same sources have results in common.
    found = {
        (each.fingerprint, each.message, str(each.place)): each for report in reports for each in _results_of(report)
    }
    shown = list(found.values())
    if len(shown) > _MOST_RESULTS:
        shown = sorted(shown, key=lambda each: each.severity.rank)[:_MOST_RESULTS]
    rules = list(_rules(manuals, shown))
    numbers = {rule["id"]: number for number, rule in enumerate(rules)}
    targets = list(dict.fromkeys(target(report) for report in reports))
    driver = {"name": "tfcheck", "semanticVersion": __version__, "version": __version__, "rules": rules}
    run: Json = {
        "tool": {"driver": driver},
        "automationDetails": {"id": f"tfcheck/{visible(targets[0])}/" if len(targets) == 1 else "tfcheck/"},
        "columnKind": "unicodeCodePoints",
        "invocations": [_invocation(reports, len(found) - len(shown))],
        "results": list(_results(shown, numbers)),
    }
    done = [{"target": target(report), **what} for report in reports if any((what := changes(report)).values())]
    if done:
        run["properties"] = {"changes": done}
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _results_of(report: Report) -> Iterator[SarifResult]:
    for finding in report.findings:
        yield from _parts(report, finding, "new" if report.baseline else _STATES.get(finding.change or ""))
    for finding in report.known_findings:
        yield from _parts(report, finding, "unchanged")
    for answer in report.undecided_answers():
        yield _unknown(report, answer)
    yield from (_skipped_result(report, each) for each in report.skipped)


def _parts(report: Report, finding: Finding, state: str | None) -> Iterator[SarifResult]:
    for answer in finding.answers or (None,):
        yield _finding(report, finding, answer, state)


def _finding(report: Report, finding: Finding, answer: Answer | None, state: str | None) -> SarifResult:
    """Write one requirement of a finding; a waived one is a note, since GitHub does not read suppressions."""
    place = _default_location(report, answer.needed_at if answer else None, finding.needed_at, finding.location)
    other = finding.location if finding.needed_at and file_path(report, finding.needed_at) else None
    grant = _location(report, other)
    statements = [_location(report, each.location, each.policy) for each in (answer.evidence if answer else ())]
    related = ([{**grant, "message": {"text": "fix here"}}] if grant else []) + [each for each in statements if each]
    waived = f"waived: {reason_and_place(finding.waived)}: " if finding.waived else ""
    sentences = (f"{waived}{_sentence(finding, answer)}", *finding.explanation, f"Needed by {finding.task_definition}")
    return SarifResult(
        rule=finding.rule,
        severity=Severity.INFO if finding.waived else finding.severity,
        message=_without_links(". ".join(each.rstrip(".") for each in sentences) + "."),
        fingerprint=fingerprint.answer_fingerprint(answer) if answer else fingerprint.finding_fingerprint(finding),
        place=place,
        related=tuple(related),
        fix=finding.fix,
        waived=finding.waived,
        state=state,
    )


#: Without a baseline file, the baseline is the state before the change.
_STATES = {"introduced": "new", "existing": "unchanged"}


def _sentence(finding: Finding, answer: Answer | None) -> str:
    if answer is None or len(finding.answers) == 1:
        return finding.message
    need = answer.requirement
    return f"{role_words(answer)} is not allowed {need.action} on {need.shown_resource}: {reason_words(answer.reason)}"


def _unknown(report: Report, answer: Answer) -> SarifResult:
    need = answer.requirement
    words = f"{need.action} on {need.shown_resource} is not decided: {why_words(answer)}"
    advice = deciding_words(open_question(answer), report)
    places = [answer.needed_at, *(each.location for each in answer.evidence)]
    return SarifResult(
        need.rule,
        Severity.INFO,
        _without_links(f"{words}. Needed by {need.task_definition}. {advice}".rstrip()),
        fingerprint.answer_fingerprint(answer),
        _default_location(report, *places),
        state="unchanged" if answer.before is answer.verdict else "new",
    )


def _skipped_result(report: Report, skipped: Skipped) -> SarifResult:
    """Write what could not be analysed, whose alerts close: this one replaces them."""
    words = _without_links(f"{_skipped_words(skipped)}.")
    identity = fingerprint.skipped_fingerprint(skipped)
    return SarifResult(_SKIPPED.id, Severity.WARNING, words, identity, _default_location(report))


def _skipped_words(skipped: Skipped) -> str:
    return f"{skipped.address} could not be analysed: {skipped.reason}"


def _without_links(text: str) -> str:
    """Write a foreign sentence so that no part of it is a SARIF link, `[text](address)`."""
    return clip_visible(text, _LONGEST_DESCRIPTION).replace("](", "] (")


def _default_location(report: Report, *places: Location | None) -> Json:
    """Return the first place in the repository, or the plan, which every result comes from."""
    found = next((found for place in places if (found := _location(report, place))), None)
    return found or {"physicalLocation": {"artifactLocation": _artifact(plan_path(report)), "region": {"startLine": 1}}}


def _location(report: Report, place: Location | None, says: str = "") -> Json | None:
    """Return a place in SARIF's form; one line, since pull requests show alerts only if all their lines changed."""
    path = file_path(report, place)
    if place is None or path is None:
        return None
    found: Json = {"physicalLocation": {"artifactLocation": _artifact(path), "region": {"startLine": place.line}}}
    return {**found, "message": {"text": _without_links(says)}} if says else found


def _artifact(path: str) -> Json:
    return {"uri": quote(path, errors="replace"), "uriBaseId": "%SRCROOT%"}


def _results(found: list[SarifResult], numbers: dict[str, int]) -> Iterator[Json]:
    seen: Counter[str] = Counter()
    at_line = Counter((each.id, str(each.place)) for each in found)
    for each in found:
        seen[each.fingerprint] += 1
        others = at_line[each.id, str(each.place)] - 1
        result: Json = {
            "ruleId": each.id,
            "ruleIndex": numbers[each.id],
            "level": _LEVELS[each.severity],
            "message": {"text": f"{each.message}{_others_here(others)}"},
            "locations": [each.place],
            "partialFingerprints": {FINGERPRINT: f"{each.fingerprint}:{seen[each.fingerprint]}"},
        }
        if each.state:
            result["baselineState"] = each.state
        if each.waived:
            kind, reason = "inSource" if is_in_sources(each.waived) else "external", reason_and_place(each.waived)
            result["suppressions"] = [{"kind": kind, "status": "accepted", "justification": _without_links(reason)}]
        if each.related:
            result["relatedLocations"] = [{"id": number, **place} for number, place in enumerate(each.related, 1)]
        if each.fix and 0 < len(changes := edits(each.fix.diff)) <= _MOST_EDITS:
            result["fixes"] = [_fix(each.fix, changes)]
        yield result


def _others_here(number: int) -> str:
    """Return the number of other results of a rule at one line, of which GitHub may show only one."""
    return f" This rule has {plural(number, 'more result')} at this line." if number else ""


def _fix(fix: Fix, found: tuple[Edit, ...]) -> Json:
    by_file: dict[str, list[Json]] = {}
    for each in found:
        region = {"startLine": each.line, "startColumn": 1, "endLine": each.line + len(each.old), "endColumn": 1}
        text = "".join(f"{line}\n" for line in each.new)
        by_file.setdefault(each.file, []).append({"deletedRegion": region, "insertedContent": {"text": text}})
    changes = [{"artifactLocation": _artifact(file), "replacements": rows} for file, rows in by_file.items()]
    return {"description": {"text": _without_links(fix.title)}, "artifactChanges": changes}


def _rules(manuals: Sequence[Manual], results: list[SarifResult]) -> Iterator[Json]:
    """Yield each rule once for each severity in the results; one without results has none."""
    used = {(visible(each.rule), each.severity) for each in results}
    known = {_SKIPPED.id, *(manual.id for manual in manuals)}
    others = dict.fromkeys(visible(each.rule) for each in results if each.rule not in known)
    for manual in [
        *manuals,
        *([_SKIPPED] if (_SKIPPED.id, Severity.WARNING) in used else []),
        *(Manual(rule, rule or "rule", "A rule of another version of tfcheck.") for rule in others),
    ]:
        severities: list[Severity | None] = [each for each in Severity if (manual.id, each) in used]
        yield from (_rule(manual, each) for each in severities or [None])


def _rule(manual: Manual, severity: Severity | None) -> Json:
    rule: Json = {
        "id": manual.id + _BELOW[severity or Severity.ERROR],
        "shortDescription": {"text": clip_width(manual.title, _LONGEST_DESCRIPTION)},
        "fullDescription": {"text": clip_width(manual.first_paragraph, _LONGEST_DESCRIPTION)},
        "help": {"text": manual.text.strip(), "markdown": manual.text.strip()},
        "properties": {"tags": ["security", "iam", "ecs"], "precision": "high"},
    }
    if severity:
        rule["defaultConfiguration"] = {"level": _LEVELS[severity]}
        rule["properties"]["security-severity"] = _WEIGHTS[severity]
    return {**rule, "helpUri": manual.url} if manual.url else rule


def _invocation(reports: Sequence[Report], left_out: int) -> Json:
    """Return what has no place: the changes, what could not be analysed, and how many results are left out."""
    done = [words for report in reports if (words := one_line_summary(report))]
    done += [words for report in reports if (words := selection_sentence(report))]
    done += waiver_sentences(reports)
    notes: list[Json] = [
        {"level": "note", "message": {"text": _without_links(f"{words}.")}} for words in dict.fromkeys(done)
    ]
    notes += [
        {"level": "warning", "message": {"text": _without_links(_skipped_words(each))}}
        for report in reports
        for each in report.skipped
    ]
    if left_out:
        many = f"{plural(left_out, 'result')} of the lowest severity {'is' if left_out == 1 else 'are'} left out"
        words = f"{many}: GitHub refuses more than {_MOST_RESULTS:,}"
        notes.append({"level": "warning", "message": {"text": words}})
    unread = all_unread(reports)
    notes += [
        {"level": "error", "message": {"text": _without_links(f"not checked: {each.problem}")}} for each in unread
    ]
    return {"executionSuccessful": not unread, "toolExecutionNotifications": notes}
