"""Find the objects that are lost when the object that they are on is deleted or replaced.

Terraform replaces a policy with its role only if a reference of it changes. `role = aws_iam_role.x.name` does not
change if the new role has the name of the old one: the plan lists the policy as unchanged, yet the provider deletes all
policies of a role before the role. Likewise S3 deletes a bucket's settings with it. Only the next plan notices.
"""

from __future__ import annotations

import msgspec

from tfcheck.plan import Deposed, Instance, Plan, references
from tfcheck.resolve.declarations import Declarations
from tfcheck.resolve.provider import Providers
from tfcheck.symbolic.match import equal
from tfcheck.symbolic.value import Truth, Value, strings
from tfcheck.vocabulary.address import Address
from tfcheck.vocabulary.grouping import group_by_key


class OwnerArgument(msgspec.Struct, frozen=True):
    """What an object is on: the argument that names it, its type, and the named attributes."""

    argument: str
    type: str
    names: tuple[str, ...] = ("name",)


_ROLE, _BUCKET = "aws_iam_role", "aws_s3_bucket"
_OF_BUCKET = OwnerArgument("bucket", _BUCKET, ("bucket",))
_OF_REPOSITORY = OwnerArgument("repository", "aws_ecr_repository")
_OF_POLICY = OwnerArgument("policy_arn", "aws_iam_policy", ("arn",))
_OF_SECRET = ("aws_secretsmanager_secret", ("name", "arn"))
OWNERS = {
    "aws_ecr_repository_policy": _OF_REPOSITORY,
    "aws_iam_policy_attachment": OwnerArgument("roles", _ROLE),
    "aws_iam_role_policies_exclusive": OwnerArgument("role_name", _ROLE),
    "aws_iam_role_policy": OwnerArgument("role", _ROLE),
    "aws_iam_role_policy_attachment": OwnerArgument("role", _ROLE),
    "aws_iam_role_policy_attachments_exclusive": OwnerArgument("role_name", _ROLE),
    "aws_s3_bucket_object": _OF_BUCKET,
    "aws_s3_bucket_ownership_controls": _OF_BUCKET,
    "aws_s3_bucket_policy": _OF_BUCKET,
    "aws_s3_bucket_public_access_block": _OF_BUCKET,
    "aws_s3_bucket_server_side_encryption_configuration": _OF_BUCKET,
    "aws_s3_object": _OF_BUCKET,
    "aws_s3_object_copy": _OF_BUCKET,
    "aws_secretsmanager_secret_policy": OwnerArgument("secret_arn", *_OF_SECRET),
    "aws_secretsmanager_secret_version": OwnerArgument("secret_id", *_OF_SECRET),
}
#: The arguments that identify an object in AWS: two with equal ones are the same, and deleting one deletes it.
_IDENTITY: dict[str, tuple[str, ...]] = {
    "aws_ecr_registry_policy": (),
    "aws_ecr_repository_policy": ("repository",),
    "aws_efs_file_system_policy": ("file_system_id",),
    "aws_iam_policy_attachment": ("policy_arn",),
    "aws_iam_role_policy": ("role", "name"),
    "aws_iam_role_policy_attachment": ("role", "policy_arn"),
    "aws_kms_key_policy": ("key_id",),
    "aws_s3_bucket_object": ("bucket", "key"),
    "aws_s3_bucket_ownership_controls": ("bucket",),
    "aws_s3_bucket_policy": ("bucket",),
    "aws_s3_bucket_public_access_block": ("bucket",),
    "aws_s3_bucket_server_side_encryption_configuration": ("bucket",),
    "aws_s3_object": ("bucket", "key"),
    "aws_s3_object_copy": ("bucket", "key"),
    "aws_s3files_file_system_policy": ("file_system_id",),
    "aws_secretsmanager_secret_policy": ("secret_arn",),
    "aws_ssm_parameter": ("name",),
    "aws_vpc_endpoint_policy": ("vpc_endpoint_id",),
}
#: The names by which AWS distinguishes the objects of all other types.
_NAMES = ("name", "bucket")
#: The types of one object.
_OBJECTS = ("aws_s3_bucket_object", "aws_s3_object", "aws_s3_object_copy")
#: The reason of an update that is tried: it changes something, although its values are evaluated like unknown ones.
TRIED = "tried"
#: Updating one of these writes only differences, and so does not restore what is gone.
_UPDATED_IN_PART = ("aws_iam_policy_attachment",)


class Survival:
    """Decides for one plan whether its objects still exist after the apply."""

    def __init__(self, plan: Plan, declarations: Declarations, providers: Providers) -> None:
        self._plan = plan
        self._declarations = declarations
        self._providers = providers
        self._deleted: dict[str, list[Instance]] = {}
        self._gone: dict[tuple[str, ...], dict[tuple[str, ...], list[Instance]]] = {}
        self._deposed: dict[str, dict[Address, list[Instance]]] = {}
        self.notes: dict[str, str] = {}

    def remains(self, instance: Instance) -> Truth:
        """Whether an object still exists, as far as that depends on the resource that it is on."""
        owner = OWNERS.get(instance.address.type)
        return self.remains_on(instance, (instance.after or {}).get(owner.argument) if owner is not None else None)

    def remains_on(self, instance: Instance, named: Value) -> Truth:
        """Whether an object is still on the resource that it names, which may be one of several."""
        owner = OWNERS.get(instance.address.type)
        former = self._deleted_afterwards(instance, named)
        if former is not None:
            what = "the old one of its name" if former is instance else former.address
            self._note(instance, f"is written before {what} is deleted, which removes it; the next plan restores it")
            return Truth.FALSE
        lost, by = Truth.FALSE, instance
        if owner is not None and isinstance(named, str):
            lost, by = self._is_lost_with_owner(instance, named, owner)
        policy = (instance.after or {}).get(_OF_POLICY.argument)
        if owner is not None and lost is Truth.FALSE and isinstance(policy, str):
            # NOTE: AWS does not delete a policy that is attached: the apply ends there if nothing detaches it.
            lost, by = self._is_lost_with_owner(instance, policy, _OF_POLICY)
            lost &= Truth.UNKNOWN
        if lost is Truth.FALSE:
            return self._remains_elsewhere(instance)
        if owner is None or "create" in instance.actions:
            return Truth.TRUE  # NOTE: what is on a resource is deleted before it, and created after it
        if instance.actions == ("update",) and instance.address.type not in _UPDATED_IN_PART:
            return Truth.TRUE if _is_written(instance) and self._waits_for(instance, owner) else Truth.UNKNOWN
        verb = "goes" if lost is Truth.TRUE else "may go"
        unlisted = "although the plan does not list it as changed; the next plan restores it"
        self._note(instance, f"{verb} with {by.address}, which this plan deletes, {unlisted}")
        return ~lost

    def outlasts_replacement(self, instance: Instance) -> Truth:
        """Whether the old object of an instance stays in force that is forgotten while a new one is created.

        It does unless the new one is the same to AWS, which overwrites it, or what it is on is deleted.
        """
        new = self._plan.instance(str(instance.current)) if isinstance(instance, Deposed) else instance
        kind, before, after = instance.address.type, instance.before or {}, (new.after if new else None) or {}
        if kind in _IDENTITY:
            same = Truth.every(equal(before.get(name), after.get(name)) for name in _IDENTITY[kind])
        else:  # AWS has no two objects of one name: one that is known only after apply is another one
            same = Truth.of(any(before.get(name) and before[name] == after.get(name) for name in _NAMES))
        if kind in _UPDATED_IN_PART:
            same = Truth.FALSE
        owner = OWNERS.get(kind)
        listed = before.get(owner.argument) if owner else None
        lost = [self._is_lost_with_owner(instance, each, owner)[0] for each in strings(listed)] if owner else []
        return ~same & ~(Truth.every(lost) if lost else Truth.FALSE)

    def _note(self, instance: Instance, what: str) -> None:
        self.notes.setdefault(str(instance.address), f"{instance.address} {what}")

    def _deleted_afterwards(self, instance: Instance, named: Value) -> Instance | None:
        """Return what is deleted after an identical object is written in its place, as every deposed object is."""
        kind = instance.address.type
        former = [instance] if instance.actions == ("create", "delete") else []
        if kind not in self._deposed:
            deleted = (each for each in self._plan.deposed_objects(kind) if each.left_behind is None)
            self._deposed[kind] = group_by_key((each.current, each) for each in deleted)
        former += self._deposed[kind].get(instance.address, ())
        own = _identity(kind, instance.after) if former else None
        for each in former:
            roles = (each.before or {}).get("roles")
            on_it = not isinstance(roles, list) or named in roles  # it may be on several
            if own is not None and own == _identity(kind, each.before) and on_it:
                return each
        return None

    def _remains_elsewhere(self, instance: Instance) -> Truth:
        """Whether an object remains although the plan may delete the same one at another address.

        This happens with a new key of `for_each`, or a new name, without a `moved` block: Terraform does not order the
        two. An unchanged object is not written again.
        """
        kind = instance.address.type
        own = None if kind.startswith("aws_iam_") else _identity(kind, instance.after)
        for each in self._deleted_objects(kind).get(own, ()) if own is not None else ():
            here = Truth.FALSE if each is instance else self._are_in_one_place(instance, each, kind)
            if here is not Truth.FALSE:
                is_lost = instance.actions == ("no-op",) and here is Truth.TRUE
                verb, remedy = "goes" if is_lost else "may go", "both are one object; a `moved` block keeps it"
                self._note(instance, f"{verb} with {each.address}, which this plan deletes: {remedy}")
                return Truth.FALSE if is_lost else Truth.UNKNOWN
        return Truth.TRUE

    def _deleted_objects(self, kind: str) -> dict[tuple[str, ...], list[Instance]]:
        """Index the deleted objects of a type by their identity in AWS."""
        types = _OBJECTS if kind in _OBJECTS else (kind,)
        if types not in self._gone:
            self._gone[types] = {}
            for each in (one for every in types for one in self._deletions(every)):
                identity = _identity(kind, each.before)
                if identity is not None:
                    self._gone[types].setdefault(identity, []).append(each)
        return self._gone[types]

    def _waits_for(self, instance: Instance, owner: OwnerArgument) -> bool:
        """Whether a rewritten object is definitely written after the resource that it is on."""
        resource = self._declarations.config_resource(instance.address)
        named = references(resource.expressions.get(owner.argument)) if resource else ()
        depends = resource.depends_on if resource else ()
        return any(each.startswith(f"{owner.type}.") for each in (*named, *depends))

    def _is_lost_with_owner(self, instance: Instance, named: str, owner: OwnerArgument) -> tuple[Truth, Instance]:
        """Return whether the plan deletes what an object is on, and so the object, and what it deletes."""
        found, by = Truth.FALSE, instance
        for each in self._deletions(owner.type):
            if any((each.before or {}).get(name) == named for name in owner.names):
                truth = self._are_in_one_place(instance, each, owner.type)
                found, by = (truth, each) if found is Truth.FALSE or truth is Truth.TRUE else (found, by)
        return found, by

    def _deletions(self, kind: str) -> list[Instance]:
        if kind not in self._deleted:
            found = (*self._plan.instances(kind), *self._plan.deposed_objects(kind))
            self._deleted[kind] = [each for each in found if "delete" in each.actions]
        return self._deleted[kind]

    def _are_in_one_place(self, one: Instance, other: Instance, kind: str) -> Truth:
        """Whether two objects are in the same account and region, where names are unique."""
        ours, theirs = self._providers.key_of(one.address), self._providers.key_of(other.address)
        if ours == theirs:
            return Truth.TRUE
        here, there = self._providers.of(ours), self._providers.of(theirs)
        same_region = Truth.TRUE if kind.startswith(("aws_iam_", "aws_s3_")) else equal(here.region, there.region)
        return same_region & equal(here.account, there.account)


def _is_written(instance: Instance) -> bool:
    """Whether an update definitely changes something: an apply skips one whose unknown values stay equal."""
    before, after = instance.before or {}, instance.after or {}
    changed = (equal(before.get(name), value) is Truth.FALSE for name, value in after.items())
    return instance.action_reason == TRIED or any(changed)


def _identity(kind: str, values: dict[str, Value] | None) -> tuple[str, ...] | None:
    """Return an object's identity in AWS; None if it is not completely known."""
    names = _IDENTITY.get(kind)
    found = [] if names is None or values is None else [values.get(name) for name in names]
    known = tuple(each for each in found if isinstance(each, str))
    return None if names is None or len(known) < len(names) else known
