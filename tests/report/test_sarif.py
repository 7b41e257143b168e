from __future__ import annotations

import json as standard
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
from hypothesis import given

from tests.laws import tries
from tests.report import samples
from tests.report.hostile import filled, names, reports
from tests.rows import every_row
from tfcheck.report.manual import Manual
from tfcheck.report.sarif import document, sarif
from tfcheck.vocabulary.finding import Fix, Location, Report, Severity, Skipped
from tfcheck.vocabulary.waiver import Waived

SCHEMAS = Path(__file__).parent.parent.parent / "testdata" / "schemas"
VALIDATOR = jsonschema.Draft4Validator(standard.loads((SCHEMAS / "sarif-2.1.0.json").read_text(encoding="utf-8")))
MANUAL = Manual("env-file", "environment files", "Fetch the\nfiles.\n\nSee https://docs.aws.amazon.com/x.html.")


def run(*reports: Report) -> dict[str, Any]:
    shown = document(reports, [MANUAL])
    VALIDATOR.validate(shown)
    (only,) = shown["runs"]
    return dict(only)


def results(*reports: Report) -> list[dict[str, Any]]:
    return list(run(*reports)["results"])


@pytest.mark.parametrize("report", [samples.BROKEN, samples.MIXED, samples.report()])
def test_it_keeps_to_the_official_schema(report: Report) -> None:
    VALIDATOR.validate(standard.loads(sarif([report], [MANUAL])))


@given(reports)
@tries(10)
def test_so_does_what_was_forged(report: Report) -> None:
    VALIDATOR.validate(standard.loads(sarif([report])))


def test_every_missing_permission_is_a_result_at_the_line_that_needs_it() -> None:
    found = results(samples.BROKEN)
    assert [each["level"] for each in found] == ["error", "error"]
    for each in found:
        (place,) = each["locations"]
        assert place["physicalLocation"] == {
            "artifactLocation": {"uri": "modules/service/main.tf", "uriBaseId": "%SRCROOT%"},
            "region": {"startLine": 104},
        }
    assert [each["message"]["text"] for each in found[0]["relatedLocations"]] == [
        "fix here",
        "aws_iam_role_policy.env_file",
    ]


def test_what_is_not_decided_is_a_note() -> None:
    evidence = (msgspec.structs.replace(samples.DENIED.evidence[0], effect=""),)
    answer = msgspec.structs.replace(samples.unknown(), evidence=evidence)
    (found,) = results(samples.report(answer))
    assert found["level"] == "note"
    assert found["locations"][0]["physicalLocation"]["region"] == {"startLine": 12}
    needed = msgspec.structs.replace(answer, needed_at=Location("main.tf", 4, 4))
    (placed,) = results(samples.report(needed))
    assert placed["locations"][0]["physicalLocation"]["region"] == {"startLine": 4}
    assert "is not decided: it depends on a value that is known only after apply" in found["message"]["text"]
    assert found["message"]["text"].endswith("check the next plan again, or set the value in the sources.")


def test_a_message_counts_the_other_results_of_its_rule_at_the_line() -> None:
    """GitHub's fingerprint is that of the line, so it may show one alert for all."""
    answers = [msgspec.structs.replace(samples.DENIED, requirement=samples.need(resource=name)) for name in "abc"]
    finding = msgspec.structs.replace(samples.FINDING, answers=tuple(answers))
    for each in results(samples.report(*answers, findings=(finding,))):
        assert each["message"]["text"].endswith(". This rule has 2 more results at this line.")
    without = [msgspec.structs.replace(each, role=None) for each in answers]
    finding = msgspec.structs.replace(samples.FINDING, answers=tuple(without))
    for each in results(samples.report(*without, findings=(finding,))):
        assert each["message"]["text"].startswith("the missing execution role is not allowed ")
    (alone,) = results(samples.report(samples.unknown()))
    assert "at this line" not in alone["message"]["text"]


def test_the_rule_brings_its_manual() -> None:
    (rule,) = run(samples.BROKEN)["tool"]["driver"]["rules"]
    assert rule["id"] == "env-file"
    assert rule["fullDescription"]["text"] == "Fetch the files."
    assert rule["help"]["markdown"] == MANUAL.text
    assert rule["helpUri"] == "https://docs.aws.amazon.com/x.html"
    assert rule["properties"]["security-severity"] == "8.0"
    assert run(samples.BROKEN)["results"][0]["ruleIndex"] == 0


def test_a_rule_that_is_not_known_is_there_too() -> None:
    rules = document([samples.BROKEN])["runs"][0]["tool"]["driver"]["rules"]
    assert [each["id"] for each in rules] == ["env-file"]
    assert all(each["help"]["text"] for each in rules)


def prints(report: Report) -> list[str]:
    return [each["partialFingerprints"]["tfcheck/v1"] for each in results(report)]


def test_the_fingerprint_knows_no_lines() -> None:
    moved = msgspec.structs.replace(samples.FINDING, location=None, needed_at=Location("modules/service/main.tf", 7, 9))
    assert prints(samples.report(samples.DENIED, findings=(moved,))) == prints(samples.BROKEN)
    assert len(set(prints(samples.BROKEN))) == 2


@given(reports)
@tries(10)
def test_github_s_own_fingerprint_is_left_to_the_step_that_uploads(report: Report) -> None:
    """That step computes it from the lines of a file, and only where a result has none."""
    rows = document([report])["runs"][0]["results"]
    assert all(list(each["partialFingerprints"]) == ["tfcheck/v1"] for each in rows)


def test_the_same_in_two_findings_is_distinguished_by_a_number() -> None:
    other = msgspec.structs.replace(samples.FINDING, message="other", explanation=("other",), answers=(samples.DENIED,))
    first, second = (
        each.split(":")
        for each in prints(
            samples.report(
                samples.DENIED, findings=(msgspec.structs.replace(samples.FINDING, answers=(samples.DENIED,)), other)
            )
        )
    )
    assert first[0] == second[0]
    assert (first[1], second[1]) == ("1", "2")


def test_paths_start_at_the_top_of_the_repository() -> None:
    plan = msgspec.structs.replace(samples.PLAN, directory="infra/my orders")
    report = msgspec.structs.replace(samples.BROKEN, plan=plan)
    place = results(report)[0]["locations"][0]["physicalLocation"]
    assert place["artifactLocation"]["uri"] == "infra/my%20orders/modules/service/main.tf"


@pytest.mark.parametrize("file", ["../main.tf", "/etc/main.tf", "..", "a\\b.tf"])
def test_what_has_no_place_in_the_repository_is_at_the_plan(file: str) -> None:
    outside = msgspec.structs.replace(samples.FINDING, location=None, needed_at=Location(file, 1, 1))
    report = samples.report(samples.DENIED, findings=(outside,), skipped=(Skipped("a", "b"),))
    for found in results(report):
        (place,) = found["locations"]
        assert place["physicalLocation"]["artifactLocation"]["uri"] == "plan.json"
        assert place["physicalLocation"]["region"] == {"startLine": 1}
    notifications = run(report)["invocations"][0]["toolExecutionNotifications"]
    assert [each["level"] for each in notifications] == ["warning"]


@every_row(
    ("path", "file", "uri"),
    [
        ("plan.json", "infra/orders/plan.json", "infra/orders/plan.json"),
        ("infra/plan.json", None, "infra/plan.json"),
        ("/srv/a/plan.json", None, "plan.json"),
        ("../plan.json", None, "plan.json"),
        ("C:\\a\\plan.json", None, "plan.json"),
        ("plan.json#2", None, "plan.json"),
        ("-", None, "standard-input"),
    ],
)
def test_the_plan_has_its_place_in_the_repository(path: str, file: str | None, uri: str) -> None:
    plan = msgspec.structs.replace(samples.PLAN, path=path, file=file)
    nowhere = msgspec.structs.replace(samples.FINDING, location=None, needed_at=None, answers=(samples.unknown(),))
    report = msgspec.structs.replace(samples.report(samples.DENIED, findings=(nowhere,)), plan=plan)
    assert results(report)[0]["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == uri


def test_a_severity_is_that_of_the_rule_and_of_what_it_found() -> None:
    """Code scanning reads the severity from the rule, so a rule of two severities is two."""
    warning = msgspec.structs.replace(samples.FINDING, severity=Severity.WARNING, message="other", explanation=())
    found = run(samples.report(samples.DENIED, samples.unknown(), findings=(samples.FINDING, warning)))
    rules = {each["id"]: each for each in found["tool"]["driver"]["rules"]}
    weights = {name: each["properties"]["security-severity"] for name, each in rules.items()}
    assert weights == {"env-file": "8.0", "env-file/warning": "5.0", "env-file/info": "2.0"}
    for each in found["results"]:
        assert found["tool"]["driver"]["rules"][each["ruleIndex"]]["id"] == each["ruleId"]
        assert rules[each["ruleId"]]["defaultConfiguration"]["level"] == each["level"]


def test_a_rule_without_results_has_no_severity() -> None:
    (rule,) = run(samples.report(samples.allowed()))["tool"]["driver"]["rules"]
    assert rule["id"] == "env-file"
    assert "security-severity" not in rule["properties"]


def test_a_change_that_inserts_is_a_fix() -> None:
    diff = "--- a/infra/main.tf\n+++ b/infra/main.tf\n@@ -1,2 +1,3 @@\n a\n+x\n b\n"
    finding = msgspec.structs.replace(samples.FINDING, fix=Fix("grant it", "safe", True, "x", diff))
    (fix,) = results(samples.report(samples.DENIED, findings=(finding,)))[0]["fixes"]
    (change,) = fix["artifactChanges"]
    assert change["artifactLocation"]["uri"] == "infra/main.tf"
    assert change["replacements"] == [
        {
            "deletedRegion": {"startLine": 2, "startColumn": 1, "endLine": 2, "endColumn": 1},
            "insertedContent": {"text": "x\n"},
        }
    ]
    assert "fixes" not in results(samples.BROKEN)[0]


def test_a_fix_of_a_forged_report_with_very_many_edits_is_left_out() -> None:
    hunks = "".join(f"@@ -{line},1 +{line},2 @@\n a\n+x\n" for line in range(1, 1_002))
    fix = Fix("grant it", "safe", True, "x", f"--- a/main.tf\n+++ b/main.tf\n{hunks}")
    finding = msgspec.structs.replace(samples.FINDING, fix=fix)
    assert "fixes" not in results(samples.report(samples.DENIED, findings=(finding,)))[0]


def test_several_reports_are_one_run_and_say_the_same_once() -> None:
    one = msgspec.structs.replace(samples.BROKEN, context={"target": "dev"})
    other = msgspec.structs.replace(samples.BROKEN, context={"target": "prod"})
    assert run(one)["automationDetails"] == {"id": "tfcheck/dev/"}
    assert run(one, other)["automationDetails"] == {"id": "tfcheck/"}
    assert len(results(one, other)) == 2


def test_a_name_is_not_a_link() -> None:
    finding = msgspec.structs.replace(samples.FINDING, message="x[a](https://evil.test)", answers=(samples.DENIED,))
    assert "](" not in results(samples.report(samples.DENIED, findings=(finding,)))[0]["message"]["text"]


def test_levels_follow_the_severity() -> None:
    for severity, level in ((Severity.ERROR, "error"), (Severity.WARNING, "warning"), (Severity.INFO, "note")):
        finding = msgspec.structs.replace(samples.FINDING, severity=severity)
        assert results(samples.report(samples.DENIED, findings=(finding,)))[0]["level"] == level


@given(names)
@tries(20)
def test_no_message_moves_a_cursor(name: str) -> None:
    assert sarif([filled(name)]).replace("\n", "").isprintable()


def test_results_show_what_the_change_brought() -> None:
    existing = msgspec.structs.replace(samples.FINDING, change="existing", answers=(samples.DENIED,))
    assert [each["baselineState"] for each in results(samples.BROKEN)] == ["new", "new"]
    (found,) = results(samples.report(samples.DENIED, findings=(existing,)))
    assert found["baselineState"] == "unchanged"
    (found,) = results(samples.report(samples.DENIED, findings=(msgspec.structs.replace(existing, change=None),)))
    assert "baselineState" not in found


def test_what_the_change_does_is_the_first_notification_and_whole_in_the_properties() -> None:
    found = run(samples.CHANGES)
    first = found["invocations"][0]["toolExecutionNotifications"][0]
    assert first["level"] == "note"
    assert first["message"]["text"].startswith("this change breaks aws_ecs_task_definition.a, fixes aws_ecs_task_def")
    (changed,) = found["properties"]["changes"]
    assert [each["change"] for each in changed["task_changes"]] == ["broken", "fixed", "still_broken"]
    assert len(changed["access_changes"]) == 4
    assert "properties" not in run(samples.BROKEN)


def test_a_waived_finding_is_a_note_since_github_reads_no_suppressions() -> None:
    waived = msgspec.structs.replace(samples.FINDING, waived=Waived("known [x](y)", None, "tfcheck.toml:3"))
    found = run(samples.report(samples.DENIED, findings=(waived,)))
    for each in found["results"]:
        rule = found["tool"]["driver"]["rules"][each["ruleIndex"]]
        assert (each["level"], rule["id"], rule["properties"]["security-severity"]) == ("note", "env-file/info", "2.0")
        assert each["message"]["text"].startswith("waived: known [x] (y) (tfcheck.toml:3): the execution role ")
        assert each["suppressions"][0]["status"] == "accepted"


def test_what_could_not_be_analysed_is_an_alert_in_place_of_those_that_close() -> None:
    report = samples.report(skipped=(Skipped("aws_ecs_task_definition.a", "its containers are unknown"),))
    (found,) = results(report)
    assert (found["ruleId"], found["level"]) == ("skipped/warning", "warning")
    assert found["message"]["text"] == "aws_ecs_task_definition.a could not be analysed: its containers are unknown."
    other = samples.report(skipped=(Skipped("aws_ecs_task_definition.a", "another reason"),))
    assert prints(other) == prints(report)
    assert "skipped" not in standard.dumps(document([samples.BROKEN], [MANUAL]))


def test_results_above_the_limit_of_github_are_left_out_by_severity(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfcheck.report.sarif._MOST_RESULTS", 2)
    found = run(samples.report(samples.unknown()), samples.BROKEN)
    assert [each["level"] for each in found["results"]] == ["error", "error"]
    (note,) = found["invocations"][0]["toolExecutionNotifications"]
    assert note["message"]["text"] == "1 result of the lowest severity is left out: GitHub refuses more than 2"
