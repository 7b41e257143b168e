"""Every construct of the language, as nodes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.laws import part, tries
from tests.rows import every_row
from tfcheck.hcl.syntax.block import Block
from tfcheck.hcl.syntax.expression import (
    Attribute,
    Binary,
    Call,
    Conditional,
    Expression,
    ForList,
    ForObject,
    Index,
    JoinedTexts,
    ListOf,
    Literal,
    ObjectOf,
    Place,
    Splat,
    Template,
    Unary,
    Unreadable,
    Variable,
)
from tfcheck.hcl.syntax.parse import parse, parse_template, reference_text
from tfcheck.hcl.syntax.source import decode_source
from tfcheck.hcl.syntax.tf_json import read_source

P = Place("main.tf", 1)
TESTDATA = Path(__file__).parents[3] / "testdata"


def number(value: int | Fraction) -> Literal:
    return Literal(value, P)


def name(written: str) -> Expression:
    """Build a reference of names."""
    first, *rest = written.split(".")
    found: Expression = Variable(first, P)
    for step in rest:
        found = Attribute(found, step, P)
    return found


def text(*parts: str | Expression) -> Template:
    return Template(tuple(Literal(part, P) if isinstance(part, str) else part for part in parts), P)


def loop(key: str, value: str, collection: Expression, body: Template) -> JoinedTexts:
    return JoinedTexts(ForList(key, value, collection, body, None, P), P)


def call(function: str, *arguments: Expression, spread: bool = False) -> Call:
    return Call(function, arguments, spread, P)


ELEMENT = Variable("*", P)

CONSTRUCTS: list[tuple[str, Expression]] = [
    ("1", number(1)),
    ("1.0", number(1)),
    ("0.1", number(Fraction(1, 10))),
    ("1e3", number(1000)),
    ("25E-1", number(Fraction(5, 2))),
    ("123456789012345678901234567890", number(123456789012345678901234567890)),
    ("-1", Unary("-", number(1), P)),
    ("-12", Unary("-", number(12), P)),
    ("true", Literal(True, P)),
    ("null", Literal(None, P)),
    ("var.a", name("var.a")),
    ("nullable", name("nullable")),
    ("var.true", name("var.true")),
    ("aws_x.y-z.für", name("aws_x.y-z.für")),
    ("a.b[0]", Index(name("a.b"), number(0), P)),
    ("a.0.b", Attribute(Index(name("a"), number(0), P), "b", P)),
    ('a["k"].b', Attribute(Index(name("a"), text("k"), P), "b", P)),
    ('a[""]', Index(name("a"), text(), P)),
    ("a[each.key]", Index(name("a"), name("each.key"), P)),
    ("a[-1]", Index(name("a"), Unary("-", number(1), P), P)),
    ("(a).b", name("a.b")),
    ("f(x).y", Attribute(call("f", name("x")), "y", P)),
    ("[1][0]", Index(ListOf((number(1),), P), number(0), P)),
    # Splats
    ("a[*].b[0]", Splat(name("a"), Index(Attribute(ELEMENT, "b", P), number(0), P), P)),
    ("a[*]", Splat(name("a"), ELEMENT, P)),
    ("a [ * ] .b", Splat(name("a"), Attribute(ELEMENT, "b", P), P)),
    ("a.*.b[0]", Index(Splat(name("a"), Attribute(ELEMENT, "b", P), P), number(0), P)),
    ("a.*.b.0[1]", Index(Splat(name("a"), Index(Attribute(ELEMENT, "b", P), number(0), P), P), number(1), P)),
    ("a.*.b.c", Splat(name("a"), Attribute(Attribute(ELEMENT, "b", P), "c", P), P)),
    ("a[*].b[*].c", Splat(name("a"), Splat(Attribute(ELEMENT, "b", P), Attribute(ELEMENT, "c", P), P), P)),
    ("f(a[*].b...)", call("f", Splat(name("a"), Attribute(ELEMENT, "b", P), P), spread=True)),
    # Operators
    ("1 + 2 * 3", Binary("+", number(1), Binary("*", number(2), number(3), P), P)),
    ("1 - 2 - 3", Binary("-", Binary("-", number(1), number(2), P), number(3), P)),
    ("(1 + 2) * 3", Binary("*", Binary("+", number(1), number(2), P), number(3), P)),
    ("a-1", name("a-1")),
    ("a -1", Binary("-", name("a"), number(1), P)),
    ("a - -12", Binary("-", name("a"), Unary("-", number(12), P), P)),
    ("a / b // c", Binary("/", name("a"), name("b"), P)),
    ("a || b && c", Binary("||", name("a"), Binary("&&", name("b"), name("c"), P), P)),
    ("a == b != c", Binary("!=", Binary("==", name("a"), name("b"), P), name("c"), P)),
    ("a<b", Binary("<", name("a"), name("b"), P)),
    ("a >= b % c", Binary(">=", name("a"), Binary("%", name("b"), name("c"), P), P)),
    ("!a.b", Unary("!", name("a.b"), P)),
    ("!!a", Unary("!", Unary("!", name("a"), P), P)),
    ("- - -a", Unary("-", Unary("-", Unary("-", name("a"), P), P), P)),
    ("!a == -b", Binary("==", Unary("!", name("a"), P), Unary("-", name("b"), P), P)),
    ("a ? b : c ? d : e", Conditional(name("a"), name("b"), Conditional(name("c"), name("d"), name("e"), P), P)),
    ('a == "" ? null : a', Conditional(Binary("==", name("a"), text(), P), Literal(None, P), name("a"), P)),
    # Calls
    ("f()", call("f")),
    ("f(1, a)", call("f", number(1), name("a"))),
    ("f(1,)", call("f", number(1))),
    ("f(1, a...)", call("f", number(1), name("a"), spread=True)),
    ("provider::aws::arn_parse(a)", call("provider::aws::arn_parse", name("a"))),
    ("core::upper(a)", call("core::upper", name("a"))),
    # Collections
    ("[]", ListOf((), P)),
    ("[1, a,]", ListOf((number(1), name("a")), P)),
    ("{}", ObjectOf((), P)),
    ("{ a = 1, b : 2 }", ObjectOf(((Literal("a", P), number(1)), (Literal("b", P), number(2))), P)),
    ("{ if = 1, null = 2 }", ObjectOf(((Literal("if", P), number(1)), (Literal("null", P), number(2))), P)),
    ('{ "a" = 1 }', ObjectOf(((text("a"), number(1)),), P)),
    ("{ (a) = 1 }", ObjectOf(((name("a"), number(1)),), P)),
    ('{ "${a}-x" : 1 }', ObjectOf(((text(name("a"), "-x"), number(1)),), P)),
    ("{ a.b = 1 }", ObjectOf(((name("a.b"), number(1)),), P)),
    ("{ in : 1, for = 2 }", ObjectOf(((Literal("in", P), number(1)), (Literal("for", P), number(2))), P)),
    # `for`
    ("[for v in a : v]", ForList("", "v", name("a"), name("v"), None, P)),
    ("[for k, v in a : k if v]", ForList("k", "v", name("a"), name("k"), name("v"), P)),
    ("[for v in a : v if !v]", ForList("", "v", name("a"), name("v"), Unary("!", name("v"), P), P)),
    ("{for k, v in a : k => v}", ForObject("k", "v", name("a"), name("k"), name("v"), False, None, P)),
    ("{for v in a : v.k => v... if v.x}", ForObject("", "v", name("a"), name("v.k"), name("v"), True, name("v.x"), P)),
    # Templates
    ('""', text()),
    ('"a b"', text("a b")),
    ('"${a}"', text(name("a"))),
    ('"x${a}y"', text("x", name("a"), "y")),
    ('"${ a }${b}"', text(name("a"), name("b"))),
    (r'"a\n\t\"\\é\U0001F600"', text('a\n\t"\\é😀')),
    ('"$${a} %%{ if }"', text("${a} %{ if }")),
    ('"$${${a}}"', text("${", name("a"), "}")),
    ('"$$${a}"', text("$${a}")),
    ('"$ % $a 100%"', text("$ % $a 100%")),
    ('"${"${a}"}"', text(text(name("a")))),
    ('"${f("}")}"', text(call("f", text("}")))),
    ('"${ {a = 1}.a }"', text(Attribute(ObjectOf(((Literal("a", P), number(1)),), P), "a", P))),
    ('"a  ${~ b ~}  c"', text("a", name("b"), "c")),
    ('"a\\n ${~ b}"', text("a", name("b"))),
    ('"%{ if a }b%{ else }c%{ endif }"', text(Conditional(name("a"), text("b"), text("c"), P))),
    ('"%{if a~}  b  %{~endif}"', text(Conditional(name("a"), text("b"), text(), P))),
    (
        '"%{ for k, v in a }${k}=${v};%{ endfor }"',
        text(loop("k", "v", name("a"), text(name("k"), "=", name("v"), ";"))),
    ),
    ('"%{ for v in a }x%{ endfor }"', text(loop("", "v", name("a"), text("x")))),
    # Comments
    ("[1, /* two */ 3]", ListOf((number(1), number(3)), P)),
    ("/* a */ 1", number(1)),
]


@every_row(("written", "expected"), CONSTRUCTS)
def test_a_construct_becomes_its_node(written: str, expected: Expression) -> None:
    assert parse(written, P) == expected


@every_row(("written", "expected"), CONSTRUCTS)
def test_a_construct_is_parsed_the_same_inside_others(written: str, expected: Expression) -> None:
    written = written.partition(" // ")[0]

    assert parse(f"[f({written})]", P) == ListOf((call("f", expected),), P)
    assert parse(f'"<${{{written}}}>"', P) == text("<", expected, ">")
    assert parse(f"{{ k = {written}, l = 1 }}", P) == ObjectOf(
        ((Literal("k", P), expected), (Literal("l", P), number(1))), P
    )


def test_newlines_and_comments_in_brackets_are_ignored() -> None:
    written = """(
      a # first
      && // second
      b
      - c /* third */ ? [
        1,

        2, # last
      ] : {
        for k, v
        in d :
        k
        => v
        if v
      }
    )"""
    found = placeless(parse(written, P))

    condition = Binary("&&", name("a"), Binary("-", name("b"), name("c"), P), P)
    otherwise = ForObject("k", "v", name("d"), name("k"), name("v"), False, name("v"), P)
    assert found == Conditional(condition, ListOf((number(1), number(2)), P), otherwise, P)


def test_newlines_separate_the_items_of_an_object() -> None:
    written = "{\n  a = 1 # one\n\n  // nothing\n  b : [\n 2\n ]\n  (c) = -3,\n}"

    items = (
        (Literal("a", P), number(1)),
        (Literal("b", P), ListOf((number(2),), P)),
        (name("c"), Unary("-", number(3), P)),
    )
    assert placeless(parse(written, P)) == ObjectOf(items, P)


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_every_node_has_its_line(newline: str) -> None:
    written = newline.join(["f(", "  a.b,", '  "x${', '    c}",', "  <<E", "t", "${d}", "E", "  , [", "    1])"])
    found = parse(written, Place("m/main.tf", 10))

    assert isinstance(found, Call)
    reference, quoted, heredoc, listed = found.arguments
    assert isinstance(quoted, Template)
    assert isinstance(heredoc, Template)
    assert isinstance(listed, ListOf)
    lines = [reference, quoted, quoted.parts[1], heredoc, heredoc.parts[1], listed, listed.items[0]]
    assert [str(node.place) for node in lines] == [f"m/main.tf:{line}" for line in (11, 12, 13, 14, 16, 18, 19)]


HEREDOCS = {
    "<<E\na\n  b\nE": "a\n  b\n",
    "<<E\nE": "",
    '<<E\n\\n "q" $${x} $$${y} %%{z}\nE': '\\n "q" ${x} $${y} %{z}\n',
    "<<-E\n    a\n      b\n    E": "a\n  b\n",
    "<<-E\n\n    a\n      \n      b\n  E": "\na\n      \n  b\n",
    "<<-E\n\ta\n\t\tb\nE": "a\n\tb\n",
    "<<-E\n    E": "",
    "<<EOT\nEOTX\n EOT x\n  EOT  ": "EOTX\n EOT x\n",
    "<<É-1\nx\nÉ-1": "x\n",
}


@every_row(("written", "expected"), HEREDOCS.items())
def test_a_heredoc_is_parsed_to_its_text(written: str, expected: str) -> None:
    found = parse(written, P)

    assert isinstance(found, Template)
    assert "".join(str(part.value) for part in found.parts if isinstance(part, Literal)) == expected


def test_strip_markers_trim_one_line_of_a_heredoc() -> None:
    """What `terraform console` prints for this text: only the newline goes, the next line's indentation stays."""
    written = "<<E\nx\n  %{ if true ~}\n\n    foo\n  %{ endif ~}\n   bar\nE"
    inside = text("\n    foo\n  ")

    assert placeless(parse(written, P)) == text("x\n  ", Conditional(Literal(True, P), inside, text(), P), "   bar\n")


def test_lines_joined_by_strip_markers_count_once_for_the_indentation() -> None:
    written = "<<-E\n      x ${1}\n    %{ if true ~}\n      foo\n\n    %{ endif }\n   ${y}\n      bar\n    E"
    inside = text("      foo\n\n ")

    assert placeless(parse(written, P)) == text(
        "   x ", number(1), "\n ", Conditional(Literal(True, P), inside, text(), P), "\n", name("y"), "\n   bar\n"
    )


def test_heredocs_can_be_nested_and_be_arguments() -> None:
    written = '{\n a = f(<<A\n${g(<<B\nA\n  B\n)}\nA\n, 1)\n b = "x"\n}'

    inner = call("g", text("A\n"))
    assert placeless(parse(written, P)) == ObjectOf(
        ((Literal("a", P), call("f", text(inner, "\n"), number(1))), (Literal("b", P), text("x"))), P
    )


def test_a_template_file_has_no_backslash_escapes() -> None:
    found = parse_template('{"a": "${b}",\n "c": "\\n"}\n%{ for x in y ~}\n${x}\n%{ endfor ~}\n', P)

    lines = loop("", "x", name("y"), text(name("x"), "\n"))
    assert placeless(found) == text('{"a": "', name("b"), '",\n "c": "\\n"}\n', lines)


UNREADABLE = [
    "",
    "a b",
    "a +",
    "f(",
    "[1, 2",
    "{ a = }",
    '"a',
    '"${a"',
    '"%{ if a }"',
    '"%{ endif }"',
    '"%{ else }"',
    '"%{ for x }%{ endfor }"',
    '"%{ while x }"',
    "<<E\nx\n",
    "a = 1",
    "a\nb = 1",
    "\0",
    "a ? b",
    "1e999999999",
    "9" * 5000,
    "(" * 5000,
    "[" * 150 + "]" * 150,
    "!" * 5000 + "a",
    "a" + ".b" * 5000,
    "a" + "[*]" * 5000,
    "1" + " + 1" * 5000,
    '"${' * 500 + "a" + '}"' * 500,
    "<<E\n${" * 100,
    "a ? b : " * 1000 + "c",
    "%{",
    "'a'",
    "a..b",
    "a.0.1",
    "1.5.0",
    "a.*.b.*.c",
    "f(a...,)",
    "{ a = b ?\n c : d }",
    "{ for = 1 }",
    "a::b",
    '"%{ if a }%{ endif b }"',
    '"%{ if a }%{ else }%{ else }%{ endif }"',
    "/* a",
]


@every_row("written", UNREADABLE)
def test_an_invalid_expression_is_a_node_with_a_reason(written: str) -> None:
    broken = list(unreadable(parse(written, P)))

    assert broken
    assert all(node.reason and node.place.file == "main.tf" for node in broken)


def test_an_invalid_interpolation_affects_only_itself() -> None:
    found = parse('"a${1 +}b${c}"', P)

    assert isinstance(found, Template)
    assert isinstance(found.parts[1], Unreadable)
    assert found.parts[3] == name("c")


def test_reasonable_nesting_is_parsed() -> None:
    deep = "[" * 25 + '"${a[0]}"' + "]" * 25

    assert not list(unreadable(parse(deep, P)))
    assert not list(unreadable(parse("a" + " || a" * 80, P)))


@tries(300)
@given(st.lists(st.sampled_from([*'abx09.*[](){}"$%~!-+?:=,\n\\ ', "${", "%{", "<<E\n", "E\n", "for ", " in ", "if "])))
def test_no_text_raises(pieces: list[str]) -> None:
    written = "".join(pieces)

    parse(written, P)
    parse_template(written, P)


@tries(200)
@given(st.text())
def test_any_text_can_be_written_as_a_template(written: str) -> None:
    escaped = written.replace("${", "$${").replace("%{", "%%{")
    if "$$${" in escaped or "%%%{" in escaped:
        return  # a `$` before an escape cannot be distinguished from one more escape

    assert parse_template(escaped, P) == Template((Literal(written, P),) if written else (), P)


@every_row(
    ("written", "expected"),
    [
        ("container_definitions", "container_definitions"),
        ('tags["x"]', 'tags["x"]'),
        ("a.b[0]", "a.b[0]"),
        ('"tags"', "tags"),
        ("f(x)", ""),
    ],
)
def test_a_reference_is_written_as_in_the_sources(written: str, expected: str) -> None:
    assert reference_text(parse(written, P)) == expected


def test_every_expression_of_the_cases_is_parsed() -> None:
    for path in part(sorted(TESTDATA.rglob("*.tf")), 4):
        read_everything(path)


def read_everything(path: Path) -> None:
    file = read_source(decode_source(path.name, path.read_bytes()))

    assert file.problem is None
    for block in file.blocks:
        for expression in expressions(block):
            assert not list(unreadable(expression))


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on PATH: nobody to compare with")
def test_terraform_accepts_every_construct(tmp_path: Path) -> None:
    """Guard the table above against constructs that do not exist."""
    lines = (f"  v{index} = {written}\n" for index, (written, _) in enumerate(CONSTRUCTS))
    (tmp_path / "main.tf").write_text("locals {\n" + "".join(lines) + "}\n")

    run = subprocess.run(["terraform", "fmt", "-"], input=(tmp_path / "main.tf").read_bytes(), capture_output=True)

    assert run.returncode == 0, run.stderr.decode()


def placeless(node: Any) -> Any:
    """Put every node of a tree at `P`."""
    if isinstance(node, Place):
        return P
    if isinstance(node, msgspec.Struct):
        return type(node)(*(placeless(getattr(node, field)) for field in node.__struct_fields__))
    return tuple(map(placeless, node)) if isinstance(node, tuple) else node


def unreadable(node: Any) -> Iterator[Unreadable]:
    if isinstance(node, Unreadable):
        yield node
    elif isinstance(node, msgspec.Struct):
        for field in node.__struct_fields__:
            yield from unreadable(getattr(node, field))
    elif isinstance(node, tuple):
        for item in node:
            yield from unreadable(item)


def expressions(block: Block) -> Iterator[Expression]:
    for argument in block.arguments.values():
        yield argument.expression
    for nested in block.nested:
        yield from expressions(nested)
