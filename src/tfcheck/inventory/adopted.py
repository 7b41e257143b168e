"""Find the objects of a plan that one resource forgets and another one imports: they are one object of AWS.

So resources move between modules and between states, with a `removed` block here and an `import` block there
(https://developer.hashicorp.com/terraform/language/import).
"""

from __future__ import annotations

from collections.abc import Sequence

from tfcheck.plan import Instance


def without_adopted(instances: Sequence[Instance]) -> Sequence[Instance]:
    """Return the instances of one type without those that are forgotten while another one manages the object."""
    forgotten = [each for each in instances if each.actions == ("forget",)]
    if not forgotten:
        return instances
    managed = [each for each in instances if each.exists_before and each.actions != ("forget",)]
    arns = {_text(each, "arn") for each in managed}
    # NOTE: without an ARN, equal ids may also be names in two accounts.
    ids = {_text(each, "id") for each in managed if each.imported}
    adopted = {each.address for each in forgotten if _text(each, "arn") in arns - {""} or _is_in(ids, each)}
    return [each for each in instances if each.address not in adopted]


def _is_in(ids: set[str], forgotten: Instance) -> bool:
    return not _text(forgotten, "arn") and _text(forgotten, "id") in ids - {""}


def _text(instance: Instance, name: str) -> str:
    value = (instance.before or {}).get(name)
    return value if isinstance(value, str) else ""
