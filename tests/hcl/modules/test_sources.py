"""Which modules are found, in directories and in saved plans, and which files they may read."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from types import SimpleNamespace

import pytest

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.modules import Module, Sources, from_directory, from_saved_plan
from tfcheck.hcl.modules import module as sources_module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import Expression, Literal, Place, Template
from tfcheck.repository import RefusedError
from tfcheck.vocabulary.errors import InputError


def write(directory: Path, **files: str) -> Path:
    """Write files; `__` in a name means a dot."""
    for name, text in files.items():
        path = directory / name.replace("__", ".")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return directory


def module(sources: Sources, *path: str) -> Module:
    found = sources.module(path)
    assert found is not None, sources.missing
    return found


def plain(expression: Expression | None) -> object:
    if isinstance(expression, Template) and len(expression.parts) <= 1:
        return plain(expression.parts[0]) if expression.parts else ""
    assert isinstance(expression, Literal)
    return expression.value


def attribute(block: Block | None, name: str) -> object:
    assert block is not None
    return plain(block.attribute(name))


MAIN = """
resource "aws_a" "x" { n = 1 }
data "aws_b" "y" {}
ephemeral "aws_e" "z" {}
locals {
  l = "one"
  m = 2
}
variable "v" { default = 3 }
output "o" { value = 4 }
module "child" {
  source = "./modules/child"
}
"""


def test_a_module_finds_its_blocks_by_name(tmp_path: Path) -> None:
    write(tmp_path, main__tf=MAIN)
    root = module(from_directory(tmp_path))

    assert root.directory == "."
    assert attribute(root.resource("managed", "aws_a", "x"), "n") == 1
    assert root.resource("data", "aws_b", "y") is not None
    assert root.resource("managed", "aws_b", "y") is None
    assert plain(root.local("l")) == "one"
    argument = root.local_argument("m")
    assert argument is not None
    assert argument.place == Place("main.tf", 7)
    assert root.local("nothing") is None
    assert attribute(root.variable("v"), "default") == 3
    assert attribute(root.output("o"), "value") == 4
    assert (root.locals(), root.outputs(), root.calls()) == (("l", "m"), ("o",), ("child",))
    assert root.resource_keys == {("managed", "aws_a", "x"), ("data", "aws_b", "y"), ("ephemeral", "aws_e", "z")}


def test_a_local_module_is_found_by_its_source(tmp_path: Path) -> None:
    call = 'module "in" { source = "../inner/" }\nmodule "far" { source = "org/far/aws" }\n'
    write(tmp_path / "root", main__tf=MAIN)
    write(tmp_path / "root/modules/child", main__tf=call)
    write(tmp_path / "root/modules/inner", a__tf='resource "aws_c" "z" {}\n')
    sources = from_directory(tmp_path / "root")

    assert module(sources, "child").directory == "modules/child"
    inner = module(sources, "child", "in")
    block = inner.resource("managed", "aws_c", "z")
    assert block is not None
    assert block.place == Place("modules/inner/a.tf", 1)
    assert sources.line(block.place) == 'resource "aws_c" "z" {}'
    assert sources.line(Place("other.tf", 1)) == ""
    for path in (("child", "far"), ("child", "far", "deeper"), ("none",)):
        assert sources.module(path) is None
    assert list(sources.missing.values()) == [
        "it is not installed: run `terraform init`",
        "the module that calls it is not available",
        "nothing calls it",
    ]


def test_the_manifest_of_terraform_init_takes_precedence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, main__tf='module "far" { source = "org/far/aws" }\n')
    write(tmp_path / "data/modules/far", main__tf='resource "aws_c" "z" {}\n')
    records = [{"Key": "", "Source": "", "Dir": "."}, {"Key": "far", "Source": "x", "Dir": "data/modules/far"}]
    (tmp_path / "data/modules/modules.json").write_text(json.dumps({"Modules": records}))

    assert from_directory(tmp_path).module(("far",)) is None
    monkeypatch.setenv("TF_DATA_DIR", "data")
    assert module(from_directory(tmp_path), "far").directory == "data/modules/far"


def test_two_calls_of_one_directory_share_its_blocks(tmp_path: Path) -> None:
    write(tmp_path, main__tf='module "a" { source = "./m" }\nmodule "b" { source = "./m" }\n')
    write(tmp_path / "m", main__tf="")
    sources = from_directory(tmp_path)

    assert module(sources, "a") is module(sources, "b")


def test_a_missing_directory_is_reported(tmp_path: Path) -> None:
    sources = from_directory(write(tmp_path, main__tf='module "a" { source = "./m" }\n'))

    assert sources.module(("a",)) is None
    assert sources.missing == {("a",): "`m` contains no configuration"}


def test_hidden_and_other_files_are_ignored(tmp_path: Path) -> None:
    block = 'resource "a" "{}" {{}}\n'
    names = ["a.tf", ".b.tf", "c.tf~", "#d.tf#", "e.tfvars", "f.tf.json.bak", "g.txt"]
    for name in names:
        (tmp_path / name).write_text(block.format(name[:3].strip(".#")))
    (tmp_path / "dir.tf").mkdir()

    assert module(from_directory(tmp_path)).resource_keys == {("managed", "a", "a.t")}


def test_opentofu_files_hide_those_of_terraform(tmp_path: Path) -> None:
    write(tmp_path, a__tf="locals { x = 1 }", a__tofu="locals { x = 2 }", b__tf="locals { y = 1 }")
    write(tmp_path, c__tf__json='{"locals": {"z": 1}}', c__tofu__json='{"locals": {"z": 2}}')
    tofu, terraform = (module(from_directory(tmp_path, opentofu=flag)) for flag in (True, False))

    assert [plain(tofu.local(name)) for name in "xyz"] == [2, 1, 2]
    assert [plain(terraform.local(name)) for name in "xyz"] == [1, 1, 1]


OVERRIDDEN = """
resource "a" "b" {
  kept  = 1
  given = 1
  rule { n = 1 }
  rule { n = 2 }
  dynamic "gone" {
    for_each = []
    content {}
  }
  other { n = 1 }
  lifecycle {
    prevent_destroy = true
    ignore_changes  = [x]
  }
}
locals {
  l = 1
  m = 1
}
variable "v" { default = 1 }
"""
OVERRIDE = """
resource "a" "b" {
  given = 2
  rule { n = 3 }
  gone { n = 4 }
  lifecycle { ignore_changes = [y] }
}
locals { l = 2 }
variable "v" { default = 2 }
"""
JSON_OVERRIDE = """{
  "resource": {"a": {"b": {"given": 2, "rule": [{"n": 3}], "gone": {"n": 4}, "lifecycle": {"ignore_changes": ["y"]}}}},
  "locals": {"l": 2},
  "variable": {"v": {"default": 2}}
}"""


@pytest.mark.parametrize(
    ("name", "override"),
    [("override__tf", OVERRIDE), ("a_override__tf", OVERRIDE), ("z_override__tf__json", JSON_OVERRIDE)],
)
def test_override_files_change_what_others_declare(tmp_path: Path, name: str, override: str) -> None:
    root = module(from_directory(write(tmp_path, **{"main__tf": OVERRIDDEN, name: override})))
    block = root.resource("managed", "a", "b")

    assert block is not None
    assert [attribute(block, key) for key in ("kept", "given")] == [1, 2]
    assert [attribute(rule, "n") for rule in block.blocks("rule")] == [3]
    assert [attribute(gone, "n") for gone in block.blocks("gone")] == [4]
    assert [attribute(other, "n") for other in block.blocks("other")] == [1]
    (lifecycle,) = block.blocks("lifecycle")
    assert attribute(lifecycle, "prevent_destroy") is True
    assert block.ignored_changes() == ("y",)
    assert block.place == Place("main.tf", 2)
    given = block.attribute_place("given")
    assert given is not None
    assert "override" in given.file
    assert [plain(root.local(key)) for key in "lm"] == [2, 1]
    assert attribute(root.variable("v"), "default") == 2


def test_later_override_files_win(tmp_path: Path) -> None:
    files = {f"{name}__tf": f"locals {{ l = {value} }}" for value, name in enumerate(["z", "a_override", "b_override"])}

    assert plain(module(from_directory(write(tmp_path, **files))).local("l")) == 2


def test_a_syntax_error_affects_only_its_own_file(tmp_path: Path) -> None:
    write(tmp_path, a__tf="locals { l = 1 }\n", b__tf="locals { m = 1 }\nlocals {\n n = [\n}\n", c__tf__json="{")
    (tmp_path / "d.tf").write_bytes(b"\xff")
    sources = from_directory(tmp_path)
    root = module(sources)

    assert root.locals() == ("l", "m")
    assert [str(problem.place) for problem in sources.problems] == ["b.tf:4", "c.tf.json:1", "d.tf:1"]


class TestReadingFiles:
    def test_paths_are_relative_to_the_root_module(self, tmp_path: Path) -> None:
        sources = from_directory(write(tmp_path, main__tf="", t__json="{}"))

        assert sources.read_file("t.json") == b"{}"
        assert sources.read_file("./m/../t.json") == b"{}"
        assert sources.read_file(str(tmp_path / "t.json")) == b"{}"

    def test_try_catches_a_missing_file(self, tmp_path: Path) -> None:
        with pytest.raises(EvaluationError, match="there is no file"):
            from_directory(tmp_path).read_file("t.json")

    @pytest.mark.parametrize("path", ["../secret", "/etc/passwd", "~/x", "link", "links/secret", "\0", "x" * 5000])
    def test_files_outside_the_repository_are_not_read(self, tmp_path: Path, path: str) -> None:
        root = write(tmp_path / "root", main__tf="")
        (tmp_path / "secret").write_text("canary")
        (root / "link").symlink_to(tmp_path / "secret")
        (root / "links").symlink_to(tmp_path)

        with pytest.raises(RefusedError, match="is not read: it "):
            from_directory(root).read_file(path)

    def test_files_of_the_whole_work_tree_can_be_read(self, tmp_path: Path) -> None:
        (tmp_path / ".git").mkdir()
        write(tmp_path / "common", t__json="{}")
        root = write(tmp_path / "stacks/web", main__tf="")

        assert from_directory(root).read_file("../../common/t.json") == b"{}"
        with pytest.raises(RefusedError, match=r"`\.\./\.\./\.\./t\.json` is not read: it lies outside the repository"):
            from_directory(root).read_file("../../../t.json")


def saved(path: Path, entries: dict[str, str], records: list[dict[str, str]] | None = None) -> Path:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tfplan", "private")
        archive.writestr("tfconfig/modules.json", json.dumps(records or [{"Key": "", "Dir": "."}]))
        for name, text in entries.items():
            archive.writestr(name, text)
    return path


class TestSavedPlans:
    def test_a_saved_plan_contains_every_module(self, tmp_path: Path) -> None:
        records = [{"Key": "", "Dir": "."}, {"Key": "a", "Dir": "m/a"}, {"Key": "a.b", "Dir": ".terraform/modules/b"}]
        entries = {
            "tfconfig/m-/main.tf": 'module "a" { source = "./m/a" }\n',
            "tfconfig/m-a/main.tf": 'module "b" { source = "org/b/aws" }\n',
            "tfconfig/m-a.b/main.tf": 'resource "a" "b" {}\n',
            "tfconfig/m-a.b/x_override.tf": 'resource "a" "b" { n = 1 }\n',
        }
        sources = from_saved_plan(saved(tmp_path / "tfplan", entries, records))

        assert module(sources, "a").directory == "m/a"
        assert attribute(module(sources, "a", "b").resource("managed", "a", "b"), "n") == 1
        assert sources.root is None
        assert sources.read_file("main.tf") is None

    def test_file_names_that_leave_the_archive_are_ignored(self, tmp_path: Path) -> None:
        entries = {
            "tfconfig/m-/../../evil.tf": "locals { evil = 1 }",
            "tfconfig/m-/sub/evil.tf": "locals { evil = 1 }",
            "tfconfig/m-/..": "locals { evil = 1 }",
            "evil.tf": "locals { evil = 1 }",
            "tfconfig/m-/main.tf": "locals { good = 1 }",
        }

        assert module(from_saved_plan(saved(tmp_path / "tfplan", entries))).locals() == ("good",)

    def test_a_zip_bomb_is_not_unpacked(self, tmp_path: Path) -> None:
        with zipfile.ZipFile(tmp_path / "tfplan", "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr("tfconfig/modules.json", "[]")
            archive.writestr("tfconfig/m-/main.tf", b" " * 30_000_000)

        with pytest.raises(InputError, match="too large"):
            from_saved_plan(tmp_path / "tfplan")

    @pytest.mark.parametrize("data", [b"", b"PK\x03\x04", b"{}", b"PK\x03\x04" + b"\0" * 200])
    def test_a_file_that_is_not_a_saved_plan_is_refused(self, tmp_path: Path, data: bytes) -> None:
        (tmp_path / "tfplan").write_bytes(data)

        with pytest.raises(InputError):
            from_saved_plan(tmp_path / "tfplan")

    @pytest.mark.parametrize("manifest", ["", "{", "{}", '[{"Key": 1}]'])
    def test_a_broken_manifest_is_refused(self, tmp_path: Path, manifest: str) -> None:
        with zipfile.ZipFile(tmp_path / "tfplan", "w") as archive:
            archive.writestr("tfconfig/modules.json", manifest)

        with pytest.raises(InputError):
            from_saved_plan(tmp_path / "tfplan")


def test_labels_that_a_resource_left_are_taken(tmp_path: Path) -> None:
    (tmp_path / "main.tf").write_text(
        'resource "aws_iam_role" "a" {}\n'
        'resource "aws_s3_bucket" "b" {}\n'
        'data "aws_iam_policy_document" "c" {}\n'
        "moved {\n  from = aws_iam_role.d\n  to = aws_iam_role.a\n}\n"
        "removed {\n  from = aws_iam_policy.e\n  lifecycle {\n    destroy = false\n  }\n}\n"
        "removed {\n  from = module.f\n}\n"
        'moved {\n  from = aws_iam_role.g["x"]\n  to = aws_iam_role.a\n}\n'
    )
    (tmp_path / "more.tf.json").write_text('{"removed": {"from": "aws_iam_role.h"}}')
    assert module(from_directory(tmp_path)).taken_labels("aws_iam_") == set("acdegh")


def test_a_block_without_its_labels_declares_nothing(tmp_path: Path) -> None:
    text = 'module {\n}\nresource "aws_s3_bucket" {\n}\ndata {\n}\nvariable {\n}\noutput "a" {\n}\nlocals {\n}\n'
    root = module(from_directory(write(tmp_path, main__tf=text)))
    assert [(each.type, *each.labels) for each in root.blocks] == [("output", "a"), ("locals",)]
    assert (root.calls(), root.variables(), root.outputs(), root.resource_keys) == ((), (), ("a",), frozenset())


def test_uses_of_a_name_are_counted_in_one_reading(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    texts = 'locals {\n  a = local.b + (-local.b) + local.b[0].local.b\n  b-c = "${local.b-c} ${local.b.c}"\n}\n'
    found = module(
        from_directory(write(tmp_path, main__tf=texts, other__tf="# local.b\nlocals {\n  d = xlocal.b\n}\n"))
    )
    read = list[str]()
    original = sources_module._LAST_WORD

    def finditer(text: str) -> object:
        read.append(text)
        return original.finditer(text)

    monkeypatch.setattr(sources_module, "_LAST_WORD", SimpleNamespace(finditer=finditer))
    counted = {name: found.count_uses(name) for name in ("local.b", "local.b-c", "local.b.c", "local.x", "local.c")}
    assert counted == {"local.b": 5, "local.b-c": 1, "local.b.c": 1, "local.x": 0, "local.c": 0}
    assert len(read) == 2
