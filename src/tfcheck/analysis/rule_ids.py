"""The ids of all rules."""

from __future__ import annotations

from tfcheck import checks, startup


def known_rules() -> tuple[str, ...]:
    """Return the ids of all rules."""
    return (*(each.id for each in startup.RULES), *(each.id for each in checks.CHECKS))
