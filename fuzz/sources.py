"""Change the sources of a plan: characters, tokens, blocks and whole expressions."""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import TypeAlias

from tfcheck.hcl.functions import all_functions

Mutation: TypeAlias = Callable[[str, Random, str], str]

_TOKEN = re.compile(
    r'"(?:[^"\\\n]|\\.)*"|[A-Za-z_][\w-]*|\d+(?:\.\d+)?|\$\{|\.\.\.|=>|[=!<>]=|&&|\|\||\s+|.', re.DOTALL
)
_ARGUMENT = re.compile(r"(?m)^([ \t]*[\w-]+[ \t]*=[ \t]*)(.+)$")
_PLAIN_STRING = re.compile(r'"((?:[^"\\\n$%]|\\.)+)"')
ODD_TOKENS = (
    *(
        "${",
        "%{ for x in ",
        "%{ endfor }",
        "%{ if ",
        "%{~",
        "~}",
        "...",
        "*",
        ".",
        ".*",
        "[*]",
        "[0]",
        '["k"]',
        "?",
        ":",
        "null",
    ),
    *("=>", "for", "in", "if", "each.key", "each.value", "count.index", "self", "path.module", "terraform.workspace"),
    *("var.x", "local.x", "module.m.o", "data.aws_caller_identity.current.account_id", "99999999999999999999", "1e400"),
    *(
        "0x",
        "-",
        "!",
        "(",
        ")",
        "[",
        "]",
        "{",
        "}",
        '"',
        "<<EOT\n",
        "<<-EOT\n",
        "EOT\n",
        "#",
        "//",
        "/*",
        "*/",
        "\n",
        "\\",
        "\0",
    ),
    *(
        "\u200b",
        "\ufeff",
        "e\u0301",
        "\u2028",
        "\U0001f600",
        "\r\n",
        "\r",
        "\t",
        "$${",
        "%%{",
        "\\u00e9",
        "\\U0001f600",
    ),
)
FUNCTIONS = tuple(all_functions())


def tokens(text: str, chance: Random, donor: str) -> str:
    """Drop, repeat, exchange or put in a few tokens."""
    found = _TOKEN.findall(text)
    for _ in range(chance.choice((1, 1, 2, 5))):
        if not found:
            break
        at, kind = chance.randrange(len(found)), chance.random()
        if kind < 0.25:
            del found[at]
        elif kind < 0.4:
            found.insert(at, found[chance.randrange(len(found))])
        elif kind < 0.6:
            other = chance.randrange(len(found))
            found[at], found[other] = found[other], found[at]
        else:
            found.insert(at, chance.choice(ODD_TOKENS))
    return "".join(found)


def blocks(text: str, chance: Random, donor: str) -> str:
    """Drop, repeat, move or wrap a block, or take one from other sources."""
    found = _blocks(text)
    if not found:
        return text
    at, kind = chance.randrange(len(found)), chance.random()
    if kind < 0.25:
        del found[at]
    elif kind < 0.4:
        found.insert(chance.randrange(len(found)), found[at])
    elif kind < 0.6:
        found.insert(chance.randrange(len(found)), chance.choice(_blocks(donor) or [""]))
    elif kind < 0.8:
        head, brace, rest = found[at].partition("{")
        repeated = chance.choice(
            ("count = 2", 'for_each = toset(["a", "b"])', f"for_each = {expression(chance)}", "count = var.x")
        )
        found[at] = f"{head}{brace}\n  {repeated}\n{rest}"
    else:
        found[at] = f'module "m" {{\n  source = "./{chance.choice(("m", ".", "..", "m/../m"))}"\n}}\n{found[at]}'
    return "".join(found)


def expressions(text: str, chance: Random, donor: str) -> str:
    """Change the value of an argument, wrap the one that it has, or send it through a local or a variable."""
    found = [each for each in _ARGUMENT.finditer(text) if each[2].count("{") == each[2].count("}")]
    if not found:
        return text
    match = chance.choice(found)
    old = match[2]
    if any(old.count(a) != old.count(b) for a, b in ("()", "[]")) or old.startswith("<<"):
        return text
    made = chance.choice(
        (
            expression(chance),
            f"{chance.choice(FUNCTIONS)}({old})",
            f"true ? {old} : {expression(chance, 2)}",
            f"[for x in [{old}] : x][0]",
            f"try({expression(chance, 1)}, {old})",
            "local.fuzz",
            "var.fuzz",
        )
    )
    text = f"{text[: match.start(2)]}{made}{text[match.end(2) :]}"
    if made == "local.fuzz":
        text += f"\nlocals {{\n  fuzz = {chance.choice((old, 'local.fuzz', expression(chance)))}\n}}\n"
    if made == "var.fuzz":
        text += f'\nvariable "fuzz" {{\n  default = {chance.choice((old, "null", expression(chance)))}\n}}\n'
    return text


def heredocs(text: str, chance: Random, donor: str) -> str:
    """Write a string as a heredoc, right or wrong."""
    found = list(_PLAIN_STRING.finditer(text))
    if not found:
        return text
    match = chance.choice(found)
    begin, end = chance.choice(
        (("<<EOT", "EOT"), ("<<-EOT", "    EOT"), ("<<EOT", "EOF"), ("<<-É", "É"), ("<<EOT", "EOT,"))
    )
    inner = chance.choice(
        (match[1], f"  {match[1]}\n ${{1}}", f"%{{ if true }}{match[1]}%{{ endif }}", "%{ for x in [1] ~}\nx", "")
    )
    return f"{text[: match.start()]}{begin}\n{inner}\n{end}\n{text[match.end() :]}"


def characters(text: str, chance: Random, donor: str) -> str:
    """Put odd characters in, change the ends of lines, or cut."""
    at = chance.randrange(len(text) + 1)
    odd = chance.choice(ODD_TOKENS)
    return chance.choice(
        (
            text[:at] + odd + text[at:],
            text[:at] + odd * chance.choice((2, 50, 3000)) + text[at:],
            text.replace("\n", "\r\n"),
            "\ufeff" + text,
            text[:at],
            text[at:],
            text + "\n" + donor,
        )
    )


def _blocks(text: str) -> list[str]:
    return re.findall(r"(?ms)^\S.*?^\}\n?|^\S[^\n]*\n", text)


def expression(chance: Random, depth: int = 3) -> str:
    """Return an expression of Terraform's language that can mean anything."""
    if depth == 0 or chance.random() < 0.2:
        return chance.choice(
            (
                *(
                    "1",
                    "-1",
                    "1.5",
                    "true",
                    "null",
                    '"x"',
                    '""',
                    "[]",
                    "{}",
                    '"${null}"',
                    '"a-${each.key}"',
                    "each.value",
                ),
                *(
                    "var.x",
                    "local.x",
                    "count.index",
                    "path.module",
                    "aws_iam_role.execution.arn",
                    "99999999999999999999999",
                ),
                *(
                    "terraform.workspace",
                    "data.aws_caller_identity.current.account_id",
                    "aws_s3_bucket.config.arn",
                    "1e300",
                ),
            )
        )
    one, two = expression(chance, depth - 1), expression(chance, depth - 1)
    return chance.choice(
        (
            f"{chance.choice(FUNCTIONS)}({one}, {two})",
            f"{chance.choice(FUNCTIONS)}({one})",
            f"[{one}, {two}]",
            f"{{ a = {one}, ({two}) = 1 }}",
            f"[for k, v in {one} : {two}]",
            f"{{ for k, v in {one} : k => {two} if v != null }}",
            f"{{ for x in {one} : x => {two}... }}",
            f"{one}[*]",
            f"{one}[{two}]",
            f"{one} {chance.choice(['+', '-', '*', '/', '%', '==', '!=', '<', '>', '&&', '||'])} {two}",
            f"{one} ? {two} : {one}",
            f'"a${{{one}}}b%{{ for x in {two} }}${{x}}%{{ endfor }}"',
            f"!{one}",
            f"({one}).a",
        )
    )


MUTATIONS: tuple[Mutation, ...] = (tokens, tokens, blocks, expressions, expressions, expressions, heredocs, characters)


def mutated(text: str, chance: Random, donor: str) -> str:
    """Return sources with one to three changes."""
    for _ in range(chance.choice((1, 1, 2, 3))):
        text = chance.choice(MUTATIONS)(text, chance, donor)
    return text
