"""Render a `data.template_file` that is read only during apply.

Follows https://registry.terraform.io/providers/hashicorp/template/latest/docs/data-sources/file, which Terraform's
`templatefile` took the place of: `template` is the text, `vars` a map of strings.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.symbolic.value import Unknown, Value
from tfcheck.vocabulary.address import Address

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes


def rendered(attributes: Attributes, address: Address) -> Value:
    """Return the text, as far as template and variables are known."""
    from tfcheck.hcl.evaluate.expressions import see
    from tfcheck.hcl.functions import call

    template, variables = attributes.attribute(address, "template"), attributes.attribute(address, "vars")
    try:
        given = {} if variables is None else _strings(variables)
        return call("templatestring", [template, given], attributes.scope_of(address), see)
    except EvaluationError as error:
        return Unknown(reason=f"{address} cannot be rendered: {error}", unsure=True)


def _strings(variables: Value) -> Value:
    from tfcheck.hcl.evaluate.convert import to_string

    if not isinstance(variables, dict):
        return variables
    return {name: to_string(value) for name, value in variables.items() if value is not None}
