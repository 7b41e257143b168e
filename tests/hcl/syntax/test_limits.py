"""Check that hostile sources are parsed, or refused with a limit, in a limited number of steps."""

from __future__ import annotations

from pathlib import Path

from tests.rows import every_row
from tfcheck.hcl.functions.formatting import format_
from tfcheck.hcl.modules import from_directory
from tfcheck.hcl.syntax.block import Block, SourceFile
from tfcheck.hcl.syntax.expression import Expression, Unreadable
from tfcheck.hcl.syntax.lexer import template_tokens
from tfcheck.hcl.syntax.parse import parse_template
from tfcheck.hcl.syntax.source import CHARACTERS, TOO_LONG, SourceText
from tfcheck.hcl.syntax.tf_json import read_source
from tfcheck.symbolic.limits import REASON, STEPS, Allowance, limit_steps, sublimit

DEEP = "limit: nested too deeply"

#: Text to repeat: what is before, repeated, and behind it.
REPEATED = {
    "brackets": ("[", "", ""),
    "closed brackets": ("[", "1", "]"),
    "braces": ("{ a = ", "1", " }"),
    "operators": ("1 + ", "1", ""),
    "comparisons": ("a == ", "a", ""),
    "keys": ("", "a", "[0]"),
    "names": ("", "a", ".b"),
    "splats": ("", "a", "[*]"),
    "numbers": ("", "a", " .0"),
    "exclamation marks": ("!", "a", ""),
    "minus signs": ("-", "a", ""),
    "else arms": ("a ? b : ", "c", ""),
    "then arms": ("a ? ", "c", " : b"),
    "templates": ('"${', "a", '}"'),
    "heredocs in heredocs": ("<<E\n${", "a", "}\nE\n"),
    "calls": ("f(", "1", ")"),
    "directives": ('"%{ if a }', "", '%{ endif }"'),
    "interpolations": ('"', "${b}", '"'),
    "string interpolations": ('"', '${"b"}', '"'),
    "bad interpolations": ('"', "${1 +}", '"'),
    "open directives": ('"', "%{ if a }", '"'),
    "heredoc lines": ("<<E\n", "x\n", "E"),
    "empty heredoc lines": ("<<E\n", "\n", "E"),
    "heredoc interpolations": ("<<E\n", "${b}\n", "E"),
    "almost markers": ("<<E\n", " E E\n", "E"),
    "one list": ("[", "1,", "]"),
    "lists": ("[", "[],", "]"),
    "strings": ("[", '"",', "]"),
    "items": ("{", "b = 1\n", "}"),
    "comments": ("[", "# c\n", "]"),
    "block comments": ("1", "/**/", ""),
    "unclosed comments": ("1", "/* ", ""),
    "unclosed strings": ("[", '"\n', "]"),
    "heredocs without an end": ("[", "<<E\nx\n", "]"),
    "heredocs of one marker": ("[", "<<E\nx\nE\n,", "]"),
    "words": ("", "a ", ""),
    "slashes": ("a", " / ", ""),
    "less than": ("a ", "<", ""),
    "markers without a line end": ("a ", "<<a ", ""),
    "escapes": ('"', "\\\\", '"'),
    "dollars": ('"', "$", '"'),
    "escaped dollars": ('"', "$${", '"'),
    "digits": ("", "1", ""),
    "dots": ("1", ".1", ""),
}
BLOCKS = {
    "blocks": "a {}\n",
    "blocks with an argument": "a {\n b = 1\n}\n",
    "labels": 'a "b" ',
    "open blocks": "a {\n",
    "blanks": " ",
    "newlines": "\n",
    "comments": "#\n",
    "block comments": "/**/",
    "unclosed comments": "/* ",
    "quotes": '"\n',
    "nothing": "\0",
    "heredocs": "a { b = <<E\nE\n}\n",
}


def texts(count: int) -> dict[str, str]:
    """Build every text with `count` repetitions."""
    found = {}
    for name, (before, inside, behind) in REPEATED.items():
        wraps = name in list(REPEATED)[: list(REPEATED).index("directives") + 1]
        found[name] = before * count + inside + behind * count if wraps else before + inside * count + behind
    return {name: f"x {{\n  y = {text}\n}}\n" for name, text in found.items()} | {
        f"file of {name}": text * count for name, text in BLOCKS.items()
    }


def expressions(block: Block) -> list[Expression]:
    nested = [found for inner in block.nested for found in expressions(inner)]
    return [argument.expression for argument in block.arguments.values()] + nested


def steps(text: str, name: str = "main.tf") -> tuple[int, SourceFile]:
    """Read a file and all of its arguments; return the steps that it took."""
    with limit_steps() as allowance:
        file = read_source(SourceText(name, text))
        for block in file.blocks:
            expressions(block)
    return STEPS - allowance.steps, file


SMALL, LARGE, LONG = texts(500), texts(2_000), texts(20_000)


@every_row("name", SMALL)
def test_steps_grow_no_faster_than_the_text(name: str) -> None:
    small, _ = steps(SMALL[name])
    large, _ = steps(LARGE[name])
    assert large <= 4 * small + 100
    assert large <= 10 * len(LARGE[name]) + 100


@every_row("name", LONG)
def test_a_text_beyond_a_limit_is_refused_with_the_limit(name: str) -> None:
    with sublimit(Allowance(2_000)) as allowance:
        file = read_source(SourceText("main.tf", LONG[name]))
        found = [each for block in file.blocks for each in expressions(block)]
    reasons = [each.reason for each in found if isinstance(each, Unreadable)]
    reasons += [file.problem.message] if file.problem else []
    assert reasons or not allowance.exceeded
    assert allowance.steps > -100_000, "it stops where nothing is left"


@every_row("name", [*list(REPEATED)[:16]])
def test_a_deeply_nested_text_is_refused_with_the_reason(name: str) -> None:
    file = steps(SMALL[name])[1]
    reasons = [each.reason for block in file.blocks for each in expressions(block) if isinstance(each, Unreadable)]
    reasons += [file.problem.message] if file.problem else []
    assert reasons == [DEEP]


def test_a_file_that_is_too_long_is_not_read() -> None:
    long = " " * (CHARACTERS + 1)
    for file in (read_source(SourceText("main.tf", long)), read_source(SourceText("main.tf.json", long))):
        assert file.problem
        assert file.problem.message == TOO_LONG


def test_the_files_of_a_configuration_share_one_allowance(tmp_path: Path) -> None:
    for number in range(6):
        (tmp_path / f"m{number}.tf").write_text("a {}\n" * 6_000)
    with sublimit(Allowance(STEPS // 10)):
        module = from_directory(tmp_path).module(())
    assert module
    problems = [str(file.problem.message) for file in module.files if file.problem]
    assert 0 < len(problems) < 6
    assert set(problems) == {REASON}


def test_no_file_is_parsed_after_the_allowance_is_used_up() -> None:
    with sublimit(Allowance(10)) as allowance:
        assert not allowance.take(11)
        assert not allowance.take(1)
        assert read_source(SourceText("main.tf", "a { b = 1 }\n")).problem is not None


def test_a_template_that_is_too_long_is_unknown() -> None:
    with limit_steps():
        found = parse_template("${b}" * 400_000, SourceText("t", "").place(0))
    assert isinstance(found, Unreadable)
    assert found.reason == REASON
    assert len(template_tokens("${b}" * 3).listed) == 3 * 3 + 3


def test_a_format_takes_steps_for_each_verb() -> None:
    with limit_steps() as allowance:
        format_("%s" * 1_000, *["a"] * 1_000)
    assert STEPS - allowance.steps >= 15_000
