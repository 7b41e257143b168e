"""Find the forgotten objects that another resource of the plan manages."""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.plan import Instance


def without_adopted(instances: Sequence[Instance]) -> Sequence[Instance]:
    """Return the instances of one type without forgotten ones whose object another instance manages.

    This is how resources move between modules and states, with a `removed` block here and an `import` block there
    (https://developer.hashicorp.com/terraform/language/import).
    """
    forgotten = [each for each in instances if each.actions == ("forget",)]
    if not forgotten:
        return instances
    managed = [each for each in instances if each.exists_before and each.actions != ("forget",)]
    arns = {_text(each, "arn") for each in managed}
    # NOTE: without an ARN, equal ids may also be names in two accounts.
    ids = {_text(each, "id") for each in managed if each.is_imported}
    adopted = {
        each.address
        for each in forgotten
        if (_text(each, "arn") in arns if _text(each, "arn") else _text(each, "id") in ids - {""})
    }
    return [each for each in instances if each.address not in adopted]


def _text(instance: Instance, name: str) -> str:
    value = (instance.before or {}).get(name)
    return value if isinstance(value, str) else ""
