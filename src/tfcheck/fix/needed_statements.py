"""The statement to grant, and how each part of it is written in the sources."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TypeAlias

import msgspec

from tfcheck.symbolic.sensitive_text import Sensitive
from tfcheck.symbolic.value import TextLike, pieces, text
from tfcheck.vocabulary.finding import Answer


class Reference(msgspec.Struct, frozen=True):
    """An expression of Terraform's language for a text: `aws_s3_bucket.config.arn`.

    With `over` it is a list of texts from the elements of that collection, and the only part of its value. An `assumed`
    one has the value in this plan, and perhaps not in another.
    """

    expression: str
    over: str = ""
    assumed: bool = False


#: A text of the sources: literal pieces and references.
Spelled: TypeAlias = tuple[str | Reference, ...]
#: How a value is written in one place; None if nothing there is equal to it.
Spell: TypeAlias = Callable[[TextLike], Spelled | None]


class NeededStatement(msgspec.Struct, frozen=True):
    """One Allow statement. `principal` is its kind (`AWS`, `Service`) and values; `resources` may be empty.

    With `gate` it is there only if that is true.
    """

    sid: str
    actions: tuple[str, ...]
    resources: tuple[Spelled, ...]
    principal: tuple[str, tuple[Spelled, ...]] | None = None
    gate: str = ""

    @property
    def texts(self) -> tuple[Spelled, ...]:
        """The texts that may have references: resources and principals."""
        return (*self.resources, *(self.principal[1] if self.principal else ()))

    @property
    def resource_list(self) -> Reference | None:
        """The list expression for the resources, if the sources have one."""
        part = self.resources[0][0] if len(self.resources) == 1 else ""
        return part if isinstance(part, Reference) and part.over else None


def has_reference(spelled: Spelled | None) -> bool:
    """Whether a text is known, and written with a reference."""
    return any(isinstance(each, Reference) for each in spelled or ())


def references_in(statements: Iterable[NeededStatement]) -> Iterator[Reference]:
    """Yield the references in the texts of statements."""
    for spelled in (one for each in statements for one in each.texts):
        yield from (part for part in spelled if isinstance(part, Reference))


def rewrite(statements: Iterable[NeededStatement], write: Callable[[Spelled], Spelled]) -> tuple[NeededStatement, ...]:
    """Return statements with their texts written otherwise."""
    found: list[NeededStatement] = []
    for each in statements:
        principal = (each.principal[0], tuple(map(write, each.principal[1]))) if each.principal else None
        resources = tuple(map(write, each.resources))
        found.append(msgspec.structs.replace(each, resources=resources, principal=principal))
    return tuple(found)


def assume_role(service: str, name: str = "AssumeRole") -> NeededStatement:
    """Return the statement that lets a service assume a role."""
    return NeededStatement(name, ("sts:AssumeRole",), (), ("Service", ((service,),)))


_STREAM = ":log-stream:"
_SIDS = {
    "s3:GetObject": "ReadFiles",
    "s3:GetBucketLocation": "LocateBuckets",
    "secretsmanager:GetSecretValue": "ReadSecrets",
    "ssm:GetParameters": "ReadParameters",
    "kms:Decrypt": "Decrypt",
    "ecr:GetAuthorizationToken": "RegistryLogin",
    "ecr:BatchGetImage": "PullImages",
    "ecr:GetDownloadUrlForLayer": "PullImages",
    "logs:CreateLogStream": "WriteLogs",
    "logs:PutLogEvents": "WriteLogs",
    "logs:CreateLogGroup": "CreateLogGroups",
    "elasticfilesystem:ClientMount": "MountFileSystems",
    "s3files:ClientMount": "MountFileSystems",
    "s3files:ClientWrite": "MountFileSystems",
    "sts:AssumeRole": "AssumeRole",
}


def needed_statements(
    answers: Iterable[Answer], spell: Spell, *, prefixes: bool = False
) -> tuple[NeededStatement, ...] | None:
    """Group denied permissions into statements by kind of resource: exactly these actions and resources.

    With `prefixes` files that share a directory are granted by it. None where something cannot be spelled here.
    """
    actions: dict[Spelled, list[str]] = {}
    for answer in answers:
        need = answer.requirement
        if not is_exact(need.resource):
            return None
        spelled = spell(writable(need.resource))
        if spelled is None or (need.sensitive and any(isinstance(each, str) for each in spelled)):
            return None
        if any(isinstance(each, Sensitive) for each in spelled):
            return None
        known = actions.setdefault(spelled, [])
        if need.action not in known:
            known.append(need.action)
    return _by_actions(actions, prefixes=prefixes)


def _by_actions(actions: Mapping[Spelled, Sequence[str]], *, prefixes: bool = False) -> tuple[NeededStatement, ...]:
    """Group the actions on each resource into one statement for each set of actions."""
    resources: dict[tuple[str, ...], list[Spelled]] = {}
    for spelled, names in actions.items():
        resources.setdefault(tuple(names), []).append(spelled)
    found: list[NeededStatement] = []
    for each, files in resources.items():
        several = _group_by_prefix(files) if prefixes and each == ("s3:GetObject",) else files
        found.append(NeededStatement(free(sid(each[0]), {one.sid for one in found}), each, tuple(several)))
    return tuple(found)


def join_statements(statements: Iterable[NeededStatement]) -> tuple[NeededStatement, ...]:
    """Join plain statements into one for each set of actions, in the order of start-up; empty if one is not plain."""
    actions: dict[Spelled, dict[str, None]] = {}
    for each in statements:
        if each.gate or each.principal is not None or each.resource_list is not None:
            return ()
        for resource in each.resources:
            actions.setdefault(resource, {}).update(dict.fromkeys(each.actions))
    return tuple(sorted(_by_actions({one: list(names) for one, names in actions.items()}), key=rank))


def with_gate(statement: NeededStatement, gate: str) -> NeededStatement:
    """Return a statement that is there only if a further condition holds."""
    return msgspec.structs.replace(statement, gate=" && ".join(filter(None, (statement.gate, gate))))


def with_gates(
    statements: Iterable[NeededStatement], gate_of: Callable[[Reference], str]
) -> tuple[NeededStatement, ...]:
    """Put values that may be missing into gated statements of their own."""
    found: list[NeededStatement] = []
    for each in statements:
        gated: dict[str, list[Spelled]] = {}
        for resource in each.resources if each.resource_list is None else ():
            named = (gate_of(one) for one in resource if isinstance(one, Reference))
            gate = " && ".join(dict.fromkeys(filter(None, (each.gate, *named))))
            gated.setdefault(gate, []).append(resource)
        for gate, resources in gated.items():
            name = each.sid if gate == next(iter(gated)) else free(each.sid, {one.sid for one in found})
            found.append(msgspec.structs.replace(each, sid=name, resources=tuple(resources), gate=gate))
        found += [] if gated else [each]
    return tuple(found)


def writable(resource: TextLike) -> TextLike:
    """Return what a policy names for a resource: for a log group, all of its streams."""
    found: list[TextLike] = []
    for piece in pieces(resource):
        head, stream, _ = piece.partition(_STREAM) if isinstance(piece, str) else (piece, "", "")
        found.append(head)
        if stream:
            return text([*found, ":*"])
    return resource


def is_exact(resource: TextLike) -> bool:
    """Whether a policy entry means exactly this resource: it has no `*`, `?` or `${`."""
    literals = [each for each in pieces(resource) if isinstance(each, str)]
    return resource == "*" or not any(mark in each for each in literals for mark in ("*", "?", "${"))


def sid(action: str) -> str:
    """Return the Sid of a statement, after its purpose."""
    return _SIDS.get(action) or re.sub(r"[^A-Za-z0-9]", "", action.rpartition(":")[2])


def rank(statement: NeededStatement) -> int:
    """Return the position of a statement in a policy, in the order of start-up."""
    known = list(_SIDS)
    return known.index(statement.actions[0]) if statement.actions[0] in known else len(known)


def free(name: str, taken: Iterable[str], join: str = "") -> str:
    """Return a free name, numbered if necessary."""
    names = set(taken)
    number = 2
    found = name
    while found in names:
        found = f"{name}{join}{number}"
        number += 1
    return found


def _group_by_prefix(files: list[Spelled]) -> list[Spelled]:
    directories = [_directory(each) for each in files]
    found: list[Spelled] = []
    for file, directory in zip(files, directories, strict=True):
        shared = directory is not None and directories.count(directory) > 1
        found.append((*directory[:-1], f"{directory[-1]}*") if shared and directory else file)
    return list(dict.fromkeys(found))


def _directory(file: Spelled) -> Spelled | None:
    last = file[-1]
    if not isinstance(last, str) or "/" not in last:
        return None
    return (*file[:-1], last[: last.rindex("/") + 1])


def join_parts(parts: Iterable[str | Reference]) -> Spelled:
    """Join adjacent texts of parts, and drop empty ones."""
    found: list[str | Reference] = []
    for part in parts:
        if isinstance(part, str) and found and isinstance(found[-1], str):
            found[-1] += part
        elif part != "":
            found.append(part)
    return tuple(found) or ("",)
