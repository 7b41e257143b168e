"""Malformed references of task definitions are corrected where they are written, and the checks find nothing then."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.fix.found import copied, found_in, plan_in, replaced
from tfcheck.analysis.check import check
from tfcheck.analysis.fix_session import fix
from tfcheck.analysis.options import FixSelection
from tfcheck.fix import FixChoice, find_fixes
from tfcheck.fix.proof.second_reader import SecondOpinion, compare
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.proposal import DraftFix
from tfcheck.hcl.modules import from_directory
from tfcheck.inventory.plan_world import After
from tfcheck.resolve import Resolver
from tfcheck.vocabulary.address import ModulePath
from tfcheck.vocabulary.finding import Finding

CASE = "twelve-services"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return copied(CASE, tmp_path)


def found(folder: Path, *, corrects: bool = True) -> dict[str, tuple[Finding, DraftFix]]:
    """Return the corrections by rule."""
    known = found_in(folder, FixChoice(corrects=corrects)).fixes
    assert all(known.remedy(each.finding) is None for each in known.found if each.finding)
    corrected = (each for each in known.found if each.finding and each.finding.rule in NEW)
    return {each.finding.rule: (each.finding, each) for each in corrected if each.finding}


NEW = {
    "env-file-type": '"s3"',
    "env-file-arn": '"${aws_s3_bucket.config.arn}/api.env"',
    "platform-version": '"LATEST"',
    "secret-reference": '"${aws_secretsmanager_secret.database.arn}:password::"',
}


def test_each_is_corrected_where_the_module_is_called(folder: Path) -> None:
    corrections = found(folder)
    assert {rule: each.fix.hcl for rule, (_, each) in corrections.items()} == NEW
    for finding, each in corrections.values():
        assert (each.fix.safety, each.fix.proven, each.fix.title[:8]) == ("review", True, "correct ")
        assert compare(each.insertions[0].source.text, each.insertions) is SecondOpinion.SAME_BUT_INSERTED, (
            finding.message
        )


def test_safe_only_corrects_nothing(folder: Path) -> None:
    assert found(folder, corrects=False) == {}


def test_what_is_left_is_listed_with_what_to_do(folder: Path) -> None:
    done = fix([str(folder / "plan.json")], str(folder), FixSelection())
    assert sum("correct `" in each for each in done.summary) == len(NEW)
    left = [each for each in done.notes if each.startswith("left for you: ")]
    assert any("[env-file-count]" in each for each in left)
    assert not any(f"[{rule}]" in each for rule in NEW for each in left)


def test_what_is_written_has_no_such_finding_left(folder: Path) -> None:
    only = tuple(NEW)
    done = fix([str(folder / "plan.json")], str(folder), FixSelection(only=only), into_files=True)
    assert (done.changed, len(done.summary)) == (1, len(NEW))
    assert found(folder) == {}


VALUE = 'value = "hunter2", valueFrom = "${aws_secretsmanager_secret.database.arn}:password"'


def test_a_line_that_could_show_a_credential_is_not_used(folder: Path) -> None:
    replaced(folder / "main.tf", 'valueFrom = "${aws_secretsmanager_secret.database.arn}:password"', VALUE)
    assert "secret-reference" not in found(folder)


@pytest.mark.parametrize(
    "wrong", ['"${aws_s3_bucket.config.arn}app/prod.env"', '"s3://${aws_s3_bucket.config.bucket}/app/prod.env"']
)
def test_json_in_a_heredoc_is_corrected_as_well(tmp_path: Path, wrong: str) -> None:
    folder = copied("heredoc-containers", tmp_path)
    right = '"${aws_s3_bucket.config.arn}/app/prod.env"'
    replaced(folder / "main.tf", right, wrong)
    plan, sources = plan_in(folder), from_directory(folder)
    findings = [each for each in check(plan, sources).findings if each.rule == "env-file-arn"]
    (draft,) = find_fixes(findings, After(Resolver(plan, sources))).found
    assert draft.fix.hcl == right
    assert f'+          {{"type": "s3", "value": {right}}}' in draft.fix.diff


def test_values_and_options_of_locals_are_corrected_there(tmp_path: Path) -> None:
    listed = found_in(copied("mistakes-in-local-values", tmp_path)).fixes.found
    titles = {each.finding.rule: each.fix.title for each in listed if each.finding is not None}
    url = "correct `s3://${aws_s3_bucket.env.bucket}/shop/prod.env` to `${aws_s3_bucket.env.arn}/shop/prod.env`"
    assert titles["env-file-arn"] == f"{url} in main.tf"
    assert titles["log-options"] == 'set `awslogs-stream-prefix` to `"ecs"` in a local value'


def test_what_instances_have_in_common_is_left_to_the_user_once(tmp_path: Path) -> None:
    folder = copied("thirty-services", tmp_path)
    long = "A" * 3_000 + "_TOKEN"
    entries = ", ".join(f'{{ name = "{name}", value = "changeme" }}' for name in ("KEY_PASSWORD", long))
    replaced(folder / "main.tf", "    essential = true\n", f"    essential = true\n    environment = [{entries}]\n")
    done = fix([str(folder / "plan.json")], str(folder), FixSelection())
    first, second = (each for each in done.notes if each.startswith("left for you: info["))
    assert first.startswith("left for you: info[credential-in-environment]: `KEY_PASSWORD` of container `app` is")
    assert "take it from a secret (30 task definitions)\n  to do: create a secret" in first
    assert first.count('resource "aws_secretsmanager_secret"') == 1
    assert second.endswith("(as above)")
    assert all(len(each) < 2_500 for each in second.split("\n"))


def test_a_default_of_a_variable_is_corrected(tmp_path: Path) -> None:
    known = found_in(copied("values-of-variables", tmp_path)).fixes
    assert {(each.fix.title, each.fix.safety, each.fix.proven) for each in known.found} == {
        ("correct `1.3.0` to `LATEST` in main.tf", "review", True),
        ("correct `1.1.0` to `LATEST` in main.tf", "review", True),
    }


def test_a_variable_that_has_another_value_than_its_default_is_to_be_set(tmp_path: Path) -> None:
    known = found_in(copied("values-of-variables", tmp_path))
    (remedy,) = {known.fixes.remedy(each) for each in known.report.findings if '["jobs"]' in each.message}
    assert remedy is not None
    assert remedy.hcl == 'platform_version = "LATEST"'
    assert remedy.words.startswith("set `var.jobs.platform_version` to `LATEST` where it gets its value")


def test_a_part_of_a_value_is_corrected_where_it_is_written(tmp_path: Path) -> None:
    known = found_in(copied("mistakes-in-parts", tmp_path)).fixes
    assert {each.fix.hcl for each in known.found} == {
        "aws_s3_bucket.config.arn",
        '"${aws_secretsmanager_secret.db.arn}:password::"',
        '"s3"',
    }


def test_a_default_that_the_sources_have_changed_since_is_believed(tmp_path: Path) -> None:
    folder = copied("values-of-variables", tmp_path)
    replaced(folder / "main.tf", '"1.3.0"', '"LATEST"')
    resolver = Resolver(plan_in(folder), from_directory(folder))
    after = Trial(resolver, resolver.sources).world.resolver.names
    assert after.variable(ModulePath(), "platform_version") == "LATEST"
