"""Suggest the name that was probably meant."""

from __future__ import annotations

from collections.abc import Iterable

#: Names that are longer are compared by their beginning.
_LONGEST = 100


def did_you_mean(name: str, known: Iterable[str], otherwise: str, likeness: float = 0.6) -> str:
    """Return a hint with the known name that is most like `name`, or `otherwise` where none is like it."""
    # Most runs have nothing to correct, and need not import this.
    from difflib import get_close_matches

    near = get_close_matches(name[:_LONGEST], list(known), 1, likeness)
    return f"did you mean `{near[0]}`?" if near else otherwise
