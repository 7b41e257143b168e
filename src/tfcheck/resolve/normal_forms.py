"""The one form that the provider keeps of texts that can be written in several ways.

Follows the documentation of its resources: https://registry.terraform.io/providers/hashicorp/aws/latest/docs.
"""

from __future__ import annotations

from tfcheck.symbolic.numerals import as_text, plain
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

_DECIMAL = regex(r"-?\d{1,30}\.\d{1,30}")
#: Protocols of rules by their numbers; -1 is every one.
_PROTOCOLS = {"all": "-1", "1": "icmp", "6": "tcp", "17": "udp", "58": "icmpv6"}
_WITH_PROTOCOLS = ("aws_security_group", "aws_default_security_group", "aws_network_acl", "aws_default_network_acl")


def normal(leaf: Value, kind: str) -> Value:
    """Return a text in lower case as the provider keeps it for a resource type: 80 for `80.0`."""
    if not isinstance(leaf, str):
        return leaf
    if _DECIMAL.fullmatch(leaf):
        return _number(leaf)
    known = _PROTOCOLS.get(leaf) if kind.startswith(_WITH_PROTOCOLS) else None
    return known or leaf.removesuffix(".")


def _number(text: str) -> str:
    from fractions import Fraction

    written = as_text(plain(Fraction(text)))
    return written if isinstance(written, str) else text
