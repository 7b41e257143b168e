"""Render the list of missing permissions, one row each; rows that differ only by action or key are joined.

NOTE: GitHub breaks no names in a table, so a table of addresses and ARNs would be too wide for a phone and for a
comment.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import TypeAlias

import msgspec

from tfcheck.report.causes import Cause, Group, Need
from tfcheck.report.instance_names import block, blocks, common_name, fold_keys, keys
from tfcheck.report.markdown.budget import PagePart, PartKind
from tfcheck.report.markdown.escape import code, prose
from tfcheck.report.markdown.page import Page, PageContent, TargetedCause, TargetedUnknown
from tfcheck.report.origin import file_path
from tfcheck.report.words import instances, plural, reason_words
from tfcheck.vocabulary.clipping import and_more, few, join_names
from tfcheck.vocabulary.finding import Answer, Location, Report, Severity
from tfcheck.vocabulary.grouping import group_by_key

_SHOWN_PLACES = 2


class AlikeAnswers(msgspec.Struct, frozen=True):
    """Answers about one resource for a task definition, or for several instances of its block."""

    answers: tuple[Answer, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """The addresses of the task definitions."""
        return tuple(dict.fromkeys(each.requirement.task_definition for each in self.answers))

    @property
    def permission(self) -> str:
        """Write the actions and the resource."""
        return permission_words(self.answers, self.common([each.requirement.shown_resource for each in self.answers]))

    @property
    def task_words(self) -> str:
        """The name of the task definition, or of its block with the number of instances."""
        tasks = self.tasks
        return f"{code(common_name(tasks))}{instances(len(tasks)) if len(tasks) > 1 else ''}"

    def common(self, texts: Sequence[str]) -> str:
        """Return what texts about the answers have in common: the first one, without its key if they differ."""
        return texts[0] if len(set(texts)) == 1 else fold_keys(texts[0], keys(self.tasks)[self.tasks[0]])


def alike(answers: Iterable[Answer]) -> list[AlikeAnswers]:
    """Merge answers about one resource, or one for each instance, with the same reason."""
    several = list(answers)
    resources = _fold_texts([(each.requirement.shown_resource, each) for each in several])
    reasons = _fold_texts([(each.waits_for, each) for each in several])
    by_action: dict[tuple[object, ...], list[Answer]] = {}
    for each, *texts in zip(several, resources, reasons, strict=True):
        need = each.requirement
        key = (block(need.task_definition), *texts, each.reason, need.severity, need.action)
        by_action.setdefault(key, []).append(each)
    found: dict[tuple[object, ...], list[Answer]] = {}
    for (*place, _), members in by_action.items():
        tasks = frozenset(each.requirement.task_definition for each in members)
        found.setdefault((*place, tasks), []).extend(members)
    return [AlikeAnswers(tuple(each)) for each in found.values()]


def _fold_texts(texts: Sequence[tuple[str, Answer]]) -> list[str]:
    """Fold the keys of instances in texts about answers; one about several task definitions has none."""
    tasks: dict[str, set[str]] = {}
    for text, answer in texts:
        tasks.setdefault(text, set()).add(answer.requirement.task_definition)
    names = keys(answer.requirement.task_definition for _, answer in texts)
    return [
        text if len(tasks[text]) > 1 else fold_keys(text, names[answer.requirement.task_definition])
        for text, answer in texts
    ]


def permission_words(answers: Iterable[Answer], resource: str) -> str:
    """Write the actions of answers, and the resource."""
    return f"{join_names(dict.fromkeys(code(each.requirement.action) for each in answers))} on {code(resource)}"


def blocks_with_keys(tasks: Sequence[str], most: int) -> str:
    """Return task definitions, the instances of a block once with their keys; at most `most` of each."""
    members = list(group_by_key((block(each), each) for each in tasks).values())
    shown = []
    for several in members[:most]:
        named = ", ".join(code(", ".join(each) or task) for task, each in list(keys(several).items())[:most])
        keyed = f" ({named}{and_more(len(several), most)})" if len(several) > 1 else ""
        shown.append(f"{code(common_name(several))}{keyed}")
    return ", ".join(shown) + and_more(len(members), most)


def needed_by(answers: Sequence[Answer]) -> str:
    """Return the containers and attributes that need it: container `web`, `secrets[0]` and `secrets[2]`."""
    places = dict.fromkeys(_place(each, ()) for each in answers)
    if len(places) > 1:
        names = keys(each.requirement.task_definition for each in answers)
        places = dict.fromkeys(_place(each, names[each.requirement.task_definition]) for each in answers)
    shown = group_by_key(list(places)[:_SHOWN_PLACES])
    words = [", ".join(filter(None, (container, " and ".join(paths)))) for container, paths in shown.items()]
    return (" and ".join(words) or "the task definition") + and_more(len(places), _SHOWN_PLACES)


def _place(answer: Answer, names: tuple[str, ...]) -> tuple[str, str]:
    """Return the container and the attribute in it that need something, in words; empty without one."""
    need = answer.requirement
    steps = [step.replace("~1", "/").replace("~0", "~") for step in need.pointer.split("/")[1:]]
    if need.container is not None and steps and steps[0].isdecimal():
        steps = steps[1:]
    path = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")
    container = f"container {code(fold_keys(need.container, names))}" if need.container is not None else ""
    return container, code(path) if path else ""


ICONS = {Severity.ERROR: "❌", Severity.WARNING: "⚠️", Severity.INFO: "ℹ️"}
UNKNOWN_ICON = "❔"
_SHOWN_TARGETS = 3
_SHOWN_TASKS = 3

#: The groups of a cause that always have their own rows.
_FEWEST_GROUPS = 3


class RowText(msgspec.Struct, frozen=True):
    """A row, in parts: what is missing, the task definitions and attributes that need it, their place and targets.

    `needs` are the addresses of the task definitions with the containers and attributes, empty if nothing needs it.
    """

    missing: str
    needs: frozenset[tuple[str, str | None, str]] = frozenset()
    tasks: str = ""
    attributes: str = ""
    place: str = ""
    targets: str = ""
    remark: str = ""

    def write(self, above: RowText | None) -> str:
        """Write the row, without repeating where the row above it is needed as well."""
        if not self.needs:
            return f"- {self.missing}"
        is_there = above is not None and (above.place, above.targets) == (self.place, self.targets)
        others = above.needs if above is not None and is_there else frozenset()
        if others == self.needs:
            return f"- {self.missing}, needed there too{self.remark}"
        tasks, place, own = self.tasks, self.place, {each[0] for each in self.needs}
        if {each[0] for each in others} == own:
            tasks, place = f"the same task definition{'s' if len(own) > 1 else ''}" if tasks else "", ""
        needed = ", ".join(filter(None, (tasks, self.attributes)))
        return f"- {self.missing}, needed by {needed}{place}{self.targets}{self.remark}"


#: Writes one row.
Row: TypeAlias = Callable[[], RowText]


def rows(
    causes: Iterable[TargetedCause], waiting: Iterable[TargetedUnknown], content: PageContent, page: Page, most: int
) -> Iterator[PagePart]:
    """Write rows for what causes lack, errors first, and for what is undecided, at most `most`; count the others.

    If there are more, each cause has rows for its first groups and one for all others, so that no cause is left out.
    """
    # Thousands of rows are counted, and only the shown ones are written.
    causes, unknown = list(causes), list(_unknown_rows(waiting, content, page))
    shown = [unlike_groups(each.cause, most) for each in causes]
    limit = groups_that_fit([[len(_by_resource(group)) or 1 for group in groups] for groups in shown], most)
    lacking = sorted(_cause_rows(causes, shown, content, page, limit), key=lambda each: each[0].rank)
    found = [*(row for _, row in lacking), *unknown]
    above = None
    for row in found[:most]:
        text = row()
        yield PagePart(text.write(above), PartKind.ROW)
        above = text
    if len(found) > most:
        yield PagePart(f"… and {len(found) - most:,} more.", PartKind.KEPT)


def unlike_groups(cause: Cause, most: int) -> list[Group]:
    """Return the groups with rows of their own: of instances that differ only by resource, a tenth of `most`."""
    seen: Counter[tuple[object, ...]] = Counter()
    shown = []
    for group in cause.groups:
        instances = tuple(map(block, group.shown))
        actions = tuple((each.answer.requirement.action, each.answer.requirement.severity) for each in group.needs)
        is_one_of_several = instances != group.shown and len(group.tasks) == len(group.shown)
        key = (instances, block(group.role), actions) if is_one_of_several else group.tasks
        seen[key] += 1
        if seen[key] <= most // 10:
            shown.append(group)
    return shown


def groups_that_fit(sizes: list[list[int]], most: int) -> int | None:
    """Return how many groups of each cause to show, so that not only the first causes have rows; None for all.

    `sizes` has the number of rows of each group, by cause; the groups that are left out share one.
    """
    if sum(map(sum, sizes)) <= most:
        return None
    limit = most - 1
    while limit > _FEWEST_GROUPS and sum(sum(each[:limit]) + (len(each) > limit) for each in sizes) > most:
        limit //= 2
    return max(limit, _FEWEST_GROUPS)


def _cause_rows(
    causes: Iterable[TargetedCause], shown: Iterable[list[Group]], content: PageContent, page: Page, most: int | None
) -> Iterator[tuple[Severity, Row]]:
    for each, groups in zip(causes, shown, strict=True):
        for group in groups[:most]:
            for (_, severity), needs in _by_resource(group).items():
                yield severity, partial(_need_row, needs, group, each, content, page)
            if not group.needs:
                yield each.cause.severity, partial(_misconfiguration, group, each, content, page)
        written = set(map(id, groups[:most]))
        if rest := [group for group in each.cause.groups if id(group) not in written]:
            yield each.cause.severity, partial(_rest, each, content, rest)


def count_rows(causes: Iterable[TargetedCause], *, misconfigurations: bool) -> Counter[Severity]:
    """Return the numbers of rows of causes by severity, as if all were shown: of permissions, or of the rest."""
    found: Counter[Severity] = Counter()
    for each in causes:
        for group in each.cause.groups:
            if not group.needs:
                found[each.cause.severity] += 1
            elif not misconfigurations:
                found.update(severity for _, severity in _by_resource(group))
    return found


def _by_resource(group: Group) -> dict[tuple[str, Severity], list[Need]]:
    """Group needs of one resource and severity, which share a row."""
    return group_by_key(((need.resource, need.answer.requirement.severity), need) for need in group.needs)


def _rest(cause: TargetedCause, content: PageContent, rest: Sequence[Group]) -> RowText:
    tasks = list(dict.fromkeys(task for group in rest for task in group.tasks))
    members = Counter(map(block, tasks))
    named = [f"{code(each)}{instances(members[block(each)])}" for each in blocks(tasks)]
    affected = few(named, _SHOWN_TASKS) + _in_targets(cause.targets, content)
    return RowText(f"{ICONS[cause.cause.severity]} {code(cause.cause.rule)} also affects {affected}")


def _need_row(needs: list[Need], group: Group, cause: TargetedCause, content: PageContent, page: Page) -> RowText:
    first = needs[0].answer
    place = first.needed_at or group.findings[0].needed_at or group.findings[0].location
    answers = [answer for need in needs for answer in need.answers]
    return RowText(
        f"{ICONS[first.requirement.severity]} {permission_words(answers, needs[0].resource)}",
        _needs(answers),
        task_names(group) if content.several else "",
        needed_by(answers),
        _place_suffix(place, cause.report, page),
        _in_targets(cause.targets, content),
    )


def _needs(answers: Iterable[Answer]) -> frozenset[tuple[str, str | None, str]]:
    needs = (each.requirement for each in answers)
    return frozenset((need.task_definition, need.container, need.pointer) for need in needs)


def _misconfiguration(group: Group, cause: TargetedCause, content: PageContent, page: Page) -> RowText:
    first = group.findings[0]
    task = first.task_definition
    subject = group.role or task
    message = prose(group.message, (task, subject))
    is_task = subject == task or subject in group.shown
    is_named = message.startswith(code(subject)) if is_task else code(subject) in message
    named = "" if is_named else f"{task_names(group) if is_task else code(subject)}: "
    affected = "" if is_task else f"; affects {task_names(group)}"
    seen_at = _place_suffix(first.needed_at or first.location, cause.report, page)
    where = f"{affected}{seen_at}{_in_targets(cause.targets, content)}"
    return RowText(f"{ICONS[cause.cause.severity]} {named}{message}{where}")


def task_names(group: Group) -> str:
    """Return the names of a group's task definitions: a few, each block once, and the number of others."""
    is_folded = len(group.shown) <= _SHOWN_TASKS and len(group.shown) < len(group.tasks)
    return few(group.shown, _SHOWN_TASKS, code) + (instances(len(group.tasks)) if is_folded else "")


def _unknown_rows(waiting: Iterable[TargetedUnknown], content: PageContent, page: Page) -> Iterator[Row]:
    """Write one row for what instances of one block need and that has the same unknown cause; a fold lists it."""
    by_targets = group_by_key((each.targets, each) for each in waiting)
    for members in by_targets.values():
        answers = alike(each.answer for each in members)
        by_cause = group_by_key(((each.tasks, _unknown_cause(each)), each) for each in answers)
        for (_, why), found in by_cause.items():
            yield partial(_unknown_row, found, why, members[0], content, page)


def _unknown_cause(found: AlikeAnswers) -> str:
    waits_for = found.common([each.waits_for for each in found.answers])
    return prose(waits_for) or reason_words(found.answers[0].reason)


def _unknown_row(
    found: Sequence[AlikeAnswers], why: str, cause: TargetedUnknown, content: PageContent, page: Page
) -> RowText:
    answers = [answer for each in found for answer in each.answers]
    others = f" and {plural(len(found) - 1, 'more permission')}" if len(found) > 1 else ""
    tasks = found[0].task_words
    return RowText(
        f"{UNKNOWN_ICON} {found[0].permission}{others}",
        _needs(answers),
        tasks if content.several or others else "",
        "" if others else needed_by(answers),
        _place_suffix(answers[0].needed_at, cause.report, page),
        _in_targets(cause.targets, content),
        f"; not decided: {why}",
    )


def place_link(place: Location | None, report: Report, page: Page) -> str:
    """Write a place as `main.tf:12`, with a link if its address is known; empty without a place."""
    path = file_path(report, place)
    if place is None or path is None:
        return ""
    shown = code(f"{path}:{place.line}")
    address = page.links.file(path, place.line) if page.links else None
    return f"[{shown}]({address})" if address else shown


def _place_suffix(place: Location | None, report: Report, page: Page) -> str:
    written = place_link(place, report, page)
    return f" ({written})" if written else ""


def _in_targets(targets: tuple[str, ...], content: PageContent) -> str:
    """Return the names of the targets if a page is about several."""
    return f" in {target_names(targets)}" if len(content.targets) > 1 else ""


def target_names(targets: tuple[str, ...], most: int = _SHOWN_TARGETS) -> str:
    """Return the names of the first targets, and the number of others."""
    return few(targets, most, code)
