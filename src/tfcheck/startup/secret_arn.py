"""Find the ARN for IAM of a secret that is given by its name, or by its ARN without the end.

Follows https://docs.aws.amazon.com/secretsmanager/latest/userguide/troubleshoot.html#ARN_secretnamehyphen: Secrets
Manager looks up a secret whose ARN lacks the hyphen and the six random characters, in its own account only, and IAM
sees the whole ARN.
"""

from __future__ import annotations

from tfcheck.inventory.catalogue import SECRET, catalogue
from tfcheck.inventory.encryption import replicas
from tfcheck.inventory.world import World
from tfcheck.resolve.surroundings import Surroundings
from tfcheck.symbolic.match import equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import (
    SECRET_SUFFIX,
    Hole,
    PlainText,
    Symbol,
    TextLike,
    Truth,
    Unknown,
    pieces,
    split_text,
    text,
)
from tfcheck.vocabulary.arn import Arn, parse_arn

_SUFFIX = regex(r"-[A-Za-z0-9]{6}")
#: The end of an ARN that Secrets Manager may complete, or use unchanged.
_OPEN_END = Hole(f"-{SECRET_SUFFIX.chars}", negated=False, longest=7)


def secret_arn(name: TextLike, around: Surroundings, world: World) -> TextLike:
    """Return the ARN of the secret with a name at `around`, which ends in six random characters."""
    for each in (world, *world.context):
        found = catalogue(each, SECRET).find_by_name(name, around)
        arn = found.attribute("arn") if found else None
        if isinstance(arn, PlainText):
            return arn
    symbol = Symbol("secret", (name, "suffix")) if isinstance(name, str) else None
    suffix = Unknown(symbol=symbol, reason="the end of the secret's ARN is not in the plan", hole=SECRET_SUFFIX)
    resource = text(["secret:", name, "-", suffix])
    return Arn(around.partition, "secretsmanager", around.region, around.account, resource).as_text()


def whole_arn(arn: TextLike, account: TextLike, world: World) -> TextLike:
    """Return the ARN for IAM when a task of an account names a secret by `arn`, whose end may be missing."""
    parts = parse_arn(arn)
    fields = split_text(parts.resource, ":") if parts is not None and parts.service == "secretsmanager" else None
    name = fields[1] if fields is not None and len(fields) == 2 and fields[0] == "secret" else None
    if parts is None or name is None or not has_no_suffix(name):
        return arn
    if (known := _known_secret(arn, name, world)) is not None:
        return known
    same = equal(parts.account, account)
    if same is Truth.TRUE:
        return secret_arn(name, Surroundings(parts.partition, parts.region, parts.account), world)
    elsewhere = "in another account" if same is Truth.FALSE else "perhaps in another account"
    reason = f"the secret is {elsewhere}, and its ARN lacks the six random characters: write the full ARN"
    symbol = Symbol("secret", (arn, "end")) if isinstance(arn, str) else None
    return text([arn, Unknown(symbol=symbol, reason=reason, hole=_OPEN_END)])


def _known_secret(arn: TextLike, name: TextLike, world: World) -> TextLike | None:
    """Return the whole ARN of the only secret, or replica, called `name` whose ARN definitely begins with `arn`."""
    for each in (world, *world.context):
        found = catalogue(each, SECRET).find_by_name(name, None)
        for whole in (found.attribute("arn"), *(one.arn for one in replicas(found))) if found else ():
            if isinstance(whole, PlainText) and glob(text([arn, "-??????"]), whole) is Truth.TRUE:
                return whole
    return None


def has_no_suffix(name: TextLike) -> bool:
    """Whether the name in a secret's ARN definitely does not end in a hyphen and six characters."""
    last = (pieces(name) or ("",))[-1]
    if not isinstance(last, str):
        return False
    if isinstance(name, str) or len(last) >= len("-AbCdEf"):
        return not _SUFFIX.fullmatch(last[-7:])
    return not last.isalnum()
