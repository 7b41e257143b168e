"""Predict the plan and the permissions if the sources were changed.

The changed text is read and evaluated like any other: what the change touches is taken out of the plan, as if it were
known only after apply, and what the change adds is put in. Then the same requirements are decided again.
"""

from __future__ import annotations

import posixpath
from codecs import BOM_UTF8
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property, lru_cache
from typing import Any

import msgspec
from msgspec import Raw

from tfcheck.fix.edits.insertion import (
    Change,
    ChangedAttribute,
    Insertion,
    apply_insertions,
    group_by_file,
    merge_changes,
)
from tfcheck.fix.layout.new_policy import POLICY, ROLE, START_UP
from tfcheck.fix.proposal import RoleNeed
from tfcheck.fix.text.policy_text import DOCUMENT, parse_file
from tfcheck.hcl.evaluate.expressions import see
from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.modules import Module, Sources
from tfcheck.hcl.syntax.block import Block, Problem, SourceFile
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_original, read_source
from tfcheck.iam import parse_policy
from tfcheck.inventory.ecs import TASK_TYPES, TaskDefinition, tasks_by_address
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World
from tfcheck.plan import Plan
from tfcheck.plan.document import Mode, ResourceChange
from tfcheck.resolve import Resolver
from tfcheck.resolve.changed_since import has_other_default
from tfcheck.resolve.survival import TRIED
from tfcheck.symbolic.marks import has_mark, unmark_all
from tfcheck.symbolic.symbol import Symbol
from tfcheck.symbolic.value import JsonText, Unknown, Value, is_known
from tfcheck.verdict.judge import Judge, Judgement
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.finding import Answer, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_RENDERED = ("json", "minified_json", "statement")
#: A trust policy with which ECS can assume a role.
_ECS_TRUST: Value = {
    "Version": "2012-10-17",
    "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}],
}
#: Actions for which a trial can forget attributes of an instance.
_PLAIN = (("create",), ("update",), ("read",))


def repeats_the_check(resolver: Resolver, changes: Iterable[ChangedAttribute]) -> bool:
    """Whether a trial with unchanged sources would repeat the check's decisions from the same sources."""
    return not resolver.declarations.doubts and all(_is_open_already(each, resolver.plan) for each in changes)


def _is_open_already(change: ChangedAttribute, plan: Plan) -> bool:
    """Whether the plan does not know the attributes that a change removes from it, which are evaluated anyway."""
    instance = plan.instance(str(change.address))
    if instance is None or instance.after is None or instance.previous_address or instance.actions not in _PLAIN:
        return False
    names = _RENDERED if change.address.type == DOCUMENT else (change.attribute,)
    return all(instance.after.get(name) == Unknown(Symbol(change.address, (name,))) for name in names)


class ChangedSources(Sources):
    """The sources with some files changed; unchanged files are shared.

    Unchanged blocks of changed files are those of the original, unless they are to be `editable` at their new places.
    """

    def __init__(self, original: Sources, texts: Mapping[str, str], *, editable: bool = False) -> None:
        self.__dict__.update(original.__dict__)
        self._original = original
        self._new_texts = texts
        self._is_editable = editable
        self._changed: dict[str, Module] = {}

    def module(self, path: tuple[str, ...]) -> Module | None:
        """Return a module with its files changed."""
        found = self._original.module(path)
        if found is None or not any(each.source.name in self._new_texts for each in found.files):
            return found
        if found.directory not in self._changed:
            self._changed[found.directory] = Module(found.directory, map(self._file, found.files))
        return self._changed[found.directory]

    def read_file(self, path: str) -> bytes | None:
        """Read a file for `file` and `templatefile`, with its changes."""
        text = self._new_texts.get(posixpath.normpath(path))
        return self._original.read_file(path) if text is None else text.encode()

    def read_source(self, name: str) -> bytes:
        """Read a file to edit it, with its changes, if it is the one that was read."""
        found = self._original.read_source(name)
        text = self._new_texts.get(name)
        mark = BOM_UTF8 if found.startswith(BOM_UTF8) else b""
        return found if text is None else mark + text.encode()

    def _file(self, file: SourceFile) -> SourceFile:
        text = self._new_texts.get(file.source.name)
        if text is None:
            return file
        after = reread(file.source, text)
        known = {_identity(each): each for each in file.blocks if not self._is_editable}
        return SourceFile(after.source, tuple(known.get(_identity(each), each) for each in after.blocks), after.problem)


def _identity(block: Block) -> tuple[str, tuple[str, ...], str]:
    return block.type, block.labels, block.text


@lru_cache(maxsize=64)
def reread(source: SourceText, text: str) -> SourceFile:
    """Read the new text of a file, also checking its syntax."""
    if text is source.text and source.is_configuration:
        return read_original(source)
    changed = SourceText(source.name, text, bom=source.bom)
    if not source.is_configuration:
        return SourceFile(changed, (), _problem_of(changed))
    return read_source(changed)


def _problem_of(policy: SourceText) -> Problem | None:
    """Return what is wrong with a file that a policy is read from."""
    try:
        parse_file(policy.text)
    except MalformedError as error:
        return Problem(policy.place(error.offset), error.message)
    return None


def change_sources(sources: Sources, insertions: Iterable[Insertion], *, editable: bool = False) -> ChangedSources:
    """Return the sources with insertions applied."""
    found = group_by_file(insertions)
    texts = {file.name: apply_insertions(file.text, several) for file, several in found.items()}
    return ChangedSources(sources, texts, editable=editable)


def bare_tasks(world: World) -> dict[str, TaskDefinition]:
    """Return the task definitions by address, without their containers.

    Their needs were found before the change: doing so again would take most of the time.
    """
    return {str(each.address): TaskDefinition(each, ()) for each in world.resources(*TASK_TYPES)}


class Trial:
    """The world as a change would make it."""

    def __init__(
        self,
        resolver: Resolver,
        sources: Sources | None,
        touched: Iterable[ChangedAttribute] = (),
        added: Iterable[Address] = (),
        given: Mapping[tuple[Address, str], Value] | None = None,
        context: Sequence[World] = (),
        variables: Mapping[str, Value] | None = None,
    ) -> None:
        """Build from the changed sources, the changed and added attributes, and texts that are not at hand.

        `context` are the other stacks: no change touches them. `variables` are the values of root variables, by default
        those of the plan, without defaults that the sources change.
        """
        if variables is None:
            changed = _changed_defaults(resolver.plan, sources)
            variables = {name: value for name, value in resolver.plan.variables.items() if name not in changed}
        hidden = group_by_key([*((each.address, each.attribute) for each in touched), *(given or {})])
        found = (_forgetful(resolver.plan, address, names) for address, names in hidden.items())
        rows = [row for row in found if row is not None]
        new = (_row(each, {}, _RENDERED if each.type == DOCUMENT else ()) for each in added)
        plan = resolver.plan.with_rows([*rows, *new], variables)
        workspace = resolver.workspace if isinstance(resolver.workspace, str) else None
        self._before = resolver
        self._world = After(Resolver(plan, sources, workspace, resolver.account, given=given), context)
        self._judge = Judge(self._world)

    @classmethod
    def after(cls, world: After, *changes: Change, editable: bool = False) -> Trial:
        """Return the trial of changes that are made together; `editable` if further changes are to follow."""
        whole, sources = merge_changes(changes), world.resolver.sources
        assert sources is not None  # otherwise there is nothing to change
        new = change_sources(sources, whole.insertions, editable=editable)
        return cls(world.resolver, new, whole.touched, whole.added, context=world.context)

    @classmethod
    def with_values(cls, world: After, added: Iterable[Address], values: Mapping[tuple[Address, str], Value]) -> Trial:
        """Return the trial of new resources with these values, which no file has."""
        return cls(world.resolver, world.resolver.sources, (), added, values, world.context)

    @property
    def world(self) -> After:
        """The world after the change."""
        return self._world

    @cached_property
    def tasks(self) -> dict[str, TaskDefinition]:
        """The task definitions by address, without their containers."""
        return bare_tasks(self._world)

    def allows(self, answer: Answer) -> bool:
        """Whether a requirement is allowed, decided again."""
        return self.verdict(answer) is Verdict.ALLOWED

    def verdict(self, answer: Answer) -> Verdict:
        """Return the verdict on a requirement, decided again."""
        task = self.tasks.get(answer.requirement.task_definition)
        return self._judge.verdict(answer.requirement, task) if task else Verdict.DENIED

    def is_invalid(self, change: Change) -> bool:
        """Whether an argument of what a change adds or edits definitely is an error in one of its instances."""
        changed = dict.fromkeys((*change.added, *(each.address for each in change.touched)))
        now = ((each, errors) for each in changed if (errors := set(_errors(each, self._world.resolver))))
        return any(errors.difference(_errors(each, self._before)) for each, errors in now)

    def judgement(self, answer: Answer) -> Judgement:
        """Return the verdict on a requirement, decided again, with the reason."""
        task = self.tasks.get(answer.requirement.task_definition)
        return self._judge.judge(answer.requirement, task) if task else Judgement(None, Verdict.DENIED)


def _errors(address: Address, resolver: Resolver) -> Iterator[str]:
    """Yield the arguments of a policy or a document that are an error in an instance."""
    block = resolver.block(address)
    for part in (block, *block.blocks("statement")) if block is not None else ():
        for each in part.arguments.values():
            try:
                see(each.expression, resolver.scope_of(address))
            except EvaluationError:
                yield each.text


def _changed_defaults(plan: Plan, sources: Sources | None) -> frozenset[str]:
    """Return the root variables that have their default in the plan, while the sources have another one."""
    module = sources.module(()) if sources is not None else None
    known, config = plan.variables, plan.configuration.variables if plan.configuration is not None else {}
    names = (
        name for name, each in config.items() if name in known and each.has_default and each.default == known[name]
    )
    blocks = ((name, module.variable(name)) for name in names if module is not None)
    return frozenset(name for name, each in blocks if each and has_other_default(each, config[name].default))


def verdicts_with(answers: Sequence[Answer], world: After, *, bounded: bool = True) -> list[Verdict]:
    """Return the verdicts on the answers of one role as if it had a policy with exactly what they need.

    Without `bounded` they are also decided as if the role had no permissions boundary. The needs of tasks in another
    plan keep their verdict.
    """
    judge = world.once(Judge)
    tasks = tasks_by_address(world)
    policy = parse_policy(JsonText(policy_document(answers)), START_UP)
    decidable = [each for each in answers if each.requirement.task_definition in tasks]
    calls = ((each.requirement, tasks[each.requirement.task_definition]) for each in decidable)
    found = dict(zip(decidable, judge.verdicts_with(policy, calls, bounded=bounded), strict=True))
    return [found.get(each, each.verdict) for each in answers]


def exactly(needs: Sequence[RoleNeed], world: After) -> Trial:
    """Return the world in which each role has a new policy with exactly what it lacks."""
    given: dict[tuple[Address, str], Value] = {}
    for need in needs:
        lacking = need.answers_by_role()
        for role in need.roles:
            name = f"{role.address.name}_start_up"
            address = Address(role.address.module, "managed", "aws_iam_role_policy", name, role.address.key)
            given[address, "name"], given[address, "role"] = START_UP, role.attribute("name")
            given[address, "policy"] = JsonText(policy_document(lacking[str(role.address)]))
    added = list(dict.fromkeys(address for address, _ in given))
    return Trial.with_values(world, added, given)


def with_execution_roles(world: After, lacking: Mapping[Address, Sequence[Answer]]) -> Trial:
    """Return the world in which task definitions have new roles, each with a policy of exactly what is needed."""
    added: list[Address] = []
    given: dict[tuple[Address, str], Value] = {}
    named: dict[str, int] = {}
    for task, answers in lacking.items():
        name = f"{task.name}_execution"
        named[name] = number = named.get(name, 0) + 1
        role, policy = (Address(task.module, "managed", each, name, task.key) for each in (ROLE, POLICY))
        given[task, "execution_role_arn"] = Unknown(symbol=Symbol(role, ("arn",)))
        given[role, "name"] = name if number == 1 else f"{name}_{number}"
        given[role, "assume_role_policy"] = JsonText(_ECS_TRUST)
        given[policy, "name"], given[policy, "role"] = START_UP, Unknown(symbol=Symbol(role, ("name",)))
        given[policy, "policy"] = JsonText(policy_document(answers))
        added += [role, policy] if answers else [role]
    return Trial.with_values(world, added, given)


def policy_document(answers: Sequence[Answer]) -> Value:
    """Return a policy that allows exactly what is needed."""
    needed = dict.fromkeys((each.requirement.action, each.requirement.resource) for each in answers)
    statements: list[Value] = [
        {"Effect": "Allow", "Action": action, "Resource": resource} for action, resource in needed
    ]
    return {"Version": "2012-10-17", "Statement": statements}


def _forgetful(plan: Plan, address: Address, names: Sequence[str]) -> ResourceChange | None:
    """Return the plan's row of an instance with some attributes known only after apply."""
    hidden = list(_RENDERED) if address.type == DOCUMENT else list(names)
    prior = plan.data(str(address)) if address.mode == "data" else None
    if prior is not None:
        return _row(address, prior.values, hidden)
    instance = plan.instance(str(address))
    if instance is None or instance.after is None:
        return None
    actions = instance.actions if instance.left_behind is not None else None
    return _row(address, instance.after, hidden, instance.before, actions)


def _row(
    address: Address,
    known: Mapping[str, Value],
    hidden: Iterable[str],
    before: Mapping[str, Value] | None = None,
    actions: tuple[str, ...] | None = None,
) -> ResourceChange:
    mask: dict[str, Any] = {name: found for name, value in known.items() if (found := _mask(value))}
    mask |= dict.fromkeys(hidden, True)
    after = {name: _plain(unmark_all(value)) for name, value in known.items() if mask.get(name) is not True}
    change = {
        "actions": actions or ["read" if address.mode == "data" else "create" if before is None else "update"],
        "before": unmark_all(dict(before)) if before is not None else None,
        "after": after,
        "after_unknown": mask,
        "before_sensitive": _sensitive(before or {}),
        "after_sensitive": _sensitive(known),
    }
    return ResourceChange(
        address=str(address),
        type=address.type,
        mode=Mode(address.mode),
        name=address.name,
        index=address.key,
        module_address=str(address.module) or None,
        action_reason=TRIED,
        change=Raw(msgspec.json.encode(change)),
    )


def _sensitive(values: Mapping[str, Value]) -> dict[str, bool]:
    return {name: True for name, value in values.items() if has_mark(value)}


def _mask(value: Value) -> Any:
    """Return the mask of the unknown parts of a value, as in a plan: `true` at every unknown leaf."""
    if isinstance(value, Unknown):
        return True
    if is_known(value):
        return None
    if isinstance(value, list):
        return [_mask(each) or False for each in value]
    if isinstance(value, dict):
        return {name: found for name, each in value.items() if (found := _mask(each))}
    return True


def _plain(value: Value) -> Any:
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, dict):
        return {name: _plain(each) for name, each in value.items() if not isinstance(each, Unknown)}
    return None if isinstance(value, Unknown) else value
