"""A file's content in place of its path is refused, and not quoted."""

from __future__ import annotations

import pytest

from tests.cases import TESTDATA
from tests.rows import every_row
from tfcheck.cli import main as cli
from tfcheck.cli.action_inputs import inputs
from tfcheck.vocabulary.errors import UsageError, refuse_content

PLAN = '{"format_version":"1.2","variables":{"password":{"value":"hunter2"}}}'


@every_row("text", [PLAN, "  {", "[", '[{"x"', "[command]/usr/bin/terraform show", '"password": "x",', "}"])
def test_json_is_not_a_path(text: str) -> None:
    with pytest.raises(UsageError, match=r"^it is the content of a file, not its path$"):
        refuse_content(text, "it")


@every_row("path", ["plan.json", "[ab]/plan.json", "{a}/x", "-", "infra/[a-z]*/**", 'a "b": c', "C:\\x.json"])
def test_paths_and_patterns_are_not_content(path: str) -> None:
    refuse_content(path, "it")


@every_row("name", ["PLAN", "CONTEXT", "REPORT"])
@every_row("text", [PLAN, PLAN.replace("{", "{\n"), f"[command]terraform\n{PLAN}"])
def test_an_input_with_content_shows_nothing_of_it(name: str, text: str) -> None:
    with pytest.raises(UsageError) as found:
        inputs({"TFCHECK_PLAN": "plan.json", f"TFCHECK_{name}": text})
    assert found.value.message == f"the input `{name.lower()}` is the content of a file, not its path"


@pytest.mark.parametrize(
    "arguments",
    [[PLAN], ["fix", PLAN], [str(TESTDATA / "literal-missing/plan.json"), "--context", PLAN], ["report", PLAN]],
)
def test_an_argument_with_content_shows_nothing_of_it(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(arguments) == 2
    output = "".join(capsys.readouterr())
    assert "an argument is the content of a file, not its path" in output
    assert "hunter2" not in output
