"""Find the inputs of a module that grant something: statements, ARNs, and what its policies make ARNs from."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import cast

import msgspec
from msgspec.structs import replace

from tfcheck.fix.edits.insertion import ChangedAttribute
from tfcheck.fix.layout.new_policy import WITH_TEXT
from tfcheck.fix.policies.element_frames import PROBE, Frame, Grants, frames_in, grants_in, is_whole
from tfcheck.fix.policies.written_policies import policies_of
from tfcheck.fix.proof.plan_differences import unplanned_instances
from tfcheck.fix.proof.trial import Trial
from tfcheck.fix.text.policy_text import DOCUMENT
from tfcheck.hcl.evaluate.scope import Seen
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Block
from tfcheck.inventory.plan_world import After
from tfcheck.inventory.world import World
from tfcheck.resolve import Resolver
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import Value
from tfcheck.vocabulary.address import ModulePath

#: The types with the text of policies.
_WRITTEN_IN = tuple((each,) for each in (*WITH_TEXT, DOCUMENT))
_STATEMENTS = regex(r"statement|polic|permission|grant")
#: Names of inputs that may be for grants.
_GRANTING = regex(r"statement|polic|permission|grant|arn")
#: How a module reads the members of an untyped input.
_MEMBER = regex(r"\.value(?:\.|\[\"|, \")(?:actions|resources)\b")
_EFFECT = regex(r"\.value\.effect\b")
_COMPUTED_ACTION = regex(r'\b[Aa]ctions?"?\s*[=:]\s*(?!\[?\s*")')
_OPTIONAL_LIST = regex(r"(?<![\w-])([\w-]+)\s*=\s*optional\(\s*(?:list|set)\(string\)")
_OPEN_TYPES = ("", "any", "list(any)", "map(any)")


class ModuleInput(msgspec.Struct, frozen=True):
    """An input and its kind: `arns`, one `arn`, or statements in a `list` or a `map`, also with their effect.

    `member` is an optional part of the input's object, if that is meant.
    """

    name: str
    shape: str
    effect: bool = False
    is_set: bool = False
    frames: tuple[Frame, ...] = ()
    member: str = ""

    @property
    def label(self) -> str:
        """The name of the input, or of its member."""
        return f"{self.name}.{self.member}" if self.member else self.name

    @property
    def probe(self) -> str:
        """A value that is only this input's."""
        return f"{PROBE}.{self.label}."

    def with_probe(self, now: Seen) -> Value:
        """Return the value of the input, now another one, with only the probe in what it grants."""
        probe: Value = self.probe if self.shape == "arn" else [self.probe]
        return {**now, self.member: probe} if self.member and isinstance(now, dict) else probe

    @property
    def is_of_arns(self) -> bool:
        """Whether policies are made from its elements, or from itself."""
        return self.shape in ("arns", "arn")


def changed_inputs(path: ModulePath, resolver: Resolver, counts: Callable[[str], object] = _GRANTING.search) -> bool:
    """Whether a call, or an enclosing one, now passes another value for a relevant input than in the plan."""
    called = resolver.module_sources(path) if path.steps and resolver.declarations.doubts else None
    inputs = [name for name in called.variables() if counts(name)] if called else []
    own = any(resolver.declarations.is_doubted("var", path.config, name) for name in inputs)
    return own or (bool(path.steps) and changed_inputs(path.parent, resolver, counts))


def inputs_for(action: str, path: ModulePath, world: After) -> Iterator[ModuleInput]:
    """Yield the inputs of a module that may grant an action, first those from which its policies make it."""
    module, known = called_module(path, world), world.once(_ArnInputs).of(path)
    own = [each for each in known if any(one.matches(action) for one in each.frames)]
    yield from sorted(own, key=lambda each: not is_whole(action, each.frames))
    value_of = world.resolver.names.variable
    blocks = ((name, block) for name in module.variables() if (block := module.variable(name)) is not None)
    yield from filter(None, (_statements(name, block, module, value_of(path, name)) for name, block in blocks))


class _ArnInputs:
    """The inputs with ARNs, or what ARNs are made from, found once for each module instance."""

    def __init__(self, world: World) -> None:
        self._world = cast(After, world)  # no fix is for the world before
        self._known: dict[ModulePath | Module, tuple[ModuleInput, ...]] = {}

    def of(self, path: ModulePath) -> tuple[ModuleInput, ...]:
        """Return those of a module, with what its policies make of them."""
        module = called_module(path, self._world)
        known = next((each for each in (module, path) if each in self._known), None)
        if known is None:
            found = tuple(self._find(path))
            frames = [each for one in found for each in one.frames]
            # NOTE: what policies make of an element, and allow on it, may depend on other inputs of the instance.
            is_plain = bool(frames) and not any(each.before or each.after for each in frames)
            is_same = is_plain and not any(_COMPUTED_ACTION.search(each.text) for each in module.blocks)
            known = module if is_same else path
            self._known[known] = found
        return self._known[known]

    def _find(self, path: ModulePath) -> Iterator[ModuleInput]:
        module, found = called_module(path, self._world), list[ModuleInput]()
        texts = [each.text for each in module.blocks if each.type == "locals" or each.labels[:1] in _WRITTEN_IN]
        for name in module.variables():
            variable, now = module.variable(name), self._world.resolver.names.variable(path, name)
            kind, is_used = _attribute_text(variable, "type"), any(f"var.{name}" in each for each in texts)
            shape = _shape_of_arns(kind, variable, now) if variable and not _STATEMENTS.search(name) else ""
            found += [ModuleInput(name, shape, is_set=kind.startswith("set("))] if shape and is_used else []
            members = _OPTIONAL_LIST.findall(kind) if isinstance(now, dict) and kind.startswith("object(") else ()
            is_read = (each for each in members if any(f".{each}" in one for one in texts))
            found += [ModuleInput(name, "arns", member=each) for each in is_read]
        # NOTE: lists are tried together, and a text alone: it may decide which resources there are.
        lists = [each for each in found if each.shape == "arns" and not each.member]
        for several in filter(None, [lists, *([each] for each in found if each not in lists)]):
            grants = self._grants_with(several, path)
            yield from (replace(each, frames=frames_in(grants, each.probe)) for each in several)

    def _grants_with(
        self, inputs: Sequence[ModuleInput], path: ModulePath, added: Sequence[ChangedAttribute] = ()
    ) -> Grants:
        """Return what the policies of a module allow if probes are passed by inputs, also those that this adds."""
        resolver, touched = self._world.resolver, list(policies_of(path, self._world))
        now = Trial(resolver, resolver.sources, touched, [each.address for each in added]).world.resolver
        for each in inputs:
            value = each.with_probe(resolver.names.variable(path, each.name))
            now.evaluation.once(("var", path, each.name), lambda value=value: value)  # type: ignore[misc]
        unplanned = (each for each in unplanned_instances(path, now) if (each.type,) in _WRITTEN_IN)
        new = [] if added else [ChangedAttribute(each) for each in unplanned]
        return self._grants_with(inputs, path, new) if new else grants_of((*touched, *added), now)


def grants_of(policies: Sequence[ChangedAttribute], resolver: Resolver) -> Grants:
    """Return what policies allow, or documents where there are no others, without those with an unknown part."""
    written = [each for each in policies if each.address.type in WITH_TEXT]
    seen = [resolver.attribute(each.address, "policy") for each in written]
    if not written:
        seen = [resolver.attribute(each.address, "json") for each in policies]
    return frozenset(one for each in seen for one in grants_in(each) or ())


def called_module(path: ModulePath, world: After) -> Module:
    """Return the sources of a module that something is passed to."""
    found = world.resolver.module_sources(path)
    assert found is not None  # otherwise nothing is passed
    return found


def decides_how_many(name: str, module: Module) -> bool:
    """Whether the length of an input decides how many resources a module has."""
    texts = [each.repetition[1] for each in module.blocks if each.repetition]
    texts += [each.text for block in module.blocks if block.type == "locals" for each in block.arguments.values()]
    return any(re.search(rf"\bvar\.{re.escape(name)}(?![\w-])", each) for each in texts)


def _shape_of_arns(kind: str, variable: Block, now: Seen) -> str:
    if re.match(r"(list|set)\(string\)", kind) or (kind in _OPEN_TYPES and _shape(kind, variable, now) == "list"):
        return "arns"
    return "arn" if kind == "string" and _attribute_text(variable, "default") in ("null", '""') else ""


def _statements(name: str, variable: Block, module: Module, now: Seen) -> ModuleInput | None:
    kind = _attribute_text(variable, "type")
    if re.search(r"\bactions\b", kind) and re.search(r"\bresources\b", kind):
        required = re.findall(r"(\w+)\s*=\s*(?!optional)\w", kind)
        return ModuleInput(name, "map" if kind.startswith("map(") else "list", "effect" in required)
    texts = [file.source.text for file in module.files] if kind in _OPEN_TYPES else []
    if not _STATEMENTS.search(name) or not any(_MEMBER.search(each) for each in texts):
        return None
    shape = _shape(kind, variable, now)
    return ModuleInput(name, shape, any(map(_needs_effect, texts))) if shape else None


def _needs_effect(text: str) -> bool:
    """Whether a module reads the effect of a statement without a default."""
    # NOTE: a pattern that begins with a name would be tried at every word.
    for end in (each.start() for each in _EFFECT.finditer(text)):
        start = text.rfind("(", 0, end)
        if not (text[start + 1 : end].isidentifier() and text.endswith(("try", "lookup"), 0, max(start, 0))):
            return True
    return False


def _shape(kind: str, variable: Block, now: Seen) -> str:
    """Return whether an input is a list or a map, by its type, its value, or its default."""
    if kind.endswith("(any)"):
        return kind.partition("(")[0]
    if isinstance(now, (list, dict)):
        return "list" if isinstance(now, list) else "map"
    return {"[]": "list", "{}": "map"}.get(_attribute_text(variable, "default"), "")


def _attribute_text(block: Block | None, name: str) -> str:
    return block.attribute_text(name).strip('"') if block else ""
