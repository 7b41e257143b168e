"""Let ECS, or EC2, assume a role: in its trust policy, in a shared one, or in a new one."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec

from tfcheck import startup
from tfcheck.fix.edits.insertion import ChangedAttribute, Replacement, added_instances, unit_of
from tfcheck.fix.layout.items import extend, plain_items
from tfcheck.fix.layout.new_block import block_lines, insert_after, instance_index
from tfcheck.fix.layout.render import StatementStyle, block, quote
from tfcheck.fix.needed_statements import assume_role, free
from tfcheck.fix.policies.existing_policy import propose_into
from tfcheck.fix.policies.fix_places import Finder
from tfcheck.fix.policies.statement_data import MEMBER_OF_EACH
from tfcheck.fix.policies.written_policies import WrittenPolicy, is_frozen
from tfcheck.fix.proposal import Proposal, extend_proposal
from tfcheck.fix.text.policy_statements import statements_of
from tfcheck.fix.text.policy_text import DOCUMENT, FileText, ObjectParts, Parts, document_of, documents_of, items
from tfcheck.fix.title import Title
from tfcheck.fix.values.definitions import own_element
from tfcheck.fix.values.gates import has_key
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.ecs import task_definitions
from tfcheck.inventory.world import WorldObject
from tfcheck.verdict.judge import Judge
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.clipping import few, join_names
from tfcheck.vocabulary.finding import Answer, RoleKind, Verdict

_ARGUMENT = "assume_role_policy"
_LOCAL = re.compile(r"(?:jsonencode\()?(local\.([\w-]+))\)?")
_ACTION = '"sts:AssumeRole"'
_OF_ECS = re.compile(r'"ecs[\w.-]*"')
_QUOTE = '"'
_EC2, _TASKS = "ec2.amazonaws.com", "ecs-tasks.amazonaws.com"


class TrustPolicies(Finder):
    """Finds where the trust policies of one plan are written."""

    def proposals(self, role: WorldObject, answers: Sequence[Answer]) -> Iterator[Proposal]:
        """Yield the ways to let a service assume a role, fewest edits first."""
        by_instance = answers[0].requirement.role_kind is RoleKind.INSTANCE
        service = _EC2 if by_instance else _TASKS
        block = self._resolver.block(role.address)
        module = self._resolver.module_sources(role.address.module)
        argument = block.arguments.get(_ARGUMENT) if block and not is_frozen(block, _ARGUMENT) else None
        if block is None or module is None or argument is None:
            return
        local = _LOCAL.fullmatch(argument.text)
        argument = (module.local_argument(local[2]) if local else None) or argument
        policy = self._places.policies.with_text(role, _ARGUMENT, argument)
        users = _users(policy.argument, block, module)
        if users is not None and self._is_for_all(users, block, service):
            whose = f", the trust policy of {self._words_for(role, users)}"
            given = assume_role(service, "Ec2" if by_instance else "EcsTasks")
            added = propose_into(policy, answers, self._places, given=(given,), shared=True)
            whole = extend_proposal(added, added.title.extend(whose)) if added is not None else None
            own = filter(None, [self._correct_element(role, policy, service)])
            for each in filter(None, (*own, *self._propose_beside(role, policy, service, whose), whole)):
                roles = (ChangedAttribute(one, _ARGUMENT) for one in self._roles_of(users))
                yield msgspec.structs.replace(each, touched=tuple(dict.fromkeys((*each.touched, *roles))))
        yield from self._propose_own(role, block, module, service)

    # In the existing text

    def _is_for_all(self, users: Sequence[Block], block: Block, service: str) -> bool:
        """Whether only roles that ECS assumes have this text, or the role alone has it."""
        is_of_tasks = service == _TASKS and set(map(str, self._roles_of(users))) <= self._roles_of_tasks()
        return is_of_tasks or all(each is block for each in users)

    def _roles_of_tasks(self) -> set[str]:
        known = self._world.once(Judge).roles
        named = [one for task in task_definitions(self._world) for one in (task.execution_role, task.task_role)]
        return {str(found.address) for each in named if (found := known.resource(each)) is not None}

    def _roles_of(self, users: Sequence[Block]) -> list[Address]:
        blocks = set(map(id, users))
        roles = (each.address for each in self._world.resources("aws_iam_role"))
        return [each for each in roles if id(self._resolver.block(each)) in blocks]

    def _words_for(self, role: WorldObject, users: Sequence[Block]) -> str:
        """Return the name of a role, its other instances, and the roles of other blocks that have the same text."""
        own = set(map(str, self._places.policies.instances(role.address)))
        others = sorted({str(each) for each in self._roles_of(users)} - own)
        number = f"{len(own) - 1} other instances" if len(own) > 2 else "other instance"
        beside = f"its {number}" if len(own) > 1 else ""
        return join_names(filter(None, (str(role.address), beside, few(others) if others else "")))

    def _correct_element(self, role: WorldObject, policy: WrittenPolicy, service: str) -> Proposal | None:
        """Return the correction of a service of ECS that is in the element of the map that the roles are made from."""
        block = policy.block if policy.is_document else self._resolver.block(role.address)
        found = own_element(block, role.address.key, role.address.module, self._resolver)
        if block is None or found is None:
            return None
        source, element = found.source, found.parts
        for name in MEMBER_OF_EACH.findall(block.text):
            member = element.item(name) if isinstance(element, ObjectParts) else None
            old = source.text[member.value.start : member.value.end] if member is not None else ""
            if member is not None and service == _TASKS and _OF_ECS.fullmatch(old):
                return Proposal(
                    title=Title(f"in {found.name}, correct `{old.strip(_QUOTE)}` to `{service}`, for {role.address}"),
                    insertions=(Replacement(source, member.value.start, quote(service), old),),
                    touched=self._places.policies.changes(policy),
                    hcl=quote(service),
                    reported=(old, f"{name} ", f"{role.address.key} "),
                )
        return None

    def _propose_beside(self, role: WorldObject, policy: WrittenPolicy, service: str, whose: str) -> Iterator[Proposal]:
        """Yield proposals to add a service beside another in a statement that lets it assume the role."""
        document = policy.block if policy.is_document else None
        source = document.source if document is not None else policy.argument.source
        name = policy.argument.name
        own = f"local.{name}" if name != _ARGUMENT else f"`{_ARGUMENT}`"
        place = policy.place.resource if document is not None else own
        place = source.name if isinstance(policy.argument, FileText) else place
        if not self._places.files.editable(source):
            return
        keys = [str(each.key) for each in self._places.policies.instances(role.address)]
        conditions = tuple(f"each.key {sign} {quote(key)} ?" for key in keys for sign in ("==", "!="))
        for services in _services(policy.argument, policy.module):
            old = source.text[services.start : services.end]
            lacking = self._roles_without(role, service) if re.search(r"\beach\.", old) else []
            insertions = extend(source, services, plain_items([quote(service)]))
            if lacking and "\n" not in old:
                listed = old if old.startswith("[") else f"[{old}]"
                new = f"concat({listed}, {has_key(lacking)} ? [{quote(service)}] : [])"
                insertions = (Replacement(source, services.start, new, old),)
                whose = f", the trust policy of {role.address.resource}, for {few([str(each.key) for each in lacking])}"
            if insertions:
                yield Proposal(
                    title=Title(f"add {service} to {place}{whose}"),
                    insertions=insertions,
                    touched=self._places.policies.changes(policy),
                    hcl=f'"{service}"',
                    reported=conditions if lacking else (),
                )

    def _roles_without(self, role: WorldObject, service: str) -> list[Address]:
        """Return the roles of a block that their tasks' service cannot assume; none if these are all of them."""
        judge, siblings = self._world.once(Judge), self._places.policies.instances(role.address)
        lacking = {
            found.role
            for task in task_definitions(self._world)
            for need in startup.trust.RULE.derive(task, self._world)
            if (need.role_kind is RoleKind.INSTANCE) is (service == _EC2)
            and (found := judge.judge(need, task)).verdict is not Verdict.ALLOWED
        }
        roles = [each for each in siblings if str(each) in lacking]
        return roles if len(roles) < len(siblings) else []

    # In a new document

    def _propose_own(self, role: WorldObject, block: Block, module: Module, service: str) -> Iterator[Proposal]:
        argument = block.arguments[_ARGUMENT]
        old = argument.text
        editable = self._places.files.editable(block.source)
        if not editable or isinstance(block, JsonBlock) or "\n" in old or argument.source is not block.source:
            return
        label = free(f"{role.address.name}_trust", self._places.labels_of(role.address.module, DOCUMENT), "_")
        lines = _document(label, old, service, unit_of(block), block.repetition)
        new = f"data.{DOCUMENT}.{label}{instance_index(block.repetition)}.json"
        shared = next(iter(documents_of(argument, module)), None)
        place = shared if shared is not None and shared.source is block.source else block
        instances = self._places.policies.instances(role.address)
        is_repeated = block.repetition is not None
        yield Proposal(
            title=Title(
                f"give {self._words_for(role, [block])} a trust policy of {'their' if len(instances) > 1 else 'its'} "
                f"own, data.{DOCUMENT}.{label}: what it had, and {service}"
            ),
            insertions=(
                insert_after(place, lines),
                Replacement(block.source, argument.value_start, new, argument.text),
            ),
            touched=tuple(ChangedAttribute(each, _ARGUMENT) for each in instances),
            added=added_instances(label, [DOCUMENT], instances, repeated=is_repeated, mode="data"),
            hcl="\n".join([*lines, "", f"{_ARGUMENT} = {new}"]),
        )


def _document(label: str, old: str, service: str, unit: str, repeated: tuple[str, str] | None) -> list[str]:
    statement = block(assume_role(service), StatementStyle(sid=False, effect=False, unit=unit))
    inside = [f"source_policy_documents = [{old}]", "", *statement]
    return block_lines(f'data "{DOCUMENT}" "{label}"', inside, unit, repeated=repeated)


def _users(argument: Argument, block: Block, module: Module) -> list[Block] | None:
    """Return the roles that use a trust policy text of the module; None if something else uses it too."""
    own = block.arguments[_ARGUMENT]
    found = [block]
    local, document = _LOCAL.fullmatch(own.text), document_of(argument)
    names = [*([local[1]] if local else []), *([f"data.{DOCUMENT}.{document}"] if document else [])]
    for name in names:
        whole = re.compile(rf"(?:jsonencode\()?{re.escape(name)}(?:\[[^\[\]]*\])?(?:\.(?:minified_)?json)?\)?")
        plain = [each for each in module.blocks if whole.fullmatch(each.attribute_text(_ARGUMENT))]
        is_local = name.startswith("data.") and own is not argument
        if module.count_uses(name) != len(plain) + is_local:
            return None
        found += [each for each in plain if each is not block]
    return found


def _services(argument: Argument, module: Module) -> Iterator[Parts]:
    """Yield the services of the statements that let nothing but services assume a role."""
    for each in statements_of(argument, module):
        actions = [each.source.text[one.start : one.end] for one in items(each.actions)]
        yield from (values for kind, values in each.principals if kind == "Service" and actions == [_ACTION])
