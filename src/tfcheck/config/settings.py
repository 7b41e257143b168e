"""The values of a configuration file, with the line of each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.config.rules import RuleSelection
from tfcheck.symbolic.wildcards import glob_known

if TYPE_CHECKING:
    from tfcheck.config.waivers import Waiver


class ConfigValue(msgspec.Struct, frozen=True):
    """The value of one key as shown to people, its line, and the target of its section, if any."""

    value: Any
    shown: str
    line: int
    target: str = ""


class ConfigFile(msgspec.Struct, frozen=True):
    """The values of one file: `file` is its path, `named` its name in messages, `top` the root of its work tree.

    The keys are written with their sections, as in `comment.when`.
    """

    file: Path
    named: str
    top: Path | None
    common: dict[str, ConfigValue]
    targets: dict[str, dict[str, ConfigValue]]
    waivers: tuple[Waiver, ...] = ()

    def of(self, targets: Iterable[str]) -> dict[str, ConfigValue]:
        """Return the values for a target, which may have several names; later sections override earlier ones."""
        names = tuple(targets)
        found = dict(self.common)
        for pattern, section in self.targets.items():
            if any(glob_known(pattern, name) for name in names):
                found |= section
        return found

    @property
    def path(self) -> str:
        """The path relative to the root of the work tree, for readers of a report elsewhere."""
        return self.file.relative_to(self.top).as_posix() if self.top else self.file.name


class Choice(msgspec.Struct, frozen=True):
    """The selection for the reports of a run: the rules, and the effective values of the configuration file.

    `file` is that file relative to its repository's root. `waivers` are those in it, `today` is the date for them.
    """

    rules: RuleSelection = RuleSelection()
    file: str | None = None
    settings: Mapping[str, str] = {}
    waivers: tuple[Waiver, ...] = ()
    today: str = ""

    @property
    def is_reported(self) -> bool:
        """Whether a report must list any of this."""
        return bool(self.rules or self.settings)


#: Every finding counts.
NO_CHOICE = Choice()
