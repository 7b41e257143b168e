"""Name new resources, and refer to existing ones from the place of a new one."""

from __future__ import annotations

import re
from collections.abc import Sequence

import msgspec

from tfcheck.fix.literal import ObjectParts, read_parts
from tfcheck.fix.render import quote
from tfcheck.fix.wanted import NeededStatement, free
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.lexer import MalformedError
from tfcheck.vocabulary.address import Address, InstanceKey, ModulePath


class _Use(msgspec.Struct, frozen=True):
    """The use of a label: the role, and the rules that need the policy."""

    role: str
    rules: frozenset[str]

    def is_same(self, other: _Use) -> bool:
        """Whether both are for the same policy, or for an earlier attempt at it."""
        return self.role == other.role and (self.rules == other.rules or bool(self.rules & other.rules))


class Labels:
    """The labels of new resources, unique within each module."""

    def __init__(self) -> None:
        self._given: dict[tuple[str, str], _Use] = {}
        self._known: dict[int, frozenset[str]] = {}

    def label(
        self,
        address: Address,
        sources: Module | None,
        name: str,
        key: InstanceKey = None,
        rules: frozenset[str] = frozenset(),
    ) -> str:
        """Name a policy after its role, or after the module call that creates the role.

        A role may have several policies, for different rules.
        """
        use = _Use(str(address), rules)
        parts = [name, "" if key is None else str(key)]
        base = re.sub(r"[^A-Za-z0-9_]+", "_", "_".join(filter(None, parts))).strip("_") or "role"
        base = base if not base[0].isdigit() else f"role_{base}"
        declared, module = self._declared_labels(sources), sources.directory if sources else ""
        label, number = f"{base}_start_up", 2
        while label in declared or not self._given.get((module, label), use).is_same(use):
            label, number = f"{base}_start_up_{number}", number + 1
        self._given.setdefault((module, label), use)
        return label

    def names_for_others(self, address: Address, rules: frozenset[str]) -> frozenset[str]:
        """Return the label suffixes of a role's policies for other rules: `-2`."""
        uses = ((label, use) for (_, label), use in self._given.items() if use.role == str(address))
        others = (label for label, use in uses if not use.is_same(_Use(str(address), rules)))
        return frozenset(f"-{label.rpartition('_')[2]}" if label[-1].isdigit() else "" for label in others)

    def _declared_labels(self, sources: Module | None) -> frozenset[str]:
        if id(sources) not in self._known:
            declared = sources.resource_keys() if sources else ()
            self._known[id(sources)] = frozenset(name for _, kind, name in declared if kind.startswith("aws_iam_"))
        return self._known[id(sources)]


def module_reference(module: ModulePath) -> str:
    """Write a module instance as the calling module does."""
    step = module.steps[-1]
    key = "" if step.key is None else f"[{step.key}]" if isinstance(step.key, int) else f"[{quote(step.key)}]"
    return f"module.{step.name}{key}"


def module_words(module: ModulePath) -> str:
    """Name the module instance that a fix edits, unless it is the root module."""
    return f" in {module}" if module.steps else ""


def passed_provider(call: Block) -> str:
    """Return the provider configuration that a call passes as the default one, if it does."""
    argument = call.arguments.get("providers")
    if argument is None:
        return ""
    try:
        parts = read_parts(argument.source.text, argument.value_start)
    except MalformedError:
        return ""
    item = parts.item("aws") if isinstance(parts, ObjectParts) else None
    return argument.source.text[item.value.start : item.value.end].strip('"') if item else ""


def rename_taken_sids(statements: Sequence[NeededStatement], words: frozenset[str]) -> tuple[NeededStatement, ...]:
    """Return statements whose Sids are unique in the module, because merged documents replace equal ones."""
    taken = set(words)
    found: list[NeededStatement] = []
    for each in statements:
        found.append(msgspec.structs.replace(each, sid=free(each.sid, taken)))
        taken.add(found[-1].sid)
    return tuple(found)
