"""The modules of a plan's sources.

Modules and their files are read once, when they are needed. A file that cannot be read costs only its own blocks.
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.modules.module import Module, Record, module_files
from tfcheck.hcl.syntax.block import Problem, SourceFile
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import constant_text
from tfcheck.hcl.syntax.source import SourceText, decode_source
from tfcheck.repository import Gate, RefusedError, SourceAccess, refusal_error
from tfcheck.repository.machine import is_shared
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import SENSITIVE, Sensitive, redact

if TYPE_CHECKING:
    from tfcheck.hcl.modules.saved_plan import Snapshot

ModuleNames = tuple[str, ...]
#: Returns the source of a module in the plan, empty if it has none.
PlannedSource = Callable[[ModuleNames], str]
NO_RUN = SourceAccess()

_RESOURCE = regex(r'^[ \t]*resource[ \t]+"?([\w-]+)"?[ \t]+"?([\w-]+)"?', re.MULTILINE)
_CALL = regex(r'^[ \t]*module[ \t]+"?([\w-]+)"?[ \t]*\{', re.MULTILINE)


class Sources:
    """All modules of one configuration.

    `root` is the root module's directory, None if there is only a saved plan; `label` is the user's name for the
    sources. `missing` explains why modules are not available, `problems` lists errors in files of the others.
    """

    def __init__(
        self,
        storage: Folder | SavedPlanFiles,
        label: str,
        gate: Gate | None,
        *,
        opentofu: bool = True,
        run: SourceAccess = NO_RUN,
        planned: PlannedSource | None = None,
    ) -> None:
        """Build from the storage of the files; with `opentofu`, `.tofu` files count too.

        Everything that the sources read, or that is edited in them, goes through `gate`; without one nothing does.
        `planned` finds the source of a module in the plan, for calls with an expression, as OpenTofu allows.
        """
        self._planned = planned
        self.label = label
        self.root = gate.root if gate else None
        self._gate = gate
        self._shared = is_shared(os.environ) if run.shared is None else run.shared
        self.missing: dict[ModuleNames, str] = {}
        self.problems: list[Problem] = []
        #: Why files in expressions were not read, each once.
        self.refusals: dict[str, None] = {}
        self._storage = storage
        self._opentofu = opentofu
        self._modules: dict[ModuleNames, Module | None] = {}
        #: Calls of one directory share its blocks, so that each is parsed once.
        self._by_directory: dict[str, Module] = {}
        self._texts: dict[str, tuple[SourceText | Problem, ...]] = {}
        self._skimmed: dict[str, frozenset[tuple[str, str]]] = {}

    def module(self, path: ModuleNames) -> Module | None:
        """Return the module at the call path `path`; None if it is missing, as `missing` explains."""
        if path not in self._modules:
            self._modules[path] = self._read_module(path)
        return self._modules[path]

    def files_with(self, words: str) -> Iterator[SourceFile]:
        """Yield the files with some words among those read so far."""
        for directory, texts in list(self._texts.items()):
            module = self._by_directory.get(directory)
            known = {each.source.name: each for each in module.files} if module else {}
            for text in texts:
                if isinstance(text, SourceText) and words in text.text:
                    yield known.get(text.name) or _file(text)

    def declares(self, path: ModuleNames) -> frozenset[tuple[str, str]] | None:
        """Return a module's managed resources by type and name, and its calls with the type `module`.

        None if the module is not available. This only skims the files; text that looks like a block may mislead it.
        """
        directory = self._directory(path)
        texts = self._files(path, directory) if directory is not None else ()
        unskimmed = any(isinstance(text, Problem) or text.name.endswith(".json") for text in texts)
        if directory is None or not texts or unskimmed:
            return self.definitely_declares(path)
        if directory not in self._skimmed:
            self._skimmed[directory] = skim(text.text for text in texts if isinstance(text, SourceText))
        return self._skimmed[directory]

    def definitely_declares(self, path: ModuleNames) -> frozenset[tuple[str, str]] | None:
        """Return the same as `declares` by parsing the files completely."""
        module = self.module(path)
        if module is None:
            return None
        resources = {(type, name) for mode, type, name in module.resource_keys if mode == "managed"}
        return frozenset(resources | {("module", name) for name in module.calls()})

    def read_file(self, path: str) -> bytes | None:
        """Read a file as `Scope` does; relative paths start at the root module. None where there is no directory."""
        if self._gate is None:
            return None
        try:
            return self._gate.file(path)
        except RefusedError as error:
            self.refusals[str(error)] = None
            raise
        except FileNotFoundError:
            raise EvaluationError(f"there is no file `{redact(path)}`") from None

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        """Return the files below a directory as `Scope` does; None without a root module directory."""
        from tfcheck.repository.listing import matching_files

        try:
            return matching_files(self._gate, directory, pattern) if self._gate else None
        except RefusedError as refused:
            is_secret = isinstance(directory, Sensitive) or isinstance(pattern, Sensitive)
            hidden = refusal_error(SENSITIVE, "a rule forbids something that the pattern matches")
            error = hidden if is_secret else refused
            self.refusals[str(error)] = None
            raise error from None

    def read_source(self, name: str) -> bytes:
        """Read a file of a module from its directory, to edit it; raises as `Gate` does, also for a generated one."""
        if self._gate is None or not self._gate.may_be_shown(name):
            raise RefusedError(f"`{name}` is not a file of the repository")
        return self._gate.source(name)

    def may_be_shown(self, name: str) -> bool:
        """Whether everybody who can see the repository can see a file: git tracks it, or will."""
        return self._gate.may_be_shown(name) if self._gate else not self._shared

    @property
    def workspace(self) -> str | None:
        """The workspace selected in the root directory; None if it is unknown.

        See https://developer.hashicorp.com/terraform/language/state/workspaces.
        """
        return self._gate.selected_workspace() if self._gate else None

    def line(self, place: Place) -> str:
        """Return a source line; empty if the file was not read, or is not public."""
        if not self.may_be_shown(place.file):
            return ""
        for module in self._by_directory.values():
            for file in module.files:
                if file.source.name == place.file:
                    return file.source.line_text(place.line)
        return ""

    def _read_module(self, path: ModuleNames) -> Module | None:
        directory = self._directory(path)
        if directory is None:
            return None
        refusal = self._storage.refusal(directory) if path else ""
        texts = () if refusal else self._files(path, directory)
        if refusal:
            self.missing[path] = refusal
            return None
        if not texts and path:
            self.missing[path] = f"`{directory}` contains no configuration"
            return None
        if directory not in self._by_directory:
            files = [_file(text) for text in texts]
            self.problems += [file.problem for file in files if file.problem]
            self._by_directory[directory] = Module(directory, files)
        return self._by_directory[directory]

    def _files(self, path: ModuleNames, directory: str) -> tuple[SourceText | Problem, ...]:
        """Read the texts of a module's files in order."""
        if directory not in self._texts:
            key = ".".join(path)
            names = module_files(self._storage.names(key, directory), opentofu=self._opentofu)
            self._texts[directory] = tuple(self._text(key, directory, name) for name in names)
        return self._texts[directory]

    def _text(self, key: str, directory: str, name: str) -> SourceText | Problem:
        label = posixpath.normpath(posixpath.join(directory, name))
        try:
            return decode_source(label, self._storage.data(key, directory, name))
        except RefusedError as error:
            return Problem(Place(label, 1), str(error))
        except OSError as error:
            return Problem(Place(label, 1), error.strerror or str(error))
        except UnicodeDecodeError:
            return Problem(Place(label, 1), "the file is not UTF-8")

    def _directory(self, path: ModuleNames) -> str | None:
        """Return the directory of a module, relative to the root."""
        if not path:
            return "."
        listed = self._storage.directory(".".join(path))
        if listed is not None and not posixpath.isabs(listed):
            return posixpath.normpath(listed)
        caller = self.module(path[:-1])
        if caller is None:
            self.missing[path] = "the module that calls it is not available"
            return None
        call = caller.call(path[-1])
        source = constant_text(call.attribute("source")) if call else None
        if call and source is None and self._planned is not None:
            source = self._planned(path)
        if source is None or not source.startswith(("./", "../")):
            if source is not None and source.startswith(("/", "~")):
                self.missing[path] = f"{refusal_error(source, 'it is an absolute path')}"
            else:
                self.missing[path] = "it is not installed: run `terraform init`" if call else "nothing calls it"
            return None
        return posixpath.normpath(posixpath.join(caller.directory, source))


def skim(texts: Iterable[str]) -> frozenset[tuple[str, str]]:
    """Return the managed resources, by type and name, and the calls that a quick look finds."""
    found: set[tuple[str, str]] = set()
    for text in texts:
        found |= {(match[1], match[2]) for match in _RESOURCE.finditer(text)}
        found |= {("module", match[1]) for match in _CALL.finditer(text)}
    return frozenset(found)


def from_directory(
    root: Path, *, opentofu: bool = True, run: SourceAccess = NO_RUN, planned: PlannedSource | None = None
) -> Sources:
    """Return the sources in the root module's directory; `planned` is as for `Sources`.

    Raises:
        RefusedError: it is a link that leads out of the repository.
    """
    gate = Gate(root, run)
    return Sources(Folder(gate), str(root), gate, opentofu=opentofu, run=run, planned=planned)


def is_saved_plan(path: Path) -> bool:
    """Whether a file looks like a saved plan."""
    if not os.path.isfile(path):  # NOTE: opening a pipe again would wait for ever, or consume its content
        return False
    try:
        with path.open("rb") as file:
            return file.read(4) == b"PK\x03\x04"
    except OSError:
        return False


def from_saved_plan(path: Path, directory: Path | None = None, *, run: SourceAccess = NO_RUN) -> Sources:
    """Return the sources in a saved plan; files that they read come from `directory`, if given.

    Raises:
        InputError: the file is not a saved plan.
        RefusedError: the directory is a link that leads out of the repository.
    """
    from tfcheck.hcl.modules.saved_plan import snapshot

    gate = Gate(directory, run) if directory else None
    return Sources(SavedPlanFiles(snapshot(path)), str(path), gate, run=run)


def _file(text: SourceText | Problem) -> SourceFile:
    if isinstance(text, Problem):
        return SourceFile(SourceText(text.place.file, ""), (), text)
    from tfcheck.hcl.syntax.tf_json import read_original

    return read_original(text)


# Where the files of modules are kept; a module is named by its key (`web.roles`) and its directory below the root.


class Folder:
    """A root module's directory, with other modules below it or where `terraform init` installed them."""

    def __init__(self, gate: Gate) -> None:
        self.gate = gate

    @cached_property
    def _manifest(self) -> dict[str, str]:
        try:
            manifest = msgspec.json.decode(self.gate.manifest(), type=_Manifest)
        except (OSError, msgspec.DecodeError, UnicodeError, RecursionError):
            return {}
        return {record.key: record.dir for record in manifest.modules}

    def directory(self, key: str) -> str | None:
        """Return the directory of a module from the manifest of `terraform init`, if it is listed."""
        return self._manifest.get(key)

    def refusal(self, directory: str) -> str:
        """Return the rule that forbids reading a directory, or an empty string."""
        try:
            self.gate.module(directory)
        except RefusedError as error:
            return str(error)
        return ""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """Return the file names of a module; none if it is missing."""
        try:
            return self.gate.names(directory)
        except (OSError, RefusedError):
            return ()

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Read a file, unless it is far larger than configuration files are."""
        return self.gate.source(posixpath.join(directory, name))


class SavedPlanFiles:
    """The configuration inside a saved plan."""

    def __init__(self, snapshot: Snapshot) -> None:
        self.snapshot = snapshot

    def directory(self, key: str) -> str | None:
        """Return the directory of a module from the manifest of the saved plan, if it is listed."""
        return self.snapshot.directories.get(key)

    def refusal(self, directory: str) -> str:
        """Return an empty string: everything in a saved plan was part of the configuration."""
        return ""

    def names(self, key: str, directory: str) -> tuple[str, ...]:
        """Return the names of a module's stored files."""
        return tuple(sorted(self.snapshot.files.get(key, {})))

    def data(self, key: str, directory: str, name: str) -> bytes:
        """Return a stored file."""
        return self.snapshot.files[key][name]


class _Manifest(msgspec.Struct, rename="pascal"):
    modules: list[Record] = []
