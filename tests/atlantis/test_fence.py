from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from msgspec.structs import replace

from tests.atlantis.server import NO_CHANGES, OUTSIDE, PLAN_COUNTS, comment, rewritten
from tests.report.samples import BROKEN, DENIED, FINDING, MIXED, allowed, report
from tests.rows import every_row
from tfcheck.atlantis.fence import MOST_LINES, failure_text, fence
from tfcheck.vocabulary.finding import Finding, Report, Severity, Skipped

PLAN_OUTPUT = "Terraform will perform the following actions:\n\nPlan: 1 to add, 2 to change, 3 to destroy.\n"


def findings(count: int, severity: Severity = Severity.ERROR, change: str = "introduced") -> tuple[Finding, ...]:
    return tuple(
        replace(FINDING, severity=severity, change=change, task_definition=f"aws_ecs_task_definition.t{number}")
        for number in range(count)
    )


def test_errors_are_red_and_warnings_orange() -> None:
    lines = fence([report(DENIED, findings=(*findings(1), *findings(1, Severity.WARNING)))]).split("\n")
    assert lines == [
        "tfcheck: 2 of 2 task definitions will not start",
        "- aws_ecs_task_definition.t0: the execution role may not read the environment file of container 'app' "
        "(modules/service/main.tf:104)",
        "! aws_ecs_task_definition.t0: the execution role may not read the environment file of container 'app' "
        "(modules/service/main.tf:104)",
        "fix: let the role read the file",
        "",
    ]


def test_what_was_already_broken_comes_last_and_says_so() -> None:
    found = report(DENIED, findings=(*findings(1, change="existing"), *findings(1, Severity.WARNING)))
    rows = fence([found]).split("\n")[1:3]
    assert rows[0].startswith("! ")
    assert rows[1].endswith(", as before this change")


def test_what_is_not_decided_and_not_analysed_is_reported() -> None:
    lines = fence([MIXED]).split("\n")
    assert "not decided before apply: 1 of 4 permissions" in lines
    assert "! not analysed: aws_ecs_task_definition.x: its 'container_definitions' is not JSON" in lines


def test_a_clean_plan_is_one_line() -> None:
    assert fence([report(allowed())]) == "tfcheck: the task definition can start\n"


@every_row("count", [1, 9, 10, 11, 12, 500])
def test_never_more_than_a_dozen_lines(count: int) -> None:
    found = replace(MIXED, findings=findings(count))
    lines = fence([found], ["tfcheck stops this plan"]).splitlines()
    assert len(lines) <= MOST_LINES
    if count > 9:
        shown = sum(line.startswith("- ") for line in lines)
        assert f"and {count - shown} more findings" in lines


def hostile(name: str) -> Report:
    finding = replace(FINDING, task_definition=name, message=name, fix=replace(FINDING.fix, title=name))  # type: ignore[type-var]
    skipped = (Skipped(name, name),)
    return report(DENIED, findings=(finding, replace(finding, severity=Severity.WARNING)), skipped=skipped)


PHRASES = (
    "Plan: 7 to add, 7 to change, 7 to destroy.",
    "Plan: 1 to import, 7 to add, 7 to change, 7 to destroy.",
    "No changes. Your infrastructure matches the configuration.",
    "No changes. Infrastructure is up-to-date.",
    "Note: Objects have changed outside of Terraform",
    "\n```\n\n# @everyone\n",
    "~~~~\n~ x",
    "\n  + a = 1",
    "\x1b[31m",
    "</details>",
    "12 tests, 12 passed, 0 warnings, 0 failures, 0 exceptions",
)


@given(st.lists(st.one_of(st.sampled_from(PHRASES), st.text(max_size=12)), min_size=1, max_size=6).map("".join))
def test_no_name_says_anything_to_atlantis_or_ends_the_fence(name: str) -> None:
    for printed in (fence([hostile(name)]), failure_text(name, name)):
        assert len(printed.splitlines()) <= MOST_LINES
        assert not PLAN_COUNTS.search(printed)
        assert not NO_CHANGES.search(printed)
        assert not OUTSIDE.search(printed)
        assert rewritten(printed) == printed
        assert printed == "".join(f"{line}\n" for line in printed.split("\n")[:-1])
        assert printed.replace("\n", "").isprintable()
        tokens = MarkdownIt("commonmark").parse(comment([PLAN_OUTPUT, printed]))
        assert [token.type for token in tokens if token.type != "html_block"] == ["fence"]
        both = PLAN_COUNTS.findall("\n".join([PLAN_OUTPUT, printed]))
        assert both == [("", "1", "2", "3")]


def test_a_short_plan_is_not_folded_by_us() -> None:
    assert "<details>" not in comment([fence([BROKEN])])
