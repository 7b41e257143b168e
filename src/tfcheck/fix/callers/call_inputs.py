"""Propose to pass what a role lacks to its module, by existing inputs or by new ones that are empty by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import islice

from tfcheck.fix.callers.module_inputs import ModuleInput, grants_of, inputs_for
from tfcheck.fix.callers.passed_value import CallNeeds, Lacking, PassedInput, pass_value
from tfcheck.fix.edits.insertion import Change, ChangedAttribute, Insertion, indentation, merge_changes, unit_of
from tfcheck.fix.layout.items import new_value, plain_items
from tfcheck.fix.layout.new_block import argument_beside, block_lines, group_new_arguments, insert_after
from tfcheck.fix.layout.new_policy import module_reference
from tfcheck.fix.layout.render import text
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, free, sid, writable
from tfcheck.fix.policies.element_frames import shown_parts
from tfcheck.fix.policies.existing_policy import propose_into, statements_for
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.written_policies import WrittenPolicy, other_roles, policies_of
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.trial import change_sources
from tfcheck.fix.proposal import Proposal, RoleNeed, extend_proposal
from tfcheck.fix.text.policy_statements import flat
from tfcheck.fix.title import Title
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.resolve import Resolver
from tfcheck.role.removed import removes_other
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import PlainText
from tfcheck.vocabulary.address import InstanceKey, ModulePath
from tfcheck.vocabulary.clipping import few
from tfcheck.vocabulary.finding import Answer
from tfcheck.vocabulary.grouping import group_by_key

_OUTPUT = regex(r"module\.([\w-]+)(?:\[[^\[\]]+\])?\.[\w-]+")
#: The number of ways to divide needs among inputs that are tried.
_MOST = 3


class _Passing(Change, frozen=True):
    """A change that passes something by inputs."""

    names: tuple[str, ...]
    doubts: tuple[str, ...] = ()


def propose_call_inputs(need: RoleNeed, places: FixPlaces, *, beside: bool = False) -> Iterator[Proposal]:
    """Yield proposals to pass what roles lack where their modules are called, by the same inputs in each call.

    With `beside` these are the modules of their policies, where that is another one.
    """
    own = {str(role.address): role.address.module for role in need.roles}
    for paths in islice(_policy_modules(need, places), _MOST) if beside else (own,):
        yield from _propose_inputs(need, paths, places)


def _propose_inputs(need: RoleNeed, paths: Mapping[str, ModulePath], places: FixPlaces) -> Iterator[Proposal]:
    """Yield proposals to pass what roles lack to the module instance of each."""
    calls = passings(need, paths, places) if len(paths) == len(need.roles) else []
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
        modules = dict.fromkeys(paths.values())
        touched = [each for path in modules for each in policies_of(path, places.world)]
        outside = (each for each in places.policies.of_need(need) if each.resource.address.module not in modules)
        touched += [one for each in outside for one in places.policies.changes(each)]
        added = [each for path in modules for each in unplanned_instances(path, again)]
        losing = {
            str(role.address)
            for role in need.roles
            if any(each.module == paths[str(role.address)] and removes_other(each.type, role) for each in added)
        }
        if losing:
            kept = [each for each in need.answers if each.role not in losing]
            others = {name: path for name, path in paths.items() if name not in losing}
            yield from _propose_inputs(need.restrict_to(kept), others, places) if kept else ()
            return
        yield Proposal(
            title=Title(
                f"pass what {who} by {' and '.join(f'`{each}`' for each in change.names)}",
                (*other_roles(_changed_roles(touched, places, again), need.names()), *change.doubts),
            ),
            insertions=change.insertions,
            touched=tuple(touched),
            added=tuple(added),
            hcl="\n".join(each.text.strip() for each in change.insertions),
            reported=tuple(shown_parts(change.insertions, grants_of(touched, places.world.resolver))),
        )


def _policy_modules(need: RoleNeed, places: FixPlaces) -> Iterator[dict[str, ModulePath]]:
    """Yield a module of each role's policies that is beside the role's, first those of the first policies."""
    found: dict[str, list[ModulePath]] = {}
    for role in need.roles:
        own = role.address.module.steps
        modules = dict.fromkeys(path for each in places.policies.of(role) for path in _modules_with(each, places))
        found[str(role.address)] = [each for each in modules if each.steps != own[: len(each.steps)]]
    for number in range(max(map(len, found.values()), default=0)):
        yield {role: modules[min(number, len(modules) - 1)] for role, modules in found.items() if modules}


def _modules_with(policy: WrittenPolicy, places: FixPlaces) -> Iterator[ModulePath]:
    """Yield the module of a policy, and the one whose output is its text."""
    address, output = policy.place, _OUTPUT.fullmatch(policy.argument.text)
    yield address.module
    called = [address.module.child(output[1], each) for each in (None, address.key)] if output else []
    yield from (each for each in called if each in places.world.resolver.plan.module_instances())


def passings(need: RoleNeed, paths: Mapping[str, ModulePath], places: FixPlaces) -> list[CallNeeds]:
    """Return the calls of modules with the needs of each instance's roles; none if one cannot be changed."""
    found: dict[tuple[ModulePath, tuple[str, ...], str], dict[ModulePath, dict[InstanceKey, list[Answer]]]] = {}
    lacking = need.answers_by_role()
    for role in need.roles:
        path = paths[str(role.address)]
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
    doubts: tuple[str, ...] = ()
    for each in calls:
        chosen: dict[ModuleInput, list[str]] = {}
        for action in each.actions():
            ways = [one for one in inputs_for(action, each.paths[0], places.world) if pass_value(each, one, [action])]
            if ways:
                chosen.setdefault(ways[min(choice, len(ways) - 1)], []).append(action)
        for one, actions in chosen.items():
            found = pass_value(each, one, actions)
            assert found is not None  # otherwise it would not be a way
            done.append(found)
            doubts = doubts or found.by.doubts(actions, one)
    whole, names = merge_changes(done), tuple(dict.fromkeys(each.name for each in done))
    insertions = group_new_arguments(dict.fromkeys(whole.insertions))
    return _Passing(names, doubts, insertions=insertions) if insertions else None


def _changed_roles(touched: Sequence[ChangedAttribute], places: FixPlaces, after: Resolver) -> frozenset[str]:
    """Return the roles whose policies have another text after a change."""
    before, reached = places.world.resolver, frozenset[str]()
    for each in touched:
        policy = before.plan.instance(str(each.address)) if each.attribute else None
        if policy is not None and before.evaluate(each.address, "policy") != after.evaluate(each.address, "policy"):
            reached |= places.policies.roles_of(each.address)
    return reached


_ELEMENT = regex(r"var\.([\w-]+)(?:\.[\w-]+|\[[^\[\]]+\])")
#: The name of the input for an action, and what its ARNs are of.
_INPUTS = {
    "s3:GetObject": ("env_file_arns", "environment files that the execution role reads"),
    "s3:GetBucketLocation": ("env_file_bucket_arns", "buckets with environment files that the execution role reads"),
    "secretsmanager:GetSecretValue": ("secret_arns", "secrets that the execution role reads"),
    "ssm:GetParameters": ("parameter_arns", "parameters that the execution role reads"),
    "kms:Decrypt": ("kms_key_arns", "KMS keys that the execution role decrypts with"),
}


def propose_new_inputs(need: RoleNeed, places: FixPlaces) -> Iterator[Proposal]:
    """Yield new inputs for policies that are an `aws_iam_policy_document` of the roles' module."""
    role = need.roles[0]
    module, modules = role.address.module, {name: each.module for name, each in need.places().items()}
    own = [each for each in need.answers if not _is_foreign(each, places, modules.get(each.role or "", module))]
    foreign = need.restrict_to([each for each in need.answers if each not in own])
    if not foreign.answers or len({each.address.resource for each in need.roles}) > 1:
        return
    by_role = foreign.answers_by_role().items()
    lacking = group_by_key((modules[name], each) for name, answers in by_role for each in answers)
    inputs = _NewInputs(places).passing(lacking)
    for policy in (each for each in places.policies.of(role) if each.place.module == module) if inputs else ():
        reach = places.policies.reach(policy.resource)
        local = next(statements_for(policy, need.restrict_to(own), places), None) if own else ()
        if not policy.is_document or reach is None or not need.names() <= reach or local is None:
            continue
        into = propose_into(policy, need.answers, places, given=(*local, *(each.statement for each in inputs)))
        if into is not None:
            called = [f"module.{each}" for each in dict.fromkeys(path.steps[-1].name for path in lacking)]
            through = [
                each for each in dict.fromkeys(one for way in inputs for one in way.modules) if each not in called
            ]
            called = [module_reference(module)] if len(lacking) == 1 else called
            named = " and ".join(f"`{each.name}`" for each in inputs)
            by = f", through {' and '.join(through)}" if through else ""
            title = into.title.extend(f", and pass what it names to {few(called)} by the new input {named}{by}")
            passed = group_new_arguments(merge_changes(inputs).insertions)
            yield extend_proposal(into, title, Change(insertions=passed))


def _is_foreign(answer: Answer, places: FixPlaces, module: ModulePath) -> bool:
    """Whether a module cannot name what is needed, which would be a literal there."""
    spelling, resource = places.spelling(module), answer.requirement.resource
    spelled = spelling.spell(writable(resource))
    return resource != "*" and (spelled is None or spelling.is_of_this_plan(spelled))


class _NewInput(Change, frozen=True, kw_only=True):
    """The change that passes ARNs by a new input of `modules`, outermost first; `statement` grants them."""

    name: str
    statement: NeededStatement
    modules: tuple[str, ...]


class _NewInputs(Finder):
    """Writes new inputs of modules, with what their callers pass."""

    def passing(self, lacking: Mapping[ModulePath, Sequence[Answer]]) -> list[_NewInput]:
        """Pass what instances of one module lack by an input for each action; nothing if that is impossible."""
        by_action = group_by_key(
            (one.requirement.action, (path, one)) for path, each in lacking.items() for one in each
        )
        known = by_action if by_action.keys() <= _INPUTS.keys() else {}
        found = [self._pass(action, *_INPUTS[action], group_by_key(each)) for action, each in known.items()]
        inputs = [each for each in found if each is not None]
        return inputs if len(inputs) == len(found) else []

    def _pass(
        self, action: str, name: str, about: str, lacking: Mapping[ModulePath, Sequence[Answer]]
    ) -> _NewInput | None:
        """Pass the ARNs for an action to instances of one module by a new input."""
        called = self._resolver.module_sources(next(iter(lacking)))
        if called is None:
            return None
        by_call: dict[Block, dict[ModulePath, dict[InstanceKey, Sequence[Answer]]]] = {}
        for path, answers in lacking.items():
            caller = self._resolver.module_sources(path.parent) if path.steps else None
            call = caller.call(path.steps[-1].name) if caller is not None else None
            if call is None:
                return None
            by_call.setdefault(call, {}).setdefault(path.parent, {})[path.steps[-1].key] = answers
        name = free(name, called.variables(), "_")
        made: list[Change | None] = [_add_variable(called, name, about, self._places)]
        for call, by_caller in by_call.items():
            passing = [CallNeeds(self._places, path, call.labels[0], {None: each}) for path, each in by_caller.items()]
            values = [_value(each, action) for each in passing]
            if values[0] and all(each == values[0] for each in values) and self._are_all(passing):
                made.append(_add_argument(passing[0], name, values[0]))
                continue
            above = {each.caller: next(iter(each.answers.values())) for each in passing}
            own = self._name_above(name, call, by_call)
            higher = self._pass(action, own, about, above) if all(map(_lack_the_same, passing)) else None
            made += [higher, _add_argument(passing[0], name, [f"var.{higher.name}"]) if higher else None]
        changes = [each for each in made if each is not None]
        if len(changes) < len(made):
            return None
        listed = (Reference(f"var.{name}", f"var.{name}"),)
        statement = NeededStatement(sid(action), (action,), (listed,), gate=f"length(var.{name}) > 0")
        modules = dict.fromkeys(each for one in changes if isinstance(one, _NewInput) for each in one.modules)
        modules |= {f"module.{path.steps[-1].name}": None for path in lacking}
        whole = merge_changes(changes).insertions
        return _NewInput(name=name, statement=statement, modules=tuple(modules), insertions=whole)

    def _name_above(self, name: str, call: Block, calls: Mapping[Block, Mapping[ModulePath, Lacking]]) -> str:
        """Return the name of an input for a call above it: of its own if another call there lacks something else."""

        def place_and_needs(each: Block) -> tuple[Module | None, set[str]]:
            answers = (one for keys in calls[each].values() for several in keys.values() for one in several)
            return self._resolver.module_sources(next(iter(calls[each]))), set(map(_resource, answers))

        module, lacks = place_and_needs(call)
        is_alike = all(own == lacks for beside, own in map(place_and_needs, calls) if beside is module)
        return name if is_alike else f"{call.labels[0].replace('-', '_')}_{name}"

    def _are_all(self, passing: Sequence[CallNeeds]) -> bool:
        """Whether these are all instances of their calls."""
        own = {path for each in passing for path in each.paths}
        configs = {path.config for path in own}
        return own == {each for each in self._resolver.plan.module_instances() if each.config in configs}


def _value(passing: CallNeeds, action: str) -> list[str]:
    """Write what a call passes for an action, as lists; nothing if its module cannot name all of it in every plan."""
    value = [one for each in passing.shared_statements([action]) or () for one in each.resources]
    there = passing.places.spelling(passing.caller)
    named = [each for each in value if any(isinstance(part, Reference) for part in each)]
    if named != value or any(map(there.is_of_this_plan, value)):
        return []
    wanted = {flat(one.requirement.resource) for each in passing.answers.values() for one in each}
    return _list(value, wanted, passing)


def _lack_the_same(passing: CallNeeds) -> bool:
    """Whether all instances of a call exist and lack the same."""
    return passing.is_for_all and len({frozenset(map(_resource, each)) for each in passing.answers.values()}) == 1


def _resource(answer: Answer) -> str:
    return flat(answer.requirement.resource)


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
    if isinstance(call, JsonBlock) or not passing.places.files.editable(call.source):
        return None
    made = argument_beside(call, name, lists[0] if len(lists) == 1 else f"concat({', '.join(lists)})")
    return Change(insertions=(made,)) if made else None


def _add_variable(called: Module, name: str, about: str, places: FixPlaces) -> Change | None:
    files = [(file, [each for each in file.blocks if each.type == "variable"]) for file in called.files]
    file, declared = max(files, key=lambda each: len(each[1]), default=(None, []))
    if file is None or not declared or isinstance(declared[-1], JsonBlock) or not places.files.editable(file.source):
        return None
    is_described = any("description" in each.arguments for each in declared)
    inside = ["type    = list(string)", "default = []"]
    if is_described:
        inside = [f'description = "ARNs of {about}."', "type        = list(string)", "default     = []"]
    lines = block_lines(f'variable "{name}"', inside, unit_of(declared[-1]))
    return Change(insertions=(insert_after(declared[-1], lines),))
