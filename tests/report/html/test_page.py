"""The page is well-formed, allows nothing but its own style and script, and holds everything of the report."""

from __future__ import annotations

import base64
import hashlib
import re
from functools import cache
from html.parser import HTMLParser

import msgspec
import pytest
from hypothesis import given

from tests.cases import TESTDATA
from tests.laws import tries
from tests.report import samples
from tests.report.hostile import filled, reports
from tfcheck.analysis.options import RunOptions
from tfcheck.analysis.session import Session
from tfcheck.report.html import html
from tfcheck.report.html.element import Markup, address, prose, tag
from tfcheck.vocabulary.access import AccessChange
from tfcheck.vocabulary.finding import (
    BaselineComparison,
    Evidence,
    EvidenceKind,
    Excerpt,
    Fix,
    Reason,
    Report,
    RunConfiguration,
    Severity,
    Unselected,
    Verdict,
)
from tfcheck.vocabulary.waiver import Waived

VOID = {"meta", "input", "wbr"}
#: What the page is made of, whatever stands in a report.
ELEMENTS = {
    *("html", "head", "meta", "title", "style", "script", "body", "header", "main", "footer", "section", "article"),
    *("h1", "h2", "h3", "p", "a", "b", "s", "span", "div", "code", "pre", "mark", "kbd", "wbr", "figure", "figcaption"),
    *("ul", "li", "dl", "dt", "dd", "details", "summary", "form", "fieldset", "legend", "label", "input", "select"),
    *("option", "output", "button"),
}


class Reader(HTMLParser):
    """Reads a page as a browser would, and refuses what is not balanced."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: set[str] = set()
        self.ids: list[str] = []
        self.references: list[str] = []
        self.handlers: list[str] = []
        self.policy = ""
        self.texts: list[str] = []
        self.raw: dict[str, str] = {}

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        assert len(values) == len(attrs), attrs
        self.elements.add(tag)
        self.handlers += [name for name in values if name.startswith("on") or name in ("style", "src", "srcset")]
        if "id" in values:
            self.ids.append(values["id"])
        if values.get("http-equiv") == "Content-Security-Policy":
            self.policy = values["content"]
        for name in ("for", "aria-labelledby", "href"):
            if name in values and (name != "href" or values[name].startswith("#")):
                self.references += values[name].removeprefix("#").split()
            elif name == "href" and name in values:
                assert values[name].startswith("https://"), values[name]
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("style", "script"):
            self.raw[self.open[-1]] = self.raw.get(self.open[-1], "") + data
        else:
            self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def read(page: str) -> Reader:
    reader = Reader()
    reader.feed(page)
    reader.close()
    assert reader.open == []
    assert reader.elements <= ELEMENTS
    assert len(set(reader.ids)) == len(reader.ids)
    assert set(reader.references) <= set(reader.ids)
    assert reader.handlers == []
    return reader


@cache
def of(case: str) -> Report:
    path = str(TESTDATA / case / "plan.json")
    (checked,) = Session([path], options=RunOptions(excerpts=True, fixes=True)).check(path)
    return checked.report


def hashed(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


# What the page allows


def test_the_policy_allows_the_style_and_the_script_of_the_page_and_nothing_else() -> None:
    page = read(html([samples.MIXED]))
    assert page.policy.startswith("default-src 'none'; ")
    assert f"style-src {hashed(page.raw['style'])}; " in page.policy
    assert f"script-src {hashed(page.raw['script'])}; " in page.policy
    assert "unsafe" not in page.policy


def test_the_page_asks_for_nothing() -> None:
    page = html([samples.MIXED])
    style, script = re.findall(r"<(?:style|script)>(.*?)</", page, re.DOTALL)
    assert re.findall(r"url\(|@import|fetch\(|XMLHttpRequest|https?:", style + script) == []
    assert re.findall(r"innerHTML|outerHTML|insertAdjacent|document\.write|eval\(|Function\(", script) == []


@given(reports)
@tries(12)
def test_no_report_can_break_out_of_the_page(report: Report) -> None:
    read(html([report]))


@pytest.mark.parametrize(
    "name",
    [
        *("</script><script>alert(1)</script>", "<img src=x onerror=alert(1)>", '" onmouseover="alert(1)', "</style>"),
        *("<!--", "]]>", "&lt;script&gt;", "javascript:alert(1)", "\u202e\x00\x1b[31m", "`<b>`", "a/b.c:d]e}f"),
    ],
)
def test_a_hostile_name_is_shown_as_it_is_written(name: str) -> None:
    report = msgspec.structs.replace(filled(name), excerpts=(Excerpt(name, 1, (name, None, name)),))
    page = read(html([report, msgspec.structs.replace(report, context={"target": name})]))
    written = "".join(char if char.isprintable() else repr(char)[1:-1] for char in name)
    assert written.replace("`", "") in page.text.replace("`", "")


def test_text_is_escaped_everywhere() -> None:
    assert tag("p", "<b>", title='"<') == '<p title="&quot;&lt;">&lt;b&gt;</p>'
    assert tag("p", [None, ["a", Markup("<i>")]], hidden=True, open=False, class_=None) == "<p hidden>a<i></p>"
    assert prose("use `a` or <b>") == "use <code>a</code> or &lt;b&gt;"
    assert address("aws_x.y") == "<code>aws_<wbr>x.<wbr>y</code>"
    assert address("a." * 10_000).count("<wbr>") == 200
    assert address("a/main.tf:12") == "<code>a/<wbr>main.tf:12</code>"


# What is on it


@pytest.mark.long
@pytest.mark.parametrize("case", ["near-misses", "twelve-services", "access-changed", "literal-missing", "efs-volumes"])
def test_every_finding_and_every_answer_is_on_the_page(case: str) -> None:
    report = of(case)
    page = read(html([report]))
    text = " ".join(page.text.replace("`", "").split())
    for finding in report.findings:
        assert finding.task_definition in text
        assert all(" ".join(said.replace("`", "").split())[1:] in text for said in finding.explanation)
        assert not finding.fix or finding.fix.title.replace("`", "") in text
        assert not finding.remedy or finding.remedy.words.replace("`", "") in text
        for answer in finding.answers:
            assert answer.requirement.action in text
    for answer in report.answers:
        assert answer.verdict is Verdict.DENIED or answer.requirement.task_definition in text
        assert not answer.waits_for or answer.waits_for.replace("`", "") in text
    for change in report.access_changes:
        assert change.role in text or change.role_change == "created"


def test_the_title_is_the_answer() -> None:
    assert "<title>tfcheck: 2 of 4 task definitions will not start</title>" in html([of("access-changed")])
    assert "<h1>The task definition can start</h1>" in html([samples.report(samples.allowed())])
    assert "<h1>No ECS task definition in this plan</h1>" in html([samples.report()])
    assert "Nothing is missing." in html([samples.report()])


def test_what_is_missing_is_dashed_and_what_the_change_removes_is_struck() -> None:
    revoked = AccessChange("aws_iam_role.execution", "sqs:*", "*", "revoked")
    page = html([msgspec.structs.replace(samples.BROKEN, access_changes=(revoked,))])
    assert '<li class="call denied">' in page
    assert '<span class="vh">missing: </span> <b>s3:GetObject</b>' in page
    assert "<s><b>sqs:*</b> on <code>*</code></s>" in page
    assert '<li class="call waits">' in html([samples.MIXED])


def test_what_a_statement_denies_is_not_called_missing() -> None:
    denied = msgspec.structs.replace(samples.DENIED, reason=Reason.EXPLICIT_DENY)
    page = html([samples.report(denied)])
    assert '<span class="vh">denied: </span> <b>s3:GetObject</b>' in page
    assert '<span class="vh">missing: </span> <b>' not in page


def test_a_pattern_is_marked_where_it_stops_matching() -> None:
    page = html([samples.BROKEN])
    assert "<dd>arn:aws:s3:::acme-config/<mark>api/*</mark></dd>" in page


def test_sources_are_quoted_as_far_as_they_may_be() -> None:
    page = read(html([of("near-misses")])).text
    assert 'resource "aws_iam_role" "execution" {' in page
    assert "⋯ 1 line not shown" in page


def test_a_fix_is_shown_once() -> None:
    fix = Fix("add it", "safe", True, "", "--- a/main.tf\n+++ b/main.tf\n@@ -1,1 +1,2 @@\n a\n+b\n")
    first = msgspec.structs.replace(samples.FINDING, fix=fix)
    other = msgspec.structs.replace(first, rule="secret", task_definition="aws_ecs_task_definition.b")
    page = html([samples.report(samples.DENIED, samples.DENIED_BUCKET, findings=(first, other))])
    assert page.count('<span class="add">+b</span>') == 1
    assert page.count('<a href="#fix-1">the change above</a>') == 1


def test_several_reports_name_their_targets() -> None:
    one, other = (msgspec.structs.replace(samples.MIXED, context={"target": name}) for name in ("prod", "staging"))
    page = read(html([one, other]))
    assert page.text.count("tfcheck · prod, staging") == 1
    assert "2 of 10 task definitions will not start" in page.text


# How large it is


def many(number: int) -> Report:
    answers, findings = [], []
    for each in range(number):
        task, role = f"aws_ecs_task_definition.t{each}", f"aws_iam_role.r{each}"
        need = samples.need(resource=f"arn:aws:s3:::acme/{each}.env", task=task)
        by = Evidence(f"aws_iam_role_policy.p{each}", None, "Allow", EvidenceKind.ALLOWS, number=1)
        denied = msgspec.structs.replace(samples.DENIED, requirement=need, role=role)
        granted = msgspec.structs.replace(samples.allowed(samples.need("s3:Get", task=task)), role=role, evidence=(by,))
        answers += [denied, granted]
        findings.append(
            msgspec.structs.replace(
                samples.FINDING, task_definition=task, address=role, answers=(denied,), explanation=()
            )
        )
    return samples.report(*answers, findings=tuple(findings))


def test_a_page_grows_with_its_findings_and_no_more() -> None:
    few, more = (len(html([many(number)])) for number in (100, 400))
    each = (more - few) / 300
    assert each < 5_000
    assert few - 100 * each < 40_000


def test_what_is_too_much_for_a_page_is_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tfcheck.report.html.body._MOST_GROUPS", 30)
    monkeypatch.setattr("tfcheck.report.html._MOST_CALLS", 20)
    page = html([many(40)])
    assert page.count('<div class="columns">') == 30
    assert "and 10 more task definitions: see the JSON report" in page
    assert "30 more maps not shown here" in page


# What does not count


def test_what_is_waived_is_set_apart_with_its_reason() -> None:
    waived = Waived("the data platform `grants` it", "2027-03-01", "tfcheck.toml:3")
    first, *others = samples.MIXED.findings
    report = msgspec.structs.replace(samples.MIXED, findings=(msgspec.structs.replace(first, waived=waived), *others))
    page = html([report])
    read(page)
    _, section = page.split('<section id="waived"')
    assert "Waived</h2>" in section.partition("</section>")[0]
    shown = re.sub("<wbr>", "", section)
    assert "<b>Waived: </b>the data platform <code>grants</code> it (<code>tfcheck.toml:3</code>, until 2027" in shown
    assert page.count("<b>Waived: </b>") == 1
    assert page.index('<section id="findings"') < page.index('<section id="waived"')


def test_what_a_baseline_lists_is_set_apart() -> None:
    report = msgspec.structs.replace(
        samples.BROKEN, findings=(), baseline=BaselineComparison("baseline.json", samples.BROKEN.findings, 2)
    )
    page = html([report])
    assert "Everything that is missing is in the baseline." in page
    assert page.index("In the baseline</h2>") < page.index('<article class="cause"')
    assert "2 baseline findings are fixed" in page


def test_rules_that_are_not_selected_are_named_and_not_shown() -> None:
    report = msgspec.structs.replace(
        samples.MIXED,
        findings=(),
        configuration=RunConfiguration(rules_off=("env-file",)),
        unselected=(Unselected("env-file", Severity.ERROR, samples.TASK),),
    )
    page = read(html([report])).text
    assert "Not reported: 1 error of rules that are not selected: env-file" in page
    assert "Cannot be decided" not in page
