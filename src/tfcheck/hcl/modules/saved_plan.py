"""Read the configuration inside a saved plan, and convert the plan to JSON.

`terraform plan -out` writes a zip archive that contains the exact files that the plan was made from. Only Terraform can
read the plan in it.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from tfcheck.hcl.modules.module import Record
from tfcheck.repository import work_tree
from tfcheck.repository.gate import may_be_of_pull_request
from tfcheck.symbolic.regex import regex
from tfcheck.vocabulary.errors import InputError

if TYPE_CHECKING:
    from zipfile import ZipInfo

_ENTRY = regex(r"tfconfig/m-([^/\\]*)/([^/\\]+)")
_MANIFEST = "tfconfig/modules.json"
#: No configuration file is larger; a zip can claim any size.
_LARGEST = 20_000_000
_LARGEST_TOGETHER = 200_000_000
#: More files than any configuration has.
_MOST_ENTRIES = 20_000
#: The compression that Terraform uses; others may need any amount of memory.
_STORED, _DEFLATED = 0, 8


class Snapshot(msgspec.Struct, frozen=True):
    """The configuration in a saved plan: directory and files of each module, by key."""

    directories: dict[str, str]
    files: dict[str, dict[str, bytes]]


def snapshot(path: Path) -> Snapshot:
    """Read the configuration that a saved plan was made from.

    Raises:
        InputError: the file is not a saved plan, or is too large.
    """
    import zlib
    from zipfile import BadZipFile, ZipFile

    unreadable = (OSError, BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, KeyError)
    try:
        with ZipFile(path) as archive:
            entries = archive.infolist()
            _refuse_hostile(entries, path)
            sizes = [entry.file_size for entry in entries if entry.filename.startswith("tfconfig/")]
            if not sizes:
                raise InputError(f"`{path}` contains no configuration", hint="write it with `terraform plan -out`")
            if max(sizes) > _LARGEST or sum(sizes) > _LARGEST_TOGETHER:
                raise InputError(f"the configuration in `{path}` is too large")
            records = msgspec.json.decode(archive.read(_MANIFEST), type=list[Record])
            files: dict[str, dict[str, bytes]] = {}
            for entry in entries:
                found = _ENTRY.fullmatch(entry.filename)
                if found and found[2] not in (".", ".."):
                    files.setdefault(found[1], {})[found[2]] = archive.read(entry)
            return Snapshot({record.key: record.dir for record in records}, files)
    except (*unreadable, msgspec.DecodeError) as error:
        raise InputError(f"`{path}` cannot be read as a saved plan: {error}") from error


def _refuse_hostile(entries: list[ZipInfo], path: Path) -> None:
    """Raise InputError for an archive that Terraform has not written, before anything is unpacked."""
    names = [entry.filename for entry in entries]
    if len(names) > _MOST_ENTRIES:
        raise InputError(f"`{path}` is not a saved plan: it has too many entries")
    if len(set(names)) < len(names):
        raise InputError(f"`{path}` is not a saved plan: it has two entries of one name")
    if any(entry.compress_type not in (_STORED, _DEFLATED) or entry.flag_bits & 1 for entry in entries):
        raise InputError(f"`{path}` is not a saved plan: an entry is compressed or encrypted in an unknown way")


def as_json(path: Path) -> bytes:
    """Convert a saved plan to JSON with the `terraform` or `tofu` on PATH.

    Raises:
        InputError: neither is there, or neither can read this plan here.
    """
    from shlex import quote

    programs = _programs()
    hint = f"where the plan was made, run `terraform show -json {quote(path.name)} > plan.json` and pass plan.json"
    if not programs:
        raise InputError(f"`{path}` is a saved plan, and neither `terraform` nor `tofu` is on PATH", hint=hint)
    complaints: list[str] = []
    for program in programs:
        shown, complaint = _show(program, path)
        if shown is not None:
            return shown
        complaints.append(f"`{Path(program).stem} show` says: {complaint}")
    raise InputError(f"`{path}` is a saved plan and cannot be turned into JSON: {'; '.join(complaints)}", hint=hint)


def _programs() -> list[str]:
    """Return the paths of `terraform` and `tofu`, except one that a pull request may have written.

    That is one in the current directory, and in CI one in the checkout that git tracks.
    """
    import shutil

    here = os.path.realpath(".")
    path = os.pathsep.join(
        each for each in os.get_exec_path() if os.path.isabs(each) and os.path.realpath(each) != here
    )
    found = (shutil.which(each, path=path) for each in ("terraform", "tofu"))
    # NOTE: Windows searches the current directory first.
    programs = (each for each in found if each and os.path.isabs(each))
    return [each for each in programs if not _is_of_checkout(Path(each))]


def _is_of_checkout(program: Path) -> bool:
    tree = work_tree(Path())
    places = (program.parent.resolve() / program.name, program.resolve())
    return any(each.is_relative_to(tree) and may_be_of_pull_request(each) for each in places)


def _show(program: str, path: Path) -> tuple[bytes | None, str]:
    """Run `show -json` where `init` has been run, here or beside the plan; return its output, or its error."""
    import subprocess

    command = [program, "show", "-json", "-no-color", str(path.resolve())]
    data = os.environ.get("TF_DATA_DIR") or ".terraform"
    places = (Path.cwd(), path.resolve().parent)
    directory = next((each for each in places if (each / data).is_dir()), Path.cwd())
    try:
        run = subprocess.run(command, cwd=directory, capture_output=True, check=False, timeout=300)
    except (OSError, subprocess.TimeoutExpired) as error:
        return None, type(error).__name__
    if run.returncode == 0 and b"{" in run.stdout:  # the wrapper of setup-terraform prints lines around the JSON
        return run.stdout, ""
    # NOTE: only the title of the error: the rest may quote values.
    title = re.search(r"Error: ([^\n]*)", run.stderr.decode("utf-8", "replace"))
    return None, title[1].strip() if title else f"exit status {run.returncode}"
