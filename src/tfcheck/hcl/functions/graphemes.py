"""Split a string into the characters that Terraform counts.

`length`, `substr` and `strrev` count grapheme clusters (Unicode Standard Annex 29). Strings whose clusters are not
obvious are refused: the tables of Unicode are not worth their weight here.
"""

from __future__ import annotations

import re

from tfcheck.hcl.functions.arguments import limit_error
from tfcheck.symbolic.regex import regex

#: Characters that are always a cluster of their own: Latin, Greek and Cyrillic letters,
#: punctuation, kana and Chinese characters.
_PLAIN = regex(
    "[\x00-\u02ff\u0370-\u0482\u048a-\u052f\u1e00-\u1fff\u2010-\u2027\u2030-\u205e\u20a0-\u20bf"
    "\u3000-\u3029\u3041-\u3096\u309b-\u30ff\u3400-\u9fff]*"
)


def clusters(subject: str) -> list[str]:
    """Split a string into its grapheme clusters."""
    if not _PLAIN.fullmatch(subject):
        raise limit_error("the characters of a string that may combine")
    return re.findall("\r\n|.", subject, re.DOTALL) if "\r\n" in subject else list(subject)
