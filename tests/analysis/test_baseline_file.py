"""The baseline file is for people, and anything else is refused."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.report.hostile import names
from tfcheck.analysis import baseline
from tfcheck.analysis.baseline import Baseline, BaselineEntry, is_baseline, read_baseline, text
from tfcheck.repository.machine import signs
from tfcheck.vocabulary.errors import InputError
from tfcheck.vocabulary.finding import Severity

ENTRY = BaselineEntry("aws_ecs_task_definition.b", "env-file", Severity.ERROR, "aws_iam_role.b", "m", "0" * 16)
OTHER = BaselineEntry("aws_ecs_task_definition.a", "image", Severity.WARNING, None, "m", "1" * 16, 2, "prod")
_entries = st.builds(
    BaselineEntry,
    names,
    names,
    st.sampled_from(Severity),
    st.none() | names,
    names,
    st.text("0123456789abcdef", min_size=16, max_size=16),
    st.integers(1, 9),
    st.none() | names,
)


def test_it_has_a_line_for_each_entry_and_is_sorted() -> None:
    assert text([OTHER, ENTRY]) == (
        "{\n"
        '  "tfcheck_baseline": "1.0",\n'
        '  "findings": [\n'
        '    {"task_definition": "aws_ecs_task_definition.b", "rule": "env-file", "severity": "error", "address": '
        '"aws_iam_role.b", "message": "m", "fingerprint": "0000000000000000"},\n'
        '    {"task_definition": "aws_ecs_task_definition.a", "rule": "image", "severity": "warning", "address": null, '
        '"message": "m", "fingerprint": "1111111111111111", "count": 2, "target": "prod"}\n'
        "  ]\n"
        "}\n"
    )
    assert text([]) == '{\n  "tfcheck_baseline": "1.0",\n  "findings": []\n}\n'


@given(st.lists(_entries, max_size=5))
def test_what_is_written_is_read(tmp_path_factory: pytest.TempPathFactory, listed: list[BaselineEntry]) -> None:
    written = text(listed)
    assert written == text(reversed(listed))
    assert len(written.split("\n")) == (len(listed) + 6 if listed else 5)
    file = tmp_path_factory.getbasetemp() / "read.json"
    file.write_text(written, encoding="utf-8")
    assert sorted(map(str, read_baseline(str(file)).entries)) == sorted(map(str, listed))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"null",
        b"[]",
        b"{}",
        b'{"format_version": "1.0", "findings": []}',
        b'{"tfcheck_baseline": "1.0"}',
        b'{"tfcheck_baseline": "1.0", "findings": [{}]}',
        text([ENTRY]).replace("0" * 16, "canary").encode(),
        text([OTHER]).replace('"count": 2', '"count": 0').encode(),
        b"\xff" * 20,
        b'{"tfcheck_baseline": ' + b"[" * 5000,
    ],
)
def test_anything_else_is_refused_without_quoting_it(content: bytes, tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_bytes(content)
    with pytest.raises(InputError, match="is not a tfcheck baseline") as refused:
        read_baseline(str(file))
    assert refused.value.exit_status == 3
    assert "canary" not in str(refused.value)
    assert not is_baseline(str(file))


def test_a_later_version_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "b.json"
    file.write_text(json.dumps({"tfcheck_baseline": "2.0"}), encoding="utf-8")
    with pytest.raises(InputError, match=r"another version than 1\.x"):
        read_baseline(str(file))


def test_what_is_not_there_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="cannot be read: no such file"):
        read_baseline(str(tmp_path / "b.json"))
    assert is_baseline(str(tmp_path / "b.json"))
    monkeypatch.setattr(baseline, "LARGEST", 10)
    (tmp_path / "b.json").write_text(text([ENTRY]), encoding="utf-8")
    with pytest.raises(InputError, match="it is larger than"):
        read_baseline(str(tmp_path / "b.json"))


def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "b.json")
    with pytest.raises(InputError, match="it is not a regular file"):
        read_baseline(str(tmp_path / "b.json"))


def test_in_ci_it_lies_in_the_work_tree(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    tree = tmp_path / "tree"
    (tree / "infra").mkdir(parents=True)
    (tree / ".git").mkdir()
    for place in (tmp_path / "outside.json", tree / "inside.json", tree / ".git" / "own.json"):
        place.write_text(text([ENTRY]), encoding="utf-8")
    (tree / "infra" / "link.json").symlink_to(tmp_path / "outside.json")
    monkeypatch.chdir(tree / "infra")
    monkeypatch.setenv("CI", "true")
    assert read_baseline("../inside.json") == Baseline("../inside.json", (ENTRY,))
    for name in ("link.json", str(tmp_path / "outside.json"), "../.git/own.json"):
        with pytest.raises(InputError, match="is not read: it") as refused:
            read_baseline(name)
        assert refused.value.hint == "in CI the baseline must be a file of the repository"
    for name in signs(os.environ):
        monkeypatch.delenv(name)
    assert read_baseline("link.json") == Baseline("link.json", (ENTRY,))
