"""No value of a plan is ever printed: names, addresses and ARNs only."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from tests.bombs.stack import Bomb, evaluated, plan, policy, role, row, statements
from tests.laws import some
from tests.plan.made import declared
from tfcheck.cli import main as cli
from tfcheck.cli.report import FORMATS

pytestmark = pytest.mark.usefixtures("own_directory", "checked_once")
CANARY = "canary-7f3a"
SID = "canary7f3a"
PLANS = Path(__file__).parent.parent / "testdata"
CASES = ("literal-missing", "granted-to-task-role", "regression-on-update", "explicit-deny", "role-outside-plan")
OPTIONS = (
    ["--format", "text"],
    ["--format", "text", "--color", "always"],
    ["--quiet"],
    ["--debug", "--strict"],
    ["--format", "json"],
    ["--query", "@"],
    ["show", "--expand"],
    ["show", "--format", "json"],
    ["baseline", "--output", "-"],
    *(["--format", form, "--fail-on", "error"] for form in FORMATS),
)

#: What is always there, in formats that name a task definition only where something is wrong with it.
SHOWN = {"--output": '"tfcheck_baseline"', "--quiet": "plan.json:", "gitlab": "[", "bitbucket": '"annotations"'}

Poison = Callable[[dict[str, Any]], None]


def containers(plan: dict[str, Any], change: Callable[[list[dict[str, Any]]], Any]) -> None:
    """Put what `change` makes of the container definitions into every task definition, before and after."""
    found = False
    for resource in plan["resource_changes"]:
        for side in ("before", "after"):
            values = resource["change"].get(side) or {}
            if resource["type"] == "aws_ecs_task_definition" and values.get("container_definitions"):
                values["container_definitions"] = change(json.loads(values["container_definitions"]))
                found = True
    assert found


def environment(plan: dict[str, Any]) -> None:
    def change(definitions: list[dict[str, Any]]) -> str:
        for container in definitions:
            container["environment"] = [{"name": "DB_PASSWORD", "value": CANARY}]
            container["command"] = ["serve", f"--token={CANARY}"]
            container["dockerLabels"] = {"token": CANARY}
        return json.dumps(definitions)

    containers(plan, change)


def sensitive_definitions(plan: dict[str, Any]) -> None:
    """Everything in the definitions is secret, then: the file's ARN too."""

    def change(definitions: list[dict[str, Any]]) -> str:
        for container in definitions:
            container["environment"] = [{"name": f"{CANARY}_PASSWORD", "value": "plain"}]
            for file in container.get("environmentFiles", []):
                file["value"] += CANARY
        return json.dumps(definitions)

    containers(plan, change)
    for resource in plan["resource_changes"]:
        if resource["type"] == "aws_ecs_task_definition":
            for mask in ("before_sensitive", "after_sensitive"):
                resource["change"][mask] = {"container_definitions": True}


def broken_definitions(plan: dict[str, Any]) -> None:
    containers(plan, lambda definitions: json.dumps(definitions)[:-1] + f', "{CANARY}"')


def odd_definitions(plan: dict[str, Any]) -> None:
    containers(plan, lambda definitions: json.dumps([*definitions, CANARY, {"environmentFiles": CANARY}]))


def broken_policies(plan: dict[str, Any]) -> None:
    for resource in plan["resource_changes"]:
        after = resource["change"].get("after") or {}
        if "policy" in after:
            after["policy"] = f'{{"Statement": [{{"Effect": "{CANARY}"'


def _with_secret_statements(text: str) -> str:
    """Put statements into a policy that say much in its Sids, resources and conditions."""
    document = json.loads(text)
    named = [f"arn:aws:s3:::acme-config/{CANARY}/*", f"arn:aws:s3:::{CANARY}"]
    for effect, resources, key in (
        ("Allow", named, "aws:PrincipalTag"),
        ("Deny", named, "aws:PrincipalTag"),
        ("Allow", "*", "aws:PrincipalTag"),
        ("Allow", "*", "other"),
    ):
        document["Statement"].append(
            {
                "Sid": SID + effect,
                "Effect": effect,
                "Action": "s3:GetObject",
                "Resource": resources,
                "Condition": {"StringLike": {f"{key}/{CANARY}": [CANARY]}},
            }
        )
    return json.dumps(document)


def sensitive_policies(plan: dict[str, Any]) -> None:
    for resource in plan["resource_changes"]:
        change = resource["change"]
        for side in ("before", "after"):
            values = change.get(side) or {}
            if isinstance(values.get("policy"), str):
                values["policy"] = _with_secret_statements(values["policy"])
                change[f"{side}_sensitive"] = {"policy": True}
            if resource["type"] == "aws_iam_role":
                policy = {
                    "name": "own",
                    "policy": _with_secret_statements('{"Version": "2012-10-17", "Statement": []}'),
                }
                values["inline_policy"] = [policy]
                change[f"{side}_sensitive"] = {"inline_policy": [{"policy": True}]}
                (change.get("after_unknown") or {}).pop("inline_policy", None)


def sensitive_policies_deleted(plan: dict[str, Any]) -> None:
    """Only what is deleted shows roles and policies."""
    sensitive_policies(plan)
    for resource in plan["resource_changes"]:
        change = resource["change"]
        if resource["type"].startswith("aws_iam_") and resource["mode"] == "managed":
            before, mask = change["after"] or change["before"], change.get("after_sensitive")
            change |= {"actions": ["delete"], "before": before, "after": None, "before_sensitive": mask}
            change.pop("after_unknown", None)


def other_resources(plan: dict[str, Any]) -> None:
    plan.setdefault("variables", {})["token"] = {"value": CANARY}
    plan["resource_changes"].append(
        {
            "address": "aws_db_instance.main",
            "mode": "managed",
            "type": "aws_db_instance",
            "name": "main",
            "provider_name": "registry.terraform.io/hashicorp/aws",
            "change": {
                "actions": ["update"],
                "before": {"password": CANARY},
                "after": {"password": CANARY},
                "after_unknown": {},
                "before_sensitive": {"password": True},
                "after_sensitive": {"password": True},
            },
        }
    )
    declared(plan)


POISONS: Sequence[Poison] = (
    environment,
    sensitive_definitions,
    broken_definitions,
    odd_definitions,
    broken_policies,
    sensitive_policies,
    sensitive_policies_deleted,
    other_resources,
)
#: So many of the options are tried with each plan by default: each with every case.
PART = -(-len(OPTIONS) // len(POISONS))


@pytest.mark.parametrize("case", CASES)
@pytest.mark.parametrize("poison", POISONS)
def test_no_format_shows_a_value(case: str, poison: Poison, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    folder = shutil.copytree(PLANS / case, tmp_path / case)  # with its sources: nobody has to look for them
    path = folder / "plan.json"
    plan = json.loads(path.read_text(encoding="utf-8"))
    poison(plan)
    path.write_text(json.dumps(plan), encoding="utf-8")
    for form in some(OPTIONS, PART * (CASES.index(case) + POISONS.index(poison)), PART):
        status = cli.run([*form, str(path)])
        streams = capsys.readouterr()
        assert status in (0, 1), streams.err
        out = streams.out.replace("<wbr>", "")  # where a page for a browser may break a name
        assert SHOWN.get(form[1] if len(form) > 1 else form[0], "aws_ecs_task_definition.") in out
        assert [each for each in (CANARY, SID) if each in out + streams.err] == []


def test_a_source_line_with_a_value_is_not_quoted_whole(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    case = PLANS / "literal-missing"
    source = (case / "main.tf").read_text(encoding="utf-8")
    one_line = (
        '  container_definitions = jsonencode([{ name = "orders", environment = [{ name = "A", '
        f'value = "{CANARY}" }}], image = "x", environmentFiles = [{{ type = "s3", '
        'value = "arn:aws:s3:::acme-config/orders/prod.env" }] }])\n}\n'
    )
    (tmp_path / "main.tf").write_text(source[: source.index("  container_definitions")] + one_line, encoding="utf-8")
    (tmp_path / "plan.json").write_bytes((case / "plan.json").read_bytes())
    for form in OPTIONS:
        cli.run([*form, str(tmp_path / "plan.json")])
        streams = capsys.readouterr()
        assert "orders" in streams.out
        assert CANARY not in streams.out + streams.err


def test_a_policy_whose_arn_is_sensitive_is_not_named(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Attached, listed by the role or its boundary: of AWS, of another account or of one that nothing shows."""
    arns = [f"arn:aws:iam::123456789012:policy/{CANARY}", "arn:aws:iam::aws:policy/AmazonS3ReadOnlyAccess"]
    plan = json.loads((PLANS / "literal-missing" / "applied.plan.json").read_text(encoding="utf-8"))
    for resource in plan["resource_changes"]:
        if resource["type"] == "aws_iam_role":
            masks = {"managed_policy_arns": True, "permissions_boundary": True}
            for side in ("before", "after"):
                resource["change"][side] |= {"managed_policy_arns": arns, "permissions_boundary": arns[0]}
                resource["change"][f"{side}_sensitive"] = masks
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    for form in (*OPTIONS, ["diff"]):
        cli.run([*form, str(path)])
        streams = capsys.readouterr()
        assert [each for each in (CANARY, "AmazonS3ReadOnlyAccess") if each in streams.out + streams.err] == []


@pytest.mark.parametrize("marked", [True, False])
def test_an_account_that_only_a_marked_arn_shows_is_not_printed(
    marked: bool, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The image is in a repository of the plan's account, which no other ARN shows."""
    definitions = json.dumps([{"name": "app", "image": "nginx", "secrets": [{"name": "A", "valueFrom": "/app/a"}]}])
    values = {"family": "app", "execution_role_arn": None, "container_definitions": definitions}
    database = row("aws_ssm_parameter.p", {"name": "p", "value": "arn:aws:iam::987654321098:role/other"})
    database["change"]["after_sensitive"] = {"value": marked}
    roles = role(), policy(statements("arn:aws:s3:::other/*"))
    document = plan(*roles, row("aws_ecs_task_definition.app", values, "arn", "execution_role_arn"), database)
    (tmp_path / "plan.json").write_text(json.dumps(document), encoding="utf-8")
    said = ""
    for form in (*OPTIONS, ["diff"]):
        assert cli.run([*form, str(tmp_path / "plan.json")]) in (0, 1)
        said += "".join(capsys.readouterr())
    assert ("987654321098" in said) is not marked


def test_what_was_marked_in_the_state_is_hidden_too(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """What a data source has read, an object changed outside of Terraform, and an output."""
    plan = json.loads((PLANS / "literal-missing" / "plan.json").read_text(encoding="utf-8"))
    secrets = ["read-canary", "drifted-canary", "output-canary"]
    state = {
        "outputs": {"o": {"sensitive": True, "value": secrets[2]}},
        "root_module": {"child_modules": [{"resources": [_kept("aws_x.y", secrets[0], "data")]}]},
    }
    plan["prior_state"] = {"format_version": "1.0", "values": state}
    change = {"actions": ["update"], "before": {"v": secrets[1]}, "after": {}, "before_sensitive": {"v": True}}
    plan["resource_drift"] = [_kept("aws_x.z", "") | {"change": change | {"after_sensitive": {}}}]
    key = "/".join(secrets)
    containers(plan, lambda definitions: json.dumps(definitions).replace("prod.env", f"{key}/prod.env"))
    path = tmp_path / "plan.json"
    path.write_text(json.dumps(plan), encoding="utf-8")
    for form in OPTIONS:
        assert cli.run([*form, str(path)]) in (0, 1)
        streams = capsys.readouterr()
        assert [each for each in secrets if each in streams.out + streams.err] == []


def _kept(address: str, value: str, mode: str = "managed") -> dict[str, Any]:
    kind, name = address.split(".")
    whole = f"data.{address}" if mode == "data" else address
    row = {"address": whole, "mode": mode, "type": kind, "name": name, "values": {"v": value}}
    return row | {"sensitive_values": {"v": True}}


SOURCES = """\
variable "token" {
  type      = string
  sensitive = true
}

variable "port" {
  type      = number
  sensitive = true
}

locals {
  port  = var.port
  ports = [local.port]
}
"""
#: Expressions for the file that a task fetches: what they fail with, wait for or are must not say the canary.
EXPRESSIONS = (
    'file("${var.token}.env")',
    'file("../${var.token}.env")',
    'templatefile("${var.token}.tpl", {})',
    'fileset("../${upper(var.token)}", "*")[0]',
    '{ a = "b" }[var.token]',
    '{ a = "b" }[sensitive("canary-7f3a")]',
    '{ a = "b" }.a[var.token]',
    'regex("x", var.token)',
    "jsondecode(var.token)",
    "tonumber(var.token)",
    "var.token",
    "upper(var.token)",
    '"${var.port}"',
    '"a/${local.ports[0]}/b.env"',
    'join("/", local.ports)',
    'format("%d", local.port)',
    "jsonencode({ a = local.port })",
    "tostring(local.port + 1)",
    "aws_db_instance.d.port",
    '"${aws_db_instance.d.port}.env"',
    "aws_iam_role.execution[var.token]",
)


@pytest.mark.parametrize("expression", EXPRESSIONS)
def test_an_expression_does_not_say_what_is_marked(
    expression: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    bomb = evaluated(expression, SOURCES)()
    plan = bomb.plan
    assert isinstance(plan, dict)
    main = str(bomb.files["main.tf"])
    database = row("aws_db_instance.d", {"port": 81234567})
    database["change"]["after_sensitive"] = {"port": True}
    plan["resource_changes"].append(database)
    listed = {"address": "aws_db_instance.d", "mode": "managed", "type": "aws_db_instance", "name": "d"}
    plan["configuration"]["root_module"]["resources"].append(listed)
    plan["configuration"]["root_module"]["variables"] = {"token": {"sensitive": True}, "port": {"sensitive": True}}
    plan["variables"] = {"token": {"value": CANARY}, "port": {"value": 81234566}}
    files = {"main.tf": f'{main}\nresource "aws_db_instance" "d" {{\n  port = var.port\n}}\n'}
    path = Bomb(plan, files).write(tmp_path)
    options = (*OPTIONS, ["diff"], ["fix"])
    for form in some(options, PART * EXPRESSIONS.index(expression), PART):
        status = cli.run([*form, str(path)])
        streams = capsys.readouterr()
        assert status in (0, 1), streams.err
        assert [each for each in (CANARY, CANARY.upper(), "8123456") if each in streams.out + streams.err] == []


@pytest.mark.parametrize("way", ["file", "comment", "no rule"])
def test_the_reason_of_a_waiver_does_not_say_what_is_marked(
    way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plan = json.loads((PLANS / "literal-missing" / "plan.json").read_text(encoding="utf-8"))
    plan["variables"] = {"token": {"value": CANARY}}
    plan["configuration"]["root_module"]["variables"] = {"token": {"sensitive": True}}
    main = (PLANS / "literal-missing" / "main.tf").read_text(encoding="utf-8")
    if way == "file":
        waiver = f'[[waiver]]\nrule = "env-*"\naddress = "*"\nreason = "for {CANARY}"\n'
        (tmp_path / "tfcheck.toml").write_text(waiver, encoding="utf-8")
    else:
        rule = "env-file" if way == "comment" else CANARY
        main = main.replace('resource "aws_ecs_task', f'# tfcheck:ignore {rule} -- {CANARY}\nresource "aws_ecs_task')
    (tmp_path / "main.tf").write_text(main, encoding="utf-8")
    (tmp_path / "plan.json").write_text(json.dumps(plan), encoding="utf-8")
    said = ""
    for form in OPTIONS:
        assert cli.run([*form, str(tmp_path / "plan.json")]) in (0, 1)
        said += "".join(capsys.readouterr())
    assert "(sensitive)" in said
    assert CANARY not in said
