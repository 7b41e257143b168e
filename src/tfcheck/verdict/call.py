"""One start-up call, and every policy that decides it."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.iam import Allowed, Decision, Denied, Effect, Layers, Policy, Request, Undecided, applies, decide
from tfcheck.iam.model import Statement
from tfcheck.iam.resource import target
from tfcheck.role import Role
from tfcheck.symbolic.doubt import Doubt, DoubtKind, Hint, HintKind, as_doubt, question
from tfcheck.symbolic.limits import REASON, is_exceeded, take
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import TextLike, Truth, hint_of
from tfcheck.verdict.resource_policy import ResourceSide
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.needed_call import NECESSARY, Necessity


class RoleCall(msgspec.Struct, frozen=True):
    """A requirement as the call of a role, with the policies of the needed resource."""

    role: Role
    request: Request
    guarded: ResourceSide
    necessity: Necessity = NECESSARY

    @property
    def layers(self) -> tuple[tuple[Policy, ...], ...]:
        """The policies that affect it, those of the role first."""
        own = (self.guarded.policy,) if self.guarded.policy is not None else ()
        return (self.role.attached.identity, self.role.boundary or (), own)

    @property
    def policies(self) -> Iterator[Policy]:
        """The policies of all layers."""
        return itertools.chain.from_iterable(self.layers)


def decide_call(call: RoleCall) -> Decision:
    """Decide a call for every choice among inline policies of one name, of which only one remains.

    INVARIANT: what is decided, allowed or denied, rests on nothing that was left out because the run took too much.
    """
    decision = _decide(call) if take(1) else None
    return Undecided("unknown_value", REASON) if decision is None or is_exceeded() else decision


def denials(call: RoleCall) -> tuple[Statement, ...]:
    """Return the statements that definitely deny a call, even if another allows it."""
    name = target(call.request.resource).name
    every = (each for policy in call.policies for each in policy.index.covering(name) if each.effect is Effect.DENY)
    return tuple(each for each in every if applies(each, call.request).verdict is Truth.TRUE)


def without_denials(call: RoleCall) -> RoleCall:
    """Return a call without the statements that definitely deny it."""
    denying = denials(call)
    changed = {id(policy): policy.without(denying) for policy in call.policies}

    def several(policies: tuple[Policy, ...]) -> tuple[Policy, ...]:
        return tuple(changed.get(id(each), each) for each in policies)

    role, guarded = call.role, call.guarded
    role = msgspec.structs.replace(
        role,
        boundary=None if role.boundary is None else several(role.boundary),
        attached=msgspec.structs.replace(
            role.attached,
            identity=several(role.attached.identity),
            same_name_policies=tuple(map(several, role.attached.same_name_policies)),
        ),
    )
    own = None if guarded.policy is None else changed[id(guarded.policy)]
    return msgspec.structs.replace(call, role=role, guarded=msgspec.structs.replace(guarded, policy=own))


def _decide(call: RoleCall) -> Decision:
    if call.necessity.undocumented:
        return Undecided("unknown_value", question(call.necessity.undocumented))
    decision, *others = _decide_each(call)
    if any(type(each) is not type(decision) for each in others):
        by = tuple(origin for each in (decision, *others) for origin in each.by)
        return Undecided("unknown_value", _LAST_WRITTEN, by)
    if isinstance(decision, Denied) and call.necessity.doubt:
        return Undecided("unknown_value", question(call.necessity.doubt), decision.by)
    if isinstance(decision, Allowed) and _rests_on_its_account(call):
        return Undecided("unknown_value", "the account that the resource belongs to", decision.by)
    if isinstance(decision, Allowed) and _may_be_denied(call):
        doubted = call.role.attached.doubted
        denying = dict.fromkeys(why for why, policy in doubted if _is_denied_with(call, _denials((policy,))))
        hidden = (*denying, *filter(None, (call.guarded.hidden,)))
        if hidden:
            return Undecided("policy_not_readable", as_doubt(hidden[0]).within(" and ".join(hidden)), decision.by)
        return Undecided("unknown_value", _policy_words(call), decision.by)
    if isinstance(decision, Denied) and decision.kind != "explicit":
        for why, policy in call.role.attached.doubted:
            if _may_be_allowed(_decide_each(_with_grants(call, policy))):
                return Undecided("policy_not_readable", why, decision.by)
        widest = _with_grants(call, *(policy for _, policy in call.role.attached.doubted))
        if _may_be_allowed(one for each in call.guarded.possible_policies for one in _decide_with_policy(widest, each)):
            return Undecided("unknown_value", _policy_words(call), decision.by)
    return decision


def _decide_each(call: RoleCall) -> Iterator[Decision]:
    return (decide(call.request, _layers(call, each)) for each in _identities(call.role))


def _may_be_allowed(decisions: Iterable[Decision]) -> bool:
    return any(not isinstance(each, Denied) for each in decisions)


def _with_grants(call: RoleCall, *policies: Policy) -> RoleCall:
    """Return a call of a role that also has what policies allow."""
    return msgspec.structs.replace(call, role=call.role.with_policies(_grants(policies)))


_LAST_WRITTEN = Doubt("which of several policies of one name is written last", DoubtKind.SAME_NAME_POLICIES)


def _policy_words(call: RoleCall) -> Doubt:
    names = " or ".join(each.name for each in call.guarded.possible_policies)
    return question(f"whether the resource has the policy of {names}")


def _may_be_denied(call: RoleCall) -> bool:
    """Whether a readable policy that may not be on the role or the resource could deny a call."""
    doubted = tuple(policy for _, policy in call.role.attached.doubted)
    ours, theirs = _denials(doubted), _denials(call.guarded.possible_policies)
    if not ours and not theirs and call.guarded.kind != "kms":
        return False
    maybe = (one for each in call.guarded.possible_policies for one in _decide_with_policy(call, each))
    if call.guarded.kind == "kms" and any(not isinstance(each, Allowed) for each in maybe):
        return True  # without a statement that allows the call, no key does
    policies = [*filter(None, (call.guarded.policy,)), *theirs]
    joined = policies[0] if policies else None
    if joined is not None and len(policies) > 1:
        own = tuple(statement for each in policies for statement in each.statements)
        joined = msgspec.structs.replace(joined, statements=own)
    beside = RoleCall(call.role, call.request, msgspec.structs.replace(call.guarded, policy=joined))
    return _is_denied_with(beside, ours)


def _is_denied_with(call: RoleCall, policies: Sequence[Policy]) -> bool:
    """Whether a call may be denied to a role that also has these policies."""
    choices = (_layers(call, (*each, *policies)) for each in _identities(call.role))
    return any(not isinstance(decide(call.request, each), Allowed) for each in choices)


def _decide_with_policy(call: RoleCall, policy: Policy) -> Iterator[Decision]:
    """Yield the decision on a call as if its resource were one of the plan's with a policy."""
    guarded = msgspec.structs.replace(call.guarded, policy=policy, hidden=None, outside=None)
    return _decide_each(msgspec.structs.replace(call, guarded=guarded))


def _denials(policies: Sequence[Policy]) -> list[Policy]:
    """Return policies reduced to statements that may deny, without empty ones."""
    found = [each.only_denying for each in policies]
    return [each for each in found if each.statements]


def _grants(policies: Sequence[Policy]) -> list[Policy]:
    """Return policies reduced to statements that may allow, without empty ones."""
    found = [each.only_allowing for each in policies]
    return [each for each in found if each.statements]


def _rests_on_its_account(call: RoleCall) -> bool:
    """Whether only a resource policy grants a call, whose resource is assumed to be in the role's account."""
    guarded, arn = call.guarded, parse_arn(call.request.resource)
    if not guarded.in_plan or guarded.account is not None or guarded.policy is None or (arn and arn.account):
        return False
    alone = RoleCall(call.role, call.request, msgspec.structs.replace(guarded, policy=None, hidden=None))
    return any(not isinstance(each, Allowed) for each in _decide_each(alone))


def _layers(call: RoleCall, identity: tuple[Policy, ...]) -> Layers:
    role, guarded = call.role, call.guarded
    outside = guarded.outside
    if outside is not None:
        arn = parse_arn(call.request.resource)
        # A bucket's ARN has no account: the role's is assumed.
        same = Truth.TRUE if arn is None or arn.service == "s3" else equal(arn.account, role.caller.account)
        is_settled = guarded.outside_only_elsewhere and same is Truth.TRUE
        outside = None if is_settled else _outside_doubt(outside, same, arn.account if arn else None, role)
    return Layers(
        identity=identity,
        identity_hidden=role.attached.hidden,
        outside=not role.managed,
        boundary=role.boundary,
        boundary_hidden=role.boundary_hidden,
        resource=guarded.policy,
        resource_hidden=guarded.hidden,
        resource_outside=outside,
        resource_kind=guarded.kind,
        grants=guarded.grants.covering(call.request),
    )


def _outside_doubt(outside: str, same: Truth, account: TextLike | None, role: Role) -> str:
    """Add to an outside object what is missing to decide, by whether it is in the `same` account as the role."""
    match same:
        case Truth.TRUE:
            return outside
        case Truth.UNKNOWN:
            hint = hint_of(account, role.caller.account)
            return Doubt(f"{outside}; whether it is in the account of the role is open", hint=hint)
        case Truth.FALSE:
            return as_doubt(f"{outside}, in another account; {_ASK_CONTEXT.words}").hinting(_ASK_CONTEXT)


_ASK_CONTEXT = Hint("pass the plan or the state of its stack with `--context`", HintKind.OPTION)


def _identities(role: Role) -> list[tuple[Policy, ...]]:
    """Return the possible identity policies of a role, one for each order in which policies of one name are written."""
    groups = role.attached.same_name_policies
    if not groups:
        return [role.attached.identity]
    disputed = {id(policy): policy for group in groups for policy in group}
    settled = tuple(policy for policy in role.attached.identity if id(policy) not in disputed)
    if math.prod(map(len, groups)) > _MOST_CHOICES:
        every = tuple(disputed.values())
        granting = _grants(every)
        return [(*settled, *granting), (*settled, *_denials(every))]  # every other choice is between these
    found = []
    for choice in itertools.product(*groups):
        pairs = zip(groups, choice, strict=True)
        replaced = [(id(last), {id(each) for each in group} - {id(last)}) for group, last in pairs]
        if _is_an_order(replaced):
            gone = frozenset[int]().union(*(others for _, others in replaced))
            remaining = {id(each): each for each in choice if id(each) not in gone}
            found.append((*settled, *remaining.values()))
    return found


_MOST_CHOICES = 64


def _is_an_order(replaced: list[tuple[int, set[int]]]) -> bool:
    """Whether policies can be written in an order in which each replaces those that it is paired with."""
    while replaced:
        before = frozenset[int]().union(*(others for _, others in replaced))
        kept = [each for each in replaced if each[0] in before]
        if len(kept) == len(replaced):
            return False
        replaced = kept
    return True
