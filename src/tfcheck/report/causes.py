"""Group findings by cause, so that a misconfiguration of many instances is shown once.

A report has one finding for each task definition, because the exit status, baselines and other tools count them. For
people, they are grouped by the rule that is broken and what is missing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from itertools import compress

import msgspec

from tfcheck.report.instance_names import (
    all_keys,
    block,
    blocks,
    common_name,
    fold_keys,
    keys,
    module,
    with_module_wildcard,
)
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Reason, Remedy, Report, RoleKind, Severity, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_KEY = r"\[(?:\"(?:[^\"\\]++|\\.)*+\"|[^\[\]\"]*+)\]"
#: The parts of a message in which misconfigurations of one kind differ: names in backticks, addresses, and numbers.
#: None begins within a word or between modules, so that the time does not grow with the square of a forged message.
_NAME = regex(
    r"(`[^`]*`"
    rf"|(?:(?<![\w.])(?:module\.[\w*-]++(?:{_KEY})?+\.)++)?(?<!\w)(?:data\.)?aws(?:cc)?_\w++\.[\w-]++(?:{_KEY})?+"
    r"|(?<!\w)\d+(?:\.\d+)*(?!\w))"
)
_TYPE = regex(r"\baws(?:cc)?_\w+\.")
_DIFFERENT = "…"


class Need(msgspec.Struct, frozen=True):
    """A permission that some task definitions need, with the first one's words.

    `resource` has `${each.key}` for the key of an instance if each instance needs its own. `answers` are all that need
    it: of each task definition, also for several containers.
    """

    answer: Answer
    resource: str
    answers: tuple[Answer, ...]

    @property
    def is_required(self) -> bool:
        """Whether a task cannot start without it."""
        return self.answer.requirement.severity is Severity.ERROR


class Group(msgspec.Struct, frozen=True):
    """Task definitions that lack the same permissions of one role, or have the same misconfiguration.

    `tasks` are all of their addresses; `shown` names them by block, `role` is the role or the object to change, both
    with `[*]` for several instances.
    """

    findings: tuple[Finding, ...]
    tasks: tuple[str, ...]
    shown: tuple[str, ...]
    role: str
    needs: tuple[Need, ...]
    message: str


class Cause(msgspec.Struct, frozen=True, dict=True):
    """Findings with one cause: the groups of task definitions that have it, the most severe first."""

    rule: str
    severity: Severity
    change: str | None
    reason: Reason | None
    role_kind: RoleKind
    groups: tuple[Group, ...]

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all groups."""
        return tuple(finding for group in self.groups for finding in group.findings)

    @property
    def tasks(self) -> tuple[str, ...]:
        """The addresses of all affected task definitions."""
        return tuple(dict.fromkeys(task for group in self.groups for task in group.tasks))

    @property
    def message(self) -> str:
        """The common message of the groups, with `…` for the names in which they differ."""
        if len(self.groups) == 1:
            return self.groups[0].message
        split = zip(*(_NAME.split(each.message) for each in self.groups), strict=False)
        return "".join(each[0] if len(set(each)) == 1 else _elide(each) for each in split)

    def names(self, group: Group) -> str:
        """Return the names in which the message of a group differs from those of the others, or all of another one."""
        if self._differing is None:
            return group.message
        return ", ".join(dict.fromkeys(compress(_NAME.split(group.message), self._differing)))

    @cached_property
    def _differing(self) -> list[bool] | None:
        """Whether the groups differ in each part of their messages; None if these differ in more than names."""
        if len({_NAME.sub(_DIFFERENT, each.message) for each in self.groups}) > 1:
            return None
        return [len(set(each)) > 1 for each in zip(*(_NAME.split(each.message) for each in self.groups), strict=True)]

    def rest(self, most: int) -> tuple[int, str]:
        """Return the number of task definitions in all but the first `most` groups; of findings, if these overlap."""
        tasks = [task for group in self.groups for task in group.tasks]
        rest = self.groups[most:]
        if len(set(tasks)) == len(tasks):
            return sum(len(group.tasks) for group in rest), "more task definition"
        return sum(len(group.findings) for group in rest), "more finding"

    @property
    def breaks(self) -> bool:
        """Whether the change removes a permission."""
        return any(map(broken_actions, self.findings))


def _elide(names: Iterable[str]) -> str:
    """Write one name for different ones: with backticks, or with the resource type, if all have it."""
    quoted, *types = {"`" if each[:1] == "`" else (_TYPE.search(each) or [""])[0] for each in names}
    if types:
        return _DIFFERENT
    return f"`{_DIFFERENT}`" if quoted == "`" else f"{quoted}{_DIFFERENT}"


def broken_actions(finding: Finding) -> tuple[str, ...]:
    """Return the actions that were allowed before the change and are denied after it, each once."""
    return tuple(
        dict.fromkeys(
            each.requirement.action
            for each in finding.answers
            if each.before is Verdict.ALLOWED and each.verdict is Verdict.DENIED
        )
    )


def breakage(group: Group) -> str:
    """Return the sentence about removed permissions, without its full stop; empty if there are none."""
    found = broken_actions(group.findings[0])
    verb = "was" if len(found) == 1 else "were"
    it = "it" if len(group.tasks) == 1 else "them"
    return f"This change breaks {it}: {join_names(found)} {verb} allowed before" if found else ""


def fixes(findings: Iterable[Finding]) -> tuple[Fix, ...]:
    """Return the suggested changes, each once."""
    return tuple(dict.fromkeys(each.fix for each in findings if each.fix is not None))


def remedies(findings: Iterable[Finding]) -> dict[Remedy, Remedy]:
    """Return the remedies; those that differ only in names of their findings are merged."""
    found: dict[Remedy, Remedy] = {}
    for finding in findings:
        if finding.remedy is not None:
            found.setdefault(_without_names(finding.remedy, finding.message), finding.remedy)
    return found


def _without_names(remedy: Remedy, message: str) -> Remedy:
    """Return a remedy without the names that a message has in backticks, also as identifiers."""
    if not remedy.hcl:
        return remedy
    names = {each.lower() for name in _NAMED.findall(message) for each in (name, _NO_LETTER.sub("_", name))}
    text = searched = remedy.hcl
    if len(text.lower()) == len(text):
        searched = text.lower()
    parts: list[str] = []
    begin = 0
    # NOTE: a pattern of the names would have to be compiled for each finding, which takes longer than all else here.
    for start, size in sorted((start, -len(name)) for name in names for start in _places_of(name, searched)):
        if start >= begin:
            parts.append(text[begin:start])
            begin = start - size
    return msgspec.structs.replace(remedy, hcl="`".join((*parts, text[begin:])))


def _places_of(word: str, text: str) -> Iterator[int]:
    """Yield where a text has a word by itself."""
    start = text.find(word)
    while start >= 0:
        end = start + len(word)
        if not _WORD_PART.match(text[start - 1 : start]) and not _WORD_PART.match(text[end : end + 1]):
            yield start
        start = text.find(word, start + 1)


_NAMED = regex(r"`([^`]+)`")
_NO_LETTER = regex(r"\W")
_WORD_PART = regex(r"\w")


def causes(findings: Iterable[Finding]) -> list[Cause]:
    """Group findings by cause, errors first, and among these what the change breaks."""
    gathered = group_by_key((_cause(finding), finding) for finding in findings)
    found = [_cause_of(members) for members in gathered.values()]
    return sorted(found, key=lambda each: (each.severity.rank, not each.breaks, each.change != "introduced"))


def _cause(finding: Finding) -> tuple[object, ...]:
    """Return what the findings of one cause have in common; recommended permissions are shown with required ones."""
    first = finding.answers[0] if finding.answers else None
    if first is None:
        return finding.rule, finding.change, finding.severity, _NAME.sub(_DIFFERENT, folded_message(finding))
    return finding.rule, finding.change, first.reason, first.requirement.role_kind


def _cause_of(findings: list[Finding]) -> Cause:
    first = findings[0]
    answer = first.answers[0] if first.answers else None
    return Cause(
        rule=first.rule,
        severity=min((each.severity for each in findings), key=lambda each: each.rank),
        change=first.change,
        reason=answer.reason if answer else None,
        role_kind=answer.requirement.role_kind if answer else RoleKind.EXECUTION,
        groups=tuple(_groups(findings)),
    )


def _groups(findings: list[Finding]) -> Iterator[Group]:
    """Group task definitions that lack the same, and instances of a block that differ only by key."""
    by_task = group_by_key(
        ((each.task_definition, each.address, "" if each.answers else each.message), each) for each in findings
    )
    instances = group_by_key(
        ((block(task), block(role or "")), members) for (task, role, _), members in by_task.items()
    )
    alike = group_by_key(
        (likeness, each)
        for several in instances.values()
        for likeness, each in zip(_likenesses(several), several, strict=True)
    )
    yield from map(_group, alike.values())


def _likenesses(several: list[list[Finding]]) -> list[tuple[object, ...]]:
    """Return the grouping of one block's instances; their keys count only if that makes more groups."""
    role = block if len(several) > 1 else str
    whole = [_likeness(each, role, ()) for each in several]
    if len(set(whole)) == 1:
        return whole
    differing = keys(each[0].task_definition for each in several)
    folded = [_likeness(each, role, differing[each[0].task_definition]) for each in several]
    return folded if len(set(folded)) < len(set(whole)) else whole


def _likeness(findings: list[Finding], role: Callable[[str], str], names: tuple[str, ...]) -> tuple[object, ...]:
    """Return what groups have in common: the role and the needs, or the message if there are none."""
    first = findings[0]
    needs = tuple(
        (*each[:2], fold_keys(each[2], names))
        for each in _resource_needs(findings, _object_of if names else _resource_of)
    )
    if needs:
        return role(first.address or ""), needs
    return role(with_module_wildcard(first.address or "", first.task_definition)), folded_message(first, names)


def folded_message(finding: Finding, names: tuple[str, ...] | None = None) -> str:
    """Return a message without the module of its task definition, and without keys: those given, or all."""
    found = all_keys(finding.task_definition) if names is None else names
    return fold_keys(with_module_wildcard(finding.message, finding.task_definition), found)


def _resource_needs(findings: list[Finding], name: Callable[[Answer], str]) -> Iterator[tuple[str, Severity, str]]:
    for finding in findings:
        for answer in finding.answers:
            yield answer.requirement.action, answer.requirement.severity, name(answer)


def _resource_of(answer: Answer) -> str:
    return answer.requirement.shown_resource


def _object_of(answer: Answer) -> str:
    """Return the address of a needed object in the plan as its name: the ARN of each secret has another ending."""
    return answer.subject or answer.requirement.shown_resource


def _group(members: list[list[Finding]]) -> Group:
    tasks = tuple(dict.fromkeys(each[0].task_definition for each in members))
    differing = keys(tasks)
    names = differing[tasks[0]]
    differ = len({tuple(_resource_needs(each, _resource_of)) for each in members}) > 1
    alike = {
        tuple(fold_keys(text, differing[each[0].task_definition]) for *_, text in _resource_needs(each, _resource_of))
        for each in members
    }
    roles = [each[0].address or "" for each in members]
    role = common_name(roles) if len(set(map(block, roles))) == 1 else block(roles[0])
    messages = [each[0].message for each in members]
    message = messages[0] if len(set(messages)) == 1 else fold_keys(messages[0], names)
    if len({module(each) for each in tasks}) > 1:
        role, message = (with_module_wildcard(each, tasks[0]) for each in (role, message))
    return Group(
        findings=tuple(finding for each in members for finding in each),
        tasks=tasks,
        shown=blocks(tasks),
        role=role,
        needs=tuple(_needs(members, names if differ else (), _resource_of if len(alike) == 1 else _object_of)),
        message=message,
    )


def _needs(members: list[list[Finding]], names: tuple[str, ...], name: Callable[[Answer], str]) -> Iterator[Need]:
    """Yield the needs, each once: several files may share a bucket. Those of all members are alike, in one order."""
    rows = [[answer for finding in each for answer in finding.answers] for each in members]
    found = group_by_key(
        ((answer.requirement.action, fold_keys(name(answer), names)), number) for number, answer in enumerate(rows[0])
    )
    for (_, resource), numbers in found.items():
        yield Need(rows[0][numbers[0]], resource, tuple(row[number] for row in rows for number in numbers))


def broken_tasks(reports: Iterable[Report]) -> tuple[str, ...]:
    """Return the addresses of the task definitions that the change breaks, each once."""
    changes = (each for report in reports for each in report.task_changes)
    return tuple(dict.fromkeys(each.task_definition for each in changes if each.change == "broken"))
