"""Find the text behind a hash in a plan.

The provider writes the SHA-1 of `user_data` into plans and state, decoded first where it is base64
(https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/instance#user_data).
"""

from __future__ import annotations

import base64
from contextlib import suppress

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value

#: Arguments that providers keep as a hash.
HASHED = ("user_data",)
_HASH = regex(r"[0-9a-f]{40}")


def is_hash(planned: Value) -> bool:
    """Whether a planned value may be a hash."""
    return isinstance(planned, str) and _HASH.fullmatch(planned) is not None


def proven_by(planned: str, evaluated: Value) -> bool:
    """Whether a hash is that of a text."""
    import hashlib  # loads OpenSSL, which takes longer than a small plan

    if not isinstance(evaluated, str):
        return False
    data = evaluated.encode("utf-8", "surrogatepass")
    with suppress(ValueError):  # it is not base64
        data = base64.b64decode(data, validate=True)
    return hashlib.sha1(data, usedforsecurity=False).hexdigest() == planned
