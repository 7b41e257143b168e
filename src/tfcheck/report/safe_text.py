"""Make foreign text safe to show: without invisible characters and possibly secret literals.

A line of a container definition may contain the value of an environment variable. So names, references and ARNs are
shown, and no other string or number.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from unicodedata import category, name

from tfcheck.symbolic.regex import regex

_HEADER = regex(r'\s*[a-z_]+(\s+"[\w.-]*")*\s*\{')
_ATTRIBUTE = regex(r'\s*"?[\w.-]+"?\s*[=:]')
#: The name of an argument in a `.tf.json` file.
_JSON_NAME = regex(r'\s*"[a-z_]+"\s*:')
#: The beginning of a string, a comment, or a number; the first one wins: a `#` in a string begins no comment.
_HIDDEN = regex(r'"|(?:#|//|/\*)|(?<![\w.\-\[])\d[\w.]*')
#: What ends a string that may have interpolations with strings of their own.
_MARK = regex(r'\\.|\$\$\{|%%\{|[$%]\{|["{}]')
#: What makes a line of a log a command: `::error::`, where lines may be wrapped, and anywhere `##[error]` on GitHub,
#: `##vso[task.setvariable]` on Azure DevOps, `##teamcity[setParameter]`.
_COMMAND = regex(r"(?<!\S)::|##(?=\w*\[)")
#: What is printable but shows nothing: of Unicode's property `Default_Ignorable_Code_Point`
#: (https://www.unicode.org/Public/UCD/latest/ucd/DerivedCoreProperties.txt), an empty Braille cell, an empty note head.
_BLANK = regex(
    "[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u3164\ufe00-\ufe0f\uffa0\U000e0000-\U000e0fff\u2800\U0001d159]"
)
_EMOJI_SELECTORS = ("\ufe0e", "\ufe0f")
#: Scripts with letters that look like Latin ones, as Unicode names them; no name mixes these in one word
#: (https://www.unicode.org/reports/tr39/, mixed scripts).
_LIKE_LATIN = ("ARMENIAN ", "CHEROKEE ", "COPTIC ", "CYRILLIC ", "FULLWIDTH ", "GREEK ", "LISU ", "MATHEMATICAL ")
#: Characters that are read one by one, and what is between them.
_PIECE = regex(r"[ -~]+|[^ -~]")
_WORD = regex(r"[^\W_]+")
_ARN = regex(r'"arn:[\w*?/:.$@+=,{}\[\] -]*"')


def quotable(source: str) -> str:
    """Return a line of HCL without possibly secret literals; empty if it does not look like HCL.

    Block headers stay complete. In `name = value` literals become `…`, except ARNs. Comments are removed.
    """
    text = source.replace("\t", "    ").rstrip()
    if _HEADER.fullmatch(text):
        return text
    if not _ATTRIBUTE.match(text):
        return ""
    name = _JSON_NAME.match(text)
    shown = name[0] if name else ""
    return "".join((shown, *_without_literals(text[len(shown) :]))).rstrip()


def _without_literals(text: str) -> Iterator[str]:
    end = 0
    while found := _HIDDEN.search(text, end):
        yield text[end : found.start()]
        match found[0][0]:
            case '"':
                end = _string_end(text, found.end())
                string = text[found.start() : end]
                yield string if _ARN.fullmatch(string) else '"…"'
            case "#" | "/":
                return
            case _:
                end = found.end()
                yield "…"
    yield text[end:]


def _string_end(text: str, start: int) -> int:
    """Return the end of a string with interpolations, or the end of the text if it is not closed."""
    open_marks = ['"']
    for found in _MARK.finditer(text, start):
        if open_marks[-1] == '"' == found[0] or (open_marks[-1] == "{" and found[0] == "}"):
            open_marks.pop()
        elif found[0] in ("${", "%{") or (open_marks[-1] == "{" and found[0] in ('"', "{")):
            open_marks.append(found[0][-1])
        if not open_marks:
            return found.end()
    return len(text)


def visible(text: str) -> str:
    """Escape every character that a reader cannot see, or takes for another, as Python would, and commands."""
    if not text.isascii():
        text = _WORD.sub(lambda found: _without_look_alikes(found[0]), text)
    return visible_source(text)


def _without_look_alikes(word: str) -> str:
    """Return a word with the letters spelled out that look like Latin ones, if it has Latin ones too."""
    if word.isascii() or not any(char.isascii() and char.isalpha() for char in word):
        return word
    return "".join(ascii(char)[1:-1] if name(char, "").startswith(_LIKE_LATIN) else char for char in word)


def visible_source(text: str) -> str:
    """Return a line of a file like `visible`, with letters of every script: the file has them too."""
    if "::" in text or "##" in text:
        text = without_commands(text)
    # NOTE: not `ascii` of the whole, which would double the backslashes of names.
    return escape_hidden(text, lambda char: ascii(char)[1:-1])


def escape_hidden(text: str, escape: Callable[[str], str]) -> str:
    """Return a text with each character that a reader cannot see as `escape` writes it."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if is_seen else escape(char) for char, is_seen in _seen_characters(text))


def is_visible(text: str) -> bool:
    """Whether a reader sees every character of a text; line feeds and tabs count as seen."""
    return all(is_seen or char in "\n\t" for char, is_seen in _seen_characters(text))


def _seen_characters(text: str) -> Iterator[tuple[str, bool]]:
    """Yield each character, or several plain ones at once, and whether they are seen.

    A combining mark is seen with the letter or digit that it belongs to, the selector of an emoji after a symbol.
    """
    before, has_base = "", False
    for piece in _PIECE.finditer(text):
        char = piece[0]
        kind = "" if char.isascii() else category(char)
        is_seen = char.isprintable() and not (kind and _BLANK.match(char))
        if char in _EMOJI_SELECTORS:
            is_seen = before.startswith("S")
        elif kind.startswith("M"):
            is_seen = is_seen and has_base
        else:
            has_base = is_seen and char[-1].isalnum()
        yield char, is_seen
        before = kind if is_seen else ""


def without_commands(text: str, escape: str = "\\x") -> str:
    """Return a text that a CI service can print without obeying it; `escape` precedes the number of a character."""
    return _COMMAND.sub(lambda found: f"{found[0][0]}{escape}{ord(found[0][1]):02x}", text)


def clip_width(text: str, longest: int) -> str:
    """Clip a text to a readable length."""
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def clip_visible(text: str, longest: int) -> str:
    """Return a text as `visible` writes it, clipped to a readable length: an escape has up to ten characters."""
    return clip_width(visible(clip_width(text, longest)), longest)
