"""Find the resource of the plan that a name, an ARN or a reference denotes.

A reference to an attribute denotes its resource even if the value is unknown. A literal denotes the resource whose ARN
or name it equals. A resource that is only possibly denoted is not found.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator, Sequence
from functools import cached_property

import msgspec

from tfcheck.inventory.change import index_names
from tfcheck.inventory.world import World, WorldObject, found_once
from tfcheck.resolve.surroundings import Surroundings, is_in_same_region
from tfcheck.symbolic.beginnings import Beginning, Beginnings, Matches, beginning
from tfcheck.symbolic.match import spelling
from tfcheck.symbolic.symbol import Owner
from tfcheck.symbolic.value import JsonText, PlainText, TextLike, Truth, Unknown, Value, identity, spelled_out, unknowns
from tfcheck.vocabulary.arn import parse_arn
from tfcheck.vocabulary.grouping import group_by_key


class ObjectKind(msgspec.Struct, frozen=True, eq=False):
    """One kind of resource: its resource types, the attribute with the ARN, and those with names.

    `aliases` are further identifying attributes. `looked_up`: a data source of that type shows as much. `regional` are
    the attributes that denote another resource in another region or account.
    """

    types: tuple[str, ...]
    arn: str = "arn"
    names: tuple[str, ...] = ("name",)
    aliases: tuple[str, ...] = ()
    looked_up: bool = False
    regional: tuple[str, ...] = ()

    @property
    def identity(self) -> tuple[str, ...]:
        """The attributes that each identify the whole resource."""
        return (self.arn, *self.names, *self.aliases)


BUCKET = ObjectKind(("aws_s3_bucket",), names=("bucket",), aliases=("id",))
OBJECT = ObjectKind(("aws_s3_object", "aws_s3_bucket_object", "aws_s3_object_copy"), names=())
KEY = ObjectKind(
    ("aws_kms_key", "aws_kms_replica_key", "aws_kms_external_key", "aws_kms_replica_external_key"),
    names=("key_id",),
    aliases=("id",),
    regional=("key_id", "id"),
)
ALIAS = ObjectKind(("aws_kms_alias",), aliases=("id",), regional=("name", "id"))
SECRET = ObjectKind(("aws_secretsmanager_secret",), aliases=("id",), looked_up=True, regional=("name",))
PARAMETER = ObjectKind(("aws_ssm_parameter",), aliases=("id",), regional=("name", "id"))
REPOSITORY = ObjectKind(("aws_ecr_repository",), aliases=("id", "repository_url"), regional=("name", "id"))
ENDPOINT = ObjectKind(("aws_vpc_endpoint",), names=("id",))
LOG_GROUP = ObjectKind(("aws_cloudwatch_log_group",), aliases=("id",), regional=("name", "id"))
FILE_SYSTEM = ObjectKind(("aws_efs_file_system",), names=("id",))
ACCESS_POINT = ObjectKind(("aws_efs_access_point",), names=("id",))
S3_FILE_SYSTEM = ObjectKind(("aws_s3files_file_system",), names=("id",))
S3_ACCESS_POINT = ObjectKind(("aws_s3files_access_point",), names=("id",))


class Catalogue:
    """The resources of one kind in one world."""

    def __init__(self, world: World, kind: ObjectKind) -> None:
        self.kind = kind
        self._world = world
        self._named: dict[str, _NameIndex] = {}
        self.resources: list[WorldObject] = list(world.resources(*kind.types))
        if kind.looked_up:  # leave out what data sources look up of this plan
            managed = {arn for each in self.resources for arn in _arn_texts(each, (kind.arn,))}
            looked_up = world.looked_up(*kind.types)
            self.resources += [each for each in looked_up if managed.isdisjoint(_arn_texts(each, (kind.arn,)))]
        self._by_address: dict[Owner, WorldObject] = {each.address: each for each in self.resources}
        self._by_arn = {arn: each for each in self.resources for arn in _arn_texts(each, (kind.arn,))}
        self._by_name = group_by_key(
            (_arn_key(name), each) for each in self.resources for name in _arn_texts(each, kind.names)
        )

    def owner(self, reference: Value) -> WorldObject | None:
        """Find the resource whose attribute a reference takes."""
        # NOTE: most are strings, and checking for that first takes a tenth of the time.
        if isinstance(reference, str) or not isinstance(reference, Unknown) or reference.symbol is None:
            return None
        return self._by_address.get(reference.symbol.owner)

    def resolve(self, reference: Value, near: Surroundings | None = None) -> WorldObject | None:
        """Find the resource that an ARN, a name or a reference denotes, as seen from `near`; None looks everywhere."""
        found = self.owner(reference)
        if found is None or not isinstance(reference, Unknown) or reference.symbol is None:
            return None
        attribute = reference.symbol.path[0] if reference.symbol.path else ""
        if attribute not in self.kind.identity:
            return None
        if near is None or attribute not in self.kind.regional:
            return found
        is_here = is_in_same_region(found.surroundings, near)
        # A replica has the id of its primary key: that of the region is it, if the other's region is unknown.
        is_other = is_here is Truth.FALSE or (is_here is Truth.UNKNOWN and self._named_in(near, reference))
        return None if is_other else found

    def find_by_arn(self, reference: Value) -> WorldObject | None:
        """Find the resource that an ARN, or a reference, definitely denotes."""
        found = self.resolve(reference)
        return self._find_by_text(reference) if found is None else found

    def _find_by_text(self, reference: Value) -> WorldObject | None:
        if not isinstance(reference, PlainText):
            return None
        spelled = spelled_out(reference)
        found = self._by_arn.get(spelled)
        if found is not None or isinstance(spelled, str):
            return found  # a known value is not an unknown ARN
        same = self._by_spelling.get(_arn_key(spelled), [])
        return same[0] if len(same) == 1 else None

    @cached_property
    def _by_spelling(self) -> dict[Hashable, list[WorldObject]]:
        """The resources by a key of their ARN that is the same however much of it is known."""
        # NOTE: a large stack looks up each of its ARNs in every other stack; comparing them would be quadratic.
        keys = ((_arn_key(arn), each) for arn, each in self._by_arn.items())
        return group_by_key((key, each) for key, each in keys if key is not None)

    def find_by_name(self, reference: Value, near: Surroundings | None) -> WorldObject | None:
        """Find the resource that a name, or a reference, definitely denotes as seen from `near`; None is anywhere."""
        found = self.resolve(reference, near)
        if found is not None or not isinstance(reference, PlainText):
            return found
        here = self._named_in(near, reference)
        return here[0] if len(here) == 1 else None

    def _named_in(self, near: Surroundings | None, reference: PlainText) -> list[WorldObject]:
        """Return the resources of a name that are definitely in the region of `near`, or all."""
        name = _arn_key(spelled_out(reference))
        candidates = self._by_name.get(name, []) if name is not None else []
        return [each for each in candidates if near is None or is_in_same_region(each.surroundings, near) is Truth.TRUE]

    def find(self, reference: Value, near: Surroundings | None) -> WorldObject | None:
        """Find the resource that an argument definitely denotes, as an ARN or a name."""
        return self.resolve(reference, near) or self._find_by_text(reference) or self.find_by_name(reference, near)

    def possible(self, name: TextLike | None, attribute: str = "") -> Iterator[tuple[WorldObject, Value]]:
        """Yield the resources that `name` may turn out to denote, with their own names or ARNs; None may be any.

        Compares with the attribute, by default the ARN. A resource that it definitely denotes is left out.
        """
        if name is None:
            yield from self._named_by(attribute).rows
            return
        matches = self.possible_matches(name, attribute)
        rows = (row for each in matches for row in zip(each.places, each.rows, strict=True))
        yield from (row for _, row in sorted(rows, key=lambda each: each[0]))

    def possible_matches(self, name: TextLike, attribute: str = "") -> Sequence[Matches[WorldObject]]:
        """Return what `possible` yields, with resources together of which as much is known."""
        found = self._named_by(attribute).index.matches(name)
        return [each for each in found if each.truth is Truth.UNKNOWN]

    def _named_by(self, attribute: str) -> _NameIndex:
        attribute = attribute or self.kind.arn
        if attribute not in self._named:
            self._named[attribute] = _NameIndex(self.resources, attribute, self._world)
        return self._named[attribute]


class _NameIndex:
    """Resources by one of their names, so that a name is compared only with those that it may be equal to."""

    def __init__(self, resources: Iterable[WorldObject], attribute: str, world: World) -> None:
        self.rows = [(each, each.attribute(attribute)) for each in resources]
        self._world = world

    @cached_property
    def index(self) -> Beginnings[WorldObject]:
        named = ((each, own) for each, own in self.rows if isinstance(own, PlainText) and own != "")
        return index_names(named, self._world, _beginning)


def _beginning(name: Value) -> Beginning:
    """Return how a name begins; of an ARN, how its resource does: region and account need not be known."""
    arn = parse_arn(name) if isinstance(name, PlainText) else None
    if arn is not None:
        return beginning(arn.resource)
    found = beginning(name)
    return Beginning() if found.may_be_arn else found


def _arn_texts(resource: WorldObject, attributes: tuple[str, ...]) -> Iterator[TextLike]:
    for attribute in attributes:
        value = resource.attribute(attribute)
        if isinstance(value, PlainText) and value != "":
            spelled = spelled_out(value)
            # A value without a symbol may be equal to another one without.
            if all(each.symbol is not None for each in unknowns(spelled)):
                yield spelled


def _arn_key(spelled: TextLike) -> Hashable:
    """Return a key that only equal ARNs or names share; a JSON document has none."""
    return None if isinstance(spelled, JsonText) else spelled if isinstance(spelled, str) else spelling(spelled)


def looked_up_by(attribute: str, value: Value, world: World, *types: str) -> Iterator[WorldObject]:
    """Yield the data sources of these types one of whose attributes definitely has a value."""

    def index() -> Beginnings[WorldObject]:
        named = ((each, each.attribute(attribute)) for each in world.looked_up(*types))
        return Beginnings((each, own) for each, own in named if isinstance(own, PlainText))

    for found in found_once(world, (looked_up_by, attribute, types), index).matches(value):
        if found.truth is Truth.TRUE:
            yield from (each for each, _ in found.rows)


def catalogue(world: World, kind: ObjectKind) -> Catalogue:
    """Return the catalogue of one kind of resource in a world."""
    return found_once(world, (catalogue, kind), lambda: Catalogue(world, kind))


#: The attributes that denote an object, or none in old plans: what else AWS assigns is refused in their place.
_IDENTIFYING = ((), ("arn",), ("id",), ("name",))


class ReferenceIndex:
    """The managed and looked-up objects of one type, by what refers to them."""

    def __init__(self, world: World, kind: str) -> None:
        self.objects = [*world.looked_up(kind), *world.resources(kind)]
        self._by_address: dict[Owner, WorldObject] = {each.address: each for each in self.objects}

    @cached_property
    def by_arn(self) -> dict[TextLike, WorldObject]:
        """The objects by ARN, also where that is the same unknown one; a managed one takes precedence."""
        arns = ((identity(each.attribute("arn")), each) for each in self.objects)
        return {arn: each for arn, each in arns if arn is not None}

    def find(self, reference: Value) -> WorldObject | None:
        """Find the object that a reference to one of its attributes, or its ARN, definitely denotes."""
        if isinstance(reference, Unknown) and reference.symbol is not None:
            found = self._by_address.get(reference.symbol.owner)
            if found is not None and reference.symbol.path[:1] in _IDENTIFYING:
                return found
        known = identity(reference)
        return self.by_arn.get(known) if known is not None else None


class AttributeIndex:
    """Resources, indexed by a string attribute."""

    def __init__(
        self, resources: Iterable[WorldObject], attribute: str, read: Callable[[Value], Value] | None = None
    ) -> None:
        """Build from the resources, the attribute, and a function that reads it, if needed."""
        self._rows: list[tuple[WorldObject, Value]] = []
        for each in resources:
            written = each.attribute(attribute)
            self._rows.append((each, read(written) if read is not None else written))
        self._known = group_by_key((value, each) for each, value in self._rows if isinstance(value, str))

    @cached_property
    def _beginnings(self) -> Beginnings[WorldObject]:
        return Beginnings(self._rows)

    def exactly(self, value: str) -> list[WorldObject]:
        """Return the resources whose attribute is definitely `value`."""
        return self._known.get(value, [])

    def possible(self, value: Value) -> Iterator[WorldObject]:
        """Yield the resources whose attribute is, or may be, `value`; those with a known one first."""
        found = [self._beginnings.rows[place] for place in self._beginnings.possible(value)]
        for is_known in (True, False):
            yield from (each for each, own in found if isinstance(own, str) is is_known)
