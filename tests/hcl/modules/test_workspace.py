"""Check that the workspace is the selected one, and never a guess."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.cases import TESTDATA, Case
from tfcheck.hcl.modules import from_directory
from tfcheck.resolve import Resolver
from tfcheck.symbolic.value import Unknown
from tfcheck.vocabulary.address import ModulePath


def test_the_workspace_is_unknown_if_none_was_selected(tmp_path: Path) -> None:
    assert from_directory(tmp_path).workspace is None


def test_the_selected_workspace_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TF_DATA_DIR", raising=False)
    (tmp_path / ".terraform").mkdir()
    (tmp_path / ".terraform" / "environment").write_text("prod\n")
    assert from_directory(tmp_path).workspace == "prod"


def test_the_workspace_is_read_from_tf_data_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "environment").write_text("stage")
    monkeypatch.setenv("TF_DATA_DIR", "data")
    assert from_directory(tmp_path).workspace == "stage"


def test_expressions_can_refer_to_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text('locals {\n  bucket = "acme-${terraform.workspace}"\n}\n')
    plan = Case(TESTDATA / "literal-missing").plan()
    sources = from_directory(tmp_path)
    assert Resolver(plan, sources, "prod").names.local(ModulePath(), "bucket") == "acme-prod"
    unknown = Resolver(plan, sources).names.local(ModulePath(), "bucket")
    assert not isinstance(unknown, str | Unknown)
