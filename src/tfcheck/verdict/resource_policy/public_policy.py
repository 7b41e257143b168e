"""Whether S3 considers a statement of a bucket policy public.

Follows "The meaning of public" in
https://docs.aws.amazon.com/AmazonS3/latest/userguide/access-control-block-public-access.html: a statement for everybody
is public unless a condition limits it to fixed values, without wildcards and policy variables, of one of the keys that
the page lists.
"""

from __future__ import annotations

from tfcheck.iam import Effect, Statement
from tfcheck.iam.condition import Condition
from tfcheck.iam.operators import arn_like, ip_address, string_equals, string_equals_ignore_case, string_like
from tfcheck.iam.variables import PolicyTemplate, PolicyText
from tfcheck.symbolic.value import JsonText, TextLike, Truth, Unknown, pieces, spelled_out

_KEYS = frozenset(
    {
        "aws:principalorgid",
        "aws:sourceaccount",
        "aws:sourcearn",
        "aws:sourceip",
        "aws:sourceowner",
        "aws:sourcevpc",
        "aws:sourcevpce",
        "aws:userid",
        "s3:dataaccesspointaccount",
        "s3:dataaccesspointarn",
        "s3:x-amz-server-side-encryption-aws-kms-key-id",
    }
)
#: Other keys that describe the principal; AWS lists "an AWS principal" without the keys that it means.
_PRINCIPAL_KEYS = "aws:principal"
_PROVIDERS = frozenset(
    ("Federated", each)
    for each in ("accounts.google.com", "cognito-identity.amazonaws.com", "graph.facebook.com", "www.amazon.com")
)
_WITH_WILDCARDS = (string_like, arn_like)
_TESTS = (string_equals, string_equals_ignore_case, ip_address, *_WITH_WILDCARDS)


def is_public(statement: Statement) -> Truth:
    """Whether a statement allows everybody, without a condition that limits it to fixed values.

    NOTE: AWS's page also calls a statement public that allows all users of an identity provider on the internet.
    """
    principals = statement.principals
    if statement.effect is Effect.DENY or principals is None:
        return Truth.FALSE
    everybody = any(value == "*" or (kind, value) in _PROVIDERS for kind, value in principals.entries)
    if not everybody and principals.unread is None and not principals.negated:
        return Truth.FALSE
    certain = Truth.of(everybody and statement.effect is Effect.ALLOW and statement.unread is None) | Truth.UNKNOWN
    return certain & ~Truth.some(map(_narrows, statement.conditions))


def _narrows(condition: Condition) -> Truth:
    """Whether a condition limits a statement to fixed values."""
    if condition.unread is not None:
        return Truth.UNKNOWN
    key, operator = condition.key.lower(), condition.operator
    if key not in _KEYS:
        return Truth.UNKNOWN if key.startswith(_PRINCIPAL_KEYS) else Truth.FALSE
    if operator.test is None:
        return Truth.FALSE  # whether a key is present
    if operator.test not in _TESTS or operator.negated or operator.if_exists or operator.quantifier:
        return Truth.UNKNOWN
    return Truth.every(_is_fixed(each, condition) for each in condition.values)


def _is_fixed(value: PolicyText, condition: Condition) -> Truth:
    """Whether a value is the only one that fulfils a condition."""
    key, test = condition.key.lower(), condition.operator.test
    if isinstance(value, PolicyTemplate):
        return Truth.UNKNOWN if value.broken else Truth.FALSE
    if key == "aws:sourceip":
        return _is_narrow(value)
    if key == "aws:userid" and isinstance(value, str) and value.endswith(":*"):
        return Truth.FALSE
    has_wildcard = Truth.some(map(_has_wildcard, pieces(spelled_out(value))))
    if test not in _WITH_WILDCARDS or key in ("aws:userid", "s3:dataaccesspointarn"):
        # A wildcard is text to other operators, and AWS documents which parts of these two values can contain one.
        return ~has_wildcard | Truth.UNKNOWN
    return ~has_wildcard


def _has_wildcard(piece: str | Unknown | JsonText) -> Truth:
    if isinstance(piece, str):
        return Truth.of("*" in piece or "?" in piece)
    is_plain = isinstance(piece, Unknown) and not any(map(piece.hole.allows, "*?$"))
    return Truth.FALSE if is_plain else Truth.UNKNOWN


def _is_narrow(value: TextLike) -> Truth:
    """Whether AWS considers a range of addresses fixed: at most a /8 in IPv4, and a /32 in IPv6."""
    import ipaddress

    try:
        network = ipaddress.ip_network(value, strict=False) if isinstance(value, str) else None
    except ValueError:
        network = None
    return Truth.UNKNOWN if network is None else Truth.of(network.prefixlen >= (8 if network.version == 4 else 32))
