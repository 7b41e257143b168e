"""Write a value as an expression of one module: a reference where there is one, otherwise a literal."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from functools import cached_property

from tfcheck.fix.templates import ModuleTexts
from tfcheck.fix.wanted import Reference, Spelled
from tfcheck.hcl.evaluate.scope import EvaluationError, Seen
from tfcheck.inventory.catalogue import BUCKET, FILE_SYSTEM, KEY, LOG_GROUP, OBJECT, PARAMETER, REPOSITORY, SECRET
from tfcheck.regex import regex
from tfcheck.resolve.scope import CallReferent, InstanceReferent, ModuleReferent, ResourceReferent
from tfcheck.symbolic.sensitive_text import Sensitive, parted
from tfcheck.symbolic.value import (
    ACCOUNT_ID,
    REGION,
    SECRET_SUFFIX,
    Symbol,
    Text,
    TextLike,
    Unknown,
    Value,
    identity,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.address import Address, ModulePath, parse
from tfcheck.vocabulary.errors import InputError
from tfcheck.world.world import After

_KINDS = (BUCKET, OBJECT, SECRET, PARAMETER, KEY, REPOSITORY, LOG_GROUP, FILE_SYSTEM)
_TYPES = tuple(kind for each in _KINDS for kind in each.types)
_HEAD = regex(r"[\w-]+")
_NAME_OK = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-")


class Spelling:
    """Writes values as the expressions of one module instance can.

    `refuse` says which resources must not be referred to from there, by their name in the module: a cycle would arise.
    """

    def __init__(self, world: After, module: ModulePath, refuse: Callable[[str], bool] = lambda _: False) -> None:
        """Build from the world, and the module instance to write in."""
        self._world = world
        self._resolver = world.resolver
        self._module = module
        self._refuse = refuse

    def spell(self, value: TextLike) -> Spelled | None:
        """Write a value; None where something in it has no name here and is not known, or is sensitive."""
        found = self._spelled(value)
        return None if found is None else self._without_secrets(found)

    def _without_secrets(self, spelled: Spelled) -> Spelled | None:
        """Write what is marked as sensitive by the input or local that it is; None where there is none."""
        found: list[str | Reference] = []
        for part in spelled:
            if not isinstance(part, Sensitive):
                found.append(part)
                continue
            for stretch, is_secret in parted(part):
                name = self._secrets.get(stretch) if is_secret else None
                if is_secret and name is None:
                    return None
                found.append(stretch if name is None else Reference(name))
        return _joined(found)

    @cached_property
    def _secrets(self) -> dict[str, str]:
        """Map the sensitive texts that inputs and locals are to what refers to them."""
        return {str(seen): each for each, seen in reversed(self._seen) if isinstance(seen, Sensitive)}

    def is_of_this_plan(self, spelled: Spelled) -> bool:
        """Whether a text contains literals that the module does not: variables, an account or a region gave them."""
        return not self._texts.has_literally(spelled)

    @cached_property
    def _texts(self) -> ModuleTexts:
        return ModuleTexts(self._resolver, self._module, self._refuse)

    def _spelled(self, value: TextLike) -> Spelled | None:
        """Write a value as the module does, so that it is right for every plan of it; otherwise for this one."""
        found = self._by_names(value)
        if found is not None and not self.is_of_this_plan(found):
            return found
        return self._texts.spell(value) or found

    def _by_names(self, value: TextLike) -> Spelled | None:
        own = self._by_resources(value)
        if own is not None:
            return own
        whole = self._named(value)
        if whole is not None:
            return (Reference(whole),)
        open_ = None if isinstance(value, str) else self._by_open_arn(value)
        if open_ is not None:
            return open_
        found: list[str | Reference] = []
        for piece in pieces(value):
            spelled = (piece,) if isinstance(piece, str) else self._piece(piece)
            if spelled is None:
                return None
            found += spelled
        joined = _joined(found)
        return self._begun(joined, self._named_arns) if isinstance(joined[0], str) else joined

    def _by_resources(self, value: TextLike) -> Spelled | None:
        """Write a value by the resources of this module alone; None where that takes anything else."""
        found: list[str | Reference] = []
        for piece in pieces(value):
            symbol = piece.symbol if isinstance(piece, Unknown) else None
            own = self._own(symbol) if symbol is not None else None
            if own is None and not isinstance(piece, str):
                return None
            found.append(piece if isinstance(piece, str) else Reference(own or ""))
        joined = _joined(found)
        spelled = self._begun(joined, self._arns) if isinstance(joined[0], str) else joined
        return spelled if any(isinstance(each, Reference) for each in spelled) else None

    def _by_open_arn(self, value: TextLike) -> Spelled | None:
        """Write a value that is, or begins with, the ARN of a resource of this module of which not all is known."""
        *before, last = pieces(spelled_out(value)) or ("",)
        ends = (
            [offset for offset in range(len(last) - 1, 0, -1) if last[offset] in "/:"] if isinstance(last, str) else ()
        )
        for end in (None, *ends):
            known = text([*before, last if end is None or not isinstance(last, str) else last[:end]])
            if known in self._open_arns:
                rest = last[end:] if end is not None and isinstance(last, str) else ""
                return _joined([Reference(self._open_arns[known]), rest])
        return None

    def _piece(self, piece: Value) -> Spelled | None:
        if not isinstance(piece, Unknown):
            return None
        own = self._own(piece.symbol) if piece.symbol is not None else None
        name = own or self._named(piece)
        if name is not None:
            return (Reference(name),)
        if piece.shape is not None:
            return self.spell(piece.shape)
        if piece.hole == SECRET_SUFFIX:
            return ("?" * SECRET_SUFFIX.shortest,)
        # An account or a region that nothing tells: the rest of the ARN says what is meant.
        return ("*",) if piece.hole in (ACCOUNT_ID, REGION) else None

    def _named(self, value: TextLike) -> str | None:
        """Find an input, a local or an output that is exactly this value."""
        if isinstance(value, str) and not value.startswith("arn:"):
            return None
        return self._by_identity.get(identity(value))

    def _own(self, symbol: Symbol) -> str | None:
        """Write the attribute of a resource of this very module."""
        prefix = f"{self._module}." if self._module.steps else ""
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in symbol.path)
        if symbol.owner in (f"{prefix}var", f"{prefix}local"):
            return symbol.owner.removeprefix(prefix) + steps
        try:
            address = parse(symbol.owner)
        except InputError:
            return None
        if address.module == self._module and self._is_declared(address) and not self._refuse(address.resource):
            return local_name(address) + steps
        handed_over = self._objects.get(symbol.owner)
        return handed_over + steps if handed_over else None

    def _is_declared(self, address: Address) -> bool:
        """Whether a resource is written in this module, or nothing shows what is."""
        return self._resolver.block(address) is not None or self._resolver.module_sources(self._module) is None

    def _begun(self, spelled: Spelled, known: Mapping[str, str]) -> Spelled:
        """Write the beginning of a literal ARN as what is it here."""
        first = spelled[0]
        assert isinstance(first, str)
        ends = [len(first)] if len(spelled) == 1 else []
        ends += [offset for offset in range(len(first) - 1, 0, -1) if first[offset] in "/:"]
        for end in ends:
            expression = known.get(first[:end])
            if expression is not None:
                return _joined([Reference(expression), first[end:], *spelled[1:]])
        return spelled

    @cached_property
    def _arns(self) -> dict[str, str]:
        """Map the known ARNs of resources and data sources in this module to what refers to them."""
        return {arn: each for arn, each in self._all_arns.items() if isinstance(arn, str) and arn.startswith("arn:")}

    @cached_property
    def _open_arns(self) -> dict[TextLike, str]:
        """Map the ARNs of which some is known to what refers to them."""
        return {arn: each for arn, each in self._all_arns.items() if isinstance(arn, Text)}

    @cached_property
    def _all_arns(self) -> dict[TextLike, str]:
        found: dict[TextLike, str] = {}
        for thing in (*self._world.things(*_TYPES), *self._world.looked_up(*_TYPES)):
            address = thing.address
            if address.module != self._module or self._refuse(address.resource):
                continue
            arn = thing.attribute("arn")
            if isinstance(arn, str | Text | Unknown) and self._resolver.block(address) is not None:
                found.setdefault(spelled_out(arn), f"{local_name(address)}.arn")
        return found

    @cached_property
    def _named_arns(self) -> dict[str, str]:
        return {other: each for each, other in reversed(self._names) if isinstance(other, str)}

    @cached_property
    def _by_identity(self) -> dict[TextLike | None, str]:
        found = {identity(other): each for each, other in reversed(self._names)}
        found.pop(None, None)
        return found

    @cached_property
    def _names(self) -> list[tuple[str, TextLike]]:
        """List inputs, outputs of called modules and locals that are ARNs, or texts known only after apply."""
        return [pair for expression, seen in self._seen for pair in _texts(expression, seen)]

    @cached_property
    def _objects(self) -> dict[str, str]:
        """Map the addresses of whole resources that are handed over to what is them here."""
        return {owner: found for each, seen in reversed(self._seen) for owner, found in _resources(each, seen)}

    @cached_property
    def _seen(self) -> list[tuple[str, Seen]]:
        """List what inputs, outputs of called modules and locals are."""
        module = self._resolver.module_sources(self._module)
        if module is None:
            return []
        found = [(f"var.{each}", self._resolver.names.variable(self._module, each)) for each in module.variables()]
        for call in module.calls():
            found += self._outputs(f"module.{call}", self._resolver.names.call(self._module, call))
        found += [(f"local.{each}", self._resolver.names.local(self._module, each)) for each in module.locals()]
        return [(each, seen) for each, seen in found if not self._refuse(".".join(_HEAD.findall(each)[:2]))]

    def _outputs(self, expression: str, seen: Seen) -> Iterator[tuple[str, Seen]]:
        """Iterate over the instances of a call and their outputs."""
        if isinstance(seen, CallReferent):
            keys = seen.keys()
            for key in range(keys) if isinstance(keys, int) else keys:
                yield from self._outputs(f"{expression}{_index(key)}", seen.member(key))
        elif isinstance(seen, ModuleReferent):
            for name in seen.keys() or ():
                with suppress(EvaluationError):
                    yield f"{expression}.{name}", seen.member(name)


def local_name(address: Address) -> str:
    """Write the address of an instance as its own module does."""
    return str(Address(ModulePath(), address.mode, address.type, address.name, address.key))


def _index(key: str | int) -> str:
    from tfcheck.fix.render import quoted

    return f"[{key}]" if isinstance(key, int) else f"[{quoted(key)}]"


def _texts(expression: str, seen: Seen) -> Iterator[tuple[str, TextLike]]:
    """Return a value if it is a text of interest; of an object its members."""
    if isinstance(seen, str):
        if seen.startswith("arn:"):
            yield expression, seen
    elif isinstance(seen, Text) or (isinstance(seen, Unknown) and seen.symbol is not None):
        yield expression, seen
    elif isinstance(seen, dict):
        for name, member in seen.items():
            if name and _NAME_OK.issuperset(name) and not name[0].isdigit() and not isinstance(member, dict):
                yield from _texts(f"{expression}.{name}", member)


def _resources(expression: str, seen: Seen) -> Iterator[tuple[str, str]]:
    """Return the addresses of the resource instances that a value is, and how each is written."""
    if isinstance(seen, InstanceReferent):
        yield str(seen.address), expression
    elif isinstance(seen, ResourceReferent):
        keys = seen.keys()
        for key in range(keys) if isinstance(keys, int) else keys:
            yield from _resources(f"{expression}{_index(key)}", seen.member(key))


def _joined(parts: list[str | Reference]) -> Spelled:
    joined: list[str | Reference] = []
    for part in parts:
        if isinstance(part, str) and joined and isinstance(joined[-1], str):
            joined[-1] += part
        elif part != "":
            joined.append(part)
    return tuple(joined) or ("",)
