"""Read the files of modules from a directory or a saved plan."""

from __future__ import annotations

import posixpath
from functools import cached_property
from typing import Protocol

import msgspec

from tfcheck.hcl.modules.saved_plan import Record, Snapshot
from tfcheck.repository import Gate, RefusedError


class Storage(Protocol):
    """Where the files of modules are; a module is named by its key (`web.roles`) and its directory below the root."""

    def directory(self, key: str) -> str | None:
        """Return the directory of a module, where a manifest lists it."""

    def refusal(self, directory: str) -> str:
        """Return why a module must not be read, or an empty string."""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """Name the files of a module; none where it is not at hand."""

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Read a file of a module.

        Raises:
            OSError: it cannot be read.
            RefusedError: it must not be read.
        """


class Folder:
    """A root module's directory, with other modules below it or where `terraform init` put them."""

    def __init__(self, gate: Gate) -> None:
        """Build from the way to the root module's directory."""
        self.gate = gate

    @cached_property
    def _manifest(self) -> dict[str, str]:
        try:
            manifest = msgspec.json.decode(self.gate.manifest(), type=_Manifest)
        except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
        return {record.key: record.dir for record in manifest.modules}

    def directory(self, key: str) -> str | None:
        """Look into the manifest of `terraform init`."""
        return self._manifest.get(key)

    def refusal(self, directory: str) -> str:
        """Return the rule that forbids to read a directory, or an empty string."""
        try:
            self.gate.module(directory)
        except RefusedError as error:
            return str(error)
        return ""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """List a directory."""
        try:
            return self.gate.names(directory)
        except (OSError, RefusedError):
            return ()

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Read a file, unless it is far larger than configurations are."""
        return self.gate.source(posixpath.join(directory, name))


class SavedPlanFiles:
    """The configuration inside a saved plan."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Build from what was read from the saved plan."""
        self.snapshot = snapshot

    def directory(self, key: str) -> str | None:
        """Look into the manifest of the saved plan."""
        return self.snapshot.directories.get(key)

    def refusal(self, directory: str) -> str:
        """Return an empty string: all that a saved plan holds was part of the configuration."""
        return ""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """List what is stored for a module."""
        return tuple(sorted(self.snapshot.files.get(key, {})))

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Return a stored file."""
        return self.snapshot.files[key][name]


class _Manifest(msgspec.Struct, rename="pascal"):
    modules: list[Record] = []
