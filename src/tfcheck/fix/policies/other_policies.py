"""Suggest changes where a grant on the role does not help: boundary, trust or resource policy, tags for a condition."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterable, Iterator, Mapping, Sequence

import msgspec

from tfcheck.fix.edits.insertion import ChangedAttribute, Insertion, indentation, unit_of
from tfcheck.fix.layout.items import NewItem, extend_or_group, extend_value
from tfcheck.fix.layout.new_block import insert_last_argument
from tfcheck.fix.layout.render import align, indent, quote, text
from tfcheck.fix.needed_statements import NeededStatement, Reference, Spelled, needed_statements, sid
from tfcheck.fix.policies.existing_policy import propose_into
from tfcheck.fix.policies.fix_places import Finder, FixPlaces
from tfcheck.fix.policies.shared_needs import group_connected, join_parts
from tfcheck.fix.policies.written_policies import WrittenPolicy, is_frozen
from tfcheck.fix.proof.trial import verdicts_with
from tfcheck.fix.proposal import GRANTABLE, Case, Proposal, RoleNeed, extend_proposal, join_proposals
from tfcheck.fix.text.policy_text import is_json, object_at
from tfcheck.fix.title import Title
from tfcheck.fix.values.repetition import Statements, share_statements
from tfcheck.hcl.syntax.block import Argument, Block
from tfcheck.hcl.syntax.tf_json import JsonBlock
from tfcheck.inventory.catalogue import KEY, OBJECT, PARAMETER, REPOSITORY, SECRET, catalogue
from tfcheck.inventory.named_objects import bucket_of
from tfcheck.inventory.setting import BUCKET_POLICY, KEY_POLICY, SettingOwner, settings
from tfcheck.inventory.world import WorldObject
from tfcheck.role import Roles
from tfcheck.symbolic.value import PlainText, identity
from tfcheck.verdict.evidence import UnmetCondition
from tfcheck.vocabulary.address import Address, address_in
from tfcheck.vocabulary.clipping import join_names
from tfcheck.vocabulary.finding import Answer, Reason, Verdict
from tfcheck.vocabulary.grouping import group_by_key

_BOUNDARY = "permissions_boundary"


class OtherPolicies(Finder):
    """Finds the policies besides the role's own that block a call."""

    def __init__(self, places: FixPlaces) -> None:
        super().__init__(places)
        self._roles = places.world.once(Roles)
        self._managed = {str(each.address): each for each in places.world.resources("aws_iam_role")}

    def groups(self, answers: Iterable[Answer]) -> list[list[Answer]]:
        """Group what one edit can fix: of one trust policy, boundary, or resource policy."""
        blocked = (each for each in answers if each.role and each.reason in (*_WAYS, Reason.TRUST_POLICY))
        return list(group_by_key(((each.reason, self._guard(each)), each) for each in blocked).values())

    def _guard(self, answer: Answer) -> Hashable:
        """Return a key for the policy that blocks a call."""
        role = self._managed.get(answer.role or "")
        if role is not None and answer.reason is Reason.PERMISSIONS_BOUNDARY:
            return identity(role.attribute(_BOUNDARY))
        if role is not None and answer.reason is Reason.RESOURCE_POLICY:
            return self._key_of_policy(answer)
        return answer.role, identity(answer.requirement.resource)

    def _key_of_policy(self, answer: Answer) -> Hashable:
        policy = self._policy_of(answer)
        return id(policy.argument) if policy is not None else identity(answer.requirement.resource)

    def proposals(self, answers: Sequence[Answer]) -> Iterator[Proposal]:
        """Yield the ways to fix one group."""
        role, reason = self._managed.get(answers[0].role or ""), answers[0].reason
        if role is None or reason is None:
            return
        if reason is Reason.TRUST_POLICY:
            from tfcheck.fix.policies.trust_policy import TrustPolicies

            ways = TrustPolicies(self._places).proposals(role, answers)
        else:
            ways = filter(None, [_WAYS[reason](self, answers)])
        yield from (msgspec.structs.replace(each, safety="review") for each in ways)

    # Beside grants

    def join_guarded(self, needs: Sequence[RoleNeed], cases: Iterable[Case]) -> list[RoleNeed]:
        """Join the needs, and what `cases` are for, that are blocked by the same policy."""
        parts = [(each, {one.address for one in self.changed_attributes(each)}) for each in needs]
        for case in cases:
            if case.current is not None and case.answers[0].reason in _WAYS:
                roles = dict.fromkeys(each.role or "" for each in case.answers)
                need = RoleNeed(tuple(self._managed[each] for each in roles), case.answers)
                parts.append((need, {each.address for each in case.current.touched}))
        found: list[RoleNeed] = []
        for several in group_connected(parts, lambda each: each[1]):
            own = tuple(need for need, _ in several)
            if any(each in needs for each in own):
                found.append(join_parts(own) if len(own) > 1 else own[0])
        return found

    def propose_beside_grants(
        self, need: RoleNeed, ways: Callable[[RoleNeed], Iterator[Proposal]]
    ) -> Iterator[Proposal]:
        """Yield the ways to grant what roles lack, each combined with what else must allow it.

        First comes what else must allow it alone: the policy of a key or a bucket may be enough.
        """
        boundaries = list(self._boundaries(need))
        guarded = self._still_denied(need.answers)
        own = self._policies_of_resources(guarded)
        is_whole = bool(own) and not boundaries and len(guarded) == len(need.answers)
        alone = [each for each in own if each is not None] if is_whole else []
        yield from [_for_review(alone)] if alone and len(alone) == len(own) else []
        choices = [own, [*boundaries, *own]] if len(guarded) == len(need.answers) else [[*boundaries, *own]]
        # NOTE: a boundary must not name a key whose policy names the role.
        choices += (
            [boundaries, [*self._boundaries(need, everything=True), *own]] if boundaries and own else [boundaries]
        )
        others = [several for several in choices if several and None not in several]
        lacking = [each.restrict_to([one for one in each.answers if one.reason in GRANTABLE]) for each in need.parts]
        grants = [ways(each) for each in lacking if each.answers] or [ways(need)]
        chosen: list[Proposal | None] = [None for _ in grants]
        while any(new := [next(each, None) for each in grants]):
            chosen = [one or last for one, last in zip(new, chosen, strict=True)]
            for several in others if None not in chosen else ():
                yield _for_review([*filter(None, (*chosen, *several))])

    def _policies_of_resources(self, guarded: Iterable[Answer]) -> list[Proposal | None]:
        """Return what each resource policy must allow, or None for one that cannot be changed."""
        by_policy = group_by_key((self._key_of_policy(each), each) for each in guarded)
        return [self.policy_of_resource(each) for each in by_policy.values()]

    def changed_attributes(self, need: RoleNeed) -> Iterator[ChangedAttribute]:
        """Yield the attributes in the plan that change with the roles' boundaries and resource policies."""
        own = (
            [each for each in need.answers if each.requirement.action.startswith(("kms:", "s3:"))] if need.roles else []
        )
        guarded = self._still_denied(own) if own else []
        for each in filter(None, (*self._boundaries(need), *self._policies_of_resources(guarded))):
            yield from each.touched

    def _still_denied(self, answers: Sequence[Answer]) -> list[Answer]:
        """Return what stays denied even if the role has the permission and no boundary."""
        verdicts = verdicts_with(answers, self._world, bounded=False)
        return [each for each, found in zip(answers, verdicts, strict=True) if found is Verdict.DENIED]

    # A boundary

    def _boundaries(self, need: RoleNeed, *, everything: bool = False) -> Iterator[Proposal | None]:
        """Yield what each boundary must allow besides a grant, or None for one that cannot be changed."""
        bounds = {str(role.address): role.attribute(_BOUNDARY) for role in need.roles if role.attribute(_BOUNDARY)}
        granted = verdicts_with(need.answers, self._world) if bounds else ()
        verdicts = zip(need.answers, granted, strict=False)
        limited = (each for each, found in verdicts if found is not Verdict.ALLOWED and each.role in bounds)
        by_policy = group_by_key((identity(bounds[each.role or ""]), each) for each in limited)
        yield from (self.boundary(each, everything=everything) for each in by_policy.values())

    def boundary(self, answers: Sequence[Answer], *, everything: bool = False) -> Proposal | None:
        """Add missing permissions to the managed boundary of roles, with `everything` for all resources.

        A boundary only limits the role's other policies, and cannot name what depends on the role.
        """
        roles = [self._managed[each] for each in dict.fromkeys(one.role or "" for one in answers)]
        resource = self._boundary_of(roles[0])
        policy = self._places.policies.in_attribute(resource, "policy")
        if resource is None or policy is None:
            return None
        bounded = [self._boundary_of(each) for each in self._managed.values()]
        others = sum(each is not None and each.address == resource.address for each in bounded) - len(roles)
        remarks = (f"it bounds {others} other role{'s' if others > 1 else ''} too",) if others > 0 else ()
        listed = self._places.statements(answers, policy.place, lists=True)
        given = listed if listed and self._places.lists.are_usable(listed, [policy.place]) else None
        actions = tuple(dict.fromkeys(each.requirement.action for each in answers))
        whole = (NeededStatement(sid(actions[0]), actions, (("*",),)),)
        named = (propose_into(policy, answers, self._places, remarks, each) for each in (given, None))
        narrow = None if everything else next(filter(None, named), None)
        wide = (*remarks, "`*` is for what cannot be named there")
        found = narrow or propose_into(policy, answers, self._places, wide, whole)
        bounds = f", the permissions boundary of {join_names(str(each.address) for each in roles)}"
        return extend_proposal(found, found.title.extend(bounds)) if found is not None else None

    def _boundary_of(self, role: WorldObject) -> WorldObject | None:
        reference = role.attribute(_BOUNDARY)
        return self._roles.policies.resource(reference) if isinstance(reference, PlainText) else None

    # The policy of a key or a bucket

    def policy_of_resource(self, answers: Sequence[Answer]) -> Proposal | None:
        """Add roles to the policy of a key or a bucket, in each instance of its block in the same terms."""
        by_instance: dict[str, tuple[WrittenPolicy, list[Answer]]] = {}
        for each in answers:
            policy = self._policy_of(each)
            if policy is None or each.role not in self._managed or each.requirement.sensitive:
                return None
            by_instance.setdefault(str(policy.resource.address), (policy, []))[1].append(each)
        policy, _ = next(iter(by_instance.values()))
        written = [(self._places.terms(one.place), self._statements(one, each)) for one, each in by_instance.values()]
        known = [(terms, each) for terms, each in written if each is not None]
        instances = self._places.policies.instances(policy.resource.address)
        if len(known) < len(written) or {str(each) for each in instances} - by_instance.keys():
            return None
        shared = share_statements(known)
        return propose_into(policy, answers, self._places, given=shared.statements) if shared is not None else None

    def _statements(self, policy: WrittenPolicy, answers: Sequence[Answer]) -> Statements | None:
        """Write what roles lack as statements of a resource policy, those that lack the same in one."""
        spelling = self._places.spelling(policy.resource.address.module, policy.resource.address.resource)
        roles_of: dict[NeededStatement, list[WorldObject]] = {}
        for name in dict.fromkeys(each.role or "" for each in answers):
            own = [each for each in answers if each.role == name]
            actions = tuple(dict.fromkeys(each.requirement.action for each in own))
            of_key = (NeededStatement(sid(actions[0]), actions, (("*",),)),)
            statements = of_key if actions[0].startswith("kms:") else needed_statements(own, spelling.spell)
            if statements is None:
                return None
            for each in statements:
                roles_of.setdefault(each, []).append(self._managed[name])
        found: list[NeededStatement] = []
        for statement, roles in roles_of.items():
            who = self._principals(roles, policy)
            if None in who:
                return None
            labels = {re.sub(r"[^A-Za-z0-9]", "", each.address.name.title()) for each in roles}
            named = f"{statement.sid}{labels.pop() if len(labels) == 1 else ''}"
            principal = ("AWS", tuple(each for each in who if each is not None))
            found.append(msgspec.structs.replace(statement, sid=named, principal=principal))
        return tuple(found)

    def _principals(self, roles: Sequence[WorldObject], policy: WrittenPolicy) -> list[Spelled | None]:
        """Write the ARNs of roles, those of all instances of one block as a list where the text has expressions."""
        spelling = self._places.spelling(policy.resource.address.module, policy.resource.address.resource)
        first, argument = roles[0].address, policy.argument
        has_lists = not is_json(argument) and not argument.source.name.endswith(".json")
        every = [
            each for each in self._places.policies.instances(first) if each.module == policy.resource.address.module
        ]
        if has_lists and len(roles) > 1 and {each.address for each in roles} == set(every):
            listed = f"values({first.resource})" if isinstance(first.key, str) else first.resource
            return [(Reference(f"{listed}[*].arn", first.resource),)]
        arns = [each.attribute("arn") for each in roles]
        return [spelling.spell(each) if isinstance(each, PlainText) else None for each in arns]

    def _policy_of(self, answer: Answer) -> WrittenPolicy | None:
        """Return the policy of the key or the bucket that a call is about."""
        need = answer.requirement
        if need.action.startswith("kms:"):
            key = catalogue(self._world, KEY).find_by_arn(need.resource)
            if key is None:
                return None
            names = (key.attribute("arn"), key.attribute("key_id"))
            subject = SettingOwner(key, tuple(each for each in names if isinstance(each, PlainText)))
            attached = settings(self._world, KEY_POLICY).on(subject).definite
            return self._places.policies.in_attribute(attached[0] if attached else key, "policy")
        bucket = bucket_of(need.resource, self._world)
        policies = settings(self._world, BUCKET_POLICY).on(bucket).definite if bucket else ()
        return self._places.policies.in_attribute(policies[0], "policy") if policies else None


def _for_review(parts: Sequence[Proposal]) -> Proposal:
    return msgspec.structs.replace(join_proposals(parts), safety="review")


_WAYS: dict[Reason, Callable[[OtherPolicies, Sequence[Answer]], Proposal | None]] = {
    Reason.PERMISSIONS_BOUNDARY: OtherPolicies.boundary,
    Reason.RESOURCE_POLICY: OtherPolicies.policy_of_resource,
}


_ARGUMENT = "tags"
_EXACT = ("stringequals", "stringequalsignorecase", "stringlike")
#: What a key of a condition is about, by what precedes the tag's name.
_OF_ROLE, _OF_FILE, _OF_OBJECT = "aws:principaltag/", "s3:existingobjecttag/", ":resourcetag/"
_KINDS = {"secretsmanager": SECRET, "ssm": PARAMETER, "ecr": REPOSITORY, "kms": KEY}


class DemandedTags(Finder):
    """Finds what lacks a tag."""

    def groups(self, answers: Iterable[Answer]) -> list[tuple[list[Answer], list[Proposal]]]:
        """Return what objects that lack tags together keep from being allowed, with the way to tag them."""
        tags: dict[Address, dict[str, str]] = {}
        lacking: dict[tuple[Block | None, ...], list[Answer]] = {}
        for answer in answers:
            demanded = self._tags_for(answer)
            for owner, key, value in demanded:
                tags.setdefault(owner, {}).setdefault(key, value)
            owners = sorted((owner for owner, *_ in demanded), key=str)
            blocks = dict.fromkeys(map(self._resolver.block, owners))
            lacking.setdefault(tuple(blocks), []).append(answer)
        by_block = group_by_key((self._resolver.block(owner), owner) for owner in tags)
        ways = ((several, [self._tag(by_block[each], tags) for each in blocks]) for blocks, several in lacking.items())
        return [
            (several, [join_proposals([*filter(None, made)])]) for several, made in ways if made and None not in made
        ]

    def _tags_for(self, answer: Answer) -> list[tuple[Address, str, str]]:
        """Return the tags that the conditions of a statement demand, with their owners; none if that is not enough."""
        unmet = self.conditions(answer)
        found = [(self._owner(each, answer), None if each.carried else demanded_tag(each)) for each in unmet]
        return [(owner, *tag) for owner, tag in found if owner and tag] if all(map(all, found)) else []

    def _owner(self, unmet: UnmetCondition, answer: Answer) -> Address | None:
        need, service = answer.requirement, answer.requirement.action.partition(":")[0]
        if unmet.key.lower().startswith(_OF_ROLE):
            return address_in(answer.role)
        kind = OBJECT if unmet.key.lower().startswith(_OF_FILE) else _KINDS.get(service)
        found = catalogue(self._world, kind).find_by_arn(need.resource) if kind is not None else None
        return found.address if found is not None and found.address.mode == "managed" else None

    def _tag(self, owners: Sequence[Address], tags: Mapping[Address, Mapping[str, str]]) -> Proposal | None:
        """Tag the instances of one block, in terms that are right for each."""
        block, instances = self._resolver.block(owners[0]), self._places.policies.instances(owners[0])
        shared = share_statements(
            [
                (
                    self._places.terms(each),
                    tuple(NeededStatement(key, (), ((value,),)) for key, value in tags[each].items()),
                )
                for each in owners
            ]
        )
        if block is None or isinstance(block, JsonBlock) or is_frozen(block, _ARGUMENT) or shared is None:
            return None
        items = _items((each.sid, text(each.resources[0])) for each in shared.statements)
        edits = self._edits(block, items) if self._places.files.editable(block.source) else ()
        number = len(instances) - len(owners)
        named = f"its {number} other instances" if number > 1 else "its other instance"
        others = (f"this also tags {named}",) if number else ()
        written = ", ".join(f"`{key} = {value}`" for key, value in items)
        touched = (ChangedAttribute(each, name) for each in instances for name in (_ARGUMENT, "tags_all"))
        title = Title(f"tag {owners[0].resource} with {written}, which a condition demands", others)
        # NOTE: without room for an edit it still says what to look at in sources that are newer than the plan.
        return Proposal(title=title, insertions=edits, touched=tuple(touched), hcl="\n".join(tags_text(items)))

    def _edits(self, block: Block, tags: Sequence[tuple[str, str]]) -> tuple[Insertion, ...]:
        """Write tags into the argument of a block, or as its last argument."""
        argument, unit = block.arguments.get(_ARGUMENT), unit_of(block)
        if argument is not None:
            return self._edits_of(argument, tags, unit)
        base = f"{block.source.newline}{indentation(block.source.text, block.start)}{unit}"
        lines = (f"{base}{unit}{line}" for line in align(tags))
        made = insert_last_argument(block, _ARGUMENT, "".join(["{", *lines, base, "}"]))
        return (made,) if made is not None else ()

    def _edits_of(self, argument: Argument, tags: Sequence[tuple[str, str]], unit: str) -> tuple[Insertion, ...]:
        source, start = argument.source, argument.value_start
        parts, new = object_at(source.text, start), [NewItem(value, value, key) for key, value in tags]
        if parts is None or not parts.items:
            return extend_value(source, start, argument.value_end, new, unit)
        return extend_or_group(source, parts, new, self._places.files.reveals)


def tags_text(tags: Iterable[tuple[str, str]]) -> list[str]:
    """Write tags as an argument, from their names and values in Terraform's language."""
    return ["tags = {", *indent(align(_items(tags)), "  "), "}"]


def _items(tags: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    return [(key if key.isidentifier() else quote(key), value) for key, value in tags]


def demanded_tag(unmet: UnmetCondition) -> tuple[str, str] | None:
    """Return the tag that satisfies a condition; None if it requires something else."""
    head, slash, tag = unmet.key.partition("/")
    is_tag = f"{head}{slash}".lower().endswith((_OF_ROLE, _OF_FILE, _OF_OBJECT))
    is_exact = unmet.operator.lower() in _EXACT and unmet.values and not set(unmet.values[0]) & set("*?$")
    return (tag, unmet.values[0]) if is_tag and is_exact else None
