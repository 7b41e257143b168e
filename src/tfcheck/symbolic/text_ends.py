"""Compare a partly known text with a known one, as far as that takes little."""

from __future__ import annotations

from tfcheck.symbolic.value import Text, Truth, Unknown, pieces, spelled_out


def equal_known(value: Unknown | Text, known: str) -> Truth | None:
    """Compare with a string; None if that takes more than a look at the ends."""
    if isinstance(value, Unknown) and _is_plain(value):
        return Truth.UNKNOWN if value.hole.admits(known) else Truth.FALSE
    spelled = spelled_out(value)
    if isinstance(spelled, str):
        return Truth.of(spelled == known)
    first, last = pieces(spelled)[0], pieces(spelled)[-1]
    begins = not isinstance(first, str) or known.startswith(first)
    return None if begins and (not isinstance(last, str) or known.endswith(last)) else Truth.FALSE


def _is_plain(value: Unknown) -> bool:
    """Whether only its hole limits the possible texts of an unknown value."""
    is_open = value.hole.longest is None or value.hole.longest > len(value.hole.starts)
    return is_open and value.shape is None and not (value.fresh or value.family)
