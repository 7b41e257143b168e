"""Is this JSON document a complete plan, and if not, what is it and what should be run instead?

Follows https://developer.hashicorp.com/terraform/internals/json-format and, for documents other than plans, what the
commands of Terraform and OpenTofu write.
"""

from __future__ import annotations

import re

from msgspec import UNSET, Raw

from tfcheck.errors import InputError
from tfcheck.plan.document import Document, present
from tfcheck.plan.file import SHOW

_VERSION = re.compile(rb'"?(\d{1,6})\.(\d{1,6})(?:\.\d+)?"?')
_NEWEST_MAJOR = 1

#: What a document is that is not a plan, by the key that gives it away.
_OTHERS = (
    ("log_level", "is a log of `plan -json`, not a plan", SHOW),
    ("remote_plan_format", "is the bookmark of a remote run, not a plan", "run `terraform show -json` on it"),
    (
        "encrypted_data",
        "is encrypted by OpenTofu",
        "run `tofu show -json tfplan > plan.json` where the key is configured",
    ),
    ("lineage", "is a Terraform state, not a plan", SHOW),
    ("serial", "is a Terraform state, not a plan", SHOW),
    ("values", "is a Terraform state shown as JSON, not a plan", SHOW),
)


def format_version(document: Document, named: str) -> str:
    """Give the format version of a complete plan, or the empty string where it does not tell.

    Raises:
        InputError: the document is no plan, not a complete one, or of a format that we do not know.
    """
    if not _is_plan(document):
        raise _other(document, named)
    if document.errored:
        raise InputError(f"{named} is not a complete plan: planning stopped with an error", hint="mend it, plan again")
    if document.complete is False:
        raise InputError(
            f"{named} is not a complete plan: it was made with `-target` or leaves changes for later",
            hint="plan without `-target`, then `terraform show -json`",
        )
    version = document.format_version if present(document.format_version) else document.plan_format_version
    return known_version(version, named) if present(version) else ""


def _is_plan(document: Document) -> bool:
    if document.resource_changes is not UNSET:
        return True
    if present(document.plan_format_version):
        return True
    sections = (document.planned_values, document.configuration)
    return _given(document.format_version) and any(map(_given, sections))


def _given(raw: Raw) -> bool:
    return len(memoryview(raw)) > 0


def _other(document: Document, named: str) -> InputError:
    for key, what, hint in _OTHERS:
        if _given(getattr(document, key)):
            return InputError(f"{named} {what}", hint=hint)
    if _given(document.format_version):
        return InputError(f"{named} is an empty Terraform state shown as JSON, not a plan", hint=SHOW)
    return InputError(f"{named} is JSON, but no Terraform plan", hint=SHOW)


def known_version(raw: Raw, named: str) -> str:
    """Give a format version that we know. Its parts are integers: 1.10 is newer than 1.9, which only adds keys.

    Raises:
        InputError: it is no version, or a newer major one.
    """
    found = _VERSION.fullmatch(bytes(raw))
    if not found:
        raise InputError(f"{named} has a format version that is no version", hint=SHOW)
    if int(found[1]) > _NEWEST_MAJOR:
        raise InputError(
            f"{named} has format version {int(found[1])}.{int(found[2])}, and this tfcheck knows 0.x and 1.x",
            hint="upgrade tfcheck",
        )
    return bytes(raw).strip(b'"').decode()
