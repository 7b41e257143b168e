"""Match Principal and NotPrincipal of a resource policy with the caller.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html. A principal can be
a session, the role, or the whole account, and `tfcheck.iam.decide` treats each differently.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

import msgspec

from tfcheck.iam.context import Caller
from tfcheck.iam.index import FEW, NameIndex
from tfcheck.symbolic.beginnings import Beginning
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import may_contain, split_literals, split_text
from tfcheck.symbolic.value import TextLike, Truth, Unknown, pieces, spelled_out, text
from tfcheck.vocabulary.arn import Arn, parse_arn

#: The kinds that a Principal may list. `*` is everybody.
KINDS = ("AWS", "Service", "Federated", "CanonicalUser")

_ACCOUNT = regex(r"\d{12}")
_UNIQUE_ID = regex(r"A[A-Z]{2}A[A-Z0-9]{12,}")


class Principals(msgspec.Struct, frozen=True, dict=True):
    """The entries of Principal, or with `negated` of NotPrincipal: kind (`*` is everybody) and value."""

    entries: tuple[tuple[str, TextLike], ...]
    negated: bool = False
    unread: Unknown | None = None

    @cached_property
    def role_names(self) -> frozenset[str] | None:
        """The names of the roles, by known ARNs, that are all it has; None if it has others."""
        names = [_role_name(each) for each in self.entries]
        is_read = self.unread is None and not self.negated and None not in names
        return frozenset(filter(None, names)) if is_read else None

    def possible(self, caller: Caller) -> Sequence[tuple[str, TextLike]]:
        """Return the entries except ARNs of roles with another name than the caller's."""
        if len(self.entries) <= FEW or not isinstance(caller.name, str):
            return self.entries
        return self._by_role.covering(Beginning(caller.name, is_whole=True))

    @cached_property
    def _by_role(self) -> NameIndex[tuple[str, TextLike]]:
        return NameIndex.by_name(self.entries, _role_name)


def _role_name(entry: tuple[str, TextLike]) -> str | None:
    """Return the name of the role whose known ARN an entry is; None if it is another one."""
    kind, value = entry
    arn = parse_arn(value) if kind == "AWS" and isinstance(value, str) else None
    if arn is None or arn.service != "iam" or not str(arn.resource).startswith("role/"):
        return None
    name = str(arn.resource).rpartition("/")[2]
    return None if "*" in name or "?" in name else name


class PrincipalMatch(msgspec.Struct, frozen=True):
    """How entries name the caller: as a session or everybody, as the role, or as its account."""

    session: Truth = Truth.FALSE
    role: Truth = Truth.FALSE
    account: Truth = Truth.FALSE

    def __or__(self, other: PrincipalMatch) -> PrincipalMatch:
        """Combine two matches."""
        return PrincipalMatch(self.session | other.session, self.role | other.role, self.account | other.account)

    def any_match(self) -> Truth:
        """Whether the caller is named at all."""
        return self.session | self.role | self.account


_OPEN = PrincipalMatch(Truth.UNKNOWN, Truth.UNKNOWN, Truth.UNKNOWN)


def match(principals: Principals, caller: Caller) -> PrincipalMatch:
    """Return how the entries name the role session, ignoring `negated`."""
    if principals.unread is not None:
        return _OPEN
    found = PrincipalMatch()
    for kind, value in principals.possible(caller):
        if kind == "*":
            found = found | PrincipalMatch(session=Truth.TRUE)
        elif kind == "AWS":
            found = found | _match_value(value, caller)
    return found


def is_exempt(principals: Principals, caller: Caller, *, bounded: bool) -> Truth:
    """Whether a NotPrincipal exempts the caller from a Deny.

    AWS exempts a session only if session, role and account are all listed, and never one with a boundary
    (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_notprincipal.html).
    """
    found = match(principals, caller)
    ways = (found.session, found.role, found.account)
    if all(way is Truth.FALSE for way in ways) or bounded:
        return Truth.FALSE
    return Truth.TRUE if all(way is Truth.TRUE for way in ways) else Truth.UNKNOWN


def names_service(principals: Principals, service: str) -> Truth:
    """Whether the entries name an AWS service by its principal (`ecs-tasks.amazonaws.com`)."""
    if principals.unread is not None:
        return Truth.UNKNOWN
    answer = Truth.FALSE
    for kind, value in principals.entries:
        if kind == "Service":
            answer = answer | equal(value, service)
        elif kind == "*" or (kind == "AWS" and not isinstance(spelled_out(value), str)):
            answer = answer | Truth.UNKNOWN  # whether everybody includes services is not documented
    return ~answer if principals.negated else answer


def names_everybody(principals: Principals) -> Truth:
    """Whether the entries name everybody (`*`), which includes callers without credentials."""
    if principals.unread is not None or principals.negated:
        return Truth.UNKNOWN
    return Truth.some(equal(value, "*") for kind, value in principals.entries if kind in ("*", "AWS"))


def _match_value(value: TextLike, caller: Caller) -> PrincipalMatch:
    # NOTE: a key's policy may list hundreds of roles.
    if _is_of_another_name(value, caller.name):
        return PrincipalMatch()
    spelled = spelled_out(value)
    if equal(value, caller.arn) is Truth.TRUE:
        return PrincipalMatch(role=Truth.TRUE)
    if isinstance(spelled, str):
        if spelled == "*":
            return PrincipalMatch(session=Truth.TRUE)
        if _ACCOUNT.fullmatch(spelled):
            return PrincipalMatch(account=equal(spelled, caller.account))
        if not spelled.startswith("arn:"):
            own = caller.unique_id if _UNIQUE_ID.fullmatch(spelled) else None
            return PrincipalMatch(role=Truth.UNKNOWN if own is None else equal(spelled, own))
    if _is_another(value, caller.arn):
        return PrincipalMatch()
    arn = parse_arn(value)
    if arn is not None:
        return _match_arn(arn, caller)
    if caller.unique_id is not None and equal(value, caller.unique_id) is Truth.TRUE:
        return PrincipalMatch(role=Truth.TRUE)
    return PrincipalMatch(account=Truth.TRUE) if equal(value, caller.account) is Truth.TRUE else _OPEN


def _is_of_another_name(value: TextLike, name: TextLike) -> bool:
    """Whether a known ARN is that of a role with another name."""
    if not isinstance(value, str) or not isinstance(name, str) or value.endswith(name):
        return False
    arn = parse_arn(value)
    return arn is not None and arn.service == "iam" and str(arn.resource).startswith("role/")


def _is_another(value: TextLike, own: TextLike) -> bool:
    """Whether two unknown ARNs are of different roles."""
    if not isinstance(value, Unknown) or not isinstance(own, Unknown) or not value.family:
        return False
    return value.family == own.family and equal(value, own) is Truth.FALSE


def _match_arn(arn: Arn, caller: Caller) -> PrincipalMatch:
    own = parse_arn(caller.arn)
    partition = Truth.UNKNOWN if own is None else equal(arn.partition, own.partition)
    here = partition & equal(arn.account, caller.account)
    if arn.service == "iam" and arn.resource == "root":
        return PrincipalMatch(account=here)
    path = split_text(arn.resource, "/", 1)
    if path is None or not isinstance(path[0], str) or not isinstance(arn.service, str):
        return PrincipalMatch(here & Truth.UNKNOWN, here & Truth.UNKNOWN, here & Truth.UNKNOWN)
    kind, name = path if len(path) == 2 else (path[0], "")
    if (arn.service, kind) == ("iam", "role"):
        # A session's ARN has no path, and names are unique in an account.
        same = equal(split_literals(name, "/")[-1], caller.name)
        same = same | Truth.UNKNOWN if may_contain(name, "/") else same
        # AWS refuses a policy that names a role which does not exist, such as this one with another path.
        if own is not None and equal(arn.resource, own.resource) is Truth.FALSE:
            same &= Truth.UNKNOWN
        return PrincipalMatch(role=here & _wildless(name) & same)
    if (arn.service, kind) == ("sts", "assumed-role"):
        return PrincipalMatch(session=here & _is_session(name, caller))
    return PrincipalMatch()


def _wildless(name: TextLike) -> Truth:
    # AWS refuses a principal with wildcards inside.
    wild = any(isinstance(part, str) and ("*" in part or "?" in part) for part in pieces(name))
    return Truth.UNKNOWN if wild else Truth.TRUE


def _is_session(name: TextLike, caller: Caller) -> Truth:
    if may_contain(name, "/"):
        return Truth.UNKNOWN
    return equal(name, text([caller.name, "/", caller.session])) & _wildless(name)
