"""What the plan's configuration shows of an expression, and what it does not."""

from __future__ import annotations

from typing import Any

from tests.rows import every_row
from tfcheck.hcl.syntax.expression import Attribute, Expression, Index, Literal, Unreadable, Variable
from tfcheck.resolve.configuration_refs import expression


def source_text(node: Expression) -> str:
    match node:
        case Variable(name=name):
            return name
        case Attribute(source=source, name=name):
            return f"{source_text(source)}.{name}"
        case Index(source=source, key=Literal(value=str() as key)):
            return f'{source_text(source)}["{key}"]'
        case Index(source=source, key=key):
            return f"{source_text(source)}[{source_text(key)}]"
        case Literal(value=value):
            return repr(value)
        case _:
            return "?"


def refers(*names: str) -> dict[str, Any]:
    return {"references": list(names)}


@every_row(
    ("json", "argument", "means"),
    [
        ({"constant_value": None}, "role", "None"),
        ({"constant_value": ""}, "role", "''"),
        (refers("aws_iam_role.e.arn", "aws_iam_role.e"), "execution_role_arn", "aws_iam_role.e.arn"),
        (refers("aws_iam_role.e[0].arn", "aws_iam_role.e[0]", "aws_iam_role.e"), "role", "aws_iam_role.e[0].arn"),
        (refers('module.x["k.1"].out', 'module.x["k.1"]'), "role", 'module.x["k.1"].out'),
        (refers("module.iam.role_arn", "module.iam"), "execution_role_arn", "module.iam.role_arn"),
        (refers("var.roles.exec.arn", "var.roles.exec", "var.roles"), "role", "var.roles.exec.arn"),
        (refers("each.value.arn", "each.value"), "execution_role_arn", "each.value.arn"),
        # Terraform before 1.0 leaves the attribute out: the argument implies it.
        (refers("aws_iam_role.e"), "execution_role_arn", "aws_iam_role.e.arn"),
        (refers("aws_iam_policy.p", "each.key"), "policy_arn", "aws_iam_policy.p[each.key].arn"),
        (refers("aws_iam_role.e", "count.index"), "role", "aws_iam_role.e[count.index].name"),
        (refers("data.aws_iam_role.e"), "role", "data.aws_iam_role.e.name"),
        # One block for each instance of a resource: each.value is that instance.
        (refers("aws_iam_role.e"), "for_each", "aws_iam_role.e"),
    ],
)
def test_one_reference_of_a_joining_argument_is_a_candidate(json: Any, argument: str, means: str) -> None:
    assert source_text(expression(json, argument)) == means


@every_row(
    "json",
    [
        {},
        refers("var.create", "aws_iam_role.e[0].arn", "aws_iam_role.e[0]", "aws_iam_role.e"),
        refers("aws_iam_role.a.arn", "aws_iam_role.a", "aws_iam_role.b.arn", "aws_iam_role.b"),
        refers("module.x.name", "module.x", "each.key"),
        refers("aws_iam_role.e[*].arn", "aws_iam_role.e"),
    ],
)
def test_what_is_combined_somehow_proves_nothing(json: Any) -> None:
    assert isinstance(expression(json, "role"), Unreadable)


def test_a_whole_resource_means_nothing_where_the_argument_implies_no_attribute() -> None:
    assert isinstance(expression(refers("aws_iam_role.e"), "description"), Unreadable)
