from __future__ import annotations

import json as standard
import re
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import jsonschema
import pytest

from tests import cases
from tests.laws import part
from tests.report import samples
from tests.report.github_markdown import assert_harmless
from tests.test_house import modules_after
from tfcheck.cli import main as cli
from tfcheck.cli.report import FORMATS, render
from tfcheck.report.json import document, json
from tfcheck.report.reading import read_reports
from tfcheck.vocabulary.finding import Report

ROOT = Path(__file__).parent.parent.parent
PLANS = ROOT / "testdata"
Output = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def _outside_of_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("GITHUB_ACTIONS", raising=False)


def saved(tmp_path: Path, *reports: Report) -> list[str]:
    files = [tmp_path / f"{number}.json" for number in range(len(reports))]
    for file, report in zip(files, reports, strict=True):
        file.write_text(json(report), encoding="utf-8")
    return [str(file) for file in files]


@pytest.mark.usefixtures("checked_once")
@pytest.mark.long
@pytest.mark.parametrize("form", FORMATS)
@pytest.mark.parametrize("case", ["literal-missing", "regression-on-update", "conditional-grant"])
def test_a_saved_report_shows_the_same_as_the_plan(case: str, form: str, tmp_path: Path, capsys: Output) -> None:
    plan, kept = str(PLANS / case / "plan.json"), str(tmp_path / "report.json")
    cli.run(["--format", "json", "--output", kept, plan])
    status = cli.run(["--format", form, plan])
    shown = _without_sources(capsys.readouterr().out)
    assert cli.run(["report", "--format", form, kept]) == status
    assert capsys.readouterr().out == shown
    assert len(shown) > 100


def _without_sources(page: str) -> str:
    """Return a page without the sources that it quotes: a saved report names the places only."""
    return re.sub(r"<figure><figcaption><span>(?:Needed here|Role|[A-Z][a-z]+ statement)</span>.*?</figure>", "", page)


def test_text_and_json_come_from_a_saved_report_too(tmp_path: Path, capsys: Output) -> None:
    files = saved(tmp_path, samples.MIXED, samples.report(samples.allowed()))
    assert cli.run(["report", "--format", "json", files[0]]) == 1
    assert capsys.readouterr().out == json(samples.MIXED)
    assert cli.run(["report", *files]) == 1
    assert capsys.readouterr().out.count("plan.json: ") == 2
    assert cli.run(["report", "--query", "summary.denied", files[0]]) == 1
    assert capsys.readouterr().out == "2\n"


@pytest.mark.parametrize("form", FORMATS)
def test_several_reports_become_one(form: str, tmp_path: Path, capsys: Output) -> None:
    files = saved(tmp_path, samples.MIXED, samples.report(samples.allowed(samples.need(task="another"))))
    cli.run(["report", "--format", form, *files])
    shown = capsys.readouterr().out
    assert shown == render(form, [samples.MIXED, samples.report(samples.allowed(samples.need(task="another")))])


def test_standard_input_is_a_report(monkeypatch: pytest.MonkeyPatch, capsys: Output) -> None:
    monkeypatch.setattr("sys.stdin", SimpleNamespace(buffer=BytesIO(json(samples.BROKEN).encode())))
    assert cli.run(["report", "--format", "markdown", "-"]) == 1
    assert capsys.readouterr().out.startswith("<!-- tfcheck:v1 ")


@pytest.mark.parametrize(
    ("options", "status"),
    [
        (["--format", "sarif"], 0),
        (["--format", "sarif", "--fail-on", "error"], 1),
        (["--format", "sarif", "--output", "FILE"], 1),
        (["--format", "sarif", "--strict"], 1),
        (["--format", "markdown"], 1),
        (["--format", "markdown", "--fail-on", "never"], 0),
    ],
)
def test_the_exit_status(options: list[str], status: int, tmp_path: Path, capsys: Output) -> None:
    options = [str(tmp_path / "out") if each == "FILE" else each for each in options]
    assert cli.run(["report", *options, *saved(tmp_path, samples.MIXED)]) == status
    assert not capsys.readouterr().err


@pytest.mark.parametrize(
    ("content", "problem"),
    [(b"{", "is not a tfcheck report: input data was truncated"), (None, "cannot be read: no such file or directory")],
)
def test_what_is_not_a_report_is_reported_in_one_line(
    content: bytes | None, problem: str, tmp_path: Path, capsys: Output
) -> None:
    file = tmp_path / "report.json"
    if content is not None:
        file.write_bytes(content)
    assert cli.run(["report", "--format", "markdown", str(file)]) == 3
    streams = capsys.readouterr()
    assert not streams.out
    assert streams.err.startswith(f"error: `{file}` {problem}\n")


def test_a_plan_is_recognised(capsys: Output) -> None:
    plan = cases.TESTDATA / "literal-missing" / "plan.json"
    assert cli.run(["report", str(plan)]) == 3
    assert capsys.readouterr().err == (
        f"error: `{plan}` is a Terraform plan, not a tfcheck report\nhint: check it with `tfcheck {plan}`\n"
    )


def test_a_query_goes_with_json_only(tmp_path: Path, capsys: Output) -> None:
    assert cli.run(["report", "--format", "sarif", "--query", "x", *saved(tmp_path, samples.BROKEN)]) == 2
    assert "leave out `--format sarif`" in capsys.readouterr().err


def test_in_a_job_links_lead_to_its_own_repository(
    tmp_path: Path, capsys: Output, monkeypatch: pytest.MonkeyPatch
) -> None:
    sha = "9f2c1ab04d7e55c2f3a8b6d1e09c7745a1b2c3d4"
    event = tmp_path / "event.json"
    event.write_text(standard.dumps({"pull_request": {"number": 7, "head": {"sha": sha}}}), encoding="utf-8")
    for name, value in {
        "GITHUB_ACTIONS": "true",
        "GITHUB_SERVER_URL": "https://git.example",
        "GITHUB_REPOSITORY": "acme/shop",
        "GITHUB_EVENT_NAME": "pull_request",
        "GITHUB_EVENT_PATH": str(event),
        "GITHUB_RUN_ID": "5",
    }.items():
        monkeypatch.setenv(name, value)
    forged = samples.report(*samples.BROKEN.answers, findings=samples.BROKEN.findings, context={"repository": "evil/x"})
    cli.run(["report", "--format", "markdown", *saved(tmp_path, forged)])
    shown = capsys.readouterr().out
    assert f"](https://git.example/acme/shop/blob/{sha}/modules/service/main.tf#L104)" in shown
    assert "[run](https://git.example/acme/shop/actions/runs/5/attempts/1)" in shown
    assert "evil" not in shown


def test_only_the_format_that_is_asked_for_is_loaded(tmp_path: Path) -> None:
    (file,) = saved(tmp_path, samples.report(samples.allowed()))
    loaded = modules_after("report", "--format", "junit", file)
    assert "tfcheck.report.junit" in loaded
    assert not loaded & {
        "tfcheck.report.markdown",
        "tfcheck.report.sarif",
        "tfcheck.analysis.check",
        "tfcheck.plan",
        "tfcheck.startup",
        "hcl2",
        "urllib.request",
    }
    plain = modules_after(str(PLANS / "literal-granted" / "applied.plan.json"))
    assert not [name for name in plain if name.startswith(("tfcheck.report.markdown", "tfcheck.report.sarif"))]


def _real() -> list[Report]:
    return [case.report() for case in part(cases.with_expectation(), 20)]


@pytest.mark.long
@pytest.mark.several_cases
def test_real_reports_can_be_read_by_everybody() -> None:
    """One test, since it is the same few reports in each format."""
    schema: Any = standard.loads(
        (ROOT / "src" / "tfcheck" / "report" / "report.schema.json").read_text(encoding="utf-8")
    )
    sarif: Any = standard.loads((PLANS / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
    reports = _real()
    assert len(reports) > 10
    for report in reports:
        jsonschema.Draft202012Validator(schema).validate(document(report))
        assert json(read_reports(json(report).encode(), "report.json")[0]) == json(report)
        assert_harmless(render("markdown", [report]))
    jsonschema.Draft4Validator(sarif).validate(standard.loads(render("sarif", reports)))
    assert_harmless(render("markdown", reports))


def test_every_rule_has_a_page_to_read(tmp_path: Path, capsys: Output) -> None:
    cli.run(["report", "--format", "sarif", *saved(tmp_path, samples.BROKEN)])
    (run,) = standard.loads(capsys.readouterr().out)["runs"]
    for rule in run["tool"]["driver"]["rules"]:
        assert rule["shortDescription"]["text"]
        assert rule["fullDescription"]["text"]
        assert rule["helpUri"].startswith("https://"), rule["id"]


@pytest.mark.parametrize(("options", "status"), [([], 0), (["--strict"], 1), (["--no-strict"], 0)])
def test_with_strict_the_status_is_that_of_sarif(
    options: list[str], status: int, tmp_path: Path, capsys: Output
) -> None:
    """Also where something is missing and nothing is undecided."""
    assert cli.run(["report", "--format", "sarif", *options, *saved(tmp_path, samples.BROKEN)]) == status
    assert not capsys.readouterr().err
