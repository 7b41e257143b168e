"""What a configuration file sets, with the line of each key."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from tfcheck.config.rules import RuleSelection
from tfcheck.symbolic.wildcards import glob_known

if TYPE_CHECKING:
    from tfcheck.config.waivers import Waiver


class Setting(msgspec.Struct, frozen=True):
    """The value of one key, as people read it, its line, and the target whose section sets it, if one does."""

    value: Any
    shown: str
    line: int
    target: str = ""


class Settings(msgspec.Struct, frozen=True):
    """What one file sets: `file` is where it lies, `named` how messages name it, `top` the top of its work tree.

    The keys are written with their sections, as in `comment.when`.
    """

    file: Path
    named: str
    top: Path | None
    common: dict[str, Setting]
    targets: dict[str, dict[str, Setting]]
    waivers: tuple[Waiver, ...] = ()

    def of(self, targets: Iterable[str]) -> dict[str, Setting]:
        """Return what is set for a target, which may have several names; later sections win over earlier ones."""
        names = tuple(targets)
        found = dict(self.common)
        for pattern, section in self.targets.items():
            if any(glob_known(pattern, name) for name in names):
                found |= section
        return found

    @property
    def path(self) -> str:
        """The path from the top of the work tree, for whoever reads a report elsewhere."""
        return self.file.relative_to(self.top).as_posix() if self.top else self.file.name


class Choice(msgspec.Struct, frozen=True):
    """What is chosen for the reports of a run: the rules, and what the configuration file sets that counts.

    `file` is that file as seen from the top of its repository. `waivers` are those in it, `today` is the day on which
    they have to hold.
    """

    rules: RuleSelection = RuleSelection()
    file: str | None = None
    settings: Mapping[str, str] = {}
    waivers: tuple[Waiver, ...] = ()
    today: str = ""

    @property
    def is_reported(self) -> bool:
        """Whether a report has to name anything of this."""
        return bool(self.rules or self.settings)


#: Every finding counts.
NO_CHOICE = Choice()
