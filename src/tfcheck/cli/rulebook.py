"""The manual pages of all rules."""

from __future__ import annotations

from tfcheck.checks import CHECKS
from tfcheck.report.manual import Manual
from tfcheck.startup import RULES


def permission_rules() -> tuple[Manual, ...]:
    """Return the manuals of the rules about permissions."""
    return tuple(Manual(each.id, each.title, each.manual) for each in RULES)


def check_rules() -> tuple[Manual, ...]:
    """Return the manuals of the rules about configuration mistakes."""
    return tuple(Manual(each.id, each.title, each.manual) for each in CHECKS)


def manuals() -> tuple[Manual, ...]:
    """Return the manuals of all rules."""
    return (*permission_rules(), *check_rules())
