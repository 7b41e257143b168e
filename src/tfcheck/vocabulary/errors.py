"""The errors that a user can fix."""

from __future__ import annotations

from typing import ClassVar


class TfcheckError(Exception):
    """A mistake that the user can fix; `hint` says how.

    Messages are lower case, end without a full stop and put user input in backticks.
    """

    exit_status: ClassVar[int] = 2

    def __init__(self, message: str, *, hint: str = "") -> None:
        """Build from the one-line `message` and, where something can be done about it, the `hint`."""
        super().__init__(message)
        self.message = message
        self.hint = hint


class UsageError(TfcheckError):
    """The command line asks for something that does not go together."""


class InputError(TfcheckError):
    """A file cannot be read, is not a plan, or is not a complete one."""

    exit_status = 3
