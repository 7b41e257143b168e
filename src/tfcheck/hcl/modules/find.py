"""Find the sources that the plan was made from.

Sources that do not declare what the plan's `configuration` lists belong to another plan and are never used.
"""

from __future__ import annotations

import os
import posixpath
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tfcheck.hcl.modules.module import module_files
from tfcheck.hcl.modules.sources import (
    NO_RUN,
    ModuleNames,
    Sources,
    from_directory,
    from_saved_plan,
    is_saved_plan,
    skim,
)
from tfcheck.hcl.syntax.source import decode_source
from tfcheck.repository import Gate, RefusedError, SourceAccess, work_tree
from tfcheck.repository.gate import error_words, refusal_error
from tfcheck.repository.work_tree import has_git
from tfcheck.vocabulary.errors import InputError

#: The number of directories of a work tree that are searched.
_MOST_DIRECTORIES = 3000


class PlannedModule(Protocol):
    """A module in the plan's `configuration`: resources by address, and calls with their `module`."""

    @property
    def resources(self) -> Mapping[str, Any]:
        """The resources by their address inside the module."""

    @property
    def calls(self) -> Mapping[str, Any]:
        """The calls by name."""


class FoundSources(msgspec.Struct, frozen=True):
    """The sources that belong to the plan, if any, and messages about the search.

    `unlike` is the first directory with sources that differ from the plan, if none belong to it.
    """

    sources: Sources | None
    messages: tuple[str, ...] = ()
    unlike: Path | None = None


def find(
    option: Path | None,
    plan_path: Path | None,
    configuration: PlannedModule | None,
    *,
    opentofu: bool | None = None,
    run: SourceAccess = NO_RUN,
) -> FoundSources:
    """Find the sources: those that the user names, else beside the plan, in the current directory, or its work tree.

    `plan_path` may be a saved plan, which contains them. `opentofu` is whether OpenTofu made the plan, if that is
    known. `run` decides which files the sources may read.

    Raises:
        InputError: what `option` names is not there, holds no sources, belongs to another plan, or must not be read.
    """
    if option is not None:
        return FoundSources(_sources_of_option(option, configuration, opentofu, run))
    if configuration is None:
        return FoundSources(None, ("the plan has no `configuration` to compare sources with: none are used",))
    messages: list[str] = []
    unlike: list[Path] = []
    saved = [plan_path] if plan_path is not None and is_saved_plan(plan_path) else []
    beside = plan_path.parent if plan_path is not None and plan_path.is_file() else Path()
    for candidate in chain(saved, _directories(beside, configuration, run)):
        try:
            sources = _open(candidate, configuration, opentofu, run)
        except RefusedError as error:
            messages.append(f"sources in `{candidate}` are not used: {error}")
            continue
        if sources is None:
            messages.append(f"there are no Terraform files in `{candidate}`: no sources are used")
            continue
        difference = _difference(sources, configuration)
        if not difference:
            return FoundSources(sources, tuple(messages))
        unlike += [candidate] if candidate.is_dir() else []
        messages.append(f"sources in `{candidate}` are not used: {difference}")
    return FoundSources(None, tuple(messages), next(iter(unlike), None))


def _sources_of_option(
    option: Path, configuration: PlannedModule | None, opentofu: bool | None, run: SourceAccess
) -> Sources:
    hint = "--sources accepts the directory of the root module, or the saved plan"
    if not os.path.exists(option):
        raise InputError(f"`{option}` does not exist", hint=hint)
    try:
        sources = _open(option, configuration, opentofu, run)
    except RefusedError as error:
        raise InputError(str(error), hint=hint) from None
    if sources is None:
        what = "contains no Terraform files" if os.path.isdir(option) else "is neither a directory nor a saved plan"
        raise InputError(f"`{option}` {what}", hint=hint)
    difference = _difference(sources, configuration) if configuration else ""
    if difference:
        raise InputError(f"the sources in `{option}` do not belong to this plan: {difference}", hint=hint)
    return sources


def _open(path: Path, configuration: PlannedModule | None, opentofu: bool | None, run: SourceAccess) -> Sources | None:
    """Open a directory or a saved plan; None if it contains no sources."""
    if not os.path.isdir(path):
        return from_saved_plan(path, _directory_of_saved_plan(path, run), run=run) if is_saved_plan(path) else None
    if opentofu is None:
        with_tofu = _open(path, configuration, True, run)
        unlike = with_tofu is None or (configuration is not None and _difference(with_tofu, configuration))
        # NOTE: a directory may have both `main.tf` and the `main.tofu` that hides it only from OpenTofu.
        return (_open(path, configuration, False, run) if unlike else None) or with_tofu
    try:
        if not module_files(Gate(path, run).names("."), opentofu=opentofu):
            return None
    except OSError as error:
        raise refusal_error(str(path), error_words(error)) from None
    planned = partial(planned_source, configuration) if configuration else None
    return from_directory(path, opentofu=opentofu, run=run, planned=planned)


def planned_source(configuration: PlannedModule, path: ModuleNames) -> str:
    """Return the source of a module in the plan; empty if it has no such call."""
    module: PlannedModule | None = configuration
    call: Any = None
    for name in path:
        call = module.calls.get(name) if module else None
        module = call.module if call else None
    return call.source if call else ""


def _directory_of_saved_plan(saved: Path, run: SourceAccess) -> Path | None:
    """Find the directory where a saved plan was created, for the files that its sources read.

    It is the plan's or the current one, whichever contains exactly the files of the saved root module.
    """
    from tfcheck.hcl.modules.saved_plan import snapshot

    root = snapshot(saved).files.get("", {})
    for directory in (saved.parent, Path()):
        try:
            gate = Gate(directory, run)
            if root and all(gate.source(name) == data for name, data in root.items()):
                return directory
        except (OSError, RefusedError):
            continue
    return None


def _directories(beside: Path, configuration: PlannedModule, run: SourceAccess) -> Iterator[Path]:
    """Yield the directories to search, each once and in order: the plan's, the current one, one of its tree."""
    seen: set[Path] = set()
    for directory in (beside, Path()):
        if directory.resolve() not in seen:
            seen.add(directory.resolve())
            yield directory
    similar = [each for each in _similar(Path(), configuration, run) if each.resolve() not in seen]
    if len(similar) == 1:
        yield similar[0]


def _similar(directory: Path, configuration: PlannedModule, run: SourceAccess) -> Iterator[Path]:
    """Yield the directories of the work tree that declare the same as the plan's root module.

    Nobody has named them, so they count only if the repository shows all of their Terraform files.
    """
    wanted = _declared_names(configuration)
    if not wanted or not has_git(work_tree(directory)):
        return
    gate = Gate(work_tree(directory), run)
    smallest = sum(len("module {}") + len(name) for _, name in wanted)
    for place, directories, names in islice(os.walk(gate.tree), _MOST_DIRECTORIES):
        below = os.path.relpath(place, gate.tree)
        directories[:] = sorted(
            each
            for each in directories
            if not each.startswith(".") and each != "node_modules" and not has_git(Path(place, each))
        )
        files = module_files(names, opentofu=True)
        paths = [posixpath.join(below, name) for name in files]
        has_json = any(each.endswith(".json") for each in files)  # it cannot be skimmed
        if not files or not (has_json or _is_large_enough(smallest, place, files)):
            continue
        if not all(map(gate.may_be_shown, paths)) or not (has_json or _may_declare(wanted, paths, gate)):
            continue
        if from_directory(Path(place), run=run).declares(()) == wanted:
            yield Path(os.path.relpath(place))


def _is_large_enough(smallest: int, place: str, files: Sequence[str]) -> bool:
    """Whether files have room for blocks of the wanted names: for a large plan, most need not be read."""
    try:
        return sum(os.path.getsize(os.path.join(place, each)) for each in files) >= smallest
    except OSError:
        return True


def _may_declare(wanted: frozenset[tuple[str, str]], files: Sequence[str], gate: Gate) -> bool:
    """Whether the files appear to declare exactly that, by a quick look."""
    try:
        return skim(decode_source(each, gate.source(each)).text for each in files) == wanted
    except (OSError, UnicodeDecodeError, RefusedError):
        return True


def _difference(sources: Sources, configuration: PlannedModule) -> str:
    """Return the name of something that only the sources or only the plan declares; empty if they agree."""
    for path, module in _modules(configuration, ()):
        planned = _declared_names(module)
        if sources.declares(path) in (None, planned):
            continue
        declared = sources.definitely_declares(path)
        if declared is None or declared == planned:
            continue
        only = min(declared ^ planned)
        who = "they declare" if only in declared else "the plan has"
        problem = next(iter(sources.problems), None) if only in planned else None
        because = f"; {problem}" if problem else ""
        return f"only {who} `{'.'.join((*(f'module.{name}' for name in path), *only))}`{because}"
    return ""


def _modules(configuration: PlannedModule, path: ModuleNames) -> Iterator[tuple[ModuleNames, PlannedModule]]:
    yield path, configuration
    for name, call in configuration.calls.items():
        if call.module is not None:
            yield from _modules(call.module, (*path, name))


def _declared_names(configuration: PlannedModule) -> frozenset[tuple[str, str]]:
    """Return a module's managed resources by type and name, and its calls with the type `module`."""
    split = [tuple(address.split(".")) for address in configuration.resources]
    resources = {(parts[0], parts[1]) for parts in split if len(parts) == 2}
    return frozenset(resources | {("module", name) for name in configuration.calls})
