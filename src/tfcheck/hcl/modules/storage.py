"""Where do the files of the modules come from: a directory, or a saved plan?"""

from __future__ import annotations

import os
from functools import cached_property
from pathlib import Path
from typing import Protocol

import msgspec

from tfcheck.hcl.saved_plan import Record, Snapshot

#: No configuration file is larger.
_LARGEST = 20_000_000


class Storage(Protocol):
    """Gives files of modules, each named by its key (`web.roles`) and its directory seen from the root."""

    def directory(self, key: str) -> str | None:
        """Tell the directory of a module, where a manifest lists it."""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """Name the files of a module; none where it is not at hand."""

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Read a file of a module.

        Raises:
            OSError: it cannot be read.
        """


class Folder:
    """A root module's directory, with other modules below it or where `terraform init` put them."""

    def __init__(self, root: Path) -> None:
        """Take the directory of the root module."""
        self.root = root

    @cached_property
    def _manifest(self) -> dict[str, str]:
        path = self.root / (os.environ.get("TF_DATA_DIR") or ".terraform") / "modules" / "modules.json"
        try:
            manifest = msgspec.json.decode(path.read_bytes(), type=_Manifest)
        except (OSError, msgspec.DecodeError, UnicodeError):
            return {}
        return {record.key: record.dir for record in manifest.modules}

    def directory(self, key: str) -> str | None:
        """Look into the manifest of `terraform init`."""
        return self._manifest.get(key)

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """List a directory."""
        try:
            with os.scandir(self.root / directory) as entries:
                return tuple(sorted(entry.name for entry in entries if entry.is_file()))
        except OSError:
            return ()

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Read a file, unless it is far larger than configurations are."""
        with (self.root / directory / name).open("rb") as file:
            data = file.read(_LARGEST + 1)
        if len(data) > _LARGEST:
            raise OSError("the file is too large")
        return data


class Saved:
    """The configuration inside a saved plan."""

    def __init__(self, snapshot: Snapshot) -> None:
        """Take what was read from the saved plan."""
        self.snapshot = snapshot

    def directory(self, key: str) -> str | None:
        """Look into the manifest of the saved plan."""
        return self.snapshot.directories.get(key)

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """List what is stored for a module."""
        return tuple(sorted(self.snapshot.files.get(key, {})))

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Give a stored file."""
        return self.snapshot.files[key][name]


class _Manifest(msgspec.Struct, rename="pascal"):
    modules: list[Record] = []
