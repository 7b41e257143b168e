"""Check that the program that made a saved plan turns it into JSON, or that the error shows what to do."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.repository.git import git, init
from tfcheck.analysis.inputs import read_plans
from tfcheck.hcl.modules.saved_plan import as_json
from tfcheck.hcl.modules.sources import is_saved_plan
from tfcheck.repository import SourceAccess
from tfcheck.vocabulary.errors import InputError

SHOW = """#!/bin/sh
echo "$@" > "$TMP_LOG"
pwd >> "$TMP_LOG"
"""


@pytest.fixture
def programs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make an empty directory the only one on PATH except the shell's."""
    directory = tmp_path / "bin"
    directory.mkdir()
    monkeypatch.setenv("PATH", str(directory))
    monkeypatch.setenv("TMP_LOG", str(tmp_path / "log"))
    monkeypatch.delenv("TF_DATA_DIR", raising=False)
    return directory


def program(directory: Path, name: str, script: str) -> None:
    (directory / name).write_text(SHOW + script)
    (directory / name).chmod(0o755)


def plan(tmp_path: Path) -> Path:
    (tmp_path / "stack" / ".terraform").mkdir(parents=True)
    path = tmp_path / "stack" / "tfplan"
    path.write_bytes(b"PK\x03\x04")
    return path


def test_a_saved_plan_is_recognised_by_its_first_bytes(tmp_path: Path) -> None:
    assert is_saved_plan(plan(tmp_path))
    (tmp_path / "plan.json").write_text("{}")
    assert not is_saved_plan(tmp_path / "plan.json")
    assert not is_saved_plan(tmp_path / "none")


def test_terraform_show_runs_in_the_initialised_directory(tmp_path: Path, programs: Path) -> None:
    program(programs, "terraform", 'echo \'{"format_version": "1.2"}\'')
    path = plan(tmp_path)

    assert as_json(path) == b'{"format_version": "1.2"}\n'
    assert (tmp_path / "log").read_text().splitlines() == [f"show -json -no-color {path}", str(path.parent)]


def test_the_wrapper_of_setup_terraform_may_print_lines_around_the_json(tmp_path: Path, programs: Path) -> None:
    lines = ["[command]terraform-bin show", '{"format_version": "1.2"}', "::debug::Terraform exited with code 0."]
    program(programs, "terraform", "".join(f"echo '{each}'\n" for each in lines))

    assert as_json(plan(tmp_path)).decode().splitlines() == lines


def test_tofu_show_runs_if_terraform_fails(tmp_path: Path, programs: Path) -> None:
    program(programs, "terraform", "echo 'Error: Failed to read plan' >&2; exit 1")
    program(programs, "tofu", "echo '{}'")

    assert as_json(plan(tmp_path)) == b"{}\n"


def test_without_terraform_and_tofu_the_error_shows_what_to_run(tmp_path: Path, programs: Path) -> None:
    with pytest.raises(InputError, match="neither `terraform` nor `tofu` is on PATH") as raised:
        as_json(plan(tmp_path))

    assert "terraform show -json tfplan > plan.json" in raised.value.hint


def test_only_the_title_of_terraforms_error_is_shown(tmp_path: Path, programs: Path) -> None:
    program(programs, "terraform", "printf 'x\\nError: No schema\\n  canary\\n' >&2; exit 1")
    with pytest.raises(InputError, match="`terraform show` says: No schema") as raised:
        as_json(plan(tmp_path))

    assert "canary" not in raised.value.message


def test_a_program_in_the_current_directory_is_not_run(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """PATH may name it, also by an empty entry, and a pull request may have a program there."""
    program(programs, "tofu", "echo '{}'")
    checkout = tmp_path / "checkout"
    checkout.mkdir()
    for name in ("terraform", "tofu"):
        program(checkout, name, f"touch {tmp_path}/ran; exit 1")
    monkeypatch.chdir(checkout)
    monkeypatch.setenv("PATH", f":.:{checkout}:{programs}:/usr/bin:/bin")

    assert as_json(plan(tmp_path)) == b"{}\n"
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("variable", "is_run"), [("", True), ("CI", False)])
@pytest.mark.parametrize("linked", [False, True])
def test_a_program_that_git_tracks_is_not_run_in_ci(
    linked: bool, variable: str, is_run: bool, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A job may add a directory of the checkout to PATH; a clone elsewhere, such as tfenv's, is the job's."""
    for each in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(each, raising=False)
    if variable:
        monkeypatch.setenv(variable, "true")
    tools = init(tmp_path / "checkout") / "tools"
    tools.mkdir()
    program(tools, "terraform", "echo '{}'")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    git(tools, "add", "terraform")
    if linked:
        (programs / "terraform").symlink_to(tools / "terraform")
    monkeypatch.setenv("PATH", f"{programs if linked else tools}:/bin")
    saved = plan(tmp_path)
    assert as_json(saved) == b"{}\n"
    monkeypatch.chdir(tools.parent)
    if is_run:
        assert as_json(saved) == b"{}\n"
    else:
        with pytest.raises(InputError, match="neither `terraform` nor `tofu` is on PATH"):
            as_json(saved)


@pytest.mark.parametrize("variable", ["", "CI"])
@pytest.mark.parametrize("name", ["plan.json", "plan.json.gz", "tfplan"])
def test_what_a_pull_request_may_have_put_in_the_place_of_json_runs_nothing(
    name: str, variable: str, tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A pattern for plans may match a saved plan that the pull request contains, with providers beside it."""
    for each in ("CI", "GITHUB_ACTIONS"):
        monkeypatch.delenv(each, raising=False)
    if variable:
        monkeypatch.setenv(variable, "true")
    program(programs, "terraform", "echo '{}'")
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    saved = plan(tmp_path).rename(tmp_path / "stack" / name)
    init(saved.parent)
    git(saved.parent, "add", "-f", name)
    with pytest.raises(InputError) as raised:
        read_plans(saved, None, SourceAccess())

    ran = name == "tfplan" and not variable
    assert (tmp_path / "log").exists() is ran
    assert ("is a saved plan" in raised.value.message) is not ran
    assert raised.value.message.endswith("the pull request may have written it") is (
        name == "tfplan" and bool(variable)
    )


def test_a_saved_plan_is_not_converted_in_ci_if_gits_index_cannot_be_read(
    tmp_path: Path, programs: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CI", "true")
    program(programs, "terraform", "echo '{}'")
    saved = plan(tmp_path)
    monkeypatch.setenv("PATH", f"{programs}:/usr/bin:/bin")
    (init(saved.parent) / ".git" / "index").write_bytes(b"DIRC")
    with pytest.raises(InputError, match="the pull request may have written it"):
        read_plans(saved, None, SourceAccess())
