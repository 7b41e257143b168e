"""What is worked out from the sources is what Terraform worked out, wherever a plan shows it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import pytest

from tests.cases import Case, with_plan
from tests.filling import filled
from tests.laws import part
from tests.likeness import alike
from tfcheck.resolve.computed import is_hash, proven_by
from tfcheck.resolve.difference import keep_known_members
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, Value, is_known, pieces, spelled_out, text
from tfcheck.vocabulary.address import Address, parse

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tfcheck.hcl.syntax.block import Block
    from tfcheck.plan import Plan
    from tfcheck.resolve import Resolver

CREATED = [case for case in with_plan("plan.json") if case.has("applied.plan.json")]
#: Of these the provider keeps other forms than what is written: `tests/resolve/test_contradicted.py` compares them.
OTHER_FORMS = "forms-of-the-provider"
WITH_TOFU = part(with_plan("tofu.plan.json"), 4)
#: Arguments that Terraform itself reads; they are no attributes.
META = {"count", "for_each", "provider", "depends_on", "lifecycle", "provisioner", "connection"}
#: The ending of arguments that are sent to the provider and are null in every plan.
WRITE_ONLY = "_wo"
#: Attributes that stay partly open until the apply, by case, and why.
OPEN = {
    "buckets-of-callers": (
        "the end of a secret's ARN, which a replaced region has parted from its beginning",
        ["aws_ecs_task_definition.sync.container_definitions"],
    ),
    "chosen-by-revision": ("whether a revision is 1", ["aws_iam_role_policy.read.policy"]),
    "conventions-of-modules": (
        "how many statements the text of an unknown length makes",
        [
            'aws_iam_role_policy.logs["jobs"].policy',
            'aws_iam_role_policy.logs["shop"].policy',
            "data.aws_iam_policy_document.logs.json",
            "data.aws_iam_policy_document.logs.statement",
        ],
    ),
    "evaluation/secrets-and-versions": ("the length of a text with open parts", ["aws_iam_policy.secrets.policy"]),
    "lists-known-later": (
        "decoded during the apply",
        [
            'aws_ecs_task_definition.web["able"].container_definitions',
            'aws_ecs_task_definition.web["files"].container_definitions',
            "aws_secretsmanager_secret.token.kms_key_id",
        ],
    ),
    "templates-cleaned-up": (
        "the ends of generated names, which a pattern has parted from their beginnings",
        ["aws_ecs_task_definition.svc.container_definitions"],
    ),
    "open-policies": (
        "one of two values, by a condition that the apply decides",
        [
            'aws_ecs_task_definition.f["bucket"].container_definitions',
            'aws_ecs_task_definition.f["policy"].container_definitions',
            'aws_ecs_task_definition.i["name"].container_definitions',
            'aws_ecs_task_definition.i["repo"].container_definitions',
            'aws_ecs_task_definition.s["inline"].container_definitions',
            'aws_ecs_task_definition.s["key"].container_definitions',
            'aws_ecs_task_definition.s["policy"].container_definitions',
        ],
    ),
    "open-references": (
        "one of two values, by a condition that the apply decides",
        [
            'aws_ecs_task_definition.f["bucket"].container_definitions',
            'aws_ecs_task_definition.f["file"].container_definitions',
            'aws_ecs_task_definition.t["for-if"].container_definitions',
            'aws_ecs_task_definition.t["granted"].container_definitions',
            'aws_ecs_task_definition.t["index"].container_definitions',
            'aws_ecs_task_definition.t["lookup"].container_definitions',
            'aws_ecs_task_definition.t["one-of-two"].container_definitions',
            'aws_ecs_task_definition.t["other-plain"].container_definitions',
            'aws_ecs_task_definition.t["own-or-null"].container_definitions',
            'aws_ecs_task_definition.t["parameter"].container_definitions',
        ],
    ),
    "open-collections": (
        "lists that are decoded during the apply",
        [
            "aws_iam_policy_attachment.attached.roles",
            "aws_iam_role.managed.managed_policy_arns",
            "aws_iam_role_policies_exclusive.named.policy_names",
            'aws_iam_role_policy.document["denied"].policy',
            'aws_iam_role_policy.document["documents"].policy',
            'aws_iam_role_policy.document["narrowed"].policy',
            'aws_iam_role_policy.document["statements"].policy',
            'aws_iam_role_policy.written["actions"].policy',
            'aws_iam_role_policy.written["conditions"].policy',
            'aws_iam_role_policy.written["resources"].policy',
            "aws_iam_role_policy_attachments_exclusive.listed.policy_arns",
            "aws_iam_role_policy_attachments_exclusive.removed.policy_arns",
            "aws_s3_bucket_policy.shared.policy",
            "data.aws_iam_policy_document.shared.json",
            'data.aws_iam_policy_document.this["denied"].json',
            'data.aws_iam_policy_document.this["documents"].json',
            'data.aws_iam_policy_document.this["documents"].source_policy_documents',
            'data.aws_iam_policy_document.this["narrowed"].json',
            'data.aws_iam_policy_document.this["statements"].json',
        ],
    ),
}


@pytest.mark.parametrize("case", [each for each in with_plan() if each.name != OTHER_FORMS], ids=repr)
def test_evaluating_agrees_with_what_the_plan_knows(case: Case) -> None:
    for name in ("plan.json", "applied.plan.json", "tofu.plan.json"):
        if case.has(name) and (name != "tofu.plan.json" or case in WITH_TOFU):
            resolver = case.resolver(name)
            rows = [
                (f"{address}.{attribute}", as_kept(attribute, resolver.evaluate(address, attribute)), known)
                for address, attribute, known in known_attributes(case, name, resolver)
            ]
            assert [(name, row) for row in rows if not (agrees(row[1], row[2]) or generated(row[0], row[1]))] == []
            assert sum(is_known(evaluated) and is_known(known) for _, evaluated, known in rows) > 0


@pytest.mark.parametrize("case", part(CREATED, 4), ids=repr)
def test_what_is_symbolic_becomes_what_was_applied(case: Case) -> None:
    resolver, applied = case.resolver(), case.resolver("applied.plan.json").plan
    wrong, still_open = [], set()
    for address, attribute in waiting(case, resolver):
        actual = applied_value(applied, address, attribute)
        if actual is None:
            continue
        become = filled(resolver.attribute(address, attribute), applied)
        if not is_known(become):
            still_open.add(f"{address}.{attribute}")
        if not agrees(become, actual):
            wrong.append((f"{address}.{attribute}", become, actual))
    for address, attribute in computed(case):
        symbolic, actual = resolver.attribute(address, attribute), applied_value(applied, address, attribute)
        if isinstance(symbolic, Unknown) and isinstance(actual, str):
            shape = filled(symbolic.shape, applied)
            if not may_become(symbolic, actual) or not (shape is None or agrees(shape, actual)):
                wrong.append((f"{address}.{attribute}", symbolic, actual))
    assert wrong == []
    _, expected = OPEN.get(case.name, ("", []))
    assert still_open == set(expected)


def agrees(evaluated: Value, actual: Any) -> bool:
    """Whether two values are the same, or may still turn out to be; of user data the provider keeps the hash."""
    if is_hash(actual) and proven_by(actual, evaluated):
        return True
    known = is_known(evaluated) and is_known(actual)
    return alike(evaluated, actual) if known else not is_known(actual) or may_become(evaluated, actual)


def as_kept(attribute: str, evaluated: Value) -> Value:
    """Return a value as the provider keeps it, without the comments in container definitions."""
    is_text = attribute == "container_definitions" and isinstance(evaluated, str)
    return json.dumps(keep_known_members(json.loads(evaluated))) if is_text else evaluated  # type: ignore[arg-type]


def generated(attribute: str, evaluated: Value) -> bool:
    """Whether the provider makes up a value itself, because the argument comes to nothing."""
    return evaluated in (None, []) and attribute.rpartition(".")[2] in PROVIDED


#: What the provider, or AWS, chooses where nothing is given.
PROVIDED = {
    "bucket",
    "bypass_policy_lockout_safety_check",
    "inline_policy",
    "key_id",
    "kms_key_id",
    "managed_policy_arns",
    "name",
    "permissions_boundary",
    "policy",
    "server_side_encryption",
}


def may_become(value: Value, actual: Value) -> bool:
    """Whether a value with unknown parts may still turn out to be this one."""
    from tfcheck.hcl.formats.json import decode
    from tfcheck.symbolic.match import equal

    if isinstance(value, Text) and isinstance(actual, str) and actual.startswith("["):
        return may_become(decode(value), json.loads(actual))  # the provider writes containers its own way
    if isinstance(value, list) and isinstance(actual, list):
        return len(value) == len(actual) and all(map(may_become, value, actual))
    if isinstance(value, Unknown | Text):
        return equal(once_assigned(value), actual if isinstance(actual, str) else str(actual)) is not Truth.FALSE
    if isinstance(value, dict) and isinstance(actual, dict):
        return all(may_become(each, actual.get(name)) for name, each in value.items())
    return True


def once_assigned(value: TextLike) -> TextLike:
    """Return a text as it is once all is assigned: then it may be what is known."""
    return text(
        msgspec.structs.replace(each, fresh=False) if isinstance(each, Unknown) else each
        for each in pieces(spelled_out(value))
    )


def known_attributes(case: Case, name: str, resolver: Resolver) -> Iterator[tuple[Address, str, Any]]:
    """Go through every argument written for an instance that the plan has an after of."""
    for row in case.changes(name):
        address = parse(row["address"])
        instance, block = resolver.plan.instance(row["address"]), resolver.block(address)
        if instance is None or instance.after is None or block is None or instance.actions == ("forget",):
            continue
        for attribute in compared_names(block):
            yield address, attribute, instance.after.get(attribute)


def compared_names(block: Block) -> list[str]:
    """Name the arguments and nested blocks of a resource, but those whose changes are ignored."""
    nested = [each.labels[0] if each.type == "dynamic" else each.type for each in block.nested]
    ignored = {re.split(r"[.[]", each)[0] for each in block.ignored_changes()}
    names = dict.fromkeys((*block.attributes(), *nested))
    return [each for each in names if not (each in META or each in ignored or each.endswith(WRITE_ONLY))]


def waiting(case: Case, resolver: Resolver) -> Iterator[tuple[Address, str]]:
    """Go through what is written and not wholly known in the plan, and the documents read during apply."""
    for row in case.changes("plan.json"):
        address, unknown = parse(row["address"]), row["change"].get("after_unknown") or {}
        block = resolver.block(address)
        for attribute in compared_names(block) if block else ():
            if unknown.get(attribute):
                yield address, attribute
        if address.type == "aws_iam_policy_document" and unknown.get("json"):
            yield address, "json"


def computed(case: Case) -> Iterator[tuple[Address, str]]:
    """Go through all that the plan marks as unknown as a whole."""
    for row in case.changes("plan.json"):
        for attribute, unknown in (row["change"].get("after_unknown") or {}).items():
            if unknown is True:
                yield parse(row["address"]), attribute


def applied_value(applied: Plan, address: Address, attribute: str) -> Any:
    """Return what an attribute was after the apply; None where that is not settled."""
    instance = applied.instance(str(address))
    if instance is not None:
        return (instance.after or {}).get(attribute) if instance.actions == ("no-op",) else None
    prior = applied.data(str(address))
    return prior.values.get(attribute) if prior else None
