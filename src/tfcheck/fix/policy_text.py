"""Locate the text of a policy.

A policy is an expression: a reference to an `aws_iam_policy_document`, a `jsonencode` of what is written out, a
heredoc, or the content of a file. Texts made in any other way (`for`, `concat`, a local) are left alone.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache

from tfcheck.fix.literal import Parts, read_json_parts, read_parts
from tfcheck.fix.render import Syntax
from tfcheck.hcl.modules import Module
from tfcheck.hcl.syntax.block import Argument
from tfcheck.hcl.syntax.lexer import MalformedError, Token, heredoc_at, template_tokens
from tfcheck.symbolic.regex import regex

_DOCUMENT = regex(
    r'(?:"\$\{|join\("",\s*|one\()?data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\[\]]*\])?\.(?:minified_)?json(?:\}"|\))?'
)
_MERGED = regex(r"data\.aws_iam_policy_document\.([\w-]+)(?:\[[^\[\]]*\])?\.json")
_FILE = regex(r'(?:templatefile|file)\(\s*"(?:\$\{path\.(?:module|root)\}/|\./)?([\w./-]+)"')
_ENCODE = regex(r"jsonencode\s*\(\s*(?=\{)")
_QUOTE = regex(r'(?<!\\)(?:\\\\)*"')


class FileText(Argument, frozen=True, eq=False, dict=True, kw_only=True):
    """The text of a file as a policy; `read_by` is the argument that reads it."""

    read_by: Argument
    is_template: bool


def is_configuration(name: str) -> bool:
    """Whether a file declares Terraform blocks, and is not one that an expression reads."""
    return name.endswith((".tf", ".tofu", ".tf.json", ".tofu.json"))


def document_of(argument: Argument) -> str | None:
    """Return the name of the `aws_iam_policy_document` that an argument takes its text from."""
    found = _DOCUMENT.fullmatch(argument.text)
    return found[1] if found else None


def merged_documents(name: str, module: Module) -> list[str]:
    """Return the names of the policy documents that are merged into one and used nowhere else."""
    document = module.resource("data", "aws_iam_policy_document", name)
    lists = ("source_policy_documents", "override_policy_documents")
    found = (each for one in lists for each in _MERGED.findall(document.attribute_text(one) if document else ""))
    return [each for each in found if _is_named_once(each, module)]


def file_of(argument: Argument) -> str:
    """Return the path of the file that an argument takes its text from, relative to its module, or empty."""
    found = _FILE.match(argument.text)
    return found[1] if found else ""


def is_json(argument: Argument) -> bool:
    """Whether a policy is written as JSON: in a heredoc, or in a file."""
    return argument.text.startswith("<<") or bool(file_of(argument))


def is_own(argument: Argument, module: Module) -> bool:
    """Whether a policy's text is not shared: written in place, or in a document used only there."""
    name = document_of(argument)
    return name is None or _is_named_once(name, module)


def _is_named_once(name: str, module: Module) -> bool:
    """Whether a module names a policy document only once: a shared one is not changed for one user."""
    pattern = re.compile(rf"\bdata\.aws_iam_policy_document\.{re.escape(name)}(?![\w-])")
    return sum(len(pattern.findall(file.source.text)) for file in module.files) == 1


@lru_cache(maxsize=1024)
def find_policy_text(argument: Argument) -> tuple[Parts, Syntax] | None:
    """Find the members of a literal policy in `jsonencode` or a heredoc; None for any other text.

    All instances of a block share one argument, in which several look for a place.

    Raises:
        MalformedError: brackets or quotes do not pair up.
    """
    source = argument.source
    if isinstance(argument, FileText):
        return parse_file(source.text), Syntax.JSON
    encode = _ENCODE.match(source.text, argument.value_start)
    if encode:
        policy = read_parts(source.text, encode.end())
        return (policy, Syntax.HCL) if source.text[policy.end : argument.value_end].strip() == ")" else None
    heredoc = heredoc_at(source.text, argument.value_start)
    if heredoc is None or heredoc.end != argument.value_end:
        return None
    return (_parse_json(source.text, heredoc.pieces), Syntax.JSON) if heredoc.pieces else None


def parse_file(text: str) -> Parts:
    """Parse a file with JSON, or a template of it.

    Raises:
        MalformedError: it is neither.
    """
    found = template_tokens(text)
    return _parse_json(text, tuple(map(found.stretch, found.indices_inside(0))))


def _parse_json(text: str, pieces: Sequence[Token]) -> Parts:
    """Parse JSON of a template, with interpolations masked so that every offset stays the same."""
    if not pieces or {pieces[0].kind, pieces[-1].kind} != {"text"} or any(each.kind == "%{" for each in pieces):
        raise MalformedError("it is not JSON", 0)
    start = pieces[0].start
    return read_json_parts(text[:start] + "".join(_mask(text, pieces)), start, pieces[-1].end)


def _mask(text: str, pieces: Sequence[Token]) -> Iterator[str]:
    """Return the text with each interpolation replaced by a word or number of the same length."""
    inside = False
    for piece in pieces:
        written = text[piece.start : piece.end]
        if piece.kind == "text":
            inside ^= len(_QUOTE.findall(written)) % 2 == 1
            yield written
        else:
            yield ("x" if inside else "1") * len(written)
