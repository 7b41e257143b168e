from __future__ import annotations

import json as standard
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest

import tfcheck.report
from tests.report import samples
from tests.rows import every_row
from tfcheck import __version__
from tfcheck.config.waivers import FIELDS
from tfcheck.report.json import document, encode, finding_document, json
from tfcheck.symbolic.doubt import DoubtKind, HintKind
from tfcheck.vocabulary import fingerprint
from tfcheck.vocabulary.finding import Reason, Report, Severity, Skipped, Verdict

SCHEMA: dict[str, Any] = standard.loads(Path(tfcheck.report.__path__[0], "report.schema.json").read_text())
VALIDATOR = jsonschema.Draft202012Validator(SCHEMA)


def test_a_waiver_can_name_the_fields_that_findings_have() -> None:
    (definitions,) = (SCHEMA[each] for each in ("$defs", "definitions") if each in SCHEMA)
    assert list(definitions["finding"]["properties"]) == list(FIELDS)


def test_conditions_of_waivers_know_the_fields_of_a_finding() -> None:
    assert set(FIELDS) == set(finding_document(samples.FINDING))


def test_the_schema_is_one() -> None:
    jsonschema.Draft202012Validator.check_schema(SCHEMA)


@every_row(
    "report",
    [
        samples.BROKEN,
        samples.MIXED,
        samples.report(),
        samples.report(samples.allowed(), context={"repository": "acme/infra", "pull_request": 42}),
    ],
)
def test_reports_keep_to_the_schema(report: Report) -> None:
    VALIDATOR.validate(standard.loads(json(report)))


def test_a_broken_promise_is_noticed() -> None:
    shown = document(samples.BROKEN)
    del shown["requirements"][0]["verdict"]
    assert not VALIDATOR.is_valid(shown)


def test_fields_may_be_added_but_nothing_that_was_promised_goes() -> None:
    shown = document(samples.BROKEN)
    shown["findings"][0]["later"] = 1
    assert VALIDATOR.is_valid(shown)
    assert set(shown) >= {"format_version", "tfcheck_version", "plan", "summary", "requirements", "findings", "skipped"}


def test_the_schema_knows_every_word_of_the_answers() -> None:
    requirement = SCHEMA["$defs"]["requirement"]["properties"]
    assert set(requirement["reason"]["enum"]) == {*(reason.value for reason in Reason), None}
    assert set(requirement["verdict"]["enum"]) == {verdict.value for verdict in Verdict}
    assert set(requirement["severity"]["enum"]) == {severity.value for severity in Severity}


def test_a_row_holds_what_was_decided() -> None:
    row = document(samples.BROKEN)["requirements"][0]
    assert row == {
        "fingerprint": fingerprint.answer_fingerprint(samples.DENIED),
        "id": samples.DENIED.requirement.id,
        "rule": "env-file",
        "task_definition": samples.TASK,
        "container": "app",
        "pointer": "/0/environmentFiles/0",
        "role": "aws_iam_role.execution",
        "role_kind": "execution",
        "action": "s3:GetObject",
        "resource": "arn:aws:s3:::acme-config/web/prod.env",
        "subject": None,
        "severity": "error",
        "cause": "environment file of container `app`",
        "verdict": "denied",
        "before": "allowed",
        "reason": "implicit_deny",
        "waits_for": None,
        "waits_for_kind": None,
        "waits_for_hint": None,
        "assumptions": [],
        "needed_at": None,
        "evidence": [
            {
                "policy": "aws_iam_role_policy.env_file",
                "sid": "EnvFile",
                "effect": "Allow",
                "kind": "other_resource",
                "because": "resource does not match",
                "condition_key": None,
                "granted_to": None,
                "patterns": ["arn:aws:s3:::acme-config/api/*", "arn:aws:s3:::acme-other/*"],
                "location": {"file": "main.tf", "line": 12, "end_line": 30},
                "number": None,
            }
        ],
    }


def test_the_summary_counts() -> None:
    assert document(samples.MIXED)["summary"] == {
        "task_definitions": 5,
        "requirements": 4,
        "allowed": 1,
        "denied": 2,
        "unknown": 2,
        "errors": 1,
        "warnings": 0,
        "waived": 0,
    }
    assert len(samples.MIXED.skipped) == 1, "what could not be analysed counts as unknown"


def test_findings_point_at_their_rows_and_places() -> None:
    shown = document(samples.BROKEN)
    finding = shown["findings"][0]
    assert finding["requirements"] == [row["id"] for row in shown["requirements"]]
    assert finding["location"] == {"file": "main.tf", "line": 12, "end_line": 30}
    assert finding["needed_at"] == {"file": "modules/service/main.tf", "line": 104, "end_line": 120}


def test_versions_and_plan_are_named() -> None:
    shown = document(samples.report())
    assert (shown["format_version"], shown["tfcheck_version"]) == ("1.0", __version__)
    assert shown["plan"] == {
        "path": "plan.json",
        "format_version": "1.2",
        "terraform_version": "1.11.4",
        "sources": ".",
        "directory": None,
        "file": None,
        "complete": True,
    }
    assert "context" not in shown


def test_what_does_not_print_is_escaped_and_still_reads_the_same() -> None:
    hostile = 'x\x1b[2J\x7f\x9b\u202e\u2028é\U000e0041"'
    shown = json(samples.report(skipped=(Skipped(hostile, "because"),)))
    assert shown.replace("\n", "").isprintable()
    assert standard.loads(shown)["skipped"][0]["address"] == hostile


def test_a_file_name_that_is_not_utf_8_does_not_stop_the_report() -> None:
    report = samples.report()
    plan = msgspec.structs.replace(report.plan, path="pl\udce4n.json")
    shown = json(msgspec.structs.replace(report, plan=plan))
    assert standard.loads(shown)["plan"]["path"] == "pl\\udce4n.json"


def test_one_line_each_when_there_are_several() -> None:
    assert encode({"a": ["b\n"]}, indent=False) == '{"a":["b\\n"]}\n'
    assert json(samples.MIXED, indent=False).count("\n") == 1


@pytest.mark.parametrize(("field", "kinds"), [("waits_for_kind", DoubtKind), ("waits_for_hint", HintKind)])
def test_every_kind_is_in_the_schema_and_on_the_page(field: str, kinds: type[DoubtKind | HintKind]) -> None:
    page = (Path(__file__).parents[2] / "docs" / "json.md").read_text(encoding="utf-8")
    values = [each.value for each in kinds]
    assert SCHEMA["$defs"]["requirement"]["properties"][field]["enum"] == [*values, None]
    assert [each for each in values if f"`{each}`" not in page] == []
