"""Find the text behind a hash in a plan.

The provider writes the SHA-1 of `user_data` into plans and state, decoded first where it is base64
(https://registry.terraform.io/providers/hashicorp/aws/5.100.0/docs/resources/instance#user_data).
"""

from __future__ import annotations

import base64
import binascii

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

    return isinstance(evaluated, str) and hashlib.sha1(_decode(evaluated), usedforsecurity=False).hexdigest() == planned


def _decode(text: str) -> bytes:
    data = text.encode("utf-8", "surrogatepass")
    try:
        return base64.b64decode(data, validate=True)
    except (ValueError, binascii.Error):
        return data
