"""Evaluate data sources that Terraform computes itself but reads only during apply.

Follows https://registry.terraform.io/providers/hashicorp/aws/latest/docs/data-sources/iam_policy_document and
https://registry.terraform.io/providers/hashicorp/template/latest/docs/data-sources/file, which `templatefile` replaced.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from tfcheck.hcl.evaluate.scope import EvaluationError
from tfcheck.hcl.formats.json import encode
from tfcheck.plan import Instance
from tfcheck.resolve.blocks import nested_blocks, possible_blocks
from tfcheck.resolve.declarations import CHANGED
from tfcheck.resolve.difference import statements_differ
from tfcheck.resolve.merge import possible as may_be
from tfcheck.symbolic.choices import is_choice, is_structural, or_empty
from tfcheck.symbolic.value import JsonText, Text, Unknown, Value, is_known, items
from tfcheck.vocabulary.address import Address

if TYPE_CHECKING:
    from tfcheck.resolve.attributes import Attributes


def policy_document(attributes: Attributes, instance: Instance) -> Value:
    """Return the JSON text of a deferred policy document, from its planned and written statements."""
    from tfcheck.hcl.evaluate.alternatives import choose, every_choice
    from tfcheck.resolve.policy_document import document

    statements, further = _statements(attributes, instance)
    version, policy_id, *documents = (attributes.attribute(instance.address, each) for each in _ARGUMENTS)
    possible = [
        document(statements, version, policy_id, _documents(each[:2]), _documents(each[2:]), open=further)
        for each in every_choice(documents, is_structural)
    ]
    rendered = choose(possible, Unknown(reason=_OPEN_DOCUMENTS))
    return rendered if isinstance(rendered, Unknown) else encode(rendered)


_ARGUMENTS = (
    *("version", "policy_id", "source_policy_documents", "source_json"),
    *("override_policy_documents", "override_json"),
)
_OPEN_DOCUMENTS = "which documents are merged is known only after apply"


def _documents(values: Sequence[Value]) -> list[Value]:
    found: list[Value] = []
    for value in values:
        listed = (value,) if isinstance(value, (str, Text, JsonText)) else items(value)
        # An unknown document may be any number of documents: each may add statements and replace others.
        found += [listed] if isinstance(listed, Unknown) else listed
    return found


def _statements(attributes: Attributes, instance: Instance) -> tuple[list[dict[str, Value]], Unknown | None]:
    """Return the statements, and an `Unknown` if there may be more."""
    planned = (instance.after or {}).get("statement")
    block = attributes.block(instance.address)
    if block is None:
        return _planned_statements(planned)
    address = instance.address
    if attributes.declarations.is_doubted("argument", address.module.config, address.resource, "statement"):
        return _planned_statements(Unknown(reason=CHANGED) if planned is None else planned)
    asked = attributes.evaluation, block, "statement", attributes.scope_of(address)
    written, further = nested_blocks(*asked)
    possible = possible_blocks(*asked) if further is not None else []
    if isinstance(planned, list) and further is None:
        if statements_differ(written, planned):
            return _planned_statements(planned)
        if len(planned) == len(written):
            pairs = zip(planned, written, strict=True)
            return [{**mine, **_known_members(theirs, mine)} for theirs, mine in pairs], None
    if isinstance(planned, list) and possible and all(is_choice(more) for _, more in possible):
        planned = [_fill_statement(each, [*written, *(inner for inner, _ in possible)]) for each in planned]
    if isinstance(planned, list) and (further is not None or is_known(planned)):
        return _planned_statements(planned)
    if further is None:
        return written, None
    if not possible:
        return written, further
    # Whether a statement of a `dynamic` block exists is unknown like a condition, and like its Sid.
    optional = [{**each, "sid": or_empty(each.get("sid"), more), "condition": more} for each, more in possible]
    return [*written, *optional], None


def _planned_statements(planned: Value) -> tuple[list[dict[str, Value]], Unknown | None]:
    listed = items(planned)
    if isinstance(listed, Unknown):
        return [], listed
    strange = next((each for each in listed if isinstance(each, Unknown)), None)
    return [each for each in listed if isinstance(each, dict)], strange


def _fill_statement(planned: Value, written: Sequence[dict[str, Value]]) -> Value:
    """Return a planned statement with what the plan does not know from the only written one that it can be."""
    alike = [each for each in written if isinstance(planned, dict) and may_be(planned, each)]
    return {**alike[0], **_known_members(planned, alike[0])} if len(alike) == 1 else planned


def _known_members(planned: Value, written: dict[str, Value]) -> dict[str, Value]:
    """Return the members that the plan knows completely, or that are not written."""
    members = planned.items() if isinstance(planned, dict) else ()
    return {name: each for name, each in members if name not in written or (is_known(each) and each is not None)}


def render_template(attributes: Attributes, address: Address) -> Value:
    """Return the text, as far as template and variables are known."""
    from tfcheck.hcl.evaluate.convert import to_string
    from tfcheck.hcl.evaluate.expressions import see
    from tfcheck.hcl.functions import call

    template, variables = attributes.attribute(address, "template"), attributes.attribute(address, "vars")
    try:
        if variables is None or isinstance(variables, dict):
            variables = {name: to_string(value) for name, value in (variables or {}).items() if value is not None}
        return call("templatestring", [template, variables], attributes.scope_of(address), see)
    except EvaluationError as error:
        return Unknown(reason=f"{address} cannot be rendered: {error}", may_fail=True)
