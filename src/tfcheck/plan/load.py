"""Load the plans in a file, or explain in one line why it is not a complete plan.

Follows https://developer.hashicorp.com/terraform/internals/json-format and, for other documents, what the commands of
Terraform and OpenTofu print.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec
from msgspec import UNSET, Raw

from tfcheck.plan.document import (
    Document,
    KeptRow,
    Mode,
    State,
    StateModule,
    StateValues,
    decoded_section,
    each_module,
    is_written,
    present,
)
from tfcheck.plan.file import SHOW, Buffer, content, json_text, refuse_crowded, release
from tfcheck.plan.plan import Plan
from tfcheck.symbolic.limits import allow_values
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import InputError, decoding_problem, input_words

_VERSION = regex(rb'"?(\d{1,6})\.(\d{1,6})(?:\.\d+)?"?')
_NEWEST_MAJOR = 1

#: Other kinds of documents, by a key that identifies them.
_OTHERS = (
    ("tfcheck_version", "is a tfcheck report, not a plan", "print it with `tfcheck report`"),
    ("provider_schemas", "is the output of `providers schema -json`, not a plan", SHOW),
    ("function_signatures", "is the output of `metadata functions -json`, not a plan", SHOW),
    ("diagnostics", "is the output of `validate -json`, not a plan", SHOW),
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
#: What to do with a partial plan.
KEEP = "plan without `-target` and `-exclude`, then `show -json`; filters must keep what does not change"
UNFILTERED = "pass the unfiltered output of `terraform show -json`"
#: A state without resources has only versions.
_EMPTY_STATE = regex(rb'\s*\{(\s*"(format|terraform)_version"\s*:\s*"[^"]*"\s*,?)+\s*\}\s*')
_LONGEST_EMPTY_STATE = 300


def format_version(document: Document, named: str, text: Buffer = b"") -> str:
    """Return the format version of a complete plan, or an empty string."""
    if not _is_plan(document):
        raise _other_document_error(document, named, text)
    if document.errored:
        raise InputError(
            f"{named} is not a complete plan: planning stopped with an error",
            hint="fix it and run `terraform plan` again",
        )
    if document.complete is False:
        raise InputError(
            f"{named} is not a complete plan: it was made with `-target` or leaves changes for later",
            hint="plan without `-target`, then `terraform show -json`",
        )
    _refuse_left_out(document, named)
    version = document.format_version if present(document.format_version) else document.plan_format_version
    return known_version(version, named) if present(version) else ""


def _is_plan(document: Document) -> bool:
    if document.resource_changes is not UNSET:
        return True
    if present(document.plan_format_version):
        return True
    sections = (document.planned_values, document.configuration)
    return is_written(document.format_version) and any(map(is_written, sections))


def _other_document_error(document: Document, named: str, text: Buffer) -> InputError:
    for key, what, hint in _OTHERS:
        if is_written(getattr(document, key)):
            return InputError(f"{named} {what}", hint=hint)
    if len(text) <= _LONGEST_EMPTY_STATE and _EMPTY_STATE.fullmatch(text) is not None:
        return InputError(f"{named} is an empty Terraform state shown as JSON, not a plan", hint=SHOW)
    return InputError(f"{named} is JSON, but not a Terraform plan", hint=SHOW)


def known_version(raw: Raw, named: str) -> str:
    """Return the known format version. Its parts are integers: 1.10 is newer than 1.9, which only adds keys."""
    found = _VERSION.fullmatch(bytes(raw))
    if not found:
        raise InputError(f"{named} has a `format_version` that is not a version", hint=SHOW)
    if int(found[1]) > _NEWEST_MAJOR:
        raise InputError(
            f"{named} has format version {int(found[1])}.{int(found[2])}, and this tfcheck knows 0.x and 1.x",
            hint="upgrade tfcheck",
        )
    return bytes(raw).strip(b'"').decode()


def _refuse_left_out(document: Document, named: str) -> None:
    """Raise an InputError if `resource_changes` leaves out an object that another section lists.

    It lists every object, even an unchanged one. One that only `planned_values` has was excluded by a filter, one that
    only `prior_state` has also by `-target` or `-exclude`, which OpenTofu and Terraform before 1.8 do not say
    (https://developer.hashicorp.com/terraform/internals/json-format#plan-representation).
    """
    changes = document.resource_changes
    is_refresh = not isinstance(changes, list)
    listed = {address for row in changes or () if row for address in (row.address, row.previous_address)}
    for section, has, hint in (
        (() if is_refresh else _unlisted_prior(document, listed), "prior state holds", KEEP),
        (_unlisted_planned(document, listed), "`planned_values` hold", UNFILTERED),
    ):
        missing = next(iter(section), "")
        if missing:
            raise InputError(f"{named} is not a complete plan: it leaves out `{missing}`, which its {has}", hint=hint)


def _unlisted_prior(document: Document, listed: set[str | None]) -> Iterator[str]:
    """Yield the addresses of the managed objects in the prior state that are not listed."""
    if present(document.prior_state):
        state = decoded_section(document.prior_state, State[KeptRow], "the plan's prior state")
        yield from _unlisted_objects(state.values, listed, Mode.MANAGED)


def _unlisted_planned(document: Document, listed: set[str | None]) -> Iterator[str]:
    """Yield the addresses of the planned objects, and of the data sources that the apply reads, that are not listed."""
    if present(document.planned_values):
        values = decoded_section(document.planned_values, StateValues[KeptRow], "the plan's planned values")
        yield from _unlisted_objects(values, listed, Mode.MANAGED, Mode.DATA)


def _unlisted_objects(values: StateValues[KeptRow] | None, listed: set[str | None], *modes: Mode) -> Iterator[str]:
    for module in each_module(values.root_module if values else None):
        for row in module.resources or ():
            # NOTE: nearly every row of a large plan is listed, which is quick to see.
            if row and row.address not in listed and row.mode in modes and _belongs_in_changes(row, module):
                yield row.address


def _belongs_in_changes(row: KeptRow, module: StateModule[KeptRow]) -> bool:
    """Whether an object belongs in `resource_changes` under its address there."""
    # NOTE: deposed objects have rows of their own, and early versions wrote addresses without the module and the key.
    key = "" if row.index is None else "["
    path, mode = f"{module.address}." if module.address else "", "data." if row.mode is Mode.DATA else ""
    return row.deposed_key is None and row.address.startswith(f"{path}{mode}{row.type}.{row.name}{key}")


_TRAILING = regex(r"trailing characters \(byte (\d+)\)")
_COMMANDS = regex(rb"(?:(?:::|##\[|\[command\])[^\n]*(?:\s+|$))+")
_BYTE = regex(r"byte (\d+)")
#: The number of plans in one file: every plan is compared with every other.
_MOST_PLANS = 100


class Loaded(msgspec.Struct, frozen=True):
    """The plans of one file, at least one, in order, and warnings about the file."""

    plans: tuple[Plan, ...]
    warnings: tuple[str, ...] = ()


def load(path: Path | None, stdin: BinaryIO | None = None) -> Loaded:
    """Read the plans of a file, or of standard input if `path` is None.

    With both, `stdin` has the JSON of the saved plan in `path`.

    Raises:
        SavedPlanError: the file is a saved plan (`plan -out`) rather than its JSON.
        InputError: the file cannot be read, or holds something else than complete plans.
    """
    named = input_words(path)
    text, warnings = json_text(content(path, stdin), named)
    allow_values(len(text))
    plans: list[Plan] = []
    for number, (document, own) in enumerate(documents(text, named), 1):
        which = named if number == 1 else f"document {number} of {named}"
        version = format_version(document, which, own)
        label = "-" if path is None else str(path)
        plans.append(Plan(label if number == 1 else f"{label}#{number}", document, version, len(text)))
        if not version:
            warnings += (
                f"{which} has no `format_version`: it was made by hand or by another tool, and is read as it is",
            )
        if plans[-1].is_redacted:
            lacks = "without configuration and sensitive values: more stays unknown"
            warnings += (f"{which} is a redacted plan, {lacks}",)
        elif plans[-1].configuration is None:
            warnings += (f"{which} has no `configuration`, which Terraform always writes: more stays unknown",)
    release(text)
    return Loaded(tuple(plans), warnings)


def documents(text: Buffer, named: str) -> Iterator[tuple[Document, Buffer]]:
    """Yield consecutive objects in `text`, with the text of each.

    There is one, or several on lines of their own or concatenated. Commands to a runner between and after them, which
    the wrapper of setup-terraform prints, are skipped.
    """
    refuse_crowded(text, named)
    rest, begin, count = memoryview(text), 0, 0
    while rest:
        count += 1
        if count > _MOST_PLANS:
            raise InputError(f"{named} contains more than {_MOST_PLANS:,} plans", hint="check fewer plans at once")
        document, length = _first_object(rest, begin, named)
        yield document, rest[:length]
        commands = _COMMANDS.match(rest, length) if length < len(rest) else None
        length = commands.end() if commands else length
        rest, begin = rest[length:], begin + length


def _first_object(text: memoryview, begin: int, named: str) -> tuple[Document, int]:
    """Decode the first object in `text`; return it and its length, including trailing space."""
    try:
        return _decode(text), len(text)
    except msgspec.DecodeError as error:
        trailing = _TRAILING.search(str(error))
        if not trailing:
            raise _malformed_error(error, begin, begin + len(text), named) from None
    except (UnicodeDecodeError, RecursionError) as error:
        raise _malformed_error(error, begin, begin + len(text), named) from None
    length = int(trailing[1]) - 1
    if text[length] != ord("{") and not _COMMANDS.match(text, length):
        raise InputError(f"{named} has something else after the plan, at byte {begin + length}", hint=SHOW)
    return _decode(text[:length]), length


def _decode(text: memoryview) -> Document:
    return msgspec.json.decode(text, type=Document)


def _malformed_error(error: Exception, begin: int, end: int, named: str) -> InputError:
    """Return the error for a text that is not a plan; `begin` and `end` are its offsets in the file's JSON."""
    if isinstance(error, RecursionError):
        return InputError(f"{named} is nested too deep to be a plan", hint=SHOW)
    if isinstance(error, msgspec.ValidationError):
        return InputError(f"{named} is JSON, but not a Terraform plan: {decoding_problem(error)}", hint=SHOW)
    if isinstance(error, msgspec.DecodeError) and "truncated" in str(error):
        return InputError(f"{named} is cut short: it ends at byte {end} in the middle of the JSON", hint=SHOW)
    problem = _BYTE.sub(lambda found: f"byte {begin + int(found[1])}", decoding_problem(error))
    return InputError(f"{named} is not JSON: {problem}", hint=SHOW)
