"""Select rules by id, or several by a prefix with `*`."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from typing import TypeAlias

import msgspec

from tfcheck.vocabulary.errors import did_you_mean

#: Returns the ids of all rules, which are loaded only when needed.
KnownRules: TypeAlias = Callable[[], tuple[str, ...]]


def match_rules(selector: str, rules: Iterable[str]) -> tuple[str, ...]:
    """Return the rules that a selector matches: the one with that id, or all with the prefix before `*`."""
    return tuple(rule for rule in rules if _matches(selector, rule))


def _matches(selector: str, rule: str) -> bool:
    return rule.startswith(selector[:-1]) if selector.endswith("*") else rule == selector


def suggestion(selector: str, rules: Collection[str]) -> str:
    """Return the hint for a selector that matches no rule."""
    begins = (
        f"`{selector}*` names all rules that begin with it" if selector and match_rules(f"{selector}*", rules) else ""
    )
    nearest = did_you_mean(selector, rules, "" if begins else "`tfcheck rules` lists them")
    return " ".join(filter(None, (nearest, begins)))


class RuleSelection(msgspec.Struct, frozen=True):
    """The rules to report and the severities to use; an empty `select` means every rule.

    Of several matching selectors an id is preferred to a prefix, a longer prefix to a shorter one, and `ignore` to
    `select`.
    """

    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    severity: Mapping[str, str] = {}

    def selects(self, rule: str) -> bool:
        """Whether the findings of a rule are reported."""
        ignored, chosen = _closest_selector(rule, self.ignore), _closest_selector(rule, self.select)
        return _precedence(ignored) < _precedence(chosen) or not (ignored or self.select)

    def severity_of(self, rule: str) -> str | None:
        """Return the configured severity of a rule, or None."""
        return self.severity.get(_closest_selector(rule, self.severity))

    def __bool__(self) -> bool:
        """Whether anything is configured."""
        return bool(self.select or self.ignore or self.severity)


def _closest_selector(rule: str, selectors: Iterable[str]) -> str:
    return max((each for each in selectors if _matches(each, rule)), key=_precedence, default="")


def _precedence(selector: str) -> int:
    return len(selector) if selector.endswith("*") else 2 * len(selector)
