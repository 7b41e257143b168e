"""Merge answers that differ only by action, or by the key of an instance."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from tfcheck.report.causes import block, fold_keys, keys
from tfcheck.report.markdown.escape import code
from tfcheck.report.words import instances
from tfcheck.vocabulary.clipping import and_more, join_names
from tfcheck.vocabulary.finding import Answer

_SHOWN_PLACES = 2


class AlikeAnswers(msgspec.Struct, frozen=True):
    """Answers about one resource for a task definition, or for several instances of its block."""

    answers: tuple[Answer, ...]

    @property
    def tasks(self) -> tuple[str, ...]:
        """Return the addresses of the task definitions."""
        return tuple(dict.fromkeys(each.requirement.task_definition for each in self.answers))

    @property
    def permission(self) -> str:
        """Write the actions and the resource."""
        return permission_words(self.answers, self.common([each.requirement.shown_resource for each in self.answers]))

    @property
    def task_words(self) -> str:
        """Name the task definition, or its block with the number of instances."""
        tasks = self.tasks
        return f"{code(block(tasks[0]))}{instances(len(tasks))}" if len(tasks) > 1 else code(tasks[0])

    def common(self, texts: Sequence[str]) -> str:
        """Return what texts about the answers have in common: the first one, without its key if they differ."""
        first = self.answers[0].requirement.task_definition
        return texts[0] if len(set(texts)) == 1 else fold_keys(texts[0], keys(first))


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
    return [
        text if len(tasks[text]) > 1 else fold_keys(text, keys(answer.requirement.task_definition))
        for text, answer in texts
    ]


def permission_words(answers: Iterable[Answer], resource: str) -> str:
    """Write the actions of answers, and the resource."""
    return f"{join_names(dict.fromkeys(code(each.requirement.action) for each in answers))} on {code(resource)}"


def blocks_with_keys(tasks: Sequence[str], most: int) -> str:
    """Name task definitions, the instances of a block once with their keys; at most `most` of each."""
    members: dict[str, list[str]] = {}
    for each in tasks:
        members.setdefault(block(each), []).append(each)
    shown = []
    for name, several in list(members.items())[:most]:
        named = ", ".join(code(", ".join(reversed(keys(each))) or each) for each in several[:most])
        keyed = f"{code(name)} ({named}{and_more(len(several), most)})"
        shown.append(keyed if len(several) > 1 else code(several[0]))
    return ", ".join(shown) + and_more(len(members), most)


def needed_by(answers: Sequence[Answer]) -> str:
    """Return the containers and attributes that need it: container `web`, `environmentFiles[0]`."""
    places = list(dict.fromkeys(_place_words(each, ()) for each in answers))
    if len(places) > 1:
        places = list(dict.fromkeys(_place_words(each, keys(each.requirement.task_definition)) for each in answers))
    return " or ".join(places[:_SHOWN_PLACES]) + and_more(len(places), _SHOWN_PLACES)


def _place_words(answer: Answer, names: tuple[str, ...]) -> str:
    need = answer.requirement
    steps = [step.replace("~1", "/").replace("~0", "~") for step in need.pointer.split("/")[1:]]
    if need.container is not None and steps and steps[0].isdecimal():
        steps = steps[1:]
    path = "".join(f"[{step}]" if step.isdecimal() else f".{step}" for step in steps).removeprefix(".")
    container = f"container {code(fold_keys(need.container, names))}" if need.container is not None else ""
    return ", ".join(filter(None, (container, code(path) if path else ""))) or "the task definition"
