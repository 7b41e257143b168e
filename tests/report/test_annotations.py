from __future__ import annotations

import re

import msgspec
from hypothesis import given

from tests.laws import tries
from tests.report import samples
from tests.report.hostile import filled, names, reports
from tfcheck.report.annotations import workflow_commands
from tfcheck.vocabulary.finding import Finding, Location, Report, Severity, Skipped

_COMMAND = re.compile(
    r"::(error|warning|notice) (?:file=(?P<file>[^,:]+),line=\d+,endLine=\d+,)?title=[^,:]*::(?P<message>.*)"
)


def commands(*reports: Report) -> list[re.Match[str]]:
    found = [_COMMAND.fullmatch(line) for line in workflow_commands(reports).split("\n")[:-1]]
    assert all(found)
    return [each for each in found if each]


def test_the_line_that_needs_it_is_annotated_and_the_place_to_fix_is_named() -> None:
    assert workflow_commands([samples.BROKEN]) == (
        "::error file=modules/service/main.tf,line=104,endLine=104,title=tfcheck env-file::"
        "the execution role may not read the environment file of container `app`%0A"
        "the grant ends at another prefix of the same bucket%0A"
        f"needed by {samples.TASK}%0Afix at main.tf:12\n"
    )


def test_files_are_named_from_the_top_of_the_repository() -> None:
    plan = msgspec.structs.replace(samples.PLAN, directory="infra/a,b:c%")
    (found,) = commands(msgspec.structs.replace(samples.BROKEN, plan=plan))
    assert found["file"] == "infra/a%2Cb%3Ac%25/modules/service/main.tf"


def test_without_a_place_nothing_is_made_up() -> None:
    finding = msgspec.structs.replace(samples.FINDING, location=None, needed_at=Location("../x.tf", 1, 1))
    (found,) = commands(samples.report(samples.DENIED, findings=(finding,)))
    assert found["file"] is None


def many(severity: Severity, number: int) -> tuple[Finding, ...]:
    return tuple(
        msgspec.structs.replace(samples.FINDING, severity=severity, message=f"{severity.value} {each}")
        for each in range(number)
    )


def test_no_more_than_github_shows_errors_first() -> None:
    findings = (*many(Severity.WARNING, 12), *many(Severity.ERROR, 25), *many(Severity.INFO, 10))
    found = commands(samples.report(samples.DENIED, findings=findings))
    assert [each[1] for each in found] == ["error"] * 10 + ["warning"] * 10 + ["notice"] * 10
    assert found[9]["message"] == "and 16 errors more, see the job summary"
    assert found[19]["message"] == "and 3 warnings more, see the job summary"
    assert found[29]["message"].startswith("info 9")


def test_what_is_not_decided_is_one_notice_for_each_cause() -> None:
    place = Location("main.tf", 4, 9)
    needs = [samples.need(task=f"t{number}") for number in range(3)]
    answers = [msgspec.structs.replace(samples.unknown(need), needed_at=place) for need in needs]
    (found,) = commands(samples.report(*answers))
    assert (found[1], found["file"]) == ("notice", "main.tf")
    assert "and 2 permissions more" in found["message"]
    assert found["message"].endswith("aws_s3_bucket.config.arn")


def test_what_was_skipped_is_a_warning() -> None:
    (found,) = commands(samples.report(skipped=(Skipped("aws_ecs_task_definition.x", "no JSON"),)))
    assert (found[1], found["message"]) == ("warning", "aws_ecs_task_definition.x could not be analysed: no JSON")


def test_several_reports_name_their_targets() -> None:
    reports = [msgspec.structs.replace(samples.BROKEN, context={"target": name}) for name in ("dev", "prod")]
    assert [each["message"].split("%0A")[0][-9:] for each in commands(*reports)] == [" (in dev)", "(in prod)"]


@given(reports)
@tries(10)
def test_every_line_is_one_command(report: Report) -> None:
    for each in commands(report):
        assert each[0].isprintable()
        assert not re.search(r"%(?!25|0A)", each["message"])


@given(names)
def test_no_name_begins_a_command_of_its_own(name: str) -> None:
    assert all(line.startswith("::") for line in workflow_commands([filled(f"{name}\n::set-env::")]).split("\n")[:-1])


def test_what_the_change_does_comes_before_all_errors() -> None:
    both = msgspec.structs.replace(samples.BROKEN, task_changes=samples.CHANGES.task_changes)
    first, *others = commands(both)
    assert (first[1], first["file"]) == ("notice", None)
    assert first["message"] == (
        "this change breaks aws_ecs_task_definition.a, fixes aws_ecs_task_definition.b, "
        "does not fix aws_ecs_task_definition.c"
    )
    assert [each[1] for each in others] == ["error"]
    assert commands(samples.BROKEN)[0][1] == "error"


def test_what_changes_do_leaves_room_for_other_notices() -> None:
    changed = [msgspec.structs.replace(samples.CHANGES, context={"target": str(each)}) for each in range(20)]
    found = commands(*changed, samples.report(findings=many(Severity.INFO, 20)))
    assert [each[1] for each in found] == ["notice"] * 10
    assert found[4]["message"].endswith("(in 4)")
    assert found[9]["message"] == "and 16 notices more, see the job summary"
