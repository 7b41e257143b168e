"""Files are written all or not at all, also after an error, and never through a link of the repository."""

from __future__ import annotations

import errno
import os
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.forked import start
from tests.laws import some
from tests.repository.git import init
from tfcheck.repository import writing
from tfcheck.repository.held import HeldDirectory
from tfcheck.repository.writing import FileChange, UnwritableError, append, destination, replace, write


@pytest.fixture(autouse=True)
def _hearing() -> Iterator[None]:
    """Let signals be heard: whoever runs the tests in the background may have them ignored."""
    before = {each: signal.signal(each, signal.SIG_DFL) for each in (signal.SIGTERM, signal.SIGHUP)}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    for each, handler in before.items():
        signal.signal(each, handler)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make a repository with three files, and make it the working directory."""
    folder = init(tmp_path / "tree")
    for name in ("a.tf", "b.tf", "c.tf"):
        (folder / name).write_text("old")
        (folder / name).chmod(0o640)
    monkeypatch.chdir(folder)
    return folder


def changes(folder: Path) -> list[FileChange]:
    return [
        *(FileChange(folder / name, b"new", b"old") for name in ("a.tf", "b.tf", "c.tf")),
        FileChange(folder / "d.tf", b"new"),
    ]


def state(folder: Path) -> dict[str, str]:
    return {each.name: each.read_text() for each in folder.iterdir() if each.is_file()}


OLD = {"a.tf": "old", "b.tf": "old", "c.tf": "old"}
NEW = {"a.tf": "new", "b.tf": "new", "c.tf": "new", "d.tf": "new"}


def steps(folder: Path, monkeypatch: pytest.MonkeyPatch) -> int:
    seen: list[str] = []
    with monkeypatch.context() as patch:
        patch.setattr(writing, "_step", seen.append)
        replace(*changes(folder))
    assert state(folder) == NEW
    for name in OLD:
        (folder / name).write_text("old")
    (folder / "d.tf").unlink()
    return len(seen)


def interrupting(at: int, what: Callable[[], None]) -> Callable[[str], None]:
    count = iter(range(10_000))

    def step(name: str) -> None:
        if next(count) == at:
            what()

    return step


def fail() -> None:
    raise OSError(28, "No space left on device")


def sent(number: int) -> Callable[[], None]:
    return lambda: os.kill(os.getpid(), number)


def test_an_interruption_at_any_step_leaves_all_or_nothing(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    total = steps(folder, monkeypatch)
    assert total > 20
    interruptions = {"full": fail, "INT": sent(signal.SIGINT), "TERM": sent(signal.SIGTERM), "HUP": sent(signal.SIGHUP)}
    for at in range(total):
        for name, what in interruptions.items():
            monkeypatch.setattr(writing, "_step", interrupting(at, what))
            with pytest.raises((OSError, KeyboardInterrupt, SystemExit)) as raised:
                replace(*changes(folder))
            done = name != "full" and at == total - 1
            assert state(folder) == (NEW if done else OLD), (at, name)
            assert (folder / "a.tf").stat().st_mode & 0o777 == 0o640
            assert name != "TERM" or (isinstance(raised.value, SystemExit) and raised.value.code == 143)
            if done:
                for each in OLD:
                    (folder / each).write_text("old")
                (folder / "d.tf").unlink()


def test_a_second_signal_does_not_keep_from_putting_back(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def twice() -> None:
        os.kill(os.getpid(), signal.SIGINT)
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr(writing, "_step", interrupting(steps(folder, monkeypatch) - 2, twice))
    with pytest.raises(KeyboardInterrupt):
        replace(*changes(folder))
    assert state(folder) == OLD


def test_signals_are_heard_as_before_afterwards(folder: Path) -> None:
    before = [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)]
    replace(*changes(folder))
    assert [signal.getsignal(each) for each in (signal.SIGINT, signal.SIGTERM)] == before


INTERRUPTED = "tests.repository.interrupted"


@pytest.mark.parametrize("at", [0, 5, 6, 7])
def test_fix_that_is_interrupted_says_so_and_changes_nothing(tmp_path: Path, at: int) -> None:
    case = Path(__file__).parents[2] / "testdata" / "literal-missing"
    for number, status in some([(signal.SIGINT, 130), (signal.SIGTERM, 143)], at):
        for name in ("main.tf", "plan.json"):
            (tmp_path / name).write_bytes((case / name).read_bytes())
        environment = {**os.environ, "INTERRUPTED": f"{int(number)} {at}"}
        job = start(("fix", "--write", "plan.json"), tmp_path, environment, load="tests.fix.loaded", change=INTERRUPTED)
        _, errors = job.communicate(60)
        assert (job.returncode, "Traceback" in errors) == (status, False)
        assert sorted(each.name for each in tmp_path.iterdir()) == ["main.tf", "plan.json"]
        changed = (tmp_path / "main.tf").read_bytes() != (case / "main.tf").read_bytes()
        assert changed is (at == 7)  # nothing was left to be done then


def refused(folder: Path) -> Iterator[tuple[str, Path, str]]:
    outside = folder.parent / "outside"
    outside.mkdir()
    (outside / "file").write_text("kept")
    (folder / "link").symlink_to(outside / "file")
    (folder / "dangling").symlink_to(outside / "new")
    (folder / "inner").symlink_to("a.tf")
    (folder / "directory").symlink_to(outside)
    (folder / "git").symlink_to(".git")
    os.link(folder / "a.tf", outside / "hard")
    (folder / "read-only").write_text("kept")
    (folder / "read-only").chmod(0o444)
    (folder / "folder").mkdir()
    yield "link", folder / "link", "it is a symbolic link"
    yield "dangling", folder / "dangling", "it is a symbolic link"
    yield "inner", folder / "inner", "it is a symbolic link"
    yield "parent", folder / "directory" / "file", "`directory` is a symbolic link that leads elsewhere"
    yield "new below", folder / "directory" / "new", "`directory` is a symbolic link that leads elsewhere"
    yield "git", folder / "git" / "config", "`git` is a symbolic link that leads elsewhere"
    yield "hard", folder / "a.tf", "it is a hard link to a file that has other names"
    yield "read-only", folder / "read-only", "it is read-only"
    yield "directory", folder / "folder", "it is a directory"


@pytest.mark.parametrize("step", ["fsync", "open", "replace"])
def test_an_error_of_the_system_changes_nothing_and_names_the_file(
    step: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A full disk names no file, and other errors the temporary one."""
    done = iter(range(1_000))
    really = getattr(os, step)

    def fail(*arguments: Any, **names: Any) -> Any:
        new = step != "open" or (isinstance(arguments[0], str) and arguments[0].startswith(".b.tf"))
        if new and next(done) == (0 if step == "open" else 1):
            raise OSError(errno.ENOSPC, "No space left on device", *([arguments[0]] if step == "open" else []))
        return really(*arguments, **names)

    monkeypatch.setattr(os, step, fail)
    with pytest.raises(OSError, match="No space left on device") as raised:
        replace(*changes(folder))
    assert os.path.basename(raised.value.filename) in OLD
    assert state(folder) == OLD


def test_a_directory_that_cannot_be_closed_is_not_an_error_after_writing(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(held: HeldDirectory) -> None:
        really(held)
        raise OSError(errno.EIO, "Input/output error")

    really = HeldDirectory.close
    monkeypatch.setattr(HeldDirectory, "close", fail)
    replace(*changes(folder))
    assert state(folder) == NEW


def test_what_is_appended_is_there_completely_or_not_at_all(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A full disk takes the beginning, and half of an output is one that GitHub refuses with all others."""
    really = os.write
    room = [3, 0]

    def full(descriptor: int, data: bytes) -> int:
        if (left := room.pop(0)) == 0:
            raise OSError(errno.ENOSPC, "No space left on device")
        return really(descriptor, data[:left])

    monkeypatch.setattr(os, "write", full)
    with pytest.raises(OSError, match="No space left on device"):
        append(folder / "a.tf", "a=1\n")
    assert (folder / "a.tf").read_text() == "old"
    room = [3, 1]
    append(folder / "a.tf", "a=1\n")
    assert (folder / "a.tf").read_text() == "olda=1\n"


def test_what_must_not_be_written_is_refused_with_one_line(folder: Path) -> None:
    for name, path, why in refused(folder):
        for file in (path, Path(os.path.relpath(path))):
            with pytest.raises(OSError, match=r".") as raised:
                write(file, b"new")
            assert (raised.value.strerror, raised.value.filename) == (why, str(file)), name
        if name not in ("read-only", "directory"):
            with pytest.raises(OSError, match=why):
                append(path, "new")
    assert (folder.parent / "outside" / "file").read_text() == "kept"
    assert sorted(each.name for each in (folder.parent / "outside").iterdir()) == ["file", "hard"]
    assert (folder / "a.tf").read_text() == "old"
    assert not [each for each in folder.iterdir() if each.name.startswith(".") and each.name != ".git"]


def test_without_git_links_below_the_current_directory_are_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    (tmp_path / "here" / "link").symlink_to(tmp_path / "file")
    monkeypatch.chdir(tmp_path / "here")
    with pytest.raises(OSError, match="it is a symbolic link"):
        write(Path("link"), b"new")
    assert not (tmp_path / "file").exists()


def test_a_link_of_the_user_is_followed(tmp_path: Path, folder: Path) -> None:
    (tmp_path / "latest").symlink_to(tmp_path / "report")
    write(tmp_path / "latest", b"new")
    assert (tmp_path / "report").read_bytes() == b"new"
    assert destination(tmp_path / "latest") == tmp_path / "report"


def test_devices_and_pipes_are_written_to(tmp_path: Path, folder: Path) -> None:
    write(Path(os.devnull), b"new")
    append(Path(os.devnull), "new")
    reading, writing_end = os.pipe()
    write(Path(f"/dev/fd/{writing_end}"), b"new")
    assert os.read(reading, 10) == b"new"


def test_a_pipe_that_nothing_reads_is_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "pipe")
    with pytest.raises(UnwritableError, match="nothing reads from it"):
        write(folder / "pipe", b"new")
    reading = os.open(folder / "pipe", os.O_RDONLY | os.O_NONBLOCK)
    write(folder / "pipe", b"new")
    assert os.read(reading, 10) == b"new"


def test_a_name_that_was_guessed_is_not_a_way_in(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writing, "token_hex", lambda size: "guessed")
    (folder / ".a.tf.guessed").symlink_to(folder.parent / "elsewhere")
    with pytest.raises(FileExistsError):
        write(folder / "a.tf", b"new")
    assert not (folder.parent / "elsewhere").exists()
    assert (folder / ".a.tf.guessed").is_symlink()
