"""Which findings a waiver accepts, and which it never does."""

from __future__ import annotations

import json
import re
import shutil
from pathlib import Path
from typing import Any

import pytest

from tests.cases import TESTDATA
from tests.repository.git import git, init
from tfcheck.cli import clock
from tfcheck.cli.main import run
from tfcheck.vocabulary.errors import UsageError

pytestmark = pytest.mark.usefixtures("checked_once")
TODAY = "2026-06-15"
ENTRY = '{ type = "s3", value = "arn:aws:s3:::acme-config/orders/prod.env" },'


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A repository with one service that lacks an environment file, on a day in the middle of a year."""
    tree = init(tmp_path / "repository")
    for name in ("main.tf", "plan.json"):
        shutil.copy(TESTDATA / "literal-missing" / name, tree)
    git(tree, "add", ".")
    monkeypatch.chdir(tree)
    monkeypatch.setattr(clock, "today", lambda: TODAY)
    for name in ("CI", "GITHUB_ACTIONS", "TFCHECK_CONFIG"):
        monkeypatch.delenv(name, raising=False)
    return tree


def configure(tree: Path, text: str) -> None:
    (tree / "tfcheck.toml").write_text(text, encoding="utf-8")
    git(tree, "add", "tfcheck.toml")


def comment(tree: Path, before: str, text: str) -> None:
    """Put a line before the first one that holds some words, or a comment behind one that it repeats."""
    file = tree / "main.tf"
    lines = file.read_text(encoding="utf-8").split("\n")
    number = next(number for number, line in enumerate(lines) if before in line)
    lines.insert(number, text)
    file.write_text("\n".join(lines), encoding="utf-8")


def report(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    run(["plan.json", "--format", "json", "--fail-on", "never", *arguments])
    found: dict[str, Any] = json.loads(capsys.readouterr().out)
    return found


def waived(found: dict[str, Any]) -> list[str | None]:
    """Return for each finding where it is waived."""
    return [each["waived"] and each["waived"]["where"] for each in found["findings"]]


def states(found: dict[str, Any]) -> list[str]:
    return [each["state"] for each in found.get("waivers", [])]


def waiver(**keys: str) -> str:
    keys = {"rule": "env-file", "reason": "the file is public"} | keys
    return "[[waiver]]\n" + "".join(f"{name} = {json.dumps(value)}\n" for name, value in keys.items())


# In the file


@pytest.mark.parametrize(
    "keys",
    [
        {"address": "aws_ecs_task_definition.orders"},
        {"address": "aws_ecs_task_definition.*"},
        {"address": "aws_iam_role.execution"},
        {"address": "aws_iam_role_policy.execution"},
        {"address": "*", "container": "orders"},
        {"resource": "arn:aws:s3:::acme-config*"},
        {"rule": "env-*", "address": "*"},
        {"where": "change == 'introduced' && contains(message, 'acme-config')"},
        {"address": "*", "until": TODAY},
    ],
    ids=str,
)
def test_a_waiver_accepts_what_it_is_about(
    keys: dict[str, str], checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, waiver(**keys))
    found = report(capsys)
    assert waived(found) == ["tfcheck.toml:1"] * 2
    assert states(found) == ["used"]
    assert found["summary"] | {"errors": 0, "warnings": 0, "waived": 2} == found["summary"]
    assert run(["plan.json"]) == 0
    assert run(["plan.json", "--config", "off"]) == 1


@pytest.mark.parametrize(
    ("keys", "state"),
    [
        ({"rule": "image", "address": "*"}, "unused"),
        ({"rule": "env-file-*", "address": "*"}, "unused"),
        ({"address": "aws_ecs_task_definition.billing"}, "elsewhere"),
        ({"address": "aws_ecs_task_definition.order"}, "elsewhere"),
        ({"address": "*", "container": "order"}, "unused"),
        ({"resource": "arn:aws:s3:::acme-config/billing/*"}, "unused"),
        ({"fingerprint": "0123456789abcdef"}, "unused"),
        ({"where": "change == 'existing'"}, "unused"),
        ({"where": "location.nothing.of.this"}, "unused"),
        ({"where": "contains(symptom, `1`)"}, "unused"),
        ({"address": "*", "until": "2026-06-14"}, "expired"),
    ],
    ids=str,
)
def test_a_waiver_accepts_nothing_else(
    keys: dict[str, str], state: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, waiver(**keys))
    found = report(capsys)
    assert waived(found) == [None, None]
    assert states(found) == [state]
    assert run(["plan.json"]) == 1


def test_the_verdicts_stay(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    before = report(capsys)
    configure(checkout, waiver(address="*"))
    assert report(capsys)["requirements"] == before["requirements"]


def test_one_object_of_several_can_be_waived(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(checkout, waiver(resource="arn:aws:s3:::acme-config/orders/prod.env"))
    found = report(capsys)
    assert [(each["severity"], bool(each["waived"])) for each in found["findings"]] == [
        ("warning", False),
        ("error", True),
    ]


def test_a_fingerprint_is_of_one_problem(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    prints = {each["action"]: each["fingerprint"] for each in report(capsys)["requirements"]}
    configure(checkout, waiver(fingerprint=prints["s3:GetObject"]))
    assert [each["requirements"] for each in report(capsys)["findings"] if each["waived"]] == [
        [each["id"] for each in report(capsys)["requirements"] if each["action"] == "s3:GetObject"]
    ]


def second_file(tree: Path) -> None:
    """Let the plan ask for a second file in the same container."""
    plan = json.loads((tree / "plan.json").read_text(encoding="utf-8"))
    (task,) = (each for each in plan["resource_changes"] if each["type"] == "aws_ecs_task_definition")
    containers = json.loads(task["change"]["after"]["container_definitions"])
    containers[0]["environmentFiles"].append({"type": "s3", "value": "arn:aws:s3:::acme-config/orders/second.env"})
    task["change"]["after"]["container_definitions"] = json.dumps(containers)
    (tree / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    comment(tree, ENTRY, f"        {ENTRY.replace('prod', 'second')}")


def test_a_later_mistake_at_the_same_place_is_not_hidden(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    configure(checkout, waiver(address="*"))
    second_file(checkout)
    found = report(capsys)
    assert set(waived(found)) == {None}
    assert states(found) == ["invalid"]
    said = "the waiver at tfcheck.toml:1 is for one place and there are 2: narrow it with `resource`"
    assert said in found["findings"][0]["explanation"]
    configure(checkout, waiver(address="*", resource="*/prod.env"))
    assert len([each for each in waived(report(capsys)) if each]) == 1
    configure(checkout, waiver(address="*", resource="*"))
    assert None not in waived(report(capsys))


@pytest.mark.long
def test_a_misconfiguration_that_tasks_share_is_waived_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    tree = init(tmp_path / "other")
    shutil.copytree(TESTDATA / "two-policies-one-name", tree, dirs_exist_ok=True)
    monkeypatch.chdir(tree)
    found = report(capsys)
    shared = next(
        each for each in found["findings"] if not each["requirements"] and each["address"] != each["task_definition"]
    )
    configure(tree, waiver(rule=shared["rule"], address=shared["task_definition"]))
    assert "tfcheck.toml:1" not in waived(report(capsys))
    configure(tree, waiver(rule=shared["rule"], address=shared["address"]))
    (where,) = (each["waived"] for each in report(capsys)["findings"] if each["message"] == shared["message"])
    assert where["where"] == "tfcheck.toml:1"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('[[waiver]]\nrule = "image"\naddress = "*"\n', "`tfcheck.toml:1`: the waiver has no `reason`"),
        ('[[waiver]]\nrule = "image"\naddress = "*"\nreason = " "\n', "`tfcheck.toml:1`: the waiver has no `reason`"),
        ('[[waiver]]\nreason = "x"\n', "`tfcheck.toml:1`: the waiver has no `rule`"),
        ('[[waiver]]\nrule = "image"\nreason = "x"\n', "`tfcheck.toml:1`: the waiver does not say what it is about"),
        (waiver(adress="x"), "`tfcheck.toml:4`: unknown key `adress` in a waiver"),
        (waiver(address="x", until="soon"), "`tfcheck.toml:5`: `until` of a waiver is `soon`"),
        (waiver(address="x", until="2026-13-01"), "`tfcheck.toml:5`: `until` of a waiver is `2026-13-01`"),
        (waiver(address="x", until="2027-02-29"), "`tfcheck.toml:5`: `until` of a waiver is `2027-02-29`"),
        (
            waiver(address="x") + "until = 2026-01-01T00:00:00Z\n",
            "`tfcheck.toml:5`: `until` of a waiver is `2026-01-01 00:00:00+00:00`",
        ),
        (waiver(rule="env-fle", address="x"), "`tfcheck.toml:2`: there is no rule `env-fle`"),
        (waiver(where="a =="), "`tfcheck.toml:4`: `where` is not a JMESPath expression"),
        (
            waiver(where="location.file != 'x' && !(rule == 'x') && chnge != 'introduced'"),
            "`tfcheck.toml:4`: `where` names `chnge`, which a finding does not have",
        ),
        (waiver(where="[@,@]|[@,@]"), "`tfcheck.toml:4`: `where` uses a pipe, which a condition cannot use"),
        (
            waiver(where="to_string(@) == 'x'"),
            "`tfcheck.toml:4`: `where` uses the function to_string, which a condition cannot use",
        ),
        ("waiver = 3\n", "`tfcheck.toml:1`: `waiver` is not an array of tables"),
        ("[waiver]\nrule = 'image'\n", "`tfcheck.toml:1`: `waiver` is not an array of tables"),
        (waiver(address="x") + waiver(address="y", reason=""), "`tfcheck.toml:5`: the waiver has no `reason`"),
    ],
)
def test_a_wrong_waiver_ends_the_run(
    text: str, message: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    configure(checkout, text)
    assert run(["plan.json"]) == UsageError.exit_status
    first, hint = capsys.readouterr().err.splitlines()
    assert first == f"error: {message}"
    assert hint.startswith("hint: ")


# In the sources

RESOURCE, ROLE, POLICY = (
    'resource "aws_ecs_task_definition"',
    'resource "aws_iam_role" "execution"',
    'resource "aws_iam_role_policy"',
)


@pytest.mark.parametrize(
    ("before", "line"),
    [
        (RESOURCE, "# tfcheck:ignore env-file -- public"),
        (RESOURCE, "#tfcheck: ignore env-file -- public"),
        (RESOURCE, "# tfcheck:ignore env-file -- public\n# and a word about it"),
        (RESOURCE, "# tfcheck:ignore env-file --\n#   public, and known\n#   to all (until 2026-06-15)"),
        ("execution_role_arn", "  // tfcheck:ignore env-* -- public (until 2026-06-15)"),
        ("image     =", "      # tfcheck:ignore env-file -- public"),
        ("environmentFiles", "      # tfcheck:ignore env-file container=orders -- public"),
        ("    {\n", "    # tfcheck:ignore env-file -- public"),
        (ROLE, "# tfcheck:ignore env-file -- public"),
        (POLICY, "# tfcheck:ignore env-file -- public"),
        ('Resource = "*"', "        # tfcheck:ignore env-file resource=* -- public"),
    ],
)
def test_a_comment_at_task_container_role_or_policy_waives(
    before: str, line: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (checkout / "main.tf").read_text(encoding="utf-8")
    number = text[: text.index(before)].count("\n") + 1
    comment(checkout, before.strip("\n") if before.strip() != "{" else "    {", line)
    found = report(capsys)
    assert set(waived(found)) == {f"main.tf:{number if before.strip() != '{' else found['waivers'][0]['line']}"}
    assert states(found) == ["used"]


def test_a_reason_goes_on_in_indented_lines(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment(checkout, RESOURCE, "# tfcheck:ignore env-file -- public,\n#   known to all\n# Orders and their items")
    (found,) = report(capsys)["waivers"]
    assert (found["reason"], found["state"]) == ("public, known to all", "used")


@pytest.mark.parametrize(
    ("before", "line", "state", "problem"),
    [
        (RESOURCE, "# tfcheck:ignore image -- public", "unused", ""),
        (RESOURCE, "# tfcheck:ignore env-file-arn -- public", "unused", ""),
        (RESOURCE, "# tfcheck:ignore env-file container=web -- public", "unused", ""),
        (RESOURCE, "# tfcheck:ignore env-file -- public (until 2026-06-14)", "expired", ""),
        (RESOURCE, "# tfcheck:ignore env-file -- public and\n# known to all\n# (until 2026-06-14)", "expired", ""),
        (RESOURCE, "# tfcheck:ignore env-file -- public\n#   (until 2026-06-14)\n# others", "expired", ""),
        (RESOURCE, "# tfcheck:ignore env-file -- public\n", "invalid", "it is not at a block"),
        (
            RESOURCE,
            "# tfcheck:ignore env-file",
            "invalid",
            "it gives no reason: write `# tfcheck:ignore RULE -- REASON`",
        ),
        (
            RESOURCE,
            "# tfcheck: ignore image, trust -- x",
            "invalid",
            "it names several rules: write one comment for each",
        ),
        (RESOURCE, "# tfcheck:ignore -- why", "invalid", "it names no rule: write `# tfcheck:ignore RULE -- REASON`"),
        (
            RESOURCE,
            "# tfcheck:ignore env-flie -- x",
            "invalid",
            "there is no rule `env-flie`: did you mean `env-file`?",
        ),
        (
            RESOURCE,
            "# tfcheck:ignore env-file -- x (until May)",
            "invalid",
            "`May` is not a day: write (until 2027-03-01)",
        ),
    ],
)
def test_any_other_comment_waives_nothing_and_is_reported(
    before: str, line: str, state: str, problem: str, checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    comment(checkout, before, line)
    found = report(capsys)
    assert waived(found) == [None, None]
    assert [(each["state"], each["problem"]) for each in found["waivers"]] == [(state, problem)]


def test_words_in_a_text_are_not_a_comment(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment(checkout, "family  ", '  tags = { note = "see https://x#tfcheck:ignore env-file -- public" }')
    assert "waivers" not in report(capsys)


@pytest.mark.parametrize(
    ("member", "places"),
    [
        ('"tfcheck:ignore env-file -- public (until 2026-06-15)"', ["orders.tf.json:4"]),
        ('["a word", "# tfcheck:ignore env-file -- public"]', ["orders.tf.json:4"]),
        ('"tfcheck:ignore image -- public"', [None]),
        ('"a word about tfcheck:ignore env-file -- public"', [None]),
        ('{"metadata": "tfcheck:ignore env-file -- public"}', [None]),
    ],
)
def test_json_has_comments_as_members(
    member: str, places: list[str | None], checkout: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    main, task = (checkout / "main.tf").read_text(encoding="utf-8").split(f"{RESOURCE} ", 1)
    values = re.search(r"jsonencode\((\[.*?\n  \])\)", task, re.DOTALL)
    assert values is not None
    arguments = {"family": "orders", "execution_role_arn": "${aws_iam_role.execution.arn}"}
    arguments["container_definitions"] = f"${{jsonencode({values[1]})}}"
    lines = [
        '{ "resource": {',
        '"aws_ecs_task_definition": {',
        '"orders": {',
        f'"//": {member},',
        f"{json.dumps(arguments)[1:-1]}}}",
        "} } }",
    ]
    (checkout / "main.tf").write_text(main, encoding="utf-8")
    (checkout / "orders.tf.json").write_text("\n".join(lines), encoding="utf-8")
    git(checkout, "add", ".")
    assert waived(report(capsys)) == places * 2
    in_one_line = " ".join(lines).replace("{", '{ "locals": {},', 1)
    (checkout / "orders.tf.json").write_text(in_one_line, encoding="utf-8")
    found = report(capsys)
    assert waived(found) == [None, None]
    assert all("several blocks" in each["problem"] for each in found.get("waivers", []))


def test_in_ci_a_file_that_git_does_not_track_waives_nothing(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    comment(checkout, RESOURCE, "# tfcheck:ignore env-file -- public")
    git(checkout, "rm", "-q", "-f", "--cached", "main.tf")
    assert waived(report(capsys)) == ["main.tf:36"] * 2
    monkeypatch.setenv("CI", "true")
    assert waived(report(capsys)) == [None, None]


def test_fix_leaves_what_is_waived(checkout: Path, capsys: pytest.CaptureFixture[str]) -> None:
    comment(checkout, RESOURCE, "# tfcheck:ignore env-file -- public")
    assert run(["fix", "plan.json"]) == 0
    assert capsys.readouterr().out == ""


def test_only_one_module_asks_the_clock() -> None:
    sources = Path(clock.__file__).parents[1]
    asking = {path.name for path in sources.rglob("*.py") if "gmtime" in path.read_text(encoding="utf-8")}
    assert asking == {"clock.py"}


def test_a_baseline_holds_nothing_that_is_waived_and_hides_no_waived_finding(
    checkout: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(["baseline", "plan.json", "--output", "whole.json"]) == 0
    configure(checkout, waiver(address="*", until=TODAY))
    assert run(["baseline", "plan.json", "--output", "known.json"]) == 0
    capsys.readouterr()
    assert json.loads((checkout / "known.json").read_text(encoding="utf-8"))["findings"] == []
    assert waived(report(capsys, "--baseline", "whole.json")) == ["tfcheck.toml:1"] * 2
    monkeypatch.setattr(clock, "today", lambda: "2026-06-16")
    assert run(["plan.json", "--baseline", "known.json"]) == 1
    capsys.readouterr()
