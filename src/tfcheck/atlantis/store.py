"""Store the results of single projects until the hook combines them.

    FOLDER/OWNER/REPOSITORY/PULL/COMMIT/PROJECT.json

Each file is a JSON report; PROJECT.announced says that one is expected. The newest result of each project is kept, even
if it is of an earlier commit, so that the hook knows which projects have no result for the newest one. Only the account
that Atlantis runs as may read the files. NOTE: nothing may be written into the clones of Atlantis
(`DATA/repos/OWNER/REPOSITORY/PULL`): it treats every entry there as a workspace.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

import msgspec

from tfcheck.atlantis.surroundings import PlannedPull, Project
from tfcheck.report.origin import context_text
from tfcheck.repository.clone import Clone, is_commit
from tfcheck.repository.gate import error_words
from tfcheck.repository.writing import destination, write
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import InputError, TfcheckError, UsageError
from tfcheck.vocabulary.finding import Report

#: Older results of pull requests are of no use.
_KEPT_SECONDS = 30 * 24 * 3600
_LONGEST_NAME = 60
_RESULT, _ANNOUNCED = ".json", ".announced"
#: A result, an announcement, or a temporary file left after a crash.
_OURS = regex(r"\.?[A-Za-z0-9-]+-[0-9a-f]{16}\.(json|announced)(\.[0-9a-f]{16})?")
_SETTING = "TFCHECK_ATLANTIS_DIR"
_SETTING_HINT = f"set {_SETTING} to a folder that Atlantis is allowed to write to"


class Announced(msgspec.Struct, frozen=True):
    """A project that is about to be planned; a generated directory is left empty."""

    target: str
    directory: str


class StoredResults(msgspec.Struct, frozen=True):
    """The results for the newest commit of a pull request, and the errors in files that cannot be read.

    `lost` are the announced or earlier targets without a result for this commit, `unplanned` the projects among them
    that were not announced for it, `gone` those whose directory the repository no longer has, `replan_failed` those
    with a result whose last plan produced none.
    """

    reports: tuple[Report, ...]
    problems: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()
    unplanned: tuple[Announced, ...] = ()
    gone: tuple[str, ...] = ()
    replan_failed: tuple[str, ...] = ()

    def without(self, untouched: Collection[str]) -> StoredResults:
        """Return the results apart from targets that the pull request does not change any more."""
        return msgspec.structs.replace(self, lost=tuple(each for each in self.lost if each not in untouched))


class ResultStore:
    """The results for one pull request at one commit."""

    def __init__(self, root: Path, pull: PlannedPull, now: Callable[[], float] = time.time) -> None:
        self._root = root
        self._now = now
        self._pull = root.joinpath(_safe(pull.owner), _safe(pull.name), str(pull.number))
        self._folder = self._pull / pull.commit

    def announce(self, project: Project) -> None:
        """Record that a project is about to be planned, so that a missing result is noticed.

        Raises:
            InputError: it cannot be written.
        """
        text = msgspec.json.encode(Announced(_utf8(project.target), _utf8(project.tracked_directory)))
        self._save(self._folder / f"{_file_name(project)}{_ANNOUNCED}", text)

    def save(self, project: Project, report: str) -> None:
        """Store the JSON report of a project, replacing an earlier one; if that fails, the earlier one is no result.

        Raises:
            InputError: it cannot be written.
        """
        name = _file_name(project)
        result, announced = (self._folder / f"{name}{suffix}" for suffix in (_RESULT, _ANNOUNCED))
        try:
            self._save(result, report.encode("utf-8", "backslashreplace"))
        except InputError:
            with suppress(OSError):  # a full disk has room for this
                if not announced.exists():
                    result.replace(announced)
            raise
        with suppress(OSError):
            announced.unlink(missing_ok=True)

    def _save(self, path: Path, text: bytes) -> None:
        try:
            try:
                _write(path, text)
            except FileNotFoundError:  # a hook has just removed the empty folder
                _write(path, text)
        except OSError as error:
            raise InputError(f"the result could not be saved: {error_words(error)}", hint=_SETTING_HINT) from None

    def read_all(self, clone: Path | None = None) -> StoredResults:
        """Read all results for the commit, sorted by name, and find the missing ones.

        `clone` is the repository at this commit: a project whose directory no longer exists is not missing.

        Raises:
            InputError: the folder cannot be read.
        """
        try:
            return self._read_all(clone)
        except OSError as error:
            raise InputError(f"the results cannot be read: {error_words(error)}", hint=_SETTING_HINT) from None

    def _read_all(self, clone: Path | None) -> StoredResults:
        from tfcheck.report.reading import LARGEST, read_reports

        reports: list[Report] = []
        problems: list[str] = []
        for path in sorted(self._folder.glob(f"*{_RESULT}")):
            try:
                with path.open("rb") as opened:
                    reports += read_reports(opened.read(LARGEST + 1), path.name)
            except OSError:
                problems.append(f"the result `{path.name}` cannot be read")
            except TfcheckError as error:
                problems.append(error.message)
        expected = {paths[-1]: _newest_announcement(paths) for _, paths in sorted(self._without_result().items())}
        inside = Clone(clone, self._folder.name) if clone else None
        gone = [
            each.target
            for path, each in expected.items()
            if inside and inside.is_certainly_missing(each.directory, planned=path.parent == self._folder)
        ]
        lost = [each.target for each in expected.values() if each.target not in gone]
        return StoredResults(
            tuple(reports),
            tuple(problems),
            # The comment about the only projects is out of date even if they are gone.
            lost=tuple(dict.fromkeys(lost if lost or reports else gone)),
            unplanned=tuple(
                each
                for path, each in expected.items()
                if each.directory and path.parent != self._folder and lost.count(each.target) == 1
            ),
            gone=tuple(dict.fromkeys(gone)) if lost or reports else (),
            replan_failed=tuple(
                _read_announcement(self._folder / f"{name}{_ANNOUNCED}").target
                for name in sorted(self._stored_names(_RESULT) & self._stored_names(_ANNOUNCED))
            ),
        )

    def _stored_names(self, suffix: str) -> set[str]:
        return {_project_name(path) for path in self._folder.glob(f"*{suffix}")}

    def _without_result(self) -> dict[str, list[Path]]:
        """Find the projects without a result for this commit, and the files about each, the newest last."""
        here = self._stored_names(_RESULT)
        newest = _newest(self._folder)
        found: dict[str, list[Path]] = {}
        for path in sorted(self._pull.glob("*/*"), key=_age):
            name = _project_name(path)
            before = path.parent == self._folder or newest is None or _age(path) <= newest
            if _OURS.fullmatch(path.name) and not path.name.startswith(".") and name not in here and before:
                found.setdefault(name, []).append(path)
        return found

    def drop_superseded(self) -> None:
        """Remove the older results of projects that have one for this commit.

        Hooks may run late, when a newer commit already has results.

        Raises:
            OSError: one cannot be removed.
        """
        here, newest = self._stored_names(_RESULT), _newest(self._folder) or 0
        for path in list(self._pull.glob("*/*")):
            is_other = path.parent != self._folder and _is_commit_folder(path.parent)
            if is_other and _project_name(path) in here and _age(path) <= newest:
                path.unlink(missing_ok=True)
                _remove_empty(path.parent, self._pull)

    def drop_old(self) -> None:
        """Remove results of all pull requests that are older than a month, and the folders that become empty.

        Raises:
            OSError: one cannot be removed.
        """
        limit = self._now() - _KEPT_SECONDS
        for commit in self._root.glob("*/*/*/*"):
            if commit != self._folder and commit.is_dir() and (_newest(commit) or limit) < limit:
                if _is_commit_folder(commit):
                    for file in commit.iterdir():
                        if _OURS.fullmatch(file.name):
                            file.unlink(missing_ok=True)
                    _remove_empty(commit, commit.parent)
                _remove_empty(commit.parent, self._root)


def root(variables: Mapping[str, str]) -> Path:
    """Find the folder of all results: the configured one, else in Atlantis's data directory or a temporary one.

    Raises:
        UsageError: the folder that is set is not absolute, or the temporary one is not private.
    """
    if named := variables.get(_SETTING):
        if not os.path.isabs(named):
            raise UsageError(f"{_SETTING} is not an absolute path", hint="steps and hooks run in different directories")
        return Path(named)
    data = os.path.expanduser(variables.get("ATLANTIS_DATA_DIR", ""))
    if os.path.isabs(data):
        return Path(data, "tfcheck")
    # The clone of a step is at DATA/repos/OWNER/REPOSITORY/PULL/WORKSPACE/...
    owner, name, number = (variables.get(each, "") for each in ("BASE_REPO_OWNER", "BASE_REPO_NAME", "PULL_NUM"))
    data, found, _ = f"{variables.get('DIR', '')}/".partition(f"/repos/{owner}/{name}/{number}/")
    return Path(data, "tfcheck") if found and owner and os.path.isabs(data) else _temporary()


def _temporary() -> Path:
    """Create a folder in a directory that everyone may write to, and refuse one that someone else created."""
    from tempfile import gettempdir

    folder = Path(gettempdir(), f"tfcheck-{os.getuid()}")
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
        status = folder.lstat()
        private = stat.S_ISDIR(status.st_mode) and status.st_uid == os.getuid() and not status.st_mode & 0o077
    except OSError:
        private = False
    if not private:
        raise UsageError(
            "the temporary folder for results is not private", hint=f"let {_SETTING} name a folder of Atlantis"
        )
    return folder


def _make_private(folder: Path) -> None:
    """Create a folder and its parents, accessible only to the current user.

    NOTE: `mkdir(parents=True)` would leave the parents accessible.
    """
    if folder.is_dir():
        return
    _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _safe(name: str) -> str:
    """Return a safe folder name for a text: owners on some hosts contain slashes, and no name may lead elsewhere."""
    quoted = quote(name, safe="", errors="surrogateescape")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _file_name(project: Project) -> str:
    """Return the file name for a project without suffix; projects may share directory and workspace."""
    parts = (project.directory, project.workspace, project.name)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", project.target).strip("-")[:_LONGEST_NAME]
    return f"{readable or 'project'}-{digest}"


def _project_name(path: Path) -> str:
    """Return the name for the project that a result or an announcement is about."""
    return path.name.removesuffix(_RESULT).removesuffix(_ANNOUNCED)


def _utf8(text: str) -> str:
    return text.encode("utf-8", "backslashreplace").decode()


def _write(path: Path, text: bytes) -> None:
    _make_private(destination(path).parent)
    write(path, text, mode=0o600)


def _read_announcement(path: Path) -> Announced:
    """Return the project of a result or an announcement, or the file's name if it cannot be read."""
    from tfcheck.report.reading import read_reports

    unreadable = Announced(path.name.rpartition("-")[0], "")
    try:
        text = path.read_bytes()
        with suppress(msgspec.DecodeError):
            return msgspec.json.decode(text, type=Announced)
        report = read_reports(text, path.name)[0]
    except (OSError, TfcheckError, ValueError):
        return unreadable
    return Announced(context_text(report, "target") or unreadable.target, context_text(report, "directory"))


def _newest_announcement(paths: list[Path]) -> Announced:
    """Return what the last of some files about a project says, with the last directory in any.

    NOTE: a removed directory that Atlantis still plans looks like a generated one, but was tracked before.
    """
    found = [_read_announcement(each) for each in paths]
    directory = next((each.directory for each in reversed(found) if each.directory), "")
    return msgspec.structs.replace(found[-1], directory=directory)


def _newest(folder: Path) -> float | None:
    """Return when the newest file of a folder was written, in seconds since the epoch; None where there is none."""
    return max(map(_age, folder.glob("*")), default=None)


def _age(file: Path) -> float:
    try:
        return file.stat().st_mtime_ns / 1e9
    except OSError:
        return 0.0


def _is_commit_folder(folder: Path) -> bool:
    """Whether a folder is for the results of one commit.

    NOTE: the setting may name a folder with other content.
    """
    return is_commit(folder.name) and folder.parent.name.isdecimal() and not folder.is_symlink()


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
