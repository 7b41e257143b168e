"""Files are written all or not at all."""

from __future__ import annotations

from pathlib import Path

import pytest

from tfcheck.analysis.fix_writing import NewContent, write
from tfcheck.repository.held import HeldDirectory
from tfcheck.vocabulary.errors import InputError, UsageError


def test_all_files_are_written_with_their_permissions(tmp_path: Path) -> None:
    one, other = file(tmp_path / "one.tf"), file(tmp_path / "other.tf")
    one.path.chmod(0o640)
    write([one, other])
    assert [each.path.read_bytes() for each in (one, other)] == [b"new", b"new"]
    assert one.path.stat().st_mode & 0o777 == 0o640
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.tf", "other.tf"]


def test_a_file_that_has_changed_keeps_all_as_they_were(tmp_path: Path) -> None:
    one, other = file(tmp_path / "one.tf"), file(tmp_path / "other.tf")
    other.path.write_bytes(b"changed meanwhile")
    with pytest.raises(InputError, match=r"`other\.tf` has changed since it was read"):
        write([one, other])
    assert one.path.read_bytes() == b"old"
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.tf", "other.tf"]


def test_what_was_written_is_put_back_where_the_next_fails(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one, other = file(tmp_path / "one.tf"), file(tmp_path / "other.tf")
    replace = HeldDirectory.replace

    def failing(self: HeldDirectory, old: str, new: str) -> None:
        if self.path / new == other.path:
            raise PermissionError(13, "Permission denied", new)
        replace(self, old, new)

    monkeypatch.setattr(HeldDirectory, "replace", failing)
    with pytest.raises(UsageError, match="cannot be written: permission denied"):
        write([one, other])
    assert [each.path.read_bytes() for each in (one, other)] == [b"old", b"old"]
    assert sorted(each.name for each in tmp_path.iterdir()) == ["one.tf", "other.tf"]


def file(path: Path) -> NewContent:
    path.write_bytes(b"old")
    return NewContent(path, b"old", b"new")
