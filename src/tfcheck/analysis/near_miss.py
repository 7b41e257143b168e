"""Explain the common mistake that keeps an almost matching statement from granting a permission.

Each is said in one sentence, where it definitely is the reason: with it fixed, the pattern would match.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TypeAlias

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.value import SECRET_SUFFIX, Unknown, display, pieces, spelled_out, text
from tfcheck.symbolic.wildcards import glob_known
from tfcheck.vocabulary.finding import Answer, Evidence, EvidenceKind

#: Maps the needed value, as written and as known, and a statement's pattern to the advice.
_Look: TypeAlias = Callable[[tuple[str, ...], str], str]
_SUFFIX = regex(r"-[A-Za-z0-9]{6}$")
_COLONS_OF_A_SECRET = 6
_KEY_OR_VERSION = regex(r":[^:]*:[^:]*:[^:]*$")


def advice(answers: Iterable[Answer]) -> Iterator[str]:
    """Explain what to write instead, each sentence once."""
    yield from dict.fromkeys(
        sentence for answer in answers for each in answer.evidence for sentence in _advice_on(answer, each)
    )


def _advice_on(answer: Answer, evidence: Evidence) -> Iterator[str]:
    need = answer.requirement
    if evidence.effect != "Allow" or need.sensitive:
        return
    if evidence.kind is EvidenceKind.OTHER_ACTION:
        if need.action == "ssm:GetParameters" and "ssm:getparameter" in map(str.lower, evidence.patterns):
            yield "ECS calls ssm:GetParameters, the plural: ssm:GetParameter does not allow it"
    elif evidence.kind is EvidenceKind.OTHER_RESOURCE:
        look = _LOOKS.get(need.action)
        # By references, and by what is known of them; a secret's suffix as six characters.
        known = [
            "AbCdEf" if isinstance(each, Unknown) and each.hole == SECRET_SUFFIX else each
            for each in pieces(spelled_out(need.resource))
        ]
        forms = tuple(dict.fromkeys((display(need.resource), display(text(known)))))
        found = (look(forms, pattern) for pattern in evidence.patterns) if look else ()
        yield from filter(None, found)


# S3


def _object(needed: tuple[str, ...], pattern: str) -> str:
    for each in needed:
        bucket, _, key = each.partition("/")
        if key and glob_known(pattern, bucket):
            return f"s3:GetObject is decided on objects, and `{pattern}` is a bucket: append `/` and the key, or `/*`"
        rest = pattern.removeprefix(bucket)
        if key and rest not in (pattern, "") and rest[0] not in "/*?" and glob_known(f"{bucket}/{rest}", each):
            return f"a slash is missing behind the bucket in `{pattern}`"
    return ""


def _bucket(needed: tuple[str, ...], pattern: str) -> str:
    bucket, slash, _ = pattern.partition("/")
    if slash and any(glob_known(bucket, each) for each in needed):
        return f"s3:GetBucketLocation is decided on the bucket: write `{bucket}`, without what follows the slash"
    return ""


# Secrets, parameters and keys


def _secret(needed: tuple[str, ...], pattern: str) -> str:
    whole = _KEY_OR_VERSION.sub("", pattern)
    is_whole = whole.startswith("${") or whole.count(":") >= _COLONS_OF_A_SECRET
    if whole != pattern and is_whole and any(glob_known(whole, each) for each in needed):
        return "IAM never sees what follows a secret's ARN (`:KEY:STAGE:VERSION`): grant the ARN alone"
    for each in needed:
        name = _SUFFIX.sub("", each)
        if name != each and _agrees(pattern, ":secret:", name, ":secret:"):
            return (
                f"the ARN of a secret ends in `-` and six random characters: write `{pattern}-??????`, or refer to the "
                "secret's own ARN"
            )
    return ""


def _parameter(needed: tuple[str, ...], pattern: str) -> str:
    if any(_agrees(pattern, ":parameter//", each, ":parameter/") for each in needed):
        return f"remove the second slash behind `parameter` in `{pattern}`"
    return ""


def _alias_advice(needed: tuple[str, ...], pattern: str) -> str:
    if ":alias/" in pattern or ".aws_kms_alias." in f".{pattern.removeprefix('${')}":
        return "the ARN of an alias names the alias and never its key: grant the ARN of the key"
    return ""


# Logs and images


def _stream(needed: tuple[str, ...], pattern: str) -> str:
    if any(":log-stream:" in each and glob_known(pattern, each.partition(":log-stream:")[0]) for each in needed):
        return f"log calls are decided on the streams of a group: append `:*`, as in `{pattern}:*`"
    return ""


def _token(needed: tuple[str, ...], pattern: str) -> str:
    return "ecr:GetAuthorizationToken is for all registries: it is granted on `*` only"


def _agrees(pattern: str, mark: str, needed: str, its_mark: str) -> bool:
    """Whether a pattern matches before and after a mark; region and account may be references."""
    head, found, granted = pattern.partition(mark)
    place, asked, name = needed.partition(its_mark)
    if not found or not asked or not granted:
        return False
    return glob_known(granted, name) and ("${" in head or "${" in place or glob_known(head, place))


_LOOKS: dict[str, _Look] = {
    "s3:GetObject": _object,
    "s3:GetBucketLocation": _bucket,
    "secretsmanager:GetSecretValue": _secret,
    "ssm:GetParameters": _parameter,
    "kms:Decrypt": _alias_advice,
    "logs:CreateLogStream": _stream,
    "logs:PutLogEvents": _stream,
    "logs:CreateLogGroup": _stream,
    "ecr:GetAuthorizationToken": _token,
}
