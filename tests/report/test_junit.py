from __future__ import annotations

from xml.etree import ElementTree

import msgspec
import pytest
from hypothesis import given

from tests.laws import tries
from tests.report import samples
from tests.report.hostile import names, reports
from tests.rows import every_row
from tfcheck.report.junit import junit
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report, Severity, Skipped


def suites(*reports: Report) -> list[ElementTree.Element]:
    return list(ElementTree.fromstring(junit(reports).encode()))


def test_every_permission_is_a_test() -> None:
    (suite,) = suites(samples.MIXED)
    tests = [(each.get("name"), [child.tag for child in each]) for each in suite]
    assert tests == [
        ("s3:GetObject on arn:aws:s3:::acme-config/web/prod.env for app", ["failure"]),
        ("s3:GetBucketLocation on arn:aws:s3:::acme-config for app", ["skipped"]),
        ("s3:GetObject on arn:aws:s3:::acme-config/web/prod.env for app", ["skipped"]),
        ("s3:GetObject on arn:aws:s3:::acme-config/web/prod.env for app", []),
        *[("can be analysed", ["skipped"])] * len(samples.MIXED.skipped),
    ]
    assert suite[0].get("classname") == samples.TASK
    assert (suite[0].get("file"), suite[0].get("line")) == ("modules/service/main.tf", "104")
    assert suite[0][0].get("type") == "env-file"
    assert "known only after apply: aws_s3_bucket.config.arn" in str(suite[2][0].get("message"))


def test_no_test_hides_another_of_its_name() -> None:
    """GitLab reads only the first of these; the suites of two plans with one target count as one."""
    passed = samples.report(samples.allowed(samples.need()))
    tests = [
        ((suite.get("name"), case.get("classname"), case.get("name")), case.find("failure") is not None)
        for suite in suites(passed, samples.MIXED)
        for case in suite
    ]
    assert len(dict(tests)) == len(tests)
    assert any(failed for _, failed in tests)


def test_counts_are_those_of_the_elements() -> None:
    root = ElementTree.fromstring(junit([samples.MIXED, samples.BROKEN]).encode())
    for element in (root, *root):
        cases = list(element.iter("testcase"))
        assert element.get("tests") == str(len(cases))
        for attribute, tag in (("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
            assert element.get(attribute) == str(sum(child.tag == tag for case in cases for child in case))


def test_each_report_is_a_suite_named_after_its_target() -> None:
    reports = [msgspec.structs.replace(samples.BROKEN, context={"target": name}) for name in ("dev", "prod")]
    assert [each.get("name") for each in suites(*reports)] == ["dev", "prod"]


@pytest.mark.parametrize(("severity", "tag"), [(Severity.ERROR, "failure"), (Severity.WARNING, "skipped")])
def test_a_broken_rule_without_a_permission_is_a_test_too(severity: Severity, tag: str) -> None:
    finding = msgspec.structs.replace(samples.FINDING, severity=severity, answers=())
    ((case,),) = suites(samples.report(findings=(finding,)))
    assert case[0].tag == tag


@pytest.mark.parametrize(("strict", "tag"), [(True, "error"), (False, "skipped")])
def test_what_could_not_be_analysed_is_an_error_if_it_fails_the_run(strict: bool, tag: str) -> None:
    report = samples.report(skipped=(Skipped("aws_ecs_task_definition.x", "no JSON"),))
    ((case,),) = ElementTree.fromstring(junit([report], FailOptions(strict=strict)).encode())
    assert case[0].tag == tag
    assert case[0].get("message") == "no JSON"


@given(reports)
@tries(10)
def test_anything_is_well_formed(report: Report) -> None:
    suite, *unread = suites(report)
    assert len(unread) == len(set(report.unread))
    assert len(suite.findall("testcase")) == len(report.answers) + len(report.skipped) + sum(
        not each.answers for each in (*report.findings, *report.known_findings)
    )


@given(names)
def test_what_xml_forbids_is_spelled_out(name: str) -> None:
    written = junit([samples.report(samples.allowed(samples.need(task=name)))])
    assert written.replace("\n", "").isprintable()


def test_what_the_change_does_is_before_the_tests() -> None:
    (suite,) = suites(samples.CHANGES)
    assert [each.tag for each in suite] == ["properties", "testcase"]
    properties = [(each.get("name"), each.get("value")) for each in suite[0]]
    assert properties[:4] == [
        ("this change breaks", "aws_ecs_task_definition.a"),
        ("this change fixes", "aws_ecs_task_definition.b"),
        ("this change does not fix", "aws_ecs_task_definition.c"),
        (
            "this change switches the execution role",
            "of aws_ecs_task_definition.c from aws_iam_role.old to aws_iam_role.new",
        ),
    ]
    assert ("this change revokes", "s3:Get* on * from aws_iam_role.a except s3:GetObject") in properties
    assert ("this change grants", "2 permissions to the new role aws_iam_role.new") in properties


@every_row(
    ("failing", "tags"),
    [
        (FailOptions(), ["failure", "skipped", "skipped"]),
        (FailOptions("warning"), ["failure", "failure", "skipped"]),
        (FailOptions("never"), ["failure", "skipped", "skipped"]),
        (FailOptions("warning", strict=True), ["failure", "failure", "failure"]),
        (FailOptions("warning", new_only=True, strict=True), ["skipped", "skipped", "failure"]),
    ],
)
def test_what_fails_the_run_is_red(failing: FailOptions, tags: list[str]) -> None:
    finding = msgspec.structs.replace(samples.FINDING, change="existing")
    report = samples.report(samples.DENIED, samples.DENIED_BUCKET, samples.unknown(), findings=(finding,))
    (suite,) = ElementTree.fromstring(junit([report], failing).encode())
    assert [child.tag for case in suite.iter("testcase") for child in case] == tags
