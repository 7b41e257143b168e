"""The grammar's tables lie in the user's cache directory, privately."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tfcheck.hcl import grammar

SRC = Path(grammar.__file__).parents[2]
PARSE = """
import sys
from tfcheck.hcl.expression import Place
from tfcheck.hcl.parse import parse
PLAIN = ('"a"', 'var.x', '"${var.x}/y"', '12', '<<E\\nx\\nE', 'f({ a = [1] })')
print([type(parse(text, Place("x", 1))).__name__ for text in PLAIN], "hcl2" in sys.modules, "lark" in sys.modules)
print(type(parse("1 + 1", Place("x", 1))).__name__)
import hcl2.parser
print(hcl2.parser.PARSER_FILE)
"""


def run(environment: dict[str, str]) -> list[str]:
    python_path = {"PYTHONPATH": str(SRC)}
    done = subprocess.run(
        [sys.executable, "-c", PARSE], env=environment | python_path, capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()


@pytest.mark.skipif(os.name != "posix", reason="modes of directories are POSIX's")
def test_the_tables_are_kept_in_a_private_directory(tmp_path: Path) -> None:
    plain, parsed, file = run({"XDG_CACHE_HOME": str(tmp_path / "cache")})

    assert plain == "['Template', 'Attribute', 'Template', 'Literal', 'Template', 'Call'] False False"
    assert parsed == "Binary"
    directory = tmp_path / "cache" / "tfcheck"
    assert Path(file).parent == directory
    assert Path(file).exists()
    assert directory.stat().st_mode & 0o777 == 0o700
    assert Path(file).name.startswith("hcl2-8.")


def test_without_a_cache_directory_it_goes_on(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    assert run({"XDG_CACHE_HOME": str(tmp_path / "file")})[1] == "Binary"


def test_a_directory_that_others_can_write_into_is_not_used(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    (tmp_path / "tfcheck").mkdir()
    (tmp_path / "tfcheck").chmod(0o777)

    assert grammar._private(grammar.cache_directory()) is None
    (tmp_path / "tfcheck").chmod(0o700)
    assert grammar._private(grammar.cache_directory()) == tmp_path / "tfcheck"


@pytest.mark.parametrize(
    ("platform", "environment", "expected"),
    [
        ("linux", {"HOME": "/anywhere/u"}, "/anywhere/u/.cache/tfcheck"),
        ("linux", {"HOME": "/anywhere/u", "XDG_CACHE_HOME": "/c"}, "/c/tfcheck"),
        ("linux", {"HOME": "/anywhere/u", "XDG_CACHE_HOME": "relative"}, "/anywhere/u/.cache/tfcheck"),
        ("darwin", {"HOME": "/anywhere/u"}, "/anywhere/u/Library/Caches/tfcheck"),
        ("win32", {"LOCALAPPDATA": "/local"}, "/local/tfcheck/cache"),
        ("win32", {}, None),
    ],
)
def test_the_directory_follows_the_platform(
    platform: str, environment: dict[str, str], expected: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("XDG_CACHE_HOME", "LOCALAPPDATA"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.platform", platform)

    found = grammar.cache_directory()

    assert (found and found.as_posix()) == expected
