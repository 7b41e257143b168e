"""All rules: their ids, and their manual pages."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from tfcheck.checks import CHECKS
from tfcheck.startup import RULES

if TYPE_CHECKING:
    from tfcheck.checks.misconfiguration import Check
    from tfcheck.report.manual import Manual
    from tfcheck.startup.rule import Rule


def known_rules() -> tuple[str, ...]:
    """Return the ids of all rules."""
    return (*(each.id for each in RULES), *(each.id for each in CHECKS))


def permission_rules() -> tuple[Manual, ...]:
    """Return the manuals of the rules about permissions."""
    return _manuals(RULES)


def check_rules() -> tuple[Manual, ...]:
    """Return the manuals of the rules about misconfigurations."""
    return _manuals(CHECKS)


def manuals() -> tuple[Manual, ...]:
    """Return the manuals of all rules."""
    return (*permission_rules(), *check_rules())


def _manuals(rules: Iterable[Rule | Check]) -> tuple[Manual, ...]:
    from tfcheck.report.manual import Manual  # not needed to check a plan

    return tuple(Manual(each.id, each.title, each.manual) for each in rules)
