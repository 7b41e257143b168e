"""Mention what a reviewer of a grant should know: a comment that has it, a file that the role's policy is read from."""

from __future__ import annotations

import re

from tfcheck.fix.policies.attachments import AWS_POLICY, BY_AWS
from tfcheck.fix.policies.fix_places import FixPlaces
from tfcheck.fix.proposal import RoleNeed
from tfcheck.fix.text.policy_text import FileText, file_of
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.inventory.world import World
from tfcheck.symbolic.regex import regex

_IN_FILE = "; the role's other policy is read from `{}`, which tfcheck does not edit"
#: Comments on lines of their own, those below each other as one.
_COMMENT = regex(r"^[ \t]*(?:(?:#|//)[^\n]*(?:\n[ \t]*(?:#|//)[^\n]*)*|/\*(?:[^*]|\*(?!/))*\*/)", re.MULTILINE)
_WORD = regex(rf'"[\w-]+:\w+"|{AWS_POLICY}')


def mention_file(need: RoleNeed, places: FixPlaces) -> str:
    """Mention the file of another format that a policy of the roles is read from; empty if there is none."""
    for policy in places.policies.of_need(need):
        is_file = isinstance(policy.argument, FileText)
        file = policy.argument.source.name if is_file else file_of(policy.argument, policy.module)
        if file.endswith((".yaml", ".yml")) or (is_file and not places.policies.readable(policy)):
            return _IN_FILE.format(file)
    return ""


def commented_grant(need: RoleNeed, places: FixPlaces) -> str:
    """Return where a comment has a grant that roles lack, or their attachment; empty if none has."""
    actions = {each.requirement.action for each in need.answers}
    words = {f'"{each}"' for each in actions} | ({AWS_POLICY} if actions & BY_AWS else set())
    blocks = [policy.block for policy in places.policies.of_need(need)]
    role = need.roles[0].address if need.roles else None
    module = places.world.resolver.module_sources(role.module) if role is not None else None
    named = re.compile(rf"\baws_iam_role\.{re.escape(role.name)}(?![\w-])") if role is not None else None
    for file in module.files if module is not None else ():
        own = [each for each in blocks if each is not None and each.source is file.source]
        for start, comment in places.world.once(_Comments).with_words(file.source, words):
            # A comment in a policy of the roles, or one that names the first of them.
            is_inside = any(block.start <= start < block.end for block in own)
            if is_inside or (named is not None and named.search(comment)):
                return str(file.source.place(start + len(comment) - len(comment.lstrip())))
    return ""


class _Comments:
    """The comments of the sources that have actions or the name of AWS's policy, each file read once."""

    def __init__(self, world: World) -> None:
        del world
        self._found: dict[SourceText, dict[str, list[tuple[int, str]]]] = {}

    def with_words(self, source: SourceText, words: set[str]) -> list[tuple[int, str]]:
        """Return the comments with one of `words`, and where they begin, in the order of the file."""
        if source not in self._found:
            found: dict[str, list[tuple[int, str]]] = {}
            for comment in _COMMENT.finditer(source.text):
                for word in set(_WORD.findall(comment[0])):
                    found.setdefault(word, []).append((comment.start(), comment[0]))
            self._found[source] = found
        return sorted({each for word in words for each in self._found[source].get(word, ())})
