"""What is chosen for a run: which findings count, and which are accepted."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import msgspec

from tfcheck.config.rules import RuleSelection

if TYPE_CHECKING:
    from tfcheck.config.waivers import Waiver


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
