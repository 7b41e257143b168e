"""Allow the files that the sources of a plan may read, and refuse all others with the rule.

The author of a pull request writes the sources. They can name any file on the machine, whose content could end up in a
comment.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Iterable
from contextlib import suppress
from functools import cached_property
from pathlib import Path

import msgspec

from tfcheck.repository.held import UnreadableError, list_directory, read_file
from tfcheck.repository.machine import is_shared
from tfcheck.repository.visibility import Visibility
from tfcheck.repository.work_tree import find_work_tree, has_git, is_all, work_tree
from tfcheck.symbolic.sensitive_text import redact

#: No file of a configuration is larger.
LARGEST = 20_000_000
_LARGEST_NAME = 1_000
_LONGEST_PATH, _LONGEST_SHOWN = 4_096, 200
_OF_RUN = "it is a plan, context or report file of this run"
_OF_GIT, _OF_TERRAFORM = "it is git's own", "it belongs to Terraform's working directory"


class RefusedError(Exception):
    """A file or directory that must not be read; the text is the path and the rule."""


class SourceAccess(msgspec.Struct, frozen=True):
    """The circumstances of a run that decide which files its sources may read.

    `files` are its plans, context and reports. If others than the user read the result (`shared`), only tracked files
    are read; by default the environment decides.
    """

    files: tuple[str, ...] = ()
    shared: bool | None = None


class Gate:
    """Access to the files of one root module and of the modules that it calls.

    What must not be read raises RefusedError with the rule, and what cannot be read OSError.
    """

    def __init__(self, root: Path, run: SourceAccess = SourceAccess()) -> None:  # noqa: B008 (it is frozen)
        """Build from the root module's directory.

        Raises:
            RefusedError: it is a link that leads out of the repository it lies in.
        """
        self.root = root
        self._here = Path(os.path.realpath(root))
        self.tree = _tree(root, self._here)
        self._run = run
        self.shared = is_shared(os.environ) if run.shared is None else run.shared
        self._visibility = Visibility(self.tree, only_tracked=self.shared)
        self._shown: dict[str, bool] = {}
        self._modules: dict[str, Path] = {}

    # Modules

    def module(self, directory: str) -> Path:
        """Return the real path of a module's directory."""
        if directory not in self._modules:
            place = self._resolve_inside(directory)
            self._refuse_private(directory, place)
            foreign = "" if self._is_package(place) else self._visibility.foreign(self._parts_in_tree(place))
            if foreign:
                raise refusal_error(directory, foreign)
            self._modules[directory] = place
        return self._modules[directory]

    def names(self, directory: str) -> tuple[str, ...]:
        """Return the names in a module's directory, except directories."""
        return tuple(each.name for each in list_directory(self.module(directory)) if not each.is_directory)

    def source(self, name: str) -> bytes:
        """Return the content of a module's file; a link must lead to a file that `file` allows."""
        directory, base = os.path.split(name)
        place = self.module(directory or ".") / base
        if place.is_symlink():
            return self.file(name)
        _refuse_private_names(name, (base,))
        return self._read(name, place)

    # Configuration

    def place_of_input(self, path: str) -> Path:
        """Return the real path of an input that a configuration file names; the job may have created it."""
        place = self._resolve_inside(path)
        self._refuse_private(path, place)
        return place

    # Functions

    def place(self, path: str) -> Path:
        """Return the real path of a file that an expression names."""
        place = self._resolve_inside(path)
        self._refuse_hidden(path, place)
        with suppress(OSError):  # a missing or unreachable file is found by reading it
            if self._is_of_run(place.stat()):
                raise refusal_error(path, _OF_RUN)
        return place

    def file(self, path: str, *, as_tracked: bool = True) -> bytes:
        """Return the content of a file that an expression names.

        If only tracked files are read, it must also have the content that git tracks (`as_tracked`): a job may have
        written or decrypted it.

        Raises:
            RefusedError: it must not be read.
            FileNotFoundError: it could be read, and is not there.
        """
        place = self.place(path)
        try:
            data = self._read(path, place)
        except (FileNotFoundError, NotADirectoryError):
            if self.shared and find_work_tree(self._here):
                raise refusal_error(path, "git tracks it, and it is not checked out") from None
            raise FileNotFoundError(path) from None
        except OSError as error:
            raise refusal_error(path, error_words(error)) from None
        if data.startswith(b"PK\x03\x04") and b"tfplan" in data:
            raise refusal_error(path, "it is a saved plan")
        if as_tracked and self.shared and not self._is_package(place):
            tracked = self._visibility.tracked_file(self._parts_in_tree(place))
            if tracked and not tracked.has_content(data):
                raise refusal_error(path, "it differs from what git tracks")
        return data

    def tracked_files(self, directory: str) -> tuple[tuple[str, ...], ...]:
        """Return the files that must be in a directory: those that git tracks, if only those are read."""
        return self._visibility.names(self._parts_in_tree(self.module(directory))) if self.shared else ()

    def may_be_shown(self, name: str) -> bool:
        """Whether everybody who can see the repository can see a module's file: it is not generated."""
        if name not in self._shown:
            try:
                place = self._resolve_inside(name)
                self._refuse_hidden(name, place)
                self._shown[name] = not self._is_package(place)
            except RefusedError:
                self._shown[name] = False
        return self._shown[name]

    def may_be_tracked(self, name: str) -> bool:
        """Whether git tracks a file of the root module's directory, which a pull request can write, or may do so."""
        return self._visibility.may_track(self._parts_in_tree(self._here / name))

    # What `terraform init` creates

    def manifest(self) -> bytes:
        """Return the list of installed modules."""
        return self._data("modules", "modules.json")

    def selected_workspace(self) -> str | None:
        """Return the selected workspace in the root module's directory, or None."""
        try:
            return self._data("environment")[:_LARGEST_NAME].decode().strip() or None
        except (OSError, UnicodeDecodeError):
            return None

    def _data(self, *names: str) -> bytes:
        directory = self._data_directory
        if directory is None:
            raise UnreadableError("Terraform's working directory leads out of the repository")
        return read_file(directory.joinpath(*names), LARGEST)[0]

    @cached_property
    def _data_directory(self) -> Path | None:
        """Terraform's data directory; None if it is a link in the repository."""
        written = Path(os.path.abspath(self._here / (os.environ.get("TF_DATA_DIR") or ".terraform")))
        resolved = Path(os.path.realpath(written))
        # NOTE: outside it, the user's variable names it; a link inside it would come from the sources.
        return None if written.is_relative_to(self.tree) and written != resolved else resolved

    def _is_package(self, place: Path) -> bool:
        directory = self._data_directory
        return directory is not None and place.is_relative_to(directory / "modules")

    # The rules

    def _resolve_inside(self, path: str) -> Path:
        """Return a path with links resolved, if it is in the source tree."""
        if "\0" in path or path.startswith("~") or len(path) > _LONGEST_PATH:
            raise refusal_error(path, "it is not a path in the sources")
        try:
            place = Path(os.path.realpath(self._here / path))
        except (OSError, ValueError):
            raise refusal_error(path, "it is not a path in the sources") from None
        if place.is_relative_to(self.tree) or (self._is_package(place) and not os.path.isabs(path)):
            return place
        has_tree = find_work_tree(self._here) is not None
        where = "the repository" if has_tree else "the root module's directory; there is no repository"
        if Path(os.path.abspath(self._here / path)).is_relative_to(self.tree):
            raise refusal_error(path, f"it is a link that leads out of {where}")
        raise refusal_error(path, f"it lies outside {where}")

    def _parts_in_tree(self, place: Path) -> tuple[str, ...]:
        return place.relative_to(self.tree).parts

    def _refuse_private(self, path: str, place: Path) -> None:
        """Raise RefusedError for git's and Terraform's own files."""
        data, is_package = self._data_directory, self._is_package(place)
        # Names of directories are checked below these.
        tops = (*((data / "modules",) if data is not None and is_package else ()), self._here, self.tree)
        below = next(each for each in tops if place.is_relative_to(each))
        if any(place.is_relative_to(each) for each in self._visibility.directories):
            raise refusal_error(path, _OF_GIT)
        if data is not None and data != self._here and place.is_relative_to(data) and not is_package:
            raise refusal_error(path, _OF_TERRAFORM)
        _refuse_private_names(path, place.relative_to(below).parts)

    def _refuse_hidden(self, path: str, place: Path) -> None:
        """Raise RefusedError for what the repository does not show."""
        self._refuse_private(path, place)
        if self._is_package(place):
            return
        parts = self._parts_in_tree(place)
        if len(parts) > 1 and self.tree == Path(self.tree.anchor):
            raise refusal_error(path, "the root module's directory is the root of the file system")
        rule = self._visibility.reason_hidden(parts or (".",))
        if rule:
            raise refusal_error(path, rule)

    def _read(self, path: str, place: Path) -> bytes:
        data, about = read_file(place, LARGEST)
        if self._is_of_run(about):
            raise refusal_error(path, _OF_RUN)
        return data

    def _is_of_run(self, about: os.stat_result) -> bool:
        for file in self._run.files:
            with suppress(OSError, ValueError):
                if os.path.samestat(os.stat(file), about):
                    return True
        return False


def _refuse_private_names(path: str, names: Iterable[str]) -> None:
    """Raise RefusedError if a part of a path is called like git's or Terraform's own files."""
    parts = [_comparable_name(each) for each in names]
    if any(each in (".git", "git~1") for each in parts):
        raise refusal_error(path, _OF_GIT)
    if ".terraform" in parts:
        raise refusal_error(path, _OF_TERRAFORM)
    if any(".tfstate" in each for each in parts):
        raise refusal_error(path, "it is Terraform state")


def error_words(error: OSError) -> str:
    """Return what is wrong with a file, worded as a rule."""
    problem = error.strerror or "it cannot be read"
    return problem[0].lower() + problem[1:]


def refusal_error(path: str, rule: str) -> RefusedError:
    """Return the error for a path that a rule forbids."""
    path = redact(path)
    plain = "".join(char if char.isprintable() else "?" for char in path[:_LONGEST_SHOWN])
    more = f"… ({len(path)} characters)" if len(path) > _LONGEST_SHOWN else ""
    return RefusedError(f"`{plain}{more}` is not read: {rule}")


def _tree(root: Path, here: Path) -> Path:
    """Return the source tree of a root module at the resolved path `here`."""
    written = Path(os.path.abspath(root))
    for each in (written, *written.parents):
        if has_git(each) and not is_all(each) and not here.is_relative_to(os.path.realpath(each)):
            raise refusal_error(str(root), "it is a link that leads out of the repository")
    return find_work_tree(here) or here


def _comparable_name(name: str) -> str:
    """Normalise a name as file systems may that ignore case, or invisible characters."""
    visible = "".join(char for char in name if unicodedata.category(char) != "Cf")
    return visible.rstrip(" .").casefold() or name


def may_be_of_pull_request(path: Path, run: SourceAccess = SourceAccess()) -> bool:  # noqa: B008 (it is frozen)
    """Whether others than the user read the result, and a pull request can have put a file or its directory there."""
    try:
        gate = Gate(path.parent, run)
    except RefusedError:
        return True
    return gate.shared and gate.may_be_tracked(path.name)


def read_named(file: str, largest: int) -> bytes:
    """Return the content of a regular file of at most `largest` bytes.

    If others than the user read the result, its real path must be in the work tree of the current directory.

    Raises:
        RefusedError: it lies elsewhere.
        OSError: it cannot be read, or is not a regular file.
        ValueError: this is not a path.
    """
    place = Path(os.path.realpath(file))
    if is_shared(os.environ):
        tree = work_tree(Path())
        if not place.is_relative_to(tree):
            raise refusal_error(file, "it lies outside the repository")
        if ".git" in place.relative_to(tree).parts:
            raise refusal_error(file, "it is git's own")
    return read_file(place, largest)[0]
