"""Which modules do the sources of a plan have?

Modules and their files are read when they are asked for, once. A file that cannot be read costs only what it holds.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path

from tfcheck.hcl.expression import Expression, Literal, Place, Template
from tfcheck.hcl.file import File, Problem
from tfcheck.hcl.json_syntax import read_json
from tfcheck.hcl.modules.module import Module
from tfcheck.hcl.modules.names import module_files
from tfcheck.hcl.modules.reading import read_below
from tfcheck.hcl.modules.storage import Folder, Saved, Storage
from tfcheck.hcl.saved_plan import snapshot
from tfcheck.hcl.source import SourceText, decoded
from tfcheck.hcl.syntax import read

ModuleNames = tuple[str, ...]

_RESOURCE = re.compile(r'^[ \t]*resource[ \t]+"?([\w-]+)"?[ \t]+"?([\w-]+)"?', re.MULTILINE)
_CALL = re.compile(r'^[ \t]*module[ \t]+"?([\w-]+)"?[ \t]*\{', re.MULTILINE)


class Sources:
    """All modules of one configuration.

    `root` is the directory of the root module, None where there is only a saved plan; `label` is how the user would
    name the sources. `missing` says for each module that was asked for in vain why it is not at hand, `problems` what
    could not be read in the files of the others.
    """

    def __init__(self, storage: Storage, label: str, root: Path | None, *, opentofu: bool = True) -> None:
        """Take where the files come from; with `opentofu` the `.tofu` files among them count."""
        self.label = label
        self.root = root
        self.missing: dict[ModuleNames, str] = {}
        self.problems: list[Problem] = []
        self._storage = storage
        self._opentofu = opentofu
        self._modules: dict[ModuleNames, Module | None] = {}
        #: Calls of one directory share its blocks, so that each is parsed once.
        self._by_directory: dict[str, Module] = {}
        self._texts: dict[str, tuple[SourceText | Problem, ...]] = {}

    def module(self, path: ModuleNames) -> Module | None:
        """Give the module that the calls `path` lead to; None where it is not at hand, for the reason in `missing`."""
        if path not in self._modules:
            self._modules[path] = self._read(path)
        return self._modules[path]

    def declares(self, path: ModuleNames) -> frozenset[tuple[str, str]] | None:
        """List the managed resources of a module by type and name, and its calls as of type `module`.

        None where the module is not at hand. This only skims the files, and may be misled by what looks like a block.
        """
        directory = self._directory(path)
        texts = self._files(path, directory) if directory is not None else ()
        if not texts or any(isinstance(text, Problem) or text.name.endswith(".json") for text in texts):
            return self.surely_declares(path)
        found: set[tuple[str, str]] = set()
        for text in texts:
            if isinstance(text, SourceText):
                found |= {(match[1], match[2]) for match in _RESOURCE.finditer(text.text)}
                found |= {("module", match[1]) for match in _CALL.finditer(text.text)}
        return frozenset(found)

    def surely_declares(self, path: ModuleNames) -> frozenset[tuple[str, str]] | None:
        """List the same as `declares` by reading the files properly."""
        module = self.module(path)
        if module is None:
            return None
        resources = {(type, name) for mode, type, name in module.declared() if mode == "managed"}
        return frozenset(resources | {("module", name) for name in module.calls()})

    def read_file(self, path: str) -> bytes | None:
        """Read a file for `file` and `templatefile`; relative paths begin at the root module.

        None where there is no directory, or where the file lies outside the source tree, symbolic links resolved.

        Raises:
            EvaluationError: the source tree is at hand and holds no such file.
        """
        return read_below(self.root, path) if self.root else None

    @property
    def workspace(self) -> str | None:
        """Name the workspace that was selected in the root's directory; None where nothing tells.

        See https://developer.hashicorp.com/terraform/language/state/workspaces.
        """
        if self.root is None:
            return None
        chosen = self.root / (os.environ.get("TF_DATA_DIR") or ".terraform") / "environment"
        try:
            return chosen.read_text(encoding="utf-8").strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def line(self, place: Place) -> str:
        """Give the text of a source line; empty where the file was not read."""
        for module in self._by_directory.values():
            for file in module.files:
                if file.source.name == place.file:
                    return file.source.line_text(place.line)
        return ""

    def _read(self, path: ModuleNames) -> Module | None:
        directory = self._directory(path)
        if directory is None:
            return None
        texts = self._files(path, directory)
        if not texts and path:
            self.missing[path] = f"`{directory}` holds no configuration"
            return None
        if directory not in self._by_directory:
            files = [_file(text) for text in texts]
            self.problems += [file.problem for file in files if file.problem]
            self._by_directory[directory] = Module(directory, files)
        return self._by_directory[directory]

    def _files(self, path: ModuleNames, directory: str) -> tuple[SourceText | Problem, ...]:
        """Read the texts of a module's files in the order in which they count."""
        if directory not in self._texts:
            key = ".".join(path)
            names = module_files(self._storage.names(key, directory), opentofu=self._opentofu)
            self._texts[directory] = tuple(self._text(key, directory, name) for name in names)
        return self._texts[directory]

    def _text(self, key: str, directory: str, name: str) -> SourceText | Problem:
        label = posixpath.normpath(posixpath.join(directory, name))
        try:
            return decoded(label, self._storage.data(key, directory, name))
        except OSError as error:
            return Problem(Place(label, 1), error.strerror or str(error))
        except UnicodeDecodeError:
            return Problem(Place(label, 1), "the file is not UTF-8")

    def _directory(self, path: ModuleNames) -> str | None:
        """Find the directory of a module, seen from the root."""
        if not path:
            return "."
        listed = self._storage.directory(".".join(path))
        if listed is not None and not posixpath.isabs(listed):
            return posixpath.normpath(listed)
        caller = self.module(path[:-1])
        if caller is None:
            self.missing[path] = "the module that calls it is not at hand"
            return None
        call = caller.call(path[-1])
        source = _constant(call.attribute("source")) if call else None
        if source is None or not source.startswith(("./", "../")):
            self.missing[path] = "it is not installed: run `terraform init`" if call else "nothing calls it"
            return None
        return posixpath.normpath(posixpath.join(caller.directory, source))


def from_directory(root: Path, label: str = "", *, opentofu: bool = True) -> Sources:
    """Take the sources from the directory of the root module."""
    return Sources(Folder(root), label or str(root), root, opentofu=opentofu)


def from_saved_plan(path: Path, directory: Path | None = None, label: str = "") -> Sources:
    """Take the sources from a saved plan; files that they read come from `directory`, if one is given.

    Raises:
        InputError: the file is not a saved plan.
    """
    return Sources(Saved(snapshot(path)), label or str(path), directory)


def _file(text: SourceText | Problem) -> File:
    if isinstance(text, Problem):
        return File(SourceText(text.place.file, ""), (), text)
    return read_json(text) if text.name.endswith(".json") else read(text)


def _constant(expression: Expression | None) -> str | None:
    match expression:
        case Template(parts=(Literal(value=str(written)),)):
            return written
        case _:
            return None
