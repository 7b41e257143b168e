"""What does GitHub see in a page of Markdown?"""

from __future__ import annotations

import re
from collections.abc import Iterator

from markdown_it import MarkdownIt
from markdown_it.token import Token

_OWN_TAGS = re.compile(r"(<details(?: open)?>|</details>|<summary>|</summary>|</?sub>|<code>[^<>]*</code>)")
_DOES_SOMETHING = re.compile(r"@|#\d|://|www\.|\bGH-\d|\b[0-9a-f]{7,40}\b")
_NEVER_OURS = {"image", "code_block", "hr", "blockquote_open", "ordered_list_open", "em_open", "s_open"}


def parsed(page: str) -> list[Token]:
    return MarkdownIt("commonmark").enable("table").enable("strikethrough").parse(page)


def leaves(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        if token.children is not None:
            yield from leaves(token.children)
        else:
            yield token


def inline(page: str) -> list[Token]:
    """Return what stands within lines, without the blocks around it."""
    return [child for token in parsed(page) for child in token.children or ()]


def fences(page: str) -> list[Token]:
    return [token for token in parsed(page) if token.type == "fence"]


def rows(page: str) -> list[tuple[str, str]]:
    """Return the icon and the words of each row: the items of the first list that begins with an icon."""
    tokens = parsed(page)
    found: list[tuple[str, str]] = []
    for number, token in enumerate(tokens):
        if token.type == "list_item_open":
            icon, _, words = tokens[number + 2].content.partition(" ")
            found += [(icon, words)] if icon in ("❌", "⚠️", "ℹ️", "❔") else []
        elif token.type == "bullet_list_close" and found:
            break
    return found


#: Where the manuals of the rules point to.
_OF_AWS = ("https://docs.aws.amazon.com/", "https://github.com/aws/", "https://developer.hashicorp.com/terraform/")


def assert_harmless(page: str, *, links_to: str | tuple[str, ...] = _OF_AWS) -> None:
    """Assert that all that is not ours is in code, and that what is opened is closed."""
    html = ""
    for token in leaves(parsed(page)):
        match token.type:
            case "text":
                assert not _DOES_SOMETHING.search(token.content), token.content
                assert token.content.isprintable()
            case "html_inline" | "html_block":
                html += token.content
            case "link_open":
                assert str(token.attrs["href"]).startswith(links_to), token.attrs
            case "heading_open":
                assert token.markup == "###"
            case other:
                assert other not in _NEVER_OURS
    left = _OWN_TAGS.sub("", re.sub(r"\A<!-- tfcheck:v1 [ -~]+ -->\n", "", html))
    assert "<" not in left, left
    assert not _DOES_SOMETHING.search(left.replace("&#x27;", "").replace("&#39;", "")), left
    assert_whole(page)


def assert_whole(page: str) -> None:
    """Assert that every fold is closed, and every fence and table ends where it should."""
    tags = re.findall(
        r"^</?details", "".join(token.content for token in parsed(page) if token.type == "html_block"), re.M
    )
    depth = 0
    for tag in tags:
        depth += 1 if tag == "<details" else -1
        assert depth >= 0
    assert depth == 0
    # The footer is outside of everything only if all before it was closed.
    last = parsed(page)[-2]
    assert last.level == 1
    assert last.content.startswith("<sub>")
