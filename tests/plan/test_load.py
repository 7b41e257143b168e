"""Whatever is passed as a plan: analysed, or refused in one line."""

from __future__ import annotations

import json
import os
import re
import threading
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.plan.made import PLANS, SMALLEST, TESTDATA, loaded
from tests.rows import every_row
from tfcheck.plan import SavedPlanError, load
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from pathlib import Path

PLAN = json.dumps(SMALLEST)
REAL = (TESTDATA / "modules-passing-arns" / "plan.json").read_bytes()


def refused(text: str | bytes) -> InputError:
    with pytest.raises(InputError) as caught:
        loaded(text)
    assert "\n" not in caught.value.message
    assert caught.value.exit_status == 3
    return caught.value


@pytest.mark.long
def test_every_plan_of_the_cases_loads_without_a_warning() -> None:
    for path in PLANS:
        load_without_a_warning(path)


def load_without_a_warning(path: Path) -> None:
    found = load(path)
    assert found.warnings == ()
    (plan,) = found.plans
    assert plan.label == str(path)
    assert plan.format_version == json.loads(path.read_bytes())["format_version"]
    assert plan.terraform_version.startswith(("1.11.", "1.12.", "1.15."))
    assert plan.complete
    assert plan.has_changes


@every_row("path", sorted(TESTDATA.glob("*/state.json")))
def test_a_state_of_the_cases_is_refused(path: Path) -> None:
    with pytest.raises(InputError, match="is a Terraform state shown as JSON, not a plan") as caught:
        load(path)
    assert str(path) in caught.value.message
    assert "show -json" in caught.value.hint


@every_row(
    ("before", "encoding"),
    [
        (b"\xef\xbb\xbf", "utf-8"),
        (b"\xff\xfe", "utf-16-le"),
        (b"\xfe\xff", "utf-16-be"),
        (b"", "utf-16-le"),
        (b"", "utf-16-be"),
        (b"\n  ", "utf-8"),
    ],
)
def test_byte_order_marks_and_utf_16_are_read(before: bytes, encoding: str) -> None:
    found = loaded(before + json.dumps(SMALLEST | {"variables": {"ä": {"value": "ü"}}}).encode(encoding))
    assert found.plans[0].variables == {"ä": "ü"}
    assert found.warnings == ()


def test_broken_utf_16_is_refused_with_its_offset() -> None:
    text = b"\xff\xfe" + PLAN.encode("utf-16-le")
    assert f"broken UTF-16 at byte {len(text) - 4}" in refused(text[:-1]).message


def test_a_wrappers_line_before_the_json_is_skipped_with_a_warning() -> None:
    found = loaded("[command]/opt/terraform-bin show -json tfplan\n" + PLAN)
    assert len(found.plans) == 1
    assert "terraform_wrapper: false" in found.warnings[0]


@pytest.mark.parametrize("between", ["", "\n", "\n\n  "])
def test_several_plans_in_one_file_are_several_plans(between: str, tmp_path: Path) -> None:
    texts = [json.dumps(SMALLEST | {"variables": {"n": {"value": n}}}) for n in range(3)]
    path = tmp_path / "all.json"
    path.write_text(between.join(texts) + "\n")
    plans = load(path).plans
    assert [plan.variables for plan in plans] == [{"n": 0}, {"n": 1}, {"n": 2}]
    assert [plan.label for plan in plans] == [str(path), f"{path}#2", f"{path}#3"]


@every_row("version", ["0.1", "0.2", "1.0", "1.2", "1.10", "1.99"])
def test_known_majors_are_read_with_any_minor(version: str) -> None:
    found = loaded(json.dumps(SMALLEST | {"format_version": version}))
    assert found.plans[0].format_version == version


def test_a_newer_major_is_refused() -> None:
    error = refused(json.dumps(SMALLEST | {"format_version": "10.0"}))
    assert "format version 10.0" in error.message
    assert error.hint == "upgrade tfcheck"


def test_a_plan_without_format_version_is_read_with_a_warning() -> None:
    found = loaded('{"resource_changes": [], "configuration": {"root_module": {}}}')
    assert found.plans[0].format_version == ""
    assert "format_version" in found.warnings[0]


def test_a_redacted_plan_is_read_with_a_warning() -> None:
    found = loaded('{"plan_format_version": "1.2", "resource_changes": [], "provider_schemas": {}}')
    (plan,) = found.plans
    assert plan.is_redacted
    assert plan.format_version == "1.2"
    assert plan.configuration is None
    assert "redacted" in found.warnings[0]


@pytest.mark.parametrize("missing", ["terraform_version", "resource_changes"])
def test_optional_keys_may_be_missing_or_null(missing: str) -> None:
    whole: dict[str, Any] = SMALLEST | {"planned_values": {}}
    for text in ({key: value for key, value in whole.items() if key != missing}, whole | {missing: None}):
        (plan,) = loaded(json.dumps(text)).plans
        assert plan.instances("aws_iam_role") == []
        assert isinstance(plan.terraform_version, str)


def test_a_refresh_only_plan_says_nothing_about_changes() -> None:
    (plan,) = loaded('{"format_version": "1.2", "planned_values": {}, "configuration": {"root_module": {}}}').plans
    assert not plan.has_changes


def test_a_plan_of_nulls_is_a_plan_of_nothing() -> None:
    keys = ("resource_changes", "variables", "prior_state", "planned_values", "complete", "errored")
    (plan,) = loaded(json.dumps(SMALLEST | dict.fromkeys(keys))).plans
    assert plan.variables == {}
    assert plan.provider_configs == {}
    assert plan.data_sources("aws_iam_role") == []
    assert [str(path) for path in plan.module_instances()] == [""]


def test_the_last_of_duplicate_keys_wins() -> None:
    (plan,) = loaded('{"format_version": "9.0", ' + json.dumps(SMALLEST | {"format_version": "1.1"})[1:]).plans
    assert plan.format_version == "1.1"


def test_numbers_beyond_64_bits_are_read_exactly() -> None:
    large = 2**80 + 1
    (plan,) = loaded(json.dumps(SMALLEST | {"variables": {"n": {"value": large}}})).plans
    assert plan.variables == {"n": large}


@every_row(
    ("text", "message", "hint"),
    [
        ("", "is empty", "show -json"),
        (" \n", "is empty", "show -json"),
        ("[]", "is JSON, but not a Terraform plan", "show -json"),
        ('"plan"', "is JSON, but not a Terraform plan", "show -json"),
        ("{}", "is JSON, but not a Terraform plan", "show -json"),
        ('{"resource_changes": {}}', "is JSON, but not a Terraform plan: Expected `array | null`", "show -json"),
        ('{"format_version": "1.0"}', "is an empty Terraform state", "show -json"),
        ('{"format_version": "1.0", "terraform_version": "1.11.4"}\n', "is an empty Terraform state", "show -json"),
        ('{"format_version": "1.0", "findings": []}', "is JSON, but not a Terraform plan", "show -json"),
        ('{"format_version": "1.0", "tfcheck_version": "0.1"}', "is a tfcheck report, not a plan", "tfcheck report"),
        ('{"format_version": "1.0", "provider_schemas": {}}', "`providers schema -json`", "show -json"),
        ('{"format_version": "1.0", "valid": true, "diagnostics": []}', "`validate -json`", "show -json"),
        ('{"format_version": "1.0", "function_signatures": {}}', "`metadata functions -json`", "show -json"),
        ('{"format_version": "1.0", "values": {}}', "is a Terraform state shown as JSON", "show -json"),
        ('{"version": 4, "serial": 1, "lineage": "x", "resources": []}', "is a Terraform state, not a plan", "-out"),
        ('{"@level": "info", "type": "version"}\n{"@level": "info"}', "is a log of `plan -json`", "-out=tfplan"),
        ('{"remote_plan_format": 1, "run_id": "r", "hostname": "h"}', "is the bookmark of a remote", "show -json"),
        ('{"meta": {}, "encrypted_data": "x", "encryption_version": "v0"}', "encrypted by OpenTofu", "tofu show"),
        (b"tfplan\x01\x02", "before 0.12", "run `terraform plan` again"),
        (b"\0\0\0\0", "is not JSON", "show -json"),
        ('{"format_version": "\0"}', "is not JSON", "show -json"),
        ("\nTerraform will perform the following actions:\n", "is the text of a plan, shown without", "show -json"),
        ("OpenTofu used the selected providers to generate", "is the text of a plan, shown without", "show -json"),
        ('{"a":' * 100_000, "nested too deep", "show -json"),
        ('{"format_version": "one", "planned_values": {}}', "format_version", "show -json"),
        (json.dumps(SMALLEST | {"errored": True}), "not a complete plan", "run `terraform plan` again"),
        (json.dumps(SMALLEST | {"complete": False}), "not a complete plan", "-target"),
        (PLAN + "\nDone.", f"something else after the plan, at byte {len(PLAN) + 1}", "show -json"),
        (PLAN + '\n{"a": 1}', "document 2 of standard input is JSON, but no", "show -json"),
        (PLAN + '\n{"@level": "info"}', "document 2 of standard input is a log", "show -json"),
        (PLAN[:-2], f"ends at byte {len(PLAN) - 2}", "show -json"),
        (
            b'{"format_version": "1.2", "resource_changes": [{"address": "\xff", "type": "x"}]}',
            "not UTF-8",
            "show -json",
        ),
    ],
)
def test_what_is_not_a_complete_plan_is_refused(text: str | bytes, message: str, hint: str) -> None:
    error = refused(text)
    assert message in error.message
    assert hint in error.hint


WRAPPED = "[command]/opt/terraform-bin show -json tfplan\n"
COMMANDS = "\n".join(
    (
        "::debug::Terraform exited with code 0.",
        f"::debug::stdout: {PLAN}%0A",
        "::debug::stderr: ",
        "::set-output name=x::0",
    )
)


@every_row("before", ["", WRAPPED, f"::group::show\r\n{WRAPPED}"])
@every_row("between", ["", "\n", "\r\n\r\n"])
@every_row("after", ["", "\n", "\n##[endgroup]\n"])
def test_what_the_wrapper_of_setup_terraform_prints_is_passed_over(before: str, between: str, after: str) -> None:
    found = loaded(f"{before}{PLAN}{between}{COMMANDS}{after}")
    assert len(found.plans) == 1
    assert bool(found.warnings) is bool(before)


def test_a_plan_after_the_wrapper_s_commands_is_not_lost() -> None:
    assert len(loaded(f"{PLAN}\n{COMMANDS}\n{PLAN}\n{COMMANDS}\n").plans) == 2
    assert "is not JSON" in refused(f"{PLAN}\n{COMMANDS}\nDone.").message


def test_a_saved_plan_has_an_error_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "tfplan"
    path.write_bytes(b"PK\x03\x04rest")
    with pytest.raises(SavedPlanError, match="saved plan"):
        load(path)


def test_files_that_cannot_be_read_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"there is no file `.*/none\.json`"):
        load(tmp_path / "none.json")
    with pytest.raises(InputError, match="is a directory") as caught:
        load(tmp_path)
    assert "show -json" in caught.value.hint
    (tmp_path / "plan.json").touch()
    with pytest.raises(InputError, match="is a directory") as caught:
        load(tmp_path)
    assert caught.value.hint == f"did you mean `{tmp_path / 'plan.json'}`?"
    with pytest.raises(InputError, match="cannot be read"):
        load(tmp_path / "nul\0byte")


def test_a_file_without_permission_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "plan.json"
    path.write_text(PLAN)
    path.chmod(0)
    if os.access(path, os.R_OK):
        pytest.skip("this user may read everything")
    with pytest.raises(InputError, match="may not be read"):
        load(path)


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no named pipes here")
def test_a_pipe_is_read(tmp_path: Path) -> None:
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    writer = threading.Thread(target=pipe.write_text, args=(PLAN,))
    writer.start()
    assert load(pipe).plans[0].format_version == "1.2"
    writer.join()


@given(st.integers(min_value=0, max_value=len(REAL.rstrip()) - 1))
@example(0)
@example(1)
def test_a_plan_cut_anywhere_is_refused(cut: int) -> None:
    assert re.search("is empty|is cut short", refused(REAL[:cut]).message)


@given(st.binary(max_size=200))
def test_random_bytes_are_refused(noise: bytes) -> None:
    refused(noise)


@given(st.integers(min_value=0, max_value=len(REAL) - 1), st.binary(min_size=1, max_size=4))
def test_a_damaged_plan_is_read_or_refused(at: int, noise: bytes) -> None:
    try:
        (plan, *_) = loaded(REAL[:at] + noise + REAL[at + len(noise) :]).plans
        for each in plan.instances("aws_iam_role", "aws_ecs_task_definition", "aws_iam_role_policy"):
            assert each.after is not None or not each.exists_after
        assert plan.data_sources("aws_iam_policy_document") is not None
        assert plan.module_instances()
        assert plan.configuration is None or plan.configuration.calls is not None
    except InputError:
        pass  # refused in one line: any other exception fails the test


def test_a_closed_standard_input_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", None)
    with pytest.raises(InputError, match="standard input cannot be read"):
        load(None)


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there are no devices")
def test_a_device_is_not_read_to_its_end(tmp_path: Path) -> None:
    (tmp_path / "plan.json").symlink_to("/dev/zero")
    with pytest.raises(InputError, match=r"plan\.json` cannot be read: it is a device"):
        load(tmp_path / "plan.json")
    with pytest.raises(InputError, match="is empty"):
        load(tmp_path / os.devnull)
