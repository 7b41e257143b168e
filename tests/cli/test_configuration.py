"""The configuration file, variables and options: which one counts, what they leave out, and what reports say of it."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.atlantis.server import in_process
from tests.cases import TESTDATA
from tests.cli.test_new_only import commands
from tests.report.samples import BROKEN, MIXED
from tests.repository.git import git, init
from tfcheck.analysis.rule_selection import select
from tfcheck.analysis.rulebook import known_rules
from tfcheck.cli import clock
from tfcheck.cli.configured import ConfiguredCommand
from tfcheck.cli.main import main, run
from tfcheck.config.keys import KEYS
from tfcheck.config.rules import RuleSelection
from tfcheck.config.settings import Choice
from tfcheck.report.json import json as as_json
from tfcheck.report.reading import read_reports
from tfcheck.report.words import headline, standings
from tfcheck.vocabulary.fail_options import FailOptions
from tfcheck.vocabulary.finding import Report

ROOT = TESTDATA.parent
pytestmark = pytest.mark.usefixtures("checked_once")


@pytest.fixture(autouse=True)
def on_a_laptop(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [each for each in os.environ if each.startswith(("TFCHECK_", "GITHUB_", "TF_")) or each == "CI"]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("COLUMNS", "100")


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one service that lacks an environment file."""
    tree = init(tmp_path / "repository")
    shutil.copytree(TESTDATA / "literal-missing", tree / "infra" / "orders")
    monkeypatch.chdir(tree)
    return tree


def configure(tree: Path, text: str) -> None:
    (tree / "tfcheck.toml").write_text(text, encoding="utf-8")
    git(tree, "add", "-f", "tfcheck.toml")


PLAN = "infra/orders/plan.json"


def in_force(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, tuple[Any, str]]:
    """Return the value of each key and where it is from."""
    assert run(["config", "--format", "json", *arguments]) == 0
    rows = json.loads(capsys.readouterr().out)["settings"]
    return {each["key"]: (each["value"], each["place"] or each["source"]) for each in rows}


# Which one counts


def test_the_command_line_wins_over_variables_and_these_over_the_file(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert in_force(capsys)["fail-on"] == (None, "default")
    configure(checkout, 'fail-on = "info"\n')
    assert in_force(capsys)["fail-on"] == ("info", "tfcheck.toml:1")
    monkeypatch.setenv("TFCHECK_FAIL_ON", "")
    assert in_force(capsys)["fail-on"] == ("info", "tfcheck.toml:1")
    monkeypatch.setenv("TFCHECK_FAIL_ON", "warning")
    assert in_force(capsys)["fail-on"] == ("warning", "TFCHECK_FAIL_ON")
    assert in_force(capsys, "--fail-on", "never")["fail-on"] == ("never", "command line")


VALUES = {
    "fail-on": ("warning", '"warning"', ["--fail-on", "info"]),
    "new-only": ("true", "true", ["--no-new-only"]),
    "strict": ("true", "true", ["--no-strict"]),
    "select": ("image,env-*", '["image", "env-*"]', ["--select", "secret"]),
    "ignore": ("image log-*", '["image", "log-*"]', ["--ignore", "secret"]),
    "severity": ("image=info", '{ image = "info" }', ["--severity", "image=error"]),
    "sources": ("infra", '"infra"', ["--sources", "infra/orders"]),
    "context": ("a b.json\nc.json", '["a b.json", "c.json"]', ["--context", "d.json"]),
    "workspace": ("prod", '"prod"', ["--workspace", "dev"]),
    "account": ("123456789012", '"123456789012"', ["--account", "210987654321"]),
    "color": ("never", '"never"', ["--color", "always"]),
    "quiet": ("true", "true", ["--no-quiet"]),
    "verbose": ("true", "true", ["--no-verbose"]),
    "expand": ("true", "true", ["--no-expand"]),
}


@pytest.mark.parametrize("key", VALUES)
def test_every_key_of_a_check_is_set_all_three_ways(
    key: str, checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    variable, value, option = VALUES[key]
    name = next(each.variable for each in KEYS if each.path == key)
    configure(checkout, f"{key} = {value}\n")
    for file in ("a b.json", "c.json"):
        (checkout / file).touch()
    by_file, place = in_force(capsys)[key]
    assert place == "tfcheck.toml:1"
    monkeypatch.setenv(name, variable)
    by_variable, place = in_force(capsys)[key]
    assert place == name
    by_option, place = in_force(capsys, *option)[key]
    assert place == "command line"
    assert by_variable == by_file != by_option


@pytest.mark.parametrize("setting", ['sources = "none"', 'context = ["infra", "none"]', 'baseline = "none"'])
@pytest.mark.parametrize("command", [["config"], ["check", PLAN], ["fix", PLAN], ["github"]])
def test_a_file_that_is_not_there_is_named_with_its_key_and_line(
    setting: str,
    command: list[str],
    checkout: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    configure(checkout, f"strict = true\n{setting}\n")
    monkeypatch.setenv("TFCHECK_PLAN", PLAN)
    key = setting.split()[0]
    if key == "baseline" and command[0] == "fix":
        pytest.skip("this command reads no baseline")
    assert run(command) == 3
    shown = capsys.readouterr()
    assert f"error: `tfcheck.toml:2`: `{key}` names `none`, which does not exist" in shown.err
    assert "strict               true " in shown.out if command == ["config"] else True


def test_all_keys_are_shown(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert list(in_force(capsys)) == [each.path for each in KEYS]


#: Options that say what one run is about.
OF_A_RUN = {
    *("--query", "--output", "--debug", "--dry-run", "--write", "--interactive", "--only", "--config", "--schema"),
    *("--id", "--author", "--pr-number", "--expect-reports", "--required", "--help", "--move-grants", "--update"),
}


def options() -> Iterator[tuple[str, ConfiguredCommand, click.Option]]:
    for name, command in commands(main):
        if isinstance(command, ConfiguredCommand):
            yield from ((name, command, each) for each in command.params if isinstance(each, click.Option))


def test_every_option_has_a_key_or_is_about_one_run() -> None:
    keyed = {(name, each.name) for name, command, _ in options() for each, _ in command.keyed_options()}
    others = {
        (name, each.opts[0])
        for name, command, each in options()
        if (name, each.name) not in keyed and OF_A_RUN.isdisjoint(each.opts)
    }
    gates = {("atlantis plan", each) for each in ("--fail-on", "--strict", "--new-only")}
    assert others == gates | {(name, "--format") for name in ("config", "diff", "explain", "fix", "show")}
    assert {"check", "report", "comment", "fix", "diff", "explain", "atlantis plan", "atlantis policy-check"} < {
        name for name, _, _ in options()
    }


def test_every_key_is_one_of_an_option() -> None:
    found = {key.path for _, command, _ in options() for _, key in command.keyed_options()}
    assert found == {each.path for each in KEYS}


def test_the_choices_of_a_key_are_those_of_its_options() -> None:
    for name, command, _ in options():
        for option, key in command.keyed_options():
            if isinstance(option.type, click.Choice):
                assert tuple(option.type.choices) == key.choices, (name, key.path)


def test_the_keys_of_fix_and_comment_count(checkout: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    configure(checkout, '[fix]\nsafe-only = true\n[comment]\nwhen = "always"\non-clean = "delete"\nsuggestions = 3\n')
    for name, expected in (
        ("fix", {"safe_only": True}),
        ("comment", {"when": "always", "on_clean": "delete", "suggestions": 3}),
    ):
        command = main.get_command(click.Context(main), name)
        assert command is not None
        context = command.make_context(name, [PLAN])
        assert {each: context.params[each] for each in expected} == expected


def test_a_format_that_only_the_file_sets_lets_nothing_pass(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(checkout, 'format = "sarif"\n')
    assert run([PLAN]) == 1
    assert run([PLAN, "--format", "sarif"]) == 0
    capsys.readouterr()


def test_the_file_can_be_ignored_or_exchanged(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(checkout, 'ignore = ["*"]\n')
    other = checkout.parent / "other.toml"
    other.write_text('fail-on = "never"\n', encoding="utf-8")
    assert [run([PLAN, *each]) for each in ([], ["--config", "off"], ["--config", str(other)])] == [0, 1, 0]
    assert "not selected" not in capsys.readouterr().out.split("plan.json:")[-1]


# Targets


TARGETS = """account = "123456789012"
[targets."infra/*"]
strict = true
[targets."infra/orders:prod"]
account = "210987654321"
ignore = ["image"]
"""


def test_sections_of_targets_are_for_directories_and_workspaces(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    configure(checkout, TARGETS)
    assert in_force(capsys)["strict"] == (None, "default")
    found = in_force(capsys, PLAN)
    assert found["strict"] == (True, 'tfcheck.toml:3 [targets."infra/*"]')
    assert found["account"] == ("123456789012", "tfcheck.toml:1")
    for prod in (["--workspace", "prod"], []):
        found = in_force(capsys, PLAN, *prod)
        assert found["account"] == ("210987654321", 'tfcheck.toml:5 [targets."infra/orders:prod"]')
        monkeypatch.setenv("TF_WORKSPACE", "prod")
    monkeypatch.setenv("TFCHECK_TARGET", "infra/billing")
    assert in_force(capsys, PLAN)["account"] == ("123456789012", "tfcheck.toml:1")


def test_plans_that_need_different_sections_are_refused(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shutil.copytree(checkout / "infra" / "orders", checkout / "other")
    configure(checkout, TARGETS)
    assert run(["check", PLAN, "other/plan.json"]) == 2
    assert capsys.readouterr().err.splitlines() == [
        "error: the plans belong to targets of `tfcheck.toml` that differ: `infra/orders` and `other`",
        "hint: check them in separate calls",
    ]


# What is left out


def test_a_rule_that_is_ignored_does_not_fail_the_run_and_is_counted(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, 'ignore = ["env-file"]\n')
    assert run([PLAN]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith(f"{PLAN}: no open finding; 2 not selected\n")
    assert "not reported: 1 error, 1 warning of rules that are not selected: env-file" in shown
    assert "configuration: tfcheck.toml sets ignore = env-file" in shown
    assert run([PLAN, "--config", "off", "--severity", "env-file=info"]) == 0
    assert run([PLAN, "--config", "off", "--severity", "env-file=info", "--fail-on", "info"]) == 1


FORMATS = ["text", "json", "markdown", "summary", "html", "sarif", "junit", "github", "gitlab", "bitbucket"]


@pytest.mark.parametrize("form", FORMATS)
def test_every_format_names_what_is_left_out(form: str, checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(checkout, 'ignore = ["env-file"]\n')
    assert run([PLAN, "--format", form]) == 0
    shown = " ".join(capsys.readouterr().out.replace("`", "").split())
    assert form == "bitbucket" or "can start" not in shown
    assert re.search(r"rules that are not selected: env-file|\"unselected\"", shown)
    if form not in ("gitlab", "bitbucket"):
        assert "tfcheck.toml" in shown


def test_the_verdicts_stay_and_a_saved_report_says_the_same(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    def document(*arguments: str) -> dict[str, Any]:
        assert run(["check", "--format", "json", "--fail-on", "never", PLAN, *arguments]) == 0
        found: dict[str, Any] = json.loads(capsys.readouterr().out)
        return found

    whole, chosen = document(), document("--ignore", "env-file")
    assert whole["requirements"] == chosen["requirements"]
    assert chosen["findings"] == []
    assert [each["severity"] for each in chosen["unselected"]] == ["error", "warning"]
    assert chosen["configuration"] == {"file": None, "settings": {}, "rules_off": ["env-file"]}
    saved = checkout.parent / "saved.json"
    saved.write_text(json.dumps(whole), encoding="utf-8")
    assert run(["report", str(saved)]) == 1
    assert run(["report", str(saved), "--ignore", "env-file"]) == 0
    assert run(["comment", "--dry-run", str(saved), "--ignore", "env-file"]) == 0
    capsys.readouterr()


def test_an_unknown_answer_of_an_ignored_rule_is_not_strict(capsys: pytest.CaptureFixture[str]) -> None:
    plan = str(TESTDATA / "conditional-grant" / "plan.json")
    assert run([plan, "--config", "off", "--strict"]) == 1
    assert (
        run([plan, "--config", "off", "--strict", "--ignore", "secret,env-file,image,log-group,parameter,decrypt"]) == 0
    )
    assert "can start" not in capsys.readouterr().out.split("\n\n")[-1]


def test_fixes_are_for_selected_rules(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["fix", PLAN, "--ignore", "env-file"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["fix", PLAN]) == 0
    assert "s3:GetObject" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("option", "said"),
    [
        (["--ignore", "env-flie"], "error: `--ignore`: there is no rule `env-flie`\nhint: did you mean `env-file`?\n"),
        (
            ["--select", "env"],
            "error: `--select`: there is no rule `env`\nhint: `env*` names all rules that begin with it\n",
        ),
        (
            ["--severity", "image=fatal"],
            "error: `--severity` of `image` is `fatal`\nhint: write RULE=error, RULE=warning or RULE=info\n",
        ),
        (
            ["--severity", "image"],
            "error: `--severity` of `image` is missing\nhint: write RULE=error, RULE=warning or RULE=info\n",
        ),
    ],
)
def test_a_rule_that_there_is_not_is_refused(
    option: list[str], said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["check", "plan.json", *option]) == 2
    assert capsys.readouterr().err == said
    monkeypatch.setenv(variable := f"TFCHECK_{option[0][2:].upper()}", option[1])
    assert run(["check", "plan.json"]) == 2
    assert capsys.readouterr().err == said.replace(option[0], variable)


@pytest.mark.parametrize(
    ("variable", "value", "said"),
    [
        ("TFCHECK_NEW_ONLY", "maybe", "`maybe` is not true or false"),
        ("TFCHECK_FAIL_ON", "errors", "`errors` is not one of `error`, `warning`, `info`, `never`"),
        ("TFCHECK_VERBOSE", "maybe", "`maybe` is not true or false"),
    ],
)
def test_a_wrong_value_is_reported_by_its_variable(
    variable: str, value: str, said: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv(variable, value)

    assert run(["check", "plan.json"]) == 2
    assert (
        capsys.readouterr().err == f"error: invalid value for `{variable}`: {said}\nhint: see `tfcheck check --help`\n"
    )


def test_an_empty_selection_selects_all_rules_and_is_not_named(
    checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, "select = []\n")

    assert run(["infra/orders/plan.json"]) == 1
    assert "sets" not in capsys.readouterr().out


# Laws

RULES = st.sampled_from([*known_rules(), "env-*", "*", "log-*"])
SELECTIONS = st.builds(
    RuleSelection,
    st.lists(RULES, max_size=3).map(tuple),
    st.lists(RULES, max_size=3).map(tuple),
    st.dictionaries(RULES, st.sampled_from(["error", "warning", "info"]), max_size=3),
)


@given(SELECTIONS, st.sampled_from([BROKEN, MIXED]))
def test_a_selection_never_changes_a_verdict_and_loses_no_finding(rules: RuleSelection, report: Report) -> None:
    found = select(report, Choice(rules))
    assert found.answers == report.answers
    assert len(found.findings) + len(found.unselected) == len(report.findings)
    if found.unselected:
        assert "can start" not in headline([found], standings(found))[1]
        assert not FailOptions("info").fail([found]) or found.findings


@given(SELECTIONS)
def test_a_report_is_the_same_after_reading(rules: RuleSelection) -> None:
    found = select(MIXED, Choice(rules, "tfcheck.toml", {"ignore": "image"}))
    (again,) = read_reports(as_json(found).encode(), "report.json")
    assert (again.configuration, again.unselected) == (found.configuration, found.unselected)
    twice = select(found, Choice(rules))
    assert (twice.findings, twice.rules_off) == (found.findings, found.rules_off)


# In CI


def test_the_action_reads_it_where_inputs_are_empty(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, 'fail-on = "never"\nignore = ["image"]\n')
    monkeypatch.setenv("TFCHECK_PLAN", "infra/*/plan.json")
    monkeypatch.setenv("TFCHECK_COMMENT", "off")
    monkeypatch.setenv("TFCHECK_FAIL_ON", "")
    assert run(["github"]) == 0
    assert "configuration: tfcheck.toml sets fail-on = never, ignore = image" in " ".join(
        capsys.readouterr().out.split()
    )
    monkeypatch.setenv("TFCHECK_FAIL_ON", "error")
    assert run(["github"]) == 1
    monkeypatch.setenv("TFCHECK_FAIL_ON", "")
    monkeypatch.setenv("TFCHECK_CONFIG", "off")
    assert run(["github"]) == 1
    capsys.readouterr()


@pytest.mark.parametrize(
    "text",
    [
        'context = ["link*/state.json"]',
        'context = ["**/state.json"]',
        'context = ["infra/[l]ink/state.json"]',
        'context = ["a\\nFOLDER/state.json"]',
        'context = ["a\\n\\nFOLDER/state.json\\n"]',
    ],
)
def test_no_path_of_the_file_is_a_pattern_or_several(
    text: str, checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A file beside the checkout that a pattern would find, or a line of the path, is not read."""
    state = checkout.parent / "state.json"
    shutil.copy(TESTDATA / "literal-granted" / "applied.plan.json", state)
    for place in (checkout / "link1", checkout / "infra" / "link"):
        place.symlink_to(checkout.parent)
    configure(checkout, text.replace("FOLDER", str(checkout.parent)))
    monkeypatch.setenv("TFCHECK_PLAN", PLAN)
    monkeypatch.setenv("TFCHECK_COMMENT", "off")
    assert run(["github"]) in (2, 3)
    assert re.search("which does not exist|which is not read", capsys.readouterr().err)


def test_the_action_sees_paths_from_the_file(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["baseline", PLAN, "--output", "infra/known.json"]) == 0
    (checkout / "infra" / "tfcheck.toml").write_text('baseline = "known.json"\nsources = "orders"\n', encoding="utf-8")
    git(checkout, "add", "-f", "infra/tfcheck.toml")
    monkeypatch.setenv("TFCHECK_PLAN", PLAN)
    monkeypatch.setenv("TFCHECK_COMMENT", "off")
    assert run(["github"]) == 0, capsys.readouterr().err
    assert "in the baseline" in capsys.readouterr().out


def test_an_error_in_the_file_ends_the_action(
    checkout: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, "ignored = []\n")
    monkeypatch.setenv("TFCHECK_PLAN", PLAN)
    assert run(["github"]) == 2
    assert (
        "::error title=tfcheck::`tfcheck.toml:1`: unknown key `ignored`; did you mean `ignore`?"
        in capsys.readouterr().out
    )


def test_atlantis_obeys_it_and_only_the_server_closes_the_gate(checkout: Path) -> None:
    project = checkout / "infra" / "orders"
    variables = {"PLANFILE": str(project / "tfplan"), "SHOWFILE": str(project / "plan.json"), "DIR": str(project)}
    variables |= {
        "HOME": str(checkout.parent),
        "BASE_REPO_NAME": "shop",
        "REPO_REL_DIR": "infra/orders",
        "WORKSPACE": "default",
    }

    def atlantis_output(command: str) -> tuple[str, int]:
        return in_process(f"tfcheck atlantis {command}", variables, project)

    assert "FAIL - env-file" in atlantis_output("policy-check")[0]
    configure(checkout, 'fail-on = "error"\nstrict = true\n[targets."infra/orders"]\nignore = ["env-file"]\n')
    shown, status = atlantis_output("plan")
    assert status == 0
    assert "no open finding; 2 not selected" in shown
    shown, _ = atlantis_output("policy-check")
    assert "FAIL - env-file" not in shown
    assert "WARN - tfcheck - findings of rules that are not selected: env-file\n" in shown
    assert "FAIL - env-file" in atlantis_output("policy-check --config off")[0]
    configure(checkout, "oops = 1\n")
    assert re.match(
        "FAIL - tfcheck - nothing was checked: .*tfcheck.toml:1.*: unknown key .oops.",
        atlantis_output("policy-check")[0],
    )
    shown, status = atlantis_output("plan")
    assert (status, "unknown key .oops." in shown.replace("'", ".")) == (0, True)


def test_config_names_the_waivers_in_the_file(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(clock, "today", lambda: "2026-06-15")
    waivers = (("env-file", "2026-06-14"), ("secret*", "2026-06-15"), ("image", ""))
    text = ""
    for rule, until in waivers:
        text += f'[[waiver]]\nrule = "{rule}"\nresource = "*"\nreason = "known"\n'
        text += f"until = {until}\n\n" if until else "\n"
    configure(checkout, text)
    assert run(["config"]) == 0
    shown = [" ".join(each.split()) for each in capsys.readouterr().out.splitlines() if each.startswith("  waiver")]
    assert shown == [
        "waiver env-file tfcheck.toml:1, expired on 2026-06-14",
        "waiver secret* tfcheck.toml:7, until 2026-06-15",
        "waiver image tfcheck.toml:13",
    ]
    assert run(["config", "--query", "waivers[].[rule, until, place]"]) == 0
    assert json.loads(capsys.readouterr().out) == [
        ["env-file", "2026-06-14", "tfcheck.toml:1"],
        ["secret*", "2026-06-15", "tfcheck.toml:7"],
        ["image", None, "tfcheck.toml:13"],
    ]
