"""What a waiver does to a finding, and how each waiver was used."""

from __future__ import annotations

import msgspec


class Waived(msgspec.Struct, frozen=True):
    """Why a finding is accepted, its last day, and the place of the waiver, as in `tfcheck.toml:12`."""

    reason: str
    until: str | None
    where: str


class WaiverUse(msgspec.Struct, frozen=True):
    """The use of one waiver: `used`, `unused`, `expired`, for another plan (`elsewhere`), or `invalid`.

    `file` and the lines say where it is written, relative to the top of the repository; `problem` why it is invalid.
    """

    rule: str
    reason: str
    until: str | None
    file: str
    line: int
    end_line: int
    state: str
    problem: str = ""

    @property
    def where(self) -> str:
        """The place of the waiver, as in `tfcheck.toml:12`."""
        return f"{self.file}:{self.line}"
