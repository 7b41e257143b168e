"""Match Resource and NotResource with the resource of a request.

Follows https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_resource.html: the six parts of the
ARNs are compared one by one. The guides of IAM and S3 disagree on whether a wildcard extends across a colon into the
next part; where it matters the answer is unknown.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

import msgspec

from tfcheck.iam.context import Context
from tfcheck.iam.index import FEW, NameIndex
from tfcheck.iam.variables import PolicyTemplate, PolicyText, agree, have_values, read_text
from tfcheck.symbolic.beginnings import Beginning, beginning
from tfcheck.symbolic.doubt import Doubt, DoubtKind
from tfcheck.symbolic.match import Pattern, Verbatim, equal, glob
from tfcheck.symbolic.regex import regex
from tfcheck.symbolic.texts import may_contain, split_literals
from tfcheck.symbolic.value import Text, TextLike, Truth, Unknown, display, identity, pieces, spelled_out, text
from tfcheck.symbolic.wildcards import affordable, glob_known
from tfcheck.vocabulary.arn import parse_arn


class Resource(msgspec.Struct, frozen=True):
    """One entry.

    `parts` are its six parts, the last one perhaps with variables; None if they cannot be separated, and then `whole`
    is matched. `plain` are the parts if all of them are known. `stretches`: one of the first five may end in a star.
    `strange` says why a match is doubtful.
    """

    written: TextLike
    whole: PolicyText
    parts: tuple[PolicyText, ...] | None = None
    everything: bool = False
    short: bool = False
    strange: str = ""
    plain: tuple[str, ...] | None = None
    stretches: bool = False


def name_of(entry: Resource) -> str | None:
    """Return the last part of the ARNs that an entry covers, with a star for what is unknown; None if it may be any."""
    last = None if entry.parts is None or entry.stretches else entry.parts[5]
    if isinstance(last, str):
        return last
    begun = beginning(last).known if isinstance(last, Text) else ""
    return f"{begun}*" if begun else None


class Resources(msgspec.Struct, frozen=True, dict=True):
    """The entries of Resource, or with `negated` of NotResource."""

    entries: tuple[Resource, ...]
    negated: bool = False

    @cached_property
    def index(self) -> NameIndex[Resource]:
        """The entries, indexed when they are first used."""
        return NameIndex.by_name(self.entries, name_of)

    @cached_property
    def texts(self) -> tuple[str, ...]:
        """The entries as they are shown."""
        return tuple(display(each.written) for each in self.entries)

    @cached_property
    def by_text(self) -> dict[TextLike | None, Resource]:
        """The entries by their whole texts, for resources that are not completely known."""
        return {identity(each.written): each for each in self.entries}


class Target(msgspec.Struct, frozen=True):
    """The resource of a request, split once for all statements."""

    whole: TextLike
    parts: tuple[TextLike, ...] | None
    plain: tuple[str, ...] | None = None

    @property
    def name(self) -> Beginning:
        """The last part of its ARN, as far as its beginning is known; that of `*` is itself."""
        return beginning(self.whole if self.whole == "*" else self.parts[5] if self.parts is not None else None)


def target(resource: TextLike) -> Target:
    """Split the resource of a request."""
    arn = parse_arn(resource)
    parts = None if arn is None else ("arn", arn.partition, arn.service, arn.region, arn.account, arn.resource)
    return Target(resource, parts, None if parts is None else _all_known(parts))


def _all_known(parts: tuple[PolicyText, ...]) -> tuple[str, ...] | None:
    known = [part for part in parts if isinstance(part, str)]
    return tuple(known) if len(known) == len(parts) else None


def read_resource(written: TextLike, *, variables: Truth) -> Resource | str:
    """Parse one entry, with `variables` if `${…}` is one in this policy; a string says why AWS would refuse it."""
    if written == "*":
        return Resource(written, "*", everything=True)
    spelled = spelled_out(written)
    if spelled == "":
        return "a resource is empty"
    if not _begins_like_arn(spelled):
        return Doubt("a resource must be `*` or begin with `arn:`", DoubtKind.REFUSED_RESOURCE)
    whole = _with_variables(written, variables)
    if isinstance(spelled, str):
        if isinstance(whole, PolicyTemplate):
            return _split_template(written, spelled, whole, variables)
        parts = spelled.split(":", 5)
        if len(parts) < 6:
            return Resource(written, whole, short=True, strange=_TOO_SHORT)
        *known, last = parts
        return _split_entry(written, whole, (*known, _with_variables(last, variables)), _strange(known, last))
    arn = parse_arn(spelled)
    if arn is None:
        return Resource(written, whole)
    early: tuple[TextLike, ...] = ("arn", arn.partition, arn.service, arn.region, arn.account)
    entries = (*early, _with_variables(arn.resource, variables))
    return _split_entry(written, whole, entries, _strange(early, arn.resource))


#: The six parts of an ARN, split at colons that are not inside `${…}`.
_AROUND_VARIABLES = regex(5 * r"((?:[^:$]++|\$(?!\{)|\$\{[^}]*\})*+):" + "(?s:(.*))")

_UNREADABLE = PolicyTemplate((), broken=True)
_TOO_SHORT = "has fewer than the six parts of an ARN"


def _split_template(written: TextLike, spelled: str, whole: PolicyText, variables: Truth) -> Resource:
    """Return a resource with variables; one that cannot be split is unreadable as a whole."""
    split = _AROUND_VARIABLES.fullmatch(spelled)
    if split is None:
        return Resource(written, _UNREADABLE, strange=_TOO_SHORT)
    *known, last = split.groups()
    strange = _strange(known, last)
    if any("${" in part for part in known):
        whole, strange = _UNREADABLE, "has a variable before the sixth part of its ARN"
    readable = [_UNREADABLE if "${" in part else part for part in known]
    return _split_entry(written, whole, (*readable, _with_variables(last, variables)), strange)


def _begins_like_arn(spelled: TextLike) -> bool:
    first, rest = (*pieces(spelled), "", "")[:2]
    if isinstance(first, Unknown) and first.hole.shortest and not any(map(first.hole.allows, ":*")):
        return not isinstance(rest, str) or rest.startswith(":")  # otherwise it is a name
    return not isinstance(first, str) or first.startswith("arn:") or (first != spelled and "arn:".startswith(first))


def _split_entry(written: TextLike, whole: PolicyText, parts: tuple[PolicyText, ...], strange: str) -> Resource:
    stretches = any(map(_may_end_in_star, parts[:5]))
    return Resource(written, whole, parts, strange=strange, plain=_all_known(parts), stretches=stretches)


def _with_variables(written: TextLike, variables: Truth) -> PolicyText:
    read = read_text(written)
    if isinstance(read, PolicyTemplate) and variables is not Truth.TRUE:
        return spelled_out(written) if variables is Truth.FALSE else _UNREADABLE
    return read


#: Services whose last part begins with a name instead of a resource type.
_WITHOUT_TYPES = ("s3", "sns", "sqs", "execute-api", "codecommit")


def _strange(early: tuple[TextLike, ...] | list[str], last: TextLike) -> str:
    service = early[2]
    if isinstance(service, str) and _wild(service):
        return "has a wildcard in the name of the service"
    if service in _WITHOUT_TYPES or last == "*":
        return ""
    # `parameter*` names its type completely; `_names_type` checks the resource for that.
    return "has a wildcard inside the type of the resource" if _wild(_kind(last)[0]) else ""


def _kind(last: TextLike) -> tuple[str, bool]:
    """Return the resource type in the last part of an ARN, and whether it definitely ends there."""
    first = next(iter(pieces(last)), "")
    if not isinstance(first, str):
        return "", False
    kind, mark, _ = first.replace(":", "/").partition("/")
    return kind.partition("${")[0], bool(mark)


def _wild(part: str) -> bool:
    return "*" in part or "?" in part


def covers(resources: Resources | None, wanted: Target, context: Context) -> Truth:
    """Whether the entries cover the resource of a request. Without the element every resource is covered."""
    if resources is None:
        return Truth.TRUE
    answer = Truth.FALSE
    for entry in entries_for(resources, wanted):
        matched = matches(entry, wanted, context)
        if matched is not Truth.FALSE:
            answer = matched
        if matched is Truth.TRUE:
            break
    return ~answer & have_values((each.whole for each in resources.entries), context) if resources.negated else answer


def entries_for(resources: Resources, wanted: Target) -> Iterable[Resource]:
    """Return the entries that may cover a resource; where it is not completely known, the one that names it first."""
    if len(resources.entries) <= FEW:
        return resources.entries
    named = resources.by_text.get(identity(wanted.whole)) if wanted.plain is None else None
    return resources.index.covering(wanted.name) if named is None else (named, *resources.entries)


def matches(entry: Resource, wanted: Target, context: Context) -> Truth:
    """Match one entry against the resource of a request."""
    if entry.everything:
        return Truth.TRUE
    if entry.plain is not None and wanted.plain is not None:
        return _plainly(entry, entry.plain, wanted, wanted.plain)
    if wanted.whole == "*":
        if isinstance(entry.whole, (str, PolicyTemplate)):
            return Truth.FALSE
        return equal(entry.whole, "*") & Truth.UNKNOWN
    if entry.short:
        return glob(_beginning(entry), wanted.whole) & Truth.UNKNOWN
    if entry.parts is None or wanted.parts is None:
        return _unsplit(entry, wanted, context)
    return _part_by_part(entry, wanted, context)


def differs_in_partition_only(entry: Resource, wanted: Target, context: Context) -> bool:
    """Whether an entry would match with the partition of the resource."""
    ours, theirs = entry.parts, wanted.parts
    if ours is None or theirs is None or _match_part(ours[1], theirs[1], context) is not Truth.FALSE:
        return False
    return all(_match_part(ours[i], theirs[i], context) is not Truth.FALSE for i in (2, 3, 4, 5))


def _beginning(entry: Resource) -> Pattern:
    # A short ARN covers at most resources with the same beginning.
    return "*" if isinstance(entry.whole, PolicyTemplate) else (entry.whole, "*")


def _plainly(entry: Resource, ours: tuple[str, ...], wanted: Target, theirs: tuple[str, ...]) -> Truth:
    """Match a known entry and a known resource."""
    for i in _ORDER:
        if ours[i] == theirs[i]:
            continue
        if not affordable(ours[i], theirs[i]):
            return Truth.UNKNOWN
        if not glob_known(ours[i], theirs[i]):
            return _crossing(entry, wanted, _NO_KEYS)
    return Truth.UNKNOWN if entry.strange and not _names_type(entry, theirs[5]) else Truth.TRUE


_NO_KEYS = Context()  # without variables the keys of the request do not matter

#: The parts of an ARN, the most distinctive first.
_ORDER = (2, 5, 1, 3, 4)


def _part_by_part(entry: Resource, wanted: Target, context: Context) -> Truth:
    ours, theirs = entry.parts, wanted.parts
    assert ours is not None
    assert theirs is not None
    answer = Truth.TRUE
    for i in _ORDER:
        answer = answer & _match_part(ours[i], theirs[i], context)
        if answer is Truth.FALSE:
            return _crossing(entry, wanted, context)
    if answer is Truth.UNKNOWN and _share_an_attribute(entry.whole, wanted.whole):
        # Parts of one attribute do not prove that they belong together; the whole does.
        answer = _unsplit(entry, wanted, context) | Truth.UNKNOWN
    return answer & Truth.UNKNOWN if entry.strange and not _names_type(entry, theirs[5]) else answer


def _share_an_attribute(whole: PolicyText, wanted: TextLike) -> bool:
    if isinstance(whole, str) or isinstance(wanted, str):
        return False
    row = whole.parts if isinstance(whole, PolicyTemplate) else pieces(whole)
    ours = {piece.symbol for piece in row if isinstance(piece, Unknown) and piece.shape is not None}
    return any(isinstance(piece, Unknown) and piece.symbol in ours for piece in pieces(wanted))


def _match_part(pattern: PolicyText, subject: TextLike, context: Context) -> Truth:
    if isinstance(pattern, PolicyTemplate):
        return agree(pattern, context, lambda each: glob(each, subject))
    return glob(pattern, subject)


def _names_type(entry: Resource, subject: TextLike) -> bool:
    """Whether the wildcard follows the complete name of the type: `parameter*` for `parameter/x`."""
    last = entry.parts[5] if entry.parts else ""
    if "type" not in entry.strange or isinstance(last, PolicyTemplate):
        return False
    kind, ended = _kind(subject)
    return ended and _kind(last)[0].replace("?", "*").partition("*")[0] == kind


# Stars across colons


def _crossing(entry: Resource, wanted: Target, context: Context) -> Truth:
    """Return UNKNOWN if the entry would match with a `*` at the end of a part crossing colons, else FALSE."""
    assert entry.parts is not None
    assert wanted.parts is not None
    last = wanted.parts[5]
    if not entry.stretches or (isinstance(last, str) and ":" not in last):
        return Truth.FALSE  # each of the six parts needs one of its own
    if may_contain(last, ":"):
        return _match_part(entry.whole, wanted.whole, context) & Truth.UNKNOWN
    segments = [*wanted.parts[:5], *split_literals(spelled_out(last), ":")]
    return Truth.UNKNOWN if _crosses(entry.parts, 0, segments, 0, context) else Truth.FALSE


def _crosses(ours: tuple[PolicyText, ...], k: int, segments: list[TextLike], at: int, context: Context) -> bool:
    if at >= len(segments):
        return False
    if k == 5:
        rest = text([part for segment in segments[at:] for part in (":", segment)][1:])
        return _match_part(ours[5], rest, context) is not Truth.FALSE
    if _match_part(ours[k], segments[at], context) is Truth.FALSE:
        return False
    ends = range(at + 1, len(segments)) if _may_end_in_star(ours[k]) else (at + 1,)
    return any(_crosses(ours, k + 1, segments, end, context) for end in ends)


def _may_end_in_star(part: PolicyText) -> bool:
    if isinstance(part, PolicyTemplate):
        return True
    last = next(reversed(pieces(part)), "")
    return last.endswith("*") if isinstance(last, str) else may_contain(last, "*")


# ARNs whose parts cannot be separated


def _unsplit(entry: Resource, wanted: Target, context: Context) -> Truth:
    answer = _match_part(entry.whole, wanted.whole, context)
    if answer is Truth.FALSE and _may_be_short(entry):
        return Truth.UNKNOWN if glob(_beginning(entry), wanted.whole) is not Truth.FALSE else Truth.FALSE
    if answer is Truth.TRUE and not _stars_in_last_part(entry.whole):
        answer = Truth.UNKNOWN
    return answer & Truth.UNKNOWN if entry.strange else answer


def _may_be_short(entry: Resource) -> bool:
    """Whether an entry that begins like an ARN may have fewer than six parts."""
    if entry.parts is not None or isinstance(entry.whole, (str, PolicyTemplate)):
        return False
    literals = [piece for piece in pieces(spelled_out(entry.whole)) if isinstance(piece, str)]
    return isinstance(pieces(entry.whole)[0], str) and "".join(literals).count(":") < 5


def _stars_in_last_part(whole: PolicyText) -> bool:
    """Whether all wildcards are after the last possible colon, and so in the last part."""
    row: tuple[object, ...] = whole.parts if isinstance(whole, PolicyTemplate) else pieces(spelled_out(whole))
    wild = False
    for part in row:
        if isinstance(part, str):
            before, _, after = part.rpartition(":")
            if _wild(before) or (wild and ":" in part):
                return False
            wild = wild or _wild(after)
        elif wild and not (isinstance(part, Verbatim) or (isinstance(part, Unknown) and not part.hole.allows(":"))):
            return False
    return True
