"""What does a YAML text say, and how does Terraform write one?"""

from __future__ import annotations

from tfcheck.value import TextLike, Unknown, Value


def encode(value: Value) -> Value:
    """Write YAML."""
    return Unknown(reason="function `yamlencode` is not supported")


def decode(written: TextLike) -> Value:
    """Read YAML."""
    return Unknown(reason="function `yamldecode` is not supported", unsure=True)
