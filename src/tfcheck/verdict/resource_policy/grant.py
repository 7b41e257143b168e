"""Decide whether a KMS grant allows the role to make a call.

Follows https://docs.aws.amazon.com/kms/latest/developerguide/grants.html and the AWS provider's `aws_kms_grant`.
"""

from __future__ import annotations

import msgspec

from tfcheck.iam import Context, Origin, Request
from tfcheck.iam.context import Absent, OneOfValues, PresenceUnknown
from tfcheck.iam.model import UNLISTED
from tfcheck.inventory.world import WorldObject
from tfcheck.symbolic.match import contains, equal
from tfcheck.symbolic.numbers import as_text
from tfcheck.symbolic.value import PlainText, Truth, Unknown, Value, is_known, items

_CONTEXT_KEY = "kms:EncryptionContext:"


class KeyGrant(msgspec.Struct, frozen=True):
    """A grant: who may do what with a key. `is_definite` is false if the key or the role may be another one."""

    resource: WorldObject
    is_definite: bool = True

    @property
    def origin(self) -> Origin:
        """Its origin for evidence."""
        return Origin(str(self.resource.address), None, UNLISTED)

    def covers(self, request: Request) -> Truth:
        """Whether the grant is for the request's caller, operation and encryption context."""
        grantee, operations = self.resource.attribute("grantee_principal"), self.resource.attribute("operations")
        is_for = equal(grantee, request.caller.arn) if isinstance(grantee, PlainText) else Truth.FALSE
        truth = (
            is_for & contains(operations, request.action.partition(":")[2]) & self._constraints_hold(request.context)
        )
        return truth if self.is_definite else truth & Truth.UNKNOWN

    def _constraints_hold(self, context: Context) -> Truth:
        constraints = items(self.resource.attribute("constraints"))
        if isinstance(constraints, Unknown):
            return Truth.UNKNOWN if self.resource.is_configured("constraints") is not False else Truth.TRUE
        return Truth.every(_constraint_holds(each, context) for each in constraints)


def _constraint_holds(constraint: Value, context: Context) -> Truth:
    if not isinstance(constraint, dict):
        return Truth.UNKNOWN
    subset, whole = constraint.get("encryption_context_subset"), constraint.get("encryption_context_equals")
    carried = Truth.every(_has_context(each, context) for each in (subset, whole) if each)
    return carried & _lists_all(whole, context) if whole else carried


def _lists_all(pairs: Value, context: Context) -> Truth:
    """Whether pairs are all that the service puts into the context."""
    names = context.lookup("kms:EncryptionContextKeys")
    if not isinstance(pairs, dict) or not isinstance(names, list):
        return Truth.UNKNOWN
    return Truth.every(Truth.UNKNOWN if isinstance(each, Unknown) else Truth.of(each in pairs) for each in names)


def _has_context(pairs: Value, context: Context) -> Truth:
    if not isinstance(pairs, dict):
        return Truth.UNKNOWN
    return Truth.every(_has_pair(key, value, context) for key, value in pairs.items())


def _has_pair(key: str, value: Value, context: Context) -> Truth:
    names = context.lookup("kms:EncryptionContextKeys")
    entry = context.lookup(_CONTEXT_KEY + key)
    # NOTE: in a grant, unlike in a condition, the case of a key matters.
    if isinstance(entry, Absent) or (isinstance(names, list) and key not in names and all(map(is_known, names))):
        return Truth.FALSE
    if isinstance(entry, OneOfValues):
        answers = {equal(each, as_text(value)) for each in entry.values}
        return answers.pop() if len(answers) == 1 else Truth.UNKNOWN
    if isinstance(entry, PresenceUnknown) or not isinstance(entry, PlainText):
        return Truth.UNKNOWN
    return equal(entry, as_text(value))


def covering_grants(grants: tuple[KeyGrant, ...], request: Request) -> tuple[tuple[Origin, Truth], ...]:
    """Return the grants that cover, or may cover, a request, in the form that decisions use."""
    found = ((grant.origin, grant.covers(request)) for grant in grants)
    return tuple((origin, truth) for origin, truth in found if truth is not Truth.FALSE)
