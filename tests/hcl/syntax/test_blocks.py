"""Blocks and arguments of files in many styles, at their exact offsets."""

from __future__ import annotations

import shutil
import subprocess

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import tries
from tests.rows import every_row
from tfcheck.hcl.syntax.block import Block, SourceFile
from tfcheck.hcl.syntax.source import SourceText, decode_source
from tfcheck.hcl.syntax.tf_json import read_source

STYLES = """# a comment { with "brackets
resource "aws_x" "y" {
  a = 1 # one }
  b=[
    "}", // two
    <<EOT
} "not closed
EOT
  ]

  /* } */ nested {
    c = "${f("}")}" /* behind */
  }
  dynamic "nested" {
    for_each = { for k, v in var.x : k => v }
    content { d = nested.value }
  }
  text = <<-EOT
    ${jsonencode({
      EOT = 1
    })}
  EOT
  e-f = x ? "a" : "b"
  für = 2
}
variable "v" { type = string }
locals {}
unquoted label "third" {
}
empty {

}
"""


def walk(text: str) -> SourceFile:
    file = read_source(SourceText("main.tf", text))
    assert file.problem is None
    return file


def value(block: Block, name: str) -> str:
    argument = block.arguments[name]
    return argument.source.text[argument.value_start : argument.value_end]


@every_row("final", ["\n", "", "\n\n# end", " "])
@every_row("newline", ["\n", "\r\n"])
def test_files_in_many_styles_are_parsed(newline: str, final: str) -> None:
    file = walk(STYLES.removesuffix("\n").replace("\n", newline) + final)

    assert [(block.type, block.labels) for block in file.blocks] == [
        ("resource", ("aws_x", "y")),
        ("variable", ("v",)),
        ("locals", ()),
        ("unquoted", ("label", "third")),
        ("empty", ()),
    ]
    resource, variable, *_ = file.blocks
    assert resource.attributes() == ("a", "b", "text", "e-f", "für")
    assert value(resource, "a") == "1"
    assert value(resource, "b").startswith("[")
    assert value(resource, "b").endswith("EOT" + newline + "  ]")
    assert value(resource, "text").endswith(newline + "  EOT")
    assert value(resource, "e-f") == 'x ? "a" : "b"'
    assert value(variable, "type") == "string"
    static, dynamic = resource.blocks("nested")
    assert value(static, "c") == '"${f("}")}"'
    assert (dynamic.type, dynamic.labels) == ("dynamic", ("nested",))
    assert value(dynamic.blocks("content")[0], "d") == "nested.value"


def test_offsets_are_those_of_the_text() -> None:
    text = '\n  resource "a" "b" {\n    x   =  1  # c\n    y { }\n  }\n'
    (block,) = walk(text).blocks

    assert text[block.start : block.end] == 'resource "a" "b" {\n    x   =  1  # c\n    y { }\n  }'
    assert text[block.body_start : block.body_end] == "\n    x   =  1  # c\n    y { }\n  "
    assert text[block.arguments["x"].start :].startswith("x   =")
    assert value(block, "x") == "1"
    assert text[block.nested[0].start : block.nested[0].end] == "y { }"
    assert (str(block.place), block.end_line) == ("main.tf:2", 5)
    assert str(block.attribute_place("x")) == "main.tf:3"
    assert block.attribute_place("z") is None


def test_a_byte_order_mark_does_not_shift_offsets() -> None:
    source = decode_source("main.tf", b"\xef\xbb\xbflocals { a = 1 }\n")

    assert source.bom
    assert source.text == "locals { a = 1 }\n"
    assert read_source(source).blocks[0].start == 0


def test_labels_are_decoded() -> None:
    assert walk(r'a "x\"\u00e9" {}').blocks[0].labels == ('x"é',)


def test_lines_end_at_newlines_only() -> None:
    source = SourceText("main.tf", 'a "\u2028\x0b\x0c\x85" {\r\n  b = 1\r\n}\r\n')
    (block,) = read_source(source).blocks

    assert str(block.attribute_place("b")) == "main.tf:2"
    assert source.line_text(2) == "  b = 1"
    assert [source.line_text(line) for line in (0, 4, 5)] == ["", "", ""]


FAULTS = {
    "a {": (1, "a block is not closed"),
    "a {\n b = (1\n}\n": (3, "`}` closes nothing"),
    "a {\n b = (1\n": (2, "a bracket is not closed"),
    "a {\n b = [1}\n": (2, "`}` closes nothing"),
    "a {\n b = )\n": (2, "`)` closes nothing"),
    'a {\n b = "x\n}': (2, "a quoted string is not closed on its line"),
    'a "x\n" {}': (1, "a quoted string is not closed on its line"),
    "a {\n b = <<E\nx\n}\n": (2, "the end marker `E` of a heredoc is missing"),
    'a {\n b = "${x"\n}': (2, None),
    "a {\n b =\n}": (2, "`b` has no value"),
    "a {\n b = 1\n b = 2\n}": (3, "`b` is set twice"),
    "a {}\n}\n": (2, "an argument or a block was expected"),
    "a {\n b = 1 /* c\n}": (2, "a comment is not closed"),
    "a\n": (1, "an argument or a block was expected"),
    "a b = 1": (1, "an argument or a block was expected"),
    "\0": (1, "an argument or a block was expected"),
    "a {" * 5000: (1, "limit: nested too deeply"),
    "a = " + "[" * 5000: (1, "limit: nested too deeply"),
    "a = " + '"${' * 5000: (1, "limit: nested too deeply"),
    "a = " + "<<E\n${" * 5000: (None, "limit: nested too deeply"),
}


@every_row(("text", "expected"), FAULTS.items())
def test_a_syntax_error_is_reported_with_its_line(text: str, expected: tuple[int | None, str | None]) -> None:
    problem = read_source(SourceText("main.tf", text)).problem
    line, message = expected

    assert problem
    assert line in (None, problem.place.line)
    assert message in (None, problem.message)
    assert str(problem).startswith("main.tf:")


def test_blocks_before_a_syntax_error_are_kept() -> None:
    file = read_source(SourceText("main.tf", "a { b = 1 }\nc {\n  d = (\n}\n"))

    assert [block.type for block in file.blocks] == ["a"]
    assert file.problem


IDENTIFIER = st.from_regex(r"[a-z_][a-z0-9_-]{0,5}", fullmatch=True)
VALUE = st.sampled_from(
    ["1", '"a"', '"}${f("{")}"', "[1,\n# ]\n2]", "{ a = 1\n b = {} }", "<<E\n}\n${x}\nE", "<<-E\n E", "a == b", '"$${"']
)
BLANK = st.sampled_from(["", " ", "\n", "\t", "\r\n", "# }\n", "// {\r\n", '/* \n" */', "\n\n"])


@st.composite
def bodies(draw: st.DrawFn, depth: int = 2) -> str:
    """Write a body whose contents can be recognised in the text by the marks around them."""
    parts: list[str] = []
    names: set[str] = set()
    for _ in range(draw(st.integers(0, 4))):
        parts.append(draw(BLANK))
        name = draw(IDENTIFIER)
        if depth and draw(st.booleans()):
            label = draw(st.sampled_from(["", ' "l"', " l"]))
            parts.append(f"{name}{label} {{\n{draw(bodies(depth - 1))}}}\n")
        elif name not in names:
            names.add(name)
            written = draw(VALUE)
            behind = "" if written.startswith("<<") else draw(st.sampled_from(["", " ", " # c", " /* c */"]))
            parts.append(f"{name} = {written}{behind}\n")
    parts.append(draw(BLANK))
    return "".join(parts)


@tries(80)
@given(bodies())
def test_text_cut_at_the_offsets_parses_to_the_same_block(text: str) -> None:
    """A block cut out at its offsets is that block; so are its body and its arguments."""
    for block in walk(text).blocks:
        check_block(text, block)


def check_block(text: str, block: Block) -> None:
    cut = text[block.start : block.end]
    assert cut.startswith(block.type)
    assert cut.endswith("}")
    (again,) = walk(cut).blocks
    assert shape(again) == shape(block)
    body = walk(f"x {{{text[block.body_start : block.body_end]}}}").blocks[0]
    assert shape(body)[2:] == shape(block)[2:]
    for name, argument in block.arguments.items():
        assert text.startswith(name, argument.start)
        alone = walk(f"x {{\n{name} = {value(block, name)}\n}}").blocks[0]
        assert value(alone, name) == value(block, name)
    for nested in block.nested:
        check_block(text, nested)


def shape(block: Block) -> tuple[object, ...]:
    written = tuple((name, value(block, name)) for name in block.arguments)
    return block.type, block.labels, written, tuple(map(shape, block.nested))


@tries(100)
@given(st.lists(st.sampled_from([*'ab= \n\r\t{}[]()"$%#/*<-\\\0', "${", "%{", "<<E\n", "\nE\n", "/*", "*/"])))
def test_no_text_raises(pieces: list[str]) -> None:
    read_source(SourceText("main.tf", "".join(pieces)))


@every_row("part", ['"', "$", "%{", "/*", "/", "<", "<<", "<<-E\n", "${", "\\", "a ", "a = 1 "])
def test_repetitive_text_is_parsed_quickly(part: str) -> None:
    assert read_source(SourceText("main.tf", "a = " + part * 20_000)).source.name == "main.tf"


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on PATH: nobody to compare with")
@pytest.mark.parametrize("text", [STYLES, *(text for text in FAULTS if len(text) < 100 and "set twice" not in text)])
def test_a_file_is_accepted_exactly_if_terraform_accepts_it(text: str) -> None:
    run = subprocess.run(["terraform", "fmt", "-"], input=text.encode(), capture_output=True)

    assert (read_source(SourceText("main.tf", text)).problem is None) is (run.returncode == 0)
