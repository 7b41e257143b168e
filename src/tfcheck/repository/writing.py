"""Write files: all or none, each atomically, and never through a link in a repository.

The author of a pull request can commit a link where a report or a fix will be written. What cannot or must not be
written raises OSError.
"""

from __future__ import annotations

import errno
import os
import signal
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from secrets import token_hex
from types import FrameType

import msgspec

from tfcheck.repository.held import HeldDirectory, open_flags
from tfcheck.repository.work_tree import find_work_tree

#: An interruption must not leave half of the files changed.
_SIGNALS = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
_NO_FOLLOW = open_flags("O_NOFOLLOW", "O_CLOEXEC", "O_BINARY")


class UnwritableError(OSError):
    """A file that must not be written; `strerror` says why."""

    def __init__(self, path: Path, why: str) -> None:
        super().__init__(0, why, str(path))


class FileChange(msgspec.Struct, frozen=True):
    """The new content of a file; `before` is the expected old content, if that matters.

    A new file gets the permissions `mode`, limited by the user's umask; others keep theirs.
    """

    path: Path
    after: bytes
    before: bytes | None = None
    mode: int = 0o666


class ChangedError(UnwritableError):
    """A file has changed since it was read."""

    def __init__(self, path: Path) -> None:
        super().__init__(path, "it has changed since it was read")


def replace(*files: FileChange) -> None:
    """Write all files, or none if one cannot be written or the user interrupts.

    Raises:
        ChangedError: a file is not what it was read as.
        OSError: a file cannot be written, or must not be.
        KeyboardInterrupt, SystemExit: a signal came; where not all files were written by then, none is.
    """
    with _deferred_signals() as came:
        work = _FileChanges(came)
        try:
            for file in files:
                with _naming(file.path):
                    work.prepare(file)
            work.commit()
        finally:
            work.clean_up()


def write(path: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Write one file; a terminal, pipe or device is written to directly."""
    place = destination(path)
    if path.exists() and not path.is_file() and not place.is_dir():
        with open(_open_special(path), "wb") as file:
            descriptor = file.fileno()
            if stat.S_ISREG(os.fstat(descriptor).st_mode):
                raise UnwritableError(path, "it has changed since it was looked at")
            file.write(content)
    else:
        replace(FileChange(path, content, mode=mode))


def _open_special(path: Path) -> int:
    """Return a descriptor of a terminal, pipe or device; a pipe that nothing reads is not waited for."""
    try:
        descriptor = os.open(path, os.O_WRONLY | open_flags("O_NONBLOCK", "O_NOCTTY", "O_CLOEXEC"))
    except OSError as error:
        is_unread = error.errno == errno.ENXIO and path.is_fifo()
        raise UnwritableError(path, "nothing reads from it") if is_unread else error from None
    os.set_blocking(descriptor, True)
    return descriptor


def append(path: Path, text: str) -> None:
    """Append text, all of it or nothing, to a file that belongs to the user who started the job."""
    place = destination(path)
    with HeldDirectory(place.parent) as directory:
        _refuse_changed(path, place)
        descriptor = directory.open(place.name, os.O_WRONLY | os.O_APPEND | os.O_CREAT | _NO_FOLLOW)
    try:
        about = os.fstat(descriptor)
        _refuse_shared(path, about)
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        try:
            while rest:
                rest = rest[os.write(descriptor, rest) :]
        except OSError:
            with suppress(OSError):  # a pipe cannot be cut
                os.ftruncate(descriptor, about.st_size)
            raise
    finally:
        os.close(descriptor)


def make_directories(path: Path) -> None:
    """Create the parent directories of a file."""
    destination(path).parent.mkdir(parents=True, exist_ok=True)


def destination(path: Path) -> Path:
    """Return the real path of a file to write.

    Raises:
        UnwritableError: a link leads there that lies in a repository, or below the current directory.
    """
    written = Path(os.path.abspath(path))
    if written.is_symlink() and _home_of(written):
        raise UnwritableError(path, "it is a symbolic link")
    for each in written.parents:
        home = _home_of(each) if each.is_symlink() else None
        place = Path(os.path.realpath(each))
        if home and not (place.is_relative_to(home) and ".git" not in place.relative_to(home).parts):
            raise UnwritableError(path, f"`{each.name}` is a symbolic link that leads elsewhere")
    return Path(os.path.realpath(written))


def _home_of(link: Path) -> Path | None:
    """Return the work tree that contains a link, or the current directory if that is above it."""
    parent, here = Path(os.path.realpath(link.parent)), Path(os.path.realpath("."))
    return find_work_tree(parent) or (here if parent.is_relative_to(here) and here != Path(here.anchor) else None)


def _refuse_shared(path: Path, about: os.stat_result) -> None:
    """Raise UnwritableError for hard-linked files and directories."""
    if stat.S_ISDIR(about.st_mode):
        raise UnwritableError(path, "it is a directory")
    if stat.S_ISREG(about.st_mode) and about.st_nlink > 1:
        raise UnwritableError(path, "it is a hard link to a file that has other names")


def _adopt(descriptor: int, new: Path, about: os.stat_result) -> None:
    """Write the owner and permissions of the replaced file to the new one."""
    own = os.fstat(descriptor)
    if hasattr(os, "fchown") and (about.st_uid, about.st_gid) != (own.st_uid, own.st_gid):
        with suppress(OSError):
            os.fchown(descriptor, about.st_uid, about.st_gid)
    mode = stat.S_IMODE(about.st_mode)
    if hasattr(os, "fchmod"):
        os.fchmod(descriptor, mode)
    else:
        os.chmod(new, mode)


def _refuse_changed(path: Path, place: Path) -> None:
    """Raise UnwritableError if a path no longer leads to its open directory."""
    if destination(path) != place:
        raise UnwritableError(path, "its directory has changed since it was looked at")


def _sync(directory: HeldDirectory) -> None:
    """Flush renames to disk, if the system supports that for directories."""
    with suppress(OSError):
        descriptor = directory.reopen()
        if descriptor is not None:
            try:
                os.fsync(descriptor)
            finally:
                os.close(descriptor)


def _step(name: str) -> None:
    """Do nothing between the steps of writing; tests interrupt here."""


class _Prepared(msgspec.Struct):
    """A file that is ready to be replaced: its name, and those of its new and, if there is any, old content."""

    directory: HeldDirectory
    name: str
    new: str
    old: str | None


class _FileChanges:
    """The files of one call, and their progress."""

    def __init__(self, came: list[int]) -> None:
        self._came = came
        self._held: dict[Path, HeldDirectory] = {}
        self._beside: list[tuple[HeldDirectory, str]] = []
        self._prepared: list[tuple[FileChange, _Prepared]] = []
        self._begun: list[_Prepared] = []

    def prepare(self, file: FileChange) -> None:
        """Write the new content, and a copy of the old one, beside the file."""
        place = destination(file.path)
        name = place.name
        if place.parent not in self._held:
            self._held[place.parent] = HeldDirectory(place.parent)
        directory = self._held[place.parent]
        _refuse_changed(file.path, place)
        try:
            about = directory.stat(name)
        except FileNotFoundError:
            about = None
        if about is not None:
            _refuse_shared(file.path, about)
            if not stat.S_ISREG(about.st_mode):
                raise UnwritableError(file.path, "it is not a regular file")
            writable = os.access(directory.path_of(name), os.W_OK, dir_fd=directory.descriptor)
            if not about.st_mode & 0o222 or not writable:
                raise UnwritableError(file.path, "it is read-only")
        before = self._content(file, directory, name) if about is not None else None
        new = self._write(directory, name, file.after, about, file.mode)
        old = self._write(directory, name, before, about, file.mode) if before is not None else None
        self._prepared.append((file, _Prepared(directory, name, new, old)))

    def commit(self) -> None:
        """Replace all files."""
        try:
            for file, prepared in self._prepared:
                directory = prepared.directory
                self._check(f"replace {file.path.name}")
                if prepared.old is not None:
                    self._content(file, directory, prepared.name)
                self._begun.append(prepared)
                with _naming(file.path):
                    directory.replace(prepared.new, prepared.name)
                _sync(directory)
                self._check(f"replaced {file.path.name}", last=len(self._begun) == len(self._prepared))
        except BaseException:
            self._put_back()
            raise

    def clean_up(self) -> None:
        """Remove the temporary files."""
        for directory, name in self._beside:
            with suppress(OSError):
                directory.unlink(name)
        for held in self._held.values():
            with suppress(OSError):
                held.close()

    def _put_back(self) -> None:
        for each in self._begun:
            with suppress(OSError):
                if each.old is not None:
                    each.directory.replace(each.old, each.name)
                elif not each.directory.has(each.new):
                    each.directory.unlink(each.name)

    def _content(self, file: FileChange, directory: HeldDirectory, name: str) -> bytes:
        with open(directory.open(name, os.O_RDONLY | _NO_FOLLOW), "rb") as opened:
            content = opened.read()
        if file.before is not None and content != file.before:
            raise ChangedError(file.path)
        return content

    def _write(
        self, directory: HeldDirectory, name: str, content: bytes, about: os.stat_result | None, mode: int
    ) -> str:
        new = f".{name[:200]}.{token_hex(8)}"
        self._check(f"create {name}")
        descriptor = directory.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _NO_FOLLOW, mode)
        self._beside.append((directory, new))
        with open(descriptor, "wb") as file:
            if about is not None:
                _adopt(descriptor, directory.path / new, about)
            self._check(f"write {name}")
            file.write(content)
            file.flush()
            os.fsync(descriptor)
        self._check(f"written {name}")
        return new

    def _check(self, step: str, *, last: bool = False) -> None:
        """Raise for a signal that came, unless everything is done."""
        _step(step)
        if self._came and not last:
            raise _interruption(self._came[0])


@contextmanager
def _naming(path: Path) -> Iterator[None]:
    """Let an error of the system name the file to write: it names a temporary one, or none if the disk is full."""
    try:
        yield
    except OSError as error:
        error.filename = str(path)
        raise


@contextmanager
def _deferred_signals() -> Iterator[list[int]]:
    """Collect signals while the context is active; one that nothing handled is raised at the end."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    before = {}
    try:
        for each in _SIGNALS:
            with suppress(ValueError):  # only the main thread receives signals
                if signal.getsignal(each) is not signal.SIG_IGN:
                    before[each] = signal.signal(each, note)
        yield came
    finally:
        for each, handler in before.items():
            signal.signal(each, handler)
    if came:
        raise _interruption(came[0])


def _interruption(number: int) -> BaseException:
    return KeyboardInterrupt() if number == signal.SIGINT else SystemExit(128 + number)
