"""Check that `fileset` finds the files that Terraform finds."""

from __future__ import annotations

from pathlib import Path

from tests.hcl.console import needs_terraform, worth
from tests.repository.git import write
from tfcheck.hcl.evaluate.expressions import evaluate
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.evaluate.types import Type
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.expression import Place
from tfcheck.hcl.syntax.parse import parse
from tfcheck.repository import SourceAccess
from tfcheck.symbolic.value import Set, Unknown, Value

FILES = (
    "a.json",
    "b.txt",
    ".hidden",
    "d/a.json",
    "d/e/b.json",
    "d/e/f/c.json",
    "d/[x]",
    "d/é.txt",
    "x y/z",
    "d/e/.h/i",
)
CALLS = (
    ('"."', '"*"'),
    ('"."', '"*.json"'),
    ('"d"', '"**"'),
    ('"d"', '"**/*.json"'),
    ('"d"', '"*/*.json"'),
    ('"d/"', '"./*.json"'),
    ('"d/e"', '"../*.json"'),
    ('"d"', '"{a,b}.json"'),
    ('"d"', '"e/{b,c}.json"'),
    ('"d"', '"[a-c].json"'),
    ('"d"', '"[^b].json"'),
    ('"d"', '"\\\\[x\\\\]"'),
    ('"d"', '"?.json"'),
    ('"d"', '"a.json"'),
    ('"d"', '"none.json"'),
    ('"none"', '"*"'),
    ('"a.json"', '"*"'),
    ('"x y"', '"z"'),
    ('"."', '"d/**/c.json"'),
    ('"d"', '"**/e/*"'),
    ('"."', '"*/e/**/*.json"'),
    ('"d"', '"e"'),
)


ODD = ('fileset(".", "[a")', 'fileset(".", "{a,b")', 'fileset(".", "{a,b/c}")')


class Files:
    def __init__(self, root: Path) -> None:
        self.sources = from_directory(root, run=SourceAccess(shared=False))

    def lookup(self, root: str, name: str) -> Seen:
        raise AssertionError(root)

    def declared_type(self, name: str) -> Type | None:
        return None

    def read_file(self, path: str) -> bytes | None:
        return self.sources.read_file(path)

    def list_files(self, directory: str, pattern: str) -> tuple[str, ...] | None:
        return self.sources.list_files(directory, pattern)


def ours(call: str, root: Path) -> Value:
    return evaluate(parse(call, Place("main.tf", 1)), Files(root))


@needs_terraform
def test_fileset_finds_the_files_that_terraform_finds(tmp_path: Path) -> None:
    write(tmp_path / "top", *FILES)  # the console leaves files of its own in the root module
    (tmp_path / "top" / "d" / "link.json").symlink_to("a.json")
    expressions = [f'fileset("top/${{{directory}}}", {pattern})' for directory, pattern in CALLS]
    for expression, theirs in zip(expressions, worth(expressions, tmp_path), strict=True):
        mine = ours(expression, tmp_path)
        assert isinstance(mine, Set), expression
        assert sorted(theirs) == list(mine.items), expression


def test_fileset_is_unknown_if_a_file_must_not_be_read(tmp_path: Path) -> None:
    write(tmp_path, "root/a.tf", "root/.terraform/x.json", "root/x.tfstate", "secret")
    for call in ('fileset("..", "*")', 'fileset(".", "**")', 'fileset(".", "*.tfstate")', 'fileset("/", "*")', *ODD):
        found = ours(call, tmp_path / "root")
        assert isinstance(found, Unknown), call
        assert "is not read: " in found.reason
        assert "secret" not in found.reason
