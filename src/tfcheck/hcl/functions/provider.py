"""Functions of the AWS provider.

See https://registry.terraform.io/providers/hashicorp/aws/latest/docs (functions). They only split and build ARNs, so
the evaluator needs to know nothing else about AWS.
"""

from __future__ import annotations

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.functions.arguments import Function, unknown_result
from tfcheck.hcl.functions.strings import split
from tfcheck.symbolic.texts import split_text
from tfcheck.symbolic.value import TextLike, Unknown, Value, spelled_out, text

_PARTS = ("partition", "service", "region", "account_id", "resource")


def arn_build(*parts: TextLike) -> Value:
    """Build an ARN."""
    return text(["arn", *(part for each in parts for part in (":", each))])


def arn_parse(arn: TextLike) -> Value:
    """Parse an ARN into an object."""
    parts = _split_arn(arn)
    return parts if isinstance(parts, Unknown) else dict(zip(_PARTS, parts, strict=True))


def trim_iam_role_path(arn: TextLike) -> Value:
    """Remove the path from a role's ARN."""
    parts = _split_arn(arn)
    if isinstance(parts, Unknown):
        return parts
    resource = split("/", parts[-1])
    if not isinstance(resource, list):
        return unknown_result(parts[-1], may_fail=True)
    if parts[1] != "iam" or resource[0] != "role" or len(resource) < 2:
        if isinstance(parts[1], str) and isinstance(resource[0], str):
            raise EvaluationError("the ARN is not that of a role")
        return unknown_result(arn, may_fail=True)
    return arn_build(*parts[:4], text(["role/", resource[-1]]))  # type: ignore[list-item]


def _split_arn(arn: TextLike) -> list[TextLike] | Unknown:
    """Return the five parts after `arn:`, or an unknown value."""
    parts = split_text(spelled_out(arn), ":", 5)
    if parts is None:
        return unknown_result(arn, may_fail=True)
    if len(parts) < 6 or parts[0] != "arn":
        raise EvaluationError("the text is not an ARN")
    return parts[1:]


FUNCTIONS = {
    "provider::aws::arn_build": Function(arn_build, "string string string string string", partial=True),
    "provider::aws::arn_parse": Function(arn_parse, "string", partial=True),
    "provider::aws::trim_iam_role_path": Function(trim_iam_role_path, "string", partial=True),
}
