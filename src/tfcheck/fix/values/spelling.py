"""Write a value as an expression of one module: a reference if there is one, otherwise a literal."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from tfcheck.fix.needed_statements import Reference, Spelled, join_parts
from tfcheck.fix.values.referable import Referable, References, Refuse, local_name
from tfcheck.inventory.plan_world import After
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.sensitive_text import Sensitive, iter_stretches
from tfcheck.symbolic.value import (
    ACCOUNT_ID,
    PREFIX_SUFFIX,
    REGION,
    SECRET_SUFFIX,
    TextLike,
    Unknown,
    Value,
    identity,
    pieces,
    spelled_out,
    text,
)
from tfcheck.vocabulary.address import ModulePath, ModuleValue, owner_of, parse

#: An instance that another plan of these files may not have.
_INSTANCE = regex(r"(?:^|\.)aws_\w+\.[\w-]+\[")


class Spelling:
    """Writes values as the expressions of one module instance can.

    `refuse` tests whether a reference to a resource would create a cycle, by its name in the module.
    """

    def __init__(self, world: After, module: ModulePath, known: Referable, refuse: Refuse = lambda _: False) -> None:
        self._resolver = world.resolver
        self._module = module
        self._known = known
        self._refuse = refuse
        self._spelled: dict[str | int, tuple[TextLike, Spelled | None]] = {}

    def spell(self, value: TextLike) -> Spelled | None:
        """Write a value; None if a part of it has no name here and is unknown or sensitive."""
        # NOTE: equal values other than plain strings may have different marks.
        key = value if type(value) is str else id(value)
        if key not in self._spelled:
            found = self._spell(value)
            self._spelled[key] = value, None if found is None else self._without_secrets(found)
        return self._spelled[key][1]

    def _without_secrets(self, spelled: Spelled) -> Spelled | None:
        """Write sensitive parts as the input or local that holds them; None where there is none."""
        found: list[str | Reference] = []
        for part in spelled:
            if not isinstance(part, Sensitive):
                found.append(part)
                continue
            for stretch, is_secret in iter_stretches(part):
                name = self._known.secrets.find(stretch, self._refuse) if is_secret else None
                if is_secret and name is None:
                    return None
                found.append(stretch if name is None else Reference(name))
        return join_parts(found)

    def is_of_this_plan(self, spelled: Spelled) -> bool:
        """Whether a text contains literals of this plan, such as an account, that the module does not have.

        An input that one caller of a module passes the same word for is no better.
        """
        assumed = self._module.steps and any(isinstance(each, Reference) and each.assumed for each in spelled)
        return bool(assumed) or not self._known.texts.has_literally(spelled)

    def _spell(self, value: TextLike) -> Spelled | None:
        """Write a value as the module does, so that it is right for every plan; otherwise for this plan."""
        found = self._spell_by_names(value)
        module, surroundings = f"{self._module}." if self._module.steps else "", self._resolver.surroundings
        found = shorter(found, lambda name: surroundings(parse(f"{module}{name}")).partition) if found else None
        spell = partial(self._known.texts.spell, refuse=self._refuse)
        if found is not None and not self.is_of_this_plan(found):
            return self._with_most_names(found, value)
        if (whole := self._known.find_bucket_object(value, self._refuse)) is not None:
            return (Reference(f'split("/", {whole})[0]'),)
        written = spell(value)
        if written is not None or found is None:
            return written
        return self._known.parts(self._refuse).use_names(found, spell)

    def _with_most_names(self, spelled: Spelled, value: TextLike) -> Spelled:
        """Write a value as the module does elsewhere if that leaves fewer words as literals."""
        texts = self._known.texts
        if not texts.words_in(spelled):
            return spelled
        others = [texts.spell(value, self._refuse)]
        if not texts.has_text(spelled[-1]):
            others.append(self._known.parts(self._refuse).use_names(spelled, partial(texts.spell, refuse=self._refuse)))
        usable = (each for each in others if each is not None and not any(map(_names_instance, each)))
        return min((spelled, *usable), key=lambda each: len(texts.words_in(each)))

    def _spell_by_names(self, value: TextLike) -> Spelled | None:
        own, whole = self._spell_by_resources(value), self._reference_to(value)
        is_open = own is not None and (self.is_of_this_plan(own) or any(map(_names_instance, own)))
        if own is not None and (whole is None or not is_open):
            return own
        if whole is not None:
            return (Reference(whole),)
        open_ = None if isinstance(value, str) else self._spell_by_open_arn(value)
        if open_ is not None:
            return open_
        found: list[str | Reference] = []
        for piece in pieces(value):
            spelled = (piece,) if isinstance(piece, str) else self._piece(piece)
            if spelled is None:
                return None
            found += spelled
        written = join_parts(found)
        return self._begun(written, self._known.named_arns) if isinstance(written[0], str) else written

    def _spell_by_resources(self, value: TextLike) -> Spelled | None:
        """Write a value with the resources of this module only; None if that needs anything else."""
        found: list[str | Reference] = []
        for piece in pieces(value):
            own = self._own_expression(piece) if isinstance(piece, Unknown) else None
            if own is None and not isinstance(piece, str):
                return None
            found.append(piece if isinstance(piece, str) else Reference(own or ""))
        written = join_parts(found)
        spelled = self._begun(written, self._known.arns) if isinstance(written[0], str) else written
        return spelled if any(isinstance(each, Reference) for each in spelled) else None

    def _spell_by_open_arn(self, value: TextLike) -> Spelled | None:
        """Write a value that is, or begins with, a partly unknown ARN of a resource of this module."""
        *before, last = pieces(spelled_out(value)) or ("",)
        ends = self._known.open_arns.ends_in(last) if isinstance(last, str) else ()
        for end in (None, *ends):
            known = text([*before, last if end is None or not isinstance(last, str) else last[:end]])
            expression = self._known.open_arns.find(known, self._refuse)
            if expression is not None:
                rest = last[end:] if end is not None and isinstance(last, str) else ""
                return join_parts([Reference(expression), rest])
        return None

    def _piece(self, piece: Value) -> Spelled | None:
        if not isinstance(piece, Unknown):
            return None
        name = self._own_expression(piece) or self._reference_to(piece)
        if name is not None:
            return (Reference(name),)
        if piece.shape is not None:
            return self.spell(piece.shape)
        if piece.hole == SECRET_SUFFIX:
            return ("?" * SECRET_SUFFIX.shortest,)
        # An unknown account or region: the rest of the ARN shows what is meant.
        return ("*",) if piece.hole in (ACCOUNT_ID, REGION) else None

    def _reference_to(self, value: TextLike) -> str | None:
        if isinstance(value, str) and not value.startswith("arn:"):
            return None
        return self._known.by_identity.find(identity(value), self._refuse)

    def _own_expression(self, piece: Unknown) -> str | None:
        symbol, address = piece.symbol, owner_of(piece)
        # NOTE: what the provider appends to a prefix, and AWS to a secret's ARN, is not an attribute.
        if symbol is None or piece.hole in (PREFIX_SUFFIX, SECRET_SUFFIX):
            return None
        if any(isinstance(step, Sensitive) for step in symbol.path):
            return None
        steps = "".join(f"[{step}]" if isinstance(step, int) else f".{step}" for step in symbol.path)
        if isinstance(symbol.owner, ModuleValue) and symbol.owner.module == self._module:
            return symbol.owner.kind + steps if symbol.owner.kind in ("var", "local") else None
        if address is None:
            return None
        # NOTE: where the module does not show how it is written, the plan does.
        is_written = self._resolver.block(address) is not None or self._resolver.module_sources(self._module) is None
        if address.module == self._module and is_written and not self._refuse(address.resource):
            return local_name(address) + steps
        handed_over = self._known.objects.find(address, self._refuse)
        return handed_over + steps if handed_over else None

    def _begun(self, spelled: Spelled, known: References) -> Spelled:
        """Replace the beginning of a literal ARN by its name in this module."""
        first = spelled[0]
        assert isinstance(first, str)
        for end in (*((len(first),) if len(spelled) == 1 else ()), *known.ends_in(first)):
            expression = known.find(first[:end], self._refuse)
            if expression is not None:
                return join_parts([Reference(expression), first[end:], *spelled[1:]])
        return spelled


def _names_instance(part: str | Reference) -> bool:
    return isinstance(part, Reference) and _INSTANCE.search(part.expression) is not None


_BUCKET = regex(r"(aws_s3_bucket\.\S+)\.(arn|bucket|id)")


def shorter(spelled: Spelled, partition_of: Callable[[str], object]) -> Spelled:
    """Replace an ARN prefix followed by a bucket's name by the bucket's ARN."""
    head, *rest = spelled
    named = _BUCKET.fullmatch(rest[0].expression) if rest and isinstance(rest[0], Reference) else None
    if named is None or named[2] == "arn" or head != f"arn:{partition_of(named[1])}:s3:::":
        return spelled
    return (Reference(f"{named[1]}.arn"), *rest[1:])
