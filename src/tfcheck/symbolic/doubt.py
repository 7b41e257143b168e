"""What an unknown verdict depends on, in words, with its kind: reports choose their sentences by the kind."""

from __future__ import annotations

from enum import Enum

import msgspec


class DoubtKind(Enum):
    """The kind of what an unknown verdict depends on; the values are part of the JSON report's format."""

    QUESTION = "question"
    #: A question that the apply answers; its words end with `LATER`.
    LATER_QUESTION = "later_question"
    SEVERAL_ROLES = "several_roles"
    ARN_PARTITION = "arn_partition"
    BUCKET_KIND = "bucket_kind"
    SAME_NAME_POLICIES = "same_name_policies"
    TRUSTED_PRINCIPAL = "trusted_principal"
    #: A value that is not an attribute.
    UNNAMED_VALUE = "unnamed_value"
    PROVIDER_REGION = "provider_region"
    PROVIDER_ACCOUNT = "provider_account"
    PROVIDER_PARTITION = "provider_partition"
    #: A role outside the plan, of which another stack has one with the same name in an unknown account.
    NAMESAKE_ROLE = "namesake_role"
    #: A policy that is there, but whose text is not known; its words contain `UNREAD`.
    UNREAD_POLICY = "unread_policy"
    REFUSED_POLICY = "refused_policy"
    #: A policy that AWS refuses because a resource in it is not an ARN.
    REFUSED_RESOURCE = "refused_resource"
    LATER_POLICY = "later_policy"
    #: A policy that may not be on the role in the end.
    POSSIBLE_POLICY = "possible_policy"
    #: A policy that another resource may detach from the role.
    CONTESTED_POLICY = "contested_policy"
    #: A policy that an exclusive resource may not list.
    UNLISTED_POLICY = "unlisted_policy"
    #: A policy that may be on the needed resource.
    POSSIBLE_RESOURCE_POLICY = "possible_resource_policy"
    OTHER_PATH = "other_path"
    NOT_BUNDLED = "not_bundled"


class HintKind(Enum):
    """What the words of a doubt say to pass; the values are part of the JSON report's format."""

    SOURCES = "sources"
    MODULE_SOURCES = "module_sources"
    OPTION = "option"


LATER = " is known only after apply"
UNREAD = ", which cannot be read"


class Hint(msgspec.Struct, frozen=True):
    """What to pass so that a value becomes known."""

    words: str
    kind: HintKind | None = None


ASK_SOURCES = Hint("pass the sources", HintKind.SOURCES)


def ask_sources_of(module: object) -> Hint:
    """Return the hint to pass the sources of one module."""
    return Hint(f"{ASK_SOURCES.words} of {module}", HintKind.MODULE_SOURCES)


class Doubt(str):
    """The words for what an unknown verdict depends on, ended by what to pass if there is a `hint`."""

    __slots__ = ("hint", "kind")
    kind: DoubtKind | None
    hint: Hint | None

    def __new__(cls, words: str, kind: DoubtKind | None = None, hint: Hint | None = None) -> Doubt:
        """Build from words, to which the hint is added."""
        self = super().__new__(cls, words if hint is None else f"{words}: {hint.words}")
        self.kind, self.hint = kind, hint
        return self

    def within(self, words: str, kind: DoubtKind | None = None) -> Doubt:
        """Return a doubt in other words, which contain this one's hint, of the same kind unless it is given."""
        other = Doubt(words, kind or self.kind)
        other.hint = self.hint
        return other

    def hinting(self, hint: Hint) -> Doubt:
        """Return a doubt whose words contain a hint."""
        other = Doubt(self, self.kind)
        other.hint = hint
        return other


def as_doubt(words: str, kind: DoubtKind | None = None) -> Doubt:
    """Return words as a doubt; one that has a kind keeps it."""
    if not isinstance(words, Doubt):
        return Doubt(words, kind)
    return words if words.kind is not None else words.within(words, kind)


def question(words: str) -> Doubt:
    """Return the doubt about a question that no value answers, unless it is one already."""
    return as_doubt(words, DoubtKind.QUESTION)


def later(question: str) -> Doubt:
    """Return the doubt that a question is answered by the apply."""
    return Doubt(question + LATER, DoubtKind.LATER_QUESTION)
