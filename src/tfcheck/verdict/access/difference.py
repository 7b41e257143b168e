"""Decide whether a role gains or loses a permission, and by which policy."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

import msgspec

from tfcheck.iam.action import Actions
from tfcheck.iam.model import Effect, Origin, Statement
from tfcheck.symbolic.value import Truth
from tfcheck.verdict.access.coverage import Coverage, LayerGrants, Limits, is_within, limits, share_a_key


class Difference(msgspec.Struct, frozen=True):
    """What was `granted` or `revoked`: all of it, or (not `whole`) what conditions leave out.

    `because` names what decides, unless it is only a statement that allows it; otherwise it is empty.
    """

    change: str
    because: str
    whole: bool


class _Layer(msgspec.Struct, frozen=True):
    """The conditions under which a layer allows, or denies, before and after; with `open` there may be more."""

    before: tuple[Statement, ...]
    after: tuple[Statement, ...]
    open: bool
    denies: bool

    def allows_less(self) -> Truth:
        """Whether it allows more before than after."""
        one, other = (self.after, self.before) if self.denies else (self.before, self.after)
        return ~is_within(limits(one), limits(other))

    def allows_more(self) -> Truth:
        """Whether it allows more after than before."""
        return msgspec.structs.replace(self, before=self.after, after=self.before).allows_less()

    def conditions(self) -> list[Limits]:
        """Return all conditions, before and after."""
        return limits((*self.before, *self.after))


def differences(before: Coverage, after: Coverage) -> Iterator[Difference]:
    """Yield the definite changes; nothing where a change is uncertain or there is none."""
    had, has = ~before.has_no_access, ~after.has_no_access
    if had is Truth.TRUE and has is Truth.FALSE:
        yield Difference("revoked", _blocking_words(after, lost=True), True)
    elif had is Truth.FALSE and has is Truth.TRUE:
        why = filter(None, (_blocking_words(before, lost=False), _condition_words(after.identity.allowing, "")))
        yield Difference("granted", "; ".join(why), True)
    elif had is has is Truth.TRUE:
        yield from _compare_conditions(before, after)


def _blocking_words(reach: Coverage, *, lost: bool) -> str:
    """Return what blocks access that a statement allows, or did before; empty where nothing does."""
    identity, ceiling = reach.identity, reach.ceiling
    if not identity.allowing and not identity.may_allow:
        return ""
    for layer in (identity, ceiling or LayerGrants()):
        for each in layer.denying:
            if not each.conditions:
                return f"{statement(each.origin)} {_DENIES[lost]}"
    allows = "no longer allows it" if lost else "did not allow it before"
    return f"the permissions boundary {reach.boundary} {allows}" if ceiling else ""


#: Whether access is lost, and what a statement does about it.
_DENIES = {True: "now denies it", False: "denied it before"}


def statement(origin: Origin) -> str:
    """Return the name of a statement: its policy and Sid."""
    return f"{origin.policy} ({origin.sid})" if origin.sid else origin.policy


# Conditions


def _compare_conditions(before: Coverage, after: Coverage) -> Iterator[Difference]:
    """Compare the conditions; a loss in one layer is not offset against a gain in another."""
    pairs = [(before.identity, after.identity)]
    if before.ceiling or after.ceiling:
        pairs.append((before.ceiling or _NO_LIMIT, after.ceiling or _NO_LIMIT))
    layers: list[_Layer] = []
    for one, other in pairs:
        layers.append(_Layer(one.allowing, other.allowing, one.may_allow or other.may_allow, denies=False))
        layers.append(_Layer(one.denying, other.denying, one.may_deny or other.may_deny, denies=True))
    less, more = ([(each.allows_more if forth else each.allows_less)() for each in layers] for forth in (False, True))
    changed = [n for n, (lost, won) in enumerate(zip(less, more, strict=True)) if (lost, won) != (_F, _F)]
    if len(changed) != 1 or layers[changed[0]].open:
        return
    (number,) = changed
    others = [each.conditions() for each in layers if each is not layers[number]]
    if any(share_a_key(layers[number].conditions(), each) for each in others):
        return
    if less[number] is Truth.TRUE and more[number] is not Truth.UNKNOWN:
        yield Difference("revoked", _layer_words(layers[number], "revoked"), False)
    if more[number] is Truth.TRUE and less[number] is not Truth.UNKNOWN:
        yield Difference("granted", _layer_words(layers[number], "granted"), False)


_F = Truth.FALSE
#: For a role without a boundary.
_NO_LIMIT = LayerGrants((Statement(Origin("", None, 0), Effect.ALLOW, Actions(())),))


def _layer_words(layer: _Layer, change: str) -> str:
    lost = change == "revoked"
    own, other = (layer.after, layer.before) if lost else (layer.before, layer.after)
    if not layer.denies:
        return _condition_words(own, "now" if lost else "until now")
    new = (each for each in own if is_within([each.conditions], limits(other)) is not Truth.TRUE)
    denying = next(new, own[0])
    return f"{statement(denying.origin)} {_DENIES[lost]} {_under_words([denying])}"


def _condition_words(allowing: Sequence[Statement], when: str) -> str:
    """Return the conditions under which statements allow it; empty if one of them has no condition."""
    if not allowing or any(not each.conditions for each in allowing):
        return ""
    return " ".join(filter(None, (when, f"only {_under_words(allowing)}")))


def _under_words(statements: Iterable[Statement]) -> str:
    """Return the conditions of statements, without the values that they compare with."""
    words: dict[str, None] = {}
    for each in statements:
        if each.origin.secret or any(one.unread is not None for one in each.conditions):
            words[f"the conditions of {statement(each.origin)}"] = None
        else:
            names = " and ".join(f"{one.operator.written} {one.key}" for one in each.conditions)
            words[f"the condition{'' if len(each.conditions) == 1 else 's'} {names}"] = None
    return f"under {', or under '.join(words)}"
