"""Make text that others wrote safe to show: no character that cannot be seen, no literal that may be secret.

A line of a container definition may hold the value of an environment variable. Names, references and ARNs are shown,
every other string and number is not.
"""

from __future__ import annotations

import re

from tfcheck.symbolic.regex import regex

_HEADER = regex(r'\s*[a-z_]+(\s+"[\w.-]*")*\s*\{')
_ATTRIBUTE = regex(r'\s*"?[\w.-]+"?\s*[=:]')
#: The name of an argument in a `.tf.json` file.
_JSON_NAME = regex(r'\s*"[a-z_]+"\s*:')
#: A string, a comment, or a number; what comes first wins, so that a `#` in a string begins no comment.
_HIDDEN = regex(r'"(?:[^"\\]|\\.)*"?|(?:#|//|/\*).*|(?<![\w.\-\[])\d[\w.]*')
_ARN = regex(r'"arn:[\w*?/:.$@+=,{}\[\] -]*"')


def quotable(source: str) -> str:
    """Return a line of HCL with the literals that may be secret left out; empty where it does not look like HCL.

    Block headers stay whole. In `name = value` literals become `…`, except ARNs. Comments are cut off.
    """
    text = source.replace("\t", "    ").rstrip()
    if _HEADER.fullmatch(text):
        return text
    if not _ATTRIBUTE.match(text):
        return ""
    name = _JSON_NAME.match(text)
    shown = name[0] if name else ""
    return shown + _HIDDEN.sub(_masked, text[len(shown) :]).rstrip()


def _masked(found: re.Match[str]) -> str:
    match found[0][0]:
        case '"':
            return found[0] if _ARN.fullmatch(found[0]) else '"…"'
        case "#" | "/":
            return ""
        case _:
            return "…"


def visible(text: str) -> str:
    """Spell out every character that does not print, as Python would: an escape, a newline, a change of direction."""
    if text.isprintable():
        return text
    # NOTE: not `repr` of the whole, which would double the backslashes of names that have them.
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)


def clipped(text: str, longest: int) -> str:
    """Cut off what nobody would read."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
