"""Set an execution role for a task definition without one: that of other tasks in its module, or a new one."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

import msgspec

from tfcheck import startup
from tfcheck.fix.corrections.role_settings import ARGUMENT, RoleSetting, role_settings
from tfcheck.fix.edits.insertion import ChangedAttribute, added_instances, unit_of
from tfcheck.fix.layout.new_block import insert_after
from tfcheck.fix.layout.new_policy import (
    LONGEST_PREFIX,
    POLICY,
    NewRole,
    common_arguments,
    document_beside,
    label_for,
    module_words,
    name_for,
    passed_provider,
    place_for_roles,
    role_hcl,
    roles_of,
    trusts,
)
from tfcheck.fix.layout.render import quote
from tfcheck.fix.needed_statements import references_in
from tfcheck.fix.policies.attachments import AWS_POLICY, BY_AWS
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.proof.plan_differences import outdated_objects, unplanned_instances
from tfcheck.fix.proof.task_proof import is_readable, needs_after, relieved_answers
from tfcheck.fix.proof.trial import Trial, with_execution_roles
from tfcheck.fix.proposal import DraftFix, Proposal, RoleNeed, draft_fix, extend_proposal
from tfcheck.fix.text.policy_text import DOCUMENT
from tfcheck.fix.title import Title
from tfcheck.fix.values.repetition import AT_MOST_ONE, Statements, names_instance, share_statements, terms_of_call
from tfcheck.fix.words.as_text import doubt_words, roles_as_text
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.iam import managed_policy_arn
from tfcheck.inventory.world import find_object
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.address import Address, parse
from tfcheck.vocabulary.finding import Answer, Fix, Reason, Requirement, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_TASK = "aws_ecs_task_definition"
#: The types of blocks that use roles.
_USERS = ("resource", "module", "locals")
_ROLE = regex(r"(?:data\.)?aws_iam_role\.[\w-]+\.arn|(?:var|local|module)(?:\.[\w-]+)+")


class _Roleless(msgspec.Struct, frozen=True):
    """Task definitions of one setting, and what they need of its role, by the place of that."""

    setting: RoleSetting
    tasks: Sequence[Address]
    needs: dict[Address, tuple[Answer, ...]]

    @property
    def block(self) -> Block:
        """The block with the setting."""
        return self.setting.block

    @property
    def place(self) -> Address:
        """The first place."""
        return next(iter(self.needs))

    @property
    def names(self) -> str:
        """The names of the task definitions."""
        number = len(self.tasks)
        return str(self.tasks[0]) if number == 1 else f"{self.tasks[0].resource} ({number} instances)"


class MissingRoles(Finder):
    """Finds execution roles for the task definitions of one plan that have none."""

    def __init__(self, places: FixPlaces, ranked: Callable[[RoleNeed], Iterator[Proposal]]) -> None:
        """Build from the places for fixes, and the ways to grant to a role."""
        super().__init__(places)
        self._ranked = ranked
        self._labels: dict[tuple[Module, str], str] = {}
        #: What the plan does not decide once a task definition has the new role: what to do, and what decides it.
        self.open_then: dict[Requirement, str] = {}

    def fixes(self, answers: Iterable[Answer]) -> Iterator[DraftFix]:
        """Yield a proven change for each block of task definitions, or text where there is none."""
        answers = list(answers)
        without = [each for each in answers if each.reason is Reason.NO_EXECUTION_ROLE]
        done = set(self.granted_by_sources(without))
        blocks = self._group_by_block(without)
        instances = [task for _, several in blocks for task in self._instances(several)]
        settings = role_settings(instances, self._resolver)
        if settings:
            self._with_roles = with_execution_roles(self._world, dict.fromkeys(instances, ()))
        by_task = _by_task(without)
        for setting, tasks in settings.items():
            several = tuple(each for task in tasks for each in by_task.get(task, ()))
            ways = self._ways(setting, tasks) if several else ()
            tried = ((each, self._allowed_by(each, several)) for each in ways)
            found, allowed = next((each for each in tried if each[1]), (None, ()))
            if found is not None:
                done |= set(several)
                trial = Trial.after(self._world, found)
                for each in several:
                    if each not in allowed:
                        words = doubt_words([trial.judgement(each)])
                        self.open_then[each.requirement] = str(found.title.with_remarks(words))
                diff = self._places.files.diff(found.insertions)
                fix = Fix(title=str(found.title), safety="review", proven=True, hcl=found.hcl, diff=diff)
                relieved = relieved_answers(answers, found.beside, trial)
                yield draft_fix(fix, (*allowed, *relieved), found)
        left = _by_task(each for each in without if each not in done)
        for text, task in roles_as_text(left, self._places):
            yield DraftFix(text, tuple(left[task]))

    def granted_by_sources(self, answers: Iterable[Answer]) -> list[Answer]:
        """Return what the sources already grant by a role that the older plan lacks."""
        found: list[Answer] = []
        answers = list(answers)
        for block, several in self._group_by_block(answers):
            if ARGUMENT in block.arguments:
                tasks = self._instances(several)
                added = (each for task in tasks for each in unplanned_instances(task.module, self._resolver))
                touched = [ChangedAttribute(each, ARGUMENT) for each in tasks]
                modules = {each.module for each in tasks}
                roles = [each for each in self._world.resources("aws_iam_role") if each.address.module in modules]
                policies = self._places.policies
                touched += [each for role in roles for one in policies.of(role) for each in policies.changes(one)]
                trial = Trial(self._resolver, self._resolver.sources, dict.fromkeys(touched), dict.fromkeys(added))
                allowed = [each for each in several if trial.allows(each)]
                found += [*allowed, *(relieved_answers(answers, tasks, trial) if allowed == list(several) else ())]
        return found

    def _group_by_block(self, answers: Iterable[Answer]) -> list[tuple[Block, tuple[Answer, ...]]]:
        found: dict[int, tuple[Block, list[Answer]]] = {}
        for task, several in _by_task(each for each in answers if each.reason is Reason.NO_EXECUTION_ROLE).items():
            block = self._resolver.block(task)
            if block is not None and not isinstance(block, JsonBlock):
                found.setdefault(id(block), (block, []))[1].extend(several)
        return [(block, tuple(several)) for block, several in found.values()]

    # The ways

    def _ways(self, setting: RoleSetting, tasks: Sequence[Address]) -> Iterator[Proposal]:
        edited = setting.null[0] if setting.null is not None else setting.block.source
        if not all(map(self._places.files.editable, (setting.block.source, edited))):
            return
        needed: dict[Address, tuple[Answer, ...]] = {}
        for task in tasks:
            place = setting.place(task, self._resolver)
            needed[place] = (*needed.get(place, ()), *self._needs(task))
        without = _Roleless(setting, tasks, needed)
        for text, user in self._other_users(without):
            title = f"set `{setting.argument}` of {without.names} to `{text}`, as in {user}"
            yield from self._proposal(Title(title), without, text)
        for role in self._unused_roles(without.place):
            yield from self._propose_role(role, without)
        for managed in dict.fromkeys((self._managed_policy_arn(without), "")):
            for lists in (False,) if setting.is_call else (True, False):
                own = self._statements(without, managed, lists=lists)
                yield from self._new_roles_with(*own, without, managed) if own is not None else ()

    def _instances(self, answers: Sequence[Answer]) -> Sequence[Address]:
        return self._places.policies.instances(next(iter(_by_task(answers))))

    def _other_users(self, without: _Roleless) -> Iterator[tuple[str, str]]:
        module = self._resolver.module_sources(without.place.module)
        seen: set[str] = set()
        for each in module.blocks if module else ():
            text = each.attribute_text(ARGUMENT)
            if each.labels[:1] == (_TASK,) and each is not without.block and _ROLE.fullmatch(text) and text not in seen:
                seen.add(text)
                yield text, ".".join(each.labels)

    def _unused_roles(self, task: Address) -> list[Block]:
        """Return the roles that nothing of the module uses but IAM, similarly named ones first.

        One that is named like another task definition is left to that.
        """
        module = self._resolver.module_sources(task.module)
        users = [each for each in (module.blocks if module else ()) if each.type in _USERS and not _is_of_iam(each)]
        named = " ".join(each.text for each in users)
        others = [each.labels[1] for each in users if each.labels[:1] == (_TASK,) and each.labels[1] != task.name]
        found: list[tuple[bool, bool, Block]] = []
        for each in roles_of(module) if module else ():
            label = each.labels[1]
            is_named = re.search(rf"aws_iam_role\.{re.escape(label)}(?![\w-])", named)
            is_own = task.name in label
            is_of_other = not is_own and any(one in label for one in others)
            if not (is_named or is_of_other or _is_gated(each) or isinstance(each, JsonBlock)):
                found.append((not is_own, "exec" not in label, each))
        return [each for *_, each in sorted(found, key=lambda each: each[:2])]

    def _propose_role(self, role: Block, without: _Roleless) -> Iterator[Proposal]:
        arn = f"{'.'.join(role.labels)}.arn"
        title = f"set `{without.setting.argument}` of {without.names} to `{arn}`"
        for found in self._proposal(Title(title), without, arn):
            trial = Trial.after(self._world, found)
            needed = (
                one.requirement for each in without.tasks for one in needs_after(each, trial) if not trial.allows(one)
            )
            lacking = list(needed)
            if not lacking:
                yield found
            elif "exec" in role.labels[1] and all(each.action != startup.trust.ACTION for each in lacking):
                yield from self._propose_grants(found, Address(without.place.module, "managed", *role.labels), lacking)

    def _propose_grants(self, found: Proposal, role: Address, lacking: Sequence[Requirement]) -> Iterator[Proposal]:
        """Yield the ways to grant what a role lacks, together with the argument that names it."""
        target = find_object(role, self._world)
        answers = [Answer(each, str(role), Verdict.DENIED, Reason.IMPLICIT_DENY) for each in lacking]
        for each in self._ranked(RoleNeed((target,), tuple(answers))) if target is not None else ():
            both = extend_proposal(found, Title.join([found.title, each.title]), each)
            yield msgspec.structs.replace(both, hcl=f"{each.hcl}\n\n{found.hcl}")

    def _managed_policy_arn(self, without: _Roleless) -> str:
        """Write the ARN of the AWS managed policy as the module does; empty if it is not needed or not known."""
        if not any(each.requirement.action in BY_AWS for several in without.needs.values() for each in several):
            return ""
        partition = self._resolver.surroundings(without.tasks[0]).partition
        arn = managed_policy_arn(AWS_POLICY, partition=partition) if isinstance(partition, str) else None
        module = self._resolver.module_sources(without.place.module)
        declared = module.resource_keys if module else ()
        named = sorted(name for mode, kind, name in declared if (mode, kind) == ("data", "aws_partition"))
        if module is not None and named and not _is_gated(module.resource("data", "aws_partition", named[0])):
            general = f"${{data.aws_partition.{named[0]}.partition}}"
            return f'"arn:{general}:iam::aws:policy/service-role/{AWS_POLICY}"'
        return f'"{arn}"' if isinstance(arn, str) else ""

    def _new_roles_with(
        self, statements: Statements, repeated: bool, without: _Roleless, managed: str
    ) -> Iterator[Proposal]:
        place, block, setting = without.place, without.block, without.setting
        module = self._resolver.module_sources(place.module)
        if module is None:
            return
        is_gate = AT_MOST_ONE.search(block.attribute_text("count"))
        named = (each.expression for each in references_in(statements))
        repeated = repeated or bool(is_gate) or ("count" in block.arguments and any("[" in each for each in named))
        repetition = setting.repetition if repeated else None
        statements, gate = (statements, "") if repeated else self._gate(statements, without)
        label = self._label(place, module)
        several = len(self._places.policies.modules(place.module)) > 1
        family = self._resolver.attribute(without.tasks[0], "family") if repetition is None else None
        name = name_for(label, block, family, several=several, repeated=repetition is not None)
        if self._is_taken(name[1], without, repeated=repeated):
            name = "name_prefix", quote(f"{label.replace('_', '-')[: LONGEST_PREFIX - 1]}-")
        known = list(roles_of(module))
        for trust in trusts(module):
            role = NewRole(
                label=label,
                name=name,
                trust=trust,
                managed=managed,
                wanted=statements,
                repeated=repetition,
                provider=passed_provider(block) if setting.is_call else block.attribute_text("provider"),
                common=common_arguments(known, block),
                like=known[-1] if known else None,
                gate=gate,
                document=document_beside(module),
            )
            where = f", passed by `{setting.argument}`" if setting.is_call else ""
            users = without.names + (where or module_words(each.module for each in without.tasks))
            title = f"create the execution role {role.types[0]}.{label} for {users}"
            doubts = self._places.doubts(statements, block, place.module, gate=gate)
            yield from self._proposal(Title(title, doubts), without, f"{role.reference}.arn", role)

    def _gate(self, statements: Statements, without: _Roleless) -> tuple[Statements, str]:
        """Return statements with the conditions of their lists, or without them and the condition of their policy."""
        given = self._places.gates.for_lists(statements, without.place)
        gates = dict.fromkeys(each.gate for each in given)
        if not gates or "" in gates:
            return given, ""
        if not self._places.lists.are_counted(given, list(without.needs)):
            return statements, ""
        alone = len(gates) == 1
        given = tuple(msgspec.structs.replace(each, gate="") for each in given) if alone else given
        return given, " || ".join(gates)

    def _is_taken(self, name: str, without: _Roleless, *, repeated: bool) -> bool:
        """Whether a name, as an expression, is another role's, or the same for several new ones."""
        roles = (*self._world.resources("aws_iam_role"), *self._world.looked_up("aws_iam_role"))
        taken = [each.attribute("name") for each in roles]
        new = [self._places.lists.evaluate(name, each) for each in without.needs]
        return any(each in taken for each in new) if not repeated else any(new.count(each) > 1 for each in new)

    def _label(self, place: Address, module: Module) -> str:
        taken = {*module.taken_labels("aws_iam_")}
        taken |= {
            label for (where, block), label in self._labels.items() if where is module and block != place.resource
        }
        name = re.sub(r"\W+", "_", place.name)
        return self._labels.setdefault((module, place.resource), label_for(name, frozenset(taken)))

    def _statements(self, without: _Roleless, managed: str, *, lists: bool) -> tuple[Statements, bool] | None:
        """Write what a new role needs beyond the AWS managed policy, and whether each place needs its own."""
        found: list[Statements] = []
        for place, several in without.needs.items():
            left = [each for each in several if not (managed and each.requirement.action in BY_AWS)]
            statements = self._places.statements(left, place, lists=lists)
            if statements is None or (lists and statements and not self._places.lists.are_usable(statements, [place])):
                return None
            found.append(statements)
        lacking = [each for each in found if each] or found
        # NOTE: the list of a place that lacks nothing is empty.
        is_listed = all(each.resource_list for one in lacking for each in one) and all(
            each.key is None for each in without.needs
        )
        if all(each == lacking[0] for each in lacking) and (is_listed or len(lacking) == len(found)):
            return lacking[0], any(map(names_instance, lacking[0]))
        terms = [
            terms_of_call(without.block, each.module, each.key, self._resolver)
            if without.setting.is_call
            else self._places.terms(each)
            for each in without.needs
        ]
        shared = share_statements(list(zip(terms, found, strict=True)))
        return (shared.statements, True) if shared is not None else None

    def _proposal(
        self, title: Title, without: _Roleless, value: str, role: NewRole | None = None
    ) -> Iterator[Proposal]:
        argument, tasks, block = without.setting.write(value), without.tasks, without.block
        module = self._resolver.module_sources(without.place.module)
        if argument is None or module is None:
            return
        editable = [file.source.name for file in module.files if self._places.files.editable(file.source)]
        place = place_for_roles(module, block, editable) if role else block
        new = role_hcl(role, unit_of(block)) if role else []
        yield Proposal(
            title=title,
            insertions=(argument, *([insert_after(place, new)] if role else [])),
            touched=tuple(ChangedAttribute(each, ARGUMENT) for each in tasks),
            added=tuple(self._new_resources(role, list(without.needs))) if role else (),
            hcl="\n".join([*new, *([""] if new else []), f"{without.setting.argument} = {value}"]),
            beside=tuple(tasks),
        )

    def _new_resources(self, role: NewRole, places: Sequence[Address]) -> Iterator[Address]:
        """Yield the new resources: a policy with a condition only where that holds."""
        kinds = [each for each in role.types if each != POLICY or not role.gate]
        repeated, documents = role.repeated is not None, [DOCUMENT] if role.wanted and role.document else []
        yield from added_instances(role.label, kinds, places, repeated=repeated)
        yield from added_instances(
            role.label, documents if not role.gate else (), places, repeated=repeated, mode="data"
        )
        for each in places if role.gate else ():
            if self._places.lists.evaluate(role.gate, each) is True:
                yield Address(each.module, "managed", POLICY, role.label, 0)
                yield from (Address(each.module, "data", one, role.label, 0) for one in documents)

    # What is needed, and the proof

    def _needs(self, task: Address) -> tuple[Answer, ...]:
        needs = needs_after(task, self._with_roles)
        return tuple(each for each in needs if each.requirement.action != startup.trust.ACTION)

    def _allowed_by(self, proposal: Proposal, answers: Sequence[Answer]) -> tuple[Answer, ...]:
        """Return what a change allows; nothing if it is not sound or leaves anything denied."""
        if not is_readable(proposal, self._places.files):
            return ()
        trial = Trial.after(self._world, proposal)
        all_needed = (*answers, *(each for task in proposal.beside for each in needs_after(task, trial)))
        if any(trial.verdict(each) is Verdict.DENIED for each in all_needed):
            return ()
        allowed = tuple(each for each in answers if trial.allows(each))
        return () if outdated_objects((), proposal.beside, self._resolver) else allowed


def _by_task(answers: Iterable[Answer]) -> dict[Address, list[Answer]]:
    return group_by_key((parse(each.requirement.task_definition), each) for each in answers)


def _is_of_iam(block: Block) -> bool:
    return block.labels[:1] != () and block.labels[0].startswith("aws_iam_")


def _is_gated(block: Block | None) -> bool:
    return block is None or block.repetition is not None
