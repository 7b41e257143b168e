"""What the plan's configuration still shows of the sources."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.plan.made import SMALLEST, TESTDATA, loaded, nested, plan, redacted
from tests.rows import every_row
from tfcheck.plan import ConfigModule, constant, load, references
from tfcheck.vocabulary.errors import InputError


def root(**parts: Any) -> ConfigModule:
    found = plan(configuration={"root_module": parts}).configuration
    assert found
    return found


def test_a_real_configuration_is_read_through_its_modules() -> None:
    (found,) = load(TESTDATA / "modules-passing-arns" / "plan.json").plans
    assert found.configuration
    call = found.configuration.calls["roles"]
    assert call.source == "./modules/roles"
    assert constant(call.expressions["name"]) == (True, "shop")
    policy = call.module.resources["aws_iam_role_policy.env_files"]
    assert (policy.address, policy.mode, policy.type) == ("aws_iam_role_policy.env_files", "managed", policy.type)
    assert policy.provider_config_key == "module.roles:aws"
    assert references(policy.expressions["role"]) == ("aws_iam_role.execution.id", "aws_iam_role.execution")
    assert references(policy.count_expression) == ("var.env_file_arns",)
    assert policy.for_each_expression is None
    assert call.module.resources["data.aws_iam_policy_document.assume"].mode == "data"
    assert references(call.module.outputs["execution_role_arn"])[0] == "aws_iam_role.execution.arn"
    provider = found.provider_configs["module.roles:aws"]
    assert (provider.name, provider.alias, provider.module_address) == ("aws", None, "module.roles")
    assert provider.full_name
    assert provider.full_name.endswith("/hashicorp/aws")


@every_row("value", [None, False, "", 0, [], "x", {"a": 1}])
def test_a_constant_may_be_any_value(value: Any) -> None:
    assert constant({"constant_value": value}) == (True, value)


@every_row("expression", [{}, {"references": ["var.x"]}, None, [], [{"constant_value": 1}]])
def test_what_has_no_constant_is_none(expression: Any) -> None:
    assert constant(expression) == (False, None)


def test_a_template_of_tf_json_is_not_a_constant() -> None:
    reference = ["aws_iam_role.e.arn", "aws_iam_role.e"]
    assert constant({"constant_value": "${aws_iam_role.e.arn}", "references": reference}) == (False, None)


def test_references_keep_order_and_duplicates() -> None:
    assert references({"references": ["var.o.arn", "var.o", "var.o"]}) == ("var.o.arn", "var.o", "var.o")


@every_row("expression", [{}, {"constant_value": 1}, {"references": None}, None, [{"references": ["a"]}]])
def test_what_has_no_references_has_none(expression: Any) -> None:
    assert references(expression) == ()


def test_a_default_of_null_is_a_default() -> None:
    found = root(variables={"a": {"default": None}, "b": {}, "c": {"default": [1], "sensitive": True}, "d": None})
    shown = {name: (each.has_default, each.default, each.sensitive) for name, each in found.variables.items()}
    assert shown == {
        "a": (True, None, False),
        "b": (False, None, False),
        "c": (True, [1], True),
        "d": (False, None, False),
    }


def test_missing_and_null_parts_are_empty() -> None:
    parts = ("resources", "module_calls", "outputs", "variables")
    for found in (root(), root(**dict.fromkeys(parts))):
        assert (found.resources, found.calls, found.outputs, found.variables) == ({}, {}, {}, {})
    found = root(
        resources=[None, {"mode": "managed", "type": "t", "name": "x", "expressions": None}],
        module_calls={"m": None, "n": {"module": None, "expressions": None}},
        outputs={"o": None, "p": {}},
    )
    assert found.resources["t.x"].expressions == {}
    assert found.resources["t.x"].depends_on == ()
    assert found.resources["t.x"].provider_config_key == ""
    assert found.calls["m"].module.resources == {}
    assert found.calls["n"].expressions == {}
    assert found.outputs == {"o": None, "p": None}


def test_expressions_nested_too_deep_are_refused_by_name() -> None:
    deep = nested(500)
    parts = dict.fromkeys(("expressions", "count_expression", "for_each_expression"), deep)
    found = root(
        resources=[{"mode": "managed", "type": "t", "name": "x"} | parts],
        module_calls={"m": parts},
        outputs={"o": {"expression": deep}},
        variables={"v": {"default": deep}},
    )
    for repeated, name in ((found.resources["t.x"], r"t\.x"), (found.calls["m"], r"module\.m")):
        for part in parts:
            with pytest.raises(
                InputError, match=f"`{name}` in the plan's configuration is nested too deep to be a plan"
            ):
                getattr(repeated, part)
    for part, name in (("outputs", "output `o`"), ("variables", "variable `v`")):
        with pytest.raises(InputError, match=f"{name} is nested too deep to be a plan"):
            getattr(found, part)


def test_a_provider_nested_too_deep_is_refused_by_name() -> None:
    found = plan(configuration={"provider_config": {"aws": {"expressions": nested(500)}, "null": None}})
    with pytest.raises(InputError, match="provider `aws` in the plan's configuration is nested too deep to be a plan"):
        _ = found.provider_configs


def test_a_plan_without_modules_has_no_configuration() -> None:
    for section in (None, {}, {"root_module": None}):
        found = loaded(json.dumps(SMALLEST | {"configuration": section}))
        assert found.plans[0].configuration is None
        assert found.warnings == (
            "standard input has no `configuration`, which Terraform always writes: more stays unknown",
        )
    assert redacted().configuration is None
    assert redacted().provider_configs == {}
