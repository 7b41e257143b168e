from __future__ import annotations

import io
import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
import msgspec
import pytest

from tests.cases import TESTDATA
from tests.plan.made import nested
from tests.report import samples
from tests.rows import every_row
from tfcheck import __version__
from tfcheck.cli import main as cli
from tfcheck.cli import terminal
from tfcheck.plan import Loaded
from tfcheck.vocabulary.errors import InputError, UsageError
from tfcheck.vocabulary.finding import Report

ROOT = Path(__file__).parent.parent.parent
PLAN = str(ROOT / "testdata" / "literal-missing" / "plan.json")
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT / "src")}
Answering = Callable[..., None]


def command(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    """Run the command as a process of its own, without colours unless the test asks for them."""
    environment = {name: value for name, value in ENVIRONMENT.items() if name not in ("NO_COLOR", "FORCE_COLOR")}
    environment |= options.pop("env", {})
    options = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "encoding": "utf-8", **options}
    return subprocess.run([sys.executable, "-m", "tfcheck", *arguments], env=environment, timeout=600, **options)


@pytest.fixture
def answering(monkeypatch: pytest.MonkeyPatch) -> Answering:
    """Let `check` answer with reports made by hand; the plans are not read."""

    def install(*reports: Report, error: Exception | None = None) -> None:
        waiting = list(reports)

        def check(*_: object, remarks: Iterable[str] = (), **__: object) -> Report:
            if error:
                raise error
            report = waiting.pop(0)
            return msgspec.structs.replace(report, notes=(*remarks, *report.notes))

        monkeypatch.setitem(sys.modules, "tfcheck.analysis.check", SimpleNamespace(check=check))

    return install


def test_the_version() -> None:
    for arguments in (["--version"], ["--version", "--version"]):
        assert command(*arguments).stdout == f"tfcheck {__version__}\n"


def test_help_shows_examples_statuses_and_the_options_of_check(capsys: pytest.CaptureFixture[str]) -> None:
    for flag in ("--help", "-h"):
        assert cli.run([flag]) == 0
        shown = capsys.readouterr().out
        assert "terraform show -json tfplan | tfcheck -" in shown
        assert "70  a bug in tfcheck" in shown
        for option in cli.check.params:
            if isinstance(option, click.Option):
                assert option.opts[0] in shown


def test_without_arguments_the_help_is_an_error(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run([]) == 2
    streams = capsys.readouterr()
    assert streams.out == ""
    assert streams.err.startswith("Usage: tfcheck [check] [OPTIONS] PLAN...")


@pytest.mark.parametrize(
    "arguments",
    [[PLAN], ["check", PLAN], ["--format", "text", PLAN], ["check", PLAN, "--format", "text"], ["--", PLAN]],
)
def test_check_is_what_is_meant_when_no_command_is_named(
    arguments: list[str], answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(samples.BROKEN)
    assert cli.run(arguments) == 1
    assert capsys.readouterr().out.startswith("plan.json: 1 of 1 task definitions will not start")


def test_a_file_named_like_the_command_is_given_with_its_directory(
    tmp_path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "check").write_bytes(Path(PLAN).read_bytes())
    monkeypatch.chdir(tmp_path)
    answering(samples.report())
    assert cli.run(["./check"]) == 0
    assert cli.run(["check"]) == 2


@pytest.mark.parametrize(
    ("options", "report", "status"),
    [
        ([], samples.report(samples.allowed()), 0),
        ([], samples.BROKEN, 1),
        ([], samples.report(samples.unknown()), 0),
        (["--strict"], samples.report(samples.unknown()), 1),
        (["--strict"], samples.report(samples.allowed()), 0),
        (["--strict", "--fail-on", "never"], samples.report(samples.unknown()), 1),
        (["--fail-on", "never"], samples.BROKEN, 0),
        (["--fail-on", "warning"], samples.BROKEN, 1),
        (["--fail-on", "info"], samples.BROKEN, 1),
    ],
)
def test_the_exit_status(options: list[str], report: Report, status: int, answering: Answering) -> None:
    answering(report)
    assert cli.run([*options, PLAN]) == status


@pytest.mark.parametrize(
    ("severity", "failing"),
    [("error", {"error", "warning", "info"}), ("warning", {"warning", "info"}), ("info", {"info"})],
)
def test_a_finding_fails_the_run_at_its_severity_and_below(
    severity: str, failing: set[str], answering: Answering
) -> None:
    import msgspec

    from tfcheck.vocabulary.finding import Severity

    finding = msgspec.structs.replace(samples.FINDING, severity=Severity(severity))
    for least in ("error", "warning", "info"):
        answering(samples.report(samples.DENIED, findings=(finding,)))
        assert cli.run(["--fail-on", least, PLAN]) == (1 if least in failing else 0)


def test_what_was_skipped_is_undecided_under_strict(answering: Answering) -> None:
    from tfcheck.vocabulary.finding import Skipped

    answering(samples.report(skipped=(Skipped("a", "b"),)))
    assert cli.run(["--strict", PLAN]) == 1


def test_json_of_one_plan_is_indented(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(samples.BROKEN)
    assert cli.run([PLAN, "--format", "json"]) == 1
    shown = capsys.readouterr().out
    assert json.loads(shown)["summary"]["denied"] == 2
    assert shown.startswith('{\n  "format_version": "1.0",\n')


def test_json_of_several_plans_is_one_object_per_line(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(samples.BROKEN, samples.report())
    assert cli.run(["--format", "json", PLAN, PLAN]) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [json.loads(line)["summary"]["errors"] for line in lines] == [1, 0]


def test_several_plans_are_reported_below_one_another(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(samples.report(samples.allowed()), samples.BROKEN)
    assert cli.run([PLAN, PLAN]) == 1
    shown = capsys.readouterr().out
    assert shown.count("\nplan.json: ") == 1
    assert shown.index("can start") < shown.index("will not start")


def test_a_plan_that_cannot_be_read_does_not_hide_the_others(
    answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(samples.BROKEN)
    assert cli.run(["no-such-plan.json", PLAN]) == 3
    streams = capsys.readouterr()
    assert streams.err.startswith("error: there is no file `no-such-plan.json`\nhint: ")
    assert "will not start" in streams.out


def test_the_warnings_of_a_file_reach_the_report(
    tmp_path: Path, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    wrapped = tmp_path / "plan.json"
    wrapped.write_bytes(b"[command]/bin/terraform show -json\n" + Path(PLAN).read_bytes())
    answering(samples.report())
    assert cli.run([str(wrapped)]) == 0
    assert "note: " in capsys.readouterr().out


def test_a_query_picks_from_the_json_report(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(samples.BROKEN)
    assert cli.run(["--query", "findings[].rule", PLAN]) == 1
    assert json.loads(capsys.readouterr().out) == ["env-file"]


def test_a_query_on_several_plans_gives_one_line_each(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(samples.BROKEN, samples.report())
    cli.run(["--query", "findings[].rule", PLAN, PLAN])
    assert capsys.readouterr().out == '["env-file"]\n[]\n'


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--query", "findings[", PLAN], "--query findings["),
        (["--query", "findings", "--format", "text", PLAN], "`--query` picks from JSON"),
        (["--frmat", "json", PLAN], "no such option"),
        (["--format", "xml", PLAN], "is not one of"),
        (["--fail-on", "sometimes", PLAN], "is not one of"),
        (["check"], "missing argument"),
        (["--format"], "requires an argument"),
    ],
)
def test_a_wrong_command_line_is_reported_in_one_line_and_a_hint(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(arguments) == 2
    streams = capsys.readouterr()
    error, hint = streams.err.splitlines()
    assert streams.out == ""
    assert error.startswith("error: ")
    assert said in error
    assert hint.startswith("hint: ")


def test_the_report_goes_to_a_file_whole(
    tmp_path: Path, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    target = tmp_path / "report.json"
    target.write_text("old")
    answering(samples.BROKEN)
    assert cli.run([PLAN, "--format", "json", "--output", str(target)]) == 1
    assert capsys.readouterr().out == ""
    assert json.loads(target.read_text(encoding="utf-8"))["summary"]["errors"] == 1
    assert [file.name for file in tmp_path.iterdir()] == ["report.json"]


def test_an_output_file_is_not_touched_when_nothing_could_be_checked(tmp_path: Path) -> None:
    target = tmp_path / "report.txt"
    target.write_text("old")
    assert cli.run(["no-such-plan.json", "--output", str(target)]) == 3
    assert target.read_text() == "old"


def test_the_file_behind_a_link_is_written(tmp_path: Path, answering: Answering) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "target")
    answering(samples.report())
    assert cli.run([PLAN, "--output", str(tmp_path / "link")]) == 0
    assert (tmp_path / "link").is_symlink()
    assert "no ECS task definition" in (tmp_path / "target").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    "command", [[], ["--context", "state.json"], ["--baseline", "state.json"], ["diff"], ["report"]], ids=" ".join
)
def test_a_report_never_overwrites_what_it_is_about(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    plan = Path(PLAN).read_bytes()
    output = "state.json" if "state.json" in command else "./plan.json"
    for name in ("plan.json", "state.json"):
        Path(name).write_bytes(plan)
    assert cli.run([*command, "plan.json", "--output", output]) == 2
    assert (
        capsys.readouterr().err
        == f"error: `{output}` is an input of this run\nhint: write the report to another file\n"
    )
    assert Path(output).read_bytes() == plan


def test_an_output_that_cannot_be_written_is_reported(
    tmp_path: Path, answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(samples.BROKEN)
    assert cli.run([PLAN, "--output", str(tmp_path / "none" / "report.txt")]) == 2
    assert capsys.readouterr().err.startswith("error: the report cannot be written to ")
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("choice", "environment", "terminal_there", "wanted"),
    [
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"NO_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": ""}, True, True),
        ("auto", {"FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "NO_COLOR": "1"}, True, False),
        ("auto", {"TERM": "dumb"}, True, False),
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
    ],
)
def test_when_colours_are_wanted(
    choice: str, environment: dict[str, str], terminal_there: bool, wanted: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: terminal_there)
    assert terminal.is_coloured(choice, stream, environment) is wanted


def test_colours_reach_the_screen_and_stay_out_of_files(
    tmp_path: Path, answering: Answering, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    monkeypatch.delenv("NO_COLOR", raising=False)
    target = tmp_path / "report.txt"
    answering(samples.BROKEN, samples.BROKEN, samples.BROKEN)
    cli.run([PLAN])
    assert "\x1b[" in capsys.readouterr().out
    cli.run([PLAN, "--output", str(target)])
    assert "\x1b[" not in target.read_text(encoding="utf-8")
    cli.run([PLAN, "--color", "never"])
    assert "\x1b[" not in capsys.readouterr().out


@every_row(("columns", "width"), [("40", 60), ("95", 95), ("400", 200), ("", 100), ("wide", 100)])
def test_the_width_is_one_that_reads_well(columns: str, width: int) -> None:
    assert terminal.width(io.StringIO(), {"COLUMNS": columns}) == width


def test_a_bug_is_owned_up_to_without_quoting_the_plan(
    answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(error=KeyError("hunter2"))
    assert cli.run([PLAN]) == 70
    streams = capsys.readouterr()
    assert streams.err.startswith(f"error: this is a bug in tfcheck {__version__}: KeyError")
    assert streams.err.count("\n") == 1
    assert "hunter2" not in streams.err + streams.out


def test_debug_shows_where_a_bug_is_and_still_quotes_nothing(
    answering: Answering, capsys: pytest.CaptureFixture[str]
) -> None:
    answering(error=KeyError("hunter2"))
    assert cli.run(["--debug", PLAN]) == 70
    shown = capsys.readouterr().err
    assert "in check" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (InputError("`x` is no plan", hint="give one"), 3),
        (UsageError("that does not go together"), 2),
        (KeyboardInterrupt(), 130),
    ],
)
def test_errors_get_their_exit_status(error: Any, status: int, answering: Answering) -> None:
    answering(error=error)
    assert cli.run([PLAN]) == status


def test_an_error_message_forges_nothing(answering: Answering, capsys: pytest.CaptureFixture[str]) -> None:
    answering(error=InputError("`\x1b[2J\nerror: forged` is no plan"))
    cli.run([PLAN])
    assert capsys.readouterr().err == "error: `\\x1b[2J\\nerror: forged` is no plan\n"


def test_standard_input_is_a_plan(answering: Answering, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[Path | None] = []

    def load(path: Path | None) -> Loaded:
        asked.append(path)
        return Loaded(())

    monkeypatch.setattr("tfcheck.plan.load", load)
    answering()
    assert cli.run(["-"]) == 0
    assert asked == [None]


def test_a_saved_plan_is_turned_into_json_and_serves_as_the_sources(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    saved = ROOT / "testdata" / "new-bucket-jsonencode" / "tfplan"
    monkeypatch.setattr("tfcheck.hcl.modules.saved_plan.as_json", lambda path: path.with_name("plan.json").read_bytes())
    assert cli.run(["--format", "json", str(saved)]) in (0, 1)
    plan = json.loads(capsys.readouterr().out)["plan"]
    assert (plan["path"], plan["sources"]) == (str(saved), str(saved))


def test_a_saved_plan_that_nothing_can_turn_into_json_is_refused(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PATH", "")
    assert cli.run([str(ROOT / "testdata" / "new-bucket-jsonencode" / "tfplan")]) == 3
    assert "neither `terraform` nor `tofu` is on PATH" in capsys.readouterr().err


def test_sources_that_belong_to_another_plan_are_refused(capsys: pytest.CaptureFixture[str]) -> None:
    other = ROOT / "testdata" / "explicit-deny"
    assert cli.run([PLAN, "--sources", str(other)]) == 3
    assert "do not belong to this plan" in capsys.readouterr().err


TOO_LONG = "x" * 5_000


@pytest.mark.parametrize(
    ("command", "variables", "problem"),
    [
        ([PLAN, "--sources", TOO_LONG], {}, "does not exist"),
        (["fix", PLAN, "--sources", TOO_LONG], {}, "does not exist"),
        ([PLAN], {"TFCHECK_SOURCES": TOO_LONG}, "does not exist"),
        (["github"], {"TFCHECK_SOURCES": TOO_LONG}, "does not exist"),
        (["github"], {"RUNNER_TEMP": TOO_LONG}, "a temporary file cannot be created: file name too long"),
    ],
)
def test_a_path_that_the_system_refuses_is_not_a_bug(
    command: list[str],
    variables: dict[str, str],
    problem: str,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    for name, value in {"TFCHECK_PLAN": PLAN, "TFCHECK_COMMENT": "off", **variables}.items():
        monkeypatch.setenv(name, value)
    assert cli.run(command) in (2, 3)
    assert problem in capsys.readouterr().err


def test_without_sources_the_report_says_where_they_were_looked_for(
    tmp_path: Path, answering: Answering, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "plan.json").write_bytes(Path(PLAN).read_bytes())
    monkeypatch.chdir(tmp_path)
    answering(samples.report())
    assert cli.run(["plan.json"]) == 0
    assert "note: there are no Terraform files in `.`: no sources are used" in capsys.readouterr().out


def test_a_source_file_that_cannot_be_read_is_reported(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = ROOT / "testdata" / "literal-missing"
    (tmp_path / "plan.json").write_bytes((case / "plan.json").read_bytes())
    (tmp_path / "main.tf").write_bytes((case / "main.tf").read_bytes())
    (tmp_path / "broken.tf").write_text('locals {\n  secret = "hunter2\n', encoding="utf-8")
    assert cli.run([str(tmp_path / "plan.json")]) == 1
    shown = capsys.readouterr().out
    assert "note: broken.tf:" in shown
    assert "hunter2" not in shown


@pytest.mark.usefixtures("own_directory")
@pytest.mark.parametrize("name", ["check", "diff", "fix"])
@pytest.mark.parametrize("damage", [{"after_unknown": [{"arn": True}]}, {"after_sensitive": nested(500)}, None])
def test_a_damaged_plan_is_not_a_bug(
    name: str, damage: dict[str, Any] | None, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = json.loads((ROOT / "testdata" / "late-for-services" / "plan.json").read_bytes())
    for row in plan["resource_changes"]:
        row["change"] |= damage or {}
    if damage is None:
        for each in plan["configuration"]["root_module"]["resources"]:
            each["expressions"]["tags"] = nested(500)
    written = tmp_path / "plan.json"
    written.write_text(json.dumps(plan), encoding="utf-8")
    assert cli.run([name, str(written)]) == 3
    assert capsys.readouterr().err.startswith("error: `")


def test_places_are_named_as_seen_from_the_current_directory(
    answering: Answering, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(ROOT)
    answering(samples.BROKEN)
    cli.run(["testdata/literal-missing/plan.json"])
    shown = capsys.readouterr().out
    assert "--> testdata/literal-missing/modules/service/main.tf:104" in shown
    assert "(testdata/literal-missing/main.tf:12)" in shown


#: What prints without a report.
TALK = (
    ("--version",),
    ("--help",),
    ("rules",),
    ("rules", "env-file"),
    ("explain", "failed to download env files: Forbidden"),
)


@pytest.mark.parametrize("arguments", TALK, ids=" ".join)
def test_a_reader_that_has_read_enough_is_not_an_error(arguments: tuple[str, ...]) -> None:
    reading, writing = os.pipe()
    os.close(reading)
    try:
        done = command(*arguments, stdout=writing)
    finally:
        os.close(writing)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_command_without_its_word_shows_its_help() -> None:
    done = command("atlantis")
    assert done.returncode == 2
    assert done.stderr.startswith("Usage: tfcheck atlantis [OPTIONS] COMMAND [ARGS]...\n")


def test_a_closed_output_is_not_a_bug() -> None:
    run = subprocess.run(
        ["/bin/sh", "-c", f"{sys.executable} -m tfcheck {PLAN} >&- 2>&-"], env=ENVIRONMENT, timeout=600
    )
    assert run.returncode == 1


@pytest.mark.long
@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_reported() -> None:
    with Path("/dev/full").open("w") as full:
        done = command(PLAN, stdout=full)
        talk = [command(*arguments, stdout=full) for arguments in TALK]
    assert (done.returncode, done.stderr) == (
        2,
        "error: the report cannot be written to standard output: no space left on device\n",
    )
    said = "error: standard output cannot be written to: no space left on device\n"
    assert {(each.returncode, each.stderr) for each in talk} == {(2, said)}


@pytest.mark.skipif(not Path("/dev/stdout").exists(), reason="this system has no /dev/stdout")
def test_a_device_is_written_to_and_not_replaced() -> None:
    done = command(PLAN, "--output", "/dev/stdout", "--format", "json")
    assert json.loads(done.stdout)["format_version"] == "1.0"


@pytest.mark.parametrize("width", [60, 80, 120])
@pytest.mark.parametrize("command", ["show", "diff", "explain", "rules", "config"])
def test_sentences_of_every_command_keep_to_the_width(
    command: str, width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = str(TESTDATA / "access-changed" / "plan.json")
    stopped = "ResourceInitializationError: failed to download env files"
    words = {"explain": [stopped], "rules": []}.get(command, [plan])
    monkeypatch.setenv("COLUMNS", str(width))
    assert cli.run([command, *words]) == 0
    for line in capsys.readouterr().out.splitlines():
        assert len(line) <= width or " " not in line.lstrip("│├└─✓✗-+ "), line


def test_the_nearest_option_is_a_hint(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["fix", "--writ", PLAN]) == 2
    assert capsys.readouterr().err == "error: no such option `--writ`\nhint: did you mean `--write`?\n"


def test_a_command_with_a_typing_error_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["shwo", "plan.json"]) == 2
    assert capsys.readouterr().err == (
        "error: there is neither a command nor a file `shwo`\nhint: did you mean `show`?\n"
    )
    for word in ("help", "version"):
        assert cli.run([word]) == 2
        assert capsys.readouterr().err.endswith(f"hint: see `tfcheck --{word}`\n")
    assert cli.run(["stack"]) == 3
    assert capsys.readouterr().err.startswith("error: there is no file `stack`\n")
    (tmp_path / "shwo").write_text("{", encoding="utf-8")
    assert cli.run(["shwo"]) == 3
