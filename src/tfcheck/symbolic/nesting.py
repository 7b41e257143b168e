"""How deep lists and objects lie in one another, so that functions that call themselves for each can do so safely.

The recursion limit of a JSON decoder differs between versions of Python; this one does not.
"""

from __future__ import annotations

from typing import Any

#: How many lists and objects are allowed in one another: no schema of a provider and no policy comes near.
DEEPEST = 100


def is_deep(value: Any) -> bool:
    """Whether more lists and objects lie in one another than are allowed."""
    level = [value]
    for _ in range(DEEPEST + 1):
        level = [
            each
            for node in level
            if isinstance(node, (dict, list))
            for each in (node.values() if isinstance(node, dict) else node)
        ]
        if not level:
            return False
    return True


def may_be_deep(text: str | bytes) -> bool:
    """Whether the JSON text may be deep; most have too few brackets for that, those in strings included."""
    if isinstance(text, str):
        return text.count("{") + text.count("[") > DEEPEST
    return text.count(b"{") + text.count(b"[") > DEEPEST
