"""Decide whether the caller is allowed to make the request, and name the statements that decide it, or could.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_evaluation-logic.html, and for keys
https://docs.aws.amazon.com/kms/latest/developerguide/policy-evaluation.html, in three values: an explicit deny wins;
otherwise some combination of layers must allow; what cannot be determined stays open.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Literal, TypeAlias, assert_never

import msgspec

from tfcheck.iam import resource
from tfcheck.iam.applies import NAMED_PRINCIPAL, applies
from tfcheck.iam.case_split import possible_contexts
from tfcheck.iam.condition import Wait
from tfcheck.iam.context import Context
from tfcheck.iam.layer import (
    Applicable,
    LayerAnswer,
    ResourceAnswer,
    any_applies,
    evaluate_layer,
    evaluate_resource_policy,
    evaluate_statements,
)
from tfcheck.iam.model import Origin, Policy, Request
from tfcheck.iam.principal import PrincipalMatch, Principals, names_everybody, names_service
from tfcheck.symbolic.doubt import Doubt, DoubtKind, question
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.texts import possible_texts
from tfcheck.symbolic.value import TextLike, Truth, display, value_doubt

DenialKind: TypeAlias = Literal["explicit", "implicit", "boundary", "resource_policy"]
OpenKind: TypeAlias = Literal["condition", "unknown_value", "role_outside_plan", "policy_not_readable"]


class Allowed(msgspec.Struct, frozen=True):
    """The request is allowed for all values of what is unknown; `assumptions` are about what is not visible."""

    by: tuple[Origin, ...]
    assumptions: tuple[str, ...] = ()


class Denied(msgspec.Struct, frozen=True):
    """The request is denied for all values of what is unknown.

    `explicit`: by a Deny. `boundary`: granted, but not within the permissions boundary. `resource_policy`: granted to
    the role, but not by the key policy or the policy in the other account. `implicit`: not granted.
    """

    kind: DenialKind
    by: tuple[Origin, ...] = ()


class Undecided(msgspec.Struct, frozen=True):
    """It depends on a condition key, a value, or policies that are not visible. `waits_for` names it."""

    kind: OpenKind
    waits_for: str
    by: tuple[Origin, ...] = ()


Decision: TypeAlias = Allowed | Denied | Undecided


class Layers(msgspec.Struct, frozen=True):
    """Everything that may allow or deny a request.

    The policies in a `…hidden` field exist but cannot be read. `outside`: the role is not visible, only perhaps some of
    its policies. A `boundary` of None is no boundary. A `resource` of None is a resource without a policy; an unknown
    one is named in `resource_outside`. A KMS key without a policy has the default one; a resource of kind `open`
    without a policy admits everybody. `grants` are KMS grants to the caller, with how definitely they cover the
    request.
    """

    identity: tuple[Policy, ...] = ()
    identity_hidden: tuple[str, ...] = ()
    outside: bool = False
    boundary: tuple[Policy, ...] | None = None
    boundary_hidden: str | None = None
    resource: Policy | None = None
    resource_hidden: str | None = None
    resource_outside: str | None = None
    resource_kind: Literal["plain", "kms", "open"] = "plain"
    grants: tuple[tuple[Origin, Truth], ...] = ()


_T, _F, _U = Truth.TRUE, Truth.FALSE, Truth.UNKNOWN


class _Case(msgspec.Struct, frozen=True):
    """The answers of every layer to one request. `same`: the resource is in the caller's account."""

    identity: LayerAnswer
    boundary: LayerAnswer
    resource: ResourceAnswer
    same: Truth

    def denying_statements(self) -> list[Applicable]:
        layers: tuple[LayerAnswer | ResourceAnswer, ...] = (self.identity, self.boundary, self.resource)
        return [statement for layer in layers for statement in layer.denying]


def decide(request: Request, layers: Layers) -> Decision:
    """Decide one request, for each of the few resources that it may name; see `Layers` for what is considered."""
    decision = _decide_forms(request, layers)
    if not isinstance(decision, Undecided):
        return decision
    named = possible_texts(request.resource)
    return _common(_decide_forms(msgspec.structs.replace(request, resource=each), layers) for each in named) or decision


def _decide_forms(request: Request, layers: Layers) -> Decision:
    decision = _decide_by_cases(request, layers)
    if request.other_form is None:
        return decision
    # A decision that the other form of the resource would change is unknown.
    other = msgspec.structs.replace(request, resource=request.other_form)
    by_other = _decide_by_cases(other, layers)
    if isinstance(decision, Denied) and decision.kind != "explicit" and not isinstance(by_other, Denied):
        return Undecided("unknown_value", _TWO_FORMS, by_other.by)
    denying = _evaluate_layers(other, _hide_invalid(layers)).denying_statements()
    forbidding = tuple(dict.fromkeys(statement.origin for statement, truth in denying if truth is not _F))
    if isinstance(decision, Allowed) and forbidding:
        return Undecided("unknown_value", _TWO_FORMS, forbidding)
    return decision


def _decide_by_cases(request: Request, layers: Layers) -> Decision:
    """Decide a request; where it waits for a condition key, for each value that the conditions distinguish."""
    decision = _decide(request, layers)
    if not isinstance(decision, Undecided) or decision.kind != "condition":
        return decision
    policies = [*layers.identity, *(layers.boundary or ())]
    policies += [layers.resource] if layers.resource is not None else []
    contexts = possible_contexts(policies, request.context)
    return _common(_decide(msgspec.structs.replace(request, context=each), layers) for each in contexts) or decision


def _common(decisions: Iterable[Decision]) -> Decision | None:
    """Return the decision for all of several cases; None if they differ, or there are none."""
    found = list(decisions)
    by = tuple(dict.fromkeys(origin for each in found for origin in each.by))
    if found and all(isinstance(each, Allowed) for each in found):
        assumed = (each.assumptions for each in found if isinstance(each, Allowed))
        return Allowed(by, tuple(dict.fromkeys(one for each in assumed for one in each)))
    kinds: list[DenialKind] = [each.kind for each in found if isinstance(each, Denied)]
    if kinds and len(kinds) == len(found):
        return Denied("explicit" if "explicit" in kinds else kinds[0], by)
    return None


_TWO_FORMS = question("which of two forms of the resource AWS checks")


def _decide(request: Request, layers: Layers) -> Decision:
    layers = _hide_invalid(layers)
    case = _evaluate_layers(request, layers)
    denying = case.denying_statements()
    deny = any_applies(denying)
    if deny is _T:
        return Denied("explicit", _origins(denying, _T))
    core = _core(case, layers, hidden=False)
    if core is _T and deny is _F:
        return Allowed(_granting_origins(case, layers), _assumptions(request, layers, case))
    if core is _T:
        return _open_because(request, denying)
    if _core(case, layers, hidden=True) is _F:
        by_role = case.identity.allow | case.resource.named.role
        if by_role is not _F and case.boundary.allow is _F:
            return Denied("boundary")
        return Denied("resource_policy" if case.identity.allow is not _F else "implicit")
    return _undecided_because(request, layers, case, core)


def decide_service(policy: Policy, service: str, action: str, context: Context, *, on: TextLike = "*") -> Decision:
    """Decide whether a resource's own policy lets a service principal make a call on it; nothing else can allow it.

    `context` has the keys of `service_context`.
    """
    return _decide_principal(policy, lambda named: names_service(named, service), action, context, on)


def decide_anonymous(policy: Policy, action: str, context: Context, *, on: TextLike) -> Decision:
    """Decide whether a resource's own policy lets a caller without credentials make a call on it."""
    return _decide_principal(policy, names_everybody, action, context, on)


def _decide_principal(
    policy: Policy, names: Callable[[Principals], Truth], action: str, context: Context, on: TextLike
) -> Decision:
    if policy.invalid is not None:
        return Undecided("policy_not_readable", f"{policy.name}: {policy.invalid}")
    found = evaluate_statements(policy.statements, action, resource.target(on), context, names)
    if found.deny is _T:
        return Denied("explicit", _origins(found.denying, _T))
    if found.allow is _F:
        return Denied("implicit")
    if found.allow is _T and found.deny is _F:
        return Allowed(_origins(found.allowing, _T))
    doubtful = [each for each in (*found.allowing, *found.denying) if each[1] is _U]
    return Undecided(*_trust_wait(doubtful, context), _origins(doubtful, _U))


# The answers of the layers


def _hide_invalid(layers: Layers) -> Layers:
    """Replace policies that AWS would refuse by hidden ones."""
    invalid = tuple(f"{each.name} ({each.invalid})" for each in layers.identity if each.invalid is not None)
    boundary = [each for each in layers.boundary or () if each.invalid is not None]
    broken = layers.resource is not None and layers.resource.invalid is not None
    if not invalid and not boundary and not broken:
        return layers
    changes: dict[str, object] = {}
    if invalid:
        changes["identity"] = tuple(each for each in layers.identity if each.invalid is None)
        changes["identity_hidden"] = (*layers.identity_hidden, *invalid)
    if boundary:
        changes["boundary_hidden"] = layers.boundary_hidden or f"{boundary[0].name} ({boundary[0].invalid})"
    if broken and layers.resource is not None:
        changes["resource"] = None
        changes["resource_hidden"] = f"{layers.resource.name} ({layers.resource.invalid})"
    return msgspec.structs.replace(layers, **changes)


def _evaluate_layers(request: Request, layers: Layers) -> _Case:
    wanted = resource.target(request.resource)
    identity = evaluate_layer(layers.identity, request, wanted)
    bounded = layers.boundary is not None or layers.boundary_hidden is not None
    boundary = evaluate_layer(layers.boundary, request, wanted) if layers.boundary is not None else LayerAnswer(_T, _F)
    if layers.boundary_hidden is not None:
        boundary = LayerAnswer(_U, boundary.deny, boundary.allowing, boundary.denying)
    owner = request.resource_account
    if owner is None and wanted.parts is not None and wanted.parts[4] != "":
        owner = wanted.parts[4]
    return _Case(
        identity,
        boundary,
        evaluate_resource_policy(layers.resource, request, wanted, bounded=bounded),
        _T if owner is None else equal(owner, request.caller.account),
    )


# The combination of the layers


def _core(case: _Case, layers: Layers, *, hidden: bool) -> Truth:
    """Combine the layers; with `hidden`, something unreadable may allow it too."""
    i, b = case.identity.allow, case.boundary.allow
    if hidden and (layers.identity_hidden or layers.outside):
        i = i | _U
    own = _decide_in_account(i, b, _principal_match(case, layers, hidden=hidden), layers)
    if case.same is _T:
        return own
    invisible = layers.resource_hidden is not None or layers.resource_outside is not None
    found = case.resource.named.any_match()
    other = i & b & (found | _U if invisible else found) | (_is_granted(layers) & _U)
    if case.same is _F:
        return other
    return own if own is other else _U


def _decide_in_account(i: Truth, b: Truth, found: PrincipalMatch, layers: Layers) -> Truth:
    # NOTE: a resource policy for a session, or for everybody, overrides a boundary's implicit deny; not for a role.
    direct = found.session | (found.role & b)
    if layers.resource_kind == "kms":
        # Unless the key policy allows the account, identity policies have no effect on a key.
        # A boundary limits what identity policies and policies naming the role allow; AWS does not say whether grants.
        return (i & b & found.account) | direct | (_is_granted(layers) & (b | _U))
    return (i & b) | direct


def _principal_match(case: _Case, layers: Layers, *, hidden: bool) -> PrincipalMatch:
    """Return the principals that a resource allows, by its policy or without one."""
    if layers.resource is not None or layers.resource_hidden is not None:
        found = case.resource.named
        return found | PrincipalMatch(_U, _U, _U) if hidden and layers.resource_hidden is not None else found
    match layers.resource_kind:
        case "kms":
            return PrincipalMatch(account=_T)  # the default key policy
        case "open":
            return PrincipalMatch(session=_T if layers.resource_outside is None else _U)
        case "plain":
            return PrincipalMatch()
        case _:
            assert_never(layers.resource_kind)


def _is_granted(layers: Layers) -> Truth:
    return Truth.some(truth for _, truth in layers.grants)


# The deciding statements


def _granting_origins(case: _Case, layers: Layers) -> tuple[Origin, ...]:
    role_side = _origins(case.identity.allowing, _T)
    resource_side = _origins(case.resource.allowing, _T)
    grants = tuple(origin for origin, truth in layers.grants if truth is _T)
    by_role = (case.identity.allow & case.boundary.allow) is _T
    if by_role and case.same is _T and layers.resource_kind != "kms":
        return role_side
    return (*role_side, *resource_side, *grants) if by_role else (*resource_side, *grants)


def _assumptions(request: Request, layers: Layers, case: _Case) -> tuple[str, ...]:
    made = [f"assumes that {name} does not deny it" for name in layers.identity_hidden]
    if layers.outside:
        made.append("assumes that no policy of the role that the plan does not show denies it")
        if layers.boundary is None and layers.boundary_hidden is None:
            made.append("assumes that the role has no permissions boundary")
    if layers.resource_hidden is not None:
        made.append(f"assumes that {layers.resource_hidden} does not deny it")
    if layers.resource_outside is not None:
        default = "has the default key policy" if layers.resource_kind == "kms" else "has no policy that denies it"
        made.append(f"assumes that {layers.resource_outside} {default}")
    by_role = (case.identity.allow & case.boundary.allow) is _T
    if layers.resource_kind == "open" and layers.resource is None and not by_role:
        made.append("assumes that nothing else sets a policy on it: without one it admits every client")
    wanted = resource.target(request.resource)
    if request.resource_account is None and wanted.parts is not None and wanted.parts[4] == "":
        made.append("assumes that the resource belongs to the account of the role")
    return tuple(made)


# What an unknown decision depends on


def _undecided_because(request: Request, layers: Layers, case: _Case, core: Truth) -> Undecided:
    doubtful = _doubtful(case)
    if core is _U and doubtful:
        return _open_because(request, doubtful)
    if core is _U and case.boundary.allow is _U and layers.boundary_hidden is not None:
        return Undecided("policy_not_readable", layers.boundary_hidden, _origins(case.identity.allowing, _T))
    evidence = _origins(case.identity.allowing, _T) or _origins(doubtful, _U)
    if case.identity.allow is not _T:
        if layers.outside:
            return Undecided("role_outside_plan", f"the policies of {display(request.caller.arn)}", evidence)
        if layers.identity_hidden:
            return Undecided("policy_not_readable", layers.identity_hidden[0], evidence)
    unseen = layers.resource_hidden or layers.resource_outside
    if unseen is None:
        unseen = layers.boundary_hidden
    if unseen is not None:
        return Undecided("policy_not_readable", unseen, evidence)
    if case.same is _U:
        return Undecided("unknown_value", "the account that the resource belongs to", evidence)
    grants = tuple(origin for origin, truth in layers.grants if truth is _U)
    if grants:
        covers = question(f"whether {grants[0].policy} covers the call")
        return Undecided("unknown_value", covers, grants)
    limited = tuple(origin for origin, truth in layers.grants if truth is _T)
    if limited and case.same is _T:
        limits = question(f"whether the permissions boundary limits {limited[0].policy}")
        return Undecided("unknown_value", limits, limited)
    return Undecided("unknown_value", "a value known only after apply", evidence)


def _doubtful(case: _Case) -> list[Applicable]:
    """Return the statements that could change the decision, those of the unknown layer first."""
    layers = [case.identity.allowing if case.identity.allow is _U else ()]
    layers.append(case.boundary.allowing if case.boundary.allow is _U else ())
    layers.append(case.resource.allowing if case.resource.named.any_match() is _U or not case.identity.allowing else ())
    return [each for layer in layers for each in layer if each[1] is _U]


def _open_because(request: Request, statements: Iterable[Applicable]) -> Undecided:
    doubtful = [(statement, truth) for statement, truth in statements if truth is _U]
    for statement, _ in doubtful:
        for wait in applies(statement, request).waits:
            return Undecided(_kind(wait), wait.name, _origins(doubtful, _U))
    return Undecided("unknown_value", NAMED_PRINCIPAL, _origins(doubtful, _U))


def _trust_wait(doubtful: list[Applicable], context: Context) -> tuple[OpenKind, str]:
    from tfcheck.iam import condition

    for statement, _ in doubtful:
        if statement.unread is not None:
            return "unknown_value", value_doubt(statement.unread)
        for each in statement.conditions:
            if condition.evaluate(each, context) is _U:
                wait = condition.wait_of(each, context)
                return _kind(wait), wait.name
    return "unknown_value", Doubt("whom the trust policy names", DoubtKind.TRUSTED_PRINCIPAL)


def _kind(wait: Wait) -> OpenKind:
    return "condition" if wait.kind == "condition" else "unknown_value"


def _origins(statements: Iterable[Applicable], truth: Truth) -> tuple[Origin, ...]:
    return tuple(dict.fromkeys([statement.origin for statement, each in statements if each is truth]))
