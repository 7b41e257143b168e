"""Propose to add missing statements to policies that the sources contain."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterator, Sequence

from msgspec.structs import replace

from tfcheck.fix.layout.new_policy import rename_taken_sids
from tfcheck.fix.layout.render import text
from tfcheck.fix.needed_statements import needed_statements
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.policies.into_policy import PolicyEdit, count_parts, insert_into_policy, service_of
from tfcheck.fix.policies.policy_files import PassedStatements, as_in_file, has_references, literal_in
from tfcheck.fix.policies.statement_data import StatementData
from tfcheck.fix.policies.written_policies import FILLED, WrittenPolicy, came_near, other_roles
from tfcheck.fix.proposal import Proposal, RoleNeed, join_proposals
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.text.policy_text import DOCUMENT, FileText
from tfcheck.fix.title import Title
from tfcheck.fix.values.repetition import Statements
from tfcheck.vocabulary.address import Address, parse
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Answer
from tfcheck.vocabulary.grouping import group_by_key

#: With this many resources, needs are divided among the policies of a role.
_MOST = 30
#: What the services of start-up are for.
_KINDS = {"secretsmanager": "values", "ssm": "values", "kms": "values", "s3": "values", "ecr": "images", "logs": "logs"}


def propose_existing(need: RoleNeed, places: FixPlaces, *, wide: bool, in_callers: bool = False) -> Iterator[Proposal]:
    """Yield additions to the roles' policies; with `wide`, to those that other roles share or a role has repeatedly.

    With `in_callers` only to policies outside the roles' module that grant the same on other resources, or texts that
    it is passed; without, such a text is not changed for what the module can name itself.
    """
    names, policies = need.names(), places.policies
    first = list(policies.of(need.roles[0]) if need.roles else policies.of_need(need))
    own = need.roles[0].address.module if need.roles else None
    passed = [each for each in first if each.place.module != each.resource.address.module == own]
    if in_callers:
        others = (each for each in first if each.resource.address.module != own)
        first = [*passed, *(each for each in others if grants_alike(each, need, places))]
    elif passed and places.names_all(need):
        first = [each for each in first if each not in passed]
    texts = Counter(each.argument for each in {each.resource.address: each for each in first}.values())
    fitting: list[tuple[WrittenPolicy, tuple[str, ...]]] = []
    for policy in sorted(first, key=lambda each: _distance(each, need, places)):
        reach = policies.reach(policy.resource)
        is_alone = reach is not None and reach <= names and texts[policy.argument] == 1
        if reach is not None and names <= reach and is_alone is not wide:
            fitting.append((policy, other_roles(reach, names)))
    if len(fitting) > 1:
        yield from _propose_by_statement(fitting, need, places)
    for policy, remarks in fitting:
        extended = _propose_in_shared(policy, remarks, need, places, extends=True)
        yield from () if extended is None else (extended,)
        added = _propose_in_shared(policy, remarks, need, places, extends=False)
        if added is not None and (extended is None or added.insertions != extended.insertions):
            yield added


def propose_in_elements(need: RoleNeed, places: FixPlaces) -> Iterator[Proposal]:
    """Yield additions of what each role lacks to its own element of the map that the roles' policies are made from."""
    found: list[tuple[WrittenPolicy, PolicyEdit]] = []
    for role, answers in zip(need.roles, need.answers_by_role().values(), strict=True):
        ways = ((each, _edit_of_element(each, answers, places)) for each in places.policies.of(role))
        policy, edit = next((each for each in ways if each[1] is not None), (None, None))
        if policy is None or edit is None:
            return
        found.append((policy, edit))
    for policy, edit in found[:1]:
        added = count_parts({"an element": [line for _, each in found for line in each.hcl.split("\n")]})
        touched = dict.fromkeys(one for each, _ in found for one in places.policies.changes(each))
        yield Proposal(
            title=Title(f"add {added} to {join_names(edit.documents)}", (_made_from_it(policy.place.resource),)),
            insertions=tuple(one for _, each in found for one in each.insertions),
            touched=tuple(touched),
            hcl="\n".join(each.hcl for _, each in found),
            reported=tuple(one for _, each in found for one in each.reported),
        )


def _made_from_it(resource: str) -> str:
    return f"{resource} is made from it"


def _edit_of_element(policy: WrittenPolicy, answers: Sequence[Answer], places: FixPlaces) -> PolicyEdit | None:
    """Return an addition to the element as the module of the policy, or one that passes it the map, writes it."""
    path, into = policy.place.module, policy.place.resource
    while True:
        statements = places.as_statements(answers, path, into)
        data = StatementData(policy, places.policies.changes(policy), places.world.resolver, path)
        found = data.insert_into_element(statements) if statements else None
        if found is not None and places.files.are_editable(found.insertions):
            return found
        if not path.steps:
            return None
        path, into = path.parent, f"module.{path.steps[-1].name}"


def _distance(policy: WrittenPolicy, need: RoleNeed, places: FixPlaces) -> tuple[bool, ...]:
    """Order policies: first one that nearly grants it, is for the like, or is beside the task definition."""
    tasks = dict.fromkeys(parse(each.requirement.task_definition) for each in need.answers)
    blocks = filter(None, map(places.world.resolver.block, tasks))
    written = policy.block.source if policy.block is not None else policy.argument.source
    is_beside = any(each.source.name == written.name for each in blocks)
    return not came_near(policy, need), not _is_akin(policy, need, places), not is_beside


def _is_akin(policy: WrittenPolicy, need: RoleNeed, places: FixPlaces) -> bool:
    """Whether a policy is for services like the needed ones: what containers read is not logged or pulled."""
    statements = places.policies.readable(policy)
    own = {_KINDS.get(service_of(each.value)) for one in statements for each in one.actions}
    return not own.isdisjoint({_KINDS.get(service_of(each.requirement.action), "") for each in need.answers})


def grants_alike(policy: WrittenPolicy, need: RoleNeed, places: FixPlaces) -> bool:
    """Whether a policy grants a needed action on other resources."""
    actions = {each.requirement.action for each in need.answers}
    return any(each.matches_action(one) for each in places.policies.readable(policy) for one in actions)


def _propose_by_statement(
    policies: Sequence[tuple[WrittenPolicy, tuple[str, ...]]], need: RoleNeed, places: FixPlaces
) -> Iterator[Proposal]:
    """Yield proposals to extend a statement of each policy, and to add the rest to the first policy."""
    by_resource = group_by_key((flat(each.requirement.resource), each) for each in need.answers)
    found: dict[int, list[Answer]] = {}
    for answers in by_resource.values() if len(by_resource) <= _MOST else ():
        part = need.restrict_to(answers)
        near = sorted(enumerate(policies), key=lambda each: _distance(each[1][0], part, places))
        ways = ((number, _propose_in_shared(*each, part, places, adds=False)) for number, each in near)
        found.setdefault(next((number for number, way in ways if way), -1), []).extend(answers)
    rest = found.pop(-1, [])
    if found:
        next(iter(found.values())).extend(rest)
        parts = [(policies[number], need.restrict_to(each)) for number, each in found.items()]
        several = [_propose_in_shared(*policy, part, places) for policy, part in parts]
        yield from [join_proposals(list(filter(None, several)))] if None not in several else []


def _propose_in_shared(
    policy: WrittenPolicy,
    remarks: tuple[str, ...],
    need: RoleNeed,
    places: FixPlaces,
    *,
    extends: bool = True,
    adds: bool = True,
) -> Proposal | None:
    """Return a proposal to add what all roles of a need lack to a policy block that each of them has."""
    by_role = need.answers_by_role().values()
    lacking = [{each.requirement.resource for each in several} for several in by_role]
    texts = {own.place for each in need.roles if (own := places.policies.of_same_block(policy, each))}
    kinds = {frozenset(one.requirement.action for one in several) for several in by_role}
    if len(kinds) > 1 or (len(texts) == 1 and any(each != lacking[0] for each in lacking)):
        remarks = (*remarks, FILLED)
    ways: Iterator[Statements | None] = statements_for(policy, need, places) if need.roles else iter([None])
    found = (propose_into(policy, need.answers, places, remarks, each, extends=extends, adds=adds) for each in ways)
    return next(filter(None, found), None)


def statements_for(policy: WrittenPolicy, need: RoleNeed, places: FixPlaces) -> Iterator[Statements]:
    """Yield what roles lack as it can be written in the text of their common policy block."""
    goal = policy.place.resource
    texts: dict[str, Address] = {}
    for role in need.roles:
        own = places.policies.of_same_block(policy, role)
        if own is None:
            return
        texts[str(role.address)] = own.place
    place = next(iter(texts.values()))
    if policy.is_plain_file:
        yield from filter(None, [places.as_statements(need.answers, place.module, goal)])
        return
    changed = (each.address for each in places.policies.changes(policy))
    edited = [each for each in changed if not policy.is_document or each.type == DOCUMENT]
    ways: Iterator[Statements | None] = (each.statements for each in places.share(need, goal, texts))
    if len(texts) > 1 and set(texts.values()) == {place}:
        ways = itertools.chain(ways, (places.statements(need.answers, place, goal, lists=it) for it in (True, False)))
    for each in (one for one in ways if one is not None):
        statements = places.gates.for_lists(each, place) if policy.is_document else each
        if places.lists.are_usable(statements, edited):
            yield statements


def propose_into(
    policy: WrittenPolicy,
    answers: Sequence[Answer],
    places: FixPlaces,
    remarks: tuple[str, ...] = (),
    given: Statements | None = None,
    *,
    extends: bool = True,
    adds: bool = True,
    shared: bool = False,
) -> Proposal | None:
    """Return a proposal to add needed permissions, by default as the module writes them, to the text of a policy.

    `extends`, `adds` and `shared` are those of `insert_into_policy`.
    """
    statements = _render(policy, answers, given, places)
    passed = as_in_file(statements, policy.argument, places.files.reveals) if statements is not None else None
    if statements is None or passed is None:
        return None
    touched, module = places.policies.changes(policy), policy.module
    ways = {"extends": extends, "adds": adds, "shared": shared}
    data = StatementData(policy, touched, places.world.resolver).insert(statements, **ways)
    into = data or insert_into_policy(policy.argument, module, passed.statements, beside=places.replacing, **ways)
    if data is not None and isinstance(policy.argument, FileText):
        passed = PassedStatements(passed.statements, policy.argument.read_by)
    if into is None or not places.files.are_editable((*into.insertions, *passed.insertions)):
        return None
    goal = f"{'an inline policy of ' if policy.attribute == 'inline_policy' else ''}{policy.place.resource}"
    named = statements
    if data is not None:  # a policy may make what it grants from less than the whole name
        written = ([one for one in each.resources if text(one) in data.hcl] for each in statements)
        named = tuple(replace(each, resources=tuple(own)) for each, own in zip(statements, written, strict=True))
    doubts = places.doubts(named, policy.block, policy.place.module) if policy.block else ()
    source = (_made_from_it(goal),) if data is not None and passed.argument is policy.argument else ()
    remarks = (*passed.remarks(module), *remarks, *doubts, *source)
    return Proposal(
        title=Title(f"add {into.description}{passed.goal(join_names(into.documents or [goal]))}", remarks),
        safety="review" if remarks else "safe",
        insertions=(*into.insertions, *passed.insertions),
        touched=touched,
        hcl=into.hcl,
        reported=(*passed.reported, *into.reported),
    )


def _render(
    policy: WrittenPolicy, answers: Sequence[Answer], given: Statements | None, places: FixPlaces
) -> Statements | None:
    """Write the needed statements for a policy's text; None if something cannot be named there."""
    module, goal = policy.place.module, policy.place.resource
    if isinstance(policy.argument, FileText) and policy.is_plain_file:
        spell = literal_in(policy.argument, places.spelling(module, goal).spell)
        named = given if given and not has_references(given) else needed_statements(answers, spell)
        return rename_taken_sids(named, places.taken_sids(policy)) if named else None
    statements = given or places.as_statements(answers, module, goal)
    if statements is None:
        return None
    policies, is_document, place = places.policies, policy.is_document, policy.place
    own = policies.document_instances(policy.module, place.name) if is_document else policies.instances(place)
    statements = places.gates.for_references(statements, own, policy.block)
    if not is_document and any(each.gate and each.resource_list is None for each in statements):
        return None
    return rename_taken_sids(statements, places.taken_sids(policy))
