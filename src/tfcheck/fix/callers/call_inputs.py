"""Propose to pass what a role lacks to its module, by existing inputs or by new ones that are empty by default."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tfcheck.fix.callers.passed_value import CallNeeds, ModuleInput, PassedInput, inputs_for, pass_value
from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion, indentation, merge_changes, unit_of
from tfcheck.fix.layout.items import new_value, plain_items
from tfcheck.fix.layout.new_block import argument_beside, insert_after
from tfcheck.fix.layout.new_policy import module_reference
from tfcheck.fix.layout.render import text
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, free, sid, writable
from tfcheck.fix.policies.existing_policy import propose_into, statements_for
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.trial import change_sources
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.text.policy_text import DOCUMENT
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.world import After
from tfcheck.resolve import Resolver
from tfcheck.role.removed import removes_other
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.address import InstanceKey, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer

_POLICIES = ("aws_iam_role_policy", "aws_iam_policy")
#: The number of ways to divide needs among inputs that are tried.
_MOST = 3


class _Passing(Change, frozen=True):
    """A change that passes something by inputs."""

    names: tuple[str, ...]
    doubts: str = ""


def propose_call_inputs(need: RoleNeed, places: FixPlaces) -> Iterator[Proposal]:
    """Propose to pass what roles lack where their modules are called, by the same inputs in each call."""
    calls = passings(need, places)
    sources = places.world.resolver.sources
    assert sources is not None  # otherwise nothing is proposed
    done: set[tuple[Insertion, ...]] = set()
    for choice in range(_MOST) if calls else ():
        change = _change(choice, calls, places)
        if change is None or change.insertions in done:
            continue
        done.add(change.insertions)
        again = Resolver(places.world.resolver.plan, change_sources(sources, change.insertions))
        names = sorted(need.names())
        who = f"{names[0]} lacks" if len(names) == 1 else f"{len(names)} roles lack"
        modules = dict.fromkeys(role.address.module for role in need.roles)
        touched = [each for path in modules for each in _policies_of(path, places.world)]
        added = [each for path in modules for each in unplanned_instances(path, again)]
        losing = {
            str(role.address)
            for role in need.roles
            if any(each.module == role.address.module and removes_other(each.type, role) for each in added)
        }
        if losing:
            kept = [each for each in need.answers if each.role not in losing]
            yield from propose_call_inputs(need.restrict_to(kept), places) if kept else ()
            return
        yield Proposal(
            title=f"pass what {who} by {' and '.join(f'`{each}`' for each in change.names)}"
            f"{_remark_about_others(need, touched, places, places.world.resolver, again)}{change.doubts}",
            insertions=change.insertions,
            touched=tuple(touched),
            added=tuple(added),
            hcl="\n".join(each.text.strip() for each in change.insertions),
        )


def passings(need: RoleNeed, places: FixPlaces) -> list[CallNeeds]:
    """Return the calls of the roles' modules with the needs of each instance; none if one cannot be changed."""
    found: dict[tuple[ModulePath, tuple[str, ...], str], dict[ModulePath, dict[InstanceKey, list[Answer]]]] = {}
    lacking = need.answers_by_role()
    for role in need.roles:
        path = role.address.module
        if not path.steps or any(step.key is not None for step in path.parent.steps[:-1]):
            return []
        group = (path.parent.parent, path.config[:-1], path.steps[-1].name)
        own = found.setdefault(group, {}).setdefault(path.parent, {})
        own.setdefault(path.steps[-1].key, []).extend(lacking[str(role.address)])
    return [
        CallNeeds(
            places,
            next(iter(by_caller)),
            name,
            {path.steps[-1].key if path.steps else None: each for path, each in by_caller.items()},
        )
        for (_, _, name), by_caller in found.items()
    ]


def _change(choice: int, calls: Sequence[CallNeeds], places: FixPlaces) -> _Passing | None:
    called = places.world.resolver.module_sources(calls[0].paths[0])
    if called is None:
        return None
    done: list[PassedInput] = []
    doubts = ""
    for each in calls:
        chosen: dict[ModuleInput, list[str]] = {}
        for action in each.actions():
            ways = [one for one in inputs_for(action, called, each.value_of) if pass_value(each, one, [action])]
            if ways:
                chosen.setdefault(ways[min(choice, len(ways) - 1)], []).append(action)
        for one, actions in chosen.items():
            found = pass_value(each, one, actions)
            assert found is not None  # otherwise it would not be a way
            done.append(found)
            doubts = doubts or found.by.doubts(actions, one.shape)
    whole, names = merge_changes(done), tuple(dict.fromkeys(each.name for each in done))
    insertions = tuple(dict.fromkeys(whole.insertions))
    return _Passing(names, doubts, insertions=insertions) if insertions else None


def _policies_of(path: ModulePath, world: After) -> Iterator[ChangedAttribute]:
    for each in world.resources(*_POLICIES):
        if each.address.module == path:
            yield ChangedAttribute(each.address, "policy")
    for each in world.looked_up(DOCUMENT):
        if each.address.module == path:
            yield ChangedAttribute(each.address)


def _remark_about_others(
    need: RoleNeed, touched: Sequence[ChangedAttribute], places: FixPlaces, before: Resolver, after: Resolver
) -> str:
    reached: set[str] = set()
    for each in touched:
        policy = before.plan.instance(str(each.address)) if each.attribute else None
        if policy is not None and before.evaluate(each.address, "policy") != after.evaluate(each.address, "policy"):
            reached |= places.policies.roles_of(each.address)
    others = sorted(reached - need.names())
    return f"; also for {few(others)}" if others else ""


_ELEMENT = regex(r"var\.([\w-]+)(?:\.[\w-]+|\[[^\[\]]+\])")
#: The name of the input for an action, and the kind of its ARNs.
_INPUTS = {
    "s3:GetObject": ("env_file_arns", "environment files"),
    "s3:GetBucketLocation": ("env_file_bucket_arns", "buckets with environment files"),
    "secretsmanager:GetSecretValue": ("secret_arns", "secrets"),
    "ssm:GetParameters": ("parameter_arns", "parameters"),
    "kms:Decrypt": ("kms_key_arns", "KMS keys that decrypt them"),
}


def propose_new_inputs(need: RoleNeed, places: FixPlaces) -> Iterator[Proposal]:
    """Propose new inputs for policies that are an `aws_iam_policy_document` of the roles' module."""
    role = need.roles[0]
    module, sources = role.address.module, places.world.resolver.module_sources(role.address.module)
    modules = {str(each.address): each.address.module for each in need.roles}
    own = [each for each in need.answers if not _is_foreign(each, places, modules.get(each.role or "", module))]
    foreign = [each for each in need.answers if each not in own]
    calls = passings(need.restrict_to(foreign), places) if foreign else []
    known = {each.requirement.action for each in foreign} <= set(_INPUTS)
    if len(calls) != 1 or sources is None or not known or len({each.address.resource for each in need.roles}) > 1:
        return
    inputs, changes = _pass_inputs(calls[0], sources, foreign, places)
    for policy in places.policies.of(role) if inputs else ():
        reach = places.policies.reach(policy.resource)
        local = next(statements_for(policy, need.restrict_to(own), places), None) if own else ()
        if not policy.is_document or reach is None or not need.names() <= reach or local is None:
            continue
        into = propose_into(policy, need.answers, places, given=(*local, *inputs))
        if into is not None:
            paths = calls[0].paths
            called = module_reference(paths[0]) if len(paths) == 1 else f"module.{paths[0].steps[-1].name}"
            names = [each.resource_list.over.removeprefix("var.") for each in inputs if each.resource_list]
            named = " and ".join(f"`{each}`" for each in names)
            title = f"{into.title}, and pass what it names to {called} by the new input {named}"
            yield extend_proposal(into, title, *changes)


def _is_foreign(answer: Answer, places: FixPlaces, module: ModulePath) -> bool:
    """Whether a module cannot name what is needed, which would be a literal there."""
    spelling, resource = places.spelling(module), answer.requirement.resource
    spelled = spelling.spell(writable(resource))
    return resource != "*" and (spelled is None or spelling.is_of_this_plan(spelled))


def _pass_inputs(
    passing: CallNeeds, called: Module, answers: Sequence[Answer], places: FixPlaces
) -> tuple[list[NeededStatement], list[Change]]:
    """Pass what some answers are about to a module by new inputs; none if that is impossible."""
    inputs, changes = list[NeededStatement](), list[Change]()
    for action in dict.fromkeys(each.requirement.action for each in answers):
        statements = passing.shared_statements([action])
        name, about = _INPUTS[action]
        name = free(name, called.variables(), "_")
        value = [one for each in statements or () for one in each.resources]
        there = places.spelling(passing.caller)
        named = [each for each in value if any(isinstance(part, Reference) for part in each)]
        if not value or named != value or any(map(there.is_of_this_plan, value)):
            return [], []
        wanted = {flat(each.requirement.resource) for each in answers if each.requirement.action == action}
        written = _list(value, wanted, passing)
        argument = _add_argument(passing, name, written) if written else None
        variable = _add_variable(called, name, about, places)
        if argument is None or variable is None:
            return [], []
        changes += [argument, variable]
        listed, gate = (Reference(f"var.{name}", f"var.{name}"),), f"length(var.{name}) > 0"
        inputs.append(NeededStatement(sid(action), (action,), (listed,), gate=gate))
    return inputs, changes


def _list(value: Sequence[Spelled], wanted: set[str], passing: CallNeeds) -> list[str]:
    """Write the concatenation of lists: all elements of a map or list input, which differs between plans.

    Nothing if only some of its elements are wanted.
    """
    single, whole = list[str](), dict[str, None]()
    for each in value:
        found = _ELEMENT.fullmatch(each[0].expression) if isinstance(each[0], Reference) else None
        if found is None:
            single.append(text(each))
            continue
        seen = passing.world.resolver.names.variable(passing.caller, found[1])
        elements = list(seen.values()) if isinstance(seen, dict) else seen if isinstance(seen, list) else []
        flats = [flat(one) if isinstance(one, PlainText) else "" for one in elements]
        if len(each) > 1 or not flats or not wanted.issuperset(flats):
            return []
        whole[f"values(var.{found[1]})" if isinstance(seen, dict) else f"var.{found[1]}"] = None
    unit = unit_of(passing.call)
    base = f"{passing.call.source.newline}{indentation(passing.call.source.text, passing.call.start)}{unit}"
    return [*([new_value(plain_items(single), base, unit)] if single else []), *whole]


def _add_argument(passing: CallNeeds, name: str, lists: Sequence[str]) -> Change | None:
    call = passing.call
    if isinstance(call, JsonBlock) or not passing.is_for_one or not passing.places.files.editable(call.source):
        return None
    made = argument_beside(call, name, lists[0] if len(lists) == 1 else f"concat({', '.join(lists)})")
    return Change(insertions=(made,)) if made else None


def _add_variable(called: Module, name: str, about: str, places: FixPlaces) -> Change | None:
    files = [(file, [each for each in file.blocks if each.type == "variable"]) for file in called.files]
    file, declared = max(files, key=lambda each: len(each[1]), default=(None, []))
    if file is None or not declared or isinstance(declared[-1], JsonBlock) or not places.files.editable(file.source):
        return None
    lines = (
        f'variable "{name}" {{',
        f'  description = "ARNs of {about} that the execution role reads."',
        "  type        = list(string)",
        "  default     = []",
        "}",
    )
    return Change(insertions=(insert_after(declared[-1], lines),))
