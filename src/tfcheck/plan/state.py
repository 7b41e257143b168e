"""The resources of another stack: those of its state, or those that its plan creates.

Accepts `terraform show -json` output of a state or a plan
(https://developer.hashicorp.com/terraform/internals/json-format#state-representation). A state is read as a plan that
changes nothing, so that both have the same interface.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import msgspec
from msgspec import Raw

from tfcheck.plan import document as parts
from tfcheck.plan.file import SHOW, SavedPlanError, content, json_text
from tfcheck.plan.load import Loaded, documents, known_version, load
from tfcheck.plan.plan import Plan
from tfcheck.vocabulary.errors import InputError, input_words

#: Prefixes of types in other stacks that matter to the start of a task.
_WANTED = (
    "aws_iam_",
    "aws_s3_",
    "aws_s3files_",
    "aws_kms_",
    "aws_secretsmanager_",
    "aws_ssm_parameter",
    "aws_ecr_",
    "aws_efs_",
    "aws_cloudwatch_log_group",
)
_SHOW = "run `terraform show -json > stack.json` (or `tofu`) in the directory of that stack"
_NOTHING = Raw()


class _StateResource(msgspec.Struct, gc=False):
    address: str = ""
    mode: parts.Mode | None = None
    type: str = ""
    name: str | None = None
    index: str | int | None = None
    deposed_key: str | None = None
    values: Raw = _NOTHING
    sensitive_values: Raw = _NOTHING


class _StateValues(msgspec.Struct, gc=False):
    root_module: parts.StateModule[_StateResource] | None = None


class ShownFile(msgspec.Struct, frozen=True):
    """A file of another stack; `is_state` distinguishes existing objects from planned ones."""

    loaded: Loaded
    is_state: bool


def load_shown(path: Path | None) -> ShownFile:
    """Read the state or the plans of another stack, from standard input if `path` is None.

    Raises:
        SavedPlanError: the file is a saved plan (`plan -out`) rather than its JSON.
        InputError: the file cannot be read, is a raw state, is of an unknown format, or holds something else.
    """
    named = input_words(path)
    try:
        whole = content(path)
        text, warnings = json_text(whole, named)
        first = next((each for each, _ in documents(text, named)), None)
    except SavedPlanError:
        raise
    except InputError as error:
        raise _context_error(error) from None
    if first is not None and _is_state(first):
        if parts.present(first.format_version):
            known_version(first.format_version, named)
        label = "-" if path is None else str(path)
        values = (
            parts.decoded_section(first.values, _StateValues, named) if parts.present(first.values) else _StateValues()
        )
        rows: list[parts.ResourceChange | None] = [*_no_op_changes(values.root_module)]
        # What data sources read is in the prior state.
        document = parts.Document(
            terraform_version=first.terraform_version, resource_changes=rows, prior_state=Raw(text)
        )
        return ShownFile(Loaded((Plan(label, document, "", is_state=True),), warnings), is_state=True)
    if first is not None and (parts.is_written(first.lineage) or parts.is_written(first.serial)):
        raise InputError(f"{named} is a raw state, not what `show -json` prints of it", hint=_SHOW)
    try:
        return ShownFile(load(path, BytesIO(whole) if path is None else None), is_state=False)
    except InputError as error:
        raise error if error.hint != SHOW else _context_error(error) from None


def _context_error(error: InputError) -> InputError:
    """Return the error for a file that is neither a plan nor a state, with how to get one of another stack."""
    message = error.message.replace("not a plan", "neither a plan nor a state")
    return InputError(message.replace("not a Terraform plan", "neither a Terraform plan nor a state"), hint=_SHOW)


def _is_state(document: parts.Document) -> bool:
    """Whether a document is a shown state; an empty one has only a version."""
    others = (document.lineage, document.serial, document.planned_values, document.configuration)
    if isinstance(document.resource_changes, list) or any(map(parts.is_written, others)):
        return False
    return parts.is_written(document.format_version) and not parts.present(document.plan_format_version)


def _no_op_changes(root: parts.StateModule[_StateResource] | None) -> Iterator[parts.ResourceChange]:
    """Yield the managed objects of a state as rows of a plan that leaves them as they are."""
    change = b'{"actions":["no-op"],"before":%b,"after":%b,"before_sensitive":%b,"after_sensitive":%b}'
    for module in parts.each_module(root):
        for row in module.resources or ():
            if row is None or row.mode not in (None, parts.Mode.MANAGED) or row.deposed_key:
                continue
            if row.type.startswith(_WANTED):
                values, mask = bytes(row.values) or b"null", bytes(row.sensitive_values) or b"null"
                yield parts.ResourceChange(
                    address=row.address,
                    type=row.type,
                    mode=parts.Mode.MANAGED,
                    name=row.name,
                    index=row.index,
                    module_address=module.address,
                    change=Raw(change % (values, values, mask, mask)),
                )
