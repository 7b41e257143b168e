"""Find the small mistake that keeps a pattern in a statement from matching.

Patterns and ARNs are plain texts here; what is not known in them is a name between control characters, and is never
changed. A digit is never treated as a mistake, nor a letter of a short word: `orders-1` and `orders-2`, `app` and `api`
are as likely to be two objects.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import msgspec

from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.wildcards import glob_known

_SEPARATORS = str.maketrans("_./:", "----")
_WORD = regex(r"[A-Za-z0-9]+")
_SHORTEST_WORD, _SHORTEST_SINGULAR = 4, 3
_WILDCARD = regex(r"[*?]")
_ARN_FIELDS = 6
_SUFFIX, _ANY_SUFFIX = regex(r"-(?:[A-Za-z0-9]{6}|\0[^\0]*\0)"), "-??????"
_LAST_SUFFIX = regex(rf"{_SUFFIX.pattern}$")
#: The suffix that AWS appends to a secret's name, unless it may be a word: `-backup`.
_RANDOM = regex(r"-(?=[a-z0-9]*[A-Z])(?=[A-Z]*[a-z0-9])[A-Za-z0-9]{6}")
#: A JSON key with its colons after a secret's ARN, and an unknown ARN of that kind.
_KEY = regex(r":[^:*?\0]+(?::[^:*?\0]*){0,2}")
_SECRET = regex(r"\0[^\0]*\baws_secretsmanager_secret\.[^\0]*\.arn\0")
_OF_OBJECTS = regex(r"s3:(?:\w*Object\w*|AbortMultipartUpload|ListMultipartUploadParts)", re.IGNORECASE)
_OF_STREAMS = frozenset(("logs:createlogstream", "logs:putlogevents"))
#: IAM has both of these, so neither is a mistake.
_BOTH_VALID = frozenset(("ssm:getparameter", "ssm:getparameters"))


class Misspelling(msgspec.Struct, frozen=True):
    """A pattern that should be `text` from `start` to `end`; `cause` describes the mistake."""

    start: int
    end: int
    text: str
    cause: str

    def correct(self, pattern: str) -> str:
        """Return the corrected pattern."""
        return pattern[: self.start] + self.text + pattern[self.end :]


def misspelled_resources(pattern: str, needed: str, actions: tuple[str, ...]) -> Iterator[Misspelling]:
    """Find possible mistakes in a resource of a statement with these actions, likeliest first."""
    at, own, other = compared_parts(pattern, needed)
    if own.endswith(_ANY_SUFFIX) and (suffix := _LAST_SUFFIX.search(other)):
        own, other = own.removesuffix(_ANY_SUFFIX), other[: suffix.start()]
    for found in (*_other_misspellings(own, other), *_one_edit(own, other)):
        moved = msgspec.structs.replace(found, start=found.start + at, end=found.end + at)
        is_known = (
            pattern.count("\0", 0, moved.start) % 2 == 0 and "\0" not in pattern[moved.start : moved.end] + found.text
        )
        if is_known and glob_known(found.correct(own), other):
            yield moved
    yield from _misspelled_secrets(pattern, needed)
    end = _missing_end(pattern, needed, actions)
    if end:
        yield Misspelling(len(pattern), len(pattern), end, f"`{end}` is missing at its end")


def misspelled_prefix(pattern: str, needed: str) -> Misspelling | None:
    """Find a wrong directory of a needed file or parameter in the same bucket or tree."""
    at, own, other = compared_parts(pattern, needed)
    directory, slash, name = own.rpartition("/")
    wanted, _, own_name = other.rpartition("/")
    if not slash or name not in ("*", own_name) or _WILDCARD.search(directory) or directory == wanted:
        return None
    head, is_deep, _ = wanted.partition("/")
    if directory.partition("/")[0] != head or "/" not in directory:
        return None
    text = f"{wanted[len(head) :]}/{name}"[1:] if is_deep else own_name
    return Misspelling(at + len(head) + 1, len(pattern), text, "nothing in the plan is under its prefix")


def misspelled_action(pattern: str, needed: str) -> Misspelling | None:
    """Find an action that resembles the needed one and does not exist."""
    own, other = pattern.lower(), needed.lower()
    if _WILDCARD.search(pattern) or own == other or {own, other} == _BOTH_VALID:
        return None
    found = (*_other_misspellings(own, other), *_one_edit(own, other))
    if any(each.correct(own) == other for each in found):
        return Misspelling(0, len(pattern), needed, "IAM has no such action")
    return None


def compared_parts(pattern: str, needed: str) -> tuple[int, str, str]:
    """Return the parts of two ARNs that name the resource, and the offset of the first; otherwise the whole ARNs."""
    own, other = pattern.split(":", _ARN_FIELDS - 1), needed.split(":", _ARN_FIELDS - 1)
    are_arns = len(own) == len(other) == _ARN_FIELDS and own[0] == other[0] == "arn" and own[2] == other[2]
    return (len(pattern) - len(own[-1]), own[-1], other[-1]) if are_arns else (0, pattern, needed)


def _other_misspellings(pattern: str, needed: str) -> Iterator[Misspelling]:
    wildcard = _WILDCARD.search(pattern)
    head = pattern[: wildcard.start()] if wildcard else pattern
    wanted = needed[: len(head)]
    if head != wanted and _canonical(head) == _canonical(wanted):
        start = common_length(head, wanted)
        end = len(head) - common_length(head[::-1], wanted[::-1])
        cause = "its case differs" if head.lower() == wanted.lower() else "its separators differ"
        yield Misspelling(start, end, wanted[start:end], cause)


def _canonical(text: str) -> str:
    return text.lower().translate(_SEPARATORS)


def _one_edit(pattern: str, needed: str) -> Iterator[Misspelling]:
    wildcards = [each.start() for each in _WILDCARD.finditer(pattern)]
    head = pattern[: wildcards[0]] if wildcards else pattern
    start = common_length(head, needed)
    for length, text in _edits(head[start:], needed[start:]):
        yield from _slips(pattern, Misspelling(start, start + length, text, ""))
    if wildcards:
        tail = pattern[wildcards[-1] + 1 :]
        same = common_length(tail[::-1], needed[::-1])
        end = len(pattern) - same
        for length, text in _edits(tail[::-1][same:], needed[::-1][same:]):
            yield from _slips(pattern, Misspelling(end - length, end, text[::-1], ""))


def _edits(own: str, needed: str) -> Iterator[tuple[int, str]]:
    """Yield possible replacements for the beginning of a text, whose first character is wrong."""
    if own and needed:
        yield 1, needed[0]
    if own:
        yield 1, ""
    if needed:
        yield 0, needed[0]
    if own[:2] == needed[:2][::-1] and len(own[:2]) == len(needed[:2]) > 1:
        yield 2, needed[:2]


def _slips(pattern: str, found: Misspelling) -> Iterator[Misspelling]:
    """Yield likely slips: not in digits, short words, or separators before the next part."""
    old = pattern[found.start : found.end]
    differing = old + found.text
    if any(char.isdigit() or char == "\0" for char in differing):
        return
    around = pattern[max(found.start - 1, 0) : found.start] + pattern[found.end : found.end + 1]
    if old in ("/", ":") and found.text not in ("/", ":") and old not in around:
        return
    words = (_word(pattern, found.start, found.end), _word(found.correct(pattern), found.start, found.start))
    is_plural = words[0] in (f"{words[1]}s", words[1].removesuffix("s")) and len(words[0]) >= _SHORTEST_SINGULAR
    if differing.isalpha() and len(old) < len("ab") and min(map(len, words)) < _SHORTEST_WORD and not is_plural:
        return
    yield msgspec.structs.replace(found, cause="it differs by one character")


def _word(text: str, start: int, end: int) -> str:
    return max((each[0] for each in _WORD.finditer(text) if each.start() <= end and start <= each.end()), default="")


def _misspelled_secrets(pattern: str, needed: str) -> Iterator[Misspelling]:
    """Find a JSON key after a secret's ARN, or other random characters at its end."""
    key = _KEY.fullmatch(pattern.removeprefix(needed)) if pattern.startswith(needed) else None
    if key is not None and (":secret:" in needed or _SECRET.fullmatch(needed)):
        yield Misspelling(len(needed), len(pattern), "", "a policy names a secret without the key of a value")
    end = max(len(pattern) - len(_ANY_SUFFIX), 0)
    is_other = ":secret:" in pattern and _RANDOM.fullmatch(pattern[end:]) and _SUFFIX.fullmatch(needed[end:])
    if is_other and needed.startswith(pattern[:end]):
        yield Misspelling(end, len(pattern), _ANY_SUFFIX, "its last six characters are those of another secret")


def _missing_end(pattern: str, needed: str, actions: tuple[str, ...]) -> str:
    """Return the missing end of a pattern that names the container of the needed object."""
    if _WILDCARD.search(pattern) or not pattern:
        return ""
    of_objects = all(map(_OF_OBJECTS.fullmatch, actions))
    is_tree = of_objects or {each.lower() for each in actions} <= {"ssm:getparameters", "ssm:getparameter"}
    if is_tree and pattern.endswith("/") and needed.startswith(pattern):
        return "*"
    if is_tree and needed.startswith(f"{pattern}/"):
        return "/*"
    if {each.lower() for each in actions} <= _OF_STREAMS and needed.startswith(f"{pattern}:"):
        return ":*"
    is_secret = ":secret:" in pattern and needed.startswith(pattern)
    return _ANY_SUFFIX if is_secret and _SUFFIX.fullmatch(needed[len(pattern) :]) else ""


def common_length(one: str, other: str) -> int:
    """Return the number of characters at the beginning of two texts that are the same."""
    pairs = zip(one, other, strict=False)
    return next((number for number, (own, its) in enumerate(pairs) if own != its), min(len(one), len(other)))
