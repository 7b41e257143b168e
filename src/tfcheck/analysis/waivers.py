"""Decide which findings are waived, and how each waiver was used.

INVARIANT: a waiver never hides another rule. One that names no object is for one place in each task definition: as soon
as the rule finds a second place there, it waives nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.config.rules import match_rules
from tfcheck.config.settings import Choice
from tfcheck.symbolic import limits
from tfcheck.symbolic.wildcards import affordable, glob_known
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.finding import Answer, Finding, Verdict
from tfcheck.vocabulary.waiver import WAIVER_MARK, Waived, WaiverState, WaiverUse

if TYPE_CHECKING:
    from tfcheck.config.waivers import Waiver
    from tfcheck.hcl.modules import Sources
    from tfcheck.resolve.locations import Locations


#: Steps for comparing a waiver, for building a finding for conditions, and for each character of a condition.
_WAIVER_STEPS, _DOCUMENT_STEPS, _CONDITION_STEPS = 5, 50, 5


class Waivers:
    """The waivers of one run that are valid on the day `today`, with a record of their use."""

    def __init__(
        self,
        waivers: Sequence[Waiver],
        today: str,
        locations: Locations,
        comments: Callable[[], Iterable[Waiver]],
        policies: Callable[[Answer], tuple[str, ...]],
    ) -> None:
        """Build from the file's waivers, the day, the places of blocks, and a function for the waivers in comments.

        Comments are searched in the sources read so far, so later calls may return more. `policies` returns the
        addresses of the policies of an answer's role.
        """
        self._policies = policies
        self._waivers = list(waivers)
        self._invalid: list[Waiver] = []
        self._comments = comments
        self._today = today
        self._locations = locations
        self._used: set[Waiver] = set()
        self._expired: set[Waiver] = set()
        self._wide: dict[Waiver, int] = {}
        self._places: dict[tuple[Waiver, str], set[object]] = {}
        self._near: set[Waiver] = set()
        self._of_rule: dict[str, list[Waiver]] = {}
        self._conditions: dict[str, Callable[[Mapping[str, Any]], bool]] = {}

    # Permissions

    def note(self, answers: Iterable[Answer]) -> None:
        """Record the places that the waivers cover, before any of them is used."""
        answers = list(answers)
        for each in answers:  # reads the sources of these findings
            self._block(each.requirement.task_definition)
            self._block(each.role or "")
        self._add_comments()
        for answer in answers:
            for waiver in self._waivers_of_answer(answer):
                need = answer.requirement
                self._places.setdefault((waiver, need.task_definition), set()).add((need.container, need.pointer))

    def waive_answer(self, answer: Answer) -> Waived | None:
        """Return the waiver of a missing or undecided permission, or None."""
        task = answer.requirement.task_definition
        return self._first_waiver(self._waivers_of_answer(answer), task)

    def _waivers_of_answer(self, answer: Answer) -> Iterator[Waiver]:
        need = answer.requirement
        waivers = self._waivers_of_rule(need.rule)
        policies = (*(each.policy for each in answer.evidence), *self._policies(answer)) if waivers else ()
        for waiver in waivers:
            if not limits.take(_cost(waiver)):
                return
            if waiver.where or bool(waiver.verdict) is not (answer.verdict is Verdict.UNKNOWN):
                continue
            if not self._is_at(waiver, (need.task_definition, answer.role or ""), policies):
                continue
            self._near.add(waiver)
            narrow = (
                waiver.container in ("", need.container)
                and _matches(waiver.resource, need.shown_resource)
                and waiver.fingerprint in ("", fingerprint.answer_fingerprint(answer) if waiver.fingerprint else "")
            )
            if narrow:
                yield waiver

    # Misconfigurations, and conditions on whole findings

    def waive_findings(self, findings: Sequence[Finding]) -> list[Finding]:
        """Return findings with waivers applied to those that are not about permissions or match a condition."""
        self._add_comments()
        for each in findings:
            for waiver in self._waivers_of_misconfiguration(each) if not each.answers else ():
                self._places.setdefault((waiver, _object(each)), set()).add(each.message)
        return [self._waive(each) for each in findings]

    def _waive(self, finding: Finding) -> Finding:
        if finding.waived is not None:
            return finding
        about = self._waivers_of_misconfiguration(finding) if not finding.answers else iter(())
        waived = self._first_waiver(about, _object(finding)) or self._first_waiver(self._matching_waivers(finding), "")
        if waived is not None:
            return msgspec.structs.replace(finding, waived=waived)
        return self._explain(finding)

    def _waivers_of_misconfiguration(self, finding: Finding) -> Iterator[Waiver]:
        container = finding.subject.partition(": ")[0]
        for waiver in self._waivers_of_rule(finding.rule):
            if not limits.take(_cost(waiver)):
                return
            if waiver.where or waiver.verdict:
                continue
            if not self._is_at(waiver, (_object(finding),), ()):
                continue
            self._near.add(waiver)
            exact = waiver.fingerprint in ("", fingerprint.finding_fingerprint(finding) if waiver.fingerprint else "")
            if exact and waiver.container in ("", container) and waiver.resource in ("", "*"):
                yield waiver

    def _matching_waivers(self, finding: Finding) -> Iterator[Waiver]:
        """Yield the waivers whose condition is true for a finding."""
        conditional = [each for each in self._waivers_of_rule(finding.rule) if each.where]
        objects = (finding.task_definition, finding.address or "") if finding.answers else (_object(finding),)
        document: Mapping[str, Any] | None = None
        for waiver in conditional:
            if not limits.take(_cost(waiver)):
                return
            if self._is_at(waiver, objects, ()):
                self._near.add(waiver)
                document = document or _document(finding)
                if self._condition(waiver)(document):
                    yield waiver

    def _condition(self, waiver: Waiver) -> Callable[[Mapping[str, Any]], bool]:
        from tfcheck.config.waivers import condition

        if waiver.where not in self._conditions:
            limits.take(_CONDITION_STEPS * len(waiver.where))
            self._conditions[waiver.where] = condition(waiver.where, lambda *_: ValueError())
        return self._conditions[waiver.where]

    def _waivers_of_rule(self, rule: str) -> list[Waiver]:
        """Return the waivers of a rule, charging the cost of each to the run's allowance."""
        if rule not in self._of_rule:
            self._of_rule[rule] = [each for each in self._waivers if match_rules(each.rule, (rule,))]
        return self._of_rule[rule]

    def _explain(self, finding: Finding) -> Finding:
        """Return a finding with a note which waiver of it has expired, or is for a single place only."""
        if not (self._expired or self._wide):
            return finding
        about = {each for answer in finding.answers for each in self._waivers_of_answer(answer)} | set(
            self._matching_waivers(finding)
        )
        about |= set(self._waivers_of_misconfiguration(finding)) if not finding.answers else set()
        remarks = tuple(f"the waiver at {each.place} expired on {each.until}" for each in about & self._expired)
        remarks += tuple(
            f"the waiver at {each.place} is for one place and there are {self._wide[each]}: narrow it with `resource`"
            for each in about
            if each in self._wide and each not in self._expired
        )
        return msgspec.structs.replace(finding, explanation=(*finding.explanation, *sorted(remarks)))

    # All of them

    def _first_waiver(self, about: Iterable[Waiver], scope: str) -> Waived | None:
        """Return the first waiver that applies; record how the others were used."""
        found: Waived | None = None
        for waiver in about:
            places = len(self._places.get((waiver, scope), ()))
            if waiver.is_expired(self._today):
                self._expired.add(waiver)
            elif places > 1 and not waiver.is_narrow:
                self._wide[waiver] = max(self._wide.get(waiver, 0), places)
            else:
                self._used.add(waiver)
                found = found or Waived(waiver.reason, waiver.until or None, waiver.place)
        return found

    def _add_comments(self) -> None:
        known = {each.place for each in (*self._waivers, *self._invalid) if each.block or each.problem}
        for each in self._comments():
            if each.place not in known:
                (self._invalid if each.problem else self._waivers).append(each)
        self._of_rule.clear()

    def _is_at(self, waiver: Waiver, addresses: Sequence[str], policies: Sequence[str]) -> bool:
        if waiver.block is not None:
            return any(self._block(each) == waiver.block for each in (*addresses, *policies) if each)
        return not waiver.address or any(_matches(waiver.address, each) for each in (*addresses, *policies) if each)

    def _block(self, address: str) -> tuple[str, int] | None:
        found = self._locations.of(address) if address else None
        return (found.file, found.line) if found else None

    def uses(self, addresses: Sequence[str]) -> Iterator[WaiverUse]:
        """Yield the use of each waiver; a waiver in the file that matches no address is for another plan."""
        for each in (*self._waivers, *self._invalid):
            state, problem = self._state(each, addresses)
            yield WaiverUse(
                each.rule, each.reason, each.until or None, each.file, each.line, each.end_line, state, problem
            )

    def _state(self, waiver: Waiver, addresses: Sequence[str]) -> tuple[WaiverState, str]:
        if waiver.problem:
            return "invalid", waiver.problem
        if waiver in self._used:
            return "used", ""
        if waiver in self._expired:
            return "expired", ""
        if waiver in self._wide:
            return "invalid", f"it is for one place and there are {self._wide[waiver]}: narrow it with `resource`"
        here = waiver.block is not None or waiver in self._near
        if not (here or limits.take(len(addresses))):
            return "elsewhere", ""
        here = here or any(_matches(waiver.address, each) for each in addresses if waiver.address)
        return "unused" if here else "elsewhere", ""


def waivers_of(
    choice: Choice,
    sources: Sources | None,
    directory: str | None,
    locations: Locations,
    policies: Callable[[Answer], tuple[str, ...]],
) -> Waivers:
    """Return the waivers of the configuration file and of the comments in the sources that were read."""

    def collect() -> list[Waiver]:
        # NOTE: without a date, it is unknown which of them are valid.
        if not (sources and choice.today and any(sources.files_with(WAIVER_MARK))):
            return []
        from tfcheck.analysis.rulebook import known_rules
        from tfcheck.analysis.waiver_comments import comments  # most sources have none

        return list(comments(sources, directory, known_rules()))

    return Waivers(choice.waivers, choice.today, locations, collect, policies)


def _cost(waiver: Waiver) -> int:
    return _WAIVER_STEPS + len(waiver.where) + len(waiver.address) // 8 + len(waiver.resource) // 8


def _document(finding: Finding) -> Mapping[str, Any]:
    from tfcheck.report.json import finding_document

    limits.take(_DOCUMENT_STEPS)
    return finding_document(finding)


def _object(finding: Finding) -> str:
    """Return the address of the object of a misconfiguration; several task definitions may share it."""
    return finding.address or finding.task_definition


def _matches(pattern: str, text: str) -> bool:
    return not pattern or pattern == text or (affordable(pattern, text) and glob_known(pattern, text))
