"""What a waiver does to a finding, and how each waiver was used."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec

#: The number of a line, from 1.
LineNumber: TypeAlias = Annotated[int, msgspec.Meta(ge=1, le=100_000_000)]

#: What a comment with a waiver contains.
WAIVER_MARK = "tfcheck:"
WaiverState: TypeAlias = Literal["used", "unused", "expired", "elsewhere", "invalid"]


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
    line: LineNumber
    end_line: LineNumber
    state: WaiverState
    problem: str = ""

    @property
    def where(self) -> str:
        """The place of the waiver, as in `tfcheck.toml:12`."""
        return f"{self.file}:{self.line}"
