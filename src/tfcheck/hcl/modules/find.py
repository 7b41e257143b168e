"""Where are the sources that this plan was made from?

Sources that do not declare what the plan's `configuration` lists belong to another plan and are never used.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

import msgspec

from tfcheck.errors import InputError
from tfcheck.hcl.modules.names import module_files
from tfcheck.hcl.modules.reading import source_tree
from tfcheck.hcl.modules.sources import ModuleNames, Sources, from_directory, from_saved_plan
from tfcheck.hcl.saved_plan import is_saved_plan, snapshot

#: How many directories of a work tree are looked at.
_MOST_DIRECTORIES = 3000


class Configuration(Protocol):
    """A module as the plan's `configuration` lists it: resources by address, and calls with their `module`."""

    @property
    def resources(self) -> Mapping[str, Any]:
        """By address inside the module."""

    @property
    def calls(self) -> Mapping[str, Any]:
        """By name."""


class Found(msgspec.Struct, frozen=True):
    """The sources, if there are any that belong to the plan, and what to tell the user about the search."""

    sources: Sources | None
    messages: tuple[str, ...] = ()


def find(
    option: Path | None,
    plan_path: Path | None,
    configuration: Configuration | None,
    *,
    opentofu: bool | None = None,
) -> Found:
    """Find the sources: what the user names, else beside the plan, in the current directory, in its work tree.

    `plan_path` may be a saved plan, which holds them. `opentofu` tells which program made the plan, if that is known.

    Raises:
        InputError: what `option` names is not there, holds no sources, or belongs to another plan.
    """
    if option is not None:
        return Found(_named(option, configuration, opentofu))
    if configuration is None:
        return Found(None, ("the plan has no `configuration` to compare sources with: none are used",))
    messages: list[str] = []
    for candidate in _candidates(plan_path, configuration):
        sources = _opened(candidate, configuration, opentofu)
        difference = _difference(sources, configuration) if sources else "there are no Terraform files"
        if sources and not difference:
            return Found(sources, tuple(messages))
        messages.append(f"sources in `{candidate}` are not used: {difference}")
    return Found(None, tuple(messages))


def _named(option: Path, configuration: Configuration | None, opentofu: bool | None) -> Sources:
    hint = "--sources takes the directory of the root module, or the saved plan"
    if not option.exists():
        raise InputError(f"`{option}` does not exist", hint=hint)
    sources = _opened(option, configuration, opentofu)
    if sources is None:
        raise InputError(f"`{option}` holds no Terraform files", hint=hint)
    difference = _difference(sources, configuration) if configuration else ""
    if difference:
        raise InputError(f"the sources in `{option}` do not belong to this plan: {difference}", hint=hint)
    return sources


def _opened(path: Path, configuration: Configuration | None, opentofu: bool | None) -> Sources | None:
    """Open a directory or a saved plan; None where it holds no sources."""
    if not path.is_dir():
        return from_saved_plan(path, _beside(path)) if is_saved_plan(path) else None
    if opentofu is None:
        with_tofu = _opened(path, configuration, True)
        unlike = with_tofu is None or (configuration is not None and _difference(with_tofu, configuration))
        # NOTE: a directory may hold both `main.tf` and the `main.tofu` that hides it from OpenTofu alone.
        return (_opened(path, configuration, False) if unlike else None) or with_tofu
    return from_directory(path, opentofu=opentofu) if _has_sources(path, opentofu) else None


def _has_sources(directory: Path, opentofu: bool) -> bool:
    try:
        return bool(module_files(os.listdir(directory), opentofu=opentofu))
    except OSError:
        return False


def _beside(saved: Path) -> Path | None:
    """Find the directory that a saved plan was made in, for the files that its sources read.

    It is the plan's or the current one, whichever holds exactly the files of the saved root module.
    """
    root = snapshot(saved).files.get("", {})
    for directory in (saved.parent, Path()):
        try:
            if root and all((directory / name).read_bytes() == data for name, data in root.items()):
                return directory
        except OSError:
            continue
    return None


def _candidates(plan_path: Path | None, configuration: Configuration) -> Iterator[Path]:
    """Give the places to look in, each once and in order."""
    if plan_path is not None and is_saved_plan(plan_path):
        yield plan_path
    seen: set[Path] = set()
    for directory in ([plan_path.parent] if plan_path and plan_path.is_file() else []) + [Path()]:
        if directory.resolve() not in seen:
            seen.add(directory.resolve())
            yield directory
    similar = [each for each in _similar(Path(), configuration) if each.resolve() not in seen]
    if len(similar) == 1:
        yield similar[0]


def _similar(directory: Path, configuration: Configuration) -> Iterator[Path]:
    """Give the directories of the work tree that declare what the plan's root module does."""
    tree = source_tree(directory)
    wanted = _listed(configuration)
    if not wanted or not (tree / ".git").exists():
        return
    for place, directories, names in islice(os.walk(tree), _MOST_DIRECTORIES):
        directories[:] = sorted(each for each in directories if not each.startswith(".") and each != "node_modules")
        if module_files(names, opentofu=True) and from_directory(Path(place)).declares(()) == wanted:
            yield Path(os.path.relpath(place))


def _difference(sources: Sources, configuration: Configuration) -> str:
    """Name something that only the sources or only the plan declares; empty where there is nothing."""
    for path, module in _modules(configuration, ()):
        planned = _listed(module)
        if sources.declares(path) in (None, planned):
            continue
        declared = sources.surely_declares(path)
        if declared is None or declared == planned:
            continue
        only = min(declared ^ planned)
        where = "they declare it, the plan does not" if only in declared else "the plan lists it, they do not"
        return f"`{'.'.join((*(f'module.{name}' for name in path), *only))}`: {where}"
    return ""


def _modules(configuration: Configuration, path: ModuleNames) -> Iterator[tuple[ModuleNames, Configuration]]:
    yield path, configuration
    for name, call in configuration.calls.items():
        if call.module is not None:
            yield from _modules(call.module, (*path, name))


def _listed(configuration: Configuration) -> frozenset[tuple[str, str]]:
    """List the managed resources of a module by type and name, and its calls as of type `module`."""
    split = [tuple(address.split(".")) for address in configuration.resources]
    resources = {(parts[0], parts[1]) for parts in split if len(parts) == 2}
    return frozenset(resources | {("module", name) for name in configuration.calls})
