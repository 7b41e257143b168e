"""Store the results of single projects until the hook combines them.

    FOLDER/OWNER/REPOSITORY/PULL/COMMIT/PROJECT.json

Each file is a JSON report. Only the account that Atlantis runs as may read them. NOTE: nothing may be put into the
clones of Atlantis (`DATA/repos/OWNER/REPOSITORY/PULL`): it takes every entry there for a workspace.
"""

from __future__ import annotations

import hashlib
import os
import re
import stat
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

import msgspec

from tfcheck.atlantis.surroundings import PlannedPull, Project, is_commit
from tfcheck.report.origin import told
from tfcheck.repository.writing import write
from tfcheck.vocabulary.errors import InputError, TfcheckError, UsageError
from tfcheck.vocabulary.finding import Report

#: Results of pull requests that nobody planned for so long are of no use.
_KEPT_SECONDS = 30 * 24 * 3600
_LONGEST_NAME = 60
#: A result, or one that was being written when the machine stopped.
_OURS = re.compile(r"[A-Za-z0-9-]+-[0-9a-f]{16}\.json|\.[A-Za-z0-9-]+-[0-9a-f]{16}\.json\.[0-9a-f]{16}")
_SETTING = "TFCHECK_ATLANTIS_DIR"


class StoredResults(msgspec.Struct, frozen=True):
    """The results for the newest commit of a pull request, and what is wrong with files that cannot be read."""

    reports: tuple[Report, ...]
    problems: tuple[str, ...]


class ResultStore:
    """The results for one pull request at one commit."""

    def __init__(self, root: Path, pull: PlannedPull) -> None:
        """Build from the folder of all results."""
        self._root = root
        self._pull = root.joinpath(_safe(pull.owner), _safe(pull.name), str(pull.number))
        self._folder = self._pull / pull.commit

    def save(self, project: Project, report: str) -> None:
        """Keep the JSON report of a project in place of the one that may be there.

        Raises:
            InputError: it cannot be written.
        """
        path = self._folder / _file_name(project)
        try:
            try:
                self._write(path, report)
            except FileNotFoundError:  # a hook has just taken away the empty folder
                self._write(path, report)
        except OSError as error:
            raise InputError(
                f"the result could not be saved: {(error.strerror or type(error).__name__).lower()}",
                hint=f"set {_SETTING} to a folder that Atlantis is allowed to write to",
            ) from None

    def _write(self, path: Path, report: str) -> None:
        _make_private(path.parent)
        write(path, report.encode("utf-8", "backslashreplace"), mode=0o600)

    def kept(self) -> StoredResults:
        """Read all results for the commit, in the order of their names."""
        from tfcheck.report.reading import LARGEST, read

        reports: list[Report] = []
        problems: list[str] = []
        for path in sorted(self._folder.glob("*.json")):
            try:
                with path.open("rb") as opened:
                    reports += read(opened.read(LARGEST + 1), path.name)
            except OSError:
                problems.append(f"the result `{path.name}` cannot be read")
            except TfcheckError as error:
                problems.append(error.message)
        return StoredResults(tuple(reports), tuple(problems))

    def knows_earlier(self) -> bool:
        """Whether there are results of other commits of the pull request."""
        return any(_folders(self._pull))

    def drop_unplanned(self) -> None:
        """Forget projects whose plan Atlantis has thrown away or applied: they are no longer planned.

        Where no plan is left at all, Atlantis keeps them elsewhere, and nothing can be told.
        """
        found = {path: _plan_is_there(path) for path in self._folder.glob("*.json")}
        if True in found.values():
            for path in (path for path, there in found.items() if there is False):
                path.unlink(missing_ok=True)

    def drop_earlier(self, *, confirmed: bool = False) -> None:
        """Forget other commits of the pull request; unless it is `confirmed` that ours is the newest, only older ones.

        Hooks may run late, when a newer commit has its first results already.
        """
        ours = _age(self._folder)
        for folder in _folders(self._pull):
            if folder != self._folder and (confirmed or (ours is not None and (_age(folder) or 0) < ours)):
                _forget(folder)
        if confirmed:
            _remove_empty(self._folder, self._root)

    def drop_old(self) -> None:
        """Forget what nobody has planned for a month, of all pull requests, and the folders that are empty then."""
        limit = time.time() - _KEPT_SECONDS
        for commit in self._root.glob("*/*/*/*"):
            if commit != self._folder and commit.is_dir() and (_age(commit) or limit) < limit:
                _forget(commit)
                _remove_empty(commit.parent, self._root)


def root(variables: Mapping[str, str]) -> Path:
    """Find the folder of all results: as it is set, else in Atlantis's data directory, else a private temporary one.

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
    beside = _data_of(variables.get("DIR", ""), variables)
    return beside / "tfcheck" if beside else _temporary()


def _data_of(directory: str, variables: Mapping[str, str]) -> Path | None:
    """Take the data directory from that of the clone, `DATA/repos/OWNER/REPOSITORY/PULL/WORKSPACE/...`."""
    owner, name, number = (variables.get(each, "") for each in ("BASE_REPO_OWNER", "BASE_REPO_NAME", "PULL_NUM"))
    before, found, _ = f"{directory}/".partition(f"/repos/{owner}/{name}/{number}/")
    return Path(before) if found and owner and os.path.isabs(before) else None


def _temporary() -> Path:
    """Build a folder in a place that all may write to; whoever made one of that name before us must not read along."""
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
    """Build a folder and those above it, each for us alone.

    NOTE: `mkdir(parents=True)` would leave those above open.
    """
    if folder.is_dir():
        return
    _make_private(folder.parent)
    folder.mkdir(mode=0o700, exist_ok=True)


def _safe(name: str) -> str:
    """Build one name for a folder of any text: owners on some hosts hold slashes, and none may lead elsewhere."""
    quoted = quote(name, safe="", errors="surrogateescape")
    return f"%2E{quoted[1:]}" if quoted.startswith(".") else quoted


def _file_name(project: Project) -> str:
    """Name the file of a project: two may share directory and workspace, so names alone do not do."""
    parts = (project.directory, project.workspace, project.name)
    digest = hashlib.sha256("\0".join(parts).encode("utf-8", "surrogateescape")).hexdigest()[:16]
    readable = re.sub(r"[^A-Za-z0-9]+", "-", project.target).strip("-")[:_LONGEST_NAME]
    return f"{readable or 'project'}-{digest}.json"


def _plan_is_there(result: Path) -> bool | None:
    """Whether the plan that a result is about is still there; None where nobody knows."""
    from tfcheck.report.reading import read

    try:
        plans = [told(report, "planfile") for report in read(result.read_bytes(), result.name)]
    except (OSError, TfcheckError):
        return None
    return all(map(os.path.exists, plans)) if all(plans) else None


def _folders(parent: Path) -> Iterator[Path]:
    return (each for each in parent.glob("*") if each.is_dir() and not each.is_symlink())


def _age(folder: Path) -> float | None:
    """Return when a folder was last written to, in seconds since the epoch; None where there is none."""
    try:
        return folder.stat().st_mtime
    except OSError:
        return None


def _forget(folder: Path) -> None:
    """Take away the results for one commit.

    NOTE: only files that are ours: somebody may have let the setting name a folder with other things in it.
    """
    if not is_commit(folder.name) or not folder.parent.name.isdecimal() or folder.is_symlink():
        return
    for file in folder.iterdir():
        if _OURS.fullmatch(file.name):
            file.unlink(missing_ok=True)
    _remove_empty(folder, folder.parent)


def _remove_empty(folder: Path, root: Path) -> None:
    while folder != root:
        try:
            folder.rmdir()
        except OSError:
            return
        folder = folder.parent
