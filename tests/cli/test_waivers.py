"""A waived finding in every format, and on pull requests."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path

import msgspec
import pytest

from tests.atlantis.server import in_process
from tests.cases import TESTDATA
from tests.report.samples import BROKEN
from tests.repository.git import git, init
from tfcheck.cli import clock
from tfcheck.cli.main import run
from tfcheck.report.cause_text import Detail
from tfcheck.report.json import json as as_json
from tfcheck.report.left_out_words import waiver_sentences
from tfcheck.report.markdown import markdown
from tfcheck.report.markdown.page import Page
from tfcheck.report.reading import read_reports
from tfcheck.report.text import text
from tfcheck.vocabulary.finding import Report
from tfcheck.vocabulary.waiver import Waived, WaiverUse

pytestmark = pytest.mark.usefixtures("checked_once")
ROOT = TESTDATA.parent
REASON = "the file is public"
WAIVER = f'[[waiver]]\nrule = "env-file"\naddress = "*"\nreason = "{REASON}"\nuntil = 2027-03-01\n'
FORMATS = ["text", "json", "markdown", "summary", "sarif", "junit", "github", "gitlab", "bitbucket"]


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    tree = init(tmp_path / "repository")
    for name in ("main.tf", "plan.json"):
        shutil.copy(TESTDATA / "literal-missing" / name, tree)
    (tree / "tfcheck.toml").write_text(WAIVER, encoding="utf-8")
    git(tree, "add", ".")
    monkeypatch.chdir(tree)
    monkeypatch.setattr(clock, "today", lambda: "2026-06-15")
    monkeypatch.setenv("COLUMNS", "100")
    for name in ("GITHUB_ACTIONS", "TFCHECK_CONFIG", "GITHUB_STEP_SUMMARY"):
        monkeypatch.delenv(name, raising=False)
    return tree


# In every format


@pytest.mark.parametrize("form", FORMATS)
def test_a_waived_finding_is_in_every_format(form: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan.json", "--format", form]) == 0
    shown = " ".join(capsys.readouterr().out.split())
    assert "waived" in shown or "suppressions" in shown
    assert REASON in shown
    assert "tfcheck.toml:1" in shown.replace("`", "")
    assert "2027-03-01" in shown
    assert form == "bitbucket" or "can start" not in shown
    (checkout / "saved.json").write_text("")
    run(["plan.json", "--format", "json", "--output", "saved.json"])
    assert run(["report", "saved.json", "--format", form, "--config", "off"]) == 0
    again = " ".join(capsys.readouterr().out.split())
    assert again == shown


def test_the_html_page_names_it(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan.json", "--format", "html"]) == 0
    shown = capsys.readouterr().out
    assert "No open finding" in shown
    assert '<section id="waived"' in shown
    assert REASON in shown
    assert "2027-03-01" in shown


def test_sarif_suppresses_it_where_it_is_written(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def suppressions() -> list[list[dict[str, str]]]:
        run(["plan.json", "--format", "sarif"])
        (of_run,) = json.loads(capsys.readouterr().out)["runs"]
        return [each["suppressions"] for each in of_run["results"]]

    place = "(tfcheck.toml:1, until 2027-03-01)"
    assert suppressions() == [[{"kind": "external", "status": "accepted", "justification": f"{REASON} {place}"}]] * 2
    (checkout / "tfcheck.toml").unlink()
    text = (checkout / "main.tf").read_text(encoding="utf-8")
    (checkout / "main.tf").write_text(
        text.replace('resource "aws_ecs', f'# tfcheck:ignore env-file -- {REASON}\nresource "aws_ecs')
    )
    assert {each["kind"] for (each,) in suppressions()} == {"inSource"}


def test_junit_skips_it_and_a_gate_of_atlantis_passes_it(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["plan.json", "--format", "junit", "--fail-on", "info"]) == 0
    assert 'failures="0" errors="0" skipped="2"' in capsys.readouterr().out
    variables = {
        "PLANFILE": str(checkout / "tfplan"),
        "SHOWFILE": str(checkout / "plan.json"),
        "HOME": str(checkout.parent),
    }
    shown, _ = in_process("tfcheck atlantis policy-check", variables, checkout)
    assert "FAIL" not in shown
    assert f"WARN - tfcheck - waived: env-file of aws_ecs_task_definition.orders: {REASON}" in shown
    shown, status = in_process("tfcheck atlantis plan --fail-on error", variables, checkout)
    assert (status, "no open finding; 2 waived" in shown, REASON in shown) == (0, True, True)


@pytest.mark.parametrize("form", FORMATS)
def test_a_hostile_reason_forges_nothing(form: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    hostile = "@team [x](https://evil.example) \\u001b[31m ::error::x </testcase> | `"
    (checkout / "tfcheck.toml").write_text(WAIVER.replace(REASON, hostile), encoding="utf-8")
    assert run(["plan.json", "--format", form]) == 0
    shown = capsys.readouterr().out
    assert "\x1b" not in shown
    assert "</testcase> |" not in shown or form != "junit"
    assert not re.search(r"^::error", shown, re.MULTILINE)
    if form in ("markdown", "summary"):
        assert "[x](https" not in re.sub(r"`+[^`]*`+", "", shown)


# On a pull request


def waived(place: str = "tfcheck.toml:10") -> Report:
    file, _, line = place.partition(":")
    findings = tuple(msgspec.structs.replace(each, waived=Waived(REASON, None, place)) for each in BROKEN.findings)
    use = WaiverUse("env-file", REASON, None, file, int(line), int(line) + 4, "used")
    return msgspec.structs.replace(BROKEN, findings=findings, waivers=(use,))


def first(report: Report, added: dict[str, frozenset[int] | None] | None = None) -> str:
    """Return what is below the title of a comment."""
    return markdown([report], Page(added=added)).split("\n\n")[1]


def test_what_a_pull_request_waives_comes_first() -> None:
    for lines in (frozenset({10}), frozenset({14}), None):
        assert first(waived(), added={"tfcheck.toml": lines}).startswith("⚠️ **This change waives**")
    others: list[dict[str, frozenset[int] | None]] = [
        {},
        {"tfcheck.toml": frozenset({9, 15})},
        {"main.tf": frozenset({10})},
    ]
    for added in others:
        shown = markdown([waived()], Page(added=added))
        assert "This change waives" not in shown
        assert "<details><summary>1 waived finding</summary>" in shown
        assert REASON in shown
    assert first(waived()).startswith("**Waived**")
    (one,) = waived().findings
    alike = [msgspec.structs.replace(one, message=f"another message {number}") for number in range(2)]
    shown = markdown([msgspec.structs.replace(waived(), findings=(one, *alike))])
    assert ", and 2 more findings. Reason: " in shown


def test_a_waiver_that_any_report_uses_is_used() -> None:
    used = waived()
    unused = msgspec.structs.replace(
        BROKEN, waivers=tuple(msgspec.structs.replace(each, state="unused") for each in used.waivers)
    )
    assert list(waiver_sentences([used, unused])) == []
    assert list(waiver_sentences([unused])) == [
        "the waiver at tfcheck.toml:10 is not used: `env-file` finds nothing there"
    ]


def test_waivers_for_other_plans_are_named_where_all_plans_may_be_there() -> None:
    """In the check of one plan of many they would be a false alarm."""
    (use,) = waived().waivers
    other = [msgspec.structs.replace(use, state="elsewhere", line=number) for number in range(10, 22)]
    one, more = (msgspec.structs.replace(BROKEN, waivers=tuple(each)) for each in (other[:1], other))
    assert list(waiver_sentences([one])) == []
    assert list(waiver_sentences([one, waived()])) == []
    (said,) = waiver_sentences([one, one])
    assert said == "there is 1 waiver for what is not in any of these 2 plans: tfcheck.toml:10"
    (said,) = waiver_sentences([more], verbose=True)
    assert said.startswith("there are 12 waivers for what is not in this plan: tfcheck.toml:10, tfcheck.toml:11, ")
    assert said.endswith("tfcheck.toml:19 and 2 more")
    assert said in text(more, Detail(verbose=True, width=1000))
    assert "12 waivers" not in markdown([more], Page()) + text(more)


def test_a_report_is_the_same_after_reading() -> None:
    (again,) = read_reports(as_json(waived()).encode(), "report.json")
    assert as_json(again) == as_json(waived())
    assert again.waivers == waived().waivers
