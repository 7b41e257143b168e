"""Check that only sources that belong to the plan are used."""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from tests.hcl.modules.test_sources import saved, write
from tests.laws import part
from tfcheck.hcl.modules import find
from tfcheck.plan import load
from tfcheck.vocabulary.errors import InputError

TESTDATA = Path(__file__).parents[3] / "testdata"
MAIN = 'resource "aws_a" "x" {}\ndata "aws_d" "d" {}\nmodule "m" {\n  source = "./m"\n}\n'
CHILD = 'resource "aws_b" "y" {}\n'


def configuration(*resources: str, **calls: Any) -> Any:
    listed = {name: SimpleNamespace(module=module, source="./m") for name, module in calls.items()}
    return SimpleNamespace(resources=dict.fromkeys(resources), calls=listed)


PLANNED = configuration("aws_a.x", "data.aws_d.d", m=configuration("aws_b.y"))


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Write a root module with one child, and change to another directory."""
    write(tmp_path, plan__json="{}")
    write(tmp_path / "stack", main__tf=MAIN, plan__json="{}")
    write(tmp_path / "stack/m", main__tf=CHILD)
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    return tmp_path / "stack"


def test_the_option_names_a_directory(stack: Path) -> None:
    found = find(stack, None, PLANNED)

    assert found.sources is not None
    assert found.sources.root == stack
    assert found.messages == ()


def test_the_sources_option_is_used_without_a_configuration_to_compare(stack: Path) -> None:
    assert find(stack, None, None).sources is not None
    assert find(None, stack / "plan.json", None).sources is None


@pytest.mark.parametrize(
    ("planned", "named"),
    [
        (configuration("aws_a.x", "aws_a.z", m=configuration("aws_b.y")), "only the plan has `aws_a.z`"),
        (configuration(m=configuration("aws_b.y")), "only they declare `aws_a.x`"),
        (configuration("aws_a.x", m=configuration()), "only they declare `module.m.aws_b.y`"),
        (configuration("aws_a.x"), "only they declare `module.m`"),
    ],
)
def test_sources_of_another_plan_are_refused_with_what_differs(stack: Path, planned: Any, named: str) -> None:
    with pytest.raises(InputError, match=named):
        find(stack, None, planned)

    found = find(None, stack / "plan.json", planned)
    assert found.sources is None
    assert any(named in message for message in found.messages)
    assert any(f"`{stack}`" in message for message in found.messages)


def test_an_unreadable_file_is_named_as_the_cause_of_a_difference(stack: Path) -> None:
    (stack / "main.tf").unlink()
    (stack / "main.tf").symlink_to("/etc/hostname")
    (stack / "other.tf").write_text("")
    with pytest.raises(InputError, match=r"only the plan has `.*`; main.tf:1: .* is not read: it is a link"):
        find(stack, None, PLANNED)


def test_a_sources_option_without_terraform_files_is_refused(stack: Path) -> None:
    (stack / "file").write_text("")
    (stack / "empty").mkdir()
    for name, message in {
        "no": "does not exist",
        "file": "neither a directory nor",
        "empty": "no Terraform files",
    }.items():
        with pytest.raises(InputError, match=message):
            find(stack / name, None, PLANNED)


def test_sources_beside_the_plan_are_found(stack: Path) -> None:
    found = find(None, stack / "plan.json", PLANNED)

    assert found.sources is not None
    assert found.sources.root == stack


def test_a_plan_in_a_pipe_is_not_opened(stack: Path) -> None:
    os.mkfifo(stack / "pipe")
    found = find(None, stack / "pipe", PLANNED)

    assert found.sources is None
    assert found.messages == ("there are no Terraform files in `.`: no sources are used",)


def test_sources_in_the_current_directory_are_found(stack: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(stack)
    found = find(None, stack.parent / "plan.json", PLANNED)

    assert found.sources is not None
    assert found.messages == (f"there are no Terraform files in `{stack.parent}`: no sources are used",)


def test_the_only_matching_directory_of_the_work_tree_is_found(stack: Path) -> None:
    (stack.parent / ".git").mkdir()
    found = find(None, None, PLANNED)

    assert found.sources is not None
    assert found.sources.root is not None
    assert found.sources.root.resolve() == stack
    shutil.copytree(stack, stack.parent / "twin")
    assert find(None, None, PLANNED).sources is None


def test_missing_modules_are_not_compared(stack: Path) -> None:
    shutil.rmtree(stack / "m")

    assert find(stack, None, PLANNED).sources is not None


def test_text_that_looks_like_a_block_is_not_a_difference(stack: Path) -> None:
    write(stack, b__tf='/*\nresource "aws_z" "z" {\n*/\nlocals {\n t = <<E\nresource "a" "b" {}\nE\n}\n')

    assert find(stack, None, PLANNED).sources is not None


def test_tofu_files_count_if_opentofu_made_the_plan(stack: Path) -> None:
    write(stack, main__tofu='resource "aws_tofu" "x" {}\n')

    for planned in (PLANNED, configuration("aws_tofu.x")):
        assert find(stack, None, planned).sources is not None
    assert find(stack, None, PLANNED, opentofu=False).sources is not None
    with pytest.raises(InputError):
        find(stack, None, PLANNED, opentofu=True)


def test_the_sources_in_a_saved_plan_are_used(stack: Path) -> None:
    entries = {"tfconfig/m-/main.tf": MAIN, "tfconfig/m-m/main.tf": CHILD}
    records = [{"Key": "", "Dir": "."}, {"Key": "m", "Dir": "m"}]
    plan = saved(stack / "tfplan", entries, records)

    for found in (find(plan, None, PLANNED), find(None, plan, PLANNED)):
        assert found.sources is not None
        assert found.sources.root == stack
        assert found.sources.read_file("main.tf") == MAIN.encode()
    write(stack, main__tf=MAIN + "# changed since\n")
    changed = find(plan, None, PLANNED).sources
    assert changed is not None
    assert changed.root is None


def test_the_sources_of_every_case_are_found() -> None:
    for path in part(sorted(TESTDATA.rglob("plan.json")), 4):
        find_sources_of_case(path)


def find_sources_of_case(path: Path) -> None:
    planned = load(path).plans[0].configuration
    found = find(None, path, planned)

    assert found.sources is not None, found.messages
    assert found.sources.problems == []
    if (path.parent / "tfplan").exists():
        assert find(path.parent / "tfplan", path, planned).sources is not None


def test_a_directory_with_very_short_blocks_is_found(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / ".git").mkdir()
    write(tmp_path / "short", main__tf="module aa{}\nmodule bb{}\nmodule cc{}")
    monkeypatch.chdir(tmp_path)

    found = find(None, None, configuration(aa=None, bb=None, cc=None))

    assert found.sources is not None
    assert found.sources.root == Path("short")


def test_a_module_source_that_is_an_expression_is_taken_from_the_plan(stack: Path) -> None:
    write(stack, main__tf=MAIN.replace('"./m"', '"./${var.name}"'))
    found = find(stack, None, PLANNED)

    assert found.sources is not None
    assert found.sources.declares(("m",)) == frozenset({("aws_b", "y")})
