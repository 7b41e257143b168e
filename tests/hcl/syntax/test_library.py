"""Our parser against python-hcl2 and Terraform, on generated expressions."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from tests.hcl import library
from tests.hcl.generator import Generator
from tests.hcl.syntax.test_parse import placeless, unreadable
from tests.hcl.writing import HERE
from tests.hcl.writing import source as written_as
from tests.laws import part
from tfcheck.hcl.syntax.parse import parse
from tfcheck.hcl.syntax.source import SourceText
from tfcheck.hcl.syntax.tf_json import read_source

OPERATORS = ("||", "&&", "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/", "%")


class Writer:
    """Writes expressions by the grammar: with few parentheses, so that operators and steps must be distinguished."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)

    def expression(self, depth: int) -> str:
        if depth > 0 and self.random.random() < 0.12:
            return " ? ".join(self.operation(depth - 1) for _ in range(2)) + f" : {self.expression(depth - 1)}"
        return self.operation(depth)

    def operation(self, depth: int) -> str:
        written = self.operand(depth)
        while self.random.random() < 0.35:
            written += f" {self.random.choice(OPERATORS)} {self.operand(depth)}"
        return written

    def operand(self, depth: int) -> str:
        prefix, term = self.random.choice(("", "", "", "", "!", "- ")), self.term(depth - 1)
        # `1.50.0` is not a number with a step behind it, but python-hcl2 takes it for one.
        steps = "" if term == "1.50" or self.random.random() < 0.5 else "".join(self.steps(depth - 1))
        return prefix + term + steps

    def steps(self, depth: int) -> list[str]:
        kinds = (".a", ".b-c", "[0]", '["k"]', "[*]", ".0.d", ".*.e.1.f", f"[{self.expression(depth)}]")
        found = self.random.choices(kinds, k=self.random.randint(1, 3))
        # Terraform refuses one `.*` behind another.
        return found if "".join(found).count(".*") < 2 else found[:1]

    def term(self, depth: int) -> str:
        kinds: list[Callable[[int], str]] = [self.name, self.name, self.text]
        if depth > 0:
            kinds += [self.call, self.listed, self.mapping, self.for_list, self.for_object, self.parentheses]
        return self.random.choice(kinds)(depth)

    def name(self, depth: int) -> str:
        return self.random.choice(("a", "var", "local", "true", "null", "x_1", "b-c", "12", "1.50", "0"))

    def text(self, depth: int) -> str:
        pieces = ["a b", "\\n", "$${x}", "% ", "$ ", "é"]
        if depth > 0:
            inside = self.expression(depth - 1)
            pieces += [f"${{{inside}}}", f"%{{ if {inside} }}y%{{ else }}n%{{ endif }}"]
            pieces.append(f"%{{ for k, v in {inside} }}x%{{ endfor }}")
        return '"' + "".join(self.random.choices(pieces, k=self.random.randint(0, 3))) + '"'

    def several(self, depth: int) -> list[str]:
        return [self.expression(depth - 1) for _ in range(self.random.randint(0, 3))]

    def call(self, depth: int) -> str:
        arguments = ", ".join(self.several(depth))
        return f"f({arguments}{self.random.choice(('', '...', ',')) if arguments else ''})"

    def listed(self, depth: int) -> str:
        return self.random.choice(("[{}]", "[\n{}\n]")).format(
            self.random.choice((", ", ",\n")).join(self.several(depth))
        )

    def mapping(self, depth: int) -> str:
        keys = ("a", "in", '"b"', "(c)", "d.e")
        items = [f"{self.random.choice(keys)} {self.random.choice('=:')} {each}" for each in self.several(depth)]
        return "{ " + ", ".join(items) + " }" if self.random.random() < 0.5 else "{\n" + "\n".join(items) + "\n}"

    def for_list(self, depth: int) -> str:
        condition = self.random.choice(("", f" if {self.expression(depth - 1)}"))
        return f"[for v in {self.expression(depth - 1)} : {self.expression(depth - 1)}{condition}]"

    def for_object(self, depth: int) -> str:
        name, result = self.expression(depth - 1), self.expression(depth - 1)
        return f"{{for k, v in {self.expression(depth - 1)} : {name} => {result}{self.random.choice(('', '...'))}}}"

    def parentheses(self, depth: int) -> str:
        return f"({self.expression(depth - 1)})"


def test_generated_expressions_are_parsed_as_by_python_hcl2() -> None:
    seeds, compared = part(range(400), 5), 0
    for seed in seeds:
        written = written_as(Generator(seed).expression())
        if "$${" in written:
            continue  # python-hcl2 reads on to the next brace, whatever is before it
        if (expected := library.read(written)) is not None:
            assert placeless(parse(written, HERE)) == placeless(expected), written
            compared += 1
    assert compared > len(seeds) / 2


def test_generated_texts_are_parsed_as_by_python_hcl2() -> None:
    seeds, compared = part(range(1000), 8), 0
    for seed in seeds:
        written = Writer(seed).expression(3)
        if (expected := library.read(written)) is not None:
            assert placeless(parse(written, HERE)) == placeless(expected), written
            compared += 1
    assert compared > 0.7 * len(seeds)


SPOILT = re.compile(r"[\[\](){}\"=:,.?]|for|if|in|=>|\.\.\.|\n")


def spoilt(written: str, random: Random) -> str:
    """Take something away from an expression, or put it in twice."""
    marks = list(SPOILT.finditer(written))
    if not marks:
        return written
    mark = random.choice(marks)
    return written[: mark.start()] + random.choice(("", mark[0] * 2, ", ", "\n")) + written[mark.end() :]


@pytest.mark.skipif(not shutil.which("terraform"), reason="terraform is not on PATH: nobody to compare with")
def test_an_expression_is_accepted_exactly_if_terraform_accepts_it(tmp_path: Path) -> None:
    texts: dict[str, str] = {}
    for seed in range(1000):
        written = Writer(seed).expression(3)
        texts[f"v{seed}.tf"] = f"x = {written if seed % 3 == 0 else spoilt(written, Random(seed))}\n"
    for name, text in texts.items():
        (tmp_path / name).write_text(text)
    run = subprocess.run(
        ["terraform", "fmt", "-no-color", "-list=false", "-write=false"],
        cwd=tmp_path,
        env={name: value for name, value in os.environ.items() if name != "TF_CLI_CONFIG_FILE"},
        capture_output=True,
        encoding="utf-8",
    )
    refused = set(re.findall(r" on (v\d+\.tf) line ", run.stderr))
    assert len(refused) > 300
    wrong = {name: text for name, text in texts.items() if is_readable(text) is (name in refused)}
    assert wrong == {}


def is_readable(text: str) -> bool:
    file = read_source(SourceText("main.tf", text))
    if file.problem or file.blocks:
        return False
    return not list(unreadable(parse(text.removeprefix("x = "), HERE)))
