"""A whole page, as GitHub reads it."""

from __future__ import annotations

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.cases import TESTDATA, Case
from tests.laws import tries
from tests.report import samples
from tests.report.github_markdown import assert_harmless, assert_whole, fences, inline, parsed, rows
from tests.report.hostile import filled, names, reports
from tests.rows import every_row
from tfcheck.report.diff import OVERLAPPING
from tfcheck.report.html import html
from tfcheck.report.manual import Manual
from tfcheck.report.markdown import markdown, summary
from tfcheck.report.markdown.marker import marker, parse_marker
from tfcheck.report.markdown.page import Page
from tfcheck.report.markdown.rows import RowText
from tfcheck.report.origin import LinkHost, Links
from tfcheck.vocabulary.finding import Answer, Finding, Fix, Location, Remedy, Report, Severity, Skipped

SHA = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"
LINKS = Links("https://github.com", "acme/shop", SHA, "7421839201.1")
PAGE = Page(
    id="prod", links=LINKS, manuals=(Manual("env-file", "environment files", "See https://docs.aws.amazon.com/x."),)
)


def of(target: str, report: Report, sha: str = SHA) -> Report:
    return msgspec.structs.replace(report, context={"target": target, "head_sha": sha})


def finding(
    task: str,
    severity: Severity = Severity.ERROR,
    change: str | None = "introduced",
    resource: str = "arn:aws:s3:::acme-config/web/prod.env",
) -> Finding:
    need = samples.need(resource=resource, task=task, severity=severity)
    answer = msgspec.structs.replace(samples.DENIED, requirement=need)
    return msgspec.structs.replace(
        samples.FINDING, task_definition=task, severity=severity, answers=(answer,), change=change
    )


def reported(*findings: Finding) -> Report:
    answers = [answer for each in findings for answer in each.answers]
    return samples.report(*answers, findings=findings)


def test_the_first_three_lines_show_the_story() -> None:
    first, title, empty, lead = markdown([of("infra/orders:prod", samples.BROKEN)], PAGE).split("\n")[:4]
    assert parse_marker(first) == marker("prod", SHA, "7421839201.1")
    assert title == "### ❌ tfcheck: 1 task definition will not start in `infra/orders:prod`"
    assert not empty
    assert lead == "**1 required permission missing**, 1 recommended."


def test_one_row_for_each_permission() -> None:
    page = markdown([of("prod", samples.MIXED)], PAGE)
    assert [icon for icon, _ in rows(page)] == ["❌", "⚠️", "❔"]
    wanted, _, needed = rows(page)[0][1].partition(", needed by ")
    assert wanted == "`s3:GetObject` on `arn:aws:s3:::acme-config/web/prod.env`"
    place = f"[`modules/service/main.tf:104`](https://github.com/acme/shop/blob/{SHA}/modules/service/main.tf#L104)"
    assert needed == f"`{samples.TASK}`, container `app`, `environmentFiles[0]` ({place})"
    assert rows(page)[2][1].endswith("not decided: `aws_s3_bucket.config.arn`")


@every_row(
    ("needs", "changed", "written"),
    [
        ({("t", "a", "/x")}, {}, "needed there too"),
        ({("t", "b", "/x")}, {}, "needed by the same task definition, where"),
        ({("t", "b", "/x")}, {"tasks": ""}, "needed by where"),
        ({("other", "a", "/x")}, {}, "needed by `t`, where (`main.tf:1`)"),
        ({("t", "a", "/x")}, {"place": " (`main.tf:2`)"}, "needed by `t`, where (`main.tf:2`)"),
        ({("t", "a", "/x")}, {"targets": " in `dev`"}, "needed by `t`, where (`main.tf:1`) in `dev`"),
    ],
)
def test_a_row_does_not_repeat_where_the_row_above_it_is_needed(
    needs: set[tuple[str, str | None, str]], changed: dict[str, str], written: str
) -> None:
    above = RowText("❌ `a`", frozenset({("t", "a", "/x")}), "`t`", "where", " (`main.tf:1`)")
    row = msgspec.structs.replace(above, missing="❌ `b`", needs=frozenset(needs), **changed)
    assert row.write(above) == f"- ❌ `b`, {written}"
    assert row.write(RowText("another row")).count("`main.tf:") == 1


@pytest.mark.long
@every_row(
    ("case", "errors", "title", "lead"),
    [
        ("policies-refused", 5, "5 task definitions will not start", "**5 errors**."),
        ("references-misread", 22, "22 task definitions will not start", "**22 errors**, 1 warning."),
        ("late-for-services", 0, "4 warnings", ""),
        (
            "other-partition",
            2,
            "2 task definitions will not start",
            "**1 required permission missing**, 4 not decided. Also 1 other error and 3 other warnings.",
        ),
    ],
)
def test_the_counts_are_those_of_the_rows(case: str, errors: int, title: str, lead: str) -> None:
    lines = markdown([Case(TESTDATA / case).report()]).split("\n")
    assert lines[1].removeprefix("### ")[2:].strip().startswith(f"tfcheck: {title} in ")
    assert lines[3] == lead or not lead
    assert sum(line.startswith("- ❌ ") for line in lines) == errors


def test_what_is_not_decided_says_what_would_decide_it() -> None:
    shown = markdown([samples.report(samples.unknown())])
    assert "`aws_s3_bucket.config.arn`. It is decided once the value is known: check the next plan again" in shown
    plan = msgspec.structs.replace(samples.PLAN, sources=None)
    shown = markdown([msgspec.structs.replace(samples.report(samples.unknown()), plan=plan)])
    assert "`aws_s3_bucket.config.arn`. Pass the directory of the `.tf` files with `--sources`" in shown


def test_what_is_not_decided_has_its_place_too() -> None:
    answer = msgspec.structs.replace(samples.unknown(), needed_at=Location("main.tf", 4, 9))
    needed = rows(markdown([samples.report(answer)]))[0][1].partition(", needed by ")[2]
    assert needed == "container `app`, `environmentFiles[0]` (`main.tf:4`); not decided: `aws_s3_bucket.config.arn`"


def test_places_are_seen_from_the_top_of_the_repository() -> None:
    plan = msgspec.structs.replace(samples.PLAN, directory="infra/orders")
    outside = Location("../../../elsewhere.tf", 1, 1)
    inside = Location("../modules/a b.tf", 3, 3)
    needed = msgspec.structs.replace(finding("t"), needed_at=inside, location=outside)
    page = markdown([msgspec.structs.replace(reported(needed), plan=plan)], PAGE)
    assert f"[`infra/modules/a b.tf:3`](https://github.com/acme/shop/blob/{SHA}/infra/modules/a%20b.tf#L3)" in page
    assert "elsewhere" not in page


def test_without_links_places_are_still_named() -> None:
    page = markdown([samples.BROKEN])
    assert "(`modules/service/main.tf:104`)" in page
    assert "](" not in page


def test_nothing_wrong_is_short() -> None:
    page = markdown([of("prod", samples.report(samples.allowed()))], PAGE)
    assert page.split("\n")[1] == "### ✅ tfcheck: the task definition can start in `prod`"
    assert rows(page) == []
    assert "resolved" in markdown(
        [of("prod", samples.report(samples.allowed()))], msgspec.structs.replace(PAGE, resolved=True)
    )


@every_row(
    ("report", "icon"),
    [
        (samples.BROKEN, "❌"),
        (reported(finding("t", Severity.WARNING)), "⚠️"),
        (samples.report(samples.unknown()), "❔"),
        (samples.report(skipped=(Skipped("aws_ecs_task_definition.x", "no JSON"),)), "❔"),
        (samples.report(), "✅"),
    ],
)
def test_the_title_has_the_mark_of_the_worst(report: Report, icon: str) -> None:
    assert markdown([report]).split("\n")[1].startswith(f"### {icon} tfcheck: ")


def test_what_was_already_broken_is_folded_below() -> None:
    page = markdown([reported(finding("old", change="existing"), finding("new"))], PAGE)
    assert ["needed by `new`" in words for _, words in rows(page)] == [True]
    assert page.index("1 finding from before this change") > page.index("to <code>new</code>")
    assert page.index("to <code>old</code>") > page.index("1 finding from before this change")
    assert_whole(page)


def test_several_targets_are_one_page_and_what_they_share_is_reported_once() -> None:
    shared, own = finding("shared"), finding("own", Severity.WARNING)
    page = markdown([of("prod", reported(own, shared)), of("dev", reported(shared))], PAGE)
    targets = [(icon, words.rpartition(" in ")[2]) for icon, words in rows(page)]
    assert targets == [("❌", "`dev`, `prod`"), ("⚠️", "`prod`")]
    assert "### ❌ tfcheck: 2 task definitions will not start in `dev`, `prod`" in page


def test_a_missing_result_is_never_a_clean_look() -> None:
    page = markdown([of("prod", samples.report(samples.allowed()))], msgspec.structs.replace(PAGE, expected=3))
    assert page.split("\n")[1] == "### ❔ tfcheck: 2 results missing"
    assert "**2 results missing**" in page


def test_reports_of_another_commit_are_only_named() -> None:
    page = markdown([of("dev", samples.BROKEN, "f" * 40), of("prod", samples.report(samples.allowed()))], PAGE)
    assert page.split("\n")[1] == "### ❔ tfcheck: no result for `dev`"
    assert "**No result for this commit**: `dev`." in page
    assert "env_file" not in page


def test_a_target_without_a_result_is_named_above_the_rows_and_counted() -> None:
    page = markdown(
        [of("prod", samples.BROKEN)], msgspec.structs.replace(PAGE, absent=("dev", "`|@all"), resolved=True)
    )
    assert (
        page.split("\n")[1]
        == "### ❌ tfcheck: 1 task definition will not start in `prod`, no result for `dev`, `` `|@all ``"
    )
    head, _, _ = page.partition("\n- ❌")
    assert "❔ **No result for this commit**: `dev`, `` `|@all ``." in head


def test_a_fix_is_shown_once_and_open_where_it_is_the_only_one() -> None:
    fix = Fix("grant it", "safe", True, "x", "--- a/main.tf\n+++ b/main.tf\n@@ -1,0 +2 @@\n+x\n")
    one = msgspec.structs.replace(finding("a"), fix=fix)
    page = markdown([reported(one, msgspec.structs.replace(finding("b"), fix=fix))], PAGE)
    assert page.count("Suggested change") == 1
    assert "<details open><summary>Suggested change: grant it (safe, proven)</summary>" in page
    assert [each.content for each in fences(page) if each.info == "diff"] == [fix.diff]


def test_a_diff_that_a_comment_cannot_carry_says_so() -> None:
    hidden = Fix("t", "review", False, "x", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\u202eb\n+x\n")
    page = markdown([reported(msgspec.structs.replace(finding("a"), fix=hidden))], PAGE)
    assert "characters that cannot be seen, so it is not shown" in page
    assert not [each for each in fences(page) if each.info == "diff"]
    lines = Fix("t", "review", False, "x", "--- a/x\n+++ b/x\n@@ -1 +1,2 @@\n a\r\n+x\r\n")
    page = markdown([reported(msgspec.structs.replace(finding("a"), fix=lines))], PAGE)
    assert "end with CR LF" in page


def test_at_most_three_pictures() -> None:
    page = markdown(
        [reported(*(finding(f"t{number}", resource=f"arn:aws:s3:::a/{number}") for number in range(6)))], PAGE
    )
    assert sum(each.info == "mermaid" for each in fences(page)) == 3


def test_at_most_thirty_rows_and_the_rest_is_counted() -> None:
    page = markdown(
        [reported(*(finding(f"t{number}", resource=f"arn:aws:s3:::a/{number}") for number in range(50)))], PAGE
    )
    assert len(rows(page)) == 30
    assert rows(page)[-1] == ("❌", "`env-file` also affects `t29`, `t30`, `t31` and 18 more")


def test_no_cause_is_left_out_for_the_rows_of_another() -> None:
    tasks = [f"t{number}" for number in range(40)]
    others = [
        msgspec.structs.replace(finding(each, resource=f"arn:aws:s3:::b/{each}"), rule="secret") for each in tasks
    ]
    page = markdown([reported(*(finding(each, resource=f"arn:aws:s3:::a/{each}") for each in tasks), *others)], PAGE)
    assert [words for _, words in rows(page) if "also affects" in words] == [
        "`env-file` also affects `t14`, `t15`, `t16` and 23 more",
        "`secret` also affects `t14`, `t15`, `t16` and 23 more",
    ]
    assert page.count("<details><summary>Why <code>s3:GetObject</code> is denied to <code>t1</code>") == 2


def misconfiguration(rule: str, task: str, message: str, change: str = "introduced") -> Finding:
    remedy = Remedy(f"change {rule}")
    return Finding(rule, Severity.ERROR, f"aws_ecs_task_definition.{task}", None, message, remedy=remedy, change=change)


def test_several_mistakes_are_counted_and_each_remedy_says_for_what_it_is() -> None:
    found = (
        misconfiguration("one", "a", "`aws_ecs_task_definition.a` is wrong"),
        misconfiguration("two", "b", "a file is wrong"),
    )
    page = markdown([samples.report(findings=found)])
    assert "\n**2 errors**.\n" in page
    assert "\n- ❌ `aws_ecs_task_definition.a` is wrong\n" in page
    assert "\n- ❌ `aws_ecs_task_definition.b`: a file is wrong\n" in page
    assert "\nTo do for `aws_ecs_task_definition.b`: change two\n" in page
    alone = markdown([samples.report(findings=found[1:])])
    assert alone.count("file is wrong") == 2  # in its row and its fold
    assert "\nTo do: change two\n" in alone


def test_what_was_missing_before_is_counted_above_the_rows() -> None:
    before = msgspec.structs.replace(samples.FINDING, change="existing", answers=(samples.DENIED_BUCKET,))
    page = markdown([samples.report(samples.DENIED, findings=(samples.FINDING, before))])
    lead = page.split("\n\n")[1]
    assert lead == "**1 required permission missing**, 2 recommended; 1 of these was denied before this change."

    alone = msgspec.structs.replace(samples.FINDING, change="existing", answers=(samples.DENIED,))
    page = markdown([samples.report(samples.DENIED, findings=(alone,))])
    assert page.split("\n\n")[1] == "**1 required permission missing**; it was missing before this change."


def test_warnings_are_counted_only_in_the_title() -> None:
    warnings = [
        msgspec.structs.replace(misconfiguration(each, each, f"{each} is odd"), severity=Severity.WARNING)
        for each in "ab"
    ]
    page = markdown([samples.report(findings=tuple(warnings))])
    assert page.split("\n")[1] == "### ⚠️ tfcheck: 2 warnings in `plan.json`"
    assert page.count("2 warnings") == 1


def test_the_summary_is_the_same_without_a_marker() -> None:
    page = summary([samples.MIXED], PAGE)
    assert page.startswith("### ❌")
    assert page == markdown([samples.MIXED], PAGE).partition("\n")[2]


def test_a_rule_without_a_permission_has_its_row() -> None:
    broken = msgspec.structs.replace(samples.FINDING, answers=(), message="the list is not one")
    page = markdown([samples.report(findings=(broken,))], PAGE)
    assert rows(page)[0][1].startswith(f"`aws_iam_role.execution`: the list is not one; affects `{samples.TASK}` (")
    itself = msgspec.structs.replace(broken, address=samples.TASK, needed_at=None)
    named = msgspec.structs.replace(broken, message="AWS refuses `aws_iam_role.execution`", needed_at=None)
    assert rows(markdown([samples.report(findings=(named,))]))[0][1].startswith("AWS refuses `aws_iam_role.execution`;")
    words = f"`{samples.TASK}`: the list is not one (`main.tf:12`)"
    assert rows(markdown([samples.report(findings=(itself,))])) == [("❌", words)]
    assert f"More on <code>env-file</code> for <code>{samples.TASK}</code>" in page


@given(st.lists(reports, max_size=2), st.booleans())
@tries(12)
def test_nothing_forged_does_anything(forged: list[Report], linked: bool) -> None:
    page = markdown(forged, Page(links=LINKS if linked else None))
    assert_harmless(page, links_to="https://github.com/acme/shop/")
    first = page.split("\n", 1)[0]
    assert parse_marker(first) is not None
    assert "tfcheck:v1" not in page.removeprefix(first)


@given(names)
def test_one_hostile_name_everywhere_breaks_nothing(name: str) -> None:
    page = markdown([filled(name)], Page(links=LINKS))
    assert_harmless(page, links_to="https://github.com/acme/shop/")
    assert len(rows(page)) == 2
    assert 1 <= len(fences(page)) <= 2  # the picture, and the change where it can be shown


@given(names, st.integers(1, 60), st.integers(24_000, 60_000), st.integers(1, 40))
@tries(12)
def test_a_page_of_any_size_is_whole_and_in_its_budget(name: str, many: int, size: int, long: int) -> None:
    name = (name or "é") * long
    needs = [samples.need(resource=f"{name}{number}", task=f"{name}{number % 9}") for number in range(many)]
    answers = tuple(Answer(need, name, samples.DENIED.verdict, samples.DENIED.reason) for need in needs)
    fix = Fix(name, "safe", True, name * 50, "")
    open_findings = tuple(
        Finding("env-file", severity, each.requirement.task_definition, name, name, (each,), (name,), name, fix=fix)
        for each, severity in zip(answers, list(Severity) * many, strict=False)
    )
    page = markdown([samples.report(*answers, findings=open_findings, notes=(name,))], Page(links=LINKS), size=size)
    assert len(page.encode()) <= size
    assert_harmless(page, links_to="https://github.com/acme/shop/")
    assert len(rows(page)) <= 30


@pytest.mark.parametrize(
    ("host", "run", "place"),
    [("github", "7.1", "job summary"), ("github", "7.0", "JSON report"), ("gitlab", "7.1", "JSON report")],
)
def test_what_is_left_out_is_where_the_host_has_it(host: LinkHost, run: str, place: str) -> None:
    links = msgspec.structs.replace(LINKS, run=run, host=host)
    page = markdown([of("prod", samples.MIXED)], msgspec.structs.replace(PAGE, links=links), size=1_500)
    assert f"left out: see the {place}." in page


@pytest.mark.long
def test_a_real_page_fits_into_what_github_takes() -> None:
    fix = Fix("grant it", "safe", True, "", "--- a/x\n+++ b/x\n@@ -1 +1,40 @@\n a\n" + "+a line of some length\n" * 40)
    tasks = [f"module.service_{number}.aws_ecs_task_definition.app" for number in range(2_000)]
    fixed = [
        msgspec.structs.replace(
            finding(task, resource=f"arn:aws:s3:::acme/{number * 7919 % 10007}x"),
            fix=msgspec.structs.replace(fix, diff=fix.diff.replace("/x", f"/{task}")),
        )
        for number, task in enumerate(tasks)
    ]
    many = reported(*fixed)
    page = markdown([many], PAGE)
    assert len(page.encode()) <= 60_000
    assert re.search(r"\n\d+ sections left out: see the job summary\.\n", page)
    assert "and 1,968 more\n" in page
    assert len(rows(page)) == 30
    long = summary([many], PAGE)
    assert len(long.encode()) <= 900 * 1024
    assert_whole(long)


def test_links_are_only_ours() -> None:
    page = markdown([of("prod", samples.MIXED)], PAGE)
    assert {str(token.attrs["href"]).split("/")[2] for token in inline(page) if token.type == "link_open"} == {
        "github.com",
        "docs.aws.amazon.com",
    }
    assert [token.tag for token in parsed(page) if token.type == "heading_open"] == ["h3"]


def test_instances_that_lack_the_same_are_one_row_and_one_fold() -> None:
    tasks = [f'aws_ecs_task_definition.svc["svc{number:02}"]' for number in range(30)]
    page = markdown([reported(*(finding(task, resource=f"arn:aws:s3:::acme/{task[-7:-2]}/a.env") for task in tasks))])
    (row,) = rows(page)
    assert "on `arn:aws:s3:::acme/${each.key}/a.env`, needed by `aws_ecs_task_definition.svc[*]` (30 inst" in row[1]
    assert page.count("<summary>Why") == 1
    assert "### ❌ tfcheck: 30 task definitions will not start" in page


def test_of_instances_that_lack_objects_of_their_own_a_few_have_rows_and_all_fixes_are_there() -> None:
    tasks = [f'aws_ecs_task_definition.svc["{chr(65 + number)}|`</details>@a"]' for number in range(20)]
    fixes = [
        Fix("grant it", "safe", True, "", f"--- a/{each % 8}\n+++ b/{each % 8}\n@@ -1 +1,2 @@\n a\n+b\n")
        for each in range(20)
    ]
    own = (finding(task, resource=f"arn:aws:s3:::acme/{number * 7919}.env") for number, task in enumerate(tasks))
    found = [msgspec.structs.replace(each, fix=fix) for each, fix in zip(own, fixes, strict=True)]
    page = markdown([reported(*found)])
    written = [row[1] for row in rows(page)]
    assert len(written) == 4
    assert written[3] == "`env-file` also affects `aws_ecs_task_definition.svc[*]` (17 instances)"
    assert page.count("<summary>Why") == 3
    assert page.count("Suggested change") == 8
    assert_harmless(page, links_to="https://github.com/acme/shop/")
    (answer,) = found[9].answers
    need = msgspec.structs.replace(answer.requirement, action="s3:GetObjectVersion")
    unlike = msgspec.structs.replace(found[9], answers=(msgspec.structs.replace(answer, requirement=need),))
    assert len(rows(markdown([reported(*found[:9], unlike)]))) == 5
    assert len(rows(summary([reported(*found)]))) == 20


def test_the_first_change_is_open_and_before_the_reasons() -> None:
    fixes = [
        Fix(f"fix {number}", "safe", True, "", f"--- a/{number}\n+++ b/{number}\n@@ -1 +1,2 @@\n a\n+b\n")
        for number in (1, 2)
    ]
    found = [
        msgspec.structs.replace(finding(f"t{number}", resource=f"arn:aws:s3:::a/{number}"), fix=fix)
        for number, fix in enumerate(fixes)
    ]
    page = markdown([reported(*found)])
    assert page.index("\n- ❌ ") < page.index("<details open><summary>Suggested change: fix 1 ")
    assert page.index("change: fix 1 ") < page.index("<summary>Why") < page.index("change: fix 2 ")
    assert "<details><summary>Suggested change: fix 2 " in page


def test_a_long_title_continues_below_the_summary() -> None:
    titles = ["add `aws_iam_role_policy.p`", *(f"it names `module.{letter * 90}`" for letter in "ab")]
    fix = Fix("; ".join(titles), "review", True, "x")
    page = markdown([reported(msgspec.structs.replace(finding("t"), fix=fix))])
    assert (
        "Suggested change: add <code>aws_iam_role_policy.p</code>; … (review it, proven)</summary>\n\nIt names" in page
    )
    assert f"It names `module.{'a' * 90}`; it names `module.{'b' * 90}`.\n\n" in page


def test_one_permission_for_several_attributes_is_explained_once_and_alike_titles_name_the_resource() -> None:
    (answer,) = finding("t").answers
    pointers = ("/0/secrets/1", "/0/secrets/2", "/1/image")
    needs = [msgspec.structs.replace(answer.requirement, pointer=each, container=each[1]) for each in pointers]
    denied = tuple(msgspec.structs.replace(answer, requirement=each) for each in needs)
    first = msgspec.structs.replace(finding("t"), answers=denied)
    page = markdown([reported(first)])
    assert page.count("(statement `EnvFile`)") == 1
    assert ", needed by container `0`, `secrets[1]` and `secrets[2]` and 1 more" in page
    assert " to <code>t</code></summary>" in page
    other = msgspec.structs.replace(finding("t", resource="arn:aws:s3:::b/c"), rule="firelens-config")
    page = markdown([reported(first, other)])
    for resource in (answer.requirement.shown_resource, "arn:aws:s3:::b/c"):
        assert page.count(f" to <code>t</code> (<code>{resource}</code>)</summary>") == 1


def test_one_change_for_two_findings_is_named_once() -> None:
    fixes = [
        Fix(f"extend what {each} has", "safe", True, "", "--- a/m.tf\n+++ b/m.tf\n@@ -1 +1,2 @@\n a\n+b\n")
        for each in "ab"
    ]
    found = [
        msgspec.structs.replace(finding(f"t{number}", resource=f"arn:aws:s3:::a/{number}"), fix=fix)
        for number, fix in enumerate(fixes)
    ]
    page = markdown([reported(*found)])
    assert "Suggested change: extend what a has (safe, proven)" in page
    assert "what b has" not in page


def test_a_page_joins_patches_near_one_another() -> None:
    report = Case(TESTDATA / "keys-of-outer-callers").report()
    page, browser = markdown([report]), html([report])
    assert [page.count(each) for each in ("then `git apply fix.patch`", OVERLAPPING)] == [2, 0]
    assert [browser.count(each) for each in ("<code>git apply fix.patch</code>", "alters lines shown here")] == [2, 0]
